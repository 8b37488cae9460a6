"""Shewhart's charts of single values and of their moving ranges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from iqa.spc.answers import Array, Mask, series
from iqa.spc.baseline import ControlBaseline, prediction_factor
from iqa.spc.constants import c4, d2, d3, d4


@dataclass(frozen=True, slots=True, eq=False)
class IndividualsChart:
    """Limits of single values and of moving ranges, all in the value's unit; a value on a limit is within."""

    centre: float
    sigma: float
    """From the moving ranges."""
    low: float
    high: float
    ranges: Array
    """(scans − 1,) differences of neighbours, without sign."""
    range_mean: float
    range_high: float
    """Upper limit of the ranges; the lower one is 0."""
    beyond: Mask
    """(scans,) values beyond their limits."""
    ranges_beyond: Mask


@dataclass(frozen=True, slots=True, eq=False)
class ShewhartChart:
    """Single values against limits from a baseline."""

    centre: float
    low: float
    high: float
    beyond: Mask


def individuals(values: ArrayLike, sigmas: float = 3.0, *, robust: bool = False) -> IndividualsChart:
    """Chart of single values and moving ranges, with limits from the same values.

    Parameters
    ----------
    values : (scans,) array_like
        At least 2, in the order of time.
    sigmas : float
        Width of the limits.
    robust : bool
        σ from the median moving range over d4(2) = 0.954 instead of the mean over d2(2) = 1.128.

    Notes
    -----
    Moving ranges do not see a slow drift, so σ is that of neighbours; S of the same values is larger where they drift.

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2, doi 10.18434/M32189.
    """
    numbers = series(values)
    if numbers.ndim != 1 or numbers.size < 2:
        raise ValueError(f"{numbers.shape} values: one series of at least 2 has moving ranges")
    ranges = np.abs(np.diff(numbers))
    sigma = float(np.median(ranges)) / d4(2) if robust else float(ranges.mean()) / d2(2)
    centre, high = float(numbers.mean()), (d2(2) + sigmas * d3(2)) * sigma
    return IndividualsChart(
        centre,
        sigma,
        centre - sigmas * sigma,
        centre + sigmas * sigma,
        ranges,
        float(ranges.mean()),
        high,
        np.abs(numbers - centre) > sigmas * sigma,
        ranges > high,
    )


def shewhart(values: ArrayLike, baseline: ControlBaseline, sigmas: float = 3.0) -> ShewhartChart:
    """Later values against limits that each exceeds by chance as rarely as `sigmas` known σ (t prediction limits)."""
    half = prediction_factor(baseline.n, sigmas) * c4(baseline.n) * baseline.sigma
    beyond = np.abs(series(values) - baseline.centre) > half
    return ShewhartChart(baseline.centre, baseline.centre - half, baseline.centre + half, np.asarray(beyond))
