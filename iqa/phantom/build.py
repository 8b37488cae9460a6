"""Checked tables → the nouns of `iqa.model`."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from iqa.errors import DefinitionError
from iqa.model import Feature, Module, PhantomSpec
from iqa.phantom.layers import ABOUT, CARTESIAN, POLAR, Cited, base_of, lay
from iqa.phantom.rings import expand
from iqa.phantom.schema import (
    KINDS,
    Graded,
    MaterialTable,
    ModuleTable,
    PhantomTable,
    check_name,
    feature_table,
    validate,
)
from iqa.phantom.text import Raw

SIDES = ("_top", "_bottom", "_left", "_right")


@dataclass(frozen=True, slots=True)
class _Around:
    """What a feature inherits from the module and the file around it."""

    file: str
    module: ModuleTable
    base: Cited
    materials: dict[str, Raw]


def build(file: str, raw: Raw, definition_hash: str) -> PhantomSpec:
    """The phantom that a file's tables describe, without its variants.

    Raises
    ------
    DefinitionError
        For the first table that breaks the schema.
    """
    table = validate(PhantomTable, raw, file, "")
    check_name(table.name, file, "name")
    materials = {name: _material(name, raw, table.every, file) for name, raw in table.material.items()}
    modules = tuple(_module(name, raw, table, materials, file) for name, raw in table.module.items())
    return PhantomSpec(
        name=table.name,
        variant=None,
        title=table.title,
        maker=table.maker,
        diameter_mm=table.diameter_mm,
        origin=table.origin,
        mirror_symmetric=table.mirror_symmetric,
        modules=modules,
        definition_hash=definition_hash,
    )


def _material(name: str, own: Raw, every: Raw, file: str) -> Raw:
    raw = {**every.get("material", {}), **own}
    validate(MaterialTable, raw, file, f"material.{name}")
    return raw


def _module(name: str, raw: Raw, phantom: PhantomTable, materials: dict[str, Raw], file: str) -> Module:
    key = f"module.{name}"
    check_name(name, file, key)
    table = validate(ModuleTable, raw, file, key)
    base = base_of(raw, (phantom.source, phantom.grade))
    around = _Around(file, table, base, materials)
    own = {f: getattr(table, f) for f in ModuleTable.model_fields if f in Module.__dataclass_fields__}
    layered = lay(base, [{k: v for k, v in raw.items() if k in own or k in ABOUT}])
    return Module(
        **own | {"diameter_mm": table.diameter_mm or phantom.diameter_mm},
        name=name,
        features=tuple(_features(key, around)),
        provenance=layered.provenance(),
    )


def _features(key: str, around: _Around) -> Iterator[Feature]:
    for kind in around.module.every:
        if kind not in ModuleTable.model_fields:
            raise DefinitionError(around.file, f"{key}.every.{kind}", f"one of {', '.join(KINDS)}", "an unknown kind")
    for kind in KINDS:
        for name, raw in getattr(around.module, kind).items():
            yield _feature(kind, name, raw, f"{key}.{kind}.{name}", around)
    for place, kind, name, raw in expand(around.module, around.file, key):
        yield _feature(kind, name, raw, place, around)


def _feature(kind: str, name: str, raw: Raw, key: str, around: _Around) -> Feature:
    check_name(name, around.file, key)
    every = around.module.every.get(kind, {})
    validate(Graded, {k: v for k, v in raw.items() if k in ABOUT}, around.file, key)
    known = feature_table(kind).model_fields
    aside = [_block(known, around), *_material_of(name, {**every, **raw}, known, around)]
    layered = lay(around.base, [every, raw], aside)
    table = validate(feature_table(kind), layered.values, around.file, key)
    fields = {f.name for f in dataclasses.fields(KINDS[kind])}
    values = {k: v for k, v in table.model_dump().items() if k in fields}
    values["x_mm"], values["y_mm"] = _place(table.model_dump(), around.file, key)
    if kind == "ramp":
        values["angle_deg"] = table.model_dump()["slope_deg"]
    return KINDS[kind](**values, name=name, provenance=layered.provenance())


def _block(known: Iterable[str], around: _Around) -> Raw:
    """A feature without ends of its own is as long as its module."""
    ends = {"z_from_mm": around.module.z_from_mm, "z_to_mm": around.module.z_to_mm}
    return {k: v for k, v in ends.items() if k in known} | {"graded": around.module.graded}


def _material_of(name: str, raw: Raw, known: Iterable[str], around: _Around) -> list[Raw]:
    """Its material, which is its name without the side where it says nothing, and that material's CT number."""
    if "material" not in known:
        return []
    side = next((s for s in SIDES if name.endswith(s)), "")
    material = raw.get("material", name.removesuffix(side))
    numbers = around.materials.get(material, {})
    return [{"material": material}, {k: v for k, v in numbers.items() if k in known or k in ABOUT}]


def _place(table: dict[str, Any], file: str, key: str) -> tuple[float, float]:
    """(x, y) of either form of a place; y points down."""
    x, y, r, a = (table[k] for k in (*CARTESIAN, *POLAR))
    given = tuple(k for k in (*CARTESIAN, *POLAR) if table[k] is not None)
    if given == CARTESIAN:
        return x, y
    if given == POLAR:
        return r * math.cos(math.radians(a)), -r * math.sin(math.radians(a))
    raise DefinitionError(
        file, key, "a place: radius_mm and angle_deg, or x_mm and y_mm", " and ".join(given) or "none"
    )
