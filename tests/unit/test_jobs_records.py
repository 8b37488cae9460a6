"""The inspection record of a made-up workspace: what is read of it, and what people enter for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from made_results import analysis_of, stored

from iqa.errors import UsageError
from iqa.jobs.entering import enter_event, enter_value, read_value
from iqa.jobs.limits import adopt_set
from iqa.jobs.records import record_story
from iqa.model import Acquisition, Outcome
from iqa.report.pages.record import record_page
from iqa.report.pdf import pdf
from iqa.report.periods import parse_period
from iqa.report.text import plain
from iqa.report.words import load_words
from iqa.store.audit import entries
from iqa.store.decisions import Signed
from iqa.store.matching import Owner
from iqa.store.workspace import Workspace
from tests.made_workspace import ANN, TOML, iqa, made_workspace, refused

AT = "2026-11-27T12:00:00Z"
OCTOBER = parse_period("2026-10")
FORM = (
    TOML
    + """
[protocol.weekly]
kv = 100
[scanner.ct1.device]
name = "CT 1"
control_number = "02-1"
[display.left]
grade = "1B"
control_number = "D-1"
[display.other]
grade = "2"
scanners = ["ct2"]
[[check]]
name = "Temperature"
when = "start"
key = "manual.t"
[[check]]
name = "Water"
when = "start"
key = "ct_number.uniform"
protocols = ["morning"]
[[check]]
name = "Gantry"
when = "end"
key = "manual.gantry"
show = "mark"
[[check]]
name = "Phantom"
when = "weekly"
key = "image_quality"
show = "mark"
protocols = ["weekly"]
[[limit]]
name = "water"
key = "ct_number.uniform"
unit = "HU"
fail_low = -4
fail_high = 4
source = "ours"
[[limit]]
name = "temperature"
key = "manual.t"
unit = "degC"
warn_low = 18
warn_high = 28
"""
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return made_workspace(tmp_path / "ws", FORM)


def entered(
    workspace: Workspace, key: str, value: float, dated: str, unit: str = "1", note: str = "", by: str = "Ann"
) -> None:
    signed = Signed(by, AT, note)
    enter_value(workspace, key, value, unit=unit, scanner="ct1", signed=signed, dated=dated)


def scanned(workspace: Workspace, dated: str, protocol: str, **values: float) -> None:
    keys = {name.replace("__", "."): value for name, value in values.items()}
    of = Acquisition(manufacturer="M", model="X-64", serial="77")
    made = analysis_of(f"{protocol}{dated}", keys, dated=f"{dated}T07:00:00", acquisition=of)
    stored(workspace, made, Owner("ct1", protocol, "water"), at=AT)


def test_the_story_of_a_month(workspace: Workspace) -> None:
    entered(workspace, "manual.t", 22.0, "2026-10-05T08:00", "degC")
    entered(workspace, "manual.t", 31.0, "2026-10-06T08:00", "degC", note="air conditioning off", by="Bob")
    entered(workspace, "manual.gantry", 1.0, "2026-10-06", by="Bob")
    entered(workspace, "manual.t", 10.0, "2026-11-02", "degC", note="of another month")
    scanned(workspace, "2026-10-05", "morning", ct_number__uniform=1.0)
    scanned(workspace, "2026-10-06", "weekly", ct_number__uniform=9.0, noise__sd=3.0)
    entered(workspace, "manual.display.left.luminance", 120.0, "2026-10-07", "cd/m2")
    entered(workspace, "manual.dose.head.ctdivol", 58.2, "2026-10-30", "mGy")
    enter_event(workspace, "other", scanner="ct1", dated="2026-10-08", signed=replace(ANN, reason="ring"))
    enter_event(workspace, "refilled", phantom="water", dated="2026-10-09", signed=replace(ANN, reason="bubbles"))
    enter_event(workspace, "other", scanner="ct2", dated="2026-10-08", signed=ANN)

    story = record_story(workspace, "ct1", OCTOBER, at=AT)
    marks = {c.check.name: [(n.dated, n.value, c.outcome(n).value, n.person) for n in c.noted] for c in story.checked}
    assert marks == {
        "Temperature": [("2026-10-05T08:00:00", 22.0, "pass", "Ann"), ("2026-10-06T08:00:00", 31.0, "warning", "Bob")],
        "Water": [("2026-10-05T07:00:00", 1.0, "pass", None)],
        "Gantry": [("2026-10-06", 1.0, "warning", "Bob")],
        "Phantom": [("2026-10-06T07:00:00", None, "fail", None)],
    }
    assert [(t.protocol, [s.dated[:10] for s in t.scans]) for t in story.together] == [
        ("morning", ["2026-10-05"]), ("weekly", ["2026-10-06"]),
    ]  # fmt: skip
    assert (story.device.name, story.device.model, story.device.serial) == ("CT 1", "M X-64", "77")
    assert [(r.key, r.text, r.person) for r in story.remarks] == [("manual.t", "air conditioning off", "Bob")]
    assert [(e.kind, e.note) for e in story.happened] == [("other", "ring"), ("refilled", "bubbles")]
    assert [(d.display.name, d.luminance is not None, d.ratio) for d in story.displays] == [("left", True, None)]
    assert [(d.region, d.ctdivol is not None, d.dlp) for d in story.doses] == [("head", True, None)]
    assert {x.name for x in story.limits} == {"water", "temperature"}
    assert story.levels is not None
    assert story.levels.year == 2025


def test_a_week_that_began_in_the_month_before(workspace: Workspace) -> None:
    scanned(workspace, "2026-09-30", "weekly", noise__sd=3.0)
    story = record_story(workspace, "ct1", OCTOBER, at=AT)
    assert [n.dated[:10] for n in story.checked[3].noted] == ["2026-09-30"]
    assert story.together == ()


def test_a_value_that_is_entered_again_counts_whatever_its_hour(workspace: Workspace) -> None:
    entered(workspace, "manual.t", 220.0, "2026-10-06T08:00", "degC")
    entered(workspace, "manual.t", 22.0, "2026-10-06", "degC")
    page = record_page(record_story(workspace, "ct1", OCTOBER, at=AT), load_words("en"))
    assert page.grid.groups[0].rows[0].cells[5].lines == ("22",)
    assert plain(page.actions[0].text) == "Temperature: 2 times (the last is shown; also warning)"


def test_scans_without_a_protocol_are_together_only_where_they_are_alike(workspace: Workspace) -> None:
    for day, kv in (("05", 120.0), ("12", 80.0), ("19", 120.0)):
        made = analysis_of(
            f"free{day}", {"noise.sd": 3.0}, dated=f"2026-10-{day}T07:00:00", acquisition=Acquisition(kv=kv)
        )
        stored(workspace, made, Owner("ct1", None, "water"), at=AT)
    together = record_story(workspace, "ct1", OCTOBER, at=AT).together
    assert [(t.acquisition.kv, [s.dated[8:10] for s in t.scans]) for t in together] == [
        (120.0, ["05", "19"]),
        (80.0, ["12"]),
    ]


def test_a_scan_without_a_date_stands_on_no_record(workspace: Workspace) -> None:
    stored(
        workspace,
        analysis_of("undated", {"ct_number.uniform": 1.0}, dated=None),
        Owner("ct1", "morning"),
        at="2026-10-05T00:00:00Z",
    )
    assert record_story(workspace, "ct1", OCTOBER, at=AT).together == ()


def test_the_limit_in_force_is_the_criterion_of_what_was_never_done(workspace: Workspace) -> None:
    page = record_page(record_story(workspace, "ct1", OCTOBER, at=AT), load_words("ja"))
    rows = [r for g in page.grid.groups for r in g.rows]
    assert [plain(r.criterion) for r in rows] == ["18～28", "±4 以内", "", ""]
    assert [r.measured for r in rows] == [False, True, False, True]
    assert (page.mark, plain(page.verdict)) == ("－", "記録なし")


def test_a_record_of_a_scanner_that_is_not_described(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match=r"There is no scanner 'ct9' in .*known: ct1, ct2"):
        record_story(workspace, "ct9", OCTOBER, at=AT)


def test_a_display_is_judged_by_the_set_of_its_grade_once_it_is_adopted(workspace: Workspace) -> None:
    def outcomes(key: str, value: float, unit: str) -> list[Outcome]:
        said = enter_value(workspace, key, value, unit=unit, scanner="ct1", signed=ANN, dated="2026-10-07")
        return [v.outcome for v in said]

    key = "manual.display.left.luminance"
    assert outcomes(key, 120.0, "cd/m2") == []
    adopt_set(workspace, "jesra-x-0093-2", scanner=None, signed=ANN)
    assert outcomes(key, 120.0, "cd/m2") == []
    assert outcomes("manual.display.other.luminance", 120.0, "cd/m2") == [Outcome.PASS]
    adopt_set(workspace, "jesra-x-0093-1b", scanner=None, signed=ANN)
    assert outcomes(key, 120.0, "cd/m2") == [Outcome.FAIL]
    assert outcomes("manual.display.left.ratio", 300.0, "1") == [Outcome.PASS]
    assert outcomes("manual.display.unknown.luminance", 300.0, "cd/m2") == []
    page = record_page(record_story(workspace, "ct1", OCTOBER, at=AT), load_words("ja"))
    assert plain(page.beside[0].rows[0][5].text) == "×"


WORDS = {"ok": 0.0, "watch": 1.0, "bad": 2.0, "no": 0.0, "yes": 1.0}


@pytest.mark.parametrize(("word", "value"), WORDS.items(), ids=WORDS)
def test_a_check_by_eye_is_a_word(word: str, value: float) -> None:
    assert read_value(word, None) == read_value(word, "1") == (value, "1")


def test_a_word_has_no_unit_and_a_number_has_one() -> None:
    with pytest.raises(UsageError, match=r"'ok' is a word for a check by eye and has no unit; found 'mm'"):
        read_value("ok", "mm")
    with pytest.raises(UsageError, match=r"The unit of 0\.5 is missing: --unit mm"):
        read_value("0.5", None)
    with pytest.raises(UsageError, match=r"'fine' is no value: a number, or one of ok, watch, bad, no, yes"):
        read_value("fine", "1")
    assert read_value("0.5", "mm") == (0.5, "mm")


def test_a_check_is_entered_at_the_terminal_with_its_note(workspace: Workspace) -> None:
    said = iqa("enter", "manual.gantry", "watch", "--scanner", "ct1", "--by", "Ann", "--date", "2026-10-06", "--note",
               "noise at 20°", "--workspace", workspace.folder)  # fmt: skip
    assert (said.status, said.out.splitlines()[0]) == (0, "Stored: manual.gantry 1 1 of ct1")
    with workspace.database.reading() as connection:
        (entry,) = entries(connection, ("note on entry",))
    assert (entry.person, entry.subject["reason"], entry.subject["dated"]) == ("Ann", "noise at 20°", "2026-10-06")
    refused(
        iqa("enter", "manual.gantry", "ok", "--scanner", "ct1", "--note", " ", "--workspace", workspace.folder), "empty"
    )


def test_an_entry_without_a_note_leaves_no_entry_in_the_trail(workspace: Workspace) -> None:
    entered(workspace, "manual.gantry", 0.0, "2026-10-06")
    with workspace.database.reading() as connection:
        assert entries(connection, ("note on entry",)) == ()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_record_is_a_pdf(workspace: Workspace, language: str) -> None:
    entered(workspace, "manual.t", 31.0, "2026-10-06T08:00", "degC", note="<b>off</b> #eval(1) \U0001f600")
    scanned(workspace, "2026-10-06", "weekly", ct_number__uniform=9.0)
    words = load_words(language)  # type: ignore[arg-type]
    made = pdf("record.typ", record_page(record_story(workspace, "ct1", OCTOBER, at=AT), words), words, at=AT)
    assert made.startswith(b"%PDF-1.7")
    assert b"pdfaid" in made
