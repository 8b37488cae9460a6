"""A trend as a figure: values between their limits, baselines, signals, events, and when a drift reaches a limit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from numpy.typing import NDArray

from iqa.judge.wording import scans
from iqa.model import Bounds
from iqa.report.colours import CONTROL, FAIL, INK, INK_2, RULE_2, TINT, WARN
from iqa.report.figures.style import new_figure, save, styled
from iqa.report.numbers import print_unit
from iqa.report.trends import HORIZON_DAYS, Projection, Segment, Trend, at_point_digit
from iqa.store.history import day_of

Array = NDArray[np.float64]

WIDTH_IN, HEIGHT_IN = 8.6, 3.9
LABELS_SHARE = 0.14
"""Of the width, at the right, for the words and values of limits."""
PANEL_PAD_IN = 0.12
APART_COLUMNS = 120
ROOM = 0.08
"""Of the height, free above and below what is drawn."""
MARGIN_DAYS = 4.0
EPOCH = -719_163.0
"""From day numbers of the calendar to those of the axis, which counts from 1970."""


def save_trends(trends: Sequence[Trend], file: Path) -> Path:
    """All trends in one picture, one below the other; the suffix says the format."""
    with styled():
        return save(trend_figure(trends), file)


def trend_figure(trends: Sequence[Trend]) -> Figure:
    """A panel for each trend."""
    figure = new_figure(WIDTH_IN, HEIGHT_IN * len(trends))
    figure.set_layout_engine("constrained", rect=(0.0, 0.0, 1.0 - LABELS_SHARE, 1.0), h_pad=PANEL_PAD_IN)
    for axes, trend in zip(figure.subplots(len(trends), squeeze=False).ravel(), trends, strict=True):
        draw_trend(axes, trend)
    return figure


def draw_trend(axes: Axes, trend: Trend) -> Axes:
    """One trend on its axes."""
    x = np.array(trend.days) + EPOCH
    low, high = _reach(trend)
    axes.set_ylim(low, high)
    for segment in trend.segments:
        _draw_segment(axes, segment, x)
    _draw_points(axes, trend, x)
    _draw_events(axes, trend)
    right = _draw_projections(axes, trend) if trend.course else x[-1]
    axes.set_xlim(x[0] - MARGIN_DAYS, max(right, x[-1]) + MARGIN_DAYS)
    _label_limits(axes, trend)
    _dress(axes, trend)
    return axes


def _reach(trend: Trend) -> tuple[float, float]:
    """The ends of the axis: values, limits of the average, and every limit."""
    values = [p.measurement.value for p in trend.points]
    drawn = [*values, *(x for s in trend.segments for _, _, x in _limits(s.bounds))]
    drawn += [x for s in trend.segments if s.control and s.control.limits for x in s.control.limits]
    room = ROOM * (max(drawn) - min(drawn)) or 0.05 * abs(values[0]) or 0.5
    return min(drawn) - room, max(drawn) + room


def _limits(bounds: Sequence[Bounds]) -> Iterator[tuple[str, str, float]]:
    """(word, colour, value) of every bound."""
    for b in bounds:
        for word, colour, value in (
            ("fail", FAIL, b.fail_low),
            ("warning", WARN, b.warn_low),
            ("warning", WARN, b.warn_high),
            ("fail", FAIL, b.fail_high),
        ):
            if value is not None:
                yield word, colour, value


def _draw_segment(axes: Axes, segment: Segment, x: Array) -> None:
    left, right = x[segment.first], x[segment.last - 1]
    low, high = axes.get_ylim()
    for b in segment.bounds:
        allowed = (b.fail_low if b.fail_low is not None else low, b.fail_high if b.fail_high is not None else high)
        axes.fill_between([left, right], *allowed, color=TINT, lw=0, zorder=0)
    for _, colour, value in _limits(segment.bounds):
        axes.plot([left, right], [value, value], color=colour, lw=1.1, ls="-" if colour == FAIL else "--", zorder=1)
    if segment.baseline is not None:
        axes.plot([left, right], [segment.baseline.value] * 2, color=INK, lw=0.9, zorder=1)
    control = segment.control
    if control is not None and control.limits is not None and control.average:
        span = x[control.first : control.first + len(control.average)]
        for limit in control.limits:
            axes.plot(span[[0, -1]], [limit, limit], color=CONTROL, lw=0.9, ls=":", zorder=1)
        axes.plot(span, control.average, color=CONTROL, lw=1.2, zorder=2)


def _draw_points(axes: Axes, trend: Trend, x: Array) -> None:
    """Values joined within a baseline's time; hollow where a baseline rests on them, violet where out of control."""
    values = np.array([p.measurement.value for p in trend.points])
    stated = np.array([p.measurement.u or 0.0 for p in trend.points])
    axes.errorbar(x, values, 2.0 * stated, fmt="none", ecolor=RULE_2, elinewidth=0.7, zorder=2)
    for s in trend.segments:
        part = slice(s.first, s.last)
        axes.plot(x[part], values[part], color=RULE_2, lw=0.7, zorder=2)
        before = slice(s.first, s.control.first if s.control else s.first)
        signals = [t.at for t in s.control.signals] if s.control else []
        axes.plot(x[part], values[part], "o", ms=3.6, color=INK, zorder=3)
        axes.plot(x[before], values[before], "o", ms=3.6, mfc="white", mec=INK, mew=0.9, zorder=3)
        axes.plot(x[signals], values[signals], "o", ms=4.6, color=CONTROL, zorder=4)


