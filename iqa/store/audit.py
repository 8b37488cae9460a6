"""The audit trail: what people decided, each entry chained to the one before it by a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from iqa.store.tables import audit

BEGINNING = "0" * 64
"""In place of the hash before the first entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision."""

    id: int
    at: str
    person: str
    action: str
    subject: Mapping[str, Any]
    previous: str
    hash: str

    @property
    def holds(self) -> bool:
        """Whether the hash is that of what the entry says."""
        return self.hash == _hash(self.previous, self.at, self.person, self.action, _text(self.subject))


def enter(connection: Connection, *, at: str, person: str, action: str, **subject: Any) -> None:  # noqa: ANN401 - JSON
    """Add an entry; `subject` is what was decided, as JSON values."""
    last = select(audit.c.hash).order_by(audit.c.id.desc()).limit(1)
    previous = connection.execute(last).scalar() or BEGINNING
    text = _text(subject)
    row = {"at": at, "person": person, "action": action, "subject": text, "previous": previous}
    connection.execute(insert(audit).values(**row, hash=_hash(previous, at, person, action, text)))


def entries(connection: Connection, actions: Sequence[str] = ()) -> tuple[Entry, ...]:
    """The trail, oldest first: all of it, or of some actions."""
    query = select(audit).order_by(audit.c.id)
    rows = connection.execute(query.where(audit.c.action.in_(actions)) if actions else query)
    return tuple(Entry(r.id, r.at, r.person, r.action, json.loads(r.subject), r.previous, r.hash) for r in rows)


def broken(trail: Sequence[Entry]) -> Entry | None:
    """The first entry that was changed, or before which one is missing; None where the chain holds."""
    before = [BEGINNING, *(e.hash for e in trail)]
    return next((e for e, previous in zip(trail, before, strict=False) if e.previous != previous or not e.holds), None)


def _text(subject: Mapping[str, Any]) -> str:
    return json.dumps(subject, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _hash(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
