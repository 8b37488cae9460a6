"""The in-plane point spread as a sum of round Gaussians: every shape drawn with it has a closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq
from scipy.special import ive, ndtr

from iqa.errors import UsageError

Floats = NDArray[np.float64]
Kernel = Literal["soft", "hann", "sharp"]
Mtf = float | Kernel | tuple[tuple[float, float], ...]
"""Gaussian SD in mm, a named kernel, or (1/mm, transfer) samples of a measured curve."""

SOFT_SIGMA_MM = 0.4685
"""Gaussian of the kernel "soft": f50 = 0.400, f10 = 0.729 /mm."""
NAMED_LIMIT_PER_MM = 2.0
"""Beyond it the named kernels pass nothing (below 1e-6)."""
FIT_TERMS = 24
FIT_RANGE = (0.65, 10.0)
"""Widths of the fitted Gaussians against that of a Gaussian with the curve's own f50. These 24 draw discs of "hann" and
"sharp" to 7e-5 of their contrast; 20 terms lose a factor of two, a range up to 20 makes every patch twice as large."""
FIT_SAMPLES = 1201
FIT_REACH = 8.0
"""The curve is fitted up to this multiple of f50; beyond, both are nil."""
FIT_KNEE = 0.1
"""Weight of the misfit is 1/(f/f50 + knee), the spectrum of an edge."""
FIT_RIDGE = 1e-9
"""Holds the weights below 2e4, so that their sums lose 1e-11 in double precision."""
FIT_LIMIT = 0.01
"""A curve that the sum misses by more (one with a jump) is refused: edges would be off by 1e-3 and more."""
RADIUS_DIGITS = 9
"""Radii in mm that agree to so many decimals share a table."""
EDGE_LOST = 1e-5
"""The reach of a blur ends where an edge is within this share of its contrast."""
TABLE_STEP = 1.0 / 60.0
"""Step of an edge table against the blur's width; linear interpolation then errs by 1.5e-5 of the contrast."""


@dataclass(frozen=True)
class Blur:
    """A round point spread of unit volume: Σ weight · Gaussian(sigma).

    Attributes
    ----------
    sigma_mm, weight : tuples of floats
        Width and share of each Gaussian; shares may be negative and add up to 1.
    """

    sigma_mm: tuple[float, ...]
    weight: tuple[float, ...]

    def transfer(self, f: Floats) -> Floats:
        """Modulation transfer at spatial frequencies f (1/mm); 1 at 0."""
        s = np.asarray(self.sigma_mm)
        return np.asarray(np.exp(-2.0 * (np.pi * s * np.asarray(f)[..., None]) ** 2) @ np.asarray(self.weight))

    def frequency(self, level: float) -> float:
        """First frequency (1/mm) at which the transfer has fallen to `level`."""
        return _falls_to(np.linspace(0.0, 4.0 / min(self.sigma_mm), 2001), self.transfer, level)

    @cached_property
    def width_mm(self) -> float:
        """SD of the Gaussian that has the same f50: the size of the finest thing that can be seen."""
        return float(np.sqrt(np.log(2.0) / 2.0) / (np.pi * self.frequency(0.5)))

    @cached_property
    def reach_mm(self) -> float:
        """Distance from an edge beyond which it changes the image by less than 1e-5 of its contrast."""
        x = np.linspace(0.0, 8.0 * max(self.sigma_mm), 4001)
        tail = np.abs(self.edge(-x))
        return float(x[np.flatnonzero(tail > EDGE_LOST)[-1] + 1])

    def edge(self, x_mm: Floats) -> Floats:
        """Image of a straight unit step at distance x inside of it: 0 outside, 1 deep inside."""
        s, w = np.asarray(self.sigma_mm), np.asarray(self.weight)
        return np.asarray(ndtr(np.asarray(x_mm)[..., None] / s) @ w)


@dataclass(frozen=True, eq=False)
class Disc:
    """Radial image of a blurred unit disc, tabulated around its edge.

    Attributes
    ----------
    radius_mm : float
    start_mm, step_mm : float
        First radius of the table and its step; 1 inside of it, 0 outside.
    table : (n,) float
    """

    radius_mm: float
    start_mm: float
    step_mm: float
    table: Floats

    def at(self, r_mm: Floats) -> Floats:
        """Share of the contrast at distances r from the centre."""
        place = np.clip((r_mm - self.start_mm) / self.step_mm, 0.0, len(self.table) - 1.001)
        whole = place.astype(np.intp)
        low = self.table[whole]
        return np.asarray(low + (place - whole) * (self.table[whole + 1] - low))


