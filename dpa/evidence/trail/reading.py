"""Opening a database for verification only: a copy on a read-only medium, or the live one, and never creating one."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from dpa import database
from dpa.problems import Invalid

PRIMARY = 0xFF
"""The part of an SQLite error code that names its kind; what is above it only narrows that."""


def read_only_engine(url: str) -> Engine:
    """Return an engine that can only read. Raises `Invalid` when there is nothing to open; what is damaged inside is met when it is read."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise Invalid("DATABASE_URL is not an address such as sqlite:////path/dpa.sqlite3 or postgresql+psycopg://host/name.") from None
    if parsed.get_backend_name() != "sqlite":
        return database.make_engine(url)
    path = Path(parsed.database or "")
    if not parsed.database or not path.is_file():
        raise Invalid(
            f"There is no database file at {path.resolve()}. Run this in the folder of the installation, or name that folder in DPA_INSTANCE or the "
            "database in DATABASE_URL; `dpa migrate` makes a new one."
        )
    options = _openable(path)

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(_uri(path, options), uri=True, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    # One snapshot for the whole pass.
    connection.exec_driver_sql("BEGIN")


def _uri(path: Path, options: str) -> str:
    return f"file:{quote(str(path.resolve()))}?{options}"


def _openable(path: Path) -> str:
    """Return how the file can be opened; on a read-only medium SQLite must be told that nobody else writes to it."""
    refusal = ""
    journal = path.with_name(path.name + "-wal")
    pending = journal.exists() and journal.stat().st_size > 0
    for options in ("mode=ro", "mode=ro&immutable=1"):
        if "immutable" in options and pending:
            raise Invalid(f"{path} has unfinished writes beside it ({journal.name}) and its folder cannot be written; "
                          "copy both files to a folder that can be.")
        connection = sqlite3.connect(_uri(path, options), uri=True)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            refusal = str(error)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & PRIMARY == sqlite3.SQLITE_CORRUPT:
                return options  # A database it is, with a damaged list of tables: a finding of whoever reads on, not a wrong call.
            raise Invalid(f"{path} is not a database that can be read: {error}.") from None
        else:
            return options
        finally:
            connection.close()
    raise Invalid(f"{path} cannot be opened: {refusal}.")
