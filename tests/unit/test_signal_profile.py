"""The section profile behind exact samples, and what a mixture of shapes makes of its widths."""

from __future__ import annotations

import numpy as np
import pytest

from iqa.signal.profile import Samples, Width, of_mixture, profile, widest_gap
from iqa.signal.shapes import Shape, between, finer, paths, shapes, tenths
from tests.beads_made import FORMS, width

SIGMA = 1e-3
FWHM_MM = 2.5


def sampled(form: str, offsets_mm: tuple[float, ...], step_mm: float, heights: tuple[float, ...]) -> Samples:
    """Sources at those offsets on slices `step_mm` apart, in next to no noise."""
    reach = round(5.5 / step_mm)
    z = step_mm * np.arange(-reach, reach + 1, dtype=np.float64)
    values = [h * FORMS[form]((z - at) / FWHM_MM) for at, h in zip(offsets_mm, heights, strict=True)]
    count = len(offsets_mm)
    return Samples(
        np.tile(z, count),
        np.concatenate(values),
        np.repeat(np.arange(count), z.size),
        SIGMA**2 * np.eye(count * z.size),
        1e-4,
        1e-3,
    )


@pytest.mark.parametrize("form", ["gaussian", "triangle", "rounded", "skewed"])
def test_widths_of_smooth_profiles(form: str) -> None:
    """Bounds of 0.5 %: a family without the form must not move it by more."""
    found = profile(sampled(form, (0.07,), FWHM_MM / 7.0, (1.0,)), 2.2, np.array([0.0]))
    assert found is not None
    assert found.tenth is not None
    assert found.half.mm == pytest.approx(FWHM_MM * width(form, 0.5), rel=0.005)
    assert found.tenth.mm == pytest.approx(FWHM_MM * width(form, 0.1), rel=0.005)
    assert abs(found.half.mm - FWHM_MM * width(form, 0.5)) < 3.0 * found.half.u_mm


def test_flanks_between_samples_are_known_to_their_distance() -> None:
    step = 0.6
    for at in np.linspace(-0.25, 0.25, 6):
        found = profile(sampled("rectangle", (float(at),), step, (1.0,)), 2.2, np.array([float(at)]))
        assert found is not None
        assert abs(found.half.mm - FWHM_MM) < step
        assert found.half.u_mm == pytest.approx(step / 6.0**0.5, rel=0.2)
        assert abs(found.half.mm - FWHM_MM) < 2.5 * found.half.u_mm


def test_sources_of_different_height_lie_on_one_axis() -> None:
    pooled = sampled("gaussian", (0.0, 0.6), 1.2, (1.0, 3.0))
    assert widest_gap(pooled, FWHM_MM, np.array([0.0, 0.6])) == pytest.approx(0.6)
    found = profile(pooled, 2.2, np.array([0.1, 0.5]))
    assert found is not None
    assert found.half.mm == pytest.approx(FWHM_MM, rel=0.01)


def test_the_curve_is_of_height_one_about_the_middle_of_its_half_maximum() -> None:
    found = profile(sampled("skewed", (0.2,), 0.3, (5.0,)), 2.2, np.array([0.2]))
    assert found is not None
    assert found.values.max() == pytest.approx(1.0, abs=2e-3)
    left, right = np.interp([-0.5 * found.half.mm, 0.5 * found.half.mm], found.z_mm, found.values)
    assert (left, right) == pytest.approx((0.5, 0.5), abs=0.01)


def test_the_sources_own_extent_is_taken_out() -> None:
    plain = sampled("gaussian", (0.0,), 0.3, (1.0,))
    blur = 0.4
    wide = np.exp(-0.5 * plain.z_mm**2 / ((FWHM_MM / 2.3548) ** 2 + blur**2))
    found = profile(Samples(plain.z_mm, wide, plain.source, plain.covariance, blur, 1.0), 2.2, np.array([0.0]))
    assert found is not None
    assert found.half.mm == pytest.approx(FWHM_MM, rel=0.003)


def test_a_height_of_nothing_gives_no_profile_worth_its_u() -> None:
    z = np.arange(-10.0, 10.1, 0.4)
    rng = np.random.default_rng(3)
    noise = Samples(z, rng.standard_normal(z.size), np.zeros(z.size, dtype=np.int64), np.eye(z.size), 0.06, 0.28)
    found = profile(noise, 2.0, np.array([0.0]))
    assert found is None or found.half.u_mm > 0.1 * found.half.mm


@pytest.mark.parametrize(("shape", "tenth"), [(0, 1.0), (1, 1.8), (2, (np.log(10.0) / np.log(2.0)) ** 0.5)], ids=str)
def test_of_one_shape_the_tenth_follows(shape: int, tenth: float) -> None:
    """A rectangle, a triangle and a Gaussian, by closed form."""
    found = of_mixture(((shapes()[shape], 1.0, np.array([2.4, 2.6])),), Width(2.5, 0.05))
    assert found.tenth is not None
    assert found.tenth.mm == pytest.approx(2.5 * tenth, rel=3e-3)  # of the rectangle: its closed form needs some blur
    assert found.tenth.u_mm == pytest.approx(0.05 * tenth, rel=3e-3)


def test_shapes_that_agree_at_half_differ_at_a_tenth() -> None:
    rectangle, triangle = shapes()[:2]
    found = of_mixture(((rectangle, 0.5, np.array([2.5])), (triangle, 0.5, np.array([2.5]))), Width(2.5, 0.01))
    assert found.tenth is not None
    assert found.tenth.mm == pytest.approx(2.5 * 1.4, rel=2e-3)
    assert found.tenth.u_mm == pytest.approx(2.5 * 0.4, rel=5e-3)


def test_a_shape_between_two_has_unit_width_and_lies_between() -> None:
    rectangle, _, gaussian = shapes()[:3]
    middle = between(rectangle, gaussian)
    z = np.array([-0.5, 0.5])
    assert middle.at(z, 1.0) == pytest.approx([0.5, 0.5], abs=1e-6)
    assert np.all(np.diff(tenths([rectangle, middle, gaussian])) > 0.0)


def test_paths_hold_every_shape_and_grow_about_one() -> None:
    assert {s for path in paths() for s in path} == set(shapes())
    first = paths()[0][0]
    grown = finer(paths(), first)
    assert [len(a) - len(b) for a, b in zip(grown, paths(), strict=True)] == [1, 1, 0]
    assert all(isinstance(s, Shape) for path in grown for s in path)


def test_what_the_blur_leaves_open_weighs_on_the_foot_of_steep_flanks() -> None:
    """A rectangle's flank of variance u(s²) and one without differ by 2 Φ⁻¹(0.9) √u(s²) at a tenth."""
    found = of_mixture(((shapes()[0], 1.0, np.array([2.5])),), Width(2.5, 0.0), unsure_mm=0.06)
    assert found.tenth is not None
    # the closed form of a rectangle has a flank of 0.0026 mm of its own
    assert found.tenth.u_mm == pytest.approx(2.563 * (0.06 - 0.0026), rel=0.01)


def test_flanks_drawn_soft_may_be_steep() -> None:
    """Of a rectangle drawn with a sigma of 0.25 mm: 2.5 mm or 2.5 + 2 · 1.28 · 0.25 mm, and nothing tells which."""
    found = of_mixture(((shapes()[0], 1.0, np.array([2.5])),), Width(2.5, 0.0), softest_mm=0.25)
    assert found.tenth is not None
    assert found.tenth.mm == pytest.approx(2.5 + 1.282 * 0.25, rel=0.01)
    assert found.tenth.u_mm == pytest.approx(1.282 * 0.25, rel=0.03)
