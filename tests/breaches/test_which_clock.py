"""Which of several triggers governs: the earliest latest binds, alerts key on the earliest target, and clause and way come from what governs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from dpa.agreements.terms import governing_clock
from dpa.agreements.terms.matrix import Column, promises
from dpa.breaches.agreed import wanted_of
from dpa.breaches.clocks import Starts, clock_for
from dpa.breaches.evidence import dossier_pages
from dpa.breaches.operations import documenting
from dpa.breaches.phases import Phase
from dpa.evidence.register import records
from tests.breaches.conftest import NOW, ground_under
from tests.breaches.tellers import Tellers
from tests.breaches.test_case_pages import Desk
from tests.breaches.test_operations import AWARE
from tests.breaches.test_phases import HOUR, Case
from tests.breaches.test_promise_or_target import main
from tests.breaches.test_told import portal
from tests.breaches.triggers import AT_ONCE, CALENDAR, DELAY, contract, days, hours, stack
from tests.support.databases import Database

FRIDAY = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
"""16:00 in Paris."""
LETTER = {"channel": "registered_letter"}

GOVERNS: list[tuple[str, list[dict[str, Any]], str, str | None, str, str, str]] = [
    # name, triggers, target and latest in hours after awareness, origin, promise, basis
    ("a number alone", [hours(24)], "24", "24", "contract", "24 hours, clause 1.1", "Contract, clause 1.1: 24 hours"),
    ("a word alone", [DELAY], "24", None, "house_policy", "without undue delay, clause 1.1", "Contract, clause 1.1: without undue delay; house target 24 hours"),
    ("a word before a longer number", [DELAY, hours(48)], "24", "48", "contract", "48 hours, clause 2.1", "Contract, clause 2.1: 48 hours; clause 1.1: without undue delay; house target 24 hours"),
    ("a longer number before a word", [hours(48), DELAY], "24", "48", "contract", "48 hours, clause 1.1", "Contract, clause 1.1: 48 hours; clause 2.1: without undue delay; house target 24 hours"),
    ("a word beside a number as long as its target", [DELAY, hours(24)], "24", "24", "contract", "24 hours, clause 2.1", "Contract, clause 2.1: 24 hours"),
    ("a word beside a shorter number", [DELAY, hours(12)], "12", "12", "contract", "12 hours, clause 2.1", "Contract, clause 2.1: 12 hours"),
    ("two numbers", [hours(72), hours(36)], "36", "36", "contract", "36 hours, clause 2.1", "Contract, clause 2.1: 36 hours"),
    ("two equal numbers, one with our reading of its start", [hours(24, start_stated=False), hours(24)], "24", "24", "contract", "24 hours, clause 2.1", "Contract, clause 2.1: 24 hours"),
    ("two words", [DELAY, AT_ONCE], "4", None, "house_policy", "immediately, clause 2.1", "Contract, clause 2.1: immediately; house target 4 hours"),
    ("two words and a number", [DELAY, AT_ONCE, hours(72)], "4", "72", "contract", "72 hours, clause 3.1", "Contract, clause 3.1: 72 hours; clause 2.1: immediately; house target 4 hours"),
    # From Friday 16:00 two working days end with Tuesday, and two calendar days with Sunday: what is shorter is a question of the day, not of hours in general.
    ("working days over a weekend beside hours", [days(2), hours(72)], "72", "72", "contract", "72 hours, clause 2.1", "Contract, clause 2.1: 72 hours"),
    ("calendar days beside hours", [days(2, "calendar_days"), hours(72)], "55.9997", "55.9997", "contract", "2 calendar days, clause 1.1", "Contract, clause 1.1: 2 calendar days"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("triggers", "target", "latest", "origin", "words", "basis"),
    [row[1:] for row in GOVERNS],
    ids=[row[0] for row in GOVERNS],
)
def test_the_earliest_latest_binds_and_the_earliest_target_is_kept(
    triggers: list[dict[str, Any]], target: str, latest: str | None, origin: str, words: str, basis: str
) -> None:
    clock = clock_for(stack(*triggers), Starts(FRIDAY, FRIDAY - 5 * HOUR), lambda _: CALENDAR)
    assert clock is not None
    assert clock.target.due == pytest.approx(FRIDAY + float(target) * HOUR, abs=timedelta(seconds=1))
    assert (clock.latest.due if clock.latest else None) == (
        None if latest is None else pytest.approx(FRIDAY + float(latest) * HOUR, abs=timedelta(seconds=1))
    )
    assert (clock.origin, clock.promise, clock.basis) == (origin, words, basis)


def test_the_number_stays_whichever_clause_comes_first_in_overviews() -> None:
    for triggers in ([DELAY, hours(48)], [hours(48), DELAY]):
        clock, cell = governing_clock(stack(*triggers)), next(one for one in promises(stack(*triggers)) if one.column is Column.BREACH)
        assert clock is not None
        assert (clock.latest and clock.latest.amount, clock.target.amount, clock.governs) == (48, 24, True)
        assert (cell.text, cell.hours, cell.origin.value if cell.origin else "") == (
            "48 hours; house target 24 hours",
            24,
            "contract",
        )


@pytest.mark.parametrize(("triggers", "way"), [
    ([DELAY | {"channel": "email"}, hours(48, **LETTER)], ("by registered letter", "clause 2.1")),
    ([DELAY | LETTER, hours(48, channel="email")], ("by e-mail", "clause 2.1")),
    ([DELAY | LETTER, hours(48)], None),
    # By rough hours two working days are shorter than 72 hours; over this weekend they are not.
    ([days(2, **LETTER), hours(72, channel="email")], ("by e-mail", "clause 2.1")),
])  # fmt: skip
def test_the_way_wanted_is_that_of_the_clause_that_governs(
    triggers: list[dict[str, Any]], way: tuple[str, str] | None
) -> None:
    clock = clock_for(stack(*triggers), Starts(FRIDAY, FRIDAY - 5 * HOUR), lambda _: CALENDAR)
    wanted = wanted_of(clock.governing) if clock else None
    assert (wanted and (wanted.words, wanted.clause)) == way


@pytest.fixture
def case(database: Database, session: Session) -> Case:
    return Case(ground_under(database, contract(DELAY | {"channel": "email"}, hours(48)), session))


def test_the_docket_holds_the_number_and_the_earlier_target(case: Case) -> None:
    entry = case.entry()
    assert (entry.target_at, entry.due_at, entry.origin) == (AWARE + 24 * HOUR, AWARE + 48 * HOUR, "contract")
    assert case.rows[0].promise == "48 hours, clause 2.1"


def test_lateness_is_judged_by_the_number_and_not_by_the_house_target(case: Case) -> None:
    case.tell((AWARE - NOW) / HOUR + 30)
    assert case.entry().late_s == -18 * 3600


def test_notice_page_and_dossier_name_the_number_with_its_clause_and_no_house_target(
    database: Database, session: Session
) -> None:
    ground = ground_under(database, contract(DELAY, hours(48)), session)
    tellers = Tellers(ground)
    tellers.begin()
    tellers.tell(Phase.INITIAL)
    clock = tellers.record("")["content"]["clock"]
    assert (clock["due_at"], clock["origin"], clock["basis"]) == (
        "2026-11-24T10:00:00.000000Z",
        "contract",
        "Contract, clause 2.1: 48 hours; clause 1.1: without undue delay",
    )
    paper, page = tellers.pdf_text(""), portal(ground, tellers, "")
    assert "Tue 24 Nov 2026 11:00 +01:00" in paper
    assert "48 hours, clause 2.1 (contract)" in " ".join(paper.split())
    assert "48 hours, clause 2.1" in page
    assert "24 Nov 2026, 11:00" in page
    for inside in ("house target", "Target", "policy"):
        assert inside not in paper
        assert inside not in page
    with ground.unit(NOW + HOUR) as unit:
        [order] = documenting.order_dossiers(
            unit,
            tellers.breach(unit.session),
            unit.session.merge(ground.organisation),
            [tellers.row("")],
            NOW + HOUR,
        )
        dossier = str(dossier_pages.build(records.read(order.content)))
    assert (
        "clause 2.1: 48 hours; clause 1.1: without undue delay. It ran from Sun 22 Nov 2026 11:00 +01:00 to Tue 24 Nov 2026 11:00 +01:00."
        in dossier
    )
    assert "The house's own target was Mon 23 Nov 2026 11:00 +01:00." in dossier
    assert "label='Promise', value='kept" in dossier


class TwoClauses(Desk):
    """A desk under a contract with a word in one clause and a number in another."""

    contract = contract(DELAY, hours(48))


def test_lists_show_target_and_latest_and_the_preview_does_before(sqlite_database: Database) -> None:
    desk = TwoClauses(sqlite_database)
    client = desk.client("dpo")
    listed = main(client.get(desk.case).text)
    assert "48 hours, clause 2.1" in listed
    assert re.search(r">\s*latest \S", listed)
    assert re.search(r">target \S", listed)
    case = desk.record()
    shown = main(client.post(f"{case}/affected", data={"selection": "all", "preview": "1"}).text)
    assert "48 hours, clause 2.1; house target 24 hours" in shown
    assert "latest " in shown
    desk.later(30)
    desk.tell()
    assert "h early" in main(desk.client("dpo").get(desk.case).text)
