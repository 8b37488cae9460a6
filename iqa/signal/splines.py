"""Cubic splines over frequency, even at 0, for transfer functions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

KNOT_PER_MM = 0.16
"""Distance of the knots: a Gaussian of f50 = 0.4 /mm is met to 3e-4, a sharp kernel's overshoot to 1e-3."""
FEWEST = 5
"""Splines below which a transfer function has no room to fall."""


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
        values = bump(frequency / step - knots)
        values[1:] += bump(frequency / step + knots[1:])
        return np.asarray(values)


def bump(t: Array) -> Array:
    """Cubic B-spline of unit knot distance."""
    t = np.abs(t)
    inner, outer = 2.0 / 3.0 - t**2 + 0.5 * t**3, np.clip(2.0 - t, 0.0, None) ** 3 / 6.0
    return np.asarray(np.where(t < 1.0, inner, outer))
