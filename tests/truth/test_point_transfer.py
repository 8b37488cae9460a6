"""The transfer function of beads and wires against the kernel they were drawn with: bias, scatter, and an honest u."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from sampled import POINT_CASES, of_points

from iqa.signal.noise import Covariance
from iqa.signal.points import ball_transform, smear_transform, wire_transform
from iqa.signal.transfer import Spot, Transfer, point_transfer
from tests.honest import BAND
from tests.made_phantom import noise
from tests.made_points import ball, covariance, crop, image, rod, spread, tilted, truth

Array = NDArray[np.float64]

SIDE = 64
WIDTH_MM = {"soft": 0.47, "hann": 0.42, "sharp": 0.30}
KERNELS = tuple(WIDTH_MM)
PLACES = ((0.11, -0.17), (-0.02, 0.24), (0.25, 0.25))
LEVELS = {"f50": 0.5, "f10": 0.1}
PEAK = 1000.0
DIAMETER_MM = 0.28
SEEDS = 40
FEW = 12
QUIET = 1e-8
"""Variance, HU², that stands for no noise."""


def removed(f: Array) -> Array:
    return ball_transform(f, DIAMETER_MM)


@cache
def picture(kernel: str, at_mm: tuple[float, float]) -> Array:
    return PEAK * image(kernel, SIDE, at_mm, (ball, DIAMETER_MM)) / peak_of_one(kernel)


def peak_of_one(kernel: str) -> float:
    return float(spread(kernel, ball, DIAMETER_MM, np.zeros(1))[0])


def one(hu: Array, at_mm: tuple[float, float], shape: Callable[[Array], Array] = removed) -> Spot:
    return Spot(crop(hu, at_mm), 1.0, 1.0, shape)


def quiet(kernel: str) -> Covariance:
    return covariance(kernel, 1.0).scaled(QUIET)


def crossings(found: Transfer) -> list[tuple[float, float]]:
    crossed = [found.crossing(level, 9.0) for level in LEVELS.values()]
    return [c if c else (np.nan, np.nan) for c in crossed]


def wanted(kernel: str) -> Array:
    return np.array([truth(kernel, level) for level in LEVELS.values()])


def bias_percent(kernel: str, found: Transfer) -> Array:
    return 100.0 * (np.array(crossings(found))[:, 0] / wanted(kernel) - 1.0)


# ------------------------------------------------------------------------------------------ without noise


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_bead_without_noise_gives_the_kernel(kernel: str) -> None:
    for at in PLACES:
        found = point_transfer([one(picture(kernel, at), at)], WIDTH_MM[kernel], quiet(kernel))
        assert np.all(np.abs(bias_percent(kernel, found)) <= 0.05)
        assert found.contrast == pytest.approx(PEAK / peak_of_one(kernel), rel=2e-3)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_thick_wire_without_noise_gives_the_kernel(kernel: str) -> None:
    at = PLACES[0]
    hu = PEAK * image(kernel, SIDE, at, (rod, 0.4))
    spot = one(hu, at, lambda f: wire_transform(f, 0.4))
    found = point_transfer([spot], WIDTH_MM[kernel], quiet(kernel))
    assert np.all(np.abs(bias_percent(kernel, found)) <= 0.05)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_tilted_wire_gives_the_kernel_whatever_its_direction(kernel: str) -> None:
    """5 mm sections at 5°: the wire travels 0.44 mm through each, and from slice to slice."""
    travel = 5.0 * np.tan(np.radians(5.0)) * np.array([np.cos(0.7), np.sin(0.7)])
    length = float(np.hypot(*travel))

    def shape(f: Array) -> Array:
        return wire_transform(f, 0.05) * smear_transform(f, length)

    spots = []
    for k in range(5):
        at = PLACES[0][0] + (k - 2) * travel[0], PLACES[0][1] + (k - 2) * travel[1]
        hu = PEAK * tilted(kernel, SIDE, at, 0.05, (float(travel[0]), float(travel[1])))
        spots.append(Spot(crop(hu, at), 1.0, 0.2, shape))
    found = point_transfer(spots, WIDTH_MM[kernel], quiet(kernel))
    assert np.all(np.abs(bias_percent(kernel, found)) <= 0.05)


def test_what_is_not_removed_shows() -> None:
    """0.28 mm lower f50 and f10 of a soft kernel by 0.9 %."""
    at = PLACES[0]
    spot = one(picture("soft", at), at, np.ones_like)
    found = point_transfer([spot], WIDTH_MM["soft"], quiet("soft"))
    assert bias_percent("soft", found) == pytest.approx([-0.9, -0.9], abs=0.1)


def test_a_constant_changes_nothing_and_scaling_nothing() -> None:
    at = PLACES[0]
    grain = noise(np.random.default_rng(5), "soft", (1, 2 * SIDE, 2 * SIDE), 10.0)[0, :SIDE, :SIDE]
    hu = picture("soft", at) + grain
    cov = covariance("soft", 10.0)
    plain, raised, tripled = (
        np.array(crossings(point_transfer([one(h, at)], WIDTH_MM["soft"], c)))
        for h, c in ((hu, cov), (hu + 1000.0, cov), (3.0 * hu, cov.scaled(9.0 * cov.variance)))
    )
    assert raised == pytest.approx(plain, rel=1e-6)
    assert tripled == pytest.approx(plain, rel=1e-6)


def test_spots_of_unequal_height_are_one_sample() -> None:
    """Two slices share a bead 3 : 1 and each has its own base."""
    spots = []
    for at, height in zip(PLACES, (0.75, 0.25), strict=False):
        spots.append(Spot(crop(height * picture("hann", at) + 300.0 * height**2, at), height, height, removed))
    found = point_transfer(spots, WIDTH_MM["hann"], quiet("hann"))
    assert np.all(np.abs(bias_percent("hann", found)) <= 0.05)


# --------------------------------------------------------------------------------------------- with noise


@cache
def sampled(kernel: str, snr: float, tie: float) -> tuple[Array, Array]:
    """Deviations, per cent, and z of f50 and f10 over the seeds."""
    noisy, off, z = covariance(kernel, PEAK / snr), [], []
    integral = PEAK / peak_of_one(kernel)
    for i, seed in enumerate(np.random.SeedSequence(13).spawn(SEEDS)):
        at = PLACES[i % len(PLACES)]
        grain = noise(np.random.default_rng(seed), kernel, (1, 2 * SIDE, 2 * SIDE), PEAK / snr)[0, :SIDE, :SIDE]
        known = (integral * (1.0 + tie * float(np.random.default_rng(seed).standard_normal())), tie * integral)
        spot = one(np.round(picture(kernel, at) + grain), at)
        found = point_transfer([spot], WIDTH_MM[kernel], noisy, known if tie else None)
        values, us = np.array(crossings(found)).T
        off.append(100.0 * (values / wanted(kernel) - 1.0))
        z.append((values - wanted(kernel)) / us)
    return np.array(off), np.array(z)


def within(off: Array, bias: tuple[float, float], sd: tuple[float, float]) -> None:
    """Bounds in per cent for f50 and f10; what the seeds leave open is allowed for."""
    assert np.all(np.isfinite(off))
    assert np.all(np.abs(off.mean(axis=0)) <= np.array(bias) + BAND * off.std(axis=0) / SEEDS**0.5)
    assert np.all(off.std(axis=0) <= np.array(sd) * (1.0 + BAND / (2 * SEEDS) ** 0.5))


@pytest.mark.parametrize("kernel", KERNELS)
def test_bias_and_scatter_of_a_bead_a_hundred_times_above_the_noise(kernel: str) -> None:
    within(sampled(kernel, 100.0, 0.0)[0], (2.0, 0.8), (2.3, 0.7))


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_known_integral_sharpens_f50(kernel: str) -> None:
    tied, free = sampled(kernel, 100.0, 0.002)[0], sampled(kernel, 100.0, 0.0)[0]
    within(tied, (1.0, 0.8), (1.2, 0.7))
    assert tied[:, 0].std() < free[:, 0].std()


@pytest.mark.parametrize(("kernel", "snr"), [("soft", 100.0), ("hann", 100.0), ("sharp", 100.0), ("sharp", 25.0)])
def test_u_is_the_scatter(kernel: str, snr: float) -> None:
    """It holds how far T may stray from its free shape, so it may be a little too large."""
    z = sampled(kernel, snr, 0.0)[1]
    assert np.all(z.std(axis=0) <= 1.0 + BAND / (2 * SEEDS) ** 0.5)
    assert np.all(z.std(axis=0) >= 0.7)
    assert np.all(np.abs(z.mean(axis=0)) <= 0.5 + BAND / SEEDS**0.5)


@pytest.mark.parametrize("name", ["two beads on two slices, soft, 30", "tilted wire, sharp, 40"])
def test_u_through_the_whole_family(name: str) -> None:
    case = POINT_CASES[name]
    for name_of_level, level in LEVELS.items():
        values, us = of_points(name, name_of_level, FEW)
        z = (np.array(values) - truth(case.made.kernel, level)) / np.array(us)
        assert np.all(np.isfinite(z))
        assert z.std() <= 1.0 + BAND / (2 * len(z)) ** 0.5
        assert abs(z.mean()) <= 0.5 + BAND / len(z) ** 0.5
