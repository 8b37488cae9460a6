"""Stored numbers into a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from iqa.jobs.scanners import check_scanner
from iqa.model import Measurement
from iqa.report.export import export
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
        The suffix says no format that is known, a sheet cannot hold so many, or there is no such scanner.
    InputError
        The file cannot be written.
    """
    with workspace.database.reading() as connection:
        check_scanner(connection, workspace.settings, scanner)
        chosen = occasions(connection, scanner=scanner)
    return export(_found(workspace, chosen, key), file)


def _found(workspace: Workspace, chosen: Sequence[Occasion], key: str) -> Iterator[tuple[Occasion, list[Measurement]]]:
    """One look at the database for each: a long one would keep everybody else from writing."""
    for occasion in chosen:
        with workspace.database.reading() as connection:
            numbers = measurements(connection, occasion.record_id)
        yield occasion, [m for m in numbers if fnmatchcase(m.key, key)]
