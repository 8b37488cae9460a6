"""What the store knows: series of one key, results of one scan, the state of the fleet."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, Select, func, select

from iqa.model import Acquisition, Curve, Measurement, NotMeasured, Scope
from iqa.store.records import POINTS, acquisition_of
from iqa.store.tables import curve, event, judgement, measured_key, measurement, occasion, record, word
from iqa.store.words import MOST, known, scope_of, split_flags, texts_in

DAY_S = 86_400.0
Spacing = tuple[float | None, float, float]


@dataclass(frozen=True, slots=True)
class Occasion:
    """A scan or an entry, as it is stored."""

    id: int
    record_id: int
    dated: str
    added_at: str
    scope: Scope
    acquisition: Acquisition
    spacing_mm: Spacing | None
    """(z, y, x); None of an entry."""
    scan_flags: tuple[str, ...]
    pixel_sha256: str | None
    series_uid: str | None
    model: str | None
    """Name of the phantom's definition."""
    entered_by: str | None
    version: str
    """Of iqa, that made the record."""
    definition_sha256: str | None


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series."""

    occasion_id: int
    record_id: int
    dated: str
    scope: Scope
    measurement: Measurement


@dataclass(frozen=True, slots=True)
class Last:
    """The last scan of a scanner and what was said of it."""

    scanner: str | None
    dated: str
    count: int
    """Scans and entries in all."""
    outcome: str | None
    """None where it was never judged."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a scanner or a phantom."""

    id: int
    dated: str
    kind: str
    scanner: str | None
    phantom: str | None
    note: str
    entered_by: str


def occasions(
    connection: Connection, *, ids: Sequence[int] | None = None, scanner: str | None = None
) -> list[Occasion]:
    """Scans and entries by number or by scanner, oldest first."""
    query = _occasions().order_by(occasion.c.dated, occasion.c.id)
    if ids is not None:
        query = query.where(occasion.c.id.in_(ids))
    if scanner is not None:
        query = query.where(occasion.c.scanner_id == _number(connection, scanner))
    rows = connection.execute(query).all()
    words = texts_in(connection, rows)
    return [_occasion(row, words) for row in rows]


def _spacing(scan: dict[str, Any]) -> Spacing | None:
    spacing = scan.get("spacing_mm")
    return None if spacing is None else (spacing[0], spacing[1], spacing[2])


def _occasions() -> Select[Any]:
    made = (record.c.model_id, record.c.definition_id, record.c.iqa_version_id)
    return select(occasion, *made).join(record, record.c.id == occasion.c.record_id)


def _occasion(row: Row[Any], words: dict[int, str]) -> Occasion:
    scan = json.loads(row.scan)
    return Occasion(
        id=row.id,
        record_id=row.record_id,
        dated=row.dated,
        added_at=row.added_at,
        scope=scope_of(row, words),
        acquisition=acquisition_of(row.acquisition),
        spacing_mm=_spacing(scan),
        scan_flags=tuple(scan.get("flags", ())),
        pixel_sha256=row.pixel_sha256,
        series_uid=row.series_uid,
        model=None if row.model_id is None else words[row.model_id],
        entered_by=row.entered_by,
        version=words[row.iqa_version_id],
        definition_sha256=None if row.definition_id is None else words[row.definition_id],
    )


def made_how(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[Acquisition, Spacing | None]]:
    """Acquisition and spacing of scans; of many that were made alike the header is read once."""
    read: dict[tuple[str, str], tuple[Acquisition, Spacing | None]] = {}
    found = {}
    for start in range(0, len(ids), MOST):
        part = occasion.c.id.in_(ids[start : start + MOST])
        for row in connection.execute(select(occasion.c.id, occasion.c.acquisition, occasion.c.scan).where(part)):
            texts = (row.acquisition, row.scan)
            if texts not in read:
                read[texts] = acquisition_of(row.acquisition), _spacing(json.loads(row.scan))
            found[row.id] = read[texts]
    return found


def series(connection: Connection, key: str, *, scanner: str | None = None, everywhere: bool = False) -> list[Point]:
    """The values of a key that count, oldest first.

    Parameters
    ----------
    scanner
        Of which scanner; None: of the scans that are assigned to none.
    everywhere
        Of all scanners and of none.
    """
    key_id = known(connection, [key]).get(key)
    if key_id is None:
        return []
    query = _points(key_id).order_by(occasion.c.dated, occasion.c.id)
    if not everywhere:
        own = None if scanner is None else _number(connection, scanner)
        query = query.where(occasion.c.scanner_id.is_(None) if scanner is None else occasion.c.scanner_id == own)
    rows = connection.execute(query).all()
    words = texts_in(connection, rows)
    return [_point(row, key, words) for row in rows]


