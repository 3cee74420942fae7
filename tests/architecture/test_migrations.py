"""The migrations build what the models declare, go down and up again, and never lose a child row."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

import dpa.slices  # noqa: F401
from dpa.cli.migrate import MIGRATIONS, alembic_config, head, revision_of
from dpa.columns import Base
from dpa.database import make_engine
from tests.support.databases import Cluster, Database

REBUILD = '''
"""Rebuild a parent table, as later migrations will."""
from alembic import op
import sqlalchemy as sa
revision = "9999"
down_revision = "{head}"
def recreate():
    # PostgreSQL alters tables in place; only SQLite must copy them.
    return "always" if op.get_bind().dialect.name == "sqlite" else "auto"
def upgrade():
    with op.batch_alter_table("controller", recreate=recreate()) as batch:
        batch.add_column(sa.Column("note", sa.Text(), nullable=True))
def downgrade():
    with op.batch_alter_table("controller", recreate=recreate()) as batch:
        batch.drop_column("note")
'''


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    name = f"{cluster._name}_empty_{request.node.name[:12].replace('[', '_')}"
    cluster.create(name, None)
    yield cluster.url_of(name)
    cluster.drop(name)


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def test_up_down_and_up_again(empty_url: str) -> None:
    config = alembic_config(empty_url)
    command.upgrade(config, "head")
    assert revision_of(empty_url) == head()
    engine = make_engine(empty_url)
    with engine.connect() as connection:
        assert tables(connection) >= set(Base.metadata.tables)
    command.downgrade(config, "base")
    with engine.connect() as connection:
        assert tables(connection) == {"alembic_version"}
    command.upgrade(config, "head")
    with engine.connect() as connection:
        assert tables(connection) >= set(Base.metadata.tables)
        assert connection.exec_driver_sql("SELECT size FROM trail_head").scalar() == 0
    engine.dispose()


def test_organisations_that_share_letters_get_their_own(empty_url: str) -> None:
    config = alembic_config(empty_url)
    command.upgrade(config, "0003")
    engine = make_engine(empty_url)
    with engine.connect().execution_options(write=True) as connection:
        for key, slug in enumerate(("light-company", "lemon-company", "lemon-learning", "large-company"), start=1):
            connection.exec_driver_sql(
                "INSERT INTO organisation (id, slug, name, zone, calendar, country, mail_domains, created_at)"
                f" VALUES ({key}, '{slug}', '{slug}', 'Europe/Paris', 'FR', 'FR', '[]', '2026-01-01')"
            )
        connection.commit()
    command.upgrade(config, "head")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT letters FROM organisation ORDER BY id").scalars().all() == ["LC", "LC2", "LL", "LC3"]
    command.downgrade(config, "0003")
    engine.dispose()


def test_the_migrations_build_what_the_models_declare(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_rebuilding_a_parent_table_keeps_its_children(database: Database, tmp_path: Path) -> None:
    with database.engine.connect().execution_options(write=True) as connection, connection.begin():
        for statement in (
            "INSERT INTO organisation (id, slug, letters, name, zone, calendar, country, mail_domains, created_at) VALUES (1, 'x', 'X', 'X', 'Europe/Paris', 'FR', 'FR', '[]', '2026-01-01')",
            "INSERT INTO controller (id, organisation_id, reference, name, country, language, created_at) VALUES (1, 1, 'C1', 'One', 'FR', 'fr', '2026-01-01')",
            "INSERT INTO contact (id, controller_id, purpose, name, email, phone, created_at) VALUES (1, 1, 'privacy', '', 'a@x.example', '', '2026-01-01')",
            "INSERT INTO contact (id, controller_id, purpose, name, email, phone, created_at) VALUES (2, 1, 'security', '', 'b@x.example', '', '2026-01-01')",
        ):
            connection.exec_driver_sql(statement)
    scripts = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "9999_rebuild.py").write_text(REBUILD.format(head=head()), "utf-8")
    config: Config = alembic_config(database.url)
    config.set_main_option("script_location", str(scripts))
    for step in (lambda: command.upgrade(config, "head"), lambda: command.downgrade(config, head())):
        step()
        with database.engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM contact").scalar() == 2
            assert connection.exec_driver_sql("SELECT count(*) FROM controller").scalar() == 1


def test_a_migration_that_would_break_references_is_undone(sqlite_database: Database, tmp_path: Path) -> None:
    scripts = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    body = REBUILD.format(head=head()).replace(
        'with op.batch_alter_table("controller", recreate=recreate()) as batch:\n        batch.add_column(sa.Column("note", sa.Text(), nullable=True))',
        "op.execute(\"INSERT INTO contact (id, controller_id, purpose, name, email, phone, created_at) VALUES (7, 99, 'privacy', '', 'a', '', '2026-01-01')\")",
    )
    (scripts / "versions" / "9999_break.py").write_text(body, "utf-8")
    config = alembic_config(sqlite_database.url)
    config.set_main_option("script_location", str(scripts))
    with pytest.raises(RuntimeError, match="break 1 references"):
        command.upgrade(config, "head")
    with sqlite_database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM contact").scalar() == 0
    assert revision_of(sqlite_database.url) == head()
