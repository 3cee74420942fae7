"""Why awareness that just one customer is affected came later than awareness of the incident

Revision: 0011
After: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("breach_affected", sa.Column("aware_reason", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """The reasons are lost on the way down; each clock keeps the awareness it runs from."""
    op.drop_column("breach_affected", "aware_reason")
