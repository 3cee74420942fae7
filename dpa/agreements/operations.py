"""What people do with agreements: add and amend standard terms and agreements, decide contradictions, end agreements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from dpa.agreements import rules
from dpa.agreements.events import Event
from dpa.agreements.models import (
    Activity,
    Agreement,
    AgreementVersion,
    ConflictDecision,
    System,
    Template,
    TemplateVersion,
    WordTarget,
)
from dpa.agreements.rules import AgreementInput
from dpa.agreements.stacks import parsed
from dpa.agreements.terms import DeviationSheet, Term, TermsDocument, conflicts, dump_sheet, dump_terms
from dpa.agreements.terms.words import Unit as PeriodUnit
from dpa.agreements.terms.words import Word
from dpa.evidence import trail
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit


def add_template(unit: Unit, organisation_id: int, document: TermsDocument, valid_from: date, note: str = "") -> Template:
    """Add standard terms with their first version."""
    taken = select(Template).where(Template.organisation_id == organisation_id, Template.slug == document.slug)
    if unit.session.scalar(taken) is not None:
        raise Conflict(f"There already are standard terms “{document.slug}”; amend them instead.", field="slug")
    template = Template(organisation_id=organisation_id, slug=document.slug, title=document.title)
    version = _template_version(unit, document, 1, valid_from, note or "First reading.")
    template.versions.append(version)
    unit.session.add(template)
    unit.session.flush()
    trail.record(
        unit,
        Event.TEMPLATE_ADDED,
        subject=("template", template.id),
        organisation_id=organisation_id,
        covers=[template, version],
        data={"slug": document.slug, "terms": len(document.terms)},
    )
    return template


def amend_template(unit: Unit, template: Template, document: TermsDocument, valid_from: date, note: str) -> TemplateVersion:
    """Add the next version of standard terms. Clocks that run keep the version they started under."""
    if document.slug != template.slug:
        raise Invalid(f"These terms are “{document.slug}”, not “{template.slug}”; choose the right file.", field="file")
    latest = template.versions[-1]
    if error := rules.version_error(valid_from, latest.valid_from):
        raise Invalid(error, field="valid_from")
    if dump_terms(document) == latest.terms:
        raise Conflict("Nothing differs from the version in force; no amendment was made.", field="file")
    version = _template_version(unit, document, latest.number + 1, valid_from, note)
    template.versions.append(version)
    template.title = document.title
    unit.session.flush()
    trail.record(
        unit,
        Event.TEMPLATE_AMENDED,
        subject=("template", template.id),
        organisation_id=template.organisation_id,
        covers=[template, version],
        data={"number": version.number, "valid_from": valid_from.isoformat()},
    )
    return version


def add_agreement(
    unit: Unit,
    controller_id: int,
    template: Template,
    agreement: AgreementInput,
    *,
    deviations: Sequence[Term] = (),
    systems: Sequence[System] = (),
    activities: Sequence[Activity] = (),
) -> Agreement:
    """Add an agreement on standard terms. Raises `Invalid` by field, `Conflict` when the reference is taken."""
    _require_addable(unit, template, agreement, systems, activities)
    row = Agreement(
        organisation_id=template.organisation_id,
        controller_id=controller_id,
        template_id=template.id,
        reference=agreement.reference,
        starts_on=agreement.starts_on,
        ends_on=agreement.ends_on,
        created_at=unit.now,
        systems=list(systems),
        activities=list(activities),
    )
    document = parsed(template.versions[-1].terms)
    version = _agreement_version(unit, document, 1, agreement.starts_on, deviations, "As signed.")
    row.versions.append(version)
    unit.session.add(row)
    unit.session.flush()
    trail.record(
        unit,
        Event.ADDED,
        subject=("agreement", row.id),
        organisation_id=row.organisation_id,
        covers=[row, version],
        data={"starts_on": agreement.starts_on.isoformat(), "systems": [system.id for system in row.systems]},
    )
    return row


def _require_addable(
    unit: Unit, template: Template, agreement: AgreementInput, systems: Sequence[System], activities: Sequence[Activity]
) -> None:
    if errors := rules.agreement_errors(agreement):
        raise Invalid("The agreement cannot be accepted.", fields=errors)
    if any(system.organisation_id != template.organisation_id for system in systems):
        raise Invalid("Choose systems of the agreement's own organisation.", field="systems")
    if any(activity.organisation_id != template.organisation_id for activity in activities):
        raise Invalid("Choose activities of the agreement's own organisation.", field="activities")
    taken = select(Agreement.id).where(
        Agreement.organisation_id == template.organisation_id, Agreement.reference == agreement.reference
    )
    if unit.session.scalar(taken) is not None:
        raise Conflict(f"There already is an agreement {agreement.reference}; choose another reference.", field="reference")


def amend_agreement(unit: Unit, row: Agreement, deviations: Sequence[Term], valid_from: date, note: str) -> AgreementVersion:
    """Give an agreement other deviations from a day on."""
    latest = row.versions[-1]
    if error := rules.version_error(valid_from, latest.valid_from):
        raise Invalid(error, field="valid_from")
    document = parsed(row.template.versions[-1].terms)
    version = _agreement_version(unit, document, latest.number + 1, valid_from, deviations, note)
    if version.deviations == latest.deviations:
        raise Conflict("Nothing differs from the version in force; no amendment was made.", field="deviations")
    row.versions.append(version)
    unit.session.flush()
    trail.record(
        unit,
        Event.AMENDED,
        subject=("agreement", row.id),
        organisation_id=row.organisation_id,
        covers=[row, version],
        data={"number": version.number, "valid_from": valid_from.isoformat(), "deviations": len(deviations)},
    )
    return version


def end_agreement(unit: Unit, row: Agreement, ends_on: date) -> None:
    """Set an agreement's last day, once notice was given."""
    if row.ends_on == ends_on:
        raise Conflict("The agreement already ends on this day.", field="ends_on")
    errors = rules.agreement_errors(AgreementInput(row.reference, row.starts_on, ends_on))
    if errors:
        raise Invalid("The last day cannot be accepted.", fields=errors)
    row.ends_on = ends_on
    trail.record(
        unit,
        Event.ENDED,
        subject=("agreement", row.id),
        organisation_id=row.organisation_id,
        covers=[row],
        data={"ends_on": ends_on.isoformat()},
    )


