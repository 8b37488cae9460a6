"""What people do with a workspace: enter, decide, judge, export; and what must not happen when they do."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from made_results import analysis_of, store_series, stored, weekly

from iqa.errors import InputError, UsageError
from iqa.jobs.baselines import Choice, approve_baselines, propose_baselines
from iqa.jobs.clock import check_clock, local, plain_date
from iqa.jobs.entering import enter_event, enter_value, moment
from iqa.jobs.exporting import export_to
from iqa.jobs.judging import judge_record, rederived, rules_of
from iqa.jobs.limits import adopt_set, drop_set, judge_anew, listed
from iqa.jobs.manifest import Manifest, Told, read_manifest
from iqa.jobs.recalling import history
from iqa.jobs.status import status
from iqa.jobs.trend import trend
from iqa.model import Acquisition, Outcome, Scope
from iqa.report.export import COLUMNS
from iqa.store.audit import entries
from iqa.store.decisions import Signed, accept_records, assign, baselines, retire_baseline, scans_behind
from iqa.store.history import measurements, occasions, series
from iqa.store.judgements import judgements_of, rulings_of
from iqa.store.matching import Owner
from iqa.store.records import Kept, keep_record
from iqa.store.workspace import Workspace, open_workspace
from tests.made_workspace import ANN, NOW, TOML, made_workspace

KEY = "noise.sigma"
LIMIT = '\n[[limit]]\nname = "ours"\nkey = "noise.sigma"\nunit = "HU"\nfail_high = {high}\nsource = "us"\n'


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return made_workspace(tmp_path / "ws")


def with_settings(workspace: Workspace, text: str) -> Workspace:
    """The same workspace, its iqa.toml edited."""
    (workspace.folder / "iqa.toml").write_text(text, encoding="utf-8")
    return open_workspace(workspace.folder)


def outcomes(workspace: Workspace, kept: Kept) -> list[tuple[str, str]]:
    with workspace.database.reading() as connection:
        found = rulings_of(connection, kept.record_id)
    assert found is not None
    return [(r.key, r.outcome) for r in found[1]]


# ---------------------------------------------------------------------------------------- time


@pytest.fixture
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("tokyo")
def test_now_is_what_the_clock_on_the_wall_says(workspace: Workspace) -> None:
    """Scanners date by it: at 23:30 UTC a scan of next morning's 8:00 has been made in Tokyo."""
    assert local("2026-11-26T23:30:00Z") == "2026-11-27T08:30:00"
    assert moment(None, "2026-11-26T23:30:00Z") == "2026-11-27T08:30:00"
    stored(workspace, analysis_of("a", {KEY: 1.0}, dated="2026-11-27T08:00:00"))
    (ct1, _) = status(workspace, "2026-11-26T23:30:00Z")
    assert (ct1.days, ct1.overdue) == (0, False)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-11-27", "2026-11-27"),
        ("20261127", "2026-11-27"),
        ("2026-W48-5", "2026-11-27"),
        ("2026-11-27 08:30", "2026-11-27T08:30:00"),
        ("2026-11-27T08:30:00.5", "2026-11-27T08:30:00"),
        ("2026-11-27T00:00", "2026-11-27T00:00:00"),
    ],
)
def test_dates_are_kept_in_one_form(given: str, kept: str) -> None:
    """They are compared as texts."""
    assert plain_date(given) == kept


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("27.11.2026", r"'27\.11\.2026' is no date; write 2026-11-27 or"),
        ("", "'' is no date"),
        ("2026-02-30", "is no date"),
        ("2026-11-27T08:30+09:00", "has a time zone; give the time by the scanner's clock"),
        ("2026-11-27T08:30Z", "has a time zone"),
    ],
)
def test_what_is_no_date(given: str, words: str, workspace: Workspace) -> None:
    with pytest.raises(UsageError, match=words):
        plain_date(given)
    with pytest.raises(UsageError, match=words):
        enter_event(workspace, "tube", scanner="ct1", dated=given, signed=ANN)
    store_series(workspace, KEY, [5.0] * 3, weekly("2026-10-05", 3))
    with pytest.raises(UsageError, match=words):
        propose_baselines(workspace, Choice(scanner="ct1", since=given))
    with pytest.raises(UsageError, match=words):
        propose_baselines(workspace, Choice(scanner="ct1", until=given))


def test_what_has_not_happened_yet(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match=r"'2026-12-09' lies after today, 2026-11-27"):
        enter_event(workspace, "tube", scanner="ct1", dated="2026-12-09", signed=ANN)


