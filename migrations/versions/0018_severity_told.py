"""A notice tells the severity by ENISA's method, as a help

Revision: 0018
After: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("breach_notice", sa.Column("severity", sa.Text(), server_default="", nullable=False))
    op.add_column("breach_settings", sa.Column("tell_severity", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """On the way down released notices keep what they told in their documents alone."""
    op.drop_column("breach_settings", "tell_severity")
    op.drop_column("breach_notice", "severity")
