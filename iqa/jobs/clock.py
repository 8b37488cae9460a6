"""The computer's clock, by which everything is stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from iqa.errors import UsageError
from iqa.store.database import Connection
from iqa.store.decisions import last_written

SLACK = timedelta(hours=1)
"""By which the clocks of two computers at one workspace may differ."""


def now() -> str:
    """The present moment as it is stored: ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local(at: str) -> str:
    """A stored moment by the clock on the wall, as scanners date their scans: ISO 8601 without a time zone."""
    return _moment(at).astimezone().replace(tzinfo=None).isoformat(timespec="seconds")


def check_clock(connection: Connection, at: str) -> None:
    """Raise if the clock stands before what is stored already.

    Raises
    ------
    UsageError
        It does, by more than two computers may differ.
    """
    last = last_written(connection)
    if last is not None and _moment(at) < _moment(last) - SLACK:
        raise UsageError(
            f"The clock of this computer says {at}, but the workspace was last written at {last}. "
            "Set the clock; nothing was stored."
        )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
