"""The bowl of a disc without noise: its parabola, its plane, what bends it, and the noise it would have."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_polar import PIXEL_MM, WHITE, Array, grid, pixels

from iqa.signal.bowl import Bowl, bowl_noise, fit_bowl, shading
from iqa.signal.polar_cells import Bands, Polar, bands_of, spread_over

REACH_MM = 40.0
AXES = ((0.0, 0.0), (4.0, -2.5))


def bands(made: Polar, axis_mm: tuple[float, float], powers: tuple[float, ...]) -> Bands:
    """7 HU, a plane, and even powers of the distance from the axis by their height at the edge, in bands of 2 mm."""
    x, y = pixels(axis_mm)
    t = np.hypot(x - axis_mm[0], y - axis_mm[1]) / REACH_MM
    hu = 7.0 + 0.02 * (x - axis_mm[0]) - 0.03 * (y - axis_mm[1])
    hu += sum(height * t ** (2 * k) for k, height in enumerate(powers, start=1))
    return bands_of(made, made.means(hu.astype(np.float32)), 2.0)


def beyond(bowl: Bowl, cells: Bands) -> float:
    return float((bowl.beyond * cells.values).sum())


@pytest.mark.parametrize("axis", AXES)
def test_parabola_and_plane_are_exact(axis: tuple[float, float]) -> None:
    cells = bands(grid(axis), axis, (3.0,))
    bowl = fit_bowl(cells, axis, REACH_MM)
    np.testing.assert_allclose(bowl.coefficients, [7.0, 0.02, -0.03, 3.0], atol=1e-4)
    assert (bowl.weights * cells.values).sum() == pytest.approx(3.0, abs=1e-4)
    assert beyond(bowl, cells) == pytest.approx(0.0, abs=1e-3)


def test_a_rim_bends_the_parabola_less_than_it_rises_and_the_rest_is_told() -> None:
    cells = bands(grid(), AXES[0], (0.0, 0.0, 3.0))
    bowl = fit_bowl(cells, AXES[0], REACH_MM)
    assert 1.5 < bowl.coefficients[3] < 3.0
    assert bowl.coefficients[3] + beyond(bowl, cells) == pytest.approx(3.0, rel=0.01)


def test_cells_far_off_and_beyond_the_edge_change_nothing() -> None:
    cells = bands(grid(), AXES[0], (3.0,))
    values: Array = cells.values + 0.01 * np.random.default_rng(1).standard_normal(cells.values.shape)
    plain = fit_bowl(Bands(values, *fields(cells)), AXES[0], REACH_MM).coefficients
    values[4, 12] += 50.0
    values[:, cells.radius_mm > REACH_MM + 1.0] += 50.0
    marred = fit_bowl(Bands(values, *fields(cells)), AXES[0], REACH_MM).coefficients
    assert marred[3] == pytest.approx(plain[3], abs=0.01)


def fields(
    cells: Bands,
) -> tuple[Array, Array, Array, Array, Array, int, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """All of the cells but their values."""
    return cells.count, cells.x_mm, cells.y_mm, cells.square_mm2, cells.radius_mm, cells.bins, cells.filled


@pytest.mark.parametrize("axis", AXES)
def test_shading_is_taken_out_whole(axis: tuple[float, float]) -> None:
    made = grid(axis)
    x, y = pixels(axis)
    t = np.hypot(x - axis[0], y - axis[1]) / REACH_MM
    cells = made.means((5.0 - 0.05 * x + 4.0 * t**2 - 2.0 * t**6).astype(np.float32))
    left = (cells - shading(made, cells, axis, REACH_MM)) * made.filled
    # what is left is how the powers of a cell's mean square differ from the means of its powers
    assert np.abs(left).max() < 0.02


def test_white_noise_of_the_parabola_is_that_of_its_weights_on_pixels() -> None:
    made, (x, y) = grid(), pixels()
    cells = bands(made, AXES[0], (3.0,))
    weights = fit_bowl(cells, AXES[0], REACH_MM).weights
    share = (spread_over(made, cells, weights) / np.maximum(made.count, 1.0)).ravel()[made.cell]
    expected = math.sqrt(float(share @ share))
    assert bowl_noise(WHITE, made, cells, weights, x, y) == pytest.approx(expected, rel=1e-3)
    assert PIXEL_MM == 0.5  # the noise is reckoned on pixels of half a millimetre
