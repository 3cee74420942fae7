"""A short answer is called too short, and says what is missing; an empty one is asked for."""

from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta

import pytest

from dpa.breaches import awareness, channels, dora, phases, reports, rules
from dpa.breaches.awareness import Decision
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.dora import Classification
from dpa.breaches.enough import too_little
from dpa.breaches.phases import Phase, Readiness, Release
from tests.breaches.test_pages import House
from tests.support.databases import Database

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHORT = "“Checked.” is too short: write at least 10 characters. "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Say why."),
        (" \n", "Say why."),
        ("?", "Say why."),
        ("R1", "“R1” is too short: write at least 5 characters. Say why."),
        (" R123 ", "“R123” is too short: write at least 5 characters. Say why."),
        ("R1234", ""),
    ],
)
def test_empty_short_and_enough(text: str, said: str) -> None:
    assert too_little(text, 5, "Say why.") == said


def test_the_rules_of_a_breach_say_so_and_what_is_missing() -> None:
    late = Decision(NOW - 2 * HOUR, NOW - HOUR, "Checked.", "")
    assert awareness.errors(late, NOW)["awareness_reason"].startswith(SHORT + "Say why awareness came later")
    assert rules.upstream_errors("", None, "Checked.", detected_at=NOW, now=NOW)["reason"].startswith(SHORT + "Say in a sentence why")
    draft = Readiness(Phase.SUPPLEMENT, None, None, four_eyes=True, late=HOUR)
    found = phases.release_errors(draft, Release("u:1", "Checked.", "Checked."), NOW)
    assert found["late_reason"].startswith(SHORT + "The next word was promised")
    assert found["emergency_reason"].startswith(SHORT + "Say in a sentence why nobody else")
    unsaid = phases.release_errors(draft, Release("u:1", "", "?"), NOW)
    assert unsaid["emergency_reason"] == "Say in a sentence why nobody else could approve it in time."


def test_reports_and_decisions_under_other_laws_say_so() -> None:
    found = reports.submission_errors(reports.Submission(NOW, "BS", "R1", "Checked."), due_at=NOW - HOUR, not_before=NOW - HOUR, after="the first sign", now=NOW)
    assert found["how"].startswith("“BS” is too short: write at least 3 characters. Say to whom")
    assert found["proof"].startswith("“R1” is too short: write at least 3 characters. Say what shows it")
    assert found["late_reason"].startswith(SHORT + "It was submitted late.")
    decided = dora.errors(Classification(major=True, decided_at=NOW, person="Ana", basis="Checked."), detected_at=NOW - HOUR, now=NOW)
    assert decided["basis"].startswith(SHORT + "Say in a sentence which criteria")


def test_a_page_says_it_beside_the_field_and_keeps_the_answer(sqlite_database: Database) -> None:
    house = House(sqlite_database)
    case, client = house.record(), house.client("dpo")
    client.post(f"{case}/affected", data={"selection": "all"})
    refused = client.post(f"{case}/customers/1/not-owed", data={"rationale": "Checked."})
    assert refused.status_code == 422
    assert SHORT + "Say in a sentence why no notice is owed to this customer" in refused.text
    assert "Checked.</textarea>" in refused.text


def test_ends_and_proofs_say_so(sqlite_database: Database) -> None:
    house = House(sqlite_database)
    case, client = house.record(), house.client("dpo")
    client.post(f"{case}/affected", data={"selection": "all"})
    assert SHORT + "Say in a sentence why it is certain" in html.unescape(client.post(f"{case}/no-breach", data={"reason": "Checked."}).text)
    handed = Handed(Channel.PHONE, NOW, "R1", None)
    assert channels.handed_errors(handed, NOW, NOW, NOW)["proof"].startswith("“R1” is too short: write at least 5 characters. Say what proves it")
