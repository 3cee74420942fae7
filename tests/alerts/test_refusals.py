"""Which addresses refuse: what the newest mail to each came to, whatever it was about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import event, literal, select
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.alerts import refusals
from dpa.people.operations import OrganisationFacts, add_organisation
from tests.support.databases import Database
from tests.support.outbox import ASIDE, AT, REFUSED, TAKEN, store

ADDRESS = "s@c1.example"



@pytest.mark.parametrize(("mails", "refuses"), [
    ([], False),
    ([TAKEN], False),
    ([REFUSED], True),
    ([TAKEN, REFUSED], True),
    ([REFUSED, TAKEN], False),
    ([REFUSED, TAKEN, REFUSED], True),
    ([REFUSED | {"category": "alert", "about_type": "breach", "about_id": 7}], True),
    ([REFUSED, {"state": "pending"}], True),
    ([REFUSED, TAKEN | {"kept": True}], True),
    ([ASIDE], False),
    ([{"state": "dead"}], False),
    ([REFUSED | {"organisation_id": 2}], False),
    ([REFUSED | {"to_address": "other@c1.example"}], False),
    ([REFUSED, TAKEN | {"organisation_id": 2}], True),
])  # fmt: skip
def test_the_newest_mail_that_a_server_answered_decides(database: Database, mails: Sequence[dict[str, Any]], refuses: bool) -> None:
    begin(database, *mails)
    with Session(database.engine) as session:
        assert set(refusals.refusals(session, [1], [ADDRESS])) == ({(1, ADDRESS)} if refuses else set())
        assert session.scalar(select(refusals.refuses(1, literal(ADDRESS)))) is refuses
        assert (ADDRESS in session.scalars(select(refusals.refusing(1).c.address)).all()) is refuses


def test_setting_a_refused_mail_aside_mends_no_address(database: Database) -> None:
    older, newer = begin(database, REFUSED, ASIDE, set_aside=True)
    with Session(database.engine) as session:
        assert older < refusals.refusals(session, [1], [ADDRESS])[1, ADDRESS].message_id == newer


def test_sqlite_asks_its_indexes_and_reads_no_table(sqlite_database: Database) -> None:
    begin(sqlite_database)
    with Session(sqlite_database.engine) as session:
        sent: list[tuple[str, Any]] = []
        event.listen(session.get_bind(), "before_cursor_execute", lambda _c, _k, statement, values, *_: sent.append((statement, values)))
        refusals.refusals(session, [1, 2], [ADDRESS, "other@c1.example", "third@c1.example"])
        session.scalars(select(refusals.refusing(1).c.address)).all()
        session.scalar(select(refusals.refuses(1, literal(ADDRESS))))
        asked = [one for one in sent if "outbox_message" in one[0]]
        assert len(asked) == 3
        for statement, values in asked:
            plan = [row[-1] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            assert not [step for step in plan if step.startswith("SCAN") and step not in {"SCAN refusing", "SCAN CONSTANT ROW"}], plan
            assert any("ix_outbox_message_refused (organisation_id=?" in step for step in plan), plan
            assert any("ix_outbox_message_reached (organisation_id=? AND to_address=? AND id>?)" in step for step in plan), plan


def begin(database: Database, *mails: dict[str, Any], set_aside: bool = False) -> list[int]:
    """Found two organisations and store mails of the first to one address, oldest first."""
    with Session(database.engine) as session, units.transaction(session, actor="system:test", now=AT, settings=database.settings()) as unit:
        for name in ("One", "Two"):
            add_organisation(unit, OrganisationFacts(name, "Europe/Paris", "FR", "FR"), slug=name.lower())
    return store(database.engine, *mails, set_aside=set_aside, organisation_id=1, to_address=ADDRESS)
