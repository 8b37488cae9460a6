"""What the store knows: series of one key, results of one scan, the state of the fleet."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, true

from iqa.model import Acquisition, Curve, Measurement, NotMeasured, Scope
from iqa.store.records import POINTS, acquisition_of
from iqa.store.tables import curve, event, judgement, measured_key, measurement, occasion, record, word
from iqa.store.words import known, parts, scope_of, split_flags, texts, texts_in

DAY_S = 86_400.0
LAST_DATE = "9999"
"""After every date, as texts are compared."""
FEW = 25
"""Scans sought at once by scanner and date: all pairs of the two are looked up."""
OWNER = (occasion.c.scanner_id, occasion.c.protocol_id, occasion.c.phantom_id)
DATED = occasion.c.acquired.is_not(None) | occasion.c.entered_by.is_not(None)
"""Scans whose headers say when they were made, and entries: the others are stored, and stand in no history."""
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
    acquired: str | None
    """As the header dates it; None of an entry, and where it does not."""
    pixel_sha256: str | None
    series_uid: str | None
    model: str | None
    """Name of the phantom's definition."""
    entered_by: str | None
    version: str
    """Of iqa, that made the record."""
    definition_sha256: str | None


@dataclass(frozen=True, slots=True)
class MadeHow:
    """How a scan was made; nothing of an entry."""

    acquisition: Acquisition
    spacing_mm: Spacing | None
    model: str | None
    """Name of the phantom's definition."""


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
    """The last scan of a scanner, and what was said of all that is its latest."""

    scanner: str | None
    dated: str | None
    """Of the last scan; None where there are entries alone."""
    count: int
    """Scans in all."""
    outcomes: tuple[str, ...]
    """Of the last scan under each protocol and with each phantom, and of the last entry under each key."""
    signals: tuple[str, ...]
    """Keys that were out of control with those scans."""


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
    connection: Connection,
    *,
    ids: Sequence[int] | None = None,
    scanner: str | None = None,
    since: str = "",
    until: str = LAST_DATE,
) -> list[Occasion]:
    """Scans and entries by number or by scanner, oldest first: from a date on, and before another."""
    query = _occasions().where(occasion.c.dated >= since, occasion.c.dated < until)
    query = query.order_by(occasion.c.dated, occasion.c.id)
    if ids is not None:
        query = query.where(occasion.c.id.in_(ids))
    if scanner is not None:
        query = query.where(occasion.c.scanner_id == _number(connection, scanner))
    rows = connection.execute(query).all()
    words = texts_in(connection, rows)
    return [_occasion(row, words) for row in rows]


def latest_scans(connection: Connection, scanner: str, *, before: str = LAST_DATE, most: int = 1) -> list[Occasion]:
    """The latest scans of a scanner before a date, newest first."""
    query = _occasions().where(
        occasion.c.scanner_id == _number(connection, scanner),
        occasion.c.pixel_sha256.is_not(None),
        occasion.c.dated < before,
    )
    rows = connection.execute(query.order_by(occasion.c.dated.desc(), occasion.c.id.desc()).limit(most)).all()
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
        acquired=row.acquired,
        pixel_sha256=row.pixel_sha256,
        series_uid=row.series_uid,
        model=None if row.model_id is None else words[row.model_id],
        entered_by=row.entered_by,
        version=words[row.iqa_version_id],
        definition_sha256=None if row.definition_id is None else words[row.definition_id],
    )


def made_how(connection: Connection, ids: Sequence[int]) -> dict[int, MadeHow]:
    """Acquisition, spacing and phantom of scans; of many that were made alike the header is read once."""
    read: dict[tuple[str, str], tuple[Acquisition, Spacing | None]] = {}
    found = {}
    columns: tuple[Any, ...] = (occasion.c.id, occasion.c.acquisition, occasion.c.scan, record.c.model_id)
    query = select(*columns).join(record, record.c.id == occasion.c.record_id)
    for some in parts(ids):
        rows = connection.execute(query.where(occasion.c.id.in_(some))).all()
        words = texts_in(connection, rows)
        for row in rows:
            said = (row.acquisition, row.scan)
            if said not in read:
                read[said] = acquisition_of(row.acquisition), _spacing(json.loads(row.scan))
            found[row.id] = MadeHow(*read[said], None if row.model_id is None else words[row.model_id])
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
    if everywhere:
        return _read(connection, [key], true())[key]
    return several(connection, [key], scanner=scanner)[key]


def several(
    connection: Connection, wanted: Sequence[str], *, scanner: str | None, since: str = "", until: str = LAST_DATE
) -> dict[str, list[Point]]:
    """The values of some keys of a scanner (None: of unassigned scans), by key, oldest first, between dates."""
    own = occasion.c.scanner_id.is_(None) if scanner is None else occasion.c.scanner_id == _number(connection, scanner)
    return _read(connection, wanted, own & (occasion.c.dated >= since) & (occasion.c.dated < until))


