"""The notice as a document: what its record holds for one customer, and how the record becomes pages. Pure but for the rows it reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dpa.agreements.queries import AgreementRow
from dpa.agreements.terms.words import Event
from dpa.breaches import awareness
from dpa.breaches.models import Affected, Breach, Notice
from dpa.breaches.notices import beside_awareness, matters
from dpa.breaches.phases import Phase, telling
from dpa.breaches.rules import FIELDS, Draft
from dpa.breaches.told_clock import told_clock
from dpa.breaches.told_severity import severity_rows
from dpa.breaches.versions import Version, part_rows
from dpa.deadlines.zones import zone_named
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import ORIGINS
from dpa.evidence.pdf.blocks import (
    Block,
    ClockPoint,
    ClockStrip,
    Column,
    Fact,
    Heading,
    KeyFacts,
    Passage,
    Points,
    Summary,
    Table,
    Text,
    Tone,
)
from dpa.evidence.pdf.blocks import Notice as Box
from dpa.evidence.register.kinds import Body, DocumentKind, Record
from dpa.evidence.register.records import instant
from dpa.evidence.trail.bodies import canonical, timestamp
from dpa.languages import Language, Wording, for_tag

KIND = "breach-notice"
DRILL_KIND = "drill-notice"
FORMAT = 4
"""Version of the content. Version 1 knew only the initial phase, version 2 neither languages nor a customer's own part, version 3 held what is the
house's own: its target, the basis of its awareness, the gaps of its file. Documents of all are still built as they were."""
LEAD_MAX = 420
"""Characters of the account of what happened that the first page's lead quotes; the whole stands below."""
LEAD_FOREIGN = 240
"""The same for an account in another language than the document: its frame needs more room, and the reader less of what it may not understand."""
SENTENCE_END = re.compile(r"[.!?…](?=\s+[^\W\d_a-z])")
"""Where a sentence ends and another begins; “Art. 33” ends none."""


