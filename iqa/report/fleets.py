"""What is known of a fleet, without a language: what its overview is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from iqa.model import Outcome
from iqa.report.stories import URGENT, Measure, Past
from iqa.report.trends import Trend

OVERDUE = "overdue"
"""State of a scanner that is to be scanned again; no verdict on a value."""
STATES_URGENT = (Outcome.FAIL, Outcome.WARNING, OVERDUE, *URGENT[2:])
"""States of a scanner of which the first that holds is told."""
STATES = (*STATES_URGENT, Outcome.NOT_JUDGED, Outcome.PASS)
"""Every state, the most urgent first."""
DIGITS = re.compile(r"(\d+)")
PASSED = frozenset({Outcome.PASS, Outcome.PASS_WITHIN_U})


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One scanner, or all scans that are assigned to none."""

    scanner: str | None
    site: str = ""
    """Institution, as the latest header or iqa.toml names it."""
    maker: str = ""
    model: str = ""
    last: str | None = None
    """Date of the last scan."""
    days: int | None = None
    """Since then."""
    period_days: float | None = None
    overdue: bool = False
    count: int = 0
    """Scans in all."""
    outcomes: tuple[Outcome, ...] = ()
    """Of every judged key of the last scan under each protocol and with each phantom, and of the last entries."""
    signals: tuple[str, ...] = ()
    """Charted keys that are out of control with those."""
    measures: tuple[Measure, ...] = ()
    """The keys that the page shows, and every one that is not as it should be; of several scans the worst."""
    past: tuple[Past, ...] = ()
    """The key of the small charts: comparable scans since its baseline."""

    @property
    def state(self) -> str:
        """The most urgent thing: a verdict, or that a scan is overdue."""
        found = set(self.outcomes)
        urgent = next((s for s in STATES_URGENT if s in found or (s == OVERDUE and self.overdue)), None)
        return urgent or (Outcome.PASS if found & PASSED else Outcome.NOT_JUDGED)

    @property
    def place(self) -> tuple[int, bool, tuple[tuple[int, str], ...]]:
        """Its place among the others: by state, of one state those out of control first, then by name (2 before 10)."""
        parts = DIGITS.split(self.scanner or "")
        name = tuple((int(p) if p.isdecimal() else 0, p) for p in parts)
        return STATES.index(self.state), not self.signals, name

    @property
    def out_of_control(self) -> tuple[Measure, ...]:
        """What is out of control, judged keys first."""
        return tuple(sorted((m for m in self.measures if m.out_of_control), key=lambda m: not m.verdicts))

    def measure(self, key: str) -> Measure | None:
        """What is said of a key, if anything."""
        return next((m for m in self.measures if m.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetStory:
    """How all scanners of a workspace stand."""

    made_at: str
    """ISO 8601 in UTC."""
    as_of: str
    """The same by the clock on the wall."""
    site: str = ""
    """Name of the workspace's own."""
    keys: tuple[str, ...] = ()
    """That the page shows, in their order."""
    spark: str | None = None
    """Key of the small charts."""
    spark_days: tuple[float, float] = (0.0, 1.0)
    """First and last day of all small charts, as day numbers of the calendar."""
    machines: tuple[Machine, ...] = ()
    """The most urgent first, then by name."""
    unassigned: Machine | None = None
    trends: Mapping[tuple[str, str], Trend] = field(default_factory=dict)
    """By scanner and key, of the first that pass and are out of control."""
