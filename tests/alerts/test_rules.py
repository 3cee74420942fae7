"""What becomes of a message after an answer, and when health fails, as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dpa.alerts import rules
from dpa.alerts.rules import Answer, EventKind, Facts, Outcome, State

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("outcome", "left", "state", "kind", "counts"),
    [
        (Outcome.ACCEPTED, MINUTE, State.SENT, EventKind.ACCEPTED, True),
        (Outcome.ACCEPTED, -MINUTE, State.SENT, EventKind.ACCEPTED, True),
        (Outcome.REFUSED, MINUTE, State.DEAD, EventKind.REFUSED, True),
        (Outcome.DEFERRED, MINUTE, State.PENDING, EventKind.DEFERRED, True),
        (Outcome.DEFERRED, SECOND, State.PENDING, EventKind.DEFERRED, True),
        (Outcome.DEFERRED, timedelta(0), State.DEAD, EventKind.DEAD, True),
        (Outcome.UNREACHABLE, MINUTE, State.PENDING, EventKind.UNREACHABLE, False),
        (Outcome.UNREACHABLE, timedelta(0), State.DEAD, EventKind.DEAD, False),
    ],
)
def test_decide(outcome: Outcome, left: timedelta, state: State, kind: EventKind, counts: bool) -> None:
    found = rules.decide(Answer(outcome, None, ""), attempts=0, give_up_at=NOW + left, now=NOW, chance=1)
    assert (found.state, found.kind, found.counts) == (state, kind, counts)
    assert (found.next_at is not None) == (state is State.PENDING)
    if found.next_at is not None:
        assert NOW < found.next_at <= NOW + left


@pytest.mark.parametrize(("attempts", "chance", "seconds"), [(0, 0, 30), (0, 1, 36), (1, 0, 60), (4, 0, 600), (5, 0, 900), (500, 1, 1080)])
def test_waits(attempts: int, chance: float, seconds: int) -> None:
    found = rules.decide(Answer(Outcome.DEFERRED, 451, ""), attempts=attempts, give_up_at=NOW + timedelta(days=5), now=NOW, chance=chance)
    assert found.next_at == NOW + timedelta(seconds=seconds)
    assert timedelta(seconds=seconds) <= rules.LONGEST_WAIT


WELL = Facts(NOW, None, None, None, 0)


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (WELL, ()),
        (replace(WELL, seen_at=None), ("worker_silent",)),
        (replace(WELL, seen_at=NOW - 5 * MINUTE), ()),
        (replace(WELL, seen_at=NOW - 5 * MINUTE - SECOND), ("worker_silent",)),
        (replace(WELL, seen_at=NOW + 6 * MINUTE), ("worker_silent",)),
        (replace(WELL, oldest_due_at=NOW - 5 * MINUTE), ()),
        (replace(WELL, oldest_due_at=NOW - 5 * MINUTE - SECOND), ("mail_waiting",)),
        (replace(WELL, oldest_unoffered_at=NOW - 5 * MINUTE - SECOND), ("mail_waiting",)),
        (replace(WELL, oldest_unsent_at=NOW - 60 * MINUTE), ()),
        (replace(WELL, oldest_unsent_at=NOW - 60 * MINUTE - SECOND), ("mail_delayed",)),
        (replace(WELL, dead=1), ("mail_dead",)),
        (replace(WELL, follow_ups=1), ("follow_up_failing",)),
        (replace(WELL, failing_jobs=("docket:alerts",)), ("job_failing",)),
        (replace(WELL, findings=1), ("trail_tampered",)),
        (replace(WELL, documents=1), ("document_failing",)),
        (replace(WELL, findings=3, documents=2, dead=1), ("trail_tampered", "document_failing", "mail_dead")),
    ],
)
def test_faults(facts: Facts, found: tuple[str, ...]) -> None:
    assert rules.faults(facts, NOW) == found


@pytest.mark.parametrize(("claims", "attempts", "loop"), [(5, 0, False), (6, 0, True), (9, 4, False), (10, 4, True), (100, 99, False)])
def test_crash_loops_are_claims_without_an_answer(claims: int, attempts: int, loop: bool) -> None:
    assert rules.is_crash_loop(claims, attempts) is loop
