"""pylinac's numbers under iqa's keys: signs, units, frames, and how far each known difference reaches."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_analysis import made_analysis, made_located, made_spec

from iqa.engines.agreement import NO_VALUE
from iqa.engines.asked import Asked
from iqa.engines.pylinac_details import bars, disc_bars
from iqa.engines.pylinac_levels import AS_RAMPED, THICKNESS, inserts, thickness, uniform
from iqa.engines.pylinac_pose import chords, pins, pose
from iqa.engines.pylinac_scan import PHANTOMS, TOO_FEW, compared, counterpart, no_class, pylinac_on
from iqa.metrics import FAMILIES
from iqa.model import Agreement, Analysis, Compared, Curve, Measurement
from iqa.phantom import library

Values = Mapping[str, float | None]
CHO = "detectability.cho"
"""Beginning of the keys of the family 'cho'."""


def analysis(values: Mapping[str, tuple[float, float]], *curves: Curve, n: int = 1, phantom: str = "catphan504",
             flags: tuple[str, ...] = ()) -> Analysis:  # fmt: skip
    """One with these values and u, of pixels of 0.5 mm and sections every 2.5 mm."""
    located = replace(made_located(), spec=replace(made_spec(), name=phantom))
    measured = (Measurement(k, v, u, "", n, "M1", "m@1", flags) for k, (v, u) in values.items())
    return replace(
        made_analysis(), located=located, results=(*measured, *curves), spacing_mm=(2.5, 0.5, 0.5),
        origin_patient_mm=(1.0, 2.0, 30.0),
    )  # fmt: skip


def row(found: Analysis, said: Values, key: str) -> Compared:
    """How one key comes out of all."""
    return next(r for r in compared(found, "3.49.0", said).rows if r.key == key)


def outcome(found: Analysis, said: Values, key: str) -> Agreement:
    return row(found, said, key).outcome


def test_its_roll_is_clockwise() -> None:
    found = analysis({"position.roll": (2.56, 0.01)})
    assert outcome(found, {"roll": -2.54}, "position.roll") == "agrees"
    assert outcome(found, {"roll": 2.54}, "position.roll") == "unexplained"


@pytest.mark.parametrize(("slice_z", "what"), [(31.0, "agrees"), (32.5, "agrees"), (35.0, "unexplained")])
def test_its_origin_is_a_slice(slice_z: float, what: str) -> None:
    """iqa's origin lies at 30 mm of the patient; one slice of 2.5 mm or so is no difference, two are."""
    found = analysis({"position.z": (5.0, 0.1)})
    got = row(found, {"origin_z": slice_z}, "position.z")
    assert got.other == pytest.approx(5.0 + slice_z - 30.0)
    assert got.outcome == what


def test_its_centre_is_the_bodys_axis_in_the_phantoms_frame() -> None:
    found = analysis({"geometry.axis_x": (0.3, 0.01), "geometry.axis_y": (-0.2, 0.01)})
    turned = math.radians(found.located.pose.roll_deg)
    x = 0.3 * math.cos(turned) - 0.2 * math.sin(turned)
    y = -0.3 * math.sin(turned) - 0.2 * math.cos(turned)
    said = {"ctp404.column": 32.0 + x / 0.5, "ctp404.row": 32.0 + y / 0.5}
    asked = {s.key: s.value for s in pose(Asked(found, said), "ctp404")}
    assert asked["geometry.axis_x"] == pytest.approx(0.3)
    assert asked["geometry.axis_y"] == pytest.approx(-0.2)


@pytest.mark.parametrize(("off_px", "what"), [(0.15, "agrees"), (0.5, "explained"), (0.8, "unexplained")])
def test_a_holder_pulls_its_centre_only_so_far(off_px: float, what: str) -> None:
    found = analysis({"geometry.axis_y": (0.0, 0.001)})
    found = replace(found, located=replace(found.located, pose=replace(found.located.pose, roll_deg=0.0)))
    said = {"ctp404.column": 32.0, "ctp404.row": 32.0 + off_px}
    assert outcome(found, said, "geometry.axis_y") == what


def test_the_sides_of_the_square_keep_their_names_only_in_a_phantom_that_hangs_as_usual() -> None:
    found = analysis({})
    assert [s.key for s in pins(Asked(found, {}))] == [
        f"geometry.pin_distance.{p}" for p in ("1_2", "3_4", "2_3", "1_4")
    ]
    turned = replace(found, located=replace(found.located, pose=replace(found.located.pose, mirrored=True)))
    assert list(pins(Asked(turned, {}))) == []


STATISTICAL = Curve("low_contrast.statistical", (5.0, 10.0), (3.29 * 4.0, 3.29 * 2.0), (0.1, 0.1), "mm", "HU", "m@1")


