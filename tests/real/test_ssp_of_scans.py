"""Section profiles of real scans: as wide as the slice thickness, with the foot of a real section; and tilts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iqa.dicom import read
from iqa.locate import locate
from iqa.metrics import slice_thickness, ssp
from iqa.metrics.context import Context
from iqa.model import Curve, Located, Measurement
from iqa.phantom import library

SCANS = {
    "catphan504-varian-obi-head": "ssp-ramp@2",
    "catphan604-varian-truebeam-halffan": "ssp-ramp@2",
    "quartdvt-varian-halcyon": "ssp-ramp@2",
    "acr464-siemens-drive-100kv": "ssp-rows@2",
}
RECTANGLE, TRIANGLE = 1.0, 1.9
"""FWTM over FWHM of what scanners show: from a rectangle's to that between a triangle's (1.8) and a cone beam's."""
MODULE_LEANS_DEG = 1.5
"""A test module may lean so much against the body's outline: loose in its housing by some tenths of a millimetre."""


def measured(folder: Path) -> Context:
    scan = read([folder]).scans[0]
    located = locate(scan, library([]))
    assert isinstance(located, Located)
    return Context(scan, located)


@pytest.mark.parametrize(("name", "method"), SCANS.items(), ids=list(SCANS))
def test_profile_of_real_scans(real_scan: Callable[[str], Path], name: str, method: str) -> None:
    context = measured(real_scan(name))
    results = {r.key: r for r in ssp.measure(context).results}
    half, tenth, curve = results["ssp.fwhm"], results["ssp.fwtm"], results["ssp"]
    assert isinstance(half, Measurement)
    assert isinstance(tenth, Measurement)
    assert isinstance(curve, Curve)
    thickness = next(r for r in slice_thickness.measure(context).results if r.key == "slice_thickness")
    assert isinstance(thickness, Measurement)
    assert half.method == method
    assert half.value == thickness.value
    assert RECTANGLE <= tenth.value / half.value <= TRIANGLE
    assert max(curve.values) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("name", ["catphan504-varian-obi-head", "catphan604-varian-truebeam-halffan"])
def test_the_ramps_lean_as_the_body_does(real_scan: Callable[[str], Path], name: str) -> None:
    context = measured(real_scan(name))
    pose = context.located.pose
    found = {r.key: r for r in slice_thickness.measure(context).results}
    for key, own in (("geometry.ramp_pitch", pose.pitch_deg), ("geometry.ramp_yaw", pose.yaw_deg)):
        tilt = found[key]
        assert isinstance(tilt, Measurement)
        assert tilt.u is not None
        assert abs(tilt.value - own) <= max(3.0 * tilt.u, MODULE_LEANS_DEG)
