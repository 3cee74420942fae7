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
from dpa.breaches import notices, phases, queries, recipients, rules
from dpa.breaches.closing import CaseState
from dpa.breaches.events import Event
from dpa.breaches.models import Breach
from dpa.breaches.phases import TITLES, Phase, Told
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
    Standing.ACKNOWLEDGED: ("confirmed", "met", "eye-check"),
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
    NextAct.EXPLAIN_LATENESS: ("Say why customers were told late", "The reason stands in their dossier; the case cannot be closed without it."),
    NextAct.GIVE_WORD: ("Give the next word", "It was promised in the last notice: a supplement, or the final notice when nothing is open any more."),
    NextAct.CLOSE: ("Close the case", "Nobody is left to tell: every clock is met or was waived by decision."),
    NextAct.NOTHING: ("The case is closed", "Nothing is left to be done. It can be opened again, with a reason."),
}
DONE = frozenset({Standing.SENT, Standing.ACKNOWLEDGED, Standing.WAIVED})
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
    unexplained: int
    """Customers told late without a reason on record."""
    released: bool
    """Whether a phase was released."""
    why: Explanation
    """How the earliest running clock is counted out; empty when none runs."""
    events: tuple[Happening, ...]
    """What the trail holds about the case, oldest first; the newest fifty."""


def view(session: Session, breach: Breach, organisation: Organisation, *, now: datetime, reader: trail.Reader, after: Sequence[Any] | None) -> CaseView:
    """Return the case page's content as of `now`."""
    counts = queries.standings(session, breach, organisation.mail_domains)
    closing = queries.closing_counts(session, breach)
    entry = queries.first_open(session, breach.id)
    kind = rules.next_act(_situation(session, breach, counts, closing))
    page = queries.affected(session, breach, organisation.mail_domains, after=after)
    return CaseView(
        act=_act(breach, kind, entry, counts, now),
        rows=Page(tuple(_row(line, now) for line in page.rows), page.next_key),
        total=closing.affected,
        told=closing.told,
        waived=counts.get(Standing.WAIVED, 0),
        unexplained=closing.unexplained,
        released=breach.newest_released is not None,
        why=explanation(entry) if entry else Explanation((), ()),
        events=_happenings(session, breach, reader),
    )


def _situation(
    session: Session, breach: Breach, counts: Mapping[Standing, int], closing: queries.ClosingCounts
) -> rules.Situation:
    draft = breach.draft
    return rules.Situation(
        counts=counts, open=breach.state is CaseState.OPEN, draft=draft is not None,
        draft_ready=draft is not None and not rules.draft_errors(notices.draft_of(draft)), released=breach.newest_released is not None,
        unexplained=closing.unexplained, word_owed=queries.word_owed(session, breach.id),
    )  # fmt: skip


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
    waiting = sum(count for standing, count in counts.items() if standing not in DONE)
    if kind is NextAct.RELEASE and breach.draft is None and breach.newest_released is not None:
        gone = sum(counts.get(standing, 0) for standing in (Standing.SENT, Standing.ACKNOWLEDGED, Standing.RELEASED))
        text = f"The notice went to {plural(gone, 'customer')} before; they get no second mail."
    if kind in {NextAct.RELEASE, NextAct.WRITE_NOTICE}:
        title = f"{_phase_title(breach, title)} to {plural(_owed(breach, counts), 'customer')}"
    if unreachable := counts.get(Standing.NO_RECIPIENT, 0):
        text += f" {plural(unreachable, 'customer has', 'customers have')} no usable contact."
    return ActCard(
        kind=kind,
        label="Done" if kind in {NextAct.NOTHING, NextAct.CLOSE} and not waiting else "Act next",
        title=title,
        text=text,
        has_clock=entry is not None,
        state=state_of(entry.target_at, None, now) if entry else ("met" if kind in {NextAct.NOTHING, NextAct.CLOSE} else "soon"),
        started_at=breach.aware_at,
        due_at=entry.target_at if entry else breach.aware_at,
        zone=breach.zone,
    )


def _phase_title(breach: Breach, title: str) -> str:
    """Name the phase in the title of an act about a later one."""
    draft = breach.draft
    return title if draft is None or draft.phase is Phase.INITIAL else title.replace("the notice", f"the {draft.phase.value}" + (" notice" if draft.phase is Phase.FINAL else ""))


def _owed(breach: Breach, counts: Mapping[Standing, int]) -> int:
    """Return how many customers the act is about: all that are owed it for a new phase, those still waiting for one that was released."""
    if breach.draft is None or breach.newest_released is None:
        return counts.get(Standing.WAITING, 0)
    return sum(count for standing, count in counts.items() if standing not in {Standing.WAIVED, Standing.NO_RECIPIENT})


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
    phase: str
    late: bool
    """Whether the word that was promised comes late, so that a reason is demanded."""
    approved_by: str | None
    """Actor who approved it as the second person."""
    sending: tuple[tuple[int, str, str, str], ...]
    """Affected row, customer, address, promise; the first hundred."""
    sending_count: int
    unreachable: tuple[Unreachable, ...]
    preview: Preview | None
    errors: Mapping[str, str]


def review(session: Session, breach: Breach, organisation: Organisation, *, settings: Settings, customer: int | None, now: datetime) -> Review:
    """Return the review of a notice: whom it goes to, what differs, who cannot be reached."""
    notice = breach.draft or breach.newest_released
    assert notice is not None, "the view asks for a text first"
    waiting = queries.waiting(session, breach.id, notice.id)
    rows = agreements.by_ids(session, breach.organisation_id, [row.agreement_id for row in waiting])
    found = recipients.addressees(session, organisation, waiting, drill=breach.drill)
    usable = [(row, recipient) for row in waiting if (recipient := found[row.id].recipient)]
    preview = None
    chosen = next(((row, to) for row, to in usable if row.id == customer), usable[0] if usable else None)
    if chosen:
        row, recipient = chosen
        agreement = rows[row.agreement_id]
        mail = render(notices.message(breach, notice, organisation, row=row, agreement=agreement, recipient=recipient), settings)
        preview = Preview(agreement.controller, recipient.email, mail.subject, mail.text)
    return Review(
        released=notice.released_at is not None,
        phase=TITLES[notice.phase],
        late=phases.late_by([Told(one.phase, one.released_at, one.next_word_at) for one in breach.notices], now) is not None and notice.released_at is None,
        approved_by=notice.approved_by,
        sending=tuple((row.id, rows[row.agreement_id].controller, to.email, row.promise) for row, to in usable[:100]),
        sending_count=len(usable),
        unreachable=tuple(
            Unreachable(row.controller_id, rows[row.agreement_id].controller, problem)
            for row in waiting
            if (problem := found[row.id].problem)
        ),
        preview=preview,
        errors=rules.draft_errors(notices.draft_of(notice)),
    )
