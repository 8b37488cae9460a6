"""Family `artefact`: rings and crescents about the rotation centre, and cupping about the body's axis."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from iqa.metrics import absent
from iqa.metrics.context import Context, Measured
from iqa.metrics.discs import body_diameter, holes, plain_radius
from iqa.metrics.flags import one_slice, uncalibrated
from iqa.metrics.regions import Array, Circle, Noise, crop, cut_by_field, places, u_drift, where, window_hu
from iqa.model import Drawn, Measurement, Module, ModuleFit, NotMeasured, Result, Scan
from iqa.signal.bowl import Bowl, bowl_noise, fit_bowl, shading
from iqa.signal.crescents import Crescents, crescents
from iqa.signal.noise import Covariance
from iqa.signal.polar_cells import Bands, Polar, bands_of, polar_grid, spread_over, without_spots
from iqa.signal.rings import Rings, RingSearch, crest

RING, CRESCENT, CUPPING = KEYS = ("artefact.ring", "artefact.crescent", "artefact.cupping")
RING_METHOD, CRESCENT_METHOD, CUPPING_METHOD = "ring-fit@2", "angular-orders@1", "bowl-fit@1"
RING_FOUND, CRESCENT_FOUND = ("ring_found",), ("crescent_found",)
RIM_MM = 8.0
"""Kept from the module's edge: its blur, a wall of 5 mm, and the bright rim that scatter and beam hardening leave."""
BOWL_BAND_MM, CRESCENT_BAND_MM = 2.0, 5.0
"""Radial width of the cells: narrow ones follow the bowl to the edge; a crescent is wide, and wide cells quieter."""
CUPPING_SHARE = 0.8
"""Of the body's radius, to which the bowl is fitted at most. Real scans have a bright rim of 5 HU in the outer sixth;
to 0.92 of the radius it alone read as cupping of 3 to 5 HU on scans flat to 1 HU inside."""
SURELY_FREER = 3.3
"""Standard deviations by which a freer profile must differ from the parabola to count in u: noise does in 0.1 %."""
HIDDEN = 0.5
"""Of the smallest artefact that is found in 95 % of scans, as u where none is found: twice u then covers it."""


@dataclass(frozen=True, eq=False)
class PolarArea:
    """The uniform module as a polar grid about the rotation centre."""

    module: str
    slices: tuple[int, ...]
    grid: Polar
    cells: Array
    """(slices, sectors, radii) HU from the first slice's mean."""
    x_mm: Array
    y_mm: Array
    """(n,) places of the pixels from the rotation centre."""
    centre_mm: tuple[float, float]
    """Rotation centre in the stack frame, on the middle slice."""
    from_header: bool
    axis_mm: tuple[float, float]
    """The body's axis from the rotation centre."""
    radius_mm: float
    """Of the area, about the axis."""
    rim_mm: float
    """Radius of the body."""

    @property
    def reach_mm(self) -> float:
        """Distance from the axis to which the bowl is fitted, and at which it is stated."""
        return min(self.radius_mm, CUPPING_SHARE * self.rim_mm)

    @property
    def centre_flags(self) -> tuple[str, ...]:
        """`from_image_centre` where the header names no rotation centre."""
        return () if self.from_header else ("from_image_centre",)

    @property
    def mean(self) -> Array:
        """(sectors, radii) mean over the slices."""
        return np.asarray(self.cells.mean(axis=0))


@dataclass(frozen=True, eq=False)
class Artefacts:
    """An area, and what was found on it."""

    area: PolarArea
    covariance: Covariance

    @cached_property
    def bowl(self) -> Bowl:
        """Of all slices together."""
        return fit_bowl(self.bands, self.area.axis_mm, self.area.reach_mm)

    @cached_property
    def bands(self) -> Bands:
        """The cells that the bowl is fitted to, freed from the ring that was found: near the edge it would bend it."""
        height = self.rings.ring.height if self.rings and self.rings.ring else 0.0
        return bands_of(self.area.grid, self.area.mean - height * self.ring_form, BOWL_BAND_MM)

    @cached_property
    def ring_form(self) -> Array:
        """(radii,) that ring in the mean of the slices, against its height; 0 where none was found."""
        grid, ring = self.area.grid, self.rings.ring if self.rings else None
        if ring is None:
            return np.zeros_like(grid.radius_mm)
        form = crest(grid.radius_mm - ring.radius_mm, ring.sd_mm, grid.step_mm)
        return form if ring.slice is None else form / len(self.area.slices)

    @cached_property
    def flat(self) -> Array:
        """(slices, sectors, radii) without the shading of all slices together."""
        area = self.area
        return np.asarray(
            (area.cells - shading(area.grid, area.mean, area.axis_mm, area.rim_mm)) * (area.grid.count > 0.0)
        )

    @cached_property
    def rings(self) -> Rings | None:
        """What was found of rings; None where no circle is whole enough to look for them."""
        search = RingSearch(self.area.grid, self.covariance)
        return search.run(self.flat) if search.fits else None

    @cached_property
    def crescents(self) -> Crescents | None:
        """The same of crescents."""
        bands = bands_of(self.area.grid, self.flat.mean(axis=0), CRESCENT_BAND_MM)
        return crescents(bands, self.covariance, self.area.grid.step_mm)


