"""The full analysis of real scans: every number and every reason that the document has is on the page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader

from iqa.analyze import Session
from iqa.jobs.analyze import analyze_and_draw
from iqa.report.numbers import show
from iqa.report.text import plain
from iqa.report.words import load_words

WHOLE, FRAGMENT = "catphan504-varian-obi-head", "mercury4-siemens-naeotom"
REFUSED = "wire-siemens-force-mtf"
"""Two slices of a wire in a tube, which only its name would tell: two series, two refusals."""


def squeezed(said: str) -> str:
    """Without blanks: a PDF says where letters stand, not where words end."""
    return re.sub(r"\s|\u2060", "", said)


def numbers_missing(session: Session, said: str) -> list[str]:
    (analysis,) = session.analyses
    return [m.key for m in analysis.measurements if show(m.value, m.u, m.unit).value not in said]


@pytest.mark.parametrize("name", [WHOLE, FRAGMENT])
def test_all_numbers_and_reasons_are_on_paper_in_japanese(
    real_scan: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    session = analyze_and_draw([real_scan(name)], report=tmp_path / "r.pdf", language="ja")
    reader = PdfReader(io.BytesIO((tmp_path / "r.pdf").read_bytes()))
    said = squeezed("".join(page.extract_text() for page in reader.pages))
    assert numbers_missing(session, said) == []
    for lost in session.analyses[0].not_measured:
        told = plain(load_words("ja").sentence(lost.reason))
        assert told != lost.reason
        assert squeezed(told)[:24] in said, lost.key  # a row may be cut by the foot of its page


def test_a_page_to_look_at_holds_pictures_and_charts_and_asks_nobody_for_anything(
    real_scan: Callable[[str], Path], tmp_path: Path
) -> None:
    session = analyze_and_draw([real_scan(WHOLE)], report=tmp_path / "r.html")
    said = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert numbers_missing(session, said) == []
    assert said.count("data:image/jpeg;base64") == 4
    assert said.count("<figure>") == 4 + 7
    assert said.count('role="img"') >= said.count("<figure>")
    asked = re.findall(r'(?:src|href)="([^"#][^"]{0,20})', said)
    assert [a for a in asked if not a.startswith("data:")] == []
    assert (tmp_path / "r.html").stat().st_size < 1_000_000


def test_each_refused_series_has_its_page(real_scan: Callable[[str], Path], tmp_path: Path) -> None:
    session = analyze_and_draw([real_scan(REFUSED)], report=tmp_path / "r.html")
    assert session.analyses == ()
    pages = sorted(tmp_path.glob("r-?.html"))
    assert len(pages) == len(session.refused) == 2
    assert all("No slice shows the outline of a round body" in page.read_text(encoding="utf-8") for page in pages)
