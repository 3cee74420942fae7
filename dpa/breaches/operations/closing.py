"""Ending a case: closed when nothing is owed any more, closed as no breach, and opened again when something comes up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.breaches import case_counts, closing, phases, queries, report_queries
from dpa.breaches.closing import CaseFacts, CaseState, Ending
from dpa.breaches.enough import too_little
from dpa.breaches.events import Event
from dpa.breaches.models import Affected, Breach
from dpa.breaches.operations import affecting, following, naming
from dpa.breaches.operations.writing import told_of
from dpa.docket import operations as docket
from dpa.docket.models import DocketEntry
from dpa.evidence import trail
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit


def facts_of(session: Session, breach: Breach, now: datetime) -> CaseFacts:
    """Return what a case looks like as of `now`, as the rules of closing see it."""
    count = case_counts.closing_counts(session, breach)
    newest = breach.newest_released
    return CaseFacts(
        state=breach.state, affected=count.affected, open_clocks=count.open_clocks, unexplained=count.unexplained, undelivered=count.undelivered,
        on_its_way=count.on_its_way, draft=breach.draft is not None, word_owed=queries.word_owed(session, breach.id), told=count.told,
        put_right=newest is not None and newest.withdraws, more_announced=bool(count.told) and phases.more_announced(told_of(breach)),
        reports=report_queries.owed(session, breach), letters=queries.letters_out(session, breach.id, now),
    )  # fmt: skip


def close(unit: Unit, breach: Breach, ending: Ending) -> None:
    """Close a case in which nothing is owed any more.

    Raises `Conflict` naming everything that is, `Invalid` by field without a word on how it ended, or on why customers who expect to hear
    more are left without a final notice.
    """
    facts = facts_of(unit.session, breach, unit.now)
    if problems := closing.closing_problems(facts):
        raise Conflict(" ".join(problems))
    if errors := closing.ending_errors(facts, ending):
        raise Invalid(next(iter(errors.values())), fields=errors)
    _end(unit, breach, CaseState.CLOSED, ending.words(facts), Event.CLOSED)


def close_as_no_breach(unit: Unit, breach: Breach, reason: str) -> None:
    """Close a suspicion that turned out to be none: its clocks are waived with the reason, not deleted. Raises `Invalid` when it cannot be."""
    if errors := closing.no_breach_problems(facts_of(unit.session, breach, unit.now), reason):
        raise Invalid(next(iter(errors.values())), fields=errors)
    query = (
        select(DocketEntry).join(Affected, Affected.docket_entry_id == DocketEntry.id)
        .where(Affected.breach_id == breach.id, DocketEntry.state.in_(["open", "paused"])).order_by(DocketEntry.id)
    )  # fmt: skip
    for entry in unit.session.scalars(query).all():
        docket.waive(unit, entry, f"{closing.WAIVED_AS}{reason.strip()}")
    _end(unit, breach, CaseState.NO_BREACH, reason, Event.NO_BREACH)


def reopen(unit: Unit, breach: Breach, reason: str) -> None:
    """Open a closed case again, with the reason.

    Where it had been closed as no breach, clocks that ending waived run again from the awareness they had: a suspicion that was one after
    all never gains time by having been closed. What was met, and what a person decided for one customer, stays.
    """
    if breach.state is CaseState.OPEN:
        raise Conflict("The case is open already.")
    if short := too_little(reason, closing.REASON_MIN, "Say in a sentence why the case is opened again."):
        raise Invalid(short, field="reason")
    before = breach.state
    breach.state, breach.closed_at, breach.closed_by = CaseState.OPEN, None, None
    restarted = affecting.restart(unit, breach) if before is CaseState.NO_BREACH else []
    if not queries.affected_ids(unit.session, breach.id):
        naming.begin(unit, breach)
    unit.session.flush()
    trail.record(
        unit, Event.REOPENED, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[breach, *restarted],
        data={"was": before.value, "clocks": len(restarted)}, personal={"reason": reason.strip()},
    )  # fmt: skip


def _end(unit: Unit, breach: Breach, state: CaseState, words: str, event: Event) -> None:
    following.drop_all(unit, breach, f"{closing.ENDED_WITH}{words.strip()}")
    breach.state, breach.closed_at, breach.closed_by, breach.close_reason = state, unit.now, unit.actor, words.strip()
    unit.session.flush()
    trail.record(
        unit, event, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[breach], personal={"words": words.strip()}
    )
