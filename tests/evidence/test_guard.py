"""Nothing unaudited: whatever changes a business row without an event is refused, and nothing of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Table, delete, func, insert, inspect, select, text, update
from sqlalchemy.orm import Session

from dpa.columns import Base
from dpa.config import Settings
from dpa.database import make_engine
from dpa.evidence import trail
from dpa.evidence.trail.models import TrailEvent, TrailHead
from dpa.evidence.trail.verify import verify_database
from dpa.people.models import Organisation
from dpa.unit import Unit
from tests.evidence.ground import CHANGED, HAPPENED, Ground, organisation

MAPPED = sorted((mapper.class_ for mapper in Base.registry.mappers), key=lambda kind: kind.__name__)
AUDITED = [kind for kind in MAPPED if kind.audited]


@pytest.mark.parametrize("kind", MAPPED, ids=lambda kind: kind.__name__)
def test_every_class_is_audited_or_says_why_not(kind: type[Base]) -> None:
    assert kind.audited or len(kind.not_audited_because) > 15


def test_every_table_belongs_to_a_class() -> None:
    mapped = {table.name for kind in MAPPED for table in inspect(kind).tables if isinstance(table, Table)}
    assert set(Base.metadata.tables) <= mapped, "rows of a table without a class would escape the guard"


@pytest.mark.parametrize("kind", AUDITED, ids=lambda kind: kind.__name__)
def test_the_database_changes_no_audited_row_by_itself(kind: type[Base]) -> None:
    table = kind.__table__
    assert isinstance(table, Table)
    for constraint in table.foreign_key_constraints:
        assert constraint.ondelete in {None, "RESTRICT", "NO ACTION"}, f"{table.name}: {constraint.name} would act past the trail"
        assert constraint.onupdate in {None, "RESTRICT", "NO ACTION"}


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A database without tables: the guard reads a statement before any database does."""
    return Ground(make_engine("sqlite://"), Settings(instance=tmp_path_factory.mktemp("nowhere")))


@pytest.mark.parametrize("kind", AUDITED, ids=lambda kind: kind.__name__)
def test_statements_on_every_audited_table_are_refused(kind: type[Base], nowhere: Ground) -> None:
    table = kind.__table__
    assert isinstance(table, Table)
    values = {column.name: 1 for column in table.primary_key}
    for statement in (insert(table).values(values), update(table).values(values), delete(table)):
        with pytest.raises(trail.AuditMissing), Session(nowhere.engine) as session, nowhere.begin(session) as unit:
            unit.session.execute(statement)


def _add(unit: Unit) -> None:
    unit.session.add(organisation("other"))


def _change(unit: Unit) -> None:
    unit.session.scalars(select(Organisation)).one().name = "Renamed"


def _change_inside_json(unit: Unit) -> None:
    row = unit.session.scalars(select(Organisation)).one()
    row.mail_domains = [*row.mail_domains, "lemon.example"]


def _delete(unit: Unit) -> None:
    unit.session.delete(unit.session.scalars(select(Organisation)).one())


def _flush_early(unit: Unit) -> None:
    _change(unit)
    unit.session.flush()


def _cover_another(unit: Unit) -> None:
    _change(unit)
    other = organisation("other")
    unit.session.add(other)
    unit.session.flush()
    trail.record(unit, CHANGED, subject=("organisation", other.id), organisation_id=other.id, covers=[other])


def _record_without_cover(unit: Unit) -> None:
    _change(unit)
    trail.record(unit, CHANGED, subject=("organisation", 1), organisation_id=1)


def _merge(unit: Unit) -> None:
    row = organisation(name="Merged")
    row.id = unit.session.scalars(select(Organisation.id)).one()
    unit.session.merge(row)


ESCAPES: dict[str, Callable[[Unit], Any]] = {
    "add": _add,
    "change": _change,
    "change inside json": _change_inside_json,
    "delete": _delete,
    "flush early": _flush_early,
    "cover another": _cover_another,
    "record without cover": _record_without_cover,
    "merge": _merge,
    "orm update": lambda unit: unit.session.execute(update(Organisation).values(name="x")),
    "orm delete": lambda unit: unit.session.execute(delete(Organisation)),
    "orm insert": lambda unit: unit.session.execute(insert(Organisation), [_row("x")]),
    "query update": lambda unit: unit.session.query(Organisation).update({"name": "x"}),
    "query delete": lambda unit: unit.session.query(Organisation).delete(),
    "core update": lambda unit: unit.session.connection().execute(update(Organisation.__table__).values(name="x")),
    "bulk save": lambda unit: unit.session.bulk_save_objects([organisation("x")]),
    "bulk insert": lambda unit: unit.session.bulk_insert_mappings(inspect(Organisation), [_row("x")]),
    "bulk update": lambda unit: unit.session.bulk_update_mappings(inspect(Organisation), [{"id": 1, "name": "x"}]),
    "text": lambda unit: unit.session.execute(text("UPDATE organisation SET name = 'x'")),
    "text in lower case": lambda unit: unit.session.execute(text("  update \"organisation\" set name = 'x'")),
    "text with a table expression": lambda unit: unit.session.execute(text(
        "WITH wanted AS (SELECT 1) UPDATE organisation SET name = 'x' WHERE id IN (SELECT * FROM wanted)")),
    "driver": lambda unit: unit.session.connection().exec_driver_sql("DELETE FROM organisation"),
}


