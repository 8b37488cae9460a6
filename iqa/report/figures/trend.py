"""A trend as a figure: values between their limits, baselines, signals, events, pauses, and what lies ahead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from iqa.report.colours import INK, INK_2
from iqa.report.figures.ahead import draw_course, draw_crossings
from iqa.report.figures.control import draw_ewma, draw_ranges, has_ewma, has_ranges
from iqa.report.figures.events import (
    FIRST_ROW_PX,
    ROW_PX,
    above,
    draw_events,
    draw_flag,
    draw_gaps,
    rows,
)
from iqa.report.figures.fonts import printable, width
from iqa.report.figures.inline import figure_svg
from iqa.report.figures.legend import draw_legend, legend_px
from iqa.report.figures.limits import (
    LABEL_PX,
    draw_lines,
    draw_zones,
    label_lines,
    label_within,
)
from iqa.report.figures.others import Shown, draw_other
from iqa.report.figures.points import draw_points
from iqa.report.figures.style import PX, dots, save, sized, styled
from iqa.report.figures.timeline import draw_timeline
from iqa.report.naming import name_of
from iqa.report.numbers import print_unit
from iqa.report.small_charts import trend_alt
from iqa.report.text import plain
from iqa.report.trend_lines import line_words, lines
from iqa.report.trend_parts import (
    Stretch,
    all_marks,
    crossings,
    gaps,
    last_shown,
    latest_run,
    projected,
    stretches,
)
from iqa.report.trends import Trend
from iqa.report.words import Words

WIDTH_PX = 960.0
TITLE_PX, NAME_PX, EDGE_PX = 18.0, 13.0, 6.0
APART_LETTERS = 150
"""Of a line below the title."""
HEAD_PX, APART_PX, ABOVE_PX, PLOT_PX, BELOW_PX, PANEL_PX = 30.0, 16.0, 12.0, 378.0, 38.0, 140.0
"""Heights of title, its second line, room above the words, chart, time axis, and the panels of average and ranges."""
LEFT_PX, LABELS_PX = 42.0, 132.0
"""Widths beside the chart; longer words of a limit take theirs from the chart."""
LABEL_GAP_PX = 12.0
PANEL_TITLE_PX = 26.0
OTHER_PX, OTHER_BELOW_PX = (205.0, 66.0), 23.0
TICKS = 8
ROOM = 0.07
"""Of the height, free above and below limits and values."""
MARGIN = 0.012
"""Of the time, free before the first scan and after the last."""
LEAST_SPAN_DAYS = 6.0


def save_trends(trends: Sequence[Trend], file: Path, words: Words) -> Path:
    """All trends in one picture, one below the other; the suffix says the format."""
    with styled():
        return save(trend_figure(trends, words), file)


def trend_svg(trend: Trend, words: Words) -> str:
    """The chart of one trend with its key, for a page that names it."""
    with styled():
        layout = _layout(trend, words)
        figure = sized(WIDTH_PX, layout.height)
        _chart(figure, trend, words, layout, layout.height)
        return figure_svg(figure, trend_alt(trend, words))


def ewma_svg(trend: Trend, words: Words) -> str:
    """The chart of the average alone; its title stands on the page."""
    return _panel_svg(trend, words, draw_ewma, words.plain("trend.ewma"))


def ranges_svg(trend: Trend, words: Words) -> str:
    """The chart of the moving ranges alone."""
    return _panel_svg(trend, words, draw_ranges, words.plain("trend.ranges"))


def other_svg(trend: Trend, words: Words, shown: Shown) -> str:
    """Another key over the same time, failing limits at the same heights; its name and value stand on the page."""
    with styled():
        figure = sized(*OTHER_PX)
        axes = place(figure, 0.5, OTHER_BELOW_PX, OTHER_PX[0] - 1.0, OTHER_PX[1] - OTHER_BELOW_PX - 2.0)
        draw_other(axes, trend, words, shown)
        return figure_svg(figure, trend_alt(trend, words))


def _panel_svg(trend: Trend, words: Words, draw: Callable[[Axes, Trend, Words], Axes], title: str) -> str:
    with styled():
        figure = sized(0.5 * WIDTH_PX, PANEL_PX - PANEL_TITLE_PX)
        size = 0.5 * WIDTH_PX - LEFT_PX - LABELS_PX, PANEL_PX - PANEL_TITLE_PX - BELOW_PX - 6.0
        draw(place(figure, LEFT_PX, BELOW_PX, *size), trend, words)
        return figure_svg(figure, title)


def trend_figure(trends: Sequence[Trend], words: Words) -> Figure:
    """A chart for each trend under its name, with the charts that its control verdict rests on below."""
    layouts = [_layout(t, words) for t in trends]
    heights = [_head_px(t, words) + x.height + _panels_px(t) for t, x in zip(trends, layouts, strict=True)]
    top = sum(heights)
    figure = sized(WIDTH_PX, top)
    for trend, layout, height in zip(trends, layouts, heights, strict=True):
        _title(figure, trend, words, top)
        _chart(figure, trend, words, layout, top - _head_px(trend, words))
        _panels(figure, trend, words, top - height)
        top -= height
    return figure


@dataclass(frozen=True, slots=True)
class _Layout:
    """Heights above the chart and of its key, in pixels of the page's design."""

    above: float
    key: float

    @property
    def height(self) -> float:
        """Of all."""
        return self.above + PLOT_PX + BELOW_PX + self.key


