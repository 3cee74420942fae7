"""The severity by ENISA's method in a notice: told when somebody ticks it, as a help, the same in mail, document, page and dossier; it holds nothing up."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dpa.alerts.models import OutboxMessage
from dpa.breaches import facts, operations
from dpa.breaches.evidence.case_file import case_file
from dpa.breaches.evidence.dossier_parts import told
from dpa.breaches.facts.severity import Adjustment, Band, DataKind, Ease, Factor, Loss, SeverityInputs
from dpa.breaches.models import Notice
from dpa.breaches.phases import Phase
from dpa.breaches.told_severity import severity_rows, severity_text
from dpa.evidence.register import records
from dpa.evidence.register.models import IssuedDocument
from dpa.languages import ENGLISH, Language, wording
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_phases import DRAFT, Case

INPUTS = {
    "data": "financial", "ease": "significant", "confidentiality": "full", "malicious": True,
    "adjustments": [{"factor": "people", "points": 2, "reason": "Pupils of primary schools"}],
}  # fmt: skip


@pytest.fixture
def case(lemon: Ground) -> Case:
    found = Case(lemon)
    save(found, INPUTS)
    return found


def save(case: Case, inputs: object, hours: float = 0) -> None:
    with case.at(hours) as unit:
        operations.save_facts(unit, case.breach, facts.build({"nature": "An export leaked.", "severity_inputs": inputs}).canonical())


def write(case: Case, severity: bool | None, hours: float = 0.5, actor: str = "u:1", **more: object) -> Notice:
    with case.at(hours, actor) as unit:
        return operations.save_draft(unit, case.breach, DRAFT, severity=severity, **more)  # type: ignore[arg-type]


def released(case: Case) -> tuple[str, dict[str, object]]:
    """The text of the newest mail to a customer, and the content of its document."""
    mail = case.ground.session.query(OutboxMessage).filter_by(mail="breaches/notice").order_by(OutboxMessage.id.desc()).first()
    paper = case.ground.session.query(IssuedDocument).order_by(IssuedDocument.id.desc()).first()
    assert mail is not None
    assert paper is not None
    return mail.body_text, records.read(paper.content)["content"]


def test_nothing_is_told_unless_somebody_ticks_it(case: Case) -> None:
    write(case, None)
    case.release(1)
    text, content = released(case)
    assert "ENISA" not in text
    assert content["severity"] is None


def test_it_stands_in_mail_document_and_dossier_with_what_it_is_worth(case: Case) -> None:
    write(case, True)
    case.release(1)
    text, content = released(case)
    assert "A help, not a decision: severity by ENISA’s method" in text
    assert "4 × 0.75 + 1 = 4" in text
    assert "you alone assess the risk" in text
    assert "primary schools" not in text, "the reason of an adjustment was written for the house"
    assert content["severity"] == json.loads(severity_text(SeverityInputs.model_validate_json(json.dumps(INPUTS))))
    said = case_file(case.ground.session, case.breach, NOW.replace(hour=23)).said
    assert "4 × 0.75 + 1 = 4" in str(told(said | {"deliveries": []}, "Europe/Paris"))


def test_the_house_ticks_it_beforehand_and_a_later_save_keeps_what_was_chosen(case: Case) -> None:
    with case.at(0.1) as unit:
        operations.change_settings(unit, case.breach.organisation_id, four_eyes=False, acknowledge_hours=24, profiles=[], tell_severity=True)
    assert write(case, None).severity
    assert not write(case, False).severity
    assert not write(case, None).severity


def test_a_change_of_it_ends_an_approval_and_a_newer_sheet_alone_changes_no_text(case: Case) -> None:
    before = write(case, True).severity
    with case.at(0.6, "u:2") as unit:
        operations.approve(unit, case.breach)
    save(case, INPUTS | {"malicious": False}, 0.7)
    assert case.breach.draft is not None
    assert (case.breach.draft.severity, case.breach.draft.approved_by) == (before, "u:2"), "what was approved is what is released"
    fresh = write(case, True, 0.8)
    assert fresh.severity != before
    assert fresh.approved_by is None


def test_what_takes_everything_back_tells_none(case: Case) -> None:
    write(case, True)
    case.release(1)
    with case.at(2) as unit:
        back = operations.save_draft(unit, case.breach, replace(DRAFT, unknown=""), Phase.CORRECTION, withdraws=True, severity=True)
        assert back.withdraws
        assert back.severity == ""


def test_without_a_reckoning_there_is_nothing_to_tell_and_nothing_waits(lemon: Ground) -> None:
    case = Case(lemon)
    assert not write(case, True).severity
    assert case.release(1) == 2


@pytest.mark.parametrize("language", Language)
def test_every_word_of_the_method_is_said_in_each_language(language: Language) -> None:
    say = wording(language)
    words = [f"kind_{one.value}" for one in DataKind] + [f"ease_{one.value}" for one in Ease] + [f"factor_{one.value}" for one in Factor]
    words += [f"{start}_{one.value}" for one in Band for start in ("band", "means")]
    words += [f"{name}_{one.value}" for name in ("confidentiality", "integrity", "availability") for one in Loss if one is not Loss.NONE]
    assert all(say(f"severity.{word}") for word in words)
    inputs = SeverityInputs(
        data=DataKind.SIMPLE, ease=Ease.LIMITED, confidentiality=Loss.PARTIAL, integrity=Loss.FULL,
        adjustments=(Adjustment(factor=Factor.PUBLIC, points=3), Adjustment(factor=Factor.VOLUME)),
    )  # fmt: skip
    rows = severity_rows(severity_text(inputs), say)
    assert len(rows) == 5
    point = "." if language is Language.EN else ","
    assert rows[4][1] == f"1 × 0{point}5 + 0{point}75 = 1{point}25"
    assert say("severity.named", what=say("severity.factor_public"), number="-3")[1:] in rows[1][1]


def test_the_english_words_are_those_of_the_form() -> None:
    labels = [one.label for kind in (DataKind, Ease) for one in kind]
    said = [ENGLISH(f"severity.{start}_{one.value}") for start, kind in (("kind", DataKind), ("ease", Ease)) for one in kind]
    assert [label.lower() for label in labels] == [one.lower() for one in said]
    assert severity_rows("", ENGLISH) == ()
