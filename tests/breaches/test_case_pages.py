"""Pages of a running case: every act done, refused, done twice; outsiders, auditors, closed cases; a constant number of statements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from dpa.agreements import operations as agreements
from dpa.agreements.models import Template
from dpa.agreements.rules import AgreementInput
from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations
from dpa.breaches.closing import CaseState
from dpa.breaches.events import Event
from dpa.breaches.models import Affected, Breach, CaseLink, Delivery, Notice, Question
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft, Selection
from dpa.evidence import trail
from dpa.extensions import db
from dpa.parties import operations as parties
from dpa.parties.rules import ContactInput, ControllerInput, Purpose
from dpa.people.models import Organisation
from dpa.people.roles import Role
from dpa.unit import Unit
from tests.breaches.conftest import NO_FINAL, with_news
from tests.breaches.test_pages import House
from tests.support.databases import Database
from tests.support.pages import CheckingClient, act, add_person, clock_of

TEXT = {"nature": "It leaked.", "contact": "DPO, now"}
DRAFT = Draft("It leaked.", "DPO, now", "", "", "")
WHY = "The log analysis took a day longer than expected."
HOUR = timedelta(hours=1)


class Desk(House):
    """A house with one case of two customers, and acts on it without the pages."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.people["second"] = add_person(self.app, "second@example.org", {self.org: Role.DPO}, name="Sara Second")
        self.people["operator"] = add_person(self.app, "op@example.org", {self.org: Role.OPERATOR})
        self.case = self.record()
        self.id = int(self.case.rpartition("/")[2])
        self.do(lambda unit, breach: operations.add_affected(unit, breach, self._agreements(unit), Selection.ALL))

    def _agreements(self, unit: Unit) -> list[int]:
        from dpa.agreements.models import Agreement

        return list(unit.session.scalars(select(Agreement.id).order_by(Agreement.id)))

    def do(self, what: Any, who: str = "dpo") -> Any:
        with self.app.app_context(), act(self.app, db.session(), f"u:{self.people[who]}") as unit:
            return what(unit, unit.session.get_one(Breach, self.id))

    def tell(self, phase: Phase | None = None, word: timedelta | None = None) -> None:
        """Release a phase and have the mail server accept it."""
        at = clock_of(self.app).now() + word if word else None
        self.do(lambda unit, breach: operations.save_draft(unit, breach, with_news(breach, DRAFT), phase, at))
        self.release()

        def deliver(unit: Unit, _: Breach) -> None:
            for one in unit.session.scalars(select(Delivery).where(Delivery.given_at.is_(None), Delivery.outbox_id.is_not(None))).all():
                message = unit.session.get_one(OutboxMessage, one.outbox_id)
                message.sent_at, message.state = unit.now, "sent"  # type: ignore[assignment]
                operations.notices_sent(unit, [message])

        self.do(deliver)

    def release(self) -> None:
        self.do(lambda unit, breach: operations.release_notice(unit, breach, unit.session.get_one(Organisation, self.org)))

    def later(self, hours: float) -> None:
        clock_of(self.app).advance(hours * HOUR)

    def customer(self, place: int = 0) -> str:
        return f"{self.case}/customers/{self.rows()[place]}"

    def rows(self) -> list[int]:
        with self.app.app_context():
            return list(db.session.scalars(select(Affected.id).order_by(Affected.id)))

    def one(self, model: type, **which: Any) -> Any:
        with self.app.app_context():
            return db.session.scalars(select(model).filter_by(**which)).one()

    def ask(self) -> str:
        row = self.rows()[0]
        self.do(lambda unit, breach: operations.ask(unit, breach, unit.session.get_one(Affected, row), "Jeanne Roux", "j@c1.example", "Were passwords among it?"))
        return f"{self.customer()}/questions/{self.one(Question).id}"


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    return Desk(sqlite_database)


def posted_twice(client: CheckingClient, path: str, data: dict[str, Any]) -> tuple[int, int]:
    return client.post(path, data=data).status_code, client.post(path, data=data).status_code


# Writing


