"""Where a module lies along z: the ends of its inserts, its ramps, its line-pair plane.

Each way gives the stack z of the module's own plane with an uncertainty, and the surest is taken. Ramps work on a
single slice; the ends of inserts need slices that run on past them without a gap; nothing is carried across one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from iqa.locate.refine import Discs
from iqa.locate.templates import THIN_MM
from iqa.model import Insert, LinePairs, Module, Pose, Ramp, Scan, StepRamp
from iqa.signal.plane import distance
from iqa.signal.robust import NORMAL_PER_MAD, median, spread
from iqa.signal.sampling import bilinear, inside

Array = NDArray[np.floating[Any]]

LEAST_END_CONTRAST_HU = 150.0
INNER, RING = 0.6, (1.4, 1.75)
"""Radii, of the insert's, of its core and of the ring around it."""
PAST_END_MM = 2.0
"""How far past an insert's end, beyond half a section, the slices must run on for that end to count."""
RAMP_REACH_MM = 4.0
RAMP_WIDTH_MM = 1.5
RAMP_BLUR_MM = 3.0
WIRE_U_MM = 0.06
RAMP_STEP_MM = 0.25
LEAST_RAMP_SNR = 6.0
GAUGE_WIDTH_MM = 2.5
GAUGE_U_MM = 0.2
"""One or two slices hold a line-pair plane, whose own profile is not known."""
PROFILE_SHARE = 0.1
"""Of a step, by which an end may be misplaced by a section profile that is narrower or wider than its header says."""
COARSE_Z_MM, FINE_Z_MM = 18.0, 2.0
"""How far recognition may be off where few slices show a long block; and what a first landmark leaves."""
FIRST_SECTION_MM = 1.0
"""Thickness of a section where neither the header nor a second slice tells one."""
WORST_U_MM = 2.0
"""A z less certain than this says no more than recognition does."""
LEAST_SHARE_SEEN = 0.5
"""Of the slices that a slanted line crosses; what is seen on one in six is no line, or one of another phantom."""
LEAST_SLANTS = 2
"""One slanted wire alone would take a tilt for a shift."""


@dataclass(frozen=True, slots=True)
class AxialFit:
    """Stack z of a module's plane."""

    z_mm: float
    u_mm: float
    by: str
    """ramps, ends, steps, one_end or gauge."""


def axial_fit(discs: Discs, module: Module, pose: Pose, slack_mm: float = COARSE_Z_MM) -> AxialFit | None:
    """The best z that the scan gives for a module near `pose` (the module's); None where it holds no landmark.

    slack_mm : how far off the pose's z may be.

    Slanted wires tell z on every slice, whatever the slices' width and distance. The ends of inserts lie somewhere
    between two slices, and how far the section profile reaches there is not known. The surest landmark is taken.
    """
    wires = [_wire(f) for f in module.features if isinstance(f, Ramp) and f.kind == "wire"]
    rows = [_row(f) for f in module.features if isinstance(f, StepRamp)]
    found = [
        _slanted(discs, wires, pose, slack_mm, "ramps"),
        _slanted(discs, rows, pose, slack_mm, "steps"),
        _insert_ends(discs, module, pose),
    ]
    return min((f for f in found if f is not None and f.u_mm < WORST_U_MM), key=lambda f: f.u_mm, default=None)


# --------------------------------------------------------------------------------------- insert ends


def _insert_ends(discs: Discs, module: Module, pose: Pose) -> AxialFit | None:
    """From the share of the slices that straddle each end (sums of contrast), insert by insert."""
    tall = (i for i in module.features if isinstance(i, Insert) and abs(i.hu - module.body_hu) >= LEAST_END_CONTRAST_HU)
    found = [_ends_of(discs, insert, pose) for insert in tall]
    both = [z for z, ends in (f for f in found if f is not None) if ends == 2]
    one = [z for z, ends in (f for f in found if f is not None) if ends == 1]
    values, by = (both, "ends") if both else (one, "one_end")
    if not values:
        return None
    middle = median(values)
    scatter = 1.25 * spread(np.array(values) - middle) / math.sqrt(len(values))
    step = discs.scan.step_mm or 0.0
    # An end in the gap between two sections shows on neither; wherever it lies, section profiles differ from nominal.
    gap = max(0.0, step - (discs.scan.thickness_mm or step)) / math.sqrt(12.0)
    return AxialFit(middle, math.hypot(scatter, gap, PROFILE_SHARE * step), by)


