"""The ground all tables stand on: one metadata with named constraints, and column types that keep meaning."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Integer, MetaData, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, mapped_column

# Batch migrations on SQLite rebuild tables and need every constraint to have a name.
NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The parent of every table.

    `audited` tells the trail's completeness guard that a change of such a row without an event in the same
    transaction must be refused. A class that sets it to False gives its reason in `not_audited_because`.
    """

    metadata = MetaData(naming_convention=NAMES)
    audited: ClassVar[bool] = True
    not_audited_because: ClassVar[str] = ""


class Utc(TypeDecorator[datetime]):
    """An aware instant in UTC. SQLite drops the zone, so it is put back on loading; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive instants; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored instant must be aware; add its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the instant aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def canonical(value: Any) -> str:
    """Return the one text of a JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Json(TypeDecorator[Any]):
    """A JSON value kept as compact text with sorted keys: the same bytes on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write the value as canonical text."""
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Read the text back."""
        return None if value is None else json.loads(value)


def word(kind: type[StrEnum], length: int = 40) -> Enum:
    """Return a column type that stores an enumeration by its value, as text, on both databases."""
    return Enum(kind, native_enum=False, length=length, values_callable=lambda kind: [item.value for item in kind])


# SQLite only numbers rows by itself for INTEGER; PostgreSQL gets the wide type.
BigId = BigInteger().with_variant(Integer, "sqlite")

Id = Annotated[int, mapped_column(BigId, primary_key=True)]
Instant = Annotated[datetime, mapped_column(Utc())]
