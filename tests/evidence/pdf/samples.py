"""Sample documents: a breach notice and a case dossier, as the workflows will make them; and small odd ones.

`python -m tests.evidence.pdf.samples FOLDER` writes the PDF files and, where pdftoppm is installed, PNG pictures of their pages.
"""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dpa.evidence.pdf import (
    Align,
    Bar,
    Bars,
    Block,
    ClockPoint,
    ClockStrip,
    Column,
    Document,
    Fact,
    FinePrint,
    Heading,
    KeyFacts,
    Letterhead,
    Moment,
    Notice,
    PageBreak,
    Points,
    Qr,
    Summary,
    Table,
    Text,
    Timeline,
    Tone,
    Verbatim,
    render,
)

ISSUED = datetime(2026, 11, 22, 10, 4, tzinfo=UTC)
AWARE = datetime(2026, 11, 21, 20, 46, tzinfo=UTC)
ZONE = "Europe/Paris"
CHECKPOINT = """desk.lumen-learning.example/trail
18422
Q29uc2lzdGVuY3kgaXMgY2hlY2tlZCBieSB3aXRuZXNzZXM=

— desk.lumen-learning.example/trail 5yDk0mPz3Wl1OI0a8nCkqHn0bYv2mKZr6cVd1tQxJfE7uLgSaRpTnWzXyBvMhQe4iUoPdFsGjKlZxCvBnM9aBcDe="""


def png(width: int = 96, height: int = 96, alpha: bool = True) -> bytes:
    """A plain logo, drawn here: two overlapping circles."""

    def inside(x: int, y: int, centre: float) -> bool:
        return (x - width * centre) ** 2 + (y - height / 2) ** 2 < (height * 0.36) ** 2

    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            left, right = inside(x, y, 0.38), inside(x, y, 0.62)
            colour = (13, 22, 38) if left and right else (29, 78, 216) if left else (132, 173, 255) if right else (255, 255, 255)
            rows += bytes(colour) + (bytes([255 if left or right else 0]) if alpha else b"")

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 6 if alpha else 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b"")


LUMEN = Letterhead("Lumen Learning SAS", "14 rue des Tanneurs, 59000 Lille, France\nData protection officer: dpo@lumen-learning.example", png())


def canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def document(*blocks: Block, **changes: object) -> Document:
    """A small document with the given blocks."""
    fields: dict[str, object] = {
        "kind": "Sample", "number": "LL-S-2026-0001", "title": "A sample document", "organisation": Letterhead("Lumen Learning SAS"),
        "classification": "Confidential", "language": "en-GB", "issued_at": ISSUED, "zone": ZONE, "record": canonical({"sample": True}), "blocks": blocks,
    }  # fmt: skip
    return Document(**{**fields, **changes})  # type: ignore[arg-type]