def _record_and(unit: Unit, escape: Callable[[Unit], Any]) -> None:
    trail.record(unit, HAPPENED, subject=("thing", 1), organisation_id=None)
    escape(unit)


def _commit_inside(unit: Unit) -> None:
    row = unit.session.scalars(select(Organisation)).one()
    row.name = "Renamed"
    trail.record(unit, CHANGED, subject=("organisation", row.id), organisation_id=1, covers=[row])
    unit.session.commit()


def _in_savepoint(unit: Unit, *, rolled_back: bool) -> None:
    savepoint = unit.session.begin_nested()
    unit.session.add(organisation("other"))
    unit.session.flush()
    if rolled_back:
        savepoint.rollback()
    else:
        savepoint.commit()


def _change_then_lose_a_savepoint(unit: Unit) -> None:
    _flush_early(unit)
    _in_savepoint(unit, rolled_back=True)


def _row(slug: str) -> dict[str, Any]:
    row = organisation(slug)
    return {name: getattr(row, name) for name in ("slug", "letters", "name", "zone", "calendar", "country", "mail_domains", "created_at")}


@pytest.fixture
def filled(ground: Ground) -> Ground:
    with Session(ground.engine) as session, ground.begin(session) as unit:
        row = organisation()
        session.add(row)
        session.flush()
        trail.record(unit, CHANGED, subject=("organisation", row.id), organisation_id=row.id, covers=[row])
    return ground


@pytest.mark.parametrize("name", ESCAPES)
def test_every_way_past_the_trail_is_refused_whole(name: str, filled: Ground) -> None:
    with Session(filled.engine) as session:
        with pytest.raises(trail.AuditMissing, match="trail"), filled.begin(session) as unit:
            _record_and(unit, ESCAPES[name])
        assert session.scalars(select(Organisation.name)).all() == ["Lemon Learning"]
        assert session.scalar(select(func.count()).select_from(TrailEvent)) == 1
        assert session.scalar(select(TrailHead.size)) == 1


def test_the_refusal_names_the_row(filled: Ground) -> None:
    with Session(filled.engine) as session, pytest.raises(trail.AuditMissing, match=r"Organisation 1 \(changed\)"), filled.begin(session) as unit:
        _change(unit)


def test_a_session_outside_any_unit_is_guarded_too(filled: Ground) -> None:
    with Session(filled.engine) as session:
        session.connection(execution_options={"write": True})
        session.add(organisation("other"))
        with pytest.raises(trail.AuditMissing):
            session.commit()
        session.rollback()
        assert session.scalar(select(func.count()).select_from(Organisation)) == 1


def test_committing_inside_a_unit_is_refused(filled: Ground) -> None:
    with Session(filled.engine) as session, pytest.raises(trail.AuditMissing), filled.begin(session) as unit:
        _commit_inside(unit)


def test_setting_a_value_to_itself_needs_no_event(filled: Ground) -> None:
    with Session(filled.engine) as session, filled.begin(session) as unit:
        row = unit.session.scalars(select(Organisation)).one()
        row.name = row.name


def test_a_rolled_back_savepoint_owes_nothing_and_what_was_before_it_does(filled: Ground) -> None:
    with Session(filled.engine) as session:
        with filled.begin(session) as unit:
            _in_savepoint(unit, rolled_back=True)
        with pytest.raises(trail.AuditMissing), filled.begin(session) as unit:
            _change_then_lose_a_savepoint(unit)
        with pytest.raises(trail.AuditMissing), filled.begin(session) as unit:
            _in_savepoint(unit, rolled_back=False)


def test_many_rows_by_one_event(filled: Ground) -> None:
    with Session(filled.engine) as session:
        with filled.begin(session) as unit:
            rows = [organisation(f"o{number}") for number in range(20)]
            session.add_all(rows)
            trail.covering_many(unit, CHANGED, rows=rows, subject=("import", 1), organisation_id=None)
        with filled.begin(session) as unit:
            keys = trail.insert_many(unit, CHANGED, Organisation, [_row(f"b{number}") for number in range(1200)],
                                     subject=("import", 2), organisation_id=None)
            assert trail.update_many(unit, CHANGED, Organisation, Organisation.slug.like("b%"), {"name": "Bulk"},
                                     subject=("import", 2), organisation_id=None, data={"why": "renamed"}) == 1200
        assert session.scalars(select(Organisation.slug).where(Organisation.id.in_(keys[:3])).order_by(Organisation.id)).all() == ["b0", "b1", "b2"]
        with filled.begin(session) as unit:
            assert trail.delete_many(unit, CHANGED, Organisation, Organisation.name == "Bulk", subject=("import", 2), organisation_id=None) == 1200
        bodies = session.scalars(select(TrailEvent.body).order_by(TrailEvent.idx)).all()
        assert '"count":20' in bodies[1]
        assert len({body[body.index("keys_sha256"):][:80] for body in bodies[2:5]}) == 1, "the same keys have the same digest"
    assert verify_database(filled.engine).ok


def test_nothing_to_insert_is_recorded_as_nothing(filled: Ground) -> None:
    with Session(filled.engine) as session, filled.begin(session) as unit:
        assert trail.insert_many(unit, CHANGED, Organisation, [], subject=("import", 1), organisation_id=None) == []
