"""Where a module lies along z: the ends of its inserts, its ramps, its line-pair plane.

Each way gives the stack z of the module's own plane with an uncertainty. The ends of inserts, where slices run on past
them without a gap, are best; ramps work on a single slice; nothing is carried across a gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa.locate.refine import Discs
from iqa.locate.templates import THIN_MM
from iqa.model import Insert, LinePairs, Module, Pose, Ramp
from iqa.signal.sampling import Image, bilinear

Array = NDArray[np.float64]

LEAST_END_CONTRAST_HU = 150.0
INNER, RING = 0.6, (1.4, 1.75)
"""Radii, of the insert's, of its core and of the ring around it."""
PAST_END_MM = 2.0
"""How far past an insert's end, beyond half a section, the slices must run on for that end to count."""
RAMP_REACH_MM = 4.0
RAMP_WIDTH_MM = 1.5
RAMP_STEP_MM = 0.25
LEAST_RAMP_SNR = 6.0
GAUGE_WIDTH_MM = 2.5
LEAST_U_END_MM = 0.02
"""An end's profile is a straight sum only for a symmetric section; this is what simulated scans leave (5 mm slices)."""


@dataclass(frozen=True, slots=True)
class AxialFit:
    """Stack z of a module's plane."""

    z_mm: float
    u_mm: float
    by: str
    """ends, one_end, ramps or gauge."""


def axial_fit(discs: Discs, module: Module, pose: Pose) -> AxialFit | None:
    """The best z that the scan gives for a module near `pose` (the module's); None where it holds no landmark."""
    ends = _insert_ends(discs, module, pose)
    if ends is not None:
        return ends
    ramps = _ramps(discs, module, pose)
    if ramps is not None:
        return ramps
    return None


# --------------------------------------------------------------------------------------- insert ends


def _insert_ends(discs: Discs, module: Module, pose: Pose) -> AxialFit | None:
    """From the share of the slices that straddle each end (sums of contrast), insert by insert."""
    found = [_ends_of(discs, f, pose) for f in module.features if _tall(f, module)]
    both = [z for z, ends in (f for f in found if f is not None) if ends == 2]
    one = [z for z, ends in (f for f in found if f is not None) if ends == 1]
    values, by = (both, "ends") if both else (one, "one_end")
    if not values:
        return None
    middle = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(np.array(values) - middle))) * 1.25 / math.sqrt(len(values))
    return AxialFit(middle, max(spread, LEAST_U_END_MM, 0.01 * (discs.scan.step_mm or 0.0)), by)


def _tall(feature: object, module: Module) -> bool:
    return isinstance(feature, Insert) and abs(feature.hu - module.body_hu) >= LEAST_END_CONTRAST_HU


def _ends_of(discs: Discs, insert: object, pose: Pose) -> tuple[float, int] | None:
    """(stack z of the module's plane, number of ends used) by one insert."""
    assert isinstance(insert, Insert)
    scan = discs.scan
    low, high = sorted(pose.place(insert.x_mm, insert.y_mm, z)[2] for z in (insert.z_from_mm, insert.z_to_mm))
    run = next((r for r in scan.runs() if _overlap(scan.z_mm[r], low, high)), None)
    if run is None or run.stop - run.start < 3:
        return None
    step = float(np.mean(np.diff(scan.z_mm[run])))
    reach = 0.5 * (scan.thickness_mm or step) + PAST_END_MM
    near = [
        k for k in range(run.start, run.stop) if low - reach - 3.0 * step < scan.z_mm[k] < high + reach + 3.0 * step
    ]
    z = scan.z_mm[near]
    contrast = _contrasts(discs, insert, pose, near)
    core = (z > low + reach) & (z < high - reach)
    if not core.any() or np.isnan(contrast).any():
        return None
    share = contrast / float(np.median(contrast[core]))
    middle = int(np.argmin(np.abs(z - 0.5 * (low + high))))
    sign = -1.0 if pose.reversed else 1.0
    shift = pose.place(insert.x_mm, insert.y_mm, 0.0)[2] - pose.z_mm
    wanted = (insert.z_from_mm, insert.z_to_mm) if sign > 0 else (-insert.z_to_mm, -insert.z_from_mm)
    found: list[float] = []
    if z[0] < low - reach:
        inside = (z <= z[middle]) & (z > low - reach - 2.0 * step)
        found.append(z[middle] - float(share[inside].sum() - 0.5) * step - wanted[0])
    if z[-1] > high + reach:
        inside = (z >= z[middle]) & (z < high + reach + 2.0 * step)
        found.append(z[middle] + float(share[inside].sum() - 0.5) * step - wanted[1])
    return (float(np.mean(found)) - shift, len(found)) if found else None


