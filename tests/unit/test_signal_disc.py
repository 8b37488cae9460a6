"""A blurred disc: its profile, its edge, its place."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from iqa.signal.disc import DiscFit, Edge, disc_profile, edge_bleed, fit_disc, fit_edge
from tests.made_phantom import PIXEL_MM, disc, noise

Array = NDArray[np.float64]
SIDE = 48
CENTRE = (SIDE - 1) / 2 * PIXEL_MM


def pixels(image: Array, reach_mm: float) -> tuple[Array, Array, Array]:
    y, x = np.mgrid[:SIDE, :SIDE] * PIXEL_MM - CENTRE
    near = np.hypot(x, y) <= reach_mm
    return x[near], y[near], image[near]


def fit_pin(image: Array) -> DiscFit | None:
    return fit_disc(*pixels(image, 5.5), (0.0, 0.0), radius_mm=1.5, blur_mm=0.7)


def test_profile_is_one_inside_and_nil_outside() -> None:
    assert disc_profile(np.array([0.0, 3.0, 9.0, 12.0]), 6.0, 0.5) == pytest.approx([1.0, 1.0, 0.0, 0.0], abs=1e-6)


def test_profile_falls_short_of_half_at_a_curved_edge() -> None:
    # Half level lies s²/2R inside the radius, so the value there is below a half by φ(0)·s/2R.
    at_edge = float(disc_profile(np.array([6.0]), 6.0, 0.5)[0])
    assert at_edge == pytest.approx(0.5 - 0.3989 * 0.5 / 12.0, abs=5e-4)


@pytest.mark.parametrize("at", [(0.0, 0.0), (0.13, -0.21), (0.4, 0.3)], ids=str)
@pytest.mark.parametrize("contrast", [850.0, -1100.0], ids=["bright", "air"])
def test_pin_is_found_where_it_is(at: tuple[float, float], contrast: float) -> None:
    found = fit_pin(100.0 + contrast * disc("soft", SIDE, at, 1.5))
    assert found is not None
    assert (found.x_mm, found.y_mm) == pytest.approx(at, abs=1e-3)
    assert found.contrast_hu == pytest.approx(contrast, rel=0.01)
    assert found.blur_mm == pytest.approx(0.4685, abs=0.01)


def test_slanted_background_does_not_move_a_pin() -> None:
    y, x = np.mgrid[:SIDE, :SIDE] * PIXEL_MM
    found = fit_pin(20.0 * x - 10.0 * y + 900.0 * disc("soft", SIDE, (0.2, 0.1), 1.5))
    assert found is not None
    assert (found.x_mm, found.y_mm) == pytest.approx((0.2, 0.1), abs=1e-3)


def test_offset_and_scale_of_grey_values_do_not_move_a_pin() -> None:
    image = (
        900.0 * disc("soft", SIDE, (0.2, 0.1), 1.5) + noise(np.random.default_rng(0), "soft", (1, SIDE, SIDE), 10.0)[0]
    )
    plain, moved = fit_pin(image), fit_pin(0.95 * image + 1000.0)
    assert plain is not None
    assert moved is not None
    assert (moved.x_mm, moved.y_mm) == pytest.approx((plain.x_mm, plain.y_mm), abs=1e-6)


def test_weights_predict_how_the_centre_follows_the_pixels() -> None:
    image = 900.0 * disc("soft", SIDE, (0.2, 0.1), 1.5)
    bump = noise(np.random.default_rng(3), "soft", (1, SIDE, SIDE), 1.0)[0]
    before, after = fit_pin(image), fit_pin(image + bump)
    assert before is not None
    assert after is not None
    predicted = before.weights_x @ pixels(bump, 5.5)[2]
    assert after.x_mm - before.x_mm == pytest.approx(float(predicted), abs=2e-5)


def test_nothing_there_settles_on_no_pin_of_contrast() -> None:
    found = fit_pin(noise(np.random.default_rng(0), "soft", (1, SIDE, SIDE), 10.0)[0])
    assert found is None or abs(found.contrast_hu) < 100.0


def test_soft_edge_has_its_blur_and_no_overshoot() -> None:
    edge = fit_edge(pixels(disc("soft", SIDE, (0.0, 0.0), 6.1), 9.8), (0.0, 0.0), 6.1)
    assert edge.blur_mm == pytest.approx(0.4685, rel=0.08)
    assert abs(edge.overshoot_mm) < 0.1 * edge.blur_mm


def test_sharp_edge_shows_its_overshoot_and_its_reach() -> None:
    edge = fit_edge(pixels(disc("sharp", SIDE, (0.0, 0.0), 6.1), 9.8), (0.0, 0.0), 6.1)
    # exp(−(f/0.5)^2.2) is close to a Gaussian of s = 1/(2π·0.5/√2) = 0.45 mm; alone, a Gaussian would fit 0.24 mm.
    assert edge.blur_mm == pytest.approx(0.48, abs=0.06)
    assert edge.overshoot_mm < -0.6 * edge.blur_mm


@pytest.mark.parametrize("roi_mm", [4.3, 4.7, 5.0])
def test_bleed_is_what_the_blurred_edge_takes_from_the_mean(roi_mm: float) -> None:
    r = np.linspace(0.0, roi_mm, 4001)
    mean = np.trapezoid(2.0 * r * disc_profile(r, 6.1, 0.4685), r) / roi_mm**2
    assert edge_bleed(6.1, Edge(0.4685, 0.0), roi_mm) == pytest.approx(1.0 - mean, rel=0.25)


def test_the_width_of_an_edge_is_that_of_the_gaussian_with_the_same_half() -> None:
    assert Edge(0.5, 0.0).width_mm == pytest.approx(0.5, rel=5e-3)  # sought in steps of 0.3 %
    f50 = np.sqrt(0.5 * np.log(2.0)) / (np.pi * Edge(0.5, -0.3).width_mm)
    phase = 2.0 * (np.pi * 0.5 * f50) ** 2
    assert np.exp(-phase) * (1.0 + 2.0 * phase * 0.3 / 0.5) == pytest.approx(0.5, abs=3e-3)
