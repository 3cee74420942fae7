"""What the case page shows, put together from reads and rules; templates decide nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from dpa.breaches import (
    act_notes,
    case_counts,
    case_customers,
    case_queries,
    corrected,
    notices,
    owed,
    phases,
    queries,
    rules,
    tally,
)
from dpa.breaches.case_clocks import CLOCKS_MOST, drawn, state_of
from dpa.breaches.case_counts import NONE_YET, ClosingCounts, PhaseCount, Tally
from dpa.breaches.case_customers import EVERYBODY, AffectedLine, Narrowing
from dpa.breaches.case_queries import Opened, PromiseGroup, QuestionLine
from dpa.breaches.case_rows import Beside, Row, rows_of
from dpa.breaches.case_words import ACT_WORDS
from dpa.breaches.closing import CaseState
from dpa.breaches.facts import Completeness, FactSheet, completeness, read
from dpa.breaches.models import Breach, BreachFacts, Notice
from dpa.breaches.operations.writing import told_of
from dpa.breaches.pages import upstream
from dpa.breaches.pages.happening import Happening, happenings
from dpa.breaches.pages.reports import NextReport, next_report
from dpa.breaches.phases import MEANINGS, TITLES, Phase
from dpa.breaches.rules import NextAct, Standing
from dpa.docket import kinds
from dpa.docket.explaining import Explanation
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import explanation
from dpa.evidence.trail import queries as trail
from dpa.evidence.trail import registry, sentences
from dpa.evidence.trail.unchanged import Unchanged
from dpa.web.clock_strip import Clock
from dpa.web.paging import Page
from dpa.web.words import instant_text, plural


@dataclass(frozen=True, slots=True)
class Story:
    """What the trail holds about a case, in words; it rests on audited rows alone."""

    events: tuple[Happening, ...]
    more: bool
    """Whether there are earlier ones."""
    names: sentences.Names
    """Of everybody who acts in them or in the phases."""


_TOLD: Unchanged[Story] = Unchanged(most=64)
_COUNTED: Unchanged[tuple[Tally, Sequence[PromiseGroup], Sequence[int]]] = Unchanged(most=64)
ENDINGS: Mapping[CaseState, str] = {CaseState.CLOSED: "closed", CaseState.NO_BREACH: "closed as no breach"}


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
class PhaseLine:
    """One phase, released or being written."""

    notice: Notice
    title: str
    released_by: str
    approved_by: str
    drafted_by: str
    sent_back_by: str
    count: PhaseCount


@dataclass(frozen=True, slots=True)
class Offer:
    """A phase that could be written now."""

    phase: Phase
    title: str
    meaning: str


@dataclass(frozen=True, slots=True)
class FactsLine:
    """How far the fact sheet has got."""

    version: int
    """0 while nothing was saved."""
    known: Completeness


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything the case page shows."""

    act: ActCard
    rows: Page[Row]
    total: int
    told: int
    """Customers who were told; what only the file mailbox of a demonstration kept told nobody."""
    kept: int
    """Customers whose first notice only that kept."""
    tally: str
    """How many were told, in words."""
    waived: int
    unexplained: int
    """Customers told late without a reason on record."""
    text_owed: int
    """Customers who heard of the newest phase before there was a text, and have not got it since."""
    released: bool
    """Whether a phase was released."""
    why: Explanation
    """How the earliest running clock is counted out; empty when none runs."""
    events: tuple[Happening, ...]
    """What the trail holds about the case, oldest first; the newest fifty."""
    more_events: bool
    """Whether the trail holds earlier ones, which are not shown."""
    open: bool
    ending: str
    """How it ended, in words; empty while it is open."""
    ended_by: str
    phases: tuple[PhaseLine, ...]
    offers: tuple[Offer, ...]
    """Phases that could be written now, beside what comes first; none before anything was told and while one is being written."""
    clocks: tuple[Clock, ...]
    """The different promises, for one axis; empty when there are too many to be drawn, or none."""
    questions: Sequence[QuestionLine]
    facts: FactsLine
    report: NextReport | None
    """The report to an authority that is owed next, while one is."""


@dataclass(frozen=True, slots=True)
class Reads:
    """What was read of a case, before any of it is put into words."""

    breach: Breach
    counts: Mapping[Standing, int]
    closing: ClosingCounts
    entry: DocketEntry | None
    """The clock to act by: the earliest customer's, else that of the next word."""
    word: DocketEntry | None
    report: NextReport | None
    """The report to an authority that is owed next."""


