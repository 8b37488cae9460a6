"""What people decide: whose a scan is, baselines, events, which results count; each an entry in the audit trail."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from iqa.errors import UsageError
from iqa.model import Scope
from iqa.store.audit import enter
from iqa.store.matching import Owner
from iqa.store.records import Kept, count, inserted, owner_columns
from iqa.store.tables import (
    audit,
    baseline,
    baseline_end,
    baseline_scan,
    event,
    occasion,
    record,
)
from iqa.store.words import known, numbers, scope_of, texts_in


@dataclass(frozen=True, slots=True)
class Signed:
    """Who decides something, when and why."""

    person: str
    at: str
    """ISO 8601 in UTC."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StoredBaseline:
    """A baseline with its life; `content` is as it was given."""

    id: int
    key: str
    scope: Scope
    content: str
    since: str
    """Date of its first scan."""
    approved_at: str
    ended: str | None
    """Date from which it holds no longer."""

    def held(self, dated: str) -> bool:
        """Whether a scan of a date is judged by it."""
        return self.since <= dated and (self.ended is None or dated < self.ended)


def assign(connection: Connection, occasion_ids: Sequence[int], owner: Owner, signed: Signed) -> None:
    """Scans given to a scanner, a protocol and a phantom's copy."""
    change = update(occasion).where(occasion.c.id.in_(occasion_ids))
    connection.execute(change.values(**owner_columns(connection, owner)))
    _entered(connection, signed, "assign", scans=list(occasion_ids), scanner=owner.scanner, protocol=owner.protocol,
             phantom=owner.phantom)  # fmt: skip


def accept_records(connection: Connection, chosen: Sequence[Kept], signed: Signed) -> None:
    """Recalculated results that count from now on."""
    for kept in chosen:
        count(connection, kept)
    pairs = [[k.occasion_id, k.record_id] for k in chosen]
    _entered(connection, signed, "accept results", scans_and_records=pairs)


def approve_baseline(
    connection: Connection,
    *,
    key: str,
    scope: Scope,
    content: str,
    since: str,
    records: Iterable[int],
    signed: Signed,
    supersedes: Sequence[int] = (),
) -> int:
    """A new baseline, which ends those that it supersedes; returns its number."""
    for old in supersedes:
        _end(connection, old, since, signed)
    row = {"key_id": numbers(connection, [key])[key], "content": content, "since": since, "approved_at": signed.at}
    number = inserted(connection, baseline, row | owner_columns(connection, scope))
    connection.execute(insert(baseline_scan), [{"baseline_id": number, "record_id": r} for r in records])
    _entered(connection, signed, "approve baseline", baseline=number, key=key, **asdict(scope), since=since,
             content=json.loads(content), supersedes=list(supersedes))  # fmt: skip
    return number


def retire_baseline(connection: Connection, number: int, dated: str, signed: Signed) -> None:
    """A baseline that holds no longer from a date on, without another in its place.

    Raises
    ------
    UsageError
        There is no such baseline, it has ended, or begins only after that date.
    """
    found = next(iter(baselines(connection, number=number)), None)
    if found is None or found.ended is not None:
        state = "has ended already" if found else "does not exist"
        raise UsageError(f"Baseline {number} {state}; `iqa baseline list` names those in force.")
    if dated < found.since:
        raise UsageError(f"Baseline {number} begins on {found.since[:10]}; it cannot end before, on {dated[:10]}.")
    _end(connection, number, dated, signed)
    _entered(connection, signed, "retire baseline", baseline=number, key=found.key, **asdict(found.scope), dated=dated)


def _end(connection: Connection, number: int, dated: str, signed: Signed) -> None:
    row = {"ended_at": signed.at, "dated": dated, "ended_by": signed.person, "reason": signed.reason}
    connection.execute(insert(baseline_end).values(baseline_id=number, **row))


def baselines(
    connection: Connection, *, scanner: str | None = None, number: int | None = None, keys: Sequence[str] | None = None
) -> list[StoredBaseline]:
    """All baselines, ended ones too, or those of one scanner, of some keys, or the one of a number; oldest first."""
    query = select(baseline, baseline_end.c.dated.label("ended")).outerjoin(baseline_end).order_by(baseline.c.id)
    if scanner is not None:
        query = query.where(baseline.c.scanner_id == known(connection, [scanner]).get(scanner, -1))
    if number is not None:
        query = query.where(baseline.c.id == number)
    if keys is not None:
        query = query.where(baseline.c.key_id.in_(known(connection, keys).values()))
    rows = connection.execute(query).all()
    words = texts_in(connection, rows)
    return [
        StoredBaseline(
            row.id,
            words[row.key_id],
            scope_of(row, words),
            row.content,
            row.since,
            row.approved_at,
            row.ended,
        )
        for row in rows
    ]


def scans_behind(connection: Connection, number: int) -> set[int]:
    """The occasions that a baseline was made from, whichever of their records counts now."""
    query = select(record.c.occasion_id).join(baseline_scan, baseline_scan.c.record_id == record.c.id)
    return set(connection.execute(query.where(baseline_scan.c.baseline_id == number)).scalars())


def records_behind(connection: Connection, number: int) -> list[int]:
    """The results that a baseline was made from."""
    own = select(baseline_scan.c.record_id).where(baseline_scan.c.baseline_id == number)
    return sorted(connection.execute(own).scalars())


def baselines_on(connection: Connection, occasion_id: int) -> list[int]:
    """The baselines that a scan is among, by number."""
    query = select(baseline_scan.c.baseline_id).join(record, record.c.id == baseline_scan.c.record_id)
    return sorted(connection.execute(query.where(record.c.occasion_id == occasion_id)).scalars())


def add_event(
    connection: Connection,
    *,
    dated: str,
    kind: str,
    scanner: str | None,
    phantom: str | None,
    note: str,
    signed: Signed,
) -> None:
    """Something that happened to a scanner or to a phantom."""
    words = numbers(connection, [t for t in (scanner, phantom) if t])
    row = {
        "dated": dated,
        "entered_at": signed.at,
        "kind": kind,
        "scanner_id": words.get(scanner or ""),
        "phantom_id": words.get(phantom or ""),
        "note": note,
        "entered_by": signed.person,
    }
    connection.execute(insert(event).values(**row))
    _entered(connection, signed, "event", dated=dated, kind=kind, scanner=scanner, phantom=phantom, note=note)


def last_written(connection: Connection) -> str | None:
    """When anything was last stored, ISO 8601 in UTC."""
    moments = ((occasion, occasion.c.added_at), (record, record.c.made_at), (audit, audit.c.at))
    # the newest row by its number: the latest of all times would be sought through the whole table
    newest = (select(at).order_by(table.c.id.desc()).limit(1) for table, at in moments)
    found = (connection.execute(query).scalar() for query in newest)
    return max((f for f in found if f), default=None)


def _entered(connection: Connection, signed: Signed, action: str, **subject: Any) -> None:  # noqa: ANN401 - JSON
    enter(connection, at=signed.at, person=signed.person, action=action, reason=signed.reason, **subject)
