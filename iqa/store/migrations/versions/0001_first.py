"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every table of the first version."""
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_hash")),
    )
    op.create_table(
        "limit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit")),
        sa.UniqueConstraint("digest", name=op.f("uq_limit_digest")),
    )
    op.create_table(
        "word",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_word")),
        sa.UniqueConstraint("content", name=op.f("uq_word_content")),
    )
    op.create_table(
        "baseline",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("scanner_id", sa.Integer(), nullable=True),
        sa.Column("protocol_id", sa.Integer(), nullable=True),
        sa.Column("phantom_id", sa.Integer(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.String(length=32), nullable=False),
        sa.Column("since", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["word.id"], name=op.f("fk_baseline_key_id")),
        sa.ForeignKeyConstraint(["phantom_id"], ["word.id"], name=op.f("fk_baseline_phantom_id")),
        sa.ForeignKeyConstraint(["protocol_id"], ["word.id"], name=op.f("fk_baseline_protocol_id")),
        sa.ForeignKeyConstraint(["scanner_id"], ["word.id"], name=op.f("fk_baseline_scanner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baseline")),
    )
    op.create_index(op.f("ix_baseline_scanner_id_key_id"), "baseline", ["scanner_id", "key_id"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dated", sa.String(length=32), nullable=False),
        sa.Column("entered_at", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scanner_id", sa.Integer(), nullable=True),
        sa.Column("phantom_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.CheckConstraint("(scanner_id IS NULL) <> (phantom_id IS NULL)", name=op.f("ck_event_scanner_or_phantom")),
        sa.ForeignKeyConstraint(["phantom_id"], ["word.id"], name=op.f("fk_event_phantom_id")),
        sa.ForeignKeyConstraint(["scanner_id"], ["word.id"], name=op.f("fk_event_scanner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_table(
        "measured_key",
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["word.id"], name=op.f("fk_measured_key_key_id")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_measured_key")),
    )
    op.create_table(
        "occasion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dated", sa.String(length=32), nullable=False),
        sa.Column("added_at", sa.String(length=32), nullable=False),
        sa.Column("series_uid", sa.Text(), nullable=True),
        sa.Column("study_uid", sa.Text(), nullable=True),
        sa.Column("sop_digest", sa.LargeBinary(), nullable=True),
        sa.Column("pixel_sha256", sa.String(length=64), nullable=True),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("acquired", sa.String(length=32), nullable=True),
        sa.Column("acquisition", sa.Text(), nullable=False),
        sa.Column("scan", sa.Text(), nullable=False),
        sa.Column("scanner_id", sa.Integer(), nullable=True),
        sa.Column("protocol_id", sa.Integer(), nullable=True),
        sa.Column("phantom_id", sa.Integer(), nullable=True),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("entered_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(pixel_sha256 IS NULL) = (entered_by IS NOT NULL)", name=op.f("ck_occasion_scan_or_entry")),
        sa.ForeignKeyConstraint(["phantom_id"], ["word.id"], name=op.f("fk_occasion_phantom_id")),
        sa.ForeignKeyConstraint(["protocol_id"], ["word.id"], name=op.f("fk_occasion_protocol_id")),
        sa.ForeignKeyConstraint(["scanner_id"], ["word.id"], name=op.f("fk_occasion_scanner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occasion")),
        sa.UniqueConstraint("pixel_sha256", name=op.f("uq_occasion_pixel_sha256")),
    )
    op.create_index(op.f("ix_occasion_scanner_id_dated"), "occasion", ["scanner_id", "dated"], unique=False)
    op.create_index(op.f("ix_occasion_series_uid"), "occasion", ["series_uid"], unique=False)
    op.create_table(
        "baseline_end",
        sa.Column("baseline_id", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.String(length=32), nullable=False),
        sa.Column("dated", sa.String(length=32), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["baseline_id"], ["baseline.id"], name=op.f("fk_baseline_end_baseline_id")),
        sa.PrimaryKeyConstraint("baseline_id", name=op.f("pk_baseline_end")),
    )
    op.create_table(
        "record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("occasion_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.String(length=32), nullable=False),
        sa.Column("iqa_version_id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=True),
        sa.Column("definition_id", sa.Integer(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["word.id"], name=op.f("fk_record_definition_id")),
        sa.ForeignKeyConstraint(["iqa_version_id"], ["word.id"], name=op.f("fk_record_iqa_version_id")),
        sa.ForeignKeyConstraint(["model_id"], ["word.id"], name=op.f("fk_record_model_id")),
        sa.ForeignKeyConstraint(["occasion_id"], ["occasion.id"], name=op.f("fk_record_occasion_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
    )
    op.create_index(op.f("ix_record_occasion_id"), "record", ["occasion_id"], unique=False)
    op.create_table(
        "baseline_scan",
        sa.Column("baseline_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["baseline_id"], ["baseline.id"], name=op.f("fk_baseline_scan_baseline_id")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_baseline_scan_record_id")),
        sa.PrimaryKeyConstraint("baseline_id", "record_id", name=op.f("pk_baseline_scan")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "curve",
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("x_unit_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("method_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["word.id"], name=op.f("fk_curve_key_id")),
        sa.ForeignKeyConstraint(["method_id"], ["word.id"], name=op.f("fk_curve_method_id")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_curve_record_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["word.id"], name=op.f("fk_curve_unit_id")),
        sa.ForeignKeyConstraint(["x_unit_id"], ["word.id"], name=op.f("fk_curve_x_unit_id")),
        sa.PrimaryKeyConstraint("record_id", "key_id", name=op.f("pk_curve")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "judgement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("judged_at", sa.String(length=32), nullable=False),
        sa.Column("iqa_version_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("signals_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["iqa_version_id"], ["word.id"], name=op.f("fk_judgement_iqa_version_id")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_judgement_record_id")),
        sa.ForeignKeyConstraint(["signals_id"], ["word.id"], name=op.f("fk_judgement_signals_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgement")),
    )
    op.create_index(op.f("ix_judgement_record_id"), "judgement", ["record_id"], unique=False)
    op.create_table(
        "measurement",
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("u", sa.Float(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("method_id", sa.Integer(), nullable=False),
        sa.Column("flags_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["flags_id"], ["word.id"], name=op.f("fk_measurement_flags_id")),
        sa.ForeignKeyConstraint(["key_id"], ["word.id"], name=op.f("fk_measurement_key_id")),
        sa.ForeignKeyConstraint(["method_id"], ["word.id"], name=op.f("fk_measurement_method_id")),
        sa.ForeignKeyConstraint(["place_id"], ["word.id"], name=op.f("fk_measurement_place_id")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_measurement_record_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["word.id"], name=op.f("fk_measurement_unit_id")),
        sa.PrimaryKeyConstraint("key_id", "record_id", name=op.f("pk_measurement")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "verdict",
        sa.Column("judgement_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("limit_id", sa.Integer(), nullable=True),
        sa.Column("baseline_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("flags_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["baseline_id"], ["baseline.id"], name=op.f("fk_verdict_baseline_id")),
        sa.ForeignKeyConstraint(["flags_id"], ["word.id"], name=op.f("fk_verdict_flags_id")),
        sa.ForeignKeyConstraint(["judgement_id"], ["judgement.id"], name=op.f("fk_verdict_judgement_id")),
        sa.ForeignKeyConstraint(["key_id"], ["word.id"], name=op.f("fk_verdict_key_id")),
        sa.ForeignKeyConstraint(["limit_id"], ["limit.id"], name=op.f("fk_verdict_limit_id")),
        sa.PrimaryKeyConstraint("judgement_id", "number", name=op.f("pk_verdict")),
        sqlite_with_rowid=False,
    )
