"""What happened, on a chart: events with their words above it, pauses, the last scan, the first signal."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from iqa.report.colours import CONTROL, INK, INK_2, INK_3, RULE_2, TINT
from iqa.report.figures.fonts import printable, width
from iqa.report.figures.style import PX, dots
from iqa.report.trend_parts import METHOD, Gap, Mark
from iqa.report.words import Words, day_at

ROW_PX = 14.0
"""Of a row of words above the chart."""
FIRST_ROW_PX = 8.0
MARK_PX = 7.0
"""From a line to its words."""
SEPARATION_PX = 10.0
EVENT_PX, LAST_PX = 12.0, 11.0
MOST_ROWS = 5
"""More events side by side have their mark alone, and stand in the table."""
MOST_GAPS = 8
"""Frames, of the longest pauses; the line breaks at every one."""
GAP_HEIGHT = (0.30, 0.77)
"""Of the frame, as shares of the chart's height."""
GAP_LEAST_PX, HOURGLASS_LEAST_PX = 5.0, 11.0
FLAG_SHARE = 0.2
"""Height at which the flag of a signal stands, as a share of the chart's, on the side where the values are not."""
HOURGLASS = ((-0.7, 1.0), (0.7, 1.0), (0.1, 0.0), (0.7, -1.0), (-0.7, -1.0), (-0.1, 0.0), (-0.7, 1.0))
FLAG = ((0.0, -0.45), (0.0, 0.45), (0.8, 0.12), (0.0, -0.2), (0.0, -0.45))
DASHES = (0, (4.0, 2.5))


def rows(wanted: Sequence[tuple[float, str]]) -> tuple[int | None, ...]:
    """Rows of words that begin at their place (pixels, rising), above every line that they pass; None beyond the last.

    A line reaches up to its own words, so the words to the right of it are never cut.
    """
    found: list[tuple[float, int]] = []
    said: list[int | None] = []
    for place, text in reversed(wanted):
        end = place + MARK_PX + width(text, EVENT_PX) + SEPARATION_PX
        row = max((r + 1 for x, r in found if x < end), default=0)
        said.append(row if row < MOST_ROWS else None)
        found += [(place, row)] if row < MOST_ROWS else []
    return tuple(reversed(said))


def above(found: Sequence[Mark], last: float | None, words: Words) -> list[tuple[float, str]]:
    """What is to stand above a chart, and where: events, and the last scan."""
    latest = [] if last is None else [(last, words.plain("trend.this_scan", day=words.short_date(day_at(last))))]
    return sorted([*((m.day, event_words(m, words)) for m in found), *latest])


def event_words(mark: Mark, words: Words) -> str:
    """Kind and date of an event; a kind that has no string is shown as it is stored."""
    return words.plain("trend.event_on", kind=event_kind(mark.kind, words), day=words.short_date(day_at(mark.day)))


def event_kind(kind: str, words: Words) -> str:
    """What a kind of event is called; a kind that has no string is shown as it is stored."""
    key = "trend.method" if kind == METHOD else f"event.{kind}"
    return words.plain(key) if words.has(key) else printable(kind)


def draw_events(axes: Axes, found: Sequence[Mark], last: float | None, words: Words) -> Axes:
    """Lines over the full height with words on top; the scanner's own full, others dashed; the last scan thin.

    Parameters
    ----------
    last
        Day of the last scan, where it is to be marked.
    """
    wanted = above(found, last, words)
    placed = rows([(axes.transData.transform((day, 0.0))[0] / dots(axes), text) for day, text in wanted])
    height = {said: FIRST_ROW_PX + ROW_PX * row for said, row in zip(wanted, placed, strict=True) if row is not None}
    told = [(m.day, event_words(m, words)) for m in found]
    for mark, said in zip(found, told, strict=True):
        draw_event(axes, mark, height.get(said, 0.0))
    for said, up in height.items():
        if said in told:
            _write_above(axes, *said, up, EVENT_PX, INK)
        else:
            _draw_last(axes, said[0], up)
            _write_above(axes, *said, up, LAST_PX, INK_2)
    return axes


def _write_above(axes: Axes, day: float, text: str, up: float, size_px: float, colour: str) -> None:
    axes.annotate(
        text, (day, 1.0), (MARK_PX * PX, (up - 3.0) * PX), xycoords=("data", "axes fraction"),
        textcoords="offset points", ha="left", va="bottom", color=colour, fontsize=size_px * PX, parse_math=False,
        annotation_clip=False,
    )  # fmt: skip


