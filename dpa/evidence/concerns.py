"""What evidence must have somebody look at: a trail tampered with, a seal that ends, documents that wait, no copy held outside.

It runs on every page, so one statement tells whether anything may be wrong; only then is more read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, TextClause, exists, func, or_, select, text
from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.evidence import renewal_concerns
from dpa.evidence.register import renewal
from dpa.evidence.register import rules as register_rules
from dpa.evidence.register.models import FAULTY, STAMP_WANTED, DocumentFile, DocumentWork, IssuedDocument
from dpa.evidence.register.proofs import DocumentProof
from dpa.evidence.seal.models import Backend, IdentityState, SealIdentity
from dpa.evidence.seal.rules import ROTATE_DAYS, WARN_DAYS, expiry_warning
from dpa.evidence.trail import registry
from dpa.evidence.trail.anchoring import OUTSIDE
from dpa.evidence.trail.models import (
    TrailAnchor,
    TrailCheckpoint,
    TrailEvent,
    TrailVerification,
    TrailWitness,
)
from dpa.evidence.trail.rules import ALARM, AnchorAge, anchor_age_state
from dpa.slice import Concern
from dpa.web import words

WARN = timedelta(days=max(WARN_DAYS))
ROTATION_GRACE = timedelta(days=1)
"""Time the worker has to replace a certificate of the product's own before somebody is told that it did not."""
CRASHES = 5
"""Workers that may end over a document, without an answer, until somebody is told."""
CHECKPOINTS = "/checkpoints"
DOCUMENTS = "/documents"


@dataclass(frozen=True, slots=True)
class Facts:
    """What every page asks first. None means: there is no such thing."""

    findings: int | None
    """What the newest verification of the trail found wrong."""
    first_end: datetime | None
    """When the first active sealing certificate ends."""
    oldest_stamp: datetime | None
    """Since when a document has been waiting for its time-stamp."""
    failing: int | None
    """A document that cannot be made."""
    faulty_since: datetime | None
    """Since when a stored file of a document has been missing or altered."""
    anchor_at: datetime | None
    """When the newest checkpoint was taken of which somebody outside holds a copy."""
    first_event_at: datetime | None
    """When the trail began."""
    troubled: int | None
    """A witness that is mailed nothing although it is named."""
    first_stamp_end: datetime | None
    """When the first archive time-stamp of a document ends."""


def concerns(session: Session, now: datetime, settings: Settings) -> Sequence[Concern]:
    """Return everything of evidence that somebody must look at; one statement while all is well."""
    known = facts(session)
    found: list[Concern] = []
    if known.findings:
        found.append(_tampered(session, known.findings))
    if known.failing is not None:
        found += _documents(session, _FAILING)
    if known.faulty_since is not None:
        found += _documents(session, _FAULTY)
    if anchor_age_state(known.anchor_at, known.first_event_at, now) is AnchorAge.ALARM:
        found.append(_unanchored(session, known, now, settings))
    if known.troubled is not None:
        found += _troubled(session)
    if known.first_end is not None and known.first_end - now <= WARN:
        found += _ending(session, now)
    if known.oldest_stamp is not None and now - known.oldest_stamp >= register_rules.STAMP_LATE:
        found += _unstamped(session, now, settings)
    if renewal.is_late(known.first_stamp_end, now):
        found += renewal_concerns.unrenewed(session, now, settings, _names)
    return found


def facts(session: Session) -> Facts:
    """Return what the concerns are judged by, in one statement along indexes."""
    held = (
        select(TrailCheckpoint.at).join(TrailAnchor, TrailAnchor.size == TrailCheckpoint.size)
        .where(TrailAnchor.kind.in_(OUTSIDE)).order_by(TrailAnchor.size.desc()).limit(1)
    )  # As `anchoring.newest_outside` finds it.
    row = session.execute(
        select(
            newest_findings().label("findings"),
            select(func.min(SealIdentity.not_after)).where(SealIdentity.state == IdentityState.ACTIVE).scalar_subquery().label("first_end"),
            select(func.min(IssuedDocument.stamp_wanted_since)).where(text(STAMP_WANTED)).scalar_subquery().label("oldest_stamp"),
            select(func.min(DocumentWork.document_id)).where(cannot_be_made()).scalar_subquery().label("failing"),
            select(func.min(DocumentFile.fault_since)).where(text(FAULTY)).scalar_subquery().label("faulty_since"),
            held.scalar_subquery().label("anchor_at"),
            select(TrailEvent.at).where(TrailEvent.idx == 0).scalar_subquery().label("first_event_at"),
            select(func.min(TrailWitness.id)).where(TrailWitness.trouble.is_not(None), TrailWitness.removed_at.is_(None)).scalar_subquery().label("troubled"),
            select(func.min(DocumentProof.ends_at)).scalar_subquery().label("first_stamp_end"),
        )
    ).one()
    return Facts(row.findings, row.first_end, row.oldest_stamp, row.failing, row.faulty_since, row.anchor_at, row.first_event_at, row.troubled, row.first_stamp_end)


