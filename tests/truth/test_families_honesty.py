"""Is u honest through the whole path, from stored values to results? A small phantom, everything located."""

from __future__ import annotations

import numpy as np
import pytest
from sampled import CONSERVATIVE, INTEGRAL, TRUTH, of_key

from tests.honest import unfair, unfair_with_bias
from tests.made_phantom import INSERTS

SEEDS = 80


@pytest.mark.parametrize("key", TRUTH)
def test_u_is_the_scatter(key: str) -> None:
    assert unfair(*of_key(key, SEEDS), TRUTH[key]) == []


@pytest.mark.parametrize("key", CONSERVATIVE)
def test_u_that_allows_for_more_is_never_too_small(key: str) -> None:
    assert unfair(*of_key(key, SEEDS), CONSERVATIVE[key], conservative=True) == []


def test_integral_of_a_flat_object_is_covered_though_never_nil() -> None:
    assert unfair_with_bias(*of_key(INTEGRAL, SEEDS), 0.0) == []


@pytest.mark.parametrize("key", [f"ct_number.{name}" for name, _, _ in INSERTS])
def test_no_insert_is_off_by_a_tenth_of_a_hu(key: str) -> None:
    values, u = of_key(key, SEEDS)
    # The mean over the seeds is itself known to u/√n, three of which are allowed for.
    assert abs(float(np.mean(values)) - TRUTH[key]) < 0.1 + 3 * float(np.mean(u)) / len(values) ** 0.5


@pytest.mark.parametrize("key", ["ct_number.teflon", "uniformity.3h", "geometry.pin_distance.1_2"])
def test_halved_u_is_found_out(key: str) -> None:
    values, u = of_key(key, SEEDS)
    assert unfair(values, [0.5 * one for one in u], TRUTH[key])
