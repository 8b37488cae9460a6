"""d′ against closed forms and integrals made another way, its derivatives, and what must not change it."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import ive, j1

from iqa.model import EYE_FILTERS
from iqa.signal.observers import DPrime, cycles_per_degree, d_prime, disc_spectrum, eye_response, nodes
from tests.made_phantom import transfer

Array = NDArray[np.float64]

PER_MM = cycles_per_degree(400.0, 1.0)
KERNELS = ("soft", "hann", "sharp")


def ramp(kernel: str, f: Array, pixel_mm: float, sigma: float = 10.0) -> Array:
    """f·T² with a pixel variance of sigma² over the frequency square, by its own integral."""
    half = (np.arange(400) + 0.5) / 400 * 0.5 / pixel_mm
    square = np.hypot(half[:, None], half[None, :])
    mean = float(np.mean(square * transfer(kernel, square) ** 2)) / pixel_mm**2
    return np.asarray(f * transfer(kernel, f) ** 2 * sigma**2 / mean)


def burgess(f: Array) -> Array:
    form = EYE_FILTERS["burgess"]
    return eye_response(f, PER_MM, (form.rise, form.fall, form.bend, form.times))


def flat(f: Array) -> Array:
    return np.ones_like(f)


def of(
    kernel: str,
    diameter_mm: float,
    pixel_mm: float = 0.5,
    eye: Callable[[Array], Array] = np.ones_like,
    c: float = 10.0,
) -> DPrime:
    f = nodes(0.5 / pixel_mm)
    return d_prime(f, disc_spectrum(f, c, diameter_mm), transfer(kernel, f), ramp(kernel, f, pixel_mm), eye(f))


@pytest.mark.parametrize("diameter_mm", [1.0, 5.0, 15.0, 40.0])
@pytest.mark.parametrize("sigma_mm", [0.5, 1.0])
def test_a_gaussian_blur_in_white_noise_is_the_closed_form(sigma_mm: float, diameter_mm: float) -> None:
    """∬S² = C² A (1 − e^{−z}(I₀(z) + I₁(z))), z = D²/8s² (Weber's second integral)."""
    f = nodes(2.0)
    blur = np.exp(-2.0 * (np.pi * sigma_mm * f) ** 2)
    found = d_prime(f, disc_spectrum(f, 10.0, diameter_mm), blur, np.full_like(f, 25.0), np.ones_like(f))
    z = diameter_mm**2 / (8.0 * sigma_mm**2)
    energy = 100.0 * math.pi * diameter_mm**2 / 4.0 * (1.0 - float(ive(0, z) + ive(1, z)))
    assert found.value == pytest.approx(math.sqrt(energy / 25.0), rel=1e-4)


@pytest.mark.parametrize("diameter_mm", [2.0, 100.0])
@pytest.mark.parametrize("pixel_mm", [0.2, 1.0])
@pytest.mark.parametrize("kernel", ["soft", "sharp"])
def test_quadrature_is_as_good_as_an_adaptive_one(kernel: str, pixel_mm: float, diameter_mm: float) -> None:
    limit = 0.5 / pixel_mm
    scale = float(ramp(kernel, np.array([0.1]), pixel_mm)[0] / (0.1 * transfer(kernel, np.array([0.1]))[0] ** 2))

    def squared(f: float) -> tuple[float, float]:
        """S²E² and E²·NPS."""
        rho = f * 400.0 * math.pi / 180.0
        t, eye = float(transfer(kernel, np.array([f]))[0]), rho**1.3 * math.exp(-0.04 * rho**2)
        disc = 10.0 * diameter_mm / 2.0 * float(j1(math.pi * diameter_mm * f)) / f
        return (disc * t * eye) ** 2, scale * f * (t * eye) ** 2

    parts = list(pairwise(np.linspace(1e-9, limit, 41).tolist()))
    top = sum(quad(lambda f: f * squared(f)[0], *p, limit=200)[0] for p in parts)
    under = sum(quad(lambda f: f * math.prod(squared(f)), *p, limit=200)[0] for p in parts)
    wanted = math.sqrt(2.0 * math.pi) * top / math.sqrt(under)
    assert of(kernel, diameter_mm, pixel_mm, burgess).value == pytest.approx(wanted, rel=3e-4)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_radial_integral_is_that_over_the_frequency_plane(kernel: str) -> None:
    """Sums over a Cartesian grid, cut at the circle that pixels of 0.5 mm show."""
    n = 800
    axis = (np.arange(n) + 0.5) / n
    f = np.hypot(axis[:, None], axis[None, :])
    power = (5.0 * j1(5.0 * np.pi * f) / (2.0 * f) * 10.0 * transfer(kernel, f)) ** 2 * (f <= 1.0)
    cell = 4.0 / n**2
    top, under = power.sum() * cell, (power * ramp(kernel, f, 0.5)).sum() * cell
    assert of(kernel, 5.0).value == pytest.approx(top / math.sqrt(under), rel=5e-4)


@pytest.mark.parametrize(("diameter_mm", "value"), [(15.0, 21.0), (9.0, 10.3), (5.0, 4.5), (2.0, 1.2)])
def test_values_on_record_for_a_soft_kernel(diameter_mm: float, value: float) -> None:
    """σ = 10 HU, 10 HU, pixels of 0.5 mm, to the digits on record."""
    assert of("soft", diameter_mm).value == pytest.approx(value, rel=0.02)


@pytest.mark.parametrize("eye", [flat, burgess], ids=["npw", "npwe"])
def test_derivatives_are_those_of_differences(eye: Callable[[Array], Array]) -> None:
    f = nodes(1.0)
    disc, t, nps = disc_spectrum(f, 10.0, 5.0), transfer("soft", f), ramp("soft", f, 0.5)
    found = d_prime(f, disc, t, nps, eye(f))
    bump = 1e-4 * np.exp(-(((f - 0.2) / 0.05) ** 2))

    def difference(by_t: float, by_nps: float) -> float:
        up, down = (
            d_prime(f, disc, t + s * by_t * bump, nps * (1.0 + s * by_nps * bump), eye(f)).value for s in (1, -1)
        )
        return 0.5 * math.log(up / down)

    assert float(found.by_transfer @ bump) == pytest.approx(difference(1.0, 0.0), rel=1e-4)
    assert float(found.by_noise @ (nps * bump)) == pytest.approx(difference(0.0, 1.0), rel=1e-4)


def test_a_tiny_disc_counts_by_its_area() -> None:
    assert of("soft", 0.01).value / of("soft", 0.005).value == pytest.approx(4.0, rel=1e-4)


@pytest.mark.parametrize("eye", [flat, burgess], ids=["npw", "npwe"])
def test_contrast_and_noise_scaled_together_change_nothing(eye: Callable[[Array], Array]) -> None:
    f = nodes(1.0)
    t, nps = transfer("soft", f), ramp("soft", f, 0.5)
    plain = d_prime(f, disc_spectrum(f, 10.0, 5.0), t, nps, eye(f)).value
    assert d_prime(f, disc_spectrum(f, 30.0, 5.0), t, 9.0 * nps, eye(f)).value == pytest.approx(plain, rel=1e-12)
    assert of("soft", 5.0, c=20.0).value == pytest.approx(2.0 * of("soft", 5.0).value, rel=1e-12)


def test_the_height_of_an_eye_does_not_matter() -> None:
    assert of("soft", 5.0, eye=lambda f: 7.0 * burgess(f)).value == pytest.approx(of("soft", 5.0, eye=burgess).value)


@pytest.mark.parametrize(
    ("name", "peak"),
    [("burgess", 4.03), ("exponential", 2.0), ("samei", 3.30), ("samei-squared", 3.30), ("imquest", 0.573)],
)
def test_eyes_are_most_sensitive_where_they_are_said_to_be(name: str, peak: float) -> None:
    form, rho = EYE_FILTERS[name], np.linspace(0.0, 20.0, 20001)
    seen = eye_response(rho, 1.0, (form.rise, form.fall, form.bend, form.times))
    assert rho[np.argmax(seen)] == pytest.approx(peak, abs=0.01)
    assert seen.max() == 1.0


def test_twice_the_distance_is_half_the_magnification() -> None:
    assert cycles_per_degree(800.0, 2.0) == pytest.approx(cycles_per_degree(400.0, 1.0))
    assert cycles_per_degree(180.0 / math.pi, 1.0) == pytest.approx(1.0)


def test_eyes_part_by_a_factor_of_five() -> None:
    """For a disc of 15 mm, 10 HU, σ = 10 HU: 3.1, 4.7 and 7.6, and squared 2.5 and 12.6 on record."""
    shapes = {name: (e.rise, e.fall, e.bend, e.times) for name, e in EYE_FILTERS.items()}
    found = {n: of("soft", 15.0, eye=lambda f, s=s: eye_response(f, PER_MM, s)).value for n, s in shapes.items()}  # type: ignore[misc]
    wanted = {"burgess": 3.1, "samei": 4.7, "exponential": 7.6, "samei-squared": 2.5, "imquest": 12.6}
    assert {n: round(v, 1) for n, v in found.items()} == pytest.approx(wanted, abs=0.06)