def test_a_clock_that_went_backwards_stops_every_step(workspace: Workspace) -> None:
    enter_event(workspace, "other", scanner="ct1", signed=ANN)
    early = replace(ANN, at="2026-11-27T10:59:00Z")
    words = (
        r"The clock of this computer says 2026-11-27T10:59:00Z, but the workspace was last written at 2026-11-27T12:00"
    )
    steps = (
        lambda: enter_event(workspace, "other", scanner="ct1", signed=early),
        lambda: enter_value(workspace, "manual.x", 1.0, unit="mm", scanner="ct1", signed=early),
        lambda: judge_anew(workspace, signed=early),
        lambda: adopt_set(workspace, "jesra-x-0093-2", scanner=None, signed=early),
    )
    for step in steps:
        with pytest.raises(UsageError, match=words):
            step()
    with workspace.database.reading() as connection:
        assert len(entries(connection)) == 1
        check_clock(connection, "2026-11-27T11:00:00Z")  # two computers may differ by so much


# ---------------------------------------------------------------------------------------- entering


@pytest.mark.parametrize(
    "key", ["laser_x", "manual", "manual.", "manual.Laser", "manual.laser x", "noise.sd", "manual.ä"]
)
def test_a_key_that_is_none_of_an_entered_value(key: str, workspace: Workspace) -> None:
    with pytest.raises(UsageError, match=r"is no key of an entered value: manual\.NAME, such as manual\.laser_x"):
        enter_value(workspace, key, 1.0, unit="mm", scanner="ct1", signed=ANN)


@pytest.mark.parametrize(
    ("value", "u", "unit", "scanner", "words"),
    [
        (float("nan"), None, "mm", "ct1", "must be a finite number"),
        (float("inf"), None, "mm", "ct1", "must be a finite number"),
        (1.0, -0.1, "mm", "ct1", "u one that is not negative; found 1 and -0.1"),
        (1.0, float("nan"), "mm", "ct1", "u one that is not negative"),
        (1.0, None, " ", "ct1", "The unit is empty; it is 1 for a pure number"),
        (1.0, None, "mm", "ct9", r"There is no scanner 'ct9' in .*iqa\.toml \(known: ct1, ct2\)"),
    ],
)
def test_an_entry_that_is_wrong(
    value: float, u: float | None, unit: str, scanner: str, words: str, workspace: Workspace
) -> None:
    with pytest.raises(UsageError, match=words):
        enter_value(workspace, "manual.x", value, unit=unit, scanner=scanner, u=u, signed=ANN)
    with workspace.database.reading() as connection:
        assert occasions(connection) == []


def test_one_key_has_one_unit(workspace: Workspace) -> None:
    enter_value(workspace, "manual.x", 1.0, unit="mm", scanner="ct1", signed=ANN)
    with pytest.raises(UsageError, match=r"manual\.x was entered in mm so far; give it in mm, or under another key"):
        enter_value(workspace, "manual.x", 0.1, unit="cm", scanner="ct2", signed=ANN)


def test_an_entry_is_judged_by_its_own_limits_alone(workspace: Workspace) -> None:
    """A scan says nothing of the laser, and an entry nothing of noise: neither is missing."""
    text = TOML + LIMIT.format(high=6) + '[[limit]]\nkey = "manual.x"\nunit = "mm"\nfail_high = 2\n'
    edited = with_settings(workspace, text)
    (verdict,) = enter_value(edited, "manual.x", 1.0, unit="mm", scanner="ct1", signed=ANN)
    assert (verdict.key, verdict.outcome) == ("manual.x", Outcome.PASS)
    assert outcomes(edited, stored(edited, analysis_of("a", {KEY: 5.0}))) == [(KEY, "pass")]
    assert [s.outcome for s in status(edited, NOW)] == [Outcome.PASS, None]


def test_a_key_that_the_protocol_requires(workspace: Workspace) -> None:
    edited = with_settings(workspace, TOML + 'keys = ["noise.sigma", "mtf.bead.f50", "ssp.fwhm"]\n')
    kept = stored(edited, analysis_of("a", {KEY: 5.0}), Owner("ct1", "morning"))
    assert outcomes(edited, kept) == [("mtf.bead.f50", "not measured"), ("ssp.fwhm", "not measured")]
    assert status(edited, NOW)[0].outcome is Outcome.NOT_MEASURED


# ---------------------------------------------------------------------------------------- events, baselines


def test_kinds_of_events(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match=r"'tubes' is no kind of event of a scanner: tube, detector"):
        enter_event(workspace, "tubes", scanner="ct1", signed=ANN)
    with pytest.raises(UsageError, match=r"'tube' is no kind of event of a phantom: refilled"):
        enter_event(workspace, "tube", phantom="water", signed=ANN)
    with pytest.raises(UsageError, match="name one of them"):
        enter_event(workspace, "tube", signed=ANN)
    with pytest.raises(UsageError, match="name one of them"):
        enter_event(workspace, "tube", scanner="ct1", phantom="water", signed=ANN)
    with pytest.raises(UsageError, match=r"There is no phantom 'oil' in .* \(known: water\)"):
        enter_event(workspace, "refilled", phantom="oil", signed=ANN)


