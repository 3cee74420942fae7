"""Mailing what somebody must look at, once per key, to the people who can act on it.

The slices say what is so (`dpa.slice.Concern`); the pages show it while it is so, and this job mails it. Whoever gains the
permission while the concern lasts is mailed, too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from dpa.alerts import operations
from dpa.alerts.events import Event
from dpa.alerts.messages import Message
from dpa.evidence import trail
from dpa.people import queries as people
from dpa.people.queries import Holder
from dpa.slice import Concern, ConcernSource, Tick
from dpa.unit import Unit
from dpa.web import words

ACTOR = "system:alerts"
EVERY_SECONDS = 60.0
MAIL = "alerts/concern"
KIND_WORDS = {"late": "Problem", "soon": "Warning"}
_sources: list[ConcernSource] = []


def register(*sources: ConcernSource) -> None:
    """Add sources of concerns; `dpa.slices` does so for every slice."""
    _sources.extend(source for source in sources if source not in _sources)


def tell(tick: Tick) -> str:
    """Mail the concerns that are due and have not been mailed to somebody who can act; returns a summary.

    While nothing is wrong this reads only what the sources read, and writes nothing.
    """
    concerns = [concern for source in _sources for concern in source(tick.session, tick.now, tick.settings)]
    letters = [letter for concern in concerns if _is_due(concern, tick) for letter in _letters(tick, concern)]
    if not letters:
        return ""
    known = operations.stored(tick.session, [letter.message.dedupe_key for letter in letters])
    fresh = [letter for letter in letters if letter.message.dedupe_key not in known]
    if not fresh:
        return ""
    with tick.begin(ACTOR) as unit:
        _send(unit, fresh)
    return f"{words.plural(len(fresh), 'mail')} about concerns"


@dataclass(frozen=True, slots=True)
class _Letter:
    """One mail about one concern."""

    concern: Concern
    message: Message


def _is_due(concern: Concern, tick: Tick) -> bool:
    return concern.mail_after is not None and concern.mail_after <= tick.now


def _letters(tick: Tick, concern: Concern) -> list[_Letter]:
    holders = people.holders(tick.session, concern.permission, concern.organisation_id)
    return [_Letter(concern, _message(concern, holder)) for holder in holders]


def _message(concern: Concern, holder: Holder) -> Message:
    """Return the mail to one person. It belongs to an organisation of theirs even when the concern is the installation's:
    mail of no organisation would be nobody's to put right when it cannot be delivered."""
    person = holder.member
    return Message(
        mail=MAIL, organisation_id=holder.organisation_id, to_address=person.email, to_name=person.name, person_id=person.person_id,
        dedupe_key=f"concern:{concern.key}:p{person.person_id}",
        context={
            "kind_word": KIND_WORDS[concern.kind], "text": concern.text, "advice": concern.advice, "path": concern.path,
            "link_text": concern.link_text, "organisation": holder.organisation,
            "since": words.instant_text(concern.since, holder.zone) if concern.since else None,
        },
    )


def _send(unit: Unit, letters: list[_Letter]) -> None:
    operations.enqueue_many(unit, [letter.message for letter in letters])
    counts = Counter((letter.concern.key, letter.concern.organisation_id) for letter in letters)
    for (key, organisation_id), count in counts.items():
        trail.record(unit, Event.CONCERN_TOLD, subject=("organisation", organisation_id or 0), organisation_id=organisation_id,
                     data={"concern": key, "count": count})
