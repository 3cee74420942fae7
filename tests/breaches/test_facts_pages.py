"""The fact sheet's page: nothing required, each save a version, nothing typed lost, and a notice only when asked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from dpa.breaches import facts, operations
from dpa.breaches.facts import FactSheet
from dpa.breaches.facts_form import FactsForm, values
from dpa.breaches.models import Breach, BreachFacts, Notice
from dpa.breaches.pages.facts import SECTIONS
from dpa.breaches.rules import Draft
from dpa.extensions import db
from tests.breaches.facts.ground import full
from tests.breaches.test_entry_pages import rows
from tests.breaches.test_pages import House
from tests.support.databases import Database
from tests.support.pages import act


@pytest.fixture
def house(sqlite_database: Database) -> House:
    return House(sqlite_database)


def saved(house: House) -> list[FactSheet]:
    return [facts.read(row.sheet) for row in rows(house, BreachFacts)]  # type: ignore[attr-defined]


def typed(page: str) -> MultiDict[str, str]:
    """Return what a browser would send from the page's form as it stands."""
    form = page.split('id="facts-form"')[1].split("</form>", maxsplit=1)[0]
    found: MultiDict[str, str] = MultiDict()
    for name, text in re.findall(r'<textarea[^>]*name="([a-z_]+)"[^>]*>\r?\n?(.*?)</textarea>', form, re.DOTALL):
        found.add(name, text)
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if attributes.get("type") != "checkbox" or " checked" in tag:
            found.add(attributes["name"], attributes.get("value", "y"))
    for name, options in re.findall(r'<select[^>]*name="([a-z_]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        found.add(name, chosen[1] if chosen else "")
    found.poplist("csrf_token")
    return found


def test_the_form_holds_every_field_of_the_sheet_and_gives_it_back(house: House) -> None:
    sheet = full()
    app: Flask = house.app
    with app.test_request_context("/"):
        shown = FactsForm(formdata=None, data=values(sheet, "Europe/Paris"), meta={"csrf": False})
        shown.tell_times_in("Europe/Paris")
        sent: MultiDict[str, str] = MultiDict()
        for field in shown:
            data = field.data
            for value in data if isinstance(data, list) else [data]:
                if value not in (None, False):
                    sent.add(field.name, value.strftime("%Y-%m-%dT%H:%M") if isinstance(value, datetime) else "y" if value is True else str(value))
        read = FactsForm(formdata=sent, meta={"csrf": False})
        read.tell_times_in("Europe/Paris")
        assert read.sheet(sheet) == sheet
        placed = [name for section in SECTIONS for name in section.fields]
        assert sorted(placed) == sorted(set(shown._fields) - {"version"}), "every field of the form has its one place"


def test_nothing_is_required_and_each_save_is_a_version(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    page = client.get(f"{case}/facts").text
    assert "not saved yet" in page
    assert "An export leaked." in page
    assert client.post(f"{case}/facts", data={"version": "0", "nature": ""}).status_code == 303
    assert saved(house) == [FactSheet()]
    assert client.post(f"{case}/facts", data={"version": "1", "nature": "It leaked.", "natures": "confidentiality"}).status_code == 303
    assert client.post(f"{case}/facts", data={"version": "2", "nature": "It leaked.", "natures": "confidentiality"}).status_code == 303
    assert [sheet.nature for sheet in saved(house)] == ["", "It leaked."], "the same text is not kept twice"
    page = client.get(f"{case}/facts").text
    assert "Nothing has changed since version 2." in page
    assert "Nature of the breach: added confidentiality." in page
    assert client.get(f"{case}/facts/1").status_code == 200
    assert client.get(f"{case}/facts/9").status_code == 404
    assert client.get(f"{case}/facts/{2**70}").status_code == 404


def test_what_is_missing_stands_in_the_order_a_controller_needs_it(house: House) -> None:
    case, client = house.record(), house.client("auditor")
    house.client("dpo").post(f"{case}/facts", data={"version": "0", "nature": "It leaked.", "people": "to_be_determined"})
    page = client.get(f"{case}/facts").text
    told = [one.sentence for one in facts.missing(saved(house)[0])]
    places = [page.index(sentence) for sentence in told]
    assert places == sorted(places)
    assert "being determined" in page
    assert 'id="facts-form"' not in page, "an auditor reads"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"people": "exact"}, "Enter the number, or choose"),
        ({"people": "to_be_determined", "people_value": "7"}, "A number cannot stand beside"),
        ({"records_value": "many"}, "Enter a whole number"),
        ({"countries": "FR 12\nAtlantis"}, "“Atlantis” is no country we know"),
        ({"countries": "FR\nFrance 7"}, "Name each country once"),
        ({"countries": "FR 12\nUK 3"}, "“UK” is no code of ISO 3166; write GB for the United Kingdom."),
        ({"countries": "Switzerland\nzz 3"}, "There is no country “ZZ”"),
        ({"occurrence_began": "2026-11-20T10:00"}, "Choose what is known about the time"),
        ({"occurrence": "period", "occurrence_began": "2026-11-20T10:00", "occurrence_ended": "2026-11-19T10:00"}, "cannot end before it began"),
        ({"occurrence": "day", "occurrence_began": "2026-03-29T02:30"}, "does not exist in Europe/Paris"),
        ({"next_word_at": "tomorrow"}, "Enter a date and a time"),
        ({"subprocessor_contact": "desk"}, "Name the subprocessor"),
        ({"severity_inputs": "financial"}, "it cannot be guessed"),
        ({"severity_ease": "maximum"}, "Choose the most sensitive data"),
        ({"severity_malicious": "y"}, "Choose the most sensitive data"),
        ({"adjust_volume_why": "ten years"}, "Choose by how many points"),
        ({"nature": "x" * 20_001}, "Shorten this to 20000 characters"),
        ({"disclosure": "nonsense"}, "Not a valid choice"),
    ],
)
def test_a_refused_save_keeps_everything(house: House, change: dict[str, str], words: str) -> None:
    case = house.record()
    data = {"version": "0", "nature": "It leaked at night.", "measures_taken": "We closed the door.", "contact_phone": "+33 1 23"} | change
    answer = house.client("dpo").post(f"{case}/facts", data=data)
    assert answer.status_code == 422
    assert words in answer.text
    for value in (text for text in data.values() if text != "nonsense"):
        assert value in answer.text
    assert saved(house) == []