def two_baselines(workspace: Workspace) -> None:
    """Of ct1 with the water phantom and of ct2 without, from September."""
    for owner in (Owner("ct1", "morning", "water"), Owner("ct2")):
        store_series(workspace, KEY, [5.0, 5.1, 4.9, 5.0], weekly("2026-09-07", 4), owner=owner)
        approve_baselines(workspace, Choice(scanner=str(owner.scanner)), signed=ANN)


@pytest.mark.parametrize(
    ("kind", "scanner", "phantom", "ended"),
    [
        ("tube", "ct1", None, ["ct1"]),
        ("moved", "ct1", None, []),
        ("refilled", None, "water", ["ct1"]),
        ("other", None, "water", []),
    ],
)
def test_what_an_event_ends(
    kind: str, scanner: str | None, phantom: str | None, ended: list[str], workspace: Workspace
) -> None:
    two_baselines(workspace)
    done = enter_event(workspace, kind, scanner=scanner, phantom=phantom, dated="2026-10-10", signed=ANN)
    assert [b.scope.scanner for b in done] == ended
    with workspace.database.reading() as connection:
        assert {b.scope.scanner: b.ended for b in baselines(connection)} == {
            s: "2026-10-10" if s in ended else None for s in ("ct1", "ct2")
        }
    before, after = (
        stored(workspace, analysis_of(d, {KEY: 5.0}, dated=d), Owner("ct1", "morning", "water"))
        for d in ("2026-10-09T23:00:00", "2026-10-10T01:00:00")
    )
    assert judged_by(workspace, before) is True
    assert judged_by(workspace, after) is (not ended)


def test_an_event_that_is_entered_late_takes_back_what_its_baseline_said_since(workspace: Workspace) -> None:
    limit = f'[[limit]]\nkey = "{KEY}"\nunit = "HU"\nkind = "difference"\nfail_low = -1\nfail_high = 1\nsource = "s"\n'
    ours = with_settings(workspace, TOML + limit)
    store_series(ours, KEY, [5.0, 5.1, 4.9, 5.0], weekly("2026-09-07", 4), owner=Owner("ct2"))
    approve_baselines(ours, Choice(scanner="ct2"), signed=ANN)
    store_series(ours, KEY, [8.0], ["2026-10-12T07:00:00"], owner=Owner("ct2"), tag="later")
    judge_anew(ours, signed=ANN)
    (before,) = trend(ours, KEY, scanner="ct2")
    assert before.outcomes[-1] is Outcome.FAIL
    enter_event(ours, "tube", scanner="ct2", dated="2026-10-10", signed=ANN)
    (after,) = trend(ours, KEY, scanner="ct2")
    assert after.outcomes[-2:] == (Outcome.PASS, Outcome.NOT_JUDGED)


def test_no_baseline_spans_an_event(workspace: Workspace) -> None:
    store_series(workspace, KEY, [5.0, 5.1, 4.9, 5.0], weekly("2026-09-07", 4), owner=Owner("ct2"))
    enter_event(workspace, "tube", scanner="ct2", dated="2026-10-01", signed=ANN)
    store_series(workspace, KEY, [7.0, 7.1, 6.9], weekly("2026-10-05", 3), owner=Owner("ct2"), tag="new")
    (offer,) = propose_baselines(workspace, Choice(scanner="ct2"))
    assert [o.dated[:10] for o in offer.occasions] == ["2026-10-05", "2026-10-12", "2026-10-19"]
    with pytest.raises(UsageError, match=r"cannot span the event 'tube' of ct2 on 2026-10-01: choose scans"):
        propose_baselines(workspace, Choice(scanner="ct2", since="2026-09-01"))
    (before,) = propose_baselines(workspace, Choice(scanner="ct2", until="2026-09-30"))
    assert len(before.occasions) == 4


def test_a_baseline_outlives_a_recalculation_by_the_same_method(workspace: Workspace) -> None:
    values = [5.0, 5.1, 4.9, 5.0, 5.2, 4.8, 5.0, 5.1, 4.9, 5.0]
    kept = store_series(workspace, KEY, values, weekly("2026-07-06", 10), owner=Owner("ct2"))
    approve_baselines(workspace, Choice(scanner="ct2"), signed=ANN)
    store_series(workspace, KEY, [5.0], ["2026-10-12T07:00:00"], owner=Owner("ct2"), tag="later")
    (before,) = trend(workspace, KEY, scanner="ct2")
    with workspace.database.writing() as connection:
        again = [
            Kept(k.occasion_id, keep_record(connection, k.occasion_id, analysis_of(f"again{i}", {KEY: v}), at=NOW))
            for i, (k, v) in enumerate(zip(kept, values, strict=True))
        ]
        accept_records(connection, again, ANN)
    (after,) = trend(workspace, KEY, scanner="ct2")
    assert before.control is not None
    assert before.control.in_control is True
    assert after.control == before.control


