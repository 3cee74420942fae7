"""Each organisation gets a seal of its own soon after it is added, once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401
from dpa import unit as units
from dpa.evidence.seal import operations as sealing
from dpa.evidence.seal import queries
from dpa.people import seals
from dpa.people.operations import OrganisationFacts, add_organisation
from dpa.slice import Tick
from tests.support.databases import Database
from tests.support.seals import SealGround

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_an_organisation_gets_one_seal_and_no_second(sqlite_database: Database, seal_ground: SealGround, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, str, str]] = []

    def prepared(_settings: object, number: int, name: str, country: str, _now: datetime) -> object:
        asked.append((number, name, country))
        return seal_ground.prepared_for(number)

    monkeypatch.setattr(sealing, "prepare_builtin", prepared)
    settings = sqlite_database.settings()
    with Session(sqlite_database.engine) as session:
        def begin(actor: str) -> object:
            return units.transaction(session, actor=actor, now=NOW, settings=settings, auth="system")

        with units.transaction(session, actor="system:test", now=NOW, settings=settings) as unit:
            for name in ("Lemon Learning", "Light Company"):
                add_organisation(unit, OrganisationFacts(name, "Europe/Paris", "FR", "FR"))
        tick = Tick(session, NOW, settings, begin, "test:1")  # type: ignore[arg-type]
        assert seals.ensure(tick) == "2 seals made"
        assert asked == [(1, "Lemon Learning", "FR"), (2, "Light Company", "FR")]
        assert seals.ensure(tick) == ""
        with units.transaction(session, actor="u:1", now=NOW, settings=settings) as unit:
            identity = queries.active(unit.session, 1)
            assert identity is not None
            sealing.revoke(unit, identity, "The key was copied.", settings)
        assert seals.ensure(tick) == "", "what follows a revocation is for people to decide"
