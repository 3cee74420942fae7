"""Phases, awareness, channels, closing and other clocks as tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dpa.breaches import awareness, channels, closing, phases, regimes
from dpa.breaches.awareness import ClockFacts, Decision, Effect, Known
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.closing import CaseFacts, CaseState
from dpa.breaches.phases import Phase, Readiness, Release, Told
from dpa.breaches.regimes import Facts, Profile
from dpa.deadlines import calendar_named

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
N, S, C, F = Phase.INITIAL, Phase.SUPPLEMENT, Phase.CORRECTION, Phase.FINAL


def told(*found: Phase, draft: Phase | None = None, word: datetime | None = None) -> list[Told]:
    released = [Told(one, NOW, word if one is found[-1] else None) for one in found]
    return [*released, Told(draft, None, None)] if draft else released


@pytest.mark.parametrize(("before", "offered"), [
    (told(), (N,)), (told(draft=N), ()), (told(N), (S, C, F)), (told(N, S), (S, C, F)), (told(N, draft=S), ()),
    (told(N, F), (C,)), (told(N, F, C), (C,)), (told(N, C), (S, C, F)),
])  # fmt: skip
def test_what_may_follow(before: list[Told], offered: tuple[Phase, ...]) -> None:
    assert phases.next_phases(before) == offered


@pytest.mark.parametrize(("before", "late"), [
    (told(N, word=NOW + HOUR), None), (told(N, word=NOW), None), (told(N, word=NOW - HOUR), HOUR), (told(N), None),
    (told(N, F), None), (told(N, S, word=NOW - 2 * HOUR), 2 * HOUR), (told(), None),
])  # fmt: skip
def test_when_the_promised_word_is_late(before: list[Told], late: timedelta | None) -> None:
    assert phases.late_by(before, NOW) == late


def draft(**changes: object) -> Readiness:
    return Readiness(**({"phase": N, "next_word_at": None, "approved_by": None, "four_eyes": False, "late": None} | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("ready", "release", "fields"), [
    (draft(), Release("u:1"), set()),
    (draft(four_eyes=True), Release("u:1"), {"approval"}),
    (draft(four_eyes=True, approved_by="u:1"), Release("u:1"), {"approval"}),
    (draft(four_eyes=True, approved_by="u:2"), Release("u:1"), set()),
    (draft(four_eyes=True), Release("u:1", emergency_reason="Nobody else could be reached at 2 a.m."), set()),
    (draft(four_eyes=True), Release("u:1", emergency_reason="alone"), {"emergency_reason"}),
    (draft(phase=S, late=HOUR), Release("u:1"), {"late_reason"}),
    (draft(phase=S, late=HOUR), Release("u:1", late_reason="The log analysis took longer."), set()),
    (draft(next_word_at=NOW), Release("u:1"), {"next_word_at"}),
    (draft(next_word_at=NOW + HOUR), Release("u:1"), set()),
    (draft(phase=F, next_word_at=NOW + HOUR), Release("u:1"), {"next_word_at"}),
])  # fmt: skip
def test_what_a_release_demands(ready: Readiness, release: Release, fields: set[str]) -> None:
    assert set(phases.release_errors(ready, release, NOW)) == fields


def decision(aware: float = 2, detected: float = 4, basis: str = "The export log showed it.", person: str = "DPO") -> Decision:
    return Decision(NOW - detected * HOUR, NOW - aware * HOUR, basis, person)


@pytest.mark.parametrize(("made", "first_told", "fields"), [
    (decision(), None, set()), (decision(2, 2, ""), None, set()), (decision(2, 4, "short"), None, {"awareness_reason"}),
    (decision(-1, 4), None, {"aware_at"}), (decision(4, 2), None, {"aware_at"}), (decision(-1, -1), None, {"aware_at", "detected_at"}),
    (decision(2), NOW - 3 * HOUR, {"aware_at"}), (decision(3), NOW - 2 * HOUR, set()),
])  # fmt: skip
def test_awareness_must_make_sense(made: Decision, first_told: datetime | None, fields: set[str]) -> None:
    assert set(awareness.errors(made, NOW, first_told_at=first_told)) == fields


def test_a_correction_needs_a_reason_and_a_change() -> None:
    old = decision()
    assert set(awareness.correction_errors(old, decision(3), "The log was read wrongly.", NOW, Known())) == set()
    assert set(awareness.correction_errors(old, decision(3), "typo", NOW, Known())) == {"reason"}
    assert set(awareness.correction_errors(old, old, "The log was read wrongly.", NOW, Known())) == {"aware_at"}


@pytest.mark.parametrize(("own", "aware", "fields"), [(2, 1, {"aware_at"}), (2, 2, set()), (2, 3.5, set()), (None, 1, set())])
def test_the_incident_was_known_by_when_customers_named_later_were(own: float | None, aware: float, fields: set[str]) -> None:
    known = Known(own_aware_at=None if own is None else NOW - own * HOUR)
    assert set(awareness.correction_errors(decision(3), decision(aware), "The log was read wrongly.", NOW, known)) == fields


@pytest.mark.parametrize(("running", "own", "due", "before", "after", "effect"), [
    # What binds in hours from now: as it stands, by the times it runs from, by the corrected ones; none where the dates do not move.
    (True, False, 22, 22, 23, Effect.RECOUNT), (True, False, 22, 22, 19, Effect.RECOUNT), (True, False, 22, 22, -1, Effect.RECOUNT),
    (False, False, 22, 22, 23, Effect.FROZEN), (False, False, -1, -1, -5, Effect.FROZEN),
    (True, True, 23, 23, None, Effect.OWN), (True, True, 23, 23, 20, Effect.RECOUNT),
    (True, False, -1, -1, 1, Effect.MISSED), (True, False, 0, 0, 1, Effect.MISSED), (True, True, -1, -1, 1, Effect.MISSED),
    (True, False, -1, -1, -4, Effect.RECOUNT), (True, False, -1, -1, None, Effect.SAME),
    # An extension that was missed, too, is no reason to count later times anew.
    (True, False, -1, -24, -19, Effect.MISSED),
])  # fmt: skip
def test_a_correction_never_undoes_a_missed_deadline(running: bool, own: bool, due: float, before: float, after: float | None, effect: Effect) -> None:
    moved = after is not None
    clock = ClockFacts(running, own, NOW + due * HOUR, moved, NOW + before * HOUR, NOW + (after if after is not None else before) * HOUR)
    assert awareness.effect(clock, NOW) is effect


def handed(**changes: object) -> Handed:
    return Handed(**({"channel": Channel.POST, "given_at": NOW - HOUR, "proof": "RR 1234 5678 9 FR", "received_at": None} | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("given", "fields"), [
    (handed(), set()), (handed(channel=Channel.EMAIL), {"channel"}), (handed(given_at=NOW + HOUR), {"given_at"}),
    (handed(given_at=NOW - 9 * HOUR), {"given_at"}), (handed(proof=" x "), {"proof"}), (handed(received_at=NOW - 2 * HOUR), {"received_at"}),
    (handed(received_at=NOW), set()), (handed(received_at=NOW + HOUR), {"received_at"}),
    (handed(channel=Channel.PHONE, given_at=NOW - 6 * HOUR), {"said"}),
    (handed(channel=Channel.PHONE, given_at=NOW - 6 * HOUR, said="Sorry."), {"said"}),
    (handed(channel=Channel.PHONE, given_at=NOW - 6 * HOUR, said="An export of your pupils' reports was open."), set()),
    (handed(channel=Channel.PERSON, given_at=NOW - 6 * HOUR, said="An export of your pupils' reports was open."), set()),
    (handed(channel=Channel.PHONE, given_at=NOW - 9 * HOUR, said="An export of your pupils' reports was open."), {"given_at"}),
    (handed(channel=Channel.COURIER, given_at=NOW - 6 * HOUR, said="An export of your pupils' reports was open."), {"given_at"}),
    (handed(channel=Channel.PHONE, given_at=(NOW - 5 * HOUR).replace(second=0)), set()),
])  # fmt: skip
def test_what_is_recorded_by_hand(given: Handed, fields: set[str]) -> None:
    assert set(channels.handed_errors(given, NOW, NOW - 5 * HOUR + timedelta(seconds=20), NOW - 8 * HOUR)) == fields


@pytest.mark.parametrize(("given", "days", "effective"), [
    (handed(channel=Channel.PHONE), None, NOW - HOUR),
    (handed(channel=Channel.COURIER), None, NOW - HOUR),
    (handed(), None, datetime(2026, 11, 25, 22, 59, 59, tzinfo=UTC)),
    (handed(), 5, datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC)),
    (handed(received_at=NOW), 5, NOW),
    (handed(given_at=datetime(2026, 3, 27, 23, 30, tzinfo=UTC)), 1, datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)),
])  # fmt: skip
def test_when_a_notice_counts_as_received(given: Handed, days: int | None, effective: datetime) -> None:
    assert channels.effective_at(given, "Europe/Paris", days) == effective


@pytest.mark.parametrize(("own", "order"), [
    ([], [Channel.EMAIL, Channel.PHONE, Channel.COURIER, Channel.POST]),
    ([Channel.POST, Channel.EMAIL, Channel.COURIER], [Channel.EMAIL, Channel.COURIER, Channel.POST, Channel.PHONE]),
    ([Channel.POST], [Channel.POST, Channel.EMAIL, Channel.PHONE, Channel.COURIER]),
])  # fmt: skip
def test_channels_are_proposed_one_after_the_other_the_contracts_own_first(own: list[Channel], order: list[Channel]) -> None:
    tried: list[Channel] = []
    while (channel := channels.next_channel(tried, own)) is not None:
        tried.append(channel)
    assert tried == order


def case(**changes: object) -> CaseFacts:
    fields: dict[str, object] = {
        "state": CaseState.OPEN, "affected": 3, "open_clocks": 0, "unexplained": 0, "undelivered": 0, "on_its_way": 0, "draft": False, "word_owed": False,
        "told": 3, "put_right": False,
    }
    return CaseFacts(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("facts", "words"), [
    (case(), ()), (case(affected=0, told=0), ("Name who is affected",)), (case(open_clocks=1), ("Tell 1 customer whose clock",)),
    (case(open_clocks=2, unexplained=1), ("Tell 2 customers", "Give the reason why 1 customer was told late")),
    (case(undelivered=1), ("Deal with the notices of 1 customer",)), (case(on_its_way=1), ("Wait until",)), (case(draft=True), ("Release the notice",)),
    (case(word_owed=True), ("Give the further word",)), (case(state=CaseState.CLOSED), ("closed already",)),
])  # fmt: skip
def test_what_keeps_a_case_open(facts: CaseFacts, words: tuple[str, ...]) -> None:
    problems = closing.closing_problems(facts)
    assert len(problems) == len(words)
    assert all(word in problem for word, problem in zip(words, problems, strict=True))


@pytest.mark.parametrize(("facts", "reason", "refused"), [
    (case(told=0, open_clocks=3), "The file held test data only.", False),
    (case(told=0), "test data", True),
    (case(), "The file held test data only.", True),
    (case(put_right=True), "The file held test data only.", False),
    (case(told=0, on_its_way=1), "The file held test data only.", True),
    (case(told=0, draft=True), "The file held test data only.", True),
    (case(state=CaseState.NO_BREACH), "The file held test data only.", True),
])  # fmt: skip
def test_closing_as_no_breach(facts: CaseFacts, reason: str, refused: bool) -> None:
    assert bool(closing.no_breach_problems(facts, reason)) is refused


PARIS = {"zone": "Europe/Paris", "calendar": calendar_named("FR")}
FRIDAY = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # 16:00 in Paris


def dues(profile: Profile, facts: Facts) -> dict[str, str]:
    return {clock.name: clock.deadline.local_due.isoformat(timespec="minutes") for clock in regimes.clocks(profile, facts, **PARIS)}  # type: ignore[arg-type]


def test_nis2_counts_from_awareness_and_from_the_notification_made() -> None:
    assert dues(Profile.NIS2, Facts(FRIDAY)) == {
        "nis2:warning": "2026-11-21T16:00+01:00", "nis2:notification": "2026-11-23T16:00+01:00", "nis2:final": "2026-12-23T23:59+01:00",
    }
    assert dues(Profile.NIS2, Facts(FRIDAY, second_report_at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC)))["nis2:final"] == "2026-12-22T23:59+01:00"


@pytest.mark.parametrize(("classified", "initial"), [
    (None, "2026-11-19T16:00+01:00"),
    (1, "2026-11-18T21:00+01:00"),
    (22, "2026-11-19T16:00+01:00"),
    (30, "2026-11-20T02:00+01:00"),
])  # fmt: skip
def test_dora_four_hours_from_classification_at_most_a_day_from_awareness(classified: int | None, initial: str) -> None:
    aware = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)  # a Wednesday
    facts = Facts(aware, classified_at=aware + timedelta(hours=classified) if classified else None)
    assert dues(Profile.DORA, facts)["dora:initial"] == initial


def test_the_weekend_rule_of_dora_and_who_it_does_not_help() -> None:
    assert dues(Profile.DORA, Facts(FRIDAY))["dora:initial"] == "2026-11-23T12:00+01:00", "noon of Monday"
    assert dues(Profile.DORA_NO_ROLL, Facts(FRIDAY))["dora:initial"] == "2026-11-21T16:00+01:00"


def test_the_controllers_own_hours_run_from_when_it_was_told_and_bind_nobody_here() -> None:
    told_at = FRIDAY + 3 * HOUR
    [clock] = regimes.clocks(Profile.GDPR_72, Facts(FRIDAY, first_report_at=told_at), **PARIS)  # type: ignore[arg-type]
    assert (clock.deadline.due, clock.binding) == (told_at + 72 * HOUR, False)
    [proposal] = regimes.clocks(Profile.PROPOSAL_96, Facts(FRIDAY), **PARIS)  # type: ignore[arg-type]
    assert (proposal.deadline.due, proposal.binding) == (FRIDAY + 96 * HOUR, False)


@pytest.mark.parametrize(("since", "basis", "field"), [
    (0, "", None), (1, "", "aware_reason"), (1, " short  ", "aware_reason"), (1, "Its table was found in the second export.", None),
    (1, "x" * 2_001, "aware_reason"), (-1, "Its table was found in the second export.", "aware_at"), (4, "Its table was found in the second export.", "aware_at"),
])  # fmt: skip
def test_a_later_awareness_that_just_some_are_affected_needs_its_basis(since: int, basis: str, field: str | None) -> None:
    found = awareness.later_errors(NOW - 3 * HOUR, NOW + (since - 3) * HOUR, basis, NOW)
    assert list(found) == ([field] if field else [])
