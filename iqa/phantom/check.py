"""Whether a phantom can exist: blocks apart, features inside them, nothing in the place of something else."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from iqa.errors import DefinitionError
from iqa.model import Bead, Feature, Insert, LinePairs, Module, PhantomSpec, Pin, Ramp, Region, StepRamp, Target, Wire

SLACK_MM = 1e-6
"""Rounding of decimal numbers; well below anything that can be made."""
KEYED = (Insert, Pin, Target, LinePairs, Ramp, StepRamp)
"""Kinds whose name becomes part of a result's key, so that it must be unique in the whole phantom."""
LARGE_BEAD_MM = 1.0
"""Smaller balls are point sources, cast into whatever lies there."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The cylinder that a feature needs, in its module's coordinates."""

    x_mm: float
    y_mm: float
    radius_mm: float
    z_from_mm: float
    z_to_mm: float


def check(spec: PhantomSpec, file: str) -> None:
    """Raise unless the phantom is free of contradictions.

    Raises
    ------
    DefinitionError
        For the first contradiction found.
    """
    _check_origin(spec, file)
    _check_blocks(spec, file)
    _check_names(spec, file)
    for module in spec.modules:
        for feature in module.features:
            _check_inside(feature, module, file)
        _check_apart(module, file)


def _check_origin(spec: PhantomSpec, file: str) -> None:
    names = [m.name for m in spec.modules]
    if spec.origin not in names:
        raise DefinitionError(file, "origin", f"one of the modules {', '.join(names)}", repr(spec.origin))
    z = spec.module(spec.origin).z_mm
    if abs(z) > SLACK_MM:
        raise DefinitionError(file, f"module.{spec.origin}.z_mm", "0, since it is the origin", f"{z:g}")


def _check_blocks(spec: PhantomSpec, file: str) -> None:
    for module in spec.modules:
        if module.z_from_mm >= module.z_to_mm:
            found = f"z_from_mm = {module.z_from_mm:g}, z_to_mm = {module.z_to_mm:g}"
            raise DefinitionError(file, f"module.{module.name}", "z_from_mm below z_to_mm", found)
    ordered = sorted(spec.modules, key=lambda m: m.z_mm + m.z_from_mm)
    for below, above in itertools.pairwise(ordered):
        shared = below.z_mm + below.z_to_mm - above.z_mm - above.z_from_mm
        if shared > SLACK_MM:
            found = f"{shared:g} mm shared with {below.name}"
            raise DefinitionError(file, f"module.{above.name}", "a block of its own along z", found)


def _check_names(spec: PhantomSpec, file: str) -> None:
    for module in spec.modules:
        _check_unique((f.name for f in module.features), f"module.{module.name}", file)
    for kind in KEYED:
        _check_unique((f.name for m in spec.modules for f in m.of(kind)), f"every {kind.__name__.lower()}", file)


def _check_unique(names: Iterator[str], key: str, file: str) -> None:
    name, count = next(iter(Counter(names).most_common(1)), ("", 0))
    if count > 1:
        raise DefinitionError(file, key, "features of different names", f"{name!r} {count} times")


def extent(feature: Feature) -> Extent:
    """The cylinder, parallel to the axis, that holds the feature; a region has no ends."""
    x, y = feature.x_mm, feature.y_mm
    match feature:
        case Bead():
            r = feature.diameter_mm / 2
            return Extent(x, y, r, feature.z_mm - r, feature.z_mm + r)
        case Ramp():
            half = feature.length_mm / 2
            rise = half * math.tan(math.radians(feature.angle_deg))
            return Extent(x, y, half, feature.z_mm - rise, feature.z_mm + rise)
        case StepRamp():
            steps = (feature.count - 1) / 2
            r, rise = steps * feature.step_mm, abs(steps * feature.step_z_mm)
            return Extent(x, y, r + feature.diameter_mm / 2, feature.z_mm - rise, feature.z_mm + rise)
        case LinePairs():
            return Extent(x, y, feature.length_mm / 2, feature.z_from_mm, feature.z_to_mm)
        case Region():
            return Extent(x, y, feature.diameter_mm / 2, -math.inf, math.inf)
        case Insert() | Pin() | Target() | Wire():
            return Extent(x, y, feature.diameter_mm / 2, feature.z_from_mm, feature.z_to_mm)


def _check_inside(feature: Feature, module: Module, file: str) -> None:
    e = extent(feature)
    key = f"module.{module.name}: {feature.name}"
    if e.z_from_mm >= e.z_to_mm and not isinstance(feature, StepRamp):
        raise DefinitionError(file, key, "z_from_mm below z_to_mm", f"{e.z_from_mm:g} to {e.z_to_mm:g}")
    outside = e.z_from_mm < module.z_from_mm - SLACK_MM or e.z_to_mm > module.z_to_mm + SLACK_MM
    if outside and not isinstance(feature, Region):
        expected = f"z within the module, {module.z_from_mm:g} to {module.z_to_mm:g} mm"
        raise DefinitionError(file, key, expected, f"{e.z_from_mm:g} to {e.z_to_mm:g} mm")
    if module.diameter_mm is None:
        return
    reach = math.hypot(e.x_mm, e.y_mm) + e.radius_mm if not isinstance(feature, Ramp | StepRamp) else _reach(e)
    if reach > module.diameter_mm / 2 + SLACK_MM:
        expected = f"a place inside the body, at most {module.diameter_mm / 2:g} mm from its axis"
        raise DefinitionError(file, key, expected, f"an edge at {reach:.4g} mm")


def _reach(e: Extent) -> float:
    return math.hypot(e.x_mm, e.y_mm)


def _check_apart(module: Module, file: str) -> None:
    """Raise if two solid features share a place; thin wires, beads and bars may be cast into anything."""
    solid = [f for f in module.features if isinstance(f, Insert | Pin | Target) or _large(f)]
    for a, b in itertools.combinations(solid, 2):
        ea, eb = extent(a), extent(b)
        apart = math.hypot(ea.x_mm - eb.x_mm, ea.y_mm - eb.y_mm) - ea.radius_mm - eb.radius_mm
        shared_z = min(ea.z_to_mm, eb.z_to_mm) - max(ea.z_from_mm, eb.z_from_mm)
        if apart < -SLACK_MM and shared_z > SLACK_MM:
            found = f"{a.name} and {b.name} overlapping by {-apart:.3g} mm"
            raise DefinitionError(file, f"module.{module.name}", "features beside one another", found)


def _large(feature: Feature) -> bool:
    return isinstance(feature, Bead) and feature.diameter_mm >= LARGE_BEAD_MM
