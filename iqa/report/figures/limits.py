"""Limits on a chart: the allowed zone, the zone of warnings, lines, and their words at the right end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text
from numpy.typing import NDArray

from iqa.judge.bounds import unwarned
from iqa.model import Bounds
from iqa.report.colours import TINT, WARN_HATCH
from iqa.report.figures.fonts import width
from iqa.report.figures.style import PX, dots
from iqa.report.trend_lines import line_words, lines, spread
from iqa.report.trend_parts import Stretch, gaps
from iqa.report.trends import Trend
from iqa.report.words import Words

HATCH = "/////"
FAIL_PX, WARN_PX, BASELINE_PX, CONTROL_PX = 1.3, 1.1, 1.0, 1.1
DASHES, DOTS = (0, (4.5, 2.3)), (0, (1.4, 2.3))
LABEL_PX = 11.5
LINE_PX = 13.5
"""Between the words of two limits."""
INNER_PX, INNER_LEAST_PX, INSET_PX, INNER_PLACES = 11.0, 150.0, 12.0, 9
"""Words within the chart, where the time they hold is at least that wide; how far from its ends, at how many places."""


def draw_zones(axes: Axes, bounds: Bounds, start: float, end: float) -> Axes:
    """The allowed zone tinted, that of warnings hatched; both reach the frame where nothing bounds them."""
    bottom, top = axes.get_ylim()
    low, high = (edge if given is None else given for given, edge in zip(unwarned(bounds), (bottom, top), strict=True))
    if bounds != Bounds():
        axes.fill_between([start, end], low, high, color=TINT, lw=0, zorder=0)
    for a, b in _warned(bounds, bottom, top):
        axes.fill_between([start, end], a, b, facecolor="none", edgecolor=WARN_HATCH, hatch=HATCH, lw=0, zorder=0.5)
    return axes


def _warned(bounds: Bounds, bottom: float, top: float) -> Iterator[tuple[float, float]]:
    if bounds.warn_low is not None:
        yield bottom if bounds.fail_low is None else bounds.fail_low, bounds.warn_low
    if bounds.warn_high is not None:
        yield bounds.warn_high, top if bounds.fail_high is None else bounds.fail_high


def draw_lines(axes: Axes, stretch: Stretch) -> Axes:
    """Failure and baseline solid, warning dashed, control dotted: it begins after the scans of the baseline."""
    for line in lines(stretch):
        dotted = line.kind.startswith("control")
        width, style = _look(line.kind)
        begin = stretch.control_from if dotted else stretch.start
        axes.plot(
            [begin, stretch.end], [line.value] * 2, color=line.colour, lw=width * PX, ls=style,
            solid_capstyle="butt", dash_capstyle="butt", zorder=1, gid=f"line {line.kind}",
        )  # fmt: skip
    return axes


def _look(kind: str) -> tuple[float, str | tuple[int, tuple[float, float]]]:
    match kind:
        case "fail":
            return FAIL_PX, "-"
        case "warning":
            return WARN_PX, DASHES
        case "baseline":
            return BASELINE_PX, "-"
    return CONTROL_PX, DOTS


def label_lines(axes: Axes, stretch: Stretch, trend: Trend, words: Words) -> list[Text]:
    """Word and value of each line at the right end, none upon another."""
    return label_right(axes, [(x.value, line_words(x, trend, words), x.colour) for x in lines(stretch)])


def label_right(axes: Axes, labels: Sequence[tuple[float, str, str]]) -> list[Text]:
    """Words beside values at the right end of the axes, those too near one another moved apart."""
    inside = sorted(x for x in labels if axes.get_ylim()[0] <= x[0] <= axes.get_ylim()[1])
    heights = [axes.transData.transform((0.0, value))[1] / dots(axes) for value, _, _ in inside]
    bottom = axes.bbox.y0 / dots(axes)
    return [
        axes.annotate(
            text, (1.0, 0.0), (7 * PX, (place - bottom) * PX), xycoords="axes fraction", textcoords="offset points",
            color=colour, va="center", ha="left", fontsize=LABEL_PX * PX, parse_math=False, annotation_clip=False,
        )
        for place, (_, text, colour) in zip(spread(heights, LINE_PX), inside, strict=True)
    ]  # fmt: skip


def label_within(axes: Axes, stretch: Stretch, trend: Trend, words: Words) -> list[Text]:
    """The same within a stretch that another one follows: above or below each line, where the fewest points are."""
    left, right = (axes.transData.transform((x, 0.0))[0] / dots(axes) for x in (stretch.start, stretch.end))
    if right - left < INNER_LEAST_PX:
        return []
    points = [_at(axes, day, p.measurement.value) for day, p in zip(trend.days, trend.points, strict=True)]
    found: list[Text] = []
    last = math.inf
    for line in lines(stretch):
        text = line_words(line, trend, words)
        height = axes.transData.transform((0.0, line.value))[1] / dots(axes)
        if last - height < LINE_PX:
            continue
        last = height
        wide = width(text, INNER_PX)
        ends = left + INSET_PX, max(left + INSET_PX, right - wide - INSET_PX)
        places = [(x, y) for x in np.linspace(*ends, INNER_PLACES) for y in (2.5, -INNER_PX - 2.5)]
        taken = [*points, *(_at(axes, day, line.value) for g in gaps(trend) for day in (g.start, g.middle, g.end))]
        x, y = min(places, key=lambda at: _covered(taken, at[0], height + at[1], wide))
        found.append(
            axes.annotate(
                text, (stretch.start, line.value), ((x - left) * PX, y * PX), textcoords="offset points",
                color=line.colour, fontsize=INNER_PX * PX, va="bottom", zorder=6, parse_math=False,
            )
        )  # fmt: skip
    return found


def _at(axes: Axes, day: float, value: float) -> NDArray[np.float64]:
    """A place in pixels of the design."""
    return np.asarray(axes.transData.transform((day, value)) / dots(axes))


def _covered(points: Sequence[NDArray[np.float64]], x: float, y: float, wide: float) -> int:
    """How many points words of some width would cover."""
    return sum(x - 4.0 < px < x + wide + 4.0 and y - 4.0 < py < y + INNER_PX + 4.0 for px, py in points)
