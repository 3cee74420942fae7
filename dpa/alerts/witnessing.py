"""Checkpoints for witnesses: once a day, each address outside the house is mailed the newest one to keep.

A checkpoint somebody else holds is what makes a later rewrite of the trail provable; what stays in the house proves nothing against
the house. It counts as held outside when a real mail server has accepted the mail, never when the file mailbox has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dpa.alerts import operations
from dpa.alerts.messages import Message, check_address
from dpa.alerts.models import DeliveryEvent, OutboxMessage
from dpa.alerts.rules import Category
from dpa.config import Settings
from dpa.evidence import checking
from dpa.evidence.trail import anchoring, checkpoints, witnesses
from dpa.evidence.trail.checkpoints import Signer
from dpa.evidence.trail.models import TrailCheckpoint, TrailWitness
from dpa.people import queries as people
from dpa.people.models import Organisation
from dpa.problems import Invalid
from dpa.slice import Tick
from dpa.unit import Unit
from dpa.web import words

ACTOR = "system:alerts"
EVERY = timedelta(hours=24)
"""How often a witness is mailed, counted from the moment they were named."""
LOOK_SECONDS = 300.0
MAIL = "alerts/checkpoint"
ABOUT = "trail_checkpoint"
"""What these messages are about: the number of the subject is the checkpoint's size."""
KEY = "checkpoint:w"
"""How the dedupe key of such a mail begins; the witness's number and the day follow."""
ERASED = "[erased: the witness was removed]"
BEGIN, END = "----- BEGIN CHECKPOINT -----", "----- END CHECKPOINT -----"


def mail_witnesses(tick: Tick) -> str:
    """Take a checkpoint and mail it to every witness whose day has begun; returns a summary.

    A witness's days are numbered from when they were named, and the number is part of the message's key: each day has one mail,
    whatever restarts, second workers or a clock set back do. Raises `CheckpointRefused` when the trail contradicts what was signed.
    """
    _judge(tick)
    due = _due(tick)
    if not due:
        return ""
    signer = checkpoints.signer_for(tick.settings)
    with checking.told(tick.session, tick.settings, lambda: tick.begin(ACTOR)), tick.begin(ACTOR) as unit:
        checkpoint = checkpoints.take(unit, signer, "daily")
        stored = operations.enqueue_many(unit, [_message(unit.session, checkpoint, signer, one) for one in due])
    return f"checkpoint of {words.plural(checkpoint.size, 'event')} mailed to {words.plural(len(stored), 'witness', 'witnesses')}"


def _judge(tick: Tick) -> None:
    """Look whether mail may still go to each address: one named before addresses were checked, or that has come to lie inside the house,
    must neither stop the others nor be passed over in silence."""
    rows = tick.session.scalars(select(TrailWitness).where(TrailWitness.removed_at.is_(None)).order_by(TrailWitness.id)).all()
    found = {row.id: _trouble(tick.session, tick.settings, row.address) for row in rows}
    changed = [row.id for row in rows if row.trouble != found[row.id]]
    if changed:
        with tick.begin(ACTOR) as unit:
            for number in changed:
                witnesses.judge(unit, unit.session.get_one(TrailWitness, number), found[number])


def _trouble(session: Session, settings: Settings, address: str) -> witnesses.Trouble | None:
    try:
        check_address(address)
    except Invalid:
        return witnesses.Trouble.UNUSABLE
    return witnesses.trouble(session, settings, address)


def hold_outside(unit: Unit, rows: Sequence[OutboxMessage]) -> None:
    """Note that witnesses hold a checkpoint from now on; called when mails are accepted, and harmless to repeat."""
    for row in rows:
        _hold_outside(unit, row)


def _hold_outside(unit: Unit, row: OutboxMessage) -> None:
    if row.about_type != ABOUT or row.about_id is None or not unit.settings.smtp_url:
        return
    if row.to_address and witnesses.inside(unit.session, unit.settings, row.to_address):
        return  # It has come to lie inside since it was mailed.
    anchoring.hold(unit, row.about_id, "witness", f"message:{row.id}", f"witness:{_witness_of(row)}")


def forget(unit: Unit, witness_id: int) -> None:
    """Mail a removed witness nothing that waits, and erase name, address and words from what was mailed; called when one is removed."""
    theirs = OutboxMessage.dedupe_key.startswith(f"{KEY}{witness_id}:", autoescape=True)
    operations.cancel_for_witness(unit, witness_id, theirs)
    unit.session.execute(
        update(DeliveryEvent).where(DeliveryEvent.outbox_id.in_(select(OutboxMessage.id).where(theirs)), DeliveryEvent.reply_text != "")
        .values(reply_text=ERASED).execution_options(synchronize_session=False)
    )
    unit.session.execute(
        update(OutboxMessage).where(theirs)
        .values(to_address="", to_name=witnesses.FORMER, body_text=ERASED, body_html=ERASED, last_error=None).execution_options(synchronize_session=False)
    )


def _witness_of(row: OutboxMessage) -> int:
    return int(row.dedupe_key.removeprefix(KEY).partition(":")[0])


@dataclass(frozen=True, slots=True)
class _Due:
    """A witness to be mailed, and the key of this day's mail."""

    witness: TrailWitness
    organisation: str
    zone: str
    key: str


def _due(tick: Tick) -> list[_Due]:
    rows = tick.session.execute(
        select(TrailWitness, Organisation.name, Organisation.zone)
        .join(Organisation, Organisation.id == TrailWitness.organisation_id)
        .where(TrailWitness.removed_at.is_(None), TrailWitness.trouble.is_(None), TrailWitness.added_at <= tick.now)
        .order_by(TrailWitness.id)
    ).all()
    found = [_Due(witness, name, zone, f"{KEY}{witness.id}:{(tick.now - witness.added_at) // EVERY}") for witness, name, zone in rows]
    known = operations.stored(tick.session, [one.key for one in found])
    fresh = [one for one in found if one.key not in known]
    for one in fresh:
        tick.session.expunge(one.witness)  # The unit that follows expires what it did not load itself.
    return fresh


def _message(session: Session, checkpoint: TrailCheckpoint, signer: Signer, due: _Due) -> Message:
    witness = due.witness
    answering: Sequence[people.Member] = people.members(session, witness.organisation_id, "trail.witness")
    return Message(
        mail=MAIL, organisation_id=witness.organisation_id, to_address=witness.address, to_name=witness.name, dedupe_key=due.key,
        category=Category.WITNESS, about=(ABOUT, checkpoint.size), from_name=due.organisation,
        reply_to=answering[0].email if answering else None,
        context={
            "organisation": due.organisation, "size": f"{checkpoint.size:,}", "at": words.instant_text(checkpoint.at, due.zone),
            "day": _day(checkpoint.at, due.zone), "note": checkpoint.note.strip(), "begin": BEGIN, "end": END, "vkey": signer.vkey,
            "named_on": _day(witness.added_at, due.zone),
        },
    )


def _day(at: datetime, zone: str) -> str:
    return words.day(words.local_time(at, zone).date())
