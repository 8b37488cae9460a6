"""Point sources of a scan, beads and wires: on which slices each one shows, where, how high and in what noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from iqa.metrics import absent
from iqa.metrics.patches import covering, noise_within
from iqa.metrics.regions import (
    CLIPPED_HU,
    CLIPPED_STORED,
    Array,
    Circle,
    Noise,
    base_diameter,
    beside_the_field,
    centred,
    crop,
    pixels,
    rod_slices,
)
from iqa.model import Bead, Drawn, Module, ModuleFit, NotMeasured, Scan, Wire
from iqa.signal.points import (
    ball_transform,
    fit_point,
    pixels_held,
    point_height,
    smear_transform,
    wire_transform,
)
from iqa.signal.robust import median, spread
from iqa.signal.transfer import Crop
from iqa.signal.trend import detrended_sum_of_squares

if TYPE_CHECKING:
    from iqa.metrics.context import Context

FIT_MM = 10.0
"""Radius about a source that is given to the fit: the base and the point spread's tails. 6 mm costs a fifth of the
precision, 14 mm gains nothing."""
LARGEST_MM = 0.5
"""Largest ball or wire that is a point source: one of 0.5 mm takes 28 % of a frequency of 1 /mm, one of 1 mm nearly
all of it, and what it leaves is not worth dividing by."""
LARGEST_FOIL_MM = 3.0
"""Largest disc of foil that is read along z: a wider one leans through its own thickness at 1° of tilt, and the plane
below it bends."""
FREE_MM = 22.0
"""Radius about a bare wire or bead within which its holder is searched for squares that show the noise."""
SEARCH_MM = 3.0
"""A source may lie this far beside its place on the image: modules are turned by some degrees."""
SEARCH_Z_MM = 2.0
"""And this far along z; beads of real units stray by up to 1 mm."""
LEAST_WIDTH = 0.75
"""Width, in pixels, with which a spot is looked for at least: a narrower one would rest on a few pixels."""
NARROWEST = 0.4
"""Width, in pixels, below which it is a grain of noise, or a point spread whose f50 lies near Nyquist or beyond."""
FEWEST_HELD, HELD_PX = 2.2, 3.5
"""Pixels as many as must hold a point's image, within so many pixels: on fewer a fit lands up to a pixel beside it and
f50, then up to a third too low, has a small u. With f50 up to three quarters of Nyquist's frequency they are 2.4."""
SHOWN = 0.25
"""Height on a slice, against the slice that shows a bead best, from which it counts: less adds noise alone."""
FAINTEST = 5.0
"""Height over noise below which what is found may be noise."""
QUIET_MM = 4.0
"""Distance from a source beyond which its surroundings show their noise."""
NEIGHBOUR_MM = 3.0
"""Distance kept from what else stands in the module."""
CORE_MM = 5.0
"""A source within this of something else, margin included, does not stand alone."""
RIM_MM = 2.0
"""Distance that the fitted circle keeps from the body's edge."""
STRAYED = 3.0
"""A slice on which a wire is seen this many spreads off its straight line saw something else."""
STRAY_MM = 0.2
"""But never less than this."""
STRAIGHT = 3
"""Slices from which a wire's own line is taken; fewer lie where each is found, at the defined tilt."""
CLIPPED_CORE = 2
"""Pixels of one slice's spot that hold the scan's very largest value when it is clipped at an unusual one: that two do
by chance, the source midway between them, happens once in 500 times."""


@dataclass(frozen=True, eq=False)
class Source:
    """One bead or wire with the slices that show it."""

    feature: Bead | Wire
    module: str
    slices: tuple[int, ...]
    crops: tuple[Crop, ...]
    heights: Array
    """(slices,) HU."""
    width_mm: float
    """Of its image, as the standard deviation of a Gaussian."""
    noise: Noise
    """Of the scan where it stands, by texture."""
    level: float
    """Pixel variance of the noise about it, HU²."""
    smear_mm: float
    """Length that a section's thickness adds along the image, through the tilt."""
    drawn: Drawn

    @property
    def known(self) -> bool:
        """The diameter has a source: a number that nobody vouches for removes nothing."""
        return self.feature.provenance.of("diameter_mm")[1] != "U"

    def shape(self, frequency: Array) -> Array:
        """Its transform beside the scanner's: the object's where that is known, and the smear."""
        own = self.object(frequency) if self.known else np.ones_like(frequency)
        return own * smear_transform(frequency, self.smear_mm)

    def object(self, frequency: Array) -> Array:
        """Transform of a ball, or of the round section of a wire or foil, of the defined diameter."""
        transform = ball_transform if is_ball(self.feature) else wire_transform
        return transform(frequency, self.feature.diameter_mm)


