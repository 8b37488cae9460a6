"""The shipped definitions, against what was measured on real scans and printed by the makers."""

from __future__ import annotations

import itertools
import math
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

from iqa.errors import DefinitionError, InputError, UsageError
from iqa.model import Bead, Feature, Insert, LinePairs, PhantomSpec, Pin, Ramp, Region, StepRamp, Target, Wire
from iqa.phantom import library, load, names
from iqa.phantom.check import extent
from iqa.phantom.describe import describe, describe_library
from iqa.phantom.find import find
from iqa.shipped import shipped

PHANTOMS = [
    "acr464", "bead", "catphan500", "catphan503", "catphan504", "catphan600", "catphan604", "catphan700", "ge_qa",
    "mercury4", "quart_dvt", "uniform_cylinder", "wire",
]  # fmt: skip
Kind = TypeVar("Kind", bound=Feature)


@cache
def _library() -> tuple[PhantomSpec, ...]:
    return library()


def _spec(label: str) -> PhantomSpec:
    return next(s for s in _library() if s.label == label)


def _features(label: str, module: str, kind: type[Kind]) -> dict[str, Kind]:
    return {f.name: f for f in _spec(label).module(module).features if isinstance(f, kind)}


def _radius(feature: Feature) -> float:
    return math.hypot(feature.x_mm, feature.y_mm)


def _angle(feature: Feature) -> float:
    return math.degrees(math.atan2(-feature.y_mm, feature.x_mm))


def _turned(a: float, b: float) -> float:
    """How far angle a lies from b, degrees."""
    return abs((a - b + 180.0) % 360.0 - 180.0)


# ------------------------------------------------------------------------------------------ library


def test_all_phantoms_of_the_contract_are_there() -> None:
    assert list(names(_library())) == PHANTOMS


def test_the_default_make_comes_first_and_has_no_variant() -> None:
    for name in PHANTOMS:
        makes = [s for s in _library() if s.name == name]
        assert makes[0].variant is None
        assert all(s.variant and s.note for s in makes[1:])
        assert len({s.definition_hash for s in makes}) == 1


def test_the_users_folder_adds_a_phantom(tmp_path: Path) -> None:
    text = (shipped("phantoms") / "bead.toml").read_text(encoding="utf-8")
    (tmp_path / "a.toml").write_text(text.replace('name = "bead"', 'name = "my_bead"'), encoding="utf-8")
    assert names(library([tmp_path])) == (*PHANTOMS, "my_bead")


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    file = shipped("phantoms") / "bead.toml"
    changed = tmp_path / "bead.toml"
    changed.write_bytes(file.read_bytes() + b"# a note\n")
    assert load(file)[0].definition_hash != load(changed)[0].definition_hash


def test_an_incomplete_installation_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("iqa.shipped.__file__", str(tmp_path / "iqa" / "shipped.py"))
    with pytest.raises(InputError, match=r"folder 'phantoms' is missing .* install iqa again"):
        shipped("phantoms")


def test_data_inside_the_package_come_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inside = tmp_path / "iqa" / "_shipped" / "phantoms"
    inside.mkdir(parents=True)
    (tmp_path / "phantoms").mkdir()
    monkeypatch.setattr("iqa.shipped.__file__", str(tmp_path / "iqa" / "shipped.py"))
    assert shipped("phantoms") == inside


