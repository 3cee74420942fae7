"""Who may approve a notice is asked by mail, without its text; a release without a second person is told to those who could have been it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations, reviewing
from dpa.breaches.rules import Draft
from dpa.languages import Language
from dpa.people.operations import NewPerson, invite
from dpa.people.roles import Role
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_phases import DRAFT, HOUR, Case


@pytest.fixture
def case(lemon: Ground) -> Case:
    """Ana (u:1) and Bo are DPOs, Cy may only read; the house asks for four eyes."""
    with lemon.unit() as unit:
        organisation = unit.session.merge(lemon.organisation)
        for name, role in (("Ana", Role.DPO), ("Bo", Role.DPO), ("Cy", Role.AUDITOR)):
            invite(unit, organisation, NewPerson(f"{name.lower()}@lemon.example", name), role)
        operations.change_settings(unit, organisation.id, four_eyes=True, acknowledge_hours=24, profiles=(), language=Language.EN)
    return Case(lemon, customers=1)


def mails(case: Case, name: str) -> list[OutboxMessage]:
    return list(case.ground.session.scalars(select(OutboxMessage).where(OutboxMessage.mail == f"breaches/{name}").order_by(OutboxMessage.id)))


def test_those_who_may_approve_are_asked_once_and_again_when_a_change_ends_the_approval(case: Case) -> None:
    case.write(hours=1)
    case.write(Draft(DRAFT.nature + " Twice.", DRAFT.contact, "", "", ""), hours=2)
    assert [one.to_address for one in mails(case, "approval")] == ["bo@lemon.example"], "once, and not whoever wrote it"
    with case.at(3, "u:2") as unit:
        operations.approve(unit, case.breach)
    case.write(Draft(DRAFT.nature + " Thrice.", DRAFT.contact, "", "", ""), hours=4)
    asked = mails(case, "approval")
    assert len(asked) == 2
    assert "waits for a second person" in asked[1].subject
    assert f"/breaches/{case.id}/release" in asked[1].body_text
    for text in (asked[1].subject, asked[1].body_text, asked[1].body_html):
        assert DRAFT.nature.rstrip(".") not in text, "the text stays in the product"


def test_the_review_names_who_may(case: Case) -> None:
    case.write(hours=1)
    view = reviewing.review(
        case.ground.session, case.breach, case.ground.organisation, reviewing.Asked(), settings=case.ground.settings, actor="u:1", now=NOW + 2 * HOUR
    )
    assert view is not None
    assert view.approval.may == ("Bo",)


def test_a_release_alone_is_told_and_one_with_a_second_person_is_not(case: Case) -> None:
    case.write(hours=1)
    with case.at(2, "u:2") as unit:
        operations.approve(unit, case.breach)
    case.release(3)
    assert mails(case, "alone") == []
    case.write(Draft("More is known.", DRAFT.contact, "", "", ""), hours=4)
    case.release(5, emergency_reason="Nobody else could be reached at this hour.")
    told = mails(case, "alone")
    assert [one.to_address for one in told] == ["bo@lemon.example"]
    assert "without a second person" in told[0].subject


def test_an_exercise_and_an_unfinished_text_ask_nobody(case: Case) -> None:
    case.write(Draft(DRAFT.nature, "", "", "", ""), hours=1)
    assert mails(case, "approval") == []
    from tests.breaches.evidence.house import Further

    drill = Further(case.ground, case.agreements, drill=True)
    drill.write(hours=2)
    assert mails(drill, "approval") == []
