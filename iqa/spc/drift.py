"""A straight line through dated values: whether a scanner drifts, and when it will reach a limit.

The drift stands **beside** the false-alarm budget of the control chart: it has a level of its own, and a chart that
signals is no proof of a drift, nor the reverse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from iqa.spc.answers import COVERAGE, LEAST_SCANS, CannotTell, dated

DRIFT_LEVEL = 0.001
"""Chance that one look at a stable series with independent values calls it drifting. Looked at anew after each of 104
weekly scans, three stable series in a hundred are called so at least once (docs/control-charts.md)."""
LEAST_DATES = 3
"""Different times without which a line and a step are the same."""


@dataclass(frozen=True, slots=True)
class Drift:
    """The straight line that lies nearest to the values (least squares)."""

    slope: float
    """Unit of the value a day."""
    u: float
    """Standard uncertainty of the slope, from the scatter about the line; Student's t with `dof`."""
    p: float
    """Chance of a slope as steep or steeper, either way, in a stable series of independent normal values."""
    scatter: float
    """Standard deviation of single values about the line."""
    centre: float
    """Mean of the values, at `centre_day`."""
    centre_day: float
    last_day: float
    n: int

    @property
    def dof(self) -> int:
        """Degrees of freedom of the scatter."""
        return self.n - 2

    @property
    def drifting(self) -> bool:
        """Whether a stable series would hardly ever look like this."""
        return self.p < DRIFT_LEVEL

    def at(self, day: float) -> float:
        """Value of the line on a day."""
        return self.centre + self.slope * (day - self.centre_day)


@dataclass(frozen=True, slots=True)
class Crossing:
    """When the line, not a single value that scatters about it, reaches a limit if all goes on as before.

    Days after the last scan, on the scale of its time; infinite where it never does. `latest` is infinite wherever the
    slope could as well be none.
    """

    day: float
    earliest: float
    latest: float


def drift(times: ArrayLike, values: ArrayLike) -> Drift | CannotTell:
    """Slope with its u and chance, from scans at any times.

    Parameters
    ----------
    times : (scans,) array_like
        Days, in order, such as date ordinals; gaps, and several scans at one time, are allowed.
    values : (scans,) array_like
        Of one segment: a line through a step is no drift.

    Returns
    -------
    Drift or CannotTell
        The latter for fewer than `LEAST_SCANS` scans, fewer than three different times, or values all alike.

    Notes
    -----
    u holds for independent values. Where neighbours are alike (correlation 0.4), a stable series is called drifting ten
    times as often (docs/control-charts.md).
    """
    days, numbers = dated(times, values)
    n = days.size
    if n < LEAST_SCANS:
        return CannotTell(f"There are {n} scans, and a drift needs at least {LEAST_SCANS}.")
    if np.unique(days).size < LEAST_DATES:
        return CannotTell(f"The {n} scans have fewer than {LEAST_DATES} different times: no drift can be seen.")
    if not np.ptp(numbers):
        return CannotTell(f"All {n} values are {numbers[0]:g}: without scatter the drift has no uncertainty.")
    x, y = days - days.mean(), numbers - numbers.mean()
    spread = float(x @ x)
    slope = float(x @ y) / spread
    scatter = math.sqrt(float(np.sum((y - slope * x) ** 2)) / (n - 2))
    u = scatter / math.sqrt(spread)
    p = 2.0 * float(stdtr(n - 2, -abs(slope) / u)) if u else 0.0
    return Drift(slope, u, p, scatter, float(numbers.mean()), float(days.mean()), float(days[-1]), n)


def crossing(line: Drift, limit: float, *, upper: bool, coverage: float = COVERAGE) -> Crossing | CannotTell:
    """Date on which the line reaches a limit, with its interval after Fieller.

    Parameters
    ----------
    line : Drift
    limit : float
        In the unit of the values.
    upper : bool
        Whether the limit bounds the values from above.
    coverage : float
        Of the interval: the true line reaches the limit within it with this chance.

    Returns
    -------
    Crossing or CannotTell
        The latter where the line lies beyond the limit already.

    References
    ----------
    Fieller, J R Stat Soc B 1954;16:175; Draper and Smith, Applied Regression Analysis (1998), section 3.2 (inverse
    regression).
    """
    if (line.at(line.last_day) >= limit) if upper else (line.at(line.last_day) <= limit):
        return CannotTell("The line through the values lies at or beyond the limit already at the last scan.")
    rise, now = limit - line.centre, line.last_day - line.centre_day
    towards = line.slope * (1.0 if upper else -1.0) > 0.0
    day = rise / line.slope if towards else math.inf
    earliest, latest = _fieller(line, rise, now, coverage)
    return Crossing(*(x + line.centre_day for x in (day, earliest, latest)))


def _fieller(line: Drift, rise: float, now: float, coverage: float) -> tuple[float, float]:
    """The days x ≥ now, from the centre, on which the band about the line holds the limit: its first and its last.

    The band holds it where (slope x − rise)² ≤ t² (u² x² + scatter²/n), a quadratic inequality in x.
    """
    t = -float(stdtrit(line.dof, 0.5 * (1.0 - coverage)))
    of_mean = (t * line.scatter) ** 2 / line.n
    square = line.slope**2 - (t * line.u) ** 2
    cross, rest = line.slope * rise, rise**2 - of_mean
    held_now = square * now**2 - 2.0 * cross * now + rest <= 0.0
    root = math.sqrt(max(0.0, cross**2 - square * rest))
    if square <= 0.0:
        # The band widens faster than the line rises: from some day on it holds every limit.
        beyond = rest / (cross + root) if cross + root else math.inf
        return (now if held_now else beyond), math.inf
    low, high = (cross - root) / square, (cross + root) / square
    return (now if held_now else low, high) if high >= now else (math.inf, math.inf)