def test_a_phantom_is_found_by_its_name_and_its_variants_name() -> None:
    assert find("catphan504", _library()).variant is None
    assert find("catphan504/gauge_turned", _library()).variant == "gauge_turned"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Catphan505", r"No phantom is named 'Catphan505': did you mean catphan50\d\?"),
        ("zzz", r"known are acr464, bead, .*, wire\. `iqa phantoms list` shows all"),
    ],
)
def test_a_name_that_is_none(name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        find(name, _library())


# ------------------------------------------------------------------------------------------- catphan

ANGLES_404 = {
    "teflon": 60, "air_top": 90, "pmp": 120, "ldpe": 180, "polystyrene": -120, "air_bottom": -90, "acrylic": -60,
    "delrin": 0,
}  # fmt: skip


@pytest.mark.parametrize("label", ["catphan503", "catphan504"])
def test_sensitometry_of_503_and_504(label: str) -> None:
    inserts = _features(label, "CTP404", Insert)
    assert {n: round(_angle(f)) for n, f in inserts.items()} == ANGLES_404
    assert all(abs(_radius(f) - 58.48) < 0.05 and abs(f.diameter_mm - 12.2) < 0.05 for f in inserts.values())
    assert math.dist((0, inserts["air_top"].y_mm), (0, inserts["air_bottom"].y_mm)) == pytest.approx(117.0, abs=0.2)


def test_the_600_is_the_504_turned_by_half_a_circle_with_a_narrower_upper_hole() -> None:
    inserts = _features("catphan600", "CTP404", Insert)
    other = ANGLES_404 | {"air_top": -90, "air_bottom": 90}
    assert all(_turned(_angle(f), other[n] + 180) < 0.1 for n, f in inserts.items())
    assert inserts["air_top"].diameter_mm == pytest.approx(10.8, abs=0.1)
    filled = _features("catphan600/vial_filled", "CTP404", Insert)
    assert set(inserts) - set(filled) == {"air_top"}
    assert filled["water"].hu == 0
    assert filled["water"].y_mm == pytest.approx(inserts["air_top"].y_mm)


def test_the_604_has_two_bone_plugs_and_a_narrower_circle() -> None:
    inserts = _features("catphan604", "CTP732", Insert)
    assert {n: round(_angle(f)) for n, f in inserts.items()} == ANGLES_404 | {"bone_50": 150, "bone_20": -30}
    assert all(abs(_radius(f) - 57.9) < 0.05 for f in inserts.values())
    long = {n for n, f in inserts.items() if abs(f.z_to_mm - f.z_from_mm - 33.0) < 0.5}
    assert long == {"air_top", "air_bottom", "bone_50", "bone_20"}
    assert all(abs(f.z_to_mm - f.z_from_mm - 24.7) < 0.5 for n, f in inserts.items() if n not in long)


def test_the_500_has_four_wide_plugs() -> None:
    inserts = _features("catphan500", "CTP401", Insert)
    assert {n: round(_angle(f)) for n, f in inserts.items()} == {"teflon": 0, "air": 90, "ldpe": 180, "acrylic": -90}
    assert all(abs(f.diameter_mm - 12.7) < 0.1 for f in inserts.values())


def test_the_700_is_the_makers_drawing() -> None:
    inserts = _features("catphan700", "CTP682", Insert)
    drawing = {
        "bone_50": 15, "acrylic": 60, "air": 90, "pmp": 120, "lung": 165, "delrin": 195, "polystyrene": 240,
        "teflon": 270, "bone_20": 300, "ldpe": 345, "water": 135,
    }  # fmt: skip
    assert all(_turned(_angle(f), drawing[n]) < 0.1 for n, f in inserts.items())
    assert set(inserts) == set(drawing)


SENSITOMETRY = [
    ("catphan500", "CTP401", "1"), ("catphan503", "CTP404", "1"), ("catphan504", "CTP404", "1"),
    ("catphan600", "CTP404", "3"), ("catphan604", "CTP732", None),
]  # fmt: skip


@pytest.mark.parametrize(("label", "module", "teflon"), SENSITOMETRY)
def test_pins_form_a_square_of_50_mm_and_the_teflon_pin_is_beside_the_teflon_insert(
    label: str, module: str, teflon: str | None
) -> None:
    pins = _features(label, module, Pin)
    assert [round(_angle(pins[n])) for n in "1234"] == [45, 135, -135, -45]
    around = [math.dist((pins[a].x_mm, pins[a].y_mm), (pins[b].x_mm, pins[b].y_mm)) for a, b in ("12", "23", "34")]
    assert around == pytest.approx([50, 50, 50], abs=0.1)
    assert [n for n, f in pins.items() if f.material == "teflon"] == ([teflon] if teflon else [])


@pytest.mark.parametrize(("label", "module", "_teflon"), SENSITOMETRY)
def test_all_four_wires_go_clockwise_at_23_degrees(label: str, module: str, _teflon: str | None) -> None:
    ramps = _features(label, module, Ramp)
    assert set(ramps) == {"top", "bottom", "left", "right"}
    for ramp in ramps.values():
        assert _turned(ramp.direction_deg, _angle(ramp) - 90) < 1e-6
        assert _radius(ramp) == pytest.approx(38.1, abs=0.15)
        assert ramp.length_mm * math.tan(math.radians(ramp.angle_deg)) == pytest.approx(20, abs=0.5)


def test_spheres_run_counter_clockwise_with_falling_size_from_the_largest() -> None:
    for label, start in (("catphan504", 90), ("catphan600", -90)):
        spheres = _features(label, "CTP404", Bead)
        sizes = [spheres[f"sphere_{d}mm"] for d in (10, 8, 6, 4, 2)]
        assert [s.diameter_mm for s in sizes] == [10, 8, 6, 4, 2]
        assert all(_turned(_angle(s), start + 72 * i) < 0.1 for i, s in enumerate(sizes))


Z_OF_GAUGE = [("catphan504", "CTP528", 29.8), ("catphan604", "line_pairs", 38.6), ("catphan503", "CTP528", -30.0)]


@pytest.mark.parametrize(("label", "module", "z"), Z_OF_GAUGE)
def test_the_gauge_lies_where_it_was_measured(label: str, module: str, z: float) -> None:
    spec = _spec(label)
    groups = _features(label, module, LinePairs)
    plane = {spec.module(module).z_mm + (g.z_from_mm + g.z_to_mm) / 2 for g in groups.values()}
    assert len(plane) == 1
    assert plane.pop() == pytest.approx(z, abs=0.5)


def test_the_503s_gauge_is_the_mirror_image_of_the_504s() -> None:
    groups, mirrored = (_features(label, "CTP528", LinePairs) for label in ("catphan504", "catphan503"))
    measured = {1: 334.0, 2: 309.9, 5: 249.2, 10: 166.6, 21: 20.3}  # on one 503, ± 0.4°, rounded
    assert len(groups) == len(mirrored) == 21
    assert all(_turned(_angle(mirrored[n]), 181 - _angle(g)) < 0.1 for n, g in groups.items())
    assert all(_turned(_angle(mirrored[f"lp{lp}"]), a) < 0.55 for lp, a in measured.items())


def test_line_pair_groups_hold_the_makers_bars() -> None:
    groups = _features("catphan504", "CTP528", LinePairs)
    assert [groups[f"lp{n}"].bars for n in (1, 2, 3, 4, 5, 6, 21)] == [2, 3, 4, 4, 4, 5, 5]
    assert groups["lp7"].bar_mm == pytest.approx(0.714, abs=0.001)
    assert all(g.radial and _turned(g.bar_angle_deg, _angle(g)) < 1e-6 for g in groups.values())


def test_low_contrast_of_the_504() -> None:
    targets = _features("catphan504", "CTP515", Target)
    anchors = {"10permille": 87.1, "3permille": -32.2, "5permille": -152.1}
    for group, angle in anchors.items():
        assert _turned(_angle(targets[f"{group}_15mm"]), angle) < 0.1
        assert _turned(_angle(targets[f"{group}_9mm"]), angle - 18.8) < 0.1  # clockwise with falling size
        assert sum(t.group == group for t in targets.values()) == 9
    sub = targets["sub7_10permille_9mm"]
    assert _turned(_angle(sub), 67.5) < 0.5
    assert _radius(sub) == pytest.approx(25.0, abs=0.6)
    assert sub.z_to_mm - sub.z_from_mm == pytest.approx(7)
    plane = _spec("catphan504").module("CTP515").z_mm + (sub.z_from_mm + sub.z_to_mm) / 2
    assert plane == pytest.approx(-30.5, abs=0.6)


def test_low_contrast_of_the_604_has_27_rods_and_no_sub_slice_targets() -> None:
    targets = _features("catphan604", "CTP730", Target)
    assert len(targets) == 27
    assert not [n for n in targets if n.startswith("sub")]


def test_the_504s_beads_lie_20_mm_below_and_above_the_centre_behind_the_gauge() -> None:
    beads = _features("catphan504", "CTP528", Bead)
    assert (beads["near"].y_mm, beads["near"].z_mm) == (20, 2.5)  # y points down
    assert (beads["far"].y_mm, beads["far"].z_mm) == (-20, 10)


ORDER = {
    "catphan500": ["CTP401", "CTP528", "CTP515", "CTP486"],
    "catphan503": ["CTP404", "CTP528", "CTP486"],
    "catphan504": ["CTP528", "CTP404", "CTP515", "CTP486"],
    "catphan600": ["CTP404", "CTP591", "CTP528", "CTP515", "CTP486"],
    "catphan604": ["line_pairs", "CTP732", "CTP730", "CTP729"],
}


@pytest.mark.parametrize("label", ORDER)
def test_modules_of_a_catphan_follow_along_falling_z(label: str) -> None:
    modules = sorted(_spec(label).modules, key=lambda m: -m.z_mm)
    assert [m.name for m in modules] == ORDER[label]
    for upper, lower in itertools.pairwise(modules):
        assert 0 <= upper.z_mm + upper.z_from_mm - lower.z_mm - lower.z_to_mm < 32


@pytest.mark.parametrize("label", ["catphan500", "catphan503", "catphan504", "catphan600", "catphan604", "catphan700"])
def test_every_catphan_is_201_mm_wide_and_has_five_uniform_discs(label: str) -> None:
    spec = _spec(label)
    assert spec.diameter_mm == pytest.approx(201.4, abs=0.3)
    regions = [f for m in spec.modules for f in m.features if isinstance(f, Region)]
    assert [r.name for r in regions] == ["centre", "12h", "3h", "6h", "9h"]
    assert [(round(r.x_mm), round(r.y_mm)) for r in regions] == [(0, 0), (0, -53), (53, 0), (0, 53), (-53, 0)]


def test_the_591_holds_one_wire_and_six_bead_lines() -> None:
    wires, lines = _features("catphan600", "CTP591", Wire), _features("catphan600", "CTP591", StepRamp)
    assert (round(_angle(wires["tungsten"])), round(_radius(wires["tungsten"]), 1)) == (-90, 58.6)
    assert {n for n, f in lines.items() if abs(f.step_z_mm) == 0.25} == {"fine_left", "fine_right"}
    assert all(_turned(f.direction_deg, _angle(f) - 90) < 1e-6 for f in lines.values())


def test_the_604s_tilted_wire_passes_the_measured_places() -> None:
    wire = _features("catphan604", "CTP732", Wire)["tilted"]
    rise = 10 * math.tan(math.radians(wire.tilt_deg))
    x = wire.x_mm + rise * math.cos(math.radians(wire.direction_deg))
    y = wire.y_mm - rise * math.sin(math.radians(wire.direction_deg))
    assert (x, y) == pytest.approx((-13.1, -13.5), abs=0.3)  # at z = +9.4 mm on one scan


# -------------------------------------------------------------------------------------------- others


def test_acr_inserts_beads_and_bars() -> None:
    inserts = _features("acr464", "module1", Insert)
    assert {n: round(_angle(f)) for n, f in inserts.items()} == {
        "bone": 45, "polyethylene": 135, "acrylic": -135, "air": -45,
    }  # fmt: skip
    side = math.dist((inserts["bone"].x_mm, inserts["bone"].y_mm), (inserts["air"].x_mm, inserts["air"].y_mm))
    assert side == pytest.approx(88.6, abs=0.2)  # measured: mean side of the square
    near, far = (_features("acr464", "module3", Bead)[n] for n in ("near", "far"))
    assert math.dist((near.x_mm, near.y_mm), (far.x_mm, far.y_mm)) == pytest.approx(99.8, abs=0.3)
    assert [m.z_mm for m in _spec("acr464").modules] == [0, 40, 80, 120]
    groups = _features("acr464", "module4", LinePairs)
    assert {g.lp_per_cm: round(_angle(g)) % 360 for g in groups.values()} == {
        4: 135, 5: 180, 6: 225, 7: 270, 8: 315, 9: 0, 10: 45, 12: 90,
    }  # fmt: skip


def test_acr_wires_step_half_a_millimetre_in_z_from_column_to_column() -> None:
    ramps = _features("acr464", "module1", StepRamp)
    for half in ("top", "bottom"):
        left, right = ramps[f"{half}_left"], ramps[f"{half}_right"]
        places = sorted((z, y) for r in (left, right) for y, z in _elements(r))
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(places)]
        assert len(places) == 33
        assert all(dz == pytest.approx(0.5) and dy == pytest.approx(2.0) for dz, dy in steps)  # down with rising z


