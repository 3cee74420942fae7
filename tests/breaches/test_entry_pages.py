"""Recording an incident, naming who is affected, and the list: what each page says, refuses and keeps."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import event, select

from dpa.agreements import operations as agreements
from dpa.agreements.models import Agreement, Template
from dpa.agreements.rules import AgreementInput
from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations
from dpa.breaches.models import Affected, Breach, BreachAwareness
from dpa.docket.models import DocketEntry
from dpa.evidence.register.models import IssuedDocument
from dpa.extensions import db
from dpa.people.roles import Role
from tests.breaches.test_pages import GOOD, House
from tests.support.databases import Database
from tests.support.pages import act, add_organisation, add_person

UPSTREAM = {"upstream": "nimbus cloud", "upstream_told_at": "2026-11-22T10:00"}


@pytest.fixture
def house(sqlite_database: Database) -> House:
    """Two customers on one system of the house's own; a subprocessor runs another, for the first customer alone."""
    made = House(sqlite_database)
    with made.app.app_context(), act(made.app, db.session()) as unit:
        backup = agreements.add_system(unit, made.org, "Backup store", "Nimbus Cloud", 48)
        payroll = agreements.add_activity(unit, made.org, "Payroll")
        first = unit.session.get_one(Agreement, 1)
        agreements.set_systems(unit, first, [*first.systems, backup])
        agreements.set_activities(unit, unit.session.get_one(Agreement, 2), [payroll])
    return made


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    """Collect the statements that pages send."""
    sent: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    with house.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", heard)


def rows(house: House, model: type) -> list[object]:
    with house.app.app_context():
        found = list(db.session.scalars(select(model)).all())
        for row in found:
            db.session.expunge(row)
        return found


def test_another_organisation_keeps_what_was_typed_and_records_nothing(house: House) -> None:
    other = add_organisation(house.app, "Lisbon Care", zone="Europe/Lisbon")
    house.people["both"] = add_person(house.app, "both@example.org", {house.org: Role.DPO, other: Role.DPO})
    client = house.client("both")
    answer = client.post("/breaches/new", data=GOOD | {"elsewhere": str(other)})
    assert answer.status_code == 200
    assert not rows(house, Breach)
    assert all(text in answer.text for text in (GOOD["title"], GOOD["known"], f'value="{GOOD["aware_at"]}"'))
    assert re.search(rf'name="organisation"[^>]*value="{other}"', answer.text)
    assert "Lisbon time" in answer.text
    assert answer.text.index("<button type=\"submit\" hidden>") < answer.text.index('name="elsewhere"'), "Enter records"
    assert client.post("/breaches/new", data=GOOD | {"elsewhere": "999"}).status_code == 404


def for_two(house: House, other_role: Role = Role.DPO) -> int:
    """Have somebody, “both”, who may record for two organisations; returns the second."""
    other = add_organisation(house.app, "Lisbon Care", zone="Europe/Lisbon")
    house.people["both"] = add_person(house.app, "both@example.org", {house.org: Role.DPO, other: other_role})
    return other


def test_whoever_may_record_for_several_is_first_asked_whose_incident_it_is(house: House) -> None:
    other = for_two(house)
    client = house.client("both")
    page = client.get("/breaches/new").text
    assert "Whose incident is it?" in page
    assert 'name="title"' not in page
    assert not re.search(r'name="elsewhere"[^>]*aria-current', page), "nothing is chosen beforehand"
    assert not re.search(r'name="organisation"[^>]*value="\d', page)
    form = client.post("/breaches/new", data={"elsewhere": str(other)})
    assert (form.status_code, "Lisbon time" in form.text, "There is a problem" in form.text) == (200, True, False)
    assert "Lisbon time" in client.get("/breaches/new?organisation=lisbon-care").text, "chosen in the sidebar"
    assert 'name="title"' in house.client("dpo").get("/breaches/new").text, "whoever has one organisation is asked nothing"


def test_a_record_without_an_organisation_is_refused_and_kept_until_it_is_chosen(house: House) -> None:
    other = for_two(house)
    client = house.client("both")
    typed = GOOD | {"known": "First line.\r\nSecond “line”.", "drill": "y", "aware_at": "soon"}
    refused = client.post("/breaches/new", data=typed)
    assert (refused.status_code, rows(house, Breach)) == (422, [])
    assert "Choose whose incident it is; what you typed is kept." in refused.text
    hidden = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', refused.text))
    assert {name: hidden.get(name) for name in typed} == typed
    again = client.post("/breaches/new", data={name: hidden[name] for name in typed} | {"elsewhere": str(other)}).text
    assert all(text in again for text in (typed["title"], "Second “line”.", 'value="soon"'))
    assert client.post("/breaches/new", data=GOOD | {"organisation": str(other)}).status_code == 303


