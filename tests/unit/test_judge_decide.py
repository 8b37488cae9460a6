"""The decision rule: DESIGN's table of it, and what must hold of any rule."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import inf, nan
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa.judge import decide
from iqa.judge.bounds import each
from iqa.model import Bounds, Outcome, Rule

P, PU, W, CT, F = (
    Outcome.PASS,
    Outcome.PASS_WITHIN_U,
    Outcome.WARNING,
    Outcome.CANNOT_TELL,
    Outcome.FAIL,
)
ORDER = (P, PU, W, CT, F)
"""From the middle outwards."""
TEN = Bounds(-10, None, None, 10)
WARNED = Bounds(-10, -6, 6, 10)
RULES = get_args(Rule)


# u = 1, so U = 2.
@pytest.mark.parametrize(
    ("value", "simple", "guard_accept", "guard_reject"),
    [
        (0.0, P, P, P),
        (8.0, P, P, P),  # as far from the limit as U: a pass
        (8.5, PU, CT, P),
        (10.0, PU, CT, P),  # on the limit is inside
        (10.5, F, F, CT),
        (12.0, F, F, CT),  # limit + U is not beyond limit + U
        (12.5, F, F, F),
        (-8.5, PU, CT, P),
        (-10.5, F, F, CT),
    ],
)
def test_each_rule_about_its_limit(value: float, simple: Outcome, guard_accept: Outcome, guard_reject: Outcome) -> None:
    found = [decide(value, 1.0, TEN, rule) for rule in RULES]
    assert found == [simple, guard_accept, guard_reject]


@pytest.mark.parametrize(
    ("value", "simple", "guard_accept", "guard_reject"),
    [
        (6.0, P, P, P),  # on the warning number is inside it
        (6.5, W, W, W),
        (9.5, W, CT, W),  # a warning replaces either pass, and no other outcome
        (10.0, W, CT, W),
        (10.5, F, F, CT),
    ],
)
def test_a_warning_replaces_both_kinds_of_pass(
    value: float, simple: Outcome, guard_accept: Outcome, guard_reject: Outcome
) -> None:
    assert [decide(value, 1.0, WARNED, rule) for rule in RULES] == [simple, guard_accept, guard_reject]


@pytest.mark.parametrize("rule", RULES)
def test_u_over_half_the_range_tells_nothing(rule: Rule) -> None:
    assert decide(0.0, 5.0, TEN, rule) is not CT  # U is just half the range
    assert [decide(v, 5.5, TEN, rule) for v in (0.0, 9.0, 10.5, 21.5)] == [CT] * 4


@pytest.mark.parametrize("rule", RULES)
def test_u_unknown_counts_as_none(rule: Rule) -> None:
    assert [decide(v, None, TEN, rule) for v in (9.99, 10.0, 10.01)] == [P, P, F]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("value", "u"), [(nan, 1.0), (inf, 1.0), (-inf, None), (0.0, nan), (0.0, -1.0), (0.0, inf)])
def test_what_is_no_number_is_never_a_pass(value: float, u: float | None, rule: Rule) -> None:
    assert decide(value, u, TEN, rule) is CT


@pytest.mark.parametrize("broken", [nan, inf])
def test_nor_by_bounds_that_are_none(broken: float) -> None:
    assert decide(0.0, 0.0, Bounds(fail_high=broken), "simple") is CT


@pytest.mark.parametrize("rule", RULES)
def test_a_number_left_out_bounds_nothing(rule: Rule) -> None:
    assert decide(-1e9, 1.0, Bounds(fail_high=10), rule) is P
    assert decide(13.0, 1.0, Bounds(fail_high=10), rule) is F
    assert decide(13.0, 1e6, Bounds(), rule) is P
    assert decide(13.0, 1e6, Bounds(warn_high=10), rule) is W
    # a range with one end has no half
    assert decide(-1e3, 100.0, Bounds(fail_high=10), rule) is P


def test_a_limit_that_rounding_moved_is_still_met() -> None:
    assert 0.1 + 0.2 > 0.3
    assert decide(0.1 + 0.2, 0.0, Bounds(fail_high=0.3), "simple") is P
    assert decide(11.55, 0.0, Bounds(fail_high=10.5 + 10.5 * 0.1), "simple") is P


# Quarters are exact in binary, so that nothing here hangs on rounding.
QUARTERS = st.integers(-200, 200).map(lambda n: n / 4)
WIDTHS = st.integers(1, 160).map(lambda n: n / 4)
US = st.none() | st.integers(0, 120).map(lambda n: n / 8)


@st.composite
def about_zero(draw: st.DrawFn) -> Bounds:
    """Bounds that are as far below 0 as above, warning numbers inside the others, any pair missing."""
    warn, extra = draw(WIDTHS), draw(WIDTHS)
    bounds = Bounds(-warn - extra, -warn, warn, warn + extra)
    dropped = draw(st.sampled_from([(), ("warn_low", "warn_high"), ("fail_low", "fail_high")]))
    return replace(bounds, **dict.fromkeys(dropped))


@given(about_zero(), US, st.lists(QUARTERS.map(abs), min_size=2), st.sampled_from(RULES), st.sampled_from([-1, 1]))
def test_a_verdict_never_improves_away_from_the_baseline(
    bounds: Bounds, u: float | None, values: list[float], rule: Rule, side: int
) -> None:
    ranks = [ORDER.index(decide(side * v, u, bounds, rule)) for v in sorted(values)]
    assert all(a <= b for a, b in pairwise(ranks))


@given(WIDTHS, WIDTHS, US, st.lists(QUARTERS, min_size=2), st.sampled_from(RULES))
def test_nor_towards_the_only_limit(
    warn: float, extra: float, u: float | None, values: list[float], rule: Rule
) -> None:
    bounds = Bounds(warn_high=warn, fail_high=warn + extra)
    ranks = [ORDER.index(decide(v, u, bounds, rule)) for v in sorted(values)]
    assert all(a <= b for a, b in pairwise(ranks))


@given(QUARTERS, US, about_zero(), st.sampled_from(RULES))
def test_both_sides_are_alike(value: float, u: float | None, bounds: Bounds, rule: Rule) -> None:
    assert decide(value, u, bounds, rule) is decide(-value, u, bounds, rule)


@given(QUARTERS, US, about_zero(), st.sampled_from(RULES), st.sampled_from([1e-3, 0.1, 1 / 3, 7.0, 1024.0]))
def test_the_unit_does_not_matter(value: float, u: float | None, bounds: Bounds, rule: Rule, scale: float) -> None:
    scaled = decide(scale * value, None if u is None else scale * u, each(bounds, lambda x: scale * x), rule)
    assert scaled is decide(value, u, bounds, rule)


@given(QUARTERS, US, about_zero())
def test_the_rules_differ_in_what_they_doubt_alone(value: float, u: float | None, bounds: Bounds) -> None:
    simple, accept, reject = (decide(value, u, bounds, rule) for rule in RULES)
    assert (simple is F) == (accept is F)
    if reject is F:
        assert simple is F
    if accept in (P, W):
        assert simple is accept
        assert reject is accept
