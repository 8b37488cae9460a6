"""The command line on real scans: exit status, document, and nothing of a patient in it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from iqa.cli.main import main

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "iqa.analysis.1.json"

Run = Callable[..., tuple[int, dict[str, Any], str]]
Find = Callable[[str], Path]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit status, checked document and stderr of `iqa analyze --json`."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))

    def analyze(*arguments: str) -> tuple[int, dict[str, Any], str]:
        status = main(["analyze", "--json", *arguments])
        out, err = capsys.readouterr()
        document = json.loads(out)
        assert [e.message for e in validator.iter_errors(document)] == []
        return status, document, err

    return analyze


def test_a_whole_scan_is_status_0_and_silent(real_scan: Find, run: Run) -> None:
    status, document, err = run(str(real_scan("catphan504-varian-obi-head")))
    assert (status, err) == (0, "")
    (analysis,) = document["analyses"]
    assert analysis["phantom"]["name"] == "catphan504"
    assert analysis["scan"]["slices"] == 54
    assert analysis["acquisition"]["kv"] == 100.0


@pytest.mark.parametrize(
    ("name", "candidates"),
    [("acrmri-ge-750w-refuse", set()), ("catphan-canon-aquilionexceed-ctp515", {"catphan504", "catphan600"})],
    ids=["another modality", "one slice that several phantoms share"],
)
def test_nothing_analysed_is_status_2_with_one_line(name: str, candidates: set[str], real_scan: Find, run: Run) -> None:
    status, document, err = run(str(real_scan(name)))
    assert status == 2
    assert err.count("\n") == 1
    assert document["analyses"] == []
    assert candidates <= {c["name"] for r in document["refused"] for c in r["candidates"]}


def test_an_unreadable_file_is_listed_and_the_rest_analysed(real_scan: Find, run: Run, tmp_path: Path) -> None:
    shutil.copytree(real_scan("catphan504-varian-obi-head"), tmp_path / "scan")
    broken = tmp_path / "scan" / "0020.dcm"
    broken.write_bytes(broken.read_bytes()[:5000])
    status, document, _ = run(str(tmp_path / "scan"))
    assert status == 0
    assert [Path(r["path"]).name for r in document["refused"]] == ["0020.dcm"]
    assert "slices_missing" in document["analyses"][0]["scan"]["flags"]


def test_the_text_of_a_header_stays_in_the_file(real_scan: Find, run: Run) -> None:
    """The series has a patient's name and ID, descriptions and a study ID; none of these may leave the reader."""
    pydicom = pytest.importorskip("pydicom")
    folder = real_scan("catphan504-varian-obi-head")
    header = pydicom.dcmread(folder / "0001.dcm", stop_before_pixels=True)
    kept_back = ("PatientName", "PatientID", "StudyDescription", "SeriesDescription", "ProtocolName", "StudyID")
    texts = {str(header.get(name, "")) for name in kept_back} - {""}
    assert len([text for text in texts if len(text) > 3]) >= 3
    _, document, err = run(str(folder))
    shown = json.dumps(document) + err
    assert [text for text in texts if len(text) > 3 and text in shown] == []
