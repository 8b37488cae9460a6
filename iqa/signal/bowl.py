"""The bowl of a uniform disc: a parabola about its axis with a plane, robust against rings, crescents and spots."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa.signal.noise import Covariance
from iqa.signal.polar_cells import Bands, Polar, bands_of, spread_over
from iqa.signal.robust import spread

Array = NDArray[np.float64]

OUTLYING = 6.0
"""Robust standard deviations from which a cell is left out: a spot or a streak. Noise never gets there, so that on
noise the fit is plain least squares, whose smooth weights CT's noise averages out under fastest."""
ROUNDS = 4
FINE_MM = 0.5
"""Pixel on which the noise of the parabola is reckoned: what the weights' steps from cell to cell let in of the high
frequencies, where CT has most of its noise, is in it."""
SHADING_ORDERS, SHADING_BAND_MM = 4, 2.0
"""Even powers of the radius that are no ring and no crescent, and the cells they are fitted to. The parabola alone
leaves the bright rim of beam hardening, which beside a rotation centre off the axis looks like a crescent."""
FREER_ORDERS = 3
"""Even powers of the profile that the parabola is held against: they follow a bright rim and a spot in the middle."""


@dataclass(frozen=True, eq=False)
class Bowl:
    """A fit to the cells of a polar grid.

    Attributes
    ----------
    coefficients : (4,) float
        HU at the axis, HU/mm along x and y, HU at the edge of the fit over the axis.
    weights : (sectors, bands) float
        On the cells, that give the last of them.
    beyond : (sectors, bands) float
        Weights that give by how much a freer profile's edge over its axis exceeds the parabola's.
    """

    coefficients: Array
    weights: Array
    beyond: Array


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


def fit_bowl(bands: Bands, axis_mm: tuple[float, float], reach_mm: float) -> Bowl:
    """Least squares over a disc, without cells that stand far off.

    Parameters
    ----------
    axis_mm
        Of the bowl, from the grid's centre.
    reach_mm
        Radius of the disc about the axis; the parabola's height is stated there.

    Notes
    -----
    A pixel at t of the disc's radius weighs √(1 − t²): of noise whose power rises as the frequency, CT's, no other
    weights of a disc let less into the mean (Getoor, Trans Am Math Soc 1961;101:75). The parabola's u is a seventh
    (soft) to a fourth (sharp) below that of equal weights; of a smooth kernel it is a tenth above. What lies near the
    edge, where real profiles turn up, counts least.
    """
    free = columns(bands.x_mm, bands.y_mm, bands.square_mm2, axis_mm, reach_mm, FREER_ORDERS)
    free = free.reshape(bands.values.size, -1)
    design = free[:, :4]
    values, pixels = bands.values.ravel(), bands.count.ravel()
    dome = pixels * np.sqrt(np.maximum(1.0 - design[:, 3], 0.0))
    weight = dome
    for _ in range(ROUNDS):
        solve = _solver(design, weight)
        found = solve @ values
        # by pixels, so that all cells of white noise were alike; of CT's noise they nearly are
        strays = np.abs(values - design @ found) * np.sqrt(pixels)
        weight = dome * (strays <= OUTLYING * spread(strays[dome > 0.0]))
    beyond = _solver(free, weight)[3:].sum(axis=0) - solve[3]
    return Bowl(found, solve[3].reshape(bands.values.shape), beyond.reshape(bands.values.shape))


def _solver(design: Array, weight: Array) -> Array:
    """(k, n) weights on n values that give the coefficients of (n, k) columns."""
    weighted = weight[:, None] * design
    return np.asarray(np.linalg.solve(design.T @ weighted, weighted.T))


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
