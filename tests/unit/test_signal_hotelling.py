"""The distance of two classes of channel outputs: its closed forms, its exact limits, and what leaves it alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import ncf

from iqa.signal.hotelling import Outputs, Separation, separation, squared_distance, tied

Array = NDArray[np.float64]
P = 3


def outputs(values: Array) -> Outputs:
    """Independent images: (images, p), or (repeats, places, p)."""
    shaped = values[:, None, :] if values.ndim == 2 else values
    return Outputs(shaped, 1.0 / shaped.shape[1], 1.0 / shaped.shape[1])


def drawn(images: int, seed: int, shift: float = 0.0) -> Array:
    values = np.random.default_rng(seed).standard_normal((images, P))
    values[:, 0] += shift
    return values


def test_two_classes_of_unlike_size_by_the_formula() -> None:
    one, other = drawn(14, 1, shift=2.0), drawn(23, 2)
    found = separation(outputs(one), outputs(other))
    n, spread = 14 + 23, 1 / 14 + 1 / 23
    pooled = (13 * np.cov(one.T) + 22 * np.cov(other.T)) / (n - 2)
    difference = one.mean(axis=0) - other.mean(axis=0)
    naive = difference @ np.linalg.inv(pooled) @ difference
    assert found.covariance == pytest.approx(pooled)
    assert found.squared == pytest.approx(naive * (n - P - 3) / (n - 2) - P * spread)
    assert naive == pytest.approx(squared_distance(difference, pooled))


def test_equal_classes_by_the_formula_of_the_field() -> None:
    """d² = d̂² (2N − p − 3)/(2N − 2) − 2p/N."""
    size = 20
    found = separation(outputs(drawn(size, 1, shift=1.0)), outputs(drawn(size, 2)))
    difference = drawn(size, 1, shift=1.0).mean(axis=0) - drawn(size, 2).mean(axis=0)
    naive = squared_distance(difference, found.covariance)
    assert found.squared == pytest.approx(naive * (2 * size - P - 3) / (2 * size - 2) - 2 * P / size)


@pytest.mark.parametrize("shift", [1.5, 4.0, 30.0])
def test_the_limits_leave_a_fortieth_on_either_side(shift: float) -> None:
    size = 20
    found = separation(outputs(drawn(size, 3, shift)), outputs(drawn(size, 4)))
    spread, rest = 2 / size, 2 * size - P - 1
    seen = (found.squared + P * spread) * rest / (P * spread * (2 * size - P - 3))
    low, high = (ncf.cdf(seen, P, rest, end**2 / spread) for end in found.interval)
    assert (low, high) == (pytest.approx(0.975, abs=1e-6), pytest.approx(0.025, abs=1e-6))
    assert found.interval[0] < found.distance < found.interval[1]


def test_the_scatter_is_that_of_the_noncentral_f() -> None:
    size = 20
    found = separation(outputs(drawn(size, 3, 3.0)), outputs(drawn(size, 4)))
    spread, rest = 2 / size, 2 * size - P - 1
    factor = P * spread * (2 * size - P - 3) / rest
    assert found.scatter == pytest.approx(factor * ncf.std(P, rest, found.squared / spread), rel=1e-6)


def test_without_a_difference_the_interval_begins_at_nothing() -> None:
    values = drawn(20, 5)
    found = separation(outputs(values), outputs(values))
    assert found.squared == pytest.approx(-P * 2 / 20)
    assert found.interval[0] == 0.0
    assert 0.0 < found.distance < found.interval[1]
    assert found.u > 0.0


def test_distance_and_u_are_those_of_the_root_where_it_is_sure() -> None:
    sure = Separation(9.0, 0.06, (2.9, 3.1), np.eye(P))
    assert sure.distance == pytest.approx(3.0, rel=1e-5)
    assert sure.u == pytest.approx(0.01, rel=1e-4)


def test_to_second_order_the_mean_of_the_distance_is_the_truth() -> None:
    """δ² that scatters evenly by a fifth of itself: the mean of the roots alone is 0.5 % low."""
    squares = 1.0 + 0.2 * np.array([-1.0, 1.0])
    distances = [Separation(s, 0.2, (0.0, 2.0), np.eye(P)).distance for s in squares]
    assert np.sqrt(squares).mean() == pytest.approx(0.995, abs=5e-4)
    assert np.mean(distances) == pytest.approx(1.0, abs=1e-3)


def test_a_mixture_of_the_channels_changes_nothing() -> None:
    one, other = drawn(15, 6, shift=2.0), drawn(15, 7)
    mixed = np.array([[1.0, 2.0, 0.0], [0.0, 1e-5, 3e-5], [1e4, 0.0, 1e4]])
    plain = separation(outputs(one), outputs(other))
    found = separation(outputs(one @ mixed.T), outputs(other @ mixed.T))
    assert (found.squared, *found.interval) == pytest.approx((plain.squared, *plain.interval), rel=1e-6)


def test_what_stays_at_a_place_is_no_noise() -> None:
    one, other = drawn(24, 8, shift=2.0).reshape(6, 4, P), drawn(24, 9).reshape(6, 4, P)
    fixed = np.array([50.0, -20.0, -40.0, 10.0])[None, :, None]  # of mean 0 over the places
    plain = separation(outputs(one), outputs(other))
    found = separation(outputs(one + fixed), outputs(other + 3.0 * fixed))
    assert (found.squared, *found.interval) == pytest.approx((plain.squared, *plain.interval), rel=1e-9)


def test_places_that_hang_together_widen_the_interval() -> None:
    one, other = drawn(24, 8, shift=2.0).reshape(6, 4, P), drawn(24, 9).reshape(6, 4, P)
    free = separation(outputs(one), outputs(other))
    tied = separation(Outputs(one, 0.5, 0.4), Outputs(other, 0.5, 0.4))
    assert tied.u > 1.2 * free.u
    assert tied.interval[1] - tied.interval[0] > 1.2 * (free.interval[1] - free.interval[0])
    assert (tied.squared + P * 1.0 / 6.0) / (5 / 0.4 * 2 - P - 1) * (5 / 0.4 * 2) == pytest.approx(
        (free.squared + P * 0.5 / 6.0) / (40 - P - 1) * 40
    )


def test_too_few_images_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"3 channels need more than 6 degrees of freedom; there are 6"):
        separation(outputs(drawn(4, 1)), outputs(drawn(4, 2)))
    assert math.isfinite(separation(outputs(drawn(5, 1)), outputs(drawn(4, 2))).u)


def test_images_taken_together_are_told_by_how_they_hang_together() -> None:
    mixed = np.array([[1.0, 2.0, 0.0], [0.0, 1e-4, 3e-4], [1e3, 0.0, 1e3]])
    drawn = np.random.default_rng(4).standard_normal((6, 800, 4, P)) @ mixed.T
    assert tied(drawn) == pytest.approx((0.25, 0.25), abs=0.02)
    copies = np.repeat(drawn[:, :, :1], 4, axis=2)
    assert tied(copies) == pytest.approx((1.0, 1.0), abs=1e-9)
    pairs = np.sqrt(0.5) * (drawn + drawn[:, :, :1] * np.array([-1.0, 1.0, 1.0, 1.0])[:, None])
    pairs[:, :, 0] = drawn[:, :, 0]
    # one with three at √½, those at ½ among themselves
    wanted = (4.0 + 6.0 * np.sqrt(0.5) + 6.0 * 0.5) / 16.0, (4.0 + 6.0 * 0.5 + 6.0 * 0.25) / 16.0
    assert tied(pairs) == pytest.approx(wanted, abs=0.02)
    fixed = np.array([5.0, -7.0, 100.0, 3.0])[:, None]
    assert tied(drawn + fixed) == pytest.approx(tied(drawn), rel=1e-9)
