"""A small workspace, and tiny simulated scans on disk."""

from __future__ import annotations

import io
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from iqa.cli.main import main
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.simulate import Physics, simulate, write_dicom
from iqa.simulate.physics import Header
from iqa.store.decisions import Signed
from iqa.store.workspace import Workspace, init_workspace, open_workspace

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
WIDE_NOISE = """
[[limit]]
name = "noise"
key = "noise.sigma"
kind = "percent"
unit = "%"
fail_low = -90
fail_high = 90
warn_low = -80
warn_high = 80
source = "weekly"
edition = "3"
adopted_by = "Ann"
adopted_on = "2026-06-08"
"""
"""A limit relative to the baseline that no tiny scan misses."""


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
    write_dicom(simulate(find("uniform_cylinder", library()), replace(PHYSICS, seed=seed, header=header)), folder)
    return folder


def made_workspace(folder: Path, toml: str = TOML) -> Workspace:
    """A new workspace with these settings."""
    folder.mkdir(parents=True)
    (folder / "iqa.sqlite").write_bytes(_new_database())
    (folder / "iqa.toml").write_text(toml, encoding="utf-8")
    return open_workspace(folder)


@cache
def _new_database() -> bytes:
    """What `iqa init` makes, once for all tests."""
    with tempfile.TemporaryDirectory() as folder:
        init_workspace(Path(folder) / "ws").database.close()
        return (Path(folder) / "ws" / "iqa.sqlite").read_bytes()
