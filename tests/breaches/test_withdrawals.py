"""A correction that takes back what customers were told: there was no breach. It says so everywhere, and only it opens that ending."""

from __future__ import annotations

import pytest

from dpa.breaches import closing, notices, operations, phases
from dpa.breaches.closing import CaseState
from dpa.breaches.documents import build
from dpa.breaches.operations.closing import facts_of
from dpa.breaches.operations.writing import told_of
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft
from dpa.evidence.pdf.blocks import Heading, Notice, Summary, Text
from dpa.evidence.register import records
from dpa.evidence.register.models import IssuedDocument
from dpa.languages import Language, wording
from dpa.problems import Invalid
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_phases import HOUR, Case

NONE = Draft("The file held generated test data only.", "Ana Duarte, +33 1 00 00 00 00", "", "", "")
REASON = "The file held generated test data only."


@pytest.fixture
def told(lemon: Ground) -> Case:
    case = Case(lemon, customers=1)
    case.write(hours=1, word=NOW + 30 * HOUR)
    case.release(2)
    case.deliver(3)
    return case


def correct(case: Case, *, withdraws: bool) -> None:
    with case.at(4) as unit:
        operations.save_draft(unit, case.breach, NONE, Phase.CORRECTION, withdraws=withdraws)
    case.release(5)
    case.deliver(6)


def test_only_a_correction_that_takes_back_lets_a_told_case_end_as_no_breach(told: Case) -> None:
    correct(told, withdraws=False)
    assert phases.more_announced(told_of(told.breach))
    with pytest.raises(Invalid, match="says there was none"), told.at(7) as unit:
        operations.close_as_no_breach(unit, told.breach, REASON)
    with told.at(8) as unit:
        operations.save_draft(unit, told.breach, NONE, Phase.CORRECTION, withdraws=True)
    told.release(9)
    told.deliver(10)
    assert not phases.more_announced(told_of(told.breach)), "nobody waits for more after that"
    with told.at(11) as unit:
        operations.close_as_no_breach(unit, told.breach, REASON)
    assert told.breach.state is CaseState.NO_BREACH


def test_it_leaves_nothing_open_and_promises_nothing(told: Case) -> None:
    draft = Draft(NONE.nature, NONE.contact, "", "", "Who opened it.")
    with pytest.raises(Invalid) as problem, told.at(4) as unit:
        operations.save_draft(unit, told.breach, draft, Phase.CORRECTION, NOW + 40 * HOUR, withdraws=True)
    assert set(problem.value.fields) == {"unknown", "next_word_at"}
    with told.at(4) as unit:
        assert not operations.save_draft(unit, told.breach, NONE, Phase.SUPPLEMENT, withdraws=True).withdraws, "only a correction takes back"


@pytest.mark.parametrize("language", Language)
def test_the_texts_of_every_language_say_it(told: Case, language: Language) -> None:
    correct(told, withdraws=True)
    say = wording(language)
    texts = [one.text for one in notices.matters(NONE, Phase.CORRECTION, say, withdraws=True)]
    assert say("matter.not_known") not in texts
    assert notices.phase_words(told.breach.notices[-1], "Europe/Paris", say) == say("mail.phase_withdrawal")


def test_its_document_informs_of_no_breach(told: Case) -> None:
    correct(told, withdraws=True)
    paper = told.ground.session.query(IssuedDocument).order_by(IssuedDocument.id.desc()).first()
    assert paper is not None
    order = records.read(paper.content)
    body = build({**order, "issued_at": order["approvals"][0]["at"]})
    assert body.kind == "Correction: there was no personal data breach"
    said = " ".join(block.text for block in (*body.summary, *body.detail) if isinstance(block, (Summary, Text, Notice, Heading)))
    assert "takes back what it told" in said
    assert "reasonably certain" not in said
    assert "further information follows" not in said


def test_the_mail_informs_of_no_breach(told: Case) -> None:
    correct(told, withdraws=True)
    from dpa.alerts.models import OutboxMessage

    mail = told.ground.session.query(OutboxMessage).filter_by(category="notice").order_by(OutboxMessage.id.desc()).first()
    assert mail is not None
    assert "there was no personal data breach" in mail.subject
    assert "takes back what it told" in mail.body_text
    for wrong in ("of a personal data breach in processing", "further information follows", "Not known yet"):
        assert wrong not in mail.body_text


def test_facts_of_a_case_count_only_the_newest_word(told: Case) -> None:
    correct(told, withdraws=True)
    facts = facts_of(told.ground.session, told.breach, NOW)
    assert facts.put_right
    assert closing.no_breach_problems(facts, REASON) == {}
