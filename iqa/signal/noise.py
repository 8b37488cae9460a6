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

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

TAPERED = 0.125
"""Share of a patch's side on which its window rises, at either end: leakage falls as fast as with a Hann window, and
the spectrum scatters a third less (average frequency, 24 patches of 64²: 0.65 % for 1.04 %)."""
ITERATIONS = 8
"""Multiplicative corrections of the spectrum: after half as many the first bin of a ramp is still 10 % high, not 3."""
TIE_BINS = 4
"""Lowest bins whose straight line gives the spectrum at frequency 0, which no detrended patch can show."""
FLOOR = 1e-9
"""Smallest spectrum, as a share of its maximum: keeps ratios of empty bins finite."""
STEEP = 3
"""Rings that are corrected one by one."""
SMALLEST_SHARE = 0.01
"""Of flat noise that is left on a ring: of bin 0 the trend leaves nothing."""
SMALLEST_PAD = 32
"""Pixels added to a small region before its transform, so that the noise has faded before it wraps round."""
GRAIN_SIDE = 128
"""Bins along each frequency for the grain of the noise."""
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
        power = self._whole_square
        return float(np.mean(power**2) / np.mean(power) ** 2)

    def scaled(self, variance: float) -> Covariance:
        """The same texture with another pixel variance, HU²."""
        return replace(self, nps=self.nps * (variance / self.variance))

    def grid(self, reach: tuple[int, int]) -> Array:
        """Autocovariance, HU², at lags −reach … reach pixels: (2 reach_y + 1, 2 reach_x + 1), lag 0 in the middle."""
        shape = _padded((2 * reach[0] + 1, 2 * reach[1] + 1))
        full = np.roll(fft.irfft2(self.spectrum(shape), shape), reach, axis=(0, 1))
        return np.asarray(full[: 2 * reach[0] + 1, : 2 * reach[1] + 1])

    def variance_of_sum(self, weights: Array) -> float:
        """Variance, HU², of Σ wᵢ xᵢ over a (rows, columns) field of weights: Σ A·c, A the autocorrelation of w."""
        shape = _padded(weights.shape)
        return _against(weights, self.spectrum(shape), shape)

    def variance_of_mean(self, mask: Mask) -> float:
        """Variance, HU², of the mean over a (rows, columns) mask."""
        return self.variance_of_sum(mask / np.count_nonzero(mask))

    def of_sums(self, weights: Array, shape: tuple[int, int]) -> Array:
        """(m, m) covariance, HU², of the sums over (m, rows, columns) fields of weights, padded to a shape."""
        seen = fft.rfft2(weights, shape)
        seen *= np.sqrt(self.spectrum(shape) * _halves(shape) / (shape[0] * shape[1]))
        flat = seen.reshape(len(weights), -1)
        return np.asarray(flat.real @ flat.real.T + flat.imag @ flat.imag.T)

    def kept(self, mask: Mask) -> float:
        """E[S²]/σ² of the sample variance S² (divisor n − 1) over a mask: below 1, its own mean swallows the rest."""
        n = np.count_nonzero(mask)
        return (1.0 - self.variance_of_mean(mask) / self.variance) * n / (n - 1)

    def kept_after_detrend(self, mask: Mask) -> float:
        """E[residual sum of squares]/(n σ²) after a 2nd-order fit over a mask."""
        return self.kept_after_fit(mask, _monomials(mask))

    def kept_after_fit(self, mask: Mask, columns: Array) -> float:
        """E[residual sum of squares]/(n σ²) after a least-squares fit of (k, n) columns: tr(PC)/(n σ²)."""
        shape = _padded(mask.shape)
        spectrum = self.spectrum(shape)
        lost = sum(_against(field, spectrum, shape) for field in _orthonormal(mask, columns))
        return 1.0 - lost / (np.count_nonzero(mask) * self.variance)

    def relative_variance_of_variance(self, mask: Mask) -> float:
        """Var(S²)/σ⁴ of the sample variance of Gaussian noise over a mask: 2 ΣA·c²/(n² σ⁴)."""
        shape = _padded(mask.shape)
        squared = fft.rfft2(fft.irfft2(self.spectrum(shape), shape) ** 2).real
        return 2.0 * _against(mask / np.count_nonzero(mask), squared, shape) / self.variance**2

    def spectrum(self, shape: tuple[int, int]) -> Array:
        """HU² per bin of a periodic (rows, columns) grid, the half that a transform of real values has.

        The mean over the whole grid is the pixel variance.
        """
        # Discs of one size come again and again: as means, as levels, on other slices.
        if shape not in self._spectra:
            radius = _radius(shape, self.pixel_mm)
            nps = np.interp(radius, self.frequency, self.nps)
            self._spectra[shape] = nps / (self.pixel_mm[0] * self.pixel_mm[1])
        return self._spectra[shape]

    @property
    def _whole_square(self) -> Array:
        """HU² per bin over a full square of frequencies."""
        return _whole(self.spectrum((GRAIN_SIDE, GRAIN_SIDE)), GRAIN_SIDE)

    @cached_property
    def _spectra(self) -> dict[tuple[int, int], Array]:
        return {}


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

    def _matrix(self, z_mm: Array) -> Array:
        apart = np.abs(np.subtract.outer(z_mm, z_mm))
        rho = np.interp(apart, self.distance_mm, self.rho, right=0.0)
        return np.where(np.eye(len(z_mm), dtype=bool), 1.0, rho)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The noise power spectrum of a scan with what it was read from, for its uncertainty.

    Attributes
    ----------
    covariance : Covariance
        Of the radial spectrum, freed from the bias of trend and window.
    response : (rings, rings) float, mm²
        Change of the spectrum by the periodogram's mean on each ring: freeing from leakage lifts the noise of a ring.
    periodogram : (side, side) float, HU²
        What such noise gives in the mean.
    effective : float
        Patches as many as are independent.
    """

    covariance: Covariance
    response: Array
    periodogram: Array
    effective: float

    @property
    def ring_sizes(self) -> Array:
        """(rings,) bins of the frequency square in each ring."""
        return _Rings.of(len(self.periodogram), self.covariance.pixel_mm).weight

    def u_of(self, weights: Array) -> float:
        """Standard uncertainty of Σ wₖ Nₖ over the rings.

        Notes
        -----
        Periodograms of Gaussian noise through a window w are correlated between bins by |DFT(w²)|², normalised, and
        equal at opposite bins.
        """
        side = len(self.periodogram)
        rings = _Rings.of(side, self.covariance.pixel_mm)
        share = ((weights @ self.response) / rings.weight)[rings.index] * self.periodogram
        window = _window(side) ** 2
        # Correlation over the distance of bins is a product with the window's own autocorrelation in the plane.
        overlap = fft.ifft2(np.abs(fft.fft2(window) / window.sum()) ** 2)
        smeared = fft.fft2(fft.ifft2(share) * overlap).real * side**2
        return float(np.sqrt(max(0.0, 2.0 * float((share * smeared).sum()) / self.effective)))


def estimate_spectrum(patches: NDArray[np.float32], pixel_mm: tuple[float, float], effective: float) -> Spectrum:
    """Noise power spectrum of a scan from uniform square patches.

    Parameters
    ----------
    patches : (m, n, n) float, HU
        Patches of the uniform object; they may overlap and come from several slices.
    pixel_mm : (float, float)
        Pixel distance, (y, x).
    effective : float
        Patches as many as are independent; see `independent_patches`.

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
    columns = _polynomials(np.ones((side, side), dtype=bool))
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
        expected = detrending.expected(model)
        seen = rings.mean(expected)
        ratio = wanted / np.maximum(seen, max(FLOOR * seen.max(), np.finfo(np.float64).tiny))
        model = replace(model, nps=_tied(rings.frequency, model.nps * (smooth @ ratio), rings.weight))
    return Spectrum(model, _response(model, rings, wanted), expected, effective)


