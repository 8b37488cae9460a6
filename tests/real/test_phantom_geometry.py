"""The shipped definitions against real scans: inserts, beads and wires lie where the files say.

The places are found here by plain centroids around hand-measured centres, without the locator.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iqa.dicom import read
from iqa.model import Bead, Insert, Module, Scan, StepRamp, Wire
from iqa.phantom import load
from iqa.shipped import shipped

Find = Callable[[str], Path]
Image = NDArray[np.float32]
Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]

CONTRAST_HU = 60.0
"""Inserts that stand out less have no centroid worth the name."""

SCANS = {
    # scan: (definition, module, z of a slice, hand-measured centre (column, row), mirrored)
    "catphan504-varian-obi-head": ("catphan504", "CTP404", -0.4, (253.63, 253.36), False),
    "catphan503-ge-revolutionevo-ctp404": ("catphan503", "CTP404", None, None, False),
    "catphan604-varian-truebeam-halffan": ("catphan604", "CTP732", 1.0, (255.08, 255.14), False),
    "acr464-siemens-drive-100kv": ("acr464", "module1", 5.0, (256.28, 254.62), False),
    "quartdvt-varian-halcyon": ("quart_dvt", "inserts", -6.0, (256.35, 254.92), False),
    "mercury4-siemens-naeotom": ("mercury4", "inserts_260", 1370.7, (258.66, 256.58), True),
}


def _scan(folder: Path) -> Scan:
    return read([folder]).scans[0]


def _module(name: str, module: str) -> Module:
    return load(shipped("phantoms") / f"{name}.toml")[0].module(module)


def _slice(scan: Scan, z_mm: float | None) -> Image:
    return scan.hu(0 if z_mm is None else int(np.argmin(np.abs(scan.z_mm - z_mm))))


def _body_centre(image: Image) -> tuple[float, float]:
    """Middle of the rows and columns through the picture that are not air."""
    inside = image > -500
    rows, columns = np.flatnonzero(inside.mean(axis=1) > 0.1), np.flatnonzero(inside.mean(axis=0) > 0.1)
    return float(columns.min() + columns.max()) / 2, float(rows.min() + rows.max()) / 2


def _centroid(image: Image, at: complex, radius: float, body_hu: float) -> complex:
    """Contrast-weighted centre (column + i row) of what differs from the body within `radius` pixels."""
    left, top, size = int(at.real - 2 * radius), int(at.imag - 2 * radius), int(4 * radius) + 2
    window = image[top : top + size, left : left + size]
    at -= complex(left, top)
    for _ in range(4):
        dx, dy = _offsets(window, at.real, at.imag)
        near = np.hypot(dx, dy) < radius
        weight = np.abs(window[near] - body_hu)
        weight = np.clip(weight - 0.3 * np.percentile(weight, 90), 0.0, None)
        at += complex((dx[near] * weight).sum(), (dy[near] * weight).sum()) / float(weight.sum())
    return at + complex(left, top)


def _rigid(wanted: Complex, found: Complex) -> tuple[complex, Complex]:
    """Scale and roll of the best similarity, and what is left over."""
    a, b = wanted - wanted.mean(), found - found.mean()
    factor = complex((np.conj(a) @ b) / (np.conj(a) @ a))
    return factor, b - factor * a


@pytest.mark.parametrize("name", SCANS)
def test_inserts_lie_on_their_places(name: str, real_scan: Find) -> None:
    scan = _scan(real_scan(name))
    definition, module_name, z, centre, mirrored = SCANS[name]
    module = _module(definition, module_name)
    image = _slice(scan, z)
    column, row = centre or _body_centre(image)
    pixel = scan.pixel_mm[1]
    inserts = [f for f in module.features if isinstance(f, Insert) and abs(f.hu - module.body_hu) > CONTRAST_HU]
    wanted = np.array([complex(-f.x_mm if mirrored else f.x_mm, f.y_mm) for f in inserts])
    starts = complex(column, row) + wanted / pixel
    radii = [1.4 * f.diameter_mm / 2 / pixel for f in inserts]
    body = float(np.median(image[np.hypot(*_offsets(image, column, row)) < 30 / pixel]))
    found = pixel * np.array([_centroid(image, s, r, body) for s, r in zip(starts, radii, strict=True)])
    factor, rest = _rigid(wanted, np.asarray(found, dtype=np.complex128))
    assert abs(abs(factor) - 1) < 0.006  # the largest pixel-size error among cone-beam scans is 0.5 %
    assert abs(math.degrees(np.angle(factor))) < 1.0
    assert np.abs(rest).max() < 0.35  # single plugs of a 604 stray by 0.3 mm, those of other phantoms by 0.1 mm


def _offsets(image: Image, column: float, row: float) -> tuple[Floats, Floats]:
    """Distance of each pixel from a point, along the row and down the column."""
    rows, columns = np.indices(image.shape)
    return np.asarray(columns - column, dtype=np.float64), np.asarray(rows - row, dtype=np.float64)


def _peak(
    scan: Scan, centre: tuple[float, float], x_mm: float, y_mm: float, z: tuple[float, float]
) -> tuple[float, ...]:
    """(x, y, z) of the brightest place near a point of the plane, z from the slices' contrasts."""
    dx, dy = (d * scan.pixel_mm[1] for d in _offsets(scan.hu(0), *centre))
    near = np.hypot(dx - x_mm, dy - y_mm) < 3.0
    indices = np.flatnonzero((scan.z_mm > z[0]) & (scan.z_mm < z[1]))
    inside = np.stack([scan.hu(int(i))[near] for i in indices])
    excess = np.clip(inside - np.median(inside) - 0.3 * (inside.max() - np.median(inside)), 0.0, None)
    total = excess.sum()
    return (
        float((excess * dx[near]).sum() / total),
        float((excess * dy[near]).sum() / total),
        float((excess.sum(axis=1) * scan.z_mm[indices]).sum() / total),
    )


