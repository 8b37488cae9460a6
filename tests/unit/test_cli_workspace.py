"""The commands of a workspace from scan to verdict: what they print, and how they end."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pydicom
import pytest
from pydicom.datadict import dictionary_VR, keyword_dict
from pydicom.sequence import Sequence

from iqa.cli.main import main
from iqa.errors import DefinitionError
from iqa.store.workspace import open_workspace
from tests.made_workspace import TOML, iqa, made_workspace, refused, scan_files

LIMIT = '\n[[limit]]\nkey = "ct_number.uniform"\nunit = "HU"\nfail_low = {low}\nfail_high = 7\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scans of CT1 and one of a scanner that nobody described."""
    folder = tmp_path_factory.mktemp("scans")
    for seed, station in enumerate(("CT1", "CT1", "CT7")):
        scan_files(folder / f"s{seed}", seed, station=station, acquired=f"2026-11-0{seed + 1}T07:00:00")
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, which every command finds by itself."""
    made_workspace(tmp_path / "ws", TOML + LIMIT.format(low=-7)).database.close()
    monkeypatch.setenv("IQA_WORKSPACE", str(tmp_path / "ws"))
    return tmp_path / "ws"


def edit(folder: Path, text: str) -> None:
    (folder / "iqa.toml").write_text(text, encoding="utf-8")


def dump(folder: Path) -> str:
    """Everything that is stored."""
    with closing(sqlite3.connect(folder / "iqa.sqlite")) as connection:
        return "\n".join(connection.iterdump())


def test_a_scan_is_stored_judged_and_known_again(folder: Path, made: Path) -> None:
    said = iqa("add", made / "s0")
    assert said.status == 0, said
    assert "scan 1 stored · uniform_cylinder · ct1 · morning · water" in said.out
    assert "1 pass" in said.out
    before = dump(folder)
    again = iqa("add", made / "s0")
    assert (again.status, dump(folder)) == (0, before)
    assert "scan 1 known already · ct1 · morning · water" in again.out


def test_a_failing_scan(folder: Path, made: Path) -> None:
    edit(folder, TOML + LIMIT.format(low=5))
    said = iqa("add", made / "s0")
    assert said.status == 1
    assert re.search(
        r"✗ ct_number\.uniform  fail: .* is outside its limits \(5 to 7 HU\)",
        said.out.replace("\N{NO-BREAK SPACE}", " "),
    )
    assert iqa("status").status == 1
    edit(folder, TOML.replace("period_days = 7", "") + LIMIT.format(low=-7))
    assert iqa("status").status == 1, "what was said stays said"
    judged = iqa("judge")
    assert (judged.status, "1 scans and entries judged, 0 failing" in judged.out) == (0, True)
    assert iqa("status").status == 0
    history = iqa("history", "ct_number.uniform", "--scan", "1")
    assert history.status == 0
    assert "scan 1: fail, the same again: " in history.out
    assert "scan 1: pass, the same again: " in history.out
    assert history.out.count("limits in iqa.toml") == 2


def test_an_unknown_scanner_is_assigned_by_the_one_command_that_is_printed(folder: Path, made: Path) -> None:
    said = iqa("add", made / "s2")
    assert (said.status, "scan 1 stored · uniform_cylinder · unassigned · morning" in said.out) == (0, True)
    block = said.out[said.out.index("  [scanner.NAME]") :]
    lines = [line.strip() for line in block.splitlines()]
    end = next(i for i, line in enumerate(lines) if line.startswith("iqa add"))
    edit(folder, TOML + "\n".join(lines[:end]).replace("NAME", "ct7"))
    again = iqa(*lines[end].split()[1:])
    assert again.status == 0, again
    assert "scan 1 assigned · ct7 · morning · water" in again.out
    with open_workspace(folder).database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM record").scalar() == 1, "nothing is measured twice"


@pytest.mark.usefixtures("folder")
def test_a_person_knows_better_than_the_header_and_that_is_named(made: Path) -> None:
    said = iqa("add", made / "s0", "--scanner", "ct2")
    assert "Assigned to ct2 as told, though station is 'CT1' in the header and 'CT2' in iqa.toml" in said.out
    refused(iqa("add", made / "s1", "--scanner", "ct9"), "There is no scanner 'ct9'", "(known: ct1, ct2)")
    refused(iqa("add", made / "s1", "--phantom", "nix"), "nix")


@pytest.mark.usefixtures("folder")
def test_an_assigned_scan_is_moved_with_a_reason_only(made: Path) -> None:
    assert iqa("add", made / "s0").status == 0
    move = ("add", made / "s0", "--scanner", "ct2")
    refused(iqa(*move), "Scan 1 belongs to ct1.", "To move it to ct2, say --by NAME and --reason TEXT.")
    assert "scan 1 assigned" in iqa(*move, "--by", "Ann", "--reason", "the header is wrong").out
    assert "reason the header is wrong; scanner ct2; scans [1]" in iqa("history", "noise.sd").out


@pytest.mark.usefixtures("folder")
def test_one_bad_scan_never_stops_the_rest(made: Path, tmp_path: Path) -> None:
    week = shutil.copytree(made, tmp_path / "week")
    (week / "s0" / "0003.dcm").write_bytes(b"\0" * 128 + b"DICM broken")
    scan_files(week / "s8", 1, acquired="2026-11-02T08:00:00")  # the pixels of s1 at another time
    scan_files(week / "s9", 9, acquired="2031-01-01T07:00:00")
    said = iqa("add", week)
    assert said.status == 0
    assert said.out.count(" stored · ") == 3
    assert "By its header it was made on 2031-01-01, after today" in said.out.replace("\n", " ")
    flat = " ".join(said.out.split())
    assert "The same pixels are stored already, under another identity: series UID" in flat
    assert "0003.dcm" in flat


def test_the_same_pixels_under_another_site_and_a_changed_scan(folder: Path, made: Path, tmp_path: Path) -> None:
    assert iqa("add", made / "s0", "--site", "north").status == 0
    refused(iqa("add", made / "s0", "--site", "south"), "site 'north' there, 'south' here")
    changed = shutil.copytree(made / "s0", tmp_path / "changed")
    file = changed / "0002.dcm"
    ds = pydicom.dcmread(file)
    ds.PixelData = ds.PixelData[:-2] + b"\x01\x02"
    ds.save_as(file)
    refused(iqa("add", changed), "Images of this series are stored already, with other pixels", "2026-11-01")
    assert dump(folder).count('INSERT INTO "occasion"') == 1 or dump(folder).count("INSERT INTO occasion") == 1


def test_a_phantom_of_another_size_than_the_protocol_says(folder: Path, made: Path) -> None:
    edit(folder, TOML.replace("200", "240"))
    refused(iqa("add", made / "s0"), "The protocol's phantom 'water' measures 240 mm; the scan shows one of 200.1 mm")


def test_a_misspelt_model_of_a_phantom(folder: Path, made: Path) -> None:
    edit(folder, TOML.replace("uniform_cylinder", "uniform_cilinder"))
    refused(iqa("add", made / "s0"), "phantom.water.model: expected one of", "found 'uniform_cilinder'")


@pytest.mark.usefixtures("folder")
def test_a_scan_from_another_model_is_not_taken_for_the_scanners(made: Path, tmp_path: Path) -> None:
    assert iqa("add", made / "s0").status == 0
    other = shutil.copytree(made / "s1", tmp_path / "other")
    for file in other.glob("*.dcm"):
        ds = pydicom.dcmread(file)
        ds.ManufacturerModelName = "Another"
        ds.save_as(file)
    said = iqa("add", other)
    assert "scan 2 stored · uniform_cylinder · unassigned" in said.out
    assert "whose scans so far come from a 'image domain', not a 'Another'" in " ".join(said.out.split())


@pytest.mark.usefixtures("folder")
def test_measured_anew_and_accepted(made: Path) -> None:
    iqa("add", made / "s0", made / "s1")
    said = iqa("recompute", "--from", made / "s0")
    assert said.status == 0
    assert "Not found among the files, and kept as they are: the scans of 2026-11-02T07:00:00" in said.out
    assert "Nothing counts yet: iqa recompute --accept" in said.err
    sigma = next(line for line in said.out.splitlines() if line.startswith("noise.sigma "))
    assert sigma.split()[1:3] == ["0.0", "HU"] or sigma.split()[1].startswith("0"), sigma
    accepted = iqa("recompute", "--accept", "--by", "Ann", "--reason", "new method")
    assert (accepted.status, accepted.out) == (0, "Scans whose new results count from now on: 1\n")
    again = iqa("recompute", "--accept", "--by", "Ann", "--reason", "new method")
    refused(again, "There are no recalculated results to accept; `iqa recompute --from PATH` makes them")
    refused(iqa("recompute"), "Give --from PATH to measure anew, then --accept")
    refused(iqa("recompute", "--accept", "--by", " ", "--reason", "x"), "it is empty")
    refused(iqa("recompute", "--accept"), "--accept needs --by NAME and --reason TEXT")


@pytest.mark.parametrize(
    "line",
    [
        "event add tube --scanner ct1 --by {blank} --reason why",
        "event add tube --scanner ct1 --by Ann --reason {blank}",
        "baseline approve --scanner ct1 --by {blank} --reason why",
        "baseline retire 1 --by Ann --reason {blank}",
        "limits adopt jesra-x-0093-2 --by {blank} --reason why",
        "limits drop jesra-x-0093-2 --by Ann --reason {blank}",
        "enter manual.x 1 --unit mm --scanner ct1 --by {blank}",
    ],
)
def test_a_decision_without_a_name_or_a_reason(line: str, folder: Path) -> None:
    before = dump(folder)
    refused(iqa(*(" " if word == "{blank}" else word for word in line.split())), "it is empty")
    assert dump(folder) == before


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("trend noise.sd", "No value of 'noise.sd' is stored."),
        ("history noise.sd --scan 9", "There is no scan 9; `iqa export` and `iqa trend --json` give the numbers"),
        ("baseline propose --scanner ct9", "No stored scan of 'ct9' is chosen"),
        ("baseline retire 9 --by A --reason B", "Baseline 9 does not exist; `iqa baseline list`"),
        ("limits adopt none --by A --reason B", "There is no limit set 'none'; there are "),
        ("limits adopt iec-61223-3-5 --by A --reason B", "has no numbers, since its document may not be copied"),
        ("judge --scanner ct9", "There is no scanner 'ct9' (known: ct1, ct2)"),
        ("export out.txt", "says no format"),
        ("enter manual.x one --unit mm --scanner ct1", "'one' is no value: a number, or one of ok, watch, bad"),
        ("enter manual.x 1 --scanner ct1", "The unit of 1 is missing: --unit mm"),
        ("event add tube --by A --reason B", "name one of them"),
        ("add nowhere", "nowhere"),
        ("add . --manifest none.csv", "none.csv: the manifest cannot be read"),
    ],
)
def test_a_wrong_command_is_one_clear_line(
    line: str, words: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    iqa("judge")  # which notes the limits of the file
    before = dump(folder)
    refused(iqa(*line.split()), words)
    assert dump(folder) == before


def test_an_empty_workspace_says_so(folder: Path) -> None:
    edit(folder, "")
    assert iqa("status").out == "No scanner is described and no scan is stored yet.\n"
    assert iqa("event", "list").out == "No event is entered yet.\n"
    assert iqa("history", "noise.sd").out == "Nothing was decided about it yet.\n"
    assert iqa("judge").out == "0 scans and entries judged, 0 failing.\n"
    assert iqa("baseline", "list").status == iqa("limits", "list").status == 0


def test_a_wrong_file_is_told_by_whichever_command_comes_first(folder: Path) -> None:
    """`iqa status` says whether the file is right, its limits too."""
    for text, words in (
        ("[sit]\n", "sit: expected"),
        (TOML + LIMIT.format(low=9), "limit.1.fail_high: expected at least"),
    ):
        edit(folder, text)
        refused(iqa("status"), "iqa.toml: ", words)
        refused(iqa("judge"), "iqa.toml: ", words)


def test_negative_values_are_numbers(folder: Path) -> None:
    said = iqa("enter", "manual.laser_x", "-0.5", "--unit", "mm", "--scanner", "ct1", "--date", "2026-11-01")
    assert (said.status, "not judged" in said.out) == (0, True)
    assert said.out.startswith("Stored: manual.laser_x -0.5 mm of ct1\n")
    assert "-0.5" in dump(folder)


def test_somebody_without_a_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user number alone, as containers give it."""

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert iqa("enter", "manual.x", "1", "--unit", "mm", "--scanner", "ct1").status == 0
    assert "'unknown'" in dump(folder)