def content(
    breach: Breach, notice: Notice, row: Affected, entry: DocketEntry, agreement: AgreementRow, version: Version, *, before: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what the record of one customer's notice holds: facts, promise, clock with its explanation, and the four matters of Art. 33(3).

    `before` are the numbers of the documents the customer got of earlier phases.
    """
    told, apart = told_clock(entry), row.aware_at != breach.aware_at
    return {
        "format": FORMAT, "phase": notice.phase.value, "withdraws": notice.withdraws, "phase_number": notice.number, "drill": breach.drill, "before": list(before),
        "next_word_at": timestamp(notice.next_word_at) if notice.next_word_at else None, "late_reason": notice.late_reason,
        "told_late": row.late_reason, "upstream": breach.upstream,
        "upstream_told_at": timestamp(breach.upstream_told_at) if breach.upstream_told_at else None, "breach": breach.reference,
        "detected_at": timestamp(breach.detected_at), "aware_at": timestamp(row.aware_at),
        "incident_aware_at": timestamp(breach.aware_at) if apart else None, "aware_reason": awareness.why_later(row.aware_reason, row.aware_at, breach.aware_at),
        "controller": agreement.controller, "agreement": agreement.reference, "terms": agreement.template, "promise": row.promise,
        "clock": {
            "started_at": timestamp(entry.started_at), "start": entry.start_event, "due_at": timestamp(told.due_at) if told.due_at else None,
            "origin": entry.origin if told.due_at else "", "basis": told.basis,
            "steps": [{"label": step.label, "text": step.text, "basis": step.basis or ""} for step in told.why.steps], "warnings": list(told.why.warnings),
        },
        "text_language": version.text_language.tag, "house_language": notice.language, "part": None if notice.withdraws else version.part.facts(),
        "severity": json.loads(notice.severity) if notice.severity else None, **_matters(version.text),
    }  # fmt: skip


def _matters(draft: Draft) -> dict[str, str]:
    return {
        "nature": draft.nature, "consequences": draft.consequences, "measures": draft.measures, "unknown": draft.unknown, "contact": draft.contact,
    }


@dataclass(frozen=True, slots=True)
class _Page:
    """A record on its way to pages: its facts, and the words of its language."""

    record: Record
    facts: Mapping[str, Any]
    say: Wording
    text_tag: str
    """Language of the account, where it is another than the document's; empty otherwise."""
    house_tag: str
    """Language of what the house wrote once for all customers, in the same way."""

    def at(self, text: str) -> str:
        """Return an instant of the record in words."""
        return self.say.moment(instant(text), zone_named(self.record["zone"]).name)

    def account(self, *blocks: Block) -> tuple[Block, ...]:
        """Return blocks of the account, marked where it stands in another language."""
        return (Passage(self.text_tag, blocks),) if self.text_tag else blocks

    def house(self, *blocks: Block) -> tuple[Block, ...]:
        """Return blocks of what the house wrote once for all, in the same way."""
        return (Passage(self.house_tag, blocks),) if self.house_tag else blocks


def build(record: Record) -> Body:
    """Return the pages of a notice: the first says what a controller must know tonight, the rest is detail."""
    facts, say = record["content"], for_tag(record["language"])
    tags = (facts.get("text_language", record["language"]), for_tag(facts.get("house_language", record["language"])).language.tag)
    page = _Page(record, facts, say, *("" if tag == record["language"] else tag for tag in tags))
    drill, withdraws = "_drill" if facts.get("drill") else "", facts.get("withdraws", False)
    return Body(
        title=_title(page),
        subtitle=_subtitle(page),
        kind=say(f"paper.kind{drill or ('_withdrawal' if withdraws else '')}"),
        classification=say(f"paper.classification{drill}"),
        summary=(*_exercise(page), *_lead(page), _key_facts(page), *_strip(page), *_open(page)),
        detail=(*_account(page), *(() if withdraws else _awareness(page)), *_reasons(page), Heading(say("paper.counting_title")), *_counting(page)),
    )


def _title(page: _Page) -> str:
    """Return the incident's title, or its number where the title stands in another language than the document."""
    if not page.house_tag or page.facts["format"] < 4:
        return str(page.record["title"])
    return page.say("paper.processor_detail", breach=page.facts["breach"])


def _account(page: _Page) -> tuple[Block, ...]:
    """Say what happened, what concerns this customer, what may follow and what is done."""
    facts, say = page.facts, page.say
    draft, found = Draft(**{name: facts[name] for name in FIELDS}), []
    part = part_rows(facts.get("part"), say, final=facts["phase"] == Phase.FINAL)
    for one in matters(draft, Phase(facts["phase"]), say, withdraws=facts.get("withdraws", False)):
        if one.key in {"unknown", "contact"}:
            continue
        found += [Heading(one.heading), *((Text(one.text),) if one.ours else page.account(Text(one.text)))]
        if one.key == "nature" and part:
            found += [Heading(say("part.title")), KeyFacts(tuple(Fact(label, text, wide=number > 1) for number, (label, text) in enumerate(part)))]
        if one.key == "consequences":
            found += _severity(page)
    foreign = (Text(say("language.other", language=say(f"language.{for_tag(page.text_tag).language.value}"))),) if page.text_tag else ()
    return (*foreign, *found)


def _severity(page: _Page) -> tuple[Block, ...]:
    """Return the severity by ENISA's method, where the phase tells it, with what it is worth."""
    kept, say = page.facts.get("severity"), page.say
    if not kept:
        return ()
    rows = severity_rows(canonical(kept), say)
    return (
        Heading(say("severity.title")), Text(say("severity.note", organisation=page.record["issuer"]["name"])),
        KeyFacts(tuple(Fact(label, text, wide=True) for label, text in rows)),
    )  # fmt: skip


def _subtitle(page: _Page) -> str:
    facts, say, phase = page.facts, page.say, Phase(page.facts["phase"])
    if phase is Phase.INITIAL:
        return say("paper.subtitle_initial", controller=facts["controller"])
    said = {"title": say(f"phase.{telling(phase, withdraws=facts.get('withdraws', False))}"), "controller": facts["controller"], "number": facts["phase_number"]}
    if before := facts.get("before"):
        return say("paper.subtitle_after", **said, before=", ".join(before))
    return say("paper.subtitle_first", **said)


def _exercise(page: _Page) -> tuple[Block, ...]:
    if not page.facts.get("drill"):
        return ()
    return (Box(page.say("paper.exercise_title"), page.say("paper.exercise_text"), Tone.WARNING),)


def _lead(page: _Page) -> tuple[Block, ...]:
    facts = page.facts
    told = quoted(facts["nature"], LEAD_FOREIGN if page.text_tag else LEAD_MAX)
    said = page.say(f"paper.lead_{telling(Phase(facts['phase']), withdraws=facts.get('withdraws', False))}", who=page.record["issuer"]["name"], whom=facts["controller"], breach=facts["breach"])
    return (Summary(said), *page.account(Summary(told))) if page.text_tag else (Summary(f"{said} {told}"),)


def quoted(text: str, most: int = LEAD_MAX) -> str:
    """Return the beginning of an account: whole sentences where one ends in time, else whole words."""
    told = " ".join(text.split())
    if len(told) <= most:
        return told
    # Looked for in the whole, since an end shows only by the sentence after it.
    ends = [found.end() for found in SENTENCE_END.finditer(told) if found.end() <= most]
    return f"{told[:ends[-1]] if ends else told[:most].rsplit(' ', 1)[0]} …"


def _due(page: _Page) -> Fact:
    """Return until when the contract or the law asked; where neither names a number, what they ask."""
    facts, say, clock = page.facts, page.say, page.facts["clock"]
    if not clock["due_at"]:
        return Fact(say("paper.asked"), say.promise(facts["promise"]))
    origin = say.phrase(ORIGINS.get(clock["origin"], ("", clock["origin"]))[1])
    return Fact(say("paper.target") if clock.get("is_target") else say("paper.promised"), page.at(clock["due_at"]), f"{say.promise(facts['promise'])} ({origin})")


def _aware(page: _Page) -> Fact:
    facts, say = page.facts, page.say
    noticed = say("paper.aware_detail", at=page.at(facts["detected_at"]))
    incident = facts.get("incident_aware_at")
    detail = f"{beside_awareness(say, page.at(incident), own=bool(facts['aware_reason']))}\n{noticed}" if incident else noticed
    return Fact(say("paper.aware_withdrawal" if facts.get("withdraws") else "paper.aware"), page.at(facts["aware_at"]), detail)


def _key_facts(page: _Page) -> KeyFacts:
    facts, say = page.facts, page.say
    return KeyFacts(
        (
            Fact(say("paper.controller"), facts["controller"], say("paper.controller_detail", agreement=facts["agreement"], terms=facts["terms"])),
            Fact(say("paper.processor"), page.record["issuer"]["name"], say("paper.processor_detail", breach=facts["breach"])),
            _aware(page),
            _due(page),
            Fact(say("matter.contact"), facts["contact"], wide=True),
        )
    )


def _counted_too_late(facts: Mapping[str, Any]) -> bool:
    """Tell whether the clock ran from an awareness, or a first notice, corrected to an earlier time since: a strip would call early what may be late counted from there."""
    if _from_notice(facts):
        return instant(facts["detected_at"]) < instant(facts["clock"]["started_at"])
    corrected_to = facts.get("incident_aware_at")
    return corrected_to is not None and not facts["aware_reason"] and instant(corrected_to) < instant(facts["aware_at"])


def _from_notice(facts: Mapping[str, Any]) -> bool:
    """Tell whether the promise is counted from when the breach was first noticed."""
    return bool(facts["clock"].get("start") == Event.DISCOVERY)


def _strip(page: _Page) -> tuple[Block, ...]:
    clock, say, record = page.facts["clock"], page.say, page.record
    if not clock["due_at"] or _counted_too_late(page.facts):
        return ()
    start, due, issued = instant(clock["started_at"]), instant(clock["due_at"]), instant(record["issued_at"])
    text = say(
        "paper.strip_text", start=page.at(clock["started_at"]), due=page.at(clock["due_at"]), issued=page.at(record["issued_at"]),
        lateness=say.lateness(due, issued),
    )  # fmt: skip
    return (ClockStrip(
        ClockPoint(say("paper.strip_noticed" if _from_notice(page.facts) else "paper.strip_aware"), start), ClockPoint(say("paper.strip_due"), due), (ClockPoint(say("paper.strip_issued"), issued),), text
    ),)  # fmt: skip


def _open(page: _Page) -> tuple[Block, ...]:
    facts, say = page.facts, page.say
    if facts.get("withdraws"):
        return (Box(say("paper.closed_title"), say("paper.closed_withdrawal"), Tone.DONE),)
    if facts["phase"] == Phase.FINAL:
        return (Box(say("paper.closed_title"), say("paper.closed_text"), Tone.DONE),)
    missing = [key for key in ("consequences", "measures") if not facts[key]]
    ours = [say("paper.missing_both" if len(missing) == 2 else f"paper.missing_{missing[0]}")] if missing else []
    if facts.get("next_word_at"):
        ours.append(say("paper.next_word", at=page.at(facts["next_word_at"])))
    title, text = say("paper.open_title"), facts["unknown"]
    if page.text_tag and text:
        return (Box(title, text, Tone.WARNING, page.text_tag), *((Box(say("paper.ours_title"), "\n".join(ours), Tone.WARNING),) if ours else ()))
    said = "\n".join(filter(None, (text, *ours)))
    return (Box(title, said, Tone.WARNING),) if said else ()


def _reasons(page: _Page) -> tuple[Block, ...]:
    """Say why something came late, where it did."""
    found: list[Block] = []
    if late := page.facts.get("late_reason"):
        found += [Heading(page.say("paper.late_word")), *page.house(Text(late))]
    if late := page.facts.get("told_late"):
        found += [Heading(page.say("paper.late_first")), *page.house(Text(late))]
    return tuple(found)


def _awareness(page: _Page) -> tuple[Block, ...]:
    """Say why awareness that this customer is affected came later; what made the house certain of the incident is its own affair since version 4."""
    facts, say = page.facts, page.say
    if facts.get("incident_aware_at") and facts["aware_reason"]:
        ours = Text(say("paper.later_text", at=page.at(facts["aware_at"]), incident=page.at(facts["incident_aware_at"])))
        return (Heading(say("paper.later_title")), *page.house(Text(facts["aware_reason"])), ours)
    if not facts.get("awareness_reason"):
        return ()
    ours = Text(say("paper.awareness_text", at=page.at(facts["aware_at"])))
    return (Heading(say("paper.awareness_title")), *page.house(Text(facts["awareness_reason"])), ours)


def _counting(page: _Page) -> tuple[Block, ...]:
    clock, say = page.facts["clock"], page.say
    if not clock["due_at"]:
        # These words count from awareness, whatever the promise counts from.
        length = say.length(instant(page.record["issued_at"]) - instant(page.facts["aware_at"]))
        return (Text(say("paper.no_number", promise=say.promise(page.facts["promise"]), issued=page.at(page.record["issued_at"]), length=length)),)
    rows = tuple((step["label"], step["text"], step["basis"]) for step in clock["steps"])
    columns = (Column(say("paper.column_step"), 1), Column(say("paper.column_counting"), 4), Column(say("paper.column_basis"), 2))
    blocks: tuple[Block, ...] = (Table(columns, rows, row_header=True), *((Points(tuple(clock["warnings"])),) if clock["warnings"] else ()))
    # The counting is the docket's own record of its steps, kept in English; a translated copy could say something else.
    return blocks if say.language is Language.EN else (Text(say("paper.counting_note")), Passage(Language.EN.tag, blocks))


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
