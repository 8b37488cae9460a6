"""Texts that occur again and again, by their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from iqa.model import Scope
from iqa.store.tables import word

SEPARATOR = " "
"""Between flags, which are single words."""
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


def all_words(connection: Connection) -> dict[int, str]:
    """Every text by its number."""
    return {row.id: row.content for row in connection.execute(select(word.c.id, word.c.content))}


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
