"""Whether a scanner is in control: its scans since the baseline against what the baseline's own scatter allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from iqa.spc import (
    NELSON,
    RULES,
    WESTERN_ELECTRIC,
    CannotTell,
    ControlBaseline,
    RuleName,
    cusum,
    estimate_baseline,
    ewma,
    ewma_limit,
    patterns,
    shewhart,
)

Chart = Literal["ewma", "cusum", "individuals", "western-electric", "nelson",
                "WE1", "WE2", "WE3", "WE4", "N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8"]  # fmt: skip
SETS: dict[str, tuple[RuleName, ...]] = {"western-electric": WESTERN_ELECTRIC, "nelson": NELSON}
WEEKS = 104
"""Two years, over which the false alarms of a scanner are counted."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How many false alarms a scanner may make in two years over all its charts."""

    charts: int
    scans_a_week: float = 1.0
    false_alarms: float = 1.0

    @property
    def scans(self) -> int:
        """In two years."""
        return max(1, round(WEEKS * self.scans_a_week))


@dataclass(frozen=True, slots=True)
class Signal:
    """What a chart says of one scan."""

    at: int
    """Which scan, counted from 0 in the series."""
    chart: str
    says: str


@dataclass(frozen=True, slots=True)
class Control:
    """The charts of one key since one baseline."""

    baseline: ControlBaseline | None
    first: int
    """The first scan that is judged, counted from 0 in the series."""
    average: tuple[float, ...]
    """EWMA of each scan from `first` on."""
    limits: tuple[float, float] | None
    """Of the EWMA."""
    signals: tuple[Signal, ...]
    reason: str
    """Why there is no verdict; empty where there is one."""

    @property
    def in_control(self) -> bool | None:
        """Of the latest scan; None where nothing can be said."""
        if self.reason:
            return None
        last = self.first + len(self.average) - 1
        return not any(s.at == last for s in self.signals)


def control(
    values: Sequence[float],
    reference: Sequence[float],
    u: float | None,
    budget: Budget,
    *,
    first: int = 0,
    charts: Sequence[Chart] = ("ewma",),
) -> Control:
    """The charts of a series since its baseline.

    Parameters
    ----------
    values
        Scans after those of the baseline, oldest first.
    reference
        Scans of the baseline, those astray left out.
    u
        Typical standard uncertainty of one value: σ of the charts is at least that.
    budget
        What the EWMA's limits are widened for; the other charts have limits of their own, and false alarms beside it.
    first
        Place of the first value in the caller's series.
    """
    base = estimate_baseline(reference, u)
    if isinstance(base, CannotTell):
        return Control(None, first, (), None, (), base.reason)
    if not values:
        return Control(base, first, (), None, (), "No scan was made since those of the baseline.")
    limit = ewma_limit(base.n, budget.charts, budget.scans, _shared(budget))
    chart = ewma(values, base.centre, base.sigma, limit)
    found = [Signal(first + i, name, says) for name in charts for i, says in _signals(name, values, base, chart.beyond)]
    ends = float(chart.low[0]), float(chart.high[0])
    return Control(base, first, tuple(chart.average.tolist()), ends, tuple(sorted(found, key=lambda s: s.at)), "")


def _shared(budget: Budget) -> float:
    """What the keys may make together; at most one signal of each other scan, lest the limit lose its meaning."""
    return min(budget.false_alarms, 0.5 * budget.charts)


def _signals(
    name: Chart, values: Sequence[float], base: ControlBaseline, beyond: NDArray[np.bool_]
) -> list[tuple[int, str]]:
    if name == "ewma":
        return [(int(i), "the average lies beyond its limits") for i in np.flatnonzero(beyond)]
    if name == "cusum":
        return [
            (int(i), "the sum lies beyond h") for i in np.flatnonzero(cusum(values, base.centre, base.sigma).beyond)
        ]
    if name == "individuals":
        return [(int(i), "the value lies beyond its limits") for i in np.flatnonzero(shewhart(values, base).beyond)]
    rules = SETS.get(name, (name,) if name in RULES else ())
    z = (np.asarray(values) - base.centre) / base.sigma
    return [(p.last, p.says) for p in patterns(z, rules)]
