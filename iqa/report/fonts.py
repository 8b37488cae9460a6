"""The fonts of pages and figures, which travel with iqa; none of the machine is used."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from iqa.errors import InputError

FONT_FILES = (
    ("font_roboto", "files/Roboto-Regular.ttf"),
    ("font_roboto", "files/Roboto-Medium.ttf"),
    ("font_roboto", "files/Roboto-Italic.ttf"),
    ("matplotlib_fontja", "fonts/ipaexg.ttf"),
)
"""Roboto (Apache-2.0) for Latin letters and digits, IPAexGothic (IPA Font License) for Japanese."""


def font_folders() -> list[str | Path]:
    """Where the fonts lie."""
    return list(dict.fromkeys(file.parent for file in font_files()))


def font_files() -> list[Path]:
    """The files themselves."""
    return [font_file(package, name) for package, name in FONT_FILES]


def font_file(package: str, name: str) -> Path:
    """A file of a package of fonts, which is not imported: one of them would set fonts of its own everywhere.

    Raises
    ------
    InputError
        The installation is incomplete.
    """
    spec = find_spec(package)
    places = [Path(place) / name for place in (spec.submodule_search_locations or ())] if spec else []
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise InputError(package, f"its font {name} is missing; install iqa again")
    return found
