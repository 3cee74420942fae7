"""A fresh database for a test, on SQLite and on PostgreSQL: a copy of one that was built once per process.

The template is built by the product's own migrations, so every test stands on what an installation really has; while
there are none, from the tables' declarations.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from tests.support import postgres

ROOT = Path(__file__).resolve().parents[2]
Kind = Literal["sqlite", "postgres"]


@dataclass(frozen=True)
class Database:
    """An empty database with the product's schema; gone after the test."""

    kind: Kind
    url: str
    engine: Engine
    """With the product's transaction rules; write through `dpa.unit.transaction` or the execution option `write`."""
    folder: Path
    """An instance folder of its own."""

    def settings(self, **changes: Any) -> Any:
        """Return `dpa.config.Settings` for this database; `changes` by field name, such as `smtp_url=...`."""
        from dpa.config import Settings

        return Settings(**{"instance": self.folder, "database_url": self.url, **changes})


def has_migrations() -> bool:
    """Tell whether the product ships migrations yet."""
    return any((ROOT / "migrations" / "versions").glob("*.py"))


def build(url: str) -> None:
    """Give an empty database the product's schema."""
    import dpa.slices  # noqa: F401  loads every table
    from dpa.columns import Base
    from dpa.database import make_engine

    if has_migrations():
        from alembic import command

        from dpa.cli.migrate import alembic_config

        command.upgrade(alembic_config(url), "head")
        return
    engine = make_engine(url, durable=False)
    try:
        with engine.connect().execution_options(write=True) as connection, connection.begin():
            Base.metadata.create_all(connection)
    finally:
        engine.dispose()


class Cluster:
    """The PostgreSQL server seen from one process: its template, and copies of it."""

    def __init__(self, url: str, name: str) -> None:
        self._url = make_url(url)
        # Reached by several processes and perhaps several runs at once: names must not meet.
        self._name = f"dpa_test_{name}_{os.getpid()}"
        self._numbers = itertools.count(1)
        self._admin = psycopg.connect(self._url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)
        try:
            # Files in memory are quickest copied as files; on a disk, and before version 15, by the server's own choice.
            in_memory = self._admin.execute("SHOW cluster_name").fetchone() == (postgres.IN_MEMORY,)
            self._strategy = " STRATEGY FILE_COPY" if in_memory and self._admin.info.server_version >= 150000 else ""
            self.create(f"{self._name}_template", None)
            build(self.url_of(f"{self._name}_template"))
        except BaseException:
            self.close()
            raise

    def url_of(self, database: str) -> str:
        """Return the address of one database of the server."""
        return self._url.set(drivername="postgresql+psycopg", database=database).render_as_string(hide_password=False)

    def create(self, database: str, template: str | None) -> None:
        """Create a database, empty or as a copy."""
        how = f'TEMPLATE "{template}"{self._strategy}' if template else "TEMPLATE template0 ENCODING 'UTF8'"
        self._admin.execute(f'CREATE DATABASE "{database}" {how}'.encode())

    def copy(self) -> str:
        """Create a copy of the template and return its name."""
        database = f"{self._name}_{next(self._numbers)}"
        self.create(database, f"{self._name}_template")
        return database

    def drop(self, database: str) -> None:
        """Remove a database, even if a connection of the test is still open."""
        self._admin.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'.encode())

    def close(self) -> None:
        """Remove the template and let go of the server."""
        self.drop(f"{self._name}_template")
        self._admin.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQLite file that tests get copies of."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    build(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> str:
    """The address of the PostgreSQL server; skips (in CI fails) with the reason when there is none."""
    postgres.ensure(pytestconfig)
    if os.environ.get(postgres.MISSING):
        pytest.skip(os.environ[postgres.MISSING])
    return os.environ[postgres.URL]


@pytest.fixture(scope="session")
def postgres_cluster(postgres_server: str, worker_id: str) -> Iterator[Cluster]:
    """The server with a template for this process."""
    cluster = Cluster(postgres_server, worker_id)
    yield cluster
    cluster.close()


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite database in the test's own folder."""
    from dpa.database import make_engine

    folder = tmp_path / "instance"
    folder.mkdir()
    path = folder / "dpa.sqlite3"
    shutil.copyfile(sqlite_template, path)
    url = f"sqlite:///{path}"
    engine = make_engine(url, durable=False)
    yield Database("sqlite", url, engine, folder)
    engine.dispose()


@pytest.fixture
def postgres_database(postgres_cluster: Cluster, tmp_path: Path) -> Iterator[Database]:
    """A fresh PostgreSQL database."""
    from dpa.database import make_engine

    folder = tmp_path / "instance"
    folder.mkdir()
    name = postgres_cluster.copy()
    engine = make_engine(postgres_cluster.url_of(name), durable=False)
    yield Database("postgres", postgres_cluster.url_of(name), engine, folder)
    engine.dispose()
    postgres_cluster.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """A fresh database with the schema; the test runs once on SQLite and once on PostgreSQL."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found
