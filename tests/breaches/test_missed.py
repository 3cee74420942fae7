"""Who was not given which phase, said before a case is closed: one met clock does not mean that a customer got everything."""

from __future__ import annotations

import pytest

from dpa.breaches import operations
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.missed import MissedPhase, everybody, missed
from dpa.breaches.models import Breach
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft
from dpa.extensions import db
from dpa.parties import operations as parties
from dpa.parties.models import Controller
from dpa.people.models import Organisation
from tests.breaches.conftest import NOW, Ground, with_news
from tests.breaches.test_pages import House
from tests.breaches.test_phases import HOUR, Case
from tests.support.databases import Database
from tests.support.pages import NOON, act


@pytest.fixture
def case(lemon: Ground) -> Case:
    return Case(lemon)


def said(case: Case) -> list[tuple[int, int, tuple[str, ...]]]:
    case.ground.session.expire_all()
    return [(one.number, one.customers, tuple(who.controller for who in one.first)) for one in missed(case.ground.session, case.breach)]


def take_contact(case: Case, place: int) -> None:
    with case.at(4) as unit:
        controller = unit.session.get_one(Controller, case.rows[place].controller_id)
        parties.remove_contact(unit, controller, controller.contacts[0])


def test_each_phase_is_counted_for_itself(case: Case) -> None:
    case.tell(1)
    assert said(case) == []
    take_contact(case, 1)
    case.tell(5, Phase.SUPPLEMENT)
    case.tell(6, Phase.FINAL)
    assert said(case) == [(2, 1, ("Customer 2",)), (3, 1, ("Customer 2",))]
    with case.at(7) as unit:
        operations.hand_over(unit, case.breach, case.rows[1], Handed(Channel.PHONE, NOW + 7 * HOUR, "Reached the desk on +33 1 23."))
    assert said(case) == [(2, 1, ("Customer 2",))], "what was told by telephone is the newest phase"


def test_who_is_owed_nothing_or_was_named_later_has_missed_nothing(case: Case) -> None:
    with case.at(1) as unit:
        operations.owe_nothing(unit, case.breach, case.rows[0], "No data of this customer was in the export.")
    case.tell(2)
    late = case.ground.customer(3)
    case.name(late, hours=3)
    assert said(case) == []
    case.tell(5, Phase.SUPPLEMENT)
    assert said(case) == [(2, 1, ("Customer 3",))]


def test_a_call_before_the_text_was_released_did_not_give_the_text(case: Case) -> None:
    take_contact(case, 1)
    case.tell(5)
    with case.at(6) as unit:
        operations.hand_over(unit, case.breach, case.rows[1], Handed(Channel.PHONE, NOW + 4 * HOUR, "Reached the desk on +33 1 23.", said="An export could be opened by anybody."))
    assert said(case) == [(1, 1, ("Customer 2",))]
    case.tell(7, Phase.FINAL)
    with case.at(8) as unit:
        operations.hand_over(unit, case.breach, case.rows[1], Handed(Channel.PHONE, NOW + 8 * HOUR, "Reached the desk on +33 1 23."))
    assert said(case) == [(1, 1, ("Customer 2",))], "what was told after the release is given"


def test_what_is_on_its_way_was_not_given_yet(case: Case) -> None:
    case.write(hours=1)
    case.release(1)
    assert said(case) == [(1, 2, ("Customer 1", "Customer 2"))]


@pytest.mark.parametrize(
    ("phases", "kept", "words"),
    [
        ((), 0, "every customer was told or is owed no notice"),
        ((MissedPhase(2, Phase.FINAL, "Final notice", 1, ()),), 0, "every customer was told at least once or is owed no notice"),
        ((), 2, "every clock was met or waived"),
    ],
)
def test_the_sentence_claims_no_more_than_is_so(phases: tuple[MissedPhase, ...], kept: int, words: str) -> None:
    assert words in everybody(phases, kept)


def test_the_page_that_closes_a_case_says_who_missed_which(sqlite_database: Database) -> None:
    house = House(sqlite_database)
    client, case = house.client("dpo"), house.record()
    client.post(f"{case}/affected", data={"selection": "all"})

    def tell(phase: Phase, rows: int) -> None:
        with house.app.app_context(), act(house.app, db.session(), f"u:{house.people['dpo']}") as unit:
            breach = unit.session.get_one(Breach, 1)
            operations.save_draft(unit, breach, with_news(breach, Draft("It leaked.", "DPO, now", "", "", "")), phase)
            operations.release_notice(unit, breach, unit.session.get_one(Organisation, house.org))
            for row in breach.affected[:rows]:
                operations.hand_over(unit, breach, row, Handed(Channel.PHONE, NOON, "Reached the desk on +33 1 23."))

    tell(Phase.INITIAL, 2)
    with house.app.app_context(), act(house.app, db.session()) as unit:
        for controller in unit.session.query(Controller).order_by(Controller.id).all()[1:2]:
            parties.remove_contact(unit, controller, controller.contacts[0])
    tell(Phase.FINAL, 1)
    page = client.get(f"{case}/close").text
    assert "every customer was told at least once" in page
    assert "2. Final notice: not given to 1 customer:" in page
    assert ">Customer 2</a>" in page
    assert "Initial notice: not given" not in page
    assert house.client("outsider").get(f"{case}/close").status_code == 404
