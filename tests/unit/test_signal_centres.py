"""Disc centres against discs of known place."""

from __future__ import annotations

import numpy as np
import pytest

from iqa.signal.centres import disc_centres, fits_field
from iqa.signal.disc import disc_profile

GRID = np.arange(100) * 0.5


@pytest.mark.parametrize(("radius", "contrast"), [(6.1, 900.0), (6.1, -120.0), (1.5, -800.0), (12.5, 200.0)])
@pytest.mark.parametrize("assumed_blur", [0.47, 0.6])
def test_centre_is_exact_without_noise_whatever_blur_is_assumed(
    radius: float, contrast: float, assumed_blur: float
) -> None:
    x, y = np.array([25.13, 24.71]), np.array([24.94, 25.28])
    r = np.hypot(GRID[None, None, :] - x[:, None, None], GRID[None, :, None] - y[:, None, None])
    images = 100.0 + contrast * disc_profile(r.ravel(), radius, 0.47).reshape(r.shape)
    found = disc_centres(list(images), (0.5, 0.5), (np.full(2, 25.4), np.full(2, 24.8)), radius, assumed_blur)
    assert np.abs(found.x_mm - x).max() < 0.002
    assert np.abs(found.y_mm - y).max() < 0.002
    if assumed_blur == 0.47:
        assert found.contrast == pytest.approx(contrast, rel=2e-3)
        assert found.radius_mm == pytest.approx(radius, abs=2e-3)


def test_a_tilted_background_does_not_pull() -> None:
    r = np.hypot(GRID[None, :] - 20.2, GRID[:, None] - 20.0)
    image = 500.0 * disc_profile(r.ravel(), 6.0, 0.5).reshape(r.shape) + 2.0 * GRID[None, :]
    found = disc_centres([image], (0.5, 0.5), (np.array([20.0]), np.array([20.0])), 6.0, 0.5)
    assert float(found.x_mm[0]) == pytest.approx(20.2, abs=1e-3)


def test_what_stands_beside_a_disc_does_not_draw_its_centre() -> None:
    r, beside = (np.hypot(GRID[None, :] - x, GRID[:, None] - 20.0) for x in (20.2, 28.5))
    disc, pin = (disc_profile(d.ravel(), a, 0.5).reshape(r.shape) for d, a in ((r, 6.0), (beside, 1.5)))
    image = 90.0 * disc - 900.0 * pin
    start, hole = (np.array([20.0]), np.array([20.0])), (np.array([28.5]), np.array([20.0]), 4.0)
    drawn = disc_centres([image], (0.5, 0.5), start, 6.0, 0.5)
    free = disc_centres([image], (0.5, 0.5), start, 6.0, 0.5, [hole])
    assert abs(float(drawn.x_mm[0]) - 20.2) > 0.1
    assert float(free.x_mm[0]) == pytest.approx(20.2, abs=2e-3)
    assert float(free.radius_mm[0]) == pytest.approx(6.0, abs=2e-3)


def test_a_disc_at_the_border_does_not_fit() -> None:
    inside = np.array([20.0])
    assert fits_field((100, 100), (0.5, 0.5), inside, inside, 6.0)
    assert not fits_field((100, 100), (0.5, 0.5), np.array([4.0]), inside, 6.0)
    assert not fits_field((100, 100), (0.5, 0.5), inside, np.array([45.0]), 6.0)


def test_another_unit_scales_contrast_and_leaves_the_centre() -> None:
    r = np.hypot(GRID[None, :] - 20.2, GRID[:, None] - 20.0)
    image = 500.0 * disc_profile(r.ravel(), 6.0, 0.5).reshape(r.shape)
    found = disc_centres([image], (0.5, 0.5), (np.array([20.0]), np.array([20.0])), 6.0, 0.5)
    doubled = found.scaled(np.array([2.0]))
    assert doubled.contrast[0] == pytest.approx(2.0 * found.contrast[0])
    assert doubled.x_mm[0] == found.x_mm[0]