def _draw_events(axes: Axes, trend: Trend) -> None:
    """The scanner's own as full lines; the phantom's and the software's dashed, which are not its."""
    marks = [(day_of(e.dated), e.kind, e.scanner is not None) for e in trend.events]
    marks += [(0.5 * (trend.days[i - 1] + trend.days[i]), "software", False) for i in trend.renewed]
    for day, word, own in marks:
        if not trend.days[0] - MARGIN_DAYS <= day <= trend.days[-1] + MARGIN_DAYS:
            continue
        axes.axvline(day + EPOCH, color=INK, lw=1.0, ls="-" if own else "--", zorder=2)
        label = axes.annotate(
            f"{word} ▼", (day + EPOCH, 1.0), xycoords=("data", "axes fraction"), ha="right", va="bottom"
        )
        label.set(in_layout=False)


def _draw_projections(axes: Axes, trend: Trend) -> float:
    """The drift's line as far as the limits that it reaches within the horizon; returns where it ends."""
    line = trend.course
    if line is None:
        return 0.0
    ahead = [p for p in trend.projections if p.crossing.day <= line.last_day + HORIZON_DAYS]
    end = max([line.last_day, *(p.crossing.day for p in ahead)])
    days = np.array([line.start, end])
    axes.plot(days + EPOCH, [line.at(d) for d in days], color=CONTROL, lw=1.0, ls="--", zorder=3)
    for p in ahead:
        _draw_crossing(axes, p, line.last_day)
    return end + EPOCH


def _draw_crossing(axes: Axes, p: Projection, last_day: float) -> None:
    ends = np.clip([p.crossing.earliest, p.crossing.latest], last_day, last_day + HORIZON_DAYS) + EPOCH
    axes.plot(ends, [p.bound, p.bound], color=INK, lw=1.2, marker="|", ms=7, zorder=5)
    axes.plot(p.crossing.day + EPOCH, p.bound, "D", ms=5, mfc="white", mec=INK, zorder=6)


def _label_limits(axes: Axes, trend: Trend) -> None:
    """Words and values at the right end; a limit outside the axis has none."""
    segment = trend.segments[-1]
    labels = list(_limits(segment.bounds))
    if segment.baseline is not None:
        labels.append(("baseline", INK, segment.baseline.value))
    if segment.control is not None and segment.control.limits is not None:
        labels += [("control", CONTROL, x) for x in segment.control.limits]
    low, high = axes.get_ylim()
    least, last = 0.045 * (high - low), -math.inf
    for word, colour, value in sorted((x for x in labels if low <= x[2] <= high), key=lambda x: x[2]):
        place = max(value, last + least)
        last = place
        text = f"{word} {at_point_digit(value, trend)}"
        label = axes.annotate(text, (1.01, place), xycoords=("axes fraction", "data"), color=colour, va="center")
        label.set(fontsize=7.5, in_layout=False)


def _dress(axes: Axes, trend: Trend) -> None:
    owner = (trend.scope.scanner or "unassigned", trend.scope.protocol, trend.scope.phantom)
    about = " · ".join(part for part in owner if part)
    axes.set_title(f"{trend.key}   {about}", loc="left", pad=16)
    axes.set_ylabel(print_unit(trend.unit) or "1", color=INK_2)
    locator = AutoDateLocator(minticks=4, maxticks=10)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    first, last = (trend.points[i].dated[:10] for i in (0, -1))
    if trend.apart:
        said = fill(trend.apart, APART_COLUMNS)
        axes.text(0.01, 0.98, said, transform=axes.transAxes, va="top", fontsize=7.5, color=INK_2, in_layout=False)
    axes.set_xlabel(
        f"{first} to {last}, {scans(len(trend.points))}; bars ± 2 u; violet: average (EWMA) and its limits", color=INK_2
    )
