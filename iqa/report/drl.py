"""Diagnostic reference levels, beside which a site's median doses stand; no verdict is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from iqa.errors import DefinitionError
from iqa.phantom.schema import validate
from iqa.phantom.text import Raw, parse, read_bytes
from iqa.shipped import shipped

CHECKED = frozenset({"A", "B"})
"""Grades of numbers that were read in the document itself, or were reviewed; others are printed as not checked."""
Quantity = Literal["ctdivol", "dlp"]


@dataclass(frozen=True, kw_only=True)
class Level:
    """Of one region of the body; an absent number is None."""

    region: str
    ctdivol: float | None = None
    """mGy."""
    dlp: float | None = None
    """mGy·cm."""


@dataclass(frozen=True, slots=True)
class Edition:
    """The levels of one year; none where its numbers do not ship."""

    year: int
    since: str
    """ISO 8601 date from which it holds."""
    source: str
    grade: str
    levels: Mapping[str, Level]

    @property
    def checked(self) -> bool:
        """Whether its numbers were read in the document."""
        return self.grade in CHECKED


@dataclass(frozen=True, slots=True)
class Reference:
    """All editions, oldest first, and what regions are called."""

    editions: tuple[Edition, ...]
    names: Mapping[str, Mapping[str, str]]
    """Of a region, by language."""

    def on(self, day: date) -> Edition | None:
        """The edition that held on a day."""
        held = [e for e in self.editions if e.since <= day.isoformat()]
        return held[-1] if held else None


@dataclass(frozen=True, kw_only=True)
class _Edition:
    year: int
    since: str
    source: str
    grade: Literal["A", "A-quoted", "B", "C", "U"]
    level: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Region:
    name: str
    ja: str
    en: str


@dataclass(frozen=True, kw_only=True)
class _File:
    edition: tuple[dict[str, Any], ...]
    region: tuple[dict[str, Any], ...]


@cache
def reference_levels() -> Reference:
    """The levels that travel with iqa.

    Raises
    ------
    DefinitionError
        The file is wrong, names a region that it does not describe, or has numbers that are only remembered.
    """
    path = shipped("reports") / "drl.toml"
    file = str(path)
    raw = validate(_File, parse(file, read_bytes(path)), file, "")
    regions = [validate(_Region, r, file, f"region.{n}") for n, r in enumerate(raw.region, start=1)]
    names = {r.name: {"ja": r.ja, "en": r.en} for r in regions}
    editions = [_edition(e, names, file, f"edition.{n}") for n, e in enumerate(raw.edition, start=1)]
    return Reference(tuple(sorted(editions, key=lambda e: e.since)), names)


def _edition(raw: Raw, names: Mapping[str, object], file: str, place: str) -> Edition:
    said = validate(_Edition, raw, file, place)
    levels = [validate(Level, one, file, f"{place}.level.{n}") for n, one in enumerate(said.level, start=1)]
    _check(said, levels, names, file, place)
    return Edition(said.year, said.since, said.source, said.grade, {one.region: one for one in levels})


def _check(said: _Edition, levels: Sequence[Level], names: Mapping[str, object], file: str, place: str) -> None:
    if said.grade == "U" and levels:
        raise DefinitionError(file, f"{place}.level", "no numbers of grade U", f"{len(levels)}")
    for one in levels:
        if one.region not in names:
            raise DefinitionError(file, f"{place}.level", "a region that is described", repr(one.region))
