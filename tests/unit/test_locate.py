"""The locator on small made-up scans: what it says, how it words a refusal, what must not matter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import ndtr

from iqa.errors import UsageError
from iqa.locate import choose, contenders, decide, evidence, locate, templates
from iqa.locate.along import AxialFit
from iqa.locate.body import find_body
from iqa.locate.contenders import at_landmarks
from iqa.locate.evidence import Explained, Judge, LayerMatch
from iqa.locate.pose import Refined, core_slices
from iqa.locate.search import Hypothesis, Window
from iqa.model import (
    Acquisition,
    Bead,
    Candidates,
    Insert,
    Located,
    Module,
    PhantomSpec,
    Pose,
    Provenance,
    Refused,
    Scan,
    ScanIdentity,
    Wire,
)

MADE = Provenance("made for a test", "U")
PIXEL = 1.2
SIDE = 128
INSERTS = (("air", 90.0, -1000.0), ("teflon", 30.0, 950.0), ("ldpe", 170.0, -100.0), ("delrin", -60.0, 340.0))


def module(name: str = "inserts", z: float = 0.0, shift: float = 0.0) -> Module:
    angles = np.radians([a + shift for _, a, _ in INSERTS])
    features = tuple(
        Insert(
            name=n, material=n, x_mm=40.0 * np.cos(a), y_mm=-40.0 * np.sin(a), diameter_mm=16.0,
            z_from_mm=-10.0, z_to_mm=10.0, hu=hu, provenance=MADE,
        )
        for (n, _, hu), a in zip(INSERTS, angles, strict=True)
    )  # fmt: skip
    return Module(name=name, z_mm=z, z_from_mm=-10.0, z_to_mm=10.0, diameter_mm=120.0, body_hu=0.0,
                  features=features, provenance=MADE)  # fmt: skip


def spec(name: str = "mine", modules: tuple[Module, ...] | None = None, diameter: float | None = 120.0) -> PhantomSpec:
    return PhantomSpec(
        name=name, variant=None, title=name.title(), maker="", diameter_mm=diameter, origin="inserts",
        mirror_symmetric=False, modules=modules or (module(),), definition_hash="",
    )  # fmt: skip


STRAIGHT = Pose(76.0, 76.0, 0.0, 0.0)


def painted(shape: PhantomSpec | None, pose: Pose = STRAIGHT, sigma: float = 5.0) -> Scan:
    """Eleven 2.5 mm slices of a body with the inserts of a definition, blurred by one pixel's SD."""
    z = -12.5 + 2.5 * np.arange(11)
    grid = np.arange(SIDE) * PIXEL
    volume = np.full((len(z), SIDE, SIDE), -1000.0)
    body = np.hypot(grid[None, :] - pose.x_mm, grid[:, None] - pose.y_mm) < 60.0
    volume[:, body] = 0.0
    for f in () if shape is None else shape.modules[0].features:
        assert isinstance(f, Insert)
        x, y, _ = pose.place(f.x_mm, f.y_mm, 0.0)
        disc = np.hypot(grid[None, :] - x, grid[:, None] - y) < 8.0
        for k in np.flatnonzero(np.abs(z) < 10.0):
            volume[k][disc] = f.hu
    blurred = ndimage.gaussian_filter(volume, (0.0, 0.8, 0.8))
    return scan(blurred + np.random.default_rng(1).normal(0.0, sigma, volume.shape), z)


def scan(volume: NDArray[np.float64], z: NDArray[np.floating[Any]]) -> Scan:
    n = len(volume)
    origins = np.column_stack([np.zeros(n), np.zeros(n), z])
    return Scan(
        np.round(volume).astype(np.int16), np.ones(n), np.zeros(n), (PIXEL, PIXEL), origins,
        np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), 2.5, Acquisition(),
        lambda: ScanIdentity(None, None, (), "", None), source="scan",
    )  # fmt: skip


MINE = spec()


