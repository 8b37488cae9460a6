"""A picture of a scan as SVG in mm: the grey image, and on it regions, verdicts and words."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from iqa.model import Outcome
from iqa.report.colours import CASING, WARN_FILL
from iqa.report.labels import CASING_EM, LINE_EM, Box, Level, Placed, Shape, Spot, labels_of, settled
from iqa.report.numbers import NO_BREAK
from iqa.report.pictures import Mark, Picture

EM_PER_WIDTH = 6.0 * 25.4 / 72.0 / 45.0
"""Letters of 6 pt where the picture is 45 mm wide on paper."""
UNITS = 216.0
"""Widths of lines below are in parts of the picture's width, as if it showed 216 mm (a Catphan and its air)."""
CASING_UNITS = 1.3
"""Dark on both sides of a line together: it is seen on black air and on white Teflon alike."""
MARK_UNITS, PLATE_UNITS = 11.0, 0.7
"""Size of a verdict's mark beside a region, and what of that is the rim of the white plate that it stands on: printed
in grey, the red and the amber of the marks are the greys of an image."""
ASCENT_EM = 0.8
"""From the top of a line to the foot of its letters."""
WHITE = "#fff"

NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, escaped or not."""


class Outline(NamedTuple):
    """How a region is outlined; lengths in `UNITS`."""

    colour: str
    width: float
    dashes: str = ""


PLAIN = Outline(WHITE, 1.1)
OUTLINES: Mapping[Outcome, Outline] = {
    Outcome.WARNING: Outline(WARN_FILL, 1.6, "3 1.6"),
    Outcome.FAIL: Outline(WHITE, 2.4),
    Outcome.NOT_MEASURED: Outline(WHITE, 1.1, "1.2 2"),
}
"""Those that are not plain; they differ in grey too."""

MARKED = (Outcome.WARNING, Outcome.FAIL, Outcome.CANNOT_TELL, Outcome.NOT_COMPARABLE)
"""Verdicts whose mark stands beside the region."""
URGENCY = (None, *Outcome)
"""Outlines are drawn in this order; of marks the last are placed first."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is said of a region: the lines of its label, none for no label, and its verdict."""

    label: tuple[str, ...] = ()
    verdict: Outcome | None = None


UNSAID = Look()


def picture_svg(
    picture: Picture,
    look: Mapping[str, Look],
    *,
    title: str,
    marks: Mapping[str, str],
    scale_bar: bool = False,
    font_family: str | None = None,
) -> str:
    """The picture as one SVG element, self-contained, whose units are mm on the phantom.

    Parameters
    ----------
    look
        Label and verdict of marks, by their names; a mark without one is outlined plainly. Marks of one name (rods
        of one size) share one label, and so do those of one feature (`teflon` and `ttf.teflon`).
    title
        What the picture shows, for those who cannot see it.
    marks
        Of the verdicts, as SVG, by the names that `iqa.report.marks.marks` gives them.
    scale_bar
        Whether a length is drawn in the lower left corner.
    font_family
        Of the labels; None leaves it to the page's own style (class `picture`).

    Notes
    -----
    A label that would lie over another, over a mark, over the core of another region or beyond the edge is left out;
    those of warnings and failures come first, then those of the largest regions. Every outline is drawn.
    """
    unit, em = picture.width_mm / UNITS, picture.width_mm * EM_PER_WIDTH
    ranked = sorted(picture.marks, key=lambda m: URGENCY.index(_of(look, m).verdict))
    beside = _beside(ranked[::-1], look, picture, unit)
    bar = _bar_box(picture, em) if scale_bar else None
    taken = [*(sign.box for sign in beside), *([bar] if bar else [])]
    parts = (
        _image(picture),
        *(_outline(mark, OUTLINES.get(_of(look, mark).verdict or Outcome.PASS, PLAIN), unit) for mark in ranked),
        *(_sign(sign, marks) for sign in beside),
        *([_bar(picture, bar, unit)] if bar else []),
        *_texts(_labels(picture, look, em, taken), picture, bar, em, font_family),
    )
    said = quoteattr(_clean(title))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 {_n(picture.width_mm)} '
    head += f'{_n(picture.height_mm)}" role="img" aria-label={said}><title>{_text(title)}</title>'
    return f"{head}{''.join(parts)}</svg>"


def _of(look: Mapping[str, Look], mark: Mark) -> Look:
    return look.get(mark.name, UNSAID)


def _image(picture: Picture) -> str:
    data = base64.b64encode(picture.jpeg).decode("ascii")
    size = f'width="{_n(picture.width_mm)}" height="{_n(picture.height_mm)}"'
    return f'<image href="data:image/jpeg;base64,{data}" {size} preserveAspectRatio="none"/>'


def _outline(mark: Mark, outline: Outline, unit: float) -> str:
    """A line on its casing."""
    if mark.shape == "circle":
        shape = f'<circle cx="{_n(mark.x)}" cy="{_n(mark.y)}" r="{_n(mark.radius_mm)}"'
    else:
        shape = f'<path d="M{"L".join(f"{_n(x)} {_n(y)}" for x, y in mark.corners)}Z"'
    dashes = " ".join(_n(float(d) * unit) for d in outline.dashes.split())
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    casing = f'stroke="{CASING}" stroke-width="{_n((outline.width + CASING_UNITS) * unit)}"'
    line = f'stroke="{outline.colour}" stroke-width="{_n(outline.width * unit)}"'
    return f'{shape} fill="none" {casing}/>{shape} fill="none" {line}{dashed}/>'


