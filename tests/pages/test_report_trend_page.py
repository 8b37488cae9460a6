"""The page of a trend: its content in both languages, and that it is laid out as HTML and PDF."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from made_trends import (
    failing_history,
    full_history,
    happened,
    made_trend,
    percent,
    plain_history,
    renamed,
    segment,
)

from iqa.model import Bounds, Outcome
from iqa.report.content import Entry, TrendPage
from iqa.report.html import html
from iqa.report.pages.entries import MOST_ENTRIES, entries
from iqa.report.pages.trends import key_numbers, trend_headline, trend_page
from iqa.report.pdf import pdf
from iqa.report.stories import TrendStory
from iqa.report.text import LANGUAGES, Language, Text, plain
from iqa.report.trend_parts import single_limits
from iqa.report.trends import Jump, Trend
from iqa.report.words import Words, load_words
from iqa.spc import Step

EN, JA = load_words("en"), load_words("ja")
AT = "2026-10-23T09:00:00Z"
FULL = full_history()
SIGNAL, PAUSE = "Control signal: average (EWMA) beyond its limits", "25 December 2025 to 19 January 2026"


def story(trend: Trend, *others: Trend) -> TrendStory:
    return TrendStory(trend=trend, others=others, made_at=AT, site="Hospital A")


def said(text: Text) -> str:
    return plain(text).replace("\u00a0", " ")


@pytest.fixture(scope="module")
def page() -> TrendPage:
    others = (renamed(plain_history(81, bounds=percent(4.4)), "nps.average_frequency", "1/mm"),)
    return trend_page(story(FULL, *others), EN)


def numbers(trend: Trend, words: Words = EN) -> dict[str, str]:
    found = key_numbers(story(trend), words)
    return {said(n.name): " | ".join(s for s in (said(n.text), said(n.aside), n.mark) if s) for n in found}


def test_both_verdicts_are_in_the_headline_and_stand_side_by_side(page: TrendPage) -> None:
    assert said(page.said.title) == "Within its limits, but out of control (rising)."
    assert (page.said.mark, page.said.flag) == ("pass", True)
    assert page.numbers == tuple(key_numbers(story(FULL), EN))
    assert numbers(FULL) == {
        "Latest value (± u, k = 1)": "4.65 ± 0.05 HU",
        "Baseline": "4.28 HU | difference +8.4 %",
        "Allowed": "3.88 to 4.74 HU | ±10 %",
        "Tolerance": "pass | pass",
        "Control": "out of control | since 11 Sep, 7 scans | out-of-control",
    }


def test_the_lead_says_since_when_and_when_the_first_limit_is_reached(page: TrendPage) -> None:
    lead = said(page.said.lead)
    assert "rising since about 17 August 2026" in lead
    assert "warning limit of 4.74 HU around 16 November 2026 (95 % interval 3 November 2026 to 6 December 2026)" in lead
    assert "CTDIvol" in said(page.said.suggested)


def entry(one: Entry) -> tuple[str, str, str, str, str]:
    return said(one.dated), one.mark, said(one.what), said(one.baseline), said(one.who)


def test_what_happened_stands_newest_first(page: TrendPage) -> None:
    approved = "Baseline approved (10 scans, s = {} HU): after the tube change"
    assert [entry(e) for e in page.entries] == [
        ("11 September 2026", "out-of-control", SIGNAL, "unchanged", "automatic"),
        ("8 June 2026", "", approved.format("0.045"), "4.44 HU", "physicist A"),
        ("8 June 2026", "", approved.format("0.048"), "4.28 HU", "physicist A"),
        ("20 May 2026", "", "tube change: new tube", "unchanged", "Ann"),
        (PAUSE, "overdue", "No scan for 25 days (due every 10)", "unchanged", "automatic"),
    ]


def test_an_event_that_ends_a_baseline_says_so() -> None:
    first, second = FULL.segments
    ended = replace(FULL, segments=(replace(first, ended="2026-05-20T00:00:00"), second))
    (tube,) = [e for e in entries(ended, EN) if said(e.what).startswith("tube")]
    assert said(tube.baseline) == "4.44 HU ends"


def test_a_step_and_another_method_are_entries() -> None:
    step = Step(
        at=51, before=4.44, after=4.31, u=0.02, p=1e-6, scatter=0.05, earliest=50, latest=52, between=(1.0, 2.0)
    )
    stepped = replace(FULL, jumps=(Jump(step, ()),))
    assert "Step of −0.130 ± 0.020 HU" in {said(e.what)[:25] for e in entries(stepped, EN)}
    values = [p.measurement.value for p in FULL.points]
    methods = ["made@1"] * 60 + ["made@2"] * 21
    parts = [segment(values, 0, 60, percent(4.4)), segment(values, 60, 81, percent(4.4))]
    renewed = made_trend(values, [p.dated for p in FULL.points], parts, methods=methods)
    told = {said(e.what) for e in entries(renewed, EN)}
    assert "Measured by made@2 from here on, by made@1 before" in told


def test_a_long_list_of_entries_is_cut_and_counted() -> None:
    events = tuple(happened(f"2026-03-{d:02d}", "other") for d in range(1, 21))
    found = trend_page(story(replace(plain_history(12, bounds=None, reference=0), events=events)), EN)
    assert len(found.entries) == MOST_ENTRIES
    assert said(found.left_out) == "10 earlier entries are in iqa trend --json."


def test_what_a_person_measured_beside_it_is_an_entry_and_the_certificate_is_named() -> None:
    dose = renamed(plain_history(12, bounds=None, reference=0, level=10.0), "dose.ctdivol", "mGy")
    chamber = replace(dose.points[5], measurement=replace(dose.points[5].measurement, key="manual.ctdivol", value=10.5))
    told = entries(replace(dose, beside=(chamber,)), EN)
    assert [(e.mark, said(e.what), said(e.who)) for e in told] == [
        ("entered", "CTDIvol, with a chamber: 10.50 ± 0.05 mGy", "entered by hand")
    ]
    facts = trend_page(story(replace(dose, certified=10.25)), EN).facts
    assert said(facts[0].text).endswith("; certificate 10.25 mGy")


def test_why_scans_stand_apart_is_said() -> None:
    apart = replace(plain_history(12, bounds=None, reference=0), apart="Scans of maker M.")
    assert said(trend_headline(story(apart), EN).lead).endswith("Scans of maker M.")


def test_keys_that_may_explain_it_stand_on_one_row(page: TrendPage) -> None:
    (other,) = page.others
    assert said(other.name) == "NPS average frequency"
    assert said(other.aside).endswith("mm−1")
    assert said(page.others_aside).endswith("Dashed: 17 Aug.")
    assert said(page.others_said) == "In control: NPS average frequency."


def test_provenance_names_limits_chart_and_method(page: TrendPage) -> None:
    told = {said(f.name): said(f.text) for f in page.facts}
    assert list(told) == ["Subject", "Limits", "Trend", "Software"]
    assert "edition 3, adopted 8 June 2026 by physicist A" in told["Limits"]
    formula = re.match(r"Single values: ([\d.]+) ± ([\d.]+) s, s = ([\d.]+) HU \(N = 10;", told["Trend"])
    assert formula is not None
    centre, factor, spread = map(float, formula.groups())
    drawn = single_limits(FULL.control)
    assert drawn is not None
    assert (centre - factor * spread, centre + factor * spread) == pytest.approx(drawn, abs=0.01)
    assert "made@1" in told["Software"]


@pytest.mark.parametrize(
    ("trend", "title", "control"),
    [
        (plain_history(30, bounds=percent(4.4)), "Within its limits and in control.", "in control"),
        (failing_history(), "Fails: beyond the failing limit, and out of control (rising).", "out of control"),
        (plain_history(12, bounds=None, reference=0), "Not judged.", "no verdict"),
        (plain_history(3, bounds=percent(4.4), reference=0), "Within its limits.", "no verdict"),
        (plain_history(9, bounds=Bounds(fail_high=5.0), reference=9), "Within its limits.", "no verdict"),
    ],
)
def test_the_headline_of_every_state(trend: Trend, title: str, control: str) -> None:
    found = trend_headline(story(trend), EN)
    assert said(found.title) == title
    assert said(key_numbers(story(trend), EN)[-1].text) == control
    assert said(found.lead)


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_words_for_every_verdict(outcome: Outcome, language: Language) -> None:
    words = load_words(language)
    for control in ("and_in", "but_in", "and_out", "but_out", "and_out_bare", "but_out_bare"):
        way = words("trend.way.rising")
        assert words(f"trend.said.{outcome}", control=words(f"trend.control.{control}", way=way))


def test_one_sided_limits_are_told_as_such() -> None:
    one_sided = plain_history(30, bounds=Bounds(fail_high=5.0, warn_high=4.8))
    assert numbers(one_sided)["Allowed"].startswith("at most 4.80 HU")


def test_in_japanese() -> None:
    assert said(trend_headline(story(FULL), JA).title) == "許容範囲内、ただし管理外れ（上昇傾向）です。"
    assert numbers(FULL, JA)["管理の判定"] == "管理外れ | 9月11日から7回 | out-of-control"
    assert "点検期限超過：25日間測定なし（期限は10日）" in {said(e.what) for e in entries(FULL, JA)}


class Ids(HTMLParser):
    """The ids of a page, and whether its elements are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [v for k, v in attrs if k == "id" and v]
        if tag not in ("meta", "img", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_html_is_well_formed_holds_all_charts_and_asks_for_nothing(page: TrendPage) -> None:
    text = html("trend.html", page, EN)
    found = Ids()
    found.feed(text)
    assert found.open == []
    assert len(found.ids) == len(set(found.ids))
    assert text.count('role="img" aria-label="') >= 4
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", text)


def test_what_a_person_wrote_is_no_markup() -> None:
    hostile = "<script>alert(1)</script> {{ 7*7 }} #panic() *x* _{y}"
    short = replace(plain_history(12, bounds=percent(4.4)), events=(happened("2026-03-20", "other", note=hostile),))
    found = trend_page(story(short), EN)
    text = html("trend.html", found, EN)
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} #panic() *x* _{y}" in text
    assert pdf("trend.typ", found, EN, at=AT)


def test_the_pdf_is_the_same_file_each_time() -> None:
    found = trend_page(story(plain_history(12, bounds=percent(4.4))), JA)
    made = pdf("trend.typ", found, JA, at=AT)
    assert made.startswith(b"%PDF-")
    assert made == pdf("trend.typ", found, JA, at=AT)