@pytest.mark.parametrize("roll", [0.0, 63.0, 171.0])
@pytest.mark.parametrize("mirrored", [False, True])
def test_finds_its_phantom_at_any_roll_and_hand(roll: float, mirrored: bool) -> None:
    pose = Pose(76.0, 74.0, 0.0, roll, mirrored=mirrored, reversed=mirrored)
    found = locate(painted(MINE, pose), [MINE])
    assert isinstance(found, Located)
    # discs rasterised on 1.2 mm pixels: their own centres are off by hundredths of a millimetre
    assert np.hypot(found.pose.x_mm - pose.x_mm, found.pose.y_mm - pose.y_mm) < 0.1
    assert abs((found.pose.roll_deg - roll + 180.0) % 360.0 - 180.0) < 0.2
    assert found.pose.mirrored == mirrored


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 1000.0), (0.8, -60.0), (1.0, -400.0)])
def test_grey_scale_changes_neither_the_name_nor_the_place(gain: float, offset: float) -> None:
    plain = painted(MINE)
    other = replace(plain, slope=plain.slope * gain, intercept=plain.intercept * gain + offset)
    a, b = locate(plain, [MINE]), locate(other, [MINE])
    assert isinstance(a, Located)
    assert isinstance(b, Located)
    assert b.pose.x_mm == pytest.approx(a.pose.x_mm, abs=1e-3)
    assert b.pose.roll_deg == pytest.approx(a.pose.roll_deg, abs=1e-3)


def test_two_equal_definitions_are_candidates_in_their_order() -> None:
    result = locate(painted(MINE), [MINE, spec("twin")])
    assert isinstance(result, Candidates)
    assert [c.name for c in result.candidates] == ["mine", "twin"]
    assert isinstance(locate(painted(MINE), [MINE, spec("twin")], phantom="twin"), Located)


def test_the_same_holes_with_other_materials_are_refused_by_name() -> None:
    swapped = tuple(
        replace(f, hu=hu)
        for f, hu in zip(MINE.modules[0].of(Insert), (950.0, -1000.0, 340.0, -100.0), strict=True)
        if isinstance(f, Insert)
    )
    other = spec(modules=(replace(MINE.modules[0], features=swapped),))
    result = locate(painted(other), [MINE])
    assert isinstance(result, Refused)
    assert "explains" in result.reason or "contrast" in result.reason


def test_a_featureless_body_is_any_phantom_of_its_diameter() -> None:
    result = locate(painted(None), [MINE])
    assert isinstance(result, Candidates)
    assert "120.0 mm without structure" in result.reason
    assert [c.name for c in result.candidates] == ["mine", "uniform_cylinder"]


def test_one_slice_of_something_unknown_in_a_plain_body_is_refused() -> None:
    strange = painted(None)
    strange.stored[5, 40:88, 64:104] = 900  # half of what lies about the axis
    found = locate(strange, [MINE])
    assert isinstance(found, Refused)
    assert "whose structure no definition explains" in found.reason


def test_no_round_body_is_refused() -> None:
    volume = np.random.default_rng(0).normal(-1000.0, 5.0, (3, SIDE, SIDE))
    result = locate(scan(volume, np.arange(3) * 2.5), [MINE])
    assert isinstance(result, Refused)
    assert "no slice shows the outline of a round body of at least 80 mm" in result.reason


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="No phantom is named 'other': known are mine"):
        locate(painted(MINE), [MINE], phantom="other")


def test_a_named_phantom_of_another_diameter_is_refused() -> None:
    large = spec("large", modules=(replace(module(), diameter_mm=200.0),), diameter=200.0)
    result = locate(painted(MINE), [large], phantom="large")
    assert isinstance(result, Refused)
    assert "120.0 mm, no part of Large does" in result.reason


# -------------------------------------------------------------------------------- plain phantoms

CYLINDER = spec("drum", modules=(replace(module(), features=(), diameter_mm=None),), diameter=None)


def test_a_cylinder_is_measured_when_named_and_refused_when_it_holds_something() -> None:
    found = locate(painted(None), [CYLINDER], phantom="drum")
    assert isinstance(found, Located)
    assert found.body is not None
    assert found.body.diameter_mm == pytest.approx(120.0, abs=0.2)
    assert not found.mirror_known
    refused = locate(painted(MINE), [CYLINDER], phantom="drum")
    assert isinstance(refused, Refused)
    assert "not a uniform one" in refused.reason


