"""How a scan was made, in the makers' several ways; and that no one's name leaves the reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dicom_files import ct_slice, save
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from iqa.dicom import read
from iqa.model import Acquisition, Scan


def scan_of(folder: Path, *images: Dataset) -> Scan:
    for number, image in enumerate(images):
        save(image, folder / f"{number}")
    return read([folder]).scans[0]


def about(folder: Path, **changes: Any) -> Acquisition:
    return scan_of(folder, ct_slice(**changes)).acquisition


def test_plain_values(tmp_path: Path) -> None:
    told = about(
        tmp_path,
        ManufacturerModelName="Model 1",
        SoftwareVersions=["1.0", "b"],
        InstitutionName="Hospital",
        RevolutionTime=0.5,
        SpiralPitchFactor=0.8,
        TotalCollimationWidth=40.0,
        SingleCollimationWidth=0.625,
        ReconstructionDiameter="250",
        DataCollectionDiameter="500",
        CTDIvol=12.5,
        GantryDetectorTilt="0",
        PatientPosition="HFS",
        QualityControlImage="YES",
        ClinicalTrialSiteID="S1",
    )
    assert (told.kv, told.ma, told.exposure_mas, told.kernel, told.thickness_mm) == (120.0, 200.0, 100.0, "B30", 2.5)
    assert (told.model, told.software, told.institution, told.site) == ("Model 1", "1.0\\b", "Hospital", "S1")
    assert (told.rotation_time_s, told.pitch, told.total_collimation_mm) == (0.5, 0.8, 40.0)
    assert (told.single_collimation_mm, told.fov_mm, told.scan_fov_mm, told.ctdivol_mgy) == (0.625, 250, 500, 12.5)
    assert (told.gantry_tilt_deg, told.patient_position, told.quality_control_image) == (0.0, "HFS", True)
    assert told.image_type == ("ORIGINAL", "PRIMARY", "AXIAL")


@pytest.mark.parametrize(
    ("changes", "mas"),
    [
        ({"Exposure": "12"}, 12.0),
        ({"Exposure": "12", "ExposureInuAs": "12345"}, 12.345),
        ({"Exposure": "12", "ExposureInuAs": "12345", "ExposureInmAs": 12.3456}, 12.3456),
        ({"Exposure": "0"}, None),
        ({"Exposure": None}, None),
    ],
)
def test_exposure_takes_the_finest_form(tmp_path: Path, changes: dict[str, Any], mas: float | None) -> None:
    assert about(tmp_path, **changes).exposure_mas == (None if mas is None else pytest.approx(mas))


@pytest.mark.parametrize("keyword", ["CTDIvol", "SpiralPitchFactor", "KVP", "RevolutionTime"])
def test_zero_is_absent(tmp_path: Path, keyword: str) -> None:
    told = about(tmp_path, **{keyword: "0" if keyword == "KVP" else 0.0})
    names = {"CTDIvol": "ctdivol_mgy", "SpiralPitchFactor": "pitch", "KVP": "kv", "RevolutionTime": "rotation_time_s"}
    assert getattr(told, names[keyword]) is None


def test_exposure_time_is_no_rotation_time(tmp_path: Path) -> None:
    told = about(tmp_path, ExposureTime="1000")
    assert (told.exposure_time_ms, told.rotation_time_s) == (1000.0, None)


@pytest.mark.parametrize(
    ("maker", "kernel", "expected"),
    [
        ("SIEMENS", ["Br38f", "3"], ("Br38f", "3")),
        ("Siemens Healthineers", "Br36f", ("Br36f", None)),
        ("ACME", ["A", "3"], ("A\\3", None)),
        ("ACME", "None", ("None", None)),
        ("ACME", None, (None, None)),
    ],
)
def test_kernel_and_iteration(tmp_path: Path, maker: str, kernel: Any, expected: tuple[str | None, str | None]) -> None:
    told = about(tmp_path, Manufacturer=maker, ConvolutionKernel=kernel)
    assert (told.kernel, told.iteration) == expected


@pytest.mark.parametrize(
    ("creator", "place", "value", "iteration"),
    [
        ("TOSHIBA_MEC_CT3", (0x7005, 0x0B), "AIDR 3D eSTD", "AIDR 3D eSTD"),
        ("TOSHIBA_MEC_CT3", (0x7005, 0x0B), "Yamada Taro", None),
        ("GEHC_CT_ADVAPP_001", (0x0053, 0x43), "40", "40"),
        ("GEHC_CT_ADVAPP_001", (0x0053, 0x43), "some text", None),
        ("SOMEBODY ELSE", (0x0053, 0x43), "40", None),
    ],
)
def test_private_iteration_is_a_known_term_or_a_number(
    tmp_path: Path, creator: str, place: tuple[int, int], value: str, iteration: str | None
) -> None:
    image = ct_slice()
    image.private_block(place[0], creator, create=True).add_new(place[1], "LO", value)
    assert scan_of(tmp_path, image).acquisition.iteration == iteration


def test_private_dose_length_product(tmp_path: Path) -> None:
    image = ct_slice()
    image.private_block(0x7005, "ANOTHER", create=True).add_new(0x40, "LO", "text")
    image.private_block(0x7005, "TOSHIBA_MEC_CT3", create=True).add_new(0x40, "FD", 646.3)
    assert scan_of(tmp_path, image).acquisition.dlp_mgycm == 646.3


def test_monoenergetic_image(tmp_path: Path) -> None:
    told = about(tmp_path, KVP=None, ImageType=["ORIGINAL", "PRIMARY", "AXIAL", "VMI", "ME80KEV"])
    assert (told.kv, told.kev) == (None, 80.0)


@pytest.mark.parametrize(
    ("changes", "mode"),
    [
        ({"AcquisitionType": "SPIRAL"}, "SPIRAL"),
        ({"ScanOptions": "HELICAL MODE"}, "SPIRAL"),
        ({"ScanOptions": "AXIAL MODE"}, "SEQUENCED"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI"]}, "SPIRAL"),
        ({"ScanOptions": "SHARP"}, None),
    ],
)
def test_scan_mode(tmp_path: Path, changes: dict[str, Any], mode: str | None) -> None:
    assert about(tmp_path, **changes).scan_mode == mode


@pytest.mark.parametrize(
    ("changes", "acquired"),
    [
        ({"AcquisitionDate": "20260102", "AcquisitionTime": "030405.678"}, "2026-01-02T03:04:05"),
        ({"AcquisitionDateTime": "20260102030405.6+0900", "StudyDate": "20200101"}, "2026-01-02T03:04:05"),
        ({"AcquisitionDate": "", "ContentDate": "20260103", "ContentTime": "0102"}, "2026-01-03"),
        ({"SeriesDate": "20260104", "SeriesTime": "010203", "StudyDate": "20200101"}, "2026-01-04T01:02:03"),
        ({"AcquisitionDate": "2020", "StudyDate": "20200101"}, "2020-01-01"),
        ({"AcquisitionDate": "00010101", "AcquisitionTime": "000000.00"}, None),
        ({"AcquisitionDate": "19000101", "StudyDate": "20200101"}, "2020-01-01"),
        ({}, None),
    ],
)
def test_acquired(tmp_path: Path, changes: dict[str, Any], acquired: str | None) -> None:
    image = ct_slice()
    for keyword, value in changes.items():
        # a text VR lets through what a header must not hold
        image.add(DataElement(keyword, "LO", value))
    assert scan_of(tmp_path, image).identity.acquired == acquired


def test_scan_is_dated_by_its_earliest_slice(tmp_path: Path) -> None:
    late = ct_slice(0.0, AcquisitionDate="20260102", AcquisitionTime="030407")
    early = ct_slice(2.5, AcquisitionDate="20260102", AcquisitionTime="030405")
    assert scan_of(tmp_path, late, early).identity.acquired == "2026-01-02T03:04:05"


def test_travelling_centre_is_a_mean_and_says_so(tmp_path: Path) -> None:
    images = [ct_slice(z, DataCollectionCenterPatient=[1.0, -139.0, z]) for z in (0.0, 2.5)]
    told = scan_of(tmp_path, *images).acquisition
    assert (told.scan_centre_mm, told.scan_centre_moves) == ((1.0, -139.0, 1.25), True)


def test_fixed_centre(tmp_path: Path) -> None:
    images = [ct_slice(z, DataCollectionCenterPatient=[1.0, -139.0, 7.0]) for z in (0.0, 2.5)]
    told = scan_of(tmp_path, *images).acquisition
    assert (told.scan_centre_mm, told.scan_centre_moves) == ((1.0, -139.0, 7.0), False)


@pytest.mark.parametrize(("agent", "told"), [("IOHEXOL", True), ("NONE", False), ("", None), (None, None)])
def test_contrast_is_present_or_not(tmp_path: Path, agent: str | None, told: bool | None) -> None:
    assert about(tmp_path, ContrastBolusAgent=agent).contrast_agent is told


def test_values_that_differ_between_slices_are_absent(tmp_path: Path) -> None:
    told = scan_of(tmp_path, ct_slice(0.0, SpiralPitchFactor=0.8), ct_slice(2.5, SpiralPitchFactor=0.9)).acquisition
    assert told.pitch is None


def test_japanese_institution(tmp_path: Path) -> None:
    image = ct_slice(SpecificCharacterSet=["", "ISO 2022 IR 87"], InstitutionName="山田病院")
    assert scan_of(tmp_path, image).acquisition.institution == "山田病院"


@pytest.mark.parametrize("text", ["abc", "1,5", "nan", "inf", "", "1\\2x"])
def test_unreadable_numbers_are_absent(tmp_path: Path, text: str) -> None:
    image = ct_slice(KVP=None, ScanOptions="")
    image.add_new(0x00180060, "SH", text)
    assert scan_of(tmp_path, image).acquisition.kv is None


SECRETS = {
    "PatientName": "Secret^Person",
    "PatientID": "SECRET-1",
    "PatientBirthDate": "19011231",
    "OtherPatientIDs": "SECRET-2",
    "AccessionNumber": "SECRET-3",
    "StudyID": "SECRET-4",
    "ProtocolName": "Secret protocol",
    "SeriesDescription": "Secret series",
    "StudyDescription": "Secret study",
    "ImageComments": "Secret comment",
    "OperatorsName": "Secret^Operator",
    "InstitutionAddress": "Secret street",
}


@pytest.mark.parametrize("spoil", [{}, {"PixelSpacing": None}, {"Modality": "MR"}], ids=["scan", "refused", "aside"])
def test_nothing_else_leaves_the_reader(tmp_path: Path, spoil: dict[str, Any]) -> None:
    reading = read([save(ct_slice(**{**SECRETS, **spoil}), tmp_path / "a")])
    told = repr([(s.acquisition, s.identity, s.flags, s.source) for s in reading.scans])
    told += repr((reading.refused, reading.set_aside))
    assert "secret" not in told.lower()
    assert "19011231" not in told
