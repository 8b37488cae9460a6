"""Discs of a scan as they are really measured: which pixels on which slices, their means and their noise.

One place decides which pixels belong to a disc (centres within its radius), when a disc counts as cut by the field,
and which slices lie wholly inside a feature.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from iqa.model import Bead, BodyFit, Insert, Module, ModuleFit, NotMeasured, Pin, Pose, Scan, Target, Wire
from iqa.signal.noise import Covariance, Mask, SliceCorrelation
from iqa.signal.penalised import CHANCE_OF_NOISE
from iqa.signal.plane import distance
from iqa.signal.spectrum import Spectrum
from iqa.signal.transfer import Crop as CentredCrop

Array = NDArray[np.float64]
Rod = Insert | Pin | Target | Wire

SMALLEST_PIXELS = 12
"""Pixels below which a disc gives no mean worth an uncertainty."""
PIXEL_CALIBRATION = 5e-4
"""Relative standard uncertainty of the pixel size as the header writes it; a pin's place in a phantom (0.1 mm of 50)
tells it no better."""
FEWEST_TO_SCATTER = 3
"""Slices whose means show a scatter at all."""
CLIPPED_HU = (-1024.0, 3071.0)
"""Ends of the 12-bit scale on which most scanners clip."""
CLIPPED_STORED = (4095, 32767, 65535)
"""Largest values of the usual stored types."""
CLIPPED_SHARE = 0.02
"""Share of an insert's pixels at the very end of the scan's own scale that is no chance any more."""
CLIPPED_PIXELS = 2
"""Pixels at such a value that make an object saturated; one can be chance."""
FIELD_SLACK_PX = 1.0
"""A disc may come this near to the circle of reconstruction."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle on one slice, in the stack frame."""

    x_mm: float
    y_mm: float
    radius_mm: float


Places = tuple[tuple[int, Circle], ...]
"""A disc on several slices: slice index and circle."""


@dataclass(frozen=True, eq=False)
class Crop:
    """The pixels round one circle: a rectangle of the slice and the mask of those that count."""

    hu: NDArray[np.float32]
    mask: Mask
    corner: tuple[int, int]
    """(row, column) of its first pixel in the slice."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One disc over several slices, slice by slice."""

    slices: tuple[int, ...]
    circle: Circle
    """On the middle slice."""
    mask: Mask
    """On the middle slice."""
    corner: tuple[int, int]
    """(row, column) of the mask's first pixel there."""
    means: Array
    """(slices,) HU."""
    variances: Array
    """(slices,) sample variance, HU²."""

    @property
    def mean(self) -> float:
        """Mean over all slices, HU."""
        return float(self.means.mean())

    @property
    def variance(self) -> float:
        """Mean sample variance, HU²."""
        return float(self.variances.mean())

    def part(self, kept: slice) -> Sample:
        """The same disc on some of its slices; circle and mask stay those of the whole run's middle."""
        return replace(self, slices=self.slices[kept], means=self.means[kept], variances=self.variances[kept])


@dataclass(frozen=True, slots=True)
class Squares:
    """Squares of nothing but base material, where noise is seen."""

    module: str
    slices: tuple[int, ...]
    corners: tuple[tuple[int, int], ...]
    """First pixel (row, column) of each, alike on all slices."""
    side: int
    """Pixels."""


@dataclass(frozen=True, eq=False)
class Noise:
    """What a scan's noise is like: texture in the plane, correlation along z, and where both were seen."""

    spectrum: Spectrum
    slices: SliceCorrelation
    squares: Squares

    @property
    def covariance(self) -> Covariance:
        """In the plane."""
        return self.spectrum.covariance

    def level(self, sample: Sample) -> float:
        """Pixel variance in a disc, HU², freed from the share that its own mean has swallowed."""
        return sample.variance / self.covariance.kept(sample.mask)

    def freedom(self, sample: Sample, z_mm: Array) -> float:
        """Degrees of freedom behind `level`."""
        relative = self.covariance.relative_variance_of_variance(sample.mask)
        return 2.0 / (relative * self.slices.variance_factor(z_mm))

    def u_slice(self, sample: Sample, level: float) -> float:
        """Noise of the disc's mean on one slice as a standard deviation, HU, at a local pixel variance `level`."""
        share = self.covariance.variance_of_mean(sample.mask) / self.covariance.variance
        return math.sqrt(share * level)

    def u_mean(self, sample: Sample, z_mm: Array, level: float) -> float:
        """Standard uncertainty of the disc's mean over its slices, HU, at a local pixel variance `level`.

        Noise, and where the slices' means scatter by more than noise explains, that scatter as well.
        """
        one = self.u_slice(sample, level)
        return math.hypot(one * math.sqrt(self.slices.mean_factor(z_mm)), u_drift(sample.means, one))


