"""The phantom's body over the stack: one straight axis and one diameter, from the outlines of all slices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa.model import BodyFit, Scan
from iqa.signal.outline import Outline, outline
from iqa.signal.robust import median

SAME_DIAMETER = 0.015
"""Outlines within this share of one another belong to one body."""
KEEP_DIAMETER = 0.02
OFTEN = 0.5
"""Share of the slices with the most frequent diameter, from which a narrower tier is the body: whatever the field, and
whichever tier a slice more falls on from week to week."""
NO_AIR_BELOW_HU = -1200.0
"""Below this a pixel lies outside the reconstruction: air, even with an offset of −60 HU and noise, reads higher."""
SAMPLING_PX = 0.003
"""What interpolation between pixels leaves on a centre, the same way on neighbouring slices (simulated, 0.5–1 mm)."""
NORMAL_STEP = (600.0, 1400.0)
"""Edge contrast, HU, of a body in air on a calibrated scale (cone beam: 850); outside it grey values are rescaled."""


@dataclass(frozen=True, slots=True)
class Greys:
    """How stored values become the locator's: lifted to a floor, and stretched where the scale is not CT numbers."""

    floor_hu: float
    gain: float = 1.0

    def of(self, scan: Scan, index: int, stored: NDArray[np.float32]) -> NDArray[np.float32]:
        """Samples of one slice's stored values, as grey values; what lies outside the reconstruction reads as air."""
        hu = stored * np.float32(scan.slope[index]) + np.float32(scan.intercept[index])
        return np.asarray(np.maximum(hu, np.float32(self.floor_hu)) * np.float32(self.gain), dtype=np.float32)

    def unit(self, scan: Scan, index: int) -> float:
        """Grey values per stored unit of one slice, for differences."""
        return float(scan.slope[index]) * self.gain


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A round body in a scan, with what the later steps need of its outlines."""

    fit: BodyFit
    first: int
    last: int
    """First and last slice of the body; those between follow the axis even where the outline was not seen."""
    greys: Greys
    step_hu: float
    """Median contrast of the outline, in the locator's grey values."""
    u_tilt_deg: float | None
    """Standard uncertainty of the axis' direction, per coordinate; None where one slice gives none."""
    outlines_mm: NDArray[np.float64]
    """(k, 2) stack z and diameter of every outline seen, also those of another diameter than the body's."""


def find_body(scan: Scan) -> Body | None:
    """The round body that most slices share, or None where no slice shows one."""
    for floor_hu in _floors(scan):
        found = _outlines(scan, floor_hu)
        diameter = _shared_diameter(found)
        if diameter is not None:
            break
    else:
        return None
    kept = tuple(o if o is not None and _near(2.0 * o.radius_mm, diameter) else None for o in found)
    indices = np.flatnonzero([o is not None for o in kept])
    step = float(np.median([o.step * scan.slope[k] for k, o in enumerate(kept) if o is not None]))
    gain = 1.0 if NORMAL_STEP[0] <= step <= NORMAL_STEP[1] else 1000.0 / step
    axis = _axis(scan, kept, diameter)
    lever = float(np.std(scan.z_mm[indices]))
    u_tilt = float(np.degrees(axis.u_centre_mm / lever)) if lever > 0.0 else None
    seen = np.array([(scan.z_mm[k], 2.0 * o.radius_mm) for k, o in enumerate(found) if o is not None])
    return Body(axis, int(indices[0]), int(indices[-1]), Greys(floor_hu, gain), step * gain, u_tilt, seen)


def _outlines(scan: Scan, floor_hu: float) -> tuple[Outline | None, ...]:
    """The outline on each slice, each search started from the last one found."""
    found: list[Outline | None] = []
    last: Outline | None = None
    for k in range(len(scan)):
        here = outline(scan.stored[k], scan.pixel_mm, last, (floor_hu - scan.intercept[k]) / scan.slope[k])
        found.append(here)
        last = here or last
    return tuple(found)


