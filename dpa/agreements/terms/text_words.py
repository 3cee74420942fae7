"""How each word of the closed vocabularies is said to a person."""

from __future__ import annotations

from dpa.agreements.terms.words import (
    AmendmentMode,
    Bound,
    Channel,
    DeemedRule,
    DeletionAction,
    Event,
    Grade,
    Origin,
    Party,
    ProofKind,
    Right,
    Silence,
    SubprocessorModel,
    Unit,
    UseRule,
    Word,
)

WORD: dict[Word, str] = {word: word.value.replace("_", " ") for word in Word} | {Word.REASONABLE: "in reasonable time"}
PARTY: dict[Party, str] = {party: party.value for party in Party} | {Party.EITHER: "other party", Party.PROCESSOR: "vendor"}
CHANNEL: dict[Channel, str] = {channel: channel.value.replace("_", " ") for channel in Channel} | {
    Channel.EMAIL: "e-mail", Channel.BY_HAND: "hand", Channel.IN_PRODUCT: "a message in the product",
    Channel.DIGITAL: "digital message", Channel.WEB_PAGE: "web page",
}
RIGHT: dict[Right, str] = {right: right.value.replace("_", " ") for right in Right} | {
    Right.NO_AUTOMATED_DECISION: "no solely automated decision", Right.CONSENT_WITHDRAWAL: "withdrawal of consent",
}
GRADE: dict[Grade, str] = {
    Grade.SAME: "the same obligations",
    Grade.NO_LESS_PROTECTIVE: "obligations no less protective",
    Grade.SUBSTANTIALLY_CONSISTENT: "substantially consistent obligations",
    Grade.SUFFICIENT_GUARANTEES: "sufficient guarantees",
    Grade.SIMILAR: "similar commitments",
}
PROOF: dict[ProofKind, str] = {
    ProofKind.MANDATORY: "written proof is owed", ProofKind.ON_REQUEST: "written confirmation on request",
    ProofKind.INTERNAL: "evidence kept, not promised to the controller", ProofKind.NONE: "no proof promised",
}
USE: dict[UseRule, str] = {UseRule.PROHIBITED: "prohibited", UseRule.ALLOWED: "allowed", UseRule.WITH_CONSENT: "only with consent"}
BOUND: dict[Bound, str] = {Bound.EXACT: "", Bound.AT_MOST: "at most ", Bound.AT_LEAST: "at least "}
DEEMED: dict[DeemedRule, str] = {
    DeemedRule.ACTUAL_DELIVERY: "on actual delivery",
    DeemedRule.WORKING_DAY_AFTER_POSTING: "on working day {n} after posting",
    DeemedRule.FIRST_PRESENTATION: "on first presentation",
    DeemedRule.NOT_STATED: "delivery rule not stated",
}
ACTION: dict[DeletionAction, str] = {
    DeletionAction.DELETE: "deleted",
    DeletionAction.RETURN_AND_DESTROY: "returned and all copies destroyed",
    DeletionAction.RETURN_OR_DELETE: "returned or deleted as the controller chooses",
    DeletionAction.DELETE_OR_ANONYMISE: "deleted or anonymised",
    DeletionAction.NOT_STORED: "not stored beyond",
    DeletionAction.NONE: "kept",
}
SILENCE: dict[Silence, str] = {
    Silence.REFUSES: "silence refuses", Silence.ACCEPTS: "silence accepts", Silence.NOTHING: "silence has no stated effect",
}
AUTHORISATION: dict[SubprocessorModel, str] = {
    SubprocessorModel.SPECIFIC_PRIOR: "specific prior authorisation",
    SubprocessorModel.GENERAL_OBJECTION: "general authorisation with a right to object",
    SubprocessorModel.NOTICE_TACIT: "prior notice, tacit acceptance",
    SubprocessorModel.GENERAL_NO_WINDOW: "permission without notice",
    SubprocessorModel.NONE_STATED: "nothing stated",
}
AMENDMENT: dict[AmendmentMode, str] = {
    AmendmentMode.UNILATERAL_POST: "by the vendor alone, by posting",
    AmendmentMode.UNILATERAL_REASONABLE_NOTICE: "by the vendor alone",
    AmendmentMode.ACCEPT_AT_LOGIN: "accepted at the next log-in",
    AmendmentMode.PAGE_PUBLICATION: "by publication on the page",
    AmendmentMode.BILATERAL_WRITTEN: "by written agreement",
    AmendmentMode.BILATERAL_SIGNED: "in writing, signed by both",
}
EVENT: dict[Event, str] = {event: event.value.replace("_", " ") for event in Event} | {
    Event.NOTICE: "the notice", Event.REQUEST: "the request", Event.END_OF_NOTICE: "the end of the notice",
    Event.AUTHORITY_REQUEST: "the authority's request", Event.OPINION_FORMED: "the moment the opinion is formed",
    Event.AGREEMENT_START: "the start of the agreement", Event.AGREEMENT_END: "the end of the agreement",
    Event.SERVICES_END: "the end of the services", Event.TERM_EXPIRY: "the expiry of the term",
    Event.PERIOD_END: "the end of the current period", Event.RELATIONSHIP_END: "the end of the relationship",
    Event.WISHED_DATE: "the wished date", Event.QUERY_RETURNED: "the return of the query",
    Event.NO_LONGER_NEEDED: "the day the data is no longer needed", Event.COMPLETED_RETURN: "completed return",
    Event.EARLIEST_DELETION: "the earliest day of deletion", Event.DISCOVERY: "the discovery of the defect",
    Event.RATES_COMMUNICATED: "the communication of the rates", Event.FORMAL_NOTICE: "the formal notice",
    Event.LETTER: "the letter", Event.REPLY: "the reply", Event.RESPONSE: "the response",
    Event.FORCE_MAJEURE: "the event", Event.INSTRUCTION: "explicit instruction", Event.PAYMENT_FAILURE: "the failed payment", Event.CLAIM: "the claim",
}
ORIGIN: dict[Origin, str] = {
    Origin.CONTRACT: "contract", Origin.STATUTE: "law", Origin.HOUSE_POLICY: "house policy",
    Origin.EXTERNAL_DOC: "external document", Origin.DECISION: "decision",
}
"""How the origin of a value is named beside it."""
_CHOICE: dict[str, str] = {
    "clickwrap": "click on a dedicated box", "e_signature": "electronic signature", "inside": "inside this document",
    "separate": "in a separate document", "named_if_appointed": "named and reported if one is appointed",
    "electronic_accepted": "electronic signature accepted", "controller_chooses": "the controller chooses",
    "available_and_audits_allowed": "documentation available, audits and inspections allowed",
    "none_at_signature": "none at signature", "any_transfer_company": "any file-transfer company may be used",
    "controller_ensures": "the controller enables the application and ensures the transfer is lawful",
    "customers_told": "customers are told, no time given", "free_without_notice": "free, without notice",
    "may_request_or_delete": "the vendor may ask for removal or remove it itself",
    "processor_returns": "the vendor returns all data", "processor_deletes": "the vendor deletes all data",
    "user_act_only": "only by the user's own act", "assists": "the vendor assists",
    "back_office": "in the back office", "export_until_end": "export until the end",
}


def choice_text(choice: str) -> str:
    """How a choice is said to a person."""
    return _CHOICE.get(choice, choice.replace("_", " "))


def by(channel: Channel) -> str:
    """How a channel is said after a verb: "by e-mail", "in writing"."""
    return "in writing" if channel is Channel.WRITING else f"by {CHANNEL[channel]}"


LANGUAGE: dict[str, str] = {"en": "English", "fr": "French", "da": "Danish", "de": "German", "nl": "Dutch"}
"""Languages by code; others are shown by their code."""


def unit_text(unit: Unit, amount: int) -> str:
    """The unit of a period, in the singular for one."""
    name = unit.value.replace("_", " ")
    return name.removesuffix("s") if amount == 1 else name
