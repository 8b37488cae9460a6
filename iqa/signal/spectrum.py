"""The noise power spectrum of uniform patches, freed from the bias of trend, window and leakage, and its u."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from iqa.signal.noise import Covariance, radial_frequency
from iqa.signal.trend import detrended, polynomials

Array = NDArray[np.float64]

TAPERED = 0.125
"""Share of a patch's side on which its window rises, at either end: leakage falls as fast as with a Hann window, and
the spectrum scatters a third less (average frequency, 24 patches of 64²: 0.65 % for 1.04 %)."""
ITERATIONS = 8
"""Multiplicative corrections of the spectrum: after half as many the first bin of a ramp is still 10 % high, not 3."""
TIE_BINS = 4
"""Lowest bins whose straight line gives the spectrum at frequency 0, which no detrended patch can show."""
FLOOR = 1e-9
"""Smallest spectrum, as a share of its maximum: keeps ratios of empty bins finite."""
DETRENDED = 6
"""Lowest rings of which the trend takes a part that tells in u."""
TRENDED = 2
"""Lowest rings whose scatter the trend changes: patches that share half of their pixels share less of their waves."""
STEEP = 3
"""Rings that are corrected one by one."""
APART = ((0, 0),)
"""Of patches that share no pixel, one on each image."""
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
    """

    covariance: Covariance
    measured: Array
    scatter: Array
    images: float
    corners: NDArray[np.intp]
    detrending: _Detrending

    @cached_property
    def response(self) -> Array:
        """(rings, rings) mm²: change of the spectrum by the periodogram's mean on each ring."""
        return _response(self.covariance, self._rings, self.measured, self.detrending)

    @property
    def ring_sizes(self) -> Array:
        """(rings,) bins of the frequency square in each ring."""
        return self._rings.weight

    def u_of(self, weights: Array) -> float:
        """Standard uncertainty of Σ wₖ Nₖ over the rings.

        Notes
        -----
        Periodograms of Gaussian noise are equal at opposite bins. Those of two patches, through windows v and w, are
        correlated between bins by |DFT(v·w)|² over the squared sum of one window's squares: little in one and the
        same bin where the patches share half of their pixels, but over many bins.
        """
        factors = weights @ self.response
        lowest = factors[:TRENDED]
        variance = self._by_windows(factors, factors) + float(lowest @ self._by_trend @ lowest)
        return float(np.sqrt(max(0.0, variance / self.images)))

    def _by_windows(self, one: Array, other: Array) -> float:
        """Covariance of two sums over the measured rings of one image, as windows alone correlate bins."""
        mine, yours = ((f / self._rings.weight)[self._rings.index] * self.scatter for f in (one, other))
        # Correlation over the distance of bins is a product with its transform in the plane.
        smeared = fft.fft2(fft.ifft2(yours) * self._overlap).real * yours.size
        return 2.0 * float((mine * smeared).sum())

    @cached_property
    def _by_trend(self) -> Array:
        """(TRENDED, TRENDED) exact covariance of the lowest measured rings, less what windows alone make of it."""
        unit = np.eye(len(self.measured))[:TRENDED]
        exact = self.detrending.covariance(self.covariance, self._rings, self._apart)
        return np.asarray(exact - np.array([[self._by_windows(a, b) for b in unit] for a in unit]))

    @cached_property
    def _rings(self) -> _Rings:
        return _Rings.of(len(self.scatter), self.covariance.pixel_mm)

    @cached_property
    def _overlap(self) -> NDArray[np.complex128]:
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
    columns = polynomials(np.ones((side, side), dtype=bool))
    measured = _periodogram(patches, columns)
    rings = _Rings.of(side, pixel_mm)
    wanted = rings.mean(measured)
    area = pixel_mm[0] * pixel_mm[1]
    detrending = _Detrending.of(columns)
    flat = Covariance(rings.frequency, np.full(len(wanted), area), pixel_mm)
    start = wanted * area / np.maximum(rings.mean(detrending.expected(flat)), SMALLEST_SHARE)
    model = replace(flat, nps=_tied(rings.frequency, start, rings.weight))
    smooth = _neighbours(len(wanted))
    for _ in range(ITERATIONS):
        seen = rings.mean(detrending.expected(model))
        ratio = wanted / np.maximum(seen, max(FLOOR * seen.max(), np.finfo(np.float64).tiny))
        model = replace(model, nps=_tied(rings.frequency, model.nps * (smooth @ ratio), rings.weight))
    at = np.array(corners, dtype=np.intp)
    return Spectrum(model, wanted, detrending.scatter(model), images, at, detrending)


