"""Breaches in full

Revision: 0003
After: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOVES = (
    "UPDATE breach_affected SET aware_at = (SELECT aware_at FROM breach WHERE breach.id = breach_affected.breach_id)",
    ("INSERT INTO breach_awareness (breach_id, number, detected_at, aware_at, basis, person, reason, decided_at, decided_by)"
    " SELECT id, 1, detected_at, aware_at, awareness_reason, '', '', recorded_at, recorded_by FROM breach"),
    ("INSERT INTO breach_delivery (notice_id, affected_id, channel, outbox_id, document_id, given_at, effective_at, proof, recorded_by, recorded_at,"
    " acknowledged_by, acknowledged_how)"
    " SELECT n.id, a.id, 'email', a.outbox_id, a.document_id, a.sent_at, a.sent_at, '', coalesce(n.released_by, 'system:breaches'),"
    " coalesce(n.released_at, a.added_at), '', ''"
    " FROM breach_affected a JOIN breach_notice n ON n.breach_id = a.breach_id WHERE a.outbox_id IS NOT NULL"),
)
"""The one notice an incident had becomes its first phase, and each mail of it a delivery of that phase."""

MOVES_BACK = (
    ("UPDATE breach_affected SET"
    " outbox_id = (SELECT min(d.outbox_id) FROM breach_delivery d JOIN breach_notice n ON n.id = d.notice_id"
    " WHERE d.affected_id = breach_affected.id AND n.number = 1),"
    " document_id = (SELECT min(d.document_id) FROM breach_delivery d JOIN breach_notice n ON n.id = d.notice_id"
    " WHERE d.affected_id = breach_affected.id AND n.number = 1)"),
    "DELETE FROM breach_delivery",
    "DELETE FROM breach_notice WHERE number > 1",
)
"""Later phases, other channels and acknowledgements are lost on the way down."""


def upgrade() -> None:
    op.create_table(
        "activity",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_activity_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_activity_organisation_id_name")),
    )
    op.create_table(
        "breach_settings",
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("acknowledge_hours", sa.Integer(), nullable=False),
        sa.Column("profiles", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_breach_settings_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_breach_settings")),
    )
    op.create_table(
        "breach_awareness",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("breach_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("aware_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["breach_id"], ["breach.id"], name=op.f("fk_breach_awareness_breach_id_breach")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_awareness")),
        sa.UniqueConstraint("breach_id", "number", name=op.f("uq_breach_awareness_breach_id_number")),
    )
    op.create_table(
        "breach_facts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("breach_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["breach_id"], ["breach.id"], name=op.f("fk_breach_facts_breach_id_breach")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_facts")),
        sa.UniqueConstraint("breach_id", "number", name=op.f("uq_breach_facts_breach_id_number")),
    )
    op.create_table(
        "agreement_activity",
        sa.Column("agreement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_agreement_activity_activity_id_activity")
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_activity_agreement_id_agreement")
        ),
        sa.PrimaryKeyConstraint("agreement_id", "activity_id", name=op.f("pk_agreement_activity")),
    )
    with op.batch_alter_table("agreement_activity", schema=None) as batch_op:
        batch_op.create_index("ix_agreement_activity_activity_id", ["activity_id"], unique=False)

    op.create_table(
        "breach_delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("notice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("affected_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "channel",
            sa.Enum("email", "phone", "courier", "post", name="channel", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("outbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=200), nullable=False),
        sa.Column("acknowledged_how", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["affected_id"],
            ["breach_affected.id"],
            name=op.f("fk_breach_delivery_affected_id_breach_affected"),
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["issued_document.id"],
            name=op.f("fk_breach_delivery_document_id_issued_document"),
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["breach_notice.id"], name=op.f("fk_breach_delivery_notice_id_breach_notice")
        ),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox_message.id"], name=op.f("fk_breach_delivery_outbox_id_outbox_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_delivery")),
    )
    with op.batch_alter_table("breach_delivery", schema=None) as batch_op:
        batch_op.create_index("ix_breach_delivery_affected", ["affected_id", "notice_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_breach_delivery_document_id"), ["document_id"], unique=False)
        batch_op.create_index("ix_breach_delivery_notice", ["notice_id", "id"], unique=False)
        batch_op.create_index(
            "ix_breach_delivery_by_hand",
            ["effective_at", "id"],
            unique=False,
            sqlite_where=sa.text("outbox_id IS NULL"),
            postgresql_where=sa.text("outbox_id IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_breach_delivery_outbox_id"), ["outbox_id"], unique=False)

    op.create_table(
        "breach_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("affected_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["affected_id"], ["breach_affected.id"], name=op.f("fk_breach_link_affected_id_breach_affected")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_breach_link_token_hash")),
    )
    with op.batch_alter_table("breach_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_breach_link_affected_id"), ["affected_id"], unique=False)

    op.create_table(
        "breach_question",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("affected_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("reply_to", sa.String(length=254), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=40), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["affected_id"],
            ["breach_affected.id"],
            name=op.f("fk_breach_question_affected_id_breach_affected"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_question")),
    )
    with op.batch_alter_table("breach_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_breach_question_affected_id"), ["affected_id"], unique=False)

    with op.batch_alter_table("breach", schema=None) as batch_op:
        batch_op.add_column(sa.Column("drill", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(
            sa.Column(
                "state",
                sa.Enum("open", "closed", "no_breach", name="casestate", native_enum=False, length=40),
                server_default="open",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("closed_by", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("close_reason", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("upstream", sa.String(length=200), server_default="", nullable=False))
        batch_op.add_column(sa.Column("upstream_told_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("breach_affected", schema=None) as batch_op:
        batch_op.add_column(sa.Column("aware_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("late_reason", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("late_reason_by", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("late_reason_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("not_required", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("not_required_by", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("not_required_at", sa.DateTime(timezone=True), nullable=True))
    for statement in MOVES:
        op.execute(statement)
    with op.batch_alter_table("breach_affected", schema=None) as batch_op:
        batch_op.alter_column("aware_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.drop_index(batch_op.f("ix_breach_affected_document_id"))
        batch_op.drop_index(batch_op.f("ix_breach_affected_outbox_id"))
        batch_op.drop_constraint(
            batch_op.f("fk_breach_affected_document_id_issued_document"), type_="foreignkey"
        )
        batch_op.drop_constraint(
            batch_op.f("fk_breach_affected_outbox_id_outbox_message"), type_="foreignkey"
        )
        batch_op.drop_column("outbox_id")
        batch_op.drop_column("document_id")

    with op.batch_alter_table("breach_notice", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(
            sa.Column(
                "phase",
                sa.Enum(
                    "initial", "supplement", "correction", "final", name="phase", native_enum=False, length=40
                ),
                server_default="initial",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("next_word_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("drafted_by", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("approved_by", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("late_reason", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("emergency_reason", sa.Text(), server_default="", nullable=False))
        batch_op.drop_constraint(batch_op.f("uq_breach_notice_breach_id"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_breach_notice_breach_id_number"), ["breach_id", "number"]
        )

    with op.batch_alter_table("system", schema=None) as batch_op:
        batch_op.add_column(sa.Column("operator", sa.String(length=200), server_default="", nullable=False))
        batch_op.add_column(sa.Column("operator_hours", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("system", schema=None) as batch_op:
        batch_op.drop_column("operator_hours")
        batch_op.drop_column("operator")

    with op.batch_alter_table("breach_affected", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("outbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_breach_affected_outbox_id_outbox_message"), "outbox_message", ["outbox_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_breach_affected_document_id_issued_document"),
            "issued_document",
            ["document_id"],
            ["id"],
        )
        batch_op.create_index(batch_op.f("ix_breach_affected_outbox_id"), ["outbox_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_breach_affected_document_id"), ["document_id"], unique=False)
    for statement in MOVES_BACK:
        op.execute(statement)
    with op.batch_alter_table("breach_affected", schema=None) as batch_op:
        batch_op.drop_column("not_required_at")
        batch_op.drop_column("not_required_by")
        batch_op.drop_column("not_required")
        batch_op.drop_column("late_reason_at")
        batch_op.drop_column("late_reason_by")
        batch_op.drop_column("late_reason")
        batch_op.drop_column("aware_at")

    with op.batch_alter_table("breach_notice", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_breach_notice_breach_id_number"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_breach_notice_breach_id"), ["breach_id"])
        batch_op.drop_column("emergency_reason")
        batch_op.drop_column("late_reason")
        batch_op.drop_column("approved_by")
        batch_op.drop_column("approved_at")
        batch_op.drop_column("drafted_by")
        batch_op.drop_column("next_word_at")
        batch_op.drop_column("phase")
        batch_op.drop_column("number")

    with op.batch_alter_table("breach", schema=None) as batch_op:
        batch_op.drop_column("upstream_told_at")
        batch_op.drop_column("upstream")
        batch_op.drop_column("close_reason")
        batch_op.drop_column("closed_by")
        batch_op.drop_column("closed_at")
        batch_op.drop_column("state")
        batch_op.drop_column("drill")

    with op.batch_alter_table("breach_question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_breach_question_affected_id"))

    op.drop_table("breach_question")
    with op.batch_alter_table("breach_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_breach_link_affected_id"))

    op.drop_table("breach_link")
    with op.batch_alter_table("breach_delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_breach_delivery_outbox_id"))
        batch_op.drop_index("ix_breach_delivery_notice")
        batch_op.drop_index("ix_breach_delivery_by_hand")
        batch_op.drop_index(batch_op.f("ix_breach_delivery_document_id"))
        batch_op.drop_index("ix_breach_delivery_affected")

    op.drop_table("breach_delivery")
    with op.batch_alter_table("agreement_activity", schema=None) as batch_op:
        batch_op.drop_index("ix_agreement_activity_activity_id")

    op.drop_table("agreement_activity")
    op.drop_table("breach_facts")
    op.drop_table("breach_awareness")
    op.drop_table("breach_settings")
    op.drop_table("activity")
