"""Where the names of the regions on a module's image stand: beside them, never over one another.

The one place where this is chosen, for the figures and for the pictures of a report.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iqa.model import Drawn

if TYPE_CHECKING:  # at run time it would load the measuring rooms, which the writer of a page does without
    from iqa.report.views import Strip

FULL_WIDTH_EM, WIDE_EM, SIGN_EM, CAPITAL_EM, CHARACTER_EM = 1.05, 1.0, 0.84, 0.76, 0.64
"""Widths of letters in DejaVu Sans, the widest of the usual sans-serif faces; em is the size of the letters."""
WIDE = "mwMW%@"
CASING_EM = 0.24
"""The dark line round letters, on both sides together."""
LINE_EM = 1.05
"""From one line of a label to the next."""
GAP_MM = 2.5
"""Between a region and its label on a view of a head-sized phantom."""
MOST_LABELS = 200
"""Of one picture; more are never read, and each asks whether it is in the way of all others."""
LARGE_MM = 20.0
"""A region of this radius has room for its own name, and others may stand in it."""
BARE = r"\dmm$|^line_pairs\."
"""Names of regions that stand in rows and are labelled with a bare number: rods and bars."""

Anchor = Literal["start", "middle", "end"]
Level = Literal["above", "beside", "below"]


class Box(NamedTuple):
    """A rectangle on the image, mm, y down."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether they have an area in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: Box) -> bool:
        """Whether the other lies wholly inside."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )

    @property
    def core(self) -> Box:
        """Its middle, half as wide and half as high."""
        dx, dy = 0.25 * (self.right - self.left), 0.25 * (self.bottom - self.top)
        return Box(self.left + dx, self.top + dy, self.right - dx, self.bottom - dy)


class Spot(NamedTuple):
    """Where a label may stand: a point, which end of its lines is there, and whether it stands above it or below."""

    x: float
    y: float
    anchor: Anchor
    level: Level


class Shape(NamedTuple):
    """A region as its label sees it: its middle, how far it reaches, and where its label stands best."""

    name: str
    x: float
    y: float
    half_width: float
    half_height: float
    first: Spot

    @property
    def box(self) -> Box:
        """Round it."""
        return Box(
            self.x - self.half_width, self.y - self.half_height, self.x + self.half_width, self.y + self.half_height
        )


@dataclass(frozen=True, slots=True)
class Label:
    """Lines of text and the places where they may stand, the best first."""

    lines: tuple[str, ...]
    spots: tuple[Spot, ...]

    def box(self, spot: Spot, em_mm: float) -> Box:
        """What it covers at a place in letters of a size."""
        width = em_mm * (max(width_em(line) for line in self.lines) + CASING_EM)
        height = em_mm * LINE_EM * len(self.lines)
        left = spot.x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[spot.anchor]
        top = spot.y - height * {"below": 0.0, "beside": 0.5, "above": 1.0}[spot.level]
        return Box(left, top, left + width, top + height)


class Placed(NamedTuple):
    """A label where it stands."""

    lines: tuple[str, ...]
    spot: Spot
    box: Box


def width_em(text: str) -> float:
    """About how wide a text is printed, in sizes of its letters."""
    return sum(_character_em(c) for c in text)


def _character_em(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return FULL_WIDTH_EM
    if character in WIDE:
        return WIDE_EM
    if unicodedata.category(character) == "Sm":
        return SIGN_EM
    return CAPITAL_EM if character.isupper() else CHARACTER_EM


def words(name: str) -> str:
    """A region's name as it is printed: of many rods or bars side by side the diameter or frequency alone."""
    return re.sub(r"line_pairs\.|(sub\d+_)?\d+permille_|[mt]tf\.|(?<=\d)mm$", "", name).replace("_", " ")


def shape_of(region: Drawn, strip: Strip | None, centre: tuple[float, float]) -> Shape:
    """A region with the best place of its label: outside it, away from the module's centre."""
    if strip is None:
        half_width = half_height = region.radius_mm
    else:
        corners = strip.corners(0.0, 0.0)
        half_width, half_height = max(x for x, _ in corners), max(y for _, y in corners)
    first = _first(region, (half_width, half_height), centre, inside=strip is None)
    return Shape(region.name, region.x_mm, region.y_mm, half_width, half_height, first)


def _first(region: Drawn, half: tuple[float, float], centre: tuple[float, float], *, inside: bool) -> Spot:
    """Below the region, above it in the upper half; inside it where it is large and central, off what lies round it."""
    x, y = region.x_mm, region.y_mm
    dx, dy = x - centre[0], y - centre[1]
    central = inside and math.hypot(dx, dy) <= half[1]
    if central and half[1] > LARGE_MM:
        return Spot(x, y - half[1] + GAP_MM, "middle", "below")
    if re.search(BARE, region.name) and abs(dx) > abs(dy):
        return Spot(x + math.copysign(half[0] + GAP_MM, dx), y, "start" if dx > 0 else "end", "beside")
    if central or dy >= 0:
        return Spot(x, y + half[1] + GAP_MM, "middle", "below")
    return Spot(x, y - half[1] - GAP_MM, "middle", "above")


