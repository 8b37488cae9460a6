"""Rings on cells of white noise: what is found, where, how high; and what is no ring."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_polar import PIXEL_MM, WHITE, Array, grid, white

from iqa.signal.rings import Ring, RingSearch, crest, solved

SIGMA = 0.1
GRID = grid()
SEARCH = RingSearch(GRID, WHITE.scaled(SIGMA**2))


def ring(height: float, radius_mm: float = 30.0, sd_mm: float = 0.8) -> Array:
    return height * crest(GRID.radius_mm - radius_mm, sd_mm, PIXEL_MM)


def found(cells: Array) -> Ring:
    result = SEARCH.run(cells).ring
    assert result is not None
    return result


def test_the_bins_of_a_crest_hold_its_area() -> None:
    bins: Array = np.arange(-40.0, 41.0) * PIXEL_MM
    for sd in (0.3, 0.6, 2.0):
        area = crest(bins, sd, PIXEL_MM).sum() * PIXEL_MM
        assert area == pytest.approx(sd * math.sqrt(2.0 * math.pi))


def test_weights_give_the_form_and_nothing_of_what_lies_under_it() -> None:
    x: Array = np.linspace(-1.0, 1.0, 21)
    columns = np.stack([crest(x, 0.2, 0.1), np.ones(21), x * x], axis=1)
    weights = solved(columns, np.eye(21))
    np.testing.assert_allclose(weights @ columns, [1.0, 0.0, 0.0], atol=1e-12)
    assert weights @ x == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("height", [1.5, -1.5])
def test_a_ring_has_its_height_place_and_width(height: float) -> None:
    seen = found(white(GRID, SIGMA) + ring(height))
    assert seen.height == pytest.approx(height, abs=3.0 * seen.u)
    assert seen.u < 0.1
    assert seen.radius_mm == pytest.approx(30.0, abs=0.1)
    assert seen.sd_mm == pytest.approx(0.8, rel=0.1)


def test_a_ring_of_one_slice_is_named_with_it_and_one_of_all_is_not() -> None:
    cells = white(GRID, SIGMA, slices=4)
    assert found(cells + ring(1.0)).slice is None
    cells[2] += ring(1.0)
    assert found(cells).slice == 2


def test_noise_is_no_ring_and_what_would_have_been_found_is_told() -> None:
    result = SEARCH.run(white(GRID, SIGMA))
    assert result.ring is None
    assert abs(result.rms) < 0.5 * result.limit
    assert SEARCH.run(white(GRID, SIGMA) + ring(1.5 * result.limit, 30.0, 0.6)).ring is not None


def test_a_spot_of_one_sector_and_a_wave_round_the_circle_are_no_rings() -> None:
    spot, wave = white(GRID, SIGMA), white(GRID, SIGMA)
    spot[0, 5] += ring(3.0)
    wave[0] += ring(3.0) * np.cos(2.0 * math.pi * np.arange(36) / 36)[:, None]
    assert SEARCH.run(spot).ring is None
    assert SEARCH.run(wave).ring is None


def test_an_area_without_whole_circles_fits_no_search() -> None:
    assert SEARCH.fits
    assert not RingSearch(grid((50.0, 0.0)), WHITE).fits
