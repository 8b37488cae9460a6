"""The expected periodogram against the same reckoned with every pixel's covariance."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from iqa.signal.noise import Covariance
from iqa.signal.periodogram import Detrending, periodogram
from iqa.signal.trend import polynomials

PIXEL = (0.5, 0.7)
FREQUENCY = np.linspace(0.0, 1.5, 16)
NOISE = Covariance(FREQUENCY, 3.0 + 40.0 * FREQUENCY * np.exp(-4.0 * FREQUENCY), PIXEL)


def dense(side: int) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
    """(n², n²) what makes a patch's transform of its pixels, as `periodogram` does, and the pixels' covariance."""
    columns = polynomials(np.ones((side, side), dtype=bool)).reshape(6, -1)
    inwards = (np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5) / (side / 8.0)
    flank = np.sin(0.5 * np.pi * np.minimum(inwards, 1.0)) ** 2
    window = np.outer(flank, flank).ravel()
    wave = np.exp(-2j * np.pi / side * np.outer(np.arange(side), np.arange(side)))
    seen = np.kron(wave, wave) * (window / np.sqrt(np.mean(window**2)))
    lags = np.abs(np.subtract.outer(np.arange(side), np.arange(side)))
    field = np.fft.irfft2(NOISE.spectrum((2 * side, 2 * side)))
    covariance = field[lags[:, None, :, None], lags[None, :, None, :]].reshape(side**2, side**2)
    return seen - (seen @ columns.T) @ columns, covariance


@pytest.mark.parametrize("side", [11, 12])
def test_what_trend_and_window_leave_is_that_of_every_pixel(side: int) -> None:
    made, covariance = dense(side)
    power = np.sum((made @ covariance) * made.conj(), axis=1).real.reshape(side, side) / side**2
    one_phase = np.abs(np.sum((made @ covariance) * made, axis=1)).reshape(side, side) / side**2
    one_phase[0, 0] = 0.0
    detrending = Detrending.of(side, PIXEL)
    assert detrending.expected(NOISE) == pytest.approx(power, rel=1e-9, abs=1e-9)
    kept = slice(1, (side + 1) // 2)  # waves along an axis or at the limit are their own opposites
    assert detrending.scatter(NOISE)[kept, kept] == pytest.approx(np.hypot(power, one_phase)[kept, kept], rel=4e-3)


def test_the_periodogram_of_one_patch_is_its_transform() -> None:
    side = 12
    patch = np.random.default_rng(1).standard_normal((1, side, side))
    made, _ = dense(side)
    wanted = np.abs(made @ patch.ravel()).reshape(side, side) ** 2 / side**2
    found = periodogram(patch.astype(np.float32), polynomials(np.ones((side, side), dtype=bool)))
    assert found == pytest.approx(wanted, abs=1e-5)