def labels_of(
    shapes: Sequence[Shape], lines: Mapping[str, tuple[str, ...]], urgent: Collection[str] = ()
) -> list[Label]:
    """One label for each feature that has lines, at the largest of its regions or else at another of them.

    Parameters
    ----------
    lines
        Text by a region's name; the first that has one speaks for a feature that two families measure.
    urgent
        Names of regions whose labels must not give way to others.

    Returns
    -------
    The urgent labels first, then those of the largest features.
    """
    features: dict[str, list[Shape]] = {}
    for shape in shapes:
        features.setdefault(shape.name.removeprefix("ttf."), []).append(shape)
    found = []
    for group in features.values():
        text = next((lines[s.name] for s in group if lines.get(s.name)), ())
        by_size = sorted(group, key=_size, reverse=True)
        spots = tuple(spot for shape in by_size for spot in _spots(shape))
        rank = (any(s.name in urgent for s in group), _size(by_size[0]))
        found += [(rank, Label(text, spots))] if text else []
    return [label for _, label in sorted(found, key=lambda f: f[0], reverse=True)]


def _size(shape: Shape) -> float:
    """By its narrow side, so that a ramp gives way to an insert."""
    return min(shape.half_width, shape.half_height)


def _spots(shape: Shape) -> Iterator[Spot]:
    """The best place, and the others round the region."""
    yield shape.first
    x, y, reach_x, reach_y = shape.x, shape.y, shape.half_width + GAP_MM, shape.half_height + GAP_MM
    yield Spot(x, y - reach_y, "middle", "above")
    yield Spot(x, y + reach_y, "middle", "below")
    yield Spot(x + reach_x, y, "start", "beside")
    yield Spot(x - reach_x, y, "end", "beside")
    ends: tuple[tuple[float, Level], ...] = ((y - reach_y, "above"), (y + reach_y, "below"))
    for end, level in ends:
        yield Spot(x - shape.half_width, end, "start", level)
        yield Spot(x + shape.half_width, end, "end", level)


def settled(
    labels: Sequence[Label], em_mm: float, view: Box, regions: Sequence[Box] = (), taken: Sequence[Box] = ()
) -> list[Placed]:
    """The labels where they stand; one that finds no free place in the view is left out.

    Parameters
    ----------
    labels
        The most important first.
    em_mm
        Size of the letters.
    regions
        What a label keeps off: their rims where it can, their cores always, or its number would be taken for theirs.
    taken
        What it never covers.
    """
    small = [r for r in regions if min(r.right - r.left, r.bottom - r.top) < 2.0 * LARGE_MM]
    rims, never = _array(small), _array([*taken, *(r.core for r in small)])
    placed: list[Placed] = []
    for label in apart(labels[:MOST_LABELS], em_mm):
        boxes = np.concatenate([never, _array([p.box for p in placed])])
        inside = (_moved_inside(label, spot, em_mm, view) for spot in label.spots)
        free = [p for p in inside if view.holds(p.box) and not _met(p.box, boxes)]
        if free:
            placed.append(min(free, key=lambda p: _met(p.box, rims)))
    return placed


def _array(boxes: Sequence[Box]) -> NDArray[np.float64]:
    return np.asarray(boxes, dtype=np.float64).reshape(-1, 4)


def _met(box: Box, others: NDArray[np.float64]) -> int:
    """How many boxes have an area in common with one."""
    left, top, right, bottom = others.T
    return int(np.count_nonzero((box.left < right) & (left < box.right) & (box.top < bottom) & (top < box.bottom)))


def _moved_inside(label: Label, spot: Spot, em_mm: float, view: Box) -> Placed:
    """A label at a place, moved to the side as far as the view wants it."""
    box = label.box(spot, em_mm)
    shift = max(view.left - box.left, 0.0) - max(box.right - view.right, 0.0) if spot.anchor == "middle" else 0.0
    moved = spot._replace(x=spot.x + shift)
    return Placed(label.lines, moved, label.box(moved, em_mm))


def apart(labels: Sequence[Label], em_mm: float) -> list[Label]:
    """The labels, those side by side that would overprint one another moved to either side of their middle."""
    placed = list(labels)
    for i, j in combinations(range(len(placed)), 2):
        left, right = sorted((i, j), key=lambda k: placed[k].spots[0].x)
        a, b = placed[left].spots[0], placed[right].spots[0]
        level = a.anchor == b.anchor == "middle" and a.level == b.level and abs(a.y - b.y) < em_mm
        if level and placed[left].box(a, em_mm).meets(placed[right].box(b, em_mm)):
            middle, gap = 0.5 * (a.x + b.x), 0.5 * CHARACTER_EM * em_mm
            placed[left] = _first_at(placed[left], a._replace(x=middle - gap, anchor="end"))
            placed[right] = _first_at(placed[right], b._replace(x=middle + gap, anchor="start"))
    return placed


def _first_at(label: Label, spot: Spot) -> Label:
    return replace(label, spots=(spot, *label.spots))
