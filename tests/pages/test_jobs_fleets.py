"""How a fleet stands: what of each scanner, and that it is what the scan's own page says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_results import analysis_of, store_series, stored, weekly
from sqlalchemy import event

from iqa.jobs.baselines import Choice, approve_baselines
from iqa.jobs.entering import enter_event, enter_value
from iqa.jobs.fleets import fleet_story
from iqa.jobs.judging import judge_record, rules_of
from iqa.jobs.status import status
from iqa.jobs.stories import story_of
from iqa.model import Acquisition, Outcome
from iqa.report.fleets import FleetStory, Machine
from iqa.store.history import latest_scans
from iqa.store.matching import Owner
from iqa.store.records import keep_scan
from iqa.store.workspace import Workspace, open_workspace
from tests.made_workspace import ANN, TOML, made_workspace

NOISE, WATER = "noise.sigma", "ct_number.uniform"
NOW = "2026-06-29T12:00:00Z"
LIMITS = """
[[limit]]
key = "noise.*"
kind = "percent"
unit = "%"
fail_low = -15
warn_low = -10
warn_high = 10
fail_high = 15
[[limit]]
key = "ct_number.*"
unit = "HU"
fail_low = -7
fail_high = 7
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return made_workspace(tmp_path / "ws", TOML + LIMITS)


def noise(n: int, seed: int = 1) -> list[float]:
    return [5.0 + 0.02 * float(x) for x in np.random.default_rng(seed).standard_normal(n)]


def machine(story: FleetStory, scanner: str) -> Machine:
    return next(m for m in story.machines if m.scanner == scanner)


def with_baseline(workspace: Workspace, owner: Owner, later: list[float], first: str = "2026-01-26") -> None:
    """Ten scans, a baseline, and what comes later."""
    dates = weekly(first, 10 + len(later))
    store_series(workspace, NOISE, noise(10), dates[:10], owner=owner)
    approve_baselines(workspace, Choice(scanner=owner.scanner or ""), signed=ANN)
    store_series(workspace, NOISE, later, dates[10:], owner=owner, judged=True)


def test_a_scanner_is_told_as_its_own_page_tells_it(workspace: Workspace) -> None:
    with_baseline(workspace, Owner("ct1", "morning"), [*noise(11, 2), 5.9])
    story = fleet_story(workspace, NOW)
    one = machine(story, "ct1")
    with workspace.database.reading() as connection:
        (last,) = latest_scans(connection, "ct1")
    own = story_of(workspace, last.id, at=NOW).measure(NOISE)
    shown = one.measure(NOISE)
    assert own is not None
    assert shown is not None
    assert replace(own, history=(), before=None) == shown
    assert (one.state, shown.outcome) == (Outcome.FAIL, Outcome.FAIL)
    assert [(p.dated, p.value) for p in one.past] == [(p.dated, p.value) for p in own.history]
    assert (story.keys, story.spark) == ((NOISE,), NOISE)


def test_every_scanner_is_there_by_urgency_and_the_unassigned_scans_apart(workspace: Workspace) -> None:
    stored(workspace, analysis_of("a", {WATER: 1.0}, dated="2026-06-01T07:00:00"), Owner("ct1"))
    stored(workspace, analysis_of("b", {WATER: 8.0}), Owner("ct10"))
    stored(workspace, analysis_of("c", {WATER: 1.0}), Owner("ct9"))
    stored(workspace, analysis_of("d", {WATER: 1.0}), Owner())
    story = fleet_story(workspace, NOW)
    told = [(m.scanner, m.state) for m in story.machines]
    assert told == [("ct10", "fail"), ("ct1", "overdue"), ("ct2", "not judged"), ("ct9", "pass")]
    assert story.unassigned is not None
    assert (story.unassigned.scanner, story.unassigned.count, story.unassigned.state) == (None, 1, "pass")
    states = {s.scanner: (s.last, s.days, s.count, s.overdue) for s in status(workspace, NOW)}
    assert {m.scanner: (m.last, m.days, m.count, m.overdue) for m in story.machines} == {
        k: v for k, v in states.items() if k is not None
    }


def test_what_failed_under_one_protocol_is_not_hidden_by_another(workspace: Workspace) -> None:
    stored(workspace, analysis_of("a", {WATER: 9.0}, dated="2026-06-22T07:00:00"), Owner("ct1", "morning"))
    stored(workspace, analysis_of("b", {WATER: 1.0}, dated="2026-06-23T07:00:00"), Owner("ct1"))
    one = machine(fleet_story(workspace, NOW), "ct1")
    shown = one.measure(WATER)
    assert shown is not None
    assert shown.measurement is not None
    assert (one.state, shown.measurement.value, one.last) == (Outcome.FAIL, 9.0, "2026-06-23T07:00:00")
    stored(workspace, analysis_of("c", {WATER: 2.0}, dated="2026-06-24T07:00:00"), Owner("ct1", "morning"))
    assert machine(fleet_story(workspace, NOW), "ct1").state == Outcome.PASS


