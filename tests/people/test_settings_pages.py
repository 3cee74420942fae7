"""Settings: facts, people and roles; what outsiders and lesser roles get; every POST without its token."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from dpa.extensions import db
from dpa.people.models import Membership, Organisation
from dpa.people.roles import Role
from tests.support import pages
from tests.support.pages import PASSWORD, CheckingClient

HERE = "/settings/organisations/1"
INVITATION = {"person_name": "Ben", "email": "ben@example.org", "role": "operator"}
FACTS = {"name": "Lemon", "country": "FR", "calendar": "FR", "zone": "Europe/Paris", "mail_domains": ""}


@pytest.fixture
def house(app: Flask) -> dict[str, int]:
    """Two organisations: everybody of the first, an administrator of the second, one of both."""
    lemon, light = pages.add_organisation(app), pages.add_organisation(app, "Light", zone="Europe/Copenhagen", calendar="DK", country="DK")
    people = {role.value: pages.add_person(app, f"{role.value}@lemon.example", {lemon: role}) for role in Role}
    people["outsider"] = pages.add_person(app, "outsider@light.example", {light: Role.ADMINISTRATOR})
    people["both"] = pages.add_person(app, "both@example.org", {lemon: Role.ADMINISTRATOR, light: Role.ADMINISTRATOR})
    return people


def browser(app: Flask, person: int) -> CheckingClient:
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    pages.sign_in(client, person)
    return client


def test_an_administrator_invites_and_hands_the_link_over(app: Flask, house: dict[str, int]) -> None:
    boss = browser(app, house["administrator"])
    boss.get(f"{HERE}/people/invite")
    page = boss.post(f"{HERE}/people/invite", data=INVITATION).text
    assert "no mail is sent" in page
    link = re.search(r"<code>http://127\.0\.0\.1:8000(/invitation/[\w-]{43})</code>", page)
    assert link is not None
    assert app.test_client().get(link[1]).status_code == 200
    assert "ben@example.org" in boss.get(HERE).text
    assert link[1] not in boss.get(HERE).text


REFUSED_INVITATIONS = [
    ({"email": "dpo@lemon.example"}, "member already"), ({"email": "outsider@light.example"}, "already has an account"), ({"email": "nobody"}, "in full"),
    ({"person_name": ""}, "Enter the person"), ({"role": "emperor"}, "Not a valid choice"), ({"role": ""}, "Choose a role"),
]


def test_an_invitation_that_is_refused_keeps_what_was_typed(app: Flask, house: dict[str, int]) -> None:
    boss = browser(app, house["administrator"])
    for change, words in REFUSED_INVITATIONS:
        answer = boss.post(f"{HERE}/people/invite", data=INVITATION | change)
        assert answer.status_code == 422, change
        assert words in answer.text
        assert f'value="{(INVITATION | change)["email"]}"' in answer.text


def test_changing_a_role_takes_effect_at_the_next_request(app: Flask, house: dict[str, int]) -> None:
    boss, dpo = browser(app, house["administrator"]), browser(app, house["dpo"])
    assert dpo.get(f"{HERE}/facts").status_code == 200
    assert "does everything" in boss.get(f"{HERE}/people/{house['dpo']}").text.lower()
    assert boss.post(f"{HERE}/people/{house['dpo']}/role", data={"role": "auditor"}).status_code == 303
    assert "is now Auditor" in boss.get(HERE).text
    assert dpo.get(f"{HERE}/facts").status_code == 403
    assert dpo.get(HERE).status_code == 200


def test_ending_access(app: Flask, house: dict[str, int]) -> None:
    boss, operator = browser(app, house["administrator"]), browser(app, house["operator"])
    place = f"{HERE}/people/{house['operator']}"
    assert boss.post(f"{place}/end-sessions").status_code == 303
    assert operator.get("/account").status_code == 401
    boss.post(f"{place}/disable")
    assert app.test_client().post("/sign-in", data={"email": "operator@lemon.example", "password": PASSWORD}).status_code == 422
    assert "disabled" in boss.get(place).text
    boss.post(f"{place}/enable")
    operator = browser(app, house["operator"])
    assert operator.get("/account").status_code == 200
    boss.post(f"{place}/remove")
    assert boss.get(place).status_code == 404
    assert operator.get("/account").status_code == 200
    assert operator.get("/settings").status_code == 403


def test_what_cannot_be_done_is_said_on_the_page(app: Flask, house: dict[str, int]) -> None:
    boss, outsider = browser(app, house["administrator"]), browser(app, house["outsider"])
    assert boss.post(f"{HERE}/people/{house['both']}/disable").status_code == 303
    assert "you do not manage" in boss.get(f"{HERE}/people/{house['both']}").text
    assert boss.post(f"{HERE}/people/{house['administrator']}/disable").status_code == 303
    assert "your own account" in boss.get(f"{HERE}/people/{house['administrator']}").text
    assert boss.post(f"{HERE}/people/{house['both']}/remove").status_code == 303
    alone = boss.post(f"{HERE}/people/{house['administrator']}/role", data={"role": "dpo"})
    assert alone.status_code == 422
    assert "last administrator" in alone.text
    assert boss.post(f"{HERE}/people/{house['dpo']}/link").status_code == 409
    assert outsider.get(HERE).status_code == 404


PATHS = [
    ("GET", HERE), ("GET", f"{HERE}/facts"), ("POST", f"{HERE}/facts"), ("GET", f"{HERE}/people/invite"), ("POST", f"{HERE}/people/invite"),
    ("GET", f"{HERE}/people/{{dpo}}"), *(("POST", f"{HERE}/people/{{dpo}}/{act}") for act in ("role", "link", "remove", "disable", "enable", "end-sessions")),
]


def test_other_organisations_are_invisible(app: Flask, house: dict[str, int]) -> None:
    outsider = browser(app, house["outsider"])
    for method, path in PATHS:
        answers = []
        for organisation in (1, 999):
            address = path.format(**house).replace("/organisations/1", f"/organisations/{organisation}")
            answers.append(outsider.open(address, method=method, data={**INVITATION, **FACTS} if method == "POST" else None))
        assert [answer.status_code for answer in answers] == [404, 404], f"{method} {path}"
        bodies = [re.sub(r'(value|content)="[^"]*"', "", answer.text) for answer in answers]
        assert bodies[0] == bodies[1], f"{method} {path}: foreign and absent must look alike"
        assert "lemon.example" not in bodies[0]


def test_people_of_others_cannot_be_reached_through_the_own_organisation(app: Flask, house: dict[str, int]) -> None:
    boss = browser(app, house["administrator"])
    for act in ("role", "link", "remove", "disable", "enable", "end-sessions"):
        assert boss.post(f"{HERE}/people/{house['outsider']}/{act}", data={"role": "dpo"}).status_code == 404, act
    assert boss.get(f"{HERE}/people/{house['outsider']}").status_code == 404
    assert browser(app, house["outsider"]).get("/account").status_code == 200


MATRIX = [
    ("GET", "/settings", {"administrator": 200, "dpo": 200, "operator": 403, "auditor": 200}),
    ("GET", HERE, {"administrator": 200, "dpo": 200, "operator": 403, "auditor": 200}),
    ("GET", f"{HERE}/facts", {"administrator": 200, "dpo": 200, "operator": 403, "auditor": 403}),
    ("POST", f"{HERE}/facts", {"administrator": 303, "dpo": 303, "operator": 403, "auditor": 403}),
    ("GET", "/settings/organisations/new", {"administrator": 200, "dpo": 200, "operator": 403, "auditor": 403}),
    ("GET", f"{HERE}/people/invite", {"administrator": 200, "dpo": 403, "operator": 403, "auditor": 403}),
    ("POST", f"{HERE}/people/invite", {"administrator": 200, "dpo": 403, "operator": 403, "auditor": 403}),
    ("GET", f"{HERE}/people/{{operator}}", {"administrator": 200, "dpo": 403, "operator": 403, "auditor": 403}),
    ("GET", "/account", {"administrator": 200, "dpo": 200, "operator": 200, "auditor": 200}),
    ("POST", f"{HERE}/people/{{operator}}/role", {"administrator": 303, "dpo": 403, "operator": 403, "auditor": 403}),
    ("POST", f"{HERE}/people/{{operator}}/disable", {"administrator": 303, "dpo": 403, "operator": 403, "auditor": 403}),
]


def test_roles_and_pages(app: Flask, house: dict[str, int]) -> None:
    stranger = app.test_client()
    for method, path, expected in MATRIX:
        address = path.format(**house)
        assert stranger.open(address, method=method).status_code == (302 if method == "GET" else 401)
        for role, status in reversed(expected.items()):
            data = INVITATION | FACTS if method == "POST" else None
            assert browser(app, house[role]).open(address, method=method, data=data).status_code == status, f"{method} {path} as {role}"


def test_facts_are_changed_and_errors_stand_beside_fields(app: Flask, house: dict[str, int]) -> None:
    dpo = browser(app, house["dpo"])
    wrong = dpo.post(f"{HERE}/facts", data=FACTS | {"name": "Kept as typed", "calendar": "ZZ"})
    assert wrong.status_code == 422
    assert 'value="Kept as typed"' in wrong.text
    assert 'id="calendar-error"' in wrong.text
    dpo.post(f"{HERE}/facts", data=FACTS | {"name": "Lemon SAS", "organisation_id": "2", "slug": "stolen", "id": "2"})
    with app.app_context():
        rows = {row.id: (row.name, row.slug) for row in db.session.scalars(select(Organisation))}
    assert rows == {1: ("Lemon SAS", "lemon-learning"), 2: ("Light", "light")}, "fields that are not the form's are ignored"


def test_adding_an_organisation_makes_its_administrator(app: Flask, house: dict[str, int]) -> None:
    dpo = browser(app, house["dpo"])
    assert dpo.post("/settings/organisations/new", data=FACTS | {"name": "Light"}).status_code == 422
    added = dpo.post("/settings/organisations/new", data=FACTS | {"name": "Third Party"})
    assert added.status_code == 303
    assert "Third Party" in dpo.get(added.headers["Location"]).text
    assert "Lemon Learning" in dpo.get("/settings").text
    assert dpo.get("/settings?organisation=third-party").status_code == 200
    with app.app_context():
        row = db.session.scalars(select(Membership).where(Membership.organisation_id == 3)).one()
        assert (row.person_id, row.role) == (house["dpo"], Role.ADMINISTRATOR)


def test_an_organisation_of_others_in_the_address_is_not_found(app: Flask, house: dict[str, int]) -> None:
    dpo = browser(app, house["dpo"])
    assert dpo.get("/settings?organisation=lemon-learning").status_code == 200
    assert dpo.get("/settings?organisation=light").status_code == 404
    assert dpo.get("/settings?organisation=absent").status_code == 404


HOSTILE = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "' OR 1=1 --", "</title><svg onload=alert(1)>", "𝕱𝖆𝖓𝖈𝖞 \u202e name"]


def test_hostile_names_are_shown_as_text(app: Flask, house: dict[str, int]) -> None:
    boss = browser(app, house["administrator"])
    for number, text in enumerate(HOSTILE):
        facts = boss.post(f"{HERE}/facts", data=FACTS | {"name": text})
        invited = boss.post(f"{HERE}/people/invite", data=INVITATION | {"person_name": text, "email": f"p{number}@example.org"})
        refused = not text.isprintable()
        assert (facts.status_code, invited.status_code) == ((422, 422) if refused else (303, 200)), text
        for page in (facts.text, invited.text, boss.get(HERE).text):
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert "<svg onload" not in page


def test_every_post_without_its_token_is_refused(app: Flask, house: dict[str, int]) -> None:
    boss = browser(app, house["administrator"])
    refused = 0
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint.startswith("static"):
            continue
        path = re.sub(r"<(?:int:)[^>]+>", "1", rule.rule)
        path = re.sub(r"<[^>]+>", "x", path)
        answer = boss.post(path, data={"email": "x"}, csrf=False, check=False)
        assert answer.status_code == 400, f"{rule.rule} answered {answer.status_code}"
        refused += 1
    assert refused > 15
    wrong = boss.post("/account/sessions/end-others", data={"csrf_token": "made up"}, csrf=False)
    assert wrong.status_code == 400
    assert "reload the page" in wrong.text


def test_no_page_allows_other_sites_to_read_it(app: Flask, house: dict[str, int]) -> None:
    answer = browser(app, house["administrator"]).get("/settings", headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers.keys() if name.lower().startswith("access-control")]  # noqa: SIM118  Headers yields pairs
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
