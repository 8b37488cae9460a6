"""The transfer function behind a rotationally symmetric object: exact, linear, near the Cramér-Rao bound.

A disc of radius R and contrast C, seen through the transfer function T, is

    e(r) = C · 2πR ∫ T(f) J₁(2πRf) J₀(2πrf) df,

linear in C·T. T is an even cubic spline; its coefficients, a constant and a bowl are found by generalised least squares
from sums of the pixels over rings (decision 005), with a penalty on third differences that the data choose: second
ones would bend T(0), which no edge shows, by 0.2 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.special import j0, j1

from iqa.signal.noise import Covariance

Array = NDArray[np.float64]

KNOT_PER_MM = 0.05
"""Distance of the spline's knots: finer structure of T belongs to the tails of a point spread beyond 10 mm."""
REACH = 1.0
"""Largest frequency of the spline, as a multiple of 1/(edge blur). A body kernel on a real scanner still passes 1 % at
0.75, where there is so little noise that this 1 % would distort all the rest."""
BEND = 4.0
"""Roughest T: its third derivative as a multiple of (2π blur)³, about that of a Gaussian of the edge blur. The data may
ask for a smoother one; without this, streaks beside an insert are taken for its transfer function."""
LARGEST = (0.8, 6.0)
"""Bounds of it, 1/mm."""
SAMPLES = 600
"""Intervals of the integral over frequency: over ten to each wave of a disc's image at the end of its crop."""
RADIUS_STEP_MM = 0.02
RING_STEP = 0.5
"""Distance of the rings in edge blurs: half of one loses nothing of T, a whole one 5 % of its precision."""
RINGS_MM = (0.06, 0.25)
"""Bounds of it."""
ROUNDS = 3
"""Rounds of the fit of the radius; the third moves it by micrometres."""
LARGEST_STEP_MM = 0.2
PENALTIES = np.logspace(-9.0, 3.0, 49)
"""Candidates of the penalty against the whitened data."""
LIKELY_SHARE = 0.25
"""Of the likeliest penalty: at a CNR of 20 it shrinks f50 by 2 % of itself, a quarter of it by 0.7 %, for 12 % more
scatter; u then covers what it says."""
RIDGE = 1e-9
"""Added to the covariance of the sums, against its mean: rings that hold no pixel."""
PAD = 40
"""Pixels by which a crop is padded, so that its noise has faded before it wraps round."""


@dataclass(frozen=True, eq=False)
class Crop:
    """One slice of an object: square pixels about it, and where its centre lies.

    Attributes
    ----------
    hu : (n, n) float
    x_mm, y_mm : (n, n) float
        Places of the pixels from the object's centre.
    mask : (n, n) bool
        Pixels that show the object and its plain surroundings.
    """

    hu: Array
    x_mm: Array
    y_mm: Array
    mask: NDArray[np.bool_]

    @cached_property
    def r_mm(self) -> Array:
        """(k,) distances of the pixels in the mask."""
        return np.asarray(np.hypot(self.x_mm, self.y_mm)[self.mask])


@dataclass(frozen=True, eq=False)
class Transfer:
    """A fitted transfer function.

    Attributes
    ----------
    frequency : (k,) float, 1/mm
    value : (k,) float
        T, 1 at frequency 0.
    contrast : float
        HU.
    radius_mm : float
    """

    frequency: Array
    value: Array
    contrast: float
    radius_mm: float
    _splines: Array
    """(splines, k) at the frequencies."""
    _covariance: Array
    """(splines, splines) HU², of their coefficients: noise, and the square of what the penalty may have moved."""
    misfit: float
    """Residual variance against that of the noise, at least 1; u has been raised by its root."""

    @property
    def u(self) -> Array:
        """(k,) standard uncertainty of `value`."""
        return np.asarray(np.sqrt(np.maximum(self._variance(self._gradient()), 0.0)))

    def crossing(self, level: float, highest: float) -> tuple[float, float] | None:
        """(frequency, u), 1/mm, of the first fall of T below a level; None if it does not fall below `highest`."""
        below = np.flatnonzero(self.value < level)
        if not len(below) or below[0] == 0 or self.frequency[below[0]] > highest:
            return None
        i = int(below[0])
        share = (self.value[i - 1] - level) / (self.value[i - 1] - self.value[i])
        at = self.frequency[i - 1] + share * (self.frequency[i] - self.frequency[i - 1])
        slope = (self.value[i] - self.value[i - 1]) / (self.frequency[i] - self.frequency[i - 1])
        u = float(np.interp(at, self.frequency, self.u)) / abs(slope)
        return float(at), u

    def _gradient(self) -> Array:
        """(splines, k) derivatives of T by the coefficients."""
        return np.asarray((self._splines - self._splines[:, :1] * self.value) / self.contrast)

    def _variance(self, gradient: Array) -> Array:
        return np.asarray(np.einsum("sk,st,tk->k", gradient, self._covariance, gradient))


