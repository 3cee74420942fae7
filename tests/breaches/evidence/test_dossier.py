"""The dossier: what it holds at the end, and what it held at earlier instants."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dpa.breaches import facts, operations
from dpa.breaches.evidence import dossier_pages, dossier_parts, dossier_story
from dpa.breaches.operations import documenting
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft
from dpa.evidence.pdf.blocks import Table
from dpa.evidence.register import records
from dpa.problems import Conflict
from tests.breaches.conftest import NOW, Ground
from tests.breaches.evidence.house import HOUR, Story, exercise, people
from tests.breaches.test_phases import Case


def test_a_dossier_shows_only_what_was_known_by_its_instant(lemon: Ground) -> None:
    people(lemon)
    story = Story(lemon)
    story.finish()
    seen = {}
    for hours in (0.1, 2.9, 3.05, 3.5, 5.5, 41):
        said = story.dossier(0, hours, at=50)
        given = [one["given_at"] is not None for one in said["deliveries"]]
        seen[hours] = (
            len(said["decisions"]), len(said["facts"]), len(said["phases"]), given, len(said["deliveries"][0]["answers"]) if given else 0,
            [one["acknowledged_by"] for one in said["deliveries"]], [one["answer"] for one in said["questions"]], said["outcome"], said["state"]["is"],
        )  # fmt: skip
    assert seen[0.1] == (1, 0, 0, [], 0, [], [], "running", "open")
    assert seen[2.9] == (2, 1, 0, [], 0, [], [], "running", "open")
    assert seen[3.05] == (2, 1, 1, [False], 0, [""], [], "running", "open")
    assert seen[3.5] == (2, 1, 1, [True], 2, [""], [], "kept", "open")
    assert seen[5.5] == (2, 1, 1, [True], 2, ["Léa Martin"], [""], "kept", "open")
    assert seen[41][:4] == (2, 2, 2, [True, True, True])
    assert seen[41][6:] == (["The one of 20 November."], "kept", "closed")


def test_the_clock_stands_as_it_stood_before_awareness_was_corrected_and_the_date_moved(story: Story) -> None:
    def clock(hours: float) -> tuple[str, str, str, int]:
        said = story.dossier(1, hours, at=50)
        return said["clock"]["started_at"][:16], said["clock"]["due_at"][:16], said["outcome"], len(said["changes"])

    story.finish()
    assert clock(1) == ("2026-11-22T10:00", "2026-11-23T10:00", "running", 0)
    assert clock(3) == ("2026-11-22T09:00", "2026-11-23T09:00", "running", 1)
    assert clock(9) == ("2026-11-22T09:00", "2026-11-23T10:00", "running", 2)
    assert clock(23) == ("2026-11-22T09:00", "2026-11-23T10:00", "overdue", 2)
    assert clock(41) == ("2026-11-22T09:00", "2026-11-23T10:00", "late", 2)
    later = [step["label"] for step in story.dossier(1, 3, at=50)["clock"]["steps"]]
    assert "Extended" not in later
    assert "Extended" in [step["label"] for step in story.dossier(1, 9, at=50)["clock"]["steps"]]


def test_a_late_customer_has_its_reason_and_one_owed_nothing_its_decision(story: Story) -> None:
    story.finish()
    late, nothing = story.dossier(1, 41), story.dossier(2, 41)
    assert (late["outcome"], late["clock"]["late_s"]) == ("late", 4 * 3600)
    assert late["late_reason"] == {"text": "Its mail server was down all day.", "at": "2026-11-23T15:00:00.000000Z", "by": "Ana Duarte"}
    assert story.dossier(1, 26.5, at=50)["late_reason"] is None
    assert (nothing["outcome"], nothing["not_owed"]["text"][:8]) == ("not_owed", "Its data")
    assert story.dossier(2, 6.5, at=50)["not_owed"] is None


def test_it_names_people_and_gives_no_other_customers_numbers(story: Story) -> None:
    said = story.dossier(0, 10)
    assert [one["decided_by"] for one in said["decisions"]] == ["Ana Duarte", "Bo Lind"]
    text = records.canonical(said)
    assert "3,112" not in text
    assert "Customer 2" not in text
    assert said["facts"][1]["changes"] == ["Likely consequences: now stated."]


def test_the_package_for_the_controller_says_what_it_must_answer_itself(story: Story) -> None:
    package = story.dossier(0, 10)["edpb"]
    assert package["fields"]["field_52"] == "2026-11-22"
    assert package["facts_version"] == 2
    assert package["controller"] == "Customer 1"
    left = {one["field"] for one in package["left_to_the_controller"]}
    assert {"field_48", "field_89", "field_97"} <= left
    assert not left & set(package["fields"])
    assert "field_68" not in package["fields"], "the number of all customers' people is no answer of one"


def test_the_package_says_when_the_notice_sent_last_is_newer_and_says_other_things(story: Story) -> None:
    story.finish()
    found: list[Any] = [story.dossier(0, hours, at=50)["edpb"] for hours in (2.9, 10, 41)]
    before, fresh, after = found
    assert [(one["facts_saved_at"], one["last_notice_at"]) for one in (before, fresh, after)] == [
        ("2026-11-22T12:30:00Z", None), ("2026-11-22T18:00:00Z", "2026-11-22T15:00:00Z"), ("2026-11-22T18:00:00Z", "2026-11-23T17:00:00Z"),
    ]  # fmt: skip
    assert [one["facts_behind_last_notice"] for one in (before, fresh, after)] == [False, False, True]
    assert any("the notice is the newer word" in note for note in after["notes"])
    assert not any("newer word" in note for note in fresh["notes"])


def test_after_the_final_notice_the_package_leaves_nothing_open_and_tells_the_measures_told(here: Ground) -> None:
    case = Case(here)
    with case.at(0.5) as unit:
        sheet = facts.build({"nature": "An export leaked.", "measures_taken": "Access is being closed.", "measures_proposed": "Change the keys.", "unknown": "Who opened it.", "next_word_at": NOW + 20 * HOUR})
        operations.save_facts(unit, case.breach, sheet.canonical())
    case.tell(1)
    first = package_of(case, 2)
    case.write(Draft("An export leaked; 3 accounts opened it.", "Ana Duarte", "Unwanted mail.", "Access closed, keys changed.", ""), Phase.FINAL, hours=3)
    case.release(4)
    case.deliver(5)
    last = package_of(case, 6)
    assert (first["statements"]["still_unknown"], first["statements"]["next_word_at"]) == ("Who opened it.", "2026-11-23T08:00:00Z")
    assert (last["phase"], last["facts_behind_last_notice"]) == ("final", True)
    assert (last["statements"]["still_unknown"], last["statements"]["next_word_at"]) == ("", None)
    assert (last["fields"]["field_92"], last["statements"]["measures_proposed"]) == ("Access closed, keys changed.", "")
    assert any("Field 92 holds the measures told in that notice" in note for note in last["notes"])


def package_of(case: Case, hours: float) -> dict[str, Any]:
    with case.at(hours) as unit:
        [paper] = documenting.order_dossiers(unit, case.breach, unit.session.merge(case.ground.organisation), case.rows[:1], NOW + hours * HOUR)
        found: dict[str, Any] = records.read(paper.content)["content"]["edpb"]
        return found


def test_without_a_fact_sheet_the_package_takes_what_customers_were_told(here: Ground) -> None:
    case = Case(here)
    case.tell(1)
    with case.at(2) as unit:
        [paper] = documenting.order_dossiers(unit, case.breach, unit.session.merge(here.organisation), case.rows[:1], NOW + 2 * HOUR)
        package = records.read(paper.content)["content"]["edpb"]
    assert package["fields"]["field_62"] == "An export leaked."
    assert package["fields"]["field_92"] == "Access was closed."
    assert (package["facts_version"], package["facts_saved_at"], package["facts_behind_last_notice"]) == (0, None, False)


def test_a_case_opened_again_was_closed_in_between(story: Story) -> None:
    story.finish()
    with story.at(60) as unit:
        operations.reopen(unit, story.breach, "A further customer may be affected.")
    assert [story.file(hours).state.state.value for hours in (39, 41, 61)] == ["open", "closed", "open"]
    assert story.file(41).state.words == "Every customer knows; the keys are changed."


def test_all_customers_at_once_in_a_bounded_number_of_statements(story: Story) -> None:
    with story.at(10) as unit:
        papers = documenting.order_dossiers(unit, story.breach, unit.session.merge(story.ground.organisation), story.rows, NOW + 10 * HOUR)
        assert [(paper.reference, paper.addressee) for paper in papers] == [(f"LL-BD-2026-000{n}", f"Customer {n}") for n in (1, 2, 3)]


def test_nobody_named_by_then_is_said(story: Story) -> None:
    with pytest.raises(Conflict, match="Nobody was named"), story.at(10) as unit:
        documenting.order_dossiers(unit, story.breach, unit.session.merge(story.ground.organisation), story.rows, NOW - timedelta(days=1))


def test_an_exercise_has_no_dossier(here: Ground) -> None:
    case = exercise(here)
    with pytest.raises(Conflict, match="no dossiers"), case.at(30) as unit:
        documenting.order_dossiers(unit, case.breach, unit.session.merge(here.organisation), case.rows, NOW)


def test_acts_of_one_instant_stand_in_the_order_in_which_one_leads_to_the_next() -> None:
    at = "2026-11-22T12:00:00.000000Z"
    said = {
        "detected_at": at, "aware_at": at, "recorded_at": at, "recorded_by": "Ana", "upstream_told_at": at, "upstream": "Nimbus", "added_at": at,
        "controller": "Zeta", "decisions": [], "facts": [{"at": at, "number": 1, "by": "Ana"}], "questions": [], "late_reason": None, "not_owed": None,
        "changes": [], "outcome": "kept", "told_at": at, "endings": [{"at": at, "act": "breaches:incident:closed", "words": "Done.", "by": "Ana"}],
        "phases": [{"next_word_at": None, "late_reason": "", "emergency_reason": "", "approved_by": "", "released_at": at, "title": "Initial notice",
                    "number": 1, "released_by": "Ana"}],
        "deliveries": [{"phase": 1, "given_at": at, "counts_at": at, "proof": "", "channel": "E-mail", "to": "x@y.example", "read_at": at,
                        "acknowledged_at": at, "acknowledged_how": "by the link", "acknowledged_by": "Zoe"}],
    }  # fmt: skip
    words = [one.title for one in dossier_story.story(said, "Europe/Paris")]
    assert [line.split(" ")[0] for line in words] == ["First", "Nimbus", "Aware", "The", "Zeta", "Version", "Initial", "Notice", "Notice", "Notice", "The"]
    assert words[-1] == "The case was closed"


def test_what_was_told_is_quoted_from_the_mail_and_never_a_word_of_ours_instead() -> None:
    def phase(number: int, kind: str, **told: object) -> dict[str, object]:
        texts = dict.fromkeys(("nature", "contact", "consequences", "measures", "unknown"), "")
        return {**texts, "number": number, "phase": kind, "title": kind, "released_at": "2026-11-22T12:00:00.000000Z", "released_by": "Ana",
                "approved_by": "", "next_word_at": None, **told}  # fmt: skip

    said = {"deliveries": [], "phases": [
        phase(1, "initial", nature="An export leaked."), phase(2, "supplement", consequences="Phishing.", measures="Keys changed."),
        phase(3, "final"), phase(4, "correction", withdraws=True),
    ]}  # fmt: skip
    tables = [block for block in dossier_parts.told(said, "Europe/Paris") if isinstance(block, Table)]
    assert [dict(table.rows)["Still open"] for table in tables] == [  # type: ignore[arg-type]
        "Not known yet; further information follows without undue delay.", "Nothing is named here; whatever comes up follows without undue delay.",
        "Nothing further is open.", "Nothing further is open.",
    ]  # fmt: skip
    assert dict(tables[3].rows)["Measures taken or proposed"] == "None: there was no personal data breach."  # type: ignore[arg-type]


def test_the_first_page_says_which_notice_was_acknowledged() -> None:
    done = {"phase": 1, "acknowledged_by": "Claire Martin", "acknowledged_how": "link"}
    assert dossier_pages._acknowledged([done], 3) == "notice 1 of 3, by Claire Martin (through its link)"
    assert dossier_pages._acknowledged([], 3) == ""
