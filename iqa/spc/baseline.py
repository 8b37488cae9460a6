"""From what a scanner measured while it was well: the centre and σ that its charts rest on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtrit

from iqa.spc.answers import LEAST_SCANS, CannotTell, series
from iqa.spc.constants import c4


@dataclass(frozen=True, slots=True)
class ControlBaseline:
    """Centre and σ of one scan, in the value's unit, and the number of scans that they were estimated from."""

    centre: float
    sigma: float
    n: int
    floored: bool = False
    """σ is the u of one measurement: the scans happened to scatter less than they can."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """How alike neighbouring scans are."""

    correlation: float
    """0 for independent values, towards 1 where the series drifts, steps or wanders slowly."""
    p: float
    """Chance of as much or more in a series of independent normal values."""


def neighbours(values: ArrayLike) -> Neighbours | CannotTell:
    """Whether scans of a baseline are as independent as the limits of its charts take them to be.

    Parameters
    ----------
    values : (n,) array_like
        In the order of time.

    Notes
    -----
    1 − Σ(xᵢ₊₁ − xᵢ)² / 2 Σ(xᵢ − x̄)², whose mean is 0 and variance (n − 2)/(n² − 1) for independent normal values. A
    large p is no proof of independence: 20 scans show a correlation of 0.4 in half of all cases.

    References
    ----------
    Young, Ann Math Stat 1941;12:293, after von Neumann.
    """
    numbers = series(values)
    n = numbers.size
    if n < LEAST_SCANS:
        return CannotTell(f"There are {n} scans; whether neighbours are alike needs at least {LEAST_SCANS}.")
    if not np.ptp(numbers):
        return CannotTell(f"All {n} values are {numbers[0]:g}: nothing can be said of neighbours.")
    about = float(np.sum((numbers - numbers.mean()) ** 2))
    correlation = 1.0 - 0.5 * float(np.sum(np.diff(numbers) ** 2)) / about
    return Neighbours(correlation, float(ndtr(-correlation / math.sqrt((n - 2) / (n**2 - 1)))))


def estimate_baseline(values: ArrayLike, u: float | None = None) -> ControlBaseline | CannotTell:
    """Mean and S/c4 of the scans of a baseline, outliers left out before.

    Parameters
    ----------
    values : (n,) array_like
        One number a scan.
    u : float or None
        Propagated standard uncertainty of one measurement; σ is at least that.

    Returns
    -------
    ControlBaseline or CannotTell
        The latter for fewer than `LEAST_SCANS` scans, or where nothing scatters and no u is known.
    """
    numbers = series(values)
    n = numbers.size
    if n < LEAST_SCANS:
        return _too_few(n)
    # The rounding of equal numbers is no spread.
    sigma = float(np.std(numbers, ddof=1)) / c4(n) if np.ptp(numbers) else 0.0
    return control_baseline(float(numbers.mean()), sigma, n, u)


def control_baseline(centre: float, sigma: float, n: int, u: float | None = None) -> ControlBaseline | CannotTell:
    """The same from a centre and an unbiased σ that are given, as from a robust estimate.

    Notes
    -----
    Limits are widened for the error of the mean and S of n scans. A less efficient estimate makes more false alarms: a
    median and a MAD of 20 scans twice as many, mean and S of the scans that are left after those far off by these are
    taken out 1.3 times as many (docs/control-charts.md).
    """
    if n < LEAST_SCANS:
        return _too_few(n)
    floor = u if u is not None and math.isfinite(u) else 0.0
    wide = max(sigma, floor)
    if not (math.isfinite(centre) and math.isfinite(wide) and wide > 0.0):
        return CannotTell(
            f"The {n} scans of the baseline give a centre of {centre:g} and a spread of {wide:g}, and no u of one "
            "measurement is known: a chart needs a spread above 0."
        )
    return ControlBaseline(centre, wide, n, floored=floor > sigma)


def prediction_factor(n: int, sigmas: float = 3.0) -> float:
    """Multiple of S about the mean of n scans that the next scan exceeds as rarely as `sigmas` known σ.

    References
    ----------
    Hahn and Meeker, Statistical Intervals (1991), section 4.7: t(1 − α/2, n − 1) √(1 + 1/n).
    """
    return float(-stdtrit(n - 1, ndtr(-sigmas))) * math.sqrt(1.0 + 1.0 / n)


def _too_few(n: int) -> CannotTell:
    return CannotTell(
        f"The baseline has {n} scan{'' if n == 1 else 's'}, and a control verdict needs at least {LEAST_SCANS}: "
        "limits from fewer would either alarm without cause or find nothing."
    )
