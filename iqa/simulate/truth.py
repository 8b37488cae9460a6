"""What a perfect measurement of a simulated scan would find: pose, places, values under the keys of the analysis."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iqa.model import (
    Bead,
    Feature,
    Insert,
    LinePairs,
    PhantomSpec,
    Pin,
    Pose,
    Ramp,
    Region,
    Scan,
    StepRamp,
    Wire,
)
from iqa.simulate.blur import Blur
from iqa.simulate.detectable import true_detectability
from iqa.simulate.noise import Noise
from iqa.simulate.physics import Physics
from iqa.simulate.scene import PlacedModule, contrast_hu

Floats = NDArray[np.float64]
Value = tuple[str, float]

SCHEMA = "iqa.truth/1"
ROUNDING_VARIANCE = 1.0 / 12.0
"""Of a value rounded to whole steps."""
NOISE_DISC = 0.4
"""Diameter of the disc of ct_number.uniform and noise.sd, against the body's."""
SPARED_MM = 3.0
"""Left out about a rod in that disc."""
BOWL_SHARE, BOWL_RIM_MM = 0.8, 8.0
"""Where artefact.cupping is stated: this share of the body's radius, but so far inside the uniform area's edge."""
TIER_SHARE = 0.5
"""Slices of a tier, against those of another, with which it is shown about as much."""
FEWEST_ON_A_LINE = 4
"""Different nominal CT numbers from which linearity means anything."""
CURVE_STEP_PER_MM = 0.01
CURVE_END_PER_MM = 1.5


@dataclass(frozen=True, slots=True)
class TrueModule:
    """A module as it was placed."""

    name: str
    pose: Pose
    """Maps the module's own coordinates to the stack frame."""


@dataclass(frozen=True, slots=True)
class TrueFeature:
    """Where a feature truly lies in the stack frame, its stray included, and its ideal CT number."""

    module: str
    name: str
    x_mm: float
    y_mm: float
    z_mm: float
    hu: float | None
    """Of the noise-free image deep inside the feature; None for a region of the body."""


@dataclass(frozen=True, eq=False)
class Truth:
    """The truth of a simulated scan.

    Attributes
    ----------
    phantom, variant : str
    pose : Pose
        Stack frame; the best fit of the origin module's features where they truly lie, as a locator reports it.
    placed : Pose
        Stack frame; as asked for, before strays and module rolls.
    origin_patient_mm : (x, y, z)
        Origin of `pose` in DICOM patient coordinates.
    modules, features : tuples
    values : dict
        True values under the keys of the analysis.
    frequency, transfer : (n,) float
        MTF of the image, 1/mm and 1.
    nps_frequency, nps : (n,) float
        Radial noise power before rounding on the drawing grid, 1/mm and HU² mm².
    """

    phantom: str
    variant: str | None
    pose: Pose
    placed: Pose
    origin_patient_mm: tuple[float, float, float]
    modules: tuple[TrueModule, ...]
    features: tuple[TrueFeature, ...]
    values: dict[str, float]
    frequency: Floats
    transfer: Floats
    nps_frequency: Floats
    nps: Floats

    def module(self, name: str) -> TrueModule:
        """The module of that name."""
        return next(m for m in self.modules if m.name == name)

    def feature(self, module: str, name: str) -> TrueFeature:
        """The feature of that name in a module."""
        return next(f for f in self.features if (f.module, f.name) == (module, name))


