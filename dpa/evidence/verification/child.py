"""The process that examines one stranger's file: `python -m dpa.evidence.verification.child`, JSON in, JSON out.

Before it reads a byte of the file it gives up what a hostile file could want: memory and processor time are bounded, and connecting,
writing, starting programs end in an error, whatever the libraries may be talked into. It has no HTTP client at all.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import resource
import sys
from datetime import datetime
from types import ModuleType

MEMORY_BYTES = 512 * 1024 * 1024
"""Address space it may use; interpreter and libraries take 55 MiB of it, and the reader unpacks at most 256 MiB of one stream."""
PROCESSOR_SECONDS = 15
"""Processor time after which it is ended."""
_REFUSED = (
    "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr",
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link",
    "os.symlink", "os.chmod", "os.truncate", "ctypes.dlopen", "shutil.rmtree",
)  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Raise PermissionError for what examining a file never needs; an audit hook cannot be taken off again."""
    if event in _REFUSED:
        raise PermissionError(f"examining a file may not call {event}")
    # By the flags, not the mode: `os.open` names none, and creating or emptying a file writes no byte that a limit would stop.
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        raise PermissionError("examining a file may not write to files")


def limit(memory: int, seconds: int) -> None:
    """Bound what this process may use from now on, and leave no core file, which would hold the document."""
    for what, most in (
        (resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, 64),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))


def without_http() -> None:
    """Stand in for the HTTP client that pyHanko imports at its start: it costs half of the start, and nothing may be fetched."""

    class Absent:
        """No client."""

    stand_in = ModuleType("aiohttp")
    stand_in.__getattr__ = lambda _name: Absent  # type: ignore[method-assign]
    sys.modules["aiohttp"] = stand_in


def main(memory: int = MEMORY_BYTES, seconds: int = PROCESSOR_SECONDS) -> None:
    """Read {"data", "trust", "now"} from standard input, examine, and write the examination to standard output."""
    without_http()
    from dpa.evidence.verification.examination import examine
    from dpa.evidence.verification.values import Trust

    logging.disable()
    limit(memory, seconds)
    sys.addaudithook(refuse)
    asked = json.loads(sys.stdin.buffer.read())
    data = base64.b64decode(asked["data"])
    examination = examine(data, Trust.from_json(asked["trust"]), datetime.fromisoformat(asked["now"]))
    json.dump(examination.to_json(), sys.stdout)


if __name__ == "__main__":
    main()
