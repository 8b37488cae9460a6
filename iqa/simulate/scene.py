"""A definition laid into the scanner: its modules placed, its features strayed, everything turned into shapes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import assert_never

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from iqa.errors import UsageError
from iqa.model import Bead, Feature, Insert, LinePairs, Module, PhantomSpec, Pin, Pose, Ramp, Region, StepRamp, Target
from iqa.model import Wire as ModelWire
from iqa.simulate.blur import Discs
from iqa.simulate.physics import Physics
from iqa.simulate.shapes import Bar, Line, Rod, Shape

Floats = NDArray[np.float64]
Point = tuple[float, float]
Direction = tuple[float, float, float]

UPRIGHT: Direction = (0.0, 0.0, 1.0)
"""A feature's axis in its module's coordinates."""
AIR_HU = -1000.0
SMALL_BALL = 1.5
"""Balls up to this multiple of the blur's width are drawn as discs of the same volume and second moment in every slab;
the fourth moment then differs by a seventh, 2e-4 of the peak at this size. Larger ones are stacks of discs."""
SMALL_SLABS = 6
LARGE_SLABS = 12
"""Slabs of a ball along z. Each has its exact volume, so the sum over slices is exact."""


@dataclass(frozen=True, slots=True)
class PlacedModule:
    """A module in the stack frame."""

    module: Module
    pose: Pose
    """Maps the module's own coordinates to the stack frame."""
    features: tuple[Feature, ...]
    """With their true places, strays included."""
    z_from_mm: float
    z_to_mm: float
    """Ends of its body against its own plane, shared with its neighbours."""
    diameter_mm: float | None


def place(spec: PhantomSpec, physics: Physics, rng: Generator) -> tuple[PlacedModule, ...]:
    """The modules where they lie, with features strayed by draws from `rng`.

    A phantom is one piece: what lies between the blocks of two neighbours, or is claimed by both, is halved.

    Raises
    ------
    UsageError
        The definition leaves the body's diameter open and the physics does not give it, or a rolled module is unknown.
    """
    rolls = dict(physics.module_rolls_deg)
    unknown = rolls.keys() - {m.name for m in spec.modules}
    if unknown:
        raise UsageError(f"{spec.label} has no module {', '.join(sorted(unknown))} to roll")
    ends = _ends(spec)
    return tuple(
        PlacedModule(
            module=module,
            pose=_module_pose(physics.stack_pose, module, rolls.get(module.name, 0.0)),
            features=tuple(_strayed(f, physics.stray_mm, rng) for f in module.features),
            z_from_mm=ends[module.name][0],
            z_to_mm=ends[module.name][1],
            diameter_mm=_diameter(spec, module, physics),
        )
        for module in spec.modules
    )


def _ends(spec: PhantomSpec) -> dict[str, tuple[float, float]]:
    ordered = sorted(spec.modules, key=lambda m: m.z_mm)
    low = {m.name: m.z_from_mm for m in ordered}
    high = {m.name: m.z_to_mm for m in ordered}
    for below, above in pairwise(ordered):
        # the halves meet, so the partial volumes of both add up to a whole slice
        border = 0.5 * (below.z_mm + below.z_to_mm + above.z_mm + above.z_from_mm)
        high[below.name], low[above.name] = border - below.z_mm, border - above.z_mm
    return {name: (low[name], high[name]) for name in low}


def _module_pose(pose: Pose, module: Module, roll_deg: float) -> Pose:
    x, y, z = pose.place(0.0, 0.0, module.z_mm)
    return replace(pose, x_mm=x, y_mm=y, z_mm=z, roll_deg=pose.roll_deg + roll_deg)


def _strayed(feature: Feature, stray_mm: float, rng: Generator) -> Feature:
    if isinstance(feature, Region) or stray_mm == 0.0:
        return feature
    dx, dy = rng.normal(0.0, stray_mm, 2)
    return replace(feature, x_mm=feature.x_mm + float(dx), y_mm=feature.y_mm + float(dy))


def _diameter(spec: PhantomSpec, module: Module, physics: Physics) -> float | None:
    if module.diameter_mm is not None:
        return module.diameter_mm
    if physics.body_diameter_mm is None and module.body_hu > AIR_HU:
        raise UsageError(
            f"{spec.label}: the definition leaves the diameter of {module.name} open; the physics must give it as "
            "body_diameter_mm"
        )
    return physics.body_diameter_mm


def shapes(modules: tuple[PlacedModule, ...], physics: Physics, discs: Discs) -> Iterator[Shape]:
    """Everything to be drawn on air, bodies first."""
    for placed in modules:
        yield from _bodies(placed, physics, discs)
    scale = dict(physics.contrast_scale)
    for placed in modules:
        for feature in placed.features:
            yield from _Workshop(placed, discs, scale).make(feature)


