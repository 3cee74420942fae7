"""Keeping an uploaded file until its uploader confirms it, and carrying it out: one transaction, one event, bulk inserts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from dpa.agreements.events import Event
from dpa.agreements.imports import checking
from dpa.agreements.imports.checking import Known, Row
from dpa.agreements.imports.reading import RawRow
from dpa.agreements.models import Agreement, AgreementSystem, AgreementVersion, ImportDraft, System, Template
from dpa.columns import Base
from dpa.evidence import trail
from dpa.evidence.trail import append, guard
from dpa.evidence.trail.models import table
from dpa.parties.models import Contact, Controller
from dpa.people.models import Organisation
from dpa.problems import Conflict
from dpa.unit import Unit

CHUNK = 500
REPLACED = {"replaced": 1}
"""Result of an upload that a newer one of the same person replaced."""


def known(session: Session, organisation_id: int, raw: Sequence[Row | RawRow]) -> Known:
    """Return what is stored already of what a file's rows name."""
    controllers = {_cell(row, "controller_reference") for row in raw}
    agreements = {_cell(row, "agreement_reference") for row in raw}
    organisation = session.get_one(Organisation, organisation_id)
    by_reference: dict[str, str] = {}
    for chunk in _chunks(controllers):
        query = select(Controller.reference, Controller.name).where(
            Controller.organisation_id == organisation_id, Controller.reference.in_(chunk)
        )
        by_reference |= dict(session.execute(query).all())
    taken: set[str] = set()
    for chunk in _chunks(agreements):
        found = select(Agreement.reference).where(Agreement.organisation_id == organisation_id, Agreement.reference.in_(chunk))
        taken |= set(session.scalars(found))
    return Known(
        controllers=by_reference,
        agreements=frozenset(taken),
        templates=frozenset(session.scalars(select(Template.slug).where(Template.organisation_id == organisation_id))),
        systems=frozenset(_systems(session, organisation_id)),
        mail_domains=tuple(organisation.mail_domains),
    )


def keep(unit: Unit, organisation_id: int, person_id: int, file_name: str, raw: Sequence[RawRow]) -> ImportDraft:
    """Check the rows of a file and keep them until they are confirmed. Earlier unconfirmed uploads of the person are emptied."""
    stale = select(ImportDraft).where(ImportDraft.person_id == person_id, ImportDraft.confirmed_at.is_(None))
    for old in unit.session.scalars(stale):
        # Emptied, not deleted: SQLite would give its number to the next upload, and an old window would confirm that one.
        old.rows, old.result = [], REPLACED
    stored = known(unit.session, organisation_id, raw)
    rows = checking.check(raw, stored)
    draft = ImportDraft(
        organisation_id=organisation_id,
        person_id=person_id,
        file_name=file_name[:200],
        rows=[row.to_json() for row in rows],
        result=checking.counts(rows, stored),
        created_at=unit.now,
    )
    unit.session.add(draft)
    unit.session.flush()
    return draft


def confirm(unit: Unit, draft: ImportDraft) -> bool:
    """Carry an upload out, all rows or none; returns False when that was done before.

    Raises `Conflict` while rows have errors, and when something changed since the preview.
    """
    unit.session.refresh(draft, with_for_update=True)
    if draft.confirmed_at is not None:
        return False
    rows = [Row.from_json(row) for row in draft.rows]
    if not rows:
        raise Conflict("A newer upload has replaced this one; confirm that one, or upload the file again. Nothing was imported.")
    if any(row.errors for row in rows):
        raise Conflict("Some rows have errors; correct the file and upload it again. Nothing was imported.")
    stored = known(unit.session, draft.organisation_id, rows)
    wrong = [row for row in checking.recheck(rows, stored) if row.errors]
    if wrong:
        raise Conflict(f"Something has changed since the preview. Line {wrong[0].number}: {wrong[0].errors[0]} Nothing was imported.")
    made = _Writing(unit, draft).all(rows)
    draft.confirmed_at, draft.rows = unit.now, []
    draft.result = {**draft.result, **{name: len(keys) for name, keys in made.items()}}
    trail.record(
        unit,
        Event.IMPORTED,
        subject=("import", draft.id),
        organisation_id=draft.organisation_id,
        data={
            "controllers": len(made["controller"]),
            "agreements": len(made["agreement"]),
            **append.digest_of_keys({name: keys for name, keys in made.items() if keys}),
        },
    )
    return True


