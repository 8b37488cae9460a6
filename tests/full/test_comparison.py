"""iqa, pylinac and the truth on the same simulated scans of a Catphan 504; writes docs/evidence/comparison.json.

pylinac lives in an environment of its own (`make bench`; another one is named by IQA_BENCH).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import j1

from iqa.analyze import analyze
from iqa.jobs.simulate import simulate_to
from iqa.model import Measurement

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
BENCH = Path(os.environ.get("IQA_BENCH", ROOT / ".venv-bench"))
NUMBERS = ROOT / "benchmarks" / "pylinac_numbers.py"

SCANS: dict[str, Json] = {
    "soft": {},
    "sharp": {"mtf": "sharp", "noise_hu": 10.0},
    "overlap": {"step_mm": 1.25},
    "offset": {"offset_hu": 1000.0},
}
"""What differs from the defaults of `Physics`: kernel soft, 5 HU, sections of 2.5 mm every 2.5 mm."""
STRADDLE, DIFFERENCE = "thickness_slice_straddle=0", "contrast_method=Difference"
OPTIONS = {"overlap": STRADDLE, "offset": DIFFERENCE}
"""The option of pylinac by which a user can have more than the default gives on that scan."""
SEEN_FOR_SURE = 3.29
"""Contrast over the scatter of disc means from which a target is seen: 1.645 either way."""
TARGET = "low_contrast.10permille_15mm"
CHANCE = 3.3
"""|z| that one value in a thousand exceeds."""
LENGTH_PER_MM = 1.4
"""pylinac counts frequency in shares of its radial array: 28 bins of 1/(40 pixels), the corner of a square of 20 mm."""


@dataclass(frozen=True)
class Row:
    """A quantity on a scan: iqa's key, its name in pylinac and the option with which pylinac ran."""

    scan: str
    quantity: str
    key: str
    pylinac: str | None
    option: str | None = None


RESOLUTION = (
    ("f50, point, 1/mm", "mtf.bead.f50", "rmtf_50"),
    ("f50, edge, 1/mm", "ttf.teflon.f50", None),
    ("modulation of bars at 5 lp/cm", "line_pairs.modulation.5", "rmtf_5"),
    ("noise, average frequency, 1/mm", "nps.average_frequency", "avg_noise_power"),
    ("noise, peak frequency, 1/mm", "nps.peak_frequency", "max_noise_power_frequency"),
)
THICKNESS = ("slice thickness, mm", "slice_thickness", "meas_slice_thickness")
CONTRAST = ("contrast of the 1.0 % target of 15 mm, HU", f"{TARGET}.contrast", "contrast")
FAINT = (
    CONTRAST,
    ("its contrast over the noise of a slice", f"{TARGET}.cnr", "cnr"),
    ("smallest 1.0 % target seen, mm", "low_contrast.visible.10permille", "smallest_visible_mm"),
)
ROWS = (
    *(Row(scan, *what) for scan in ("soft", "sharp") for what in RESOLUTION),
    Row("soft", *THICKNESS),
    Row("overlap", *THICKNESS),
    Row("overlap", *THICKNESS, STRADDLE),
    *(Row(scan, *what) for scan in ("soft", "offset") for what in FAINT),
    Row("offset", *CONTRAST, DIFFERENCE),
)


@dataclass(frozen=True)
class Answers:
    """What each program says of one scan, and what is true."""

    truth: dict[str, float]
    ours: dict[str, Measurement]
    theirs: dict[str | None, Json]
    """By option."""


@pytest.fixture(scope="module")
def answers() -> dict[str, Answers]:
    if not (BENCH / "bin" / "python").exists():
        pytest.skip(f"pylinac's environment is not in {BENCH} (`make bench` makes it; IQA_BENCH names another)")
    return {scan: _answers(scan) for scan in SCANS}


def _answers(scan: str) -> Answers:
    options = (None, OPTIONS[scan]) if scan in OPTIONS else (None,)
    with tempfile.TemporaryDirectory() as folder:
        simulate_to(Path(folder), "catphan504", changes=SCANS[scan])
        document = json.loads((Path(folder) / "truth.json").read_text(encoding="utf-8"))
        (analysis,) = analyze([folder]).analyses
        theirs = {option: pylinac(folder, option) for option in options}
    return Answers(with_targets(document), {m.key: m for m in analysis.measurements}, theirs)


