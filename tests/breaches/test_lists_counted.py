"""What the list and the year say of each case: the same as a look at every customer and clock, along indexes that read no row in vain."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from bench import _breach_house as houses
from bench._breach_house import NOW, Bench
from bench.docket import table
from dpa.breaches import list_queries, year_queries
from dpa.breaches.closing import CaseState
from dpa.breaches.models import Affected, Breach
from dpa.breaches.queries import NOTIFY
from dpa.docket.models import DocketEntry
from dpa.web.identity import Scope
from tests.support.databases import Database

CUSTOMERS, CASES = 24, 6
HOUR = timedelta(hours=1)
Rows = list[dict[str, Any]]
PLACE = Scope(frozenset({1}))


@contextmanager
def built(database: Database) -> Iterator[Bench]:
    """Give a house with a few customers."""
    bench = Bench(database.settings())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(houses, "CUSTOMERS", CUSTOMERS)
        bench.found()
    yield bench
    bench.engine.dispose()


@pytest.fixture
def bench(database: Database) -> Iterator[Bench]:
    with built(database) as found:
        yield found


@pytest.fixture
def sqlite_bench(sqlite_database: Database) -> Iterator[Bench]:
    with built(sqlite_database) as found:
        yield found


def cases() -> Rows:
    common = {
        "organisation_id": 1, "year": 2026, "known": "", "detected_at": NOW, "awareness_reason": "", "close_reason": "", "upstream": "", "drill": False,
        "zone": "Europe/Paris", "recorded_by": "u:1", "recorded_at": NOW,
    }  # fmt: skip
    return [
        {**common, "id": one, "number": one, "reference": f"LL-{one}", "title": f"Case {one}", "aware_at": NOW - one * HOUR, "state": CaseState.NO_BREACH if one == CASES else CaseState.OPEN}
        for one in range(1, CASES + 1)
    ]  # fmt: skip


def clock(number: int, case: int, customer: int, dice: random.Random) -> dict[str, Any]:
    """Make a clock of any state; where contract and law give no number, only the house's target."""
    target = NOW + dice.randrange(-40, 40) * HOUR
    state = dice.choice(["open", "open", "paused", "met", "met", "waived"])
    return {
        "id": number, "organisation_id": 1, "kind": NOTIFY, "subject_type": "breach", "subject_id": case, "subject_label": f"LL-{case}", "title": "Notify",
        "basis": "Contract", "origin": "contract", "agreement_id": customer, "controller_id": customer, "started_at": NOW, "target_at": target,
        "due_at": dice.choice([None, target, target + 5 * HOUR]), "zone": "Europe/Paris", "rule": {}, "state": state, "version": 1, "created_at": NOW,
        "late_s": dice.choice([-60, 0, 60]) if state == "met" else None,
    }  # fmt: skip


def filled(bench: Bench) -> tuple[Rows, Mapping[int, dict[str, Any]]]:
    """Write cases, customers and clocks in every mixture; returns the customers, and the clocks by number. The last case but one concerns nobody, of the last nobody was told."""
    dice, clocks, people = random.Random(20261122), dict[int, dict[str, Any]](), Rows()
    for case in range(1, CASES + 1):
        for customer in range(1, 1 if case == CASES - 1 else CUSTOMERS + 1):
            number = len(clocks) + 1
            # Clocks that others took the place of: they were due before all others, and belong to nobody.
            clocks[number] = clock(number, case, customer, dice) | {"state": dice.choice(["superseded", "waived"]), "late_s": None, "due_at": NOW - 99 * HOUR}
            clocks[number + 1] = clock(number + 1, case, customer, dice)
            sent = case != CASES and dice.random() < 0.6
            people.append({
                "breach_id": case, "agreement_id": customer, "controller_id": customer, "docket_entry_id": number + 1, "selection": "by_list", "promise": "",
                "added_at": NOW, "aware_at": NOW, "sent_at": NOW + dice.randrange(90) * HOUR if sent else None, "kept": sent and dice.random() < 0.3,
                "late_anew": sent and (clocks[number + 1]["late_s"] or 0) <= 0 and dice.random() < 0.3,
            })  # fmt: skip
    bench.bulk(Breach, cases())
    with bench.engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(insert(table(DocketEntry)), list(clocks.values()))
        connection.execute(insert(table(Affected)), people)
    return people, clocks


def customers_of(case: int, people: Rows, clocks: Mapping[int, dict[str, Any]]) -> tuple[Rows, Rows, list[datetime]]:
    """Return a case's customers, their clocks in the same order, and when those were told who were."""
    theirs = [one for one in people if one["breach_id"] == case]
    return theirs, [clocks[one["docket_entry_id"]] for one in theirs], [one["sent_at"] for one in theirs if one["sent_at"] and not one["kept"]]


