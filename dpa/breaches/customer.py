"""What the page of one customer in a case shows: its clock, what was given and what came back, what may be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.alerts import refusals
from dpa.alerts.presenting import EVENTS
from dpa.alerts.rules import State as MailState
from dpa.breaches import case_queries, channels, counting, late, papers, phases, queries
from dpa.breaches.agreed import Counted, Ways, caveat
from dpa.breaches.case_clocks import state_of
from dpa.breaches.case_queries import Given, LinkCount, Place
from dpa.breaches.case_rows import HEARD_WORDS, kept_words
from dpa.breaches.channels import Channel
from dpa.breaches.closing import CaseState
from dpa.breaches.corrected import Corrected, of_entry
from dpa.breaches.models import Affected, Breach, Question
from dpa.breaches.operations.settings import USUAL_HOURS, settings_of
from dpa.breaches.papers import Ordered
from dpa.docket import kinds
from dpa.docket.explaining import Explanation
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import ORIGINS, explanation
from dpa.evidence.trail import registry, sentences
from dpa.parties import queries as parties
from dpa.people.models import Organisation
from dpa.web.words import instant_text, plural

BY_LINK = "link"
FAILED = frozenset({MailState.DEAD, MailState.CANCELLED})


@dataclass(frozen=True, slots=True)
class CustomerClock:
    """The customer's clock, as components draw one."""

    started_at: datetime
    due_at: datetime
    target_at: datetime | None
    met_at: datetime | None
    paused_at: datetime | None
    zone: str
    state: str
    start_word: str = "aware"


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One phase given, or being given, to the customer."""

    id: int
    under_way: bool
    """Whether a person handed it over and it does not count as received yet."""
    may_settle: bool
    """Whether somebody may say that it was received, or that it came back."""
    returned: bool
    """Whether it came back undelivered."""
    title: str
    channel: str
    by_hand: bool
    given_at: datetime | None
    effective_at: datetime | None
    """When it counts as received, where that is another moment than it was given."""
    words: str
    """What came back: the server's answer, or the proof."""
    detail: str
    tint: str
    symbol: str
    outbox_id: int | None
    document_id: int | None
    document: str
    read_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    acknowledged_how: str


