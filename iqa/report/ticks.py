"""Ticks of an axis of time: months below, the year under January, in words of the page's language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from iqa.report.words import Words

SHORT_SPAN_DAYS = 75.0
"""Below it days are written, not months."""
MONTH_STEPS = (1, 2, 3, 6, 12)
LABEL_PX = 34.0
"""Room for the name of a month; a date needs twice as much."""
YEAR_STEPS = (1, 2, 5, 10, 20, 50)
MONTH_DAYS, YEAR_DAYS = 30.44, 365.25


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on the axis: a day number and what stands below it."""

    day: float
    text: str
    year: str = ""
    """Below that, where a year begins, and under the first tick."""


def ticks(first: float, last: float, width_px: float, words: Words) -> tuple[Tick, ...]:
    """The ticks of a span of days on an axis of some width, as many as can be read."""
    span = max(last - first, 1.0)
    if span < SHORT_SPAN_DAYS:
        found = [(d, words.short_date(d)) for d in _days(first, last, 2.0 * LABEL_PX * span / width_px)]
    else:
        step = next((s for s in MONTH_STEPS if s * MONTH_DAYS / span * width_px >= LABEL_PX), None)
        if step is None or step == MONTH_STEPS[-1]:
            return tuple(Tick(d.toordinal(), _year(d, words)) for d in _years(first, last, width_px / span))
        found = [(d, words.month(d)) for d in _months(first, last, step)]
    return tuple(_with_years(found, width_px / span, words))


def _with_years(found: list[tuple[date, str]], px_a_day: float, words: Words) -> Iterator[Tick]:
    """The year under the first tick, unless the next year begins before its words end, and where another begins."""
    turns = [d for k, (d, _) in enumerate(found) if k and d.year != found[k - 1][0].year]
    for k, (day, said) in enumerate(found):
        crowded = any(0 < (t - day).days * px_a_day < LABEL_PX for t in turns)
        named = (k == 0 and not crowded) or day in turns
        yield Tick(day.toordinal(), said, _year(day, words) if named else "")


def _days(first: float, last: float, room: float) -> Iterator[date]:
    """Every so many days, from the first whole one on."""
    step = next((s for s in (1, 2, 7, 14) if s >= room), 28)
    day = date.fromordinal(int(first) + 1)
    while day.toordinal() <= last:
        yield day
        day += timedelta(days=step)


def _months(first: float, last: float, step: int) -> Iterator[date]:
    start, end = date.fromordinal(int(first) + 1), date.fromordinal(int(last))
    every = (date(y, m, 1) for y in range(start.year, end.year + 1) for m in range(1, 13, step))
    return (d for d in every if start <= d <= end)


def _years(first: float, last: float, px_a_day: float) -> Iterator[date]:
    step = next((s for s in YEAR_STEPS if s * YEAR_DAYS * px_a_day >= LABEL_PX), YEAR_STEPS[-1])
    start, end = date.fromordinal(int(first)), date.fromordinal(int(last))
    return (date(y, 1, 1) for y in range(start.year + 1, end.year + 1) if y % step == 0)


def _year(day: date, words: Words) -> str:
    return words.plain("trend.year", year=day.year)
