"""The trail's page, its filters, who sees what, verification on demand and by the worker."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.evidence import forms, jobs, trail
from dpa.evidence.trail import queries, registry, sentences
from dpa.evidence.trail.models import TrailEvent
from dpa.extensions import db
from dpa.people.roles import Role
from dpa.slice import Tick
from dpa.unit import Unit
from dpa.web.identity import Scope
from tests.evidence.ground import HAPPENED, START, Ground, disarm
from tests.support import pages

SCRIPT = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Two organisations with a DPO each and an auditor of the first."""
    app = pages.make_app(tmp_path_factory.mktemp("instance"))
    lemon, light = pages.add_organisation(app, "Lemon Learning"), pages.add_organisation(app, "Light Company")
    app.extensions["places"] = {"lemon": lemon, "light": light}
    app.extensions["people"] = {
        "ana": pages.add_person(app, "ana@lemon.example", {lemon: Role.DPO}, name="Ana Duarte"),
        "bob": pages.add_person(app, "bob@light.example", {light: Role.DPO}, name="Bob Light"),
        "operator": pages.add_person(app, "op@lemon.example", {lemon: Role.OPERATOR}, name="Op Erator"),
    }
    with acting(app, f"u:{app.extensions['people']['ana']}") as unit:
        for number in range(60):
            trail.record(unit, HAPPENED, subject=("thing", number), organisation_id=lemon, data={"count": number},
                         personal={"name": SCRIPT} if number == 59 else None)
        trail.record(unit, HAPPENED, subject=("organisation", lemon), organisation_id=lemon, data={"count": 4711})
    with acting(app, f"u:{app.extensions['people']['bob']}") as unit:
        trail.record(unit, HAPPENED, subject=("thing", 1), organisation_id=light, data={"count": 8888}, personal={"name": "Light secret"})
        trail.record(unit, HAPPENED, subject=("thing", 2), organisation_id=None, data={"count": 9999}, personal={"name": "Bob only"})
    with acting(app, "system:alerts") as unit:
        trail.record(unit, HAPPENED, subject=("thing", 3), organisation_id=None, data={"count": 7777}, personal={"name": "Hidden part"})
    return app


def times(count: int) -> str:
    """The sentence of one event; a bare number could stand in a random identifier."""
    return f"did a thing {count} times."


@contextmanager
def acting(app: Flask, actor: str) -> Iterator[Unit]:
    with app.app_context(), pages.act(app, db.session(), actor) as unit:
        yield unit


def client_of(app: Flask, who: str) -> FlaskClient:
    client = app.test_client()
    pages.sign_in(client, app.extensions["people"][who])
    return client


def see(app: Flask, who: str, **arguments: Any) -> str:
    page = client_of(app, who).get("/trail", query_string=arguments)
    assert page.status_code == 200
    return page.get_data(as_text=True)


def test_the_page_tells_who_did_what_in_sentences(app: Flask) -> None:
    page = see(app, "ana")
    assert "did a thing 4711 times." in page
    assert ">Ana Duarte</a>" in page
    assert "DPA Desk (mail)" in page
    assert "Next page" in page
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page
    assert re.search(r"<code>[0-9a-f]{64}</code>", page), "the facts show the leaf hash"
    assert "Not verified yet" in page


def test_only_the_own_organisations_and_the_installation_are_seen(app: Flask) -> None:
    ana, bob = see(app, "ana"), see(app, "bob")
    assert times(8888) not in ana
    assert times(9999) not in ana, "what somebody else did outside any organisation is not shown"
    assert times(7777) in ana
    assert "Hidden part" not in ana, "personal parts of an installation's event may concern others"
    for words in (times(8888), times(9999), times(7777), "Light secret", "Bob only"):
        assert words in bob
    assert times(4711) not in bob
    assert "Ana Duarte" not in bob
    assert times(7777) not in see(app, "ana", organisation="lemon-learning"), "a chosen organisation hides the installation's events"


def test_the_trail_needs_its_permission(app: Flask) -> None:
    client = client_of(app, "operator")
    assert client.get("/trail").status_code == 403
    assert client.post("/trail/verify").status_code == 403
    assert app.test_client().get("/trail").status_code == 302


