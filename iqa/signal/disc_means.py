"""How far the means of discs scatter over a uniform area: what decides whether a faint disc of that size is seen.

Discs of one size lie at every pixel of the area where they fit. Shading is removed first, and what its removal takes of
the noise is given back by its exact expectation under the noise's own covariance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.special import j1

from iqa.signal.noise import Covariance, Mask, radial_frequency
from iqa.signal.spectrum import Spectrum
from iqa.signal.trend import shading, without

Array = NDArray[np.float64]
Singles = NDArray[np.float32]

COARSE_MM = 3.0
"""Pixel on which the loss by the trend is reckoned: the trend has no structure finer than 20 mm."""
PAD_MM = 30.0
"""Added to an area on that grid before transforms, so that the noise has faded before it wraps round."""
INSIDE = 1.0 - 1e-4
"""Share of a disc in the area from which it counts as wholly inside; single precision stays within 1e-5."""
CHORDS = 64
"""Of the disc across each row of pixels, for its share of each: to 1e-3 of a pixel."""
SMALLEST_KEPT = 0.5
"""Share of the scatter that a trend must leave: below it the area is too small for discs of that size."""
FEWEST_DISCS = 8.0
"""Discs of that size that must fit into the area where their middles may lie; fewer say nothing about a scatter."""
LOSS_U = 0.3
"""Relative u of what the trend takes: it comes from the lowest bins of the spectrum, which few patches show."""
STEADY_TO = 0.2
"""1/mm: up to here the spectrum is close to a parabola, and its parabola is what the loss is reckoned with; the lowest
bins alone, of the six patches that one slice holds, would make 15 mm discs' scatter a quarter less certain."""
SHRINKAGE = 2.0
"""Variances of that parabola's value at frequency 0 by which its square must exceed 0 to count at all."""
FREQUENCIES = 512
"""Nodes of the integral over radial frequency."""


@dataclass(frozen=True, slots=True)
class Scatter:
    """The standard deviation of the means of discs of one size, HU, on one slice."""

    diameter_mm: float
    sd: float
    u: float
    largest: float
    """Farthest mean, in standard deviations: noise alone stays within 5."""


def disc_weights(diameter_mm: float, pixel_mm: tuple[float, float]) -> Array:
    """(odd, odd) share of the disc about the middle pixel that each pixel holds, of sum 1.

    Whole pixels alone would make another disc of it: 3 mm on pixels of 0.77 mm would hold 9 of them for 11.9.
    """
    radius, (height, width) = diameter_mm / 2.0, pixel_mm
    rows, columns = (2 * math.ceil(radius / p - 0.5) + 1 for p in pixel_mm)
    y, x = _centred(rows * CHORDS) * height / CHORDS, _centred(columns) * width
    chord = np.sqrt(np.maximum(radius**2 - y**2, 0.0))[:, None]
    held = np.minimum(x + width / 2.0, chord) - np.maximum(x - width / 2.0, -chord)
    shares = np.maximum(held, 0.0).reshape(rows, CHORDS, columns).sum(axis=1)
    return np.asarray(shares / shares.sum())


def _centred(count: int) -> Array:
    """(count,) places at distances of 1 about 0."""
    return np.asarray(np.arange(count) - (count - 1) / 2.0)


def scatter_of_means(
    images: Sequence[Singles], mask: Mask, covariance: Covariance, diameters_mm: Sequence[float], pooled: float
) -> tuple[Scatter | None, ...]:
    """Standard deviation of the means of discs over an area, shading removed.

    Parameters
    ----------
    images
        (rows, columns) HU of each slice.
    mask : (rows, columns) bool
        The area, alike on all slices.
    covariance : Covariance
        Texture of the noise; its level does not matter.
    diameters_mm
        Discs of which the result is wanted; None is returned where the area is too small for them.
    pooled : float
        Variance of a mean of variances over the slices against that of one, see `SliceCorrelation.variance_factor`.

    Notes
    -----
    With y the means of discs of e = (1 − QQᵀ) x at the n places P where they fit, E Σ y² = n σ_µ² − loss; see `_Trend`.
    u is that of Σ y² for Gaussian noise, 2 ΣΣ cov(yᵢ, yⱼ)², and a share of the loss.
    """
    trend = _Trend.of(mask, covariance)
    left = [without(image, mask, trend.basis) for image in images]
    spectra = [fft.rfft2(e, _fast(mask.shape)) for e in left]
    return tuple(_scatter(spectra, mask, covariance, d, trend, pooled) for d in diameters_mm)


