"""The noise of profiles along ramps, learnt from what a fit leaves of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

REACH = 0.5
"""Part of a profile's length beyond which its noise counts as uncorrelated (Parzen window); ten LSF widths or more."""

SPECTRUM_STEPS = 4
"""Rounds of measured / expected for the noise's spectrum; a fifth changes it by less than 1 %."""

FLOOR = 1e-6
"""White noise added, against the variance (and, squared, in HU²), so that an empty spectrum can be inverted."""

CORRELATED_SLICES = 4
"""Neighbours over which noise correlation along z is kept: 2:1 overlap and a helical profile reach two."""


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """Second moments of the noise of profiles on one grid."""

    lags: FloatArray
    """(n,) autocovariance along the profile, HU²."""
    across: FloatArray
    """(k,) correlation between profiles of one ramp k slices apart, 1 first."""

    @property
    def whitener(self) -> FloatArray:
        """(n, n) matrix that makes a profile's noise white and of unit variance."""
        covariance = _toeplitz(self.lags)
        covariance += FLOOR * (self.lags[0] + FLOOR) * np.eye(self.lags.size)
        return np.asarray(np.linalg.inv(np.linalg.cholesky(covariance)))

    def inflation(self, slices: int) -> float:
        """Sum of squares of correlated slices over that of independent ones; 1 or more."""
        lag = np.arange(1, min(slices, self.across.size))
        return max(1.0, 1.0 + 2.0 * float((self.across[lag] * (1.0 - lag / slices)).sum()))


def noise_of(residual: FloatArray, maker: FloatArray, first: NDArray[np.int64], ramp: NDArray[np.int64]) -> Noise:
    """Noise of profiles, from what a plain fit left of them.

    Parameters
    ----------
    residual : (m, n)
        HU, of a fit without weights; rows of one ramp follow one another in the order of the slices.
    maker : (m, n, n)
        Matrices that turn a row's noise into its residual.
    first : (m,)
        Place of each row's first sample on the grid common to the rows of a ramp: rows that see the same place
        share its noise as far as their slices overlap.
    ramp : (m,)
        Index of the ramp.

    Notes
    -----
    A fit takes noise away, most at low frequencies. So the spectrum is the one whose expected periodogram, after
    such a fit, is that of the residuals: it is multiplied by measured / expected a few times, both smoothed by a
    Parzen window over the lags. Positive by construction.
    """
    rows, length = residual.shape
    measured = _periodogram(residual)
    spectrum = measured.copy()
    for _ in range(SPECTRUM_STEPS):
        covariance = _toeplitz(_lags(spectrum, length))
        root = np.linalg.cholesky(covariance + FLOOR * (covariance[0, 0] + FLOOR) * np.eye(length))
        spectrum = spectrum * measured / _periodogram((maker @ root).transpose(0, 2, 1)) / length
    across = [_correlation(residual, first, ramp, lag) for lag in range(min(CORRELATED_SLICES, rows - 1) + 1)]
    return Noise(_lags(spectrum, length), np.array(across))


def _periodogram(rows: FloatArray) -> FloatArray:
    """Smoothed power spectrum of (..., n) rows, mean over all but the last axis; its transform is the covariance."""
    length = rows.shape[-1]
    power = (np.abs(np.fft.rfft(rows, 2 * length, axis=-1)) ** 2).reshape(-1, length + 1).mean(axis=0) / length
    lags = np.fft.irfft(power)
    reach = int(length * REACH)
    taper = np.zeros(length + 1)
    taper[: reach + 1] = _parzen(reach)
    return np.asarray(
        np.fft.rfft(
            np.concatenate([lags[: length + 1] * taper, (lags[length + 1 :] * taper[length - 1 : 0 : -1])])
        ).real
    )


def _parzen(reach: int) -> FloatArray:
    """(reach + 1,) Parzen window over the lags 0 … reach."""
    share = np.arange(reach + 1) / (reach + 0.5)
    return np.where(
        share <= reach / (2.0 * reach + 1.0), 1.0 - 6.0 * share**2 * (1.0 - share), 2.0 * (1.0 - share) ** 3
    )


def _toeplitz(lags: FloatArray) -> FloatArray:
    """(n, n) matrix of the lags between n samples."""
    place = np.arange(lags.size)
    return np.asarray(lags[np.abs(place[:, None] - place)])


def _lags(spectrum: FloatArray, length: int) -> FloatArray:
    return np.asarray(np.fft.irfft(spectrum)[:length])


def _correlation(residual: FloatArray, first: NDArray[np.int64], ramp: NDArray[np.int64], lag: int) -> float:
    """Correlation of rows `lag` slices apart where they see the same place; 0 where none do."""
    product = power = 0.0
    length = residual.shape[1]
    for a, b in zip(range(len(ramp) - lag), range(lag, len(ramp)), strict=True):
        shift = int(first[b] - first[a])
        if ramp[a] == ramp[b] and abs(shift) < length:
            left = residual[a, max(0, shift) : length + min(0, shift)]
            right = residual[b, max(0, -shift) : length - max(0, shift)]
            product += float(left @ right)
            power += 0.5 * float(left @ left + right @ right)
    return product / power if power > 0.0 else 0.0


def variance(influence: FloatArray, first: NDArray[np.int64], noise: Noise) -> float:
    """Variance of a quantity with the given influence (m, n) of each value of one ramp's rows."""
    rows, length = influence.shape
    start = first - first.min()
    placed = np.zeros((rows, int(start.max()) + length))
    for row, at in enumerate(start):
        placed[row, at : at + length] = influence[row]
    lags = np.zeros(placed.shape[1])
    lags[:length] = noise.lags
    seen = placed @ _toeplitz(lags)
    total = float((seen * placed).sum())
    for lag in range(1, min(noise.across.size, rows)):
        total += 2.0 * float(noise.across[lag]) * float((seen[lag:] * placed[:-lag]).sum())
    return max(total, 0.0)
