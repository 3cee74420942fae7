"""Before the last word: of which customers nobody has said how many people and records are concerned, however many they are."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import event, select

from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations
from dpa.breaches.facts import Count, FactSheet, Share
from dpa.breaches.facts.shares import Part, answers, share_text
from dpa.breaches.facts.words import Precision
from dpa.breaches.models import Affected, Breach
from dpa.breaches.phases import Phase
from dpa.breaches.reviewing import SHOWN, Asked, Review, review
from dpa.breaches.rules import Draft, Selection
from dpa.breaches.versions import unsaid
from dpa.parties.rules import Purpose
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_case_pages import Desk, add_customers
from tests.breaches.test_operations import incident
from tests.support.databases import Database

TBD, NEVER = Count(precision=Precision.TO_BE_DETERMINED), Count(precision=Precision.UNDETERMINABLE)
COUNTS = (None, Count.exact(0), Count.exact(12), Count.about(3112), NEVER, TBD)
HOSTILE = 'x "people":{"precision":"exact","value":1},"records":{"precision":"exact","value":1}'
FINAL = Draft("It leaked. Nobody has opened it.", "DPO, now", "None.", "Closed.", "")


@pytest.mark.parametrize("count", COUNTS, ids=str)
def test_a_database_reads_in_a_text_what_the_rule_reads_in_a_number(count: Count | None) -> None:
    for text in (share_text(Share(people=count, subjects_note=HOSTILE)), Part(people=count, subjects_note=HOSTILE).text):
        said = {"precision": count.precision.value, "value": count.value} if count else None
        assert any(mark in text for mark in answers("people")) is not unsaid(said)
        assert not any(mark in text for mark in answers("records"))


class Case:
    """A case of some customers, whose final notice is being written."""

    def __init__(self, ground: Ground, customers: int) -> None:
        self.ground = ground
        agreements = [ground.customer(number, (Purpose.SECURITY, f"s@c{number}.example")).id for number in range(1, customers + 1)]
        with ground.unit() as unit:
            self.id = operations.record_incident(unit, ground.organisation, incident()).id
        with ground.unit() as unit:
            self.rows = [row.id for row in operations.add_affected(unit, self.breach, agreements, Selection.BY_LIST)]
        self.write(Draft("It leaked.", "DPO, now", "", "", ""), Phase.INITIAL)
        self.send()

    @property
    def breach(self) -> Breach:
        return self.ground.session.get_one(Breach, self.id)

    def write(self, draft: Draft = FINAL, phase: Phase = Phase.FINAL) -> None:
        with self.ground.unit() as unit:
            operations.save_draft(unit, self.breach, draft, phase)

    def send(self, refused: tuple[int, ...] = ()) -> None:
        with self.ground.unit() as unit:
            operations.release_notice(unit, self.breach, unit.session.merge(self.ground.organisation))
        with self.ground.unit(actor="system:alerts") as unit:
            for message in unit.session.scalars(select(OutboxMessage).where(OutboxMessage.category == "notice", OutboxMessage.state != "sent")):
                if any(message.to_address == f"s@c{number}.example" for number in refused):
                    message.state = "dead"  # type: ignore[assignment]
                    continue
                message.sent_at, message.state = unit.now, "sent"  # type: ignore[assignment]
                operations.notices_sent(unit, [message])

    def say(self, shares: dict[int, Share]) -> None:
        with self.ground.unit() as unit:
            operations.save_shares(unit, self.breach, {self.rows[number - 1]: share for number, share in shares.items()})

    def review(self, **asked: object) -> Review:
        session = self.ground.session
        session.rollback()
        found = review(session, self.breach, self.ground.organisation, Asked(**asked), settings=self.ground.settings, actor="u:1", now=NOW)  # type: ignore[arg-type]
        assert found is not None
        return found


KNOWN = Share(people=Count.exact(12), records=Count.exact(12))


def test_those_beyond_the_first_page_are_warned_of_too(lemon: Ground) -> None:
    case = Case(lemon, SHOWN + 8)
    case.say(dict.fromkeys(range(1, SHOWN + 1), KNOWN))
    case.write()
    found = case.review()
    assert len(found.sending) == SHOWN
    assert found.uncounted.count == 8
    assert found.uncounted.first == tuple(f"Customer {number}" for number in range(SHOWN + 1, SHOWN + 6))
    assert case.review(text="Customer 1", after=1).uncounted == found.uncounted, "what is searched for changes nothing of it"
    case.say(dict.fromkeys(range(SHOWN + 1, SHOWN + 9), KNOWN))
    assert case.review().uncounted.count == 0
    case.say({57: Share(people=Count.exact(12), records=TBD)})
    assert (case.review().uncounted.count, case.review().uncounted.first) == (1, ("Customer 57",)), "the newest word counts"


def test_every_answer_is_read_as_the_rule_reads_it(lemon: Ground) -> None:
    pairs = list(itertools.product(COUNTS, COUNTS))
    case = Case(lemon, len(pairs))
    case.say({number: Share(people=people, records=records, data_note=HOSTILE) for number, (people, records) in enumerate(pairs, 1)})
    with lemon.unit() as unit:
        operations.save_facts(unit, case.breach, FactSheet(people=Count.exact(5000), records=Count.exact(5000)).canonical())
    case.write()
    open_ones = {f"Customer {number}" for number, pair in enumerate(pairs, 1) if any(count is None or count is TBD for count in pair)}
    found = case.review().uncounted
    assert (found.count, set(found.first) <= open_ones) == (len(open_ones), True), "the number of all customers together is no customer's own"


def test_who_is_sent_the_same_phase_again_is_told_what_it_was_told_then(lemon: Ground) -> None:
    case = Case(lemon, 3)
    case.say({2: KNOWN})
    case.write()
    case.send(refused=(1, 2))
    case.say({1: KNOWN, 2: Share(people=TBD)})
    found = case.review()
    assert (found.released, found.sending_count) == (True, 2)
    assert (found.uncounted.count, found.uncounted.first) == (1, ("Customer 1",))


@pytest.mark.parametrize(("sheet", "own", "count"), [
    (FactSheet(), None, 1), (FactSheet(people=Count.exact(5), records=NEVER), None, 0), (FactSheet(people=Count.exact(5)), None, 1),
    (FactSheet(people=Count.exact(5), records=NEVER), Share(people=TBD), 1), (FactSheet(), KNOWN, 0),
])  # fmt: skip
def test_a_single_customers_numbers_are_those_of_the_fact_sheet(lemon: Ground, sheet: FactSheet, own: Share | None, count: int) -> None:
    case = Case(lemon, 1)
    with lemon.unit() as unit:
        operations.save_facts(unit, case.breach, sheet.canonical())
    if own:
        case.say({1: own})
    case.write()
    assert case.review().uncounted.count == count
    assert case.review(text="nobody is called like this").uncounted.count == count


@pytest.mark.parametrize("customers", [1, 3])
@pytest.mark.parametrize(("share", "words"), [
    (Share(people=Count.exact(12)), "records"), (Share(people=TBD, records=NEVER), "people"), (Share(), "people and records"),
])  # fmt: skip
def test_only_what_nobody_has_said_is_named(lemon: Ground, customers: int, share: Share, words: str) -> None:
    case = Case(lemon, customers)
    case.say({1: share} | dict.fromkeys(range(2, customers + 1), KNOWN))
    case.write()
    found = case.review().uncounted
    assert (found.count, found.first, found.words) == (1, ("Customer 1",), words)


def test_it_costs_one_statement_however_many_customers_there_are(lemon: Ground) -> None:
    case, seen = Case(lemon, 12), list[str]()
    case.write()
    case.review()
    engine = lemon.session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert case.review().uncounted.count == 12
    assert len([text for text in seen if "OVER ()" in text and "breach_share" in text]) == 1


def test_no_other_phase_warns_and_the_page_counts_the_rest(sqlite_database: Database) -> None:
    desk = Desk(sqlite_database)
    add_customers(desk, 60)
    desk.tell()
    client = desk.client("dpo")
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, FINAL, Phase.SUPPLEMENT))
    assert "This is the last word" not in client.get(f"{desk.case}/release").text
    desk.do(operations.discard_draft)
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, FINAL, Phase.FINAL))
    page = client.get(f"{desk.case}/release").text
    assert "how many people or records of Customer 1, Customer 10, Customer 11, Customer 12, Customer 13 and 55 other customers are concerned" in page
    rows = desk.do(lambda unit, breach: [row.id for row in unit.session.query(Affected)])
    desk.do(lambda unit, breach: operations.save_shares(unit, breach, dict.fromkeys(rows[:-1], KNOWN)))
    page = client.get(f"{desk.case}/release").text
    assert "how many people and records of Customer 60 are concerned. It would read" in page
