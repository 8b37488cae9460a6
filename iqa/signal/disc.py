"""A blurred disc on a plane background: where it lies, how soft its edge is, how far it bleeds inwards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import chndtr, ndtr

from iqa.signal.plane import distance

Array = NDArray[np.float64]

ROUNDS = 12
"""Gauss-Newton rounds; a disc seen at all settles in five."""
SETTLED_MM = 1e-5
"""A step of centre and blur below this ends the fit."""
RADIAL_STEPS = 240
"""Points of the radial profile that is interpolated to the pixels: its error stays below 1e-4 of the contrast."""
REACH_STEP_MM = 1.0
"""To a multiple of which the profile reaches, so that discs of one size share it."""
EDGE_REACH = 9.0
"""Blurs from the edge beyond which a profile is 1 or 0 to the last digit; the closed form takes its time to say so."""
DERIVATIVE_MM = 1e-3
"""Step of the numerical derivatives of the profile."""
SMALLEST_BLUR_MM, LARGEST_BLUR_MM = 0.1, 3.0
"""Bounds of the edge blur: sharper than any CT image, softer than any in use."""
LARGEST_STEP_MM = 0.5
"""Bound of one round's step, so that a poor start does not run away."""


BLURS_MM = tuple(float(s) for s in np.geomspace(0.2, 2.0, 18))
"""Blurs that an edge is tried with: from half a 0.4 mm pixel to the softest cone-beam kernels, in steps of 15 %."""
WIDEST_HALF, HALF_SAMPLES = 1.0, 1001
"""Frequencies, in 1/blur, at which one half is sought: T is below 1e-8 at the end, whatever the overshoot."""


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge as a Gaussian blur and an overshoot, the weight of the blurred edge's derivative by the blur."""

    blur_mm: float
    """Standard deviation of the Gaussian."""
    overshoot_mm: float
    """0 without overshoot, negative with it."""

    @property
    def width_mm(self) -> float:
        """Standard deviation of the Gaussian blur whose transfer falls to one half at the same frequency."""
        f = np.linspace(0.0, WIDEST_HALF / self.blur_mm, HALF_SAMPLES)
        phase = 2.0 * (np.pi * self.blur_mm * f) ** 2
        transfer = np.exp(-phase) * (1.0 - 2.0 * phase * self.overshoot_mm / self.blur_mm)
        return float(np.sqrt(0.5 * np.log(2.0)) / (np.pi * f[np.flatnonzero(transfer < 0.5)[0]]))


@dataclass(frozen=True, eq=False)
class DiscFit:
    """A disc found by least squares.

    Attributes
    ----------
    x_mm, y_mm : float
        Centre, in the frame of the pixels given.
    blur_mm : float
        Standard deviation of the Gaussian edge blur.
    contrast_hu : float
        Disc minus background.
    residual_ms : float
        HU², mean square of what the model leaves, over all pixels.
    jacobian : (7, n) float
        The model's derivatives, for the share of correlated noise that the fit has swallowed.
    weights_x, weights_y : (n,) float, mm/HU
        The centre as a linear function of the pixels, for its uncertainty under correlated noise.
    """

    x_mm: float
    y_mm: float
    blur_mm: float
    contrast_hu: float
    residual_ms: float
    jacobian: Array
    weights_x: Array
    weights_y: Array


def disc_profile(r_mm: Array, radius_mm: float, blur_mm: float) -> Array:
    """Share, 0 to 1, of a disc of unit height blurred by a Gaussian, at distances r from its centre.

    Notes
    -----
    Exact: the non-central χ² distribution with two degrees of freedom at (R/s)², non-centrality (r/s)².
    """
    profile = np.less(r_mm, radius_mm).astype(np.float64)
    edge = np.abs(r_mm - radius_mm) < EDGE_REACH * blur_mm
    profile[edge] = chndtr((radius_mm / blur_mm) ** 2, 2.0, (r_mm[edge] / blur_mm) ** 2)
    return profile


def edge_bleed(radius_mm: float, edge: Edge, roi_radius_mm: float) -> float:
    """Share of a disc's contrast that its edge takes from (positive) or adds to the mean within a smaller radius.

    Notes
    -----
    For a straight edge, integrated inwards from the border of the region of interest.
    """
    depth = radius_mm - roi_radius_mm
    s, step = edge.blur_mm, DERIVATIVE_MM
    lost = _lost(depth, s) + edge.overshoot_mm * (_lost(depth, s + step) - _lost(depth, s)) / step
    return 2.0 / roi_radius_mm * lost


def _lost(depth_mm: float, blur_mm: float) -> float:
    """Integral, mm, of a Gaussian edge's tail beyond a depth."""
    k = depth_mm / blur_mm
    return float(blur_mm * (np.exp(-0.5 * k * k) / np.sqrt(2.0 * np.pi) - k * ndtr(-k)))


