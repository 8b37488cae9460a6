"""Strips along a line: resampling and the places of what lies on them."""

from __future__ import annotations

import numpy as np
import pytest

from iqa.signal.strip import detrended_sd, equivalent_width, find_box, line_centre, line_weights, resample


def test_resample_follows_a_blurred_line_between_pixels() -> None:
    rows, _ = np.mgrid[0:40, 0:40].astype(float)
    image = np.exp(-0.5 * ((rows - 19.3) / 1.3) ** 2).astype(np.float32)
    at = np.array([17.9, 19.3, 20.55])
    found = resample(image, np.full(3, 20.4), at)
    # a Gaussian of 1.3 pixels keeps 0.02 % of its spectrum beyond the Nyquist frequency
    assert found == pytest.approx(np.exp(-0.5 * ((at - 19.3) / 1.3) ** 2), abs=0.004)


def test_line_weights_give_the_height_of_a_blurred_line() -> None:
    across = np.arange(-3.0, 3.01, 0.25)
    profile = 70.0 * np.exp(-0.5 * ((across - 0.2) / 0.5) ** 2)
    assert line_weights(across, 0.2, 0.5) @ profile == pytest.approx(70.0)


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["bright", "dark"])
def test_line_centre_finds_a_line_beside_its_place(sign: float) -> None:
    across = np.arange(-2.5, 2.51, 0.25)
    profile = 100.0 + sign * np.exp(-0.5 * ((across - 0.4) / 0.5) ** 2)
    assert line_centre(across, profile, 0.5, 1.0) == pytest.approx(0.4, abs=0.04)


def test_find_box_takes_the_strongest_box_within_reach() -> None:
    x = np.arange(-30.0, 30.0, 0.5)
    values = np.where(np.abs(x - 4.0) < 2.5, 10.0, 0.0) + np.where(np.abs(x + 20.0) < 2.5, 50.0, 0.0)
    assert find_box(x, values, 5.0, 2.0, 6.0) == pytest.approx(4.0, abs=0.5)


def test_equivalent_width_is_area_over_height() -> None:
    x = np.arange(-20.0, 20.01, 0.5)
    assert equivalent_width(5.0 + 8.0 * (np.abs(x) < 3.1), 0.5) == pytest.approx(6.5)


def test_detrended_sd_leaves_the_slope_out() -> None:
    steps = np.tile([1.0, -1.0], 200)
    assert detrended_sd(steps + np.linspace(0.0, 50.0, 400)) == pytest.approx(1.0, rel=0.01)
