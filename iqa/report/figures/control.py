"""The charts that a control verdict rests on: the average (EWMA) and the moving ranges, since the last baseline."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from iqa.report.colours import CONTROL, INK, INK_2, RULE_2
from iqa.report.figures.limits import BASELINE_PX, CONTROL_PX, DOTS, LABEL_PX, label_right
from iqa.report.figures.style import PX, dots
from iqa.report.figures.timeline import draw_timeline
from iqa.report.trends import Trend, at_point_digit
from iqa.report.words import Words
from iqa.spc import d2, d3

SIGMAS = 3.0
"""Width of the limit of the ranges, as is usual."""
ROOM = 0.12
POINT_PX, SIGNAL_PX = 4.6, 5.6
DENSE, DENSE_SHARE = 80, 0.55
"""Points from which on they are drawn smaller, and by how much."""
TEXT_PX = 10.5


def has_ewma(trend: Trend) -> bool:
    """Whether there is an average since the last baseline."""
    return trend.control is not None and trend.control.limits is not None and bool(trend.control.average)


def has_ranges(trend: Trend) -> bool:
    """Whether there are two scans since the last baseline."""
    control = trend.control
    return control is not None and control.baseline is not None and len(trend.points) - control.first > 1


def draw_ewma(axes: Axes, trend: Trend, words: Words, *, titled: bool = False) -> Axes:
    """The average of each scan since the baseline between its limits, violet where it signals."""
    control = trend.control
    if control is None or control.limits is None or control.baseline is None:
        return axes
    places = range(control.first, control.first + len(control.average))
    beyond = {s.at for s in control.signals if s.chart == "ewma"}
    lines = [
        (control.limits[1], "control_high", CONTROL),
        (control.baseline.centre, "centre", INK),
        (control.limits[0], "control_low", CONTROL),
    ]
    _draw(axes, trend, places, control.average, [i in beyond for i in places], lines, words)
    return _titled(axes, words.plain("trend.ewma")) if titled else axes


def draw_ranges(axes: Axes, trend: Trend, words: Words, *, titled: bool = False) -> Axes:
    """The difference of each scan from the one before, without sign, with mean and upper limit for the baseline's σ.

    It shows, and signals nothing: no control verdict rests on it.
    """
    control = trend.control
    if control is None or control.baseline is None:
        return axes
    places = range(control.first + 1, trend.segments[-1].last)
    found = ranges(trend)
    mean, high = range_limits(trend)
    lines = [(high, "control_high", CONTROL), (mean, "centre", INK)]
    _draw(axes, trend, places, found, [False] * len(found), lines, words, bottom=0.0)
    return _titled(axes, words.plain("trend.ranges")) if titled else axes


def ranges(trend: Trend) -> list[float]:
    """Moving ranges since the last baseline."""
    first = trend.control.first if trend.control else 0
    values = [p.measurement.value for p in trend.points[first:]]
    return [abs(b - a) for a, b in pairwise(values)]


def range_limits(trend: Trend) -> tuple[float, float]:
    """Mean and upper limit of the ranges of two scans, from the baseline's σ.

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2.
    """
    sigma = trend.control.baseline.sigma if trend.control and trend.control.baseline else 0.0
    return d2(2) * sigma, (d2(2) + SIGMAS * d3(2)) * sigma


def _draw(
    axes: Axes,
    trend: Trend,
    places: range,
    values: Sequence[float],
    beyond: Sequence[bool],
    lines: Sequence[tuple[float, str, str]],
    words: Words,
    *,
    bottom: float | None = None,
) -> None:
    days = [trend.days[i] for i in places]
    low, high = min([*values, *(v for v, _, _ in lines)]), max([*values, *(v for v, _, _ in lines)])
    room = ROOM * (high - low) or 0.05 * abs(high) or 0.5
    axes.set_ylim(low - room if bottom is None else bottom, high + room)
    margin = 0.02 * max(days[-1] - days[0], 7.0)
    draw_timeline(axes, days[0] - margin, days[-1] + margin, axes.bbox.width / dots(axes), words)
    for value, kind, colour in lines:
        dotted = kind != "centre"
        width, style = (CONTROL_PX, DOTS) if dotted else (BASELINE_PX, "-")
        axes.axhline(value, color=colour, lw=width * PX, ls=style, zorder=1, gid=kind)
    axes.plot(days, values, color=RULE_2, lw=1.0 * PX, zorder=2)
    share = DENSE_SHARE if len(days) > DENSE else 1.0
    for chosen, colour, size in ((False, INK, POINT_PX), (True, CONTROL, SIGNAL_PX)):
        at = [(d, v) for d, v, b in zip(days, values, beyond, strict=True) if b is chosen]
        if at:
            x, y = zip(*at, strict=True)
            axes.plot(
                x, y, "o", ms=share * size * PX, color=colour, mew=0, zorder=3, gid="signal" if chosen else "value"
            )
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.tick_params(labelsize=TEXT_PX * PX, length=3 * PX, labelcolor=INK_2)
    label_right(axes, [(v, words.plain(f"trend.line.{k}", value=at_point_digit(v, trend)), c) for v, k, c in lines])


def _titled(axes: Axes, title: str) -> Axes:
    axes.set_title(title, fontsize=LABEL_PX * PX, pad=6 * PX, color=INK)
    return axes