def _ends_of(discs: Discs, insert: Insert, pose: Pose) -> tuple[float, int] | None:
    """(stack z of the module's plane, number of ends used) by one insert."""
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
    share = contrast / median(contrast[core])
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
    scan, radius = discs.scan, 0.5 * insert.diameter_mm * pose.scale
    x, y = pose.on_planes(insert.x_mm, insert.y_mm, scan.z_mm[indices]) - scan.drift_mm[indices].T
    reach = RING[1] * radius
    (columns, dx), (rows, dy) = _about(x, scan.pixel_mm[1], reach), _about(y, scan.pixel_mm[0], reach)
    _, height, width = scan.stored.shape
    seen = (columns >= 0).all(1) & (columns < width).all(1) & (rows >= 0).all(1) & (rows < height).all(1)
    used = np.asarray(indices)[seen]
    parts = scan.stored[used[:, None, None], rows[seen][:, :, None], columns[seen][:, None, :]]
    r = distance(dx[seen][:, None, :], dy[seen][:, :, None])
    core, ring = (r < INNER * radius), (r > RING[0] * radius) & (r < RING[1] * radius)
    inner, outer = (parts.mean(axis=(1, 2), where=where) for where in (core, ring))
    contrasts = np.full(len(indices), np.nan)
    contrasts[seen] = (inner - outer) * scan.slope[used]
    return contrasts


def _about(centre_mm: Array, pixel_mm: float, reach_mm: float) -> tuple[NDArray[np.intp], Array]:
    """(n, k) pixels about each of (n,) places on one axis, and how far from it they lie, mm."""
    at = centre_mm / pixel_mm
    reach = int(reach_mm / pixel_mm) + 1
    pixels = np.rint(at).astype(np.intp)[:, None] + np.arange(-reach, reach + 1)
    return pixels, np.asarray((pixels - at[:, None]) * pixel_mm)


# --------------------------------------------------------------------------------------------- ramps


@dataclass(frozen=True, slots=True)
class _Slant:
    """A slanted wire, or a row of steps, as a line that crosses the slices."""

    x_mm: float
    y_mm: float
    z_mm: float
    direction_deg: float
    tangent: float
    """Rise along z per length in the plane."""
    length_mm: float
    half_width_mm: float
    u_mm: float
    """What the place of one such line in a real copy, or its coarse steps, leave on z."""

    def trace_mm(self, scan: Scan) -> float:
        """How much of it a slice shows."""
        return (scan.section_mm or FIRST_SECTION_MM) / abs(self.tangent)


def _wire(ramp: Ramp) -> _Slant:
    tangent = math.tan(math.radians(ramp.angle_deg))
    place = (ramp.x_mm, ramp.y_mm, ramp.z_mm, ramp.direction_deg)
    return _Slant(*place, tangent, ramp.length_mm, RAMP_WIDTH_MM, WIRE_U_MM)


def _row(ramp: StepRamp) -> _Slant:
    place = (ramp.x_mm, ramp.y_mm, ramp.z_mm, ramp.direction_deg)
    half = max(0.35 * ramp.element_length_mm, RAMP_WIDTH_MM)
    return _Slant(*place, ramp.step_z_mm / ramp.step_mm, (ramp.count - 1) * ramp.step_mm, half, 0.3 * ramp.step_z_mm)


