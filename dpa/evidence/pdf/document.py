"""A document as a value, and what rendering it gives."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime

from dpa.deadlines.zones import zone_named
from dpa.evidence.pdf.blocks import Block, Heading, unwrapped
from dpa.evidence.pdf.fields import SEAL_FIELD, archive_field

__all__ = ["RECORD_NAME", "SEAL_FIELD", "STAMP_FIELDS", "Document", "Letterhead", "Rendered"]

RECORD_NAME = "record.json"
"""Name of the attached file that holds the canonical JSON, AFRelationship Source (ISO 19005-3, Annex E)."""
STAMP_FIELDS = (archive_field(1), archive_field(2))
"""Empty signature fields for document time-stamps, filled in this order after the seal's own (`SEAL_FIELD`)."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who issues the document. The logo is a PNG, or none; `check_logo` tells beforehand whether it can be used."""

    name: str
    address: str = ""
    """One or several lines."""
    logo: bytes | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """All that a document shows and carries. Equal documents render to equal bytes.

    Raises ValueError for a naive instant, an unknown zone or language tag, a record that is not JSON, a skipped heading level.
    """

    kind: str
    """What it is, as printed above the title, such as "Notice of a personal data breach"."""
    number: str
    """Its number in the register of issued documents."""
    title: str
    organisation: Letterhead
    classification: str
    """Who may read it, printed on every page, such as "Confidential"."""
    language: str
    """BCP 47 tag of the texts, such as en-GB. The few words of the engine itself follow it; in a language it has no words in they are English and
    marked as such."""
    issued_at: datetime
    """Aware instant of issue: the only time in the file's own dates."""
    zone: str
    """IANA zone, or fixed offset, whose clocks the document shows."""
    record: bytes
    """Canonical JSON of what the document states; attached to it byte for byte."""
    blocks: tuple[Block, ...]
    subtitle: str = ""
    """One quiet line under the title, such as "Initial notice, phase 1" or which document this one supersedes."""

    def __post_init__(self) -> None:
        if self.issued_at.tzinfo is None:
            msg = "issued_at must be an aware datetime"
            raise ValueError(msg)
        zone_named(self.zone)
        if not _LANGUAGE.fullmatch(self.language):
            msg = f"{self.language!r} is not a language tag such as en-GB"
            raise ValueError(msg)
        if not self.number.strip() or not self.title.strip():
            msg = "a document needs a number and a title"
            raise ValueError(msg)
        json.loads(self.record.decode("utf-8"))
        self._check_headings()

    def _check_headings(self) -> None:
        before = 1
        for block in unwrapped(self.blocks):
            if isinstance(block, Heading):
                if block.level > before + 1:
                    msg = f"the heading {block.text!r} skips a level"
                    raise ValueError(msg)
                before = block.level


@dataclass(frozen=True, slots=True)
class Rendered:
    """The unsealed file."""

    content: bytes
    sha256: str
    """Lower-case hexadecimal digest of `content`."""
    pages: int
    replaced_characters: int
    """Characters printed as U+25A1 because no font of the document can show them."""
    removed_characters: int
    """Control, direction and zero-width characters left out."""
