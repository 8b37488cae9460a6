"""The weekly page: what its headline says in every state, and what it never leaves out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_story import HOSTILE, NOISE, WATER, everything, judged, limit, measured, missing, story

from iqa.model import Bounds, NotMeasured, Outcome, Verdict
from iqa.report.content import Drawing
from iqa.report.html import html
from iqa.report.pages.weekly import looked_at, to_look_at, weekly
from iqa.report.stories import Before, Measure, Story
from iqa.report.text import Language, plain
from iqa.report.words import load_words

EN, JA = load_words("en"), load_words("ja")
PASS = judged("ct_number.uniform", 0.4, Outcome.PASS, WATER)
WITHIN = judged("slice_thickness", 2.71, Outcome.PASS_WITHIN_U, Bounds(2.0, 2.2, 2.8, 3.0), u=0.05, unit="mm")
FAIL = judged("noise.sigma", 5.12, Outcome.FAIL, NOISE, about=4.31, u=0.05)
WARN = judged("uniformity.max_deviation", 4.3, Outcome.WARNING, Bounds(None, None, 4.0, 8.0), u=0.3)
VAGUE = judged("position.z", 0.6, Outcome.CANNOT_TELL, Bounds(-2.0, None, None, 2.0), u=1.2, unit="mm", reason="Vague.")
UNLIKE = judged("ttf.teflon.f50", 0.41, Outcome.NOT_COMPARABLE, NOISE, about=0.4, reason="Not comparable, because.")
SIGNAL = judged("noise.sigma", 4.61, Outcome.PASS, NOISE, about=4.31, u=0.05, out_of_control=True)
ALONE = Measure(key="noise.sd", measurement=measured("noise.sd", 4.0))


@pytest.mark.parametrize(
    ("measures", "mark", "en", "ja"),
    [
        ((PASS, WITHIN), "pass", "CT-2 is within all its limits.", "CT-2 はすべて許容範囲内です。"),
        ((PASS, FAIL, WARN), "fail", "CT-2 fails: Noise (SD, detrended) is 18.8 % above its baseline.",
         "CT-2 は不合格です：ノイズ（傾向除去後）が基礎値より 18.8 % 高い値です。"),
        ((PASS, WARN, VAGUE), "warning",
         "CT-2 has a warning: Uniformity, edge − centre is 4.3 HU, beyond its warning limit of 4.0 HU.",
         "CT-2 に警告：均一性（周辺－中心）が4.3 HU（警告限界 4.0 HU）です。"),
        ((PASS, VAGUE), "cannot-tell", "CT-2: Phantom position, z cannot be judged.",
         "CT-2：ファントム位置 zは判定不能です。"),
        ((PASS, UNLIKE), "not-comparable", "CT-2: TTF f50, Teflon cannot be compared with its baseline.",
         "CT-2：TTF f50（テフロン）は基礎値と比較できません。"),
        ((PASS, missing("mtf.bead.f50")), "not-measured", "CT-2: MTF f50, bead was not measured.",
         "CT-2：MTF f50（ビーズ）は測定できませんでした。"),
        ((ALONE,), "not-judged", "CT-2 is measured, but not judged.", "CT-2 は測定済みですが、判定はありません。"),
        ((PASS, SIGNAL), "pass", "CT-2 is within all its limits. Noise (SD, detrended) is out of control.",
         "CT-2 は許容範囲内ですが、ノイズ（傾向除去後）が管理外れです。"),
    ],
)  # fmt: skip
def test_the_headline_names_the_worst(measures: tuple[Measure, ...], mark: str, en: str, ja: str) -> None:
    for words, said in ((EN, en), (JA, ja)):
        page = weekly(story(measures), words)
        assert page.said.mark == mark
        assert plain(page.said.title).replace("\u00a0", " ") == said


def test_a_signal_is_flagged_beside_any_verdict() -> None:
    page = weekly(story((FAIL, replace(SIGNAL, key="slice_thickness"))), EN)
    assert (page.said.mark, page.said.flag) == ("fail", True)
    assert [(t.mark, t.count) for t in page.said.tallies if t.mark == "out-of-control"] == [("out-of-control", 1)]


def test_a_suggestion_is_marked_as_one_and_no_page_says_safe() -> None:
    for measures in ((PASS,), (FAIL,), (SIGNAL,), everything()):
        for words in (EN, JA):
            made = html("weekly.html", weekly(story(measures), words), words)
            assert words.plain("suggest.title") in made
            assert "safe" not in made.partition("<body>")[2]
            assert "安全に使用" not in made


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_verdict_stands_on_one_page_as_shape_and_word(language: Language) -> None:
    words = load_words(language)
    made = html("weekly.html", weekly(story(everything()), words), words)
    for outcome in Outcome:
        mark = outcome.replace(" ", "-")
        assert f'aria-label="{words.plain(f"verdict.{outcome}")}"><use href="#m-{mark}"/>' in made, outcome


def test_every_stored_number_that_is_judged_is_on_the_page() -> None:
    page = weekly(story(everything()), EN)
    shown = {r.key for g in page.groups for r in g.rows}
    assert {m.key for m in everything()} <= shown


def test_what_is_left_out_is_counted() -> None:
    rest = [Measure(key=f"low_contrast.{i}permille_9mm.cnr", measurement=measured("x", 1.0)) for i in range(5)]
    lost = [
        Measure(key="line_pairs.resolved", missing=NotMeasured("line_pairs.resolved", "No bars.", "Bars."),
                outcome=Outcome.NOT_MEASURED)
    ]  # fmt: skip
    page = weekly(story((PASS, *rest, *lost)), EN, drawings=[Drawing("<svg/>", "a picture", (), "image")])
    assert plain(page.left_out) == "In the full analysis: 5 more values, 1 more that could not be measured."
    assert plain(weekly(story((PASS,)), EN).left_out) == "No pictures of this scan are kept."


def test_the_first_scan_says_so_and_a_later_one_what_changed() -> None:
    first = weekly(story((PASS,)), EN)
    assert plain(first.since_title) == "First scan"
    now = replace(FAIL, before=(4.31, Outcome.PASS))
    before = Before("2026-10-19T07:30:00", (), (("noise.sigma", Outcome.PASS, Outcome.FAIL),), ("1", "1"), "0.1.0")
    later = weekly(replace(story((PASS, now)), before=before), EN)
    said = [plain(t).replace("\u00a0", " ") for t in later.since]
    assert plain(later.since_title).replace("\u00a0", " ") == "Since the last scan (19 October 2026)"
    assert said[0] == "Noise (SD, detrended): pass → fail."
    assert said[1] == "Largest moves: Noise (SD, detrended) +0.81 HU."
    assert said[2] == "Same protocol, software and phantom."


def test_what_is_wrong_is_looked_at_first() -> None:
    looked = to_look_at(story((PASS, WITHIN, FAIL, WARN)))
    assert [m.key for m in looked] == ["noise.sigma", "uniformity.max_deviation"]
    closer = looked_at(looked[0], story(), EN)
    assert closer.drawing is not None
    for said in ("5.12 ± 0.10", "3.66", "3.88", "4.74", "4.96"):
        assert said in closer.drawing.svg
    with pytest.raises(ValueError, match="no number"):
        looked_at(missing("mtf.bead.f50"), story(), EN)


def test_forty_measures_leave_out_pictures_before_numbers() -> None:
    many = [
        judged(f"ct_number.insert_{i}", float(i), Outcome.PASS, Bounds(-2000.0, None, None, 2000.0)) for i in range(40)
    ]
    page = weekly(story(many), EN)
    assert sum(len(g.rows) for g in page.groups) == 40
    assert page.drawings == ()


@pytest.mark.parametrize("empty", [story(()), story((missing("noise.sigma"),)), story((PASS,), scanner=None)])
def test_a_page_of_nothing_of_one_reason_and_of_no_scanner_is_a_page(empty: Story) -> None:
    for words in (EN, JA):
        made = html("weekly.html", weekly(empty, words), words)
        assert "<h1>" in made


def test_provenance_names_baseline_limits_rule_and_hashes() -> None:
    page = weekly(story(everything()), EN)
    said = " ".join(plain(f.text) for f in page.facts).replace("\u00a0", " ")
    for wanted in (
        "10 scans, approved 8 June 2026 by Ann: after the tube change",
        "Weekly limits, edition 3, adopted 8 June 2026 by Ann",
        "from no standard",
        "U = 2u",
        "8d41…11c2",
        "3f9c…07ab",
        "iqa 0.1.0",
        "120 kV",
    ):
        assert wanted in said


def test_what_a_header_says_is_never_markup() -> None:
    bad = replace(story((FAIL,), scanner=HOSTILE, station=HOSTILE), site=HOSTILE, protocol=HOSTILE)
    for words in (EN, JA):
        made = html("weekly.html", weekly(bad, words), words)
        assert "<script>alert" not in made
        assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} {% raw %}" in made
        assert "<bdi>" in made


def test_a_pass_beside_limits_that_wait_for_a_baseline_asks_for_one() -> None:
    verdict = Verdict(
        "noise.sigma", Outcome.NOT_JUDGED, "There is no baseline yet.", "simple", limit("noise.sigma", NOISE)
    )
    waiting = Measure(key="noise.sigma", measurement=measured("noise.sigma", 4.3), verdicts=(verdict,))
    said = weekly(story((PASS, waiting)), EN).said
    assert plain(said.lead).endswith("One limit cannot judge: it waits for a baseline, or was made for another method.")
    assert plain(said.suggested).startswith("Approve a baseline")
    assert plain(weekly(story((PASS,)), EN).said.suggested) == "Nothing needs action this week."


def test_many_rows_without_a_number_for_one_reason_are_one() -> None:
    lost = [missing(f"line_pairs.modulation.{n}", "Too coarse.", "Smaller pixels.") for n in range(6, 22)]
    page = weekly(story((PASS, *lost, missing("mtf.bead.f50"))), EN)
    rows = [r for g in page.groups for r in g.rows if r.amount is None]
    assert [plain(r.name).replace("\u00a0", " ") for r in rows] == ["MTF f50, bead", "Modulation, 6 to 21 lp/cm"]
    assert rows[1].key.split() == [m.key for m in lost]
