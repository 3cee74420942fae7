"""The door: right and wrong passwords, the counter, timing, sessions and what ends them, the start-up links."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.clock import FixedClock
from dpa.config import Settings
from dpa.evidence.trail.models import TrailEvent
from dpa.people import jobs, links, operations, passwords, sessions, sign_in, throttle
from dpa.people.events import Event
from dpa.people.models import (
    Auth,
    LinkPurpose,
    LoginSession,
    OneTimeLink,
    Organisation,
    Person,
    SignInThrottle,
)
from dpa.people.operations import NewPerson, OrganisationFacts
from dpa.people.roles import Role
from dpa.people.sessions import Origin
from dpa.people.sign_in import Refused, SignedIn
from dpa.problems import Invalid, Misconfigured, NotFound
from dpa.slice import Tick
from tests.people.conftest import Begin
from tests.support.pages import PASSWORD

EMAIL = "anna@example.org"
HOME, AWAY = Origin("192.0.2.0/24", "Browser"), Origin("198.51.100.0/24", "Browser")


@pytest.fixture
def anna(begin: Begin) -> int:
    with begin() as unit:
        place = operations.add_organisation(unit, OrganisationFacts("Lemon", "Europe/Paris", "FR", "FR"))
        person = operations.invite(unit, place, NewPerson(EMAIL, "Anna"), Role.ADMINISTRATOR).person
        operations.change_password(unit, person.id, passwords.hash_password(PASSWORD))
        return person.id


def attempt(begin: Begin, session: Session, password: str, email: str = EMAIL, origin: Origin = HOME) -> SignedIn | Refused:
    return sign_in.sign_in(begin, session, email, password, origin)


def test_the_right_password_opens_a_session_of_its_own_each_time(begin: Begin, session: Session, anna: int) -> None:
    first, second = attempt(begin, session, PASSWORD), attempt(begin, session, PASSWORD, " ANNA@example.org ")
    assert isinstance(first, SignedIn)
    assert isinstance(second, SignedIn)
    assert first.token != second.token
    assert len(first.token) >= 43
    rows = list(session.scalars(select(LoginSession)))
    assert len(rows) == 2
    assert all(first.token.encode() not in row.token_hash for row in rows)
    event = session.scalars(select(TrailEvent).where(TrailEvent.action == Event.SIGNED_IN)).first()
    assert event is not None
    assert event.actor == f"u:{anna}"
    assert '"auth":"pwd"' in event.body


WRONG_PAIRS = [
    (EMAIL, "wrong"), (EMAIL, PASSWORD.upper()), (EMAIL, PASSWORD + " "), (EMAIL, ""), (EMAIL, PASSWORD * 50), ("nobody@example.org", PASSWORD),
    ("", PASSWORD), ("\x00", PASSWORD), (EMAIL, "\x00"), ("x" * 5000, PASSWORD),
]


def test_everything_wrong_gets_one_message(begin: Begin, session: Session, clock: FixedClock, anna: int) -> None:
    for email, password in WRONG_PAIRS:
        clock.advance(timedelta(minutes=15))
        assert attempt(begin, session, password, email) == Refused(sign_in.WRONG), (email[:20], password[:20])
        failed = session.scalars(select(TrailEvent).order_by(TrailEvent.idx.desc())).first()
        assert failed is not None
        assert failed.action == Event.SIGN_IN_FAILED
        assert "nobody" not in failed.body
        assert failed.subject_type == ("person" if email == EMAIL else "account")
    assert not session.scalars(select(LoginSession)).all()


def test_an_account_disabled_or_without_password_gets_the_same_message(begin: Begin, session: Session, anna: int) -> None:
    with begin() as unit:
        place = unit.session.scalars(select(Organisation)).one()
        pending = operations.invite(unit, place, NewPerson("new@example.org", "New"), Role.ADMINISTRATOR).person.id
    assert attempt(begin, session, PASSWORD, "new@example.org") == Refused(sign_in.WRONG)
    with begin() as unit:
        operations.change_password(unit, pending, passwords.hash_password(PASSWORD))
        operations.disable_person(unit, anna)
    assert attempt(begin, session, PASSWORD) == Refused(sign_in.WRONG)


def test_an_unknown_account_costs_the_same_work(begin: Begin, session: Session, anna: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting(PasswordHasher):
        seen: list[str]

        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002
            self.seen.append(str(hash)[:30])
            return super().verify(hash, password)

    counting = Counting(time_cost=1, memory_cost=8, parallelism=1)
    counting.seen = []
    monkeypatch.setattr(passwords, "hasher", counting)
    attempt(begin, session, "wrong one here")
    attempt(begin, session, "wrong one here", "nobody@example.org")
    assert len(counting.seen) == 2
    assert counting.seen[0].split("$")[:4] == counting.seen[1].split("$")[:4], "one hash each, of the same parameters"


def test_a_weaker_hash_is_renewed_at_sign_in(begin: Begin, session: Session, anna: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = session.get_one(Person, anna).password_hash
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert isinstance(attempt(begin, session, PASSWORD), SignedIn)
    after = session.get_one(Person, anna).password_hash
    assert after is not None
    assert after != before
    assert "t=2" in after
    assert isinstance(attempt(begin, session, PASSWORD), SignedIn)


def failures(begin: Begin, session: Session, clock: FixedClock, count: int, email: str = EMAIL, origin: Origin = HOME) -> None:
    """Fail until `count` failures are counted, waiting where one must."""
    for _ in range(count):
        outcome = attempt(begin, session, "wrong", email, origin)
        assert isinstance(outcome, Refused)
        if outcome.wait:
            clock.advance(outcome.wait)
            assert attempt(begin, session, "wrong", email, origin) == Refused(sign_in.WRONG)


def test_waits_double(begin: Begin, session: Session, clock: FixedClock, anna: int) -> None:
    failures(begin, session, clock, 5)
    for wait in (2, 4, 8, 16, 32):
        blocked = attempt(begin, session, PASSWORD)
        assert isinstance(blocked, Refused)
        assert blocked.wait == timedelta(seconds=wait)
        clock.advance(blocked.wait)
        assert attempt(begin, session, "wrong") == Refused(sign_in.WRONG)
    blocked = attempt(begin, session, PASSWORD)
    assert isinstance(blocked, Refused)
    assert blocked.wait == timedelta(minutes=15) - timedelta(seconds=62)
    clock.advance(blocked.wait - timedelta(seconds=1))
    assert isinstance(attempt(begin, session, PASSWORD, origin=AWAY), Refused), "the account waits wherever one comes from"
    clock.advance(timedelta(seconds=1))
    assert isinstance(attempt(begin, session, PASSWORD, origin=AWAY), SignedIn), "but nobody is locked out for good"


def test_a_network_is_counted_across_accounts_and_a_success_does_not_clear_it(begin: Begin, session: Session, clock: FixedClock, anna: int) -> None:
    for number in range(4):
        assert attempt(begin, session, "wrong", f"u{number}@example.org") == Refused(sign_in.WRONG)
    assert isinstance(attempt(begin, session, PASSWORD), SignedIn), "four failures are free"
    assert attempt(begin, session, "wrong", "u5@example.org") == Refused(sign_in.WRONG)
    blocked = attempt(begin, session, PASSWORD)
    assert isinstance(blocked, Refused)
    assert blocked.wait > timedelta(0), "knowing one password must not buy guesses at others"
    assert isinstance(attempt(begin, session, PASSWORD, origin=AWAY), SignedIn), "another network is not affected"


def test_a_success_forgets_the_accounts_failures(begin: Begin, session: Session, clock: FixedClock, anna: int) -> None:
    for number in range(4):
        attempt(begin, session, "wrong", origin=Origin(f"10.0.{number}.0/24"))
    assert isinstance(attempt(begin, session, PASSWORD, origin=AWAY), SignedIn)
    for number in range(4):
        assert attempt(begin, session, "wrong", origin=Origin(f"10.1.{number}.0/24")) == Refused(sign_in.WRONG)


def test_the_counter_is_shared_by_processes(begin: Begin, engine: Engine, settings: Settings, clock: FixedClock, anna: int) -> None:
    for _ in range(5):
        with Session(engine) as other:
            sign_in.sign_in(lambda who, s=other: units.transaction(s, actor=who, now=clock.now(), settings=settings), other, EMAIL, "wrong", HOME)
    with Session(engine) as other:
        blocked = sign_in.sign_in(lambda who: units.transaction(other, actor=who, now=clock.now(), settings=settings), other, EMAIL, PASSWORD, HOME)
    assert isinstance(blocked, Refused)
    assert blocked.wait


def test_an_attempt_is_counted_before_its_password_is_looked_at(begin: Begin, session: Session, anna: int, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []

    def spy(stored: str | None, password: str) -> passwords.Verdict:
        counted.extend(session.scalars(select(SignInThrottle.failures)))
        return passwords.Verdict(matches=False)

    monkeypatch.setattr(passwords, "verify", spy)
    attempt(begin, session, "wrong")
    assert counted == [1, 1]


def test_the_counter_names_nobody(begin: Begin, session: Session, anna: int) -> None:
    attempt(begin, session, "wrong")
    assert not [key for key in session.scalars(select(SignInThrottle.key)) if "anna" in key]


@pytest.mark.parametrize(("address", "prefix"), [
    ("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("::ffff:192.0.2.77", "192.0.2.0/24"), (None, "unknown"), ("", "unknown"),
    ("not an address", "unknown"), ("192.0.2.77:80", "unknown"),
])
def test_network_prefixes(address: str | None, prefix: str) -> None:
    assert throttle.network_prefix(address) == prefix


def test_a_password_changed_while_it_was_checked_opens_nothing(begin: Begin, session: Session, anna: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(stored: str | None, password: str) -> passwords.Verdict:
        session.rollback()
        with begin() as unit:
            operations.change_password(unit, anna, "another hash")
        return passwords.Verdict(matches=True)

    monkeypatch.setattr(passwords, "verify", meanwhile)
    assert attempt(begin, session, PASSWORD) == Refused(sign_in.WRONG)
    assert not session.scalars(select(LoginSession)).all()


@pytest.mark.parametrize(("step", "idle", "hours", "alive"), [
    (timedelta(minutes=29, seconds=59), 30, 12, True), (timedelta(minutes=30), 30, 12, False), (timedelta(hours=11, minutes=59), 720, 12, True),
    (timedelta(hours=12), 720, 12, False),
])
def test_limits_of_a_session(
    begin: Begin, session: Session, clock: FixedClock, tmp_path: Path, anna: int, step: timedelta, idle: int, hours: int, alive: bool
) -> None:
    limits = Settings(instance=tmp_path, session_idle_minutes=idle, session_hours=hours)
    with begin() as unit:
        token = sessions.begin(unit, unit.session.get_one(Person, anna), Auth.PASSWORD, HOME)
    clock.advance(step)
    assert (sessions.recognise(session, token, clock.now(), limits) is not None) is alive


def test_a_shorter_limit_set_later_holds_for_running_sessions(begin: Begin, session: Session, clock: FixedClock, tmp_path: Path, anna: int) -> None:
    with begin() as unit:
        token = sessions.begin(unit, unit.session.get_one(Person, anna), Auth.PASSWORD, HOME)
    later = clock.now() + timedelta(hours=2)
    long, short = (Settings(instance=tmp_path, session_idle_minutes=720, session_hours=hours) for hours in (24, 2))
    assert sessions.recognise(session, token, later, long)
    assert sessions.recognise(session, token, later, short) is None


def test_links_at_start(engine: Engine, session: Session, begin: Begin, clock: FixedClock, tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path, database_url=str(engine.url))
    first, second = links.first_link(settings, clock), links.first_link(settings, clock, demonstration=True)
    assert first is not None
    assert second is not None
    assert "/set-up/" in first
    assert "/set-up/" in second
    with pytest.raises(NotFound):
        links.find(session, first.rpartition("/")[2], LinkPurpose.SETUP, clock.now())
    with begin() as unit:
        place = operations.add_organisation(unit, OrganisationFacts("Lemon", "Europe/Paris", "FR", "FR"))
        operations.invite(unit, place, NewPerson("boss@example.org", "Boss"), Role.ADMINISTRATOR)
    assert links.first_link(settings, clock) is None
    assert links.first_link(settings, clock, demonstration=True) is None
    with begin() as unit:
        dpo = operations.invite(unit, unit.session.scalars(select(Organisation)).one(), NewPerson("dpo@example.org", "Dora"), Role.DPO).person.id
    assert links.first_link(settings, clock) is None
    link = links.first_link(settings, clock, demonstration=True)
    assert link is not None
    assert link.startswith("http://127.0.0.1:8000/link/")
    with begin() as unit:
        assert sign_in.sign_in_by_link(unit, link.rpartition("/")[2], HOME).person_id == dpo
    with pytest.raises(NotFound), begin() as unit:
        sign_in.sign_in_by_link(unit, link.rpartition("/")[2], HOME)


def test_a_link_at_start_without_tables_says_what_to_do(tmp_path: Path, clock: FixedClock) -> None:
    with pytest.raises(Misconfigured, match="dpa migrate"):
        links.first_link(Settings(instance=tmp_path), clock)


def test_choosing_a_password() -> None:
    with pytest.raises(Invalid) as caught:
        passwords.choose("short", field="password")
    assert set(caught.value.fields) == {"password"}
    stored = passwords.choose(PASSWORD)
    assert stored.startswith("$argon2id$")
    assert passwords.verify(stored, PASSWORD).matches
    composed, decomposed = "café au lait du matin", "cafe\u0301 au lait du matin"
    assert passwords.verify(passwords.choose(composed), decomposed).matches
    assert not passwords.verify("not a hash", PASSWORD).matches


def test_forgetting_what_is_old(begin: Begin, session: Session, settings: Settings, clock: FixedClock, anna: int) -> None:
    attempt(begin, session, "wrong")
    assert isinstance(attempt(begin, session, PASSWORD), SignedIn)
    with begin() as unit:
        operations.link_person(unit, anna)

    def tick() -> str:
        return jobs.forget(Tick(session, clock.now(), settings, begin, "test"))

    assert tick() == ""
    clock.advance(timedelta(minutes=16))
    assert tick() == "forgot 0 sessions and 2 counters"
    clock.advance(timedelta(days=90))
    assert session.scalars(select(LoginSession)).all()
    clock.advance(timedelta(days=1))
    assert tick() == "forgot 1 sessions and 0 counters"
    assert not session.scalars(select(LoginSession)).all()
    assert len(session.scalars(select(OneTimeLink)).all()) == 1, "the invitation's seven days ended less than 90 days ago"
