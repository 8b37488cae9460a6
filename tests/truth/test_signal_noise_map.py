from __future__ import annotations

import numpy as np
import pytest

from iqa.signal.noise_map import noise_map
from iqa.signal.spectrum import estimate_spectrum
from tests.made_phantom import PIXEL_MM, Array, noise

SIGMA, SIDE, SLICES = 10.0, 160, 6
PIXEL = (PIXEL_MM, PIXEL_MM)
Y, X = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
AREA = np.hypot(X, Y) < 74.0


def fields(kernel: str, seed: int = 3, slices: int = SLICES) -> Array:
    return noise(np.random.default_rng(seed), kernel, (slices, SIDE, SIDE), SIGMA)


def mapped(images: Array, kernel: str, side_mm: float = 8.0, pooled: float = 1.0 / SLICES) -> tuple[Array, float]:
    """The map of (slices, rows, columns) images, the texture learnt from other fields."""
    other = fields(kernel, seed=9, slices=40)[:, :64, :64].astype(np.float32)
    covariance = estimate_spectrum(other, PIXEL, 40.0).covariance
    found = noise_map(list(images.astype(np.float32)), AREA, covariance, side_mm, pooled)
    return found.sd, found.chance


@pytest.mark.parametrize("kernel", ["soft", "sharp", "smooth", "white"])
def test_noise_of_one_level_is_mapped_with_its_level_and_the_scatter_said(kernel: str) -> None:
    sd, chance = mapped(fields(kernel), kernel)
    inside = sd[np.isfinite(sd)]
    assert np.sqrt(np.mean(inside**2)) == pytest.approx(SIGMA, rel=0.02)
    assert inside.std() / inside.mean() == pytest.approx(chance, rel=0.25)  # some 50 squares lie side by side


def test_twice_the_noise_on_one_half_is_seen_there() -> None:
    sd, _ = mapped(fields("soft") * np.where(X > 0.0, 2.0, 1.0), "soft")
    assert np.nanmedian(sd[X < -10.0]) == pytest.approx(SIGMA, rel=0.03)
    assert np.nanmedian(sd[X > 10.0]) == pytest.approx(2.0 * SIGMA, rel=0.03)


def test_a_ring_shows_and_shading_does_not() -> None:
    plain, _ = mapped(fields("soft"), "soft")
    radius = np.hypot(X, Y)
    ring = 30.0 * np.exp(-((radius - 40.0) ** 2))
    ringed, _ = mapped(fields("soft") + ring, "soft")
    near, far = np.abs(radius - 40.0) < 3.0, radius < 25.0
    assert np.nanmedian((ringed / plain)[near]) > 1.2
    assert np.nanmedian((ringed / plain)[far]) == pytest.approx(1.0, abs=0.02)
    shaded, _ = mapped(fields("soft") + 1000.0 + 40.0 * (radius / 74.0) ** 4 + 0.5 * X, "soft")
    assert shaded[np.isfinite(shaded)] == pytest.approx(plain[np.isfinite(plain)], rel=0.01)


def test_squares_that_leave_the_area_have_no_number() -> None:
    sd, _ = mapped(fields("white"), "white", side_mm=5.4)
    inside = np.isfinite(sd)
    assert inside[SIDE // 2, SIDE // 2]
    corner = np.hypot(np.abs(X) + 5.0, np.abs(Y) + 5.0)  # 11 pixels: five to either side of the middle
    assert np.array_equal(inside, corner < 74.0)
