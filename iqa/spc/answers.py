"""What is answered where the numbers do not allow a verdict, and what series of numbers must be like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEAST_SCANS = 8
"""Scans below which nothing is said of control or drift: limits that keep to their false-alarm rate would then lie
beyond six standard deviations of the EWMA, where even a step of 2σ takes a quarter of a year to be found."""
COVERAGE = 0.95
"""Of the interval of a date."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """Why the numbers allow no verdict."""

    reason: str
    """A full sentence."""


def series(values: ArrayLike) -> Array:
    """(..., scans) finite numbers in the order of their scans.

    Raises
    ------
    ValueError
        If a number is missing: a scan without a value is left out, with its time.
    """
    array = np.asarray(values, dtype=np.float64)
    odd = np.argwhere(~np.isfinite(array))
    if len(odd):
        place = int(odd[0][-1]) if array.ndim else 0
        raise ValueError(f"scan {place} has no finite value: leave it out of the series, with its time")
    return array


def parameters(centre: ArrayLike, sigma: ArrayLike) -> tuple[Array, Array]:
    """Centre and σ of one chart or of many.

    Raises
    ------
    ValueError
        If a centre is not finite or a σ not above 0: `CannotTell` of a baseline says so before.
    """
    middle, spread = np.asarray(centre, dtype=np.float64), np.asarray(sigma, dtype=np.float64)
    if not (np.isfinite(middle).all() and np.isfinite(spread).all() and (spread > 0.0).all()):
        raise ValueError(f"a chart needs a finite centre and a σ above 0, found {middle} and {spread}")
    return middle, spread


def dated(times: ArrayLike, values: ArrayLike) -> tuple[Array, Array]:
    """Days and values of one series of scans, of equal length and in the order of time.

    Raises
    ------
    ValueError
        If the lengths differ, or a scan comes before the one that precedes it.
    """
    days, numbers = series(times), series(values)
    if days.ndim != 1 or days.shape != numbers.shape:
        raise ValueError(f"{days.shape} times and {numbers.shape} values: one time for each value is expected")
    back = np.flatnonzero(np.diff(days) < 0.0)
    if len(back):
        raise ValueError(f"scan {int(back[0]) + 1} is earlier than the one before it: sort the scans by time")
    return days, numbers
