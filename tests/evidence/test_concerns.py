"""What evidence must have somebody look at: each concern before, at and after its moment; what it costs; who sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, insert, update
from sqlalchemy.orm import Session

from dpa.columns import Base
from dpa.config import Settings
from dpa.evidence import concerns
from dpa.evidence.register.models import DocumentState, DocumentWork, IssuedDocument
from dpa.evidence.seal.models import Backend, IdentityState, SealIdentity
from dpa.evidence.trail.models import (
    TrailAnchor,
    TrailCheckpoint,
    TrailVerification,
    TrailWitness,
    table,
)
from dpa.extensions import db
from dpa.people import roles
from dpa.people.models import Organisation
from dpa.people.roles import Role
from dpa.slice import Concern
from dpa.web import access
from tests.evidence.ground import START, Ground
from tests.support import pages

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
SMTP = "smtp://127.0.0.1:2525"


class Facts:
    """Writes rows past the trail, as the database of an installation that has come to this would hold them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def write(self, model: type[Base], **values: Any) -> None:
        with self.engine.connect().execution_options(write=True) as connection:
            connection.execute(insert(table(model)).values(**values))
            connection.commit()

    def change(self, model: type[Base], **values: Any) -> None:
        with self.engine.connect().execution_options(write=True) as connection:
            connection.execute(update(table(model)).values(**values))
            connection.commit()

    def organisation(self, name: str = "Lemon Learning") -> None:
        self.write(Organisation, slug=name.lower().replace(" ", "-"), letters=name.upper()[:12], name=name, zone="Europe/Paris", calendar="FR", country="FR", mail_domains=[],
                   created_at=START)

    def verified(self, findings: int, at: datetime = START) -> None:
        self.write(TrailVerification, at=at, size=1, root="0" * 64, findings=findings, first_finding="")

    def seal(self, not_after: datetime, backend: Backend = Backend.PKCS12, state: IdentityState = IdentityState.ACTIVE, organisation_id: int = 1) -> None:
        self.write(SealIdentity, organisation_id=organisation_id, backend=backend, state=state, certificate="", chain="", subject="CN=Lemon",
                   fingerprint=f"{organisation_id}{not_after:%Y%m%d%H%M%S}", root_fingerprint="r", not_before=START, not_after=not_after, source={},
                   created_at=START, created_by="u:1")

    def document(self, number: int = 1, organisation_id: int = 1, **values: Any) -> None:
        given: Mapping[str, Any] = {"state": DocumentState.ISSUED, "ordered_at": START} | values
        self.write(IssuedDocument, organisation_id=organisation_id, kind="breach-notice", year=2026, number=number, reference=f"LL-BN-2026-{number:04d}",
                   title="Notice", subject_type="breach", subject_id="7", content="{}", ordered_by="u:1", **given)

    def work(self, document_id: int, **values: Any) -> None:
        self.write(DocumentWork, document_id=document_id, next_at=START, **values)

    def anchor(self, at: datetime, size: int = 1, kind: str = "witness") -> None:
        self.write(TrailCheckpoint, size=size, root="0" * 64, note=f"note {size}\n", reason="daily", at=at)
        self.write(TrailAnchor, size=size, kind=kind, reference=f"x:{size}", target="", at=at + HOUR)

    def witness(self, removed_at: datetime | None = None) -> None:
        self.write(TrailWitness, organisation_id=1, name="Auditor", address="a@auditor.example", added_at=START, added_by="u:1", removed_at=removed_at)


@pytest.fixture
def facts(ground: Ground) -> Facts:
    """Facts on each database, with Lemon Learning as organisation 1."""
    found = Facts(ground.engine)
    found.organisation()
    return found


@pytest.fixture
def small(sqlite_ground: Ground) -> Facts:
    """The same on SQLite only, for tables of cases."""
    found = Facts(sqlite_ground.engine)
    found.organisation()
    return found


def found_at(ground: Ground, now: datetime, **settings: Any) -> list[Concern]:
    known = ground.settings.model_copy(update=settings)
    with Session(ground.engine) as session:
        return list(concerns.concerns(session, now, known))


def keys_at(ground: Ground, now: datetime, **settings: Any) -> list[str]:
    return [concern.key for concern in found_at(ground, now, **settings)]


