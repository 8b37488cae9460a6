"""Constants of control charts for n normal values, each from its definition.

References
----------
Montgomery, Introduction to Statistical Quality Control, appendix VI, for the usual tables. Range: David and Nagaraja,
Order Statistics (2003), section 2.3.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]

FARTHEST = 9.0
"""Standard deviations at which the normal density (2e-18) ends here."""
WIDEST = 14.0
"""Standard deviations that no range of a few hundred values exceeds with a chance of 1e-15."""
NODES = 80
"""Of the integral over the range; 60 give the same ten digits up to n = 100."""
STEP = 0.05
"""Of the trapezium rule over one value: exact to 1e-15 for a curve as smooth as the normal density."""
HALVINGS = 50
"""Of the interval that holds the median range: to 1e-14."""


def c4(n: int) -> float:
    """Mean of the standard deviation S of n values over σ, so that S/c4 has no bias.

    Raises
    ------
    ValueError
        If n is below 2, as for all of this module.
    """
    _at_least_two(n)
    return math.sqrt(2.0 / (n - 1)) * math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2))


def d2(n: int) -> float:
    """Mean of the range of n values over σ."""
    r, weights = _ranges()
    return float(weights @ _wider(r, n))


def d3(n: int) -> float:
    """Standard deviation of the range of n values over σ."""
    r, weights = _ranges()
    return math.sqrt(float(weights @ (2.0 * r * _wider(r, n))) - d2(n) ** 2)


def d4(n: int) -> float:
    """Median of the range of n values over σ (a lower-case d: the factor D4 of range charts is 1 + 3 d3/d2)."""
    low, high = 0.0, WIDEST
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _wider(np.array([middle]), n)[0] > 0.5 else (low, middle)
    return 0.5 * (low + high)


def _at_least_two(n: int) -> None:
    if n < 2:
        raise ValueError(f"{n} values have no spread: at least 2 are needed")


def _ranges() -> tuple[Array, Array]:
    """Gauss–Legendre nodes and weights on (0, WIDEST)."""
    x, weights = np.polynomial.legendre.leggauss(NODES)
    return np.asarray(0.5 * WIDEST * (x + 1.0)), np.asarray(0.5 * WIDEST * weights)


def _wider(r: Array, n: int) -> Array:
    """Chance that the range of n standard normal values is wider than each r."""
    _at_least_two(n)
    smallest = np.arange(-FARTHEST, FARTHEST + STEP / 2, STEP)
    density = np.exp(-0.5 * smallest**2) / math.sqrt(2.0 * math.pi)
    within = ndtr(smallest + r[:, None]) - ndtr(smallest)
    return np.asarray(1.0 - n * STEP * (within ** (n - 1) @ density))
