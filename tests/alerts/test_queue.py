"""The queue on both databases: leases, tokens, retries, crashes, cancellation, what the trail is told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.alerts import delivery, operations, queries, queue, rules
from dpa.alerts.models import LIVE, OutboxMessage
from dpa.alerts.rules import Answer, Outcome, State
from dpa.alerts.transports import FileTransport
from dpa.evidence import trail
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit
from dpa.web.identity import Scope
from tests.alerts.desk import Desk
from tests.alerts.scripted import Scripted
from tests.support.databases import Database

SECOND = timedelta(seconds=1)


def test_a_key_is_stored_once(desk: Desk) -> None:
    with desk.unit() as unit:
        first = operations.enqueue(unit, desk.message("k1")).id
        assert operations.enqueue(unit, desk.message("k1", to_name="Somebody Else")).id == first
    with desk.unit() as unit:
        found = operations.enqueue_many(unit, [desk.message("k1"), desk.message("k2"), desk.message("k2")])
    assert found["k1"] == first
    assert set(found) == {"k1", "k2"}
    assert desk.row(first).to_name == "Carla Customer"


def test_nothing_is_stored_when_one_message_cannot_be_rendered(desk: Desk) -> None:
    with pytest.raises(Invalid, match="address"), desk.unit() as unit:
        operations.enqueue_many(unit, [desk.message("k1"), desk.message("k2", to_address="not an address")])
    with desk.unit() as unit, pytest.raises(Invalid):
        operations.enqueue_many(unit, [desk.message("k1"), desk.message("k2", to_address="x@y\r\nBcc: z@z.example")])
    assert not queue.anything_due(desk.session, desk.clock.now())


def test_claiming_leases_and_raises_the_token(desk: Desk) -> None:
    (number,) = desk.enqueue("k1")
    with desk.unit() as unit:
        (claimed,) = queue.claim(unit, "w:1:a", "desk@example.org")
        assert queue.claim(unit, "w:2:b", "desk@example.org") == []
    row = desk.row(number)
    assert (row.state, row.claims, row.lease_owner, row.lease_token) == (State.SENDING, 1, "w:1:a", claimed.token)
    assert row.lease_until == row.next_at == desk.clock.now() + rules.LEASE
    desk.clock.advance(rules.LEASE - SECOND)
    with desk.unit() as unit:
        assert queue.claim(unit, "w:2:b", "desk@example.org") == []
    desk.clock.advance(SECOND)
    with desk.unit() as unit:
        (again,) = queue.claim(unit, "w:2:b", "desk@example.org")
    assert (again.token, again.uncertain, again.letter.repeated) == (claimed.token + 1, 1, True)


def test_the_oldest_is_claimed_first_by_an_index(desk: Desk) -> None:
    first, second = desk.enqueue("k1", "k2")
    desk.clock.advance(SECOND)
    (third,) = desk.enqueue("k3")
    with desk.unit() as unit:
        assert [one.id for one in queue.claim(unit, "w:1:a", "s@example.org", limit=2)] == [first, second]
        assert [one.id for one in queue.claim(unit, "w:1:a", "s@example.org", limit=2)] == [third]
    if desk.engine.dialect.name == "sqlite":
        statement = "SELECT id FROM outbox_message WHERE state IN ('pending', 'sending') AND next_at <= '2026' ORDER BY next_at, id LIMIT 1"
        plan = str(desk.session.execute(text(f"EXPLAIN QUERY PLAN {statement}")).all())
        assert "ix_outbox_message_next" in plan
        assert "TEMP B-TREE" not in plan


def test_two_sessions_never_hold_the_same_message(desk: Desk) -> None:
    desk.enqueue("k1", "k2")
    with desk.unit() as unit:
        mine = queue.claim(unit, "w:1:a", "s@example.org")
        if desk.engine.dialect.name != "postgresql":
            return  # SQLite lets one writer in at a time; PostgreSQL passes over locked rows.
        with Session(desk.engine) as other, units.transaction(other, actor="system:test", now=desk.clock.now(), settings=desk.settings) as theirs:
            yours = queue.claim(theirs, "w:2:b", "s@example.org", limit=5)
    assert {one.id for one in mine}.isdisjoint(one.id for one in yours)
    assert len(yours) == 1


def test_what_the_file_mailbox_takes_is_recorded_as_kept_and_as_accepted_by_nobody(desk: Desk) -> None:
    (number,) = desk.enqueue("k1")
    assert desk.dispatch() == "1 accepted"
    row = desk.row(number)
    assert (row.state, row.attempts, row.claims, row.sent_at, row.lease_owner, row.last_error) == (State.SENT, 1, 1, desk.clock.now(), None, None)
    assert row.kept
    assert desk.record(number) == [("kept", None)]
    assert desk.trail() == ["alerts:message:kept"]
    assert desk.dispatch() == ""


def test_a_late_worker_may_not_write(desk: Desk) -> None:
    (number,) = desk.enqueue("k1")
    with desk.unit() as unit:
        (late,) = queue.claim(unit, "w:1:a", "s@example.org")
    desk.clock.advance(rules.LEASE)
    with desk.unit() as unit:
        (current,) = queue.claim(unit, "w:2:b", "s@example.org")
    refused = Answer(Outcome.REFUSED, 550, "no")
    with desk.unit() as unit:
        assert conclude(unit, late, refused) is None
    assert desk.row(number).state is State.SENDING
    assert desk.record(number) == []
    accepted = Answer(Outcome.ACCEPTED, 250, "OK")
    with desk.unit() as unit:
        assert conclude(unit, late, accepted) is None
        assert conclude(unit, current, accepted) is not None
    assert desk.record(number) == [("accepted_late", 250), ("accepted", 250)]


def conclude(unit: Unit, claimed: queue.Claimed, answer: Answer) -> OutboxMessage | None:
    decision = rules.decide(answer, attempts=claimed.attempts, give_up_at=claimed.give_up_at, now=unit.now, chance=0)
    return queue.conclude(unit, [queue.Ending(claimed, answer, decision)])[0]


def test_temporary_refusals_are_tried_again_at_growing_intervals(desk: Desk) -> None:
    (number,) = desk.enqueue("k1")
    server = Scripted(*[Answer(Outcome.DEFERRED, 451, "later")] * 8)
    waits = []
    for _ in range(8):
        assert desk.dispatch(server) == "1 deferred"
        row = desk.row(number)
        waits.append((row.next_at - desk.clock.now()).total_seconds())
        desk.clock.advance(row.next_at - desk.clock.now() - SECOND)
        assert desk.dispatch(server) == ""
        desk.clock.advance(SECOND)
    for wait, least in zip(waits, [30, 60, 120, 300, 600, 900, 900, 900], strict=True):
        assert least <= wait <= least * 1.2
    assert desk.dispatch(server) == "1 accepted"
    assert (desk.row(number).attempts, desk.row(number).claims) == (9, 9)


def test_it_is_given_up_when_its_time_is_over_and_the_last_attempt_is_then(desk: Desk) -> None:
    (number,) = desk.enqueue("k1", give_up_at=desk.clock.now() + timedelta(hours=2))
    server = Scripted(*[Answer(Outcome.DEFERRED, 451, "later")] * 50)
    while (row := desk.row(number)).state is State.PENDING:
        desk.clock.set(row.next_at)
        desk.dispatch(server)
    assert row.state is State.DEAD
    assert desk.clock.now() == row.give_up_at
    assert desk.trail()[-1] == "alerts:message:dead"


def test_an_unreachable_server_costs_no_attempts_and_one_line(desk: Desk) -> None:
    first, second = desk.enqueue("k1", "k2")
    down = Answer(Outcome.UNREACHABLE, None, "connection refused")
    server = Scripted(down, down, down)
    assert desk.dispatch(server) == "1 unreachable"
    assert desk.row(second).state is State.PENDING
    assert desk.row(second).claims == 0
    for _ in range(2):
        desk.clock.set(desk.row(first).next_at)
        desk.dispatch(server)
    assert (desk.row(first).attempts, desk.row(first).claims, desk.row(first).state) == (0, 0, State.PENDING)
    assert desk.record(first) == [("unreachable", None)]
    desk.clock.advance(timedelta(seconds=36))
    assert desk.dispatch(server) == "2 accepted"


def test_a_permanent_refusal_is_final_and_told_to_the_others_once(desk: Desk) -> None:
    dana = desk.person("Dana Dpo")
    (number,) = desk.enqueue("k1", to_address=dana.email, person_id=dana.id)
    answers = [Answer(Outcome.REFUSED, 550, "5.1.1 no such user"), Answer(Outcome.ACCEPTED, 250, "OK")]
    assert desk.dispatch(Scripted(*answers)) == "1 accepted, 1 refused"
    row = desk.row(number)
    assert (row.state, row.last_error, desk.record(number)) == (State.DEAD, "5.1.1 no such user", [("refused", 550)])
    told = desk.session.query(OutboxMessage).filter(OutboxMessage.dedupe_key.startswith("dead:")).all()
    assert [(one.to_address, one.state) for one in told] == [("otto@lemon.example", State.SENT)]
    with desk.unit() as unit:
        operations.retry(unit, unit.session.get_one(OutboxMessage, number))
    assert desk.dispatch(Scripted(answers[0])) == "1 refused"
    assert desk.session.query(OutboxMessage).count() == 2
    assert desk.trail() == [
        "alerts:message:refused", "alerts:message:accepted", "alerts:message:retried", "alerts:message:refused",
    ]


def test_an_undeliverable_alert_about_undeliverables_ends_there(desk: Desk) -> None:
    desk.enqueue("k1")
    desk.dispatch(Scripted(*[Answer(Outcome.REFUSED, 550, "no")] * 9))
    assert [row.mail for row in desk.session.query(OutboxMessage).order_by(OutboxMessage.id)] == ["sample/notice", "alerts/dead", "alerts/dead"]


def test_a_message_that_kills_workers_dies_alone(desk: Desk) -> None:
    poison, healthy = desk.enqueue("k1", "k2")
    for crash in range(rules.MAX_CRASHES):
        with desk.unit() as unit:
            assert next(iter(queue.claim(unit, "w:1:a", "s@example.org"))).id == poison
        if crash == 0:
            assert desk.dispatch() == "1 accepted"  # The neighbour is not held up.
        desk.clock.advance(rules.LEASE)
    desk.dispatch()
    assert (desk.row(poison).state, desk.row(poison).attempts, desk.row(healthy).state) == (State.DEAD, 0, State.SENT)


def test_refusals_and_crashes_are_counted_apart(desk: Desk) -> None:
    (number,) = desk.enqueue("k1")
    for _ in range(4):
        with desk.unit() as unit:
            assert queue.claim(unit, "w:1:a", "s@example.org")
        desk.clock.advance(rules.LEASE)
        desk.dispatch(Scripted(Answer(Outcome.DEFERRED, 451, "later")))
        desk.clock.set(desk.row(number).next_at)
    assert desk.dispatch() == "1 accepted"
    assert (desk.row(number).attempts, desk.row(number).claims, desk.row(number).uncertain) == (5, 9, 4)


def test_moved_deadlines_cancel_older_messages_only(desk: Desk) -> None:
    old, new, other = (
        desk.enqueue("a", deadline=7, deadline_version=1)[0],
        desk.enqueue("b", deadline=7, deadline_version=2)[0],
        desk.enqueue("c", deadline=8, deadline_version=1)[0],
    )
    with desk.unit() as unit:
        assert operations.cancel_for_deadline(unit, 7, 2) == 1
        assert operations.cancel_for_deadline(unit, 7, 2) == 0
    assert [desk.row(number).state for number in (old, new, other)] == [State.CANCELLED, State.PENDING, State.PENDING]
    assert desk.trail() == ["alerts:message:cancelled"]


@pytest.mark.parametrize(("outcome", "state"), [(Outcome.ACCEPTED, State.SENT), (Outcome.DEFERRED, State.CANCELLED)])
def test_cancelled_on_its_way_is_not_repeated_but_counts_when_accepted(desk: Desk, outcome: Outcome, state: State) -> None:
    (number,) = desk.enqueue("a", deadline=7, deadline_version=1)
    with desk.unit() as unit:
        (claimed,) = queue.claim(unit, "w:1:a", "s@example.org")
    with desk.unit() as unit:
        operations.cancel_for_deadline(unit, 7, 2)
    answer = Answer(outcome, 250, "x")
    with desk.unit() as unit:
        conclude(unit, claimed, answer)
    assert desk.row(number).state is state
    desk.clock.advance(timedelta(days=1))
    assert desk.dispatch() == ""


def test_leases_of_dead_workers_of_this_machine_are_freed(desk: Desk) -> None:
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    dead, living, foreign = (f"{host}:{pid}:x" for host, pid in
                             ((queue.machine(), gone.pid), (queue.machine(), os.getppid()), ("elsewhere", gone.pid)))
    numbers = desk.enqueue("a", "b", "c")
    with desk.unit() as unit:
        for owner in (dead, living, foreign):
            assert queue.claim(unit, owner, "s@example.org")
    with desk.unit() as unit:
        assert queue.free_dead_leases(unit, lambda owner: queue.is_dead_here(owner, "me:1:x")) == 1
    assert [desk.row(number).state for number in numbers] == [State.PENDING, State.SENDING, State.SENDING]
    assert desk.row(numbers[0]).uncertain == 1
    assert queue.is_dead_here(f"{queue.machine()}:{os.getpid()}:before", f"{queue.machine()}:{os.getpid()}:now")


def test_a_clock_set_back_delays_nothing(desk: Desk) -> None:
    waiting, leased = desk.enqueue("a", "b")
    with desk.unit() as unit:
        (claimed,) = queue.claim(unit, "w:1:a", "s@example.org")
    desk.clock.set(desk.clock.now() - timedelta(hours=2))
    assert desk.dispatch() == ""
    with desk.unit() as unit:
        assert queue.heal_after_step_back(unit) == 2
        assert queue.heal_after_step_back(unit) == 0
    assert desk.dispatch() == "1 accepted"
    assert desk.row(claimed.id).lease_until == desk.clock.now() + rules.LEASE
    assert {waiting, leased} == {claimed.id, *({waiting, leased} - {claimed.id})}


def test_people_who_left_are_not_told(desk: Desk) -> None:
    otto = desk.person("Otto Operator")
    (number,) = desk.enqueue("a", person_id=otto.id)
    with desk.unit() as unit:
        person = unit.session.get_one(type(otto), otto.id)
        person.disabled_at = unit.now
        trail.record(unit, "people:person:disabled", subject=("u", person.id), organisation_id=None, covers=[person], data={"sessions": 0})
    assert desk.dispatch() == ""
    assert (desk.row(number).state, desk.record(number)) == (State.CANCELLED, [("cancelled", None)])


def test_listeners_act_in_the_accepting_transaction(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_listeners", {})
    heard: list[tuple[int, object]] = []

    def listener(unit: Unit, rows: Sequence[OutboxMessage]) -> None:
        heard.extend((row.id, row.sent_at) for row in rows)
        if len(heard) == 1:
            raise RuntimeError("the first time it fails")

    delivery.on_sent("notice", listener)
    delivery.on_sent("notice", listener)
    # One after the other: what is accepted together is written together, and after a failure once more one by one.
    (alert,) = desk.enqueue("a")
    assert desk.dispatch() == "1 accepted"
    (notice,) = desk.enqueue("b", category="notice")
    assert desk.dispatch() == "1 accepted"
    sent_at = desk.clock.now()
    assert heard == [(notice, sent_at)]
    assert (desk.row(notice).state, desk.row(notice).follow_up, desk.row(alert).follow_up) == (State.SENT, True, False)
    assert queries.facts(desk.session, sent_at).follow_ups == 1
    desk.clock.advance(timedelta(minutes=1))
    assert delivery.follow_up(desk.tick()) == "1 of 1 follow-ups done"
    assert heard[1:] == [(notice, sent_at)]
    assert desk.row(notice).follow_up is False
    assert desk.record(notice) == [("kept", None), ("follow_up_failed", None)]


def test_setting_aside_needs_a_dead_message_and_a_reason(desk: Desk) -> None:
    (number,) = desk.enqueue("a")
    with desk.unit() as unit, pytest.raises(Conflict):
        operations.set_aside(unit, unit.session.get_one(OutboxMessage, number), "told by telephone")
    with desk.unit() as unit, pytest.raises(Conflict):
        operations.retry(unit, unit.session.get_one(OutboxMessage, number))
    desk.dispatch(Scripted(*[Answer(Outcome.REFUSED, 550, "no")] * 3))
    with desk.unit() as unit, pytest.raises(Invalid):
        operations.set_aside(unit, unit.session.get_one(OutboxMessage, number), "  ")
    with desk.unit() as unit:
        operations.set_aside(unit, unit.session.get_one(OutboxMessage, number), "told by telephone")
    assert desk.row(number).state is State.CANCELLED
    assert desk.trail()[-1] == "alerts:message:set_aside"


def test_notices_are_told_to_the_trail_when_queued_alerts_are_not(desk: Desk) -> None:
    desk.enqueue("a", "b", "c", category="notice")
    desk.enqueue("d")
    assert desk.trail() == ["alerts:notice:enqueued"]
    assert (desk.row(1).from_name, desk.row(1).reply_to) == ("Lemon Learning", "dana@lemon.example")
    assert (desk.row(4).from_name, desk.row(4).reply_to) == ("DPA Desk", None)


def test_a_personal_link_is_erased_once_sent(desk: Desk) -> None:
    (number,) = desk.enqueue("a", category="account")
    assert "LL-2026-007" in desk.row(number).body_text
    desk.dispatch()
    assert desk.row(number).body_text == desk.row(number).body_html == queue.ERASED


def test_other_organisations_messages_are_not_there(desk: Desk) -> None:
    (mine,) = desk.enqueue("a")
    theirs = desk.add_organisation("light", "Light", ("Lena Light",))
    scope = Scope(frozenset({theirs}))
    assert queries.page(desk.session, scope, queries.Filters()).rows == ()
    with pytest.raises(Exception, match="no such message"):
        queries.message(desk.session, scope, mine)


def test_the_list_pages_and_filters(desk: Desk) -> None:
    numbers = desk.enqueue(*(f"k{number}" for number in range(5)))
    scope = Scope(frozenset({desk.organisation_id}))
    first = queries.page(desk.session, scope, queries.Filters(words="ll-2026"), size=3)
    rest = queries.page(desk.session, scope, queries.Filters(), first.next_key, size=3)
    assert [row.id for row in (*first.rows, *rest.rows)] == sorted(numbers, reverse=True)
    assert rest.next_key is None
    for filters, count in (
        (queries.Filters(state=State.DEAD), 0), (queries.Filters(state=State.PENDING), 5), (queries.Filters(words="50%"), 0),
        (queries.Filters(category=rules.Category.NOTICE), 0),
    ):
        assert len(queries.page(desk.session, scope, filters).rows) == count


def test_the_file_mailbox_keeps_one_file_per_message(desk: Desk) -> None:
    (number,) = desk.enqueue("a")
    with desk.unit() as unit:
        queue.claim(unit, "w:1:a", "s@example.org")
    desk.clock.advance(rules.LEASE)
    desk.dispatch(FileTransport(desk.settings.mailbox))
    (file,) = desk.settings.mailbox.iterdir()
    assert file.name == f"{desk.row(number).message_id.partition('@')[0]}.eml"
    assert b"X-DPA-Desk-Repeat" in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_cancelling_for_a_deadline_reads_its_own_index_only(sqlite_database: Database) -> None:
    """A customer's clock is met ten thousand times in a large breach; each may not read the whole outbox."""
    statement = "UPDATE outbox_message SET state='cancelled' WHERE state IN ('pending', 'sending') AND deadline_id = 7 AND deadline_version < 2"
    assert LIVE == "state IN ('pending', 'sending')"
    with sqlite_database.engine.connect() as connection:
        plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}"))
    assert "ix_outbox_message_deadline" in plan, plan
