"""The watchdog and the clock guard, second by second, and the worker around them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select

from dpa import logs
from dpa.alerts import health, queries
from dpa.alerts.models import ClockJump, WorkerHeartbeat
from dpa.alerts.rules import Answer, Outcome
from dpa.alerts.watchdog import ClockGuard, Pulse, Verdict
from dpa.alerts.worker import GIVEN_UP, Worker
from dpa.clock import SystemClock
from dpa.config import Settings
from dpa.database import make_engine
from dpa.problems import Misconfigured
from dpa.slice import Job, Tick
from dpa.web.identity import Scope
from tests.alerts.desk import Desk
from tests.alerts.scripted import Scripted

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "silence", "verdict"),
    [
        (2, 10, Verdict.FINE), (2, 10.1, Verdict.NUDGE), (2, 60, Verdict.NUDGE), (2, 60.1, Verdict.EXIT),
        (10, 30, Verdict.FINE), (10, 30.1, Verdict.NUDGE), (10, 100.1, Verdict.EXIT),
        (3600, 3 * 3600, Verdict.FINE), (3600, 3 * 3600 + 1, Verdict.NUDGE),
    ],
)
def test_silence_is_first_nudged_then_given_up(every: float, silence: float, verdict: Verdict) -> None:
    assert Pulse(every, 100).verdict(100 + silence) is verdict


def test_a_nudge_is_said_once_per_silence() -> None:
    pulse = Pulse(2, 0)
    assert [pulse.verdict(at) for at in (11, 12, 59)] == [Verdict.NUDGE, Verdict.FINE, Verdict.FINE]
    pulse.began(59)
    pulse.ended(60, failed=False)
    assert [pulse.verdict(at) for at in (61, 71, 72)] == [Verdict.FINE, Verdict.NUDGE, Verdict.FINE]


def test_a_running_job_is_not_silent_until_it_hangs() -> None:
    pulse = Pulse(2, 0)
    pulse.began(0)
    assert pulse.verdict(600) is Verdict.FINE
    assert pulse.verdict(601) is Verdict.EXIT


@pytest.mark.parametrize(("wall", "elapsed", "jump"), [(1, 1, 0), (6, 1, 0), (6.1, 1, 5.1), (-7200, 1, -7201), (-4, 1, 0), (3601, 1, 3600)])
def test_the_clock_guard(wall: float, elapsed: float, jump: float) -> None:
    guard = ClockGuard(NOW, 50)
    assert guard.jump(NOW + timedelta(seconds=wall), 50 + elapsed) == pytest.approx(jump)
    assert guard.jump(NOW + timedelta(seconds=wall + 1), 51 + elapsed) == 0


class Recorder:
    """A scheduler that only remembers whom it was told to run."""

    def __init__(self) -> None:
        self.nudged: list[str] = []

    def modify_job(self, name: str, **_: object) -> None:
        self.nudged.append(name)


def work(desk: Desk, run: Callable[[Tick], str] = lambda _tick: "", left: list[int] | None = None, every: float = 2) -> Worker:
    return Worker(desk.settings, desk.engine, [Job("sample:job", every, run)], desk.clock, leave=(left if left is not None else []).append)


def test_a_clock_set_back_is_noticed_recorded_and_told(desk: Desk) -> None:
    (waiting,) = desk.enqueue("a")
    desk.dispatch(Scripted(Answer(Outcome.DEFERRED, 451, "later")))
    worker, scheduler = work(desk), Recorder()
    desk.clock.set(desk.clock.now() - timedelta(hours=2))
    desk.clock.advance(timedelta(seconds=1))
    worker._watch(scheduler)
    assert scheduler.nudged == ["sample:job", "heartbeat"]
    assert desk.row(waiting).next_at == desk.clock.now()
    assert [jump.seconds for jump in desk.session.scalars(select(ClockJump))] == [-7200]
    assert desk.trail()[-1] == "alerts:clock:jumped"
    shown = health.page_banners(desk.session, Scope(frozenset()), desk.clock.now(), desk.settings)
    assert any("put back by 7200 s" in banner.text for banner in shown)


def test_a_silent_scheduler_is_nudged_once_and_then_the_process_ends(desk: Desk) -> None:
    left: list[int] = []
    worker, scheduler = work(desk, left=left), Recorder()
    for _ in range(35):
        desk.clock.advance(timedelta(seconds=1))
        worker._watch(scheduler)
    assert scheduler.nudged == ["sample:job", "heartbeat"]
    assert left == []
    for _ in range(30):
        desk.clock.advance(timedelta(seconds=1))
        worker._watch(scheduler)
    assert left[0] == GIVEN_UP


def test_a_failing_job_is_told_and_stops_nothing(desk: Desk) -> None:
    def fail(_tick: Tick) -> str:
        raise RuntimeError("someone@example.org")

    worker = work(desk, fail)
    assert worker.once() == 1
    facts = queries.facts(desk.session, desk.clock.now())
    assert facts.failing_jobs == ("sample:job",), "at the first failure: some jobs run once a quarter of an hour"
    assert facts.seen_at == desk.clock.now()
    # Another worker knows nothing of it, and must not hide it.
    desk.clock.advance(timedelta(seconds=1))
    assert work(desk).once() == 0
    desk.session.rollback()
    assert queries.facts(desk.session, desk.clock.now()).failing_jobs == ("sample:job",)
    desk.clock.advance(timedelta(minutes=5))
    assert work(desk).once() == 0
    desk.session.rollback()
    assert queries.facts(desk.session, desk.clock.now()).failing_jobs == (), "a worker that is gone fails no more"


def test_the_worker_repeats_and_stops_in_good_order(small_desk: Desk) -> None:
    runs, slow = [], threading.Event()

    def job(tick: Tick) -> str:
        with tick.begin("system:test") as unit:
            runs.append(unit.now)
        if len(runs) == 3:
            slow.set()
            time.sleep(0.3)
            runs.append(unit.now)
        return "ran"

    worker = Worker(small_desk.settings, small_desk.engine, [Job("sample:job", 0.1, job)], SystemClock(), poll=0.05)
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert slow.wait(10)
    worker.stopping.set()
    thread.join(10)
    assert len(runs) == 4  # The third run was finished.
    (row,) = small_desk.session.scalars(select(WorkerHeartbeat))
    assert row.stopped_at is not None


def test_a_real_clock_set_back_does_not_silence_the_worker(small_desk: Desk) -> None:
    """The scheduler itself would wait out two hours; the worker notices and goes on within seconds."""
    shift = [timedelta(0)]
    runs: list[float] = []

    class Shifted(SystemClock):
        def now(self) -> datetime:
            return super().now() + shift[0]

    def job(_tick: Tick) -> str:
        runs.append(time.monotonic())
        return ""

    import apscheduler.schedulers.blocking
    from apscheduler.schedulers import base

    class FakeDatetime(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + shift[0]  # type: ignore[arg-type]

    plain = base.datetime
    base.datetime = FakeDatetime
    try:
        worker = Worker(small_desk.settings, small_desk.engine, [Job("sample:job", 0.2, job)], Shifted(), poll=0.1)
        thread = threading.Thread(target=worker.run)
        thread.start()
        while len(runs) < 3:
            time.sleep(0.05)
        shift[0] = timedelta(hours=-2)
        count, end = len(runs), time.monotonic() + 10
        while len(runs) < count + 5 and time.monotonic() < end:
            time.sleep(0.05)
        worker.stopping.set()
        thread.join(10)
    finally:
        base.datetime = plain
    assert len(runs) >= count + 5
    assert apscheduler.schedulers.blocking


def test_the_command_runs_once_and_stops_on_sigterm(small_desk: Desk, tmp_path: Path) -> None:
    small_desk.clock.set(datetime.now(UTC))
    small_desk.enqueue("a")
    code = textwrap.dedent(
        """
        import sys
        from dpa.cli import main
        sys.argv = ["dpa", "worker", *sys.argv[1:]]
        main()
        """
    )
    environ = {**os.environ, "DPA_INSTANCE": str(small_desk.settings.instance), "DATABASE_URL": small_desk.settings.database}
    done = subprocess.run([sys.executable, "-c", code, "--once"], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert small_desk.row(1).state.value == "sent"
    assert "customer.example" not in done.stderr
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if json.loads(line)["event"] == "worker_started":
                break
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert process.wait(30) == 0, rest
    assert "worker_stopped" in rest


def test_a_database_without_tables_is_one_sentence(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/empty.sqlite3", durable=False)
    worker = Worker(Settings(instance=tmp_path), engine, [], SystemClock())
    with pytest.raises(Misconfigured, match=r"cannot use the database \(no such table: worker_heartbeat\); run: dpa migrate"):
        worker.check()
    engine.dispose()


def test_the_web_process_never_loads_the_scheduler() -> None:
    code = (
        "import sys\nfrom dpa.config import Settings\nfrom dpa.factory import create_app\nimport tempfile\n"
        "create_app(Settings(instance=tempfile.mkdtemp()))\nimport dpa.alerts.worker\n"
        "sys.exit(int(any(name.startswith('apscheduler') for name in sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_logs_hold_no_addresses_and_no_words_of_mails(small_desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """A canary in every place a mail has: none of them may sing in the log, whatever goes wrong."""
    logs.configure(small_desk.settings)
    try:
        dana = small_desk.person("Dana Dpo")
        canary = {"to_address": "canary-address@birds.example", "to_name": "Canary Name", "person_id": dana.id}
        small_desk.enqueue("a", "b", "c", context={**CANARY_CONTEXT}, **canary)
        answers = [Answer(Outcome.REFUSED, 550, "no canary-address@birds.example here"), Answer(Outcome.DEFERRED, 451, "Canary Name is busy")]

        class Breaking(Scripted):
            def send(self, sender: str, recipient: str, data: bytes) -> Answer:
                if not self.answers:
                    raise RuntimeError(f"cannot send to {recipient}: {data.decode()}")
                return super().send(sender, recipient, data)

        def run(_tick: Tick) -> str:
            return small_desk.dispatch(Breaking(*answers))

        work(small_desk, run).once()

        def fail(_tick: Tick) -> str:
            raise RuntimeError("canary-address@birds.example Canary Subject")

        work(small_desk, fail).once()
    finally:
        structlog.reset_defaults()
    text = capsys.readouterr().err
    assert "message_dead" in text
    assert "mail_not_sent" in text
    assert "job_failed" in text
    assert "canary" not in text.lower()


CANARY_CONTEXT = {
    "subject": "Canary Subject", "recipient": "Canary Name", "is_notice": True, "answer": "Canary Answer", "message_path": "/canary",
}
