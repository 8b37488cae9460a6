"""Continuous ramps (wires and slits) on the image: the profile of each slice along the ramp."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa.metrics.regions import at_end_of_scale
from iqa.model import ModuleFit, Ramp, Scan
from iqa.signal.section import Profiles
from iqa.signal.strip import detrended_sd, equivalent_width, find_box, line_centre, line_weights, resample

FloatArray = NDArray[np.float64]

LATERAL_MM = 1.0
"""A ramp may lie this far beside its place: units scatter by 0.15 mm, a module's pose by as much."""
CROSSING_MM = 6.0
"""A crossing may lie this far along the ramp from where the module's pose expects it: 2.5 mm of z at 23°."""
SUPPORT = 0.8
"""Half the length of a section's image that must lie on a ramp, as a part of its FWHM: the flanks and most of the foot.
What little lies beyond the end is not sampled and does no harm."""
MARGIN_MM = 7.0
"""Base beside a section's image on either side, for the base line and for the noise."""
END_MM = 1.0
"""Part of a ramp at either end that is not sampled: its length is known to 0.5 mm, and what a section's foot loses
beyond it would make the section too thin.
"""
INNER = 0.7
"""Part of a slit's width that is summed: its edges stay outside for every kernel."""
FIRST_SECTION_MM = 2.0
"""Thickness from which a ramp is sought where neither the header nor a second slice tells one."""


@dataclass(frozen=True, slots=True)
class Line:
    """A ramp's line in the stack frame."""

    at_mm: tuple[float, float, float]
    """Its reference point."""
    along: tuple[float, float]
    """Unit vector on the image towards which the crossing moves with rising z."""
    tangent: float
    """Rise along z per mm on the image, tilt and scale of the pose included."""
    stretch: float
    """Its length on the image per mm of the drawing: a steep row that leans is longer or shorter than drawn."""

    @property
    def per_tilt(self) -> float:
        """Relative change of a thickness with a tilt along the line, 1/rad."""
        return self.tangent + 1.0 / self.tangent

    def crossing(self, z_mm: float) -> float:
        """Where it crosses the plane at z, mm along the line from its reference point."""
        return (z_mm - self.at_mm[2]) / self.tangent


@dataclass(frozen=True, eq=False)
class Strip:
    """Profiles of one ramp along its whole length, one row a slice."""

    ramp: Ramp
    line: Line
    slices: tuple[int, ...]
    x_mm: FloatArray
    """(n,) along the line from its reference point."""
    values: FloatArray
    """(slices, n) HU: height of the line's cross profile, or mean over a slit's inner width."""
    crossing_mm: FloatArray
    """(slices,) where it is seen to cross, roughly."""
    width_mm: float
    """Rough thickness of the section."""
    sigma_hu: float
    """Noise of a pixel beside the crossings."""

    @property
    def rough_cnr(self) -> float:
        """Height where it is seen to cross, above its whole length's median and over the noise of a pixel."""
        at = np.minimum(np.searchsorted(self.x_mm, self.crossing_mm), self.x_mm.size - 1)
        peak = np.take_along_axis(self.values, at[:, None], axis=1) - np.median(self.values, axis=1, keepdims=True)
        return float(np.median(np.abs(peak)) / self.sigma_hu)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a ramp cannot be used, and what would help."""

    reason: str
    needs: str


def line_of(fit: ModuleFit, x_mm: float, y_mm: float, z_mm: float, direction_deg: float, slope: float) -> Line:
    """The line through a point of the module's frame that rises by `slope` mm per mm towards `direction_deg`."""
    angle = math.radians(direction_deg)
    rise = fit.pose.matrix @ (math.cos(angle), -math.sin(angle), slope)
    flat = math.hypot(rise[0], rise[1])
    sign = 1.0 if rise[2] > 0.0 else -1.0
    return Line(
        fit.pose.place(x_mm, y_mm, z_mm),
        (sign * float(rise[0]) / flat, sign * float(rise[1]) / flat),
        abs(float(rise[2])) / flat,
        flat,
    )


def see_ramp(scan: Scan, fit: ModuleFit, ramp: Ramp, blur_mm: float) -> Strip | Fault:
    """A ramp's profiles on every slice that its image crosses well inside its length, or why there are none."""
    line = line_of(fit, ramp.x_mm, ramp.y_mm, ramp.z_mm, ramp.direction_deg, math.tan(math.radians(ramp.angle_deg)))
    reach = 0.5 * ramp.length_mm * line.stretch
    slices = tuple(i for i, z in enumerate(scan.z_mm) if abs(line.crossing(float(z))) < reach)
    if not slices:
        return Fault("No slice crosses it.", "A scan range that holds the whole module, with slices through its ramps.")
    x = np.arange(END_MM - reach, reach - END_MM, min(scan.pixel_mm))
    half = LATERAL_MM + 3.0 * blur_mm if ramp.kind == "wire" else 0.5 * INNER * ramp.width_mm
    across = np.arange(-half, half + 1e-9, min(scan.pixel_mm) / 2.0)
    strips = [strip_of(scan, i, line, x, across) for i in slices]
    if any(s is None for s in strips):
        return Fault("The field of view cuts it.", "A field of view that holds the whole phantom.")
    if any(clipped(scan, i, line, x, half) for i in slices):
        return Fault("Its pixels are clipped at the end of the scale.", "An extended CT number scale.")
    return _summed(scan, ramp, line, slices, x, across, np.array(strips), blur_mm)


