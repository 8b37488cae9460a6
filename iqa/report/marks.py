"""The marks of the verdicts and a site's logo, as they are shipped or as a site replaces them."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image

from iqa.errors import DefinitionError
from iqa.phantom.text import read_bytes
from iqa.shipped import shipped

LOGOS = {"logo.svg": "image/svg+xml", "logo.png": "image/png"}
"""Files of a site's templates that hold its logo, the first that is there."""


def marks(own: Path | None = None) -> dict[str, str]:
    """Every mark as SVG, by its name; one of the site's own of the same name takes its place."""
    found = {f.stem: f for f in sorted((shipped("reports") / "marks").glob("*.svg"))}
    if own is not None:
        found |= {f.stem: f for f in sorted((own / "marks").glob("*.svg")) if f.stem in found}
    return {name: _read(file) for name, file in found.items()}


def logo(own: Path | None) -> str:
    """A site's logo as a data URI; empty where it has none."""
    if own is None:
        return ""
    file = next((own / name for name in LOGOS if (own / name).is_file()), None)
    if file is None:
        return ""
    content = read_bytes(file)
    _check(file, content)
    return f"data:{LOGOS[file.name]};base64,{base64.b64encode(content).decode()}"


def _check(file: Path, content: bytes) -> None:
    """Raise if a logo is no picture of the kind that its name says."""
    if file.suffix == ".svg":
        if b"<svg" not in content:
            raise DefinitionError(str(file), "file", "an SVG", "other text")
        return
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
            picture.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise DefinitionError(str(file), "file", "a PNG", "something else, or a broken one") from None


def _read(file: Path) -> str:
    try:
        return read_bytes(file).decode()
    except UnicodeDecodeError:
        raise DefinitionError(str(file), "file", "an SVG in UTF-8", "other bytes") from None
