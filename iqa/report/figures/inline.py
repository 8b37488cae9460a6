"""A figure as SVG inside a page: text stays text, the same figure gives the same bytes, no two share an id."""

from __future__ import annotations

import hashlib
import io
import re
from html import escape

from matplotlib.figure import Figure

from iqa.report.figures.fonts import check_glyphs

FAMILIES = (
    "Roboto,'Segoe UI','Helvetica Neue','Noto Sans','Hiragino Sans','BIZ UDPGothic','Yu Gothic Medium',Meiryo,"
    "'Noto Sans CJK JP',IPAexGothic,sans-serif"
)
"""Where the page's reader lacks the fonts that the figure was laid out with, those of the page."""
UNSAID = {"Date": None, "Creator": None, "Format": None, "Type": None}
"""What of a file's metadata a page has no use for."""
ROOT = f'style="stroke-linejoin:round;stroke-linecap:butt;font-family:{FAMILIES}" '
"""Said once for the whole drawing; matplotlib's own rule would be one for the whole page."""
_TAG = re.compile(r"<[^>]+>")
_ID = re.compile(r' id="([^"]+)"')
_USED = re.compile(r'(?:href="#|url\(#)([^")]+)')
_WHOLE = re.compile(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
_NEEDLESS = re.compile(r' font-family: [^;"]*;| transform="rotate\(-?0 [^"]*"')


def figure_svg(figure: Figure, alt: str = "", name: str = "") -> str:
    """The figure as one `<svg>` element, to stand in HTML or in a file of its own.

    Parameters
    ----------
    alt
        What it shows, for those who do not see it; without it the drawing is taken for an ornament.
    name
        What its ids begin with; by default a hash of what is drawn, so that different figures of one page share none.

    Raises
    ------
    DefinitionError
        The fonts lack a character that is written on it.
    """
    check_glyphs(figure)
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata=UNSAID)
    drawn = out.getvalue()
    bare = _WHOLE.sub("", drawn[drawn.index("<svg") :]).replace("<svg ", f"<svg {_role(alt)}{ROOT}", 1)
    return _own_ids(re.sub(r"[ \n]+", " ", bare).strip(), name)


def _role(alt: str) -> str:
    return f'role="img" aria-label="{escape(alt)}" ' if alt else 'aria-hidden="true" '


def _own_ids(svg: str, name: str) -> str:
    """With a prefix on each id that is referred to, and without the others; what is written stays as it is."""
    start = name or f"f{hashlib.sha256(svg.encode()).hexdigest()[:8]}"
    used = {i for tag in _TAG.findall(svg) for i in _USED.findall(tag)}

    def owned(tag: re.Match[str]) -> str:
        bare = _NEEDLESS.sub("", tag[0])
        kept = _ID.sub(lambda m: f' id="{start}-{m[1]}"' if m[1] in used else "", bare)
        return _USED.sub(lambda m: f"{m[0][: -len(m[1])]}{start}-{m[1]}", kept)

    return _TAG.sub(owned, svg)
