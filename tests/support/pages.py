"""What page tests share: an application on a throw-away database, people to sign in, and a client that checks every page.

    app = make_app(database)                          # or a folder; clock=..., base_url=...: fields of the settings
    org = add_organisation(app, "Lemon Learning")     # -> organisation id
    dpo = add_person(app, "dpo@example.org", {org: Role.DPO})   # -> person id
    client = app.test_client()                        # a CheckingClient
    sign_in(client, dpo)
    page = client.get("/account")                     # fails the test when the page is not sound
    client.post("/account/sessions/end-others", data={...})     # carries the CSRF token by itself; csrf=False leaves it out
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import html5lib
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from dpa import factory
from dpa import unit as units
from dpa.clock import FixedClock
from dpa.columns import Base
from dpa.config import Settings
from dpa.extensions import db
from dpa.people import operations, passwords, queries, sessions
from dpa.people.models import Auth, Organisation, Person
from dpa.people.operations import NewPerson, OrganisationFacts
from dpa.people.roles import Role
from dpa.unit import Unit
from tests.support.databases import Database

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PASSWORD = "four green trams at dawn"
RAW_CSRF = "0123456789abcdef0123456789abcdef01234567"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
REQUIRED_HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cache-Control")
XHTML = "{http://www.w3.org/1999/xhtml}"


def make_app(
    where: Database | Path, *, clock: FixedClock | None = None, overrides: Mapping[str, Any] | None = None, **settings: Any
) -> Flask:
    """Return the whole application on a test's database, or on a new SQLite file in a folder.

    Passwords are hashed cheaply and `test_client()` gives the checking client. `settings` are fields of `Settings`,
    `overrides` Flask's own. The clock stands at NOON unless given.
    """
    passwords.hasher = CHEAP
    chosen = Settings(instance=where, **settings) if isinstance(where, Path) else where.settings(**settings)
    app = factory.create_app(chosen, clock or FixedClock(NOON), **(overrides or {}))
    app.test_client_class = CheckingClient
    app.jinja_env.bytecode_cache = COMPILED
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _without_waiting_for_the_disk)
    if isinstance(where, Path):
        _make_tables(app)
    return app


class _Compiled(BytecodeCache):
    """Templates compiled once per test process instead of once per application."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


COMPILED = _Compiled()


def _without_waiting_for_the_disk(dbapi: Any, _record: Any) -> None:
    dbapi.execute("PRAGMA synchronous=OFF")


def _make_tables(app: Flask) -> None:
    with app.app_context():
        connection = db.engine.connect().execution_options(write=True)
        with connection.begin():
            Base.metadata.create_all(connection)
        connection.close()


def clock_of(app: Flask) -> FixedClock:
    """Return the clock to move."""
    clock = app.extensions["dpa_clock"]
    assert isinstance(clock, FixedClock)
    return clock


def act(app: Flask, session: Session, actor: str = "system:test") -> AbstractContextManager[Unit]:
    """Open a unit at the application's present instant; use inside `app.app_context()` with `db.session()`."""
    return units.transaction(session, actor=actor, now=clock_of(app).now(), settings=app.extensions["dpa_settings"])


def add_organisation(app: Flask, name: str = "Lemon Learning", **facts: Any) -> int:
    """Add an organisation in Paris; returns its number."""
    wanted = {"zone": "Europe/Paris", "calendar": "FR", "country": "FR"} | facts
    with app.app_context(), act(app, db.session()) as unit:
        return operations.add_organisation(unit, OrganisationFacts(name=name, **wanted)).id


def add_person(app: Flask, email: str, roles: Mapping[int, Role], *, name: str = "", password: str | None = PASSWORD) -> int:
    """Add a person with a role in each organisation; `password=None` leaves the invitation open. Returns the number."""
    with app.app_context(), act(app, db.session()) as unit:
        person_id = 0
        for organisation_id, role in roles.items():
            place = unit.session.get_one(Organisation, organisation_id)
            newcomer = NewPerson(email, name or email.partition("@")[0].title())
            person_id = operations.invite(unit, place, newcomer, role).person.id
        if password is not None:
            operations.change_password(unit, person_id, passwords.hash_password(password))
        return person_id


def sign_in(client: FlaskClient, person_id: int, auth: Auth = Auth.PASSWORD) -> str:
    """Put a fresh session of the person into the client's cookies, without the sign-in page; returns its token."""
    app = client.application
    with app.app_context(), act(app, db.session(), f"u:{person_id}") as unit:
        token = sessions.begin(unit, unit.session.get_one(Person, person_id), auth, sessions.Origin("127.0.0.0/24", "test"))
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie["_user_id"] = token
    return token