def test_a_later_phase_begins_with_the_text_told_last_and_says_what_and_when(desk: Desk) -> None:
    desk.tell()
    page = desk.client("dpo").get(f"{desk.case}/notice?phase=final").text
    assert "What was told before" in page
    assert "It leaked.</textarea>" in page
    assert [box for box in re.findall("<input[^>]*radio[^>]*>", page) if "checked" in box and 'value="final"' in box]
    answer = desk.client("dpo").post(f"{desk.case}/notice", data=TEXT | {"phase": "supplement", "next_word_at": "2026-11-23T09:00"})
    assert answer.status_code == 303
    draft = desk.one(Notice, number=2)
    assert (draft.phase, draft.next_word_at.isoformat()) == (Phase.SUPPLEMENT, "2026-11-23T08:00:00+00:00")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"nature": ""}, "Say what happened"),
        ({"contact": " "}, "Name a contact"),
        ({"next_word_at": "2026-11-22T12:00"}, "time that has passed"),
        ({"next_word_at": "2027-03-28T02:30"}, "does not exist in Europe/Paris"),
    ],
)
def test_a_text_that_cannot_stand_comes_back_with_what_was_typed(desk: Desk, data: dict[str, str], words: str) -> None:
    answer = desk.client("dpo").post(f"{desk.case}/notice", data=TEXT | {"measures": "The door was shut."} | data)
    assert answer.status_code == 422
    assert words in answer.text
    assert "The door was shut." in answer.text
    assert desk.count(Notice) == 0


def test_a_final_notice_promises_nothing(desk: Desk) -> None:
    desk.tell()
    answer = desk.client("dpo").post(f"{desk.case}/notice", data=TEXT | {"phase": "final", "next_word_at": "2026-11-25T12:00"})
    assert answer.status_code == 422
    assert "promises no further word" in answer.text


def test_a_text_is_thrown_away_after_asking_and_once(desk: Desk) -> None:
    client = desk.client("dpo")
    assert client.get(f"{desk.case}/notice/discard").status_code == 409
    client.post(f"{desk.case}/notice", data=TEXT)
    assert "Discard the text?" in client.get(f"{desk.case}/notice/discard").text
    assert posted_twice(client, f"{desk.case}/notice/discard", {}) == (303, 409)
    assert desk.count(Notice) == 0


# Review and release


def test_the_review_shows_what_differs_and_any_customers_version(desk: Desk) -> None:
    desk.client("dpo").post(f"{desk.case}/notice", data=TEXT)
    client, second = desk.client("dpo"), desk.rows()[1]
    page = client.get(f"{desk.case}/release?customer={second}").text
    assert "As Customer 2 will read it" in page
    assert "24 hours, clause 15.4" in page
    assert "s@c1.example" in page
    assert "No customer matches" in client.get(f"{desk.case}/release?q=nobody").text
    assert "s@c1.example" not in client.get(f"{desk.case}/release?q=customer+2").text
    assert client.get(f"{desk.case}/release?after=x&customer=x").status_code == 200


def test_a_second_person_approves_and_another_releases(desk: Desk) -> None:
    desk.do(lambda unit, _: operations.change_settings(unit, desk.org, four_eyes=True, acknowledge_hours=24, profiles=()))
    desk.client("dpo").post(f"{desk.case}/notice", data=TEXT)
    page = desk.client("dpo").get(f"{desk.case}/release").text
    assert "You wrote this text" in page
    assert desk.client("dpo").post(f"{desk.case}/approve").status_code == 409
    refused = desk.client("dpo").post(f"{desk.case}/release")
    assert refused.status_code == 422
    assert 'href="#approval"' in refused.text
    assert "Approve</button>" in desk.client("second").get(f"{desk.case}/release").text
    assert posted_twice(desk.client("second"), f"{desk.case}/approve", {}) == (303, 409)
    assert "cannot also release" in desk.client("second").post(f"{desk.case}/release").text
    assert desk.client("dpo").post(f"{desk.case}/release").status_code == 303
    assert "approved by Sara Second" in desk.client("auditor").get(desk.case).text


