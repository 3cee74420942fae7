"""What people do with agreements, on both databases: rows, trail, refusals, and the terms that answer afterwards."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.agreements import deviations, operations, queries, serving, stacks
from dpa.agreements.models import Agreement, Template
from dpa.agreements.rules import AgreementInput
from dpa.agreements.terms import describe, effective, governing_clock, resolutions, shipped_contract
from dpa.agreements.terms.words import Unit as PeriodUnit
from dpa.agreements.terms.words import Word
from dpa.evidence.trail.models import TrailEvent
from dpa.problems import Conflict, Invalid, NotFound
from dpa.web.identity import Scope
from tests.agreements.conftest import FIRST, TODAY, Begin, agreed, organisation, standard
from tests.support.pages import NOON

REASON = "Counsel of 3 May: the customer may ask for its data back first."


def last_event(session: Session) -> TrailEvent:
    found = session.scalars(select(TrailEvent).order_by(TrailEvent.idx.desc()).limit(1)).one()
    session.expire_all()
    return found


def deletion(session: Session, row: Agreement) -> str:
    stack = stacks.load(session, row.organisation_id, [row.id], TODAY)[row.id].stack
    value = effective(stack, "retention.after_end").value
    assert value is not None
    return describe(value)


def test_a_decision_on_the_terms_changes_the_effective_value_for_every_agreement_and_one_of_its_own_prevails(
    session: Session, begin: Begin
) -> None:
    with begin() as unit:
        template = standard(unit, organisation(unit))
        first, second = agreed(unit, template, 1), agreed(unit, template, 2)
    assert "destroyed" in deletion(session, first)
    document = shipped_contract("lemon-learning")
    with begin() as unit:
        operations.decide_conflict(unit, session.get_one(Template, template.id), document, "deletion", "one-year", REASON)
    assert "1 year" in deletion(session, first)
    assert "1 year" in deletion(session, second)
    with begin(at=NOON + timedelta(hours=1)) as unit:
        operations.decide_conflict(unit, session.get_one(Agreement, second.id), document, "deletion", "no-duty", REASON)
    event = last_event(session)
    assert (event.action, event.subject_type, event.subject_id) == ("agreements:conflict:decided", "agreement", str(second.id))
    assert "1 year" in deletion(session, first)
    assert "no duty" in deletion(session, second)
    loaded = stacks.load(session, template.organisation_id, [second.id], TODAY)[second.id]
    assert all(one.decided for one in resolutions(loaded.stack))


@pytest.mark.parametrize(
    ("group", "option", "reason", "where"),
    [
        ("nothing", "at-end", REASON, "option"),
        ("deletion", "at-end", "because", "reason"),
        ("deletion", "at-end", "x" * 801, "reason"),
    ],
)
def test_a_decision_is_refused_without_its_contradiction_or_a_reason(
    session: Session, begin: Begin, group: str, option: str, reason: str, where: str
) -> None:
    with begin() as unit:
        template = standard(unit, organisation(unit))
    with pytest.raises(Invalid) as caught, begin() as unit:
        operations.decide_conflict(
            unit, session.get_one(Template, template.id), shipped_contract("lemon-learning"), group, option, reason
        )
    assert where in caught.value.fields
    assert queries.decisions(session, template_id=template.id) == []


def test_a_clock_keeps_the_terms_of_its_day_after_an_amendment(session: Session, begin: Begin) -> None:
    with begin() as unit:
        template = standard(unit, organisation(unit))
        row = agreed(unit, template, 1)
    with begin() as unit:
        fresh = queries.agreement(session, Scope(frozenset({template.organisation_id})), row.id)
        operations.amend_agreement(unit, fresh, deviations.with_breach_hours((), 12, "annex 2"), date(2026, 12, 1), "Negotiated with the customer")
    before = stacks.load(session, template.organisation_id, [row.id], date(2026, 11, 30))[row.id]
    after = stacks.load(session, template.organisation_id, [row.id], date(2026, 12, 1))[row.id]
    hours = [clock.target.amount for loaded in (before, after) if (clock := governing_clock(loaded.stack))]
    assert hours == [24, 12]
    assert (before.terms_version, after.terms_version) == ("lemon-learning/1+1", "lemon-learning/1+2")


def test_an_amendment_of_standard_terms_holds_from_its_day_for_all_agreements_on_them(session: Session, begin: Begin) -> None:
    with begin() as unit:
        template = standard(unit, organisation(unit))
        rows = [agreed(unit, template, number) for number in (1, 2)]
    terms = deviations.with_breach_hours(shipped_contract("lemon-learning").terms, 36, "15.4")
    changed = shipped_contract("lemon-learning").changed(terms=terms)
    with begin() as unit:
        fresh = queries.template(session, Scope(frozenset({template.organisation_id})), template.id)
        operations.amend_template(unit, fresh, changed, date(2026, 12, 1), "New section 15.4")
    for on, hours in ((date(2026, 11, 30), 24), (date(2026, 12, 1), 36)):
        loaded = stacks.load(session, template.organisation_id, [row.id for row in rows], on)
        clocks = [governing_clock(one.stack) for one in loaded.values()]
        assert [clock.target.amount for clock in clocks if clock] == [hours, hours]


@pytest.mark.parametrize(
    ("slug", "valid_from", "kind", "words"),
    [
        ("lighton", date(2026, 12, 1), Invalid, "not “lemon-learning”"),
        ("lemon-learning", date(2026, 12, 1), Conflict, "Nothing differs"),
        ("lemon-learning", FIRST, Invalid, "must begin on a later day"),
    ],
)
def test_an_amendment_must_fit(
    session: Session, begin: Begin, slug: str, valid_from: date, kind: type[Exception], words: str
) -> None:
    with begin() as unit:
        template = standard(unit, organisation(unit))
    scope = Scope(frozenset({template.organisation_id}))
    with pytest.raises(kind, match=words), begin() as unit:
        operations.amend_template(unit, queries.template(session, scope, template.id), shipped_contract(slug), valid_from, "x")
    assert len(queries.template(session, scope, template.id).versions) == 1


def test_agreements_with_nothing_of_their_own_share_one_stack(session: Session, begin: Begin) -> None:
    with begin() as unit:
        template = standard(unit, organisation(unit))
        rows = [agreed(unit, template, number) for number in range(20)]
    with begin() as unit:
        fresh = queries.agreement(session, Scope(frozenset({template.organisation_id})), rows[0].id)
        operations.amend_agreement(unit, fresh, deviations.with_breach_hours((), 12, "annex 2"), date(2026, 1, 1), "Negotiated")
    loaded = stacks.load(session, template.organisation_id, [row.id for row in rows], TODAY)
    assert len({id(one.stack) for one in loaded.values()}) == 2
    assert loaded[rows[1].id].stack is loaded[rows[19].id].stack


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (AgreementInput("", FIRST), "reference"),
        (AgreementInput("=A1", FIRST), "reference"),
        (AgreementInput("A" * 41, FIRST), "reference"),
        (AgreementInput("A-1", date(1989, 1, 1)), "starts_on"),
        (AgreementInput("A-1", FIRST, date(2024, 1, 1)), "ends_on"),
        (AgreementInput("A-1", FIRST, date(2100, 1, 1)), "ends_on"),
    ],
)
def test_an_agreement_that_cannot_stand_is_refused_at_its_field(begin: Begin, given: AgreementInput, field: str) -> None:
    with begin() as unit:
        template = standard(unit, organisation(unit))
        with pytest.raises(Invalid) as caught:
            operations.add_agreement(unit, 1, template, given)
    assert field in caught.value.fields


def test_a_reference_is_taken_once_per_organisation(session: Session, begin: Begin) -> None:
    with begin() as unit:
        lemon, light = standard(unit, organisation(unit)), standard(unit, organisation(unit, "Light Company"), "light-company")
        agreed(unit, lemon, 1)
        agreed(unit, light, 1)
    with pytest.raises(Conflict, match="another reference"), begin() as unit:
        agreed(unit, session.merge(lemon), 2, reference="A-0001")
    scope = Scope(frozenset({lemon.organisation_id, light.organisation_id}))
    with pytest.raises(Invalid, match="name the organisation"):
        queries.by_reference(session, scope, "A-0001")
    with pytest.raises(NotFound):
        queries.by_reference(session, Scope(frozenset({lemon.organisation_id})), "A-9999")


def test_systems_are_named_whatever_their_capitals_and_only_the_own_ones(session: Session, begin: Begin) -> None:
    with begin() as unit:
        lemon, light = organisation(unit), organisation(unit, "Light Company")
        template = standard(unit, lemon)
        own, foreign = operations.add_system(unit, lemon, "Été"), operations.add_system(unit, light, "Été")
        row = agreed(unit, template, 1, systems=[own])
    with pytest.raises(Conflict, match="already is a system"), begin() as unit:
        operations.add_system(unit, lemon, "ÉTÉ")
    with pytest.raises(Invalid, match="own organisation"), begin() as unit:
        operations.set_systems(unit, session.get_one(Agreement, row.id), [session.merge(foreign)])
    with begin() as unit:
        operations.set_systems(unit, session.get_one(Agreement, row.id), [])
    assert last_event(session).action == "agreements:agreement:systems_set"
    assert serving.systems(session, lemon)[0].agreements == 0


@pytest.mark.parametrize(("amount", "ceiling", "field"), [(0, None, "amount"), (12, 12, "ceiling"), (12, 6, "ceiling")])
def test_a_house_target_leaves_time_and_escalates_later(begin: Begin, amount: int, ceiling: int | None, field: str) -> None:
    with pytest.raises(Invalid) as caught, begin() as unit:
        operations.set_target(unit, organisation(unit), Word.PROMPTLY, "", amount, PeriodUnit.HOURS, ceiling)
    assert caught.value.field == field


def test_a_house_target_runs_where_the_contract_gives_a_word(session: Session, begin: Begin) -> None:
    with begin() as unit:
        place = organisation(unit, "LightenUp")
        row = agreed(unit, standard(unit, place, "lightenup"), 1)
    with begin() as unit:
        operations.set_target(unit, place, Word.WITHOUT_UNDUE_DELAY, "breach", 8, PeriodUnit.HOURS, 16)
    clock = governing_clock(stacks.load(session, place, [row.id], TODAY)[row.id].stack)
    assert clock is not None
    assert (clock.target.amount, clock.target_origin.value, clock.latest) == (8, "house_policy", None)


def test_ending_twice_on_the_same_day_is_refused(session: Session, begin: Begin) -> None:
    with begin() as unit:
        row = agreed(unit, standard(unit, organisation(unit)), 1)
    with begin() as unit:
        operations.end_agreement(unit, session.get_one(Agreement, row.id), date(2026, 12, 31))
    with pytest.raises(Conflict), begin() as unit:
        operations.end_agreement(unit, session.get_one(Agreement, row.id), date(2026, 12, 31))


def test_an_organisation_that_counts_no_public_holidays_still_has_terms(session: Session, begin: Begin) -> None:
    with begin() as unit:
        place = organisation(unit, calendar="custom")
        row = agreed(unit, standard(unit, place), 1)
    stack = stacks.load(session, place, [row.id], TODAY)[row.id].stack
    assert effective(stack, "calendar.zone").value is not None
