"""Checkpoints for witnesses: once a day, each address outside the house is mailed the newest one to keep.

A checkpoint somebody else holds is what makes a later rewrite of the trail provable; what stays in the house proves nothing against
the house. It counts as held outside when a real mail server has accepted the mail, never when the file mailbox has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.alerts import operations
from dpa.alerts.messages import Message, check_address
from dpa.alerts.models import OutboxMessage
from dpa.alerts.rules import Category
from dpa.evidence import checking
from dpa.evidence.trail import anchoring, checkpoints
from dpa.evidence.trail.checkpoints import Signer
from dpa.evidence.trail.models import TrailCheckpoint, TrailWitness
from dpa.people import queries as people
from dpa.people.models import Organisation
from dpa.problems import Invalid
from dpa.slice import Tick
from dpa.unit import Unit
from dpa.web import words

ACTOR = "system:alerts"
log = structlog.get_logger()
EVERY = timedelta(hours=24)
"""How often a witness is mailed, counted from the moment they were named."""
LOOK_SECONDS = 300.0
MAIL = "alerts/checkpoint"
ABOUT = "trail_checkpoint"
"""What these messages are about: the number of the subject is the checkpoint's size."""
BEGIN, END = "----- BEGIN CHECKPOINT -----", "----- END CHECKPOINT -----"


def mail_witnesses(tick: Tick) -> str:
    """Take a checkpoint and mail it to every witness whose day has begun; returns a summary.

    A witness's days are numbered from when they were named, and the number is part of the message's key: each day has one mail,
    whatever restarts, second workers or a clock set back do. Raises `CheckpointRefused` when the trail contradicts what was signed.
    """
    due = _due(tick)
    if not due:
        return ""
    signer = checkpoints.signer_for(tick.settings)
    with checking.told(tick.session, tick.settings, lambda: tick.begin(ACTOR)), tick.begin(ACTOR) as unit:
        checkpoint = checkpoints.take(unit, signer, "daily")
        letters = [_message(unit.session, checkpoint, signer, one) for one in due]
        stored = operations.enqueue_many(unit, [letter for letter in letters if _can_be_mailed(letter)])
    return f"checkpoint of {words.plural(checkpoint.size, 'event')} mailed to {words.plural(len(stored), 'witness', 'witnesses')}"


def _can_be_mailed(letter: Message) -> bool:
    """Tell whether mail can go to this address; one that cannot, named before addresses were checked, must not stop the others."""
    try:
        check_address(letter.to_address)
    except Invalid:
        log.warning("witness_has_no_usable_address", organisation=letter.organisation_id)
        return False
    return True


def hold_outside(unit: Unit, row: OutboxMessage) -> None:
    """Note that a witness holds a checkpoint from now on; called when a mail is accepted, and harmless to repeat."""
    if row.about_type != ABOUT or row.about_id is None or not unit.settings.smtp_url:
        return
    anchoring.hold(unit, row.about_id, "witness", f"message:{row.id}", f"{row.to_name} <{row.to_address}>")


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
        .where(TrailWitness.removed_at.is_(None), TrailWitness.added_at <= tick.now)
        .order_by(TrailWitness.id)
    ).all()
    found = [_Due(witness, name, zone, f"checkpoint:w{witness.id}:{(tick.now - witness.added_at) // EVERY}") for witness, name, zone in rows]
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
