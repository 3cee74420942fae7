"""Indexes for what became of the newest mail to an address, and for the contacts that have it

Revision: 0017
After: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

REFUSED, REACHED = "state IN ('dead', 'cancelled') AND attempts > 0", "state = 'sent' AND NOT kept"
NEW = (("ix_outbox_message_refused", REFUSED), ("ix_outbox_message_reached", REACHED))


def upgrade() -> None:
    for name, where in NEW:
        op.create_index(name, "outbox_message", ["organisation_id", "to_address", "id"], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.create_index("ix_contact_email", "contact", ["email"])


def downgrade() -> None:
    """Nothing is lost on the way down."""
    op.drop_index("ix_contact_email", "contact")
    for name, _ in reversed(NEW):
        op.drop_index(name, "outbox_message")
