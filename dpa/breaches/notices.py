"""The notice to a controller as a value: one text, and what differs per customer."""

from __future__ import annotations

from datetime import datetime

from dpa.agreements.queries import AgreementRow
from dpa.alerts.messages import Message
from dpa.breaches.models import Affected, Breach, Notice
from dpa.breaches.rules import NOT_KNOWN, Draft
from dpa.evidence.register.models import IssuedDocument
from dpa.parties.queries import Recipient
from dpa.people.models import Organisation
from dpa.web.words import instant_text

MAIL = "breaches/notice"
NUMBER_LATER = "(its number is given at the release)"
NOTHING_OPEN = "Nothing further is open at this time."


def draft_of(notice: Notice) -> Draft:
    """Return the text of a stored notice."""
    return Draft(notice.nature, notice.contact, notice.consequences, notice.measures, notice.unknown)


def context(
    breach: Breach, draft: Draft, organisation: Organisation, agreement: AgreementRow, promise: str, document: str
) -> dict[str, str]:
    """Return what the mail's templates name, for one customer. What is not known is said, never left out (Art. 33(4))."""
    return {
        "organisation": organisation.name,
        "controller": agreement.controller,
        "reference": breach.reference,
        "document": document,
        "agreement": f"{agreement.reference} ({agreement.template})",
        "clause": promise,
        "detected": instant_text(breach.detected_at, breach.zone),
        "aware": instant_text(breach.aware_at, breach.zone),
        "nature": draft.nature,
        "consequences": draft.consequences or NOT_KNOWN,
        "measures": draft.measures or NOT_KNOWN,
        "unknown": draft.unknown or (NOTHING_OPEN if draft.consequences and draft.measures else NOT_KNOWN),
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
) -> Message:
    """Return the mail for one customer; the same customer never gets the same phase twice.

    `document` is the notice as a sealed document, which goes with the mail if it is issued by `hold_until`; none in a preview.
    """
    return Message(
        mail=MAIL,
        organisation_id=breach.organisation_id,
        to_address=recipient.email,
        to_name=recipient.name or agreement.controller,
        contact_id=recipient.contact_id,
        dedupe_key=f"breach:{breach.id}:initial:{row.agreement_id}",
        context=context(breach, draft_of(notice), organisation, agreement, row.promise, document.reference if document else NUMBER_LATER),
        category="notice",
        about=("breach", breach.id),
        deadline=row.docket_entry_id,
        attachments=(document.id,) if document else (),
        hold_until=hold_until,
    )
