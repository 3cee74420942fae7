"""How an organisation handles breaches: four eyes, chasing of acknowledgements, other clocks."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from dpa.breaches.events import Event
from dpa.breaches.models import BreachSettings
from dpa.breaches.regimes import Profile
from dpa.evidence import trail
from dpa.languages import NAMES, Language
from dpa.problems import Invalid
from dpa.unit import Unit

HOURS_MOST = 240
USUAL_HOURS = 24
"""Hours after which a missing acknowledgement is chased where nobody set others, and where only a contract asks for it."""


def settings_of(session: Session, organisation_id: int) -> BreachSettings:
    """Return an organisation's settings; the defaults, not stored, where nobody changed any."""
    found = session.get(BreachSettings, organisation_id)
    return found or BreachSettings(organisation_id=organisation_id, four_eyes=False, acknowledge_hours=USUAL_HOURS, language=Language.EN.value, tell_severity=False, profiles=[])


def change_settings(
    unit: Unit, organisation_id: int, *, four_eyes: bool, acknowledge_hours: int, profiles: Sequence[Profile], language: Language | None = None,
    tell_severity: bool = False,
) -> None:
    """Change them for what happens from now on; clocks that run keep the rules they started with, texts the language they were begun in.

    No `language` leaves the one that stands.
    """
    if not 0 <= acknowledge_hours <= HOURS_MOST:
        raise Invalid(f"Enter 0 to {HOURS_MOST} hours; with 0 it is chased only where a contract asks for it.", field="acknowledge_hours")
    row = settings_of(unit.session, organisation_id)
    row.four_eyes, row.acknowledge_hours, row.profiles = four_eyes, acknowledge_hours, sorted(profile.value for profile in profiles)
    row.tell_severity = tell_severity
    row.language = language.value if language is not None else row.language
    unit.session.add(row)
    unit.session.flush()
    trail.record(
        unit, Event.SETTINGS_CHANGED, subject=("organisation", organisation_id), organisation_id=organisation_id, covers=[row],
        data={"four_eyes": four_eyes, "acknowledge_hours": acknowledge_hours, "profiles": row.profiles, "language": NAMES[row.language], "severity": tell_severity},
    )  # fmt: skip
