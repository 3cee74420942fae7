"""What a customer's pages show, put together from reads; templates decide nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from dpa.agreements.terms.words import Event
from dpa.breaches import awareness, channels, late, notices
from dpa.breaches.case_clocks import state_of
from dpa.breaches.channels import Channel
from dpa.breaches.corrected import Corrected, of_entry
from dpa.breaches.counting import starts_of
from dpa.breaches.models import Affected, Delivery, Notice, Question
from dpa.breaches.phases import Phase, telling
from dpa.breaches.told_clock import ToldClock, told_clock
from dpa.breaches.told_severity import severity_rows
from dpa.breaches.versions import draft_of, part_rows, told_part
from dpa.docket import presenting
from dpa.docket.explaining import Explanation
from dpa.docket.models import DocketEntry
from dpa.evidence.register import queries as register
from dpa.evidence.register.models import IssuedDocument
from dpa.languages import Language, Wording, offered
from dpa.portal import queries
from dpa.portal.queries import Given, Holder, Promise, ToHandOver
from dpa.web import words
from dpa.web.clock_strip import Clock

BY_MAIL = "E-mail, accepted by your mail server"
BY_MAILBOX = "E-mail, kept in the file mailbox; demonstration, nobody received it"
NOBODY_TOLD = "Demonstration: kept in the file mailbox, nobody was told"
DRAWN = frozenset({"open", "paused", "met"})
"""States of a clock that can be drawn; one that was waived runs to nowhere."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands before the notices are opened: who, to whom, how many. Nothing of what happened."""

    notices: int
    unread: int
    facts: tuple[Mapping[str, Any], ...]


def cover(session: Session, found: Holder) -> Cover:
    """Return the cover of a customer's notices."""
    released, say = queries.released(session, found.breach.id), found.say
    count, unread = len(released), queries.unread(session, found.row.id)
    opened = say("portal.not_opened") if unread == count else say("portal.some_not_opened", count=unread) if unread else say("portal.opened_before")
    facts = (
        {"label": say("portal.from"), "value": found.organisation}, {"label": say("portal.to"), "value": found.controller},
        {"label": say("portal.reference"), "value": found.breach.reference},
        {"label": say("portal.waiting"), "value": say.counted("portal.notices", count) if count else say("portal.nothing_released"), "hint": opened if count and queries.given_any(session, found.row.id) else None},
        {"label": say("portal.newest"), "value": when(released[0].released_at if released else None, found.breach.zone, say)},
    )  # fmt: skip
    return Cover(count, unread, facts)


def when(at: datetime | None, zone: str, say: Wording) -> Markup:
    """Return a <time> element with an instant in the customer's language; none becomes 'not yet'."""
    if at is None:
        return Markup("{}").format(say("portal.not_yet"))
    local = words.local_time(at, zone)
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), say.instant(at, zone))


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
    matters: tuple[notices.Told, ...]
    """Each matter of Art. 33(3), and what is still open."""
    text_tag: str
    """Language of the account, where it is another than the page's; empty otherwise."""
    foreign: str
    """The sentence that says so."""
    part: tuple[Mapping[str, Any], ...]
    """What the customer was told of its own part."""
    severity: tuple[Mapping[str, Any], ...]
    """The severity by ENISA's method, where the phase tells it."""
    late_reason: str
    badge: tuple[str, str, str] | None
    """Words, tint and icon of where it stands; none when it was not given to this customer on its own."""
    facts: tuple[Mapping[str, Any], ...]
    paper: Paper | None
    facts_note: str
    """What the file of facts is, with the newest phase that was given; empty with the others, which have none."""


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
    withdrawn: bool
    """Whether the newest of them took everything back: there was no breach."""
    lead: str
    """What it is about, from whom, to whom."""
    word: Word | None
    facts: tuple[Mapping[str, Any], ...]
    clock: Clock | None
    why: Explanation
    """How the instant that contract or law give was counted; nothing where they name no number."""
    questions: Sequence[Question]
    until: Markup
    """When the link ends."""


