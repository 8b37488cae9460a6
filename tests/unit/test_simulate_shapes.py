"""Rods, bars and lines against independent integrals and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import ncx2

from iqa.simulate.blur import Blur, blur_of, disc
from iqa.simulate.section import Section
from iqa.simulate.shapes import Bar, Canvas, Line, Rod, Shape

Floats = NDArray[np.float64]

SIGMA = 0.4685
BLUR = blur_of(SIGMA)
CENTRE = (15.13, 14.86)
"""Off the pixel grid."""


def canvas(section: Section, pixel: float = 0.5, blur: Blur = BLUR) -> Canvas:
    axis = np.asarray(pixel * np.arange(round(30.0 / pixel)), dtype=np.float64)
    return Canvas(axis, axis, blur, section)


def image(shape: Shape, on: Canvas, z: float) -> Floats:
    whole = np.zeros((len(on.y_mm), len(on.x_mm)))
    drawn = shape.picture(on, z)
    assert drawn is not None
    whole[drawn[0]] = drawn[1]
    return whole


def rod(radius: float, slope: tuple[float, float] = (0.0, 0.0), ends: tuple[float, float] = (-50.0, 50.0)) -> Rod:
    return Rod(
        x_mm=CENTRE[0],
        y_mm=CENTRE[1],
        z_mm=0.0,
        z_from_mm=ends[0],
        z_to_mm=ends[1],
        hu=1.0,
        slope_x=slope[0],
        slope_y=slope[1],
        disc=disc(radius, BLUR),
    )


def centroid(picture: Floats, on: Canvas) -> tuple[float, float]:
    return float(picture.sum(0) @ on.x_mm / picture.sum()), float(picture.sum(1) @ on.y_mm / picture.sum())


def test_upright_rod_is_the_disc_at_its_centre() -> None:
    on = canvas(Section("rect", 5.0))
    picture = image(rod(6.0), on, 0.0)
    r = np.hypot(on.x_mm[None, :] - CENTRE[0], on.y_mm[:, None] - CENTRE[1])
    np.testing.assert_allclose(picture, ncx2.cdf((6.0 / SIGMA) ** 2, 2, (r / SIGMA) ** 2), atol=1e-4)
    assert centroid(picture, on) == pytest.approx(CENTRE, abs=1e-4)


def ellipse(along: Floats, across: Floats, semi_along: float, semi_across: float) -> Floats:
    """Gaussian-blurred ellipse by integration over its chords."""
    t, w = np.polynomial.legendre.leggauss(100)
    chord = semi_along * np.sqrt(1.0 - t**2)
    inside = ndtr((chord - along[..., None]) / SIGMA) - ndtr((-chord - along[..., None]) / SIGMA)
    weight = np.exp(-0.5 * ((across[..., None] - semi_across * t) / SIGMA) ** 2) / (SIGMA * math.sqrt(2.0 * math.pi))
    return np.asarray((inside * weight) @ (semi_across * w))


@pytest.mark.parametrize("section", [Section("rect", 5.0), Section("gaussian", 2.5)], ids=["rect", "gaussian"])
def test_leaning_rod_is_the_mean_of_shifted_ellipses(section: Section) -> None:
    on, lean, radius = canvas(section, 1.0), math.tan(math.radians(3.5)), 6.0
    picture = image(rod(radius, (0.0, lean)), on, 1.3)
    planes = np.linspace(-section.half_mm, section.half_mm, 25)
    mass = section.share(planes[:-1], planes[1:])
    x, y = on.x_mm[None, :] - CENTRE[0], on.y_mm[:, None] - CENTRE[1]
    wanted = np.zeros_like(picture)
    for z, share in zip(1.3 + 0.5 * (planes[1:] + planes[:-1]), mass, strict=True):
        wanted += share * ellipse(y - lean * z, np.broadcast_to(x, picture.shape), radius * math.hypot(1, lean), radius)
    np.testing.assert_allclose(picture, wanted, atol=1e-4)


def test_partial_volume_is_the_share_of_the_profile() -> None:
    on, thing = canvas(Section("triangle", 2.0)), rod(6.0, ends=(-50.0, 0.5))
    assert thing.share(on, 0.0) == pytest.approx(0.5 + 0.25 - 0.25**2 / 2)
    leaning = image(rod(6.0, (0.03, 0.0), ends=(-50.0, 0.5)), on, 0.0)
    row = leaning[np.argmin(np.abs(on.y_mm - CENTRE[1]))]
    left, right = (row[np.argmin(np.abs(on.x_mm - CENTRE[0] - d))] for d in (-4.0, 4.0))
    # the end face falls by 0.03 mm for each mm to the right
    assert left - right == pytest.approx(0.24 * (1.0 - 0.25) / 2.0, abs=0.01)


def test_bar_holds_its_area_and_place_at_any_angle() -> None:
    on, angle = canvas(Section("rect", 5.0)), math.radians(33.0)
    bar = Bar(
        x_mm=CENTRE[0],
        y_mm=CENTRE[1],
        z_mm=0.0,
        z_from_mm=-50.0,
        z_to_mm=50.0,
        hu=1.0,
        half_length_mm=4.7 / 2,
        half_width_mm=1.0 / 2,
        along_x=math.cos(angle),
        along_y=math.sin(angle),
    )
    picture = image(bar, on, 0.0)
    assert picture.sum() * 0.25 == pytest.approx(4.7, rel=1e-4)
    assert centroid(picture, on) == pytest.approx(CENTRE, abs=1e-3)
    along = np.cos(angle) * (on.x_mm[None, :] - CENTRE[0]) + np.sin(angle) * (on.y_mm[:, None] - CENTRE[1])
    spread = float((picture * along**2).sum() / picture.sum())
    assert spread == pytest.approx(4.7**2 / 12 + SIGMA**2, rel=1e-3)


def ramp(rise: float, *, half_width: float | None = None, diameter: float = 0.28) -> Line:
    return Line(
        x_mm=CENTRE[0],
        y_mm=CENTRE[1],
        z_mm=0.0,
        along_x=1.0,
        along_y=0.0,
        rise=rise,
        half_length_mm=20.0,
        diameter_mm=diameter,
        half_width_mm=half_width,
        hu=1.0,
    )


TAN_23 = math.tan(math.radians(23.0))


def test_ramp_under_gaussians_is_a_gaussian() -> None:
    on = canvas(Section("gaussian", 2.0), 0.25)
    picture = image(ramp(TAN_23), on, 0.31)
    row = picture.sum(axis=0)
    x = on.x_mm - CENTRE[0]
    mean = float(row @ x / row.sum())
    wire = (0.28 / 4.0 / math.sin(math.radians(23.0))) ** 2
    section = (2.0 / math.sqrt(8.0 * math.log(2.0)) / TAN_23) ** 2
    assert mean == pytest.approx(0.31 / TAN_23, abs=1e-3)
    assert float(row @ (x - mean) ** 2 / row.sum()) == pytest.approx(section + SIGMA**2 + wire, rel=1e-3)
    # the wire's area, cut at 23°
    assert picture.sum() * 0.25**2 == pytest.approx(math.pi * 0.14**2 / math.sin(math.radians(23.0)), rel=1e-3)


def test_ramp_under_a_rect_is_a_blurred_box() -> None:
    on = canvas(Section("rect", 2.5), 0.25)
    thin = image(ramp(TAN_23, diameter=0.01), on, 0.0).sum(axis=0)
    x, half = on.x_mm - CENTRE[0], 0.5 * 2.5 / TAN_23
    box = ndtr((x + half) / SIGMA) - ndtr((x - half) / SIGMA)
    np.testing.assert_allclose(thin / thin.max(), box / box.max(), atol=2e-4)


def test_slit_is_full_where_the_slice_lies_inside_it() -> None:
    on = canvas(Section("rect", 1.0), 0.25)
    picture = image(ramp(math.tan(math.radians(30.0)), half_width=4.0, diameter=4.0), on, 0.0)
    middle = picture[np.argmin(np.abs(on.y_mm - CENTRE[1])), np.argmin(np.abs(on.x_mm - CENTRE[0]))]
    assert middle == pytest.approx(1.0, abs=1e-4)
    assert picture.sum() * 0.25**2 == pytest.approx(8.0 * 4.0 / math.tan(math.radians(30.0)), rel=1e-3)


def test_ramp_ends() -> None:
    on = canvas(Section("rect", 1.0))
    assert ramp(TAN_23).picture(on, 20.0 * TAN_23 + 1.0) is None