def _bodies(placed: PlacedModule, physics: Physics, discs: Discs) -> Iterator[Rod]:
    module, shop = placed.module, _Workshop(placed, discs, {})
    if placed.diameter_mm is None:
        return
    two = module.housing_hu is not None and module.insert_diameter_mm is not None
    # with a housing, the module is a disc inside it and the outermost edge is the housing's
    outer = module.housing_hu if two and module.housing_hu is not None else module.body_hu
    ends = placed.z_from_mm, placed.z_to_mm
    bowl = physics.cupping_hu / physics.gain
    yield replace(shop.rod((0.0, 0.0), placed.diameter_mm, ends, outer - AIR_HU), bowl_hu=bowl)
    if two and module.insert_diameter_mm is not None:
        yield shop.rod((0.0, 0.0), module.insert_diameter_mm, ends, module.body_hu - outer)


def contrast_hu(feature: Feature, body_hu: float, scale: dict[str, float]) -> float:
    """Contrast of a feature to its module's body; `scale` holds factors by feature name or material."""
    if isinstance(feature, Region):
        return 0.0
    factor = scale.get(feature.name, scale.get(getattr(feature, "material", ""), 1.0))
    return factor * (feature.contrast_hu if isinstance(feature, Target) else feature.hu - body_hu)