def test_what_a_person_entered_counts(workspace: Workspace) -> None:
    file = Path(workspace.settings.file)
    file.write_text(TOML + '\n[[limit]]\nkey = "manual.laser_x"\nunit = "mm"\nfail_high = 2\n', encoding="utf-8")
    stored(workspace, analysis_of("a", {WATER: 1.0}, dated="2026-06-28T07:00:00"))
    reread = open_workspace(file.parent)
    enter_value(reread, "manual.laser_x", 3.0, unit="mm", scanner="ct1", dated="2026-06-28", signed=ANN)
    one = machine(fleet_story(reread, NOW), "ct1")
    assert one.state == Outcome.FAIL
    assert [m.key for m in one.measures if m.outcome == Outcome.FAIL] == ["manual.laser_x"]


def test_a_signal_under_one_protocol_is_not_hidden_by_another(workspace: Workspace) -> None:
    with_baseline(workspace, Owner("ct1"), [])
    for week, dated in enumerate(weekly("2026-04-06", 11), start=1):
        store_series(workspace, NOISE, [5.0 + 0.035 * week], [dated], judged=True)
    calm = analysis_of("calm", {NOISE: 5.0}, dated="2026-06-28T07:00:00")
    stored(workspace, calm, Owner("ct1", "morning"))
    store_series(workspace, NOISE, [5.42], ["2026-06-27T07:00:00"], judged=True)
    shown = machine(fleet_story(workspace, NOW), "ct1").measure(NOISE)
    assert shown is not None
    assert shown.out_of_control


def test_small_charts_show_comparable_scans_since_the_baseline(workspace: Workspace) -> None:
    with_baseline(workspace, Owner("ct1"), noise(3, 3), "2026-01-26")  # until 20 April
    enter_event(workspace, "tube", scanner="ct1", dated="2026-04-22", signed=ANN)
    dates = weekly("2026-04-27", 9)
    store_series(workspace, NOISE, noise(8, 4), dates[:8])
    approve_baselines(workspace, Choice(scanner="ct1", since="2026-04-23"), signed=ANN)
    soft = analysis_of("soft", {NOISE: 3.0}, dated="2026-06-20T07:00:00", acquisition=Acquisition(kernel="SOFT"))
    stored(workspace, soft)
    store_series(workspace, NOISE, [5.0], dates[8:], judged=True)
    one = machine(fleet_story(workspace, NOW), "ct1")
    assert [p.dated for p in one.past] == dates, "neither before the new tube nor of another kernel"


def test_signals_are_marked_on_the_scans_that_had_them(workspace: Workspace) -> None:
    with_baseline(workspace, Owner("ct1"), [])
    for week, dated in enumerate(weekly("2026-04-06", 12), start=1):  # each judged while it is the last
        store_series(workspace, NOISE, [5.0 + 0.035 * week], [dated], judged=True)
    story = fleet_story(workspace, NOW)
    one = machine(story, "ct1")
    assert (one.state, one.signals) == (Outcome.PASS, (NOISE,))
    flagged = [p.dated for p in one.past if p.signal]
    assert one.past[-1].dated in flagged
    assert flagged == sorted(flagged)
    assert not any(p.signal for p in one.past[:10]), "no scan of the baseline"
    assert story.trends["ct1", NOISE].drift is not None


@pytest.mark.parametrize(
    ("having", "shown"), [(2, (WATER, NOISE)), (1, (WATER,))], ids=["half of the scanners", "a quarter"]
)
def test_columns_are_what_half_of_the_scanners_have(having: int, shown: tuple[str, ...], workspace: Workspace) -> None:
    for number in range(4):
        values = {WATER: 1.0, NOISE: 5.0, "geometry.diameter": 200.0} if number < having else {WATER: 1.0}
        stored(workspace, analysis_of(f"s{number}", values), Owner(f"ct{number}"))
    assert fleet_story(workspace, NOW).keys == shown
    assert fleet_story(workspace, NOW, keys=["geometry.diameter"]).keys == ("geometry.diameter",)


def test_the_site_is_the_header_s(workspace: Workspace) -> None:
    of = Acquisition(institution="Hospital <b>A</b>", manufacturer="Maker M", model="X-64")
    stored(workspace, analysis_of("a", {WATER: 1.0}, acquisition=of))
    one = machine(fleet_story(workspace, NOW), "ct1")
    assert (one.site, one.maker, one.model) == ("Hospital <b>A</b>", "Maker M", "X-64")


def test_the_number_of_queries_does_not_grow_with_the_fleet(workspace: Workspace) -> None:
    numbers = []
    for n in (3, 20):
        fill(workspace, n)
        with counted(workspace) as queries:
            assert len(fleet_story(workspace, NOW).machines) >= n
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] < 40


def fill(workspace: Workspace, scanners: int) -> None:
    rules = rules_of(workspace.settings)
    with workspace.database.writing() as connection:
        for k in range(scanners):
            made = analysis_of(f"{scanners}.{k}", {WATER: 1.0, NOISE: 5.0}, dated="2026-06-22T07:00:00")
            kept = keep_scan(connection, made, Owner(f"x{k}"), at=NOW)
            judge_record(connection, rules, kept.occasion_id, at=NOW)


@contextmanager
def counted(workspace: Workspace) -> Iterator[list[str]]:
    """Statements that reach the database."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        found.append(statement)

    event.listen(workspace.database.engine, "before_cursor_execute", note)
    yield found
    event.remove(workspace.database.engine, "before_cursor_execute", note)
