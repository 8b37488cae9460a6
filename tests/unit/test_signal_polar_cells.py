"""Cells of a polar grid: where their pixels lie, how they add up, and how noisy their angular orders are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_polar import PIXEL_MM, WHITE, grid, pixels, white

from iqa.signal.polar_cells import (
    SECTORS,
    bands_of,
    between_sectors,
    order_variances,
    polar_grid,
    spread_over,
    without_spots,
)

BOX_MM = 4.0
BOX = np.full(8, 1.0 / 8.0)
"""A band of that width."""


@pytest.mark.parametrize(("x", "y", "degrees"), [(9.0, -1.0, 0), (1.0, -9.0, 80), (-9.0, 1.0, 180), (-1.0, 9.0, 260)])
def test_sectors_run_counter_clockwise_as_displayed(x: float, y: float, degrees: int) -> None:
    made = polar_grid(np.array([x]), np.array([y]), 1.0)
    assert np.argwhere(made.count).tolist() == [[degrees // 10, 9]]


def test_every_pixel_lies_in_one_cell_and_a_plane_is_itself_at_the_cells_places() -> None:
    x, y = pixels()
    made = grid()
    assert made.count.sum() == len(x)
    plane = made.means((2.0 * x - y).astype(np.float32))
    np.testing.assert_allclose(plane, 2.0 * made.x_mm - made.y_mm, atol=1e-4)


def test_bands_hold_the_sums_of_their_cells() -> None:
    made = grid()
    cells = white(made, 1.0)[0]
    bands = bands_of(made, cells, 2.0)
    assert (bands.bins, bands.values.shape) == (4, (SECTORS, made.count.shape[1] // 4))
    kept = bands.values.shape[1] * 4
    assert (bands.values * bands.count).sum() == pytest.approx((cells * made.count)[:, :kept].sum())
    weights = np.random.default_rng(1).standard_normal(bands.values.shape)
    assert (spread_over(made, bands, weights) * cells).sum() == pytest.approx((weights * bands.values).sum())


@pytest.mark.parametrize("order", [0.0, 3.0])
def test_white_noise_is_alike_in_all_orders_and_falls_with_the_bands_pixels(order: float) -> None:
    found = order_variances(WHITE, np.array([20.0, 40.0]), np.array([order]), BOX, PIXEL_MM)[:, 0]
    in_band = 2.0 * math.pi * np.array([20.0, 40.0]) * BOX_MM / PIXEL_MM**2
    np.testing.assert_allclose(found, 1.0 / in_band, rtol=0.02)  # what lies beyond 2/mm is left out


def test_between_sectors_is_the_variance_of_a_sector_less_the_orders_taken_out() -> None:
    radius = np.array([20.0, 40.0])
    in_sector = 2.0 * math.pi * radius * BOX_MM / SECTORS / PIXEL_MM**2
    for above in (0, 3):
        left = (SECTORS - 1 - 2 * above) / SECTORS
        found = between_sectors(WHITE, radius, BOX, PIXEL_MM, above)
        # of white noise a fortieth, 1/4π², lies beyond the orders that are summed, and a hundredth beyond 2/mm
        np.testing.assert_allclose(found, left / in_sector, rtol=0.05)


def test_a_rod_is_left_out_with_its_neighbours_and_nothing_else() -> None:
    made = grid()
    cells = white(made, 1.0, slices=2)
    cells[1, 7, 52:56] += 200.0
    spared = without_spots(made, cells)
    lost = np.argwhere((spared.count == 0.0) & (made.count > 0.0))
    assert np.unique(lost[:, 0]).tolist() == [7]
    assert (lost[:, 1].min(), lost[:, 1].max()) == (40, 69)
    np.testing.assert_array_equal(without_spots(made, white(made, 1.0, slices=2)).count, made.count)
