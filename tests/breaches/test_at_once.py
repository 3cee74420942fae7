"""Two people at once: on PostgreSQL acts of different people overlap, and each must see what the one before gave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.breaches import operations
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.models import Affected, Breach, Delivery
from dpa.breaches.rules import Draft, Selection
from dpa.parties.rules import Purpose
from dpa.people.models import Organisation
from tests.breaches.conftest import NOW, ground_for
from tests.breaches.test_operations import incident
from tests.support.databases import Database

HOUR = timedelta(hours=1)
Work = Callable[[Any, Breach], object]


class Shared:
    """A case of two customers with a text to release, on which several act."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with Session(database.engine) as session:
            ground = ground_for(database, "lemon-learning", session)
            ids = [ground.customer(number, (Purpose.SECURITY, f"s@c{number}.example")).id for number in (1, 2)]
            with ground.unit(NOW) as unit:
                breach = operations.record_incident(unit, ground.organisation, incident())
                operations.add_affected(unit, breach, ids, Selection.BY_LIST)
                operations.save_draft(unit, breach, Draft("It leaked.", "DPO", "", "", ""))
            self.case, self.place, self.settings = breach.id, ground.organisation.id, ground.settings
            self.rows = list(session.scalars(select(Affected.id).order_by(Affected.id)))

    def act(self, work: Work, *, wait: Callable[[], object] = bool, hold: float = 0, at: datetime = NOW + HOUR) -> None:
        with Session(self.database.engine) as session, units.transaction(session, actor="u:1", now=at, settings=self.settings) as unit:
            breach = session.get_one(Breach, self.case)
            assert breach.notices
            wait()
            work(unit, breach)
            time.sleep(hold)

    def at_once(self, *works: Work) -> list[str]:
        """Do these acts in threads that begin together and hold their transactions open for a while; returns the names of what they raised."""
        together, raised = threading.Barrier(len(works)), list[str]()

        def go(work: Work) -> None:
            try:
                self.act(work, wait=lambda: together.wait(10), hold=0.3, at=NOW + 2 * HOUR)
            except Exception as problem:  # noqa: BLE001 - whatever it is, the test names it
                raised.append(type(problem).__name__)

        threads = [threading.Thread(target=go, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return raised

    def release(self, unit: Any, breach: Breach) -> None:
        operations.release_notice(unit, breach, unit.session.get_one(Organisation, self.place))

    def letter(self, minutes: int) -> Work:
        at = NOW + 2 * HOUR - timedelta(minutes=minutes)
        handed = Handed(Channel.COURIER, at, "Receipt 4711", at)
        return lambda unit, breach: operations.hand_over(unit, breach, unit.session.get_one(Affected, self.rows[0]), handed)

    def newest(self) -> list[tuple[int, Channel]]:
        with Session(self.database.engine) as session:
            return [(one.affected_id, one.channel) for one in session.scalars(select(Delivery).where(~Delivery.replaced).order_by(Delivery.affected_id))]


def test_two_letters_recorded_at_once_are_both_kept_and_one_speaks_for_the_customer(postgres_database: Database) -> None:
    case = Shared(postgres_database)
    case.act(case.release)
    assert case.at_once(case.letter(1), case.letter(2)) == []
    assert case.newest() == [(case.rows[0], Channel.COURIER), (case.rows[1], Channel.EMAIL)]
    with Session(postgres_database.engine) as session:
        assert len(session.scalars(select(Delivery).where(Delivery.affected_id == case.rows[0])).all()) == 3


def test_a_notice_released_by_two_people_at_once_leaves_once(postgres_database: Database) -> None:
    case = Shared(postgres_database)
    assert case.at_once(case.release, case.release) == ["Conflict"], "nobody is left to tell"
    assert case.newest() == [(one, Channel.EMAIL) for one in case.rows]
