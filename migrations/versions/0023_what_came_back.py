"""Letters and couriers that came back undelivered

Revision: 0023
After: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("breach_delivery", sa.Column("returned", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "breach_return",
        sa.Column("delivery_id", BIG, autoincrement=False, nullable=False),
        sa.Column("came_back_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["breach_delivery.id"], name=op.f("fk_breach_return_delivery_id_breach_delivery")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_breach_return")),
    )


def downgrade() -> None:
    """What came back counts as given again on the way down, though nothing says any more where the customer stands with it."""
    op.drop_table("breach_return")
    with op.batch_alter_table("breach_delivery") as batch:
        batch.drop_column("returned")
