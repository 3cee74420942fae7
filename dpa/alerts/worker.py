"""The worker process: repeats the jobs of all slices, shows signs of life, and watches its own metronome and clock.

The scheduler only beats time; everything that must survive lives in tables, so any number of workers may run, and a killed one
costs seconds. The web processes never load this module.
"""

from __future__ import annotations

import os
import secrets
import signal
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.alerts import heartbeats, operations, queue
from dpa.alerts.models import WorkerHeartbeat
from dpa.alerts.watchdog import ClockGuard, Pulse, Verdict
from dpa.clock import Clock
from dpa.config import Settings
from dpa.garbage import collect_rarely
from dpa.problems import Misconfigured
from dpa.slice import Job, Tick
from dpa.unit import Unit

ACTOR = "system:worker"
BEAT_SECONDS = 10.0
GIVEN_UP = 75
"""Exit code that asks the supervisor for a new process (EX_TEMPFAIL)."""
FAILURES_SHOWN = 1
"""Runs in a row that fail until pages and monitors say so: some jobs run once a quarter of an hour, so a second failure would come too late."""

log = structlog.get_logger()


class Worker:
    """One worker process and its jobs."""

    def __init__(
        self, settings: Settings, engine: Engine, jobs: Sequence[Job], clock: Clock, *, leave: Callable[[int], Any] = os._exit, poll: float = 1.0
    ) -> None:
        self.settings, self.engine, self.clock = settings, engine, clock
        host, pid = queue.machine(), os.getpid()
        self.me = heartbeats.Self(f"{host}:{pid}:{secrets.token_hex(4)}", host, pid, clock.now())
        # Mail goes last in a single round, so that what the other jobs enqueue leaves with it.
        self.jobs = {job.name: job for job in sorted(jobs, key=lambda job: job.name == "alerts:dispatch")}
        self.stopping = threading.Event()
        self._leave, self._poll = leave, poll
        started = clock.monotonic()
        self._pulses = {name: Pulse(job.every_seconds, started) for name, job in self.jobs.items()}
        self._pulses["heartbeat"] = Pulse(BEAT_SECONDS, started)
        self._guard = ClockGuard(clock.now(), started)

    def check(self) -> None:
        """Raise `Misconfigured` when the database cannot be used."""
        try:
            with Session(self.engine) as session:
                session.execute(select(WorkerHeartbeat.worker_id).limit(1)).all()
        except DBAPIError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise Misconfigured(f"The worker cannot use the database ({reason}); run: dpa migrate") from None

    def once(self) -> int:
        """Run every job once, in order; returns how many failed."""
        self._beat()
        failed = sum(not self._run(job) for job in self.jobs.values())
        self._beat()
        return failed

    def run(self) -> None:
        """Repeat the jobs until told to stop; the jobs that run then are finished first."""
        scheduler = self._scheduler()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: self.stopping.set())
        collect_rarely()
        self._beat()
        scheduler.start()
        log.info("worker_started", worker=self.me.worker_id, jobs=len(self.jobs))
        try:
            while not self.stopping.wait(self._poll):
                self._watch(scheduler)
        finally:
            scheduler.shutdown(wait=True)
            self._beat(stopped=True)
            log.info("worker_stopped", worker=self.me.worker_id)

    def _scheduler(self) -> Any:
        # Loaded here only: importing it would make every process that touches this package a scheduler's home.
        import logging

        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
        scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(len(self.jobs) + 1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for job in self.jobs.values():
            scheduler.add_job(partial(self._run, job), "interval", seconds=job.every_seconds, id=job.name, next_run_time=self.clock.now())
        scheduler.add_job(self._beat_on_time, "interval", seconds=BEAT_SECONDS, id="heartbeat")
        return scheduler

    def _run(self, job: Job) -> bool:
        """Run one job with a session of its own; whatever it raises is told and never stops the others."""
        pulse = self._pulses[job.name]
        pulse.began(self.clock.monotonic())
        failed = True
        try:
            with Session(self.engine) as session:
                summary = job.run(self._tick(session))
            failed = False
            if summary:
                log.info("job_done", job=job.name, summary=summary)
        except Exception as error:  # noqa: BLE001 - one failing job must not stop the worker
            self._complain(job.name, error)
        finally:
            pulse.ended(self.clock.monotonic(), failed=failed)
        return not failed

    def _tick(self, session: Session) -> Tick:
        run = units.new_request_id()

        def begin(actor: str) -> AbstractContextManager[Unit]:
            # The clock is read anew: a run may last, and what it writes bears the time it happened.
            return units.transaction(session, actor=actor, now=self.clock.now(), settings=self.settings, request_id=run, auth="system")

        return Tick(session, self.clock.now(), self.settings, begin, self.me.worker_id)

    def _beat_on_time(self) -> None:
        pulse = self._pulses["heartbeat"]
        pulse.began(self.clock.monotonic())
        done = self._beat()
        pulse.ended(self.clock.monotonic(), failed=not done)

    def _beat(self, *, stopped: bool = False) -> bool:
        failing = sorted(name for name, pulse in self._pulses.items() if pulse.failures >= FAILURES_SHOWN)
        return self._write(lambda unit: heartbeats.beat(unit, self.me, failing, stopped=stopped), "heartbeat")

    def _write(self, act: Callable[[Unit], object], name: str) -> bool:
        try:
            with Session(self.engine) as session, self._tick(session).begin(ACTOR) as unit:
                act(unit)
        except Exception as error:  # noqa: BLE001 - a busy database must not end the worker; silence is noticed by the pages
            self._complain(name, error)
            return False
        return True

    def _watch(self, scheduler: Any) -> None:
        """Look at the clock and at each job once; called every second by the main thread."""
        at = self.clock.monotonic()
        jump = self._guard.jump(self.clock.now(), at)
        if jump:
            log.warning("clock_jumped", seconds=round(jump))
            self._write(lambda unit: operations.note_clock_jump(unit, self.me.host, round(jump)), "clock")
            self._write(queue.heal_after_step_back, "clock")
        for name, pulse in self._pulses.items():
            verdict = pulse.verdict(at)
            if verdict is Verdict.EXIT:
                log.error("job_silent", job=name, seconds=round(at - pulse.last))
                self._leave(GIVEN_UP)
            elif verdict is Verdict.NUDGE or (jump and not pulse.running):
                log.warning("job_nudged", job=name)
                scheduler.modify_job(name, next_run_time=self.clock.now())

    @staticmethod
    def _complain(name: str, error: Exception) -> None:
        # No text of the error: it may quote rows. The kind and the place are enough to find it.
        frames = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-3:]]
        log.error("job_failed", job=name, kind=type(error).__name__, where=frames)
