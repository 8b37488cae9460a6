"""Bad input through the command line: one clear line, status 2; and odd input that works all the same."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from dicom_files import ct_slice, encoded, save, save_stack
from pydicom.uid import ImplicitVRLittleEndian

from iqa.cli.main import main
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.simulate import Physics, simulate, write_dicom

PHYSICS = Physics(
    matrix=96, pixel_mm=2.5, slices=5, first_z_mm=-10.0, step_mm=5.0, thickness_mm=5.0, body_diameter_mm=200.0
)
NAMED = ("--phantom", "uniform_cylinder")
COARSE = ("--matrix", "16", "--pixel-mm", "20", "--step-mm", "40")
MANY_FILES = 10_000
SECRET = "Zebedee"


@dataclass(frozen=True)
class Said:
    """What one command returned and printed."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


def iqa(*arguments: str | Path) -> Said:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main([str(a) for a in arguments])
    return Said(status, out.getvalue(), err.getvalue())


def refused(said: Said, *words: str) -> None:
    """The command could not be done, and one line says why in these words."""
    assert said.status == 2, said
    assert said.err.startswith("iqa: ")
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    for word in words:
        assert re.search(word, said.err), (word, said.err)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small scan of a water cylinder."""
    folder = tmp_path_factory.mktemp("made") / "scan"
    write_dicom(simulate(find("uniform_cylinder", library()), PHYSICS), folder)
    return folder


@pytest.fixture
def scan(made: Path, tmp_path: Path) -> Path:
    """A copy of it to be spoilt."""
    return Path(shutil.copytree(made, tmp_path / "scan"))


# ------------------------------------------------------------------------------------- one bad thing alone


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _no_dicom(folder: Path) -> Path:
    folder.mkdir()
    (folder / "notes.txt").write_text("nothing to see", encoding="utf-8")
    return folder


def _text_named_dcm(folder: Path) -> Path:
    folder.mkdir()
    (folder / "1.dcm").write_text("this is a letter, not an image", encoding="utf-8")
    return folder


def _truncated(folder: Path) -> Path:
    folder.mkdir()
    whole = encoded(ct_slice())
    (folder / "1.dcm").write_bytes(whole[: len(whole) - 40])
    return folder


def _cut_in_the_header(folder: Path) -> Path:
    folder.mkdir()
    (folder / "1.dcm").write_bytes(encoded(ct_slice())[:300])
    return folder


def _short_pixels(folder: Path) -> Path:
    save(ct_slice(PixelData=b"\0" * 20), folder / "1.dcm")
    return folder


def _no_pixels(folder: Path) -> Path:
    save(ct_slice(PixelData=None), folder / "1.dcm")
    return folder


def _no_spacing(folder: Path) -> Path:
    return save_stack(folder, [0.0, 2.5, 5.0], PixelSpacing=None)


def _nothing_in_it(folder: Path) -> Path:
    """A slice without a phantom."""
    return save_stack(folder, [0.0, 2.5, 5.0])


def _another_modality(folder: Path) -> Path:
    return save_stack(folder, [0.0, 2.5], Modality="MR", SOPClassUID="1.2.840.10008.5.1.4.1.1.4")


def _broken_zip(folder: Path) -> Path:
    folder.mkdir()
    (folder / "scan.zip").write_bytes(b"PK\x03\x04 and then nothing")
    return folder


BAD: list[tuple[Callable[[Path], Path], str]] = [
    (_empty, r"no DICOM file among 0 files"),
    (_no_dicom, r"no DICOM file among 1 files; give the folder"),
    (_text_named_dcm, r"1\.dcm: The file is not DICOM"),
    (_truncated, r"1\.dcm: The pixel data hold \d+ bytes, expected 96: the file is truncated"),
    (_cut_in_the_header, r"1\.dcm: "),
    (_short_pixels, r"1\.dcm: The pixel data hold 20 bytes, expected 96"),
    (_no_pixels, r"1\.dcm: It holds no pixel data"),
    (_no_spacing, r"Pixel ?[Ss]pacing"),
    (_nothing_in_it, r"[Rr]ound body"),
    (_another_modality, r"Modality MR: only CT"),
    (_broken_zip, r"scan\.zip: The zip archive is broken"),
]


@pytest.mark.parametrize(("spoil", "words"), BAD, ids=[spoil.__name__.strip("_") for spoil, _ in BAD])
def test_bad_input(spoil: Callable[[Path], Path], words: str, tmp_path: Path) -> None:
    said = iqa("analyze", spoil(tmp_path / "bad"))
    refused(said, words, "bad")
    assert "SECRET" not in said.err + said.out
    assert "Secret" not in said.err + said.out


def test_a_file_that_may_not_be_read(scan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mode 000 keeps nobody out who is root, so the system's answer is given in its place."""
    opened = Path.open

    def forbidden(self: Path, *args: Any, **options: Any) -> Any:
        if self.name == "0003.dcm":
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *args, **options)

    monkeypatch.setattr(Path, "open", forbidden)
    refused(iqa("analyze", scan / "0003.dcm"), r"0003\.dcm: The file cannot be read")


