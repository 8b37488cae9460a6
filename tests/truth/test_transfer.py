"""The transfer function of a disc against the kernel it was drawn with: bias, scatter, and whether u is real."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import edges
import numpy as np
import pytest
from numpy.typing import NDArray

from iqa.signal.noise import Covariance
from iqa.signal.transfer import Crop, disc_transfer
from tests.honest import BAND, unfair_with_bias
from tests.made_phantom import PIXEL_MM, disc, noise, spectrum, transfer

SIDE = 64
RADIUS_MM = 6.0
REACH_MM = 11.0
BLUR_MM = {"soft": 0.47, "sharp": 0.30}
SEEDS = 60
STACKS = 40
LEVELS = {"f50": 0.5, "f10": 0.1}
NYQUIST = 0.5 / PIXEL_MM


def truth(kernel: str, level: float) -> float:
    f = np.linspace(0.0, 2.0, 20001)
    return float(f[np.flatnonzero(transfer(kernel, f) < level)[0]])


def crop(hu: NDArray[np.float64], at_mm: tuple[float, float]) -> Crop:
    axis = (np.arange(SIDE) - (SIDE - 1) / 2) * PIXEL_MM
    x, y = np.broadcast_arrays(axis[None, :] - at_mm[0], axis[:, None] - at_mm[1])
    return Crop(hu, x, y, np.hypot(x, y) < REACH_MM)


def covariance(kernel: str, sigma: float) -> Covariance:
    """Of the noise that is added, and of rounding to whole HU."""
    half = spectrum(kernel, (256, 256))[0, :129]
    plain = Covariance(np.arange(129) / (256 * PIXEL_MM), half, (PIXEL_MM, PIXEL_MM)).scaled(sigma**2)
    return replace(plain, nps=plain.nps + PIXEL_MM**2 / 12.0)


@cache
def places() -> list[tuple[float, float]]:
    rng = np.random.default_rng(3)
    return [(float(x), float(y)) for x, y in rng.uniform(-0.25, 0.25, (4, 2))]


@cache
def image(kernel: str, at_mm: tuple[float, float]) -> NDArray[np.float64]:
    return disc(kernel, SIDE, at_mm, RADIUS_MM)


@pytest.mark.parametrize("kernel", ["soft", "sharp"])
def test_without_noise_nothing_is_lost(kernel: str) -> None:
    for at in places():
        found = disc_transfer(
            [crop(1000.0 * image(kernel, at), at)], RADIUS_MM, BLUR_MM[kernel], covariance(kernel, 1.0), 1
        )
        assert found.radius_mm == pytest.approx(RADIUS_MM, abs=0.001)
        assert found.contrast == pytest.approx(1000.0, rel=2e-3)  # T(0) is what no edge shows
        for level in LEVELS.values():
            crossed = found.crossing(level, 9.0)
            assert crossed is not None
            assert crossed[0] == pytest.approx(truth(kernel, level), rel=5e-4)


def test_a_constant_changes_nothing_and_a_bowl_next_to_nothing() -> None:
    at = places()[0]
    plain = crop(1000.0 * image("soft", at), at)
    bowl = 20.0 * (plain.x_mm**2 + plain.y_mm**2) / 10.0**2
    seen = [
        disc_transfer([replace(plain, hu=hu)], RADIUS_MM, BLUR_MM["soft"], covariance("soft", 1.0), 1).crossing(
            0.5, 9.0
        )
        for hu in (plain.hu, plain.hu + 500.0, plain.hu + bowl)
    ]
    f50, moved, bowled = (s[0] for s in seen if s is not None)
    assert moved == pytest.approx(f50, rel=1e-6)
    assert bowled == pytest.approx(f50, rel=1e-3)


@pytest.mark.parametrize("blur_mm", [0.47, 0.7])
def test_a_kernel_that_passes_more_than_its_noise_and_its_blur_say(blur_mm: float) -> None:
    """As scanners have it: next to no noise where the edge still shows 1 %, which then weighs most."""
    at = places()[0]
    f = np.linspace(0.0, 2.0**0.5 * NYQUIST, 200)
    quiet = Covariance(f, f * np.exp(-((f / 0.35) ** 4)) + 1e-5, (PIXEL_MM, PIXEL_MM)).scaled(1.0)
    found = disc_transfer([crop(100.0 * image("soft", at), at)], RADIUS_MM, blur_mm, quiet, 1)
    assert found.misfit == 1.0
    for level in LEVELS.values():
        crossed = found.crossing(level, NYQUIST)
        assert crossed is not None
        assert crossed[0] == pytest.approx(truth("soft", level), rel=2e-3)


@pytest.mark.parametrize(
    ("kernel", "contrast", "sigma", "bias", "sd"),
    [("soft", 1000.0, 10.0, 0.4, 1.2), ("sharp", 1000.0, 10.0, 0.4, 0.6), ("soft", 100.0, 5.0, 2.0, 4.0)],
)
def test_bias_and_scatter_and_an_honest_u(kernel: str, contrast: float, sigma: float, bias: float, sd: float) -> None:
    """Bounds in per cent; what 60 seeds leave open is allowed for."""
    cov, found, us = covariance(kernel, sigma), [], []
    for i, seed in enumerate(np.random.SeedSequence(11).spawn(SEEDS)):
        at = places()[i % len(places())]
        grain = noise(np.random.default_rng(seed), kernel, (1, 2 * SIDE, 2 * SIDE), sigma)[0, :SIDE, :SIDE]
        seen = crop(np.round(contrast * image(kernel, at) + grain), at)
        result = disc_transfer([seen], RADIUS_MM, BLUR_MM[kernel], cov, 1)
        crossed = [result.crossing(level, 9.0) for level in LEVELS.values()]
        assert None not in crossed
        found.append([c[0] for c in crossed if c])
        us.append([c[1] for c in crossed if c])
    wanted = np.array([truth(kernel, level) for level in LEVELS.values()])
    off = 100.0 * (np.array(found) / wanted - 1.0)
    z = (np.array(found) - wanted) / np.array(us)
    assert np.all(np.abs(off.mean(axis=0)) <= bias + BAND * off.std(axis=0) / SEEDS**0.5)
    assert np.all(off.std(axis=0) <= sd * (1.0 + BAND / (2 * SEEDS) ** 0.5))
    assert np.all(np.abs(z.std(axis=0) - 1.0) <= BAND / (2 * SEEDS) ** 0.5)
    assert np.all(np.abs(z.mean(axis=0)) <= 0.5 + BAND / SEEDS**0.5)


def test_slices_of_a_tilted_phantom_are_as_good_as_one() -> None:
    """Rings hold other pixels on each slice: weights learnt on one of them would double the scatter."""
    wanted = edges.truth("soft", 0.5)
    found = [edges.fitted_stack("soft", 100.0, 100.0 / 20.0 * 7**0.5, seed, 7) for seed in range(STACKS)]
    values, us = np.array([t.crossing(0.5, 1.0) or (np.nan, np.nan) for t in found]).T
    assert values.std() < 0.034 * wanted * (1.0 + BAND / (2.0 * STACKS) ** 0.5)
    assert np.mean([t.misfit > 1.0 for t in found]) < 0.1
    assert unfair_with_bias(values.tolist(), us.tolist(), wanted) == []


def test_the_u_of_a_sum_holds_the_correlation_of_its_parts() -> None:
    """A value at a grid point has the u of the curve; neighbours go up and down together, and T(0) = 1 does not."""
    found = edges.fitted("soft", PIXEL_MM, 300.0, 10.0, seed=1)
    some = [0, 80, 81, 200]
    at = found.frequency[some]
    assert found.at(at) == pytest.approx(found.value[some])
    each = [found.u_of(at, one) for one in np.eye(4)]
    assert each == pytest.approx(found.u[some], abs=1e-9)
    assert found.u_of(at, np.array([0.0, 1.0, 1.0, 0.0])) == pytest.approx(each[1] + each[2], rel=1e-3)
    between = 0.5 * (found.frequency[[80]] + found.frequency[[81]])
    assert found.u_of(between, np.ones(1)) == pytest.approx(0.5 * (each[1] + each[2]), rel=1e-3)
    beyond = found.frequency[[-1]] + 0.1
    assert (float(found.at(beyond)[0]), found.u_of(beyond, np.ones(1))) == (0.0, 0.0)
