"""Short tables for many features: a ring or a row of targets, a ring of line-pair groups."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from iqa.errors import DefinitionError
from iqa.phantom.fields import fields_in
from iqa.phantom.schema import Count, ModuleTable, Positive, validate
from iqa.phantom.text import Raw

Entry = tuple[str, str, Raw]
"""Kind, name and table of one feature."""


@dataclass(frozen=True, kw_only=True)
class TargetRing:
    """Targets of falling size along an arc; the table's name is their group."""

    label: str | None = None
    radius_mm: Positive
    start_deg: float
    steps_deg: tuple[float, ...]
    diameters_mm: tuple[Positive, ...]


@dataclass(frozen=True, kw_only=True)
class TargetRow:
    """Equal targets on a straight row across the radius."""

    radius_mm: Positive
    angle_deg: float
    spacing_mm: Positive
    count: Count


@dataclass(frozen=True, kw_only=True)
class LinePairRing:
    """Radial line-pair groups on a circle."""

    radius_mm: Positive
    lp_per_cm: tuple[Positive, ...]
    angles_deg: tuple[float, ...]
    bars: tuple[Count, ...]


Short = TargetRing | TargetRow | LinePairRing
SHORT_TABLES: Mapping[str, type[Short]] = {
    "target_ring": TargetRing,
    "target_row": TargetRow,
    "line_pair_ring": LinePairRing,
}


def expand(module: ModuleTable, file: str, key: str) -> Iterator[tuple[str, str, str, Raw]]:
    """(key in the file, kind, name, table) of each feature that a module's short tables stand for.

    Raises
    ------
    DefinitionError
        If a short table breaks its schema or its lists differ in length.
    """
    for short, table in SHORT_TABLES.items():
        for name, own in getattr(module, short).items():
            place = f"{key}.{short}.{name}"
            raw = {**module.every.get(short, {}), **own}
            # The keys that a short table does not know are those of the features it stands for, and checked there.
            known = {key: value for key, value in raw.items() if key in fields_in(table)}
            rest = {key: value for key, value in raw.items() if key not in known}
            for entry in _entries(name, validate(table, known, file, place), rest, file, place):
                yield place, *entry


def _entries(name: str, short: Short, rest: Raw, file: str, key: str) -> Iterator[Entry]:
    match short:
        case TargetRing():
            _check_length({"diameters_mm": short.diameters_mm, "steps_deg": short.steps_deg}, file, key)
            return _target_ring(name, short, rest)
        case TargetRow():
            return _target_row(name, short, rest)
        case LinePairRing():
            lists = {"lp_per_cm": short.lp_per_cm, "angles_deg": short.angles_deg, "bars": short.bars}
            _check_length(lists, file, key)
            return _line_pair_ring(short, rest)


def _target_ring(group: str, ring: TargetRing, rest: Raw) -> Iterator[Entry]:
    for diameter, step in zip(ring.diameters_mm, ring.steps_deg, strict=True):
        place = {"radius_mm": ring.radius_mm, "angle_deg": ring.start_deg + step, "diameter_mm": diameter}
        yield "target", f"{ring.label or group}_{_plain(diameter)}mm", {**rest, **place, "group": group}


def _target_row(name: str, row: TargetRow, rest: Raw) -> Iterator[Entry]:
    a = math.radians(row.angle_deg)
    for i in range(row.count):  # from one end to the other, the middle on the radius
        along = (i - (row.count - 1) / 2) * row.spacing_mm
        x = row.radius_mm * math.cos(a) - along * math.sin(a)
        y = -row.radius_mm * math.sin(a) - along * math.cos(a)
        yield "target", f"{name}_{i + 1}", {**rest, "x_mm": x, "y_mm": y}


def _line_pair_ring(ring: LinePairRing, rest: Raw) -> Iterator[Entry]:
    for lp, angle, bars in zip(ring.lp_per_cm, ring.angles_deg, ring.bars, strict=True):
        place = {"radius_mm": ring.radius_mm, "angle_deg": angle, "bar_angle_deg": angle, "radial": True}
        yield "line_pairs", f"lp{_plain(lp)}", {**rest, **place, "lp_per_cm": lp, "bars": bars}


def _plain(number: float) -> str:
    """The number as it can stand in a name: 2.5 → 2p5."""
    return f"{number:g}".replace(".", "p")


def _check_length(lists: Mapping[str, Sequence[float]], file: str, key: str) -> None:
    if len({len(values) for values in lists.values()}) != 1:
        found = ", ".join(f"{len(values)} {name}" for name, values in lists.items())
        raise DefinitionError(file, key, "lists of one length", found)
