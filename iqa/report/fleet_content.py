"""What the overview of a fleet says, in one language."""

from __future__ import annotations

from dataclasses import dataclass

from iqa.report.content import Head, Spark
from iqa.report.text import Text


@dataclass(frozen=True, slots=True)
class FleetColumn:
    """A measure's heading."""

    key: str
    name: Text
    unit: Text
    """And, where it is not so, that the numbers are no differences from the baseline."""
    full: Text
    """Its whole name."""


@dataclass(frozen=True, slots=True)
class FleetCell:
    """One measure of one scanner."""

    outcome: str
    """Value of `iqa.model.Outcome`; empty where the scanner has nothing of the measure."""
    mark: str
    """Drawn before the number; empty beside a number that passes."""
    number: str
    value: float | None
    """By which the column is sorted; as it is compared, not as it is rounded."""
    said: Text
    """The verdict in words, and how the measure is out of control."""
    flag: bool
    link: str


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One scanner, or all scans that are assigned to none."""

    scanner: Text
    link: str
    site: str
    """As it is chosen in the list of sites."""
    model: Text
    state: str
    mark: str
    verdict: Text
    flag: bool
    late: bool
    """A scan is overdue: the numbers are from the last one."""
    last: Text
    day: float | None
    """Of the last scan, as a day number of the calendar."""
    cells: tuple[FleetCell, ...]
    spark: Spark | None
    spark_link: str
    latest: float | None
    """Last value of the small chart in shares of its height, by which its column is sorted."""
    note: Text


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter, with how many scanners pass it."""

    state: str
    mark: str
    name: Text
    count: int


@dataclass(frozen=True, slots=True)
class FleetPage:
    """The overview."""

    language: str
    title: str
    head: Head
    mark: str
    said: Text
    lead: Text
    chips: tuple[Chip, ...]
    sites: tuple[str, ...]
    columns: tuple[FleetColumn, ...]
    spark: FleetColumn | None
    rows: tuple[FleetRow, ...]
    unassigned: FleetRow | None
    count: str
    """How many scanners are shown, % standing for the number."""
    legend: Text
    marks: tuple[tuple[str, Text], ...]
    """What each mark on the page means."""
    foot: Text
