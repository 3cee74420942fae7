"""The whole product in a browser: the demonstration on a fresh database, behind a real port, and its worker on demand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from dpa import factory
from dpa.alerts.worker import Worker
from dpa.cli import demo
from dpa.clock import FixedClock
from dpa.config import Settings
from dpa.database import make_engine
from dpa.people import passwords
from dpa.people.links import first_link
from dpa.slices import SLICES
from tests.support.browser import LiveServer
from tests.support.databases import Database
from tests.support.pages import CHEAP, NOON


@dataclass
class Desk:
    """A running product."""

    app: Flask
    settings: Settings
    clock: FixedClock
    url: str

    def link(self) -> str:
        """Return a fresh one-time sign-in link of the demonstration's DPO."""
        link = first_link(self.settings, self.clock, demonstration=True)
        assert link is not None
        return link

    def work(self) -> None:
        """Let the worker do one round of everything; in a thread, because sealing runs a loop of its own and the browser has one here."""
        with ThreadPoolExecutor(1) as thread:
            thread.submit(self._work).result()

    def _work(self) -> None:
        engine = make_engine(self.settings.database)
        try:
            jobs = [job for part in SLICES for job in part.jobs]
            assert Worker(self.settings, engine, jobs, self.clock).once() == 0
        finally:
            engine.dispose()


@pytest.fixture(scope="session")
def demonstration(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder with the demonstration of noon, 22 November 2026; made once per process, for copies."""
    folder = tmp_path_factory.mktemp("demonstration")
    path = folder / "dpa.sqlite3"
    shutil.copyfile(sqlite_template, path)
    assert demo.load_if_empty(Settings(instance=folder, database_url=f"sqlite:///{path}"), FixedClock(NOON))
    return folder


@pytest.fixture
def desk(demonstration: Path, sqlite_database: Database, live_server: Callable[[Any], LiveServer]) -> Desk:
    """The demonstration at noon of 22 November 2026."""
    passwords.hasher = CHEAP
    clock = FixedClock(NOON)
    settings = sqlite_database.settings()
    shutil.copytree(demonstration, settings.instance, dirs_exist_ok=True)
    app = factory.create_app(settings, clock)
    server = live_server(app)
    settings = settings.model_copy(update={"base_url": server.url})
    app.extensions["dpa_settings"] = settings
    return Desk(app, settings, clock, server.url)


@pytest.fixture
def signed_in(desk: Desk, page: Any) -> Any:
    """A page of the browser, signed in as the demonstration's DPO by the printed link."""
    page.goto(desk.link())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/board")
    return page
