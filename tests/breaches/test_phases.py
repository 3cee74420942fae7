"""The whole life of a case on a plain session: phases, corrections, other channels, lateness, decisions, closing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.breaches import case_counts, jobs, links, operations, queries
from dpa.breaches.awareness import Decision
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.closing import CaseState, Ending
from dpa.breaches.models import Affected, Breach, BreachAwareness, CaseLink, Delivery, Notice
from dpa.breaches.operations import following
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft, Selection, Standing
from dpa.docket.models import DocketEntry
from dpa.evidence.register import records
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.verify import verify_database
from dpa.parties.rules import Purpose
from dpa.people.operations import NewPerson, invite
from dpa.people.roles import Role
from dpa.problems import Conflict, Invalid, NotFound
from dpa.slice import Tick
from tests.breaches.conftest import NO_FINAL, NOW, Ground, with_news
from tests.breaches.test_operations import AWARE, incident
from tests.support.databases import Database

HOUR = timedelta(hours=1)
DRAFT = Draft("An export leaked.", "Ana Duarte, +33 1 00 00 00 00", "", "Access was closed.", "")
REASON = "The log was read wrongly at first."


class Case:
    """A case of two customers, and the acts on it at chosen hours after NOW."""

    def __init__(self, ground: Ground, *, customers: int = 2, **facts: object) -> None:
        self.ground = ground
        self.agreements = [ground.customer(n, (Purpose.SECURITY, f"s@c{n}.example")) for n in range(1, customers + 1)]
        with ground.unit() as unit:
            self.id = operations.record_incident(unit, ground.organisation, incident(**facts)).id
        self.name(*self.agreements)

    @property
    def breach(self) -> Breach:
        return self.ground.session.get_one(Breach, self.id)

    @property
    def rows(self) -> list[Affected]:
        return list(self.ground.session.scalars(select(Affected).where(Affected.breach_id == self.id).order_by(Affected.id)))

    def entry(self, place: int = 0) -> DocketEntry:
        self.ground.session.expire_all()
        return self.ground.session.get_one(DocketEntry, self.rows[place].docket_entry_id)

    def at(self, hours: float, actor: str = "u:1"):  # type: ignore[no-untyped-def]
        return self.ground.unit(NOW + hours * HOUR, actor)

    def name(self, *agreements: object, hours: float = 0, aware_at: datetime | None = None) -> None:
        with self.at(hours) as unit:
            operations.add_affected(unit, self.breach, [a.id for a in agreements], Selection.BY_LIST, aware_at=aware_at, aware_reason=REASON)  # type: ignore[attr-defined]

    def write(self, draft: Draft = DRAFT, phase: Phase | None = None, *, hours: float = 0, word: datetime | None = None, actor: str = "u:1") -> None:
        with self.at(hours, actor) as unit:
            operations.save_draft(unit, self.breach, with_news(self.breach, draft), phase, word)

    def release(self, hours: float = 0, actor: str = "u:1", **reasons: str) -> int:
        with self.at(hours, actor) as unit:
            return operations.release_notice(unit, self.breach, unit.session.merge(self.ground.organisation), **reasons).mails

    def deliver(self, hours: float = 0) -> int:
        """Have the mail server accept everything that waits."""
        with self.at(hours, "system:alerts") as unit:
            waiting = select(Delivery).where(Delivery.given_at.is_(None), Delivery.outbox_id.is_not(None))
            messages = [unit.session.get_one(OutboxMessage, one.outbox_id) for one in unit.session.scalars(waiting).all()]
            for message in messages:
                message.sent_at = unit.now
                message.state = "sent"  # type: ignore[assignment]
                operations.notices_sent(unit, [message])
            return len(messages)

    def deem(self, hours: float) -> str:
        at = NOW + hours * HOUR
        return jobs.deemed(Tick(self.ground.session, at, self.ground.settings, lambda actor: self.ground.unit(at, actor), "test:1"))

    def tell(self, hours: float = 0, phase: Phase | None = None, word: datetime | None = None, **reasons: str) -> None:
        self.write(phase=phase, hours=hours, word=word)
        self.release(hours, **reasons)
        self.deliver(hours)

    def standings(self) -> dict[Standing, int]:
        self.ground.session.expire_all()
        return dict(case_counts.overview(self.ground.session, self.breach, self.ground.organisation.mail_domains)[0])

    def open(self, kind: str) -> list[DocketEntry]:
        self.ground.session.expire_all()
        query = select(DocketEntry).where(DocketEntry.kind == kind, DocketEntry.state == "open")
        return list(self.ground.session.scalars(query))

    def events(self) -> list[str]:
        query = select(TrailEvent.action).where(TrailEvent.subject_type == "breach", TrailEvent.subject_id == str(self.id)).order_by(TrailEvent.idx)
        return list(self.ground.session.scalars(query))


@pytest.fixture
def case(lemon: Ground) -> Case:
    return Case(lemon)


def test_each_phase_is_a_record_of_its_own_and_meets_the_clock_once(case: Case) -> None:
    case.tell(1)
    first = case.entry().met_at
    case.tell(5, Phase.SUPPLEMENT)
    case.tell(9, Phase.FINAL)
    assert case.entry().met_at == first == NOW + HOUR
    assert [(n.number, n.phase) for n in case.breach.notices] == [(1, Phase.INITIAL), (2, Phase.SUPPLEMENT), (3, Phase.FINAL)]
    papers = case.ground.session.scalars(select(IssuedDocument).order_by(IssuedDocument.id)).all()
    assert [paper.reference for paper in papers] == [f"LL-BN-2026-000{n}" for n in range(1, 7)]
    last = records.read(papers[-1].content)["content"]
    assert (last["phase"], last["before"]) == ("final", ["LL-BN-2026-0002", "LL-BN-2026-0004"])
    mails = case.ground.session.scalars(select(OutboxMessage).where(OutboxMessage.category == "notice").order_by(OutboxMessage.id)).all()
    assert [mail.subject.split(": ")[1].split(" under")[0] for mail in mails[::2]] == ["notice", "supplement", "final notice"]
    with pytest.raises(Conflict, match="cannot come now"):
        case.write(phase=Phase.SUPPLEMENT, hours=10)


def test_a_promised_word_is_a_clock_and_a_late_one_needs_its_reason(case: Case) -> None:
    promised = NOW + 5 * HOUR + timedelta(minutes=40)
    case.tell(1, word=promised)
    [word] = case.open(following.WORD)
    assert (word.target_at, word.origin) == (promised, "decision"), "due as it was promised, not some whole number of hours after the release"
    case.write(phase=Phase.SUPPLEMENT, hours=6)
    with pytest.raises(Invalid, match="comes late"):
        case.release(6)
    case.release(6, late_reason="The log analysis took longer than expected.")
    assert case.open(following.WORD) == []
    case.ground.session.expire_all()
    assert case.ground.session.get_one(DocketEntry, word.id).late_s == 20 * 60
    assert case.breach.notices[1].late_reason.startswith("The log analysis")


def test_correcting_awareness_counts_running_clocks_anew_and_keeps_the_decision_before(case: Case) -> None:
    old = case.entry().target_at
    with case.at(1) as unit:
        moved = operations.correct_awareness(unit, case.breach, Decision(AWARE - HOUR, AWARE - HOUR, "", "Night desk"), REASON)
    assert moved == 2
    assert case.entry().target_at == old - HOUR
    decisions = case.ground.session.scalars(select(BreachAwareness).order_by(BreachAwareness.number)).all()
    assert [(d.number, d.aware_at, d.reason) for d in decisions] == [(1, AWARE, ""), (2, AWARE - HOUR, REASON)]
    assert case.breach.aware_at == AWARE - HOUR


def test_correcting_awareness_never_undoes_a_missed_deadline(case: Case) -> None:
    before = case.entry().target_at
    with case.at(30) as unit:
        assert operations.correct_awareness(unit, case.breach, Decision(AWARE, NOW + 20 * HOUR, "Only then the log was read.", ""), REASON) == 0
    assert case.entry().target_at == before
    case.tell(31)
    assert (case.entry().late_s or 0) > 0


def test_a_met_clock_is_frozen_whatever_is_corrected_later(case: Case) -> None:
    case.tell(20)
    frozen = case.entry().late_s
    with case.at(21) as unit:
        assert operations.correct_awareness(unit, case.breach, Decision(AWARE - 9 * HOUR, AWARE - 9 * HOUR, "", ""), REASON) == 0
    assert case.entry().late_s == frozen
    with pytest.raises(Invalid, match="cannot be corrected"), case.at(22) as unit:
        operations.correct_awareness(unit, case.breach, Decision(AWARE, NOW + 21 * HOUR, "Only then the log was read.", ""), REASON)


def test_customers_found_later_get_clocks_from_their_own_awareness(case: Case) -> None:
    case.tell(1)
    late = case.ground.customer(7, (Purpose.SECURITY, "s@c7.example"))
    case.name(late, hours=10, aware_at=NOW + 9 * HOUR)
    assert case.entry(2).target_at == NOW + 33 * HOUR
    assert case.standings() == {Standing.SENT: 2, Standing.WAITING: 1}
    assert case.release(11) == 1, "the newest phase goes to whoever has not got it, and to nobody twice"
    case.deliver(11)
    assert case.entry(2).met_at == NOW + 11 * HOUR
    with pytest.raises(Invalid, match="between awareness"):
        case.name(case.ground.customer(8), hours=12, aware_at=AWARE - HOUR)


def test_another_channel_meets_the_clock_when_it_counts_as_received(case: Case) -> None:
    case.write()
    case.release(1)
    with case.at(3) as unit:
        row = unit.session.get_one(Affected, case.rows[0].id)
        operations.hand_over(unit, case.breach, row, Handed(Channel.COURIER, NOW + 2 * HOUR, "Receipt 4711, signed by the desk", NOW + 2.5 * HOUR))
    assert case.entry().met_at == NOW + 2.5 * HOUR
    with case.at(3) as unit:
        row = unit.session.get_one(Affected, case.rows[1].id)
        posted = operations.hand_over(unit, case.breach, row, Handed(Channel.POST, NOW + 2 * HOUR, "RR 1234 5678 9 FR"))
    assert posted.effective_at == datetime.fromisoformat("2026-11-27T22:59:59+00:00"), "the fifth working day after posting, as 16.4 of the contract has it"
    assert case.entry(1).met_at is None, "it does not count yet"
    assert case.deem(90) == "", "the house rule of three days does not overrule the contract"
    assert case.deem(140) == "1 notice counts as received"
    assert (case.entry(1).late_s or 0) > 0, "a letter deemed received on the fifth working day misses 24 hours"
    assert case.deem(141) == ""
    case.deliver(142)
    assert case.entry().met_at == NOW + 2.5 * HOUR, "the first one given counts"


def test_lateness_needs_a_reason_before_the_case_can_be_closed(case: Case) -> None:
    case.tell(30)
    with pytest.raises(Conflict, match="Give the reason why 2 customers were told late"), case.at(31) as unit:
        operations.close(unit, case.breach, Ending("All customers were told.", NO_FINAL))
    with case.at(31) as unit:
        rows = list(unit.session.scalars(select(Affected)))
        assert operations.explain_lateness(unit, case.breach, rows, "The awareness meeting took place a day late.") == 2
    with pytest.raises(Conflict, match="has its reason already"), case.at(32) as unit:
        operations.explain_lateness(unit, case.breach, list(unit.session.scalars(select(Affected))), "Something else entirely.")
    with case.at(32) as unit:
        operations.close(unit, case.breach, Ending("All customers were told, late.", NO_FINAL))
    assert case.breach.state is CaseState.CLOSED


def test_a_case_with_an_open_clock_cannot_be_closed(case: Case) -> None:
    with pytest.raises(Conflict, match="Tell 2 customers whose clock still runs"), case.at(1) as unit:
        operations.close(unit, case.breach, Ending("Nothing more to do here.", NO_FINAL))


def test_customers_who_expect_more_get_a_final_notice_or_a_reason_is_on_record(case: Case) -> None:
    case.tell(1)
    with pytest.raises(Invalid, match="Send them a final notice"), case.at(2) as unit:
        operations.close(unit, case.breach, Ending("All customers were told."))
    with case.at(2) as unit:
        operations.close(unit, case.breach, Ending("All customers were told.", NO_FINAL))
    assert case.breach.close_reason == f"All customers were told. No final notice was sent: {NO_FINAL}"


def test_after_a_final_notice_nothing_need_be_said(case: Case) -> None:
    case.tell(1)
    case.tell(2, Phase.FINAL)
    with case.at(3) as unit:
        operations.close(unit, case.breach, Ending("All customers were told.", "It was forgotten in the form."))
    assert case.breach.close_reason == "All customers were told."


def test_that_no_notice_is_owed_is_a_decision_of_a_named_person(case: Case) -> None:
    with pytest.raises(Invalid, match="why no notice is owed"), case.at(1) as unit:
        operations.owe_nothing(unit, case.breach, unit.session.get_one(Affected, case.rows[1].id), "no data")
    with case.at(1, "u:7") as unit:
        operations.owe_nothing(unit, case.breach, unit.session.get_one(Affected, case.rows[1].id), "No data of this customer was in the export.")
    row = case.rows[1]
    assert (row.not_required_by, case.entry(1).state) == ("u:7", "waived")
    case.tell(2)
    assert case.standings() == {Standing.SENT: 1, Standing.WAIVED: 1}
    with pytest.raises(Conflict, match="told already"), case.at(3) as unit:
        operations.owe_nothing(unit, case.breach, unit.session.get_one(Affected, case.rows[0].id), "No data of this customer was in the export.")


def test_a_suspicion_that_was_none_is_closed_as_such_and_its_clocks_are_waived(case: Case) -> None:
    with case.at(1) as unit:
        operations.close_as_no_breach(unit, case.breach, "The file held generated test data only.")
    assert case.breach.state is CaseState.NO_BREACH
    assert [case.entry(n).state for n in (0, 1)] == ["waived", "waived"]
    assert case.ground.session.scalars(select(DocketEntry)).all(), "waived, not deleted"
    with pytest.raises(Conflict, match="The case is closed"):
        case.write(hours=2)


def test_customers_who_were_told_are_told_the_truth_before_it_ends_as_no_breach(case: Case) -> None:
    case.tell(1)
    with pytest.raises(Invalid, match="send them a correction"), case.at(2) as unit:
        operations.close_as_no_breach(unit, case.breach, "The file held generated test data only.")
    with case.at(3) as unit:
        operations.save_draft(unit, case.breach, DRAFT, Phase.CORRECTION, withdraws=True)
    case.release(3)
    case.deliver(3.5)
    with case.at(4) as unit:
        operations.close_as_no_breach(unit, case.breach, "The file held generated test data only.")
    assert case.breach.state is CaseState.NO_BREACH


def test_a_closed_case_can_be_opened_again_with_a_reason(case: Case) -> None:
    case.tell(1)
    with case.at(2) as unit:
        operations.close(unit, case.breach, Ending("All customers were told in time.", NO_FINAL))
    with pytest.raises(Invalid), case.at(3) as unit:
        operations.reopen(unit, case.breach, "new")
    with case.at(3) as unit:
        operations.reopen(unit, case.breach, "A further log was found.")
    case.tell(4, Phase.SUPPLEMENT)
    assert case.events()[-1] == "breaches:notice:sent"


def test_a_second_person_approves_where_the_house_asks_for_it(case: Case) -> None:
    with case.at(0) as unit:
        operations.change_settings(unit, case.ground.organisation.id, four_eyes=True, acknowledge_hours=24, profiles=())
        ids = [invite(unit, unit.session.merge(case.ground.organisation), NewPerson(f"p{n}@desk.example", f"Person {n}"), Role.DPO).person.id for n in (1, 2)]
    writer, second = (f"u:{number}" for number in ids)
    case.write(actor=writer)
    with pytest.raises(Invalid, match="second person"):
        case.release(1, writer)
    with pytest.raises(Conflict, match="cannot be its second person"), case.at(1, writer) as unit:
        operations.approve(unit, case.breach)
    with case.at(1, second) as unit:
        operations.approve(unit, case.breach)
    with pytest.raises(Invalid, match="cannot also release"):
        case.release(2, second)
    assert case.release(2, writer) == 2
    record = records.read(case.ground.session.scalars(select(IssuedDocument)).first().content)  # type: ignore[union-attr]
    assert [(a["person"], a["act"]) for a in record["approvals"]] == [("Person 2", "approved the notice"), ("Person 1", "released the notice")]


def test_a_change_takes_the_approval_back_and_an_emergency_needs_its_reason(case: Case) -> None:
    with case.at(0) as unit:
        operations.change_settings(unit, case.ground.organisation.id, four_eyes=True, acknowledge_hours=24, profiles=())
    case.write()
    with case.at(1, "u:2") as unit:
        operations.approve(unit, case.breach)
    case.write(Draft("Another text.", "DPO", "", "", ""))
    with pytest.raises(Invalid, match="second person"):
        case.release(2)
    assert case.release(2, emergency_reason="Nobody else could be reached at 2 a.m.") == 2
    assert case.breach.notices[0].emergency_reason


def test_the_customers_link_reads_acknowledges_and_asks(case: Case) -> None:
    case.write()
    case.release(1)
    mail = case.ground.session.scalars(select(OutboxMessage).where(OutboxMessage.category == "notice")).first()
    assert mail is not None
    token = mail.body_text.split(f"{links.PATH}/")[1].split()[0]
    case.deliver(1)
    row, breach = links.by_token(case.ground.session, token, NOW + 2 * HOUR)
    number = row.id
    with case.at(2, "system:portal") as unit:
        operations.read(unit, unit.session.get_one(Breach, breach.id), unit.session.get_one(Affected, number))
    with case.at(3, "system:portal") as unit:
        found, same = links.by_token(unit.session, token, unit.now)
        assert operations.acknowledge(unit, same, found, "Jeanne Roux", "link") == 1
    with case.at(4, "system:portal") as unit:
        found, same = links.by_token(unit.session, token, unit.now)
        operations.ask(unit, same, found, "Jeanne Roux", "j.roux@c1.example", "Were passwords among the data?")
        with pytest.raises(Invalid) as refused:
            operations.ask(unit, same, found, "", "", "")
        assert set(refused.value.fields) == {"name", "reply_to", "text"}
    delivery = case.ground.session.scalars(select(Delivery).where(Delivery.affected_id == number)).one()
    assert (delivery.read_at, delivery.acknowledged_at, delivery.acknowledged_by) == (NOW + 2 * HOUR, NOW + 3 * HOUR, "Jeanne Roux")
    assert case.standings() == {Standing.ACKNOWLEDGED: 1, Standing.SENT: 1}
    assert token not in str(case.ground.session.scalars(select(CaseLink.token_hash)).all())


@pytest.mark.parametrize("spoilt", ["unknown", "expired", "revoked"])
def test_a_link_that_does_not_work_says_nothing_more(case: Case, spoilt: str) -> None:
    with case.at(0) as unit:
        token = links.make_many(unit, case.breach, [case.rows[0].id])[case.rows[0].id].rpartition("/")[2]
    at = NOW + 500 * 24 * HOUR if spoilt == "expired" else NOW + HOUR
    if spoilt == "revoked":
        with case.at(0.5) as unit:
            assert links.revoke_all(unit, case.breach, unit.session.get_one(Affected, case.rows[0].id)) == 1
    with pytest.raises(NotFound, match="does not work any more"):
        links.by_token(case.ground.session, token if spoilt != "unknown" else "x" * 43, at)


def test_missing_acknowledgements_are_chased_until_everybody_confirmed(case: Case) -> None:
    case.tell(1)
    [chase] = case.open(following.ACKNOWLEDGE)
    assert chase.target_at == NOW + 25 * HOUR
    for row in case.rows:
        with case.at(2) as unit:
            operations.acknowledge(unit, case.breach, unit.session.get_one(Affected, row.id), "The desk", "telephone")
    assert case.open(following.ACKNOWLEDGE) == []


def test_an_exercise_stays_inside(lemon: Ground) -> None:
    with lemon.unit() as unit:
        invite(unit, unit.session.merge(lemon.organisation), NewPerson("ana@desk.example", "Ana Duarte"), Role.DPO)
    case = Case(lemon, drill=True)
    assert case.breach.reference == "LL-2026-001-X"
    case.tell(1)
    mails = lemon.session.scalars(select(OutboxMessage).where(OutboxMessage.category == "notice")).all()
    assert {mail.to_address for mail in mails} == {"ana@desk.example"}
    assert all(mail.subject.startswith("EXERCISE: ") and "This is an exercise" in mail.body_text for mail in mails)
    papers = lemon.session.scalars(select(IssuedDocument.reference)).all()
    assert papers == ["LL-DN-2026-0001", "LL-DN-2026-0002"]
    assert case.entry().title.startswith("Exercise: ")
    assert case.entry().met_at is not None, "the drill's own times are real"


def test_the_fact_sheet_keeps_each_version(case: Case) -> None:
    for hours, sheet in ((1, '{"v":1}'), (2, '{"v":1}'), (3, '{"nature":"It leaked.","v":1}')):
        with case.at(hours) as unit:
            operations.save_facts(unit, case.breach, sheet)
    newest = queries.newest_facts(case.ground.session, case.id)
    assert newest is not None
    assert (newest.number, newest.at) == (2, NOW + 3 * HOUR)


def test_everything_leaves_a_whole_trail(case: Case, database: Database) -> None:
    case.tell(1)
    case.tell(2, Phase.FINAL)
    with case.at(3) as unit:
        operations.close(unit, case.breach, Ending("All customers were told in time.", NO_FINAL))
    assert verify_database(database.engine).ok
    assert case.ground.session.scalars(select(Notice)).all()