def _slanted(discs: Discs, slants: list[_Slant], pose: Pose, slack_mm: float, by: str) -> AxialFit | None:
    """From where slanted lines cross the slices; z may start coarsely."""
    rough = np.concatenate([_crossings(discs, s, pose, slack_mm)[:, 1] for s in slants] or [np.zeros(0)])
    if not len(rough):
        return None
    near = pose.slid_to(median(rough))
    crossings = [(_crossings(discs, s, near, 0.0), s) for s in slants]
    seen = [(median(c[:, 1]), s.u_mm) for c, s in crossings if _is_line(c, discs.scan, near, s)]
    if len(seen) < LEAST_SLANTS:
        return None
    values = np.array([z for z, _ in seen])
    scatter = float(values.std(ddof=1))
    own = float(np.mean([u for _, u in seen]))
    return AxialFit(median(values), math.hypot(scatter, own) / math.sqrt(len(values)), by)


def _is_line(crossings: Array, scan: Scan, pose: Pose, slant: _Slant) -> bool:
    """True where a line is seen on most slices that it should cross, and rises as it should.

    Its plane's z moves with the slice's by 0 then, by 2 where it falls: the phantom lies the other way round.
    """
    away = np.abs(scan.z_mm - pose.place(slant.x_mm, slant.y_mm, slant.z_mm)[2]) / abs(slant.tangent)
    due = int(np.count_nonzero(away + 0.5 * slant.trace_mm(scan) < 0.5 * slant.length_mm))
    if len(crossings) == 0 or len(crossings) < LEAST_SHARE_SEEN * due:
        return False
    z = crossings[:, 0] - crossings[:, 0].mean()
    return len(z) == 1 or bool(z @ crossings[:, 1] <= z @ z)


def _crossings(discs: Discs, slant: _Slant, pose: Pose, slack_mm: float) -> Array:
    """(n, 2) slice z, and stack z of the module's plane by it, where a line crosses slices.

    Looked for `slack_mm` beyond its ends, on the slices that hold all of its strip and show all of its trace.
    """
    scan = discs.scan
    half = 0.5 * slant.length_mm * abs(slant.tangent)
    centre = pose.place(slant.x_mm, slant.y_mm, slant.z_mm)[2]
    reach = half + RAMP_REACH_MM * abs(slant.tangent) + slack_mm
    along, strip = _strip(slant)
    places = _Places(discs, pose, *strip)
    sampled = {k: places.sample(k) for k in np.flatnonzero(np.abs(scan.z_mm - centre) < reach).tolist()}
    profiles = {k: values.mean(axis=1) for k, values in sampled.items() if values is not None}
    if not profiles:
        return np.zeros((0, 2))
    width = slant.trace_mm(scan)
    t = _centroids(along, np.stack(list(profiles.values())), width)
    z = scan.z_mm[list(profiles)]
    # The line is t along its direction on a slice, hence sign · t · tangent above its own middle.
    planes = z - (-1.0 if pose.reversed else 1.0) * t * slant.tangent - (centre - pose.z_mm)
    whole = np.abs(t) + 0.5 * width < 0.5 * slant.length_mm
    return np.column_stack([z, planes])[whole]


def _strip(slant: _Slant) -> tuple[Array, tuple[Array, Array]]:
    """Distances along a line, and the points (x, y) of a strip about it, in the module's plane."""
    angle = math.radians(slant.direction_deg)
    end = 0.5 * slant.length_mm + RAMP_REACH_MM
    along = np.arange(-end, end, RAMP_STEP_MM)
    across = np.arange(-slant.half_width_mm, slant.half_width_mm + 1e-6, 0.5)
    x = slant.x_mm + along[:, None] * math.cos(angle) - across * math.sin(angle)
    y = slant.y_mm - along[:, None] * math.sin(angle) - across * math.cos(angle)
    return along, (x, y)


