"""Repeats through the command line: power from differences, or one line on what keeps two scans from being repeats."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pydicom
import pytest
from scipy import ndimage

from iqa.cli.main import main
from iqa.model import Pose
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.simulate import Header, Physics, simulate, write_dicom

Captured = pytest.CaptureFixture[str]
Make = Callable[..., str]
PHYSICS = Physics(matrix=96, pixel_mm=2.5, slices=4, first_z_mm=-7.5, step_mm=5.0, thickness_mm=5.0,
                  body_diameter_mm=200.0, noise_hu=8.0, hu_step=0.1)  # fmt: skip
NAMED = ("--phantom", "uniform_cylinder")
SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "iqa.analysis.1.json"


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes a scan of a water cylinder, some of its physics changed; the folder's path."""

    def write(name: str, **changes: Any) -> str:
        physics = replace(PHYSICS, **changes)
        write_dicom(simulate(find("uniform_cylinder", library()), physics), tmp_path / name)
        return str(tmp_path / name)

    return write


def nps_of(analysis: Any) -> dict[str, Any]:
    return {m["key"]: m for m in analysis["measurements"] if m["key"].startswith("nps.")}


def test_repeats_give_the_power_of_their_differences(make: Make, capsys: Captured) -> None:
    folders = [make(f"scan{seed}", seed=seed) for seed in (1, 2)]
    assert main(["analyze", *folders, *NAMED, "--json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert main(["analyze", *folders, *NAMED, "--repeats", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))
    one, other = document["analyses"]
    assert one["provenance"]["repeats_sha256"] == [other["scan"]["pixel_sha256"]]
    assert nps_of(one) == nps_of(other)
    first = nps_of(one)["nps.average_frequency"]
    assert first["method"] == "nps-difference@2"
    assert first["where"].endswith(", 2 repeats")
    for with_repeats, without in zip(document["analyses"], alone["analyses"], strict=True):
        assert without["provenance"]["repeats_sha256"] == []
        changed = {m["key"] for m in with_repeats["measurements"] if m not in without["measurements"]}
        assert changed <= set(nps_of(without) | nps_of(with_repeats))


def test_two_setups_are_two_groups_in_the_order_of_the_scans(make: Make, capsys: Captured) -> None:
    kernels = ("A", "B", "A", "B")
    folders = [make(f"s{k}", seed=k, header=Header(kernel=kernel)) for k, kernel in enumerate(kernels)]
    assert main(["analyze", *folders, *NAMED, "--repeats", "--json"]) == 0
    analyses = json.loads(capsys.readouterr().out)["analyses"]
    shas: dict[str, set[str]] = {}
    for a in analyses:
        shas.setdefault(a["acquisition"]["kernel"], set()).add(a["scan"]["pixel_sha256"])
    for a in analyses:
        group = shas[a["acquisition"]["kernel"]]
        assert {a["scan"]["pixel_sha256"], *a["provenance"]["repeats_sha256"]} == group


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"header": Header(kernel="B")}, r"another kernel \('(B|SOFT)' for '(B|SOFT)'\)"),
        ({"header": Header(ma=300.0)}, r"another mAs \([23]00 for [23]00\)"),
        ({"header": Header(kv=100.0)}, r"another kV \(1[02]0 for 1[02]0\)"),
        ({"header": Header(serial="7")}, r"another serial number \('[70]' for '[70]'\)"),
        ({"thickness_mm": 4.0}, r"another section, mm \([45] for [45]\)"),
        ({"matrix": 100}, r"another stack \(4 slices of (96|100) × (96|100) for 4 slices of (96|100) × (96|100)\)"),
        ({"pixel_mm": 2.4}, r"another pixel, mm \(2\.[45] for 2\.[45]\)"),
        ({"first_z_mm": -6.5}, r"slices at other places \(up to 1\.00 mm along the axis\)"),
        ({"field_centre_mm": (1.0, 0.0)}, r"a field of view 1\.00 mm beside the other"),
        ({"pose": Pose(0.6, 0.0, 0.0, 0.0)}, r"a phantom that was moved by 0\.\d\d mm \(at most 0\.1 mm\)"),
    ],
    ids=["kernel", "mas", "kv", "scanner", "section", "matrix", "pixel", "slices", "field", "moved"],
)
def test_what_is_no_repeat_is_refused_in_one_line(
    make: Make, capsys: Captured, changes: dict[str, Any], words: str
) -> None:
    one, other = make("one", seed=1), make("other", seed=2, **changes)
    assert main(["analyze", one, other, *NAMED, "--repeats"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    pairs = "|".join(f"{re.escape(a)}: it is no repeat of {re.escape(b)}" for a, b in ((one, other), (other, one)))
    assert re.fullmatch(f"iqa: ({pairs}): {words}; give repeats of one setup, or leave --repeats out\n", err)


def test_one_scan_alone_is_refused(make: Make, capsys: Captured) -> None:
    assert main(["analyze", make("one"), *NAMED, "--repeats"]) == 2
    err = capsys.readouterr().err
    assert "it is the only scan that was located; repeats are two scans of one setup at least" in err


def test_a_copy_is_no_repeat(make: Make, tmp_path: Path, capsys: Captured) -> None:
    one, copy = make("one"), str(tmp_path / "copy")
    shutil.copytree(one, copy)
    assert main(["analyze", one, copy, *NAMED, "--repeats"]) == 2
    assert "its other images were copies of its own" in capsys.readouterr().err
    for file in Path(copy).glob("*.dcm"):
        image = pydicom.dcmread(file)
        image.SeriesInstanceUID += ".9"
        image.save_as(file)
    assert main(["analyze", one, copy, *NAMED, "--repeats"]) == 2
    assert f"{copy}: its pixels are those of {one}: one scan given twice is no repeat" in capsys.readouterr().err


def altered(folder: str, copy: Path, change: Callable[[pydicom.Dataset], None]) -> str:
    """A copy of a scan under other UIDs, each image changed."""
    shutil.copytree(folder, copy)
    for file in copy.glob("*.dcm"):
        image = pydicom.dcmread(file)
        image.SeriesInstanceUID += ".9"
        image.SOPInstanceUID += ".9"
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        change(image)
        image.save_as(file)
    return str(copy)


def raise_scale(image: pydicom.Dataset) -> None:
    image.RescaleIntercept += 1.0


def raise_a_pixel(image: pydicom.Dataset) -> None:
    pixels = image.pixel_array.copy()
    pixels[0, 0] += 1
    image.PixelData = pixels.tobytes()


def halve_the_noise(image: pydicom.Dataset) -> None:
    """What an iterative reconstruction makes of one exposure, much simplified."""
    pixels = image.pixel_array.astype(float)
    smooth = ndimage.gaussian_filter(pixels, 1.0)
    image.PixelData = np.rint(0.5 * (pixels + smooth)).astype(image.pixel_array.dtype).tobytes()


@pytest.mark.parametrize("change", [raise_scale, raise_a_pixel, halve_the_noise])
@pytest.mark.parametrize("others", [(), (2,)], ids=["two", "three"])
def test_a_copy_with_other_pixels_is_told_by_its_noise(
    make: Make, tmp_path: Path, capsys: Captured, change: Callable[[pydicom.Dataset], None], others: tuple[int, ...]
) -> None:
    one, *rest = (make(f"scan{seed}", seed=seed) for seed in (1, *others))
    copy = altered(one, tmp_path / "copy", change)
    assert main(["analyze", one, *rest, copy, *NAMED, "--repeats"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    pairs = "|".join(f"{re.escape(a)}: its noise is that of {re.escape(b)}" for a, b in ((one, copy), (copy, one)))
    told = r"\(their difference holds \d+ % of it, at least 33 % is needed\)"
    assert re.search(f"({pairs}) {told}: one exposure given twice is no repeat; give another scan", err)


def test_where_nothing_is_located_the_refusal_is_the_reason(make: Make, capsys: Captured) -> None:
    assert main(["analyze", make("one"), "--phantom", "catphan504", "--repeats"]) == 2
    assert "--repeats" not in capsys.readouterr().err


def test_channels_are_those_of_a_set(make: Make, capsys: Captured) -> None:
    one, other = make("one", seed=1), make("other", seed=2)
    assert main(["analyze", one, other, *NAMED, "--repeats", "--channels", "wavelets"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", "iqa: There are no channels 'wavelets'. Known: lg, ddog, gabor.\n")
    assert main(["analyze", one, other, *NAMED, "--repeats", "--channels", "ddog"]) == 0


def test_channels_without_repeats_have_no_say(make: Make, capsys: Captured) -> None:
    assert main(["analyze", make("one"), *NAMED, "--channels", "lg"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "give --repeats too" in err
