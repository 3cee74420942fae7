"""Whether a notice can be mailed to a contact's address

Revision: 0016
After: 0015
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MAILABLE = sa.text("mailable")
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,190}")
"""The rule as it was when this was written; a later one brings its own migration."""


def upgrade() -> None:
    op.add_column("contact", sa.Column("mailable", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_index("ix_contact_mailable", "contact", ["controller_id", "purpose", "email"], sqlite_where=MAILABLE, postgresql_where=MAILABLE)
    connection = op.get_bind()
    for number, email in connection.execute(sa.text("SELECT id, email FROM contact ORDER BY id")).all():
        if not _mailable(email):
            connection.execute(sa.text("UPDATE contact SET mailable = :no WHERE id = :number"), {"no": False, "number": number})


def _mailable(email: str) -> bool:
    domain = email.rpartition("@")[2]
    try:
        domain.encode("idna")
    except UnicodeError:
        return False
    return ADDRESS.fullmatch(email) is not None and "." in domain.rstrip(".")


def downgrade() -> None:
    """Nothing is lost on the way down: it follows from the addresses."""
    op.drop_index("ix_contact_mailable", "contact")
    with op.batch_alter_table("contact") as batch:
        batch.drop_column("mailable")
