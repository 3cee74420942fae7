"""The page of a year and the register agree on the year an incident belongs to: that of its legal day of awareness."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from dpa.breaches import operations, year_queries
from dpa.breaches.awareness import Decision
from dpa.breaches.evidence import lines
from dpa.breaches.evidence.asking import Asked
from dpa.breaches.models import Breach
from dpa.web.identity import Scope
from tests.breaches.conftest import Ground
from tests.breaches.test_operations import incident

EVE = datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)
"""A second before the year ends in Paris."""
NIGHT = EVE + timedelta(seconds=1)
LATER = NIGHT + timedelta(days=3)


def recorded(ground: Ground, at: datetime) -> int:
    with ground.unit(LATER) as unit:
        return operations.record_incident(unit, ground.organisation, incident(detected_at=at, aware_at=at)).id


def years_of(ground: Ground) -> dict[int, list[str]]:
    ground.session.expire_all()
    scope = Scope(frozenset({ground.organisation.id}))
    found = {}
    calendar = year_queries.calendar(ground.session, scope)
    for number in (2025, 2026, 2027):
        page = year_queries.year(ground.session, scope, number, LATER, calendar.zones)
        assert year_queries.year_sum(ground.session, scope, number, LATER, calendar.zones).listed == len(page.rows)
        register = lines.lines(ground.session, ground.organisation.id, Asked(date(number, 1, 1), date(number, 12, 31), LATER + timedelta(hours=2)))
        assert sorted(line.reference for line in register) == sorted(line.reference for line in page.rows)
        if page.rows:
            found[number] = sorted(line.reference for line in page.rows)
    assert list(calendar.years) == sorted(found, reverse=True)
    return found


def correct(ground: Ground, key: int, to: datetime) -> None:
    with ground.unit(LATER + timedelta(hours=1)) as unit:
        breach = unit.session.get_one(Breach, key)
        operations.correct_awareness(unit, breach, Decision(to, to, "The log showed it.", "DPO"), "The log was read wrongly at first.")


@pytest.mark.parametrize(("at", "years"), [(EVE, {2026: ["LL-2026-001"]}), (NIGHT, {2027: ["LL-2027-001"]})])
def test_midnight_is_that_of_the_incidents_zone(lemon: Ground, at: datetime, years: dict[int, list[str]]) -> None:
    recorded(lemon, at)
    assert years_of(lemon) == years


def test_a_correction_across_new_year_moves_the_incident_and_not_its_reference(lemon: Ground) -> None:
    first, second = recorded(lemon, NIGHT), recorded(lemon, EVE)
    correct(lemon, first, EVE)
    assert years_of(lemon) == {2026: ["LL-2026-001", "LL-2027-001"]}
    correct(lemon, second, NIGHT + timedelta(hours=1))
    assert years_of(lemon) == {2026: ["LL-2027-001"], 2027: ["LL-2026-001"]}
