"""The most memory a process has used."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path


def peak() -> float:
    """Return the most memory of this process so far, in MiB.

    Where there is no /proc it is `ru_maxrss`, which a child inherits from the process that started it.
    """
    with suppress(OSError):
        fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("utf-8").splitlines())
        return int(fields["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
