"""The deadline engine: what a contract or statute says becomes a due instant that can explain itself.

Pure: it reads no clock, no file and no database; holidays come in as data. The legal basis and the readings taken
are described in docs/deadlines.md (Reg. (EEC, Euratom) 1182/71, GDPR Art. 12 and 33, Delegated Reg. (EU) 2025/301).

    calendar = calendar_named("FR")
    options = Options.for_regime(Regime.contract, PeriodUnit.HOURS)
    deadline = compute(Period.parse("24 hours"), aware_at, zone="Europe/Paris", calendar=calendar, options=options)
    deadline.local_due, explain(deadline), to_json(deadline)
"""

from dpa.deadlines.calendars import Calendar, Closure, calendar_named
from dpa.deadlines.chains import (
    Delivery,
    DeliveryRule,
    Link,
    PostalFacts,
    PostingLimit,
    chain,
    delivery,
    earliest,
    last_safe_posting,
)
from dpa.deadlines.computing import compute, due_instant, fixed
from dpa.deadlines.explaining import day_text, explain, explain_posting, explain_warnings, instant_text
from dpa.deadlines.options import HourOfEvent, Options, Regime, Roll, Workweek
from dpa.deadlines.periods import Direction, Period, PeriodUnit
from dpa.deadlines.problem import DeadlineProblem
from dpa.deadlines.storing import from_json, recompute, recompute_due, to_json
from dpa.deadlines.suspension import LedgerLine, Pause, suspension_days, suspension_ledger
from dpa.deadlines.values import CalendarExcerpt, Deadline, Rule, Step, StepKind, Warning_, WarningKind
from dpa.deadlines.zones import zone_named

__all__ = [
    "Calendar",
    "CalendarExcerpt",
    "Closure",
    "Deadline",
    "DeadlineProblem",
    "Delivery",
    "DeliveryRule",
    "Direction",
    "HourOfEvent",
    "LedgerLine",
    "Link",
    "Options",
    "Pause",
    "Period",
    "PeriodUnit",
    "PostalFacts",
    "PostingLimit",
    "Regime",
    "Roll",
    "Rule",
    "Step",
    "StepKind",
    "WarningKind",
    "Warning_",
    "Workweek",
    "calendar_named",
    "chain",
    "compute",
    "day_text",
    "delivery",
    "due_instant",
    "earliest",
    "explain",
    "explain_posting",
    "explain_warnings",
    "fixed",
    "from_json",
    "instant_text",
    "last_safe_posting",
    "recompute",
    "recompute_due",
    "suspension_days",
    "suspension_ledger",
    "to_json",
    "zone_named",
]
