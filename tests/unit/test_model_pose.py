"""The one map from phantom to stack, checked against the frame that the contract describes in words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa.model import Pose, tilt_matrix

angles = st.floats(-180.0, 180.0)
tilts = st.floats(-5.0, 5.0)
points = st.floats(-100.0, 100.0)


def at(radius: float, angle_deg: float) -> tuple[float, float]:
    """(x, y) of a feature, y down."""
    a = math.radians(angle_deg)
    return radius * math.cos(a), -radius * math.sin(a)


@given(angles, angles)
def test_roll_turns_counter_clockwise_as_displayed(angle: float, roll: float) -> None:
    x, y, z = Pose(3.0, 4.0, 5.0, roll).place(*at(50.0, angle), 0.0)
    assert (x, y, z) == pytest.approx((3.0 + at(50.0, angle + roll)[0], 4.0 + at(50.0, angle + roll)[1], 5.0), abs=1e-9)


def test_mirror_comes_before_roll() -> None:
    x, y, _ = Pose(0.0, 0.0, 0.0, 30.0, mirrored=True).place(*at(10.0, 20.0), 0.0)
    assert (x, y) == pytest.approx(at(10.0, 180.0 - 20.0 + 30.0))
    assert Pose(0.0, 0.0, 0.0, 30.0, mirrored=True).displayed_deg(20.0) == pytest.approx(190.0)


@given(points, points, points, angles, tilts, tilts, st.booleans())
def test_a_real_pose_keeps_distances_and_hand(
    x: float, y: float, z: float, roll: float, pitch: float, yaw: float, turned: bool
) -> None:
    m = Pose(0.0, 0.0, 0.0, roll, pitch, yaw, mirrored=turned, reversed=turned).matrix
    assert np.allclose(m @ m.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(m) == pytest.approx(1.0)
    assert np.hypot(*np.hypot(m @ (x, y, z), 0.0)[:2]) <= np.linalg.norm([x, y, z]) + 1e-9


@given(tilts, tilts)
def test_the_axis_leans_by_pitch_and_yaw(pitch: float, yaw: float) -> None:
    ax, ay, az = tilt_matrix(pitch, yaw) @ (0.0, 0.0, 1.0)
    assert math.degrees(math.atan(ax / az)) == pytest.approx(yaw, abs=1e-9)
    assert math.degrees(math.atan(ay / az)) == pytest.approx(pitch, abs=1e-9)


@given(points, points, st.floats(-50.0, 50.0), angles, tilts, tilts)
def test_on_plane_follows_the_axis(x: float, y: float, z: float, roll: float, pitch: float, yaw: float) -> None:
    pose = Pose(1.0, 2.0, 3.0, roll, pitch, yaw)
    px, py, pz = pose.place(x, y, z)
    assert pose.on_plane(x, y, pz) == pytest.approx((px, py), abs=1e-9)


@given(tilts, tilts)
def test_slopes_lean_and_stretch_are_those_of_the_axis(pitch: float, yaw: float) -> None:
    pose = Pose(0.0, 0.0, 0.0, 20.0, pitch, yaw)
    x, y, z = pose.place(0.0, 0.0, 10.0)
    assert pose.slopes == pytest.approx((x / z, y / z), abs=1e-9)
    assert pose.lean == pytest.approx(math.hypot(x, y) / z, abs=1e-9)
    assert pose.stretch == pytest.approx(10.0 / z)
