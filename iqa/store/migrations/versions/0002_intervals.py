"""The ends of a 95 % interval beside a number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns that may be empty: no number of before had an interval."""
    op.add_column("measurement", sa.Column("low", sa.Float(), nullable=True))
    op.add_column("measurement", sa.Column("high", sa.Float(), nullable=True))
