"""Centres of one disc on many slices at once: the locator's fit, with the blur given.

The centre of a disc does not depend on the blur assumed for its edge, only its precision does; so one blur serves the
whole scan, and all slices are solved together. `iqa.signal.disc` fits the blur too, one slice at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iqa.signal.disc import disc_profile
from iqa.signal.plane import distance
from iqa.signal.sampling import Image

Array = NDArray[np.float64]

REACH = 1.6
"""Pixels up to this multiple of the radius are fitted."""
LEAST_MARGIN_MM = 1.8
"""Background kept around small discs, whose blurred edge reaches further than the multiple."""
ROUNDS = 4
SETTLED_MM = 0.01
"""A round that moves nothing further than this is the last: the next would move it by its square."""
LARGEST_STEP_MM = 1.0
KNOTS_PER_MM = 20.0

Hole = tuple[Array, Array, float]
"""(x, y, radius) of a circle on each image, mm."""


@dataclass(frozen=True, slots=True, eq=False)
class DiscCentres:
    """One disc on n slices. Centres in mm from the first pixel's centre of each slice."""

    x_mm: Array
    y_mm: Array
    radius_mm: Array
    contrast: Array
    """Disc minus background, in the image's unit."""
    residual: Array
    """Standard deviation of what the model leaves."""
    u_white_mm: Array
    """Standard uncertainty of a centre coordinate if the residual were white noise."""

    def scaled(self, units: Array) -> DiscCentres:
        """The same with contrast and residual in another unit: (n,) of it per unit of the images."""
        return replace(self, contrast=self.contrast * units, residual=self.residual * units)


def fits_field(shape: tuple[int, int], pixel_mm: tuple[float, float], x: Array, y: Array, radius_mm: float) -> bool:
    """True where the disc with its surroundings lies inside the image on every slice."""
    reach = reach_of(radius_mm) + LARGEST_STEP_MM
    columns, rows = x / pixel_mm[1], y / pixel_mm[0]
    rx, ry = reach / pixel_mm[1], reach / pixel_mm[0]
    return bool(
        (columns - rx).min() >= 0
        and (rows - ry).min() >= 0
        and (columns + rx).max() <= shape[1] - 1
        and (rows + ry).max() <= shape[0] - 1
    )


def disc_centres(
    images: list[Image],
    pixel_mm: tuple[float, float],
    start: tuple[Array, Array],
    radius_mm: float,
    blur_mm: float,
    holes: Sequence[Hole] = (),
) -> DiscCentres:
    """Least-squares centre, radius and contrast of a disc on each image, background plane removed.

    Parameters
    ----------
    images : n arrays (rows, columns)
    pixel_mm : (row, column) pixel distance, mm
    start : ((n,) x, (n,) y)
        Expected centres, mm from the first pixel's centre, right to about the radius.
    radius_mm : float
        Nominal.
    blur_mm : float
        Standard deviation of the edge blur.
    holes : sequence of ((n,) x, (n,) y, radius), optional
        Circles, as `start`, whose pixels are left out: something else stands there.

    Notes
    -----
    Gauss-Newton on [1, x, y, e, ∂e/∂x₀, ∂e/∂y₀, ∂e/∂R] with e the exact blurred disc. Standard deviations reach the
    Cramér-Rao bound within a factor of 1.5 under ramp noise.
    """
    x, y = (np.asarray(c, dtype=np.float64).copy() for c in start)
    radius = np.full(len(images), radius_mm)
    crops = [_crop(image, pixel_mm, x[i], y[i], radius_mm) for i, image in enumerate(images)]
    values = np.stack([c[0] for c in crops]).astype(np.float64)
    px, py = np.stack([c[1] for c in crops]), np.stack([c[2] for c in crops])
    reach = reach_of(radius_mm)
    table = _table(radius_mm, blur_mm, reach)
    used = np.ones_like(px)
    for hole_x, hole_y, hole_mm in holes:
        used[distance(px - hole_x[:, None], py - hole_y[:, None]) < hole_mm] = 0.0
    for _ in range(ROUNDS):
        design = _design(px - x[:, None], py - y[:, None], radius, table, reach, used)
        normal = _normal(design)
        solved = np.linalg.solve(normal, design @ values[:, :, None])[:, :, 0]
        contrast = solved[:, 3]
        step = solved[:, 4:] / np.where(np.abs(contrast) > 1e-6, contrast, 1e-6)[:, None]
        step = np.clip(step, -LARGEST_STEP_MM, LARGEST_STEP_MM)
        x, y, radius = x + step[:, 0], y + step[:, 1], radius + step[:, 2]
        if np.abs(step).max() < SETTLED_MM:
            break
    left = np.where(design[:, 0] > 0.0, values - (solved[:, None, :] @ design)[:, 0], 0.0)
    freedom = np.maximum(design[:, 0].sum(axis=1) - 7.0, 1.0)
    residual = np.sqrt(np.sum(left**2, axis=1) / freedom)
    inverse = np.linalg.inv(normal)
    u = residual * np.sqrt(0.5 * (inverse[:, 4, 4] + inverse[:, 5, 5])) / np.maximum(np.abs(contrast), 1e-6)
    return DiscCentres(x, y, radius, np.asarray(contrast, dtype=np.float64), residual, u)


