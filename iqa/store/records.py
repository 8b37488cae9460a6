"""Results into the database: who a scan is, whether it is known, and its numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, insert, select, update

from iqa.model import Acquisition, Analysis, Curve, Located, Measurement, ModuleFit, ScanIdentity, Scope
from iqa.store.matching import Owner
from iqa.store.tables import curve, measured_key, measurement, occasion, record
from iqa.store.words import joined_flags, numbers

SOP_BYTES = 4
"""Of the hash of each image's UID: within one series they tell images apart."""
POINTS = np.dtype("<f4")
DEFAULTS = {f.name: f.default for f in fields(Acquisition)}


@dataclass(frozen=True, slots=True)
class Known:
    """The scan is in the store."""

    occasion_id: int


@dataclass(frozen=True, slots=True)
class Clash:
    """The scan contradicts one in the store; the reason is a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Where results were put."""

    occasion_id: int
    record_id: int


def standing(connection: Connection, identity: ScanIdentity, site: str | None) -> Known | Clash | None:
    """Whether a scan is known, contradicts one that is, or is new (None)."""
    same = connection.execute(select(occasion).where(occasion.c.pixel_sha256 == identity.pixel_sha256)).first()
    if same is not None:
        told = {"series UID": identity.series_uid, "date": identity.acquired, "site": site}
        stored = {"series UID": same.series_uid, "date": same.acquired, "site": same.site}
        odd = [
            f"{name} {_said(stored[name])} there, {_said(told[name])} here"
            for name in told
            if told[name] != stored[name]
        ]
        if odd:
            return Clash(f"The same pixels are stored already, under another identity: {'; '.join(odd)}.")
        return Known(same.id)
    if identity.series_uid is None:
        return None
    mine = set(_sop_parts(_sop_digest(identity)))
    series = select(occasion.c.dated, occasion.c.sop_digest).where(occasion.c.series_uid == identity.series_uid)
    for row in connection.execute(series):
        if mine & set(_sop_parts(row.sop_digest)):
            return Clash(
                f"Images of this series are stored already, with other pixels (scan of {row.dated}). "
                "One of the two was changed or is not complete."
            )
    return None


def _said(value: str | None) -> str:
    return "none" if value is None else f"'{value}'"


def _sop_digest(identity: ScanIdentity) -> bytes:
    return b"".join(hashlib.sha256(uid.encode()).digest()[:SOP_BYTES] for uid in identity.sop_uids)


def _sop_parts(digest: bytes) -> list[bytes]:
    return [digest[i : i + SOP_BYTES] for i in range(0, len(digest), SOP_BYTES)]


def keep_scan(
    connection: Connection,
    analysis: Analysis,
    owner: Owner,
    *,
    at: str,
    undated: str | None = None,
    site: str | None = None,
) -> Kept:
    """A new scan with its first results; the caller has seen that it is new.

    Parameters
    ----------
    at, undated
        Now, in UTC; and by the clock on the wall, the date of a scan whose header has none.
    """
    identity = analysis.identity
    row = {
        "dated": identity.acquired or undated or at,
        "added_at": at,
        "series_uid": identity.series_uid,
        "study_uid": identity.study_uid,
        "sop_digest": _sop_digest(identity),
        "pixel_sha256": identity.pixel_sha256,
        "site": site,
        "acquired": identity.acquired,
        "acquisition": _json(_given(asdict(analysis.acquisition))),
        "scan": _json(_about_scan(analysis)),
    }
    occasion_id = inserted(connection, occasion, row | owner_columns(connection, owner))
    kept = Kept(occasion_id, keep_record(connection, occasion_id, analysis, at=at))
    count(connection, kept)
    return kept


def keep_entry(
    connection: Connection, entered: Measurement, owner: Owner, *, dated: str, at: str, person: str, version: str
) -> Kept:
    """A number that a person entered."""
    row = {"dated": dated, "added_at": at, "entered_by": person, "acquisition": "{}", "scan": "{}"}
    occasion_id = inserted(connection, occasion, row | owner_columns(connection, owner))
    version_id = numbers(connection, [version])[version]
    made = {"occasion_id": occasion_id, "made_at": at, "iqa_version_id": version_id, "about": "{}"}
    kept = Kept(occasion_id, inserted(connection, record, made))
    _keep_measurements(connection, kept.record_id, [entered])
    count(connection, kept)
    return kept


