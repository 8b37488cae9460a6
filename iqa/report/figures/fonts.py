"""The fonts of figures, for matplotlib; a character that none of them has is an error, not a box."""

from __future__ import annotations

from functools import cache

from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from iqa.errors import DefinitionError
from iqa.report.fonts import font_files


def add_fonts() -> None:
    """Makes the fonts known to matplotlib, where they are not yet."""
    known = {entry.fname for entry in fontManager.ttflist}
    for file in font_files():
        if str(file) not in known:
            fontManager.addfont(str(file))


@cache
def letters() -> frozenset[int]:
    """The code points that the fonts have."""
    return frozenset(code for file in font_files() for code in FT2Font(str(file)).get_charmap())


def printable(said: str) -> str:
    """A text in which a character that no font has is shown by its code point: U+1F600."""
    known = letters()
    return "".join(c if ord(c) in known else f"U+{ord(c):04X}" for c in said)


def check_glyphs(figure: Figure) -> Figure:
    """The figure, if the fonts have all that is written on it.

    Raises
    ------
    DefinitionError
        A character is missing: it would be printed as a box.
    """
    for said in (artist.get_text() for artist in figure.findobj(Text)):
        missing = next((c for c in said if ord(c) not in letters() and c != "\n"), None)
        if missing is not None:
            fonts = "characters that Roboto or IPAexGothic has"
            raise DefinitionError("a figure", repr(said), fonts, f"U+{ord(missing):04X}")
    return figure