def test_narrowing_by_object_person_and_time(app: Flask) -> None:
    people, places = app.extensions["people"], app.extensions["places"]
    page = see(app, "ana", kind="thing", id="41")
    assert page.count('class="timeline-item') == 1
    assert "did a thing 41 times." in page
    assert see(app, "ana", kind="organisation", id=str(places["lemon"])).count(times(4711)) == 1
    assert times(4711) in see(app, "ana", person=f"u:{people['ana']}")
    assert "Nothing in the trail matches" in see(app, "ana", person=f"u:{people['bob']}")
    assert times(4711) in see(app, "ana", **{"from": "2026-11-22", "to": "2026-11-22"})
    assert "Nothing in the trail matches" in see(app, "ana", **{"from": "2026-11-23"})
    assert "Nothing in the trail matches" in see(app, "ana", to="2026-11-21")
    page = see(app, "ana", kind="thing")
    assert 'value="thing" selected' in page


@pytest.mark.parametrize(("arguments", "sentence"), [
    ({"from": "yesterday"}, "“From” must be a day"),
    ({"to": "2026-13-01"}, "“To” must be a day"),
    ({"from": "0001-01-01"}, "must be a day"),
    ({"from": "2026-11-22", "to": "2026-11-21"}, "before “From”"),
    ({"id": "7"}, "what kind of object"),
    ({"kind": "<b>"}, "must be one of the kinds"),
    ({"kind": "thing", "id": "a b"}, "must be the number"),
    ({"person": "Ana Duarte"}, "one of the people"),
])
def test_what_cannot_be_asked_is_said_and_kept(arguments: dict[str, str], sentence: str, app: Flask) -> None:
    page = client_of(app, "ana").get("/trail", query_string=arguments)
    assert page.status_code == 422
    assert sentence in page.get_data(as_text=True)
    assert times(4711) not in page.get_data(as_text=True)


def test_pages_follow_each_other_without_gap_or_repeat(app: Flask) -> None:
    client, url, seen = client_of(app, "ana"), "/trail?kind=thing", []
    while url:
        page = client.get(url).get_data(as_text=True)
        seen += re.findall(r"did a thing (\d+) times\.", page)
        found = re.search(r'href="(/trail\?[^"]*after=[^"]*)" rel="next"', page)
        url = found[1].replace("&amp;", "&") if found else ""
    assert seen == ["7777", *map(str, range(59, -1, -1))]
    assert client.get("/trail?after=broken").status_code == 422


def test_the_number_of_statements_does_not_grow(app: Flask) -> None:
    client = client_of(app, "ana")
    counts = []
    for url in ("/trail?kind=thing&id=41", "/trail"):
        statements: list[str] = []
        with app.app_context():
            engine = db.engine

        def note(_c: Any, _k: Any, statement: str, *_: Any, into: list[str] = statements) -> None:
            if statement.lstrip().upper().startswith(("SELECT", "WITH")):
                into.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        client.get(url)
        event.remove(engine, "before_cursor_execute", note)
        counts.append(len(statements))
    assert counts[1] - counts[0] <= 1, "more rows may not mean more statements"


def test_verifying_from_the_page_keeps_and_shows_the_result(tmp_path: Path) -> None:
    app = pages.make_app(tmp_path)
    lemon = pages.add_organisation(app)
    app.extensions["people"] = {"ana": pages.add_person(app, "ana@lemon.example", {lemon: Role.DPO})}
    client = client_of(app, "ana")
    page = client.post("/trail/verify", follow_redirects=True).get_data(as_text=True)
    assert "The trail is whole" in page
    assert "nothing was changed" in page
    assert "Verified 0 s ago: every entry" in page
    assert "a moment ago" in client.post("/trail/verify", follow_redirects=True).get_data(as_text=True)
    with app.app_context(), db.engine.connect().execution_options(write=True) as connection:
        disarm(connection)
        connection.execute(text("UPDATE trail_event SET actor = 'u:99' WHERE idx = 1"))
        connection.commit()
    pages.clock_of(app).advance(timedelta(minutes=2))
    page = client.post("/trail/verify", follow_redirects=True).get_data(as_text=True)
    assert "The trail was tampered with" in page
    assert "event 1 (" in page
    assert "The last check of the trail found 1 thing wrong" in page, "the banner stands on every page"


