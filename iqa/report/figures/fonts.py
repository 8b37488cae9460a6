"""The fonts of figures: Roboto for Latin letters and digits, IPAexGothic for Japanese; nothing of the machine."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from iqa.errors import DefinitionError

ROBOTO = ("font_roboto", "files", ("Roboto-Regular.ttf",))
JAPANESE = ("matplotlib_fontja", "fonts", ("ipaexg.ttf",))
"""(package, folder, files); IPAexGothic has one weight, so figures rank by colour and size, never by bold."""
CONTROL_CHARACTERS = 0x20


def font_files() -> tuple[Path, ...]:
    """The font files; their packages are found and not imported: one of them sets matplotlib's fonts on import."""
    return tuple(_folder(package) / folder / name for package, folder, names in (ROBOTO, JAPANESE) for name in names)


def _folder(package: str) -> Path:
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise DefinitionError("the installation of iqa", package, "the package with the figures' fonts", "none")
    return Path(found.submodule_search_locations[0])


def add_fonts() -> None:
    """Makes the fonts known to matplotlib, where they are not yet."""
    known = {entry.fname for entry in fontManager.ttflist}
    for file in font_files():
        if str(file) not in known:
            fontManager.addfont(str(file))


@cache
def glyphs() -> frozenset[int]:
    """Code points that a figure can show."""
    return frozenset(code for file in font_files() for code in FT2Font(str(file)).get_charmap())


def printable(said: str) -> str:
    """What a header or a person says; a character that no font has becomes its code point: U+1F600."""
    return "".join(c if ord(c) in glyphs() else f"U+{ord(c):04X}" for c in said)


def check_glyphs(figure: Figure) -> Figure:
    """The figure, if the fonts have all that is written on it.

    Raises
    ------
    DefinitionError
        A character is missing: it would be printed as a box.
    """
    for said in (artist.get_text() for artist in figure.findobj(Text)):
        missing = next((c for c in said if ord(c) not in glyphs() and ord(c) >= CONTROL_CHARACTERS), None)
        if missing is not None:
            raise DefinitionError(
                "a figure", repr(said), "characters that Roboto or IPAexGothic has", f"U+{ord(missing):04X}"
            )
    return figure
