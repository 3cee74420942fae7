"""The own account: sessions, password, and the question for the password before people are managed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from dpa.clock import FixedClock
from dpa.extensions import db
from dpa.people.models import Auth, LoginSession
from dpa.people.roles import Role
from dpa.people.views.account import browser_name
from tests.support import pages
from tests.support.pages import PASSWORD, CheckingClient

NEW = "seven quiet otters at noon"


@pytest.fixture
def anna(app: Flask) -> int:
    return pages.add_person(app, "anna@example.org", {pages.add_organisation(app): Role.ADMINISTRATOR})


def browser(app: Flask, person: int, auth: Auth = Auth.PASSWORD) -> CheckingClient:
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    pages.sign_in(client, person, auth)
    return client


def test_changing_the_password_ends_the_other_sessions(app: Flask, anna: int) -> None:
    here, elsewhere = browser(app, anna), browser(app, anna)
    answer = here.post("/account/password", data={"current": PASSWORD, "password": NEW})
    assert answer.status_code == 303
    assert "Ended: 1 other session." in here.get("/account").text
    assert elsewhere.get("/account").status_code == 401
    fresh = app.test_client()
    assert fresh.post("/sign-in", data={"email": "anna@example.org", "password": PASSWORD}).status_code == 422
    assert fresh.post("/sign-in", data={"email": "anna@example.org", "password": NEW}).status_code == 303


REFUSED_PASSWORDS = [
    ({"current": "wrong", "password": NEW}, "not your present password"),
    ({"current": PASSWORD, "password": "short"}, "at least 12"),
    ({"current": PASSWORD, "password": "anna@example.org"}, "rests on your name"),
    ({"current": PASSWORD, "password": "lemon-learning"}, "your organisation"),
    ({"current": "", "password": NEW}, "Enter your present password"),
    ({"current": PASSWORD, "password": ""}, "Enter a new password"),
    ({"password": NEW}, "Enter your present password"),
]


def test_a_password_that_is_refused_changes_nothing(app: Flask, anna: int) -> None:
    here, elsewhere = browser(app, anna), browser(app, anna)
    before = pages.find_person(app, "anna@example.org").password_hash
    for data, words in REFUSED_PASSWORDS:
        answer = here.post("/account/password", data=data)
        assert answer.status_code == 422, data
        assert words in answer.text, data
        assert NEW not in answer.text
    assert pages.find_person(app, "anna@example.org").password_hash == before
    assert elsewhere.get("/account").status_code == 200


def test_guessing_the_present_password_is_slowed_down_too(app: Flask, anna: int) -> None:
    here = browser(app, anna)
    for _ in range(5):
        assert here.post("/account/password", data={"current": "wrong", "password": NEW}).status_code == 422
    answer = here.post("/account/password", data={"current": PASSWORD, "password": NEW})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "2"


def test_a_first_password_after_a_link_only_while_it_is_fresh(app: Flask, clock: FixedClock, anna: int) -> None:
    pages.add_person(app, "new@example.org", {1: Role.DPO}, password=None)
    new = pages.find_person(app, "new@example.org").id
    here = browser(app, new, Auth.LINK)
    assert "Set a password" in here.get("/account").text
    for _ in range(2):
        clock.advance(timedelta(minutes=15))
        here.get("/account")
    stale = here.post("/account/password", data={"password": NEW})
    assert stale.status_code == 422
    assert "too long ago" in stale.text
    assert browser(app, new, Auth.LINK).post("/account/password", data={"password": NEW}).status_code == 303


def test_ending_own_sessions_and_nobody_elses(app: Flask, anna: int) -> None:
    boss = pages.add_person(app, "boss@example.org", {1: Role.ADMINISTRATOR})
    here, there, foreign = browser(app, anna), browser(app, anna), browser(app, boss)
    with app.app_context():
        rows = {person: list(db.session.scalars(select(LoginSession.id).where(LoginSession.person_id == person))) for person in (anna, boss)}
    assert here.get("/account").text.count("/end\"") == 2
    assert here.post(f"/account/sessions/{rows[boss][0]}/end").status_code == 404
    assert here.post("/account/sessions/999/end").status_code == 404
    assert here.post(f"/account/sessions/{rows[anna][1]}/end").status_code == 303
    assert there.get("/account").status_code == 401
    assert foreign.get("/account").status_code == 200
    others = [browser(app, anna) for _ in range(2)]
    here.post("/account/sessions/end-others")
    assert [other.get("/account").status_code for other in others] == [401, 401]
    assert "Ended: 2 other sessions." in here.get("/account").text
    out = here.post(f"/account/sessions/{rows[anna][0]}/end")
    assert "Clear-Site-Data" in out.headers
    assert here.get("/account").status_code == 302


def test_people_are_managed_only_after_a_recent_proof(app: Flask, clock: FixedClock, anna: int) -> None:
    here = browser(app, anna)
    path = "/settings/organisations/1/people/invite"
    clock.advance(timedelta(minutes=9, seconds=59))
    assert here.get(path).status_code == 200
    clock.advance(timedelta(seconds=1))
    asked = here.get(path)
    assert asked.headers["Location"] == f"/confirm?next={path}"
    invitation = {"person_name": "Ben", "email": "ben@example.org", "role": "dpo"}
    assert here.post(path, data=invitation).status_code == 200, "a form that was opened in time may still be sent"
    clock.advance(timedelta(minutes=20))
    assert here.post(path, data=invitation | {"email": "c@example.org"}).headers["Location"] == "/confirm?next=/settings"
    wrong = here.post("/confirm", data={"password": "wrong", "next": path})
    assert wrong.status_code == 422
    assert here.post("/confirm", data={"password": PASSWORD, "next": "//evil.example"}).headers["Location"] == "/settings"
    assert here.get(path).status_code == 200


def test_somebody_without_password_is_told_what_to_do(app: Flask, clock: FixedClock, anna: int) -> None:
    pages.add_person(app, "new@example.org", {1: Role.ADMINISTRATOR}, password=None)
    here = browser(app, pages.find_person(app, "new@example.org").id, Auth.LINK)
    clock.advance(timedelta(minutes=11))
    assert "dpa user link" in here.get("/confirm").text


@pytest.mark.parametrize(("agent", "name"), [
    ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
    ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari on iPhone"),
    ("curl/8", "Unknown browser"), ("", "Unknown browser"),
])
def test_browser_names(agent: str, name: str) -> None:
    assert browser_name(agent) == name