def _points(key_id: int) -> Select[Any]:
    columns = (occasion.c.id, occasion.c.record_id, occasion.c.dated)
    owner = (occasion.c.scanner_id, occasion.c.protocol_id, occasion.c.phantom_id)
    numbers = [c for c in measurement.c if c.name not in ("record_id", "key_id")]
    met = (measurement.c.record_id == occasion.c.record_id) & (measurement.c.key_id == key_id)
    return select(*columns, *owner, *numbers).join(measurement, met)


def _point(row: Row[Any], key: str, words: dict[int, str]) -> Point:
    return Point(row.id, row.record_id, row.dated, scope_of(row, words), _measurement(row, key, words))


def _measurement(row: Row[Any], key: str, words: dict[int, str]) -> Measurement:
    return Measurement(
        key=key,
        value=row.value,
        u=row.u,
        unit=words[row.unit_id],
        n=row.n,
        where=words[row.place_id],
        method=words[row.method_id],
        flags=split_flags(words[row.flags_id]),
    )


def measurements(connection: Connection, record_id: int) -> list[Measurement]:
    """The numbers of one record, by key."""
    query = select(measurement).where(
        measurement.c.record_id == record_id, measurement.c.key_id.in_(select(measured_key.c.key_id))
    )
    rows = connection.execute(query).all()
    words = texts_in(connection, rows)
    return sorted((_measurement(row, words[row.key_id], words) for row in rows), key=lambda m: m.key)


def curves(connection: Connection, record_id: int) -> list[Curve]:
    """The curves of one record."""
    rows = connection.execute(select(curve).where(curve.c.record_id == record_id)).all()
    words = texts_in(connection, rows)
    found = []
    for row in rows:
        x, values, u = (tuple(v.tolist()) for v in np.frombuffer(row.points, POINTS).reshape(3, -1))
        names = (words[row.x_unit_id], words[row.unit_id], words[row.method_id])
        found.append(Curve(words[row.key_id], x, values, u, *names))
    return sorted(found, key=lambda c: c.key)


def not_measured(connection: Connection, record_id: int) -> list[NotMeasured]:
    """What one record has no number of, with reasons."""
    about = json.loads(connection.execute(select(record.c.about).where(record.c.id == record_id)).scalar_one())
    return [NotMeasured(**one) for one in about.get("not_measured", ())]


def keys(connection: Connection) -> list[str]:
    """Every key that has a number."""
    query = select(word.c.content).join(measured_key, measured_key.c.key_id == word.c.id)
    return sorted(connection.execute(query).scalars())


def fleet(connection: Connection) -> list[Last]:
    """Every scanner that has a scan or entry, and the unassigned ones as one: the last, and its verdict."""
    groups = select(occasion.c.scanner_id, func.max(occasion.c.dated), func.count()).group_by(occasion.c.scanner_id)
    rows = connection.execute(groups).all()
    words = texts_in(connection, rows)
    found = []
    for scanner_id, dated, number in rows:
        own = occasion.c.scanner_id.is_(None) if scanner_id is None else occasion.c.scanner_id == scanner_id
        latest = select(occasion.c.record_id).where(own, occasion.c.dated == dated)
        verdicts = (
            select(judgement.c.outcome)
            .where(judgement.c.record_id.in_(latest))
            .order_by(judgement.c.id.desc())
            .limit(1)
        )
        outcome = connection.execute(verdicts).scalar()
        found.append(Last(None if scanner_id is None else words[scanner_id], dated, number, outcome))
    return found


def events(connection: Connection, *, scanner: str | None = None, phantoms: Sequence[str] = ()) -> list[Happened]:
    """What happened to a scanner and to some phantoms, oldest first; to all where neither is named."""
    rows = connection.execute(select(event).order_by(event.c.dated, event.c.id)).all()
    words = texts_in(connection, rows)
    found = [
        Happened(
            row.id,
            row.dated,
            row.kind,
            None if row.scanner_id is None else words[row.scanner_id],
            None if row.phantom_id is None else words[row.phantom_id],
            row.note,
            row.entered_by,
        )
        for row in rows
    ]
    if scanner is None and not phantoms:
        return found
    return [e for e in found if (e.scanner is not None and e.scanner == scanner) or e.phantom in phantoms]


def records_of(connection: Connection) -> dict[int, list[int]]:
    """The records of every occasion, oldest first."""
    found = defaultdict(list)
    for occasion_id, record_id in connection.execute(select(record.c.occasion_id, record.c.id).order_by(record.c.id)):
        found[occasion_id].append(record_id)
    return found


def _number(connection: Connection, text: str) -> int:
    """The number of a text; one that no row has where it is unknown."""
    return known(connection, [text]).get(text, -1)


def day_of(dated: str) -> float:
    """A date or moment as a day number of the calendar."""
    when = datetime.fromisoformat(dated)
    return when.toordinal() + (when.hour * 3600 + when.minute * 60 + when.second) / DAY_S
