"""Run rules: each pattern, and how far from it is none."""

from __future__ import annotations

import numpy as np
import pytest

from iqa.spc import NELSON, RULES, WESTERN_ELECTRIC, RuleName, holding, patterns, split

UP = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
SAW = [0.5, -0.5] * 7

CASES: list[tuple[str, RuleName, list[float], list[int]]] = [
    ("beyond 3σ", "N1", [3.1, 0.0, -3.1], [0, 2]),
    ("on 3σ is not beyond", "N1", [3.0, -3.0], []),
    ("2 of 3", "WE2", [2.1, 0.0, 2.1], [2]),
    ("2 of 3, the last must be beyond", "WE2", [2.1, 2.1, 0.0], [1]),
    ("2 of 3 on either side", "WE2", [2.1, 0.0, -2.1], []),
    ("on 2σ is not beyond", "N5", [2.0, 2.0, 2.0], []),
    ("4 of 5", "WE3", [1.1, 1.1, -0.3, 1.1, 1.1], [4]),
    ("4 of 6", "N6", [1.1, 1.1, 0.0, 1.1, 0.0, 1.1], []),
    ("8 on one side", "WE4", [-0.1] * 9, [7, 8]),
    ("7 on one side", "WE4", [0.1] * 7 + [-0.1] * 7, []),
    ("9 on one side", "N2", [0.1] * 9, [8]),
    ("the centre breaks a run", "N2", [0.1] * 8 + [0.0] + [0.1] * 8, []),
    ("6 rising", "N3", UP, [5]),
    ("6 falling", "N3", [-z for z in UP], [5]),
    ("5 rising, none before", "N3", UP[:5], []),
    ("a tie breaks a rise", "N3", [0.1, 0.2, 0.3, 0.3, 0.4, 0.5, 0.6], []),
    ("14 alternating", "N4", SAW, [13]),
    ("13 alternating", "N4", SAW[:13], []),
    ("a tie breaks alternation", "N4", [*SAW[:7], SAW[6], *SAW[7:13]], []),
    ("15 within", "N7", [1.0, -1.0, 0.0] * 5, [14]),
    ("14 within", "N7", [0.0] * 14 + [1.01] + [0.0] * 14, []),
    ("8 without, both sides", "N8", [1.1, -1.1] * 4, [7]),
    ("8 without, one side", "N8", [1.1] * 8, [7]),
    ("on 1σ is within", "N8", [1.1] * 7 + [1.0], []),
]


@pytest.mark.parametrize(("rule", "z", "ends"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_pattern_ends_where_it_is_complete(rule: RuleName, z: list[float], ends: list[int]) -> None:
    assert np.flatnonzero(holding(z, rule)).tolist() == ends


@pytest.mark.parametrize("rule", list(RULES))
def test_many_series_are_read_as_each_by_itself_and_so_is_their_mirror(rule: RuleName) -> None:
    z = 1.5 * np.random.default_rng(2).normal(size=(4, 60))
    together = holding(z, rule)
    assert (together == np.stack([holding(row, rule) for row in z])).all()
    assert (together == holding(-z, rule)).all()


def test_patterns_are_named_with_their_first_and_last_value() -> None:
    found = patterns([2.1, 2.1, 0.0, 3.1], (*WESTERN_ELECTRIC, "N3"))
    assert [(p.rule, p.first, p.last) for p in found] == [("WE2", 0, 1), ("WE1", 3, 3), ("WE2", 1, 3)]
    assert found[0].says == "2 of 3 beyond 2σ on one side"


def test_by_default_the_first_two_of_nelsons_are_looked_for() -> None:
    z = [3.1] + [0.5] * 15
    assert {p.rule for p in patterns(z)} == {"N1", "N2"}
    assert {p.rule for p in patterns(z, NELSON)} > {"N1", "N2"}


def test_a_missing_week_breaks_no_run_and_a_new_baseline_does() -> None:
    weeks, z = np.array([0, 1, 2, 3, 4, 9, 10, 11, 12]) * 7.0, np.full(9, 0.4)
    assert [p.last for p in patterns(z)] == [8]
    assert [patterns(z[part]) for part in split(weeks, [30.0])] == [(), ()]
