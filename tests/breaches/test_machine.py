"""No sequence of acts, sensible or not, reaches a case that lies: closed with an open clock, released without a document, a met or missed deadline that moved."""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.agreements.models import Agreement, Template
from dpa.alerts.models import OutboxMessage
from dpa.breaches import case_counts, case_customers, operations
from dpa.breaches.awareness import Decision
from dpa.breaches.channels import CameBack, Channel, Handed, Receipt
from dpa.breaches.closing import CaseState, Ending
from dpa.breaches.models import Affected, Breach, BreachAwareness, Delivery, Notice
from dpa.breaches.paper_models import NoticePaper
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft, Selection
from dpa.database import make_engine
from dpa.docket.models import DocketEntry
from dpa.evidence.trail import unchanged
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.verify import verify_database
from dpa.parties import operations as parties
from dpa.parties.models import Controller
from dpa.parties.rules import ContactInput, Purpose
from dpa.people.models import Organisation
from dpa.problems import Problem
from tests.breaches import one_by_one
from tests.breaches.conftest import NO_FINAL, NOW, Ground, ground_for
from tests.breaches.test_operations import incident
from tests.support.databases import Database

GOOD = "A sentence that says why it was so."
REASONS = st.sampled_from([GOOD, GOOD, "short", ""])
HOUR = timedelta(hours=1)
Act = Callable[[Any, Breach], object]


@dataclass(frozen=True)
class Start:
    """An installation with a fresh case of three customers, made once; every run begins with a copy of it."""

    folder: Path
    organisation: int
    template: int
    agreements: tuple[int, ...]
    breach: int

    @classmethod
    def made_in(cls, folder: Path, empty: Path) -> Start:
        folder.mkdir()
        shutil.copyfile(empty, folder / "dpa.sqlite3")
        database = opened(folder)
        with Session(database.engine) as session:
            ground = ground_for(database, "lemon-learning", session)
            agreements = tuple(ground.customer(n, (Purpose.SECURITY, f"s@c{n}.example")).id for n in (1, 2, 3))
            with ground.unit(NOW) as unit:
                breach = operations.record_incident(unit, ground.organisation, incident()).id
            made = cls(folder, ground.organisation.id, ground.template.id, agreements, breach)
        database.engine.dispose()
        return made


def opened(folder: Path) -> Database:
    url = f"sqlite:///{folder / 'dpa.sqlite3'}"
    return Database("sqlite", url, make_engine(url, durable=False), folder)


