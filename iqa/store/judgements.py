"""What was said of results, with the limits and baselines as they were then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, func, insert, select

from iqa.model import Rule
from iqa.store.records import inserted
from iqa.store.tables import judgement, limit, verdict
from iqa.store.words import joined_flags, known, numbers, parts, split_flags, texts_in


@dataclass(frozen=True, slots=True)
class Ruling:
    """One verdict as it is stored: texts, and the limit as (digest, content)."""

    key: str
    outcome: str
    reason: str
    limit: tuple[str, str] | None = None
    baseline_id: int | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """One judgement of a record, as it is stored."""

    record_id: int
    judged_at: str
    rule: Rule
    rulings: tuple[Ruling, ...]
    signals: tuple[str, ...] = ()

    def repeats(self, said: Said) -> bool:
        """Whether it said the same."""
        return (self.rule, self.rulings, self.signals) == (said.rule, tuple(said.rulings), tuple(said.signals))


@dataclass(frozen=True, slots=True)
class Said:
    """One judgement of a record."""

    rule: Rule
    outcome: str
    """The worst of the verdicts."""
    rulings: tuple[Ruling, ...]
    signals: tuple[str, ...] = ()
    """Charted keys that are out of control with this scan."""


def keep_judgement(connection: Connection, record_id: int, said: Said, *, version: str, at: str) -> None:
    """What was said of a record, unless the same was said before; the limits are kept as they are now."""
    before = judgements_of(connection, [record_id], latest=True)
    if before and before[-1].repeats(said):
        return
    rulings, signals = said.rulings, joined_flags(said.signals)
    limits = _limit_numbers(connection, rulings, at)
    flags = [joined_flags(r.flags) for r in rulings]
    words = numbers(connection, [version, signals, *(r.key for r in rulings), *flags])
    row = {"record_id": record_id, "judged_at": at, "iqa_version_id": words[version], "rule": said.rule}
    row |= {"outcome": said.outcome, "signals_id": words[signals]}
    judgement_id = inserted(connection, judgement, row)
    rows = [
        {
            "judgement_id": judgement_id,
            "number": number,
            "key_id": words[r.key],
            "outcome": r.outcome,
            "limit_id": limits[r.limit[0]] if r.limit else None,
            "baseline_id": r.baseline_id,
            "reason": r.reason,
            "flags_id": words[joined_flags(r.flags)],
        }
        for number, r in enumerate(rulings)
    ]
    if rows:
        connection.execute(insert(verdict), rows)


def _limit_numbers(connection: Connection, rulings: Sequence[Ruling], at: str) -> dict[str, int]:
    texts = dict(r.limit for r in rulings if r.limit)
    query = select(limit.c.digest, limit.c.id).where(limit.c.digest.in_(list(texts)))
    found = {row.digest: row.id for row in connection.execute(query)}
    new = [{"digest": d, "content": c, "seen_at": at} for d, c in texts.items() if d not in found]
    if new:
        connection.execute(insert(limit), new)
        found = {row.digest: row.id for row in connection.execute(query)}
    return found


def rulings_of(connection: Connection, record_id: int) -> tuple[Rule, tuple[Ruling, ...]] | None:
    """(rule, verdicts) of the latest judgement of a record; None where it was never judged."""
    found = judgements_of(connection, [record_id], latest=True)
    return (found[0].rule, found[0].rulings) if found else None


def judgements_of(connection: Connection, record_ids: Sequence[int], *, latest: bool = False) -> list[Judgement]:
    """All judgements of some records, oldest first, or the latest alone."""
    query = select(judgement).where(judgement.c.record_id.in_(record_ids))
    query = query.order_by(judgement.c.id.desc()).limit(1) if latest else query.order_by(judgement.c.id)
    rows = connection.execute(query).all()
    words = texts_in(connection, rows)
    return [
        Judgement(
            row.record_id,
            row.judged_at,
            cast(Rule, row.rule),
            _rulings(connection, row.id),
            split_flags(words[row.signals_id]),
        )
        for row in rows
    ]


def _rulings(connection: Connection, judgement_id: int) -> tuple[Ruling, ...]:
    return tuple(_rulings_of(connection, [judgement_id])[judgement_id])


def _rulings_of(connection: Connection, judgement_ids: Sequence[int]) -> dict[int, list[Ruling]]:
    query = (
        select(verdict, limit.c.digest, limit.c.content)
        .outerjoin(limit, limit.c.id == verdict.c.limit_id)
        .where(verdict.c.judgement_id.in_(judgement_ids))
        .order_by(verdict.c.judgement_id, verdict.c.number)
    )
    rows = connection.execute(query).all()
    words = texts_in(connection, rows)
    found: dict[int, list[Ruling]] = defaultdict(list)
    for row in rows:
        found[row.judgement_id].append(
            Ruling(
                words[row.key_id],
                row.outcome,
                row.reason,
                None if row.digest is None else (row.digest, row.content),
                row.baseline_id,
                split_flags(words[row.flags_id]),
            )
        )
    return found


def latest_judgements(connection: Connection, record_ids: Sequence[int]) -> dict[int, Judgement]:
    """The latest judgement of each of many records, in few queries."""
    found: dict[int, Judgement] = {}
    for part in parts(record_ids):
        newest = select(func.max(judgement.c.id)).where(judgement.c.record_id.in_(part)).group_by(judgement.c.record_id)
        rows = connection.execute(select(judgement).where(judgement.c.id.in_(newest))).all()
        words = texts_in(connection, rows)
        said = _rulings_of(connection, [row.id for row in rows])
        for row in rows:
            rulings, signals = tuple(said[row.id]), split_flags(words[row.signals_id])
            found[row.record_id] = Judgement(row.record_id, row.judged_at, cast(Rule, row.rule), rulings, signals)
    return found


def outcomes_of(connection: Connection, key: str, record_ids: Sequence[int]) -> dict[int, list[str]]:
    """The outcomes on one key in the latest judgement of each record."""
    key_id = known(connection, [key]).get(key)
    found: dict[int, list[str]] = defaultdict(list)
    for part in parts(record_ids):
        newest = select(func.max(judgement.c.id)).where(judgement.c.record_id.in_(part)).group_by(judgement.c.record_id)
        query = (
            select(judgement.c.record_id, verdict.c.outcome)
            .join(verdict, verdict.c.judgement_id == judgement.c.id)
            .where(judgement.c.id.in_(newest), verdict.c.key_id == key_id)
        )
        for record_id, outcome in connection.execute(query):
            found[record_id].append(outcome)
    return found


def signals_with(connection: Connection, record_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The charted keys that were out of control with each record, by its latest judgement."""
    found = dict[int, tuple[str, ...]]()
    for part in parts(record_ids):
        newest = select(func.max(judgement.c.id)).where(judgement.c.record_id.in_(part)).group_by(judgement.c.record_id)
        rows = connection.execute(select(judgement).where(judgement.c.id.in_(newest))).all()
        words = texts_in(connection, rows)
        found |= {row.record_id: split_flags(words[row.signals_id]) for row in rows}
    return found
