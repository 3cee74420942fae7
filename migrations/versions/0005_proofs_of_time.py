"""Seals: what the time-stamps of documents prove and until when, roots of authorities kept

Revision: 0005
After: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document_proof",
        sa.Column("document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authority", sa.String(length=200), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["issued_document.id"], name=op.f("fk_document_proof_document_id_issued_document")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_document_proof")),
    )
    with op.batch_alter_table("document_proof", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_proof_ends_at"), ["ends_at"], unique=False)
    op.create_table(
        "stamp_root",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_stamp_root")),
    )


def downgrade() -> None:
    op.drop_table("stamp_root")
    with op.batch_alter_table("document_proof", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_proof_ends_at"))
    op.drop_table("document_proof")
