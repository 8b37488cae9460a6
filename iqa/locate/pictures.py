"""A scan's slices as signatures about the body's axis: what every hypothesis is scored against."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from iqa.locate.body import Body
from iqa.model import Scan
from iqa.signal import polar

KNEE_SIGMAS = 3.0
KNEE_HU = (20.0, 60.0)
KNEE_STEP_HU = 5.0
"""Contrasts are compressed above 3 σ, in steps, so that air and PTFE do not drown the rest."""
STRAIGHT_DEG = 0.7
"""A tilt above this is undone: the line-pair plane of a body tilted by 2° is spread over several slices."""
INSERTS_MM = 58.5
"""Where the inserts of most definitions stand."""
CUT_MM = 20.0
"""No definition has air this near its rim; where the image does, the reconstruction ends."""
FINEST_BIN_MM = 1.25
"""Thinner slices are averaged to about this: no layer is thinner, and the cost then grows with length alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Signatures along the body, each the mean of a few neighbouring slices where these are thin."""

    spectra: polar.Spectrum
    """(pictures, rings, orders) of the slices as they are: right for long blocks, wherever the body leans."""
    level: polar.Spectrum
    """The same on planes normal to the axis: a thin plane of a leaning body is spread over many slices."""
    energy: NDArray[np.float32]
    """(pictures,) of structure and noise, mm²."""
    z_mm: NDArray[np.float64]
    """(pictures,) rising."""
    step_mm: float
    thickness_mm: float
    lean_mm: float
    """Height difference of a leaning block's plane between opposite inserts."""
    knee_hu: float
    noise: float
    """σ of the compressed pictures (1)."""
    radius_mm: float

    def of(self, thin: bool) -> polar.Spectrum:
        """The signatures by which a thin plane or a block is judged."""
        return self.level if thin else self.spectra

    @property
    def noise_energy(self) -> float:
        """Expected energy of one picture without structure, mm²; 0.9 for what the median and low orders take."""
        return 0.9 * self.noise**2 * float(np.sum(2.0 * np.pi * self.rings_mm))

    @property
    def rings_mm(self) -> NDArray[np.float64]:
        """(rings,) radii of what the signatures hold, mm."""
        return polar.RINGS_MM[: self.spectra.shape[1]]


def take_pictures(scan: Scan, body: Body) -> Pictures:
    """Signatures of the slices between the first and the last that show the body."""
    raw = _polar_stack(scan, body)
    runs = _runs(scan, body)
    bins = _bins(runs, scan, body)
    radius = 0.5 * body.fit.diameter_mm
    flat = _flat(raw, bins)
    sigma = polar.noise_level(flat)
    knee = float(np.clip(round(KNEE_SIGMAS * sigma / KNEE_STEP_HU) * KNEE_STEP_HU, *KNEE_HU))
    spectra = level = _signatures(flat, knee)
    slope = math.hypot(body.fit.slope_x, body.fit.slope_y)
    if slope > math.tan(math.radians(STRAIGHT_DEG)):
        level = _signatures(_flat(_untilted(raw, runs, scan, body), bins), knee)
    z_mm = np.array([scan.z_mm[body.first :][b].mean() for b in bins])
    step, thickness = _sampling(scan, body, max(b.stop - b.start for b in bins))
    energy = np.sum(spectra.real**2 + spectra.imag**2, axis=(1, 2))
    return Pictures(spectra, level, energy, z_mm, step, thickness, 2.0 * INSERTS_MM * slope, knee, sigma / knee, radius)


def _polar_stack(scan: Scan, body: Body) -> NDArray[np.float32]:
    """(slices, rings, angles) grey values about the body's axis, the field's cut filled."""
    radius = 0.5 * body.fit.diameter_mm
    count, rings = body.last - body.first + 1, polar.rings_within(radius)
    half_level = body.greys.floor_hu * body.greys.gain + 0.5 * body.step_hu
    stack = np.empty((count, rings, polar.ANGLES), dtype=np.float32)
    # One slice after another: arrays that fit the cache are used again, a stack of each would be fetched anew.
    for i, k in enumerate(range(body.first, body.last + 1)):
        x, y = body.fit.centre(float(scan.z_mm[k])) - scan.drift_mm[k]
        sampled = polar.polar(scan.stored[k], scan.pixel_mm, float(x), float(y), rings)
        stack[i] = _uncut(body.greys.of(scan, k, sampled), radius, half_level)
    return stack


def _uncut(picture: polar.Picture, radius_mm: float, half_level: float) -> polar.Picture:
    """The picture with each ring's median where air reaches in near the rim: the field cut the body there."""
    outer = picture[int(np.searchsorted(polar.RINGS_MM, radius_mm - CUT_MM, side="right")) :]
    air = outer < half_level
    if air.any():
        near = ndimage.binary_dilation(air, np.ones((3, 7), dtype=bool))
        outer[...] = np.where(near, np.median(outer, axis=1, keepdims=True), outer)
    return picture


def _flat(raw: NDArray[np.float32], bins: list[slice]) -> NDArray[np.float32]:
    """(pictures, rings, angles) contrast to each ring's median."""
    return np.stack([polar.flattened(raw[b].mean(axis=0)) for b in bins])


def _signatures(flat: NDArray[np.float32], knee: float) -> polar.Spectrum:
    return np.stack([polar.signature(picture, knee) for picture in flat])


def _runs(scan: Scan, body: Body) -> list[slice]:
    """The gapless runs of the scan, cut to the body and counted from its first slice."""
    cut = [(max(r.start, body.first), min(r.stop, body.last + 1)) for r in scan.runs()]
    return [slice(a - body.first, b - body.first) for a, b in cut if b > a]


def _untilted(raw: NDArray[np.float32], runs: list[slice], scan: Scan, body: Body) -> NDArray[np.float32]:
    result = raw.copy()
    for run in runs:
        if run.stop - run.start > 1:
            step = float(np.diff(scan.z_mm[body.first :][run]).mean())
            result[run] = polar.normal_planes(raw[run], step, body.fit.slope_x, body.fit.slope_y)
    return result


def _steps(scan: Scan, body: Body) -> tuple[float, float]:
    """Smallest distance of neighbouring slices, no more than their thickness; and the thickness."""
    steps = np.diff(scan.z_mm[body.first : body.last + 1])
    thickness = scan.thickness_mm or (float(steps.min()) if len(steps) else FINEST_BIN_MM)
    return (min(float(steps.min()), thickness) if len(steps) else thickness), thickness


def _sampling(scan: Scan, body: Body, every: int) -> tuple[float, float]:
    """Step and thickness of pictures that are means of up to `every` slices."""
    step, thickness = _steps(scan, body)
    return step * every, max(thickness, step * every) if every > 1 else thickness


def _bins(runs: list[slice], scan: Scan, body: Body) -> list[slice]:
    """Neighbouring slices that make one picture: about `FINEST_BIN_MM` of them, never across a gap."""
    every = max(1, math.ceil(FINEST_BIN_MM / _steps(scan, body)[0] - 0.01))
    return [slice(a, min(a + every, run.stop)) for run in runs for a in range(run.start, run.stop, every)]