def newest_findings() -> ScalarSelect[int]:
    """Return how many things the newest verification of the trail found wrong, for a statement; null before the first."""
    return select(TrailVerification.findings).order_by(TrailVerification.id.desc()).limit(1).scalar_subquery()


def cannot_be_made() -> ColumnElement[bool]:
    """Return the condition under which an ordered document has failed too often to wait any longer in silence."""
    return or_(DocumentWork.failures >= register_rules.FAILING, DocumentWork.claim - DocumentWork.failures > CRASHES)


def _tampered(session: Session, findings: int) -> Concern:
    whole = select(func.max(TrailVerification.id)).where(TrailVerification.findings == 0).scalar_subquery()
    first = session.execute(
        select(TrailVerification.id, TrailVerification.at)
        .where(TrailVerification.id > func.coalesce(whole, 0), TrailVerification.findings > 0)
        .order_by(TrailVerification.id)
        .limit(1)
    ).one()
    return Concern(
        # The same findings, found anew every day, are mailed once.
        key=f"trail-tampered:{first.id}:{findings}", kind="late", since=first.at, mail_after=first.at,
        text=f"The last check of the trail found {words.plural(findings, 'thing')} wrong.",
        advice="Keep a copy of the database and of the folder of keys as they are, and call your operator.",
        path="/trail", link_text="Open the trail", organisation_id=None, permission="trail.read",
    )


@dataclass(frozen=True, slots=True)
class _Trouble:
    """One thing that can be wrong with documents, told once for each organisation."""

    table: type[DocumentWork | DocumentFile]
    condition: ColumnElement[bool] | TextClause
    since: Any
    key: str
    """Knows {organisation}, {first} and {number}: what makes another mail."""
    one: str
    """What is so with one document; knows {reference} and {name}."""
    many: str
    """The same of several; knows {documents} and {name}."""
    advice_one: str
    advice_many: str
    permission: str


_FAILING = _Trouble(
    DocumentWork, cannot_be_made(), func.min(IssuedDocument.ordered_at), "document-failing:{organisation}:{first}",
    "Document {reference} of {name} could not be made.", "{documents} of {name} could not be made.",
    "It keeps its number and will be tried again; the page says what stands in the way.",
    "They keep their numbers and will be tried again; the page says what stands in the way.", "documents.issue",
)  # fmt: skip
_RESTORE = "Have your operator restore what is missing from a backup of the folder of documents; until then it is not handed out."
# More files of the same episode are another mail.
_FAULTY = _Trouble(
    DocumentFile, text(FAULTY), func.min(DocumentFile.fault_since), "document-faulty:{organisation}:{first}:{number}",
    "The stored file of {reference} of {name} is missing or was altered.", "The stored files of {documents} of {name} are missing or were altered.",
    _RESTORE, _RESTORE, "documents.read",
)  # fmt: skip


def _documents(session: Session, trouble: _Trouble) -> list[Concern]:
    document = IssuedDocument
    rows = session.execute(
        select(document.organisation_id, func.min(document.id).label("first"), func.count(document.id.distinct()).label("number"),
               trouble.since.label("since"), func.min(document.reference).label("reference"))
        .select_from(trouble.table)
        .join(document, document.id == trouble.table.document_id)
        .where(trouble.condition)
        .group_by(document.organisation_id)
        .order_by(document.organisation_id)
    ).all()
    names = _names(session, [row.organisation_id for row in rows])
    return [
        Concern(
            key=trouble.key.format(organisation=row.organisation_id, first=row.first, number=row.number), kind="late", since=row.since, mail_after=row.since,
            text=(trouble.one if row.number == 1 else trouble.many).format(
                reference=row.reference, documents=words.plural(row.number, "document"), name=names[row.organisation_id]
            ),
            advice=trouble.advice_one if row.number == 1 else trouble.advice_many,
            path=f"{DOCUMENTS}/{row.first}" if row.number == 1 else DOCUMENTS, link_text="Open the document" if row.number == 1 else "Open the documents",
            organisation_id=row.organisation_id, permission=trouble.permission,
        )
        for row in rows
    ]


def _unanchored(session: Session, known: Facts, now: datetime, settings: Settings) -> Concern:
    since = known.anchor_at or known.first_event_at
    assert since is not None, "an empty trail is not told of"
    age = words.length(now - since)
    if not settings.smtp_url:
        advice = "No mail server is set, so witnesses cannot be mailed: download a checkpoint and keep it on another machine."
    elif session.scalar(select(exists().where(TrailWitness.removed_at.is_(None)))):
        advice = "Mail to the witnesses does not get through: look into the Outbox, or download a checkpoint and keep it on another machine."
    else:
        advice = "Name a witness address outside the house, or download a checkpoint and keep it on another machine."
    return Concern(
        # Every copy that leaves ends one episode; the next one is mailed anew.
        key=f"trail-unanchored:{since:%Y%m%dT%H%M%S}", kind="late", since=since, mail_after=since + ALARM,
        text=f"The newest checkpoint of the trail that is held outside is {age} old." if known.anchor_at
        else f"The trail is {age} old, and nobody outside holds a checkpoint of it.",
        advice=f"{advice} Until then a rewrite could go unnoticed.",
        path=CHECKPOINTS, link_text="Open the checkpoints", organisation_id=None, permission="trail.witness",
    )


