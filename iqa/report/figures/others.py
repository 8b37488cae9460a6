"""Other keys over the same time, small and on one scale: what changed with a value, and what did not."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, pstdev

from matplotlib.axes import Axes

from iqa.model import Bounds
from iqa.report.colours import CONTROL, FAIL, INK, INK_2, RULE_2, WARN
from iqa.report.figures.limits import DASHES, draw_zones
from iqa.report.figures.style import PX, dots
from iqa.report.figures.timeline import draw_timeline
from iqa.report.trend_parts import tightest
from iqa.report.trends import Trend
from iqa.report.words import Words

ROOM = 0.06
"""Of the height, beyond the failing limits."""
SPREADS = 6.0
"""Half height without failing limits, in standard deviations of what is shown."""
LEAST_SHARE = 0.05
"""The same as a share of the value where nothing scatters: a header's value."""
TEXT_PX = 10.5


@dataclass(frozen=True, slots=True)
class Shown:
    """The days of all small charts of one page."""

    first: float
    last: float
    since: float | None = None
    """Day from which the page's own key drifts: a thin dashed line."""


def scale(trend: Trend, values: list[float]) -> tuple[float, float]:
    """Ends of the axis without its room: both failing limits; else as far about the baseline as the one, or as values.

    Warning limits alone are taken for failing ones.
    """
    bounds, baseline = tightest(trend.bounds), trend.segments[-1].baseline
    middle = baseline.value if baseline is not None else fmean(values)
    low = bounds.warn_low if bounds.fail_low is None else bounds.fail_low
    high = bounds.warn_high if bounds.fail_high is None else bounds.fail_high
    if low is not None and high is not None:
        return low, high
    given = high if low is None else low
    half = abs(given - middle) if given is not None else SPREADS * pstdev(values)
    half = half or LEAST_SHARE * abs(middle) or 1.0
    return middle - half, middle + half


def draw_other(axes: Axes, trend: Trend, words: Words, shown: Shown) -> Axes:
    """A line through the scans, the last one a dot, between limits; values beyond the frame lie on it as squares."""
    found = [(d, p.measurement.value) for d, p in zip(trend.days, trend.points, strict=True) if d >= shown.first]
    days, values = [d for d, _ in found], [v for _, v in found]
    low, high = scale(trend, values)
    room = ROOM * (high - low)
    axes.set_ylim(low - room, high + room)
    margin = 0.02 * max(shown.last - shown.first, 7.0)
    draw_timeline(axes, shown.first - margin, shown.last + margin, axes.bbox.width / dots(axes), words, years=False)
    _draw_bounds(axes, trend, tightest(trend.bounds))
    if shown.since is not None:
        axes.axvline(shown.since, color=CONTROL, lw=0.9 * PX, ls=DASHES, zorder=1.5, gid="since")
    axes.plot(days, values, color=INK_2, lw=1.1 * PX, zorder=2, gid="values")
    beyond = [(d, min(max(v, low - room), high + room)) for d, v in found if not low - room <= v <= high + room]
    if beyond:
        axes.plot(*zip(*beyond, strict=True), "s", ms=5 * PX, color=FAIL, mew=0, zorder=3, clip_on=False)
    if not beyond or beyond[-1][0] != days[-1]:
        axes.plot(days[-1:], values[-1:], "o", ms=5 * PX, color=INK, mew=0, zorder=3)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.tick_params(labelsize=TEXT_PX * PX, length=3 * PX, labelcolor=INK_2)
    return axes


def _draw_bounds(axes: Axes, trend: Trend, bounds: Bounds) -> None:
    draw_zones(axes, bounds, *axes.get_xlim())
    for value, colour, style in (
        (bounds.fail_low, FAIL, "-"), (bounds.fail_high, FAIL, "-"), (bounds.warn_low, WARN, DASHES),
        (bounds.warn_high, WARN, DASHES),
    ):  # fmt: skip
        if value is not None:
            axes.axhline(value, color=colour, lw=1.1 * PX, ls=style, zorder=1)
    baseline = trend.segments[-1].baseline
    if baseline is not None:
        axes.axhline(baseline.value, color=RULE_2, lw=0.8 * PX, zorder=1)
