"""The noise of uniform patches as a covariance, and what it makes of means and standard deviations.

CT noise is correlated: σ/√n for the mean of n pixels is wrong in both directions, by factors of 0.4 to 5. Here the
noise power spectrum of the scan itself, freed from the bias of detrending and leakage, gives the variance of any
weighted sum of pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from iqa.signal.plane import distance
from iqa.signal.trend import detrended, monomials, orthonormal, square_polynomials

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SMALLEST_PAD = 32
"""Pixels added to a small region before its transform, so that the noise has faded before it wraps round."""
GRAIN_SIDE = 128
"""Bins along each frequency for the grain of the noise."""
LONGEST, SHORTEST, TRIED_LENGTHS = 3.0, 0.3, 40
"""Lengths tried for a model of the correlation: from so many times the largest distance seen to so many times the
smallest, in steps of 10 %."""
OWN = 0.03
"""Share of the noise that no two slices have in common: rounding, and what the model's form is wrong by. Without it a
smooth model would let a fit read the noise of a slice off its neighbours."""
MERGE = 0.02
"""Slice distances that agree within this share are one distance."""


@dataclass(frozen=True, eq=False)
class Covariance:
    """Stationary isotropic in-plane noise: its power spectrum, and the variances that follow from it.

    Attributes
    ----------
    frequency : (k,) float, 1/mm
        Knots of the spectrum, rising from 0 to the corner of the frequency square.
    nps : (k,) float, HU² mm²
        Noise power at the knots, straight in between.
    pixel_mm : (float, float)
        Pixel distance, (y, x).

    Notes
    -----
    Isotropy is no loss for discs, whose own autocorrelation is isotropic: only the angular mean of the noise counts.
    """

    frequency: Array
    nps: Array
    pixel_mm: tuple[float, float]

    @cached_property
    def variance(self) -> float:
        """Pixel variance, HU²: the integral of the spectrum over the frequency square."""
        return float(self.grid((0, 0))[0, 0])

    @property
    def sd(self) -> float:
        """Pixel standard deviation, HU."""
        return float(np.sqrt(self.variance))

    @cached_property
    def grain(self) -> float:
        """Pixels that say as much of the noise's level as one independent pixel would: Σ c²/σ⁴ over all lags."""
        shape = (GRAIN_SIDE, GRAIN_SIDE)
        power, counts = self.spectrum(shape), frequency_counts(shape[1])
        return float((power**2).sum(axis=0) @ counts) * GRAIN_SIDE**2 / float(power.sum(axis=0) @ counts) ** 2

    def scaled(self, variance: float) -> Covariance:
        """The same texture with another pixel variance, HU²."""
        return replace(self, nps=self.nps * (variance / self.variance))

    def grid(self, reach: tuple[int, int]) -> Array:
        """Autocovariance, HU², at lags −reach … reach pixels: (2 reach_y + 1, 2 reach_x + 1), lag 0 in the middle."""
        shape = padded((2 * reach[0] + 1, 2 * reach[1] + 1))
        full = np.roll(fft.irfft2(self.spectrum(shape), shape), reach, axis=(0, 1))
        return np.asarray(full[: 2 * reach[0] + 1, : 2 * reach[1] + 1])

    def variance_of_sum(self, weights: Array) -> float:
        """Variance, HU², of Σ wᵢ xᵢ over a (rows, columns) field of weights: Σ A·c, A the autocorrelation of w."""
        shape = padded(weights.shape)
        return _against(weights, self.spectrum(shape), shape)

    def variance_of_mean(self, mask: Mask) -> float:
        """Variance, HU², of the mean over a (rows, columns) mask."""
        # Asked for again where a disc's level is freed from what its own mean swallows.
        disc = mask.shape, mask.tobytes()
        if disc not in self._means:
            self._means[disc] = self.variance_of_sum(mask / np.count_nonzero(mask))
        return self._means[disc]

    def of_sums(self, weights: Array, shape: tuple[int, int]) -> Array:
        """(m, m) covariance, HU², of the sums over (m, rows, columns) fields of weights, padded to a shape."""
        seen = fft.rfft2(weights, shape)
        seen *= np.sqrt(self.spectrum(shape) * frequency_counts(shape[1]) / (shape[0] * shape[1])).astype(weights.dtype)
        # Real parts between imaginary ones: one product for both.
        flat = seen.view(weights.dtype).reshape(len(weights), -1)
        return np.asarray(flat @ flat.T, dtype=np.float64)

    def kept(self, mask: Mask) -> float:
        """E[S²]/σ² of the sample variance S² (divisor n − 1) over a mask: below 1, its own mean swallows the rest."""
        n = np.count_nonzero(mask)
        return (1.0 - self.variance_of_mean(mask) / self.variance) * n / (n - 1)

    def kept_after_detrend(self, mask: Mask) -> float:
        """E[residual sum of squares]/(n σ²) after a 2nd-order fit over a mask."""
        return self.kept_after_fit(mask, monomials(mask))

    def kept_after_fit(self, mask: Mask, columns: Array) -> float:
        """E[residual sum of squares]/(n σ²) after a least-squares fit of (k, n) columns: tr(PC)/(n σ²)."""
        shape = padded(mask.shape)
        lost = _against(orthonormal(mask, columns), self.spectrum(shape), shape)
        return 1.0 - lost / (np.count_nonzero(mask) * self.variance)

    def relative_variance_of_variance(self, mask: Mask) -> float:
        """Var(S²)/σ⁴ of the sample variance of Gaussian noise over a mask: 2 ΣA·c²/(n² σ⁴)."""
        shape = padded(mask.shape)
        squared = fft.rfft2(fft.irfft2(self.spectrum(shape), shape) ** 2).real
        return 2.0 * _against(mask / np.count_nonzero(mask), squared, shape) / self.variance**2

    def spectrum(self, shape: tuple[int, int]) -> Array:
        """HU² per bin of a periodic (rows, columns) grid, the half that a transform of real values has.

        The mean over the whole grid is the pixel variance.
        """
        # Discs of one size come again and again: as means, as levels, on other slices.
        if shape not in self._spectra:
            self._spectra[shape] = self.at(radial_frequency(shape, self.pixel_mm))
        return self._spectra[shape]

    def at(self, radius: Array) -> Array:
        """HU² per bin of a periodic grid at its radial frequencies, 1/mm."""
        nps = np.interp(radius, self.frequency, self.nps)
        return np.asarray(nps / (self.pixel_mm[0] * self.pixel_mm[1]))

    @cached_property
    def _spectra(self) -> dict[tuple[int, int], Array]:
        return {}

    @cached_property
    def _means(self) -> dict[tuple[tuple[int, ...], bytes], float]:
        return {}


