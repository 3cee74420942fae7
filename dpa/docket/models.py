"""Tables of the docket."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from dpa.columns import Base, BigId, Id, Instant, Json, Utc, word
from dpa.docket.rules import Act, Facts, State

RUNNING = "state IN ('open', 'paused')"
"""Condition of the partial indexes. Queries must repeat it word for word, or SQLite will not use them."""


PAUSED = "state = 'paused'"
OWED = "controller_id IS NOT NULL"
"""What is owed to a customer, open or closed."""
LATE = "late_s > 0"
IN_FORCE = "state <> 'superseded'"
APART = "state IN ('paused', 'waived')"


def _partial(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class DocketEntry(Base):
    """One deadline of one workflow, open or closed."""

    __tablename__ = "docket_entry"
    __table_args__ = (
        # The scan for due alerts names only next_alert_at; an index led by the state would tempt the planner away.
        _partial("ix_docket_entry_alert", "next_alert_at", "id", where="next_alert_at IS NOT NULL"),
        # The board reads the next two without touching the rows, whose rules are long.
        _partial(
            "ix_docket_entry_board",
            *("organisation_id", "target_at", "kind", "subject_type", "subject_id", "id", "state", "owner_id"),
            where=RUNNING,
        ),
        _partial(
            "ix_docket_entry_case",
            *("subject_type", "subject_id", "kind", "target_at", "id", "organisation_id", "state"),
            where=RUNNING,
        ),
        _partial("ix_docket_entry_paused", "organisation_id", "target_at", "kind", "subject_type", "subject_id", "id", where=PAUSED),
        _partial("ix_docket_entry_owner", "owner_id", "organisation_id", "target_at", "id", where=RUNNING),
        # A case may owe something to ten thousand customers: what is owed is read in its order, and counted by what makes it alike, without touching
        # the rows. Partial, so that no statement about running deadlines is tempted to walk through those that were met.
        _partial("ix_docket_entry_owed", "subject_type", "subject_id", "kind", "target_at", "id", "controller_id", where=OWED),
        _partial(
            "ix_docket_entry_alike",
            *("subject_type", "subject_id", "kind", "target_at", "started_at", "due_at", "zone", "basis", "paused_at", "state", "met_at", "late_s", "id", "controller_id"),
            where=OWED,
        ),
        Index("ix_docket_entry_subject", "subject_type", "subject_id"),
        # What is rare in a case is looked at from its own side.
        _partial("ix_docket_entry_apart", "subject_type", "subject_id", "kind", "state", "id", where=APART),
        _partial("ix_docket_entry_late", "subject_type", "subject_id", "kind", "id", where=LATE),
        # When a case's first customer must be told, without a look at the others.
        _partial("ix_docket_entry_promised", "subject_type", "subject_id", "kind", "due_at", "target_at", "id", where=IN_FORCE),
        Index("ix_docket_entry_agreement", "agreement_id", "target_at"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    """The processor whose promise it is; decides who may see it."""
    kind: Mapped[str] = mapped_column(String(60))
    """Registered kind, such as `breaches:notify`; decides ladder, icon and page."""
    subject_type: Mapped[str] = mapped_column(String(40))
    """Kind of the case it belongs to, such as `breach`."""
    subject_id: Mapped[int] = mapped_column(BigId)
    """Number of that case; no foreign key, since every workflow has its own table."""
    subject_label: Mapped[str] = mapped_column(String(200))
    """What people call the case, such as LL-2026-007."""
    title: Mapped[str] = mapped_column(String(300))
    """What must be done, in a few words."""
    basis: Mapped[str] = mapped_column(String(300))
    """Where the promise is written, such as `Contract, GTC 15.4`."""
    origin: Mapped[str] = mapped_column(String(20))
    """On whose word the date rests: contract, statute, house_policy, decision, external_doc."""
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"))
    """The agreement that promises it; none for duties towards nobody in particular."""
    controller_id: Mapped[int | None] = mapped_column(ForeignKey("controller.id"))
    """The customer it is owed to."""
    terms_version: Mapped[str | None] = mapped_column(String(40))
    """Version of the agreement's terms it started under; it keeps running under that one."""
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The person who answers for it and is alerted first."""
    started_at: Mapped[Instant]
    """The fact the clock runs from."""
    start_event: Mapped[str] = mapped_column(String(20), default="", server_default="")
    """Which fact that is where its kind knows several, such as `discovery`; empty for the usual one."""
    due_at: Mapped[datetime | None] = mapped_column(Utc())
    """The latest that contract or statute allow; none where neither gives a number."""
    target_at: Mapped[Instant]
    """The house's own target; alerts and the board key on it; equal to `due_at` where there is no earlier one."""
    zone: Mapped[str] = mapped_column(String(64))
    """Legal zone in which the dates are shown and days are counted."""
    rule: Mapped[Any] = mapped_column(Json())
    """Both computed deadlines and what moved them; see `dpa.docket.reckoning`."""
    state: Mapped[State] = mapped_column(word(State), default=State.OPEN)
    """open, paused, met, waived or superseded."""
    version: Mapped[int] = mapped_column(default=1)
    """Raised whenever a date moves; alerts about an older version are cancelled."""
    paused_at: Mapped[datetime | None] = mapped_column(Utc())
    """When the running pause began; none unless paused."""
    met_at: Mapped[datetime | None] = mapped_column(Utc())
    """First fulfilment; never changed afterwards."""
    late_s: Mapped[int | None]
    """Seconds of lateness frozen at first fulfilment, against the latest date or the target; negative is early."""
    next_alert_at: Mapped[datetime | None] = mapped_column(Utc())
    """When the scan must look at it again; none when there is nothing to alert."""
    last_step: Mapped[str | None] = mapped_column(String(40))
    """Last step of the alert ladder that was queued."""
    acknowledged_at: Mapped[datetime | None] = mapped_column(Utc())
    """When somebody said they are on it; ends repetition and escalation."""
    acknowledged_by: Mapped[str | None] = mapped_column(String(40))
    """Actor who said so."""
    closed_at: Mapped[datetime | None] = mapped_column(Utc())
    """When it was met, waived or superseded in the product."""
    closed_reason: Mapped[str | None] = mapped_column(Text)
    """Why it was waived or superseded; for a met one, what fulfilled it."""
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("docket_entry.id"))
    """The deadline that took its place."""
    created_at: Mapped[Instant]
    """When it was opened in the product."""

    @property
    def facts(self) -> Facts:
        """What the rules need to know."""
        return Facts(State(self.state), self.target_at, self.due_at, self.met_at, self.paused_at)


class DocketChange(Base):
    """The ledger: one line for each act that moved or closed a deadline by somebody's decision."""

    __tablename__ = "docket_change"

    id: Mapped[Id]
    entry_id: Mapped[int] = mapped_column(ForeignKey("docket_entry.id"), index=True)
    act: Mapped[Act] = mapped_column(word(Act))
    """extend, pause, resume, waive or supersede."""
    at: Mapped[Instant]
    """When it was recorded."""
    effective_at: Mapped[Instant]
    """When it took effect: a pause may be recorded after it began."""
    by: Mapped[str] = mapped_column(String(40))
    """Actor who decided."""
    reason: Mapped[str] = mapped_column(Text)
    """Why."""
    old_target_at: Mapped[Instant]
    new_target_at: Mapped[Instant]
    """Target before and after; equal when it did not move."""
    old_due_at: Mapped[datetime | None] = mapped_column(Utc())
    new_due_at: Mapped[datetime | None] = mapped_column(Utc())
    """Latest date before and after; none where there is none."""
    version: Mapped[int]
    """The entry's version after the act."""
