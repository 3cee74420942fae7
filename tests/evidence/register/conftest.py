"""A desk on each database."""

from __future__ import annotations

import pytest

from tests.evidence.register.desk import Desk, desk_for
from tests.support.databases import Database
from tests.support.seals import SealGround


@pytest.fixture
def desk(database: Database, seal_ground: SealGround) -> Desk:
    """An organisation that can seal, on each database."""
    return desk_for(database, seal_ground)


@pytest.fixture
def sqlite_desk(sqlite_database: Database, seal_ground: SealGround) -> Desk:
    """The same on SQLite, for what does not depend on the database."""
    return desk_for(sqlite_database, seal_ground)
