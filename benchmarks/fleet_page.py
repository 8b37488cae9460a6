"""How long the overview of 500 scanners takes, and how large it is.

python benchmarks/fleet_page.py [SCANNERS [WEEKS]]

The workspace of benchmarks/store.py, with baselines of every scanner, the last scans judged by them, one scanner in ten
changed so that it warns or fails, and one in ten without a scan for three weeks. Gathering and rendering are timed on a
cold connection. Writes docs/evidence/fleet_page.json.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from store import FIRST, WEEKS, filled, one_analysis

from iqa.jobs.clock import now
from iqa.jobs.fleets import fleet_story
from iqa.jobs.judging import judge_record, rules_of
from iqa.report.html import html
from iqa.report.pages.fleet import fleet_page
from iqa.report.words import load_words
from iqa.store.history import latest
from iqa.store.workspace import Workspace, open_workspace

EVIDENCE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "fleet_page.json"
SCANNERS = 500
REPETITIONS = 3
BOUNDS = {"s": 5.0, "MB": 5.0}
AT = f"{FIRST + timedelta(weeks=WEEKS - 1, days=3)}T12:00:00Z"
"""Three days after the last scan."""
CHANGES = (1.12, 1.3)
"""Noise of a scanner that warns and of one that fails."""
LIMITS = "".join(
    f'[[limit]]\nname = "{key}"\nkey = "{key}"\nkind = "{kind}"\nunit = "{unit}"\nfail_low = {-fail}\n'
    f'warn_low = {-warn}\nwarn_high = {warn}\nfail_high = {fail}\nsource = "benchmark"\n'
    for key, kind, unit, warn, fail in (
        ("noise.sigma", "percent", "%", 10, 15),
        ("ct_number.*", "difference", "HU", 30, 50),
        ("ttf.*.f50", "percent", "%", 10, 15),
        ("slice_thickness", "percent", "%", 10, 15),
    )
)


def main() -> None:
    scanners, weeks = (*(int(a) for a in sys.argv[1:]), *(SCANNERS, WEEKS)[len(sys.argv) - 1 :])
    with tempfile.TemporaryDirectory() as folder:
        lived_in(Path(folder), scanners, weeks)
        runs = [timed(Path(folder), repetition) for repetition in range(REPETITIONS)]
    best = min(runs, key=lambda run: run["whole, s"])
    result = {"scanners": scanners, "weeks": weeks, "bounds": BOUNDS} | best
    print(json.dumps(result, indent=1))
    EVIDENCE.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def lived_in(folder: Path, scanners: int, weeks: int) -> None:
    """A workspace with baselines everywhere and something wrong here and there."""
    workspace = filled(folder, one_analysis(), scanners, weeks, LIMITS)
    workspace.database.close()
    with sqlite3.connect(folder / "iqa.sqlite") as raw:
        calm(raw)
        for k in range(1, scanners):
            copy_baselines(raw, k)
        for k in range(0, scanners, 10):
            change(raw, f"s{k}", CHANGES[k // 10 % 2])
            silence(raw, f"s{k + 5}")
    raw.close()
    workspace = open_workspace(folder)
    judged_anew(workspace)
    workspace.database.close()


def calm(raw: sqlite3.Connection) -> None:
    """CT numbers with a tenth of the scatter, so that most scanners pass."""
    raw.execute(
        "UPDATE measurement AS m SET value = 0.1 * m.value + 0.9 * (SELECT first.value FROM measurement AS first "
        "WHERE first.key_id = m.key_id AND first.record_id = 1) "
        "WHERE m.key_id IN (SELECT id FROM word WHERE content LIKE 'ct_number.%')"
    )


def copy_baselines(raw: sqlite3.Connection, k: int) -> None:
    """The first scanner's baselines for another one."""
    raw.execute(
        "INSERT INTO baseline (key_id, scanner_id, protocol_id, phantom_id, content, approved_at, since) "
        "SELECT key_id, (SELECT id FROM word WHERE content = ?1), protocol_id, phantom_id, "
        "replace(content, '\"s0\"', '\"' || ?1 || '\"'), approved_at, since "
        "FROM baseline WHERE scanner_id = (SELECT id FROM word WHERE content = 's0')",
        (f"s{k}",),
    )


def change(raw: sqlite3.Connection, scanner: str, factor: float) -> None:
    """The noise of a scanner's last two months."""
    raw.execute(
        "UPDATE measurement SET value = value * ?2 WHERE key_id = (SELECT id FROM word WHERE content = 'noise.sigma') "
        "AND record_id IN (SELECT record_id FROM occasion WHERE scanner_id = "
        "(SELECT id FROM word WHERE content = ?1) ORDER BY dated DESC LIMIT 8)",
        (scanner, factor),
    )


def silence(raw: sqlite3.Connection, scanner: str) -> None:
    """The last three scans of a scanner are of no scanner."""
    raw.execute(
        "UPDATE occasion SET scanner_id = NULL WHERE id IN (SELECT id FROM occasion WHERE scanner_id = "
        "(SELECT id FROM word WHERE content = ?1) ORDER BY dated DESC LIMIT 3)",
        (scanner,),
    )


def judged_anew(workspace: Workspace) -> None:
    """The last scan of every scanner, by its own baselines."""
    rules = rules_of(workspace.settings)
    with workspace.database.writing() as connection:
        for one in latest(connection):
            judge_record(connection, rules, one.id, at=now())


def timed(folder: Path, repetition: int) -> dict[str, object]:
    """Seconds and megabytes of one page, in each language in turn."""
    workspace = open_workspace(folder)
    words = load_words("ja" if repetition % 2 else "en")
    start = time.perf_counter()
    story = fleet_story(workspace, AT)
    gathered = time.perf_counter()
    page = html("fleet.html", fleet_page(story, words, link=lambda scanner, key: f"{scanner}-{key}.html"), words)
    done = time.perf_counter()
    workspace.database.close()
    size = len(page.encode()) / 1e6
    states = dict(Counter(m.state for m in story.machines))
    return {"gather, s": gathered - start, "render, s": done - gathered, "whole, s": done - start, "MB": size,
            "columns": len(story.keys), "states": states}  # fmt: skip


if __name__ == "__main__":
    main()
