"""What a verdict means, and what it does not: for the page that anybody may open and for the page of a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from dpa.evidence.pages.badges import Fact
from dpa.evidence.register import kinds, queries, records
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.verification.values import Check, Listed, Report, Verdict
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
    Verdict.NOT_OURS: (
        "Not ours", "late", "shield-x",
        "Nothing in this file shows that it was issued here. Do not take it for a document of an organisation that uses this page.",
        "It does not say that the file is forged. A document that was printed, scanned or saved anew has lost its seal, and others issue documents too.",
    ),
    Verdict.UNREADABLE: (
        "Cannot be read", "off", "file-off",
        "The file is not a PDF that a strict reader accepts, so nothing can be said about it.",
        "It does not say that the file is forged: it may be damaged, cut short, locked with a password, or another kind of file.",
    ),
}  # fmt: skip
"""Title, tint, icon, what it means, what it does not mean."""
AUTHENTIC = (Verdict.ISSUED, Verdict.SUPERSEDED)
"""Verdicts after which the page tells who issued the document, its number and its date. Never more of what it holds."""
_MARKS: Mapping[bool | None, tuple[str, str, str]] = {
    True: ("holds", "met", "circle-check"), False: ("fails", "late", "alert-circle"), None: ("open", "off", "circle-minus"),
}  # fmt: skip


def of_report(session: Session, report: Report) -> Shown:
    """Return the verdict over a file."""
    title, tint, symbol, means, means_not = WORDS[report.verdict]
    found = queries.file_with(session, report.sha256) if report.verdict in AUTHENTIC else None
    return Shown(
        title, tint, symbol, report.summary, means, means_not, _document_facts(session, found.document) if found else (),
        tuple(_line(check) for check in report.checks), report.sha256, len(report.failed),
    )  # fmt: skip


def of_listed(listed: Listed | None, zone: str = "UTC") -> Shown:
    """Return the answer to a number and check code. One answer for a wrong number and for a wrong code."""
    if listed is None:
        return Shown(
            "Not found", "late", "shield-x", "The register holds no document with this number and this check code.",
            "Look at both again: they stand together at the foot of each page. If they are as printed, the page was not issued here.",
            "It does not say which of the two is wrong.", (), (), "",
        )  # fmt: skip
    facts = (
        Fact("Number", listed.reference), Fact("Kind", kinds.title_of(listed.kind)), Fact("Issued", instant_text(listed.issued_at, zone)),
    )  # fmt: skip
    tint, symbol = ("soon", "history") if listed.superseded else ("running", "list-check")
    return Shown(
        "Listed, but superseded" if listed.superseded else "Listed in the register", tint, symbol, listed.sentence,
        "A document with this number and this check code was issued.",
        "It does not say that the page in front of you is that document, or unchanged: a number can be copied. Upload the file to know.",
        facts, (), "",
    )  # fmt: skip


def _document_facts(session: Session, row: IssuedDocument) -> tuple[Fact, ...]:
    record = records.read(row.record or row.content)
    found = [Fact("Issued by", record["issuer"]["name"]), Fact("Number", row.reference)]
    if row.issued_at is not None:
        found.append(Fact("Issued", instant_text(row.issued_at, record["zone"])))
    if row.superseded_by_id is not None:
        newer = queries.by_ids(session, [row.superseded_by_id])
        found += [Fact("Replaced by", one.reference) for one in newer.values()]
    return tuple(found)


def _line(check: Check) -> Line:
    word, tint, symbol = _MARKS[check.passed]
    return Line(check.name.value[:1].upper() + check.name.value[1:], check.sentence, word, tint, symbol)
