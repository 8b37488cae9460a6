"""Family `position`: the phantom's origin against the isocentre, and its three angles."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from iqa.metrics.context import Context, Measured
from iqa.metrics.regions import PIXEL_CALIBRATION, where
from iqa.model import Measurement, NotMeasured, Result, Scan

METHOD = "pose@2"


def measure(context: Context) -> Measured:
    """`position.x`, `.y`, `.z` in DICOM patient coordinates, `.roll`, `.pitch`, `.yaw` on the image.

    Notes
    -----
    The zero point is Data Collection Center (Patient); where the header lacks it, the middle of the image stack,
    flagged `from_image_centre`. A centre that travels with the slices fixes x and y alone; its z is then that of the
    stack's middle, and only if the stack is whole. u is that of the located pose and of the pixel size times the
    distance from the zero point; couch and lasers are no part of it.
    """
    located = context.located
    pose = located.pose
    angles = (
        ("roll", pose.roll_deg, located.u_roll_deg),
        ("pitch", pose.pitch_deg, located.u_tilt_deg),
        ("yaw", pose.yaw_deg, located.u_tilt_deg),
    )
    turned = (_result(context, name, value, u, unit="°") for name, value, u in angles)
    return Measured((*_lengths(context), *turned))


def _lengths(context: Context) -> Iterator[Result]:
    scan, pose = context.scan, context.located.pose
    origin = scan.to_patient(pose.x_mm, pose.y_mm, pose.z_mm)
    zero = scan.acquisition.scan_centre_mm
    for at, (name, u) in enumerate(zip("xyz", _u_patient(context), strict=True)):
        moves = name == "z" and scan.acquisition.scan_centre_moves
        known = zero is not None and not moves
        if moves and "slices_missing" in scan.flags and u is not None:
            yield NotMeasured("position.z", _NO_MIDDLE, "A complete series.")
            continue
        offset = origin[at] - (zero if zero is not None and known else _middle(scan))[at]
        # Along z the planes' positions count, in the plane the pixels' size.
        scale = 0.0 if name == "z" else PIXEL_CALIBRATION * offset
        whole_u = None if u is None else math.hypot(u, scale)
        yield _result(context, name, offset, whole_u, unit="mm", flags=() if known else ("from_image_centre",))


def _middle(scan: Scan) -> tuple[float, float, float]:
    """Middle of the image stack in patient coordinates, mm."""
    _, rows, columns = scan.stored.shape
    x, y = scan.to_stack((columns - 1) / 2, (rows - 1) / 2, len(scan) // 2)
    return scan.to_patient(x, y, float(scan.z_mm[[0, -1]].mean()))


def _u_patient(context: Context) -> tuple[float | None, ...]:
    """Uncertainty of each patient coordinate, mm; None where the stack axis nearest to it has none."""
    scan, located = context.scan, context.located
    axes = np.abs(np.column_stack([scan.orientation[0], scan.orientation[1], scan.normal]))
    stack = (located.u_xy_mm, located.u_xy_mm, located.u_z_mm)
    u = np.array([0.0 if value is None else value for value in stack])
    combined = np.sqrt(axes**2 @ u**2)
    return tuple(
        None if stack[int(np.argmax(row))] is None else float(c) for row, c in zip(axes, combined, strict=True)
    )


def _result(
    context: Context, name: str, value: float, u: float | None, *, unit: str, flags: tuple[str, ...] = ()
) -> Result:
    key = f"position.{name}"
    if u is None:
        return _lack(context, name)
    body = context.located.body
    if name in ("pitch", "yaw") and body is not None:
        return Measurement(key, value, u, unit, len(body.slices), where("body", body.slices), METHOD, flags)
    module = context.whole.module(context.located.spec.origin)
    if module is None or not module.slices:
        return Measurement(key, value, u, unit, 1, "other modules", METHOD, flags)
    return Measurement(key, value, u, unit, len(module.slices), where(module.name, module.slices), METHOD, flags)


def _lack(context: Context, name: str) -> NotMeasured:
    if name in ("x", "y") and context.located.body is not None:
        module = context.located.spec.origin
        why = f"The outline is seen, but too few inserts or pins of module {module} stand out to fix the origin by."
        return NotMeasured(f"position.{name}", why, f"A slice of module {module} with its inserts or pins.")
    return NotMeasured(f"position.{name}", _WHY[name], _NEEDS[name])


_NO_MIDDLE = "The header's isocentre travels with the slices, and slices are missing: no point along z is its place."
_WHY = {
    "x": "The phantom's centre could not be measured on the image.",
    "y": "The phantom's centre could not be measured on the image.",
    "z": "Nothing in the scan fixes the phantom's place along its axis.",
    "roll": "Nothing in the scan fixes how the phantom is turned about its axis.",
    "pitch": "The axis of the phantom cannot be followed along the scan.",
    "yaw": "The axis of the phantom cannot be followed along the scan.",
}
_NEEDS = {
    "x": "A scan that shows the outline or the inserts.",
    "y": "A scan that shows the outline or the inserts.",
    "z": "Slices through the ramps, or contiguous slices through both ends of a module.",
    "roll": "A slice of the module with the inserts.",
    "pitch": "Slices over at least some centimetres of the phantom.",
    "yaw": "Slices over at least some centimetres of the phantom.",
}
