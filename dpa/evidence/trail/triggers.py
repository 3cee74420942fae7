"""Guards inside the database: the trail's rows may be added, never changed or removed. SQL text for both databases.

They stop defects and injected SQL; whoever owns the database can remove them, and then verification finds what
was changed. `create` is run after each table is made, by the migration and by `metadata.create_all` alike.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, event

APPEND_ONLY = ("trail_event", "trail_node", "trail_checkpoint")
PAYLOAD = "trail_payload"
HEAD = "trail_head"
TABLES = (*APPEND_ONLY, PAYLOAD, HEAD)

_FIRST_HEAD = "INSERT INTO trail_head (id, size, frontier) VALUES (1, 0, "
_ERASED = "zeroblob(32)", "decode(repeat('00', 32), 'hex')"
_ONLY_ERASURE = (
    "OLD.body IS NOT NULL AND NEW.body IS NULL AND NEW.salt = {erased} AND OLD.erased_by_idx IS NULL"
    " AND NEW.erased_by_idx IS NOT NULL AND NEW.event_idx = OLD.event_idx AND NEW.part = OLD.part"
)
_ONLY_GROWTH = "NEW.id = OLD.id AND NEW.size > OLD.size"


def create(dialect: str, table: str) -> tuple[str, ...]:
    """Return the statements that guard one of `TABLES`, and for the head also the one that fills it."""
    return _create_sqlite(table) if dialect == "sqlite" else _create_postgresql(table)


def drop(dialect: str, table: str) -> tuple[str, ...]:
    """Return the statements that take the guards of one table away, for a migration that rebuilds it."""
    on = "" if dialect == "sqlite" else f" ON {table}"
    acts = ("update", "delete") if dialect == "sqlite" else ("update", "delete", "truncate")
    function = () if dialect == "sqlite" else (f"DROP FUNCTION IF EXISTS {table}_refuse()",)
    return (*(f"DROP TRIGGER IF EXISTS {table}_refuse_{act}{on}" for act in acts), *function)


def create_all(dialect: str) -> tuple[str, ...]:
    """Return the statements that guard every table of the trail."""
    return tuple(text for table in TABLES for text in create(dialect, table))


def drop_all(dialect: str) -> tuple[str, ...]:
    """Return the statements that take every guard away."""
    return tuple(text for table in TABLES for text in drop(dialect, table))


def _message(table: str) -> str:
    if table == PAYLOAD:
        return "trail_payload may only be erased, by an act that the trail records"
    return "trail_head may only grow" if table == HEAD else f"{table} is append-only"


def _exception_to_update(table: str, erased: str) -> str | None:
    if table == PAYLOAD:
        return _ONLY_ERASURE.format(erased=erased)
    return _ONLY_GROWTH if table == HEAD else None


def _create_sqlite(table: str) -> tuple[str, ...]:
    message = _message(table)
    allowed = _exception_to_update(table, _ERASED[0])
    # NULL would count as "not refused"; so anything but a plain true is refused.
    condition = f" WHEN ({allowed}) IS NOT 1" if allowed else ""
    fill = (_FIRST_HEAD + "x'')",) if table == HEAD else ()
    return (
        f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table}{condition} BEGIN SELECT raise(abort, '{message}'); END",
        f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} BEGIN SELECT raise(abort, '{message}'); END",
        *fill,
    )


def _create_postgresql(table: str) -> tuple[str, ...]:
    message = _message(table)
    allowed = _exception_to_update(table, _ERASED[1])
    condition = f" WHEN (({allowed}) IS NOT TRUE)" if allowed else ""
    function = f"{table}_refuse"
    refuse = f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'"
    fill = (_FIRST_HEAD + "''::bytea)",) if table == HEAD else ()
    return (
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {refuse}; END $$",
        f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} FOR EACH ROW{condition} EXECUTE FUNCTION {function}()",
        f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
        f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
        *fill,
    )


def attach(table: Table) -> None:
    """Have the guards of `table` made whenever the table itself is made by `metadata.create_all`."""
    event.listen(table, "after_create", _after_create)


def _after_create(table: Table, connection: Connection, **_: Any) -> None:
    for statement in create(connection.dialect.name, table.name):
        connection.exec_driver_sql(statement)