def _layout(trend: Trend, words: Words) -> _Layout:
    """As many rows as the words above the chart and the key below it need."""
    first, last = span(trend)
    wide = WIDTH_PX - LEFT_PX
    scale = (wide - LABELS_PX) / (last - first)
    found = rows([((day - first) * scale, text) for day, text in above(all_marks(trend), trend.days[-1], words)])
    highest = max((row for row in found if row is not None), default=0)
    return _Layout(FIRST_ROW_PX + ROW_PX * (1 + highest) + ABOVE_PX, legend_px(trend, words, wide))


def _chart(figure: Figure, trend: Trend, words: Words, layout: _Layout, top: float) -> None:
    """Chart and key, from a height of the figure downwards."""
    bottom = top - layout.above - PLOT_PX
    draw_trend(place(figure, LEFT_PX, bottom, WIDTH_PX - LEFT_PX - LABELS_PX, PLOT_PX), trend, words)
    key = place(figure, LEFT_PX, bottom - BELOW_PX - layout.key, WIDTH_PX - LEFT_PX, layout.key)
    draw_legend(key, trend, words)


def _panels_px(trend: Trend) -> float:
    return PANEL_PX if has_ranges(trend) or has_ewma(trend) else 0.0


def _panels(figure: Figure, trend: Trend, words: Words, bottom: float) -> None:
    half = 0.5 * WIDTH_PX
    size = half - LEFT_PX - LABELS_PX, PANEL_PX - BELOW_PX - PANEL_TITLE_PX
    if has_ewma(trend):
        draw_ewma(place(figure, LEFT_PX, bottom + BELOW_PX, *size), trend, words, titled=True)
    if has_ranges(trend):
        draw_ranges(place(figure, half + LEFT_PX, bottom + BELOW_PX, *size), trend, words, titled=True)


def _title(figure: Figure, trend: Trend, words: Words, top: float) -> None:
    """What, of whom, when, and how many; then whose scans they are, where nobody's, and why they stand apart."""
    height = figure.get_figheight() * 72.0 / PX
    left, right = EDGE_PX / WIDTH_PX, 1.0 - EDGE_PX / WIDTH_PX
    name, about = _named(trend, words), _about(trend, words)
    first = (top - TITLE_PX) / height
    figure.text(left, first, name, fontsize=NAME_PX * PX, color=INK, parse_math=False)
    below = _below_title(trend, words)
    if about not in below:
        figure.text(right, first, about, fontsize=LABEL_PX * PX, color=INK_2, ha="right")
    for row, said in enumerate(below, start=1):
        y = (top - TITLE_PX - APART_PX * row) / height
        figure.text(left, y, said, fontsize=LABEL_PX * PX, color=INK_2, parse_math=False)


def _named(trend: Trend, words: Words) -> str:
    owner = (trend.scope.scanner or words.plain("unassigned"), trend.scope.protocol, trend.scope.phantom)
    parts = (plain(name_of(trend.key, words)), trend.key, *owner)
    return printable(" · ".join(p for p in parts if p))


def _about(trend: Trend, words: Words) -> str:
    first, last = (words.day(trend.points[i].dated) for i in (0, -1))
    return words.plain("trend.figure_about", first=first, last=last, n=len(trend.points))