@pytest.mark.usefixtures("folder")
def test_a_terminal_gets_the_same_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 1
    assert "never" in capsys.readouterr().out


# ---------------------------------------------------------------------------------------- whose phantom it was


KEPT = {
    "Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "StationName", "InstitutionName", "SoftwareVersions",
    "PatientPosition", "ConvolutionKernel", "FilterType", "ScanOptions", "AcquisitionType", "ExposureModulationType",
    "ClinicalTrialProtocolID", "ClinicalTrialSiteID", "ClinicalTrialTimePointID", "Modality", "ImageType",
    "QualityControlImage", "ContrastBolusAgent", "FrameType", "RescaleType",
}  # fmt: skip
"""Texts of the allow-list (DESIGN.md, section 5)."""
TEXTUAL = {"LO", "SH", "PN", "LT", "ST", "UT", "UC", "AS"}
LONGEST = {"SH": 16, "AS": 4}
MARKER = "ZEBEDEE"


def spoil(file: Path) -> int:
    """Every text element of the dictionary that is not on the list gets a marker of its own; returns how many."""
    ds = pydicom.dcmread(file)
    texts = [k for k, tag in keyword_dict.items() if dictionary_VR(tag) in TEXTUAL and k not in KEPT]
    count = 0
    for number, keyword in enumerate(texts):
        vr = dictionary_VR(keyword_dict[keyword])
        if keyword_dict[keyword] >> 16 in (0x0000, 0x0002):
            continue
        marker = "077Y" if vr == "AS" else f"{MARKER}{number}"[: LONGEST.get(vr, 60)]
        setattr(ds, keyword, marker)
        count += 1
    item = pydicom.Dataset()
    item.PatientName, item.PatientID = f"{MARKER}^ITEM", f"{MARKER}-ITEM"
    ds.OtherPatientIDsSequence = Sequence([item])
    ds.RequestAttributesSequence = Sequence([item])
    ds.PatientBirthDate = "19330517"
    block = ds.private_block(0x0029, f"{MARKER} PRIVATE", create=True)
    block.add_new(0x01, "LO", f"{MARKER} PRIVATE TEXT")
    ds.save_as(file)
    return count


