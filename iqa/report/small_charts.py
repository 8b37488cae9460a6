"""Small charts of the weekly page as SVG: a trend since its baseline, and one transfer function.

They say what the figures of `iqa.report.figures` say at length, without the half second that a plot library takes to
load: the page is written while a person waits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from iqa.judge.bounds import unwarned
from iqa.metrics.transfers import LEVELS
from iqa.model import COVERAGE_FACTOR, Curve, Measurement, Outcome
from iqa.report.colours import CONTROL, FAIL, INFO, INK, INK_2, RULE, RULE_2, TINT, WARN, WARN_FILL, WARN_HATCH
from iqa.report.naming import name_of
from iqa.report.numbers import show
from iqa.report.svg import text, width
from iqa.report.text import plain
from iqa.report.ticks import ticks
from iqa.report.trend_lines import Line, line_words, lines, spread
from iqa.report.trend_parts import (
    Stretch,
    crossings,
    last_shown,
    projected,
    runs,
    signals,
    since_baseline,
    stretches,
)
from iqa.report.trends import Trend
from iqa.report.words import Words, day_at
from iqa.spc import COVERAGE

TREND_PX, TREND_LEFT, TREND_TOP, TREND_BELOW = (370.0, 126.0), 4.0, 6.0, 32.0
LABEL_PX, LINE_PX, GAP_PX = 11.5, 13.5, 7.0
MOST_SCANS = 40
"""Scans that a small trend shows at most."""
ROOM = 0.07
"""Of the height, free above and below limits and values."""
MARGIN = 0.015
"""Of the time, free before the first scan and after the last."""
FAN_DAYS = 4
"""Days that what lies ahead is computed on; it is nearly straight between them."""
CURVE_PX, CURVE_LEFT, CURVE_TOP, CURVE_BELOW, CURVE_RIGHT = (216.0, 216.0), 26.0, 8.0, 34.0, 6.0
LOWEST, HIGHEST = -0.04, 1.06
"""Ends of the scale of a transfer function; a band beyond is cut."""
END = 1.12
"""Of the highest frequency, so that the number of a level that is reached there has room."""
HATCH_PX = 6.0
"""Between the lines of a zone of warnings."""
READ_PX = 10.0
STEPS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 1.0)
"""Between ticks of the frequency, 1/mm; the first that leaves room."""
MOST_TICKS = 5


@dataclass(frozen=True, slots=True)
class _Frame:
    """From numbers to places on a drawing: x grows to the right, y upwards in numbers and downwards in places."""

    left: float
    right: float
    top: float
    bottom: float
    x0: float
    x1: float
    y0: float
    y1: float

    def x(self, value: float) -> float:
        return self.left + (self.right - self.left) * (value - self.x0) / (self.x1 - self.x0)

    def y(self, value: float) -> float:
        """Held within the frame."""
        place = self.bottom - (self.bottom - self.top) * (value - self.y0) / (self.y1 - self.y0)
        return min(self.bottom, max(self.top, place))

    def path(self, points: Iterable[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)


def small_trend_svg(trend: Trend, words: Words) -> str:
    """The scans since the baseline, limits on the side that a drift goes to, and what lies ahead with its 95 % fan."""
    own = since_baseline(trend, MOST_SCANS)
    first, last = own.days[0], last_shown(own)
    room = MARGIN * max(last - first, 1.0)
    (stretch,) = stretches(own, first - room, last + room)
    shown = [x for x in _told(own, stretch) if not x.kind.startswith("control")]
    labels = {x: line_words(x, own, words) for x in shown}
    right = TREND_PX[0] - GAP_PX - max((width(s, LABEL_PX) for s in labels.values()), default=0.0)
    values = [p.measurement.value for p in own.points]
    low, high = min([*values, *(x.value for x in shown)]), max([*values, *(x.value for x in shown)])
    free = ROOM * (high - low) or 0.05 * abs(high) or 0.5
    frame = _Frame(TREND_LEFT, right, TREND_TOP, TREND_PX[1] - TREND_BELOW, stretch.start, stretch.end, low - free,
                   high + free)  # fmt: skip
    parts = [
        *_zones(frame, stretch),
        *(_limit(frame, x) for x in shown),
        *_ahead(frame, own, last),
        *_scans(frame, own),
        *_crossing(frame, own, words),
        *_labels(frame, labels),
        *_months(frame, words),
    ]
    return _svg(TREND_PX, parts, trend_alt(own, words))


def trend_alt(trend: Trend, words: Words) -> str:
    """What a chart shows, for those who do not see it."""
    first, last = (words.day(trend.points[i].dated) for i in (0, -1))
    name = plain(name_of(trend.key, words))
    return words.plain("trend.alt", name=name, first=first, last=last, n=len(trend.points))


def _told(trend: Trend, stretch: Stretch) -> list[Line]:
    """The limits of a stretch; of a drift that meets one, those on its side."""
    every = list(lines(stretch))
    if not crossings(trend) or trend.course is None:
        return every
    way = math.copysign(1.0, trend.course.slope)
    least = min(way * p.measurement.value for p in trend.points)
    return [x for x in every if way * x.value >= least]


def _zones(frame: _Frame, stretch: Stretch) -> Iterator[str]:
    b = stretch.bounds
    low, high = unwarned(b)
    if low is not None or high is not None:
        yield _area(frame, frame.y0 if low is None else low, frame.y1 if high is None else high, TINT)
    if b.warn_low is not None:
        yield _hatched(frame, frame.y0 if b.fail_low is None else b.fail_low, b.warn_low)
    if b.warn_high is not None:
        yield _hatched(frame, b.warn_high, frame.y1 if b.fail_high is None else b.fail_high)


def _area(frame: _Frame, low: float, high: float, colour: str) -> str:
    top, height = frame.y(high), frame.y(low) - frame.y(high)
    return f'<path d="M{frame.left:g} {top:.1f}H{frame.right:.1f}v{height:.1f}H{frame.left:g}z" fill="{colour}"/>'


def _hatched(frame: _Frame, low: float, high: float) -> str:
    """Slanted lines, cut off at the ends of the zone."""
    top, bottom = frame.y(high), frame.y(low)
    strokes, start = [], frame.left - (bottom - top)
    while start < frame.right:
        left, right = max(start, frame.left), min(start + bottom - top, frame.right)
        strokes.append(f"M{left:.1f} {bottom - (left - start):.1f}L{right:.1f} {bottom - (right - start):.1f}")
        start += HATCH_PX
    return f'<path d="{"".join(strokes)}" stroke="{WARN_HATCH}" stroke-width=".8"/>'


def _limit(frame: _Frame, line: Line) -> str:
    dashes = ' stroke-dasharray="4.5 2.3"' if line.kind == "warning" else ""
    path = f"M{frame.left:g} {frame.y(line.value):.1f}H{frame.right:.1f}"
    return f'<path d="{path}" stroke="{line.colour}" stroke-width="1.2"{dashes}/>'


def _ahead(frame: _Frame, trend: Trend, last: float) -> Iterator[str]:
    course = trend.course
    if course is None or not projected(trend):
        return
    now, low, high = trend.days[-1], 0.5 * (1.0 - COVERAGE), 0.5 * (1.0 + COVERAGE)
    ahead = [now + (last - now) * k / (FAN_DAYS - 1) for k in range(FAN_DAYS)]
    if last > now + 1.0:
        fan = [*((d, course.quantile(high, d)) for d in ahead), *((d, course.quantile(low, d)) for d in ahead[::-1])]
        yield f'<path d="{frame.path(fan)}z" fill="{CONTROL}" fill-opacity=".14"/>'
    middle = frame.path((d, course.quantile(0.5, d)) for d in (max(course.start, trend.days[0]), *ahead))
    yield f'<path d="{middle}" fill="none" stroke="{CONTROL}" stroke-width="1.2" stroke-dasharray="4.2 2.6"/>'


def _scans(frame: _Frame, trend: Trend) -> Iterator[str]:
    """Values joined by a line; hollow of the baseline, violet out of control, by shape what is judged bad."""
    places = [(day, p.measurement.value) for day, p in zip(trend.days, trend.points, strict=True)]
    for run in runs(trend):
        if len(run) > 1:
            joined = frame.path(places[i] for i in run)
            yield f'<path d="{joined}" fill="none" stroke="{RULE_2}" stroke-width=".8"/>'
    (segment,) = trend.segments
    reference, flagged = set(segment.reference), set(signals(segment))
    for i, (day, value) in enumerate(places):
        at = frame.x(day), frame.y(value)
        yield _scan(*at, trend.outcomes[i], hollow=i in reference, signal=i in flagged)


def _scan(x: float, y: float, outcome: Outcome | None, *, hollow: bool, signal: bool) -> str:
    if outcome is Outcome.FAIL:
        return f'<rect x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6" fill="{FAIL}"/>'
    if outcome is Outcome.WARNING:
        return f'<path d="M{x:.1f} {y - 3.8:.1f}l3.9 6.9h-7.8z" fill="{WARN_FILL}" stroke="{WARN}"/>'
    if hollow:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="#fff" stroke="{INK}"/>'
    size, colour = (3.1, CONTROL) if signal else (2.5, INK)
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{colour}"/>'


def _crossing(frame: _Frame, trend: Trend, words: Words) -> Iterator[str]:
    """When the first limit is met: a diamond on the bar of its interval, dated where the course leaves room."""
    met = next(iter(crossings(trend)), None)
    if met is None or trend.course is None:
        return
    y, found = frame.y(met.bound), met.crossing
    begin, until = (frame.x(min(frame.x1, max(frame.x0, d))) for d in (found.earliest, found.latest))
    ends = f"M{begin:.1f} {y - 4.5:.1f}v9" + (f"M{until:.1f} {y - 4.5:.1f}v9" if found.latest <= frame.x1 else "")
    yield f'<path d="M{begin:.1f} {y:.1f}H{until:.1f}{ends}" stroke="{INK}" stroke-width="1.6" fill="none"/>'
    x = frame.x(found.day)
    yield f'<path d="M{x:.1f} {y - 4.2:.1f}l4.2 4.2-4.2 4.2-4.2-4.2z" fill="#fff" stroke="{INK}" stroke-width="1.4"/>'
    said = words.short_date(day_at(found.day))
    wide, rising = width(said, LABEL_PX) + 4.0, trend.course.slope > 0.0
    start, height = (begin - wide - 2.0 if rising else until + 2.0), y + (-4.0 if rising else 12.0)
    yield f'<rect x="{start:.1f}" y="{height - 10:.1f}" width="{wide:.1f}" height="13" fill="#fff" fill-opacity=".85"/>'
    yield _text(start + 2.0, height, said, INK)


def _labels(frame: _Frame, labels: Mapping[Line, str]) -> Iterator[str]:
    """Word and value of each limit at the right end, none upon another."""
    ordered = sorted(labels, key=lambda x: -x.value)
    heights = spread([frame.y(x.value) for x in ordered], LINE_PX)
    for line, height in zip(ordered, heights, strict=True):
        yield _text(frame.right + GAP_PX, height + 4.0, labels[line], line.colour)


def _months(frame: _Frame, words: Words) -> Iterator[str]:
    base = frame.bottom + 0.5
    yield f'<path d="M{frame.left:g} {base:.1f}H{frame.right:.1f}" stroke="{RULE_2}" stroke-width=".8"/>'
    for tick in ticks(frame.x0, frame.x1, frame.right - frame.left, words):
        x = frame.x(tick.day)
        yield f'<path d="M{x:.1f} {base:.1f}v3" stroke="{RULE_2}" stroke-width=".8"/>'
        yield _text(x, base + 14.0, tick.text, INK_2)
        if tick.year:
            yield _text(x, base + 27.0, tick.year, INK_2)


def transfer_alt(curve: Curve, levels: Mapping[str, Measurement | None], words: Words) -> str:
    """What the drawing of a transfer function shows, for those who do not see it."""
    read = [
        words("figure.transfer_level", level=f"{LEVELS[name]:g}", frequency=show(m.value, m.u, m.unit).value)
        for name, m in levels.items()
        if m is not None
    ]
    name = name_of(curve.key, words)
    if not read:
        return words.plain("figure.transfer_alt_bare", name=name)
    return words.plain("figure.transfer_alt", name=name, levels=words.listed(read))


def small_transfer_svg(
    curve: Curve, baseline: Curve | None, levels: Mapping[str, Measurement | None], words: Words
) -> str:
    """One transfer function with its ± 2 u band, the baseline's dashed, and where it falls to its levels.

    Parameters
    ----------
    levels
        Frequencies by the levels' names: f50, f10.
    """
    last = END * max(curve.x[-1], baseline.x[-1] if baseline else 0.0)
    wide, high = CURVE_PX
    frame = _Frame(CURVE_LEFT, wide - CURVE_RIGHT, CURVE_TOP, high - CURVE_BELOW, 0.0, last, LOWEST, HIGHEST)
    reach = [COVERAGE_FACTOR * u for u in curve.u]
    over, under = ([v + way * r for v, r in zip(curve.values, reach, strict=True)] for way in (1, -1))
    band = [*zip(curve.x, over, strict=True), *zip(curve.x[::-1], under[::-1], strict=True)]
    parts = [
        *_levels(frame),
        f'<path d="{frame.path(band)}z" fill="{INFO}" fill-opacity=".18"/>',
        *([_curve(frame, baseline, INK_2, 0.9, dashed=True)] if baseline else []),
        _curve(frame, curve, INFO, 1.4),
        *(p for name, found in levels.items() if found is not None for p in _read(frame, name, found)),
        *_frequencies(frame, words),
        *(_key(frame, words) if baseline else ()),
    ]
    return _svg(CURVE_PX, parts, transfer_alt(curve, levels, words))


def _curve(frame: _Frame, curve: Curve, colour: str, size: float, *, dashed: bool = False) -> str:
    dashes = ' stroke-dasharray="4 2.5"' if dashed else ""
    path = frame.path(zip(curve.x, curve.values, strict=True))
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{size}"{dashes}/>'


def _levels(frame: _Frame) -> Iterator[str]:
    for level in (0.0, *sorted(LEVELS.values()), 1.0):
        y = frame.y(level)
        start = frame.left - (0.0 if level in LEVELS.values() else 3.0)
        end = frame.right if level in LEVELS.values() else frame.left
        yield f'<path d="M{start:g} {y:.1f}H{end:g}" stroke="{RULE if level in LEVELS.values() else RULE_2}"/>'
        yield _text(frame.left - 6.0, y + 3.5, f"{level:g}", INK_2, READ_PX, "end")
    yield f'<path d="M{frame.left:g} {frame.top:g}V{frame.bottom:g}H{frame.right:g}" fill="none" stroke="{RULE_2}"/>'


def _read(frame: _Frame, name: str, found: Measurement) -> Iterator[str]:
    x, y = frame.x(found.value), frame.y(LEVELS[name])
    yield f'<path d="M{x:.1f} {y:.1f}V{frame.bottom:g}" stroke="{INFO}" stroke-dasharray="1.5 2"/>'
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{INFO}"/>'
    said = f"{name} {show(found.value, found.u, found.unit).value}"
    room = width(said, READ_PX)
    yield _text(min(x + 5.0, frame.right - room), y - 5.0, said, INK, READ_PX)


def _frequencies(frame: _Frame, words: Words) -> Iterator[str]:
    step = next((s for s in STEPS if frame.x1 / s <= MOST_TICKS), STEPS[-1])
    for k in range(int(frame.x1 / step) + 1):
        x = frame.x(k * step)
        yield f'<path d="M{x:.1f} {frame.bottom:g}v3" stroke="{RULE_2}"/>'
        yield _text(x, frame.bottom + 13.0, f"{k * step:.4g}", INK_2, READ_PX, "middle")
    yield _text(frame.right, frame.bottom + 27.0, words.plain("figure.frequency"), INK_2, READ_PX, "end")


def _key(frame: _Frame, words: Words) -> Iterator[str]:
    """Which line is this scan's and which the baseline's, in the upper right corner."""
    said = [words.plain(f"picture.{name}") for name in ("this", "base")]
    start = frame.right - max(width(s, READ_PX) for s in said)
    for y, one, colour, dashes in ((14.0, said[0], INFO, ""), (27.0, said[1], INK_2, ' stroke-dasharray="4 2.5"')):
        yield f'<path d="M{start - 22:.1f} {frame.top + y - 3.5:.1f}h18" stroke="{colour}" stroke-width="1.2"{dashes}/>'
        yield _text(start, frame.top + y, one, colour, READ_PX)


def _text(x: float, y: float, said: str, colour: str, size: float = LABEL_PX, anchor: str = "start") -> str:
    return text(x, y, said, colour, size, anchor)


def _svg(size: tuple[float, float], parts: Sequence[str], title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]:g} {size[1]:g}" role="img" '
        f"aria-label={quoteattr(title)}>{''.join(parts)}</svg>"
    )
