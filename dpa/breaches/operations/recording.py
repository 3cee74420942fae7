"""Recording an incident, deciding and correcting when awareness began, and keeping what is known at each moment."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from dpa.breaches import awareness, corrected, facts, queries, recounting, rules
from dpa.breaches.awareness import Decision, Effect
from dpa.breaches.events import Event
from dpa.breaches.facts import FactSheet, FactsProblem
from dpa.breaches.facts.possible import impossible
from dpa.breaches.models import Breach, BreachAwareness, BreachFacts
from dpa.breaches.operations import affecting, naming, reports, upstream
from dpa.breaches.operations.guards import must_be_open
from dpa.breaches.rules import Incident
from dpa.evidence import trail
from dpa.people.models import Organisation
from dpa.problems import Invalid
from dpa.unit import Unit


def record_incident(unit: Unit, organisation: Organisation, incident: Incident) -> Breach:
    """Record an incident, with awareness as its first decision; its clocks start when the affected agreements are named, and one asks for that until then."""
    if errors := rules.incident_errors(incident, unit.now):
        raise Invalid("The incident cannot be recorded like this.", fields=errors)
    year = incident.aware_at.astimezone(ZoneInfo(organisation.zone)).year
    number = _next_number(unit, organisation.id, year)
    reference = rules.reference(organisation.letters, year, number)
    breach = Breach(
        organisation_id=organisation.id, year=year, number=number, reference=f"{reference}-X" if incident.drill else reference,
        title=incident.title.strip(), known=incident.known.strip(), detected_at=incident.detected_at, aware_at=incident.aware_at,
        awareness_reason=incident.awareness_reason.strip(), zone=organisation.zone, recorded_by=unit.actor, recorded_at=unit.now,
        drill=incident.drill, upstream=incident.upstream.strip(), upstream_told_at=incident.upstream_told_at,
    )  # fmt: skip
    unit.session.add(breach)
    unit.session.flush()
    decided = _decide(unit, breach, incident.decision, "")
    trail.record(
        unit, Event.RECORDED, subject=("breach", breach.id), organisation_id=organisation.id, covers=[breach, decided],
        data={"aware_at": incident.aware_at.isoformat(), "detected_at": incident.detected_at.isoformat(), "drill": incident.drill},
        personal={"facts": {"title": breach.title, "known": breach.known, "reason": breach.awareness_reason}},
    )  # fmt: skip
    naming.begin(unit, breach)
    return breach


def _next_number(unit: Unit, organisation_id: int, year: int) -> int:
    # The organisation's row is locked so that two incidents recorded at once get two numbers.
    unit.session.execute(select(Organisation.id).where(Organisation.id == organisation_id).with_for_update())
    highest = select(func.max(Breach.number)).where(Breach.organisation_id == organisation_id, Breach.year == year)
    return (unit.session.scalar(highest) or 0) + 1


def _decide(unit: Unit, breach: Breach, decision: Decision, reason: str) -> BreachAwareness:
    number = unit.session.scalar(select(func.count()).where(BreachAwareness.breach_id == breach.id)) or 0
    row = BreachAwareness(
        breach_id=breach.id, number=number + 1, detected_at=decision.detected_at, aware_at=decision.aware_at, basis=decision.basis.strip(),
        person=decision.person.strip(), reason=reason.strip(), decided_at=unit.now, decided_by=unit.actor,
    )  # fmt: skip
    unit.session.add(row)
    unit.session.flush()
    return row


def decision_of(breach: Breach) -> Decision:
    """Return the decision about awareness that stands."""
    newest = breach.decisions[-1] if breach.decisions else None
    return Decision(breach.detected_at, breach.aware_at, breach.awareness_reason, newest.person if newest else "")


def correct_awareness(unit: Unit, breach: Breach, decision: Decision, reason: str) -> int:
    """Correct when awareness began or when it was first noticed, with the reason; returns how many clocks were counted anew. The earlier decision stays on record.

    Clocks that were met or waived keep their frozen lateness, missed ones stay missed, and those of customers added later run on from
    their own awareness. Raises `Invalid` by field, `Conflict` when the case is closed.
    """
    must_be_open(breach)
    old = decision_of(breach)
    if errors := awareness.correction_errors(old, decision, reason, unit.now, recounting.known(unit.session, breach)):
        raise Invalid("Awareness cannot be corrected like this.", fields=errors)
    why = f"Awareness was corrected: {reason.strip()}"
    fates = recounting.fates(unit.session, breach, old, decision, unit.now)
    row = _decide(unit, breach, decision, reason)
    breach.detected_at, breach.aware_at, breach.awareness_reason = decision.detected_at, decision.aware_at, decision.basis.strip()
    recounted = affecting.recount(unit, breach, [one for one in fates if one.effect is Effect.RECOUNT], why)
    followed = affecting.follow(unit, [one for one in fates if one.follows])
    moved = (old.aware_at, old.detected_at) != (decision.aware_at, decision.detected_at)
    anew = corrected.settle(unit.session, breach) if moved else []
    if moved:
        naming.recount(unit, breach, why)
    if old.aware_at != decision.aware_at:
        reports.recount(unit, breach, why)
    unit.session.flush()
    trail.record(
        unit, Event.AWARENESS_CORRECTED, subject=("breach", breach.id), organisation_id=breach.organisation_id,
        covers=[breach, row, *recounted, *dict.fromkeys((*followed, *anew))],
        data={"old": old.aware_at.isoformat(), "new": decision.aware_at.isoformat(), "clocks": len(recounted)},
        personal={"decision": {"basis": row.basis, "person": row.person, "reason": row.reason}},
    )  # fmt: skip
    return len(recounted)


def save_facts(unit: Unit, breach: Breach, sheet: str) -> BreachFacts:
    """Keep a version of the fact sheet, given as its canonical text; what was known before stays readable. An unchanged one is not kept twice.

    Raises `FactsProblem` by the form's field for new answers that cannot be.
    """
    must_be_open(breach)
    newest = queries.newest_facts(unit.session, breach.id)
    if newest is not None and newest.sheet == sheet:
        return newest
    before = facts.read(newest.sheet) if newest is not None else FactSheet()
    said = facts.read(sheet)
    if faults := impossible(said, before, now=unit.now, detected_at=breach.detected_at):
        raise FactsProblem("The facts cannot be kept yet.", fields=dict(faults))
    said = upstream.joined(breach, said, before, unit.now)
    row = upstream.keep_version(unit, breach, newest, said.canonical())
    upstream.follow(unit, breach, said, row.number)
    return row


