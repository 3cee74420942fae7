"""Who is affected: each agreement gets its own clock; more may be named later, and a named person may decide that one is owed nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dpa.agreements import queries as agreements
from dpa.agreements.queries import AgreementRow
from dpa.breaches import awareness, queries
from dpa.breaches.clocks import Clock
from dpa.breaches.counting import clocks_of, starts_of
from dpa.breaches.enough import too_little
from dpa.breaches.events import Event
from dpa.breaches.models import Affected, Breach
from dpa.breaches.operations import following, naming
from dpa.breaches.operations.guards import must_be_open, one_at_a_time
from dpa.breaches.recounting import Fate
from dpa.breaches.rules import REASON_MIN, Selection
from dpa.columns import Base
from dpa.docket import operations as docket
from dpa.docket.models import DocketEntry
from dpa.docket.operations import Opening
from dpa.evidence import trail
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit

KIND = "breaches:notify"


def add_affected(
    unit: Unit, breach: Breach, agreement_ids: Sequence[int], selection: Selection, owner_id: int | None = None, *, aware_at: datetime | None = None,
    aware_reason: str = "",
) -> list[Affected]:
    """Name agreements an incident touches; each new one gets its clock from its own terms, counted from awareness.

    `aware_at` is a later awareness that just these customers are affected, when the investigation widens; none for the incident's.
    `aware_reason` says why it came later, and is told to these customers. Agreements already named keep the clock they have. Raises `Invalid` when nothing is chosen, when an agreement is not the organisation's own, when
    all of them were named before, or when the later awareness makes no sense.
    """
    must_be_open(breach)
    since = aware_at or breach.aware_at
    if errors := awareness.later_errors(breach.aware_at, since, aware_reason, unit.now):
        raise Invalid(next(iter(errors.values())), field=next(iter(errors)))
    present = queries.affected_ids(unit.session, breach.id)
    wanted = [agreement_id for agreement_id in dict.fromkeys(agreement_ids) if agreement_id not in present]
    if not wanted:
        raise Invalid("No further agreement was chosen; those named before keep their clocks.", field="selection")
    rows = agreements.by_ids(unit.session, breach.organisation_id, wanted)
    if len(rows) != len(wanted):
        raise Invalid("One of the agreements is not there any more; reload the page and choose again.", field="selection")
    clocks = clocks_of(unit.session, breach, wanted, starts_of(breach, since))
    chosen = [rows[agreement_id] for agreement_id in wanted if agreement_id in clocks]
    entries = docket.open_many(unit, [_opening(breach, row, clocks[row.id], owner_id) for row in chosen])
    why = aware_reason.strip() if since != breach.aware_at else ""
    affected = [_affected(unit, breach, row, clocks[row.id], entry, selection, since, why) for row, entry in zip(chosen, entries, strict=True)]
    unit.session.add_all(affected)
    unit.session.flush()
    if affected:
        naming.settle(unit, breach)
    trail.covering_many(
        unit, Event.AFFECTED, rows=affected, subject=("breach", breach.id), organisation_id=breach.organisation_id,
        data={
            "selection": selection.value.replace("_", " "), "clocks": len(entries), "not_applicable": len(wanted) - len(chosen),
            "aware_at": since.isoformat(),
        },
        personal={"reason": why} if why else None,
    )  # fmt: skip
    return affected


def recount(unit: Unit, breach: Breach, fates: Sequence[Fate], reason: str) -> list[Base]:
    """Count clocks anew by corrected times; returns the rows that changed, for the caller's event to cover. An awareness of a customer's own stays its own."""
    found = agreements.by_ids(unit.session, breach.organisation_id, [one.agreement_id for one in fates])
    changed: list[Base] = []
    for one in fates:
        assert one.clock is not None, "only what runs is counted anew"
        row = unit.session.get_one(Affected, one.affected_id)
        entry = unit.session.get_one(DocketEntry, row.docket_entry_id)
        opening = _opening(breach, found[one.agreement_id], one.clock, entry.owner_id)
        row.docket_entry_id, row.aware_at = docket.supersede(unit, entry, opening, reason).id, one.aware_at
        # The clause that governs may be another one now.
        row.promise = one.clock.promise
        changed.append(row)
    return changed


def follow(unit: Unit, fates: Sequence[Fate]) -> list[Base]:
    """Let customers be told the corrected awareness whose clocks are counted from something else, and stay; returns the rows, for the caller's event to cover."""
    changed: list[Base] = []
    for one in fates:
        row = unit.session.get_one(Affected, one.affected_id)
        row.aware_at = one.aware_at
        changed.append(row)
    return changed


