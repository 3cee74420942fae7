"""What Article 28(3) GDPR asks of a contract and what an agreement has: covered, weak, elsewhere or missing.

The list has 18 points: seven contents of the contract, duties (a) to (h), the alert on an infringing instruction,
and paragraphs 2 and 4 on further processors. Only what the parties agreed counts; law and house policy fill clocks,
not gaps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dpa.agreements.terms.catalogue import label
from dpa.agreements.terms.duties import FlowDown, SubprocessorAuthorisation
from dpa.agreements.terms.flags import FLAG_TEXT, WEAKENING
from dpa.agreements.terms.stack import Effective, TermStack, dpa_of, effective
from dpa.agreements.terms.words import Confidence, Flag, Grade, State, SubprocessorModel


class GapStatus(StrEnum):
    """How an agreement stands on one point, best first."""

    COVERED = "covered"
    WEAK = "weak"
    EXTERNAL = "external"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One point of the list. Every part must be answered; within a part, any of its keys is enough."""

    id: str
    article: str
    title: str
    parts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """How one agreement stands on one point, with the clause that covers it and a sentence for the screen."""

    id: str
    article: str
    title: str
    status: GapStatus
    clause: str | None
    sentence: str
    keys: tuple[str, ...]
    items: tuple[str, ...]


CHECKS: tuple[Check, ...] = (
    Check("subject-matter", "28(3)", "Subject matter", (("processing.subject_matter", "processing.description"),)),
    Check("duration", "28(3)", "Duration", (("processing.duration", "term.renewal"),)),
    Check("nature", "28(3)", "Nature", (("processing.nature", "processing.description"),)),
    Check("purpose", "28(3)", "Purpose", (("processing.purposes", "processing.description"),)),
    Check("data-types", "28(3)", "Types of personal data", (("processing.data_categories", "processing.description"),)),
    Check("subjects", "28(3)", "Categories of data subjects", (("processing.subject_categories", "processing.description"),)),
    Check("controller", "28(3)", "Rights and duties of the controller", (("controller.duties",),)),
    Check("a", "28(3)(a)", "Documented instructions", (("instructions.documented",), ("instructions.legal_requirement",))),
    Check("b", "28(3)(b)", "Confidentiality of staff", (("confidentiality.staff",),)),
    Check("c", "28(3)(c)", "Security of processing", (("security.measures", "security.patching"),)),
    Check("d", "28(3)(d)", "Conditions for further processors", (("subprocessors.authorisation",), ("subprocessors.flow_down",))),
    Check("e", "28(3)(e)", "Help with subject requests", (("subject_requests.assistance", "subject_requests.forward"),)),
    Check("f", "28(3)(f)", "Help with Articles 32 to 36", (("assistance.scope", "assistance.dpia"), ("breach.notify",))),
    Check("g", "28(3)(g)", "Deletion or return at the controller's choice", (("retention.after_end",), ("return.choice",))),
    Check("h", "28(3)(h)", "Information and audits", (("audit.documentation", "information.answer"), ("audit.right",))),
    Check("alert", "28(3)", "Alert on an infringing instruction", (("instructions.infringing_alert",),)),
    Check("28-2", "28(2)", "Authorisation of further processors", (("subprocessors.authorisation",),)),
    Check("28-4", "28(4)", "Same obligations and full liability", (("subprocessors.flow_down",), ("subprocessors.liability",))),
)
"""The list, in the order of the article."""


@dataclass(frozen=True, slots=True)
class _Finding:
    """How one key stands, and why if it is not simply covered."""

    key: str
    status: GapStatus
    clause: str | None = None
    why: str = ""
    items: tuple[str, ...] = ()


def gaps(stack: TermStack) -> tuple[Gap, ...]:
    """The whole list for one agreement, in the order of the article."""
    return tuple(_gap(stack, check) for check in CHECKS)


def count_gaps(found: Iterable[Gap]) -> dict[GapStatus, int]:
    """How many points stand where; every status is present."""
    listed = list(found)
    return {status: sum(gap.status is status for gap in listed) for status in GapStatus}


