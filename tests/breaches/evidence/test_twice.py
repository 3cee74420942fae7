"""Two clicks on an ordering button make one document; a page opened anew orders another."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from dpa.evidence.register.models import IssuedDocument
from dpa.extensions import db
from tests.breaches.evidence.test_pages import EVIDENCE, REGISTER, Evidence
from tests.support.databases import Database
from tests.support.seals import SealGround

BUTTONS = {
    "statement": ("/breaches/1", "/breaches/1/statement", {}),
    "dossier of one": (EVIDENCE, f"{EVIDENCE}/dossiers", {"customer": "1"}),
    "dossiers of all": (EVIDENCE, f"{EVIDENCE}/dossiers", {}),
    "register": (REGISTER, REGISTER, {}),
    "report": ("/breaches/2/evidence", "/breaches/2/evidence/report", {}),
}


@pytest.fixture
def desk(sqlite_database: Database, seal_ground: SealGround) -> Evidence:
    return Evidence(sqlite_database, seal_ground)


def count(desk: Evidence) -> int:
    with desk.app.app_context():
        return len(db.session.scalars(select(IssuedDocument.id)).all())


def seen(page: str) -> str:
    found = set(re.findall(r'name="seen" value="(\d+)"', page))
    assert len(found) == 1, "each ordering form of a page carries the same"
    return found.pop()


@pytest.mark.parametrize("what", BUTTONS)
def test_the_same_form_sent_twice_orders_once(desk: Evidence, what: str) -> None:
    page, address, fields = BUTTONS[what]
    client = desk.client("dpo")
    form = {**fields, "seen": seen(client.get(page).text)}
    first = client.post(address, data=form)
    assert first.status_code == 303, first.text
    ordered = count(desk)
    second = client.post(address, data=form, follow_redirects=True)
    assert (second.status_code, count(desk)) == (200, ordered)
    assert "nothing was ordered a second time" in second.text
    assert second.request.path.startswith("/documents/"), "the one that was ordered is shown"
    again = {**fields, "seen": seen(client.get(page).text)}
    assert client.post(address, data=again).status_code == 303
    assert count(desk) == 2 * ordered