def view(session: Session, found: Holder, token: str, now: datetime) -> NoticesView:
    """Return the page of a customer as of `now`; the number of statements does not depend on how much there is."""
    promise = queries.promise(session, found)
    released = queries.released(session, found.breach.id)
    by_phase: dict[int, list[Given]] = {}
    for one in queries.deliveries(session, found.row.id):
        by_phase.setdefault(one.delivery.notice_id, []).append(one)
    papers = {} if all(notice.id in by_phase for notice in released) else queries.papers(session, found.row.id)
    given = {phase: [one.delivery for one in some if one.delivery.given_at] for phase, some in by_phase.items()}
    unread = {phase for phase, some in given.items() if some and not any(one.read_at for one in some)}
    shown = [notice for notice in released if notice.id not in unread]
    newest = next((notice.id for notice in released if given.get(notice.id)), None)
    told = told_clock(promise.entry)
    return NoticesView(
        unread=len(unread),
        to_confirm=sum(bool(some) and not any(one.acknowledged_at for one in some) for some in given.values()),
        phases=tuple(_phase(notice, by_phase.get(notice.id, []), papers.get(notice.id), found, newest=notice.id == newest) for notice in shown),
        withdrawn=bool(shown) and shown[0].withdraws,
        word=_word(shown[0], found, now) if shown else None,
        lead=_lead(released, found),
        facts=_facts(found, promise, told, withdrawn=bool(shown) and shown[0].withdraws),
        clock=_clock(promise.entry, told, now, found),
        why=told.why,
        questions=queries.questions(session, found.row.id),
        until=when(queries.expires_at(session, token), found.breach.zone, found.say),
    )


def _lead(released: Sequence[Notice], found: Holder) -> str:
    """Return the line under the heading; the incident's title stands in the house's language, and is left out of another one's page."""
    who = {"organisation": found.organisation, "controller": found.controller}
    if released and offered(released[0].language) is not found.say.language:
        return found.say("portal.lead_untitled", **who)
    return found.say("portal.lead", title=found.breach.title, **who)


def _phase(notice: Notice, given: Sequence[Given], by_hand: ToHandOver | None, found: Holder, *, newest: bool) -> PhaseShown:
    assert notice.released_at is not None, "only released phases are shown"
    say, paper = found.say, _paper([one.paper for one in (*given, by_hand) if one is not None and one.paper is not None])
    text = next((one for one in notice.texts if one.language == say.language.value), None)
    language = say.language if text else offered(notice.language) or Language.EN
    part = next((one.delivery.part for one in reversed(given) if one.delivery.part), by_hand.part if by_hand else "")
    return PhaseShown(
        anchor=f"phase-{notice.number}",
        title=say(f"phase.{telling(notice.phase, withdraws=notice.withdraws)}"),
        meaning=say(f"phase.{telling(notice.phase, withdraws=notice.withdraws)}_meaning"),
        released_at=notice.released_at,
        matters=notices.matters(draft_of(text or notice), notice.phase, say, withdraws=notice.withdraws),
        text_tag="" if language is say.language else language.tag,
        foreign="" if language is say.language else say("language.other", language=say(f"language.{language.value}")),
        part=tuple({"label": label, "value": said} for label, said in part_rows(told_part("" if notice.withdraws else part), say, final=notice.phase is Phase.FINAL)),
        severity=tuple({"label": label, "value": said} for label, said in severity_rows(notice.severity, say)),
        late_reason=notice.late_reason,
        badge=_badge([one.delivery for one in given], say),
        facts=(*_life(notice, [one.delivery for one in given], found), *_paper_fact(paper, say)),
        paper=paper,
        facts_note=say("portal.facts_note_withdrawal" if notice.withdraws else "portal.facts_note") if newest else "",
    )


def _badge(given: Sequence[Delivery], say: Wording) -> tuple[str, str, str] | None:
    if any(one.acknowledged_at for one in given):
        return say("portal.confirmed"), "met", "circle-check"
    if any(one.given_at for one in given):
        return say("portal.not_confirmed"), "soon", "hourglass"
    return (say("portal.on_its_way"), "running", "send") if given else None


def _life(notice: Notice, given: Sequence[Delivery], holder: Holder) -> list[Mapping[str, Any]]:
    say, zone = holder.say, holder.breach.zone
    found: list[Mapping[str, Any]] = [{"label": say("portal.released"), "value": when(notice.released_at, zone, say)}]
    found += [
        {
            "label": say("portal.given"), "value": when(one.given_at, zone, say),
            "hint": say.phrase(_way(one)),
        }
        for one in given if one.given_at
    ]  # fmt: skip
    if read := min((one.read_at for one in given if one.read_at), default=None):
        found.append({"label": say("portal.opened_here"), "value": when(read, zone, say)})
    done = next((one for one in given if one.acknowledged_at), None)
    if done is not None:
        told = {"name": done.acknowledged_by, "how": say.phrase(done.acknowledged_how)}
        hint = say("portal.confirmed_by", **told) if done.acknowledged_how == "link" else say("portal.confirmed_told", **told)
        found.append({"label": say("portal.confirmed_fact"), "value": when(done.acknowledged_at, zone, say), "hint": hint})
    if notice.next_word_at is not None:
        found.append({"label": say("portal.announced"), "value": when(notice.next_word_at, zone, say)})
    return found


