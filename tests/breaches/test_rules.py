"""Rules of the breach workflow, as tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dpa.breaches import rules
from dpa.breaches.rules import Draft, Incident, NextAct, Situation, Standing

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GOOD = {
    "title": "Export leak",
    "known": "Exports went to an unknown address.",
    "detected_at": NOW - timedelta(hours=3),
    "aware_at": NOW - timedelta(hours=2),
    "awareness_reason": "The log review ended then.",
}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, None),
        ({"title": "  "}, "title"),
        ({"title": "x" * 161}, "title"),
        ({"known": ""}, "known"),
        ({"known": "x" * 20_001}, "known"),
        ({"detected_at": NOW + timedelta(seconds=1), "aware_at": NOW}, "detected_at"),
        ({"aware_at": NOW + timedelta(seconds=1)}, "aware_at"),
        ({"aware_at": NOW}, None),
        ({"aware_at": NOW - timedelta(hours=3, seconds=1)}, "aware_at"),
        ({"awareness_reason": "   short  "}, "awareness_reason"),
        ({"aware_at": GOOD["detected_at"], "awareness_reason": ""}, None),
    ],
)
def test_an_incident_is_refused_with_the_field_named(change: dict[str, object], field: str | None) -> None:
    errors = rules.incident_errors(Incident(**(GOOD | change)), NOW)  # type: ignore[arg-type]
    assert (field in errors) if field else not errors


@pytest.mark.parametrize(
    ("draft", "fields"),
    [
        (Draft("It leaked.", "DPO, +33 1 00 00 00 00", "", "", ""), set()),
        (Draft("", "DPO", "", "", ""), {"nature"}),
        (Draft("It leaked.", " ", "", "", ""), {"contact"}),
        (Draft("x" * 20_001, "DPO", "", "", ""), {"nature"}),
    ],
)
def test_a_draft_needs_only_what_the_law_cannot_wait_for(draft: Draft, fields: set[str]) -> None:
    assert set(rules.draft_errors(draft)) == fields


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"released": False, "given": False, "dead": False, "recipient_problem": False}, Standing.WAITING),
        ({"released": False, "given": False, "dead": False, "recipient_problem": True}, Standing.NO_RECIPIENT),
        ({"released": True, "given": False, "dead": False, "recipient_problem": True}, Standing.RELEASED),
        ({"released": True, "given": False, "dead": True, "recipient_problem": False}, Standing.NOT_SENT),
        ({"released": True, "given": True, "dead": True, "recipient_problem": False}, Standing.SENT),
        ({"released": True, "given": True, "acknowledged": True, "dead": False, "recipient_problem": False}, Standing.ACKNOWLEDGED),
        ({"released": False, "given": False, "dead": False, "recipient_problem": True, "waived": True}, Standing.WAIVED),
        ({"released": True, "given": True, "dead": False, "recipient_problem": False, "waived": True}, Standing.SENT),
    ],
)
def test_standing_follows_from_facts(facts: dict[str, bool], expected: Standing) -> None:
    assert rules.standing(**facts) is expected


def situation(counts: dict[Standing, int], **changes: object) -> Situation:
    fields: dict[str, object] = {
        "counts": counts, "open": True, "draft": False, "draft_ready": False, "released": True, "unexplained": 0, "word_owed": False,
    }
    return Situation(**(fields | changes))  # type: ignore[arg-type]


TOLD = {Standing.SENT: 2, Standing.ACKNOWLEDGED: 1}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (situation({}), NextAct.CHOOSE_AFFECTED),
        (situation({Standing.WAITING: 2}, released=False), NextAct.WRITE_NOTICE),
        (situation({Standing.WAITING: 2}, released=False, draft=True), NextAct.WRITE_NOTICE),
        (situation({Standing.WAITING: 2}, released=False, draft=True, draft_ready=True), NextAct.RELEASE),
        (situation({Standing.WAITING: 1, Standing.SENT: 9}), NextAct.RELEASE),
        (situation({Standing.NO_RECIPIENT: 1, Standing.RELEASED: 3}), NextAct.REPAIR_RECIPIENTS),
        (situation({Standing.NOT_SENT: 1, Standing.SENT: 3}, unexplained=2), NextAct.REPAIR_RECIPIENTS),
        (situation({Standing.RELEASED: 1, Standing.SENT: 3}), NextAct.WAIT_FOR_DELIVERY),
        (situation(TOLD, draft=True, draft_ready=True, unexplained=1), NextAct.RELEASE),
        (situation(TOLD, unexplained=1, word_owed=True), NextAct.EXPLAIN_LATENESS),
        (situation(TOLD, word_owed=True, more_announced=True), NextAct.GIVE_WORD),
        (situation(TOLD, more_announced=True), NextAct.SEND_FINAL),
        (situation(TOLD, open_clocks=1, unexplained=1), NextAct.WAIT_FOR_DELIVERY),
        (situation(TOLD), NextAct.CLOSE),
        (situation({Standing.WAIVED: 3}, released=False), NextAct.CLOSE),
        (situation({Standing.WAIVED: 3}, more_announced=True), NextAct.CLOSE),
        (situation(TOLD, open=False), NextAct.NOTHING),
    ],
)
def test_the_next_act_is_the_most_urgent_one(case: Situation, expected: NextAct) -> None:
    assert rules.next_act(case) is expected


def test_the_reference_is_made_of_the_organisations_initials() -> None:
    assert rules.reference("LL", 2026, 7) == "LL-2026-007"
    assert rules.reference("LC2", 2026, 1234) == "LC2-2026-1234"


@pytest.mark.parametrize(("unknown", "final", "wrong"), [
    ("", True, False), ("Who opened it.", False, False), ("Who opened it.", True, True), ("  \n", True, False),
])  # fmt: skip
def test_a_final_notice_leaves_nothing_open(unknown: str, final: bool, wrong: bool) -> None:
    assert ("unknown" in rules.draft_errors(Draft("It leaked.", "DPO, now", "", "", unknown), final=final)) is wrong
