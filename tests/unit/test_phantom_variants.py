"""Turning, rotating, dropping and changing modules."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iqa.model import (
    Bead,
    Feature,
    Insert,
    LinePairs,
    Module,
    Pin,
    Pose,
    Provenance,
    Ramp,
    Region,
    StepRamp,
    Target,
    Wire,
)
from iqa.phantom import load
from iqa.phantom.variants import rotated, turned
from iqa.shipped import shipped

Point = tuple[float, float, float]
CITED = Provenance("made up", "U")
mm = st.floats(-60, 60)
deg = st.floats(-180, 180)


@st.composite
def modules(draw: st.DrawFn) -> Module:
    """A module that holds one of each kind, anywhere."""
    at: list[dict[str, Any]] = [{"x_mm": draw(mm), "y_mm": draw(mm), "provenance": CITED} for _ in range(9)]
    ends: dict[str, Any] = {"z_from_mm": draw(st.floats(-20, -1)), "z_to_mm": draw(st.floats(1, 20))}
    a, z = draw(deg), draw(st.floats(-5, 5))
    features: tuple[Feature, ...] = (
        Insert(name="i", material="m", diameter_mm=9, hu=1, **ends, **at[0]),
        Pin(name="p", material="m", diameter_mm=3, hu=1, **ends, **at[1]),
        Target(name="t", group="g", diameter_mm=3, contrast_hu=5, **ends, **at[2]),
        Bead(name="b", material="m", z_mm=z, diameter_mm=1, hu=1, **at[3]),
        Wire(name="w", material="m", diameter_mm=1, tilt_deg=5, direction_deg=a, hu=1, **ends, **at[4]),
        Ramp(name="r", kind="wire", material="m", z_mm=z, angle_deg=23, direction_deg=a, length_mm=9, diameter_mm=1,
             hu=1, **at[5]),
        StepRamp(name="s", element="bead", material="m", z_mm=z, direction_deg=a, step_mm=2, step_z_mm=0.5, count=5,
                 diameter_mm=1, hu=1, **at[6]),
        LinePairs(name="l", lp_per_cm=3, bars=4, length_mm=5, bar_angle_deg=a, radial=False, hu=1, **ends, **at[7]),
        Region(name="12h", diameter_mm=20, **at[8]),
    )  # fmt: skip
    return Module(
        name="A", z_mm=draw(mm), diameter_mm=200, body_hu=0, features=features, provenance=CITED, z_from_mm=-22,
        z_to_mm=30,
    )  # fmt: skip


def _points(module: Module) -> list[Point]:
    """Places along every feature in the phantom's frame: what a rigid motion must carry with it."""
    return [(x, y, module.z_mm + z) for f in module.features if not isinstance(f, Region) for x, y, z in _along(f)]


def _along(feature: Feature) -> list[Point]:
    x, y = feature.x_mm, feature.y_mm
    match feature:
        case Ramp():
            rise = math.tan(math.radians(feature.angle_deg))
            steps = [(t, t * rise) for t in (-3.0, 3.0)]
            points = [_moved((x, y, feature.z_mm), feature.direction_deg, *step) for step in steps]
        case StepRamp():
            steps = [(k * feature.step_mm, k * feature.step_z_mm) for k in (-2, 2)]
            points = [_moved((x, y, feature.z_mm), feature.direction_deg, *step) for step in steps]
        case Wire():
            steps = [(z * math.tan(math.radians(feature.tilt_deg)), z) for z in (feature.z_from_mm, feature.z_to_mm)]
            points = [_moved((x, y, 0.0), feature.direction_deg, *step) for step in steps]
        case LinePairs():
            steps = [(t, z) for t in (-2.0, 2.0) for z in (feature.z_from_mm, feature.z_to_mm)]
            points = [_moved((x, y, 0.0), feature.bar_angle_deg, *step) for step in steps]
        case Insert() | Pin() | Target():
            points = [(x, y, feature.z_from_mm), (x, y, feature.z_to_mm)]
        case Bead():
            points = [(x, y, feature.z_mm)]
        case Region():
            points = []
    return points


def _moved(start: Point, angle_deg: float, t: float, dz: float) -> Point:
    a = math.radians(angle_deg)
    return start[0] + t * math.cos(a), start[1] - t * math.sin(a), start[2] + dz