@dataclass(frozen=True, slots=True)
class Made:
    """All that the truth of a scan is derived from."""

    spec: PhantomSpec
    physics: Physics
    modules: tuple[PlacedModule, ...]
    blur: Blur
    noise: Noise
    z_mm: Floats
    """(slices,) planes of the slices, mm along the normal."""

    @property
    def uniform(self) -> PlacedModule | None:
        """The uniform module that is measured; None where the phantom has none.

        The one with regions of its own, unless another one has more than twice its slices; of the narrowest tier.
        """
        plain = self._narrowest([m for m in self.modules if m.module.block == "uniform"])
        most = max(plain, key=self._slices_inside, default=None)
        named = max((m for m in plain if any(m.module.of(Region))), key=self._slices_inside, default=None)
        few = most and named and 2 * self._slices_inside(named) < self._slices_inside(most)
        return most if few else named or most

    def _narrowest(self, modules: list[PlacedModule]) -> list[PlacedModule]:
        """Those of the narrowest tier, of tiers that the scan shows about as much of."""
        most = max(map(self._slices_inside, modules), default=0)
        often = [m for m in modules if self._slices_inside(m) >= TIER_SHARE * most]
        return [m for m in often if m.diameter_mm == min((o.diameter_mm or 0.0) for o in often)] or often

    def _slices_inside(self, placed: PlacedModule) -> int:
        module, half = placed.module, 0.5 * self.physics.thickness_mm
        low, high = sorted(placed.pose.place(0.0, 0.0, z)[2] for z in (module.z_from_mm, module.z_to_mm))
        return int(np.count_nonzero((low + half <= self.z_mm) & (self.z_mm <= high - half)))

    def all(self, *kinds: type) -> Iterator[tuple[PlacedModule, Any]]:
        """Features of the given kinds, each with its module, the origin's first."""
        ordered = sorted(self.modules, key=lambda m: m.module.name != self.spec.origin)
        return ((m, f) for m in ordered for f in m.features if isinstance(f, kinds))

    def hu(self, placed: PlacedModule, true_hu: float, feature: Feature | None = None) -> float:
        """CT number in the image of something of a true CT number, at a feature's place or on the axis."""
        away = math.hypot(feature.x_mm, feature.y_mm) if feature else 0.0
        radius = 0.5 * (placed.diameter_mm or math.inf)
        physics = self.physics
        return physics.gain * true_hu + physics.offset_hu + physics.cupping_hu * (away / radius) ** 2

    def contrast(self, placed: PlacedModule, feature: Feature) -> float:
        """Contrast of a feature to its body before gain."""
        return contrast_hu(feature, placed.module.body_hu, dict(self.physics.contrast_scale))


def truth_of(made: Made, scan: Scan) -> Truth:
    """The truth of a scan."""
    pose = _best_fit(made)
    origin = scan.to_patient(pose.x_mm, pose.y_mm, pose.z_mm)
    frequency = np.arange(0.0, CURVE_END_PER_MM, CURVE_STEP_PER_MM)
    nps_frequency, nps = _radial(made.noise)
    families = (_numbers, _noise, _lengths, _resolution, _contrasts, _detectability)
    values: dict[str, float] = {}
    for key, value in (pair for family in families for pair in family(made)):
        # tiers of one phantom share names; a key then means the origin's
        values.setdefault(key, value)
    return Truth(
        phantom=made.spec.name,
        variant=made.spec.variant,
        pose=pose,
        placed=made.physics.stack_pose,
        origin_patient_mm=origin,
        modules=tuple(TrueModule(m.module.name, m.pose) for m in made.modules),
        features=tuple(_features(made)),
        values=values | dict(_position(pose, origin)) | dict(_axis(made, pose)),
        frequency=frequency,
        transfer=made.blur.transfer(frequency),
        nps_frequency=nps_frequency,
        nps=nps,
    )


def _features(made: Made) -> Iterator[TrueFeature]:
    for placed in made.modules:
        for f in placed.features:
            own_z = f.z_mm if isinstance(f, (Bead, Ramp, StepRamp)) else 0.0
            true_hu = placed.module.body_hu + made.contrast(placed, f)
            hu = None if isinstance(f, Region) else made.hu(placed, true_hu, f)
            yield TrueFeature(placed.module.name, f.name, *placed.pose.place(f.x_mm, f.y_mm, own_z), hu)


def _best_fit(made: Made) -> Pose:
    """Pose whose turn and shift fit the origin module's strayed inserts (else all its features) best, scale free."""
    placed = next(m for m in made.modules if m.module.name == made.spec.origin)
    nominal = placed.module.features
    kept = [k for k, f in enumerate(nominal) if isinstance(f, Insert)]
    kept = kept if len(kept) > 1 else [k for k, f in enumerate(nominal) if not isinstance(f, Region)]
    if len(kept) < 2:
        return placed.pose
    wanted = np.array([complex(nominal[k].x_mm, nominal[k].y_mm) for k in kept])
    found = np.array([complex(placed.features[k].x_mm, placed.features[k].y_mm) for k in kept])
    (turn, shift), *_ = np.linalg.lstsq(np.column_stack([wanted, np.ones_like(wanted)]), found, rcond=None)
    x, y, z = placed.pose.place(shift.real, shift.imag, 0.0)
    # y is down, so a positive argument is clockwise; a mirrored image turns it round
    clockwise = math.degrees(cmath.phase(complex(turn)))
    roll = placed.pose.roll_deg + (clockwise if placed.pose.mirrored else -clockwise)
    return replace(placed.pose, x_mm=x, y_mm=y, z_mm=z, roll_deg=roll)


