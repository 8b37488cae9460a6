"""The demonstration: a scan whose truth is known, analysed as any other, and two scanners' half a year."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iqa.jobs.analyze import analyze_and_draw
from iqa.jobs.fleet import Fleet, draw_pages, run_fleet
from iqa.model import Analysis, Pose
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.simulate import Physics, simulate, write_dicom
from iqa.store.workspace import open_workspace

PHANTOM = "catphan504"
PHYSICS = Physics(
    pixel_mm=0.48,
    noise_hu=8.0,
    cupping_hu=4.0,
    stray_mm=0.05,
    seed=504,
    pose=Pose(1.7, -2.4, 3.1, roll_deg=-1.3, pitch_deg=0.2, yaw_deg=-0.1),
)
"""An everyday scan: 512², 2.5 mm, the phantom a little turned, shifted and tilted, some shading, inserts not quite in
place; its noise is that of a routine head protocol."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demonstration left behind."""

    analysis: Analysis
    truth: Mapping[str, float]
    """True values under the keys of the analysis."""
    scan: Path
    figures: Path
    fleet: Fleet


def run_demo(folder: Path) -> Demo:
    """A simulated scan in `folder`/scan with truth.json, analysed, and a fleet's half a year.

    The scan's figures are left in `folder`/figures, the fleet's workspace in `folder`/workspace.
    All three folders are made anew: what an earlier demonstration left in them goes.
    """
    scan, figures = folder / "scan", folder / "figures"
    for old in (scan, figures):
        shutil.rmtree(old, ignore_errors=True)
    simulated = simulate(find(PHANTOM, library()), PHYSICS)
    write_dicom(simulated, scan)
    (analysis,) = analyze_and_draw([scan], figures=figures).analyses
    fleet = run_fleet(folder / "workspace")
    draw_pages(open_workspace(fleet.folder), figures)
    return Demo(analysis, simulated.truth.values, scan, figures, fleet)
