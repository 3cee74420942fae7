"""Which fact a deadline is counted from, where its kind knows several

Revision: 0021
After: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("docket_entry", sa.Column("start_event", sa.String(20), server_default="", nullable=False))


def downgrade() -> None:
    """Which fact it was is lost on the way down; each deadline keeps its dates, and says in its basis what it is counted from."""
    op.drop_column("docket_entry", "start_event")
