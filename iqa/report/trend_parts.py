"""What a trend's chart and page show, before it is drawn or said: where limits hold, lines break, what is ahead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from iqa.judge.control import Control
from iqa.model import Bounds
from iqa.report.trends import HORIZON_DAYS, Projection, Segment, Trend
from iqa.spc import shewhart
from iqa.store.history import Happened, day_of

METHOD = "method"
"""Kind of the mark where iqa measures by another method from here on."""
ROOM_AFTER = 0.03
"""Of the time that is shown, free after the last crossing."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A segment's time on the axis, days, and the numbers that hold in it."""

    segment: Segment
    start: float
    end: float
    bounds: Bounds
    """The innermost of each kind: a value is judged by the worst of its verdicts."""
    control: tuple[float, float] | None
    """Limits of single values."""
    control_from: float
    """Day of the first scan that they are for."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Two scans that lie farther apart than the scanner's period."""

    after: int
    """Place of the scan before."""
    start: float
    end: float

    @property
    def days(self) -> int:
        """Between the two scans."""
        return round(self.end - self.start)

    @property
    def middle(self) -> float:
        """Half way."""
        return 0.5 * (self.start + self.end)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, on the axis of time."""

    day: float
    kind: str
    """Of the event, or `METHOD`."""
    own: bool
    """The scanner itself changed; else the phantom or software, which is not to be taken for it."""


def tightest(bounds: Iterable[Bounds]) -> Bounds:
    """The innermost number of each kind; a warning that lies beyond a failure says nothing and is left out."""
    every = tuple(bounds)
    fail_low = max((b.fail_low for b in every if b.fail_low is not None), default=None)
    fail_high = min((b.fail_high for b in every if b.fail_high is not None), default=None)
    warn_low = max((b.warn_low for b in every if b.warn_low is not None), default=None)
    warn_high = min((b.warn_high for b in every if b.warn_high is not None), default=None)
    if warn_low is not None and fail_low is not None and warn_low <= fail_low:
        warn_low = None
    if warn_high is not None and fail_high is not None and warn_high >= fail_high:
        warn_high = None
    return Bounds(fail_low, warn_low, warn_high, fail_high)


def stretches(trend: Trend, first: float, last: float) -> tuple[Stretch, ...]:
    """The segments one after another, from the first day that is shown to the last."""
    cuts = [first, *(_boundary(trend, s.first) for s in trend.segments[1:]), last]
    return tuple(_stretch(s, trend, a, b) for s, (a, b) in zip(trend.segments, pairwise(cuts), strict=True))


def _stretch(segment: Segment, trend: Trend, start: float, end: float) -> Stretch:
    control = segment.control
    limits = single_limits(control)
    begun = control is not None and segment.first < control.first < segment.last
    since = trend.days[control.first] if begun and control is not None else start
    return Stretch(segment, start, end, tightest(segment.bounds), limits, since)


def single_limits(control: Control | None) -> tuple[float, float] | None:
    """Between which a single scan lies as rarely outside as 3 σ allow, given how few scans the baseline rests on."""
    if control is None or control.baseline is None:
        return None
    chart = shewhart((), control.baseline)
    return chart.low, chart.high


def _boundary(trend: Trend, place: int) -> float:
    """The day on which a segment begins: that of an event between the two scans, else halfway."""
    before, after = trend.days[place - 1], trend.days[place]
    between = [m.day for m in marks(trend.events) if before < m.day <= after]
    return max(between, default=0.5 * (before + after))


def marks(events: Sequence[Happened]) -> list[Mark]:
    """Events of the scanner and of its phantom."""
    return [Mark(day_of(e.dated), e.kind, e.scanner is not None and e.kind != "software") for e in events]


def all_marks(trend: Trend) -> list[Mark]:
    """Events between the first scan and the last, and where another method measures from then on; by date."""
    told = [m for m in marks(trend.events) if trend.days[0] <= m.day <= trend.days[-1]]
    renewed = [Mark(_boundary(trend, i), METHOD, own=False) for i in trend.renewed]
    return sorted([*told, *renewed], key=lambda m: m.day)


def gaps(trend: Trend) -> tuple[Gap, ...]:
    """Pauses that are longer than the scanner's period; none where it has no period."""
    period = trend.period_days
    if period is None:
        return ()
    pairs = enumerate(pairwise(trend.days))
    return tuple(Gap(i, a, b) for i, (a, b) in pairs if b - a > period)


def runs(trend: Trend) -> tuple[range, ...]:
    """Places of scans that a line joins: it breaks at gaps, at events, and where a baseline begins."""
    cuts = {g.after + 1 for g in gaps(trend)} | {s.first for s in trend.segments[1:]}
    days = [m.day for m in all_marks(trend)]
    cuts |= {i + 1 for i, (a, b) in enumerate(pairwise(trend.days)) if any(a < d <= b for d in days)}
    ends = [0, *sorted(cuts), len(trend.points)]
    return tuple(range(a, b) for a, b in pairwise(ends))


def signals(segment: Segment) -> list[int]:
    """Places of the scans that a chart signals at, in order."""
    return sorted({s.at for s in segment.control.signals}) if segment.control else []


def latest_run(segment: Segment) -> list[int]:
    """The last scans in a row that signal; empty where none does."""
    found = signals(segment)
    start = max((k for k in range(len(found)) if k == 0 or found[k - 1] != found[k] - 1), default=0)
    return found[start:]


def out_of_control(trend: Trend) -> bool:
    """Whether the last scan is."""
    return trend.control is not None and trend.control.in_control is False


def projected(trend: Trend) -> bool:
    """Whether the course is drawn on: only where a chart signals too."""
    return trend.course is not None and out_of_control(trend)


def crossings(trend: Trend) -> tuple[Projection, ...]:
    """The limits that the course meets within a year, soonest first; of each kind the innermost."""
    if not projected(trend):
        return ()
    inner = tightest(trend.bounds)
    shown = {(inner.fail_low, True), (inner.fail_high, True), (inner.warn_low, False), (inner.warn_high, False)}
    return tuple(p for p in trend.near if (p.bound, p.fails) in shown)


def last_shown(trend: Trend) -> float:
    """The last day of the chart: the last scan's, or beyond the intervals of the crossings that lie ahead."""
    last = trend.days[-1]
    ends = [min(p.crossing.latest, last + HORIZON_DAYS) for p in crossings(trend)]
    return max(ends) + ROOM_AFTER * (max(ends) - trend.days[0]) if ends else last


def since_baseline(trend: Trend, most: int) -> Trend:
    """The last segment alone, of a long one the last scans."""
    last = trend.segments[-1]
    first = max(last.first, len(trend.points) - most)
    kept = replace(
        last,
        first=0,
        last=len(trend.points) - first,
        reference=tuple(i - first for i in last.reference if i >= first),
        control=_later(last.control, first) if last.control else None,
    )
    return replace(
        trend,
        points=trend.points[first:],
        days=trend.days[first:],
        outcomes=trend.outcomes[first:],
        segments=(kept,),
        jumps=(),
    )


def _later(control: Control, first: int) -> Control:
    """Charts counted from a later scan on."""
    start = max(control.first, first)
    return replace(
        control,
        first=start - first,
        average=control.average[start - control.first :],
        signals=tuple(replace(s, at=s.at - first) for s in control.signals if s.at >= first),
    )
