"""Tables laid over one another: what stands nearer to a feature wins, and each value keeps its own source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from iqa.model import Grade, Provenance
from iqa.phantom.text import Raw

Cited = tuple[str, Grade]
ABOUT = ("source", "grade", "graded")
CARTESIAN = ("x_mm", "y_mm")
POLAR = ("radius_mm", "angle_deg")


@dataclass(frozen=True, slots=True)
class Layered:
    """Values of a table and where each comes from."""

    values: dict[str, Any]
    cited: dict[str, Cited]
    base: Cited

    def provenance(self) -> Provenance:
        """The table's own source, and the fields that have another."""
        other = {key: cite for key, cite in self.cited.items() if cite != self.base}
        if "radius_mm" in self.values and "radius_mm" in other:
            other |= {"x_mm": other["radius_mm"], "y_mm": other["radius_mm"]}
        return Provenance(*self.base, tuple((key, *cite) for key, cite in sorted(other.items())))


def base_of(raw: Raw, outer: Cited) -> Cited:
    """Source and grade that a table states, else those around it."""
    return raw.get("source", outer[0]), raw.get("grade", outer[1])


def lay(outer: Cited, tables: Iterable[Raw], aside: Iterable[Raw] = ()) -> Layered:
    """One table from several, the last on top; a place given in one form replaces the other form.

    Each of `tables` hands its source on to the next; those `aside` lie lowest and keep theirs to themselves.
    """
    values: dict[str, Any] = {}
    cited: dict[str, Cited] = {}
    base = outer
    layers = [(raw, base_of(raw, outer)) for raw in aside]
    for raw in tables:
        base = base_of(raw, base)
        layers.append((raw, base))
    for raw, cite in layers:
        own = {key: value for key, value in raw.items() if key not in ABOUT}
        values = _without_other_form(values, own) | own
        cited |= {key: raw.get("graded", {}).get(key, cite) for key in own}
    return Layered(values, {key: cited[key] for key in values}, base)


def _without_other_form(values: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    for form, other in ((CARTESIAN, POLAR), (POLAR, CARTESIAN)):
        if any(key in own for key in form):
            values = {key: value for key, value in values.items() if key not in other}
    return values