def test_a_number_alone_counts_as_approximate(house: House) -> None:
    case = house.record()
    house.client("dpo").post(f"{case}/facts", data={"version": "0", "people_value": "3,112", "records_value": "12 000", "countries": "France 1200\nDE"})
    [sheet] = saved(house)
    assert (facts.figure(sheet.people), facts.figure(sheet.records)) == ("about 3,112", "about 12,000")
    assert [(country.code, country.people) for country in sheet.countries] == [("DE", None), ("FR", 1200)]


def test_times_are_read_on_the_wall_clock_of_the_case(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    data = {"version": "0", "occurrence": "day", "occurrence_began": "2026-10-25T02:30", "next_word_at": "2026-12-24T18:00"}
    assert client.post(f"{case}/facts", data=data).status_code == 303
    [sheet] = saved(house)
    assert sheet.occurrence is not None
    assert sheet.occurrence.began_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert sheet.next_word_at == datetime(2026, 12, 24, 17, 0, tzinfo=UTC)
    page = client.get(f"{case}/facts").text
    assert "the first pass was taken" in page
    assert 'value="2026-12-24T18:00"' in page


def test_two_people_at_once_lose_nothing(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    client.post(f"{case}/facts", data={"version": "0", "nature": "First."})
    client.post(f"{case}/facts", data={"version": "1", "nature": "First.", "consequences": "Phishing."})
    answer = client.post(f"{case}/facts", data={"version": "1", "nature": "First.", "measures_taken": "Mine, typed meanwhile."})
    assert answer.status_code == 422
    assert "Version 2 was saved by somebody meanwhile. Likely consequences: now stated." in answer.text
    assert "Mine, typed meanwhile." in answer.text
    assert client.post(f"{case}/facts", data=typed(answer.text).to_dict()).status_code == 303
    assert [sheet.measures_taken for sheet in saved(house)] == ["", "", "Mine, typed meanwhile."]


def test_the_score_explains_itself_and_gates_nothing(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    data = {"version": "0", "severity_inputs": "financial", "severity_ease": "maximum", "severity_confidentiality": "partial", "severity_malicious": "y",
            "adjust_volume": "1", "adjust_volume_why": "ten years of payslips", "people_value": "3112"}
    assert client.post(f"{case}/facts", data=data).status_code == 303
    page = client.get(f"{case}/facts").text
    for words in ("4.75, very high", "Severity: 4 × 1.00 + 0.75 = 4.75.", "+1 because much data about each person, in time or content (ten years of payslips)",
                  "It never delays the notice.", "More than 100 people are concerned (3,112)."):
        assert words in page
    assert rows(house, Notice) == []


def test_the_facts_go_into_the_notice_only_when_somebody_asks(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    assert client.post(f"{case}/facts/notice").status_code == 409
    client.post(f"{case}/facts", data={"version": "0", "nature": "An export leaked.", "natures": "confidentiality", "next_word_at": "2026-11-24T10:00"})
    with house.app.app_context(), act(house.app, db.session()) as unit:
        draft = operations.save_draft(unit, unit.session.get_one(Breach, 1), Draft("Old.", "Ana, +33", "", "", ""))
        assert draft.nature == "Old."
    assert rows(house, Notice)[0].nature == "Old.", "a save of facts touched no notice"  # type: ignore[attr-defined]
    assert client.post(f"{case}/facts/notice").status_code == 303
    [notice] = rows(house, Notice)
    assert notice.nature.startswith("An export leaked.")  # type: ignore[attr-defined]
    assert notice.contact == "Ana, +33", "what the sheet says nothing about stays"  # type: ignore[attr-defined]
    assert notice.next_word_at == datetime(2026, 11, 24, 9, tzinfo=UTC)  # type: ignore[attr-defined]


def test_what_the_sheet_does_not_know_stays_out_of_a_final_text_and_is_said(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    client.post(f"{case}/affected", data={"selection": "all"})
    client.post(f"{case}/notice", data={"nature": "An export leaked.", "contact": "DPO, now"})
    assert client.post(f"{case}/release").status_code == 303
    client.post(f"{case}/facts", data={"version": "0", "nature": "An export leaked twice.", "natures": "confidentiality", "unknown": "Who opened it."})
    assert client.post(f"{case}/notice", data={"phase": "final", "nature": "Nothing else leaked.", "contact": "DPO, now"}).status_code == 303
    answer = client.post(f"{case}/facts/notice")
    assert answer.status_code == 303
    newest = rows(house, Notice)[-1]
    assert (newest.unknown, newest.nature.startswith("An export leaked twice.")) == ("", True)  # type: ignore[attr-defined]
    assert "What the sheet says is not known yet was left out" in client.get(answer.location).text


def test_the_counts_of_the_incident_never_stand_in_the_text_that_goes_to_all(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    sheet = {"version": "0", "nature": "An export leaked.", "people_value": "3,112", "records_value": "12 000", "subjects": "students", "countries": "FR 1200"}
    client.post(f"{case}/facts", data=sheet)
    assert not [number for number in ("3,112", "12,000", "1,200") if number in client.get(f"{case}/notice").text]
    client.post(f"{case}/facts/notice")
    [notice] = rows(house, Notice)
    assert "Categories of people: students." in notice.nature  # type: ignore[attr-defined]
    assert not [number for number in ("3,112", "12,000", "1,200") if number in notice.nature]  # type: ignore[attr-defined]


def test_a_first_notice_begins_with_the_sheet_and_a_review_says_what_it_leaves_out(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    assert "Filled from" not in client.get(f"{case}/notice").text
    sheet = {"version": "0", "nature": "An export leaked.", "measures_taken": "The link was closed.", "next_word_at": "2026-11-24T10:00"}
    client.post(f"{case}/facts", data=sheet)
    page = client.get(f"{case}/notice").text
    assert "Filled from version 1 of the fact sheet" in page
    assert "The link was closed." in page
    assert 'value="2026-11-24T10:00"' in page, "the promise is a field with a clock, not prose"
    assert "We write again" not in page
    client.post(f"{case}/affected", data={"selection": "all"})
    client.post(f"{case}/notice", data={"nature": "It leaked.", "contact": "DPO, now", "measures": "", "consequences": "", "unknown": ""})
    page = client.get(f"{case}/release").text
    assert "The fact sheet says more than this text: measures. Customers would read instead: “Not known yet; further information follows without undue delay.”" in page
    again = client.get(f"{case}/notice").text
    assert "It says more than this text: measures." in again
    assert "Filled from" not in again
    client.post(f"{case}/facts/notice")
    assert "The fact sheet says more" not in client.get(f"{case}/release").text


def test_outsiders_see_nothing_auditors_change_nothing_and_closed_cases_are_read(house: House) -> None:
    case = house.record()
    house.client("dpo").post(f"{case}/facts", data={"version": "0", "nature": "Secret."})
    for path in ("/facts", "/facts/1"):
        assert house.client("outsider").get(case + path).status_code == 404
        assert "Secret." in house.client("auditor").get(case + path).text
    for path in ("/facts", "/facts/notice"):
        assert house.client("outsider").post(case + path, data={"version": "1", "nature": "x"}).status_code == 404
        assert house.client("auditor").post(case + path, data={"version": "1", "nature": "x"}).status_code in {403, 404}
    with house.app.app_context(), act(house.app, db.session()) as unit:
        operations.close_as_no_breach(unit, unit.session.get_one(Breach, 1), "It was generated test data.")
    assert 'id="facts-form"' not in house.client("dpo").get(f"{case}/facts").text
    assert house.client("dpo").post(f"{case}/facts", data={"version": "1", "nature": "x"}).status_code == 422
    assert [sheet.nature for sheet in saved(house)] == ["Secret."]


def test_markup_appears_as_text(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    evil = "<script>alert(1)</script>"
    client.post(f"{case}/facts", data={"version": "0", "nature": evil, "contact": evil, "systems": evil, "subprocessor": evil, "attachments": evil})
    for path in ("/facts", "/facts/1"):
        assert "<script>alert" not in client.get(case + path).text


def test_many_versions_are_listed_a_page_at_a_time(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    for number in range(12):
        client.post(f"{case}/facts", data={"version": str(number), "nature": f"Text {number}."})
    page = client.get(f"{case}/facts").text
    assert re.findall(r"Version (\d+)</a>", page) == [str(number) for number in range(12, 2, -1)]
    assert re.findall(r"Version (\d+)</a>", client.get(f"{case}/facts?before=3").text) == ["2", "1"]


@pytest.mark.parametrize(("change", "words"), [
    ({"contact_mail": "abc, not a mail"}, "This is no mail address"),
    ({"next_word_at": "2020-01-01T10:00"}, "This time has passed"),
    ({"occurrence": "day", "occurrence_began": "2026-11-22T10:30"}, "cannot have begun then"),
])  # fmt: skip
def test_what_cannot_be_is_refused_beside_its_field(house: House, change: dict[str, str], words: str) -> None:
    case, client = house.record(), house.client("dpo")
    answer = client.post(f"{case}/facts", data={"nature": "It leaked.", "version": "0"} | change)
    assert answer.status_code == 422
    assert words in answer.text
    assert "It leaked." in answer.text
    assert saved(house) == []
