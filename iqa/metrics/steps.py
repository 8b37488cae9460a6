"""Stepped ramps (rows of wires or beads) on the image: the height of every element on every slice."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa.metrics.ramps import LATERAL_MM, Fault, Line, clipped, line_of, strip_of
from iqa.model import ModuleFit, Scan, StepRamp
from iqa.signal.strip import detrended_sd, line_centre, line_weights

FloatArray = NDArray[np.float64]

INNER = 0.7
"""Part of a wire's length that is summed; its ends stay outside for every kernel."""
SHIFT = 0.45
"""Largest shift of a row along itself, as a part of its step; more would be the next element."""
PITCHES = (0.98, 0.99, 1.0, 1.01, 1.02)
"""Factors on the step in the plane that are tried: rows are measured to ±1 %, and 1 % is 0.3 mm at the ends."""
BLURS = np.arange(0.5, 1.31, 0.05)
"""Widths of an element's image tried, in edge blurs; the one that leaves least is taken. A kernel with overshoot shows
thin wires a third narrower than its edges say, and wrong lines would give neighbours height."""
SHIFTS = 37
"""Shifts tried: steps of 0.1 mm for elements 4 mm apart."""


@dataclass(frozen=True, eq=False)
class Row:
    """Heights of a row's elements on the slices near it."""

    ramp: StepRamp
    line: Line
    slices: tuple[int, ...]
    z_mm: FloatArray
    """(elements,) stack z of the elements."""
    heights: FloatArray
    """(slices, elements) HU."""
    sigma_hu: float
    """Noise of a pixel beside the elements."""
    blur_mm: float
    """Sigma along z of what widens an element's heights beside the section: its own thickness, its lean."""


def see_row(scan: Scan, fit: ModuleFit, ramp: StepRamp, blur_mm: float, slices: tuple[int, ...]) -> Row | Fault:
    """Heights of all elements of a row on the given slices, by least squares with blurred lines along the row."""
    line = line_of(fit, ramp.x_mm, ramp.y_mm, ramp.z_mm, ramp.direction_deg, ramp.step_z_mm / ramp.step_mm)
    step = ramp.step_mm * line.stretch
    number = np.arange(ramp.count, dtype=np.float64) - 0.5 * (ramp.count - 1)
    pixel = min(scan.pixel_mm)
    x = np.arange(step * number[0] - 0.5 * step, step * number[-1] + 0.5 * step, 0.5 * pixel)
    half = 0.5 * INNER * ramp.element_length_mm if ramp.element == "wire" else LATERAL_MM + 3.0 * blur_mm
    across = np.arange(-half, half + 1e-9, 0.5 * pixel)
    strips = [strip_of(scan, i, line, x, across) for i in slices]
    if any(s is None for s in strips):
        return Fault("The field of view cuts it.", "A field of view that holds the whole phantom.")
    if any(clipped(scan, i, line, x, half) for i in slices):
        return Fault("Its pixels are clipped at the end of the scale.", "An extended CT number scale.")
    profiles = _profiles(np.array(strips), across, ramp, blur_mm)
    places = _best_places(x, profiles.max(axis=0) - profiles.mean(axis=0), np.asarray(step * number), step, blur_mm)
    tried = (_heights(x, profiles, _lines(x, places, b * blur_mm)) for b in BLURS)
    heights, rest = min(tried, key=lambda found: float((found[1] ** 2).sum()))
    sigma = float(np.median([detrended_sd(r) for r in rest]))
    return Row(
        ramp, line, slices, np.asarray(line.at_mm[2] + number * step * line.tangent), heights, sigma, _blur(fit, ramp)
    )


def _blur(fit: ModuleFit, ramp: StepRamp) -> float:
    """Sigma along z of an element: of a ball or a round wire, which may lean over the length that is summed."""
    own = 0.25 * ramp.diameter_mm
    if ramp.element == "bead":
        return own
    angle = math.radians(ramp.direction_deg)
    x, y, z = fit.pose.matrix @ (math.sin(angle), math.cos(angle), 0.0)
    return math.hypot(own, INNER * ramp.element_length_mm * float(z) / math.hypot(x, y) / math.sqrt(12.0))


def _profiles(strips: FloatArray, across: FloatArray, ramp: StepRamp, blur_mm: float) -> FloatArray:
    weights = np.full(across.size, 1.0 / across.size)
    if ramp.element == "bead":
        cross = strips.max(axis=0).mean(axis=1)
        weights = line_weights(across, line_centre(across, cross, blur_mm, LATERAL_MM), blur_mm)
    return np.asarray(np.einsum("k,skn->sn", weights, strips))


def _best_places(x: FloatArray, profile: FloatArray, places: FloatArray, step: float, blur_mm: float) -> FloatArray:
    """(elements,) places along the row at the shift and pitch that match best."""
    tried = [pitch * places + shift for pitch in PITCHES for shift in np.linspace(-SHIFT * step, SHIFT * step, SHIFTS)]
    return max(tried, key=lambda at: float(profile @ _lines(x, at, blur_mm).sum(axis=1)))


def _lines(x: FloatArray, places: FloatArray, blur_mm: float) -> FloatArray:
    """(n, elements) blurred lines."""
    return np.asarray(np.exp(-0.5 * ((x[:, None] - places) / blur_mm) ** 2))


def _heights(x: FloatArray, profiles: FloatArray, lines: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(slices, elements) heights above a straight base, and (slices, n) what is left."""
    unit = x / np.abs(x).max()
    design = np.column_stack([lines, np.ones_like(x), unit])
    factors = np.linalg.lstsq(design, profiles.T, rcond=None)[0]
    return np.asarray(factors[:-2].T), np.asarray((profiles.T - design @ factors).T)


def rough_width(row: Row) -> float:
    """Area over height of the section, mm: sum of an average slice's heights times the step, over the largest."""
    lit = np.clip(row.heights, 0.0, None).sum(axis=1).max() * row.ramp.step_z_mm
    return float(lit / max(row.heights.max(), 1e-9))
