"""The outline of round bodies against bodies of known place."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr

from iqa.signal.outline import outline

PIXEL = (0.8, 0.8)
GRID = np.arange(320) * 0.8


def body(x: float, y: float, radius: float, blur: float = 0.6) -> NDArray[np.float32]:
    """Water disc in air; the edge of a large disc is a straight one."""
    r = np.hypot(GRID[None, :] - x, GRID[:, None] - y)
    return np.asarray(-1000.0 + 1000.0 * ndtr((radius - r) / blur), dtype=np.float32)


def noise(sigma: float, seed: int = 1) -> NDArray[np.float32]:
    return np.asarray(np.random.default_rng(seed).normal(0.0, sigma, (320, 320)), dtype=np.float32)


@pytest.mark.parametrize(("x", "y", "radius"), [(128.0, 128.0, 100.0), (119.3, 133.7, 80.2), (110.0, 140.0, 45.0)])
def test_centre_and_radius_of_a_clean_body(x: float, y: float, radius: float) -> None:
    found = outline(body(x, y, radius), PIXEL)
    assert found is not None
    # 360 rays average the bilinear error of 0.8 mm pixels to below a hundredth of one
    assert np.hypot(found.x_mm - x, found.y_mm - y) < 0.004
    assert abs(found.radius_mm - radius) < 0.02
    assert found.share > 0.99


def test_noise_of_thirty_hu_moves_the_centre_by_microns() -> None:
    offs = []
    for seed in range(20):
        found = outline(body(127.1, 128.9, 100.0) + noise(30.0, seed), PIXEL)
        assert found is not None
        offs.append([found.x_mm - 127.1, found.y_mm - 128.9])
    assert np.sqrt(np.mean(np.square(offs))) < 0.006


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 1000.0), (0.7, -60.0), (0.01, 5.0), (40.0, 0.0)])
def test_grey_scale_does_not_matter(gain: float, offset: float) -> None:
    plain, scaled = outline(body(120.0, 131.0, 90.0), PIXEL), outline(body(120.0, 131.0, 90.0) * gain + offset, PIXEL)
    assert plain is not None
    assert scaled is not None
    assert scaled.x_mm == pytest.approx(plain.x_mm, abs=1e-3)
    assert scaled.radius_mm == pytest.approx(plain.radius_mm, abs=1e-3)
    assert scaled.step == pytest.approx(plain.step * gain, rel=1e-3)


def test_a_couch_that_touches_does_not_pull() -> None:
    image = body(128.0, 118.0, 80.0)
    table = (np.abs(GRID[:, None] - 205.0) < 8.0) & (np.abs(GRID[None, :] - 128.0) < 120.0)
    image[table] = np.maximum(image[table], -200.0)
    found = outline(image, PIXEL)
    assert found is not None
    assert np.hypot(found.x_mm - 128.0, found.y_mm - 118.0) < 0.02


def test_a_body_cut_by_the_field_keeps_its_centre() -> None:
    image = body(155.0, 128.0, 100.0)
    field = np.hypot(GRID[None, :] - 127.6, GRID[:, None] - 127.6) < 127.5
    found = outline(np.where(field, image, -1000.0).astype(np.float32), PIXEL)
    assert found is not None
    assert np.hypot(found.x_mm - 155.0, found.y_mm - 128.0) < 0.02


def test_values_outside_the_reconstruction_are_lifted_to_the_floor() -> None:
    image = body(128.0, 128.0, 90.0)
    image[np.hypot(GRID[None, :] - 128.0, GRID[:, None] - 128.0) > 120.0] = -8192.0
    found = outline(image, PIXEL, floor=-1020.0)
    assert found is not None
    assert abs(found.radius_mm - 90.0) < 0.02


def test_nothing_round_gives_none() -> None:
    square = np.full((320, 320), -1000.0, dtype=np.float32)
    square[60:260, 60:260] = 0.0
    assert outline(square, PIXEL) is None
    assert outline(noise(10.0) - 1000.0, PIXEL) is None
    assert outline(np.zeros((320, 320), dtype=np.float32), PIXEL) is None


def test_a_start_from_the_neighbour_gives_the_same_answer() -> None:
    image = body(128.3, 127.2, 95.0) + noise(15.0)
    cold = outline(image, PIXEL)
    assert cold is not None
    warm = outline(image, PIXEL, near=cold)
    assert warm is not None
    assert warm.x_mm == pytest.approx(cold.x_mm, abs=1e-3)
