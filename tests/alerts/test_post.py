"""Several mails in the hands of one worker: how many, what a dying or failing one does to the others, and what goes back untried."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.alerts import delivery, post, queue, rules
from dpa.alerts.models import OutboxMessage
from dpa.alerts.rules import Answer, Outcome, State
from dpa.unit import Unit
from tests.alerts.desk import Desk
from tests.alerts.scripted import Scripted

ACCEPTED = Answer(Outcome.ACCEPTED, 250, "OK")


class Watched:
    """A way for mail that looks into the outbox while it takes each mail."""

    def __init__(self, desk: Desk, act: Callable[[], object] = lambda: None) -> None:
        self.desk, self.act = desk, act
        self.held: list[tuple[str, int]] = []
        """Each mail's recipient, and how many messages the worker had leased then."""

    @contextmanager
    def connect(self) -> Iterator[Watched]:
        yield self

    def send(self, sender: str, recipient: str, data: bytes) -> Answer:
        with Session(self.desk.session.get_bind()) as session:
            mine = OutboxMessage.lease_owner == self.desk.tick().worker
            leased = session.scalars(select(OutboxMessage.id).where(OutboxMessage.state == State.SENDING, mine)).all()
        self.held.append((recipient.partition("@")[0], len(leased)))
        self.act()
        return ACCEPTED


def test_a_slow_server_has_two_mails_waiting_for_it_at_most(desk: Desk) -> None:
    desk.enqueue(*(f"k{number}" for number in range(6)))
    server = Watched(desk, lambda: time.sleep(post.AHEAD_SECONDS))
    assert desk.dispatch(server) == "6 accepted"
    assert [name for name, _ in server.held] == [f"k{number}" for number in range(6)]
    assert max(leased for _, leased in server.held) <= post.FEWEST


def test_a_fast_server_is_given_more_but_never_too_many(desk: Desk) -> None:
    desk.enqueue(*(f"k{number}" for number in range(60)))
    server = Watched(desk)
    assert desk.dispatch(server) == "60 accepted"
    assert post.FEWEST < max(leased for _, leased in server.held) <= post.MOST
    assert desk.session.query(OutboxMessage).filter(OutboxMessage.state == State.SENT).count() == 60


def test_a_message_that_workers_died_over_is_in_hand_alone(desk: Desk) -> None:
    suspects = desk.enqueue("k1", "k2")
    desk.enqueue("k3", "k4")
    with desk.unit() as unit:
        assert [one.id for one in queue.claim(unit, "gone:1:a", "s@example.org", limit=2)] == suspects
    desk.clock.advance(rules.LEASE)
    server = Watched(desk, lambda: time.sleep(post.AHEAD_SECONDS / 5))
    assert desk.dispatch(server) == "4 accepted"
    held = dict(server.held)
    assert (held["k1"], held["k2"]) == (1, 1), "a neighbour would be taken for the cause when this one kills the next worker"
    assert max(held["k3"], held["k4"]) == 2


def test_neighbours_of_a_message_that_kills_workers_are_suspected_once(desk: Desk) -> None:
    poison, *neighbours = desk.enqueue("k1", "k2", "k3")
    with desk.unit() as unit:
        assert len(queue.claim(unit, "w:1:a", "s@example.org", limit=3)) == 3
    for _ in range(rules.MAX_CRASHES + len(neighbours)):
        desk.clock.advance(rules.LEASE)
        with desk.unit() as unit:
            claimed = delivery._take(unit, "w:2:b", "s@example.org", post.MOST, alone=True)
            if claimed[0].id != poison:  # The poison kills this worker, too.
                sent = rules.Decision(State.SENT, rules.EventKind.ACCEPTED, counts=True)
                queue.conclude(unit, [queue.Ending(one, ACCEPTED, sent) for one in claimed])
    assert [desk.row(number).state for number in (poison, *neighbours)] == [State.DEAD, State.SENT, State.SENT]
    assert [desk.row(number).claims for number in neighbours] == [2, 2]


def test_what_is_in_hand_when_the_server_goes_returns_as_it_was(desk: Desk) -> None:
    tried, other = desk.enqueue("k1", "k2")
    assert desk.dispatch(Scripted(Answer(Outcome.UNREACHABLE, None, "connection refused"))) == "1 unreachable"
    row = desk.row(other)
    assert (row.state, row.claims, row.attempts, row.uncertain, row.lease_owner, row.last_error) == (State.PENDING, 0, 0, 0, None, None)
    assert (row.next_at, desk.record(other)) == (desk.clock.now(), []), "it is the first to be tried, and nothing was tried yet"
    assert desk.row(tried).next_at > desk.clock.now()
    assert desk.dispatch() == "1 accepted"
    assert desk.row(other).state is State.SENT


def test_a_mail_whose_lease_runs_out_is_not_sent_any_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (number,) = desk.enqueue("k1")
    monkeypatch.setattr(post, "STALE_SECONDS", -1.0)
    server = Watched(desk)
    assert desk.dispatch(server) == ""
    assert (server.held, desk.row(number).state, desk.row(number).claims) == ([], State.PENDING, 0)


def test_a_listener_that_fails_with_one_message_fails_with_that_one_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_listeners", {})
    numbers = desk.enqueue("k1", "k2", "k3", category="notice")
    heard: list[int] = []

    def listener(unit: Unit, rows: Sequence[OutboxMessage]) -> None:
        if numbers[1] in {row.id for row in rows}:
            raise RuntimeError("not this one")
        heard.extend(row.id for row in rows)

    delivery.on_sent("notice", listener)
    server = Watched(desk)
    with server.connect() as carrier, post.opened(carrier) as hands:
        for claimed in delivery.take(desk.tick(), "s@example.org", 3):
            hands.give(delivery.build(claimed, desk.settings.document_store))
        offered = [hands.collect() for _ in numbers if hands.held]
    delivery.settle(desk.tick(), "s@example.org", [one for some in offered for one in some], room=0, alone=False)
    assert [desk.row(number).state for number in numbers] == [State.SENT] * 3
    assert [desk.row(number).follow_up for number in numbers] == [False, True, False]
    assert sorted(set(heard)) == [numbers[0], numbers[2]]


def test_when_the_worker_fails_what_was_not_sent_stays_unsent(desk: Desk) -> None:
    server = Watched(desk, lambda: time.sleep(0.05))
    numbers = desk.enqueue("k1", "k2", "k3", "k4")

    def fail() -> None:
        with server.connect() as carrier, post.opened(carrier) as hands:
            for one in delivery.take(desk.tick(), "s@example.org", 4):
                hands.give(delivery.build(one, desk.settings.document_store))
            raise RuntimeError("the database is gone")

    with pytest.raises(RuntimeError, match="the database is gone"):
        fail()
    assert len(server.held) <= 1
    assert [desk.row(number).state for number in numbers] == [State.SENDING] * 4
    desk.clock.advance(rules.LEASE)
    assert desk.dispatch() == "4 accepted"
