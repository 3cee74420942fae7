"""Importing by page, on both databases: nothing before confirming, once, all or nothing, only by who uploaded, one event."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from dpa.agreements.imports.operations import confirm
from dpa.agreements.models import Agreement, AgreementSystem, AgreementVersion, ImportDraft, System
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.verify import verify_database
from dpa.extensions import db
from dpa.parties.models import Contact, Controller
from dpa.people.roles import Role
from tests.agreements.conftest import Desk
from tests.support import pages

HEADER = "controller_reference,controller_name,country,language,agreement_reference,template,starts_on,ends_on,systems,contact_privacy,contact_security"
ROWS = (
    "C-500,Nordsø Energi,DK,da,N-1,lemon-learning,2026-01-01,,Reporting service;Export,dpo@nordsoe.example,security@nordsoe.example",
    "C-500,Nordsø Energi,DK,da,N-2,lemon-learning,2026-02-01,2027-01-31,EXPORT,dpo@nordsoe.example,",
    "C-0001,Académie de Lille,,,N-3,lemon-learning,2026-01-01,,,DPO@lille.example,",
)
GOOD = "\n".join((HEADER, *ROWS))
TABLES = (Controller, Contact, System, Agreement, AgreementVersion, AgreementSystem)


def counts(desk: Desk) -> list[int]:
    with desk.app.app_context():
        return [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES]


def upload(client: FlaskClient, desk: Desk, data: bytes | str, name: str = "customers.csv", **more: Any) -> Any:
    form: dict[str, Any] = {"organisation": desk.lemon, **more}
    if isinstance(data, bytes):
        form["file"] = (io.BytesIO(data), name)
    else:
        form["text"] = data
    return client.post("/agreements/import", data=form, content_type="multipart/form-data")


def test_a_file_is_checked_then_confirmed_once(desk_on_both: Desk) -> None:
    desk = desk_on_both
    client, before = desk.client(desk.dpo), counts(desk)
    answer = upload(client, desk, ("\ufeff" + GOOD.replace("\n", "\r\n")).encode())
    assert answer.status_code == 303
    preview = client.get(answer.location).text
    assert "All 3 rows can be imported." in preview
    assert "Adds 3 agreements, 1 new customer and 1 new system, all at once. One customer already there keeps its details." in preview
    assert counts(desk) == before
    for times in range(2):
        assert client.post(f"{answer.location}/confirm").status_code == 303
        assert [after - was for after, was in zip(counts(desk), before, strict=True)] == [1, 3, 1, 3, 3, 3], times
    result = client.get(answer.location).text
    assert "Import done" in result
    assert "Nordsø Energi" in client.get("/agreements?q=N-2").text
    history = client.get(f"/agreements/{number_of(desk, 'N-1')}?tab=history").text
    assert "Imported from customers.csv." in history
    with desk.app.app_context():
        events = db.session.scalars(select(TrailEvent).where(TrailEvent.action == "agreements:import:confirmed")).all()
        assert len(events) == 1
        data = json.loads(events[0].body)["data"]
        assert (data["controllers"], data["agreements"], data["count"]) == (1, 3, 14)
        assert {name: table["count"] for name, table in data["rows"].items()} == {
            "controller": 1, "contact": 3, "system": 1, "agreement": 3, "agreement_version": 3, "agreement_system": 3,
        }
        draft = db.session.scalars(select(ImportDraft)).one()
        assert draft.rows == []
        assert verify_database(db.engine).ok


def number_of(desk: Desk, reference: str) -> int:
    with desk.app.app_context():
        return db.session.scalars(select(Agreement.id).where(Agreement.reference == reference)).one()


BAD_FILES: tuple[tuple[bytes | str, str], ...] = (
    (b"", "The file is empty"),
    (b"   \n", "The file is empty"),
    ("", "Choose a CSV file or paste its text"),
    (b"PK\x03\x04xlsx", "Excel workbook"),
    (b"%PDF-1.4", "This is a PDF"),
    (b"a,b\x00", "binary data"),
    (GOOD.encode("utf-16"), "UTF-16"),
    (GOOD.encode("latin-1"), "not UTF-8"),
    (HEADER.encode(), "no rows"),
    (b"hello\nworld", "first line must be a header"),
    (HEADER.replace("country", "land").encode() + b"\nx", "“land” is not known"),
    (f'{HEADER}\n"C-1,x'.encode(), "quotation mark that is not closed"),
)


def test_a_file_that_cannot_be_read_is_one_sentence_and_nothing_is_kept(desk: Desk) -> None:
    client, before = desk.client(desk.dpo), counts(desk)
    for data, words in BAD_FILES:
        answer = upload(client, desk, data)
        assert (answer.status_code, words in answer.text) == (422, True), words
    assert counts(desk) == before
    with desk.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(ImportDraft)) == 0


def test_rows_with_errors_stand_beside_their_line_and_stop_the_whole_file(desk: Desk) -> None:
    client, before = desk.client(desk.dpo), counts(desk)
    bad = "C-501,Fjord Bank,DK,da,A-0001,lemon-lerning,02/04/2024,,,nobody,"
    location = upload(client, desk, f"{GOOD}\n{bad}").location
    page = client.get(location).text
    for words in ("1 row of 4 cannot be imported", ">5<", "did you mean lemon-learning", "write it as year-month-day", "is not an e-mail address"):
        assert words in page, words
    assert "Nordsø" not in page
    assert "Nordsø" in client.get(f"{location}?show=all").text
    assert "/confirm" not in page
    assert client.post(f"{location}/confirm").status_code == 303
    assert "Nothing was imported" in client.get(location).text
    assert counts(desk) == before


def test_nobody_else_may_look_or_confirm(desk: Desk) -> None:
    location = upload(desk.client(desk.dpo), desk, GOOD).location
    colleague = pages.add_person(desk.app, "second@example.org", {desk.lemon: Role.ADMINISTRATOR})
    before = counts(desk)
    for person in (colleague, desk.outsider):
        client = desk.client(person)
        assert client.get(location).status_code == 404
        assert client.post(f"{location}/confirm").status_code == 404
    for person in (desk.auditor,):
        client = desk.client(person)
        assert client.get(location).status_code == 403
        assert client.post(f"{location}/confirm").status_code == 403
    assert counts(desk) == before
    foreign = upload(desk.client(desk.outsider), desk, GOOD)
    assert foreign.status_code == 422
    assert desk.client(desk.dpo).get(f"/agreements/import/{10**25}").status_code == 404


def test_what_changed_since_the_preview_stops_the_import(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    first = upload(client, desk, GOOD).location
    second_client = desk.client(pages.add_person(desk.app, "second@example.org", {desk.lemon: Role.DPO}))
    second = upload(second_client, desk, GOOD).location
    assert client.post(f"{first}/confirm").status_code == 303
    before = counts(desk)
    assert second_client.post(f"{second}/confirm").status_code == 303
    assert "Something has changed since the preview. Line 2" in second_client.get(second).text
    assert counts(desk) == before


def test_a_failure_in_the_middle_leaves_nothing(desk_on_both: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_on_both
    location = upload(desk.client(desk.dpo), desk, GOOD).location
    before = counts(desk)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("dpa.agreements.imports.operations.trail.record", broken, raising=False)
    with desk.app.app_context():
        draft_id = int(location.rpartition("/")[2])
        session = db.session()
        with pytest.raises(RuntimeError), desk.unit() as unit:
            confirm(unit, session.get_one(ImportDraft, draft_id))
    assert counts(desk) == before


def test_a_newer_upload_replaces_the_unconfirmed_one(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    first = upload(client, desk, GOOD).location
    second = upload(client, desk, GOOD).location
    assert first != second
    assert "A newer upload has replaced this one" in client.get(first).text
    before = counts(desk)
    assert client.post(f"{first}/confirm").status_code == 404
    assert counts(desk) == before
    assert client.get(second).status_code == 200


def test_the_template_can_be_downloaded_and_long_files_are_paged(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    answer = client.get("/agreements/import/template.csv")
    assert answer.mimetype == "text/csv"
    assert answer.text.startswith("controller_reference,")
    lines = [f"L-{number},Name {number},,,L-{number},lemon-learning,2026-01-01,,,," for number in range(150)]
    location = upload(client, desk, "\n".join((HEADER, *lines))).location
    page = client.get(location).text
    assert "Next page" in page
    assert "Name 149" in client.get(f"{location}?after=101&show=all").text
    assert client.get(f"{location}?after=nonsense").status_code == 200
