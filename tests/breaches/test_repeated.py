"""A supplement or a correction that repeats what was told last is neither approved nor released; one with any news is, and a final notice may repeat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations
from dpa.breaches.facts import Count, FactSheet, Share
from dpa.breaches.phases import Phase, must_say_something
from dpa.breaches.rules import Draft
from dpa.languages import Language
from dpa.problems import Invalid
from dpa.unit import Unit
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_case_pages import TEXT, Desk
from tests.breaches.test_phases import HOUR, Case
from tests.support.databases import Database

DRAFT = Draft("An export leaked.", "Ana Duarte, +33 1 00", "", "Access was closed.", "")
WORD = NOW + 30 * HOUR
SHEET = FactSheet(people=Count.exact(40)).canonical()


class Told(Case):
    """A case told of once, two hours after NOW, with a next word promised and a text in German."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.save(DRAFT, None, word=WORD)
        self.do(lambda unit: operations.save_facts(unit, self.breach, SHEET), 1)
        self.do(lambda unit: operations.save_text(unit, self.breach, Language.DE, DRAFT), 1)
        self.release(2)

    def do(self, act: Callable[[Unit], object], hours: float = 4) -> None:
        with self.at(hours) as unit:
            act(unit)

    def save(self, draft: Draft, phase: Phase | None, *, word: object = None, withdraws: bool = False, hours: float = 0) -> None:
        self.do(lambda unit: operations.save_draft(unit, self.breach, draft, phase, word, withdraws=withdraws), hours)  # type: ignore[arg-type]


@pytest.fixture
def told(lemon: Ground) -> Told:
    return Told(lemon)


@pytest.mark.parametrize(("phase", "withdraws", "must"), [
    (Phase.INITIAL, False, False), (Phase.SUPPLEMENT, False, True), (Phase.CORRECTION, False, True), (Phase.CORRECTION, True, False), (Phase.FINAL, False, False),
])  # fmt: skip
def test_only_supplements_and_corrections_of_facts_must_say_something_new(phase: Phase, withdraws: bool, must: bool) -> None:
    assert must_say_something(phase, withdraws=withdraws) is must


@pytest.mark.parametrize(("phase", "words"), [
    (Phase.SUPPLEMENT, "This supplement repeats what customers were told last, and no fact was saved since. Say what is new, or promise the next word for another time; or discard it. A notice that only ends the matter is a final one."),
    (Phase.CORRECTION, "This correction repeats what customers were told last, and no fact was saved since. Say what was wrong and what is right; or discard it."),
])  # fmt: skip
@pytest.mark.parametrize("word", [None, WORD])
def test_a_repetition_is_refused_with_what_to_do(told: Told, phase: Phase, words: str, word: object) -> None:
    told.save(replace(DRAFT, nature=" An export\n leaked. "), phase, word=word, hours=3)
    with pytest.raises(Invalid) as caught:
        told.release(4)
    assert caught.value.fields == {"nature": words}
    assert told.breach.draft is not None, "the draft is kept, to be changed"


def facts(told: Told, unit: Unit) -> None:
    operations.save_facts(unit, told.breach, FactSheet(people=Count.exact(41)).canonical())


def part(told: Told, unit: Unit) -> None:
    operations.save_shares(unit, told.breach, {told.rows[0].id: Share(people=Count.exact(7))})


def german(told: Told, unit: Unit) -> None:
    operations.save_text(unit, told.breach, Language.DE, replace(DRAFT, nature="Ein Export ging fort."))


def french(told: Told, unit: Unit) -> None:
    operations.save_text(unit, told.breach, Language.FR, DRAFT)


def same(told: Told, unit: Unit) -> None:
    operations.save_text(unit, told.breach, Language.DE, DRAFT)


def back_again(told: Told, unit: Unit) -> None:
    facts(told, unit)
    operations.save_facts(unit, told.breach, SHEET)


@pytest.mark.parametrize("news", [facts, part, german, french])
def test_the_same_text_may_follow_where_something_else_is_new(told: Told, news: Callable[[Told, Unit], None]) -> None:
    told.save(DRAFT, Phase.SUPPLEMENT, hours=3)
    told.do(lambda unit: news(told, unit))
    assert told.release(5) == 2


@pytest.mark.parametrize("no_news", [same, back_again])
def test_what_says_the_same_again_is_no_news(told: Told, no_news: Callable[[Told, Unit], None]) -> None:
    told.save(DRAFT, Phase.SUPPLEMENT, hours=3)
    told.do(lambda unit: no_news(told, unit))
    with pytest.raises(Invalid):
        told.release(5)


@pytest.mark.parametrize(("draft", "phase", "word", "withdraws"), [
    (replace(DRAFT, measures="Access was closed, and the file deleted."), Phase.SUPPLEMENT, None, False),
    (DRAFT, Phase.SUPPLEMENT, WORD + HOUR, False),
    (DRAFT, Phase.CORRECTION, None, True),
    (DRAFT, Phase.FINAL, None, False),
])  # fmt: skip
def test_any_change_is_news_and_an_end_may_repeat(told: Told, draft: Draft, phase: Phase, word: object, withdraws: bool) -> None:
    told.save(draft, phase, word=word, withdraws=withdraws, hours=3)
    assert told.release(4) == 2


def test_the_review_says_so_before_anything_is_pressed_and_nobody_is_asked_to_approve_it(sqlite_database: Database) -> None:
    desk = Desk(sqlite_database)
    client = desk.client("dpo")
    client.post(f"{desk.case}/notice", data=TEXT)
    assert client.post(f"{desk.case}/release").status_code == 303
    desk.do(lambda unit, _: operations.change_settings(unit, desk.org, four_eyes=True, acknowledge_hours=24, profiles=()))
    asked = desk.count(OutboxMessage)
    assert client.post(f"{desk.case}/notice", data=TEXT | {"phase": "supplement"}).status_code == 303
    page = client.get(f"{desk.case}/release").text
    assert "This supplement repeats what customers were told last" in page
    assert "Release to" not in page
    assert desk.count(OutboxMessage) == asked
    assert client.post(f"{desk.case}/release").status_code == 422
    assert desk.client("second").post(f"{desk.case}/approve").status_code == 422
    client.post(f"{desk.case}/notice", data=TEXT | {"phase": "supplement", "measures": "The door was shut."})
    assert "This supplement repeats" not in client.get(f"{desk.case}/release").text
    assert desk.count(OutboxMessage) == asked + 1


def test_it_is_compared_with_the_newest_phase(told: Told) -> None:
    told.save(replace(DRAFT, measures="The file was deleted."), Phase.SUPPLEMENT, hours=3)
    told.release(4)
    told.save(DRAFT, Phase.CORRECTION, hours=5)
    assert told.release(6) == 2, "going back to what was told first is a correction of what was told last"