def test_a_folder_that_may_not_be_read(scan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: object) -> Iterator[object]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", forbidden)
    refused(iqa("analyze", scan), "the folder cannot be read|The folder cannot be read", "allow access")


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iqa.dicom.files.MAX_EXTRACTED_BYTES", 1_000_000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.dcm", bytes(2_000_000))
    assert (tmp_path / "bomb.zip").stat().st_size < 10_000
    refused(iqa("analyze", tmp_path / "bomb.zip"), r"bomb\.zip: Unpacked it comes to 2000000 bytes, at most 1000000")


# ---------------------------------------------------------------------------------------- wrong commands


def _file_with(text: str, name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_text(text, encoding="utf-8")
        return folder / name

    return write


def test_an_unknown_path(tmp_path: Path) -> None:
    refused(iqa("analyze", tmp_path / "nowhere"), r"nowhere: there is no such file or folder; check the spelling")


def test_an_unknown_phantom(scan: Path) -> None:
    refused(iqa("analyze", scan, "--phantom", "catphan505"), r"catphan505", r"did you mean")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--phantom",), r"--phantom.*requires an argument"),
        (("--lang", "fr"), r"--lang"),
        (("--json=yes",), r"--json"),
    ],
    ids=["without its value", "unknown", "a value too many"],
)
def test_wrong_options(arguments: tuple[str, ...], words: str, scan: Path) -> None:
    refused(iqa("analyze", scan, *arguments), words, r"See `iqa( analyze)? --help`\.$")


@pytest.mark.parametrize(
    ("text", "words"),
    [("name = [", r"mine\.toml"), ('schema = "iqa.phantom/1"\nname = 5\n', r"mine\.toml: .*expected .*found")],
    ids=["no TOML", "no definition"],
)
def test_a_bad_definition_in_the_users_folder(text: str, words: str, scan: Path, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.toml").write_text(text, encoding="utf-8")
    refused(iqa("analyze", scan, "--phantom-dir", tmp_path / "own"), words)


def test_a_folder_of_definitions_that_is_none(scan: Path, tmp_path: Path) -> None:
    refused(iqa("analyze", scan, "--phantom-dir", tmp_path / "own"), r"own")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("noise_hu = ", r"physics\.toml"),
        ("noise_hu = -3", r"physics\.toml: noise_hu: expected .*greater than or equal to 0, found -3"),
        ("loudness = 3", r"physics\.toml: loudness"),
    ],
    ids=["no TOML", "out of range", "unknown"],
)
def test_bad_physics(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "physics.toml").write_text(text, encoding="utf-8")
    said = iqa("simulate", "acr464", "--out", tmp_path / "out", "--physics", tmp_path / "physics.toml")
    refused(said, words)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["figures", "simulate", "drawing"])
