"""What verification says: checks with a sentence each, what the file alone shows, what the register says, and the verdict.

Pure values with a JSON form, so that the examination can happen in a process of its own.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from dpa.evidence.seal.standing import Standing

MOST_BYTES = 10 * 1000 * 1000
"""Largest file that is examined."""
SEAL_FIELD = "Seal"
"""Signature field of the seal. This and the next two are what `dpa.evidence.pdf` writes, named anew here so that a child need not load it."""
STAMP_FIELD = "ArchiveTS"
"""Fields of archive time-stamps are called this with a number from 1."""
RECORD_NAME = "record.json"
"""Name of the attached record."""


class Verdict(StrEnum):
    """The answer in a few words."""

    ISSUED = "issued and intact"
    """Every check holds: it is, byte for byte, a file of the register, sealed by us, unchanged."""
    SUPERSEDED = "superseded"
    """The same, but a newer document has replaced it."""
    NOT_THE_ISSUED_FILE = "authentic but not the issued file"
    """The seal is ours and holds, but the register does not list these bytes."""
    ALTERED = "altered"
    """It carries our seal, and something was changed or added after it was sealed."""
    REVOKED = "seal revoked"
    """Our seal is on it, unbroken, but its certificate was revoked, and no time-stamp proves that it was sealed before: see `Report.standing`."""
    NOT_OURS = "not ours"
    """Nothing in it shows that it is from us: no seal, a stranger's seal, a seal of another form, or one whose time can no longer be told."""
    UNREADABLE = "cannot be read"
    """A strict reader does not accept it, or examining it took more time or memory than it may."""


class CheckName(StrEnum):
    """Names of the checks, in the order they are reported."""

    READING = "reading"
    FIELDS = "signed fields"
    FORMAT = "seal format"
    SEAL = "sealed content"
    SIGNER = "signer"
    VALIDITY = "certificate validity"
    REVOCATION = "revocation"
    CERTIFICATION = "certification"
    ADDITIONS = "additions"
    COVERAGE = "coverage"
    CONTAINER = "signature container"
    STAMPS = "time-stamps"
    AUTHORITY = "time-stamp authority"
    ATTACHED = "attached record"
    IDENTITY = "sealing identity"
    RECORD = "record"
    REGISTER = "register of issued files"
    LEVEL = "level"
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: CheckName
    passed: bool | None
    """Whether it holds; none where it does not apply or cannot be decided, which the sentence then says."""
    sentence: str
    """What was found, in words that need no knowledge of the technique."""

    def to_json(self) -> dict[str, Any]:
        """Return the check as JSON data."""
        return {"name": self.name.value, "passed": self.passed, "sentence": self.sentence}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Check:
        """Return the check that `to_json` described. Raises ValueError for anything else."""
        passed = data["passed"]
        if not (passed is None or isinstance(passed, bool)) or not isinstance(data["sentence"], str):
            raise ValueError("not a check")
        return cls(CheckName(data["name"]), passed, data["sentence"])


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the examination may trust: certificates and lists of revoked ones, DER. Nothing else is, and nothing is fetched."""

    roots: tuple[bytes, ...] = ()
    """Root certificates of the seals."""
    certificates: tuple[bytes, ...] = ()
    """Certificates between root and seal, for files that do not carry them; not trusted by themselves."""
    tsa_roots: tuple[bytes, ...] = ()
    """Root certificates of time-stamp authorities."""
    crls: tuple[bytes, ...] = ()
    """Lists of revoked certificates (RFC 5280); each counts only if its issuer signed it."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        names = ("roots", "certificates", "tsa_roots", "crls")
        return {name: [_text(der) for der in getattr(self, name)] for name in names}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Trust:
        """Return what `to_json` described."""
        return cls(**{name: tuple(_bytes(der) for der in ders) for name, ders in data.items()})