def test_a_bead_is_found_by_the_spot_that_stands_alone() -> None:
    grid = np.arange(SIDE) * PIXEL
    spot = np.exp(-0.5 * (np.hypot(grid[None, :] - 60.3, grid[:, None] - 81.7) / 1.0) ** 2)
    volume = np.random.default_rng(2).normal(0.0, 5.0, (5, SIDE, SIDE))
    volume[2] += 900.0 * spot
    bead = Bead(name="bead", material="x", x_mm=0.0, y_mm=0.0, z_mm=0.0, diameter_mm=0.3, hu=9e3, provenance=MADE)
    point = spec("point", modules=(replace(module(), features=(bead,), diameter_mm=None),), diameter=None)
    found = locate(scan(volume, np.arange(5) * 2.5), [point], phantom="point")
    assert isinstance(found, Located)
    assert (found.pose.x_mm, found.pose.y_mm) == pytest.approx((60.3, 81.7), abs=0.1)
    assert found.pose.z_mm == pytest.approx(5.0)
    nothing = locate(
        scan(np.random.default_rng(2).normal(0.0, 5.0, (5, SIDE, SIDE)), np.arange(5) * 2.5), [point], "point"
    )
    assert isinstance(nothing, Refused)
    assert "no point stands out by 8 times the noise" in nothing.reason


def test_a_tilted_wire_gives_its_direction() -> None:
    grid = np.arange(SIDE) * PIXEL
    volume = np.random.default_rng(2).normal(0.0, 5.0, (9, SIDE, SIDE))
    for k in range(9):
        x = 60.0 + 2.5 * k * np.tan(np.radians(4.0))
        volume[k] += 900.0 * np.exp(-0.5 * (np.hypot(grid[None, :] - x, grid[:, None] - 81.7) / 1.0) ** 2)
    wire = Wire(name="wire", material="x", x_mm=0.0, y_mm=0.0, z_from_mm=-9.0, z_to_mm=9.0, diameter_mm=0.05, hu=9e3,
                provenance=MADE)  # fmt: skip
    line = spec("line", modules=(replace(module(), features=(wire,), diameter_mm=None),), diameter=None)
    found = locate(scan(volume, np.arange(9) * 2.5), [line], phantom="line")
    assert isinstance(found, Located)
    assert found.pose.yaw_deg == pytest.approx(4.0, abs=0.1)
    assert found.pose.pitch_deg == pytest.approx(0.0, abs=0.1)


# ------------------------------------------------------------------------------------- the parts


def test_layers_begin_and_end_with_the_inserts() -> None:
    longer = tuple(
        replace(f, z_to_mm=16.0) if isinstance(f, Insert) and f.name == "air" else f for f in module().features
    )
    made = spec(modules=(replace(module(), features=longer, z_to_mm=20.0),))
    drawn = templates.layers(made, 120.0)
    assert [(x.block, x.z_from_mm, x.z_to_mm, len(x.shapes)) for x in drawn] == [
        ("inserts", -10.0, 10.0, 4),
        ("inserts", 10.0, 16.0, 1),
        ("uniform", 16.0, 20.0, 0),
    ]
    assert templates.layers(made, 128.0) == ()


def test_the_body_axis_follows_a_leaning_phantom() -> None:
    z = 2.5 * np.arange(11)
    grid = np.arange(SIDE) * PIXEL
    volume = np.full((11, SIDE, SIDE), -1000.0)
    for k in range(11):
        volume[k, np.hypot(grid[None, :] - 74.0 - 0.05 * z[k], grid[:, None] - 76.0) < 60.0] = 0.0
    body = find_body(scan(ndimage.gaussian_filter(volume, (0.0, 0.8, 0.8)), z))
    assert body is not None
    assert body.fit.slope_x == pytest.approx(0.05, abs=0.002)
    assert body.fit.slope_y == pytest.approx(0.0, abs=0.002)
    assert body.u_tilt_deg is not None


def explained(
    name: str, evidence: float, dice: float = 0.97, block: str = "inserts", significance: float = 99.0
) -> Explained:
    layer = templates.Layer("inserts", block, -10.0, 10.0, (), 0.0)
    match = LayerMatch(layer, Window(0, 3), (0.0, 2.0), True, 0.0, 1.0, dice, significance, evidence)
    return Explained(Hypothesis(spec(name), (layer,), 0.0, 0.0, False, False, 1.0), (match,), evidence, 0)


