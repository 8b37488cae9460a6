"""The tables of docs/control-charts.md hold the figures of docs/evidence/run-lengths.json."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from iqa.spc import DRIFT_LEVEL, KEYS, LEAST_SCANS, SCANS, SIGNALS, STEP_LEVEL, WEIGHT, ewma_limit

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
LONGEST_RUN, LONGEST_DELAY = 2000, 500


@cache
def evidence() -> Json:
    return dict(json.loads((ROOT / "docs" / "evidence" / "run-lengths.json").read_text(encoding="utf-8")))


@cache
def document() -> str:
    return (ROOT / "docs" / "control-charts.md").read_text(encoding="utf-8")


def sentences() -> str:
    """The document without its line breaks."""
    return " ".join(document().split())


def table(head: str) -> list[list[str]]:
    """Cells of the rows below the line that begins with a head's first cell."""
    lines = document().split(f"\n| {head} |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def scans(found: float | None, longest: int) -> str:
    return f"> {longest}" if found is None else f"{found:.0f}"


def delay(found: Json) -> str:
    return f"{scans(found['median'], LONGEST_DELAY)} ({scans(found['ninth_decile'], LONGEST_DELAY)})"


def of_steps(found: Json) -> list[str]:
    return [delay(found[step][when]) for step in ("1", "2") for when in ("at_once", "later")]


def of_baseline(n: str, found: Json) -> list[str]:
    run = found["run_in_control"]
    runs = [scans(run[name], LONGEST_RUN) for name in ("lower_quartile", "median")]
    counts = [f"{found[name]:.2f}" for name in ("limit", "documented", "signals", "with_restarts")]
    return [n, *counts, *runs, *of_steps(found["steps"])]


def rows() -> dict[str, list[list[str]]]:
    found = evidence()
    alike = ("noticed", "signals", "ever_drifting", "stepped", "ever_stepped")
    return {
        "baseline scans": [of_baseline(n, one) for n, one in found["baselines"].items()],
        "chart": [[name, *(f"{one[shift]:.1f}" for shift in ("0", "1", "2"))] for name, one in found["known"].items()],
        "correlation": [[name, *(f"{one[key]:.2f}" for key in alike)] for name, one in found["alike"].items()],
        "drift a week": [
            [f"{name} σ", scans(one["ewma"], 260), scans(one["drift"], 260)] for name, one in found["drifts"].items()
        ],
    }


@pytest.mark.parametrize("head", ["baseline scans", "chart", "correlation", "drift a week"])
def test_the_figures_of_a_table_are_those_of_the_evidence(head: str) -> None:
    assert table(head) == rows()[head]


def test_the_sentences_hold_the_figures_too() -> None:
    found = evidence()
    others, light = found["other_baselines_of_20"], found["baselines"]["20"]["steps"]
    heavy = found["weight_0.2"]["steps"]
    low, high = found["baselines"]["20"]["interval_99_of_1000"]
    for text in (
        f"{low:.2f} to {high:.2f}",
        f"{100 * found['baselines']['20']['scanners_alarmed']:.0f} % of the scanners",
        f"makes {others['limit_for_known']:.1f} false signals",
        f"of {others['median_and_mad']:.1f}",
        f"of {others['left_out']:.2f}",
        f"a median of {heavy['2']['at_once']['median']:.0f} scans instead of {light['2']['at_once']['median']:.0f}",
        f"{heavy['1']['at_once']['ninth_decile']:.0f} scans instead of {light['1']['at_once']['ninth_decile']:.0f}",
    ):
        assert text in sentences(), text


def test_the_sentences_hold_the_settings_too() -> None:
    assert (evidence()["keys"], evidence()["scans"]) == (KEYS, SCANS)
    for text in (
        f"λ = {WEIGHT:g}",
        f"{SIGNALS:g} false signal",
        f"{SCANS} weekly scans",
        f"{KEYS} charted keys",
        f"fewer than {LEAST_SCANS} scans",
        f"below {DRIFT_LEVEL:g}",
        f"below {STEP_LEVEL:g}",
    ):
        assert text in sentences(), text


@pytest.mark.parametrize("n", [8, 12, 20, 30, 50])
def test_the_limits_of_the_evidence_are_those_of_the_code(n: int) -> None:
    assert evidence()["baselines"][str(n)]["limit"] == pytest.approx(ewma_limit(n), abs=2e-3)
