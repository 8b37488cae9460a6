"""Drift: a slope, its u and its chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from iqa.spc import CannotTell, Drift, drift

DAYS = np.array([0.0, 7.0, 7.0, 15.0, 21.0, 60.0, 66.0, 75.0, 80.0, 81.0])
WIGGLE = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0])


def seen(times: Any, values: Any) -> Drift:
    found = drift(times, values)
    assert isinstance(found, Drift)
    return found


def test_norris_of_nist() -> None:
    # NIST StRD, linear regression, Norris: certified values.
    x = [0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4, 0.6, 775.5, 666.9, 338.0]
    x += [447.5, 11.6, 556.0, 228.1, 995.8, 887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2, 999.0, 779.0, 11.1, 118.3]
    x += [229.2, 669.1, 448.9, 0.5]
    y = [0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1, 778.1, 668.8, 339.3]
    y += [448.9, 10.8, 557.7, 228.3, 998.0, 888.8, 119.6, 0.3, 0.6, 557.6, 339.3, 888.0, 998.5, 778.9, 10.2, 117.6]
    y += [228.9, 668.4, 449.2, 0.2]
    order = np.argsort(x)
    line = seen(np.array(x)[order], np.array(y)[order])
    assert line.slope == pytest.approx(1.00211681802045, rel=1e-12)
    assert line.u == pytest.approx(0.429796848199937e-03, rel=1e-10)
    assert line.scatter == pytest.approx(0.884796396144373, rel=1e-10)
    assert line.at(0.0) == pytest.approx(-0.262323073774029, rel=1e-10)
    assert line.drifting


def test_another_day_zero_and_another_unit_change_nothing() -> None:
    line = seen(DAYS, 0.1 * DAYS + WIGGLE)
    moved = seen(DAYS + 739_000.0, 1000.0 - 3.0 * (0.1 * DAYS + WIGGLE))
    assert moved.slope == pytest.approx(-3.0 * line.slope)
    assert moved.p == pytest.approx(line.p)


def test_what_only_scatters_is_not_drifting() -> None:
    assert not seen(DAYS, WIGGLE).drifting
    assert seen(DAYS, WIGGLE).p > 0.5


def test_the_line_lies_on_its_values() -> None:
    line = seen(DAYS, 3.0 + 0.5 * DAYS)
    assert line.at(100.0) == pytest.approx(53.0)
    assert line.u == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("times", "values", "says"),
    [
        (DAYS[:7], WIGGLE[:7], "There are 7 scans, and a drift needs at least 8"),
        (np.repeat([0.0, 7.0], 5), WIGGLE, "fewer than 3 different times"),
        (DAYS, np.full(10, 0.1), "All 10 values are 0.1"),
    ],
)
def test_what_allows_no_line(times: Any, values: Any, says: str) -> None:
    found = drift(times, values)
    assert isinstance(found, CannotTell)
    assert says in found.reason


def test_times_belong_to_values_and_are_in_order() -> None:
    with pytest.raises(ValueError, match=r"\(10,\) times and \(9,\) values"):
        drift(DAYS, WIGGLE[:9])
    with pytest.raises(ValueError, match="scan 1 is earlier than the one before it: sort the scans"):
        drift(DAYS[::-1], WIGGLE)
    with pytest.raises(ValueError, match="scan 3 has no finite value"):
        drift(DAYS, [0.0, 1.0, 2.0, float("nan"), *WIGGLE[4:]])
