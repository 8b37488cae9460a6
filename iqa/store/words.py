"""Texts that occur again and again, by their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from iqa.model import Scope
from iqa.store.tables import word

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
    wanted, found = list(texts), dict[str, int]()
    for start in range(0, len(wanted), MOST):
        query = select(word.c.content, word.c.id).where(word.c.content.in_(wanted[start : start + MOST]))
        found |= {row.content: row.id for row in connection.execute(query)}
    return found


def texts(connection: Connection, ids: Iterable[int | None]) -> dict[int, str]:
    """The texts of some numbers."""
    wanted, found = list({i for i in ids if i is not None}), dict[int, str]()
    for start in range(0, len(wanted), MOST):
        query = select(word.c.id, word.c.content).where(word.c.id.in_(wanted[start : start + MOST]))
        found |= {row.id: row.content for row in connection.execute(query)}
    return found


def texts_in(connection: Connection, rows: Iterable[Row[Any]]) -> dict[int, str]:
    """The texts of all numbered columns of some rows."""
    listed = list(rows)
    names = [n for n in (listed[0]._fields if listed else ()) if n.endswith("_id") and n not in NO_TEXT]
    return texts(connection, (getattr(row, n) for row in listed for n in names))


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
