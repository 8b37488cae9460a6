"""Definitions as text: what is in the library, and every number of one phantom with its source and grade."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from iqa.model import Feature, Module, PhantomSpec, Provenance, Wire
from iqa.phantom.schema import KINDS

UNITS = {"_mm": "mm", "_deg": "°", "hu": "HU", "hu_range": "HU", "_hu": "HU"}
PLACE = ("x_mm", "y_mm")
ANY_DIAMETER = "any diameter"
WORDS = {("radial", True): "bars fanned out from the centre", ("radial", False): "bars parallel"}
"""What a yes or no means."""
LEGEND = (
    "  [A1] behind a number is the grade and source of that number; at the end of a line, of all numbers in it",
    "  without a mark of their own. Angles counter-clockwise from 3 o'clock, x to the right, y down; z of a",
    "  feature counts from its module's.",
)


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
    """A phantom in full: modules, features, each number with the mark of its source, the sources and grades below."""
    sources = _Sources()
    lines = [
        f"{spec.label}: {spec.title}, {spec.maker}",
        *([f"  {spec.note}"] if spec.note else []),
        f"  body {_body(spec)}, origin {spec.origin}, definition {spec.definition_hash[:12]}",
        *LEGEND,
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
        names = [f.name for f in dataclasses.fields(feature) if _said(feature, f)]
        place = _place(feature, sources)
        rest = _fields(feature, names, feature.provenance, sources)
        yield f"  {kinds[type(feature)]} {feature.name}: {place}, {rest}"


def _said(feature: Feature, stated: dataclasses.Field[object]) -> bool:
    """False of what is printed elsewhere, and of a part that the feature does not have: no width, no tilt."""
    if stated.name in ("name", "provenance", *PLACE):
        return False
    absent = stated.default == 0.0 and getattr(feature, stated.name) == 0.0
    return not absent or (stated.name == "direction_deg" and _said_tilt(feature))


def _said_tilt(feature: Feature) -> bool:
    return isinstance(feature, Wire) and feature.tilt_deg != 0.0


def _place(feature: Feature, sources: _Sources) -> str:
    r, a = math.hypot(feature.x_mm, feature.y_mm), math.degrees(math.atan2(-feature.y_mm, feature.x_mm))
    polar = f"{_number(r)} mm at {_number(a)}°"
    own = _mark("x_mm", feature.provenance, sources)
    return f"{polar} (x {_number(feature.x_mm)}, y {_number(feature.y_mm)} mm){own}"


def _fields(noun: Feature | Module, names: Sequence[str], provenance: Provenance, sources: _Sources) -> str:
    stated = [(name, getattr(noun, name)) for name in names if getattr(noun, name) is not None]
    parts = [f"{_words(name, value)}{_mark(name, provenance, sources)}" for name, value in stated]
    return f"{', '.join(parts)} {sources.mark(provenance.source, provenance.grade)}"


def _mark(name: str, provenance: Provenance, sources: _Sources) -> str:
    cited = provenance.of(name)
    return "" if cited == (provenance.source, provenance.grade) else " " + sources.mark(*cited)


def _words(name: str, value: object) -> str:
    return WORDS[name, value] if isinstance(value, bool) else f"{_label(name)} {_value(name, value)}"


def _label(name: str) -> str:
    for ending in ("_mm", "_deg", "_hu"):
        name = name.removesuffix(ending)
    return {"hu": "CT number", "hu_range": "range"}.get(name, name.replace("_", " "))


def _value(name: str, value: object) -> str:
    unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")
    space = "" if unit in ("", "°") else " "
    if isinstance(value, tuple):
        return f"{' to '.join(_number(v) for v in value)}{space}{unit}"
    return f"{_number(value)}{space}{unit}" if isinstance(value, int | float) else str(value)


def _number(value: float) -> str:
    """As many digits as a definition can mean: hundredths, no trailing zeros, no negative zero."""
    return f"{round(value, 2) + 0.0:.9g}"
