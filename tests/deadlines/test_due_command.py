"""`dpa due`: one answer on standard output, one sentence on standard error, and the right exit code."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from dpa.cli.due import due
from dpa.deadlines import from_json

HERE = Path(__file__).parent
CASES = HERE / "deadline_cases.csv"
PARIS = ["--zone", "Europe/Paris", "--calendar", "FR"]
NOON = ["--from", "2026-06-05T12:00+02:00"]
HEADER = "id,kind,amount,start,zone,holiday_calendar,rule_options\n"
GOOD = "OK,hours,24,2026-06-02T10:15:00+02:00,Europe/Paris,FR,regime=contract\n"


def run(*args):
    return CliRunner().invoke(due, [str(arg) for arg in args])


def batch(tmp_path, text):
    file = tmp_path / "cases.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return run("--batch", file)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["24 hours", "--from", "2026-03-28T15:30+01:00", *PARIS], "2026-03-29T16:30:00+02:00"),
        (["1 month", "--from", "2026-01-31T10:00+01:00", *PARIS], "2026-02-28T23:59:59+01:00"),
        (["1 month", "--from", "2026-01-31T10:00+01:00", *PARIS, "--regime", "gdpr_statutory"], "2026-03-02T23:59:59+01:00"),
        (["1 month", "--from", "2026-01-31T10:00+01:00", *PARIS, "--roll", "next_working_day"], "2026-03-02T23:59:59+01:00"),
        (["72 hours", "--from", "2026-09-04T16:00+02:00", *PARIS, "--two-day-min"], "2026-09-08T16:00:00+02:00"),
        (["2 days", "--from", "2026-11-20T10:00+01:00", *PARIS, "--regime", "reg1182", "--no-two-day-min"], "2026-11-23T23:59:59+01:00"),
        (["72 hours", "--from", "2020-12-22T12:59+01:00", *PARIS, "--hour-of-event", "excluded"], "2020-12-25T13:00:00+01:00"),
        (["3 months", "--from", "2026-12-31T23:59:59+01:00", *PARIS, "--before"], "2026-09-30T23:59:59+02:00"),
        (["30 working days", "--from", "2026-04-01T10:00+02:00", *PARIS, "--workweek", "mon-sat"], "2026-05-09T23:59:59+02:00"),
        (["1 day", *NOON, *PARIS, "--suspended-days", "3"], "2026-06-09T23:59:59+02:00"),
        (["1 working day", *NOON, *PARIS, "--extra-holidays", "2026-06-08|2026-06-09"], "2026-06-10T23:59:59+02:00"),
        (["1 working day", *NOON, "--zone", "GMT+1", "--calendar", "custom", "--holidays", "2026-06-08"], "2026-06-09T23:59:59+01:00"),
        (["1 day", *NOON, "--zone", "-05:00", "--calendar", "DK"], "2026-06-06T23:59:59-05:00"),
    ],
)  # fmt: skip
def test_single_answers(args, expected):
    done = run(*args)
    assert (done.stdout.strip(), done.exit_code) == (expected, 0)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["24 hours", "--from", "2026-03-28T15:30", *PARIS], "no offset"),
        (["24 hours", "--from", "2026-03-28", *PARIS], "no offset"),
        (["24 hours", "--from", "soon", *PARIS], "not a date and time"),
        (["24 hours", *NOON, "--zone", "Mars/Base", "--calendar", "FR"], "no time zone"),
        (["24 hours", *NOON, "--zone", "UTC", "--calendar", "XX"], "no holiday calendar"),
        (["-5 days", *NOON, *PARIS], "negative"),
        (["5 moons", *NOON, *PARIS], "cannot be read"),
        (["200 years", *NOON, *PARIS], "beyond"),
        (["5 days", *NOON, *PARIS, "--roll", "monday"], "option roll cannot be 'monday'"),
        (["5 days", *NOON, *PARIS, "--regime", "none"], "option regime cannot be"),
        (["5 hours", *NOON, *PARIS, "--roll", "next_working_day"], "hours does not move"),
        (["5 days", *NOON, *PARIS, "--suspended-days", "-3"], "suspended_days"),
        (["5 days", *NOON, *PARIS, "--before", "--suspended-days", "3"], "cannot be suspended"),
        (["5 days", *NOON, *PARIS, "--holidays", "2026-06-08"], "belongs to the calendar custom"),
        (["5 days", *NOON, *PARIS, "--extra-holidays", "Christmas"], "not a date"),
        (["5 days", *NOON, *PARIS, "--colour", "red"], "No such option"),
        (["5 days", "6 days", *NOON, *PARIS], "unexpected extra argument"),
        (["5 days", "--from"], "requires an argument"),
        (["5 days"], "--from, --zone, --calendar"),
        ([], "missing"),
        (["--batch", "/no/such/file.csv"], "cannot be read"),
        (["--batch", str(HERE)], "cannot be read"),
        (["--batch", str(CASES), "--json"], "leave out --json"),
        (["5 days", "--batch", str(CASES)], "leave out a period"),
    ],
)  # fmt: skip
def test_wrong_use_is_one_sentence_and_exit_2(args, words):
    done = run(*args)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("dpa: ")


def test_explain_prints_the_steps_and_warnings():
    lines = run("24 hours", "--from", "2026-03-28T15:30+01:00", *PARIS, "--explain").stdout.splitlines()
    assert lines[0] == "2026-03-29T16:30:00+02:00"
    assert lines[1].startswith("Start: Sat 28 Mar 2026 15:30 +01:00 (Europe/Paris).")
    assert lines[-1].startswith("Note: the clocks go forward")


def test_warnings_go_to_standard_error_and_leave_the_answer_clean():
    done = run("60 days", "--from", "2027-03-31T23:59:59+02:00", *PARIS, "--before")
    assert done.stdout == "2027-01-30T23:59:59+01:00\n"
    assert "Fri 29 Jan 2027" in done.stderr
    assert done.exit_code == 0


def test_json_holds_the_stored_form():
    answer = json.loads(run("24 hours", "--from", "2026-06-02T10:15+02:00", *PARIS, "--json").stdout)
    assert answer["due"] == "2026-06-03T10:15:00+02:00"
    assert from_json(answer["deadline"]).due.isoformat() == answer["due_utc"] == "2026-06-03T08:15:00+00:00"
    assert answer["explanation"]
    assert answer["warnings"] == []


def test_batch_reproduces_every_golden_case():
    done = run("--batch", CASES)
    assert done.exit_code == 0
    with CASES.open(encoding="utf-8", newline="") as file:
        expected = "id,due\n" + "".join(f"{row['id']},{row['expected_due']}\n" for row in csv.DictReader(file))
    assert done.stdout == expected


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("X,hours,24,2026-06-02T10:15:00,Europe/Paris,FR,", "no offset"),
        ("X,hours,-24,2026-06-02T10:15:00Z,Europe/Paris,FR,", "negative"),
        ("X,hours,1.5,2026-06-02T10:15:00Z,Europe/Paris,FR,", "whole number"),
        ("X,hours,,2026-06-02T10:15:00Z,Europe/Paris,FR,", "whole number"),
        ("X,moons,1,2026-06-02T10:15:00Z,Europe/Paris,FR,", "kind"),
        ("X,hours,1,2026-06-02T10:15:00Z,Mars,FR,", "no time zone"),
        ("X,hours,1,2026-06-02T10:15:00Z,UTC,XX,", "no holiday calendar"),
        ("X,years,99,2026-06-02T10:15:00Z,UTC,FR,", "beyond"),
        ("X,hours,1,2026-06-02T10:15:00Z,UTC,FR,mood=good", "no option 'mood'"),
        ("X,hours,1,2026-06-02T10:15:00Z,UTC,FR,roll", "no value"),
        ("X,hours,1,2026-06-02T10:15:00Z,UTC,FR,roll=none;roll=none", "given twice"),
        ("X,hours,1,2026-06-02T10:15:00Z,UTC,FR,two_day_min=perhaps", "yes, no"),
        ("X,hours,1,2026-06-02T10:15:00Z,UTC,FR,direction=up", "direction"),
        ("X,hours,1,2026-06-02T10:15:00Z,UTC,FR,suspended_days=x", "suspended_days"),
        ("X,hours,1", "3 cells"),
        ("X,hours,1,2026-06-02T10:15:00Z,UTC,FR,,,", "9 cells"),
        ('X,hours,"1"1,2026-06-02T10:15:00Z,UTC,FR,', "cannot be read as CSV"),
        ('X,hours,1,2026-06-02T10:15:00Z,UTC,FR,"', "cannot be read as CSV"),
    ],
)  # fmt: skip
def test_a_bad_row_stands_beside_its_id_while_the_others_go_on(tmp_path, row, words):
    done = batch(tmp_path, HEADER + GOOD + row + "\n\n" + GOOD)
    assert done.exit_code == 1
    rows = list(csv.reader(done.stdout.splitlines()))
    assert rows[0] == ["id", "due", "error"]
    assert rows[1] == rows[3] == ["OK", "2026-06-03T10:15:00+02:00", ""]
    assert rows[2][:2] == ["X", ""]
    assert words in rows[2][2]
    assert len(rows) == 4


def test_a_row_without_id_names_its_line(tmp_path):
    done = batch(tmp_path, HEADER + GOOD + GOOD.replace("OK", " "))
    assert "Line 3 has no id." in done.stdout
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "lacks the columns id, kind"),
        ("id,kind\nA,hours\n", "lacks the columns amount"),
        (HEADER.encode() + b"\xff\xfe\n", "not UTF-8"),
    ],
)
def test_a_table_that_cannot_be_used_is_one_sentence(tmp_path, text, words):
    done = batch(tmp_path, text)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_other_columns_order_and_a_byte_order_mark_do_not_matter(tmp_path):
    text = "\ufeffnote,rule_options,holiday_calendar,zone,start,amount,kind,id\nhello,,FR,UTC,2026-06-02T10:15Z,1,hours,A\r\n"
    assert batch(tmp_path, text).stdout == "id,due\nA,2026-06-02T11:15:00+00:00\n"


@pytest.mark.parametrize("module", ["dpa.cli.due", "dpa.cli"])
def test_it_runs_as_a_process_with_its_exit_code(tmp_path, module):
    file = tmp_path / "cases.csv"
    file.write_text(HEADER + GOOD + "X,hours,1\n", encoding="utf-8")
    code = "from dpa.cli import main; main()"
    start = ["-m", module] if module == "dpa.cli.due" else ["-c", code, "due"]
    for args, exit_code in ((["--batch", str(file)], 1), (["5 days", "--no-such"], 2), (["--help"], 0)):
        done = subprocess.run(
            [sys.executable, *start, *args], cwd=HERE.parents[1], capture_output=True, text=True, check=False
        )
        assert (done.returncode, "Traceback" in done.stderr) == (exit_code, False)
