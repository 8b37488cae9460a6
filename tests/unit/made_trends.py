"""Histories that no scanner had, with whatever a chart can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from iqa.judge.control import Budget, control
from iqa.model import Baseline, Bounds, Limit, Measurement, Outcome, Scope
from iqa.report.trends import Projection, Segment, Trend
from iqa.spc import CannotTell, Course, Crossing, Drift, course, crossing, drift
from iqa.store.history import Happened, Point, day_of

SCOPE = Scope("ct2", "head-120", "catphan-a")
BASELINE_SCANS = 10
PERIOD_DAYS = 10.0
SPREAD = 0.05


def dates(first: str, n: int, every: int = 7) -> list[str]:
    """Mornings, one every so many days."""
    start = date.fromisoformat(first)
    return [f"{start + timedelta(days=every * i)}T07:42:00" for i in range(n)]


def noise(n: int, seed: int = 5, spread: float = SPREAD) -> list[float]:
    return [float(x) for x in spread * np.random.default_rng(seed).standard_normal(n)]


def percent(value: float, warn: float = 10.0, fail: float = 15.0) -> Bounds:
    """Two-sided limits about a baseline."""
    shares = (-fail, -warn, warn, fail)
    return Bounds(*(value * (1 + x / 100) for x in shares))


def judged(value: float, bounds: Bounds | None) -> Outcome | None:
    if bounds is None:
        return None
    low, high = bounds.fail_low, bounds.fail_high
    if (low is not None and value < low) or (high is not None and value > high):
        return Outcome.FAIL
    low, high = bounds.warn_low, bounds.warn_high
    warned = (low is not None and value < low) or (high is not None and value > high)
    return Outcome.WARNING if warned else Outcome.PASS


def segment(values: Sequence[float], first: int, last: int, bounds: Bounds | None, *, reference: int = 10) -> Segment:
    """One baseline's time: its first scans are those that the baseline rests on; without any there is none."""
    limits = () if bounds is None else (bounds,)
    made = () if bounds is None else (limit(bounds),)
    if not reference:
        return Segment(first, last, None, None, None, limits, made)
    behind = values[first : first + reference]
    held = Baseline(
        key="noise.sigma", method="made@1", unit="HU", scope=SCOPE, value=float(np.median(behind)),
        spread=float(np.std(behind)), u=0.01, n=reference, approved_by="physicist A",
        approved_at="2026-06-08T12:00:00Z", reason="after the tube change",
    )  # fmt: skip
    start = first + reference
    charts = control(values[start:last], behind, 0.02, Budget(1), first=start)
    return Segment(first, last, held, None, charts, limits, made, tuple(range(first, start)))


def limit(bounds: Bounds) -> Limit:
    return Limit(
        name="noise", key="noise.sigma", kind="percent", bounds=Bounds(-15, -10, 10, 15) if bounds else Bounds(),
        unit="%", basis="site", source="Hospital A weekly", edition="3", adopted_by="physicist A",
        adopted_on="2026-06-08",
    )  # fmt: skip


def made_trend(
    values: Sequence[float],
    dated: Sequence[str],
    segments: Sequence[Segment],
    *,
    events: Sequence[Happened] = (),
    key: str = "noise.sigma",
    unit: str = "HU",
    period_days: float | None = PERIOD_DAYS,
    methods: Sequence[str] = (),
) -> Trend:
    """A trend with the drift and the crossings that its last segment has."""
    names = methods or ["made@1"] * len(values)
    points = [
        Point(i, i, d, SCOPE, Measurement(key, v, 0.05, unit, 3, "M1 slices 0-2", m))
        for i, (v, d, m) in enumerate(zip(values, dated, names, strict=True))
    ]
    days = [day_of(d) for d in dated]
    last = segments[-1]
    line, way = _drift(days[last.first :], values[last.first :], last)
    outcomes = [judged(v, s.bounds[0] if s.bounds else None) for s in segments for v in values[s.first : s.last]]
    return Trend(
        key=key, unit=unit, scope=SCOPE, points=tuple(points), days=tuple(days), outcomes=tuple(outcomes),
        segments=tuple(segments), drift=line, course=way, projections=_ahead(way, last), jumps=(),
        events=tuple(events), charted=True, period_days=period_days,
    )  # fmt: skip


def _drift(days: Sequence[float], values: Sequence[float], last: Segment) -> tuple[Drift | None, Course | None]:
    if last.control is None or last.control.in_control is not False:
        return None, None
    line, way = drift(days, values), course(days, values)
    return (None, None) if isinstance(line, CannotTell) or isinstance(way, CannotTell) else (line, way)


def _ahead(way: Course | None, last: Segment) -> tuple[Projection, ...]:
    if way is None:
        return ()
    upper = way.slope > 0
    ends = [(b.warn_high if upper else b.warn_low, False) for b in last.bounds]
    ends += [(b.fail_high if upper else b.fail_low, True) for b in last.bounds]
    found = [(x, fails, crossing(way, x, upper=upper)) for x, fails in ends if x is not None]
    return tuple(Projection(x, fails, c) for x, fails, c in found if isinstance(c, Crossing))


def happened(dated: str, kind: str, *, phantom: bool = False, note: str = "") -> Happened:
    return Happened(1, dated, kind, None if phantom else "ct2", "catphan-a" if phantom else None, note, "Ann")


def full_history() -> Trend:
    """A year and a half: a pause, a new tube, a new baseline, and a drift towards its limits."""
    before = dates("2025-05-15", 33) + dates("2026-01-19", 18)
    after = dates("2026-05-21", 10, every=2) + dates("2026-06-12", 20)
    old = [4.44 + x for x in noise(len(before))]
    drifting = [max(0.0, i - 10) * 0.032 for i in range(20)]
    new = [4.31 + 0.8 * x for x in noise(10, 8)] + [
        4.31 + 0.6 * x + d for x, d in zip(noise(20, 9), drifting, strict=True)
    ]
    values, n = old + new, len(before)
    parts = [segment(values, 0, n, percent(4.44)), segment(values, n, len(values), percent(4.31))]
    return made_trend(values, before + after, parts, events=[happened("2026-05-20", "tube", note="new tube")])


def plain_history(n: int, *, bounds: Bounds | None, every: int = 7, reference: int = 10, level: float = 4.4) -> Trend:
    """One segment in control."""
    values = [level + x for x in noise(n)]
    return made_trend(
        values, dates("2026-01-05", n, every), [segment(values, 0, n, bounds, reference=min(reference, n))]
    )


def failing_history() -> Trend:
    """A scanner whose noise jumps beyond the warning and then the failing limit."""
    values = [4.4 + x for x in noise(30)] + [4.9, 4.93, 5.2, 5.3]
    return made_trend(values, dates("2026-01-05", 34), [segment(values, 0, 34, percent(4.4))])


def renamed(trend: Trend, key: str, unit: str) -> Trend:
    """The same numbers under another key."""
    points = tuple(replace(p, measurement=replace(p.measurement, key=key, unit=unit)) for p in trend.points)
    return replace(trend, key=key, unit=unit, points=points)
