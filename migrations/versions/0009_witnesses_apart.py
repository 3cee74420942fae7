"""Trail: witnesses that cannot be mailed, kept notes that were compared, and no name or address in anchors

Revision: 0009
After: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("trail_witness", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trouble", sa.String(length=20), nullable=True))
    with op.batch_alter_table("trail_anchor", schema=None) as batch_op:
        batch_op.add_column(sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True))
    # Anchors named witnesses and customers by name and address; from now on by number, or not at all.
    connection = op.get_bind()
    named = connection.execute(sa.text("SELECT id, name, address FROM trail_witness ORDER BY id")).all()
    for number, name, address in named:
        connection.execute(
            sa.text("UPDATE trail_anchor SET target = :target WHERE kind = 'witness' AND target = :named"),
            {"target": f"witness:{number}", "named": f"{name} <{address}>"},
        )
    connection.execute(sa.text("UPDATE trail_anchor SET target = '' WHERE kind = 'document' OR (kind = 'witness' AND target NOT LIKE 'witness:%')"))


def downgrade() -> None:
    # Notes that contradict are of a kind the former release does not know.
    op.get_bind().execute(sa.text("DELETE FROM trail_anchor WHERE kind = 'contrary'"))
    with op.batch_alter_table("trail_anchor", schema=None) as batch_op:
        batch_op.drop_column("compared_at")
    with op.batch_alter_table("trail_witness", schema=None) as batch_op:
        batch_op.drop_column("trouble")
