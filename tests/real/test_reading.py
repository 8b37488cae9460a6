"""Every real scan comes in as the stacks that its description says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iqa.dicom import read

FindScan = Callable[[str], Path]

# (slices, matrix, pixel mm rounded to 0.0001, flags), from the table beside the scans
STACKS: dict[str, list[tuple[int, int, float, tuple[str, ...]]]] = {
    "acr464-siemens-drive-100kv": [(37, 512, 0.4102, ())],
    "acr464-siemens-drive-80kv": [(8, 512, 0.4102, ("slices_missing",))],
    "acrmri-ge-750w-refuse": [],
    "catphan-canon-aquilionexceed-ctp515": [(1, 512, 1.074, ())],
    "catphan503-elekta-xvi-slices": [(3, 540, 0.5, ("unequal_spacing",))],
    "catphan503-ge-revolutionevo-ctp404": [(1, 512, 0.4883, ())],
    "catphan504-varian-obi-gaps": [(26, 512, 0.8789, ("slices_missing",))],
    "catphan504-varian-obi-halffan-rolled": [(64, 512, 0.8789, ())],
    "catphan504-varian-obi-head": [(54, 512, 0.4883, ())],
    "catphan504-varian-obi-mixed": [(15, 512, 0.4883, ("slices_missing",)), (15, 512, 0.8789, ("slices_missing",))],
    "catphan504-varian-truebeam-head-fbp": [(16, 512, 0.5112, ("slices_missing",))],
    "catphan504-varian-truebeam-head-iterative": [(9, 512, 0.5112, ("slices_missing",))],
    "catphan604-varian-truebeam-halffan": [(88, 512, 0.908, ())],
    "ctp404-simulated-didsr": [(1, 512, 0.6641, ())],
    "geqa-ge-discovery750": [(1, 512, 0.4883, ())] * 3,
    "igrtcube-varian-obi-refuse": [(3, 512, 0.4883, ())],
    "mercury4-siemens-naeotom": [(36, 512, 0.7693, ("overlapping_slices",))],
    "quartdvt-varian-halcyon": [(80, 512, 0.55, ())],
    "watercube-synthetic-refuse": [(7, 503, 1.0, ("slices_missing",))],
    "wire-siemens-force-mtf": [(1, 512, 0.0977, ())] * 2,
}


@pytest.mark.parametrize("name", STACKS)
def test_stacks(name: str, real_scan: FindScan) -> None:
    reading = read([real_scan(name)])
    found = [(len(s), s.stored.shape[1], round(s.pixel_mm[1], 4), s.flags) for s in reading.scans]
    assert sorted(found) == sorted(STACKS[name])
    assert not reading.refused
    assert bool(reading.set_aside) == (not found)


def test_mr_is_set_aside_by_its_modality(real_scan: FindScan) -> None:
    assert read([real_scan("acrmri-ge-750w-refuse")]).set_aside[0].reason.startswith("modality MR")


# HU read by hand beside the scans, at (column, row) of slice `index`; one slice of a series of 15 scatters by 2 HU
@pytest.mark.parametrize(
    ("name", "index", "place", "hu", "within"),
    [
        ("acr464-siemens-drive-100kv", 6, (256.28 - 146.3, 254.62), 2.4, 2.0),
        ("geqa-ge-discovery750", 0, (253.2, 255.0), 1.0, 0.5),
        ("mercury4-siemens-naeotom", 29, (258.66 - 16.0, 256.58 - 56.3), -1014.0, 4.0),
    ],
)
def test_ct_numbers(
    name: str, index: int, place: tuple[float, float], hu: float, within: float, *, real_scan: FindScan
) -> None:
    scan = read([real_scan(name)]).scans[0]
    column, row, half = round(place[0]), round(place[1]), round(5.0 / scan.pixel_mm[0])
    patch = scan.hu(index)[row - half : row + half, column - half : column + half]
    assert patch.mean() == pytest.approx(hu, abs=within)


def test_modulated_current_and_energy(real_scan: FindScan) -> None:
    about = read([real_scan("mercury4-siemens-naeotom")]).scans[0].acquisition
    assert (about.kv, about.kev, about.kernel, about.rotation_time_s) == (None, 80.0, "Br36f", 0.25)
    assert about.ma_min is not None
    assert about.ma is not None
    assert about.ma_max is not None
    assert about.ma_min < about.ma < about.ma_max
    assert about.exposure_mas is not None
    assert 94 <= about.exposure_mas <= 133


def test_makers_kernels(real_scan: FindScan) -> None:
    expected = {
        "acr464-siemens-drive-100kv": ("Br38f", "3"),
        "catphan-canon-aquilionexceed-ctp515": ("FC26", "AIDR 3D eSTD"),
        "catphan504-varian-truebeam-head-iterative": ("None", None),
        "catphan503-elekta-xvi-slices": (None, None),
    }
    found = {name: read([real_scan(name)]).scans[0].acquisition for name in expected}
    assert {n: (a.kernel, a.iteration) for n, a in found.items()} == expected
