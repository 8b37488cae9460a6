"""The course of a drift, and the date on which it crosses a limit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from iqa.spc import CannotTell, Course, Crossing, course, crossing

DAYS = np.array([0.0, 7.0, 7.0, 15.0, 21.0, 60.0, 66.0, 75.0, 80.0, 81.0])
WIGGLE = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
LEVEL_THEN_UP = np.maximum(0.0, DAYS - 21.0)


def seen(values: Any, times: Any = DAYS) -> Course:
    found = course(times, values)
    assert isinstance(found, Course)
    return found


def reached(line: Course, limit: float, *, upper: bool) -> Crossing:
    found = crossing(line, limit, upper=upper)
    assert isinstance(found, Crossing)
    return found


def days(found: Crossing) -> tuple[float, float, float]:
    return found.day, found.earliest, found.latest


def test_values_on_a_bent_line_give_it_back() -> None:
    line = seen(3.0 + 0.5 * LEVEL_THEN_UP)
    assert line.start == 21.0
    assert line.slope == pytest.approx(0.5)
    assert [line.at(d) for d in (0.0, 21.0, 101.0)] == pytest.approx([3.0, 3.0, 43.0])
    assert days(reached(line, 53.0, upper=True)) == pytest.approx((121.0, 121.0, 121.0), abs=1e-3)


def test_values_on_a_straight_line_have_no_bend() -> None:
    line = seen(3.0 + 0.5 * DAYS)
    assert line.start == 0.0
    assert line.slope == pytest.approx(0.5)
    assert days(reached(line, 103.0, upper=True)) == pytest.approx((200.0, 200.0, 200.0), abs=1e-3)


def test_a_bend_that_is_clear_leaves_the_least_squares_of_its_line() -> None:
    """By hand: level and slope of the values on 1 and max(0, t − 21), each u from seven degrees of freedom."""
    values = 0.5 * LEVEL_THEN_UP + 0.01 * WIGGLE
    line = seen(values)
    design = np.stack([np.ones(10), LEVEL_THEN_UP], axis=1)
    found, squares = np.linalg.lstsq(design, values)[:2]
    best = int(np.argmax(line.weights))
    assert line.starts[best] == 21.0
    assert line.slopes[best] == pytest.approx(found[1])
    assert line.variances[best] == pytest.approx(squares[0] / 7.0 * np.linalg.inv(design.T @ design))


def test_another_day_zero_and_another_unit_change_nothing() -> None:
    line = seen(0.1 * LEVEL_THEN_UP + WIGGLE)
    moved = seen(1000.0 - 3.0 * (0.1 * LEVEL_THEN_UP + WIGGLE), DAYS + 739_000.0)
    assert moved.slope == pytest.approx(-3.0 * line.slope)
    assert moved.u == pytest.approx(3.0 * line.u)
    a, b = days(reached(line, 20.0, upper=True)), days(reached(moved, 940.0, upper=False))
    assert b == pytest.approx(tuple(739_000.0 + d for d in a), abs=1e-3)


def test_a_slope_that_may_be_none_has_no_latest_date() -> None:
    found = reached(seen(0.015 * DAYS + WIGGLE), 4.0, upper=True)
    assert found.latest == math.inf
    assert DAYS[-1] < found.earliest < math.inf


def test_a_slope_away_from_the_limit_never_reaches_it() -> None:
    assert reached(seen(-0.5 * DAYS + WIGGLE), 30.0, upper=True) == Crossing(math.inf, math.inf, math.inf)


def test_the_chance_at_the_ends_of_the_interval() -> None:
    line = seen(0.2 * DAYS + WIGGLE)
    found = reached(line, 30.0, upper=True)
    chances = [line.chance_above(30.0, day) for day in (found.earliest, found.day, found.latest)]
    assert chances == pytest.approx([0.025, 0.5, 0.975], abs=1e-6)


@pytest.mark.parametrize(("limit", "upper"), [(10.0, True), (25.0, False)])
def test_a_limit_that_is_crossed_already(limit: float, upper: bool) -> None:
    found = crossing(seen(0.2 * DAYS + WIGGLE), limit, upper=upper)
    assert isinstance(found, CannotTell)
    assert "at or beyond the limit already" in found.reason


@pytest.mark.parametrize("times", [DAYS[:7], np.repeat([0.0, 7.0], 5)])
def test_what_allows_no_course(times: Any) -> None:
    found = course(times, np.arange(float(len(times))))
    assert isinstance(found, CannotTell)
    assert "a course needs at least 8 at 3 times" in found.reason


def test_quantiles_are_where_the_chances_are() -> None:
    line = seen(3.0 + 0.05 * LEVEL_THEN_UP + WIGGLE)
    for day in (10.0, 60.0, 200.0):
        found = [line.quantile(chance, day) for chance in (0.025, 0.5, 0.975)]
        assert [line.chance_above(value, day) for value in found] == pytest.approx([0.975, 0.5, 0.025], abs=1e-6)
        assert found == sorted(found)


def test_the_fan_meets_a_limit_on_the_dates_of_its_crossing() -> None:
    for sign, fan in ((1.0, (0.5, 0.975, 0.025)), (-1.0, (0.5, 0.025, 0.975))):
        line = seen(sign * (3.0 + 0.3 * LEVEL_THEN_UP + 0.3 * WIGGLE))
        found = reached(line, sign * 40.0, upper=sign > 0)
        met = [line.quantile(chance, day) for chance, day in zip(fan, days(found), strict=True)]
        assert met == pytest.approx([sign * 40.0] * 3)