def breach_notice() -> Document:
    """The initial notice of a breach to one controller (Art. 33(2) GDPR)."""
    due = AWARE + timedelta(hours=24)
    return Document(
        kind="Notice of a personal data breach",
        number="LL-BN-2026-0007",
        title="Export leak in the reporting service",
        subtitle="Initial notice to Académie de Lille, phase 1. Further information follows in phases (Art. 33(4) GDPR).",
        organisation=LUMEN,
        classification="Confidential",
        language="en-GB",
        issued_at=ISSUED,
        zone=ZONE,
        record=canonical({"number": "LL-BN-2026-0007", "breach": "LL-2026-007", "controller": "Académie de Lille", "aware_at": "2026-11-21T20:46:00Z"}),
        blocks=(
            Summary(
                "A scheduled export of the reporting service was sent to an address outside Lumen Learning. It held the names, e-mail "
                "addresses and course results of about 3,112 learners of Académie de Lille. The export was stopped and the recipient has confirmed deletion."
            ),
            KeyFacts(
                (
                    Fact("Controller", "Académie de Lille", "Agreement LL-2024-118, Lumen GTC of 1 June 2026"),
                    Fact("Processor", "Lumen Learning SAS", "Reference LL-2026-007"),
                    Fact("Aware since", "Sat 21 Nov 2026 21:46 +01:00", "First noticed Sat 21 Nov 2026 19:30 +01:00"),
                    Fact("Promised notice", "within 24 hours, by Sun 22 Nov 2026 21:46 +01:00", "Contract, GTC 15.4"),
                    Fact("Kind of breach", "Confidentiality", "Personal data disclosed to an unauthorised recipient"),
                    Fact("People concerned", "about 3,112 learners", "Count from the export log; may fall after removal of doubles"),
                    Fact("Contact, reachable now", "Ana Duarte, DPO, +33 3 20 00 00 00, incident@lumen-learning.example", wide=True),
                )
            ),
            ClockStrip(
                ClockPoint("Aware", AWARE), ClockPoint("Due", due), (ClockPoint("This notice", ISSUED),),
                "The promised 24 hours run from Sat 21 Nov 2026 21:46 to Sun 22 Nov 2026 21:46, Paris time. This notice was issued at 11:04, 10 hours and 42 minutes before the end.",
            ),
            Notice("Not known yet", "Whether the export was forwarded before its deletion. Next update by Mon 23 Nov 2026 18:00 +01:00.", Tone.WARNING),
            PageBreak(),
            Heading("What happened"),
            Text(
                "On 21 November 2026 at 19:30 monitoring reported that the nightly export of the reporting service had been delivered to an "
                "address outside the organisation. The address had been entered as a test recipient during the migration of 12 November and was never removed.\n\n"
                "The log review ended at 21:46. From then on it was certain that personal data had left the system: this is when Lumen Learning became aware of the breach."
            ),
            Heading("Data concerned"),
            Table(
                (Column("Category", 2.2), Column("Data", 4), Column("Records", 1.1, Align.RIGHT), Column("Precision", 1.4)),
                (
                    ("Identity", "First name, last name, learner number", "3,112", "from the log"),
                    ("Contact", "School e-mail address", "3,112", "from the log"),
                    ("Results", "Course, score in per cent, date of completion", "41,870", "estimate"),
                    ("Special categories (Art. 9 GDPR)", "None in this export", "0", "checked"),
                ),
                caption="Categories and numbers",
                row_header=True,
            ),
            Heading("Likely consequences"),
            Text("Unwanted messages to the school addresses, and knowledge of course results by one outside person. No passwords, no bank data and no addresses of homes were in the export."),
            Heading("Measures"),
            Heading("Taken by Lumen Learning", 3),
            Points(
                (
                    "Export stopped and test recipient removed on Sat 21 Nov 2026 19:52 +01:00.",
                    "Recipient asked to delete; written confirmation received on Sat 21 Nov 2026 22:31 +01:00.",
                    "All 214 scheduled exports checked for outside recipients; none found.",
                ),
                numbered=True,
            ),
            Heading("Proposed to the controller", 3),
            Points(("Assess whether the authority must be notified within 72 hours of your awareness (Art. 33(1) GDPR).", "Tell learners to expect no message that asks for their password.")),
            Heading("Verification"),
            Qr(
                "https://desk.lumen-learning.example/verify/LL-BN-2026-0007#3f2a9c1e44aa77bb",
                "Check this document",
                "Open the address, or scan the code, and upload the file: the page tells whether it is the issued one and unchanged. "
                "The check also works without us: see the recipe in the evidence export.",
            ),
            Verbatim(CHECKPOINT, "Checkpoint of the trail when this document was issued"),
            FinePrint(
                "This document is closed with the electronic seal of Lumen Learning SAS. The printed page proves nothing by itself; the seal is checked on the file. "
                "A notice under Art. 33(2) GDPR is owed whatever the risk; whether people must be told is for the controller to decide."
            ),
        ),
    )


