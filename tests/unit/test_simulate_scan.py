"""Whole simulated scans: places follow the pose, numbers follow the physics, seeds give the same bits."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from made_spec import BODY_MM, SOURCE, insert, module, region, spec
from numpy.typing import NDArray

from iqa.errors import UsageError
from iqa.model import Bead, LinePairs, Pose, StepRamp, Target, Wire
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.simulate import Physics, simulate

QUIET = Physics(matrix=128, pixel_mm=0.55, noise_hu=0.0, hu_step=0.1, intercept_hu=0.0, slices=1, first_z_mm=0.0)
"""One slice of a 60 mm body without noise, on a fine scale."""
BRIGHT = insert("bright", 15.0, -8.0, 900.0)
POSES = [
    Pose(1.3, -0.7, 0.0, 33.0),
    Pose(1.3, -0.7, 0.0, 33.0, mirrored=True),
    Pose(0.0, 0.0, 0.0, -12.0, mirrored=True, reversed=True),
    Pose(0.4, 0.2, 0.0, 10.0, pitch_deg=3.0, yaw_deg=-2.0),
    Pose(0.4, 0.2, 0.0, 10.0, scale=1.01),
]


def excess(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[float, float, float]:
    """Centroid (column, row) and sum of what two images differ by."""
    difference = (a - b).astype(np.float64)
    total = difference.sum()
    columns, rows = np.arange(a.shape[1]), np.arange(a.shape[0])
    return float(difference.sum(0) @ columns / total), float(difference.sum(1) @ rows / total), float(total)


@pytest.mark.parametrize("pose", POSES, ids=["rolled", "mirrored", "turned", "tilted", "scaled"])
def test_features_lie_where_the_pose_puts_them(pose: Pose) -> None:
    physics = replace(QUIET, pose=pose)
    with_it, without = simulate(spec(module(BRIGHT)), physics), simulate(spec(module()), physics)
    column, row, total = excess(with_it.scan.hu(0), without.scan.hu(0))
    x, y = physics.stack_pose.on_plane(BRIGHT.x_mm, BRIGHT.y_mm, 0.0)
    assert (column * 0.55, row * 0.55) == pytest.approx((x, y), abs=0.002)
    section = math.pi * 4.0**2 * pose.scale**2 * 900.0 / abs(math.cos(math.atan(math.hypot(*tilts(pose)))))
    assert total * 0.55**2 == pytest.approx(section, rel=1e-3)


def tilts(pose: Pose) -> tuple[float, float]:
    return math.tan(math.radians(pose.pitch_deg)), math.tan(math.radians(pose.yaw_deg))


def test_reversed_modules_come_in_the_opposite_order() -> None:
    two = spec(module(hu=0.0), module(name="B", z=40.0, hu=100.0))
    physics = replace(QUIET, slices=2, first_z_mm=0.0, step_mm=40.0)
    upright = simulate(two, physics).scan.hu(1)[64, 64]
    turned = simulate(two, replace(physics, pose=Pose(0.0, 0.0, 0.0, 0.0, reversed=True))).scan.hu(1)[64, 64]
    assert upright == pytest.approx(100.0, abs=0.1)
    assert turned == pytest.approx(-1000.0, abs=0.1)


def test_module_roll_turns_one_module_about_its_own_centre() -> None:
    two = spec(module(BRIGHT), module(BRIGHT, name="B", z=40.0))
    simulated = simulate(two, replace(QUIET, module_rolls_deg=(("B", 5.0),)))
    a, b = (simulated.truth.feature(name, "bright") for name in "AB")
    here = math.degrees(math.atan2(-BRIGHT.y_mm, BRIGHT.x_mm))
    x, y = simulated.physics.stack_pose.x_mm, simulated.physics.stack_pose.y_mm
    assert math.degrees(math.atan2(y - a.y_mm, a.x_mm - x)) == pytest.approx(here)
    assert math.degrees(math.atan2(y - b.y_mm, b.x_mm - x)) == pytest.approx(here + 5.0)


def test_rolling_an_unknown_module_is_refused() -> None:
    with pytest.raises(UsageError, match="made has no module C to roll"):
        simulate(spec(module()), replace(QUIET, module_rolls_deg=(("C", 1.0),)))


def test_strays_are_drawn_and_told() -> None:
    features = tuple(insert(f"i{k}", 18.0 * math.cos(k), -18.0 * math.sin(k), 900.0, diameter=4.0) for k in range(6))
    physics = replace(QUIET, stray_mm=0.3, seed=7)
    simulated = simulate(spec(module(*features)), physics)
    places = [simulated.truth.feature("A", f.name) for f in features]
    away = [
        math.dist((p.x_mm, p.y_mm), physics.stack_pose.place(f.x_mm, f.y_mm, 0.0)[:2])
        for p, f in zip(places, features, strict=True)
    ]
    assert 0.1 < float(np.sqrt(np.mean(np.square(away)))) < 0.8
    best = simulated.truth.pose
    nearer = [
        math.dist((p.x_mm, p.y_mm), best.place(f.x_mm, f.y_mm, 0.0)[:2]) for p, f in zip(places, features, strict=True)
    ]
    # the best fit explains part of the strays, by turn and shift
    assert np.square(nearer).sum() < np.square(away).sum()
    assert best.roll_deg != 0.0


def test_mirrored_best_fit_has_the_sign_of_the_displayed_roll() -> None:
    pair = (insert("a", 20.0, 0.0, 900.0), insert("b", -20.0, 0.0, 900.0))
    pose = Pose(0.0, 0.0, 0.0, 10.0, mirrored=True)
    simulated = simulate(spec(module(*pair)), replace(QUIET, pose=pose, stray_mm=0.5, seed=3))
    a, b = (simulated.truth.feature("A", name) for name in "ab")
    # mirrored, the line from a to b points to the right before the roll
    shown = math.degrees(math.atan2(a.y_mm - b.y_mm, b.x_mm - a.x_mm))
    assert simulated.truth.pose.roll_deg == pytest.approx(shown, abs=1e-6)


def test_the_same_seed_gives_the_same_bits_and_another_only_another_noise() -> None:
    physics = replace(QUIET, noise_hu=10.0, hu_step=1.0, seed=1)
    first, again = (simulate(spec(module(BRIGHT)), physics) for _ in range(2))
    other = simulate(spec(module(BRIGHT)), replace(physics, seed=2))
    assert first.scan.identity == again.scan.identity
    np.testing.assert_array_equal(first.scan.stored, again.scan.stored)
    difference = (first.scan.hu(0) - other.scan.hu(0)).astype(np.float64)
    assert difference.std() == pytest.approx(10.0 * math.sqrt(2.0), rel=0.05)
    assert first.scan.identity.series_uid != other.scan.identity.series_uid


def test_gain_offset_cupping_and_the_field() -> None:
    physics = replace(QUIET, gain=0.9, offset_hu=50.0, cupping_hu=12.0, field_diameter_mm=66.0)
    target = insert("edge", 20.0, 0.0, 500.0)
    simulated = simulate(spec(module(target)), physics)
    hu, values = simulated.scan.hu(0), simulated.truth.values
    middle = 0.5 * (128 - 1) * 0.55
    column, row = round((middle + 20.0) / 0.55), round(middle / 0.55)
    assert hu[row, round(middle / 0.55)] == pytest.approx(50.0, abs=0.2)
    assert values["ct_number.edge"] == pytest.approx(0.9 * 500.0 + 50.0 + 12.0 * (20.0 / (BODY_MM / 2)) ** 2)
    assert hu[row, column] == pytest.approx(values["ct_number.edge"], abs=0.3)
    assert hu[row, 4] == pytest.approx(-850.0, abs=0.2)
    assert simulated.scan.stored[0, 0, 0] == simulated.scan.padding == -2000


def test_cupping_shows_in_every_key_that_it_reaches() -> None:
    uniform = module(region("centre", 0.0, 0.0), region("12h", 0.0, -21.0), hu=10.0)
    physics = replace(QUIET, cupping_hu=-20.0)
    simulated = simulate(spec(uniform), physics)
    values, hu = simulated.truth.values, simulated.scan.hu(0).astype(np.float64)
    x = 0.55 * (np.arange(128) - 63.5)
    inside = np.hypot(x[None, :], x[:, None]) < 0.4 * BODY_MM / 2
    assert values["uniformity.12h"] == pytest.approx(-20.0 * 0.7**2)
    assert values["uniformity.max_deviation"] == values["uniformity.12h"]
    assert hu[inside].mean() == pytest.approx(values["ct_number.uniform"], abs=0.1)
    assert hu[inside].std() == pytest.approx(values["noise.sd"], rel=0.03)
    assert "linearity.slope" not in values


@pytest.mark.parametrize(
    ("body_mm", "insert_mm", "at_mm"),
    [(100.0, None, 40.0), (60.0, None, 22.0), (60.0, 40.0, 12.0)],
    ids=["four fifths", "8 mm from the edge", "8 mm from the insert's edge"],
)
def test_cupping_is_stated_where_it_is_measured(body_mm: float, insert_mm: float | None, at_mm: float) -> None:
    uniform = replace(module(hu=10.0), diameter_mm=body_mm, insert_diameter_mm=insert_mm)
    values = simulate(spec(uniform), replace(QUIET, cupping_hu=-20.0)).truth.values
    assert values["artefact.cupping"] == pytest.approx(-20.0 * (at_mm / (body_mm / 2)) ** 2)


def test_rings_and_crescents_lie_about_the_isocentre_and_in_the_body_alone() -> None:
    # the phantom 3 mm to the right and 2 mm below the isocentre, which is the middle of the image
    still = replace(QUIET, pose=Pose(3.0, 2.0, 0.0, 0.0), gain=0.8)
    plain = simulate(spec(module(hu=10.0)), still).scan.hu(0).astype(np.float64)
    across = (np.arange(128) - 63.5) * 0.55
    x, y = np.meshgrid(across, across)
    radius = np.hypot(x, y)

    def added(physics: Physics) -> NDArray[np.float64]:
        return np.asarray(simulate(spec(module(hu=10.0)), physics).scan.hu(0) - plain, dtype=np.float64)

    ring = added(replace(still, ring_hu=-6.0, ring_radius_mm=20.0, ring_sd_mm=1.0))
    inside = plain > 0.0
    np.testing.assert_allclose(ring[inside], -6.0 * np.exp(-0.5 * (radius - 20.0) ** 2)[inside], atol=0.11)
    assert not ring[plain < -900.0].any()
    crescent = added(replace(still, crescent_hu=6.0, crescent_radius_mm=15.0, crescent_sd_mm=4.0, crescent_deg=90.0))
    wave = 6.0 * -y / radius * np.exp(-0.5 * ((radius - 15.0) / 4.0) ** 2)
    np.testing.assert_allclose(crescent[inside], wave[inside], atol=0.11)
    assert simulate(spec(module(hu=10.0)), replace(still, ring_hu=-6.0)).truth.values["artefact.ring"] == 6.0


def test_line_against_the_makers_values_and_none_where_noise_decides_it() -> None:
    hu = (-990.0, -90.0, 120.0, 945.0)
    four = tuple(insert(name, 9.0 * i - 13.0, 0.0, h) for i, (name, h) in enumerate(zip("abcd", hu, strict=True)))
    plain = simulate(spec(module(*four)), replace(QUIET, gain=0.9, offset_hu=5.0)).truth.values
    assert (plain["linearity.slope"], plain["linearity.intercept"]) == pytest.approx((0.9, 5.0))
    some = (replace(four[0], nominal_hu=-1000.0), *four[1:])
    assert "linearity.slope" not in simulate(spec(module(*some)), QUIET).truth.values
    middles = (-1000.0, -104.0, 114.5, 1000.5)
    ranged = [replace(f, hu_range=(m - 20.0, m + 20.0)) for f, m in zip(four, middles, strict=True)]
    values = simulate(spec(module(*ranged)), QUIET).truth.values
    slope, intercept = np.polyfit(middles, hu, 1)
    assert (values["linearity.slope"], values["linearity.intercept"]) == pytest.approx((slope, intercept))


def test_contrast_scale_by_material_and_by_name() -> None:
    pair = (insert("a", 15.0, 0.0, 100.0), replace(insert("b", -15.0, 0.0, 100.0), material="iron"))
    simulated = simulate(spec(module(*pair, hu=20.0)), replace(QUIET, contrast_scale=(("iron", 2.0), ("a", 0.5))))
    assert simulated.truth.values["ct_number.a"] == pytest.approx(60.0)
    assert simulated.truth.values["ct_number.b"] == pytest.approx(180.0)


def test_neighbours_share_what_lies_between_them() -> None:
    two = spec(module(), module(name="B", z=44.0, hu=100.0))
    physics = replace(QUIET, slices=5, first_z_mm=20.0, step_mm=1.0, thickness_mm=1.0)
    centre = [float(simulate(two, physics).scan.hu(k)[64, 64]) for k in range(5)]
    assert centre == pytest.approx([0.0, 0.0, 50.0, 100.0, 100.0], abs=0.1)


def test_default_range_covers_the_phantom_with_air_at_both_ends() -> None:
    simulated = simulate(spec(module()), replace(QUIET, slices=None, first_z_mm=None))
    ends = [float(simulated.scan.hu(k)[64, 64]) for k in (0, 1, -2, -1)]
    assert simulated.scan.z_mm[0] <= -20.0 - 2 * 2.5
    assert ends == pytest.approx([-1000.0] * 4, abs=0.1)


def test_an_open_diameter_must_be_given() -> None:
    cylinder = spec(module(body=None))
    with pytest.raises(UsageError, match=r"made: the definition leaves the diameter of A open.*body_diameter_mm"):
        simulate(cylinder, QUIET)
    given = simulate(cylinder, replace(QUIET, body_diameter_mm=50.0))
    assert float(given.scan.hu(0)[64, 64]) == pytest.approx(0.0, abs=0.1)
    assert given.truth.values["geometry.diameter"] == pytest.approx(50.0)


def test_a_couch_lies_below_and_touches_nothing() -> None:
    bare = simulate(spec(module()), QUIET).scan.hu(0)
    lying = simulate(spec(module()), replace(QUIET, couch=True)).scan.hu(0)
    changed = np.abs(lying - bare) > 2.0
    assert not changed[:64].any()
    assert not (changed & (bare > -900.0)).any()
    assert (lying - bare).max() > 100.0


def sum_over_slices(feature: Bead | StepRamp, slices: int = 24) -> float:
    """∫ HU dV of a feature in an empty module."""
    physics = replace(QUIET, slices=slices, first_z_mm=-5.75, step_mm=0.5, thickness_mm=1.0, hu_step=0.05)
    empty = module(body=None, hu=-1000.0)
    hu = simulate(spec(replace(empty, features=(feature,))), physics).scan.hu(slice(None)).astype(np.float64)
    return float((hu + 1000.0).sum() * 0.55**2 * 0.5)


@pytest.mark.parametrize("diameter", [1.0, 3.0])
def test_a_foil_holds_its_volume(diameter: float) -> None:
    foil = Bead(
        name="f", material="m", x_mm=1.3, y_mm=-2.1, z_mm=0.4, diameter_mm=diameter, height_mm=0.1, hu=9000.0,
        provenance=SOURCE,
    )  # fmt: skip
    assert sum_over_slices(foil) == pytest.approx(1000.0 * math.pi * diameter**2 / 4.0, rel=5e-3)


@pytest.mark.parametrize("diameter", [0.5, 6.0])
def test_a_ball_holds_its_volume(diameter: float) -> None:
    ball = Bead(
        name="b", material="x", x_mm=3.1, y_mm=1.2, z_mm=0.2, diameter_mm=diameter, hu=-500.0, provenance=SOURCE
    )
    assert sum_over_slices(ball) == pytest.approx(500.0 * math.pi * diameter**3 / 6.0, rel=5e-3)


def test_a_step_ramp_of_wires_holds_its_volume() -> None:
    row = StepRamp(
        name="r",
        element="wire",
        material="x",
        x_mm=0.0,
        y_mm=0.0,
        z_mm=0.0,
        direction_deg=30.0,
        step_mm=3.0,
        step_z_mm=0.5,
        count=3,
        diameter_mm=0.5,
        element_length_mm=6.0,
        hu=-500.0,
        provenance=SOURCE,
    )
    assert sum_over_slices(row) == pytest.approx(3 * 500.0 * 6.0 * math.pi * 0.25**2, rel=5e-3)


def test_a_leaning_wire_moves_from_slice_to_slice() -> None:
    wire = Wire(
        name="w",
        material="x",
        x_mm=2.0,
        y_mm=0.0,
        z_from_mm=-20.0,
        z_to_mm=20.0,
        diameter_mm=0.5,
        tilt_deg=5.0,
        direction_deg=90.0,
        hu=4000.0,
        provenance=SOURCE,
    )
    physics = replace(QUIET, slices=2, first_z_mm=-5.0, step_mm=10.0)
    scan = simulate(spec(module(wire)), physics).scan
    bare = simulate(spec(module()), physics).scan
    low, high = (excess(scan.hu(k), bare.hu(k)) for k in (0, 1))
    # 90° is up on the image, so y falls
    assert (high[1] - low[1]) * 0.55 == pytest.approx(-10.0 * math.tan(math.radians(5.0)), abs=0.01)
    assert high[0] == pytest.approx(low[0], abs=0.02)


def test_bars_have_the_period_of_their_group() -> None:
    group = LinePairs(
        name="lp2",
        lp_per_cm=2.0,
        x_mm=0.0,
        y_mm=0.0,
        bars=4,
        length_mm=12.0,
        bar_angle_deg=90.0,
        radial=False,
        z_from_mm=-10.0,
        z_to_mm=10.0,
        hu=1000.0,
        provenance=SOURCE,
    )
    simulated = simulate(spec(module(group)), QUIET)
    row = simulated.scan.hu(0)[64].astype(np.float64)
    x = 0.55 * (np.arange(128) - 63.5)
    bars = np.abs(x) < 10.0
    tone = np.abs(np.sum(row[bars] * np.exp(-2j * np.pi * 0.2 * x[bars])))
    assert tone > 5.0 * np.abs(np.sum(row[bars] * np.exp(-2j * np.pi * 0.33 * x[bars])))
    assert row[bars].max() == pytest.approx(1000.0, rel=0.05)


def test_truth_speaks_the_keys_of_the_analysis() -> None:
    target = Target(
        name="10permille_9mm",
        group="10permille",
        x_mm=0.0,
        y_mm=15.0,
        diameter_mm=9.0,
        z_from_mm=-20.0,
        z_to_mm=20.0,
        contrast_hu=10.0,
        provenance=SOURCE,
    )
    whole = spec(module(BRIGHT, target), module(region("centre", 0.0, 0.0), name="U", z=40.0, hu=12.0))
    values = simulate(whole, replace(QUIET, noise_hu=10.0, hu_step=1.0, gain=1.1, section="gaussian")).truth.values
    assert values["low_contrast.10permille_9mm.contrast"] == pytest.approx(11.0)
    assert values["ct_number.uniform"] == pytest.approx(13.2)
    assert values["noise.sigma"] == pytest.approx(math.sqrt(100.0 + 1.0 / 12.0))
    assert values["ttf.bright.f50"] == pytest.approx(0.400, abs=1e-3)
    assert values["nps.peak_frequency"] == pytest.approx(0.240, abs=2e-3)
    assert values["nps.average_frequency"] == pytest.approx(0.301, abs=0.01)
    assert values["slice_thickness"] == pytest.approx(2.5, rel=1e-4)
    assert values["position.x"] == pytest.approx(0.0, abs=1e-9)


def test_bars_of_a_fan_point_to_the_centre_and_stand_a_period_apart() -> None:
    group = LinePairs(
        name="lp1",
        lp_per_cm=1.0,
        x_mm=16.0,
        y_mm=-12.0,
        bars=2,
        length_mm=8.0,
        bar_angle_deg=0.0,
        radial=True,
        z_from_mm=-10.0,
        z_to_mm=10.0,
        hu=1000.0,
        provenance=SOURCE,
    )
    shown = (simulate(spec(module(group)), QUIET).scan.hu(0) - simulate(spec(module()), QUIET).scan.hu(0)) / 1000.0
    x = 0.55 * (np.arange(128) - 63.5)
    r, angle = np.hypot(x[None, :], x[:, None]), np.arctan2(-x[:, None], x[None, :])
    middle = math.atan2(12.0, 16.0)
    for side in (-1.0, 1.0):
        bar = np.where((side * (angle - middle) > 0.0) & (r > 10.0), shown, 0.0).astype(np.float64)
        u = float((bar * angle).sum() / bar.sum())
        # 10 mm from bar to bar along the arc of 20 mm
        assert u == pytest.approx(middle + side * 0.25, abs=0.01)
        across = r * (angle - u)
        assert (bar * (r - 20.0) ** 2).sum() / bar.sum() == pytest.approx(8.0**2 / 12 + 0.22, abs=0.3)
        assert (bar * across**2).sum() / bar.sum() == pytest.approx(5.0**2 / 12 + 0.22, abs=0.3)


def test_the_uniform_module_is_the_one_with_most_slices() -> None:
    short, long = (
        replace(module(region("12h", 0.0, -21.0), name=name, z=z, hu=hu), z_from_mm=-end, z_to_mm=end)
        for name, z, hu, end in (("S", 0.0, 100.0, 10.0), ("L", 40.0, 12.0, 20.0))
    )
    physics = replace(QUIET, slices=None, step_mm=5.0, thickness_mm=5.0, cupping_hu=-20.0)
    values = simulate(spec(short, long), physics).truth.values
    assert values["ct_number.uniform"] == pytest.approx(12.0, abs=2.0)
    assert values["uniformity.12h"] < 0.0
    cut = simulate(spec(short, long), replace(physics, slices=3, first_z_mm=-5.0)).truth.values
    assert cut["ct_number.uniform"] == pytest.approx(100.0, abs=2.0)


def test_of_a_catphan_600_that_is_the_image_uniformity_module() -> None:
    physics = Physics(matrix=64, pixel_mm=4.0, step_mm=10.0, thickness_mm=5.0)
    values = simulate(find("catphan600", library()), physics).truth.values
    assert values["ct_number.uniform"] == pytest.approx(12.0)
    assert "uniformity.max_deviation" in values
