"""Seals: how many certificates a minute are rendered, converted and sealed, and what time-stamps add.

`python -m bench.seal`. One process, made-up data, keys made here; the authority answers on this machine. Goals on two cores, without an
authority: at least 600 a minute, p95 under 150 ms. Prints figures; there is no pass or fail.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.pdf import certificate, report
from dpa.config import Settings
from dpa.evidence.pdf import render
from dpa.evidence.seal.preparing import prepare_builtin
from dpa.evidence.seal.sealers import Sealer, sealer_for
from dpa.evidence.seal.sealing import add_stamp, seal
from dpa.evidence.seal.stamping import Stamper
from tests.support.seals import AT, NAME, Authority, identity_of

CERTIFICATES = 120
STAMPED = 30
REASON = "Certificate issued"


def measured(name: str, count: int, act: Callable[[int], object]) -> None:
    """Do something many times and print how long it took."""
    act(0)
    busy, seconds = time.process_time(), []
    for number in range(count):
        began = time.perf_counter()
        act(number)
        seconds.append(time.perf_counter() - began)
    report(name, seconds, time.process_time() - busy)


def figures(sealer: Sealer, stamper: Stamper) -> None:
    unsealed = render(certificate(0)).content
    basic = seal(unsealed, sealer, reason=REASON, at=AT, stamper=None).content

    def whole(number: int) -> object:
        return seal(render(certificate(number)).content, sealer, reason=REASON, at=AT, stamper=None)

    measured("rendered, converted and sealed, B-B", CERTIFICATES, whole)
    measured("seal alone, B-B", CERTIFICATES, lambda _: seal(unsealed, sealer, reason=REASON, at=AT, stamper=None))
    measured("seal with both time-stamps, B-LTA", STAMPED, lambda _: seal(unsealed, sealer, reason=REASON, at=AT, stamper=stamper))
    measured("late time-stamp", STAMPED, lambda _: add_stamp(basic, stamper, sealer.material))


def imports() -> None:
    """Print what loading the libraries costs a worker once."""
    code = "import time; t = time.perf_counter(); import dpa.evidence.seal.sealing; print(time.perf_counter() - t)"
    taken = [float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout) for _ in range(3)]
    print(f"loading the libraries: {statistics.median(taken) * 1e3:.0f} ms, once per worker")


def two_processes() -> None:
    """Print the throughput of two processes, as the goal is about two cores."""
    code = "from bench.seal import alone; alone()"
    began = time.perf_counter()
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    rates = [float(process.communicate()[0]) for process in running]
    print(f"two processes: {sum(rates):6,.0f} certificates a minute together ({time.perf_counter() - began:.1f} s with start and keys)")


def alone() -> None:
    """One of two processes: print how many certificates a minute it made."""
    with tempfile.TemporaryDirectory() as folder:
        sealer = made(Path(folder))
        seal(render(certificate(0)).content, sealer, reason=REASON, at=AT, stamper=None)
        began = time.perf_counter()
        for number in range(CERTIFICATES):
            seal(render(certificate(number)).content, sealer, reason=REASON, at=AT, stamper=None)
        print(60 * CERTIFICATES / (time.perf_counter() - began))


def made(folder: Path) -> Sealer:
    settings = Settings(instance=folder)
    return sealer_for(identity_of(prepare_builtin(settings, 1, NAME, "FR", AT)), settings)


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        sealer = made(folder)
        print(f"root, leaf and keys at rest: {(time.perf_counter() - began) * 1e3:.0f} ms")
        authority = Authority(folder)
        try:
            figures(sealer, authority.stamper())
        finally:
            authority.close()
    imports()
    two_processes()


if __name__ == "__main__":
    main()
