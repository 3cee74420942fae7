"""The supervisor with children of our own: started again when they end, stopped in order, never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.databases import ROOT

pytestmark = pytest.mark.faults
PATIENT = 10.0
"""Seconds until something that should happen at once counts as not happening."""

SUPERVISOR = """
import sys
from dpa.cli.supervise import Child, Patience, Supervisor
from dpa.clock import SystemClock
folder, grace = sys.argv[1], float(sys.argv[2])
children = [Child(name, (sys.executable, "-S", f"{folder}/{name}.py", f"{folder}/{name}.pid")) for name in sys.argv[3:]]
patience = Patience(first_pause=0.05, longest_pause=0.2, grace=grace)
Supervisor(children, SystemClock(), lambda line: print(line, flush=True), patience).run(lambda: print(end="", flush=True))
print("stopped", flush=True)
"""
REMEMBER = "import os, signal, sys, time\nopen(sys.argv[1], 'a').write(f'{os.getpid()}\\n')\n"
OBEDIENT = REMEMBER + "time.sleep(600)\n"
STUBBORN = REMEMBER.replace("open", "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen") + "time.sleep(600)\n"
PARENT = REMEMBER + "if os.fork() == 0:\n    open(sys.argv[1] + '.grandchild', 'w').write(f'{os.getpid()}\\n')\ntime.sleep(600)\n"
FAILING = REMEMBER + "sys.exit(3)\n"


class Run:
    """A supervisor in a process of its own, with children made of the given programs."""

    def __init__(self, folder: Path, programs: dict[str, str], grace: float) -> None:
        self.folder = folder
        for name, program in programs.items():
            (folder / f"{name}.py").write_text(program)
        command = [sys.executable, "-c", SUPERVISOR, str(folder), str(grace), *programs]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.words = ""

    def pids(self, name: str) -> list[int]:
        path = self.folder / f"{name}.pid"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def started(self, name: str, times: int = 1) -> int:
        wait_until(lambda: len(self.pids(name)) >= times)
        return self.pids(name)[times - 1]

    def finish(self) -> str:
        self.words = self.process.communicate(timeout=PATIENT)[0]
        return self.words

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        if self.process.stdout is not None and not self.process.stdout.closed:
            self.process.communicate(timeout=PATIENT)


Start = Callable[..., Run]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    runs: list[Run] = []

    def begin(grace: float = 5.0, **programs: str) -> Run:
        runs.append(Run(tmp_path, programs, grace))
        return runs[-1]

    yield begin
    for run in runs:
        run.close()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENT
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_ends_all_children(start: Start, number: int) -> None:
    run = start(web=OBEDIENT, worker=OBEDIENT)
    pids = [run.started("web"), run.started("worker")]
    run.process.send_signal(number)
    assert run.finish() == "stopped\n"
    assert run.process.returncode == 0
    assert not any(map(alive, pids))


def test_a_killed_child_is_started_again_and_its_brother_left_alone(start: Start) -> None:
    run = start(web=OBEDIENT, worker=OBEDIENT)
    brother = run.started("worker")
    os.kill(run.started("web"), signal.SIGKILL)
    second = run.started("web", times=2)
    assert alive(second)
    assert run.pids("worker") == [brother]
    run.process.send_signal(signal.SIGINT)
    assert "The web process was ended by SIGKILL; it is started again in 0.05 s." in run.finish()


def test_a_child_that_keeps_failing_is_tried_ever_more_slowly_but_never_given_up(start: Start) -> None:
    run = start(web=OBEDIENT, worker=FAILING)
    run.started("worker", times=5)
    run.process.send_signal(signal.SIGTERM)
    pauses = [line.rsplit("in ", 1)[1] for line in run.finish().splitlines() if "exit code 3" in line]
    assert pauses[:4] == ["0.05 s.", "0.1 s.", "0.2 s.", "0.2 s."]


def test_a_child_that_ignores_the_signal_is_killed_after_the_grace(start: Start) -> None:
    run = start(grace=0.3, web=OBEDIENT, worker=STUBBORN)
    pids = [run.started("web"), run.started("worker")]
    run.process.send_signal(signal.SIGINT)
    assert run.finish() == "The worker process did not end in time and is killed.\nstopped\n"
    assert not any(map(alive, pids))


def test_a_second_signal_ends_the_waiting(start: Start) -> None:
    run = start(grace=60, worker=STUBBORN)
    pid = run.started("worker")
    run.process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert alive(pid)
    run.process.send_signal(signal.SIGINT)
    assert "is killed" in run.finish()
    assert not alive(pid)


def test_what_a_dead_child_left_running_ends_before_its_successor_starts(start: Start) -> None:
    run = start(web=PARENT)
    first = run.started("web")
    left = Path(f"{run.folder / 'web.pid'}.grandchild")
    wait_until(lambda: left.exists() and left.read_text().endswith("\n"))
    grandchild = int(left.read_text())
    os.kill(first, signal.SIGKILL)
    run.started("web", times=2)
    assert not alive(grandchild)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child that its parent is gone")
def test_children_end_when_the_supervisor_is_killed(start: Start) -> None:
    run = start(web=OBEDIENT, worker=OBEDIENT)
    pids = [run.started("web"), run.started("worker")]
    run.process.kill()
    run.finish()
    wait_until(lambda: not any(map(alive, pids)))


def test_a_program_that_does_not_exist_ends_the_others(start: Start, tmp_path: Path) -> None:
    run = start(web=OBEDIENT)
    pid = run.started("web")
    run.process.send_signal(signal.SIGTERM)
    run.finish()
    broken = SUPERVISOR.replace("Supervisor(children", "Supervisor([*children, Child('lost', ('/no/such/program',))]")
    (tmp_path / "web.pid").unlink()
    done = subprocess.run([sys.executable, "-c", broken, str(tmp_path), "5", "web"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert "FileNotFoundError" in done.stderr
    assert not any(map(alive, [pid, *run.pids("web")]))


def test_a_failure_while_they_start_ends_the_children(start: Start, tmp_path: Path) -> None:
    run = start(web=OBEDIENT)
    pid = run.started("web")
    run.process.send_signal(signal.SIGTERM)
    run.finish()
    (tmp_path / "web.pid").unlink()
    broken = SUPERVISOR.replace('print(end="", flush=True)', "time.sleep(0.5) or 1 / 0").replace("import sys", "import sys, time")
    done = subprocess.run([sys.executable, "-c", broken, str(tmp_path), "5", "web"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert "ZeroDivisionError" in done.stderr
    assert not any(map(alive, [pid, *run.pids("web")]))
