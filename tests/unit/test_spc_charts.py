"""Charts against the worked examples of the NIST/SEMATECH e-Handbook (doi 10.18434/M32189), and their refusals."""

from __future__ import annotations

import numpy as np
import pytest

from iqa.spc import (
    CannotTell,
    ControlBaseline,
    Neighbours,
    c4,
    control_baseline,
    cusum,
    estimate_baseline,
    ewma,
    individuals,
    neighbours,
    shewhart,
    split,
)

# 6.3.2.4
EWMA_DATA = [52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5]
EWMA_DATA += [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
EWMA_AVERAGES = [50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33]
EWMA_AVERAGES += [50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99]
# 6.3.2.2
SINGLE = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
# 6.3.2.3
CUSUM_DATA = [324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600]
CUSUM_DATA += [324.625, 325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350]


def test_ewma_of_nist() -> None:
    chart = ewma(EWMA_DATA, 50.0, 2.0539, 3.0, weight=0.3)
    assert chart.average == pytest.approx(EWMA_AVERAGES, abs=0.0051)
    assert chart.high == pytest.approx(52.5884, abs=6e-5)
    assert chart.low == pytest.approx(47.4115, abs=2e-4)
    assert not chart.beyond.any()


def test_exact_limits_begin_with_those_of_one_value_and_tend_to_the_others() -> None:
    exact = ewma(np.zeros(200), 0.0, 2.0, 3.0, form="exact")
    asymptotic = ewma(np.zeros(200), 0.0, 2.0, 3.0)
    assert exact.high[0] == pytest.approx(3.0 * 2.0 * 0.1)
    assert exact.high[1] == pytest.approx(3.0 * 2.0 * 0.1 * np.sqrt(1.0 + 0.9**2))
    assert exact.high[-1] == pytest.approx(asymptotic.high[-1], rel=1e-6)
    assert (exact.low == -exact.high).all()


def test_many_series_are_charted_as_each_by_itself() -> None:
    values = np.random.default_rng(1).normal(size=(3, 4, 30)) + 0.8
    centre, sigma = np.arange(12.0).reshape(3, 4) / 12.0, 1.0 + np.arange(12.0).reshape(3, 4) / 12.0
    together, sums = ewma(values, centre, sigma, 2.7), cusum(values, centre, sigma)
    alone = ewma(values[2, 1], centre[2, 1], sigma[2, 1], 2.7)
    assert (together.average[2, 1] == alone.average).all()
    assert (together.beyond[2, 1] == alone.beyond).all()
    assert (sums.upper[2, 1] == cusum(values[2, 1], centre[2, 1], sigma[2, 1]).upper).all()


def test_individuals_of_nist() -> None:
    chart = individuals(SINGLE)
    assert chart.centre == pytest.approx(50.81)
    assert chart.ranges == pytest.approx([2.0, 2.3, 1.4, 3.5, 3.4, 1.4, 0.2, 1.2, 1.5])
    assert chart.range_mean == pytest.approx(1.8778, abs=5e-5)
    # The handbook takes d2 = 1.128; 1.12838 makes the limits 0.0017 narrower.
    assert chart.high == pytest.approx(55.8041, abs=2e-3)
    assert chart.low == pytest.approx(45.8159, abs=2e-3)
    assert chart.range_high == pytest.approx(6.13, abs=6e-3)
    assert not chart.beyond.any()
    assert not chart.ranges_beyond.any()


def test_one_wild_value_moves_the_median_range_less_than_the_mean() -> None:
    values = np.random.default_rng(4).normal(size=400)
    values[200] = 60.0
    plain, robust = individuals(values), individuals(values, robust=True)
    assert robust.sigma == pytest.approx(1.0, abs=0.1)
    assert plain.sigma > 1.2
    assert robust.beyond[200]
    assert robust.ranges_beyond[199:201].all()


def test_one_value_has_no_moving_range() -> None:
    with pytest.raises(ValueError, match="one series of at least 2 has moving ranges"):
        individuals([1.0])


def test_cusum_of_nist() -> None:
    chart = cusum(CUSUM_DATA, 325.0, 1.0, slack=0.3175, decision=4.1959)
    assert np.flatnonzero(chart.beyond)[0] == 13
    assert chart.upper[[12, 13, 19]] == pytest.approx([3.01, 4.94, 19.04], abs=6e-3)


def test_a_head_start_finds_what_is_wrong_at_the_start_sooner() -> None:
    values = np.full(20, 1.0)
    late, soon = cusum(values, 0.0, 1.0), cusum(values, 0.0, 1.0, head_start=4.77 / 2)
    # 0.5 more with each value: beyond 4.77 at the 10th; 5th with 2.385 at hand.
    assert np.flatnonzero(late.beyond)[0] == 9
    assert np.flatnonzero(soon.beyond)[0] == 4


def test_a_value_on_a_limit_is_within() -> None:
    assert not ewma([1.0], 0.0, 1.0, 1.0, weight=1.0).beyond.any()
    assert ewma([1.0 + 1e-9], 0.0, 1.0, 1.0, weight=1.0).beyond.all()
    assert not cusum([1.5], 0.0, 1.0, slack=0.5, decision=1.0).beyond.any()


def test_a_baseline_is_the_mean_and_the_unbiased_spread() -> None:
    found = estimate_baseline(SINGLE)
    assert isinstance(found, ControlBaseline)
    assert (found.n, found.floored) == (10, False)
    assert (found.centre, found.sigma) == pytest.approx((50.81, np.std(SINGLE, ddof=1) / c4(10)))


def test_a_lucky_baseline_is_held_up_by_u() -> None:
    tight = estimate_baseline([10.0, 10.1] * 5, u=0.4)
    assert isinstance(tight, ControlBaseline)
    assert tight.sigma == 0.4
    assert tight.floored
    wide = estimate_baseline(SINGLE, u=0.4)
    assert isinstance(wide, ControlBaseline)
    assert not wide.floored


def test_equal_values_need_a_u() -> None:
    flat = estimate_baseline([0.1] * 10)
    assert isinstance(flat, CannotTell)
    assert "a chart needs a spread above 0" in flat.reason
    assert estimate_baseline([0.5] * 10, u=0.2) == ControlBaseline(0.5, 0.2, 10, floored=True)
    assert isinstance(control_baseline(1.0, float("nan"), 10), CannotTell)


def test_fewer_than_eight_scans_are_no_baseline() -> None:
    few = estimate_baseline(SINGLE[:7])
    assert isinstance(few, CannotTell)
    assert "The baseline has 7 scans, and a control verdict needs at least 8" in few.reason
    assert isinstance(control_baseline(1.0, 1.0, 7), CannotTell)
    assert isinstance(estimate_baseline([]), CannotTell)
    assert isinstance(estimate_baseline(SINGLE[:8]), ControlBaseline)


def test_neighbours_of_a_baseline() -> None:
    # 1 … 8: Σd² = 7, Σ(x − 4.5)² = 42; variance 6/63; normal tail at 2.970.
    rising = neighbours(np.arange(8.0))
    assert isinstance(rising, Neighbours)
    assert rising.correlation == pytest.approx(1.0 - 7.0 / 84.0)
    assert rising.p == pytest.approx(0.00149, abs=2e-5)
    see_saw = neighbours([1.0, -1.0] * 5)
    assert isinstance(see_saw, Neighbours)
    assert see_saw.correlation == pytest.approx(1.0 - 36.0 / 20.0)
    assert see_saw.p > 0.99


@pytest.mark.parametrize(("values", "says"), [(SINGLE[:7], "There are 7 scans"), ([0.1] * 9, "All 9 values are 0.1")])
def test_neighbours_that_cannot_be_told(values: list[float], says: str) -> None:
    found = neighbours(values)
    assert isinstance(found, CannotTell)
    assert says in found.reason


def test_single_values_against_a_baseline() -> None:
    baseline = control_baseline(10.0, 1.0, 20)
    assert isinstance(baseline, ControlBaseline)
    chart = shewhart([13.4, 13.6, 6.6, 6.4], baseline)
    # 3.53 S, and S is 0.9869 σ in the mean
    assert chart.high == pytest.approx(13.484, abs=0.006)
    assert chart.low == pytest.approx(20.0 - chart.high)
    assert chart.beyond.tolist() == [False, True, False, True]


def test_a_missing_value_is_no_number() -> None:
    with pytest.raises(ValueError, match="scan 1 has no finite value: leave it out"):
        ewma([1.0, float("nan"), 1.0], 0.0, 1.0, 2.7)
    with pytest.raises(ValueError, match="scan 2 has no finite value"):
        estimate_baseline([1.0, 2.0, float("inf")])


@pytest.mark.parametrize(("centre", "sigma"), [(0.0, 0.0), (0.0, -1.0), (0.0, float("nan")), (float("nan"), 1.0)])
def test_a_chart_needs_a_spread(centre: float, sigma: float) -> None:
    with pytest.raises(ValueError, match="a chart needs a finite centre and a σ above 0"):
        ewma([1.0], centre, sigma, 2.7)
    with pytest.raises(ValueError, match="a chart needs a finite centre and a σ above 0"):
        cusum([1.0], centre, sigma)


def test_charts_begin_anew_at_a_new_baseline() -> None:
    weeks = np.array([0.0, 7.0, 14.0, 35.0, 42.0])
    assert split(weeks, []) == (slice(0, 5),)
    assert split(weeks, [14.0]) == (slice(0, 2), slice(2, 5))
    assert split(weeks, [-1.0, 20.0, 21.0, 99.0]) == (
        slice(0, 0),
        slice(0, 3),
        slice(3, 3),
        slice(3, 5),
        slice(5, 5),
    )


def test_scans_out_of_order_are_named() -> None:
    with pytest.raises(ValueError, match="scan 2 is earlier than the one before it"):
        split([0.0, 2.0, 1.0], [])