def find_person(app: Flask, email: str) -> Person:
    """Return an account by its address, detached."""
    with app.app_context():
        person = queries.person_by_email(db.session(), email)
        assert person is not None
        return person


class CheckingClient(FlaskClient):
    """A test client that looks at every HTML page it is given and sends the CSRF token with every POST."""

    def open(self, *args: Any, csrf: bool = True, check: bool = True, **kwargs: Any) -> TestResponse:
        """Send a request. `csrf=False` leaves the token out, `check=False` the look at the page."""
        if kwargs.get("method") == "POST" and csrf and kwargs.get("json") is None:
            data = kwargs.get("data")
            kwargs["data"] = {**(dict(data) if data else {}), "csrf_token": self.csrf_token()}
        response = super().open(*args, **kwargs)
        if check:
            check_response(response)
        return response

    def csrf_token(self) -> str:
        """Return a token that fits the client's cookie, as a form on a page would carry it."""
        with self.session_transaction() as cookie:
            raw = cookie.setdefault("csrf_token", RAW_CSRF)
        return str(URLSafeTimedSerializer(self.application.config["SECRET_KEY"], salt="wtf-csrf-token").dumps(raw))


def check_response(response: TestResponse) -> None:
    """Raise AssertionError when an answer lacks a header or its page is not sound."""
    where = f"{response.request.method} {response.request.path} ({response.status_code})"
    for name in REQUIRED_HEADERS:
        assert name in response.headers, f"{where}: no {name} header"
    if response.mimetype == "text/html" and not 300 <= response.status_code < 400:
        faults = page_faults(response.text)
        assert not faults, f"{where}: {'; '.join(faults)}"


def page_faults(html: str) -> list[str]:
    """Return what is wrong with a page or a fragment of one, as sentences; an empty list for a sound one."""
    parser = html5lib.HTMLParser()
    whole = html.lstrip().lower().startswith("<!doctype")
    tree = parser.parse(html) if whole else parser.parseFragment(html)
    lines = html.splitlines()
    faults = [f"HTML: {code} near {_line(lines, position)}" for position, code, _ in parser.errors]
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]
    named = {element: element.tag.removeprefix(XHTML) for element in elements}
    if whole:
        headings = [element for element in elements if named[element] == "h1"]
        if len(headings) != 1 or not "".join(headings[0].itertext()).strip():
            faults.append(f"{len(headings)} h1, one wanted, with words")
        titles = ["".join(element.itertext()) for element in elements if named[element] == "title"]
        if not titles or not titles[0].partition("–")[0].strip():
            faults.append("no title")
    ids = [element.get("id") for element in elements if element.get("id") is not None]
    faults += [f"id {name!r} stands {ids.count(name)} times" for name in sorted({n for n in ids if ids.count(n) > 1})]
    faults += _dangling(elements, named, set(ids))
    for element in elements:
        faults += _element_faults(element, named[element])
    return faults


def _element_faults(element: Any, name: str) -> list[str]:
    faults = [f"<{name}> has {key}" for key in element.attrib if key == "style" or key.startswith(("on", "hx-on"))]
    if name == "style" or (name == "script" and not element.get("src")):
        faults.append(f"inline <{name}>")
    if name == "form":
        posts = element.get("method", "get").lower() == "post"
        if element.get("action") is None or (posts and not element.get("action")):
            faults.append("a form without action")
        tokens = [field for field in element.iter() if field.get("name") == "csrf_token" and field.get("value")]
        if len(tokens) != posts:
            faults.append(f"the form to {element.get('action')!r} carries {len(tokens)} CSRF tokens, {int(posts)} wanted")
    if name == "img" and element.get("alt") is None:
        faults.append("an image without alt")
    if name == "input" and element.get("type") == "password" and element.get("value"):
        faults.append("a password was put back into the page")
    return faults


def _dangling(elements: list[Any], named: Mapping[Any, str], ids: set[str]) -> list[str]:
    """Labels and descriptions that point at nothing, and fields without a name for screen readers."""
    faults, labelled = [], {element.get("for") for element in elements if named[element] == "label"}
    for element in elements:
        for key in ("for", "aria-describedby", "aria-labelledby"):
            faults += [f"{key} points at {target!r}, which is missing" for target in (element.get(key) or "").split() if target not in ids]
        is_field = named[element] in {"input", "select", "textarea"} and element.get("type") not in {"hidden", "submit"}
        if is_field and element.get("id") not in labelled and not (element.get("aria-label") or element.get("aria-labelledby")):
            faults.append(f"the field {element.get('name')!r} has no label")
    return faults


def _line(lines: list[str], position: tuple[int, int] | None) -> str:
    if not position or position[0] > len(lines):
        return "the end"
    return repr(lines[position[0] - 1].strip()[:120])
