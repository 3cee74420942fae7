"""The notice to a controller as a value: one text, and what differs per customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dpa.agreements.queries import AgreementRow
from dpa.alerts.messages import Message
from dpa.breaches import awareness
from dpa.breaches.models import Affected, Breach, Notice
from dpa.breaches.phases import Phase, telling
from dpa.breaches.rules import Draft, draft_errors
from dpa.breaches.told_severity import severity_rows
from dpa.breaches.versions import Version, draft_of, part_rows
from dpa.evidence.register.models import IssuedDocument
from dpa.languages import NAMES, Wording
from dpa.parties.queries import Recipient
from dpa.people.models import Organisation

__all__ = ["Told", "beside_awareness", "context", "draft_of", "matters", "message", "names_nothing", "phase_words", "text_errors"]

MAIL = "breaches/notice"


@dataclass(frozen=True, slots=True)
class Told:
    """One of the matters of Art. 33(3), or what is still open, with its heading."""

    key: str
    heading: str
    text: str
    ours: bool
    """Whether the text is the product's own words, where the account says nothing."""


def names_nothing(draft: Draft, phase: Phase) -> bool:
    """Tell whether a notice leaves nothing open by name, and is not the last; an empty field never promises that nothing is."""
    return not draft.unknown and phase is not Phase.FINAL and bool(draft.consequences and draft.measures)


def text_errors(notice: Notice) -> dict[str, str]:
    """Return what in the texts of a phase keeps it from being approved and released, by field of the main one."""
    final = notice.phase is Phase.FINAL
    errors = dict(draft_errors(draft_of(notice), final=final))
    open_in = [NAMES[one.language] for one in notice.texts if one.unknown.strip()] if final else []
    if open_in and "unknown" not in errors:
        errors["unknown"] = f"A final notice leaves nothing open, and the text in {' and in '.join(open_in)} still names what is not known; take it out there."
    return errors


def matters(draft: Draft, phase: Phase, say: Wording, *, withdraws: bool = False) -> tuple[Told, ...]:
    """Return what a notice says, in the order in which it is read. What is not known is said, never left out (Art. 33(4))."""
    final = phase is Phase.FINAL
    unsaid = say("matter.never_known") if final else say("matter.not_known")
    nothing = say("matter.nothing_open") if final else say("matter.nothing_named") if names_nothing(draft, phase) else say("matter.not_known")
    own = {"consequences": unsaid, "measures": unsaid, "unknown": nothing}
    if withdraws:
        own = {"consequences": say("matter.no_breach"), "measures": say("matter.no_breach"), "unknown": say("matter.nothing_open")}
    return tuple(
        Told(key, say(f"matter.{key}"), getattr(draft, key) or own.get(key, ""), not getattr(draft, key))
        for key in ("nature", "consequences", "measures", "unknown", "contact")
    )


def phase_words(notice: Notice, zone: str, say: Wording) -> str:
    """Return what the phase is and when the next word comes."""
    if notice.withdraws:
        return say("mail.phase_withdrawal")
    if notice.phase is Phase.FINAL:
        return say("mail.phase_final")
    phase = say(f"phase.{notice.phase.value}_inside")
    if notice.next_word_at is not None:
        return say("mail.phase_next", phase=phase, at=say.instant(notice.next_word_at, zone))
    return say("mail.phase_open", phase=phase)


def beside_awareness(say: Wording, incident: str, *, own: bool) -> str:
    """Say how the awareness a customer's clock runs from and the incident's differ: it is the customer's own, or one that was corrected since."""
    return say("portal.aware_later" if own else "portal.aware_corrected", at=incident)


def _aware(breach: Breach, notice: Notice, row: Affected, say: Wording) -> tuple[tuple[str, str], ...]:
    """Return since when the organisation knew that this customer is affected; where that was later than the incident itself, why."""
    at = say.instant(row.aware_at, breach.zone)
    if row.aware_at != breach.aware_at:
        at = f"{at} ({beside_awareness(say, say.instant(breach.aware_at, breach.zone), own=bool(row.aware_reason))})"
    since = (say("paper.aware_withdrawal" if notice.withdraws else "mail.aware"), at)
    why = awareness.why_later(row.aware_reason, row.aware_at, breach.aware_at)
    return (since, (say("mail.later"), why)) if why else (since,)


def context(
    breach: Breach, notice: Notice, organisation: Organisation, agreement: AgreementRow, row: Affected, version: Version, *, document: str, link: str
) -> dict[str, Any]:
    """Return what the mail's templates name, for one customer, in its language."""
    say = version.say
    facts = (
        (say("mail.reference"), breach.reference), (say("mail.agreement"), f"{agreement.reference} ({agreement.template})"),
        # “Without undue delay” is a duty, and no promise of a time.
        (say("mail.promise" if row.promise[:1].isdigit() else "paper.asked"), say.promise(row.promise)), (say("mail.noticed"), say.instant(breach.detected_at, breach.zone)),
        *_aware(breach, notice, row, say), (say("mail.phase"), phase_words(notice, breach.zone, say)),
    )  # fmt: skip
    # Where there was no breach, nobody's data were concerned.
    part = () if notice.withdraws else part_rows(version.part.facts(), say, final=notice.phase is Phase.FINAL)
    severity = severity_rows(notice.severity, say)
    return {
        "say": say,
        "language": version.language.tag,
        "text_language": version.text_language.tag,
        "foreign": say("language.other", language=say(f"language.{version.text_language.value}")) if version.foreign else "",
        "title": say("mail.title_withdrawal" if notice.withdraws else "mail.title"),
        "intro": say("mail.intro_withdrawal" if notice.withdraws else "mail.intro", organisation=organisation.name, controller=agreement.controller),
        "subject": say(f"mail.subject_{telling(notice.phase, withdraws=notice.withdraws)}", reference=breach.reference, organisation=organisation.name),
        "drill": breach.drill,
        "link": link,
        "organisation": organisation.name,
        "controller": agreement.controller,
        "document": document,
        "facts": facts,
        "width": max(len(label) for label, _ in facts) + 2,
        "part": part,
        "part_width": max((len(label) for label, _ in part), default=0) + 2,
        "severity": severity,
        "severity_note": say("severity.note", organisation=organisation.name),
        "severity_width": max((len(label) for label, _ in severity), default=0) + 2,
        "matters": matters(version.text, notice.phase, say, withdraws=notice.withdraws),
    }


def message(
    breach: Breach,
    notice: Notice,
    organisation: Organisation,
    *,
    row: Affected,
    agreement: AgreementRow,
    recipient: Recipient,
    version: Version,
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
            breach, notice, organisation, agreement, row, version, document=document.reference if document else version.say("mail.number_later"),
            link=link or version.say("mail.link_later"),
        ),
        category="notice",
        about=("breach", breach.id),
        deadline=row.docket_entry_id,
        attachments=(document.id,) if document else (),
        hold_until=hold_until,
    )
