"""The time that a report is about: a month, a quarter or a Japanese fiscal year, and its columns."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from iqa.errors import UsageError
from iqa.report.words import FISCAL_MONTH, fiscal_year

Kind = Literal["month", "quarter", "year"]
MONTH = re.compile(r"(?P<year>[0-9]{4})-(?P<month>0[1-9]|1[0-2])")
QUARTER = re.compile(r"(?P<year>[0-9]{4})-Q(?P<quarter>[1-4])")
FISCAL = re.compile(r"FY(?P<year>[0-9]{4})|(?P<ja>[0-9]{4})年度")
FIRST_YEAR, LAST_YEAR = 1926, 2999
"""Before it there is no era of a living calendar, and no scanner; after it no calendar of iqa is tested."""
WANTED = "a month (2026-10), a quarter of the calendar (2026-Q4) or a fiscal year from April (FY2026, 2026年度)"


@dataclass(frozen=True, slots=True)
class Stretch:
    """One column: a day, a week or a month, as far as it lies in the period."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.first <= day <= self.last

    @property
    def days(self) -> tuple[date, ...]:
        """Each of its days."""
        return tuple(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Period:
    """A month, a quarter or a fiscal year."""

    kind: Kind
    first: date
    last: date
    text: str
    """As `--period` takes it."""

    @property
    def whole(self) -> Stretch:
        """All of it."""
        return Stretch(self.first, self.last)

    @property
    def fiscal_year(self) -> int:
        """The Japanese fiscal year that it lies in; no period lies in two."""
        return fiscal_year(self.first)

    @property
    def columns(self) -> tuple[Stretch, ...]:
        """Days of a month, weeks (from Monday) of a quarter, months of a year."""
        match self.kind:
            case "month":
                return tuple(Stretch(day, day) for day in self.whole.days)
            case "quarter":
                return self.weeks
        return self.months

    @property
    def weeks(self) -> tuple[Stretch, ...]:
        """Weeks from Monday to Sunday, cut at both ends of the period."""
        mondays = [self.first, *(d for d in self.whole.days[1:] if d.weekday() == 0)]
        ends = [*(m - timedelta(days=1) for m in mondays[1:]), self.last]
        return tuple(Stretch(a, b) for a, b in zip(mondays, ends, strict=True))

    @property
    def months(self) -> tuple[Stretch, ...]:
        """Months of the calendar."""
        firsts = [d for d in self.whole.days if d.day == 1]
        return tuple(Stretch(d, _month_end(d)) for d in firsts)


def parse_period(said: str) -> Period:
    """The period that a person asks for.

    Raises
    ------
    UsageError
        It is none.

    Examples
    --------
    >>> period = parse_period("FY2025")
    >>> period.first.isoformat(), period.last.isoformat()
    ('2025-04-01', '2026-03-31')
    """
    found = MONTH.fullmatch(said) or QUARTER.fullmatch(said) or FISCAL.fullmatch(said)
    parts = found.groupdict() if found else {}
    year = int(parts.get("year") or parts.get("ja") or 0)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise UsageError(f"'{said}' is no period: {WANTED}.")
    if "month" in parts:
        first = date(year, int(parts["month"]), 1)
        return Period("month", first, _month_end(first), said)
    if "quarter" in parts:
        last = 3 * int(parts["quarter"])
        return Period("quarter", date(year, last - 2, 1), _month_end(date(year, last, 1)), said)
    return Period("year", date(year, FISCAL_MONTH, 1), _month_end(date(year + 1, FISCAL_MONTH - 1, 1)), said)


def _month_end(first: date) -> date:
    return first.replace(day=monthrange(first.year, first.month)[1])
