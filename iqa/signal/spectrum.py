"""The noise power spectrum of uniform patches, freed from the bias of trend, window and leakage, and its u."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from iqa.signal.noise import Covariance, frequency_counts
from iqa.signal.periodogram import TRENDED, Detrending, Rings, mirrored, periodogram, taper, whole
from iqa.signal.trend import detrended, square_polynomials

Array = NDArray[np.float64]

ITERATIONS = 8
"""Multiplicative corrections of the spectrum: after half as many the first bin of a ramp is still 10 % high, not 3."""
TIE_BINS = 4
"""Lowest bins whose straight line gives the spectrum at frequency 0, which no detrended patch can show."""
FLOOR = 1e-9
"""Smallest spectrum, as a share of its maximum: keeps ratios of empty bins finite."""
DETRENDED = 6
"""Lowest rings of which the trend takes a part that tells in u."""
STEEP = 3
"""Rings that are corrected one by one."""
APART = ((0, 0),)
"""Of patches that share no pixel, one on each image."""
FINE = 8
"""Ring from which on, up to Nyquist's, the slices' mean tells how much noise they share: shading lies below."""
LARGEST_SHARED = 0.95
"""Share of their noise from which slices are one image: what is fixed in them cannot be told."""
CHANCE = 3.0
"""Standard deviations beyond which what slices share is no chance."""
SMALLEST_SHARE = 0.01
"""Of flat noise that is left on a ring: of bin 0 the trend leaves nothing."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The noise power spectrum of a scan with what it was read from, for its uncertainty.

    Attributes
    ----------
    covariance : Covariance
        Of the radial spectrum, freed from the bias of trend and window.
    measured : (rings,) float, HU²
        Mean of the periodogram on each ring.
    scatter : (side, side) float, HU²
        Of the periodogram of one patch at each bin, one standard deviation.
    images : float
        Images as many as are independent.
    corners : (m, 2) int
        First pixel of each patch on an image.
    fixed : (rings,) float, HU²
        Of `measured`, what all slices share beyond their noise: rings and shading; 0 where that cannot be told.
    fixed_scatter : float
        Its standard deviation against that of `measured` on one image.
    """

    covariance: Covariance
    measured: Array
    scatter: Array
    images: float
    corners: NDArray[np.intp]
    detrending: Detrending
    fixed: Array
    fixed_scatter: float = 0.0

    def sharing(self, slices: NDArray[np.float32]) -> Spectrum:
        """The same with what (n, m, side, side) patches share over n slices.

        Notes
        -----
        With N the noise's power, A the fixed one's and s the noise of the slices' mean against that of one slice, the
        slices have P = N + A each and their mean has sN + A, so that A = (mean's − sP)/(1 − s). s comes from the fine
        rings, on which there is next to nothing fixed. Of n independent slices s is 1/n, and A scatters by s/√(1 − s)
        of what P does on one slice.
        """
        of_mean = self._rings.mean(periodogram(slices.mean(axis=0), square_polynomials(len(self.scatter))))
        fine = slice(FINE, len(self.scatter) // 2)
        both = self.ring_sizes[fine] @ np.stack([of_mean, self.measured], axis=1)[fine]
        share = float(both[0] / both[1]) if both[1] > 0.0 else 1.0
        if not share < LARGEST_SHARED:
            return self
        fixed = (of_mean - share * self.measured) / (1.0 - share)
        return replace(self, fixed=fixed, fixed_scatter=share / math.sqrt(1.0 - share))

    @cached_property
    def response(self) -> Array:
        """(rings, rings) mm²: change of the spectrum by the periodogram's mean on each ring."""
        return _response(self.covariance, self._rings, self.measured, self.detrending)

    @property
    def ring_sizes(self) -> Array:
        """(rings,) bins of the frequency square in each ring."""
        return self._rings.weight

    def u_of(self, weights: Array) -> float:
        """Standard uncertainty of Σ wₖ Nₖ over the rings."""
        factors = weights @ self.response
        return math.sqrt(max(0.0, float(factors @ self._by_rings @ factors)) / self.images)

    def moved_by_fixed(self, weights: Array) -> float:
        """By how much Σ wₖ Nₖ is too large for what is fixed in it; 0 where that may be chance."""
        factors = weights @ self.response
        moved = float(factors @ self.fixed)
        chance = self.fixed_scatter * math.sqrt(max(0.0, float(factors @ self._by_rings @ factors)))
        return moved if abs(moved) > CHANCE * chance else 0.0

    @cached_property
    def without_fixed(self) -> Array:
        """(rings,) HU² mm²: the spectrum without what is fixed in it."""
        return np.maximum(0.0, self.covariance.nps - self.response @ self.fixed)

    @cached_property
    def _by_rings(self) -> Array:
        """(rings, rings) covariance of `measured`, HU⁴, of one image: exact for the lowest, which the trend changes.

        Notes
        -----
        Periodograms of Gaussian noise are equal at opposite bins. Those of two patches, through windows v and w, are
        correlated between bins by |DFT(v·w)|² over the squared sum of one window's squares: little in one and the
        same bin where the patches share half of their pixels, but over many bins.
        """
        rings, side, times = self._rings, len(self.scatter), frequency_counts(len(self.scatter))
        half = len(times)
        scatter = (self.scatter / rings.weight[rings.index])[:half, :half]
        alone = (rings.index[:half, :half] == np.arange(len(self.measured))[:, None, None]) * scatter
        # Correlation over the distance of bins is a product with its transform in the plane.
        waves = times * np.cos(2.0 * np.pi / side * np.outer(np.arange(half), np.arange(half)))
        turned = (waves @ alone @ waves.T).reshape(len(alone), -1)
        shared = (times[:, None] * times * self._overlap[:half, :half]).ravel()
        covariance = 2.0 * (turned * shared) @ turned.T
        covariance[:TRENDED, :TRENDED] = self.detrending.covariance(self.covariance, rings, self._apart)
        return np.asarray(covariance)

    @cached_property
    def _rings(self) -> Rings:
        return Rings.of(len(self.scatter), self.covariance.pixel_mm)

    @cached_property
    def _overlap(self) -> Array:
        """(side, side) transform of the correlation over the distance of bins, mean of all pairs of patches."""
        shared = _shared(len(self.scatter))
        (down, right), share = self._apart
        return np.asarray((shared[down].T * share) @ shared[right])

    @cached_property
    def _apart(self) -> tuple[NDArray[np.intp], Array]:
        """(2, p) rows and columns by which patches that share pixels lie apart, and (p,) the share of all pairs."""
        pairs = np.abs(self.corners[:, None] - self.corners[None]).reshape(-1, 2)
        near = pairs[(pairs < len(self.scatter)).all(axis=1)]
        found, count = np.unique(near.T, axis=1, return_counts=True)
        return found, count / len(pairs)


def estimate_spectrum(
    patches: NDArray[np.float32],
    pixel_mm: tuple[float, float],
    images: float,
    corners: Sequence[tuple[int, int]] = APART,
) -> Spectrum:
    """Noise power spectrum of a scan from uniform square patches.

    Parameters
    ----------
    patches : (m, n, n) float, HU
        Patches of the uniform object; they may overlap and come from several slices.
    pixel_mm : (float, float)
        Pixel distance, (y, x).
    images : float
        Images as many as are independent.
    corners : (row, column) of the first pixel of each patch on an image, the same on all
        Without them each patch is an image of its own.

    Notes
    -----
    Each patch loses its 2nd-order trend and is seen through a window with cosine flanks. Both distort the periodogram,
    at low frequencies by up to half. So a radial spectrum is sought whose exactly expected periodogram, trend and
    window included, is the measured one: the model is multiplied by measured/expected. At frequency 0, which the trend
    swallows, the straight line through the lowest bins is taken, never below 0.

    References
    ----------
    ICRU Report 87 (2012); Kijewski and Judy, Phys Med Biol 1987;32:565.
    """
    side = patches.shape[-1]
    measured = periodogram(patches, square_polynomials(side))
    rings = Rings.of(side, pixel_mm)
    wanted = rings.mean(measured)
    area = pixel_mm[0] * pixel_mm[1]
    detrending = Detrending.of(side, pixel_mm)
    flat = Covariance(rings.frequency, np.full(len(wanted), area), pixel_mm)
    start = wanted * area / np.maximum(rings.mean(detrending.expected(flat)), SMALLEST_SHARE)
    model = replace(flat, nps=_tied(rings.frequency, start, rings.weight))
    smooth = _neighbours(len(wanted))
    for _ in range(ITERATIONS):
        seen = rings.mean(detrending.expected(model))
        ratio = wanted / np.maximum(seen, max(FLOOR * seen.max(), np.finfo(np.float64).tiny))
        model = replace(model, nps=_tied(rings.frequency, model.nps * (smooth @ ratio), rings.weight))
    at = np.array(corners, dtype=np.intp)
    return Spectrum(model, wanted, detrending.scatter(model), images, at, detrending, np.zeros_like(wanted))


def plane_spectrum(patches: NDArray[np.float32], pixel_mm: tuple[float, float]) -> Array:
    """(n, n) noise power spectrum in the plane, HU² mm², of (m, n, n) patches, HU; bins in the order of `numpy.fft`.

    Notes
    -----
    Mean |DFT|² of the patches less their 2nd-order trend, without a window: its sum times the area of a bin is their
    mean variance exactly. Trend and leakage are not undone, so it is for the eye; numbers come from
    `estimate_spectrum`.
    """
    side = patches.shape[-1]
    flat = detrended(patches.astype(np.float64), square_polynomials(side))
    power = np.abs(fft.rfft2(flat)) ** 2
    return mirrored(power.mean(axis=0) / side**2, side) * (pixel_mm[0] * pixel_mm[1])


def _response(model: Covariance, rings: Rings, measured: Array, detrending: Detrending) -> Array:
    """Derivatives of the iterated spectrum by the measured rings: what each round adds, bin 0 tied to others."""
    leak, tie = _leak(model, rings, detrending), _tie(model.frequency, model.nps, rings.weight)
    smooth, unit = _neighbours(len(measured)), np.eye(len(measured))
    seen = np.maximum(leak @ model.nps, np.finfo(np.float64).tiny)[:, None]
    change = model.nps[:, None] * unit
    for _ in range(ITERATIONS):
        change = change + model.nps[:, None] * (smooth @ (unit - leak @ change / seen))
        change[0] = tie @ change
    safe = np.maximum(measured, max(FLOOR * measured.max(), np.finfo(np.float64).tiny))
    return np.asarray(change / safe)


def _leak(model: Covariance, rings: Rings, detrending: Detrending) -> Array:
    """(rings, rings) mean periodogram on each ring by the spectrum of each; the trend moves the lowest alone."""
    hats = _hats(model.frequency, detrending.radius) / (model.pixel_mm[0] * model.pixel_mm[1])
    seen = [*map(detrending.kept, hats[:DETRENDED]), *detrending.smeared(hats[DETRENDED:])]
    return np.stack([rings.mean(whole(field, detrending.side)) for field in seen], axis=1)


def _hats(frequency: Array, at: Array) -> Array:
    """(k, ...) share of each of k frequencies in a straight-line interpolation, constant beyond the last."""
    below = np.clip(np.searchsorted(frequency, at, side="right") - 1, 0, len(frequency) - 2)
    share = np.clip((at - frequency[below]) / (frequency[below + 1] - frequency[below]), 0.0, 1.0)
    hats = np.zeros((len(frequency), *at.shape))
    np.put_along_axis(hats, below[None], 1.0 - share[None], axis=0)
    np.put_along_axis(hats, below[None] + 1, share[None], axis=0)
    return hats


def _neighbours(rings: int) -> Array:
    """(rings, rings) mean of a ring and its two neighbours, ¼, ½, ¼, from ring STEEP on.

    Without it the rounds would undo what a window does to neighbouring bins, and double their scatter. The first rings
    are corrected one by one: trend and cusp change them by tens of per cent from one to the next.
    """
    unit = np.eye(rings)
    padded = np.pad(unit, ((0, 0), (1, 1)), mode="edge")
    mean = 0.25 * padded[:, :-2] + 0.5 * padded[:, 1:-1] + 0.25 * padded[:, 2:]
    return np.concatenate([unit[:, :STEEP], mean[:, STEEP:]], axis=1).T


def _shared(side: int) -> Array:
    """(side, side) autocorrelations of the product of two tapers that are so many pixels apart, that of one 1."""
    window, pixels = taper(side), np.arange(side)
    products = window * np.append(window, np.zeros(side))[np.add.outer(pixels, pixels)]
    return np.asarray(fft.ifft(np.abs(fft.fft(products)) ** 2).real / (window @ window) ** 2)


def _tied(frequency: Array, nps: Array, weight: Array) -> Array:
    """The spectrum with its value at frequency 0 from a straight line through the lowest bins, or 0."""
    return np.concatenate([[max(0.0, float(_line(frequency, nps, weight) @ nps))], nps[1:]])


def _tie(frequency: Array, nps: Array, weight: Array) -> Array:
    """(rings,) derivatives of the value at frequency 0."""
    line = _line(frequency, nps, weight)
    return line if float(line @ nps) > 0.0 else np.zeros_like(line)


def _line(frequency: Array, nps: Array, weight: Array) -> Array:
    """(rings,) weights of the rings in the value at 0 of a straight line through the lowest, by their scatter."""
    low = slice(1, 1 + TIE_BINS)
    scale = np.sqrt(weight[low]) / np.maximum(nps[low], FLOOR)
    line = np.zeros_like(nps)
    line[low] = np.linalg.pinv(np.stack([np.ones(TIE_BINS), frequency[low]], axis=1) * scale[:, None])[0] * scale
    return line
