"""Noise as a covariance: closed forms, known spectra, invariances."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from iqa.signal.noise import Covariance, SliceCorrelation, estimate_slice_correlation, overlap_correlation
from iqa.signal.spectrum import estimate_spectrum, plane_spectrum
from iqa.signal.trend import detrended_sum_of_squares
from tests.made_phantom import PIXEL_MM, noise, spectrum

PIXEL = (PIXEL_MM, PIXEL_MM)
KERNELS = ("soft", "sharp", "smooth", "white")


def white(variance: float = 4.0, pixel: tuple[float, float] = PIXEL) -> Covariance:
    corner = float(np.hypot(0.5 / pixel[0], 0.5 / pixel[1]))
    area = pixel[0] * pixel[1]
    return Covariance(np.array([0.0, corner]), np.full(2, variance * area), pixel)


def round_mask(diameter_mm: float) -> NDArray[np.bool_]:
    reach = int(diameter_mm / 2 / PIXEL_MM)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1] * PIXEL_MM
    return np.asarray(np.hypot(x, y) <= diameter_mm / 2)


def true_variance_of_mean(kernel: str, mask: NDArray[np.bool_], sigma: float) -> float:
    """Independent of the code tested: the periodic noise field's own spectrum against the mask's."""
    field = np.zeros((512, 512))
    field[: mask.shape[0], : mask.shape[1]] = mask / mask.sum()
    return float(np.sum(np.abs(np.fft.fft2(field)) ** 2 * spectrum(kernel, (512, 512))) * sigma**2 / 512**2)


@cache
def patches(kernel: str, sigma: float, seeds: int = 4) -> NDArray[np.float32]:
    fields = noise(np.random.default_rng(5), kernel, (seeds, 240, 240), sigma)
    return np.concatenate([fields[:, r : r + 96, c : c + 96] for r in (0, 72, 144) for c in (0, 72, 144)]).astype(
        np.float32
    )


@pytest.mark.parametrize("pixel", [(0.5, 0.5), (0.4, 0.9)], ids=["square", "oblong"])
def test_white_noise_has_the_textbook_variances(pixel: tuple[float, float]) -> None:
    covariance, mask = white(pixel=pixel), round_mask(10.0)
    n = mask.sum()
    assert covariance.variance == pytest.approx(4.0, rel=1e-9)
    assert covariance.variance_of_mean(mask) == pytest.approx(4.0 / n, rel=1e-9)
    assert covariance.kept(mask) == pytest.approx(1.0, rel=1e-9)
    assert covariance.kept_after_detrend(mask) == pytest.approx((n - 6) / n, rel=1e-9)
    assert covariance.relative_variance_of_variance(mask) == pytest.approx(2.0 / n, rel=1e-9)


def test_lag_grid_gives_the_variance_of_a_sum_of_two_pixels() -> None:
    covariance = estimated("soft")
    grid = covariance.grid((2, 3))
    pair = np.zeros((3, 4))
    pair[0, 0] = pair[2, 3] = 1.0
    assert grid.shape == (5, 7)
    # Grids of different size wrap the tails of the covariance differently: agreement to 0.5 %.
    assert grid[2, 3] == pytest.approx(covariance.variance, rel=0.005)
    assert covariance.variance_of_sum(pair) == pytest.approx(2.0 * (grid[2, 3] + grid[4, 6]), rel=0.005)


@cache
def estimated(kernel: str) -> Covariance:
    return estimate_spectrum(patches(kernel, 10.0), PIXEL, 1.0).covariance


def test_masks_of_as_many_pixels_have_variances_of_their_own() -> None:
    row, block = np.zeros((2, 16, 16), dtype=bool)
    row[8], block[6:10, 6:10] = True, True
    found = estimated("soft")
    for mask in (row, block):
        assert found.variance_of_mean(mask) == pytest.approx(found.variance_of_sum(mask / 16.0))
    assert found.variance_of_mean(row) < 0.8 * found.variance_of_mean(block)


@pytest.mark.parametrize("kernel", KERNELS)
def test_variance_is_found_within_its_scatter(kernel: str) -> None:
    found = estimated(kernel)
    # 36 patches of 48 mm: σ² is known to 0.5 % (soft) … 3 % (smooth).
    assert found.variance == pytest.approx(100.0, rel=0.06 if kernel == "smooth" else 0.02)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("diameter_mm", [5.0, 9.0, 20.0])
def test_variance_of_a_disc_mean_is_that_of_the_true_spectrum(kernel: str, diameter_mm: float) -> None:
    mask = round_mask(diameter_mm)
    found = estimated(kernel).variance_of_mean(mask)
    assert found == pytest.approx(true_variance_of_mean(kernel, mask, 10.0), rel=0.25)


def test_independent_pixels_are_wrong_in_both_directions() -> None:
    mask = round_mask(20.0)
    naive = 10.0 / np.sqrt(mask.sum())
    ratio = {k: np.sqrt(estimated(k).variance_of_mean(mask)) / naive for k in KERNELS}
    assert ratio["smooth"] > 3.5
    assert ratio["sharp"] < 0.75


def test_offset_and_trend_of_the_patches_change_nothing() -> None:
    plain = patches("soft", 10.0)
    y, x = np.mgrid[:96, :96] / 96.0
    bowl = (1000.0 + 20.0 * x + 30.0 * y * y).astype(np.float32)
    mask = round_mask(9.0)
    moved = estimate_spectrum(plain + bowl, PIXEL, 1.0).covariance.variance_of_mean(mask)
    assert moved == pytest.approx(estimated("soft").variance_of_mean(mask), rel=1e-3)


def test_grey_scale_squares_into_the_variance() -> None:
    plain = patches("soft", 10.0)
    ratio = estimate_spectrum(plain * np.float32(0.95), PIXEL, 1.0).covariance.variance / estimated("soft").variance
    assert ratio == pytest.approx(0.95**2, rel=1e-5)


def test_scaled_keeps_the_texture() -> None:
    found, mask = estimated("soft"), round_mask(9.0)
    scaled = found.scaled(4.0)
    assert scaled.sd == pytest.approx(2.0)
    assert scaled.variance_of_mean(mask) / 4.0 == pytest.approx(found.variance_of_mean(mask) / found.variance)


def test_detrended_sum_of_squares_of_a_bowl_is_nil() -> None:
    y, x = np.mgrid[:40, :40] * 0.1
    bowl = (5.0 + x - 2.0 * y + x * x + 0.5 * x * y - y * y).astype(np.float32)
    assert detrended_sum_of_squares(bowl, np.ones((40, 40), dtype=bool)) == pytest.approx(0.0, abs=1e-6)


def test_slice_correlation_of_averaged_neighbours_is_a_half() -> None:
    fields = noise(np.random.default_rng(1), "soft", (9, 128, 128), 10.0)
    shared = ((fields[1:] + fields[:-1]) / 2).astype(np.float32)
    stack = np.stack([shared[:, :64, :64], shared[:, 64:, 64:]], axis=1).astype(np.float32)
    found = estimate_slice_correlation(stack, np.linspace(0.0, 14.0, 8))
    assert found.rho[:3] == pytest.approx([1.0, 0.5, 0.0], abs=0.03)
    assert found.distance_mm[:3] == pytest.approx([0.0, 2.0, 4.0])


def test_mean_over_slices_counts_correlated_ones_less() -> None:
    correlation = SliceCorrelation(np.array([0.0, 2.0, 4.0]), np.array([1.0, 0.5, 0.0]))
    z = np.array([0.0, 2.0, 4.0])
    assert correlation.mean_factor(z) == pytest.approx((3 + 2 * 2 * 0.5) / 9)
    assert correlation.variance_factor(z) == pytest.approx((3 + 2 * 2 * 0.25) / 9)
    assert correlation.independent(z) == 2
    assert correlation.mean_factor(np.array([0.0, 30.0])) == pytest.approx(0.5)


def test_overlap_stands_in_for_an_unknown_slice_correlation() -> None:
    assert overlap_correlation(2.0).mean_factor(np.array([0.0, 1.0])) == pytest.approx(0.75)


def test_plane_spectrum_holds_the_variance_of_the_patches() -> None:
    """Parseval: nothing is lost between pixels and bins, whatever the pixels' shape."""
    patches = noise(np.random.default_rng(7), "sharp", (5, 48, 48), 20.0).astype(np.float32) + np.float32(300.0)
    seen = plane_spectrum(patches, (0.4, 0.7)).sum() / (48 * 0.4) / (48 * 0.7)
    inside = np.ones((48, 48), dtype=bool)
    variance = np.mean([detrended_sum_of_squares(patch, inside) for patch in patches]) / 48**2
    assert seen == pytest.approx(variance, rel=1e-9)


