"""Definitions as text: what is in the library, and every number of one phantom with its source and grade."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from iqa.model import Feature, Module, PhantomSpec, Provenance
from iqa.phantom.schema import KINDS

UNITS = {"_mm": "mm", "_deg": "°", "hu": "HU", "hu_range": "HU", "_hu": "HU"}
PLACE = ("x_mm", "y_mm")
ANY_DIAMETER = "any diameter"


@dataclass
class _Sources:
    """The numbered list of sources that a description refers to."""

    seen: list[tuple[str, str]] = field(default_factory=list)

    def mark(self, source: str, grade: str) -> str:
        if (source, grade) not in self.seen:
            self.seen.append((source, grade))
        return f"[{grade}{self.seen.index((source, grade)) + 1}]"

    def lines(self) -> Iterator[str]:
        return (f"  [{grade}{i}] {source}" for i, (source, grade) in enumerate(self.seen, 1))


def describe_library(specs: Sequence[PhantomSpec]) -> str:
    """One line for each phantom: name, body, modules; its variants below it with what sets them apart."""
    width = max((len(spec.label) for spec in specs), default=0)
    return "\n".join(f"{spec.label:{width}}  {_headline(spec)}" for spec in specs)


def _headline(spec: PhantomSpec) -> str:
    if spec.variant is not None:
        return spec.note
    return f"{spec.title}, {spec.maker}; {_body(spec)}; {', '.join(m.name for m in spec.modules)}"


def _body(spec: PhantomSpec) -> str:
    return ANY_DIAMETER if spec.diameter_mm is None else f"{_number(spec.diameter_mm)} mm"


def describe(spec: PhantomSpec) -> str:
    """A phantom in full: modules, features, each number with the mark of its source, the sources and grades below.

    A mark behind a number is that number's own; the mark at the end of a line is that of all others in it.
    """
    sources = _Sources()
    lines = [
        f"{spec.label}: {spec.title}, {spec.maker}",
        *([f"  {spec.note}"] if spec.note else []),
        f"  body {_body(spec)}, origin {spec.origin}, definition {spec.definition_hash[:12]}",
        *(line for module in spec.modules for line in _module_lines(module, sources)),
        "",
        "Sources (A maker or standard, B published or two programs agree, C one program, M measured, U not verified)",
        *sources.lines(),
    ]
    return "\n".join(lines)


def _module_lines(module: Module, sources: _Sources) -> Iterator[str]:
    shown = ("z_mm", "z_from_mm", "z_to_mm", "diameter_mm", "body_hu", "insert_diameter_mm", "housing_hu")
    yield ""
    yield f"{module.name}: {_fields(module, (*shown, 'turn_free_deg'), module.provenance, sources)}"
    # The words of the file, so that what is read here can be found there.
    kinds = {noun: kind for kind, noun in KINDS.items()}
    for feature in module.features:
        names = [f.name for f in dataclasses.fields(feature) if f.name not in ("name", "provenance", *PLACE)]
        place = _place(feature, sources)
        rest = _fields(feature, names, feature.provenance, sources)
        yield f"  {kinds[type(feature)]} {feature.name}: {place}, {rest}"


def _place(feature: Feature, sources: _Sources) -> str:
    r, a = math.hypot(feature.x_mm, feature.y_mm), math.degrees(math.atan2(-feature.y_mm, feature.x_mm))
    polar = f"{_number(r)} mm at {_number(a)}°"
    own = _mark("x_mm", feature.provenance, sources)
    return f"{polar} (x {_number(feature.x_mm)}, y {_number(feature.y_mm)} mm){own}"


def _fields(noun: Feature | Module, names: Sequence[str], provenance: Provenance, sources: _Sources) -> str:
    stated = [(name, getattr(noun, name)) for name in names if getattr(noun, name) is not None]
    parts = [f"{_label(name)} {_value(name, value)}{_mark(name, provenance, sources)}" for name, value in stated]
    return f"{', '.join(parts)} {sources.mark(provenance.source, provenance.grade)}"


def _mark(name: str, provenance: Provenance, sources: _Sources) -> str:
    cited = provenance.of(name)
    return "" if cited == (provenance.source, provenance.grade) else " " + sources.mark(*cited)


def _label(name: str) -> str:
    for ending in ("_mm", "_deg", "_hu"):
        name = name.removesuffix(ending)
    return {"hu": "CT number", "hu_range": "range"}.get(name, name.replace("_", " "))


def _value(name: str, value: object) -> str:
    unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")
    space = "" if unit in ("", "°") else " "
    if isinstance(value, tuple):
        return f"{' to '.join(_number(v) for v in value)}{space}{unit}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return f"{_number(value)}{space}{unit}"


def _number(value: float) -> str:
    """As many digits as a definition can mean: hundredths, no trailing zeros, no negative zero."""
    return f"{round(value, 2) + 0.0:.9g}"