def u_drift(means: Array, u_one: float) -> float:
    """What a scatter of slices' values beyond their noise adds to the uncertainty of their mean, HU (type A).

    0 where noise of standard deviation `u_one` a slice explains the scatter, or fewer than three slices show it.
    """
    n = len(means)
    if n < FEWEST_TO_SCATTER:
        return 0.0
    seen = float(means.var(ddof=1))
    explained = float(chdtri(n - 1, CHANCE_OF_NOISE)) * u_one**2 / (n - 1)
    return math.sqrt((seen - u_one**2) / n) if seen > explained else 0.0


def crop(scan: Scan, index: int, circle: Circle, holes: Sequence[Circle] = ()) -> Crop | None:
    """The pixels of a circle on slice `index`, without those in `holes`; None where the field cuts the circle."""
    column, row = scan.to_pixel(circle.x_mm, circle.y_mm, index)
    reach_y, reach_x = (circle.radius_mm / p for p in scan.pixel_mm)
    top, bottom = math.ceil(row - reach_y), math.floor(row + reach_y)
    left, right = math.ceil(column - reach_x), math.floor(column + reach_x)
    _, height, width = scan.stored.shape
    if top < 0 or left < 0 or bottom >= height or right >= width or _beyond_field(scan, index, circle):
        return None
    y, x = np.ogrid[top : bottom + 1, left : right + 1]
    mask = _within(scan, index, circle, x, y)
    window = (slice(top, bottom + 1), slice(left, right + 1))
    if scan.padding is not None and np.any(scan.stored[index][window][mask] == scan.padding):
        return None
    for hole in holes:
        mask &= ~_within(scan, index, hole, x, y)
    return Crop(window_hu(scan, index, window), mask, (top, left))


def window_hu(scan: Scan, index: int, window: tuple[slice, slice]) -> NDArray[np.float32]:
    """CT numbers, HU, of a rectangle of one slice."""
    stored = scan.stored[index][window].astype(np.float64)
    return np.asarray(stored * scan.slope[index] + scan.intercept[index], dtype=np.float32)


def at_scan_end(scan: Scan, index: int, hu: NDArray[np.floating[Any]]) -> float:
    """Share of CT numbers of a slice that are the smallest or the largest of the whole scan, whichever is more."""
    ends = np.array(scan.stored_ends) * scan.slope[index] + scan.intercept[index]
    tolerance = 0.5 * abs(scan.slope[index])
    return float(max(np.mean(np.abs(hu - end) < tolerance) for end in ends))


def at_end_of_scale(scan: Scan, index: int, stored: NDArray[np.int64]) -> bool:
    """True where stored values of slice `index` lie at the end of a scale on which scanners clip."""
    hu = stored * scan.slope[index] + scan.intercept[index]
    clipped = np.isin(stored, CLIPPED_STORED) | np.isin(hu, CLIPPED_HU)
    return int(clipped.sum()) >= CLIPPED_PIXELS


def centred(scan: Scan, index: int, circle: Circle, holes: Sequence[Circle] = ()) -> CentredCrop | None:
    """The same with each pixel's place from the circle's centre."""
    seen = crop(scan, index, circle, holes)
    if seen is None:
        return None
    x0, y0 = scan.to_stack(seen.corner[1], seen.corner[0], index)
    rows, columns = np.indices(seen.mask.shape)
    x = np.asarray(x0 + columns * scan.pixel_mm[1] - circle.x_mm)
    y = np.asarray(y0 + rows * scan.pixel_mm[0] - circle.y_mm)
    return CentredCrop(seen.hu.astype(np.float64), x, y, seen.mask)


def take(scan: Scan, places: Sequence[tuple[int, Circle]], holes: Sequence[Circle] = ()) -> Sample | None:
    """A disc over slices; None where the field cuts it or too few pixels are left on any of them."""
    crops = [crop(scan, index, circle, holes) for index, circle in places]
    whole = [c for c in crops if c is not None and np.count_nonzero(c.mask) >= SMALLEST_PIXELS]
    if not whole or len(whole) < len(crops):
        return None
    middle = len(whole) // 2
    values = [c.hu[c.mask].astype(np.float64) for c in whole]
    return Sample(
        slices=tuple(index for index, _ in places),
        circle=places[middle][1],
        mask=whole[middle].mask,
        corner=whole[middle].corner,
        means=np.array([v.mean() for v in values]),
        variances=np.array([v.var(ddof=1) for v in values]),
    )


def pixels(scan: Scan, index: int, seen: Crop) -> tuple[Array, Array, Array]:
    """(x, y, HU) of the masked pixels of a crop, in the stack frame."""
    rows, columns = np.nonzero(seen.mask)
    x0, y0 = scan.to_stack(seen.corner[1], seen.corner[0], index)
    x, y = x0 + columns * scan.pixel_mm[1], y0 + rows * scan.pixel_mm[0]
    return np.asarray(x), np.asarray(y), seen.hu[seen.mask].astype(np.float64)