def _wedge(share: Array) -> Array:
    return np.asarray(np.maximum(1.0 - share, 0.0))


def _bell(share: Array) -> Array:
    return np.asarray(np.exp(-(share**2)))


@dataclass(frozen=True, eq=False)
class SliceCorrelation:
    """How the noise of two slices hangs together: its correlation over their distance.

    Attributes
    ----------
    distance_mm : (k,) float
        Distances that were seen, rising from 0.
    rho : (k,) float
        Correlation there; straight in between, 0 beyond the last.
    """

    distance_mm: Array
    rho: Array

    def mean_factor(self, z_mm: Array) -> float:
        """Variance of the mean over slices at z against that of one slice: ΣΣ ρ(|zᵢ − zⱼ|)/n²."""
        return float(self._matrix(z_mm).mean())

    def variance_factor(self, z_mm: Array) -> float:
        """The same for the mean of sample variances, which correlate with ρ²."""
        return float((self._matrix(z_mm) ** 2).mean())

    def sum_factor(self, weights: Array, z_mm: Array) -> float:
        """Variance of a weighted sum over slices at z against that of one slice: ΣΣ wᵢ wⱼ ρ(|zᵢ − zⱼ|)."""
        return float(weights @ self._matrix(z_mm) @ weights)

    def independent(self, z_mm: Array) -> int:
        """Independent slices behind a mean over slices at z, rounded, at least 1."""
        return max(1, min(len(z_mm), round(1.0 / self.mean_factor(z_mm))))

    def modelled(self, z_mm: Array) -> Array:
        """(n, n) correlation of slices at z that can be inverted, and reaches beyond the distances seen.

        Notes
        -----
        Slices share noise as far as their sections overlap: the autocorrelation of a rectangle, 1 − d/L, or of a
        Gaussian, whichever comes nearer to what was seen, and a little noise that no slices share.
        """
        apart = np.abs(np.subtract.outer(z_mm, z_mm))
        seen, rho = self.distance_mm[1:], self.rho[1:]
        if len(seen) == 0:
            return np.asarray(np.eye(len(z_mm)))
        lengths = np.geomspace(LONGEST * seen[-1], SHORTEST * seen[0], TRIED_LENGTHS)
        tried = [(form, length) for form in (_wedge, _bell) for length in lengths]
        form, length = min(tried, key=lambda pair: float(((pair[0](seen / pair[1]) - rho) ** 2).sum()))
        return np.asarray((1.0 - OWN) * form(apart / length) + OWN * np.eye(len(z_mm)))

    def _matrix(self, z_mm: Array) -> Array:
        apart = np.abs(np.subtract.outer(z_mm, z_mm))
        rho = np.interp(apart, self.distance_mm, self.rho, right=0.0)
        return np.where(np.eye(len(z_mm), dtype=bool), 1.0, rho)


