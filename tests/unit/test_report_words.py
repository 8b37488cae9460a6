"""Texts and strings: marks, both languages alike, dates, names."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from iqa.errors import DefinitionError
from iqa.model import Outcome
from iqa.report.fonts import FONT_FILES, font_file
from iqa.report.naming import name_of, unit_text
from iqa.report.text import LANGUAGES, Language, Span, data, joined, plain, text
from iqa.report.words import fiscal_year, load_words, values_in, wareki
from iqa.shipped import shipped
from iqa.store.settings import CHARTED

EN, JA = load_words("en"), load_words("ja")


def test_marks_become_styles_and_values_are_never_read() -> None:
    made = text("**CT-2** CTDI_{vol} mm^{−1}, *u* of {who}", {"who": "*a* {b} _{c}"})
    assert made == (
        Span("CT-2", "bold"), Span(" CTDI"), Span("vol", "sub"), Span(" mm"), Span("−1", "sup"), Span(", "),
        Span("u", "italic"), Span(" of "), Span("*a* {b} _{c}"),
    )  # fmt: skip


def test_a_value_within_bold_is_bold() -> None:
    assert text("**{n}** pass", {"n": 3}) == (Span("3", "bold"), Span(" pass"))


def test_texts_are_joined_without_the_empty_ones() -> None:
    assert plain(joined([data("a"), (), data("b")], "; ")) == "a; b"


def test_both_languages_have_the_same_strings_that_ask_for_the_same_values() -> None:
    def asked(strings: dict[str, str]) -> dict[str, set[str]]:
        return {k: values_in(v) for k, v in strings.items()}

    assert asked(dict(EN.strings)) == asked(dict(JA.strings))


def test_every_letter_of_every_string_is_in_the_fonts_of_the_pdf() -> None:
    known = set()
    for package, name in FONT_FILES:
        known |= set(TTFont(font_file(package, name)).getBestCmap())
    for words in (EN, JA):
        odd = {k: c for k, v in words.strings.items() for c in v if ord(c) not in known}
        assert not odd, words.language


def test_singular_and_plural() -> None:
    assert EN.plain("tally.warning", n=1) == "1 warning"
    assert EN.plain("tally.warning", n=0) == "0 warnings"
    assert JA.plain("tally.warning", n=1) == "警告 1"


def test_a_string_that_is_missing_or_lacks_a_value_is_named() -> None:
    with pytest.raises(DefinitionError, match=r"en\.toml: no\.such: expected a text"):
        EN("no.such")
    with pytest.raises(DefinitionError, match=r"headline\.pass: expected values among none, found \{scanner\}"):
        EN("headline.pass")


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [
        ("en", "26 October 2026", "Monday 26 October 2026, 07:42"),
        ("ja", "2026年10月26日", "2026年10月26日（月） 07:42"),
    ],
)
def test_dates(language: Language, day: str, moment: str) -> None:
    words = load_words(language)
    assert words.day("2026-10-26").replace("\u00a0", " ") == day
    assert words.moment("2026-10-26T07:42:10").replace("\u00a0", " ") == moment


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-10-26", "令和8年10月26日"),
        ("2019-05-01", "令和元年5月1日"),
        ("2019-04-30", "平成31年4月30日"),
        ("1989-01-08", "平成元年1月8日"),
        ("1989-01-07", "昭和64年1月7日"),
    ],
)
def test_wareki_changes_on_the_day_an_era_begins(day: str, said: str) -> None:
    assert wareki(day) == said


@pytest.mark.parametrize(("day", "year"), [("2026-03-31", 2025), ("2026-04-01", 2026), ("2027-01-01", 2026)])
def test_the_fiscal_year_begins_in_april(day: str, year: int) -> None:
    assert fiscal_year(day) == year


@pytest.mark.parametrize(
    ("key", "en", "ja"),
    [
        ("ct_number.air_top", "Air, top", "空気（上）"),
        ("ct_number.bone_50", "Bone 50 %", "骨 50 %"),
        ("ct_number.bone_260", "Bone, 260 mm", "骨（260 mm）"),
        ("ttf.teflon.f50", "TTF f50, Teflon", "TTF f50（テフロン）"),
        ("low_contrast.10permille_15mm.cnr", "CNR, 1.0 % target, 15 mm", "CNR（1.0 %、15 mm）"),
        ("low_contrast.visible.sub7", "Smallest visible, rods of 7 mm", "検出できた最小径（棒長 7 mm）"),
        ("detectability.npw.10hu_5mm", "d′ NPW, 10 HU, 5 mm", "d′ NPW（10 HU、5 mm）"),
        ("detectability.npwe.5hu_2p5mm", "d′ NPWE, 5 HU, 2.5 mm", "d′ NPWE（5 HU、2.5 mm）"),
        ("line_pairs.modulation.3p12", "Modulation, 3.12 lp/cm", "変調度 3.12 lp/cm"),
        ("manual.chiller_pressure", "chiller pressure", "chiller pressure"),
        ("odd.key", "odd.key", "odd.key"),
    ],
)
def test_keys_have_names(key: str, en: str, ja: str) -> None:
    assert [plain(name_of(key, w)).replace("\u00a0", " ") for w in (EN, JA)] == [en, ja]


def test_every_charted_key_and_every_verdict_has_a_name() -> None:
    for words in (EN, JA):
        assert not [k for k in CHARTED if plain(name_of(k, words)) == k]
        assert all(words.has(f"verdict.{o}") for o in Outcome)


def test_an_inverse_unit_has_a_real_superscript() -> None:
    assert unit_text("1/mm") == (Span("mm"), Span("−1", "sup"))
    assert unit_text("1") == ()


def test_a_site_may_replace_strings_but_not_invent_them(tmp_path: Path) -> None:
    file = tmp_path / "strings" / "en.toml"
    file.parent.mkdir()
    file.write_text('[weekly]\ntitle = "Monday check"\n')
    assert load_words("en", tmp_path).plain("weekly.title") == "Monday check"
    assert load_words("ja", tmp_path).plain("weekly.title") == "週次点検"
    file.write_text('[weekly]\ntitel = "x"\n')
    with pytest.raises(DefinitionError, match=r"en\.toml: weekly\.titel: expected a string that iqa has"):
        load_words("en", tmp_path)
    file.write_text("[weekly\n")
    with pytest.raises(DefinitionError, match=r"en\.toml: syntax"):
        load_words("en", tmp_path)
    file.write_text("[weekly]\ntitle = 3\n")
    with pytest.raises(DefinitionError, match=r"weekly\.title: expected a text, found 3"):
        load_words("en", tmp_path)


def test_languages_are_those_that_are_shipped() -> None:
    assert {f.stem for f in (shipped("reports") / "strings").glob("??.toml")} == set(LANGUAGES)
