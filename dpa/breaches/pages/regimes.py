"""Other clocks on the facts of a case: those the house turned on, binding ones and information apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.agreements.models import Agreement
from dpa.breaches import queries, report_queries
from dpa.breaches.clock_models import AgreementClocks
from dpa.breaches.closing import CaseState
from dpa.breaches.dora_models import BreachClassification
from dpa.breaches.models import Affected, Breach, BreachSignificance
from dpa.breaches.operations.settings import settings_of
from dpa.breaches.pages.reports import AWARE, ReportLine
from dpa.breaches.pages.reports import lines as report_lines
from dpa.breaches.regimes import (
    FOR_INFORMATION,
    PROFILES_OF,
    TITLES,
    Facts,
    Law,
    Profile,
    RegimeClock,
    clocks,
)
from dpa.breaches.reports import BY_NAME
from dpa.docket.explaining import ExplainStep, explain_part
from dpa.docket.reckoning import Reckoned
from dpa.parties import queries as parties
from dpa.parties.models import Controller
from dpa.people.models import Organisation
from dpa.web.words import DAY

_TOLD = "the customer was told"


@dataclass(frozen=True, slots=True)
class RegimeLine:
    """One clock for information, ready to be shown; it is also a clock in the sense of components/clock.html."""

    name: str
    title: str
    article: str
    profile: str
    """Title of the profile it belongs to."""
    started_at: datetime
    due_at: datetime
    zone: str
    state: str
    """Tint: late, soon or running."""
    start_word: str
    steps: tuple[ExplainStep, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegimeView:
    """The clocks of a case besides those of its customers."""

    reports: tuple[ReportLine, ...]
    """What this house owes to authorities, owed or expected, or submitted; soonest first."""
    information: tuple[RegimeLine, ...]
    """Owed by customers, or not law; shown so that nobody is surprised."""
    waiting: tuple[str, ...] = ()
    """Titles of those for information that have not begun: they start when the first customer is told."""

    significance: BreachSignificance | None = None
    """The decision whether the incident is significant (NIS2 Art. 23(3)); none while nobody decided."""
    asks_significance: bool = False
    """Whether NIS2 is turned on, so that somebody must decide it."""
    classification: BreachClassification | None = None
    """The decision whether the incident is major (DORA Art. 18); none while nobody decided."""
    asks_classification: bool = False
    """Whether DORA is turned on, so that somebody must classify the incident."""

    @property
    def any(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.reports or self.information or self.waiting or self.asks_significance or self.asks_classification)


def regimes_of(session: Session, breach: Breach, now: datetime) -> RegimeView:
    """Return the other clocks of a case; of a closed one only the reports that are on record.

    Clocks for information about the customer's own duty run from when the first customer was told; before that none runs. Costs a bounded number of
    statements, three where no clock is turned on.
    """
    profiles, is_open = ([Profile(value) for value in settings_of(session, breach.organisation_id).profiles], breach.state is CaseState.OPEN)
    found = report_queries.on_record(session, breach.id)
    on = {law for law in Law if not PROFILES_OF[law].isdisjoint(profiles)}
    laws = [law for law in Law if (law in on and is_open) or any(BY_NAME[name].law is law for name in found.clocks)]
    if not laws and not (profiles and is_open):
        return RegimeView((), ())
    house = session.get_one(Organisation, breach.organisation_id)
    reports = sorted((line for law in laws for line in report_lines(session, breach, law, found, house.zone, now)), key=lambda line: (line.due_at, line.name))
    informing = [profile for profile in profiles if profile in FOR_INFORMATION] if is_open else []
    told = queries.first_told_at(session, breach.id) if informing else None
    return RegimeView(
        tuple(reports), _informed(session, house, breach, informing, told, now), tuple(TITLES[profile] for profile in informing if told is None),
        report_queries.significance(session, breach.id) if Law.NIS2 in laws else None, Law.NIS2 in laws,
        report_queries.classification(session, breach.id) if Law.DORA in laws else None, Law.DORA in laws,
    )  # fmt: skip


def _informed(session: Session, house: Organisation, breach: Breach, profiles: Sequence[Profile], told: datetime | None, now: datetime) -> tuple[RegimeLine, ...]:
    """Return the clocks for information, which run from when the first customer was told."""
    if told is None:
        return ()
    calendar = parties.calendar(session, house.id, house.calendar)
    found = [clock for profile in profiles for clock in clocks(profile, Facts(breach.aware_at, first_report_at=told), zone=house.zone, calendar=calendar)]
    return _sorted([_customer_line(clock, told, told=True, zone=house.zone, now=now) for clock in found])


def _sorted(lines: Sequence[RegimeLine]) -> tuple[RegimeLine, ...]:
    return tuple(sorted(lines, key=lambda line: (line.due_at, line.name)))


def _state(due: datetime, now: datetime) -> str:
    seconds = (due - now).total_seconds()
    return "late" if seconds < 0 else "soon" if seconds < DAY else "running"


@dataclass(frozen=True, slots=True)
class CustomerRegimes:
    """The clocks that one customer's own duties start, for its agreement alone."""

    affected_id: int
    agreement_id: int
    controller: str
    reference: str
    told: bool
    """Whether the customer was told; its clocks run from then, and until then from our awareness, which leaves it less time."""
    lines: tuple[RegimeLine, ...]