def recent(connection: Connection, key: str, wanted: Sequence[str], since: str) -> dict[str, list[Point]]:
    """The values of a key from a date on of several scanners, by scanner, oldest first."""
    numbers = known(connection, wanted)
    found: dict[str, list[Point]] = {name: [] for name in wanted}
    for part in parts(list(numbers.values())):
        own = occasion.c.scanner_id.in_(part) & (occasion.c.dated >= since)
        for point in _read(connection, [key], own)[key]:
            found[point.scope.scanner or ""].append(point)
    return found


def _read(connection: Connection, wanted: Sequence[str], which: ColumnElement[bool]) -> dict[str, list[Point]]:
    names = {number: key for key, number in known(connection, wanted).items()}
    columns = (occasion.c.id, occasion.c.record_id, occasion.c.dated, *OWNER)
    numbers = [c for c in measurement.c if c.name != "record_id"]
    met = (measurement.c.record_id == occasion.c.record_id) & measurement.c.key_id.in_(names)
    query = select(*columns, *numbers).join(measurement, met).where(which, DATED)
    rows = connection.execute(query.order_by(occasion.c.dated, occasion.c.id)).all()
    words = texts_in(connection, rows)
    found: dict[str, list[Point]] = {key: [] for key in wanted}
    for row in rows:
        key = names[row.key_id]
        measured = _measurement(row, key, words)
        found[key].append(Point(row.id, row.record_id, row.dated, scope_of(row, words), measured))
    return found


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
        interval=None if row.low is None else (row.low, row.high),
    )


def measurements(connection: Connection, record_id: int) -> list[Measurement]:
    """The numbers of one record, by key."""
    query = select(measurement).where(
        measurement.c.record_id == record_id, measurement.c.key_id.in_(select(measured_key.c.key_id))
    )
    rows = connection.execute(query).all()
    words = texts_in(connection, rows)
    return sorted((_measurement(row, words[row.key_id], words) for row in rows), key=lambda m: m.key)


def numbers_of(
    connection: Connection, wanted: Sequence[str], record_ids: Sequence[int]
) -> dict[int, dict[str, Measurement]]:
    """Some numbers of many records, by record and key."""
    names = {number: key for key, number in known(connection, wanted).items()}
    query = select(measurement).where(measurement.c.key_id.in_(names))
    rows = [
        row for part in parts(record_ids) for row in connection.execute(query.where(measurement.c.record_id.in_(part)))
    ]
    words = texts_in(connection, rows)
    found: dict[int, dict[str, Measurement]] = defaultdict(dict)
    for row in rows:
        found[row.record_id][names[row.key_id]] = _measurement(row, names[row.key_id], words)
    return found


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


def about_scan(connection: Connection, occasion_id: int) -> dict[str, Any]:
    """Slices, matrix, spacing and flags of a scan, as they are stored."""
    found: dict[str, Any] = json.loads(
        connection.execute(select(occasion.c.scan).where(occasion.c.id == occasion_id)).scalar_one()
    )
    return found


def scanners(connection: Connection) -> list[str]:
    """Every scanner that has a scan or an entry."""
    own = select(occasion.c.scanner_id).where(occasion.c.scanner_id == word.c.id).exists()
    return sorted(connection.execute(select(word.c.content).where(own)).scalars())


def last_unit(connection: Connection, key: str) -> str | None:
    """The unit of the newest number under a key; None where there is none."""
    newest = select(measurement.c.unit_id).where(measurement.c.key_id == _number(connection, key))
    found = connection.execute(newest.order_by(measurement.c.record_id.desc()).limit(1)).scalar()
    return None if found is None else texts(connection, [found])[found]


def keys(connection: Connection) -> list[str]:
    """Every key that has a number."""
    query = select(word.c.content).join(measured_key, measured_key.c.key_id == word.c.id)
    return sorted(connection.execute(query).scalars())


def fleet(connection: Connection) -> list[Last]:
    """Every scanner that has a scan or entry, and the unassigned ones as one.

    Notes
    -----
    A scanner's state is that of the latest under each protocol, with each phantom and of each entered key: what failed
    on Monday fails until the same is measured again, whatever else passes on Tuesday.
    """
    groups, entered = _last(connection)
    own = defaultdict[int | None, list[Row[Any]]](list, {row.scanner_id: [] for row in entered})
    for row in groups:
        own[row.scanner_id].append(row)
    judged = [*_outcomes(connection, groups), *((r.scanner_id, r.outcome, r.signals_id) for r in entered)]
    said, charts = defaultdict[int | None, list[str]](list), defaultdict[int | None, set[int]](set)
    for scanner_id, outcome, signals_id in judged:
        said[scanner_id].append(outcome)
        charts[scanner_id].add(signals_id)
    names = texts(connection, [*own, *(s for ids in charts.values() for s in ids)])
    return [
        Last(
            None if scanner_id is None else names[scanner_id],
            max((row.dated for row in rows), default=None),
            sum(row.number for row in rows),
            tuple(said[scanner_id]),
            tuple(sorted({key for s in charts[scanner_id] for key in split_flags(names[s])})),
        )
        for scanner_id, rows in own.items()
    ]