def _position(pose: Pose, origin: tuple[float, float, float]) -> Iterator[Value]:
    yield from zip(("position.x", "position.y", "position.z"), origin, strict=True)
    yield "position.roll", pose.roll_deg
    yield "position.pitch", pose.pitch_deg
    yield "position.yaw", pose.yaw_deg


def _axis(made: Made, pose: Pose) -> Iterator[Value]:
    """The body's axis beside the origin, in the phantom's own frame."""
    placed = next(m for m in made.modules if m.module.name == made.spec.origin).pose
    here = np.array([placed.x_mm - pose.x_mm, placed.y_mm - pose.y_mm, placed.z_mm - pose.z_mm])
    x, y, _ = np.linalg.solve(pose.matrix, here)
    yield "geometry.axis_x", float(x)
    yield "geometry.axis_y", float(y)


def _numbers(made: Made) -> Iterator[Value]:
    for placed, f in made.all(Insert):
        yield f"ct_number.{f.name}", made.hu(placed, placed.module.body_hu + made.contrast(placed, f), f)
    physics, uniform = made.physics, made.uniform
    if uniform is not None:
        # the mean of (r/R)² over a disc is half of that at its rim
        bowl = 0.5 * physics.cupping_hu * (NOISE_DISC**2 + _spared(uniform) ** 2) if uniform.diameter_mm else 0.0
        yield "ct_number.uniform", made.hu(uniform, uniform.module.body_hu) + bowl
        yield from _uniformity(made, uniform)
        yield from _cupping(made, uniform)
    yield "artefact.ring", abs(physics.ring_hu)
    if physics.cupping_hu == 0.0 and not physics.contrast_scale:
        yield from _linearity(made)
    if physics.header.ctdivol_mgy is not None:
        yield "dose.ctdivol", physics.header.ctdivol_mgy


def _linearity(made: Made) -> Iterator[Value]:
    """The line through the inserts against the maker's values, as it is without noise: weighted by his ranges."""
    pairs = [(made.hu(placed, f.hu), f) for placed, f in made.all(Insert)]
    if len({f.expected_hu for _, f in pairs}) < FEWEST_ON_A_LINE:
        return
    ranges = [f.hu_range for _, f in pairs if f.hu_range is not None]
    if len(ranges) == len(pairs):
        weight = [1.0 / (high - low) for low, high in ranges]
    elif all(f.hu == f.expected_hu for _, f in pairs):
        weight = [1.0] * len(pairs)  # all on one line, whatever they weigh
    else:
        return  # the noise decides what those without a range weigh
    slope, intercept = np.polyfit([f.expected_hu for _, f in pairs], [hu for hu, _ in pairs], 1, w=weight)
    yield "linearity.slope", float(slope)
    yield "linearity.intercept", float(intercept)


def _uniformity(made: Made, uniform: PlacedModule) -> Iterator[Value]:
    """Edge minus centre of the module's regions; discs of one size hold the same share of the bowl's curvature."""
    regions = [f for f in uniform.features if isinstance(f, Region)]
    edges = {f.name: made.hu(uniform, 0.0, f) - made.hu(uniform, 0.0) for f in regions if f.name != "centre"}
    yield from ((f"uniformity.{name}", value) for name, value in edges.items())
    if edges:
        yield "uniformity.max_deviation", max(edges.values(), key=abs)


def _cupping(made: Made, uniform: PlacedModule) -> Iterator[Value]:
    if uniform.diameter_mm:
        radius = 0.5 * uniform.diameter_mm
        reach = min(BOWL_SHARE * radius, 0.5 * (uniform.module.insert_diameter_mm or uniform.diameter_mm) - BOWL_RIM_MM)
        yield "artefact.cupping", made.physics.cupping_hu * (reach / radius) ** 2


def _spared(uniform: PlacedModule) -> float:
    """Diameter of what is left out about the axis, against the body's: a rod there, and 3 mm round it."""
    pins = [f for f in uniform.features if isinstance(f, Pin) and math.hypot(f.x_mm, f.y_mm) < f.diameter_mm / 2.0]
    rods = [f.diameter_mm + 2.0 * SPARED_MM for f in pins]
    return max(rods, default=0.0) / uniform.diameter_mm if uniform.diameter_mm else 0.0


