"""Rules of the breach workflow, as tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dpa.breaches import rules
from dpa.breaches.rules import Draft, Incident, NextAct, Standing

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
        ({"released": False, "sent_at": None, "dead": False, "recipient_problem": False}, Standing.WAITING),
        ({"released": False, "sent_at": None, "dead": False, "recipient_problem": True}, Standing.NO_RECIPIENT),
        ({"released": True, "sent_at": None, "dead": False, "recipient_problem": True}, Standing.RELEASED),
        ({"released": True, "sent_at": None, "dead": True, "recipient_problem": False}, Standing.NOT_SENT),
        ({"released": True, "sent_at": NOW, "dead": True, "recipient_problem": False}, Standing.SENT),
        ({"released": False, "sent_at": None, "dead": False, "recipient_problem": True, "waived": True}, Standing.WAIVED),
        ({"released": True, "sent_at": NOW, "dead": False, "recipient_problem": False, "waived": True}, Standing.SENT),
    ],
)
def test_standing_follows_from_facts(facts: dict[str, object], expected: Standing) -> None:
    assert rules.standing(**facts) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("counts", "ready", "expected"),
    [
        ({}, False, NextAct.CHOOSE_AFFECTED),
        ({Standing.WAITING: 2}, False, NextAct.WRITE_NOTICE),
        ({Standing.WAITING: 1, Standing.SENT: 9}, True, NextAct.RELEASE),
        ({Standing.NO_RECIPIENT: 1, Standing.RELEASED: 3}, True, NextAct.REPAIR_RECIPIENTS),
        ({Standing.NOT_SENT: 1, Standing.SENT: 3}, True, NextAct.REPAIR_RECIPIENTS),
        ({Standing.RELEASED: 1, Standing.SENT: 3}, True, NextAct.WAIT_FOR_DELIVERY),
        ({Standing.SENT: 3}, True, NextAct.NOTHING),
        ({Standing.SENT: 2, Standing.WAIVED: 1}, True, NextAct.NOTHING),
    ],
)
def test_the_next_act_is_the_most_urgent_one(counts: dict[Standing, int], ready: bool, expected: NextAct) -> None:
    assert rules.next_act(counts, draft_ready=ready) is expected


def test_the_reference_is_made_of_the_organisations_initials() -> None:
    assert rules.reference("lemon-learning", 2026, 7) == "LL-2026-007"
    assert rules.reference("lighton", 2026, 1234) == "L-2026-1234"
