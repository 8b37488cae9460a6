"""Shapes that a section sensitivity profile (SSP) can have: rectangles and Gaussians convolved, in closed form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

FloatArray = NDArray[np.float64]
Width = float | FloatArray

NARROW = 1e-3
"""Least width of a rectangle, as a part of the FWHM: stands for 0 in the closed form; changes the FWHM by < 1e-6."""

STEEP = 0.05
"""Second width and blur, as parts of the FWHM, below which flanks count as vertical."""

HALVINGS = 60
"""Halvings of the range in which the half maximum lies: to the last digit."""

ROUNDED = (0.2, 0.4, 0.1, 0.15, 0.25, 0.3, 0.55, 0.8)
"""Sigmas, in widths of a rectangle, of Gaussians that round it; a first look tries the first two alone."""

SLOPED = (0.3, 0.45, 0.6, 0.75, 0.9)
"""Widths of the second rectangle of trapezoids, in those of the first."""

PEAKED = (0.2, 0.4, 0.7)
"""Sigmas, in widths of its rectangles, of Gaussians that blunt a triangle."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An SSP of unit FWHM: rectangle ⊗ rectangle ⊗ Gaussian; the numbers are widths (Gaussian: sigma) per FWHM."""

    first: float
    second: float
    gauss: float
    prior: float
    """Weight before the data are seen."""

    @property
    def flank(self) -> float:
        """Standard deviation per FWHM of all that softens its flanks: the second rectangle and the Gaussian."""
        return math.hypot(self.second / math.sqrt(12.0), self.gauss)

    @property
    def steep(self) -> bool:
        """Its flanks count as vertical."""
        return max(self.second, self.gauss) < STEEP

    def at(self, z_mm: FloatArray, width_mm: Width) -> FloatArray:
        """Profile of that FWHM at `z_mm`, of height 1 at its middle."""
        parts = self.first * width_mm, self.second * width_mm, self.gauss * width_mm
        return np.asarray(ssp(z_mm, *parts) / ssp(np.zeros_like(z_mm), *parts))


def ssp(z_mm: FloatArray, first_mm: Width, second_mm: Width, sigma_mm: Width) -> FloatArray:
    """SSP at `z_mm`: two rectangles convolved with a Gaussian, of unit area.

    Parameters
    ----------
    z_mm : any shape, mm from the middle of the section
    first_mm, second_mm : widths of the rectangles, mm, above 0
    sigma_mm : standard deviation of the Gaussian, mm, above 0

    Returns
    -------
    Same shape as `z_mm`, 1/mm.

    Notes
    -----
    With F(z) = z Φ(z/σ) + σ φ(z/σ), the second integral of the Gaussian, the profile is
    [F(z+a) − F(z+b) − F(z−b) + F(z−a)] / (t₁ t₂), a = (t₁+t₂)/2, b = (t₁−t₂)/2.
    """
    a, b = 0.5 * (first_mm + second_mm), 0.5 * (first_mm - second_mm)
    outer = _second_integral(z_mm + a, sigma_mm) + _second_integral(z_mm - a, sigma_mm)
    total = outer - _second_integral(z_mm + b, sigma_mm) - _second_integral(z_mm - b, sigma_mm)
    return np.asarray(total / (first_mm * second_mm))


def _second_integral(z: FloatArray, sigma: Width) -> FloatArray:
    u = z / sigma
    return np.asarray(z * ndtr(u) + sigma / np.sqrt(2.0 * np.pi) * np.exp(-0.5 * u * u))


def parts_of(drawn: Sequence[Shape]) -> FloatArray:
    """(3, k) widths of the shapes' two rectangles and sigmas of their Gaussians, per FWHM."""
    return np.array([(s.first, s.second, s.gauss) for s in drawn]).reshape(-1, 3).T


def derivatives(
    z_mm: FloatArray, parts: FloatArray, width_mm: Width, sigma_mm: Width, overshoot_mm2: Width = 0.0
) -> FloatArray:
    """SSP of unit area whose Gaussian part is sigma wide, and its derivatives by z and by the width, in closed form.

    Parameters
    ----------
    z_mm : (..., n), mm from the middle of the section
    parts : (3, ..., 1)
        As `parts_of` gives them, of one shape or of one for each profile.
    width_mm : a number or (..., 1), mm
        FWHM of the shape before it is blurred.
    sigma_mm : as `width_mm`, mm
        Of the Gaussian part, blur included; where the shape has a Gaussian, that moves with the width.
    overshoot_mm2 : as `width_mm`, mm²
        A blur with overshoot is its Gaussian and so much of that one's second derivative: negative; 0 without.

    Returns
    -------
    (3, ..., n), 1/mm, 1/mm² and 1/mm².
    """
    first, second, gauss = parts
    outer, inner = 0.5 * (first + second), 0.5 * (first - second)
    u = (z_mm + np.stack([outer, -inner, inner, -outer]) * width_mm) / sigma_mm
    step, bell = ndtr(u), np.exp(-0.5 * u * u) / np.sqrt(2.0 * np.pi)

    def by_width(ends: FloatArray) -> FloatArray:
        return np.asarray(outer * (ends[0] - ends[3]) + inner * (ends[1] - ends[2]))

    bells, profile = _over_ends(bell), sigma_mm * _over_ends(u * step + bell)
    sigma_by_w = gauss**2 * width_mm / sigma_mm
    drawn = np.stack([profile, _over_ends(step), by_width(step) + bells * sigma_by_w - 2.0 * profile / width_mm])
    if np.any(overshoot_mm2):
        fall = -u * bell
        bent, falls = bells / sigma_mm, _over_ends(u * fall)
        bent_by_w = (by_width(fall) - (falls + bells) * sigma_by_w) / sigma_mm**2 - 2.0 * bent / width_mm
        drawn += overshoot_mm2 * np.stack([bent, _over_ends(fall) / sigma_mm**2, bent_by_w])
    return np.asarray(drawn / (first * second * width_mm**2))


