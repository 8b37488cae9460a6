"""Noise has the variance, texture and correlation that the physics asks for."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from numpy.random import default_rng

from iqa.simulate.blur import blur_of
from iqa.simulate.noise import Noise, mixing_of, noise_of
from iqa.simulate.physics import Physics

CROP = 64
IMAGES = 200
Nps = Literal["ramp", "white", "low_pass"]


def made(nps: Nps = "ramp") -> Noise:
    return noise_of(Physics(matrix=CROP, pixel_mm=0.5, noise_hu=10.0, nps=nps), blur_of("soft"))


@pytest.mark.parametrize("nps", ["ramp", "white"])
def test_sigma_over_many_images(nps: Nps) -> None:
    images = made(nps).volume((IMAGES, CROP, CROP), None, default_rng(1))
    # 200 images of 4,096 correlated pixels know their SD to 0.1 %
    assert float(np.sqrt((images.astype(np.float64) ** 2).mean())) == pytest.approx(10.0, rel=0.003)


@pytest.mark.parametrize("nps", ["ramp", "white", "low_pass"])
def test_power_sums_to_the_variance(nps: Nps) -> None:
    noise = made(nps)
    assert noise.weighted.sum() / (noise.size * noise.pixel_mm) ** 2 == pytest.approx(100.0, rel=1e-9)


def test_measured_power_is_the_target_in_bands() -> None:
    noise = made()
    size = noise.size
    images = noise.volume((IMAGES, size, size), None, default_rng(2)).astype(np.float64)
    power = (np.abs(np.fft.rfft2(images)) ** 2).mean(axis=0) * (noise.pixel_mm / size) ** 2
    f = noise.frequency
    for low in (0.05, 0.2, 0.4, 0.6):
        band = (f >= low) & (f < low + 0.1)
        # a band of some 100 bins and 200 images scatters by 1/√20,000 = 0.7 %
        assert power[band].sum() == pytest.approx(noise.power[band].sum(), rel=0.02)


def test_ramp_noise_has_the_form_of_f_times_transfer_squared() -> None:
    noise = made()
    f = noise.frequency[0, 1:20]
    form = f * np.exp(-2.0 * (np.pi * 0.4685 * f) ** 2) ** 2
    np.testing.assert_allclose(noise.power[0, 1:20] / noise.power[0, 10], form / form[9], rtol=1e-9)


def test_overlapping_slices_correlate_as_their_profiles() -> None:
    physics = Physics(matrix=CROP, step_mm=1.25, thickness_mm=2.5, section="rect")
    mixing = mixing_of(physics, 40)
    assert mixing is not None
    images = made().volume((40, CROP, CROP), mixing, default_rng(3)).reshape(40, -1)
    correlation = np.corrcoef(images.astype(np.float64))
    assert np.diag(correlation, 1).mean() == pytest.approx(0.5, abs=0.01)
    assert np.diag(correlation, 2).mean() == pytest.approx(0.0, abs=0.01)
    assert images.std(axis=1).mean() == pytest.approx(10.0, rel=0.01)


def test_slices_side_by_side_are_independent() -> None:
    assert mixing_of(Physics(step_mm=2.5, thickness_mm=2.5, section="rect"), 10) is None
