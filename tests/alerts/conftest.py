"""A desk with one organisation and two people, on each database, under a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dpa.alerts import messages
from tests.alerts.desk import Desk
from tests.support.clock import START
from tests.support.databases import Database

EMAILS = Path(__file__).with_name("emails")


@pytest.fixture(autouse=True)
def sample_mails(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add this folder's sample mails to the product's."""
    monkeypatch.setattr(messages, "TEMPLATES", (*messages.TEMPLATES, EMAILS))
    messages.environment.cache_clear()
    yield
    messages.environment.cache_clear()


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    """A desk on SQLite, then on PostgreSQL."""
    found = Desk(database, START)
    yield found
    found.session.close()


@pytest.fixture
def small_desk(sqlite_database: Database) -> Iterator[Desk]:
    """A desk on SQLite only, for what does not depend on the database."""
    found = Desk(sqlite_database, START)
    yield found
    found.session.close()
