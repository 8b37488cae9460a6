"""The demonstration's fleet: two scanners with half a year of weekly scans, one drifting, one with a new tube."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from iqa.jobs.add import add
from iqa.jobs.baselines import Choice, approve_baselines
from iqa.jobs.entering import enter_event
from iqa.jobs.manifest import Manifest
from iqa.jobs.reporting import REPORT, Asked, last_scan, papers_of, write_report
from iqa.jobs.status import status
from iqa.jobs.trend import trend
from iqa.model import Pose
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.report.files import put
from iqa.report.shown import State
from iqa.report.text import LANGUAGES
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
    pages: Mapping[str, Path]
    """Files of the HTML pages: fleet, ct1, ct2, noise, water, each with its language."""


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
    last = _at(WEEKS - 1)
    noise, water = trend(workspace, "noise.sigma", scanner="ct1"), trend(workspace, "ct_number.uniform", scanner="ct2")
    return Fleet(folder, status(workspace, last), (*noise, *water), _pages(workspace, last))


def _pages(workspace: Workspace, at: str) -> Mapping[str, Path]:
    """The overview, the charts of drift and tube change, and the weekly page of each scanner's last scan."""
    found = {}
    for language in LANGUAGES:
        asked = partial(Asked, language=language, at=at)
        wanted = {
            "noise": asked(kind="trend", scanner="ct1", about="noise.sigma"),
            "water": asked(kind="trend", scanner="ct2", about="ct_number.uniform"),
            "ct1": asked(kind="weekly", scan=last_scan(workspace, "ct1")),
            "ct2": asked(kind="weekly", scan=last_scan(workspace, "ct2")),
            "fleet": asked(kind="fleet"),  # last, since it leads to those that are there
        }
        for name, one in wanted.items():
            (found[f"{name}-{language}"],) = write_report(workspace, one, "html")
    return found


def draw_pages(workspace: Workspace, folder: Path) -> list[Path]:
    """Pictures of the weekly page of ct1 in both languages and of its drift, as they are printed."""
    at, files = _at(WEEKS - 1), []
    for language in LANGUAGES:
        asked = partial(Asked, language=language, at=at)
        weekly = asked(kind="weekly", scan=last_scan(workspace, "ct1"))
        for name, one in (("weekly", weekly), ("trend", asked(kind="trend", scanner="ct1", about="noise.sigma"))):
            (paper,) = papers_of(workspace, one)
            files.append(put(folder / f"{name}-{language}.png", paper.picture(workspace.templates), REPORT))
    return files


def _live(workspace: Workspace, scans: Path) -> None:
    """Half a year, each step dated as it would have been: baselines from the first scans, a tube, its new baseline."""
    _add(workspace, scans, range(BASELINE_WEEKS))
    for scanner in ("ct1", "ct2"):
        signed = _signed(BASELINE_WEEKS - 1, "first ten scans")
        approve_baselines(workspace, Choice(scanner=scanner), signed=signed)
    _add(workspace, scans, range(BASELINE_WEEKS, TUBE_WEEK))
    changed = (_day(TUBE_WEEK) - timedelta(days=2)).isoformat()
    enter_event(workspace, "tube", scanner="ct2", dated=changed, signed=_signed(TUBE_WEEK, "new tube"))
    renewed = TUBE_WEEK + BASELINE_WEEKS
    _add(workspace, scans, range(TUBE_WEEK, renewed))
    signed = _signed(renewed - 1, "ten scans of the new tube")
    approve_baselines(workspace, Choice(scanner="ct2", since=changed), signed=signed)
    _add(workspace, scans, range(renewed, WEEKS))


def _add(workspace: Workspace, scans: Path, weeks: Sequence[int]) -> None:
    paths = [scans / scanner / str(_day(week)) for week in weeks for scanner in ("ct1", "ct2")]
    add(workspace, paths, signed=_signed(weeks[-1]), manifest=Manifest())


def _signed(week: int, reason: str = "") -> Signed:
    return Signed(PERSON, _at(week), reason)


def _at(week: int) -> str:
    """Noon of a week's scan: whenever the demonstration runs, it leaves the same pages."""
    return f"{_day(week)}T12:00:00Z"


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