def _scatter(
    spectra: Sequence[NDArray[np.complex64]],
    mask: Mask,
    covariance: Covariance,
    diameter_mm: float,
    trend: _Trend,
    pooled: float,
) -> Scatter | None:
    disc = disc_weights(diameter_mm, covariance.pixel_mm)
    shape = _fast(mask.shape)
    transform = _transform(disc, shape)
    fits = _smoothed(fft.rfft2(mask.astype(np.float32), shape), transform, mask.shape) > INSIDE
    count = int(np.count_nonzero(fits))
    if count * math.prod(covariance.pixel_mm) < FEWEST_DISCS * math.pi * diameter_mm**2 / 4.0:
        return None
    one = covariance.variance_of_sum(disc)
    lost = trend.loss(diameter_mm, fits) / (count * one)
    if lost > 1.0 - SMALLEST_KEPT:
        return None
    means = [_smoothed(x, transform, mask.shape)[fits] for x in spectra]
    seen = float(np.mean([np.mean(np.square(y, dtype=np.float64)) for y in means]))
    variance, largest = seen / (1.0 - lost), max(float(np.abs(y).max()) for y in means) / math.sqrt(seen)
    relative = _relative_variance(covariance, transform, fits, shape) * pooled
    u = 0.5 * math.hypot(math.sqrt(relative), LOSS_U * lost / (1.0 - lost))
    return Scatter(diameter_mm, math.sqrt(variance), math.sqrt(variance) * u, largest)


def _relative_variance(covariance: Covariance, transform: Singles, fits: Mask, shape: tuple[int, int]) -> float:
    """Var(Σ y²)/(Σ y²)² of Gaussian noise: 2 ΣA·c²/(n² c₀²), c the covariance of discs' means."""
    smoothed = fft.irfft2(covariance.spectrum(shape) * transform**2, shape)
    places = fft.rfft2(fits.astype(np.float32), shape)
    overlap = fft.irfft2(places.real**2 + places.imag**2, shape)
    return 2.0 * float(np.sum(overlap * smoothed**2)) / float(overlap[0, 0] * smoothed[0, 0]) ** 2


def _smoothed(spectrum: NDArray[np.complex64], transform: Singles, shape: tuple[int, ...]) -> Singles:
    """Means of discs about each pixel."""
    padded = _fast(shape)
    return np.asarray(fft.irfft2(spectrum * transform, padded)[: shape[0], : shape[1]])