def test_a_judgement_that_says_the_same_is_not_kept_twice(workspace: Workspace) -> None:
    (kept,) = store_series(workspace, KEY, [5.0], ["2026-10-12T07:00:00"], owner=Owner("ct2"))
    for _ in range(2):
        judge_anew(workspace, signed=ANN)
    with workspace.database.reading() as connection:
        assert len(judgements_of(connection, [kept.record_id])) == 1


def test_a_scan_without_a_date_stands_in_no_history(workspace: Workspace) -> None:
    """It is stored under today's date, which is no date of the scanner."""
    store_series(workspace, KEY, [5.0], ["2026-10-12T07:00:00"], owner=Owner("ct1"))
    stored(workspace, analysis_of("undated", {KEY: 9.0}, dated=None))
    (found,) = trend(workspace, KEY, scanner="ct1")
    assert [p.measurement.value for p in found.points] == [5.0]
    assert (status(workspace, NOW)[0].last, status(workspace, NOW)[0].count) == ("2026-10-12T07:00:00", 1)


def judged_by(workspace: Workspace, kept: Kept) -> bool:
    """Whether a baseline was in force for a scan."""
    with workspace.database.reading() as connection:
        (occasion,) = occasions(connection, ids=[kept.occasion_id])
        known = baselines(connection, scanner=occasion.scope.scanner)
        return any(b.held(occasion.dated) for b in known)


def test_a_new_baseline_supersedes_and_an_ended_one_cannot_end_again(workspace: Workspace) -> None:
    two_baselines(workspace)
    store_series(workspace, KEY, [6.0, 6.1, 5.9], weekly("2026-10-12", 3), owner=Owner("ct2"))
    approve_baselines(workspace, Choice(scanner="ct2", since="2026-10-01"), signed=ANN)
    with workspace.database.reading() as connection:
        found = baselines(connection, scanner="ct2")
    assert [b.ended for b in found] == ["2026-10-12T07:00:00", None]
    with workspace.database.reading() as connection:
        assert [len(scans_behind(connection, b.id)) for b in found] == [4, 3]
    with (
        workspace.database.writing() as connection,
        pytest.raises(UsageError, match="Baseline 2 has ended already; `iqa baseline list` names those in force"),
    ):
        retire_baseline(connection, 2, "2026-11-01", ANN)
    with (
        workspace.database.writing() as connection,
        pytest.raises(UsageError, match="Baseline 99 does not exist"),
    ):
        retire_baseline(connection, 99, "2026-11-01", ANN)


def test_choosing_scans(workspace: Workspace) -> None:
    store_series(workspace, KEY, [5.0, 5.1, 4.9, 5.0, 9.0], weekly("2026-09-07", 5))
    numbers = {"all": Choice(scanner="ct1"), "day": Choice(scanner="ct1", until="2026-09-21"),
               "last": Choice(scanner="ct1", last=3), "without": Choice(scanner="ct1", without=(5,)),
               "since": Choice(scanner="ct1", since="2026-09-14", until="2026-09-28")}  # fmt: skip
    counted = {name: len(propose_baselines(workspace, choice)[0].occasions) for name, choice in numbers.items()}
    assert counted == {"all": 5, "day": 3, "last": 3, "without": 4, "since": 3}
    with pytest.raises(UsageError, match=r"No stored scan of 'ct2' is chosen; `iqa status` says how many there are"):
        propose_baselines(workspace, Choice(scanner="ct2"))


# ---------------------------------------------------------------------------------------- limits and past verdicts


def test_an_edited_limit_leaves_past_verdicts_as_they_were(workspace: Workspace) -> None:
    first = with_settings(workspace, TOML + LIMIT.format(high=6))
    kept = stored(first, analysis_of("a", {KEY: 5.9}))
    edited = with_settings(workspace, TOML + LIMIT.format(high=5))
    assert outcomes(edited, kept) == [(KEY, "pass within uncertainty")]
    with edited.database.reading() as connection:
        (occasion,) = occasions(connection)
        (one,) = rederived(connection, occasion)
    assert (one.stored.outcome, one.again.outcome) == ("pass within uncertainty", Outcome.PASS_WITHIN_U)
    assert one.again.limit is not None
    assert one.again.limit.bounds.fail_high == 6.0
    done = judge_anew(edited, signed=ANN)
    assert [(o.id, keys) for o, keys in done.failing] == [(kept.occasion_id, (KEY,))]
    assert outcomes(edited, kept) == [(KEY, "fail")]
    recalled = history(edited, KEY, scan=kept.occasion_id)
    assert [v.stored.outcome for v in recalled.verdicts] == ["pass within uncertainty", "fail"], "none is forgotten"
    assert [v.same for v in recalled.verdicts] == [True, True]
    assert recalled.broken is None


