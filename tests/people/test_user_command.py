"""`dpa user`: what it prints, and one sentence with exit 2 for everything that cannot be done."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dpa import cli
from dpa.config import load_settings
from dpa.people import operations
from dpa.people.models import Membership, Person
from dpa.people.operations import OrganisationFacts
from tests.people.conftest import Begin
from tests.support.databases import Database


@pytest.fixture
def run(database: Database, begin: Begin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Runs the command; returns exit code, output and errors."""
    monkeypatch.setenv("DPA_INSTANCE", str(database.folder))
    monkeypatch.setenv("DATABASE_URL", database.url)
    with begin() as unit:
        operations.add_organisation(unit, OrganisationFacts("Lemon Learning", "Europe/Paris", "FR", "FR"))

    def command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dpa", "user", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return command


ADD = ("add", "Dora@Example.org", "--name", "Dora", "--role", "dpo", "--organisation", "lemon-learning")


def test_adding_listing_linking_disabling(run, session: Session) -> None:  # type: ignore[no-untyped-def]
    code, out, err = run(*ADD)
    assert (code, err) == (0, "")
    assert out.startswith("http://127.0.0.1:8000/invitation/")
    assert run("list")[1] == "dora@example.org\tDora\tlemon-learning\tdpo\tno password yet"
    assert run("link", "dora@example.org")[1].startswith("http://127.0.0.1:8000/link/")
    assert run("disable", "dora@example.org") == (0, "The account is disabled; 0 sessions ended.", "")
    assert run("link", "dora@example.org") == (2, "", "dpa: This account is disabled; enable it first.")
    assert run("list")[1].endswith("disabled")
    assert run("enable", "dora@example.org") == (0, "The account can sign in again.", "")


def test_a_link_leads_to_the_server_that_runs(run, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    run(*ADD)
    settings = load_settings()
    settings.served_at.write_text("http://127.0.0.1:8123\n", "utf-8")
    assert run("link", "dora@example.org")[1].startswith("http://127.0.0.1:8123/link/")
    settings.served_at.write_text("not an address", "utf-8")
    assert run("link", "dora@example.org")[1].startswith("http://127.0.0.1:8000/link/")
    settings.served_at.write_text("http://127.0.0.1:8123\n", "utf-8")
    monkeypatch.setenv("DPA_BASE_URL", "https://desk.example.org")
    assert run("link", "dora@example.org")[1].startswith("https://desk.example.org/link/"), "what somebody set counts"


def test_an_empty_list_says_what_to_do(run) -> None:  # type: ignore[no-untyped-def]
    code, out, err = run("list")
    assert (code, out) == (0, "")
    assert "set-up link" in err


@pytest.mark.parametrize(("words", "sentence"), [
    (("add", "nobody", "--name", "N", "--role", "dpo", "--organisation", "lemon-learning"), "Enter an e-mail address in full"),
    (("add", "a@b.example", "--role", "dpo", "--organisation", "lemon-learning"), "Enter the person's name"),
    (("add", "a@b.example", "--name", "A", "--role", "emperor", "--organisation", "lemon-learning"), "emperor"),
    (("add", "a@b.example", "--name", "A", "--role", "dpo", "--organisation", "lemons"), "there are: lemon-learning"),
    (("add", "a@b.example", "--name", "A", "--role", "dpo"), "--organisation"),
    (("disable", "a@b.example"), "no account with this e-mail address"),
    (("link", "not an address"), "no account with this e-mail address"),
])
def test_what_cannot_be_done_is_one_sentence(run, session: Session, words: tuple[str, ...], sentence: str) -> None:  # type: ignore[no-untyped-def]
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 0
    assert "Traceback" not in err
    assert session.scalar(select(func.count()).select_from(Person)) == 0
    assert session.scalar(select(func.count()).select_from(Membership)) == 0


def test_without_tables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DPA_INSTANCE", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["dpa", "user", "list"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    assert capsys.readouterr().err.strip() == "dpa: The database is missing, busy or of another version; run: dpa migrate"
