"""Checkpoints: how old the newest copy outside is, which were signed, and where copies of them lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from dpa.evidence.pages.badges import Badge, Fact, fingerprint_fact
from dpa.evidence.register import queries as register
from dpa.evidence.trail import anchoring, checkpoints, copies, queries, registry, witnesses
from dpa.evidence.trail.models import TrailAnchor, TrailCheckpoint, TrailKey, TrailVerification, TrailWitness
from dpa.evidence.trail.rules import AnchorAge, anchor_age_state
from dpa.web.identity import OrganisationRef, Scope
from dpa.web.words import ago, instant_text, length, plural

REASONS: Mapping[str, str] = {
    "daily": "Daily", "document": "Document", "request": "Request", "key": "Change of key", "command": "Command",
}  # fmt: skip
HOLDERS: Mapping[str, tuple[str, str | None, str]] = {
    anchoring.WITNESS: ("witness", "witnesses", "mail-check"), anchoring.DOCUMENT: ("document at a customer", "documents at customers", "file-check"),
    anchoring.KEPT: ("copy kept by a person", "copies kept by people", "user-shield"), anchoring.STAMP: ("time-stamp", None, "clock"),
    anchoring.CONTRARY: ("kept note that contradicts the trail", "kept notes that contradict the trail", "alert-triangle"),
}  # fmt: skip
"""What holds a copy: one, several, icon."""
STATES: Mapping[AnchorAge, Badge] = {
    AnchorAge.OK: Badge("in time", "met", "circle-check"), AnchorAge.DUE: Badge("due", "soon", "clock-exclamation"),
    AnchorAge.ALARM: Badge("alarm", "late", "alert-triangle"),
}  # fmt: skip
DISPUTED = Badge("trail contradicted", "late", "alert-triangle")
"""While a finding stands no age is in time: a copy of a trail that was rewritten protects nothing."""


@dataclass(frozen=True, slots=True)
class Stand:
    """How things stand, in the two figures that matter."""

    newest: str
    """Age of the newest checkpoint."""
    newest_hint: str
    outside: str
    """Age of the newest copy outside."""
    outside_hint: str
    badge: Badge
    advice: str
    """What to do; empty while all is well."""


@dataclass(frozen=True, slots=True)
class Line:
    """One checkpoint of the list."""

    size: int
    at: datetime
    reason: str
    holders: tuple[Badge, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """The page of the list."""

    stand: Stand
    lines: tuple[Line, ...]
    next_key: str | None
    witnesses: tuple[Witness, ...]
    zone: str


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody outside to whom checkpoints are mailed."""

    id: int
    name: str
    address: str
    organisation: str
    added_at: datetime
    zone: str
    may_remove: bool
    trouble: str
    """Why nothing is mailed to it; empty while mail goes there."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a checkpoint held outside."""

    title: str
    symbol: str
    where: str
    """Who holds it, as far as the reader may know."""
    url: str | None
    at: datetime
    said: str = ""
    """On whose word it rests, and whether the copy was shown; empty where a mail server's answer is the word."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that signs or signed."""

    vkey: str
    words: str


@dataclass(frozen=True, slots=True)
class View:
    """The page of one checkpoint."""

    size: int
    at: datetime
    zone: str
    facts: tuple[Fact, ...]
    note: str
    keys: tuple[Key, ...]
    copies: tuple[Copy, ...]
    kept_by_reader: bool


def index(
    session: Session, scope: Scope, acting: Scope, organisations: Sequence[OrganisationRef], zone: str, now: datetime, *, before_size: int | None
) -> Index:
    """Return the list, in seven statements. `scope` says whose witnesses are shown, `acting` for whom the reader may remove one."""
    page = copies.checkpoints(session, before_size=before_size)
    held = copies.counts(session, [row.size for row in page.rows])
    houses = {one.id: one for one in organisations}
    return Index(
        stand=stand(session, now, zone), zone=zone, next_key=page.next_key,
        lines=tuple(Line(row.size, row.at, REASONS.get(row.reason, row.reason), _holders(held.get(row.size, {}))) for row in page.rows),
        witnesses=tuple(_witness(row, houses[row.organisation_id], acting) for row in witnesses.named(session, scope.organisation_ids)),
    )  # fmt: skip


def stand(session: Session, now: datetime, zone: str) -> Stand:
    """Return the ages of the newest checkpoint and of the newest copy outside, with their state; a finding about the trail outranks it."""
    newest, outside, began = checkpoints.newest(session), anchoring.newest_outside(session), anchoring.oldest_event_at(session)
    state = anchor_age_state(outside.at if outside else None, began, now)
    last = queries.last_verification(session)
    disputed = last is not None and not last.ok
    if outside:
        hint = f"over {plural(outside.size, 'event')}, held by a {HOLDERS[outside.kind][0]}" if outside.kind != anchoring.KEPT else \
            f"over {plural(outside.size, 'event')}, kept by a person, as a colleague says"
    else:
        hint = f"nobody outside holds one; the trail began {ago(began, now)}" if began else "the trail is empty, so there is nothing to hold"
    return Stand(
        newest=ago(newest.at, now) if newest else "none yet",
        newest_hint=f"over {plural(newest.size, 'event')}, {instant_text(newest.at, zone)}" if newest else "one is signed each day and for each document",
        outside=ago(outside.at, now) if outside else "none yet", outside_hint=hint, badge=DISPUTED if disputed else STATES[state],
        advice=_contradicted(last, zone) if disputed and last else _late(state, outside.at if outside else began, now),
    )  # fmt: skip


