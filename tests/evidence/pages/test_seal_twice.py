"""Two clicks on the button that makes a new seal make one seal."""

from __future__ import annotations

import re

from sqlalchemy import select

from dpa.evidence.seal.models import SealIdentity
from tests.evidence.pages.house import House


def seals(house: House) -> int:
    with house.session() as session:
        return len(session.scalars(select(SealIdentity.id).where(SealIdentity.organisation_id == house.lemon)).all())


def test_the_form_for_a_new_seal_sent_twice_makes_one(fresh: House) -> None:
    client, path = fresh.client("ana"), f"/settings/organisations/{fresh.lemon}/seal/rotate"
    before = seals(fresh)
    shown = re.search(r'name="replaces" value="(\d+)"', client.get(path).text)
    assert shown is not None
    form = {"reason": "The key may have been seen.", "replaces": shown[1]}
    assert "A new seal is in use" in client.post(path, data=form, follow_redirects=True).text
    second = client.post(path, data=form, follow_redirects=True)
    assert (second.status_code, seals(fresh)) == (200, before + 1)
    assert "none was made a second time" in second.text
    again = re.search(r'name="replaces" value="(\d+)"', client.get(path).text)
    assert again is not None
    client.post(path, data={"reason": "", "replaces": again[1]})
    assert seals(fresh) == before + 2
