"""What no mail server took is told nowhere as if somebody had been told, whatever is set later."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.alerts.rules import State
from dpa.breaches import (
    case,
    case_counts,
    case_customers,
    customer,
    late,
    list_queries,
    operations,
    tally,
    year_queries,
    yearly,
)
from dpa.breaches.case_queries import Opened
from dpa.breaches.events import Event
from dpa.breaches.evidence import dossier_pages, lines, package, register, tables
from dpa.breaches.evidence import pages as evidence_pages
from dpa.breaches.evidence.case_file import case_file
from dpa.breaches.evidence.customer_file import customer_files
from dpa.breaches.evidence.moments import Promise
from dpa.breaches.models import Affected, Delivery
from dpa.breaches.operations import documenting
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft
from dpa.evidence import trail
from dpa.evidence.pdf.blocks import Summary
from dpa.evidence.register import assembling, kinds, records
from dpa.evidence.register.kinds import Record
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.queries import Reader
from dpa.web.identity import Scope
from tests.breaches.conftest import NOW, Ground
from tests.breaches.evidence.house import HOUR
from tests.breaches.evidence.test_register import asked
from tests.breaches.test_phases import Case


def demonstration(ground: Ground, *, drill: bool = False) -> Case:
    found = Case(ground, customers=2, drill=drill)
    found.write(hours=1)
    found.release(2)
    with found.at(3, "system:alerts") as unit:
        for message in unit.session.scalars(select(OutboxMessage).where(OutboxMessage.category == "notice")).all():
            message.sent_at, message.state, message.kept = unit.now, State.SENT, True
            operations.notices_sent(unit, [message])
    return found


def test_the_rows_keep_that_the_mailbox_took_it(here: Ground) -> None:
    demonstration(here)
    assert set(here.session.scalars(select(Delivery.kept))) == set(here.session.scalars(select(Affected.kept))) == {True}
    said = here.session.scalars(select(TrailEvent).where(TrailEvent.action == "breaches:notice:sent")).first()
    assert said is not None
    assert "kept in the file mailbox (demonstration, nobody was told)" in said.body


def test_case_customer_and_year_say_that_nobody_was_told(here: Ground) -> None:
    one = demonstration(here)
    scope = Scope(frozenset({here.organisation.id}))
    view = case.view(here.session, Opened(one.breach, here.organisation, None, None, b"", None, None), now=NOW + 4 * HOUR, reader=Reader(scope, "u:1", installation=False), after=None)
    assert (view.told, view.kept, view.tally) == (0, 2, "0 of 2 told, 2 only in the file mailbox, nobody told")
    assert {row.words for row in view.rows.rows} == {"in the file mailbox, nobody told"}
    assert view.phases[0].count.kept == 2
    shown = customer.view(here.session, one.breach, one.rows[0].id, NOW + 4 * HOUR)
    assert (shown.words, shown.deliveries[0].words) == ("in the file mailbox, nobody told", "kept in the file mailbox")
    total = year_queries.year_sum(here.session, scope, 2026, NOW + 4 * HOUR, {"Europe/Paris"})
    assert (total.told, total.kept, total.untold_late, total.late) == (0, 2, 0, 0)
    [listed] = list_queries.incidents(here.session, scope).rows
    assert (listed.told, listed.kept, listed.words) == (0, 2, "0 of 2, 2 only in the file mailbox, nobody told")
    [line] = year_queries.year(here.session, scope, 2026, NOW + 4 * HOUR, {"Europe/Paris"}).rows
    assert (line.told, line.kept, line.first_told_at) == (0, 2, None)
    [bar] = yearly.chart([line], NOW + 4 * HOUR, "/{id}").bars
    assert (bar.first, bar.words) == (None, "0 of 2 told, 2 only in the file mailbox, nobody told"), "no dot says that somebody was told"


def test_the_dossier_says_it_first_and_the_register_counts_it(here: Ground) -> None:
    one = demonstration(here)
    with one.at(5) as unit:
        organisation = unit.session.merge(here.organisation)
        [paper] = documenting.order_dossiers(unit, one.breach, organisation, [one.rows[0]], NOW + 5 * HOUR)
        record = records.read(paper.content)
    lead = next(block.text for block in dossier_pages.build(record).summary if isinstance(block, Summary))
    assert "was not told" in lead
    assert "in time." not in lead
    found = lines.lines(here.session, here.organisation.id, asked())
    assert [(line.told, line.demonstration, line.first_told_at, line.to_notice, line.counts[Promise.KEPT]) for line in found] == [(0, 2, None, None, 0)]
    assert evidence_pages.register(found, page=1).rows[0].told == "0 of 2, 2 only in the file mailbox, nobody told"
    row = next(csv.DictReader(StringIO(tables.as_csv(found).decode("utf-8-sig"), newline="")))
    assert (row["Customers told"], row["Told in time"], row["First customer told"]) == ("0", "0", "")
    assert row["Demonstration: only kept in the file mailbox, nobody told"] == "2"
    said = register.build({"title": "Incident register", "zone": "Europe/Paris", "issuer": {"name": "Lemon"}, "content": register.content(found, asked())})
    lead = next(block.text for block in said.summary if isinstance(block, Summary))
    assert "0 customers were told. 2 notices were only kept in the file mailbox" in lead
    assert "was kept." not in lead


def test_the_facts_for_the_controller_name_no_day_on_which_nobody_was_told(here: Ground) -> None:
    one = demonstration(here)
    [kept, telephoned] = customer_files(here.session, case_file(here.session, one.breach, NOW + 5 * HOUR), one.rows)
    telephoned.said["demonstration"] = False
    for customer_file, server, marked in ((kept, False, True), (kept, True, True), (telephoned, False, False), (telephoned, True, True)):
        found = package.package(case_file(here.session, one.breach, NOW + 5 * HOUR), customer_file, "Lemon", demonstration=server)
        assert found["demonstration"] is marked
        informed = customer_file is telephoned
        assert ("field_52" in found["fields"], "The processor informed the controller" in found["fields"]["field_53"]) == (informed, informed)


def test_one_who_was_telephoned_is_told_beside_those_of_the_file_mailbox(here: Ground) -> None:
    one = demonstration(here)
    with one.at(4) as unit:
        row = unit.session.merge(one.rows[1])
        row.kept = False
        unit.session.flush()
        trail.record(unit, Event.SENT, subject=("breach", one.breach.id), organisation_id=here.organisation.id, covers=[row])
    [line] = lines.lines(here.session, here.organisation.id, asked())
    assert (line.told, line.demonstration, line.counts[Promise.KEPT], line.affected) == (1, 1, 1, 2)
    assert tally.told(line.told, line.affected, line.demonstration) == "1 of 2 told, 1 only in the file mailbox"


@pytest.mark.parametrize(("given", "said"), [
    ((8, 8), "8 of 8 told"), ((1, 8, 7), "1 of 8 told, 7 only in the file mailbox"), ((0, 8, 8), "0 of 8 told, 8 only in the file mailbox, nobody told"),
    ((2, 3, 0, 1), "2 of 3 told, 1 waived"),
])  # fmt: skip
def test_how_many_were_told_in_one_wording(given: tuple[int, ...], said: str) -> None:
    assert tally.told(*given) == said


def test_a_document_ordered_without_a_mail_server_is_marked_and_one_with_is_not(here: Ground) -> None:
    one = demonstration(here)
    for server, marked in (("", True), ("smtp://mail.example:25", False)):
        with one.at(6 + marked) as unit:
            unit.settings = unit.settings.model_copy(update={"smtp_url": server})
            organisation = unit.session.merge(here.organisation)
            [paper] = documenting.order_dossiers(unit, one.breach, organisation, [one.rows[0]], NOW + 5 * HOUR)
            order = records.read(paper.content)
        assert ("demonstration" in order) is marked
        assert order["content"]["edpb"]["demonstration"] is True, "what the file mailbox kept told nobody, whatever is set later"
        seal = {"subject": "Lemon", "root_fingerprint": "aa", "fingerprint": "bb"}
        whole = records.issued(order, at=NOW + 7 * HOUR, seal=seal, checkpoint="x\n", trail_key="k", anchor=None)
        made = assembling.document(records.canonical(whole), kinds.kind_named(paper.kind), None)
        assert made.classification == ("Demonstration" if marked else "Confidential")
        assert (made.blocks[0].title == "Demonstration" if marked else isinstance(made.blocks[0], Summary))  # type: ignore[union-attr]


def test_what_only_the_mailbox_kept_is_missed_when_its_time_has_passed(here: Ground) -> None:
    one = demonstration(here)
    with one.at(30) as unit:
        operations.explain_lateness(unit, one.breach, [unit.session.merge(one.rows[0])], "No mail server was set up yet.")
    [running] = lines.lines(here.session, here.organisation.id, asked(5))
    [line] = found = lines.lines(here.session, here.organisation.id, asked(50))
    assert (running.missed, running.demonstration, running.counts[Promise.DEMONSTRATION]) == (0, 2, 2)
    assert (line.missed, line.demonstration, line.told, line.counts[Promise.OVERDUE]) == (2, 2, 0, 2)
    assert (line.late_reasons, line.unexplained) == ((("No mail server was set up yet.", 1),), 1)
    said = register.build({"title": "Incident register", "zone": "Europe/Paris", "issuer": {"name": "Lemon"}, "content": register.content(found, asked(50))})
    lead = next(block.text for block in said.summary if isinstance(block, Summary))
    assert "2 notices were only kept in the file mailbox of a demonstration: nobody was told by them. 2 promises or house targets were missed." in lead
    assert "No mail server was set up yet." in str(said.detail)
    page = evidence_pages.evidence(here.session, one.breach, here.organisation, NOW + 50 * HOUR, None)
    assert {row.tag.text for row in page.rows.rows} == {"missed, only in the file mailbox"}
    scope = Scope(frozenset({here.organisation.id}))
    [year] = year_queries.year(here.session, scope, 2026, NOW + 50 * HOUR, {"Europe/Paris"}).rows
    [bar] = yearly.chart([year], NOW + 50 * HOUR, "/{id}").bars
    assert (bar.words, bar.state) == ("0 of 2 told, 2 only in the file mailbox, nobody told, the time of 2 customers has passed", "late")
    whole = year_queries.year_sum(here.session, scope, 2026, NOW + 50 * HOUR, {"Europe/Paris"})
    assert yearly.missed(whole) == "nobody told by the 2 notices in the file mailbox, the time of 2 has passed: missed"


def dossier(one: Case, hours: float) -> Record:
    with one.at(hours) as unit:
        [paper] = documenting.order_dossiers(unit, one.breach, unit.session.merge(one.ground.organisation), [unit.session.merge(one.rows[0])], NOW + hours * HOUR)
        return records.read(paper.content)


def test_the_dossier_counts_as_the_register_does(here: Ground) -> None:
    one = demonstration(here)
    early, late_one = dossier(one, 5), dossier(one, 50)
    assert [record["content"]["outcome"] for record in (early, late_one)] == ["demonstration", "overdue"]
    pages = [str(dossier_pages.build(record)) for record in (early, late_one)]
    assert "value='demonstration, nobody told, 17 h left'" in pages[0]
    assert "Its time still ran until Mon 23 Nov 2026 11:00 +01:00." in pages[0]
    assert "value='missed, only in the file mailbox'" in pages[1]
    assert "Its time passed on Mon 23 Nov 2026 11:00 +01:00: the promise was missed." in pages[1]
    assert "No reason was on record" in pages[1]
    for page in pages:
        assert "early" not in page
        assert "before the time was over" not in page
    with one.at(51) as unit:
        operations.explain_lateness(unit, one.breach, late.rows(unit.session, one.breach, unit.now), "No mail server was set up yet.")
    assert "Why nobody was told in time" in str(dossier_pages.build(dossier(one, 52)))


def test_the_line_and_the_page_of_a_customer_count_as_the_register_does(here: Ground) -> None:
    one, scope = demonstration(here), Scope(frozenset({here.organisation.id}))
    for hours, missed in ((5, False), (50, True)):
        now = NOW + hours * HOUR
        view = case.view(here.session, Opened(one.breach, here.organisation, None, None, b"", None, None), now=now, reader=Reader(scope, "u:1", installation=False), after=None)
        assert {(row.untold, row.missed, row.unexplained) for row in view.rows.rows} == {(True, missed, False)}
        shown = customer.view(here.session, one.breach, one.rows[0].id, now)
        words = "missed, only in the file mailbox" if missed else "in the file mailbox, nobody told"
        assert (shown.words, shown.late, shown.may.explain, shown.clock.met_at) == (words, missed, missed, None)
        assert shown.clock.state == ("late" if missed else "soon")
        narrowed = case_customers.affected(here.session, one.breach, (), now, narrowing=case_customers.Narrowing(only=case_customers.Only.LATE))
        assert [line.mailbox for line in narrowed.rows] == [True, True][: 2 * missed]
        assert [line.kept for line in late.without_reason(here.session, one.breach, now).rows] == [True, True][: 2 * missed]
    assert case_counts.closing_counts(here.session, one.breach).unexplained == 0, "a demonstration can be played to its end"


def test_in_an_exercise_the_mailbox_stands_for_everybody(here: Ground) -> None:
    one = demonstration(here, drill=True)
    now = NOW + 50 * HOUR
    shown = customer.view(here.session, one.breach, one.rows[0].id, now)
    assert (shown.late, shown.kept_at, shown.clock.state) == (False, None, "met")
    assert late.rows(here.session, one.breach, now) == []
    [file] = customer_files(here.session, case_file(here.session, one.breach, now), one.rows[:1])
    assert file.said["outcome"] == "kept"


def test_the_register_never_says_that_nothing_was_missed_where_the_mailbox_kept_a_notice(here: Ground) -> None:
    demonstration(here)
    found = lines.lines(here.session, here.organisation.id, asked(5))
    said = register.build({"title": "Incident register", "zone": "Europe/Paris", "issuer": {"name": "Lemon"}, "content": register.content(found, asked(5))})
    lead = next(block.text for block in said.summary if isinstance(block, Summary))
    assert lead.endswith("nobody was told by them.")


def test_an_incident_that_was_none_missed_nothing_after_it_was_closed(here: Ground) -> None:
    one = demonstration(here)
    with one.at(4) as unit:
        operations.save_draft(unit, one.breach, Draft("There was no breach.", "Ana Duarte", "", "", ""), Phase.CORRECTION, withdraws=True)
    one.release(5)
    one.deliver(6)
    with one.at(7) as unit:
        operations.close_as_no_breach(unit, one.breach, "The export held no personal data at all.")
    [line] = lines.lines(here.session, here.organisation.id, asked(50))
    assert (line.missed, line.demonstration) == (0, 2)
