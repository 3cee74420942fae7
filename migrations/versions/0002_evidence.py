"""Issued documents, seals, checkpoints

Revision: 0002
After: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dpa.evidence.trail import triggers

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trail_checkpoint",
        sa.Column(
            "size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_trail_checkpoint")),
    )
    op.create_table(
        "trail_key",
        sa.Column("key_id", sa.String(length=8), nullable=False),
        sa.Column("vkey", sa.String(length=300), nullable=False),
        sa.Column("valid_from_size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_to_size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_trail_key")),
    )
    op.create_table(
        "document_series",
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_document_series_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "kind", "year", name=op.f("pk_document_series")),
    )
    op.create_table(
        "seal_identity",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "backend",
            sa.Enum("builtin", "pkcs12", "pkcs11", name="backend", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("active", "retired", "revoked", name="identitystate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("root_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("crl", sa.Text(), nullable=False),
        sa.Column("crl_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=40), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_seal_identity_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_identity")),
        sa.UniqueConstraint(
            "organisation_id", "fingerprint", name=op.f("uq_seal_identity_organisation_id_fingerprint")
        ),
    )
    with op.batch_alter_table("seal_identity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seal_identity_fingerprint"), ["fingerprint"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_seal_identity_root_fingerprint"), ["root_fingerprint"], unique=False
        )
        batch_op.create_index(
            "uq_seal_identity_active",
            ["organisation_id"],
            unique=True,
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )

    op.create_table(
        "trail_anchor",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["size"], ["trail_checkpoint.size"], name=op.f("fk_trail_anchor_size_trail_checkpoint")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail_anchor")),
        sa.UniqueConstraint("kind", "reference", "size", name=op.f("uq_trail_anchor_kind_reference_size")),
    )
    with op.batch_alter_table("trail_anchor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trail_anchor_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_trail_anchor_size"), ["size"], unique=False)

    op.create_table(
        "trail_witness",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=40), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_trail_witness_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail_witness")),
    )
    with op.batch_alter_table("trail_witness", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_trail_witness_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "issued_document",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("addressee", sa.String(length=200), nullable=False),
        sa.Column("controller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject_type", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum("ordered", "issued", name="documentstate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_by", sa.String(length=40), nullable=False),
        sa.Column("record", sa.Text(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("unsealed_sha256", sa.String(length=64), nullable=True),
        sa.Column("record_sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("level", sa.String(length=20), nullable=True),
        sa.Column("seal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("checkpoint_size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("stamp_wanted_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("supersedes_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("superseded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("supersede_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_issued_document_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["seal_id"], ["seal_identity.id"], name=op.f("fk_issued_document_seal_id_seal_identity")
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"],
            ["issued_document.id"],
            name=op.f("fk_issued_document_superseded_by_id_issued_document"),
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"],
            ["issued_document.id"],
            name=op.f("fk_issued_document_supersedes_id_issued_document"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_document")),
        sa.UniqueConstraint(
            "organisation_id",
            "kind",
            "year",
            "number",
            name=op.f("uq_issued_document_organisation_id_kind_year_number"),
        ),
        sa.UniqueConstraint("sha256", name=op.f("uq_issued_document_sha256")),
    )
    with op.batch_alter_table("issued_document", schema=None) as batch_op:
        batch_op.create_index("ix_issued_document_list", ["organisation_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_issued_document_record_sha256"), ["record_sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_issued_document_reference"), ["reference"], unique=False)
        batch_op.create_index(
            "ix_issued_document_stamp",
            ["stamp_wanted_since"],
            unique=False,
            sqlite_where=sa.text("stamp_wanted_since IS NOT NULL"),
            postgresql_where=sa.text("stamp_wanted_since IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_issued_document_subject", ["subject_type", "subject_id", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_issued_document_supersedes_id"), ["supersedes_id"], unique=False)

    op.create_table(
        "document_file",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "role",
            sa.Enum("sealed", "stamped", "bundle", name="filerole", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["issued_document.id"], name=op.f("fk_document_file_document_id_issued_document")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_document_file")),
    )
    with op.batch_alter_table("document_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_file_document_id"), ["document_id"], unique=False)

    op.create_table(
        "document_work",
        sa.Column("document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["issued_document.id"], name=op.f("fk_document_work_document_id_issued_document")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_document_work")),
    )
    with op.batch_alter_table("document_work", schema=None) as batch_op:
        batch_op.create_index("ix_document_work_next", ["next_at", "document_id"], unique=False)

    op.create_table(
        "outbox_attachment",
        sa.Column(
            "outbox_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "document_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("sent_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["issued_document.id"],
            name=op.f("fk_outbox_attachment_document_id_issued_document"),
        ),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox_message.id"], name=op.f("fk_outbox_attachment_outbox_id_outbox_message")
        ),
        sa.PrimaryKeyConstraint("outbox_id", "document_id", name=op.f("pk_outbox_attachment")),
    )
    with op.batch_alter_table("outbox_attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_attachment_document_id"), ["document_id"], unique=False)

    with op.batch_alter_table("breach_affected", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_index(batch_op.f("ix_breach_affected_document_id"), ["document_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_breach_affected_document_id_issued_document"),
            "issued_document",
            ["document_id"],
            ["id"],
        )

    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("address", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("logo_sha256", sa.String(length=64), nullable=True))

    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True))

    for statement in triggers.create(op.get_bind().dialect.name, "trail_checkpoint"):
        op.execute(statement)


def downgrade() -> None:
    for statement in triggers.drop(op.get_bind().dialect.name, "trail_checkpoint"):
        op.execute(statement)

    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_column("hold_until")

    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_column("logo_sha256")
        batch_op.drop_column("address")

    with op.batch_alter_table("breach_affected", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_breach_affected_document_id_issued_document"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_breach_affected_document_id"))
        batch_op.drop_column("document_id")

    with op.batch_alter_table("outbox_attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_attachment_document_id"))

    op.drop_table("outbox_attachment")
    with op.batch_alter_table("document_work", schema=None) as batch_op:
        batch_op.drop_index("ix_document_work_next")

    op.drop_table("document_work")
    with op.batch_alter_table("document_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_file_document_id"))

    op.drop_table("document_file")
    with op.batch_alter_table("issued_document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issued_document_supersedes_id"))
        batch_op.drop_index("ix_issued_document_subject")
        batch_op.drop_index(
            "ix_issued_document_stamp",
            sqlite_where=sa.text("stamp_wanted_since IS NOT NULL"),
            postgresql_where=sa.text("stamp_wanted_since IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_issued_document_reference"))
        batch_op.drop_index(batch_op.f("ix_issued_document_record_sha256"))
        batch_op.drop_index("ix_issued_document_list")

    op.drop_table("issued_document")
    with op.batch_alter_table("trail_witness", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_trail_witness_organisation_id"))

    op.drop_table("trail_witness")
    with op.batch_alter_table("trail_anchor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_trail_anchor_size"))
        batch_op.drop_index(batch_op.f("ix_trail_anchor_at"))

    op.drop_table("trail_anchor")
    with op.batch_alter_table("seal_identity", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_seal_identity_active",
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )
        batch_op.drop_index(batch_op.f("ix_seal_identity_root_fingerprint"))
        batch_op.drop_index(batch_op.f("ix_seal_identity_fingerprint"))

    op.drop_table("seal_identity")
    op.drop_table("document_series")
    op.drop_table("trail_key")
    op.drop_table("trail_checkpoint")
