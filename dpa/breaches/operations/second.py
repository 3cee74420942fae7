"""Asking for the second person, telling whoever wrote the text what came of it, and telling of a release without one. The mails say where to act; what the notice says stays in the product."""

from __future__ import annotations

from dpa.alerts import operations as outbox
from dpa.alerts.messages import Message
from dpa.breaches import repeated, rules
from dpa.breaches.models import Breach, Notice
from dpa.breaches.operations.settings import settings_of
from dpa.breaches.versions import draft_of
from dpa.evidence.trail import registry, sentences
from dpa.people import queries as people
from dpa.people.models import Organisation
from dpa.people.queries import Member
from dpa.unit import Unit

APPROVAL, ALONE = "breaches/approval", "breaches/alone"
APPROVED, SENT_BACK, RELEASED = "breaches/approved", "breaches/sent_back", "breaches/released"
"""What whoever wrote a text hears of it."""
APPROVE, ADMINISTER, WRITE = "breaches.release", "organisation.manage", "breaches.record"


def asked(unit: Unit, breach: Breach) -> bool:
    """Tell whether the house asks for a second person; in an exercise nobody does."""
    return not breach.drill and settings_of(unit.session, breach.organisation_id).four_eyes


def ask(unit: Unit, breach: Breach, notice: Notice, *, anew: bool) -> int:
    """Mail everybody who may approve a text that is ready and did not write it, once; `anew` when a change ended an approval. Returns how many mails.

    Nobody is asked in an exercise, where the house asks for no second person, and while the text could not be released.
    """
    if not asked(unit, breach) or rules.draft_errors(draft_of(notice)) or repeated.errors(unit.session, breach, notice):
        return 0
    key = f"approval:{notice.id}" + (f":{unit.now:%Y%m%d%H%M%S}" if anew else "")
    others = [one for one in people.members(unit.session, breach.organisation_id, APPROVE) if f"u:{one.person_id}" != notice.drafted_by]
    return _mail(unit, breach, others, APPROVAL, key, f"/breaches/{breach.id}/release")


def answer(unit: Unit, breach: Breach, notice: Notice, mail: str) -> int:
    """Mail whoever wrote the text last what a colleague did with it: approved it, sent it back, or released it. Returns how many mails.

    Nobody is told of their own act, nor where the house asks for no second person. The link leads where that person may go on.
    """
    if not asked(unit, breach) or notice.drafted_by == unit.actor:
        return 0
    writers = [one for one in people.members(unit.session, breach.organisation_id, WRITE) if f"u:{one.person_id}" == notice.drafted_by]
    releases = any(f"u:{one.person_id}" == notice.drafted_by for one in people.members(unit.session, breach.organisation_id, APPROVE))
    case = f"/breaches/{breach.id}"
    path = {APPROVED: f"{case}/release" if releases else case, SENT_BACK: f"{case}/notice"}.get(mail, case)
    return _mail(unit, breach, writers, mail, f"{mail.rpartition('/')[2]}:{notice.id}:{unit.now:%Y%m%d%H%M%S}", path)


def tell_alone(unit: Unit, breach: Breach, notice: Notice) -> int:
    """Mail those who could have been the second person, and those who administer the organisation, of a release without one; returns how many."""
    found = {one.person_id: one for permission in (APPROVE, ADMINISTER) for one in people.members(unit.session, breach.organisation_id, permission)}
    others = [one for key, one in sorted(found.items()) if f"u:{key}" != unit.actor]
    return _mail(unit, breach, others, ALONE, f"alone:{notice.id}", f"/breaches/{breach.id}")


def _mail(unit: Unit, breach: Breach, to: list[Member], mail: str, key: str, path: str) -> int:
    house = unit.session.get_one(Organisation, breach.organisation_id)
    names = registry.names_of(unit.session, {sentences.actor_reference(unit.actor)})
    stored = outbox.enqueue_many(unit, [
        Message(
            mail=mail, organisation_id=breach.organisation_id, to_address=one.email, to_name=one.name, person_id=one.person_id,
            dedupe_key=f"{key}:p{one.person_id}", about=("breach", breach.id),
            context={"reference": breach.reference, "organisation": house.name, "writer": sentences.actor_name(unit.actor, names), "path": path},
        )
        for one in to
    ])  # fmt: skip
    return len(stored)
