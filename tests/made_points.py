"""Beads and wires drawn by exact Hankel sums, at points of the image, with nothing taken from the fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import j0, j1, spherical_jn

from iqa.metrics.context import Context
from iqa.model import Bead, Provenance, Wire
from iqa.signal.noise import Covariance
from iqa.signal.transfer import Crop
from tests.made_phantom import (
    PIXEL_MM,
    SIDE,
    THICKNESS_MM,
    Array,
    made_located,
    made_scan,
    made_spec,
    noise,
    picture,
    spectrum,
    transfer,
)

MAKER = Provenance("made", "A")
CORNER_PER_MM = 3.0
"""Beyond it every kernel here is below 1e-12."""
NODES = 2000
RADII = 2600
REACH_MM = 26.0
"""Beyond it a point spread is below 1e-6 of its peak."""
SECTION_NODES = 24
Shape = Callable[[Array], Array]


def ball(diameter_mm: float) -> Shape:
    """Transform of a ball thinner than the section."""
    return lambda f: np.asarray(3.0 * spherical_jn(1, np.pi * diameter_mm * f) / (np.pi * diameter_mm * f))


def rod(diameter_mm: float) -> Shape:
    """Transform of a wire."""
    return lambda f: np.asarray(2.0 * j1(np.pi * diameter_mm * f) / (np.pi * diameter_mm * f))


@cache
def _profile(kernel: str, kind: Callable[[float], Shape], diameter_mm: float) -> CubicSpline:
    """Point spread over radius, of unit integral, by the midpoint rule."""
    step = CORNER_PER_MM / NODES
    f = np.asarray((np.arange(NODES) + 0.5) * step, dtype=np.float64)
    weight = 2.0 * np.pi * f * transfer(kernel, f) * kind(diameter_mm)(f) * step
    radii = np.linspace(0.0, REACH_MM, RADII)
    return CubicSpline(radii, [float(weight @ j0(2.0 * np.pi * f * r)) for r in radii])


def spread(kernel: str, kind: Callable[[float], Shape], diameter_mm: float, r_mm: Array) -> Array:
    """Image of a source of unit integral, 1/mm², at distances from it."""
    seen = _profile(kernel, kind, diameter_mm)(np.minimum(r_mm, REACH_MM))
    return np.asarray(np.where(r_mm < REACH_MM, seen, 0.0))


def image(kernel: str, side: int, at_mm: tuple[float, float], source: tuple[Callable[[float], Shape], float]) -> Array:
    """(side, side) image of a source of unit integral at (x, y) from the image's centre."""
    axis = (np.arange(side) - (side - 1) / 2) * PIXEL_MM
    return spread(kernel, *source, np.hypot(axis[None, :] - at_mm[0], axis[:, None] - at_mm[1]))


def tilted(
    kernel: str, side: int, at_mm: tuple[float, float], diameter_mm: float, travel_mm: tuple[float, float]
) -> Array:
    """The same of a wire that travels by (dx, dy) through a rectangular section, its middle at (x, y)."""
    nodes, weights = np.polynomial.legendre.leggauss(SECTION_NODES)
    total = np.zeros((side, side))
    for node, weight in zip(0.5 * nodes, 0.5 * weights, strict=True):
        at = at_mm[0] + node * travel_mm[0], at_mm[1] + node * travel_mm[1]
        total += weight * image(kernel, side, at, (rod, diameter_mm))
    return total


def crop(hu: Array, at_mm: tuple[float, float], reach_mm: float = 10.0) -> Crop:
    """An image with its source's place known exactly."""
    axis = (np.arange(len(hu)) - (len(hu) - 1) / 2) * PIXEL_MM
    x, y = np.broadcast_arrays(axis[None, :] - at_mm[0], axis[:, None] - at_mm[1])
    return Crop(hu, x, y, np.hypot(x, y) < reach_mm)


def covariance(kernel: str, sigma: float) -> Covariance:
    """Of the noise of a kernel and of rounding to whole HU."""
    half = spectrum(kernel, (256, 256))[0, :129]
    plain = Covariance(np.arange(129) / (256 * PIXEL_MM), half, (PIXEL_MM, PIXEL_MM)).scaled(sigma**2)
    return replace(plain, nps=plain.nps + PIXEL_MM**2 / 12.0)


def truth(kernel: str, level: float) -> float:
    """Frequency, 1/mm, at which the kernel falls below a level."""
    f = np.linspace(0.0, 2.0, 200001)
    return float(f[np.flatnonzero(transfer(kernel, f) < level)[0]])


def bead(name: str, x_mm: float, y_mm: float, diameter_mm: float = 0.28) -> Bead:
    """A bead in the middle of its module."""
    return Bead(
        name=name, material="tungsten_carbide", x_mm=x_mm, y_mm=y_mm, z_mm=0.0, diameter_mm=diameter_mm, hu=1e5,
        provenance=MAKER,
    )  # fmt: skip


def wire(name: str, x_mm: float, y_mm: float, tilt_deg: float = 0.0, diameter_mm: float = 0.05) -> Wire:
    """A wire through its whole module, tilted to the right."""
    return Wire(
        name=name, material="tungsten", x_mm=x_mm, y_mm=y_mm, z_from_mm=-12.0, z_to_mm=12.0, diameter_mm=diameter_mm,
        tilt_deg=tilt_deg, hu=1e5, provenance=MAKER,
    )  # fmt: skip


@dataclass(frozen=True)
class Made:
    """Points in the uniform module of the made phantom, and how bright each is."""

    kernel: str
    points: tuple[Bead | Wire, ...]
    peak_hu: float
    """Height of a whole section's image."""
    shares: Sequence[float] = (0.0, 1.0, 0.0)
    """Of a bead on each slice."""
    shift_mm: tuple[float, float] = (0.13, -0.21)
    """Where the points really lie, against the definition."""

    @property
    def slices(self) -> int:
        return len(self.shares)

    def clean(self) -> Array:
        """(2 · slices, rows, columns) HU without noise."""
        hu = picture(self.kernel, self.slices)
        for k, share in enumerate(self.shares):
            for point in self.points:
                hu[self.slices + k] += self.peak_hu * self._seen(point, k, share)
        return hu

    def _seen(self, point: Bead | Wire, k: int, share: float) -> Array:
        at = point.x_mm + self.shift_mm[0], point.y_mm + self.shift_mm[1]
        if isinstance(point, Bead):
            source = (ball, point.diameter_mm)
            return share * image(self.kernel, SIDE, at, source) / spread(self.kernel, *source, np.zeros(1))
        lean = float(np.tan(np.radians(point.tilt_deg)))
        away = lean * (k - (self.slices - 1) / 2) * THICKNESS_MM
        seen = tilted(self.kernel, SIDE, (at[0] + away, at[1]), point.diameter_mm, (lean * THICKNESS_MM, 0.0))
        return seen / spread(self.kernel, rod, point.diameter_mm, np.zeros(1))

    def context(self, hu: Array) -> Context:
        """The scan of such an image, everything located."""
        scan = made_scan(hu)
        return Context(scan, made_located(scan, spec=made_spec(self.points)))

    def noisy(self, seed: np.random.SeedSequence, sigma: float, clean: Array | None = None) -> Context:
        """The same in noise of the kernel's texture."""
        hu = self.clean() if clean is None else clean
        return self.context(hu + noise(np.random.default_rng(seed), self.kernel, hu.shape, sigma))