@pytest.mark.parametrize(
    ("case", "structure", "faint"),
    [
        (explained("a", 3.0), True, False),
        (explained("a", 3.0, dice=0.7), False, False),
        (explained("a", 0.1), False, False),
        (explained("a", 0.4, dice=0.5, block="low_contrast", significance=16.0), False, True),
        (explained("a", 0.4, dice=0.5, block="low_contrast", significance=14.0), False, False),
    ],
)
def test_what_counts_as_proof(case: Explained, structure: bool, faint: bool) -> None:
    assert decide.proof(case) == decide.Proof(structure, faint)


def test_rivals_are_those_near_the_best_that_fit_as_well() -> None:
    ranked = [explained("a", 3.0), explained("b", 2.8), explained("c", 2.7, dice=0.5), explained("d", 2.0)]
    best, rivals = decide.contest(ranked, ranked)
    assert best.hypothesis.spec.name == "a"
    assert [r.hypothesis.spec.name for r in rivals] == ["b"]


def test_what_a_turned_block_costs_names_no_phantom() -> None:
    usual, other = explained("a", 2.4), explained("b", 3.0)
    modules = (replace(module(), turned=True),)
    turned = replace(usual, evidence=2.28, hypothesis=replace(usual.hypothesis, spec=spec("a", modules)))
    _, rivals = decide.contest([other, usual], [other, usual])
    assert rivals == []
    _, rivals = decide.contest([other, usual], [other, usual, turned])
    assert rivals == [usual]


def test_faint_targets_make_rivals_of_all_that_see_them() -> None:
    def faint(name: str, evidence: float, dice: float) -> Explained:
        return explained(name, evidence, dice, "low_contrast", 20.0)

    ranked = [faint("a", 0.40, 0.5), faint("b", 0.39, 0.4), faint("c", 0.10, 0.5)]
    _, rivals = decide.contest(ranked, ranked)
    assert [r.hypothesis.spec.name for r in rivals] == ["b", "c"]


def named(level: list[Explained]) -> list[str]:
    return [e.hypothesis.spec.name for e in level]


def test_a_block_that_fits_wholly_refutes_one_that_only_resembles_it() -> None:
    ranked = [explained("a", 1.4, dice=0.98), explained("b", 0.7, dice=0.86)]
    assert named(decide.near(ranked, ranked[0], checked=1.0)) == ["a"]
    assert decide.clearly_ahead(ranked, ranked[0])
    cut = [explained("a", 1.4, dice=0.90), explained("b", 0.7, dice=0.80)]
    assert named(decide.near(cut, cut[0], checked=1.0)) == ["a", "b"]
    assert not decide.clearly_ahead(cut, cut[0])


def test_at_most_four_candidates_and_those_of_the_shared_block() -> None:
    own = explained("own", 1.0, dice=0.9)
    layer = replace(own.matches[0].layer, module="own block")
    own = replace(own, matches=(replace(own.matches[0], layer=layer),))
    shared = [explained(name, 0.9, dice=0.9) for name in "abcd"]
    assert named(decide.fewest([own, *shared])) == ["a", "b", "c", "d"]
    assert named(decide.fewest([own, *shared[:3]])) == ["own", "a", "b", "c"]
    assert named(decide.fewest([replace(own, evidence=2.0), *shared])) == ["own", "a", "b", "c"]  # it leads by far


def test_all_are_candidates_where_a_block_is_seen_in_part() -> None:
    def fading(name: str) -> Explained:
        one = explained(name, 0.9)
        return replace(one, matches=(replace(one.matches[0], whole=False),))

    assert named(decide.fewest([fading(name) for name in "abcde"])) == list("abcde")


def test_what_shares_the_block_of_the_best_is_judged_where_that_lies() -> None:
    def settle(one: Explained, z_mm: float, _reach_mm: float) -> Explained:
        return replace(one, hypothesis=replace(one.hypothesis, z_mm=z_mm))

    pose = replace(STRAIGHT, z_mm=7.0)
    refined = Refined(explained("a", 3.0), pose, None, AxialFit(7.0, 0.1, "ramps"), (), (), "inserts", (), 1.0, True)
    judge, refiner = Mock(settle=settle), Mock(side_effect=lambda one: replace(refined, explained=one))
    other = explained("c", 1.0)
    layer = replace(other.matches[0].layer, shapes=((1.0, 0.0, 0.0, 5.0),))
    other = replace(other, hypothesis=replace(other.hypothesis, layers=(layer,)))
    judged = at_landmarks(judge, refiner, [explained("a", 3.0), explained("b", 2.9), other])
    assert [one.hypothesis.z_mm for one in judged] == [7.0, 7.0, 0.0]  # c has another block, and is not close
    refiner.assert_called_once()


