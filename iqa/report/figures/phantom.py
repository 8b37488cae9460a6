"""A phantom drawn to scale from its definition: each module end on, and the modules along the axis."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from iqa.model import Bead, Feature, Insert, LinePairs, Module, PhantomSpec, Pin, Ramp, Region, StepRamp, Target, Wire
from iqa.report.colours import BAND, INFO, INK, INK_2, INK_3, RULE_2, TINT
from iqa.report.figures.style import bare, new_figure, save, styled
from iqa.report.numbers import show

PANEL_IN = 3.6
COLUMNS = 3
LABEL_PT = 6.0
HALO = [patheffects.withStroke(linewidth=1.6, foreground="white")]
"""Round a name that lies on another feature's outline."""
PLATE = {"facecolor": TINT, "edgecolor": "none", "pad": 1.5}
"""Behind a label that lies on a line."""
LABEL_GAP_MM = 1.5
SMALLEST_DRAWN_MM = 1.0
"""Beads and wires thinner than this are drawn as a cross: to scale they would vanish."""
BODY_WITHOUT_SIZE_MM = 200.0
"""Shown where the definition leaves the body's diameter open."""
MARGIN = 1.05


def draw_phantom(spec: PhantomSpec) -> Figure:
    """All modules of a phantom end on, in the order of z, and its side view; dimensions in mm, to one scale."""
    rows = math.ceil((len(spec.modules) + 1) / COLUMNS)
    columns = min(COLUMNS, len(spec.modules) + 1)
    figure = new_figure(PANEL_IN * columns, PANEL_IN * rows + 0.4)
    figure.suptitle(f"{spec.title} ({spec.label})", x=0.01, ha="left", fontsize=11, color=INK)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, module in zip(panels, sorted(spec.modules, key=lambda m: m.z_mm), strict=False):
        draw_module(axes, module, _widest(spec))
    draw_side(panels[len(spec.modules)], spec)
    for axes in panels[len(spec.modules) + 1 :]:
        axes.remove()
    return figure


def draw_module(axes: Axes, module: Module, width_mm: float) -> Axes:
    """One module as its drawing is seen: x to the right, y down, features with their names."""
    outer = module.diameter_mm
    if outer is not None:
        axes.add_patch(Circle((0.0, 0.0), outer / 2, facecolor=TINT, edgecolor=INK_2, linewidth=0.8))
    if module.insert_diameter_mm is not None:
        axes.add_patch(
            Circle((0.0, 0.0), module.insert_diameter_mm / 2, facecolor=BAND, edgecolor=RULE_2, linewidth=0.6)
        )
    for feature in module.features:
        _draw(axes, feature)
    half = width_mm * MARGIN / 2
    axes.set_xlim(-half, half)
    axes.set_ylim(half, -half)
    title = f"{module.name}, z {show(module.z_mm, None, 'mm').value} mm" + (f", Ø {outer:g} mm" if outer else "")
    axes.set_title(title, fontsize=8)
    return bare(axes)


def draw_side(axes: Axes, spec: PhantomSpec) -> Axes:
    """The modules along the phantom's axis, z to the right, in mm."""
    for module in spec.modules:
        height = module.diameter_mm or BODY_WITHOUT_SIZE_MM
        start, end = module.z_mm + module.z_from_mm, module.z_mm + module.z_to_mm
        axes.add_patch(
            Rectangle((start, -height / 2), end - start, height, facecolor=TINT, edgecolor=INK_2, linewidth=0.8)
        )
        axes.plot([module.z_mm] * 2, [-height / 2, height / 2], color=INFO, linewidth=0.8, dashes=(4, 2))
        axes.text((start + end) / 2, 0.0, module.name, rotation=90, ha="center", va="center", fontsize=7, bbox=PLATE)
    axes.set_aspect("equal")
    axes.autoscale_view()
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.set_xlabel("z, mm (dashed: reference planes)", fontsize=8)
    axes.set_title("from the side", fontsize=8)
    return axes


def _widest(spec: PhantomSpec) -> float:
    return max((m.diameter_mm or BODY_WITHOUT_SIZE_MM) for m in spec.modules)


