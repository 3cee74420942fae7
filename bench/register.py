"""The register: documents a minute from order to listed file, and a trail statement of 1,000 events with its proof bundle.

`python -m bench.register`. Everything a worker does is in it: rendering, sealing (RSA-3072, without a time-stamp authority), durable
storing, the database (SQLite, synchronous FULL) and the trail. Prints figures; there is no pass or fail.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401  installs the trail
from bench.pdf import certificate
from dpa import unit as units
from dpa.columns import Base
from dpa.config import Settings
from dpa.database import make_engine
from dpa.evidence import trail
from dpa.evidence.pdf import render
from dpa.evidence.register import issuing, kinds, operations, statement
from dpa.evidence.register.kinds import Body, DocumentKind, Record
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.register.operations import Order
from dpa.evidence.register.records import Issuer
from dpa.evidence.seal import operations as seals
from dpa.people.operations import OrganisationFacts, add_organisation
from dpa.slice import Tick

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EVENT = "bench:case:touched"
CERTIFICATES = 200
EVENTS = 1_000
ISSUER = Issuer("Lumen Learning SAS", "lumen-learning", "Europe/Paris", "FR")


def build(_record: Record) -> Body:
    """The certificate of bench.pdf, framed by the register."""
    blocks = certificate(1).blocks
    return Body("Deletion of the data of Académie de Lille", "", blocks[:2], blocks[2:5])


kinds.register(DocumentKind("bench-certificate", "BC", "Certificate", "Certificates", "Confidential", "A benchmark", build))


class Desk:
    """A database of its own with one organisation that can seal."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(instance=folder)
        self.engine: Engine = make_engine(self.settings.database)
        with self.engine.connect().execution_options(write=True) as connection, connection.begin():
            Base.metadata.create_all(connection)
        prepared = seals.prepare_builtin(self.settings, 1, ISSUER.name, "FR", NOW)
        with Session(self.engine) as session, self.begin(session) as unit:
            add_organisation(unit, OrganisationFacts(ISSUER.name, "Europe/Paris", "FR", "FR"), slug=ISSUER.slug)
            seals.install(unit, prepared)

    def begin(self, session: Session, actor: str = "u:1") -> Any:
        return units.transaction(session, actor=actor, now=NOW, settings=self.settings, auth="pwd")

    def order(self, *wanted: Order) -> list[int]:
        with Session(self.engine) as session, self.begin(session) as unit:
            return [row.id for row in operations.order_many(unit, wanted)]

    def issue(self) -> float:
        """Issue everything that is due; returns the seconds it took."""
        with Session(self.engine) as session:
            tick = Tick(session, NOW, self.settings, lambda actor: self.begin(session, actor), "bench")
            begun = time.perf_counter()
            while issuing.issue_due(tick):
                pass
            return time.perf_counter() - begun


def certificates(desk: Desk) -> None:
    """Issue many small documents in chunks, as the worker does, and single ones, as somebody who waits."""
    wanted = Order("bench-certificate", 1, ISSUER, "Deletion", {"n": 1}, ("case", 1))
    desk.order(wanted)
    desk.issue()
    begun = time.perf_counter()
    for _ in range(20):
        render(certificate(1))
    bare = (time.perf_counter() - begun) / 20
    singles = []
    for _ in range(40):
        desk.order(wanted)
        singles.append(desk.issue())
    desk.order(*([wanted] * CERTIFICATES))
    took = desk.issue()
    p95 = statistics.quantiles(singles, n=20)[-1]
    print(f"  {CERTIFICATES} certificates, order to listed file: {CERTIFICATES / took * 60:,.0f} a minute, {took / CERTIFICATES / bare:.1f} x rendering alone")
    print(f"  one at a time: median {statistics.median(singles) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms")


def statements(desk: Desk) -> None:
    """Issue the statement of a case of a thousand events."""
    trail.register_events({EVENT: "touched the case the {count}th time"})
    with Session(desk.engine) as session, desk.begin(session) as unit:
        for number in range(EVENTS):
            trail.record(unit, EVENT, subject=("case", 7), organisation_id=1, data={"count": number}, personal={"note": f"Note {number}"} if number % 10 == 0 else None)
    case = statement.Case("case", "7", "case 7", 1, "Europe/Paris")
    begun = time.perf_counter()
    with Session(desk.engine) as session:
        content = statement.content(session, case, personal=True)
    [number] = desk.order(Order(statement.KIND, 1, ISSUER, "A long case", content, ("case", 7)))
    ordered = time.perf_counter() - begun
    took = desk.issue()
    with Session(desk.engine) as session:
        row = session.get_one(IssuedDocument, number)
        sizes = ", ".join(f"{file.role.value} {file.size / 1e6:.2f} MB" for file in row.files)
        print(f"  statement of {EVENTS:,} events: {ordered + took:.2f} s (order {ordered:.2f}, issue with bundle {took:.2f}), {row.pages} pages, {sizes}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        certificates(desk)
        statements(desk)
        desk.engine.dispose()


if __name__ == "__main__":
    main()