def _centroids(along: Array, profiles: Array, width_mm: float) -> Array:
    """(n,) distance along a line at which each of (n, samples) profiles holds its trace; NaN where it shows none."""
    raised = profiles - np.median(profiles, axis=1, keepdims=True)
    noise = NORMAL_PER_MAD * np.median(np.abs(raised), axis=1) + 1e-6
    smooth = ndimage.uniform_filter1d(raised, max(1, round(width_mm / RAMP_STEP_MM)), axis=1, mode="constant")
    at = along[np.argmax(smooth, axis=1)]
    for _ in range(2):
        near = np.abs(along - at[:, None]) < 0.5 * width_mm + RAMP_BLUR_MM
        weight = np.clip(raised, 0.0, None) * near
        total = weight.sum(axis=1)
        at = np.where(total > 0.0, (weight @ along) / np.where(total > 0.0, total, 1.0), at)
    return np.where(raised.max(axis=1) < LEAST_RAMP_SNR * noise, np.nan, at)


class _Places:
    """Points of a module's plane, carried along the axis to one slice after another."""

    def __init__(self, discs: Discs, pose: Pose, x_mm: Array, y_mm: Array) -> None:
        self.scan = discs.scan
        self.slopes = pose.slopes
        m = pose.matrix
        z = pose.z_mm + m[2, 0] * x_mm + m[2, 1] * y_mm
        self.x_mm = pose.x_mm + m[0, 0] * x_mm + m[0, 1] * y_mm - z * self.slopes[0]
        self.y_mm = pose.y_mm + m[1, 0] * x_mm + m[1, 1] * y_mm - z * self.slopes[1]

    def sample(self, index: int) -> Array | None:
        """Stored values at the points on a slice; None where the image does not hold them all."""
        z, drift = self.scan.z_mm[index], self.scan.drift_mm[index]
        columns = (self.x_mm + (z * self.slopes[0] - drift[0])) / self.scan.pixel_mm[1]
        rows = (self.y_mm + (z * self.slopes[1] - drift[1])) / self.scan.pixel_mm[0]
        image = self.scan.stored[index]
        return bilinear(image, columns, rows) if inside(image.shape, columns, rows).all() else None


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
    x, y = np.array([g.x_mm for g in groups]), np.array([g.y_mm for g in groups])
    inner = 1.0 - (GAUGE_WIDTH_MM + 3.0) / np.hypot(x, y)
    across = np.array([[0.98], [1.0], [1.02]])
    on, off = _Places(discs, pose, across * x, across * y), _Places(discs, pose, inner * x, inner * y)
    seen = np.array([_bars_seen(scan, on, off, k) for k in range(run.start, run.stop)])
    beyond = np.abs(z - pose.z_mm) > reach
    seen -= np.median(seen[beyond], axis=0) if beyond.any() else 0.0
    strength = seen.mean(axis=1)
    near = np.abs(z - pose.z_mm) <= reach + 1e-6
    weight = np.clip(strength, 0.0, None) * near
    top = int(np.argmax(weight))
    if weight.sum() <= 0.0 or top in (0, len(z) - 1):
        return None
    # Groups on one side of a leaning plane lie above or below its middle, each as much as it stands out.
    share = np.clip(weight @ seen, 0.0, None)
    above = np.array([pose.place(g.x_mm, g.y_mm, 0.0)[2] for g in groups]) - pose.z_mm
    middle = float(np.sum(weight * z) / weight.sum()) - float(share @ above / share.sum())
    step = float(np.mean(np.diff(z)))
    gap = max(0.0, step - (scan.thickness_mm or step)) / math.sqrt(12.0)
    return AxialFit(middle, math.hypot(GAUGE_U_MM, gap, PROFILE_SHARE * step), "gauge")


def _bars_seen(scan: Scan, on: _Places, off: _Places, index: int) -> Array:
    """(groups,) value of the middle of each less that of the gaps beside all, HU; 0 outside the image."""
    bars, gaps = on.sample(index), off.sample(index)
    if bars is None or gaps is None:
        return np.zeros(on.x_mm.shape[-1])
    return np.asarray((bars.mean(axis=0) - gaps.mean()) * float(scan.slope[index]))
