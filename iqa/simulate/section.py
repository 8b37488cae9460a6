"""The section profile: how much of each plane z a slice shows, with exact integrals for every form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

from iqa.errors import UsageError

Floats = NDArray[np.float64]
Form = Literal["rect", "gaussian", "triangle", "rect_gauss"]

FWHM_PER_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))
GAUSS_REACH = 5.0
"""Sigmas at which a Gaussian profile ends; 6e-7 of it lies beyond."""
BLUR_LIMIT = 0.4
"""Of the FWHM; at 0.425 nothing is left of the rect."""
MEASURE_CELLS = 64
"""Cells that stand for the profile when its Gauss nodes are made; the variance of a rect then errs by 2e-4."""
HAIR = 1e-9
"""Share of a profile below which nothing is seen of what it holds: differences of shares near 1 are no more exact."""
OVERLAP_POINTS = 4001
"""Samples over the profile for its autocorrelation; the error of a rect is one sample, 2.5e-4 of its width."""


def _phi(x: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi))


@dataclass(frozen=True)
class Section:
    """Section sensitivity profile of unit area, symmetric about the slice's plane.

    Attributes
    ----------
    form : {"rect", "gaussian", "triangle", "rect_gauss"}
        Ideal axial slice, Gaussian, ideal helical slice (360° interpolation at pitch 1), or a rect with rounded edges.
    fwhm_mm : float
        Full width at half maximum, exact for every form.
    blur_mm : float
        Standard deviation of the Gaussian that rounds the rect; used by "rect_gauss" only.
    """

    form: Form
    fwhm_mm: float
    blur_mm: float = 0.0

    def __post_init__(self) -> None:
        if self.form == "rect_gauss" and not 0.0 < self.blur_mm < BLUR_LIMIT * self.fwhm_mm:
            raise UsageError(
                f"a rect_gauss section of {self.fwhm_mm:g} mm needs edges of more than 0 and less than "
                f"{BLUR_LIMIT * self.fwhm_mm:.3g} mm (SD), found {self.blur_mm:g} mm; a wider one is a gaussian"
            )

    @cached_property
    def core_mm(self) -> float:
        """Width of the rect inside a rect_gauss, from its FWHM; the FWHM itself for the other forms."""
        if self.form != "rect_gauss":
            return self.fwhm_mm

        def excess(core: float) -> float:
            edge = np.array([0.0, 0.5 * self.fwhm_mm])
            top, half = ndtr((edge + core / 2) / self.blur_mm) - ndtr((edge - core / 2) / self.blur_mm)
            return float(half / top - 0.5)

        return float(brentq(excess, 1e-3 * self.fwhm_mm, 2.0 * self.fwhm_mm))

    @cached_property
    def half_mm(self) -> float:
        """Distance from the plane beyond which the profile is zero (Gaussian tails below 1e-6 are dropped)."""
        tails = {
            "rect": 0.5 * self.fwhm_mm,
            "triangle": self.fwhm_mm,
            "gaussian": GAUSS_REACH * self.fwhm_mm / FWHM_PER_SIGMA,
            "rect_gauss": 0.5 * self.core_mm + GAUSS_REACH * self.blur_mm,
        }
        return float(tails[self.form])

    def density(self, z_mm: Floats) -> Floats:
        """Profile at distances z from the plane, 1/mm."""
        z, w = np.abs(z_mm), self.core_mm
        if self.form == "rect":
            return np.asarray((z <= w / 2) / w)
        if self.form == "triangle":
            return np.asarray(np.maximum(1.0 - z / w, 0.0) / w)
        if self.form == "gaussian":
            return np.asarray(_phi(z * FWHM_PER_SIGMA / w) * FWHM_PER_SIGMA / w)
        return np.asarray((ndtr((z + w / 2) / self.blur_mm) - ndtr((z - w / 2) / self.blur_mm)) / w)

    def share_below(self, z_mm: Floats | float) -> Floats:
        """Share of the profile below z: 0 far below the plane, 0.5 on it, 1 far above."""
        z, w = np.asarray(z_mm, dtype=np.float64), self.core_mm
        if self.form == "rect":
            return np.clip(z / w + 0.5, 0.0, 1.0)
        if self.form == "triangle":
            t = np.clip(z / w, -1.0, 1.0)
            return np.asarray(0.5 + t - 0.5 * t * np.abs(t))
        if self.form == "gaussian":
            return np.asarray(ndtr(z * FWHM_PER_SIGMA / w))
        g = self.blur_mm

        def ramp(t: Floats) -> Floats:
            return np.asarray(t * ndtr(t / g) + g * _phi(t / g))

        return np.asarray((ramp(z + w / 2) - ramp(z - w / 2)) / w)

    def share(self, low_mm: Floats | float, high_mm: Floats | float) -> Floats:
        """Share of the profile between two distances from the plane."""
        return np.asarray(self.share_below(high_mm) - self.share_below(low_mm))

    def width(self, level: float) -> float:
        """Full width where the profile has fallen to `level` of its maximum, mm."""
        z = np.linspace(0.0, self.half_mm, OVERLAP_POINTS)
        profile = self.density(z) / self.density(np.zeros(1))[0]
        return float(2.0 * z[profile >= level][-1]) if self.form == "rect" else _crossing(z, profile, level)

    def overlap(self, step_mm: Floats) -> Floats:
        """Correlation of the noise of two slices `step_mm` apart: the profile's autocorrelation, 1 at 0."""
        z = np.linspace(-self.half_mm, self.half_mm, OVERLAP_POINTS)
        here = self.density(z)
        there = np.array([here @ self.density(z + step) for step in np.atleast_1d(step_mm)])
        return np.asarray(there / (here @ here))

    def nodes(self, low_mm: float, high_mm: float, count: int) -> tuple[Floats, Floats]:
        """Gauss nodes of the part of the profile between two distances, and weights that add up to 1.

        A polynomial of degree 2·count − 1 in z is averaged exactly (Stieltjes' recurrence and Golub & Welsch, Math Comp
        1969;23:221), so a feature that moves less than its blur inside a slice needs three of them.
        """
        low, high = max(low_mm, -self.half_mm), min(high_mm, self.half_mm)
        # most slices lie wholly inside a feature, and then all ask for the same nodes
        if high - low >= 2.0 * self.half_mm:
            return self._whole(count)
        if count == 1 or high <= low:
            return np.array([np.clip(0.5 * (low + high), -self.half_mm, self.half_mm)]), np.ones(1)
        return self._measured(low, high, count)

    def _whole(self, count: int) -> tuple[Floats, Floats]:
        """Nodes of the whole profile, made once for each count."""
        if count not in self._nodes:
            self._nodes[count] = self._measured(-self.half_mm, self.half_mm, count)
        return self._nodes[count]

    @cached_property
    def _nodes(self) -> dict[int, tuple[Floats, Floats]]:
        return {}

    def _measured(self, low: float, high: float, count: int) -> tuple[Floats, Floats]:
        cells = np.linspace(low, high, MEASURE_CELLS + 1)
        mass = np.maximum(np.diff(self.share_below(cells)), 0.0)
        if (
            np.count_nonzero(mass) < count or mass.sum() < HAIR
        ):  # the last hair of a wing: nothing is seen of what it holds
            return np.array([0.5 * (low + high)]), np.ones(1)
        return _gauss(0.5 * (cells[1:] + cells[:-1]), mass / mass.sum(), count)


def _crossing(z: Floats, profile: Floats, level: float) -> float:
    last = int(np.flatnonzero(profile >= level)[-1])
    a, b = profile[last], profile[last + 1]
    return float(2.0 * (z[last] + (a - level) / (a - b) * (z[1] - z[0])))


def _gauss(z: Floats, mass: Floats, count: int) -> tuple[Floats, Floats]:
    """Gauss nodes and weights of the discrete measure `mass` at `z`."""
    alpha, beta = np.zeros(count), np.zeros(count)
    before, now, norm = np.zeros_like(z), np.ones_like(z), 1.0
    for k in range(count):
        alpha[k] = (mass * now * now) @ z / norm
        before, now = now, (z - alpha[k]) * now - beta[k] * before
        following = float(mass @ (now * now))
        if k + 1 < count:
            beta[k + 1] = following / norm
        norm = following
    off = np.sqrt(beta[1:])
    places, vectors = np.linalg.eigh(np.diag(alpha) + np.diag(off, 1) + np.diag(off, -1))
    return places, vectors[0] ** 2
