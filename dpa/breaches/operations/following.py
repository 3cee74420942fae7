"""Clocks that follow a release: the next word that was promised, and acknowledgements that stay away.

Both are the house's own targets: no law gives them hours. They stand on the board like every other clock, and their alerts ask somebody to
act: to write the next word, or to try another channel.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from dpa.breaches import queries
from dpa.breaches.models import Breach, Notice
from dpa.breaches.operations.settings import settings_of
from dpa.breaches.phases import Phase
from dpa.deadlines import Calendar, Options, Period, PeriodUnit, Regime, compute
from dpa.docket import operations as docket
from dpa.docket.models import DocketEntry
from dpa.docket.operations import Opening
from dpa.parties import queries as parties
from dpa.unit import Unit

WORD = "breaches:word"
ACKNOWLEDGE = "breaches:acknowledge"


def after_release(unit: Unit, breach: Breach, notice: Notice) -> None:
    """Meet the promise of a word that this phase keeps, and open what it promises itself."""
    for entry in _open(unit, breach, WORD):
        if entry.started_at < unit.now and notice.released_at == unit.now:
            docket.meet(unit, entry, unit.now, by=f"{notice.phase.value} notice released")
    if notice.released_at == unit.now and notice.next_word_at is not None and notice.phase is not Phase.FINAL:
        _word(unit, breach, notice, notice.next_word_at)
    hours = settings_of(unit.session, breach.organisation_id).acknowledge_hours
    if hours and not _open(unit, breach, ACKNOWLEDGE):
        title = f"Chase acknowledgements of breach {breach.reference}"
        _house(unit, breach, ACKNOWLEDGE, title, f"House policy: acknowledged within {hours} hours of release", Period(hours, PeriodUnit.HOURS))


def settle_acknowledgements(unit: Unit, breach: Breach) -> None:
    """Meet the chase once every customer who was given the newest phase has acknowledged it."""
    if queries.unacknowledged(unit.session, breach.id):
        return
    for entry in _open(unit, breach, ACKNOWLEDGE):
        docket.meet(unit, entry, unit.now, by="every customer acknowledged")


def drop_all(unit: Unit, breach: Breach, reason: str) -> None:
    """Waive what follows a release, when the case ends."""
    for kind in (WORD, ACKNOWLEDGE):
        for entry in _open(unit, breach, kind):
            docket.waive(unit, entry, reason)


def _open(unit: Unit, breach: Breach, kind: str) -> list[DocketEntry]:
    query = select(DocketEntry).where(
        DocketEntry.subject_type == "breach", DocketEntry.subject_id == breach.id, DocketEntry.kind == kind,
        DocketEntry.state.in_(["open", "paused"]),
    )  # fmt: skip
    return list(unit.session.scalars(query.order_by(DocketEntry.id)))


def _word(unit: Unit, breach: Breach, notice: Notice, at: datetime) -> None:
    # The promised instant as a period of whole hours, rounded down, so that the clock never shows more time than was promised.
    hours = max(int((at - unit.now).total_seconds() // 3600), 1)
    basis = f"Promised in the {notice.phase.value} notice"
    _house(unit, breach, WORD, f"Give the next word on breach {breach.reference}", basis, Period(hours, PeriodUnit.HOURS))


def _house(unit: Unit, breach: Breach, kind: str, title: str, basis: str, period: Period) -> None:
    calendar: Calendar = parties.calendar(unit.session, breach.organisation_id, "custom")
    target = compute(period, unit.now, zone=breach.zone, calendar=calendar, options=Options.for_regime(Regime.contract, period.unit))
    docket.open_entry(unit, Opening(
        kind=kind, organisation_id=breach.organisation_id, subject=("breach", breach.id), subject_label=breach.reference,
        title=f"Exercise: {title}" if breach.drill else title, basis=basis, origin="house_policy", target=target, started_at=unit.now,
    ))  # fmt: skip


