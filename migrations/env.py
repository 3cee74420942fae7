"""Runs the migrations on a connection that is safe for them.

SQLite cannot alter most of a table in place: Alembic copies it and drops the old one, and dropping a parent with
foreign keys on deletes its children without a word. So they are off during a migration (that works only outside a
transaction) and every reference is checked before the commit.
"""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection

import dpa.slices  # noqa: F401  loads every table
from dpa.columns import Base, Json, Utc
from dpa.database import make_engine


def render_item(kind: str, item: Any, _context: Any) -> str | bool:
    """Write our own column types as what they are in the database."""
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Json):
        return "sa.Text()"
    return False


def include_object(item: Any, _name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Leave indexes alone that the two databases describe differently; tests compare those by name."""
    return not (kind == "index" and item.info.get("skip_compare"))


def run(connection: Connection) -> None:
    """Migrate on one connection, in one transaction."""
    sqlite = connection.dialect.name == "sqlite"
    raw: Any = connection.connection.driver_connection
    if sqlite:
        raw.execute("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        include_object=include_object,
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"a migration would break {len(broken)} references, first in table {broken[0][0]}")
    if sqlite:
        raw.execute("PRAGMA foreign_keys=ON")


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = make_engine(context.config.get_main_option("sqlalchemy.url") or "")
    try:
        with engine.connect() as fresh:
            run(fresh.execution_options(write=True))
    finally:
        engine.dispose()
