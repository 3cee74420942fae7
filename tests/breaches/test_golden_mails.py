"""Each mail of a breach word for word: every phase, the taking back and the exercise in all six languages, and what the house tells its own people.

Who changes a word of a mail changes its file in `golden/mails` in the same step, and reads there what a customer will read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from dpa.alerts.messages import without_own_links
from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft
from dpa.languages import Language
from dpa.people.operations import NewPerson, invite
from dpa.people.roles import Role
from tests.breaches.conftest import NOW, Ground
from tests.breaches.tellers import CONTACT, PART, Tellers
from tests.breaches.test_phases import DRAFT, HOUR, Case

MAILS = Path(__file__).with_name("golden") / "mails"
NAMES = {
    "en": "Harbour Museums", "de": "Bäckerei Sonnenfeld GmbH", "fr": "Académie de Lille", "es": "Clínica del Valle", "it": "Comune di Arezzo", "nl": "Zorggroep Delft",
}  # fmt: skip
NOTHING = Draft("The file held generated test data only.", CONTACT, "", "", "")
CODES = sorted(NAMES)


@dataclass
class Everybody(Tellers):
    """A case over one customer of each language."""

    drill: bool = False

    def __post_init__(self) -> None:
        self.begin(drill=self.drill, names=NAMES)
        self.say("de", PART)

    def upto(self, last: Phase) -> None:
        order = (Phase.INITIAL, Phase.SUPPLEMENT, Phase.CORRECTION, Phase.FINAL)
        for number, phase in enumerate(order[: order.index(last) + 1]):
            self.tell(phase, hours=2 * number)

    def take_back(self) -> None:
        self.tell(Phase.INITIAL)
        with self.ground.unit(NOW + 2 * HOUR) as unit:
            operations.save_draft(unit, self.breach(unit.session), NOTHING, Phase.CORRECTION, withdraws=True)
        self.release(2)


@pytest.fixture
def insider(lemon: Ground) -> Ground:
    """The house with somebody who takes a customer's part in an exercise."""
    with lemon.unit() as unit:
        invite(unit, unit.session.merge(lemon.organisation), NewPerson("ana@lemon.example", "Ana Duarte"), Role.DPO)
    return lemon


def same(name: str, text: str) -> None:
    assert text == (MAILS / f"{name}.txt").read_text("utf-8"), name


@pytest.mark.parametrize("phase", [Phase.INITIAL, Phase.SUPPLEMENT, Phase.CORRECTION, Phase.FINAL])
def test_a_notice_in_every_language(lemon: Ground, phase: Phase) -> None:
    told = Everybody(lemon)
    told.upto(phase)
    for code in CODES:
        same(f"{phase.value}-{code}", told.mail_text(code))


def test_taking_a_notice_back_in_every_language(lemon: Ground) -> None:
    told = Everybody(lemon)
    told.take_back()
    for code in CODES:
        same(f"withdrawal-{code}", told.mail_text(code))
        assert told.record(code)["content"]["part"] is None, "where there was no breach, nobody's data were concerned"


def test_an_exercise_in_every_language(insider: Ground) -> None:
    told = Everybody(insider, drill=True)
    told.tell(Phase.INITIAL)
    for code in CODES:
        same(f"exercise-{code}", told.mail_text(code))


def ask(case: Case) -> None:
    case.write(hours=1)


def alone(case: Case) -> None:
    case.write(hours=1)
    case.release(2, emergency_reason="Nobody else could be reached at this hour.")


@pytest.mark.parametrize(("name", "do"), [("approval", ask), ("alone", alone)])
def test_what_colleagues_are_told(lemon: Ground, name: str, do: Callable[[Case], None]) -> None:
    with lemon.unit() as unit:
        organisation = unit.session.merge(lemon.organisation)
        for who in ("Ana", "Bo"):
            invite(unit, organisation, NewPerson(f"{who.lower()}@lemon.example", who), Role.DPO)
        operations.change_settings(unit, organisation.id, four_eyes=True, acknowledge_hours=24, profiles=(), language=Language.EN)
    case = Case(lemon, customers=1)
    do(case)
    mail = lemon.session.scalars(select(OutboxMessage).where(OutboxMessage.mail == f"breaches/{name}")).one()
    assert mail.to_address == "bo@lemon.example"
    assert not any(part in mail.body_text for part in (DRAFT.nature, "Customer 1", "c1.example"))
    same(name, f"Subject: {mail.subject}\n\n{without_own_links(mail.body_text)}")


def test_no_file_is_left_over() -> None:
    """A mail that nobody sends any more has no words to hold on to."""
    phases = [phase.value for phase in Phase]
    wanted = {f"{kind}-{code}" for kind in [*phases, "withdrawal", "exercise"] for code in CODES} | {"approval", "alone"}
    assert {file.stem for file in MAILS.glob("*.txt")} == wanted
