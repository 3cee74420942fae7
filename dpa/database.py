"""Engines for SQLite and PostgreSQL that behave alike, and refuse to write outside a unit of work.

Every transaction is read-only unless it was begun with the execution option `write`, which only
`dpa.unit.transaction` and migrations set. A reading transaction sees one snapshot throughout, from its first statement on, so that what a page says of
one row fits what it says of another; on PostgreSQL we ask for that, on SQLite it is so. On SQLite a writing transaction starts with BEGIN IMMEDIATE, because a
deferred one that turns into a write fails at once with "database is locked" when another writer was quicker.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, FromClause, create_engine, event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import make_url

BUSY_TIMEOUT_MS = 10_000
MAPPED_BYTES = 1 << 30
"""How much of an SQLite file a web process reads as memory."""


class OwnCompiler(SQLiteCompiler):
    """Writes statements for SQLite as SQLAlchemy does, but for two things it does for other databases only, or in a slower way."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:  # noqa: ARG002
        """Write what `with_hint` says, such as INDEXED BY, behind the table's name."""
        return text

    def visit_ilike_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        """Leave out lower() on both sides: SQLite's own LIKE takes no notice of capitals, and lower() knows no more letters than it (ASCII)."""
        return str(self.visit_like_op_binary(binary, operator, **kw))  # type: ignore[no-untyped-call]


def make_engine(url: str, *, durable: bool = True) -> Engine:
    """Return an engine for `url` with our hooks installed; `durable=False` is for throw-away test databases."""
    options: dict[str, Any] = {}
    if make_url(url).get_backend_name() != "sqlite":
        # A connection that the server dropped while idle must not cost an alert or a page.
        options["pool_pre_ping"] = True
    engine = create_engine(url, **options)
    install_hooks(engine, durable=durable)
    return engine


def install_hooks(engine: Engine, *, durable: bool = True) -> None:
    """Attach the connection and transaction rules to an engine, once."""
    if engine.dialect.name == "sqlite":
        engine.dialect.statement_compiler = OwnCompiler
        event.listen(engine, "connect", _sqlite_connect_durable if durable else _sqlite_connect_fast)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        event.listen(engine, "begin", _postgresql_begin)


def _sqlite_connect(dbapi: Any, synchronous: str) -> None:
    # The driver's own transaction handling would begin too late and deferred; we begin ourselves.
    dbapi.isolation_level = None
    cursor = dbapi.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute(f"PRAGMA synchronous={synchronous}")
    cursor.execute("PRAGMA foreign_keys=ON")
    # Erased personal data must not stay readable in free pages of the file.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def map_reads(engine: Engine) -> None:
    """Have an engine read an SQLite file as memory instead of copying each page of it; for web processes, whose large cases read many rows.

    Not for the worker or commands: what they read would count as their memory, which is bounded.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda dbapi, _record: dbapi.execute(f"PRAGMA mmap_size={MAPPED_BYTES}"))


def _sqlite_connect_durable(dbapi: Any, _record: Any) -> None:
    # FULL: an acknowledged act survives a power cut. It is evidence.
    _sqlite_connect(dbapi, "FULL")


def _sqlite_connect_fast(dbapi: Any, _record: Any) -> None:
    _sqlite_connect(dbapi, "OFF")


def _sqlite_begin(connection: Connection) -> None:
    write = bool(connection.get_execution_options().get("write"))
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if write else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _postgresql_begin(connection: Connection) -> None:
    if not connection.get_execution_options().get("write"):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
