"""What a customer's pages show, put together from reads; templates decide nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from dpa.breaches import channels, notices
from dpa.breaches.channels import Channel
from dpa.breaches.models import Delivery, Notice, Question
from dpa.breaches.phases import MEANINGS, TITLES, Phase
from dpa.breaches.rules import unsaid
from dpa.docket import presenting
from dpa.docket.explaining import Explanation
from dpa.docket.models import DocketEntry
from dpa.evidence.register import queries as register
from dpa.evidence.register.models import IssuedDocument
from dpa.portal import queries
from dpa.portal.queries import Given, Holder, Promise
from dpa.web import filters, words
from dpa.web.clock_strip import Clock
from dpa.web.words import instant_text

INITIAL = "What is known first. More follows in phases, as Art. 33(4) GDPR allows."
BY_MAIL = "E-mail, accepted by your mail server"
DRAWN = frozenset({"open", "paused", "met"})
"""States of a clock that can be drawn; one that was waived runs to nowhere."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands before the notices are opened: who, to whom, how many. Nothing of what happened."""

    notices: int
    unread: int
    newest_at: datetime | None


def cover(session: Session, found: Holder) -> Cover:
    """Return the cover of a customer's notices."""
    released = queries.released(session, found.breach.id)
    return Cover(len(released), queries.unread(session, found.row.id), released[0].released_at if released else None)


@dataclass(frozen=True, slots=True)
class Paper:
    """The sealed document of a phase."""

    id: int
    reference: str
    size: str | None
    """Of the file to be downloaded; none before it is issued."""


@dataclass(frozen=True, slots=True)
class PhaseShown:
    """One released phase as the customer reads it."""

    anchor: str
    title: str
    meaning: str
    released_at: datetime
    matters: tuple[tuple[str, str], ...]
    """Heading and text of each matter of Art. 33(3), and of what is still open."""
    late_reason: str
    badge: tuple[str, str, str] | None
    """Words, tint and icon of where it stands; none when it was not given to this customer on its own."""
    facts: tuple[Mapping[str, Any], ...]
    paper: Paper | None


@dataclass(frozen=True, slots=True)
class Word:
    """When the next word comes, as a banner."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class NoticesView:
    """Everything a customer's page shows."""

    unread: int
    """Phases that were given and never opened; they are not among those shown."""
    to_confirm: int
    """Phases that were given and are not confirmed."""
    phases: tuple[PhaseShown, ...]
    word: Word | None
    facts: tuple[Mapping[str, Any], ...]
    clock: Clock | None
    why: Explanation
    questions: Sequence[Question]
    expires_at: datetime


def view(session: Session, found: Holder, token: str, now: datetime) -> NoticesView:
    """Return the page of a customer as of `now`; the number of statements does not depend on how much there is."""
    promise = queries.promise(session, found)
    released = queries.released(session, found.breach.id)
    by_phase: dict[int, list[Given]] = {}
    for one in queries.deliveries(session, found.row.id):
        by_phase.setdefault(one.delivery.notice_id, []).append(one)
    given = {phase: [one.delivery for one in some if one.delivery.given_at] for phase, some in by_phase.items()}
    unread = {phase for phase, some in given.items() if some and not any(one.read_at for one in some)}
    shown = [notice for notice in released if notice.id not in unread]
    return NoticesView(
        unread=len(unread),
        to_confirm=sum(bool(some) and not any(one.acknowledged_at for one in some) for some in given.values()),
        phases=tuple(_phase(notice, by_phase.get(notice.id, []), found.breach.zone) for notice in shown),
        word=_word(shown[0], found.breach.zone, now) if shown else None,
        facts=_facts(found, promise),
        clock=_clock(promise.entry, now),
        why=presenting.explanation(promise.entry),
        questions=queries.questions(session, found.row.id),
        expires_at=queries.expires_at(session, token),
    )


def _phase(notice: Notice, given: Sequence[Given], zone: str) -> PhaseShown:
    assert notice.released_at is not None, "only released phases are shown"
    paper = _paper([one.paper for one in given if one.paper is not None])
    return PhaseShown(
        anchor=f"phase-{notice.number}",
        title=TITLES[notice.phase],
        meaning=MEANINGS.get(notice.phase, INITIAL),
        released_at=notice.released_at,
        matters=_matters(notice),
        late_reason=notice.late_reason,
        badge=_badge([one.delivery for one in given]),
        facts=(*_life(notice, [one.delivery for one in given], zone), *_paper_fact(paper)),
        paper=paper,
    )


