"""Writing a phase: one draft at a time, kept at each save, approved by a second person where the house asks for it."""

from __future__ import annotations

from datetime import datetime

from dpa.breaches import repeated, rules
from dpa.breaches.enough import too_little
from dpa.breaches.events import Event
from dpa.breaches.models import Breach, Notice, NoticeText
from dpa.breaches.notices import text_errors
from dpa.breaches.operations import second
from dpa.breaches.operations.guards import must_be_open
from dpa.breaches.operations.settings import settings_of
from dpa.breaches.phases import REASON_MIN, Phase, Told, next_phases, word_errors
from dpa.breaches.rules import FIELDS, Draft
from dpa.breaches.told_severity import severity_text
from dpa.breaches.versions import house_language, newest_sheet
from dpa.evidence import trail
from dpa.languages import NAMES, Language
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit


def told_of(breach: Breach) -> list[Told]:
    """Return the phases of a case as rules see them."""
    return [Told(notice.phase, notice.released_at, notice.next_word_at, notice.withdraws) for notice in breach.notices]


def save_draft(
    unit: Unit, breach: Breach, draft: Draft, phase: Phase | None = None, next_word_at: datetime | None = None, *, withdraws: bool | None = None,
    severity: bool | None = None,
) -> Notice:
    """Keep the text of the phase being written, beginning one where none is; a change takes back the approval, the same text again does not.

    `withdraws` makes a correction take everything back: there was no breach; none for what the open one does. `severity` tells the saved severity by ENISA's method as a help, as it stands in the fact sheet now; none for what
    the open one does, and before one is begun for what the house does. `phase` chooses what a new draft is, or what the open one becomes; none for the one that stands, or the first offered. Raises `Conflict`
    when that phase cannot come now, `Invalid` by field for texts that are too long, for what a phase that ends the matter leaves open, and for a next word that cannot be promised.
    """
    must_be_open(breach)
    begun = breach.draft
    if phase is not None and (begun is None or phase is not begun.phase):
        _require(breach, phase)
    kind = phase or (begun.phase if begun else next_phases(told_of(breach))[0])
    # What is still missing may be added until the review; what can never stand in such a notice is refused at once.
    wrong = {name: text for name, text in rules.draft_errors(draft, final=kind is Phase.FINAL).items() if text.startswith("Shorten") or name == "unknown"}
    withdraws = kind is Phase.CORRECTION and (begun is not None and begun.withdraws if withdraws is None else withdraws)
    if withdraws and draft.unknown.strip():
        wrong["unknown"] = "A correction that takes the notice back leaves nothing open; take this text out."
    if withdraws and next_word_at is not None:
        wrong["next_word_at"] = "A correction that takes the notice back promises no further word; take the time out."
    if wrong := word_errors(kind, next_word_at, unit.now) | wrong:
        raise Invalid(next(iter(wrong.values())), fields=wrong)
    fresh = {name: getattr(draft, name).strip() for name in FIELDS} | {"phase": kind, "next_word_at": next_word_at, "withdraws": withdraws}
    fresh["severity"] = "" if withdraws else _severity(unit, breach, severity)
    if begun is not None and all(getattr(begun, name) == value for name, value in fresh.items()):
        return begun
    notice = begun or _begin(unit, breach)
    for name, value in fresh.items():
        setattr(notice, name, value)
    notice.drafted_at, notice.drafted_by = unit.now, unit.actor
    second.ask(unit, breach, notice, anew=_take_approval_back(unit, breach, notice))
    trail.record(
        unit, Event.DRAFTED, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[notice, breach],
        data={"phase": notice.phase.value, "number": notice.number},
        personal={"text": {name: getattr(notice, name) for name in FIELDS}},
    )  # fmt: skip
    return notice


def _severity(unit: Unit, breach: Breach, tell: bool | None) -> str:
    if tell is None:
        tell = bool(breach.draft.severity) if breach.draft else settings_of(unit.session, breach.organisation_id).tell_severity
    return severity_text(newest_sheet(unit.session, breach).severity_inputs) if tell else ""


def _take_approval_back(unit: Unit, breach: Breach, notice: Notice) -> bool:
    """End an approval with the change that ends it, in a line of its own: who reads the trail must see that what was approved does not stand any more.

    What was sent back is changed with it, too. Returns whether a second person had answered, who is then asked anew.
    """
    approved, sent_back = notice.approved_by is not None, notice.sent_back_by is not None
    notice.approved_at = notice.approved_by = None
    _clear_sent_back(notice)
    unit.session.flush()
    if approved:
        trail.record(
            unit, Event.APPROVAL_ENDED, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[notice],
            data={"phase": notice.phase.value, "number": notice.number},
        )  # fmt: skip
    return approved or sent_back


def _clear_sent_back(notice: Notice) -> None:
    notice.sent_back_at, notice.sent_back_by, notice.sent_back_reason = None, None, ""


def _begin(unit: Unit, breach: Breach) -> Notice:
    offered = next_phases(told_of(breach))
    notice = Notice(
        number=len(breach.notices) + 1, phase=offered[0], drafted_at=unit.now, drafted_by=unit.actor,
        language=house_language(unit.session, breach.organisation_id).value,
    )  # fmt: skip
    breach.notices.append(notice)
    return notice


def _require(breach: Breach, phase: Phase) -> None:
    others = [told for told in told_of(breach) if told.released_at is not None]
    if phase not in next_phases(others):
        raise Conflict(f"A {phase.value} notice cannot come now: {'nothing was told yet' if not others else 'see what was told before'}.")


