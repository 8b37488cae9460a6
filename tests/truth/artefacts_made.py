"""A uniform module of 200 mm with rings, crescents and cupping of known size, in CT's noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from iqa.metrics import artefacts
from iqa.metrics.context import Context
from iqa.model import (
    Acquisition,
    BodyFit,
    Located,
    Measurement,
    ModuleFit,
    PhantomSpec,
    Pose,
    Result,
    Scan,
    ScanIdentity,
)
from tests.made_phantom import PIXEL_MM, THICKNESS_MM, made_spec, noise

Array = NDArray[np.float64]

SIDE = 448
BODY_MM = 200.0
SIGMA = 10.0
CUPPING_SHARE = 0.64
"""Of the cupping at the body's rim, what is left at four fifths of its radius, where it is stated."""
ISOCENTRE = Acquisition(kv=120.0, scan_centre_mm=(0.0, 0.0, 0.0))


@dataclass(frozen=True)
class Made:
    """What is drawn beside noise; all about the isocentre but for the cupping, which is the phantom's."""

    kernel: str = "soft"
    slices: int = 1
    ring_hu: float = 0.0
    ring_mm: float = 80.0
    ring_sd_mm: float = 0.6
    ring_on: int | None = None
    """The one slice that has the ring; None for all."""
    crescent_hu: float = 0.0
    """Of a cosine at 180°, flat from 30 to 50 mm."""
    cupping_hu: float = 0.0
    """At the body's rim."""
    off_mm: float = 0.0
    """How far the phantom lies to the right of the isocentre."""
    acquisition: Acquisition = ISOCENTRE

    def clean(self) -> Array:
        """(slices, rows, columns) HU without noise."""
        y, x = (np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2) * PIXEL_MM
        radius, angle = np.hypot(x, y), np.arctan2(-y, x)
        away = np.hypot(x - self.off_mm, y)
        body = np.where(away < BODY_MM / 2, self.cupping_hu * (away / (BODY_MM / 2)) ** 2, -1000.0)
        wide = 0.5 * (np.tanh((radius - 30.0) / 1.5) - np.tanh((radius - 50.0) / 1.5))
        hu = np.repeat((body - self.crescent_hu * wide * np.cos(angle))[None], self.slices, axis=0)
        rings = slice(None) if self.ring_on is None else slice(self.ring_on, self.ring_on + 1)
        hu[rings] += self.ring_hu * np.exp(-0.5 * ((radius - self.ring_mm) / self.ring_sd_mm) ** 2)
        return np.asarray(hu)

    def context(self, hu: Array, offset: float = 0.0, gain: float = 1.0) -> Context:
        """The scan, everything located exactly where it is."""
        z = np.arange(self.slices) * THICKNESS_MM
        corner = -(SIDE - 1) / 2 * PIXEL_MM
        scan = Scan(
            stored=np.round(hu / 0.1).astype(np.int16),
            slope=np.full(self.slices, 0.1 * gain),
            intercept=np.full(self.slices, offset),
            pixel_mm=(PIXEL_MM, PIXEL_MM),
            origins_mm=np.column_stack([np.full((self.slices, 2), corner), z]),
            orientation=np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
            thickness_mm=THICKNESS_MM,
            acquisition=self.acquisition,
            identified=lambda: ScanIdentity(None, None, (), "0" * 64, None),
        )
        return Context(scan, self._located(float(z[len(z) // 2])))

    def _located(self, z_mm: float) -> Located:
        middle = (SIDE - 1) / 2 * PIXEL_MM
        x, y = middle + self.off_mm, middle
        pose = Pose(x, y, z_mm, 0.0)
        slices = tuple(range(self.slices))
        return Located(
            spec=_spec(),
            score=5.0,
            runner_up=None,
            pose=pose,
            u_xy_mm=0.01,
            u_z_mm=0.05,
            u_roll_deg=0.01,
            u_tilt_deg=0.02,
            mirror_known=True,
            body=BodyFit(x, y, z_mm, 0.0, 0.0, BODY_MM, 0.002, 0.004, slices),
            modules=(ModuleFit("U", pose, slices, 0.01, 0.05, 0.01),),
        )


def _spec() -> PhantomSpec:
    spec = made_spec()
    long = replace(spec.module("U"), z_mm=0.0, z_from_mm=-200.0, z_to_mm=200.0, diameter_mm=BODY_MM)
    return replace(spec, modules=(long,), origin="U", diameter_mm=BODY_MM)


def measured(context: Context) -> dict[str, Result]:
    """The family's results by key."""
    return {r.key: r for r in artefacts.measure(context).results}


@cache
def runs(made: Made, seeds: int) -> dict[str, list[Measurement]]:
    """The results seed by seed, from stored values on, the noise learnt from each scan itself."""
    clean = made.clean()
    found: dict[str, list[Measurement]] = {}
    for seed in np.random.SeedSequence(48).spawn(seeds):
        hu = clean + noise(np.random.default_rng(seed), made.kernel, clean.shape, SIGMA)
        for key, result in measured(made.context(hu)).items():
            assert isinstance(result, Measurement), result
            found.setdefault(key, []).append(result)
    return found


def pairs(results: list[Measurement]) -> tuple[list[float], list[float]]:
    """Values and u."""
    return [r.value for r in results], [r.u or np.nan for r in results]
