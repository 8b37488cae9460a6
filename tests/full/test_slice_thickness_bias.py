"""Bias of the section thickness by shape, thickness and increment, at a wire CNR of 50; rows of steps beside it.

Writes docs/evidence/slice-thickness-bias-*.json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from sampled import Case, of_thickness

from iqa.locate import locate
from iqa.metrics import slice_thickness
from iqa.metrics.context import Context
from iqa.model import Located, Measurement, Pose
from iqa.phantom import library
from iqa.phantom.find import find
from iqa.simulate import Physics, simulate
from iqa.simulate.blur import Kernel
from iqa.simulate.section import Form

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
OVERSHOOTING: tuple[Kernel, ...] = ("hann", "sharp")
SECTIONS: tuple[tuple[Form, str], ...] = (("rect", "rectangle"), ("gaussian", "gaussian"), ("triangle", "triangle"))
RENDERED_SEEDS = 3
RENDERED_MM = (-14.0, 40.0)
"""From where to where along z: the module with the ramps, and enough of the next to tell the direction."""
RENDERED_HU = 5.0
"""Noise of rendered slices: the wires of a Catphan 504 in 5 mm then have a CNR of 60, in thinner ones more."""

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


def rendered(physics: Physics) -> tuple[float, float]:
    """Thickness, mm, and its u of the ramps of a Catphan 504 alone, by the whole chain."""
    simulated = simulate(find("catphan504", library()), physics)
    located = locate(simulated.scan, library(), phantom="catphan504")
    assert isinstance(located, Located)
    results = slice_thickness.measure(Context(simulated.scan, located)).results
    (found,) = [r for r in results if isinstance(r, Measurement) and r.key == "slice_thickness"]
    assert found.u is not None
    return found.value, found.u


def overshooting() -> Iterator[tuple[str, Case, list[Physics]]]:
    """Cases under kernels whose line spread is no Gaussian, with scans of each."""
    poses = [Pose(0.3 * k, 0.2, 0.2 * k, 40.0 * k, 0.3, 0.2) for k in range(RENDERED_SEEDS)]
    for mtf in OVERSHOOTING:
        for form, shape in SECTIONS:
            for mm in THICKNESSES_MM:
                slices = round((RENDERED_MM[1] - RENDERED_MM[0]) / mm)
                yield f"{mtf}, {shape}, {mm:g} mm", Case(shape, mm, mm, slices), [
                    Physics(
                        step_mm=mm, thickness_mm=mm, slices=slices, first_z_mm=RENDERED_MM[0], mtf=mtf,
                        section=form, noise_hu=RENDERED_HU, pose=pose, seed=k,
                    )
                    for k, pose in enumerate(poses)
                ]  # fmt: skip


def test_ramps_under_kernels_that_overshoot(evidence: Evidence) -> None:
    summary: dict[str, dict[str, float | None]] = {}
    beyond = {}
    for name, case, scans in overshooting():
        values, us = np.array([rendered(physics) for physics in scans]).T
        one: dict[str, float] = {
            "bias_percent": round(100.0 * float(np.mean(values) / case.thickness_mm - 1.0), 2),
            "u_percent": round(100.0 * float(np.mean(us)) / case.thickness_mm, 2),
        }
        summary[name] = {**one, "allowed_percent": allowed(case)}
        if _beyond(one, allowed(case)):
            beyond[name] = one
    evidence("slice-thickness-bias-kernels", summary)
    assert beyond == {}


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
