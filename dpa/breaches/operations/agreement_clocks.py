"""Other clocks of single agreements: what a customer must report elsewhere, on the same facts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from dpa.breaches.clock_models import AgreementClocks
from dpa.breaches.events import Event
from dpa.breaches.regimes import Profile
from dpa.evidence import trail
from dpa.unit import Unit


def profiles_of(session: Session, agreement_id: int) -> tuple[Profile, ...]:
    """Return the clocks that are on for one agreement; none unless somebody turned them on."""
    found = session.get(AgreementClocks, agreement_id)
    return tuple(Profile(value) for value in found.profiles) if found else ()


def change_agreement_clocks(unit: Unit, organisation_id: int, agreement_id: int, profiles: Sequence[Profile]) -> bool:
    """Turn clocks of one agreement on and off, from now on and for open cases too; false when that changes nothing, and nothing is recorded.

    The caller has checked that the agreement is the organisation's own.
    """
    wanted = sorted(profile.value for profile in set(profiles))
    row = unit.session.get(AgreementClocks, agreement_id) or AgreementClocks(agreement_id=agreement_id, organisation_id=organisation_id, profiles=[])
    if row.profiles == wanted:
        return False
    row.profiles = wanted
    unit.session.add(row)
    unit.session.flush()
    trail.record(
        unit, Event.AGREEMENT_CLOCKS_CHANGED, subject=("agreement", agreement_id), organisation_id=organisation_id, covers=[row],
        data={"profiles": [Profile(value).short for value in wanted]},
    )  # fmt: skip
    return True
