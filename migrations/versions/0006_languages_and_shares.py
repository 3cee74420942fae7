"""Breaches: languages of notices, texts in further languages, what concerns each customer

Revision: 0006
After: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SPOKEN = ("breach_settings", "breach_notice", "breach_delivery")
"""Tables that now say in which language."""


def upgrade() -> None:
    for table in SPOKEN:
        op.add_column(table, sa.Column("language", sa.String(length=2), server_default="en", nullable=False))
    op.add_column("breach_delivery", sa.Column("part", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "breach_notice_text",
        sa.Column("id", BIG, nullable=False),
        sa.Column("notice_id", BIG, nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("nature", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("consequences", sa.Text(), nullable=False),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("unknown", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["breach_notice.id"], name=op.f("fk_breach_notice_text_notice_id_breach_notice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_notice_text")),
        sa.UniqueConstraint("notice_id", "language", name=op.f("uq_breach_notice_text_notice_id_language")),
    )
    op.create_table(
        "breach_share",
        sa.Column("id", BIG, nullable=False),
        sa.Column("affected_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("share", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["affected_id"], ["breach_affected.id"], name=op.f("fk_breach_share_affected_id_breach_affected")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_share")),
        sa.UniqueConstraint("affected_id", "number", name=op.f("uq_breach_share_affected_id_number")),
    )


def downgrade() -> None:
    """Texts in further languages and what concerned each customer are lost on the way down; documents that were issued keep theirs."""
    op.drop_table("breach_share")
    op.drop_table("breach_notice_text")
    op.drop_column("breach_delivery", "part")
    for table in SPOKEN:
        op.drop_column(table, "language")
