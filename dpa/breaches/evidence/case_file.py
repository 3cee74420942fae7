"""What a dossier says of the incident itself, the same for every customer: decisions, facts, phases, endings, as of an instant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from dpa.breaches import facts
from dpa.breaches.clocks import Starts
from dpa.breaches.closing import owed_until
from dpa.breaches.dora_models import BreachClassification
from dpa.breaches.evidence import authority, reading
from dpa.breaches.evidence.moments import CaseAt, case_at
from dpa.breaches.evidence.reading import Names, name_of
from dpa.breaches.facts import FactSheet, FactsProblem
from dpa.breaches.models import Breach, BreachAwareness, BreachFacts, BreachSignificance, Notice
from dpa.breaches.phases import title_of
from dpa.breaches.rules import FIELDS
from dpa.breaches.upstream_models import BreachUpstream
from dpa.evidence.trail.bodies import timestamp


@dataclass(frozen=True, slots=True)
class CaseFile:
    """An incident as of an instant."""

    breach: Breach
    as_of: datetime
    detected_at: datetime
    aware_at: datetime
    state: CaseAt
    decisions: Sequence[BreachAwareness]
    versions: Sequence[BreachFacts]
    phases: Sequence[Notice]
    upstream: tuple[str, datetime | None]
    """At which subprocessor it was said to have happened, empty for none, and when that told us."""
    customers: int
    """How many were named by then."""
    sheet: FactSheet
    """The facts as one controller may be told them; from the newest phase's text where no sheet was kept."""
    said: dict[str, Any]
    """Everything of it that a record holds."""

    @property
    def until(self) -> datetime | None:
        """Until when telling a customer was owed; none for an exercise, in which the mailbox stands for everybody."""
        return owed_until(self.state.state, self.state.at, self.as_of, drill=self.breach.drill)

    @property
    def held(self) -> Starts:
        """The times held then, from which promises are counted."""
        return Starts(self.aware_at, self.detected_at)


def case_file(session: Session, breach: Breach, as_of: datetime) -> CaseFile:
    """Return an incident as of an instant. The caller has checked the scope of the case."""
    decided = reading.decisions(session, [breach.id], as_of).get(breach.id, [])
    phases = reading.phases(session, [breach.id], as_of).get(breach.id, [])
    versions = reading.facts_versions(session, breach.id, as_of)
    endings = reading.endings(session, [breach.id], as_of).get(breach.id, [])
    where = reading.upstreams(session, [breach.id]).get(breach.id, [])
    upstream, upstream_told_at = reading.upstream_at(breach, where, as_of)
    classified, significant = reading.classifications(session, breach.id, as_of), authority.significances(session, breach.id, as_of)
    reported = authority.reports_at(session, [breach.id], as_of).get(breach.id, [])
    customers = reading.named(session, breach.id, as_of)
    state = case_at(endings, as_of)
    actors = [breach.recorded_by, *(row.decided_by for row in decided), *(row.by for row in versions), *(one.actor for one in endings), *(row.recorded_by for row in classified)]
    actors += [*(row.decided_by for row in significant), *(row.recorded_by for one in reported for row in one.rows)]
    actors += [row.decided_by for row in where]
    names = reading.names(session, [*actors, *(row.released_by for row in phases), *(row.approved_by for row in phases)])
    told = _versions(versions, breach.zone, names, customers)
    detected, aware = (decided[-1].detected_at, decided[-1].aware_at) if decided else (breach.detected_at, breach.aware_at)
    return CaseFile(
        breach, as_of, detected, aware, state, decided, versions, phases, (upstream, upstream_told_at), customers, sheet_of(versions, phases, customers),
        said={
            "as_of": timestamp(as_of), "breach": breach.reference, "incident": breach.title, "drill": breach.drill, "known": breach.known,
            "recorded_at": timestamp(breach.recorded_at), "recorded_by": name_of(breach.recorded_by, names),
            "detected_at": timestamp(detected), "aware_at": timestamp(aware), "upstream": upstream,
            "upstream_told_at": _stamp(upstream_told_at), "upstream_decisions": [_where(row, names) for row in where if row.decided_at <= as_of],
            "state": {"is": state.state.value, "at": _stamp(state.at), "by": name_of(state.actor, names), "words": state.words},
            "endings": [{"at": timestamp(one.at), "act": one.action, "by": name_of(one.actor, names), "words": one.words} for one in endings],
            "decisions": [_decision(row, names) for row in decided], "facts": told, "phases": [_phase(row, names) for row in phases],
            "classifications": [_classification(row, names) for row in classified], "significances": [_significance(row, names) for row in significant],
            "reports": [one.said(names) for one in reported],
        },
    )  # fmt: skip


