"""The Outbox pages, the health checks and the banners, seen by insiders, outsiders and strangers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, update

from dpa.alerts import heartbeats, operations, queue
from dpa.alerts.messages import Message
from dpa.alerts.models import OutboxMessage
from dpa.alerts.rules import Answer, Decision, EventKind, Outcome, State
from dpa.evidence.register.models import DocumentState, DocumentWork, IssuedDocument
from dpa.evidence.trail.models import TrailVerification, table
from dpa.extensions import db
from dpa.people.roles import Role
from tests.alerts.desk import CONTEXT
from tests.support import pages
from tests.support.databases import Database


class Office:
    """An application with two organisations and a client for each kind of visitor."""

    def __init__(self, database: Database, **settings: Any) -> None:
        self.app: Flask = pages.make_app(database, **settings)
        self.lemon = pages.add_organisation(self.app, "Lemon Learning")
        self.light = pages.add_organisation(self.app, "Light")
        self.dpo = self.client("dana@lemon.example", self.lemon, Role.DPO)
        self.auditor = self.client("alan@lemon.example", self.lemon, Role.AUDITOR)
        self.outsider = self.client("charlie@light.example", self.light, Role.ADMINISTRATOR)
        self.stranger: FlaskClient = self.app.test_client()

    def client(self, email: str, organisation_id: int, role: Role) -> FlaskClient:
        person = pages.add_person(self.app, email, {organisation_id: role})
        client = self.app.test_client()
        pages.sign_in(client, person)
        return client

    def unit(self) -> Any:
        return pages.act(self.app, db.session())

    def message(self, key: str = "k1", answer: Answer | None = None, **changes: Any) -> int:
        """Store a message, and let it be answered."""
        values: dict[str, Any] = {
            "mail": "sample/notice", "organisation_id": self.lemon, "to_address": f"{key}@customer.example", "to_name": "Carla <Customer>",
            "dedupe_key": key, "context": CONTEXT | {"subject": f"Breach {key} <b>"}, "category": "notice",
        }
        with self.app.app_context():
            with self.unit() as unit:
                number = operations.enqueue(unit, Message(**(values | changes))).id
            if answer is not None:
                with self.unit() as unit:
                    (claimed,) = queue.claim(unit, "w:1:a", "desk@example.org")
                    state = State.SENT if answer.outcome is Outcome.ACCEPTED else State.DEAD
                    queue.conclude(unit, [queue.Ending(claimed, answer, Decision(state, EventKind(answer.outcome.value), counts=True))])
            return number

    def beat(self, *, failing: tuple[str, ...] = ()) -> None:
        """Have a worker show a sign of life."""
        with self.app.app_context(), self.unit() as unit:
            me = heartbeats.Self("host:1:a", "host", 1, unit.now)
            heartbeats.beat(unit, me, failing)

    def state(self, number: int) -> State:
        with self.app.app_context():
            return db.session().get_one(OutboxMessage, number).state


REFUSED = Answer(Outcome.REFUSED, 550, "5.1.1 no such user")
ACCEPTED = Answer(Outcome.ACCEPTED, 250, "OK queued as 4F00")


@pytest.fixture
def office(sqlite_database: Database) -> Office:
    return Office(sqlite_database)


def test_the_outbox_lists_messages_of_ones_own_organisations(office: Office) -> None:
    office.message("k1", ACCEPTED)
    office.message("k2", REFUSED)
    office.message("k3")
    office.message("k4", organisation_id=office.light)
    text = office.dpo.get("/outbox").text
    assert "Notice about Breach k1 &lt;b&gt;" in text
    for word in ("undeliverable", "5.1.1 no such user", "waiting", "sent", "3 messages"):
        assert word in text
    assert "Breach k4" not in text
    assert "Breach k4" in office.outsider.get("/outbox").text
    assert "Breach k1" not in office.outsider.get("/outbox").text


@pytest.mark.parametrize(
    ("query", "shown"),
    [("state=dead", {"k2"}), ("state=sent", {"k1"}), ("category=alert", {"k3"}), ("q=BREACH+K1", {"k1"}), ("q=%25", set()),
     ("state=nonsense", {"k1", "k2", "k3"})],
)
def test_filters(office: Office, query: str, shown: set[str]) -> None:
    office.message("k1", ACCEPTED)
    office.message("k2", REFUSED)
    office.message("k3", category="alert")
    text = office.dpo.get(f"/outbox?{query}").text
    assert {key for key in ("k1", "k2", "k3") if f"Breach {key} " in text} == shown


def test_an_empty_outbox_says_so(office: Office) -> None:
    assert "Nothing has been sent yet" in office.dpo.get("/outbox").text
    assert "No message matches" in office.dpo.get("/outbox?state=dead").text


def test_a_damaged_page_address_is_one_sentence(office: Office) -> None:
    answer = office.dpo.get("/outbox?after=rubbish")
    assert answer.status_code == 422
    assert "page address is damaged" in answer.text


def test_a_message_shows_its_text_and_its_record(office: Office) -> None:
    number = office.message("k1", ACCEPTED)
    text = office.dpo.get(f"/outbox/{number}").text
    for word in ("250 OK queued as 4F00", "Accepted by the mail server", "Hello Carla &lt;Customer&gt;", "k1@customer.example", "Why you get this"):
        assert word in text
    assert "Send again" not in text


def test_account_mail_keeps_its_link_to_itself(office: Office) -> None:
    number = office.message("k1", category="account")
    text = office.dpo.get(f"/outbox/{number}").text
    assert "it holds a personal link" in text
    assert "Hello" not in text


@pytest.mark.parametrize("path", ["", "/retry", "/set-aside"])
def test_other_organisations_mail_is_not_there(office: Office, path: str) -> None:
    number = office.message("k1", REFUSED)
    for target in (number, 999):
        answer = office.outsider.post(f"/outbox/{target}{path}", data={"reason": "a good reason"}) if path else office.outsider.get(f"/outbox/{target}")
        assert answer.status_code == 404
    assert office.state(number) is State.DEAD


def test_mail_of_the_installation_is_nobodys(office: Office) -> None:
    number = office.message("k1", category="account", organisation_id=None)
    assert office.dpo.get(f"/outbox/{number}").status_code == 404


def test_strangers_are_sent_to_sign_in_and_auditors_may_only_read(office: Office) -> None:
    number = office.message("k1", REFUSED)
    assert office.stranger.get("/outbox").status_code == 302
    assert office.auditor.get(f"/outbox/{number}").status_code == 200
    assert "Send again" not in office.auditor.get(f"/outbox/{number}").text
    for act in ("retry", "set-aside"):
        assert office.auditor.post(f"/outbox/{number}/{act}").status_code == 403
        assert office.dpo.post(f"/outbox/{number}/{act}", csrf=False).status_code == 400
    assert office.state(number) is State.DEAD


def test_an_undeliverable_message_can_be_sent_again(office: Office) -> None:
    number = office.message("k1", REFUSED)
    assert "Send again" in office.dpo.get(f"/outbox/{number}").text
    assert office.dpo.post(f"/outbox/{number}/retry").status_code == 303
    assert office.state(number) is State.PENDING
    assert "Sent on its way again" in office.dpo.get(f"/outbox/{number}").text
    assert office.dpo.post(f"/outbox/{number}/retry").status_code == 409


def test_setting_aside_wants_a_reason(office: Office) -> None:
    number = office.message("k1", REFUSED)
    for reason in ("", "x" * 1001):
        answer = office.dpo.post(f"/outbox/{number}/set-aside", data={"reason": reason})
        assert answer.status_code == 422
        assert office.state(number) is State.DEAD
    assert office.dpo.post(f"/outbox/{number}/set-aside", data={"reason": "told by telephone"}).status_code == 303
    assert office.state(number) is State.CANCELLED
    assert "told by telephone" in office.dpo.get(f"/outbox/{number}").text


def test_liveness_and_readiness(office: Office) -> None:
    assert office.stranger.get("/health/live").json == {"status": "ok"}
    assert office.stranger.get("/health/ready").json == {"status": "ok", "problems": []}


def test_health_of_alerts(office: Office) -> None:
    def problems() -> tuple[int, list[str]]:
        answer = office.stranger.get("/health/alerts")
        assert "customer.example" not in answer.text
        assert answer.json is not None
        return answer.status_code, answer.json["problems"]

    clock = pages.clock_of(office.app)
    assert problems() == (503, ["worker_silent"])
    office.beat()
    assert problems() == (200, [])
    clock.advance(timedelta(minutes=5))
    assert problems() == (200, [])
    office.message("k1", category="alert")
    clock.advance(timedelta(seconds=1))
    assert problems() == (503, ["worker_silent"])
    office.beat(failing=("docket:scan",))
    assert problems() == (503, ["job_failing"])
    clock.advance(timedelta(minutes=5))
    office.beat()
    assert problems() == (503, ["mail_waiting"])


def test_an_undeliverable_message_fails_health_until_it_is_dealt_with(office: Office) -> None:
    office.beat()
    number = office.message("k1", REFUSED)
    office.message("k2", REFUSED, category="account")
    assert office.stranger.get("/health/alerts").status_code == 503
    office.dpo.post(f"/outbox/{number}/set-aside", data={"reason": "told by telephone"})
    assert office.stranger.get("/health/alerts").json == {
        "status": "ok", "problems": [], "heartbeat_age_s": 0, "oldest_due_age_s": None, "oldest_unsent_age_s": None, "dead": 0,
        "follow_ups": 0, "failing_jobs": [], "trail_findings": 0, "documents_failing": 0,
    }


def test_a_finding_and_a_document_that_cannot_be_made_fail_health(office: Office) -> None:
    """By kind and number only: whoever may ask for health may not know whose document it is."""
    office.beat()
    assert office.stranger.get("/health/alerts").status_code == 200
    at = pages.clock_of(office.app).now()
    with office.app.app_context(), db.engine.connect().execution_options(write=True) as connection:
        for values in ({"findings": 0, "first_finding": ""}, {"findings": 2, "first_finding": "event 7: Carla Customer"}):
            connection.execute(insert(table(TrailVerification)).values(at=at, size=1, root="0" * 64, **values))
        connection.execute(insert(table(IssuedDocument)).values(
            id=1, organisation_id=office.lemon, kind="breach-notice", year=2026, number=1, reference="LL-BN-2026-0001", title="Notice to Carla Customer",
            subject_type="breach", subject_id="7", content="{}", ordered_by="u:1", state=DocumentState.ORDERED, ordered_at=at))
        connection.execute(insert(table(DocumentWork)).values(document_id=1, next_at=at, failures=2, claim=2))
        connection.commit()
    answer = office.stranger.get("/health/alerts")
    assert answer.json is not None
    assert (answer.status_code, answer.json["problems"], answer.json["trail_findings"]) == (503, ["trail_tampered"], 2)
    with office.app.app_context(), db.engine.connect().execution_options(write=True) as connection:
        connection.execute(insert(table(TrailVerification)).values(at=at, size=1, root="0" * 64, findings=0, first_finding=""))
        connection.execute(update(table(DocumentWork)).values(failures=3, claim=3, last_error="Carla Customer"))
        connection.commit()
    answer = office.stranger.get("/health/alerts")
    assert answer.json is not None
    assert (answer.status_code, answer.json["problems"], answer.json["documents_failing"]) == (503, ["document_failing"], 1)
    assert "Carla" not in answer.text
    assert "LL-BN" not in answer.text


def test_health_without_tables(sqlite_database: Database) -> None:
    office = Office(sqlite_database)
    with sqlite_database.engine.connect().execution_options(write=True) as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("ALTER TABLE outbox_message RENAME TO gone")
        connection.commit()
    for path in ("/health/ready", "/health/alerts"):
        answer = office.stranger.get(path)
        assert answer.status_code == 503
        assert answer.json is not None
        assert answer.json["problems"] == ["database_unreachable_or_not_migrated"]
    assert office.stranger.get("/health/live").status_code == 200


def test_banners_say_what_must_be_known_on_every_page(office: Office) -> None:
    clock = pages.clock_of(office.app)
    assert "The worker has not run yet" in office.dpo.get("/outbox").text
    office.beat()
    text = office.dpo.get("/outbox").text
    assert "No mail server is set" in text
    assert "The worker" not in text
    clock.advance(timedelta(minutes=2))
    assert "has been silent" not in office.dpo.get("/outbox").text
    clock.advance(timedelta(seconds=1))
    assert "has been silent for 2 minutes" in office.dpo.get("/outbox").text
    office.message("k1", REFUSED)
    assert "1 message could not be delivered" in office.dpo.get("/outbox").text
    assert "could not be delivered" not in office.outsider.get("/outbox").text


def test_a_mail_server_silences_the_banner_about_it(sqlite_database: Database) -> None:
    office = Office(sqlite_database, smtp_url="smtp://127.0.0.1:2525")
    assert "No mail server is set" not in office.dpo.get("/outbox").text


def test_banners_cost_one_statement(office: Office) -> None:
    from dpa.alerts import health
    from dpa.web.identity import Scope

    statements: list[str] = []
    with office.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
        settings = office.app.extensions["dpa_settings"]
        health.page_banners(db.session(), Scope(frozenset({office.lemon})), pages.clock_of(office.app).now(), settings)
    assert len([one for one in statements if one.startswith("SELECT")]) == 1