def artefacts_of(context: Context) -> Artefacts | NotMeasured | None:
    """What the uniform module shows, or why it cannot be had; None where the phantom has no such module."""
    if context.uniform is None:
        return None
    area = polar_area(context, *context.uniform)
    if isinstance(area, NotMeasured):
        return area
    return absent.noise("") if context.noise is None else Artefacts(area, context.noise.covariance)


def measure(context: Context) -> Measured:
    """`artefact.ring`, `artefact.crescent` and `artefact.cupping` (HU) of the uniform module.

    Notes
    -----
    See `iqa.signal.rings`, `iqa.signal.crescents` and `iqa.signal.bowl`. Rings and crescents lie about the rotation
    centre, Data Collection Center (Patient), and where the header has none, about the middle of the image, flagged
    `from_image_centre`. What stands out is flagged `ring_found` or `crescent_found`; where nothing does, the value is
    the root mean square beyond noise, and u is half of what would have been found.
    """
    found, noise = artefacts_of(context), context.noise
    if found is None:
        return Measured()
    if isinstance(found, NotMeasured) or noise is None:
        lack = found if isinstance(found, NotMeasured) else absent.noise("")
        return Measured(tuple(replace(lack, key=key) for key in KEYS))
    area = found.area
    flags = (*one_slice(area.slices), *uncalibrated(context))
    z = context.scan.z_mm[list(area.slices)]
    made = Measurement("", 0.0, None, "HU", noise.slices.independent(z), where(area.module, area.slices), "", flags)
    results = (_ring(found, made), _crescent(found, made), _cupping(found, noise, z, made))
    x, y = (c + a for c, a in zip(area.centre_mm, area.axis_mm, strict=True))
    return Measured(results, (Drawn(area.module, "artefact", x, y, area.radius_mm, area.slices),))


# ------------------------------------------------------------------------------------------------------------ the area


