"""What pylinac says of one scan, in any environment that has it: prints one line of JSON.

    python pylinac_program.py CLASS FOLDER

CLASS is one of pylinac's phantoms, analysed with its defaults, as its users call it. The answer is
``{"version": ..., "values": {name: number or null}}`` or ``{"version": ..., "error": [class of the exception, its words
where they are known, else its place]}``. Names are `module.quantity`; iqa is not imported, since that environment need
not have it.
"""

from __future__ import annotations

import json
import re
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

Named = Iterator[tuple[str, Any]]

REACHED = tuple(range(10, 91, 10))
"""Percentages of the relative MTF at which a frequency is read."""

KNOWN = re.compile(
    r"The minimum number images from the same study were not found"
    r"|No edges were found in the image that look like the phantom"
    r"|The number of ROIs detected \d+ was not the number expected \(1\)"
    r"|Unable to find ROI of expected size of the phantom"
    r"|Unable to locate the Geometric nodes"
    r"|Unable to find the Low Contrast region\."
    r"|No slices were found that resembled the HU linearity module"
    r"|The determined image number is beyond the image extent\. Either the entire dataset wasn't loaded or the entire "
    r"phantom wasn't scanned\."
    r"|The physical scan extent does not match the module configuration\. This means not all modules were included in "
    r"the scan\. Rescan the phantom to include all ?relevant modules, or remove modules from the analysis\.",
    re.ASCII,
)
"""What pylinac 3.49.0 says of a scan that it cannot read. Any other words could quote a header, and are not shown."""


def values_of(name: str, folder: str) -> dict[str, Any]:
    """The numbers of one phantom; one that pylinac does not have, or that has no finite value, is None."""
    import pylinac  # noqa: PLC0415 - where it is missing, that is said in the answer

    scan = getattr(pylinac, name)(folder)
    scan.analyze()
    readers = {"ACRCT": _acr, "QuartDVT": _quart}
    found = {key: _number(value) for key, value in readers.get(name, _catphan)(scan)}
    return found | {key: _number(value) for key, value in _pose(scan)}


def _pose(scan: Any) -> Named:  # noqa: ANN401 - pylinac has no types
    yield "roll", scan.catphan_roll
    headers = getattr(scan.dicom_stack, "metadatas", None)  # older versions keep one only
    yield "origin_z", None if headers is None else headers[scan.origin_slice].ImagePositionPatient[2]


def _catphan(scan: Any) -> Named:  # noqa: ANN401
    hu = scan.ctp404
    yield from _medians("ctp404", hu)
    yield from _centre("ctp404", hu)
    yield "ctp404.slice_thickness", hu.meas_slice_thickness
    yield "ctp404.slices_combined", 1 + 2 * hu.pad
    for name, line in hu.lines.items():
        yield f"ctp404.line.{name}", line.length_mm
    if hasattr(scan, "ctp486"):
        yield from _uniform("ctp486", scan.ctp486)
    if hasattr(scan, "ctp528"):
        yield from _bars("ctp528", scan.ctp528.mtf)
    if hasattr(scan, "ctp515"):
        for name, rod in scan.ctp515.rois.items():
            yield from _rod(f"ctp515.{name}", rod)
        seen = [float(name) for name, rod in scan.ctp515.rois.items() if rod.passed_visibility]
        yield "ctp515.smallest_seen", min(seen, default=None)


def _acr(scan: Any) -> Named:  # noqa: ANN401
    yield from _centre("ct", scan.ct_calibration_module)
    yield from _means("ct", scan.ct_calibration_module)
    yield from _means("uniformity", scan.uniformity_module)
    yield "uniformity.sd", scan.uniformity_module.rois["Center"].std
    yield "uniformity.bb_distance", getattr(scan.uniformity_module, "bb_distance_mm", None)
    yield from _bars("resolution", scan.spatial_resolution_module.mtf)
    yield "low_contrast.cnr", scan.low_contrast_module.cnr()


def _quart(scan: Any) -> Named:  # noqa: ANN401
    yield from _medians("hu", scan.hu_module)
    yield from _centre("hu", scan.hu_module)
    yield "hu.slice_thickness", scan.hu_module.meas_slice_thickness
    yield "hu.slices_combined", 1 + 2 * scan.hu_module.pad
    yield from _uniform("uniformity", scan.uniformity_module)
    for name, distance in scan.geometry_module.distances().items():
        yield f"geometry.{name.split()[0]}", distance


def _medians(module: str, of: Any) -> Named:  # noqa: ANN401
    yield from ((f"{module}.{name}", roi.pixel_value) for name, roi in of.rois.items())


def _means(module: str, of: Any) -> Named:  # noqa: ANN401
    yield from ((f"{module}.{name}", roi.mean) for name, roi in of.rois.items())


def _centre(module: str, of: Any) -> Named:  # noqa: ANN401
    """Pixel (column, row) of the phantom's centre on the image read."""
    yield f"{module}.column", of.phan_center.x
    yield f"{module}.row", of.phan_center.y


def _uniform(module: str, of: Any) -> Named:  # noqa: ANN401
    yield from _medians(module, of)
    yield f"{module}.sd", of.rois["Center"].std
    yield f"{module}.integral", of.integral_non_uniformity
    yield f"{module}.noise_average", of.avg_noise_power
    yield f"{module}.noise_peak", of.max_noise_power_frequency


def _bars(module: str, mtf: Any) -> Named:  # noqa: ANN401
    yield from ((f"{module}.f{percent}", mtf.relative_resolution(percent)) for percent in REACHED)
    yield from ((f"{module}.rmtf.{10 * per_mm:g}", value) for per_mm, value in mtf.norm_mtfs.items())


def _rod(name: str, rod: Any) -> Named:  # noqa: ANN401
    yield f"{name}.value", rod.pixel_value
    yield f"{name}.background", rod.contrast_reference
    yield f"{name}.contrast", rod.contrast
    yield f"{name}.cnr", rod.contrast_to_noise


def _number(value: Any) -> float | None:  # noqa: ANN401
    number = None if value is None else float(value)
    return number if number is not None and abs(number) < float("inf") else None  # NaN is not less either


def answer(name: str, folder: str) -> dict[str, Any]:
    """The numbers, or what pylinac raised."""
    said: dict[str, Any] = {"version": None}
    try:
        import pylinac  # noqa: PLC0415 - it may be missing

        said["version"] = pylinac.__version__
        return said | {"values": values_of(name, folder)}
    except Exception as error:  # whatever another program raises is an answer
        return said | {"error": [type(error).__name__, _line(error, unread=said["version"] is None)]}


def _line(error: Exception, *, unread: bool) -> str:
    """Known words, or any before a scan is read; of all others only the place."""
    if unread or KNOWN.fullmatch(str(error)):
        return str(error)
    return f"in {Path(traceback.extract_tb(error.__traceback__)[-1].filename).name}"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with redirect_stdout(sys.stderr):
        found = answer(*sys.argv[1:3])
    print(json.dumps(found, allow_nan=False))
