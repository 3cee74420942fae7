"""The list of documents, and what it can be narrowed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from dpa.evidence.pages import faults, sealing
from dpa.evidence.pages.badges import Badge, state_badge
from dpa.evidence.register import kinds, proofs, queries
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.register.queries import Narrowing
from dpa.evidence.trail import registry
from dpa.web.identity import OrganisationRef, Scope
from dpa.web.paging import Page

STATES: Mapping[str, str] = {"current": "Current", "superseded": "Superseded", "waiting": "Being made"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, as typed; unknown values narrow nothing."""

    text: str = ""
    kind: str = ""
    state: str = ""
    organisation: str | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.text or self.kind or self.state)

    def address(self) -> dict[str, Any]:
        """Return the parameters of the address that keep this narrowing."""
        return {"q": self.text or None, "kind": self.kind or None, "state": self.state or None, "organisation": self.organisation}


@dataclass(frozen=True, slots=True)
class Line:
    """One document of the list."""

    id: int
    reference: str
    kind: str
    title: str
    about: str
    """Whom it is for, and who issues it where several could."""
    case: str
    case_path: str | None
    issued_at: datetime | None
    ordered_at: datetime
    zone: str
    badge: Badge
    revoked: Badge | None
    """What a revocation of its seal does to it; none without one."""
    fault: Badge | None
    """What was wrong with a file of it when all were read last; none when they were whole."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The page of the list."""

    lines: tuple[Line, ...]
    next_key: str | None
    kinds: tuple[tuple[str, str], ...]
    """Choices of kinds for the filter."""
    states: tuple[tuple[str, str], ...]


def listing(session: Session, scope: Scope, asked: Asked, organisations: Sequence[OrganisationRef], *, before_id: int | None) -> Listing:
    """Return a page of the list, in a fixed number of statements and one per kind of case on it."""
    narrowing = Narrowing(text=asked.text, kind=asked.kind, state=asked.state if asked.state in STATES else "")
    page: Page[IssuedDocument] = queries.documents(session, scope, narrowing, before_id=before_id)
    return Listing(
        lines=_lines(session, page.rows, {one.id: one for one in organisations}), next_key=page.next_key,
        kinds=(("", "All kinds"), *((kind.name, kind.plural) for kind in kinds.all_kinds())), states=(("", "All"), *STATES.items()),
    )  # fmt: skip


def _lines(session: Session, rows: Sequence[IssuedDocument], houses: Mapping[int, OrganisationRef]) -> tuple[Line, ...]:
    cases = registry.names_of(session, {(row.subject_type, row.subject_id) for row in rows})
    replacing = queries.by_ids(session, [row.superseded_by_id for row in rows if row.superseded_by_id is not None])
    newer = {key: row.reference for key, row in replacing.items()}
    works = queries.works(session, [row.id for row in rows if row.sha256 is None])
    revoked = proofs.revoked(session, rows)
    broken = queries.faults(session, [row.id for row in rows if row.sha256 is not None])
    return tuple(
        Line(
            id=row.id, reference=row.reference, kind=kinds.title_of(row.kind), title=row.title,
            about=" · ".join(filter(None, (row.addressee, houses[row.organisation_id].name if len(houses) > 1 else ""))),
            case=case_name(cases, row), case_path=registry.path_of(row.subject_type, row.subject_id),
            issued_at=row.issued_at, ordered_at=row.ordered_at, zone=houses[row.organisation_id].zone,
            badge=state_badge(row, works.get(row.id), newer.get(row.superseded_by_id or 0)),
            revoked=sealing.badge(revoked.get(row.id)), fault=faults.worst(broken.get(row.id, {})),
        )
        for row in rows
    )  # fmt: skip


def case_name(names: Mapping[tuple[str, str], str], row: IssuedDocument) -> str:
    """Return what people call the case of a document."""
    found = names.get((row.subject_type, row.subject_id), f"{row.subject_type.replace('_', ' ')} {row.subject_id}")
    return found[:1].upper() + found[1:]
