"""The course of a drifting scanner, level first and then along a line, and when it will reach a limit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import stdtr

from iqa.spc.answers import COVERAGE, LEAST_SCANS, Array, CannotTell, dated

LEAST_AFTER = 3
"""Different times from the bend on, without which any line fits."""
FROM_THE_START = 0.2
"""Share given beforehand to a line without a bend; the rest is spread over all bends alike. With none, intervals of
series that drift from their first scan would hold the truth in nine cases of ten only."""
EXACT = 1e-12
"""Residual variance, against the range of the values squared, below which values are taken to lie on their course."""
FARTHEST_DAYS = 2.0**17
"""Three and a half centuries: what is not reached until then never is."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Lines that are level up to a bend, one for every place of it, weighted by its chance given the values."""

    starts: Array
    """(bends,) days from which on the values rise or fall."""
    weights: Array
    levels: Array
    """(bends,) value before."""
    slopes: Array
    """(bends,) unit of the value a day."""
    variances: Array
    """(bends, 2, 2) of level and slope."""
    scatter: float
    """Standard deviation of single values about the likeliest line."""
    dof: int
    last_day: float

    @property
    def slope(self) -> float:
        """Mean over the bends, unit of the value a day."""
        return float(self.weights @ self.slopes)

    @property
    def u(self) -> float:
        """Standard uncertainty of it: of each line, and of where the bend lies."""
        return math.sqrt(float(self.weights @ (self.variances[:, 1, 1] + (self.slopes - self.slope) ** 2)))

    @property
    def start(self) -> float:
        """Day of the likeliest bend."""
        return float(self.starts[np.argmax(self.weights)])

    def at(self, day: float) -> float:
        """Value on a day, mean over the bends."""
        return float(self.weights @ (self.levels + self.slopes * np.maximum(0.0, day - self.starts)))

    def chance_above(self, limit: float, day: float) -> float:
        """Chance that the line lies above a limit on a day."""
        x = np.maximum(0.0, day - self.starts)
        gradient = np.stack([np.ones_like(x), x], axis=-1)
        variance = np.einsum("ki,kij,kj->k", gradient, self.variances, gradient)
        far = (self.levels + self.slopes * x - limit) / np.sqrt(variance)
        return float(self.weights @ stdtr(self.dof, far))

    def quantile(self, chance: float, day: float) -> float:
        """Value that the line lies below with that chance on a day.

        Its curves over the days meet a limit on the very dates of `crossing`: 0.5 on the day, the two ends of the
        interval on the earliest and the latest.
        """

        def excess(value: float) -> float:
            return 1.0 - self.chance_above(value, day) - chance

        middle = self.at(day)
        reach = self.scatter + abs(self.u * max(0.0, day - self.starts[0]))
        while excess(middle - reach) > 0.0 or excess(middle + reach) < 0.0:
            reach *= 2.0
        return float(brentq(excess, middle - reach, middle + reach, xtol=EXACT * reach))


@dataclass(frozen=True, slots=True)
class Crossing:
    """When the course, not a single value that scatters about it, reaches a limit if all goes on as before.

    Days after the last scan, on the scale of its time; infinite where it never does. `latest` is infinite wherever the
    slope could as well be none.
    """

    day: float
    earliest: float
    latest: float


def course(times: ArrayLike, values: ArrayLike) -> Course | CannotTell:
    """Level and later slope of a series, from scans at any times.

    Parameters
    ----------
    times : (scans,) array_like
        Days, in order; gaps, and several scans at one time, are allowed.
    values : (scans,) array_like
        Since the baseline that a drift is seen against: a line through a step is no drift.

    Notes
    -----
    For each bend b least squares give level and slope of level + slope · max(0, t − b); its weight is the posterior
    with flat priors of level, slope and log σ, (SSE)^(−(n − 3)/2) · √|(XᵀX)⁻¹|; that of no bend is FROM_THE_START.

    References
    ----------
    Smith and Cook, Appl Stat 1980;29:180 (straight lines with a change-point: the posterior).
    """
    days, numbers = dated(times, values)
    n, places = days.size, np.unique(days)[: 1 - LEAST_AFTER]
    places = np.sort(np.concatenate([places, 0.5 * (places[1:] + places[:-1])]))  # a pause may hold the bend
    if n < LEAST_SCANS or len(places) < 1:
        return CannotTell(f"There are {n} scans, and a course needs at least {LEAST_SCANS} at {LEAST_AFTER} times.")
    after = np.maximum(0.0, days - places[:, None])
    design = np.stack([np.ones_like(after), after], axis=-1)
    inverse = np.linalg.inv(np.einsum("kti,ktj->kij", design, design))
    found = np.einsum("kij,ktj,t->ki", inverse, design, numbers)
    squares = np.sum((numbers - np.einsum("kti,ki->kt", design, found)) ** 2, axis=-1)
    squares = np.maximum(squares, EXACT * n * float(np.ptp(numbers)) ** 2 + np.finfo(float).tiny)
    weights = _weights(squares, np.linalg.slogdet(inverse)[1], n)
    of_one = squares / (n - 3)
    return Course(
        starts=places,
        weights=weights,
        levels=found[:, 0],
        slopes=found[:, 1],
        variances=inverse * of_one[:, None, None],
        scatter=math.sqrt(of_one[np.argmax(weights)]),
        dof=n - 3,
        last_day=float(days[-1]),
    )


def _weights(squares: Array, log_volumes: Array, n: int) -> Array:
    log = -0.5 * (n - 3) * np.log(squares) + 0.5 * log_volumes
    if len(log) > 1:
        log[0] += math.log(FROM_THE_START / (1.0 - FROM_THE_START) * (len(log) - 1))
    weights = np.exp(log - log.max())
    return np.asarray(weights / weights.sum())


def crossing(line: Course, limit: float, *, upper: bool, coverage: float = COVERAGE) -> Crossing | CannotTell:
    """Date on which the course reaches a limit, with the interval that it does so in with a chance of `coverage`.

    Parameters
    ----------
    limit : float
        In the unit of the values.
    upper : bool
        Whether the limit bounds the values from above.

    Returns
    -------
    Crossing or CannotTell
        The latter where the course lies beyond the limit already.
    """
    now = line.at(line.last_day)
    if now >= limit if upper else now <= limit:
        return CannotTell("The course of the values lies at or beyond the limit already at the last scan.")
    half = 0.5 * (1.0 - coverage)
    return Crossing(*(_reached(line, limit, upper, chance) for chance in (0.5, half, 1.0 - half)))


def _reached(line: Course, limit: float, upper: bool, chance: float) -> float:
    """First day on which the course lies beyond a limit with that chance."""

    def beyond(days: float) -> bool:
        above = line.chance_above(limit, line.last_day + days)
        return (above if upper else 1.0 - above) >= chance

    if beyond(0.0):
        return line.last_day
    low, high = 0.0, 1.0
    while not beyond(high):
        low, high = high, 2.0 * high
        if high > FARTHEST_DAYS:
            return math.inf
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return line.last_day + high
