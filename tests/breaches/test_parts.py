"""What concerns each customer: kept as versions, told to that customer only, late additions in the supplement, and its pages."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations
from dpa.breaches.evidence.case_file import case_file
from dpa.breaches.evidence.customer_file import customer_files
from dpa.breaches.evidence.package import package
from dpa.breaches.facts import Count, FactSheet, Share
from dpa.breaches.facts.words import DataType, SubjectCategory
from dpa.breaches.models import Affected, BreachShare, NoticeText
from dpa.breaches.phases import Phase
from dpa.evidence import trail
from dpa.evidence.trail.models import TrailEvent
from dpa.extensions import db
from dpa.problems import Conflict
from tests.breaches.conftest import NOW, Ground
from tests.breaches.tellers import PART, Tellers
from tests.breaches.test_languages import reviewed
from tests.breaches.test_pages import House
from tests.support.databases import Database


@pytest.fixture
def tellers(lemon: Ground) -> Tellers:
    found = Tellers(lemon)
    found.begin()
    return found


@pytest.fixture
def house(sqlite_database: Database) -> House:
    return House(sqlite_database)


def kept(tellers: Tellers) -> list[tuple[int, int]]:
    rows = tellers.ground.session.scalars(select(BreachShare).order_by(BreachShare.id)).all()
    return [(row.affected_id, row.number) for row in rows]


def facts(tellers: Tellers, sheet: FactSheet) -> None:
    with tellers.ground.unit() as unit:
        operations.save_facts(unit, tellers.breach(unit.session), sheet.canonical())


def test_each_save_is_a_version_and_the_same_again_is_none(tellers: Tellers) -> None:
    key = tellers.rows["de"]
    tellers.say("de", PART)
    tellers.say("de", PART)
    assert kept(tellers) == [(key, 1)]
    with tellers.ground.unit() as unit:
        breach = tellers.breach(unit.session)
        assert operations.save_shares(unit, breach, {key: Share(records=Count.exact(5)), tellers.rows["fr"]: Share()}, adding=True) == 1
    assert kept(tellers) == [(key, 1), (key, 2)]
    newest = tellers.ground.session.scalars(select(BreachShare.share).order_by(BreachShare.id.desc())).first()
    assert json.loads(newest or "")["people"] == {"precision": "approximate", "value": 3112}, "adding keeps what was said before"
    tellers.say("de", Share(records=Count.exact(5)))
    newest = tellers.ground.session.scalars(select(BreachShare.share).order_by(BreachShare.id.desc())).first()
    assert "people" not in json.loads(newest or ""), "without adding, the whole takes the place of the whole"
    events = tellers.ground.session.scalars(select(TrailEvent.body).where(TrailEvent.action == "breaches:part:saved").order_by(TrailEvent.idx)).all()
    assert [json.loads(body)["data"]["customers"] for body in events] == [1, 1, 1]
    assert all(len(json.loads(body)["data"]["shares_sha256"]) == 64 for body in events)


def test_a_customer_is_told_its_own_numbers_and_nobody_elses(tellers: Tellers) -> None:
    facts(tellers, FactSheet(people=Count.exact(5000), data_types=(DataType.BASIC, DataType.HEALTH)))
    tellers.say("de", PART)
    tellers.tell(Phase.INITIAL)
    mails = {code: tellers.mail(code).body_text for code in tellers.rows}
    assert "ungefähr 3.112" in mails["de"]
    assert all("3112" not in text.replace(",", "").replace(".", "").replace("\u00a0", "") for code, text in mails.items() if code != "de")
    assert all("5,000" not in text for text in mails.values()), "the incident's number is nobody's own"
    english = mails[""]
    told = dict(line.split("  ", 1) for line in english.splitlines() if "  " in line)
    assert told["Kinds of data your agreement names"].strip() == "Basic data (name, date of birth)", "what both name: health data are not the agreement's, its other words not the incident's"
    assert told["People concerned"].strip() == "not known yet"
    assert tellers.record("de")["content"]["part"]["people"] == {"precision": "approximate", "value": 3112}


def test_the_review_says_what_a_customer_is_not_told_and_why_until_somebody_says_it(tellers: Tellers) -> None:
    facts(tellers, FactSheet(data_types=(DataType.BASIC, DataType.HEALTH)))
    tellers.write(Phase.INITIAL)
    touched = f"Left out of data: {DataType.HEALTH.label}. The fact sheet names this, its agreement does not."
    view = reviewed(tellers)
    assert view.preview is not None
    assert touched in view.preview.left_out
    assert all(one.left_out == (touched,) for one in view.sending), "the list names only what a customer may miss"
    unmatched = [text for text in view.preview.left_out if text.endswith("Its agreement names these, the fact sheet does not.")]
    assert len(unmatched) == 1
    tellers.say("de", Share(data_types=(DataType.BASIC, DataType.HEALTH)))
    said = {one.controller: one.left_out for one in reviewed(tellers).sending}
    assert said.pop("Bäckerei Sonnenfeld GmbH") == ()
    assert all(said.values())
    tellers.tell(Phase.INITIAL)
    assert not any("Left out" in tellers.mail(code).body_text for code in tellers.rows), "customers never read it"


def test_what_is_said_after_the_release_comes_with_the_supplement(tellers: Tellers) -> None:
    tellers.say("de", PART)
    tellers.tell(Phase.INITIAL)
    first = tellers.delivery("de").part
    tellers.say("de", Share(people=Count.exact(3121), subjects=(SubjectCategory.STUDENTS,), data_types=(DataType.BASIC,)))
    assert tellers.delivery("de").part == first, "what was told stays what was told"
    tellers.write(Phase.SUPPLEMENT, hours=2)
    news = {one.controller: one.news for one in reviewed(tellers).sending}
    assert news == {"Bäckerei Sonnenfeld GmbH": True, "Académie de Lille": False, "Harbour Museums": False, "Tivoli Optik": False}
    tellers.tell(Phase.SUPPLEMENT, hours=2)
    assert json.loads(tellers.delivery("de").part)["people"] == {"precision": "exact", "value": 3121}
    assert "3.121" in tellers.mail("de").body_text


def test_a_phase_that_goes_out_again_tells_what_its_document_tells(tellers: Tellers) -> None:
    """The customer has one document of a phase; a mail beside it must not say other numbers."""
    tellers.say("de", PART)
    tellers.write(Phase.INITIAL)
    with tellers.ground.unit() as unit:
        operations.release_notice(unit, tellers.breach(unit.session), tellers.ground.organisation)
    with tellers.ground.unit(actor="system:alerts") as unit:
        message = unit.session.get_one(OutboxMessage, tellers.delivery("de").outbox_id)
        message.state = "dead"  # type: ignore[assignment]
        trail.record(unit, "alerts:message:dead", subject=("message", message.id), organisation_id=message.organisation_id, covers=[message], data={"why": "x", "code": 550})
    tellers.say("de", Share(people=Count.exact(7)))
    with tellers.ground.unit(NOW + timedelta(hours=1)) as unit:
        assert operations.release_notice(unit, tellers.breach(unit.session), tellers.ground.organisation).mails == 1
    mail, delivery = tellers.mail("de"), tellers.delivery("de")
    assert "ungefähr 3.112" in mail.body_text
    assert tellers.record("de")["content"]["part"]["people"] == json.loads(delivery.part)["people"]


def test_dossier_and_package_hold_the_customers_own_part_as_of_an_instant(tellers: Tellers) -> None:
    facts(tellers, FactSheet(people=Count.exact(5000), data_types=(DataType.BASIC, DataType.HEALTH)))
    tellers.say("de", PART)
    tellers.tell(Phase.INITIAL)
    with tellers.ground.unit(NOW + timedelta(hours=3)) as unit:
        operations.save_shares(unit, tellers.breach(unit.session), {tellers.rows["de"]: Share(people=Count.exact(3121))})
    session = tellers.ground.session

    def at(hours: int, code: str) -> tuple[dict[str, Any], dict[str, Any]]:
        case = case_file(session, tellers.breach(session), NOW + timedelta(hours=hours))
        (one,) = customer_files(session, case, [tellers.row(code)])
        return one.said, package(case, one, "Lemon Learning", demonstration=False)

    said, edpb = at(2, "de")
    assert said["part"]["people"]["value"] == 3112
    assert edpb["fields"]["field_68"] == 3112 if "field_68" in edpb["fields"] else "3,112" in json.dumps(edpb["readable"])
    assert [one["number"] for one in said["shares"]] == [1]
    assert said["deliveries"][0]["part"]["people"]["value"] == 3112
    later, _ = at(4, "de")
    assert (later["part"]["people"]["value"], [one["number"] for one in later["shares"]]) == (3121, [1, 2])
    other, package_of_other = at(4, "fr")
    assert other["part"]["people"] is None
    assert "3112" not in json.dumps(package_of_other)
    assert "5000" not in json.dumps(package_of_other)


def test_nothing_is_said_in_a_closed_case(tellers: Tellers) -> None:
    with tellers.ground.unit() as unit:
        operations.close_as_no_breach(unit, tellers.breach(unit.session), "It was a test file with invented names.")
    with pytest.raises(Conflict), tellers.ground.unit() as unit:
        operations.save_shares(unit, tellers.breach(unit.session), {tellers.rows["de"]: PART})


def named(house: House) -> str:
    case = house.record()
    assert house.client("dpo").post(f"{case}/affected", data={"selection": "all"}).status_code == 303
    return case


def test_a_table_is_taken_whole_or_not_at_all(house: House) -> None:
    case, client = named(house), house.client("dpo")
    wrong = client.post(f"{case}/parts", data={"table": "A1; 12\nA9; 3\nCustomer 2; x"})
    assert wrong.status_code == 422
    assert "Line 3: “x” is no number of people" in wrong.text
    assert "A1; 12" in wrong.text, "what was typed is kept"
    unknown = client.post(f"{case}/parts", data={"table": "A1; 12\nA9; 3"})
    assert "Line 2: A9 is not among the customers of this case. Nothing was saved." in unknown.text
    assert house.count(BreachShare) == 0
    done = client.post(f"{case}/parts", data={"table": "A1; 12; ~40; patients, health\nC2; ?"}, follow_redirects=True)
    assert "2 lines read; it is news for 2 customers" in done.text
    for words in ("12</div>", "about 40", "Patients", "Health data (medical records, test results)", "to be determined", "said for it", "as its agreement names them"):
        assert words in done.text, words


def test_every_bad_line_of_a_table_is_named_at_once(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    client.post(f"{case}/affected", data={"selection": "all"})
    page = client.post(f"{case}/parts", data={"table": "Nobody Ltd; 5\nA1; many\nA2; 7"}).text
    assert "Line 1: Nobody Ltd is not among the customers of this case. Line 2: “many” is no number of people; write 120, ~120, ? or -. Nothing was saved." in page


def test_a_file_is_read_like_the_pasted_table(house: House) -> None:
    case, client = named(house), house.client("dpo")
    data = {"table": "", "file": (io.BytesIO(b"customer,people\nA2,1200\n"), "parts.csv")}
    assert client.post(f"{case}/parts", data=data, content_type="multipart/form-data").status_code == 303
    assert "1,200" in client.get(f"{case}/parts").text


def test_the_difference_to_the_fact_sheet_is_shown(house: House) -> None:
    case, client = named(house), house.client("dpo")
    client.post(f"{case}/facts", data={"version": "0", "people": "exact", "people_value": "10"})
    client.post(f"{case}/parts", data={"table": "A1; 8\nA2; 7"})
    assert "People: the customers’ numbers come to 15, which is 5 more than the 10 of the incident as a whole" in client.get(f"{case}/parts").text


def test_one_customer_is_said_on_a_page_of_its_own(house: House) -> None:
    case, client = named(house), house.client("dpo")
    with house.app.app_context():
        key = db.session.scalars(select(Affected.id).order_by(Affected.id)).first()
    path = f"{case}/customers/{key}/part"
    assert "as the agreement and the fact sheet say" in client.get(path).text
    assert client.post(path, data={"people": "exact", "people_value": ""}).status_code == 422
    assert client.post(path, data={"people_value": "3,112", "subjects": ["students"], "data_note": "Only the first page."}).status_code == 303
    page = client.get(path).text
    assert "about 3,112" in page
    assert "checked" in page.split('value="students"')[0].rsplit("<input", 1)[1]
    assert client.get(f"{case}/customers/999999/part").status_code == 404


def test_a_text_in_a_further_language_is_written_shown_and_taken_away(house: House) -> None:
    case, client = named(house), house.client("dpo")
    assert client.get(f"{case}/notice/text/de").status_code == 409
    client.post(f"{case}/notice", data={"nature": "It leaked.", "contact": "DPO, now"})
    assert client.get(f"{case}/notice/text/xx").status_code == 404
    assert client.get(f"{case}/notice/text/en").status_code == 409
    assert "It leaked." in client.get(f"{case}/notice/text/de").text, "the main text stands beside it"
    assert client.post(f"{case}/notice/text/de", data={"nature": "", "contact": "DPO"}).status_code == 422
    assert client.post(f"{case}/notice/text/de", data={"nature": "Daten sind abgeflossen.", "contact": "DSB"}).status_code == 303
    review = client.get(f"{case}/release").text
    assert "Change the text in German" in review
    assert client.post(f"{case}/notice/text/de/remove").status_code == 303
    assert house.count(NoticeText) == 0


def test_strangers_and_readers(house: House) -> None:
    case = named(house)
    for path in (f"{case}/parts", f"{case}/customers/1/part", f"{case}/notice/text/de"):
        assert house.client("outsider").get(path).status_code == 404, path
    assert house.client("outsider").post(f"{case}/parts", data={"table": "A1; 1"}).status_code == 404
    auditor = house.client("auditor")
    page = auditor.get(f"{case}/parts")
    assert (page.status_code, "Save these lines" in page.text) == (200, False)
    assert auditor.post(f"{case}/parts", data={"table": "A1; 1"}).status_code == 403
    assert auditor.get(f"{case}/customers/1/part").status_code == 403


def test_the_language_of_the_house_is_a_setting(house: House) -> None:
    client, path = house.client("dpo"), f"/settings/organisations/{house.org}/breaches"
    assert client.post(path, data={"acknowledge_hours": "24", "language": "fr"}).status_code == 303
    assert '<option selected value="fr">French</option>' in client.get(path).text
