"""The history of one key: segments, control, drift before its limit, steps and what they are put down to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_results import analysis_of, store_series, stored, weekly

from iqa.errors import UsageError
from iqa.jobs.baselines import Choice, approve_baselines
from iqa.jobs.entering import enter_event
from iqa.jobs.limits import judge_anew
from iqa.jobs.status import status
from iqa.jobs.trend import trend
from iqa.model import Acquisition, Outcome
from iqa.report.trends import Trend
from iqa.spc import steps
from iqa.store.decisions import baselines, retire_baseline
from iqa.store.history import day_of, occasions
from iqa.store.judgements import latest_judgements
from iqa.store.matching import Owner
from iqa.store.workspace import Workspace, open_workspace
from tests.made_workspace import ANN, NOW, TOML, iqa, made_workspace

KEY = "ct_number.uniform"
LIMIT = '\n[[limit]]\nkey = "ct_number.uniform"\nunit = "HU"\nfail_high = 7\nwarn_high = 5\n'
SIGMA = 0.2


def noise(n: int, seed: int = 7) -> list[float]:
    return [float(x) for x in SIGMA * np.random.default_rng(seed).standard_normal(n)]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return made_workspace(tmp_path / "ws", TOML + LIMIT)


def with_baseline(workspace: Workspace, later: list[float], *, n: int = 20) -> Trend:
    """Twenty scans of 0 HU, a baseline of them, and what comes later."""
    dates = weekly("2026-01-05", n + len(later))
    store_series(workspace, KEY, noise(n), dates[:n])
    approve_baselines(workspace, Choice(scanner="ct1"), signed=ANN)
    store_series(workspace, KEY, later, dates[n:], judged=True)
    (found,) = trend(workspace, KEY, scanner="ct1")
    return found


def test_without_a_baseline_there_is_no_control(workspace: Workspace) -> None:
    store_series(workspace, KEY, noise(9), weekly("2026-01-05", 9), judged=True)
    (found,) = trend(workspace, KEY, scanner="ct1")
    (segment,) = found.segments
    assert (segment.first, segment.last, segment.baseline, segment.control) == (0, 9, None, None)
    assert found.drift is None
    assert found.jumps == ()
    assert found.outcomes == (Outcome.PASS,) * 9


def test_a_stable_scanner_is_in_control(workspace: Workspace) -> None:
    found = with_baseline(workspace, noise(15, seed=11))
    (segment,) = found.segments
    assert (segment.first, segment.last) == (0, 35)
    assert found.control is not None
    assert (found.control.first, found.control.in_control) == (20, True)
    assert found.charted
    assert found.drift is None
    assert found.jumps == ()


def test_a_drift_is_reported_before_its_limit_is_crossed(workspace: Workspace) -> None:
    """0.1 HU a week from the baseline on: 7 HU lie 70 weeks ahead, and twenty weeks are seen."""
    found = with_baseline(workspace, [0.1 * (i + 1) + x for i, x in enumerate(noise(20, seed=9))])
    assert found.control is not None
    assert found.control.in_control is False
    assert set(found.outcomes) == {Outcome.PASS}, "in tolerance, but out of control"
    assert found.drift is not None
    fails = [p for p in found.projections if p.fails]
    assert [p.bound for p in fails] == [7.0]
    assert found.drift.slope * 7 == pytest.approx(0.1, abs=4 * 7 * found.drift.u)
    crossed = day_of("2026-05-18") + 70 * 7  # 7 HU at 0.1 HU a week after the last scan of the baseline
    assert fails[0].crossing.earliest < crossed < fails[0].crossing.latest
    assert fails[0].crossing.earliest > found.days[-1]
    assert found.jumps == ()


def test_a_step_is_set_against_the_event_beside_it(workspace: Workspace) -> None:
    dates = weekly("2026-01-05", 24)
    enter_event(workspace, "other", scanner="ct1", dated="2026-03-28", signed=ANN)
    enter_event(workspace, "other", scanner="ct2", dated="2026-03-28", signed=ANN)
    store_series(workspace, KEY, [x + (2.0 if i >= 12 else 0.0) for i, x in enumerate(noise(24))], dates)
    (found,) = trend(workspace, KEY, scanner="ct1")
    (jump,) = found.jumps
    assert jump.step.at == 12
    assert jump.step.height == pytest.approx(2.0, abs=4 * jump.step.u)
    assert jump.causes == ("other of ct1 on 2026-03-28",)
    assert [e.scanner for e in found.events] == ["ct1"]


def test_a_step_without_an_event_has_no_cause(workspace: Workspace) -> None:
    enter_event(workspace, "other", scanner="ct1", dated="2026-05-20", signed=ANN)
    dates = weekly("2026-01-05", 24)
    store_series(workspace, KEY, [x + (2.0 if i >= 12 else 0.0) for i, x in enumerate(noise(24))], dates)
    (found,) = trend(workspace, KEY, scanner="ct1")
    assert [j.causes for j in found.jumps] == [()]


def test_a_change_of_method_is_a_step_of_the_software(workspace: Workspace) -> None:
    dates, values = weekly("2026-01-05", 24), noise(24)
    store_series(workspace, KEY, values[:12], dates[:12], method="roi-mean@1")
    store_series(workspace, KEY, [x + 2 for x in values[12:]], dates[12:], method="roi-mean@2")
    (found,) = trend(workspace, KEY, scanner="ct1")
    (jump,) = found.jumps
    assert jump.causes == ("method roi-mean@1 became roi-mean@2: a step of the software",)


def test_an_undated_scan_hides_no_signal_of_a_dated_one(workspace: Workspace) -> None:
    """It is stored under today's date, after which every other scan of the day would be none of the latest."""
    key = "noise.sd"  # a charted one, by the settings of this test
    ours = charting(workspace, key)
    store_series(ours, key, noise(20), weekly("2026-01-05", 20))
    approve_baselines(ours, Choice(scanner="ct1"), signed=ANN)
    stored(ours, analysis_of("undated", {key: 0.0}, dated=None))
    store_series(ours, key, [9.0] * 4, weekly("2026-05-25", 4), tag="off", judged=True)
    assert status(ours, NOW)[0].signals == (key,)