def test_a_wave_shows_at_its_frequency_with_its_power() -> None:
    side, cycles, amplitude = 64, 9, 12.0
    wave = amplitude * np.cos(2.0 * np.pi * cycles * np.arange(side) / side)
    plane = plane_spectrum(np.tile(wave, (1, side, 1)).astype(np.float32), PIXEL) / (side * PIXEL_MM) ** 2
    for bin_ in (cycles, -cycles):  # the trend takes 0.3 %
        assert plane[0, bin_] == pytest.approx(amplitude**2 / 4.0, rel=5e-3)


def test_u_knows_how_the_lowest_bins_answer_to_what_is_seen() -> None:
    """A little more noise at the lowest frequencies: trend and tie more than double what the first bin makes of it."""
    rng = np.random.default_rng(8)
    plain = noise(rng, "soft", (400, 64, 64), 10.0)
    wave = np.sin(2.0 * np.pi * (np.arange(64) / 64.0 + rng.uniform(size=(400, 1, 1))))
    before, after = (
        estimate_spectrum(p.astype(np.float32), (PIXEL_MM,) * 2, 400.0) for p in (plain, plain + 0.3 * wave)
    )
    change = after.covariance.nps - before.covariance.nps
    told = before.response @ (after.measured - before.measured)
    assert told[1] == pytest.approx(change[1], rel=0.15)
    assert told[2] == pytest.approx(change[2], rel=0.3)


@pytest.mark.parametrize("form", ["wedge", "bell"])
def test_a_model_of_slices_follows_what_was_seen_and_can_be_inverted(form: str) -> None:
    distance = 0.4 * np.arange(6, dtype=np.float64)
    share = distance / 2.5
    rho = np.maximum(1.0 - share, 0.0) if form == "wedge" else np.exp(-(share**2))
    z = 0.4 * np.arange(40, dtype=np.float64)
    model = SliceCorrelation(distance, rho).modelled(z)
    apart = np.abs(z[:, None] - z) / 2.5
    wanted = np.maximum(1.0 - apart, 0.0) if form == "wedge" else np.exp(-(apart**2))
    assert model == pytest.approx(wanted, abs=0.05)  # beyond the last distance seen too: 3 % are no slices' own
    assert np.linalg.eigvalsh(model).min() > 0.02


def test_slices_of_which_nothing_was_seen_share_nothing() -> None:
    assert SliceCorrelation(np.zeros(1), np.ones(1)).modelled(np.arange(3.0)) == pytest.approx(np.eye(3))
