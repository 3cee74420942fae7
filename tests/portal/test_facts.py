"""The file of facts behind a customer's link: as of the newest phase it was given, its own alone, and nothing newer."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from dpa.agreements import operations as agreements
from dpa.agreements.models import Template
from dpa.agreements.rules import AgreementInput
from dpa.breaches import facts, operations
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft, Selection
from dpa.languages import Language, wording
from dpa.parties import operations as parties
from dpa.parties.rules import ContactInput, ControllerInput, Purpose
from dpa.people.models import Organisation
from tests.evidence.pages.house import writes
from tests.portal.desk import LATER, NAMES, Desk

BACK = Draft("It was a test account of our own.", "Ana Duarte, +33 1 00 00 00 00", "", "", "")


def save(desk: Desk, **fields: Any) -> None:
    with desk.unit() as unit:
        operations.save_facts(unit, desk.breach(unit), facts.build({"nature": "An export left.", "natures": ["confidentiality"], **fields}).canonical())


def fetched(client: FlaskClient, link: str) -> dict[str, Any]:
    answer = client.get(f"{link}/facts.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=LL-2026-001-A-")
    return json.loads(answer.data)


def test_the_file_holds_what_was_known_at_the_newest_phase_given_and_nothing_newer(bare: Desk) -> None:
    bare.open()
    save(bare, systems=["Portal"])
    bare.pass_time(hours=1)
    bare.release()
    bare.pass_time(minutes=5)
    save(bare, systems=["Portal", "Backup store"], cause="external")
    bare.deliver()
    client, link = bare.inside()
    first = fetched(client, link)
    assert (first["controller"], first["phase"], first["facts_version"]) == (NAMES[0], "initial", 1)
    assert first["fields"]["field_63"] == "Portal", "what was saved after the release is told by the next phase first"
    assert first["fields"].get("field_61") is None
    bare.pass_time(hours=1)
    bare.release(LATER, Phase.SUPPLEMENT)
    assert fetched(client, link)["facts_version"] == 1, "the supplement is on its way, not given"
    bare.deliver()
    assert client.get(f"{link}/facts.json").location == link, "it must be opened first"
    client.post(link)
    second = fetched(client, link)
    assert (second["phase"], second["facts_version"], second["fields"]["field_63"]) == ("supplement", 2, "Portal\nBackup store")


def test_the_file_says_of_its_customer_what_that_was_told_and_nothing_of_others(bare: Desk) -> None:
    bare.open()
    save(bare, people={"precision": "exact", "value": 500})
    own = facts.Share(people=facts.Count.exact(120))
    with bare.unit() as unit:
        operations.save_shares(unit, bare.breach(unit), {bare.rows[0]: own})
    bare.release()
    with bare.unit() as unit:
        operations.save_shares(unit, bare.breach(unit), {bare.rows[0]: facts.Share(people=facts.Count.exact(121))})
    bare.deliver()
    client, link = bare.inside()
    assert fetched(client, link)["fields"]["field_68"] == 120
    client, link = bare.inside(1)
    assert "field_68" not in fetched(client, link)["fields"], "500 are those of all, and 120 those of another"


def test_it_is_offered_beside_the_newest_phase_alone_and_fetching_it_writes_nothing(desk: Desk) -> None:
    client, link = desk.inside()
    page = client.get(f"{link}/notices").text
    assert page.count(f"{link}/facts.json") == 1
    desk.tell(LATER, Phase.SUPPLEMENT)
    client.post(link)
    page = client.get(f"{link}/notices").text
    assert page.count(f"{link}/facts.json") == 1
    assert page.index("Supplement") < page.index(f"{link}/facts.json") < page.index("Initial notice")
    acts = desk.acts()
    for method in ("GET", "HEAD"):
        with desk.house.counting() as statements:
            assert client.open(f"{link}/facts.json", method=method).status_code == 200
        assert not writes(statements)
    assert desk.acts() == acts


def test_before_anything_was_given_there_is_no_file(bare: Desk) -> None:
    bare.open()
    bare.release()
    client, link = bare.visitor(), bare.link()
    assert client.get(f"{link}/facts.json").status_code == 404
    assert "facts.json" not in client.get(f"{link}/notices").text
    assert client.get(f"/n/{'x' * 43}/facts.json").status_code == 404


def test_a_customer_named_after_the_release_gets_the_facts_of_the_phase_it_got(bare: Desk) -> None:
    bare.open()
    save(bare, systems=["Portal"])
    bare.tell()
    bare.pass_time(hours=1)
    save(bare, systems=["Portal", "Backup store"])
    _name_one_more(bare)
    with bare.unit() as unit:
        operations.release_notice(unit, bare.breach(unit), unit.session.get_one(Organisation, bare.house.lemon))
    bare.deliver()
    client, link = bare.inside(2)
    found = fetched(client, link)
    assert (found["controller"], found["fields"]["field_63"]) == ("Collège de Metz", "Portal")


def _name_one_more(desk: Desk) -> None:
    with desk.unit() as unit:
        template = unit.session.scalars(select(Template)).one()
        contact = [ContactInput(Purpose.SECURITY, "s@c3.example")]
        controller = parties.add_controller(unit, desk.house.lemon, ControllerInput("C3", "Collège de Metz"), contact)
        number = agreements.add_agreement(unit, controller.id, template, AgreementInput("A-3", date(2026, 1, 1))).id
    with desk.unit() as unit:
        desk.rows += [row.id for row in operations.add_affected(unit, desk.breach(unit), [number], Selection.BY_LIST)]


def test_who_was_told_by_courier_alone_has_its_file(bare: Desk) -> None:
    bare.open()
    save(bare, systems=["Portal"])
    bare.release()
    with bare.unit() as unit:
        handed = Handed(Channel.COURIER, unit.now, "Receipt 4711, signed by the front desk", received_at=unit.now)
        operations.hand_over(unit, bare.breach(unit), bare.row(unit), handed)
    client, link = bare.inside()
    found = fetched(client, link)
    assert (found["fields"]["field_63"], found["fields"]["field_52"]) == ("Portal", bare.now.date().isoformat())


def test_what_was_taken_back_is_marked_so(desk: Desk) -> None:
    with desk.unit() as unit:
        operations.save_draft(unit, desk.breach(unit), BACK, Phase.CORRECTION, withdraws=True)
        operations.release_notice(unit, desk.breach(unit), unit.session.get_one(Organisation, desk.house.lemon))
    desk.deliver()
    client, link = desk.inside()
    found = fetched(client, link)
    assert found["withdrawn"] is True
    assert any("never submit them" in note for note in found["notes"][:2])
    assert "marked as taken back" in client.get(f"{link}/notices").text


@pytest.mark.parametrize("language", Language)
def test_every_language_tells_what_the_file_is(language: Language) -> None:
    say = wording(language)
    assert "JSON" in say("portal.facts")
    assert "33" in say("portal.facts_note")
