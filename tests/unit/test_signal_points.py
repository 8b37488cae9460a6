"""A Gaussian spot is found where it is, and transforms are what their formulas say at easy places."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from iqa.signal.points import (
    ball_transform,
    fit_point,
    height_weights,
    pixels_held,
    point_height,
    smear_transform,
    wire_transform,
)

Array = NDArray[np.float64]

WIDTH_MM = 0.5


def spot(pixel_mm: float, at_mm: tuple[float, float]) -> tuple[Array, Array, Array]:
    """Pixels of a Gaussian of height 100 on a sloping base."""
    axis = np.arange(-4.0, 4.01, pixel_mm)
    x, y = (c.ravel() for c in np.meshgrid(axis, axis))
    away = ((x - at_mm[0]) ** 2 + (y - at_mm[1]) ** 2) / WIDTH_MM**2
    return x, y, 40.0 + 3.0 * x - 2.0 * y + 100.0 * np.exp(-0.5 * away)


@pytest.mark.parametrize("pixel_mm", [0.1, 0.5, 0.8])
def test_a_spot_is_found(pixel_mm: float) -> None:
    found = fit_point(spot(pixel_mm, (0.13, -0.31)), (0.0, 0.0), 0.8)
    assert found is not None
    assert (found.x_mm, found.y_mm) == pytest.approx((0.13, -0.31), abs=1e-4)
    assert (found.width_mm, found.height) == pytest.approx((WIDTH_MM, 100.0), rel=1e-3)


def test_weights_give_the_height_and_no_plane() -> None:
    x, y, image = spot(0.5, (0.13, -0.31))
    weights = height_weights(x - 0.13, y + 0.31, WIDTH_MM)
    assert weights @ image == pytest.approx(100.0, rel=1e-9)
    assert weights @ image == pytest.approx(point_height((x, y, image), (0.13, -0.31), WIDTH_MM), rel=1e-9)
    assert weights @ (5.0 + 2.0 * x - 3.0 * y) == pytest.approx(0.0, abs=1e-9)


def test_too_few_pixels_give_no_spot() -> None:
    assert fit_point(spot(0.8, (0.0, 0.0)), (0.0, 0.0), 0.3) is None


def test_a_slope_alone_gives_no_spot_near_it() -> None:
    x, y, _ = spot(0.2, (0.0, 0.0))
    found = fit_point((x, y, 5.0 * x + 2.0 * y), (0.0, 0.0), 0.5)
    assert found is None or abs(found.height) < 1e-6


def test_height_at_a_known_place() -> None:
    assert point_height(spot(0.4, (0.1, 0.2)), (0.1, 0.2), WIDTH_MM) == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("diameter", "per_mm", "ball", "wire"),
    [(0.28, 0.4, 0.988, 0.985), (0.28, 1.0, 0.925, 0.906), (0.5, 0.7, None, 0.856), (0.18, 1.0, None, 0.961)],
)
def test_transforms_of_ball_and_wire(diameter: float, per_mm: float, ball: float | None, wire: float) -> None:
    """Against a table made beforehand from the formulas, to its three digits."""
    f = np.array([0.0, per_mm])
    assert wire_transform(f, diameter) == pytest.approx([1.0, wire], abs=5.1e-4)
    if ball is not None:
        assert ball_transform(f, diameter) == pytest.approx([1.0, ball], abs=5.1e-4)


@pytest.mark.parametrize("triangle", [False, True])
def test_a_smear_has_the_second_moment_of_its_section(triangle: bool) -> None:
    """1 − (2πf)²·variance/4 to first order: half the smear's variance lies along any one direction."""
    length, f = 0.4, np.array([0.1])
    variance = length**2 / (6.0 if triangle else 12.0)
    lost = 1.0 - float(smear_transform(f, length, triangle=triangle)[0])
    assert lost == pytest.approx((2.0 * np.pi * 0.1) ** 2 * variance / 4.0, rel=2e-3)


def test_no_smear_without_length() -> None:
    assert smear_transform(np.array([0.0, 0.5, 2.0]), 0.0) == pytest.approx([1.0, 1.0, 1.0])


@pytest.mark.parametrize("at_mm", [(0.0, 0.0), (0.25, 0.25), (0.1, -0.2)])
def test_the_pixels_that_hold_a_spot_are_counted_alike_wherever_it_lies(at_mm: tuple[float, float]) -> None:
    x, y = np.meshgrid(*[np.arange(-3.5, 3.6, 0.5)] * 2)
    image = 40.0 + 100.0 * np.exp(-0.5 * ((x - at_mm[0]) ** 2 + (y - at_mm[1]) ** 2) / WIDTH_MM**2)
    held, u = pixels_held(image, 0.0)
    assert held == pytest.approx(4.0 * np.pi, rel=0.02)
    assert u == 0.0


def test_noise_leaves_open_how_many_pixels_hold_a_spot() -> None:
    x, y = np.meshgrid(*[np.arange(-3.5, 3.6, 0.5)] * 2)
    image = 100.0 * np.exp(-0.5 * (x**2 + y**2) / WIDTH_MM**2)
    noisy = [pixels_held(image + np.random.default_rng(k).normal(0.0, 3.0, x.shape), 3.0) for k in range(300)]
    values, us = np.array(noisy).T
    assert values.mean() == pytest.approx(4.0 * np.pi, rel=0.03)
    assert values.std() == pytest.approx(us.mean(), rel=0.2)