def test_actors_are_found_by_hopping(ground: Ground) -> None:
    for number, (actor, place) in enumerate([("u:1", 1), ("u:2", 1), ("u:1", 2), ("system:x", 1), ("u:9", 3), ("u:4", None)]):
        with Session(ground.engine) as session, ground.begin(session, actor=actor) as unit:
            for _ in range(5):
                trail.record(unit, HAPPENED, subject=("thing", number), organisation_id=place)
    with Session(ground.engine) as session:
        assert queries.actors(session, Scope(frozenset({1, 2}))) == ["system:x", "u:1", "u:2"]
        assert queries.actors(session, Scope(frozenset({3}))) == ["u:9"]
        assert queries.actors(session, Scope(frozenset())) == []
        assert queries.size(session) == 30


def tick(ground: Ground, session: Session, now: datetime) -> Tick:
    def begin(actor: str) -> Any:
        return units.transaction(session, actor=actor, now=now, settings=ground.settings)

    return Tick(session, now, ground.settings, begin, "test")


def test_the_worker_verifies_once_a_day(ground: Ground) -> None:
    ground.happen(3)
    later = START + timedelta(hours=1)
    with Session(ground.engine) as session:
        assert jobs.verify_trail(tick(ground, session, later)) == "3 events verified, 0 findings"
        assert jobs.verify_trail(tick(ground, session, later + timedelta(hours=23, minutes=59))) == ""
        assert jobs.verify_trail(tick(ground, session, later + timedelta(hours=24))) == "4 events verified, 0 findings"
        # The clock was set back: better once too often than never again.
        assert jobs.verify_trail(tick(ground, session, later)).startswith("5 events verified")
        last = queries.last_verification(session)
        assert last is not None
        assert (last.size, last.ok, last.at) == (5, True, later)
        newest = session.get_one(TrailEvent, 3)
        assert (newest.actor, newest.action) == ("system:evidence", "evidence:trail:verified")


def test_days_count_in_the_organisations_zone() -> None:
    asked = forms.read({"from": "2026-03-29", "to": "2026-03-29"}, "Europe/Paris")
    assert asked.narrowing.since == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert asked.narrowing.until == datetime(2026, 3, 29, 22, tzinfo=UTC), "the day on which the clocks go forward has 23 hours"


@pytest.mark.parametrize(("value", "words"), [
    ("2026-11-22T20:46:00Z", "Sun 22 Nov 2026, 21:46 Paris"), ("2026-11-22T20:46:00.5+00:00", "Sun 22 Nov 2026, 21:46 Paris"),
    ("2026-11-22", "Sun 22 Nov 2026"), ("2026-13-45", "2026-13-45"), (True, "yes"), (None, "none"), ("", "none"), (7, "7"),
    (["a", 1], "a, 1"), ([], "none"), ({"b_c": 1, "a": ["x"]}, "a: x; b c: 1"),
])
def test_values_in_words(value: Any, words: str) -> None:
    assert sentences.plain(value, "Europe/Paris") == words


def test_sentences_survive_missing_data_and_unknown_events() -> None:
    assert sentences.sentence(HAPPENED, {}, "UTC") == "did a thing … times"
    assert sentences.sentence(HAPPENED, {"count": 3}, "UTC") == "did a thing 3 times"
    assert sentences.sentence("later:thing:was_done", {}, "UTC") == "thing was done"
    assert sentences.actor_name("u:17", {}) == "Person 17"
    assert sentences.actor_name("system:job_x", {}) == "DPA Desk (job x)"
    assert sentences.actor_name("stranger", {}) == "stranger"


def test_a_damaged_text_does_not_break_the_page() -> None:
    row = cast("TrailEvent", SimpleNamespace(
        idx=1, at=START, actor="u:1", action=HAPPENED, body="not json", subject_type="thing", subject_id="1", event_id="0" * 32,
        leaf_hash=bytes(32), request_id="1" * 32, organisation_id=1,
    ))
    line = sentences.line(row, [], {}, organisation="Lemon", zone="UTC", personal=True)
    assert not line.known
    assert line.sentence == "did a thing … times"


def test_every_registered_sentence_can_be_filled() -> None:
    for action in registry.events():
        assert sentences.sentence(action, {}, "UTC").strip()


def test_one_thing_is_counted_as_one() -> None:
    assert [sentences.sentence("docket:deadlines:acknowledged", {"count": count}, "UTC") for count in (1, 2)] == [
        "acknowledged 1 deadline", "acknowledged 2 deadlines",
    ]  # fmt: skip
    assert sentences.sentence("docket:deadlines:acknowledged", {}, "UTC") == "acknowledged … deadlines", "an older event without the number"
