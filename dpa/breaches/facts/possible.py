"""What a fact sheet may not newly say: times that cannot be, a promise that has passed, a mail address or a country that is none. Pure.

Only what a save changes is looked at: a promise that was good when it was given passes with time, and the sheet stays as it was kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from dpa.breaches.facts.sheet import FactSheet
from dpa.languages.countries import country_fault
from dpa.parties.rules import MAIL


def impossible(sheet: FactSheet, before: FactSheet, *, now: datetime, detected_at: datetime) -> Mapping[str, str]:
    """Return a sentence for each new answer that cannot stand, by the form's field. `before` is the sheet as it was kept last."""
    found: dict[str, str] = {}
    if sheet.next_word_at is not None and sheet.next_word_at != before.next_word_at and sheet.next_word_at <= now:
        found["next_word_at"] = "This time has passed; promise a next word that lies ahead, or leave it empty."
    if sheet.contact is not None and sheet.contact.mail and sheet.contact != before.contact and not MAIL.fullmatch(sheet.contact.mail):
        found["contact_mail"] = "This is no mail address; write one such as dpo@example.org, and other words under how to reach the person."
    if sheet.subprocessor is not None and sheet.subprocessor != before.subprocessor and sheet.subprocessor.told_at and sheet.subprocessor.told_at > now:
        found["subprocessor_told"] = "It cannot have told you in the future; check the date and the time zone."
    known = {country.code for country in before.countries}
    if fault := next((fault for country in sheet.countries if country.code not in known and (fault := country_fault(country.code))), None):
        found["countries"] = fault
    return found | _occurrence(sheet, before, now, detected_at)


def _occurrence(sheet: FactSheet, before: FactSheet, now: datetime, detected_at: datetime) -> dict[str, str]:
    found: dict[str, str] = {}
    said = sheet.occurrence
    if said is None or said == before.occurrence:
        return found
    if said.began_at is not None and said.began_at > detected_at:
        found["occurrence_began"] = "It was first noticed before this time, so it cannot have begun then; correct it, or when it was first noticed."
    if said.ended_at is not None and said.ended_at > now:
        found["occurrence_ended"] = "It cannot have ended in the future; leave the end empty while it goes on."
    return found
