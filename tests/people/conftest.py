"""People tests: a database session on SQLite and PostgreSQL, and an application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401
from dpa import unit as units
from dpa.clock import FixedClock
from dpa.config import Settings
from dpa.people import passwords
from dpa.unit import Unit
from tests.support import pages
from tests.support.databases import Database

Begin = Callable[..., AbstractContextManager[Unit]]


@pytest.fixture(autouse=True)
def cheap_hashes() -> Iterator[None]:
    before = passwords.hasher
    passwords.hasher = pages.CHEAP
    yield
    passwords.hasher = before


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(pages.NOON)


@pytest.fixture
def settings(database: Database) -> Settings:
    made: Settings = database.settings()
    return made


@pytest.fixture
def engine(database: Database) -> Engine:
    return database.engine


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


@pytest.fixture
def begin(session: Session, settings: Settings, clock: FixedClock) -> Begin:
    """Opens a unit for an actor at the clock's instant."""

    def opener(actor: str = "system:test") -> AbstractContextManager[Unit]:
        return units.transaction(session, actor=actor, now=clock.now(), settings=settings)

    return opener


@pytest.fixture
def app(sqlite_database: Database, clock: FixedClock) -> Flask:
    return pages.make_app(sqlite_database, clock=clock)