def test_in_an_emergency_one_person_releases_with_a_reason(desk: Desk) -> None:
    desk.do(lambda unit, _: operations.change_settings(unit, desk.org, four_eyes=True, acknowledge_hours=24, profiles=()))
    desk.client("dpo").post(f"{desk.case}/notice", data=TEXT)
    client = desk.client("dpo")
    for reason in ("", "night"):
        answer = client.post(f"{desk.case}/release", data={"emergency": "y", "emergency_reason": reason})
        assert answer.status_code == 422
        assert "Say in a sentence why nobody else" in answer.text
        assert reason in answer.text
    assert client.post(f"{desk.case}/release", data={"emergency_reason": "Nobody else could be reached."}).status_code == 422, "not ticked"
    good = {"emergency": "y", "emergency_reason": "Nobody else could be reached."}
    assert posted_twice(client, f"{desk.case}/release", good) == (303, 409)
    assert desk.one(Notice).emergency_reason == "Nobody else could be reached."


def test_a_late_word_is_released_with_its_reason(desk: Desk) -> None:
    desk.tell(word=2 * HOUR)
    desk.later(3)
    client = desk.client("dpo")
    client.post(f"{desk.case}/notice", data=TEXT | {"phase": "supplement", "measures": "The door was shut."})
    assert "Why the word comes later than promised" in client.get(f"{desk.case}/release").text
    answer = client.post(f"{desk.case}/release", data={"late_reason": "so"})
    assert answer.status_code == 422
    assert ">so</textarea>" in answer.text.replace("\n", "").replace("\r", "")
    assert client.post(f"{desk.case}/release", data={"late_reason": WHY}).status_code == 303
    assert WHY in client.get(desk.case).text


def test_customers_added_later_get_the_newest_phase(desk: Desk) -> None:
    desk.tell()
    with desk.app.app_context(), act(desk.app, db.session()) as unit:
        template = unit.session.scalars(select(Template)).one()
        controller = parties.add_controller(unit, desk.org, ControllerInput("C3", "Customer 3"), [ContactInput(Purpose.SECURITY, "s@c3.example")])
        new = agreements.add_agreement(unit, controller.id, template, AgreementInput("A3", date(2026, 1, 1))).id
    desk.do(lambda unit, breach: operations.add_affected(unit, breach, [new], Selection.BY_LIST))
    client = desk.client("dpo")
    assert "1 mail will leave" in client.get(f"{desk.case}/release").text
    assert posted_twice(client, f"{desk.case}/release", {}) == (303, 409)


# One customer


def test_a_customers_page_shows_what_was_given_and_what_came_back(desk: Desk) -> None:
    assert "Nothing was given to this customer yet." in desk.client("auditor").get(desk.customer()).text
    desk.tell()
    desk.later(30)
    page = desk.client("dpo").get(desk.customer()).text
    for words in ("Initial notice", "accepted", "/outbox/", "LL-BN-2026-0001", "told, not confirmed", "Try next: courier or by hand", "Not confirmed within 24 hours", "Why this time?"):
        assert words in page


def test_what_went_by_courier_waits_for_its_receipt_where_the_contract_counts_only_that(desk: Desk) -> None:
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, DRAFT))
    desk.release()
    desk.later(2)
    client, path = desk.client("dpo"), f"{desk.customer()}/hand-over"
    assert "Under clause 16.4 a notice by courier or by hand counts only when it is really received: left empty, it is on its way" in client.get(path).text
    given = {"channel": "courier", "given_at": "2026-11-22T14:00", "proof": "Receipt 4711 of the courier firm"}
    assert client.post(path, data=given).status_code == 303
    assert desk.one(Affected, id=desk.rows()[0]).sent_at is None, "it is on its way"
    assert client.post(f"{desk.customer(1)}/hand-over", data=given | {"received_at": "2026-11-22T14:30"}).status_code == 303
    assert desk.one(Affected, id=desk.rows()[1]).sent_at.isoformat() == "2026-11-22T13:30:00+00:00"


