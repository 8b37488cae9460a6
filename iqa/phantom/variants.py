"""The makes of one phantom: tables changed before it is built, modules moved and turned afterwards."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from iqa.errors import DefinitionError
from iqa.model import Feature, LinePairs, Module, PhantomSpec, Ramp, Region, StepRamp, Wire
from iqa.phantom.schema import VariantTable, known_key
from iqa.phantom.text import Raw


def changed(raw: Raw, variant: VariantTable, file: str) -> Raw:
    """The file's tables with what the variant drops taken out and what it sets put in.

    Raises
    ------
    DefinitionError
        If a dropped table does not exist.
    """
    modules = _copy(raw.get("module", {}))
    for path in variant.drop:
        _drop(modules, path, file)
    return {**raw, "module": _overlaid(modules, variant.set)}


def _copy(value: Any) -> Any:
    return {key: _copy(item) for key, item in value.items()} if isinstance(value, dict) else value


def _drop(modules: dict[str, Any], path: str, file: str) -> None:
    *parents, last = path.split(".")
    table = modules
    for part in parents:
        table = table.get(part, {})
    if last not in table:
        raise DefinitionError(file, "drop", known_key(last, list(table)), repr(path))
    del table[last]


def _overlaid(below: Any, above: Any) -> Any:
    """Nested tables, those above winning key by key."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {**below, **{key: _overlaid(below.get(key), value) for key, value in above.items()}}


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
    return dataclasses.replace(spec, variant=variant.name, modules=modules)


def _placed(module: Module, variant: VariantTable) -> Module:
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
    middle = module.z_mm + (module.z_from_mm + module.z_to_mm) / 2
    flipped = dataclasses.replace(
        module, z_mm=2 * middle - module.z_mm, z_from_mm=-module.z_to_mm, z_to_mm=-module.z_from_mm
    )
    return _mapped(flipped, _turned_feature)


def _mapped(module: Module, change: Callable[[Feature], Feature]) -> Module:
    return dataclasses.replace(
        module, features=tuple(f if isinstance(f, Region) else change(f) for f in module.features)
    )


def _turned_feature(feature: Feature) -> Feature:
    ends: dict[str, float] = {"x_mm": -feature.x_mm}
    known = type(feature).__dataclass_fields__
    if "z_from_mm" in known:
        ends |= {"z_from_mm": -getattr(feature, "z_to_mm"), "z_to_mm": -getattr(feature, "z_from_mm")}
    if "z_mm" in known:
        ends["z_mm"] = -getattr(feature, "z_mm")
    return dataclasses.replace(feature, **ends, **_turned_directions(feature))


def _turned_directions(feature: Feature) -> dict[str, float]:
    """Directions after x → −x; one that goes with rising z is also reversed by z → −z."""
    if isinstance(feature, Ramp | Wire):
        return {"direction_deg": -feature.direction_deg}
    if isinstance(feature, StepRamp):
        return {"direction_deg": 180.0 - feature.direction_deg, "step_z_mm": -feature.step_z_mm}
    return {"bar_angle_deg": 180.0 - feature.bar_angle_deg} if isinstance(feature, LinePairs) else {}