def dossier(events: int = 34) -> Document:
    """A case as a dossier: summary, chart, timeline over pages, table over pages."""
    verbs = ("Alert sent", "Alert acknowledged", "Facts completed", "Customer reached by phone", "Draft notice reviewed", "Notice delivered", "Acknowledgement received")
    tones = (Tone.WARNING, Tone.DONE, Tone.NEUTRAL, Tone.DONE, Tone.INFO, Tone.DONE, Tone.DONE)
    names = ("Ana Duarte, DPO", "Jon Riedel, operator", "System", "Élodie Nguyễn, support")
    moments = [
        Moment(AWARE - timedelta(hours=2, minutes=16), "Monitoring reported an export to an unknown address", "Rule EXP-4 of the reporting service.", "System", Tone.WARNING),
        Moment(AWARE, "Aware of a personal data breach", "Log review shows that 3,112 records left the system. From now on 24 hours run for 38 customers.", "Ana Duarte, DPO", Tone.LATE),
    ]
    moments += [
        Moment(AWARE + timedelta(minutes=17 * n + 5, seconds=7 * (n % 3)), verbs[n % 7], f"Entry {n} of the case." if n % 4 else "", names[n % 4], tones[n % 7])
        for n in range(1, events)
    ]
    # One promise of the fifty is missed, as the summary says.
    customers = ("Académie de Lille", "Banque Rivoire", "Clinique Saint-Rémi", "Département du Var", "Brasserie du Nord", "Harbour Museums", "Πανεπιστήμιο Πατρών", "Завод Кедр", "Đại học Huế")
    rows = tuple(
        (
            f"{customers[n % 9]}{f' {n // 9 + 1}' if n > 8 else ''}",
            "Annex 2, 12 h" if n == 2 else ("GTC 15.4, 24 h", "Art. 33(2) GDPR")[n % 4 == 0],
            "Sun 22 Nov 2026 09:46 +01:00" if n == 2 else "Sun 22 Nov 2026 21:46 +01:00",
            "14 h 19" if n == 2 else f"{1 + n * 7 % 22} h {n * 7 % 60:02d}",
            "late" if n == 2 else "met",
        )
        for n in range(1, 51)
    )
    return Document(
        kind="Case dossier",
        number="LL-CD-2026-0003",
        title="Export leak in the reporting service: the whole case from first report to closure",
        subtitle="Made for Commission nationale de l'informatique et des libertés (CNIL). Supersedes LL-CD-2026-0002.",
        organisation=LUMEN,
        classification="Confidential",
        language="en-GB",
        issued_at=ISSUED + timedelta(days=12),
        zone=ZONE,
        record=canonical({"number": "LL-CD-2026-0003", "breach": "LL-2026-007", "events": events}),
        blocks=(
            Summary("50 customers were told of the breach, 38 of them within the hours their contract promises. One promise of 12 hours was missed by 2 hours and 19 minutes; the reason is recorded below."),
            KeyFacts(
                (
                    Fact("Breach", "LL-2026-007, confidentiality"),
                    Fact("State", "Closed", "Thu 3 Dec 2026 16:20 +01:00"),
                    Fact("Customers told", "50 of 50"),
                    Fact("Promises kept", "49 of 50", "1 late, with reason"),
                    Fact("Digest of the trail", "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c", "Root of the trail at 18,422 events", wide=True, code=True),
                )
            ),
            Bars(
                (
                    Bar("within 6 hours", 11, "11"), Bar("6 to 12 hours", 19, "19"), Bar("12 to 18 hours", 13, "13"), Bar("18 to 24 hours", 6, "6"), Bar("later than promised", 1, "1"),
                ),
                "Customers by the time from awareness to notice: 11 within 6 hours, 19 within 6 to 12, 13 within 12 to 18, 6 within 18 to 24, and 1 later than promised.",
                "Time from awareness to notice, in customers",
            ),
            Notice("One promise was missed", "Clinique Saint-Rémi was to hear within 12 hours (annex 2) and heard after 14 hours 19 minutes. The address on file had bounced; the customer was then told by phone.", Tone.LATE),
            PageBreak(),
            Heading("Timeline"),
            Text("Everything the trail records of this case, on the clocks of Paris."),
            Timeline(tuple(moments)),
            Heading("Notices"),
            Table(
                (Column("Customer", 2.6), Column("Promise", 1.9), Column("Due", 2.9), Column("Taken", 1, Align.RIGHT), Column("State", 0.8)),
                rows,
                caption="The 50 customers affected, and when their notice was due",
                row_header=True,
            ),
            Heading("Subprocessors involved"),
            Table((Column("Name"), Column("Service")), (), empty="No subprocessor was involved."),
        ),
    )  # fmt: skip


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, sample in (("breach-notice", breach_notice()), ("case-dossier", dossier())):
        file = folder / f"{name}.pdf"
        file.write_bytes(render(sample).content)
        if tool := shutil.which("pdftoppm"):
            subprocess.run([tool, "-r", "80", "-png", str(file), str(folder / name)], check=True)
            file.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