def late(theirs: Rows, their: Rows) -> int:
    return sum(((of["late_s"] or 0) > 0 or one["late_anew"]) and not one["kept"] for one, of in zip(theirs, their, strict=True))


def untold_late(theirs: Rows, their: Rows) -> int:
    return sum(one["kept"] and of["state"] == "met" and (of["due_at"] or of["target_at"]) < NOW for one, of in zip(theirs, their, strict=True))


def test_the_year_says_what_a_look_at_every_customer_says(bench: Bench) -> None:
    people, clocks = filled(bench)
    with Session(bench.engine) as session:
        lines = {line.id: line for line in year_queries.year(session, PLACE, 2026, NOW, {"Europe/Paris"}).rows}
        whole = year_queries.year_sum(session, PLACE, 2026, NOW, {"Europe/Paris"})
    assert list(lines) == list(range(1, CASES + 1))
    sums = [0] * 6
    for case, line in lines.items():
        theirs, their, told = customers_of(case, people, clocks)
        kept = sum(one["kept"] for one in theirs)
        anew = sum(one["late_anew"] and not one["kept"] for one in theirs)
        counted = (len(theirs), len(told), late(theirs, their), anew, kept, untold_late(theirs, their))
        assert (line.affected, line.told, line.late, line.late_anew, line.kept, line.untold_late) == counted
        assert line.running is any(of["state"] in {"open", "paused"} for of in their)
        assert (line.first_told_at, line.last_told_at) == (min(told, default=None), max(told, default=None))
        assert line.first_due_at == min((of["due_at"] or of["target_at"] for of in their), default=None)
        assert line.no_breach is (case == CASES)
        sums = [have + more for have, more in zip(sums, counted if case != CASES else (0,) * 6, strict=True)]
    assert (whole.customers, whole.told, whole.late, whole.late_anew, whole.kept, whole.untold_late) == tuple(sums)
    assert (whole.incidents, whole.no_breach, whole.listed) == (CASES - 1, 1, CASES)
    assert min(sums) > 0


def test_the_list_says_what_a_look_at_every_customer_says(bench: Bench) -> None:
    people, clocks = filled(bench)
    with Session(bench.engine) as session:
        lines = {line.id: line for line in list_queries.incidents(session, PLACE).rows}
    assert list(lines) == list(range(1, CASES + 1))
    for case, line in lines.items():
        theirs, their, told = customers_of(case, people, clocks)
        waived = sum(of["state"] == "waived" and one["sent_at"] is None for one, of in zip(theirs, their, strict=True))
        assert (line.affected, line.told, line.kept, line.waived) == (len(theirs), len(told), sum(one["kept"] for one in theirs), waived)
        assert line.paused == sum(of["state"] == "paused" for of in their)
        assert line.first_due == min((of["target_at"] for of in their if of["state"] == "open"), default=None)


def plans(bench: Bench, session: Session, ask: Any) -> list[str]:
    """Return how SQLite runs the statements of a call."""
    sent: list[tuple[str, Sequence[Any]]] = []

    def note(_c: Any, _u: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    session.connection()
    event.listen(bench.engine, "before_cursor_execute", note)
    try:
        ask(session, PLACE)
    finally:
        event.remove(bench.engine, "before_cursor_execute", note)
    connection = session.connection()
    return ["\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)) for statement, parameters in sent]


def of_2026(session: Session, scope: Scope) -> Any:
    return year_queries.year(session, scope, 2026, NOW, {"Europe/Paris"})


def sum_of_2026(session: Session, scope: Scope) -> Any:
    return year_queries.year_sum(session, scope, 2026, NOW, {"Europe/Paris"})


@pytest.mark.parametrize(
    ("ask", "indexes"),
    [(list_queries.incidents, {"told", "apart", "case"}), (of_2026, {"told", "late", "case", "promised"}), (sum_of_2026, {"told", "late"})],
)
def test_each_is_one_statement_that_counts_on_indexes(sqlite_bench: Bench, ask: Any, indexes: set[str]) -> None:
    bench = sqlite_bench
    filled(bench)
    with bench.engine.connect().execution_options(write=True) as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    bench.engine.dispose()
    with Session(bench.engine) as session:
        (plan,) = plans(bench, session, ask)
    clocks = {"late", "promised", "apart", "case"} & indexes
    assert "COVERING INDEX ix_breach_affected_told (breach_id=?" in plan
    for name in clocks:
        assert f"INDEX ix_docket_entry_{name} (subject_type=? AND subject_id=? AND kind=?" in plan
    # A clock is asked for its customer, never a customer for its clock: but for the few whom only the file mailbox told.
    assert plan.count("docket_entry USING INTEGER PRIMARY KEY") == plan.count("INDEX ix_breach_affected_kept (breach_id=?") == int(ask is not list_queries.incidents)
