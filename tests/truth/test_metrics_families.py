"""The families on a small made-up phantom: what they give, what they refuse and in which words."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from iqa.metrics import FAMILIES, Measured, ct_number, dose, geometry, measure, position, uniformity
from iqa.metrics import noise as noise_family
from iqa.metrics.context import Context
from iqa.model import Acquisition, Bead, Curve, Insert, Measurement, NotMeasured, Region, Scan, StepRamp
from tests.made_phantom import PIXEL_MM, SIDE, SOURCE, Array, made_located, made_scan, made_spec, noise, picture

SIGMA = 5.0
SIDES = ("1_2", "2_3", "3_4", "1_4")


@cache
def image() -> Array:
    clean = picture("soft", slices=2)
    return clean + noise(np.random.default_rng(7), "soft", (len(clean), SIDE, SIDE), SIGMA)


def context(hu: Array | None = None, **changes: object) -> Context:
    scan = made_scan(image() if hu is None else hu)
    return Context(scan, replace(made_located(scan), **changes))  # type: ignore[arg-type]  # a test's free choice


@cache
def plain() -> Measured:
    made = context()
    return measure(made.scan, made.located)


def value(measured: Measured, key: str) -> Measurement:
    found = [r for r in measured.results if r.key == key and isinstance(r, Measurement)]
    assert len(found) == 1, f"{key} is there {len(found)} times"
    return found[0]


def lack(measured: Measured, key: str) -> NotMeasured:
    found = [r for r in measured.results if r.key == key and isinstance(r, NotMeasured)]
    assert len(found) == 1, f"{key} is lacking {len(found)} times"
    return found[0]


def assert_says(missing: NotMeasured, reason: str) -> None:
    assert re.search(reason, missing.reason)
    assert missing.reason.endswith(".")
    assert missing.needs.endswith(".")


def test_each_key_comes_once_and_has_an_honest_form() -> None:
    numbers = [r for r in plain().results if not isinstance(r, Curve)]
    assert len({r.key for r in numbers}) == len(numbers)
    for r in numbers:
        if isinstance(r, Measurement) and not r.key.startswith("dose"):
            assert r.u is not None
            assert 0.0 < r.u < np.inf
            assert re.fullmatch(r"[a-z][a-z0-9-]*@\d+", r.method)


def test_registry_names_each_family_once() -> None:
    names = [name for name, _ in FAMILIES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("name", "hu"), [("air", -1000.0), ("teflon", 950.0), ("ldpe", -100.0), ("delrin", 340.0)])
def test_insert_is_measured_within_its_uncertainty(name: str, hu: float) -> None:
    found = value(plain(), f"ct_number.{name}")
    assert found.u is not None
    assert found.value == pytest.approx(hu, abs=4 * found.u)
    assert found.where == "A slices 0-1"


@pytest.mark.parametrize(("own", "other", "wanted"), [(3, 5, "U"), (3, 6, "U"), (2, 5, "W"), (0, 1, "W")])
def test_the_uniform_module_is_the_one_with_regions_unless_little_of_it_is_seen(
    own: int, other: int, wanted: str
) -> None:
    made = context()
    spec = made.located.spec
    plain_one = replace(spec.modules[1], name="W", features=())
    fits = [replace(made.located.modules[1], name=n, slices=tuple(range(k))) for n, k in (("U", own), ("W", other))]
    both = replace(made.located, spec=replace(spec, modules=(*spec.modules, plain_one)), modules=tuple(fits))
    seen = replace(made, located=both)
    seen.__dict__["whole"] = both
    assert seen.uniform is not None
    assert seen.uniform[0].name == wanted


def test_uniform_module_gives_water_and_noise() -> None:
    water, sd, sigma = (value(plain(), key) for key in ("ct_number.uniform", "noise.sd", "noise.sigma"))
    assert water.value == pytest.approx(10.0, abs=0.5)
    assert sd.value == pytest.approx(SIGMA, rel=0.06)
    assert sigma.value == pytest.approx(SIGMA, rel=0.06)
    assert value(plain(), "noise.relative").value == pytest.approx(100.0 * SIGMA / 1010.0, rel=0.06)


def test_noise_curve_has_one_value_a_slice() -> None:
    curve = next(r for r in plain().results if isinstance(r, Curve))
    assert curve.key == "noise.sigma"
    assert curve.x == pytest.approx([38.75, 41.25])
    assert curve.values == pytest.approx([SIGMA, SIGMA], rel=0.08)


def test_bowl_raises_sd_and_leaves_sigma() -> None:
    y, x = np.mgrid[:SIDE, :SIDE] * PIXEL_MM - (SIDE - 1) / 2 * PIXEL_MM
    bowl = 10.0 * (x**2 + y**2) / 18.0**2
    cupped = noise_family.measure(context(image() + bowl))
    assert value(cupped, "noise.sd").value > 1.1 * value(plain(), "noise.sd").value
    assert value(cupped, "noise.sigma").value == pytest.approx(value(plain(), "noise.sigma").value, rel=0.002)


@pytest.mark.parametrize(
    ("direction", "hour"),
    [((0, -1), "12h"), ((1, 0), "3h"), ((0, 1), "6h"), ((-1, 0), "9h")],
    ids=["12h", "3h", "6h", "9h"],
)
@pytest.mark.parametrize("roll_deg", [0.0, 30.0])
def test_clock_is_that_of_the_displayed_image(direction: tuple[int, int], hour: str, roll_deg: float) -> None:
    y, x = np.mgrid[:SIDE, :SIDE] * PIXEL_MM - (SIDE - 1) / 2 * PIXEL_MM
    slope = 0.5 * (direction[0] * x + direction[1] * y)
    scan = made_scan(image() + slope)
    tilted = uniformity.measure(Context(scan, made_located(scan, roll_deg=roll_deg)))
    assert value(tilted, f"uniformity.{hour}").value == pytest.approx(0.5 * 32.0, abs=2.5)
    assert value(tilted, "uniformity.integral").value == pytest.approx(32.0 / 2020.0, rel=0.15)


def test_max_deviation_keeps_its_sign_and_allows_for_its_excess() -> None:
    y, x = np.mgrid[:SIDE, :SIDE] * PIXEL_MM - (SIDE - 1) / 2 * PIXEL_MM
    cupped = uniformity.measure(context(image() - 20.0 * (x**2 + y**2) / 32.0**2))
    largest, one = value(cupped, "uniformity.max_deviation"), value(cupped, "uniformity.3h")
    assert largest.value < -18.0
    assert largest.u is not None
    assert one.u is not None
    assert largest.u > 1.5 * one.u


@pytest.mark.parametrize("sides", SIDES)
def test_side_of_the_pin_square(sides: str) -> None:
    found = value(plain(), f"geometry.pin_distance.{sides}")
    assert found.u is not None
    assert found.u < 0.03
    assert found.value == pytest.approx(24.0, abs=4 * found.u)


def test_scales_are_one_within_their_uncertainty() -> None:
    for key in ("geometry.scale_x", "geometry.scale_y", "geometry.scale_z"):
        found = value(plain(), key)
        assert found.u is not None
        assert found.value == pytest.approx(1.0, abs=4 * found.u)


def test_stretched_pixels_show_in_their_own_scale_only() -> None:
    made = context()
    stretched = replace(made.scan, pixel_mm=(PIXEL_MM, PIXEL_MM * 1.01))
    found = geometry.measure(Context(stretched, made.located))
    assert value(found, "geometry.scale_x").value == pytest.approx(1.01, abs=1e-3)
    assert value(found, "geometry.scale_y").value == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("roll_deg", [0.0, 90.0, 180.0])
def test_axis_is_given_in_the_phantoms_own_frame(roll_deg: float) -> None:
    scan = made_scan(image())
    found = geometry.measure(Context(scan, made_located(scan, roll_deg=roll_deg)))
    # Body axis minus origin is (0.2, −0.1) on the image; a roll of 90° carries the phantom's x to the image's −y.
    expected = {0.0: (0.2, -0.1), 90.0: (0.1, 0.2), 180.0: (-0.2, 0.1)}[roll_deg]
    assert (value(found, "geometry.axis_x").value, value(found, "geometry.axis_y").value) == pytest.approx(expected)


def test_linearity_of_exact_inserts() -> None:
    slope, intercept = value(plain(), "linearity.slope"), value(plain(), "linearity.intercept")
    assert slope.value == pytest.approx(1.0, abs=0.002)
    assert intercept.value == pytest.approx(0.0, abs=1.0)
    assert abs(value(plain(), "linearity.max_residual").value) < 1.5


def test_line_is_drawn_against_what_the_maker_expects() -> None:
    made = context()
    first, uniform = made.located.spec.modules
    middles = {"air": -1000.0, "teflon": 1400.0, "ldpe": -50.0, "delrin": 340.0}
    told = tuple(
        replace(
            f, hu_range=(middles[f.name] - 100.0, middles[f.name] + 100.0), nominal_hu=0.0 if f.name == "ldpe" else None
        )
        if isinstance(f, Insert)
        else f
        for f in first.features
    )
    spec = replace(made.located.spec, modules=(replace(first, features=told), uniform))
    found = measure(made.scan, replace(made.located, spec=spec))
    slope, intercept = np.polyfit([-1000.0, 1400.0, 0.0, 340.0], [-1000.0, 950.0, -100.0, 340.0], 1)
    assert value(found, "linearity.slope").value == pytest.approx(slope, abs=0.01)
    assert value(found, "linearity.intercept").value == pytest.approx(intercept, abs=3.0)


def test_thousand_hu_more_moves_absolute_numbers_only() -> None:
    moved_scan = replace(context().scan, intercept=np.full(4, 1000.0))
    moved = measure(moved_scan, made_located(moved_scan))
    for one in (r for r in plain().results if isinstance(r, Measurement)):
        other = value(moved, one.key)
        absolute = 1000.0 if one.key.startswith("ct_number") or one.key == "linearity.intercept" else 0.0
        if one.key != "uniformity.integral":
            assert other.value - absolute == pytest.approx(one.value, rel=1e-4, abs=2e-3), one.key
            assert other.u == pytest.approx(one.u, rel=1e-3), one.key


def test_grey_scale_moves_no_geometry() -> None:
    scaled = geometry.measure(context(0.95 * image()))
    for key in (f"geometry.pin_distance.{s}" for s in SIDES):
        assert value(scaled, key).value == pytest.approx(value(plain(), key).value, abs=1e-3)


def test_grey_scale_scales_the_noise() -> None:
    ratio = (
        value(noise_family.measure(context(0.95 * image())), "noise.sigma").value / value(plain(), "noise.sigma").value
    )
    assert ratio == pytest.approx(0.95, rel=1e-4)


BEAD = Bead(name="near", material="steel", x_mm=6.0, y_mm=4.0, z_mm=0.0, diameter_mm=0.3, hu=3000.0, provenance=SOURCE)
ROW = StepRamp(
    name="row", element="bead", material="steel", x_mm=6.0, y_mm=0.0, z_mm=0.0, direction_deg=-90.0, step_mm=2.0,
    step_z_mm=1.0, count=5, diameter_mm=0.3, hu=3000.0, provenance=SOURCE,
)  # fmt: skip


@pytest.mark.parametrize("feature", [BEAD, ROW], ids=["bead", "row"])
def test_what_stands_in_the_disc_is_left_out(feature: Bead | StepRamp) -> None:
    spot = image().copy()
    middle = (SIDE - 1) / 2
    spot[2:, round(middle + 4.0 / PIXEL_MM), round(middle + 6.0 / PIXEL_MM)] += 400.0
    scan = made_scan(spot)
    blind = noise_family.measure(Context(scan, made_located(scan)))
    aware = noise_family.measure(Context(scan, made_located(scan, spec=made_spec((feature,)))))
    assert value(blind, "noise.sd").value > 1.5 * SIGMA
    assert value(aware, "noise.sd").value == pytest.approx(SIGMA, rel=0.06)


def test_position_is_measured_from_the_collection_centre() -> None:
    made = context()
    centred = replace(made.scan, acquisition=Acquisition(scan_centre_mm=(1.0, -2.0, 0.5)))
    found = position.measure(Context(centred, made.located))
    assert [value(found, f"position.{a}").value for a in "xyz"] == pytest.approx([-1.0, 2.0, -0.5])
    assert value(found, "position.x").flags == ()


def test_position_without_it_is_from_the_image_centre_and_says_so() -> None:
    found = position.measure(context())
    assert [value(found, f"position.{a}").value for a in "xyz"] == pytest.approx([0.0, 0.0, -20.0])
    assert value(found, "position.z").flags == ("from_image_centre",)


@pytest.mark.parametrize(
    ("unknown", "key", "reason"),
    [
        ("u_xy_mm", "position.x", "outline is seen, but too few inserts or pins of module A"),
        ("u_z_mm", "position.z", "along its axis"),
        ("u_roll_deg", "position.roll", "turned about its axis"),
        ("u_tilt_deg", "position.yaw", "axis of the phantom cannot be followed"),
    ],
)
def test_unknown_pose_is_not_measured(unknown: str, key: str, reason: str) -> None:
    assert_says(lack(position.measure(context(**{unknown: None})), key), reason)


def test_centre_that_travels_with_the_slices_says_nothing_of_z() -> None:
    made = context()
    moving = replace(made.scan, acquisition=Acquisition(scan_centre_mm=(1.0, -2.0, 7.0), scan_centre_moves=True))
    found = position.measure(Context(moving, made.located))
    assert [value(found, f"position.{a}").value for a in "xyz"] == pytest.approx([-1.0, 2.0, -20.0])
    assert value(found, "position.x").flags == ()
    assert value(found, "position.z").flags == ("from_image_centre",)


def test_stack_with_missing_slices_has_no_middle() -> None:
    made = context()
    moving = Acquisition(scan_centre_mm=(1.0, -2.0, 7.0), scan_centre_moves=True)
    holed = replace(made.scan, flags=("slices_missing",), acquisition=moving)
    found = position.measure(Context(holed, made.located))
    assert_says(lack(found, "position.z"), "slices are missing")
    assert value(found, "position.x").value == pytest.approx(-1.0)


def test_tilt_is_measured_on_the_body() -> None:
    found = value(position.measure(context()), "position.pitch")
    assert (found.where, found.n) == ("body slices 0-3", 4)


def test_pixel_size_counts_with_the_distance_from_the_zero_point() -> None:
    made = context()
    far = replace(made.scan, acquisition=Acquisition(scan_centre_mm=(-100.0, 0.0, 0.0)))
    u = value(position.measure(Context(far, made.located)), "position.x").u
    assert u == pytest.approx(math.hypot(0.01, 0.0005 * 100.0))


def test_oval_body_and_pixel_size_widen_the_diameters_uncertainty() -> None:
    made = context()
    assert made.located.body is not None
    oval = replace(made.located, body=replace(made.located.body, out_of_round_mm=0.1))
    u = value(geometry.measure(Context(made.scan, oval)), "geometry.diameter").u
    # Diameters go as 2 · 0.1 mm · cos 2θ, of root mean square 0.1 · √2; 0.05 % of 90 mm is 0.045 mm.
    assert u == pytest.approx(math.hypot(0.004, 0.045, 0.1 * math.sqrt(2.0)))


def test_origin_fixed_by_the_outline_alone_has_no_axis_beside_it() -> None:
    made = context()
    spec = replace(made.located.spec, origin="U", modules=(made.located.spec.module("U"),))
    found = geometry.measure(Context(made.scan, replace(made.located, spec=spec, modules=made.located.modules[1:])))
    assert [r.key for r in found.results] == ["geometry.diameter"]


def test_dose_is_the_header_and_nothing_else() -> None:
    scan = replace(context().scan, acquisition=Acquisition(ctdivol_mgy=12.5))
    found = dose.measure(Context(scan, made_located(scan)))
    assert value(found, "dose.ctdivol").value == 12.5
    assert value(found, "dose.ctdivol").u is None
    assert_says(lack(found, "dose.dlp"), "headers give no DLP")


@pytest.mark.parametrize(
    ("acquisition", "flags"),
    [
        (Acquisition(kv=120.0), ()),
        (Acquisition(), ()),
        (Acquisition(kv=100.0), ("other_kv",)),
        (Acquisition(kv=120.0, kev=70.0), ("other_kv",)),
    ],
    ids=["120 kV", "unknown", "100 kV", "70 keV"],
)
def test_other_beams_are_flagged(acquisition: Acquisition, flags: tuple[str, ...]) -> None:
    scan = made_scan(image(), acquisition)
    found = measure(scan, made_located(scan))
    assert value(found, "ct_number.teflon").flags == flags
    assert value(found, "linearity.slope").flags == flags


@pytest.mark.parametrize(
    ("acquisition", "flags"),
    [
        (Acquisition(kev=80.0), ()),
        (Acquisition(), ()),
        (Acquisition(kev=70.0), ("other_kv",)),
        (Acquisition(kv=120.0), ("other_kv",)),
    ],
    ids=["80 keV", "unknown", "70 keV", "120 kV"],
)
def test_beam_is_compared_with_that_of_the_definition(acquisition: Acquisition, flags: tuple[str, ...]) -> None:
    scan = made_scan(image(), acquisition)
    located = made_located(scan, spec=replace(made_spec(), reference_kev=80.0))
    assert value(ct_number.measure(Context(scan, located)), "ct_number.teflon").flags == flags


def test_air_far_from_minus_thousand_flags_uncalibrated() -> None:
    made = context(0.8 * image())
    found = measure(made.scan, made.located)
    for key in ("ct_number.delrin", "ct_number.uniform", "linearity.slope", "noise.sd", "uniformity.3h"):
        assert "uncalibrated" in value(found, key).flags, key
        assert "uncalibrated" not in value(plain(), key).flags, key
    assert "uncalibrated" not in value(found, "geometry.diameter").flags


def test_header_without_a_grey_scale_flags_uncalibrated() -> None:
    made = context()
    told = replace(made.scan, flags=("uncalibrated",))
    assert "uncalibrated" in value(ct_number.measure(Context(told, made.located)), "ct_number.delrin").flags


def test_phantom_with_few_materials_is_told_from_a_scan_with_few_inserts() -> None:
    made = context()
    first, uniform = made.located.spec.modules
    few = replace(first, features=first.features[1:])
    located = replace(made.located, spec=replace(made.located.spec, modules=(few, uniform)))
    assert_says(lack(measure(made.scan, located), "linearity.slope"), "this phantom has only 3")
    assert_says(
        lack(measure(made.scan, replace(made.located, modules=made.located.modules[1:])), "linearity.slope"),
        "different CT number; 0 were measured",
    )


def one_slice() -> Scan:
    return made_scan(image()[:1])


def test_single_crowded_slice_has_no_noise_to_state_u_from() -> None:
    scan = one_slice()
    found = ct_number.measure(Context(scan, made_located(scan, modules="A")))
    assert_says(lack(found, "ct_number.teflon"), "No area of base material in the scan is large enough")


def test_one_slice_is_flagged() -> None:
    scan = replace(made_scan(image()[2:3]), origins_mm=made_scan(image()).origins_mm[2:3])
    found = measure(scan, made_located(scan, modules="U"))
    assert value(found, "ct_number.uniform").flags == ("one_slice",)
    assert value(found, "noise.sd").flags == ("one_slice",)


@pytest.mark.parametrize(
    "key", ["ct_number.uniform", "noise.sd", "noise.sigma", "noise.relative", "uniformity.3h", "uniformity.integral"]
)
def test_module_out_of_range_is_named_with_its_place(key: str) -> None:
    scan = one_slice()
    assert_says(
        lack(measure(scan, made_located(scan, modules="A")), key),
        r"module U: .* near z = 40\.0 mm.* is one slice at 0\.0 mm",
    )


def test_slices_beyond_a_shorter_unit_are_left_out() -> None:
    longer = np.concatenate([image(), image()[2:], np.full((2, SIDE, SIDE), -1000.0)])
    scan = made_scan(longer)
    z = np.array([0.0, 2.5, 35.0, 37.5, 40.0, 42.5, 45.0, 47.5])
    origins = np.column_stack([scan.origins_mm[:, :2], z])
    scan = replace(scan, origins_mm=origins)
    found = measure(scan, made_located(scan))
    assert value(found, "ct_number.uniform").value == pytest.approx(10.0, abs=0.5)
    assert value(found, "noise.sd").where == "U slices 2-5"


def test_pins_and_inserts_out_of_range_are_lacking() -> None:
    scan = replace(made_scan(image()[2:]), origins_mm=made_scan(image()).origins_mm[2:])
    found = measure(scan, made_located(scan, modules="U"))
    for key in ("geometry.pin_distance.1_3", "ct_number.air", "geometry.scale_x", "linearity.slope"):
        assert lack(found, key).reason.endswith(".")
    assert_says(lack(found, "linearity.slope"), "at least 4 inserts")
    assert_says(lack(found, "geometry.scale_z"), "two module planes")


def test_module_in_a_gap_says_so() -> None:
    located = replace(made_located(context().scan, modules="A"))
    assert_says(lack(measure(context().scan, located), "noise.sd"), "no slice lies wholly inside it")


def test_insert_shorter_than_a_section_is_refused() -> None:
    thick = replace(context().scan, thickness_mm=30.0)
    assert_says(lack(ct_number.measure(Context(thick, made_located(thick))), "ct_number.air"), "No section of 30 mm")


def test_thick_sections_that_may_reach_the_ends_are_flagged() -> None:
    thick = replace(context().scan, thickness_mm=14.0)
    assert "partial" in value(ct_number.measure(Context(thick, made_located(thick))), "ct_number.air").flags


def test_padding_in_a_disc_refuses_it() -> None:
    cut = context().scan
    stored = cut.stored.copy()
    stored[2:, :, : SIDE // 2 - 50] = -20000
    cut = replace(cut, stored=stored, padding=-20000)
    assert_says(lack(uniformity.measure(Context(cut, made_located(cut))), "uniformity.9h"), "'9h' lies partly outside")


def test_disc_beyond_the_image_is_refused() -> None:
    spec = made_spec()
    first, uniform = spec.modules
    regions = (f for f in uniform.features if isinstance(f, Region))
    far = tuple(replace(r, x_mm=1.4 * r.x_mm, y_mm=1.4 * r.y_mm) for r in regions)
    scan = context().scan
    located = made_located(scan, spec=replace(spec, modules=(first, replace(uniform, features=far))))
    found = uniformity.measure(Context(scan, located))
    assert_says(lack(found, "uniformity.12h"), "outside the reconstructed field")


def test_invisible_pin_is_named() -> None:
    without = image().copy()
    half, reach = (SIDE - 1) / 2, 14
    row, column = round(half + 12.0 / PIXEL_MM), round(half - 12.0 / PIXEL_MM)
    window = (slice(0, 2), slice(row - reach, row + reach), slice(column - reach, column + reach))
    without[window] = 100.0 + noise(np.random.default_rng(0), "soft", without[window].shape, SIGMA)
    found = geometry.measure(context(without))
    assert_says(lack(found, "geometry.pin_distance.2_3"), "Pin 3 does not stand out within 1.5 mm")
    assert value(found, "geometry.pin_distance.1_2").value == pytest.approx(24.0, abs=0.05)


def test_noiseless_scan_states_no_uncertainty() -> None:
    scan = made_scan(np.round(picture("soft", 2)))
    found = measure(scan, made_located(scan))
    assert_says(lack(found, "noise.sd"), "learn the noise from")


def test_missing_outline_is_told() -> None:
    found = geometry.measure(context(body=None))
    assert_says(lack(found, "geometry.diameter"), "outline of a round body could not be followed")


@pytest.mark.parametrize(
    ("only", "families"), [("A", ("noise", "uniformity")), ("U", ("linearity",))], ids=["no uniform", "no inserts"]
)
def test_phantom_without_the_feature_is_offered_no_key(only: str, families: tuple[str, ...]) -> None:
    made = context()
    spec = replace(made.located.spec, modules=(made.located.spec.module(only),))
    located = replace(made.located, spec=spec, modules=tuple(m for m in made.located.modules if m.name == only))
    found = Context(made.scan, located)
    for name, family in FAMILIES:
        if name in families:
            assert family(found).results == ()


def test_regions_are_drawn_where_they_were_measured() -> None:
    names = {(d.module, d.name) for d in plain().regions}
    assert {("A", "teflon"), ("A", "1"), ("U", "noise"), ("U", "12h"), ("U", "centre")} <= names


def test_wings_of_the_section_reach_into_neither_insert_nor_uniform_module() -> None:
    clean = np.concatenate([np.repeat(picture("soft", 1)[i : i + 1], 8, axis=0) for i in range(2)])
    clean[0] += 0.03 * (1000.0 - clean[0])
    clean[[8, 15]] += 8.0
    hu = clean + noise(np.random.default_rng(11), "soft", (16, SIDE, SIDE), 1.0)
    scan = made_scan(hu)
    found = measure(scan, made_located(scan))
    assert value(found, "ct_number.air").where == "A slices 1-6"
    assert value(found, "ct_number.air").value == pytest.approx(-1000.0, abs=1.0)
    for key in ("ct_number.uniform", "noise.sd", "uniformity.3h"):
        assert value(found, key).where == "U slices 9-14", key
    assert value(found, "ct_number.uniform").value == pytest.approx(10.0, abs=0.3)
    assert found.located is not None
    assert [m.slices for m in found.located.modules if m.name == "U"] == [tuple(range(9, 15))]
    assert {d.slices for d in found.regions if d.module == "U"} == {tuple(range(9, 15))}


def test_drift_along_z_widens_the_uncertainty_of_means_but_of_no_difference() -> None:
    clean = np.repeat(picture("soft", 1)[1:2], 12, axis=0)
    quiet = clean + noise(np.random.default_rng(12), "soft", clean.shape, 2.0)
    steps = np.linspace(-5.0, 5.0, 6)
    drifting = quiet + np.concatenate([np.zeros(6), steps])[:, None, None]
    calm, moved = (measure(scan, made_located(scan, modules="U")) for scan in (made_scan(quiet), made_scan(drifting)))
    u = value(moved, "ct_number.uniform").u
    assert u == pytest.approx(steps.std(ddof=1) / math.sqrt(6), rel=0.05)
    assert (value(calm, "ct_number.uniform").u or 0.0) < 0.2
    assert value(moved, "uniformity.3h").u == pytest.approx(value(calm, "uniformity.3h").u, rel=0.1)


@pytest.mark.parametrize(("seen_mm", "measured"), [(90.1, True), (60.1, True), (75.0, False)])
def test_an_outline_is_the_body_s_if_any_tier_has_that_diameter(seen_mm: float, measured: bool) -> None:
    scan = made_scan(picture("soft", 2))
    spec = made_spec()
    tiers = replace(spec, modules=(spec.modules[0], replace(spec.modules[1], diameter_mm=60.0)))
    located = made_located(scan, spec=tiers)
    assert located.body is not None
    located = replace(located, body=replace(located.body, diameter_mm=seen_mm))
    found = {r.key: r for r in geometry.measure(Context(scan, located)).results}["geometry.diameter"]
    assert isinstance(found, Measurement if measured else NotMeasured)


@pytest.mark.parametrize("end", [-1002.0, -1000.0, -998.0])
def test_noise_that_the_end_of_the_scale_cuts_off_is_in_u(end: float) -> None:
    """Of Gaussian air with the end of the scale at its mean, the mean of what is left lies 0.4 σ above it."""
    clean = value(plain(), "ct_number.air")
    hu = np.where(image() > end, image(), end)
    cut = value(ct_number.measure(context(hu)), "ct_number.air")
    assert "clipped" in cut.flags
    assert "clipped" not in clean.flags
    moved = cut.value - clean.value
    assert moved > 2.0 * (clean.u or math.nan)
    assert 0.8 * moved < math.sqrt((cut.u or math.nan) ** 2 - (clean.u or 0.0) ** 2) < 1.2 * moved


def test_noise_that_differs_from_slice_to_slice_is_known_as_their_scatter_says() -> None:
    """Slices of 4, 5 and 6 HU: the standard error of their mean is 0.58 HU; their sampling alone would say 0.05."""
    clean = picture("soft", slices=3)
    grain = noise(np.random.default_rng(7), "soft", (len(clean), SIDE, SIDE), SIGMA)
    hu = clean + grain * np.array([0.8, 1.0, 1.2])[np.arange(len(clean)) % 3, None, None]
    found = noise_family.measure(context(hu))
    for key in ("noise.sd", "noise.sigma"):
        assert 0.4 < (value(found, key).u or math.nan) < 0.8