def test_every_scan_keeps_its_signal_however_often_it_is_judged(workspace: Workspace) -> None:
    found = with_baseline(workspace, [0.1 * (i + 1) + x for i, x in enumerate(noise(20, seed=9))])
    assert found.control is not None
    flagged = {found.points[s.at].dated for s in found.control.signals}
    assert len(flagged) > 5
    for _ in range(2):
        judge_anew(workspace, signed=ANN)
        with workspace.database.reading() as connection:
            scans = occasions(connection, scanner="ct1")
            said = latest_judgements(connection, [o.record_id for o in scans])
        assert {o.dated for o in scans if said[o.record_id].signals} == flagged


def test_a_protocol_that_is_no_longer_used_costs_no_false_alarms(workspace: Workspace) -> None:
    """What is stored with a scan and what the trend draws share the false alarms between the same charts."""
    key = "noise.sd"
    ours = charting(workspace, key, "noise.sigma")
    for owner in (Owner("ct1"), Owner("ct1", "old")):
        store_series(ours, key, noise(20), weekly("2026-01-05", 20), owner=owner, tag=str(owner.protocol))
    approve_baselines(ours, Choice(scanner="ct1"), signed=ANN)
    store_series(ours, key, noise(3), weekly("2026-06-15", 3), tag="later")
    before = next(t for t in trend(ours, key, scanner="ct1") if t.scope.protocol is None).control
    with ours.database.writing() as connection:
        old = next(b for b in baselines(connection, scanner="ct1") if b.scope.protocol == "old")
        retire_baseline(connection, old.id, "2026-06-01", ANN)
    after = next(t for t in trend(ours, key, scanner="ct1") if t.scope.protocol is None).control
    assert before is not None
    assert after is not None
    assert before.limits is not None
    assert after.limits is not None
    assert after.limits[1] - after.limits[0] < before.limits[1] - before.limits[0]


def test_no_charted_key_is_no_bug(workspace: Workspace) -> None:
    ours = charting(workspace)
    store_series(ours, KEY, noise(20), weekly("2026-01-05", 20))
    approve_baselines(ours, Choice(scanner="ct1"), signed=ANN)
    store_series(ours, KEY, noise(3), weekly("2026-06-15", 3), tag="later", judged=True)
    (found,) = trend(ours, KEY, scanner="ct1")
    assert found.control is not None
    assert found.control.limits is not None
    assert not found.charted


