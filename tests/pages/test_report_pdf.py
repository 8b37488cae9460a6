"""Pages as PDF/A-2b: conformance marks, text that is found again, hostile letters, mistakes in a site's templates."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_story import AT, HOSTILE, everything, story
from PIL import Image
from pypdf import PdfReader

from iqa.errors import DefinitionError
from iqa.report.html import html
from iqa.report.marks import logo, marks
from iqa.report.pages.weekly import weekly
from iqa.report.pdf import pdf
from iqa.report.text import Language
from iqa.report.words import load_words
from iqa.shipped import shipped


def made(language: Language, own: Path | None = None, **changed: str) -> PdfReader:
    """The weekly page of everything."""
    words = load_words(language)
    page = weekly(replace(story(everything()), **changed), words)  # type: ignore[arg-type]
    return PdfReader(io.BytesIO(pdf("weekly.typ", page, words, at=AT, about="iqa report: x", own=own)))


def _fonts(page: Any) -> list[Any]:
    return list(page["/Resources"]["/Font"].values())


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_page_is_marked_as_pdf_a_2b_tagged_with_its_fonts_in_it(language: Language) -> None:
    reader = made(language)
    root: Any = reader.trailer["/Root"]
    xmp = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>" in xmp
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == language
    fonts: list[Any] = [f.get_object() for page in reader.pages for f in _fonts(page)]
    assert fonts
    for font in fonts:
        kept = font["/DescendantFonts"][0]["/FontDescriptor"]
        assert any(name in kept for name in ("/FontFile2", "/FontFile3")), font["/BaseFont"]
        assert any(name in font["/BaseFont"] for name in ("Roboto", "IPAexGothic"))


def test_japanese_text_is_found_and_copied() -> None:
    said = "".join(page.extract_text() for page in made("ja").pages).replace("\n", "")
    for wanted in ("週次点検", "測定値一覧", "不合格", "条件付合格", "判定不能", "比較不可", "スライス厚"):
        assert wanted in said


def test_all_of_a_page_fits_on_one_sheet_of_a4() -> None:
    reader = made("ja")
    assert len(reader.pages) == 1
    assert [round(float(x) / 72 * 25.4) for x in reader.pages[0].mediabox[2:]] == [210, 297]


def test_the_same_content_gives_the_same_bytes() -> None:
    words = load_words("ja")
    page = weekly(story(everything()), words)
    assert pdf("weekly.typ", page, words, at=AT) == pdf("weekly.typ", page, words, at=AT)


def test_what_a_header_says_is_set_letter_by_letter_and_unknown_letters_by_their_number() -> None:
    said = "".join(p.extract_text() for p in made("en", scanner=HOSTILE, protocol="X\u0645").pages).replace("\n", " ")
    for wanted in ("<script>alert(1)</script>", "{{ 7*7 }}", "#panic() $x$ *b*", "_{i}", "U+1F600", "XU+0645"):
        assert wanted in said.replace("  ", " "), wanted
    assert "\U0001f600" not in said


def test_a_header_turns_the_direction_of_no_line() -> None:
    said = "".join(p.extract_text() for p in made("en", scanner="CT \u202e2", protocol="\u2067X").pages)
    assert "CT U+202E2" in said
    assert "U+2067X" in said


def test_a_broken_template_of_the_sites_own_is_named_with_its_line(tmp_path: Path) -> None:
    own = tmp_path / "pdf" / "weekly.typ"
    own.parent.mkdir()
    own.write_text('#import "frame.typ": *\n#let layout(page, words) = {\n  nonsense\n}\n')
    with pytest.raises(DefinitionError, match=r"pdf/weekly\.typ: line 3: .*unknown variable: nonsense"):
        made("en", own=tmp_path)
    own.write_text('#import "frame.typ": *\n#let layout(page, words) = {\n')
    with pytest.raises(DefinitionError, match=r"pdf/weekly\.typ: line 2: .*unclosed delimiter"):
        made("en", own=tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a\n{% if %}\n", 2, "Expected an expression"),
        ("a\n\n{{ page.no_such }}\n", 3, "no_such"),
        ("{{ words('no.such') | text }}\n", 1, "no.such"),
        ("a\n{{ 1 / 'x' }}\n", 2, "unsupported operand"),
        ("{% include 'gone.html' %}\n", 1, "gone.html"),
    ],
)
def test_a_broken_html_template_too(tmp_path: Path, text: str, line: int, said: str) -> None:
    own = tmp_path / "html" / "weekly.html"
    own.parent.mkdir()
    own.write_text(text)
    words = load_words("en")
    with pytest.raises(
        DefinitionError, match="no.such" if "no.such" in said else rf"weekly\.html: line {line}: .*{said}"
    ):
        html("weekly.html", weekly(story(everything()), words), words, own=tmp_path)


def test_a_site_may_replace_marks_and_give_a_logo(tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    (tmp_path / "marks" / "pass.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"></svg>')
    (tmp_path / "marks" / "unknown.svg").write_text("x")
    assert marks(tmp_path)["pass"].endswith("></svg>")
    assert marks(tmp_path).keys() == marks().keys()
    assert logo(tmp_path) == ""
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    with pytest.raises(DefinitionError, match=r"logo\.png: file: expected a PNG"):
        logo(tmp_path)
    Image.new("RGB", (40, 20), "navy").save(tmp_path / "logo.png")
    assert logo(tmp_path).startswith("data:image/png;base64,iVBOR")
    (tmp_path / "logo.svg").write_text("<html></html>")
    with pytest.raises(DefinitionError, match=r"logo\.svg: file: expected an SVG"):
        logo(tmp_path)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_logo_stands_in_the_head_of_both_renderings(tmp_path: Path, kind: str) -> None:
    if kind == "png":
        Image.new("RGB", (40, 20), "navy").save(tmp_path / "logo.png")
    else:
        drawn = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
        (tmp_path / "logo.svg").write_text(drawn)
    words = load_words("en")
    page = weekly(story(everything()), words, logo=logo(tmp_path))
    assert f'<img class="logo" src="data:image/{kind}' in html("weekly.html", page, words)
    without = pdf("weekly.typ", weekly(story(everything()), words), words, at=AT)
    assert pdf("weekly.typ", page, words, at=AT) != without


def test_each_verdict_has_a_mark() -> None:
    assert {f.stem for f in (shipped("reports") / "marks").glob("*.svg")} == set(marks())
    assert all('viewBox="0 0 16 16"' in svg for svg in marks().values())