@pytest.mark.parametrize(("diameter", "hu"), [(5.0, 4.0), (10.0, 2.0), (50.0**0.5, 8.0**0.5), (20.0, 1.0), (2.0, 4.0)])
def test_the_scatter_of_a_disc_on_one_slice(diameter: float, hu: float) -> None:
    assert Asked(analysis({}, STATISTICAL), {}).disc_hu(diameter) == pytest.approx(hu)


def test_one_slice_scatters_as_its_noise_or_as_slices_do() -> None:
    asked = Asked(analysis({"a": (1.0, 0.5), "b": (1.0, 2.0)}, STATISTICAL, n=4), {})
    assert (asked.one_slice("a", 2.0), asked.one_slice("b", 2.0), asked.one_slice("c", 2.0)) == (2.0, 4.0, 2.0)
    assert Asked(analysis({}), {}).disc_hu(10.0) == 0.0


@pytest.mark.parametrize(("value", "what"), [(943.0, "agrees"), (935.0, "explained"), (900.0, "unexplained")])
def test_an_inserts_rim_reaches_so_far(value: float, what: str) -> None:
    """Teflon of 943 HU in a base of 0 HU: 1.5 % are 14 HU."""
    found = analysis({"ct_number.teflon": (943.0, 0.4)})
    assert outcome(found, {"ctp404.Teflon": value}, "ct_number.teflon") == what


@pytest.mark.parametrize(
    ("value", "what"),
    [(-998.0, "explained"), (-960.0, "unexplained"), (943.0, "agrees")],
    ids=["left for right", "", ""],
)
def test_a_phantom_hung_the_other_way_round_is_read_left_for_right(value: float, what: str) -> None:
    found = analysis(
        {"ct_number.teflon": (943.0, 0.4), "ct_number.air_top": (-998.0, 1.0), "mtf.bead.f50": (0.4, 0.01)}
    )
    turned = replace(found, located=replace(found.located, pose=replace(found.located.pose, mirrored=True)))
    said = {"ctp404.Teflon": value, "ctp528.f50": 0.4}
    assert outcome(turned, said, "ct_number.teflon") == what
    bars_read = [r for r in compared(turned, "1", said).rows if r.other == 0.4]
    assert [(r.outcome, "mirror image" in r.reason) for r in bars_read] == [("only_other", True)]


def test_its_median_scatters_more_than_a_mean() -> None:
    found = analysis({"ct_number.teflon": (943.0, 0.4)}, STATISTICAL)
    for median, u in ((True, 2.0 * math.sqrt(math.pi / 2.0)), (False, 2.0)):
        (said,) = inserts(Asked(found, {"ct.Air": 1.0}), "ct", {"Air": "teflon"}, 10.0, median=median)
        assert said.u == pytest.approx(u, rel=1e-4)


def test_an_edge_is_compared_with_its_own_centre() -> None:
    said = {"ctp486.Top": 5.0, "ctp486.Center": 9.0}
    (top,) = (s for s in uniform(Asked(analysis({}), said), "ctp486", 20.0, median=True) if s.key == "uniformity.12h")
    assert top.value == -4.0


@pytest.mark.parametrize(("value", "what"), [(11.5, "explained"), (-7.5, "explained"), (13.0, "unexplained")])
def test_its_small_central_disc_differs_by_no_more_than_the_shading(value: float, what: str) -> None:
    found = analysis({"ct_number.uniform": (2.0, 0.1), "uniformity.max_deviation": (-10.0, 1.0)})
    assert outcome(found, {"ctp486.Center": value}, "ct_number.uniform") == what


def _flat_noise() -> Curve:
    """White noise up to 1 /mm, the limit of pixels of 0.5 mm."""
    f = np.linspace(0.01, 1.0, 100)
    return Curve("nps", tuple(f.tolist()), (7.0,) * 100, (0.1,) * 100, "1/mm", "HU2mm2", "m@1")


@pytest.mark.parametrize(("share", "what"), [(1.0, "explained"), (1.14, "explained"), (1.0 / 0.7071, "unexplained")])
def test_its_frequencies_are_shares_of_its_array(share: float, what: str) -> None:
    """The mean from 0.05 to 1 /mm is 0.525 /mm, times √2 · 0.5 mm; a number in 1/mm would be unexplained."""
    found = analysis({"nps.average_frequency": (0.505, 1e-4)}, _flat_noise())
    said = {"ctp486.noise_average": 0.525 * math.sqrt(2.0) * 0.5 * share}
    assert outcome(found, said, "nps.average_frequency") == what


def test_its_peak_may_be_the_first_bin_only_where_shading_was_seen() -> None:
    key, said = "nps.peak_frequency", {"ctp486.noise_peak": 0.034}
    values = {"nps.average_frequency": (0.38, 0.01), key: (0.41, 0.01)}
    assert outcome(analysis(values), said, key) == "unexplained"
    assert outcome(analysis(values, flags=("structured",)), said, key) == "untestable"
    near = {"ctp486.noise_peak": 0.36 * math.sqrt(2.0) * 0.5}
    assert outcome(analysis(values), near, key) == "explained"