def plane_spectrum(patches: NDArray[np.float32], pixel_mm: tuple[float, float]) -> Array:
    """(n, n) noise power spectrum in the plane, HU² mm², of (m, n, n) patches, HU; bins in the order of `numpy.fft`.

    Notes
    -----
    Mean |DFT|² of the patches less their 2nd-order trend, without a window: its sum times the area of a bin is their
    mean variance exactly. Trend and leakage are not undone, so it is for the eye; numbers come from
    `estimate_spectrum`.
    """
    side = patches.shape[-1]
    flat = detrended(patches.astype(np.float64), polynomials(np.ones((side, side), dtype=bool)))
    power = np.abs(fft.rfft2(flat)) ** 2
    return _whole(power.mean(axis=0) / side**2, side) * (pixel_mm[0] * pixel_mm[1])


def _response(model: Covariance, rings: _Rings, measured: Array, detrending: _Detrending) -> Array:
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


def _leak(model: Covariance, rings: _Rings, detrending: _Detrending) -> Array:
    """(rings, rings) mean periodogram on each ring by the spectrum of each; the trend moves the lowest alone."""
    each = np.eye(len(model.nps))
    seen = [detrending.expected(replace(model, nps=one)) for one in each[:DETRENDED]]
    area = model.pixel_mm[0] * model.pixel_mm[1]
    radius = radial_frequency(detrending.pad, model.pixel_mm)
    seen += [detrending.smeared(hat / area) for hat in _hats(model.frequency, radius)[DETRENDED:]]
    return np.stack([rings.mean(field) for field in seen], axis=1)


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


def _taper(side: int) -> Array:
    """(side,) 1 but for cosine flanks (Tukey)."""
    inwards = (np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5) / (TAPERED * side)
    return np.sin(0.5 * np.pi * np.minimum(inwards, 1.0)) ** 2


def _shared(side: int) -> NDArray[np.complex128]:
    """(side, side) autocorrelations of the product of two tapers that are so many pixels apart, that of one 1."""
    taper = _taper(side)
    products = np.stack([np.pad(taper[d:], (0, d)) * np.pad(taper[: side - d], (0, d)) for d in range(side)])
    return np.asarray(fft.ifft(np.abs(fft.fft(products)) ** 2) / (taper @ taper) ** 2)


def _window(side: int) -> Array:
    """Tapered window over a square patch, of mean square 1."""
    window = np.outer(_taper(side), _taper(side))
    return np.asarray(window / np.sqrt(np.mean(window**2)))


def _periodogram(patches: NDArray[np.float32], columns: Array) -> Array:
    """Mean |DFT|²/n² of the detrended, windowed patches, HU²."""
    side = patches.shape[-1]
    seen = fft.rfft2(detrended(patches, columns) * _window(side).astype(np.float32))
    return _whole(np.asarray(np.mean(np.abs(seen) ** 2, axis=0) / side**2, dtype=np.float64), side)