def _floors(scan: Scan) -> Iterator[float]:
    """First percentile of what was reconstructed: the level of air, whatever stands outside the field.

    Where that shows no body and anything is darker than air can be, the scale may not be CT numbers: then all but the
    one darkest value was reconstructed.
    """
    every = max(1, len(scan) // 16)
    sample = scan.stored[::every, ::8, ::8]
    hu = sample * scan.slope[::every, None, None] + scan.intercept[::every, None, None]
    known = sample != scan.padding if scan.padding is not None else np.ones(sample.shape, dtype=bool)
    for real in (known & (hu > NO_AIR_BELOW_HU), known & (hu > hu[known].min(initial=np.inf))):
        yield float(np.percentile(hu[real], 1.0)) if real.any() else float(hu.min())
        if (hu[known] > NO_AIR_BELOW_HU).all():
            return


def _shared_diameter(found: tuple[Outline | None, ...]) -> float | None:
    diameters = np.array([2.0 * o.radius_mm for o in found if o is not None])
    if not len(diameters):
        return None
    agree = np.abs(diameters[:, None] - diameters) < SAME_DIAMETER * diameters
    count = agree.sum(axis=1)
    often = np.flatnonzero(count >= OFTEN * count.max())
    tier = often[diameters[often] < min(diameters[often]) * (1.0 + SAME_DIAMETER)]
    most = tier[int(np.argmax(count[tier]))]
    return float(np.median(diameters[agree[most]]))


def _near(diameter: float, shared: float) -> bool:
    return abs(diameter - shared) < KEEP_DIAMETER * shared


def _axis(scan: Scan, kept: tuple[Outline | None, ...], diameter: float) -> BodyFit:
    """Robust straight line through the centres; a single slice, or slices at one place, has no slope."""
    at = [k for k, o in enumerate(kept) if o is not None]
    centres = np.array([[o.x_mm, o.y_mm] for o in kept if o is not None]) + scan.drift_mm[at]
    z = scan.z_mm[at]
    middle = float(z.mean())
    columns = [np.ones_like(z)] + ([z - middle] if np.ptp(z) > 1e-6 else [])
    design = np.column_stack(columns)
    weight = np.ones(len(z))
    for _ in range(8):
        weighted = design * weight[:, None]
        solved = np.linalg.lstsq(weighted.T @ design, weighted.T @ centres, rcond=None)[0]
        off = np.hypot(*(centres - design @ solved).T)
        scatter = median(off) + 1e-4
        weight = 1.0 / (1.0 + (off / (2.0 * scatter)) ** 2)
    slope = solved[1] if len(columns) > 1 else np.zeros(2)
    radii = np.array([o.radius_mm for o in kept if o is not None])
    noise = median([o.residual_mm for o in kept if o is not None]) / np.sqrt(180.0)
    # Real outlines are not quite round; where a part of one is not seen, the rest pulls the centre with it.
    cut = 1.0 - median([o.share for o in kept if o is not None])
    out_of_round = median([o.residual_mm for o in kept if o is not None])
    systematic = np.hypot(SAMPLING_PX * max(scan.pixel_mm), 2.0 * cut * out_of_round)
    # A slice cuts a leaning body in an ellipse, whose mean radius is larger.
    upright = diameter / (1.0 + 0.25 * float(slope @ slope))
    return BodyFit(
        float(solved[0][0]), float(solved[0][1]), middle, float(slope[0]), float(slope[1]), upright,
        float(np.hypot(np.hypot(scatter, noise) / np.sqrt(len(z)), systematic)),
        2.0 * float(np.hypot(np.hypot(np.std(radii), noise) / np.sqrt(min(len(z), 4)), systematic)), tuple(at),
        float(np.hypot(*np.median([o.ellipse_mm for o in kept if o is not None], axis=0))),
    )  # fmt: skip
