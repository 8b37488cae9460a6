"""A couch below the phantom: a shallow trough of foam between two carbon skins, the same on every slice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from iqa.simulate.shapes import Canvas

Floats = NDArray[np.float64]

RADIUS_MM = 350.0
"""Of the trough's upper side; it touches nothing of a round body that stands clear of its lowest point."""
HALF_WIDTH_MM = 215.0
THICKNESS_MM = 25.0
SKIN_MM = 1.5
SKIN_HU = 700.0
"""Contrast of carbon fibre to air after loss in the resin; locators must not care."""
FOAM_HU = 70.0
"""Contrast of the foam core to air."""


def couch(canvas: Canvas, x_mm: float, top_mm: float) -> Floats:
    """(rows, columns) CT number that a couch adds to air, its lowest upper point at (x, top) in the stack frame.

    Its layers are blurred along the radius by a Gaussian of the blur's width: it is there to be seen, not measured.
    """
    x, y = canvas.x_mm[None, :] - x_mm, canvas.y_mm[:, None] - (top_mm - RADIUS_MM)
    depth = (np.hypot(x, y) - RADIUS_MM) / canvas.blur.width_mm
    edges = np.array([0.0, SKIN_MM, THICKNESS_MM - SKIN_MM, THICKNESS_MM]) / canvas.blur.width_mm
    steps = np.array([SKIN_HU, FOAM_HU - SKIN_HU, SKIN_HU - FOAM_HU, -SKIN_HU])
    layers = sum(step * ndtr(depth - edge) for step, edge in zip(steps, edges, strict=True))
    wide = ndtr((HALF_WIDTH_MM - np.abs(x)) / canvas.blur.width_mm)
    return np.asarray(np.where(y > 0.0, layers * wide, 0.0))
