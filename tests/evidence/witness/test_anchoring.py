"""Copies outside: who holds one, how old the newest is, whom checkpoints are mailed to; and the jobs that keep it so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from dpa.clock import FixedClock
from dpa.evidence import jobs, trail
from dpa.evidence.trail import anchoring, checkpoints, queries, registry, witnesses
from dpa.evidence.trail.models import TrailAnchor, TrailEvent, TrailPayload, TrailWitness
from dpa.evidence.trail.rules import AnchorAge, anchor_age_state
from dpa.evidence.trail.verify import verify_database
from dpa.evidence.trail.verify_checkpoints import beside_the_key
from dpa.people.models import Person
from dpa.problems import Conflict, Invalid, NotFound
from tests.evidence.ground import CHANGED, START, Ground, organisation
from tests.evidence.witness.signing import take, tick
from tests.support.seals import SealGround

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("newest", "oldest", "now", "expected"), [
    (None, None, START, AnchorAge.OK),
    (None, START, START + 24 * HOUR - SECOND, AnchorAge.OK),
    (None, START, START + 24 * HOUR, AnchorAge.DUE),
    (None, START, START + 36 * HOUR - SECOND, AnchorAge.DUE),
    (None, START, START + 36 * HOUR, AnchorAge.ALARM),
    (START + 9 * HOUR, START, START + 36 * HOUR, AnchorAge.DUE),
    (START, START - 999 * HOUR, START + 23 * HOUR, AnchorAge.OK),
    (START, START, START + 24 * HOUR, AnchorAge.DUE),
    (START, START, START + 36 * HOUR, AnchorAge.ALARM),
    (START + HOUR, START, START, AnchorAge.OK),
])
def test_the_age_of_the_newest_copy(newest: datetime | None, oldest: datetime | None, now: datetime, expected: AnchorAge) -> None:
    assert anchor_age_state(newest, oldest, now) is expected


def age(ground: Ground, now: datetime) -> AnchorAge:
    with Session(ground.engine) as session:
        outside = anchoring.newest_outside(session)
        return anchor_age_state(outside.at if outside else None, anchoring.oldest_event_at(session), now)


def hold(ground: Ground, size: int, kind: str, reference: str, receipt: bytes | None = None) -> int:
    with Session(ground.engine) as session, ground.begin(session) as unit:
        return anchoring.hold(unit, size, kind, reference, "the customer's server", receipt=receipt).id


def test_a_mail_server_that_is_down_for_two_days(ground: Ground) -> None:
    """AT-3 with a clock of its own: the alarm at 36 hours, and all is well as soon as a younger checkpoint has left."""
    clock = FixedClock(START)
    ground.happen(3)
    first = take(ground, at=clock.now())
    hold(ground, first.size, anchoring.WITNESS, "message:1")
    states = {}
    for hours in (23, 24, 35, 36, 48):
        ground.happen(1)
        states[hours] = age(ground, clock.now() + hours * HOUR)
    assert states == {23: AnchorAge.OK, 24: AnchorAge.DUE, 35: AnchorAge.DUE, 36: AnchorAge.ALARM, 48: AnchorAge.ALARM}
    clock.advance(48 * HOUR)
    held_up = take(ground, at=clock.now() - 12 * HOUR)
    hold(ground, held_up.size, anchoring.WITNESS, "message:2")
    assert age(ground, clock.now()) is AnchorAge.OK
    assert age(ground, clock.now() + 12 * HOUR) is AnchorAge.DUE, "the age is that of the checkpoint, not of the delivery"


def test_the_newest_copy_is_the_one_over_the_most_events(ground: Ground) -> None:
    ground.happen(1)
    one = take(ground)
    ground.happen(1)
    two = take(ground)
    with Session(ground.engine) as session:
        assert anchoring.newest_outside(session) is None
    first = hold(ground, two.size, anchoring.DOCUMENT, "document:4")
    assert hold(ground, two.size, anchoring.DOCUMENT, "document:4") == first, "the same copy twice is one copy"
    hold(ground, one.size, anchoring.WITNESS, "message:9")
    hold(ground, two.size, anchoring.KEPT, "person:3")
    with Session(ground.engine) as session:
        assert anchoring.newest_outside(session) == anchoring.Outside(two.at, "document", 2)
        assert [anchor.kind for anchor in anchoring.anchors_of(session, 2)] == ["document", "kept"]
        assert len(anchoring.anchors_of(session, 1)) == 1
    with pytest.raises(NotFound, match="no checkpoint over 99"):
        hold(ground, 99, anchoring.KEPT, "person:3")


def test_a_time_stamp_is_kept_but_does_not_count_as_outside(ground: Ground) -> None:
    """Only our own table holds it: whoever rewrites the trail can throw it away."""
    ground.happen(1)
    hold(ground, take(ground).size, anchoring.STAMP, "checkpoint:1", b"\x30\x03token")
    with Session(ground.engine) as session:
        assert anchoring.newest_outside(session) is None
        assert anchoring.anchors_of(session, 1)[0].receipt == b"\x30\x03token"


def test_somebody_keeps_a_copy(ground: Ground) -> None:
    ground.happen(2)
    size = take(ground).size
    with Session(ground.engine) as session, ground.begin(session, actor="u:3") as unit:
        kept = anchoring.keep(unit, size, "  printed,\n safe of M. Auditor ")
        assert (kept.kind, kept.reference, kept.target) == ("kept", "person:3", "printed, safe of M. Auditor")
    with Session(ground.engine) as session:
        event = session.get_one(TrailEvent, size)
        assert (event.action, "Auditor" in event.body) == ("evidence:checkpoint:kept", False)
        part = session.query(TrailPayload).one()
        assert (part.part, part.body) == ("where", '"printed, safe of M. Auditor"')
    for again, where, problem in [("u:3", "elsewhere", Conflict), ("u:4", " \n", Invalid), ("u:4", "x" * 501, Invalid)]:
        with pytest.raises(problem), Session(ground.engine) as session, ground.begin(session, actor=again) as unit:
            anchoring.keep(unit, size, where)
    with pytest.raises(NotFound), Session(ground.engine) as session, ground.begin(session, actor="u:4") as unit:
        anchoring.keep(unit, 1, "somewhere")


def make_organisations(ground: Ground) -> tuple[int, int]:
    with Session(ground.engine) as session, ground.begin(session) as unit:
        rows = [organisation(), organisation("blue-light", "Light")]
        session.add_all(rows)
        session.flush()
        trail.record(unit, CHANGED, subject=("organisation", rows[0].id), organisation_id=None, covers=rows)
        return rows[0].id, rows[1].id


def test_witnesses_are_named_and_removed(ground: Ground) -> None:
    ours, theirs = make_organisations(ground)
    with Session(ground.engine) as session, ground.begin(session, actor="u:3") as unit:
        row = witnesses.add(unit, ours, "Audit & Co", "log@audit.example")
        number = row.id
    with Session(ground.engine) as session:
        assert [(row.name, row.address, row.added_by) for row in witnesses.named(session, [ours])] == [("Audit & Co", "log@audit.example", "u:3")]
        assert witnesses.named(session, [theirs]) == []
        assert registry.names_of(session, {("witness", str(number)), ("witness", "99"), ("checkpoint", "1"), ("checkpoint", "12")}) == {
            ("witness", str(number)): "Witness Audit & Co", ("checkpoint", "1"): "Checkpoint over 1 event",
            ("checkpoint", "12"): "Checkpoint over 12 events"}
        event = session.query(TrailEvent).order_by(TrailEvent.idx.desc()).first()
        assert event is not None
        assert (event.action, event.organisation_id, "audit.example" in event.body) == ("evidence:witness:added", ours, False)
    for name, address, problem, field in [
        ("Again", "LOG@audit.example", Conflict, "address"), ("", "a@b.example", Invalid, "name"), ("x" * 201, "a@b.example", Invalid, "name"),
        ("A", "nobody", Invalid, "address"), ("A", "", Invalid, "address"), ("A", "a@b.example, c@d.example", Invalid, "address"),
        ("A", f"{'a' * 250}@b.example", Invalid, "address"), ("A", "a\x00@b.example", Invalid, "address"),
        ("A", "auditor@exemple..net", Invalid, "address"), ("A", "prüfer@example.org", Invalid, "address"),
    ]:
        with pytest.raises(problem) as refusal, Session(ground.engine) as session, ground.begin(session) as unit:
            witnesses.add(unit, ours, name, address)
        assert refusal.value.field == field
    with pytest.raises(NotFound), Session(ground.engine) as session, ground.begin(session) as unit:
        witnesses.remove(unit, [theirs], number, "The audit ended")
    with Session(ground.engine) as session, ground.begin(session) as unit:
        witnesses.remove(unit, [ours], number, "The audit ended")
    with Session(ground.engine) as session:
        assert witnesses.named(session, [ours]) == []
    with pytest.raises(NotFound), Session(ground.engine) as session, ground.begin(session) as unit:
        witnesses.remove(unit, [ours], number, "The audit ended")
    with Session(ground.engine) as session, ground.begin(session) as unit:
        witnesses.add(unit, ours, "Audit & Co", "log@audit.example")


THREE = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def test_a_checkpoint_a_day_at_three(ground: Ground) -> None:
    with Session(ground.engine) as session:
        assert jobs.daily_checkpoint(tick(ground, session, START)) == "", "an empty trail has none"
        ground.happen(2)
        assert jobs.daily_checkpoint(tick(ground, session, START)) == "checkpoint over 2 events"
        ground.happen(1)
        assert jobs.daily_checkpoint(tick(ground, session, THREE - SECOND)) == ""
        assert jobs.daily_checkpoint(tick(ground, session, THREE)) == "checkpoint over 3 events"
        ground.happen(1)
        assert jobs.daily_checkpoint(tick(ground, session, THREE + 23 * HOUR)) == ""
        assert jobs.daily_checkpoint(tick(ground, session, THREE + 25 * HOUR)) == "checkpoint over 4 events"
        assert jobs.daily_checkpoint(tick(ground, session, THREE + 48 * HOUR)) == "", "nothing has happened since"
        found = checkpoints.newest(session)
        assert found is not None
        assert (found.size, found.reason, found.at) == (4, "daily", THREE + 25 * HOUR)


def test_a_refused_checkpoint_has_the_trail_verified_at_once(sqlite_ground: Ground) -> None:
    from tests.evidence.witness.test_checkpoints import rebuild

    sqlite_ground.happen(5)
    take(sqlite_ground)
    sqlite_ground.happen(5)
    rebuild(sqlite_ground, edit=2)
    with Session(sqlite_ground.engine) as session:
        for _ in range(2):
            with pytest.raises(checkpoints.CheckpointRefused):
                jobs.daily_checkpoint(tick(sqlite_ground, session, THREE))
        last = queries.last_verification(session)
        assert last is not None
        assert (last.at, last.ok, last.findings) == (THREE, False, 1)
        assert "over 5 events in the database and checkpoints.log" in last.first_finding
        assert queries.size(session) == 11, "it is told once, not at each look"


def test_the_daily_verification_compares_with_the_log(sqlite_ground: Ground) -> None:
    sqlite_ground.happen(5)
    take(sqlite_ground)
    checkpoints.signer_for(sqlite_ground.settings).log.path.write_text("# nonsense\n\n\n\n\n\n\n")
    with Session(sqlite_ground.engine) as session:
        assert jobs.verify_trail(tick(sqlite_ground, session, THREE)) == "5 events verified, 2 findings"


def test_the_newest_checkpoint_is_stamped_once_a_day(ground: Ground, seal_ground: SealGround) -> None:
    from cryptography.hazmat.primitives import hashes

    chosen = seal_ground.settings(stamps=True)
    with Session(ground.engine) as session:
        assert jobs.stamp_checkpoint(tick(ground, session, START, **chosen)) == "", "there is none yet"
        ground.happen(2)
        row = take(ground, at=START)
        assert jobs.stamp_checkpoint(tick(ground, session, START)) == "", "no authority is set"
        seal_ground.authority.mode = "error"
        assert jobs.stamp_checkpoint(tick(ground, session, START, **chosen)) == "", "an authority that fails is asked again later"
        seal_ground.authority.reset()
        assert jobs.stamp_checkpoint(tick(ground, session, START, **chosen)) == "time-stamp over the checkpoint of 2 events"
        (anchor,) = session.query(TrailAnchor).all()
        digest = hashes.Hash(hashes.SHA256())
        digest.update(row.note.encode())
        assert (anchor.kind, anchor.size) == ("stamp", 2)
        assert anchor.receipt is not None
        assert digest.finalize() in anchor.receipt
        ground.happen(1)
        take(ground, at=START + HOUR)
        assert jobs.stamp_checkpoint(tick(ground, session, START + HOUR, **chosen)) == "", "one a day is enough"
        assert jobs.stamp_checkpoint(tick(ground, session, THREE, **chosen)) == "time-stamp over the checkpoint of 3 events"


INSIDE = [
    ("auditor@lemon.example", "belongs to somebody"), ("auditor@eu.Lemon.example", "belongs to somebody"), ("ANA@mail.example", "belongs to somebody"),
    ("log@desk.sender.example", "sends its mail from"), ("log@sender.example", "sends its mail from"), ("log@desk.host.example", "address of this installation"),
    ("root@mail.localhost", "inside a network"), ("log@nas.local", "inside a network"), ("log@mail.INTERNAL", "inside a network"),
    ("log@fileserver.corp", "inside a network"), ("log@10.0.0.7", "inside a network"), ("log@[127.0.0.1]", "inside a network"), ("log@[IPv6:::ffff:10.0.0.7]", "inside a network"),
]


@pytest.mark.parametrize(("address", "why"), INSIDE)
def test_an_address_inside_the_house_is_no_witness(ground: Ground, address: str, why: str) -> None:
    """Users' own addresses, every organisation's mail domains, the sender's domain, this host, and names of internal networks."""
    house(ground)
    with pytest.raises(Invalid) as refusal, Session(ground.engine) as session, ground.begin(session) as act:
        witnesses.add(act, 1, "Our own auditor", address)
    assert refusal.value.field == "address"
    assert why in refusal.value.message
    assert "A witness must be outside the house, such as an auditor" in refusal.value.message


