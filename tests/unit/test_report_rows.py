"""Measures as rows: rounding, change, range in words, places on strip and small chart."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
from fontTools.ttLib import TTFont
from made_story import NOISE, WATER, baseline, everything, judged, limit, measured, missing, story

from iqa.jobs.said import bounds_behind
from iqa.model import Bounds, Outcome, Verdict
from iqa.report.fonts import FONT_FILES, font_file
from iqa.report.pages.rows import allowed, amount, change, groups, row, strip
from iqa.report.pages.weekly import looked_at
from iqa.report.stories import Measure
from iqa.report.svg import spark_svg, strip_svg
from iqa.report.text import plain
from iqa.report.words import load_words

EN, JA = load_words("en"), load_words("ja")


@pytest.mark.parametrize(
    ("value", "u", "unit", "shown"),
    [
        (12.347, 0.0312, "HU", ("12.35", "0.03", "HU")),
        (12.347, 0.0187, "HU", ("12.347", "0.019", "HU")),
        (-93.42, 0.61, "HU", ("−93.4", "0.6", "HU")),
        (0.41238, 0.0052, "1/mm", ("0.412", "0.005", "mm−1")),
        (40.1, None, "mGy", ("40.1", "", "mGy")),
        (7.0, math.nan, "lp/cm", ("7", "", "lp/cm")),
    ],
)
def test_numbers_are_rounded_as_the_kit_of_the_pages_says(
    value: float, u: float | None, unit: str, shown: tuple[str, str, str]
) -> None:
    made = amount(Measure(key="k", measurement=measured("k", value, u, unit)))
    assert made is not None
    assert (made.value, made.u, plain(made.unit)) == shown


def test_one_digit_more_where_rounding_would_hide_the_side_of_a_limit() -> None:
    one = judged("noise.sigma", 4.744, Outcome.WARNING, Bounds(None, None, 4.74, 4.96), u=0.05)
    made = amount(one)
    assert made is not None
    assert (made.value, plain(allowed(one, EN))) == ("4.744", "at most 4.740")
    calm = amount(judged("noise.sigma", 4.61, Outcome.PASS, Bounds(None, None, 4.74, 4.96), u=0.05))
    assert calm is not None
    assert calm.value == "4.61"


def test_change_is_signed_in_percent_or_in_the_unit() -> None:
    assert change(judged("noise.sigma", 4.61, Outcome.PASS, NOISE, about=4.31, u=0.05)) == "+7.0\u00a0%"
    assert change(judged("noise.sigma", 4.31, Outcome.PASS, NOISE, about=4.31, u=0.05)) == "0.0\u00a0%"
    water = judged("ct_number.uniform", 0.4, Outcome.PASS, WATER)
    assert change(water) == ""


def test_a_ct_number_changes_by_hounsfield_units_since_its_percentage_means_nothing() -> None:
    one = judged("ct_number.teflon", 942.6, Outcome.PASS, NOISE, about=943.9, u=0.9)
    assert change(one) == "−1.3"


@pytest.mark.parametrize(
    ("bounds", "en", "ja"),
    [
        (Bounds(2.0, 2.2, 2.8, 3.0), "2.20 to 2.80", "2.20～2.80"),
        (Bounds(2.0, None, None, 3.0), "2.00 to 3.00", "2.00～3.00"),
        (Bounds(None, None, None, 3.0), "at most 3.00", "3.00 以下"),
        (Bounds(2.0), "at least 2.00", "2.00 以上"),
    ],
)
def test_the_allowed_range_in_words(bounds: Bounds, en: str, ja: str) -> None:
    one = judged("slice_thickness", 2.5, Outcome.PASS, bounds, u=0.05, unit="mm")
    assert [plain(allowed(one, w)) for w in (EN, JA)] == [en, ja]


def test_failing_limits_stand_at_the_same_shares_in_every_row() -> None:
    two = strip(judged("a", 2.5, Outcome.PASS, Bounds(2.0, 2.2, 2.8, 3.0), u=0.05))
    percent = strip(judged("b", 4.61, Outcome.PASS, NOISE, about=4.31, u=0.05))
    upper = strip(judged("c", 1.4, Outcome.PASS, Bounds(None, None, None, 4.0), u=0.3))
    assert two is not None
    assert percent is not None
    assert upper is not None
    assert two.fails == pytest.approx((0.1, 0.9))
    assert percent.fails == pytest.approx((0.1, 0.9))
    assert upper.fails == pytest.approx((0.9,))
    assert upper.allowed == pytest.approx((0.0, 0.9))
    assert two.value == pytest.approx(0.5)
    assert two.allowed == pytest.approx((0.26, 0.74))
    assert two.bar == pytest.approx((0.42, 0.58))


def test_a_value_far_out_stands_at_the_edge() -> None:
    one = strip(judged("a", 30.0, Outcome.FAIL, Bounds(2.0, None, None, 3.0), u=0.05))
    assert one is not None
    assert (one.far, one.value) == (True, 0.98)


@pytest.mark.parametrize(
    ("bounds", "value", "inside"),
    [
        (Bounds(fail_high=3.5), 3.0, True), (Bounds(fail_high=3.5), 3.6, False), (Bounds(fail_high=3.5), 3.5, True),
        (Bounds(fail_low=2.0), 2.2, True), (Bounds(fail_low=2.0), 1.9, False), (Bounds(fail_low=2.0), 2.0, True),
        (Bounds(fail_high=-3.5), -4.0, True), (Bounds(fail_high=-3.5), -3.0, False),
        (Bounds(fail_low=0.0), -0.1, False),
    ],
)  # fmt: skip
def test_a_limit_on_one_side_has_its_strip_on_whichever_side_the_value_lies(
    bounds: Bounds, value: float, inside: bool
) -> None:
    placed = strip(judged("noise.sd", value, Outcome.PASS, bounds, u=0.05))
    assert placed is not None
    low, high = placed.allowed
    assert (low <= placed.value <= high) is inside
    assert placed.fails == pytest.approx([0.9 if bounds.fail_high is not None else 0.1])


def test_warnings_alone_and_no_bounds() -> None:
    maker = strip(judged("a", 2.5, Outcome.PASS, Bounds(None, 2.2, 2.8, None), u=0.05))
    assert maker is not None
    assert maker.fails == ()
    assert maker.allowed == pytest.approx((0.25, 0.75))
    assert [x for span in maker.warnings for x in span] == pytest.approx([0.0, 0.25, 0.75, 1.0])
    assert row(Measure(key="noise.sd", measurement=measured("noise.sd", 4.0)), story(), EN).strip is None


@pytest.mark.parametrize(("outcome", "shape"), [
    (Outcome.PASS, 'r="3.4"'), (Outcome.PASS_WITHIN_U, 'r="3.1" fill="#fff"'), (Outcome.WARNING, "l4.6 8.2h-9.2z"),
    (Outcome.FAIL, "<rect"), (Outcome.CANNOT_TELL, "l4.2 4.2"), (Outcome.NOT_JUDGED, 'r="2.6"'),
])  # fmt: skip
def test_each_verdict_has_a_shape_of_its_own(outcome: Outcome, shape: str) -> None:
    one = strip(judged("a", 2.5, outcome, Bounds(2.0, 2.2, 2.8, 3.0), u=0.05))
    assert one is not None
    assert shape in strip_svg(one)


def test_a_small_chart_ends_with_the_scan_and_shows_its_baseline() -> None:
    one = row(judged("noise.sigma", 4.6, Outcome.PASS, NOISE, about=4.31, past=(4.3, 4.35)), story(), EN).spark
    assert one is not None
    assert [round(x, 2) for x, _ in one.points] == [0.0, 0.5, 1.0]
    assert one.middle == pytest.approx(0.5)
    assert one.points[-1][1] > one.points[0][1]
    assert spark_svg(one).count("<circle") == 1


def test_what_is_missing_says_why_and_what_would_help() -> None:
    one = row(missing("mtf.bead.f50"), story(), EN)
    assert one.amount is None
    assert plain(one.reason) == "The slices are too thick. Thinner slices."


def test_rows_stand_by_family_and_inserts_by_their_number() -> None:
    inserts = [judged(f"ct_number.{n}", v, Outcome.PASS, Bounds(-2000.0, None, None, 2000.0)) for n, v in
               (("teflon", 942.0), ("air", -998.0), ("ldpe", -93.0))]  # fmt: skip
    made = groups([*everything(), *inserts], story(), EN)
    assert [plain(g.name) for g in made] == [
        "CT number", "Noise, uniformity", "Geometry", "Resolution", "Dose, set-up",
    ]  # fmt: skip
    assert [r.key for r in made[0].rows] == [
        "ct_number.air", "ct_number.ldpe", "ct_number.uniform", "ct_number.teflon",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("high", "u", "shown"), [(4.5, 3.0, "at most 4.5"), (2346.0, 30.0, "at most 2346"), (4.0, 0.3, "at most 4.0")]
)
def test_a_limit_is_printed_as_it_was_adopted_and_never_coarser(high: float, u: float, shown: str) -> None:
    one = judged("uniformity.max_deviation", 1.0, Outcome.PASS, Bounds(None, None, None, high), u=u)
    assert plain(allowed(one, EN)) == shown


def set_width(said: str, size: float) -> float:
    """As Roboto sets it."""
    font = TTFont(font_file(*FONT_FILES[0]))
    letters, wide = font.getBestCmap(), font["hmtx"]
    return float(size * sum(wide[letters[ord(c)]][0] for c in said) / font["head"].unitsPerEm)


@pytest.mark.parametrize("value", [1.81, 2.0, 2.5, 2.99, 3.4])
def test_the_words_of_a_large_strip_stay_within_it_and_apart(value: float) -> None:
    one = judged("slice_thickness", value, Outcome.PASS, Bounds(2.0, 2.2, 2.8, 3.0), u=0.05, unit="mm")
    closer = looked_at(one, story(), EN)
    assert closer.drawing is not None
    texts = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]+)<', closer.drawing.svg)
    spans = {
        (y, said): (float(x) - 0.5 * set_width(said, 6.0), float(x) + 0.5 * set_width(said, 6.0))
        for x, y, said in texts
    }
    assert all(a >= -1e-6 and b <= 124.0 + 1e-6 for a, b in spans.values())
    below = sorted(span for (y, _), span in spans.items() if y == "31")
    assert all(a[1] < b[0] for a, b in pairwise(below))
    shown = {said for y, said in spans if y == "31"}
    assert {"2.00", "3.00"} <= shown
    assert len(shown & {"2.20", "2.80"}) != 1, (
        "a warning limit never stands beside a failing one as if they were a pair"
    )


def test_what_is_not_comparable_with_its_baseline_stands_beside_none() -> None:
    verdict = Verdict("noise.sigma", Outcome.NOT_COMPARABLE, "Not comparable.", "simple",
                      limit("noise.sigma", NOISE, kind="percent", unit="%"), baseline("noise.sigma", 4.3))  # fmt: skip
    assert bounds_behind(verdict) is None