Seen = Source | NotMeasured
Sources = dict[tuple[str, Bead | Wire], Seen]
"""What a scan shows of each point source, by module and feature."""


def is_ball(feature: Bead | Wire) -> bool:
    """A bead that is no disc of foil."""
    return isinstance(feature, Bead) and feature.height_mm is None


def is_point(feature: Bead | Wire) -> bool:
    """Small enough in the plane to be a point source."""
    return feature.diameter_mm <= LARGEST_MM


def is_foil(feature: Bead | Wire) -> bool:
    """A disc of foil, small enough to be read along z."""
    return isinstance(feature, Bead) and feature.height_mm is not None and feature.diameter_mm <= LARGEST_FOIL_MM


def find_sources(context: Context) -> Sources | NotMeasured:
    """Every point source and disc of foil in the modules that the scan shows, or why none can be looked for."""
    noise = context.noise or _noise_about(context)
    if noise is None:
        return absent.noise("")
    shown = [(m, fit) for m in context.whole.spec.modules if (fit := context.whole.module(m.name)) and fit.slices]
    wanted = [(m, f) for m, _ in shown for f in m.features if isinstance(f, Bead | Wire)]
    return {(m.name, f): see(context, noise, m, f) for m, f in wanted if is_point(f) or is_foil(f)}


def _noise_about(context: Context) -> Noise | None:
    """The noise in the holder of a bare wire or bead: plain near the source, and nothing else is known of it."""
    if context.located.body is not None:
        return None
    spec, whole = context.located.spec, context.whole
    bare = [(m, whole.module(m.name)) for m in spec.modules if m.diameter_mm is None]
    found = (noise_within(context.scan, m, fit, FREE_MM) for m, fit in bare if fit is not None and fit.slices)
    return next((n for n in found if n is not None), None)


def see(context: Context, noise: Noise, module: Module, feature: Bead | Wire) -> Seen:
    """A bead or wire of the definition as the scan shows it, or why not (a result without a key)."""
    scan, fit = context.scan, context.whole.module(module.name)
    if fit is None:
        return absent.module("", scan, context.whole, module)
    if _at_rim(context, module, fit, feature):
        reason = f"'{feature.name}' stands less than {FIT_MM + RIM_MM:g} mm from the edge of its module."
        return NotMeasured("", reason, f"Plain material for {FIT_MM + RIM_MM:g} mm about it.")
    path = _Path.of(fit, feature)
    slices = _bead_slices(scan, fit, path) if isinstance(feature, Bead) else _wire_slices(scan, fit, feature)
    if not slices:
        return _missed(scan, feature, path)
    if any(crop(scan, i, Circle(*path.at(float(scan.z_mm[i])), FIT_MM)) is None for i in slices):
        return beside_the_field("", feature.name)
    peaks = tuple(_peak(context, i, path.at(float(scan.z_mm[i]))) for i in slices)
    find = _bead_spots if isinstance(feature, Bead) else _wire_spots
    spots = () if _too_narrow(scan, noise, peaks) else find(context, peaks)
    if spots:
        return _source(context, noise, (module, fit), feature, spots)
    return _unsampled(scan, feature) if _stands_out(noise, peaks) else _not_found(feature)


@dataclass(frozen=True, slots=True)
class _Path:
    """Where a source is expected: a point of the stack frame and, for a wire, how it runs on from there."""

    x_mm: float
    y_mm: float
    z_mm: float
    slope_x: float = 0.0
    slope_y: float = 0.0

    @classmethod
    def of(cls, fit: ModuleFit, feature: Bead | Wire) -> _Path:
        if isinstance(feature, Bead):
            return cls(*fit.pose.place(feature.x_mm, feature.y_mm, feature.z_mm))
        lean, angle = math.tan(math.radians(feature.tilt_deg)), math.radians(feature.direction_deg)
        dx, dy, dz = fit.pose.matrix @ (lean * math.cos(angle), -lean * math.sin(angle), 1.0)
        return cls(*fit.pose.place(feature.x_mm, feature.y_mm, 0.0), float(dx / dz), float(dy / dz))

    def at(self, z_mm: float) -> tuple[float, float]:
        """(x, y) on the plane z."""
        return self.x_mm + (z_mm - self.z_mm) * self.slope_x, self.y_mm + (z_mm - self.z_mm) * self.slope_y


