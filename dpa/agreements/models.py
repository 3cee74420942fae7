"""Tables of agreements: templates and their versions, agreements with deviations, decisions on conflicts, systems."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dpa.columns import Base, Id, Instant, Json, Utc


class System(Base):
    """Something that processes customers' data; an incident is often known by the system it hit."""

    __tablename__ = "system"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(120))
    """Name people in the organisation use."""
    operator: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """The subprocessor that runs it; empty when the organisation does."""
    operator_hours: Mapped[int | None]
    """Hours within which that subprocessor promised to tell of a breach; none when it promised no number."""


class Activity(Base):
    """A processing activity done for customers (Art. 30(2) GDPR), such as payroll or learning analytics."""

    __tablename__ = "activity"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(120))
    """Name people in the organisation use."""


class Template(Base):
    """An organisation's standard terms, shared by many agreements."""

    __tablename__ = "template"
    __table_args__ = (UniqueConstraint("organisation_id", "slug"),)

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    slug: Mapped[str] = mapped_column(String(80))
    """Short name for commands and addresses."""
    title: Mapped[str] = mapped_column(String(200))
    """Title of the document the terms were read from."""
    versions: Mapped[list[TemplateVersion]] = relationship(back_populates="template", order_by="TemplateVersion.number")


class TemplateVersion(Base):
    """The terms of a template from a day on. Never changed; an amendment makes the next version."""

    __tablename__ = "template_version"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    id: Mapped[Id]
    template_id: Mapped[int] = mapped_column(ForeignKey("template.id"))
    number: Mapped[int]
    valid_from: Mapped[date] = mapped_column(Date)
    """First day these terms are in force."""
    terms: Mapped[str] = mapped_column(Text)
    """The terms document, in its canonical text."""
    note: Mapped[str] = mapped_column(String(400))
    """Why the version was made."""
    created_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[Instant]
    template: Mapped[Template] = relationship(back_populates="versions")


class Agreement(Base):
    """The contract between an organisation and a controller."""

    __tablename__ = "agreement"
    __table_args__ = (UniqueConstraint("organisation_id", "reference"), Index("ix_agreement_controller_id", "controller_id"))

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    controller_id: Mapped[int] = mapped_column(ForeignKey("controller.id"))
    template_id: Mapped[int] = mapped_column(ForeignKey("template.id"), index=True)
    """The standard terms it follows, but for its deviations."""
    reference: Mapped[str] = mapped_column(String(40))
    """The organisation's own number for the contract; imports match on it."""
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    """Last day, once notice was given; none while it runs."""
    created_at: Mapped[Instant]
    template: Mapped[Template] = relationship()
    versions: Mapped[list[AgreementVersion]] = relationship(back_populates="agreement", order_by="AgreementVersion.number")
    systems: Mapped[list[System]] = relationship(secondary="agreement_system", order_by=System.name)
    activities: Mapped[list[Activity]] = relationship(secondary="agreement_activity", order_by=Activity.name)


class AgreementVersion(Base):
    """What an agreement changes in its template, from a day on. Never changed; an amendment makes the next version."""

    __tablename__ = "agreement_version"
    __table_args__ = (UniqueConstraint("agreement_id", "number"),)

    id: Mapped[Id]
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    number: Mapped[int]
    valid_from: Mapped[date] = mapped_column(Date)
    """First day these deviations are in force."""
    deviations: Mapped[str] = mapped_column(Text)
    """The deviating terms as canonical text; empty when there are none."""
    note: Mapped[str] = mapped_column(String(400))
    """Why the version was made."""
    created_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[Instant]
    agreement: Mapped[Agreement] = relationship(back_populates="versions")


class AgreementSystem(Base):
    """That a system processes data under an agreement."""

    __tablename__ = "agreement_system"
    __table_args__ = (Index("ix_agreement_system_system_id", "system_id"),)

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("system.id"), primary_key=True)


class AgreementActivity(Base):
    """That a processing activity is done under an agreement."""

    __tablename__ = "agreement_activity"
    __table_args__ = (Index("ix_agreement_activity_activity_id", "activity_id"),)

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True)


class ConflictDecision(Base):
    """Which of several contradicting clauses a person decided to follow, and why. A later one replaces an earlier."""

    __tablename__ = "conflict_decision"
    __table_args__ = (
        CheckConstraint("(template_id IS NULL) <> (agreement_id IS NULL)", name="one_owner"),
        Index("ix_conflict_decision_template_id", "template_id"),
        Index("ix_conflict_decision_agreement_id", "agreement_id"),
    )

    id: Mapped[Id]
    template_id: Mapped[int | None] = mapped_column(ForeignKey("template.id"))
    """Set when the decision holds for every agreement on the template."""
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"))
    """Set when the decision holds for one agreement only."""
    group_key: Mapped[str] = mapped_column(String(120))
    """Key of the conflict group in the terms."""
    option_key: Mapped[str] = mapped_column(String(120))
    """Key of the option chosen."""
    reason: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(40))
    decided_at: Mapped[Instant]


class ImportDraft(Base):
    """An uploaded file between preview and confirmation."""

    __tablename__ = "import_draft"
    audited = False
    not_audited_because = "a draft changes nothing; the confirmed import is recorded with all rows it makes"

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    """Who uploaded it; nobody else may confirm it."""
    file_name: Mapped[str] = mapped_column(String(200))
    rows: Mapped[Any] = mapped_column(Json())
    """The checked rows; emptied once they are carried out, since they name people."""
    result: Mapped[Any] = mapped_column(Json())
    """What the file holds, and once carried out what it made: counts by name."""
    created_at: Mapped[Instant]
    confirmed_at: Mapped[datetime | None] = mapped_column(Utc())
    """Set when it was carried out, so that a second click does nothing."""


class WordTarget(Base):
    """An organisation's own number for a word such as "without undue delay"; runs where contract and law give none."""

    __tablename__ = "word_target"
    __table_args__ = (UniqueConstraint("organisation_id", "word", "key_group"), CheckConstraint("amount > 0", name="amount_positive"))

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    word: Mapped[str] = mapped_column(String(40))
    """The word, by its value in the terms model."""
    key_group: Mapped[str] = mapped_column(String(40))
    """Group of keys it is narrowed to, such as `breach`; empty for all others."""
    amount: Mapped[int]
    """How many of `unit`."""
    unit: Mapped[str] = mapped_column(String(20))
    ceiling: Mapped[int | None]
    """Moment of escalation, in the same unit; none where there is none."""