MOST_CUSTOMERS = 50


def regimes_of_customers(session: Session, breach: Breach, now: datetime) -> tuple[CustomerRegimes, ...]:
    """Return the clocks of customers whose agreement has its own turned on, for an open case; two statements and those of the calendar.

    At most the first `MOST_CUSTOMERS` that were named. They are the customers' own duties: shown so that nobody is surprised, never owed here.
    """
    if breach.state is not CaseState.OPEN:
        return ()
    query = (
        select(Affected.id, Affected.agreement_id, Controller.name, Agreement.reference, Affected.sent_at, Affected.aware_at, AgreementClocks.profiles)
        .join(AgreementClocks, AgreementClocks.agreement_id == Affected.agreement_id)
        .join(Agreement, Agreement.id == Affected.agreement_id)
        .join(Controller, Controller.id == Affected.controller_id)
        .where(Affected.breach_id == breach.id)
        .order_by(Affected.id)
        .limit(MOST_CUSTOMERS)
    )
    found = [row for row in session.execute(query) if row.profiles]
    if not found:
        return ()
    house = session.get_one(Organisation, breach.organisation_id)
    calendar = parties.calendar(session, house.id, house.calendar)
    made = []
    for row in found:
        since = row.sent_at or row.aware_at
        counted = [clock for value in row.profiles for clock in clocks(Profile(value), Facts(since), zone=house.zone, calendar=calendar)]
        lines = _sorted([_customer_line(clock, since, told=row.sent_at is not None, zone=house.zone, now=now) for clock in counted])
        made.append(CustomerRegimes(row.id, row.agreement_id, row.name, row.reference, row.sent_at is not None, lines))
    return tuple(made)


def _customer_line(clock: RegimeClock, since: datetime, *, told: bool, zone: str, now: datetime) -> RegimeLine:
    due, why = (clock.deadline.due, explain_part(Reckoned(clock.deadline), basis=clock.article, begins=_TOLD if told else AWARE))
    return RegimeLine(
        name=clock.name, title=clock.title, article=clock.article, profile=TITLES[clock.profile], started_at=since, due_at=due, zone=zone,
        state=_state(due, now), start_word="told" if told else "aware", steps=why.steps, warnings=why.warnings,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """An agreement with clocks of its own, for the settings."""

    agreement_id: int
    controller: str
    reference: str
    profiles: tuple[str, ...]


def agreements_with_clocks(session: Session, organisation_id: int, most: int = 100) -> tuple[AgreementLine, ...]:
    """Return the agreements of an organisation that have clocks of their own turned on, by customer; the caller has checked the scope."""
    query = (
        select(Agreement.id, Controller.name, Agreement.reference, AgreementClocks.profiles)
        .join(AgreementClocks, AgreementClocks.agreement_id == Agreement.id)
        .join(Controller, Controller.id == Agreement.controller_id)
        .where(AgreementClocks.organisation_id == organisation_id)
        .order_by(Controller.name, Agreement.reference)
        .limit(most)
    )
    return tuple(AgreementLine(row[0], row[1], row[2], tuple(Profile(value).short for value in row[3])) for row in session.execute(query) if row[3])
