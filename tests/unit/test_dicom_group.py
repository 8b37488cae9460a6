"""What belongs together, in which order, and what is set aside."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import CT_IMAGE, ct_slice, pixels_at, save, save_stack

from iqa.dicom import load, read, survey


def flags_of(folder: Path) -> tuple[str, ...]:
    scans = read([folder]).scans
    assert len(scans) == 1
    return scans[0].flags


def test_slices_are_ordered_by_place_whatever_the_names(tmp_path: Path) -> None:
    scan = read([save_stack(tmp_path, [5.0, -2.5, 2.5, 0.0])]).scans[0]
    assert scan.z_mm.tolist() == [-2.5, 0.0, 2.5, 5.0]
    np.testing.assert_array_equal(scan.stored, [pixels_at(z) for z in (-2.5, 0.0, 2.5, 5.0)])
    assert scan.flags == ()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_scans_come_in_the_order_in_which_they_were_given(tmp_path: Path, order: tuple[int, int]) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for n, folder in enumerate(folders):
        folder.mkdir()
        save_stack(folder, [0.0, 2.5, 5.0], SeriesInstanceUID=f"1.2.3.{n}", KVP=100.0 + n)
    scans = read([folders[k] for k in order]).scans
    assert [s.acquisition.kv for s in scans] == [100.0 + k for k in order]


def test_gantry_tilt_is_a_drift(tmp_path: Path) -> None:
    c, s = np.cos(np.radians(20.0)), np.sin(np.radians(20.0))
    for n in range(4):
        image = ct_slice(2.5 * n, ImageOrientationPatient=[1, 0, 0, 0, round(c, 6), round(s, 6)])
        save(image, tmp_path / f"{n}")
    scan = read([tmp_path]).scans[0]
    np.testing.assert_allclose(np.diff(scan.z_mm), 2.5 * c, atol=1e-5)
    np.testing.assert_allclose(np.diff(scan.drift_mm[:, 1]), 2.5 * s, atol=1e-5)
    assert "shifted_slices" not in scan.flags


def test_another_reconstruction_centre_is_flagged(tmp_path: Path) -> None:
    for n, x in enumerate([-10.0, -10.0, -15.0, -15.0]):
        save(ct_slice(2.5 * n, ImagePositionPatient=[x, -20.0, 2.5 * n]), tmp_path / f"{n}")
    assert flags_of(tmp_path) == ("shifted_slices",)


@pytest.mark.parametrize(
    ("places", "flags"),
    [
        ([0, 2.5, 5, 7.5], ()),
        ([0, 2.5, 7.5], ("slices_missing",)),
        ([0, 2.5, 5, 12.5, 22.5], ("slices_missing",)),
        ([0, 5, 12], ("unequal_spacing",)),
        ([0, 2.5, 5, 8.5], ("unequal_spacing",)),
        ([0, 2, 4], ("overlapping_slices",)),
        ([0, 15, 30], ()),
        ([0], ()),
    ],
    ids=["equal", "one gap", "gaps", "no step evident", "off the grid", "overlap", "sparse", "single"],
)
def test_spacing(tmp_path: Path, places: list[float], flags: tuple[str, ...]) -> None:
    assert flags_of(save_stack(tmp_path, places)) == flags


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("SeriesInstanceUID", "1.2.3.99"),
        ("ConvolutionKernel", "B70"),
        ("SliceThickness", "5"),
        ("KVP", "80"),
        ("PixelSpacing", [0.6, 0.4]),
        ("ImageType", ["ORIGINAL", "PRIMARY", "AXIAL", "ME80KEV"]),
        ("ImageOrientationPatient", [1, 0, 0, 0, -1, 0]),
    ],
)
def test_two_reconstructions_never_mix(tmp_path: Path, keyword: str, value: Any) -> None:
    save_stack(tmp_path / "a", [0.0, 2.5, 5.0])
    save_stack(tmp_path / "b", [1.0, 3.5], **{keyword: value})
    reading = read([tmp_path])
    assert sorted(len(s) for s in reading.scans) == [2, 3]
    assert not reading.refused


def test_two_matrices_never_mix(tmp_path: Path) -> None:
    save_stack(tmp_path / "a", [0.0, 2.5])
    save_stack(tmp_path / "b", [5.0], pixels=np.zeros((4, 4), np.uint16))
    assert sorted(s.stored.shape for s in read([tmp_path]).scans) == [(1, 4, 4), (2, 6, 8)]


def test_modulated_current_stays_one_scan(tmp_path: Path) -> None:
    for n, current in enumerate(["200", "210", "200", "190", "210"]):
        image = ct_slice(2.5 * n, XRayTubeCurrent=current, Exposure=str(int(current) // 2), AcquisitionNumber=n)
        save(image, tmp_path / f"{n}")
    about = read([tmp_path]).scans[0].acquisition
    assert (about.ma, about.ma_min, about.ma_max, about.exposure_mas) == (202.0, 190.0, 210.0, 101.0)


def test_interleaved_scans_are_told_apart_by_exposure(tmp_path: Path) -> None:
    save_stack(tmp_path / "a", [0.0, 2.5, 5.0, 7.5], Exposure="679")
    save_stack(tmp_path / "b", [1.0, 3.5, 6.0], Exposure="726")
    scans = read([tmp_path]).scans
    assert [s.z_mm.tolist() for s in scans] == [[0.0, 2.5, 5.0, 7.5], [1.0, 3.5, 6.0]]


def test_scans_at_the_same_places_are_told_apart_by_acquisition(tmp_path: Path) -> None:
    save_stack(tmp_path / "a", [0.0, 2.5], AcquisitionNumber=1)
    save_stack(tmp_path / "b", [0.0, 2.5], AcquisitionNumber=2, pixels=pixels_at(9.0))
    scans = read([tmp_path]).scans
    assert [s.stored[0, 0, 0] for s in scans] == [1000, 1090]
    assert all(len(s) == 2 and s.flags == () for s in scans)


def test_different_pixels_at_one_place_without_a_difference_are_refused(tmp_path: Path) -> None:
    save_stack(tmp_path / "a", [0.0, 2.5])
    save_stack(tmp_path / "b", [2.5], pixels=pixels_at(9.0))
    reading = read([tmp_path])
    assert not reading.scans
    assert reading.refused[0].reason.startswith("2 different images lie at one place (z = 2.50 mm) of the series")


def test_the_same_image_twice_is_kept_once(tmp_path: Path) -> None:
    save_stack(tmp_path / "a", [0.0, 2.5])
    save_stack(tmp_path / "b", [2.5], SOPInstanceUID="1.2.3.777")
    scan = read([tmp_path]).scans[0]
    assert (len(scan), scan.flags) == (2, ("duplicate_slices",))


def test_equal_sop_uids_are_no_duplicates(tmp_path: Path) -> None:
    scan = read([save_stack(tmp_path, [0.0, 2.5, 5.0], SOPInstanceUID="1.2.3.777")]).scans[0]
    assert (len(scan), scan.flags, scan.identity.sop_uids) == (3, (), ("1.2.3.777",))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Modality": "MR"}, "modality MR: only CT images are measured"),
        ({"Modality": "RTSTRUCT"}, "modality RTSTRUCT: a structure set of radiotherapy planning, no CT image"),
        ({"Modality": "SR"}, "modality SR: a structured report"),
        ({"Modality": "PR"}, "modality PR: a presentation state"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "a secondary capture"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.4"}, "a secondary capture"),
        ({"SOPClassUID": "1.2.3.4"}, "SOP class 1.2.3.4, no CT image"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, r"a localizer \(scout\) image"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 TOP"]}, r"a localizer \(scout\) image"),
        ({"ScanOptions": "SCOUT MODE"}, r"a localizer \(scout\) image"),
        ({"AcquisitionType": "CONSTANT_ANGLE"}, r"a localizer \(scout\) image"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}, "a lone image along the table's axis"),
        ({"RescaleType": "Z_EFF"}, "its pixels are not CT numbers: Rescale Type is Z_EFF, expected HU"),
    ],
)
def test_other_objects_are_set_aside_by_name(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    save_stack(tmp_path / "scan", [0.0, 2.5])
    save(ct_slice(99.0, **{"SeriesInstanceUID": "1.2.3.50", **changes}), tmp_path / "other")
    reading = read([tmp_path])
    assert [len(s) for s in reading.scans] == [2]
    assert reading.scans[0].flags == ()
    assert not reading.refused
    assert re.match(reason, reading.set_aside[0].reason)
    assert reading.set_aside[0].path.endswith("other")


def test_objects_of_one_series_are_set_aside_together(tmp_path: Path) -> None:
    reading = read([save_stack(tmp_path, [0.0, 2.5, 5.0], Modality="MR")])
    assert [r.reason for r in reading.set_aside] == ["modality MR: only CT images are measured (3 files of one series)"]
    assert not reading.scans


def test_ct_without_modality_is_known_by_its_class(tmp_path: Path) -> None:
    assert len(read([save(ct_slice(Modality=None, SOPClassUID=CT_IMAGE), tmp_path / "a")]).scans) == 1


def test_unspecified_units_are_flagged(tmp_path: Path) -> None:
    assert flags_of(save_stack(tmp_path, [0.0, 2.5], RescaleType="US")) == ("uncalibrated",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PixelSpacing": None}, "Pixel Spacing is missing or unreadable: expected 2 numbers, found 0"),
        ({"ImagePositionPatient": None}, r"Image Position \(Patient\) is missing or unreadable: expected 3 numbers"),
        ({"ImageOrientationPatient": None}, r"Image Orientation \(Patient\) is missing or unreadable"),
        ({"ImageOrientationPatient": [1, 0, 0, 0.1, 1, 0]}, "no pair of perpendicular unit vectors: it is off by 0.1"),
        ({"PixelSpacing": [0, 0.4]}, "must be more than 0"),
        ({"RescaleSlope": None}, "Rescale Slope is missing or unreadable"),
        ({"RescaleSlope": "0"}, "Rescale Slope 0 must be more than 0"),
        ({"RescaleSlope": "-1"}, "Rescale Slope -1 must be more than 0"),
        ({"RescaleIntercept": None}, "Rescale Intercept is missing or unreadable"),
        ({"LossyImageCompression": "01"}, "compressed with loss"),
        ({"SOPClassUID": None, "Modality": None}, "neither Modality nor SOP Class says what this is"),
    ],
)
def test_images_without_place_or_scale_are_refused(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    save_stack(tmp_path, [0.0, 2.5, 5.0])
    bad = save(ct_slice(2.5, **changes), tmp_path / "0001.dcm")
    reading = read([tmp_path])
    assert [r.path for r in reading.refused] == [str(bad)]
    assert re.search(reason, reading.refused[0].reason)
    assert (len(reading.scans[0]), reading.scans[0].flags) == (2, ("slices_missing",))


def test_a_lost_file_of_another_series_is_no_loss(tmp_path: Path) -> None:
    save_stack(tmp_path, [0.0, 2.5, 5.0])
    save(ct_slice(2.5, SeriesInstanceUID="1.2.3.55", PixelSpacing=None), tmp_path / "x")
    assert read([tmp_path]).scans[0].flags == ()


def test_survey_and_load_give_one_scan_at_a_time(tmp_path: Path) -> None:
    save_stack(tmp_path / "a", [0.0, 2.5])
    save_stack(tmp_path / "b", [0.0], SeriesInstanceUID="1.2.3.55")
    loaded = [load(stack)[0] for stack in survey([tmp_path]).stacks]
    assert [len(s) for s in loaded if s] == [2, 1]