@pytest.mark.parametrize(
    ("thick", "combined", "low", "high"),
    [
        (2.5, 1.0, 2.5, 2.5),
        (2.5, 3.0, 2.43, 2.5),
        (5.0, 3.0, 2.5, 2.6),
    ],
    ids=["one section is itself", "sections that touch", "sections that overlap by half"],
)
def test_what_three_sections_over_three_are(thick: float, combined: float, low: float, high: float) -> None:
    """Triangles T apart are 3 T wide at half maximum, T/2 apart 1.5 T; Gaussians by numerical summation."""
    found = analysis({"slice_thickness": (thick, 1e-6)})
    band = thickness(Asked(found, {"c.slices_combined": combined}), "c", 1.0, THICKNESS).band
    assert band is not None
    assert band.low == pytest.approx(0.85 * low, abs=0.005)
    assert band.high == pytest.approx(high, abs=0.005)


@pytest.mark.parametrize(("value", "what"), [(1.20, "explained"), (0.9, "unexplained"), (2.5, "agrees")])
def test_overlapping_sections_explain_half_the_thickness(value: float, what: str) -> None:
    """1.20 mm is what pylinac reads of simulated sections of 2.5 mm every 1.25 mm: docs/evidence/comparison.json."""
    found = replace(analysis({"slice_thickness": (2.5, 0.01)}), spacing_mm=(1.25, 0.5, 0.5))
    said = {"ctp404.slice_thickness": value, "ctp404.slices_combined": 3.0}
    assert outcome(found, said, "slice_thickness") == what


def test_its_factor_for_the_ramps() -> None:
    assert pytest.approx(0.42 / math.tan(math.radians(23.0)), rel=1e-4) == AS_RAMPED


SOFT = {1: 0.9576, 2: 0.8409, 3: 0.6771, 4: 0.5, 5: 0.3385, 6: 0.2102}
"""Transfer of the kernel 'soft' of `iqa simulate`, at so many lp/cm."""
READ = {1: 1.0, 2: 0.9578, 3: 0.7494, 4: 0.4974, 5: 0.2886, 6: 0.1471}
"""What pylinac 3.49.0 reads on that scan, pixels of 0.5 mm."""


def soft() -> Analysis:
    bars = {f"line_pairs.modulation.{lp}": (value, 0.003) for lp, value in SOFT.items()}
    return analysis(bars | {"mtf.bead.f50": (0.4, 0.004)})


def test_its_bars_are_where_its_smoothing_puts_them() -> None:
    said: Values = {f"ctp528.rmtf.{lp}": value for lp, value in READ.items()} | {"ctp528.f50": 0.399}
    rows = compared(soft(), "3.49.0", said).rows
    found = {r.key: r.outcome for r in rows if r.other is not None}
    assert found == {f"line_pairs.modulation.{lp}": "untestable" for lp in (2, 3, 4, 5, 6)} | {
        "mtf.bead.f50": "explained"
    }


@pytest.mark.parametrize("times", [0.5, 1.6])
def test_bars_that_no_smoothing_makes_are_unexplained(times: float) -> None:
    said: dict[str, float | None] = {"ctp528.rmtf.4": times * READ[4], "ctp528.f50": 0.399 * times}
    assert outcome(soft(), said, "line_pairs.modulation.4") == "unexplained"
    assert outcome(soft(), said, "mtf.bead.f50") == "unexplained"


def test_discs_of_bars_begin_at_their_coarsest_group_and_hold_noise() -> None:
    """As read on a real ACR phantom: 12 lp/cm give noise alone, 0.125 of the group of 4."""
    found = analysis({f"line_pairs.modulation.{lp}": (v, 0.005) for lp, v in ((4, 0.324), (5, 0.181), (6, 0.076))})
    said: Values = {"m.rmtf.4": 1.0, "m.rmtf.5": 0.616, "m.rmtf.6": 0.314, "m.rmtf.12": 0.125, "m.f50": 0.538}
    bands = {s.key: s.band for s in disc_bars(Asked(found, said), "m")}
    for key, value in (("line_pairs.modulation.5", 0.616), ("line_pairs.modulation.6", 0.314)):
        band = bands[key]
        assert band is not None
        assert band.low < value < band.high
        assert band.high < 1.6 * value
    assert "line_pairs.modulation.4" not in bands


def test_without_the_coarsest_group_nothing_is_expected() -> None:
    assert all(s.band is None for s in bars(Asked(analysis({"mtf.bead.f50": (0.4, 0.01)}), {"m.f50": 0.4}), "m"))


