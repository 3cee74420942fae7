"""SQL compiled once per test process instead of once per test, as a long-running product has it.

SQLAlchemy keeps compiled statements per engine, and tells dialects apart by identity; each test has an engine of its own, so
without this a fifth of the time of all tests is spent on compiling the same statements again. The engines of one process
differ in nothing that reaches SQL but their kind of database: all are made by `dpa.database.make_engine`, and all PostgreSQL
databases are of one server.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

_COMPILED: LRUCache[Any, Any] = LRUCache(4000)
_KINDS = (SQLiteDialect_pysqlite, PGDialect_psycopg)
_begin = Engine.__init__


def _engine(
    self: Engine, pool: Any, dialect: Any, url: Any, logging_name: str | None = None, echo: Any = None, query_cache_size: int = 500,
    execution_options: Any = None, hide_parameters: bool = False,
) -> None:  # fmt: skip
    # SQLAlchemy reads the names of the arguments, so they are its own.
    _begin(self, pool, dialect, url, logging_name, echo, query_cache_size, execution_options, hide_parameters)
    if type(dialect) in _KINDS:
        self._compiled_cache = _COMPILED


def _equal(self: object, other: object) -> bool:
    return type(self) is type(other)


def _hash(self: object) -> int:
    return hash(type(self))


def install() -> None:
    """Let all engines of this process share what they compile."""
    changed: Any = Engine
    changed.__init__ = _engine
    for dialect in _KINDS:
        made: Any = dialect
        made.__eq__, made.__hash__ = _equal, _hash
