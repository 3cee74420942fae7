"""What the law says where a contract is silent: the table of Regulation (EU) 2016/679 used for fall-back.

Rows carry no hours the law does not give: Article 33(2) names none, and none is invented here. Sources are the
articles themselves; EDPB Guidelines 07/2020 for silence under a specific authorisation.
"""

from __future__ import annotations

from dpa.agreements.terms.conditions import Value
from dpa.agreements.terms.document import Term
from dpa.agreements.terms.duties import (
    AuditRight,
    BreachTrigger,
    BreachTriggers,
    Confidentiality,
    FlowDown,
    Instructions,
    LegalProcess,
    RecordDuty,
    RetentionRule,
    RetentionRules,
    Rights,
    SubprocessorAuthorisation,
)
from dpa.agreements.terms.values import Choice, Fact, ListOf, Period, Qualitative
from dpa.agreements.terms.words import (
    Bound,
    DeletionAction,
    Event,
    Grade,
    Ground,
    NoticeTime,
    Origin,
    Party,
    Right,
    Silence,
    SubprocessorModel,
    Unit,
    Word,
)


def _law(key: str, clause: str, value: Value, note: str) -> Term:
    return Term(key=key, clause=clause, value=value, note=note, origin=Origin.STATUTE)


BREACH_CONTENT: tuple[str, ...] = (
    "nature of the breach, with categories and approximate numbers of persons and records where possible",
    "data protection officer or other contact",
    "likely consequences",
    "measures taken or proposed, including mitigation",
)
"""The four blocks of Article 33(3) GDPR."""

STATUTE: tuple[Term, ...] = (
    _law(
        "breach.notify", "GDPR Art. 33(2)",
        BreachTriggers(triggers=(
            BreachTrigger(
                id="statute", event="personal data breach", limit=Qualitative(word=Word.WITHOUT_UNDUE_DELAY),
                clause="GDPR Art. 33(2)",
            ),
        )),
        "The processor tells the controller without undue delay after becoming aware. The law gives no hours and no risk threshold.",
    ),
    _law("breach.content", "GDPR Art. 33(3)", ListOf(entries=BREACH_CONTENT), "What the controller must be able to tell its authority."),
    _law("breach.phases", "GDPR Art. 33(4)", Qualitative(word=Word.WITHOUT_UNDUE_DELAY), "Further information may follow in phases."),
    _law(
        "subprocessors.authorisation", "GDPR Art. 28(2)",
        SubprocessorAuthorisation(
            model=SubprocessorModel.SPECIFIC_PRIOR, silence=Silence.REFUSES, ground=Ground.NONE_NEEDED, in_writing=True,
        ),
        "Without a general written authorisation on file only a specific prior one counts, and silence refuses.",
    ),
    _law("subprocessors.flow_down", "GDPR Art. 28(4)", FlowDown(grade=Grade.SAME), "The same obligations bind every subprocessor."),
    _law("subprocessors.liability", "GDPR Art. 28(4)", Fact(yes=True), "The first processor stays fully liable."),
    _law(
        "instructions.documented", "GDPR Art. 28(3)(a)", Instructions(documented_only=True, covers_transfers=True),
        "Processing follows documented instructions only, transfers included.",
    ),
    _law(
        "instructions.legal_requirement", "GDPR Art. 28(3)(a)",
        LegalProcess(notice=NoticeTime.PRIOR, to=(Party.CONTROLLER,), exceptions=("the law forbids it on important grounds of public interest",)),
        "The controller is told before processing that Union or Member State law requires.",
    ),
    _law(
        "instructions.infringing_alert", "GDPR Art. 28(3)", Qualitative(word=Word.IMMEDIATELY, start=Event.OPINION_FORMED),
        "The controller is told at once when an instruction infringes the law in the processor's opinion.",
    ),
    _law("confidentiality.staff", "GDPR Art. 28(3)(b)", Confidentiality(binds=("persons authorised to process",)), "Everyone who processes is bound to confidence."),
    _law(
        "subject_requests.answer", "GDPR Art. 12(3)",
        Period(amount=1, unit=Unit.MONTHS, bound=Bound.AT_MOST, word=Word.WITHOUT_UNDUE_DELAY, start=Event.REQUEST),
        "The controller's own time to answer; two more months only with reasons sent within the first.",
    ),
    _law("subject_requests.assistance", "GDPR Art. 28(3)(e)", Choice(choice="as_far_as_possible"), "Help with subject requests as far as possible."),
    _law(
        "subject_requests.rights", "GDPR Art. 15 to 22",
        Rights(rights=(
            Right.ACCESS, Right.RECTIFICATION, Right.ERASURE, Right.RESTRICTION, Right.PORTABILITY, Right.OBJECTION,
            Right.NO_AUTOMATED_DECISION,
        )),
        "The rights of data subjects.",
    ),
    _law("assistance.scope", "GDPR Art. 28(3)(f)", ListOf(entries=("Articles 32 to 36 GDPR",)), "Help with security, breaches and impact assessments."),
    _law("audit.right", "GDPR Art. 28(3)(h)", AuditRight(auditors=("controller", "auditor mandated by the controller")), "Audits and inspections are allowed; the law names no notice."),
    _law("audit.documentation", "GDPR Art. 28(3)(h)", Choice(choice="available_and_audits_allowed"), "All information needed to show compliance is made available."),
    _law(
        "retention.after_end", "GDPR Art. 28(3)(g)",
        RetentionRules(rules=(
            RetentionRule(scope="all personal data", starts=Event.SERVICES_END, limit="after_then", action=DeletionAction.RETURN_OR_DELETE,
                          exceptions=("storage required by Union or Member State law",)),
        )),
        "After the end of the service, deletion or return at the controller's choice. The law names no number of days.",
    ),
    _law("return.choice", "GDPR Art. 28(3)(g)", Choice(choice="controller_chooses"), "The controller chooses between deletion and return."),
    _law(
        "records.processing", "GDPR Art. 30(2)",
        RecordDuty(
            in_writing=True, law="Art. 30(2)",
            contents=("names and contacts of processors, controllers, representatives and data protection officers",
                      "categories of processing for each controller", "transfers with their safeguards", "security measures where possible"),
        ),
        "The processor's own record, shown to the authority on request.",
    ),
)
"""Every row of the law used for fall-back, one per key."""


def statute_term(key: str) -> Term | None:
    """What the law says under a key, or none where it says nothing."""
    return next((term for term in STATUTE if term.key == key), None)
