"""Limits as a person or a shipped file writes them: tables of keys and values, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, TypeVar

from annotated_types import Gt

from iqa.errors import DefinitionError
from iqa.judge.bounds import ZERO, has_no_percent
from iqa.model import Basis, Bounds, Kind, Limit, Scope
from iqa.phantom.schema import validate
from iqa.phantom.text import frozen

ORDER = ("fail_low", "warn_low", "warn_high", "fail_high")
KEY = re.compile(r"[a-z0-9_*?]+(\.[a-z0-9_*?]+)*")
Table = TypeVar("Table")


@dataclass(frozen=True, kw_only=True)
class LimitTable:
    """One ``[[limit]]``."""

    key: str
    unit: str
    name: str = ""
    kind: Kind = "absolute"
    basis: Basis = "site"
    source: str = ""
    edition: str = ""
    method: str | None = None
    kv: Annotated[float, Gt(0)] | None = None
    phantom_models: tuple[str, ...] = ()
    scanner: str | None = None
    protocol: str | None = None
    phantom: str | None = None
    fail_low: float | None = None
    warn_low: float | None = None
    warn_high: float | None = None
    fail_high: float | None = None
    adopted_by: str = ""
    adopted_on: str = ""
    reason: str = ""


def limits_from(raw: Sequence[Mapping[str, Any]], file: str, path: str) -> tuple[Limit, ...]:
    """The limits in the ``[[limit]]`` tables of a person's file, in their order.

    Parameters
    ----------
    raw : sequence of mappings
        As a TOML parser gives them.
    file, path : str
        The file, and the key under which the tables stand in it: for errors.

    Raises
    ------
    DefinitionError
        For the first mistake: an unknown key, a wrong value, a name that occurs twice, numbers that contradict one
        another or the kind of limit.
    """
    places = [_place(table, path, number) for number, table in enumerate(raw, start=1)]
    limits = tuple(limit_of(table_of(LimitTable, t, file, p), file, p) for t, p in zip(raw, places, strict=True))
    check_names([x.name for x in limits], file, path)
    return limits


def table_of(kind: type[Table], raw: Mapping[str, Any], file: str, place: str) -> Table:
    """A table of one kind, checked key by key; dates as ISO 8601 texts."""
    plain = {k: v.isoformat() if isinstance(v, date) else frozen(v) for k, v in raw.items()}
    return validate(kind, plain, file, place)


def limit_of(table: LimitTable, file: str, place: str, *, empty: bool = False) -> Limit:
    """The limit that a table says; `empty` where its numbers are to be filled in."""
    for check in (_check_key, _check_unit, _check_order, _check_maker, _check_baseline, _check_date):
        check(table, file, place)
    if not empty and not _numbers(table):
        raise DefinitionError(file, place, f"at least one of {', '.join(ORDER)}", "none")
    return Limit(
        name=table.name or place,
        key=table.key,
        kind=table.kind,
        bounds=Bounds(table.fail_low, table.warn_low, table.warn_high, table.fail_high),
        unit=table.unit,
        basis=table.basis,
        source=table.source,
        edition=table.edition,
        method=table.method,
        scope=Scope(table.scanner, table.protocol, table.phantom),
        kv=table.kv,
        phantom_models=table.phantom_models,
        adopted_by=table.adopted_by,
        adopted_on=table.adopted_on,
        reason=table.reason,
    )


def check_names(names: Sequence[str], file: str, path: str) -> None:
    """Raise if two limits have one name."""
    for number, name in enumerate(names):
        if name in names[:number]:
            raise DefinitionError(file, f"{path}.{name}", "a name that no other limit has", "it twice")


def _place(table: Mapping[str, Any], path: str, number: int) -> str:
    """Where a table stands: by its name, else by its number from 1."""
    name = table.get("name")
    return f"{path}.{name if isinstance(name, str) and name else number}"


def _numbers(table: LimitTable) -> list[tuple[str, float]]:
    """The numbers that are there, in the order in which they must rise."""
    values = ((name, getattr(table, name)) for name in ORDER)
    return [(name, value) for name, value in values if value is not None]


def _check_key(table: LimitTable, file: str, place: str) -> None:
    if not KEY.fullmatch(table.key):
        wanted = "a key such as noise.sigma, in lower case, * for any text between two dots"
        raise DefinitionError(file, f"{place}.key", wanted, repr(table.key))


def _check_unit(table: LimitTable, file: str, place: str) -> None:
    if table.kind == "percent" and table.unit != "%":
        raise DefinitionError(file, f"{place}.unit", "% for a limit in percent of the baseline", repr(table.unit))
    if not table.unit:
        raise DefinitionError(file, f"{place}.unit", "the unit of the numbers, 1 for a pure number", "an empty text")


def _check_order(table: LimitTable, file: str, place: str) -> None:
    for (low, below), (high, above) in pairwise(_numbers(table)):
        if below > above:
            raise DefinitionError(
                file, f"{place}.{high}", f"at least {low} = {below:g}, since {' ≤ '.join(ORDER)}", f"{above:g}"
            )


def _check_maker(table: LimitTable, file: str, place: str) -> None:
    failing = [name for name in ("fail_low", "fail_high") if getattr(table, name) is not None]
    if table.basis == "maker" and failing:
        wanted = "warn_low and warn_high alone, since a maker's typical range never fails a scan"
        raise DefinitionError(file, f"{place}.{failing[0]}", wanted, f"{getattr(table, failing[0]):g}")


def _check_baseline(table: LimitTable, file: str, place: str) -> None:
    """What a limit that is relative to a baseline must be: defined, and kept to by the baseline itself."""
    if table.kind == "absolute":
        return
    if table.kind == "percent" and has_no_percent(table.key):
        wanted = f"difference for {table.key}, whose zero is {ZERO}"
        raise DefinitionError(file, f"{place}.kind", wanted, "'percent'")
    for name, value in _numbers(table):
        if value > 0 if name.endswith("low") else value < 0:
            wanted = f"a number {'≤' if name.endswith('low') else '≥'} 0, since the baseline itself is at 0"
            raise DefinitionError(file, f"{place}.{name}", wanted, f"{value:g}")


def _check_date(table: LimitTable, file: str, place: str) -> None:
    try:
        _ = table.adopted_on and date.fromisoformat(table.adopted_on)
    except ValueError:
        wanted = "a date such as 2026-04-01"
        raise DefinitionError(file, f"{place}.adopted_on", wanted, repr(table.adopted_on)) from None
