"""Verdicts beyond attacks: superseded, no register, and the values' JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from dpa.evidence import pdf
from dpa.evidence.pdf.fields import archive_field
from dpa.evidence.verification import values
from dpa.evidence.verification.examination import examine
from dpa.evidence.verification.judging import SUMMARIES, judge
from dpa.evidence.verification.values import Check, CheckName, Examination, Known, Trust, Verdict
from tests.evidence.verification import lab


@pytest.fixture(scope="module")
def examination() -> Examination:
    return examine(lab.archived(), lab.trust(), lab.NOW)


def test_a_superseded_document_is_intact_but_replaced(examination: Examination) -> None:
    report = judge(examination, lab.known(lab.archived(), superseded_by="LL-S-2026-0002"))
    assert report.verdict is Verdict.SUPERSEDED
    assert [(check.name, check.sentence) for check in report.failed] == [(CheckName.CURRENT, "LL-S-2026-0001 has been replaced by LL-S-2026-0002.")]


def test_without_a_register_nothing_is_called_issued(examination: Examination) -> None:
    report = judge(examination, None)
    assert report.verdict is Verdict.NOT_THE_ISSUED_FILE
    assert report.reference == ""
    assert report.checks[-1].passed is None


def test_a_document_sealed_with_another_certificate_of_ours(examination: Examination) -> None:
    known = lab.known(lab.archived())
    assert known.document is not None
    other = replace(known, document=replace(known.document, fingerprint="00" * 32))
    report = judge(examination, other)
    assert report.verdict is Verdict.NOT_THE_ISSUED_FILE
    assert [check.name for check in report.failed] == [CheckName.IDENTITY]


def test_a_file_with_more_proof_than_registered_passes_the_level(examination: Examination) -> None:
    known = lab.known(lab.archived(), listed=True, level="B-T")
    assert judge(examination, known).verdict is Verdict.ISSUED


def test_a_strangers_file_does_not_tell_which_numbers_exist() -> None:
    """The number in a record is compared only under a seal of ours that holds."""
    content = lab.sealed(lab.impostor()).content
    known = Known(identities=lab.known(content).identities)
    report = judge(examine(content, lab.trust(), lab.NOW), known)
    assert not {CheckName.RECORD, CheckName.CURRENT, CheckName.LEVEL} & {check.name for check in report.checks}


def test_values_survive_json(examination: Examination) -> None:
    assert Examination.from_json(json.loads(json.dumps(examination.to_json()))) == examination
    trust = lab.trust()
    assert Trust.from_json(json.loads(json.dumps(trust.to_json()))) == trust
    unread = values.unreadable("00" * 32, "It is no PDF.")
    assert Examination.from_json(unread.to_json()) == unread


@pytest.mark.parametrize("change", [{"checks": [{"name": "luck", "passed": True, "sentence": ""}]}, {"checks": [{"name": "signer", "passed": 1, "sentence": ""}]}, {"sha256": None}, {"record": "%%"}])
def test_json_that_is_no_examination_is_refused(examination: Examination, change: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        Examination.from_json({**examination.to_json(), **change})


def test_the_report_is_plain_data(examination: Examination) -> None:
    said = json.loads(json.dumps(judge(examination, lab.known(lab.archived())).to_json()))
    assert said["verdict"] == "issued and intact"
    assert said["reference"] == lab.NUMBER
    assert said["level"] == "B-LTA"
    assert said["checks"][0] == {"name": "reading", "passed": True, "sentence": "The file is a PDF that a strict reader accepts."}
    assert all(isinstance(check["sentence"], str) and check["sentence"].endswith(".") for check in said["checks"])


def test_every_verdict_has_its_sentence() -> None:
    assert set(SUMMARIES) == set(Verdict)


def test_the_names_are_those_that_rendering_writes() -> None:
    assert (values.SEAL_FIELD, values.RECORD_NAME) == (pdf.SEAL_FIELD, pdf.RECORD_NAME)
    assert [f"{values.STAMP_FIELD}{n}" for n in (1, 2)] == [archive_field(1), archive_field(2)]


def test_instants_are_shown_in_utc() -> None:
    assert values.shown(lab.SEALED.astimezone().astimezone()) == "22 November 2026, 10:04:00 UTC"
    assert values.shown(lab.SEALED + timedelta(seconds=5)).endswith("10:04:05 UTC")


def test_a_check_says_whether_and_what() -> None:
    check = Check(CheckName.SIGNER, None, "It does not apply.")
    assert check.to_json() == {"name": "signer", "passed": None, "sentence": "It does not apply."}