def _elements(ramp: StepRamp) -> list[tuple[float, float]]:
    down = -math.sin(math.radians(ramp.direction_deg))
    k = [i - (ramp.count - 1) / 2 for i in range(ramp.count)]
    return [(ramp.y_mm + i * ramp.step_mm * down, ramp.z_mm + i * ramp.step_z_mm) for i in k]


def test_acr_low_contrast_rows_stand_across_the_radius() -> None:
    targets = _features("acr464", "module2", Target)
    row = [targets[f"6permille_6mm_{i}"] for i in range(1, 5)]
    gaps = [math.dist((a.x_mm, a.y_mm), (b.x_mm, b.y_mm)) for a, b in itertools.pairwise(row)]
    assert gaps == pytest.approx([12, 12, 12])
    middle = (sum(t.x_mm for t in row) / 4, sum(t.y_mm for t in row) / 4)
    assert math.hypot(*middle) == pytest.approx(53.2, abs=0.4)
    along = (row[3].x_mm - row[0].x_mm, row[3].y_mm - row[0].y_mm)
    assert along[0] * middle[0] + along[1] * middle[1] == pytest.approx(0, abs=1e-6)


def test_quart_has_two_air_holes_and_two_slits_at_30_degrees() -> None:
    inserts = _features("quart_dvt", "inserts", Insert)
    assert {n: round(_angle(f)) for n, f in inserts.items()} == {
        "polystyrene": 0, "air_top": 90, "teflon": 180, "air_bottom": -90,
    }  # fmt: skip
    slits = _features("quart_dvt", "inserts", Ramp)
    assert {n: (s.kind, s.angle_deg, s.direction_deg) for n, s in slits.items()} == {
        "top": ("slit", 30, 0), "bottom": ("slit", 30, 180),
    }  # fmt: skip
    assert set(_features("quart_dvt/v2", "inserts", Insert)) - set(inserts) == {"water"}
    assert _spec("quart_dvt").mirror_symmetric
    assert not _spec("quart_dvt/v2").mirror_symmetric  # its vial has no counterpart


