"""Checked tables → the nouns of `iqa.model`."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iqa.errors import DefinitionError
from iqa.model import Feature, Module, PhantomSpec
from iqa.phantom.fields import fields_in
from iqa.phantom.layers import ABOUT, CARTESIAN, POLAR, Cited, base_of, lay
from iqa.phantom.rings import SHORT_TABLES, expand
from iqa.phantom.schema import (
    KINDS,
    MaterialTable,
    ModuleTable,
    PhantomTable,
    check_cited,
    check_keys,
    check_name,
    feature_fields,
    validate,
    values_of,
)
from iqa.phantom.text import Raw

SIDES = ("_top", "_bottom", "_left", "_right")


@dataclass(frozen=True, slots=True)
class _Around:
    """What a feature inherits from the module and the file around it."""

    file: str
    module: ModuleTable
    base: Cited
    materials: Mapping[str, Raw]


def build(file: str, raw: Raw, definition_hash: str, default: tuple[Raw, PhantomSpec] | None = None) -> PhantomSpec:
    """The phantom that a file's tables describe, without its variants.

    default : the tables of the default variant and what became of them; modules that are the same are taken from there.

    Raises
    ------
    DefinitionError
        For the first table that breaks the schema.
    """
    table = validate(PhantomTable, raw, file, "")
    check_name(table.name, file, "name")
    check_keys(table.every, ["material"], file, "every")
    materials = {name: _material(name, raw, table.every, file) for name, raw in table.material.items()}
    return PhantomSpec(
        name=table.name,
        variant=None,
        title=table.title,
        maker=table.maker,
        diameter_mm=table.diameter_mm,
        origin=table.origin,
        mirror_symmetric=table.mirror_symmetric,
        modules=tuple(
            _unchanged(name, own, default) or _module(name, own, table, materials, file)
            for name, own in table.module.items()
        ),
        definition_hash=definition_hash,
        reference_kv=table.reference_kv,
        reference_kev=table.reference_kev,
    )


def _material(name: str, own: Raw, every: Raw, file: str) -> Raw:
    raw = {**every.get("material", {}), **own}
    key = f"material.{name}"
    validate(MaterialTable, raw, file, key)
    check_cited(raw, file, key)
    return raw


def _unchanged(name: str, raw: Raw, default: tuple[Raw, PhantomSpec] | None) -> Module | None:
    """The default's module of that name where its tables are the same."""
    if default is None or default[0]["module"].get(name) != raw:
        return None
    return default[1].module(name)


def _module(name: str, raw: Raw, phantom: PhantomTable, materials: Mapping[str, Raw], file: str) -> Module:
    key = f"module.{name}"
    check_name(name, file, key)
    table = validate(ModuleTable, raw, file, key)
    check_cited(raw, file, key)
    base = base_of(raw, (phantom.source, phantom.grade))
    own = {f: getattr(table, f) for f in fields_in(ModuleTable) if f in Module.__dataclass_fields__}
    # The body is as wide as the phantom except where a module says otherwise (tiers).
    own["diameter_mm"] = table.diameter_mm or phantom.diameter_mm
    return Module(
        **own,
        name=name,
        features=tuple(_features(key, _Around(file, table, base, materials))),
        provenance=lay(base, [{k: v for k, v in raw.items() if k in (*own, *ABOUT)}]).provenance(),
    )


def _features(key: str, around: _Around) -> Iterator[Feature]:
    # Shared tables first: a slip in one would else be reported at each feature that inherits it.
    _check_every(f"{key}.every", around)
    for kind in KINDS:
        for name, raw in getattr(around.module, kind).items():
            yield _feature(kind, name, raw, f"{key}.{kind}.{name}", around)
    for place, kind, name, raw in expand(around.module, around.file, key):
        yield _feature(kind, name, raw, place, around)


def _check_every(key: str, around: _Around) -> None:
    check_keys(around.module.every, [*KINDS, *SHORT_TABLES], around.file, key)
    for kind, raw in around.module.every.items():
        check_cited(raw, around.file, f"{key}.{kind}")
        if kind in KINDS:
            check_keys(raw, [*feature_fields(kind), *ABOUT], around.file, f"{key}.{kind}")


def _feature(kind: str, name: str, raw: Raw, key: str, around: _Around) -> Feature:
    check_name(name, around.file, key)
    check_cited(raw, around.file, key)
    every = around.module.every.get(kind, {})
    known = feature_fields(kind)
    if "material" in known:
        # Put on top as the feature's own word, so that it needs no source.
        raw = {"material": every.get("material", _material_of(name)), **raw}
    layered = lay(around.base, [every, raw], [_ends(known, around), _numbers(raw.get("material"), known, around)])
    table = values_of(known, layered.values, around.file, key)
    values = {f.name: table[f.name] for f in dataclasses.fields(KINDS[kind]) if f.name in table}
    values["x_mm"], values["y_mm"] = _place(table, around.file, key)
    if kind == "ramp":  # in a file angle_deg is a place's, so a ramp's own angle is called slope_deg
        values["angle_deg"] = table["slope_deg"]
    return KINDS[kind](**{**values, "name": name, "provenance": layered.provenance()})


def _material_of(name: str) -> str:
    """What a feature is made of where it does not say: its name without the side."""
    return name.removesuffix(next((side for side in SIDES if name.endswith(side)), ""))


def _ends(known: Collection[str], around: _Around) -> Raw:
    """A feature without ends of its own is as long as its module."""
    ends = {"z_from_mm": around.module.z_from_mm, "z_to_mm": around.module.z_to_mm}
    return {k: v for k, v in ends.items() if k in known} | {"graded": around.module.graded}


def _numbers(material: object, known: Collection[str], around: _Around) -> Raw:
    """The CT number of a material, for the kinds of feature that have one."""
    # A hu_range or nominal_hu is an insert's; a pin or bead of the same material has no use for it.
    numbers = around.materials.get(material, {}) if isinstance(material, str) else {}
    return {k: v for k, v in numbers.items() if k in known or k in ABOUT}


def _place(table: Mapping[str, Any], file: str, key: str) -> tuple[float, float]:
    """(x, y) of either form of a place; y points down."""
    x, y, r, a = (table[k] for k in (*CARTESIAN, *POLAR))
    given = tuple(k for k in (*CARTESIAN, *POLAR) if table[k] is not None)
    if given == CARTESIAN:
        return x, y
    if given == POLAR:
        return r * math.cos(math.radians(a)), -r * math.sin(math.radians(a))
    expected = "a place: radius_mm and angle_deg, or x_mm and y_mm"
    raise DefinitionError(file, key, expected, " and ".join(given) or "none")
