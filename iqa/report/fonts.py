"""The fonts of pages and figures, which travel with iqa; none of the machine is used."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from iqa.errors import DefinitionError

FONT_FILES = (
    ("font_roboto", "files/Roboto-Regular.ttf"),
    ("font_roboto", "files/Roboto-Medium.ttf"),
    ("font_roboto", "files/Roboto-Italic.ttf"),
    ("matplotlib_fontja", "fonts/ipaexg.ttf"),
)
"""Roboto (Apache-2.0) for Latin letters and digits, IPAexGothic (IPA Font License) for Japanese."""


def font_files() -> list[Path]:
    """The files; their packages are found and never imported: one of them sets matplotlib's own fonts on import."""
    return [_folder(package) / name for package, name in FONT_FILES]


def font_folders() -> list[str | Path]:
    """Where the fonts lie."""
    return list(dict.fromkeys(file.parent for file in font_files()))


def _folder(package: str) -> Path:
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise DefinitionError("the installation of iqa", package, "a package with fonts", "none")
    return Path(found.submodule_search_locations[0])
