"""What people do with breaches, on a plain session and both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.alerts.models import OutboxMessage
from dpa.breaches import case_counts, operations, queries, recipients
from dpa.breaches.models import Affected, Breach, Delivery
from dpa.breaches.operations.releasing import Released
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft, Incident, Selection, Standing
from dpa.deadlines import recompute
from dpa.docket import operations as docket
from dpa.docket.models import DocketEntry
from dpa.evidence.trail.models import TrailEvent
from dpa.parties.queries import Recipient
from dpa.parties.rules import Purpose
from dpa.problems import Conflict, Invalid
from tests.breaches.conftest import NOW, Ground, ground_for
from tests.support.databases import Database

AWARE = NOW - timedelta(hours=2)
DRAFT = Draft("An export leaked.", "DPO, +33 1 00 00 00 00", "", "Access was closed.", "")


def incident(**changes: object) -> Incident:
    facts: dict[str, object] = {
        "title": "Export leak", "known": "An export leaked.", "detected_at": AWARE, "aware_at": AWARE, "awareness_reason": "",
    }
    return Incident(**(facts | changes))  # type: ignore[arg-type]


def recorded(ground: Ground, **changes: object) -> Breach:
    with ground.unit() as unit:
        return operations.record_incident(unit, ground.organisation, incident(**changes))


def affect(ground: Ground, breach: Breach, *agreements: object, now: datetime = NOW) -> list[Affected]:
    with ground.unit(now) as unit:
        return operations.add_affected(unit, breach, [a.id for a in agreements], Selection.BY_LIST)  # type: ignore[attr-defined]


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(TrailEvent.action).order_by(TrailEvent.idx)))


def test_incidents_are_numbered_without_gaps_in_the_year_of_awareness(lemon: Ground) -> None:
    first, second = recorded(lemon), recorded(lemon)
    late = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)  # already 2026 in Paris
    third = recorded(lemon, detected_at=late, aware_at=late)
    assert [b.reference for b in (first, second, third)] == ["LL-2026-001", "LL-2026-002", "LL-2026-003"]


def test_a_refused_incident_writes_nothing(lemon: Ground) -> None:
    before = actions(lemon.session)
    with pytest.raises(Invalid) as caught, lemon.unit() as unit:
        operations.record_incident(unit, lemon.organisation, incident(title="", aware_at=NOW + timedelta(hours=1)))
    assert set(caught.value.fields) == {"title", "aware_at"}
    assert actions(lemon.session) == before
    assert lemon.session.scalar(select(Breach.id)) is None


def test_each_customer_gets_a_clock_of_24_elapsed_hours_from_the_contract(lemon: Ground) -> None:
    one, two = lemon.customer(1, (Purpose.SECURITY, "s@one.example")), lemon.customer(2)
    breach = recorded(lemon)
    rows = affect(lemon, breach, one, two)
    entries = [lemon.session.get_one(DocketEntry, row.docket_entry_id) for row in rows]
    assert {entry.target_at for entry in entries} == {AWARE + timedelta(hours=24)}
    assert {entry.due_at for entry in entries} == {AWARE + timedelta(hours=24)}
    assert {entry.origin for entry in entries} == {"contract"}
    assert all("15.4" in entry.basis for entry in entries)
    assert {entry.terms_version for entry in entries} == {"lemon-learning/1+1"}
    for entry in entries:
        assert recompute(entry.rule["target"]).due == entry.target_at
    assert actions(lemon.session)[-1] == "breaches:affected:added"


@pytest.mark.parametrize(
    ("slug", "clause", "words"),
    [
        ("light-and-shadows", "29.2.7", "house target 24 hours"),
        ("lighton", "Art. 33(2)", "not on file; house target 24 hours"),
        ("light-company", "Art. 33(2)", "not on file; house target 24 hours"),
        ("lightenup", "Art. 33(2)", "no DPA on file; house target 24 hours"),
    ],
)
def test_where_nobody_gives_hours_the_target_is_called_policy(database: Database, session: Session, slug: str, clause: str, words: str) -> None:
    ground = ground_for(database, slug, session)
    row = affect(ground, recorded(ground), ground.customer(1))[0]
    entry = session.get_one(DocketEntry, row.docket_entry_id)
    assert entry.origin == "house_policy"
    assert entry.due_at is None
    assert entry.target_at == AWARE + timedelta(hours=24)
    assert clause in entry.basis
    assert words in entry.basis


def test_a_clock_over_the_autumn_night_has_24_elapsed_hours(lemon: Ground) -> None:
    aware = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
    breach = recorded(lemon, detected_at=aware, aware_at=aware)
    row = affect(lemon, breach, lemon.customer(1))[0]
    assert lemon.session.get_one(DocketEntry, row.docket_entry_id).target_at == aware + timedelta(seconds=86_400)


def test_naming_more_customers_later_leaves_the_first_clocks_alone(lemon: Ground) -> None:
    one, two = lemon.customer(1), lemon.customer(2)
    breach = recorded(lemon)
    first = affect(lemon, breach, one)[0]
    second = affect(lemon, breach, one, two, now=NOW + timedelta(hours=1))
    assert [row.agreement_id for row in second] == [two.id]
    assert lemon.session.get_one(DocketEntry, first.docket_entry_id).version == 1
    with pytest.raises(Invalid, match="No further agreement"):
        affect(lemon, breach, one, two)


def test_another_organisations_agreement_is_refused(lemon: Ground, database: Database, session: Session) -> None:
    foreign = ground_for(database, "lighton", session).customer(9)
    breach = recorded(lemon)
    with pytest.raises(Invalid, match="not there any more"):
        affect(lemon, breach, foreign)
    assert queries.affected_ids(session, breach.id) == set()


def released(lemon: Ground) -> Breach:
    one = lemon.customer(1, (Purpose.PRIVACY, "p@one.example"), (Purpose.SECURITY, "s@one.example"))
    own = lemon.organisation.mail_domains[0]
    trap = lemon.customer(2, (Purpose.PRIVACY, f"dpo@{own}"))
    bare = lemon.customer(3, (Purpose.FINANCE, "money@three.example"))
    breach = recorded(lemon)
    affect(lemon, breach, one, trap, bare)
    with lemon.unit() as unit:
        operations.save_draft(unit, breach, DRAFT)
    with lemon.unit() as unit:
        assert operations.release_notice(unit, breach, lemon.organisation) == Released(1, 2)
    return breach


def test_release_queues_one_mail_per_reachable_customer_and_blocks_the_vendors_own_mailbox(lemon: Ground) -> None:
    breach = released(lemon)
    mails = list(lemon.session.scalars(select(OutboxMessage).where(OutboxMessage.category == "notice")))
    assert [mail.to_address for mail in mails] == ["s@one.example"]
    assert "LL-2026-001" in mails[0].subject
    assert "Not known yet" in mails[0].body_text
    counts = case_counts.overview(lemon.session, breach, lemon.organisation.mail_domains)[0]
    assert counts == {Standing.RELEASED: 1, Standing.NO_RECIPIENT: 2}
    assert "breaches:notice:released" in actions(lemon.session)


def test_a_released_text_is_fixed_and_a_second_release_reaches_only_those_without(lemon: Ground) -> None:
    breach = released(lemon)
    before = breach.notices[0].nature
    with lemon.unit() as unit:
        later = operations.save_draft(unit, breach, Draft("Something new.", "DPO", "", "", ""))
        assert (later.number, later.phase) == (2, Phase.SUPPLEMENT), "what was released stays as it is; new words are a phase of their own"
    assert breach.notices[0].nature == before
    with lemon.unit() as unit:
        operations.discard_draft(unit, breach)
    with pytest.raises(Conflict, match="documents of customers without a usable address are ordered already"), lemon.unit() as unit:
        operations.release_notice(unit, breach, lemon.organisation)
    assert lemon.session.scalar(select(OutboxMessage.id).where(OutboxMessage.category == "notice").offset(1)) is None


def test_acceptance_meets_the_clock_once_and_freezes_lateness(lemon: Ground) -> None:
    breach = released(lemon)
    row = lemon.session.scalars(select(Delivery)).one()
    accepted = AWARE + timedelta(hours=25)
    with lemon.unit(accepted, "system:alerts") as unit:
        message = unit.session.get_one(OutboxMessage, row.outbox_id)
        message.sent_at = accepted
        operations.notices_sent(unit, [message])
    entry = lemon.session.get_one(DocketEntry, row.affected.docket_entry_id)
    assert (entry.met_at, entry.late_s) == (accepted, 3600)
    with lemon.unit(accepted + timedelta(hours=1), "system:alerts") as unit:
        operations.notices_sent(unit, [unit.session.get_one(OutboxMessage, row.outbox_id)])
    lemon.session.refresh(entry)
    assert (entry.met_at, entry.late_s) == (accepted, 3600)
    assert actions(lemon.session).count("breaches:notice:sent") == 1
    assert case_counts.overview(lemon.session, breach, lemon.organisation.mail_domains)[0][Standing.SENT] == 1


def test_a_notice_without_text_or_contact_cannot_be_released(lemon: Ground) -> None:
    breach = recorded(lemon)
    affect(lemon, breach, lemon.customer(1, (Purpose.SECURITY, "s@one.example")))
    with pytest.raises(Conflict, match="no notice to release"), lemon.unit() as unit:
        operations.release_notice(unit, breach, lemon.organisation)
    with lemon.unit() as unit:
        operations.save_draft(unit, breach, Draft("It leaked.", "", "", "", ""))
    with pytest.raises(Invalid) as caught, lemon.unit() as unit:
        operations.release_notice(unit, breach, lemon.organisation)
    assert set(caught.value.fields) == {"contact"}
    assert lemon.session.scalar(select(OutboxMessage.id)) is None


@pytest.mark.parametrize(
    ("contacts", "expected", "words"),
    [
        ((), None, "No security, privacy or notices contact"),
        (((1, Purpose.PRIVACY, "a@x.example"),), "a@x.example", None),
        (((1, Purpose.SECURITY, "dpo@lemon.example"), (2, Purpose.PRIVACY, "a@x.example")), "a@x.example", None),
        (((1, Purpose.SECURITY, "dpo@mail.lemon.example"),), None, "own"),
        (((1, Purpose.SECURITY, "élodie@x.example"), (2, Purpose.PRIVACY, "a@x.example")), "a@x.example", None),
        (((1, Purpose.SECURITY, "élodie@x.example"),), None, "Mail cannot be sent to “élodie@x.example”: write it as name@example.org"),
    ],
)
def test_the_first_usable_contact_is_chosen(contacts: tuple[tuple[int, Purpose, str], ...], expected: str | None, words: str | None) -> None:
    found = recipients.choose([Recipient(key, purpose, "", address) for key, purpose, address in contacts], ["lemon.example"])
    assert (found.recipient.email if found.recipient else None) == expected
    assert (words in (found.problem or "")) if words else found.problem is None


def test_a_waived_customer_is_left_out_of_the_release_and_shown_as_waived(lemon: Ground) -> None:
    one = lemon.customer(1, (Purpose.SECURITY, "s@one.example"))
    two = lemon.customer(2, (Purpose.SECURITY, "s@two.example"))
    breach = recorded(lemon)
    rows = affect(lemon, breach, one, two)
    with lemon.unit() as unit:
        docket.waive(unit, unit.session.get_one(DocketEntry, rows[1].docket_entry_id), "No data of this customer was in the export.")
    with lemon.unit() as unit:
        operations.save_draft(unit, breach, DRAFT)
    with lemon.unit() as unit:
        assert operations.release_notice(unit, breach, lemon.organisation) == Released(1, 0)
    mails = lemon.session.scalars(select(OutboxMessage.to_address).where(OutboxMessage.category == "notice"))
    assert list(mails) == ["s@one.example"]
    counts = case_counts.overview(lemon.session, breach, lemon.organisation.mail_domains)[0]
    assert counts == {Standing.RELEASED: 1, Standing.WAIVED: 1}


def test_without_a_mail_server_nobody_is_said_to_have_accepted(lemon: Ground) -> None:
    released(lemon)
    row = lemon.session.scalars(select(Delivery)).one()
    with lemon.unit(NOW, "system:alerts") as unit:
        message = unit.session.get_one(OutboxMessage, row.outbox_id)
        message.kept = True
        operations.notices_sent(unit, [message])
    body = lemon.session.scalars(select(TrailEvent.body).where(TrailEvent.action == "breaches:notice:sent")).one()
    assert "kept in the file mailbox" in body
    assert "accepted by" not in body
