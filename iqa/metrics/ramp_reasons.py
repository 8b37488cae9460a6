"""Why a ramp or a row of elements gives no thickness, each reason once."""

from __future__ import annotations

from iqa.metrics.ramps import Fault, Strip
from iqa.metrics.steps import Row
from iqa.model import NotMeasured

SMALLEST_CNR = 5.0
"""Peak of a ramp over the noise of a pixel; below it the place of the peak itself is in doubt."""
MORE_CONTRAST = "More dose, a softer kernel or thicker slices."


def unusable(name: str, fault: Fault) -> NotMeasured:
    """A ramp or row that could not be cut out of the image."""
    return _withheld(name, f"Ramp '{name}' cannot be used: {fault.reason}", fault.needs)


def too_thick(strip: Strip, width_mm: float) -> NotMeasured:
    """A section that reaches beyond the ends of a ramp."""
    name, length = strip.ramp.name, strip.ramp.length_mm * strip.line.tangent
    reason = (
        f"No section of about {width_mm:.1f} mm lies wholly inside ramp '{name}', which is {length:.1f} mm long in z."
    )
    return _withheld(name, reason, "A slice near the ramp's middle, or thinner slices.")


def too_short(row: Row, width_mm: float) -> NotMeasured:
    """A section that reaches beyond the ends of a row."""
    name, length = row.ramp.name, row.ramp.step_z_mm * (row.ramp.count - 1)
    reason = f"A section of about {width_mm:.1f} mm is too thick for ramp '{name}', which is {length:.1f} mm long in z."
    return _withheld(name, reason, "Thinner slices.")


def diverged(name: str) -> NotMeasured:
    """A fit without an end."""
    reason = f"The fit of a section profile to ramp '{name}' does not settle."
    return _withheld(name, reason, "Less noise, or slices without artefacts through the ramp.")


def faint(name: str, cnr: float) -> NotMeasured:
    """Too little contrast for a fit."""
    reason = (
        f"Ramp '{name}' stands out by only {cnr:.1f} times the noise of a pixel; at least {SMALLEST_CNR:g} is needed."
    )
    return _withheld(name, reason, MORE_CONTRAST)


def beside_faint(name: str) -> NotMeasured:
    """Too few others that stand out."""
    reason = f"Ramp '{name}' is fitted together with others that do not stand out from the noise."
    return _withheld(name, reason, MORE_CONTRAST)


def dark(name: str) -> NotMeasured:
    """Elements darker than the block."""
    reason = f"Ramp '{name}' is a row of holes, darker than the block; only bright wires and beads are read."
    return _withheld(name, reason, "A phantom with wire or bead ramps.")


def _withheld(name: str, reason: str, needs: str) -> NotMeasured:
    """The thickness of one ramp or row."""
    return NotMeasured(f"slice_thickness.{name}", reason, needs)
