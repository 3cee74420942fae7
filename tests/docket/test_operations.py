"""What acts do to rows, ledger, trail and alerts, on both databases."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from dpa.docket import operations, rules
from dpa.docket.models import DocketChange, DocketEntry
from dpa.docket.rules import Act, State
from dpa.evidence.trail.models import TrailEvent
from dpa.people.roles import Role
from dpa.problems import Conflict, Invalid
from tests.docket.house import HOUR, NOW, QUIET, House, counted, statements

REASON = "The customer agreed on the telephone."


@pytest.fixture
def org(house: House) -> int:
    return house.organisation()


def events(house: House) -> list[str]:
    with house.reader() as session:
        return list(session.scalars(select(TrailEvent.action).where(TrailEvent.action.like("docket:%")).order_by(TrailEvent.idx)))


def ledger(house: House, entry_id: int) -> list[DocketChange]:
    with house.reader() as session:
        return list(session.scalars(select(DocketChange).where(DocketChange.entry_id == entry_id).order_by(DocketChange.id)))


def test_opening_stores_both_dates_with_their_rules(house: House, org: int) -> None:
    latest, target = counted("24 hours"), counted("12 hours")
    (number,) = house.open(house.opening(org, latest=latest, target=target, terms_version=3))
    entry = house.entry(number)
    assert (entry.state, entry.version, entry.due_at, entry.target_at) == (State.OPEN, 1, NOW + 24 * HOUR, NOW + 12 * HOUR)
    assert entry.rule["latest"]["due"] == "2026-11-23T09:00:00+00:00"
    assert entry.next_alert_at == NOW
    assert (entry.zone, entry.terms_version, entry.late_s, entry.met_at) == ("Europe/Paris", "3", None, None)
    assert events(house) == ["docket:deadlines:opened"]


def test_a_target_after_the_latest_is_refused(house: House, org: int) -> None:
    with pytest.raises(Invalid, match="must not lie after"):
        house.open(house.opening(org, latest=counted("12 hours"), target=counted("24 hours")))
    with house.reader() as session:
        assert session.scalar(select(func.count()).select_from(DocketEntry)) == 0


def test_a_contract_with_a_fixed_offset_is_shown_in_its_zone(house: House, org: int) -> None:
    (number,) = house.open(house.opening(org, target=counted("2 days", zone="GMT+1")))
    assert house.entry(number).zone == "Etc/GMT-1"


def test_ten_thousand_openings_are_one_event_and_a_few_seconds(sqlite_house: House) -> None:
    house = sqlite_house
    org = house.organisation()
    started = time.monotonic()
    shared = counted("24 hours")
    openings = [house.opening(org, target=shared, title=f"Notify customer {n}") for n in range(10_000)]
    numbers = house.open(*openings)
    elapsed = time.monotonic() - started
    assert len(set(numbers)) == 10_000
    assert events(house) == ["docket:deadlines:opened"]
    with house.reader() as session:
        body = session.scalar(select(TrailEvent.body).where(TrailEvent.action == "docket:deadlines:opened"))
    assert body is not None
    assert '"count":10000' in body
    assert elapsed < 20, f"opening 10,000 deadlines took {elapsed:.1f} s"


def test_the_caller_may_account_for_the_rows_itself(house: House, org: int) -> None:
    from dpa.evidence import trail

    with pytest.raises(trail.AuditMissing), house.unit() as unit:
        operations.open_many(unit, [house.opening(org)], record=False)
    with house.unit() as unit:
        entries = operations.open_many(unit, [house.opening(org)], record=False)
        trail.covering_many(unit, "test:house:built", rows=entries, subject=("breach", 7), organisation_id=org)


@pytest.mark.parametrize(
    ("offset", "late"),
    [(-HOUR, -3600), (timedelta(seconds=-1), -1), (timedelta(0), 0), (timedelta(seconds=1), 1), (2 * HOUR, 7200)],
)
def test_first_fulfilment_freezes_lateness(house: House, org: int, offset: timedelta, late: int) -> None:
    (number,) = house.open(house.opening(org))
    at = NOW + 24 * HOUR + offset
    with house.unit(now=at + HOUR) as unit:
        entry = unit.session.get_one(DocketEntry, number)
        assert operations.meet(unit, entry, at, by="mail accepted")
    with house.unit(now=at + 9 * HOUR) as unit:
        entry = unit.session.get_one(DocketEntry, number)
        assert not operations.meet(unit, entry, at + 5 * HOUR, by="a second notice")
    entry = house.entry(number)
    assert (entry.state, entry.met_at, entry.late_s, entry.next_alert_at) == (State.MET, at, late, None)
    assert entry.closed_reason == "mail accepted"
    assert events(house)[1:] == ["docket:deadline:met"]


def test_nothing_is_met_in_the_future(house: House, org: int) -> None:
    (number,) = house.open(house.opening(org))
    with pytest.raises(Invalid, match="in the future"), house.unit() as unit:
        operations.meet(unit, unit.session.get_one(DocketEntry, number), NOW + timedelta(seconds=1), by="haste")
    assert house.entry(number).state == State.OPEN


def test_an_extension_moves_dates_and_keeps_the_old_ones(house: House, org: int) -> None:
    person = house.person(org, "Ana Duarte")
    (number,) = house.open(house.opening(org))
    later = NOW + 30 * HOUR
    with house.unit(f"u:{person}") as unit:
        operations.extend(unit, unit.session.get_one(DocketEntry, number), target=later, latest=later + HOUR, reason=REASON)
    entry = house.entry(number)
    assert (entry.target_at, entry.due_at, entry.version) == (later, later + HOUR, 2)
    assert entry.acknowledged_by == f"u:{person}"
    (line,) = ledger(house, number)
    assert (line.act, line.old_target_at, line.new_target_at, line.old_due_at, line.new_due_at, line.reason) == (
        Act.EXTEND, NOW + 24 * HOUR, later, NOW + 24 * HOUR, later + HOUR, REASON,
    )  # fmt: skip
    assert events(house)[-1] == "docket:deadline:extended"


def test_an_extension_may_be_a_period_counted_anew(house: House, org: int) -> None:
    (number,) = house.open(house.opening(org, target=counted("1 month")))
    longer = counted("3 months")
    with house.unit() as unit:
        operations.extend(unit, unit.session.get_one(DocketEntry, number), target=longer, latest=longer, reason=REASON)
    assert house.entry(number).rule["target"]["period"]["amount"] == 3


@pytest.mark.parametrize("reason", ["", "  \n ", "short"])
def test_acts_without_a_reason_change_nothing(house: House, org: int, reason: str) -> None:
    (number,) = house.open(house.opening(org))
    before = house.entry(number)
    acts = (
        lambda unit, entry: operations.extend(unit, entry, target=NOW + 99 * HOUR, reason=reason),
        lambda unit, entry: operations.pause(unit, entry, NOW, reason),
        lambda unit, entry: operations.waive(unit, entry, reason),
        lambda unit, entry: operations.supersede(unit, entry, house.opening(org), reason),
    )
    for act in acts:
        with pytest.raises(Invalid), house.unit() as unit:
            act(unit, unit.session.get_one(DocketEntry, number))
    after = house.entry(number)
    assert (after.state, after.version, after.target_at) == (before.state, before.version, before.target_at)
    assert ledger(house, number) == []


def test_a_pause_stops_alerts_and_a_resumed_clock_runs_on(house: House, org: int) -> None:
    (number,) = house.open(house.opening(org))
    with house.unit(now=NOW + 3 * HOUR) as unit:
        operations.pause(unit, unit.session.get_one(DocketEntry, number), NOW + 2 * HOUR, REASON)
    entry = house.entry(number)
    assert (entry.state, entry.next_alert_at, entry.paused_at) == (State.PAUSED, None, NOW + 2 * HOUR)
    with house.unit(now=NOW + 8 * HOUR) as unit:
        operations.resume(unit, unit.session.get_one(DocketEntry, number), NOW + 7 * HOUR, REASON)
    entry = house.entry(number)
    assert (entry.state, entry.target_at, entry.due_at, entry.version) == (State.OPEN, NOW + 29 * HOUR, NOW + 29 * HOUR, 2)
    assert entry.paused_at is None
    assert entry.next_alert_at is not None
    assert [line.act for line in ledger(house, number)] == [Act.PAUSE, Act.RESUME]
    with pytest.raises(Invalid, match="before the last one ended"), house.unit(now=NOW + 8 * HOUR) as unit:
        operations.pause(unit, unit.session.get_one(DocketEntry, number), NOW + 5 * HOUR, REASON)


def test_a_paused_deadline_can_be_met(house: House, org: int) -> None:
    (number,) = house.open(house.opening(org))
    with house.unit(now=NOW + HOUR) as unit:
        entry = unit.session.get_one(DocketEntry, number)
        operations.pause(unit, entry, NOW + HOUR, REASON)
    with house.unit(now=NOW + 2 * HOUR) as unit:
        assert operations.meet(unit, unit.session.get_one(DocketEntry, number), NOW + 2 * HOUR, by="mail accepted")
    assert house.entry(number).late_s == -22 * 3600


def test_superseding_links_the_new_deadline(house: House, org: int) -> None:
    (number,) = house.open(house.opening(org))
    with house.unit() as unit:
        entry = unit.session.get_one(DocketEntry, number)
        new = operations.supersede(unit, entry, house.opening(org, target=counted("12 hours")), REASON).id
    entry = house.entry(number)
    assert (entry.state, entry.superseded_by_id, entry.next_alert_at) == (State.SUPERSEDED, new, None)
    assert house.entry(new).state == State.OPEN


@pytest.mark.parametrize("close", ["meet", "waive", "supersede"])
def test_a_closed_deadline_takes_no_further_act(house: House, org: int, close: str) -> None:
    (number,) = house.open(house.opening(org))
    with house.unit() as unit:
        entry = unit.session.get_one(DocketEntry, number)
        if close == "meet":
            operations.meet(unit, entry, NOW, by="mail accepted")
        elif close == "waive":
            operations.waive(unit, entry, REASON)
        else:
            operations.supersede(unit, entry, house.opening(org), REASON)
    acts = (
        lambda unit, entry: operations.extend(unit, entry, target=NOW + 99 * HOUR, reason=REASON),
        lambda unit, entry: operations.pause(unit, entry, NOW, REASON),
        lambda unit, entry: operations.resume(unit, entry, NOW, REASON),
        lambda unit, entry: operations.waive(unit, entry, REASON),
        lambda unit, entry: operations.assign(unit, entry, None),
        lambda unit, entry: operations.acknowledge(unit, [entry.id]),
    )
    for act in acts:
        with pytest.raises(Conflict), house.unit() as unit:
            act(unit, unit.session.get_one(DocketEntry, number))
    assert house.entry(number).next_alert_at is None


def test_acknowledging_ends_escalation_and_is_told_once_per_case(house: House, org: int) -> None:
    person = house.person(org, "Ana Duarte")
    numbers = house.open(*(house.opening(org) for _ in range(3)), house.opening(org, subject=("breach", 8)))
    with house.unit(f"u:{person}") as unit:
        assert operations.acknowledge(unit, numbers) == 4
    assert {house.entry(number).acknowledged_by for number in numbers} == {f"u:{person}"}
    assert events(house).count("docket:deadlines:acknowledged") == 2


def test_only_members_who_may_act_become_owners(house: House, org: int) -> None:
    dpo, auditor = house.person(org, "Ana Duarte"), house.person(org, "Olga Auditor", Role.AUDITOR)
    stranger = house.person(house.organisation("Other"), "Eve Stranger")
    (number,) = house.open(house.opening(org))
    for person in (auditor, stranger, 999):
        with pytest.raises(Invalid, match="Choose somebody"), house.unit() as unit:
            operations.assign(unit, unit.session.get_one(DocketEntry, number), person)
    with house.unit() as unit:
        operations.assign(unit, unit.session.get_one(DocketEntry, number), dpo)
    assert house.entry(number).owner_id == dpo


def test_a_kind_that_rings_never_has_no_alert_before_its_target(house: House, org: int) -> None:
    (number,) = house.open(house.opening(org, kind=QUIET))
    assert house.entry(number).next_alert_at == NOW + 24 * HOUR


def test_an_unknown_kind_is_a_defect_and_opens_nothing(house: House, org: int) -> None:
    with pytest.raises(LookupError, match="no slice declares"):
        house.open(house.opening(org, kind="nobody:knows"))


def test_the_reason_is_an_erasable_part_and_not_in_the_leaf(house: House, org: int) -> None:
    (number,) = house.open(house.opening(org))
    with house.unit() as unit:
        operations.waive(unit, unit.session.get_one(DocketEntry, number), "Jean Dupont asked us not to.")
    with house.reader() as session:
        body = session.scalar(select(TrailEvent.body).where(TrailEvent.action == "docket:deadline:waived"))
    assert body is not None
    assert "Dupont" not in body


def test_each_act_costs_few_statements(house: House, org: int) -> None:
    (number,) = house.open(house.opening(org))
    with statements(house.engine) as sent, house.unit() as unit:
        operations.waive(unit, unit.session.get_one(DocketEntry, number), REASON)
    assert len(sent) <= 14, "\n".join(sent)


def test_every_act_has_its_place_in_the_table() -> None:
    assert {act for _, act in rules.TRANSITIONS} == set(Act)