class _Writing:
    """Bulk inserts of one import; the caller records the one event that accounts for every row."""

    def __init__(self, unit: Unit, draft: ImportDraft) -> None:
        self.unit = unit
        self.organisation_id = draft.organisation_id
        self.note = f"Imported from {draft.file_name}."[:400]
        self.made: dict[str, list[tuple[Any, ...]]] = {}

    def all(self, rows: Sequence[Row]) -> dict[str, list[tuple[Any, ...]]]:
        """Write everything and return the keys made, by table."""
        self.unit.session.flush()
        with guard.writing(self.unit.session):
            controllers = self._controllers(rows)
            systems = self._systems(rows)
            self._contacts(rows, controllers)
            agreements = self._agreements(rows, controllers)
            self._versions(rows, agreements)
            links = [(agreements[row.agreement_reference], systems[name.lower()]) for row in rows for name in row.systems]
            self._insert(AgreementSystem, [{"agreement_id": one, "system_id": two} for one, two in links], links)
        return self.made

    def _insert(self, model: type[Base], values: Sequence[Mapping[str, Any]], keys: Sequence[tuple[Any, ...]] = ()) -> list[int]:
        target = table(model)
        connection = self.unit.session.connection()
        found: list[int] = []
        if values and keys:
            connection.execute(insert(target), [dict(value) for value in values])
        elif values:
            statement = insert(target).returning(target.c.id, sort_by_parameter_order=True)
            found = list(connection.execute(statement, [dict(value) for value in values]).scalars())
        self.made[str(target.name)] = list(keys) or [(key,) for key in found]
        return found

    def _controllers(self, rows: Sequence[Row]) -> dict[str, int]:
        first = {row.controller_reference: row for row in reversed(rows)}
        ids: dict[str, int] = {}
        for chunk in _chunks(first):
            query = select(Controller.reference, Controller.id).where(
                Controller.organisation_id == self.organisation_id, Controller.reference.in_(chunk)
            )
            ids |= dict(self.unit.session.execute(query).all())
        fresh = [row for reference, row in first.items() if reference not in ids]
        made = self._insert(Controller, [
            {"organisation_id": self.organisation_id, "reference": row.controller_reference, "name": row.controller_name,
             "country": row.country, "language": row.language, "created_at": self.unit.now}
            for row in fresh
        ])
        return ids | {row.controller_reference: key for row, key in zip(fresh, made, strict=True)}

    def _systems(self, rows: Sequence[Row]) -> dict[str, int]:
        ids = _systems(self.unit.session, self.organisation_id)
        names: dict[str, str] = {}
        for row in rows:
            for name in row.systems:
                if name.lower() not in ids:
                    names.setdefault(name.lower(), name)
        made = self._insert(System, [{"organisation_id": self.organisation_id, "name": name} for name in names.values()])
        return ids | dict(zip(names, made, strict=True))

    def _contacts(self, rows: Sequence[Row], controllers: Mapping[str, int]) -> None:
        there: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
        for chunk in _chunks(controllers.values()):
            query = select(Contact.controller_id, Contact.purpose, Contact.email).where(Contact.controller_id.in_(chunk))
            for controller_id, stored, email in self.unit.session.execute(query):
                there[controller_id].add((stored.value, email.lower()))
        values: list[dict[str, Any]] = []
        for row in rows:
            controller_id = controllers[row.controller_reference]
            for purpose, address in row.contacts:
                if (purpose, address.lower()) in there[controller_id]:
                    continue
                there[controller_id].add((purpose, address.lower()))
                values.append({"controller_id": controller_id, "purpose": purpose, "name": "", "email": address, "phone": "",
                               "created_at": self.unit.now})
        self._insert(Contact, values)

    def _agreements(self, rows: Sequence[Row], controllers: Mapping[str, int]) -> dict[str, int]:
        query = select(Template.slug, Template.id).where(Template.organisation_id == self.organisation_id)
        templates = dict(self.unit.session.execute(query).all())
        made = self._insert(Agreement, [
            {"organisation_id": self.organisation_id, "controller_id": controllers[row.controller_reference],
             "template_id": templates[row.template], "reference": row.agreement_reference,
             "starts_on": date.fromisoformat(row.starts_on), "ends_on": date.fromisoformat(row.ends_on) if row.ends_on else None,
             "created_at": self.unit.now}
            for row in rows
        ])
        return {row.agreement_reference: key for row, key in zip(rows, made, strict=True)}

    def _versions(self, rows: Sequence[Row], agreements: Mapping[str, int]) -> None:
        self._insert(AgreementVersion, [
            {"agreement_id": agreements[row.agreement_reference], "number": 1, "valid_from": date.fromisoformat(row.starts_on),
             "deviations": "", "note": self.note, "created_by": self.unit.actor, "created_at": self.unit.now}
            for row in rows
        ])


def _systems(session: Session, organisation_id: int) -> dict[str, int]:
    # Folded here, not in the database: SQLite knows small letters of ASCII only.
    query = select(System.name, System.id).where(System.organisation_id == organisation_id)
    return {name.lower(): key for name, key in session.execute(query)}


def _cell(row: Row | RawRow, name: str) -> str:
    return row.cells[name] if isinstance(row, RawRow) else str(getattr(row, name))


def _chunks(values: Iterable[Any]) -> Iterable[list[Any]]:
    listed = sorted(set(values))
    return (listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK))
