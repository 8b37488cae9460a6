"""`iqa add` killed with signal 9 at 200 random moments: the store opens, holds no half result, and is completed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from kills import SCANS, kill_many

KILLS = 200
LEAST_WITHIN = 10
"""Kills within a transaction, lest the test miss what it is for."""


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_two_hundred_kills(tmp_path: Path, evidence: Callable[[str, object], None]) -> None:
    found = kill_many(tmp_path, KILLS, seed=200)
    evidence("workspace-kills", {"scans_a_run": SCANS, **asdict(found), "half_results": 0, "not_resumed": 0})
    assert found.kills == KILLS
    assert found.journals >= LEAST_WITHIN
    assert all(count > 0 for count in found.scans_stored_at_kill[:SCANS])