def _over_ends(values: FloatArray) -> FloatArray:
    """(..., n) sums of (4, ..., n) values at the four ends of the rectangles, with their signs."""
    return np.asarray(values[0] - values[1] - values[2] + values[3])


def full_widths(first_mm: FloatArray, second_mm: FloatArray, sigma_mm: FloatArray, level: float) -> FloatArray:
    """Full widths of `ssp` at a share of the maximum, of many at once, by halving: its flank falls without a turn."""
    near, far = np.zeros_like(first_mm), first_mm + second_mm + 4.0 * sigma_mm
    wanted = level * ssp(near, first_mm, second_mm, sigma_mm)
    for _ in range(HALVINGS):
        middle = 0.5 * (near + far)
        inside = ssp(middle, first_mm, second_mm, sigma_mm) > wanted
        near, far = np.where(inside, middle, near), np.where(inside, far, middle)
    return near + far


def tenths(drawn: Sequence[Shape]) -> FloatArray:
    """(k,) full widths of the shapes at a tenth of the maximum, per FWHM."""
    first, second, gauss = parts_of(drawn)
    return full_widths(first, second, gauss, 0.1)


def softened(drawn: Sequence[Shape], sigma: FloatArray) -> tuple[Shape, ...]:
    """The shapes with flanks at least so soft, (k,) per FWHM, and of unit FWHM again."""
    first, second, gauss = parts_of(drawn)
    return _of_unit(np.stack([first, second, np.maximum(gauss, sigma)]), [s.prior for s in drawn])


def _of_unit(parts: FloatArray, priors: Sequence[float]) -> tuple[Shape, ...]:
    """Shapes of unit FWHM from (3, k) widths of their two rectangles and sigmas, in any unit."""
    unit = (parts / full_widths(parts[0], parts[1], parts[2], 0.5)).T.tolist()
    return tuple(Shape(a, b, gauss, prior) for (a, b, gauss), prior in zip(unit, priors, strict=True))


@cache
def shapes() -> tuple[Shape, ...]:
    """The table of SSP shapes of unit FWHM: rectangle, triangle and Gaussian, and what lies between them.

    Notes
    -----
    Three paths: rectangle ⊗ Gaussian from the one to the other (focal spot and detector aperture), trapezoids from
    rectangle to triangle (helical interpolation), triangle ⊗ Gaussian. The prior weight of each path, spread evenly
    over its nodes: what decides in sections too thin to show their shape. Sharp collimation comes first, since every
    other shape reads a rectangle of 0.6 mm 10 to 30 % too narrow. The other two plain forms weigh alike, and more than
    what lies between: they are ends of paths, and a mean with their neighbours errs to one side (of a triangle of 2.5
    mm by 3.5 % with a fifth of that weight).
    """
    paths = (
        (0.55, [(1.0, NARROW, NARROW)]),
        (0.15, [(1.0, 1.0, NARROW)]),
        (0.15, [(NARROW, NARROW, 1.0)]),
        (0.08, [(1.0, NARROW, g) for g in ROUNDED]),
        (0.04, [(1.0, q, NARROW) for q in SLOPED]),
        (0.03, [(1.0, 1.0, g) for g in PEAKED]),
    )
    priors = [weight / len(nodes) for weight, nodes in paths for _ in nodes]
    return _of_unit(np.array([node for _, nodes in paths for node in nodes]).T, priors)


Paths = tuple[tuple[Shape, ...], ...]
"""Shapes in the order in which each runs into the next."""


@cache
def paths() -> Paths:
    """The shapes along each of the three paths, from one of the plain forms to another."""
    table = iter(shapes())
    rectangle, triangle, gaussian = islice(table, 3)
    rounded = sorted(islice(table, len(ROUNDED)), key=lambda s: s.gauss)
    sloped = sorted(islice(table, len(SLOPED)), key=lambda s: s.second / s.first)
    peaked = sorted(islice(table, len(PEAKED)), key=lambda s: s.gauss)
    return (
        (rectangle, *rounded, gaussian),
        (rectangle, *sloped, triangle),
        (triangle, *peaked, gaussian),
    )


def between(one: Shape, other: Shape) -> Shape:
    """The shape half way from one to the other, of half the smaller prior weight."""
    parts = 0.5 * np.array([[one.first + other.first], [one.second + other.second], [one.gauss + other.gauss]])
    return _of_unit(parts, [0.5 * min(one.prior, other.prior)])[0]


def finer(along: Paths, shape: Shape) -> Paths:
    """The paths with the shapes half way from one of them to its neighbours."""
    return tuple(_finer(path, path.index(shape)) if shape in path else path for path in along)


def _finer(path: tuple[Shape, ...], at: int) -> tuple[Shape, ...]:
    before = (between(path[at - 1], path[at]),) if at > 0 else ()
    after = (between(path[at], path[at + 1]),) if at + 1 < len(path) else ()
    return (*path[:at], *before, path[at], *after, *path[at + 1 :])