def test_every_change_of_the_limits_in_the_file_is_entered(workspace: Workspace) -> None:
    for high in (6, 6, 5):
        judge_anew(with_settings(workspace, TOML + LIMIT.format(high=high)), signed=ANN)
    judge_anew(with_settings(workspace, TOML), signed=replace(ANN, person="Bob"))
    found = history(workspace, KEY).entries
    assert [(e.person, e.action) for e in found] == [
        *[("Ann", "limits in iqa.toml")] * 2,
        ("Bob", "limits in iqa.toml"),
    ]
    assert found[2].subject["gone"] == ["ours"]
    assert [e.person for e in history(workspace, "noise.sd").entries] == ["Bob"], "which names what is gone"


def test_a_pattern_of_keys_concerns_each_of_them(workspace: Workspace) -> None:
    text = TOML + LIMIT.format(high=6).replace("noise.sigma", "noise.*")
    judge_anew(with_settings(workspace, text), signed=ANN)
    assert len(history(workspace, KEY).entries) == 1
    assert history(workspace, "mtf.bead.f50").entries == ()


def example(workspace: Workspace) -> str:
    return next(s.name for s in listed(workspace).rules.sets if s.status == "example")


def test_a_set_is_adopted_and_dropped(workspace: Workspace) -> None:
    name = example(workspace)
    assert listed(workspace).adopted == ()
    adopted = adopt_set(workspace, name, scanner="ct1", signed=ANN)
    assert {x.scope for x in listed(workspace).adopted} == {Scope(scanner="ct1")}
    assert listed(workspace).adopted == adopted
    with pytest.raises(UsageError, match=f"The set '{name}' is not adopted."):
        drop_set(workspace, name, scanner=None, signed=ANN)
    drop_set(workspace, name, scanner="ct1", signed=ANN)
    assert listed(workspace).adopted == ()
    with pytest.raises(UsageError, match=f"The set '{name}' is not adopted for ct1"):
        drop_set(workspace, name, scanner="ct1", signed=ANN)
    with pytest.raises(UsageError, match="There is no limit set 'none'"):
        adopt_set(workspace, "none", scanner=None, signed=ANN)
    with pytest.raises(UsageError, match="There is no scanner 'ct9'"):
        adopt_set(workspace, name, scanner="ct9", signed=ANN)


def test_judging_anew_assigns_what_has_a_scanner_by_now(workspace: Workspace) -> None:
    header = Acquisition(station="CT3", kv=120.0)
    kept = stored(workspace, analysis_of("a", {KEY: 5.0}, acquisition=header), Owner())
    assert judge_anew(workspace, signed=ANN).assigned == ()
    edited = with_settings(workspace, TOML + '[scanner.ct3]\nstation = "ct3"\n')
    assert [o.id for o in judge_anew(edited, signed=ANN).assigned] == [kept.occasion_id]
    with edited.database.reading() as connection:
        (found,) = occasions(connection)
        assert found.scope == Scope("ct3", "morning", "water")
        assert [e.action for e in entries(connection)] == ["assign"]
    with pytest.raises(UsageError, match=r"There is no scanner 'ct9' \(known: ct1, ct2, ct3\)"):
        judge_anew(edited, scanner="ct9", signed=ANN)


# ---------------------------------------------------------------------------------------- measured anew


def test_old_and_new_results_side_by_side(workspace: Workspace) -> None:
    kept = stored(workspace, analysis_of("a", {KEY: 5.0}, method="made@1"))
    with workspace.database.writing() as connection:
        again = keep_record(connection, kept.occasion_id, analysis_of("a", {KEY: 7.0}, method="made@2"), at=NOW)
    with workspace.database.reading() as connection:
        (point,) = series(connection, KEY, scanner="ct1")
        assert (point.measurement.value, point.measurement.method) == (5.0, "made@1"), (
            "nothing counts before acceptance"
        )
    with workspace.database.writing() as connection:
        accept_records(connection, [Kept(kept.occasion_id, again)], ANN)
    with workspace.database.reading() as connection:
        (point,) = series(connection, KEY, scanner="ct1")
        assert (point.measurement.value, point.measurement.method) == (7.0, "made@2")
        assert [m.value for m in measurements(connection, kept.record_id)] == [5.0]
        assert [(e.person, e.action) for e in entries(connection)] == [("Ann", "accept results")]


