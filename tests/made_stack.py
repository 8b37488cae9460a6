"""Drawn slices as a scan: straight, square pixels, rounded as files round them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iqa.model import Acquisition, Scan, ScanIdentity

Array = NDArray[np.float64]


def straight(hu: Array, z_mm: Array, *, thickness_mm: float, pixel_mm: float, step_hu: float) -> Scan:
    """(slices, rows, columns) HU as a scan of nobody, its grey scale in steps of `step_hu`."""
    origins = np.zeros((z_mm.size, 3))
    origins[:, 2] = z_mm
    return Scan(
        stored=np.rint(hu / step_hu).astype(np.int16),
        slope=np.full(z_mm.size, step_hu),
        intercept=np.zeros(z_mm.size),
        pixel_mm=(pixel_mm, pixel_mm),
        origins_mm=origins,
        orientation=np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        thickness_mm=thickness_mm,
        acquisition=Acquisition(),
        identified=lambda: ScanIdentity(None, None, (), "", None),
    )
