"""The scatter of the means of discs against closed forms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from iqa.signal.disc_means import disc_variances, disc_weights, scatter_of_means
from iqa.signal.noise import Covariance

PIXEL = (0.5, 0.5)
SIDE = 161
WHITE = Covariance(np.linspace(0.0, 1.5, 40), np.full(40, 25.0), PIXEL)
"""σ = 10 HU: 25 HU² mm² over pixels of 0.25 mm²."""


def white(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return (10.0 * np.random.default_rng(seed).standard_normal((SIDE, SIDE))).astype(np.float32)


@pytest.mark.parametrize("pixel", [(0.5, 0.5), (0.77, 0.77), (0.45, 0.98)], ids=str)
@pytest.mark.parametrize("diameter", [0.3, 3.0, 5.0])
def test_a_disc_holds_its_share_of_every_pixel(diameter: float, pixel: tuple[float, float]) -> None:
    weights = disc_weights(diameter, pixel)
    assert weights.sum() == pytest.approx(1.0)
    assert weights == pytest.approx(weights[::-1, ::-1], abs=1e-12)
    full = math.pi * diameter**2 / 4.0 / (pixel[0] * pixel[1])
    assert weights.max() * max(1.0, full) == pytest.approx(1.0, abs=2e-3)  # a whole pixel holds 1 / full of it
    reach = [n // 2 * p for n, p in zip(weights.shape, pixel, strict=True)]
    assert all(diameter / 2.0 - p / 2.0 <= r < diameter / 2.0 + p / 2.0 for r, p in zip(reach, pixel, strict=True))


@pytest.mark.parametrize("pixel", [0.45, 0.6, 0.77, 0.9])
def test_the_variance_of_a_small_disc_hangs_on_no_pixel(pixel: float) -> None:
    """Within 6 %, by which pixels of 0.9 mm widen it: the integral over the spectrum, whatever the grid."""
    frequency = np.linspace(0.0, 3.0, 600)
    soft = Covariance(frequency, 400.0 * frequency * np.exp(-4.0 * (np.pi * 0.47 * frequency) ** 2), (pixel, pixel))
    for diameter in (3.0, 5.0):
        ideal = float(disc_variances(replace(soft, pixel_mm=(0.1, 0.1)), np.array([diameter]))[0])
        seen = soft.variance_of_sum(disc_weights(diameter, (pixel, pixel)))
        assert math.sqrt(seen) == pytest.approx(math.sqrt(ideal), rel=0.06)


def test_white_noise_scatters_by_the_root_of_the_number() -> None:
    images = [white(seed) for seed in range(6)]
    area = np.ones((SIDE, SIDE), dtype=bool)
    for diameter, found in zip((3.0, 8.0), scatter_of_means(images, area, WHITE, (3.0, 8.0), 1 / 6), strict=True):
        assert found is not None
        wanted = 10.0 / math.sqrt(1.0 / (disc_weights(diameter, PIXEL) ** 2).sum())
        assert found.sd == pytest.approx(wanted, abs=3.3 * found.u)
        assert found.u < 0.05 * wanted
        assert found.largest < 5.5


def test_smooth_shading_changes_nothing() -> None:
    image, area = white(1), np.ones((SIDE, SIDE), dtype=bool)
    y, x = np.mgrid[-1.0 : 1.0 : SIDE * 1j, -1.0 : 1.0 : SIDE * 1j]
    shading = (12.0 * (x * x + y * y) - 5.0 * x**3 * y + 8.0 * (x * x + y * y) ** 4).astype(np.float32)
    plain, shaded = (scatter_of_means([i], area, WHITE, (5.0, 15.0), 1.0) for i in (image, image + shading))
    for one, other in zip(plain, shaded, strict=True):
        assert one is not None
        assert other is not None
        assert other.sd == pytest.approx(one.sd, rel=1e-5)


def test_what_the_trend_takes_is_given_back() -> None:
    area = np.zeros((SIDE, SIDE), dtype=bool)
    area[40:121, 40:121] = True  # 40 mm: the trend takes a quarter of what 8 mm discs scatter by
    found = [scatter_of_means([white(seed)], area, WHITE, (8.0,), 1.0)[0] for seed in range(40)]
    variances = [f.sd**2 for f in found if f is not None]
    wanted = 100.0 * float((disc_weights(8.0, PIXEL) ** 2).sum())
    assert np.mean(variances) == pytest.approx(wanted, abs=3.3 * float(np.std(variances)) / 40**0.5)
    assert np.std(variances) < 0.8 * wanted


def test_an_area_too_small_for_a_disc_says_nothing() -> None:
    area = np.zeros((SIDE, SIDE), dtype=bool)
    area[:50, :50] = True
    small, large = scatter_of_means([white(1)], area, WHITE, (3.0, 15.0), 1.0)
    assert small is not None
    assert large is None


def test_ideal_discs_agree_with_those_of_pixels() -> None:
    soft = Covariance(np.linspace(0.0, 1.5, 300), np.linspace(0.0, 1.5, 300) * 400.0, PIXEL)
    frequency = soft.frequency
    soft = Covariance(frequency, 400.0 * frequency * np.exp(-4.0 * (np.pi * 0.47 * frequency) ** 2), PIXEL)
    for diameter in (6.0, 10.0, 15.0):
        ideal = float(disc_variances(soft, np.array([diameter]))[0])
        assert ideal == pytest.approx(soft.variance_of_sum(disc_weights(diameter, PIXEL)), rel=0.1)
