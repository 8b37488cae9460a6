"""Is u of means and standard deviations honest? Soft, sharp and smooth noise, u from each seed's own scan."""

from __future__ import annotations

import numpy as np
import pytest
from sampled import DIAMETERS_MM, KERNELS, SIGMA, disc_mask, of_mean, of_sd

from tests.honest import BAND, unfair

SEEDS = 100


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("diameter", DIAMETERS_MM)
def test_u_of_a_mean_is_its_scatter(kernel: str, diameter: float) -> None:
    assert unfair(*of_mean(kernel, diameter, SEEDS), 0.0) == []


@pytest.mark.parametrize("kernel", ["soft", "sharp"])
def test_u_of_a_standard_deviation_is_its_scatter(kernel: str) -> None:
    assert unfair(*of_sd(kernel, SEEDS), SIGMA) == []


@pytest.mark.parametrize("factor", [0.5, 2.0], ids=["halved", "doubled"])
def test_a_wrong_u_is_found_out(factor: float) -> None:
    means, u = of_mean("soft", 9.0, SEEDS)
    assert unfair(means, [factor * one for one in u], 0.0)


def test_a_hidden_bias_is_found_out() -> None:
    means, u = of_mean("soft", 9.0, SEEDS)
    bias = 2.0 * BAND / SEEDS**0.5
    assert unfair([m + bias * one for m, one in zip(means, u, strict=True)], u, 0.0)


def test_independent_pixels_are_found_out() -> None:
    means, _ = of_mean("smooth", 9.0, SEEDS)
    naive = SIGMA / np.sqrt(np.count_nonzero(disc_mask(9.0)))
    assert unfair(means, [naive] * len(means), 0.0)