def _at_rim(context: Context, module: Module, fit: ModuleFit, feature: Bead | Wire) -> bool:
    diameter = base_diameter(module, context.located.body) or math.inf
    away = math.hypot(feature.x_mm, feature.y_mm) + (FIT_MM + RIM_MM) / fit.pose.scale
    return away > diameter / 2


def _bead_slices(scan: Scan, fit: ModuleFit, path: _Path) -> tuple[int, ...]:
    """Slices of the module that may show a bead."""
    reach = scan.section_mm / 2 + SEARCH_Z_MM + (fit.u_z_mm or 0.0)
    return tuple(i for i in fit.slices if abs(scan.z_mm[i] - path.z_mm) <= reach)


def _wire_slices(scan: Scan, fit: ModuleFit, wire: Wire) -> tuple[int, ...]:
    """Slices whose sections lie wholly between a wire's ends, a whole section from either if that leaves any."""
    section = scan.section_mm
    return rod_slices(scan, fit, wire, section + (fit.u_z_mm or 0.0)) or rod_slices(scan, fit, wire, section / 2)


# ------------------------------------------------------------------------------------- finding them


@dataclass(frozen=True, slots=True)
class _Spot:
    """A source on one slice, stack frame."""

    index: int
    x_mm: float
    y_mm: float
    width_mm: float
    height: float


@dataclass(frozen=True, slots=True)
class _Peak:
    """The brightest place near where a source is expected, on one slice; stack frame."""

    index: int
    x_mm: float
    y_mm: float
    height: float
    """Of the smoothed image above what surrounds it: a Gaussian fitted to a grain of noise may be of any height."""


def _peak(context: Context, index: int, at: tuple[float, float]) -> _Peak:
    scan = context.scan
    seen = crop(scan, index, Circle(*at, SEARCH_MM))
    if seen is None:
        return _Peak(index, *at, -math.inf)
    smooth = ndimage.gaussian_filter(seen.hu, [_start_mm(context) / p for p in scan.pixel_mm])
    row, column = divmod(int(np.argmax(np.where(seen.mask, smooth, -np.inf))), smooth.shape[1])
    place = scan.to_stack(column + seen.corner[1], row + seen.corner[0], index)
    return _Peak(index, *place, float(smooth[row, column]) - median(smooth[seen.mask]))


def _start_mm(context: Context) -> float:
    """Width with which a spot is looked for."""
    return max(context.blur_mm, *(LEAST_WIDTH * p for p in context.scan.pixel_mm))


def _stands_out(noise: Noise, peaks: Sequence[_Peak]) -> bool:
    return max(p.height for p in peaks) >= FAINTEST * noise.covariance.sd


def _too_narrow(scan: Scan, noise: Noise, peaks: Sequence[_Peak]) -> bool:
    """True where what stands out at the place is held by too few pixels to be followed."""
    if not _stands_out(noise, peaks):
        return False
    shown = [p for p in peaks if p.height >= 0.5 * max(o.height for o in peaks)]
    seen = (crop(scan, p.index, Circle(p.x_mm, p.y_mm, HELD_PX * max(scan.pixel_mm))) for p in shown)
    held = [pixels_held(s.hu.astype(np.float64), noise.covariance.sd) for s in seen if s is not None]
    return median([value + u for value, u in held]) < FEWEST_HELD


def _bead_spots(context: Context, peaks: Sequence[_Peak]) -> tuple[_Spot, ...]:
    """A bead on the slices that show it: at one place, with the width that it has where it shows best."""
    scan = context.scan
    seen = _fitted_to(context, peaks)
    if not seen:
        return ()
    best = max(seen, key=lambda s: s.height)
    shown = [_height_at(scan, replace(best, index=p.index)) for p in peaks]
    top = max(s.height for s in shown)
    shown = [s for s in shown if s.height >= SHOWN * top]
    own = [s for s in (_fitted(scan, s.index, (s.x_mm, s.y_mm), s.width_mm) for s in shown) if s is not None]
    near = [s for s in own if math.hypot(s.x_mm - best.x_mm, s.y_mm - best.y_mm) < best.width_mm] or [best]
    weights = [s.height**2 for s in near]
    x, y, width = np.average([(s.x_mm, s.y_mm, s.width_mm) for s in near], axis=0, weights=weights).tolist()
    return tuple(_height_at(scan, _Spot(s.index, x, y, width, 0.0)) for s in shown)