def _matters(notice: Notice) -> tuple[tuple[str, str], ...]:
    """Return the same words as the mail: what is not known is said, never left out (Art. 33(4))."""
    draft, missing = notices.draft_of(notice), unsaid(final=notice.phase is Phase.FINAL)
    return (
        ("What happened", draft.nature),
        ("Likely consequences", draft.consequences or missing),
        ("Measures taken or proposed", draft.measures or missing),
        ("What is still open", notices.still_open(notice)),
        ("Contact for questions, reachable now", draft.contact),
    )


def _badge(given: Sequence[Delivery]) -> tuple[str, str, str] | None:
    if any(one.acknowledged_at for one in given):
        return "confirmed", "met", "circle-check"
    if any(one.given_at for one in given):
        return "not confirmed yet", "soon", "hourglass"
    return ("on its way to you", "running", "send") if given else None


def _life(notice: Notice, given: Sequence[Delivery], zone: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = [{"label": "Released", "value": filters.instant(notice.released_at, zone)}]
    found += [
        {
            "label": "Given to you", "value": filters.instant(one.given_at, zone),
            "hint": BY_MAIL if one.channel is Channel.EMAIL else channels.TITLES[one.channel],
        }
        for one in given if one.given_at
    ]  # fmt: skip
    if read := min((one.read_at for one in given if one.read_at), default=None):
        found.append({"label": "First opened here", "value": filters.instant(read, zone)})
    done = next((one for one in given if one.acknowledged_at), None)
    if done is not None:
        hint = "" if done.acknowledged_how == "link" else f", told by {done.acknowledged_how}"
        found.append({"label": "Confirmed", "value": filters.instant(done.acknowledged_at, zone), "hint": f"by {done.acknowledged_by}{hint}"})
    if notice.next_word_at is not None:
        found.append({"label": "Next word announced for", "value": filters.instant(notice.next_word_at, zone)})
    return found


def _paper(papers: Sequence[IssuedDocument]) -> Paper | None:
    if not papers:
        return None
    newest = papers[-1]
    file = register.newest_file(newest)
    return Paper(newest.id, newest.reference, words.file_size(file.size) if file else None)


def _paper_fact(paper: Paper | None) -> list[Mapping[str, Any]]:
    if paper is None:
        return []
    hint = f"PDF, {paper.size}" if paper.size else "is being made; it stands here in a few minutes"
    return [{"label": "Sealed document", "value": paper.reference, "hint": hint}]


def _word(newest: Notice, zone: str, now: datetime) -> Word:
    if newest.phase is Phase.FINAL:
        return Word("met", "This was the final notice. No further word follows unless something new comes up.")
    if newest.next_word_at is None and notices.still_open(newest) == notices.NOTHING_NAMED:
        return Word("running", "No further word is announced. Should something new come up, it follows here.")
    if newest.next_word_at is None:
        return Word("running", "Further information follows without undue delay.")
    at = instant_text(newest.next_word_at, zone)
    if newest.next_word_at < now:
        return Word("late", f"The next word was announced for {at} and has not come yet.")
    return Word("running", f"The next word comes by {at}.")


def _facts(found: Holder, promise: Promise) -> tuple[Mapping[str, Any], ...]:
    row, breach, entry = found.row, found.breach, promise.entry
    zone, due = breach.zone, entry.due_at or entry.target_at
    origin = presenting.ORIGINS.get(entry.origin, ("", entry.origin))[1]
    later = row.aware_at != breach.aware_at
    facts: list[Mapping[str, Any]] = [
        {"label": "Agreement", "value": promise.agreement.reference, "hint": promise.agreement.template},
        {"label": "Promise", "value": row.promise, "hint": f"by {origin}" if origin else None},
        {"label": "First noticed", "value": filters.instant(breach.detected_at, zone)},
        {
            "label": "Aware since", "value": filters.instant(row.aware_at, zone),
            "hint": f"that you are affected; of the incident since {instant_text(breach.aware_at, zone)}" if later else None,
        },
        {"label": "Promised by" if entry.due_at else "House target", "value": filters.instant(due, entry.zone)},
        {"label": "You were told", "value": filters.instant(row.sent_at, zone), "hint": words.lateness(due, row.sent_at) if row.sent_at else None},
    ]  # fmt: skip
    if row.late_reason:
        facts.append({"label": "Why it came late", "value": row.late_reason})
    return tuple(facts)


def _clock(entry: DocketEntry, now: datetime) -> Clock | None:
    if entry.state not in DRAWN:
        return None
    state = presenting.row(entry, now, organisation="", owner=None, explained=False).state
    # The house's own earlier target is its own affair; the customer was promised the other one.
    return Clock(entry.started_at, entry.due_at or entry.target_at, entry.zone, state, start_word="aware", met_at=entry.met_at)