# ---------------------------------------------------------------------------------------- status


FAILING = TOML + LIMIT.format(high=6) + '[[limit]]\nkey = "manual.x"\nunit = "mm"\nfail_high = 2\n'


def state(workspace: Workspace) -> tuple[str | None, Outcome | None, bool]:
    ct1 = status(workspace, NOW)[0]
    return ct1.last, ct1.outcome, ct1.overdue


def test_a_failure_is_not_hidden_by_what_comes_after_it(workspace: Workspace) -> None:
    """Neither by an entry nor by a scan under another protocol; only by the same, made again."""
    edited = with_settings(workspace, FAILING)
    stored(edited, analysis_of("a", {KEY: 9.0}, dated="2026-11-24T07:00:00"), Owner("ct1", "morning"))
    enter_value(edited, "manual.x", 1.0, unit="mm", scanner="ct1", signed=ANN)
    assert state(edited) == ("2026-11-24T07:00:00", Outcome.FAIL, False)
    stored(edited, analysis_of("b", {KEY: 5.0}, dated="2026-11-25T07:00:00"), Owner("ct1"))
    assert state(edited) == ("2026-11-25T07:00:00", Outcome.FAIL, False)
    stored(edited, analysis_of("c", {KEY: 5.0}, dated="2026-11-26T07:00:00"), Owner("ct1", "morning"))
    assert state(edited) == ("2026-11-26T07:00:00", Outcome.PASS, False)
    enter_value(edited, "manual.x", 3.0, unit="mm", scanner="ct1", signed=ANN)
    enter_value(edited, "manual.y", 1.0, unit="mm", scanner="ct1", signed=ANN)
    assert state(edited)[1] is Outcome.FAIL
    enter_value(edited, "manual.x", 1.0, unit="mm", scanner="ct1", signed=ANN)
    assert state(edited)[1] is Outcome.PASS


@pytest.mark.parametrize(
    ("dated", "days", "overdue"),
    [("2026-11-20T23:00:00", 7, False), ("2026-11-19T23:59:00", 8, True), (None, None, True)],
    ids=["due today", "a day late", "never scanned"],
)
def test_overdue(dated: str | None, days: int | None, overdue: bool, workspace: Workspace) -> None:
    enter_value(workspace, "manual.x", 1.0, unit="mm", scanner="ct1", signed=ANN)  # which is no scan
    if dated is not None:
        stored(workspace, analysis_of("a", {KEY: 5.0}, dated=dated))
    ct1, ct2 = status(workspace, NOW)
    assert (ct1.days, ct1.overdue, ct1.count) == (days, overdue, int(dated is not None))
    assert (ct2.scanner, ct2.last, ct2.overdue, ct2.alarming) == ("ct2", None, False, False)


def test_scanners_that_the_file_no_longer_has_and_scans_of_none(workspace: Workspace) -> None:
    stored(workspace, analysis_of("a", {KEY: 5.0}), Owner("ct0"))
    stored(workspace, analysis_of("b", {KEY: 5.0}), Owner())
    assert [(s.scanner, s.count) for s in status(workspace, NOW)] == [("ct0", 1), ("ct1", 0), ("ct2", 0), (None, 1)]


# ---------------------------------------------------------------------------------------- export


def rows_of(file: Path) -> list[dict[str, object]]:
    """What a file holds, by whoever reads such files."""
    if file.suffix == ".json":
        rows: list[dict[str, object]] = json.loads(file.read_text(encoding="utf-8"))["rows"]
        return rows
    if file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as opened:
            return [dict(row) for row in csv.DictReader(opened)]
    sheet = openpyxl.load_workbook(file).active
    head, *lines = sheet.iter_rows()
    assert all(cell.data_type != "f" for line in lines for cell in line)
    return [{h.value: c.value for h, c in zip(head, line, strict=True)} for line in lines]


VALUES = {"a.x": 0.1 + 0.2, "a.y": -1 / 3, "a.z": 12345678.9, "b.x": 1e-7}
TOLERANCE = {".csv": 0.0, ".json": 0.0, ".xlsx": 2e-16}
"""Relative; a sheet holds 16 digits."""


