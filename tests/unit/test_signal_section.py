"""The section profile: closed forms, and fits of profiles whose width is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from iqa.signal.section import Profiles, fit_widths, section
from iqa.signal.section_noise import Noise, noise_of, variance
from iqa.signal.shapes import derivatives, full_widths, parts_of, shapes, ssp

TAN = 0.42447
BLUR = 0.47 * TAN
TINY = 1e-3
SHAPES = {"rectangle": (1.0, TINY, TINY), "triangle": (1.0, 1.0, TINY), "gaussian": (TINY, TINY, 0.42466)}


def made(widths: tuple[float, float, float], rows: int = 2, ramps: int = 1) -> Profiles:
    """Noise-free profiles of 500 HU on a base of 20 HU with a slope, 0.5 mm apart along a ramp of 23°."""
    z = np.tile(np.arange(-14.0, 14.01, 0.5) * TAN, (rows * ramps, 1))
    centre = np.linspace(-0.3, 0.2, rows * ramps)[:, None]
    first, second, gauss = widths
    peak = ssp(np.zeros(1), first, second, float(np.hypot(gauss, BLUR)))
    values = 500.0 * ssp(z - centre, first, second, float(np.hypot(gauss, BLUR))) / peak + 20.0 + 2.0 * z
    exact = np.zeros(rows * ramps)
    return Profiles(z, values, np.full(rows * ramps, BLUR), exact, exact, np.repeat(np.arange(ramps), rows))


@pytest.mark.parametrize(
    ("widths", "expected"),
    [((3.0, 1.0, 0.01), 3.0), ((2.0, 2.0, 0.001), 2.0), ((TINY, TINY, 1.0), 2.0 * np.sqrt(2.0 * np.log(2.0)))],
    ids=["trapezoid: the wider rectangle", "triangle: its half base", "gaussian: 2.355 sigma"],
)
def test_fwhm_is_the_closed_form(widths: tuple[float, float, float], expected: float) -> None:
    first, second, gauss = np.array(widths)[:, None]
    assert full_widths(first, second, gauss, 0.5) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("widths", [(2.0, 0.5, 0.3), (1.0, 1.0, 0.05), (TINY, TINY, 0.6)])
def test_ssp_has_unit_area_and_the_sum_of_variances(widths: tuple[float, float, float]) -> None:
    z = np.linspace(-8.0, 8.0, 16001)
    profile = ssp(z, *widths)
    step = z[1] - z[0]
    assert profile.sum() * step == pytest.approx(1.0, abs=1e-6)
    first, second, gauss = widths
    assert (profile * z * z).sum() * step == pytest.approx((first**2 + second**2) / 12.0 + gauss**2, rel=1e-4)


@pytest.mark.parametrize("index", [0, 1, 2], ids=["rectangle", "triangle", "gaussian"])
def test_a_blur_with_overshoot_adds_its_second_derivative_and_its_slopes_are_those_of_differences(index: int) -> None:
    shape, width, step = shapes()[index], 1.5, 3e-3
    z = np.linspace(-2.5, 2.5, 51)

    def drawn(moved: float = 0.0, wider: float = 0.0, overshoot: float = -0.05) -> NDArray[np.float64]:
        mm = np.array([width + wider])
        return derivatives(z + moved, parts_of([shape]), mm, np.hypot(shape.gauss * mm, 0.3), overshoot)

    plain = [drawn(moved, overshoot=0.0)[0] for moved in (-step, 0.0, step)]
    bent = plain[1] - 0.05 * (plain[0] - 2.0 * plain[1] + plain[2]) / step**2
    assert drawn()[0] == pytest.approx(bent, abs=2e-4)
    by_z = (drawn(step)[0] - drawn(-step)[0]) / (2.0 * step)
    by_width = (drawn(wider=step)[0] - drawn(wider=-step)[0]) / (2.0 * step)
    assert drawn()[1:] == pytest.approx(np.stack([by_z, by_width]), abs=2e-4)


def test_shapes_have_unit_fwhm_and_weights_that_sum_to_one() -> None:
    table = shapes()
    first, second, gauss = parts_of(table)
    assert full_widths(first, second, gauss, 0.5) == pytest.approx([1.0] * len(table), rel=1e-6)
    assert sum(s.prior for s in table) == pytest.approx(1.0)


@pytest.mark.parametrize("width", [0.6, 1.25, 5.0])
@pytest.mark.parametrize("index", [0, 1, 2], ids=["rectangle", "triangle", "gaussian"])
def test_fit_of_the_right_shape_returns_width_places_and_height(index: int, width: float) -> None:
    shape = shapes()[index]
    data = made((shape.first * width, shape.second * width, shape.gauss * width))
    (fit,) = fit_widths(data, [shape], np.array([1.3 * width]), np.zeros(2), np.eye(data.values.shape[1]))
    assert fit is not None
    assert fit.width_mm[0] == pytest.approx(width, rel=1e-3)
    assert fit.centre_mm == pytest.approx([-0.3, 0.2], abs=1e-4)
    assert fit.amplitude == pytest.approx([500.0, 500.0], rel=1e-3)


@pytest.mark.parametrize("width", [1.0, 2.5, 5.0])
@pytest.mark.parametrize("name", SHAPES)
def test_section_without_noise_is_within_a_third_of_a_percent(name: str, width: float) -> None:
    first, second, gauss = (width * w for w in SHAPES[name])
    data = made((first, second, gauss), ramps=2)
    found = section(data, np.zeros(4, dtype=np.int64), np.full(2, 1.2 * width), np.zeros(4))
    assert found is not None
    assert found.width_mm == pytest.approx([width, width], rel=3e-3)


def test_width_grows_with_the_scale_and_not_with_the_height() -> None:
    data = made((2.0, TINY, 0.3))
    twice = Profiles(
        2.0 * data.z_mm, 3.0 * data.values - 900.0, 2.0 * data.blur_mm, 4.0 * data.overshoot_mm2, data.blur_u, data.ramp
    )
    first = np.zeros(2, dtype=np.int64)
    one, two = (section(d, first, np.array([w]), np.zeros(2)) for d, w in ((data, 2.0), (twice, 4.0)))
    assert one is not None
    assert two is not None
    assert two.width_mm[0] == pytest.approx(2.0 * one.width_mm[0], rel=1e-3)


def test_noise_alone_gives_no_fit() -> None:
    z = np.tile(np.arange(-14.0, 14.01, 0.5) * TAN, (1, 1))
    flat = Profiles(z, np.zeros_like(z), np.array([BLUR]), np.zeros(1), np.zeros(1), np.zeros(1, dtype=np.int64))
    assert section(flat, np.zeros(1, dtype=np.int64), np.array([2.0]), np.zeros(1)) is None


def correlated(rng: np.random.Generator, rows: int, length: int) -> NDArray[np.float64]:
    white = rng.standard_normal((rows, length + 2))
    return np.asarray((white[:, 2:] + 2.0 * white[:, 1:-1] + white[:, :-2]) / np.sqrt(6.0))


def test_noise_of_gives_back_the_covariance_that_the_fit_took_away() -> None:
    data = made((2.0, TINY, TINY), rows=60)
    noisy = Profiles(
        data.z_mm,
        data.values + 5.0 * correlated(np.random.default_rng(1), 60, data.z_mm.shape[1]),
        data.blur_mm,
        data.overshoot_mm2,
        data.blur_u,
        data.ramp,
    )
    (fit,) = fit_widths(noisy, shapes()[:1], np.array([2.0]), np.zeros(60), np.eye(data.z_mm.shape[1]))
    assert fit is not None
    noise = noise_of(fit.residual, fit.maker(), np.arange(60) * 1000, data.ramp)
    # 60 rows of 57 samples with three of a kind: 2 % of the variance; the window over the lags takes another percent
    assert noise.lags[:4] / 25.0 == pytest.approx([1.0, 2.0 / 3.0, 1.0 / 6.0, 0.0], abs=0.07)


def test_variance_counts_what_neighbouring_slices_share() -> None:
    noise = Noise(np.array([4.0, 1.0, 0.0]), np.array([1.0, 0.5]))
    influence = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    same, apart = np.array([0, 1]), np.array([0, 9])
    assert variance(influence, same, noise) == pytest.approx(4.0 + 4.0 + 2.0 * 0.5 * 4.0)
    assert variance(influence, apart, noise) == pytest.approx(8.0)


def test_inflation_is_one_for_independent_slices() -> None:
    assert Noise(np.ones(1), np.array([1.0])).inflation(5) == 1.0
    assert Noise(np.ones(1), np.array([1.0, 0.5])).inflation(2) == pytest.approx(1.5)