@pytest.mark.parametrize("tier", [160, 210, 260, 310, 360])
def test_mercury_turned_back_from_its_feet_first_image(tier: int) -> None:
    image = {"air": 105.9, "water": 33.9, "bone": -38.3, "polystyrene": -110.4, "iodine": 177.7}
    inserts = _features("mercury4", f"inserts_{tier}", Insert)
    assert _spec("mercury4").module(f"inserts_{tier}").diameter_mm == tier
    assert all(_turned(_angle(f), 180 - image[f.material]) < 0.3 for f in inserts.values())
    assert all(abs(_radius(f) - 44.9) <= 0.11 for f in inserts.values())


def test_ge_bars_and_water_hole() -> None:
    groups = _features("ge_qa", "block", LinePairs)
    widths = sorted(round(g.bar_mm, 2) for g in groups.values())
    assert widths == [0.5, 0.6, 0.8, 1.0, 1.3, 1.6]
    coarse = max(groups.values(), key=lambda g: g.bar_mm)
    assert (coarse.x_mm, coarse.y_mm) == (24.6, -33.5)  # measured with y upwards: (24.6, 33.5)
    hole = _features("ge_qa", "block", Insert)["water"]
    assert (hole.x_mm, hole.y_mm) == pytest.approx((37.8, 38.6), abs=0.1)


