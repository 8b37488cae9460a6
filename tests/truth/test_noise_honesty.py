"""Is u of means and standard deviations honest? 400 seeds of soft, sharp and smooth noise, u from each seed's scan."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from iqa.signal.noise import estimate_covariance
from tests.honest import unfair
from tests.made_phantom import PIXEL_MM, noise

SEEDS = np.random.SeedSequence(20261126).spawn(400)
SIGMA = 10.0
SIDE_PX = 48
DIAMETERS_MM = (5.0, 9.0, 20.0)
KERNELS = ("soft", "sharp", "smooth")
Drawn = dict[str, NDArray[np.float64]]


def disc_mask(diameter_mm: float) -> NDArray[np.bool_]:
    reach = 20
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1] * PIXEL_MM
    return np.asarray(np.hypot(x, y) <= diameter_mm / 2)


@cache
def drawn(kernel: str) -> Drawn:
    """Per seed: mean and u of each disc, and S²/σ² − its expectation with u for the largest disc."""
    rows = [_one(kernel, np.random.default_rng(seed)) for seed in SEEDS]
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def _one(kernel: str, rng: np.random.Generator) -> dict[str, float]:
    fields = noise(rng, kernel, (3, 112, 112), SIGMA)
    patches = [fields[1:, r : r + SIDE_PX, c : c + SIDE_PX] for r in (0, 32, 64) for c in (0, 32, 64)]
    covariance = estimate_covariance(np.concatenate(patches).astype(np.float32), (PIXEL_MM, PIXEL_MM))
    row = {}
    for diameter in DIAMETERS_MM:
        mask = disc_mask(diameter)
        row[f"mean {diameter:g}"] = float(fields[0, :41, :41][mask].mean())
        row[f"u {diameter:g}"] = float(np.sqrt(covariance.variance_of_mean(mask)))
    mask = disc_mask(DIAMETERS_MM[-1])
    row["sd"] = float(np.sqrt(fields[0, :41, :41][mask].var(ddof=1) / covariance.kept(mask)))
    row["u sd"] = row["sd"] * float(np.sqrt(covariance.relative_variance_of_variance(mask))) / 2
    return row


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("diameter", DIAMETERS_MM)
def test_u_of_a_mean_is_its_scatter(kernel: str, diameter: float) -> None:
    found = drawn(kernel)
    assert unfair(found[f"mean {diameter:g}"].tolist(), found[f"u {diameter:g}"].tolist(), 0.0) == []


@pytest.mark.parametrize("kernel", ["soft", "sharp"])
def test_u_of_a_standard_deviation_is_its_scatter(kernel: str) -> None:
    found = drawn(kernel)
    assert unfair(found["sd"].tolist(), found["u sd"].tolist(), SIGMA) == []


@pytest.mark.parametrize("factor", [0.5, 2.0], ids=["halved", "doubled"])
def test_a_wrong_u_is_found_out(factor: float) -> None:
    found = drawn("soft")
    assert unfair(found["mean 9"].tolist(), (factor * found["u 9"]).tolist(), 0.0)


def test_a_hidden_bias_is_found_out() -> None:
    found = drawn("soft")
    assert unfair((found["mean 9"] + 0.3 * found["u 9"]).tolist(), found["u 9"].tolist(), 0.0)


def test_independent_pixels_are_found_out() -> None:
    found = drawn("smooth")
    naive = SIGMA / np.sqrt(np.count_nonzero(disc_mask(9.0)))
    assert unfair(found["mean 9"].tolist(), [naive] * len(SEEDS), 0.0)
