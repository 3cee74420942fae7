"""Awareness corrected to an earlier time after customers were told: their clocks stay, and nothing calls them in time without saying by which awareness."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import select

from dpa.breaches import (
    case,
    case_counts,
    case_customers,
    corrected,
    customer,
    late,
    operations,
    year_queries,
    yearly,
)
from dpa.breaches.awareness import Decision
from dpa.breaches.case_queries import Opened
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.clocks import Starts
from dpa.breaches.closing import Ending
from dpa.breaches.counting import starts_of
from dpa.breaches.evidence import dossier_pages, drill_pages, lines, register, tables
from dpa.breaches.evidence import pages as evidence_pages
from dpa.breaches.evidence.moments import Promise
from dpa.breaches.operations import documenting
from dpa.breaches.phases import Phase
from dpa.cli.migrate import alembic_config
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import RULE
from dpa.evidence.pdf.blocks import ClockStrip, Notice, Summary, Text
from dpa.evidence.register import kinds, records
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.trail.queries import Reader
from dpa.problems import Conflict
from dpa.web.identity import Scope
from tests.breaches.conftest import NO_FINAL, NOW, Ground
from tests.breaches.evidence.house import HOUR
from tests.breaches.evidence.test_drill import report
from tests.breaches.evidence.test_register import asked
from tests.breaches.test_phases import Case
from tests.support.databases import Database

EARLIER = NOW - 26.5 * HOUR
"""Customers were told 27 h 30 min after it, by a promise of 24 hours."""


def put_back(one: Case, to: object = EARLIER, hours: float = 2) -> None:
    with one.at(hours) as unit:
        decision = Decision(to, to, "The alert itself was certain.", "Bo Lind")  # type: ignore[arg-type]
        operations.correct_awareness(unit, one.breach, decision, "The log was read wrongly at first.")


@pytest.fixture
def told(here: Ground) -> Case:
    """Two customers told three hours after awareness; then awareness turns out to have been a day earlier."""
    one = Case(here)
    one.tell(1)
    put_back(one)
    return one


def record(one: Case, hours: float = 3) -> dict[str, object]:
    with one.at(hours) as unit:
        [paper] = documenting.order_dossiers(unit, one.breach, unit.session.merge(one.ground.organisation), [one.rows[0]], NOW + hours * HOUR)
        return records.read(paper.content)


def test_the_dossier_says_by_which_awareness_it_was_in_time(told: Case) -> None:
    found = record(told)
    body = dossier_pages.build(found)
    lead = next(block.text for block in body.summary if isinstance(block, Summary))
    assert "in time counted from the awareness held then (" in lead
    assert lead.endswith("counted from the corrected one it came 27 h 30 min after awareness, 3 h 30 min late.")
    assert "in time." not in lead
    clock = next(block.text for block in body.detail if isinstance(block, Text) and "did not move this clock" in block.text)
    assert "it would have ended" in clock
    assert "the customer was told 27 h 30 min after that awareness, 3 h 30 min late" in clock
    assert "kept, " not in str(body)
    assert any(isinstance(block, Notice) and "counted from the corrected awareness" in block.text for block in body.summary), "no reason is on record"
    assert found["content"]["clock"]["late_s"] == -21 * 3600, "a met deadline never moves"  # type: ignore[index]


def test_a_dossier_as_of_an_instant_before_the_correction_says_what_was_held_then(told: Case) -> None:
    with told.at(3) as unit:
        [paper] = documenting.order_dossiers(unit, told.breach, unit.session.merge(told.ground.organisation), [told.rows[0]], NOW + 1.5 * HOUR)
        found = records.read(paper.content)["content"]
    assert (found["outcome"], found["corrected"]) == ("kept", None)


def test_in_time_by_both_awarenesses_is_kept_and_says_both(here: Ground) -> None:
    one = Case(here)
    one.tell(1)
    put_back(one, NOW - 10 * HOUR)
    found = record(one)
    lead = next(block.text for block in dossier_pages.build(found).summary if isinstance(block, Summary))
    assert found["content"]["outcome"] == "kept"  # type: ignore[index]
    assert lead.endswith("it came 11 h 00 min after awareness, also, 13 h 00 min early.")


def test_the_register_counts_them_as_missed_and_says_how_many_were_in_time_then(told: Case) -> None:
    found = lines.lines(told.ground.session, told.ground.organisation.id, asked())
    [line] = found
    assert (line.missed, line.counts[Promise.CORRECTED], line.counts[Promise.KEPT], line.unexplained) == (2, 2, 0, 2)
    said = register.build({"title": "Incident register", "zone": "Europe/Paris", "issuer": {"name": "Lemon"}, "content": register.content(found, asked())})
    lead = next(block.text for block in said.summary if isinstance(block, Summary))
    assert "2 promises or house targets were missed, 2 of them in time by the awareness held then and late counted from the corrected one." in lead
    assert b"Told in time by the awareness held then, late by the corrected one" in tables.as_csv(found)
    [before] = lines.lines(told.ground.session, told.ground.organisation.id, asked(1.5))
    assert (before.missed, before.counts[Promise.KEPT]) == (0, 2)


def test_the_pages_of_case_customer_and_evidence_say_it(told: Case) -> None:
    session, scope = told.ground.session, Scope(frozenset({told.ground.organisation.id}))
    reader = Reader(scope, "u:1", installation=False)
    view = case.view(session, Opened(told.breach, told.ground.organisation, None, None, b"", None, None), now=NOW + 3 * HOUR, reader=reader, after=None)
    assert [row.corrected.anew() for row in view.rows.rows if row.corrected] == ["27 h 30 min after the corrected awareness, 3 h 30 min late counted from it"] * 2
    assert "from awareness on Sun 22 Nov 2026, 11:00 Paris" in view.clocks[0].label
    shown = customer.view(session, told.breach, told.rows[0].id, NOW + 3 * HOUR)
    assert shown.corrected is not None
    assert shown.may.explain
    assert (shown.late, shown.clock.state, shown.corrected.margin()) == (True, "late", "3 h 30 min late")
    page = evidence_pages.evidence(session, told.breach, told.ground.organisation, NOW + 3 * HOUR, None)
    assert {row.tag.text for row in page.rows.rows} == {"missed by the corrected awareness"}
    assert all(row.unexplained and not row.untold for row in view.rows.rows)


def test_the_year_counts_them_as_late_and_says_how_many_were_in_time_then(told: Case) -> None:
    session, scope, now = told.ground.session, Scope(frozenset({told.ground.organisation.id})), NOW + 3 * HOUR
    [line] = year_queries.year(session, scope, 2026, now, {"Europe/Paris"}).rows
    assert (line.told, line.late, line.late_anew) == (2, 2, 2)
    [bar] = yearly.chart([line], now, "/{id}").bars
    assert (bar.words, bar.state) == ("2 customers late, all in time by the awareness held when told", "late")
    whole = year_queries.year_sum(session, scope, 2026, now, {"Europe/Paris"})
    assert (whole.told, whole.late, yearly.missed(whole)) == (2, 2, "2 customers late, all in time by the awareness held when told")
    assert yearly.missed(replace(whole, late=3)) == "3 customers late, 2 of them in time by the awareness held when told"
    put_back(told, NOW - 10 * HOUR, 3)
    [bar] = yearly.chart(year_queries.year(session, scope, 2026, now, {"Europe/Paris"}).rows, now, "/{id}").bars
    assert (bar.words, bar.state) == ("all in time, by the corrected awareness as well", "met")


def test_the_page_of_reasons_lists_them_and_closing_asks_for_a_reason(told: Case) -> None:
    session, now = told.ground.session, NOW + 3 * HOUR
    told.tell(2.5, Phase.FINAL)
    page = late.without_reason(session, told.breach, now)
    assert [(line.controller, line.anew.margin() if line.anew else "", line.due_at) for line in page.rows] == [
        (f"Customer {number}", "3 h 30 min late", EARLIER + timedelta(hours=24)) for number in (1, 2)
    ]
    narrowed = case_customers.affected(session, told.breach, (), now, narrowing=case_customers.Narrowing(only=case_customers.Only.LATE))
    assert [line.late_anew for line in narrowed.rows] == [True, True]
    assert (late.count(session, told.breach, now), case_counts.closing_counts(session, told.breach).unexplained) == (2, 2)
    with pytest.raises(Conflict, match="Give the reason why 2 customers were told late"), told.at(3) as unit:
        operations.close(unit, told.breach, Ending("Everybody knows what there is to know."))
    with told.at(3) as unit:
        operations.explain_lateness(unit, told.breach, late.rows(unit.session, told.breach, unit.now, [told.rows[0].id]), "The night desk read the log wrongly.")
    [line] = lines.lines(session, told.ground.organisation.id, asked())
    assert (line.late_reasons, line.unexplained) == ((("The night desk read the log wrongly.", 1),), 1)
    assert [row.id for row in late.rows(session, told.breach, now)] == [told.rows[1].id]
    with told.at(3) as unit:
        operations.explain_lateness(unit, told.breach, late.rows(unit.session, told.breach, unit.now), "Its answer was lost.")
        operations.close(unit, told.breach, Ending("Everybody knows what there is to know."))


def test_a_further_correction_takes_it_back_or_makes_it_so(told: Case) -> None:
    session = told.ground.session
    assert [row.late_anew for row in told.rows] == [True, True]
    put_back(told, NOW - 10 * HOUR, 3)
    assert [row.late_anew for row in told.rows] == [False, False]
    assert case_counts.closing_counts(session, told.breach).unexplained == 0
    put_back(told, EARLIER, 4)
    assert [row.late_anew for row in told.rows] == [True, True]


def test_who_was_late_anyway_is_counted_once(here: Ground) -> None:
    one = Case(here)
    one.tell(30)
    put_back(one, hours=31)
    assert [row.late_anew for row in one.rows] == [False, False]
    assert case_counts.closing_counts(here.session, one.breach).unexplained == 2


def test_before_a_correction_whoever_corrects_reads_whom_it_makes_late(here: Ground) -> None:
    one = Case(here)
    assert corrected.told_before(here.session, one.breach, Starts(EARLIER, EARLIER)) is None, "nobody was told"
    one.tell(1)
    found = corrected.told_before(here.session, one.breach, Starts(EARLIER, EARLIER))
    assert found is not None
    assert (found.customers, found.late, found.names) == (2, 2, "Customer 1, Customer 2")
    assert found.sentence.startswith("2 customers were told before (Customer 1, Customer 2). Their clocks stay as they were met, but 2 of them are late counted from")
    assert corrected.told_before(here.session, one.breach, Starts(NOW, NOW)) is None, "a later awareness takes nothing back"


def test_one_with_an_awareness_of_its_own_and_one_corrected_to_a_later_time_are_not_concerned(here: Ground) -> None:
    one = Case(here, customers=1)
    late = here.customer(9)
    one.agreements.append(late)
    one.name(late, hours=0.5, aware_at=NOW)
    one.tell(1)
    put_back(one)
    first, own = (corrected.of_entry(one.entry(place), starts_of(one.breach), one.rows[place].aware_reason) for place in (0, 1))
    assert first is not None
    assert own is None
    put_back(one, NOW - 1 * HOUR, 3)
    assert corrected.of_entry(one.entry(0), starts_of(one.breach), "") is None


def test_one_that_stayed_missed_is_counted_anew_once_it_ended_earlier_and_is_late_by_that(here: Ground) -> None:
    one = Case(here, customers=1)
    one.write(hours=0)
    one.release(0)
    put_back(one, NOW + HOUR, 30)  # Its time had passed: no later awareness makes it unmissed, so it runs on.
    put_back(one, NOW - 20 * HOUR, 31)
    assert one.entry(0).started_at == NOW - 20 * HOUR
    with one.at(32) as unit:
        [row] = one.rows
        operations.hand_over(unit, one.breach, unit.session.merge(row), Handed(Channel.PHONE, NOW + 10 * HOUR, "Reached the desk."))
    [row] = one.rows
    assert (row.sent_at, one.entry(0).late_s, row.late_anew) == (NOW + 10 * HOUR, 6 * 3600, False)


def test_a_date_is_counted_again_by_its_own_rule(told: Case) -> None:
    rule = told.ground.session.scalars(select(RULE).where(DocketEntry.id == told.rows[0].docket_entry_id)).one()
    assert corrected.due_from(rule, EARLIER) == EARLIER + timedelta(hours=24)


def test_the_report_of_an_exercise_counts_none_of_them_as_kept(here: Ground) -> None:
    one = Case(here, customers=1, drill=True)
    one.tell(1)
    put_back(one)
    with one.at(3) as unit:
        operations.explain_lateness(unit, one.breach, late.rows(unit.session, one.breach, unit.now), "The night desk read the log wrongly.")
        operations.close(unit, one.breach, Ending("Everybody knew what to do.", NO_FINAL))
    body = drill_pages.build(report(one))
    assert "0 of 1 clock would have been kept" in body.summary[1].text  # type: ignore[union-attr]
    assert "21 h early by the awareness held then, 3 h 30 min late counted from the corrected one" in str(body)


def test_a_later_notice_draws_no_strip_from_an_awareness_that_was_corrected(told: Case) -> None:
    told.tell(3, Phase.SUPPLEMENT)
    strips = []
    for paper in told.ground.session.scalars(select(IssuedDocument).where(IssuedDocument.kind == "breach-notice").order_by(IssuedDocument.id)):
        whole = records.issued(records.read(paper.content), at=NOW + 4 * HOUR, seal={"subject": "Lemon"}, checkpoint="x\n", trail_key="k", anchor=None)
        strips.append(any(isinstance(block, ClockStrip) for block in kinds.kind_named(paper.kind).build(whole).summary))
    assert strips == [True, True, False, False]


def test_an_installation_from_before_is_marked_when_it_is_migrated(told: Case, sqlite_database: Database) -> None:
    told.ground.session.rollback()
    config = alembic_config(sqlite_database.url)
    command.downgrade(config, "0014")
    command.upgrade(config, "head")
    told.ground.session.expire_all()
    assert [row.late_anew for row in told.rows] == [True, True]