def discard_draft(unit: Unit, breach: Breach) -> None:
    """Throw the phase being written away. Raises `Conflict` when there is none: a released phase is never taken back."""
    must_be_open(breach)
    notice = breach.draft
    if notice is None:
        raise Conflict("There is no notice being written; a released one is corrected by a further notice.")
    data = {"phase": notice.phase.value, "number": notice.number}
    texts = list(notice.texts)
    breach.notices.remove(notice)
    unit.session.delete(notice)
    unit.session.flush()
    trail.record(
        unit, Event.DISCARDED, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[notice, breach, *texts], data=data
    )


def approve(unit: Unit, breach: Breach) -> Notice:
    """Approve the phase being written as it stands, as the second person, and mail whoever wrote it last.

    Raises `Conflict` for whoever wrote it last, or with nothing to approve.
    """
    notice = _for_second_person(unit, breach)
    if errors := {**repeated.errors(unit.session, breach, notice), **text_errors(notice)}:
        raise Invalid("The notice cannot be approved like this.", fields=errors)
    notice.approved_at, notice.approved_by = unit.now, unit.actor
    _clear_sent_back(notice)
    unit.session.flush()
    second.answer(unit, breach, notice, second.APPROVED)
    trail.record(
        unit, Event.APPROVED, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[notice, breach],
        data={"phase": notice.phase.value, "number": notice.number},
    )  # fmt: skip
    return notice


def send_back(unit: Unit, breach: Breach, reason: str) -> Notice:
    """Send the phase being written back for a change, as the second person, and mail whoever wrote it last. The reason is read in the product.

    Whoever may approve may still do so as it stands, and an emergency waits for nobody. Raises `Conflict` as `approve` does and where the
    house asks for no second person, `Invalid` for a reason that says nothing.
    """
    notice = _for_second_person(unit, breach)
    if not second.asked(unit, breach):
        raise Conflict("No second person is asked for here; change the text yourself, or tell whoever wrote it.")
    if short := too_little(reason, REASON_MIN, "Say in a sentence what should be changed."):
        raise Invalid(short, fields={"reason": short})
    notice.sent_back_at, notice.sent_back_by, notice.sent_back_reason = unit.now, unit.actor, reason.strip()
    unit.session.flush()
    second.answer(unit, breach, notice, second.SENT_BACK)
    trail.record(
        unit, Event.SENT_BACK, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[notice, breach],
        data={"phase": notice.phase.value, "number": notice.number}, personal={"reason": {"change": notice.sent_back_reason}},
    )  # fmt: skip
    return notice


def _for_second_person(unit: Unit, breach: Breach) -> Notice:
    """Return what a second person is to read; raises `Conflict` when there is nothing, it is approved, or the actor wrote it."""
    must_be_open(breach)
    notice = breach.draft
    if notice is None:
        raise Conflict("There is no notice to approve; write it first.")
    if notice.approved_by is not None:
        raise Conflict("The notice is approved already; it can be released.")
    if notice.drafted_by == unit.actor:
        raise Conflict("Whoever wrote the notice cannot be its second person; ask a colleague.")
    return notice


def save_text(unit: Unit, breach: Breach, language: Language, draft: Draft) -> NoticeText:
    """Keep the text of the phase being written once more, in another language; a change takes back the approval, the same text again does not.

    Raises `Conflict` when nothing is being written, or when this is the language of the main text; `Invalid` by field for texts that could
    not be released.
    """
    notice = _in_another(breach, language)
    if errors := rules.draft_errors(draft, final=notice.phase is Phase.FINAL):
        raise Invalid(next(iter(errors.values())), fields=dict(errors))
    fresh = {name: getattr(draft, name).strip() for name in FIELDS}
    row = next((one for one in notice.texts if one.language == language.value), None)
    if row is not None and row.saved_at >= notice.drafted_at and all(getattr(row, name) == value for name, value in fresh.items()):
        return row
    if row is None:
        row = NoticeText(language=language.value)
        notice.texts.append(row)
    for name, value in fresh.items():
        setattr(row, name, value)
    row.saved_at, row.saved_by = unit.now, unit.actor
    _text_changed(unit, breach, notice, row, Event.TEXT_SAVED)
    return row


def remove_text(unit: Unit, breach: Breach, language: Language) -> None:
    """Take a text in another language away; its customers then get the main text. Raises `Conflict` when there is none."""
    notice = _in_another(breach, language)
    row = next((one for one in notice.texts if one.language == language.value), None)
    if row is None:
        raise Conflict(f"There is no text in {NAMES[language.value]} to take away.")
    notice.texts.remove(row)
    _text_changed(unit, breach, notice, row, Event.TEXT_REMOVED)


def _in_another(breach: Breach, language: Language) -> Notice:
    must_be_open(breach)
    notice = breach.draft
    if notice is None:
        raise Conflict("There is no notice being written; write its main text first.")
    if notice.language == language.value:
        raise Conflict(f"The main text is in {NAMES[language.value]} already; change that one.")
    return notice


def _text_changed(unit: Unit, breach: Breach, notice: Notice, row: NoticeText, event: Event) -> None:
    # The second person approved all texts as they stood; whoever wrote the last of them cannot approve them.
    notice.drafted_by = unit.actor
    second.ask(unit, breach, notice, anew=_take_approval_back(unit, breach, notice))
    trail.record(
        unit, event, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[row, notice, breach],
        data={"phase": notice.phase.value, "number": notice.number, "language": NAMES[row.language]},
        personal={"text": {name: getattr(row, name) for name in FIELDS}},
    )  # fmt: skip
