"""What the fact sheet has to say to a notice that is being written: the text it begins with, and what it knows and the text does not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from dpa.breaches import facts, queries
from dpa.breaches.case import Offer
from dpa.breaches.facts import FactSheet
from dpa.breaches.models import Breach, BreachFacts, Notice
from dpa.breaches.notices import matters
from dpa.breaches.operations.settings import settings_of
from dpa.breaches.pages.facts import merged
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft
from dpa.breaches.told_severity import severity_text
from dpa.breaches.versions import draft_of, house_language, newest_sheet
from dpa.evidence.trail import registry, sentences
from dpa.languages import ENGLISH, Language

MATTERS = {
    "nature": "what happened", "consequences": "likely consequences", "measures": "measures", "unknown": "what is not known yet", "contact": "contact",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Beginning:
    """The text a form begins with, when nothing was written yet."""

    draft: Draft
    next_word_at: datetime | None
    version: int
    """Version of the fact sheet it was made of; 0 where it only repeats what was recorded."""


def beginning(session: Session, breach: Breach, now: datetime) -> Beginning:
    """Return the text of a first notice: the fact sheet's, where one is saved, else what was recorded of the incident.

    Sheets are told in English, so a house that writes in another language begins with what it recorded.
    """
    recorded = Draft(breach.known, "", "", "", "")
    newest = queries.newest_facts(session, breach.id)
    if newest is None or house_language(session, breach.organisation_id) is not Language.EN:
        return Beginning(recorded, None, 0)
    sheet = facts.read(newest.sheet)
    return Beginning(merged(facts.matters(sheet, breach.zone, numbers=False), recorded), promise(sheet, now), newest.number)


def promise(sheet: FactSheet, now: datetime) -> datetime | None:
    """Return the next word a notice made of the sheet promises; none for one that has passed."""
    return sheet.next_word_at if sheet.next_word_at and sheet.next_word_at > now else None


@dataclass(frozen=True, slots=True)
class Beside:
    """What the fact sheet holds beside the text that stands."""

    version: int
    unsaid: tuple[str, ...]
    """Matters of Art. 33(3) that the sheet knows and the text leaves empty."""
    instead: tuple[str, ...]
    """What customers read in the place of each, in quotation marks, every sentence once."""
    newer: bool
    """Whether the sheet was saved after the text."""


def beside(session: Session, breach: Breach, notice: Notice | None) -> Beside | None:
    """Return what the newest sheet holds beside a text; none without a sheet."""
    newest = queries.newest_facts(session, breach.id)
    if newest is None:
        return None
    known = facts.matters(facts.read(newest.sheet), breach.zone, numbers=False)
    text = draft_of(notice) if notice else None
    if notice is None or text is None:
        return Beside(newest.number, (), (), newer=False)
    missing = [name for name in MATTERS if getattr(known, name) and not getattr(text, name)]
    read = {one.key: one.text for one in matters(text, notice.phase, ENGLISH, withdraws=notice.withdraws)}
    instead = dict.fromkeys(f"“{read[name]}”" for name in missing if read[name])
    return Beside(newest.number, tuple(MATTERS[name] for name in missing), tuple(instead), newer=_after(newest, notice))


def open_hint(offers: Sequence[Offer]) -> str:
    """Say what customers read where nothing is written about what is not known yet, and in which notices nothing may be."""
    phases = {one.phase for one in offers}
    ends = [words for phase, words in ((Phase.FINAL, "a final notice"), (Phase.CORRECTION, "a correction that takes the notice back")) if phase in phases]
    hint = (
        f"Say openly what is still being examined (Art. 33(4)). Empty: “{ENGLISH('matter.not_known')}” "
        f"Where consequences and measures are written: “{ENGLISH('matter.nothing_named')}”"
    )
    return f"{hint} It stays empty in {' and in '.join(ends)}, which tells customers: “{ENGLISH('matter.nothing_open')}”" if ends else hint


def reckoned(session: Session, breach: Breach) -> str:
    """Return the saved severity by ENISA's method in a few words, such as “2.75, medium”; empty where nobody reckoned it."""
    inputs = newest_sheet(session, breach).severity_inputs
    if inputs is None:
        return ""
    found = facts.assess(inputs)
    return f"{found.score.normalize():f}, {found.band.label.lower()}"


def tells_severity(session: Session, breach: Breach) -> bool:
    """Tell whether the text that is written tells the severity: as it was saved, and before that as the house does."""
    return bool(breach.draft.severity) if breach.draft else settings_of(session, breach.organisation_id).tell_severity


def older_severity(session: Session, breach: Breach, notice: Notice) -> bool:
    """Tell whether a text tells another severity than the fact sheet holds by now."""
    return bool(notice.severity) and notice.severity != severity_text(newest_sheet(session, breach).severity_inputs)


def sent_back_by(session: Session, notice: Notice | None) -> str:
    """Return who sent the text back for a change; empty where nobody did."""
    if notice is None or notice.sent_back_by is None:
        return ""
    return sentences.actor_name(notice.sent_back_by, registry.names_of(session, {sentences.actor_reference(notice.sent_back_by)}))


def _after(sheet: BreachFacts, notice: Notice) -> bool:
    return sheet.at > notice.drafted_at
