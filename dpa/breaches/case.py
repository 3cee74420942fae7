"""What the pages of a case show, put together from reads and rules; templates decide nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from dpa.agreements import queries as agreements
from dpa.alerts.messages import render
from dpa.breaches import notices, queries, recipients, rules
from dpa.breaches.events import Event
from dpa.breaches.models import Breach
from dpa.breaches.queries import AffectedLine
from dpa.breaches.rules import NextAct, Standing
from dpa.config import Settings
from dpa.docket.explaining import Explanation
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import explanation
from dpa.evidence.trail import queries as trail
from dpa.evidence.trail import registry, sentences
from dpa.people.models import Organisation
from dpa.web.paging import Page
from dpa.web.words import plural

STANDING_WORDS: Mapping[Standing, tuple[str, str, str]] = {
    Standing.WAITING: ("notice not released", "soon", "clock-exclamation"),
    Standing.RELEASED: ("released, on its way", "running", "send"),
    Standing.SENT: ("told", "met", "mail-check"),
    Standing.WAIVED: ("waived by decision", "off", "ban"),
    Standing.NOT_SENT: ("mail refused", "late", "mail-x"),
    Standing.NO_RECIPIENT: ("no usable contact", "late", "user-exclamation"),
}
ACT_WORDS: Mapping[NextAct, tuple[str, str]] = {
    NextAct.CHOOSE_AFFECTED: ("Name who is affected", "No clock runs yet. Choose the agreements by system, by list or all at once."),
    NextAct.WRITE_NOTICE: ("Write the notice", "One text for all customers; name, agreement and clause are filled in for each."),
    NextAct.RELEASE: ("Review and release the notice", "The text is saved and nothing has left yet."),
    NextAct.REPAIR_RECIPIENTS: ("Repair the addresses of customers who were not told", "Add a contact, then release again; those told already get no second mail."),
    NextAct.WAIT_FOR_DELIVERY: ("Notices are on their way", "Each clock is met when the customer's mail server accepts the notice."),
    NextAct.NOTHING: ("Nobody is left to tell", "Every clock of this incident is met or was waived by decision."),
}
SOON = timedelta(hours=24)
TINTS: Mapping[str, str] = {Event.RECORDED: "soon", Event.AFFECTED: "running", Event.RELEASED: "running", Event.SENT: "met"}


@dataclass(frozen=True, slots=True)
class ActCard:
    """The act that comes first, with its clock where one runs."""

    kind: NextAct
    label: str
    title: str
    text: str
    has_clock: bool
    state: str
    started_at: datetime
    due_at: datetime
    zone: str
    start_word: str = "aware"


@dataclass(frozen=True, slots=True)
class Row:
    """One affected customer, ready to be shown."""

    line: AffectedLine
    words: str
    tint: str
    symbol: str
    origin: str
    state: str


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the timeline."""

    at: datetime
    text: str
    tint: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything the case page shows."""

    act: ActCard
    rows: Page[Row]
    total: int
    told: int
    waived: int
    released: bool
    """Whether the text is fixed because a notice has left."""
    why: Explanation
    """How the earliest running clock is counted out; empty when none runs."""
    events: tuple[Happening, ...]
    """What the trail holds about the case, oldest first; the newest fifty."""


def view(session: Session, breach: Breach, organisation: Organisation, *, now: datetime, reader: trail.Reader, after: Sequence[Any] | None) -> CaseView:
    """Return the case page's content as of `now`."""
    counts = queries.standings(session, breach.id, organisation.mail_domains)
    entry = queries.first_open(session, breach.id)
    draft_ready = breach.notice is not None and not rules.draft_errors(notices.draft_of(breach.notice))
    kind = rules.next_act(counts, draft_ready=draft_ready)
    page = queries.affected(session, breach.id, organisation.mail_domains, after=after)
    return CaseView(
        act=_act(breach, kind, entry, counts, now),
        rows=Page(tuple(_row(line, now) for line in page.rows), page.next_key),
        total=sum(counts.values()),
        told=counts.get(Standing.SENT, 0),
        waived=counts.get(Standing.WAIVED, 0),
        released=breach.notice is not None and breach.notice.released_at is not None,
        why=explanation(entry) if entry else Explanation((), ()),
        events=_happenings(session, breach, reader),
    )