@pytest.mark.parametrize(("contrast", "what"), [(0.0783, "explained"), (0.05, "unexplained"), (8.5, "unexplained")])
def test_its_contrast_is_michelsons(contrast: float, what: str) -> None:
    """8.5 HU above 50 HU: 8.5/108.5."""
    key = "low_contrast.10permille_15mm.contrast"
    found = analysis({key: (8.5, 0.1)}, replace(STATISTICAL, values=(1.0, 0.5)))
    said = {"ctp515.15.background": 50.0, "ctp515.15.contrast": contrast}
    assert outcome(found, said, key) == what


def test_a_ratio_to_nothing_explains_nothing() -> None:
    key = "low_contrast.10permille_15mm.contrast"
    found = analysis({key: (8.5, 3.0)})
    assert outcome(found, {"ctp515.15.background": -4.0, "ctp515.15.contrast": 17.0}, key) == "unexplained"


@pytest.mark.parametrize(("size", "what"), [(5.0, "explained"), (6.0, "explained"), (7.0, "unexplained")])
def test_the_smallest_rod_seen_follows_from_its_threshold(size: float, what: str) -> None:
    """10 HU on 50 HU in a noise of 4 HU: the score 10/110·√π·r/(0.5 mm·SD), with an SD of 0.3 to 1 times 4 HU, is 0.12
    to 0.40 for the rod of 5 mm (r = 1.5 mm) and 0.16 to 0.54 for that of 6 mm, so that one of these is the smallest.
    """
    contrasts = {f"low_contrast.10permille_{d}mm.contrast": (10.0, 0.01) for d in (15, 9, 8, 7, 6, 5)}
    key = "low_contrast.visible.10permille"
    found = analysis(contrasts | {"noise.sigma": (4.0, 0.1), key: (3.0, 0.1)})
    said: Values = {f"ctp515.{d}.background": 50.0 for d in (15, 9, 8, 7, 6, 5)} | {"ctp515.smallest_seen": size}
    assert outcome(found, said, key) == what


def test_a_row_or_column_is_narrower_than_the_body() -> None:
    key = "geometry.diameter"
    found = analysis({key: (159.7, 0.1)}, phantom="quart_dvt")
    for width, what in ((159.6, "agrees"), (159.25, "explained"), (158.5, "unexplained")):
        rows = [r for r in compared(found, "1", {"geometry.horizontal": width}).rows if r.other is not None]
        assert [r.outcome for r in rows] == [what]
    assert len(list(chords(Asked(found, {})))) == 2


def test_every_counterpart_is_a_phantom_with_those_inserts() -> None:
    specs = {spec.name: spec for spec in library()}
    for name, its in PHANTOMS.items():
        features = {f.name for m in specs[name].modules for f in m.features}
        assert set(its.inserts.values()) <= features


def test_a_phantom_that_pylinac_does_not_know_is_not_asked_for(tmp_path: Path) -> None:
    made = made_analysis()
    assert counterpart(made) is None
    answer = pylinac_on(made, tmp_path, python="no such program")
    assert answer == no_class(made)
    assert answer.failure == "pylinac is not asked: none of its phantoms that iqa compares is a Made phantom."


@pytest.mark.parametrize("family", [name for name, _ in FAMILIES])
def test_every_family_has_its_reason_why_pylinac_has_no_number(family: str) -> None:
    (alone,) = compared(analysis({f"{CHO if family == 'cho' else family}.x": (1.0, 0.1)}), "3.49.0", {}).rows
    assert (alone.outcome, alone.reason != NO_VALUE) == ("only_iqa", True)


def test_where_it_finds_too_few_images_the_scans_number_is_said(tmp_path: Path) -> None:
    python = tmp_path / "python"
    raised = json.dumps({"version": "3.49.0", "error": ["ValueError", TOO_FEW]})
    python.write_text(f"#!/bin/sh\necho '{raised}'\n", encoding="utf-8")
    python.chmod(0o700)
    folder = tmp_path / "scan"
    folder.mkdir()
    for number in range(16):
        (folder / f"{number}.dcm").touch()
    answer = pylinac_on(analysis({}), folder, python=str(python))
    assert answer.failure == f"pylinac raised ValueError: {TOO_FEW}; the scan has 16 images."


def test_every_value_is_in_one_row_and_every_only_has_its_reason() -> None:
    found = analysis({"ttf.teflon.f50": (0.5, 0.01), "noise.sigma": (5.0, 0.1), "ct_number.teflon": (943.0, 0.4)})
    answer = compared(found, "3.49.0", {"ctp404.Teflon": 943.0, "ctp404.Air": -990.0})
    keys = [r.key for r in answer.rows]
    assert sorted(keys) == sorted({*keys})
    assert {m.key for m in found.measurements} <= set(keys)
    assert all(r.reason for r in answer.rows if r.outcome.startswith("only"))
