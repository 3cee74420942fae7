"""Other versions of Python on this machine, for programs that must run where nothing of ours is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

NAMES = ("python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14", "pypy3")
OLDEST = (3, 9)
ASK = "import sys; print(sys.version_info[0], sys.version_info[1], sys.implementation.name)"


@cache
def others() -> dict[str, str]:
    """Return one interpreter for each version of Python 3.9 and later that is not the running one, by its name."""
    managed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(name) for name in NAMES] + [str(path) for path in sorted(managed.glob("3.*/bin/python"))]
    found: dict[str, str] = {}
    for path in filter(None, candidates):
        told = subprocess.run([path, "-I", "-S", "-c", ASK], capture_output=True, text=True, check=False).stdout.split()
        # A name on the path can be the stand-in of a version manager that leads nowhere.
        if len(told) == 3:
            version = (int(told[0]), int(told[1]))
            if version >= OLDEST and (version != sys.version_info[:2] or told[2] != sys.implementation.name):
                found.setdefault(f"{told[2]}-{told[0]}.{told[1]}", path)
    return found