def keep_record(connection: Connection, occasion_id: int, analysis: Analysis, *, at: str) -> int:
    """Results of a known scan, beside those it has; returns the record's number. It does not count yet."""
    located = analysis.located
    words = numbers(connection, [analysis.iqa_version, located.spec.label, located.spec.definition_hash])
    row = {
        "occasion_id": occasion_id,
        "made_at": at,
        "iqa_version_id": words[analysis.iqa_version],
        "model_id": words[located.spec.label],
        "definition_id": words[located.spec.definition_hash],
        "about": _json(_about_record(analysis)),
    }
    record_id = inserted(connection, record, row)
    _keep_measurements(connection, record_id, analysis.measurements)
    _keep_curves(connection, record_id, analysis.curves)
    return record_id


def count(connection: Connection, kept: Kept) -> None:
    """From now on the occasion's results are those of this record."""
    connection.execute(update(occasion).where(occasion.c.id == kept.occasion_id).values(record_id=kept.record_id))


def _keep_measurements(connection: Connection, record_id: int, measurements: Sequence[Measurement]) -> None:
    texts = [(m.key, m.unit, m.where, m.method, joined_flags(m.flags)) for m in measurements]
    words = numbers(connection, [t for row in texts for t in row])
    names = ("key_id", "unit_id", "place_id", "method_id", "flags_id")
    rows = [
        {"record_id": record_id, "value": m.value, "u": m.u, "n": m.n, "low": low, "high": high}
        | {name: words[t] for name, t in zip(names, row, strict=True)}
        for m, row in zip(measurements, texts, strict=True)
        for low, high in (m.interval or (None, None),)
    ]
    if rows:
        _note_keys(connection, {words[m.key] for m in measurements})
        connection.execute(insert(measurement), rows)


def _note_keys(connection: Connection, key_ids: set[int]) -> None:
    """Keys that have a number for the first time."""
    new = key_ids - set(connection.execute(select(measured_key.c.key_id)).scalars())
    if new:
        connection.execute(insert(measured_key), [{"key_id": k} for k in sorted(new)])


def _keep_curves(connection: Connection, record_id: int, curves: Sequence[Curve]) -> None:
    words = numbers(connection, [t for c in curves for t in (c.key, c.x_unit, c.unit, c.method)])
    rows = [
        {
            "record_id": record_id,
            "key_id": words[c.key],
            "x_unit_id": words[c.x_unit],
            "unit_id": words[c.unit],
            "method_id": words[c.method],
            "points": np.array([c.x, c.values, c.u], POINTS).tobytes(),
        }
        for c in curves
    ]
    if rows:
        connection.execute(insert(curve), rows)


def _about_scan(analysis: Analysis) -> dict[str, Any]:
    slices, rows, columns = analysis.shape
    return {
        "slices": slices,
        "matrix": [rows, columns],
        "spacing_mm": list(analysis.spacing_mm),
        "flags": [*analysis.scan_flags, *(() if analysis.identity.acquired else ("undated",))],
    }


def _about_record(analysis: Analysis) -> dict[str, Any]:
    return {
        "phantom": _phantom(analysis.located),
        "origin_mm": list(analysis.origin_patient_mm),
        "modules": [_module(m) for m in analysis.located.modules if m.slices],
        "not_measured": [asdict(n) for n in analysis.not_measured],
        "repeats_sha256": list(analysis.repeats_sha256),
    }


def _phantom(located: Located) -> dict[str, Any]:
    return {
        "name": located.spec.name,
        "variant": located.spec.variant,
        "score": located.score,
        "pose": asdict(located.pose),
    }


def _module(fit: ModuleFit) -> dict[str, Any]:
    return {"name": fit.name, "slices": [fit.slices[0], fit.slices[-1]], "z_mm": fit.pose.z_mm}


def acquisition_of(text: str) -> Acquisition:
    """The acquisition of a stored occasion."""
    given = json.loads(text)
    known: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v for name, v in given.items() if name in DEFAULTS
    }
    return Acquisition(**known)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Without what the header did not say."""
    return {name: value for name, value in values.items() if value != DEFAULTS[name]}


def owner_columns(connection: Connection, owner: Owner | Scope) -> dict[str, int | None]:
    """Columns that say whose something is."""
    names = {"scanner_id": owner.scanner, "protocol_id": owner.protocol, "phantom_id": owner.phantom}
    words = numbers(connection, [n for n in names.values() if n])
    return {column: words.get(name or "") for column, name in names.items()}


def inserted(connection: Connection, table: Table, row: dict[str, Any]) -> int:
    """The number of a new row."""
    key = connection.execute(insert(table).values(**row)).inserted_primary_key
    if key is None:
        raise RuntimeError(f"the database gave no number to a new row of {table.name}")
    return int(key[0])


def _json(value: Any) -> str:  # noqa: ANN401 - JSON
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
