"""The full analysis as data: every number once, every reason, what is told together, and its pages set."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from made_analysis import REFUSED, made_analysis
from made_story import AT, HOSTILE, WATER, everything, judged, missing, story
from pdf_checks import check_archival, check_reach, text_of

from iqa.jobs.stories import story_of_analysis
from iqa.metrics.detectability import NPW, NPW_DIFFERENCE, with_an_eye
from iqa.model import Measurement, NotMeasured, Outcome
from iqa.report.analysis_content import FullAnalysis
from iqa.report.content import Drawing
from iqa.report.html import html
from iqa.report.naming import thing
from iqa.report.pages.analysis import full_analysis
from iqa.report.pages.gaps import gaps, names_of
from iqa.report.pages.refused import refused_page
from iqa.report.pdf import pdf
from iqa.report.stories import Measure, Story
from iqa.report.text import LANGUAGES, Language, plain
from iqa.report.words import load_words

EN, JA = load_words("en"), load_words("ja")
DOCS = Path(__file__).parents[2] / "docs" / "methods.md"


def measure(key: str, value: float = 1.0, method: str = "roi-mean@1", flags: tuple[str, ...] = ()) -> Measure:
    """One number without a limit."""
    return Measure(key=key, measurement=Measurement(key, value, 0.1, "HU", 7, "M1 slices 0-2", method, flags))


def lost(key: str, reason: str = "The scan does not show it.", needs: str = "A scan that shows it.") -> Measure:
    """One that has no number."""
    return Measure(key=key, missing=NotMeasured(key, reason, needs), outcome=Outcome.NOT_MEASURED)


def keys_shown(page: FullAnalysis) -> list[str]:
    return [one.row.key for group in page.groups for one in group.rows]


def both(page: FullAnalysis, language: Language) -> tuple[str, bytes]:
    """The page as HTML and as PDF."""
    words = load_words(language)
    return html("analysis.html", page, words), pdf("analysis.typ", page, words, at=AT)


def test_every_number_stands_once_and_every_reason_is_told() -> None:
    analysis = made_analysis()
    page = full_analysis(story_of_analysis(analysis, at=AT), EN)
    assert sorted(keys_shown(page)) == sorted(m.key for m in analysis.measurements)
    assert sorted(k for gap in page.gaps for k in gap.keys) == sorted(n.key for n in analysis.not_measured)
    assert {plain(gap.reason) for gap in page.gaps} == {n.reason for n in analysis.not_measured}


def test_a_number_stands_with_n_place_method_and_remarks_in_words() -> None:
    page = full_analysis(story_of_analysis(made_analysis(), at=AT), EN)
    air = next(one for group in page.groups for one in group.rows if one.row.key == "ct_number.air_top")
    assert (air.n, plain(air.where), air.method) == ("3", "M1 slices 0-2", "roi-mean@1")
    assert [plain(f) for f in air.flags] == ["seen in part of the section"]
    assert air.row.amount is not None
    assert (air.row.amount.value, air.row.amount.u) == ("−998.0", "1.3")


def test_numbers_in_keys_are_in_the_order_of_their_size() -> None:
    kinds = ("10", "5", "6p25")
    page = full_analysis(story([measure(f"line_pairs.modulation.{k}") for k in kinds]), EN)
    assert keys_shown(page) == [f"line_pairs.modulation.{k}" for k in ("5", "6p25", "10")]
    curves = full_analysis(story([measure(f"ttf.teflon.{level}") for level in ("f10", "f50")]), EN)
    assert keys_shown(curves) == ["ttf.teflon.f50", "ttf.teflon.f10"]


def test_sixty_five_reasons_become_two_lines() -> None:
    told = [lost(f"line_pairs.{kind}.{n}") for kind in ("modulation", "bar_contrast") for n in range(6, 22)]
    told += [lost(f"ttf.{name}.f50", "It is cut off.") for name in ("teflon", "air_top")]
    found = gaps(told, EN)
    assert [tuple(plain(w) for w in gap.what) for gap in found] == [
        ("Modulation, 6 to 21\u00a0lp/cm", "Bar contrast, 6 to 21\u00a0lp/cm"),
        ("TTF f50, Teflon; Air, top",),
    ]
    assert sum(len(gap.keys) for gap in found) == len(told)
    assert [gap.long for gap in (*found, *gaps(many().measures, EN))] == [False, False, True]


def test_no_range_hides_a_number_that_was_measured() -> None:
    keys = [f"line_pairs.modulation.{n}" for n in (6, 7, 9)]
    assert plain(names_of(keys, {"line_pairs.modulation.*": ["8"]}, EN)[0]) == "Modulation, 6; 7; 9\u00a0lp/cm"
    assert plain(names_of(keys, {"line_pairs.modulation.*": ["5"]}, EN)[0]) == "Modulation, 6 to 9\u00a0lp/cm"
    assert plain(names_of(keys[:2], {}, EN)[0]) == "Modulation, 6; 7\u00a0lp/cm"


def test_a_name_that_says_nothing_alone_stands_with_that_of_its_family() -> None:
    assert plain(names_of(["ct_number.air", "ct_number.teflon"], {}, EN)[0]) == "CT number: Air; Teflon"
    assert plain(names_of(["ct_number.air"], {}, JA)[0]) == "CT値：空気"
    assert plain(names_of(["unheard.of"], {}, EN)[0]) == "unheard.of"


def test_a_limit_that_waits_for_a_missing_number_is_marked() -> None:
    page = full_analysis(story([missing("mtf.bead.f50"), lost("mtf.bead.f10")]), EN)
    assert [(gap.keys, gap.judged) for gap in page.gaps] == [(("mtf.bead.f50",), True), (("mtf.bead.f10",), False)]


def test_every_limit_stands_in_full_once() -> None:
    page = full_analysis(story(everything()), EN)
    told = {plain(row.what): row for row in page.limits}
    assert len(told) == len(page.limits) == 7
    water = told["Uniform module"]
    assert water.numbers == ("−4", "−3", "3", "4")
    assert plain(water.unit) == "HU"
    for wanted in ("Weekly limits", "edition 3", "adopted 8\u00a0June\u00a02026 by Ann", "the site’s own values"):
        assert wanted in plain(water.origin)
    assert plain(told["Noise (SD, detrended)"].kind) == "the difference from the baseline, in percent"
    assert told["Uniformity, edge − centre"].numbers == ("–", "–", "4", "8")


def test_hashes_are_told_in_full() -> None:
    page = full_analysis(story(everything()), EN)
    assert [plain(f.text) for f in page.hashes] == ["3f9c" + "0" * 56 + "07ab", "8d41" + "0" * 56 + "11c2"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_method_of_the_documentation_is_described(language: Language) -> None:
    words = load_words(language)
    named = set(re.findall(r"`([a-z-]+@\d+)`", DOCS.read_text()))
    assert len(named) > 25
    assert {m for m in named if not words.has(f"method.{m}")} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_flag_of_the_documentation_is_explained(language: Language) -> None:
    words = load_words(language)
    named = set(re.findall(r"^\| `(\w+)` \|", DOCS.read_text(), re.MULTILINE)) - {"key"}
    assert len(named) > 15
    assert {f for f in named if not words.has(f"flag.{f}")} == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("npw", [NPW, NPW_DIFFERENCE])
def test_an_observer_with_an_eye_is_described_whatever_its_eye(npw: str, language: Language) -> None:
    method = with_an_eye(npw, "samei-512p5mm-x1p5")
    words = load_words(language)
    (note,) = full_analysis(story([measure("detectability.npwe.10hu_5mm", method=method)]), words).notes
    assert "samei-512p5mm-x1p5" in plain(note.text)
    assert plain(note.name) == method


def test_an_unknown_method_and_flag_are_said_to_be_unknown() -> None:
    page = full_analysis(story([measure("ct_number.air", method="older@1", flags=("strange",))]), EN)
    assert [(plain(n.name), plain(n.text)) for n in page.notes] == [
        ("older@1", "This version of iqa has no description of it.")
    ]
    assert [(plain(n.name), n.text) for n in page.flags] == [("strange", ())]


def test_what_the_header_does_not_say_has_no_heading() -> None:
    page = full_analysis(story([], station=""), EN)
    assert {plain(f.name) for f in page.scan} == {
        "Protocol", "Maker", "Model", "Tube voltage", "Kernel", "Slices", "Distance of slices, rows, columns",
    }  # fmt: skip
    assert {plain(f.name): plain(f.text) for f in page.scan}["Tube voltage"] == "120\u00a0kV"


def test_modules_and_how_the_phantom_lies_are_told_of_a_scan_just_measured() -> None:
    page = full_analysis(story_of_analysis(made_analysis(), at=AT), EN)
    assert [(plain(m.name), plain(m.slices), plain(m.z)) for m in page.modules] == [("M1", "slices 0–2", "0.0\u00a0mm")]
    told = {plain(f.name): plain(f.text) for f in page.phantom}
    assert told["How it lies"] == "not mirrored; modules in the order of the definition"
    mirror = full_analysis(story_of_analysis(made_analysis(mirror_known=False), at=AT), EN)
    assert "its own mirror image" in plain(mirror.phantom[-1].text)
    assert full_analysis(story([]), EN).modules == ()


def drawing(kind: str = "chart") -> Drawing:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 6"><path d="M0 0H10V6z"/></svg>'
    return Drawing(svg, "a triangle", EN("weekly.all"), kind)


def many() -> Story:
    """A scan of two hundred inserts, most without a limit, with charts."""
    inserts = [measure(f"ct_number.insert_number_{n}", float(n)) for n in range(200)]
    lacking = [lost(f"ttf.insert_number_{n}.f50") for n in range(200)]
    return story([judged("ct_number.uniform", 0.4, Outcome.PASS, WATER), *inserts, *lacking])


@pytest.mark.parametrize(
    ("told", "language", "least_pages"),
    [(story([]), "en", 1), (story(everything()), "ja", 2), (many(), "en", 5)],
    ids=["nothing", "everything", "200 inserts"],
)
def test_pages_are_whole_in_both_renderings(told: Story, language: Language, least_pages: int) -> None:
    words = load_words(language)
    page = full_analysis(told, words, drawings=[drawing("image"), drawing("wide chart"), drawing()])
    looked_at, filed = both(page, language)
    reader = check_archival(filed, language)
    said = check_reach(reader)
    assert len(said) >= least_pages
    assert f"1 / {len(said)}" in said[0]
    bare = squeezed("".join(said))
    for number in (one.row.amount for group in page.groups for one in group.rows):
        assert number is not None
        assert number.value in bare
        assert f">{number.value}<" in looked_at
    for gap in page.gaps:
        assert squeezed(plain(gap.reason)) in bare
        for key in gap.keys:
            assert squeezed(plain(thing(key.split(".")[1], words))) in bare
    assert Counter(keys_shown(page)) == Counter({m.key: 1 for m in told.all if m.measurement})
    wanted = ("full.title", "weekly.all", "full.missing", "full.charts", "full.limits", "full.provenance")
    assert [key for key in wanted if squeezed(words.plain(key)) not in bare] == []
    if least_pages > 2:  # a table that breaks over pages repeats its heads
        assert words.plain("weekly.measure") in said[1]


def squeezed(said: str) -> str:
    """Without blanks: a PDF says where letters stand, not where words end."""
    return re.sub(r"\s", "", said)


def test_what_a_header_says_is_escaped_and_shown_letter_by_letter() -> None:
    hostile = replace(story([measure("ct_number.air")]), scanner=HOSTILE, protocol=HOSTILE, copy=HOSTILE)
    changed = replace(hostile.made.acquisition, kernel=HOSTILE, institution=HOSTILE)
    page = full_analysis(replace(hostile, made=replace(hostile.made, acquisition=changed)), EN)
    looked_at, filed = both(page, "en")
    assert "<script>alert" not in looked_at
    assert looked_at.count("&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} {% raw %} #panic()") >= 5
    assert looked_at.count("<bdi>") >= 5
    said = re.sub(" +", " ", text_of(check_archival(filed, "en")))
    for wanted in ("<script>alert(1)</script>", "{{ 7*7 }}", "{% raw %}", "$x$", "*b*", "_{i}", "U+1F600", "U+0645"):
        assert said.count(wanted) >= 5, wanted


def test_the_same_story_gives_the_same_files() -> None:
    page = full_analysis(story(everything()), JA)
    assert both(page, "ja") == both(page, "ja")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_has_its_page_with_reason_and_what_fits(language: Language) -> None:
    words = load_words(language)
    page = refused_page(REFUSED, words, at=AT)
    assert [plain(name) for name in page.candidates] == ["made", "b"]
    looked_at = html("refused.html", page, words)
    said = text_of(check_archival(pdf("refused.typ", page, words, at=AT), language))
    for rendering in map(squeezed, (looked_at, said)):
        for wanted in (plain(page.reason), "made", "--phantom NAME"):
            assert squeezed(wanted) in rendering
    assert "scans/" not in looked_at
    assert ">two<" in looked_at.replace("<bdi>", "").replace("</bdi>", "")


def test_a_refusal_of_what_fits_nothing_says_so() -> None:
    page = refused_page(replace(REFUSED, candidates=(), path="a/<b>.zip"), EN, at=AT)
    assert plain(page.cure) == "A refusal stands in place of numbers that could be wrong."
    assert "&lt;b&gt;.zip" in html("refused.html", page, EN)


def test_an_interval_stands_among_the_remarks() -> None:
    key = "detectability.cho.10permille_2mm"
    number = Measurement(key, 0.31, 0.19, "1", 24, "M1 slices 0-2", "cho-lg-4@1", ("one_slice",), (0.0, 0.712))
    found = story([Measure(key=key, measurement=number)])
    (row,) = (one for group in full_analysis(found, EN).groups for one in group.rows)
    assert next(plain(f) for f in row.flags) == "95 % interval 0.00 to 0.71"
    assert len(row.flags) == 2
    assert plain(full_analysis(found, JA).groups[0].rows[0].flags[0]) == "95 % 区間 0.00～0.71"