def _below_title(trend: Trend, words: Words) -> list[str]:
    """Lines below the title; when and how many is the first of them where the title leaves no room for it."""
    about = _about(trend, words)
    full = width(_named(trend, words), NAME_PX) + width(about, LABEL_PX) > WIDTH_PX - 6.0 * EDGE_PX
    apart = printable(plain(words.sentence(trend.apart))) if trend.apart else ""
    return [*([about] if full else []), *wrap(apart, APART_LETTERS)]


def _head_px(trend: Trend, words: Words) -> float:
    return HEAD_PX + APART_PX * len(_below_title(trend, words))


def place(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes at a place of the figure, in pixels of the page's design."""
    w, h = (size * 72.0 / PX for size in figure.get_size_inches())
    return figure.add_axes((left / w, bottom / h, width / w, height / h))


def draw_trend(axes: Axes, trend: Trend, words: Words) -> Axes:
    """One trend on its axes."""
    first, last = span(trend)
    found = stretches(trend, first, last)
    axes.set_ylim(*reach(trend, found))
    _room_for_labels(axes, found[-1], trend, words)
    draw_timeline(axes, first, last, axes.bbox.width / dots(axes), words)
    for stretch in found:
        draw_zones(axes, stretch.bounds, stretch.start, stretch.end)
        draw_lines(axes, stretch)
    draw_points(axes, trend)
    if projected(trend) and trend.course is not None:
        draw_course(axes, trend.course, trend.days[-1], last)
        draw_crossings(axes, crossings(trend), words, rising=trend.course.slope > 0.0)
    label_lines(axes, found[-1], trend, words)
    _draw_words(axes, trend, found, words)
    dress(axes, trend.unit)
    axes.tick_params(labelsize=LABEL_PX * PX, length=3 * PX, labelcolor=INK_2)
    return axes


def _draw_words(axes: Axes, trend: Trend, found: Sequence[Stretch], words: Words) -> None:
    """Pauses, events, the last scan, signals, and the words of earlier limits."""
    draw_gaps(axes, gaps(trend), words)
    draw_events(axes, all_marks(trend), trend.days[-1], words)
    for run in (latest_run(s) for s in trend.segments):
        if run:
            draw_flag(axes, trend.days[run[0]], trend.points[run[0]].measurement.value, words)
    for stretch in found[:-1]:
        label_within(axes, stretch, trend, words)


def span(trend: Trend) -> tuple[float, float]:
    """First and last day of the axis."""
    first, last = trend.days[0], last_shown(trend)
    room = MARGIN * max(last - first, LEAST_SPAN_DAYS / (2 * MARGIN) * 0.2)
    return first - room, last + room


def reach(trend: Trend, found: Sequence[Stretch]) -> tuple[float, float]:
    """The ends of the axis of values: the axis starts where limits start, and holds every value."""
    values = [p.measurement.value for p in trend.points]
    held = [x.value for s in found for x in lines(s)]
    low, high = min([*values, *held]), max([*values, *held])
    room = ROOM * (high - low) or 0.05 * abs(high) or 0.5
    return low - room, high + room


def _room_for_labels(axes: Axes, last: Stretch, trend: Trend, words: Words) -> None:
    """The chart's right end, so that the words of the limits just fit beside it."""
    widest = max((width(line_words(x, trend, words), LABEL_PX) for x in lines(last)), default=0.0)
    box = axes.get_position()
    across = axes.figure.bbox.width / dots(axes)
    end = min(box.x1, 1.0 - (widest + LABEL_GAP_PX) / across)
    axes.set_position((box.x0, box.y0, end - box.x0, box.height))


def dress(axes: Axes, unit: str) -> Axes:
    """The unit on top of the axis, few ticks, no grid."""
    axes.yaxis.set_major_locator(MaxNLocator(TICKS, steps=[1, 2, 2.5, 5, 10]))
    axes.annotate(
        print_unit(unit) or "1", (0.0, 1.0), (-LEFT_PX * 0.9 * PX, 8 * PX), xycoords="axes fraction",
        textcoords="offset points", color=INK_2, fontsize=LABEL_PX * PX, annotation_clip=False, parse_math=False,
    )  # fmt: skip
    return axes