@dataclass(frozen=True, slots=True)
class PaperLine:
    """The sealed document of a released phase, to be handed over."""

    title: str
    document_id: int
    number: str
    ready: bool
    """Whether it is sealed, and not being made still."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to try next for a customer who stays silent."""

    channel: Channel
    title: str
    why: str
    urgent: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with who answered it."""

    question: Question
    answered_by: str


@dataclass(frozen=True, slots=True)
class May:
    """What fits the customer's state now; who may do it is the view's to say."""

    hand_over: bool = False
    acknowledge: bool = False
    explain: bool = False
    owe_nothing: bool = False
    make_link: bool = False
    revoke: bool = False


@dataclass(frozen=True, slots=True)
class CustomerView:
    """Everything the page shows."""

    place: Place
    clock: CustomerClock
    status: str
    """State of the clock: open, paused, met, waived or superseded."""
    words: str
    """Where the customer stands, in a few words."""
    tint: str
    caveat: str
    """What must be said of the way in which it was first told; empty for nothing."""
    origin: str
    why: Explanation
    deliveries: tuple[DeliveryLine, ...]
    papers: tuple[PaperLine, ...]
    """Documents that nobody gave the customer yet, and no mail carries."""
    unmade: bool
    """Whether a released notice is owed to it and was never released for it, so that there is no document to be handed over."""
    questions: tuple[Answered, ...]
    links: LinkCount
    proposal: Proposal | None
    unreachable: bool
    """Whether nothing was given in writing yet and no contact of the customer can be written to."""
    heard_only: bool
    """Whether it heard of the newest notice before there was a text, and has not got the text since."""
    refused: tuple[str, ...]
    """Addresses of its contacts for notices that refused the newest mail sent there, whatever it was about."""
    may: May
    late: bool
    kept_at: datetime | None
    """When the file mailbox met the clock in a real case, so that nobody was told and its time runs on; none otherwise."""
    corrected: Corrected | None
    """What is counted from an awareness that was corrected to an earlier time after the clock was met; none for nothing."""
    late_reason_by: str
    not_required_by: str
    ways: Ways
    """What its agreement says of ways of giving notice."""


def view(session: Session, breach: Breach, affected_id: int, now: datetime) -> CustomerView:
    """Return the page's content as of `now`; raises `NotFound` for customers of other cases."""
    place = case_queries.place(session, breach.id, affected_id)
    sent = case_queries.deliveries(session, affected_id)
    given = [one for one in sent if not one.delivery.returned]
    asked = case_queries.questions_of(session, affected_id)
    links = case_queries.links_of(session, affected_id, now)
    row, entry = place.row, place.entry
    people = [row.late_reason_by, row.not_required_by, *(one.answered_by for one in asked)]
    names = registry.names_of(session, {sentences.actor_reference(actor) for actor in people if actor})

    def who(actor: str | None) -> str:
        return sentences.actor_name(actor, names) if actor else ""

    until = late.until(breach, now)
    untold = late.untold(row, entry, until)
    anew = None if untold else of_entry(entry, counting.starts_of(breach), row.aware_reason)
    is_late = _late(entry, now) or (anew is not None and anew.late) or (untold and until is not None and (entry.due_at or entry.target_at) < until)
    clock = _clock(entry, now, untold=untold)
    if is_late and entry.met_at is not None:
        clock = replace(clock, state="late")
    words, tint = _standing(entry, given, clock, now) if given or not sent else ("came back undelivered", "late")
    if untold and is_late and given and given[-1].delivery.kept:
        words, tint = "missed, only in the file mailbox", "late"
    may = _may(breach, place, given, links, is_late)
    waiting, unmade = _to_hand_over(session, row, sent) if may.hand_over else ((), False)
    ways = counting.ways_of(session, breach, row, now)
    heard, unreachable = _heard_only(breach, given), _unreachable(session, breach, row, given)
    if heard:
        words, tint = HEARD_WORDS[:2]
    return CustomerView(
        place=place, clock=clock, status=entry.state, words=words, tint=tint,
        caveat=_caveat(session, breach, place, sent), origin=ORIGINS.get(entry.origin, ("decision", ""))[0],
        why=explanation(entry), deliveries=tuple(_line(one, breach, now) for one in sent), papers=waiting, unmade=unmade, questions=tuple(Answered(one, who(one.answered_by)) for one in asked),
        links=links, proposal=None if heard and not unreachable else _proposal(session, breach, entry, sent, ways, now), unreachable=unreachable, heard_only=heard, refused=_refused(session, breach, row), may=may, late=is_late,
        kept_at=entry.met_at if untold else None, corrected=anew, late_reason_by=who(row.late_reason_by), not_required_by=who(row.not_required_by), ways=ways,
    )  # fmt: skip


def _late(entry: DocketEntry, now: datetime) -> bool:
    return (entry.late_s or 0) > 0 or (entry.state == "open" and (entry.due_at or entry.target_at) < now)


def _clock(entry: DocketEntry, now: datetime, *, untold: bool) -> CustomerClock:
    due, met_at = entry.due_at or entry.target_at, None if untold else entry.met_at
    running = entry.state == "open" or untold
    state = state_of(entry.target_at, None, now) if running else "off" if met_at is None else "late" if (entry.late_s or 0) > 0 else "met"
    return CustomerClock(
        started_at=entry.started_at, due_at=due, target_at=entry.target_at if entry.target_at != due else None, met_at=met_at,
        paused_at=entry.paused_at, zone=entry.zone, state=state, start_word=kinds.kind_or_plain(entry.kind).start(entry.start_event).word,
    )  # fmt: skip


def _standing(entry: DocketEntry, given: Sequence[Given], clock: CustomerClock, now: datetime) -> tuple[str, str]:
    """Say where the customer stands with the newest phase it was sent."""
    if entry.state in {"waived", "superseded"} and entry.met_at is None and not given:
        return "waived by decision", "waived"
    if not given:
        return "not told yet", "late" if clock.state == "late" else "soon"
    newest = given[-1]
    if _confirmed([one for one in given if one.notice.id == newest.notice.id]):
        return "confirmed", "met"
    if _under_way(newest, now):
        return "given, not received yet", "late" if clock.state == "late" else "running"
    if newest.delivery.kept:
        return kept_words(newest.notice.phase), "off"
    if newest.delivery.given_at is not None:
        return "told, not confirmed", "running" if entry.met_at else "soon"
    return ("mail refused", "late") if newest.mail is not None and newest.mail.state in FAILED else ("released, on its way", "running")


