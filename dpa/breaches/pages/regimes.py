"""Other clocks on the facts of a case: those the house turned on, binding ones and information apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.agreements.models import Agreement
from dpa.breaches import queries
from dpa.breaches.clock_models import AgreementClocks
from dpa.breaches.closing import CaseState
from dpa.breaches.dora import RUNNING
from dpa.breaches.dora_models import BreachClassification
from dpa.breaches.models import Affected, Breach, BreachSignificance
from dpa.breaches.operations import dora, significance
from dpa.breaches.operations.settings import settings_of
from dpa.breaches.regimes import (
    DORA_PROFILES,
    FOR_INFORMATION,
    INITIAL,
    TITLES,
    Facts,
    Profile,
    RegimeClock,
    clocks,
)
from dpa.docket.explaining import ExplainStep, explain_part
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import explanation
from dpa.docket.reckoning import Reckoned
from dpa.parties import queries as parties
from dpa.parties.models import Controller
from dpa.people.models import Organisation
from dpa.web.words import DAY

_AWARE, _TOLD = "awareness of the breach", "the customer was told"


@dataclass(frozen=True, slots=True)
class RegimeLine:
    """One clock, ready to be shown; it is also a clock in the sense of components/clock.html."""

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
    met_at: datetime | None = None
    """When it was submitted, where that is on record."""


@dataclass(frozen=True, slots=True)
class RegimeView:
    """The clocks of a case besides those of its customers."""

    binding: tuple[RegimeLine, ...]
    """Owed to authorities by this house, soonest first. Of reports, only DORA's initial notification is recorded here; nothing else is shown as met."""
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
    initial_owed: bool = False
    """Whether the initial notification under DORA is owed and not recorded as submitted."""

    @property
    def any(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.binding or self.information or self.waiting or self.asks_significance or self.asks_classification)


def regimes_of(session: Session, breach: Breach, now: datetime) -> RegimeView:
    """Return the other clocks of an open case, counted from awareness; empty for closed ones and where none is turned on.

    Clocks for information about the customer's own duty run from when the first customer was told; before that none runs. Costs at most seven
    statements, one where no clock is turned on.
    """
    profiles = [Profile(value) for value in settings_of(session, breach.organisation_id).profiles]
    if breach.state is not CaseState.OPEN or not profiles:
        return RegimeView((), ())
    house = session.get_one(Organisation, breach.organisation_id)
    calendar = parties.calendar(session, house.id, house.calendar)
    told = queries.first_told_at(session, breach.id)
    found: list[RegimeClock] = []
    waiting = [TITLES[profile] for profile in profiles if profile in FOR_INFORMATION and told is None]
    decided = significance.newest(session, breach.id) if Profile.NIS2 in profiles else None
    major, entry = _classified(session, breach, profiles)
    for profile in profiles:
        if (profile in FOR_INFORMATION and told is None) or (profile is Profile.NIS2 and decided is not None and not decided.significant):
            continue
        if profile in DORA_PROFILES and major is not None and not major.major:
            continue
        found += clocks(profile, _facts(breach, profile, told, major, entry), zone=house.zone, calendar=calendar)
    lines = [(clock.binding, _line(clock, breach, told, house.zone, now)) for clock in found if entry is None or clock.name != INITIAL]
    # Once it runs, the stored clock speaks: a correction may have left it missed.
    lines += [(True, _started(entry, house.zone, now))] if entry is not None else []
    return RegimeView(
        _sorted([line for binding, line in lines if binding]), _sorted([line for binding, line in lines if not binding]), tuple(waiting), decided,
        Profile.NIS2 in profiles, major, not DORA_PROFILES.isdisjoint(profiles), entry is not None and entry.state.value in RUNNING,
    )  # fmt: skip


def _classified(session: Session, breach: Breach, profiles: Sequence[Profile]) -> tuple[BreachClassification | None, DocketEntry | None]:
    """Return the classification that stands and the clock of the initial notification, unless it was waived; nothing where DORA is off."""
    if DORA_PROFILES.isdisjoint(profiles):
        return None, None
    entry = dora.clock_of(session, breach.id)
    return dora.newest(session, breach.id), entry if entry is not None and entry.state.value in {*RUNNING, "met"} else None


def _facts(breach: Breach, profile: Profile, told: datetime | None, major: BreachClassification | None, entry: DocketEntry | None) -> Facts:
    if profile in FOR_INFORMATION:
        return Facts(breach.aware_at, first_report_at=told)
    if profile not in DORA_PROFILES:
        return Facts(breach.aware_at)
    first = (entry.met_at or entry.due_at) if entry is not None else None
    return Facts(breach.aware_at, classified_at=major.decided_at if major else None, first_report_at=first)


def _started(entry: DocketEntry, zone: str, now: datetime) -> RegimeLine:
    """Return the clock of DORA's initial notification as it stands on the docket."""
    due, why = entry.due_at or entry.target_at, explanation(entry)
    return RegimeLine(
        name=INITIAL, title="Initial notification", article=entry.basis, profile=Profile.DORA.short, started_at=entry.started_at, due_at=due, zone=zone,
        state="met" if entry.met_at else _state(due, now), start_word="start", steps=why.steps, warnings=why.warnings, met_at=entry.met_at,
    )  # fmt: skip


def _sorted(lines: Sequence[RegimeLine]) -> tuple[RegimeLine, ...]:
    return tuple(sorted(lines, key=lambda line: (line.due_at, line.name)))


def _line(clock: RegimeClock, breach: Breach, told: datetime | None, zone: str, now: datetime) -> RegimeLine:
    due = clock.deadline.due
    from_telling = told is not None and not clock.binding
    why = explain_part(Reckoned(clock.deadline), basis=clock.article, begins=_TOLD if from_telling else _AWARE)
    return RegimeLine(
        name=clock.name, title=clock.title, article=clock.article, profile=TITLES[clock.profile],
        started_at=told if told is not None and from_telling else breach.aware_at, due_at=due, zone=zone, state=_state(due, now),
        start_word="told" if from_telling else "aware",
        steps=why.steps, warnings=why.warnings,
    )  # fmt: skip


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
    due, why = clock.deadline.due, explain_part(Reckoned(clock.deadline), basis=clock.article, begins=_TOLD if told else _AWARE)
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
