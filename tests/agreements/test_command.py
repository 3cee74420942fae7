"""`dpa agreements`: the five contracts round-trip byte for byte, gaps are listed, and wrong use is one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401
from dpa import unit as units
from dpa.agreements import deviations, operations, queries
from dpa.agreements.terms import SHIPPED, load_sheet, shipped_contract, shipped_text
from dpa.cli import group
from dpa.problems import Problem
from dpa.web.identity import Scope
from tests.agreements.conftest import agreed, organisation, standard
from tests.support.databases import ROOT, Database
from tests.support.pages import NOON

Run = Callable[..., Result]


@pytest.fixture
def run(database: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `dpa agreements …` in this process."""
    monkeypatch.setenv("DPA_INSTANCE", str(database.folder))
    monkeypatch.setenv("DATABASE_URL", database.url)

    def runner(*arguments: str, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(group, ["agreements", *arguments], input=stdin)

    return runner


@pytest.fixture
def lemon(database: Database) -> int:
    with Session(database.engine) as session, units.transaction(session, actor="u:1", now=NOON, settings=database.settings()) as unit:
        place = organisation(unit)
        organisation(unit, "Light Company")
        return place


def words(result: Result) -> str:
    """Return the one sentence a wrong call gives."""
    if isinstance(result.exception, Problem):
        return result.exception.message
    assert result.exit_code == 2, result.output
    return result.output


def test_the_five_contracts_come_out_as_they_went_in(run: Run, lemon: int, tmp_path: Path) -> None:
    for slug in SHIPPED:
        path, out = tmp_path / f"{slug}.json", tmp_path / f"{slug}.out"
        path.write_text(shipped_text(slug), encoding="utf-8")
        added = run("import", str(path), "--organisation", "lemon-learning")
        assert (added.exit_code, "Added" in added.output) == (0, True), added.output
        assert run("export", slug).stdout_bytes == path.read_bytes()
        assert run("export", slug, "--output", str(out)).exit_code == 0
        assert out.read_bytes() == path.read_bytes()
        again = run("import", str(out), "--organisation", "lemon-learning")
        assert (again.exit_code, "nothing was done" in again.output) == (0, True)


def test_an_amendment_is_exported_from_its_day_on(run: Run, lemon: int) -> None:
    first = shipped_text("lemon-learning")
    changed = first.replace('"amount": 24', '"amount": 36')
    assert changed != first
    assert run("import", "-", "--organisation", "lemon-learning", "--valid-from", "2025-01-01", stdin=first.encode()).exit_code == 0
    amended = run("import", "-", "--organisation", "lemon-learning", "--valid-from", "2090-01-01", "--note", "New 15.4", stdin=changed.encode())
    assert "version 2, in force from 2090-01-01" in amended.output
    assert run("export", "lemon-learning").stdout_bytes.decode() == first
    assert run("export", "lemon-learning", "--on", "2090-01-01").stdout_bytes.decode() == changed
    early = run("import", "-", "--organisation", "lemon-learning", "--valid-from", "2080-01-01", stdin=first.encode())
    assert "must begin on a later day" in words(early)


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("export",), None, "one of the two"),
        (("export", "x", "--agreement", "y"), None, "one of the two"),
        (("export", "x"), None, "there are: none yet"),
        (("export", "x", "--organisation", "nobody"), None, "There is no organisation 'nobody'"),
        (("export", "--agreement", "A-1"), None, "no agreement 'A-1'"),
        (("export", "x", "--on", "soon"), None, "does not match the format"),
        (("gaps", "--agreement", "A-1"), None, "no agreement 'A-1'"),
        (("import", "/nowhere/at.json", "--organisation", "lemon-learning"), None, "No such file"),
        (("import", "-"), b"{}", "Missing option '--organisation'"),
        (("import", "-", "--organisation", "lemon-learning"), b"", "empty"),
        (("import", "-", "--organisation", "lemon-learning"), b"{", "not readable JSON"),
        (("import", "-", "--organisation", "lemon-learning"), b"\xff\xfe{", "UTF-16"),
        (("import", "-", "--organisation", "lemon-learning"), b"PK\x03\x04", "Excel"),
        (("import", "-", "--organisation", "lemon-learning"), b'{"slug": "Not A Slug"}', "cannot be read"),
        (("import", "-", "--organisation", "nobody"), shipped_text("lighton").encode(), "There is no organisation"),
    ],
)
def test_wrong_use_is_one_sentence(run: Run, lemon: int, arguments: tuple[str, ...], stdin: bytes | None, said: str) -> None:
    assert said in words(run(*arguments, stdin=stdin))


def test_an_agreements_sheet_is_exported_and_gaps_are_listed(run: Run, lemon: int, database: Database) -> None:
    with Session(database.engine) as session:
        with units.transaction(session, actor="u:1", now=NOON, settings=database.settings()) as unit:
            template = standard(unit, lemon)
            agreed(unit, template, 1)
            agreed(unit, standard(unit, lemon, "lightenup"), 2)
            agreed(unit, template, 3, ends_on=date(2026, 1, 1))
        with units.transaction(session, actor="u:1", now=NOON, settings=database.settings()) as unit:
            row = queries.by_reference(session, Scope(frozenset({lemon})), "A-0001")
            operations.amend_agreement(unit, row, deviations.with_breach_hours((), 12, "annex 2"), date(2026, 1, 1), "Negotiated")
    sheet = load_sheet(run("export", "--agreement", "A-0001").stdout_bytes.decode())
    assert [term.key for term in sheet.deviations] == ["breach.notify"]
    assert load_sheet(run("export", "--agreement", "A-0002", "--organisation", "lemon-learning").stdout_bytes.decode()).deviations == ()
    found = run("gaps", "--json")
    assert found.exit_code == 1
    listed = json.loads(found.stdout)
    assert [(one["agreement"], one["missing"], len(one["points"])) for one in listed] == [("A-0001", 1, 18), ("A-0002", 15, 18)]
    text = run("gaps", "--organisation", "lemon-learning")
    assert "A-0002 Customer 0002 (lemon-learning, lightenup)" in text.stdout
    assert "2 agreements, 2 with missing points." in text.stdout
    assert "GDPR Art. 28(3)" in text.stdout
    assert run("gaps", "--agreement", "A-0003").exit_code == 1
    nothing = run("gaps", "--organisation", "light-company")
    assert (nothing.exit_code, nothing.stdout) == (0, "0 agreements, 0 with missing points.\n")


def test_where_several_organisations_have_the_same_terms_one_must_be_named(run: Run, lemon: int) -> None:
    text = shipped_text("lighton").encode()
    for slug in ("lemon-learning", "light-company"):
        assert run("import", "-", "--organisation", slug, stdin=text).exit_code == 0
    assert "name the organisation" in words(run("export", "lighton"))
    assert run("export", "lighton", "--organisation", "light-company").stdout_bytes == text


def test_a_database_without_tables_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    environ = {**os.environ, "DPA_INSTANCE": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3"}
    done = subprocess.run(
        [sys.executable, "-c", "from dpa.cli import main; main()", "agreements", "gaps"], cwd=ROOT, env=environ, capture_output=True, text=True,
        check=False, timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "dpa: The database is missing, busy or of another version; run: dpa migrate\n"


def test_the_shipped_contracts_are_canonical() -> None:
    from dpa.agreements.terms import dump_terms

    assert [slug for slug in SHIPPED if dump_terms(shipped_contract(slug)) != shipped_text(slug)] == []
