"""The true index of a channelized Hotelling observer in simulated noise, against its closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import j1

from iqa.simulate import Physics
from iqa.simulate.blur import blur_of, disc
from iqa.simulate.noise import noise_of
from iqa.simulate.observer import true_index

PIXEL_MM = 0.5


def picture(side: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    at = (np.arange(side) - (side - 1) / 2) * PIXEL_MM
    return np.asarray(np.hypot(at[:, None], at[None, :]))


def test_in_white_noise_the_matched_channel_sees_the_signal_to_noise_ratio() -> None:
    noise = noise_of(Physics(matrix=128, nps="white", noise_hu=4.0), blur_of("soft"))
    signal = 3.0 * disc(3.0, blur_of("soft")).at(picture(41))
    ratio = math.sqrt(float((signal**2).sum())) / 4.0
    assert true_index(noise, signal[None], signal) == pytest.approx(ratio, rel=1e-9)
    # a second channel across it sees nothing more
    across = np.roll(signal, 1, axis=0) - np.roll(signal, -1, axis=0)
    assert true_index(noise, np.stack([signal, across]), signal) == pytest.approx(ratio, rel=1e-9)


def test_rounding_adds_a_twelfth_of_its_step() -> None:
    noise = noise_of(Physics(matrix=128, nps="white", noise_hu=2.0), blur_of("soft"))
    signal = disc(3.0, blur_of("soft")).at(picture(41))
    ratio = math.sqrt(float((signal**2).sum()) / (4.0 + 9.0 / 12.0))
    assert true_index(noise, signal[None], signal, 3.0) == pytest.approx(ratio, rel=1e-9)


def test_in_ct_noise_a_disc_template_is_the_integral_of_the_field() -> None:
    """δ² = [∬ W T]²/∬ W² NPS of one channel, by integration over the frequency plane."""
    blur, radius = blur_of("soft"), 4.0
    noise = noise_of(Physics(matrix=256, noise_hu=10.0), blur)
    template = disc(radius, blur).at(picture(81))
    f = np.linspace(1e-6, 1.0, 40_001)
    target = radius * j1(2.0 * np.pi * radius * f) / f * blur.transfer(f)
    power = f * blur.transfer(f) ** 2
    grid = np.hypot(*np.meshgrid(np.fft.fftfreq(1024, PIXEL_MM), np.fft.fftfreq(1024, PIXEL_MM)))
    scale = 100.0 * PIXEL_MM**2 / float(np.mean(grid * blur.transfer(grid) ** 2))
    seen = np.trapezoid(2.0 * np.pi * f * target**2, f)
    left = np.trapezoid(2.0 * np.pi * f * target**2 * power * scale, f)
    assert true_index(noise, template[None], template) == pytest.approx(seen / math.sqrt(left), rel=5e-3)
