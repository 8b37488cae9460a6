"""The computer's clock, by which everything is stored."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from iqa.errors import UsageError
from iqa.store.database import Connection
from iqa.store.decisions import last_written

SLACK = timedelta(hours=1)
"""By which the clocks of two computers at one workspace may differ."""

LONGEST_DAY = len("2026-11-27")
"""Characters of a date without a time."""


def now() -> str:
    """The present moment as it is stored: ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local(at: str) -> str:
    """A stored moment by the clock on the wall, as scanners date their scans: ISO 8601 without a time zone."""
    return _moment(at).astimezone().replace(tzinfo=None).isoformat(timespec="seconds")


def plain_date(given: str) -> str:
    """A date or moment as a person gives it, in the form in which all dates are stored and compared.

    Raises
    ------
    UsageError
        It is no ISO 8601 date, or has a time zone, which the dates of scans have not.
    """
    try:
        when = datetime.fromisoformat(given)
    except ValueError as error:
        raise UsageError(f"'{given}' is no date; write 2026-11-27 or 2026-11-27T08:30.") from error
    if when.tzinfo is not None:
        raise UsageError(f"'{given}' has a time zone; give the time by the scanner's clock, without one.")
    day_alone = len(given) <= LONGEST_DAY and when.time() == datetime.min.time()
    return when.date().isoformat() if day_alone else when.isoformat(timespec="seconds")


def lies_ahead(dated: str, today: str) -> bool:
    """Whether a date lies after today; a day's grace is given, for clocks that differ."""
    return date.fromisoformat(dated[:10]) > date.fromisoformat(today[:10]) + timedelta(days=1)


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
