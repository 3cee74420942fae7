"""Ground of the tests of evidence. What reads differently on PostgreSQL asks for `lemon`, the rest for one database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.breaches.conftest import Ground, ground_for
from tests.breaches.evidence.house import Story, people, sealable
from tests.support.databases import Database
from tests.support.seals import SealGround


@pytest.fixture
def here(sqlite_database: Database) -> Iterator[Ground]:
    """Lemon Learning on SQLite, with two people."""
    with Session(sqlite_database.engine) as session:
        ground = ground_for(sqlite_database, "lemon-learning", session)
        people(ground)
        yield ground


@pytest.fixture
def sealing(here: Ground, seal_ground: SealGround) -> Ground:
    """The same, able to seal."""
    sealable(here, seal_ground)
    return here


@pytest.fixture
def story(here: Ground) -> Story:
    return Story(here)
