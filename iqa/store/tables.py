"""The tables of `iqa.sqlite`, by SQLAlchemy, without a type that only SQLite has (decision 007).

Times are ISO 8601 texts: those of a scanner as it wrote them, those of this program in UTC with a Z.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, so that a migration can speak of it."""
HASH = 64
"""Characters of a SHA-256 in hexadecimal."""

metadata = MetaData(naming_convention=NAMES)


def _number(*more: ForeignKey, name: str, optional: bool = False) -> Column[int]:
    return Column(name, Integer, *more, nullable=optional)


def _text(name: str, *, optional: bool = False) -> Column[int]:
    """A text by its number in `word`."""
    return _number(ForeignKey("word.id"), name=name, optional=optional)


word = Table(
    "word",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("content", Text, nullable=False, unique=True),
)
"""Texts that occur again and again, numbered: keys, units, methods, places, flags, names of scanners."""

occasion = Table(
    "occasion",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("dated", String(32), nullable=False),
    Column("added_at", String(32), nullable=False),
    Column("series_uid", Text, index=True),
    Column("study_uid", Text),
    Column("sop_digest", LargeBinary),
    Column("pixel_sha256", String(HASH), unique=True),
    Column("site", Text),
    Column("acquired", String(32)),
    Column("acquisition", Text, nullable=False),
    Column("scan", Text, nullable=False),
    _text("scanner_id", optional=True),
    _text("protocol_id", optional=True),
    _text("phantom_id", optional=True),
    Column("record_id", Integer),
    Column("entered_by", Text),
    Index(None, "scanner_id", "dated"),
    CheckConstraint("(pixel_sha256 IS NULL) = (entered_by IS NOT NULL)", name="scan_or_entry"),
)
"""A scan, or what a person entered at one time. `acquisition` and `scan` are JSON. Whose it is (`scanner_id` and so
forth) and which of its records counts are the only columns that change; every change is in the audit trail."""

record = Table(
    "record",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("occasion_id", Integer, ForeignKey("occasion.id"), nullable=False, index=True),
    Column("made_at", String(32), nullable=False),
    _text("iqa_version_id"),
    _text("model_id", optional=True),
    _text("definition_id", optional=True),
    Column("about", Text, nullable=False),
)
"""One set of results of an occasion. `about` is JSON: phantom, pose, modules, what was not measured and why."""

measurement = Table(
    "measurement",
    metadata,
    Column("key_id", Integer, ForeignKey("word.id"), primary_key=True),
    Column("record_id", Integer, ForeignKey("record.id"), primary_key=True),
    Column("value", Float, nullable=False),
    Column("u", Float),
    Column("n", Integer, nullable=False),
    _text("unit_id"),
    _text("place_id"),
    _text("method_id"),
    _text("flags_id"),
    Column("low", Float),
    Column("high", Float),
    sqlite_with_rowid=False,
)
"""The numbers, in the order of their keys: the history of one key lies together. `low` and `high`
are the ends of a 95 % interval, where there is one."""

measured_key = Table(
    "measured_key",
    metadata,
    Column("key_id", Integer, ForeignKey("word.id"), primary_key=True),
)
"""Every key that has a number: a record is read by looking each of them up."""

curve = Table(
    "curve",
    metadata,
    Column("record_id", Integer, ForeignKey("record.id"), primary_key=True),
    Column("key_id", Integer, ForeignKey("word.id"), primary_key=True),
    _text("x_unit_id"),
    _text("unit_id"),
    _text("method_id"),
    Column("points", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The curves; `points` are abscissa, values and u one after another, as little-endian float32."""

limit = Table(
    "limit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String(HASH), nullable=False, unique=True),
    Column("content", Text, nullable=False),
    Column("seen_at", String(32), nullable=False),
)
"""Every limit that anything was ever judged by, as JSON."""

baseline = Table(
    "baseline",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("key_id"),
    _text("scanner_id", optional=True),
    _text("protocol_id", optional=True),
    _text("phantom_id", optional=True),
    Column("content", Text, nullable=False),
    Column("approved_at", String(32), nullable=False),
    Column("since", String(32), nullable=False),
    Index(None, "scanner_id", "key_id"),
)
"""Baselines as a person approved them, as JSON; `since` is the date of their first scan."""

baseline_scan = Table(
    "baseline_scan",
    metadata,
    Column("baseline_id", Integer, ForeignKey("baseline.id"), primary_key=True),
    Column("record_id", Integer, ForeignKey("record.id"), primary_key=True),
    sqlite_with_rowid=False,
)
"""From which results a baseline was made."""

baseline_end = Table(
    "baseline_end",
    metadata,
    Column("baseline_id", Integer, ForeignKey("baseline.id"), primary_key=True),
    Column("ended_at", String(32), nullable=False),
    Column("dated", String(32), nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Baselines that hold no longer from a date on: retired, or superseded."""

judgement = Table(
    "judgement",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("record_id", Integer, ForeignKey("record.id"), nullable=False, index=True),
    Column("judged_at", String(32), nullable=False),
    _text("iqa_version_id"),
    Column("rule", String(16), nullable=False),
    Column("outcome", String(32), nullable=False),
    _text("signals_id"),
)
"""One judgement of a record: the rule, the worst of its verdicts, the charted keys that were out of control with it.
The latest is the one that is shown."""

verdict = Table(
    "verdict",
    metadata,
    Column("judgement_id", Integer, ForeignKey("judgement.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    _text("key_id"),
    Column("outcome", String(32), nullable=False),
    Column("limit_id", Integer, ForeignKey("limit.id")),
    Column("baseline_id", Integer, ForeignKey("baseline.id")),
    Column("reason", Text, nullable=False),
    _text("flags_id"),
    sqlite_with_rowid=False,
)
"""One value against one limit, with the limit and the baseline as they were."""

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("dated", String(32), nullable=False),
    Column("entered_at", String(32), nullable=False),
    Column("kind", Text, nullable=False),
    _text("scanner_id", optional=True),
    _text("phantom_id", optional=True),
    Column("note", Text, nullable=False),
    Column("entered_by", Text, nullable=False),
    CheckConstraint("(scanner_id IS NULL) <> (phantom_id IS NULL)", name="scanner_or_phantom"),
)
"""What happened to a scanner or a phantom: tube, detector, software; refilled, repaired."""

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("person", Text, nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("previous", String(HASH), nullable=False),
    Column("hash", String(HASH), nullable=False),
    UniqueConstraint("hash"),
)
"""What people decided, each entry with the hash of the one before it; `subject` is JSON."""
