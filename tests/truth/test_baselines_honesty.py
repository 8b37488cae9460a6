"""Baselines of simulated scans: location and spread without bias, as sharp as stated, and what outliers do to them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from iqa.judge.robust import FAR, FAR_OF_MANY, MAD_FACTORS, middle_of
from iqa.signal.robust import spread

SETS = 1500
SEED = 20260401
BAND = 3.3
"""Standard errors of a 99.9 % band."""
Array = NDArray[np.float64]


def _drawn(n: int, *, astray: int = 0, by: float = 8.0) -> tuple[Array, Array, Array, Array]:
    """Location, u, spread and largest distance of many sets of n values of N(0, 1), some of them moved."""
    values = np.random.default_rng([SEED, n]).standard_normal((SETS, n))
    values[:, :astray] += by
    found = [middle_of(row.tolist()) for row in values]
    far = [max(m.distance(v) for v in row) for m, row in zip(found, values.tolist(), strict=True)]
    value, u, width = np.array([(m.value, m.u, m.spread) for m in found]).T
    return value, u, width, np.array(far)


@pytest.mark.parametrize("n", [3, 4, 5, 8, 12, 20, 50])
def test_spread_and_u_are_without_bias(n: int) -> None:
    value, u, found, _ = _drawn(n)
    relative = np.std(found) / np.mean(found)
    assert np.mean(found) == pytest.approx(1.0, abs=BAND * relative / np.sqrt(SETS) + 0.01)
    assert np.mean(value) == pytest.approx(0.0, abs=BAND / np.sqrt(n * SETS) * 1.1)
    # the mean of u against the scatter of the location; the latter is known to 1 / √(2 SETS)
    assert np.mean(u) / np.std(value) == pytest.approx(1.0, abs=BAND / np.sqrt(2 * SETS) + 0.03)


@pytest.mark.parametrize(
    ("n", "location", "scale"), [(3, 0.85, 0.6), (5, 0.88, 0.62), (8, 0.9, 0.68), (12, 0.9, 0.68), (20, 0.9, 0.68)]
)
def test_little_is_lost_against_the_mean_and_the_standard_deviation(n: int, location: float, scale: float) -> None:
    value, _, found, _ = _drawn(n)
    plain = np.random.default_rng([SEED, n]).standard_normal((SETS, n)).std(axis=1, ddof=1)
    assert 1 / (n * np.var(value)) > location
    assert ((plain.std() / plain.mean()) / (found.std() / found.mean())) ** 2 > scale


@pytest.mark.parametrize(
    ("n", "astray", "moved", "wider"), [(5, 1, 0.7, 2.3), (8, 1, 0.35, 1.5), (10, 1, 0.27, 1.4), (20, 2, 0.27, 1.4)]
)
def test_those_astray_pull_little(n: int, astray: int, moved: float, wider: float) -> None:
    value, _, found, far = _drawn(n, astray=astray)
    assert np.mean(value) < moved < 8 * astray / n  # where the mean would be
    assert np.median(found) < wider
    if n >= 8:
        assert np.mean(far > FAR_OF_MANY) > 0.9


@pytest.mark.parametrize("n", [3, 4, 5, 6, 8, 12, 20, 30, 50])
def test_one_healthy_set_in_twenty_names_a_scan(n: int) -> None:
    far = _drawn(n)[3]
    assert 0.025 < np.mean(far > FAR.get(n, FAR_OF_MANY)) < 0.09


@pytest.mark.parametrize("n", sorted(MAD_FACTORS))
def test_the_published_factors_of_the_median_absolute_deviation(n: int) -> None:
    values = np.random.default_rng([SEED, n]).standard_normal((20_000, n))
    mad = [spread(row) for row in values - np.median(values, axis=1, keepdims=True)]
    assert MAD_FACTORS[n] * np.mean(mad) == pytest.approx(1.0, abs=BAND * 0.7 / np.sqrt(20_000) + 0.01)