def disc_transfer(
    crops: Sequence[Crop], radius_mm: float, blur_mm: float, covariance: Covariance, independent: float
) -> Transfer:
    """Transfer function from the edge of one disc on several slices.

    Parameters
    ----------
    crops
        At least one; all of one shape.
    radius_mm : float
        Nominal; the fitted one is returned.
    blur_mm : float
        Standard deviation of the edge blur, for the range of frequencies.
    covariance : Covariance
        Of the noise at the disc, HU² per slice.
    independent : float
        Slices as many as are independent in their noise, at most their number.
    """
    reach = float(max(c.r_mm.max() for c in crops))
    splines = _Splines.of(_largest(blur_mm), round(reach + 1.0, 1))
    step = float(np.clip(RING_STEP * blur_mm, *RINGS_MM))
    rings = [_Rings.of(c.r_mm, step, reach) for c in crops]
    whiten = _whitener(crops[0], rings[0], covariance) * np.sqrt(independent)
    values = whiten @ np.mean([r.sums(c.hu[c.mask]) for r, c in zip(rings, crops, strict=True)], axis=0)
    radial = whiten @ np.mean([r.of_radii(splines.radii) for r in rings], axis=0)
    base = whiten @ np.mean([r.base(reach) for r in rings], axis=0)
    radius, gains = radius_mm, np.zeros(len(splines.values))
    bend = BEND * (2.0 * math.pi * blur_mm * splines.knot) ** 3
    for turn in range(ROUNDS):
        table = splines.disc(radius, gains) if turn else splines.disc(radius, gains)[:-1]
        columns = np.concatenate([radial @ table.T, base], axis=1)
        found = _penalised(columns, values, len(gains), bend * float(np.abs(gains @ splines.values).max()))
        gains = found.factors[: len(gains)]
        if turn:
            radius += float(np.clip(found.factors[len(gains)], -LARGEST_STEP_MM, LARGEST_STEP_MM))
    contrast = float(gains @ splines.values[:, 0])
    return Transfer(
        splines.frequency,
        gains @ splines.values / contrast,
        contrast,
        radius,
        splines.values,
        found.covariance,
        found.misfit,
    )


def _largest(blur_mm: float) -> float:
    return round(float(np.clip(REACH / blur_mm, *LARGEST)), 1)


@dataclass(frozen=True, eq=False)
class _Splines:
    """Even cubic splines over frequency and what each makes of a point, along the radius."""

    frequency: Array
    knot: float
    """Distance of the knots, 1/mm."""
    values: Array
    """(splines, frequencies)."""
    point: Array
    """(frequencies, radii) J₀(2πrf) with the weights of the integral."""

    @property
    def radii(self) -> int:
        """How many, from 0 in steps of RADIUS_STEP_MM."""
        return int(self.point.shape[1])

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, largest: float, reach_mm: float) -> _Splines:
        frequency = np.linspace(0.0, largest, SAMPLES + 1)
        count = max(4, round(largest / KNOT_PER_MM))
        places = largest / count * np.arange(count - 1)[:, None]
        values = _bump((frequency - places) * count / largest)
        values[1:] += _bump((frequency + places[1:]) * count / largest)
        weight = np.full(SAMPLES + 1, largest / SAMPLES)
        weight[[0, -1]] *= 0.5
        radii = np.arange(0.0, reach_mm + RADIUS_STEP_MM, RADIUS_STEP_MM)
        return cls(frequency, largest / count, values, weight[:, None] * j0(2.0 * np.pi * frequency[:, None] * radii))

    def disc(self, radius_mm: float, gains: Array) -> Array:
        """(splines + 1, radii): the image of a disc under each spline, and the fitted one's derivative by R."""
        phase = 2.0 * np.pi * radius_mm * self.frequency
        shown = self.values * (2.0 * np.pi * radius_mm * j1(phase))
        moved = (gains @ self.values) * (2.0 * np.pi * phase * j0(phase))
        return np.asarray(np.concatenate([shown, moved[None]]) @ self.point)


def _bump(t: Array) -> Array:
    """Cubic B-spline of unit knot distance."""
    t = np.abs(t)
    inner, outer = 2.0 / 3.0 - t**2 + 0.5 * t**3, np.clip(2.0 - t, 0.0, None) ** 3 / 6.0
    return np.where(t < 1.0, inner, outer)