@pytest.mark.parametrize("address", ["log@audit.example", "ana@other.example", "log@notlemon.example", "log@locals.example", "log@host.example"])
def test_an_address_outside_is_one(ground: Ground, address: str) -> None:
    house(ground)
    with Session(ground.engine) as session, ground.begin(session) as act:
        assert witnesses.add(act, 1, "Auditor", address).id


def house(ground: Ground) -> None:
    ground.settings = ground.settings.model_copy(update={"mail_from": "dpa@sender.example", "base_url": "https://desk.host.example"})
    with Session(ground.engine) as session, ground.begin(session) as unit:
        place = organisation()
        place.mail_domains = ["lemon.example"]
        person = Person(email="ana@mail.example", name="Ana", created_at=START)
        session.add_all([place, person])
        session.flush()
        trail.record(unit, CHANGED, subject=("organisation", place.id), organisation_id=None, covers=[place, person])


def test_removing_a_witness_erases_name_and_address_everywhere(ground: Ground) -> None:
    ours, _ = make_organisations(ground)
    with Session(ground.engine) as session, ground.begin(session, actor="u:3") as unit:
        number = witnesses.add(unit, ours, "Audit & Co", "log@audit.example").id
    size = take(ground).size
    with Session(ground.engine) as session, ground.begin(session) as unit:
        anchoring.hold(unit, size, "witness", "message:1", f"witness:{number}")
    for reason in ("", " \n"):
        with pytest.raises(Invalid) as refusal, Session(ground.engine) as session, ground.begin(session) as unit:
            witnesses.remove(unit, [ours], number, reason)
        assert refusal.value.field == "reason"
    with Session(ground.engine) as session, ground.begin(session) as unit:
        witnesses.remove(unit, [ours], number, "The audit ended")
    with Session(ground.engine) as session:
        row = session.get_one(TrailWitness, number)
        assert (row.name, row.address, row.removed_at is not None) == ("", "", True)
        assert registry.names_of(session, {("witness", str(number))}) == {("witness", str(number)): "A former witness"}
        parts = {part.part: part.body for part in session.query(TrailPayload).order_by(TrailPayload.event_idx)}
        assert (parts["name"], parts["address"], parts["reason"]) == (None, None, '"The audit ended"')
        assert [row.action for row in session.query(TrailEvent).order_by(TrailEvent.idx.desc()).limit(3)] == [
            "evidence:payload:erased", "evidence:payload:erased", "evidence:witness:removed"]
        assert [anchor.target for anchor in session.query(TrailAnchor)] == [f"witness:{number}"], "the copy stays, without a name"
    dump = b"".join(path.read_bytes() for path in ground.settings.instance.glob("*.sqlite3*"))
    assert b"log@audit.example" not in dump.partition(b"SQLite format 3")[2] or ground.dialect != "sqlite" or checkpointed(ground)
    assert verify_database(ground.engine, against=beside_the_key(ground.settings)).ok


def checkpointed(ground: Ground) -> bool:
    """Write the journal back into the file, which overwrites freed pages, and look again."""
    with ground.writing() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    dump = b"".join(path.read_bytes() for path in ground.settings.instance.glob("*.sqlite3*"))
    return b"log@audit.example" not in dump
