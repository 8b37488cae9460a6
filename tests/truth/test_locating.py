"""The locator on simulated truth, the quick part: a few of each kind, and the accuracy of what it finds."""

from __future__ import annotations

from dataclasses import replace

import locating
import numpy as np
import pytest

from iqa.locate import locate
from iqa.model import Located, Pose, Refused
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.simulate import Physics, Simulated, simulate


def test_whole_phantoms_are_named() -> None:
    assert [o for o in locating.run(locating.whole, range(0, 200, 11), processes=1) if o.kind != "right"] == []


def test_fragments_are_never_misnamed() -> None:
    outcomes = locating.run(locating.fragment, range(40), processes=1)
    assert [o for o in outcomes if o.kind in ("wrong", "without_truth")] == []
    assert sum(o.kind == "refused" for o in outcomes) <= 3
    assert sum(o.kind == "right" for o in outcomes) >= 8


HARD = (5212, 5213, 5244, 6621, 6795, 6893, 8243, 8253, 8494, 8533, 8552, 8622, 8802, 8812, 10863)
"""Fading blocks, directions that nothing tells, turned line pairs: each misled an earlier rule."""


def test_hard_fragments_are_not_misnamed() -> None:
    outcomes = locating.run(locating.fragment, HARD, processes=1)
    assert [o for o in outcomes if o.kind in ("wrong", "without_truth")] == []


def test_what_is_seen_of_slanted_wires_on_one_slice_tells_no_z() -> None:
    """The wires of a phantom the other way round cross one slice 12 mm off, all four alike."""
    scan, _, pose = locating.fragment_scan(5244)
    found = locate(scan, locating.definitions(), "catphan600")
    assert isinstance(found, Located)
    assert found.u_z_mm is None or abs(found.pose.z_mm - pose.z_mm) < 3.0 * found.u_z_mm


def test_impostors_are_not_accepted() -> None:
    outcomes = locating.run(locating.impostor, range(16), processes=1)
    assert [o for o in outcomes if o.kind in ("right", "wrong")] == []


def test_right_holes_with_wrong_materials_are_not_accepted() -> None:
    outcomes = locating.run(locating.random_materials, range(0, 120, 15), processes=1)
    assert [o for o in outcomes if o.kind in ("right", "wrong")] == []


# ------------------------------------------------------------------------------------------ accuracy

POSES = {
    "upright": Physics(noise_hu=10.0),
    "rolled and tilted": Physics(noise_hu=10.0, pose=Pose(3.3, -2.1, 4.4, 137.0, 2.0, -2.2)),
    "turned round, off centre, on a couch, modules rolled": Physics(
        noise_hu=10.0,
        pose=Pose(40.0, 0.0, 4.4, 137.0, 2.0, -2.2, mirrored=True, reversed=True),
        couch=True,
        module_rolls_deg=(("CTP528", 1.0), ("CTP515", -0.7)),
        pixel_mm=0.6,
    ),
    "cut by 10 mm": Physics(noise_hu=10.0, pose=Pose(34.3, 0.2, 0.0, 10.0), field_diameter_mm=250.0),
    "strayed by 0.1 mm": Physics(noise_hu=10.0, stray_mm=0.1, seed=3),
}


def found(name: str, physics: Physics) -> tuple[Simulated, Located]:
    spec = next(s for s in locating.definitions() if s.label == name)
    simulated = simulate(spec, physics)
    result = locate(simulated.scan, locating.definitions())
    assert isinstance(result, Located)
    return simulated, result


@pytest.mark.parametrize("case", POSES)
def test_pose_of_a_whole_catphan(case: str) -> None:
    physics = POSES[case]
    _, result = found("catphan504", physics)
    wanted = physics.stack_pose
    x, y = wanted.on_plane(0.0, 0.0, result.pose.z_mm)
    strayed = case.startswith("strayed")
    # one scan: the bounds on the rms of many, times three for strays, which are the same for every method
    assert np.hypot(result.pose.x_mm - x, result.pose.y_mm - y) < (0.12 if strayed else 0.01)
    assert abs(result.pose.z_mm - wanted.z_mm) < 0.1 * physics.step_mm
    turn = (result.pose.roll_deg - wanted.roll_deg + 180.0) % 360.0 - 180.0
    assert abs(turn) < (0.15 if strayed else 0.02)
    assert abs(result.pose.pitch_deg - wanted.pitch_deg) < 0.05
    assert abs(result.pose.yaw_deg - wanted.yaw_deg) < 0.05
    assert (result.pose.mirrored, result.pose.reversed) == (wanted.mirrored, wanted.reversed)


@pytest.mark.parametrize("case", ["rolled and tilted", "strayed by 0.1 mm"])
def test_each_insert_is_found_where_it_truly_is(case: str) -> None:
    simulated, result = found("catphan504", POSES[case])
    truth = {(f.module, f.name): f for f in simulated.truth.features}
    off = []
    for module in result.modules:
        for fit in module.features:
            true = truth[module.name, fit.name]
            off.append((fit.x_mm - true.x_mm, fit.y_mm - true.y_mm))
    assert len(off) >= 11
    assert np.sqrt(np.mean(np.square(off))) < 0.01


