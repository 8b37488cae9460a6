"""Phantoms without anything to recognise: a cylinder, a wire, a bead. Located only when the user names them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from iqa.locate.body import Body
from iqa.model import Bead, Located, ModuleFit, PhantomSpec, Pose, Refused, Scan, Wire
from iqa.signal.robust import median, spread
from iqa.signal.sampling import bilinear, inside

Images = tuple[NDArray[np.float32], NDArray[np.float32]]
"""One slice, HU, and the same smoothed."""

SPOT_MM = 3.0
"""A wire or bead stands alone: at this distance all around, the image has fallen to less than half its height."""
SPOT_SIGMAS = 8.0
TRIED_MAXIMA = 60
CENTROID_MM = 1.5
CENTROID_LEVEL = 0.2
"""Share of the height below which a pixel does not count, so that noise does not pull to the middle of the crop."""


def locate_cylinder(spec: PhantomSpec, body: Body, scan: Scan, shown: tuple[int, int]) -> Located:
    """A featureless cylinder: its axis and diameter are all there is; roll and hand have no meaning.

    shown : first and last slice that show nothing but the body.
    """
    first, last = shown
    z = float(0.5 * (scan.z_mm[first] + scan.z_mm[last]))
    x, y = body.fit.centre(z)
    pitch, yaw = (math.degrees(math.atan(s)) for s in (body.fit.slope_y, body.fit.slope_x))
    pose = Pose(x, y, z, 0.0, pitch, yaw)
    half = 0.5 * float(scan.z_mm[last] - scan.z_mm[first] + scan.section_mm)
    module = replace(spec.modules[0], diameter_mm=body.fit.diameter_mm, z_from_mm=-half, z_to_mm=half)
    sized = replace(spec, diameter_mm=body.fit.diameter_mm, modules=(module,))
    fit = ModuleFit(module.name, pose, tuple(range(first, last + 1)), body.fit.u_centre_mm, None, None)
    return Located(sized, 0.0, None, pose, body.fit.u_centre_mm, None, None, None, mirror_known=False, body=body.fit,
                   modules=(fit,))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Spot:
    """A bright isolated point on one slice, stack frame."""

    index: int
    x_mm: float
    y_mm: float
    height: float
    u_mm: float


def locate_point(spec: PhantomSpec, scan: Scan) -> Located | Refused:
    """A wire along z or a bead: the brightest point of each slice that stands alone."""
    spots = [s for s in (_spot(scan, k) for k in range(len(scan))) if s is not None]
    what = next(f for f in spec.modules[0].features if isinstance(f, Wire | Bead))
    if not spots:
        noise = f"{SPOT_SIGMAS:.0f} times the noise"
        return Refused(
            scan.source, f"no point stands out by {noise} and alone within {SPOT_MM:.0f} mm, as a {what.name} must"
        )
    highest = max(spots, key=lambda s: s.height)
    seen = [s for s in spots if s.height > 0.5 * highest.height and _together(s, highest)]
    x, y, slope_x, slope_y, z = _line(seen, scan)
    pose = Pose(x, y, z, 0.0, math.degrees(math.atan(slope_y)), math.degrees(math.atan(slope_x)))
    u = highest.u_mm / math.sqrt(len(seen))
    fit = ModuleFit(spec.modules[0].name, pose, tuple(s.index for s in seen), u, None, None)
    return Located(spec, 0.0, None, pose, u, None, None, None, mirror_known=False, body=None, modules=(fit,))


def _together(spot: _Spot, highest: _Spot) -> bool:
    """Near enough for one wire tilted by up to 10°, or one bead."""
    return math.hypot(spot.x_mm - highest.x_mm, spot.y_mm - highest.y_mm) < 10.0


def _spot(scan: Scan, index: int) -> _Spot | None:
    hu = scan.hu(index)
    size = [max(3, round(0.5 / p)) for p in scan.pixel_mm]
    smooth = ndimage.uniform_filter(hu, size)
    rows, columns = np.nonzero(
        (smooth == ndimage.maximum_filter(smooth, [5 * s for s in size])) & (smooth > np.median(smooth))
    )
    grain = spread(hu - smooth)
    order = np.argsort(smooth[rows, columns])[::-1][:TRIED_MAXIMA]
    alone = (_alone(scan, index, (hu, smooth), (int(rows[i]), int(columns[i])), grain) for i in order)
    return max((s for s in alone if s is not None), key=lambda s: s.height, default=None)


def _alone(scan: Scan, index: int, images: Images, at: tuple[int, int], grain: float) -> _Spot | None:
    (hu, smooth), (row, column) = images, at
    turn = np.arange(0.0, 2.0 * np.pi, np.pi / 24.0)
    columns = column + SPOT_MM / scan.pixel_mm[1] * np.cos(turn)
    rows = row + SPOT_MM / scan.pixel_mm[0] * np.sin(turn)
    if not inside(hu.shape, columns, rows, 1.0).all():
        return None
    ring = bilinear(smooth, columns, rows)
    ground, noise = median(ring), max(float(np.std(bilinear(hu, columns, rows))), grain) + 1e-6
    height = float(hu[row - 1 : row + 2, column - 1 : column + 2].max()) - ground
    if height < SPOT_SIGMAS * noise or float(ring.max()) - ground > 0.5 * height:
        return None
    x, y = _centroid(scan, hu - ground - CENTROID_LEVEL * height, row, column)
    x, y = x + float(scan.drift_mm[index, 0]), y + float(scan.drift_mm[index, 1])
    return _Spot(index, x, y, height, CENTROID_MM * noise / height)


def _centroid(scan: Scan, above: NDArray[np.float32], row: int, column: int) -> tuple[float, float]:
    rx, ry = (max(1, round(CENTROID_MM / p)) for p in (scan.pixel_mm[1], scan.pixel_mm[0]))
    part = np.clip(above[row - ry : row + ry + 1, column - rx : column + rx + 1], 0.0, None).astype(np.float64)
    y, x = np.mgrid[row - ry : row + ry + 1, column - rx : column + rx + 1]
    total = float(part.sum())
    return float((part * x).sum()) / total * scan.pixel_mm[1], float((part * y).sum()) / total * scan.pixel_mm[0]


def _line(spots: list[_Spot], scan: Scan) -> tuple[float, float, float, float, float]:
    """x, y, their slopes and z of the straight line through the spots; no slope from fewer than three slices."""
    z = scan.z_mm[[s.index for s in spots]]
    weight = np.array([s.height for s in spots])
    middle = float(np.sum(z * weight) / weight.sum())
    points = np.array([[s.x_mm, s.y_mm] for s in spots])
    if len(spots) < 3:
        x, y = np.average(points, axis=0, weights=weight)
        return float(x), float(y), 0.0, 0.0, middle
    (slope_x, slope_y), (x, y) = np.polyfit(z - middle, points, 1)
    return float(x), float(y), float(slope_x), float(slope_y), middle
