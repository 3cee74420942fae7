"""`dpa serve`: says in one sentence why it cannot start; else serves, keeps both processes up, and stops at once."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dpa.cli import serve
from dpa.config import load_settings
from tests.support.databases import ROOT, Database

COMMAND = [sys.executable, "-c", "from dpa.cli import main; main()", "serve"]


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment that the code under test may change."""
    values = {**os.environ, "DPA_INSTANCE": str(tmp_path / "instance")}
    monkeypatch.setattr(os, "environ", values)
    return values


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def refused(environ: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([*COMMAND, *arguments], cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_a_busy_port_is_one_sentence(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        words = refused(environ, "--port", str(port))
    assert words == f"dpa: Port {port} on 127.0.0.1 is in use by another program; stop it, or choose another port, for example PORT={port + 1}.\n"
    assert not Path(environ["DPA_INSTANCE"]).exists()


def test_a_data_folder_that_cannot_be_made_is_one_sentence(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environ["DPA_INSTANCE"] = str(tmp_path / "file" / "instance")
    words = refused(environ, "--port", str(free_port()))
    assert re.fullmatch(r"dpa: The data folder \S+ cannot be written \(Not a directory\); .*\n", words)


@pytest.mark.parametrize(("arguments", "words"), [
    (["--port", "0"], "dpa: Invalid value for '--port': 0 is not in the range 1<=x<=65535.\n"),
    (["--host", "0.0.0.0"], "dpa: Listening on 0.0.0.0 lets other machines in: set DPA_BASE_URL to the https:// address that people use.\n"),
])  # fmt: skip
def test_a_wrong_option_is_one_sentence(environ: dict[str, str], arguments: list[str], words: str) -> None:
    assert refused(environ, *arguments) == words


def test_an_address_of_another_machine_is_refused(environ: dict[str, str]) -> None:
    environ["DPA_BASE_URL"] = "https://desk.example.org"
    assert refused(environ, "--host", "192.0.2.1") == "dpa: 192.0.2.1 is not an address of this machine; choose another --host.\n"


def test_a_port_of_a_run_that_just_ended_is_not_busy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        answer, _ = server.accept()
        answer.close()  # The server closes first, so its side of the connection lingers.
        client.close()
    serve.check_address("127.0.0.1", port)


@pytest.mark.parametrize(("host", "port", "base_url"), [
    ("127.0.0.1", None, "http://127.0.0.1:8000"), ("127.0.0.1", 8123, "http://127.0.0.1:8123"), ("localhost", 8123, "http://localhost:8123"),
    ("::1", 8123, "http://[::1]:8123"),
])  # fmt: skip
def test_links_carry_the_address_that_was_chosen(environ: dict[str, str], host: str, port: int | None, base_url: str) -> None:
    settings = serve.settle(host, port)
    assert settings.base_url == base_url
    assert load_settings(environ) == settings  # what the children read


@pytest.mark.parametrize("place", ["environment", "file"])
def test_a_base_address_that_was_set_stays(environ: dict[str, str], place: str) -> None:
    if place == "environment":
        environ["DPA_BASE_URL"] = "https://desk.example.org"
    else:
        folder = Path(environ["DPA_INSTANCE"])
        folder.mkdir()
        (folder / "settings.env").write_text("DPA_BASE_URL=https://desk.example.org\nPORT=8200\n")
        (folder / "settings.env").chmod(0o600)
    settings = serve.settle("0.0.0.0", None)
    assert (settings.base_url, settings.port) == ("https://desk.example.org", 8000 if place == "environment" else 8200)


def test_the_command_lines(environ: dict[str, str]) -> None:
    environ["DPA_WEB_WORKERS"] = "3"
    found = serve.commands(serve.settle("::1", 8123), "::1")
    assert list(found) == ["web", "worker"]
    assert {"--no-control-socket", "--preload", "--bind=[::1]:8123", "--worker-class=gthread", "--workers=3", "--threads=8"} <= set(found["web"])
    assert found["worker"][-1] == "worker"


def test_nothing_is_connected_to_before_the_web_server_forks(database: Database) -> None:
    """Two processes on one connection would mix up their answers."""
    from dpa.extensions import db
    from dpa.factory import create_app

    with create_app(database.settings()).app_context():
        pool: Any = db.engine.pool
        assert (pool.checkedin(), pool.checkedout()) == (0, 0)


class Service:
    """A running `dpa serve` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.words = folder / "words"
        with self.words.open("wb") as words:
            environment = {**os.environ, "DPA_INSTANCE": str(folder / "instance"), "PORT": str(self.port)}
            self.process = subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stdout=words, stderr=subprocess.STDOUT)

    def answers(self) -> int | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/live", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return None

    def children(self) -> dict[str, int]:
        listing = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        lines = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in listing}
        return {"web" if b"gunicorn" in line else "worker": pid for pid, line in lines.items()}

    def wait(self, condition: Callable[[], object], seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.words.read_text()
            assert time.monotonic() < end, self.words.read_text()
            time.sleep(0.1)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    running = Service(tmp_path)
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.wait()


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the children are found through /proc")
def test_it_starts_survives_its_children_and_stops(service: Service) -> None:
    service.wait(service.answers)
    service.wait(lambda: "Stop it with Ctrl-C." in service.words.read_text() and len(service.children()) == 2)
    lines = service.words.read_text().splitlines()
    assert f"DPA Desk is at http://127.0.0.1:{service.port}" in lines
    assert any(re.fullmatch(rf"Set it up with this link, .*: http://127\.0\.0\.1:{service.port}/set-up/\S+", line) for line in lines)
    assert service.answers() == 200

    before = service.children()
    assert set(before) == {"web", "worker"}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    service.wait(lambda: len(service.children()) == 2 and not set(service.children().values()) & set(before.values()))
    service.wait(service.answers)
    assert service.words.read_text().count("was ended by SIGKILL") == 2

    last = service.children().values()
    began = time.monotonic()
    service.process.send_signal(signal.SIGINT)
    assert service.process.wait(10) == 0
    assert time.monotonic() - began < 10
    assert service.answers() is None
    assert not [pid for pid in last if Path(f"/proc/{pid}").exists()]
    lines = service.words.read_text().splitlines()
    assert lines[-1] == "DPA Desk has stopped."
    assert not [line for line in lines if line.startswith("{") and json.loads(line).get("level") == "error"]