@dataclass(frozen=True, slots=True)
class _Workshop:
    """Makes the shapes of one module's features, module coordinates in, stack frame out."""

    placed: PlacedModule
    discs: Discs
    scale: dict[str, float]

    def make(self, feature: Feature) -> Iterator[Shape]:
        """Shapes of one feature."""
        hu = contrast_hu(feature, self.placed.module.body_hu, self.scale)
        match feature:
            case Insert() | Pin() | Target():
                ends = feature.z_from_mm, feature.z_to_mm
                yield self.rod((feature.x_mm, feature.y_mm), feature.diameter_mm, ends, hu)
            case Bead(height_mm=float(height)):
                ends = feature.z_mm - 0.5 * height, feature.z_mm + 0.5 * height
                yield self.rod((feature.x_mm, feature.y_mm), feature.diameter_mm, ends, hu)
            case Bead():
                yield from self.ball((feature.x_mm, feature.y_mm, feature.z_mm), feature.diameter_mm, hu)
            case ModelWire():
                yield self.wire(feature, hu)
            case Ramp():
                yield self.ramp(feature, hu)
            case StepRamp():
                yield from self.steps(feature, hu)
            case LinePairs():
                yield from self.bars(feature, hu)
            case Region():
                return
            case _:
                assert_never(feature)

    def _axis(self, direction: Direction) -> Floats:
        return np.asarray(self.placed.pose.matrix @ np.asarray(direction), dtype=np.float64)

    def _heights(self, x: float, y: float, z_from: float, z_to: float) -> tuple[float, float]:
        low, high = (self.placed.pose.place(x, y, z)[2] for z in (z_from, z_to))
        return min(low, high), max(low, high)

    def rod(self, at: Point, diameter: float, ends: tuple[float, float], hu: float, axis: Direction = UPRIGHT) -> Rod:
        """A cylinder through the module's (x, y) at its plane."""
        along = self._axis(axis)
        sx, sy, _ = along / along[2]
        px, py, pz = self.placed.pose.place(*at, 0.0)
        low, high = self._heights(*at, *ends)
        return Rod(
            x_mm=px,
            y_mm=py,
            z_mm=pz,
            z_from_mm=low,
            z_to_mm=high,
            hu=hu,
            slope_x=float(sx),
            slope_y=float(sy),
            disc=self.discs.of(0.5 * diameter * self.placed.pose.scale),
        )

    def ball(self, at: Direction, diameter: float, hu: float) -> Iterator[Rod]:
        """Slabs of a ball; a small one has the same width in each of them."""
        x, y, z = self.placed.pose.place(*at)
        radius, scale = 0.5 * diameter, self.placed.pose.scale
        small = diameter <= SMALL_BALL * self.discs.blur.width_mm
        for low, high in pairwise(np.linspace(-radius, radius, (SMALL_SLABS if small else LARGE_SLABS) + 1).tolist()):
            # mean of R² − z² over the slab, so that its volume is exact
            square = radius**2 - (low * low + low * high + high * high) / 3.0
            shown = 0.8 * radius**2 if small else square
            yield Rod(
                x_mm=x,
                y_mm=y,
                z_mm=z,
                z_from_mm=z + low,
                z_to_mm=z + high,
                hu=hu * square / shown,
                disc=self.discs.of(scale * math.sqrt(shown)),
            )

    def wire(self, wire: ModelWire, hu: float) -> Rod:
        """A wire along the axis or leaning against it."""
        lean, a = math.tan(math.radians(wire.tilt_deg)), math.radians(wire.direction_deg)
        axis = (lean * math.cos(a), -lean * math.sin(a), 1.0)
        ends = wire.z_from_mm, wire.z_to_mm
        return self.rod((wire.x_mm, wire.y_mm), wire.diameter_mm, ends, hu, axis)

    def ramp(self, ramp: Ramp, hu: float) -> Line:
        """A slanted wire or slit."""
        t, a = math.radians(ramp.angle_deg), math.radians(ramp.direction_deg)
        dx, dy, dz = self._axis((math.cos(t) * math.cos(a), -math.cos(t) * math.sin(a), math.sin(t)))
        flat, scale = math.hypot(dx, dy), self.placed.pose.scale
        x, y, z = self.placed.pose.place(ramp.x_mm, ramp.y_mm, ramp.z_mm)
        slit = ramp.kind == "slit"
        return Line(
            x_mm=x,
            y_mm=y,
            z_mm=z,
            along_x=float(dx / flat),
            along_y=float(dy / flat),
            rise=float(dz / flat),
            half_length_mm=0.5 * ramp.length_mm * float(flat) / math.cos(t),
            diameter_mm=ramp.diameter_mm,
            half_width_mm=0.5 * ramp.width_mm * scale if slit else None,
            hu=hu,
        )

    def steps(self, ramp: StepRamp, hu: float) -> Iterator[Shape]:
        """The beads or short wires of a stepped row."""
        a = math.radians(ramp.direction_deg)
        for k in range(ramp.count):
            away = k - 0.5 * (ramp.count - 1)
            x = ramp.x_mm + away * ramp.step_mm * math.cos(a)
            y = ramp.y_mm - away * ramp.step_mm * math.sin(a)
            z = ramp.z_mm + away * ramp.step_z_mm
            if ramp.element == "bead":
                yield from self.ball((x, y, z), ramp.diameter_mm, hu)
            else:
                yield self._short_wire((x, y, z), ramp, hu)

    def _short_wire(self, at: Direction, ramp: StepRamp, hu: float) -> Bar:
        """A wire in the plane, as a bar of its section's area and of its second moment across."""
        width = 0.5 * math.sqrt(3.0) * ramp.diameter_mm
        height = 0.25 * math.pi * ramp.diameter_mm**2 / width
        direction = ramp.direction_deg + 90.0
        return self._bar(
            at[:2], (at[2] - 0.5 * height, at[2] + 0.5 * height), direction, (ramp.element_length_mm, width), hu
        )

    def bars(self, group: LinePairs, hu: float) -> Iterator[Bar]:
        """The bars of a group: rectangles, side by side or each on its own radius."""
        ends, size = (group.z_from_mm, group.z_to_mm), (group.length_mm, group.bar_mm)
        radius, middle = math.hypot(group.x_mm, group.y_mm), math.atan2(-group.y_mm, group.x_mm)
        across = math.radians(group.bar_angle_deg - 90.0)
        for k in range(group.bars):
            away = 2.0 * group.bar_mm * (k - 0.5 * (group.bars - 1))
            if group.radial:
                # constant width: bars are cut from sheet, they do not widen outwards
                a = middle + away / radius
                at, angle = (radius * math.cos(a), -radius * math.sin(a)), math.degrees(a)
            else:
                at = group.x_mm + away * math.cos(across), group.y_mm - away * math.sin(across)
                angle = group.bar_angle_deg
            yield self._bar(at, ends, angle, size, hu)

    def _bar(self, at: Point, ends: tuple[float, float], angle_deg: float, size: tuple[float, float], hu: float) -> Bar:
        """A bar of (length, width), its long side along an angle of the module."""
        a, scale = math.radians(angle_deg), self.placed.pose.scale
        dx, dy, _ = self._axis((math.cos(a), -math.sin(a), 0.0))
        up = self._axis(UPRIGHT)
        x, y, z = self.placed.pose.place(*at, 0.0)
        low, high = self._heights(*at, *ends)
        norm = math.hypot(dx, dy)
        return Bar(
            x_mm=x,
            y_mm=y,
            z_mm=z,
            z_from_mm=low,
            z_to_mm=high,
            hu=hu,
            slope_x=float(up[0] / up[2]),
            slope_y=float(up[1] / up[2]),
            half_length_mm=0.5 * size[0] * scale,
            half_width_mm=0.5 * size[1] * scale,
            along_x=float(dx / norm),
            along_y=float(dy / norm),
        )
