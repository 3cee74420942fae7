"""The child: the same answers, limits that hold, no way out, and failures that are answers."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from dpa.evidence.verification import sandbox
from dpa.evidence.verification.examination import examine
from dpa.evidence.verification.judging import judge
from dpa.evidence.verification.sandbox import examine_apart
from dpa.evidence.verification.values import CheckName, Examination, Verdict
from tests.evidence.verification import forging, lab

LOAD = "from dpa.evidence.verification import child;"


def code(text: str) -> tuple[str, str]:
    return ("-c", LOAD + text)


def refusal(examination: Examination) -> str:
    assert [check.name for check in examination.checks] == [CheckName.READING]
    assert examination.checks[0].passed is False
    assert judge(examination, lab.known(lab.basic(), listed=False)).verdict is Verdict.UNREADABLE
    return examination.checks[0].sentence


@pytest.mark.parametrize("make", [lab.basic, lab.archived, lab.unsealed], ids=["B-B", "B-LTA", "unsealed"])
def test_the_child_answers_as_the_examination_does(make: object) -> None:
    content = make()  # type: ignore[operator]
    assert examine_apart(content, lab.trust(), lab.NOW) == examine(content, lab.trust(), lab.NOW)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", forging.bomb(500 << 20), forging.garbage(10_000_000)], ids=["empty", "header", "bomb", "noise"])
def test_hostile_files_end_soon(content: bytes) -> None:
    began = time.monotonic()
    assert "strict reader" in refusal(examine_apart(content, lab.trust(), lab.NOW))
    assert time.monotonic() - began < 10


def test_a_file_that_is_too_large_is_not_handed_over() -> None:
    assert "10 MB" in refusal(examine_apart(bytes(10_000_001), lab.trust(), lab.NOW, child=code("raise SystemExit(9)")))


MEMORY_BOMB = "child.limit(400 << 20, 10); held = [bytearray(1 << 26) for _ in range(64)]"
ENDLESS = "child.limit(1 << 30, 1)\nwhile True: pass"


@pytest.mark.parametrize(("words", "wall", "says"), [
    (MEMORY_BOMB, 10.0, "more time or memory"),
    (ENDLESS, 10.0, "more time or memory"),
    ("import time; time.sleep(60)", 0.7, "took longer than it may"),
    ("import os; os.abort()", 10.0, "more time or memory"),
    ("print('hello')", 10.0, "no answer that can be read"),
    ("print('[]')", 10.0, "no answer that can be read"),
    ("print('{}')", 10.0, "no answer that can be read"),
], ids=["memory", "endless", "asleep", "crash", "words", "list", "empty"])  # fmt: skip
def test_whatever_happens_to_the_child_is_an_answer(words: str, wall: float, says: str) -> None:
    began = time.monotonic()
    assert says in refusal(examine_apart(lab.archived(), lab.trust(), lab.NOW, wall_seconds=wall, child=code(words)))
    assert time.monotonic() - began < 8


def test_a_file_that_needs_more_memory_than_there_is() -> None:
    starved = code("child.main(memory=64 << 20)")
    assert "more time or memory" in refusal(examine_apart(forging.garbage(9_000_000), lab.trust(), lab.NOW, child=starved))


def test_an_answer_about_another_file_is_not_believed() -> None:
    other = "import json; from dpa.evidence.verification.values import unreadable; print(json.dumps(unreadable('00' * 32, 'Fine.').to_json()))"
    assert "another file" in refusal(examine_apart(lab.basic(), lab.trust(), lab.NOW, child=code(other)))


@pytest.mark.parametrize("act", [
    "import socket; socket.create_connection(('127.0.0.1', 9), 1)",
    "import socket; socket.getaddrinfo('localhost', 80)",
    "import subprocess; subprocess.run(['true'])",
    "import os; os.system('true')",
    "open('/tmp/dpa-child-wrote-this', 'w')",
    "open('/dev/null', 'r+b')",
    "import os; os.open('/tmp/dpa-child-wrote-this', os.O_WRONLY | os.O_CREAT)",
    "import os; os.open('/dev/null', os.O_RDONLY | os.O_TRUNC)",
    "import os; os.remove('/tmp/dpa-child-wrote-this')",
])  # fmt: skip
def test_the_child_can_reach_nothing(act: str) -> None:
    done = subprocess.run([sys.executable, "-I", "-c", f"import sys; {LOAD} sys.addaudithook(child.refuse); {act}"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "PermissionError: examining a file may not" in done.stderr


def test_the_child_loads_no_web_no_database_and_no_http_client() -> None:
    words = (
        f"{LOAD} import sys, io; sys.stdin = io.TextIOWrapper(io.BytesIO(b'no'))\n"
        "try: child.main()\nexcept ValueError: pass\n"
        "heavy = {'flask', 'sqlalchemy', 'reportlab', 'pikepdf', 'requests', 'yarl', 'multidict', 'pkcs11'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "QUEUE_SECONDS", 0.05)
    slow = code("import time; time.sleep(3)")
    threads = [threading.Thread(target=examine_apart, args=(lab.basic(), lab.trust(), lab.NOW), kwargs={"child": slow, "wall_seconds": 1.0}) for _ in range(sandbox.AT_ONCE)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    with pytest.raises(sandbox.NotExamined, match="Too many files"):  # No verdict: a genuine document must not be called unreadable.
        examine_apart(lab.basic(), lab.trust(), lab.NOW)
    for thread in threads:
        thread.join()
    monkeypatch.setattr(sandbox, "QUEUE_SECONDS", 10.0)
    assert len(examine_apart(lab.basic(), lab.trust(), lab.NOW).checks) > 1


def test_a_machine_that_cannot_start_a_process_gives_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.sys, "executable", "/nowhere/python")
    with pytest.raises(sandbox.NotExamined, match="could not start"):
        examine_apart(lab.basic(), lab.trust(), lab.NOW)


@pytest.fixture
def listener() -> Iterator[tuple[int, list[str]]]:
    """A server on this machine that keeps what it was asked."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1], asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_addresses_in_certificates_are_not_visited(listener: tuple[int, list[str]]) -> None:
    """Whoever uploads a file must not be able to make this machine call others (server-side request forgery)."""
    port, asked = listener
    house = lab.calling(port)
    for content in (lab.sealed(house).content, lab.sealed(house, lab.tsa().stamper()).content):
        inside, apart = examine(content, lab.trust(), lab.NOW), examine_apart(content, lab.trust(), lab.NOW)
        assert inside == apart
        assert judge(inside, lab.known(content, house, listed=True)).verdict is Verdict.ISSUED
        late = examine(content, lab.trust(), lab.SEALED.replace(year=2030))
        assert len(late.checks) > 1
    assert asked == []
