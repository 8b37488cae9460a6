"""docs/crosscheck.md says what the code does and what docs/evidence/crosscheck.json holds."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from iqa.engines import pylinac_details as details
from iqa.engines import pylinac_levels as levels
from iqa.engines import pylinac_pose as places
from iqa.engines.listed import read_listed
from iqa.engines.pylinac_scan import PHANTOMS

ROOT = Path(__file__).parents[2]


@cache
def page() -> str:
    return (ROOT / "docs" / "crosscheck.md").read_text(encoding="utf-8")


@cache
def evidence() -> Any:
    return json.loads((ROOT / "docs" / "evidence" / "crosscheck.json").read_text(encoding="utf-8"))


def line(start: str) -> str:
    """The row of a table that begins with a cell."""
    return next(row for row in page().splitlines() if row.startswith(f"| {start} |"))


def test_every_real_scan_that_pylinac_reads_has_its_row() -> None:
    for scan in evidence()["real"]:
        if scan["failure"]:
            continue
        counts = [str(scan["counts"].get(o, 0)) for o in ("agrees", "explained", "untestable", "unexplained")]
        assert [cell.strip() for cell in line(scan["scan"]).strip("|").split("|")[2:]] == counts


def test_every_simulated_kind_has_its_row() -> None:
    for made in evidence()["simulated"]:
        rows = [row for row in page().splitlines() if row.startswith(f"| {made['phantom']}, ")]
        shown = f"| {made['within_U']} of {made['comparable']} | {len(made['unexplained'])} |"
        assert any(row.endswith(shown) for row in rows)


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ("`slice_thickness`", f"{levels.NOISE_NARROWS:.0%}"),
        ("`ct_number.<insert>`", f"{levels.RIM_SHARE:.1%}"),
        ("`noise.sd`", "{} to {} times".format(*levels.NOISE_RATIO)),
        ("`nps.average_frequency`", f"± {levels.SPECTRUM_RATIO[1] - 1.0:.0%}"),
        ("`line_pairs.modulation.*`", "{} to {}".format(*details.BARS_RATIO)),
        ("the same, ACR", "{} to {}".format(*details.DISCS_RATIO)),
        ("`low_contrast.*.contrast`", f"± {details.SHADING_SHARE}"),
        ("`low_contrast.*.cnr`", "{} to {:g} times".format(*details.ROD_NOISE)),
        ("`low_contrast.visible.10permille`", f"{details.SEEN}"),
        ("`geometry.axis_x`, `.axis_y`", f"{places.PULLED_PX} pixel"),
        ("`geometry.diameter`", f"{-places.CHORD_MM[0]} mm less"),
        ("`position.roll`", f"{places.PULLED_ROLL_PX} pixel"),
    ],
)
def test_a_band_is_that_of_the_code(row: str, shown: str) -> None:
    assert shown.replace("%", " %") in line(row)


def test_its_phantoms_are_those_of_the_code() -> None:
    (sentence,) = re.findall(r"Asked for are (.+?), by the phantom", page())
    numbers = re.sub(r"(\d{3})", r"CatPhan\1", sentence.replace("CatPhan", ""))
    assert {name.strip() for name in re.split(r",| and ", numbers)} == {its.name for its in PHANTOMS.values()}


def test_its_example_of_a_file_can_be_read(tmp_path: Path) -> None:
    example = page().split("of one scan:\n\n")[1].split("\n\n")[0]
    file = tmp_path / "values.csv"
    file.write_text("\n".join(row.strip() for row in example.splitlines()), encoding="utf-8")
    assert [(one.key, one.value) for one in read_listed(file)] == [("ct_number.teflon", 943.2), ("noise.sd", 5.1)]


def test_every_file_named_exists() -> None:
    named = set(re.findall(r"(?:iqa|tests|docs)/[\w/]+\.(?:py|json)", page()))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []
