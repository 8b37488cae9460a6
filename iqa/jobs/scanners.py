"""Which scanners there are."""

from __future__ import annotations

from iqa.errors import UsageError
from iqa.store.database import Connection
from iqa.store.history import scanners
from iqa.store.settings import Settings


def check_scanner(connection: Connection, settings: Settings, name: str | None) -> None:
    """Raise if there is no scanner of a name, neither in iqa.toml nor among the stored scans; None names none.

    Raises
    ------
    UsageError
        There is none; the message names the known ones.
    """
    known = sorted({*settings.scanners, *scanners(connection)})
    if name is not None and name not in known:
        raise UsageError(f"There is no scanner '{name}' (known: {', '.join(known) or 'none yet'}).")
