"""Reads about reports to authorities: what was decided, which clocks there are, what was submitted, and how it all stands. The caller has checked the scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from dpa.breaches import reports
from dpa.breaches.closing import ReportOwed
from dpa.breaches.dora_models import BreachClassification
from dpa.breaches.models import Breach, BreachSettings, BreachSignificance
from dpa.breaches.regimes import PROFILES_OF, Law, Profile
from dpa.breaches.report_models import BreachReport
from dpa.breaches.reports import ClockFacts, Duty, Foreseen
from dpa.docket.models import IN_FORCE, RUNNING, DocketEntry
from dpa.parties import queries as parties
from dpa.people.models import Organisation


def profiles_of(session: Session, organisation_id: int, law: Law) -> tuple[Profile, ...]:
    """Return which readings of a law an organisation has turned on for itself; none where the law is off."""
    settings = session.get(BreachSettings, organisation_id)
    return tuple(profile for value in (settings.profiles if settings else ()) if (profile := Profile(value)) in PROFILES_OF[law])


def classification(session: Session, breach_id: int) -> BreachClassification | None:
    """Return the decision under DORA that stands; none while nobody decided."""
    query = select(BreachClassification).where(BreachClassification.breach_id == breach_id).order_by(BreachClassification.number.desc())
    return session.scalars(query.limit(1)).first()


def significance(session: Session, breach_id: int) -> BreachSignificance | None:
    """Return the decision under NIS2 that stands; none while nobody decided."""
    query = select(BreachSignificance).where(BreachSignificance.breach_id == breach_id).order_by(BreachSignificance.number.desc())
    return session.scalars(query.limit(1)).first()


def duty_of(session: Session, breach: Breach, law: Law) -> Duty:
    """Return whether the reports of a law are owed by the decision that stands, and from when they count; nothing is owed before somebody decided."""
    if law is Law.NIS2:
        decided = significance(session, breach.id)
        return Duty(law, decided is not None and decided.significant, breach.aware_at)
    row = classification(session, breach.id)
    return Duty(law, row is not None and row.major, breach.aware_at, row.decided_at if row is not None and row.major else None)


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What is on record of the reports of a case."""

    clocks: Mapping[str, DocketEntry]
    """The newest clock of each report that has one, running or closed, by the report's name."""
    rows: Sequence[BreachReport]
    """What was submitted, in the order in which it was recorded."""

    def of(self, name: str) -> list[BreachReport]:
        """Return how a report was submitted and updated."""
        return [row for row in self.rows if row.name == name]

    @property
    def sent(self) -> dict[str, datetime]:
        """When each report was submitted or last updated: what the next one is counted from."""
        found = {name: entry.met_at for name, entry in self.clocks.items() if entry.met_at is not None}
        for row in self.rows:
            found[row.name] = max(found.get(row.name, row.submitted_at), row.submitted_at)
        return found


def on_record(session: Session, breach_id: int) -> OnRecord:
    """Return what is on record of the reports of a case, in two statements."""
    query = select(DocketEntry).where(
        # The condition of the index, word for word: a case may have ten thousand clocks of customers.
        text(IN_FORCE),
        DocketEntry.subject_type == "breach",
        DocketEntry.subject_id == breach_id,
        DocketEntry.kind.in_(reports.KINDS),
    )
    clocks = {reports.BY_KIND[entry.kind].name: entry for entry in session.scalars(query.order_by(DocketEntry.id))}
    return OnRecord(clocks, session.scalars(select(BreachReport).where(BreachReport.breach_id == breach_id).order_by(BreachReport.id)).all())


def running(session: Session, breach_id: int) -> Sequence[DocketEntry]:
    """Return the clocks of reports that are owed, soonest first."""
    query = select(DocketEntry).where(text(RUNNING), DocketEntry.subject_type == "breach", DocketEntry.subject_id == breach_id, DocketEntry.kind.in_(reports.KINDS))
    return session.scalars(query.order_by(DocketEntry.target_at, DocketEntry.id)).all()


def due_of(entry: DocketEntry) -> datetime:
    """Return when a report is owed by its clock."""
    return entry.due_at or entry.target_at


def foreseen(session: Session, breach: Breach, duty: Duty, found: OnRecord, now: datetime, *, restart: bool = True) -> tuple[Foreseen, ...]:
    """Return how the reports of a law stand and what would become of their clocks, were that the duty that stands; nothing is changed."""
    house = session.get_one(Organisation, breach.organisation_id)
    facts = {name: ClockFacts(entry.state.value, due_of(entry)) for name, entry in found.clocks.items()}
    return reports.foresee(
        duty, profiles_of(session, house.id, duty.law), facts, found.sent, now, zone=house.zone,
        calendar=parties.calendar(session, house.id, house.calendar), restart=restart,
    )  # fmt: skip


OTHERWISE = {Law.NIS2: "decide that the incident is not significant", Law.DORA: "record that the incident is not major"}


def owed(session: Session, breach: Breach) -> tuple[ReportOwed, ...]:
    """Return the reports that are owed and were not recorded as submitted, soonest first; one statement where there is none."""
    entries = running(session, breach.id)
    applies = {law: duty_of(session, breach, law).applies for law in {reports.BY_KIND[entry.kind].law for entry in entries}}
    found = [(entry, reports.BY_KIND[entry.kind]) for entry in entries]
    return tuple(ReportOwed(report.name, report.words, OTHERWISE[report.law], entry.id, missed=not applies[report.law]) for entry, report in found)
