"""The table beside the truth and pylinac in docs/methods.md holds the figures of docs/evidence/comparison.json."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
SECTION = "Beside the truth and pylinac"
NOT_MEASURED, NONE_SEEN = "–", "none"
NUMBER = re.compile(r"\d+(?:\.\d+)?")


@cache
def evidence() -> Json:
    return dict(json.loads((ROOT / "docs" / "evidence" / "comparison.json").read_text(encoding="utf-8")))


@cache
def section() -> str:
    document = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    return document.split(f"\n## {SECTION}\n")[1].split("\n## ")[0]


@cache
def table() -> list[list[str]]:
    """Cells of the rows below the head with the quantities."""
    lines = section().split("| scan | quantity |")[1].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def same(cell: str, values: list[float]) -> bool:
    """True if a cell's numbers are the values, as far as they are written out."""
    written = NUMBER.findall(cell)
    return len(written) == len(values) and all(
        f"{value:.{len(text.partition('.')[2])}f}" == text for text, value in zip(written, values, strict=True)
    )


def of_pylinac(row: Json) -> tuple[str, list[float]]:
    """What a cell says beside its number, and the number, if there is one."""
    said = row["pylinac"]
    if said["name"] is None:
        return NOT_MEASURED, []
    if said["value"] is None:
        return said["error"] or NONE_SEEN, []
    return f"with `{said['option']}`" if said["option"] else "", [said["value"]]


def test_every_row_of_the_evidence_has_its_line() -> None:
    assert [line[:2] for line in table()] == [[r["scan"], r["quantity"]] for r in evidence()["rows"]]


@pytest.mark.parametrize("at", range(len(evidence()["rows"])))
def test_the_figures_of_a_line_are_those_of_the_evidence(at: int) -> None:
    row, (_, _, truth, ours, theirs, why) = evidence()["rows"][at], table()[at]
    assert same(truth, [row["truth"]])
    assert same(ours, [row["iqa"]["value"], row["iqa"]["u"]])
    said, number = of_pylinac(row)
    assert theirs.endswith(said)
    assert same(theirs.removesuffix(said), number)
    assert why.endswith(".")


def test_another_figure_would_be_seen() -> None:
    assert same("0.398 ± 0.004", [0.3983, 0.0041])
    assert not same("0.398 ± 0.004", [0.3993, 0.0041])
    assert not same("0.398", [0.3983, 0.0041])


def test_the_version_and_the_scans_are_those_of_the_evidence() -> None:
    assert f"(pylinac {evidence()['pylinac']}," in section()
    rows = re.findall(r"^\| (\w+) \| ", section().split("| scan | quantity |")[0], flags=re.MULTILINE)
    assert rows == ["scan", *evidence()["scans"]]
    changes = {name: value for scan in evidence()["scans"].values() for name, value in scan.items()}
    for name, value in changes.items():
        option = f"--{name.replace('_', '-')} {value:g}" if isinstance(value, float) else f"--{name} {value}"
        assert option in section() or f"{name} = {value}" in section(), name
