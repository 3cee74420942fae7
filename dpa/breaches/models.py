"""Tables of the breach workflow."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dpa.breaches.channels import Channel
from dpa.breaches.closing import CaseState
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Selection
from dpa.columns import Base, Id, Instant, Json, Utc, word


class Breach(Base):
    """An incident that compromised personal data processed for controllers."""

    __tablename__ = "breach"
    __table_args__ = (
        UniqueConstraint("organisation_id", "year", "number"),
        Index("ix_breach_list", "organisation_id", "aware_at", "id"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    """The processor in whose systems it happened."""
    year: Mapped[int]
    """Year of the reference number, in the organisation's zone."""
    number: Mapped[int]
    """Running number within organisation and year, without gaps."""
    reference: Mapped[str] = mapped_column(String(40), index=True)
    """Name people use, such as LL-2026-007."""
    title: Mapped[str] = mapped_column(String(200))
    """A few words for lists."""
    known: Mapped[str] = mapped_column(Text)
    """What was known when it was recorded."""
    detected_at: Mapped[Instant]
    """When anybody or anything first noticed."""
    aware_at: Mapped[Instant]
    """When the organisation was aware, by the newest decision (`BreachAwareness`); clocks run from here."""
    awareness_reason: Mapped[str] = mapped_column(Text)
    """What made it certain, or why awareness came later than detection, by the newest decision."""
    drill: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it is an exercise: mails stay inside, the register leaves it out."""
    state: Mapped[CaseState] = mapped_column(word(CaseState), default=CaseState.OPEN, server_default=CaseState.OPEN.value)
    """open, closed, or closed as no breach."""
    closed_at: Mapped[datetime | None] = mapped_column(Utc())
    """When it was closed; none while it is open."""
    closed_by: Mapped[str | None] = mapped_column(String(40))
    """Actor who closed it."""
    close_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What was said when it was closed."""
    upstream: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """The subprocessor where it happened; empty when it happened here."""
    upstream_told_at: Mapped[datetime | None] = mapped_column(Utc())
    """When that subprocessor told us."""
    zone: Mapped[str] = mapped_column(String(64))
    """Zone the times were entered in."""
    recorded_by: Mapped[str] = mapped_column(String(40))
    """Actor who recorded it."""
    recorded_at: Mapped[Instant]
    """When it was recorded."""
    affected: Mapped[list[Affected]] = relationship(back_populates="breach")
    notices: Mapped[list[Notice]] = relationship(back_populates="breach", order_by="Notice.number")
    decisions: Mapped[list[BreachAwareness]] = relationship(order_by="BreachAwareness.number")

    @property
    def draft(self) -> Notice | None:
        """The notice that is being written; none when the newest one was released."""
        newest = self.notices[-1] if self.notices else None
        return newest if newest is not None and newest.released_at is None else None

    @property
    def newest_released(self) -> Notice | None:
        """The phase that was released last."""
        return next((notice for notice in reversed(self.notices) if notice.released_at is not None), None)


