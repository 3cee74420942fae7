"""Indexes along which board and lists leap from case to case, and partial ones for what is rare

Revision: 0013
After: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

RUNNING, PAUSED = "state IN ('open', 'paused')", "state = 'paused'"
LATE, IN_FORCE, APART = "late_s > 0", "state <> 'superseded'", "state IN ('paused', 'waived')"
TAKEN = "state = 'sent' AND category <> 'account'"
UNANSWERED = "answered_at IS NULL"
NEW = (
    ("ix_docket_entry_board", "docket_entry", ["organisation_id", "target_at", "kind", "subject_type", "subject_id", "id", "state", "owner_id"], RUNNING),
    ("ix_docket_entry_paused", "docket_entry", ["organisation_id", "target_at", "kind", "subject_type", "subject_id", "id"], PAUSED),
    ("ix_docket_entry_apart", "docket_entry", ["subject_type", "subject_id", "kind", "state", "id"], APART),
    ("ix_docket_entry_late", "docket_entry", ["subject_type", "subject_id", "kind", "id"], LATE),
    ("ix_docket_entry_promised", "docket_entry", ["subject_type", "subject_id", "kind", "due_at", "target_at", "id"], IN_FORCE),
    ("ix_outbox_message_taken", "outbox_message", ["organisation_id", "id"], TAKEN),
    ("ix_breach_question_waiting", "breach_question", ["at", "id"], UNANSWERED),
)
OLD = (
    ("ix_docket_entry_board", "docket_entry", ["organisation_id", "target_at", "id", "kind", "subject_type", "subject_id", "state", "owner_id"], RUNNING),
    ("ix_docket_entry_paused", "docket_entry", ["organisation_id", "target_at", "id"], PAUSED),
)


def upgrade() -> None:
    for name, table, *_ in OLD:
        op.drop_index(name, table)
    for name, table, columns, where in NEW:
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    """Nothing is lost on the way down."""
    for name, table, *_ in reversed(NEW):
        op.drop_index(name, table)
    for name, table, columns, where in OLD:
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