def _wire_spots(context: Context, peaks: Sequence[_Peak]) -> tuple[_Spot, ...]:
    """A wire on its slices: on the straight line through the places where each shows it."""
    scan = context.scan
    seen = _fitted_to(context, peaks)
    if len(seen) < STRAIGHT:
        return tuple(_height_at(scan, s) for s in seen)
    z, places = scan.z_mm[[s.index for s in seen]], np.array([(s.x_mm, s.y_mm) for s in seen])
    kept = np.ones(len(seen), dtype=bool)
    for _ in range(2):
        lines = [np.polynomial.Polynomial.fit(z[kept], c[kept], 1) for c in places.T]
        away = np.hypot(*(c - line(z) for c, line in zip(places.T, lines, strict=True)))
        kept = away <= max(STRAYED * spread(away), STRAY_MM)
    on_line = [s for s, held in zip(seen, kept, strict=True) if held]
    width = median([s.width_mm for s in on_line])
    at_x, at_y = lines
    moved = ((s.index, float(scan.z_mm[s.index])) for s in on_line)
    return tuple(_height_at(scan, _Spot(i, float(at_x(z)), float(at_y(z)), width, 0.0)) for i, z in moved)


def _fitted_to(context: Context, peaks: Sequence[_Peak]) -> list[_Spot]:
    """The peaks that are points, each with the peak's own height."""
    start = _start_mm(context)
    found = [(p, _fitted(context.scan, p.index, (p.x_mm, p.y_mm), start)) for p in peaks if p.height > -math.inf]
    return [replace(spot, height=p.height) for p, spot in found if spot is not None]


def _fitted(scan: Scan, index: int, at: tuple[float, float], width_mm: float) -> _Spot | None:
    seen = crop(scan, index, Circle(*at, CORE_MM))
    found = None if seen is None else fit_point(pixels(scan, index, seen), at, width_mm)
    if found is None or found.height <= 0.0 or found.width_mm < NARROWEST * min(scan.pixel_mm):
        return None
    return _Spot(index, found.x_mm, found.y_mm, found.width_mm, found.height)


def _height_at(scan: Scan, spot: _Spot) -> _Spot:
    """The same place and width with the height that its slice shows there."""
    seen = crop(scan, spot.index, Circle(spot.x_mm, spot.y_mm, CORE_MM))
    at = (spot.x_mm, spot.y_mm)
    height = -math.inf if seen is None else point_height(pixels(scan, spot.index, seen), at, spot.width_mm)
    return replace(spot, height=height)


# ------------------------------------------------------------------------------------- taking them


