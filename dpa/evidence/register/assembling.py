"""From a record to the document as data: the kind's body, framed by what every document of the register says about itself.

Pure: the same record, logo and kind give the same document, and so the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dpa.deadlines.zones import zone_named
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
from dpa.languages import Wording, for_tag


def document(record_text: str, kind: DocumentKind, logo: bytes | None) -> Document:
    """Return the document of a record given as its canonical text."""
    record = records.read(record_text)
    body, say = kind.build(record), for_tag(record["language"])
    issuer = record["issuer"]
    return Document(
        kind=body.kind or kind.title,
        number=record["number"],
        title=body.title,
        subtitle=body.subtitle,
        organisation=Letterhead(issuer["name"], issuer["address"], logo),
        classification=_classification(record, body.classification or kind.classification, say),
        language=record["language"],
        issued_at=records.instant(record["issued_at"]),
        zone=record["zone"],
        record=record_text.encode(),
        blocks=(*_demonstration(record, say), *body.summary, *_superseding(record, say), PageBreak(), *body.detail, *_approvals(record, say), *_verification(record, record_text, say)),
    )


def preview(record_text: str, kind: DocumentKind, logo: bytes | None) -> Document:
    """Return the document of an order as it would look, given the order with the instant of looking as its issue; it says on every page that it is none."""
    record = records.read(record_text)
    body, say, issuer = kind.build(record), for_tag(record["language"]), record["issuer"]
    mark = say("engine.preview_mark")
    return Document(
        kind=body.kind or kind.title, number=mark, title=body.title, subtitle=body.subtitle,
        organisation=Letterhead(issuer["name"], issuer["address"], logo), classification=_classification(record, body.classification or kind.classification, say), language=record["language"],
        issued_at=records.instant(record["issued_at"]), zone=record["zone"], record=record_text.encode(),
        blocks=(Notice(mark, say("engine.preview_text"), Tone.WARNING), *_demonstration(record, say), *body.summary, PageBreak(), *body.detail),
    )  # fmt: skip


def _classification(record: Record, words: str, say: Wording) -> str:
    """Return who may read it; a demonstration is marked in its place, on every page, as an exercise is."""
    return say("engine.demonstration_mark") if record.get("demonstration") else words


def _demonstration(record: Record, say: Wording) -> tuple[Block, ...]:
    if not record.get("demonstration"):
        return ()
    return (Notice(say("engine.demonstration_mark"), say("engine.demonstration_text"), Tone.WARNING),)


def _superseding(record: Record, say: Wording) -> tuple[Block, ...]:
    older: Mapping[str, Any] | None = record["supersedes"]
    if older is None:
        return ()
    text = say("engine.replaces_text", reason=older["reason"], digest=older["sha256"])
    return (Notice(say("engine.replaces_title", number=older["number"]), text, Tone.INFO),)


def _moment(record: Record, text: str, say: Wording) -> str:
    return say.moment(records.instant(text), zone_named(record["zone"]).name)


def _approvals(record: Record, say: Wording) -> tuple[Block, ...]:
    rows = tuple(
        (
            approval["person"], say.phrase(approval["role"]), say.phrase(approval["act"]),
            f"{_moment(record, approval['at'], say)}\n{say('engine.signed_in', how=say.phrase(approval['signed_in_by']))}",
        )
        for approval in record["approvals"]
    )  # fmt: skip
    if not rows:
        return ()
    columns = (
        Column(say("engine.column_who"), 1.5), Column(say("engine.column_as"), 1.5), Column(say("engine.column_what"), 2.2),
        Column(say("engine.column_when"), 2.4),
    )  # fmt: skip
    return (Heading(say("engine.approved")), Table(columns, rows, caption=say("engine.approved_caption"), row_header=True))


def _verification(record: Record, record_text: str, say: Wording) -> tuple[Block, ...]:
    """Say how the document is checked, with us and without us."""
    seal, code = record["seal"], rules.check_code(records.digest(record_text))
    return (
        Heading(say("engine.check_title")),
        Text(say("engine.check_text", organisation=record["issuer"]["name"])),
        KeyFacts(
            (
                Fact(say("engine.sealed_as"), seal["subject"], wide=True),
                Fact(say("engine.root_print"), seal["root_fingerprint"], wide=True, code=True),
                Fact(say("engine.leaf_print"), seal["fingerprint"], wide=True, code=True),
                # Records from before the serial number was part of them must give the same bytes again.
                *((Fact(say("engine.leaf_serial"), seal["serial"], "openssl x509 -serial", wide=True, code=True),) if "serial" in seal else ()),
                Fact(say("engine.number"), record["number"]),
                Fact(say("engine.code"), rules.spaced(code), say("engine.code_hint")),
            )
        ),
        Qr(f"{record['verify_at']}#{record['number']}.{code}", say("engine.qr_title"), say("engine.qr_text")),
        Heading(say("engine.without_title"), 3),
        Text(say("engine.without_text", address=f"{record['verify_at']}/files")),
        Heading(say("engine.trail_title"), 3),
        Text(say("engine.trail_text")),
        Verbatim(record["checkpoint"].rstrip("\n"), say("engine.checkpoint")),
        *((Verbatim(record["trail_key"], say("engine.trail_key")),) if record.get("trail_key") else ()),
        FinePrint(_anchor(record, say)),
    )


def _anchor(record: Record, say: Wording) -> str:
    anchor = record["anchor"]
    if anchor is None:
        return say("engine.no_anchor")
    age = records.instant(record["issued_at"]) - records.instant(anchor["at"])
    return say(
        "engine.anchor", entries=say.number(anchor["size"]), at=_moment(record, anchor["at"], say), age=say.length(age), how=say.phrase(anchor["how"])
    )
