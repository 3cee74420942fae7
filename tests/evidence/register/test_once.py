"""A form that is sent twice orders one document."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy.orm import Session

from dpa.evidence.register import operations, queries
from dpa.evidence.register.operations import AlreadyOrdered
from tests.evidence.register.desk import Desk


def send(desk: Desk, seen: int | None, **changes: object) -> int:
    with Session(desk.engine) as session, desk.begin(session) as unit:
        row = operations.order(unit, desk.wanted(**changes))  # type: ignore[arg-type]
        operations.once(unit, [row], seen)
        return row.id


def seen(desk: Desk) -> int:
    with Session(desk.engine) as session:
        return queries.newest_id(session)


def test_the_second_sending_orders_nothing_and_names_the_first(desk: Desk) -> None:
    shown = seen(desk)
    assert shown == 0
    first = send(desk, shown)
    with pytest.raises(AlreadyOrdered, match="LL-TC-2026-0001 was ordered since this form was shown") as told:
        send(desk, shown)
    assert told.value.document_id == first
    assert desk.references() == ["LL-TC-2026-0001"]
    assert send(desk, seen(desk)) != first, "a page opened anew orders another"
    assert desk.references() == ["LL-TC-2026-0001", "LL-TC-2026-0002"], "the refused one took no number"


def test_other_cases_kinds_and_customers_are_other_documents(sqlite_desk: Desk) -> None:
    shown = seen(sqlite_desk)
    for changes in ({}, {"kind": "test-other"}, {"subject": ("case", 8)}, {"controller_id": 5}, {"controller_id": 6}):
        send(sqlite_desk, shown, **changes)
    assert len(sqlite_desk.references()) == 5
    with pytest.raises(AlreadyOrdered):
        send(sqlite_desk, shown, controller_id=6)


def test_two_sendings_at_the_same_moment_order_one(desk: Desk) -> None:
    together, outcomes = threading.Barrier(4), []

    def click() -> None:
        together.wait()
        try:
            outcomes.append(send(desk, 0))
        except AlreadyOrdered as told:
            outcomes.append(-told.document_id)

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(desk.references()) == 1
    assert sorted(outcomes) == [-1, -1, -1, 1]
