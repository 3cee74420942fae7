"""How the database answers the pages of breaches: no page may read a large table from end to end, whatever it shows.

Ten thousand agreements, a thousand incidents and a million trail events are measured by `make bench BENCH=breaches`; here the plan of every
statement a page sends is looked at, which needs no large data: SQLite chooses by the indexes there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from dpa.breaches import operations
from dpa.breaches.phases import Phase
from dpa.extensions import db
from tests.breaches.test_case_pages import DRAFT, Desk
from tests.support.databases import Database

LARGE = (
    "agreement", "breach", "breach_affected", "breach_delivery", "breach_link", "breach_notice", "breach_question", "contact", "controller",
    "delivery_event", "docket_entry", "issued_document", "outbox_message", "trail_event", "trail_payload",
)  # fmt: skip
WAITING = ("ix_breach_question_waiting",)
"""Partial indexes that hold only what waits for somebody: reading all of it is what they are for."""
Sent = list[tuple[str, Any]]


@contextmanager
def listening(desk: Desk) -> Iterator[Sent]:
    """Collect the statements that pages send, with their values."""
    sent: Sent = []

    def note(_c: Any, _u: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            sent.append((statement, parameters))

    with desk.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def scans(desk: Desk, sent: Sent) -> list[str]:
    """Return the steps of the plans that read a large table, or a whole index of it, from end to end."""
    found = []
    with desk.app.app_context(), db.engine.connect() as connection:
        for statement, parameters in sent:
            plan = [str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            names = dict(re.findall(r"(?:FROM|JOIN) (\w+) AS (\w+)", statement))
            whole = {alias: name for name, alias in names.items()}
            found += [
                f"{step}: {' '.join(statement.split())}" for step in plan
                if (read := re.match(r"SCAN (\w+)", step)) and whole.get(read[1], read[1]) in LARGE and not step.endswith(WAITING)
            ]
    return found


@pytest.fixture(scope="module")
def pages() -> list[str]:
    """The pages of a case, `{}` for the case itself and `{0}` for its first customer."""
    return ["", "?show=not-told", "?show=unconfirmed", "?show=late", "/release", "/lateness", "/close", "/evidence", "/facts", "/awareness", "/other-clocks"]


def test_no_page_reads_a_large_table_from_end_to_end(sqlite_database: Database, pages: list[str]) -> None:
    desk = Desk(sqlite_database)
    desk.tell()
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, DRAFT, Phase.SUPPLEMENT))
    desk.ask()
    client = desk.client("dpo")
    addresses = [*(f"{desk.case}{page}" for page in pages), desk.customer(), f"{desk.customer()}/hand-over", "/breaches", "/breaches?state=open", "/breaches/year", "/board"]
    found: dict[str, list[str]] = {}
    for path in addresses:
        client.get(path)
        with listening(desk) as sent:
            assert client.get(path).status_code == 200, path
        if wrong := scans(desk, sent):
            found[path] = wrong
    assert not found, "\n".join(f"{path}\n  " + "\n  ".join(steps) for path, steps in found.items())


def test_a_case_sends_few_statements_and_fewer_while_nothing_happens(sqlite_database: Database) -> None:
    desk = Desk(sqlite_database)
    desk.tell()
    desk.ask()
    client = desk.client("dpo")
    client.get(desk.case)
    for path in (desk.case, f"{desk.case}?show=not-told", f"{desk.case}?q=c1"):
        draft = replace(DRAFT, unknown=f"What {path} has to do with it.")
        desk.do(lambda unit, breach, draft=draft: operations.save_draft(unit, breach, draft, Phase.SUPPLEMENT))  # Something has happened.
        with listening(desk) as first:
            client.get(path)
        with listening(desk) as again:
            client.get(path)
        assert len(again) < len(first) <= 17, (path, len(first), len(again))
        assert [any("trail_event.body" in statement for statement, _ in sent) for sent in (first, again)] == [True, False], path


def test_board_list_and_year_send_few_statements(sqlite_database: Database) -> None:
    desk = Desk(sqlite_database)
    desk.tell()
    desk.ask()
    client = desk.client("dpo")
    for path, most in {"/board": 15, "/breaches": 6, "/breaches/year": 7}.items():
        client.get(path)
        with listening(desk) as sent:
            client.get(path)
        assert len(sent) <= most, (path, len(sent))
