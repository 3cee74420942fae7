"""A trail of its own for each test, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from tests.evidence.ground import Ground
from tests.support.databases import Database


@pytest.fixture
def ground(database: Database) -> Ground:
    """An empty trail on each database."""
    return Ground(database.engine, database.settings())


@pytest.fixture
def sqlite_ground(sqlite_database: Database) -> Ground:
    """An empty trail on SQLite, for what does not depend on the database."""
    return Ground(sqlite_database.engine, sqlite_database.settings())
