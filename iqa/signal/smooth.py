"""A transfer function as an even cubic spline that is 1 at frequency 0, as smooth as the data want it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

KNOT_PER_MM = 0.16
"""Distance of the knots: a Gaussian of f50 = 0.4 /mm is met to 3e-4, a sharp kernel's overshoot to 1e-3."""
FEWEST = 5
"""Splines below which a transfer function has no room to fall."""
PENALTIES = np.logspace(-9.0, 3.0, 25)
"""Candidates of the penalty against the data."""
UNDERSMOOTHED = 0.03
"""Share of the most likely penalty that is used: at full strength an overshoot of 11 % loses a tenth of itself in noise
of 3 % of the contrast; so it keeps all but a thirtieth, and bars' modulations scatter by a tenth more."""


@dataclass(frozen=True, eq=False)
class EvenSplines:
    """Cubic B-splines over frequency, mirrored at 0, that end in 0.

    Attributes
    ----------
    largest : float, 1/mm
        Where they end.
    count : int
    """

    largest: float
    count: int

    @classmethod
    def of(cls, largest: float) -> EvenSplines:
        """Knots of about the usual distance up to a frequency."""
        return cls(largest, max(FEWEST, round(largest / KNOT_PER_MM) - 1))

    def at(self, frequency: Array) -> Array:
        """(count, …) values of each spline at frequencies."""
        step = self.largest / (self.count + 1)
        knots = np.arange(self.count).reshape(-1, *([1] * frequency.ndim))
        values = _bump(frequency / step - knots)
        values[1:] += _bump(frequency / step + knots[1:])
        return np.asarray(values)


@dataclass(frozen=True, eq=False)
class Smooth:
    """A fitted spline.

    Attributes
    ----------
    knots : (count,) float
        Its coefficients.
    inverse : (count, count) float
        Their change by that of Aᵀy.
    moved : (count,) float
        What the penalty may have moved them.
    """

    knots: Array
    inverse: Array
    moved: Array


def smooth_transfer(splines: EvenSplines, normal: Array, pull: Array, power: float) -> Smooth:
    """The spline, 1 at frequency 0, that least squares and smoothness want.

    Parameters
    ----------
    normal, pull, power
        AᵀA, Aᵀy and yᵀy of the whitened columns and values.

    Notes
    -----
    Third differences are penalised, so that a parabola about 0 is free, with a share of the strength of largest
    marginal likelihood.
    """
    level = splines.at(np.array(0.0))
    given = level / float(level @ level)
    free = np.linalg.svd(level[None])[2][1:].T
    bent = _third_differences(splines.count)
    penalty = bent.T @ bent
    scale = float(np.trace(normal) / np.trace(penalty))
    fixed = power - float(given @ (2.0 * pull - normal @ given))

    def solved(strength: float) -> tuple[Array, Array, float]:
        held = normal + strength * penalty
        inside, wanted = free.T @ held @ free, free.T @ (pull - held @ given)
        found = np.linalg.solve(inside, wanted)
        left = fixed + strength * float(given @ penalty @ given) - float(wanted @ found)
        unlikely = left + float(np.linalg.slogdet(inside)[1]) - free.shape[1] * float(np.log(strength))
        return found, inside, unlikely

    likely = min(PENALTIES, key=lambda p: solved(scale * p)[2])
    strength = UNDERSMOOTHED * scale * float(likely)
    found, inside, _ = solved(strength)
    knots = given + free @ found
    back = free @ np.linalg.inv(inside) @ free.T
    return Smooth(knots, back, strength * (back @ (penalty @ knots)))


def _bump(t: Array) -> Array:
    """Cubic B-spline of unit knot distance."""
    t = np.abs(t)
    inner, outer = 2.0 / 3.0 - t**2 + 0.5 * t**3, np.clip(2.0 - t, 0.0, None) ** 3 / 6.0
    return np.asarray(np.where(t < 1.0, inner, outer))


def _third_differences(count: int) -> Array:
    """(count + 3, count) third differences of an even sequence that ends in zeros."""
    bent = np.zeros((count + 3, count))
    for row in range(count + 3):
        for k, weight in zip(range(row - 2, row + 2), (-1.0, 3.0, -3.0, 1.0), strict=True):
            if abs(k) < count:
                bent[row, abs(k)] += weight
    return bent