@dataclass(frozen=True, slots=True)
class Examination:
    """What a strict reading of the file alone shows."""

    sha256: str
    """Digest of the file, lower-case hexadecimal."""
    checks: tuple[Check, ...]
    """In the order of `CheckName`; only READING when the file cannot be read, and no more than FIELDS when it carries no seal."""
    fingerprint: str = ""
    """SHA-256 of the certificate that made the seal; empty without a seal."""
    subject: str = ""
    """Name in that certificate. A name proves nothing: see the check SIGNER."""
    level: str = ""
    """PAdES level (ETSI EN 319 142-1): B-B, B-T, B-LT or B-LTA; empty without a seal."""
    stated_at: datetime | None = None
    """When it was sealed, as the seal itself states."""
    proved_at: datetime | None = None
    """The oldest instant at which a trusted time-stamp proves that the seal existed."""
    revoked_at: datetime | None = None
    """From when a list of its issuer calls the certificate revoked; none when no list does."""
    record: bytes | None = field(default=None, repr=False)
    """The record attached to the sealed content, byte for byte."""

    def check(self, name: CheckName) -> Check | None:
        """Return one check, or none if the examination did not get that far."""
        return next((check for check in self.checks if check.name is name), None)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "sha256": self.sha256,
            "checks": [check.to_json() for check in self.checks],
            "fingerprint": self.fingerprint,
            "subject": self.subject,
            "level": self.level,
            "stated_at": self.stated_at.isoformat() if self.stated_at else None,
            "proved_at": self.proved_at.isoformat() if self.proved_at else None,
            "revoked_at": self.revoked_at.isoformat() if self.revoked_at else None,
            "record": None if self.record is None else _text(self.record),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Examination:
        """Return what `to_json` described. Raises KeyError, TypeError or ValueError for anything else."""
        words = {name: data[name] for name in ("sha256", "fingerprint", "subject", "level")}
        if not all(isinstance(word, str) for word in words.values()):
            raise ValueError("not an examination")
        return cls(
            **words,
            checks=tuple(Check.from_json(check) for check in data["checks"]),
            stated_at=_instant(data["stated_at"]),
            proved_at=_instant(data["proved_at"]),
            revoked_at=_instant(data["revoked_at"]),
            record=None if data["record"] is None else _bytes(data["record"]),
        )


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file of the register with exactly the digest asked for."""

    at: datetime
    """When it was issued."""
    level: str
    """Its PAdES level."""
    in_trail: bool = True
    """Whether the trail holds the entry of its issue. Rows of the register can be written by whoever owns the database; the trail cannot, unnoticed."""
    found_at: datetime | None = None
    """When it was listed again after an older database had been restored; none for all others."""


@dataclass(frozen=True, slots=True)
class KnownIdentity:
    """A certificate that this installation seals or sealed with."""

    subject: str
    """Name in the certificate, RFC 4514."""
    revoked_at: datetime | None = None
    """From when it is no longer trusted; none while it is, and when it was merely replaced."""


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document of the register."""

    reference: str
    issued_at: datetime
    record: bytes = field(repr=False)
    """The record, byte for byte."""
    fingerprint: str
    """SHA-256 of the certificate it was sealed with."""
    level: str
    """PAdES level of its newest file."""
    superseded_by: str = ""
    """Number of the document that replaced it; empty while it is current."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the register says about a file."""

    identities: Mapping[str, KnownIdentity]
    """All sealing certificates of the installation, by SHA-256 fingerprint."""
    document: KnownDocument | None = None
    """The document of this file, by the file's digest, else by the number in its record if that may be looked up (`judging`)."""
    file: KnownFile | None = None
    """The very file; none when the register does not list its digest."""


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict and everything it rests on."""

    verdict: Verdict
    summary: str
    """The verdict as one sentence."""
    checks: tuple[Check, ...]
    sha256: str
    """Digest of the file."""
    reference: str = ""
    """Number of the document in the register; empty when it is not of the register."""
    level: str = ""
    stated_at: datetime | None = None
    proved_at: datetime | None = None
    standing: Standing = Standing.SOUND
    """How the file stands towards a revocation of its seal."""
    revoked_at: datetime | None = None
    """When the certificate of its seal was revoked, by a list of its issuer or by the register."""
    listed_at: datetime | None = None
    """When these very bytes were issued, as the register lists them and the trail confirms; none when they are not listed."""

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if check.passed is False)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON data, as `dpa verify --json` prints it."""
        return {
            "verdict": self.verdict.value,
            "summary": self.summary,
            "reference": self.reference,
            "sha256": self.sha256,
            "level": self.level,
            "sealed_at": self.stated_at.isoformat() if self.stated_at else None,
            "proved_at": self.proved_at.isoformat() if self.proved_at else None,
            "revoked_at": self.revoked_at.isoformat() if self.revoked_at else None,
            "standing": self.standing.value,
            "checks": [check.to_json() for check in self.checks],
        }


@dataclass(frozen=True, slots=True)
class Listed:
    """What a printed page can be told: that the register lists its number with its record. Not whether the page is unchanged."""

    reference: str
    kind: str
    """Name of the kind of document, such as breach-notice."""
    issued_at: datetime
    superseded: bool
    sentence: str
    """The answer in words."""
    zone: str = "UTC"
    """Name of the zone of the organisation that issued it."""
    standing: Standing = Standing.SOUND
    """How it stands towards a revocation of its seal."""
    revoked_at: datetime | None = None
    """When its seal was revoked; none while it is not."""
    demonstration: bool = False
    """Whether it was made where no mail server is set, so that nobody was told by it."""


def unreadable(sha256: str, sentence: str) -> Examination:
    """Return the examination of a file that could not be examined, with the reason."""
    return Examination(sha256, (Check(CheckName.READING, False, sentence),))


def shown(instant: datetime) -> str:
    """Return an instant for a sentence, in UTC, such as 22 November 2026, 10:04:09 UTC."""
    utc = instant.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M:%S} UTC"


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