def _transform(disc: Array, shape: tuple[int, int]) -> Singles:
    """Real transform of the mean over a disc about pixel (0, 0)."""
    field = np.zeros(shape, dtype=np.float32)
    field[: disc.shape[0], : disc.shape[1]] = disc
    reach = tuple(-(n // 2) for n in disc.shape)
    return np.asarray(fft.rfft2(np.roll(field, reach, axis=(0, 1))).real)


def _fast(shape: tuple[int, ...]) -> tuple[int, int]:
    rows, columns = (fft.next_fast_len(n, real=True) for n in shape)
    return rows, columns


@dataclass(frozen=True, eq=False)
class _Trend:
    """Polynomials over an area, and what fitting them takes of the scatter of discs' means.

    With H the mean over a disc, P the sum over places, C the noise's covariance and G = QᵀCQ:

        loss = 2 Σₖ P (H C qₖ)(H qₖ) − Σₖₗ Gₖₗ P (H qₖ)(H qₗ)

    The polynomials are smooth, so that all of it is reckoned on coarse pixels.
    """

    basis: Singles
    """(k, n) orthonormal polynomials at the area's pixels."""
    coarse: Covariance
    factor: int
    """Pixels of the image to a coarse one, along each axis."""
    fields: NDArray[np.complex128]
    """(2k, …) transforms of the polynomials, and of what the covariance makes of them."""
    gram: Array
    shape: tuple[int, int]

    @classmethod
    def of(cls, mask: Mask, covariance: Covariance) -> _Trend:
        basis = shading(mask, covariance.pixel_mm)
        factor = max(1, round(COARSE_MM / max(covariance.pixel_mm)))
        pixel_mm = (covariance.pixel_mm[0] * factor, covariance.pixel_mm[1] * factor)
        coarse = replace(covariance, pixel_mm=pixel_mm, nps=_steadied(covariance) * factor**2)
        whole = np.zeros((len(basis), *mask.shape), dtype=np.float32)
        whole[:, mask] = basis
        small = _blocks(whole, factor)
        rows, columns = (
            fft.next_fast_len(n + math.ceil(PAD_MM / p), real=True)
            for n, p in zip(small.shape[1:], pixel_mm, strict=True)
        )
        shape = (rows, columns)
        plain = fft.rfft2(small, shape)
        blurred = plain * coarse.spectrum(shape)
        shown = fft.irfft2(blurred, shape)[:, : small.shape[1], : small.shape[2]]
        gram = factor**2 * small.reshape(len(small), -1) @ shown.reshape(len(small), -1).T
        return cls(basis, coarse, factor, np.concatenate([plain, blurred]), gram, shape)

    def loss(self, diameter_mm: float, fits: Mask) -> float:
        """HU² by which Σ y² falls short, over the places where discs of a diameter fit."""
        radius = radial_frequency(self.shape, self.coarse.pixel_mm)
        share = _blocks(fits[None].astype(np.float32), self.factor)[0]
        shown = fft.irfft2(self.fields * disc_transform(radius, diameter_mm), self.shape)
        shown = shown[:, : share.shape[0], : share.shape[1]].reshape(len(shown), -1)
        k = len(self.basis)
        near = (shown[:k] * share.ravel()) @ shown.T
        return float(self.factor**2 * (2.0 * np.trace(near[:, k:]) - np.sum(self.gram * near[:, :k])))


def _steadied(covariance: Covariance) -> Array:
    """The spectrum with a parabola for its lowest part, HU² mm²; its value at frequency 0 is shrunk as far as unsure.

    Filtered back projection leaves no noise there, and where an image has some, it is not small.
    """
    f, nps = covariance.frequency, covariance.nps
    low = (f > 0.0) & (f <= STEADY_TO)
    spare = np.count_nonzero(low) - 3
    if spare < 1:
        return nps
    weights = np.sqrt(f)[:, None]
    columns = np.stack([np.ones_like(f), f, f * f], axis=1)
    inverse = np.linalg.inv((weights * columns)[low].T @ (weights * columns)[low])
    found = inverse @ (f[:, None] * columns)[low].T @ nps[low]
    left = float(f[low] @ (nps - columns @ found)[low] ** 2) / spare
    kept = max(0.0, 1.0 - SHRINKAGE * left * inverse[0, 0] / found[0] ** 2) if found[0] > 0.0 else 0.0
    found = found - (1.0 - kept) * found[0] * inverse[0] / inverse[0, 0]
    return np.where(f <= 0.5 * STEADY_TO, np.maximum(columns @ found, 0.0), nps)


def _blocks(fields: Singles, factor: int) -> Singles:
    """(k, rows, columns) fields as means over blocks of pixels, the last ones filled with 0."""
    short = [(-n) % factor for n in fields.shape[1:]]
    whole = np.pad(fields, ((0, 0), (0, short[0]), (0, short[1])))
    k, rows, columns = whole.shape
    down = whole.reshape(k, rows // factor, factor, columns).sum(axis=2)
    return np.asarray(down.reshape(k, rows // factor, columns // factor, factor).sum(axis=3) / factor**2)


def disc_transform(frequency: Array, diameter_mm: float | Array) -> Array:
    """Transform of the mean over a disc, 1 at frequency 0: 2 J₁(πDf)/(πDf)."""
    phase = np.maximum(np.pi * diameter_mm * frequency, 1e-9)
    return np.asarray(2.0 * j1(phase) / phase)


def disc_variances(covariance: Covariance, diameters_mm: Array) -> Array:
    """(diameters,) variance of the mean over a disc, HU².

    The discs are ideal ones, not of pixels, so that the variance falls steadily with the diameter.
    """
    f, density = _radial(covariance, np.asarray(diameters_mm)[:, None])
    return np.asarray(density @ np.interp(f, covariance.frequency, covariance.nps))


def disc_variance_u(spectrum: Spectrum, diameter_mm: float) -> float:
    """Relative standard uncertainty of one of these, from the spectrum's own."""
    f, density = _radial(spectrum.covariance, diameter_mm)
    knots = spectrum.covariance.frequency
    weights = np.array([np.interp(f, knots, one) @ density for one in np.eye(len(knots))])
    return spectrum.u_of(weights) / float(weights @ spectrum.covariance.nps)


def _radial(covariance: Covariance, diameters_mm: float | Array) -> tuple[Array, Array]:
    """Radial frequencies, 1/mm, and what the noise power at each of them adds to a disc's variance."""
    f, step = np.linspace(0.0, 0.5 / max(covariance.pixel_mm), FREQUENCIES, retstep=True)
    return f, 2.0 * np.pi * f * disc_transform(f, diameters_mm) ** 2 * float(step)
