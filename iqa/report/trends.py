"""A key's history as it is shown: points, baselines, limits, control, drift, steps, events."""

from __future__ import annotations

from dataclasses import dataclass

from iqa.judge.control import Control
from iqa.model import Baseline, Bounds, Limit, Outcome, Scope
from iqa.report.numbers import rounded, shared_digit, show
from iqa.spc import Course, Crossing, Drift, Step
from iqa.store.history import Happened, Point

HORIZON_DAYS = 366.0
"""No projection is told beyond."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The scans of one baseline's time, and what its charts say of them."""

    first: int
    last: int
    """Places in the series, the last one not inside."""
    baseline: Baseline | None
    ended: str | None
    control: Control | None
    bounds: tuple[Bounds, ...] = ()
    """By which its last scan was judged, in the value's own unit."""
    limits: tuple[Limit, ...] = ()
    """Where those come from, one for each."""
    reference: tuple[int, ...] = ()
    """Places of the scans that the baseline rests on; some may lie before the segment."""


@dataclass(frozen=True, slots=True)
class Projection:
    """When a drift reaches a bound."""

    bound: float
    fails: bool
    """Else it is a warning."""
    crossing: Crossing


@dataclass(frozen=True, slots=True)
class Jump:
    """A step, with what may explain it."""

    step: Step
    causes: tuple[str, ...]
    """Sentences; empty where nothing is known."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One key of one scanner under one protocol with one phantom."""

    key: str
    unit: str
    scope: Scope
    points: tuple[Point, ...]
    days: tuple[float, ...]
    """Of the points, as day numbers of the calendar."""
    outcomes: tuple[Outcome | None, ...]
    """Worst verdict on this key at each point; None where it was not judged."""
    segments: tuple[Segment, ...]
    drift: Drift | None
    """Since the last baseline, where there is one."""
    course: Course | None
    """Of the drift."""
    projections: tuple[Projection, ...]
    jumps: tuple[Jump, ...]
    events: tuple[Happened, ...]
    charted: bool
    """Whether it shares in the scanner's false-alarm budget."""
    apart: str = ""
    """Of which machine unassigned scans are, and why they are not in one series with earlier ones; sentences."""
    beside: tuple[Point, ...] = ()
    """The same quantity as a person measured it: a dose by chamber beside that of the header."""
    certified: float | None = None
    """What the certificate of the phantom's copy says, in `unit`."""
    period_days: float | None = None
    """In which the scanner is to be scanned again; None where nothing is said."""

    @property
    def renewed(self) -> tuple[int, ...]:
        """Points from which on another method measured: a step of the software, if there is one."""
        methods = [p.measurement.method for p in self.points]
        return tuple(i for i in range(1, len(methods)) if methods[i] != methods[i - 1])

    @property
    def near(self) -> tuple[Projection, ...]:
        """Projections within a year of the last scan, soonest first."""
        return tuple(p for p in self.projections if p.crossing.day <= self.days[-1] + HORIZON_DAYS)

    @property
    def bounds(self) -> tuple[Bounds, ...]:
        """Of the latest scans."""
        return self.segments[-1].bounds

    @property
    def control(self) -> Control | None:
        """Of the latest scans."""
        return self.segments[-1].control


def at_point_digit(value: float, trend: Trend) -> str:
    """A limit or baseline to the decimal of the latest value."""
    last = trend.points[-1].measurement
    return rounded(value, shared_digit(last.value, last.u)) if last.u else show(value, None, trend.unit).value
