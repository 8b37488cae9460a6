"""`iqa crosscheck` with the real pylinac, on real scans and simulated ones; writes docs/evidence/crosscheck.json.

pylinac lives in an environment of its own (`make bench`; another one is named by IQA_BENCH).
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iqa.jobs.crosscheck import crosscheck
from iqa.jobs.simulate import simulate_to
from iqa.model import Answer, Crosschecked
from iqa.report.crosschecks import BOTH, over_allowed
from tests.conftest import scans_folder

Json = dict[str, Any]

BENCH = Path(os.environ.get("IQA_BENCH", Path(__file__).parents[2] / ".venv-bench")) / "bin" / "python"
READ = {
    "acr464-siemens-drive-100kv",
    "catphan504-varian-obi-halffan-rolled",
    "catphan504-varian-obi-head",
    "catphan604-varian-truebeam-halffan",
    "quartdvt-varian-halcyon",
}
"""The real scans that hold all that pylinac 3.49.0 needs."""
SIMULATED: tuple[tuple[str, Json], ...] = (
    ("catphan504", {}),
    ("catphan504", {"matrix": 256, "pixel_mm": 0.88, "noise_hu": 10.0}),
    ("catphan600", {}),
    ("acr464", {}),
    ("quart_dvt", {"noise_hu": 20.0, "step_mm": 2.0}),
)
SEEDS = range(11, 16)
FEWEST_AGREE = 0.93
"""Share of comparable, unbiased values within U on simulated scans; 95 % less what 5 × 5 scans let one see."""
MOST_UNEXPLAINED = 0.02
"""Share of shared values that chance leaves without a reason, bands being wider than U."""
BIASED = ("slice_thickness", "geometry.diameter")
"""What pylinac reads otherwise by its definition on every scan."""


@pytest.fixture(scope="module")
def python() -> str:
    if not BENCH.exists():
        pytest.skip(f"pylinac's environment is not in {BENCH} (`make bench` makes it; IQA_BENCH names another)")
    return str(BENCH)


@pytest.fixture(scope="module")
def real(python: str) -> dict[str, tuple[Crosschecked, ...]]:
    """Every real scan's outcome by its folder's name; those in which nothing is analysed have none."""
    if not scans_folder().is_dir():
        pytest.skip(f"the real scans are not in {scans_folder()} (set IQA_SCANS)")
    folders = sorted(f for f in scans_folder().iterdir() if f.is_dir())
    return {folder.name: crosscheck(folder, python=python).scans for folder in folders}


@pytest.fixture(scope="module")
def simulated(python: str) -> list[tuple[str, Json, list[Answer]]]:
    return [(phantom, changes, [_made(phantom, changes, s, python) for s in SEEDS]) for phantom, changes in SIMULATED]


def _made(phantom: str, changes: Json, seed: int, python: str) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        simulate_to(Path(folder), phantom, changes=changes | {"seed": seed})
        (checked,) = crosscheck(folder, python=python).scans
    return checked.answers[0]


def test_what_it_finds_is_written_down(
    real: dict[str, tuple[Crosschecked, ...]],
    simulated: list[tuple[str, Json, list[Answer]]],
    evidence: Callable[[str, object], None],
) -> None:
    rows = [_scan(name, checked) for name, scans in real.items() for checked in scans]
    made = [_counted(phantom, changes, answers) for phantom, changes, answers in simulated]
    evidence("crosscheck", {"real": rows, "simulated": made})
    assert rows


def test_every_difference_on_a_real_scan_has_its_reason(real: dict[str, tuple[Crosschecked, ...]]) -> None:
    answers = {name: checked.answers[0] for name, scans in real.items() for checked in scans}
    compared = {name: answer for name, answer in answers.items() if not answer.failure}
    assert set(compared) == READ & set(real)
    unexplained = {(name, r.key) for name, a in compared.items() for r in a.rows if r.outcome == "unexplained"}
    assert unexplained == set()
    assert all(r.reason for a in compared.values() for r in a.rows if r.outcome not in ("agrees", "unexplained"))


def test_where_pylinac_fails_one_line_says_so(real: dict[str, tuple[Crosschecked, ...]]) -> None:
    failed = [c.answers[0] for scans in real.values() for c in scans if c.answers[0].failure]
    assert failed
    assert all("\n" not in a.failure and a.failure.startswith("pylinac") and not a.rows for a in failed)


def test_on_simulated_scans_the_two_agree_as_often_as_their_uncertainties_say(
    simulated: list[tuple[str, Json, list[Answer]]],
) -> None:
    answers = [answer for *_, made in simulated for answer in made]
    assert [a.failure for a in answers if a.failure] == []
    over = [abs(v) for a in answers for r in a.rows if r.key not in BIASED and (v := over_allowed(r)) is not None]
    assert sum(v <= 1.0 for v in over) / len(over) >= FEWEST_AGREE
    outcomes = Counter(r.outcome for a in answers for r in a.rows)
    shared = sum(outcomes[o] for o in BOTH)
    assert outcomes["unexplained"] / shared <= MOST_UNEXPLAINED


def _scan(name: str, checked: Crosschecked) -> Json:
    answer = checked.answers[0]
    rows = [r for r in answer.rows if r.outcome in BOTH and r.outcome != "agrees"]
    return {
        "scan": name,
        "phantom": checked.analysis.located.spec.name,
        "pylinac": answer.version,
        "failure": answer.failure or None,
        "counts": _counts([answer]),
        "differing": [
            {"key": r.key, "outcome": r.outcome, "iqa": _digits(r.value), "pylinac": _digits(r.other)} for r in rows
        ],
    }


def _counted(phantom: str, changes: Json, answers: list[Answer]) -> Json:
    over = [v for a in answers for r in a.rows if r.key not in BIASED and (v := over_allowed(r)) is not None]
    return {
        "phantom": phantom,
        "changes": changes,
        "scans": len(answers),
        "counts": _counts(answers),
        "comparable": len(over),
        "within_U": sum(abs(v) <= 1.0 for v in over),
        "unexplained": sorted(r.key for a in answers for r in a.rows if r.outcome == "unexplained"),
    }


def _counts(answers: list[Answer]) -> Json:
    return dict(sorted(Counter(r.outcome for a in answers for r in a.rows).items()))


def _digits(value: float | None) -> float | None:
    """As many as do not depend on the machine."""
    return None if value is None else float(f"{value:.5g}")
