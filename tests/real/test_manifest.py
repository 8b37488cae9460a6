"""Every shared real scan gets what its description beside the scans says that a program must do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from outcome import Analysed, Json, keys, measured, modules

CATPHAN = {"catphan503", "catphan504", "catphan600"}

# scan: (--phantom, phantom found)
MEASURED = {
    "catphan504-varian-obi-head": (None, "catphan504"),
    "catphan504-varian-obi-halffan-rolled": (None, "catphan504"),
    "catphan504-varian-obi-gaps": (None, "catphan504"),
    "catphan504-varian-truebeam-head-fbp": (None, "catphan504"),
    "catphan504-varian-truebeam-head-iterative": (None, "catphan504"),
    "catphan604-varian-truebeam-halffan": (None, "catphan604"),
    "catphan503-ge-revolutionevo-ctp404": ("catphan503", "catphan503"),
    "acr464-siemens-drive-100kv": (None, "acr464"),
    "acr464-siemens-drive-80kv": (None, "acr464"),
    "quartdvt-varian-halcyon": (None, "quart_dvt"),
    "mercury4-siemens-naeotom": (None, "mercury4"),
}
# scan: definitions of which some must be among the candidates
CANDIDATES = {
    "catphan503-elekta-xvi-slices": {"catphan503"},
    "catphan503-ge-revolutionevo-ctp404": CATPHAN,
    "catphan-canon-aquilionexceed-ctp515": {"catphan504", "catphan600"},
}
# (scan, --phantom): wording of the refusal
REFUSED = {
    ("ctp404-simulated-didsr", None): r"structure no definition explains",
    ("ctp404-simulated-didsr", "catphan504"): r"Catphan 504",
    ("watercube-synthetic-refuse", None): r"round body",
    ("watercube-synthetic-refuse", "uniform_cylinder"): r"round body",
    ("igrtcube-varian-obi-refuse", None): r"round body",
    ("igrtcube-varian-obi-refuse", "catphan504"): r"round body",
    ("acrmri-ge-750w-refuse", None): r"[Mm]odality MR\b",
    ("acrmri-ge-750w-refuse", "uniform_cylinder"): r"[Mm]odality MR\b",
    ("wire-siemens-force-mtf", None): r"round body",
}
SLICES: dict[str, dict[str, tuple[int, int]]] = {
    # files of the description, counted from 0; borders are read off the images, to a slice
    "catphan504-varian-obi-head": {"CTP486": (0, 12), "CTP515": (15, 28), "CTP404": (30, 39)},
    "catphan504-varian-truebeam-head-fbp": {"CTP486": (0, 2), "CTP515": (3, 5), "CTP404": (6, 12), "CTP528": (13, 15)},
    "catphan504-varian-truebeam-head-iterative": {
        "CTP486": (0, 2),
        "CTP515": (3, 3),
        "CTP404": (4, 6),
        "CTP528": (7, 8),
    },
    # inserts begin to show in file 19 and reach their full contrast in file 21
    "mercury4-siemens-naeotom": {"uniform_260": (0, 16), "inserts_260": (20, 35)},
}
ACR_80KV = {"module1": [0, 2], "module2": [3, 3], "module3": [4, 5], "module4": [6, 7]}
SENTENCE = r"[A-Z].*\.$"


def _cases() -> list[tuple[str, str | None]]:
    return [(name, phantom) for name, (phantom, _) in MEASURED.items()]


@pytest.mark.parametrize(("name", "phantom"), _cases(), ids=MEASURED)
def test_measured(name: str, phantom: str | None, analysed: Analysed) -> None:
    outcome = analysed(name, phantom)
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.only["phantom"]["name"] == MEASURED[name][1]
    assert outcome.reasons == []
    assert keys(outcome.only, "ct_number.")
    assert keys(outcome.only, "geometry.diameter")


@pytest.mark.parametrize("name", CANDIDATES)
def test_candidates(name: str, analysed: Analysed) -> None:
    outcome = analysed(name)
    assert (outcome.status, outcome.analyses) == (2, [])
    assert outcome.stderr.count("\n") == 1
    (names,) = outcome.candidates
    assert CANDIDATES[name] <= set(names)
    assert "--phantom" in outcome.stderr


@pytest.mark.parametrize(("name", "phantom"), REFUSED)
def test_refused(name: str, phantom: str | None, analysed: Analysed) -> None:
    outcome = analysed(name, phantom)
    assert (outcome.status, outcome.analyses) == (2, [])
    assert outcome.stderr.count("\n") == 1
    assert outcome.reasons
    for reason, names in zip(outcome.reasons, outcome.candidates, strict=True):
        assert re.search(REFUSED[name, phantom], reason)
        assert re.fullmatch(SENTENCE, reason)
        assert names == []


@pytest.mark.parametrize("name", SLICES)
def test_modules_lie_on_their_files(name: str, analysed: Analysed) -> None:
    found = modules(analysed(name).only)
    for module, (first, last) in SLICES[name].items():
        start, end = found[module]["slices"]
        assert first - 1 <= start <= end <= last + 1, module


def test_a_scan_with_gaps_says_so_and_gives_no_line_pairs(analysed: Analysed) -> None:
    analysis = analysed("catphan504-varian-obi-gaps").only
    assert analysis["scan"]["flags"] == ["slices_missing"]
    assert keys(analysis, "line_pairs") == set()
    found = modules(analysis)
    assert found["CTP404"]["slices"] == [11, 15]
    assert found["CTP486"]["slices"][0] == 0
    assert found["CTP486"]["slices"][1] >= 1


def test_across_gaps_nothing_is_taken_from_the_spacing(analysed: Analysed) -> None:
    """Thickness and profile come from the ramps of single slices, not from beads along z; no scale of z is given."""
    analysis = analysed("catphan504-varian-obi-gaps").only
    assert keys(analysis, "geometry.scale_z") == set()
    thickness = [m for m in analysis["measurements"] if m["key"].startswith(("slice_thickness", "ssp."))]
    assert {m["key"] for m in thickness} > {"slice_thickness", "ssp.fwhm", "ssp.fwtm"}
    assert all(m["where"].startswith("CTP404") and "ramp" in m["method"] for m in thickness)


def test_two_scans_in_one_series_are_split(analysed: Analysed) -> None:
    outcome = analysed("catphan504-varian-obi-mixed")
    assert outcome.status == 0
    found = [
        (a["scan"]["slices"], round(a["scan"]["spacing_mm"][2], 4), a["acquisition"]["exposure_mas"])
        for a in outcome.analyses
    ]
    assert sorted(found) == [(15, 0.4883, 726.0), (15, 0.8789, 679.0)]
    assert {a["phantom"]["name"] for a in outcome.analyses} == {"catphan504"}


def test_the_604_shows_ten_inserts(analysed: Analysed) -> None:
    analysis = analysed("catphan604-varian-truebeam-halffan").only
    assert len(keys(analysis, "ct_number.") - {"ct_number.uniform"}) == 10
    start, end = modules(analysis)["CTP732"]["slices"]
    assert start > 3
    assert end < 84


def test_an_uncalibrated_scanner_is_called_so(analysed: Analysed) -> None:
    analysis = analysed("catphan503-elekta-xvi-slices", "catphan503").only
    found = measured(analysis)
    assert all("uncalibrated" in found[k]["flags"] for k in found if k.startswith("ct_number."))
    assert analysis["acquisition"]["kernel"] is None
    assert analysis["acquisition"]["exposure_mas"] is None


def test_a_scanner_s_mask_is_not_taken_for_the_body(analysed: Analysed) -> None:
    analysis = analysed("catphan503-elekta-xvi-slices", "catphan503").only
    assert "geometry.diameter" not in measured(analysis)
    reasons = {n["key"]: n["reason"] for n in analysis["not_measured"]}
    assert "it is a mask" in reasons["geometry.diameter"]


def test_one_low_contrast_slice_gives_no_insert(analysed: Analysed) -> None:
    analysis = analysed("catphan-canon-aquilionexceed-ctp515", "catphan600").only
    assert keys(analysis, "ct_number.") == set()
    assert keys(analysis, "slice_thickness") == set()


def test_the_couch_of_the_acr_scan_is_no_part_of_it(analysed: Analysed) -> None:
    found = modules(analysed("acr464-siemens-drive-100kv").only)
    assert list(found) == ["module1", "module2", "module3", "module4"]
    assert found["module1"]["slices"][0] >= 3
    assert found["module4"]["slices"][1] <= 33


def test_the_acr_at_80_kv_is_reported_with_its_kv(analysed: Analysed) -> None:
    analysis = analysed("acr464-siemens-drive-80kv").only
    assert analysis["acquisition"]["kv"] == 80.0
    found = measured(analysis)
    assert all("other_kv" in found[f"ct_number.{name}"]["flags"] for name in ("bone", "polyethylene", "acrylic", "air"))


def test_the_acrs_groups_of_slices_are_told_apart(analysed: Analysed) -> None:
    analysis = analysed("acr464-siemens-drive-80kv").only
    assert {name: m["slices"] for name, m in modules(analysis).items()} == ACR_80KV


def test_a_place_along_the_axis_that_nothing_fixes_is_given_nowhere(analysed: Analysed) -> None:
    """The beads at z = 81 mm put the origin at z = 1 mm, give or take a slice; any other number would be wrong."""
    z = analysed("acr464-siemens-drive-80kv").only["pose"]["z_mm"]
    assert z is None or z == pytest.approx(1.0, abs=3.0)


def test_monoenergetic_images_have_an_energy_and_no_voltage(analysed: Analysed) -> None:
    about = analysed("mercury4-siemens-naeotom").only["acquisition"]
    assert (about["kv"], about["kev"]) == (None, 80.0)
    assert about["ma_min"] < about["ma_max"]


def test_one_section_of_the_mercury_says_nothing_of_the_others(analysed: Analysed) -> None:
    analysis = analysed("mercury4-siemens-naeotom").only
    others = re.compile(r"_(160|210|310|360)\b")
    assert [k for k in keys(analysis, "") if others.search(k)] == []
    assert any(others.search(n["key"]) for n in analysis["not_measured"])
    assert (analysis["pose"]["mirrored"], analysis["pose"]["reversed"]) == (True, True)


def test_the_uniform_slices_of_an_unnamed_phantom_are_no_certain_phantom(analysed: Analysed) -> None:
    outcome = analysed("geqa-ge-discovery750")
    assert [a["phantom"]["name"] for a in outcome.analyses] == ["ge_qa"]  # its block resembles no other's
    uniform = [names for names in outcome.candidates if "uniform_cylinder" in names]
    assert len(uniform) == 2


def test_a_cylinder_of_any_size_is_measured_when_named(analysed: Analysed) -> None:
    outcome = analysed("geqa-ge-discovery750", "uniform_cylinder")
    assert outcome.status == 0
    water = outcome.analyses
    assert {a["scan"]["series_uid"].rpartition(".")[2] for a in water} == {"821", "14"}
    assert [a["pose"]["z_mm"] for a in water] == [None, None]  # nothing fixes a cylinder along its axis
    for analysis in water:
        found = measured(analysis)
        assert found["geometry.diameter"]["value"] == pytest.approx(216.2, abs=0.4)
        assert {"ct_number.uniform", "noise.sd", "uniformity.max_deviation"} <= found.keys()


def test_a_block_of_bars_is_no_uniform_cylinder(analysed: Analysed) -> None:
    """The first slice holds the resolution block: its mean and noise are none of a uniform material."""
    outcome = analysed("geqa-ge-discovery750", "uniform_cylinder")
    refused = outcome.document["refused"]
    assert [Path(r["path"]).name for r in refused] == ["0001.dcm"]
    assert "not a uniform one" in refused[0]["reason"]


def test_a_phantom_taken_for_a_cylinder_is_measured_where_it_is_one(analysed: Analysed) -> None:
    """Tiers with inserts would make the noise seventeen times as large; the uniform part of 160 mm has 12 HU."""
    found = measured(analysed("mercury4-siemens-naeotom", "uniform_cylinder").analyses[0])
    assert found["noise.sd"]["value"] == pytest.approx(12.3, abs=0.8)
    assert found["ct_number.uniform"]["value"] == pytest.approx(-63.1, abs=1.0)


def test_a_phantom_named_wrongly_is_refused_by_its_inserts(analysed: Analysed) -> None:
    """A Catphan 604 has bone where a 504 has plain material: 104 HU would be filed for 730."""
    outcome = analysed("catphan504-varian-truebeam-head-iterative", "catphan604")
    assert outcome.status == 2
    assert "inserts of CTP732 have another contrast than Catphan 604: bone_50, bone_20" in outcome.stderr


def test_a_wire_is_found_when_named(analysed: Analysed) -> None:
    outcome = analysed("wire-siemens-force-mtf", "wire")
    assert outcome.status == 0
    kernels = {a["acquisition"]["kernel"]: _centre(a) for a in outcome.analyses}
    assert set(kernels) == {"Hr69d", "Hr38d"}
    assert kernels["Hr69d"] == pytest.approx((253.58, 233.90), abs=2.0)
    assert kernels["Hr38d"] == pytest.approx((253.61, 233.95), abs=2.0)


def _centre(analysis: Json) -> tuple[float, float]:
    x, y = analysis["modules"][0]["centre_px"]
    return x, y
