"""Mail about concerns: once per key and person, to those who can act, and nothing while nothing is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from dpa.alerts import concerns
from dpa.alerts.models import OutboxMessage
from dpa.alerts.rules import Category, State
from dpa.config import Settings
from dpa.evidence import trail
from dpa.evidence.trail.models import TrailEvent
from dpa.people.events import Event
from dpa.people.models import Person
from dpa.slice import Concern
from dpa.slices import SLICES
from tests.alerts.desk import Desk
from tests.support.clock import START

GOLDEN = Path(__file__).with_name("golden")
SEAL = Concern(
    key="seal-expiry:4:30", kind="soon", text="The sealing certificate of Lemon Learning ends on Wed 23 Dec 2026, in less than 30 days.",
    path="/settings/organisations/1/seal", link_text="Open the seal", organisation_id=1, permission="seal.manage", mail_after=START,
    since=START - timedelta(hours=1), advice="Order its successor, and have your operator put it in with dpa seal.",
)
TRAIL = Concern(
    key="trail-unanchored:1", kind="late", text="The trail is 36 h old, and nobody outside holds a checkpoint of it.", path="/checkpoints",
    link_text="Open the checkpoints", organisation_id=None, permission="trail.witness", mail_after=START,
)

Say = Callable[..., None]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Say:
    """Make these the concerns there are."""

    def speak(*found: Concern) -> None:
        def source(_session: Session, _now: datetime, _settings: Settings) -> Sequence[Concern]:
            return found

        monkeypatch.setattr(concerns, "_sources", [source])

    return speak


def mails(desk: Desk) -> list[tuple[str, str]]:
    """Return recipient and subject of every message, in order."""
    desk.session.rollback()
    return [(row.to_name, row.subject) for row in desk.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))]


@contextmanager
def statements(desk: Desk) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN", "SET ")):
            sent.append(statement)

    event.listen(desk.engine, "before_cursor_execute", note)
    yield sent
    event.remove(desk.engine, "before_cursor_execute", note)


def test_every_slice_s_concerns_are_mailed() -> None:
    declared = [source for part in SLICES for source in part.concerns]
    assert declared
    assert concerns._sources == declared


def test_nothing_wrong_costs_one_statement_and_writes_nothing(desk: Desk) -> None:
    with statements(desk) as sent:
        assert concerns.tell(desk.tick()) == ""
    assert len(sent) == 1
    assert sent[0].startswith("SELECT")


def test_each_concern_is_mailed_once_to_those_who_can_act(desk: Desk, say: Say) -> None:
    desk.add_organisation("light", "Light", ("Lena Light",))
    say(SEAL)
    assert concerns.tell(desk.tick()) == "1 mail about concerns"
    assert mails(desk) == [("Dana Dpo", f"Warning: {SEAL.text}")], "neither the operator, who cannot act, nor the other organisation"
    with statements(desk) as sent:
        for _ in range(3):
            desk.clock.advance(timedelta(hours=1))
            assert concerns.tell(desk.tick()) == ""
    assert len(sent) == 6, "who can act, and whether they were told: no writing transaction"
    say(replace(SEAL, key="seal-expiry:4:7"))
    assert concerns.tell(desk.tick()) == "1 mail about concerns"
    assert len(mails(desk)) == 2
    row = desk.session.scalars(select(OutboxMessage)).first()
    assert row is not None
    assert (row.organisation_id, row.category, row.dedupe_key) == (1, Category.ALERT, f"concern:seal-expiry:4:30:p{row.person_id}")
    told = desk.session.scalars(select(TrailEvent.body).where(TrailEvent.action == "alerts:concern:told").order_by(TrailEvent.idx)).all()
    assert len(told) == 2
    assert '"concern":"seal-expiry:4:30"' in told[0]
    assert "lemon.example" not in told[0]


@pytest.mark.parametrize(("after", "told"), [(None, False), (START + timedelta(seconds=1), False), (START, True), (START - timedelta(days=9), True)])
def test_a_concern_is_mailed_from_its_moment_on(small_desk: Desk, say: Say, after: datetime | None, told: bool) -> None:
    say(replace(SEAL, mail_after=after))
    assert bool(concerns.tell(small_desk.tick())) is told
    assert bool(mails(small_desk)) is told


def test_a_concern_of_the_installation_reaches_every_organisation_and_each_person_once(desk: Desk, say: Say) -> None:
    light = desk.add_organisation("light", "Light", ("Lena Light", "Olaf Operator"))
    join_as_dpo(desk, "Dana Dpo", light)
    say(TRAIL)
    concerns.tell(desk.tick())
    assert mails(desk) == [("Dana Dpo", f"Problem: {TRAIL.text}"), ("Lena Light", f"Problem: {TRAIL.text}")]
    rows = desk.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    assert [row.organisation_id for row in rows] == [desk.organisation_id, light], "each in an Outbox where it can be put right"


def join_as_dpo(desk: Desk, name: str, organisation_id: int) -> None:
    from dpa.people.operations.memberships import join
    from dpa.people.roles import Role

    person = desk.person(name).id
    with desk.unit() as unit:
        join(unit, unit.session.get_one(Person, person), organisation_id, Role.DPO)


def test_somebody_new_is_told_and_somebody_disabled_is_not(small_desk: Desk, say: Say) -> None:
    say(SEAL)
    concerns.tell(small_desk.tick())
    join_as_dpo_here = small_desk.add_organisation("light", "Light", ("Lena Light",))
    assert concerns.tell(small_desk.tick()) == ""
    join_as_dpo(small_desk, "Lena Light", small_desk.organisation_id)
    assert concerns.tell(small_desk.tick()) == "1 mail about concerns"
    assert mails(small_desk)[-1][0] == "Lena Light"
    with small_desk.unit() as unit:
        dana = unit.session.scalars(select(Person).where(Person.name == "Dana Dpo")).one()
        dana.disabled_at = unit.now
        trail.record(unit, Event.DISABLED, subject=("person", dana.id), organisation_id=join_as_dpo_here, covers=[dana], data={"sessions": 0})
    say(replace(SEAL, key="next"))
    concerns.tell(small_desk.tick())
    assert [name for name, _ in mails(small_desk)] == ["Dana Dpo", "Lena Light", "Lena Light"]


def test_two_workers_mail_once(desk: Desk, say: Say) -> None:
    say(SEAL, TRAIL)
    first, second = desk.tick("a:1:a"), desk.tick("b:2:b")
    concerns.tell(first)
    concerns.tell(second)
    assert len(mails(desk)) == 2


def test_a_mail_about_a_concern_is_delivered_like_any_alert(small_desk: Desk, say: Say) -> None:
    say(SEAL)
    concerns.tell(small_desk.tick())
    assert small_desk.dispatch() == "1 accepted"
    small_desk.session.rollback()
    row = small_desk.session.scalars(select(OutboxMessage)).one()
    assert row.state is State.SENT
    (file,) = small_desk.settings.mailbox.glob("*.eml")
    assert "\nAuto-Submitted: auto-generated" in file.read_text().replace("\r", "")


@pytest.mark.parametrize(("name", "concern"), [("concern-warning", SEAL), ("concern-problem", TRAIL)])
def test_the_mail_word_for_word(small_desk: Desk, say: Say, name: str, concern: Concern) -> None:
    say(concern)
    concerns.tell(small_desk.tick())
    small_desk.session.rollback()
    row = small_desk.session.scalars(select(OutboxMessage)).one()
    texts = {"subject.txt": row.subject + "\n", "body.txt": row.body_text, "body.html": row.body_html}
    folder = GOLDEN / name
    if os.environ.get("WRITE_GOLDEN"):
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            (folder / file).write_text(text, "utf-8")
    assert texts == {file: (folder / file).read_text("utf-8") for file in texts}
