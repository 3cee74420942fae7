"""The document of a notice before it leaves: what its customer would get, marked as a preview, with nothing ordered or recorded."""

from __future__ import annotations

from io import BytesIO

import pytest
from pikepdf import Pdf
from sqlalchemy import func, select

from dpa.breaches import operations
from dpa.breaches.models import Breach
from dpa.breaches.rules import Draft
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.trail.models import TrailEvent
from dpa.extensions import db
from tests.breaches.test_pages import GOOD, House
from tests.evidence.pdf import reading
from tests.support.databases import Database
from tests.support.pages import act

INSIDE = "Nobody read the alarm at night."


@pytest.fixture
def house(sqlite_database: Database) -> House:
    return House(sqlite_database)


def counts(house: House) -> tuple[int, ...]:
    with house.app.app_context():
        found = tuple(db.session().scalar(select(func.count()).select_from(table)) or 0 for table in (IssuedDocument, TrailEvent))
        db.session().rollback()
    return found


def test_the_review_offers_the_document_each_customer_would_get(house: House) -> None:
    client = house.client("dpo")
    answer = client.post("/breaches/new", data=GOOD | {"detected_at": "2026-11-22T09:00", "awareness_reason": INSIDE})
    case = answer.location.removesuffix("/affected")
    client.post(f"{case}/affected", data={"selection": "all"})
    path = f"{case}/customers/1/preview.pdf"
    assert client.get(path).status_code == 404, "there is no text yet"
    with house.app.app_context(), act(house.app, db.session()) as unit:
        operations.save_draft(unit, unit.session.get_one(Breach, 1), Draft("An export leaked.", "Ana, +33", "", "", ""))
    assert path in client.get(f"{case}/release").text
    before = counts(house)
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, "application/pdf", "no-store")
    text = " ".join(reading.text(answer.data).split())
    for words in ("Preview", "It is not sealed and was given to nobody", "An export leaked.", "Ana, +33", "Promised by"):
        assert words in text
    for words in ("Sealed as", "Approved by", INSIDE, "House target"):
        assert words not in text
    with Pdf.open(BytesIO(answer.data)) as pdf:
        assert INSIDE.encode() not in pdf.attachments["record.json"].get_file().read_bytes()
    assert counts(house) == before


def test_only_who_may_release_sees_it(house: House) -> None:
    case = house.record()
    house.client("dpo").post(f"{case}/affected", data={"selection": "all"})
    path = f"{case}/customers/1/preview.pdf"
    assert {name: house.client(name).get(path).status_code for name in ("outsider", "auditor")} == {"outsider": 404, "auditor": 403}
    assert house.client("dpo").get(f"{case}/customers/99/preview.pdf").status_code == 404
