"""Means over the cells of a polar grid, and the noise of their angular orders.

A ring about the rotation centre is order 0 of a narrow band of radii, a crescent the first orders of a wide one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iqa.signal.noise import Covariance, Mask
from iqa.signal.robust import NORMAL_PER_MAD

Array = NDArray[np.float64]

SECTORS = 36
"""Cells round the circle: enough for the scatter between them to be known, few enough to hold pixels at 10 mm."""
FILLED = 0.5
"""Share of a whole cell's pixels with which a cell counts."""
WHOLE = 0.85
"""The same of a band: cut cells are noisier than whole ones, and those of inner bands differ by some pixels anyway."""
SPOT_MM, SPOT = 5.0, 8.0
"""Cells of this width that stand so many robust standard deviations off their circle hold a rod, a bead or a bubble
that no definition names; crescents stay within five."""
FREQUENCIES = 97
"""Nodes over the radial frequency, up to the corner of the frequency square."""
NODES = 8
"""Radii at which that sum is formed; between them it follows a power of the radius closely."""
ALIASES = 4
"""Multiples of SECTORS up to which orders are summed: a sector's mean damps what lies beyond to a hundredth."""


@dataclass(frozen=True, eq=False)
class Polar:
    """A polar grid over pixels, and where the pixels of each of its cells lie in the mean.

    Attributes
    ----------
    cell : (n,) int
        Cell of each pixel: sector · radii + radius.
    count : (sectors, radii) float
        Pixels in each.
    x_mm, y_mm, square_mm2 : (sectors, radii) float
        Mean place of those pixels from the centre and mean squared distance; 0 where a cell is empty.
    step_mm : float
        Width of a radius' bin; bin k reaches from k to k + 1 steps.
    """

    cell: NDArray[np.intp]
    count: Array
    x_mm: Array
    y_mm: Array
    square_mm2: Array
    step_mm: float

    @property
    def radius_mm(self) -> Array:
        """(radii,) middle of each bin."""
        return np.asarray((np.arange(self.count.shape[1]) + 0.5) * self.step_mm)

    @property
    def filled(self) -> Mask:
        """(sectors, radii) cells that hold at least half of the pixels that a whole one holds."""
        whole = 2.0 * np.pi * self.radius_mm / (SECTORS * self.step_mm)
        return np.asarray((self.count >= FILLED * whole) & (self.count > 0.0))

    def means(self, values: NDArray[np.float32]) -> Array:
        """(sectors, radii) mean of (n,) values in each cell, 0 where it is empty."""
        return _means(self.cell, values, self.count)


def polar_grid(x_mm: Array, y_mm: Array, step_mm: float) -> Polar:
    """The grid over pixels at (n,) places from the centre, y down; sectors counter-clockwise as displayed."""
    radius, angle = np.hypot(x_mm, y_mm), np.arctan2(-y_mm, x_mm)
    sector = np.floor(angle * (SECTORS / (2.0 * np.pi))).astype(np.intp) % SECTORS
    ring = (radius / step_mm).astype(np.intp)
    shape = (SECTORS, int(ring.max()) + 1)
    cell = sector * shape[1] + ring
    count = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
    x, y, square = (_means(cell, values, count) for values in (x_mm, y_mm, radius * radius))
    return Polar(cell, count, x, y, square, step_mm)


def _means(cell: NDArray[np.intp], values: NDArray[np.float32] | Array, count: Array) -> Array:
    total = np.bincount(cell, values, count.size).reshape(count.shape)
    return np.asarray(total / np.maximum(count, 1.0))


@dataclass(frozen=True, eq=False)
class Bands:
    """Cells of one slice or stack gathered into wider bands of radii, all (sectors, bands)."""

    values: Array
    count: Array
    x_mm: Array
    y_mm: Array
    square_mm2: Array
    radius_mm: Array
    """(bands,) middle of each."""
    bins: int
    """Radii of the grid in each."""
    filled: Mask


def bands_of(grid: Polar, cells: Array, width_mm: float) -> Bands:
    """(sectors, radii) means over cells gathered into bands as near to a width as whole bins come; the rest is left."""
    bins = max(1, round(width_mm / grid.step_mm))
    bands = grid.count.shape[1] // bins
    shape = (SECTORS, bands, bins)
    count = grid.count[:, : bands * bins].reshape(shape)
    total = count.sum(axis=2)

    def gathered(values: Array) -> Array:
        weighted = (values[:, : bands * bins].reshape(shape) * count).sum(axis=2)
        return np.asarray(weighted / np.maximum(total, 1.0))

    radius = (np.arange(bands) + 0.5) * bins * grid.step_mm
    whole = 2.0 * np.pi * radius * bins / (SECTORS * grid.step_mm)
    parts = (gathered(v) for v in (cells, grid.x_mm, grid.y_mm, grid.square_mm2))
    values, x, y, square = parts
    return Bands(values, total, x, y, square, radius, bins, np.asarray(total >= WHOLE * whole))


