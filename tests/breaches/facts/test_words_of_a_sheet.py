"""Rows, paragraphs and differences."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from dpa.breaches.facts import words as w
from dpa.breaches.facts.changes import changes
from dpa.breaches.facts.narrative import matters, rows
from dpa.breaches.facts.sheet import Count, Country, FactSheet, build
from dpa.breaches.facts.showing import LABELS, SHOWN, counted, figure, listed, lowered
from dpa.breaches.facts.telling import ONLY_WITH, Share, for_controller, told
from tests.breaches.facts.ground import PARIS, full, sheets

TBD = Count(precision=w.Precision.TO_BE_DETERMINED)
NEVER = Count(precision=w.Precision.UNDETERMINABLE)


@pytest.mark.parametrize(
    ("count", "short", "long"),
    [
        (None, "not known yet", "number of people not known yet"),
        (TBD, "to be determined", "number of people to be determined"),
        (NEVER, "not determinable", "number of people not determinable"),
        (Count.about(3112), "about 3,112", "about 3,112 people"),
        (Count.exact(3112), "3,112", "3,112 people"),
        (Count.exact(1), "1", "1 person"),
        (Count.exact(0), "0", "0 people"),
    ],
)
def test_a_number_is_said_with_its_precision(count: Count | None, short: str, long: str) -> None:
    assert (figure(count), counted(count, "person", "people")) == (short, long)


@pytest.mark.parametrize(("parts", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_a_list_in_a_sentence(parts: list[str], text: str) -> None:
    assert listed(parts) == text


@pytest.mark.parametrize(("label", "text"), [("Hacking", "hacking"), ("IT systems", "IT systems"), ("E-mail to many", "e-mail to many"), ("", "")])
def test_a_label_inside_a_sentence(label: str, text: str) -> None:
    assert lowered(label) == text


def test_every_field_has_a_label_and_a_place() -> None:
    assert sorted(LABELS) == sorted(FactSheet.model_fields)
    assert len(SHOWN) == len(set(LABELS.values()))


def test_the_full_sheet_shows_a_row_for_every_field() -> None:
    found = rows(full(), PARIS)
    assert [label for label, _ in found] == [shown.label for shown in SHOWN]
    said = dict(found)
    assert said["People concerned"] == "about 3,112"
    assert said["Nature of the breach"] == "Confidentiality; Integrity; Availability"
    assert said["Score by the ENISA method"] == "5.00, very high (information for the controller)"
    assert said["When it happened"] == (
        "from Fri 20 Nov 2026 08:00 +01:00 (Europe/Paris) to Sun 22 Nov 2026 09:00 +01:00 (Europe/Paris) (estimated)"
    )
    assert said["Contact reachable now"] == "Ana Duarte, DPO, +33 1 00 00 00 00, dpo@lemon.example (day and night)"
    assert said["Countries of the people concerned"] == "Germany (112); France (3,000)"
    assert said["Attachments"] == "report.pdf (report of the investigation); log.csv"


def test_the_empty_sheet_shows_nothing() -> None:
    assert rows(FactSheet(), PARIS) == ()
    assert matters(FactSheet(), PARIS) == matters(FactSheet(people=None), PARIS)
    assert not any(getattr(matters(FactSheet(), PARIS), name) for name in ("nature", "contact", "consequences", "measures", "unknown"))


def test_the_matters_of_a_full_sheet() -> None:
    found = matters(full(), PARIS)
    assert found.nature == (
        "Exports of the reporting service went to an unknown address.",
        ("This is a breach of confidentiality, integrity and availability. Data were probably taken or disclosed; there is no proof. Those without "
        "authority can read the data. Data were altered and wrongly used; the damage can be reversed. Access to the data is or was lost for a time "
        "only. Kind of incident: personal data extracted without authority. Further kinds: misconfiguration. Cause: external, malicious."),
        ("It happened from Fri 20 Nov 2026 08:00 +01:00 (Europe/Paris) to Sun 22 Nov 2026 09:00 +01:00 (Europe/Paris) (estimated). From the first and "
        "last export in the log. We detected it. An alarm of the mail gateway."),
        ("People concerned: about 3,112 people: employees, former, current and candidates; users. Participants of courses. They live in: "
        "Germany (112) and France (3,000)."),
        ("Types of data: contact details (address, telephone, e-mail); criminal convictions, offences or security measures; health data (medical "
        "records, test results). Specially protected among them (Art. 9(1) GDPR and Art. 10 GDPR): criminal convictions, offences or security measures; "
        "health data (medical records, test results). Addresses of participants. Records concerned: 9,000 records. One record is one course result."),
        ("Systems involved: Reporting service, Paris; Mail gateway, Lille. Subprocessor involved: Hostco; told us on Sat 21 Nov 2026 23:30 +01:00 "
        "(Europe/Paris); noc@hostco.example."),
    )
    assert found.contact == ("Ana Duarte, DPO, +33 1 00 00 00 00, dpo@lemon.example (day and night)",)
    assert found.consequences == (
        "Unwanted mail is likely.",
        ("Data may be linked with other information without unreasonable effort. Data may have been altered and used though no longer valid. Services "
        "are disrupted or hard to use. Employers may learn results. Results may be wrong. Courses start late."),
        ("Possible impact on people: loss of control over their data and fraud. Embarrassment. We propose to rate its severity as moderate; the "
        "assessment is yours."),
    )
    assert found.measures == (
        "The export was stopped.",
        "Our proposal to you: Warn the participants.",
        "In place when it happened: encryption of the data and logical access control (such as several factors). Encrypted at rest only.",
        "So that it does not happen again: change of processes. Exports need a second person.",
        "We reported it to the police or a court. We have not notified other authorities. Case 12/345.",
    )
    assert found.unknown == ("Who opened the files.",), "the next word is promised in a field of the notice, with its clock"


def test_a_text_for_all_customers_counts_nobody() -> None:
    found, counted = matters(full(), PARIS, numbers=False), matters(full(), PARIS)
    said = "\n".join(found.nature)
    assert not [number for number in ("3,112", "9,000", "3,000", "(112)", "People concerned", "Records concerned") if number in said]
    assert found.nature[3] == "Categories of people: employees, former, current and candidates; users. Participants of courses. They live in: Germany and France."
    assert found.nature[4].endswith("Addresses of participants. One record is one course result.")
    assert found.nature[:3] + found.nature[5:] == counted.nature[:3] + counted.nature[5:]
    assert (found.contact, found.consequences, found.measures, found.unknown) == (counted.contact, counted.consequences, counted.measures, counted.unknown)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"people": TBD}, "People concerned: number of people to be determined."),
        ({"people": NEVER, "subjects": ["patients"]}, "People concerned: number of people not determinable: patients."),
        ({"subjects": ["patients"]}, "People concerned: number of people not known yet: patients."),
        ({"countries": [{"code": "JP"}]}, "They live in: JP."),
        ({"occurrence": {"span": "undeterminable"}}, "When it happened cannot be determined."),
        ({"occurrence": {"span": "to_be_determined"}}, "When it happened is being determined."),
        ({"occurrence": {"span": "ongoing", "began_at": "2026-10-25T01:30:00Z"}},
         "It has been happening since Sun 25 Oct 2026 02:30 +01:00 (Europe/Paris), and still going on."),
        ({"natures": ["confidentiality"], "disclosure": "to_be_determined"},
         "This is a breach of confidentiality. Whether data were taken or disclosed is being determined."),
        ({"natures": ["confidentiality"], "unintelligible": "protected"},
         "This is a breach of confidentiality. Those without authority cannot read the data: their protection, such as encryption, is intact."),
        ({"discovery": "other", "discovery_note": "A dream."}, "A dream."),
        ({"disclosure": "disclosed", "cause": "unknown"}, "Cause: unknown."),
    ],
)  # fmt: skip
def test_what_is_not_known_is_said_as_such(fields: dict[str, object], sentence: str) -> None:
    assert matters(build(fields), PARIS).nature == (sentence,)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ({"people": TBD}, {"people": Count.about(3112)}, "People concerned: about 3,112, was to be determined."),
        ({}, {"people": Count.exact(4)}, "People concerned: 4, not stated before."),
        ({"people": Count.exact(4)}, {}, "People concerned: withdrawn, was 4."),
        ({"cause": "unknown"}, {"cause": "external"}, "Cause: external, not malicious, was unknown."),
        ({"data_types": ["basic", "contact"]}, {"data_types": ["contact", "genetic", "biometric"]},
         "Types of data: added biometric data and genetic data; removed basic data (name, date of birth)."),
        ({"systems": ["A", "B"]}, {"systems": ["B", "A"]}, "Systems involved: put in another order."),
        ({"systems": ["Alpha"]}, {"systems": []}, "Systems involved: removed Alpha."),
        ({}, {"nature": "x"}, "What happened: now stated."),
        ({"nature": "x"}, {"nature": "y"}, "What happened: rewritten."),
        ({"nature": "x"}, {}, "What happened: withdrawn."),
        ({"contact": {"name": "Ana"}}, {"contact": {"name": "Bo", "phone": "1"}}, "Contact reachable now: Bo, 1, was Ana."),
        ({"next_word_at": "2026-11-22T10:00:00Z"}, {"next_word_at": "2026-11-22T11:00:00Z"},
         "Next word at the latest: Sun 22 Nov 2026 12:00 +01:00 (Europe/Paris), was Sun 22 Nov 2026 11:00 +01:00 (Europe/Paris)."),
        ({"severity_inputs": {"data": "simple", "ease": "limited"}}, {"severity_inputs": {"data": "behavioural", "ease": "negligible"}},
         "Score by the ENISA method: 0.50, low (information for the controller), stated more closely."),
        ({"occurrence": {"span": "undeterminable"}}, {"occurrence": {"span": "undeterminable", "explanation": "No log."}},
         "When it happened: cannot be determined, stated more closely."),
    ],
)  # fmt: skip
def test_a_difference_is_one_sentence(old: dict[str, object], new: dict[str, object], sentence: str) -> None:
    assert [change.sentence for change in changes(build(old), build(new), PARIS)] == [sentence]


def test_a_remnant_of_the_form_is_neither_told_nor_a_difference() -> None:
    remnant = build({"natures": ["confidentiality"], "alteration": "irreversible", "integrity_note": "x"})
    plain = build({"natures": ["confidentiality"]})
    assert told(remnant) == plain
    assert changes(plain, remnant, PARIS) == ()
    assert rows(remnant, PARIS) == rows(plain, PARIS)
    assert {name for names in ONLY_WITH.values() for name in names} <= set(FactSheet.model_fields)


@given(old=sheets(), new=sheets())
@settings(max_examples=80, deadline=None)
def test_differences_are_complete_and_name_each_field_once(old: FactSheet, new: FactSheet) -> None:
    found = [change.field for change in changes(old, new, PARIS)]
    assert changes(old, old, PARIS) == ()
    assert set(found) == {name for name in FactSheet.model_fields if getattr(told(old), name) != getattr(told(new), name)}
    assert len(found) == len(set(found))
    assert [change.field for change in changes(new, old, PARIS)] == found


@given(sheet=sheets())
@settings(max_examples=80, deadline=None)
def test_every_sheet_can_be_told(sheet: FactSheet) -> None:
    assert all(label and text for label, text in rows(sheet, PARIS))
    found = matters(sheet, PARIS)
    if sheet.nature:
        assert found.nature[0] == sheet.nature
    if sheet.unknown:
        assert found.unknown[0] == sheet.unknown


class TestOneControllersPart:
    def test_with_one_controller_the_numbers_are_its_own(self) -> None:
        assert for_controller(full(), None, controllers=1) == full()

    def test_with_several_the_numbers_of_all_are_nobodys(self) -> None:
        found = for_controller(full(), None, controllers=2)
        assert (found.people, found.records) == (None, None)
        assert found.countries == (), "where the people of all live is not where its own do"
        assert found.nature == full().nature

    def test_a_share_replaces_the_incidents_answer(self) -> None:
        share = Share(people=Count.exact(12), data_types=(w.DataType.BASIC,), countries=(Country(code="FR", people=12),))
        found = for_controller(full(), share, controllers=40)
        assert (found.people, found.records, found.data_types) == (Count.exact(12), None, (w.DataType.BASIC,))
        assert found.countries == (Country(code="FR", people=12),)
        assert found.subjects == full().subjects
