"""The seal in the settings: what is told, a new one, revocation, and who may."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from sqlalchemy import select, update

from dpa.evidence.seal import preparing, queries
from dpa.evidence.seal.models import Backend, SealIdentity
from dpa.extensions import db
from tests.evidence.pages.house import House, make_house, writes
from tests.support import pages
from tests.support.seals import SealGround


def page_of(house: House, who: str = "ana", organisation: int | None = None) -> str:
    answer = house.client(who).get(f"/settings/organisations/{organisation or house.lemon}/seal")
    assert answer.status_code == 200
    return answer.text


def test_it_tells_what_seals_and_until_when(fresh: House, seal_ground: SealGround) -> None:
    page = page_of(fresh, "auditor")
    prepared = seal_ground.prepared
    grouped = " ".join(prepared.root_fingerprint[at : at + 4] for at in range(0, 64, 4))
    for words in (grouped, "Made by DPA Desk", "seals now", "PAdES B-B", "time asserted by the issuer", "No time-stamp authority is set", "days left", f"/verify/roots/{prepared.root_fingerprint}.pem"):
        assert words in page, words
    assert "Make a new seal" not in page, "an auditor changes nothing"
    end = prepared.certificate.not_valid_after_utc
    for left, words in ((59, "ends in less than 60 days"), (6, "ends in less than 7 days"), (-1, "nothing can be sealed with it")):
        pages.clock_of(fresh.app).set(end - timedelta(days=left))
        assert words in page_of(fresh)
    assert f'href="/settings/organisations/{fresh.lemon}/seal"' in fresh.client("ana").get(f"/settings/organisations/{fresh.lemon}").text


def test_with_an_authority_the_level_is_higher(tmp_path: Path, seal_ground: SealGround) -> None:
    page = page_of(make_house(tmp_path, seal_ground, stamps=True))
    assert "PAdES B-LTA" in page
    assert "A time-stamp authority is set" in page


def test_a_new_seal_is_made_after_a_review(fresh: House, seal_ground: SealGround, monkeypatch: pytest.MonkeyPatch) -> None:
    # The test's second key stands in for a fresh one: making keys takes seconds.
    monkeypatch.setattr(preparing.authority, "new_key", lambda: _key(seal_ground, fresh))
    client, path = fresh.client("ana"), f"/settings/organisations/{fresh.lemon}/seal/rotate"
    with fresh.counting() as statements:
        review = client.get(path).text
    assert "what it sealed stays valid" in review
    assert not writes(statements)
    page = client.post(path, data={"reason": "Yearly change"}, follow_redirects=True).text
    assert "A new seal is in use" in page
    assert "Yearly change" in page
    assert "retired" in page
    with fresh.session() as session:
        old, new = session.scalars(select(SealIdentity).where(SealIdentity.organisation_id == fresh.lemon).order_by(SealIdentity.id))
        assert (old.root_fingerprint, old.state, new.state) == (new.root_fingerprint, "retired", "active")
    assert fresh.actions()[-2:] == ["evidence:seal:retired", "evidence:seal:installed"]


def _key(seal_ground: SealGround, house: House) -> object:
    from dpa.evidence.seal.keyfiles import decrypted

    return decrypted(house.settings.key_folder / seal_ground.prepared.source["key"], house.settings)


def test_revoking_wants_a_reason_and_says_what_happens(fresh: House) -> None:
    client, path = fresh.client("ana"), f"/settings/organisations/{fresh.lemon}/seal/revoke"
    review = client.get(path).text
    assert "0: a time-stamp proves that they were sealed before" in review
    assert "This cannot be undone. No document loses its value." in review
    answer = client.post(path, data={"reason": "", "sure": ""})
    assert answer.status_code == 422
    assert "Say why the seal is revoked" in answer.text
    assert "Confirm that you understand" in answer.text
    answer = client.post(path, data={"reason": "The laptop with the key was stolen."})
    assert answer.status_code == 422
    assert "The laptop with the key was stolen." in answer.text, "what was typed is kept"
    page = client.post(path, data={"reason": "The laptop with the key was stolen.", "sure": "y"}, follow_redirects=True).text
    for words in ("The seal is revoked.", "Nothing seals at this moment", "The laptop with the key was stolen.", "revoked", "Make a new seal"):
        assert words in page, words
    with fresh.session() as session:
        assert queries.active(session, fresh.lemon) is None
        row = queries.identities(session, fresh.lemon)[0]
        assert row.crl_number == 2, "a list that says so is signed"
    assert client.post(path, data={"reason": "Once more for good.", "sure": "y"}).status_code in {404, 422}
    with fresh.session() as session:
        assert queries.active(session, fresh.light) is not None, "the other organisation's seal is another one"


def test_a_seal_from_elsewhere_is_not_ours_to_renew(fresh: House) -> None:
    with fresh.app.app_context(), db.engine.connect().execution_options(write=True) as connection:
        connection.execute(update(SealIdentity).where(SealIdentity.organisation_id == fresh.lemon).values(backend=Backend.PKCS12))
        connection.commit()
    page = page_of(fresh)
    assert "dpa seal use-pkcs12" in page
    assert "Make a new seal" not in page
    answer = fresh.client("ana").post(f"/settings/organisations/{fresh.lemon}/seal/rotate", data={"reason": ""})
    assert answer.status_code == 422
    assert "comes from elsewhere" in answer.text


def test_without_a_seal_it_says_how_one_comes(tmp_path: Path) -> None:
    app = pages.make_app(tmp_path)
    place = pages.add_organisation(app)
    person = pages.add_person(app, "ana@lemon.example", {place: pages.Role.DPO})
    client = app.test_client()
    pages.sign_in(client, person)
    page = client.get(f"/settings/organisations/{place}/seal").text
    assert "Nothing seals at this moment" in page
    assert "The worker makes a seal" in page
    for act, status in (("rotate", 422), ("revoke", 404)):
        assert client.post(f"/settings/organisations/{place}/seal/{act}", data={"reason": "x", "sure": "y"}).status_code == status


def test_only_those_who_may_see_and_change_it(house: House) -> None:
    own, foreign = (f"/settings/organisations/{place}/seal" for place in (house.lemon, house.light))
    assert house.client("ana").get(foreign).status_code == 404
    assert house.client("operator").get(own).status_code == 403
    for act in ("rotate", "revoke"):
        assert house.client("auditor").get(f"{own}/{act}").status_code == 403
        assert house.client("ana").get(f"{foreign}/{act}").status_code == 404
        assert house.client("ana").post(f"{foreign}/{act}", data={"reason": "No.", "sure": "y"}).status_code == 404


def test_anybody_gets_a_root_by_its_fingerprint(house: House, seal_ground: SealGround) -> None:
    fingerprint = seal_ground.prepared.root_fingerprint
    client = house.client(None)
    answer = client.get(f"/verify/roots/{fingerprint}.pem")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f"attachment; filename=root-{fingerprint[:16]}.pem"
    [root] = x509.load_pem_x509_certificates(answer.data)
    assert root == seal_ground.prepared.root
    for wrong in ("0" * 64, fingerprint.upper(), fingerprint[:63], "x"):
        assert client.get(f"/verify/roots/{wrong}.pem").status_code == 404
