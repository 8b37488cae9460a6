"""The limit sets that travel with iqa: which are in force by themselves, which are examples, which are to be filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from iqa.errors import DefinitionError, UsageError
from iqa.judge.decide import numbers_of
from iqa.judge.rows import LimitTable, check_names, limit_of, table_of
from iqa.model import Grade, Limit, Scope
from iqa.phantom.text import parse, read_bytes

FOLDER = Path(__file__).parent / "sets"
Status = Literal["in force", "example", "structure"]
GRADES_IN_FORCE = frozenset({"A", "B"})
"""Of sources whose numbers judge without being adopted: the document's own text, or peer-reviewed."""
ANYWHERE = Scope()
SHARED = ("basis", "source", "edition", "grade", "phantom_models", "kv")
"""What a set says once for all its rows; a row may say otherwise."""


@dataclass(frozen=True, kw_only=True)
class RowTable(LimitTable):
    """One row of a set."""

    grade: Grade
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class SetTable:
    """A whole file."""

    schema: Literal["iqa.limits/1"]
    name: str
    title: str
    status: Status
    note: str
    limit: tuple[dict[str, Any], ...]
    basis: str | None = None
    source: str | None = None
    edition: str | None = None
    grade: str | None = None
    kv: float | None = None
    phantom_models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One limit of a set, with what it rests on."""

    limit: Limit
    grade: Grade
    """Of its source: A the document's own text, B peer-reviewed, C second-hand; U is never shipped."""
    note: str


@dataclass(frozen=True, slots=True)
class LimitSet:
    """Limits of one document."""

    name: str
    title: str
    status: Status
    """In force; an example, which judges nothing until it is adopted; or a structure whose numbers are to be filled."""
    note: str
    rows: tuple[Row, ...] = field(repr=False)


@cache
def limit_sets() -> tuple[LimitSet, ...]:
    """The sets that travel with iqa, by name."""
    return tuple(load_set(file) for file in sorted(FOLDER.glob("*.toml")))


def load_set(file: Path) -> LimitSet:
    """One set from its file.

    Raises
    ------
    DefinitionError
        For the first mistake, with file and key: what `limits_from` refuses; numbers in a structure, or none in
        another set; a grade that does not allow the status.
    """
    raw = parse(str(file), read_bytes(file))
    table = table_of(SetTable, raw, str(file), "")
    shared = {key: raw[key] for key in SHARED if key in raw}
    rows = tuple(_row({**shared, **one}, table, file, n) for n, one in enumerate(table.limit, start=1))
    check_names([row.limit.name for row in rows], str(file), "limit")
    return LimitSet(table.name, table.title, table.status, table.note, rows)


def in_force(phantom_model: str | None, sets: Sequence[LimitSet] | None = None) -> tuple[Limit, ...]:
    """The limits of sets (None: all that travel with iqa) that judge a phantom model without being adopted."""
    rows = (row for one in (limit_sets() if sets is None else sets) if one.status == "in force" for row in one.rows)
    return tuple(r.limit for r in rows if not r.limit.phantom_models or phantom_model in r.limit.phantom_models)


def find_set(name: str, sets: Sequence[LimitSet]) -> LimitSet:
    """The set of a name.

    Raises
    ------
    UsageError
        If there is none.
    """
    found = next((one for one in sets if one.name == name), None)
    if found is None:
        known = ", ".join(one.name for one in sets)
        raise UsageError(f"There is no limit set {name!r}; there are {known}.")
    return found


def adopt(limits: LimitSet, by: str, on: str, reason: str, scope: Scope = ANYWHERE) -> tuple[Limit, ...]:
    """The limits of a set, adopted by a person for a scanner, protocol or phantom (or for all).

    Parameters
    ----------
    limits : LimitSet
        A set that has numbers.
    by, on, reason : str
        Who adopts it, the ISO 8601 date, and why.

    Raises
    ------
    UsageError
        If one of them is empty or the date none, or the set is a structure whose numbers are the site's to fill in.
    """
    if limits.status == "structure":
        raise UsageError(
            f"The set {limits.name} has no numbers, since its document may not be copied: write its rows as [[limit]] "
            "in iqa.toml with the numbers of your own copy, or of the scanner's accompanying documents."
        )
    if not (by.strip() and reason.strip()):
        raise UsageError(f"Adopting {limits.name} needs who adopts it and why; one of them is empty.")
    try:
        date.fromisoformat(on)
    except ValueError:
        raise UsageError(f"Adopting {limits.name} needs a date such as 2026-04-01; found {on!r}.") from None
    return tuple(replace(r.limit, scope=scope, adopted_by=by, adopted_on=on, reason=reason) for r in limits.rows)


def _row(raw: Mapping[str, Any], of: SetTable, file: Path, number: int) -> Row:
    place = f"limit.{raw.get('name', number)}"
    table = table_of(RowTable, raw, str(file), place)
    limit = limit_of(table, str(file), place, empty=of.status == "structure")
    if of.status == "structure" and numbers_of(limit.bounds):
        raise DefinitionError(str(file), place, "no numbers in a structure", "some")
    if table.grade == "U" or (of.status == "in force" and table.grade not in GRADES_IN_FORCE):
        wanted = "A or B for what is in force" if of.status == "in force" else "A, B or C for what is shipped"
        raise DefinitionError(str(file), f"{place}.grade", wanted, repr(table.grade))
    if not (table.name and table.source and table.edition):
        raise DefinitionError(str(file), place, "a name, a source and the source's edition", "one of them missing")
    return Row(replace(limit, name=f"{of.name}/{table.name}"), table.grade, table.note)
