from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes

from iqa.metrics.regions import Squares
from iqa.metrics.texture import LocalNoise, PlaneSpectrum
from iqa.report.figures import textures
from iqa.report.figures.style import new_figure

SQUARES = Squares("U", (3, 4, 5), ((0, 0), (8, 0), (0, 8), (8, 8)), 16)


@pytest.fixture
def axes() -> Axes:
    return new_figure(4, 4).subplots()


def test_the_plane_is_drawn_over_true_frequencies_and_states_its_scale(axes: Axes) -> None:
    nps = np.full((16, 16), 40.0)
    nps[8, 8] = 900.0  # shading: sets no scale
    nps[8, 12] = 120.0
    image = textures.draw_plane_spectrum(axes, PlaneSpectrum(nps, (0.25, 0.125), SQUARES)).images[0]
    left, right, bottom, top = image.get_extent()
    assert (left, right, bottom, top) == (-8.5 * 0.125, 7.5 * 0.125, 7.5 * 0.25, -8.5 * 0.25)
    assert image.get_clim() == (0.0, 120.0)
    assert "U slices 3-5" in axes.get_title()
    assert "grey: 0 to 120 HU² mm²" in axes.get_title()


def test_the_map_is_drawn_where_it_lies_with_range_and_chance(axes: Axes) -> None:
    sd = np.full((30, 30), np.nan)
    sd[5:25, 5:25] = np.linspace(8.0, 12.0, 20)
    at = np.arange(100.0, 160.0, 2.0)
    image = textures.draw_local_noise(axes, LocalNoise(sd, 0.034, at, at + 50.0, "U", (3,))).images[0]
    assert tuple(image.get_extent()) == (99.0, 159.0, 209.0, 149.0)
    assert axes.get_xlim() == (109.0, 149.0)
    assert axes.get_ylim() == (199.0, 159.0)
    assert image.get_clim() == (8.0, 12.0)
    title = axes.get_title()
    assert all(part in title for part in ("U slice 3", "8 mm", "8.0 to 12.0 HU", "median 10.0 HU", "3 % scatter"))
