"""`make bench`: run every benchmark of this folder, or those named as arguments, one after another.

Figures depend on the machine, so most of them neither pass nor fail: compare ratios, and runs on the same machine. A benchmark that breaks,
or that has goals and misses one, ends with exit code 1, and a name that does not exist with 2.
"""

from __future__ import annotations

import os
import platform
import sys
import time
import traceback
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from bench._goals import Missed

FOLDER = Path(__file__).resolve().parent


def names() -> list[str]:
    """Return the names of all modules of this folder that may hold a benchmark."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


def load(chosen: Iterable[str]) -> list[ModuleType]:
    """Return the chosen modules that have a `main`; the others only support them."""
    return [module for name in chosen if hasattr(module := import_module(f"bench.{name}"), "main")]


def run(module: ModuleType) -> bool:
    """Run one benchmark; tells whether it came to its end."""
    print(f"\n== {module.__name__.removeprefix('bench.')} ==", flush=True)
    began = time.perf_counter()
    try:
        module.main()
    except Missed as missed:
        print(f"Missed: {missed}.", flush=True)
        return False
    except Exception:  # noqa: BLE001  the other benchmarks are still worth their figures
        traceback.print_exc()
        return False
    print(f"({time.perf_counter() - began:.1f} s)", flush=True)
    return True


def main(arguments: list[str]) -> int:
    """Run the benchmarks and return the exit code."""
    unknown = [name for name in arguments if name not in names()]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}; there are: {', '.join(names())}.", file=sys.stderr)
        return 2
    print(f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores")
    done = [run(module) for module in load(arguments or names())]
    return 0 if all(done) else 1


if __name__ == "__main__":
    chosen = sys.argv[1:]
    # A benchmark that reads arguments of its own must not take ours for them.
    del sys.argv[1:]
    sys.exit(main(chosen))
