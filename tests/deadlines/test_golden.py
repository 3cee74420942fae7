"""Every published or constructed golden case, with its own options and with the product's defaults."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from dpa.deadlines import compute, due_instant, recompute, to_json
from dpa.deadlines.reading import read_row

FILE = Path(__file__).with_name("deadline_cases.csv")
with FILE.open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))
DECIDED_BY_REGIME = ("roll", "two_day_min", "hour_of_event")
# Rows that show a reading other than our default (docs/deadlines.md); everything else must follow from the regime.
OTHER_READINGS = {
    "H19": "hour_of_event=excluded",
    "H22": "two_day_min=yes",
    "H30": "roll=none",
}


def _due(row, count=compute):
    asked = read_row(row)
    return count(asked.period, asked.start, zone=asked.zone, calendar=asked.calendar, options=asked.options)


def _without(row, names):
    kept = [part for part in row["rule_options"].split(";") if part.partition("=")[0] not in names]
    return row | {"rule_options": ";".join(kept)}


def test_no_row_is_lost():
    assert len(ROWS) == 83
    assert set(OTHER_READINGS) <= {row["id"] for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_explicit_options(row):
    deadline = _due(row)
    assert deadline.local_due.isoformat() == row["expected_due"]
    assert _due(row, due_instant) == deadline.due
    assert recompute(to_json(deadline)) == deadline


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_defaults_of_the_regime(row):
    bare = _without(row, DECIDED_BY_REGIME)
    bare["rule_options"] += ";" + OTHER_READINGS.get(row["id"], "")
    assert _due(bare).local_due.isoformat() == row["expected_due"]


@pytest.mark.parametrize("row", [row for row in ROWS if row["id"] in OTHER_READINGS], ids=lambda row: row["id"])
def test_the_other_readings_do_differ(row):
    assert _due(_without(row, DECIDED_BY_REGIME)).local_due.isoformat() != row["expected_due"]