def _troubled(session: Session) -> list[Concern]:
    witness = TrailWitness
    rows = session.execute(
        select(witness.organisation_id, func.min(witness.id).label("first"), func.count().label("number"))
        .where(witness.trouble.is_not(None), witness.removed_at.is_(None)).group_by(witness.organisation_id).order_by(witness.organisation_id)
    ).all()
    since = {row.id: row.added_at for row in session.execute(select(witness.id, witness.added_at).where(witness.id.in_([row.first for row in rows])))}
    names = _names(session, [row.organisation_id for row in rows])
    return [
        Concern(
            # No address: the mail about it goes to everybody who may name witnesses.
            key=f"witness-troubled:{row.organisation_id}:{row.first}:{row.number}", kind="soon", since=None, mail_after=since[row.first],
            text=f"{words.plural(row.number, 'witness', 'witnesses')} of {names[row.organisation_id]} "
            f"{'is' if row.number == 1 else 'are'} mailed no checkpoints: no mail can go to the address, or it lies inside the house.",
            advice="Remove the witness, and name one at an address outside.",
            path=CHECKPOINTS, link_text="Open the checkpoints", organisation_id=row.organisation_id, permission="trail.witness",
        )
        for row in rows
    ]


def _ending(session: Session, now: datetime) -> list[Concern]:
    rows = session.scalars(
        select(SealIdentity)
        .where(SealIdentity.state == IdentityState.ACTIVE, SealIdentity.not_after <= now + WARN)
        .order_by(SealIdentity.not_after, SealIdentity.id)
    ).all()
    names = _names(session, [row.organisation_id for row in rows])
    return [_end(row, names[row.organisation_id], now) for row in rows]


def _end(identity: SealIdentity, organisation: str, now: datetime) -> Concern:
    end, own = identity.not_after, identity.backend is Backend.BUILTIN
    step = expiry_warning(identity, now)
    assert step is not None, "only certificates that end within the longest step are asked for"
    if own and step == ROTATE_DAYS and end - now > timedelta(days=ROTATE_DAYS) - ROTATION_GRACE:
        step = max(WARN_DAYS)
    overdue = own and step <= ROTATE_DAYS
    if overdue:
        advice = "The worker should have replaced it by itself: replace it now, and have your operator look at the worker's log."
    elif own:
        advice = f"The worker replaces it {ROTATE_DAYS} days before the end; nothing needs doing unless this is said again."
    else:
        advice = "Order its successor, and have your operator put it in with dpa seal."
    at = end - timedelta(days=step) + (ROTATION_GRACE if own and step == ROTATE_DAYS else timedelta(0))
    day = words.day(end.date())
    return Concern(
        key=f"seal-expiry:{identity.id}:{step}", kind="late" if overdue or step <= min(WARN_DAYS) else "soon",
        since=None if step else end, mail_after=at,
        text=f"The sealing certificate of {organisation} ends on {day}, in less than {words.plural(step, 'day')}." if step
        else f"The sealing certificate of {organisation} ended on {day}; nothing can be sealed with it.",
        advice=advice, path=f"/settings/organisations/{identity.organisation_id}/seal", link_text="Open the seal",
        organisation_id=identity.organisation_id, permission="seal.manage",
    )


def _unstamped(session: Session, now: datetime, settings: Settings) -> list[Concern]:
    document = IssuedDocument
    rows = session.execute(
        select(document.organisation_id, func.min(document.id).label("first"), func.count().label("number"), func.min(document.stamp_wanted_since).label("since"))
        .where(text(STAMP_WANTED), document.stamp_wanted_since <= now - register_rules.STAMP_LATE)
        .group_by(document.organisation_id)
        .order_by(document.organisation_id)
    ).all()
    names = _names(session, [row.organisation_id for row in rows])
    problem = "The time-stamp authority does not answer: have your operator check DPA_TSA_URL." if settings.tsa_url else \
        "No time-stamp authority is set any more: have your operator set DPA_TSA_URL again."
    return [
        Concern(
            key=f"stamp-late:{row.organisation_id}:{row.first}", kind="soon", since=row.since, mail_after=row.since + register_rules.STAMP_LATE,
            text=f"{words.plural(row.number, 'document')} of {names[row.organisation_id]} "
            f"{'has' if row.number == 1 else 'have'} been waiting for a time-stamp for more than 24 hours.",
            advice=f"{problem} The stamp is added as soon as there is one; the documents stay valid meanwhile.",
            path=DOCUMENTS, link_text="Open the documents", organisation_id=row.organisation_id, permission="seal.manage",
        )
        for row in rows
    ]


def _names(session: Session, organisation_ids: Sequence[int]) -> dict[int, str]:
    found = registry.names_of(session, [("organisation", str(number)) for number in organisation_ids])
    return {number: found.get(("organisation", str(number)), f"organisation {number}") for number in organisation_ids}
