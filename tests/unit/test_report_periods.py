"""Periods, their columns, and the fiscal years that forms write."""

from __future__ import annotations

from datetime import date

import pytest

from iqa.errors import UsageError
from iqa.report.pages.record_dates import column, era_fiscal_year, fiscal, span
from iqa.report.periods import parse_period
from iqa.report.text import plain
from iqa.report.words import load_words

EN, JA = load_words("en"), load_words("ja")


@pytest.mark.parametrize(
    ("said", "first", "last", "columns", "fiscal"),
    [
        ("2026-10", "2026-10-01", "2026-10-31", 31, 2026),
        ("2024-02", "2024-02-01", "2024-02-29", 29, 2023),
        ("2026-03", "2026-03-01", "2026-03-31", 31, 2025),
        ("2026-Q4", "2026-10-01", "2026-12-31", 14, 2026),
        ("2026-Q1", "2026-01-01", "2026-03-31", 14, 2025),
        ("FY2025", "2025-04-01", "2026-03-31", 12, 2025),
        ("2025年度", "2025-04-01", "2026-03-31", 12, 2025),
    ],
)
def test_a_period_is_read(said: str, first: str, last: str, columns: int, fiscal: int) -> None:
    period = parse_period(said)
    assert (period.first.isoformat(), period.last.isoformat(), period.text) == (first, last, said)
    assert (len(period.columns), period.fiscal_year) == (columns, fiscal)


@pytest.mark.parametrize("said", ["", "2026", "2026-13", "2026-00", "2026-Q5", "FY26", "2026-10-01", "0000-01",
                                  "FY9999", "令和8年", "２０２６-10"])  # fmt: skip
def test_anything_else_is_refused_with_what_may_stand_there(said: str) -> None:
    with pytest.raises(UsageError, match=r"is no period: a month \(2026-10\), a quarter .* or a fiscal year"):
        parse_period(said)


@pytest.mark.parametrize("said", ["2026-Q4", "2025-Q1", "FY2026"])
def test_columns_follow_one_another_without_a_gap(said: str) -> None:
    period = parse_period(said)
    days = [day for c in period.columns for day in c.days]
    assert days == list(period.whole.days)


def test_weeks_begin_on_monday_and_are_cut_at_the_ends() -> None:
    weeks = parse_period("2026-Q4").weeks
    assert (weeks[0].first, weeks[0].last) == (date(2026, 10, 1), date(2026, 10, 4))
    assert (weeks[1].first, weeks[1].last) == (date(2026, 10, 5), date(2026, 10, 11))
    assert (weeks[-1].first, weeks[-1].last) == (date(2026, 12, 28), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("said", "era"),
    [
        ("2026-03", "令和7年度"),
        ("2026-04", "令和8年度"),
        ("2019-04", "平成31年度"),
        ("2019-05", "令和元年度"),
        ("FY2019", "令和元年度"),
        ("FY2018", "平成30年度"),
        ("1989-03", "昭和63年度"),
        ("1989-04", "平成元年度"),
    ],
)
def test_the_fiscal_year_is_in_the_era_of_the_last_day(said: str, era: str) -> None:
    assert era_fiscal_year(parse_period(said)) == era


def test_the_head_of_a_form() -> None:
    march, april = parse_period("2026-03"), parse_period("2019-04")
    assert plain(fiscal(march, JA)) == "令和7年度（2025年度）"
    assert plain(fiscal(march, EN)) == "Fiscal year 2025 (令和7年度)"
    assert plain(span(april, JA)) == "期間：平成31年4月1日～4月30日"
    assert plain(span(parse_period("FY2018"), JA)) == "期間：平成30年4月1日～平成31年3月31日"
    assert plain(span(march, EN)).replace("\u00a0", " ") == "Period: 1 March 2026 to 31 March 2026"


@pytest.mark.parametrize(
    ("said", "place", "ja", "en"),
    [
        ("2026-10", 0, ("1", "木"), ("1", "Th")),
        ("2026-Q4", 0, ("10/1", "～10/4"), ("1/10", "–4/10")),
        ("FY2026", 0, ("2026", "4月"), ("2026", "Apr")),
        ("FY2026", 1, ("", "5月"), ("", "May")),
        ("FY2026", 9, ("2027", "1月"), ("2027", "Jan")),
    ],
)
def test_what_stands_over_a_column(said: str, place: int, ja: tuple[str, ...], en: tuple[str, ...]) -> None:
    period = parse_period(said)
    assert column(period.columns[place], period, JA) == ja
    assert column(period.columns[place], period, EN) == en