def polar_area(context: Context, module: Module, fit: ModuleFit | None) -> PolarArea | NotMeasured:
    """The module's slices as cells about the rotation centre, or why it cannot be had (a result without a key)."""
    scan = context.scan
    if fit is None:
        return absent.module("", scan, context.located, module)
    diameter = body_diameter(context.whole, module)
    if diameter is None:
        return absent.diameter("")
    radius = plain_radius(module, diameter) - RIM_MM
    at = places(scan, fit, Circle(0.0, 0.0, radius), fit.slices)
    middle, circle = at[len(at) // 2]
    seen = crop(scan, middle, circle, holes(scan, module, fit))
    if seen is None:
        return cut_by_field("", "uniform area")
    centre, from_header = rotation_centre(scan, middle)
    rows, columns_ = np.nonzero(seen.mask)
    x0, y0 = scan.to_stack(seen.corner[1], seen.corner[0], middle)
    x = np.asarray(x0 + columns_ * scan.pixel_mm[1] - centre[0])
    y = np.asarray(y0 + rows * scan.pixel_mm[0] - centre[1])
    grid = polar_grid(x, y, max(scan.pixel_mm))
    windows = _windows(scan, fit.slices, middle, centre, seen.corner, seen.mask.shape)
    if windows is None:
        return cut_by_field("", "uniform area")
    pictures = (window_hu(scan, i, window)[seen.mask] for i, window in zip(fit.slices, windows, strict=True))
    # Freed from their level before single precision is averaged, which then knows no offset.
    cells = np.stack([grid.means(p - np.float32(np.mean(p, dtype=np.float64))) for p in pictures])
    grid = without_spots(grid, cells)
    axis = circle.x_mm - centre[0], circle.y_mm - centre[1]
    return PolarArea(
        module.name, fit.slices, grid, cells, x, y, centre, from_header, axis, radius, diameter / 2.0
    )  # fmt: skip


def rotation_centre(scan: Scan, index: int) -> tuple[tuple[float, float], bool]:
    """Where the rotation axis pierces a slice, stack frame, and whether the header says so; else the image's middle."""
    point = scan.acquisition.scan_centre_mm
    if point is not None:
        x, y = scan.orientation @ (np.asarray(point) - scan.origins_mm[0])
        return (float(x), float(y)), True
    _, rows, columns_ = scan.stored.shape
    return scan.to_stack((columns_ - 1) / 2, (rows - 1) / 2, index), False


def _windows(
    scan: Scan,
    slices: tuple[int, ...],
    middle: int,
    centre: tuple[float, float],
    corner: tuple[int, int],
    shape: tuple[int, ...],
) -> list[tuple[slice, slice]] | None:
    """The window of each slice, moved by whole pixels with the rotation centre; None where it leaves the image."""
    home = scan.to_pixel(*centre, middle)
    moved = [scan.to_pixel(*centre, i) for i in slices]
    starts = [(corner[0] + round(r - home[1]), corner[1] + round(c - home[0])) for c, r in moved]
    _, height, width = scan.stored.shape
    if any(r < 0 or c < 0 or r + shape[0] > height or c + shape[1] > width for r, c in starts):
        return None
    return [(slice(r, r + shape[0]), slice(c, c + shape[1])) for r, c in starts]


# --------------------------------------------------------------------------------------------------------- the numbers


def _cupping(found: Artefacts, noise: Noise, z_mm: Array, made: Measurement) -> Measurement:
    area, bands, bowl = found.area, found.bands, found.bowl
    share = math.sqrt(noise.slices.mean_factor(z_mm))

    def one(weights: Array) -> float:
        return bowl_noise(noise.covariance, area.grid, bands, weights, area.x_mm, area.y_mm)

    spread, of_slice = spread_over(area.grid, bands, bowl.weights), one(bowl.weights)
    by_slice = np.tensordot(area.cells, spread, axes=2)
    ring = found.rings.ring if found.rings else None
    u_ring = abs(float((spread * found.ring_form).sum())) * (ring.u if ring else 0.0)
    beyond = float((bowl.beyond * bands.values).sum())
    u_shape = abs(beyond) / math.sqrt(3.0) if abs(beyond) > SURELY_FREER * share * one(bowl.beyond) else 0.0
    return replace(
        made,
        key=CUPPING,
        value=float(bowl.coefficients[3]),
        u=math.hypot(of_slice * share, u_drift(by_slice, of_slice), u_ring, u_shape),
        where=f"{made.where}, to {area.reach_mm:.0f} mm",
        method=CUPPING_METHOD,
    )


def _ring(found: Artefacts, made: Measurement) -> Result:
    rings = found.rings
    if rings is None:
        return _too_small(RING)
    made = replace(made, key=RING, method=RING_METHOD, flags=(*made.flags, *found.area.centre_flags))
    ring = rings.ring
    if ring is None:
        return replace(made, value=rings.rms, u=HIDDEN * rings.limit, where=f"{made.where}, no ring")
    slices = found.area.slices if ring.slice is None else (found.area.slices[ring.slice],)
    kind = "bright" if ring.height > 0.0 else "dark"
    return replace(
        made,
        value=abs(ring.height),
        u=ring.u,
        n=made.n if ring.slice is None else 1,
        where=f"{where(found.area.module, slices)}, {kind} ring at {ring.radius_mm:.0f} mm",
        flags=(*RING_FOUND, *made.flags),
    )


def _crescent(found: Artefacts, made: Measurement) -> Result:
    result = found.crescents
    if result is None:
        return _too_small(CRESCENT)
    made = replace(made, key=CRESCENT, method=CRESCENT_METHOD, flags=(*made.flags, *found.area.centre_flags))
    seen = result.crescent
    if seen is None:
        return replace(made, value=result.rms, u=HIDDEN * result.limit, where=f"{made.where}, no crescent")
    kind = "bright" if seen.depth > 0.0 else "dark"
    return replace(
        made,
        value=seen.amplitude,
        u=seen.u,
        where=f"{made.where}, {kind} crescent at {seen.radius_mm:.0f} mm, {seen.angle_deg:.0f}°",
        flags=(*CRESCENT_FOUND, *made.flags),
    )


def _too_small(key: str) -> NotMeasured:
    return NotMeasured(
        key,
        "Too little of any circle of 10 mm and more about the rotation centre lies in the uniform area.",
        "A phantom near the rotation centre, with a wider uniform module.",
    )
