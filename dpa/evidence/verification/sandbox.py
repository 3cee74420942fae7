"""Examining a stranger's file in a process of its own, with limits on time and memory.

Whatever happens to that process, the answer is an examination: a file that makes it fail cannot be read. Only where no process could look
at it there is none. Nothing of the file, and nothing the process says of it, goes to a log.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import threading
from datetime import datetime

from dpa.evidence.verification.values import MOST_BYTES, Examination, Trust, unreadable
from dpa.problems import Problem

WALL_SECONDS = 20.0
"""Time an examination may take from start to answer."""
QUEUE_SECONDS = 30.0
"""Time a file waits for its turn."""
AT_ONCE = 2
"""Children of one process of ours at a time."""
CHILD = ("-m", "dpa.evidence.verification.child")
_MOST_ANSWER = 4 * MOST_BYTES
_turns = threading.BoundedSemaphore(AT_ONCE)
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}


class NotExamined(Problem):
    """The machine did not come to examine the file. That says nothing of the file, so it is no verdict: a genuine document would be called unreadable."""


def examine_apart(
    data: bytes, trust: Trust, now: datetime, *, wall_seconds: float = WALL_SECONDS, child: tuple[str, ...] = CHILD
) -> Examination:
    """Examine a file in a child process; blocks for half a second, at worst for `QUEUE_SECONDS` and `wall_seconds` together.

    Raises `NotExamined` when its turn did not come, or no process could be started; never for anything that the file or the child does. A file above `MOST_BYTES` is not even handed over.
    """
    digest = hashlib.sha256(data).hexdigest()
    if len(data) > MOST_BYTES:
        return unreadable(digest, f"The file is larger than {MOST_BYTES // 1_000_000} MB, which no document of ours is; it was not examined.")
    if not _turns.acquire(timeout=QUEUE_SECONDS):
        raise NotExamined("Too many files are being examined at this moment, so this one was not; try again in a minute.")
    try:
        return _answered(digest, _asked(data, trust, now), wall_seconds, child)
    finally:
        _turns.release()


def _asked(data: bytes, trust: Trust, now: datetime) -> bytes:
    return json.dumps({"data": base64.b64encode(data).decode("ascii"), "trust": trust.to_json(), "now": now.isoformat()}).encode()


def _answered(digest: str, asked: bytes, wall_seconds: float, child: tuple[str, ...]) -> Examination:
    # Isolated: neither the environment nor the working folder can put other modules in the place of ours.
    command = [sys.executable, "-I", "-X", "utf8", *child]
    try:
        done = subprocess.run(command, input=asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=wall_seconds, env=_ENVIRONMENT, check=False)  # noqa: S603  a fixed command
    except subprocess.TimeoutExpired:
        return unreadable(digest, "Examining the file took longer than it may, which no document of ours does.")
    except OSError as error:
        raise NotExamined("This machine could not start the process that examines files, so nothing was examined; try again in a minute.") from error
    if done.returncode != 0:
        return unreadable(digest, "Examining the file needed more time or memory than it may, or failed; no document of ours does that.")
    try:
        examination = Examination.from_json(json.loads(done.stdout[:_MOST_ANSWER]))
    except (ValueError, KeyError, TypeError):
        return unreadable(digest, "The examination of the file gave no answer that can be read.")
    if examination.sha256 != digest:
        return unreadable(digest, "The examination answered for another file.")
    return examination
