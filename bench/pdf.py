"""Documents: how many certificates a minute are rendered, and what long tables take.

`python -m bench.pdf`. Everything runs in one process on made-up data; memory is that of a fresh process per table.
Prints figures; there is no pass or fail.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

from bench._memory import peak
from dpa.evidence.pdf import (
    Align,
    Column,
    Document,
    Fact,
    FinePrint,
    Heading,
    KeyFacts,
    Letterhead,
    Moment,
    Qr,
    Rendered,
    Summary,
    Table,
    Text,
    Timeline,
    Verbatim,
    render,
)

START = datetime(2026, 11, 22, 10, 4, tzinfo=UTC)
CERTIFICATES = 120
TABLES = (1_000, 5_000)


def document(number: int, *blocks: object) -> Document:
    record = json.dumps({"number": number, "items": [{"system": f"db-{n}", "records": 1_000 * n} for n in range(10)]}).encode()
    return Document(
        kind="Certificate of deletion", number=f"LL-DC-2026-{number:04d}", title="Deletion of the data of Académie de Lille", organisation=Letterhead("Lumen Learning SAS", "59000 Lille, France"),
        classification="Confidential", language="en-GB", issued_at=START, zone="Europe/Paris", record=record, blocks=blocks,  # type: ignore[arg-type]
    )  # fmt: skip


def certificate(number: int) -> Document:
    """A certificate of two pages with ten rows and a QR code of its own."""
    columns = (Column("System", 2), Column("Method", 3), Column("Records", 1, Align.RIGHT), Column("Finished", 3))
    rows = tuple((f"db-{n}.lumen.example", "logical deletion, keys destroyed", f"{1_000 * n:,}", "Sun 22 Nov 2026 10:04 +01:00") for n in range(10))
    return document(
        number,
        Summary("All data processed for Académie de Lille was deleted, with the exception named below."),
        KeyFacts((Fact("Controller", "Académie de Lille"), Fact("Agreement", "LL-2024-118"), Fact("Begun", "Sat 21 Nov 2026"), Fact("Finished", "Sun 22 Nov 2026"), Fact("Digest", "00ff" * 16, wide=True, code=True))),
        Heading("What was deleted"),
        Table(columns, rows, "Systems", row_header=True),
        Heading("What is not claimed"),
        Text("Backups expire on 21 February 2027. Until then they hold the data, encrypted, and are not read. " * 3),
        Qr(f"https://desk.lumen.example/verify/LL-DC-2026-{number:04d}#3f2a9c1e44aa77bb", "Check this document", "Upload the file at this address."),
        Verbatim("desk.lumen.example/trail\n18422\nQ29uc2lzdGVuY3kgaXMgY2hlY2tlZCBieSB3aXRuZXNzZXM=", "Checkpoint"),
        FinePrint("The seal is checked on the file; the printed page proves nothing by itself."),
    )


def table(rows: int) -> Document:
    columns = (Column("No.", 0.6, Align.RIGHT), Column("When", 2.2), Column("Event", 2.5), Column("Who", 1.5), Column("Digest", 2, code=True))
    cells = tuple((str(n), f"Sun 22 Nov 2026 {n % 24:02d}:{n % 60:02d} +01:00", f"Notice {n} to Académie de Lille delivered", "Ana Duarte, DPO", f"{n * 2654435761 % 2**64:016x}") for n in range(rows))
    return document(1, Heading("Events"), Table(columns, cells, "Events"))


def timeline(moments: int) -> Document:
    return document(1, Timeline(tuple(Moment(START + timedelta(minutes=n), f"Notice {n} delivered", "To Académie de Lille.", "Ana Duarte, DPO") for n in range(moments))))


def report(name: str, seconds: list[float], processor: float) -> None:
    ordered = sorted(seconds)
    p95 = ordered[int(len(ordered) * 0.95) - 1]
    print(f"{name:34} {60 / statistics.fmean(seconds):6,.0f} a minute, median {statistics.median(seconds) * 1e3:5.1f} ms, p95 {p95 * 1e3:5.1f} ms, processor {processor / len(seconds) * 1e3:5.1f} ms each")


def timed(number: int) -> tuple[float, Rendered]:
    began = time.perf_counter()
    rendered = render(certificate(number))
    return time.perf_counter() - began, rendered


def certificates() -> None:
    render(certificate(0))
    busy = time.process_time()
    runs = [timed(number) for number in range(CERTIFICATES)]
    report(f"render, {runs[0][1].pages} pages, {len(runs[0][1].content) // 1024} KiB", [seconds for seconds, _ in runs], time.process_time() - busy)


def large(kind: str, count: str) -> None:
    """Render one large document and print what it took; runs in a process of its own."""
    made = {"table": table, "timeline": timeline}[kind](int(count))
    render(certificate(0))
    began = time.perf_counter()
    rendered = render(made)
    seconds = time.perf_counter() - began
    memory = peak()
    print(f"{kind} of {int(count):,}: {seconds:5.2f} s, {rendered.pages} pages, {len(rendered.content) / 2**20:.2f} MiB, {memory:.0f} MiB of memory")


def main() -> None:
    """Print all figures."""
    certificates()
    for kind, counts in (("table", TABLES), ("timeline", TABLES[:1])):
        for count in counts:
            code = "import sys; from bench.pdf import large; large(*sys.argv[1:])"
            print(subprocess.run([sys.executable, "-c", code, kind, str(count)], check=True, capture_output=True, text=True).stdout.strip())


if __name__ == "__main__":
    main()