def estimate_slice_correlation(patches: NDArray[np.float32], z_mm: Array) -> SliceCorrelation:
    """Correlation of the noise between slices over their distance.

    Parameters
    ----------
    patches : (slices, m, n, n) float, HU
        The same m uniform patches on each slice.
    z_mm : (slices,) float
        Slice positions.

    Notes
    -----
    Patches lose their 2nd-order trend first. What stays alike in all slices, such as a ring, counts as correlation.
    """
    slices, _, side, _ = patches.shape
    columns = square_polynomials(side)
    flat = detrended(patches.reshape(-1, side, side), columns).reshape(slices, -1).astype(np.float64)
    gram = flat @ flat.T
    scale = np.sqrt(np.maximum(np.diag(gram), np.finfo(np.float64).tiny))
    # Normalised slice by slice, so that a tube current that changes along z is no loss of correlation.
    rho = gram / np.outer(scale, scale)
    apart = np.abs(np.subtract.outer(z_mm, z_mm))
    distances = _distinct(apart[np.triu_indices(slices, 1)])
    found = [rho[np.abs(apart - d) <= MERGE * d].mean() for d in distances]
    return SliceCorrelation(np.array([0.0, *distances]), np.array([1.0, *found]))


def overlap_correlation(thickness_mm: float) -> SliceCorrelation:
    """Correlation of slices that share part of their section: 1 − distance/thickness, for want of a measured one."""
    return SliceCorrelation(np.array([0.0, thickness_mm]), np.array([1.0, 0.0]))


def _distinct(values: Array) -> list[float]:
    """Values that differ by more than MERGE, rising."""
    distinct: list[float] = []
    for value in np.sort(values):
        if not distinct or value > distinct[-1] * (1.0 + MERGE):
            distinct.append(float(value))
    return distinct


def padded(shape: tuple[int, ...]) -> tuple[int, int]:
    """What a field is padded to before the autocorrelation of its noise is taken from a transform."""
    rows, columns = (fft.next_fast_len(2 * n + SMALLEST_PAD, real=True) for n in shape)
    return rows, columns


def radial_frequency(shape: tuple[int, int], pixel_mm: tuple[float, float]) -> Array:
    """Radial frequency, 1/mm, of each bin of a transform of real values."""
    rows, columns = fft.fftfreq(shape[0], pixel_mm[0]), fft.rfftfreq(shape[1], pixel_mm[1])
    return np.asarray(distance(rows[:, None], columns[None, :]))


def _against(weights: Array, spectrum: Array, shape: tuple[int, int]) -> float:
    """Σ A·c of (..., rows, columns) weights, in the frequency domain Σ |W|²·S; the mirrored half is not computed."""
    seen = fft.rfft2(weights, shape)
    power = (seen.real**2 + seen.imag**2) * spectrum
    along = power.reshape(-1, power.shape[-1]).sum(axis=0)
    return float(along @ frequency_counts(shape[1])) / (shape[0] * shape[1])


def frequency_counts(n: int) -> Array:
    """(n//2 + 1,) how often each frequency from 0 on is among those of n values: twice but for 0 and Nyquist's."""
    return np.where(2 * np.arange(n // 2 + 1) % n == 0, 1.0, 2.0)
