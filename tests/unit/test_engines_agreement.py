"""When two values agree, when a definition explains that they do not, and when nothing does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_analysis import made_analysis

from iqa.engines.agreement import NO_VALUE, Band, Said, compare, only_ours, scaled, shifted
from iqa.model import Analysis, Compared, Measurement

KEY, VALUE, U, OTHER_U = "noise.sd", 100.0, 3.0, 4.0
ALLOWED = 10.0
"""Twice the root of 3² + 4²."""
BAND = Band(80.0, 95.0, "Because.")


def analysis(u: float | None = U) -> Analysis:
    return replace(made_analysis(), results=(Measurement(KEY, VALUE, u, "HU", 3, "M1", "sd@1"),))


def compared(value: float | None, *, u: float = OTHER_U, band: Band | None = None, comparable: bool = True) -> Compared:
    return compare(Said(KEY, "SD", value, u, band=band, comparable=comparable), analysis())


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (VALUE + 0.999 * ALLOWED, "agrees"),
        (VALUE - 0.999 * ALLOWED, "agrees"),
        (VALUE + 1.001 * ALLOWED, "unexplained"),
    ],
)
def test_values_agree_within_twice_the_uncertainty_of_their_difference(value: float, outcome: str) -> None:
    row = compared(value)
    assert (row.outcome, row.reason) == (outcome, "")
    assert (row.value, row.u, row.other, row.other_u, row.unit) == (VALUE, U, value, OTHER_U, "HU")


@pytest.mark.parametrize(
    ("value", "outcome", "reason"),
    [
        (95.0, "agrees", ""),
        (85.0, "explained", "Because."),
        (80.0 - 1.99 * OTHER_U, "explained", "Because."),
        (80.0 - 2.01 * OTHER_U, "unexplained", ""),
        (120.0, "unexplained", ""),
    ],
    ids=["agreement comes first", "within", "its own scatter", "beyond", "on the other side"],
)
def test_a_reason_holds_as_far_as_its_band(value: float, outcome: str, reason: str) -> None:
    row = compared(value, band=BAND)
    assert (row.outcome, row.reason) == (outcome, reason)
    assert row.expected == (80.0, 95.0)


@pytest.mark.parametrize(("band", "outcome"), [(None, "unexplained"), (BAND, "explained")])
def test_another_quantity_never_agrees_by_chance(band: Band | None, outcome: str) -> None:
    assert compared(95.0, band=band, comparable=False).outcome == outcome


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [(7.1, 12.9, "explained"), (6.9, 13.1, "untestable"), (-12.9, -7.1, "explained"), (-1.0, 1.0, "untestable")],
    ids=["± 29 %", "± 31 %", "below 0", "about 0"],
)
def test_what_iqas_value_hardly_foretells_is_not_tested_by_it(low: float, high: float, outcome: str) -> None:
    band = Band(low, high, "Because.")
    row = compared(0.5 * (low + high), band=band, comparable=False)
    assert (row.outcome, row.reason, row.expected) == (outcome, "Because.", (low, high))
    assert compared(high + 9.0, band=band, comparable=False, u=1.0).outcome == "unexplained"


def test_of_one_quantity_a_wide_band_still_explains_the_difference() -> None:
    assert compared(60.0, band=Band(-200.0, 200.0, "Because.")).outcome == "explained"


def test_a_value_without_uncertainty_is_compared_by_the_others() -> None:
    assert [compare(Said(KEY, "SD", VALUE + d, OTHER_U), analysis(u)).outcome for u in (None, float("nan"))
            for d in (7.9, 8.1)] == ["agrees", "unexplained"] * 2  # fmt: skip


def test_a_band_holds_the_expanded_uncertainty_whatever_the_signs() -> None:
    (m,) = analysis().measurements
    assert scaled(m, 0.5, 0.9) == pytest.approx((47.0, 95.4))
    assert scaled(replace(m, value=-100.0), 0.5, 0.9) == pytest.approx((-95.4, -47.0))
    assert shifted(m, -1.0, 2.0) == pytest.approx((93.0, 108.0))


def test_where_one_has_no_number_it_says_so() -> None:
    ours = compared(None)
    assert (ours.outcome, ours.value, ours.other, ours.reason) == ("only_iqa", VALUE, None, NO_VALUE)
    theirs = compare(Said("", "beads", 99.9, unit="mm", absent="No beads."), analysis())
    assert (theirs.outcome, theirs.value, theirs.other, theirs.reason) == ("only_other", None, 99.9, "No beads.")


def test_the_rest_of_iqas_values_is_listed_with_its_reason() -> None:
    made = replace(
        made_analysis(), results=(*analysis().results, Measurement("ttf.a.f50", 0.5, 0.1, "1/mm", 1, "", ""))
    )
    rows = list(only_ours(made, [compared(VALUE)], [("noise.", "Not here."), ("ttf.", "No edge.")]))
    assert [(r.key, r.outcome, r.reason) for r in rows] == [("ttf.a.f50", "only_iqa", "No edge.")]
