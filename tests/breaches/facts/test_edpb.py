"""The package for a controller against the template's structure."""

from __future__ import annotations

import json
import re
import string
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from dpa.breaches.facts import words as w
from dpa.breaches.facts.edpb import DEMONSTRATION, EXERCISE, Context, package
from dpa.breaches.facts.sheet import Count, Country, FactSheet, build
from dpa.breaches.facts.telling import Share
from dpa.breaches.facts.template import FIELDS, MANDATORY, Field, Kind
from dpa.evidence.trail import bodies
from tests.breaches.facts.ground import NOW, PARIS, full, sheets

CONTEXT = Context(
    processor="Lemon Learning", controller="Customer 1", reference="LL-2026-007", detected_at=NOW - timedelta(hours=3),
    aware_at=NOW - timedelta(hours=2), notified_at=datetime(2026, 11, 22, 23, 30, tzinfo=UTC), as_of=NOW + timedelta(hours=13), zone=PARIS,
    facts_version=3, processor_contact="security@lemon.example",
)  # fmt: skip
CONTROLLERS = {*range(3, 38), 48, 49, 89, 90, *range(97, 107), 113, 114, 115, 118, 120, 121, 122, 123}


def numbers(found: dict[str, Any]) -> set[int]:
    return {int(name.removeprefix("field_")) for name in found["fields"]}


def fits(field: Field, value: object) -> bool:
    """Whether a value has the form the template asks for."""
    letters = string.ascii_lowercase[: field.options]
    forms = {
        Kind.TEXT: lambda: isinstance(value, str) and value != "",
        Kind.TEXTS: lambda: isinstance(value, list) and all(isinstance(item, str) for item in value),
        Kind.CHOICE: lambda: isinstance(value, str) and len(value) == 1 and value in letters,
        Kind.CHOICES: lambda: isinstance(value, list) and value == sorted(set(value)) and all(item in letters for item in value),
        Kind.FLAG: lambda: isinstance(value, bool),
        Kind.INSTANT: lambda: isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value) is not None,
        Kind.DATE: lambda: date.fromisoformat(str(value)).isoformat() == value,
        Kind.NUMBER: lambda: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
        Kind.NUMBERS: lambda: isinstance(value, list) and all(isinstance(item, int) and item >= 0 for item in value),
    }
    return forms[field.kind]()


def test_the_table_has_the_templates_counts() -> None:
    assert len(FIELDS) == 100
    assert len(MANDATORY) == 42
    assert set(FIELDS) >= MANDATORY
    assert list(FIELDS) == sorted(FIELDS)
    assert (min(FIELDS), max(FIELDS)) == (3, 126)
    assert {number for number, field in FIELDS.items() if field.left} == CONTROLLERS & set(FIELDS)
    assert all(bool(field.options) is (field.kind in {Kind.CHOICE, Kind.CHOICES}) for field in FIELDS.values())


