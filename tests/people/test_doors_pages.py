"""Sign-in, sign-out, set-up, link and invitation pages; cookies and what becomes of copies of them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from dpa.clock import FixedClock
from dpa.extensions import db
from dpa.people import links, operations, sessions
from dpa.people.models import LoginSession, OneTimeLink, Person
from dpa.people.roles import Role
from tests.support import pages
from tests.support.databases import Database
from tests.support.pages import PASSWORD, CheckingClient

EMAIL = "anna@example.org"
COOKIE = "dpa_session"


@pytest.fixture
def anna(app: Flask) -> int:
    return pages.add_person(app, EMAIL, {pages.add_organisation(app): Role.ADMINISTRATOR})


@pytest.fixture
def client(app: Flask) -> CheckingClient:
    made = app.test_client()
    assert isinstance(made, CheckingClient)
    return made


def enter(client: CheckingClient, password: str = PASSWORD, **more: str) -> TestResponse:
    return client.post("/sign-in", data={"email": EMAIL, "password": password, **more})


def cookie_value(client: CheckingClient, name: str = COOKIE) -> str:
    cookie = client.get_cookie(name)
    assert cookie is not None
    return cookie.value


def set_cookie(response: TestResponse) -> str:
    return next(value for value in response.headers.getlist("Set-Cookie") if COOKIE in value.partition("=")[0])


def test_signing_in_and_out(client: CheckingClient, anna: int) -> None:
    assert client.get("/account").headers["Location"] == "/sign-in?next=/account"
    assert "Sign in" in client.get("/sign-in?next=/account").text
    assert enter(client, next="/account").headers["Location"] == "/account"
    assert EMAIL in client.get("/account").text
    assert client.get("/sign-in").status_code == 302
    gone = client.post("/sign-out")
    assert gone.headers["Clear-Site-Data"] == '"cookies", "storage"'
    assert client.get_cookie(COOKIE) is None
    assert "You are signed out" in client.get(gone.headers["Location"]).text
    assert client.get("/account").status_code == 302


def test_a_wrong_password_keeps_the_address_but_not_the_password(client: CheckingClient, anna: int) -> None:
    answer = enter(client, "wrong horse battery")
    assert answer.status_code == 422
    assert "is not right" in answer.text
    assert f'value="{EMAIL}"' in answer.text
    assert "wrong horse" not in answer.text
    empty = client.post("/sign-in", data={"email": "", "password": ""})
    assert empty.status_code == 422
    assert "Enter your e-mail address." in empty.text
    assert "Enter your password." in empty.text


def test_too_many_attempts_answer_429_with_a_sentence(client: CheckingClient, anna: int) -> None:
    for _ in range(5):
        assert enter(client, "wrong").status_code == 422
    answer = enter(client)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "2"
    assert "Wait 2 seconds" in answer.text
    assert f'value="{EMAIL}"' in answer.text


@pytest.mark.parametrize("end", ["sign out", "password", "disable", "end"])
def test_a_copy_of_the_cookie_is_refused_afterwards(app: Flask, client: CheckingClient, anna: int, end: str) -> None:
    boss = pages.add_person(app, "boss@example.org", {1: Role.ADMINISTRATOR})
    enter(client)
    copy = cookie_value(client)
    assert client.get("/account").status_code == 200
    if end == "sign out":
        client.post("/sign-out")
    else:
        with app.app_context(), pages.act(app, db.session(), f"u:{boss}") as unit:
            {
                "password": lambda: operations.change_password(unit, anna, "another hash"),
                "disable": lambda: operations.disable_person(unit, anna),
                "end": lambda: operations.end_sessions_of(unit, anna),
            }[end]()
    for method, path in (("GET", "/account"), ("POST", "/account/sessions/end-others"), ("GET", "/settings"), ("GET", "/account")):
        replay = app.test_client()
        replay.set_cookie(COOKIE, copy)
        answer = replay.open(path, method=method)
        assert answer.status_code == 401
        assert "Your session has ended" in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert replay.get("/account").status_code == 302, "the browser itself forgets the token and may sign in again"


def test_signing_in_makes_a_new_token_and_forgets_what_was_planted(client: CheckingClient, anna: int) -> None:
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
        cookie["_user_id"] = "known to somebody else"
    enter(client)
    with client.session_transaction() as cookie:
        first = cookie["_user_id"]
        assert "planted" not in cookie
        assert first != "known to somebody else"
    copy = cookie_value(client)
    enter(client)
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != first
    client.set_cookie(COOKIE, copy)
    assert client.get("/account").status_code == 401, "the session this browser had before has ended"


def test_a_cookie_nobody_signed_opens_nothing(client: CheckingClient, anna: int) -> None:
    client.set_cookie(COOKIE, "eyJfdXNlcl9pZCI6IjEifQ.forged.signature")
    assert client.get("/account").status_code == 302
    with client.session_transaction() as cookie:
        cookie["_user_id"] = str(anna)
    assert client.get("/account").status_code == 401


@pytest.mark.parametrize(("pace", "steps", "status"), [
    (timedelta(minutes=29), 3, 200), (timedelta(minutes=30), 1, 401), (timedelta(minutes=29), 24, 200), (timedelta(minutes=29), 25, 401),
])
def test_idle_and_absolute_limits(client: CheckingClient, clock: FixedClock, anna: int, pace: timedelta, steps: int, status: int) -> None:
    enter(client)
    answer = client.get("/account")
    for _ in range(steps):
        clock.advance(pace)
        answer = client.get("/account")
    assert answer.status_code == status


def test_last_seen_is_written_once_a_minute_and_reading_takes_two_statements(app: Flask, client: CheckingClient, clock: FixedClock, anna: int) -> None:
    enter(client)
    seen: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda _c, _cur, statement, *_: seen.append(statement))

    def statements(path: str) -> list[str]:
        seen.clear()
        client.get(path, check=False).close()
        return [text for text in seen if not text.startswith(("PRAGMA", "BEGIN"))]

    clock.advance(timedelta(seconds=59))
    assert len(statements("/sign-in")) == 2
    clock.advance(timedelta(seconds=1))
    assert sum("UPDATE login_session" in text for text in statements("/sign-in")) == 1
    assert len(statements("/sign-in")) == 2
    assert statements("/static/favicon.svg") == []
    client.delete_cookie(COOKIE)
    assert statements("/sign-in") == []


def test_reading_goes_on_when_the_touch_cannot_be_written(app: Flask, client: CheckingClient, clock: FixedClock, anna: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    def full(*_: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("database or disk is full"))

    enter(client)
    clock.advance(timedelta(minutes=2))
    monkeypatch.setattr(sessions, "touch", full)
    assert client.get("/account").status_code == 200


TARGETS = [
    ("/account", "/account"), ("/board?state=open&x=1", "/board?state=open&x=1"), ("", "/"), ("//evil.example", "/"), ("/\\evil.example", "/"),
    ("\\\\evil.example", "/"), ("https://evil.example", "/"), ("https:evil.example", "/"), ("javascript:alert(1)", "/"), ("evil.example", "/"),
    ("/\tevil", "/"), ("/\n/evil.example", "/"), ("///evil.example", "/"), ("/%2Fevil.example", "/%2Fevil.example"), ("http:///evil.example", "/"),
]


def test_next_leads_only_inside(client: CheckingClient, anna: int) -> None:
    for target, leads_to in TARGETS:
        assert enter(client, next=target).headers["Location"] == leads_to, target
        assert client.get("/sign-in", query_string={"next": target}).headers["Location"] == leads_to, target


@pytest.mark.parametrize(("base_url", "name", "secure"), [("http://127.0.0.1:8000", "dpa_session", False), ("https://desk.example.org", "__Host-dpa_session", True)])
def test_the_cookie(sqlite_database: Database, clock: FixedClock, base_url: str, name: str, secure: bool) -> None:
    app = pages.make_app(sqlite_database, clock=clock, base_url=base_url)
    pages.add_person(app, EMAIL, {pages.add_organisation(app): Role.DPO})
    client = app.test_client()
    page = client.get("/sign-in", base_url=base_url, check=False)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token is not None
    answer = client.post(
        "/sign-in", base_url=base_url, csrf=False, headers={"Referer": f"{base_url}/sign-in"},
        data={"email": EMAIL, "password": PASSWORD, "csrf_token": token[1]},
    )
    assert answer.status_code == 303
    parts = [part.strip() for part in set_cookie(answer).split(";")]
    assert parts[0].startswith(f"{name}=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(parts)
    assert ("Secure" in parts) is secure
    assert not any(part.lower().startswith(("domain", "expires", "max-age")) for part in parts)
    assert ("Strict-Transport-Security" in answer.headers) is secure


def setup_path(app: Flask) -> str:
    link = links.first_link(app.extensions["dpa_settings"], pages.clock_of(app))
    assert link is not None
    return link.removeprefix("http://127.0.0.1:8000")


SET_UP = {
    "person_name": "Anna", "email": EMAIL, "password": PASSWORD, "name": "Lemon Learning", "country": "fr", "calendar": "FR", "zone": "Europe/Paris",
    "mail_domains": "lemonlearning.example\n\n @Lemon.example ",
}


def test_setting_up(app: Flask, client: CheckingClient) -> None:
    path = setup_path(app)
    assert "Set up DPA Desk" in client.get(path).text
    assert client.post(path, data=SET_UP).status_code == 303
    page = client.get("/settings").text
    assert "lemon.example, lemonlearning.example" in page
    assert "Administrator" in page
    again = app.test_client().get(path)
    assert again.status_code == 404
    assert "has been used" in again.text
    assert links.first_link(app.extensions["dpa_settings"], pages.clock_of(app)) is None


REFUSED_SET_UPS = [
    ({"password": "short"}, "at least 12"),
    ({"password": "lemonlearning"}, "your organisation"),
    ({"password": "Password1234!"}, "common one"),
    ({"email": "anna"}, "in full"),
    ({"person_name": " "}, "Enter your name"),
    ({"zone": "Europe/Nowhere"}, "Not a valid choice"),
    ({"calendar": "ZZ"}, "no holiday calendar"),
    ({"country": "France"}, "two capital letters"),
    ({"country": "EL"}, "write GR for Greece"),
    ({"mail_domains": "not a domain"}, "is not a mail domain"),
    ({"name": "日本"}, "Latin letters"),
]


def test_setting_up_keeps_what_was_typed_and_writes_nothing(app: Flask, client: CheckingClient) -> None:
    path = setup_path(app)
    for change, words in REFUSED_SET_UPS:
        answer = client.post(path, data=SET_UP | change)
        assert answer.status_code == 422, change
        assert words in answer.text, change
        assert f'value="{(SET_UP | change)["email"]}"' in answer.text, change
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Person)) == 0
    assert client.post(path, data=SET_UP).status_code == 303, "the link still works"


def test_setting_up_says_everything_that_is_wrong_at_once(app: Flask, client: CheckingClient) -> None:
    answer = client.post(setup_path(app), data=SET_UP | {"password": "short", "calendar": "ZZ", "email": "anna"})
    assert all(words in answer.text for words in ("at least 12", "no holiday calendar", "in full"))


def test_the_setup_link_runs_out(app: Flask, client: CheckingClient, clock: FixedClock) -> None:
    path = setup_path(app)
    clock.advance(timedelta(hours=24))
    assert client.get(path).status_code == 404
    assert client.post(path, data=SET_UP).status_code == 404


def link_path(app: Flask, person_id: int) -> str:
    with app.app_context(), pages.act(app, db.session()) as unit:
        return operations.link_person(unit, person_id).removeprefix("http://127.0.0.1:8000")


def test_opening_a_link_changes_nothing_and_its_button_works_once(app: Flask, client: CheckingClient, anna: int) -> None:
    path = link_path(app, anna)
    for _ in range(3):
        assert "Sign in as Anna" in client.get(path).text
        client.head(path)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(LoginSession)) == 0
    assert client.post(path).status_code == 303
    assert "one-time link" in client.get("/account").text
    other = app.test_client()
    assert other.post(path).status_code == 404
    assert other.get(path).status_code == 404


def test_a_link_of_a_disabled_person_opens_nothing(app: Flask, client: CheckingClient, anna: int) -> None:
    path = link_path(app, anna)
    pages.add_person(app, "boss@example.org", {1: Role.ADMINISTRATOR})
    with app.app_context(), pages.act(app, db.session()) as unit:
        operations.disable_person(unit, anna)
    assert client.post(path).status_code == 404


def test_unknown_links(client: CheckingClient) -> None:
    for path in ("/set-up/x", "/link/x", "/invitation/x", "/link/" + "y" * 3000, "/invitation/%F0%9F%98%80"):
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 404
            assert "Ask for a new one" in answer.text


def test_an_invitation(app: Flask, client: CheckingClient, anna: int) -> None:
    pages.add_person(app, "new@example.org", {1: Role.OPERATOR}, password=None)
    with app.app_context(), pages.act(app, db.session()) as unit:
        person = unit.session.scalars(select(Person.id).where(Person.email == "new@example.org")).one()
        path = operations.invite_again(unit, 1, person).removeprefix("http://127.0.0.1:8000")
    assert "Welcome, New" in client.get(path).text
    weak = client.post(path, data={"password": "new-example-1"})
    assert weak.status_code == 422
    assert "rests on your name" in weak.text
    assert client.post(path, data={"password": PASSWORD}).status_code == 303
    assert "new@example.org" in client.get("/account").text
    assert app.test_client().get(path).status_code == 404
    with app.app_context():
        assert all(row.used_at for row in db.session.scalars(select(OneTimeLink).where(OneTimeLink.person_id == person)))
