"""Thin rods and inserts as landmarks in the plane: where the definition has them, where the image shows them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iqa.metrics import absent
from iqa.metrics.regions import (
    Crop,
    Noise,
    crop,
    cut_by_field,
    feature_places,
    pixels,
    rod_slices,
    window_hu,
)
from iqa.model import Insert, Module, ModuleFit, NotMeasured, Pin, Scan
from iqa.signal.disc import DiscFit, fit_disc

SURROUNDINGS_MM = 4.0
"""Ring of base material round a pin that is given to its fit."""
LARGEST_OFFSET_MM = 1.5
"""A pin found further from its expected place is something else."""
COARSE, SAMPLED = 1.2, 0.015
"""Pixels wider than so many edge blurs do not sample a pin of a few pixels fully; each coordinate of its centre then
has this share of a pixel as a standard uncertainty. Simulated sharp kernels at 0.7 mm move a distance by 0.03 mm at
most, hann at 0.9 mm by 0.01 mm; at 0.5 mm there is nothing to be seen."""
SMALLEST_CNR = 3.0
"""Contrast of a pin against the residual noise of its mean image; below it the centre is not to be trusted."""


@dataclass(frozen=True, slots=True)
class Landmark:
    """One rod, measured on the plane of the middle slice used."""

    name: str
    at_mm: tuple[float, float]
    """(x, y) in the module's own frame, as defined."""
    expected_mm: tuple[float, float]
    """(x, y) where the module's pose puts it on the image, without its scale."""
    x_mm: float
    y_mm: float
    """Where it is found, stack frame."""
    u_mm: float
    """Of each coordinate."""
    slices: tuple[int, ...]


def measure_pins(
    scan: Scan, fit: ModuleFit, pins: Sequence[Pin], noise: Noise, blur_mm: float
) -> tuple[Landmark | NotMeasured, ...]:
    """Each pin of a module, in order: found by a blurred disc on the mean of the slices inside all of them."""
    section = scan.section_mm
    inside = [rod_slices(scan, fit, pin, section / 2) for pin in pins]
    slices = tuple(i for i in fit.slices if all(i in held for held in inside))
    if not slices:
        shortest = min(pins, key=lambda pin: pin.z_to_mm - pin.z_from_mm)
        length = shortest.z_to_mm - shortest.z_from_mm
        return tuple(absent.section("", f"pin {shortest.name}", length, section) for _ in pins)
    return tuple(_pin(scan, fit, pin, slices, noise=noise, blur_mm=blur_mm) for pin in pins)


def insert_landmarks(module: Module, fit: ModuleFit) -> list[Landmark]:
    """The inserts that were found by their own edges, on the module's plane."""
    found = []
    for insert in (f for f in module.features if isinstance(f, Insert)):
        own = fit.fit(insert.name)
        if own is not None:
            at = (insert.x_mm, insert.y_mm)
            expected = _unscaled(fit, at, fit.pose.z_mm)
            found.append(Landmark(insert.name, at, expected, own.x_mm, own.y_mm, own.u_mm, own.slices))
    return found


def _pin(
    scan: Scan, fit: ModuleFit, pin: Pin, slices: tuple[int, ...], *, noise: Noise, blur_mm: float
) -> Landmark | NotMeasured:
    radius = pin.diameter_mm / 2 * fit.pose.scale
    index, circle = feature_places(scan, fit, pin, radius + SURROUNDINGS_MM, slices)[len(slices) // 2]
    middle = crop(scan, index, circle)
    if middle is None:
        return cut_by_field("", f"pin {pin.name}")
    seen = _mean_crop(scan, slices, middle)
    start = (circle.x_mm, circle.y_mm)
    found = fit_disc(*pixels(scan, index, seen), start, radius_mm=radius, blur_mm=blur_mm)
    if found is None or not _is_pin(found, start):
        return _unseen(pin, found)
    at = (pin.x_mm, pin.y_mm)
    expected = _unscaled(fit, at, float(scan.z_mm[index]))
    u = math.hypot(_u_centre(noise, seen, found), _u_sampling(max(scan.pixel_mm), blur_mm))
    return Landmark(pin.name, at, expected, found.x_mm, found.y_mm, u, slices)


def _mean_crop(scan: Scan, slices: tuple[int, ...], middle: Crop) -> Crop:
    """The middle slice's crop with the mean of all slices in it; a tilt moves all pins alike, and symmetrically."""
    rows, columns = middle.hu.shape
    top, left = middle.corner
    window = (slice(top, top + rows), slice(left, left + columns))
    total = np.sum([window_hu(scan, i, window) for i in slices], axis=0, dtype=np.float64)
    return Crop(np.asarray(total / len(slices), dtype=np.float32), middle.mask, middle.corner)


def _is_pin(found: DiscFit, start: tuple[float, float]) -> bool:
    near = math.hypot(found.x_mm - start[0], found.y_mm - start[1]) <= LARGEST_OFFSET_MM
    return near and abs(found.contrast_hu) >= SMALLEST_CNR * math.sqrt(found.residual_ms)


def _unseen(pin: Pin, found: DiscFit | None) -> NotMeasured:
    seen = "no fit settles there."
    if found is not None:
        scatter = math.sqrt(found.residual_ms)
        seen = f"the best fit has {found.contrast_hu:.0f} HU against a scatter of {scatter:.0f} HU."
    return NotMeasured(
        "",
        f"Pin {pin.name} does not stand out within {LARGEST_OFFSET_MM:g} mm of its place: {seen}",
        "Less noise, thinner slices or smaller pixels.",
    )


def _u_centre(noise: Noise, seen: Crop, found: DiscFit) -> float:
    """Standard uncertainty of a coordinate, mm, from what the fit leaves, with the texture of the scan's noise."""
    kept = noise.covariance.kept_after_fit(seen.mask, found.jacobian)
    covariance = noise.covariance.scaled(found.residual_ms / kept)
    variances = []
    for weights in (found.weights_x, found.weights_y):
        field = np.zeros(seen.mask.shape)
        field[seen.mask] = weights
        variances.append(covariance.variance_of_sum(field))
    return math.sqrt(sum(variances) / 2)


def _u_sampling(pixel_mm: float, blur_mm: float) -> float:
    """Standard uncertainty of a coordinate, mm, of a pin that coarse pixels cut up."""
    return SAMPLED * pixel_mm if pixel_mm > COARSE * blur_mm else 0.0


def _unscaled(fit: ModuleFit, at_mm: tuple[float, float], z_mm: float) -> tuple[float, float]:
    """(x, y) of a module point on the image plane at z, had the image the definition's scale."""
    x, y = fit.pose.on_plane(*at_mm, z_mm)
    axis_x, axis_y = fit.pose.on_plane(0.0, 0.0, z_mm)
    return axis_x + (x - axis_x) / fit.pose.scale, axis_y + (y - axis_y) / fit.pose.scale