def charting(workspace: Workspace, *keys: str) -> Workspace:
    """The workspace with these charted keys."""
    file = workspace.folder / "iqa.toml"
    file.write_text(f"[site]\ncharted = {json.dumps(keys)}\n{TOML}", encoding="utf-8")
    return open_workspace(workspace.folder)


def test_two_phantoms_of_one_scanner_are_two_series(workspace: Workspace) -> None:
    """Without copies in iqa.toml the model tells them apart."""
    store_series(workspace, KEY, noise(6), weekly("2026-01-05", 6))
    for k, value in enumerate(noise(6)):
        other = analysis_of(f"other{k}", {KEY: 100.0 + value}, dated=f"2026-01-{6 + k:02}T09:00:00")
        spec = replace(other.located.spec, name="another")
        stored(workspace, replace(other, located=replace(other.located, spec=spec)))
    found = trend(workspace, KEY, scanner="ct1")
    assert [len(t.points) for t in found] == [6, 6]
    assert "the phantom differs" in found[1].apart


def test_a_baseline_of_another_method_says_nothing_of_control(workspace: Workspace) -> None:
    """A step of the software is no signal of the scanner."""
    values, dates = noise(24), weekly("2026-05-04", 24)
    store_series(workspace, KEY, values[:20], dates[:20], method="roi-mean@1")
    approve_baselines(workspace, Choice(scanner="ct1", last=20), signed=ANN)
    store_series(workspace, KEY, [x + 2 for x in values[20:]], dates[20:], method="roi-mean@2")
    (found,) = trend(workspace, KEY, scanner="ct1")
    assert found.renewed == (20,)
    assert [s.baseline is not None for s in found.segments] == [True, False]
    assert found.control is None
    judge_anew(workspace, signed=ANN)
    assert status(workspace, NOW)[0].signals == ()
    said = iqa("trend", KEY, "--workspace", workspace.folder).out
    assert "Software: roi-mean@2 measures from 2026-09-21 on, roi-mean@1 before" in said


def test_a_step_on_several_scanners_after_an_event_of_the_phantom_is_the_phantoms(workspace: Workspace) -> None:
    dates = weekly("2026-01-05", 24)
    enter_event(workspace, "refilled", phantom="water", dated="2026-03-28", signed=ANN)
    for seed, scanner in enumerate(("ct1", "ct2")):
        stepped = [x + (2.0 if i >= 12 else 0.0) for i, x in enumerate(noise(24, seed))]
        store_series(workspace, KEY, stepped, dates, owner=Owner(scanner, "morning", "water"))
    store_series(workspace, KEY, noise(24, 5), dates, owner=Owner("ct3", "morning"))
    found = {t.scope.scanner: t for t in trend(workspace, KEY)}
    for scanner in ("ct1", "ct2"):
        (jump,) = found[scanner].jumps
        assert jump.causes == ("refilled of phantom water on 2026-03-28, on 2 scanners: the phantom's",)
    assert found["ct3"].jumps == ()
    assert found["ct3"].events == ()


def test_a_tube_change_ends_the_baseline_and_the_next_one_begins(workspace: Workspace) -> None:
    dates = weekly("2026-01-05", 40)
    store_series(workspace, KEY, noise(15), dates[:15])
    approve_baselines(workspace, Choice(scanner="ct1"), signed=ANN)
    store_series(workspace, KEY, noise(5, 1), dates[15:20])
    enter_event(workspace, "tube", scanner="ct1", dated="2026-05-23", signed=ANN)
    store_series(workspace, KEY, [x + 3 for x in noise(20, 2)], dates[20:])
    (before,) = trend(workspace, KEY, scanner="ct1")
    assert [(s.first, s.last, s.baseline is None) for s in before.segments] == [(0, 20, False), (20, 40, True)]
    approve_baselines(workspace, Choice(scanner="ct1", since="2026-05-23", last=10), signed=ANN)
    (after,) = trend(workspace, KEY, scanner="ct1")
    assert [(s.first, s.last, s.baseline is None) for s in after.segments] == [
        (0, 20, False), (20, 30, True), (30, 40, False),
    ]  # fmt: skip
    assert after.control is not None
    assert after.control.reason == "No scan was made since those of the baseline."
    assert after.drift is None, "a step between two baselines is no drift"
    assert [j.causes for j in after.jumps] == [("tube of ct1 on 2026-05-23",)]


