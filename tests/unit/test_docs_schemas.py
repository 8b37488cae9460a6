"""The documents of a workspace keep to their schemas in docs/schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
from made_results import CT1, analysis_of, store_series, stored, weekly

from iqa.jobs.baselines import Choice, approve_baselines
from iqa.jobs.entering import enter_event, enter_value
from iqa.jobs.exporting import export_to
from iqa.jobs.trend import trend
from iqa.report.trend_document import trend_document
from iqa.store.workspace import Workspace
from tests.made_workspace import ANN, TOML, made_workspace

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"
KEY = "ct_number.uniform"
LIMIT = '\n[[limit]]\nkey = "ct_number.uniform"\nunit = "HU"\nfail_high = 7\nwarn_high = 5\n'


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))


def drifting(folder: Path) -> Workspace:
    """A baseline, a drift after it, an event, and an entered value."""
    workspace = made_workspace(folder, TOML + LIMIT)
    dates = weekly("2026-01-05", 30)
    wobble = [0.1 * (i % 3 - 1) for i in range(30)]
    store_series(workspace, KEY, wobble[:15], dates[:15])
    approve_baselines(workspace, Choice(scanner="ct1"), signed=ANN)
    store_series(workspace, KEY, [x + 0.1 * i for i, x in enumerate(wobble[15:])], dates[15:], judged=True)
    enter_event(workspace, "other", scanner="ct1", dated="2026-03-01", signed=ANN)
    enter_value(workspace, "manual.x", 1.5, unit="mm", scanner="ct1", signed=ANN)
    return workspace


def test_a_trend(tmp_path: Path) -> None:
    workspace = drifting(tmp_path / "ws")
    document = trend_document(trend(workspace, KEY))
    (one,) = document["trends"]
    assert one["projections"]
    assert one["events"]
    jsonschema.validate(json.loads(json.dumps(document)), schema("iqa.trend.1"))


def test_an_export(tmp_path: Path) -> None:
    workspace = drifting(tmp_path / "ws")
    stored(workspace, analysis_of("a", {"noise.sd": 5.0}), CT1)
    assert export_to(workspace, tmp_path / "out.json") == 32
    document = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema("iqa.export.1"))
    assert {row["scan"] for row in document["rows"]} == set(range(1, 33))
