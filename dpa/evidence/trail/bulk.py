"""Many rows in one statement, with one event that says how many and which: count and digest of the sorted keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update

from dpa.columns import Base
from dpa.evidence.trail import append, guard
from dpa.evidence.trail.models import table
from dpa.unit import Unit

BATCH = 500


def insert_many(
    unit: Unit,
    event: str,
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *,
    subject: tuple[str, int | str],
    organisation_id: int | None,
    data: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
) -> list[Any]:
    """Insert rows given as mappings and record one event; returns their keys in the order of `rows`.

    Column defaults of the model apply. The rows are not loaded as objects: this is the path for thousands.
    """
    unit.session.flush()
    target = table(model)
    key = _only_key(model)
    with guard.writing(unit.session):
        statement = insert(target).returning(key, sort_by_parameter_order=True)
        found = list(unit.session.connection().execute(statement, [dict(row) for row in rows]).scalars()) if rows else []
    append.record(unit, event, subject=subject, organisation_id=organisation_id, personal=personal,
                  data=_with_digest(data, model, found))
    return found


def update_many(
    unit: Unit,
    event: str,
    model: type[Base],
    where: ColumnElement[bool],
    values: Mapping[str, Any],
    *,
    subject: tuple[str, int | str],
    organisation_id: int | None,
    data: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
) -> int:
    """Set the same values in all rows that match and record one event; returns how many. Loaded objects are expired."""
    found = _select_keys(unit, model, where)
    key = _only_key(model)
    with guard.writing(unit.session):
        for at in range(0, len(found), BATCH):
            unit.session.connection().execute(update(table(model)).where(key.in_(found[at : at + BATCH])).values(**values))
    unit.session.expire_all()
    append.record(unit, event, subject=subject, organisation_id=organisation_id, personal=personal,
                  data=_with_digest(data, model, found))
    return len(found)


def delete_many(
    unit: Unit,
    event: str,
    model: type[Base],
    where: ColumnElement[bool],
    *,
    subject: tuple[str, int | str],
    organisation_id: int | None,
    data: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
) -> int:
    """Delete all rows that match and record one event; returns how many. Loaded objects are expired."""
    found = _select_keys(unit, model, where)
    key = _only_key(model)
    with guard.writing(unit.session):
        for at in range(0, len(found), BATCH):
            unit.session.connection().execute(delete(table(model)).where(key.in_(found[at : at + BATCH])))
    unit.session.expire_all()
    append.record(unit, event, subject=subject, organisation_id=organisation_id, personal=personal,
                  data=_with_digest(data, model, found))
    return len(found)


def _with_digest(data: Mapping[str, Any] | None, model: type[Base], keys: list[Any]) -> dict[str, Any]:
    return {**(data or {}), **append.digest_of_keys({model.__tablename__: [(key,) for key in keys]})}


def _select_keys(unit: Unit, model: type[Base], where: ColumnElement[bool]) -> list[Any]:
    unit.session.flush()
    # Locked, so that on PostgreSQL nobody changes the set between choosing and writing.
    key = _only_key(model)
    return list(unit.session.connection().execute(select(key).where(where).order_by(key).with_for_update()).scalars())


def _only_key(model: type[Base]) -> Any:
    columns = list(table(model).primary_key.columns)
    if len(columns) != 1:
        raise ValueError(f"{model.__name__} has a key of {len(columns)} columns; bulk statements need exactly one")
    return columns[0]
