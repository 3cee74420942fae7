"""A second person sends the text of a phase back for a change

Revision: 0014
After: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dpa.columns import Utc

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("breach_notice", sa.Column("sent_back_at", Utc(), nullable=True))
    op.add_column("breach_notice", sa.Column("sent_back_by", sa.String(40), nullable=True))
    op.add_column("breach_notice", sa.Column("sent_back_reason", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """On the way down nobody sees any more that a text was sent back; the trail keeps it."""
    for name in ("sent_back_reason", "sent_back_by", "sent_back_at"):
        op.drop_column("breach_notice", name)
