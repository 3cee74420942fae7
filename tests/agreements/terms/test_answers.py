"""What holds for an agreement: the order of layers, breach clocks, conflicts, subprocessor rules, versions."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from dpa.agreements.terms import (
    SHIPPED,
    Channel,
    Decision,
    Layer,
    Origin,
    State,
    Term,
    TermsDocument,
    TermsProblem,
    TermStack,
    Version,
    breach_clocks,
    conflicts,
    describe_length,
    effective,
    effective_all,
    governing_clock,
    in_force,
    load_record,
    load_terms,
    resolutions,
    resolve,
    shipped_contract,
    subprocessor_terms,
)


def stack(slug: str, **fields: Any) -> TermStack:
    return TermStack(shipped_contract(slug), **fields)


def deviation(**fields: Any) -> Term:
    return load_record(json.dumps({"clause": "Annex 2"} | fields), Term)


TWELVE_HOURS = {
    "kind": "breach_triggers",
    "triggers": [{"id": "annex", "event": "breach", "clause": "Annex 2", "limit": {"kind": "period", "amount": 12, "unit": "hours"}}],
}


def external_dpa(*terms: dict[str, Any]) -> TermsDocument:
    return load_terms(json.dumps({
        "slug": "the-dpa", "title": "The DPA", "type": "processing_agreement", "vendor": {"name": "X"}, "language": "en",
        "terms": list(terms),
    }))


# slug: latest, its origin, target, origin, ceiling, stated origin, clause, channel, zone, calendar
CLOCKS: list[tuple[str, str | None, Origin | None, str, Origin, str | None, Origin, str, Channel | None, str, str]] = [
    ("lemon-learning", "24 hours", Origin.CONTRACT, "24 hours", Origin.CONTRACT, None, Origin.CONTRACT, "15.4", Channel.EMAIL, "Europe/Paris", "FR"),
    ("light-and-shadows", None, None, "24 hours", Origin.HOUSE_POLICY, "48 hours", Origin.CONTRACT, "29.2.7", None, "Europe/Paris", "FR"),
    ("lighton", None, None, "24 hours", Origin.HOUSE_POLICY, "48 hours", Origin.STATUTE, "GDPR Art. 33(2)", None, "Europe/Paris", "FR"),
    ("light-company", None, None, "24 hours", Origin.HOUSE_POLICY, "48 hours", Origin.STATUTE, "GDPR Art. 33(2)", None, "Europe/Copenhagen", "DK"),
    ("lightenup", None, None, "24 hours", Origin.HOUSE_POLICY, "48 hours", Origin.STATUTE, "GDPR Art. 33(2)", None, "Europe/Paris", "FR"),
]


@pytest.mark.parametrize("row", CLOCKS, ids=[row[0] for row in CLOCKS])
def test_governing_breach_clock(row: tuple[Any, ...]) -> None:
    clock = governing_clock(stack(row[0]))
    assert clock is not None
    assert row[1:] == (
        describe_length(clock.latest) if clock.latest else None, clock.latest_origin, describe_length(clock.target),
        clock.target_origin, describe_length(clock.ceiling) if clock.ceiling else None, clock.origin, clock.clause,
        clock.channel, clock.zone, clock.place.holidays,
    )


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("lighton", "The Data Protection Agreement is not loaded, so the law applies until it is."),
        ("light-company", "The Data Processing Agreement is not loaded, so the law applies until it is."),
        ("lightenup", "There is no data processing agreement on file, so the law applies."),
        ("light-and-shadows", "The contract gives no hours; the target is house policy."),
    ],
)
def test_breach_clocks_say_why(slug: str, words: str) -> None:
    clock = governing_clock(stack(slug))
    assert clock is not None
    assert words in clock.note


def test_several_triggers_give_several_clocks_and_one_governs() -> None:
    lemon = breach_clocks(stack("lemon-learning"))
    assert [(clock.clause, clock.governs, clock.start_stated) for clock in lemon] == [("15.4", True, True), ("15.5(f)", False, False)]
    shadows = breach_clocks(stack("light-and-shadows"))
    assert [(clock.clause, clock.governs, clock.items) for clock in shadows] == [("29.2.7", True, ("LS-14",)), ("29.2.3", False, ("LS-13",))]


def test_urgency_beside_a_number_is_an_aim_and_not_the_target() -> None:
    clock = governing_clock(stack("lemon-learning"))
    assert clock is not None
    assert clock.aim is not None
    assert (clock.aim.target.amount, clock.aim.origin) == (4, Origin.HOUSE_POLICY)


@pytest.mark.parametrize("slug", SHIPPED)
def test_a_deviation_beats_everything(slug: str) -> None:
    mine = stack(slug, deviations=(deviation(key="breach.notify", value=TWELVE_HOURS),))
    clock = governing_clock(mine)
    assert clock is not None
    assert (clock.latest and clock.latest.amount, clock.clause, clock.latest_origin) == (12, "Annex 2", Origin.CONTRACT)
    assert effective(mine, "breach.notify").looks[0].layer is Layer.AGREEMENT


def test_a_struck_out_clause_falls_to_the_law() -> None:
    struck = Term(key="breach.notify", state=State.ABSENT)
    clock = governing_clock(stack("lemon-learning", deviations=(struck,)))
    assert clock is not None
    assert (clock.latest, clock.origin) == (None, Origin.STATUTE)


def test_not_applicable_ends_the_search() -> None:
    on_premises = Term(key="breach.notify", state=State.NOT_APPLICABLE, note="on premises")
    mine = stack("lighton", deviations=(on_premises,))
    assert breach_clocks(mine) == ()
    assert effective(mine, "breach.notify").state is State.NOT_APPLICABLE


def test_a_loaded_document_answers_and_ends_the_waiting() -> None:
    loaded = external_dpa({"key": "breach.notify", "clause": "7", "value": TWELVE_HOURS})
    clock = governing_clock(stack("lighton", external={"Data Protection Agreement": loaded}))
    assert clock is not None
    assert (clock.origin, clock.source, clock.awaiting) == (Origin.EXTERNAL_DOC, "The DPA", None)


def test_a_loaded_document_that_is_silent_leaves_the_law() -> None:
    loaded = external_dpa({"key": "disputes.law", "clause": "7", "value": {"kind": "law", "country": "FR"}})
    found = effective(stack("lighton", external={"Data Protection Agreement": loaded}), "breach.notify")
    assert (found.origin, found.awaiting) == (Origin.STATUTE, None)
    assert [look.layer for look in found.looks] == [Layer.TEMPLATE, Layer.EXTERNAL, Layer.STATUTE]


PROOF_ON_REQUEST = {"key": "retention.proof", "clause": "9", "value": {"kind": "proof", "proof": "mandatory"}}
AT = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("option", "clause"), [(None, "9"), ("dpa-first", "9"), ("as-printed", "7.3")],
)
def test_precedence_decides_who_is_asked_first(option: str | None, clause: str) -> None:
    loaded = {"Data Processing Agreement": external_dpa(PROOF_ON_REQUEST)}
    decisions = (Decision(group="precedence", option=option, who="p1", at=AT, why="x"),) if option else ()
    found = effective(stack("light-company", external=loaded, decisions=decisions), "retention.proof")
    assert found.clause == clause


LAYERS: list[tuple[str, str, State, Origin | None, str | None, str | None]] = [
    # slug, key, state, origin, clause, house target
    ("lemon-learning", "subject_requests.forward", State.VALUE, Origin.CONTRACT, "15.4", "1 working day"),
    ("light-and-shadows", "subject_requests.forward", State.VALUE, Origin.HOUSE_POLICY, None, "1 working day"),
    ("light-and-shadows", "assistance.answer", State.VALUE, Origin.CONTRACT, "29.2.3", "2 working days"),
    ("light-and-shadows", "instructions.infringing_alert", State.VALUE, Origin.CONTRACT, "29.2.1", "4 hours"),
    ("lemon-learning", "instructions.infringing_alert", State.VALUE, Origin.STATUTE, "GDPR Art. 28(3)", "4 hours"),
    ("light-and-shadows", "information.answer", State.VALUE, Origin.CONTRACT, "29.2.2", None),
    ("lemon-learning", "information.answer", State.VALUE, Origin.HOUSE_POLICY, None, "10 working days"),
    ("lemon-learning", "audit.notice", State.VALUE, Origin.CONTRACT, "12", None),
    ("light-and-shadows", "audit.notice", State.VALUE, Origin.HOUSE_POLICY, None, "10 working days"),
    ("light-and-shadows", "subprocessors.window", State.VALUE, Origin.CONTRACT, "29.2.4", None),
    ("lemon-learning", "subprocessors.window", State.VALUE, Origin.HOUSE_POLICY, None, None),
    ("lighton", "subject_requests.users", State.VALUE, Origin.CONTRACT, "8.1", "2 working days"),
    ("lightenup", "subject_requests.answer", State.VALUE, Origin.STATUTE, "GDPR Art. 12(3)", None),
    ("lightenup", "disputes.law", State.ABSENT, None, None, None),
    ("lighton", "retention.proof", State.EXTERNAL, None, None, None),
    ("light-company", "subprocessors.authorisation", State.VALUE, Origin.CONTRACT, "17.2", None),
    ("lightenup", "subprocessors.authorisation", State.VALUE, Origin.STATUTE, "GDPR Art. 28(2)", None),
]


@pytest.mark.parametrize("row", LAYERS, ids=[f"{row[0]}-{row[1]}" for row in LAYERS])
def test_who_answers(row: tuple[Any, ...]) -> None:
    found = effective(stack(row[0]), row[1])
    target = describe_length(found.target.target) if found.target else None
    assert (found.state, found.origin, found.clause, target) == row[2:]
    assert found.target is None or found.target.origin is Origin.HOUSE_POLICY


@pytest.mark.parametrize("slug", SHIPPED)
def test_every_answer_names_its_origin(slug: str) -> None:
    for found in effective_all(stack(slug)):
        assert (found.value is None) == (found.origin is None), found.key
        assert found.value is None or found.origin is Origin.HOUSE_POLICY or found.clause, found.key


def test_unknown_key() -> None:
    with pytest.raises(TermsProblem, match=r"did you mean breach\.notify"):
        effective(stack("lighton"), "breach.notified")


def test_validity_of_single_terms() -> None:
    old = deviation(key="breach.notify", value=TWELVE_HOURS, valid_to="2026-05-31")
    before, after = date(2026, 5, 31), date(2026, 6, 1)
    amounts = []
    for on in (before, after):
        clock = governing_clock(stack("lemon-learning", deviations=(old,), on=on))
        assert clock is not None
        assert clock.latest is not None
        amounts.append(clock.latest.amount)
    assert amounts == [12, 24]


# group: undecided option, options
UNDECIDED = [
    ("lemon-learning", "deletion", "at-end"), ("light-company", "deletion", "at-once"),
    ("light-company", "precedence", "dpa-first"), ("light-company", "forum", "courts"),
    ("lighton", "precedence", "customer-first"), ("light-and-shadows", "information-start", "from-receipt"),
    ("light-and-shadows", "formal-notice-start", "later-of-both"),
]


@pytest.mark.parametrize(("slug", "group", "option"), UNDECIDED)
def test_undecided_conflicts_run_the_stricter(slug: str, group: str, option: str) -> None:
    found = next(each for each in resolutions(stack(slug)) if each.conflict.id == group)
    assert not found.decided
    assert found.option.id == option
    assert "Nobody has decided" in found.sentence


def test_all_groups_are_tested() -> None:
    groups = {(slug, group.id) for slug in SHIPPED for group in conflicts(shipped_contract(slug))}
    assert groups == {(slug, group) for slug, group, _ in UNDECIDED}


@pytest.mark.parametrize(
    ("option", "origin", "clause"),
    [("one-year", Origin.CONTRACT, "15.5"), ("no-duty", Origin.CONTRACT, "11.2.1"),
     ("return-then-destroy", Origin.DECISION, "15.5, 11.2.1")],
)
def test_a_decision_is_followed_and_shown(option: str, origin: Origin, clause: str) -> None:
    decision = Decision(group="deletion", option=option, who="p1", at=AT, why="Agreed with counsel.")
    found = effective(stack("lemon-learning", decisions=(decision,)), "retention.after_end")
    assert (found.origin, found.clause) == (origin, clause)
    assert found.resolution is not None
    assert found.resolution.decided
    assert found.resolution.decision is decision
    assert "Agreed with counsel." in found.resolution.sentence


def test_the_latest_decision_holds() -> None:
    first = Decision(group="deletion", option="one-year", who="p1", at=AT, why="x")
    second = Decision(group="deletion", option="at-end", who="p2", at=AT.replace(day=2), why="y")
    found = effective(stack("lemon-learning", decisions=(second, first)), "retention.after_end")
    assert found.resolution is not None
    assert found.resolution.option.id == "at-end"


@pytest.mark.parametrize(("group", "option", "words"), [("other", "one-year", "not 'deletion'"), ("deletion", "never", "has no option 'never'")])
def test_wrong_decisions_are_refused(group: str, option: str, words: str) -> None:
    bound = conflicts(shipped_contract("lemon-learning"))[0]
    with pytest.raises(TermsProblem, match=words):
        resolve(bound, Decision(group=group, option=option, who="p1", at=AT, why="x"))


# slug, model, silence approves, window days, window origin
WINDOWS = [
    ("lighton", "general_no_window", False, 30, Origin.HOUSE_POLICY),
    ("light-and-shadows", "notice_tacit", True, 15, Origin.CONTRACT),
    ("lightenup", "specific_prior", False, 30, Origin.HOUSE_POLICY),
    ("lemon-learning", "specific_prior", False, 30, Origin.HOUSE_POLICY),
    ("light-company", "general_no_window", False, 30, Origin.HOUSE_POLICY),
]


@pytest.mark.parametrize(("slug", "model", "approves", "days", "origin"), WINDOWS)
def test_subprocessor_terms(slug: str, model: str, approves: bool, days: int, origin: Origin) -> None:
    terms = subprocessor_terms(stack(slug))
    assert (terms.model, terms.silence_approves, terms.window.amount, terms.window_origin) == (model, approves, days, origin)


def test_a_deviating_authorisation_does_not_inherit_the_templates_window() -> None:
    specific = deviation(key="subprocessors.authorisation", value={"kind": "subprocessor_authorisation", "model": "specific_prior", "silence": "refuses"})
    terms = subprocessor_terms(stack("light-and-shadows", deviations=(specific,)))
    assert (terms.silence_approves, terms.window.amount, terms.window_origin) == (False, 30, Origin.HOUSE_POLICY)


FIRST = Version(1, "a", date(2026, 1, 1), date(2026, 5, 31))
SECOND = Version(2, "b", date(2026, 6, 1))


@pytest.mark.parametrize(
    ("on", "number"), [(date(2026, 1, 1), 1), (date(2026, 5, 31), 1), (date(2026, 6, 1), 2), (date(2030, 1, 1), 2)],
)
def test_version_in_force(on: date, number: int) -> None:
    assert in_force([SECOND, FIRST], on).number == number


@pytest.mark.parametrize(
    ("versions", "words"),
    [([FIRST, SECOND], "the first begins on 2026-01-01"), ([], "there is none"), ([Version(1, "a"), Version(2, "b")], "2 versions")],
)
def test_no_single_version(versions: list[Version[str]], words: str) -> None:
    with pytest.raises(TermsProblem, match=words):
        in_force(versions, date(2025, 12, 31))
