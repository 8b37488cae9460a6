"""Texts that occur again and again, by their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, insert, select

from iqa.model import Scope
from iqa.store.tables import word

Item = TypeVar("Item")

SEPARATOR = " "
"""Between flags, which are single words."""
NO_TEXT = frozenset({"record_id", "occasion_id", "baseline_id", "judgement_id", "limit_id"})
"""Numbers of rows of other tables."""
MOST = 500
"""Texts asked for at once; databases bound the number of parameters."""


def numbers(connection: Connection, texts: Iterable[str]) -> dict[str, int]:
    """The number of each text; new ones are added."""
    wanted = list(dict.fromkeys(texts))
    found = known(connection, wanted)
    new = [t for t in wanted if t not in found]
    if new:
        connection.execute(insert(word), [{"content": t} for t in new])
        found |= known(connection, new)
    return found


def known(connection: Connection, texts: Iterable[str]) -> dict[str, int]:
    """The numbers of those texts that are known."""
    found = dict[str, int]()
    for part in parts(list(texts)):
        query = select(word.c.content, word.c.id).where(word.c.content.in_(part))
        found |= {row.content: row.id for row in connection.execute(query)}
    return found


def texts(connection: Connection, ids: Iterable[int | None]) -> dict[int, str]:
    """The texts of some numbers."""
    found = dict[int, str]()
    for part in parts(list({i for i in ids if i is not None})):
        query = select(word.c.id, word.c.content).where(word.c.id.in_(part))
        found |= {row.id: row.content for row in connection.execute(query)}
    return found


def texts_in(connection: Connection, rows: Iterable[Row[Any]]) -> dict[int, str]:
    """The texts of all numbered columns of some rows."""
    listed = list(rows)
    names = [n for n in (listed[0]._fields if listed else ()) if n.endswith("_id") and n not in NO_TEXT]
    return texts(connection, (getattr(row, n) for row in listed for n in names))


def parts(wanted: Sequence[Item], most: int = MOST) -> Iterator[Sequence[Item]]:
    """What is asked for, so many at once."""
    return (wanted[start : start + most] for start in range(0, len(wanted), most))


def joined_flags(flags: Iterable[str]) -> str:
    """Flags as one text."""
    return SEPARATOR.join(flags)


def split_flags(text: str) -> tuple[str, ...]:
    """One text as flags."""
    return tuple(text.split(SEPARATOR)) if text else ()


def scope_of(row: Row[Any], words: Mapping[int, str]) -> Scope:
    """Whose a row is."""
    names = (row.scanner_id, row.protocol_id, row.phantom_id)
    return Scope(*(None if n is None else words[n] for n in names))