class _Sign(NamedTuple):
    outcome: Outcome
    box: Box


def _beside(regions: Sequence[Mark], look: Mapping[str, Look], picture: Picture, unit: float) -> list[_Sign]:
    """One sign for each name whose verdict has one, at a corner of its region; none where all corners are taken."""
    named: dict[str, Mark] = {}
    for mark in regions:
        named.setdefault(mark.name, mark)
    placed: list[_Sign] = []
    for mark in named.values():
        outcome = _of(look, mark).verdict
        if outcome in MARKED:
            corners = _corners(_shape(mark), picture, unit)
            free = (box for box in corners if not any(box.meets(sign.box) for sign in placed))
            placed += [_Sign(outcome, box) for box in [next(free, None)] if box]
    return placed


def _corners(shape: Shape, picture: Picture, unit: float) -> Iterator[Box]:
    """Places for a sign about a region, the upper right one first, moved into the picture."""
    half = 0.5 * MARK_UNITS * unit
    for right, down in ((1, -1), (-1, -1), (1, 1), (-1, 1)):
        x = shape.x + right * (math.sqrt(0.5) * shape.half_width + half)
        y = shape.y + down * (math.sqrt(0.5) * shape.half_height + half)
        x, y = min(max(x, half), picture.width_mm - half), min(max(y, half), picture.height_mm - half)
        yield Box(x - half, y - half, x + half, y + half)


def _sign(sign: _Sign, marks: Mapping[str, str]) -> str:
    """A picture in the picture: a site's own mark may be any SVG."""
    data = base64.b64encode(marks[sign.outcome.replace(" ", "-")].encode()).decode("ascii")
    rim = PLATE_UNITS / MARK_UNITS * (sign.box.right - sign.box.left)
    plate = f'<rect {_place(sign.box)} rx="{_n(2.0 * rim)}" fill="{WHITE}"/>'
    inner = Box(sign.box.left + rim, sign.box.top + rim, sign.box.right - rim, sign.box.bottom - rim)
    return f'{plate}<image href="data:image/svg+xml;base64,{data}" {_place(inner)}/>'


def _place(box: Box) -> str:
    size = f'width="{_n(box.right - box.left)}" height="{_n(box.bottom - box.top)}"'
    return f'x="{_n(box.left)}" y="{_n(box.top)}" {size}'


def _shape(mark: Mark) -> Shape:
    half_width = max((x - mark.x for x, _ in mark.corners), default=mark.radius_mm)
    half_height = max((y - mark.y for _, y in mark.corners), default=mark.radius_mm)
    off: Level = "above" if mark.label_above else "below"
    first = Spot(mark.label_x, mark.label_y, mark.label_anchor, off if mark.label_anchor == "middle" else "beside")
    return Shape(mark.name, mark.x, mark.y, half_width, half_height, first)


def _labels(picture: Picture, look: Mapping[str, Look], em: float, taken: Sequence[Box]) -> list[Placed]:
    shapes = [_shape(mark) for mark in picture.marks]
    lines = {name: tuple(_clean(line) for line in said.label) for name, said in look.items()}
    urgent = {name for name, said in look.items() if said.verdict in (Outcome.WARNING, Outcome.FAIL)}
    view = Box(0.0, 0.0, picture.width_mm, picture.height_mm)
    return settled(labels_of(shapes, lines, urgent), em, view, [s.box for s in shapes], taken)


def _bar_box(picture: Picture, em: float) -> Box:
    """Of the scale bar and its length, in the lower left corner."""
    margin, width = 0.3 * em, max(picture.scale_bar_mm, 4.0 * em)
    bottom = picture.height_mm - margin
    return Box(margin, bottom - 1.5 * em, margin + width, bottom)


def _bar(picture: Picture, box: Box, unit: float) -> str:
    tick = 3.0 * unit
    path = f'd="M{_n(box.left)} {_n(box.bottom - tick)}v{_n(tick)}h{_n(picture.scale_bar_mm)}v{_n(-tick)}" fill="none"'
    casing = f'<path {path} stroke="{CASING}" stroke-width="{_n(2.6 * unit)}"/>'
    return f'{casing}<path {path} stroke="{WHITE}" stroke-width="{_n(1.3 * unit)}"/>'


def _texts(
    labels: Sequence[Placed], picture: Picture, bar: Box | None, em: float, font_family: str | None
) -> Iterator[str]:
    """All words, white on a casing of their own."""
    family = f" font-family={quoteattr(font_family)}" if font_family else ""
    casing = f'stroke="{CASING}" stroke-width="{_n(CASING_EM * em)}" stroke-linejoin="round" paint-order="stroke"'
    yield f'<g fill="{WHITE}" {casing} font-size="{_n(em)}"{family}>'
    if bar:
        yield f'<text x="{_n(bar.left)}" y="{_n(bar.bottom - 0.5 * em)}">{picture.scale_bar_mm:g}{NO_BREAK}mm</text>'
    for label in labels:
        for k, line in enumerate(label.lines):
            y = label.box.top + (k * LINE_EM + ASCENT_EM) * em
            x, anchor = label.spot.x, label.spot.anchor
            yield f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}">{_text(line)}</text>'
    yield "</g>"


def _n(value: float) -> str:
    """A length to a hundredth of a millimetre on the phantom, as short as it goes."""
    return f"{round(value, 2):.10g}"


def _clean(text: str) -> str:
    return NOT_IN_XML.sub("\ufffd", text)


def _text(text: str) -> str:
    return escape(_clean(text))