def reach_of(radius_mm: float) -> float:
    """Distance from the centre, mm, to which a disc of that radius is fitted: nothing else may stand there."""
    return max(REACH * radius_mm, radius_mm + LEAST_MARGIN_MM)


def _crop(
    image: Image, pixel_mm: tuple[float, float], x: float, y: float, radius_mm: float
) -> tuple[NDArray[np.float32], Array, Array]:
    """Pixels of a square about the start, flat, with their mm positions."""
    reach = reach_of(radius_mm) + LARGEST_STEP_MM
    columns, rows = round(x / pixel_mm[1]), round(y / pixel_mm[0])
    rx, ry = int(reach / pixel_mm[1]) + 1, int(reach / pixel_mm[0]) + 1
    row = np.clip(np.arange(rows - ry, rows + ry + 1), 0, image.shape[0] - 1)
    column = np.clip(np.arange(columns - rx, columns + rx + 1), 0, image.shape[1] - 1)
    grid_y, grid_x = np.meshgrid(row * pixel_mm[0], column * pixel_mm[1], indexing="ij")
    return image[row[0] : row[-1] + 1, column[0] : column[-1] + 1].reshape(-1), grid_x.reshape(-1), grid_y.reshape(-1)


def _design(dx: Array, dy: Array, radius: Array, table: tuple[Array, Array, float], reach: float, used: Array) -> Array:
    """(n, 7, pixels) columns of the linearised model; pixels that are not used, or beyond reach, are zero in all."""
    r = distance(dx, dy)
    near = used * (r < reach)
    # The profile of a slightly larger disc is the nominal one, moved out.
    at = (r - radius[:, None] + table[2]) * KNOTS_PER_MM
    low = np.clip(at, 0.0, len(table[0]) - 2.0).astype(np.intp)
    share = np.clip(at - low, 0.0, 1.0)
    e, slope = (t.take(low) + share * np.diff(t).take(low) for t in table[:2])
    slope *= -near
    outwards = slope / np.maximum(r, 1e-6)
    design = np.empty((len(r), 7, r.shape[1]))
    design[:, 0], design[:, 6] = near, slope
    for k, (by, column) in enumerate(((near, dx), (near, dy), (near, e), (outwards, dx), (outwards, dy)), start=1):
        np.multiply(by, column, out=design[:, k])
    return design


def _table(radius_mm: float, blur_mm: float, reach: float) -> tuple[Array, Array, float]:
    """Profile and its slope on knots of r − R, and R: the offset that makes the first knot r = 0."""
    knots = np.arange(0.0, reach + 4.0 * LARGEST_STEP_MM, 1.0 / KNOTS_PER_MM)
    profile = disc_profile(knots, radius_mm, blur_mm)
    return profile, np.gradient(profile, knots), radius_mm


def _normal(design: Array) -> Array:
    normal = design @ design.transpose(0, 2, 1)
    ridge = 1e-12 * np.einsum("nkk->nk", normal)[:, :, None] + 1e-12
    return np.asarray(normal + ridge * np.eye(normal.shape[1]))
