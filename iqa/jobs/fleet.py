"""The demonstration's fleet: two scanners with half a year of weekly scans, one drifting, one with a new tube."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from iqa.jobs.add import add
from iqa.jobs.baselines import Choice, approve_baselines
from iqa.jobs.clock import now
from iqa.jobs.entering import enter_event
from iqa.jobs.manifest import Manifest
from iqa.jobs.status import status
from iqa.jobs.trend import trend
from iqa.model import Pose
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.report.shown import State
from iqa.report.trends import Trend
from iqa.simulate import Header, Physics, simulate, write_dicom
from iqa.store.decisions import Signed
from iqa.store.workspace import Workspace, init_workspace, open_workspace

WEEKS = 26
FIRST = date(2026, 5, 25)
BASELINE_WEEKS = 10
TUBE_WEEK = 12
"""The tube of ct2 is changed before its scan."""
DRIFT_WEEK, DRIFT = 8, 0.006
"""From that scan on ct1's noise rises by this share a week: by a tenth until the last scan, less than its limits."""
TUBE_HU, TUBE_NOISE = -2.5, 0.95
"""What the new tube changes: CT numbers, and the noise by this factor."""
PERSON = "the demonstration"
WORKERS = 2

CATPHAN = Physics(matrix=224, pixel_mm=1.0, step_mm=5.0, thickness_mm=5.0, noise_hu=6.0, cupping_hu=3.0, stray_mm=0.05)
WATER = replace(CATPHAN, first_z_mm=-20.0, slices=9, body_diameter_mm=200.0, noise_hu=5.0)

SETTINGS = """\
[site]
name = "Demonstration hospital"

[scanner.ct1]
station = "CT1"
period_days = 10
phantoms = ["catphan-a"]

[scanner.ct2]
station = "CT2"
period_days = 10

[phantom.catphan-a]
model = "catphan504"

[phantom.water]
model = "uniform_cylinder"
diameter_mm = 200

[protocol.head-weekly]
scanners = ["ct1"]
kv = 120

# measured without being recognised: the protocol says what lies there
[protocol.water-weekly]
scanners = ["ct2"]
phantom = "water"
kv = 120

[[limit]]
name = "noise"
key = "noise.sigma"
kind = "percent"
unit = "%"
fail_low = -20
warn_low = -15
warn_high = 15
fail_high = 20
source = "demonstration"
adopted_by = "the demonstration"
adopted_on = "2026-05-25"

[[limit]]
name = "water"
key = "ct_number.uniform"
kind = "difference"
unit = "HU"
fail_low = -4
warn_low = -3
warn_high = 3
fail_high = 4
source = "demonstration"
adopted_by = "the demonstration"
adopted_on = "2026-05-25"
"""


@dataclass(frozen=True, slots=True)
class Fleet:
    """What the demonstration's workspace shows."""

    folder: Path
    states: tuple[State, ...]
    """As of the last scan."""
    trends: tuple[Trend, ...]


def run_fleet(folder: Path) -> Fleet:
    """A workspace in `folder` with the scans of both scanners; the folder is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    workspace = init_workspace(folder)
    (folder / "iqa.toml").write_text(SETTINGS, encoding="utf-8")
    workspace.database.close()
    workspace = open_workspace(folder)
    scans = folder / "scans"
    with ProcessPoolExecutor(WORKERS) as pool:
        list(pool.map(partial(_write, scans), range(WEEKS)))
    _live(workspace, scans)
    last = f"{_day(WEEKS - 1)}T12:00:00Z"
    noise, water = trend(workspace, "noise.sigma", scanner="ct1"), trend(workspace, "ct_number.uniform", scanner="ct2")
    return Fleet(folder, status(workspace, last), (*noise, *water))


def _live(workspace: Workspace, scans: Path) -> None:
    """Half a year: baselines from the first scans, the new tube, a new baseline for it."""
    _add(workspace, scans, range(BASELINE_WEEKS))
    for scanner in ("ct1", "ct2"):
        approve_baselines(workspace, Choice(scanner=scanner), signed=_signed("first ten scans"))
    _add(workspace, scans, range(BASELINE_WEEKS, TUBE_WEEK))
    changed = (_day(TUBE_WEEK) - timedelta(days=2)).isoformat()
    enter_event(workspace, "tube", scanner="ct2", dated=changed, signed=_signed("new tube"))
    renewed = TUBE_WEEK + BASELINE_WEEKS
    _add(workspace, scans, range(TUBE_WEEK, renewed))
    approve_baselines(workspace, Choice(scanner="ct2", since=changed), signed=_signed("ten scans of the new tube"))
    _add(workspace, scans, range(renewed, WEEKS))


def _add(workspace: Workspace, scans: Path, weeks: Sequence[int]) -> None:
    paths = [scans / scanner / str(_day(week)) for week in weeks for scanner in ("ct1", "ct2")]
    add(workspace, paths, signed=_signed(), manifest=Manifest())


def _signed(reason: str = "") -> Signed:
    return Signed(PERSON, now(), reason)


def _day(week: int) -> date:
    return FIRST + timedelta(weeks=week)


def _write(scans: Path, week: int) -> None:
    """Both scanners' files of one week."""
    drift = 1.0 + DRIFT * max(0, week - DRIFT_WEEK)
    catphan = replace(CATPHAN, noise_hu=CATPHAN.noise_hu * drift)
    renewed = week >= TUBE_WEEK
    water = replace(
        WATER,
        noise_hu=WATER.noise_hu * (TUBE_NOISE if renewed else 1.0),
        offset_hu=TUBE_HU if renewed else 0.0,
    )
    specs = library()
    for scanner, phantom, physics in (("ct1", "catphan504", catphan), ("ct2", "uniform_cylinder", water)):
        made = simulate(find(phantom, specs), _as_laid(physics, scanner, week))
        write_dicom(made, scans / scanner / str(_day(week)))


def _as_laid(physics: Physics, scanner: str, week: int) -> Physics:
    """As a person lays the phantom down, a little otherwise every week."""
    shift = Pose(0.9 * (week % 5 - 2), 0.7 * (week % 7 - 3), 0.6 * (week % 3 - 1), roll_deg=0.4 * (week % 9 - 4))
    header = Header(station=scanner.upper(), serial=scanner, acquired=f"{_day(week)}T07:30:00")
    return replace(physics, pose=shift, header=header, seed=1000 * week + int(scanner[-1]))