def test_the_full_sheet_fills_what_a_processor_can_contribute() -> None:
    found = package(full(), CONTEXT)
    contributed = {number for number, field in FIELDS.items() if field.left is None}
    assert contributed - numbers(found) == {110}, "we notified no other authority, and a no of ours is not the controller's"
    assert found["open"] == []
    fields = found["fields"]
    assert (fields["field_38"], fields["field_39"]) == ("a", ["Processor", "Subprocessor of the processor"])
    assert fields["field_40"] == ["Lemon Learning", "Hostco"]
    assert fields["field_41"] == ["Ana Duarte, DPO, +33 1 00 00 00 00, dpo@lemon.example (day and night)", "noc@hostco.example"]
    assert (fields["field_44"], fields["field_45"], fields["field_46"], fields["field_47"]) == (
        "b", True, "2026-11-20T07:00:00Z", "2026-11-22T08:00:00Z",
    )  # fmt: skip
    assert fields["field_50"] == "b"
    assert fields["field_52"] == "2026-11-23", "the day in the zone of the organisation"
    assert fields["field_53"] == (
        "The processor Lemon Learning first noticed signs on Sun 22 Nov 2026 10:00 +01:00 (Europe/Paris) and was aware of the breach "
        "on Sun 22 Nov 2026 11:00 +01:00 (Europe/Paris).\n"
        "The subprocessor Hostco informed the processor on Sat 21 Nov 2026 23:30 +01:00 (Europe/Paris).\n"
        "The processor informed the controller on Mon 23 Nov 2026 00:30 +01:00 (Europe/Paris).\n"
        "From the first and last export in the log."
    )
    assert (fields["field_55"], fields["field_56"], fields["field_57"], fields["field_58"], fields["field_59"]) == (["a", "b", "c"], "b", "c", "b", "a")
    assert (fields["field_60"], fields["field_61"]) == ("g", "d")
    assert fields["field_62"].endswith("\nFurther kinds of incident: misconfiguration.")
    assert fields["field_63"] == "Reporting service, Paris\nMail gateway, Lille"
    assert (fields["field_67"], fields["field_68"], fields["field_72"], fields["field_73"]) == ("b", 3112, "a", 9000)
    assert (fields["field_70"], fields["field_75"], fields["field_94"]) == (["b", "d", "k"], ["c", "h"], ["c"])
    assert (fields["field_116"], fields["field_117"]) == ("Germany, France", [112, 3000])
    assert (fields["field_109"], fields["field_125"], fields["field_126"]) == ("a", ["c", "j"], "report.pdf\nlog.csv")
    severity = found["statements"].pop("severity")
    assert (severity["score"], severity["band"], severity["inputs"]["data"], severity["reckoning"][4]) == ("5.00", "very_high", "sensitive", "Severity: 4 × 1.00 + 1.00 = 5.00.")
    assert severity["flags"] == ["More than 100 people are concerned (3,112)."]
    assert "information for the controller" in severity["advice"]
    assert found["statements"] == {
        "consequences": "Unwanted mail is likely.", "measures_proposed": "Warn the participants.", "still_unknown": "Who opened the files.",
        "next_word_at": "2026-11-23T11:00:00Z",
    }  # fmt: skip
    assert (found["facts_version"], found["as_of"], found["exercise"]) == (3, "2026-11-23T01:00:00Z", False)


def test_the_empty_sheet_fills_only_who_we_are_and_what_we_did() -> None:
    found = package(FactSheet(), replace(CONTEXT, notified_at=None, processor_contact=""))
    assert numbers(found) == {38, 39, 40, 53}
    open_fields = {int(one["field"].removeprefix("field_")) for one in found["open"]}
    assert open_fields == {number for number in MANDATORY if FIELDS[number].left is None} - {38, 39, 40} | {52}


def test_what_the_controller_decides_is_listed_with_its_reason_and_never_filled() -> None:
    left = package(full(), CONTEXT)["left_to_the_controller"]
    assert {int(one["field"].removeprefix("field_")) for one in left} == CONTROLLERS & set(FIELDS)
    assert all(one["reason"].endswith(".") or one["reason"].endswith(").") for one in left)
    awareness = next(one for one in left if one["field"] == "field_48")
    assert "para 44" in awareness["reason"]
    assert awareness["mandatory"] is True


@pytest.mark.parametrize(
    ("fields", "absent", "present"),
    [
        ({"police": "no", "authorities": "unknown", "reports_note": "x"}, {109, 110, 111}, set()),
        ({"police": "no", "authorities": "yes", "reports_note": "x"}, {109}, {110, 111}),
        ({"alteration": "reversible", "natures": ["confidentiality"]}, {58, 81}, {55}),
        ({"people": {"precision": "to_be_determined"}}, {68}, {67}),
        ({"people": {"precision": "undeterminable"}}, {68}, {67}),
        ({"countries": [{"code": "US", "people": 5}]}, {116, 117}, set()),
        ({"countries": [{"code": "FR", "people": 5}, {"code": "DE"}]}, {117}, {116}),
        ({"occurrence": {"span": "to_be_determined"}}, {45, 46, 47}, {44}),
        ({"occurrence": {"span": "ongoing", "began_at": "2026-11-22T10:00:00Z"}}, {47}, {44, 45, 46}),
    ],
)
def test_nothing_is_invented(fields: dict[str, object], absent: set[int], present: set[int]) -> None:
    found = numbers(package(build(fields), CONTEXT))
    assert not absent & found
    assert present <= found


