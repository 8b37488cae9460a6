"""A small workspace: tiny simulated scans on disk, and results stored without measuring anything."""

from __future__ import annotations

import hashlib
import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from iqa.cli.main import main
from iqa.jobs.judging import judge_record, rules_of
from iqa.model import Acquisition, Analysis, Measurement, ScanIdentity
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.simulate import Physics, simulate, write_dicom
from iqa.simulate.physics import Header
from iqa.store.decisions import Signed
from iqa.store.matching import Owner
from iqa.store.records import Kept, keep_scan
from iqa.store.workspace import Workspace, init_workspace, open_workspace
from tests.unit.made_analysis import made_analysis

PHYSICS = Physics(
    matrix=96, pixel_mm=2.5, slices=5, first_z_mm=-10.0, step_mm=5.0, thickness_mm=5.0, body_diameter_mm=200.0
)
"""Of a water cylinder of 200 mm: seconds for a hundred of them."""
NOW = "2026-11-27T12:00:00Z"
ANN = Signed("Ann", NOW, "because")
TOML = """
[scanner.ct1]
station = "CT1"
period_days = 7
[scanner.ct2]
station = "CT2"
[phantom.water]
model = "uniform_cylinder"
diameter_mm = 200
[protocol.morning]
phantom = "water"
kv = 120
"""


@dataclass(frozen=True)
class Said:
    """What one command returned and printed."""

    status: int
    out: str
    err: str


def iqa(*arguments: str | Path) -> Said:
    """One command, as at the terminal."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main([str(a) for a in arguments])
    return Said(status, out.getvalue(), err.getvalue())


def refused(said: Said, *words: str) -> None:
    """The command could not be done, and one line says why in these words."""
    assert said.status == 2, said
    assert said.err.startswith("iqa: "), said
    assert said.err.count("\n") == 1, said
    assert "Traceback" not in said.err + said.out
    for word in words:
        assert word in said.err, (word, said.err)


def scan_files(folder: Path, seed: int = 0, *, station: str = "CT1", acquired: str = "2026-11-02T07:00:00") -> Path:
    """A scan of the water cylinder on disk."""
    header = Header(station=station, acquired=acquired, ctdivol_mgy=10.0)
    write_dicom(
        simulate(find("uniform_cylinder", library()), replace(PHYSICS, seed=seed, header=header)), folder
    )
    return folder


def made_workspace(folder: Path, toml: str = TOML) -> Workspace:
    """A new workspace with these settings."""
    init_workspace(folder).database.close()
    (folder / "iqa.toml").write_text(toml, encoding="utf-8")
    return open_workspace(folder)


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


def stored(workspace: Workspace, analysis: Analysis, owner: Owner = Owner("ct1"), *, at: str = NOW) -> Kept:
    """Results in the store, judged."""
    with workspace.database.writing() as connection:
        kept = keep_scan(connection, analysis, owner, at=at)
        judge_record(connection, rules_of(workspace.settings), kept.occasion_id, at=at)
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
    owner: Owner = Owner("ct1"),
    method: str = "made@1",
    tag: str = "",
) -> list[Kept]:
    """One number a scan, scan after scan."""
    return [
        stored(workspace, analysis_of(f"{tag}{owner.scanner}{d}", {key: v}, dated=d, method=method), owner)
        for v, d in zip(values, dates, strict=True)
    ]
