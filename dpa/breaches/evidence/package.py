"""The facts for one controller's own notification, as JSON in the structure of the EDPB's template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.breaches import facts
from dpa.breaches.evidence.case_file import CaseFile, case_file, sheet_of
from dpa.breaches.evidence.customer_file import CustomerFile, customer_files
from dpa.breaches.evidence.lines import ahead, measures_since
from dpa.breaches.facts import Context, FactSheet, Share
from dpa.breaches.facts.shares import Part, Source, read_part
from dpa.breaches.facts.sheet import Subprocessor
from dpa.breaches.models import Affected, Breach, Delivery, Notice
from dpa.breaches.phases import Phase


def package(case: CaseFile, customer: CustomerFile, processor: str, *, demonstration: bool) -> dict[str, Any]:
    """Return what a controller can import; see `dpa.breaches.facts.edpb`, which says what it must answer itself. `demonstration` where no mail server is set."""
    return _package(case, customer, processor, _Told(customer.told_at, bool(customer.said["demonstration"]), customer.part), demonstration=demonstration)


def told_package(session: Session, breach: Breach, row: Affected, processor: str, *, demonstration: bool) -> tuple[dict[str, Any], str] | None:
    """Return what a customer may import by its own link, with the name of the file: as of the newest phase it was given; none before it was given any.

    The facts are those saved by the release of that phase, and its own part is what it was told then: what is known since is told by the next phase
    first. When it was told is said as it is now, because a phase is given after it was released.
    """
    given = session.execute(
        select(Delivery, Notice).join(Notice, Notice.id == Delivery.notice_id)
        .where(Delivery.affected_id == row.id, Delivery.given_at.is_not(None), ~Delivery.returned, Notice.released_at.is_not(None)).order_by(Notice.number.desc(), Delivery.id.desc())
    ).all()  # fmt: skip
    if not given:
        return None
    newest = given[0][1]
    assert newest.released_at is not None, "only released phases are given"
    # Who was named after the release got the phase when it was released again: its text is that of the first release all the same.
    whole = case_file(session, breach, max(newest.released_at, row.added_at))
    versions = [one for one in whole.versions if one.at <= newest.released_at]
    phases = [one for one in whole.phases if one.number <= newest.number]
    case = replace(whole, versions=versions, phases=phases, sheet=sheet_of(versions, phases, whole.customers))
    customer = customer_files(session, case, [row])[0]
    part = next((read_part(one.part) for one, notice in given if notice.id == newest.id and one.part), customer.part)
    found = _package(case, customer, processor, _Told(row.sent_at, row.kept, part), demonstration=demonstration)
    return found, file_name(case, customer, f"-{newest.number}")


@dataclass(frozen=True, slots=True)
class _Told:
    """What a customer was told, and when it was told first."""

    at: datetime | None
    kept: bool
    """Whether only the file mailbox took it."""
    part: Part


def _package(case: CaseFile, customer: CustomerFile, processor: str, given: _Told, *, demonstration: bool) -> dict[str, Any]:
    newest, sheet = case.phases[-1] if case.phases else None, case.versions[-1] if case.versions else None
    measures = measures_since(sheet, case.phases, case.breach.zone)
    return facts.package(_as_told(_at_subprocessor(case), newest, measures), Context(
        processor=processor, controller=customer.agreement.controller, reference=case.breach.reference, detected_at=case.detected_at,
        aware_at=case.aware_at, own_aware_at=customer.aware_at if customer.said["aware_reason"] else None, own_aware_why=customer.said["aware_reason"],
        # What the file mailbox kept told nobody, so no day of it may stand as the day the controller was informed.
        notified_at=None if given.kept else given.at, as_of=case.as_of, zone=case.breach.zone,
        facts_version=sheet.number if sheet else 0, phase=(newest.phase if newest else Phase.INITIAL).value, withdrawn=newest is not None and newest.withdraws,
        controllers=case.customers, processor_contact=newest.contact if newest else "", exercise=case.breach.drill, share=_share(case, given.part),
        demonstration=demonstration or given.kept, facts_saved_at=sheet.at if sheet else None, last_notice_at=newest.released_at if newest else None,
        facts_behind=ahead(sheet, case.phases, case.breach.zone) is not None, measures_told=bool(measures),
    ))  # fmt: skip


def _at_subprocessor(case: CaseFile) -> FactSheet:
    """Return the facts with the subprocessor of the case, which a sheet that was kept before it was said does not name."""
    name, told_at = case.upstream
    if not name or case.sheet.subprocessor is not None:
        return case.sheet
    return case.sheet.model_copy(update={"subprocessor": Subprocessor(name=name, told_at=told_at)})


def _as_told(sheet: FactSheet, newest: Notice | None, measures: str) -> FactSheet:
    """Return the sheet as the newest notice left it: after the last word nothing is open, and measures told since it was saved stand in place of its own."""
    if newest is not None and (newest.phase is Phase.FINAL or newest.withdraws):
        sheet = sheet.model_copy(update={"unknown": "", "next_word_at": None})
    # A notice tells the measures taken and proposed in one text, so what the sheet still proposed is told or given up.
    return sheet.model_copy(update={"measures_taken": measures, "measures_proposed": ""}) if measures else sheet


def _share(case: CaseFile, part: Part) -> Share:
    """Return what a controller may take over of its own part. What only its agreement names, and nobody said was touched, is no fact of the breach."""
    subjects = part.subjects if part.subjects_from is not Source.AGREEMENT or case.sheet.subjects else ()
    data = part.data_types if part.data_from is not Source.AGREEMENT or case.sheet.data_types else ()
    return Share(
        people=part.people, records=part.records, subjects=subjects or None, data_types=data or None, countries=part.countries or None,
        subjects_note=part.subjects_note or None if subjects else None, data_note=part.data_note or None if data else None,
    )  # fmt: skip


def text(content: Mapping[str, Any]) -> bytes:
    """Return a package as a file that people can read too: UTF-8, two spaces, every key where the package has it."""
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def file_name(case: CaseFile, customer: CustomerFile, which: str = "") -> str:
    """Return the name under which a package is saved; only what every file system takes. `which` tells one from another of the same customer."""
    agreement = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "_" for char in customer.agreement.reference)
    return f"{case.breach.reference}-{agreement[:60]}-edpb{which}.json"
