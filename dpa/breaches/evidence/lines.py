"""The incident register: one line for each incident, as of an instant, with facts, effects, remedial action and times.

Source: Art. 33(5) GDPR. Incidents that turned out to be none are kept and marked; exercises stand in a list of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.breaches import corrected, facts
from dpa.breaches.clocks import Starts
from dpa.breaches.closing import CaseState, owed_until
from dpa.breaches.evidence import authority, authority_words, reading
from dpa.breaches.evidence.asking import Asked
from dpa.breaches.evidence.case_file import sheet_of
from dpa.breaches.evidence.customer_file import told
from dpa.breaches.evidence.moments import MISSED, CaseAt, Clock, Promise, by, case_at, in_mailbox, promise
from dpa.breaches.facts import Matters
from dpa.breaches.models import Affected, Breach, BreachFacts, Notice
from dpa.breaches.phases import TITLES, Phase
from dpa.evidence.trail.bodies import timestamp
from dpa.web.words import instant_text

EARLIER = "In the fact sheet, before that: "
Reasons = tuple[tuple[str, int], ...]
"""Each reason once, with the customers it was given for."""


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """One released phase."""

    number: int
    phase: Phase
    released_at: datetime
    late_reason: str
    emergency_reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """One incident of the register."""

    id: int
    reference: str
    title: str
    exercise: bool
    state: CaseState
    closed_at: datetime | None
    close_words: str
    zone: str
    detected_at: datetime
    aware_at: datetime
    recorded_at: datetime
    upstream: str
    first_told_at: datetime | None
    """When the first customer was told."""
    last_told_at: datetime | None
    """When the last of those told was told first."""
    counts: Mapping[Promise, int]
    """Customers by what became of the promise to them."""
    told: int
    """Customers who were told; what only the file mailbox kept told nobody."""
    demonstration: int
    """Customers whose notice was only kept in the file mailbox."""
    late_reasons: Reasons
    unexplained: int
    """Customers whose promise was missed without a reason on record."""
    not_owed_reasons: Reasons
    facts: str
    effects: str
    remedial: str
    phases: tuple[PhaseLine, ...]
    reports: tuple[str, ...] = ()
    """Reports to authorities that were owed by then, each in a line: when, and what became of it."""

    @property
    def affected(self) -> int:
        """Customers named."""
        return sum(self.counts.values())

    @property
    def missed(self) -> int:
        """Customers told late, or not told past their time; late counted from an awareness corrected afterwards is late."""
        return sum(self.counts.get(outcome, 0) for outcome in MISSED)

    @property
    def to_notice(self) -> timedelta | None:
        """Time from awareness to the first notice; none while nobody was told, and for what turned out to be no breach."""
        return None if self.first_told_at is None or self.state is CaseState.NO_BREACH else max(self.first_told_at - self.aware_at, timedelta(0))


def lines(session: Session, organisation_id: int, asked: Asked) -> list[Line]:
    """Return the incidents of an organisation, newest awareness first. The caller has checked that the organisation may be seen."""
    query = select(Breach).where(
        Breach.organisation_id == organisation_id, Breach.recorded_at <= asked.as_of, Breach.drill.is_(asked.exercises),
    )
    candidates = list(session.scalars(query.order_by(Breach.id)))
    decided = reading.decisions(session, [row.id for row in candidates], asked.as_of)
    times = {row.id: (decided[row.id][-1].detected_at, decided[row.id][-1].aware_at) if row.id in decided else (row.detected_at, row.aware_at) for row in candidates}
    wanted = [row for row in candidates if asked.first <= times[row.id][1].astimezone(ZoneInfo(row.zone)).date() <= asked.last]
    ended = reading.endings(session, [row.id for row in wanted], asked.as_of)
    states = {row.id: case_at(ended.get(row.id, ()), asked.as_of) for row in wanted}
    if asked.state is not None:
        wanted = [row for row in wanted if states[row.id].state is asked.state]
    found = _Bulk(session, {row.id: Starts(times[row.id][1], times[row.id][0]) for row in wanted}, asked.as_of)
    made = [found.line(row, times[row.id], states[row.id]) for row in wanted]
    return sorted(made, key=lambda line: (line.aware_at, line.id), reverse=True)


class _Bulk:
    """Everything that belongs to some incidents, read at once."""

    def __init__(self, session: Session, held: Mapping[int, Starts], as_of: datetime) -> None:
        self.as_of, ids = as_of, list(held)
        self.phases = reading.phases(session, ids, as_of)
        self.sheets = reading.newest_facts(session, ids, as_of)
        self.clocks = reading.clocks(session, ids, as_of)
        self.reports = authority.reports_at(session, ids, as_of)
        self.upstreams = reading.upstreams(session, ids)
        self.affected: dict[int, list[Affected]] = {}
        for row in reading.affected(session, ids, as_of):
            self.affected.setdefault(row.breach_id, []).append(row)
        self.corrected = corrected.of_entries(session, self._concerned(held))

    def _concerned(self, held: Mapping[int, Starts]) -> dict[int, Starts]:
        """Return the clocks met by an awareness, or a first notice, that was corrected to an earlier time by then."""
        found = ((row, self.clocks[key, row.agreement_id]) for key, rows in self.affected.items() for row in rows)
        return {
            clock.id: held[row.breach_id] for row, clock in found if corrected.concerns(clock, held[row.breach_id], row.aware_reason)
        }  # fmt: skip

    def line(self, breach: Breach, times: tuple[datetime, datetime], state: CaseAt) -> Line:
        """Return the line of one incident."""
        customers = [(row, self.clocks[breach.id, row.agreement_id]) for row in self.affected.get(breach.id, ())]
        until = owed_until(state.state, state.at, self.as_of, drill=breach.drill)
        outcomes = [self._outcome(row, clock, until) for row, clock in customers]
        instants = [at for row, clock in customers if not row.kept and (at := told(row, clock, self.as_of)) is not None]
        missed = [row for (row, _), outcome in zip(customers, outcomes, strict=True) if outcome in MISSED]
        phases = self.phases.get(breach.id, [])
        said = _matters(self.sheets.get(breach.id), phases, breach)
        return Line(
            breach.id, breach.reference, breach.title, breach.drill, state.state, state.at, state.words, breach.zone, times[0], times[1],
            breach.recorded_at, reading.upstream_at(breach, self.upstreams.get(breach.id, ()), self.as_of)[0], min(instants, default=None), max(instants, default=None), Counter(outcomes), len(instants),
            sum(row.kept and told(row, clock, self.as_of) is not None for row, clock in customers),
            late_reasons=_reasons(row.late_reason for row in missed if by(row.late_reason_at, self.as_of)),
            unexplained=sum(not by(row.late_reason_at, self.as_of) for row in missed),
            not_owed_reasons=_reasons(row.not_required for row, _ in customers if by(row.not_required_at, self.as_of)),
            facts="\n".join(said.nature), effects="\n".join(said.consequences), remedial="\n".join(said.measures),
            phases=tuple(PhaseLine(one.number, one.phase, one.released_at, one.late_reason, one.emergency_reason) for one in phases if one.released_at),
            reports=tuple(authority_words.line(one.said({}), timestamp(self.as_of), breach.zone) for one in self.reports.get(breach.id, ())),
        )  # fmt: skip

    def _outcome(self, row: Affected, clock: Clock, until: datetime | None) -> Promise:
        if row.kept and (at := told(row, clock, self.as_of)) is not None:
            return in_mailbox(clock, until=until or at)
        anew = self.corrected.get(clock.id)
        return promise(clock, not_owed=by(row.not_required_at, self.as_of), as_of=self.as_of, late_anew=anew is not None and anew.late)


def _reasons(given: Iterable[str]) -> Reasons:
    return tuple(Counter(given).most_common())


def _matters(sheet: BreachFacts | None, phases: Sequence[Notice], breach: Breach) -> Matters:
    """Return facts, effects and remedial action: what a notice told after the sheet was saved, if it says more, then what the sheet says, named as earlier.

    Where the sheet is silent, what customers were told stands, and before anything was written what was recorded.
    """
    known = sheet_of([sheet] if sheet else [], phases, 1)
    said, plain = facts.matters(known, breach.zone), facts.matters(known, breach.zone, numbers=False)
    newest = phases[-1] if phases else None
    if newest is None:
        return replace(said, nature=said.nature or (breach.known,))
    later = sheet is None or (newest.released_at is not None and newest.released_at >= sheet.at)
    told = {name: getattr(newest, name) for name in ("nature", "contact", "consequences", "measures", "unknown")}
    # A notice that is the sheet's own prose, without the counts that no customer is told of the whole, says nothing more.
    return Matters(*(_joined(getattr(said, name), "" if text == "\n\n".join(getattr(plain, name)) else text, later=later) for name, text in told.items()))


def _joined(said: Sequence[str], told: str, *, later: bool) -> tuple[str, ...]:
    if not said or all(one in told for one in said):
        return (told,) if told else ()
    # The newest statement first: what the sheet did not know yet must not stand above what customers were told since.
    return (told, f"{EARLIER}{said[0]}", *said[1:]) if later and told and told not in "\n".join(said) else tuple(said)


def _news(said: Sequence[str], told: str) -> bool:
    """Tell whether what customers were told is not what the sheet says."""
    return bool(told) and told not in "\n".join(said) and not (said and all(one in told for one in said))


def ahead(sheet: BreachFacts | None, phases: Sequence[Notice], zone: str) -> Notice | None:
    """Return the notice released last, if it is newer than the fact sheet and says other things; none where the sheet is the newest word, and where there is none."""
    released = [one for one in phases if one.released_at is not None]
    if sheet is None or not released or released[-1].released_at is None or released[-1].released_at < sheet.at:
        return None
    said, newest = facts.matters(sheet_of([sheet], phases, 1), zone), released[-1]
    return newest if any(_news(getattr(said, name), getattr(newest, name)) for name in ("nature", "consequences", "measures")) else None


def measures_since(sheet: BreachFacts | None, phases: Sequence[Notice], zone: str) -> str:
    """Return the measures told after the fact sheet was saved, where they are not those of the sheet; empty for none."""
    newest = ahead(sheet, phases, zone)
    if sheet is None or newest is None:
        return ""
    return newest.measures if _news(facts.matters(sheet_of([sheet], phases, 1), zone).measures, newest.measures) else ""


def stale(sheet: BreachFacts | None, phases: Sequence[Notice], zone: str) -> str:
    """Return what must be said where customers were told more than the fact sheet holds; empty for nothing."""
    newest = ahead(sheet, phases, zone)
    if sheet is None or newest is None:
        return ""
    return (
        f"The {TITLES[newest.phase].lower()} of {instant_text(newest.released_at or sheet.at, zone)} says other things than the fact sheet, which was saved last on "
        f"{instant_text(sheet.at, zone)}. The facts file and a part of each dossier are made from the sheet: bring it up to date first."
    )