class BreachAwareness(Base):
    """One decision about awareness; a correction adds another one and changes none."""

    __tablename__ = "breach_awareness"
    __table_args__ = (UniqueConstraint("breach_id", "number"),)

    id: Mapped[Id]
    breach_id: Mapped[int] = mapped_column(ForeignKey("breach.id"))
    number: Mapped[int]
    """1 for the first decision."""
    detected_at: Mapped[Instant]
    """When anybody or anything first noticed."""
    aware_at: Mapped[Instant]
    """Since when there was reasonable certainty."""
    basis: Mapped[str] = mapped_column(Text)
    """What made it certain, or why it came later than the first sign."""
    person: Mapped[str] = mapped_column(String(200), default="")
    """Who was aware."""
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why the decision before was corrected; empty for the first."""
    decided_at: Mapped[Instant]
    decided_by: Mapped[str] = mapped_column(String(40))
    """Actor who recorded the decision."""


class BreachSignificance(Base):
    """One decision whether an incident is significant in the sense of NIS2 Art. 23(3); a later one adds a row and changes none."""

    __tablename__ = "breach_significance"
    __table_args__ = (UniqueConstraint("breach_id", "number"),)

    id: Mapped[Id]
    breach_id: Mapped[int] = mapped_column(ForeignKey("breach.id"))
    number: Mapped[int]
    """1 for the first decision."""
    significant: Mapped[bool]
    """Whether it is; only then are the reports of NIS2 owed."""
    reason: Mapped[str] = mapped_column(Text)
    """Why."""
    decided_at: Mapped[Instant]
    decided_by: Mapped[str] = mapped_column(String(40))
    """Actor who decided."""


class BreachFacts(Base):
    """The fact sheet as it was known at one moment; each save adds a version and changes none."""

    __tablename__ = "breach_facts"
    __table_args__ = (UniqueConstraint("breach_id", "number"),)

    id: Mapped[Id]
    breach_id: Mapped[int] = mapped_column(ForeignKey("breach.id"))
    number: Mapped[int]
    """1 for the first version."""
    sheet: Mapped[str] = mapped_column(Text)
    """Canonical text of the sheet (`dpa.breaches.facts`)."""
    at: Mapped[Instant]
    """When it was saved."""
    by: Mapped[str] = mapped_column(String(40))
    """Actor who saved it."""


LATE_ANEW, KEPT, BY_HAND, NEWEST, UNANSWERED = "late_anew", "kept", "outbox_id IS NULL", "NOT replaced", "answered_at IS NULL"
"""Conditions of the partial indexes (late by a corrected awareness, told by the file mailbox alone, handed over by a person, the last word on a customer and
phase, waiting for an answer). Queries must repeat them word for word, or SQLite will not use them."""


class Affected(Base):
    """One agreement an incident touches, with its clock."""

    __tablename__ = "breach_affected"
    __table_args__ = (
        UniqueConstraint("breach_id", "agreement_id"),
        # How many were told is counted on this alone.
        Index("ix_breach_affected_told", "breach_id", "sent_at", "kept"),
        Index("ix_breach_affected_late_anew", "breach_id", "kept", sqlite_where=text(LATE_ANEW), postgresql_where=text(LATE_ANEW)),
        Index("ix_breach_affected_kept", "breach_id", "docket_entry_id", sqlite_where=text(KEPT), postgresql_where=text(KEPT)),
    )

    id: Mapped[Id]
    breach_id: Mapped[int] = mapped_column(ForeignKey("breach.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    controller_id: Mapped[int] = mapped_column(ForeignKey("controller.id"))
    """The customer, copied from the agreement."""
    docket_entry_id: Mapped[int] = mapped_column(ForeignKey("docket_entry.id"), index=True)
    """The running clock."""
    selection: Mapped[Selection] = mapped_column(word(Selection))
    """How the agreement was found to be affected."""
    promise: Mapped[str] = mapped_column(String(200))
    """The term the clock comes from, in a few words."""
    added_at: Mapped[Instant]
    aware_at: Mapped[Instant]
    """The awareness its clock runs from: the incident's, or a later one when the investigation widened."""
    aware_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why that awareness came later than the incident's; empty where it is the incident's. The customer reads it."""
    sent_at: Mapped[datetime | None] = mapped_column(Utc())
    """When the customer was first given a notice, of any phase and by any channel; meets the clock."""
    kept: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether that notice was only kept in the file mailbox of a demonstration: nobody was told by it. A mail server set later changes nothing of it."""
    late_anew: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it was told in time by the awareness held then and late counted from an earlier one that corrected it since; set by `corrected.settle`."""
    late_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why the customer was told late; empty while nobody said so."""
    late_reason_by: Mapped[str | None] = mapped_column(String(40))
    late_reason_at: Mapped[datetime | None] = mapped_column(Utc())
    not_required: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why no notice is owed to this customer, by decision of a named person; empty when one is owed."""
    not_required_by: Mapped[str | None] = mapped_column(String(40))
    not_required_at: Mapped[datetime | None] = mapped_column(Utc())
    breach: Mapped[Breach] = relationship(back_populates="affected")


class Notice(Base):
    """One phase of the notice of an incident, written once for all customers."""

    __tablename__ = "breach_notice"
    __table_args__ = (UniqueConstraint("breach_id", "number"),)

    id: Mapped[Id]
    breach_id: Mapped[int] = mapped_column(ForeignKey("breach.id"))
    number: Mapped[int] = mapped_column(default=1, server_default="1")
    """1 for the initial notice, counted on for each further phase."""
    language: Mapped[str] = mapped_column(String(2), default="en", server_default="en")
    """Language its text is written in: the organisation's when it was begun (ISO 639-1)."""
    phase: Mapped[Phase] = mapped_column(word(Phase), default=Phase.INITIAL, server_default=Phase.INITIAL.value)
    """initial, supplement, correction or final."""
    nature: Mapped[str] = mapped_column(Text)
    """Art. 33(3)(a)."""
    contact: Mapped[str] = mapped_column(Text)
    """Art. 33(3)(b)."""
    consequences: Mapped[str] = mapped_column(Text)
    """Art. 33(3)(c)."""
    measures: Mapped[str] = mapped_column(Text)
    """Art. 33(3)(d)."""
    unknown: Mapped[str] = mapped_column(Text)
    """What is not known yet, Art. 33(4)."""
    next_word_at: Mapped[datetime | None] = mapped_column(Utc())
    """When the next word is promised for; none when none is."""
    drafted_at: Mapped[Instant]
    drafted_by: Mapped[str | None] = mapped_column(String(40))
    """Actor who saved it last."""
    approved_at: Mapped[datetime | None] = mapped_column(Utc())
    """When a second person approved it as it stands; none after each change."""
    approved_by: Mapped[str | None] = mapped_column(String(40))
    sent_back_at: Mapped[datetime | None] = mapped_column(Utc())
    """When a second person sent it back for a change; none after each change and once it is approved."""
    sent_back_by: Mapped[str | None] = mapped_column(String(40))
    sent_back_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    released_at: Mapped[datetime | None] = mapped_column(Utc())
    """When it was first released; the text is fixed from then on."""
    released_by: Mapped[str | None] = mapped_column(String(40))
    late_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why it came later than the phase before had promised; empty when it did not."""
    emergency_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why it was released without the second person the house asks for; empty when there was one."""
    severity: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What the severity by ENISA's method is reckoned from (`dpa.breaches.told_severity`), as it stood when the text was saved; empty where the notice tells none."""
    withdraws: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether a correction takes back what was told: there was no breach. False for one that puts facts right, and for other phases."""
    breach: Mapped[Breach] = relationship(back_populates="notices")
    texts: Mapped[list[NoticeText]] = relationship(order_by="NoticeText.language", cascade="all, delete-orphan")


class NoticeText(Base):
    """The text of a phase once more, in another language. What it leaves empty is told as not known, like in the main text."""

    __tablename__ = "breach_notice_text"
    __table_args__ = (UniqueConstraint("notice_id", "language"),)

    id: Mapped[Id]
    notice_id: Mapped[int] = mapped_column(ForeignKey("breach_notice.id"))
    language: Mapped[str] = mapped_column(String(2))
    """ISO 639-1; never that of the notice itself."""
    nature: Mapped[str] = mapped_column(Text)
    contact: Mapped[str] = mapped_column(Text)
    consequences: Mapped[str] = mapped_column(Text)
    measures: Mapped[str] = mapped_column(Text)
    unknown: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[Instant]
    """When it was saved last; one that is older than the main text may say something else."""
    saved_by: Mapped[str] = mapped_column(String(40))
    """Actor who saved it last."""


class BreachShare(Base):
    """What somebody said of one customer's own part in an incident; each save adds a version and changes none."""

    __tablename__ = "breach_share"
    __table_args__ = (UniqueConstraint("affected_id", "number"),)

    id: Mapped[Id]
    affected_id: Mapped[int] = mapped_column(ForeignKey("breach_affected.id"))
    number: Mapped[int]
    """1 for the first version."""
    share: Mapped[str] = mapped_column(Text)
    """Canonical text of the share (`dpa.breaches.facts.shares`)."""
    at: Mapped[Instant]
    """When it was saved."""
    by: Mapped[str] = mapped_column(String(40))
    """Actor who saved it."""