def _caveat(session: Session, breach: Breach, place: Place, sent: Sequence[Given]) -> str:
    given = [one for one in sent if not one.delivery.returned]
    counted = [
        Counted(one.delivery.channel, one.delivery.effective_at) for one in given if one.delivery.effective_at is not None and not one.delivery.kept
    ]
    if not counted or place.row.kept:
        return ""
    wanted = counting.wanted(session, breach, [place.row]).get(place.agreement.id)
    return caveat(wanted, counted, place.entry.due_at or place.entry.target_at)


def _under_way(given: Given, now: datetime) -> bool:
    """Tell whether what a person handed over does not count as received yet."""
    one = given.delivery
    counts = one.effective_at is not None and one.effective_at <= now
    return one.outbox_id is None and one.given_at is not None and one.acknowledged_at is None and not one.returned and not counts


def _line(given: Given, breach: Breach, now: datetime) -> DeliveryLine:
    one, document = given.delivery, given.document
    words, detail, tint, symbol = _came_back(given, breach.zone)
    under_way = _under_way(given, now)
    if under_way:
        words, tint, symbol = "on its way", "running", "send"
    return DeliveryLine(
        id=one.id, under_way=under_way, may_settle=under_way and breach.state is CaseState.OPEN and one.channel in channels.CARRIED, returned=one.returned, title=phases.TITLES[given.notice.phase], channel=channels.TITLES[one.channel], by_hand=one.outbox_id is None, given_at=one.given_at,
        effective_at=one.effective_at if one.effective_at != one.given_at else None, words=words, detail=detail, tint=tint, symbol=symbol,
        outbox_id=one.outbox_id, document_id=document.id if document else None, document=document.reference if document else "", read_at=one.read_at,
        acknowledged_at=one.acknowledged_at, acknowledged_by=one.acknowledged_by,
        acknowledged_how="by the link" if one.acknowledged_how == BY_LINK else one.acknowledged_how,
    )  # fmt: skip


def _to_hand_over(session: Session, row: Affected, sent: Sequence[Given]) -> tuple[tuple[PaperLine, ...], bool]:
    """Return the documents that nobody gave the customer yet, and whether none was ever made for it."""
    ordered, had = papers.ordered_for(session, row.id), {one.notice.id for one in sent if not one.delivery.returned}
    return tuple(_paper(one) for one in ordered if one.notice.id not in had), not ordered and not sent


def _paper(one: Ordered) -> PaperLine:
    title = phases.title_of(one.notice.phase, withdraws=one.notice.withdraws)
    return PaperLine(title, one.document.id, one.document.reference, one.document.issued_at is not None)


def _came_back(given: Given, zone: str) -> tuple[str, str, str, str]:
    """Return words, detail, tint and icon of what proves a delivery, or stands in its way."""
    if (back := given.came_back) is not None:
        return "came back undelivered", f"{instant_text(back.came_back_at, zone)}: {back.reason} ({given.delivery.proof})", "late", "mail-x"
    if given.receipt is not None:
        return "received", f"{instant_text(given.receipt.received_at, zone)}: {given.receipt.proof} ({given.delivery.proof})", "met", "phone-check"
    if given.mail is None:
        return "told before the text was released" if _early(given) else "proof on record", given.delivery.proof, "met", "phone-check"
    said = given.answer.reply_text if given.answer else ""
    if given.mail.state in FAILED:
        return "refused" if given.mail.state is MailState.DEAD else "set aside", said, "late", "mail-x"
    if given.mail.kept:
        return "kept in the file mailbox", f"Demonstration, nobody was told. {said}", "off", "inbox"
    if given.mail.state is MailState.SENT:
        # A worker that ended between the server's answer and our note of it: see dpa.alerts.delivery.
        copies = "; a second copy with the same Message-ID may have arrived" if given.mail.uncertain else ""
        return "accepted", f"{said}{copies}", "met", "mail-check"
    return "on its way", f"{EVENTS[given.answer.kind][0]}: {said}" if given.answer else "", "running", "send"


def _moving(given: Given) -> bool:
    """Tell whether a mail is on its way: nobody took or refused it yet."""
    return given.mail is not None and given.delivery.given_at is None and given.mail.state not in FAILED


def _early(given: Given) -> bool:
    """Tell whether something was given by word of mouth before its text was released."""
    at, released_at = given.delivery.given_at, given.notice.released_at
    return given.mail is None and at is not None and released_at is not None and channels.before_text(at, released_at)


def _confirmed(these: Sequence[Given]) -> bool:
    """Tell whether a phase was confirmed; what was said before there was a text is no answer to the text that came."""
    texts = [one for one in these if not _early(one)] or these
    return any(one.delivery.acknowledged_at for one in texts)


