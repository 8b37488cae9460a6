"""Whether a phantom can exist: blocks apart, features inside them, nothing in the place of something else."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from iqa.errors import DefinitionError
from iqa.model import Bead, Feature, Insert, LinePairs, Module, PhantomSpec, Pin, Ramp, Region, StepRamp, Target
from iqa.phantom.schema import MOST

SLACK_MM = 1e-6
"""Rounding of decimal numbers; well below anything that can be made."""
# Beads, wires and regions are pooled or belong to one module.
KEYED = (Insert, Pin, Target, LinePairs, Ramp, StepRamp)
"""Kinds whose name becomes part of a result's key, so that it must be unique in the whole phantom."""
LARGE_BEAD_MM = 1.0
"""Smaller balls are point sources, cast into whatever lies there."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a feature reaches, in its module's coordinates."""

    reach_mm: float
    """From the phantom's axis to its farthest edge."""
    z_from_mm: float
    z_to_mm: float


def check(spec: PhantomSpec, file: str) -> None:
    """Nothing, where the phantom is free of contradictions.

    Raises
    ------
    DefinitionError
        For the first contradiction found.
    """
    for module in spec.modules:
        _check_module(module, file)
    _check_origin(spec, file)
    _check_blocks(spec, file)
    _check_names(spec, file)


def _check_module(module: Module, file: str) -> None:
    key = f"module.{module.name}"
    _check_order(module.z_from_mm, module.z_to_mm, key, file)
    # Ends counted from the origin instead of from the plane are the likeliest slip.
    if not module.z_from_mm <= 0.0 <= module.z_to_mm:
        expected = "ends counted from the module's own plane, so that 0 lies between them"
        raise DefinitionError(file, key, expected, f"{module.z_from_mm:g} to {module.z_to_mm:g} mm")
    if module.diameter_mm and module.insert_diameter_mm and module.insert_diameter_mm >= module.diameter_mm:
        expected = f"less than the body's {module.diameter_mm:g} mm"
        raise DefinitionError(file, f"{key}.insert_diameter_mm", expected, f"{module.insert_diameter_mm:g} mm")
    if len(module.features) > MOST:
        raise DefinitionError(file, key, f"at most {MOST} features", f"{len(module.features)}")
    for feature in module.features:
        _check_feature(feature, module, f"{key}: {feature.name}", file)
    _check_apart(module, key, file)


def _check_order(low: float, high: float, key: str, file: str) -> None:
    if low >= high:
        raise DefinitionError(file, key, "z_from_mm below z_to_mm", f"z_from_mm = {low:g}, z_to_mm = {high:g}")


def _check_feature(feature: Feature, module: Module, key: str, file: str) -> None:
    if isinstance(feature, Insert | Pin | Target | LinePairs):
        _check_order(feature.z_from_mm, feature.z_to_mm, key, file)
    if isinstance(feature, Insert) and feature.hu_range is not None and feature.hu_range[0] >= feature.hu_range[1]:
        raise DefinitionError(file, f"{key}: hu_range", "the lower CT number first", f"{feature.hu_range}")
    at = extent(feature)
    if at.z_from_mm < module.z_from_mm - SLACK_MM or at.z_to_mm > module.z_to_mm + SLACK_MM:
        expected = f"z within the module, {module.z_from_mm:g} to {module.z_to_mm:g} mm"
        raise DefinitionError(file, key, expected, f"{at.z_from_mm:g} to {at.z_to_mm:g} mm")
    if module.diameter_mm is not None and at.reach_mm > module.diameter_mm / 2 + SLACK_MM:
        expected = f"a place inside the body, at most {module.diameter_mm / 2:g} mm from its axis"
        raise DefinitionError(file, key, expected, f"an edge at {at.reach_mm:.4g} mm")


