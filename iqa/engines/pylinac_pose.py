"""Where pylinac finds a phantom, and the lengths it measures, beside iqa's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from iqa.engines.agreement import Band, Said
from iqa.engines.asked import Asked

CENTROID_PX = 0.1
"""Standard uncertainty of a centroid of pylinac's regions, px: 0.06 px between pins on simulated Catphans of 0.5 and
0.9 mm pixels, 0.11 px on three real ones. A smaller one calls the step of its regions from pixel to pixel a fault."""
PULLED_PX = 0.5
"""How far what touches the body has been seen to pull the centre of its region: 0.3 px on a real scan."""
PULLED_ROLL_PX = 0.3
"""How far the box beside the Quart's air has pulled that region: 0.2 px on simulated scans, 0.3 px on a real one."""
BUBBLES_MM: Mapping[str, float] = {"acr464": 88.5, "quart_dvt": 104.9}
"""Distance of the two inserts whose line is the roll; elsewhere that of a Catphan's."""
CATPHAN_BUBBLES_MM = 117.0
OTHER_AXIS_DEG = 45.0
"""Roll beyond which the sides of the square of pins change their names."""
ROUNDED = 1.0 / math.sqrt(12.0)
EVERY_SECOND = 2
"""Slices of which pylinac looks at one for its origin."""

BUBBLES = (
    "pylinac's roll is the line between two regions of thresholded edges on one slice, and the box beside the Quart's "
    "air insert grows one of them."
)
CENTRE = (
    "pylinac takes the centroid of all that lies within the outermost steep edge, fitted over the slices, and a holder "
    "or couch that touches the body on some of them counts."
)
SIDES: Mapping[str, str] = {"1_2": "Top-Horizontal", "3_4": "Bottom-Horizontal", "2_3": "Left-Vertical",
                            "1_4": "Right-Vertical"}  # fmt: skip
"""Pins counter-clockwise from the upper right, and pylinac's names of the sides of their square."""
CHORD_MM = (-0.3, 0.0)
"""A row's width by pylinac less the diameter: half of the highest pixel lies up to 0.1 mm further in, on a real Quart,
and rows and columns of a body out of round differ by as much again."""
CHORD = (
    "pylinac's is the width of one row or column at half of its highest pixel, which noise and a bright rim raise, "
    "iqa's the mean diameter of the outline."
)


def pose(asked: Asked, module: str) -> Iterator[Said]:
    """Roll, place along the axis, and the body's axis beside the phantom's origin."""
    roll = asked.get("roll")
    yield Said("position.roll", "roll (clockwise)", None if roll is None else -roll, _u_roll(asked), band=_roll(asked))
    yield Said("position.z", "origin slice", _z(asked), _u_z(asked))
    x, y = _axis(asked, module)
    for key, value in (("geometry.axis_x", x), ("geometry.axis_y", y)):
        reach = PULLED_PX * asked.pixel_mm
        yield Said(
            key, "phantom's centre", value, CENTROID_PX * asked.pixel_mm, band=asked.band(key, -reach, reach, CENTRE)
        )


def pins(asked: Asked) -> Iterator[Said]:
    """Sides of the square of pins."""
    pose = asked.analysis.located.pose
    if pose.mirrored or abs(pose.roll_deg) > OTHER_AXIS_DEG:
        return
    u = math.sqrt(2.0) * CENTROID_PX * asked.pixel_mm
    for pair, side in SIDES.items():
        yield Said(f"geometry.pin_distance.{pair}", f"line {side}", asked.get(f"ctp404.line.{side}"), u)


def chords(asked: Asked) -> Iterator[Said]:
    """Width of the body along a row and down a column, of which iqa has one diameter."""
    body = asked.analysis.located.body
    round_mm = 0.0 if body is None else 2.0 * body.out_of_round_mm
    u = math.sqrt(2.0) * CENTROID_PX * asked.pixel_mm
    band = asked.band("geometry.diameter", CHORD_MM[0] - round_mm, CHORD_MM[1] + round_mm, CHORD)
    for way in ("horizontal", "vertical"):
        yield Said("geometry.diameter", f"width, {way}", asked.get(f"geometry.{way}"), u, band=band)


def _u_roll(asked: Asked) -> float:
    name = asked.analysis.located.spec.name
    apart = BUBBLES_MM.get(name, CATPHAN_BUBBLES_MM)
    return math.degrees(math.sqrt(2.0) * CENTROID_PX * asked.pixel_mm / apart)


def _roll(asked: Asked) -> Band | None:
    if asked.analysis.located.spec.name != "quart_dvt":
        return None
    reach = math.degrees(PULLED_ROLL_PX * asked.pixel_mm / BUBBLES_MM["quart_dvt"])
    return asked.band("position.roll", -reach, reach, BUBBLES)


def _z(asked: Asked) -> float | None:
    """Its origin slice as a place: iqa's plus the way from iqa's origin along the patient's z."""
    ours, slice_z = asked.ours("position.z"), asked.get("origin_z")
    if ours is None or slice_z is None:
        return None
    return ours.value + slice_z - asked.analysis.origin_patient_mm[2]


def _u_z(asked: Asked) -> float:
    return EVERY_SECOND * ROUNDED * (asked.step_mm or 0.0)


def _axis(asked: Asked, module: str) -> tuple[float | None, float | None]:
    """Its centre less that of iqa's origin module, mm, in the phantom's own frame."""
    located = asked.analysis.located
    column, row = asked.get(f"{module}.column"), asked.get(f"{module}.row")
    centres = dict(zip((m.name for m in located.modules), asked.analysis.centres_px, strict=False))
    centre = centres.get(located.spec.origin)
    if column is None or row is None or centre is None:
        return None, None
    _, dy, dx = asked.analysis.spacing_mm
    on_image = np.array([(column - centre[0]) * dx, (row - centre[1]) * dy])
    x, y = np.linalg.solve(located.pose.matrix[:2, :2], on_image)
    return float(x), float(y)
