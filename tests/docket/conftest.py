"""Fixtures of the docket's tests."""

from __future__ import annotations

import pytest

from tests.docket.house import House
from tests.support.databases import Database


@pytest.fixture
def house(database: Database) -> House:
    """An empty house, once on SQLite and once on PostgreSQL."""
    return House(database.engine, database.settings())


@pytest.fixture
def sqlite_house(sqlite_database: Database) -> House:
    """An empty house on SQLite only, for what does not depend on the database."""
    return House(sqlite_database.engine, sqlite_database.settings())
