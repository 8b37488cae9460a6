"""Short tables for many features: a ring or a row of targets, a ring of line-pair groups."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from iqa.errors import DefinitionError
from iqa.phantom.schema import LinePairRing, ModuleTable, TargetRing, TargetRow, validate
from iqa.phantom.text import Raw

Entry = tuple[str, str, Raw]
"""Kind, name and table of one feature."""


def expand(module: ModuleTable, file: str, key: str) -> Iterator[tuple[str, str, str, Raw]]:
    """(key in the file, kind, name, table) of each feature that a module's short tables stand for.

    Raises
    ------
    DefinitionError
        If a short table breaks its schema or its lists differ in length.
    """
    for short, table in (("target_ring", TargetRing), ("target_row", TargetRow), ("line_pair_ring", LinePairRing)):
        for name, own in getattr(module, short).items():
            place = f"{key}.{short}.{name}"
            raw = {**module.every.get(short, {}), **own}
            for kind, feature, entry in _entries(name, validate(table, raw, file, place), file, place):
                yield place, kind, feature, entry


def _entries(name: str, table: BaseModel, file: str, key: str) -> Iterator[Entry]:
    rest = table.model_extra or {}
    if isinstance(table, TargetRing):
        return _target_ring(name, table, rest, file, key)
    if isinstance(table, TargetRow):
        return _target_row(name, table, rest)
    assert isinstance(table, LinePairRing)
    return _line_pair_ring(table, rest, file, key)


def _target_ring(group: str, ring: TargetRing, rest: Raw, file: str, key: str) -> Iterator[Entry]:
    _same_length({"diameters_mm": ring.diameters_mm, "steps_deg": ring.steps_deg}, file, key)
    for diameter, step in zip(ring.diameters_mm, ring.steps_deg, strict=True):
        place = {"radius_mm": ring.radius_mm, "angle_deg": ring.start_deg + step, "diameter_mm": diameter}
        yield "target", f"{ring.label or group}_{diameter:g}mm".replace(".", "p"), {**rest, **place, "group": group}


def _target_row(name: str, row: TargetRow, rest: Raw) -> Iterator[Entry]:
    a = math.radians(row.angle_deg)
    for i in range(row.count):
        along = (i - (row.count - 1) / 2) * row.spacing_mm
        x = row.radius_mm * math.cos(a) - along * math.sin(a)
        y = -row.radius_mm * math.sin(a) - along * math.cos(a)
        place = {"x_mm": x, "y_mm": y, "diameter_mm": row.diameter_mm}
        yield "target", f"{name}_{i + 1}", {**rest, **place}


def _line_pair_ring(ring: LinePairRing, rest: Raw, file: str, key: str) -> Iterator[Entry]:
    _same_length({"lp_per_cm": ring.lp_per_cm, "angles_deg": ring.angles_deg, "bars": ring.bars}, file, key)
    for lp, angle, bars in zip(ring.lp_per_cm, ring.angles_deg, ring.bars, strict=True):
        place = {"radius_mm": ring.radius_mm, "angle_deg": angle, "bar_angle_deg": angle, "radial": True}
        yield "line_pairs", f"lp{lp:g}".replace(".", "p"), {**rest, **place, "lp_per_cm": lp, "bars": bars}


def _same_length(lists: dict[str, Sequence[float]], file: str, key: str) -> None:
    if len({len(values) for values in lists.values()}) != 1:
        found = ", ".join(f"{len(values)} {name}" for name, values in lists.items())
        raise DefinitionError(file, key, "lists of one length", found)