@pytest.fixture
def statements(ground: Ground) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    event.listen(ground.engine, "before_cursor_execute", note)
    yield sent
    event.remove(ground.engine, "before_cursor_execute", note)


def test_an_empty_installation_has_no_concern_and_costs_one_statement(ground: Ground, statements: list[str]) -> None:
    assert found_at(ground, START + timedelta(days=900)) == []
    assert len(statements) == 1


def test_a_sound_installation_costs_one_statement(ground: Ground, facts: Facts, statements: list[str]) -> None:
    ground.happen(1)
    facts.verified(0)
    facts.seal(START + timedelta(days=1000))
    facts.document(1, stamp_wanted_since=START)
    facts.document(2, state=DocumentState.ORDERED)
    facts.work(2, failures=2, claim=3)
    facts.anchor(START)
    statements.clear()
    assert found_at(ground, START + 23 * HOUR) == []
    assert len(statements) == 1


@pytest.mark.parametrize(("findings", "expected"), [
    ([], []), ([0], []), ([3], ["trail-tampered:1:3"]), ([3, 0], []), ([0, 3, 3], ["trail-tampered:2:3"]), ([3, 5], ["trail-tampered:1:5"]),
    ([2, 0, 2], ["trail-tampered:3:2"]),
])
def test_a_trail_tampered_with_is_one_concern_per_episode(sqlite_ground: Ground, small: Facts, findings: list[int], expected: list[str]) -> None:
    for number, count in enumerate(findings):
        small.verified(count, START + number * DAY)
    assert keys_at(sqlite_ground, START + 9 * DAY) == expected


def test_the_words_about_a_trail_tampered_with(sqlite_ground: Ground, small: Facts) -> None:
    small.verified(1)
    (concern,) = found_at(sqlite_ground, START + HOUR)
    assert concern.text == "The last check of the trail found 1 thing wrong."
    assert (concern.kind, concern.since, concern.mail_after, concern.organisation_id, concern.permission) == ("late", START, START, None, "trail.read")


END = START + timedelta(days=365)


@pytest.mark.parametrize(("before", "foreign", "own"), [
    (timedelta(days=60, seconds=1), None, None), (60 * DAY, ("60", "soon"), ("60", "soon")), (31 * DAY, ("60", "soon"), ("60", "soon")),
    (30 * DAY, ("30", "soon"), ("60", "soon")), (29 * DAY + SECOND, ("30", "soon"), ("60", "soon")), (29 * DAY, ("30", "soon"), ("30", "late")),
    (7 * DAY, ("7", "late"), ("7", "late")), (SECOND, ("7", "late"), ("7", "late")), (timedelta(0), ("0", "late"), ("0", "late")),
    (-9 * DAY, ("0", "late"), ("0", "late")),
])
@pytest.mark.parametrize("backend", [Backend.PKCS12, Backend.BUILTIN])
def test_a_certificate_that_ends(
    sqlite_ground: Ground, small: Facts, backend: Backend, before: timedelta, foreign: tuple[str, str] | None, own: tuple[str, str] | None
) -> None:
    small.seal(END, backend)
    found = found_at(sqlite_ground, END - before)
    expected = own if backend is Backend.BUILTIN else foreign
    assert [(concern.key.rpartition(":")[2], concern.kind) for concern in found] == ([expected] if expected else [])
    assert all(concern.mail_after is not None and concern.mail_after <= END - before for concern in found), "it is mailed at once"


def test_the_words_about_a_certificate_tell_who_replaces_it(sqlite_ground: Ground, small: Facts) -> None:
    small.seal(END, Backend.BUILTIN)
    (early,), (late,), (over,) = (found_at(sqlite_ground, END - left) for left in (50 * DAY, 20 * DAY, timedelta(0)))
    assert early.text == "The sealing certificate of Lemon Learning ends on Mon 22 Nov 2027, in less than 60 days."
    assert "nothing needs doing" in early.advice
    assert "should have replaced it" in late.advice
    assert over.text == "The sealing certificate of Lemon Learning ended on Mon 22 Nov 2027; nothing can be sealed with it."
    small.change(SealIdentity, backend=Backend.PKCS11)
    (foreign,) = found_at(sqlite_ground, END - 50 * DAY)
    assert foreign.advice.startswith("Order its successor")
    assert (foreign.organisation_id, foreign.permission) == (1, "seal.manage")