def pylinac(folder: str, option: str | None) -> Json:
    """Its numbers, or the last line of what it raised under `error`."""
    command = [str(BENCH / "bin" / "python"), str(NUMBERS), folder, *([option] if option else [])]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | {"MPLBACKEND": "Agg"})
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1]}
    return dict(json.loads(done.stdout))


def with_targets(document: Json) -> dict[str, float]:
    """The true values, with what they make of the 1.0 % targets: the ratio to noise, and the smallest that is seen."""
    values = dict(document["values"])
    values[f"{TARGET}.cnr"] = values[f"{TARGET}.contrast"] / values["noise.sigma"]
    values["low_contrast.visible.10permille"] = smallest_seen(document["curves"], values[f"{TARGET}.contrast"])
    return values


def smallest_seen(curves: Json, contrast: float) -> float:
    """Diameter, mm, at which a rod's mean is 3.29 times the scatter of such means, from the true MTF and NPS."""
    f, transfer = (np.array(curves["mtf"][x]) for x in ("per_mm", "value"))
    g, nps = (np.array(curves["nps"][x]) for x in ("per_mm", "hu2_mm2"))

    def disc(diameter: float, at: Any) -> Any:
        u = np.pi * diameter * np.maximum(at, 1e-9)
        return (2.0 * j1(u) / u) ** 2 * 2.0 * np.pi * at

    def excess(diameter: float) -> float:
        share = 0.25 * np.pi * diameter**2 * np.trapezoid(transfer * disc(diameter, f), f)
        scatter = np.trapezoid(nps * disc(diameter, g), g) ** 0.5
        return float(contrast * share - SEEN_FOR_SURE * scatter)

    return float(brentq(excess, 1.0, 15.0))


def found(answers: dict[str, Answers]) -> Iterator[Json]:
    """The rows as data."""
    for row in ROWS:
        here = answers[row.scan]
        one, their = here.ours[row.key], here.theirs[row.option]
        yield {
            "scan": row.scan,
            "quantity": row.quantity,
            "truth": digits(here.truth[row.key]),
            "iqa": {"key": row.key, "value": digits(one.value), "u": digits(one.u)},
            "pylinac": {
                "name": row.pylinac,
                "option": row.option,
                "value": digits(their.get(row.pylinac or "")),
                "error": their.get("error"),
            },
        }


def digits(value: float | None) -> float | None:
    """As many as do not depend on the machine."""
    return None if value is None else round(value, 6)


def test_beside_the_truth_and_pylinac(answers: dict[str, Answers], evidence: Callable[[str, object], None]) -> None:
    rows = list(found(answers))
    version = answers["soft"].theirs[None].get("version")
    evidence("comparison", {"pylinac": version, "scans": SCANS, "rows": rows})
    off = {(r["scan"], r["quantity"]): (r["iqa"]["value"] - r["truth"]) / r["iqa"]["u"] for r in rows}
    assert {what: z for what, z in off.items() if abs(z) > CHANCE} == {}


def test_what_the_document_says_of_pylinac_is_so(answers: dict[str, Answers]) -> None:
    soft, sharp, overlap, offset = (answers[s].theirs[None] for s in SCANS)
    true = {s: a.truth for s, a in answers.items()}
    assert soft["rmtf_50"] == pytest.approx(true["soft"]["mtf.bead.f50"], rel=0.01)
    assert sharp["rmtf_50"] < 0.9 * true["sharp"]["mtf.bead.f50"]
    for kernel, found in (("soft", soft), ("sharp", sharp)):
        per_unit = true[kernel]["nps.average_frequency"] / found["avg_noise_power"]
        assert per_unit == pytest.approx(LENGTH_PER_MM, rel=0.03)
    assert overlap["meas_slice_thickness"] < 0.5 * true["overlap"]["slice_thickness"]
    assert answers["overlap"].theirs[STRADDLE]["meas_slice_thickness"] == pytest.approx(2.5, rel=0.02)
    assert offset["contrast"] < 0.1 * soft["contrast"]
    assert (soft["smallest_visible_mm"], offset["smallest_visible_mm"]) == (5.0, None)
    with_difference = answers["offset"].theirs[DIFFERENCE]["contrast"]
    assert with_difference == pytest.approx(true["offset"][f"{TARGET}.contrast"], rel=0.1)
