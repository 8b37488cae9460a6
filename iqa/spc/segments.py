"""Where charts begin anew: at a new baseline, or at an event after which one is due."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from iqa.spc.answers import dated


def split(times: ArrayLike, restarts: Sequence[float]) -> tuple[slice, ...]:
    """The scans before the first restart, between each two, and from the last on; a segment can be empty.

    Parameters
    ----------
    times : (scans,) array_like
        Days, in order.
    restarts : sequence of float
        Days, in order. A scan on that very time belongs to the new segment.

    Notes
    -----
    Charts and run rules are given one segment at a time. Within it only the order counts: a missing week breaks no run.
    """
    days, _ = dated(times, times)
    ends, _ = dated(restarts, restarts)
    cuts = [0, *(int(cut) for cut in np.searchsorted(days, ends, side="left")), len(days)]
    return tuple(slice(first, last) for first, last in pairwise(cuts))
