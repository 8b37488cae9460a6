"""Which slices at the ends of a run still show what its middle shows."""

from __future__ import annotations

import numpy as np

from iqa.metrics.regions import Array

INNER_SHARE = 0.25
"""Of the slices on either side of the middle ones, which say what a run is like."""
LARGEST_STRAY = 3.5
"""Against noise and scatter of the middle slices. Real runs drift by 2 to 3 of these without any harm at their ends; a
section that reaches over an end by a fiftieth of the contrast strays by 5 and more."""
ENOUGH_SLICES = 3
"""Slices with which half a step more is kept from the ends of a rod or module; fewer are too dear to give up."""
FEWEST = 4
"""Slices of which two are in the middle; with fewer nobody can say which of them is wrong."""


def plateau(means: Array, u: float) -> slice:
    """The part of a run that lies on its plateau: from the ends inwards, slices that stray from the middle are left.

    Parameters
    ----------
    means : (slices,) float, HU
        Mean of one disc on each slice, along z.
    u
        Noise of one such mean as a standard deviation, HU.

    Notes
    -----
    The wings of a section's profile reach further than its nominal thickness, and real units end some millimetres
    beside their drawing. A stray slice within the run stays: that is the scanner's.
    """
    count = len(means)
    if count < FEWEST:
        return slice(0, count)
    spare = int(INNER_SHARE * count)
    inner = means[spare : count - spare]
    allowed = LARGEST_STRAY * np.hypot(u, inner.std(ddof=1))
    steady = np.flatnonzero(np.abs(means - np.median(inner)) <= allowed)
    return slice(int(steady[0]), int(steady[-1]) + 1)