@dataclass(frozen=True, eq=False)
class _Rings:
    """Sums over pixels with hat functions of their distance from the centre."""

    r_mm: Array
    low: NDArray[np.intp]
    share: Array
    count: int

    @classmethod
    def of(cls, r_mm: Array, step: float, reach: float) -> _Rings:
        low, share = _hats(r_mm, step)
        return cls(r_mm, low, share, int(reach / step) + 2)

    def sums(self, values: Array) -> Array:
        """(rings,) sums of one value per pixel."""
        inner = np.bincount(self.low, values * (1.0 - self.share), self.count)
        return np.asarray(inner + np.bincount(self.low + 1, values * self.share, self.count))

    def of_radii(self, radii: int) -> Array:
        """(rings, radii) matrix of the sums of a function of the radius that is known every RADIUS_STEP_MM."""
        low, share = _hats(self.r_mm, RADIUS_STEP_MM)
        total = np.zeros(self.count * radii)
        for ring, outer in ((self.low, 1.0 - self.share), (self.low + 1, self.share)):
            for radius, inner in ((low, 1.0 - share), (low + 1, share)):
                total += np.bincount(ring * radii + radius, outer * inner, len(total))
        return total.reshape(self.count, radii)

    def base(self, reach: float) -> Array:
        """(rings, 2) sums of a constant and of a bowl."""
        return np.column_stack([self.sums(np.ones_like(self.r_mm)), self.sums((self.r_mm / reach) ** 2)])


def _hats(r_mm: Array, step: float) -> tuple[NDArray[np.intp], Array]:
    """(k,) index of the knot below each radius, and the share of the one above."""
    at = r_mm / step
    low = at.astype(np.intp)
    return low, at - low


def _whitener(crop: Crop, rings: _Rings, covariance: Covariance) -> Array:
    """(rings, rings) matrix that makes the noise of the sums white and of unit variance."""
    fields = np.zeros((rings.count, *crop.mask.shape))
    y, x = np.nonzero(crop.mask)
    fields[rings.low, y, x] = 1.0 - rings.share
    fields[rings.low + 1, y, x] = rings.share
    shape = (
        fft.next_fast_len(crop.mask.shape[0] + PAD, real=True),
        fft.next_fast_len(crop.mask.shape[1] + PAD, real=True),
    )
    gram = covariance.of_sums(fields, shape)
    gram += RIDGE * np.trace(gram) / rings.count * np.eye(rings.count)
    return np.asarray(np.linalg.inv(np.linalg.cholesky(gram)))


@dataclass(frozen=True, eq=False)
class _Solved:
    factors: Array
    covariance: Array
    """Of the penalised factors."""
    misfit: float


def _penalised(columns: Array, values: Array, penalised: int, bend: float) -> _Solved:
    """Least squares with third differences of the first factors penalised as marginal likelihood wants it.

    columns : (rings, factors), values : (rings,); noise white, of unit variance. bend : typical third difference, for
    the least penalty; 0 for none. What is left beyond the noise raises the covariance (Birge).
    """
    penalty = np.zeros((columns.shape[1], columns.shape[1]))
    bent = _third_differences(penalised)
    penalty[:penalised, :penalised] = bent.T @ bent
    normal, pull, power = columns.T @ columns, columns.T @ values, float(values @ values)

    strengths = PENALTIES * np.trace(normal[:penalised, :penalised]) / np.trace(penalty)
    held = normal + strengths[:, None, None] * penalty
    explained = np.linalg.solve(held, np.broadcast_to(pull[:, None], (len(held), len(pull), 1)))[..., 0] @ pull
    unlikely = power - explained + np.linalg.slogdet(held)[1] - penalised * np.log(strengths)
    strength = max(LIKELY_SHARE * float(strengths[int(np.argmin(unlikely))]), bend**-2 if bend > 0.0 else 0.0)
    inverse = np.linalg.inv(normal + strength * penalty)
    factors = inverse @ pull
    moved = strength * (inverse @ (penalty @ factors))
    left = values - columns @ factors
    misfit = max(1.0, float(left @ left) / (len(values) - float(np.trace(inverse @ normal))))
    spread = misfit * (inverse @ normal @ inverse) + np.outer(moved, moved)
    return _Solved(np.asarray(factors), np.asarray(spread[:penalised, :penalised]), misfit)


def _third_differences(count: int) -> Array:
    """(count + 3, count) third differences of an even sequence that ends in zeros."""
    bent = np.zeros((count + 3, count))
    for row, j in enumerate(range(-1, count + 2)):
        for neighbour, weight in ((j - 1, 1.0), (j, -3.0), (j + 1, 3.0), (j + 2, -1.0)):
            if abs(neighbour) < count:
                bent[row, abs(neighbour)] += weight
    return bent