def _draw(axes: Axes, feature: Feature) -> None:
    match feature:
        case Insert() | Pin():
            _disc(axes, feature)
            _label(axes, feature)
        case Target() | Bead() | Wire():
            _disc(axes, feature)
        case Region():
            _region(axes, feature)
            _label(axes, feature)
        case Ramp():
            _ramp(axes, feature)
        case StepRamp():
            _steps(axes, feature)
        case LinePairs():
            _bars(axes, feature)
            _frequency(axes, feature)


def _disc(axes: Axes, feature: Insert | Pin | Target | Bead | Wire) -> None:
    if feature.diameter_mm < SMALLEST_DRAWN_MM:
        axes.plot(feature.x_mm, feature.y_mm, marker="+", color=INK, markersize=5, markeredgewidth=0.7)
        return
    axes.add_patch(
        Circle((feature.x_mm, feature.y_mm), feature.diameter_mm / 2, facecolor="white", edgecolor=INK, linewidth=0.7)
    )


def _region(axes: Axes, feature: Region) -> None:
    radius = feature.diameter_mm / 2
    outline = Circle(
        (feature.x_mm, feature.y_mm), radius, fill=False, edgecolor=INFO, linewidth=0.7, linestyle=(0, (4, 2))
    )
    axes.add_patch(outline)


def _ramp(axes: Axes, feature: Ramp) -> None:
    dx, dy = _direction(feature.direction_deg)
    half = feature.length_mm / 2
    ends = [[c - half * d, c + half * d] for c, d in ((feature.x_mm, dx), (feature.y_mm, dy))]
    axes.plot(*ends, color=INK, linewidth=0.9, solid_capstyle="butt")


def _steps(axes: Axes, feature: StepRamp) -> None:
    dx, dy = _direction(feature.direction_deg)
    places = [(k - (feature.count - 1) / 2) * feature.step_mm for k in range(feature.count)]
    x, y = [feature.x_mm + p * dx for p in places], [feature.y_mm + p * dy for p in places]
    axes.plot(x, y, linestyle="", marker=".", color=INK, markersize=1.5)


def _bars(axes: Axes, feature: LinePairs) -> None:
    """Bars of one group, fanned out where they are radial."""
    radius = math.hypot(feature.x_mm, feature.y_mm)
    ax, ay = _direction(feature.bar_angle_deg)
    half = np.array([-0.5, 0.5]) * feature.length_mm
    fan = 1.0 + half / radius if feature.radial and radius > 0 else np.ones(2)
    for k in range(feature.bars):
        offset = (k - (feature.bars - 1) / 2) * 2 * feature.bar_mm * fan
        x, y = feature.x_mm + half * ax + offset * ay, feature.y_mm + half * ay - offset * ax
        axes.plot(x, y, color=INK, linewidth=0.4, solid_capstyle="butt")


def _frequency(axes: Axes, group: LinePairs) -> None:
    """The group's line pairs per cm, outside the ring of groups."""
    radius = math.hypot(group.x_mm, group.y_mm)
    out = 1.0 + (group.length_mm / 2 + 4 * LABEL_GAP_MM) / radius if radius > 0 else 1.0
    x, y = group.x_mm * out, group.y_mm * out
    axes.text(x, y, f"{group.lp_per_cm:g}", ha="center", va="center", fontsize=LABEL_PT, color=INK_3)


def _label(axes: Axes, feature: Insert | Pin | Region) -> None:
    """Its name below it, or above it in the upper half, so that names stay off the middle."""
    size = feature.diameter_mm / 2 + LABEL_GAP_MM
    above = feature.y_mm < 0
    axes.text(
        feature.x_mm,
        feature.y_mm - size if above else feature.y_mm + size,
        feature.name.replace("_", " "),
        fontsize=LABEL_PT,
        color=INK_3,
        ha="center",
        va="bottom" if above else "top",
        path_effects=HALO,
    )


def _direction(angle_deg: float) -> tuple[float, float]:
    """Unit vector on the image, y down, of an angle counted counter-clockwise."""
    angle = math.radians(angle_deg)
    return math.cos(angle), -math.sin(angle)


def save_drawing(spec: PhantomSpec, file: Path) -> Path:
    """The drawing of a phantom as a PNG file."""
    with styled():
        return save(draw_phantom(spec), file)