@pytest.mark.parametrize("name", ["uniform_cylinder", "wire", "bead"])
def test_plain_objects_state_no_diameter(name: str) -> None:
    assert _spec(name).diameter_mm is None
    assert len(_spec(name).modules) == 1


# -------------------------------------------------------------------------------------- provenance


@pytest.mark.parametrize("name", PHANTOMS)
def test_every_provenance_has_words(name: str) -> None:
    for module in _spec(name).modules:
        for noun in (module, *module.features):
            cites = [
                (noun.provenance.source, noun.provenance.grade),
                *((s, g) for _, s, g in noun.provenance.overrides),
            ]
            assert all(len(source) >= 6 and grade in "ABCMU" for source, grade in cites)


def test_a_number_keeps_its_own_source() -> None:
    teflon = _features("catphan504", "CTP404", Insert)["teflon"]
    assert teflon.hu_range == (941, 1060)
    assert teflon.provenance.of("hu_range") == ("Catphan 503 manual (2017), p. 15", "A")
    assert teflon.provenance.of("x_mm")[1] == "M"
    ramp = _features("catphan504", "CTP404", Ramp)["top"]
    assert ramp.provenance.of("slope_deg") == ("Catphan 503 manual (2017), p. 7", "A")
    assert ramp.provenance.of("diameter_mm")[1] == "U"


