"""Steps of level: where, when, how sure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from iqa.spc import CannotTell, Step, most_likely_step, steps

DAYS = 7.0 * np.arange(30.0)
WIGGLE = np.resize([0.3, -0.3, 0.1, -0.2, 0.1], 30)


def seen(times: Any, values: Any) -> Step:
    found = most_likely_step(times, values)
    assert isinstance(found, Step)
    return found


def test_a_clear_step_is_found_where_it_is() -> None:
    step = seen(DAYS, WIGGLE + np.where(np.arange(30) >= 17, 2.0, 0.0))
    assert (step.at, step.earliest, step.latest) == (17, 17, 17)
    assert step.between == (DAYS[16], DAYS[17])
    assert step.before == pytest.approx(WIGGLE[:17].mean())
    assert step.height == pytest.approx(2.0, abs=0.05)
    assert step.p < 1e-9
    residual = np.concatenate([WIGGLE[:17] - WIGGLE[:17].mean(), WIGGLE[17:] - WIGGLE[17:].mean()])
    assert step.scatter == pytest.approx(np.sqrt(residual @ residual / 28))
    assert step.u == pytest.approx(step.scatter * np.sqrt(1 / 17 + 1 / 13))


def test_an_unclear_step_has_a_wide_interval() -> None:
    step = seen(DAYS, WIGGLE + np.where(np.arange(30) >= 17, 0.12, 0.0))
    assert step.earliest < step.at < step.latest
    assert step.between == (DAYS[step.earliest - 1], DAYS[step.latest])
    assert step.p > 0.05


def test_a_perfect_step_is_certain() -> None:
    step = seen(DAYS, np.where(np.arange(30) >= 5, 1.0, 0.0))
    assert step.at == 5
    assert step.p < 1e-100


def test_one_odd_scan_at_an_end_is_no_level() -> None:
    values = WIGGLE.copy()
    values[-1] = 9.0
    assert seen(DAYS, values).at <= 27
    assert steps(DAYS, values) == ()


def test_the_chance_of_the_only_place_is_students_t() -> None:
    # Means 0.5 and 2 of three values each, that leave sums of squares of 0.5 and 0.5: s² = 1/4, 4 degrees of freedom.
    values = [0.0, 1.0, 0.5, 1.5, 2.5, 2.0]
    t = 1.5 / np.sqrt(0.25 * (1 / 3 + 1 / 3))
    grid = np.linspace(t, 4000.0, 2_000_001)
    density = 3.0 / 8.0 * (1.0 + grid**2 / 4.0) ** -2.5
    tail = float(np.sum(0.5 * (density[1:] + density[:-1]) * np.diff(grid)))
    assert seen(range(6), values).p == pytest.approx(2.0 * tail, rel=1e-5)


def test_moving_scaling_and_turning_round_move_nothing_else() -> None:
    values = WIGGLE + np.where(np.arange(30) >= 12, 0.4, 0.0)
    step, other = seen(DAYS, values), seen(DAYS, 1000.0 - 7.0 * values)
    back = seen(DAYS, values[::-1])
    assert (other.at, other.earliest, other.latest) == (step.at, step.earliest, step.latest)
    assert other.p == pytest.approx(step.p)
    assert other.height == pytest.approx(-7.0 * step.height)
    assert back.at == 30 - step.at
    assert back.p == pytest.approx(step.p)


def test_several_steps_are_found_and_a_stable_series_has_none() -> None:
    level = np.repeat([0.0, 2.0, 1.0], 10)
    found = steps(DAYS, WIGGLE + level)
    assert [step.at for step in found] == [10, 20]
    assert [step.height for step in found] == pytest.approx([2.0, -1.0], abs=0.1)
    assert all(step.earliest <= step.at <= step.latest for step in found)
    assert found[1].between[0] >= DAYS[18]
    assert steps(DAYS, WIGGLE) == ()
    assert steps(DAYS, WIGGLE + level, level=1e-30) == ()


def test_a_level_that_is_left_and_come_back_to() -> None:
    noise = np.random.default_rng(6).normal(size=60)
    level = np.repeat([0.0, 2.0, 0.0], 20)
    # Neither step is clear by itself: both sides of it hold the other.
    assert seen(7.0 * np.arange(60), noise + level).p > 0.01
    found = steps(7.0 * np.arange(60), noise + level)
    assert [(step.earliest <= true <= step.latest) for step, true in zip(found, (20, 40), strict=True)] == [True, True]
    assert [step.height for step in found] == pytest.approx([2.0, -2.0], abs=3.29 * 0.33)


def test_too_little_for_a_step() -> None:
    few, flat = most_likely_step(range(5), range(5)), most_likely_step(DAYS, np.ones(30))
    assert isinstance(few, CannotTell)
    assert "There are 5 scans, and a step needs at least 3 on either side" in few.reason
    assert isinstance(flat, CannotTell)
    assert "All 30 values are 1: there is no step" in flat.reason
    assert steps(range(5), range(5)) == ()