def _response(model: Covariance, rings: _Rings, measured: Array) -> Array:
    """Derivatives of the iterated spectrum by the measured rings: what each round adds, S being the relative leakage.

    The trend is left out: it moves the lowest two bins alone.
    """
    side = len(rings.index)
    overlap = np.abs(fft.ifft2(np.abs(fft.fft2(_window(side))) ** 2)).real / side**2
    whole = _whole(_radius((side, side), model.pixel_mm), side)
    unit = np.eye(len(measured))
    hats = np.stack([np.interp(whole, model.frequency, e) for e in unit])
    seen = fft.fft2(fft.ifft2(hats) * overlap).real
    leak = np.stack([rings.mean(field) for field in seen], axis=1)
    relative = leak * model.nps / np.maximum(leak @ model.nps, np.finfo(np.float64).tiny)[:, None]
    smooth, total = _neighbours(len(unit)), np.eye(len(unit))
    for _ in range(ITERATIONS):
        total = total + smooth @ (np.eye(len(unit)) - relative @ total)
    safe = np.maximum(measured, max(FLOOR * measured.max(), np.finfo(np.float64).tiny))
    return np.asarray(model.nps[:, None] * total / safe)


def _neighbours(rings: int) -> Array:
    """(rings, rings) mean of a ring and its two neighbours, ¼, ½, ¼, from ring STEEP on.

    Without it the rounds would undo what a window does to neighbouring bins, and double their scatter. The first rings
    are corrected one by one: trend and cusp change them by tens of per cent from one to the next.
    """
    unit = np.eye(rings)
    padded = np.pad(unit, ((0, 0), (1, 1)), mode="edge")
    mean = 0.25 * padded[:, :-2] + 0.5 * padded[:, 1:-1] + 0.25 * padded[:, 2:]
    return np.concatenate([unit[:, :STEEP], mean[:, STEEP:]], axis=1).T