# ------------------------------------------------------------------------------------------- as text


def test_the_library_is_listed_one_line_each() -> None:
    lines = describe_library(_library()).splitlines()
    assert len(lines) == len(_library())
    assert "Catphan 504, The Phantom Laboratory; 201.4 mm; CTP404, CTP528, CTP515, CTP486" in lines[6]
    assert any(line.startswith("catphan600/vial_filled") and "filled with water" in line for line in lines)
    assert any(line.startswith("wire") and "any diameter" in line for line in lines)


def test_an_empty_library_is_no_text() -> None:
    assert describe_library(()) == ""


def test_a_phantom_is_shown_with_every_number_and_its_source() -> None:
    text = describe(_spec("catphan504"))
    teflon = next(line for line in text.splitlines() if line.startswith("  insert teflon:"))
    assert "58.5 mm at 60° (x 29.25, y -50.66 mm)" in teflon
    assert "CT number 941 HU [M" in teflon
    assert "range 941 to 1060 HU [A" in teflon
    assert "Catphan 503 manual (2017), p. 15" in text
    marks = {line.split()[0] for line in text.splitlines() if line.startswith("  [")}
    assert all(f" {mark}" in text for mark in marks)
    for feature in (f for m in _spec("catphan504").modules for f in m.features):
        assert f" {feature.name}: " in text


def test_a_variant_is_shown_with_its_note() -> None:
    assert "put back end for end" in describe(_spec("catphan504/gauge_turned"))


# -------------------------------------------------------------------------------------- discs of foil


def foil_of(folder: Path, height: str) -> Bead:
    """A bead of the shipped file's, 1 mm wide, with a height."""
    text = (shipped("phantoms") / "bead.toml").read_text(encoding="utf-8")
    (folder / "foil.toml").write_text(text.replace("diameter_mm = 0.28", f"diameter_mm = 1, height_mm = {height}"))
    (feature,) = load(folder / "foil.toml")[0].modules[0].features
    assert isinstance(feature, Bead)
    return feature


def test_a_bead_with_a_height_is_a_foil_as_thick_as_that(tmp_path: Path) -> None:
    foil = foil_of(tmp_path, "0.05")
    assert (foil.height_mm, foil.extent_mm) == (0.05, 0.05)
    ends = extent(foil)
    assert (ends.reach_mm, ends.z_from_mm, ends.z_to_mm) == (0.5, -0.025, 0.025)


def test_a_ball_is_as_thick_as_wide() -> None:
    (ball,) = _features("bead", "bead", Bead).values()
    assert (ball.height_mm, ball.extent_mm) == (None, 0.28)


def test_a_foil_has_a_thickness(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"height_mm: expected .*greater than 0"):
        foil_of(tmp_path, "0")
