"""A faint disc: the weights of its contrast, its blurred shape, and its displacement, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from iqa.signal.disc import Edge
from iqa.signal.faint import About, Shape, difference, displaced
from tests.made_phantom import PIXEL_MM, disc

SIDE = 81
SOFT = Edge(0.4685, 0.0)


def about(x_mm: float = 0.0, y_mm: float = 0.0) -> About:
    """A disc near the image's middle, on a circle of 40 mm whose axis lies below it."""
    axis = (np.arange(SIDE) - (SIDE - 1) / 2) * PIXEL_MM
    x, y = np.meshgrid(axis - x_mm, axis - y_mm)
    outwards, sideways = 40.0 - y, -x
    return About(x, y, 40.0 * np.arctan2(sideways, outwards), np.hypot(sideways, outwards) - 40.0)


def band(places: About) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.asarray((np.abs(places.across_mm) < 4.0) & (places.r_mm > 6.0))


def test_a_plane_along_and_across_the_circle_gives_nothing() -> None:
    places = about()
    taken = difference(places, 3.0, band(places), 120)
    assert taken is not None
    for field in (np.ones_like(places.x_mm), places.along_mm, places.across_mm):
        assert float(np.sum(taken.weights * field)) == pytest.approx(0.0, abs=1e-10)


def test_the_nearest_base_material_on_either_side_is_taken() -> None:
    places = about()
    taken = difference(places, 3.0, band(places), 60)
    assert taken is not None
    for way in (1.0, -1.0):
        used = taken.base & (way * places.along_mm > 0.0)
        assert 60 <= np.count_nonzero(used) <= 62
        assert way * places.along_mm[used].max() < 12.0


def test_base_material_on_one_side_alone_is_not_enough() -> None:
    places = about()
    assert difference(places, 3.0, band(places) & (places.along_mm > 0.0), 60) is None


def test_the_blurred_shape_gives_the_contrast_back() -> None:
    for radius in (1.5, 3.0, 7.5):
        places, shape = about(0.1, 0.2), Shape.of(radius, SOFT)
        base = (np.abs(places.across_mm) < 4.0) & (places.r_mm > radius + 1.2)
        taken = difference(places, 0.8 * radius, base, 100)
        assert taken is not None
        image = disc("soft", SIDE, (0.1, 0.2), radius)
        share = float(np.sum(taken.weights * shape.at(places.r_mm)))
        assert float(np.sum(taken.weights * image)) == pytest.approx(share, rel=2e-3)


def test_a_mean_over_the_disc_keeps_what_a_straight_edge_leaves() -> None:
    kept = Shape.of(7.5, SOFT).kept
    assert kept == pytest.approx(1.0 - 2.0 / 7.5 * SOFT.blur_mm / np.sqrt(2.0 * np.pi), abs=0.003)


def test_a_displaced_disc_is_found_out() -> None:
    image = 10.0 * disc("soft", SIDE, (0.2, -0.15), 4.5) + 60.0
    places = about()
    found = displaced(image, places, Shape.of(4.5, SOFT), places.r_mm < 8.0)
    assert found.contrast == pytest.approx(10.0, rel=0.03)
    assert found.x / found.contrast == pytest.approx(0.2, abs=0.02)
    assert found.y / found.contrast == pytest.approx(-0.15, abs=0.02)
    assert float(np.sum(found.weights_x * image)) == pytest.approx(found.x)
