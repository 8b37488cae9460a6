"""Tables laid over one another: what stands nearer to a feature wins, and each value keeps its own source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

    values: Mapping[str, Any]
    cited: Mapping[str, Cited]
    base: Cited

    def provenance(self) -> Provenance:
        """The table's own source, and the fields that have another; x and y of a polar place have the radius's."""
        cited = dict(self.cited)
        # The angle is mostly exact (multiples of 30°); the radius is what was measured.
        if "radius_mm" in cited:
            cited |= dict.fromkeys(CARTESIAN, cited["radius_mm"])
        other = sorted((key, *cite) for key, cite in cited.items() if cite != self.base)
        return Provenance(*self.base, tuple(other))


def base_of(raw: Raw, outer: Cited) -> Cited:
    """Source and grade that a table states, else those around it."""
    return raw.get("source", outer[0]), raw.get("grade", outer[1])


def lay(outer: Cited, tables: Sequence[Raw], aside: Sequence[Raw] = ()) -> Layered:
    """One table from several, the last on top; a place given in one form replaces the other form.

    Each of `tables` hands its source on to the next; those `aside` lie lowest and keep theirs to themselves.
    """
    # A material's source speaks of its CT number only, never of the place of what is made of it.
    layers = [(raw, base_of(raw, outer)) for raw in aside]
    base = outer
    for raw in tables:
        base = base_of(raw, base)
        layers.append((raw, base))
    values: dict[str, Any] = {}
    cited: dict[str, Cited] = {}
    for raw, cite in layers:
        own = {key: value for key, value in raw.items() if key not in ABOUT}
        _drop_other_form(values, own)
        values |= own
        graded = raw.get("graded", {})
        cited |= {key: graded.get(key, cite) for key in own}
    return Layered(values, {key: cited[key] for key in values}, base)


def _drop_other_form(values: dict[str, Any], own: Raw) -> None:
    # Without this a shared radius and a feature's own x and y would stand side by side.
    for given, other in ((CARTESIAN, POLAR), (POLAR, CARTESIAN)):
        if not own.keys().isdisjoint(given):
            for key in other:
                values.pop(key, None)
