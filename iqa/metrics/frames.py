"""A module's slices as one stack of pixels about its axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa.metrics.regions import Array, Circle, crop, places
from iqa.model import ModuleFit, Scan
from iqa.signal.noise import Mask


@dataclass(frozen=True, eq=False)
class Frames:
    """A module's slices as one stack, shifted by whole pixels to follow the phantom's axis."""

    slices: tuple[int, ...]
    hu: NDArray[np.float32]
    """(slices, rows, columns) from the mean of the middle slice."""
    x_mm: Array
    y_mm: Array
    """Of the columns and rows, in the stack frame of the middle slice."""
    rest_mm: Array
    """(slices, 2) shift along x and y that whole pixels have left."""

    def numbers(self, slices: Sequence[int]) -> slice | list[int]:
        """Places of slices in the stack, as a range where they follow one another, which copies nothing."""
        chosen = [self.slices.index(i) for i in slices]
        whole = slice(chosen[0], chosen[-1] + 1)
        return whole if len(chosen) == whole.stop - whole.start else chosen

    def within(self, circle: Circle) -> Mask:
        """Pixels whose centres lie in a circle of the middle slice."""
        away = np.hypot(self.x_mm[None, :] - circle.x_mm, self.y_mm[:, None] - circle.y_mm)
        return np.asarray(away <= circle.radius_mm)

    @property
    def middle(self) -> int:
        """The slice whose places the pixels have."""
        return self.slices[len(self.slices) // 2]


def frames(scan: Scan, fit: ModuleFit, radius_mm: float) -> Frames | None:
    """The module's slices to a distance from its axis; None where the field cuts that."""
    at = places(scan, fit, Circle(0.0, 0.0, radius_mm), fit.slices)
    index, circle = at[len(at) // 2]
    seen = crop(scan, index, circle)
    if seen is None:
        return None
    middle = np.array(scan.to_pixel(circle.x_mm, circle.y_mm, index))
    away = np.array([scan.to_pixel(c.x_mm, c.y_mm, i) for i, c in at]) - middle
    whole = np.rint(away).astype(int)
    (top, left), (rows, columns) = seen.corner, seen.hu.shape
    starts = whole[:, ::-1] + np.array([top, left])
    if starts.min() < 0 or np.any(starts + np.array([rows, columns]) > scan.stored.shape[1:]):
        return None
    hu = _free_of_level(scan, list(zip(fit.slices, starts.tolist(), strict=True)), (rows, columns))
    x0, y0 = scan.to_stack(left, top, index)
    x, y = (
        np.asarray(start + np.arange(n) * step)
        for start, n, step in zip((x0, y0), (columns, rows), scan.pixel_mm[::-1], strict=True)
    )
    return Frames(fit.slices, hu, x, y, (away - whole) * scan.pixel_mm[::-1])


def _free_of_level(
    scan: Scan, corners: Sequence[tuple[int, tuple[int, int]]], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """(slices, rows, columns) HU from the mean of the middle slice, of (slice, (first row, first column)) each.

    Freed from that level before rounding to single precision, which then knows no offset; slice by slice, since a whole
    stack in double precision would be the most memory that any measurement needs.
    """
    rows, columns = shape

    def precise(index: int, corner: tuple[int, int]) -> Array:
        row, column = corner
        stored = scan.stored[index, row : row + rows, column : column + columns]
        return np.asarray(stored * float(scan.slope[index]) + float(scan.intercept[index]), dtype=np.float64)

    level = precise(*corners[len(corners) // 2]).mean()
    hu = np.empty((len(corners), *shape), dtype=np.float32)
    for at, image in zip(corners, hu, strict=True):
        image[:] = precise(*at) - level
    return hu