def places(scan: Scan, fit: ModuleFit, disc: Circle, slices: Sequence[int]) -> Places:
    """(index, circle) on each slice of a disc given in the module's own frame, following the module's axis."""
    at = fit.pose.on_planes(disc.x_mm, disc.y_mm, scan.z_mm[list(slices)]).T.tolist()
    return tuple((i, Circle(x, y, disc.radius_mm)) for i, (x, y) in zip(slices, at, strict=True))


def feature_places(scan: Scan, fit: ModuleFit, feature: Rod, radius_mm: float, slices: Sequence[int]) -> Places:
    """The same round a rod, at its own found centre where it has one, else where the module's pose puts it."""
    nominal = places(scan, fit, Circle(feature.x_mm, feature.y_mm, radius_mm), slices)
    found = fit.fit(feature.name)
    if found is None:
        return nominal
    x, y, _ = fit.pose.place(feature.x_mm, feature.y_mm, 0.0)
    dx, dy = found.x_mm - x, found.y_mm - y
    return tuple((i, Circle(c.x_mm + dx, c.y_mm + dy, radius_mm)) for i, c in nominal)


def rod_slices(scan: Scan, fit: ModuleFit, rod: Rod, reach_mm: float) -> tuple[int, ...]:
    """Slices of the module whose sections, `reach_mm` to either side, lie wholly between the ends of a rod."""
    depth = depth_mm(fit.pose, rod.x_mm, rod.y_mm, scan.z_mm[list(fit.slices)])
    inside = (rod.z_from_mm + reach_mm <= depth) & (depth <= rod.z_to_mm - reach_mm)
    return tuple(i for i, held in zip(fit.slices, inside, strict=True) if held)


def depth_mm(pose: Pose, x_mm: float, y_mm: float, z_stack_mm: Array) -> Array:
    """(n,) where along a rod at (x, y) of the module's own frame the image planes at z cut it."""
    rise = z_stack_mm - pose.place(x_mm, y_mm, 0.0)[2]
    return np.asarray((-rise if pose.reversed else rise) * pose.stretch)


def middle_slices(slices: tuple[int, ...], most: int) -> tuple[int, ...]:
    """The middle ones, `most` at most."""
    spare = max(0, len(slices) - most) // 2
    return slices[spare : spare + most]


def base_diameter(module: Module, body: BodyFit | None) -> float | None:
    """How wide a module's base material is, mm: as defined, else the body's as measured; None where nothing tells."""
    return module.insert_diameter_mm or module.diameter_mm or (body.diameter_mm if body else None)


def small_features(module: Module) -> Iterator[Rod | Bead]:
    """Everything round in a module that a disc of its base material must leave out."""
    return (f for f in module.features if isinstance(f, Insert | Pin | Target | Wire | Bead))


def cut_by_field(key: str, name: str) -> NotMeasured:
    """The result where a disc reaches beyond the image or the circle of reconstruction."""
    return NotMeasured(
        key,
        f"The disc '{name}' lies partly outside the reconstructed field.",
        "A field of view that holds the whole phantom.",
    )


def beside_the_field(key: str, name: str) -> NotMeasured:
    """The result where the surroundings of a feature reach beyond it."""
    reason = f"The surroundings of '{name}' lie partly outside the reconstructed field."
    return NotMeasured(key, reason, "A field of view that holds the whole phantom.")


def where(module: str, slices: Sequence[int]) -> str:
    """The place of a measurement in words: module and 0-based slices of the sorted stack."""
    first, last = slices[0], slices[-1]
    return f"{module} slice {first}" if first == last else f"{module} slices {first}-{last}"


def _within(scan: Scan, index: int, circle: Circle, x: NDArray[np.intp], y: NDArray[np.intp]) -> Mask:
    column, row = scan.to_pixel(circle.x_mm, circle.y_mm, index)
    dy, dx = (y - row) * scan.pixel_mm[0], (x - column) * scan.pixel_mm[1]
    return np.asarray(distance(dx, dy) <= circle.radius_mm)


def _beyond_field(scan: Scan, index: int, circle: Circle) -> bool:
    """True where the corners are filled with one value, and the circle leaves the round field inside them."""
    image = scan.stored[index]
    corners = {int(image[r, c]) for r in (0, -1) for c in (0, -1)}
    if len(corners) > 1:
        return False
    height, width = image.shape
    column, row = scan.to_pixel(circle.x_mm, circle.y_mm, index)
    away_y, away_x = (row - (height - 1) / 2) * scan.pixel_mm[0], (column - (width - 1) / 2) * scan.pixel_mm[1]
    field_mm = min((height / 2 + FIELD_SLACK_PX) * scan.pixel_mm[0], (width / 2 + FIELD_SLACK_PX) * scan.pixel_mm[1])
    return bool(math.hypot(away_x, away_y) + circle.radius_mm > field_mm)