def test_another_channel_is_recorded_once_with_its_proof(desk: Desk) -> None:
    client, path = desk.client("dpo"), f"{desk.customer()}/hand-over"
    assert client.get(path).status_code == 409, "nothing was released"
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, DRAFT))
    desk.do(lambda unit, breach: operations.release_notice(unit, breach, unit.session.get_one(Organisation, desk.org)))
    desk.later(2)
    client = desk.client("dpo")
    assert client.get(f"{path}?channel=phone").status_code == 200
    assert client.get(f"{path}?channel=pigeon").status_code == 200
    good = {"channel": "phone", "given_at": "2026-11-22T14:00", "proof": "Spoke to the desk, M. Blanc"}
    for bad, words in (
        ({"channel": "email"}, "Not a valid choice"), ({"given_at": "2026-11-22T12:00"}, "released later than this"), ({"given_at": "2026-11-22T16:00"}, "in the future"),
        ({"proof": "x"}, "Say what proves it"), ({"received_at": "2026-11-22T13:30"}, "before it was given"), ({"given_at": ""}, "Enter when it was given"),
    ):  # fmt: skip
        answer = client.post(path, data=good | bad)
        assert (answer.status_code, words in answer.text) == (422, True), words
    assert posted_twice(client, path, good) == (303, 409)
    page = client.get(desk.customer()).text
    assert "Spoke to the desk, M. Blanc" in page
    with desk.app.app_context():
        assert db.session.get_one(Affected, desk.rows()[0]).sent_at is not None


def test_an_acknowledgement_heard_otherwise_is_recorded_once(desk: Desk) -> None:
    desk.tell()
    client, path = desk.client("dpo"), f"{desk.customer()}/acknowledged"
    assert client.post(path, data={"name": "J", "how": "telephone"}).status_code == 422
    assert client.post(path, data={"name": "Jeanne Roux", "how": "pigeon"}).status_code == 422
    assert posted_twice(client, path, {"name": "Jeanne Roux", "how": "telephone"}) == (303, 409)
    assert "Jeanne Roux, telephone" in client.get(desk.customer()).text
    assert "confirmed" in client.get(desk.case).text


def test_that_no_notice_is_owed_is_decided_once_with_a_rationale(desk: Desk) -> None:
    client, path = desk.client("dpo"), f"{desk.customer(1)}/not-owed"
    assert client.post(path, data={"rationale": "no"}).status_code == 422
    assert posted_twice(client, path, {"rationale": "No data of this customer was in the export."}) == (303, 409)
    page = client.get(desk.customer(1)).text
    assert "No data of this customer was in the export." in page
    assert "waived by decision" in page
    assert desk.client("operator").post(f"{desk.customer()}/not-owed", data={"rationale": WHY}).status_code == 403


def test_a_new_link_is_shown_once_and_all_can_be_revoked(desk: Desk) -> None:
    client, path = desk.client("dpo"), f"{desk.customer()}/link"
    assert "Make a new link?" in client.get(path).text
    first, second = client.post(path), client.post(path)
    assert (first.status_code, second.status_code) == (200, 409)
    assert "/n/" in first.text
    assert "/n/" not in client.get(desk.customer()).text
    assert desk.count(CaseLink) == 1
    assert posted_twice(client, f"{desk.customer()}/link/revoke", {}) == (303, 409)
    assert "No link is valid now." in client.get(desk.customer()).text


def test_a_question_is_answered_once_also_when_the_case_is_closed(desk: Desk) -> None:
    desk.tell()
    path = desk.ask()
    client = desk.client("dpo")
    assert "1 open question" in client.get(desk.case).text
    client.post(f"{desk.case}/close", data={"summary": "All customers were told in time.", "no_final": NO_FINAL})
    assert "Were passwords among it?" in client.get(path).text
    assert client.post(path, data={"answer": ""}).status_code == 422
    assert posted_twice(client, path, {"answer": "No, told by telephone."}) == (303, 409)
    assert client.get(path).status_code == 303
    assert "No, told by telephone." in client.get(desk.customer()).text
    assert client.get(f"{desk.customer(1)}/questions/{desk.one(Question).id}").status_code == 404, "another customer's"


# Lateness, for one and for many


def test_one_reason_is_given_for_the_customers_chosen(desk: Desk) -> None:
    client, path = desk.client("dpo"), f"{desk.case}/lateness"
    assert "Nobody is late without a reason" in client.get(path).text
    desk.later(30)
    desk.tell()
    first, second = desk.rows()
    client = desk.client("dpo")
    assert "Customer 1" in client.get(path).text
    for form, words in ((path, "Each of these customers reads it: at once on its page"), (f"{desk.customer()}/lateness", "The customer reads it: at once on its page")):
        assert words in client.get(form).text
    assert "Tick the customers" in client.post(path, data={"reason": WHY}).text
    assert client.post(path, data={"reason": "so", "customer": str(first)}).status_code == 422
    assert client.post(path, data={"reason": WHY, "customer": "99999"}).status_code == 409
    assert posted_twice(client, path, {"reason": WHY, "customer": str(first)}) == (303, 409)
    assert WHY in client.get(desk.customer()).text
    assert posted_twice(client, f"{desk.customer(1)}/lateness", {"reason": "Nobody had a contact for them."}) == (303, 409)
    with desk.app.app_context():
        assert db.session.get_one(Affected, second).late_reason == "Nobody had a contact for them."


