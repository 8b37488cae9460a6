"""A small phantom with low-contrast rods made of arrays: where they stand, how strong they are, all known."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from iqa.metrics import low_contrast
from iqa.metrics.context import Context
from iqa.model import Acquisition, Feature, Located, PhantomSpec, Result, Scan, ScanIdentity, Target
from tests.made_phantom import (
    BODY_MM,
    PIXEL_MM,
    SIDE,
    SOURCE,
    THICKNESS_MM,
    disc,
    made_located,
    made_spec,
    noise,
    on_circle,
    picture,
)

Array = NDArray[np.float64]
RING_MM = 28.0
GROUPS = {"strong": (90.0, 10.0), "weak": (-90.0, 4.0)}
"""Angle of the largest rod and contrast, HU."""
SIZES_MM, STEPS_DEG = (15.0, 9.0, 6.0, 4.0), (0.0, -38.0, -65.0, -85.0)
ROW_MM, ROW_DIAMETER_MM = (-8.0, 0.0, 8.0), 4.0
CONTRAST_OF_ROW = 8.0
BODY_HU = 60.0


def _target(name: str, group: str, at_mm: tuple[float, float], diameter_mm: float, contrast: float) -> Target:
    x, y = at_mm
    return Target(
        name=name,
        group=group,
        x_mm=x,
        y_mm=y,
        diameter_mm=diameter_mm,
        z_from_mm=-12.5,
        z_to_mm=12.5,
        contrast_hu=contrast,
        provenance=SOURCE,
    )


def rods() -> tuple[Target, ...]:
    """Two rings of falling size, and a row of three equal rods through the centre."""
    found = [
        _target(f"{group}_{d:g}mm", group, on_circle(RING_MM, start + step), d, contrast)
        for group, (start, contrast) in GROUPS.items()
        for d, step in zip(SIZES_MM, STEPS_DEG, strict=True)
    ]
    row = [
        _target(f"row_{ROW_DIAMETER_MM:g}mm_{i + 1}", "row", (x, 0.0), ROW_DIAMETER_MM, CONTRAST_OF_ROW)
        for i, x in enumerate(ROW_MM)
    ]
    return (*found, *row)


def spec(targets: tuple[Target, ...] | None = None) -> PhantomSpec:
    """Inserts, low contrast and a uniform module, 40 mm apart."""
    plain = made_spec()
    features: tuple[Feature, ...] = rods() if targets is None else targets
    module = replace(plain.modules[0], name="L", z_mm=-40.0, body_hu=BODY_HU, features=features)
    return replace(plain, modules=(*plain.modules, module))


@cache
def clean(kernel: str, slices: int = 1, shift_mm: tuple[float, float] = (0.0, 0.0), there: bool = True) -> Array:
    """(3 · slices, rows, columns) noise-free HU: rods, inserts, uniform; the rods shifted, or left out."""
    first, second = picture(kernel, 1)
    body = disc(kernel, SIDE, (0.0, 0.0), BODY_MM / 2)
    third = (1000.0 + BODY_HU) * body - 1000.0
    for rod in rods() if there else ():
        at = rod.x_mm + shift_mm[0], rod.y_mm + shift_mm[1]
        third = third + rod.contrast_hu * disc(kernel, SIDE, at, rod.diameter_mm / 2)
    return np.repeat(np.stack([third, first, second]), slices, axis=0)


def scan(hu: Array, slope: float = 0.1, offset: float = 0.0) -> Scan:
    """The HU as a scan of three blocks round z = −40, 0 and 40 mm."""
    part = len(hu) // 3
    near = (np.arange(part) - (part - 1) / 2) * THICKNESS_MM
    z = np.concatenate([near - 40.0, near, near + 40.0])
    origins = np.column_stack([np.full((len(z), 2), -(SIDE - 1) / 2 * PIXEL_MM), z])
    return Scan(
        stored=np.round(hu / slope).astype(np.int16),
        slope=np.full(len(z), slope),
        intercept=np.full(len(z), offset),
        pixel_mm=(PIXEL_MM, PIXEL_MM),
        origins_mm=origins,
        orientation=np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        thickness_mm=THICKNESS_MM,
        acquisition=Acquisition(kv=120.0),
        identified=lambda: ScanIdentity(None, None, (), "0" * 64, None),
    )


def located(made: Scan, targets: tuple[Target, ...] | None = None, modules: str = "AUL") -> Located:
    """Everything found exactly where it is defined."""
    return made_located(made, spec=spec(targets), modules=modules)


def noisy(kernel: str, sigma: float, rng: np.random.Generator, slices: int = 1) -> Array:
    """The clean images with noise."""
    hu = clean(kernel, slices)
    return hu + noise(rng, kernel, hu.shape, sigma)


def results(made: Scan, found: Located) -> dict[str, Result]:
    """What the family says, by key; the curve under its own."""
    return {
        r.key if r.key != "low_contrast.statistical" else "curve": r
        for r in low_contrast.measure(Context(made, found)).results
    }
