"""The five contracts as data: every numbered item carried, the numbers right, words few, bytes stable."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dpa.agreements.terms import (
    SHIPPED,
    Channel,
    State,
    TermsDocument,
    dump_terms,
    load_terms,
    shipped_contract,
    shipped_text,
)

ITEMS = {"LO": ("lighton", 28), "LS": ("light-and-shadows", 39), "LU": ("lightenup", 13), "LL": ("lemon-learning", 35),
         "LC": ("light-company", 21)}
ALL_ITEMS = [
    (slug, f"{prefix}-{number:02d}") for prefix, (slug, count) in ITEMS.items() for number in range(1, count + 1)
]


def test_there_are_136_items() -> None:
    assert len(ALL_ITEMS) == 136


@pytest.mark.parametrize(("slug", "item"), ALL_ITEMS, ids=[item for _, item in ALL_ITEMS])
def test_every_item_is_carried(slug: str, item: str) -> None:
    terms = [term for term in shipped_contract(slug).terms if item in term.items]
    assert terms, f"{item} is lost"
    assert all((term.value is not None) == (term.state is State.VALUE) for term in terms)


@pytest.mark.parametrize("slug", SHIPPED)
def test_no_item_of_another_contract(slug: str) -> None:
    assert shipped_contract(slug).items == {item for owner, item in ALL_ITEMS if owner == slug}


@pytest.mark.parametrize("slug", SHIPPED)
def test_export_of_import_is_byte_for_byte_identical(slug: str) -> None:
    text = shipped_text(slug)
    document = load_terms(text)
    assert dump_terms(document).encode() == text.encode()
    assert load_terms(dump_terms(document)) == document


def _strings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, name)
    elif isinstance(value, str):
        yield name, value


@pytest.mark.parametrize("slug", SHIPPED)
def test_literals_are_few_words(slug: str) -> None:
    quoted = [text for name, text in _strings(json.loads(shipped_text(slug))) if name in {"literal", "printed"}]
    assert quoted
    assert max(len(text.split()) for text in quoted) <= 12


@pytest.mark.parametrize("slug", SHIPPED)
def test_every_contract_value_has_its_clause(slug: str) -> None:
    for term in shipped_contract(slug).terms:
        if term.state is State.VALUE:
            assert term.clause, term.ref


P = "period"
GOLDEN: list[tuple[str, str, str, dict[str, Any]]] = [
    # item, contract, term, what must stand in its value (written by hand from the reading of the contracts)
    ("LO-03", "lighton", "acceptance.evidence", {"complete": False}),
    ("LO-04", "lighton", "acceptance.signature", {"choice": "waived", "scope": "self-service console only"}),
    ("LO-05", "lighton", "document.amendment", {"modes": ["unilateral_post", "accept_at_login"]}),
    ("LO-09", "lighton", "subprocessors.flow_down", {"grade": "similar"}),
    ("LO-10", "lighton", "subprocessors.authorisation", {"model": "general_no_window", "silence": "nothing"}),
    ("LO-12", "lighton", "security.hosting", {"regions": ["EU"]}),
    ("LO-20", "lighton", "legal_process.compelled_disclosure", {"notice": "prior_if_possible", "may_object": True}),
    ("LO-23", "lighton", "subject_requests.users", {"kind": "qualitative", "word": "without_undue_delay"}),
    ("LO-27", "lighton", "disputes.law", {"country": "FR"}),
    ("LS-02", "light-and-shadows", "processing.sensitive_data", {"yes": False}),
    ("LS-06", "light-and-shadows", "instructions.infringing_alert", {"word": "immediately"}),
    ("LS-07", "light-and-shadows", "information.notice", {"kind": P, "amount": 15, "unit": "calendar_days"}),
    ("LS-07", "light-and-shadows", "information.answer@from-receipt",
     {"kind": P, "amount": 1, "unit": "months", "bound": "at_most", "word": "promptly", "start_rule": "receipt"}),
    ("LS-08", "light-and-shadows", "information.regulator", {"word": "reasonable", "set_by": "authority"}),
    ("LS-11", "light-and-shadows", "assistance.answer", {"word": "promptly"}),
    ("LS-12", "light-and-shadows", "assistance.billing",
     {"free_hours": "1", "per": "week", "rate": {"amount": "1500", "currency": "EUR"}, "rate_unit": "day"}),
    ("LS-21", "light-and-shadows", "subprocessors.authorisation",
     {"model": "notice_tacit", "silence": "accepts", "ground": "just_cause",
      "window": {"kind": P, "amount": 15, "unit": "calendar_days", "start": "notice", "start_rule": "receipt"}}),
    ("LS-26", "light-and-shadows", "transfers.third_countries", {"choice": "none_at_signature"}),
    ("LS-31", "light-and-shadows", "return.right",
     {"notice": {"kind": P, "amount": 30, "unit": "calendar_days", "direction": "before", "bound": "at_least", "start": "wished_date"}}),
    ("LS-32", "light-and-shadows", "term.end_date", {"first_presentation": True}),
    ("LS-33", "light-and-shadows", "term.formal_notice@from-receipt", {"amount": 8, "unit": "calendar_days"}),
    ("LS-34", "light-and-shadows", "calendar.working_hours",
     {"zone": "+01:00", "zone_printed": "GMT+1", "workweek": "mon-fri",
      "spans": [{"opens": "09:00", "closes": "12:00"}, {"opens": "14:00", "closes": "17:00"}]}),
    ("LS-35", "light-and-shadows", "other.delivery_reservations", {"amount": 48, "unit": "hours"}),
    ("LS-35", "light-and-shadows", "other.credit_note_request", {"amount": 30, "unit": "calendar_days"}),
    ("LS-35", "light-and-shadows", "other.software_warranty", {"amount": 90, "unit": "calendar_days"}),
    ("LS-35", "light-and-shadows", "other.equipment_return", {"amount": 2, "unit": "months"}),
    ("LS-35", "light-and-shadows", "other.acceptance_of_results", {"amount": 30, "unit": "calendar_days"}),
    ("LU-06", "lightenup", "legal_process.requests", {"notice": "none"}),
    ("LU-11", "lightenup", "document.amendment", {"modes": ["page_publication"]}),
    ("LU-12", "lightenup", "document.version_date", {"printed": "02/04/2024", "candidates": ["2024-04-02", "2024-02-04"]}),
    ("LL-01", "lemon-learning", "document.precedence",
     {"order": ["signed Quote", "General Terms and Conditions", "Commercial Proposal"]}),
    ("LL-04", "lemon-learning", "term.non_renewal_notice",
     {"amount": 60, "unit": "calendar_days", "direction": "before", "bound": "at_least", "start": "term_expiry"}),
    ("LL-07", "lemon-learning", "legal_process.compelled_disclosure", {"notice": "prior", "written": True}),
    ("LL-08", "lemon-learning", "term.force_majeure", {"amount": 3, "unit": "months"}),
    ("LL-09", "lemon-learning", "term.cure", {"amount": 60, "unit": "working_days", "workweek": "mon-fri"}),
    ("LL-11", "lemon-learning", "return.right", {"formats": ["CSV", "JSON", "another agreed form"], "needs_written_agreement": True}),
    ("LL-16", "lemon-learning", "subprocessors.authorisation", {"model": "specific_prior", "silence": "refuses"}),
    ("LL-18", "lemon-learning", "subject_requests.forward", {"printed_address": "dpo@lemonlearning.fr", "channel": "email"}),
    ("LL-21", "lemon-learning", "retention.proof", {"proof": "mandatory"}),
    ("LL-31", "lemon-learning", "document.amendment", {"modes": ["bilateral_written"]}),
    ("LL-35", "lemon-learning", "other.non_solicitation", {"amount": 12, "unit": "months", "start": "agreement_end"}),
    ("LC-04", "light-company", "document.amendment", {"modes": ["bilateral_signed"]}),
    ("LC-09", "light-company", "term.termination_notice", {"amount": 3, "unit": "months", "direction": "before", "start": "period_end"}),
    ("LC-13", "light-company", "term.cure", {"amount": 30, "unit": "calendar_days", "start_rule": "receipt"}),
    ("LC-15", "light-company", "subprocessors.flow_down", {"grade": "substantially_consistent"}),
    ("LC-17", "light-company", "disputes.law", {"country": "DK"}),
]


@pytest.mark.parametrize(("item", "slug", "ref", "expected"), GOLDEN, ids=[f"{row[0]}-{row[2]}" for row in GOLDEN])
def test_golden_values(item: str, slug: str, ref: str, expected: dict[str, Any]) -> None:
    term = shipped_contract(slug).term(ref)
    assert term is not None
    assert item in term.items
    assert term.value is not None
    shown = term.value.model_dump(mode="json")
    assert {key: shown.get(key) for key in expected} == expected


def _value(slug: str, ref: str) -> Any:
    term = shipped_contract(slug).term(ref)
    assert term is not None
    return term.value


def test_lemon_breach_is_24_hours_from_awareness_by_email() -> None:
    trigger = _value("lemon-learning", "breach.notify").triggers[0]
    assert (trigger.limit.amount, trigger.limit.unit, trigger.start, trigger.channel) == (24, "hours", "awareness", "email")
    assert (trigger.clause, trigger.items) == ("15.4", ("LL-19",))


def test_lemon_second_trigger_has_no_stated_start() -> None:
    trigger = _value("lemon-learning", "breach.notify").triggers[1]
    assert (trigger.limit.amount, trigger.start_stated, trigger.clause) == (24, False, "15.5(f)")


def test_lemon_audit() -> None:
    audit = _value("lemon-learning", "audit.right")
    assert (audit.notice.amount, audit.notice.unit, audit.written, audit.cost) == (30, "working_days", True, "controller")
    assert audit.excluded == ("finance", "accounting", "commercial data")
    assert audit.invoicing_continues is True


def test_lemon_backups_leave_a_tail_of_28_days() -> None:
    backups = _value("lemon-learning", "retention.backups")
    assert [(b.kept.amount, b.kept.unit) for b in backups.sets] == [(7, "calendar_days"), (4, "weeks")]
    assert (backups.tail_days, backups.longest_tail_days) == (28, 35)


def test_lemon_notices() -> None:
    channels = _value("lemon-learning", "notices.channels")
    assert channels.rule_for(Channel.PRIORITY_POST).working_days == 5
    assert channels.rule_for(Channel.EMAIL).valid_if == ("acknowledged",)
    assert channels.rule_for(Channel.REGISTERED_LETTER) is None


@pytest.mark.parametrize(
    ("slug", "ref", "keep", "starts"),
    [
        ("light-and-shadows", "retention.after_end", (12, "months"), "agreement_end"),
        ("light-company", "retention.after_end@ninety-days", (90, "calendar_days"), "agreement_end"),
        ("lemon-learning", "retention.after_end@one-year", (1, "years"), "agreement_end"),
        ("light-and-shadows", "parties.own_customer_data", (5, "years"), "relationship_end"),
    ],
)
def test_retention(slug: str, ref: str, keep: tuple[int, str], starts: str) -> None:
    rule = _value(slug, ref).rules[0]
    assert (rule.keep.amount, rule.keep.unit) == keep
    assert rule.starts == starts


def test_lighton_dispute_steps_are_chained() -> None:
    steps = _value("lighton", "disputes.steps").steps
    assert [step.within.amount for step in steps if step.within] == [15, 15, 30]
    assert {step.within.unit for step in steps if step.within} == {"calendar_days"}


def test_rights_listed() -> None:
    assert len(_value("lemon-learning", "subject_requests.rights").rights) == 7
    assert len(_value("lightenup", "subject_requests.rights").rights) == 8


def test_billing_leaves_the_length_of_a_day_open() -> None:
    billing = _value("light-and-shadows", "assistance.billing")
    assert billing.rate.amount == Decimal(1500)
    assert billing.hours_per_day is None


def test_ambiguous_date_keeps_both_days() -> None:
    version = shipped_contract("lightenup").version
    assert version is not None
    assert version.ambiguous
    assert version.candidates == (date(2024, 4, 2), date(2024, 2, 4))


ABSENT = {
    "light-and-shadows": ("audit.right", "return.choice", "parties.dpo", "subprocessors.list", "processing.description"),
    "lightenup": ("document.dpa", "breach.notify", "subprocessors.authorisation", "audit.right", "retention.proof",
                  "transfers.third_countries", "disputes.law", "parties.dpo"),
    "lighton": ("subprocessors.list",),
    "lemon-learning": ("instructions.infringing_alert",),
}
EXTERNAL = {
    "lighton": ("breach.notify", "subject_requests.forward", "audit.right", "information.answer", "retention.after_end",
                "retention.proof", "parties.dpo", "transfers.third_countries", "records.processing"),
    "light-company": ("breach.notify", "audit.right", "subject_requests.forward", "transfers.third_countries",
                      "security.support_levels"),
}


@pytest.mark.parametrize(("slug", "key"), [(slug, key) for slug, keys in ABSENT.items() for key in keys])
def test_what_is_not_there_is_absent(slug: str, key: str) -> None:
    term = shipped_contract(slug).term(key)
    assert term is not None
    assert term.state is State.ABSENT


@pytest.mark.parametrize(("slug", "key"), [(slug, key) for slug, keys in EXTERNAL.items() for key in keys])
def test_what_stands_elsewhere_is_external(slug: str, key: str) -> None:
    term = shipped_contract(slug).term(key)
    assert term is not None
    assert term.state is State.EXTERNAL


@pytest.mark.parametrize(
    ("slug", "status"),
    [("lighton", "external"), ("light-and-shadows", "inside"), ("lightenup", "none"), ("lemon-learning", "inside"),
     ("light-company", "external")],
)
def test_where_the_processing_agreement_is(slug: str, status: str) -> None:
    document: TermsDocument = shipped_contract(slug)
    assert document.dpa == status
