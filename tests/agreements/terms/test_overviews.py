"""Gaps, defects, blocked recipients, the matrix of promises and the summary texts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dpa.agreements.terms import (
    CHECKS,
    FLAG_TEXT,
    SHIPPED,
    Column,
    Decision,
    Flag,
    GapStatus,
    Origin,
    Period,
    RecipientFault,
    Term,
    TermStack,
    Unit,
    all_entries,
    check_recipient,
    count_gaps,
    defects,
    describe,
    effective_all,
    gaps,
    group_label,
    groups,
    load_record,
    promises,
    select,
    shipped_contract,
)


def stack(slug: str, **fields: Any) -> TermStack:
    return TermStack(shipped_contract(slug), **fields)


ORDER = ["subject-matter", "duration", "nature", "purpose", "data-types", "subjects", "controller", "a", "b", "c", "d", "e", "f",
         "g", "h", "alert", "28-2", "28-4"]
# covered c, weak w, elsewhere e, missing m, in the order above
GAPS = {
    "lighton": "eeeweeeeecweeeeeww",
    "light-and-shadows": "mmmmmmcwccwccwwccw",
    "lightenup": "mmmwmmmmmcmmmwmmmm",
    "lemon-learning": "ccccwccwcccccwcmcc",
    "light-company": "ececeeeeewweeweeww",
}


def test_the_list_has_seven_plus_eight_plus_one_plus_two_points() -> None:
    assert [check.id for check in CHECKS] == ORDER


@pytest.mark.parametrize(("slug", "letters"), GAPS.items())
def test_gaps(slug: str, letters: str) -> None:
    status = {"c": GapStatus.COVERED, "w": GapStatus.WEAK, "e": GapStatus.EXTERNAL, "m": GapStatus.MISSING}
    found = {gap.id: gap.status for gap in gaps(stack(slug))}
    assert found == dict(zip(ORDER, (status[letter] for letter in letters), strict=True))


@pytest.mark.parametrize("slug", SHIPPED)
def test_every_gap_has_a_sentence_and_every_cover_a_clause(slug: str) -> None:
    for gap in gaps(stack(slug)):
        assert gap.sentence.endswith(".")
        assert (gap.status is GapStatus.COVERED) <= (gap.clause is not None)


def test_counts_and_decisions_change_the_list() -> None:
    before = count_gaps(gaps(stack("light-company")))
    assert sum(before.values()) == 18
    decision = Decision(group="deletion", option="ninety-days-limit", who="p", at="2026-07-01T00:00:00Z", why="x")
    after = {gap.id: gap.status for gap in gaps(stack("light-company", decisions=(decision,)))}
    assert after["g"] is GapStatus.COVERED


def test_a_concluded_agreement_changes_missing_into_elsewhere_or_agreed() -> None:
    annex = load_record(json.dumps({"key": "controller.duties", "clause": "Annex", "value": {"kind": "controller_duties", "duties": [{"duty": "x"}]}}), Term)
    found = {gap.id: gap for gap in gaps(stack("lightenup", deviations=(annex,)))}
    assert (found["controller"].status, found["controller"].clause) == (GapStatus.COVERED, "Annex")


# slug, flag or kind, clause
DEFECTS = [
    ("lemon-learning", "subject_requests.forward-own_mailbox", "15.4"),
    ("lightenup", "document.version_date-ambiguous_date", "6"),
    ("lightenup", "no-dpa", None),
    ("light-and-shadows", "calendar.working_hours-fixed_offset", "4, 11.1"),
    ("light-and-shadows", "missing-processing-description", "29"),
    ("light-and-shadows", "missing-subprocessor-list", "29.2.4"),
    ("light-and-shadows", "missing-appendix-iii", "29.2.1"),
    ("light-and-shadows", "assistance.billing-unit_unstated", "29.2.3"),
    ("light-and-shadows", "security.delivery_channel-undeclared_subprocessor", "17"),
    ("light-company", "printed-duplicate-20-2", "20.2"),
    ("light-company", "disputes.forum-ambiguous_forum", "20.2"),
    ("light-company", "document.precedence-dpa_ranks_below", "22.1"),
    ("light-company", "external-data-processing-agreement", "Definitions, 12.3"),
    ("light-company", "missing-schedule-1", "Definitions"),
    ("light-company", "subject_requests.fees-controller_decides", "11.4"),
    ("light-company", "retention.after_end@ninety-days-no_outer_limit", "13.4"),
    ("lighton", "external-data-protection-agreement", "1, 9.2"),
    ("lighton", "printed-section-13", "12, 14"),
    ("lighton", "processing.purposes-vendor_purposes", "9.1"),
]


@pytest.mark.parametrize(("slug", "defect_id", "clause"), DEFECTS)
def test_defects_are_visible(slug: str, defect_id: str, clause: str | None) -> None:
    found = {defect.id: defect for defect in defects(shipped_contract(slug))}
    assert defect_id in found
    assert found[defect_id].clause == clause
    assert found[defect_id].sentence.endswith(".")
    assert found[defect_id].advice.endswith(".")


@pytest.mark.parametrize(
    ("ref", "flag"),
    [("calendar.working_hours", Flag.FIXED_OFFSET), ("document.version_date", Flag.AMBIGUOUS_DATE),
     ("subject_requests.forward", Flag.OWN_MAILBOX), ("disputes.forum", Flag.AMBIGUOUS_FORUM)],
)
def test_traps_are_seen_even_when_the_reading_forgot_the_flag(ref: str, flag: Flag) -> None:
    owner = next(document for slug in SHIPPED if (document := shipped_contract(slug)) and (t := document.term(ref)) and flag in t.flags)
    bare = owner.changed(terms=tuple(t.changed(flags=()) if t.ref == ref else t for t in owner.terms))
    assert f"{ref}-{flag.value}" in {defect.id for defect in defects(bare)}


def test_defect_ids_are_unique() -> None:
    for slug in SHIPPED:
        ids = [defect.id for defect in defects(shipped_contract(slug))]
        assert len(set(ids)) == len(ids)


LEMON = ("lemonlearning.fr", "lemonlearning.com")


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("dpo@lemonlearning.fr", RecipientFault.OWN_MAILBOX),
        ("DPO@LemonLearning.FR", RecipientFault.OWN_MAILBOX),
        ("dpo@lemonlearning.fr.", RecipientFault.OWN_MAILBOX),
        ("dpo@mail.lemonlearning.com", RecipientFault.OWN_MAILBOX),
        ("Privacy <dpo@lemonlearning.fr>", RecipientFault.OWN_MAILBOX),
        ("dpo@notlemonlearning.fr", None),
        ("privacy@customer.example", None),
        ("privacy@lemonlearning.fr.customer.example", None),
        ("", RecipientFault.NOT_AN_ADDRESS),
        ("dpo", RecipientFault.NOT_AN_ADDRESS),
        ("a@b.example, dpo@lemonlearning.fr", RecipientFault.NOT_AN_ADDRESS),
        ("a@b.example\r\nBcc: c@d.example", RecipientFault.NOT_AN_ADDRESS),
    ],
)
def test_recipients(address: str, fault: RecipientFault | None) -> None:
    problem = check_recipient(address, LEMON)
    assert (problem.fault if problem else None) == fault
    assert problem is None or "controller's registered privacy contact" in problem.sentence


def test_the_printed_address_of_lemon_learning_is_blocked() -> None:
    document = shipped_contract("lemon-learning")
    term = document.term("subject_requests.forward")
    assert term is not None
    printed: Any = term.value
    problem = check_recipient(printed.printed_address, document.vendor.domains)
    assert problem is not None
    assert problem.fallback == "the controller's registered privacy contact"


CELLS = [
    ("lemon-learning", Column.BREACH, "24 hours by e-mail", Origin.CONTRACT, "15.4"),
    ("light-and-shadows", Column.BREACH, "Without undue delay; house target 24 hours", Origin.HOUSE_POLICY, "29.2.7"),
    ("lighton", Column.BREACH, "Without undue delay; house target 24 hours", Origin.HOUSE_POLICY, "GDPR Art. 33(2)"),
    ("light-and-shadows", Column.SUBPROCESSORS, "Prior notice, tacit acceptance; 15 calendar days; silence accepts", Origin.CONTRACT, "29.2.4"),
    ("lemon-learning", Column.SUBPROCESSORS, "Specific prior authorisation; 30 calendar days (house policy); silence refuses", Origin.CONTRACT, "15.4"),
    ("lemon-learning", Column.FORWARDING, "On receipt by e-mail; house target 1 working day", Origin.HOUSE_POLICY, "15.4"),
    ("lemon-learning", Column.AUDIT, "30 working days of notice, in writing", Origin.CONTRACT, "12"),
    ("light-and-shadows", Column.AUDIT, "Reasonable notice; house target 10 working days", Origin.HOUSE_POLICY, None),
    ("light-and-shadows", Column.DELETION, "The client's personal data: deleted 12 months from the end of the agreement, unless the controller sets a period", Origin.CONTRACT, "29.2.9, 29.3"),
    ("lemon-learning", Column.DELETION, "All personal data: returned and all copies destroyed at the end of the services (conflict undecided)", Origin.CONTRACT, "15.5"),
    ("lemon-learning", Column.PROOF, "Written proof is owed", Origin.CONTRACT, "15.5"),
    ("lighton", Column.PROOF, "In the Data Protection Agreement, not loaded", None, None),
    ("light-and-shadows", Column.INFORMATION, "1 month, after 15 calendar days of notice", Origin.CONTRACT, "29.2.2"),
    ("lemon-learning", Column.END_NOTICE, "At least 60 calendar days before the expiry of the term", Origin.CONTRACT, "2.1.2"),
    ("light-company", Column.END_NOTICE, "At least 3 months before the end of the current period", Origin.CONTRACT, "13.3"),
    ("light-company", Column.LAW, "Danish law", Origin.CONTRACT, "20.1"),
    ("lightenup", Column.LAW, "Not stated", None, None),
]


@pytest.mark.parametrize("row", CELLS, ids=[f"{row[0]}-{row[1].value}" for row in CELLS])
def test_cells_of_the_matrix(row: tuple[Any, ...]) -> None:
    cell = next(cell for cell in promises(stack(row[0])) if cell.column is row[1])
    assert (cell.text, cell.origin, cell.clause) == row[2:]


def test_every_agreement_has_all_columns() -> None:
    for slug in SHIPPED:
        assert [cell.column for cell in promises(stack(slug))] == list(Column)


def test_who_must_hear_within_24_hours() -> None:
    rows = {slug: promises(stack(slug)) for slug in SHIPPED}
    assert select(rows, Column.BREACH, within_hours=24) == SHIPPED
    assert select(rows, Column.BREACH, within_hours=24, origins={Origin.CONTRACT}) == ("lemon-learning",)
    assert select(rows, Column.BREACH, within_hours=23) == ()
    assert select(rows, Column.LAW, origins={Origin.CONTRACT}) == ("lighton", "light-and-shadows", "lemon-learning", "light-company")


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [(1, Unit.HOURS, "1 hour"), (24, Unit.HOURS, "24 hours"), (1, Unit.WORKING_DAYS, "1 working day"), (4, Unit.WEEKS, "4 weeks")],
)
def test_periods_in_words(amount: int, unit: Unit, text: str) -> None:
    assert describe(Period(amount=amount, unit=unit)) == text


@pytest.mark.parametrize("slug", SHIPPED)
def test_every_value_has_a_text(slug: str) -> None:
    for found in effective_all(stack(slug)):
        if found.value is not None:
            text = describe(found.value)
            assert text
            assert "_" not in text.replace("@", "")
            assert "  " not in text


def test_every_flag_has_sentence_and_advice() -> None:
    assert set(FLAG_TEXT) == set(Flag)


def test_every_group_of_the_catalogue_has_a_label() -> None:
    used = {entry.group for entry in all_entries().values()}
    assert used <= set(groups())
    assert all(group_label(group) != group for group in used)
