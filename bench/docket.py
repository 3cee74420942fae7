"""The due scan and the board at one million open deadlines, on a SQLite file as an installation has it.

Prints times, the planner's choice with and without statistics, and the ratio to an empty look. Rows that are not due
carry a short stand-in for their rule, so that the file stays below half a gigabyte; those the scan tells of are whole.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, select, text
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401  loads every table and installs the trail
from dpa import unit as units
from dpa.alerts.ladder import LADDER_24H
from dpa.columns import Base
from dpa.config import Settings
from dpa.database import make_engine
from dpa.deadlines import Options, Period, PeriodUnit, Regime, calendar_named, compute, to_json
from dpa.docket import jobs, kinds
from dpa.docket.board import board
from dpa.docket.kinds import DeadlineKind
from dpa.docket.leaders import ORDER
from dpa.docket.models import DocketEntry
from dpa.people.models import Membership, Organisation, Person
from dpa.people.roles import Role
from dpa.slice import Tick
from dpa.web.identity import Scope

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
KIND = "bench:notify"
ORGANISATIONS = 5
CHUNK = 20_000


def table(model: type[Base]) -> Table:
    """Return a model's table, for statements that go past the unit of work."""
    found = model.__table__
    assert isinstance(found, Table)
    return found


def add_people(connection: Connection, organisations: int = ORGANISATIONS) -> None:
    """Add organisations 1..n, each with one DPO."""
    numbers = range(1, organisations + 1)
    common = {"created_at": NOW}
    facts = {"zone": "Europe/Paris", "calendar": "FR", "country": "FR", "mail_domains": [], **common}
    connection.execute(insert(table(Organisation)), [{"id": n, "slug": f"org-{n}", "letters": f"O{n}", "name": f"Organisation {n}", **facts} for n in numbers])
    connection.execute(insert(table(Person)), [{"id": n, "email": f"p{n}@example.org", "name": f"Person {n}", **common} for n in numbers])
    members = [{"person_id": n, "organisation_id": n, "role": Role.DPO, **common} for n in numbers]
    connection.execute(insert(table(Membership)), members)


def rows(
    count: int, *, due: int = 0, per_case: int = 4, organisations: int = ORGANISATIONS, whole_rules: bool = False
) -> Iterator[dict[str, Any]]:
    """Make entries: most due within two years, `due` of them with an alert that is due now, `per_case` of one case each."""
    deadline = compute(
        Period.parse("24 hours"), NOW, zone="Europe/Paris", calendar=calendar_named("FR"),
        options=Options.for_regime(Regime.contract, PeriodUnit.HOURS),
    )  # fmt: skip
    whole = {"target": to_json(deadline), "latest": to_json(deadline)}
    step = max(1, count // due) if due else 0
    for number in range(count):
        rings = bool(step) and number % step == 0 and number // step < due
        case = number // per_case
        target = NOW + (timedelta(hours=24) if rings else timedelta(days=1, minutes=(case * 7919) % 1_050_000))
        yield {
            "organisation_id": 1 + case % organisations, "kind": KIND, "subject_type": "breach", "subject_id": case + 1,
            "subject_label": f"B-{case}", "title": f"Notify customer {number}", "basis": "Contract, GTC 15.4", "origin": "contract",
            "agreement_id": None, "controller_id": None, "terms_version": None, "owner_id": 1 + case % organisations if case % 3 else None,
            "started_at": NOW, "due_at": target, "target_at": target, "zone": "Europe/Paris", "rule": whole if rings or whole_rules else {}, "state": "open",
            "version": 1, "next_alert_at": NOW if rings else target - timedelta(hours=12), "last_step": None if rings else "open",
            "created_at": NOW,
        }  # fmt: skip


def fill(engine: Engine, count: int, **how: Any) -> None:
    """Insert people and `count` entries in large statements, past the unit of work."""
    kinds.register(DeadlineKind(KIND, "Notify", "Notify {count} customers of {subject}", "/breaches/{id}", "alert-triangle", LADDER_24H))
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        add_people(connection, how.get("organisations", ORGANISATIONS))
        batch: list[dict[str, Any]] = []
        for row in rows(count, **how):
            batch.append(row)
            if len(batch) == CHUNK:
                connection.execute(insert(table(DocketEntry)), batch)
                batch = []
        if batch:
            connection.execute(insert(table(DocketEntry)), batch)


def due_query(now: datetime) -> Any:
    """Return the statement with which the scan finds what is due."""
    due = select(DocketEntry.id).where(DocketEntry.next_alert_at <= now)
    return due.order_by(DocketEntry.next_alert_at, DocketEntry.id).limit(jobs.LIMIT)


def plan_of(engine: Engine, statement: Any) -> str:
    """Return how the database would run a statement."""
    sql = str(statement.compile(engine, compile_kwargs={"literal_binds": True}))
    prefix = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.connect() as connection:
        return " | ".join(str(row[-1]) for row in connection.execute(text(prefix + sql.replace(":", "\\:"))))


def milliseconds(run: Callable[[], object], times: int = 20) -> float:
    """Return the median time of a call."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


@contextmanager
def filled(count: int, due: int) -> Iterator[tuple[Engine, Settings]]:
    """Give a SQLite file with this many open deadlines, gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'dpa.sqlite3'}"
        engine = make_engine(url, durable=False)
        with engine.connect().execution_options(write=True) as connection, connection.begin():
            Base.metadata.create_all(connection)
        began = time.perf_counter()
        fill(engine, count, due=due)
        print(f"{count:,} open deadlines written in {time.perf_counter() - began:.1f} s, "
              f"{(folder / 'dpa.sqlite3').stat().st_size / 1e6:,.0f} MB")
        yield engine, Settings(instance=folder, database_url=url)
        engine.dispose()


