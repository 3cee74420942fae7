"""Issuing evidence: dossiers, the incident register, the report of an exercise; and noting what was handed out as a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dpa.breaches.closing import CaseState
from dpa.breaches.events import Event
from dpa.breaches.evidence import dossier, drill, lines, reading, register
from dpa.breaches.evidence.asking import Asked
from dpa.breaches.evidence.case_file import case_file
from dpa.breaches.evidence.customer_file import customer_files
from dpa.breaches.models import Affected, Breach
from dpa.evidence import trail
from dpa.evidence.register import operations as issuing
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.register.operations import Order
from dpa.people import documents as people
from dpa.people.models import Organisation
from dpa.problems import Conflict
from dpa.unit import Unit
from dpa.web.words import day


def order_dossiers(unit: Unit, breach: Breach, organisation: Organisation, rows: Sequence[Affected], as_of: datetime) -> list[IssuedDocument]:
    """Order the dossier of each customer as of an instant. Raises `Conflict` for an exercise, and when nobody was named by then."""
    if breach.drill:
        raise Conflict("An exercise has no dossiers: nothing happened to these customers. Issue its report instead.")
    case = case_file(unit.session, breach, as_of)
    found = customer_files(unit.session, case, rows)
    if not found:
        raise Conflict("Nobody was named as affected by then, so there is no dossier to issue; choose a later time.")
    issuer, approvals = people.issuer(organisation), (people.approval(unit, organisation.id, "asked for this dossier"),)
    demonstration = not unit.settings.smtp_url
    return issuing.order_many(unit, [
        Order(
            kind=dossier.KIND, organisation_id=organisation.id, issuer=issuer, title=breach.title, subject=("breach", breach.id),
            content=dossier.content(case, one, organisation.name, demonstration=demonstration), addressee=one.agreement.controller, controller_id=one.row.controller_id,
            approvals=approvals,
        )
        for one in found
    ])  # fmt: skip


def order_register(unit: Unit, organisation: Organisation, asked: Asked) -> IssuedDocument:
    """Order the incident register over a period. Raises `Conflict` for the list of exercises, which is no part of it."""
    if asked.exercises:
        raise Conflict("Exercises are no part of the incident register; each has a report of its own.")
    found = lines.lines(unit.session, organisation.id, asked)
    return issuing.order(unit, Order(
        kind=register.KIND, organisation_id=organisation.id, issuer=people.issuer(organisation), title=f"Incidents from {day(asked.first)} to {day(asked.last)}",
        content=register.content(found, asked), subject=("organisation", organisation.id),
        approvals=(people.approval(unit, organisation.id, "asked for this register"),),
    ))  # fmt: skip


def order_drill_report(unit: Unit, breach: Breach, organisation: Organisation, as_of: datetime) -> IssuedDocument:
    """Order the report of an exercise as of an instant. Raises `Conflict` for a real incident, and where the exercise was not closed by then."""
    if not breach.drill:
        raise Conflict("This was no exercise; issue dossiers for its customers instead.")
    if breach.state is CaseState.OPEN:
        raise Conflict("The exercise still runs; close it first, then issue its report.")
    case = case_file(unit.session, breach, as_of)
    if case.state.state is CaseState.OPEN:
        raise Conflict("The exercise still ran at that time; choose a time after it was closed, or leave it empty for now.")
    customers = customer_files(unit.session, case, reading.affected(unit.session, [breach.id], as_of))
    return issuing.order(unit, Order(
        kind=drill.KIND, organisation_id=organisation.id, issuer=people.issuer(organisation), title=breach.title, subject=("breach", breach.id),
        content=drill.content(unit.session, case, customers, organisation), approvals=(people.approval(unit, organisation.id, "asked for this report"),),
    ))  # fmt: skip


def note_register_download(unit: Unit, organisation_id: int, asked: Asked, form: str, count: int) -> None:
    """Record that the register left as a file of a form, such as `CSV`."""
    trail.record(
        unit, Event.REGISTER_EXPORTED, subject=("organisation", organisation_id), organisation_id=organisation_id,
        data={
            "form": form, "first": asked.first.isoformat(), "last": asked.last.isoformat(), "as_of": asked.as_of.isoformat(), "count": count,
            "state": asked.state.value if asked.state else "all", "list": "exercises" if asked.exercises else "incidents",
        },
    )  # fmt: skip


def note_package_download(unit: Unit, breach: Breach, row: Affected, as_of: datetime) -> None:
    """Record that the facts for one controller left as a file."""
    trail.record(
        unit, Event.FACTS_EXPORTED, subject=("breach", breach.id), organisation_id=breach.organisation_id,
        data={"agreement": row.agreement_id, "as_of": as_of.isoformat()},
    )  # fmt: skip


def note_packages_download(unit: Unit, breach: Breach, count: int, as_of: datetime) -> None:
    """Record that the facts for all controllers left in one archive."""
    trail.record(
        unit, Event.ALL_FACTS_EXPORTED, subject=("breach", breach.id), organisation_id=breach.organisation_id,
        data={"count": count, "as_of": as_of.isoformat()},
    )  # fmt: skip
