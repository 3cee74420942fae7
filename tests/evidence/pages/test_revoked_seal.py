"""A revoked seal shows where people look: list, document, public check; and the review tells before what it will do."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dpa.evidence.pages import verdicts
from dpa.evidence.register import renewing
from dpa.evidence.seal import operations as seals
from dpa.evidence.seal import queries
from dpa.evidence.seal.models import IdentityState, SealIdentity
from dpa.extensions import db
from dpa.slice import Tick
from tests.evidence.pages.house import House, make_house
from tests.support import pages
from tests.support.browser import LiveServer, check_axe, watch_csp
from tests.support.seals import SealGround

REASON = "The laptop with the key was stolen."


@pytest.fixture
def stamping(tmp_path: Path, seal_ground: SealGround) -> tuple[House, int, int]:
    """A house with a document whose time is proved, and one whose time is not, both sealed with the seal in use."""
    seal_ground.authority.at = pages.NOON
    house = make_house(tmp_path, seal_ground, stamps=True)
    proved = house.issued(house.lemon)
    seal_ground.authority.mode = "refused"
    unproved = house.issued(house.lemon, "Issued while the authority was away.")
    with house.app.app_context():
        session = db.session()
        renewing.read_proofs(Tick(session, pages.NOON, house.settings, lambda actor: pages.act(house.app, session, actor), "test:1"))
    return house, proved, unproved


def revoke(house: House) -> None:
    pages.clock_of(house.app).advance(timedelta(minutes=20))
    with house.unit("u:1") as unit:
        found = queries.active(unit.session, house.lemon)
        assert found is not None
        seals.revoke(unit, found, REASON, house.settings)


def page(house: House, path: str, who: str | None = "ana") -> str:
    answer = house.client(who).get(path)
    assert answer.status_code == 200, path
    return answer.text.replace("&#39;", "'")


def upload(house: House, content: bytes) -> str:
    return house.client(None).post("/verify/file", data={"file": (BytesIO(content), "x.pdf")}, content_type="multipart/form-data").text


def test_list_document_and_public_check_tell_it(stamping: tuple[House, int, int]) -> None:
    house, proved, unproved = stamping
    assert "revoked" not in page(house, "/documents").replace("unrevoked", "")
    revoke(house)
    listed = page(house, "/documents")
    assert listed.count("revoked later, still good") == 1
    assert listed.count("seal revoked, unproved") == 1
    good, bad = page(house, f"/documents/{proved}"), page(house, f"/documents/{unproved}")
    assert "a time-stamp proves that this document was sealed before, so it stays good" in good
    assert "Time-stamp valid until" in good
    assert "no time-stamp proves that this document was sealed before" in bad
    assert "<dt>Seal revoked</dt>" in bad

    for number, title, words in (
        (proved, "Issued and intact", "a time-stamp proves that it was sealed before, so that does it no harm"),
        (unproved, "Seal revoked, time not proved", "The register says that exactly this file was issued on"),
    ):
        row = house.document(number)
        content = house.file(number)
        answer = upload(house, content)
        assert f'<h1 class="verdict-title">{title}</h1>' in answer
        assert words in answer
        assert "<dt>Issued by</dt>" in answer
        assert verdicts.TIMES in answer
        assert "UTC" in answer
        by_number = house.client(None).post("/verify/number", data={"number": row.reference, "code": (row.record_sha256 or "")[:16]}).text
        assert "Its seal was revoked on" in by_number
        assert ("Listed, but its seal was revoked" in by_number) == (number == unproved)


def test_the_review_tells_how_many_documents_it_touches(stamping: tuple[House, int, int]) -> None:
    house, _, unproved = stamping
    house.order(house.lemon, "It waits.")
    review = page(house, f"/settings/organisations/{house.lemon}/seal/revoke")
    for words in (
        "1: a time-stamp proves that they were sealed before",
        f"1, for no time-stamp proves when they were sealed: {house.document(unproved).reference}",
        "1 now, and every later one, until you make a new seal",
        "1 document will show as sealed with a revoked seal at every check: issue it anew if it must stay valid",
    ):
        assert words in review, words


def test_a_former_seal_is_revoked_from_the_page(stamping: tuple[House, int, int], seal_ground: SealGround) -> None:
    house, _, _ = stamping
    with house.unit("u:1") as unit:
        old = unit.session.scalars(select(SealIdentity).where(SealIdentity.organisation_id == house.lemon)).one()
        former = old.id
        # A seal from elsewhere takes its place, so that no key need be made.
        from dataclasses import replace

        stranger = seal_ground.stranger
        from cryptography import x509

        leaf, root = (x509.load_der_x509_certificate(one) for one in (stranger.certificate, stranger.chain[-1]))
        seals.install(unit, replace(seal_ground.prepared_for(house.lemon), certificate=leaf, chain=(root,), crl="", crl_number=0, backend="pkcs12"), "Bought one.")  # type: ignore[arg-type]
    shown = page(house, f"/settings/organisations/{house.lemon}/seal")
    assert "2 documents sealed, 1 without a time-stamp" in shown
    path = f"/settings/organisations/{house.lemon}/seal/revoke?seal={former}"
    assert f'href="{path}"' in shown
    assert path not in page(house, f"/settings/organisations/{house.lemon}/seal", "auditor")
    review = page(house, path)
    assert "is not touched, and goes on sealing" in review
    pages.clock_of(house.app).advance(timedelta(minutes=20))
    answer = house.client("ana").post(path, data={"reason": REASON, "sure": "y"}, follow_redirects=True).text
    assert "The seal is revoked. Its documents show it from now on." in answer
    with house.session() as session:
        row = session.get_one(SealIdentity, former)
        assert (row.state, row.crl_number) == (IdentityState.REVOKED, 2), "a list that says so is signed"
        active = queries.active(session, house.lemon)
        assert active is not None
        assert active.fingerprint == seal_ground.stranger.fingerprint
    assert page(house, "/documents").count("seal revoked, unproved") == 1
    assert house.client("ana").post(path, data={"reason": REASON, "sure": "y"}).status_code == 404, "twice is once"
    for wrong in (f"?seal={former}", "?seal=9999", "?seal=x"):
        assert house.client("ana").get(f"/settings/organisations/{house.lemon}/seal/revoke{wrong}").status_code == 404
    with house.session() as session:
        foreign = queries.identities(session, house.light)[0].id
    assert house.client("ana").get(f"/settings/organisations/{house.lemon}/seal/revoke?seal={foreign}").status_code == 404, "another organisation's seal"


def test_the_serial_number_is_that_of_openssl(house: House, seal_ground: SealGround, tmp_path: Path) -> None:
    from dpa.evidence.seal.certificates import pem
    from tests.evidence.seal import outside

    outside.need("openssl")
    (tmp_path / "leaf.pem").write_text(pem([seal_ground.prepared.certificate]), "ascii")
    printed = outside.run("openssl", "x509", "-in", "leaf.pem", "-noout", "-serial", folder=tmp_path).stdout.strip().removeprefix("serial=")
    assert int(printed, 16) == seal_ground.prepared.certificate.serial_number
    assert f">{printed}<" in page(house, f"/settings/organisations/{house.lemon}/seal")


def sound(page: Any) -> None:
    """No violation of axe in either theme, and nothing that scrolls sideways on a telephone."""
    page.set_viewport_size({"width": 1440, "height": 900})
    check_axe(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, page.url


@pytest.mark.browser
def test_the_pages_are_accessible_in_both_themes(stamping: tuple[House, int, int], page: Any, tmp_path: Path) -> None:
    house, proved, unproved = stamping
    seal = f"/settings/organisations/{house.lemon}/seal"
    file = tmp_path / "paper.pdf"
    file.write_bytes(house.file(unproved))
    with LiveServer(house.app) as server:
        complaints = watch_csp(page)
        cookie = house.client("ana").get_cookie("dpa_session")
        assert cookie is not None
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": server.url}])
        for path in (seal, f"{seal}/revoke"):
            page.goto(server.url + path)
            sound(page)
        revoke(house)
        for path in (seal, "/documents", f"/documents/{proved}", f"/documents/{unproved}"):
            page.goto(server.url + path)
            sound(page)
        page.goto(f"{server.url}/verify")
        page.get_by_label("PDF file").set_input_files(str(file))
        page.get_by_role("button", name="Check the file").click()
        page.get_by_role("heading", name="Seal revoked, time not proved").wait_for()
        sound(page)
        complaints.check()
