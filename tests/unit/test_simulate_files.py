"""Simulated scans on disk: conformant, read alike by others, the same bytes twice; physics from a file."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from made_spec import insert, module, spec

from iqa.dicom import read
from iqa.errors import DefinitionError
from iqa.model import Pose
from iqa.simulate import Header, Physics, Simulated, load_physics, simulate, write_dicom
from iqa.simulate.files import decimal

PHYSICS = Physics(
    matrix=48,
    pixel_mm=1.7 / 1.3,
    slices=4,
    first_z_mm=-3.1,
    field_centre_mm=(3.3, -1.7),
    field_diameter_mm=60.0,
    pose=Pose(1.0, 2.0, 3.0, 4.0),
    header=Header(ctdivol_mgy=12.3),
)


@pytest.fixture(scope="module")
def made() -> Simulated:
    return simulate(spec(module(insert("bright", 10.0, 5.0, 900.0))), PHYSICS)


@pytest.fixture
def folder(made: Simulated, tmp_path: Path) -> Path:
    write_dicom(made, tmp_path / "scan")
    return tmp_path / "scan"


def test_files_are_conformant(folder: Path) -> None:
    checker = Path(sys.executable).parent / "dciodvfy"
    program = shutil.which("dciodvfy") if not checker.exists() else str(checker)
    if program is None:
        pytest.skip("dciodvfy is not installed (package dicom3tools)")
    said = subprocess.run([program, folder / "0001.dcm"], capture_output=True, text=True, check=False)
    assert "CTImage" in said.stdout + said.stderr
    assert "Error" not in said.stdout + said.stderr


def test_another_reader_sees_the_same_scan(made: Simulated, folder: Path) -> None:
    sitk = pytest.importorskip("SimpleITK")
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    image = sitk.ReadImage(names)
    np.testing.assert_allclose(sitk.GetArrayFromImage(image), made.scan.hu(slice(None)), atol=1e-6)
    assert image.GetSpacing() == pytest.approx((1.7 / 1.3, 1.7 / 1.3, 2.5))
    assert image.GetOrigin() == pytest.approx(tuple(made.scan.origins_mm[0]))


def test_the_reader_gives_the_scan_back(made: Simulated, folder: Path) -> None:
    (scan,) = read([folder]).scans
    assert scan.identity == made.scan.identity
    assert scan.acquisition == made.scan.acquisition
    np.testing.assert_array_equal(scan.stored, made.scan.stored)
    np.testing.assert_allclose(scan.origins_mm, made.scan.origins_mm)
    assert scan.padding == made.scan.padding


def test_the_same_scan_has_the_same_bytes(made: Simulated, folder: Path, tmp_path: Path) -> None:
    again = write_dicom(simulate(spec(module(insert("bright", 10.0, 5.0, 900.0))), PHYSICS), tmp_path / "again")
    assert [p.name for p in again] == ["0001.dcm", "0002.dcm", "0003.dcm", "0004.dcm", "truth.json"]
    assert len(again) == len(made.scan) + 1
    assert all(p.read_bytes() == (folder / p.name).read_bytes() for p in again)


def test_no_person_is_named(folder: Path) -> None:
    image = pydicom.dcmread(folder / "0001.dcm")
    named = {e.keyword: str(e.value) for e in image if e.VR == "PN" or e.keyword.startswith("Patient")}
    assert named == {
        "PatientName": "PHANTOM^IQA",
        "PatientID": "",
        "PatientBirthDate": "",
        "PatientSex": "",
        "PatientPosition": "HFS",
        "ReferringPhysicianName": "",
    }


def test_truth_document_is_in_patient_coordinates(folder: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert truth["schema"] == "iqa.truth/1"
    assert truth["phantom"] == {"name": "made", "variant": None}
    assert [truth["pose"][k] for k in ("x_mm", "y_mm", "z_mm", "roll_deg")] == pytest.approx([1.0, 2.0, 3.0, 4.0])
    assert [truth["values"][f"position.{k}"] for k in "xyz"] == pytest.approx([1.0, 2.0, 3.0])
    assert truth["values"]["dose.ctdivol"] == 12.3
    (bright,) = truth["features"]
    x, y, _ = PHYSICS.pose.place(10.0, 5.0, 0.0)
    assert bright["patient_mm"][:2] == pytest.approx([x, y])
    assert bright["centre_px"][0] * PHYSICS.pixel_mm == pytest.approx(x - PHYSICS.corner_mm[0])


@pytest.mark.parametrize(
    ("value", "text"), [(2.5, "2.5"), (-1.0 / 3.0, "-0.3333333333333"), (1e-5 / 3.0, "3.3333333333e-06"), (0.0, "0.0")]
)
def test_decimal_strings_fit(value: float, text: str) -> None:
    assert decimal(value) == text
    assert len(decimal(value)) <= 16


def test_physics_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "physics.toml"
    file.write_text(
        'pixel_mm = 0.7\nmtf = "sharp"\nnoise_hu = 3\n[pose]\nx_mm = 1\ny_mm = 2\nz_mm = 3\nroll_deg = 4\n'
        "[module_rolls_deg]\nCTP528 = 1.5\n[header]\nkv = 80\n",
        encoding="utf-8",
    )
    wanted = Physics(
        pixel_mm=0.7,
        mtf="sharp",
        noise_hu=3.0,
        pose=Pose(1.0, 2.0, 3.0, 4.0),
        module_rolls_deg=(("CTP528", 1.5),),
        header=Header(kv=80.0),
    )
    assert load_physics(file) == wanted
    assert replace(wanted, mtf=0.5) != wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("matrix = 2", r"physics\.toml: matrix: expected greater than or equal to 8, found 2"),
        ("pixels = 2", r"physics\.toml: pixels: expected Unexpected keyword argument, found 2"),
        ("noise_hu = -1", r"noise_hu: expected greater than or equal to 0, found -1"),
        ("[header]\nkvp = 80", r"header\.kvp"),
        ("[pose]\nx_mm=0\ny_mm=0\nz_mm=0\nroll_deg=0\ntilt=1", r"pose\.tilt: expected one of x_mm, .*, found tilt"),
        ("pose = 3", r"pose: expected a dictionary"),
        ("=", r"syntax: expected TOML"),
    ],
    ids=["range", "unknown", "negative", "header", "pose", "no-table", "no-toml"],
)
def test_wrong_physics_are_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "physics.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError, match=words):
        load_physics(file)


def test_physics_in_another_encoding_are_refused_by_the_line(tmp_path: Path) -> None:
    file = tmp_path / "physics.toml"
    file.write_bytes("# Größe\nmatrix = 128\n".encode("latin-1"))
    with pytest.raises(DefinitionError, match=r"line 1: expected UTF-8 text, found byte 0xf6"):
        load_physics(file)


def test_a_byte_order_mark_is_no_part_of_physics(tmp_path: Path) -> None:
    file = tmp_path / "physics.toml"
    file.write_text("matrix = 128\n", encoding="utf-8-sig")
    assert load_physics(file).matrix == 128
