"""The comparability gate: what must be equal, what may differ and by how much, and how it is said."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa.judge import compare, conditions
from iqa.model import Acquisition, Conditions, Outcome

FULL = Conditions(
    kv=120.0,
    kernel="Br40f",
    iteration="3",
    thickness_mm=5.0,
    scan_mode="SPIRAL",
    phantom="catphan504 SN 123",
    pixel_mm=0.5,
    ctdivol_mgy=10.0,
    exposure_mas=200.0,
)
NOT, CANNOT = Outcome.NOT_COMPARABLE, Outcome.CANNOT_TELL


def test_equal_conditions_are_comparable() -> None:
    found = compare(FULL, FULL)
    assert (found.outcome, found.reasons, found.flags, found.sentence) == (None, (), (), "")


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        ({"kv": 100.0}, "the energy differs (100 kV now, 120 kV in the baseline)"),
        ({"kev": 70.0}, "the energy differs (70 keV now, 120 kV in the baseline)"),
        ({"kernel": "Br44f"}, 'the reconstruction differs (kernel "Br44f" now, "Br40f" in the baseline)'),
        ({"iteration": "4"}, 'the reconstruction differs (iteration level "4" now, "3" in the baseline)'),
        ({"thickness_mm": 3.0}, "the slice thickness differs (3 mm now, 5 mm in the baseline)"),
        ({"scan_mode": "SEQUENCED"}, 'the scan mode differs ("SEQUENCED" now, "SPIRAL" in the baseline)'),
        ({"phantom": "x"}, 'the phantom differs ("x" now, "catphan504 SN 123" in the baseline)'),
        ({"pixel_mm": 0.53}, "the pixel size differs (0.53 mm now, 0.5 mm in the baseline)"),
        ({"ctdivol_mgy": 8.9}, "CTDIvol differs (8.9 mGy now, 10 mGy in the baseline)"),
    ],
)
def test_what_differs_is_named_with_both_values(change: dict[str, Any], clause: str) -> None:
    found = compare(replace(FULL, **change), FULL)
    assert found.reasons == (clause,)


def test_exposure_serves_where_ctdivol_is_not_on_both_sides() -> None:
    no_ctdivol = replace(FULL, ctdivol_mgy=None)
    assert compare(no_ctdivol, FULL).outcome is None
    assert compare(replace(no_ctdivol, exposure_mas=None), FULL).reasons == (
        "CTDIvol of this scan is not known (10 mGy in the baseline)",
    )
    assert compare(replace(no_ctdivol, exposure_mas=221.0), FULL).reasons == (
        "the exposure differs (221 mAs now, 200 mAs in the baseline)",
    )
    assert compare(replace(no_ctdivol, exposure_mas=221.0), no_ctdivol).outcome is NOT
    # with CTDIvol on both sides it is not asked
    assert compare(replace(FULL, exposure_mas=400.0), FULL).outcome is None


@pytest.mark.parametrize(
    ("field", "inside", "outside"),
    [
        ("pixel_mm", (0.475, 0.525), (0.4749, 0.5251)),
        ("ctdivol_mgy", (9.0, 11.0), (8.99, 11.01)),
        ("thickness_mm", (4.998, 5.002), (4.9, 5.1)),
    ],
)
def test_the_edge_of_a_band_is_inside(field: str, inside: tuple[float, float], outside: tuple[float, float]) -> None:
    edges: list[dict[str, Any]] = [{field: x} for x in (*inside, *outside)]
    assert [compare(replace(FULL, **edge), FULL).outcome for edge in edges] == [None, None, NOT, NOT]


@pytest.mark.parametrize(
    ("field", "clause"),
    [
        ("kv", "the energy of this scan is not known (120 kV in the baseline)"),
        ("kernel", 'the kernel of this scan is not known ("Br40f" in the baseline)'),
        ("iteration", 'the iteration level of this scan is not known ("3" in the baseline)'),
        ("phantom", 'the phantom of this scan is not known ("catphan504 SN 123" in the baseline)'),
        ("pixel_mm", "the pixel size of this scan is not known (0.5 mm in the baseline)"),
    ],
)
def test_what_one_side_alone_says_cannot_be_told(field: str, clause: str) -> None:
    silent = replace(FULL, **{field: None})
    assert compare(silent, FULL).outcome is CANNOT
    assert compare(silent, FULL).reasons == (clause,)
    assert compare(silent, FULL).sentence == f"Cannot tell, because {clause}."
    turned = clause.replace("of this scan", "of the baseline").replace("in the baseline)", "in this scan)")
    assert compare(FULL, silent).reasons == (turned,)


def test_what_neither_side_says_is_flagged() -> None:
    found = compare(Conditions(), Conditions())
    assert found.outcome is None
    assert found.flags == (
        "unknown_energy",
        "unknown_kernel",
        "unknown_iteration",
        "unknown_thickness",
        "unknown_scan_mode",
        "unknown_phantom",
        "unknown_pixel",
        "unknown_dose",
    )


def test_doses_in_two_measures_cannot_be_told() -> None:
    now, then = replace(FULL, exposure_mas=None), replace(FULL, ctdivol_mgy=None)
    assert compare(now, then).outcome is CANNOT
    assert compare(now, then).reasons == ("CTDIvol of the baseline is not known (10 mGy in this scan)",)


def test_all_reasons_are_given_and_the_worst_comes_first() -> None:
    now = replace(FULL, pixel_mm=0.7, kernel="Br44f", iteration=None)
    found = compare(now, FULL)
    assert found.outcome is NOT
    assert [r.split(" (")[0] for r in found.reasons] == [
        "the reconstruction differs",
        "the pixel size differs",
        "the iteration level of this scan is not known",
    ]
    assert found.sentence.startswith('Not comparable, because the reconstruction differs (kernel "Br44f" now')


@pytest.mark.parametrize(
    ("now", "then", "outcome"),
    [
        ({"kev": 70.0}, {"kev": 70.0}, None),
        ({"kev": 70.0}, {"kev": 65.0}, NOT),
        ({"kev": 70.0, "kv": 140.0}, {"kev": 70.0, "kv": 120.0}, NOT),
        ({"kev": 70.0, "kv": None}, {"kev": 70.0, "kv": 120.0}, CANNOT),
        ({"kev": 70.0, "kv": None}, {"kev": 70.0, "kv": None}, None),
    ],
)
def test_monoenergetic_images(now: dict[str, Any], then: dict[str, Any], outcome: Outcome | None) -> None:
    found = compare(replace(FULL, **now), replace(FULL, **then))
    assert found.outcome is outcome
    assert found.flags == ()


@given(st.sets(st.sampled_from([f.name for f in fields(Conditions)])), st.booleans())
def test_silence_never_makes_a_comparable_pair_incomparable(silent: set[str], both: bool) -> None:
    now = replace(FULL, **dict.fromkeys(silent))
    outcome = compare(now, now if both else FULL).outcome
    assert outcome is None or (outcome is CANNOT and not both)


def test_conditions_are_what_the_headers_say() -> None:
    acquisition = Acquisition(
        kv=120.0,
        kernel="B30f",
        iteration="2",
        thickness_mm=5.0,
        scan_mode="SPIRAL",
        ctdivol_mgy=9.0,
        exposure_mas=150.0,
    )
    found = conditions(acquisition, (2.5, 0.4, 0.9), "SN 1")
    assert found.pixel_mm == pytest.approx(0.6)
    assert replace(found, pixel_mm=None) == Conditions(
        kv=120.0,
        kernel="B30f",
        iteration="2",
        thickness_mm=5.0,
        scan_mode="SPIRAL",
        phantom="SN 1",
        ctdivol_mgy=9.0,
        exposure_mas=150.0,
    )
