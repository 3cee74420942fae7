"""Whatever is done in whatever order: lateness never changes, closed deadlines never ring, and the ledger adds up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from dpa.docket import operations, reckoning, rules
from dpa.docket.models import DocketChange, DocketEntry
from dpa.docket.rules import State
from dpa.problems import Problem
from dpa.unit import Unit
from tests.docket.house import NOW, House, counted

REASON = "A reason long enough to be kept."
Doing = Callable[[House, Unit, DocketEntry, timedelta], Any]

ACTS: dict[str, Doing] = {
    "meet": lambda _h, unit, entry, span: operations.meet(unit, entry, unit.now - span, by="mail accepted"),
    "extend target": lambda _h, unit, entry, span: operations.extend(unit, entry, target=entry.target_at + span, reason=REASON),
    "extend both": lambda _h, unit, entry, span: operations.extend(
        unit, entry, target=entry.target_at + span, latest=entry.due_at and entry.due_at + span, reason=REASON
    ),
    "pause": lambda _h, unit, entry, span: operations.pause(unit, entry, unit.now - span, REASON),
    "resume": lambda _h, unit, entry, span: operations.resume(unit, entry, unit.now - span, REASON),
    "waive": lambda _h, unit, entry, _span: operations.waive(unit, entry, REASON),
    "supersede": lambda house, unit, entry, _span: operations.supersede(unit, entry, house.opening(entry.organisation_id), REASON),
    "acknowledge": lambda _h, unit, entry, _span: operations.acknowledge(unit, [entry.id]),
    "assign": lambda _h, unit, entry, _span: operations.assign(unit, entry, None),
}
# Closing acts are rarer, so that long histories are tried, too.
NAMES = st.sampled_from(["extend target", "extend both", "pause", "resume", "acknowledge"] * 3 + list(ACTS))
STEPS = st.lists(
    st.tuples(NAMES, st.integers(0, 200_000), st.integers(0, 400_000)), min_size=1, max_size=14
)
PERIODS = st.sampled_from([("24 hours", "24 hours"), ("12 hours", "24 hours"), ("24 hours", "15 days"), ("10 working days", "1 month"), ("24 hours", None)])


@pytest.fixture(scope="module")
def shared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    import shutil

    from dpa.config import Settings
    from dpa.database import make_engine

    folder = tmp_path_factory.mktemp("properties")
    shutil.copyfile(sqlite_template, folder / "dpa.sqlite3")
    url = f"sqlite:///{folder / 'dpa.sqlite3'}"
    house = House(make_engine(url, durable=False), Settings(instance=folder, database_url=url))
    house.organisation()
    return house


def check(entry: DocketEntry, ledger: list[DocketChange], frozen: tuple[Any, ...] | None, first: tuple[Any, ...]) -> None:
    state = State(entry.state)
    if frozen is not None:
        assert (entry.state, entry.met_at, entry.late_s, entry.target_at, entry.due_at) == frozen, "a closed deadline changed"
    if state in rules.CLOSED:
        assert entry.next_alert_at is None
        assert entry.paused_at is None
        assert entry.closed_at is not None
    if state is State.MET:
        assert entry.met_at is not None
        assert entry.late_s == rules.lateness(entry.met_at, entry.due_at, entry.target_at)
    else:
        assert entry.met_at is None
        assert entry.late_s is None
    if state is State.PAUSED:
        assert entry.next_alert_at is None
        assert entry.paused_at is not None
    moves = [line for line in ledger if line.act in {rules.Act.EXTEND, rules.Act.RESUME}]
    assert first[0] + sum((line.new_target_at - line.old_target_at for line in moves), timedelta(0)) == entry.target_at
    if entry.due_at is not None:
        assert all(line.new_due_at and line.old_due_at for line in moves)
        assert first[1] + sum((line.new_due_at - line.old_due_at for line in moves), timedelta(0)) == entry.due_at  # type: ignore[operator]
        assert entry.target_at <= entry.due_at
    assert entry.version == 1 + len(moves)
    dates = reckoning.from_rule(entry.rule)
    assert (dates.target_at, dates.due_at) == (entry.target_at, entry.due_at), "the stored rule gives another date"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(periods=PERIODS, steps=STEPS)
def test_no_sequence_of_acts_breaks_the_docket(shared: House, periods: tuple[str, str | None], steps: list[tuple[str, int, int]]) -> None:
    house, now = shared, NOW
    target, latest = periods
    (number,) = house.open(house.opening(1, target=counted(target), latest=counted(latest) if latest else None))
    opened = house.entry(number)
    first, frozen = (opened.target_at, opened.due_at), None
    for name, wait, span in steps:
        now += timedelta(seconds=wait)
        try:
            with house.unit(now=now) as unit:
                ACTS[name](house, unit, unit.session.get_one(DocketEntry, number), timedelta(seconds=span))
        except Problem:
            pass  # refused acts must leave everything as it was, which is what the check looks at
        entry = house.entry(number)
        with house.reader() as session:
            ledger = list(session.scalars(select(DocketChange).where(DocketChange.entry_id == number).order_by(DocketChange.id)))
        check(entry, ledger, frozen, first)
        if State(entry.state) in rules.CLOSED and frozen is None:
            frozen = (entry.state, entry.met_at, entry.late_s, entry.target_at, entry.due_at)


def test_the_guard_refuses_what_escapes_the_ledger(shared: House) -> None:
    from dpa.evidence import trail

    (number,) = shared.open(shared.opening(1))
    with pytest.raises(trail.AuditMissing), shared.unit() as unit:
        unit.session.get_one(DocketEntry, number).late_s = 5
    with pytest.raises(trail.AuditMissing), shared.unit() as unit:
        unit.session.execute(delete(DocketChange))
    assert shared.entry(number).late_s is None