def _draw_last(axes: Axes, day: float, up: float) -> None:
    top = 1.0 + (up + 0.5 * ROW_PX) * dots(axes) / axes.bbox.height
    line = axes.plot([day] * 2, [0.0, top], transform=axes.get_xaxis_transform(), color=RULE_2, lw=0.9 * PX)[0]
    line.set(clip_on=False, zorder=1.5, gid="this scan")


def draw_event(axes: Axes, mark: Mark, height_px: float) -> None:
    """The line of one event and its mark, which stands so high above the chart."""
    style = "-" if mark.own else DASHES
    above = height_px * dots(axes) / axes.bbox.height
    line = axes.plot([mark.day] * 2, [0.0, 1.0 + above], transform=axes.get_xaxis_transform(), color=INK)[0]
    line.set(linewidth=1.3 * PX, linestyle=style, clip_on=False, zorder=2, gid=f"event {mark.kind}")
    axes.plot(
        [mark.day], [1.0 + above], "v", ms=8 * PX, color=INK, mew=0, transform=axes.get_xaxis_transform(),
        clip_on=False, zorder=2,
    )  # fmt: skip


def draw_gaps(axes: Axes, found: Sequence[Gap], words: Words) -> Axes:
    """A dotted frame, an hourglass and the days of the longest pauses, as far as they are wide enough on paper."""
    end = float("-inf")
    longest = sorted(found, key=lambda g: (-g.days, -g.start))[:MOST_GAPS]
    for gap in sorted(longest, key=lambda g: g.start):
        left, right = (axes.transData.transform((x, 0.0))[0] / dots(axes) for x in (gap.start, gap.end))
        if right - left < GAP_LEAST_PX:
            continue
        room = 0.12 * (gap.end - gap.start)
        low, high = GAP_HEIGHT
        frame = Rectangle((gap.start + room, low), gap.end - gap.start - 2 * room, high - low)
        frame.set(transform=axes.get_xaxis_transform(), facecolor="white", edgecolor=INK_3, zorder=1.8, gid="gap")
        frame.set(linewidth=0.9 * PX, linestyle=(0, (3.3, 2.8)))
        axes.add_patch(frame)
        if right - left >= HOURGLASS_LEAST_PX:
            axes.plot(
                [gap.middle], [0.5 * (low + high)], marker=HOURGLASS, ms=13 * PX, color=INK, mew=0,
                transform=axes.get_xaxis_transform(), zorder=1.9,
            )  # fmt: skip
        text = words.plain("trend.gap", n=gap.days)
        half = 0.5 * width(text, LAST_PX)
        if 0.5 * (left + right) - half > end:
            end = 0.5 * (left + right) + half
            axes.text(
                gap.middle, low - 0.012, text, transform=axes.get_xaxis_transform(), ha="center", va="top", color=INK,
                fontsize=LAST_PX * PX, zorder=6, bbox=backed(),
            )  # fmt: skip
    return axes


def draw_flag(axes: Axes, day: float, value: float, words: Words) -> Axes:
    """A flag with the date from which a chart signals, joined to its point by a thin line."""
    low, high = axes.get_ylim()
    below = value > 0.5 * (low + high)
    place = low + (FLAG_SHARE if below else 1.0 - FLAG_SHARE) * (high - low)
    axes.plot([day, day], [value, place], color=CONTROL, lw=0.9 * PX, zorder=2.5)
    axes.plot([day], [place], marker=FLAG, ms=17 * PX, color=CONTROL, mew=0, zorder=6, gid="flag")
    text = words.plain("trend.signal_from", day=words.short_date(day_at(day)))
    left, right = axes.get_xlim()
    room = (right - day) / (right - left) * axes.bbox.width / dots(axes)
    fits = room > width(text, LAST_PX) + 14.0
    axes.annotate(
        text, (day, place), ((13.0 if fits else -5.0) * PX, 1.0 * PX), textcoords="offset points", color=CONTROL,
        ha="left" if fits else "right", fontsize=LAST_PX * PX, zorder=6, bbox=backed(), parse_math=False,
    )  # fmt: skip
    return axes


def backed(colour: str = TINT) -> dict[str, object]:
    """Of words that stand above lines and points: a ground of their own, since outlined letters would be no text."""
    return {"facecolor": colour, "edgecolor": "none", "pad": 0.8}