def test_a_block_is_first_fitted_on_slices_in_its_middle_however_thin_they_are() -> None:
    thin = scan(np.zeros((12, 4, 4)), 0.5 * np.arange(12))
    one = explained("a", 3.0)
    seen = replace(one, matches=(replace(one.matches[0], core_mm=(1.25, 2.25)),))  # pictures of two slices
    assert core_slices(seen, module(), thin) == [2, 3, 4, 5]
    fading = replace(seen, matches=(replace(seen.matches[0], whole=False),))
    assert core_slices(fading, module(), thin) == []


def test_a_picture_and_its_mirror_image_are_matched_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    one = explained("a", 3.0)
    hypothesis = replace(one.hypothesis, layers=tuple(m.layer for m in one.matches))
    places = Mock(covered=Window(0, 3))
    matched = Mock(return_value=one.matches[0])
    for name, stand_in in (("_match", matched), ("_span", lambda *_: places), ("_unexplained", lambda *_: 0)):
        monkeypatch.setattr(evidence, name, stand_in)
    judge = Judge(Mock(), np.empty((0, 2)))
    for mirrored in (False, False, True):
        judge.explain(replace(hypothesis, mirrored=mirrored))
    assert matched.call_count == 2


def test_landmarks_that_lose_their_own_block_are_distrusted() -> None:
    best, other = explained("a", 3.0), explained("b", 2.9)
    lost = Mock(settle=lambda one, _z_mm, _reach_mm: replace(one, evidence=-2.0, matches=()))
    axial = AxialFit(40.0, 0.1, "ramps")
    refiner = Mock(side_effect=lambda one: Refined(one, STRAIGHT, None, axial, (), (), "inserts", (), 1.0, True))
    assert at_landmarks(lost, refiner, [best, other]) == [best, other]
    refiner.distrust.assert_called_once_with(best)


def test_a_distrusted_refinement_fixes_no_z(monkeypatch: pytest.MonkeyPatch) -> None:
    best = explained("a", 3.0)
    refined = Refined(best, STRAIGHT, None, AxialFit(40.0, 0.1, "ramps"), (), (), "inserts", (), 1.0, True)
    monkeypatch.setattr(contenders, "refine", lambda *_: refined)
    refiner = contenders.Refiner(Mock(), Mock())
    assert refiner(best).inside
    refiner.distrust(best)
    assert (refiner(best).axial, refiner(best).inside) == (None, False)


def test_a_block_cut_by_the_end_of_the_scan_is_weakly_seen() -> None:
    cut = explained("a", 2.0, dice=0.7, block="gauge")
    assert named(decide.weakly_seen([cut], pictures=9)) == ["a"]  # its window begins with the scan
    inner = replace(cut, matches=(replace(cut.matches[0], span=Window(3, 5)),))
    assert decide.weakly_seen([inner], pictures=9) == []
    assert decide.weakly_seen([explained("a", 2.0, dice=0.7, block="gauge", significance=9.0)], pictures=9) == []


def test_something_else_in_place_of_the_inserts_is_an_objection() -> None:
    assert decide.contradicted(explained("mine", -0.4)) is None
    assert decide.contradicted(explained("mine", -1.8)) == (
        "where Mine has the inserts of inserts the scan shows something else"
    )


@pytest.mark.parametrize("width_mm", [0.5, 2.0, 12.0])
def test_a_blurred_strip_is_the_difference_of_two_edges(width_mm: float) -> None:
    at = np.linspace(-12.0, 12.0, 481)
    rise, fall = (ndtr((at + side * width_mm / 2.0) / templates.BLUR_MM) for side in (1.0, -1.0))
    assert templates._box(width_mm, at) == pytest.approx(rise - fall, abs=1e-3)


def test_the_longest_stretch_is_taken() -> None:
    shown = np.array([1, 1, 0, 1, 1, 1, 0, 1], dtype=bool)
    assert choose._longest(shown) == (3, 5)
    assert choose._longest(np.ones(4, dtype=bool)) == (0, 3)