def test_where_the_chosen_organisation_may_not_be_recorded_for_another_is_not_taken_silently(house: House) -> None:
    for_two(house, Role.AUDITOR)
    client = house.client("both")
    assert "Whose incident is it?" in client.get("/breaches/new?organisation=lisbon-care").text
    assert 'name="title"' in client.get("/breaches/new").text


def test_who_will_read_the_title_stands_at_its_field_and_no_mail_carries_it(house: House) -> None:
    client = house.client("dpo")
    assert "Every customer who is told reads them on its page and in its document" in client.get("/breaches/new").text
    case = client.post("/breaches/new", data=GOOD | {"title": "Payslips of Jo Doe"}).location.removesuffix("/affected")
    client.post(f"{case}/affected", data={"selection": "all"})
    client.post(f"{case}/notice", data={"nature": "It leaked.", "contact": "DPO, now"})
    assert client.post(f"{case}/release").status_code == 303
    mails = rows(house, OutboxMessage)
    assert len(mails) == 2
    for mail in mails:
        assert isinstance(mail, OutboxMessage)
        assert not any("Jo Doe" in text for text in (mail.subject, mail.body_text, mail.body_html))
    papers = rows(house, IssuedDocument)
    assert ["Jo Doe" in str(paper.content) for paper in papers if isinstance(paper, IssuedDocument)] == [True, True]


def test_little_is_required_and_everything_known_is_kept(house: House) -> None:
    client = house.client("dpo")
    assert client.post("/breaches/new", data=GOOD).status_code == 303
    more = GOOD | UPSTREAM | {"person": "Night desk", "drill": "y"}
    answer = client.post("/breaches/new", data=more)
    assert answer.status_code == 303
    first, second = rows(house, Breach)
    assert (first.drill, first.upstream, first.reference) == (False, "", "LL-2026-001")  # type: ignore[attr-defined]
    assert (second.drill, second.upstream, second.reference) == (True, "nimbus cloud", "LL-2026-002-X")  # type: ignore[attr-defined]
    assert [row.person for row in rows(house, BreachAwareness)] == ["", "Night desk"]  # type: ignore[attr-defined]
    page = client.get(answer.location).text
    assert "its mails stay inside" in page
    assert re.search(r'value="by_subprocessor"[^>]*checked|checked[^>]*value="by_subprocessor"', page), "the subprocessor at fault is proposed"


def test_after_recording_the_page_says_first_what_must_happen_next_by_when_for_whom(house: House) -> None:
    client = house.client("dpo")
    page = client.get(client.post("/breaches/new", data=GOOD).location).text
    assert page.index("Act next") < page.index("Who is affected</legend>")
    assert "The shortest promise or target on file: 24 hours, clause 15.4, to 2 customers" in page
    assert "Mon 23 Nov 2026, 10:00 Paris" in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"upstream": "Nimbus", "upstream_told_at": "2026-11-23T09:00"}, "cannot have told you in the future"),
        ({"upstream_told_at": "2026-11-22T09:00"}, "Name the subprocessor that told you"),
        ({"upstream": "Nimbus", "upstream_told_at": "2026-03-29T02:30"}, "does not exist in Europe/Paris"),
        ({"upstream": "N" * 201}, "cannot be longer than 200"),
        ({"title": "T" * 161, "person": "Night desk"}, "Shorten the title"),
    ],
)
def test_a_refused_record_keeps_everything_and_opens_what_is_wrong(house: House, change: dict[str, str], words: str) -> None:
    typed = GOOD | {"person": "Maud at the desk", "awareness_reason": "Looked at the log."} | change
    answer = house.client("dpo").post("/breaches/new", data=typed)
    assert answer.status_code == 422
    assert words in answer.text
    for name in ("known", "detected_at", "person", "awareness_reason"):
        assert typed[name] in answer.text
    if any(name.startswith("upstream") for name in change):
        assert '<details class="fold" open>' in answer.text
    assert rows(house, Breach) == []


def test_an_hour_that_occurs_twice_is_taken_early_and_said(house: House) -> None:
    client = house.client("dpo")
    answer = client.post("/breaches/new", data=GOOD | {"detected_at": "2026-10-25T02:30", "aware_at": "2026-10-25T02:30"})
    [breach] = rows(house, Breach)
    assert breach.aware_at.isoformat() == "2026-10-25T00:30:00+00:00"  # type: ignore[attr-defined]
    assert "the first pass was taken" in client.get(answer.location).text


