"""Faults and traps of a contract, all visible and none repaired, and the check that blocks a wrong recipient."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum

from dpa.agreements.terms.base import is_fixed_offset
from dpa.agreements.terms.conditions import Forums, Precedence, Value
from dpa.agreements.terms.document import Term, TermsDocument
from dpa.agreements.terms.duties import Forwarding, Subprocessors
from dpa.agreements.terms.flags import FLAG_TEXT
from dpa.agreements.terms.values import DateLiteral, WorkingHours
from dpa.agreements.terms.words import Flag


class DefectKind(StrEnum):
    """What sort of fault it is."""

    NO_DPA = "no_dpa"
    EXTERNAL_DOCUMENT = "external_document"
    MISSING_PART = "missing_part"
    PRINTED = "printed"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Defect:
    """One fault: where it stands, what is wrong, and what a person should do."""

    id: str
    kind: DefectKind
    flag: Flag | None
    clause: str | None
    key: str | None
    items: tuple[str, ...]
    sentence: str
    advice: str


class RecipientFault(StrEnum):
    """Why an address may not receive something meant for a controller."""

    OWN_MAILBOX = "own_mailbox"
    NOT_AN_ADDRESS = "not_an_address"


@dataclass(frozen=True, slots=True)
class RecipientProblem:
    """An address that is blocked as a recipient, with the sentence to show and who is used instead."""

    fault: RecipientFault
    address: str
    sentence: str
    fallback: str = "the controller's registered privacy contact"


def check_recipient(address: str, own_domains: Iterable[str]) -> RecipientProblem | None:
    """Whether an address may stand for a controller: none when it may, else why not.

    Blocked are addresses of the vendor's own domains and of their subdomains, whatever their capitals, their final
    dot or a name in front; and anything that is not one address.
    """
    bare = parseaddr(address)[1].strip()
    local, _, domain = bare.rpartition("@")
    host = _host(domain)
    if not local or "." not in host or any(sign in address for sign in ",;\r\n"):
        return RecipientProblem(
            RecipientFault.NOT_AN_ADDRESS, address,
            f"'{address}' is not one e-mail address; use the controller's registered privacy contact.",
        )
    for own in own_domains:
        mine = _host(own)
        if mine and (host == mine or host.endswith(f".{mine}")):
            return RecipientProblem(
                RecipientFault.OWN_MAILBOX, address,
                f"{bare} is a mailbox of {mine}, the vendor's own domain, so it cannot reach the controller; "
                "use the controller's registered privacy contact.",
            )
    return None


def _host(domain: str) -> str:
    """A domain in its comparable form: small letters, international names in their ASCII form, no final dot."""
    plain = domain.strip().rstrip(".").lower()
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError:
        return plain


def defects(document: TermsDocument) -> tuple[Defect, ...]:
    """Every fault of a contract: documents not held, missing parts, faults in print, and traps in single terms."""
    return (*_document_defects(document), *_printed_defects(document), *_term_defects(document))


def _document_defects(document: TermsDocument) -> list[Defect]:
    found: list[Defect] = []
    if document.dpa == "none":
        sentence, advice = FLAG_TEXT[Flag.NO_DPA]
        items = next((term.items for term in document.terms if Flag.NO_DPA in term.flags), ())
        found.append(Defect("no-dpa", DefectKind.NO_DPA, Flag.NO_DPA, None, None, items, sentence, advice))
    for external in document.external_documents:
        terms = [term for term in document.terms if term.document == external.name]
        found.append(Defect(
            f"external-{external.name.lower().replace(' ', '-')}", DefectKind.EXTERNAL_DOCUMENT, None, external.clause,
            None, tuple(dict.fromkeys(item for term in terms for item in term.items)),
            f"The contract points to the {external.name}, which is a separate document.",
            f"Load the {external.name}; until then the law and the house policy answer for {len(terms)} terms." if terms
            else f"Load the {external.name} if it holds promises to controllers.",
        ))
    return found


def _printed_defects(document: TermsDocument) -> list[Defect]:
    sentence, advice = FLAG_TEXT[Flag.MISSING_PART]
    missing = [
        Defect(f"missing-{part.id}", DefectKind.MISSING_PART, Flag.MISSING_PART, part.clause, None, part.items,
               f"{part.part[:1].upper()}{part.part[1:]}: {sentence[:1].lower()}{sentence[1:]}", advice)
        for part in document.missing_parts
    ]
    printed = [
        Defect(f"printed-{fault.id}", DefectKind.PRINTED, None, fault.clause, None, fault.items, fault.what,
               "Nothing was repaired; have it corrected at the next revision.")
        for fault in document.printed_defects
    ]
    return missing + printed


def _term_defects(document: TermsDocument) -> list[Defect]:
    reported = {Flag.NO_DPA, Flag.MISSING_PART}
    return [
        Defect(f"{term.ref}-{flag.value}", DefectKind.FLAG, flag, term.clause, term.key, term.items, *FLAG_TEXT[flag])
        for term in document.terms
        for flag in dict.fromkeys((*term.flags, *visible_flags(term, document.vendor.domains)))
        if flag not in reported
    ]


def visible_flags(term: Term, own_domains: Iterable[str] = ()) -> tuple[Flag, ...]:
    """Traps that can be seen from the value itself, whether or not the reading flagged them."""
    found = [flag for flag, caught in _CATCHES if term.value is not None and caught(term.value)]
    if isinstance(term.value, Forwarding) and term.value.printed_address:
        problem = check_recipient(term.value.printed_address, own_domains)
        if problem and problem.fault is RecipientFault.OWN_MAILBOX:
            found.append(Flag.OWN_MAILBOX)
    return tuple(found)


def _dpa_below(value: Value) -> bool:
    if not isinstance(value, Precedence) or value.dpa_first:
        return False
    places = [place for place, name in enumerate(value.order) if "processing agreement" in name.lower()]
    return bool(places) and places[0] > 0


_CATCHES: tuple[tuple[Flag, Callable[[Value], bool]], ...] = (
    (Flag.AMBIGUOUS_DATE, lambda value: isinstance(value, DateLiteral) and value.ambiguous),
    (Flag.FIXED_OFFSET, lambda value: isinstance(value, WorkingHours) and is_fixed_offset(value.zone)),
    (Flag.AMBIGUOUS_FORUM, lambda value: isinstance(value, Forums) and value.contradictory),
    (Flag.DPA_RANKS_BELOW, _dpa_below),
    (Flag.ENTRIES_INCOMPLETE, lambda value: isinstance(value, Subprocessors)
     and any(entry.address is None or entry.contact is None for entry in value.entries)),
)
