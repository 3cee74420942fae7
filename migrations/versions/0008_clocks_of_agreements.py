"""Breaches: other clocks of single agreements

Revision: 0008
After: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "breach_agreement_clocks",
        sa.Column("agreement_id", BIG, autoincrement=False, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("profiles", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_breach_agreement_clocks_agreement_id_agreement")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_breach_agreement_clocks_organisation_id_organisation")),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_breach_agreement_clocks")),
    )
    op.create_index(op.f("ix_breach_agreement_clocks_organisation_id"), "breach_agreement_clocks", ["organisation_id"])


def downgrade() -> None:
    """Which clocks were on for which agreement is lost on the way down; the trail keeps when they were turned on."""
    op.drop_index(op.f("ix_breach_agreement_clocks_organisation_id"), table_name="breach_agreement_clocks")
    op.drop_table("breach_agreement_clocks")
