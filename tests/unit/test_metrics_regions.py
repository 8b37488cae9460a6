"""Which pixels and slices count, and what the largest of several values allows for."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from iqa.metrics.extremes import EXPECTED_LARGEST, expected_excess, largest_by_size
from iqa.metrics.plateau import plateau
from iqa.metrics.regions import Circle, crop, depth_mm, u_drift, where
from iqa.model import Pose, Scan
from tests.made_phantom import SIDE, made_scan

MIDDLE = (SIDE - 1) / 4


def flat(fill: float = 7.0) -> Scan:
    return made_scan(np.full((2, SIDE, SIDE), fill))


def with_corners(scan: Scan, values: tuple[int, int, int, int]) -> Scan:
    stored = scan.stored.copy()
    stored[:, 0, 0], stored[:, 0, -1], stored[:, -1, 0], stored[:, -1, -1] = values
    return replace(scan, stored=stored)


def test_pixels_count_by_their_centres() -> None:
    seen = crop(flat(), 0, Circle(MIDDLE, MIDDLE, 10.0))
    assert seen is not None
    assert np.count_nonzero(seen.mask) == pytest.approx(math.pi * 10.0**2 / 0.25, rel=0.01)
    assert seen.hu[seen.mask] == pytest.approx(7.0)


def test_hole_takes_its_pixels_out() -> None:
    whole = crop(flat(), 0, Circle(MIDDLE, MIDDLE, 10.0))
    holed = crop(flat(), 0, Circle(MIDDLE, MIDDLE, 10.0), [Circle(MIDDLE + 3.0, MIDDLE, 3.0)])
    assert whole is not None
    assert holed is not None
    gone = np.count_nonzero(whole.mask) - np.count_nonzero(holed.mask)
    assert gone == pytest.approx(math.pi * 3.0**2 / 0.25, rel=0.06)


def test_filled_corners_end_the_field_at_its_circle() -> None:
    far = Circle(MIDDLE + 30.0, MIDDLE + 30.0, 10.0)
    assert crop(with_corners(flat(), (1, 2, 3, 4)), 0, far) is not None
    assert crop(with_corners(flat(), (-9000, -9000, -9000, -9000)), 0, far) is None


@pytest.mark.parametrize(
    ("pose", "depth"),
    [
        (Pose(0.0, 0.0, 10.0, 0.0), 2.0),
        (Pose(0.0, 0.0, 10.0, 0.0, reversed=True), -2.0),
        (Pose(0.0, 0.0, 10.0, 0.0, mirrored=True), 2.0),
        # Yaw 2° lifts nothing at x = 0 and shifts the cut of a rod at x = 50 mm by x·tan 2°.
        (Pose(0.0, 0.0, 10.0, 0.0, yaw_deg=2.0), 2.0 + 50.0 * math.tan(math.radians(2.0))),
    ],
    ids=["upright", "reversed", "mirrored", "yawed"],
)
def test_depth_along_a_rod_follows_the_pose(pose: Pose, depth: float) -> None:
    assert depth_mm(pose, 50.0, 0.0, np.array([12.0])) == pytest.approx([depth], abs=2e-3)


def test_place_in_words() -> None:
    assert where("CTP404", (31, 32, 33)) == "CTP404 slices 31-33"
    assert where("CTP404", (31,)) == "CTP404 slice 31"


def test_expected_largest_of_equal_values_is_that_of_drawn_ones() -> None:
    drawn = np.random.default_rng(0).standard_normal((200_000, len(EXPECTED_LARGEST)))
    for count, expected in enumerate(EXPECTED_LARGEST, start=1):
        assert drawn[:, :count].max(axis=1).mean() == pytest.approx(expected, abs=0.008)


def test_lone_largest_has_no_excess() -> None:
    assert expected_excess([10.0, 1.0, 0.0], 1.0) == 0.0
    assert largest_by_size([1.0, -10.0, 2.0], [1.0, 1.0, 1.0]) == (-10.0, 1.0)


def test_rivals_widen_the_uncertainty_of_the_largest() -> None:
    value, u = largest_by_size([-5.0, -5.5, -4.8, 5.2], [1.0, 1.0, 1.0, 1.0])
    assert value == -5.5
    # Three of a sign within 2.5 u of each other: 0.846 u expected excess, counted twice.
    assert u == pytest.approx(math.hypot(1.0, 2.0 * 0.846))


@pytest.mark.parametrize(
    ("means", "kept"),
    [
        ([10.1, 2.6, 2.2, 2.0, 1.9, 2.1, 2.3, 4.8], slice(1, 7)),
        ([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5], slice(0, 8)),
        ([2.0, 2.1, 9.0, 2.0, 1.9, 2.1, 2.2, 2.0], slice(0, 8)),
        ([900.0, 960.0, 961.0], slice(0, 3)),
    ],
    ids=["stray ends", "real gradient", "stray within the run", "too short to tell"],
)
def test_run_ends_where_its_plateau_ends(means: list[float], kept: slice) -> None:
    assert plateau(np.array(means), 0.2) == kept


def test_noise_alone_ends_no_run() -> None:
    assert plateau(np.array([3.0, 1.0, 1.0, 1.0, 1.0]), 1.0) == slice(0, 5)
    assert plateau(np.array([3.0, 1.0, 1.0, 1.0, 1.0]), 0.1) == slice(1, 5)


def test_scatter_beyond_noise_counts_and_noise_alone_does_not() -> None:
    drift = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    # Variance 2.5, of which 0.01 is noise, over five slices.
    assert u_drift(drift, 0.1) == pytest.approx(math.sqrt((2.5 - 0.01) / 5))
    assert u_drift(drift, 1.0) == 0.0
    assert u_drift(drift[:2], 0.01) == 0.0


def test_noise_is_hardly_ever_taken_for_a_drift() -> None:
    drawn = np.random.default_rng(1).standard_normal((20_000, 6))
    taken = sum(u_drift(row, 1.0) > 0.0 for row in drawn)
    assert 5 <= taken <= 40


def test_a_section_is_as_thick_as_the_header_says_else_as_the_slices_lie_apart() -> None:
    scan = made_scan(np.zeros((3, SIDE, SIDE)))
    apart = float(np.diff(scan.z_mm)[0])
    assert replace(scan, thickness_mm=1.5).section_mm == 1.5
    assert replace(scan, thickness_mm=None).section_mm == pytest.approx(apart)
    one = replace(made_scan(np.zeros((1, SIDE, SIDE))), thickness_mm=None)
    assert one.section_mm == 0.0


@pytest.mark.parametrize("end", [-2000.0, 3000.0])
def test_padding_is_no_end_of_the_scale(end: float) -> None:
    hu = np.zeros((3, SIDE, SIDE))
    hu[:, :10], hu[1:, 10:20], hu[2, -5:] = end, -1000.0, 500.0
    scan = made_scan(hu)
    stored = int(scan.stored[0, 0, 0])
    assert replace(scan, padding=stored).stored_ends == (int(scan.stored[1, 10, 0]), int(scan.stored[2, -1, 0]))
    assert stored in replace(scan, padding=stored + 1).stored_ends
    assert replace(scan, stored=np.full_like(scan.stored, stored), padding=stored).stored_ends == (stored, stored)