def view(
    session: Session, opened: Opened, *, now: datetime, reader: trail.Reader, after: Sequence[Any] | None,
    narrowing: Narrowing = EVERYBODY,
) -> CaseView:
    """Return the case page's content as of `now` with the customers that `narrowing` asks for."""
    breach, organisation = opened.breach, opened.organisation
    counted, promises, heard = _counted(session, opened)
    running = {entry.kind: entry for entry in case_queries.first_clocks(session, breach.id)}
    word = running.get(case_queries.WORD)
    counts, closing = case_counts.overview(session, breach, organisation.mail_domains, counted)
    text_owed = owed.text_owed(session, breach, organisation.mail_domains, heard) if breach.state is CaseState.OPEN else {}
    counts = _still_owed(counts, sum(text_owed.values()))
    found = Reads(breach, counts, closing, running.get(queries.NOTIFY) or running.get(case_queries.NAME) or word, word, next_report(running, now))
    page = case_customers.affected(session, breach, organisation.mail_domains, now, after=after, narrowing=narrowing, text_owed=text_owed)
    story = _TOLD.at(session, opened.frontier, (breach.id, reader), lambda: _story(session, breach, reader))
    return CaseView(
        act=_act(found, now),
        rows=Page(rows_of(page.rows, _beside(session, opened, now, page.rows, text_owed)), page.next_key),
        total=found.closing.affected,
        told=found.closing.told - found.closing.kept,
        kept=found.closing.kept,
        tally=tally.told(found.closing.told - found.closing.kept, found.closing.affected, found.closing.kept, found.counts.get(Standing.WAIVED, 0)),
        waived=found.counts.get(Standing.WAIVED, 0),
        unexplained=found.closing.unexplained,
        text_owed=len(text_owed),
        released=breach.newest_released is not None,
        why=explanation(clock) if (clock := _clock_of(found, rules.next_act(_situation(found)))) else Explanation((), ()),
        events=story.events,
        more_events=story.more,
        open=breach.state is CaseState.OPEN,
        ending=ENDINGS.get(breach.state, ""),
        ended_by=sentences.actor_name(breach.closed_by, story.names) if breach.closed_by else "",
        phases=_phases(breach, counted.phases, story.names),
        offers=offers(breach),
        clocks=drawn(promises, breach, now),
        questions=case_queries.open_questions(session, breach.id),
        facts=_facts(opened.sheet),
        report=found.report,
    )


def _beside(session: Session, opened: Opened, now: datetime, lines: Sequence[AffectedLine], text_owed: Collection[int]) -> Beside:
    breach, sheet = opened.breach, read(opened.sheet.sheet) if opened.sheet else FactSheet()
    slow = upstream.of_rows(session, breach, sheet, lines) if breach.state is CaseState.OPEN else {}
    return Beside(breach, now, slow, corrected.of_lines(session, breach, lines), text_owed)


def _still_owed(counts: Mapping[Standing, int], heard: int) -> Mapping[Standing, int]:
    """Count those as waiting who heard of the notice before there was a text, and can be sent it now."""
    if not heard:
        return counts
    confirmed = max(heard - counts.get(Standing.SENT, 0), 0)
    return {
        **counts, Standing.WAITING: counts.get(Standing.WAITING, 0) + heard, Standing.SENT: counts.get(Standing.SENT, 0) - heard + confirmed,
        Standing.ACKNOWLEDGED: counts.get(Standing.ACKNOWLEDGED, 0) - confirmed,
    }  # fmt: skip


def _counted(session: Session, opened: Opened) -> tuple[Tally, Sequence[PromiseGroup], Sequence[int]]:
    breach, domains = opened.breach, tuple(opened.organisation.mail_domains)

    def read() -> tuple[Tally, Sequence[PromiseGroup], Sequence[int]]:
        counted = case_counts.tally(session, breach, domains)  # Loads the phases.
        return counted, case_queries.promises(session, breach.id, CLOCKS_MOST), owed.heard_first(session, breach)

    return _COUNTED.at(session, opened.frontier, (breach.id, domains), read)


def _story(session: Session, breach: Breach, reader: trail.Reader) -> Story:
    happened = trail.events(session, reader, trail.Narrowing(kind="breach", identifier=str(breach.id)), before_idx=None)
    people = {one for one in sentences.references(happened.rows) | _people(breach) if one[0] != "breach"}
    names = registry.names_of(session, people)
    return Story(happenings(session, breach, happened.rows, names), happened.next_key is not None, names)


def offers(breach: Breach) -> tuple[Offer, ...]:
    """Return which further phases could be begun now."""
    if breach.state is not CaseState.OPEN or not breach.notices:
        return ()
    return tuple(Offer(phase, TITLES[phase], MEANINGS[phase]) for phase in phases.next_phases(told_of(breach)))


def _facts(newest: BreachFacts | None) -> FactsLine:
    return FactsLine(newest.number if newest else 0, completeness(read(newest.sheet) if newest else FactSheet()))


