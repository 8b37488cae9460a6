"""A faint disc in noise: its contrast as one weighted sum of pixels, and where it lies.

The weights are the mean over a disc inside it, minus the plane through the base material on either side, read at its
centre. So contrast, its noise, and the share that the edge's blur leaves of it all follow from one field.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from iqa.signal.disc import DERIVATIVE_MM, Edge, disc_profile
from iqa.signal.noise import Mask
from iqa.signal.plane import distance

Array = NDArray[np.float64]

RADIAL_STEP_MM = 0.05
"""Of the profile that is interpolated to the pixels: its error stays below 1e-3 of the contrast."""
RADIAL_NODES = 200
"""Of the mean over a disc."""
PROFILE_BLURS = 6.0
"""Edge blurs beyond a disc's edge where its profile is 0 to the last digit that counts."""
FEWEST_PIXELS = 12
"""Of base material on either side of a disc, for a plane through both."""


@dataclass(frozen=True, eq=False)
class Shape:
    """A disc of unit height as an edge's blur and overshoot leave it: its profile over the distance from its centre."""

    radius_mm: float
    r_mm: Array
    height: Array

    @classmethod
    def of(cls, radius_mm: float, edge: Edge) -> Shape:
        """The disc of a radius behind an edge."""
        r = np.arange(0.0, radius_mm + PROFILE_BLURS * edge.blur_mm + RADIAL_STEP_MM, RADIAL_STEP_MM)
        here = disc_profile(r, radius_mm, edge.blur_mm)
        more = disc_profile(r, radius_mm, edge.blur_mm + DERIVATIVE_MM)
        return cls(radius_mm, r, here + edge.overshoot_mm * (more - here) / DERIVATIVE_MM)

    def at(self, r_mm: Array) -> Array:
        """Height at distances."""
        return np.interp(r_mm, self.r_mm, self.height, right=0.0)

    def slope(self, r_mm: Array) -> Array:
        """Its derivative, 1/mm."""
        return np.interp(r_mm, self.r_mm, self._steepness, right=0.0)

    @cached_property
    def _steepness(self) -> Array:
        return np.asarray(np.gradient(self.height, RADIAL_STEP_MM))

    @property
    def kept(self) -> float:
        """Mean height within the radius: what a mean over the disc keeps of its contrast."""
        r = np.asarray((np.arange(RADIAL_NODES) + 0.5) * (self.radius_mm / RADIAL_NODES))
        return float(self.at(r) @ r / r.sum())


@dataclass(frozen=True, eq=False)
class About:
    """Pixels about a disc's centre: on the image, and along and across the circle on which it stands.

    Attributes
    ----------
    x_mm, y_mm : (rows, columns) float
    along_mm, across_mm : (rows, columns) float
        Along the circle, and outwards.
    """

    x_mm: Array
    y_mm: Array
    along_mm: Array
    across_mm: Array

    @cached_property
    def r_mm(self) -> Array:
        """(rows, columns) distances from the centre."""
        return distance(self.x_mm, self.y_mm)


@dataclass(frozen=True, eq=False)
class Difference:
    """The weighted sum that is a disc's contrast.

    Attributes
    ----------
    weights : (rows, columns) float
        Of sum 0; a plane gives 0.
    base : (rows, columns) bool
        Pixels of base material.
    columns : (3, n) float
        The plane at these pixels: 1, along, across.
    """

    weights: Array
    base: Mask
    columns: Array


def difference(about: About, radius_mm: float, base: Mask, side: int) -> Difference | None:
    """Mean within a radius minus the plane of the base material there; None where either has too few pixels.

    Parameters
    ----------
    base
        Pixels of base material that may be used.
    side
        Pixels used on either side, the nearest ones.
    """
    disc = about.r_mm <= radius_mm
    ahead, behind = (_nearest(way * about.along_mm, base, side) for way in (1.0, -1.0))
    if not disc.any() or min(np.count_nonzero(ahead), np.count_nonzero(behind)) < FEWEST_PIXELS:
        return None
    used = ahead | behind
    columns = np.stack([np.ones(np.count_nonzero(used)), about.along_mm[used], about.across_mm[used]])
    inside = np.array([1.0, about.along_mm[disc].mean(), about.across_mm[disc].mean()])
    weights = disc / np.count_nonzero(disc)
    weights[used] -= np.linalg.solve(columns @ columns.T, inside) @ columns
    return Difference(weights, used, columns)


def _nearest(along_mm: Array, base: Mask, count: int) -> Mask:
    """Of the base material ahead, as many pixels as asked, the nearest ones."""
    ahead = base & (along_mm > 0.0)
    distances = along_mm[ahead]
    if len(distances) <= count:
        return np.asarray(ahead)
    return np.asarray(ahead & (along_mm <= np.partition(distances, count - 1)[count - 1]))


@dataclass(frozen=True, eq=False)
class Displaced:
    """A disc's contrast, HU, and contrast times displacement, HU mm, as its pixels show them.

    `weights_x` is the field of which that along x is the weighted sum: its noise.
    """

    contrast: float
    x: float
    y: float
    weights_x: Array


def displaced(hu: Array, about: About, shape: Shape, used: Mask) -> Displaced:
    """How far a faint disc lies from where it is expected, by least squares over its own pixels and those round it.

    Parameters
    ----------
    hu : (rows, columns) float
        Mean of the slices.
    used : (rows, columns) bool
        Pixels that show the disc and its plain surroundings.

    Notes
    -----
    Linear: a constant, two slopes, the blurred disc and its derivatives by the centre. The derivative's factor is
    contrast times displacement, right to first order in the displacement.
    """
    r, x, y = about.r_mm[used], about.x_mm[used], about.y_mm[used]
    steep = shape.slope(r) / np.maximum(r, RADIAL_STEP_MM)
    rows = np.stack([np.ones_like(r), x, y, shape.at(r), -steep * x, -steep * y])
    inverse = np.linalg.solve(rows @ rows.T, rows)
    _, _, _, contrast, along_x, along_y = (inverse @ hu[used]).tolist()
    field = np.zeros(hu.shape)
    field[used] = inverse[4]
    return Displaced(contrast, along_x, along_y, field)
