"""From a record to the document as data: the kind's body, framed by what every document of the register says about itself.

Pure: the same record, logo and kind give the same document, and so the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dpa.evidence.pdf.blocks import (
    Block,
    Column,
    Fact,
    FinePrint,
    Heading,
    KeyFacts,
    Notice,
    PageBreak,
    Qr,
    Table,
    Text,
    Tone,
    Verbatim,
)
from dpa.evidence.pdf.document import Document, Letterhead
from dpa.evidence.register import records, rules
from dpa.evidence.register.kinds import DocumentKind, Record
from dpa.web import words

NO_ANCHOR = "No checkpoint of the trail had left the house when this document was issued; this document carries the first."


def document(record_text: str, kind: DocumentKind, logo: bytes | None) -> Document:
    """Return the document of a record given as its canonical text."""
    record = records.read(record_text)
    body = kind.build(record)
    issuer = record["issuer"]
    return Document(
        kind=kind.title,
        number=record["number"],
        title=body.title,
        subtitle=body.subtitle,
        organisation=Letterhead(issuer["name"], issuer["address"], logo),
        classification=kind.classification,
        language=record["language"],
        issued_at=records.instant(record["issued_at"]),
        zone=record["zone"],
        record=record_text.encode(),
        blocks=(*body.summary, *_superseding(record), PageBreak(), *body.detail, *_approvals(record), *_verification(record, record_text)),
    )


def _superseding(record: Record) -> tuple[Block, ...]:
    older: Mapping[str, Any] | None = record["supersedes"]
    if older is None:
        return ()
    return (Notice(f"Replaces {older['number']}", f"{older['reason']}\nThe replaced document stays on file; its SHA-256 is {older['sha256']}.", Tone.INFO),)


def _approvals(record: Record) -> tuple[Block, ...]:
    rows = tuple(
        (
            approval["person"], approval["role"], approval["act"],
            f"{records.moment(approval['at'], record['zone'])}\nsigned in by {approval['signed_in_by']}",
        )
        for approval in record["approvals"]
    )  # fmt: skip
    if not rows:
        return ()
    columns = (Column("Who", 1.5), Column("As", 1.5), Column("What", 2.2), Column("When and how", 2.4))
    return (Heading("Approved by"), Table(columns, rows, caption="The seal covers these approvals", row_header=True))


def _verification(record: Record, record_text: str) -> tuple[Block, ...]:
    """Say how the document is checked, with us and without us."""
    seal, code = record["seal"], rules.check_code(records.digest(record_text))
    return (
        Heading("How to check this document"),
        Text(
            f"It is closed with the electronic seal of {record['issuer']['name']}; any change made to the file afterwards is found. Check the file, not a "
            "print of it."
        ),
        KeyFacts(
            (
                Fact("Sealed as", seal["subject"], wide=True),
                Fact("Fingerprint of the root certificate (SHA-256)", seal["root_fingerprint"], wide=True, code=True),
                Fact("Fingerprint of the sealing certificate (SHA-256)", seal["fingerprint"], wide=True, code=True),
                Fact("Number", record["number"]),
                Fact("Check code", rules.spaced(code), "The first digits of the record's SHA-256"),
            )
        ),
        Qr(
            f"{record['verify_at']}#{record['number']}.{code}",
            "Check it with the issuer",
            "Open the address or scan the code, and upload the file. The page says whether it is the file that was issued, unchanged, and not replaced.",
        ),
        Heading("How to check it without the issuer", 3),
        Text(
            f"Open {record['verify_at']} and enter the fingerprint of the root certificate printed above. There you get the certificates of the seal, the "
            "list of seals that were revoked, and VERIFY.txt: a few commands for OpenSSL, with what each must print. Or ask the issuer for these files. "
            "They help only if the fingerprint is the right one: have it confirmed in another way than by this document and that page, such as by your "
            "contract or by telephone."
        ),
        Heading("How to check the issuer's record", 3),
        Text(
            "Every act in this matter is an entry of an append-only log, the trail. The checkpoint below fixes all of it up to this document: a later "
            "rewrite cannot match it. Keep this document; whoever holds it can prove such a rewrite."
        ),
        Verbatim(record["checkpoint"].rstrip("\n"), "Checkpoint of the trail"),
        *((Verbatim(record["trail_key"], "Public key that signs checkpoints"),) if record.get("trail_key") else ()),
        FinePrint(_anchor(record)),
    )


def _anchor(record: Record) -> str:
    anchor = record["anchor"]
    if anchor is None:
        return NO_ANCHOR
    at = records.moment(anchor["at"], record["zone"])
    age = words.length(records.instant(record["issued_at"]) - records.instant(anchor["at"]))
    return (
        f"The newest checkpoint held outside the house before this one covers {anchor['size']:,} entries and was taken on {at}, {age} before this document "
        f"({anchor['how']})."
    )