def _people(breach: Breach) -> set[tuple[str, str]]:
    actors = [actor for one in breach.notices for actor in (one.released_by, one.approved_by, one.drafted_by, one.sent_back_by)]
    return {sentences.actor_reference(actor) for actor in [*actors, breach.closed_by] if actor}


def _phases(breach: Breach, counts: Mapping[int, PhaseCount], names: sentences.Names) -> tuple[PhaseLine, ...]:
    def who(actor: str | None) -> str:
        return sentences.actor_name(actor, names) if actor else ""

    return tuple(
        PhaseLine(one, phases.title_of(one.phase, withdraws=one.withdraws), who(one.released_by), who(one.approved_by), who(one.drafted_by), who(one.sent_back_by), counts.get(one.id, NONE_YET))
        for one in breach.notices
    )


def _situation(found: Reads) -> rules.Situation:
    breach, draft = found.breach, found.breach.draft
    return rules.Situation(
        counts=found.counts, open=breach.state is CaseState.OPEN, draft=draft is not None,
        draft_ready=draft is not None and not notices.text_errors(draft), released=breach.newest_released is not None,
        unexplained=found.closing.unexplained, word_owed=found.word is not None, more_announced=phases.more_announced(told_of(breach)),
        open_clocks=found.closing.open_clocks, report_owed=found.report is not None,
    )  # fmt: skip


def _clock_of(found: Reads, kind: NextAct) -> DocketEntry | None:
    """Return the clock that an act ends. The promised next word is kept by a further notice and by nothing else."""
    if kind is NextAct.REPORT and found.report is not None:
        return found.report.entry
    later = kind in {NextAct.GIVE_WORD, NextAct.SEND_FINAL} or (kind in {NextAct.WRITE_NOTICE, NextAct.RELEASE} and found.breach.draft is not None)
    return None if found.entry is None or (found.entry is found.word and not later) else found.entry


def _act(found: Reads, now: datetime) -> ActCard:
    breach, counts, kind = found.breach, found.counts, rules.next_act(_situation(found))
    entry = _clock_of(found, kind)
    title, text = ACT_WORDS[kind]
    title = title.format(report=found.report.words if found.report else "")
    if kind is NextAct.RELEASE and breach.draft is None and breach.newest_released is not None:
        gone = sum(counts.get(standing, 0) for standing in (Standing.SENT, Standing.ACKNOWLEDGED, Standing.RELEASED))
        text = f"The notice went to {plural(gone, 'customer')} before; they get no second mail."
    if kind in {NextAct.RELEASE, NextAct.WRITE_NOTICE}:
        title = f"{_phase_title(breach, title)} to {plural(_owed(breach, counts), 'customer')}"
    if kind is NextAct.EXPLAIN_LATENESS:
        title = f"Say why {plural(found.closing.unexplained, 'customer was', 'customers were')} told late"
    if kind is NextAct.CHOOSE_AFFECTED and entry is not None:
        start = kinds.kind_or_plain(entry.kind).start(entry.start_event).begins
        text += f" The time shown is counted from {start}. {entry.basis}."
    text += act_notes.on_their_way(found.closing, kind) + act_notes.contacts(found.closing, counts, kind)
    quiet = kind in {NextAct.NOTHING, NextAct.CLOSE}
    if entry is not None and entry.paused_at is not None and not quiet:
        text += f" The clock is paused since {instant_text(entry.paused_at, entry.zone)}; resume it on the deadline's page."
        entry = None
    return ActCard(
        kind=kind,
        label="Closed" if kind is NextAct.NOTHING else "Act next",
        title=title,
        text=text,
        has_clock=entry is not None and not quiet,
        state=state_of(entry.target_at, None, now) if entry and not quiet else ("off" if kind is NextAct.NOTHING else "met" if quiet else "soon"),
        started_at=entry.started_at if entry else breach.aware_at,
        due_at=entry.target_at if entry else breach.aware_at,
        zone=breach.zone,
        start_word=kinds.kind_or_plain(entry.kind).start(entry.start_event).word if entry else "aware",
    )


def _phase_title(breach: Breach, title: str) -> str:
    """Name the phase in the title of an act about a later one."""
    draft = breach.draft
    return title if draft is None or draft.phase is Phase.INITIAL else title.replace("the notice", f"the {draft.phase.value}" + (" notice" if draft.phase is Phase.FINAL else ""))


def _owed(breach: Breach, counts: Mapping[Standing, int]) -> int:
    """Return how many customers the act is about: all that are owed it for a new phase, those still waiting for one that was released."""
    if breach.draft is None and breach.newest_released is not None:
        return counts.get(Standing.WAITING, 0)
    return sum(count for standing, count in counts.items() if standing is not Standing.WAIVED)
