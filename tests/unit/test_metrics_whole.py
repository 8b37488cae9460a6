"""Which slices show a uniform module and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iqa.metrics.whole import whole_slices
from iqa.model import Located
from tests.made_phantom import made_located, made_scan, picture


def leaning(slices: int, pitch_deg: float) -> tuple[Located, np.ndarray]:
    """The uniform module of 25 mm, 90 mm wide, on slices of 2.5 mm about its middle; and what they lie off it, mm."""
    scan = made_scan(picture(slices=slices))
    located = made_located(scan)
    modules = tuple(replace(m, pose=replace(m.pose, pitch_deg=pitch_deg)) for m in located.modules)
    return whole_slices(scan, replace(located, modules=modules)), scan.z_mm - 40.0


@pytest.mark.parametrize(("pitch_deg", "reach_mm"), [(0.0, 7.5), (4.0, 5.0), (-4.0, 5.0)])
def test_a_leaning_module_keeps_the_slices_that_it_fills_from_rim_to_rim(pitch_deg: float, reach_mm: float) -> None:
    """At 4° a slice 7.5 mm off the middle reaches 10.6 mm off it at the rim, and its section ends at 13.1 mm."""
    whole, off_mm = leaning(9, pitch_deg)
    kept = whole.module("U")
    assert kept is not None
    assert np.abs(off_mm[list(kept.slices)]).max() == reach_mm


def test_a_module_of_few_slices_keeps_those_that_its_axis_lies_well_inside_on() -> None:
    whole, off_mm = leaning(9, 12.0)
    kept = whole.module("U")
    assert kept is not None
    assert np.abs(off_mm[list(kept.slices)]).max() == 7.5