def test_numbers_of_other_controllers_are_not_given() -> None:
    found = package(full(), replace(CONTEXT, controllers=40))
    assert not {67, 68, 72, 73, 117} & numbers(found)
    assert {"field_67", "field_72"} <= {one["field"] for one in found["open"]}
    assert any("40 controllers" in note for note in found["notes"])
    assert {116, 117}.isdisjoint(numbers(found))
    assert "field_116" in [one["field"] for one in found["open"]], "nobody has said where its own people live"
    some = package(full(), replace(CONTEXT, controllers=40, share=Share(countries=(Country(code="FR", people=7), Country(code="BE", people=5)))))
    assert (some["fields"]["field_116"], some["fields"]["field_117"]) == ("Belgium, France", [5, 7])
    assert "field_116" not in [one["field"] for one in some["open"]]
    own = package(full(), replace(CONTEXT, controllers=40, share=Share(people=Count.exact(12))))
    assert (own["fields"]["field_67"], own["fields"]["field_68"]) == ("a", 12)


def test_an_exercise_says_so_first() -> None:
    found = package(full(), replace(CONTEXT, exercise=True))
    assert (found["exercise"], found["notes"][0]) == (True, EXERCISE)
    assert EXERCISE not in package(full(), CONTEXT)["notes"]


def test_a_demonstration_says_so_beside_the_template() -> None:
    plain, found = package(full(), CONTEXT), package(full(), replace(CONTEXT, demonstration=True))
    assert (found["demonstration"], found["notes"][0]) == (True, DEMONSTRATION)
    assert (plain["demonstration"], DEMONSTRATION in plain["notes"]) == (False, False)
    assert found["fields"] == plain["fields"]
    assert package(full(), replace(CONTEXT, demonstration=True, exercise=True))["notes"][:2] == [EXERCISE, DEMONSTRATION]


def test_facts_behind_the_last_notice_say_so_with_both_times() -> None:
    plain = package(full(), CONTEXT)
    assert (plain["facts_saved_at"], plain["last_notice_at"], plain["facts_behind_last_notice"]) == (None, None, False)
    found = package(full(), replace(CONTEXT, facts_saved_at=NOW, last_notice_at=NOW + timedelta(hours=2), facts_behind=True))
    assert (found["facts_saved_at"], found["last_notice_at"]) == ("2026-11-22T12:00:00Z", "2026-11-22T14:00:00Z")
    assert found["facts_behind_last_notice"] is True
    assert found["notes"][0] == (
        "The facts were saved last on Sun 22 Nov 2026 13:00 +01:00 (Europe/Paris); the notice of Sun 22 Nov 2026 15:00 +01:00 (Europe/Paris) is newer "
        "and says other things. Where they differ, the notice is the newer word."
    )
    assert found["fields"] == plain["fields"]


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        package(full(), replace(CONTEXT, as_of=datetime(2026, 11, 22)))


@given(sheet=sheets())
@settings(max_examples=100, deadline=None)
def test_every_package_has_the_templates_form(sheet: FactSheet) -> None:
    found = package(sheet, CONTEXT)
    assert bodies.restricted(found, "package", personal=True) == json.loads(json.dumps(found))
    assert list(found["fields"]) == [one["field"] for one in found["readable"]]
    for name, value in found["fields"].items():
        number = int(name.removeprefix("field_"))
        assert number not in CONTROLLERS
        assert fits(FIELDS[number], value), (name, value)
    for only, numbers_of_it in ((w.Nature.CONFIDENTIALITY, {56, 57, 79, 80}), (w.Nature.INTEGRITY, {58, 81, 82}), (w.Nature.AVAILABILITY, {59, 83, 84})):
        assert only in sheet.natures or not numbers_of_it & numbers(found)
    for one in found["open"]:
        assert one["field"] not in found["fields"]