class Delivery(Base):
    """One phase given, or being given, to one customer by one channel."""

    __tablename__ = "breach_delivery"
    __table_args__ = (
        Index("ix_breach_delivery_affected", "affected_id", "notice_id", "id"),
        Index("uq_breach_delivery_newest", "notice_id", "affected_id", unique=True, sqlite_where=text(NEWEST), postgresql_where=text(NEWEST)),
        # How far a phase has got is counted on this alone.
        Index("ix_breach_delivery_phase", "notice_id", "replaced", "given_at", "acknowledged_at", "kept", "outbox_id", "document_id"),
        Index("ix_breach_delivery_by_hand", "effective_at", "id", sqlite_where=text(BY_HAND), postgresql_where=text(BY_HAND)),
    )

    id: Mapped[Id]
    notice_id: Mapped[int] = mapped_column(ForeignKey("breach_notice.id"))
    affected_id: Mapped[int] = mapped_column(ForeignKey("breach_affected.id"))
    channel: Mapped[Channel] = mapped_column(word(Channel))
    """How it is given."""
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_message.id"), index=True)
    """The mail; none for other channels."""
    document_id: Mapped[int | None] = mapped_column(ForeignKey("issued_document.id"), index=True)
    """The phase as a sealed document for this customer."""
    language: Mapped[str] = mapped_column(String(2), default="en", server_default="en")
    """Language the customer was written to in, whatever language the text itself has."""
    part: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What the customer was told of its own part (`dpa.breaches.facts.shares`), as canonical JSON; empty where nothing was."""
    replaced: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it does not say where the customer stands with the phase: a later delivery does, a mail sent again or a letter after a mail, or it came back."""
    returned: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it came back undelivered, so that it gave the customer nothing; `DeliveryReturn` says when and why."""
    given_at: Mapped[datetime | None] = mapped_column(Utc())
    """When it was given: accepted by the mail server, or handed over."""
    kept: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the file mailbox of a demonstration took it, so that nobody received it; false for what a mail server took, and for other channels."""
    effective_at: Mapped[datetime | None] = mapped_column(Utc())
    """When it counts as received: proven, or deemed by contract or house rule; none while nobody knows whether it was received, and only that counts."""
    proof: Mapped[str] = mapped_column(Text, default="")
    """What proves it, for what a person handed over."""
    recorded_by: Mapped[str] = mapped_column(String(40))
    """Actor who released or recorded it."""
    recorded_at: Mapped[Instant]
    read_at: Mapped[datetime | None] = mapped_column(Utc())
    """When the customer first opened it by its link."""
    acknowledged_at: Mapped[datetime | None] = mapped_column(Utc())
    """When the customer confirmed having received it."""
    acknowledged_by: Mapped[str] = mapped_column(String(200), default="")
    """Name the customer gave."""
    acknowledged_how: Mapped[str] = mapped_column(String(40), default="")
    """link, or how a person heard of it."""
    affected: Mapped[Affected] = relationship()
    notice: Mapped[Notice] = relationship()


