"""A disc of pixels about a centre in it, as a polar grid, with white noise of known power."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iqa.signal.noise import Covariance
from iqa.signal.polar_cells import Polar, polar_grid

Array = NDArray[np.float64]

PIXEL_MM = 0.5
RADIUS_MM = 45.0
WHITE = Covariance(np.linspace(0.0, 2.0, 50), np.full(50, PIXEL_MM**2), (PIXEL_MM, PIXEL_MM))
"""Of 1 HU a pixel."""


def pixels(axis_mm: tuple[float, float] = (0.0, 0.0)) -> tuple[Array, Array]:
    """(n,) places of the disc's pixels from the grid's centre; the disc lies about the axis."""
    y, x = (np.mgrid[:240, :240] - 119.5) * PIXEL_MM
    inside = np.hypot(x - axis_mm[0], y - axis_mm[1]) < RADIUS_MM
    return x[inside], y[inside]


def grid(axis_mm: tuple[float, float] = (0.0, 0.0)) -> Polar:
    return polar_grid(*pixels(axis_mm), PIXEL_MM)


def white(made: Polar, sigma: float, slices: int = 1) -> Array:
    """(slices, sectors, radii) means of white noise of sigma HU a pixel over the grid's cells."""
    drawn = np.random.default_rng(3).standard_normal((slices, *made.count.shape))
    return np.asarray(sigma * drawn / np.sqrt(np.maximum(made.count, 1.0)))
