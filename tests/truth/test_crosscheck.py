"""A simulated scan beside a pylinac that says what it was given: the files of that scan, and no other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from iqa.jobs.crosscheck import crosscheck
from iqa.jobs.simulate import simulate_to

PRETENDED = """
__version__ = "0.0.1"
import pathlib, types

class QuartDVT:
    def __init__(self, folder):
        self.files = sorted(p.name for p in pathlib.Path(folder).iterdir())

    def analyze(self):
        roi = lambda value: types.SimpleNamespace(pixel_value=value, mean=value, std=5.0)
        centre = types.SimpleNamespace(x=0.0, y=0.0)
        inserts = {"Teflon": roi(982.0), "Air": roi(float(len(self.files)))}
        self.hu_module = types.SimpleNamespace(
            rois=inserts, phan_center=centre, meas_slice_thickness=float("nan"), pad=0)
        edges = {name: roi(122.0) for name in ("Top", "Right", "Bottom", "Left", "Center")}
        self.uniformity_module = types.SimpleNamespace(
            rois=edges, integral_non_uniformity=0.0, avg_noise_power=0.2, max_noise_power_frequency=0.1)
        self.geometry_module = types.SimpleNamespace(distances=lambda: {"horizontal mm": 159.8, "vertical mm": 159.8})
        self.catphan_roll, self.origin_slice = 0.0, 0
        place = types.SimpleNamespace(ImagePositionPatient=[0.0, 0.0, 0.0])
        self.dicom_stack = types.SimpleNamespace(metadatas=[place])
"""


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, float]:
    """A folder with a scan, its number of slices, and the true CT number of Teflon."""
    folder = tmp_path_factory.mktemp("scan")
    simulate_to(folder, "quart_dvt", changes={"matrix": 256, "pixel_mm": 0.8, "step_mm": 4.0, "thickness_mm": 4.0})
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return folder, len(list(folder.glob("*.dcm"))), truth["values"]["ct_number.teflon"]


def test_pylinac_is_given_the_scans_own_files_and_no_other(
    scan: tuple[Path, int, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, slices, _ = scan
    mixed = tmp_path / "mixed"
    shutil.copytree(folder, mixed)
    (mixed / "notes.txt").write_text("no image", encoding="utf-8")
    (tmp_path / "modules" / "pylinac").mkdir(parents=True)
    (tmp_path / "modules" / "pylinac" / "__init__.py").write_text(PRETENDED, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = sorted(tmp_path.iterdir())
    (checked,) = crosscheck(mixed).scans
    (answer,) = checked.answers
    assert (answer.version, answer.failure) == ("0.0.1", "")
    rows = {row.key: row for row in answer.rows}
    assert rows["ct_number.teflon"].outcome == "agrees"
    assert rows["ct_number.air_top"].other == slices
    assert rows["slice_thickness"].outcome == "only_iqa"
    assert rows["nps.average_frequency"].comparable is False
    assert sorted(tmp_path.iterdir()) == before


def test_without_pylinac_the_file_of_values_is_compared_all_the_same(
    scan: tuple[Path, int, float], tmp_path: Path
) -> None:
    folder, _, teflon = scan
    values = tmp_path / "values.csv"
    values.write_text(f"ct_number.teflon,{teflon}\nslice_thickness,5.5,0.1\n", encoding="utf-8")
    (checked,) = crosscheck(folder, csv=values, python=str(tmp_path / "no python")).scans
    pylinac, listed = checked.answers
    assert "cannot be started" in pylinac.failure
    assert [(row.key, row.outcome) for row in listed.rows] == [
        ("ct_number.teflon", "agrees"),
        ("slice_thickness", "unexplained"),
    ]
