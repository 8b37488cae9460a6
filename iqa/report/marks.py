"""The marks of the verdicts and a site's logo, as they are shipped or as a site replaces them."""

from __future__ import annotations

import base64
from pathlib import Path

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
    return f"data:{LOGOS[file.name]};base64,{base64.b64encode(read_bytes(file)).decode()}"


def _read(file: Path) -> str:
    try:
        return read_bytes(file).decode()
    except UnicodeDecodeError:
        raise DefinitionError(str(file), "file", "an SVG in UTF-8", "other bytes") from None