def _way(one: Delivery) -> str:
    """Return which way a phase took, in English."""
    if one.channel is not Channel.EMAIL:
        return channels.TITLES[one.channel]
    return BY_MAILBOX if one.kept else BY_MAIL


def _paper(papers: Sequence[IssuedDocument]) -> Paper | None:
    if not papers:
        return None
    newest = papers[-1]
    file = register.newest_file(newest)
    return Paper(newest.id, newest.reference, words.file_size(file.size) if file else None)


def _paper_fact(paper: Paper | None, say: Wording) -> list[Mapping[str, Any]]:
    if paper is None:
        return []
    hint = say("portal.paper_ready", size=paper.size) if paper.size else say("portal.paper_making")
    return [{"label": say("portal.paper"), "value": paper.reference, "hint": hint}]


def _word(newest: Notice, found: Holder, now: datetime) -> Word:
    say = found.say
    if newest.withdraws:
        return Word("met", say("portal.word_withdrawal"))
    if newest.phase is Phase.FINAL:
        return Word("met", say("portal.word_final"))
    if newest.next_word_at is None and notices.names_nothing(draft_of(newest), newest.phase):
        return Word("running", say("portal.word_none"))
    if newest.next_word_at is None:
        return Word("running", say("portal.word_open"))
    at = say.instant(newest.next_word_at, found.breach.zone)
    if newest.next_word_at < now:
        return Word("late", say("portal.word_late", at=at))
    return Word("running", say("portal.word_next", at=at))


def _facts(found: Holder, promise: Promise, told: ToldClock, *, withdrawn: bool) -> tuple[Mapping[str, Any], ...]:
    row, breach, entry, say = found.row, found.breach, promise.entry, found.say
    zone, due = breach.zone, told.due_at
    # Where neither contract nor law name a number, whose word the house's own target rests on is no matter of the customer's.
    origin = say.phrase(presenting.ORIGINS.get(entry.origin, ("", entry.origin))[1]) if due else ""
    apart, anew = row.aware_at != breach.aware_at, of_entry(entry, starts_of(breach), row.aware_reason)
    facts: list[Mapping[str, Any]] = [
        {"label": say("portal.agreement"), "value": promise.agreement.reference, "hint": promise.agreement.template},
        {"label": say("portal.promise" if due else "paper.asked"), "value": say.promise(row.promise), "hint": say("portal.by", origin=origin) if origin else None},
        {"label": say("portal.noticed"), "value": when(breach.detected_at, zone, say)},
        {
            "label": say("paper.aware_withdrawal" if withdrawn else "portal.aware"), "value": when(row.aware_at, zone, say),
            "hint": notices.beside_awareness(say, say.instant(breach.aware_at, zone), own=bool(row.aware_reason)) if apart else None,
        },
        *({"label": say("mail.later"), "value": reason} for reason in [awareness.why_later(row.aware_reason, row.aware_at, breach.aware_at)] if reason),
        *({"label": say("portal.promised"), "value": when(at, entry.zone, say)} for at in [due] if at),
        {"label": say("portal.told"), "value": when(row.sent_at, zone, say), "hint": _told_hint(row, due, say, anew)},
    ]  # fmt: skip
    if row.late_reason:
        facts.append({"label": say("portal.late"), "value": row.late_reason})
    return tuple(facts)


def _told_hint(row: Affected, due: datetime | None, say: Wording, anew: Corrected | None) -> str | None:
    if row.sent_at is None:
        return None
    if row.kept:
        return say.phrase(NOBODY_TOLD)
    if due is None or anew is None:
        return say.lateness(due, row.sent_at) if due else None
    return say(
        "portal.told_corrected_noticed" if anew.noticed else "portal.told_corrected", held=say.lateness(due, row.sent_at), length=say.length(row.sent_at - anew.aware_at), anew=say.lateness(anew.due_at, row.sent_at)
    )


def _clock(entry: DocketEntry, told: ToldClock, now: datetime, found: Holder) -> Clock | None:
    say = found.say
    # What only the file mailbox kept told nobody, so the clock runs on here as it does on the house's own page.
    untold = late.untold(found.row, entry, late.until(found.breach, now))
    # A strip that ran from an awareness corrected to an earlier time since would show the customer as told early.
    if entry.state not in DRAWN or told.due_at is None or (not untold and of_entry(entry, starts_of(found.breach), found.row.aware_reason)):
        return None
    state = state_of(told.due_at, None, now) if untold else presenting.row(presenting.Shown.of(entry), now, organisation="", owner=None, explained=False).state
    return Clock(
        entry.started_at, told.due_at, entry.zone, state, start_word=say("strip.noticed" if entry.start_event == Event.DISCOVERY else "strip.aware"), met_at=None if untold else entry.met_at, language=say.language.value
    )
