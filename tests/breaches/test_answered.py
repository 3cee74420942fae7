"""Whoever wrote a text hears what came of it: approved, sent back for a change, released by a colleague; by a mail without the text, and on the pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.breaches import errands, operations
from dpa.breaches.models import Notice
from dpa.breaches.rules import Draft
from dpa.languages import Language
from dpa.people.operations import NewPerson, invite
from dpa.people.roles import Role
from dpa.problems import Conflict, Invalid
from dpa.web.identity import Scope
from tests.breaches.conftest import Ground
from tests.breaches.test_case_pages import TEXT, Desk
from tests.breaches.test_phases import DRAFT, Case
from tests.support.databases import Database

GOLDEN = Path(__file__).with_name("golden")
WHY = "Say that passwords were not among it."
CHANGED = Draft(f"{DRAFT.nature} No passwords.", DRAFT.contact, "", "", "")


@pytest.fixture
def case(lemon: Ground) -> Case:
    """Ana (u:1), Bo and Dee are DPOs, Op may only record; the house asks for four eyes."""
    with lemon.unit() as unit:
        organisation = unit.session.merge(lemon.organisation)
        for name, role in (("Ana", Role.DPO), ("Bo", Role.DPO), ("Op", Role.OPERATOR), ("Dee", Role.DPO)):
            invite(unit, organisation, NewPerson(f"{name.lower()}@lemon.example", name), role)
        operations.change_settings(unit, organisation.id, four_eyes=True, acknowledge_hours=24, profiles=(), language=Language.EN)
    return Case(lemon, customers=1)


def mails(case: Case, name: str) -> list[OutboxMessage]:
    return list(case.ground.session.scalars(select(OutboxMessage).where(OutboxMessage.mail == f"breaches/{name}").order_by(OutboxMessage.id)))


def approve(case: Case, hours: float, actor: str = "u:2") -> None:
    with case.at(hours, actor) as unit:
        operations.approve(unit, case.breach)


def send_back(case: Case, hours: float, actor: str = "u:2", reason: str = WHY) -> None:
    with case.at(hours, actor) as unit:
        operations.send_back(unit, case.breach, reason)


def waiting(case: Case, actor: str) -> list[str]:
    return [one.title for one in errands.approvals(case.ground.session, Scope(frozenset({case.breach.organisation_id})), actor)]


def test_the_mails_word_for_word_and_none_holds_the_text_or_the_reason(case: Case) -> None:
    case.write(hours=1)
    send_back(case, 2)
    case.write(CHANGED, hours=3)
    approve(case, 4)
    case.release(5, actor="u:4")
    for name in ("sent_back", "approved", "released"):
        (mail,) = mails(case, name)
        assert mail.to_address == "ana@lemon.example"
        for text in (mail.subject, mail.body_text, mail.body_html):
            assert not any(part in text for part in ("leaked", "passwords", "Customer 1", "c1.example")), name
        assert f"Subject: {mail.subject}\n\n{mail.body_text}" == (GOLDEN / f"{name}.txt").read_text("utf-8"), name


@pytest.mark.parametrize(("writer", "way"), [("u:1", "/release"), ("u:3", "")])
def test_the_link_leads_where_whoever_wrote_it_may_go_on(case: Case, writer: str, way: str) -> None:
    case.write(hours=1, actor=writer)
    approve(case, 2)
    (mail,) = mails(case, "approved")
    assert f"/breaches/{case.id}{way}\n" in mail.body_text


def test_nobody_is_told_of_an_act_of_their_own_and_nothing_where_no_second_person_is_asked(case: Case) -> None:
    case.write(hours=1)
    approve(case, 2)
    case.release(3)
    assert mails(case, "released") == []
    with case.at(4) as unit:
        operations.change_settings(unit, case.breach.organisation_id, four_eyes=False, acknowledge_hours=24, profiles=(), language=Language.EN)
    case.write(CHANGED, hours=5)
    with pytest.raises(Conflict, match="No second person is asked for here"):
        send_back(case, 6)
    case.release(7, actor="u:4")
    assert mails(case, "released") == []


def test_a_text_sent_back_waits_for_its_change_and_then_for_a_second_person_anew(case: Case) -> None:
    case.write(hours=1)
    assert len(waiting(case, "u:2")) == 1
    send_back(case, 2)
    assert waiting(case, "u:2") == []
    assert (case.breach.draft.sent_back_by, case.breach.draft.sent_back_reason) == ("u:2", WHY)  # type: ignore[union-attr]
    case.write(hours=3)
    assert case.breach.draft.sent_back_by == "u:2", "the same text again changes nothing"  # type: ignore[union-attr]
    asked = len(mails(case, "approval"))
    case.write(CHANGED, hours=4)
    assert (case.breach.draft.sent_back_at, case.breach.draft.sent_back_by, case.breach.draft.sent_back_reason) == (None, None, "")  # type: ignore[union-attr]
    assert len(mails(case, "approval")) == 2 * asked
    assert len(waiting(case, "u:2")) == 1


def test_a_colleague_may_approve_all_the_same_and_an_emergency_waits_for_nobody(case: Case) -> None:
    case.write(hours=1)
    send_back(case, 2)
    approve(case, 3, "u:4")
    notice = case.ground.session.scalars(select(Notice)).one()
    assert (notice.approved_by, notice.sent_back_by) == ("u:4", None)
    with pytest.raises(Conflict, match="approved already"):
        send_back(case, 4)
    case.write(CHANGED, hours=5)
    send_back(case, 6)
    assert case.release(7, emergency_reason="Nobody else could be reached at this hour.") == 1


def test_it_cannot_be_sent_back_by_its_writer_or_without_a_word(case: Case) -> None:
    with pytest.raises(Conflict, match="no notice to approve"):
        send_back(case, 1)
    case.write(hours=1)
    with pytest.raises(Conflict, match="cannot be its second person"):
        send_back(case, 2, "u:1")
    with pytest.raises(Invalid, match="what should be changed"):
        send_back(case, 2, reason=" no ")


def test_the_pages_say_who_sent_it_back_and_why_until_it_is_changed(sqlite_database: Database) -> None:
    desk = Desk(sqlite_database)
    desk.do(lambda unit, _: operations.change_settings(unit, desk.org, four_eyes=True, acknowledge_hours=24, profiles=()))
    writer, second = desk.client("operator"), desk.client("second")
    writer.post(f"{desk.case}/notice", data=TEXT)
    assert f'href="{desk.case}/notice/send-back"' in second.get(f"{desk.case}/release").text
    refused = second.post(f"{desk.case}/notice/send-back", data={"reason": "no"})
    assert refused.status_code == 422
    assert "Say in a sentence what should be changed." in refused.text
    assert second.post(f"{desk.case}/notice/send-back", data={"reason": WHY}).status_code == 303
    for client, path in ((writer, desk.case), (writer, f"{desk.case}/notice"), (second, f"{desk.case}/release"), (desk.client("auditor"), desk.case)):
        page = client.get(path).text
        assert WHY in page, path
        assert "Sara Second" in page, path
    assert "Approve the initial notice" not in second.get("/board").text
    writer.post(f"{desk.case}/notice", data=TEXT | {"nature": "It leaked. No passwords."})
    for path in (desk.case, f"{desk.case}/notice"):
        assert "ent back for a change" not in writer.get(path).text.partition("Timeline")[0]
    assert "sent the initial notice back for a change, as the second person" in writer.get(desk.case).text
    assert "Approve the initial notice" in second.get("/board").text
    assert desk.client("auditor").get(f"{desk.case}/notice/send-back").status_code == 403
    assert desk.client("dpo").get(f"{desk.case}/notice/send-back").status_code == 200