def test_a_customer_told_in_time_needs_no_reason(desk: Desk) -> None:
    desk.tell()
    assert desk.client("dpo").post(f"{desk.customer()}/lateness", data={"reason": WHY}).status_code == 409
    assert desk.client("dpo").post(f"{desk.case}/lateness", data={"reason": WHY, "everybody": "y"}).status_code == 409


# Ending


def test_a_final_notice_does_not_inherit_what_was_open(desk: Desk) -> None:
    client = desk.client("dpo")
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, Draft("It leaked.", "DPO, now", "", "", "Who opened it.")))
    desk.release()
    assert "Who opened it.</textarea>" in client.get(f"{desk.case}/notice").text, "a supplement begins with what was open"
    assert "Who opened it.</textarea>" not in client.get(f"{desk.case}/notice?phase=final").text
    refused = client.post(f"{desk.case}/notice", data={"phase": "final", "nature": "It leaked on Monday.", "contact": "DPO, now", "unknown": "Who opened it."})
    assert refused.status_code == 422
    assert "A final notice tells customers that nothing further is open: write what could never be determined under what happened" in refused.text
    assert all(kept in refused.text for kept in ("It leaked on Monday.</textarea>", "Who opened it.</textarea>"))
    assert re.search(r'<textarea aria-describedby="unknown-hint unknown-error"', refused.text), "the sentence stands at the field"
    assert "It leaked on Monday." not in client.get(f"{desk.case}/release").text, "nothing of it was kept"
    client.post(f"{desk.case}/notice", data={"phase": "final", "nature": "It leaked. Who opened it could not be found.", "contact": "DPO, now", "unknown": ""})
    page = client.get(f"{desk.case}/release").text
    assert "nobody has said how many people or records of" in page
    assert "could not be determined" in page
    assert "Release to" in page


def test_a_late_first_notice_is_said_to_be_late_before_it_leaves(desk: Desk) -> None:
    client = desk.client("dpo")
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, DRAFT))
    assert "told after the time of the contract" not in client.get(f"{desk.case}/release").text
    desk.later(30)
    client = desk.client("dpo")  # Thirty hours end the session too.
    assert "2 customers are told after the time of the contract, or after the house target where contract and law name no number. Say in the text why" in client.get(f"{desk.case}/release").text


def test_a_case_is_closed_when_nothing_is_owed_and_says_what_is(desk: Desk) -> None:
    client = desk.client("dpo")
    page = client.get(f"{desk.case}/close").text
    assert "Tell 2 customers whose clock still runs" in page
    assert "How it ended" not in page
    assert client.post(f"{desk.case}/close", data={"summary": "All is well that ends."}).status_code == 409
    desk.tell()
    page = client.get(desk.case).text
    assert "Send the final notice" in page
    assert "Close the case" in page
    assert client.post(f"{desk.case}/close", data={"summary": "ok"}).status_code == 422
    refused = client.post(f"{desk.case}/close", data={"summary": "All customers were told."})
    assert (refused.status_code, "Send them a final notice, or say" in refused.text) == (422, True)
    assert posted_twice(client, f"{desk.case}/close", {"summary": "All customers were told.", "no_final": NO_FINAL}) == (303, 409)
    assert "This case was closed by Dpo" in client.get(desk.case).text
    assert posted_twice(client, f"{desk.case}/reopen", {"reason": "A further log was found."}) == (303, 409)
    assert desk.one(Breach).state is CaseState.OPEN


def test_a_suspicion_is_closed_as_no_breach_and_opened_again(desk: Desk) -> None:
    client = desk.client("dpo")
    assert client.post(f"{desk.case}/no-breach", data={"reason": "nothing"}).status_code == 422
    assert client.get(f"{desk.case}/reopen").status_code == 409
    assert posted_twice(client, f"{desk.case}/no-breach", {"reason": "The file held generated data only."}) == (303, 409)
    assert "closed as no breach" in client.get(desk.case).text
    assert "those it waived run again" in client.get(f"{desk.case}/reopen").text
    assert client.post(f"{desk.case}/reopen", data={"reason": "A second file was found."}).status_code == 303
    assert "Write the notice to 2 customers" in client.get(desk.case).text


