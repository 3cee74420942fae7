"""What a customer is told of awareness and of its clock: its own awareness with the reason, what contract and law ask, and nothing of the house's own."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from dpa.breaches import links, operations
from dpa.breaches.documents import LEAD_MAX, quoted
from dpa.breaches.evidence import dossier_pages
from dpa.breaches.models import Affected
from dpa.breaches.operations import documenting
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Selection
from dpa.breaches.told_clock import told_basis
from dpa.evidence.register import records
from dpa.languages import Language
from dpa.parties.rules import Purpose
from dpa.portal import queries, showing
from tests.breaches.conftest import NOW, Ground, ground_for
from tests.breaches.tellers import GERMAN, Tellers
from tests.breaches.test_operations import AWARE
from tests.breaches.test_phases import HOUR, REASON, Case
from tests.support.databases import Database

INSIDE = "The night desk read the alarm only in the morning."
LATER = "Its table was found in the second export."


@pytest.mark.parametrize(("basis", "told"), [
    ("Contract, clause 15.4: 24 hours", "Contract, clause 15.4: 24 hours"),
    ("Contract, clause 15.4: 24 hours; house target 20 hours", "Contract, clause 15.4: 24 hours"),
    ("Law, GDPR Art. 33(2): without undue delay; Data Processing Agreement not on file; house target 24 hours", "Law, GDPR Art. 33(2): without undue delay"),
    ("Law, GDPR Art. 33(2): without undue delay; no DPA on file; house target 24 hours", "Law, GDPR Art. 33(2): without undue delay"),
])  # fmt: skip
def test_a_customer_reads_where_its_promise_is_written_and_no_gap_of_our_file(basis: str, told: str) -> None:
    assert told_basis(basis) == told


@pytest.mark.parametrize(("text", "begin"), [
    ("It leaked.", "It leaked."), ("It  leaked.\n\nTwice.", "It leaked. Twice."),
    ("It leaked under Art. 33 of the Act. " + "More and more " * 40, "It leaked under Art. 33 of the Act. …"),
    ("First. " + "Second goes on " * 20 + "and ends. " + "Third goes on and on " * 20, "First. " + "Second goes on " * 20 + "and ends. …"),
    ("word " * 100, "word " * 83 + "word …"),
])  # fmt: skip
def test_the_first_page_quotes_whole_sentences(text: str, begin: str) -> None:
    assert quoted(text) == begin
    assert len(quoted(text)) <= LEAD_MAX + 2


def test_where_law_names_no_number_a_customer_reads_no_target_of_the_house(database: Database, session: Session) -> None:
    tellers = Tellers(ground_for(database, "lighton", session))
    tellers.begin(awareness_reason=INSIDE)
    tellers.tell(Phase.INITIAL, {Language.DE: GERMAN[Phase.INITIAL]})
    for code, asked in (("de", "Was Vertrag und Gesetz verlangen"), ("fr", "Ce qu’exigent le contrat et la loi"), ("", "What contract and law ask")):
        record = tellers.record(code)
        assert record["content"]["clock"] | {"basis": ""} == {
            "started_at": "2026-11-22T10:00:00.000000Z", "start": "", "due_at": None, "origin": "", "basis": "", "steps": [], "warnings": [],
        }
        kept, page = json.dumps(record, ensure_ascii=False), tellers.pdf_text(code)
        for inside in ("house target", "House target", "house_policy", "on file", INSIDE, "Eigenes Ziel", "Objectif interne"):
            assert inside not in kept
            assert inside not in page
        assert asked in page
        assert "GDPR Art. 33(2)" in page
    assert "Neither contract nor law name a number of hours or days." in tellers.pdf_text("")
    assert "2 h 30 min after awareness" in " ".join(tellers.pdf_text("").split())


def test_a_customer_named_later_reads_its_own_awareness_everywhere_with_the_reason(lemon: Ground) -> None:
    tellers = Tellers(lemon)
    tellers.begin(awareness_reason=INSIDE)
    late = lemon.customer(9, (Purpose.SECURITY, "security@c9.example"))
    with lemon.unit() as unit:
        [row] = operations.add_affected(unit, tellers.breach(unit.session), [late.id], Selection.BY_LIST, aware_at=AWARE + timedelta(hours=1), aware_reason=LATER)
        tellers.rows["late"] = row.id
    tellers.tell(Phase.INITIAL)
    mail, page, content = tellers.mail_text("late"), " ".join(tellers.pdf_text("late").split()), tellers.record("late")["content"]
    assert (content["aware_at"], content["incident_aware_at"], content["aware_reason"]) == ("2026-11-22T11:00:00.000000Z", "2026-11-22T10:00:00.000000Z", LATER)
    assert content["clock"]["started_at"] == content["aware_at"]
    assert "Sun 22 Nov 2026, 12:00 Paris (that you are affected; of the incident since Sun 22 Nov 2026, 11:00 Paris)" in mail
    assert LATER in mail
    assert "Aware since Sun 22 Nov 2026 12:00 +01:00 that you are affected; of the incident since Sun 22 Nov 2026 11:00 +01:00" in page
    assert f"Why awareness that you are affected came later {LATER}" in page
    for code in ("", "late"):
        assert INSIDE not in json.dumps(tellers.record(code)) + tellers.pdf_text(code)
    assert LATER not in tellers.mail_text("") + tellers.pdf_text("")
    assert lemon.session.get_one(Affected, tellers.rows[""]).aware_at == AWARE


def test_the_dossier_and_the_facts_say_the_same_awareness(lemon: Ground) -> None:
    case = Case(lemon)
    case.name(lemon.customer(9, (Purpose.SECURITY, "security@c9.example")), hours=1, aware_at=NOW + HOUR / 2)
    case.tell(2)
    with case.at(3) as unit:
        papers = documenting.order_dossiers(unit, case.breach, unit.session.merge(lemon.organisation), case.rows, NOW + 3 * HOUR)
        early, late = (records.read(papers[at].content) for at in (0, -1))
    pages = [str(dossier_pages.build(one)) for one in (early, late)]
    said = "and from Sun 22 Nov 2026 13:30 +01:00 on that Customer 9 is affected"
    assert [said in page for page in pages] == [False, True]
    assert [page.count(REASON) for page in pages] == [0, 2], "under awareness, and in the story"
    comments = late["content"]["edpb"]["fields"]["field_53"]
    assert f"It was aware on Sun 22 Nov 2026 13:30 +01:00 (Europe/Paris) that the controller Customer 9 is affected. Why later: {REASON}" in comments
    assert "is affected" not in early["content"]["edpb"]["fields"]["field_53"]


def test_a_dossier_calls_a_target_of_the_house_no_promise(database: Database, session: Session) -> None:
    case = Case(ground_for(database, "lighton", session))
    case.tell(30)
    with case.at(31) as unit:
        [paper] = documenting.order_dossiers(unit, case.breach, unit.session.merge(case.ground.organisation), case.rows[:1], NOW + 31 * HOUR)
        record = records.read(paper.content)
    page = str(dossier_pages.build(record))
    assert "later than the house target. Neither contract nor law name a number; what they ask: without undue delay, GDPR Art. 33(2)." in page
    assert "label='House target', value='missed, 8 h late'" in page
    assert "The house target was missed, and nobody had said why by then." in page
    assert "'24 hours.', \"the house's own target\"" in page
    for wrong in ("Promised by", "The promise", "not on file", "no DPA"):
        assert wrong not in page


def portal(ground: Ground, tellers: Tellers, code: str) -> str:
    """The page of a customer as data: what its template has to show."""
    with ground.unit(NOW + HOUR) as unit:
        token = links.make_one(unit, tellers.breach(unit.session), unit.session.get_one(Affected, tellers.rows[code])).rsplit("/", 1)[-1]
        found = queries.holder(unit.session, token, unit.now)
        return str(showing.view(unit.session, found, token, unit.now))


def test_the_customers_page_shows_no_target_of_the_house(database: Database, session: Session) -> None:
    ground = ground_for(database, "lighton", session)
    tellers = Tellers(ground)
    tellers.begin()
    tellers.tell(Phase.INITIAL)
    page = portal(ground, tellers, "")
    assert "What contract and law ask" in page
    assert "clock=None" in page
    assert "why=Explanation(steps=(), warnings=())" in page
    for wrong in ("house", "Promised by", "early", "late'", "on file"):
        assert wrong not in page.replace("left the house", "")
    french = portal(ground, tellers, "fr")
    assert "Ce qu’exigent le contrat et la loi" in french
    assert "Export leak" not in french.split("facts=")[0].rsplit("lead=", 1)[-1]


def test_the_customers_page_says_its_own_awareness_and_why(lemon: Ground) -> None:
    tellers = Tellers(lemon)
    tellers.begin(awareness_reason=INSIDE)
    late = lemon.customer(9, (Purpose.SECURITY, "security@c9.example"))
    with lemon.unit() as unit:
        [row] = operations.add_affected(unit, tellers.breach(unit.session), [late.id], Selection.BY_LIST, aware_at=AWARE + HOUR, aware_reason=LATER)
        tellers.rows["late"] = row.id
    pages = {code: portal(lemon, tellers, code) for code in ("", "late")}
    assert {code: (LATER in page, "that you are affected; of the incident since" in page, INSIDE in page) for code, page in pages.items()} == {
        "": (False, False, False), "late": (True, True, False),
    }