@pytest.mark.parametrize("suffix", TOLERANCE)
def test_the_same_numbers_come_back(suffix: str, workspace: Workspace, tmp_path: Path) -> None:
    kept = stored(workspace, analysis_of("a", VALUES, u=0.1 + 0.2), Owner("ct1", "morning", "water"))
    enter_value(workspace, "manual.x", 1.5, unit="mm", scanner="ct1", signed=ANN)
    file = tmp_path / f"out{suffix}"
    assert export_to(workspace, file) == 5
    rows = {str(r["key"]): r for r in rows_of(file)}
    for key, value in VALUES.items():
        assert float(str(rows[key]["value"])) == pytest.approx(value, rel=TOLERANCE[suffix], abs=0)
        assert float(str(rows[key]["u"])) == pytest.approx(0.1 + 0.2, rel=TOLERANCE[suffix], abs=0)
    a = rows["a.x"]
    assert tuple(a) == COLUMNS
    assert (str(a["scan"]), a["scanner"], a["protocol"], a["phantom"]) == (
        str(kept.occasion_id),
        "ct1",
        "morning",
        "water",
    )
    assert (a["unit"], a["method"], a["pixel_sha256"]) == ("HU", "made@1", analysis_of("a", {}).identity.pixel_sha256)
    assert (float(str(a["acquisition_kv"])), float(str(a["spacing_z_mm"]))) == (120.0, 2.0)
    assert (rows["manual.x"]["entered_by"], rows["manual.x"]["u"] or None) == ("Ann", None)
    assert export_to(workspace, file, key="a.*") == 3
    assert export_to(workspace, file, scanner="ct2") == 0
    assert sorted(f.name for f in tmp_path.iterdir()) == [f"out{suffix}", "ws"]


@pytest.mark.parametrize("suffix", TOLERANCE)
def test_an_interval_comes_back(suffix: str, workspace: Workspace, tmp_path: Path) -> None:
    made = analysis_of("a", {"a.x": 1.0, "a.y": 2.0})
    limited = replace(made.measurements[0], interval=(0.0, 0.1 + 0.2))
    kept = stored(workspace, replace(made, results=(limited, made.measurements[1])))
    with workspace.database.reading() as connection:
        found = {m.key: m.interval for m in measurements(connection, kept.record_id)}
    assert found == {"a.x": (0.0, 0.1 + 0.2), "a.y": None}
    file = tmp_path / f"out{suffix}"
    export_to(workspace, file)
    rows = {str(r["key"]): r for r in rows_of(file)}
    assert float(str(rows["a.x"]["interval_low"])) == 0.0
    assert float(str(rows["a.x"]["interval_high"])) == pytest.approx(0.1 + 0.2, rel=TOLERANCE[suffix], abs=0)
    assert not rows["a.y"]["interval_high"]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_no_text_becomes_a_formula(sign: str, suffix: str, workspace: Workspace, tmp_path: Path) -> None:
    bad = f"{sign}cmd|' /C calc'!A0"
    header = Acquisition(manufacturer=bad, model=bad, kernel=bad, software=bad, image_type=(bad, bad))
    made = analysis_of("a", {bad: 1.0}, method=bad, unit=bad, acquisition=header)
    number = replace(made.measurements[0], where=bad, flags=(bad.replace(" ", ""),))
    made = replace(made, results=(number,), scan_flags=(bad,), identity=replace(made.identity, series_uid=bad))
    stored(workspace, made, Owner(bad, bad, bad))
    export_to(workspace, tmp_path / f"out{suffix}")
    (row,) = rows_of(tmp_path / f"out{suffix}")
    texts = [str(v) for v in row.values() if v is not None]
    assert sum("calc" in t for t in texts) >= 14
    if suffix == ".csv":
        dangerous = [t for t in texts if t.startswith(("=", "+", "@", "\t", "\r", "-c"))]
        assert dangerous == []


def test_where_nothing_can_be_written(workspace: Workspace, tmp_path: Path) -> None:
    stored(workspace, analysis_of("a", VALUES))
    with pytest.raises(UsageError, match=r"'out\.txt' says no format: its name must end in \.csv, \.xlsx, \.json"):
        export_to(workspace, tmp_path / "out.txt")
    for name in ("none/out.csv", "none/out.xlsx", "none/out.json"):
        with pytest.raises(InputError, match="its folder does not exist"):
            export_to(workspace, tmp_path / name)
    with pytest.raises(UsageError, match=r"There is no scanner 'ct9' \(known: ct1, ct2\)"):
        export_to(workspace, tmp_path / "out.csv", scanner="ct9")
    for suffix in TOLERANCE:
        (tmp_path / f"dir{suffix}").mkdir()
        with pytest.raises(InputError, match="the file cannot be written"):
            export_to(workspace, tmp_path / f"dir{suffix}")


