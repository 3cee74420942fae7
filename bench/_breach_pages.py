"""The pages of breaches at full size, over the real web server, asked by four people at once.

Data: 10,000 agreements, two incidents over all of them (one released and half told, one waiting for its review), 998 ordinary ones with three
customers each, and a million trail events. The incident register is left out: it rests on the trail's own events, which these cases lack. The bare list page is `/documents`: fifty rows of one table in the product's own layout, for whoever
is signed in; nothing lighter would still be a list of this product.
"""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import Connection, event, insert, select
from sqlalchemy.orm import Session

from bench._breach_house import DRAFT, NOW, Bench, incident
from bench.docket import table
from dpa import factory
from dpa.agreements.queries import running_ids
from dpa.breaches import links, operations
from dpa.breaches.events import Event
from dpa.breaches.links import PATH
from dpa.breaches.models import Affected, Breach, BreachAwareness
from dpa.breaches.rules import Selection
from dpa.cli.serve import commands
from dpa.clock import SystemClock
from dpa.docket.models import DocketEntry
from dpa.evidence import trail
from dpa.evidence.trail.models import TrailEvent, TrailHead
from dpa.extensions import db
from dpa.people import sessions
from dpa.people.models import Auth, Organisation, Person
from dpa.portal import operations as portal

ORDINARY, EACH = 998, 3
EVENTS = 1_000_000
CHUNK = 50_000
CLIENTS, TIMES = 4, 45
TOLD = 5_000
BARE = "/documents"
CHANGED = "case of 10,000, changed"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the pages are."""

    whole: int
    """The incident over everybody, released and half told."""
    waiting: int
    """The one whose notice waits for its review."""
    ordinary: int
    customer: int
    """A customer of the first one."""
    link: str

    def pages(self) -> dict[str, str]:
        """Return the pages that have goals, by name."""
        return {
            "bare list: documents": BARE,
            "board": "/board",
            "breaches": "/breaches",
            "case of 10,000": f"/breaches/{self.whole}",
            CHANGED: f"/breaches/{self.whole}?",
            "case of 10,000, not told": f"/breaches/{self.whole}?show=not-told",
            "case of 10,000, searched": f"/breaches/{self.whole}?q=A99",
            "case of three": f"/breaches/{self.ordinary}",
            "review of 10,000": f"/breaches/{self.waiting}/release",
            "one customer": f"/breaches/{self.whole}/customers/{self.customer}",
            "evidence of 10,000": f"/breaches/{self.whole}/evidence",
            "year": f"/breaches/year?year={NOW.year}",
            "the customer's own page": f"{self.link}/notices",
        }


LISTS = frozenset({"bare list: documents", "breaches", "year"})
CASES = frozenset({"board", "case of 10,000", "case of 10,000, not told", "case of 10,000, searched", "case of three"})
FREE = frozenset({"review of 10,000", "evidence of 10,000", CHANGED})
"""Pages whose number of statements has a goal, and those that have no goal at all: what looks at each customer, and the first look after an act."""


def fill(bench: Bench) -> Addresses:
    """Add what is not there yet after the first incident was released; returns where to look."""
    with Session(bench.engine) as session:
        place = session.scalars(select(Organisation)).one().id
        whole = session.scalars(select(Breach)).one().id
        with bench.unit(session) as unit:
            waiting = incident(unit, unit.session.get_one(Organisation, place), 2).id
        with bench.unit(session) as unit:
            breach = unit.session.get_one(Breach, waiting)
            operations.add_affected(unit, breach, list(running_ids(unit.session, place, NOW.date())), Selection.ALL, 1)
            operations.save_draft(unit, breach, DRAFT)
        sample = session.scalars(select(DocketEntry).where(DocketEntry.kind == operations.KIND).limit(1)).one()
        columns = {column.key: getattr(sample, column.key) for column in table(DocketEntry).columns}
    with bench.engine.connect().execution_options(write=True) as connection, connection.begin():
        _told(connection, whole)
        _ordinary(connection, place, columns)
        _events(connection, place)
    with Session(bench.engine) as session:
        customer = session.scalars(select(Affected.id).where(Affected.breach_id == whole).order_by(Affected.id)).first() or 0
        later = NOW + timedelta(hours=2)
        with bench.unit(session, later) as unit:
            address = links.make_one(unit, unit.session.get_one(Breach, whole), unit.session.get_one(Affected, customer))
        link = address.removeprefix(bench.settings.base_url)
        with bench.unit(session, later) as unit:
            portal.open_notices(unit, link.rpartition("/")[2])
        return Addresses(whole, waiting, waiting + ORDINARY // 2, customer, link)


def _told(connection: Connection, breach: int) -> None:
    """Let the first customers of an incident be told: mail, delivery, customer and clock, as delivery writes them."""
    at = str(NOW + timedelta(hours=1)).removesuffix("+00:00")
    rows = f"SELECT id FROM breach_affected WHERE breach_id = {breach} ORDER BY id LIMIT {TOLD}"
    mails = f"SELECT outbox_id FROM breach_delivery WHERE affected_id IN ({rows})"
    clocks = f"SELECT docket_entry_id FROM breach_affected WHERE id IN ({rows})"
    for statement in (
        f"UPDATE outbox_message SET state = 'sent', sent_at = '{at}' WHERE id IN ({mails})",
        f"UPDATE breach_delivery SET given_at = '{at}', effective_at = '{at}' WHERE affected_id IN ({rows})",
        f"UPDATE docket_entry SET state = 'met', met_at = '{at}', late_s = -3600, next_alert_at = NULL WHERE id IN ({clocks})",
        f"UPDATE breach_affected SET sent_at = '{at}' WHERE id IN ({rows})",
    ):
        connection.exec_driver_sql(statement)


def _ordinary(connection: Connection, place: int, sample: dict[str, Any]) -> None:
    """Add incidents of three customers each, one every eight hours back from now; of nine in ten every customer was told.

    None is closed: how a case ended is read from the trail, and these have no events of their own there.
    """
    first = (connection.exec_driver_sql("SELECT max(id) FROM breach").scalar() or 0) + 1
    entry = (connection.exec_driver_sql("SELECT max(id) FROM docket_entry").scalar() or 0) + 1
    cases: list[dict[str, Any]] = []
    clocks: list[dict[str, Any]] = []
    affected: list[dict[str, Any]] = []
    decisions: list[dict[str, Any]] = []
    for number in range(ORDINARY):
        breach, aware = first + number, NOW - timedelta(hours=8 * (number + 1))
        runs = number % 10 == 0
        cases.append({
            "id": breach, "organisation_id": place, "year": aware.year, "number": 100 + number, "reference": f"LL-{aware.year}-{100 + number:03d}",
            "title": f"Wrong list mailed ({number})", "known": DRAFT.nature, "detected_at": aware, "aware_at": aware, "awareness_reason": "",
            "state": "open", "close_reason": "", "upstream": "", "drill": False, "zone": "Europe/Paris", "recorded_by": "u:1", "recorded_at": aware,
        })  # fmt: skip
        decisions.append({
            "breach_id": breach, "number": 1, "detected_at": aware, "aware_at": aware, "basis": "", "person": "", "reason": "", "decided_at": aware,
            "decided_by": "u:1",
        })  # fmt: skip
        for one in range(EACH):
            clocks.append(sample | {
                "id": entry, "subject_id": breach, "subject_label": cases[-1]["reference"], "title": f"Notify customer of breach {number}",
                "started_at": aware, "target_at": aware + timedelta(hours=24), "due_at": aware + timedelta(hours=24), "created_at": aware,
                "state": "open" if runs else "met", "met_at": None if runs else aware + timedelta(hours=5), "late_s": None if runs else -68_400,
                "next_alert_at": None,
            })  # fmt: skip
            who = 1 + (number * EACH + one) % 10_000
            affected.append({
                "breach_id": breach, "agreement_id": who, "controller_id": who, "docket_entry_id": entry, "selection": "by_list",
                "promise": "24 hours, GTC 15.4", "added_at": aware, "aware_at": aware, "sent_at": None if runs else aware + timedelta(hours=5),
                "late_reason": "", "not_required": "",
            })  # fmt: skip
            entry += 1
    for model, rows in ((Breach, cases), (BreachAwareness, decisions), (DocketEntry, clocks), (Affected, affected)):
        connection.execute(insert(table(model)), rows)


def _events(connection: Connection, place: int) -> None:
    """Fill the trail up to a million events about these cases and what belongs to them. Their hashes stand for real ones: no page reads any."""
    size: int = connection.exec_driver_sql("SELECT size FROM trail_head").scalar() or 0
    driver: Any = connection.connection.driver_connection
    marks = ", ".join("?" * 11)
    insert_event = f"INSERT INTO trail_event (idx, event_id, body, leaf_hash, at, action, actor, organisation_id, subject_type, subject_id, request_id) VALUES ({marks})"
    assert [column.name for column in table(TrailEvent).columns][:4] == ["idx", "event_id", "body", "leaf_hash"]
    for start in range(size, EVENTS, CHUNK):
        driver.executemany(insert_event, _rows(range(start, min(start + CHUNK, EVENTS)), place))
    hashes = os.urandom(32 * EVENTS.bit_count())
    connection.execute(table(TrailHead).update().values(size=EVENTS, frontier=hashes))


def _rows(numbers: range, place: int) -> Iterator[tuple[Any, ...]]:
    request, kinds = "0" * 32, ("breach", "message", "docket_entry", "document", "organisation")
    for number in numbers:
        kind = kinds[number % len(kinds)]
        # A third of what happened to cases happened to the large one.
        subject = str(1 if kind == "breach" and number % 3 == 0 else 1 + number % 1_000)
        at = NOW - timedelta(seconds=(EVENTS - number) * 20)
        stamp, identifier = at.strftime("%Y-%m-%d %H:%M:%S.000000"), f"{number:032x}"
        body = (
            f'{{"action":"breaches:notice:sent","actor":"system:alerts","auth":"system","data":{{"agreement":{number % 10_000},"at":"{stamp}","channel":"email",'
            f'"how":"accepted by the customer\'s mail server","late_s":-3600,"lateness":"1 h early","outbox":{number}}},"i":{number},"id":"{identifier}","org":{place},'
            f'"pd":{{}},"subj":["{kind}","{subject}"],"ts":"{stamp}Z","tx":"{request}","v":1}}'
        )
        yield number, identifier, body, number.to_bytes(32, "big"), stamp, "breaches:notice:sent", "system:alerts", place, kind, subject, request


def cookie_for(app: Flask) -> str:
    """Sign the DPO in and return the cookie."""
    client = app.test_client()
    with app.app_context(), Session(db.engine) as session, Bench(app.extensions["dpa_settings"]).unit(session, SystemClock().now()) as unit:
        token = sessions.begin(unit, unit.session.get_one(Person, 1), Auth.PASSWORD, sessions.Origin("127.0.0.0/24", "bench"))
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    name = str(app.config["SESSION_COOKIE_NAME"])
    found = client.get_cookie(name)
    assert found is not None
    return f"{name}={found.value}"


def headers(path: str, cookie: str) -> dict[str, str]:
    """Return what is sent along: a customer behind its link is nobody who is signed in."""
    return {} if path.startswith(PATH) else {"Cookie": cookie}


def statements(app: Flask, cookie: str, paths: Sequence[str]) -> dict[str, int]:
    """Return how many statements each page sends when it is asked the second time."""
    client, seen = app.test_client(use_cookies=False), [0]
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda _c, _k, sql, *_: seen.__setitem__(0, seen[0] + sql.startswith(("SELECT", "WITH"))))
    found = {}
    for path in paths:
        for _ in range(2):
            seen[0] = 0
            answer = client.get(path, headers=headers(path, cookie))
            assert answer.status_code == 200, (path, answer.status_code)
        found[path] = seen[0]
    return found


@contextmanager
def web_server(bench: Bench) -> Iterator[int]:
    """Run the product's web processes as `dpa serve` does, without the worker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    settings = bench.settings.model_copy(update={"port": port})
    surroundings = os.environ | {"DPA_INSTANCE": str(settings.instance), "PORT": str(port), "DPA_LOG_LEVEL": "error"}
    server = subprocess.Popen(commands(settings, "127.0.0.1")["web"], env=surroundings, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert server.poll() is None, "the web server did not start"
                assert time.monotonic() < end, "the web server did not start in time"
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def ask(port: int, path: str, cookie: str, times: int) -> list[float]:
    """Have four clients ask for a page again and again; returns the milliseconds of each answer."""
    took: list[float] = []
    faults: list[str] = []

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(times):
            began = time.perf_counter()
            connection.request("GET", path, headers=headers(path, cookie))
            answer = connection.getresponse()
            answer.read()
            took.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                faults.append(f"{path} answered {answer.status}")
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[0]
    return took


@dataclass(frozen=True, slots=True)
class Figure:
    """One page, measured."""

    median: float
    high: float
    count: int


def happen(bench: Bench, whole: int) -> None:
    """Have a customer open its page, as far as the trail is concerned: after that, nothing counted before may be shown again."""
    with Session(bench.engine) as session, bench.unit(session, SystemClock().now()) as unit:
        trail.record(unit, Event.READ, subject=("breach", whole), organisation_id=1, data={"agreement": 1})


def measure(bench: Bench, addresses: Addresses) -> dict[str, Figure]:
    """Return what was measured of each page, by name; pages take turns, so that what else the machine does meets all alike."""
    app = factory.create_app(bench.settings, SystemClock())
    cookie, pages = cookie_for(app), addresses.pages()
    counts = statements(app, cookie, list(pages.values()))
    took: dict[str, list[float]] = {name: [] for name in pages}
    with web_server(bench) as port:
        for path in pages.values():
            ask(port, path, cookie, 2)
        for _ in range(3):
            for name, path in pages.items():
                for _ in range(TIMES // 3 if name == CHANGED else 1):
                    if name == CHANGED:
                        happen(bench, addresses.whole)
                    took[name] += ask(port, path, cookie, 1 if name == CHANGED or "customer's own" in name else TIMES // 3)
    return {
        name: Figure(statistics.median(found), sorted(found)[int(0.95 * (len(found) - 1))], counts[pages[name]]) for name, found in took.items()
    }