def test_two_baselines_of_one_time(workspace: Workspace) -> None:
    """The one approved last judges, and no scan stands in two segments."""
    dates = weekly("2026-01-05", 30)
    store_series(workspace, KEY, noise(30), dates)
    approve_baselines(workspace, Choice(scanner="ct1", last=30), signed=ANN)
    with workspace.database.writing() as connection:
        retire_baseline(connection, 1, dates[25][:10], ANN)
    later = replace(ANN, at="2026-11-27T12:30:00Z")
    approve_baselines(workspace, Choice(scanner="ct1", since=dates[10][:10]), signed=later)
    (found,) = trend(workspace, KEY, scanner="ct1")
    assert [(s.first, s.last, s.baseline and s.baseline.id) for s in found.segments] == [(0, 10, 1), (10, 30, 2)]


def test_nothing_to_show(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match=r"No value of 'noise\.sd' is stored\.$"):
        trend(workspace, "noise.sd")
    store_series(workspace, KEY, [1.0], ["2026-11-02"], owner=Owner("ct2"))
    with pytest.raises(UsageError, match=r"No value of 'ct_number\.water' is stored\. Known: ct_number\.uniform\."):
        trend(workspace, "ct_number.water")
    with pytest.raises(UsageError, match=r"No value of 'ct_number\.uniform' of 'ct1' is stored; without --scanner"):
        trend(workspace, KEY, scanner="ct1")
    with pytest.raises(UsageError, match=r"There is no scanner 'ct9' \(known: ct1, ct2\)"):
        trend(workspace, KEY, scanner="ct9")


def test_every_scanner_and_the_unassigned_scans_apart(workspace: Workspace) -> None:
    store_series(workspace, KEY, [1.0, 2.0], weekly("2026-01-05", 2))
    stored(workspace, analysis_of("x", {KEY: 3.0}, acquisition=Acquisition(kv=100.0)), Owner())
    assert sorted((t.scope.scanner or "", len(t.points)) for t in trend(workspace, KEY)) == [("", 1), ("ct1", 2)]
    said = iqa("trend", KEY, "--workspace", workspace.folder)
    assert said.status == 0
    assert "ct_number.uniform · unassigned" in said.out


def test_the_command_says_it_and_draws_it(workspace: Workspace, tmp_path: Path) -> None:
    with_baseline(workspace, [0.1 * (i + 1) + x for i, x in enumerate(noise(20, seed=9))])
    said = iqa("trend", KEY, "--workspace", workspace.folder, "--figure", tmp_path / "trend.png")
    assert said.status == 0
    assert "Control: OUT OF CONTROL since 2026-0" in said.out
    assert "It reaches the failure limit 7.00 HU about 2027" in said.out.replace("\N{NO-BREAK SPACE}", " ")
    assert (tmp_path / "trend.png").read_bytes().startswith(b"\x89PNG")
    document = json.loads(iqa("trend", KEY, "--workspace", workspace.folder, "--json").out)
    (made,) = document["trends"]
    assert document["schema"] == "iqa.trend/1"
    assert made["segments"][0]["control"]["in_control"] is False
    assert [p["value"] for p in made["points"][:20]] == noise(20)
    assert made["projections"][-1]["date"] > "2026-11"


def test_formats_of_a_figure(workspace: Workspace, tmp_path: Path) -> None:
    store_series(workspace, KEY, [1.0], ["2026-11-02"])
    for name in ("trend.svg", "trend.PDF"):
        assert iqa("trend", KEY, "--workspace", workspace.folder, "--figure", tmp_path / name).status == 0
        assert (tmp_path / name).stat().st_size > 1000
    for name in ("trend.doc", "trend"):
        said = iqa("trend", KEY, "--workspace", workspace.folder, "--figure", tmp_path / name)
        assert said.status == 2, said
        assert ".png, .svg" in said.err


def test_steps_are_those_of_the_charts_room() -> None:
    """What the trend hands over is days and values alone."""
    values = [x + (2.0 if i >= 12 else 0.0) for i, x in enumerate(noise(24))]
    (step,) = steps([day_of(d) for d in weekly("2026-01-05", 24)], values)
    assert step.at == 12
