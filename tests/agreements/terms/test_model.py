"""The model refuses what terms cannot be, and says where and what to do."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from dpa.agreements.terms import (
    DEFAULT_POLICY,
    DeviationSheet,
    HousePolicy,
    Period,
    Term,
    TermsProblem,
    Unit,
    dump_sheet,
    dump_terms,
    load_record,
    load_sheet,
    load_terms,
    shipped_text,
)

BASE: dict[str, Any] = {
    "slug": "x", "title": "X", "type": "general_terms", "vendor": {"name": "X"}, "language": "en",
    "terms": [{"key": "disputes.law", "value": {"kind": "law", "country": "FR"}, "clause": "1"}],
}


def term(**fields: Any) -> dict[str, Any]:
    return {"key": "breach.phases", "clause": "1", "value": {"kind": "period", "amount": 1, "unit": "hours"}} | fields


def period(**fields: Any) -> dict[str, Any]:
    return term(value={"kind": "period", "amount": 1, "unit": "hours"} | fields)


BAD_TERMS: list[tuple[str, dict[str, Any], str]] = [
    ("unknown-field", term(colour="red"), "terms[0] (breach.phases).colour: this field is not known here"),
    ("unknown-in-value", period(speed=1), "terms[0] (breach.phases).value.speed: this field is not known here"),
    ("zero", period(amount=0), "value.amount: this must be at least 1"),
    ("text-amount", period(amount="24"), "value.amount: this must be a whole number"),
    ("true-amount", period(amount=True), "value.amount: this must be a whole number"),
    ("fraction", period(amount=1.5), "value.amount: this must be a whole number"),
    ("unit", period(unit="fortnights"), "value.unit: this must be one of 'hours'"),
    ("workweek", period(workweek="mon-fri"), "a work week belongs to working days only"),
    ("kind", term(value={"kind": "wish"}), "the kind 'wish' is not known"),
    ("no-kind", term(value={"amount": 1}), "the value has no kind"),
    ("wrong-kind", term(key="disputes.law"), "disputes.law cannot hold a value of the kind period"),
    ("unknown-key", term(key="breach.notfy"), "did you mean breach.notify?"),
    ("wrong-choice", term(key="return.choice", value={"kind": "choice", "choice": "nobody"}), "choose one of: controller_chooses"),
    ("no-clause", {"key": "breach.phases", "value": {"kind": "flag", "yes": True}}, "add the clause"),
    ("state", term(state="absent"), "a value is needed for 'value', and only there"),
    ("external-unnamed", {"key": "breach.notify", "state": "external"}, "must name the external document"),
    ("external-unlisted", {"key": "breach.notify", "state": "external", "document": "DPA"}, "external_documents does not list"),
    ("long-literal", term(literal="one two three four five six seven eight nine ten eleven twelve thirteen"), "more than 12 words"),
    ("dates", term(valid_from="2026-05-02", valid_to="2026-05-01"), "before it begins"),
    ("bad-date", term(valid_from="02/05/2026"), "year-month-day"),
    ("impossible-date", term(valid_from="2026-02-30"), "valid_from"),
    ("number-date", term(valid_from=20260501), "year-month-day"),
    ("item", term(items=["19"]), "items[0]: this does not have the expected form"),
    ("conflict", term(conflicts_with=["LL-99"]), "which this document does not have"),
    ("zone", term(key="calendar.zone", value={"kind": "zone", "zone": "Paris"}), "the zone 'Paris' is not known"),
    ("offset", term(key="calendar.zone", value={"kind": "zone", "zone": "+15:00"}), "the zone '+15:00' is not known"),
    ("one-reading", term(key="document.version_date", value={"kind": "date_literal", "printed": "02/04/2024", "candidates": ["2024-04-02"]}),
     "can mean 2024-02-04 and 2024-04-02; list exactly these"),
    ("invented-reading", term(key="document.version_date", value={"kind": "date_literal", "printed": "28/05/2026", "candidates": ["2026-05-28", "2026-05-27"]}),
     "can mean 2026-05-28; list exactly these"),
    ("silence", term(key="subprocessors.authorisation", value={"kind": "subprocessor_authorisation", "model": "specific_prior", "silence": "accepts"}),
     "under a specific authorisation silence refuses"),
    ("silence-window", term(key="subprocessors.authorisation", value={"kind": "subprocessor_authorisation", "model": "notice_tacit", "silence": "accepts"}),
     "add the window"),
    ("money", term(key="assistance.billing", value={"kind": "billing", "free_hours": "1", "per": "week", "rate": {"amount": 1500.0, "currency": "EUR"}, "rate_unit": "day"}),
     "an amount is written as text"),
    ("negative-money", term(key="assistance.billing", value={"kind": "billing", "free_hours": "1", "per": "week", "rate": {"amount": "-1", "currency": "EUR"}, "rate_unit": "day"}),
     "an amount is written as text"),
    ("currency", term(key="assistance.billing", value={"kind": "billing", "free_hours": "1", "per": "week", "rate": {"amount": "1", "currency": "euro"}, "rate_unit": "day"}),
     "rate.currency"),
    ("hours", term(key="calendar.working_hours", value={"kind": "working_hours", "zone": "+01:00", "zone_printed": "GMT+1", "workweek": "mon-fri", "spans": [{"opens": "12:00", "closes": "09:00"}]}),
     "must close later"),
    ("flag-text", term(value={"kind": "flag", "yes": "true"}), "this must be true or false"),
    ("posting", term(key="notices.channels", value={"kind": "channels", "channels": [{"channel": "email", "deemed": "working_day_after_posting"}]}),
     "number of working days is needed"),
]


@pytest.mark.parametrize(("bad", "words"), [row[1:] for row in BAD_TERMS], ids=[row[0] for row in BAD_TERMS])
def test_bad_terms_are_refused_with_place_and_advice(bad: dict[str, Any], words: str) -> None:
    with pytest.raises(TermsProblem) as caught:
        load_terms(json.dumps(BASE | {"terms": [bad]}))
    assert words in caught.value.message
    assert caught.value.fields


def test_every_fault_is_reported() -> None:
    with pytest.raises(TermsProblem) as caught:
        load_terms(json.dumps(BASE | {"slug": "X X", "colour": 1, "terms": [period(amount=0)]}))
    assert len(caught.value.faults) == 3
    assert "There are 2 more faults." in caught.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not readable JSON at line 1, column 1"),
        ('{"slug": ', "not readable JSON"),
        ("[]", "must be one JSON object"),
        ('{"slug": "a", "slug": "b"}', "'slug' is given twice"),
        ('{"slug": NaN}', "'NaN' is not a value"),
        ("{}", "slug: this field is missing"),
        ('{"a":' * 20_000, "nested too deeply"),
    ],
)
def test_unreadable_text(text: str, words: str) -> None:
    with pytest.raises(TermsProblem) as caught:
        load_terms(text)
    assert words in caught.value.message


GROUP: dict[str, Any] = {"id": "g", "key": "retention.after_end", "title": "Two"}


def _retention(variant: str, amount: int) -> dict[str, Any]:
    rule = {"scope": "all", "starts": "agreement_end", "keep": {"kind": "period", "amount": amount, "unit": "months"}, "action": "delete"}
    return {"key": "retention.after_end", "variant": variant, "clause": "1", "value": {"kind": "retention_rules", "rules": [rule]}}


@pytest.mark.parametrize(
    ("terms", "groups", "words"),
    [
        ([_retention("a", 1), _retention("a", 2)], [], "stands twice"),
        ([_retention("a", 1), _retention("b", 2)], [], "put all its statements into one conflict group"),
        ([_retention("a", 1), _retention("b", 1)],
         [GROUP | {"options": [{"id": "a", "title": "A", "term": "retention.after_end@a"}, {"id": "b", "title": "B", "term": "retention.after_end@b"}]}],
         "the stricter option cannot be computed"),
        ([_retention("a", 1), _retention("b", 2)],
         [GROUP | {"options": [{"id": "a", "title": "A", "term": "retention.after_end@a"}, {"id": "c", "title": "C", "term": "retention.after_end@c"}]}],
         "which has no value here"),
        ([_retention("a", 1)], [GROUP | {"options": [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]}], "must name a term or give a composed value"),
        ([_retention("a", 1)],
         [GROUP | {"suggested": "z", "options": [{"id": "a", "title": "A", "term": "retention.after_end@a"}, {"id": "b", "title": "B", "term": "retention.after_end@a"}]}],
         "names the option 'z'"),
    ],
)
def test_contradictions_must_be_grouped(terms: list[dict[str, Any]], groups: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(TermsProblem, match=words):
        load_terms(json.dumps(BASE | {"terms": terms, "conflicts": groups}))


def test_same_key_may_follow_itself_in_time() -> None:
    first = term(valid_to="2026-05-31")
    second = term(valid_from="2026-06-01")
    assert len(load_terms(json.dumps(BASE | {"terms": [first, second]})).terms) == 2
    with pytest.raises(TermsProblem, match="stands twice"):
        load_terms(json.dumps(BASE | {"terms": [first, second | {"valid_from": "2026-05-31"}]}))


def test_unusual_layout_is_brought_into_canonical_form() -> None:
    loose = json.dumps(json.loads(shipped_text("lemon-learning")), separators=(",", ":"), sort_keys=True)
    assert dump_terms(load_terms("\ufeff" + loose)) == shipped_text("lemon-learning")


def test_terms_never_change_in_place() -> None:
    one = Period(amount=1, unit=Unit.HOURS)
    with pytest.raises(ValueError, match="frozen"):
        one.amount = 2  # type: ignore[misc]
    assert one.changed(amount=2).amount == 2
    with pytest.raises(TermsProblem, match="at least 1"):
        one.changed(amount=0)


def test_deviation_sheet_round_trip() -> None:
    text = (
        '{"template": "lemon-learning", "deviations": [{"key": "breach.notify", "clause": "Annex 1", "value": {"kind": "breach_triggers",'
        ' "triggers": [{"id": "annex", "event": "breach", "clause": "Annex 1", "limit": {"kind": "period", "amount": 12, "unit": "hours"}}]}}],'
        ' "decisions": [{"group": "deletion", "option": "one-year", "who": "person-7", "at": "2026-07-01T10:00:00+02:00", "why": "Agreed."}]}'
    )
    sheet = load_sheet(text)
    assert sheet.decisions[0].at.isoformat() == "2026-07-01T08:00:00+00:00"
    assert load_sheet(dump_sheet(sheet)) == sheet
    assert dump_sheet(load_sheet(dump_sheet(sheet))) == dump_sheet(sheet)


@pytest.mark.parametrize(
    ("at", "words"),
    [("2026-07-01T10:00:00", "decisions[0]"), (1_780_000_000, "an instant is written with its offset"), ("2026-07-01", "an instant")],
)
def test_decisions_need_an_instant_with_offset(at: object, words: str) -> None:
    sheet = {"template": "x", "decisions": [{"group": "g", "option": "o", "who": "p", "at": at, "why": "w"}]}
    with pytest.raises(TermsProblem) as caught:
        load_sheet(json.dumps(sheet))
    assert words in caught.value.message


def test_a_deviation_has_no_variant() -> None:
    with pytest.raises(ValueError, match="has no variant"):
        DeviationSheet(template="x", deviations=(load_record(json.dumps(_retention("a", 1)), Term),))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"targets": DEFAULT_POLICY.targets[1:]}, "no general target for 'immediately'"),
        ({"targets": DEFAULT_POLICY.targets + DEFAULT_POLICY.targets[:1]}, "two targets"),
        ({"terms": ()}, "says nothing under subprocessors.window"),
    ],
)
def test_an_incomplete_policy_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(TermsProblem, match=words):
        DEFAULT_POLICY.changed(**changes)


def test_policy_round_trip() -> None:
    from dpa.agreements.terms import dump_record

    assert load_record(dump_record(DEFAULT_POLICY), HousePolicy) == DEFAULT_POLICY


def test_a_period_becomes_the_engines_period() -> None:
    from dpa.deadlines.periods import Direction, PeriodUnit
    from dpa.deadlines.periods import Period as EnginePeriod

    ours = Period(amount=60, unit=Unit.CALENDAR_DAYS, direction="before")
    assert ours.to_period() == EnginePeriod(60, PeriodUnit.CALENDAR_DAYS, Direction.BEFORE)


def test_enums_match_the_engines() -> None:
    from dpa.agreements.terms import Direction, Unit
    from dpa.deadlines import periods

    assert [unit.value for unit in Unit] == [unit.value for unit in periods.PeriodUnit]
    assert [direction.value for direction in Direction] == [direction.value for direction in periods.Direction]


def test_the_package_loads_without_flask_database_or_engine() -> None:
    code = (
        "import sys, dpa.agreements.terms as t; t.gaps(t.TermStack(t.shipped_contract('lighton')));"
        "print([m for m in ('flask', 'sqlalchemy', 'dpa.deadlines', 'dpa.unit') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