def measure_scan(engine: Engine, settings: Settings) -> None:
    """Print the times of the scan's query, of a scan with nothing due, and of one that queues 500 alerts."""
    with Session(engine) as session:
        query = milliseconds(lambda: session.execute(due_query(NOW)).all())
        none = milliseconds(lambda: session.execute(due_query(NOW - timedelta(days=9))).all())
        print(f"due scan: {query:.2f} ms for {jobs.LIMIT} due, {none:.3f} ms for none; goal 5 ms")

    def scan(now: datetime) -> str:
        with Session(engine) as session:
            begin: Any = lambda actor: units.transaction(session, actor=actor, now=now, settings=settings)  # noqa: E731
            return jobs.scan(Tick(session, now, settings, begin, "bench"))

    began = time.perf_counter()
    done = scan(NOW)
    print(f"scan, queue, record: {(time.perf_counter() - began) * 1000:.0f} ms for {done}; a look at nothing due "
          f"{milliseconds(lambda: scan(NOW - timedelta(days=9))):.2f} ms")


def measure_board(engine: Engine) -> None:
    """Print the time of the board's data for all organisations and for one, and for a plain list of as many rows."""
    with Session(engine) as session:
        everything = Scope(frozenset(range(1, ORGANISATIONS + 1)))

        def bare() -> object:
            session.expunge_all()
            query = select(DocketEntry).where(DocketEntry.organisation_id == 1, text("state IN ('open', 'paused')"))
            return session.scalars(query.order_by(*(getattr(DocketEntry, name) for name in ORDER)).limit(50)).all()

        def full(scope: Scope) -> object:
            session.expunge_all()
            return board(session, scope, NOW, person_id=1, zone="Europe/Paris")

        plain, all_of, one = milliseconds(bare), milliseconds(lambda: full(everything)), milliseconds(lambda: full(Scope(frozenset({1}))))
    print(f"board data: {all_of:.1f} ms for {ORGANISATIONS} organisations, {one:.1f} ms for one; a bare list of 50 rows {plain:.1f} ms, "
          f"ratio {all_of / plain:.1f}")


def main(count: int = 1_000_000) -> None:
    """Fill, measure, analyse, measure again."""
    with filled(count, due=jobs.LIMIT) as (engine, settings):
        print("plan without statistics:", plan_of(engine, due_query(NOW)))
        measure_scan(engine, settings)
        repair_rules(engine)
        measure_board(engine)
        with engine.connect().execution_options(write=True) as connection, connection.begin():
            connection.execute(text("ANALYZE"))
        engine.dispose()
        print("plan with statistics:   ", plan_of(engine, due_query(NOW)))
        with Session(engine) as session:
            print(f"due query with statistics, none due: {milliseconds(lambda: session.execute(due_query(NOW)).all()):.3f} ms")
        measure_board(engine)


def repair_rules(engine: Engine) -> None:
    """Give the rows the board will show their whole rule, so that its explanations are real."""
    whole = next(rows(1, due=1))["rule"]
    entry = table(DocketEntry)
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        for organisation in range(1, ORGANISATIONS + 1):
            first = select(entry.c.id).where(entry.c.organisation_id == organisation).order_by(entry.c.target_at, entry.c.id).limit(800)
            connection.execute(entry.update().where(entry.c.id.in_(first)).values(rule=whole))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
