"""The quiet lines beside the board: the newest mail that was taken, of the organisations a person may see, however many wait."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from bench.docket import table
from dpa.alerts.models import OutboxMessage, WorkerHeartbeat
from dpa.docket import quiet
from tests.docket.house import HOUR, NOW, House, scope, statements

MINUTE = HOUR / 60


@pytest.fixture
def places(house: House) -> tuple[int, int, int]:
    return house.organisation(), house.organisation("Other"), house.organisation("Silent")


def write(house: House, *mails: dict[str, Any]) -> None:
    """Write messages past the unit of work, in this order."""
    common = {
        "mail": "docket/alert", "category": "alert", "from_name": "DPA Desk", "to_address": "ana@example.org", "to_name": "", "subject": "S", "body_text": "",
        "body_html": "", "state": "sent", "next_at": NOW, "give_up_at": NOW, "claims": 0, "attempts": 0, "uncertain": 0, "lease_token": 0, "follow_up": False,
        "created_at": NOW, "sent_at": None, "kept": False,
    }  # fmt: skip
    rows = [common | mail | {"dedupe_key": f"k{number}", "message_id": f"m{number}"} for number, mail in enumerate(mails)]
    with house.engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(insert(table(OutboxMessage)), rows)


def systems(house: House, *organisations: int, mail_server: bool = True) -> quiet.Systems:
    with house.reader() as session:
        return quiet.systems(session, scope(*organisations), NOW, mail_server=mail_server)


def said(house: House, *organisations: int) -> dict[str, str]:
    return {item.label: item.text for item in systems(house, *organisations).items}


def test_the_newest_mail_that_was_taken(house: House, places: tuple[int, int, int]) -> None:
    one, other, silent = places
    write(
        house,
        {"organisation_id": one, "sent_at": NOW - 9 * MINUTE},
        {"organisation_id": other, "sent_at": NOW - 5 * MINUTE, "kept": True},
        {"organisation_id": one, "sent_at": NOW - 7 * MINUTE},
        {"organisation_id": one, "sent_at": NOW - MINUTE, "category": "account"},
        {"organisation_id": None, "sent_at": NOW},
        {"organisation_id": silent, "state": "pending"},
        *({"organisation_id": one, "state": state} for state in ("pending", "sending", "dead", "cancelled")),
    )
    assert said(house, one)["Last mail accepted"] == "7 min ago"
    assert said(house, other)["Last mail"] == "kept in the file mailbox 5 min ago; nobody received it"
    assert said(house, one, other, silent)["Last mail accepted"] == "7 min ago"
    assert said(house, silent)["Last mail accepted"] == said(house)["Last mail accepted"] == "none yet"


def test_the_worker_stands_beside_it_in_the_same_statement(house: House, places: tuple[int, int, int]) -> None:
    assert said(house, *places)["Worker"] == "has not run yet"
    alive = {"worker_id": "w", "host": "h", "pid": 1, "version": "1", "started_at": NOW, "seen_at": NOW - MINUTE, "failing_jobs": []}
    with house.engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(insert(table(WorkerHeartbeat)), [alive])
    with statements(house.engine) as sent:
        assert said(house, *places)["Worker"] == "1 min ago"
    assert len(sent) == 2


def test_without_a_mail_server_or_with_mail_that_reached_nobody_the_systems_need_a_look(house: House, places: tuple[int, int, int]) -> None:
    one, other, _ = places
    alive = {"worker_id": "w", "host": "h", "pid": 1, "version": "1", "started_at": NOW, "seen_at": NOW - MINUTE, "failing_jobs": []}
    with house.engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(insert(table(WorkerHeartbeat)), [alive])
    assert systems(house, *places).title == "All systems run"
    unset = systems(house, *places, mail_server=False)
    assert (unset.title, unset.items[1].text) == ("Systems need a look", "none yet; no mail server is set, nobody receives any")
    write(house, {"organisation_id": one, "state": "dead"}, {"organisation_id": other, "sent_at": NOW - MINUTE})
    assert (systems(house, other).title, systems(house, one, other).title) == ("All systems run", "Systems need a look")
    assert said(house, one, other)["Not delivered"] == "1 message"
    assert said(house, other).get("Not delivered") is None


def test_waiting_mails_are_never_walked_through(sqlite_house: House) -> None:
    org = sqlite_house.organisation()
    with statements(sqlite_house.engine) as sent:
        said(sqlite_house, org)
    with sqlite_house.engine.connect() as connection:
        plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent[0]}", ("account", org, org)))
    assert "SEARCH m USING INDEX ix_outbox_message_taken (organisation_id=?)" in plan
    assert "SEARCH outbox_message USING INTEGER PRIMARY KEY" in plan