def independent_patches(corners: Array, side: int) -> float:
    """Patches as many as are independent: of m patches at (m, 2) pixel corners, m²/ΣΣ ρ.

    ρ is the overlap of two squared windows: what the powers of all frequencies together correlate by. Those of one and
    the same frequency correlate less, but with one another's neighbours too.
    """
    squared = _taper(side) ** 2
    along = np.correlate(squared, squared, mode="full")[side - 1 :] / (squared @ squared)
    apart = np.abs(corners[:, None] - corners[None])
    rho = np.prod(np.where(apart < side, along[np.minimum(apart, side - 1)], 0.0), axis=2)
    return float(len(corners) ** 2 / np.sum(rho))


def plane_spectrum(patches: NDArray[np.float32], pixel_mm: tuple[float, float]) -> Array:
    """(n, n) noise power spectrum in the plane, HU² mm², of (m, n, n) patches, HU; bins in the order of `numpy.fft`.

    Notes
    -----
    Mean |DFT|² of the patches less their 2nd-order trend, without a window: its sum times the area of a bin is their
    mean variance exactly. Trend and leakage are not undone, so it is for the eye; numbers come from
    `estimate_spectrum`.
    """
    side = patches.shape[-1]
    flat = _detrended(patches, _polynomials(np.ones((side, side), dtype=bool)))
    power = np.abs(fft.rfft2(flat.astype(np.float64))) ** 2
    return _whole(power.mean(axis=0) / side**2, side) * (pixel_mm[0] * pixel_mm[1])


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
    columns = _polynomials(np.ones((side, side), dtype=bool))
    flat = _detrended(patches.reshape(-1, side, side), columns).reshape(slices, -1).astype(np.float64)
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


def detrended_sum_of_squares(image: NDArray[np.float32], mask: Mask) -> float:
    """Residual sum of squares, HU², of the 2nd-order polynomial fit to (rows, columns) pixels in a mask."""
    values = image[mask].astype(np.float64)
    values -= values.mean()
    columns = _monomials(mask)
    along = columns @ values
    return float(values @ values - along @ np.linalg.solve(columns @ columns.T, along))


def _distinct(values: Array) -> list[float]:
    """Values that differ by more than MERGE, rising."""
    distinct: list[float] = []
    for value in np.sort(values):
        if not distinct or value > distinct[-1] * (1.0 + MERGE):
            distinct.append(float(value))
    return distinct


def _padded(shape: tuple[int, ...]) -> tuple[int, int]:
    rows, columns = (fft.next_fast_len(2 * n + SMALLEST_PAD, real=True) for n in shape)
    return rows, columns


def _radius(shape: tuple[int, int], pixel_mm: tuple[float, float]) -> Array:
    """Radial frequency, 1/mm, of each bin of a transform of real values."""
    rows, columns = fft.fftfreq(shape[0], pixel_mm[0]), fft.rfftfreq(shape[1], pixel_mm[1])
    return np.asarray(np.hypot(rows[:, None], columns[None, :]))


def _against(weights: Array, spectrum: Array, shape: tuple[int, int]) -> float:
    """Σ A·c in the frequency domain, where it is Σ |W|²·S; the mirrored half is not computed."""
    seen = fft.rfft2(weights, shape)
    power = (seen.real**2 + seen.imag**2) * spectrum
    return float(power.sum(axis=0) @ _halves(shape)) / (shape[0] * shape[1])


