"""Desks for the tests of the portal: made once for each process, and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from dpa.clock import FixedClock
from dpa.extensions import db
from tests.breaches.conftest import Ground, ground_for
from tests.evidence.pages.house import House, make_house
from tests.portal.desk import Desk
from tests.support import pages
from tests.support.databases import Database
from tests.support.seals import SealGround


@pytest.fixture(scope="session")
def _houses(tmp_path_factory: pytest.TempPathFactory, _seal_ground: SealGround) -> dict[str, Desk]:
    """A house without a case, and the same with one whose customers were told an hour after it was recorded."""
    bare = Desk(make_house(tmp_path_factory.mktemp("bare"), _seal_ground))
    told = _copy(bare, tmp_path_factory.mktemp("told"))
    told.open()
    told.pass_time(hours=1)
    told.tell()
    return {"bare": bare, "told": told}


def _copy(desk: Desk, folder: Path) -> Desk:
    """The same house in a folder of its own, at the same time of day."""
    old = desk.house
    with old.app.app_context():
        db.session.remove()
        db.engine.dispose()
    shutil.copytree(old.settings.instance, folder, dirs_exist_ok=True)
    app = pages.make_app(folder, clock=FixedClock(desk.now))
    return replace(desk, house=House(app, old.lemon, old.light, dict(old.people)), agreements=list(desk.agreements), rows=list(desk.rows))


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[Desk], Desk]:
    return lambda desk: _copy(desk, tmp_path / "house")


@pytest.fixture
def bare(_houses: dict[str, Desk], copy: Callable[[Desk], Desk]) -> Desk:
    """A house without a case."""
    return copy(_houses["bare"])


@pytest.fixture
def desk(_houses: dict[str, Desk], copy: Callable[[Desk], Desk]) -> Desk:
    """A case of two customers who were told an hour after it was recorded."""
    return copy(_houses["told"])


@pytest.fixture
def lemon(database: Database) -> Iterator[Ground]:
    """Lemon Learning on a plain session, on both databases."""
    with Session(database.engine) as opened:
        yield ground_for(database, "lemon-learning", opened)