def _late(state: AnchorAge, since: datetime | None, now: datetime) -> str:
    if state is AnchorAge.OK or since is None:
        return ""
    return (
        f"Whoever owns the database and the key could rewrite the last {length(now - since)} and nobody could prove it. Take a checkpoint, "
        "download it and keep it on a machine that is not ours, or name a witness to whom it is mailed every day."
    )


def _contradicted(last: TrailVerification, zone: str) -> str:
    first = last.first_finding.rstrip(".")
    return (
        f"The check of {instant_text(last.at, zone)} found {plural(last.findings, 'thing')} wrong{', the first' if last.findings > 1 else ''}: {first}. Keep a copy of the "
        "database and of the folder of keys as they are, and call your operator. Then compare with a checkpoint that somebody outside holds: on the page "
        "of that checkpoint here, or with `dpa trail verify --against FILE`."
    )


def view(session: Session, row: TrailCheckpoint, scope: Scope, actor: str, zone: str) -> View:
    """Return the page of one checkpoint. Names and places show only to those whom they concern."""
    anchors = anchoring.anchors_of(session, row.size)
    mine = anchoring.keeper(actor)
    return View(
        size=row.size, at=row.at, zone=zone, note=row.note,
        facts=(
            Fact("Covers", plural(row.size, "event")), Fact("Signed", instant_text(row.at, zone)), Fact("Reason", REASONS.get(row.reason, row.reason)),
            fingerprint_fact("Root of the tree", row.root, "SHA-256 over every one of these events, RFC 6962"),
        ),
        keys=tuple(_key(key) for key in copies.keys(session)), copies=_copies(session, anchors, scope, mine, zone),
        kept_by_reader=any(one.kind == anchoring.KEPT and one.reference == mine for one in anchors),
    )  # fmt: skip


def _holders(held: Mapping[str, int]) -> tuple[Badge, ...]:
    return tuple(
        Badge(plural(held[kind], one, many), "met" if kind in anchoring.OUTSIDE else "late" if kind == anchoring.CONTRARY else "off", symbol)
        for kind, (one, many, symbol) in HOLDERS.items() if held.get(kind)
    )  # fmt: skip


def _witness(row: TrailWitness, house: OrganisationRef, acting: Scope) -> Witness:
    trouble = witnesses.TROUBLES[witnesses.Trouble(row.trouble)] if row.trouble else ""
    return Witness(row.id, row.name, row.address, house.name, row.added_at, house.zone, row.organisation_id in acting, trouble)


def _key(key: TrailKey) -> Key:
    signed = f"signed from {plural(key.valid_from_size, 'event')} on"
    return Key(key.vkey, f"{signed}, signs now" if key.valid_to_size is None else f"{signed} to {key.valid_to_size:,}")


def _copies(session: Session, anchors: Sequence[TrailAnchor], scope: Scope, mine: str, zone: str) -> tuple[Copy, ...]:
    documents = register.by_ids(session, [_number(one.reference) for one in anchors if one.kind == anchoring.DOCUMENT])
    own = {f"witness:{row.id}": row for row in copies.witnesses_ever(session, scope.organisation_ids)}
    people = registry.names_of(session, [("u", str(_number(one.reference))) for one in anchors if one.kind in {anchoring.KEPT, anchoring.CONTRARY}])
    found = []
    for one in anchors:
        who = people.get(("u", str(_number(one.reference))), f"Person {_number(one.reference)}")
        where, url, said = "of another organisation", None, ""
        if one.kind == anchoring.DOCUMENT:
            document = documents.get(_number(one.reference))
            if document is not None and document.organisation_id in scope:
                where, url = f"{document.reference}, accepted by its recipient’s mail server", f"/documents/{document.id}"
        elif one.kind == anchoring.WITNESS and one.target in own:
            witness = own[one.target]
            where = f"{witness.name} <{witness.address}>" if witness.address else witnesses.FORMER.lower()
        elif one.kind == anchoring.KEPT:
            where = one.target if one.reference == mine else "only the keeper sees where"
            said = f"{who} says so; {_compared(one, zone)}"
        elif one.kind == anchoring.CONTRARY:
            where, said = "soundly signed, and not the note of this page", f"shown by {who}"
        elif one.kind == anchoring.STAMP:
            where = "proves when it was signed; it lies in our own table, so it does not count as held outside"
        title, _, symbol = HOLDERS[one.kind]
        found.append(Copy(title[:1].upper() + title[1:], symbol, where, url, one.at, said))
    return tuple(found)


def _number(reference: str) -> int:
    """Return the number of what made an anchor: of `document:4`, 4."""
    return int(reference.partition(":")[2])


def _compared(anchor: TrailAnchor, zone: str) -> str:
    if anchor.compared_at is None:
        return "the copy was not shown here, so whether it is one is not known"
    return f"the copy was shown on {instant_text(anchor.compared_at, zone)} and is the same as this note"