def _overlap(z: Array, low: float, high: float) -> bool:
    return bool(np.count_nonzero((z > low) & (z < high)) > 0)


def _contrasts(discs: Discs, insert: Insert, pose: Pose, indices: Sequence[int]) -> Array:
    """Core minus ring of an insert on slices; NaN where it leaves the image."""
    scan = discs.scan
    places = pose.on_planes(insert.x_mm, insert.y_mm, scan.z_mm[indices]) - scan.drift_mm[indices].T
    radius = 0.5 * insert.diameter_mm * pose.scale
    pairs = zip(indices, *places, strict=True)
    return np.array([_core_less_ring(scan.stored[k], scan.pixel_mm, x, y, radius) * scan.slope[k] for k, x, y in pairs])


def _core_less_ring(image: Image, pixel_mm: tuple[float, float], x: float, y: float, radius: float) -> float:
    column, row = x / pixel_mm[1], y / pixel_mm[0]
    rx, ry = int(RING[1] * radius / pixel_mm[1]) + 1, int(RING[1] * radius / pixel_mm[0]) + 1
    c0, r0 = round(column), round(row)
    if c0 - rx < 0 or r0 - ry < 0 or c0 + rx >= image.shape[1] or r0 + ry >= image.shape[0]:
        return math.nan
    part = image[r0 - ry : r0 + ry + 1, c0 - rx : c0 + rx + 1]
    dx = (np.arange(c0 - rx, c0 + rx + 1) - column) * pixel_mm[1]
    dy = (np.arange(r0 - ry, r0 + ry + 1) - row) * pixel_mm[0]
    r = np.hypot(dx[None, :], dy[:, None])
    ring = (r > RING[0] * radius) & (r < RING[1] * radius)
    return float(part[r < INNER * radius].mean() - part[ring].mean())


# --------------------------------------------------------------------------------------------- ramps


def _ramps(discs: Discs, module: Module, pose: Pose) -> AxialFit | None:
    """From where the slanted wires cross each slice; opposite wires together are free of tilt."""
    ramps = [f for f in module.features if isinstance(f, Ramp) and f.kind == "wire"]
    values = [z for ramp in ramps for z in _crossings(discs, ramp, pose)]
    if len(values) < 2:
        return None
    middle = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(np.array(values) - middle)))
    return AxialFit(middle, max(1.25 * spread / math.sqrt(len(values)), 0.03), "ramps")


def _crossings(discs: Discs, ramp: Ramp, pose: Pose) -> Iterator[float]:
    scan = discs.scan
    tangent = math.tan(math.radians(ramp.angle_deg))
    half = 0.5 * ramp.length_mm * tangent
    sign = -1.0 if pose.reversed else 1.0
    centre = pose.place(ramp.x_mm, ramp.y_mm, ramp.z_mm)[2]
    for k in np.flatnonzero(np.abs(scan.z_mm - centre) < half + 2.0):
        t = _crossing(discs, ramp, pose, int(k))
        if t is not None:
            # the wire is t along its direction on this slice, hence sign·t·tan above its own middle
            yield float(scan.z_mm[k]) - sign * t * tangent - (centre - pose.z_mm)


