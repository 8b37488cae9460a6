"""What every PDF of iqa must hold, looked up by another library than the one that wrote it."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

from pypdf import PdfReader

FAMILIES = ("Roboto", "IPAexGothic")
"""Fonts that travel with iqa; any other would be one of the machine."""


MARGIN = 28.0
"""Points: 10 mm, less a hair."""


def check_archival(content: bytes, language: str) -> PdfReader:
    """The reader of a PDF, if it is marked as PDF/A-2b, tagged, in a language, with every font in it."""
    reader = PdfReader(io.BytesIO(content))
    root: Any = reader.trailer["/Root"]
    said = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>" in said
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/OutputIntents"][0]["/DestOutputProfile"].get_object()
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == language
    assert "/Encrypt" not in reader.trailer
    fonts = fonts_of(reader)
    assert fonts, "no font at all"
    for font in fonts:
        kept = font["/DescendantFonts"][0]["/FontDescriptor"]
        assert any(name in kept for name in ("/FontFile2", "/FontFile3")), f"{font['/BaseFont']} is not in the file"
        assert any(name in font["/BaseFont"] for name in FAMILIES), f"{font['/BaseFont']} is a font of the machine"
        assert "/ToUnicode" in font, f"text in {font['/BaseFont']} cannot be copied"
    return reader


def fonts_of(reader: PdfReader) -> list[Any]:
    """The fonts of all pages, of drawings in them too."""
    found: dict[str, Any] = {}
    for page in reader.pages:
        _collect(page["/Resources"], found)
    return list(found.values())


def _collect(resources: Any, found: dict[str, Any]) -> None:
    for font in resources.get("/Font", {}).values():
        found.setdefault(str(font.get_object()["/BaseFont"]), font.get_object())
    for drawn in resources.get("/XObject", {}).values():
        if "/Resources" in drawn.get_object():
            _collect(drawn.get_object()["/Resources"], found)


def text_of(reader: PdfReader) -> str:
    """All that can be found and copied, on one line; Japanese is broken between any two letters."""
    return " ".join(page.extract_text() for page in reader.pages).replace("\n", " ")


def check_reach(reader: PdfReader) -> list[str]:
    """What each page says, if all are A4, upright, and each piece of text begins within their margins at the sides."""
    said = []
    for number, page in enumerate(reader.pages, start=1):
        width, height = (float(x) for x in page.mediabox[2:])
        assert [round(x / 72 * 25.4) for x in (width, height)] == [210, 297]
        found = _placed(page)
        far = [
            f"{text!r} at {x:.0f}, {y:.0f}"
            for text, x, y in found.pieces
            if not (MARGIN <= x <= width - MARGIN and 0.0 <= y <= height)
        ]
        assert not far, f"page {number}: {far[:3]}"
        said.append(found.text)
    return said


class _Found(NamedTuple):
    """The text of a page, and its pieces with where they begin, in points from the lower left corner."""

    text: str
    pieces: list[tuple[str, float, float]]


def _placed(page: Any) -> _Found:
    pieces: list[tuple[str, float, float]] = []

    def visit(said: str, outer: Any, inner: Any, _font: Any, _size: Any) -> None:
        x, y = inner[4], inner[5]
        if said.strip():
            pieces.append((said, x * outer[0] + y * outer[2] + outer[4], x * outer[1] + y * outer[3] + outer[5]))

    return _Found(page.extract_text(visitor_text=visit), pieces)
