"""The incident, in a process of its own so that its memory can be told: everybody is named, the notice is written and released.

`python -m bench._breach_incident FOLDER [DATABASE_URL]` works on a database that `_breach_house` has filled and prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench._breach_house import CUSTOMERS, DRAFT, NOW, Bench, incident
from bench._memory import peak
from dpa.agreements.queries import running_ids
from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations
from dpa.breaches.models import Affected, Breach
from dpa.breaches.rules import Selection
from dpa.config import Settings
from dpa.docket.models import DocketEntry
from dpa.evidence.register.models import IssuedDocument
from dpa.people.models import Organisation


def live(settings: Settings) -> dict[str, float]:
    """Record, name all, write and release; returns seconds of each act and the peak of memory in MiB."""
    bench, took = Bench(settings), {}
    with Session(bench.engine) as session:
        place = session.scalars(select(Organisation)).one().id
        idle = peak()
        with bench.unit(session) as unit:
            number = incident(unit, unit.session.get_one(Organisation, place)).id
        began = time.perf_counter()
        with bench.unit(session) as unit:
            breach = unit.session.get_one(Breach, number)
            chosen = list(running_ids(unit.session, place, NOW.date()))
            operations.add_affected(unit, breach, chosen, Selection.ALL, 1)
        took["named"] = time.perf_counter() - began
        with bench.unit(session) as unit:
            operations.save_draft(unit, unit.session.get_one(Breach, number), DRAFT, next_word_at=NOW + timedelta(hours=40))
        began = time.perf_counter()
        with bench.unit(session) as unit:
            operations.release_notice(unit, unit.session.get_one(Breach, number), unit.session.get_one(Organisation, place))
        took["released"] = time.perf_counter() - began
    took["peak"], took["idle"] = peak(), idle
    with Session(bench.engine) as session:
        # Counted after the memory was read: a bench that did half of it must not look fast.
        for model in (Affected, OutboxMessage, IssuedDocument):
            assert session.scalar(select(func.count()).select_from(model)) == CUSTOMERS, model
        explained = session.scalars(select(DocketEntry.rule).where(DocketEntry.kind == operations.KIND))
        assert sum(1 for rule in explained if rule["target"]) == CUSTOMERS
    bench.engine.dispose()
    return took


if __name__ == "__main__":
    print(json.dumps(live(Settings(instance=Path(sys.argv[1]), database_url=sys.argv[2] if len(sys.argv) > 2 else ""))))