def test_modules_turned_against_each_other_keep_their_own_roll() -> None:
    physics = replace(POSES["upright"], module_rolls_deg=(("CTP528", 1.0), ("CTP515", -0.7)))
    _, result = found("catphan504", physics)
    rolls = {m.name: (m.pose.roll_deg + 180.0) % 360.0 - 180.0 for m in result.modules}
    assert rolls["CTP528"] == pytest.approx(1.0, abs=0.1)
    assert rolls["CTP515"] == pytest.approx(-0.7, abs=0.5)


def test_a_tapered_phantom_lies_where_its_origins_own_inserts_do() -> None:
    """It is recognised by another tier, and carried along the axis the strays of that one would come with it."""
    physics = Physics(pixel_mm=0.5, step_mm=5.0, thickness_mm=5.0, noise_hu=8.0, stray_mm=0.1, seed=11)
    simulated, located = found("mercury4", replace(physics, pose=Pose(0.6, 1.5, 4.0, 1.3, 0.02, -0.28)))
    own = located.module(located.spec.origin)
    assert own is not None
    assert (located.pose.x_mm, located.pose.y_mm, located.u_xy_mm) == (own.pose.x_mm, own.pose.y_mm, own.u_xy_mm)
    for key in ("position.x", "position.y"):
        at = simulated.scan.to_patient(located.pose.x_mm, located.pose.y_mm, located.pose.z_mm)["xyz".index(key[-1])]
        assert abs(at - simulated.truth.values[key]) < 3.3 * (located.u_xy_mm or 0.0)


@pytest.mark.parametrize(("mirrored", "turned"), [(True, False), (False, True)])
def test_tiers_tell_which_end_is_which_in_a_mirrored_image(mirrored: bool, turned: bool) -> None:
    """All tiers have one pattern, and no rigid phantom is seen like this; but their diameters have an order."""
    pose = Pose(0.0, -18.0, -4.0, -122.0, 0.9, 1.2, mirrored=mirrored, reversed=turned)
    _, located = found("mercury4", Physics(matrix=256, pixel_mm=0.92, step_mm=4.0, thickness_mm=4.0, pose=pose))
    assert (located.pose.mirrored, located.pose.reversed) == (mirrored, turned)
    assert abs(located.pose.z_mm - pose.z_mm) < 1.0


@pytest.mark.parametrize("yaw_deg", [-1.9, 1.9])
def test_a_gauge_whose_groups_lie_on_one_side_keeps_its_place_when_it_leans(yaw_deg: float) -> None:
    """Those of a Catphan 700 lie 40 mm off the axis, and so 1.3 mm above or below it."""
    pose = Pose(0.0, 0.0, 0.0, 0.0, 0.0, yaw_deg)
    physics = Physics(matrix=256, pixel_mm=0.9, step_mm=1.0, thickness_mm=1.0, slices=90, first_z_mm=-25.0, pose=pose)
    _, located = found("catphan700", physics)
    gauge, inserts = located.module("CTP714"), located.module("CTP682")
    assert gauge is not None
    assert inserts is not None
    assert gauge.pose.z_mm - inserts.pose.z_mm == pytest.approx(40.0, abs=0.5)


@pytest.mark.parametrize("turned", [False, True])
def test_ramps_tell_which_end_is_which_of_one_block(turned: bool) -> None:
    """Beyond the block's end one slice of noise resembles its neighbour, at the wrong end."""
    pose = Pose(0.3, 0.2, 0.2, 40.0, 0.3, 0.2, mirrored=turned, reversed=turned)
    physics = Physics(
        step_mm=2.5, thickness_mm=2.5, slices=11, first_z_mm=-14.0, mtf="hann", section="gaussian", noise_hu=5.0,
        pose=pose, seed=1,
    )  # fmt: skip
    simulated = simulate(find("catphan504", library()), physics)
    located = locate(simulated.scan, library(), phantom="catphan504")
    assert isinstance(located, Located)
    assert (located.pose.mirrored, located.pose.reversed) == (turned, turned)


def test_a_phantom_named_wrongly_is_refused_by_its_inserts() -> None:
    """A Catphan 604 has bone where a 504 has plain material; all else of the two blocks is alike."""
    physics = Physics(step_mm=2.5, thickness_mm=2.5, slices=11, first_z_mm=-14.0, mtf="hann", noise_hu=5.0, seed=1)
    simulated = simulate(find("catphan504", library()), physics)
    refused = locate(simulated.scan, library(), phantom="catphan604")
    assert isinstance(refused, Refused)
    assert "another contrast than Catphan 604: bone_50, bone_20" in refused.reason
