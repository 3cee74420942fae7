"""When an incident was classified as major (DORA), by whom and why

Revision: 0010
After: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "breach_classification",
        sa.Column("id", BIG, nullable=False),
        sa.Column("breach_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("major", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["breach_id"], ["breach.id"], name=op.f("fk_breach_classification_breach_id_breach")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_classification")),
        sa.UniqueConstraint("breach_id", "number", name=op.f("uq_breach_classification_breach_id_number")),
    )


def downgrade() -> None:
    """Decisions are lost on the way down; clocks they started stay on the docket."""
    op.drop_table("breach_classification")
