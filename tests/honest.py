"""Is a stated standard uncertainty the real one? The scatter and bias of z = (value − truth)/u over many seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BAND = 3.29
"""Half width of a 99.9 % band, in standard deviations."""
WITHIN = {1.0: 0.6827, 2.0: 0.9545}
"""Shares of a normal distribution."""


def unfair(values: Sequence[float], u: Sequence[float], truth: float, *, conservative: bool = False) -> list[str]:
    """What is wrong with u, in words: nothing, or bias, spread and shares outside their 99.9 % bands.

    A conservative u may be too large, never too small.
    """
    z = (np.asarray(values) - truth) / np.asarray(u)
    n = len(z)
    bands = [("mean", float(z.mean()), 0.0, BAND / np.sqrt(n)), ("spread", float(z.std()), 1.0, BAND / np.sqrt(2 * n))]
    bands += [
        (f"share within {k:g} u", float(np.mean(np.abs(z) < k)), p, BAND * np.sqrt(p * (1 - p) / n))
        for k, p in WITHIN.items()
    ]
    wrong = []
    for name, found, wanted, half in bands:
        too_good = name != "mean" and (found < wanted if name == "spread" else found > wanted)
        if not abs(found - wanted) <= half and not (conservative and too_good):
            wrong.append(f"{name} {found:.3f}, wanted {wanted:.3f} ± {half:.3f}")
    return wrong


def unfair_with_bias(values: Sequence[float], u: Sequence[float], truth: float) -> list[str]:
    """The same where u holds a known bias as a component: |mean z| ≤ 0.5, and 93 % within 2 u."""
    z = (np.asarray(values) - truth) / np.asarray(u)
    wrong = [] if abs(z.mean()) <= 0.5 else [f"mean {z.mean():.3f}"]
    covered = float(np.mean(np.abs(z) < 2.0))
    return wrong if covered >= 0.93 else [*wrong, f"coverage {covered:.3f}"]
