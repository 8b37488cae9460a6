"""The bowl of a uniform disc: a parabola about its axis with a plane, robust against rings, crescents and spots."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from iqa.signal.noise import Covariance
from iqa.signal.polar_cells import Bands, Polar, bands_of, spread_over
from iqa.signal.robust import spread

Array = NDArray[np.float64]

OUTLYING = 6.0
"""Robust standard deviations from which a cell is left out: a spot or a streak. Noise never gets there, so that on
noise the fit is plain least squares, whose smooth weights CT's noise averages out under fastest."""
ROUNDS = 4
FINE_MM = 0.5
"""Pixel on which the noise of the parabola is reckoned. Its weights end in a jump at the rim, which lets in the high
frequencies, where CT has most of its noise: 1 mm would miss 3 % of u, 4 mm a fifth."""
SHADING_ORDERS, SHADING_BAND_MM = 4, 2.0
"""Even powers of the radius that are no ring and no crescent, and the cells they are fitted to. The parabola alone
leaves the bright rim of beam hardening, which beside a rotation centre off the axis looks like a crescent."""
CHANCE = 1e-3
"""Chance at which noise alone is taken for structure."""
FREE = 2
"""Of the bands' means, that the fit takes (height and parabola)."""


@dataclass(frozen=True, eq=False)
class Bowl:
    """A fit to the cells of a polar grid.

    Attributes
    ----------
    coefficients : (4,) float
        HU at the axis, HU/mm along x and y, HU at the rim over the axis.
    weights : (sectors, bands) float
        On the cells, that give the last of them.
    shape : (sectors, bands) float
        The fit at the cells, HU.
    u_structure : float
        Of the last coefficient, HU: what bands of radii that leave the bowl by more than noise leave open.
    """

    coefficients: Array
    weights: Array
    shape: Array
    u_structure: float


def columns(
    x_mm: Array, y_mm: Array, square_mm2: Array, axis_mm: tuple[float, float], rim_mm: float, orders: int = 1
) -> Array:
    """(…, 3 + orders) what a bowl is made of: 1, x, y and even powers of the distance from the axis over the rim's.

    Parameters
    ----------
    x_mm, y_mm, square_mm2
        Mean place, and mean squared distance, from the grid's centre.
    axis_mm
        Of the bowl, from that centre.
    """
    ax, ay = axis_mm
    square = (square_mm2 - 2.0 * (ax * x_mm + ay * y_mm) + ax * ax + ay * ay) / rim_mm**2
    powers = [square**k for k in range(1, orders + 1)]
    return np.stack([np.ones_like(x_mm), x_mm - ax, y_mm - ay, *powers], axis=-1)


def shading(grid: Polar, cells: Array, axis_mm: tuple[float, float], rim_mm: float) -> Array:
    """(sectors, radii) the plane and the smooth round profile about the axis that fit (sectors, radii) cells best."""
    bands = bands_of(grid, cells, SHADING_BAND_MM)
    design = columns(bands.x_mm, bands.y_mm, bands.square_mm2, axis_mm, rim_mm, SHADING_ORDERS).reshape(
        bands.values.size, -1
    )
    weighted = bands.count.reshape(-1, 1) * design
    found = np.linalg.solve(design.T @ weighted, weighted.T @ bands.values.ravel())
    return columns(grid.x_mm, grid.y_mm, grid.square_mm2, axis_mm, rim_mm, SHADING_ORDERS) @ found


def fit_bowl(bands: Bands, axis_mm: tuple[float, float], rim_mm: float, noise: Array) -> Bowl:
    """Least squares by pixels, without cells that stand far off.

    Parameters
    ----------
    axis_mm
        Of the bowl, from the grid's centre.
    rim_mm
        Distance from the axis at which the parabola's height is stated.
    noise : (bands,) float
        Variance of the noise in the mean of a whole band, HU².
    """
    design = columns(bands.x_mm, bands.y_mm, bands.square_mm2, axis_mm, rim_mm).reshape(-1, 4)
    values, pixels = bands.values.ravel(), bands.count.ravel()
    weight = pixels
    for _ in range(ROUNDS):
        solve = np.linalg.solve(design.T @ (weight[:, None] * design), (weight[:, None] * design).T)
        found = solve @ values
        # by pixels, so that all cells of white noise were alike; of CT's noise they nearly are
        strays = np.abs(values - design @ found) * np.sqrt(pixels)
        weight = pixels * (strays <= OUTLYING * spread(strays[pixels > 0.0]))
    shape = (design @ found).reshape(bands.values.shape)
    weights = solve[3].reshape(shape.shape)
    return Bowl(found, weights, shape, _structure(bands, shape, weights, noise))


def _structure(bands: Bands, shape: Array, linear: Array, noise: Array) -> float:
    """What the bands' means, where noise does not explain how they leave the bowl, add to the parabola's u, HU."""
    kept = np.where(linear != 0.0, bands.count, 0.0)
    used = kept.sum(axis=0) > 0.0
    total = np.maximum(kept.sum(axis=0), 1.0)
    left = ((bands.values - shape) * kept).sum(axis=0) / total
    share = np.maximum((kept > 0.0).mean(axis=0), 1.0 / len(kept))
    spare = int(np.count_nonzero(used)) - FREE
    explained = noise / share
    if spare < 1 or float((left**2 / explained)[used].sum()) <= float(chdtri(spare, CHANCE)):
        return 0.0
    excess = linear.sum(axis=0) ** 2 * (left**2 - explained)
    return math.sqrt(max(0.0, float(excess[used].sum()) * len(used) / spare))


def bowl_noise(covariance: Covariance, grid: Polar, bands: Bands, weights: Array, x_mm: Array, y_mm: Array) -> float:
    """Standard deviation, HU, of noise on one slice in a sum over cells; (n,) places of the grid's pixels."""
    share = (spread_over(grid, bands, weights) / np.maximum(grid.count, 1.0)).ravel()[grid.cell]
    step_y, step_x = covariance.pixel_mm
    # whole pixels together: a grid beside theirs would hold now one, now two of them, and make noise of it
    factor = max(1, round(FINE_MM / min(step_y, step_x)))
    row, column = (np.rint((v - v.min()) / p).astype(int) // factor for v, p in ((y_mm, step_y), (x_mm, step_x)))
    shape = int(row.max()) + 1, int(column.max()) + 1
    field: Array = np.zeros(shape[0] * shape[1])
    field += np.bincount(row * shape[1] + column, share, len(field))
    fine = Covariance(covariance.frequency, covariance.nps, (factor * step_y, factor * step_x))
    return math.sqrt(fine.variance_of_sum(field.reshape(shape)))