def _crossing(discs: Discs, ramp: Ramp, pose: Pose, index: int) -> float | None:
    """Signed distance along the ramp's direction at which the wire crosses a slice; None where it is not seen."""
    scan = discs.scan
    angle = math.radians(ramp.direction_deg)
    along = np.arange(-0.5 * ramp.length_mm - RAMP_REACH_MM, 0.5 * ramp.length_mm + RAMP_REACH_MM, RAMP_STEP_MM)
    across = np.arange(-RAMP_WIDTH_MM, RAMP_WIDTH_MM + 1e-6, 0.5)
    fx = ramp.x_mm + along[:, None] * math.cos(angle) - across * math.sin(angle)
    fy = ramp.y_mm - along[:, None] * math.sin(angle) - across * math.cos(angle)
    columns, rows = _on_image(discs, pose, fx, fy, index)
    values = bilinear(scan.stored[index], columns, rows) * np.float32(scan.slope[index])
    profile = values.mean(axis=1) - np.median(values)
    noise = 1.4826 * float(np.median(np.abs(profile - np.median(profile)))) + 1e-6
    at = int(np.argmax(profile))
    near = np.abs(np.arange(len(profile)) - at) * RAMP_STEP_MM < 0.5 * _blurred_width(discs, ramp)
    weight = np.clip(profile - np.median(profile), 0.0, None) * near
    inside = abs(along[at]) < 0.5 * ramp.length_mm
    return float(np.sum(weight * along) / weight.sum()) if inside and profile[at] > LEAST_RAMP_SNR * noise else None


def _blurred_width(discs: Discs, ramp: Ramp) -> float:
    return 2.0 * ((discs.scan.thickness_mm or 1.0) / math.tan(math.radians(ramp.angle_deg)) + 1.5)


def _on_image(discs: Discs, pose: Pose, fx: Array, fy: Array, index: int) -> tuple[Array, Array]:
    """Pixel positions on one slice of many points of the module's plane, carried along the axis."""
    scan = discs.scan
    m = pose.matrix
    z = float(scan.z_mm[index])
    dz = z - pose.z_mm - (m[2, 0] * fx + m[2, 1] * fy)
    x = pose.x_mm + m[0, 0] * fx + m[0, 1] * fy + dz * math.tan(math.radians(pose.yaw_deg)) - scan.drift_mm[index, 0]
    y = pose.y_mm + m[1, 0] * fx + m[1, 1] * fy + dz * math.tan(math.radians(pose.pitch_deg)) - scan.drift_mm[index, 1]
    return x / scan.pixel_mm[1], y / scan.pixel_mm[0]


# --------------------------------------------------------------------------------------------- gauge


def gauge_fit(discs: Discs, module: Module, pose: Pose) -> AxialFit | None:
    """Stack z of a thin line-pair plane: centroid over slices of how far its bars stand out of the ring they lie on."""
    groups = [f for f in module.features if isinstance(f, LinePairs) and f.z_to_mm - f.z_from_mm < THIN_MM]
    if not groups:
        return None
    scan = discs.scan
    reach = 0.5 * abs(groups[0].z_to_mm - groups[0].z_from_mm) + 2.0 * (scan.step_mm or 1.0)
    run = next((r for r in scan.runs() if _overlap(scan.z_mm[r], pose.z_mm - reach, pose.z_mm + reach)), None)
    if run is None or run.stop - run.start < 3:
        return None
    z = scan.z_mm[run]
    strength = np.array([_bars_seen(discs, groups, pose, k) for k in range(run.start, run.stop)])
    strength -= np.median(strength[np.abs(z - pose.z_mm) > reach]) if (np.abs(z - pose.z_mm) > reach).any() else 0.0
    near = np.abs(z - pose.z_mm) <= reach + 1e-6
    weight = np.clip(strength, 0.0, None) * near
    top = int(np.argmax(weight))
    if weight.sum() <= 0.0 or not near[0:1].size or top in (0, len(z) - 1):
        return None
    return AxialFit(float(np.sum(weight * z) / weight.sum()), 0.3, "gauge")


def _bars_seen(discs: Discs, groups: list[LinePairs], pose: Pose, index: int) -> float:
    """Mean over the groups of their middle's value less that of the gaps beside them, HU."""
    fx = np.array([g.x_mm for g in groups])
    fy = np.array([g.y_mm for g in groups])
    inner = 1.0 - (GAUGE_WIDTH_MM + 3.0) / np.hypot(fx, fy)
    picture = discs.scan.stored[index]
    on = np.mean([bilinear(picture, *_on_image(discs, pose, fx * s, fy * s, index)) for s in (0.98, 1.0, 1.02)])
    off = bilinear(picture, *_on_image(discs, pose, fx * inner, fy * inner, index)).mean()
    return float(on - off) * float(discs.scan.slope[index])