def without_spots(grid: Polar, slices: Array) -> Polar:
    """The grid without cells that hold something foreign on one of (n, sectors, radii) slices, and their neighbours."""
    stacks = [*slices, slices.mean(axis=0)] if len(slices) > 1 else [*slices]
    gathered = [bands_of(grid, cells, SPOT_MM) for cells in stacks]
    bands = gathered[0]
    values = np.stack([b.values for b in gathered])
    with np.errstate(invalid="ignore"):
        strays = np.abs(values - _middle(values, bands.filled)[:, None, :])
    spreads = NORMAL_PER_MAD * _middle(strays, bands.filled)
    foreign = np.any((strays > SPOT * spreads[:, None, :]) & (bands.count > 0.0), axis=0)
    foreign |= np.pad(foreign, ((0, 0), (1, 0)))[:, :-1] | np.pad(foreign, ((0, 0), (0, 1)))[:, 1:]
    fine = np.repeat(foreign, bands.bins, axis=1)
    rest = grid.count.shape[1] - fine.shape[1]
    return replace(grid, count=np.where(np.pad(fine, ((0, 0), (0, rest)), mode="edge"), 0.0, grid.count))


def _middle(values: Array, filled: Mask) -> Array:
    """(n, bands) median over the filled of (n, sectors, bands) cells; infinite where fewer than half are filled."""
    ordered = np.sort(np.where(filled, values, np.inf), axis=1)
    at = np.maximum((filled.sum(axis=0) - 1) // 2, 0)
    found = ordered[:, at, np.arange(filled.shape[1])]
    return np.where(2 * filled.sum(axis=0) >= SECTORS, found, np.inf)


def spread_over(grid: Polar, bands: Bands, weights: Array) -> Array:
    """(sectors, radii) weights on a grid's cells that sum to the same as (sectors, bands) weights on bands of them."""
    whole = np.repeat(weights / np.maximum(bands.count, 1.0), bands.bins, axis=1)
    rest = grid.count.shape[1] - whole.shape[1]
    return np.asarray(np.pad(whole, ((0, 0), (0, rest))) * grid.count)


def order_variances(covariance: Covariance, radius_mm: Array, orders: Array, weights: Array, step_mm: float) -> Array:
    """(radii, orders) E|c_m|², HU², of the angular orders c_m = ⟨x exp(−imθ)⟩ of noise, weighted along the radius.

    Parameters
    ----------
    radius_mm : (radii,) float
    orders : (orders,) float
    weights : (k,) float
        Of neighbouring bins of `step_mm` along the radius, the middle one at `radius_mm`.

    Notes
    -----
    On a circle of radius r, order m is a wave of the tangential frequency m/2πr, so that in noise that fades within a
    distance small against r

        E|c_m|² = 1/(2πr) · ∫ NPS(√(f² + (m/2πr)²)) |H(f)|² df,   H the transform of the weights
    """
    f = np.linspace(0.0, float(covariance.frequency[-1]), FREQUENCIES)
    at = (np.arange(len(weights)) - (len(weights) - 1) / 2) * step_mm
    gain = np.abs(np.exp(-2j * np.pi * f[:, None] * at) @ weights * np.sinc(f * step_mm)) ** 2
    length = 2.0 * np.pi * radius_mm
    across = orders[None, :] / length[:, None]
    density = np.interp(np.hypot(across[..., None], f), covariance.frequency, covariance.nps, right=0.0)
    return np.asarray(2.0 * np.trapezoid(density * gain, f, axis=-1) / length[:, None])


def between_sectors(covariance: Covariance, radius_mm: Array, weights: Array, step_mm: float, above: int) -> Array:
    """(radii,) variance, HU², of sectors' weighted means about their mean and their orders up to `above`."""
    orders = np.arange(above + 1.0, ALIASES * SECTORS)
    folded = np.abs((orders + SECTORS // 2) % SECTORS - SECTORS // 2)
    orders = orders[folded > above]
    nodes = np.geomspace(radius_mm[0], radius_mm[-1], NODES)
    variances = order_variances(covariance, nodes, orders, weights, step_mm) @ np.sinc(orders / SECTORS) ** 2
    return np.asarray(2.0 * np.exp(np.interp(np.log(radius_mm), np.log(nodes), np.log(variances))))