def _places(scan: Scan, index: int, line: Line, x: FloatArray, across: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(k, n) columns and rows of a strip's points."""
    ux, uy = line.along
    px = line.at_mm[0] + x[None, :] * ux - across[:, None] * uy
    py = line.at_mm[1] + x[None, :] * uy + across[:, None] * ux
    dx, dy = scan.drift_mm[index]
    return (px - dx) / scan.pixel_mm[1], (py - dy) / scan.pixel_mm[0]


def strip_of(scan: Scan, index: int, line: Line, x: FloatArray, across: FloatArray) -> FloatArray | None:
    """(k, n) HU of a strip along a line; None where the field of view does not hold it."""
    columns, rows = _places(scan, index, line, x, across)
    height, width = scan.stored.shape[1:]
    if columns.min() < 1 or rows.min() < 1 or columns.max() > width - 2 or rows.max() > height - 2:
        return None
    if scan.padding is not None and np.any(_nearest(scan, index, columns, rows) == scan.padding):
        return None
    return resample(scan.hu(index), columns, rows)


def _nearest(scan: Scan, index: int, columns: FloatArray, rows: FloatArray) -> NDArray[np.int64]:
    return np.asarray(scan.stored[index][np.rint(rows).astype(int), np.rint(columns).astype(int)], dtype=np.int64)


def clipped(scan: Scan, index: int, line: Line, x: FloatArray, half: float) -> bool:
    """True where pixels of a strip lie at the end of the scale."""
    columns, rows = _places(scan, index, line, x, np.arange(-half, half + 1e-9, min(scan.pixel_mm)))
    return at_end_of_scale(scan, index, _nearest(scan, index, columns, rows))


def _summed(
    scan: Scan,
    ramp: Ramp,
    line: Line,
    slices: tuple[int, ...],
    x: FloatArray,
    across: FloatArray,
    strips: FloatArray,
    blur_mm: float,
) -> Strip:
    expected = np.array([line.crossing(float(scan.z_mm[i])) for i in slices])
    section = (scan.section_mm or FIRST_SECTION_MM) / line.tangent
    weights = np.full(across.size, 1.0 / across.size)
    if ramp.kind == "wire":
        near = np.abs(x[None, :] - expected[:, None]) <= 0.5 * section + 1.0
        cross = np.mean([_beside_free(s, n) for s, n in zip(strips, near, strict=True)], axis=0)
        weights = line_weights(across, line_centre(across, cross, blur_mm, LATERAL_MM), blur_mm)
    values = np.einsum("k,skn->sn", weights, strips)
    seen = np.array([find_box(x, v, section, e, CROSSING_MM) for v, e in zip(values, expected, strict=True)])
    beside = np.abs(x[None, :] - seen[:, None]) > SUPPORT * section + 3.0
    rows = [s[across.size // 2, b] for s, b in zip(strips, beside, strict=True) if b.sum() > 10]
    sigma = float(np.median([detrended_sd(r) for r in rows])) if rows else math.nan
    width = _rough_width(x, values, seen, section) * line.tangent
    return Strip(ramp, line, slices, x, values, seen, width, sigma)


def _beside_free(strip: FloatArray, near: NDArray[np.bool_]) -> FloatArray:
    """(k,) cross profile of a line near its crossing, less that of the base where the strip shows any."""
    base = strip[:, ~near].mean(axis=1) if not near.all() else np.zeros(strip.shape[0])
    return np.asarray(strip[:, near].mean(axis=1) - base)


def _rough_width(x: FloatArray, values: FloatArray, seen: FloatArray, section: float) -> float:
    """Area over height of the mean profile, moved to a common middle, mm along the ramp."""
    step = float(x[1] - x[0])
    offsets = np.arange(-1.5 * section - MARGIN_MM, 1.5 * section + MARGIN_MM, step)
    moved = [np.interp(c + offsets, x, v) for c, v in zip(seen, values, strict=True)]
    return float(np.clip(equivalent_width(np.median(moved, axis=0), step), 0.3 * section, 3.0 * section))


@dataclass(frozen=True, eq=False)
class Windows:
    """The parts of a ramp's profiles around their crossings."""

    slices: tuple[int, ...]
    profiles: Profiles
    first: NDArray[np.int64]
    """(slices,) place of each one's first sample along the ramp."""
    centre_mm: FloatArray
    """(slices,) rough crossing on the profile's z axis."""


@dataclass(frozen=True, slots=True)
class ZBlur:
    """What widens a ramp's image beside the section: the in-plane line spread and the ramp's own thickness, along z."""

    sigma_mm: float
    """Of its Gaussian."""
    overshoot_mm2: float
    """Weight of that one's second derivative; negative where a kernel overshoots."""
    u: float
    """Relative standard uncertainty of both, as a factor on lengths."""


def windows(strip: Strip, width_mm: float, samples: int, blur: ZBlur) -> Windows:
    """The profiles of the slices whose section, `width_mm` thick, images wholly inside the ramp's length."""
    support = SUPPORT * width_mm / strip.line.tangent
    end = -float(strip.x_mm[0])
    used = [k for k, c in enumerate(strip.crossing_mm) if abs(c) + support <= end]
    step = float(strip.x_mm[1] - strip.x_mm[0])
    middle = np.rint((strip.crossing_mm[used] - strip.x_mm[0]) / step).astype(np.int64)
    first = np.clip(middle - samples // 2, 0, strip.x_mm.size - samples)
    places = first[:, None] + np.arange(samples)[None, :]
    profiles = Profiles(
        strip.x_mm[places] * strip.line.tangent,
        np.take_along_axis(strip.values[used], places, axis=1),
        np.full(len(used), blur.sigma_mm),
        np.full(len(used), blur.overshoot_mm2),
        np.full(len(used), blur.u),
        np.zeros(len(used), dtype=np.int64),
    )
    centre = strip.crossing_mm[used] * strip.line.tangent
    return Windows(tuple(strip.slices[k] for k in used), profiles, first, centre)
