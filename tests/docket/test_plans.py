"""How the databases run the docket's hot statements on a filled table, with and without statistics.

An index that the planner takes by mistake makes the due scan a thousand times slower; so the plan itself is asserted.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, insert, literal, select, text
from sqlalchemy.orm import Session

from bench import docket as bench
from dpa.columns import Utc
from dpa.docket import board, leaders, rearming
from dpa.docket.filters import Filters
from dpa.docket.leaders import Looked
from dpa.docket.models import DocketEntry
from dpa.docket.rules import State
from tests.docket.house import House

ROWS = 4_000
DOUBLED = 3
LEAP = "(organisation_id=? AND (target_at,kind,subject_type,subject_id)>(?,?,?,?))"
"""Words of SQLite's plan for a leap: it seeks the next case instead of reading on."""
BEHIND = {"after_target_at": bench.NOW, "after_kind": bench.KIND, "after_subject_type": "breach", "after_subject_id": 7}
WITHOUT_STATISTICS, ANALYSED = "no statistics", "analysed"


@pytest.fixture(params=[WITHOUT_STATISTICS, ANALYSED])
def filled(house: House, request: pytest.FixtureRequest) -> Engine:
    """A database with many open deadlines of which few are due."""
    with house.engine.connect().execution_options(write=True) as connection, connection.begin():
        if house.engine.dialect.name == "postgresql":
            # The server's own housekeeping must not come in between and make statistics.
            connection.execute(text("ALTER TABLE docket_entry SET (autovacuum_enabled = false)"))
    bench.fill(house.engine, ROWS, due=20, whole_rules=True)
    with house.engine.connect().execution_options(write=True) as connection, connection.begin():
        for _ in range(DOUBLED):
            connection.execute(doubling(connection))
    if request.param == ANALYSED:
        with house.engine.connect().execution_options(write=True) as connection, connection.begin():
            connection.execute(text("ANALYZE"))
    house.engine.dispose()
    return house.engine


def doubling(connection: Connection) -> Any:
    """Return the statement that copies every entry to another case whose alert is not due: quicker than sending them all."""
    entry = bench.table(DocketEntry)
    shift = connection.scalar(select(func.max(entry.c.id))) or 0
    changed = {"id": entry.c.id + shift, "subject_id": entry.c.subject_id + shift, "next_alert_at": literal(bench.NOW + timedelta(days=300), Utc())}
    names = [column.name for column in entry.c]
    return insert(entry).from_select(names, select(*(changed.get(name, entry.c[name]) for name in names)))


def plan(engine: Engine, statement: Any) -> str:
    """Return the plan of a statement as the product sends it, with bound values."""
    compiled = statement.compile(engine)
    prefix = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "

    def explained(_c: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, _many: bool) -> tuple[str, Any]:
        return (prefix + sql if sql.lstrip().startswith(("SELECT", "WITH")) else sql), parameters

    assert compiled is not None
    event.listen(engine, "before_cursor_execute", explained, retval=True)
    try:
        with engine.connect() as connection:
            cursor = connection.execute(statement).cursor
            return "\n".join(str(row[-1]) for row in cursor.fetchall())
    finally:
        event.remove(engine, "before_cursor_execute", explained)


def looked(state: State = State.OPEN, **wanted: str) -> Looked:
    return Looked(frozenset({1, 2, 3}), state, Filters(**wanted), 1)


def test_hot_statements_run_along_their_indexes(filled: Engine) -> None:
    sqlite = filled.dialect.name == "sqlite"
    with Session(filled) as session:
        entry = session.get_one(DocketEntry, 5)
    cases: dict[str, tuple[Any, tuple[str, ...]]] = {
        "due scan": (bench.due_query(bench.NOW), ("ix_docket_entry_alert",)),
        "board": (leaders._part(looked(), 1, 51, further=False), ("COVERING INDEX ix_docket_entry_board", "COVERING INDEX ix_docket_entry_case", LEAP)),
        "further page": (leaders._part(looked(), 1, 51, further=True).params(**BEHIND), ("organisation_id=? AND target_at>?", LEAP)),
        "filtered": (leaders._part(looked(origin="contract"), 1, 51, further=False), ("INDEX ix_docket_entry_board", "INDEX ix_docket_entry_case")),
        "paused": (leaders._part(looked(State.PAUSED), 1, 21, further=False), ("ix_docket_entry_paused",)),
        "taken back": (rearming.others_told_with(entry), ("subject_type=?",)),
    }
    for name, (statement, words) in cases.items():
        found = plan(filled, statement)
        assert "Seq Scan" not in found, f"{name}: {found}"
        assert not sqlite or "TEMP B-TREE" not in found, f"{name}: {found}"
        for word in words if sqlite or name == "due scan" else ():
            assert word in found, f"{name}: {found}"

    the_due_scan_stays_small(filled)


def the_due_scan_stays_small(filled: Engine) -> None:
    """Look on the same filled table that the scan finds what is due, in little time, and lines keep their order."""
    with Session(filled) as session:
        assert len(session.execute(bench.due_query(bench.NOW)).all()) == 20
        began = time.perf_counter()
        for _ in range(20):
            session.execute(bench.due_query(bench.NOW)).all()
        each = (time.perf_counter() - began) / 20
        ids = [row.id for row in leaders.leaders(session, looked(), limit=50)]
        loaded = board._load(session, looked(), ids, bench.NOW)
    assert each < 0.05, f"{each * 1000:.1f} ms; without its index this takes far longer"
    assert [one.id for one in loaded] == ids
    assert {one.count for one in loaded} <= {1, 2, 3, 4}
