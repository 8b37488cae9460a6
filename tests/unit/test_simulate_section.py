"""Section profiles: area, width, shares and nodes against numerical integration and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from iqa.errors import UsageError
from iqa.simulate.section import Form, Section

FORMS = [Section("rect", 5.0), Section("gaussian", 2.0), Section("triangle", 1.0), Section("rect_gauss", 5.0, 0.6)]
each_form = pytest.mark.parametrize("section", FORMS, ids=[s.form for s in FORMS])


@each_form
def test_area_is_one_and_shares_are_its_integral(section: Section) -> None:
    z = np.linspace(-section.half_mm, section.half_mm, 200001)
    density = section.density(z)
    assert np.trapezoid(density, z) == pytest.approx(1.0, abs=1e-5)
    inside = z <= 0.3 * section.fwhm_mm
    assert section.share_below(0.3 * section.fwhm_mm) == pytest.approx(
        np.trapezoid(density[inside], z[inside]), abs=2e-5
    )


@each_form
def test_width_is_that_asked_for(section: Section) -> None:
    assert section.width(0.5) == pytest.approx(section.fwhm_mm, rel=1e-4)
    at_half = section.density(np.array([0.0, 0.499 * section.fwhm_mm, 0.501 * section.fwhm_mm]))
    assert at_half[1] > 0.5 * at_half[0] > at_half[2]


@pytest.mark.parametrize(
    ("section", "fwtm"),
    [
        (Section("rect", 5.0), 5.0),
        (Section("triangle", 5.0), 9.0),
        (Section("gaussian", 5.0), 5.0 * np.sqrt(np.log2(10))),
    ],
    ids=["rect", "triangle", "gaussian"],
)
def test_width_at_a_tenth(section: Section, fwtm: float) -> None:
    assert section.width(0.1) == pytest.approx(fwtm, rel=1e-4)


@each_form
@pytest.mark.parametrize("low", [-99.0, -0.2])
def test_nodes_average_polynomials(section: Section, low: float) -> None:
    z = np.linspace(max(low, -section.half_mm), section.half_mm, 400001)
    density = section.density(z)
    nodes, weights = section.nodes(low, 99.0, 3)
    for power in range(6):
        wanted = np.trapezoid(density * z**power, z) / np.trapezoid(density, z)
        # 64 cells stand for the profile: 3e-4 of a moment that is of the order of half_mm ** power
        assert weights @ nodes**power == pytest.approx(wanted, abs=1e-3 * section.half_mm**power)


@pytest.mark.parametrize(
    ("section", "step", "overlap"),
    [
        (Section("rect", 5.0), 1.25, 0.75),
        (Section("rect", 5.0), 5.0, 0.0),
        (Section("gaussian", 5.0), 5.0, 0.25),
    ],
)
def test_noise_of_overlapping_slices_correlates(section: Section, step: float, overlap: float) -> None:
    assert section.overlap(np.array([0.0, step])) == pytest.approx([1.0, overlap], abs=1e-3)


@pytest.mark.parametrize("blur", [0.0, 2.5])
def test_a_rect_needs_edges_narrower_than_itself(blur: float) -> None:
    with pytest.raises(UsageError, match=rect_words(blur)):
        Section("rect_gauss", 5.0, blur)


def rect_words(blur: float) -> str:
    return rf"rect_gauss section of 5 mm needs edges of more than 0 and less than 2 mm \(SD\), found {blur:g} mm"


@pytest.mark.parametrize("hair_mm", [1e-15, 1e-12, 1e-9, 1e-8, 1e-6])
@pytest.mark.parametrize("form", ["rect", "gaussian", "triangle"])
def test_the_last_hair_of_a_wing_has_a_node_like_any_part(form: Form, hair_mm: float) -> None:
    section = Section(form, 2.5)
    nodes, weights = section.nodes(section.half_mm - hair_mm, 99.0, 3)
    assert np.isfinite(nodes).all()
    assert weights.sum() == pytest.approx(1.0)
