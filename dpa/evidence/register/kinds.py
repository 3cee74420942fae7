"""Kinds of document: what slices declare, and where the register looks them up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from dpa.evidence.pdf.blocks import Block
from dpa.evidence.trail.models import TrailCheckpoint

Record = Mapping[str, Any]
"""The attached record of a document, read back from its canonical JSON."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a kind contributes to its document; letterhead, number, approvals, seal and checkpoint are the register's."""

    title: str
    subtitle: str
    summary: tuple[Block, ...]
    """The first page: what a reader must know."""
    detail: tuple[Block, ...]
    """Everything else, from the second page on."""
    kind: str = ""
    """What it is, in the document's language; empty for the kind's own title."""
    classification: str = ""
    """Who may read it, in the document's language; empty for the kind's own words."""


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One kind of document. `build` is pure: equal records give equal bodies, for ever; a change of layout needs a new version."""

    name: str
    """Name in records and addresses, such as breach-notice; never changes."""
    code: str
    """Letters in its numbers, such as BN."""
    title: str
    """What it is, as printed above the title."""
    plural: str
    """Heading of its list."""
    classification: str
    """Who may read it, printed on every page."""
    reason: str
    """Why it is sealed, as the signature says."""
    build: Callable[[Record], Body]
    """Makes the body from the record's `content`."""
    bundle: Callable[[Session, Record, TrailCheckpoint, Mapping[str, bytes]], bytes] | None = None
    """Makes the proof bundle (zip) beside it, given the further files to put in; none for kinds without one."""
    reading: str = "documents.read"
    """Permission, in its organisation, to be handed its files and record: a document must not tell what its reader may not read elsewhere."""


_known: dict[str, DocumentKind] = {}


def register(*kinds: object) -> None:
    """Make kinds known. Raises ValueError when a name or code is declared twice by different kinds."""
    for kind in kinds:
        if not isinstance(kind, DocumentKind):
            raise TypeError(f"{kind!r} is no kind of document")
        for other in _known.values():
            if other != kind and (other.name == kind.name or other.code == kind.code):
                raise ValueError(f"the kinds {other.name} and {kind.name} of documents share a name or a code")
        _known[kind.name] = kind


def kind_named(name: str) -> DocumentKind:
    """Return a kind by its name; raises KeyError for one no slice declares (a document of a newer version of the product)."""
    return _known[name]


def title_of(name: str) -> str:
    """Return what a kind is in words; the bare name for a kind this version does not know."""
    return _known[name].title if name in _known else name.replace("-", " ")


def reading_of(name: str) -> str:
    """Return the permission that reading a document of a kind takes; that of any document for a kind this version does not know."""
    return _known[name].reading if name in _known else "documents.read"


def all_kinds() -> tuple[DocumentKind, ...]:
    """Return every kind, by title."""
    return tuple(sorted(_known.values(), key=lambda kind: kind.title))
