"""A block with ramps drawn by closed forms: an opposite pair of wires or two rows of beads, in a Gaussian blur."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iqa.metrics.context import Context
from iqa.model import (
    Located,
    Module,
    ModuleFit,
    PhantomSpec,
    Pose,
    Provenance,
    Ramp,
    StepRamp,
)
from iqa.signal.shapes import ssp
from tests.made_stack import straight

BLUR_MM = 0.7
"""In-plane blur: what is assumed where no insert shows it."""
PIXEL_MM = 0.5
MATRIX = 112
MIDDLE_MM = 0.5 * (MATRIX - 1) * PIXEL_MM
PLACE = Provenance("made", "A")
TINY = 1e-3
SHAPES = {"rectangle": (1.0, TINY, TINY), "triangle": (1.0, 1.0, TINY), "gaussian": (TINY, TINY, 0.42466)}

Form = tuple[float, float, float]


def form(name: str, fwhm_mm: float) -> Form:
    """Rectangle, rectangle and Gaussian of a section of that FWHM, mm."""
    first, second, gauss = SHAPES[name]
    return first * fwhm_mm, second * fwhm_mm, gauss * fwhm_mm


def pair(length_mm: float = 44.0, angle_deg: float = 23.0) -> tuple[Ramp, ...]:
    """Two opposite wires, thin as air."""
    lower = Ramp(
        name="lower", kind="wire", material="steel", x_mm=0.0, y_mm=12.0, z_mm=0.0, angle_deg=angle_deg,
        direction_deg=180.0, length_mm=length_mm, diameter_mm=1e-6, hu=5000.0, provenance=PLACE,
    )  # fmt: skip
    return replace(lower, name="upper", y_mm=-12.0, direction_deg=0.0), lower


def rows() -> tuple[StepRamp, ...]:
    """Two opposite rows of 13 beads, 4 mm apart and 1 mm in z."""
    lower = StepRamp(
        name="low_row", element="bead", material="steel", x_mm=0.0, y_mm=12.0, z_mm=0.0, direction_deg=180.0,
        step_mm=4.0, step_z_mm=1.0, count=13, diameter_mm=0.2, hu=5000.0, provenance=PLACE,
    )  # fmt: skip
    return replace(lower, name="high_row", y_mm=-12.0, direction_deg=0.0), lower


def drawn(
    features: Sequence[Ramp | StepRamp], z_mm: NDArray[np.float64], section: Form, peak_hu: float
) -> NDArray[np.float64]:
    """(slices, rows, columns) HU on a body of 100 HU; `peak_hu` is the height of a ramp in the image."""
    y, x = np.mgrid[0:MATRIX, 0:MATRIX] * PIXEL_MM - MIDDLE_MM
    hu = np.full((z_mm.size, MATRIX, MATRIX), 100.0)
    for k, z in enumerate(z_mm.tolist()):
        for feature in features:
            seen = _wire(feature, x, y, z, section) if isinstance(feature, Ramp) else _row(feature, x, y, z, section)
            hu[k] += peak_hu * seen
    return hu


def _wire(ramp: Ramp, x: NDArray[np.float64], y: NDArray[np.float64], z: float, section: Form) -> NDArray[np.float64]:
    tangent, way = math.tan(math.radians(ramp.angle_deg)), math.cos(math.radians(ramp.direction_deg))
    sigma = math.hypot(section[2], BLUR_MM * tangent)
    along = ssp(way * x * tangent - z, section[0], section[1], sigma) / ssp(np.zeros(1), section[0], section[1], sigma)
    on = np.abs(x) <= 0.5 * ramp.length_mm
    return np.asarray(along * on * np.exp(-0.5 * ((y - ramp.y_mm) / BLUR_MM) ** 2))


def _row(
    ramp: StepRamp, x: NDArray[np.float64], y: NDArray[np.float64], z: float, section: Form
) -> NDArray[np.float64]:
    way = math.cos(math.radians(ramp.direction_deg))
    number = np.arange(ramp.count, dtype=np.float64) - 0.5 * (ramp.count - 1)
    sigma = math.hypot(section[2], 0.05)
    lit = ssp(np.asarray(number * ramp.step_z_mm - z), section[0], section[1], sigma)
    lit /= ssp(np.zeros(1), section[0], section[1], sigma)
    places = way * number * ramp.step_mm
    bells = np.exp(-0.5 * ((x[..., None] - places) ** 2 + (y[..., None] - ramp.y_mm) ** 2) / BLUR_MM**2)
    return np.asarray(bells @ lit)


def context(
    features: Sequence[Ramp | StepRamp], hu: NDArray[np.float64], z_mm: NDArray[np.float64], nominal_mm: float
) -> Context:
    """The drawn slices as a located scan."""
    scan = straight(hu, z_mm, thickness_mm=nominal_mm, pixel_mm=PIXEL_MM, step_hu=0.25)
    module = Module(
        name="ramps", z_mm=0.0, z_from_mm=-12.0, z_to_mm=12.0, diameter_mm=None, body_hu=100.0,
        features=tuple(features), provenance=PLACE,
    )  # fmt: skip
    spec = PhantomSpec(
        name="made", variant=None, title="", maker="", diameter_mm=None, origin="ramps", mirror_symmetric=False,
        modules=(module,), definition_hash="",
    )  # fmt: skip
    pose = Pose(MIDDLE_MM, MIDDLE_MM, 0.0, 0.0)
    inside = tuple(int(i) for i in np.flatnonzero(np.abs(z_mm) < 12.0))
    fit = ModuleFit("ramps", pose, inside, 0.01, 0.01, 0.01)
    return Context(scan, Located(spec, 1.0, None, pose, 0.01, 0.01, 0.01, 0.0, True, None, (fit,)))


def noise(rng: np.random.Generator, slices: int, sigma_hu: float) -> NDArray[np.float64]:
    """(slices, MATRIX, MATRIX) with CT's texture: ramp times the squared transfer of the blur."""
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(MATRIX, PIXEL_MM), np.fft.fftfreq(MATRIX, PIXEL_MM)))
    power = f * np.exp(-4.0 * (np.pi * 0.47 * f) ** 2)
    amplitude = np.sqrt(power / power.mean()) * sigma_hu
    white = np.fft.fft2(rng.standard_normal((slices, MATRIX, MATRIX)))
    return np.asarray(np.fft.ifft2(white * amplitude).real)
