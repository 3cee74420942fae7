"""The three kinds as sealed documents: issued by the worker, PDF/A-3a and PDF/UA-1, hostile texts and empty ones included."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from dpa.breaches import operations
from dpa.breaches.evidence.asking import Asked
from dpa.breaches.operations import documenting
from dpa.breaches.rules import Draft
from dpa.evidence.register import records, store
from dpa.evidence.register.models import IssuedDocument
from dpa.parties.rules import Purpose
from tests.breaches.conftest import NOW, Ground
from tests.breaches.evidence.house import HOSTILE, HOUR, Further, Story, exercise, issue
from tests.breaches.test_operations import incident
from tests.breaches.test_phases import Case
from tests.evidence.pdf import verapdf


def year(hours: float = 50) -> Asked:
    return Asked(date(2026, 1, 1), date(2026, 12, 31), NOW + hours * HOUR)


def hostile(ground: Ground) -> Case:
    """A case whose every text is hostile, and one that turned out to be none."""
    case = Further(ground, [ground.customer(21, (Purpose.SECURITY, "s@c21.example"))], title=HOSTILE[:160], known=HOSTILE)
    case.write(Draft(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE))
    case.release(1)
    case.deliver(26)
    with case.at(27) as unit:
        operations.ask(unit, case.breach, case.rows[0], HOSTILE[:100], f"{HOSTILE[:100]}@x.example", HOSTILE)
        operations.explain_lateness(unit, case.breach, case.rows, HOSTILE)
    with case.at(28) as unit:
        nothing = operations.record_incident(unit, unit.session.merge(ground.organisation), incident(title="A false alarm"))
        operations.close_as_no_breach(unit, nothing, f"The log was a test's. {HOSTILE}")
    return case


def order(case: Case, hours: float) -> None:
    with case.at(hours) as unit:
        organisation = unit.session.merge(case.ground.organisation)
        documenting.order_dossiers(unit, case.breach, organisation, case.rows, NOW + hours * HOUR)
        documenting.order_register(unit, organisation, year(hours))


def files(ground: Ground, papers: list[IssuedDocument], kinds: set[str], folder: Path) -> list[Path]:
    found = []
    for paper in papers:
        if paper.kind in kinds:
            assert paper.sha256, f"{paper.reference} was not issued"
            file = folder / f"{paper.reference}.pdf"
            file.write_bytes(store.get(ground.settings.document_store, paper.sha256))
            found.append(file)
    return found


OURS = {"breach-dossier", "incident-register", "drill-report"}


def text_of(file: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext here: install poppler-utils")
    return subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout


def test_every_kind_is_sound_even_with_hostile_texts(sealing: Ground, tmp_path: Path) -> None:
    story = Story(sealing)
    with story.at(2) as unit:
        documenting.order_dossiers(unit, story.breach, unit.session.merge(sealing.organisation), story.rows[:1], NOW + 2 * HOUR)
    story.finish()
    order(story, 50)
    order(hostile(sealing), 60)
    drill = exercise(sealing)
    with drill.at(61) as unit:
        documenting.order_drill_report(unit, drill.breach, unit.session.merge(sealing.organisation), unit.now)
    papers = issue(sealing, NOW + 62 * HOUR)
    found = files(sealing, papers, OURS, tmp_path)
    assert len(found) == 1 + 3 + 1 + 1 + 1 + 1
    verapdf.assert_compliant(found)
    late = text_of(tmp_path / "LL-BD-2026-0003.pdf")
    assert "missed, 4 h late" in " ".join(late.split())
    assert "Its mail server was down all day." in late
    assert "451 4.7.1 Greylisted" in " ".join(text_of(tmp_path / "LL-BD-2026-0002.pdf").split())
    register = " ".join(text_of(tmp_path / "LL-IR-2026-0002.pdf").split())
    assert "closed as no breach" in register
    assert "Stolen laptop" not in register, "exercises are no part of the register"
    report = " ".join(text_of(tmp_path / "LL-DR-2026-0001.pdf").split())
    assert "This was an exercise" in report
    assert "No security, privacy or notices contact is registered" in report


def test_the_same_record_gives_the_same_pages_again(sealing: Ground) -> None:
    from dpa.evidence.register import making

    story = Story(sealing)
    order(story, 10)
    for paper in issue(sealing, NOW + 11 * HOUR):
        if paper.kind in OURS:
            assert paper.record
            again = hashlib.sha256(making.again(paper.record, sealing.settings)).hexdigest()
            assert again == paper.unsealed_sha256
            assert records.digest(records.canonical(records.order_of(records.read(paper.record)))) == records.digest(paper.content)
