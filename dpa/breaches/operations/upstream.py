"""That an incident happened at a subprocessor: said, corrected or taken out on a running case, the same in the case and its fact sheet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from dpa.breaches import facts, queries, rules
from dpa.breaches.events import Event
from dpa.breaches.facts import FactSheet, FactsProblem
from dpa.breaches.facts.sheet import Subprocessor
from dpa.breaches.models import Breach, BreachFacts
from dpa.breaches.operations.guards import must_be_open
from dpa.breaches.upstream_models import BreachUpstream
from dpa.evidence import trail
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit

CORRECT = "The case says {said}; correct that on the case, under “It happened at a subprocessor”, where it needs its reason."


def say_upstream(unit: Unit, breach: Breach, name: str, told_at: datetime | None, reason: str) -> BreachUpstream:
    """Say at which subprocessor it happened and when that told us, with the reason; an empty name takes it out again.

    The fact sheet gets a version that says the same, where one is kept. No clock moves: they run from our awareness. Raises `Invalid` by field,
    `Conflict` where nothing changes and when the case is closed.
    """
    must_be_open(breach)
    name = " ".join(name.split())
    if errors := rules.upstream_errors(name, told_at, reason, detected_at=breach.detected_at, now=unit.now):
        raise Invalid("This cannot be recorded like this.", fields=errors)
    if (name, told_at) == (breach.upstream, breach.upstream_told_at):
        raise Conflict("That is on record already; nothing was changed.")
    row = _decide(unit, breach, name, told_at, reason)
    newest = queries.newest_facts(unit.session, breach.id)
    if newest is not None:
        try:
            sheet = facts.read(newest.sheet)
        except FactsProblem:
            return row  # A sheet that cannot be read is left as it is; the case says it all the same.
        keep_version(unit, breach, newest, sheet.revised(subprocessor=_in_sheet(sheet, name, told_at)).canonical())
    return row


def _in_sheet(sheet: FactSheet, name: str, told_at: datetime | None) -> Subprocessor | None:
    if not name:
        return None
    standing = sheet.subprocessor
    same = standing is not None and standing.name.lower() == name.lower()
    return Subprocessor(name=name, told_at=told_at, contact=standing.contact if same and standing else "")


def _decide(unit: Unit, breach: Breach, name: str, told_at: datetime | None, reason: str) -> BreachUpstream:
    number = unit.session.scalar(select(func.count()).where(BreachUpstream.breach_id == breach.id)) or 0
    what = "took out" if not name else "corrected" if breach.upstream else "said"
    row = BreachUpstream(
        breach_id=breach.id, number=number + 1, name=name, told_at=told_at, old_name=breach.upstream, old_told_at=breach.upstream_told_at,
        reason=reason.strip(), decided_at=unit.now, decided_by=unit.actor,
    )  # fmt: skip
    breach.upstream, breach.upstream_told_at = name, told_at
    unit.session.add(row)
    unit.session.flush()
    trail.record(
        unit, Event.UPSTREAM, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[breach, row],
        data={"what": what, "told_at": told_at.isoformat() if told_at else None}, personal={"upstream": {"name": name, "before": row.old_name, "reason": row.reason}},
    )  # fmt: skip
    return row


def joined(breach: Breach, sheet: FactSheet, before: FactSheet, now: datetime) -> FactSheet:
    """Return a sheet as it may be kept beside the case: it may add what the case does not say yet, and corrects nothing of it.

    Raises `FactsProblem` by the form's field.
    """
    said = sheet.subprocessor
    if said == before.subprocessor or not breach.upstream:
        if said is None and breach.upstream:
            return sheet.revised(subprocessor=Subprocessor(name=breach.upstream, told_at=breach.upstream_told_at))
        if said is not None and said != before.subprocessor and (errors := _adding(breach, said, now)):
            raise FactsProblem("The facts cannot be kept yet.", fields=errors)
        return sheet
    corrected = said is None or said.name.lower() != breach.upstream.lower() or breach.upstream_told_at not in {None, said.told_at}
    faults = {"subprocessor": CORRECT.format(said=f"that it happened at {breach.upstream}")} if corrected else _adding(breach, said, now) if said else {}
    if faults:
        raise FactsProblem("The facts cannot be kept yet.", fields=faults)
    return sheet


def _adding(breach: Breach, said: Subprocessor, now: datetime) -> dict[str, str]:
    errors = rules.upstream_errors(said.name, said.told_at, None, detected_at=breach.detected_at, now=now)
    return {{"name": "subprocessor", "told_at": "subprocessor_told"}[name]: text for name, text in errors.items()}


def follow(unit: Unit, breach: Breach, sheet: FactSheet, version: int) -> None:
    """Let the case say what a version of its fact sheet added: the subprocessor, or when it told us."""
    said = sheet.subprocessor
    if said is None or rules.upstream_errors(said.name, said.told_at, None, detected_at=breach.detected_at, now=unit.now):
        return
    if not breach.upstream or (said.name.lower() == breach.upstream.lower() and breach.upstream_told_at is None and said.told_at is not None):
        _decide(unit, breach, breach.upstream or said.name, said.told_at, f"Said in version {version} of the fact sheet.")


def keep_version(unit: Unit, breach: Breach, newest: BreachFacts | None, sheet: str) -> BreachFacts:
    """Keep a version of the fact sheet over the newest; the same text once more makes none."""
    if newest is not None and newest.sheet == sheet:
        return newest
    row = BreachFacts(breach_id=breach.id, number=(newest.number if newest else 0) + 1, sheet=sheet, at=unit.now, by=unit.actor)
    unit.session.add(row)
    unit.session.flush()
    trail.record(
        unit, Event.FACTS_SAVED, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[row],
        data={"version": row.number}, personal={"sheet": sheet},
    )  # fmt: skip
    return row
