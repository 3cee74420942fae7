"""Ordering a phase as sealed documents, one for each customer: those that go with mails, and those that people hand over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dpa.agreements import queries as agreements
from dpa.agreements.queries import AgreementRow
from dpa.breaches import documents, queries
from dpa.breaches.models import Affected, Breach, Notice
from dpa.breaches.paper_models import NoticePaper
from dpa.breaches.papers import Made, made_of
from dpa.breaches.versions import Version, versions_of
from dpa.evidence.register import operations as register
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.register.operations import Order
from dpa.evidence.register.records import Approval
from dpa.people import documents as issuing
from dpa.people.models import Organisation
from dpa.unit import Unit


@dataclass(frozen=True, slots=True)
class Whose:
    """One customer, and what it is told in a phase."""

    row: Affected
    agreement: AgreementRow
    version: Version


def whose(unit: Unit, breach: Breach, notice: Notice, rows: Sequence[Affected]) -> Mapping[int, Whose]:
    """Return what each customer is told, by its row."""
    found = agreements.by_ids(unit.session, breach.organisation_id, [row.agreement_id for row in rows])
    versions = versions_of(unit.session, breach, notice, rows)
    return {row.id: Whose(row, found[row.agreement_id], versions[row.id]) for row in rows}


def order(unit: Unit, breach: Breach, notice: Notice, organisation: Organisation, customers: Sequence[Whose], *, released: Approval) -> list[IssuedDocument]:
    """Order the phase as one document per customer, approved by whoever released it and by the second person; in the order given."""
    issuer, approvals = issuing.issuer(organisation), _approvals(unit, notice, organisation, released)
    entries = queries.entries(unit.session, [one.row.docket_entry_id for one in customers])
    before = queries.papers_before(unit.session, notice, [one.row.id for one in customers])
    return register.order_many(unit, [
        Order(
            kind=documents.DRILL_KIND if breach.drill else documents.KIND, organisation_id=organisation.id, issuer=issuer, title=breach.title,
            content=documents.content(
                breach, notice, one.row, entries[one.row.docket_entry_id], one.agreement, one.version, before=before.get(one.row.id, ())
            ),
            subject=("breach", breach.id), addressee=one.agreement.controller, controller_id=one.row.controller_id, approvals=approvals,
            language=one.version.language.tag,
        )
        for one in customers
    ])  # fmt: skip


def order_to_hand_over(
    unit: Unit, breach: Breach, notice: Notice, organisation: Organisation, customers: Sequence[Whose], *, released: Approval
) -> list[NoticePaper]:
    """Order the document of each customer that no mail can carry; returns the rows that tell whose they are, for the caller's event to cover."""
    made = order(unit, breach, notice, organisation, customers, released=released)
    found = [
        NoticePaper(
            notice_id=notice.id, affected_id=one.row.id, document_id=paper.id, language=one.version.language.value, part=one.version.part.text,
            ordered_at=unit.now, ordered_by=unit.actor,
        )
        for one, paper in zip(customers, made, strict=True)
    ]  # fmt: skip
    unit.session.add_all(found)
    unit.session.flush()
    for paper in made:
        unit.session.expire(paper, ["content"])  # The texts of thousands of documents are never in memory together.
    return found


def to_hand_over(unit: Unit, breach: Breach, notice: Notice, row: Affected) -> tuple[Made, list[NoticePaper]]:
    """Return what was made of a released phase for a customer, and what had to be ordered for that: who was named after the release may have nothing yet."""
    made = made_of(unit.session, notice.id, [row.id]).get(row.id)
    if made is not None and made.document_id is not None:
        return made, []
    assert notice.released_by is not None, "only what was released is given"
    assert notice.released_at is not None
    organisation = unit.session.get_one(Organisation, breach.organisation_id)
    # Its text was approved and released for every customer; whoever notes that it was given releases nothing.
    released = issuing.approval_of(unit.session, notice.released_by, organisation.id, release_of(notice), notice.released_at)
    paper = order_to_hand_over(unit, breach, notice, organisation, [whose(unit, breach, notice, [row])[row.id]], released=released)
    return Made(paper[0].document_id, paper[0].language, paper[0].part), paper


def release_of(notice: Notice) -> str:
    """Return what its documents say of whoever released a phase."""
    return "released the notice" + (" alone, in an emergency" if notice.emergency_reason else "")


def _approvals(unit: Unit, notice: Notice, organisation: Organisation, released: Approval) -> tuple[Approval, ...]:
    if notice.approved_by is None or notice.approved_at is None:
        return (released,)
    return (issuing.approval_of(unit.session, notice.approved_by, organisation.id, "approved the notice", notice.approved_at), released)
