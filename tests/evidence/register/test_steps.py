"""Documents that were claimed together go one by one: what goes wrong with one stays with that one, and no lease runs out meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.evidence.register import issuing, making, rules
from dpa.evidence.register.models import DocumentState, DocumentWork, IssuedDocument
from dpa.evidence.trail.verify import verify_database
from tests.evidence.register.desk import NOW, Desk


def test_a_listener_that_fails_stops_its_own_document_only(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is listed in a step of its own, so what another package does when one is issued cannot take the others with it."""
    numbers = [desk.order(f"Certificate {n}") for n in range(3)]
    broken = True

    def listener(_unit: object, row: IssuedDocument) -> None:
        if row.id == numbers[1] and broken:
            raise KeyError("somebody@lille.example")

    monkeypatch.setattr(issuing, "_listeners", [*issuing._listeners, listener])
    assert desk.work() == "2 documents issued, 1 failed"
    assert [desk.document(number).state for number in numbers] == [DocumentState.ISSUED, DocumentState.ORDERED, DocumentState.ISSUED]
    for failures in (2, 3):
        desk.pass_time(rules.wait_after(failures - 1))
        assert desk.work() == "1 failed"
    with Session(desk.engine) as session:
        work = session.get_one(DocumentWork, numbers[1])
        assert (work.failures, work.next_at) == (rules.FAILING, desk.clock.now() + rules.wait_after(3))
        assert work.last_error == (
            "The document was made, but what waits for it could not go on (KeyError), so it was not issued; the worker's log names the place."
        )
        from dpa.evidence.concerns import facts

        assert facts(session).failing == numbers[1], "after the third time every page says so"
    assert "lille.example" not in "".join(capsys.readouterr())
    broken = False
    desk.pass_time(rules.wait_after(3))
    assert desk.work() == "1 documents issued"
    assert verify_database(desk.engine).ok


def test_the_lease_of_those_that_wait_begins_anew_with_each_that_is_done(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten that take long each must not outlive the lease of the last: another worker would make them all again."""
    numbers = [desk.order(f"Certificate {n}") for n in range(4)]
    make, left = issuing.make, []

    def slow(*made: object) -> making.Made:
        with desk.tick() as other:
            left.append(issuing.claim(other))
        desk.pass_time(rules.LEASE * 0.8)
        with desk.tick() as other:
            left.append(issuing.claim(other))
        return make(*made)  # type: ignore[arg-type]

    monkeypatch.setattr(issuing, "make", slow)
    assert desk.work() == "4 documents issued"
    assert left == [None] * 8
    assert [desk.document(number).state for number in numbers] == [DocumentState.ISSUED] * 4


def test_long_documents_are_leased_longer_and_not_all_together(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_ORDERED", 30_000)
    for _ in range(3):
        sqlite_desk.order("long " * 2_500)
    with sqlite_desk.tick() as tick:
        claimed = issuing.claim(tick)
        assert claimed is not None
        characters = sum(len(one.order) for one in claimed[1])
        assert (len(claimed[1]), characters > 25_000) == (2, True)
        leased = set(tick.session.scalars(select(DocumentWork.next_at).where(DocumentWork.claim == 1)))
    assert leased == {NOW + rules.LEASE + timedelta(seconds=characters / rules.SLOWEST)}
    assert rules.lease(8_000_000) <= rules.LONGEST_WAIT, "no lease is taken for a clock that was set back"


def test_without_a_checkpoint_each_document_says_why_and_waits(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = sqlite_desk.order()

    def full(_tick: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(issuing, "_checkpoint", full)
    assert sqlite_desk.work() == "1 failed"
    with Session(sqlite_desk.engine) as session:
        work = session.get_one(DocumentWork, number)
        assert (work.failures, work.next_at) == (1, NOW + rules.wait_after(1))