class CaseLink(Base):
    """A customer's own way to a case, without an account: unguessable, expiring, revocable. Only the digest of its token is kept."""

    __tablename__ = "breach_link"
    __table_args__ = (Index(None, "affected_id"),)

    id: Mapped[Id]
    affected_id: Mapped[int] = mapped_column(ForeignKey("breach_affected.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    """SHA-256 of the random token in the address."""
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    """After this it is refused."""
    revoked_at: Mapped[datetime | None] = mapped_column(Utc())
    """Since when it is refused."""
    revoked_by: Mapped[str | None] = mapped_column(String(40))


class Question(Base):
    """What a customer asked through its link."""

    __tablename__ = "breach_question"
    __table_args__ = (
        Index(None, "affected_id"),
        # What waits for an answer is looked for on every board, from here and not from each customer.
        Index("ix_breach_question_waiting", "at", "id", sqlite_where=text(UNANSWERED), postgresql_where=text(UNANSWERED)),
    )

    id: Mapped[Id]
    affected_id: Mapped[int] = mapped_column(ForeignKey("breach_affected.id"))
    at: Mapped[Instant]
    name: Mapped[str] = mapped_column(String(200))
    """Who asks, as typed."""
    reply_to: Mapped[str] = mapped_column(String(254))
    """Mail address or telephone the answer should go to."""
    text: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(Utc())
    """When somebody recorded that it was answered."""
    answered_by: Mapped[str | None] = mapped_column(String(40))
    answer: Mapped[str] = mapped_column(Text, default="")
    """What was answered, or where; the customer reads it on its page."""
    remark: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What is to be kept inside about the answer; never shown to the customer and in no document."""


class BreachSettings(Base):
    """How one organisation handles breaches: house policy beyond its targets."""

    __tablename__ = "breach_settings"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True, autoincrement=False)
    four_eyes: Mapped[bool] = mapped_column(default=False)
    """Whether a second person must approve a notice."""
    acknowledge_hours: Mapped[int] = mapped_column(default=24)
    """Hours after which a missing acknowledgement is chased; with 0 it is only where a contract asks for it."""
    language: Mapped[str] = mapped_column(String(2), default="en", server_default="en")
    """Language the organisation writes its notices in, and customers get that have none of their own (ISO 639-1)."""
    tell_severity: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether a new notice tells the saved severity by ENISA's method unless somebody takes the tick out."""
    profiles: Mapped[list[str]] = mapped_column(Json())
    """Other clocks that are on (`dpa.breaches.regimes.Profile`)."""
