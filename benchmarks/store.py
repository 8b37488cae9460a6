"""How the workspace grows: 500 scanners, five years of weekly scans, 150 numbers a scan.

python benchmarks/store.py [SCANNERS ...]

Rows are written in bulk, as `iqa add` would have left them; then what a person waits for is timed on a cold connection:
one scan's results stored with their verdicts, the trend of one key, the state of the fleet. Writes
docs/evidence/store.json.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from iqa.analyze import analyze
from iqa.jobs.baselines import Choice, approve_baselines
from iqa.jobs.clock import now
from iqa.jobs.judging import Rules, judge_record, rules_of
from iqa.jobs.status import status
from iqa.jobs.trend import trend
from iqa.model import Analysis
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.simulate import Physics, simulate, write_dicom
from iqa.store.decisions import Signed
from iqa.store.matching import Owner
from iqa.store.records import keep_scan
from iqa.store.workspace import Workspace, init_workspace, open_workspace

EVIDENCE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "store.json"
SCANNERS = (5, 50, 500)
WEEKS, KEYS = 260, 150
FIRST = date(2021, 11, 29)
KEY = "noise.sigma"
REPETITIONS = 5
BOUNDS_S = {"store one scan": 0.05, "trend of one key": 0.3, "fleet status": 1.0}
LIMIT = """
[[limit]]
key = "ct_number.*"
kind = "absolute"
unit = "HU"
fail_low = -2000
fail_high = 4000
source = "benchmark"
"""


def main() -> None:
    counts = [int(a) for a in sys.argv[1:]] or list(SCANNERS)
    analysis = one_analysis()
    curve = [measured(analysis, n) for n in counts]
    result = {"weeks": WEEKS, "keys": KEYS, "bounds_s": BOUNDS_S, "by_scanners": curve}
    EVIDENCE.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def one_analysis() -> Analysis:
    """A real analysis with at least KEYS numbers, cut to them."""
    with tempfile.TemporaryDirectory() as folder:
        physics = Physics(matrix=256, pixel_mm=0.9, step_mm=5.0, thickness_mm=5.0, noise_hu=6.0)
        write_dicom(simulate(find("catphan504", library()), physics), Path(folder))
        (analysis,) = analyze([folder]).analyses
    kept = {m.key for m in analysis.measurements[: KEYS - 1]} | {KEY}
    return replace(analysis, results=tuple(m for m in analysis.measurements if m.key in kept), iqa_version="benchmark")


def measured(analysis: Analysis, scanners: int) -> dict[str, float]:
    """Seconds and megabytes of a workspace with so many scanners."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = filled(Path(folder), analysis, scanners)
        rules = rules_of(workspace.settings)
        size = (Path(folder) / "iqa.sqlite").stat().st_size
        number = scanners * WEEKS * len(analysis.results)
        seconds = {
            "store one scan": best(lambda k: store(workspace, rules, analysis, k)),
            "trend of one key": best(lambda _: trend(workspace, KEY, scanner="s0")),
            "fleet status": best(lambda _: status(workspace, now())),
        }
        everywhere = best(lambda _: trend(workspace, KEY), 1)
        workspace.database.close()
    row = {"scanners": scanners, "measurements": number, "mib": size / 2**20, "bytes_a_number": size / number}
    row |= {f"{name}, s": s for name, s in seconds.items()} | {"trend of one key on all scanners, s": everywhere}
    print(", ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)
    return row


def filled(folder: Path, analysis: Analysis, scanners: int, weeks: int = WEEKS, limits: str = LIMIT) -> Workspace:
    """A workspace as five years would leave it, or the last weeks of them."""
    init_workspace(folder).database.close()
    scanners_toml = "".join(f'[scanner.s{k}]\nserial = "{k + 1}"\nperiod_days = 7\n' for k in range(scanners))
    (folder / "iqa.toml").write_text(scanners_toml + limits, encoding="utf-8")
    workspace = open_workspace(folder)
    store(workspace, rules_of(workspace.settings), analysis, -1)
    with sqlite3.connect(folder / "iqa.sqlite") as raw:
        raw.execute("PRAGMA synchronous = OFF")
        bulk(raw, scanners, weeks)
    raw.close()
    # the scanner that is looked at has baselines, so that its charts are drawn as well
    approve_baselines(workspace, Choice(scanner="s0", last=20), signed=Signed("benchmark", now(), "benchmark"))
    return workspace


def bulk(raw: sqlite3.Connection, scanners: int, weeks: int) -> None:
    """Copies of the first scan: other scanners, other weeks, other values."""
    raw.executemany("INSERT OR IGNORE INTO word (content) VALUES (?)", ((f"s{k}",) for k in range(scanners)))
    words = dict(raw.execute("SELECT content, id FROM word"))
    days = [str(FIRST + timedelta(weeks=w)) for w in range(WEEKS - weeks, WEEKS)]
    scans = [(i + 2, words[f"s{k}"], day) for i, (day, k) in enumerate((d, k) for d in days for k in range(scanners))]
    raw.executemany(
        "INSERT INTO occasion SELECT ?1, ?3 || 'T07:00:00', added_at, series_uid || '.' || ?1, study_uid, sop_digest, "
        "printf('%064d', ?1), site, ?3, acquisition, scan, ?2, protocol_id, phantom_id, ?1, NULL "
        "FROM occasion WHERE id = 1",
        scans,
    )
    raw.executemany(
        "INSERT INTO record SELECT ?1, ?1, made_at, iqa_version_id, model_id, definition_id, about "
        "FROM record WHERE id = 1",
        scans_ids := [(i,) for i, _, _ in scans],
    )
    raw.executemany(
        "INSERT INTO judgement SELECT ?1, ?1, judged_at, iqa_version_id, rule, outcome, signals_id "
        "FROM judgement WHERE id = 1",
        scans_ids,
    )
    raw.executemany(
        "INSERT INTO verdict SELECT ?1, number, key_id, outcome, limit_id, baseline_id, reason, flags_id FROM verdict "
        "WHERE judgement_id = 1",
        scans_ids,
    )
    rng = np.random.default_rng(1)
    for key, value, *rest in raw.execute(
        "SELECT key_id, value, u, n, unit_id, place_id, method_id, flags_id FROM measurement "
        "WHERE record_id = 1 ORDER BY key_id"
    ).fetchall():
        noise = rng.normal(value, 0.01 * abs(value) + 1e-3, len(scans)).tolist()
        rows: Iterator[tuple[float, ...]] = ((key, i, v, *rest) for (i, _, _), v in zip(scans, noise, strict=True))
        raw.executemany("INSERT INTO measurement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def store(workspace: Workspace, rules: Rules, analysis: Analysis, number: int) -> None:
    """One new scan's results and verdicts, as `iqa add` stores them."""
    identity = replace(
        analysis.identity,
        series_uid=f"1.2.{number + 2}.9",
        sop_uids=(f"1.2.{number + 2}.9.1",),
        acquired=str(date.today()),
        pixel_sha256=f"{number + 2:064x}".replace("0", "f", 1),
    )
    with workspace.database.writing() as connection:
        kept = keep_scan(connection, replace(analysis, identity=identity), Owner("s0"), at=now())
        judge_record(connection, rules, kept.occasion_id, at=now())


def best(run: Callable[[int], object], repetitions: int = REPETITIONS) -> float:
    """Shortest of some runs, s."""
    seconds = []
    for k in range(repetitions):
        start = time.perf_counter()
        run(k)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


if __name__ == "__main__":
    main()
