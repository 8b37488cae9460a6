"""Crescents on cells of white noise: amplitude, side and sign; and what is no crescent."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_polar import PIXEL_MM, WHITE, Array, grid, white

from iqa.signal.crescents import Crescents, crescents
from iqa.signal.polar_cells import SECTORS, bands_of

SIGMA = 0.3
GRID = grid()
ANGLES = 2.0 * math.pi * (np.arange(SECTORS) + 0.5) / SECTORS
BAND = (GRID.radius_mm > 25.0) & (GRID.radius_mm < 30.0)


def search(cells: Array) -> Crescents:
    found = crescents(bands_of(GRID, cells, 5.0), WHITE.scaled(SIGMA**2), PIXEL_MM)
    assert found is not None
    return found


def wave(height: float, order: int, crest_deg: float) -> Array:
    return height * np.cos(order * (ANGLES - math.radians(crest_deg)))[:, None] * BAND


@pytest.mark.parametrize(("height", "order", "at"), [(0.5, 1, 180.0), (0.5, 1, 40.0), (0.4, 3, 70.0)])
def test_a_wave_has_its_amplitude_and_place(height: float, order: int, at: float) -> None:
    seen = search(white(GRID, SIGMA)[0] + wave(height, order, at)).crescent
    assert seen is not None
    assert seen.amplitude == pytest.approx(height, rel=0.1)
    assert seen.radius_mm == 27.5
    # a crest and a trough of a pure wave are alike, so that it may be given by either
    turned = 0.0 if seen.depth > 0.0 else 180.0 / order
    away = (seen.angle_deg - at - turned + 180.0 / order) % (360.0 / order) - 180.0 / order
    assert abs(away) < 8.0


def test_a_dark_side_is_said_to_be_dark() -> None:
    dark = wave(0.4, 1, 0.0) + wave(0.4, 2, 90.0)
    seen = search(white(GRID, SIGMA)[0] + dark).crescent
    assert seen is not None
    assert seen.depth == pytest.approx(-0.8, rel=0.1)
    assert seen.angle_deg == pytest.approx(180.0, abs=8.0)


def test_noise_rings_and_fine_waves_are_no_crescents() -> None:
    noise = white(GRID, SIGMA)[0]
    for cells in (noise, noise + BAND, noise + wave(0.1, 6, 0.0)):
        found = search(cells)
        assert found.crescent is None
        assert abs(found.rms) < found.limit


def test_broken_circles_give_none() -> None:
    far = grid((40.0, 0.0))
    assert crescents(bands_of(far, white(far, SIGMA)[0], 5.0), WHITE, PIXEL_MM) is None
