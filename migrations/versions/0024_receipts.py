"""What was handed to a courier is on its way until its receipt is known

Revision: 0024
After: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "breach_receipt",
        sa.Column("delivery_id", BIG, autoincrement=False, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["breach_delivery.id"], name=op.f("fk_breach_receipt_delivery_id_breach_delivery")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_breach_receipt")),
    )


def downgrade() -> None:
    """When a delivery counts stays with it; who recorded its receipt is in the trail."""
    op.drop_table("breach_receipt")