def _source(
    context: Context, noise: Noise, place: tuple[Module, ModuleFit], feature: Bead | Wire, spots: tuple[_Spot, ...]
) -> Seen:
    scan, (module, fit) = context.scan, place
    crops = _crops(scan, place, feature, spots)
    if isinstance(crops, NotMeasured):
        return crops
    level, heights = _level(noise, crops), np.array([s.height for s in spots])
    if math.sqrt(float(heights @ heights) / level) < FAINTEST:
        return _not_found(feature)
    if any(_clipped(scan, s, c, context.scan.stored_ends[1]) for s, c in zip(spots, crops, strict=True)):
        reason = f"Pixels of '{feature.name}' lie at the end of the stored scale, so its top is cut off."
        return NotMeasured("", reason, "An extended CT number scale.")
    middle, slices = spots[len(spots) // 2], tuple(s.index for s in spots)
    kind = "bead" if isinstance(feature, Bead) else "wire"
    drawn = Drawn(module.name, f"mtf.{kind}", middle.x_mm, middle.y_mm, FIT_MM, slices)
    smear = 0.0 if isinstance(feature, Bead) else scan.section_mm * _travel(scan, spots, _Path.of(fit, feature))
    return Source(feature, module.name, slices, crops, heights, middle.width_mm, noise, level, smear, drawn)


def _crops(
    scan: Scan, place: tuple[Module, ModuleFit], feature: Bead | Wire, spots: tuple[_Spot, ...]
) -> tuple[Crop, ...] | NotMeasured:
    """The source and its surroundings on each slice, what else stands there left out."""
    near, crops = _neighbours(place[0], feature), []
    for spot in spots:
        z = float(scan.z_mm[spot.index])
        holes = [Circle(*place[1].pose.on_plane(c.x_mm, c.y_mm, z), c.radius_mm) for c in near]
        if any(math.hypot(h.x_mm - spot.x_mm, h.y_mm - spot.y_mm) < h.radius_mm + CORE_MM for h in holes):
            return _crowded(feature)
        crops.append(centred(scan, spot.index, Circle(spot.x_mm, spot.y_mm, FIT_MM), holes))
    seen = tuple(c for c in crops if c is not None)
    return seen if len(seen) == len(crops) else beside_the_field("", feature.name)


def _travel(scan: Scan, spots: tuple[_Spot, ...], path: _Path) -> float:
    """Millimetres that a wire travels on the image per mm of z: as seen, or as defined where too few slices show it."""
    if len(spots) < STRAIGHT:
        return math.hypot(path.slope_x, path.slope_y)
    first, last = spots[0], spots[-1]
    rise = float(scan.z_mm[last.index] - scan.z_mm[first.index])
    return math.hypot(last.x_mm - first.x_mm, last.y_mm - first.y_mm) / rise


def _neighbours(module: Module, feature: Bead | Wire) -> list[Circle]:
    """What else may reach into the fitted circle, with a margin, in the module's frame."""
    taken = (c for other in module.features if other is not feature for c in covering(other))
    circles = (Circle(x, y, radius + NEIGHBOUR_MM) for x, y, radius in taken)
    reach = FIT_MM + SEARCH_MM
    return [c for c in circles if math.hypot(c.x_mm - feature.x_mm, c.y_mm - feature.y_mm) < c.radius_mm + reach]


def _level(noise: Noise, crops: Sequence[Crop]) -> float:
    """Pixel variance of the noise about a source, HU²: what a 2nd-order fit leaves, freed from what it swallows."""
    quiet = [c.mask & (np.hypot(c.x_mm, c.y_mm) > QUIET_MM) for c in crops]
    sums = [
        detrended_sum_of_squares(c.hu.astype(np.float32), q) / np.count_nonzero(q)
        for c, q in zip(crops, quiet, strict=True)
    ]
    return float(np.mean(sums)) / noise.covariance.kept_after_detrend(quiet[len(quiet) // 2])


def _clipped(scan: Scan, spot: _Spot, seen: Crop, stored_top: int) -> bool:
    """True where a spot's top holds the largest value that its scale has, or more than once the scan's largest."""
    core = seen.hu[np.hypot(seen.x_mm, seen.y_mm) < max(2.0 * spot.width_mm, *scan.pixel_mm)]
    slope, intercept = float(scan.slope[spot.index]), float(scan.intercept[spot.index])
    top, half = stored_top * slope + intercept, 0.5 * abs(slope)
    ends = (CLIPPED_HU[1], *(value * slope + intercept for value in CLIPPED_STORED))
    return bool(
        any(np.any(np.abs(core - end) < half) for end in ends)
        or np.count_nonzero(np.abs(core - top) < half) >= CLIPPED_CORE
    )


# ------------------------------------------------------------------------------------- and why not


def large(feature: Bead | Wire) -> NotMeasured:
    """The result of something that is no point source."""
    return NotMeasured(
        "",
        f"'{feature.name}' of {feature.diameter_mm:g} mm is no point source: at most {LARGEST_MM:g} mm is.",
        "A phantom with a small bead or a thin wire.",
    )


def _missed(scan: Scan, feature: Bead | Wire, path: _Path) -> NotMeasured:
    if isinstance(feature, Wire):
        return absent.section("", feature.name, feature.z_to_mm - feature.z_from_mm, scan.section_mm)
    return NotMeasured(
        "",
        f"No slice of its module shows '{feature.name}', which is expected at z = {path.z_mm:.1f} mm.",
        "Contiguous slices through the whole module.",
    )


def _not_found(feature: Bead | Wire) -> NotMeasured:
    return NotMeasured(
        "",
        f"No point {FAINTEST:g} times above the noise lies within {SEARCH_MM:g} mm of the place of '{feature.name}'.",
        "More dose, or thinner slices.",
    )


def _unsampled(scan: Scan, feature: Bead | Wire) -> NotMeasured:
    return NotMeasured(
        "",
        f"What shows at the place of '{feature.name}' is no image of a point that pixels of "
        f"{max(scan.pixel_mm):.2f} mm can follow.",
        "Smaller pixels: a smaller field of view.",
    )


def _crowded(feature: Bead | Wire) -> NotMeasured:
    return NotMeasured(
        "",
        f"Something else stands within {CORE_MM + NEIGHBOUR_MM:g} mm of '{feature.name}'.",
        f"Plain material for {CORE_MM + NEIGHBOUR_MM:g} mm about it.",
    )