ACTS = ("notice", "notice/discard", "release", "lateness", "close", "no-breach")
FOR_ONE = ("hand-over", "acknowledged", "lateness", "not-owed", "link")


def test_a_closed_case_refuses_every_act_and_offers_none(desk: Desk) -> None:
    desk.tell()
    client = desk.client("dpo")
    client.post(f"{desk.case}/close", data={"summary": "All customers were told.", "no_final": NO_FINAL})
    before = desk.count(Delivery), desk.count(Notice), desk.count(CaseLink)
    paths = [f"{desk.case}/{name}" for name in ACTS] + [f"{desk.customer()}/{name}" for name in FOR_ONE]
    answers = {path: (client.get(path).status_code, client.post(path, data=TEXT | {"reason": WHY}).status_code) for path in paths}
    assert set(answers.values()) == {(409, 409)}, answers
    assert client.post(f"{desk.case}/approve").status_code == 409
    assert (desk.count(Delivery), desk.count(Notice), desk.count(CaseLink)) == before
    page = client.get(desk.case).text
    assert "Open it again" in page
    assert "Further acts" not in page
    for words in ("Write a supplement", "Add affected", "Close the case"):
        assert words not in page
    page = client.get(desk.customer()).text
    assert "The case is closed" in page
    for words in ("Record another channel", "Record an acknowledgement", "Decide that no notice is owed", "New link"):
        assert words not in page


# Who may


def test_an_outsider_finds_nothing_and_an_auditor_only_looks(desk: Desk) -> None:
    desk.tell()
    question = desk.ask().removeprefix(f"{desk.customer()}/")
    acts = [f"{desk.case}/{name}" for name in (*ACTS, "reopen")] + [f"{desk.customer()}/{name}" for name in (*FOR_ONE, "link/revoke", question)]
    data = TEXT | {"reason": WHY, "summary": WHY, "rationale": WHY, "name": "Nobody", "how": "telephone", "answer": WHY, "everybody": "y"}
    outsider, auditor = desk.client("outsider"), desk.client("auditor")
    assert outsider.get(desk.customer()).status_code == 404
    assert {outsider.get(path).status_code for path in acts} == {404}
    assert {outsider.post(path, data=data).status_code for path in [*acts, f"{desk.case}/approve"]} == {404}
    assert {auditor.get(path).status_code for path in acts} == {403}
    assert {auditor.post(path, data=data).status_code for path in [*acts, f"{desk.case}/approve"]} == {403}
    assert auditor.get(desk.case).status_code == 200
    page = auditor.get(desk.customer())
    assert page.status_code == 200
    for words in ("Record an acknowledgement", "New link", "Record the answer"):
        assert words not in page.text
    assert desk.one(Breach).state is CaseState.OPEN


def test_a_customer_of_another_case_is_not_found(desk: Desk) -> None:
    other = desk.client("dpo").post("/breaches/new", data={
        "title": "Second", "known": "Something.", "detected_at": "2026-11-22T10:00", "aware_at": "2026-11-22T10:00",
    }).location.removesuffix("/affected")  # fmt: skip
    for path in ("", *(f"/{name}" for name in FOR_ONE if name != "hand-over")):
        assert desk.client("dpo").get(f"{other}/customers/{desk.rows()[0]}{path}").status_code == 404


# The year


def test_the_year_shows_times_to_notice_and_leaves_exercises_and_strangers_out(desk: Desk) -> None:
    desk.tell()
    page = desk.client("auditor").get("/breaches/year").text
    assert "first customer told after 3 h, earliest promise or target after 1 d: all in time" in page
    assert "LL-2026-001" not in desk.client("outsider").get("/breaches/year?year=2026").text
    assert "No incident in 2019" in desk.client("dpo").get("/breaches/year?year=2019").text
    assert desk.client("dpo").get("/breaches/year?year=0&after=xx").status_code == 422


# How much is asked of the database


