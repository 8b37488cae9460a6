"""What an inspection record says: marks, numbers, what was not done, the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from iqa.model import Acquisition, Baseline, Bounds, Limit, Measurement, Outcome, Scope, Verdict
from iqa.report.drl import reference_levels
from iqa.report.due import missed
from iqa.report.html import html
from iqa.report.pages.record import record_page
from iqa.report.periods import parse_period
from iqa.report.record_content import Cell, GridRow, RecordPage, Table
from iqa.report.records import Checked, Dosed, Noted, RecordStory, Remark, Scanned, Shown, Together
from iqa.report.stories import Measure
from iqa.report.text import plain
from iqa.report.words import Words, load_words
from iqa.store.checks import Check, Device, Display, Show, When, default_checks
from iqa.store.history import Happened

EN, JA = load_words("en"), load_words("ja")
OCTOBER = parse_period("2026-10")
DEVICE = Device(
    name="CT 2", general_name="X-ray CT", model="X-64", serial="0002", control_number="02-0001",
    put_into_use="2022-04-01", holder="M", department="Radiology",
)  # fmt: skip
NOISE = Limit(name="noise", key="noise.sd", kind="absolute", bounds=Bounds(warn_high=3.4, fail_high=3.5), unit="HU",
              basis="site", source="Hospital A", edition="3", adopted_by="Ann", adopted_on="2026-06-08")  # fmt: skip
WEEKDAYS = [d for d in OCTOBER.whole.days if d.weekday() < 5]


def check(key: str, when: When = "start", show: Show = "value", name: str = "", **more: str) -> Check:
    return Check(name=name or key, when=when, key=key, show=show, **more)  # type: ignore[arg-type]


def measure(key: str, value: float | None, outcome: Outcome | None = None, *, u: float | None = None, unit: str = "HU",
            limit: Limit = NOISE, signal: bool = False) -> Measure:  # fmt: skip
    said = None if value is None else Measurement(key, value, u, unit, 1, "", "made@1")
    verdicts = () if outcome is None else (Verdict(key, outcome, "", "simple", limit),)
    bounds = None if outcome is None else limit.bounds
    return Measure(key=key, measurement=said, verdicts=verdicts, outcome=outcome or Outcome.NOT_JUDGED, bounds=bounds,
                   out_of_control=signal)  # fmt: skip


def noted(day: str, key: str, value: float | None, outcome: Outcome | None = None, person: str | None = "Ann",
          unit: str = "1", time: str = "08:00") -> Noted:  # fmt: skip
    return Noted(f"{day}T{time}:00", measure(key, value, outcome, unit=unit), person)


def story(*checked: Checked, period: str = "2026-10", at: str = "2026-11-02T09:10:00", **more: object) -> RecordStory:
    known = {"days_off": ("saturday", "sunday"), "device": DEVICE, "rule": "simple", "version": "1.0.0"}
    return RecordStory(scanner="ct2", period=parse_period(period), made_at=at, checked=checked, **(known | more))  # type: ignore[arg-type]


def row(page: RecordPage, place: int = 0) -> GridRow:
    return [r for g in page.grid.groups for r in g.rows][place]


def cell(page: RecordPage, day: int, place: int = 0) -> Cell:
    return row(page, place).cells[day - 1]


def texts(table: Table, place: int) -> list[str]:
    return [plain(c.text) for c in table.rows[place]]


MARKED = {
    "by eye, in order": ("mark", 0.0, None, ("○",), False),
    "by eye, to be watched": ("mark", 1.0, None, ("△",), True),
    "by eye, abnormal": ("mark", 2.0, None, ("×",), True),
    "by eye, and a limit says worse": ("mark", 0.0, Outcome.FAIL, ("×",), True),
    "neither 0, 1 nor 2": ("mark", 3.0, None, ("✓",), False),
    "nothing handed over": ("yes_no", 0.0, None, ("無",), False),
    "something handed over": ("yes_no", 1.0, None, ("有",), False),
    "a number": ("value", 22.5, None, ("22.5",), False),
    "a number that passes": ("value", 22.0, Outcome.PASS, ("22",), False),
    "a number that fails": ("value", -3.0, Outcome.FAIL, ("−3", "×"), True),
    "a number too long for the column of a day": ("value", 101.325, None, ("101",), False),
}


@pytest.mark.parametrize(("show", "value", "outcome", "lines", "strong"), MARKED.values(), ids=MARKED)
def test_every_kind_of_check(
    show: Show, value: float, outcome: Outcome | None, lines: tuple[str, ...], strong: bool
) -> None:
    key = "manual.gantry"
    page = record_page(story(Checked(check(key, show=show), (noted("2026-10-05", key, value, outcome),))), JA)
    assert cell(page, 5) == Cell(lines, False, strong)


@pytest.mark.parametrize(
    ("outcome", "mark"),
    [
        (Outcome.PASS, "○"), (Outcome.PASS_WITHIN_U, "○"), (Outcome.WARNING, "△"), (Outcome.FAIL, "×"),
        (Outcome.CANNOT_TELL, "?"), (Outcome.NOT_COMPARABLE, "?"), (Outcome.NOT_MEASURED, "?"), (None, "✓"),
    ],
)  # fmt: skip
def test_every_verdict_of_a_scan_has_its_mark(outcome: Outcome | None, mark: str) -> None:
    one = Checked(check("image_quality", "weekly", "mark"), (noted("2026-10-05", "image_quality", None, outcome),))
    page = record_page(story(one), JA)
    assert cell(page, 5).lines == (mark,)
    assert row(page).measured
    assert ("?" in plain(page.grid.legend)) == (mark == "?")


def test_a_number_of_another_unit_is_no_check_by_eye() -> None:
    """0.0 mm of a laser is no ○ where nothing judges it."""
    page = record_page(
        story(Checked(check("manual.laser", show="mark"), (noted("2026-10-05", "manual.laser", 0.0, unit="mm"),))), JA
    )
    assert cell(page, 5).lines == ("✓",)


def test_days_that_were_missed_days_off_and_days_to_come() -> None:
    done = Checked(check("manual.gantry", show="mark"), (noted("2026-10-01", "manual.gantry", 0.0),))
    page = record_page(story(done, at="2026-10-07T09:00:00", days_off=("saturday", "sunday", "2026-10-06")), JA)
    assert [c.lines for c in row(page).cells[:8]] == [("○",), ("－",), (), (), ("－",), (), ("－",), ()]
    assert [c.off for c in row(page).cells[:8]] == [False, False, True, True, False, True, False, False]
    assert "始業点検に未実施のある日：3 日。" in plain(page.said)


def test_what_was_done_on_a_day_off_is_shown() -> None:
    page = record_page(story(Checked(check("manual.g", show="mark"), (noted("2026-10-03", "manual.g", 0.0),))), JA)
    assert cell(page, 3) == Cell(("○",), off=True)


def test_nothing_was_due_before_the_device_was_put_into_use() -> None:
    new = replace(DEVICE, put_into_use="2026-10-29")
    assert [s.place.day for s in missed(Checked(check("manual.g")), story(device=new))] == [29, 30]


def test_a_week_asks_once_and_may_have_begun_before_the_period() -> None:
    weekly = check("manual.laser", "weekly")
    before = Checked(weekly, (noted("2026-09-30", "manual.laser", 1.0),))
    assert [s.place.day for s in missed(before, story())] == [9, 16, 23]
    page = record_page(story(before), JA)
    assert [d for d in range(1, 32) if cell(page, d).lines] == [9, 16, 23]
    assert "週次点検の未実施：3 週。" in plain(page.said)
    unfinished = story(at="2026-10-11T23:00:00")
    assert [s.place.day for s in missed(Checked(weekly), unfinished)] == [2]


def test_a_month_and_a_year_ask_once() -> None:
    monthly, annual = Checked(check("manual.a", "monthly")), Checked(check("manual.b", "annual"))
    assert [s.place.isoformat() for s in missed(monthly, story())] == ["2026-10-30"]
    assert missed(monthly, story(at="2026-10-31T09:00:00")) == ()
    year = story(period="FY2025", at="2026-10-01T09:00:00")
    assert [s.place.isoformat() for s in missed(annual, year)] == ["2026-03-31"]
    assert missed(annual, story()) == ()


def test_an_annual_check_stands_on_the_sheet_of_a_year_alone() -> None:
    annual = Checked(check("manual.b", "annual", name="leakage"), (noted("2026-10-05", "manual.b", 1.0),))
    assert record_page(story(annual), EN).grid.groups == ()
    (group,) = record_page(story(annual, period="FY2026"), EN).grid.groups
    assert (plain(group.name), plain(group.rows[0].name)) == ("Annual", "leakage")


def test_of_a_day_the_last_counts_and_the_sheet_says_how_many() -> None:
    key = "manual.artefacts"
    again = Checked(check(key, show="mark", name="rings"), (
        noted("2026-10-05", key, 2.0, time="08:00"), noted("2026-10-05", key, 0.0, time="09:00")))  # fmt: skip
    page = record_page(story(again), EN)
    assert cell(page, 5).lines == ("○",)
    assert next(plain(a.text) for a in page.actions) == "rings: 2 times (the last is shown; also fail)"
    assert page.mark == "○"


def test_values_of_weeks_and_months_are_largest_mean_and_smallest() -> None:
    days = ("2026-10-05", "2026-10-06", "2026-10-08")
    values = tuple(noted(d, "manual.t", v, unit="degC") for d, v in zip(days, (22.0, 24.5, 20.0), strict=True))
    quarter = record_page(story(Checked(check("manual.t"), values), period="2026-Q4", at="2026-10-12T09:00:00"), JA)
    assert row(quarter).cells[1].lines == ("24.5", "22.2", "20.0", "3/5")
    year = record_page(story(Checked(check("manual.t"), values), period="FY2026"), JA)
    assert row(year).cells[6].lines == ("24.5", "22.2", "20.0", "3/22")


def test_a_week_of_checks_by_eye_shows_the_worst_and_how_many_were_done() -> None:
    key = "manual.g"
    marks = tuple(noted(f"2026-10-0{d}", key, v) for d, v in ((5, 0.0), (6, 1.0), (7, 0.0)))
    page = record_page(story(Checked(check(key, show="mark"), marks), period="2026-Q4", at="2026-10-20T09:00:00"), JA)
    assert [c.lines for c in row(page).cells[:4]] == [("－",), ("△", "3/5"), ("－",), ("－",)]


def test_the_people_who_checked_have_letters_by_their_first_entry() -> None:
    a = Checked(
        check("manual.a"),
        (noted("2026-10-02", "manual.a", 1.0, person="<b>Zoe</b>"), noted("2026-10-05", "manual.a", 1.0)),
    )
    b = Checked(
        check("manual.b"),
        (noted("2026-10-05", "manual.b", 1.0, person="<b>Zoe</b>"), noted("2026-10-01", "noise.sd", 1.0, person=None)),
    )
    page = record_page(story(a, b), EN)
    assert [c.lines for c in page.grid.checked_by[:5]] == [(), ("A",), (), (), ("AB",)]
    assert plain(page.grid.legend).endswith("Checked by A: <b>Zoe</b>, B: Ann")
    assert all(not c.lines for c in page.grid.confirmed_by)


def test_a_criterion_is_the_site_s_words_else_the_limit() -> None:
    said = Checked(check("manual.a", criterion="異常なし", criterion_en="in order"))
    limited = Checked(check("manual.b"), bounds=Bounds(warn_low=18.0, warn_high=28.0))
    about = Checked(check("manual.c"), bounds=Bounds(fail_low=-2.0, fail_high=2.0))
    most = Checked(check("noise.sd"), bounds=Bounds(fail_high=3.5))
    page = record_page(story(said, limited, about, most, Checked(check("manual.d"))), JA)
    assert [plain(row(page, n).criterion) for n in range(5)] == ["異常なし", "18～28", "±2 以内", "3.5 以下", ""]
    assert plain(row(record_page(story(said), EN)).criterion) == "in order"


def scans(*values: tuple[int, float, Outcome | None], signal: bool = False, key: str = "noise.sd") -> Together:
    made = tuple(
        Scanned(f"2026-10-{day:02}T07:00:00", {key: measure(key, v, o, u=0.03, signal=signal)}) for day, v, o in values
    )
    return Together("head", "catphan-1", "Catphan 504", Acquisition(kv=120.0, kernel="STD"), made)


def test_each_scan_of_a_month_has_a_column_and_what_does_not_pass_a_mark() -> None:
    page = record_page(story(together=(scans((5, 3.301, Outcome.PASS), (19, 3.62, Outcome.FAIL), signal=True),)), JA)
    (table,) = page.tables
    assert [plain(h.text) for h in table.heads] == [
        "項目", "単位", "基礎値", "許容範囲", "5日", "19日", "± u", "許容範囲の中の位置", "判定", "備考",
    ]  # fmt: skip
    assert texts(table, 0) == [
        "ノイズ（標準偏差）",
        "HU",
        "–",
        "3.40 以下",
        "3.30",
        "3.62×",
        "±\u00a00.03",
        "",
        "×",
        "19日 管理外れ、19日 不合格",
    ]
    assert [c.strong for c in table.rows[0]][5]
    assert table.rows[0][7].svg.startswith("<svg")
    assert "#A61B1B" not in table.rows[0][7].svg
    assert plain(table.note) == "Catphan 504 (catphan-1)、head（120\u00a0kV、STD）　● 19日　○ ほかの日"
    assert (page.mark, plain(page.verdict)) == ("×", "不合格")
    assert plain(page.said).startswith("不合格：ノイズ（標準偏差）（10月19日）。管理外れ")


def test_a_signal_within_the_period_and_a_new_method_are_said() -> None:
    early = measure("noise.sd", 3.2, Outcome.PASS, u=0.03, signal=True)
    late = measure("noise.sd", 3.1, Outcome.PASS, u=0.03)
    assert late.measurement is not None
    late = replace(late, measurement=replace(late.measurement, method="made@2"))
    days = (Scanned("2026-10-05T07:00:00", {"noise.sd": early}), Scanned("2026-10-12T07:00:00", {"noise.sd": late}))
    page = record_page(story(together=(replace(scans(), scans=days),)), EN)
    assert texts(page.tables[0], 0)[-1].replace("\u00a0", " ") == "5 Oct: out of control, method changed"
    assert "Noise (SD) (5 Oct)" in plain(page.said).replace("\u00a0", " ")
    assert page.mark == "○"


def test_what_is_done_after_work_is_not_missed_before_the_day_is_over() -> None:
    on_the_day = story(at="2026-10-02T09:00:00")
    assert [s.place.day for s in missed(Checked(check("manual.a", "start")), on_the_day)] == [1, 2]
    assert [s.place.day for s in missed(Checked(check("manual.a", "end")), on_the_day)] == [1]


def test_many_scans_are_summed_up() -> None:
    many = scans(*((d, 3.2 + d / 100, Outcome.PASS) for d in range(1, 8)))
    (table,) = record_page(story(together=(many,)), EN).tables
    assert texts(table, 0)[4:9] == ["7", "3.21", "3.24", "3.27", "3.27"]


def test_a_year_has_months_as_columns() -> None:
    (table,) = record_page(
        story(together=(scans((5, 3.2, Outcome.PASS), (6, 3.4, Outcome.PASS)),), period="FY2026"), EN
    ).tables
    assert len(table.heads) == len(table.widths) == len(table.rows[0]) == 17
    assert table.rows[0][3 + 6].lines == ("3.40", "3.30", "3.20")
    assert sum(table.widths) < 190


@pytest.mark.parametrize("n", [1, 5, 6])
def test_the_columns_of_a_table_fit_the_sheet(n: int) -> None:
    (table,) = record_page(story(together=(scans(*((d, 3.2, Outcome.PASS) for d in range(1, n + 1))),)), EN).tables
    assert len(table.heads) == len(table.widths) == len(table.rows[0])
    assert sum(table.widths) <= 190 - 12


def test_what_does_not_pass_is_shown_before_what_does() -> None:
    measures = {
        f"ct_number.m{n}": measure(f"ct_number.m{n}", 1.0, Outcome.FAIL if n == 39 else Outcome.PASS, u=0.1)
        for n in range(40)
    }
    group = replace(scans(), scans=(Scanned("2026-10-05T07:00:00", measures),))
    (table,) = record_page(story(together=(group,)), EN).tables
    names = [plain(r[0].text) for r in table.rows]
    assert len(names) == 24
    assert "CT number, m39" in names
    assert plain(table.below).startswith("16 more measures (all pass or not judged)")


def test_values_that_stand_in_the_grid_stand_there_alone() -> None:
    shown = Checked(Check(name="noise", when="start", key="noise.sd", protocols=("head",)))
    assert record_page(story(shown, together=(scans((5, 3.2, Outcome.PASS)),)), EN).tables == ()


OVERALL = {
    "nothing": ((), "－", "記録なし", "この期間に点検の記録はありません。"),
    "not judged": ((None,), "✓", "判定なし", "点検の記録はありますが"),
    "pass": ((Outcome.PASS,), "○", "合格", "判定したすべての項目が許容範囲内です。"),
    "near a limit": ((Outcome.PASS, Outcome.PASS_WITHIN_U), "○", "合格", "判定したすべての項目が"),
    "warning": ((Outcome.PASS, Outcome.WARNING, Outcome.CANNOT_TELL), "△", "警告", "警告・要観察：n（10月2日）。判定"),
    "cannot tell": ((Outcome.CANNOT_TELL,), "?", "判定不能", "判定できなかった項目：n（10月1日）。"),
    "fail": ((Outcome.FAIL, Outcome.WARNING), "×", "不合格", "不合格：n（10月1日）。警告・要観察：n（10月2日）。"),
}  # fmt: skip


@pytest.mark.parametrize(("outcomes", "mark", "word", "said"), OVERALL.values(), ids=OVERALL)
def test_the_verdict_on_a_period(outcomes: Sequence[Outcome | None], mark: str, word: str, said: str) -> None:
    one = check("noise.sd", name="n")
    days = tuple(noted(f"2026-10-0{d}", "noise.sd", 1.0, o) for d, o in enumerate(outcomes, start=1))
    page = record_page(story(Checked(one, days)), JA)
    assert (page.mark, plain(page.verdict)) == (mark, word)
    assert plain(page.said).startswith(said)


def test_a_measure_that_stands_twice_is_named_once_by_the_check() -> None:
    both = Checked(check("noise.sd", name="water noise"), (noted("2026-10-05", "noise.sd", 3.6, Outcome.FAIL),))
    page = record_page(story(both, together=(scans((5, 3.6, Outcome.FAIL)),)), EN)
    assert plain(page.said).count("Fail: water noise (5") == 1
    assert "Noise (SD)" not in plain(page.said)


def test_displays_are_not_judged_until_a_set_is_adopted() -> None:
    left = Display(name="left", control_number="D-1", place="room", grade="1B")
    key = "manual.display.left.luminance"
    shown = Shown(left, noted("2026-10-05", key, 312.0, unit="cd/m2"), noted("2026-10-05", key[:-9] + "ratio", 418.0))
    (table,) = record_page(story(displays=(shown,)), JA).beside
    assert texts(table, 0) == ["D-1", "room", "1B", "312", "418", "判定なし"]
    assert plain(table.note) == "JESRA X-0093・手入力（10月5日、A）"
    failed = replace(shown, luminance=noted("2026-10-05", key, 120.0, Outcome.FAIL, unit="cd/m2"))
    page = record_page(story(displays=(failed,)), JA)
    assert (texts(page.beside[0], 0)[5], page.mark) == ("×", "×")
    assert plain(page.said).startswith("不合格：医用モニタ D-1（10月5日）。")
    (empty,) = record_page(story(displays=(Shown(left, None, None),)), JA).beside
    assert texts(empty, 0)[3:] == ["–", "–", "－"]


def test_doses_stand_beside_the_levels_of_their_time_without_a_verdict() -> None:
    key = "manual.dose.head."
    numbers = (("ctdivol", 99.0), ("dlp", 1040.0), ("count", 84.0))
    head = Dosed("head", *(noted("2026-10-30", key + quantity, value) for quantity, value in numbers))
    page = record_page(
        story(doses=(head, replace(head, region="my_own")), levels=reference_levels().on(date(2026, 10, 31))), JA
    )
    (table,) = page.beside
    assert texts(table, 0) == ["頭部単純ルーチン", "84", "99", "67", "1040", "1260"]
    assert texts(table, 1)[0] == "my own"
    assert texts(table, 1)[3] == "–"
    assert plain(table.note) == "診断参考レベル 2025年版（出典未照合）"
    assert page.mark == "－"


def test_levels_that_are_only_remembered_are_not_shown() -> None:
    known = reference_levels()
    then = known.on(date(2023, 5, 1))
    assert then is not None
    assert (then.year, dict(then.levels)) == (2020, {})
    page = record_page(story(doses=(Dosed("head", None, None, noted("2026-10-30", "manual.x", 1.0)),), levels=then), EN)
    assert plain(page.beside[0].note) == "DRL of 2020 not shown: source not checked"
    assert texts(page.beside[0], 0)[3] == "–"
    assert known.on(date(2010, 1, 1)) is None


def test_levels_are_those_of_the_notes() -> None:
    """Numbers of facts that were collected for this table: 2025 as quoted, 2015 second-hand."""
    old, _, new = reference_levels().editions
    assert [(new.levels[r].ctdivol, new.levels[r].dlp) for r in ("head", "chest", "trauma", "child_chest_0y")] == [
        (67, 1260), (11, 430), (None, 5290), (2, 50),
    ]  # fmt: skip
    assert (old.levels["coronary"].ctdivol, old.levels["coronary"].dlp) == (90, 1400)
    assert not new.checked
    assert not old.checked


def test_what_happened_and_what_people_wrote_by_date() -> None:
    tube = Happened(1, "2026-10-26T10:00:00", "tube", "ct2", None, "tube 4711", "Bob")
    filled = Happened(2, "2026-10-02", "refilled", None, "water", "bubbles", "Bob")
    rings = Remark("2026-10-21T08:00:00", "manual.artefacts", 1.0, "1", "recalibrated", "Ann")
    checked = Checked(
        check("manual.artefacts", show="mark", name="rings"), (noted("2026-10-21", "manual.artefacts", 1.0),)
    )
    page = record_page(story(checked, happened=(tube, filled), remarks=(rings,)), JA)
    assert [(plain(a.when), plain(a.text)) for a in page.actions] == [
        ("10月2日", "ファントム water、ファントム充填：bubbles（Bob）"),
        ("10月21日", "rings（△）：recalibrated（Ann）"),
        ("10月26日", "管球交換：tube 4711（Bob）"),
        ("", "この期間にファントムのスキャンはありません。"),
    ]


def test_a_device_that_nobody_described() -> None:
    page = record_page(story(device=Device()), JA)
    facts = {plain(f.name): plain(f.text) for pair in page.device for f in pair}
    assert set(facts.values()) == {"－"}
    assert len(facts) == 6
    assert plain(page.actions[-1].text) == (
        "医療機器の登録事項に未記入があります：医療機器名、機器管理番号、一般的名称、使用開始年月日、型式、製造販売業者"
        "（iqa.toml の scanner.ct2.device）。"
    )
    assert plain(page.over) == "令和8年度（2026年度）"


def test_the_head_of_a_described_device() -> None:
    page = record_page(story(site="Hospital A", seals=("Manager",)), JA)
    facts = {plain(f.name): plain(f.text) for pair in page.device for f in pair}
    assert facts["使用開始年月日"] == "令和4年4月1日（2022年）"
    assert facts["型式"] == "X-64、製造番号 0002"
    assert plain(page.over) == "令和8年度（2026年度）　Hospital A　Radiology"
    assert [plain(s) for s in page.seals] == ["Manager"]


def test_the_foot_says_whose_limits_and_what_measured() -> None:
    baseline = Baseline(key="noise.sd", method="made@1", unit="HU", scope=Scope("ct2"), value=3.0, spread=0.1, n=8,
                        approved_by="Ann", approved_at="2026-06-08T00:00:00Z", reason="accepted")  # fmt: skip
    page = record_page(
        story(
            limits=(NOISE, replace(NOISE, name="other")),
            baselines=(baseline,),
            versions=("0.9.0",),
            definitions=("8d41" + "0" * 58 + "c2",),
        ),
        JA,
    )
    left, right = ([plain(t) for t in side] for side in page.foot)
    assert left[0] == "許容値：Hospital A 3（令和8年6月8日採用、Ann、自施設で定めた値）。"
    assert left[1] == "基礎値：令和8年6月8日 Ann承認。"
    assert "限界" in left[2]
    assert "k = 1" in left[2]
    assert right == ["iqa 1.0.0（測定 0.9.0）　定義 8d41…00c2", "印刷 令和8年11月2日 09:10"]
    bare = record_page(story(limits=(replace(NOISE, source="", edition="", adopted_by="", adopted_on=""),)), EN)
    assert plain(bare.foot[0][0]) == "Limits: no source given (nobody named as adopting them, the site’s own numbers)."


HOSTILE = "<script>alert(1)</script> *a* {b} #eval(1) $x$ \u202eright"


@pytest.mark.parametrize("words", [EN, JA], ids=["en", "ja"])
def test_hostile_names_stay_letters(words: Words) -> None:
    device = replace(DEVICE, name=HOSTILE, control_number=HOSTILE, holder=HOSTILE, department=HOSTILE)
    one = Checked(
        check("manual.g", show="mark", name=HOSTILE, criterion=HOSTILE),
        (noted("2026-10-05", "manual.g", 1.0, person=HOSTILE),),
    )
    happened = Happened(1, "2026-10-06", "other", "ct2", None, HOSTILE, HOSTILE)
    display = Shown(Display(name="left", control_number=HOSTILE, place=HOSTILE, grade="2"), None, None)
    page = record_page(
        story(one, device=device, happened=(happened,), displays=(display,), site=HOSTILE, seals=(HOSTILE,)), words
    )
    made = html("record.html", page, words)
    assert "<script>alert" not in made
    assert made.count("&lt;script&gt;alert(1)") >= 10
    assert "*a* {b} #eval(1) $x$" in made


@pytest.mark.parametrize(("words", "period"), [(JA, "2026-10"), (EN, "2026-Q4"), (JA, "FY2026")], ids=["m", "q", "y"])
def test_a_sheet_of_forty_checks_and_of_none(words: Words, period: str) -> None:
    kinds: tuple[When, ...] = ("start", "end", "weekly", "monthly", "annual")
    many = [Checked(check(f"manual.c{n}", kinds[n % 5])) for n in range(40)]
    for checked in (many, []):
        page = record_page(story(*checked, period=period), words)
        made = html("record.html", page, words)
        assert made.count('class="it"') == 2 + sum(c.check.when != "annual" or period == "FY2026" for c in checked)
        assert "href" not in made
        assert "src=" not in made


def test_the_shipped_checks_are_named_in_both_languages() -> None:
    checks = default_checks()
    assert len(checks) == 12
    assert all(c.name_en and (c.criterion == "") == (c.criterion_en == "") for c in checks)
    assert {c.when for c in checks} == {"start", "end", "weekly"}
