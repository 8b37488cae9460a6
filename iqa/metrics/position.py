"""Family `position`: the phantom's origin against the isocentre, and its three angles."""

from __future__ import annotations

import numpy as np

from iqa.metrics.context import Context, Measured
from iqa.metrics.regions import where
from iqa.model import Measurement, NotMeasured, Result, Scan

METHOD = "pose@1"


def measure(context: Context) -> Measured:
    """`position.x`, `.y`, `.z` in DICOM patient coordinates, `.roll`, `.pitch`, `.yaw` on the image.

    Notes
    -----
    The zero point is Data Collection Center (Patient); where the header lacks it, the middle of the image stack,
    flagged `from_image_centre`. u is that of the located pose; couch and lasers are no part of it.
    """
    located = context.located
    zero, flags = _zero(context.scan)
    origin = np.asarray(context.scan.to_patient(located.pose.x_mm, located.pose.y_mm, located.pose.z_mm))
    offset = origin - np.asarray(zero)
    u_patient = _u_patient(context)
    pose = located.pose
    angles = (
        ("roll", pose.roll_deg, located.u_roll_deg),
        ("pitch", pose.pitch_deg, located.u_tilt_deg),
        ("yaw", pose.yaw_deg, located.u_tilt_deg),
    )
    lengths = zip("xyz", offset.tolist(), u_patient, strict=True)
    return Measured(
        (
            *(_result(context, name, value, u, unit="mm", flags=flags) for name, value, u in lengths),
            *(_result(context, name, value, u, unit="°") for name, value, u in angles),
        )
    )


def _zero(scan: Scan) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    if scan.acquisition.scan_centre_mm is not None:
        return scan.acquisition.scan_centre_mm, ()
    _, rows, columns = scan.stored.shape
    x, y = scan.to_stack((columns - 1) / 2, (rows - 1) / 2, len(scan) // 2)
    return scan.to_patient(x, y, float(scan.z_mm[[0, -1]].mean())), ("from_image_centre",)


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
        return NotMeasured(key, _WHY[name], _NEEDS[name])
    module = context.located.module(context.located.spec.origin)
    if module is None or not module.slices:
        return Measurement(key, value, u, unit, 1, "other modules", METHOD, flags)
    return Measurement(key, value, u, unit, len(module.slices), where(module.name, module.slices), METHOD, flags)


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
