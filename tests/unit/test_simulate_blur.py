"""The sum of Gaussians draws edges as independent formulas say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import j0, j1
from scipy.stats import ncx2

from iqa.errors import UsageError
from iqa.simulate.blur import Mtf, blur_of, disc

Floats = NDArray[np.float64]

WITHIN = 1e-4
"""Of the contrast: the bound on record for a simulator."""
F = np.linspace(0.0, 3.0, 6001)


def hann(f: Floats) -> Floats:
    return np.asarray(np.where(f < 1.0, 0.5 + 0.5 * np.cos(np.pi * f), 0.0) * np.sinc(0.4 * f) ** 2)


def sharp(f: Floats) -> Floats:
    return np.asarray((1.0 + 6.0 * f**2) * np.exp(-((f / 0.5) ** 2.2)))


def hankel(radius: float, r: Floats, transfer: Floats) -> Floats:
    """2πR ∫ T J₁(2πRf) J₀(2πrf) df by the trapezoid rule."""
    kernel = transfer * j1(2 * np.pi * radius * F)
    return np.array([2 * np.pi * radius * np.trapezoid(kernel * j0(2 * np.pi * x * F), F) for x in r])


@pytest.mark.parametrize("radius", [1.5, 6.0, 100.7])
@pytest.mark.parametrize("sigma", [0.3, 0.4685, 0.8])
def test_gaussian_disc_is_the_noncentral_chi_square(radius: float, sigma: float) -> None:
    r = np.linspace(max(0.0, radius - 3.0), radius + 3.0, 121)
    oracle = ncx2.cdf((radius / sigma) ** 2, 2, (r / sigma) ** 2)
    np.testing.assert_allclose(disc(radius, blur_of(sigma)).at(r), oracle, atol=WITHIN)


@pytest.mark.parametrize(("kernel", "transfer"), [("hann", hann(F)), ("sharp", sharp(F))], ids=["hann", "sharp"])
@pytest.mark.parametrize("radius", [1.5, 6.0, 12.5])
def test_disc_of_a_kernel_is_its_hankel_transform(kernel: Mtf, transfer: Floats, radius: float) -> None:
    r = np.linspace(max(0.0, radius - 4.0), radius + 4.0, 41)
    np.testing.assert_allclose(disc(radius, blur_of(kernel)).at(r), hankel(radius, r, transfer), atol=WITHIN)


def test_thin_wire_holds_its_area() -> None:
    wire = disc(0.025, blur_of("soft"))
    r = np.linspace(0.0, 4.0, 8001)
    assert 2 * np.pi * np.trapezoid(r * wire.at(r), r) == pytest.approx(np.pi * 0.025**2, rel=1e-3)


@pytest.mark.parametrize(
    ("kernel", "f50", "f10"), [("soft", 0.400, 0.729), ("hann", 0.462, 0.759), ("sharp", 0.693, 0.957)]
)
def test_kernels_have_the_frequencies_on_record(kernel: Mtf, f50: float, f10: float) -> None:
    blur = blur_of(kernel)
    assert blur.frequency(0.5) == pytest.approx(f50, abs=6e-4)
    assert blur.frequency(0.1) == pytest.approx(f10, abs=6e-4)
    assert blur.transfer(np.zeros(1))[0] == pytest.approx(1.0, abs=1e-9)


def test_sampled_curve_is_drawn_as_it_is() -> None:
    f = np.arange(0.0, 1.5, 0.05)
    gauss = np.exp(-2.0 * (np.pi * 0.5 * f) ** 2)
    blur = blur_of(tuple(zip(f.tolist(), gauss.tolist(), strict=True)))
    np.testing.assert_allclose(blur.transfer(f), gauss, atol=2e-3)


@pytest.mark.parametrize(
    ("mtf", "words"),
    [
        (-0.5, "must be positive, found -0.5 mm"),
        (((0.0, 0.9), (1.0, 0.0)), r"begin at \(0, 1\)"),
        (((0.0, 1.0), (0.5, 0.6)), "fall below 0.5"),
        (((0.0, 1.0), (0.5, 1.0), (0.51, 0.0), (1.0, 0.0)), "cannot be drawn"),
    ],
    ids=["negative", "not-1-at-0", "too-short", "jump"],
)
def test_impossible_curves_are_refused(mtf: Mtf, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        blur_of(mtf)
