"""The fonts of figures, for matplotlib; a character that none of them has is an error, not a box."""

from __future__ import annotations

from functools import cache

from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.text import Text

from iqa.errors import DefinitionError
from iqa.report.fonts import font_files

ADVANCE_PT = 64.0
"""Size at which letters are measured; any would do."""


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


def width(said: str, size: float) -> float:
    """How wide a line of text is, in the unit of its size; letters are taken not to move towards one another."""
    return size * sum(_advance(c) for c in said)


@cache
def _advance(letter: str) -> float:
    """The width of a letter, of the first font that has it, in sizes."""
    fonts = (FT2Font(str(file)) for file in font_files())
    font = next((f for f in fonts if ord(letter) in f.get_charmap()), None)
    if font is None:
        return 1.0
    font.set_size(ADVANCE_PT, 72.0)
    glyph = font.load_char(ord(letter), flags=LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance / 65536.0 / ADVANCE_PT)


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
