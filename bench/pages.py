"""Pages against a bare list page in the same run: what one page costs beyond fetching and printing fifty rows.

The bare page is what any Flask application with an ORM pays: fifty rows with their customer, one small template. Data:
500 customers and 10,000 agreements of one organisation, 100,000 open deadlines. One client, in this process.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask, render_template_string
from sqlalchemy import event, insert, select

from bench.docket import NOW, add_people, rows, table
from dpa import factory
from dpa.agreements import operations as agreements
from dpa.agreements.models import Agreement, AgreementVersion
from dpa.agreements.terms import shipped_contract
from dpa.cli.migrate import upgrade
from dpa.clock import FixedClock
from dpa.config import Settings
from dpa.docket import kinds
from dpa.docket.models import DocketEntry
from dpa.extensions import db
from dpa.parties.models import Controller
from dpa.people import sessions
from dpa.people.models import Auth, Person
from dpa.web import access
from tests.support.pages import act

CONTROLLERS, AGREEMENTS, DEADLINES = 500, 10_000, 100_000
BARE = """<!doctype html><title>Bare</title><table>{% for row in rows %}<tr><td>{{ row.reference }}</td><td>{{ row.starts_on }}</td>
<td>{{ row.controller_id }}</td><td>{{ row.ends_on }}</td><td>{{ row.template.title }}</td><td>{{ row.id }}</td></tr>{% endfor %}</table>"""
PAGES = ("/board", "/agreements", "/agreements/matrix", "/breaches", "/customers", "/outbox", "/trail", "/agreements/1")


def prepare(folder: Path) -> Flask:
    """Return an application over the data set, with a bare page."""
    settings = Settings(instance=folder)
    upgrade(settings)
    app = factory.create_app(settings, FixedClock(NOW))
    kind = next(iter(kinds.registered())).name
    with app.app_context():
        with db.engine.connect().execution_options(write=True) as connection, connection.begin():
            add_people(connection, 1)
        with act(app, db.session()) as unit:
            template = agreements.add_template(unit, 1, shipped_contract("lemon-learning"), date(2024, 1, 1))
            template_id = template.id
        with db.engine.connect().execution_options(write=True) as connection, connection.begin():
            common = {"organisation_id": 1, "created_at": NOW}
            people = [{"id": n, "reference": f"C{n}", "name": f"Customer {n:05d}", "country": "FR", "language": "fr", **common} for n in range(1, CONTROLLERS + 1)]
            connection.execute(insert(table(Controller)), people)
            facts = {"template_id": template_id, "starts_on": date(2025, 1, 1), "ends_on": None, **common}
            numbers = range(1, AGREEMENTS + 1)
            connection.execute(insert(table(Agreement)), [{"id": n, "reference": f"A{n}", "controller_id": 1 + n % CONTROLLERS, **facts} for n in numbers])
            version = {"number": 1, "valid_from": date(2025, 1, 1), "deviations": "", "note": "", "created_by": "system:bench", "created_at": NOW}
            connection.execute(insert(table(AgreementVersion)), [{"agreement_id": n, **version} for n in numbers])
            entries = [row | {"kind": kind} for row in rows(DEADLINES, organisations=1, whole_rules=True)]
            for start in range(0, DEADLINES, 20_000):
                connection.execute(insert(table(DocketEntry)), entries[start : start + 20_000])
        with db.engine.connect().execution_options(write=True) as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()

    @app.get("/bare")
    @access.public
    def bare() -> str:
        found = db.session.scalars(select(Agreement).order_by(Agreement.id).limit(50)).all()
        return render_template_string(BARE, rows=found)

    return app


def main(times: int = 30) -> None:
    """Print the median of each page, its ratio to the bare page, and its number of SQL statements."""
    with tempfile.TemporaryDirectory() as folder:
        app = prepare(Path(folder))
        client = app.test_client()
        with app.app_context(), act(app, db.session(), "u:1") as unit:
            token = sessions.begin(unit, unit.session.get_one(Person, 1), Auth.PASSWORD, sessions.Origin("127.0.0.0/24", "bench"))
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        statements = [0]
        with app.app_context():
            event.listen(db.engine, "before_cursor_execute", lambda _c, _k, sql, *_: statements.__setitem__(0, statements[0] + sql.startswith(("SELECT", "WITH"))))
        print(f"{CONTROLLERS} customers, {AGREEMENTS} agreements, {DEADLINES} open deadlines; median and p95 of {times} in milliseconds")
        base = None
        for path in ("/bare", *PAGES):
            median, high, count = measure(client, path, times, statements)
            base = base or median
            print(f"  {path:22} {median:7.1f} {high:7.1f}   {median / base:5.1f} x bare   {count} statements")


def measure(client: Any, path: str, times: int, statements: list[int]) -> tuple[float, float, int]:
    """Return median and p95 in milliseconds and the number of statements of one request."""
    for _ in range(3):
        assert client.get(path).status_code == 200, path
    statements[0] = 0
    client.get(path)
    count = statements[0]
    took = []
    for _ in range(times):
        began = time.perf_counter()
        client.get(path)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), sorted(took)[int(0.95 * times)], count


if __name__ == "__main__":
    main()
