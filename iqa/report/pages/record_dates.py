"""Dates on forms: by the Japanese calendar in Japanese, as everywhere else in English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from iqa.report.periods import Period, Stretch
from iqa.report.text import Text, as_text
from iqa.report.words import ERAS, FISCAL_MONTH, Words, era_year, wareki

MOST_DAYS = 2
"""That a sentence names one by one."""


def form_day(day: date, words: Words) -> str:
    """A day in full."""
    return wareki(day) if words.language == "ja" else words.day(day)


def form_day_and_year(day: date, words: Words) -> str:
    """The same, with the western year beside the Japanese one."""
    return f"{wareki(day)}（{day.year}年）" if words.language == "ja" else words.day(day)


def span(period: Period, words: Words) -> Text:
    """From the first to the last day of a period."""
    last = form_day(period.last, words)
    if words.language == "ja":  # the year once
        last = last.removeprefix(era_year(period.first))
    return words("record.period", first=form_day(period.first, words), last=last)


def fiscal(period: Period, words: Words) -> Text:
    """The fiscal year of a period: 令和8年度（2026年度）."""
    return words("record.fiscal_year", era=era_fiscal_year(period), year=period.fiscal_year)


def era_fiscal_year(period: Period) -> str:
    """The fiscal year in the Japanese calendar, in the era of the period's last day: 平成31年度 until April 2019."""
    year = period.fiscal_year
    for start, era in ERAS:
        number = year - start.year + 1
        # January to March of an era's first year belong to a fiscal year that began in the era before
        if start <= period.last and number >= 1:
            return f"{era}{'元' if number == 1 else number}年度"
    return f"{year}年度"


def moment(said: str, words: Words) -> Text:
    """A day and the time of it."""
    return words("record.printed", day=form_day(date.fromisoformat(said[:10]), words), time=said[11:16])


def column(stretch: Stretch, period: Period, words: Words) -> tuple[str, ...]:
    """What stands over a column: a day with its weekday, a week from Monday to Sunday, a month."""
    first, last = stretch.first, stretch.last
    match period.kind:
        case "month":
            weekday = words.written(f"weekday.{first.isoweekday()}")
            return str(first.day), weekday if words.language == "ja" else weekday[:2]
        case "quarter":
            start = words.plain("record.week_from", month=first.month, day=first.day)
            return start, words.plain("record.week_to", month=last.month, day=last.day)
    month = words.written(f"month.{first.month}")
    named = month if words.language == "ja" else month[:3]
    return (str(first.year), named) if first.month in (1, FISCAL_MONTH) else ("", named)


def short_day(day: date, period: Period, words: Words) -> str:
    """A day within the period; in Japanese its number alone in a month."""
    if period.kind == "month" and words.language == "ja":
        return f"{day.day}日"
    return words.short_date(day)


def days_said(days: Sequence[date], words: Words) -> Text:
    """Some days in one clause; of many the first ones and how many more."""
    shown = [words.short_date(day) for day in days[:MOST_DAYS]]
    said = words.written("record.comma").join(shown)
    more = len(days) - len(shown)
    return words("record.days_more", days=said, n=more) if more else as_text(said)
