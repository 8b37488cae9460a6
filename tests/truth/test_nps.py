"""The noise power spectrum against the one the noise was made with, and the frequencies that sum it up."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import edges
import numpy as np
import pytest
from numpy.typing import NDArray

from iqa.metrics import nps
from iqa.metrics.context import Context
from iqa.model import Curve, Measurement
from iqa.signal.spectrum import Spectrum, estimate_spectrum
from tests.honest import BAND, unfair
from tests.made_phantom import PIXEL_MM, SIDE, made_located, made_scan, noise, picture, spectrum

Array = NDArray[np.float64]

SIGMA = 10.0
SEEDS = 60
SLICES = 6
KEYS = ("nps.average_frequency", "nps.mean_frequency_2d", "nps.peak_frequency")


def truth(kernel: str) -> dict[str, float]:
    """From the spectrum on a fine grid."""
    n = 1024
    power = spectrum(kernel, (n, n))
    f = np.fft.fftfreq(n, PIXEL_MM)
    radial, line = np.hypot(f[:, None], f[None, :]), slice(1, n // 2)
    along, curve = f[line], power[0, line]
    return {
        "nps.average_frequency": float(along @ curve / curve.sum()),
        "nps.mean_frequency_2d": float((radial * power).sum() / power.sum()),
        "nps.peak_frequency": float(along[int(np.argmax(curve))]),
    }


def curve(kernel: str, frequency: Array) -> Array:
    """The spectrum of noise of unit variance over radial frequency, HU² per bin of the pixels' own square."""
    n = 1024
    return np.asarray(
        np.interp(frequency, np.fft.fftfreq(n, PIXEL_MM)[: n // 2], spectrum(kernel, (n, n))[0, : n // 2])
    )


@cache
def found(kernel: str) -> tuple[dict[str, list[tuple[float, float]]], list[Curve]]:
    clean = picture("soft", slices=SLICES)
    located = made_located(made_scan(clean))
    values: dict[str, list[tuple[float, float]]] = {key: [] for key in KEYS}
    curves = []
    for seed in np.random.SeedSequence(12).spawn(SEEDS):
        hu = clean + noise(np.random.default_rng(seed), kernel, (len(clean), SIDE, SIDE), SIGMA)
        for r in nps.measure(Context(made_scan(hu), located)).results:
            if isinstance(r, Measurement) and r.u is not None:
                values[r.key].append((r.value, r.u))
            elif isinstance(r, Curve):
                curves.append(r)
    return values, curves


@pytest.mark.parametrize("kernel", ["soft", "sharp"])
@pytest.mark.parametrize(("key", "percent"), [(KEYS[0], 0.3), (KEYS[1], 0.3), (KEYS[2], 2.0)])
def test_frequencies_have_little_bias_and_an_honest_u(kernel: str, key: str, percent: float) -> None:
    values, us = np.array(found(kernel)[0][key]).T
    wanted = truth(kernel)[key]
    assert len(values) >= SEEDS - 2  # a cubic through a noisy curve may have no top
    open_by_chance = BAND * values.std() / SEEDS**0.5
    assert abs(values.mean() - wanted) <= percent / 100.0 * wanted + open_by_chance
    if key == KEYS[0]:
        assert unfair(values.tolist(), us.tolist(), wanted) == []
    else:  # their u holds biases as well: of the corners, of a cubic
        z = (values - values.mean()) / us
        assert 0.5 <= z.std() <= 1.0 + 1.5 * BAND / (2 * SEEDS) ** 0.5


@pytest.mark.parametrize("kernel", ["soft", "sharp"])
def test_the_curve_is_the_spectrum(kernel: str) -> None:
    curves = found(kernel)[1]
    x = np.array(curves[0].x)
    mean = np.mean([c.values for c in curves], axis=0)
    wanted = curve(kernel, x) * SIGMA**2 * PIXEL_MM**2
    band = (x > 0.08) & (x < 0.75)
    assert np.sqrt(np.mean((mean / wanted - 1.0)[band] ** 2)) <= 0.03
    scatter = np.std([c.values for c in curves], axis=0)
    said = np.mean([c.u for c in curves], axis=0)
    assert np.median((scatter / said)[band]) == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize("kernel", ["soft", "sharp"])
def test_u_of_low_rings_and_of_broad_sums_is_their_scatter_when_patches_share_pixels(kernel: str) -> None:
    """Patches that share half of their pixels tell one frequency as if they shared few, a broad sum as if many."""
    corners = [(r, c) for r in (0, 32, 64) for c in (0, 32, 64)]
    values, us = [], []
    for field in edges.grain(np.random.default_rng(8), kernel, PIXEL_MM, (300, 128, 128)) * SIGMA:
        patches = np.stack([field[r : r + 64, c : c + 64] for r, c in corners]).astype(np.float32)
        seen = estimate_spectrum(patches, (PIXEL_MM, PIXEL_MM), 1.0, corners)
        rings = np.eye(len(seen.ring_sizes))
        weights = [rings[2], rings[2:5].sum(axis=0), rings[8], seen.ring_sizes]
        values.append([float(w @ seen.covariance.nps) for w in weights])
        us.append([seen.u_of(w) for w in weights])
    assert np.std(values, axis=0) / np.mean(us, axis=0) == pytest.approx(1.0, abs=0.13)


def test_rings_and_shading_are_no_peak() -> None:
    """Power at the lowest bins far above the noise's peak, as cone beams have it."""
    rng = np.random.default_rng(4)
    rough = edges.grain(rng, "soft", PIXEL_MM, (200, 64, 64)) * SIGMA
    slow = np.cos(2.0 * np.pi * 1.6 * np.arange(64) / 64 + rng.uniform(0.0, 6.3, (200, 1, 1)))
    found = nps.peak_frequency(estimate_spectrum((rough + 8.0 * slow).astype(np.float32), (PIXEL_MM,) * 2, 200.0))
    assert found is not None
    assert found[0] == pytest.approx(truth("soft")["nps.peak_frequency"], rel=0.05)


def shaded(rng: np.random.Generator, kernel: str, waves: float, amplitude: float) -> Spectrum:
    """Of 24 squares, with one slow wave of so many periods in each."""
    rough = edges.grain(rng, kernel, PIXEL_MM, (24, 64, 64)) * SIGMA
    slow = np.cos(2.0 * np.pi * waves * np.arange(64) / 64 + rng.uniform(0.0, 6.3, (24, 1, 1)))
    return estimate_spectrum((rough + amplitude * slow).astype(np.float32), (PIXEL_MM,) * 2, 24.0)


def test_a_first_bin_far_above_the_next_ones_is_shading_wherever_the_peak_lies() -> None:
    """The mean over the lowest bins hides it where the second is empty."""
    found = shaded(np.random.default_rng(6), "soft", 1.0, 4.0)
    power = found.covariance.nps
    assert power[1] > 3.0 * power[2]
    assert nps.structured(found)


@pytest.mark.parametrize("kernel", ["soft", "hann", "sharp", "white", "smooth"])
def test_noise_alone_is_no_shading(kernel: str) -> None:
    """Low-pass noise too, whose floor has tops, and falls from the first bin on."""
    clean = [shaded(np.random.default_rng(seed), kernel, 1.2, 0.0) for seed in range(2)]
    assert not any(nps.structured(one) for one in clean)


def test_a_peak_is_known_no_better_than_a_cubic_finds_it() -> None:
    rough = edges.grain(np.random.default_rng(5), "soft", PIXEL_MM, (24, 64, 64)) * SIGMA
    found = nps.peak_frequency(estimate_spectrum(rough.astype(np.float32), (PIXEL_MM,) * 2, 1e9))
    assert found is not None
    assert abs(found[0] / truth("soft")["nps.peak_frequency"] - 1.0) < 0.1
    assert found[1] == pytest.approx(0.012 * found[0], rel=0.01)


def test_the_average_runs_to_the_limit_of_coarse_pixels() -> None:
    """Pixels of 0.8 mm, at whose limit the kernel still passes noise: without the last half bin it is 0.65 % low."""
    pixel_mm, n = 0.8, 1024
    f, power = np.arange(1, n // 2 + 1) / (n * pixel_mm), spectrum("soft", (n, n), pixel_mm)[0, 1 : n // 2 + 1]
    wanted = float(np.trapezoid(f * power, f) / np.trapezoid(power, f))
    read = [
        nps.average_frequency(
            estimate_spectrum(
                (SIGMA * edges.grain(np.random.default_rng(seed), "soft", pixel_mm, (24, 64, 64))).astype(np.float32),
                (pixel_mm, pixel_mm),
                24.0,
            )
        )[0]
        for seed in range(24)
    ]
    assert np.mean(read) == pytest.approx(wanted, rel=0.004)


@pytest.mark.parametrize("side", [64, 96])
def test_the_average_of_low_pass_noise_is_the_same_in_squares_of_any_size(side: int) -> None:
    """Of NPS = exp(−(f/c)²) it is c/√π, to which what lies below the first bin belongs."""
    cut, n = 0.15, 256
    f = np.hypot(np.fft.fftfreq(n, PIXEL_MM)[:, None], np.fft.rfftfreq(n, PIXEL_MM))
    read = []
    for seed in range(12):
        white = np.random.default_rng(seed).normal(size=(24, n, n))
        field = np.fft.irfft2(np.fft.rfft2(white) * np.exp(-0.5 * (f / cut) ** 2))[:, :side, :side]
        read.append(
            nps.average_frequency(
                estimate_spectrum((SIGMA * field / field.std()).astype(np.float32), (PIXEL_MM, PIXEL_MM), 24.0)
            )
        )
    value, u = np.array(read).T
    assert np.mean(value) == pytest.approx(cut / np.sqrt(np.pi), rel=0.05)
    assert np.abs(value - cut / np.sqrt(np.pi)).max() < 3.5 * u.mean()


def sharing(rng: np.random.Generator, fixed: Array | float = 0.0, slices: int = 5) -> Spectrum:
    """Of four squares on each of some slices, with what all of these share."""
    noisy = edges.grain(rng, "soft", PIXEL_MM, (4 * slices, 64, 64)).reshape(slices, 4, 64, 64) * SIGMA
    seen = np.asarray(noisy + fixed, dtype=np.float32)
    alone = estimate_spectrum(
        seen.reshape(-1, 64, 64), (PIXEL_MM, PIXEL_MM), float(slices), [(0, 64 * k) for k in range(4)]
    )
    return alone.sharing(seen)


@pytest.mark.parametrize("slices", [2, 5])
def test_noise_alone_is_not_fixed(slices: int) -> None:
    """What slices share by chance scatters as it is said to, and counts in one spectrum of three hundred."""
    moved, chance = [], []
    for seed in range(60):
        found = sharing(np.random.default_rng(seed), slices=slices)
        weights = np.eye(len(found.ring_sizes))[1:4].sum(axis=0)
        moved.append(float(weights @ found.response @ found.fixed))
        chance.append(found.fixed_scatter * found.u_of(weights) * slices**0.5)
        assert found.moved_by_fixed(weights) in (0.0, moved[-1])
    assert abs(np.mean(moved)) < BAND * np.std(moved) / 60**0.5
    assert np.std(moved) / np.mean(chance) == pytest.approx(1.0, abs=BAND / 120**0.5)
    assert np.mean(np.abs(moved) > 3.0 * np.array(chance)) <= 0.05


def test_what_all_slices_share_is_told_by_its_power() -> None:
    wave = 3.0 * np.cos(2.0 * np.pi * 1.5 * np.arange(64) / 64.0 + np.arange(4)[:, None, None])
    clean, with_wave = (sharing(np.random.default_rng(3), fixed) for fixed in (0.0, wave))
    weights = np.eye(len(clean.ring_sizes))[1:4].sum(axis=0)
    added = float(weights @ (with_wave.covariance.nps - clean.covariance.nps))
    assert with_wave.moved_by_fixed(weights) == pytest.approx(added, rel=0.2)
    assert clean.moved_by_fixed(weights) == 0.0


def test_what_takes_five_percent_off_the_average_is_said_unless_it_may_be_chance() -> None:
    """A slow wave that rises no bin above the next ones."""
    wave = 1.8 * np.cos(2.0 * np.pi * 1.5 * np.arange(64) / 64.0 + np.arange(4)[:, None, None])
    seen = sharing(np.random.default_rng(3), wave, slices=6)
    assert nps.structured(seen)
    assert not nps.structured(replace(seen, fixed=np.zeros_like(seen.fixed)))
    assert not nps.structured(replace(seen, fixed_scatter=1e3))


def test_slices_of_one_and_the_same_noise_tell_nothing_fixed() -> None:
    seen = np.repeat(edges.grain(np.random.default_rng(2), "soft", PIXEL_MM, (1, 64, 64))[None], 3, axis=0) * SIGMA
    alone = estimate_spectrum(seen.reshape(-1, 64, 64).astype(np.float32), (PIXEL_MM, PIXEL_MM), 1.0)
    assert not alone.sharing(seen.astype(np.float32)).fixed.any()


def test_u_holds_what_rings_take_off_the_average() -> None:
    """Rings 18 mm apart of a third of the noise, on all slices: too weak to rise above the next bins."""
    hu = picture("soft", SLICES)
    hu = hu + SIGMA * noise(np.random.default_rng(5), "soft", (len(hu), SIDE, SIDE), 1.0)
    y, x = (np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2) * PIXEL_MM
    scan = made_scan(hu + SIGMA / 3.0 * np.cos(2.0 * np.pi * np.hypot(x, y) / 18.0))
    results = nps.measure(Context(scan, made_located(scan))).results
    found = next(r for r in results if r.key == KEYS[0])
    assert isinstance(found, Measurement)
    assert found.u is not None
    off = truth("soft")[KEYS[0]] - found.value
    assert "structured" in found.flags
    assert off > 0.05 * found.value
    assert off < 2.0 * found.u
    radial = next(r for r in results if isinstance(r, Curve))
    x, seen, u = (np.array(v)[:8] for v in (radial.x, radial.values, radial.u))
    away = np.abs(seen - curve("soft", x) * SIGMA**2 * PIXEL_MM**2)
    assert away.max() > 0.5 * seen[int(np.argmax(away))]
    assert np.all(away < 3.0 * u)


def test_rings_are_flagged_on_every_number_that_they_move() -> None:
    """Rings 18 mm apart, as strong as the noise: they raise the lowest bins above all others."""
    hu = picture("soft", SLICES)
    hu = hu + SIGMA * noise(np.random.default_rng(5), "soft", (len(hu), SIDE, SIDE), 1.0)
    y, x = (np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2) * PIXEL_MM
    scan = made_scan(hu + SIGMA * np.cos(2.0 * np.pi * np.hypot(x, y) / 18.0))
    found = {r.key: r for r in nps.measure(Context(scan, made_located(scan))).results if isinstance(r, Measurement)}
    assert set(found) == set(KEYS)
    assert all("structured" in m.flags for m in found.values())
