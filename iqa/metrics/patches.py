"""The scan's own noise, from square patches of its phantom that hold nothing but base material."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iqa.metrics.regions import Array, Circle, Noise, Squares, base_diameter, middle_slices
from iqa.metrics.whole import clear_of_ends
from iqa.model import BodyFit, Feature, LinePairs, Located, Module, ModuleFit, Ramp, Region, Scan, StepRamp, Stored
from iqa.signal.noise import SliceCorrelation, estimate_slice_correlation, overlap_correlation
from iqa.signal.spectrum import estimate_spectrum

SIDES_MM = (48.0, 32.0, 24.0, 16.0)
"""Sides tried, largest first: a long side shows the low frequencies that decide the means of large discs."""
LARGEST_SIDE_PX = 96
"""Beyond it the expected periodogram costs more than the rest of the analysis."""
SMALLEST_SIDE_PX = 16
"""Below it the trend takes most of the noise."""
ENOUGH = 4
"""Patches on a slice with which a side is taken; fewer make the low bins a lottery."""
LARGEST_STACK = 12
"""Slices used, the middle ones: more cost time and add little."""
RIM_MM = 5.0
"""Distance kept from the module's edge, where the wall's blur and its shading end."""
MARGIN_MM = 3.0
"""Distance kept from features: their blur, the roots of their streaks, and how far an owner's unit may stray."""


SMALLEST_NOISE_HU = 0.02
"""Less is no scanner's noise: rounding to whole HU alone gives 0.29."""
OUTLYING = 1.5
"""A patch with this many times the median variance holds more than noise (an artefact, an unknown object, a cut
field). Where noise itself rises so far towards the centre, the quieter half still shows its texture."""


def measure_noise(scan: Scan, located: Located) -> Noise | None:
    """The noise of the first module with free patches, uniform modules first; None where no module has any."""
    seen = [(located.spec.module(m.name), m) for m in located.modules if m.slices]
    fits = [(module, replace(m, slices=clear_of_ends(scan, located, module, m))) for module, m in seen]
    fits.sort(key=lambda pair: (pair[0].block != "uniform", -len(pair[1].slices)))
    found = (noise_within(scan, module, fit, usable_radius(module, located.body)) for module, fit in fits)
    return next((n for n in found if n is not None), None)


def noise_within(scan: Scan, module: Module, fit: ModuleFit, radius_mm: float) -> Noise | None:
    """The noise of a module's free patches within a radius, mm, of its axis; None where it has too few."""
    tried = (noise_of(scan, at, patches(scan, at)[None]) for at in _free_squares(scan, module, fit, radius_mm))
    return next((n for n in tried if n is not None), None)


def patches(scan: Scan, squares: Squares) -> NDArray[np.float32]:
    """(slices, m, n, n) the pixels of squares, HU from each one's own mean."""
    used = list(squares.slices)
    return cut(scan.stored[used], scan.slope[used], squares)


def cut(stored: Stored, slope: Array, squares: Squares) -> NDArray[np.float32]:
    """The same from (slices, rows, columns) stored values and (slices,) HU per unit of the squares' slices alone."""
    pairs = list(zip(stored, slope.tolist(), strict=True))
    return np.stack([[_patch(image, unit, at, squares.side) for at in squares.corners] for image, unit in pairs])


def noise_of(scan: Scan, squares: Squares, images: NDArray[np.float32]) -> Noise | None:
    """The noise that squares show on independent images of one setup; None where it is no scanner's.

    Parameters
    ----------
    images : (k, slices, m, n, n) float, HU
        The scan's own patches (k = 1), or those of k independent differences of repeats.
    """
    clean = _clean(images)
    kept, images = tuple(itertools.compress(squares.corners, clean)), images[:, :, clean]
    correlation = _correlation(scan, np.concatenate(images, axis=1), squares.slices)
    spread = correlation.variance_factor(scan.z_mm[list(squares.slices)])
    flat = images.reshape(-1, squares.side, squares.side)
    spectrum = estimate_spectrum(flat, scan.pixel_mm, len(images) / spread, kept)
    if spectrum.covariance.variance <= SMALLEST_NOISE_HU**2:
        return None
    if len(images) == 1:  # differences of repeats hold nothing fixed
        spectrum = spectrum.sharing(images[0])
    return Noise(spectrum, correlation, replace(squares, corners=kept))


