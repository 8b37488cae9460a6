"""The audit trail: what people decided, each entry chained to the one before it by a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from iqa.errors import InputError
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
    text: str
    """The subject as JSON, as it is stored."""
    previous: str
    hash: str

    @property
    def subject(self) -> Mapping[str, Any]:
        """What was decided.

        Raises
        ------
        InputError
            It was changed into what is no JSON.
        """
        try:
            found: Mapping[str, Any] = json.loads(self.text)
        except ValueError as error:
            raise InputError("audit trail", f"entry {self.id} of {self.at} was changed and cannot be read") from error
        return found

    @property
    def holds(self) -> bool:
        """Whether the hash is that of what the entry says."""
        return self.hash == _hash(self.previous, self.at, self.person, self.action, self.text)


def enter(connection: Connection, *, at: str, person: str, action: str, **subject: Any) -> None:  # noqa: ANN401 - JSON
    """Add an entry; `subject` is what was decided, as JSON values."""
    last = connection.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)).first()
    number, previous = (last.id + 1, last.hash) if last else (1, BEGINNING)
    text = json.dumps(subject, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    row = {"id": number, "at": at, "person": person, "action": action, "subject": text, "previous": previous}
    connection.execute(insert(audit).values(**row, hash=_hash(previous, at, person, action, text)))


def entries(connection: Connection, actions: Sequence[str] = ()) -> tuple[Entry, ...]:
    """The trail, oldest first: all of it, or of some actions."""
    query = select(audit).order_by(audit.c.id)
    rows = connection.execute(query.where(audit.c.action.in_(actions)) if actions else query)
    return tuple(Entry(r.id, r.at, r.person, r.action, r.subject, r.previous, r.hash) for r in rows)


def broken(trail: Sequence[Entry]) -> Entry | None:
    """The first entry of the whole trail that was changed, or before which one is missing; None where it is whole.

    Notes
    -----
    Entries are numbered from 1 without a gap. What was cut off at the end leaves no trace in the entries before it.
    """
    before = [BEGINNING, *(e.hash for e in trail)]
    return next(
        (
            e
            for number, (e, previous) in enumerate(zip(trail, before, strict=False), start=1)
            if e.id != number or e.previous != previous or not e.holds
        ),
        None,
    )


def _hash(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
