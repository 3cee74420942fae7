"""When reports to authorities were submitted, how, and what shows it

Revision: 0019
After: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "breach_report",
        sa.Column("id", BIG, nullable=False),
        sa.Column("breach_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("late_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["breach_id"], ["breach.id"], name=op.f("fk_breach_report_breach_id_breach")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_report")),
        sa.UniqueConstraint("breach_id", "name", "number", name=op.f("uq_breach_report_breach_id_name_number")),
    )


def downgrade() -> None:
    """How and by what proof reports were submitted is lost on the way down; when they were stays on the docket."""
    op.drop_table("breach_report")
