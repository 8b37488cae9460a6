"""The demonstration's fleet, as a person sees it: a drift before its limit, a new tube with a new baseline.

Writes docs/evidence/fleet.json.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from iqa.jobs.fleet import DRIFT_WEEK, FIRST, TUBE_WEEK, WEEKS, Fleet, run_fleet
from iqa.model import Outcome
from iqa.report.trends import Trend

Evidence = Callable[[str, object], None]
LONGEST_S, LARGEST_MB = 90.0, 200.0


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fleet, float, float]:
    folder = tmp_path_factory.mktemp("fleet")
    start = time.perf_counter()
    found = run_fleet(folder / "workspace")
    seconds = time.perf_counter() - start
    size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
    return found, seconds, size


def of(fleet: Fleet, key: str) -> Trend:
    return next(t for t in fleet.trends if t.key == key)


def test_every_scan_is_stored_and_none_fails(fleet: tuple[Fleet, float, float]) -> None:
    assert [(s.scanner, s.count, s.overdue) for s in fleet[0].states] == [("ct1", WEEKS, False), ("ct2", WEEKS, False)]
    assert not any(s.outcome is Outcome.FAIL for s in fleet[0].states)


def test_the_drift_is_reported_before_its_limit_is_crossed(fleet: tuple[Fleet, float, float]) -> None:
    noise = of(fleet[0], "noise.sigma")
    assert noise.control is not None
    assert noise.control.in_control is False
    assert noise.drift is not None
    assert noise.drift.slope > 0
    assert all(outcome in (Outcome.PASS, Outcome.PASS_WITHIN_U) for outcome in noise.outcomes)
    assert [p.fails for p in noise.projections] == [False, True]
    assert all(p.crossing.day > noise.days[-1] for p in noise.projections)
    first = min(s.at for s in noise.control.signals)
    assert DRIFT_WEEK < first <= DRIFT_WEEK + 8


def test_the_new_tube_is_an_event_with_a_new_baseline(fleet: tuple[Fleet, float, float]) -> None:
    water = of(fleet[0], "ct_number.uniform")
    assert [(e.kind, e.scanner) for e in water.events] == [("tube", "ct2")]
    assert [s.baseline is not None for s in water.segments] == [True, True]
    assert water.segments[1].first == TUBE_WEEK
    (jump,) = water.jumps
    assert jump.step.at == TUBE_WEEK
    assert jump.causes == ("tube of ct2 on 2026-08-15",)
    assert water.control is not None
    assert water.control.in_control is True


def test_it_is_small_and_quick(fleet: tuple[Fleet, float, float], evidence: Evidence) -> None:
    found, seconds, size = fleet
    noise = of(found, "noise.sigma")
    assert noise.control is not None
    first = min(s.at for s in noise.control.signals)
    evidence(
        "fleet",
        {
            "seconds": seconds,
            "megabytes": size,
            "drift begins": noise.points[DRIFT_WEEK].dated,
            "first signal": noise.points[first].dated,
            "weeks from the beginning of the drift": first - DRIFT_WEEK,
            "last scan": noise.points[-1].dated,
            "first scan": str(FIRST),
        },
    )
    assert size <= LARGEST_MB
    assert seconds <= LONGEST_S
