"""What the review of a release says of customers who got something before."""

from __future__ import annotations

import pytest

from dpa.breaches import operations
from dpa.breaches.events import Event
from dpa.breaches.models import Affected, Breach
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft
from dpa.docket import operations as docket
from dpa.docket.models import DocketEntry
from dpa.evidence import trail
from dpa.extensions import db
from tests.breaches.test_pages import House
from tests.support.databases import Database
from tests.support.pages import NOON, act


@pytest.mark.parametrize(("kept", "words"), [(True, "kept in the file mailbox,</span><span class=\"list-hint\">nobody told, <"), (False, ">told <")], ids=["file mailbox", "mail server"])
def test_what_only_the_file_mailbox_took_told_nobody(sqlite_database: Database, kept: bool, words: str) -> None:
    house = House(sqlite_database)
    client, case = house.client("dpo"), house.record()
    client.post(f"{case}/affected", data={"selection": "all"})
    with house.app.app_context(), act(house.app, db.session()) as unit:
        for row in unit.session.query(Affected).all():
            row.sent_at, row.kept = NOON, kept
            docket.meet(unit, unit.session.get_one(DocketEntry, row.docket_entry_id), NOON, by="notice given")
            unit.session.flush()
            trail.record(unit, Event.SENT, subject=("breach", 1), organisation_id=house.org, covers=[row], data={"how": "given", "lateness": "in time"})
    with house.app.app_context(), act(house.app, db.session()) as unit:
        operations.save_draft(unit, unit.session.get_one(Breach, 1), Draft("It leaked.", "DPO, now", "", "", ""), Phase.INITIAL)
    page = client.get(f"{case}/release").text
    assert page.count(words) == 2
    assert (">told <" in page) is not kept
