"""Where an incident happened can be said and corrected after it was recorded

Revision: 0020
After: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "breach_upstream",
        sa.Column("id", BIG, nullable=False),
        sa.Column("breach_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("old_name", sa.String(length=200), nullable=False),
        sa.Column("old_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["breach_id"], ["breach.id"], name=op.f("fk_breach_upstream_breach_id_breach")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_upstream")),
        sa.UniqueConstraint("breach_id", "number", name=op.f("uq_breach_upstream_breach_id_number")),
    )


def downgrade() -> None:
    """The case keeps what was said last; who said it and why is lost on the way down."""
    op.drop_table("breach_upstream")
