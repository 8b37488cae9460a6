"""Results in a workspace, without a scan: numbers that are said to have been measured."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, timedelta

from made_analysis import made_analysis

from iqa.jobs.judging import judge_record, rules_of
from iqa.model import Acquisition, Analysis, Measurement, ScanIdentity
from iqa.store.matching import Owner
from iqa.store.records import Kept, keep_scan
from iqa.store.workspace import Workspace
from tests.made_workspace import NOW

CT1 = Owner("ct1")


def identity_of(name: str, dated: str | None) -> ScanIdentity:
    """Of a scan whose pixels, UIDs and date a name makes."""
    sha = hashlib.sha256(name.encode()).hexdigest()
    return ScanIdentity(f"1.2.{name}", "1.2", tuple(f"1.2.{name}.{i}" for i in range(3)), sha, dated)


def analysis_of(
    name: str,
    values: dict[str, float],
    *,
    dated: str | None = "2026-11-02T07:00:00",
    u: float | None = 0.1,
    method: str = "made@1",
    unit: str = "HU",
    acquisition: Acquisition | None = None,
) -> Analysis:
    """Results of a scan that was never made."""
    numbers = tuple(Measurement(k, v, u, unit, 1, "M1 slices 0-2", method) for k, v in values.items())
    made = replace(made_analysis(), identity=identity_of(name, dated), results=numbers)
    return made if acquisition is None else replace(made, acquisition=acquisition)


def stored(workspace: Workspace, analysis: Analysis, owner: Owner = CT1, *, at: str = NOW) -> Kept:
    """Results in the store, judged."""
    return _stored(workspace, [analysis], owner, at=at, judged=True)[0]


def _stored(workspace: Workspace, results: list[Analysis], owner: Owner, *, at: str, judged: bool) -> list[Kept]:
    rules = rules_of(workspace.settings)
    with workspace.database.writing() as connection:
        kept = [keep_scan(connection, one, owner, at=at) for one in results]
        for one in kept if judged else ():
            judge_record(connection, rules, one.occasion_id, at=at)
    return kept


def weekly(first: str, n: int) -> list[str]:
    """The mornings of n weeks."""
    start = date.fromisoformat(first)
    return [f"{start + timedelta(days=7 * i)}T07:00:00" for i in range(n)]


def store_series(
    workspace: Workspace,
    key: str,
    values: list[float],
    dates: list[str],
    *,
    owner: Owner = CT1,
    method: str = "made@1",
    tag: str = "",
    judged: bool = False,
) -> list[Kept]:
    """One number a scan, scan after scan."""
    results = [
        analysis_of(f"{tag}{owner.scanner}{d}", {key: v}, dated=d, method=method)
        for v, d in zip(values, dates, strict=True)
    ]
    return _stored(workspace, results, owner, at=NOW, judged=judged)
