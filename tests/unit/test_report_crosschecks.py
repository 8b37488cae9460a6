"""A cross-check as a table, and as the document iqa.crosscheck/1."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from made_analysis import REFUSED, made_analysis
from rich.console import Console

from iqa.analyze import Session
from iqa.model import Answer, Compared, Crosschecked
from iqa.report.crosschecks import crosscheck_document, crosscheck_table, labels, over_allowed, summary

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "iqa.crosscheck.1.json"

ROWS = (
    Compared(
        key="ct_number.teflon", name="Teflon", outcome="agrees", unit="HU", value=943.2, u=0.3, other=944.0,
        other_u=0.4, other_unit="HU", expected=(930.0, 950.0),
    ),
    Compared(
        key="slice_thickness", name="slice thickness", outcome="explained", unit="mm", value=2.5, u=0.05, other=1.2,
        other_u=0.0, other_unit="mm", expected=(1.0, 1.3), reason="Sections overlap.",
    ),
    Compared(
        key="noise.sd", name="SD", outcome="unexplained", unit="HU", value=10.0, u=0.1, other=14.0, other_u=0.2,
        other_unit="HU", expected=(7.0, 12.0),
    ),
    Compared(
        key="nps.average_frequency", name="NPS", outcome="explained", unit="1/mm", value=0.38, u=0.005, other=0.28,
        other_u=0.0, other_unit="1", comparable=False, expected=(0.25, 0.36), reason="Another unit.",
    ),
    Compared(
        key="low_contrast.10permille_15mm.contrast", name="CNR", outcome="untestable", unit="HU", value=-1234.5, u=0.3,
        other=0.01961, other_u=0.0, other_unit="1/HU", comparable=False, expected=(0.001, 0.03), reason="Wide.",
    ),
    Compared(key="ttf.teflon.f50", name="", outcome="only_iqa", unit="1/mm", value=0.5, u=0.01, reason="No edge."),
    Compared(key="ttf.teflon.f10", name="", outcome="only_iqa", unit="1/mm", value=0.8, u=0.01, reason="No edge."),
    Compared(key="", name="beads", outcome="only_other", unit="", other=99.9, other_unit="mm", reason="Other beads."),
)  # fmt: skip
ANSWER = Answer("pylinac", "3.49.0", rows=ROWS)
MISSING = Answer("pylinac", failure="pylinac is not installed.")
SESSION = Session((made_analysis(),), (REFUSED,))


def checked(*answers: Answer) -> tuple[Crosschecked, ...]:
    return (Crosschecked(made_analysis(), answers),)


def text(scans: tuple[Crosschecked, ...], width: int = 120) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(crosscheck_table(scans, SESSION), highlight=False, markup=False)
    return out.getvalue()


@pytest.mark.parametrize(("row", "over"), [(ROWS[0], 0.8), (ROWS[1], -13.0), (ROWS[3], None), (ROWS[5], None)])
def test_differences_over_their_uncertainty(row: Compared, over: float | None) -> None:
    """0.8 HU over twice the root of 0.3² + 0.4²; 1.3 mm over twice 0.05; none where they are not comparable."""
    assert over_allowed(row) == (None if over is None else pytest.approx(over))


def test_the_table_says_each_outcome_and_each_reason_once() -> None:
    said = text(checked(ANSWER))
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert (
        "pylinac 3.49.0 5 shared: 1 agree, 2 explained, 1 untestable, 1 unexplained; only iqa 2, only pylinac 1"
        in lines
    )
    assert "ct_number.teflon 943.2 ± 0.3 HU 944.0 0.8 agrees" in lines
    assert "slice_thickness 2.50 ± 0.05 mm 1.20 1.00..1.30 <−10 explained (1)" in lines
    assert "noise.sd 10.00 ± 0.10 HU 14.00 7.0..12.0 8.9 unexplained" in lines
    assert "nps.average_frequency 0.380 ± 0.005 mm⁻¹ 0.28 0.250..0.360 ≠ explained (2)" in lines
    assert (
        "low_contrast.10permille_15mm.contrast −1234.5 ± 0.3 HU 0.01961 1/HU 0.0010..0.0300 ≠ untestable (3)" in lines
    )
    assert sum("≠: another quantity under the same name" in line for line in lines) == 1
    assert "(1) Sections overlap." in lines
    assert "only iqa: ttf (2). No edge." in lines
    assert "only pylinac: beads. Other beads." in lines
    assert "Refused" in lines


def test_an_absent_program_is_one_line() -> None:
    assert "pylinac is not installed." in [line.rstrip() for line in text(checked(MISSING)).splitlines()]


def test_no_line_is_wider_than_the_terminal() -> None:
    assert all(len(line) <= 100 for line in text(checked(ANSWER), width=100).splitlines())


@pytest.mark.parametrize(("width", "mark"), [(120, ""), (100, "≠ "), (80, "≠ "), (60, "≠ ")])
def test_every_number_is_whole_at_any_width(width: int, mark: str) -> None:
    said = text(checked(ANSWER), width=width)
    lines = [" ".join(line.split()) for line in said.splitlines()]
    for row in ROWS[:5]:
        assert any(line.split()[:1] == [row.key] for line in lines)
    for whole in (
        "943.2 ± 0.3 HU 944.0", "2.50 ± 0.05 mm 1.20", "10.00 ± 0.10 HU 14.00", f"0.380 ± 0.005 mm⁻¹ {mark}0.28",
        f"−1234.5 ± 0.3 HU {mark}0.01961 1/HU",
    ):  # fmt: skip
        assert any(whole in line for line in lines)
    for outcome in ("explained (1)", "explained (2)", "untestable (3)", "unexplained", "agrees"):
        assert any(line.endswith(outcome) for line in lines)
    assert "…" not in said
    assert all(len(line) <= width for line in said.splitlines())
    assert ("7.0..12.0" in said) == (width >= 120)


def test_of_many_names_ten_are_written_out() -> None:
    rows = tuple(Compared(key=f"k.{n}", name="", outcome="only_other", unit="", other=1.0) for n in range(5000))
    said = " ".join(text(checked(Answer("csv", rows=rows))).split())
    assert "k.8, k.9 and 4990 more." in said
    assert "k.10" not in said


def test_one_line_sums_it_up() -> None:
    assert summary(Answer("csv", rows=ROWS[:1])) == (
        "1 shared: 1 agree, 0 explained, 0 untestable, 0 unexplained; only iqa 0, only csv 0"
    )


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def parsed() -> Any:
    return json.loads(json.dumps(crosscheck_document(checked(ANSWER, MISSING), SESSION), allow_nan=False))


def test_the_document_fits_the_schema(validator: jsonschema.Draft202012Validator) -> None:
    document = parsed()
    assert [e.message for e in validator.iter_errors(document)] == []
    teflon = document["scans"][0]["programs"][0]["rows"][0]
    assert teflon["other"] == {"name": "Teflon", "value": 944.0, "u": 0.4, "unit": "HU"}
    assert document["scans"][0]["programs"][1]["failure"] == "pylinac is not installed."
    assert "scans/one" not in json.dumps(document)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["scans"][0]["programs"][0]["rows"][0].pop("outcome"), "'outcome' is a required property"),
        (lambda d: d["scans"][0]["programs"][0]["rows"][0].update(outcome="passed"), "'passed' is not one of"),
        (lambda d: d["scans"][0]["scan"].update(patient="X"), "'patient' was unexpected"),
        (lambda d: d["scans"][0].update(programs=[]), "should be non-empty"),
    ],
    ids=["no outcome", "another outcome", "more than the scan", "no program"],
)
def test_the_schema_refuses(validator: jsonschema.Draft202012Validator, change: Any, message: str) -> None:
    broken = parsed()
    change(broken)
    assert any(message in e.message for e in validator.iter_errors(broken))


def test_two_numbers_for_one_key_are_told_apart_by_their_names() -> None:
    across, down = (
        replace(ROWS[0], key="geometry.diameter", name=f"width, {way}") for way in ("horizontal", "vertical")
    )
    apart = ["geometry.diameter (width, horizontal)", "geometry.diameter (width, vertical)"]
    assert labels([ROWS[0], across, down]) == ["ct_number.teflon", *apart]
    shown = Console(file=io.StringIO(), width=200)
    shown.print(crosscheck_table([Crosschecked(made_analysis(), (replace(ANSWER, rows=(across, down)),))], SESSION))
    assert isinstance(shown.file, io.StringIO)
    assert all(label in shown.file.getvalue() for label in apart)