def extent(feature: Feature) -> Extent:
    """How far a feature reaches; a region has no ends, which an empty range says."""
    r = math.hypot(feature.x_mm, feature.y_mm)
    match feature:
        case Bead():
            half = feature.extent_mm / 2
            return Extent(r + feature.diameter_mm / 2, feature.z_mm - half, feature.z_mm + half)
        case Ramp():
            half = feature.length_mm / 2
            return _slanted(feature, half, half * math.tan(math.radians(feature.angle_deg)))
        case StepRamp():
            steps = (feature.count - 1) / 2
            return _slanted(feature, steps * feature.step_mm, abs(steps * feature.step_z_mm))
        case Region():
            return Extent(r + feature.diameter_mm / 2, math.inf, -math.inf)
        case LinePairs():  # bars along the radius; for others this errs outwards by less than a bar
            return Extent(r + feature.length_mm / 2, feature.z_from_mm, feature.z_to_mm)
        case _:
            return Extent(r + feature.diameter_mm / 2, feature.z_from_mm, feature.z_to_mm)


def _slanted(feature: Ramp | StepRamp, half_mm: float, rise_mm: float) -> Extent:
    a = math.radians(feature.direction_deg)
    dx, dy = half_mm * math.cos(a), -half_mm * math.sin(a)
    reach = max(math.hypot(feature.x_mm + s * dx, feature.y_mm + s * dy) for s in (-1, 1))
    return Extent(reach, feature.z_mm - rise_mm, feature.z_mm + rise_mm)


def _check_apart(module: Module, key: str, file: str) -> None:
    """Raise if two solid features share a place; thin wires, beads and bars may be cast into anything."""
    rods = [f for f in module.features if isinstance(f, Insert | Pin | Target)]
    balls = [f for f in module.features if isinstance(f, Bead) and f.diameter_mm >= LARGE_BEAD_MM]
    for a, b in itertools.combinations([*rods, *balls], 2):
        shared = (a.diameter_mm + b.diameter_mm) / 2 - math.hypot(a.x_mm - b.x_mm, a.y_mm - b.y_mm)
        if shared > SLACK_MM and _shared_z(a, b) > SLACK_MM:
            raise DefinitionError(file, key, "features beside one another", f"{a.name} and {b.name} overlapping")


def _shared_z(a: Feature, b: Feature) -> float:
    one, other = extent(a), extent(b)
    return min(one.z_to_mm, other.z_to_mm) - max(one.z_from_mm, other.z_from_mm)


def _check_origin(spec: PhantomSpec, file: str) -> None:
    names = [m.name for m in spec.modules]
    if spec.origin not in names:
        raise DefinitionError(file, "origin", f"one of the modules {', '.join(names)}", repr(spec.origin))
    z = spec.module(spec.origin).z_mm
    if abs(z) > SLACK_MM:
        raise DefinitionError(file, f"module.{spec.origin}.z_mm", "0, since this module is the origin", f"{z:g}")


def _check_blocks(spec: PhantomSpec, file: str) -> None:
    # Gaps are allowed: housings are hollow in places, and tapers are described nowhere.
    ordered = sorted(spec.modules, key=lambda m: m.z_mm + m.z_from_mm)
    for below, above in itertools.pairwise(ordered):
        shared = below.z_mm + below.z_to_mm - above.z_mm - above.z_from_mm
        if shared > SLACK_MM:
            found = f"{shared:.4g} mm shared with {below.name}"
            raise DefinitionError(file, f"module.{above.name}", "a stretch of the axis of its own", found)


def _check_names(spec: PhantomSpec, file: str) -> None:
    for module in spec.modules:
        _check_unique((f.name for f in module.features), "features", f"module.{module.name}", file)
    for kind in KEYED:
        _check_unique((f.name for m in spec.modules for f in m.of(kind)), kind.__name__, "module", file)


def _check_unique(names: Iterable[str], what: str, key: str, file: str) -> None:
    for name, count in Counter(names).most_common(1):
        if count > 1:
            raise DefinitionError(file, key, f"a name of its own for each of the {what}", f"{name!r} {count} times")