def set_systems(unit: Unit, row: Agreement, systems: Sequence[System]) -> None:
    """Say which systems process data under an agreement; an incident is often known by its system."""
    if any(system.organisation_id != row.organisation_id for system in systems):
        raise Invalid("Choose systems of the agreement's own organisation.", field="systems")
    if {system.id for system in systems} == {system.id for system in row.systems}:
        raise Conflict("Nothing differs from the systems already named.", field="systems")
    row.systems = list(systems)
    unit.session.flush()
    trail.record(
        unit,
        Event.SYSTEMS_SET,
        subject=("agreement", row.id),
        organisation_id=row.organisation_id,
        covers=[row],
        data={"systems": len(systems), "system_ids": sorted(system.id for system in systems)},
    )


def set_activities(unit: Unit, row: Agreement, activities: Sequence[Activity]) -> None:
    """Say which processing activities (Art. 30(2) GDPR) are done under an agreement."""
    if any(activity.organisation_id != row.organisation_id for activity in activities):
        raise Invalid("Choose activities of the agreement's own organisation.", field="activities")
    if {activity.id for activity in activities} == {activity.id for activity in row.activities}:
        raise Conflict("Nothing differs from the activities already named.", field="activities")
    row.activities = list(activities)
    unit.session.flush()
    trail.record(
        unit,
        Event.ACTIVITIES_SET,
        subject=("agreement", row.id),
        organisation_id=row.organisation_id,
        covers=[row],
        data={"activities": len(activities), "activity_ids": sorted(activity.id for activity in activities)},
    )


def decide_conflict(
    unit: Unit, owner: Template | Agreement, document: TermsDocument, group: str, option: str, reason: str
) -> ConflictDecision:
    """Record which of several contradicting clauses is followed, and why. A later decision replaces an earlier one."""
    conflict = next((found for found in conflicts(document) if found.id == group), None)
    if conflict is None:
        raise Invalid("These terms do not contain that contradiction; reload the page.", field="option")
    chosen = conflict.option(option)
    if error := rules.reason_error(reason):
        raise Invalid(error, field="reason")
    if len(reason.strip()) > rules.REASON_MAX:
        raise Invalid(f"Shorten the reason to {rules.REASON_MAX} characters.", field="reason")
    row = ConflictDecision(
        template_id=owner.id if isinstance(owner, Template) else None,
        agreement_id=owner.id if isinstance(owner, Agreement) else None,
        group_key=conflict.id,
        option_key=chosen.id,
        reason=reason.strip(),
        decided_by=unit.actor,
        decided_at=unit.now,
    )
    unit.session.add(row)
    unit.session.flush()
    trail.record(
        unit,
        Event.DECIDED,
        subject=("template" if isinstance(owner, Template) else "agreement", owner.id),
        organisation_id=owner.organisation_id,
        covers=[row],
        data={"group": conflict.id, "option": chosen.id},
        personal={"reason": row.reason},
    )
    return row


