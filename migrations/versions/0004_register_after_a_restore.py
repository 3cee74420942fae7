"""Register: documents found again, faults of stored files, letters of organisations

Revision: 0004
After: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NUMBER = ["organisation_id", "kind", "year", "number"]
NUMBERED = sa.text("found_at IS NULL")
FAULTY = sa.text("fault_since IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("letters", sa.String(length=12), nullable=True))
    _give_letters()
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.alter_column("letters", existing_type=sa.String(length=12), nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_organisation_letters"), ["letters"])

    with op.batch_alter_table("issued_document", schema=None) as batch_op:
        batch_op.add_column(sa.Column("found_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_issued_document_organisation_id_kind_year_number"), type_="unique")
    # After the table was rebuilt: the index speaks of the new column.
    op.create_index("uq_issued_document_number", "issued_document", NUMBER, unique=True, sqlite_where=NUMBERED, postgresql_where=NUMBERED)

    with op.batch_alter_table("document_file", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("fault", sa.Enum("missing", "altered", name="filefault", native_enum=False, length=40), nullable=True)
        )
        batch_op.add_column(sa.Column("fault_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_document_file_fault", "document_file", ["fault_since"], sqlite_where=FAULTY, postgresql_where=FAULTY)

    op.create_table(
        "document_check",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_check")),
    )


def downgrade() -> None:
    """Documents that were found again are lost on the way down; their files stay in the store, where they are found once more."""
    op.drop_table("document_check")
    op.drop_index("ix_document_file_fault", "document_file")
    op.execute("DELETE FROM document_file WHERE document_id IN (SELECT id FROM issued_document WHERE found_at IS NOT NULL)")
    for column in ("superseded_by_id", "supersedes_id"):
        op.execute(
            f"UPDATE issued_document SET {column} = NULL"  # noqa: S608 - one of two names
            f" WHERE {column} IN (SELECT id FROM issued_document WHERE found_at IS NOT NULL)"
        )
    op.execute("DELETE FROM issued_document WHERE found_at IS NOT NULL")
    with op.batch_alter_table("document_file", schema=None) as batch_op:
        batch_op.drop_column("fault_since")
        batch_op.drop_column("fault")
    op.drop_index("uq_issued_document_number", "issued_document")
    with op.batch_alter_table("issued_document", schema=None) as batch_op:
        batch_op.drop_column("found_at")
        batch_op.create_unique_constraint(batch_op.f("uq_issued_document_organisation_id_kind_year_number"), NUMBER)
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_organisation_letters"), type_="unique")
        batch_op.drop_column("letters")


def _give_letters() -> None:
    """The first organisation keeps the letters of its name, others with the same get LC2, LC3; numbers given out before stay as they are."""
    bind = op.get_bind()
    taken: set[str] = set()
    for key, slug in bind.execute(sa.text("SELECT id, slug FROM organisation ORDER BY id")).all():
        wanted = "".join(part[0] for part in slug.split("-") if part).upper()
        found, step = wanted, 2
        while found in taken:
            found, step = f"{wanted}{step}", step + 1
        taken.add(found)
        bind.execute(sa.text("UPDATE organisation SET letters = :letters WHERE id = :id"), {"letters": found, "id": key})
