"""Who was told in time by the awareness held then, and late by one that corrected it to an earlier time since

Revision: 0015
After: 0014
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from dpa.columns import Utc, canonical

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

LATE_ANEW, KEPT = sa.text("late_anew"), sa.text("kept")
BREACH = sa.table("breach", sa.column("id"), sa.column("aware_at", Utc()))
AFFECTED = sa.table("breach_affected", sa.column("id"), sa.column("breach_id"), sa.column("docket_entry_id"), sa.column("aware_reason"), sa.column("late_anew", sa.Boolean()))
ENTRY = sa.table("docket_entry", sa.column("id"), sa.column("started_at", Utc()), sa.column("met_at", Utc()), sa.column("late_s"), sa.column("rule"))


def upgrade() -> None:
    op.add_column("breach_affected", sa.Column("late_anew", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_breach_affected_late_anew", "breach_affected", ["breach_id", "kept"], sqlite_where=LATE_ANEW, postgresql_where=LATE_ANEW)
    op.create_index("ix_breach_affected_kept", "breach_affected", ["breach_id", "docket_entry_id"], sqlite_where=KEPT, postgresql_where=KEPT)
    _fill()


def _fill() -> None:
    """Count again by its own rule each clock that was met in time by an awareness corrected since; there are few, and in most installations none."""
    connection = op.get_bind()
    met = sa.select(AFFECTED.c.id, BREACH.c.aware_at, ENTRY.c.met_at, ENTRY.c.rule).where(
        AFFECTED.c.breach_id == BREACH.c.id, ENTRY.c.id == AFFECTED.c.docket_entry_id, AFFECTED.c.aware_reason == "",
        ENTRY.c.met_at.is_not(None), ENTRY.c.late_s <= 0, ENTRY.c.started_at > BREACH.c.aware_at,
    )
    rows = connection.execute(met).all()
    if not rows:
        return
    from dpa.breaches.corrected import due_from

    late = [key for key, aware_at, met_at, rule in rows if met_at > due_from(canonical(json.loads(rule)), aware_at)]
    for key in late:
        connection.execute(sa.update(AFFECTED).where(AFFECTED.c.id == key).values(late_anew=True))


def downgrade() -> None:
    """Nothing is lost on the way down: it follows from the clocks and the decisions about awareness."""
    op.drop_index("ix_breach_affected_kept", "breach_affected")
    op.drop_index("ix_breach_affected_late_anew", "breach_affected")
    with op.batch_alter_table("breach_affected") as batch:
        batch.drop_column("late_anew")
