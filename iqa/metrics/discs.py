"""The central disc of the uniform module, and what discs of that module must leave out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iqa.metrics import absent
from iqa.metrics.patches import occupied
from iqa.metrics.regions import Array, Circle, Sample, crop, cut_by_field, places, take
from iqa.model import Drawn, Located, Module, ModuleFit, NotMeasured, Scan
from iqa.signal.trend import detrended_sum_of_squares

SHARE_OF_DIAMETER = 0.4
"""Diameter of the central disc against the body's, as IEC 61223-3-5 and makers have it."""


@dataclass(frozen=True, eq=False)
class Central:
    """The central disc of the uniform module over its slices."""

    module: str
    sample: Sample
    detrended: Array
    """(slices,) residual mean square per pixel after a 2nd-order fit, HU²."""
    drawn: Drawn


def measure_central(scan: Scan, located: Located, module: Module, fit: ModuleFit | None) -> Central | NotMeasured:
    """Pixels of the central disc, or why it cannot be had (a result without a key)."""
    if fit is None:
        return absent.module("", scan, located, module)
    diameter = body_diameter(located, module)
    if diameter is None:
        return absent.diameter("")
    spared = holes(scan, module, fit)
    disc = places(scan, fit, Circle(0.0, 0.0, SHARE_OF_DIAMETER * diameter / 2), fit.slices)
    sample = take(scan, disc, spared)
    if sample is None:
        return cut_by_field("", "central disc")
    crops = (crop(scan, index, circle, spared) for index, circle in disc)
    left = [detrended_sum_of_squares(c.hu, c.mask) / np.count_nonzero(c.mask) for c in crops if c is not None]
    circle = sample.circle
    drawn = Drawn(module.name, "noise", circle.x_mm, circle.y_mm, circle.radius_mm, sample.slices)
    return Central(module.name, sample, np.array(left), drawn)


def body_diameter(located: Located, module: Module) -> float | None:
    """The body's diameter, mm: measured, else as defined."""
    return located.body.diameter_mm if located.body else module.diameter_mm


def plain_radius(module: Module, body_mm: float) -> float:
    """How far from the axis the material of its discs reaches, mm: as defined, else as far as the body."""
    return (module.insert_diameter_mm or body_mm) / 2.0


def holes(scan: Scan, module: Module, fit: ModuleFit) -> tuple[Circle, ...]:
    """What discs of a module leave out: its features with a margin, on its middle slice."""
    return tuple(occupied(module, fit, float(scan.z_mm[fit.slices[len(fit.slices) // 2]])))