def _stamp(at: datetime | None) -> str | None:
    return timestamp(at) if at is not None else None


def _decision(row: BreachAwareness, names: Names) -> dict[str, Any]:
    return {
        "number": row.number, "detected_at": timestamp(row.detected_at), "aware_at": timestamp(row.aware_at), "basis": row.basis,
        "person": row.person, "reason": row.reason, "decided_at": timestamp(row.decided_at), "decided_by": name_of(row.decided_by, names),
    }  # fmt: skip


def _where(row: BreachUpstream, names: Names) -> dict[str, Any]:
    return {
        "number": row.number, "name": row.name, "told_at": _stamp(row.told_at), "before": row.old_name, "reason": row.reason,
        "decided_at": timestamp(row.decided_at), "decided_by": name_of(row.decided_by, names),
    }  # fmt: skip


def _classification(row: BreachClassification, names: Names) -> dict[str, Any]:
    return {
        "number": row.number, "major": row.major, "decided_at": timestamp(row.decided_at), "person": row.person, "basis": row.basis, "reason": row.reason,
        "recorded_at": timestamp(row.recorded_at), "recorded_by": name_of(row.recorded_by, names),
    }  # fmt: skip


def _significance(row: BreachSignificance, names: Names) -> dict[str, Any]:
    return {"number": row.number, "significant": row.significant, "reason": row.reason, "decided_at": timestamp(row.decided_at), "decided_by": name_of(row.decided_by, names)}


def _phase(row: Notice, names: Names) -> dict[str, Any]:
    return {
        "number": row.number, "phase": row.phase.value, "title": title_of(row.phase, withdraws=row.withdraws), "released_at": _stamp(row.released_at),
        "released_by": name_of(row.released_by, names), "approved_by": name_of(row.approved_by, names), "next_word_at": _stamp(row.next_word_at),
        "late_reason": row.late_reason, "emergency_reason": row.emergency_reason, "nature": row.nature, "consequences": row.consequences,
        "measures": row.measures, "unknown": row.unknown, "contact": row.contact, "language": row.language,
        "withdraws": row.withdraws, "severity": json.loads(row.severity) if row.severity else None,
        "texts": [{"language": one.language, **{name: getattr(one, name) for name in FIELDS}} for one in row.texts],
    }  # fmt: skip


def _versions(versions: Sequence[BreachFacts], zone: str, names: Names, customers: int) -> list[dict[str, Any]]:
    """Return each version as one controller may be told it, with what changed since the one before."""
    found: list[dict[str, Any]] = []
    before = FactSheet()
    for row in versions:
        head = {"number": row.number, "at": timestamp(row.at), "by": name_of(row.by, names)}
        try:
            sheet = facts.for_controller(facts.read(row.sheet), None, controllers=customers)
        except FactsProblem as problem:
            found.append({**head, "rows": [], "changes": [], "problem": problem.message})
            continue
        changed = [change.sentence for change in facts.changes(before, sheet, zone)] if found else []
        said = [{"label": label, "text": text} for label, text in facts.rows(sheet, zone)]
        found.append({**head, "rows": said, "changes": changed, "problem": ""})
        before = sheet
    return found


def sheet_of(versions: Sequence[BreachFacts], phases: Sequence[Notice], customers: int) -> FactSheet:
    """Return the newest facts that can be read; without any, those that the newest phase states in words."""
    for row in reversed(versions):
        try:
            return facts.for_controller(facts.read(row.sheet), None, controllers=customers)
        except FactsProblem:
            continue
    if not phases:
        return FactSheet()
    newest = phases[-1]
    return facts.build({
        "nature": newest.nature, "consequences": newest.consequences, "measures_taken": newest.measures, "unknown": newest.unknown,
        "next_word_at": newest.next_word_at,
    })  # fmt: skip
