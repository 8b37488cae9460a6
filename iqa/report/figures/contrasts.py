"""Contrast of low-contrast targets against their diameter, and uniformity where it was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Circle

from iqa.model import COVERAGE_FACTOR, Curve, Measurement
from iqa.report.colours import BAND, INK, INK_2, RULE, RULE_2
from iqa.report.figures.curves import SMALL_PT, draw_band
from iqa.report.figures.fonts import printable
from iqa.report.figures.style import bare
from iqa.report.naming import TARGET, thing
from iqa.report.numbers import show
from iqa.report.text import plain
from iqa.report.words import Words

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
"""One for each group of targets."""
ASIDE_MM = 0.13
"""By which groups stand beside one another, so that the bars of targets of one size are told apart."""
HOURS = {"12h": 90.0, "3h": 0.0, "6h": 270.0, "9h": 180.0}
"""Direction of each disc of the uniform module on the displayed image, degrees counter-clockwise from 3 o'clock."""
DISC_AT, DISC = 0.68, 0.2
"""Distance from the middle and radius of the discs in the drawing, in radii of the body; not to scale."""


@dataclass(frozen=True, slots=True)
class TargetPoint:
    """A low-contrast target's contrast."""

    group: str
    diameter_mm: float
    contrast: Measurement


def target_points(measurements: Sequence[Measurement]) -> list[TargetPoint]:
    """The targets whose contrast was measured, group by group, by rising diameter."""
    found = []
    for m in measurements:
        family, _, rest = m.key.partition(".")
        name, _, quantity = rest.rpartition(".")
        target = TARGET.fullmatch(name) if (family, quantity) == ("low_contrast", "contrast") else None
        if target and target["mm"]:
            found.append(TargetPoint(f"{target['sub'] or ''}{target['permille']}permille", float(target["mm"]), m))
    return sorted(found, key=lambda p: (p.group, p.diameter_mm))


def draw_contrast_detail(axes: Axes, points: Sequence[TargetPoint], limit: Curve | None, words: Words) -> Axes:
    """Contrasts with bars of ± 2 u by diameter, and the contrast that discs need to stand out of the noise."""
    axes.axhline(0.0, color=RULE, linewidth=0.6, zorder=0)
    groups = list(dict.fromkeys(p.group for p in points))
    for at, group in enumerate(groups):
        aside = ASIDE_MM * (at - 0.5 * (len(groups) - 1))
        _draw_group(axes, [p for p in points if p.group == group], MARKERS[at % len(MARKERS)], aside, words)
    if limit is not None:
        draw_band(axes, limit).lines[-1].set_label(words.plain("figure.needed"))
    axes.legend(loc="upper right", fontsize=SMALL_PT, ncols=2, handletextpad=0.3, columnspacing=1.0)
    axes.set_xlim(left=0.0)
    axes.set_xlabel(words.plain("figure.diameter_axis"))
    axes.set_ylabel(words.plain("figure.contrast_axis"))
    return axes


def _draw_group(axes: Axes, points: Sequence[TargetPoint], marker: str, aside_mm: float, words: Words) -> None:
    axes.errorbar(
        [p.diameter_mm + aside_mm for p in points],
        [p.contrast.value for p in points],
        yerr=[COVERAGE_FACTOR * (p.contrast.u or 0.0) for p in points],
        fmt=marker,
        color=INK_2,
        markersize=3.4,
        markerfacecolor="white",
        elinewidth=0.6,
        zorder=2,
        label=printable(plain(thing(points[0].group, words))),
    )


def draw_uniformity(axes: Axes, edges: Mapping[str, Measurement], words: Words) -> Axes:
    """The four discs' differences from the central one, each at its place on the displayed image.

    Parameters
    ----------
    edges
        By the hour: 12h, 3h, 6h, 9h. The largest in magnitude has the stronger outline.
    """
    bare(axes)
    axes.add_patch(Circle((0.0, 0.0), 1.0, facecolor=BAND, edgecolor=RULE_2, linewidth=0.8))
    worst = max(edges, key=lambda hour: abs(edges[hour].value))
    _disc(axes, (0.0, 0.0), words.plain("figure.centre"), strong=False)
    for hour, m in edges.items():
        angle = math.radians(HOURS[hour])
        said = show(m.value, m.u, m.unit)
        place = (DISC_AT * math.cos(angle), DISC_AT * math.sin(angle))
        _disc(axes, place, f"{said.value}\n± {said.u}" if said.u else said.value, strong=hour == worst)
    axes.set_xlim(-1.03, 1.03)
    axes.set_ylim(-1.03, 1.03)
    return axes


def _disc(axes: Axes, place: tuple[float, float], said: str, *, strong: bool) -> None:
    edge, width = (INK, 1.6) if strong else (INK_2, 0.8)
    axes.add_patch(Circle(place, DISC, facecolor="white", edgecolor=edge, linewidth=width))
    axes.text(*place, said, ha="center", va="center", fontsize=SMALL_PT, color=INK, linespacing=1.15)