@dataclass(frozen=True, eq=False)
class _Detrending:
    """What trend and window do to a patch, whatever its noise."""

    columns: Array
    """(k, side, side) orthonormal polynomials."""
    window: Array
    overlap: Array
    """Autocorrelation of the window, on twice the side."""
    padded: NDArray[np.complex128]
    """Transforms of the columns, on twice the side."""
    windowed: NDArray[np.complex128]
    """Transforms of the windowed columns."""

    @classmethod
    def of(cls, columns: Array) -> _Detrending:
        side = columns.shape[-1]
        window, pad = _window(side), (2 * side, 2 * side)
        overlap = fft.irfft2(np.abs(fft.rfft2(window, pad)) ** 2, pad)
        return cls(columns, window, overlap, fft.rfft2(columns, pad), fft.rfft2(window * columns))

    def expected(self, model: Covariance) -> Array:
        """What `_periodogram` gives in the mean for noise of this covariance.

        With y = w (1 − QQᵀ) x: E|ŷ|² = (window's autocorrelation × c)^ − 2 Re Σ (w C q)^ (w q)^* + Σ G (w q)^ (w q)^*,
        G = QᵀCQ.
        """
        side = self.columns.shape[-1]
        taken = np.sum(self.windowed.conj() * self._taken(model), axis=0).real
        return self.smeared(model.spectrum(self.pad)) + _whole(taken / side**2, side)

    def scatter(self, model: Covariance) -> Array:
        """Standard deviation of the periodogram of one patch at each bin.

        √(|E|ŷ|²|² + |E ŷ²|²): a wave of which the trend takes the one phase and leaves the other scatters by √2.
        """
        side = self.columns.shape[-1]
        one_phase = _whole(np.abs(np.sum(self.windowed * self._taken(model), axis=0)) / side**2, side)
        one_phase[0, 0] = 0.0  # a wave without phases
        return np.hypot(self.expected(model), one_phase)

    def covariance(self, model: Covariance, rings: _Rings, apart: tuple[NDArray[np.intp], Array]) -> Array:
        """(TRENDED, TRENDED) of the lowest rings' means over an image's patches, HU⁴, by `Spectrum._apart`.

        Each bin is the squares of two phases: with u = gᵀx and v = hᵀx, cov(u², v²) = 2 (ΣΣ g(x) C(x − x′ + d) h(x′))²
        for patches that lie d apart.
        """
        side = self.columns.shape[-1]
        bins = np.argwhere(rings.index[:, : side // 2 + 1] < TRENDED)
        phase = 2.0 * np.pi / side * np.tensordot(bins, np.mgrid[:side, :side], 1)
        waves = np.concatenate([np.cos(phase), np.sin(phase)]) * self.window / side
        waves -= np.tensordot(np.tensordot(waves, self.columns, ((1, 2), (1, 2))), self.columns, 1)
        wide = (3 * side, 3 * side)
        smeared = np.roll(fft.irfft2(fft.rfft2(waves, wide) * model.spectrum(wide), wide), (side, side), (1, 2))
        own = rings.index[tuple(bins.T)] == np.arange(TRENDED)[:, None]
        mean = np.tile(own * np.where(bins[:, 1] > 0, 2.0, 1.0), 2) / rings.weight[:TRENDED, None]
        total = np.zeros((len(waves), len(waves)))
        for down, right, share in zip(*apart[0], apart[1], strict=True):
            moved = smeared[:, side - down : 2 * side - down, side - right : 2 * side - right]
            total += 2.0 * share * np.tensordot(moved, waves, ((1, 2), (1, 2))) ** 2
        return np.asarray(mean @ total @ mean.T)

    def _taken(self, model: Covariance) -> NDArray[np.complex128]:
        """(k, side, side//2 + 1) Σ G (w q)^ − 2 (w C q)^ of each column."""
        k, side, _ = self.columns.shape
        smeared = fft.irfft2(self.padded * model.spectrum(self.pad), self.pad)[:, :side, :side]
        gram = self.columns.reshape(k, -1) @ smeared.reshape(k, -1).T
        q = self.windowed
        return np.asarray((gram @ q.reshape(k, -1)).reshape(q.shape) - 2.0 * fft.rfft2(self.window * smeared))

    @property
    def pad(self) -> tuple[int, int]:
        """Twice the side."""
        return self.overlap.shape[0], self.overlap.shape[1]

    def smeared(self, spectrum: Array) -> Array:
        """(side, side) what the window alone makes of a `Covariance.spectrum` on twice the side."""
        side = self.columns.shape[-1]
        # Every other bin of a transform is that of the field folded in half.
        folded = (self.overlap * fft.irfft2(spectrum, self.pad)).reshape(2, side, 2, side).sum(axis=(0, 2))
        return _whole(fft.rfft2(folded).real / side**2, side)


def _whole(half: Array, side: int) -> Array:
    """The full square of a real field's power from the half of it that its transform holds."""
    mirrored = np.roll(half[::-1], 1, axis=0)[:, 1 : (side + 1) // 2][:, ::-1]
    return np.concatenate([half, mirrored], axis=1)


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


@dataclass(frozen=True, eq=False)
class _Rings:
    """Rings of one bin's width centred on multiples of it, out to the corner."""

    frequency: Array
    index: NDArray[np.intp]
    weight: Array

    @classmethod
    def of(cls, side: int, pixel_mm: tuple[float, float]) -> _Rings:
        radius = _whole(radial_frequency((side, side), pixel_mm), side)
        index = np.rint(radius * side * max(pixel_mm)).astype(np.intp)
        weight = np.bincount(index.ravel()).astype(np.float64)
        return cls(np.bincount(index.ravel(), radius.ravel()) / weight, index, weight)

    def mean(self, field: Array) -> Array:
        return np.asarray(np.bincount(self.index.ravel(), field.ravel()) / self.weight)