def test_each_choice_says_how_many_and_the_preview_starts_nothing(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    page = client.get(f"{case}/affected").text
    for words in ("Platform (2 agreements)", "Backup store (1 agreement)", "Payroll (1 agreement)", "Nimbus Cloud (1 agreement)", "2 agreements running"):
        assert words in page
    answer = client.post(f"{case}/affected", data={"selection": "all", "preview": "1"})
    assert answer.status_code == 200
    assert "2 clocks will start" in answer.text
    assert "<strong>For</strong> Customer 1 (A1), Customer 2 (A2)." in answer.text
    assert re.search(r"24 hours, clause 15\.4.*?contract.*?2.*?Mon 23 Nov 2026, 10:00 Paris", answer.text, re.DOTALL)
    assert rows(house, Affected) == []
    back = client.post(f"{case}/affected", data={"selection": "by_list", "references": "A1 kept", "edit": "1"})
    assert (back.status_code, "A1 kept" in back.text) == (200, True)


def ends(house: House, number: int, last: date) -> None:
    with house.app.app_context(), act(house.app, db.session()) as unit:
        agreements.end_agreement(unit, unit.session.get_one(Agreement, number), last)


@pytest.mark.parametrize(
    ("data", "running", "with_ended"),
    [
        ({"selection": "by_system", "systems": "2"}, None, {1}),
        ({"selection": "by_subprocessor", "operator": "Nimbus Cloud"}, None, {1}),
        ({"selection": "by_list", "one": "A1"}, None, {1}),
        ({"selection": "all"}, {2}, {1, 2}),
    ],
)
def test_agreements_that_have_ended_are_named_where_they_are_meant(house: House, data: dict[str, str], running: set[int] | None, with_ended: set[int]) -> None:
    case, client = house.record(), house.client("dpo")
    ends(house, 1, date(2026, 6, 30))
    assert "1 agreement ended since Fri 21 Nov 2025" in " ".join(client.get(f"{case}/affected").text.split())
    refused = client.post(f"{case}/affected", data=data | {"preview": "1"})
    assert refused.status_code == (422 if running is None else 200)
    if "one" in data:
        assert "ended before" in refused.text
        assert "Tick “Also agreements that have ended”" in refused.text
    preview = client.post(f"{case}/affected", data=data | {"ended": "y", "preview": "1"}).text
    assert "had ended before you became aware" in preview
    assert "last day Tue 30 Jun 2026" in preview
    assert client.post(f"{case}/affected", data=data | {"ended": "y"}).status_code == 303
    assert {row.agreement_id for row in rows(house, Affected)} == with_ended  # type: ignore[attr-defined]


def test_what_ended_more_than_a_year_before_is_listed_by_reference_only(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    with house.app.app_context(), act(house.app, db.session()) as unit:
        first = unit.session.get_one(Agreement, 1)
        template = unit.session.get_one(Template, first.template_id)
        agreements.add_agreement(unit, first.controller_id, template, AgreementInput("A3", date(2024, 1, 1), date(2025, 11, 20)))
    assert "Also agreements that have ended" not in client.get(f"{case}/affected").text
    assert client.post(f"{case}/affected", data={"selection": "all", "ended": "y"}).status_code == 303
    assert {row.agreement_id for row in rows(house, Affected)} == {1, 2}  # type: ignore[attr-defined]
    assert client.post(f"{case}/affected", data={"selection": "by_list", "references": "A3"}).status_code == 303
    assert {row.agreement_id for row in rows(house, Affected)} == {1, 2, 3}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"selection": "by_system", "systems": "2"}, {1}),
        ({"selection": "by_activity", "activities": "1"}, {2}),
        ({"selection": "by_subprocessor", "operator": "Nimbus Cloud"}, {1}),
        ({"selection": "by_list", "references": "reference;name\nA2;x"}, {2}),
        ({"selection": "by_list", "references": "a2 A2"}, {2}),
        ({"selection": "all"}, {1, 2}),
    ],
)
def test_each_way_names_its_agreements(house: House, data: dict[str, str], named: set[int]) -> None:
    case, client = house.record(), house.client("dpo")
    preview = client.post(f"{case}/affected", data=data | {"preview": "1"}).text
    carried = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', preview.split('class="consequence"')[0].split("</table>")[1]))
    assert client.post(f"{case}/affected", data=carried).status_code == 303
    found = rows(house, Affected)
    assert {row.agreement_id for row in found} == named  # type: ignore[attr-defined]
    assert {row.selection.value for row in found} == {data["selection"]}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"selection": "by_activity"}, "Tick at least one processing activity"),
        ({"selection": "by_subprocessor"}, "Choose the subprocessor"),
        ({"selection": "by_subprocessor", "operator": "Somebody else"}, "Choose the subprocessor"),
        ({"selection": "by_list", "references": "A1\nZ1\nA2 Z2"}, "These agreements are not on file: Z1 (line 2); Z2 (line 3)"),
        ({"selection": "by_system", "systems": "999"}, "not a valid choice"),
    ],
)
def test_a_choice_that_names_nobody_is_refused_and_kept(house: House, data: dict[str, str], words: str) -> None:
    case = house.record()
    answer = house.client("dpo").post(f"{case}/affected", data=data | {"preview": "1"})
    assert answer.status_code == 422
    assert words in answer.text
    if "references" in data:
        assert data["references"] in answer.text
    assert rows(house, Affected) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04rest", "an Excel workbook"),
        ("reference\nA1\n".encode("utf-16"), "UTF-16"),
        (b"reference\nA\xff1", "Line 2 is not UTF-8"),
        (b"reference\nA1\x00", "binary data"),
        (b"reference\n=HYPERLINK(1)\n", "=HYPERLINK(1) (line 2)"),
        (b'reference,x\n"A1\n', "cannot be read as CSV"),
        (b"<script>alert(1)</script>", "not on file"),
    ],
)
def test_a_hostile_file_is_refused_with_a_sentence(house: House, content: bytes, words: str) -> None:
    case = house.record()
    data = {"selection": "by_list", "preview": "1", "file": (io.BytesIO(content), "x.csv")}
    answer = house.client("dpo").post(f"{case}/affected", data=data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert words in answer.text
    assert "<script>alert" not in answer.text


def test_a_file_is_read_and_its_text_can_be_corrected_on_the_page(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    data = {"selection": "by_list", "preview": "1", "file": (io.BytesIO("\ufeffName;Reference\nÉté;A1\nX;Z9\n".encode()), "list.csv")}
    answer = client.post(f"{case}/affected", data=data, content_type="multipart/form-data")
    assert (answer.status_code, "Z9 (line 3)" in answer.text, "Été;A1" in answer.text) == (422, True, True)
    data = {"selection": "by_list", "preview": "1", "file": (io.BytesIO(b"A1\nA2\n"), "list.txt")}
    preview = client.post(f"{case}/affected", data=data, content_type="multipart/form-data")
    assert 'name="references" value="A1\nA2\n"' in preview.text


def test_customers_found_later_may_have_a_later_awareness(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    assert "Aware that these are affected since" not in client.get(f"{case}/affected").text
    client.post(f"{case}/affected", data={"selection": "by_list", "references": "A1", "aware_at": "2026-11-22T12:00"})
    assert "Aware that these are affected since" in client.get(f"{case}/affected").text
    for bad, words in (("2026-11-22T09:00", "lies between awareness"), ("2026-11-22T14:00", "lies between awareness"), ("soon", "Enter a date and a time")):
        answer = client.post(f"{case}/affected", data={"selection": "by_list", "references": "A2", "aware_at": bad})
        assert (answer.status_code, words in answer.text, "A2" in answer.text) == (422, True, True)
    later = {"selection": "all", "aware_at": "2026-11-22T12:00"}
    for sent in ({}, {"preview": "1"}):
        answer = client.post(f"{case}/affected", data=later | sent)
        assert (answer.status_code, "Say in a sentence why you became aware later" in answer.text) == (422, True)
    later["aware_reason"] = "Its table was found in the second export."
    preview = client.post(f"{case}/affected", data=later | {"preview": "1"}).text
    assert "They will read why</strong> you became aware of it later: Its table was found in the second export." in preview
    assert 'name="aware_reason" value="Its table was found in the second export."' in preview
    assert "1 clock will start" in preview
    assert "1 of them named before" in preview
    client.post(f"{case}/affected", data=later)
    assert [row.aware_reason for row in rows(house, Affected)] == ["", "Its table was found in the second export."]  # type: ignore[attr-defined]
    dues = sorted(row.target_at.isoformat() for row in rows(house, DocketEntry) if row.kind == operations.KIND)  # type: ignore[attr-defined]
    assert dues == ["2026-11-23T09:00:00+00:00", "2026-11-23T11:00:00+00:00"]
    again = client.post(f"{case}/affected", data={"selection": "all", "preview": "1"})
    assert (again.status_code, "No clock would start" in again.text) == (422, True)


def shelved(house: House) -> None:
    for number, data in enumerate(({}, {}, {"drill": "y"})):
        assert house.client("dpo").post("/breaches/new", data=GOOD | data | {"title": f"Incident {number}"}).status_code == 303
    with house.app.app_context(), act(house.app, db.session()) as unit:
        operations.close_as_no_breach(unit, unit.session.get_one(Breach, 2), "It was generated test data.")


def test_exercises_stand_on_their_own_shelf_and_on_no_other(house: House) -> None:
    shelved(house)
    client = house.client("auditor")
    wanted = {"": (True, True, False), "open": (True, False, False), "closed": (False, False, False), "no-breach": (False, True, False), "exercises": (False, False, True),
              "nonsense": (True, True, False)}
    for state, shown in wanted.items():
        page = client.get(f"/breaches?state={state}").text
        assert tuple(f"Incident {number}" in page for number in range(3)) == shown, state
    page = client.get("/breaches?state=no-breach&q=LL-2026").text
    assert "Incident 1" in page
    assert "No incident matches" in client.get("/breaches?q=%25").text
    outsider = house.client("outsider").get("/breaches?state=exercises").text
    assert "Incident" not in outsider.replace("Incidents", "")


def test_the_list_takes_as_many_statements_for_many_incidents_as_for_few(house: House) -> None:
    client = house.client("dpo")
    client.post("/breaches/new", data=GOOD)
    client.get("/breaches")
    with counted(house) as few:
        client.get("/breaches")
    with house.app.app_context(), act(house.app, db.session()) as unit:
        for number in range(60):
            incident = operations_incident(number)
            operations.record_incident(unit, unit.session.get_one(type(rows_organisation(house)), house.org), incident)
    with counted(house) as many:
        page = client.get("/breaches").text
    assert len(many) == len(few)
    assert "Next page" in page
    following = re.search(r'href="([^"]*after=[^"]*)"', page)
    assert following is not None
    rest = client.get(following[1].replace("&amp;", "&")).text
    assert len(re.findall("row-link", page)) + len(re.findall("row-link", rest)) == 61


def rows_organisation(house: House) -> object:
    from dpa.people.models import Organisation

    with house.app.app_context():
        return db.session.get(Organisation, house.org)


def operations_incident(number: int):  # type: ignore[no-untyped-def]
    from datetime import timedelta

    from dpa.breaches.rules import Incident
    from tests.support.pages import NOON

    return Incident(f"Incident {number}", "It leaked.", NOON - timedelta(hours=number + 1), NOON - timedelta(hours=number + 1), "")


def test_an_operator_records_and_names_but_an_auditor_does_not(house: House) -> None:
    house.people["operator"] = add_person(house.app, "op@example.org", {house.org: Role.OPERATOR})
    case = house.record()
    assert house.client("operator").post(f"{case}/affected", data={"selection": "all"}).status_code == 303
    for who, status in (("auditor", 403), ("outsider", 404)):
        assert house.client(who).post(f"{case}/affected", data={"selection": "all", "preview": "1"}).status_code == status
    assert house.client("auditor").get("/breaches/new").status_code == 403
    with house.app.app_context():
        assert db.session.get(Agreement, 1).starts_on == date(2026, 1, 1)  # type: ignore[union-attr]


@pytest.mark.parametrize(("typed", "words"), [
    ("Customer 1", ""), ("a1", ""), ("Customer 2 (A2)", ""), ("customer 2", ""), ("omer 1", ""),
    ("Customer", "fits 2: Customer 1 (A1), Customer 2 (A2). Write one of them."), ("Nobody", "No agreement that ran on Sun 22 Nov 2026 has “Nobody”"),
    ("", "Name a customer, or list at least one agreement reference"), ("<b>x", "No agreement that ran"),
])  # fmt: skip
def test_one_customer_is_added_by_name_or_reference(house: House, typed: str, words: str) -> None:
    case, client = house.record(), house.client("dpo")
    page = client.get(f"{case}/affected").text
    assert '<option value="Customer 1 (A1)">' in page
    answer = client.post(f"{case}/affected", data={"selection": "by_list", "one": typed})
    assert answer.status_code == (422 if words else 303)
    assert words in answer.text
    assert house.count(Affected) == (0 if words else 1)


def test_a_name_travels_with_the_preview_and_beside_references(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    preview = client.post(f"{case}/affected", data={"selection": "by_list", "one": "Customer 1", "references": "A2", "preview": "1"}).text
    assert 'name="one" value="Customer 1"' in preview
    assert client.post(f"{case}/affected", data={"selection": "by_list", "one": "Customer 1", "references": "A1\nA2"}).status_code == 303
    assert house.count(Affected) == 2