def fit_edge(pixels: tuple[Array, Array, Array], centre: tuple[float, float], radius_mm: float) -> Edge:
    """Blur and overshoot of a disc's edge, whose centre is known to a few tenths of a pixel.

    Parameters
    ----------
    pixels : ((n,), (n,), (n,)) float
        x and y in mm, and HU.
    centre : (float, float)
        mm.
    radius_mm : float
        Of the disc.

    Notes
    -----
    A kernel that lifts the middle frequencies has T(f) = (1 + b f²) exp(−2π² s² f²): its disc is the Gaussian one plus
    a share of that one's derivative by s. Without that share a single Gaussian takes the steep edge for a sharp one
    and misses how far the overshoot reaches. s is the best of a row of values; all else is linear.
    """
    x, y, hu = pixels
    reach = float(np.hypot(x - centre[0], y - centre[1]).max())
    best = Edge(BLURS_MM[0], 0.0)
    least = np.inf
    for blur in BLURS_MM:
        columns = _columns(x, y, centre, radius=radius_mm, blur=blur, reach=reach)
        solution = _solve(columns, hu)
        left = float(np.sum((hu - columns @ solution) ** 2))
        if left < least:
            least, best = left, Edge(blur, float(solution[6] / solution[3]))
    return best


def fit_disc(
    x_mm: Array, y_mm: Array, hu: Array, start: tuple[float, float], *, radius_mm: float, blur_mm: float
) -> DiscFit | None:
    """The disc of known radius that fits pixels best, or None where none settles near the start.

    Parameters
    ----------
    x_mm, y_mm, hu : (n,) float
        Pixels of the disc and enough of its surroundings.
    start : (float, float)
        Expected centre, mm.
    radius_mm : float
        Of the disc.
    blur_mm : float
        Edge blur to start from.

    Notes
    -----
    Free are centre, blur, contrast, background and its two slopes; unweighted least squares by Gauss-Newton.
    """
    x0, y0, blur = *start, blur_mm
    reach = float(np.hypot(x_mm - x0, y_mm - y0).max()) + LARGEST_STEP_MM
    for _ in range(ROUNDS):
        columns = _columns(x_mm, y_mm, (x0, y0), radius=radius_mm, blur=blur, reach=reach)
        height, linear = _heights(columns, hu)
        jacobian = np.column_stack([columns[:, :4], height * columns[:, 4:]])
        step = _solve(jacobian, hu - linear)[4:]
        dx, dy, ds = np.clip(step, -LARGEST_STEP_MM, LARGEST_STEP_MM)
        x0, y0, blur = x0 + dx, y0 + dy, float(np.clip(blur + ds, SMALLEST_BLUR_MM, LARGEST_BLUR_MM))
        if np.hypot(x0 - start[0], y0 - start[1]) > radius_mm + LARGEST_STEP_MM:
            return None
        if max(abs(dx), abs(dy), abs(ds)) < SETTLED_MM:
            return _result(jacobian, hu - linear, (x0, y0), blur, height)
    return None


def _columns(x: Array, y: Array, centre: tuple[float, float], *, radius: float, blur: float, reach: float) -> Array:
    """(n, 7): constant, two slopes, profile, and the profile's derivatives by x0, y0 and blur."""
    dx, dy = x - centre[0], y - centre[1]
    r = distance(dx, dy)
    knots, *tables = _radial(radius, blur, REACH_STEP_MM * float(np.ceil(max(reach, r.max()) / REACH_STEP_MM)))
    profile, by_r, by_blur = (np.interp(r, knots, table) for table in tables)
    away = np.maximum(r, DERIVATIVE_MM)
    return np.column_stack([np.ones_like(r), dx, dy, profile, -by_r * dx / away, -by_r * dy / away, by_blur])


@lru_cache(maxsize=256)
def _radial(radius_mm: float, blur_mm: float, reach_mm: float) -> tuple[Array, Array, Array, Array]:
    """Distances up to `reach_mm`, and there the disc's profile and its derivatives by them and by the blur."""
    knots = np.linspace(0.0, reach_mm, RADIAL_STEPS)
    here = disc_profile(knots, radius_mm, blur_mm)
    softer = disc_profile(knots, radius_mm, blur_mm + DERIVATIVE_MM)
    return knots, here, np.gradient(here, knots), (softer - here) / DERIVATIVE_MM


def _solve(columns: Array, values: Array) -> Array:
    """Least squares by normal equations: the few columns here are far from alike, and there are thousands of rows."""
    return np.asarray(np.linalg.solve(columns.T @ columns, columns.T @ values))


def _heights(columns: Array, hu: Array) -> tuple[float, Array]:
    """Contrast, and the best image with the present centre and blur."""
    solution = _solve(columns[:, :4], hu)
    return float(solution[3]), columns[:, :4] @ solution


def _result(jacobian: Array, residual: Array, centre: tuple[float, float], blur: float, height: float) -> DiscFit:
    inverse = np.linalg.solve(jacobian.T @ jacobian, jacobian.T)
    left = float(residual @ residual) / len(residual)
    return DiscFit(*centre, blur, height, left, jacobian.T, inverse[4], inverse[5])