def test_no_patient_attribute_reaches_the_database(folder: Path, made: Path, tmp_path: Path) -> None:
    scan = Path(shutil.copytree(made / "s2", tmp_path / f"{MARKER}_in_a_path" / "scan"))
    for file in scan.glob("*.dcm"):
        assert spoil(file) > 500
        file.rename(file.with_name(f"{MARKER}_{file.name}"))
    (folder / "iqa.toml").write_text(TOML + '[scanner.ct7]\nstation = "CT7"\n', encoding="utf-8")
    said = iqa("add", scan)
    assert said.status == 0, said
    printed = said.out.replace(str(scan), "")
    iqa("enter", "manual.x", "1", "--unit", "mm", "--scanner", "ct1", "--by", "Ann")
    iqa("recompute", "--from", scan)
    iqa("export", tmp_path / "out.csv")
    pages = [f for f in (folder / "reports").rglob("*") if f.is_file()]
    assert pages
    told = said.err.replace(str(folder), "")
    for text in (
        (folder / "iqa.sqlite").read_bytes(), printed.encode(), told.encode(), (tmp_path / "out.csv").read_bytes(),
        *(f.read_bytes() for f in pages), *(str(f.relative_to(folder)).encode() for f in pages),
    ):  # fmt: skip
        assert MARKER.encode() not in text
        assert b"077Y" not in text
        assert b"19330517" not in text
        assert str(tmp_path).encode() not in text
        assert b"0001.dcm" not in text
    assert sorted(f.name for f in folder.iterdir()) == ["iqa.sqlite", "iqa.toml", "reports"]


def test_an_error_names_no_attribute(folder: Path, made: Path, tmp_path: Path) -> None:
    scan = Path(shutil.copytree(made / "s0", tmp_path / "scan"))
    for file in scan.glob("*.dcm"):
        spoil(file)
    edit(folder, TOML.replace("200", "240"))
    said = iqa("add", scan)
    assert said.status == 2
    assert MARKER not in said.err + said.out


def test_a_definition_error_is_one(folder: Path) -> None:
    edit(folder, "[sit]\n")
    with pytest.raises(DefinitionError, match="sit"):
        open_workspace(folder)
