"""The uncertainty of the largest of several noisy values, which noise pushes outwards."""

from __future__ import annotations

import math
from collections.abc import Sequence

EXPECTED_LARGEST = (0.0, 0.564, 0.846, 1.029, 1.163, 1.267, 1.352, 1.424)
"""Expected largest of 1 … 8 independent standard normal values (Harter, Biometrika 1961;48:151, table 1)."""
RIVAL = 2.5
"""Values within this many standard uncertainties of the largest might have been the largest."""
BIAS_WEIGHT = 2.0
"""Expected excess as a component of u: with twice its size the mean error stays under half of u."""


def expected_excess(values: Sequence[float], u: float) -> float:
    """How far noise of standard uncertainty u is expected to push the largest of these values above the true one."""
    largest = max(values)
    rivals = sum(value >= largest - RIVAL * u for value in values)
    return u * EXPECTED_LARGEST[min(rivals, len(EXPECTED_LARGEST)) - 1]


def largest_by_size(values: Sequence[float], u: Sequence[float]) -> tuple[float, float]:
    """The value of largest magnitude with its sign, and its uncertainty with the expected excess as a component.

    Notes
    -----
    The value is not corrected: where several are alike, it is too far from 0 by about the excess, and u says so.
    """
    at = max(range(len(values)), key=lambda i: abs(values[i]))
    outwards = [math.copysign(1.0, values[at]) * value for value in values]
    return values[at], math.hypot(u[at], BIAS_WEIGHT * expected_excess(outwards, max(u)))