@contextmanager
def counted(desk: Desk) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    with desk.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def add_customers(desk: Desk, count: int) -> None:
    with desk.app.app_context(), act(desk.app, db.session()) as unit:
        template = unit.session.scalars(select(Template)).one()
        new = []
        for number in range(3, count + 1):
            contact = [ContactInput(Purpose.SECURITY, f"s@c{number}.example")]
            controller = parties.add_controller(unit, desk.org, ControllerInput(f"C{number}", f"Customer {number}"), contact)
            new.append(agreements.add_agreement(unit, controller.id, template, AgreementInput(f"A{number}", date(2026, 1, 1))).id)
    desk.do(lambda unit, breach: operations.add_affected(unit, breach, new, Selection.BY_LIST))


def test_pages_ask_as_little_for_200_customers_as_for_2(desk: Desk) -> None:
    client, found = desk.client("dpo"), {}
    for count in (2, 200):
        if count == 200:
            add_customers(desk, count)
        desk.tell(Phase.SUPPLEMENT if count == 200 else None)
        desk.do(lambda unit, breach: operations.save_draft(unit, breach, replace(DRAFT, measures="The door was shut."), Phase.SUPPLEMENT))
        found[count] = {}
        for path in (desk.case, f"{desk.case}/release", f"{desk.case}/lateness", f"{desk.case}/close", desk.customer(), "/breaches/year"):
            client.get(path)
            with counted(desk) as statements:
                assert client.get(path).status_code == 200
            found[count][path] = len([one for one in statements if not one.startswith(("BEGIN", "PRAGMA"))])
        if count == 2:
            desk.do(operations.discard_draft)
    assert found[2] == found[200]
    assert found[200][desk.case] <= 15, found


def test_a_timeline_that_is_cut_says_so_and_leads_to_the_whole_trail_of_the_case(desk: Desk) -> None:
    cut = "Only the newest 50 entries of the trail stand here."
    assert cut not in desk.client("dpo").get(desk.case).text
    for number in range(51):
        desk.do(lambda unit, breach, number=number: operations.save_draft(unit, breach, Draft(f"It leaked, {number}.", "DPO", "", "", ""), None, None))
    page = desk.client("dpo").get(desk.case).text
    link = f'<a href="/trail?kind=breach&amp;id={desk.id}">the whole trail of this case</a>'
    assert cut in page
    assert link in page
    assert desk.client("dpo").get(f"/trail?kind=breach&id={desk.id}").status_code == 200
    reader = desk.client("operator").get(desk.case).text
    assert cut in reader
    assert link not in reader


def test_closing_as_no_breach_says_of_clocks_and_of_the_mailbox_what_is_so(desk: Desk) -> None:
    page = f"{desk.case}/no-breach"
    assert "0 of 2" in desk.client("dpo").get(page).text
    desk.tell()
    with desk.app.app_context(), act(desk.app, db.session()) as unit:
        rows = unit.session.scalars(select(Affected)).all()
        for row in rows:
            row.kept = True
        unit.session.flush()
        trail.record(unit, Event.SENT, subject=("breach", desk.id), organisation_id=desk.org, covers=rows)
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, Draft("The export held no personal data.", "DPO, now", "", "", ""), Phase.CORRECTION, withdraws=True))
    desk.release()
    desk.do(lambda unit, _: [operations.notices_sent(unit, [_accepted(unit, one)]) for one in unit.session.scalars(select(Delivery).where(Delivery.given_at.is_(None))).all()])
    shown = desk.client("dpo").get(page).text
    assert "0 of 2, 2 only in the file mailbox, nobody told" in shown
    done = desk.client("dpo").post(page, data={"reason": "No personal data were in the export."}, follow_redirects=True).text
    assert "The case is closed as no breach. No clock of a customer ran any more" in done
    assert "Its clocks are waived" not in done


def test_closing_as_no_breach_counts_the_clocks_it_waives(desk: Desk) -> None:
    done = desk.client("dpo").post(f"{desk.case}/no-breach", data={"reason": "No personal data were in the export."}, follow_redirects=True).text
    assert "2 clocks that still ran are waived and stay on record." in done


def _accepted(unit: Unit, one: Delivery) -> OutboxMessage:
    message = unit.session.get_one(OutboxMessage, one.outbox_id)
    message.sent_at, message.state = unit.now, "sent"  # type: ignore[assignment]
    return message