def test_the_504s_beads(real_scan: Find) -> None:
    scan = _scan(real_scan("catphan504-varian-obi-head"))
    gauge = 28.1  # the plane of the line pairs, measured by hand to ± 1 mm
    module = _module("catphan504", "CTP528")
    for bead in (f for f in module.features if isinstance(f, Bead)):
        plane = gauge + bead.z_mm
        x, y, z = _peak(scan, (253.63, 253.36), bead.x_mm, bead.y_mm, (plane - 4, plane + 4))
        assert (x, y) == pytest.approx((bead.x_mm, bead.y_mm), abs=0.6)
        assert z == pytest.approx(plane, abs=0.8)


def test_the_604s_tilted_wire_and_bead(real_scan: Find) -> None:
    scan = _scan(real_scan("catphan604-varian-truebeam-halffan"))
    crossing, centre = 1.57, (255.08, 255.14)
    module = _module("catphan604", "CTP732")
    wire = next(f for f in module.features if isinstance(f, Wire))
    for z in (-12.0, 0.0, 12.0):
        travel = z * math.tan(math.radians(wire.tilt_deg))
        x = wire.x_mm + travel * math.cos(math.radians(wire.direction_deg))
        y = wire.y_mm - travel * math.sin(math.radians(wire.direction_deg))
        found = _peak(scan, centre, x, y, (crossing + z - 1, crossing + z + 1))
        assert found[:2] == pytest.approx((x, y), abs=0.5)
    bead = next(f for f in module.features if isinstance(f, Bead))
    x, y, z = _peak(scan, centre, bead.x_mm, bead.y_mm, (crossing - 5, crossing + 6))
    assert (x, y, z - crossing) == pytest.approx((bead.x_mm, bead.y_mm, bead.z_mm), abs=0.8)


def test_the_acrs_wires_stand_at_their_places(real_scan: Find) -> None:
    scan = _scan(real_scan("acr464-siemens-drive-100kv"))
    image, pixel = _slice(scan, 0.0), scan.pixel_mm[1]
    dx, dy = (d * pixel for d in _offsets(image, 256.28, 254.62))
    for ramp in (f for f in _module("acr464", "module1").features if isinstance(f, StepRamp)):
        column = np.abs(dx[0] - ramp.x_mm) < 3
        profile = image[:, column].mean(axis=1)
        middle = np.abs(dy[:, 0] - ramp.y_mm) < 9.0
        y, hu = dy[middle, 0] - ramp.y_mm, profile[middle] - profile[middle].mean()
        pitch = 2 * np.pi / ramp.step_mm
        phase = np.angle((hu * np.exp(1j * pitch * y)).sum())  # of the wave whose crests are the wires
        offset = (phase / pitch - (0 if ramp.count % 2 else ramp.step_mm / 2) + 2) % ramp.step_mm - 2
        assert abs(offset) < 0.8
