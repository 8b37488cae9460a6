"""Shapes that a section sensitivity profile (SSP) can have: rectangles and Gaussians convolved, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

FloatArray = NDArray[np.float64]
Width = float | FloatArray

NARROW = 1e-3
"""Least width of a rectangle, as a part of the FWHM: stands for 0 in the closed form; changes the FWHM by < 1e-6."""

HALVINGS = 60
"""Halvings of the range in which the half maximum lies: to the last digit."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An SSP of unit FWHM: rectangle ⊗ rectangle ⊗ Gaussian; the numbers are widths (Gaussian: sigma) per FWHM."""

    first: float
    second: float
    gauss: float
    prior: float
    """Weight before the data are seen."""


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


def fwhm(first_mm: float, second_mm: float, sigma_mm: float) -> float:
    """Full width at half maximum, mm, of `ssp` with these parameters."""
    return float(_fwhms(np.array([first_mm]), np.array([second_mm]), np.array([sigma_mm]))[0])


def _fwhms(first_mm: FloatArray, second_mm: FloatArray, sigma_mm: FloatArray) -> FloatArray:
    """The same for many at once, by halving: a section's flank falls without a turn."""
    near, far = np.zeros_like(first_mm), first_mm + second_mm + 4.0 * sigma_mm
    half = 0.5 * ssp(near, first_mm, second_mm, sigma_mm)
    for _ in range(HALVINGS):
        middle = 0.5 * (near + far)
        inside = ssp(middle, first_mm, second_mm, sigma_mm) > half
        near, far = np.where(inside, middle, near), np.where(inside, far, middle)
    return near + far


@cache
def shapes() -> tuple[Shape, ...]:
    """The table of SSP shapes of unit FWHM: rectangle, triangle and Gaussian, and what lies between them.

    Notes
    -----
    Three paths: rectangle ⊗ Gaussian from the one to the other (focal spot and detector aperture), trapezoids from
    rectangle to triangle (helical interpolation), triangle ⊗ Gaussian. The prior weight of each path, spread evenly
    over its nodes: what decides in sections too thin to show their shape. Sharp collimation comes first, since every
    other shape reads a rectangle of 0.6 mm 10 to 30 % too narrow; a pure triangle, of old single-row helices, last.
    """
    paths = (
        (0.50, [(1.0, NARROW, NARROW)]),
        (0.03, [(1.0, 1.0, NARROW)]),
        (0.20, [(NARROW, NARROW, 1.0)]),
        (0.15, [(1.0, NARROW, g) for g in (0.2, 0.4, 0.1, 0.15, 0.25, 0.3, 0.55, 0.8)]),
        (0.09, [(1.0, q, NARROW) for q in (0.3, 0.45, 0.6, 0.75, 0.9)]),
        (0.03, [(1.0, 1.0, g) for g in (0.2, 0.4, 0.7)]),
    )
    priors = [weight / len(nodes) for weight, nodes in paths for _ in nodes]
    widths = np.array([node for _, nodes in paths for node in nodes]).T
    unit = (widths / _fwhms(*widths)).T.tolist()
    return tuple(Shape(a, b, gauss, prior) for (a, b, gauss), prior in zip(unit, priors, strict=True))