def _last_scans() -> Select[Any]:
    """For each scanner, protocol and phantom the date of the last scan, and how many there are."""
    groups = select(*OWNER, func.max(occasion.c.dated).label("dated"), func.count().label("number"))
    dated = groups.where(occasion.c.pixel_sha256.is_not(None), DATED)
    return dated.group_by(*OWNER)


def latest(connection: Connection) -> list[Occasion]:
    """The last scan of every scanner under each protocol and with each phantom, and the last entry under each key.

    Scans that are assigned to no scanner are among them.
    """
    groups, entered = _last(connection)
    wanted = {row.id for row in [*_scans_of(connection, groups), *entered]}
    return [one for part in parts(sorted(wanted)) for one in occasions(connection, ids=part)]


def _last(connection: Connection) -> tuple[Sequence[Row[Any]], Sequence[Row[Any]]]:
    """(groups of scans with the date of the last one, entries) that say how the fleet stands."""
    return connection.execute(_last_scans()).all(), connection.execute(_last_entries()).all()


def _scans_of(connection: Connection, last: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
    """The scans that are the last of their group."""
    wanted = {row[: len(OWNER) + 1] for row in last}
    columns: tuple[Any, ...] = (*OWNER, occasion.c.dated, occasion.c.record_id, occasion.c.id)
    scans = select(*columns).where(occasion.c.pixel_sha256.is_not(None))
    unassigned = [row.dated for row in last if row.scanner_id is None]
    queries = [scans.where(occasion.c.scanner_id.is_(None), occasion.c.dated.in_(unassigned))]
    for rows in parts([row for row in last if row.scanner_id is not None], FEW):
        own, dated = {row.scanner_id for row in rows}, {row.dated for row in rows}
        queries.append(scans.where(occasion.c.scanner_id.in_(own), occasion.c.dated.in_(dated)))
    for query in queries:
        yield from (row for row in connection.execute(query) if row[: len(OWNER) + 1] in wanted)


def _outcomes(connection: Connection, last: Sequence[Row[Any]]) -> Iterator[tuple[int | None, str, int]]:
    """(scanner, outcome, signals) of the last judgement of those scans."""
    found = {row.record_id: row.scanner_id for row in _scans_of(connection, last)}
    for part in parts(list(found)):
        newest = select(func.max(judgement.c.id)).where(judgement.c.record_id.in_(part)).group_by(judgement.c.record_id)
        said = select(judgement.c.record_id, judgement.c.outcome, judgement.c.signals_id).where(
            judgement.c.id.in_(newest)
        )
        yield from ((found[row.record_id], row.outcome, row.signals_id) for row in connection.execute(said))


def _last_entries() -> Select[Any]:
    """The number, the scanner, the outcome and the signals of the last entry under each key."""
    dated = (occasion.c.scanner_id, measurement.c.key_id)
    order = (occasion.c.dated.desc(), occasion.c.id.desc(), judgement.c.id.desc())
    place = func.row_number().over(partition_by=dated, order_by=order).label("place")
    entries = (
        select(occasion.c.id, occasion.c.scanner_id, judgement.c.outcome, judgement.c.signals_id, place)
        .join(measurement, measurement.c.record_id == occasion.c.record_id)
        .join(judgement, judgement.c.record_id == occasion.c.record_id)
        .where(occasion.c.pixel_sha256.is_(None), measurement.c.key_id.in_(select(word.c.id)))
        .subquery()
    )
    columns = (entries.c.id, entries.c.scanner_id, entries.c.outcome, entries.c.signals_id)
    return select(*columns).where(entries.c.place == 1)


def is_latest(connection: Connection, one: Occasion) -> bool:
    """Whether a scan is the last of its scanner, protocol and phantom."""
    (row,) = connection.execute(select(*OWNER).where(occasion.c.id == one.id)).all()
    same = [column.is_not_distinct_from(value) for column, value in zip(OWNER, row, strict=True)]
    dated = (occasion.c.acquired.is_not(None), occasion.c.dated > one.dated)
    later = select(occasion.c.id).where(*same, occasion.c.pixel_sha256.is_not(None), *dated)
    return one.pixel_sha256 is not None and connection.execute(later.limit(1)).first() is None


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


def newest_records(connection: Connection) -> dict[int, int]:
    """The newest record of every occasion."""
    newest = select(record.c.occasion_id, func.max(record.c.id)).group_by(record.c.occasion_id)
    return {occasion_id: record_id for occasion_id, record_id in connection.execute(newest)}  # noqa: C416 - rows


def records_of(connection: Connection, occasion_id: int) -> list[int]:
    """The records of an occasion, oldest first."""
    own = select(record.c.id).where(record.c.occasion_id == occasion_id).order_by(record.c.id)
    return list(connection.execute(own).scalars())


def _number(connection: Connection, text: str) -> int:
    """The number of a text; one that no row has where it is unknown."""
    return known(connection, [text]).get(text, -1)


def day_of(dated: str) -> float:
    """A date or moment as a day number of the calendar."""
    when = datetime.fromisoformat(dated)
    return when.toordinal() + (when.hour * 3600 + when.minute * 60 + when.second) / DAY_S
