"""A bead in a plain block, slice by slice: closed forms in the plane, any section along z, noise that slices share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from iqa.metrics.context import Context
from iqa.model import Bead, Located, Module, ModuleFit, PhantomSpec, Pose, Provenance
from tests.made_stack import straight

Array = NDArray[np.float64]

PIXEL_MM = 0.5
MATRIX = 96
MIDDLE_MM = 0.5 * (MATRIX - 1) * PIXEL_MM
BLUR_MM = 0.5
DIAMETER_MM = 0.28
REACH = 2.6
"""Half the length of a scan about its bead, in FWHM."""
FINE = 2001
"""Points of a profile over its reach: 0.3 % of its FWHM apart."""
SOURCE = Provenance("made", "A")

Form = Callable[[Array], Array]
FORMS: dict[str, Form] = {
    "rectangle": lambda z: np.asarray((np.abs(z) <= 0.5).astype(np.float64)),
    "gaussian": lambda z: np.asarray(np.exp(-4.0 * np.log(2.0) * z**2)),
    "triangle": lambda z: np.asarray(np.maximum(1.0 - np.abs(z), 0.0)),
    "rounded": lambda z: np.asarray(1.0 / (1.0 + np.exp((np.abs(z) - 0.5) / 0.06))),
    "skewed": lambda z: np.asarray(np.exp(-4.0 * np.log(2.0) * (z / np.where(z < 0.0, 1.15, 0.85)) ** 2)),
}
"""Profiles of unit FWHM and height; `skewed` is two half Gaussians, as of a spiral scan off its axis."""


def width(form: str, level: float) -> float:
    """Full width at a level, per FWHM, read off the profile's own points."""
    z = np.linspace(-REACH, REACH, 100001)
    above = z[FORMS[form](z) >= level * FORMS[form](z).max()]
    return float(above[-1] - above[0])


@cache
def _seen(form: str, fwhm_mm: float, diameter_mm: float) -> tuple[Array, Array]:
    """Distances, mm, and the profile as a ball of that diameter shows it."""
    z = np.linspace(-1.1 * REACH * fwhm_mm, 1.1 * REACH * fwhm_mm, FINE)
    step = float(z[1] - z[0])
    count = max(1, round(0.5 * diameter_mm / step))
    inside = np.arange(-count, count + 1) * step
    ball = np.maximum(1.0 - (2.0 * inside / diameter_mm) ** 2, 0.0)
    return z, np.convolve(FORMS[form](z / fwhm_mm), ball / ball.sum(), mode="same")


@dataclass(frozen=True)
class Case:
    """A bead, how finely it is sampled along z, and its height over the noise of a pixel."""

    form: str
    fwhm_mm: float
    step_mm: float
    cnr: float
    beads: int = 1
    shared: bool = True
    """Slices share noise as far as their sections, as rectangles, overlap."""

    @property
    def places(self) -> list[tuple[float, float]]:
        return [(0.0, 0.0), (13.0, 13.0), (-13.0, -13.0)][: self.beads]

    def context(self, seed: np.random.SeedSequence, peak_hu: float = 500.0) -> Context:
        """One scan of it, the beads anywhere between two slices."""
        rng = np.random.default_rng(seed)
        reach = int(np.ceil(REACH * self.fwhm_mm / self.step_mm))
        z = self.step_mm * np.arange(-reach, reach + 1, dtype=np.float64)
        hu = peak_hu / self.cnr * _noise(rng, _shared(z, self.fwhm_mm) if self.shared else np.eye(z.size))
        axis = np.arange(MATRIX) * PIXEL_MM - MIDDLE_MM
        for x, y in self.places:
            dx, dy, dz = rng.uniform(-0.5, 0.5, 3) * (PIXEL_MM, PIXEL_MM, self.step_mm)
            lit = np.interp(z - dz, *_seen(self.form, self.fwhm_mm, DIAMETER_MM))
            square = (axis[None, :] - x - dx) ** 2 + (axis[:, None] - y - dy) ** 2
            hu += peak_hu * lit[:, None, None] * np.exp(-0.5 * square / BLUR_MM**2)
        return located(hu, z, self.fwhm_mm, tuple(_bead(str(k), at) for k, at in enumerate(self.places)))


def _bead(name: str, at: tuple[float, float]) -> Bead:
    return Bead(
        name=name, material="steel", x_mm=at[0], y_mm=at[1], z_mm=0.0, diameter_mm=DIAMETER_MM, hu=1e5,
        provenance=SOURCE,
    )  # fmt: skip


def _shared(z: Array, fwhm_mm: float) -> Array:
    return np.asarray(np.maximum(1.0 - np.abs(z[:, None] - z) / fwhm_mm, 0.0))


def _noise(rng: np.random.Generator, shared: Array) -> Array:
    """(slices, MATRIX, MATRIX) of unit variance with CT's texture."""
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(MATRIX, PIXEL_MM), np.fft.fftfreq(MATRIX, PIXEL_MM)))
    power = f * np.exp(-4.0 * (np.pi * 0.47 * f) ** 2)
    white = np.fft.fft2(rng.standard_normal((len(shared), MATRIX, MATRIX)))
    alone = np.fft.ifft2(white * np.sqrt(power / power.mean())).real
    values, vectors = np.linalg.eigh(shared)
    mixing = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return np.asarray(np.tensordot(mixing, alone, axes=1))


def located(hu: Array, z_mm: Array, thickness_mm: float, beads: tuple[Bead, ...]) -> Context:
    """The slices as a located scan of a block without an outline."""
    scan = straight(hu, z_mm, thickness_mm=thickness_mm, pixel_mm=PIXEL_MM, step_hu=0.1)
    module = Module(
        name="block", z_mm=0.0, z_from_mm=-100.0, z_to_mm=100.0, diameter_mm=None, body_hu=0.0, features=beads,
        provenance=SOURCE,
    )  # fmt: skip
    spec = PhantomSpec(
        name="made", variant=None, title="", maker="", diameter_mm=None, origin="block", mirror_symmetric=True,
        modules=(module,), definition_hash="",
    )  # fmt: skip
    pose = Pose(MIDDLE_MM, MIDDLE_MM, 0.0, 0.0)
    fit = ModuleFit("block", pose, tuple(range(z_mm.size)), 0.01, 0.01, None)
    return Context(scan, Located(spec, 1.0, None, pose, 0.01, 0.01, None, None, True, None, (fit,)))
