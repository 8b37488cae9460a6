"""Slice thickness on real scans: near the nominal value, and the ramps of a scan agree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from iqa.dicom import read
from iqa.locate import locate
from iqa.metrics.context import Context
from iqa.metrics.slice_thickness import measure
from iqa.model import Located, Measurement
from iqa.phantom import library

# a cone-beam slice is a little wider than its nominal value (its voxels are blurred), a helical one up to 20 %
SCANS = [
    ("catphan504-varian-obi-head", 2.5, -0.2, 0.2),
    ("catphan504-varian-obi-gaps", 2.5, -0.2, 0.2),
    ("catphan504-varian-truebeam-head-fbp", 1.99, -0.1, 0.5),
    ("catphan604-varian-truebeam-halffan", 1.99, -0.1, 0.7),
    ("quartdvt-varian-halcyon", 2.0, -0.1, 0.6),
    ("acr464-siemens-drive-100kv", 5.0, -0.25, 1.2),
]


@pytest.mark.parametrize(("name", "nominal_mm", "below", "above"), SCANS, ids=[s[0] for s in SCANS])
def test_thickness_of_real_scans(
    real_scan: Callable[[str], Path], name: str, nominal_mm: float, below: float, above: float
) -> None:
    scan = read([real_scan(name)]).scans[0]
    located = locate(scan, library([]))
    assert isinstance(located, Located)
    results = [r for r in measure(Context(scan, located)).results if isinstance(r, Measurement) and r.unit == "mm"]
    *each, combined = results
    assert combined.key == "slice_thickness"
    assert nominal_mm + below <= combined.value <= nominal_mm + above
    values = np.array([m.value for m in each])
    # one section lies behind all ramps of a scan
    assert values.std() <= 0.04 * combined.value
