"""Contents as PDF/A-2b: set by typst with fonts that travel with iqa, from the same content as the HTML."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import typst
from PIL import Image

from iqa.errors import DefinitionError
from iqa.phantom.text import read_bytes
from iqa.report.content import Spark, Strip
from iqa.report.fonts import font_folders
from iqa.report.marks import marks
from iqa.report.svg import spark_svg, strip_svg
from iqa.report.text import Span, text
from iqa.report.words import Words, values_in
from iqa.shipped import shipped

STANDARD = "a-2b"
PPI = 110.0
"""Of pictures of sheets: letters of 6.7 pt can be read, and a sheet has some hundred kilobytes."""
PLACE = re.compile(r"┌─ (?P<file>\S+?):(?P<line>\d+)")
"""Where typst points to a mistake."""
TURNING = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that turn the direction of what follows them, ours included; shown by their code points, too."""
UNKNOWN = re.compile(r'the text `"(.)"` could not be displayed')
"""A character that no font has, which PDF/A does not allow, by typst's own words."""


def pdf(template: str, page: object, words: Words, *, at: str, about: str = "", own: Path | None = None) -> bytes:
    """A page as PDF/A-2b, tagged, its fonts embedded; the same content gives the same bytes.

    A character of the content that no font has, or that turns the direction of a line, is shown by its code point, as
    U+1F600, never as a box.

    Parameters
    ----------
    template
        Its file in ``reports/pdf``, or in ``pdf`` of the site's own folder.
    page
        The content, one of those in `iqa.report.content`.
    at
        The document's date, ISO 8601 in UTC.
    about
        What the file says of itself, for a program that finds it: letters, digits, blanks, colons and hyphens.
    own
        The folder with a site's templates.

    Raises
    ------
    DefinitionError
        A template of the site's own is wrong: file and line.
    """
    sources = _sources(own)
    files = _files(template, words, at, about, own)
    content, unknown = json.dumps(_with_logo(plain_data(page)), ensure_ascii=False), set(TURNING)
    while True:
        said = "".join(f"U+{ord(c):04X}" if c in unknown else c for c in content)
        try:
            return _set({**files, "page.json": said.encode()}, at)[0]
        except typst.TypstError as error:
            new = set(UNKNOWN.findall(str(error))) - unknown
            if not new:
                raise _wrong(error, sources, template) from None
            unknown |= new


def png(template: str, page: object, words: Words, *, at: str, own: Path | None = None) -> bytes:
    """The first sheet of the same page as a picture, for documents that show what a page looks like."""
    files = _files(template, words, at, "", own)
    said = json.dumps(_with_logo(plain_data(page)), ensure_ascii=False).encode()
    return _set({**files, "page.json": said}, at, kind="png")[0]


def _files(template: str, words: Words, at: str, about: str, own: Path | None) -> dict[str, bytes]:
    """All but the content."""
    found = {name: read_bytes(source) for name, source in _sources(own).items()}
    found |= {f"marks/{name}.svg": svg.encode() for name, svg in marks(own).items()}
    strings = json.dumps(plain_data(_strings(words))).encode()
    return {**found, "main.typ": _main(template, at, about), "words.json": strings}


def _with_logo(content: dict[str, Any]) -> dict[str, Any]:
    """The content with its logo as SVG: typst reads no data URI, and takes no other picture as text."""
    uri = content.get("head", {}).get("logo", "")
    if not uri:
        return content
    kind, _, coded = uri.partition(";base64,")
    given = base64.b64decode(coded)
    return {**content, "head": {**content["head"], "logo": given.decode() if "svg" in kind else _wrapped(uri, given)}}


def _wrapped(uri: str, png: bytes) -> str:
    width, height = Image.open(io.BytesIO(png), formats=["PNG"]).size
    size = f'width="{width}" height="{height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size}>'
        f'<image href="{uri}" {size}/></svg>'
    )


def _set(files: Mapping[str, bytes], at: str, kind: Literal["pdf", "png"] = "pdf") -> list[bytes]:
    """The document, or a picture of each sheet."""
    made = typst.compile(
        files,  # type: ignore[call-overload] # its stub does not know of several files by name
        font_paths=font_folders(),
        ignore_system_fonts=True,
        format=kind,
        ppi=PPI,
        pdf_standards=STANDARD if kind == "pdf" else None,
        timestamp=int(datetime.fromisoformat(at).timestamp()),
    )
    return [bytes(sheet) for sheet in made] if isinstance(made, list) else [bytes(made)]


def plain_data(value: object) -> Any:  # noqa: ANN401 - JSON
    """A content as JSON values: texts as lists of (text, style), strips and small charts drawn."""
    match value:
        case Strip():
            found: Any = strip_svg(value)
        case Spark():
            found = spark_svg(value)
        case Span():
            found = [value.text, value.style]
        case tuple() | list():
            found = [plain_data(item) for item in value]
        case Mapping():
            found = {key: plain_data(item) for key, item in value.items()}
        case _:
            found = (
                {f.name: plain_data(getattr(value, f.name)) for f in fields(value)} if is_dataclass(value) else value
            )
    return found


def _sources(own: Path | None) -> dict[str, Path]:
    """The typst files, each of the site's own in place of the shipped one of its name."""
    folders = [shipped("reports") / "pdf", *([own / "pdf"] if own else [])]
    return {file.name: file for folder in folders for file in sorted(folder.glob("*.typ"))}


def _main(template: str, at: str, about: str) -> bytes:
    """The document: its date, and the template that lays out the page."""
    when = datetime.fromisoformat(at)
    moment = ", ".join(
        f"{part}: {getattr(when, part)}" for part in ("year", "month", "day", "hour", "minute", "second")
    )
    return (
        f'#import "{template}": layout\n'
        '#let page = json("page.json")\n#let words = json("words.json")\n'
        f"#set document(title: page.title, date: datetime({moment}), keywords: {json.dumps(about)})\n"
        "#layout(page, words)\n"
    ).encode()


def _strings(words: Words) -> dict[str, Any]:
    """The strings without values, by key, as texts."""
    return {"language": words.language} | {k: text(v) for k, v in words.strings.items() if not values_in(v)}


def _wrong(error: typst.TypstError, sources: Mapping[str, Path], template: str) -> DefinitionError:
    """Where a template is wrong, by typst's own words."""
    told = str(error.diagnostic if hasattr(error, "diagnostic") else error)
    found = PLACE.search(told)
    name = found["file"] if found else template
    file = str(sources.get(name, Path(name)))
    return DefinitionError(
        file, f"line {found['line']}" if found else "file", "a template that typst can set", error.message
    )
