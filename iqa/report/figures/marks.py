"""Marks on a module's image: the outline of each region that was measured, and its name beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Circle, Patch, Polygon

from iqa.model import Drawn
from iqa.report.figures.style import CASING_PT, LINE_PT, cased
from iqa.report.labels import Anchor, Box, Level, labels_of, settled, shape_of, words
from iqa.report.views import Strip

LABEL_PT = 7.0

_UNITS = {r"\dmm$": "rods: mm", r"^line_pairs\.": "bars: lp/cm"}
"""By what their regions' names look like."""
_SIDES: Mapping[Anchor, str] = {"start": "left", "middle": "center", "end": "right"}
_LEVELS: Mapping[Level, str] = {"above": "bottom", "beside": "center", "below": "top"}


def draw_regions(axes: Axes, regions: Sequence[Drawn], centre: tuple[float, float], ramps: Mapping[str, Strip]) -> Axes:
    """Each region at its true size and place, ramps as strips, with its name outside it, away from the centre."""
    for region in regions:
        axes.add_patch(_outline(region, ramps.get(region.name)))
    shapes = [shape_of(r, ramps.get(r.name), centre) for r in regions]
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    labels = labels_of(shapes, {r.name: (words(r.name),) for r in regions})
    view = Box(left, min(top, bottom), right, max(top, bottom))
    for label in settled(labels, LABEL_PT * _mm_per_pt(axes), view, [s.box for s in shapes]):
        axes.text(
            label.spot.x,
            label.spot.y,
            "\n".join(label.lines),
            color="white",
            fontsize=LABEL_PT,
            ha=_SIDES[label.spot.anchor],
            va=_LEVELS[label.spot.level],
            path_effects=cased(0.0, 2.0),
        )
    return axes


def draw_units(axes: Axes, regions: Sequence[Drawn]) -> Axes:
    """What the bare numbers beside rods or bars count, in the lower right corner."""
    units = [unit for sign, unit in _UNITS.items() if any(re.search(sign, r.name) for r in regions)]
    axes.text(
        0.97,
        0.03,
        ", ".join(units),
        transform=axes.transAxes,
        color="white",
        fontsize=LABEL_PT,
        ha="right",
        path_effects=cased(0.0, 2.0),
    )
    return axes


def _mm_per_pt(axes: Axes) -> float:
    """Of the picture before it is laid out, which is near enough for the width of a word."""
    left, right = axes.get_xlim()
    return float(abs(right - left) / (axes.get_window_extent().width * 72.0 / axes.figure.dpi))


def _outline(region: Drawn, strip: Strip | None) -> Patch:
    look = {"fill": False, "edgecolor": "white", "linewidth": LINE_PT, "path_effects": cased(LINE_PT, CASING_PT)}
    if strip is None:
        return Circle((region.x_mm, region.y_mm), region.radius_mm, **look)
    return Polygon(strip.corners(region.x_mm, region.y_mm), closed=True, **look)