@pytest.mark.parametrize("state", [IdentityState.RETIRED, IdentityState.REVOKED])
def test_a_certificate_that_no_longer_seals_concerns_nobody(sqlite_ground: Ground, small: Facts, state: IdentityState) -> None:
    small.seal(END, state=state)
    assert keys_at(sqlite_ground, END) == []


@pytest.mark.parametrize(("waited", "told"), [(24 * HOUR - SECOND, False), (24 * HOUR, True), (300 * HOUR, True)])
def test_a_time_stamp_that_does_not_come(sqlite_ground: Ground, small: Facts, waited: timedelta, told: bool) -> None:
    small.document(1, stamp_wanted_since=START)
    assert keys_at(sqlite_ground, START + waited) == (["stamp-late:1:1"] if told else [])


def test_waiting_documents_are_told_once_per_organisation(ground: Ground, facts: Facts) -> None:
    facts.organisation("Light")
    for number, (organisation_id, since) in enumerate([(1, START), (1, START + HOUR), (2, START), (1, START + 30 * HOUR), (1, None)], start=1):
        facts.document(number, organisation_id, stamp_wanted_since=since)
    found = found_at(ground, START + 30 * HOUR, tsa_url="http://127.0.0.1:9/tsa")
    assert [(concern.key, concern.organisation_id) for concern in found] == [("stamp-late:1:1", 1), ("stamp-late:2:3", 2)]
    assert found[0].text == "2 documents of Lemon Learning have been waiting for a time-stamp for more than 24 hours."
    assert found[1].text == "1 document of Light has been waiting for a time-stamp for more than 24 hours."
    assert "check DPA_TSA_URL" in found[0].advice
    (without, _) = found_at(ground, START + 30 * HOUR)
    assert "set DPA_TSA_URL again" in without.advice


@pytest.mark.parametrize(("failures", "claim", "told"), [(2, 3, False), (3, 3, True), (0, 5, False), (0, 6, True), (2, 7, False), (9, 9, True)])
def test_a_document_that_cannot_be_made(sqlite_ground: Ground, small: Facts, failures: int, claim: int, told: bool) -> None:
    small.document(1, state=DocumentState.ORDERED)
    small.work(1, failures=failures, claim=claim)
    assert keys_at(sqlite_ground, START + HOUR) == (["document-failing:1:1"] if told else [])


def test_documents_that_cannot_be_made_are_counted_per_organisation(ground: Ground, facts: Facts) -> None:
    facts.organisation("Light")
    for number, organisation_id in enumerate([1, 1, 2], start=1):
        facts.document(number, organisation_id, state=DocumentState.ORDERED)
        facts.work(number, failures=3)
    lemon, light = found_at(ground, START + HOUR)
    assert (lemon.text, lemon.path) == ("2 documents of Lemon Learning could not be made.", "/documents")
    assert (light.text, light.path) == ("Document LL-BN-2026-0003 of Light could not be made.", "/documents/3")
    assert (light.organisation_id, light.permission, light.kind) == (2, "documents.issue", "late")


FIRST = START + SECOND


@pytest.mark.parametrize(("anchored", "age", "told"), [
    (False, 36 * HOUR - SECOND, False), (False, 36 * HOUR, True), (True, 36 * HOUR - SECOND, False), (True, 36 * HOUR, True), (True, -HOUR, False),
])
def test_no_checkpoint_outside(sqlite_ground: Ground, small: Facts, anchored: bool, age: timedelta, told: bool) -> None:
    sqlite_ground.happen(1)  # at FIRST
    since = FIRST
    if anchored:
        since = FIRST + 100 * HOUR
        small.anchor(since)
    assert bool(found_at(sqlite_ground, since + age)) is told