def _halves(shape: tuple[int, int]) -> Array:
    """(columns,) how often each column of a transform of real values counts: twice but for its first and Nyquist's."""
    counts = np.full(shape[1] // 2 + 1, 2.0)
    counts[0] = 1.0
    if shape[1] % 2 == 0:
        counts[-1] = 1.0
    return counts


def _monomials(mask: Mask) -> Array:
    """(6, n): 1, x, y, x², xy, y² at the pixels of a mask, centred and scaled."""
    y, x = np.array(np.nonzero(mask)) / max(mask.shape)
    y, x = y - y.mean(), x - x.mean()
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y])


def _polynomials(mask: Mask) -> Array:
    """(6, rows, columns): orthonormal 2nd-order polynomials on a mask, 0 outside it."""
    return _orthonormal(mask, _monomials(mask))


def _orthonormal(mask: Mask, columns: Array) -> Array:
    """(k, rows, columns): (k, n) columns made orthonormal, as fields on a mask that are 0 outside it."""
    fields = np.zeros((len(columns), *mask.shape))
    fields[:, mask] = np.linalg.solve(np.linalg.cholesky(columns @ columns.T), columns)
    return fields


def _detrended(patches: NDArray[np.float32], columns: Array) -> NDArray[np.float32]:
    flat = patches.reshape(len(patches), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    basis = columns.reshape(len(columns), -1).astype(np.float32)
    return np.asarray((flat - (flat @ basis.T) @ basis).reshape(patches.shape))


def _taper(side: int) -> Array:
    """(side,) 1 but for cosine flanks (Tukey)."""
    inwards = (np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5) / (TAPERED * side)
    return np.sin(0.5 * np.pi * np.minimum(inwards, 1.0)) ** 2


def _window(side: int) -> Array:
    """Tapered window over a square patch, of mean square 1."""
    window = np.outer(_taper(side), _taper(side))
    return np.asarray(window / np.sqrt(np.mean(window**2)))


def _periodogram(patches: NDArray[np.float32], columns: Array) -> Array:
    """Mean |DFT|²/n² of the detrended, windowed patches, HU²."""
    side = patches.shape[-1]
    seen = fft.rfft2(_detrended(patches, columns) * _window(side).astype(np.float32))
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
        k, side, _ = self.columns.shape
        pad = (2 * side, 2 * side)
        spectrum = model.spectrum(pad)
        plain = fft.rfft2(self.overlap * fft.irfft2(spectrum, pad)).real[::2, ::2]
        smeared = fft.irfft2(self.padded * spectrum, pad)[:, :side, :side]
        gram = self.columns.reshape(k, -1) @ smeared.reshape(k, -1).T
        q, cq = self.windowed, fft.rfft2(self.window * smeared)
        trend = np.sum(q.conj() * ((gram @ q.reshape(k, -1)).reshape(q.shape) - 2.0 * cq), axis=0)
        return _whole((plain + trend.real) / side**2, side)


def _whole(half: Array, side: int) -> Array:
    """The full square of a real field's power from the half of it that its transform holds."""
    mirrored = np.roll(half[::-1], 1, axis=0)[:, 1 : (side + 1) // 2][:, ::-1]
    return np.concatenate([half, mirrored], axis=1)


def _tied(frequency: Array, nps: Array, weight: Array) -> Array:
    """The spectrum with its value at frequency 0 from a straight line through the lowest bins."""
    low = slice(1, 1 + TIE_BINS)
    start = np.polyfit(frequency[low], nps[low], 1, w=np.sqrt(weight[low]) / np.maximum(nps[low], FLOOR))[1]
    return np.concatenate([[np.clip(start, 0.0, None)], nps[1:]])


@dataclass(frozen=True, eq=False)
class _Rings:
    """Rings of one bin's width centred on multiples of it, out to the corner."""

    frequency: Array
    index: NDArray[np.intp]
    weight: Array

    @classmethod
    def of(cls, side: int, pixel_mm: tuple[float, float]) -> _Rings:
        radius = _whole(_radius((side, side), pixel_mm), side)
        index = np.rint(radius * side * max(pixel_mm)).astype(np.intp)
        weight = np.bincount(index.ravel()).astype(np.float64)
        return cls(np.bincount(index.ravel(), radius.ravel()) / weight, index, weight)

    def mean(self, field: Array) -> Array:
        return np.asarray(np.bincount(self.index.ravel(), field.ravel()) / self.weight)
