"""Which delivery speaks for a customer and phase, and indexes on which the pages of a large case count

Revision: 0012
After: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NEWEST = sa.text("NOT replaced")
OWED = sa.text("controller_id IS NOT NULL")
TROUBLED = sa.text("(follow_up OR state IN ('dead', 'cancelled') OR (last_error IS NOT NULL AND state IN ('pending', 'sending')))")
ALIKE = [
    "subject_type", "subject_id", "kind", "target_at", "started_at", "due_at", "zone", "basis", "paused_at", "state", "met_at", "late_s", "id",
    "controller_id",
]  # fmt: skip
REPLACED = """
    UPDATE breach_delivery SET replaced = true WHERE EXISTS (
        SELECT 1 FROM breach_delivery AS later
        WHERE later.notice_id = breach_delivery.notice_id AND later.affected_id = breach_delivery.affected_id AND later.id > breach_delivery.id
    )
"""


def upgrade() -> None:
    op.add_column("breach_delivery", sa.Column("replaced", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(REPLACED)
    op.create_index("uq_breach_delivery_newest", "breach_delivery", ["notice_id", "affected_id"], unique=True, sqlite_where=NEWEST, postgresql_where=NEWEST)
    op.create_index("ix_breach_delivery_phase", "breach_delivery", ["notice_id", "replaced", "given_at", "acknowledged_at", "kept", "outbox_id", "document_id"])
    op.drop_index("ix_breach_delivery_notice", "breach_delivery")
    op.create_index("ix_breach_affected_told", "breach_affected", ["breach_id", "sent_at", "kept"])
    op.create_index("ix_docket_entry_owed", "docket_entry", [*ALIKE[:4], "id", "controller_id"], sqlite_where=OWED, postgresql_where=OWED)
    op.create_index("ix_docket_entry_alike", "docket_entry", ALIKE, sqlite_where=OWED, postgresql_where=OWED)
    op.create_index("ix_outbox_message_troubled", "outbox_message", ["about_type", "about_id"], sqlite_where=TROUBLED, postgresql_where=TROUBLED)


def downgrade() -> None:
    """Nothing is lost on the way down: which delivery is the newest follows from their numbers."""
    op.drop_index("ix_outbox_message_troubled", "outbox_message")
    op.drop_index("ix_docket_entry_alike", "docket_entry")
    op.drop_index("ix_docket_entry_owed", "docket_entry")
    op.drop_index("ix_breach_affected_told", "breach_affected")
    op.create_index("ix_breach_delivery_notice", "breach_delivery", ["notice_id", "id"])
    op.drop_index("ix_breach_delivery_phase", "breach_delivery")
    op.drop_index("uq_breach_delivery_newest", "breach_delivery")
    with op.batch_alter_table("breach_delivery") as batch:
        batch.drop_column("replaced")
