"""The notice as a document: what its record holds for one customer, and how the record becomes pages. Pure but for the rows it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dpa.agreements.queries import AgreementRow
from dpa.breaches import notices
from dpa.breaches.models import Affected, Breach, Notice
from dpa.breaches.phases import TITLES, Phase
from dpa.breaches.rules import Draft, unsaid
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import ORIGINS, explanation
from dpa.evidence.pdf.blocks import (
    Block,
    ClockPoint,
    ClockStrip,
    Column,
    Fact,
    Heading,
    KeyFacts,
    Points,
    Summary,
    Table,
    Text,
    Tone,
)
from dpa.evidence.pdf.blocks import Notice as Box
from dpa.evidence.register.kinds import Body, DocumentKind, Record
from dpa.evidence.register.records import instant, moment
from dpa.evidence.trail.bodies import timestamp
from dpa.web.words import lateness

KIND = "breach-notice"
DRILL_KIND = "drill-notice"
FORMAT = 2
"""Version of the content. Version 1 knew only the initial phase; documents of it are still built as they were."""
LEAD_MAX = 420
"""Characters of the account of what happened that the first page's lead quotes; the whole stands below."""


def content(
    breach: Breach, notice: Notice, row: Affected, entry: DocketEntry, agreement: AgreementRow, *, before: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what the record of one customer's notice holds: facts, promise, clock with its explanation, and the four matters of Art. 33(3).

    `before` are the numbers of the documents the customer got of earlier phases.
    """
    draft, told = notices.draft_of(notice), explanation(entry)
    return {
        "format": FORMAT, "phase": notice.phase.value, "phase_number": notice.number, "drill": breach.drill, "before": list(before),
        "next_word_at": timestamp(notice.next_word_at) if notice.next_word_at else None, "late_reason": notice.late_reason,
        "told_late": row.late_reason, "upstream": breach.upstream,
        "upstream_told_at": timestamp(breach.upstream_told_at) if breach.upstream_told_at else None, "breach": breach.reference,
        "customer_aware_at": timestamp(row.aware_at), "detected_at": timestamp(breach.detected_at), "aware_at": timestamp(breach.aware_at), "awareness_reason": breach.awareness_reason,
        "controller": agreement.controller, "agreement": agreement.reference, "terms": agreement.template, "promise": row.promise,
        "clock": {
            "started_at": timestamp(entry.started_at), "due_at": timestamp(entry.due_at or entry.target_at), "origin": entry.origin,
            "is_target": entry.due_at is None, "basis": entry.basis,
            "steps": [{"label": step.label, "text": step.text, "basis": step.basis or ""} for step in told.steps], "warnings": list(told.warnings),
        },
        **_matters(draft),
    }  # fmt: skip


def _matters(draft: Draft) -> dict[str, str]:
    return {
        "nature": draft.nature, "consequences": draft.consequences, "measures": draft.measures, "unknown": draft.unknown, "contact": draft.contact,
    }


def build(record: Record) -> Body:
    """Return the pages of a notice: the first says what a controller must know tonight, the rest is detail."""
    facts, zone = record["content"], record["zone"]
    missing = unsaid(final=facts["phase"] == Phase.FINAL)
    return Body(
        title=record["title"],
        subtitle=_subtitle(facts),
        summary=(*_exercise(facts), Summary(_lead(record)), _key_facts(record), _strip(record), *_open(facts, zone)),
        detail=(
            Heading("What happened"), Text(facts["nature"]),
            Heading("Likely consequences"), Text(facts["consequences"] or missing),
            Heading("Measures taken or proposed"), Text(facts["measures"] or missing),
            *_awareness(facts, zone), *_reasons(facts),
            Heading("How the time was counted"), *_counting(facts["clock"]),
        ),
    )  # fmt: skip


def _subtitle(facts: Mapping[str, Any]) -> str:
    phase = Phase(facts["phase"])
    if phase is Phase.INITIAL:
        return f"Initial notice to {facts['controller']} under Art. 33(2) GDPR. Further information follows in phases (Art. 33(4) GDPR)."
    after = f" Follows {', '.join(facts['before'])}." if facts.get("before") else " The first notice to this customer."
    return f"{TITLES[phase]} to {facts['controller']} (Art. 33(4) GDPR), phase {facts['phase_number']}.{after}"


def _exercise(facts: Mapping[str, Any]) -> tuple[Block, ...]:
    if not facts.get("drill"):
        return ()
    return (Box("This is an exercise", "Nothing happened. This document was made in a drill and was never sent to the customer it names.", Tone.WARNING),)


def _lead(record: Record) -> str:
    facts, phase = record["content"], Phase(record["content"]["phase"])
    told = " ".join(facts["nature"].split())
    if len(told) > LEAD_MAX:
        told = told[:LEAD_MAX].rsplit(" ", 1)[0] + " …"
    who, whom = record["issuer"]["name"], facts["controller"]
    if phase is Phase.CORRECTION:
        return f"{who} corrects what it told {whom} of the personal data breach {facts['breach']}. {told}"
    if phase is not Phase.INITIAL:
        return f"{who} gives {whom} {'the last' if phase is Phase.FINAL else 'further'} information on the personal data breach {facts['breach']}. {told}"
    return f"{who} informs {whom} of a personal data breach in processing done on its behalf. {told}"


def _key_facts(record: Record) -> KeyFacts:
    facts, zone, clock = record["content"], record["zone"], record["content"]["clock"]
    origin = ORIGINS.get(clock["origin"], ("", clock["origin"]))[1]
    promised = "House target" if clock["is_target"] else "Promised by"
    return KeyFacts(
        (
            Fact("Controller", facts["controller"], f"Agreement {facts['agreement']}, {facts['terms']}"),
            Fact("Processor", record["issuer"]["name"], f"Reference {facts['breach']}"),
            Fact("Aware since", moment(facts["aware_at"], zone), f"First noticed {moment(facts['detected_at'], zone)}"),
            Fact(promised, moment(clock["due_at"], zone), f"{facts['promise']} ({origin})"),
            Fact("Contact for questions, reachable now", facts["contact"], wide=True),
        )
    )


def _strip(record: Record) -> Block:
    clock, zone = record["content"]["clock"], record["zone"]
    start, due, issued = instant(clock["started_at"]), instant(clock["due_at"]), instant(record["issued_at"])
    said = lateness(due, issued)
    return ClockStrip(
        ClockPoint("Aware", start), ClockPoint("Due", due), (ClockPoint("This document", issued),),
        f"The time runs from {moment(clock['started_at'], zone)} to {moment(clock['due_at'], zone)}. This document was issued on "
        f"{moment(record['issued_at'], zone)}, {said}.",
    )  # fmt: skip


def _open(facts: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    if facts["phase"] == Phase.FINAL:
        return (Box("Nothing is open", "The examination has ended; no further word follows unless something new comes up.", Tone.DONE),)
    missing = [name for name, key in (("the likely consequences", "consequences"), ("the measures", "measures")) if not facts[key]]
    text = facts["unknown"]
    if missing:
        text = "\n".join(filter(None, (text, f"Not known yet: {' and '.join(missing)}; further information follows without undue delay.")))
    if facts.get("next_word_at"):
        text = "\n".join(filter(None, (text, f"The next word comes by {moment(facts['next_word_at'], zone)}.")))
    return (Box("Still open", text, Tone.WARNING),) if text else ()


def _reasons(facts: Mapping[str, Any]) -> tuple[Block, ...]:
    """Say why something came late, where it did."""
    found: list[Block] = []
    if facts.get("late_reason"):
        found += [Heading("Why this word comes later than announced"), Text(facts["late_reason"])]
    if facts.get("told_late"):
        found += [Heading("Why the first notice came late"), Text(facts["told_late"])]
    return tuple(found)


def _awareness(facts: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    if not facts["awareness_reason"]:
        return ()
    at = moment(facts["aware_at"], zone)
    return (Heading("When awareness began"), Text(f"{facts['awareness_reason']}\n\nFrom {at} on it was reasonably certain that personal data were affected."))


def _counting(clock: Mapping[str, Any]) -> tuple[Block, ...]:
    rows = tuple((step["label"], step["text"], step["basis"]) for step in clock["steps"])
    table = Table((Column("Step", 1), Column("Counting", 4), Column("Rests on", 2)), rows, row_header=True)
    return (table, Points(tuple(clock["warnings"]))) if clock["warnings"] else (table,)


DRILL = DocumentKind(
    name=DRILL_KIND,
    code="DN",
    title="Exercise: notice of a personal data breach",
    plural="Notices of exercises",
    classification="Exercise",
    reason="Notice made in an exercise; nothing happened",
    build=build,
)
NOTICE = DocumentKind(
    name=KIND,
    code="BN",
    title="Notice of a personal data breach",
    plural="Breach notices",
    classification="Confidential",
    reason="Notice of a personal data breach under Art. 33(2) GDPR",
    build=build,
)
