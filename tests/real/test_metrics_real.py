"""Real scans against hand measurements made with a few lines of numpy (SANITY.md beside the scans).

Tolerances are the hand measurements' own two standard deviations plus twice u.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iqa.dicom import read
from iqa.locate import locate
from iqa.metrics import Measured, measure
from iqa.model import Located, Measurement
from iqa.phantom import library

Find = Callable[[str], Path]

INSERTS: dict[str, dict[str, float]] = {
    "catphan504-varian-obi-head": {
        "air_top": -992, "air_bottom": -993, "teflon": 986, "delrin": 339, "acrylic": 114,
        "polystyrene": -47, "ldpe": -104, "pmp": -199,
    },
    "catphan504-varian-obi-halffan-rolled": {
        "air_top": -985, "air_bottom": -986, "teflon": 968, "delrin": 334, "acrylic": 119,
        "polystyrene": -35, "ldpe": -95, "pmp": -186,
    },
    "acr464-siemens-drive-100kv": {"polyethylene": -97.8, "bone": 959.7, "acrylic": 119.2, "air": -986.3},
}  # fmt: skip
HAND_HU = 8.0
"""Of the hand measurements: ±3 HU, Teflon ±6, in low-dose scans ±6 and ±8."""
PINS: dict[str, dict[str, float]] = {
    "catphan504-varian-obi-head": {"1_2": 49.95, "1_4": 49.98, "3_4": 49.92, "2_3": 49.96},
    "catphan504-varian-obi-halffan-rolled": {"1_2": 49.98, "1_4": 49.89, "3_4": 49.90, "2_3": 50.02},
}
HAND_MM = {"catphan504-varian-obi-head": 0.1, "catphan504-varian-obi-halffan-rolled": 0.2}
SIGMA = {"catphan504-varian-obi-head": 33.9, "acr464-siemens-drive-100kv": 5.9}


def measured(folder: Path) -> Measured:
    scan = read([folder]).scans[0]
    located = locate(scan, library())
    assert isinstance(located, Located)
    return measure(scan, located)


def value(found: Measured, key: str) -> Measurement:
    return next(r for r in found.results if isinstance(r, Measurement) and r.key == key)


@pytest.mark.parametrize("name", INSERTS)
def test_real_scan_agrees_with_hand_measurements(name: str, real_scan: Find) -> None:
    found = measured(real_scan(name))
    for insert, hu in INSERTS[name].items():
        result = value(found, f"ct_number.{insert}")
        assert result.value == pytest.approx(hu, abs=HAND_HU + 2 * (result.u or 0.0)), insert
    for sides, mm in PINS.get(name, {}).items():
        result = value(found, f"geometry.pin_distance.{sides}")
        assert result.u is not None
        assert result.u < 0.03
        assert result.value == pytest.approx(mm, abs=HAND_MM[name] + 2 * result.u), sides
    if name in SIGMA:
        assert value(found, "noise.sigma").value == pytest.approx(SIGMA[name], rel=0.07)
    assert "other_kv" in value(found, "ct_number.uniform").flags


def test_rod_in_the_axis_of_the_mercury_is_left_out_of_noise_and_mean(real_scan: Find) -> None:
    found = measured(real_scan("mercury4-siemens-naeotom"))
    # By hand from differences of slices 9 to 52 mm off the axis: 11.4 to 12.0 HU, mean −63; with the rod 12.6 and more.
    assert value(found, "noise.sd").value == pytest.approx(11.8, abs=0.3)
    assert value(found, "ct_number.uniform").value == pytest.approx(-63.0, abs=0.5)
    assert abs(value(found, "uniformity.max_deviation").value) < 7.0


def test_slices_that_reach_over_the_ends_of_a_module_are_left_out(real_scan: Find) -> None:
    acr = measured(real_scan("acr464-siemens-drive-100kv"))
    # Bone by hand on the plateau: 955 to 965 HU; the uniform module without its end slices: 1.9 to 2.6 HU.
    assert value(acr, "ct_number.bone").value == pytest.approx(960.0, abs=5.0)
    assert value(acr, "ct_number.uniform").value == pytest.approx(2.2, abs=0.4)
    assert value(measured(real_scan("catphan604-varian-truebeam-halffan")), "ct_number.uniform").value < 8.0
