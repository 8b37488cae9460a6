"""The family `line_pairs` on a small gauge: right wherever it lies, and a reason where bars say nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from iqa.metrics import line_pairs
from iqa.metrics.context import Context
from iqa.model import Measurement, Result
from tests.bars_made import (
    CONTRAST_HU,
    MIDDLE_MM,
    Stray,
    fan,
    located,
    picture,
    results,
    rows,
    scan,
    stack,
    truth,
)
from tests.made_phantom import PIXEL_MM
from tests.results import number, reason

SIGMA = 5.0
BLUR_MM = 0.5
QUANTITIES = ("modulation", "droege_morin", "bar_contrast")


@cache
def plain() -> dict[str, Result]:
    return results(stack(sigma=SIGMA))


def of(made: NDArray[np.float64], **changes: Any) -> dict[str, Result]:
    """What a scan with other header values gives."""
    changed = replace(scan(made), **changes)
    return {r.key: r for r in line_pairs.measure(Context(changed, located(changed))).results}


def assert_true(found: dict[str, Result], kernel: str, labels: tuple[str, ...], name: str = "modulation") -> None:
    for label in labels:
        m = number(found[f"line_pairs.{name}.{label}"])
        assert m.u is not None
        assert m.u < 0.1 * m.value
        assert abs(m.value - truth(kernel, float(label.replace("p", ".")))) < 3.3 * m.u, m


def test_each_group_has_its_three_numbers_and_the_gauge_one() -> None:
    keys = {f"line_pairs.{q}.{g.label}" for q in QUANTITIES for g in fan()}
    assert set(plain()) == keys | {"line_pairs.resolved"}


def test_the_modulation_is_the_kernels_transfer() -> None:
    assert_true(plain(), "soft", ("1", "2", "3", "4", "5", "6", "7"))
    assert_true(plain(), "soft", ("2", "3", "4", "5", "6"), "droege_morin")


def test_parallel_bars_and_a_fraction_in_the_key() -> None:
    found = results(stack(groups=rows(), sigma=SIGMA), rows())
    assert_true(found, "soft", ("4", "5", "6p25"))


def test_a_constant_changes_nothing() -> None:
    hu = stack(sigma=SIGMA, contrasts=(CONTRAST_HU, 0.3 * CONTRAST_HU))
    moved = results(hu + 1000.0)
    for key, result in results(hu).items():
        if isinstance(result, Measurement):
            again = number(moved[key])
            assert (again.value, again.u) == pytest.approx((result.value, result.u), rel=1e-5)


def test_a_mirrored_image_changes_nothing() -> None:
    found = results(stack(sigma=SIGMA)[:, :, ::-1], mirrored=True)
    for lp in range(1, 8):
        key = f"line_pairs.modulation.{lp}"
        assert number(found[key]).value == pytest.approx(number(plain()[key]).value, rel=1e-6)


def test_dark_bars_count_as_bright_ones() -> None:
    dark = tuple(replace(g, hu=-500.0) for g in fan())
    hu = stack(sigma=SIGMA, contrasts=(-CONTRAST_HU,))
    assert_true(results(hu, dark), "soft", ("1", "3", "5", "7"))


def test_a_gauge_that_lies_askew_in_its_slices() -> None:
    """Each group has the contrast of the part of the section that it fills there; slices that show little are left."""
    hu = stack(sigma=SIGMA, contrasts=(CONTRAST_HU, CONTRAST_HU))
    lean = (np.arange(hu.shape[2]) - MIDDLE_MM / 0.5) / hu.shape[2]
    for i, share in ((1, 0.5 + lean), (2, 0.5 - lean)):
        hu[i] = 100.0 + (hu[i] - 100.0) * share
    found = results(hu)
    assert_true(found, "soft", ("1", "2", "3", "4", "5", "6", "7"))
    assert number(found["line_pairs.modulation.4"]).where == "gauge slices 1-2"
    assert number(found["line_pairs.modulation.9"]).where == "gauge slice 1"
    assert number(found["line_pairs.bar_contrast.4"]).flags == ("one_slice",)


def test_a_tilted_gauge_between_two_sections() -> None:
    """Its slices show it unequally strongly, and each with other pixels in its strips."""
    yaw, pitch = 2.0, -1.5
    hu = stack(sigma=SIGMA, contrasts=(0.0, 0.0))
    for i, (z, share) in enumerate(((-1.25, 1.0), (1.25, 0.55)), start=1):
        moved = Stray(x_mm=z * np.tan(np.radians(yaw)), y_mm=z * np.tan(np.radians(pitch)))
        hu[i] += share * CONTRAST_HU * picture("soft", fan(), moved)
    found = results(hu, yaw_deg=yaw, pitch_deg=pitch)
    assert number(found["line_pairs.modulation.4"]).where == "gauge slices 1-2"
    assert_true(found, "soft", ("1", "2", "3", "4", "5", "6", "7"))
    for lp in range(1, 8):
        m = number(found[f"line_pairs.modulation.{lp}"])
        assert abs(m.value / truth("soft", float(lp)) - 1.0) < 0.05


def test_a_group_at_the_fringe_of_the_section_says_so() -> None:
    hu = stack(sigma=SIGMA)
    hu[1] = 100.0 + (hu[1] - 100.0) * (0.5 + (np.arange(hu.shape[2]) - MIDDLE_MM / 0.5) / hu.shape[2])
    found = results(hu)
    assert number(found["line_pairs.modulation.1"]).flags == ("one_slice", "partial")
    assert number(found["line_pairs.modulation.9"]).flags == ("one_slice",)


def test_a_fringe_that_is_blurred_makes_the_modulation_less_certain() -> None:
    clear = stack(sigma=SIGMA, contrasts=(CONTRAST_HU, 0.3 * CONTRAST_HU))
    blurred = clear.copy()
    blurred[2] = ndimage.gaussian_filter(clear[2], BLUR_MM / PIXEL_MM)
    plain, unsure = (number(results(hu)["line_pairs.modulation.4"]) for hu in (clear, blurred))
    assert plain.where == unsure.where == "gauge slice 1"
    assert plain.u is not None
    assert unsure.u is not None
    lost = 0.3 * (1.0 - np.exp(-2.0 * (np.pi * BLUR_MM * 0.4) ** 2)) / 1.3
    assert plain.u < 0.2 * lost * plain.value
    assert unsure.u == pytest.approx(lost * plain.value, rel=0.2)  # the fringe is read with the clear slice's shape


def test_the_bar_contrast_is_the_pixels_own() -> None:
    m = number(plain()["line_pairs.bar_contrast.2"])
    assert m.u is not None
    assert abs(m.value - CONTRAST_HU) < 2.0 * m.u
    assert m.unit == "HU"


def test_the_finest_resolved_group_is_the_last_before_the_first_failure() -> None:
    m = number(plain()["line_pairs.resolved"])
    assert m.value == 8.0  # T of the soft kernel is 0.062 at 8 lp/cm, 0.030 at 9
    assert m.u == pytest.approx(1.0 / 3.0**0.5)
    assert m.flags == ()


def test_a_gauge_whose_finest_group_is_resolved_says_so() -> None:
    coarse = fan()[:4]
    m = number(results(stack(groups=coarse, sigma=SIGMA), coarse)["line_pairs.resolved"])
    assert (m.value, m.flags) == (4.0, ("finest_group",))


def test_groups_beyond_the_pixels_are_refused() -> None:
    for q in QUANTITIES:
        assert "Groups at or beyond 10.0 lp/cm are finer than the pixels can show" in reason(
            plain()[f"line_pairs.{q}.10"]
        )


def test_drowned_bars_have_a_limit_not_a_zero() -> None:
    found = results(stack(sigma=100.0))
    assert "Bars of 9 lp/cm do not stand out: their modulation is below 0." in reason(found["line_pairs.modulation.9"])
    assert "The standard deviation over bars of 9 lp/cm does not stand out" in reason(
        found["line_pairs.droege_morin.9"]
    )
    assert number(found["line_pairs.bar_contrast.9"]).flags == ("one_slice", "unresolved")
    assert number(found["line_pairs.resolved"]).value < 8.0


def test_a_gauge_that_is_not_there() -> None:
    found = results(stack(sigma=SIGMA, contrasts=(0.0,)))
    assert "No slice of module gauge shows bars of 3 lp/cm" in reason(found["line_pairs.modulation.3"])
    assert "No slice of module gauge" in reason(found["line_pairs.resolved"])


def test_a_group_outside_the_field() -> None:
    found = results(stack(sigma=SIGMA), x_mm=MIDDLE_MM + 8.0)
    assert "partly outside the reconstructed field" in reason(found["line_pairs.modulation.9"])


def test_a_clipped_scale() -> None:
    hu = np.clip(stack(sigma=SIGMA, contrasts=(4000.0,)), None, 3071.0)
    assert "lie at the end of the grey scale" in reason(results(hu)["line_pairs.modulation.1"])


def test_a_scan_without_the_module_or_without_noise() -> None:
    hu = stack(sigma=SIGMA)
    made = scan(hu)
    found = located(made)
    bare = replace(found, modules=tuple(m for m in found.modules if m.name != "gauge"))
    away = {r.key: r for r in line_pairs.measure(Context(made, bare)).results}
    assert "does not show module gauge" in reason(away["line_pairs.modulation.1"])
    silent = results(stack(sigma=0.0))
    assert "large enough to learn the noise from" in reason(silent["line_pairs.resolved"])


def test_coarse_pixels_leave_the_coarse_groups() -> None:
    made = stack(sigma=SIGMA)[:, ::2, ::2]
    found = of(made, pixel_mm=(1.0, 1.0))
    assert_true(found, "soft", ("1", "2", "3"))
    assert "finer than the pixels can show" in reason(found["line_pairs.modulation.5"])