def _free_squares(scan: Scan, module: Module, fit: ModuleFit, radius_mm: float) -> Iterator[Squares]:
    """The module's free squares, for each side that leaves enough of them, the largest first."""
    slices = middle_slices(fit.slices, LARGEST_STACK)
    for side_mm in SIDES_MM:
        side = min(LARGEST_SIDE_PX, 2 * round(side_mm / max(scan.pixel_mm) / 2))
        corners = _free_corners(scan, module, fit, index=slices[len(slices) // 2], radius_mm=radius_mm, side=side)
        if side >= SMALLEST_SIDE_PX and len(corners) >= ENOUGH:
            yield Squares(module.name, slices, tuple(corners), side)


def _correlation(scan: Scan, stack: NDArray[np.float32], slices: tuple[int, ...]) -> SliceCorrelation:
    if len(slices) > 1:
        return estimate_slice_correlation(stack, scan.z_mm[list(slices)])
    return overlap_correlation(max(scan.section_mm, 1e-3))


def usable_radius(module: Module, body: BodyFit | None) -> float:
    """How far from its axis a module's base material reaches, mm, less the rim."""
    return (base_diameter(module, body) or 0.0) / 2 - RIM_MM


def _free_corners(
    scan: Scan, module: Module, fit: ModuleFit, *, index: int, radius_mm: float, side: int
) -> list[tuple[int, int]]:
    """First pixels (row, column) of free squares that overlap by at most half, within the module's radius."""
    z = float(scan.z_mm[index])
    column, row = scan.to_pixel(*fit.pose.on_plane(0.0, 0.0, z), index)
    taken = [_in_pixels(scan, index, c) for c in occupied(module, fit, z)]
    reach = radius_mm / max(scan.pixel_mm)
    found: list[tuple[int, int]] = []
    for top, left in _lattice(round(row), round(column), reach, side):
        crowded = any(max(abs(top - r), abs(left - c)) < side // 2 for r, c in found)
        if not crowded and _is_free(scan, (top, left), side, taken):
            found.append((top, left))
    return found


def _lattice(row: int, column: int, reach: float, side: int) -> Iterator[tuple[int, int]]:
    """First pixels of squares in steps of a quarter side whose corners lie within reach of the centre."""
    step = max(1, side // 4)
    steps = range(-int(reach // step) * step, int(reach) + 1, step)
    for dy in steps:
        for dx in steps:
            far = math.hypot(max(abs(dy), abs(dy + side)), max(abs(dx), abs(dx + side)))
            if far <= reach:
                yield row + dy, column + dx


def _is_free(scan: Scan, corner: tuple[int, int], side: int, taken: list[tuple[float, float, float]]) -> bool:
    top, left = corner
    _, height, width = scan.stored.shape
    if top < 0 or left < 0 or top + side > height or left + side > width:
        return False
    return all(
        math.hypot(column - np.clip(column, left, left + side), row - np.clip(row, top, top + side)) > radius
        for column, row, radius in taken
    )


def _in_pixels(scan: Scan, index: int, circle: Circle) -> tuple[float, float, float]:
    return *scan.to_pixel(circle.x_mm, circle.y_mm, index), circle.radius_mm / min(scan.pixel_mm)


def occupied(module: Module, fit: ModuleFit, z_mm: float) -> Iterator[Circle]:
    """Circles on the image plane that cover every feature of a module, with a margin."""
    for feature in module.features:
        for x, y, radius in covering(feature):
            yield Circle(*fit.pose.on_plane(x, y, z_mm), radius + MARGIN_MM)


def covering(feature: Feature) -> Iterator[tuple[float, float, float]]:
    """(x, y, radius) of circles that cover one feature, in the module's frame, mm."""
    match feature:
        case Region():
            return
        case LinePairs():
            yield feature.x_mm, feature.y_mm, max(feature.length_mm, 2 * feature.bars * feature.bar_mm) / 2
        case Ramp():
            across = max(feature.width_mm, feature.diameter_mm) / 2
            yield from _row(feature.x_mm, feature.y_mm, feature.direction_deg, feature.length_mm, across)
        case StepRamp():
            across = max(feature.element_length_mm, feature.diameter_mm) / 2
            length = feature.step_mm * (feature.count - 1)
            yield from _row(feature.x_mm, feature.y_mm, feature.direction_deg, length, across)
        case _:
            yield feature.x_mm, feature.y_mm, feature.diameter_mm / 2


def _row(
    x_mm: float, y_mm: float, direction_deg: float, length_mm: float, radius_mm: float
) -> Iterator[tuple[float, float, float]]:
    """Circles along a line, no further apart than the margin round each."""
    count = max(2, math.ceil(length_mm / MARGIN_MM) + 1)
    for along in np.linspace(-length_mm / 2, length_mm / 2, count):
        angle = math.radians(direction_deg)
        yield x_mm + along * math.cos(angle), y_mm - along * math.sin(angle), radius_mm


def _clean(images: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(m,) which positions of (k, slices, m, n, n) patches hold nothing but noise."""
    variance = images.var(axis=(3, 4)).mean(axis=(0, 1))
    return np.asarray(variance <= OUTLYING * np.median(variance))


def _patch(image: Stored, unit: float, corner: tuple[int, int], side: int) -> NDArray[np.float32]:
    """HU from the patch's mean: freed from it before rounding to single precision, which then knows no offset."""
    top, left = corner
    values = image[top : top + side, left : left + side].astype(np.float64)
    return np.asarray((values - values.mean()) * unit, dtype=np.float32)
