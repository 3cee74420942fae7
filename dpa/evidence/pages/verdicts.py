"""What a verdict means, and what it does not: for the page that anybody may open and for the page of a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from dpa.evidence.pages.badges import Fact
from dpa.evidence.register import kinds, queries, records
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.seal.standing import Standing
from dpa.evidence.verification.values import Check, Listed, Report, Verdict, shown
from dpa.web.words import instant_text


@dataclass(frozen=True, slots=True)
class Line:
    """One check as the page lists it."""

    title: str
    sentence: str
    word: str
    """holds, fails or open."""
    tint: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A verdict, ready to be shown."""

    title: str
    tint: str
    symbol: str
    summary: str
    means: str
    means_not: str
    facts: tuple[Fact, ...]
    checks: tuple[Line, ...]
    sha256: str
    """Digest of the file that was examined; empty where none was."""
    failed: int = 0
    times: str = ""
    """In which zone the times on this page are; empty where there are none."""


DEMONSTRATION = Fact("Made in", "a demonstration", "no mail server was set, so nobody was told by it; it proves nothing but itself")
TIMES = "Times are in UTC. For a document of the register, the clock of the organisation that issued it stands beside them."
"""The one rule of the page, for whoever reads it wherever."""
WORDS: Mapping[Verdict, tuple[str, str, str, str, str]] = {
    Verdict.ISSUED: (
        "Issued and intact", "met", "shield-check",
        "The file you have is the very one that was issued. Not a byte of it was changed since, and no newer document has replaced it.",
        "It does not say that what the document states is true, only who stated it, and when.",
    ),
    Verdict.SUPERSEDED: (
        "Superseded", "soon", "history",
        "The file you have was issued and is unchanged, but a newer document has replaced it. Ask for that one, and rely on it instead.",
        "It does not say that this document was wrong when it was issued.",
    ),
    Verdict.NOT_THE_ISSUED_FILE: (
        "Authentic, but not the issued file", "soon", "file-alert",
        "The seal is genuine, but the register does not list this very file. Ask the issuer for the file that was issued.",
        "It does not say that anything the seal covers was changed.",
    ),
    Verdict.ALTERED: (
        "Altered", "late", "alert-triangle",
        "Something was changed in this file, or added to it, after it was sealed. Do not rely on it; ask the issuer for the file that was issued.",
        "It does not say who changed it, or whether they meant harm: some programs change a file when they save it.",
    ),
    Verdict.REVOKED: (
        "Seal revoked", "late", "ban",
        "The seal is unbroken, but its issuer withdrew it: its key may be in wrong hands. Nothing in this file proves that it was sealed before. Ask the issuer.",
        "It does not say that the file is forged: a document that was issued in good order without a time-stamp looks the same.",
    ),
    Verdict.NOT_OURS: (
        "Not ours", "late", "shield-x",
        "Nothing in this file shows that it was issued here. Do not take it for a document of an organisation that uses this page.",
        "It does not say that the file is forged. A document that was printed, scanned or saved anew has lost its seal, and others issue documents too.",
    ),
    Verdict.UNREADABLE: (
        "Cannot be read", "off", "file-off",
        "The file is not a PDF that a strict reader accepts, so nothing can be said about it. Choose the PDF itself as you received it, not a picture, a scan or a copy of another program; if it is that, ask for it again.",
        "It does not say that the file is forged: it may be damaged, cut short, locked with a password, or another kind of file.",
    ),
}  # fmt: skip
"""Title, tint, icon, what it means, what it does not mean."""
AUTHENTIC = (Verdict.ISSUED, Verdict.SUPERSEDED, Verdict.REVOKED)
"""Verdicts after which the page tells who issued the document, its number and its date, if the register lists the very file. Never more of what it holds."""
LISTED_THOUGH_REVOKED = (
    "Seal revoked, time not proved", "soon", "ban",
    "The register lists exactly this file as issued before its seal was revoked, but no time-stamp proves it. Ask the issuer whether this document stands.",
    "It does not say that the file is forged or was changed.",
)  # fmt: skip
SEALED_AFTER = (
    "Sealed after the seal was revoked", "late", "ban",
    "The seal states a time at which the issuer had withdrawn it already. Do not rely on this file, and tell the issuer that you were given it.",
    "It does not say who made it: whoever has the key of a revoked seal can seal with it, and write any time into the seal.",
)  # fmt: skip
_MARKS: Mapping[bool | None, tuple[str, str, str]] = {
    True: ("holds", "met", "circle-check"), False: ("fails", "late", "alert-circle"), None: ("open", "off", "circle-minus"),
}  # fmt: skip


