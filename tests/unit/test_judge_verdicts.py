"""Verdicts: which limit judges what, by which baseline and rule, and what is said where nothing is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged import HEAD, MINE, made, made_baseline, made_limit

from iqa.judge import in_force, judge, worst
from iqa.judge.keys import matches
from iqa.model import Baseline, Conditions, Limit, Measurement, NotMeasured, Outcome, Rule, Scope, Verdict

WATER = "ct_number.uniform"


def _judged(
    measured: Measurement | Sequence[Measurement],
    limits: Limit | Sequence[Limit],
    *baselines: Baseline,
    absent: Sequence[NotMeasured] = (),
    conditions: Conditions = HEAD,
    scope: Scope = MINE,
    rule: Rule = "simple",
    model: str | None = "catphan504",
) -> tuple[Verdict, ...]:
    values = [measured] if isinstance(measured, Measurement) else measured
    bounds = [limits] if isinstance(limits, Limit) else limits
    return judge(values, absent, conditions, scope, bounds, baselines, rule, phantom_model=model)


def _one(*arguments: Any, **rest: Any) -> Verdict:
    (verdict,) = _judged(*arguments, **rest)
    return verdict


@pytest.mark.parametrize(
    ("pattern", "key", "fits"),
    [
        ("noise.sigma", "noise.sigma", True),
        ("ct_number.*", "ct_number.teflon", True),
        ("ct_number.*", "ct_number", False),
        ("ttf.*", "ttf.teflon.f50", False),
        ("ttf.*.f50", "ttf.teflon.f50", True),
        ("*.f50", "ttf.teflon.f50", False),
        ("ct_number.air*", "ct_number.air_top", True),
        ("slice_thickness", "slice_thickness.top_left", False),
    ],
)
def test_patterns_fit_part_by_part(pattern: str, key: str, fits: bool) -> None:
    assert matches(pattern, key) is fits


@pytest.mark.parametrize(
    ("value", "outcome", "reason"),
    [
        (1.0, Outcome.PASS, "1 HU is within its limits (-3 to 3 HU)."),
        (-3.9, Outcome.WARNING, "-3.9 HU is outside its warning limits (-3 to 3 HU)."),
        (4.1, Outcome.FAIL, "4.1 HU is outside its limits (-4 to 4 HU)."),
    ],
)
def test_an_absolute_limit(value: float, outcome: Outcome, reason: str) -> None:
    limit = made_limit(WATER, -4.0, -3.0, 3.0, 4.0)
    assert _one(made(WATER, value), limit) == Verdict(WATER, outcome, reason, "simple", limit)


@pytest.mark.parametrize(
    ("value", "u", "rule", "outcome", "reason"),
    [
        (
            3.5,
            0.5,
            "simple",
            Outcome.PASS_WITHIN_U,
            "3.5 HU is nearer than U = 1 HU to an end of its limits, but within them (-4 to 4 HU).",
        ),
        (
            3.5,
            0.5,
            "guard_accept",
            Outcome.CANNOT_TELL,
            "3.5 HU is nearer than U = 1 HU to an end of its limits (-4 to 4 HU).",
        ),
        (
            4.5,
            0.5,
            "guard_reject",
            Outcome.CANNOT_TELL,
            "4.5 HU is nearer than U = 1 HU to an end of its limits (-4 to 4 HU).",
        ),
        (
            0.0,
            2.5,
            "simple",
            Outcome.CANNOT_TELL,
            "0 HU has U = 5 HU, more than half the width of its limits (-4 to 4 HU).",
        ),
    ],
)
def test_what_uncertainty_leaves_open_is_said(
    value: float, u: float, rule: Rule, outcome: Outcome, reason: str
) -> None:
    verdict = _one(made(WATER, value, u), made_limit(WATER, -4.0, None, None, 4.0), rule=rule)
    assert (verdict.outcome, verdict.reason, verdict.rule) == (outcome, reason, rule)


@pytest.mark.parametrize(("value", "u", "named"), [(nan, 1.0, "nan HU"), (0.0, nan, "u = nan HU")])
def test_what_is_no_number_is_said_to_be_none(value: float, u: float, named: str) -> None:
    verdict = _one(made(WATER, value, u), made_limit(WATER, -4.0, None, None, 4.0))
    assert verdict.outcome is Outcome.CANNOT_TELL
    assert verdict.reason.startswith("The value and its u must be finite numbers")
    assert named in verdict.reason


def test_one_sided_ranges_read_as_such() -> None:
    count = made("line_pairs.resolved", 5.0, None, unit="lp/cm")
    verdict = _one(count, made_limit("line_pairs.resolved", 6.0, unit="lp/cm"))
    assert verdict.reason == "5 lp/cm is outside its limits (at least 6 lp/cm)."
    assert verdict.flags == ("u_unknown",)
    verdict = _one(made("noise.sd", 5.0), made_limit("noise.sd", None, None, None, 6.0))
    assert verdict.reason == "5 HU is within its limits (at most 6 HU)."


def test_several_limits_give_a_verdict_each_in_their_order() -> None:
    limits = [made_limit("ct_number.*", -9.0, name="wide"), made_limit(WATER, 0.5, name="narrow")]
    verdicts = _judged([made(WATER, 0.0), made("ct_number.teflon", 990.0), made("noise.sd", 3.0)], limits)
    assert [(v.key, v.limit and v.limit.name, v.outcome) for v in verdicts] == [
        (WATER, "wide", Outcome.PASS),
        ("ct_number.teflon", "wide", Outcome.PASS),
        (WATER, "narrow", Outcome.FAIL),
    ]


@pytest.mark.parametrize(
    ("fields", "value", "conditions", "reason"),
    [
        (
            {"method": "roi-mean@2"},
            {},
            HEAD,
            "The limit was made for the method roi-mean@2; this value is by roi-mean@1.",
        ),
        ({"unit": "1"}, {}, HEAD, "The limit is in 1, the value in HU."),
        ({"kv": 100.0}, {}, HEAD, "The limit is for 100 kV; this scan was made with 120 kV."),
        (
            {"kv": 120.0},
            {},
            replace(HEAD, kv=None),
            "The limit is for 120 kV; the tube voltage of this scan is not known.",
        ),
        (
            {"kv": 120.0},
            {},
            replace(HEAD, kev=70.0),
            "The limit is for images of a tube voltage; this one is monoenergetic, 70 keV.",
        ),
        (
            {"basis": "maker"},
            {},
            replace(HEAD, kev=70.0),
            "The limit is for images of a tube voltage; this one is monoenergetic, 70 keV.",
        ),
    ],
)
def test_a_limit_made_for_something_else_does_not_judge(
    fields: dict[str, Any], value: dict[str, Any], conditions: Conditions, reason: str
) -> None:
    verdict = _one(made(WATER, 0.0, **value), made_limit(WATER, 1.0, **fields), conditions=conditions)
    assert (verdict.outcome, verdict.reason) == (Outcome.NOT_JUDGED, reason)


def test_a_limit_made_for_this_does() -> None:
    limit = made_limit(WATER, 1.0, method="roi-mean@*", kv=120.0, scope=Scope(scanner="ct1"))
    assert _one(made(WATER, 0.0), limit).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "fields",
    [
        {"scope": Scope(scanner="ct2")},
        {"scope": Scope(protocol="abdomen")},
        {"scope": Scope(phantom="SN 8")},
        {"phantom_models": ("acr464",)},
    ],
)
def test_a_limit_for_others_is_passed_over(fields: dict[str, Any]) -> None:
    assert _judged(made(WATER, 0.0), made_limit(WATER, 1.0, **fields)) == ()


def test_a_limit_for_some_models_judges_no_entry_without_a_phantom() -> None:
    limit = made_limit(WATER, 1.0, phantom_models=("catphan504",))
    assert _one(made(WATER, 0.0), limit).outcome is Outcome.FAIL
    assert _judged(made(WATER, 0.0), limit, model=None) == ()


def test_a_makers_range_only_ever_warns() -> None:
    limit = made_limit(WATER, -1.0, -1.0, 1.0, 1.0, basis="maker")  # no reader lets its fail numbers through
    verdict = _one(made(WATER, 500.0), limit)
    assert verdict.outcome is Outcome.WARNING
    assert verdict.reason == "500 HU is outside the maker's typical range (-1 to 1 HU), which is no tolerance."
    assert _one(made(WATER, 0.0, 100.0), limit, rule="guard_accept").outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("key", "value"), [("ct_number.air_top", -972.0), ("ct_number.delrin", 325.0)], ids=["a GE", "a cone beam"]
)
def test_healthy_scanners_outside_the_catphans_range_are_warned_of(key: str, value: float) -> None:
    found = _judged(made(key, value), in_force("catphan504"), rule="guard_accept")
    assert {v.outcome for v in found if v.key == key} == {Outcome.WARNING}


def test_what_was_not_measured_says_why() -> None:
    absent = [NotMeasured("ttf.air.f50", "Its edge is cut off.", "An extended scale.")]
    verdict = _one([], made_limit("ttf.*.f50", 0.3, unit="1/mm"), absent=absent)
    assert (verdict.key, verdict.outcome, verdict.reason) == (
        "ttf.air.f50",
        Outcome.NOT_MEASURED,
        "Its edge is cut off.",
    )


def test_one_key_that_the_scan_says_nothing_of_is_not_measured_either() -> None:
    verdict = _one(made(WATER, 0.0), made_limit("noise.sigma", 1.0))
    assert (verdict.key, verdict.outcome) == ("noise.sigma", Outcome.NOT_MEASURED)
    assert verdict.reason.startswith("Nothing was measured under this key")
    assert _judged(made(WATER, 0.0), made_limit("noise.*", 1.0)) == ()


# --- by a baseline


@pytest.mark.parametrize(
    ("value", "outcome"),
    [(5.0, Outcome.PASS), (6.5, Outcome.WARNING), (3.0, Outcome.WARNING), (7.0, Outcome.WARNING), (7.1, Outcome.FAIL)],
)
def test_a_difference_from_the_baseline(value: float, outcome: Outcome) -> None:
    limit = made_limit(WATER, -2.0, -1.0, 1.0, 2.0, kind="difference")
    baseline = made_baseline(WATER, 5.0)
    verdict = _one(made(WATER, value), limit, baseline)
    assert (verdict.outcome, verdict.limit, verdict.baseline) == (outcome, limit, baseline)


def test_a_sentence_names_the_baseline() -> None:
    limit = made_limit(WATER, -2.0, None, None, 2.0, kind="difference")
    verdict = _one(made(WATER, 8.0), limit, made_baseline(WATER, 5.0, spread=0.5, n=25))
    # u of the location is 1.03 · 0.5 / √25
    assert (
        verdict.reason == "8 HU is outside its limits (3 to 7 HU), about the baseline of 5 HU (25 scans, u = 0.103 HU)."
    )


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (8.925, Outcome.WARNING),
        (8.92, Outcome.FAIL),
        (9.45, Outcome.PASS),
        (11.55, Outcome.PASS),
        (11.56, Outcome.WARNING),
        (12.075, Outcome.WARNING),
        (12.08, Outcome.FAIL),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_percent_of_the_baselines_magnitude(value: float, outcome: Outcome, sign: int) -> None:
    # noise of 10.5 with −15/−10/+10/+15 %: [8.925, 9.45, 11.55, 12.075] as open software for constancy tests has it
    limit = made_limit("noise.sd", -15.0, -10.0, 10.0, 15.0, kind="percent", unit="%")
    baseline = made_baseline("noise.sd", sign * 10.5)
    assert _one(made("noise.sd", sign * value, 0.0), limit, baseline).outcome is outcome


def test_baselines_are_judged_simply_whatever_the_rule() -> None:
    limit = made_limit(WATER, -2.0, None, None, 2.0, kind="difference")
    verdict = _one(made(WATER, 6.9, 0.3), limit, made_baseline(WATER, 5.0), rule="guard_accept")
    assert (verdict.outcome, verdict.rule) == (Outcome.PASS_WITHIN_U, "simple")


def test_the_baselines_own_u_counts() -> None:
    limit = made_limit(WATER, -2.0, None, None, 2.0, kind="difference")
    value = made(WATER, 6.5, 0.15)  # U = 0.3 of the value alone leaves 0.5 to the limit
    assert _one(value, limit, made_baseline(WATER, 5.0)).outcome is Outcome.PASS
    uncertain = made_baseline(WATER, 5.0, spread=0.7, n=9)  # u_b = 1.03 · 0.7 / 3 = 0.24, U = 2 √(0.15² + 0.24²) = 0.57
    assert _one(value, limit, uncertain).outcome is Outcome.PASS_WITHIN_U


def test_a_baseline_of_few_scans_is_flagged() -> None:
    limit = made_limit(WATER, -2.0, kind="difference")
    assert _one(made(WATER, 5.0), limit, made_baseline(WATER, 5.0, n=7)).flags == ("baseline_of_few_scans",)
    assert _one(made(WATER, 5.0), limit, made_baseline(WATER, 5.0, n=8)).flags == ()


@pytest.mark.parametrize(
    ("baselines", "reason"),
    [
        ([], f"There is no baseline of {WATER} for this scanner, protocol and phantom yet."),
        (
            [made_baseline(WATER, 5.0, scope=Scope("ct2"))],
            f"There is no baseline of {WATER} for this scanner, protocol and phantom yet.",
        ),
        (
            [made_baseline(WATER, 5.0, method="roi-mean@0")],
            "The baseline was measured by roi-mean@0 in HU, this value by roi-mean@1 in HU; a new baseline is needed.",
        ),
    ],
)
def test_without_a_baseline_nothing_is_judged(baselines: list[Baseline], reason: str) -> None:
    verdict = _one(made(WATER, 5.0), made_limit(WATER, -2.0, kind="difference"), *baselines)
    assert (verdict.outcome, verdict.reason, verdict.rule) == (Outcome.NOT_JUDGED, reason, "simple")


def test_the_gate_comes_before_the_baseline() -> None:
    limit = made_limit(WATER, -2.0, None, None, 2.0, kind="difference")
    sharp = made_baseline(WATER, 500.0, conditions=replace(HEAD, kernel="Br60f"))
    verdict = _one(made(WATER, 5.0), limit, sharp)
    assert (verdict.outcome, verdict.baseline) == (Outcome.NOT_COMPARABLE, sharp)
    assert verdict.reason.startswith("Not comparable, because the reconstruction differs")
    silent = _one(made(WATER, 5.0), limit, sharp, conditions=replace(HEAD, kernel=None))
    assert (silent.outcome, silent.reason) == (
        Outcome.CANNOT_TELL,
        'Cannot tell, because the kernel of this scan is not known ("Br60f" in the baseline).',
    )


def test_what_the_gate_could_not_see_is_flagged() -> None:
    unknown = replace(HEAD, iteration=None)
    limit = made_limit(WATER, -2.0, kind="difference")
    verdict = _one(made(WATER, 5.0), limit, made_baseline(WATER, 5.0, conditions=unknown), conditions=unknown)
    assert (verdict.outcome, verdict.flags) == (Outcome.PASS, ("unknown_iteration",))


def test_of_several_baselines_the_comparable_then_particular_then_latest_counts() -> None:
    limit = made_limit(WATER, -2.0, None, None, 2.0, kind="difference")
    sharp = made_baseline(WATER, 1.0, conditions=replace(HEAD, kernel="Br60f"), approved_at="2026-09-01")
    anywhere = made_baseline(WATER, 2.0, scope=Scope("ct1"), approved_at="2026-08-01")
    old = made_baseline(WATER, 3.0, approved_at="2026-01-01")
    new = made_baseline(WATER, 4.0, approved_at="2026-02-01")
    for order in ([sharp, anywhere, old, new], [new, old, anywhere, sharp]):
        assert _one(made(WATER, 4.0), limit, *order).baseline == new
    assert _one(made(WATER, 4.0), limit, sharp, anywhere).baseline == anywhere


@pytest.mark.parametrize(
    ("key", "baseline", "u", "reason"),
    [
        (
            "low_contrast.visible.5permille",
            0.4,
            0.1,
            "A percentage of the baseline of 0.4 HU is not defined: it lies within 0.5 HU of zero, 5 times its spread "
            "or u. Set a difference in HU instead.",
        ),
        (
            "uniformity.max_deviation",
            40.0,
            0.1,
            "A percentage of uniformity.max_deviation is not defined, since its zero is a convention, or lies in the "
            "midst of its values. Set a difference in HU instead.",
        ),
    ],
)
def test_percent_of_a_baseline_near_zero_is_refused(key: str, baseline: float, u: float, reason: str) -> None:
    pattern = key.split(".", maxsplit=1)[0] + ".*" + ("" if key.count(".") == 1 else ".*")
    limit = made_limit(pattern, -10.0, kind="percent", unit="%")
    verdict = _one(made(key, baseline, u), limit, made_baseline(key, baseline, spread=0.05))
    assert (verdict.outcome, verdict.reason) == (Outcome.NOT_JUDGED, reason)


# --- all together


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((), Outcome.NOT_JUDGED),
        ((Outcome.NOT_JUDGED, Outcome.PASS), Outcome.PASS),
        ((Outcome.PASS, Outcome.PASS_WITHIN_U), Outcome.PASS_WITHIN_U),
        ((Outcome.PASS, Outcome.NOT_MEASURED), Outcome.NOT_MEASURED),
        ((Outcome.NOT_MEASURED, Outcome.NOT_COMPARABLE), Outcome.NOT_COMPARABLE),
        ((Outcome.NOT_COMPARABLE, Outcome.WARNING), Outcome.WARNING),
        ((Outcome.WARNING, Outcome.CANNOT_TELL), Outcome.CANNOT_TELL),
        ((Outcome.CANNOT_TELL, Outcome.FAIL), Outcome.FAIL),
    ],
)
def test_the_worst_of_several(outcomes: tuple[Outcome, ...], expected: Outcome) -> None:
    verdicts = [Verdict(WATER, outcome, "", "simple") for outcome in outcomes]
    assert worst(verdicts) is worst(verdicts[::-1]) is expected


ORDER = (Outcome.PASS, Outcome.PASS_WITHIN_U, Outcome.WARNING, Outcome.CANNOT_TELL, Outcome.FAIL)


@given(
    st.floats(-1000, 1000),
    st.floats(0.01, 50),
    st.floats(0.01, 50),
    st.floats(0, 30),
    st.lists(st.floats(0, 300), min_size=2),
    st.sampled_from([1.0, -1.0]),
)
def test_a_verdict_never_improves_away_from_its_baseline(
    middle: float, warn: float, extra: float, u: float, distances: list[float], side: float
) -> None:
    limit = made_limit(WATER, -warn - extra, -warn, warn, warn + extra, kind="difference")
    baseline = made_baseline(WATER, middle)
    found = [_one(made(WATER, middle + side * d, u), limit, baseline).outcome for d in sorted(distances)]
    assert [ORDER.index(o) for o in found] == sorted(ORDER.index(o) for o in found)