def disc(radius_mm: float, blur: Blur) -> Disc:
    """Blurred unit disc of a radius.

    Notes
    -----
    The slope of a Gaussian-blurred disc is −(R/s²) exp(−(r−R)²/2s²) I₁ₑ(rR/s²) (derivative of the noncentral χ² form,
    facts on edges in Richard et al., Med Phys 2012;39:4115); it is summed inwards by the trapezoid rule.
    """
    step = TABLE_STEP * blur.width_mm
    start = max(radius_mm - blur.reach_mm, 0.0)
    r = start + step * np.arange(int(np.ceil((radius_mm + blur.reach_mm - start) / step)) + 2)
    slope = np.zeros_like(r)
    for s, w in zip(blur.sigma_mm, blur.weight, strict=True):
        slope += w * radius_mm / s**2 * np.exp(-0.5 * ((r - radius_mm) / s) ** 2) * ive(1, r * radius_mm / s**2)
    # from outside, where the disc is nil, so that no constant is left over
    inward = np.cumsum(0.5 * (slope[1:] + slope[:-1])[::-1])[::-1] * step
    return Disc(radius_mm, start, step, np.append(inward, 0.0))


@dataclass(frozen=True, eq=False)
class Discs:
    """Discs of one blur, each radius made once."""

    blur: Blur
    made: dict[float, Disc] = field(default_factory=dict)

    def of(self, radius_mm: float) -> Disc:
        """The blurred unit disc of a radius."""
        radius = round(radius_mm, RADIUS_DIGITS)
        if radius not in self.made:
            self.made[radius] = disc(radius, self.blur)
        return self.made[radius]


def blur_of(mtf: Mtf) -> Blur:
    """Point spread of a Gaussian of `mtf` mm, of a named kernel, or of a sampled transfer curve.

    Raises
    ------
    UsageError
        The SD is not positive; the curve does not begin at (0, 1), never falls to one half, or jumps and cannot be
        drawn.

    Notes
    -----
    "hann" is Hann(1/mm) · sinc²(0.4 f), "sharp" is (1 + 6 f²) exp(−(f/0.5)^2.2). What is drawn, and what the truth
    states, is the fitted sum itself.
    """
    if isinstance(mtf, (int, float)):
        if mtf <= 0.0:
            raise UsageError(f"the SD of a Gaussian blur must be positive, found {mtf:g} mm")
        return Blur((float(mtf),), (1.0,))
    if mtf == "soft":
        return Blur((SOFT_SIGMA_MM,), (1.0,))
    if isinstance(mtf, str):
        return _fitted({"hann": _hann, "sharp": _sharp}[mtf], NAMED_LIMIT_PER_MM)
    f, t = np.asarray(mtf, dtype=np.float64).T
    if f[0] != 0.0 or abs(t[0] - 1.0) > 1e-6 or np.any(np.diff(f) <= 0.0) or t.min() > 0.5:
        raise UsageError(
            f"the MTF must begin at (0, 1), rise in frequency and fall below 0.5; found ({f[0]:g}, {t[0]:g}) to "
            f"({f[-1]:g}, {t[-1]:g})"
        )
    smooth = PchipInterpolator(f, t)
    return _fitted(lambda x: np.where(x <= f[-1], smooth(np.minimum(x, f[-1])), 0.0), float(f[-1]))


def _hann(f: Floats) -> Floats:
    return np.asarray(np.where(f < 1.0, 0.5 + 0.5 * np.cos(np.pi * f), 0.0) * np.sinc(0.4 * f) ** 2)


def _sharp(f: Floats) -> Floats:
    return np.asarray((1.0 + 6.0 * f**2) * np.exp(-((f / 0.5) ** 2.2)))


def _falls_to(f: Floats, curve: Callable[[Floats], Floats], level: float) -> float:
    first = int(np.flatnonzero(curve(f) < level)[0])
    return float(brentq(lambda x: float(curve(np.array([x]))[0]) - level, f[first - 1], f[first]))


def _fitted(curve: Callable[[Floats], Floats], limit_per_mm: float) -> Blur:
    """Sum of Gaussians nearest to a transfer curve, weighted by the spectrum of an edge."""
    f50 = _falls_to(np.linspace(0.0, limit_per_mm, FIT_SAMPLES), curve, 0.5)
    f = np.linspace(0.0, FIT_REACH * f50, FIT_SAMPLES)
    sigma = np.geomspace(*FIT_RANGE, FIT_TERMS) * np.sqrt(np.log(2.0) / 2.0) / (np.pi * f50)
    basis, wanted = np.exp(-2.0 * (np.pi * sigma * f[:, None]) ** 2), curve(f)
    trust = 1.0 / (1.0 + f / (f50 * FIT_KNEE))
    rows = np.vstack([basis * trust[:, None], FIT_RIDGE * np.eye(FIT_TERMS)])
    weight = np.linalg.lstsq(rows, np.append(wanted * trust, np.zeros(FIT_TERMS)), rcond=None)[0]
    # a curve with a jump rings however many Gaussians stand for it
    miss = float(np.abs(basis @ weight - wanted).max())
    if miss > FIT_LIMIT:
        raise UsageError(
            f"the MTF cannot be drawn: a smooth curve misses it by {miss:.3f}, at most {FIT_LIMIT} is good"
        )
    return Blur(tuple(sigma.tolist()), tuple((weight / weight.sum()).tolist()))