def add_system(unit: Unit, organisation_id: int, name: str, operator: str = "", operator_hours: int | None = None) -> System:
    """Add a system that processes customers' data, with the subprocessor that runs it and the hours it promised to tell of a breach."""
    text = _free_name(unit, System, organisation_id, name, "system")
    row = System(organisation_id=organisation_id, name=text)
    row.operator, row.operator_hours = _operator(unit, organisation_id, operator, operator_hours), operator_hours
    unit.session.add(row)
    unit.session.flush()
    trail.record(unit, Event.SYSTEM_ADDED, subject=("system", row.id), organisation_id=organisation_id, covers=[row])
    return row


def set_operator(unit: Unit, row: System, operator: str, operator_hours: int | None) -> None:
    """Say which subprocessor runs a system (empty: the organisation does), and within how many hours it promised to tell of a breach."""
    name = _operator(unit, row.organisation_id, operator, operator_hours)
    if (name, operator_hours) == (row.operator, row.operator_hours):
        raise Conflict("Nothing differs from what is known of this system.", field="operator")
    row.operator, row.operator_hours = name, operator_hours
    unit.session.flush()
    trail.record(
        unit,
        Event.OPERATOR_SET,
        subject=("system", row.id),
        organisation_id=row.organisation_id,
        covers=[row],
        data={"hours": "no number" if operator_hours is None else operator_hours},
    )


def _operator(unit: Unit, organisation_id: int, operator: str, hours: int | None) -> str:
    """Return the operator's name as it is written already, whatever the capitals: one subprocessor must not become two."""
    name = " ".join(operator.split())
    if errors := rules.operator_errors(name, hours):
        raise Invalid("The operator cannot be kept like this.", fields=errors)
    known = unit.session.scalars(select(System.operator).where(System.organisation_id == organisation_id).distinct())
    return next((one for one in known if one.lower() == name.lower()), name)


def add_activity(unit: Unit, organisation_id: int, name: str) -> Activity:
    """Add a processing activity done for customers (Art. 30(2) GDPR)."""
    row = Activity(organisation_id=organisation_id, name=_free_name(unit, Activity, organisation_id, name, "processing activity"))
    unit.session.add(row)
    unit.session.flush()
    trail.record(unit, Event.ACTIVITY_ADDED, subject=("activity", row.id), organisation_id=organisation_id, covers=[row])
    return row


def _free_name(unit: Unit, kind: type[System | Activity], organisation_id: int, name: str, what: str) -> str:
    text = name.strip()
    if not text or len(text) > 120:
        raise Invalid(f"Give the {what} a name of at most 120 characters.", field="name")
    # Compared here, not in the database: SQLite knows small letters of ASCII only.
    names = unit.session.scalars(select(kind.name).where(kind.organisation_id == organisation_id))
    if any(name.lower() == text.lower() for name in names):
        raise Conflict(f"There already is a {what} “{text}”.", field="name")
    return text


def set_target(
    unit: Unit, organisation_id: int, word: Word, group: str, amount: int, period_unit: PeriodUnit, ceiling: int | None
) -> WordTarget:
    """Give a word without a number the organisation's own number, for one group of keys or for all others."""
    if amount < 1:
        raise Invalid("A house target must leave some time; enter a number above zero.", field="amount")
    if ceiling is not None and ceiling <= amount:
        raise Invalid("The moment of escalation must come after the target; enter a larger number or leave it empty.", field="ceiling")
    found = select(WordTarget).where(
        WordTarget.organisation_id == organisation_id, WordTarget.word == word.value, WordTarget.key_group == group
    )
    row = unit.session.scalar(found)
    if row is None:
        row = WordTarget(organisation_id=organisation_id, word=word.value, key_group=group)
        unit.session.add(row)
    row.amount, row.unit, row.ceiling = amount, period_unit.value, ceiling
    unit.session.flush()
    trail.record(
        unit,
        Event.TARGET_SET,
        subject=("organisation", organisation_id),
        organisation_id=organisation_id,
        covers=[row],
        data={"word": word.value, "amount": amount, "unit": row.unit},
    )
    return row


def _template_version(unit: Unit, document: TermsDocument, number: int, valid_from: date, note: str) -> TemplateVersion:
    return TemplateVersion(
        number=number,
        valid_from=valid_from,
        terms=dump_terms(document),
        note=note.strip()[:400],
        created_by=unit.actor,
        created_at=unit.now,
    )


def _agreement_version(
    unit: Unit, document: TermsDocument, number: int, valid_from: date, deviations: Sequence[Term], note: str
) -> AgreementVersion:
    sheet = dump_sheet(DeviationSheet(template=document.slug, deviations=tuple(deviations))) if deviations else ""
    return AgreementVersion(
        number=number, valid_from=valid_from, deviations=sheet, note=note.strip()[:400], created_by=unit.actor, created_at=unit.now
    )