def restart(unit: Unit, breach: Breach) -> list[Affected]:
    """Let the clocks run again that were waived only because the case ended as no breach, each from the awareness it had."""
    rows = queries.waived_with_the_case(unit.session, breach.id)
    found = agreements.by_ids(unit.session, breach.organisation_id, [row.agreement_id for row in rows])
    before = queries.entries(unit.session, [row.docket_entry_id for row in rows])
    openings, changed = [], []
    for since in sorted({row.aware_at for row in rows}):
        group = [row for row in rows if row.aware_at == since]
        clocks = clocks_of(unit.session, breach, [row.agreement_id for row in group], starts_of(breach, since))
        running = [row for row in group if row.agreement_id in clocks]
        openings += [_opening(breach, found[row.agreement_id], clocks[row.agreement_id], before[row.docket_entry_id].owner_id) for row in running]
        changed += running
    for row, entry in zip(changed, docket.open_many(unit, openings), strict=True):
        row.docket_entry_id = entry.id
    return changed


def owe_nothing(unit: Unit, breach: Breach, row: Affected, rationale: str) -> None:
    """Record the decision of whoever acts that no notice is owed to a customer, with the rationale; its clock is waived, not deleted.

    Raises `Conflict` when the customer was told already, or will be by what is on its way to it, `Invalid` without a rationale.
    """
    one_at_a_time(unit, breach)
    must_be_open(breach)
    if row.sent_at is not None:
        raise Conflict("The customer was told already; what was told can be corrected by a further notice.")
    if queries.letter_out(unit.session, row.id, unit.now):
        raise Conflict("A letter is on its way to the customer. Wait until it counts as received, or record first that it came back.")
    if queries.mail_out(unit.session, row.id):
        raise Conflict("A notice is on its way to the customer. Wait until the mail server took or refused it, or set the mail aside in the outbox first.")
    if short := too_little(rationale, REASON_MIN, "Say in a sentence why no notice is owed to this customer; a regulator may ask you."):
        raise Invalid(short, field="rationale")
    row.not_required, row.not_required_by, row.not_required_at = rationale.strip(), unit.actor, unit.now
    docket.waive(unit, unit.session.get_one(DocketEntry, row.docket_entry_id), rationale)
    unit.session.flush()
    trail.record(
        unit, Event.NOT_REQUIRED, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[row],
        data={"agreement": row.agreement_id}, personal={"rationale": row.not_required},
    )  # fmt: skip
    following.settle_acknowledgements(unit, breach)


def _opening(breach: Breach, row: AgreementRow, clock: Clock, owner_id: int | None) -> Opening:
    title = f"Notify {row.controller} of breach {breach.reference}"
    return Opening(
        kind=KIND, organisation_id=breach.organisation_id, subject=("breach", breach.id), subject_label=breach.reference,
        title=f"Exercise: {title}" if breach.drill else title, basis=clock.basis, origin=clock.origin, target=clock.target, latest=clock.latest,
        started_at=clock.started_at, start_event=clock.start_event, agreement_id=row.id, controller_id=row.controller_id, owner_id=owner_id, terms_version=clock.terms_version,
    )  # fmt: skip


def _affected(
    unit: Unit, breach: Breach, row: AgreementRow, clock: Clock, entry: DocketEntry, selection: Selection, since: datetime, why: str
) -> Affected:
    return Affected(
        breach_id=breach.id, agreement_id=row.id, controller_id=row.controller_id, docket_entry_id=entry.id, selection=selection,
        promise=clock.promise, added_at=unit.now, aware_at=since, aware_reason=why,
    )  # fmt: skip
