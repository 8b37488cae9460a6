"""Why a ramp or a row of elements gives no thickness, each reason once."""

from __future__ import annotations

from iqa.metrics.ramps import Fault, Strip
from iqa.metrics.steps import Row
from iqa.model import NotMeasured

SMALLEST_CNR = 5.0
"""Peak of a ramp over the noise of a pixel; below it the place of the peak itself is in doubt."""


def unusable(name: str, fault: Fault) -> NotMeasured:
    """A ramp or row that could not be cut out of the image."""
    return NotMeasured(f"slice_thickness.{name}", f"Ramp '{name}' cannot be used: {fault.reason}", fault.needs)


def too_thick(strip: Strip, width_mm: float) -> NotMeasured:
    """A section that reaches beyond the ends of a ramp."""
    length = strip.ramp.length_mm * strip.line.tangent
    return NotMeasured(
        f"slice_thickness.{strip.ramp.name}",
        f"No section of about {width_mm:.1f} mm lies wholly inside ramp '{strip.ramp.name}', which is {length:.1f} mm "
        "long in z.",
        "A slice near the ramp's middle, or thinner slices.",
    )


def too_short(row: Row, width_mm: float) -> NotMeasured:
    """A section that reaches beyond the ends of a row."""
    length = row.ramp.step_z_mm * (row.ramp.count - 1)
    return NotMeasured(
        f"slice_thickness.{row.ramp.name}",
        f"A section of about {width_mm:.1f} mm is too thick for ramp '{row.ramp.name}', which is {length:.1f} mm long "
        "in z.",
        "Thinner slices.",
    )


def diverged(name: str) -> NotMeasured:
    """A fit without an end."""
    return NotMeasured(
        f"slice_thickness.{name}",
        f"The fit of a section profile to ramp '{name}' does not settle.",
        "Less noise, or slices without artefacts through the ramp.",
    )


def faint(name: str, cnr: float) -> NotMeasured:
    """Too little contrast for a fit."""
    return NotMeasured(
        f"slice_thickness.{name}",
        f"Ramp '{name}' stands out by only {cnr:.1f} times the noise of a pixel; at least {SMALLEST_CNR:g} is needed.",
        "More dose, a softer kernel or thicker slices.",
    )


def beside_faint(name: str) -> NotMeasured:
    """Too few others that stand out."""
    return NotMeasured(
        f"slice_thickness.{name}",
        f"Ramp '{name}' is fitted together with others that do not stand out from the noise.",
        "More dose, a softer kernel or thicker slices.",
    )


def dark(name: str) -> NotMeasured:
    """Elements darker than the block."""
    return NotMeasured(
        f"slice_thickness.{name}",
        f"Ramp '{name}' is a row of holes, darker than the block; only bright wires and beads are read.",
        "A phantom with wire or bead ramps.",
    )
