"""The makes of one phantom: tables changed before it is built, modules moved and turned afterwards."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

from iqa.errors import DefinitionError
from iqa.model import Feature, LinePairs, Module, PhantomSpec, Ramp, Region, StepRamp, Wire
from iqa.phantom.schema import VariantTable, known_key
from iqa.phantom.text import Raw

_OTHER_END = {"z_from_mm": "z_to_mm", "z_to_mm": "z_from_mm"}


def changed(raw: Raw, variant: VariantTable, file: str) -> Raw:
    """The file's tables with what the variant drops taken out and what it sets put in.

    Raises
    ------
    DefinitionError
        If a dropped table does not exist.
    """
    modules: Raw = raw.get("module", {})
    for path in variant.drop:
        modules = _without(modules, path.split("."), path, file)
    symmetric = {} if variant.mirror_symmetric is None else {"mirror_symmetric": variant.mirror_symmetric}
    return {**raw, **symmetric, "module": _overlaid(modules, variant.set)}


def _without(tables: Raw, parts: Sequence[str], path: str, file: str) -> Raw:
    """Nested tables without the one at the end of a dotted path."""
    first, *rest = parts
    if first not in tables:
        raise DefinitionError(file, "drop", known_key(first, list(tables)), repr(path))
    if rest and not isinstance(tables[first], dict):
        raise DefinitionError(file, "drop", "the name of a table", repr(path))
    if rest:
        return {**tables, first: _without(tables[first], rest, path, file)}
    return {key: table for key, table in tables.items() if key != first}


def _overlaid(below: Raw, above: Raw) -> Raw:
    """Nested tables, those above winning key by key."""
    inner = {
        key: _overlaid(below[key], table)
        for key, table in above.items()
        if isinstance(table, dict) and isinstance(below.get(key), dict)
    }
    return {**below, **above, **inner}


def placed(spec: PhantomSpec, variant: VariantTable, file: str) -> PhantomSpec:
    """The phantom with the variant's modules rotated about the axis, turned end for end, then moved along z.

    Raises
    ------
    DefinitionError
        If a module named there does not exist.
    """
    known = [m.name for m in spec.modules]
    for name in (*variant.rotate_deg, *variant.turn, *variant.move_mm):
        if name not in known:
            raise DefinitionError(file, "module", known_key(name, known), repr(name))
    modules = tuple(_placed(module, variant) for module in spec.modules)
    return dataclasses.replace(spec, variant=variant.name, note=variant.note, modules=modules)


def _placed(module: Module, variant: VariantTable) -> Module:
    # About the axis before end for end, as the documentation says; the other order would mirror the angle.
    module = rotated(module, variant.rotate_deg.get(module.name, 0.0))
    if module.name in variant.turn:
        module = turned(module)
    return dataclasses.replace(module, z_mm=module.z_mm + variant.move_mm.get(module.name, 0.0))


def rotated(module: Module, angle_deg: float) -> Module:
    """The module turned counter-clockwise about the phantom's axis; regions stay, they belong to the image's clock."""
    if angle_deg == 0.0:
        return module
    c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return _mapped(module, lambda f: _redirected(f, f.x_mm * c + f.y_mm * s, f.y_mm * c - f.x_mm * s, angle_deg))


def _redirected(feature: Feature, x_mm: float, y_mm: float, angle_deg: float) -> Feature:
    directions = {
        name: getattr(feature, name) + angle_deg
        for name in ("direction_deg", "bar_angle_deg")
        if name in type(feature).__dataclass_fields__
    }
    return dataclasses.replace(feature, x_mm=x_mm, y_mm=y_mm, **directions)


def turned(module: Module) -> Module:
    """The module turned end for end about the vertical axis, in its own place: x → −x, z → −z about its middle.

    Its reference plane, and every feature with it, comes to lie as far behind the block's middle as it was before it.
    """
    # About the middle, not the plane: the block goes back into the same stretch of the housing.
    middle = module.z_mm + (module.z_from_mm + module.z_to_mm) / 2
    flipped = dataclasses.replace(
        module,
        z_mm=2 * middle - module.z_mm,
        z_from_mm=-module.z_to_mm,
        z_to_mm=-module.z_from_mm,
        turned=not module.turned,
    )
    return _mapped(flipped, _turned_feature)


def _mapped(module: Module, change: Callable[[Feature], Feature]) -> Module:
    return dataclasses.replace(
        module, features=tuple(f if isinstance(f, Region) else change(f) for f in module.features)
    )


def _turned_feature(feature: Feature) -> Feature:
    known = type(feature).__dataclass_fields__
    places = {name: getattr(feature, name) for name in ("x_mm", "z_mm", "z_from_mm", "z_to_mm") if name in known}
    flipped: dict[str, Any] = {_OTHER_END.get(name, name): -value for name, value in places.items()}
    return dataclasses.replace(feature, **flipped, **_turned_directions(feature))


def _turned_directions(feature: Feature) -> dict[str, Any]:
    """Directions after x → −x; one that goes with rising z is also reversed by z → −z."""
    match feature:
        case Ramp() | Wire():
            return {"direction_deg": -feature.direction_deg}
        case StepRamp():
            return {"direction_deg": 180.0 - feature.direction_deg, "step_z_mm": -feature.step_z_mm}
        case LinePairs():
            return {"bar_angle_deg": 180.0 - feature.bar_angle_deg}
        case _:
            return {}
