"""Constants of control charts against the usual tables."""

from __future__ import annotations

import math

import pytest
from scipy.special import ndtr, ndtri

from iqa.spc import c4, d2, d3, d4, prediction_factor

# n, d2, c4, E2 = 3/d2, A2 = 3/(d2 √n): as tabled by Montgomery, appendix VI.
TABLE = [
    (2, 1.1284, 0.7979, 2.6587, 1.880),
    (3, 1.6926, 0.8862, 1.7725, 1.0233),
    (4, 2.0588, 0.9213, 1.4572, 0.7286),
    (5, 2.3259, 0.9400, 1.2898, 0.5768),
    (6, 2.5344, 0.9515, 1.1837, 0.4832),
    (7, 2.7044, 0.9594, 1.1093, 0.4193),
    (8, 2.8472, 0.9650, 1.0537, 0.3725),
    (9, 2.9700, 0.9693, 1.0101, 0.3367),
    (10, 3.0775, 0.9727, 0.9748, 0.3083),
]
# n, d3, D4 = 1 + 3 d3/d2
SPREADS = [(2, 0.8525, 3.2665), (3, 0.8884, 2.5746), (4, 0.8798, 2.2821), (5, 0.8641, 2.1145)]


@pytest.mark.parametrize(("n", "mean_range", "unbiased", "e2", "a2"), TABLE)
def test_means_are_those_of_the_tables(n: int, mean_range: float, unbiased: float, e2: float, a2: float) -> None:
    assert d2(n) == pytest.approx(mean_range, abs=6e-5)
    assert c4(n) == pytest.approx(unbiased, abs=6e-5)
    assert 3.0 / d2(n) == pytest.approx(e2, abs=6e-5)
    assert 3.0 / (d2(n) * math.sqrt(n)) == pytest.approx(a2, abs=6e-4)


@pytest.mark.parametrize(("n", "of_range", "factor"), SPREADS)
def test_spreads_are_those_of_the_tables(n: int, of_range: float, factor: float) -> None:
    assert d3(n) == pytest.approx(of_range, abs=6e-5)
    assert 1.0 + 3.0 * d3(n) / d2(n) == pytest.approx(factor, abs=6e-4)


def test_two_values_have_closed_forms() -> None:
    assert d2(2) == pytest.approx(2.0 / math.sqrt(math.pi), rel=1e-10)
    assert d3(2) == pytest.approx(math.sqrt(2.0 - 4.0 / math.pi), rel=1e-10)
    assert d4(2) == pytest.approx(math.sqrt(2.0) * float(ndtri(0.75)), rel=1e-10)
    assert c4(2) == pytest.approx(math.sqrt(2.0 / math.pi), rel=1e-12)


@pytest.mark.parametrize(("n", "expected"), [(8, 0.9650), (12, 0.9776), (20, 0.9869), (30, 0.9914)])
def test_c4_of_baselines(n: int, expected: float) -> None:
    assert c4(n) == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize("constant", [c4, d2, d3, d4])
def test_one_value_has_no_spread(constant: object) -> None:
    assert callable(constant)
    with pytest.raises(ValueError, match="1 values have no spread: at least 2 are needed"):
        constant(1)


# Multiples of S that one future value exceeds as rarely as 3 σ and 2 σ: t tables.
@pytest.mark.parametrize(
    ("n", "three", "two"),
    [
        (5, 7.25, 3.14),
        (10, 4.29, 2.43),
        (15, 3.76, 2.27),
        (20, 3.53, 2.19),
        (25, 3.41, 2.15),
        (30, 3.33, 2.12),
        (50, 3.19, 2.07),
    ],
)
def test_limits_are_widened_for_few_scans(n: int, three: float, two: float) -> None:
    assert prediction_factor(n) == pytest.approx(three, abs=0.006)
    assert prediction_factor(n, 2.0) == pytest.approx(two, abs=0.006)


def test_many_scans_need_no_widening() -> None:
    assert prediction_factor(100_000) == pytest.approx(3.0, abs=2e-4)
    assert float(ndtr(-3.0)) == pytest.approx(0.00135, abs=1e-6)