def test_an_output_folder_that_cannot_be_made(command: str, scan: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    where = tmp_path / "file" / "out"
    said = {
        "figures": lambda: iqa("analyze", scan, *NAMED, "--figures", where),
        "simulate": lambda: iqa("simulate", "acr464", "--out", where, *COARSE),
        "drawing": lambda: iqa("phantoms", "show", "acr464", "--figure", where / "drawing.png"),
    }[command]()
    refused(said, r"/file.*: (Not a directory|File exists)")


# ------------------------------------------------------------------------------------------ what works


def test_one_broken_file_among_good_ones(scan: Path) -> None:
    broken = scan / "0003.dcm"
    broken.write_bytes(broken.read_bytes()[:-100])
    said = iqa("analyze", "--json", scan, *NAMED)
    assert said.status == 0
    (analysis,) = said.document["analyses"]
    assert (analysis["scan"]["slices"], analysis["scan"]["flags"]) == (4, ["slices_missing"])
    (entry,) = said.document["refused"]
    assert Path(entry["path"]).name == "0003.dcm"
    assert "truncated" in entry["reason"]


def test_a_small_scan_among_thousands_of_files(scan: Path) -> None:
    for number in range(MANY_FILES):
        (scan / f"{number:05d}.txt").write_bytes(b"x")
    said = iqa("analyze", "--json", scan, *NAMED)
    assert said.status == 0
    assert [a["scan"]["slices"] for a in said.document["analyses"]] == [5]
    assert said.document["refused"] == []


def test_a_path_of_any_letters(made: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(made, tmp_path / "品質管理 月例 'ファントム'" / "画像 1")
    said = iqa("analyze", "--json", folder, *NAMED, "--figures", tmp_path / "図 1")
    assert (said.status, len(said.document["analyses"])) == (0, 1)
    assert list((tmp_path / "図 1").iterdir())
    refused(iqa("analyze", folder / "無い"), "無い")


def test_a_folder_that_may_not_be_written(scan: Path) -> None:
    before = sorted((f.name, f.stat().st_mtime_ns) for f in scan.iterdir())
    for file in (*scan.iterdir(), scan):
        file.chmod(0o555 if file.is_dir() else 0o444)
    said = iqa("analyze", "--json", scan, *NAMED)
    scan.chmod(0o755)
    assert said.status == 0
    assert sorted((f.name, f.stat().st_mtime_ns) for f in scan.iterdir()) == before


# -------------------------------------------------------------------------------------------- patients

PLANTED = (
    "PatientName", "PatientID", "OtherPatientIDs", "PatientComments", "PatientAddress", "StudyDescription",
    "SeriesDescription", "ProtocolName", "ImageComments", "AccessionNumber", "StudyID", "ReferringPhysicianName",
    "OperatorsName", "RequestedProcedureDescription", "PerformedProcedureStepDescription", "AdditionalPatientHistory",
    "InstitutionAddress", "AcquisitionDeviceProcessingDescription", "DerivationDescription",
)  # fmt: skip
SHORT = frozenset({"AccessionNumber", "StudyID"})
"""At most 16 characters."""


@pytest.fixture
def planted(scan: Path) -> Path:
    """The scan with one word in every attribute that is a person's or free text; one file is cut short."""
    for file in scan.glob("*.dcm"):
        ds = pydicom.dcmread(file)
        for keyword in PLANTED:
            setattr(ds, keyword, SECRET if keyword in SHORT else f"{SECRET}^Anne")
        ds.private_block(0x0099, SECRET, create=True).add_new(0x01, "LO", SECRET)
        ds.save_as(file)
    cut = scan / "0001.dcm"
    cut.write_bytes(cut.read_bytes()[:-100])
    return scan


def _printed(said: Said) -> str:
    return (said.out + said.err).lower()


def test_no_patient_attribute_in_results(planted: Path, tmp_path: Path) -> None:
    for options in ((), ("--json", "--figures", tmp_path / "figures")):
        said = iqa("analyze", planted, *NAMED, *options)
        assert said.status == 0
        assert SECRET.lower() not in _printed(said)
    drawn = list((tmp_path / "figures").iterdir())
    assert drawn
    assert [f.name for f in drawn if SECRET.lower() in f.name.lower() or SECRET.encode() in f.read_bytes()] == []


def test_no_patient_attribute_in_refusals(planted: Path) -> None:
    said = iqa("analyze", planted, "--phantom", "catphan504")
    assert said.status == 2
    assert SECRET.lower() not in _printed(said)
    for file in planted.glob("*.dcm"):
        ds = pydicom.dcmread(file, force=True)
        ds.PixelSpacing = None
        ds.save_as(file)
    for options in ((), ("--json",), ("--debug",)):
        said = iqa("analyze", planted, *options)
        assert said.status == 2
        assert SECRET.lower() not in _printed(said)


KEPT = frozenset({
    "ConvolutionKernel", "DeviceSerialNumber", "ImageType", "Manufacturer", "ManufacturerModelName", "Modality",
    "PatientPosition", "PhotometricInterpretation", "RescaleType", "SOPClassUID", "SeriesInstanceUID",
    "SoftwareVersions", "StationName",
})  # fmt: skip
"""May be shown as they are: terms of the scanner, not of a patient."""


def test_nonsense_in_any_header_value_is_no_bug_and_is_not_quoted(scan: Path) -> None:
    """Numbers that are none are quoted by many a parser."""
    file = scan / "0003.dcm"
    whole = file.read_bytes()
    for element in pydicom.dcmread(file):
        if element.keyword in ("PixelData", "SpecificCharacterSet"):  # the latter cannot be written wrong
            continue
        ds = pydicom.dcmread(io.BytesIO(whole))
        ds[element.tag] = pydicom.DataElement(element.tag, "LO", SECRET)
        file.write_bytes(encoded(ds, ImplicitVRLittleEndian, bare=True))  # kinds of value are left to the reader
        said = iqa("analyze", "--json", file, *NAMED)
        assert said.status in (0, 2), element.keyword
        assert said.err.count("\n") == (1 if said.status else 0), element.keyword
        assert element.keyword in KEPT or SECRET.lower() not in _printed(said), element.keyword


def test_a_scan_of_constant_pixels(scan: Path) -> None:
    """Noise of exactly 0 must not end in an infinite ratio or a bug."""
    for file in scan.glob("*.dcm"):
        ds = pydicom.dcmread(file)
        image = ds.pixel_array
        ds.PixelData = np.where(image > 500, 1024, 24).astype(image.dtype).tobytes()
        ds.save_as(file)
    said = iqa("analyze", "--json", scan, *NAMED)
    assert said.status in (0, 2)
    assert "bug" not in said.err
    assert isinstance(said.document, dict)