class CaseMachine(RuleBasedStateMachine):
    """Every run begins with a fresh case of three customers."""

    start: Start
    folder: Path
    numbers = itertools.count()
    reached: ClassVar[Counter[str]]
    """Events that some run reached: what the invariants were tried on."""

    def __init__(self) -> None:
        super().__init__()
        place = self.folder / str(next(self.numbers))
        shutil.copytree(self.start.folder, place)
        database = opened(place)
        self.engine, self.session, self.now = database.engine, Session(database.engine), NOW
        organisation = self.session.get_one(Organisation, self.start.organisation)
        self.ground = Ground(self.session, database.settings(), organisation, self.session.get_one(Template, self.start.template))
        self.session.rollback()
        self.agreements, self.id = self.start.agreements, self.start.breach
        self.met: dict[int, tuple[datetime | None, int | None]] = {}
        self.missed: dict[int, datetime] = {}
        self.decided: dict[int, tuple[datetime, str]] = {}
        self.released: dict[int, tuple[str, Phase]] = {}
        self.kept: unchanged.Unchanged[case_counts.Tally] = unchanged.Unchanged(4)

    def act(self, work: Act) -> None:
        try:
            with self.ground.unit(self.now) as unit:
                work(unit, unit.session.get_one(Breach, self.id))
        except Problem:
            pass  # Refused: the invariants show that nothing was half-done.

    def row(self, unit: Any, place: int) -> Affected | None:
        rows = unit.session.scalars(select(Affected).where(Affected.breach_id == self.id).order_by(Affected.id)).all()
        return rows[place % len(rows)] if rows else None

    @initialize(moved=st.booleans(), spared=st.booleans(), told=st.booleans(), late=st.booleans(), done=st.booleans(), lost=st.booleans())
    def begin(self, moved: bool, spared: bool, told: bool, late: bool, done: bool, lost: bool) -> None:
        """Many runs begin where the clocks were moved, the customers are told, in time or late, or the case is closed: chance alone rarely comes so far."""
        self.name({0, 1, 2}, own=False)
        if lost:
            self.lose_contacts(0)
        if moved:
            self.correct(-3, GOOD)
        if spared:
            self.owe_nothing(0, GOOD)
        if told:
            self.now += (30 if late else 1) * HOUR
            self.tell(Phase.INITIAL)
            if done:
                self.finish()

    @rule(phase=st.sampled_from(list(Phase)))
    def tell(self, phase: Phase) -> None:
        self.write(phase, None, "It leaked.")
        self.release(GOOD)
        self.deliver(3)

    @rule()
    def doubt(self) -> None:
        """Throw away what was begun and end the case as no breach: possible while nobody was told."""
        self.act(operations.discard_draft)
        self.no_breach(GOOD)

    @rule()
    def finish(self) -> None:
        """Do everything that closing demands, then close."""
        self.tell(Phase.FINAL)
        for place in range(3):
            self.explain(place, GOOD)
        self.close(GOOD)

    @rule(hours=st.sampled_from([1, 5, 13, 30]))
    def pass_time(self, hours: int) -> None:
        self.now += hours * HOUR

    @rule(chosen=st.sets(st.integers(0, 2), min_size=1), own=st.booleans())
    def name(self, chosen: set[int], own: bool) -> None:
        ids = [self.agreements[n] for n in sorted(chosen)]
        self.act(lambda unit, breach: operations.add_affected(unit, breach, ids, Selection.BY_LIST, aware_at=self.now if own else None, aware_reason=GOOD))

    @rule(phase=st.sampled_from([None, *Phase]), word=st.sampled_from([None, 2, 20]), nature=st.sampled_from(["", "It leaked.", "It leaked further."]))
    def write(self, phase: Phase | None, word: int | None, nature: str) -> None:
        at = self.now + word * HOUR if word else None
        self.act(lambda unit, breach: operations.save_draft(unit, breach, Draft(nature, "DPO", "", "", ""), phase, at))

    @rule(fresh=st.booleans())
    def discard(self, fresh: bool) -> None:
        if fresh:
            self.write(Phase.SUPPLEMENT, 20, "It leaked further.")
        self.act(operations.discard_draft)

    @rule(reason=REASONS)
    def release(self, reason: str) -> None:
        self.act(lambda unit, breach: operations.release_notice(unit, breach, unit.session.merge(self.ground.organisation), late_reason=reason))

    @rule(most=st.integers(1, 3))
    def deliver(self, most: int) -> None:
        def work(unit: Any, _breach: Breach) -> None:
            waiting = select(Delivery).where(Delivery.given_at.is_(None), Delivery.outbox_id.is_not(None)).order_by(Delivery.id).limit(most)
            for one in unit.session.scalars(waiting).all():
                message = unit.session.get_one(OutboxMessage, one.outbox_id)
                message.sent_at, message.state = unit.now, "sent"
                operations.notices_sent(unit, [message])

        self.act(work)

    @rule(place=st.integers(0, 2), state=st.sampled_from(["dead", "cancelled", "sending", "pending"]), error=st.sampled_from([None, "450 come back later"]))
    def trouble(self, place: int, state: str, error: str | None) -> None:
        """Let the mail server refuse, a person set aside or take up again, what is on its way."""

        def work(unit: Any, _breach: Breach) -> None:
            waiting = unit.session.scalars(select(Delivery).where(Delivery.given_at.is_(None), Delivery.outbox_id.is_not(None)).order_by(Delivery.id)).all()
            for one in waiting[place : place + 1]:
                message = unit.session.get_one(OutboxMessage, one.outbox_id)
                message.state, message.last_error = state, error

        self.act(work)

    @rule(place=st.integers(0, 2))
    def lose_contacts(self, place: int) -> None:
        """Take away every contact of a customer: it cannot be written to until it has one again."""

        def work(unit: Any, _breach: Breach) -> None:
            controller = self.controller(unit, place)
            for contact in list(controller.contacts):
                parties.remove_contact(unit, controller, contact)

        self.act(work)

    @rule(place=st.integers(0, 2))
    def find_contact(self, place: int) -> None:
        self.act(lambda unit, _: parties.add_contact(unit, self.controller(unit, place), ContactInput(Purpose.SECURITY, f"s@c{place}.example")))

    def controller(self, unit: Any, place: int) -> Controller:
        agreement = unit.session.get_one(Agreement, self.agreements[place])
        found: Controller = unit.session.get_one(Controller, agreement.controller_id)
        return found

    @rule(place=st.integers(0, 2))
    def send_again(self, place: int) -> None:
        """Have a mail refused for good and send the phase once more."""
        self.trouble(place, "dead", "550 no such user")
        self.release(GOOD)

    @rule(place=st.integers(0, 2), channel=st.sampled_from(list(Channel)), back=st.sampled_from([0, 1, 40]), received=st.booleans())
    def hand_over(self, place: int, channel: Channel, back: int, received: bool) -> None:
        at = self.now - back * HOUR
        handed = Handed(channel, at, "Receipt 4711", at if received and channel is Channel.COURIER else None)  # The contract counts only its receipt.
        self.act(lambda unit, breach: (row := self.row(unit, place)) and operations.hand_over(unit, breach, row, handed))

    @rule(
        place=st.integers(0, 2), channel=st.sampled_from([Channel.COURIER, Channel.POST]), later=st.sampled_from([0, 30]), arrives=st.sampled_from([False, False, True]), reason=REASONS
    )
    def carry(self, place: int, channel: Channel, later: int, arrives: bool, reason: str) -> None:
        """Hand something over, and have it come back or be received."""
        self.hand_over(place, channel, 0, received=False)
        self.now += later * HOUR

        def work(unit: Any, breach: Breach) -> None:
            if row := self.row(unit, place):
                newest = unit.session.scalars(select(Delivery).where(Delivery.affected_id == row.id, Delivery.outbox_id.is_(None)).order_by(Delivery.id.desc())).first()
                number = newest.id if newest else 0
                if arrives:
                    operations.received(unit, breach, row, number, Receipt(self.now, "Signed by the desk"))
                else:
                    operations.came_back(unit, breach, row, number, CameBack(self.now, reason))

        self.act(work)

    @rule(place=st.integers(0, 2), reason=REASONS)
    def explain(self, place: int, reason: str) -> None:
        self.act(lambda unit, breach: (row := self.row(unit, place)) and operations.explain_lateness(unit, breach, [row], reason))

    @rule(place=st.integers(0, 2), reason=REASONS)
    def owe_nothing(self, place: int, reason: str) -> None:
        self.act(lambda unit, breach: (row := self.row(unit, place)) and operations.owe_nothing(unit, breach, row, reason))

    @rule(place=st.integers(0, 2))
    def acknowledge(self, place: int) -> None:
        self.act(lambda unit, breach: (row := self.row(unit, place)) and operations.acknowledge(unit, breach, row, "The desk", "telephone"))

    @rule(hours=st.sampled_from([-9, -3, -1, 0, 5, 40]), reason=REASONS)
    def correct(self, hours: int, reason: str) -> None:
        at = NOW + hours * HOUR
        decision = Decision(min(at, NOW - 60 * HOUR), at, "Only then was it certain.", "DPO")
        self.act(lambda unit, breach: operations.correct_awareness(unit, breach, decision, reason))

    @rule(reason=REASONS)
    def close(self, reason: str) -> None:
        no_final = NO_FINAL if reason == GOOD else reason
        self.act(lambda unit, breach: operations.close(unit, breach, Ending(GOOD, no_final)))

    @rule(reason=REASONS)
    def no_breach(self, reason: str) -> None:
        self.act(lambda unit, breach: operations.close_as_no_breach(unit, breach, reason))

    @rule(reason=REASONS, on=st.booleans())
    def reopen(self, reason: str, on: bool) -> None:
        self.act(lambda unit, breach: operations.reopen(unit, breach, reason))
        if on:
            self.tell(Phase.SUPPLEMENT)

    def clocks(self) -> list[tuple[Affected, DocketEntry]]:
        self.session.expire_all()
        query = select(Affected, DocketEntry).join(DocketEntry, DocketEntry.id == Affected.docket_entry_id).where(Affected.breach_id == self.id)
        return [(row, entry) for row, entry in self.session.execute(query)]

    @invariant()
    def a_closed_case_has_no_open_clock_and_no_draft(self) -> None:
        self.session.expire_all()
        breach = self.session.get_one(Breach, self.id)
        if breach.state is CaseState.OPEN:
            return
        running = self.session.scalars(select(DocketEntry.title).where(DocketEntry.subject_id == self.id, DocketEntry.state.in_(["open", "paused"]))).all()
        assert not running, running
        assert breach.draft is None
        if breach.state is CaseState.CLOSED:
            assert all(row.late_reason for row, entry in self.clocks() if one_by_one.is_late(breach, row, entry))
            told = {notice.phase for notice in breach.notices if notice.released_at} if any(entry.met_at for _, entry in self.clocks()) else set()
            assert not told or Phase.FINAL in told or NO_FINAL in (breach.close_reason or "")

    @invariant()
    def a_released_notice_has_its_documents_and_never_changes(self) -> None:
        for notice in self.session.scalars(select(Notice).where(Notice.released_at.is_not(None))):
            assert self.released.setdefault(notice.id, (notice.nature, notice.phase)) == (notice.nature, notice.phase)
            given = self.session.scalars(select(Delivery).where(Delivery.notice_id == notice.id)).all()
            ordered = self.session.scalars(select(NoticePaper).where(NoticePaper.notice_id == notice.id)).all()
            assert given or ordered
            assert all(one.document_id and (one.outbox_id or one.channel is not Channel.EMAIL) for one in given)
            # Each customer has one document of a phase, whatever ways it took, and no two customers have the same.
            whose = {(one.affected_id, one.document_id) for one in [*given, *ordered]}
            assert len(whose) == len({customer for customer, _ in whose}) == len({paper for _, paper in whose})

    @invariant()
    def a_met_or_missed_deadline_never_moves(self) -> None:
        for row, entry in self.clocks():
            due = entry.due_at or entry.target_at
            if entry.met_at is not None:
                assert self.met.setdefault(row.id, (entry.met_at, entry.late_s)) == (entry.met_at, entry.late_s)
                assert row.sent_at == entry.met_at
                assert (row.late_anew or (entry.late_s or 0) > 0) is one_by_one.is_late(self.session.get_one(Breach, self.id), row, entry)
            elif entry.state in {"open", "paused"} and due <= self.now:
                assert due <= self.missed.setdefault(row.id, due), "a missed deadline was undone"
                self.missed[row.id] = due

    @invariant()
    def what_the_case_page_counts_is_true_of_its_customers_one_by_one(self) -> None:
        self.session.expire_all()
        breach, domains = self.session.get_one(Breach, self.id), self.ground.organisation.mail_domains
        frontier = self.session.scalar(select(unchanged.frontier()))
        assert frontier is not None
        # As the page does it: what was counted is kept until the next event, the state of mails is asked for each time.
        kept = self.kept.at(self.session, frontier, self.id, lambda: case_counts.tally(self.session, breach, domains))
        standings, closing = case_counts.overview(self.session, breach, domains, kept)
        rows = case_customers.affected(self.session, breach, domains, self.now).rows
        assert dict(standings) == Counter(row.standing for row in rows)
        assert closing == one_by_one.closing(self.session, breach)
        assert kept.phases == one_by_one.phases(self.session, breach)

    @invariant()
    def a_decision_about_awareness_stays_on_record(self) -> None:
        rows = self.session.scalars(select(BreachAwareness).order_by(BreachAwareness.number)).all()
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        for row in rows:
            assert self.decided.setdefault(row.number, (row.aware_at, row.reason)) == (row.aware_at, row.reason)
        breach = self.session.get_one(Breach, self.id)
        assert breach.aware_at == rows[-1].aware_at

    def teardown(self) -> None:
        self.reached.update(set(self.session.scalars(select(TrailEvent.action))))
        self.session.close()
        assert verify_database(self.engine).ok
        self.engine.dispose()


HARD_TO_REACH = (
    "breaches:incident:closed", "breaches:incident:closed_as_no_breach", "breaches:incident:reopened", "breaches:awareness:corrected",
    "breaches:affected:lateness_explained", "breaches:affected:not_required", "breaches:notice:handed_over", "breaches:notice:received", "breaches:notice:came_back", "breaches:notice:acknowledged",
    "breaches:notice:discarded", "docket:deadline:superseded",
)  # fmt: skip


def test_no_sequence_of_acts_reaches_a_case_that_lies(sqlite_template: Path, tmp_path: Path) -> None:
    machine = type("Machine", (CaseMachine,), {"start": Start.made_in(tmp_path / "start", sqlite_template), "folder": tmp_path, "reached": Counter()})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=80, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
        ),
    )
    missing = [action for action in HARD_TO_REACH if not machine.reached[action]]  # type: ignore[attr-defined]
    assert not missing, f"no run came so far: {missing}"
