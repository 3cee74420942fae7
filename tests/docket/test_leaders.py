"""Leaders: the same ones whether the walk leaps or looks at each entry, page by page, and at a cost that follows the cases and not their customers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from bench.docket import table
from dpa.docket import board, leaders
from dpa.docket.filters import Filters
from dpa.docket.leaders import ORDER, Looked, Place
from dpa.docket.models import DocketEntry
from dpa.docket.rules import State
from tests.docket.house import ANSWER, HOUR, NOTIFY, NOW, QUIET, House

Line = tuple[Any, ...]


def write(house: House, rows: list[dict[str, Any]]) -> None:
    """Write entries past the unit of work; no page reads their rules here."""
    common = {
        "organisation_id": 1, "subject_type": "breach", "subject_label": "LL", "title": "Notify", "basis": "Contract", "origin": "contract", "kind": NOTIFY,
        "owner_id": None, "started_at": NOW, "zone": "Europe/Paris", "rule": {}, "state": "open", "version": 1, "created_at": NOW,
    }  # fmt: skip
    with house.engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(insert(table(DocketEntry)), [common | row for row in rows])


def mixed(count: int, organisations: list[int]) -> list[dict[str, Any]]:
    """Make entries of few instants, many of them of the same case, in every state."""
    dice = random.Random(20261122)
    return [
        {
            "organisation_id": dice.choice(organisations), "kind": dice.choice([NOTIFY, ANSWER, QUIET]), "subject_id": dice.randrange(1, 40),
            "subject_type": dice.choice(["breach", "request"]), "target_at": NOW + dice.randrange(6) * HOUR,
            "state": dice.choice(["open", "open", "open", "paused", "met", "superseded"]),
        }
        for _ in range(count)
    ]  # fmt: skip


def plainly(rows: list[dict[str, Any]], organisations: list[int], state: str, kind: str = "") -> list[Line]:
    """Find the leaders by looking at each entry."""
    first: dict[Line, Line] = {}
    for number, row in enumerate(rows, 1):
        if row["state"] == state and row["organisation_id"] in organisations and kind in {"", row["kind"]}:
            key = (row["organisation_id"], row["subject_type"], row["subject_id"], row["kind"])
            first[key] = min(first.get(key, (NOW + timedelta(days=999), 0)), (row["target_at"], number))
    return sorted((at, kind, subject_type, subject_id, number) for (_, subject_type, subject_id, kind), (at, number) in first.items())


def asked(session: Session, looked: Looked, limit: int) -> Iterator[Line]:
    """Read all leaders page by page."""
    after = None
    while found := leaders.leaders(session, looked, limit=limit, after=after):
        yield from ((*(getattr(row, name) for name in ORDER), row.id) for row in found)
        after = Place(*(getattr(found[-1], name) for name in ORDER))


@pytest.mark.parametrize("limit", [7, 1000])
def test_every_page_holds_the_leaders_that_a_plain_look_finds(house: House, limit: int) -> None:
    one, other = house.organisation(), house.organisation("Other")
    rows = mixed(900, [one, other])
    # A case is one organisation's, so no two of one number in these.
    for row in rows:
        row["subject_id"] = row["subject_id"] * 2 + row["organisation_id"] % 2
    write(house, rows)
    with house.reader() as session:
        for places in ([one], [one, other], []):
            for state in (State.OPEN, State.PAUSED):
                for wanted in ({}, {"kind": ANSWER}, {"origin": "contract"}, {"owner": "nobody", "kind": QUIET}):
                    found = list(asked(session, Looked(frozenset(places), state, Filters(**wanted), 1), limit))
                    assert found == plainly(rows, places, state.value, wanted.get("kind", "")), (places, state, wanted)


@pytest.mark.parametrize("count", [200, 900])
def test_statistics_change_no_page(house: House, count: int) -> None:
    """They change plans, and with those the order in which a database hands over what it joins."""
    one = house.organisation()
    dice = random.Random(count)
    rows = [
        {"kind": NOTIFY, "subject_type": "breach", "organisation_id": one, "state": "open", "subject_id": dice.randrange(1, count // 3), "target_at": NOW + dice.randrange(2000) * HOUR}
        for _ in range(count)
    ]  # fmt: skip
    write(house, rows)
    looked, wanted = Looked(frozenset([one]), State.OPEN, Filters(), 1), plainly(rows, [one], "open")
    for analysed in (False, True):
        if analysed:
            with house.engine.connect().execution_options(write=True) as connection, connection.begin():
                connection.execute(text("ANALYZE"))
        for limit in (51, 201):
            with house.reader() as session:
                assert list(asked(session, looked, limit)) == wanted, (analysed, limit)


@pytest.mark.parametrize("state", [State.OPEN, State.PAUSED])
def test_the_statement_grows_with_few_organisations_only(state: State) -> None:
    def parts(organisations: int, **wanted: str) -> int:
        looked = Looked(frozenset(range(1, organisations + 1)), state, Filters(**wanted), 1)
        return str(leaders.statement(looked, 201)).count("SELECT")

    for wanted in ({}, {"origin": "contract"}):
        assert parts(leaders.MOST_MERGED, **wanted) <= 10 * leaders.MOST_MERGED + 1
        for many in (leaders.MOST_MERGED + 1, 120, 230):
            assert parts(many, **wanted) == parts(230, **wanted) <= 4, many


def test_many_organisations_are_read_as_few_are(house: House) -> None:
    many = [house.organisation(f"House {number}") for number in range(leaders.MOST_MERGED + 1)]
    rows = mixed(300, many)
    for row in rows:
        row["subject_id"] = row["subject_id"] * 1000 + row["organisation_id"]
    write(house, rows)
    with house.reader() as session:
        for places in (many, many[1:]):
            for state in (State.OPEN, State.PAUSED):
                assert list(asked(session, Looked(frozenset(places), state, Filters(), 1), 51)) == plainly(rows, places, state.value)


def test_what_somebody_types_is_found_and_not_kept(house: House) -> None:
    one = house.organisation()
    titles = ["Tell Anna Roux", "Tell 100% of them", "Tell a_b", "Tell a/b", "Tell axb"]
    write(house, [{"subject_id": number, "title": title, "organisation_id": one, "target_at": NOW + number * HOUR} for number, title in enumerate(titles, 1)])
    leaders.statement.cache_clear()
    board._lines.cache_clear()
    with house.reader() as session:
        for words, found in (("ANNA", [1]), ("0%", [2]), ("a_b", [3]), ("a/b", [4]), ("tell", [1, 2, 3, 4, 5]), ("Roux, Zoe", [])):
            looked = Looked(frozenset([one]), State.OPEN, Filters(q=words, after=words), 1)
            ids = [row.subject_id for row in leaders.leaders(session, looked, limit=51)]
            assert ids == found, words
            board._load(session, looked, ids, NOW)
    assert (leaders.statement.cache_info().currsize, board._lines.cache_info().currsize) == (1, 1)
    assert leaders.statement(looked.form, 51).compile().params["part"] is None


@contextmanager
def steps(session: Session) -> Iterator[list[int]]:
    """Count the thousands of steps that SQLite's machine takes."""
    counted: list[int] = []
    driver: Any = session.connection().connection.driver_connection
    driver.set_progress_handler(lambda: counted.append(1), 1000)
    try:
        yield counted
    finally:
        driver.set_progress_handler(None, 0)


def test_a_case_of_thousands_costs_no_more_than_one_of_few(sqlite_house: House) -> None:
    house = sqlite_house
    org = house.organisation()
    looked = Looked(frozenset({org}), State.OPEN, Filters(), 1)
    write(house, [{"subject_id": case, "target_at": NOW + HOUR} for case in range(1, 31)])
    with house.reader() as session, steps(session) as few:
        assert len(leaders.leaders(session, looked, limit=201)) == 30
    write(house, [{"subject_id": case, "target_at": NOW + hour * HOUR} for case in (1, 2) for hour in (1, 2, 3) for _ in range(2000)])
    with house.reader() as session, steps(session) as many:
        assert len(leaders.leaders(session, looked, limit=201)) == 30
    assert len(many) <= len(few) + 1, (len(few), len(many))
