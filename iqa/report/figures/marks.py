"""Marks on a module's image: the outline of each region that was measured, and its name beside it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.patches import Circle, Patch, Polygon

from iqa.metrics.ramps import END_MM, INNER, LATERAL_MM
from iqa.model import Drawn, Module, Pose, Ramp, StepRamp
from iqa.report.figures.style import CASING_PT, LINE_PT, cased

LABEL_PT = 7.0
CHARACTER_PT = 0.62 * LABEL_PT
"""Width of an average letter of a label, casing included."""
LABEL_GAP_MM = 2.5
LARGE_MM = 20.0
"""A region of this radius has room for its own name."""
RADIUS_PER_BLUR = 2.0
"""A ramp's region is stated with this many σ of the blur as its radius."""

_UNITS = {r"\dmm$": "rods: mm", r"^line_pairs\.": "bars: lp/cm"}
"""By what their regions' names look like."""

Side = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Strip:
    """A ramp as it lies on the image: a rectangle about the place of its region."""

    half_length_mm: float
    half_width_mm: float
    angle_deg: float
    """Of its length, counter-clockwise as displayed."""

    @property
    def half_height_mm(self) -> float:
        """From its middle to its upper end."""
        angle = math.radians(self.angle_deg)
        return self.half_length_mm * abs(math.sin(angle)) + self.half_width_mm * abs(math.cos(angle))

    def corners(self, x_mm: float, y_mm: float) -> list[tuple[float, float]]:
        """Its corners about a place, (x, y) in mm."""
        angle = math.radians(self.angle_deg)
        along = (self.half_length_mm * math.cos(angle), -self.half_length_mm * math.sin(angle))
        across = (self.half_width_mm * math.sin(angle), self.half_width_mm * math.cos(angle))
        signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        return [(x_mm + i * along[0] + j * across[0], y_mm + i * along[1] + j * across[1]) for i, j in signs]


def strips(module: Module, pose: Pose, regions: Sequence[Drawn]) -> dict[str, Strip]:
    """The strip that was read of each ramp among a module's regions, by name, as long as defined, turned by the pose.

    Its width is what `iqa.metrics` sums: the inner part of slits and short wires; about a thin line, 1 mm for its place
    and 3 σ of the blur to either side.
    """
    radii = {r.name: r.radius_mm for r in regions}
    ramps = (f for f in module.of(Ramp, StepRamp) if isinstance(f, Ramp | StepRamp))
    return {f.name: _strip(f, pose, radii[f.name]) for f in ramps if f.name in radii}


def _strip(ramp: Ramp | StepRamp, pose: Pose, radius_mm: float) -> Strip:
    if isinstance(ramp, StepRamp):
        length, width = pose.scale * ramp.step_mm * ramp.count, ramp.element_length_mm
    else:
        length, width = pose.scale * ramp.length_mm - 2.0 * END_MM, ramp.width_mm
    half_width = 0.5 * INNER * width if width else LATERAL_MM + 3.0 * radius_mm / RADIUS_PER_BLUR
    return Strip(0.5 * length, half_width, pose.displayed_deg(ramp.direction_deg))


def draw_regions(axes: Axes, regions: Sequence[Drawn], centre: tuple[float, float], ramps: Mapping[str, Strip]) -> Axes:
    """Each region at its true size and place, ramps as strips, with its name outside it, away from the centre."""
    for region in regions:
        axes.add_patch(_outline(region, ramps.get(region.name)))
    labels = [_label(r, centre, ramps.get(r.name)) for r in _one_label_each(regions)]
    for label in apart(labels, _mm_per_pt(axes)):
        axes.text(
            label.x_mm,
            label.y_mm,
            label.text,
            color="white",
            fontsize=LABEL_PT,
            ha=label.side,
            va="bottom" if label.above else "top",
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


@dataclass(frozen=True, slots=True)
class Label:
    """A name on the image: its anchor, and on which side of the anchor it stands."""

    text: str
    x_mm: float
    y_mm: float
    above: bool
    side: Side = "center"

    def width_mm(self, mm_per_pt: float) -> float:
        """About how wide it is printed."""
        return len(self.text) * CHARACTER_PT * mm_per_pt


def apart(labels: Sequence[Label], mm_per_pt: float) -> list[Label]:
    """The labels, those side by side that would overprint one another moved to either side of their middle."""
    placed = list(labels)
    for i, j in combinations(range(len(placed)), 2):
        left, right = sorted((i, j), key=lambda k: placed[k].x_mm)
        a, b = placed[left], placed[right]
        line = LABEL_PT * mm_per_pt
        room = 0.5 * (a.width_mm(mm_per_pt) + b.width_mm(mm_per_pt))
        if a.side == b.side == "center" and abs(a.y_mm - b.y_mm) < line and b.x_mm - a.x_mm < room:
            middle, gap = 0.5 * (a.x_mm + b.x_mm), 0.5 * CHARACTER_PT * mm_per_pt
            placed[left] = replace(a, x_mm=middle - gap, side="right")
            placed[right] = replace(b, x_mm=middle + gap, side="left")
    return placed


def _mm_per_pt(axes: Axes) -> float:
    """Of the picture before it is laid out, which is near enough for the width of a word."""
    left, right = axes.get_xlim()
    return float(abs(right - left) / (axes.get_window_extent().width * 72.0 / axes.figure.dpi))


def _outline(region: Drawn, strip: Strip | None) -> Patch:
    look = {"fill": False, "edgecolor": "white", "linewidth": LINE_PT, "path_effects": cased(LINE_PT, CASING_PT)}
    if strip is None:
        return Circle((region.x_mm, region.y_mm), region.radius_mm, **look)
    return Polygon(strip.corners(region.x_mm, region.y_mm), closed=True, **look)


def _words(name: str) -> str:
    """A region's name as it is printed: of many rods or bars side by side the diameter or frequency alone."""
    return re.sub(r"line_pairs\.|(sub\d+_)?\d+permille_|[mt]tf\.|(?<=\d)mm$", "", name).replace("_", " ")


def _one_label_each(regions: Sequence[Drawn]) -> list[Drawn]:
    """The largest region of each feature: one that two families measure is named once."""
    largest: dict[str, Drawn] = {}
    for region in regions:
        feature = region.name.removeprefix("ttf.")
        if feature not in largest or region.radius_mm > largest[feature].radius_mm:
            largest[feature] = region
    return list(largest.values())


def _label(region: Drawn, centre: tuple[float, float], strip: Strip | None) -> Label:
    """Below the region, above it in the upper half; inside it where it is large and central, off what lies round it."""
    text = _words(region.name)
    dx, dy = region.x_mm - centre[0], region.y_mm - centre[1]
    half = strip.half_height_mm if strip else region.radius_mm
    central = strip is None and math.hypot(dx, dy) <= half
    if central and half > LARGE_MM:
        return Label(text, region.x_mm, region.y_mm - half + LABEL_GAP_MM, above=False)
    if central or dy >= 0:
        return Label(text, region.x_mm, region.y_mm + half + LABEL_GAP_MM, above=False)
    return Label(text, region.x_mm, region.y_mm - half - LABEL_GAP_MM, above=True)
