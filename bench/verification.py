"""Strict verification: one file in this process, and through the process of its own that strangers' files get, by level.

The goal is a 95th percentile under 0.5 s on two cores.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.pdf import certificate, table
from dpa.evidence.pdf import render
from dpa.evidence.verification.examination import examine
from dpa.evidence.verification.sandbox import AT_ONCE, examine_apart
from dpa.evidence.verification.values import CheckName, Examination
from tests.evidence.verification import forging, lab

RUNS, APART = 60, 20
ROWS = 200


def files() -> dict[str, bytes]:
    """Return what is examined: a certificate of two pages by level, and a long one."""
    short, long = render(certificate(1)).content, render(table(ROWS)).content
    lasting = lab.sealed(lab.ours(), lab.tsa().stamper(), short).content
    return {
        "certificate B-B": lab.sealed(lab.ours(), content=short).content,
        "certificate B-LT": forging.stamp_cut(lasting),
        "certificate B-LTA": lasting,
        f"{ROWS} rows B-B": lab.sealed(lab.ours(), content=long).content,
        f"{ROWS} rows B-LTA": lab.sealed(lab.ours(), lab.tsa().stamper(), long).content,
    }


def timed(run: Callable[[bytes], Examination], content: bytes) -> float:
    began = time.perf_counter()
    examination = run(content)
    seconds = time.perf_counter() - began
    if any(check.passed is False for check in examination.checks) or examination.check(CheckName.COVERAGE) is None:
        raise AssertionError(examination.checks)
    return seconds


def report(name: str, size: int, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    p95 = ordered[int(len(ordered) * 0.95) - 1]
    print(f"{name:34} {size // 1024:4} KiB  median {statistics.median(seconds) * 1e3:5.0f} ms, p95 {p95 * 1e3:5.0f} ms")


def main() -> None:
    """Print all figures."""
    trust = lab.trust()

    def here(content: bytes) -> Examination:
        return examine(content, trust, lab.NOW)

    def apart(content: bytes) -> Examination:
        return examine_apart(content, trust, lab.NOW)

    made = files()
    for name, content in made.items():
        here(content)
        report(f"{name}, here", len(content), [timed(here, content) for _ in range(RUNS)])
    for name, content in made.items():
        report(f"{name}, own process", len(content), [timed(apart, content) for _ in range(APART)])
    content = made["certificate B-LTA"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        began = time.perf_counter()
        both = list(pool.map(lambda _: timed(apart, content), range(APART)))
    report(f"certificate B-LTA, {AT_ONCE} processes", len(content), both)
    print(f"{'':34} {APART / (time.perf_counter() - began):.1f} files a second")


if __name__ == "__main__":
    main()
