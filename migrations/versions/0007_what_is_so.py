"""What the file mailbox took, corrections that withdraw, significance, internal remarks

Revision: 0007
After: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAGS = (("outbox_message", "kept"), ("breach_delivery", "kept"), ("breach_affected", "kept"), ("breach_notice", "withdraws"))
# What the mailbox of older versions wrote into the delivery record is the only trace of which way a mail took.
PAST = (
    ("UPDATE outbox_message SET kept = true WHERE state = 'sent' AND id IN"
    " (SELECT outbox_id FROM delivery_event WHERE kind IN ('accepted', 'accepted_late') AND reply_text LIKE 'kept in the file mailbox as %')"),
    "UPDATE breach_delivery SET kept = true WHERE outbox_id IN (SELECT id FROM outbox_message WHERE kept)",
    ("UPDATE breach_affected SET kept = true WHERE sent_at IS NOT NULL AND id IN"
    " (SELECT affected_id FROM breach_delivery WHERE kept AND given_at = breach_affected.sent_at)"),
)


def upgrade() -> None:
    for table, column in FLAGS:
        op.add_column(table, sa.Column(column, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("breach_question", sa.Column("remark", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "breach_significance",
        sa.Column("id", BIG, nullable=False),
        sa.Column("breach_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("significant", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["breach_id"], ["breach.id"], name=op.f("fk_breach_significance_breach_id_breach")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_significance")),
        sa.UniqueConstraint("breach_id", "number", name=op.f("uq_breach_significance_breach_id_number")),
    )
    for statement in PAST:
        op.execute(statement)


def downgrade() -> None:
    """Decisions about significance, remarks and what tells a mailbox from a mail server are lost on the way down."""
    op.drop_table("breach_significance")
    op.drop_column("breach_question", "remark")
    for table, column in reversed(FLAGS):
        op.drop_column(table, column)
