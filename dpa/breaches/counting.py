"""The clocks an incident starts, or would start, under many agreements: terms loaded once, each distinct promise counted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from dpa.agreements import book as books
from dpa.agreements import stacks
from dpa.agreements.models import Agreement
from dpa.agreements.queries import running_ids
from dpa.agreements.terms import Term, TermsDocument, TermStack, Vendor
from dpa.agreements.terms.breach import place_of
from dpa.agreements.terms.words import State
from dpa.breaches import queries
from dpa.breaches.agreed import Wanted, Ways, demanded, own_ways, rules_of, wanted_of
from dpa.breaches.clocks import Clock, Starts, cited, clock_for
from dpa.breaches.models import Affected, Breach
from dpa.deadlines import Calendar
from dpa.docket.models import DocketEntry
from dpa.parties import queries as parties
from dpa.people.models import Organisation

SILENT = TermsDocument(
    slug="no-agreement", title="No agreement", type="processing_agreement", vendor=Vendor(name="none"), language="en",
    terms=(Term(key="document.dpa", state=State.ABSENT),),
)
"""What answers where no agreement does: nothing, so that the law speaks, with the house's target for its word."""


def starts_of(breach: Breach, aware_at: datetime | None = None) -> Starts:
    """Return what the clocks of a case are counted from; `aware_at` is a later awareness that just some customers are affected."""
    return Starts(aware_at or breach.aware_at, breach.detected_at)


def clocks_of(session: Session, breach: Breach, agreement_ids: Sequence[int], starts: Starts) -> Mapping[int, Clock]:
    """Return the clock of each agreement, by its terms on the legal day of awareness; agreements under which the duty does not apply are left out."""
    loaded = stacks.load(session, breach.organisation_id, agreement_ids, legal_day(breach, starts.aware_at))
    calendars: dict[str, Calendar] = {}

    def calendar_named(name: str) -> Calendar:
        if name not in calendars:
            calendars[name] = parties.calendar(session, breach.organisation_id, name)
        return calendars[name]

    by_stack: dict[int, Clock | None] = {}
    found: dict[int, Clock] = {}
    for agreement_id, terms in loaded.items():
        # Agreements on the same terms share one stack object and therefore one computed clock.
        key = id(terms.stack)
        if key not in by_stack:
            by_stack[key] = clock_for(terms.stack, starts, calendar_named, terms.terms_version)
        if (clock := by_stack[key]) is not None:
            found[agreement_id] = clock
    return found


def law_clock(session: Session, breach: Breach) -> Clock:
    """Return the clock that the law alone starts, counted from awareness: without undue delay (GDPR Art. 33(2)), with the house's target for it."""
    policy = stacks.policy_for(session, session.get_one(Organisation, breach.organisation_id))
    stack = TermStack(template=SILENT, policy=policy, on=legal_day(breach, breach.aware_at))
    clock = clock_for(stack, starts_of(breach), lambda name: parties.calendar(session, breach.organisation_id, name))
    assert clock is not None, "the law always answers"
    return clock


def alike(session: Session, breach: Breach, now: datetime) -> Mapping[int, int]:
    """Return one agreement for each distinct set of terms among those that run on the day of awareness, with how many are like it."""
    running = running_ids(session, breach.organisation_id, legal_day(breach, breach.aware_at))
    book = books.open_book(session, [breach.organisation_id], now).filled(session)
    samples: dict[int, list[int]] = {}
    for agreement_id, template_id in running.items():
        samples.setdefault(id(book.answers(agreement_id, template_id)), []).append(agreement_id)
    return {ids[0]: len(ids) for ids in samples.values()}


def legal_day(breach: Breach, at: datetime) -> date:
    """Return the legal day of an instant, in the zone the incident's times are told in."""
    return at.astimezone(ZoneInfo(breach.zone)).date()


def ways_of(session: Session, breach: Breach, row: Affected, at: datetime) -> Ways:
    """Return a customer's ways of giving notice, as the terms of its agreement stood on the legal day of `at`."""
    stack = stacks.load(session, breach.organisation_id, [row.agreement_id], legal_day(breach, at))[row.agreement_id].stack
    clock = clock_for(stack, starts_of(breach, row.aware_at), lambda name: parties.calendar(session, breach.organisation_id, name))
    (rules, clause), own = rules_of(stack), own_ways(stack, clock.governing if clock is not None else None)
    if not rules:
        return Ways(zone=breach.zone, own=own)
    place, special = place_of(stack), cited(clock.governing.clause) if clock is not None and clock.governing.clause else ""
    return Ways(rules, clause, place.zone, parties.calendar(session, breach.organisation_id, place.holidays), special, own)


@dataclass(frozen=True, slots=True)
class Demand:
    """Contracts of a case under which a mail counts only once it was acknowledged or answered."""

    clause: str
    """The clause of the first of them, such as `clause 16.4`."""
    of: ColumnElement[bool]
    """The condition for their agreements."""


def demand(session: Session, breach: Breach, now: datetime) -> Demand | None:
    """Return what contracts of a case demand of acknowledgements, as their terms stand today; none where none does. In five statements, however many there are."""
    book = books.open_book(session, [breach.organisation_id], now).filled(session)
    of = book.where(lambda answers: bool(demanded(answers.stack)))
    query = select(Agreement.id, Agreement.template_id).join(Affected, Affected.agreement_id == Agreement.id).join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
    first = session.execute(query.where(Affected.breach_id == breach.id, of, queries.owed_anything()).order_by(Agreement.id).limit(1)).one_or_none()
    return Demand(demanded(book.answers(*first).stack), of) if first is not None else None


def wanted(session: Session, breach: Breach, rows: Sequence[Affected]) -> Mapping[int, Wanted]:
    """Return in which way the clause that governs each customer's clock wants a breach told, by agreement; those that name none are left out."""
    found: dict[int, Wanted] = {}
    for since in sorted({row.aware_at for row in rows}):
        clocks = clocks_of(session, breach, [row.agreement_id for row in rows if row.aware_at == since], starts_of(breach, since))
        found |= {key: way for key, clock in clocks.items() if (way := wanted_of(clock.governing)) is not None}
    return found
