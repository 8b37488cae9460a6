"""Is u honest through the whole path, from stored values to results? 400 seeds of a small phantom, everything located.

The phantom is as mean as it comes: one slice a module, and patches of 32 mm in which to learn the noise.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from iqa.metrics import ct_number, geometry, linearity, uniformity
from iqa.metrics import noise as noise_family
from iqa.metrics.context import Context
from iqa.model import Measurement
from tests.honest import unfair, unfair_with_bias
from tests.made_phantom import INSERTS, SIDE, made_located, made_scan, noise, picture

SEEDS = np.random.SeedSequence(504).spawn(400)
SIGMA = 10.0
SQUARE_MM = 24.0
FAMILIES = (ct_number.measure, linearity.measure, noise_family.measure, uniformity.measure, geometry.measure)
TRUTH = {
    **{f"ct_number.{name}": hu for name, _, hu in INSERTS},
    "ct_number.uniform": 10.0,
    "linearity.slope": 1.0,
    "linearity.intercept": 0.0,
    "noise.sd": SIGMA,
    "noise.sigma": SIGMA,
    **{f"uniformity.{hour}": 0.0 for hour in ("12h", "3h", "6h", "9h")},
    **{f"geometry.pin_distance.{sides}": SQUARE_MM for sides in ("1_2", "2_3", "3_4", "1_4")},
    **{f"geometry.pin_distance.{ends}": SQUARE_MM * 2**0.5 for ends in ("1_3", "2_4")},
}
CONSERVATIVE = {"linearity.max_residual": 0.0, "uniformity.max_deviation": 0.0, "geometry.scale_x": 1.0}


@cache
def found() -> dict[str, list[tuple[float, float]]]:
    """(value, u) of each key, seed by seed."""
    clean = picture("soft", slices=1)
    located = made_located(made_scan(clean))
    results: dict[str, list[tuple[float, float]]] = {}
    for seed in SEEDS:
        hu = clean + noise(np.random.default_rng(seed), "soft", (len(clean), SIDE, SIDE), SIGMA)
        context = Context(made_scan(hu), located)
        for result in (r for family in FAMILIES for r in family(context).results):
            if isinstance(result, Measurement) and result.u is not None:
                results.setdefault(result.key, []).append((result.value, result.u))
    return results


def of(key: str) -> tuple[list[float], list[float]]:
    pairs = found()[key]
    assert len(pairs) == len(SEEDS), "a failure is a failure, not a gap"
    return [v for v, _ in pairs], [u for _, u in pairs]


@pytest.mark.parametrize("key", TRUTH)
def test_u_is_the_scatter(key: str) -> None:
    assert unfair(*of(key), TRUTH[key]) == []


@pytest.mark.parametrize("key", CONSERVATIVE)
def test_u_that_allows_for_more_is_never_too_small(key: str) -> None:
    assert unfair(*of(key), CONSERVATIVE[key], conservative=True) == []


def test_integral_of_a_flat_object_is_covered_though_never_nil() -> None:
    assert unfair_with_bias(*of("uniformity.integral"), 0.0) == []


@pytest.mark.parametrize("key", [f"ct_number.{name}" for name, _, _ in INSERTS])
def test_no_insert_is_off_by_a_tenth_of_a_hu(key: str) -> None:
    values, u = of(key)
    # The mean over 400 seeds is itself known to u/20, three of which are allowed for.
    assert abs(float(np.mean(values)) - TRUTH[key]) < 0.1 + 3 * float(np.mean(u)) / len(values) ** 0.5


@pytest.mark.parametrize("key", ["ct_number.teflon", "uniformity.3h", "geometry.pin_distance.1_2"])
def test_halved_u_is_found_out(key: str) -> None:
    values, u = of(key)
    assert unfair(values, [0.5 * one for one in u], TRUTH[key])
