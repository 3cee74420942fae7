"""DORA: whether and when an incident was classified as major, and the clock of the initial notification that starts with it.

Source: Regulation (EU) 2022/2554 Art. 18 and 19(4); Delegated Regulation (EU) 2025/301 Art. 5(1)(a). The rules are those of `dpa.breaches.dora`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.breaches import dora
from dpa.breaches.dora import Classification, ClockFacts, Effect
from dpa.breaches.dora_models import BreachClassification
from dpa.breaches.events import Event
from dpa.breaches.models import Breach
from dpa.breaches.operations.guards import must_be_open
from dpa.breaches.operations.settings import settings_of
from dpa.breaches.regimes import DORA_INITIAL, DORA_PROFILES, Profile, dora_initial
from dpa.deadlines import Deadline
from dpa.docket import operations as docket
from dpa.docket.models import DocketEntry
from dpa.docket.operations import Opening
from dpa.evidence import trail
from dpa.parties import queries as parties
from dpa.people.models import Organisation
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit

KIND = "breaches:dora"
NOTE_MIN = 5


def profiles_of(session: Session, organisation_id: int) -> tuple[Profile, ...]:
    """Return which of DORA's two readings an organisation has turned on; none where it has not."""
    return tuple(profile for value in settings_of(session, organisation_id).profiles if (profile := Profile(value)) in DORA_PROFILES)


def newest(session: Session, breach_id: int) -> BreachClassification | None:
    """Return the decision that stands; none while nobody decided."""
    query = select(BreachClassification).where(BreachClassification.breach_id == breach_id).order_by(BreachClassification.number.desc())
    return session.scalars(query.limit(1)).first()


def clock_of(session: Session, breach_id: int) -> DocketEntry | None:
    """Return the newest clock of the initial notification, running or closed; none before it was started."""
    query = select(DocketEntry).where(DocketEntry.subject_type == "breach", DocketEntry.subject_id == breach_id, DocketEntry.kind == KIND)
    return session.scalars(query.order_by(DocketEntry.id.desc()).limit(1)).first()


def decision_of(row: BreachClassification) -> Classification:
    """Return a stored decision as rules see it."""
    return Classification(row.major, row.decided_at, row.person, row.basis)


def classify(unit: Unit, breach: Breach, decision: Classification, reason: str) -> Effect:
    """Record a classification, or correct the one that stands with the reason; returns what became of the clock.

    Raises `Conflict` in a closed case and where DORA is not turned on, `Invalid` by field.
    """
    check(unit.session, breach, decision, reason, unit.now)
    before = newest(unit.session, breach.id)
    row = BreachClassification(
        breach_id=breach.id, number=(before.number if before else 0) + 1, major=decision.major, decided_at=decision.decided_at,
        person=decision.person.strip(), basis=decision.basis.strip(), reason=reason.strip() if before else "", recorded_at=unit.now, recorded_by=unit.actor,
    )  # fmt: skip
    unit.session.add(row)
    unit.session.flush()
    trail.record(
        unit, Event.CLASSIFIED, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[row],
        data={"classified": "major" if row.major else "not major", "at": row.decided_at.isoformat(), "number": row.number},
        personal={"decision": {"person": row.person, "basis": row.basis, "reason": row.reason}},
    )  # fmt: skip
    why = f"The classification was corrected: {row.reason}" if before else f"The incident was classified: {row.basis}"
    return _apply(unit, breach, row, why[:2000])