def _heard_only(breach: Breach, given: Sequence[Given]) -> bool:
    """Say of one customer what `queries.owed` says: it was told the newest phase, and not by its text."""
    newest = breach.newest_released
    these = [one for one in given if newest is not None and one.notice.id == newest.id and (one.mail is None or one.mail.state not in FAILED)]
    return breach.state is CaseState.OPEN and bool(these) and all(_early(one) for one in these)


def _unreachable(session: Session, breach: Breach, row: Affected, given: Sequence[Given]) -> bool:
    written = any(one.delivery.given_at and not _early(one) for one in given)
    if breach.state is not CaseState.OPEN or breach.drill or row.not_required or written:
        return False
    domains = session.get_one(Organisation, breach.organisation_id).mail_domains
    return not session.scalar(select(queries.reachable(domains)).select_from(Affected).where(Affected.id == row.id))


def _refused(session: Session, breach: Breach, row: Affected) -> tuple[str, ...]:
    if breach.state is not CaseState.OPEN or breach.drill or row.not_required:
        return ()
    contacts = [one.email for one in parties.recipients(session, [row.controller_id]).get(row.controller_id, ())]
    return tuple(sorted({address for _, address in refusals.refusals(session, [breach.organisation_id], contacts)}))


def _proposal(session: Session, breach: Breach, entry: DocketEntry, given: Sequence[Given], ways: Ways, now: datetime) -> Proposal | None:
    """Propose the next channel, the contract's own ways before others, while the newest phase is given and not confirmed, or could not be given."""
    newest = breach.newest_released
    if breach.state is not CaseState.OPEN or newest is None or entry.state in {"waived", "superseded"}:
        return None
    these = [one for one in given if one.notice.id == newest.id]
    if not these or _confirmed(these):
        return None
    failed = all(one.delivery.returned or (one.mail is not None and one.mail.state in FAILED) for one in these)
    told_at = min((one.delivery.given_at for one in these if one.delivery.given_at and not one.delivery.returned), default=None)
    # Mail comes first by itself; a customer who was given the phase by hand only could not be written to.
    channel = channels.next_channel([Channel.EMAIL, *(one.delivery.channel for one in these)], ways.own)
    if channel is None or not (failed or told_at):
        return None
    hours = settings_of(session, breach.organisation_id).acknowledge_hours
    overdue = told_at is not None and bool(hours or ways.demanded) and now - told_at > timedelta(hours=hours or USUAL_HOURS)
    if these[-1].delivery.kept:
        why = "The mail was only kept in the file mailbox of this demonstration: nobody was told by it."
    elif these[-1].delivery.returned:
        why = "What was sent came back undelivered."
    elif failed:
        why = "The mail could not be delivered."
    elif _under_way(these[-1], now):
        why = "What was handed over is on its way, and nobody knows yet that it arrived."
    elif overdue:
        why = f"Not confirmed within {plural(hours, 'hour')}, as house policy asks." if hours else f"Not confirmed within {USUAL_HOURS} hours."
    else:
        why = "The customer was told and has not confirmed it yet."
    why += "" if failed or these[-1].delivery.kept or these[-1].mail is None or not ways.demanded else f" Under {ways.demanded} a notice by mail counts in general only once it is acknowledged or answered."
    why += f" The contract names this way ({ways.own[channel]})." if channel in ways.own else ""
    why += " The clock still runs: a call meets it at once." if entry.state == "open" and channel is not Channel.PHONE else ""
    return Proposal(channel, channels.TITLES[channel], why, urgent=failed or overdue)


def _may(breach: Breach, place: Place, given: Sequence[Given], links: LinkCount, late: bool) -> May:
    row, entry = place.row, place.entry
    if breach.state is not CaseState.OPEN:
        return May(revoke=links.working > 0)
    told = [one for one in given if one.delivery.given_at is not None]
    waived = entry.state in {"waived", "superseded"} and row.sent_at is None
    return May(
        hand_over=breach.newest_released is not None and not waived,
        acknowledge=any(one.delivery.acknowledged_at is None for one in told),
        explain=late and not row.late_reason,
        owe_nothing=row.sent_at is None and not told and not any(_moving(one) for one in given) and not row.not_required and entry.state in {"open", "paused"},
        make_link=bool(given) or (breach.newest_released is not None and not waived),
        revoke=links.working > 0,
    )
