"""The notice to a controller as a value: one text, and what differs per customer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dpa.agreements.queries import AgreementRow
from dpa.alerts.messages import Message
from dpa.breaches.models import Affected, Breach, Notice
from dpa.breaches.phases import TITLES, Phase
from dpa.breaches.rules import NOT_KNOWN, Draft, unsaid
from dpa.evidence.register.models import IssuedDocument
from dpa.parties.queries import Recipient
from dpa.people.models import Organisation
from dpa.web.words import instant_text

MAIL = "breaches/notice"
NUMBER_LATER = "(its number is given at the release)"
LINK_LATER = "(a link of the customer's own, made at the release)"
NOTHING_OPEN = "Nothing further is open."
NOTHING_NAMED = "Nothing is named here; whatever comes up follows without undue delay."


def draft_of(notice: Notice) -> Draft:
    """Return the text of a stored notice."""
    return Draft(notice.nature, notice.contact, notice.consequences, notice.measures, notice.unknown)


def still_open(notice: Notice) -> str:
    """Return what a notice leaves open, as it names it; an empty field never promises that nothing is."""
    if notice.unknown:
        return notice.unknown
    if notice.phase is Phase.FINAL:
        return NOTHING_OPEN
    return NOTHING_NAMED if notice.consequences and notice.measures else NOT_KNOWN


def phase_words(notice: Notice, zone: str) -> str:
    """Return what the phase is and when the next word comes."""
    if notice.phase is Phase.FINAL:
        return "final notice; nothing further is open"
    if notice.next_word_at is not None:
        return f"{TITLES[notice.phase].lower()}; the next word comes by {instant_text(notice.next_word_at, zone)} (Art. 33(4) GDPR)"
    return f"{TITLES[notice.phase].lower()}; further information follows in phases (Art. 33(4) GDPR)"


def context(
    breach: Breach, notice: Notice, organisation: Organisation, agreement: AgreementRow, promise: str, *, document: str, link: str
) -> dict[str, Any]:
    """Return what the mail's templates name, for one customer. What is not known is said, never left out (Art. 33(4))."""
    draft, missing = draft_of(notice), unsaid(final=notice.phase is Phase.FINAL)
    return {
        "phase": phase_words(notice, breach.zone),
        "phase_title": TITLES[notice.phase],
        "initial": notice.phase is Phase.INITIAL,
        "drill": breach.drill,
        "link": link,
        "organisation": organisation.name,
        "controller": agreement.controller,
        "reference": breach.reference,
        "document": document,
        "agreement": f"{agreement.reference} ({agreement.template})",
        "clause": promise,
        "detected": instant_text(breach.detected_at, breach.zone),
        "aware": instant_text(breach.aware_at, breach.zone),
        "nature": draft.nature,
        "consequences": draft.consequences or missing,
        "measures": draft.measures or missing,
        "unknown": still_open(notice),
        "contact": draft.contact,
    }


def message(
    breach: Breach,
    notice: Notice,
    organisation: Organisation,
    *,
    row: Affected,
    agreement: AgreementRow,
    recipient: Recipient,
    document: IssuedDocument | None = None,
    hold_until: datetime | None = None,
    link: str = "",
    attempt: int = 1,
) -> Message:
    """Return the mail for one customer; the same customer never gets the same phase twice.

    `attempt` counts on when a mail was refused for good and the phase goes out again.

    `document` is the phase as a sealed document, which goes with the mail if it is issued by `hold_until`; `link` leads the customer to
    its own page. Both are missing in a preview.
    """
    return Message(
        mail=MAIL,
        organisation_id=breach.organisation_id,
        to_address=recipient.email,
        to_name=recipient.name or agreement.controller,
        contact_id=recipient.contact_id,
        dedupe_key=f"breach:{breach.id}:{notice.number}:{row.agreement_id}" + (f":{attempt}" if attempt > 1 else ""),
        context=context(
            breach, notice, organisation, agreement, row.promise, document=document.reference if document else NUMBER_LATER, link=link or LINK_LATER
        ),
        category="notice",
        about=("breach", breach.id),
        deadline=row.docket_entry_id,
        attachments=(document.id,) if document else (),
        hold_until=hold_until,
    )
