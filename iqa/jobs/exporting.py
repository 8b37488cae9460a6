"""Stored numbers into a file."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from iqa.model import Measurement
from iqa.report.export import export
from iqa.store.database import Connection
from iqa.store.history import Occasion, measurements, occasions
from iqa.store.workspace import Workspace


def export_to(workspace: Workspace, file: Path, *, scanner: str | None = None, key: str = "*") -> int:
    """Every number that counts, as CSV, XLSX or JSON by the file's suffix; returns how many.

    Parameters
    ----------
    scanner
        Of one scanner only.
    key
        Pattern of keys.

    Raises
    ------
    UsageError
        The suffix says no format that is known, or a sheet cannot hold so many.
    """
    with workspace.database.reading() as connection:
        return export(_found(connection, scanner, key), file)


def _found(connection: Connection, scanner: str | None, key: str) -> Iterator[tuple[Occasion, list[Measurement]]]:
    for occasion in occasions(connection, scanner=scanner):
        yield occasion, [m for m in measurements(connection, occasion.record_id) if fnmatchcase(m.key, key)]
