"""What happened to a series: events, baselines, pauses, steps and signals, the newest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from iqa.report.content import Entry
from iqa.report.naming import name_of, unit_text
from iqa.report.numbers import NO_BREAK, rounded, show
from iqa.report.pages.headline import SIGNAL_MARK
from iqa.report.text import Span, Text, as_text, data, joined
from iqa.report.trend_parts import gaps, signals
from iqa.report.trends import Segment, Trend, at_point_digit
from iqa.report.words import Words, as_date, day_at
from iqa.store.history import Happened

MOST_ENTRIES = 10
"""Entries that a page shows; the rest is counted."""
Dated = tuple[date, Entry]


def entries(trend: Trend, words: Words) -> tuple[Entry, ...]:
    """All entries of a series, the newest first."""
    found = [*_events(trend, words), *_baselines(trend, words), *_gaps(trend, words), *_signals(trend, words)]
    found += [*_steps(trend, words), *_methods(trend, words), *_beside(trend, words)]
    return tuple(entry for _, entry in sorted(found, key=lambda one: one[0], reverse=True))


def _entry(day: date, what: Text, words: Words, *, mark: str = "", baseline: Text = (), who: Text = ()) -> Dated:
    return day, Entry(
        as_text(words.day(day)),
        mark,
        what,
        baseline or words("trend.entry.unchanged"),
        who or words("trend.entry.automatic"),
    )


def _events(trend: Trend, words: Words) -> Iterator[Dated]:
    for event in trend.events:
        ended = next((s for s in trend.segments if s.baseline and s.ended and s.ended[:10] == event.dated[:10]), None)
        baseline = words("trend.entry.ends", value=_value(ended, trend)) if ended else ()
        yield _entry(as_date(event.dated), _event(event, words), words, baseline=baseline, who=data(event.entered_by))


def _event(event: Happened, words: Words) -> Text:
    kind = words(f"event.{event.kind}") if words.has(f"event.{event.kind}") else data(event.kind)
    return words("trend.entry.event", kind=kind, note=data(event.note)) if event.note else kind


def _baselines(trend: Trend, words: Words) -> Iterator[Dated]:
    held = {s.baseline.id or (s.baseline.approved_at, s.baseline.value): s for s in trend.segments if s.baseline}
    for segment in held.values():
        b = segment.baseline
        if b is None:
            continue
        spread = words("trend.entry.spread", s=_spread(b.spread, trend)) if b.spread else ()
        what = words("trend.entry.baseline", n=b.n, spread=spread, reason=data(b.reason))
        yield _entry(as_date(b.approved_at), what, words, baseline=_value(segment, trend), who=data(b.approved_by))


def _value(segment: Segment, trend: Trend) -> Text:
    """A segment's baseline with its unit."""
    value = segment.baseline.value if segment.baseline else 0.0
    return joined([as_text(at_point_digit(value, trend)), unit_text(trend.unit)], NO_BREAK)


def _spread(spread: float, trend: Trend) -> Text:
    digits = int(f"{spread:.1e}".split("e")[1]) - 1
    return joined([as_text(rounded(spread, digits)), unit_text(trend.unit)], NO_BREAK)


def _gaps(trend: Trend, words: Words) -> Iterator[Dated]:
    for gap in gaps(trend):
        what = words("trend.entry.gap", n=gap.days, period=f"{trend.period_days:g}")
        day, entry = _entry(day_at(gap.start), what, words, mark="overdue")
        between = words("trend.period", first=words.day(day), last=words.day(day_at(gap.end)))
        yield day, Entry(between, entry.mark, entry.what, entry.baseline, entry.who)


def _signals(trend: Trend, words: Words) -> Iterator[Dated]:
    """The first scan of each row of scans that signal."""
    for segment in trend.segments:
        found = signals(segment)
        for place in (i for i in found if i - 1 not in found):
            charts = dict.fromkeys(s.chart for s in segment.control.signals if s.at == place) if segment.control else {}
            said = words.listed([_chart(c, words) for c in charts])
            what = words("trend.entry.signal", charts=said)
            yield _entry(as_date(trend.points[place].dated), what, words, mark=SIGNAL_MARK)


def _chart(chart: str, words: Words) -> Text:
    return words(f"trend.chart.{chart}") if words.has(f"trend.chart.{chart}") else words("trend.chart.rule", rule=chart)


def _steps(trend: Trend, words: Words) -> Iterator[Dated]:
    for jump in trend.jumps:
        step = jump.step
        height = show(step.height, step.u, trend.unit)
        sign = "" if step.height < 0 else "+"
        said = (Span(f"{sign}{height.value}{NO_BREAK}±{NO_BREAK}{height.u}" if height.u else f"{sign}{height.value}"),)
        what = words("trend.entry.step", height=joined([said, unit_text(trend.unit)], NO_BREAK))
        yield _entry(as_date(trend.points[step.latest].dated), what, words)


def _methods(trend: Trend, words: Words) -> Iterator[Dated]:
    for i in trend.renewed:
        old, new = (data(trend.points[k].measurement.method) for k in (i - 1, i))
        yield _entry(as_date(trend.points[i].dated), words("trend.entry.method", old=old, new=new), words)


def _beside(trend: Trend, words: Words) -> Iterator[Dated]:
    """The same quantity as a person measured it."""
    for point in trend.beside:
        m = point.measurement
        shown = show(m.value, m.u, m.unit)
        value = f"{shown.value}{NO_BREAK}±{NO_BREAK}{shown.u}" if shown.u else shown.value
        said = joined([as_text(value), unit_text(m.unit)], NO_BREAK)
        what = words("colon", name=name_of(m.key, words), what=said)
        yield _entry(as_date(point.dated), what, words, mark="entered", who=words("verdict.entered"))
