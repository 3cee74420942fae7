"""What no mail server took is told nowhere as if somebody had been told, whatever is set later."""

from __future__ import annotations

from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.alerts.rules import State
from dpa.breaches import case, customer, operations, year_queries
from dpa.breaches.evidence import dossier_pages, lines, register
from dpa.breaches.models import Affected, Delivery
from dpa.breaches.operations import documenting
from dpa.evidence.pdf.blocks import Summary
from dpa.evidence.register import assembling, kinds, records
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.queries import Reader
from dpa.web.identity import Scope
from tests.breaches.conftest import NOW, Ground
from tests.breaches.evidence.house import HOUR
from tests.breaches.evidence.test_register import asked
from tests.breaches.test_phases import Case


def demonstration(ground: Ground) -> Case:
    found = Case(ground, customers=2)
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
    view = case.view(here.session, one.breach, here.organisation, now=NOW + 4 * HOUR, reader=Reader(scope, "u:1", installation=False), after=None)
    assert (view.told, view.kept) == (2, 2)
    assert {row.words for row in view.rows.rows} == {"in the file mailbox, nobody told"}
    assert view.phases[0].count.kept == 2
    shown = customer.view(here.session, one.breach, one.rows[0].id, NOW + 4 * HOUR)
    assert (shown.words, shown.deliveries[0].words) == ("in the file mailbox, nobody told", "kept in the file mailbox")
    total = year_queries.year_sum(here.session, scope, 2026)
    assert (total.told, total.kept) == (2, 2)


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
    assert [line.demonstration for line in found] == [2]
    said = register.build({"title": "Incident register", "zone": "Europe/Paris", "issuer": {"name": "Lemon"}, "content": register.content(found, asked())})
    assert "2 notices of them were only kept in the file mailbox" in next(block.text for block in said.summary if isinstance(block, Summary))


def test_a_document_ordered_without_a_mail_server_is_marked_and_one_with_is_not(here: Ground) -> None:
    one = demonstration(here)
    for server, marked in (("", True), ("smtp://mail.example:25", False)):
        with one.at(6 + marked) as unit:
            unit.settings = unit.settings.model_copy(update={"smtp_url": server})
            organisation = unit.session.merge(here.organisation)
            [paper] = documenting.order_dossiers(unit, one.breach, organisation, [one.rows[0]], NOW + 5 * HOUR)
            order = records.read(paper.content)
        assert ("demonstration" in order) is marked
        seal = {"subject": "Lemon", "root_fingerprint": "aa", "fingerprint": "bb"}
        whole = records.issued(order, at=NOW + 7 * HOUR, seal=seal, checkpoint="x\n", trail_key="k", anchor=None)
        made = assembling.document(records.canonical(whole), kinds.kind_named(paper.kind), None)
        assert made.classification == ("Demonstration" if marked else "Confidential")
        assert (made.blocks[0].title == "Demonstration" if marked else isinstance(made.blocks[0], Summary))  # type: ignore[union-attr]