def check(session: Session, breach: Breach, decision: Classification, reason: str, now: datetime) -> None:
    """Raise what `classify` would raise, before anything is recorded."""
    must_be_open(breach)
    if not profiles_of(session, breach.organisation_id):
        raise Conflict("DORA is not turned on for this organisation; turn it on in the settings of breaches first.")
    before = newest(session, breach.id)
    if before is None:
        errors = dora.errors(decision, detected_at=breach.detected_at, now=now)
    else:
        errors = dora.correction_errors(decision_of(before), decision, reason, detected_at=breach.detected_at, now=now)
    if errors:
        raise Invalid("The classification cannot be recorded like this.", fields=errors)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a decision would do to the clock of the initial notification."""

    effect: Effect
    clock: DocketEntry | None
    """The newest clock as it stands; none before one was started."""
    deadline: Deadline | None
    """By when the notification would be owed; none for not at all."""


def foreseen(session: Session, breach: Breach, decision: Classification, now: datetime) -> Foreseen:
    """Return what a decision would do, were it the one that stands; nothing is changed."""
    clock, deadline = clock_of(session, breach.id), _deadline(session, breach, decision) if decision.major else None
    facts = ClockFacts(clock.state.value, clock.due_at or clock.target_at) if clock is not None else None
    return Foreseen(dora.effect(facts, deadline.due if deadline else None, now), clock, deadline)


def recount(unit: Unit, breach: Breach, reason: str) -> None:
    """Count the running clock anew after awareness was corrected: 24 hours after it are the most."""
    clock, row = clock_of(unit.session, breach.id), newest(unit.session, breach.id)
    # A clock that somebody waived by hand is not begun again because a time was corrected.
    if clock is not None and clock.state in dora.RUNNING and row is not None and row.major and profiles_of(unit.session, breach.organisation_id):
        _apply(unit, breach, row, reason)


def submitted(unit: Unit, breach: Breach, at: datetime, note: str) -> DocketEntry:
    """Record when the initial notification was submitted, with what shows it: that meets the clock and freezes its lateness.

    Raises `Conflict` where no clock runs, `Invalid` by field.
    """
    must_be_open(breach)
    clock = clock_of(unit.session, breach.id)
    if clock is None or clock.state not in dora.RUNNING:
        raise Conflict("No initial notification is owed: the incident is not classified as major, or it was recorded before.")
    errors = {} if len(note.strip()) >= NOTE_MIN else {"note": "Say to whom it was submitted, and what shows it: a number, or a receipt."}
    if error := dora.submission_error(at, detected_at=breach.detected_at, now=unit.now):
        errors["at"] = error
    if errors:
        raise Invalid("The notification cannot be recorded like this.", fields=errors)
    docket.meet(unit, clock, at, by=f"submitted: {note.strip()}", record=False)
    unit.session.flush()
    trail.record(
        unit, Event.DORA_SUBMITTED, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[clock],
        data={"at": at.isoformat(), "late_s": clock.late_s}, personal={"note": note.strip()},
    )  # fmt: skip
    return clock


def owed(session: Session, breach_id: int) -> bool:
    """Tell whether the initial notification is owed and was not recorded as submitted."""
    clock = clock_of(session, breach_id)
    return clock is not None and clock.state in dora.RUNNING


def _apply(unit: Unit, breach: Breach, row: BreachClassification, reason: str) -> Effect:
    """Start, count anew or end the clock as the decision that stands wants it."""
    decision = decision_of(row)
    found = foreseen(unit.session, breach, decision, unit.now)
    if found.effect is Effect.STARTED and found.deadline is not None:
        docket.open_entry(unit, _opening(breach, decision, found.deadline))
    elif found.effect is Effect.RECOUNTED and found.deadline is not None and found.clock is not None:
        docket.supersede(unit, found.clock, _opening(breach, decision, found.deadline), reason)
    elif found.effect is Effect.ENDED and found.clock is not None:
        docket.waive(unit, found.clock, f"Not major: {reason}"[:2000])
    return found.effect


def _deadline(session: Session, breach: Breach, decision: Classification) -> Deadline | None:
    house = session.get_one(Organisation, breach.organisation_id)
    calendar = parties.calendar(session, house.id, house.calendar)
    return dora_initial(profiles_of(session, house.id), breach.aware_at, decision.decided_at, zone=house.zone, calendar=calendar)


def basis(decision: Classification, deadline: Deadline) -> str:
    """Return what the initial notification rests on, and what its time is counted from."""
    since = "4 hours from classification as major" if deadline.start == decision.decided_at else "24 hours from awareness, which end before 4 hours from classification"
    return f"{DORA_INITIAL}: {since}"


def _opening(breach: Breach, decision: Classification, deadline: Deadline) -> Opening:
    title = f"Submit the initial notification of {breach.reference} under DORA"
    return Opening(
        kind=KIND, organisation_id=breach.organisation_id, subject=("breach", breach.id), subject_label=breach.reference,
        title=f"Exercise: {title}" if breach.drill else title, basis=basis(decision, deadline), origin="statute", target=deadline, latest=deadline,
        started_at=deadline.start,
    )  # fmt: skip