def of_report(session: Session, report: Report) -> Shown:
    """Return the verdict over a file."""
    title, tint, symbol, means, means_not = words_of(report)
    found = queries.file_with(session, report.sha256) if report.verdict in AUTHENTIC and report.listed_at is not None else None
    return Shown(
        title, tint, symbol, report.summary, means, means_not, _document_facts(session, found.document, report) if found else (),
        tuple(_line(check) for check in report.checks), report.sha256, len(report.failed), TIMES if report.checks else "",
    )  # fmt: skip


def words_of(report: Report) -> tuple[str, str, str, str, str]:
    """Return title, tint, icon, what it means and what it does not mean."""
    if report.verdict is Verdict.REVOKED and report.standing is Standing.AFTER:
        return SEALED_AFTER
    if report.verdict is Verdict.REVOKED and report.listed_at is not None and report.revoked_at is not None and report.listed_at < report.revoked_at:
        return LISTED_THOUGH_REVOKED
    return WORDS[report.verdict]


def of_listed(listed: Listed | None) -> Shown:
    """Return the answer to a number and check code. One answer for a wrong number and for a wrong code."""
    if listed is None:
        return Shown(
            "Not found", "late", "shield-x", "The register holds no document with this number and this check code.",
            "Look at both again: they stand at the foot of each page, under these names. If they are as printed, the page was not issued here: do not rely on it, and "
            "ask whoever gave it to you for the file.",
            "It does not say which of the two is wrong.", (), (), "",
        )  # fmt: skip
    facts: tuple[Fact, ...] = (
        Fact("Number", listed.reference), Fact("Kind", kinds.title_of(listed.kind)), when("Issued", listed.issued_at, listed.zone),
    )  # fmt: skip
    title, tint, symbol = "Listed in the register", "running", "list-check"
    if listed.superseded:
        title, tint, symbol = "Listed, but superseded", "soon", "history"
    if listed.demonstration:
        facts += (DEMONSTRATION,)
    if listed.revoked_at is not None:
        facts += (when("Seal revoked", listed.revoked_at, listed.zone),)
    if listed.standing in (Standing.UNTOLD, Standing.AFTER):
        title, tint, symbol = "Listed, but its seal was revoked", "late", "ban"
    return Shown(
        title, tint, symbol, listed.sentence, "A document with this number and this check code was issued.",
        "It does not say that the page in front of you is that document, or unchanged: a number can be copied. Upload the file to know.",
        facts, (), "", times=TIMES,
    )  # fmt: skip


def when(label: str, at: datetime, zone: str) -> Fact:
    """Return an instant as every fact on this page gives it: UTC, and below it the clock of the organisation."""
    return Fact(label, shown(at), None if zone == "UTC" else instant_text(at, zone))


def _document_facts(session: Session, row: IssuedDocument, report: Report) -> tuple[Fact, ...]:
    record = records.read(row.record or row.content)
    zone = record["zone"]
    found = [Fact("Issued by", record["issuer"]["name"]), Fact("Number", row.reference), *([DEMONSTRATION] if record.get("demonstration") else [])]
    if row.issued_at is not None:
        found.append(when("Issued", row.issued_at, zone))
    if report.proved_at is not None:
        found.append(when("Time proved by an authority", report.proved_at, zone))
    if report.revoked_at is not None:
        found.append(when("Seal revoked", report.revoked_at, zone))
    if row.superseded_by_id is not None:
        newer = queries.by_ids(session, [row.superseded_by_id])
        found += [Fact("Replaced by", one.reference) for one in newer.values()]
    return tuple(found)


def _line(check: Check) -> Line:
    word, tint, symbol = _MARKS[check.passed]
    return Line(check.name.value[:1].upper() + check.name.value[1:], check.sentence, word, tint, symbol)
