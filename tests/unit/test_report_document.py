from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from made_analysis import made_analysis, made_session

from iqa.analyze import Session
from iqa.model import Candidate
from iqa.report.document import analysis_document, document

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "iqa.analysis.1.json"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def parsed(session: Session) -> Any:
    return json.loads(json.dumps(document(session), allow_nan=False))


def test_a_session_fits_the_schema(validator: jsonschema.Draft202012Validator) -> None:
    assert [e.message for e in validator.iter_errors(parsed(made_session()))] == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["analyses"][0]["measurements"][0].pop("u"), "'u' is a required property"),
        (lambda d: d["analyses"][0]["measurements"][0].update(value=None), "None is not of type 'number'"),
        (lambda d: d["analyses"][0]["scan"].update(patient="X"), "'patient' was unexpected"),
        (lambda d: d["refused"][0].pop("candidates"), "'candidates' is a required property"),
    ],
    ids=["u missing", "value null", "more than the scan", "no candidates"],
)
def test_the_schema_refuses(validator: jsonschema.Draft202012Validator, change: Any, message: str) -> None:
    broken = parsed(made_session())
    change(broken)
    assert any(message in e.message for e in validator.iter_errors(broken))


def test_an_unknown_uncertainty_and_an_undefined_point_are_null() -> None:
    analysis = analysis_document(made_analysis())
    assert analysis["curves"][0]["values"] == [5.0, 5.2, None]
    assert analysis["curves"][0]["u"] == [0.1, 0.1, None]
    assert next(m for m in analysis["measurements"] if m["key"] == "dose.ctdivol")["u"] is None


def test_mirrored_is_null_where_the_phantom_is_mirror_symmetric() -> None:
    assert analysis_document(made_analysis(mirror_known=True))["pose"]["mirrored"] is False
    assert analysis_document(made_analysis(mirror_known=False))["pose"]["mirrored"] is None


def test_modules_are_those_the_scan_holds_with_first_and_last_slice() -> None:
    assert analysis_document(made_analysis())["modules"] == [
        {"name": "M1", "slices": [0, 2], "z_mm": 0.0, "centre_px": [32.0, 32.0], "roll_deg": -2.5}
    ]


def test_the_path_of_an_analysed_scan_is_not_in_the_document() -> None:
    assert "scans/one" not in json.dumps(document(made_session()))


def test_what_nothing_fixes_is_null(validator: jsonschema.Draft202012Validator) -> None:
    made = made_analysis()
    loose = replace(made.located, u_xy_mm=None, u_z_mm=None, u_roll_deg=None, u_tilt_deg=None)
    module = replace(loose.modules[0], u_z_mm=None, u_roll_deg=None)
    analysis = replace(made, located=replace(loose, modules=(module, loose.modules[1])))
    found = analysis_document(analysis)
    assert {k: v for k, v in found["pose"].items() if v is not None} == {"mirrored": False, "reversed": False}
    assert (found["modules"][0]["z_mm"], found["modules"][0]["roll_deg"]) == (None, None)
    assert [e.message for e in validator.iter_errors(parsed(Session((analysis,), ())))] == []


def test_a_tilt_without_uncertainty_is_null_and_the_rest_stands() -> None:
    pose = analysis_document(made_analysis())["pose"]
    assert (pose["z_mm"], pose["roll_deg"], pose["pitch_deg"], pose["yaw_deg"]) == (0.0, -2.5, None, None)


@pytest.mark.parametrize("score", [0.0, -3.2])
def test_a_runner_up_without_evidence_is_none(score: float) -> None:
    made = made_analysis()
    alone = replace(made, located=replace(made.located, runner_up=Candidate("other", None, score)))
    phantom = analysis_document(alone)["phantom"]
    assert (phantom["runner_up"], phantom["margin"]) == (None, None)


def test_margin_is_the_lead_over_the_runner_up() -> None:
    phantom = analysis_document(made_analysis())["phantom"]
    assert phantom["margin"] == pytest.approx(1.4)
    assert phantom["runner_up"] == {"name": "other", "variant": "turned", "score": 7.7}


def test_an_interval_stands_where_there_is_one(validator: jsonschema.Draft202012Validator) -> None:
    made = made_analysis()
    limited = replace(made.measurements[0], interval=(0.0, 1.5))
    analysis = replace(made, results=(limited, *made.results[1:]))
    first, *others = parsed(Session((analysis,), ()))["analyses"][0]["measurements"]
    assert first["interval"] == [0.0, 1.5]
    assert all("interval" not in m for m in others)
    assert [e.message for e in validator.iter_errors(parsed(Session((analysis,), ())))] == []