def _gap(stack: TermStack, check: Check) -> Gap:
    parts = [min((_finding(stack, key) for key in part), key=_order) for part in check.parts]
    status = _together([part.status for part in parts])
    clauses = tuple(dict.fromkeys(one for part in parts if part.clause for one in part.clause.split(", ")))
    return Gap(
        id=check.id, article=f"GDPR Art. {check.article}", title=check.title, status=status,
        clause=", ".join(clauses) or None, sentence=_sentence(status, parts, clauses),
        keys=tuple(key for part in check.parts for key in part),
        items=tuple(dict.fromkeys(item for part in parts for item in part.items)),
    )


def _order(finding: _Finding) -> int:
    return tuple(GapStatus).index(finding.status)


def _together(statuses: list[GapStatus]) -> GapStatus:
    """The status of a point from its parts: half an answer is weak, a part elsewhere keeps the point open."""
    if len(set(statuses)) == 1:
        return statuses[0]
    return GapStatus.EXTERNAL if GapStatus.EXTERNAL in statuses else GapStatus.WEAK


def _sentence(status: GapStatus, parts: list[_Finding], clauses: tuple[str, ...]) -> str:
    """One or two plain sentences: what covers the point, and what is wrong with it."""
    where = f"Stands in {', '.join(clauses)}." if clauses else ""
    wrong = [part.why for part in parts if part.why]
    if status is GapStatus.COVERED:
        return where or "Agreed."
    if status is GapStatus.MISSING and not wrong:
        return "The agreement says nothing about this."
    return " ".join(dict.fromkeys(text for text in (where, *wrong) if text))


def _finding(stack: TermStack, key: str) -> _Finding:
    """How one key stands: what the parties agreed, and with which weakness."""
    answer = effective(stack, key)
    if answer.state is State.NOT_APPLICABLE:
        return _Finding(key, GapStatus.COVERED, answer.clause, "", answer.items)
    open_conflict = answer.resolution is not None and not answer.resolution.decided
    if answer.from_contract or open_conflict:
        why = "The contract can be read in more than one way here and nobody has decided." if open_conflict else _weakness(answer)
        return _Finding(key, GapStatus.WEAK if why else GapStatus.COVERED, answer.clause, why, answer.items)
    return _unanswered(stack, answer)


def _unanswered(stack: TermStack, answer: Effective) -> _Finding:
    """A key the parties did not agree: perhaps in a document that is not loaded, else missing."""
    spoken = [look.term for look in answer.looks if look.term and look.term.state in {State.ABSENT, State.EXTERNAL}]
    items = tuple(item for term in spoken for item in term.items)
    if answer.awaiting:
        return _Finding(answer.key, GapStatus.EXTERNAL, None, f"It may stand in the {answer.awaiting}, which is not loaded.", items)
    unloaded = [document.name for document in stack.template.external_documents if document.name not in stack.external]
    if dpa_of(stack) == "external" and unloaded and not spoken:
        return _Finding(answer.key, GapStatus.EXTERNAL, None, f"It may stand in the {unloaded[0]}, which is not loaded.", items)
    if any(Flag.MISSING_PART in term.flags for term in spoken):
        return _Finding(answer.key, GapStatus.MISSING, None, FLAG_TEXT[Flag.MISSING_PART][0], items)
    return _Finding(answer.key, GapStatus.MISSING, None, f"{label(answer.key)}: nothing is agreed.", items)


def _weakness(answer: Effective) -> str:
    """Why an agreed value falls short of the article, or nothing."""
    for flag in answer.flags:
        if flag in WEAKENING:
            return FLAG_TEXT[flag][0]
    match answer.value:
        case SubprocessorAuthorisation(model=SubprocessorModel.GENERAL_NO_WINDOW | SubprocessorModel.NONE_STATED):
            return "Further processors are permitted without notice of changes or a chance to object."
        case FlowDown(grade=grade) if grade not in {Grade.SAME, Grade.NO_LESS_PROTECTIVE}:
            return FLAG_TEXT[Flag.WEAKER_FLOW_DOWN][0]
    if answer.confidence is Confidence.LOW:
        return "The wording is unclear; the reading is uncertain."
    return ""
