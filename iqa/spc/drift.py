"""A straight line through dated values: whether a scanner drifts; `course` says how, and when it reaches a limit.

The drift stands **beside** the false-alarm budget of the control chart: it has a level of its own, and a chart that
signals is no proof of a drift, nor the reverse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from iqa.spc.answers import LEAST_SCANS, CannotTell, dated

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