def _happenings(session: Session, breach: Breach, reader: trail.Reader) -> tuple[Happening, ...]:
    rows = trail.events(session, reader, trail.Narrowing(kind="breach", identifier=str(breach.id)), before_idx=None).rows
    names = registry.names_of(session, sentences.references(rows))
    lines = [sentences.line(row, (), names, organisation=None, zone=breach.zone, personal=False) for row in reversed(rows)]
    found: list[Happening] = []
    for action, run in groupby(lines, key=lambda line: line.action):
        same = list(run)
        # A hundred customers told in one minute are one thing that happened; the trail keeps each.
        if action == Event.SENT and len(same) > 1:
            how = dict(same[-1].data).get("how", "accepted")
            found.append(Happening(same[-1].at, f"{len(same)} notices were {how}", "met"))
        else:
            found += [Happening(line.at, f"{line.actor} {line.sentence}", TINTS.get(action, "off")) for line in same]
    return tuple(found)


def _act(breach: Breach, kind: NextAct, entry: DocketEntry | None, counts: Mapping[Standing, int], now: datetime) -> ActCard:
    title, text = ACT_WORDS[kind]
    waiting = sum(count for standing, count in counts.items() if standing not in {Standing.SENT, Standing.WAIVED})
    if kind is NextAct.RELEASE and breach.notice is not None and breach.notice.released_at is not None:
        text = f"The notice went to {plural(counts.get(Standing.SENT, 0) + counts.get(Standing.RELEASED, 0), 'customer')} before; they get no second mail."
    if kind in {NextAct.RELEASE, NextAct.WRITE_NOTICE}:
        title = f"{title} to {plural(counts.get(Standing.WAITING, 0), 'customer')}"
    if unreachable := counts.get(Standing.NO_RECIPIENT, 0):
        text += f" {plural(unreachable, 'customer has', 'customers have')} no usable contact."
    return ActCard(
        kind=kind,
        label="Act next" if waiting or kind is NextAct.CHOOSE_AFFECTED else "Done",
        title=title,
        text=text,
        has_clock=entry is not None,
        state=state_of(entry.target_at, None, now) if entry else ("met" if kind is NextAct.NOTHING else "soon"),
        started_at=breach.aware_at,
        due_at=entry.target_at if entry else breach.aware_at,
        zone=breach.zone,
    )


def _row(line: AffectedLine, now: datetime) -> Row:
    words, tint, symbol = STANDING_WORDS[line.standing]
    origin = {"house_policy": "policy", "external_doc": "external"}.get(line.origin, line.origin)
    return Row(line, words, tint, symbol, origin, state_of(line.due_at, line.met_at, now))


def state_of(due_at: datetime, met_at: datetime | None, now: datetime) -> str:
    """Return the tint of a clock: met, late, soon (less than a day) or running."""
    if met_at is not None:
        return "met"
    if due_at < now:
        return "late"
    return "soon" if due_at - now < SOON else "running"


@dataclass(frozen=True, slots=True)
class Preview:
    """The notice as one customer would get it."""

    controller: str
    address: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A customer who cannot be written to, with the reason."""

    controller_id: int
    controller: str
    problem: str


@dataclass(frozen=True, slots=True)
class Review:
    """What a person looks at before anything leaves."""

    released: bool
    sending: tuple[tuple[int, str, str, str], ...]
    """Affected row, customer, address, promise; the first hundred."""
    sending_count: int
    unreachable: tuple[Unreachable, ...]
    preview: Preview | None
    errors: Mapping[str, str]


def review(session: Session, breach: Breach, organisation: Organisation, *, settings: Settings, customer: int | None) -> Review:
    """Return the review of a notice: whom it goes to, what differs, who cannot be reached."""
    assert breach.notice is not None, "the view asks for a text first"
    waiting = queries.waiting(session, breach.id)
    rows = agreements.by_ids(session, breach.organisation_id, [row.agreement_id for row in waiting])
    found = recipients.addressees(session, organisation, waiting)
    usable = [(row, recipient) for row in waiting if (recipient := found[row.id].recipient)]
    preview = None
    chosen = next(((row, to) for row, to in usable if row.id == customer), usable[0] if usable else None)
    if chosen:
        row, recipient = chosen
        agreement = rows[row.agreement_id]
        mail = render(notices.message(breach, breach.notice, organisation, row=row, agreement=agreement, recipient=recipient), settings)
        preview = Preview(agreement.controller, recipient.email, mail.subject, mail.text)
    return Review(
        released=breach.notice.released_at is not None,
        sending=tuple((row.id, rows[row.agreement_id].controller, to.email, row.promise) for row, to in usable[:100]),
        sending_count=len(usable),
        unreachable=tuple(
            Unreachable(row.controller_id, rows[row.agreement_id].controller, problem)
            for row in waiting
            if (problem := found[row.id].problem)
        ),
        preview=preview,
        errors=rules.draft_errors(notices.draft_of(breach.notice)),
    )
