"""Address and logo of an organisation: who may see and change them, and every picture that must not get in."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from dpa.evidence.trail.models import TrailEvent
from dpa.extensions import db
from dpa.people import operations, rules
from dpa.people.models import Organisation
from dpa.people.operations import OrganisationFacts
from dpa.people.roles import Role
from dpa.problems import Conflict, Invalid
from tests.people.conftest import Begin
from tests.support import pages
from tests.support.pages import CheckingClient

HERE = "/settings/organisations/1"
LOGO = f"{HERE}/logo"
FACTS = {"name": "Lemon Learning", "country": "FR", "calendar": "FR", "zone": "Europe/Paris", "mail_domains": ""}


def png(width: int = 60, height: int = 20, colour: str = "gold") -> bytes:
    target = BytesIO()
    Image.new("RGB", (width, height), colour).save(target, "PNG")
    return target.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that says it is very large."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    target = BytesIO()
    Image.new("RGB", (10, 10)).save(target, "JPEG")
    return target.getvalue()


HOSTILE = {
    "nothing": (b"", "Choose a PNG file"), "text": (b"<script>alert(1)</script>", "cannot be read as a PNG"), "jpeg": (jpeg(), "cannot be read as a PNG"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "cannot be read as a PNG"), "cut": (png()[:40], "cannot be read as a PNG"),
    "bomb": (bomb(12_000), "12000 by 12000 pixels"), "huge": (bomb(60_000), "cannot be read as a PNG"), "wide": (png(4001, 1000), "4001 by 1000 pixels"),
    "dot": (png(1, 1), "1 by 1 pixels, too few to be seen"), "small": (png(47, 20), "at least 48 pixels on its longer side"),
    "line": (png(1000, 20), "1000 by 20 pixels and would be a thin line"), "post": (png(4, 480), "at most 10 times as long as it is wide"),
    "heavy": (png() + b"\0" * 1_000_000, "at most 1,000,000 bytes"),
}


@pytest.fixture
def people(app: Flask) -> dict[str, CheckingClient]:
    """A signed-in browser for each role of Lemon Learning, an outsider's and a stranger's."""
    lemon, light = pages.add_organisation(app), pages.add_organisation(app, "Light")
    persons = {role.value: pages.add_person(app, f"{role.value}@lemon.example", {lemon: role}) for role in Role}
    persons["outsider"] = pages.add_person(app, "outsider@light.example", {light: Role.ADMINISTRATOR})
    found: dict[str, CheckingClient] = {}
    for name in (*persons, "stranger"):
        client = app.test_client()
        assert isinstance(client, CheckingClient)
        if name in persons:
            pages.sign_in(client, persons[name])
        found[name] = client
    return found


def upload(client: CheckingClient, content: bytes, name: str = "logo.png") -> tuple[int, str]:
    # Written by hand: the client's own encoder leaves a temporary file open when the picture is large.
    line = "--logo-boundary\r\nContent-Disposition: form-data; name="
    head = f'{line}"csrf_token"\r\n\r\n{client.csrf_token()}\r\n{line}"logo"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
    body = head.encode() + content + b"\r\n--logo-boundary--\r\n"
    answer = client.post(LOGO, data=body, content_type="multipart/form-data; boundary=logo-boundary", csrf=False)
    return answer.status_code, answer.text


def stored(app: Flask) -> list[Path]:
    folder = app.extensions["dpa_settings"].document_store
    return [path for path in folder.rglob("*") if path.is_file()]


def logo_of(app: Flask) -> str | None:
    with app.app_context():
        return db.session().get_one(Organisation, 1).logo_sha256


def test_a_logo_is_uploaded_shown_replaced_and_removed(app: Flask, people: dict[str, CheckingClient]) -> None:
    dpo, picture = people["dpo"], png()
    assert dpo.get(LOGO).status_code == 404
    assert upload(dpo, picture)[0] == 303
    page = dpo.get(HERE).text
    first = logo_of(app)
    assert first is not None
    assert f'src="{LOGO}?v={first[:16]}"' in page
    assert "Logo of Lemon Learning" in page
    assert "Replace the logo" in page
    answer = dpo.get(LOGO)
    assert (answer.data, answer.content_type) == (picture, "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lemon-learning.png"'
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert upload(dpo, png(colour="navy"))[0] == 303
    assert logo_of(app) != first
    assert len(stored(app)) == 2, "documents issued before keep their logo"
    assert dpo.post(f"{LOGO}/remove").status_code == 303
    assert logo_of(app) is None
    assert "<img" not in dpo.get(HERE).text
    with app.app_context():
        told = db.session().scalars(select(TrailEvent.action).where(TrailEvent.action.startswith("people:logo")).order_by(TrailEvent.idx)).all()
    assert told == ["people:logo:changed", "people:logo:changed", "people:logo:removed"]


def test_removing_what_is_not_there_changes_nothing(app: Flask, people: dict[str, CheckingClient]) -> None:
    assert people["dpo"].post(f"{LOGO}/remove").status_code == 303
    assert upload(people["dpo"], png())[0] == 303
    assert upload(people["dpo"], png())[0] == 303
    with app.app_context():
        told = db.session().scalars(select(TrailEvent.action).where(TrailEvent.action.startswith("people:logo"))).all()
    assert told == ["people:logo:changed"], "the same picture again is no change"


@pytest.mark.parametrize("kind", HOSTILE)
def test_pictures_that_do_not_get_in(app: Flask, people: dict[str, CheckingClient], kind: str) -> None:
    content, words = HOSTILE[kind]
    status, page = upload(people["dpo"], content, "" if kind == "nothing" else "logo.png")
    assert status == 422
    assert words in page
    assert 'id="logo-error"' in page, "the sentence stands beside the field"
    assert logo_of(app) is None
    assert stored(app) == []


def test_a_picture_that_is_also_a_page_is_answered_as_a_picture(people: dict[str, CheckingClient]) -> None:
    # Bytes behind the end of a PNG are legal; the answer's headers keep browsers from reading them as anything else.
    content = png() + b"<html><script>alert(1)</script></html>"
    assert upload(people["dpo"], content, "logo.html")[0] == 303
    answer = people["dpo"].get(LOGO)
    assert answer.content_type == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_who_may_see_and_change_it(people: dict[str, CheckingClient]) -> None:
    assert upload(people["administrator"], png())[0] == 303
    expected = {"administrator": (200, 303), "dpo": (200, 303), "auditor": (200, 403), "operator": (403, 403), "outsider": (404, 404), "stranger": (302, 401)}
    for name, (seen, changed) in expected.items():
        assert people[name].get(LOGO).status_code == seen, name
        assert upload(people[name], png())[0] == changed, name
        for path in (LOGO, f"{LOGO}/remove"):
            assert people["outsider"].post(path.replace("/1/", "/999/")).status_code == 404
    for name in ("auditor", "operator", "outsider", "stranger"):
        assert people[name].post(f"{LOGO}/remove").status_code == expected[name][1], name
    page = people["auditor"].get(HERE).text
    assert "Logo of Lemon Learning" in page
    assert "Replace the logo" not in page


def test_a_file_that_is_gone_is_said_and_the_page_stays(app: Flask, people: dict[str, CheckingClient]) -> None:
    upload(people["dpo"], png())
    (path,) = stored(app)
    path.unlink()
    answer = people["dpo"].get(LOGO)
    assert answer.status_code == 422
    assert "missing from the store" in answer.text
    assert people["dpo"].get(HERE).status_code == 200
    path.write_bytes(png(colour="red"))
    assert "was changed" in people["dpo"].get(LOGO).text


def test_a_store_that_cannot_be_written_is_one_sentence(app: Flask, people: dict[str, CheckingClient]) -> None:
    folder = app.extensions["dpa_settings"].document_store
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    status, page = upload(people["dpo"], png())
    assert status == 422
    assert "could not be stored" in page
    assert logo_of(app) is None


def test_the_address_is_kept_line_by_line_and_shown_as_text(people: dict[str, CheckingClient]) -> None:
    dpo = people["dpo"]
    assert dpo.post(f"{HERE}/facts", data=FACTS | {"address": "  12 rue des <b>Citronniers</b> \r\n\r\n 75011 Paris\r\n"}).status_code == 303
    page = dpo.get(HERE).text
    assert "<br>12 rue des &lt;b&gt;Citronniers&lt;/b&gt;<br>75011 Paris" in page
    form = dpo.get(f"{HERE}/facts").text
    assert "12 rue des &lt;b&gt;Citronniers&lt;/b&gt;\r\n75011 Paris" in form.replace("\r\n", "\n").replace("\n", "\r\n")
    wrong = dpo.post(f"{HERE}/facts", data=FACTS | {"address": "\n".join("abcdefg")})
    assert wrong.status_code == 422
    assert "at most 6 lines" in wrong.text
    assert 'id="address-error"' in wrong.text


@pytest.mark.parametrize(("text", "words"), [
    ("", None), ("One line", None), ("\n".join("abcdef"), None), ("x" * 500, None), ("Straße 1\nΑθήνα", None),
    ("\n".join("abcdefg"), "6 lines"), ("x" * 501, "500 characters"), ("a\n\nb", "plain lines"), ("a\tb", "plain lines"), ("a\u202eb", "plain lines"),
    ("a\rb", "plain lines"),
])
def test_addresses(text: str, words: str | None) -> None:
    fault = rules.address_fault(text)
    assert fault is None if words is None else fault is not None and words in fault


@pytest.mark.parametrize(("typed", "kept"), [
    ("", ""), (" \r\n ", ""), ("a\r\nb\r\n", "a\nb"), ("  a  \n\n\n b", "a\nb"), ("a\u2028b\x85c", "a\nb\nc"),
])
def test_typed_addresses_become_lines(typed: str, kept: str) -> None:
    assert rules.address_lines(typed) == kept


def test_address_and_logo_on_both_databases(begin: Begin) -> None:
    facts = OrganisationFacts("Lemon", "Europe/Paris", "FR", "FR", (), "12 rue A\nParis")
    with begin() as unit:
        organisation = operations.add_organisation(unit, facts)
        assert operations.facts_of(organisation) == facts
        sha256 = operations.store_logo(unit.settings, png())
        assert operations.change_logo(unit, organisation, sha256)
        assert not operations.change_logo(unit, organisation, sha256)
        number = organisation.id
    with begin() as unit:
        organisation = unit.session.get_one(Organisation, number)
        assert operations.logo_of(unit.settings, organisation) == png()
        assert operations.change_organisation(unit, organisation, OrganisationFacts("Lemon", "Europe/Paris", "FR", "FR")) == ("address",)
        with pytest.raises(Invalid, match="6 lines"):
            operations.change_organisation(unit, organisation, OrganisationFacts("Lemon", "Europe/Paris", "FR", "FR", (), "\n".join("abcdefg")))


def test_what_cannot_be_stored_is_a_conflict(begin: Begin) -> None:
    with begin() as unit:
        folder = unit.settings.document_store
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.write_text("in the way")
        with pytest.raises(Conflict, match="could not be stored"):
            operations.store_logo(unit.settings, png())
