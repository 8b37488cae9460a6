"""A few kills of `iqa add`, and two of it at once; two hundred kills are in tests/full."""

from __future__ import annotations

from pathlib import Path

import pytest
from kills import SCANS, adding, dump, ended, kill_many, new_workspace, rows, scans_in, started

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

KILLS = 12


def test_what_was_killed_is_resumed(tmp_path: Path) -> None:
    found = kill_many(tmp_path, KILLS, seed=20261127)
    assert found.kills == KILLS
    assert sum(found.scans_stored_at_kill) == KILLS


def test_two_processes_with_the_same_scans(tmp_path: Path) -> None:
    """Nothing is lost, and nothing stored twice."""
    scans = scans_in(tmp_path / "scans")
    alone, shared = new_workspace(tmp_path / "alone"), new_workspace(tmp_path / "shared")
    adding(alone, scans)()
    both = [started(adding(shared, scans)) for _ in range(2)]
    assert [ended(one) for one in both] == [0, 0]
    assert rows(shared) == rows(alone)
    assert sorted(dump(shared)) == sorted(dump(alone))


def test_two_processes_with_different_scans(tmp_path: Path) -> None:
    folders = [scans_in(tmp_path / "scans" / str(i), SCANS * i) for i in range(2)]
    alone, shared = new_workspace(tmp_path / "alone"), new_workspace(tmp_path / "shared")
    adding(alone, tmp_path / "scans")()
    both = [started(adding(shared, folder)) for folder in folders]
    assert [ended(one) for one in both] == [0, 0]
    assert len(rows(shared)) == 2 * SCANS
    assert rows(shared) == rows(alone)
