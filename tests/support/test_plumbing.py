"""How the suite itself behaves: skips, the network guard, one server for all processes, the summary."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import network
from tests.support.databases import ROOT

SAMPLES = {
    "test_skips.py": """
import pytest
def test_here(): pass
def test_elsewhere(): pytest.skip("no such device here")
@pytest.mark.xfail(reason="known", strict=True)
def test_known(): assert False
""",
    "test_calls_out.py": """
import contextlib, socket
def test_hides_it():
    with contextlib.suppress(OSError), socket.socket() as out:
        out.connect(("192.0.2.1", 25))
def test_asks_for_a_name():
    with contextlib.suppress(OSError):
        socket.getaddrinfo("mail.example.com", 25)
""",
    "test_module.py": "import pytest\npytest.importorskip('no_such_module_at_all')\n",
    "test_server.py": """
import os, pytest, time
@pytest.mark.parametrize("turn", range(12))
@pytest.mark.postgres
def test_database(turn, postgres_server):
    time.sleep(0.1)
    with open(os.environ["NOTES"], "a") as notes:
        print(os.environ.get("PYTEST_XDIST_WORKER"), postgres_server, file=notes)
""",
}


@dataclass(frozen=True)
class Outcome:
    code: int
    words: str
    servers: list[list[str]]


def run_tests(folder: Path, *arguments: str, **surroundings: str) -> Outcome:
    for name, source in SAMPLES.items():
        (folder / name).write_text(source)
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder), "-p", "tests.conftest"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TEST_POSTGRES")) and name != "CI"}
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "--continue-on-collection-errors", *arguments, str(folder)],
        capture_output=True, text=True, check=False, cwd=ROOT,
        env=environment | {"PYTHONPATH": str(ROOT), "NOTES": str(folder / "notes")} | surroundings,
    )  # fmt: skip
    return Outcome(done.returncode, done.stdout, [line.split() for line in (folder / "notes").read_text().splitlines()])


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The samples in one process, on a developer's machine."""
    return run_tests(tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="module")
def in_ci(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The samples in two processes, in CI."""
    return run_tests(tmp_path_factory.mktemp("ci"), "-n", "2", CI="true")


def test_a_skip_is_told_last(alone: Outcome) -> None:
    assert "15 passed, 2 skipped, 1 xfailed" in alone.words
    told = alone.words.splitlines()[-3:]
    assert told[0] == "not tested on this machine:"
    assert {line.partition(":")[2].split("'")[0] for line in told[1:]} == {" no such device here", " could not import "}


def test_a_skip_fails_in_ci(in_ci: Outcome) -> None:
    assert in_ci.code == 1
    assert "skipped, which CI does not accept: no such device here" in in_ci.words
    assert re.search(r"1 failed, 15 passed, 1 xfailed, \d errors", in_ci.words), in_ci.words
    assert "skipped, which CI does not accept: could not import 'no_such_module_at_all'" in in_ci.words


def test_who_calls_out_fails_even_when_hiding_it(alone: Outcome) -> None:
    assert "2 errors" in alone.words
    assert "the test tried to reach another machine: 192.0.2.1:25" in alone.words
    assert "the test tried to reach another machine: mail.example.com" in alone.words


def test_all_processes_share_one_server(in_ci: Outcome) -> None:
    assert len(in_ci.servers) == 12
    assert {worker for worker, _ in in_ci.servers} == {"gw0", "gw1"}
    assert len({url for _, url in in_ci.servers}) == 1


def test_the_server_is_gone_afterwards(in_ci: Outcome, alone: Outcome) -> None:
    for outcome in (in_ci, alone):
        folder = re.search(r"host=(.+)", outcome.servers[0][1])
        assert folder is not None
        assert not Path(folder[1]).exists()


def test_the_summary_names_what_was_tested_on(in_ci: Outcome, alone: Outcome) -> None:
    for outcome in (in_ci, alone):
        assert re.search(r"databases: SQLite 3\.\d+\.\d+, PostgreSQL \d+\.\d+ \(12 tests\); browser: not tested", outcome.words), outcome.words


@pytest.mark.parametrize(("host", "here"), [
    ("127.0.0.1", True), ("127.8.9.10", True), ("::1", True), ("localhost", True), ("desk.localhost", True), (None, True),
    (b"127.0.0.1", True), ("0.0.0.0", True), ("10.0.0.1", False), ("192.0.2.1", False), ("2001:db8::1", False),
    ("example.org", False), ("localhost.example.org", False),
])  # fmt: skip
def test_which_addresses_are_here(host: str | None, here: bool) -> None:
    assert network.is_here(host) is here


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
