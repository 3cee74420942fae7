"""Documents of notices that no mail carries, to be handed over

Revision: 0022
After: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "breach_paper",
        sa.Column("id", BIG, nullable=False),
        sa.Column("notice_id", BIG, nullable=False),
        sa.Column("affected_id", BIG, nullable=False),
        sa.Column("document_id", BIG, nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["breach_notice.id"], name=op.f("fk_breach_paper_notice_id_breach_notice")),
        sa.ForeignKeyConstraint(["affected_id"], ["breach_affected.id"], name=op.f("fk_breach_paper_affected_id_breach_affected")),
        sa.ForeignKeyConstraint(["document_id"], ["issued_document.id"], name=op.f("fk_breach_paper_document_id_issued_document")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_paper")),
        sa.UniqueConstraint("notice_id", "affected_id", name=op.f("uq_breach_paper_notice_id_affected_id")),
    )
    op.create_index(op.f("ix_breach_paper_affected_id"), "breach_paper", ["affected_id"])
    op.create_index(op.f("ix_breach_paper_document_id"), "breach_paper", ["document_id"])


def downgrade() -> None:
    """The documents stay in the register; which of them waits to be handed over is lost on the way down."""
    op.drop_table("breach_paper")