def test_a_sheet_that_is_too_small_leaves_the_old_file(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iqa.report.export.MOST_ROWS", 2)
    stored(workspace, analysis_of("a", VALUES))
    (tmp_path / "out.xlsx").write_bytes(b"of last week")
    with pytest.raises(UsageError, match="A sheet holds 2 numbers, and there are more; write CSV or JSON instead"):
        export_to(workspace, tmp_path / "out.xlsx")
    assert (tmp_path / "out.xlsx").read_bytes() == b"of last week"
    assert len(list(tmp_path.iterdir())) == 2


# ---------------------------------------------------------------------------------------- the manifest


def test_the_longest_path_decides(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    file = tmp_path / "m.csv"
    file.write_text("\ufeffpath,scanner,site\na,ct1,\na/b,ct2,north\n", encoding="utf-8")
    manifest = Manifest(Told(site="south", phantom="water"), read_manifest(file))
    assert manifest.of(str(tmp_path / "a" / "x.dcm")) == Told("ct1", "south", "water")
    assert manifest.of(str(tmp_path / "a" / "b" / "x.dcm")) == Told("ct2", "north", "water")
    assert manifest.of(str(tmp_path / "ab")) == Told(None, "south", "water")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"path;scanner\na;b\n", "first line: expected path and any of scanner, site, phantom, found path;scanner"),
        (b"scanner\nct1\n", "first line: expected path and any of"),
        (b"", "first line: expected path"),
        (b"path,scanner\n,ct1\n", "line 2: expected a path, found none"),
        (b"path,scanner\nb,ct1\n", "line 2: expected a path that exists, as seen from the manifest, found 'b'"),
        (b"path,scanner\n\xff,ct1\n", "the manifest is not UTF-8 text"),
        (b"path,scanner\na," + b"x" * 200_000, "the manifest is no CSV: field larger than field limit"),
    ],
)
def test_a_manifest_that_is_wrong(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(content)
    with pytest.raises(Exception, match=words) as caught:
        read_manifest(tmp_path / "m.csv")
    assert type(caught.value).__module__ == "iqa.errors"


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the manifest cannot be read: No such file"):
        read_manifest(tmp_path / "none.csv")


def test_who_signs(workspace: Workspace) -> None:
    signed = Signed("Zoë", NOW, "new tube")
    enter_event(workspace, "tube", scanner="ct1", signed=signed)
    with workspace.database.reading() as connection:
        (entry,) = entries(connection)
    assert (entry.person, entry.at, entry.subject["reason"]) == ("Zoë", NOW, "new tube")
    assert rules_of(workspace.settings).written == ()


def test_a_limit_without_a_source_is_read_again(workspace: Workspace) -> None:
    """What is left empty in the file is left out of the stored text."""
    edited = with_settings(workspace, TOML + '[[limit]]\nkey = "noise.sigma"\nunit = "HU"\nfail_high = 6\n')
    kept = stored(edited, analysis_of("a", {KEY: 5.0}))
    assert [v.same for v in history(edited, KEY, scan=kept.occasion_id).verdicts] == [True]


def test_a_baseline_of_entered_values(workspace: Workspace) -> None:
    """They have no conditions at all."""
    text = TOML + '[[limit]]\nkey = "manual.x"\nunit = "mm"\nkind = "difference"\nfail_high = 1\nfail_low = -1\n'
    edited = with_settings(workspace, text)
    for day, value in enumerate((5.0, 5.1, 4.9, 5.0), start=1):
        enter_value(edited, "manual.x", value, unit="mm", scanner="ct1", dated=f"2026-11-0{day}", signed=ANN)
    approve_baselines(edited, Choice(scanner="ct1", key="manual.*"), signed=ANN)
    (verdict,) = enter_value(edited, "manual.x", 7.0, unit="mm", scanner="ct1", signed=ANN)
    assert verdict.outcome is Outcome.FAIL
    assert [v.same for v in history(edited, "manual.x", scan=5).verdicts] == [True]
    assert [v.stored.outcome for v in history(edited, "manual.x", scan=1).verdicts] == ["not judged", "pass"]


def test_past_verdicts_outlive_a_new_owner_and_new_results(workspace: Workspace) -> None:
    """A limit of one scanner, and results that count no longer, are derived again as they were."""
    edited = with_settings(workspace, TOML + LIMIT.format(high=6) + 'scanner = "ct1"\n')
    kept = stored(edited, analysis_of("a", {KEY: 9.0}))
    with edited.database.writing() as connection:
        again = keep_record(connection, kept.occasion_id, analysis_of("a", {KEY: 5.0}, method="made@2"), at=NOW)
        accept_records(connection, [Kept(kept.occasion_id, again)], ANN)
        judge_record(connection, rules_of(edited.settings), kept.occasion_id, at=NOW)
        assign(connection, [kept.occasion_id], Owner("ct2"), ANN)
    found = history(edited, KEY, scan=kept.occasion_id).verdicts
    assert [(v.stored.outcome, v.same) for v in found] == [("fail", True), ("pass", True)]