def _noise(made: Made) -> Iterator[Value]:
    variance = made.noise.sigma_hu**2 + ROUNDING_VARIANCE * made.physics.hu_step**2
    yield "noise.sigma", math.sqrt(variance)
    # (r/R)² is spread evenly over a disc, from 0 to its value at the rim
    bowl = made.physics.cupping_hu * (NOISE_DISC**2 - (_spared(made.uniform) if made.uniform else 0.0) ** 2)
    yield "noise.sd", math.sqrt(variance + bowl**2 / 12.0)
    f, power = _radial(made.noise)
    if made.noise.sigma_hu > 0.0:
        yield "nps.average_frequency", float(f @ power / power.sum())
        grid, weight = made.noise.frequency, made.noise.weighted
        yield "nps.mean_frequency_2d", float((grid * weight).sum() / weight.sum())
    if made.noise.sigma_hu > 0.0 and made.physics.nps == "ramp":
        fine = np.linspace(0.0, 0.5 / made.physics.pixel_mm, 20001)
        yield "nps.peak_frequency", float(fine[np.argmax(fine * made.blur.transfer(fine) ** 2)])


def _radial(noise: Noise) -> tuple[Floats, Floats]:
    """Noise power over rings of one grid bin, from bin 1 to Nyquist."""
    step = 1.0 / (noise.size * noise.pixel_mm)
    ring = np.rint(noise.frequency / step).astype(np.intp).ravel()
    counts = noise.counts.ravel()
    kept = slice(1, noise.size // 2 + 1)
    number = np.bincount(ring, counts)[kept]
    f = np.bincount(ring, counts * noise.frequency.ravel())[kept] / number
    return np.asarray(f), np.asarray(np.bincount(ring, noise.weighted.ravel())[kept] / number)


def _lengths(made: Made) -> Iterator[Value]:
    section, scale = made.physics.profile, made.physics.pose.scale
    thickness = section.width(0.5)
    yield "slice_thickness", thickness
    yield "ssp.fwhm", thickness
    yield "ssp.fwtm", section.width(0.1)
    for placed, f in made.all(Ramp, StepRamp):
        yield f"slice_thickness.{f.name}", thickness
        yield "geometry.ramp_pitch", placed.pose.pitch_deg
        yield "geometry.ramp_yaw", placed.pose.yaw_deg
    yield "geometry.scale_x", scale
    yield "geometry.scale_y", scale
    yield "geometry.scale_z", 1.0
    diameters = {m.diameter_mm for m in made.modules if m.diameter_mm is not None}
    if len(diameters) == 1:
        yield "geometry.diameter", scale * diameters.pop()
    for placed in made.modules:
        pins = [f for f in placed.features if isinstance(f, Pin)]
        for a, b in combinations(pins, 2):
            yield f"geometry.pin_distance.{a.name}_{b.name}", scale * math.hypot(a.x_mm - b.x_mm, a.y_mm - b.y_mm)


def _resolution(made: Made) -> Iterator[Value]:
    levels = {"f50": made.blur.frequency(0.5), "f10": made.blur.frequency(0.1)}
    names = [f"ttf.{f.name}" for _, f in made.all(Insert)]
    names += [name for kind, name in ((Bead, "mtf.bead"), (Wire, "mtf.wire")) if any(made.all(kind))]
    for name in names:
        yield from ((f"{name}.{level}", f) for level, f in levels.items())
    for _, f in made.all(LinePairs):
        yield f"line_pairs.modulation.{f.label}", float(made.blur.transfer(np.array([0.1 * f.lp_per_cm]))[0])


def _contrasts(made: Made) -> Iterator[Value]:
    for placed in made.modules:
        for name, rods in placed.module.targets.items():
            mean = math.fsum(made.contrast(placed, rod) for rod in rods) / len(rods)
            yield f"low_contrast.{name}.contrast", made.physics.gain * mean


def _detectability(made: Made) -> Iterator[Value]:
    """Of the usual observer; no number without an insert, whose edge tells the transfer function."""
    if any(made.all(Insert)):
        yield from true_detectability(made.blur, made.noise, math.sqrt(ROUNDING_VARIANCE) * made.physics.hu_step)