def _close(found: list[Point], wanted: list[Point]) -> None:
    """Each found point is a wanted one (the two ends of a feature may change places)."""
    for point in found:
        assert min(math.dist(point, w) for w in wanted) < 1e-6


@settings(max_examples=30)  # each example holds all nine kinds
@given(modules())
def test_turning_twice_is_nothing(module: Module) -> None:
    again = turned(turned(module))
    assert again.z_mm == pytest.approx(module.z_mm)
    assert (again.z_from_mm, again.z_to_mm) == (module.z_from_mm, module.z_to_mm)
    _close(_points(again), _points(module))


@settings(max_examples=30)  # each example holds all nine kinds
@given(modules())
def test_turning_is_the_rigid_half_turn_about_the_vertical_axis_through_the_blocks_middle(module: Module) -> None:
    middle = module.z_mm + (module.z_from_mm + module.z_to_mm) / 2
    wanted = [(-x, y, 2 * middle - z) for x, y, z in _points(module)]
    _close(_points(turned(module)), wanted)
    flipped = turned(module)
    assert flipped.z_mm + flipped.z_from_mm == pytest.approx(module.z_mm + module.z_from_mm)
    assert flipped.z_mm + flipped.z_to_mm == pytest.approx(module.z_mm + module.z_to_mm)


@settings(max_examples=30)  # each example holds all nine kinds
@given(modules(), deg)
def test_rotating_is_the_roll_of_a_pose(module: Module, angle: float) -> None:
    pose = Pose(0, 0, 0, angle)
    _close(_points(rotated(module, angle)), [pose.place(*p) for p in _points(module)])


@settings(max_examples=30)  # each example holds all nine kinds
@given(modules(), deg)
def test_regions_stay_with_the_clock_of_the_image(module: Module, angle: float) -> None:
    for moved in (turned(module), rotated(module, angle)):
        assert list(moved.of(Region)) == list(module.of(Region))


def test_a_turned_gauge_is_mirrored_in_its_own_place() -> None:
    whole, turned_gauge = load(shipped("phantoms") / "catphan504.toml")
    before, after = whole.module("CTP528"), turned_gauge.module("CTP528")
    assert (before.z_mm, after.z_mm) == (30, 35)  # block from 12.5 to 52.5 mm, gauge 5 mm the other side of its middle
    for a, b in zip(before.of(LinePairs), after.of(LinePairs), strict=True):
        assert (b.x_mm, b.y_mm) == pytest.approx((-a.x_mm, a.y_mm))


CHANGES = """
[[variant]]
name = "changed"
note = "All at once."
drop = ["CTP404.pin.4", "CTP404.bead"]
rotate_deg = { CTP515 = 60 }
move_mm = { CTP486 = -3 }
set.CTP404.insert.air_bottom = { material = "water", hu = 0, hu_range = [-7, 7] }
set.CTP404.insert.delrin.angle_deg = 5
"""


def test_a_variant_drops_sets_rotates_and_moves(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    text = (shipped("phantoms") / "catphan504.toml").read_text(encoding="utf-8")
    file.write_text(text + CHANGES, encoding="utf-8")
    default, _, changed = load(file)
    features = {f.name: f for f in changed.module("CTP404").features}
    assert set(features) == {f.name for f in default.module("CTP404").features if not isinstance(f, Bead)} - {"4"}
    water, delrin = features["air_bottom"], features["delrin"]
    assert isinstance(water, Insert)
    assert (water.material, water.hu, water.hu_range) == ("water", 0, (-7, 7))
    assert math.degrees(math.atan2(-delrin.y_mm, delrin.x_mm)) == pytest.approx(5)
    assert changed.module("CTP486").z_mm == default.module("CTP486").z_mm - 3
    rolled = [dataclasses.replace(f, x_mm=0, y_mm=0) for f in changed.module("CTP515").features]
    assert rolled == [dataclasses.replace(f, x_mm=0, y_mm=0) for f in default.module("CTP515").features]
    first, moved = (next(s.module("CTP515").of(Target)) for s in (default, changed))
    turn = math.atan2(-moved.y_mm, moved.x_mm) - math.atan2(-first.y_mm, first.x_mm)
    assert math.degrees(turn) % 360 == pytest.approx(60)
