"""The stored form: lossless, without floats, reproducible whatever today's calendar says, and honest when damaged."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from dpa.deadlines import (
    Closure,
    DeadlineProblem,
    Options,
    Period,
    calendar_named,
    compute,
    explain,
    fixed,
    from_json,
    recompute,
    to_json,
)

ROOT = Path(__file__).parents[2]


def deadline(calendar=None):
    return compute(
        Period.parse("30 working days"),
        datetime.fromisoformat("2026-04-01T10:00:00.25+02:00"),
        zone="Europe/Paris",
        calendar=calendar or calendar_named("FR", [Closure(date(2026, 5, 15), "Bridge day")]),
        options=Options(),
    )


def _leaves(value):
    if isinstance(value, dict):
        for key, each in value.items():
            assert isinstance(key, str)
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def test_the_form_holds_only_plain_values_and_comes_back_equal():
    stored = to_json(deadline())
    assert {type(leaf) for leaf in _leaves(stored)} <= {str, int, bool}
    assert from_json(json.loads(json.dumps(stored))) == deadline()


def test_a_recount_keeps_the_date_when_today_has_other_closures():
    stored = to_json(deadline())
    assert recompute(stored).due == deadline().due
    plain = calendar_named("FR")
    again = recompute(stored, calendar=plain)
    assert again.due != deadline().due, "without the bridge day the period is one day shorter"
    assert again.calendar_version == plain.version


def test_a_promised_time_is_due_at_that_time_and_says_so():
    at = datetime.fromisoformat("2026-10-25T02:30:40.7+01:00")  # The second half past two of the night the clocks go back.
    promised = fixed(at, zone="Europe/Paris", calendar=calendar_named("FR"))
    assert promised.due == datetime.fromisoformat("2026-10-25T01:30:40+00:00")
    assert from_json(json.loads(json.dumps(to_json(promised)))) == promised == recompute(to_json(promised))
    assert explain(promised)[:2] == (
        "Promised for Sun 25 Oct 2026 02:30:40 +01:00 (Europe/Paris). Nothing is counted: it is due at that time.",
        "Due: Sun 25 Oct 2026 02:30:40 +01:00 (Europe/Paris), as promised.",
    )
    assert not deadline().is_fixed


def test_the_stored_version_names_the_calendar():
    stored = to_json(deadline())
    assert stored["calendar"]["version"] == deadline().calendar_version
    assert ["2026-05-15", "Bridge day"] in stored["calendar"]["closed"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda stored: stored.pop("due"),
        lambda stored: stored.update(form=99),
        lambda stored: stored.update(start="yesterday"),
        lambda stored: stored.update(steps=[{"kind": "jumped"}]),
        lambda stored: stored.update(calendar=None),
        lambda stored: stored["options"].update(mood="good"),
        lambda stored: stored["options"].update(roll="monday"),
        lambda stored: stored["period"].update(amount="30"),
        lambda stored: stored["calendar"].update(closed=[["2026-05-15"]]),
    ],
)
def test_a_damaged_form_is_refused_in_one_sentence(damage):
    stored = copy.deepcopy(to_json(deadline()))
    damage(stored)
    with pytest.raises(DeadlineProblem):
        from_json(stored)


def test_the_engine_loads_without_flask_sqlalchemy_or_pydantic():
    code = (
        "import sys, pkgutil, importlib, dpa.deadlines as d\n"
        "for m in pkgutil.iter_modules(d.__path__): importlib.import_module('dpa.deadlines.' + m.name)\n"
        "d.calendar_named('FR')\n"
        "bad = {'flask', 'sqlalchemy', 'pydantic', 'werkzeug', 'click'} & {m.split('.')[0] for m in sys.modules}\n"
        "sys.exit(repr(bad) if bad else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_engine_never_reads_the_clock():
    for source in (ROOT / "dpa" / "deadlines").glob("*.py"):
        text = source.read_text(encoding="utf-8")
        for call in (".now(", ".today(", "utcnow", "time.time", "perf_counter", "import time\n"):
            assert call not in text, f"{source.name} reads the clock: {call}"