def test_a_time_stamp_is_no_copy_outside_and_the_newest_copy_counts(ground: Ground, facts: Facts) -> None:
    ground.happen(1)
    facts.anchor(FIRST + 30 * HOUR, 5, kind="stamp")
    assert keys_at(ground, FIRST + 40 * HOUR) == [f"trail-unanchored:{FIRST:%Y%m%dT%H%M%S}"]
    facts.anchor(FIRST + HOUR, 2, kind="document")
    facts.anchor(FIRST + 2 * HOUR, 3, kind="kept")
    assert keys_at(ground, FIRST + 37 * HOUR) == []
    assert keys_at(ground, FIRST + 38 * HOUR) == [f"trail-unanchored:{FIRST + 2 * HOUR:%Y%m%dT%H%M%S}"], "another episode, another mail"


def test_the_words_about_copies_outside_say_what_ends_it(ground: Ground, facts: Facts) -> None:
    ground.happen(1)
    now = FIRST + 40 * HOUR
    (without_server,) = found_at(ground, now)
    assert without_server.text == "The trail is 1 d 16 h old, and nobody outside holds a checkpoint of it."
    assert "No mail server is set" in without_server.advice
    (unnamed,) = found_at(ground, now, smtp_url=SMTP)
    assert "Name a witness address" in unnamed.advice
    facts.witness(removed_at=START)
    assert "Name a witness address" in found_at(ground, now, smtp_url=SMTP)[0].advice
    facts.witness()
    (silent,) = found_at(ground, now, smtp_url=SMTP)
    assert "look into the Outbox" in silent.advice
    assert (silent.since, silent.mail_after, silent.organisation_id, silent.permission) == (FIRST, FIRST + 36 * HOUR, None, "trail.witness")
    facts.anchor(START)
    assert found_at(ground, now)[0].text == "The newest checkpoint of the trail that is held outside is 1 d 16 h old."


@pytest.fixture
def app(tmp_path: Any) -> Flask:
    app = pages.make_app(tmp_path)
    lemon, light = pages.add_organisation(app, "Lemon Learning"), pages.add_organisation(app, "Light")
    people = {role.value: pages.add_person(app, f"{role.value}@lemon.example", {lemon: role}) for role in Role}
    people["outsider"] = pages.add_person(app, "outsider@light.example", {light: Role.ADMINISTRATOR})
    app.extensions["people"] = people
    with app.app_context():
        facts = Facts(db.engine)
    facts.verified(2, pages.NOON)
    facts.seal(pages.NOON + 5 * DAY)
    facts.document(1, state=DocumentState.ORDERED)
    facts.work(1, failures=3)
    return app


TAMPERED, SEAL, DOCUMENT, ANCHOR = "found 2 things wrong", "The sealing certificate of Lemon", "of Lemon Learning could not be made", "nobody outside holds a checkpoint"


@pytest.mark.parametrize(("who", "seen"), [
    ("administrator", {TAMPERED, SEAL, DOCUMENT, ANCHOR}), ("dpo", {TAMPERED, SEAL, DOCUMENT, ANCHOR}), ("operator", set()), ("auditor", {TAMPERED}),
    ("outsider", {TAMPERED, ANCHOR}),
])
def test_banners_are_seen_by_those_who_can_act(app: Flask, who: str, seen: set[str]) -> None:
    pages.clock_of(app).advance(36 * HOUR)
    client = app.test_client()
    pages.sign_in(client, app.extensions["people"][who])
    page = client.get("/outbox").get_data(as_text=True)
    assert {words for words in (TAMPERED, SEAL, DOCUMENT, ANCHOR) if words in page} == seen
    assert page.count('class="banner tint-late"') == len(seen) + 1, "the silent worker is told to everybody"


def test_every_concern_leads_to_a_page(app: Flask) -> None:
    settings: Settings = app.extensions["dpa_settings"]
    with app.app_context():
        Facts(db.engine).document(2, stamp_wanted_since=pages.NOON)
        found = concerns.concerns(db.session(), pages.NOON + 36 * HOUR, settings)
    places = app.url_map.bind("127.0.0.1")
    assert len({concern.path for concern in found}) == 5
    for concern in found:
        endpoint, _ = places.match(concern.path)
        mark = access.mark_of(app.view_functions[endpoint])
        assert mark is not None
        holders = [role for role in Role if roles.may(role, concern.permission)]
        assert all(mark.permission is None or roles.may(role, mark.permission) for role in holders), f"{concern.path} is closed to those who are told of it"
