"""The report of an exercise: achieved times, steps, and who could not have been told in reality."""

from __future__ import annotations

import pytest

from dpa.breaches import operations
from dpa.breaches.closing import Ending
from dpa.breaches.evidence import drill_pages
from dpa.breaches.operations import documenting
from dpa.evidence.pdf.blocks import Table
from dpa.evidence.register import records
from dpa.parties.rules import Purpose
from dpa.problems import Conflict
from tests.breaches.conftest import NO_FINAL, NOW, Ground
from tests.breaches.evidence.house import HOUR, Further, Story, exercise
from tests.breaches.test_phases import Case


def report(case: Case, hours: float = 30, as_of: float | None = None) -> dict[str, object]:
    with case.at(hours) as unit:
        then = unit.now if as_of is None else unit.now + (as_of - hours) * HOUR
        paper = documenting.order_drill_report(unit, case.breach, unit.session.merge(case.ground.organisation), then)
        return records.read(paper.content)


def test_every_step_has_its_time_and_those_not_taken_have_none(here: Ground) -> None:
    said = report(exercise(here))["content"]
    steps = {one["step"]: (one["after_s"] / 3600 if one["after_s"] is not None else None) for one in said["steps"]}  # type: ignore[index]
    assert steps == {
        "First noticed": 0, "Aware": 0, "Incident recorded": 2, "Customers named": 2, "Notice written": 4,
        "Notice released": 5, "Delivered": 27, "Opened by the customer's link": None, "Acknowledged": None, "Exercise closed": 29,
    }  # fmt: skip
    named = said["steps"][3]  # type: ignore[index]
    assert (named["first_at"][11:16], named["last_at"][11:16]) == ("12:00", "13:00")


def test_a_report_holds_what_was_so_at_its_time(here: Ground) -> None:
    case = exercise(here)
    with case.at(35) as unit:
        operations.reopen(unit, case.breach, "One more thing is tried out.")
    with case.at(38) as unit:
        operations.acknowledge(unit, case.breach, case.rows[0], "Bo Lind", "link")
    with case.at(40) as unit:
        operations.close(unit, case.breach, Ending("Everybody knew what to do.", NO_FINAL))
    then, now = report(case, 50, as_of=30)["content"], report(case, 50)["content"]
    assert [one["after_s"] for one in then["steps"] if one["step"] == "Acknowledged"] == [None]  # type: ignore[index]
    assert [one["after_s"] for one in now["steps"] if one["step"] == "Acknowledged"] == [40 * 3600]  # type: ignore[index]
    assert then["as_of"] != now["as_of"]  # type: ignore[index]


def test_a_report_as_of_a_time_when_the_exercise_ran_is_refused(here: Ground) -> None:
    case = exercise(here)
    with pytest.raises(Conflict, match="still ran at that time"):
        report(case, 50, as_of=26)


def test_achieved_times_stand_against_each_promise(here: Ground) -> None:
    said = report(exercise(here))["content"]
    assert [(one["controller"], one["late_s"], one["outcome"], one["reason"]) for one in said["promises"]] == [  # type: ignore[index]
        (f"Customer {n}", 3 * 3600, "late", "Nobody was on call.") for n in (11, 12, 13, 14)
    ]


def test_the_real_addresses_are_looked_at_not_those_of_the_exercise(here: Ground) -> None:
    said = report(exercise(here))["content"]
    found = {one["controller"]: one["problem"] for one in said["unreachable"]}  # type: ignore[index]
    assert set(found) == {"Customer 13", "Customer 14"}
    assert "No security, privacy or notices contact" in found["Customer 13"]
    assert "own domain" in found["Customer 14"]
    assert said["unacknowledged"] == 4


def test_a_good_exercise_says_so(here: Ground) -> None:
    case = Case(here, customers=1, drill=True)
    case.tell(1)
    with case.at(2) as unit:
        operations.acknowledge(unit, case.breach, case.rows[0], "Bo Lind", "link")
    with case.at(3) as unit:
        operations.close(unit, case.breach, Ending("Everybody knew what to do.", NO_FINAL))
    record = report(case)
    body = drill_pages.build(record)
    assert "1 of 1 clock would have been kept in reality." in body.summary[1].text  # type: ignore[union-attr]
    assert "Every customer named has a usable address" in body.summary[1].text  # type: ignore[union-attr]
    assert body.detail[1].title == "Nothing"  # type: ignore[union-attr]


def test_who_could_not_have_been_told_in_reality_keeps_no_promise(here: Ground) -> None:
    case = Further(here, [here.customer(1, (Purpose.SECURITY, "security@c1.example")), here.customer(2)], drill=True)
    case.tell(1)
    with case.at(3) as unit:
        operations.close(unit, case.breach, Ending("Everybody knew what to do.", NO_FINAL))
    record = report(case)
    assert [one["outcome"] for one in record["content"]["promises"]] == ["kept", "kept"]  # type: ignore[index]
    body = drill_pages.build(record)
    lead, figures = body.summary[1].text, str(body.summary[2])  # type: ignore[union-attr]
    assert lead.startswith("1 of 2 clocks would have been kept in reality. 1 customer could not have been told in reality")
    assert "1 clock not kept in reality" in figures
    (table,) = (block for block in body.detail if isinstance(block, Table) and block.columns[-1].title == "Achieved")
    assert [row[-1].split("\n")[0] for row in table.rows] == ["kept", "not kept in reality: no usable address"]


def test_an_exercise_nobody_was_named_in_has_a_report_too(here: Ground) -> None:
    case = Further(here, [here.customer(1)], drill=True)
    with case.at(1) as unit:
        operations.close_as_no_breach(unit, case.breach, "We stopped after the first step of the plan.")
    body = drill_pages.build(report(case))
    assert "No clock had to be kept" in body.summary[1].text  # type: ignore[union-attr]
    assert any(isinstance(block, Table) for block in body.detail)


def test_only_a_closed_exercise_has_one(story: Story) -> None:
    with pytest.raises(Conflict, match="no exercise"):
        report(story)
    running = Further(story.ground, story.agreements[:1], drill=True)
    with pytest.raises(Conflict, match="still runs"):
        report(running)


def test_it_is_as_of_the_moment_of_its_order(here: Ground) -> None:
    case = exercise(here)
    with case.at(40) as unit:
        operations.reopen(unit, case.breach, "One step was forgotten, so we go on.")
        operations.close(unit, case.breach, Ending("Now every step was taken.", NO_FINAL))
    said = report(case, 41)["content"]
    assert said["state"]["words"] == f"Now every step was taken. No final notice was sent: {NO_FINAL}"  # type: ignore[index]
    assert said["as_of"] == (NOW + 41 * HOUR).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
