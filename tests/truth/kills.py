"""`iqa add` in processes that are killed with signal 9, and what they leave behind."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from iqa.jobs.add import add
from iqa.jobs.manifest import Manifest
from iqa.store.workspace import open_workspace
from tests.made_workspace import ANN, TOML, made_workspace, scan_files

LIMIT = '\n[[limit]]\nkey = "noise.*"\nunit = "HU"\nfail_high = 7\n'
SCANS = 4
KNOWN_SHARE = 0.3
"""Time of what comes before and after the scans, against that of one scan."""
JOURNAL = "iqa.sqlite-journal"
"""What a writer leaves beside the database when it is killed; the next opening rolls it back."""
SQL = """
SELECT o.pixel_sha256, o.dated, o.record_id IS r.id, w.content, m.value, m.u, m.n
FROM occasion o LEFT JOIN record r ON r.occasion_id = o.id LEFT JOIN measurement m ON m.record_id = r.id
LEFT JOIN word w ON w.id = m.key_id
UNION ALL
SELECT o.pixel_sha256, o.dated, r.about, w.content, c.points, NULL, NULL
FROM occasion o JOIN record r ON r.occasion_id = o.id JOIN curve c ON c.record_id = r.id JOIN word w ON w.id = c.key_id
UNION ALL
SELECT o.pixel_sha256, o.dated, j.outcome, w.content, v.outcome, v.limit_id, v.reason
FROM occasion o LEFT JOIN judgement j ON j.record_id = o.record_id
LEFT JOIN verdict v ON v.judgement_id = j.id LEFT JOIN word w ON w.id = v.key_id
"""
"""Everything that is known of each scan, one row a number, curve and verdict; what is missing is an empty row."""
Rows = dict[str, list[tuple[object, ...]]]


def scans_in(folder: Path, first: int = 0) -> Path:
    """Four small scans of one scanner."""
    for i in range(first, first + SCANS):
        scan_files(folder / f"s{i}", i, acquired=f"2026-11-{i + 1:02d}T07:00:00")
    return folder


def new_workspace(folder: Path) -> Path:
    """An empty one, closed."""
    made_workspace(folder, TOML + LIMIT).database.close()
    return folder


def adding(workspace: Path, scans: Path) -> Callable[[], None]:
    """The step that is killed; its clock stands still, so that all runs store the same."""
    return lambda: void(add(open_workspace(workspace), [scans], signed=ANN, manifest=Manifest()))


def void(_: object) -> None:
    """Nothing of it."""


def started(step: Callable[[], None]) -> int:
    """The number of a process of its own that runs a step; everything is imported already."""
    number = os.fork()
    if number:
        return number
    code = 1
    try:
        step()
        code = 0
    finally:
        os._exit(code)


def ended(number: int) -> int:
    """Exit status of a process; negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def dump(workspace: Path) -> list[str]:
    """All rows of a database, as SQL."""
    with closing(sqlite3.connect(workspace / "iqa.sqlite")) as connection:
        return list(connection.iterdump())


def rows(workspace: Path) -> Rows:
    """What is known of each scan, by the hash of its pixels, after a check of the whole file."""
    found: Rows = {}
    with closing(sqlite3.connect(workspace / "iqa.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for row in connection.execute(SQL):
            found.setdefault(row[0], []).append(row[1:])
    return {sha: sorted(each, key=repr) for sha, each in found.items()}


@dataclass
class Found:
    """What came of many kills."""

    kills: int = 0
    completed: int = 0
    """Runs that were through before the signal came."""
    journals: int = 0
    """Kills within a transaction, by what they left."""
    scans_stored_at_kill: list[int] = field(default_factory=lambda: [0] * (SCANS + 1))
    """How many kills found so many whole scans in the store."""
    workspaces: int = 0
    seconds_undisturbed: float = 0.0


def kill_many(folder: Path, kills: int, seed: int) -> Found:
    """Kill runs at random moments, start them again, and kill those, until so many were killed.

    Raises
    ------
    AssertionError
        A store does not open, holds a half result, or ends otherwise than an undisturbed run.
    """
    rng, found = np.random.default_rng(seed), Found()
    scans = scans_in(folder / "scans")
    undisturbed = new_workspace(folder / "undisturbed")
    adding(undisturbed, scans)()  # warm
    begin = time.monotonic()
    again = new_workspace(folder / "again")
    assert ended(started(adding(again, scans))) == 0
    found.seconds_undisturbed = time.monotonic() - begin
    whole, expected = rows(undisturbed), dump(undisturbed)
    assert len(whole) == SCANS
    assert dump(again) == expected
    while found.kills < kills:
        found.workspaces += 1
        _until_done(new_workspace(folder / f"ws{found.workspaces}"), scans, whole, rng, found, kills)
        assert dump(folder / f"ws{found.workspaces}") == expected
    return found


def _until_done(workspace: Path, scans: Path, whole: Rows, rng: np.random.Generator, found: Found, kills: int) -> None:
    missing = SCANS
    while True:
        process = started(adding(workspace, scans))
        if found.kills >= kills:
            assert ended(process) == 0
            return
        rest = (missing + KNOWN_SHARE) / (SCANS + KNOWN_SHARE)  # what is stored already takes little time
        time.sleep(float(rng.uniform(0.0, 1.05 * rest * found.seconds_undisturbed)))
        os.kill(process, signal.SIGKILL)
        status = ended(process)
        if status == 0:
            found.completed += 1
            return
        assert status == -signal.SIGKILL
        found.kills += 1
        found.journals += (workspace / JOURNAL).is_file()
        stored = rows(workspace)
        assert {sha: whole[sha] for sha in stored} == stored, "a half result"
        missing = SCANS - len(stored)
        found.scans_stored_at_kill[len(stored)] += 1
        open_workspace(workspace).database.close()
