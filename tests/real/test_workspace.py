"""Two reconstructions of one real scan on one scanner, from the files to the sentence that is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa.cli.main import main
from iqa.store.history import occasions
from iqa.store.workspace import open_workspace
from tests.conftest import scans_folder

FBP, ITERATIVE = (f"catphan504-varian-truebeam-head-{kind}" for kind in ("fbp", "iterative"))
LIMIT = """
[scanner.truebeam]
model = "Patient Verification"

[[limit]]
name = "noise"
key = "noise.sigma"
kind = "percent"
unit = "%"
fail_low = -20
fail_high = 20
source = "test"
"""
BECAUSE = 'because the reconstruction differs (kernel "None" now, "Ram-Lak"'


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    if not (scans_folder() / FBP).is_dir():
        pytest.skip(f"real scan {FBP} is not in {scans_folder()} (set IQA_SCANS)")
    folder = tmp_path / "workspace"
    assert main(["init", str(folder)]) == 0
    with (folder / "iqa.toml").open("a", encoding="utf-8") as out:
        out.write(LIMIT)
    return folder


def test_two_reconstructions_of_one_machine_are_not_compared(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--workspace", str(workspace)]
    assert main(["add", str(scans_folder() / FBP), *at]) == 0
    assert main(["baseline", "approve", "--scanner", "truebeam", "--by", "A", "--reason", "acceptance", *at]) == 0
    capsys.readouterr()
    assert main(["add", str(scans_folder() / ITERATIVE), *at]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"Against the scan of 2022-01-20 17:03:12: not comparable, {BECAUSE} then)." in said
    assert f"noise.sigma not comparable: Not comparable, {BECAUSE} in the baseline)." in said
    with open_workspace(workspace).database.reading() as connection:
        assert [o.scope.scanner for o in occasions(connection)] == ["truebeam", "truebeam"]
    assert main(["trend", "noise.sigma", *at]) == 0
    charts = capsys.readouterr().out
    assert charts.count("noise.sigma · truebeam") == 2  # one series each


def test_a_scan_that_is_known_is_left_as_it_is(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["add", str(scans_folder() / FBP), "--workspace", str(workspace)]
    assert main(command) == 0
    before = (workspace / "iqa.sqlite").read_bytes()
    capsys.readouterr()
    assert main(command) == 0
    assert "scan 1 known already" in capsys.readouterr().out
    assert (workspace / "iqa.sqlite").read_bytes() == before
