"""Bias of the section thickness by shape, thickness and increment, at a wire CNR of 50; rows of steps beside it.

Writes docs/evidence/slice-thickness-bias.json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from sampled import Case, of_thickness

SEEDS = 24
SPAN_MM = 10.0
"""Length along the axis over which a ramp is read: so many slices are made."""
THICKNESSES_MM = (0.6, 0.8, 1.25, 2.5, 5.0)
INCREMENTS = {"contiguous": 1.0, "overlapping": 0.5}
GAPPED, GAPPED_ROWS = 1.7, 1.3
"""A row of 13 wires is 12 mm long: two slices of 5 mm with a wider gap do not lie wholly in it."""
STEP_MM = 1.0
"""Of the rows: a wire every 1 mm, two rows against one another."""
THIN_MM = 1.25
THIN_PERCENT, THICK_PERCENT, TRIANGLE_PERCENT = 5.0, 1.5, 4.0

Evidence = Callable[[str, object], None]


def cases(*, beads: bool) -> Iterator[tuple[str, Case]]:
    for shape in ("rectangle", "gaussian", "triangle"):
        for thickness in THICKNESSES_MM:
            for name, share in (INCREMENTS | {"gapped": GAPPED_ROWS if beads else GAPPED}).items():
                step = share * thickness
                slices = int(np.clip(round(SPAN_MM / step), 2, 12))
                yield f"{shape}, {thickness:g} mm, {name}", Case(shape, thickness, step, slices, beads=beads)


def found(case: Case) -> dict[str, float]:
    values, us = of_thickness(case, SEEDS)
    return {
        "bias_percent": round(100.0 * float(np.mean(values) / case.thickness_mm - 1.0), 2),
        "its_standard_error": round(100.0 * float(np.std(values)) / case.thickness_mm / SEEDS**0.5, 2),
        "u_percent": round(100.0 * float(np.mean(us)) / case.thickness_mm, 2),
    }


def allowed(case: Case) -> float | None:
    """Per cent; None of a triangle thinner than 2.5 mm, which need only lie within its u."""
    if case.shape == "triangle":
        return TRIANGLE_PERCENT if case.thickness_mm >= 2.5 else None
    return THICK_PERCENT if case.thickness_mm > THIN_MM else THIN_PERCENT


def _beyond(summary: dict[str, float], percent: float | None) -> bool:
    """Whether a bias is larger than allowed, or than 2u where nothing is stated."""
    return abs(summary["bias_percent"]) > (2.0 * summary["u_percent"] if percent is None else percent)


def test_ramps(evidence: Evidence) -> None:
    summary = {name: found(case) for name, case in cases(beads=False)}
    bounds = {name: allowed(case) for name, case in cases(beads=False)}
    stated = {name: dict[str, object](one) | {"allowed_percent": bounds[name]} for name, one in summary.items()}
    evidence("slice-thickness-bias-ramps", stated)
    assert {name for name, percent in bounds.items() if _beyond(summary[name], percent)} == set()


def test_rows_of_steps(evidence: Evidence) -> None:
    wide = [(name, case) for name, case in cases(beads=True) if case.thickness_mm >= 2.5]
    summary = {name: found(case) | {"allowed_mm": STEP_MM / 4} for name, case in wide}
    evidence("slice-thickness-bias-rows", summary)
    off = {name: abs(summary[name]["bias_percent"]) / 100.0 * case.thickness_mm for name, case in wide}
    assert {name: mm for name, mm in off.items() if mm > STEP_MM / 4} == {}


def test_an_increment_of_whole_steps_is_known_to_half_a_step_and_says_so() -> None:
    """Every slice then sees the wires at the same places of its section: what lies between them shows nowhere."""
    seen = found(Case("rectangle", 2.5, 4.0 * STEP_MM, 3, beads=True))
    assert abs(seen["bias_percent"]) <= 100.0 * (0.5 * STEP_MM) / 2.5
    assert abs(seen["bias_percent"]) <= 2.0 * seen["u_percent"]
