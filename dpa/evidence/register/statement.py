"""The trail statement: the history of one case as a sealed document, with the proof bundle beside it.

Each line of it is an event of the trail, in the trail's own order, with the leaf hash by which the bundle proves it. The words are
those of the trail page at the time of the order; the exact texts that were hashed lie in the bundle.

Its reach is every event whose subject is the case or what belongs to it: its customers' clocks, its notices with their mails (queuing,
handing over, failing, and what tells of a failure), its documents with their downloads, and every erasure of a personal part of one of
these. Events about customers, agreements, people, seals and the trail itself are about more than one case, and no part of it.

Without personal parts nobody is named: people stand under the number by which the trail knows them, mails without their subject line.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from dpa.evidence.pdf.blocks import (
    Align,
    Block,
    Column,
    Fact,
    FinePrint,
    Heading,
    KeyFacts,
    Moment,
    Summary,
    Table,
    Text,
    Timeline,
)
from dpa.evidence.register import records
from dpa.evidence.register.kinds import Body, DocumentKind, Record
from dpa.evidence.register.records import instant, moment
from dpa.evidence.trail import queries, registry, sentences
from dpa.evidence.trail.bodies import timestamp
from dpa.evidence.trail.models import TrailCheckpoint, TrailEvent
from dpa.problems import Invalid

KIND = "trail-statement"
FORMAT = 1
MOST_EVENTS = 5_000
CHUNK = 200
PART_MAX = 700
"""Characters of a personal part that are printed: a case of many customers holds the same long mail many times."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a statement is about."""

    kind: str
    identifier: str
    name: str
    """As people call it, such as breach LL-2026-007."""
    organisation_id: int
    zone: str


def content(session: Session, case: Case, *, personal: bool) -> dict[str, Any]:
    """Return what the record of a statement holds. With `personal`, the erasable parts (names, texts, addresses) are printed as well.

    Raises `Invalid` for a case without events, or with more than a statement can hold.
    """
    rows = events(session, case)
    if not rows:
        raise Invalid(f"The trail holds nothing about {case.name}.")
    if len(rows) > MOST_EVENTS:
        raise Invalid(f"The trail holds more than {MOST_EVENTS:,} entries about {case.name}; export them with `dpa trail export` instead.")
    names = registry.names_of(session, sentences.references(rows)) if personal else _unnamed(session, sentences.references(rows))
    parts = queries.payloads(session, [row.idx for row in rows]) if personal else {}
    return {
        "format": FORMAT, "case": {"kind": case.kind, "id": case.identifier, "name": case.name}, "personal": personal,
        "entries": [_entry(row, parts.get(row.idx, ()), names, case.zone) for row in rows],
    }  # fmt: skip


def unnamed(actor: str) -> str:
    """Return who acted without a name: `Person 17`, as every document without personal parts writes it."""
    return sentences.actor_name(actor, {})


def _unnamed(session: Session, references: Collection[tuple[str, str]]) -> sentences.Names:
    """Return names of what is no person's; a mail's subject line may quote what people wrote."""
    found = registry.names_of(session, [one for one in references if one[0] not in {"u", "person", "message"}])
    return {**found, **{one: f"mail {one[1]}" for one in references if one[0] == "message"}, **{one: f"person {one[1]}" for one in references if one[0] == "person"}}


def events(session: Session, case: Case) -> list[TrailEvent]:
    """Return the events of a case and of what belongs to it, oldest first; one more than a statement holds at most."""
    subjects = [(case.kind, case.identifier), *registry.parts_of(session, case.kind, case.identifier)]
    found: dict[int, TrailEvent] = {}
    for start in range(0, len(subjects), CHUNK):
        wanted = tuple_(TrailEvent.subject_type, TrailEvent.subject_id).in_(subjects[start : start + CHUNK])
        query = select(TrailEvent).where(wanted, TrailEvent.organisation_id == case.organisation_id).order_by(TrailEvent.idx).limit(MOST_EVENTS + 1)
        found |= {row.idx: row for row in session.scalars(query)}
    return [found[idx] for idx in sorted(found)][: MOST_EVENTS + 1]


def _entry(row: TrailEvent, parts: Sequence[Any], names: sentences.Names, zone: str) -> dict[str, Any]:
    line = sentences.line(row, parts, names, organisation=None, zone=zone, personal=True)
    return {
        "i": row.idx, "at": timestamp(row.at), "who": line.actor, "what": line.sentence, "about": line.subject, "action": row.action,
        "auth": line.auth, "id": row.event_id, "leaf": row.leaf_hash.hex(),
        "parts": [{"name": part.name.replace("_", " "), "text": part.text, "erased_by": part.erased_by} for part in line.personal],
    }  # fmt: skip


def build(record: Record) -> Body:
    """Return the pages of a statement."""
    entries, name = record["content"]["entries"], record["content"]["case"]["name"]
    return Body(
        title=record["title"],
        subtitle=f"History of {name}, from the trail",
        summary=_summary(record),
        detail=(
            Heading("What happened"), Timeline(tuple(_moment(entry, name) for entry in entries)),
            Heading("The entries and their leaf hashes"),
            Text("The hash of an entry is SHA-256 over a zero byte and its exact text (RFC 6962); the texts lie in the proof bundle."),
            Table(
                (Column("Number", 0.8, Align.RIGHT), Column("Written (UTC)", 2.1), Column("Leaf hash", 7.1, code=True)),
                tuple((f"{entry['i']:,}", f"{instant(entry['at']):%Y-%m-%d %H:%M:%S}", entry["leaf"]) for entry in entries),
            ),
            FinePrint("A log proves what was written and when it was written, not that everything that happened was written."),
        ),
    )  # fmt: skip


def _summary(record: Record) -> tuple[Block, ...]:
    """Return the first page."""
    facts, zone = record["content"], record["zone"]
    entries, name = facts["entries"], facts["case"]["name"]
    first, last = entries[0], entries[-1]
    size = int(record["checkpoint"].splitlines()[1])
    return (
        Summary(
            f"The trail of {record['issuer']['name']} holds {len(entries):,} {'entry' if len(entries) == 1 else 'entries'} about {name}. They follow in the order "
            "in which they were written. Entries can be added to the trail, never changed or removed; the proof bundle beside this document "
            "shows for each that it stands in the trail as it stood at the checkpoint printed below."
        ),
        Text(
            "Here is every entry about the case itself, its customers' clocks, its notices and their mails, and its documents. Entries about customers, agreements, "
            "people and the installation are about more than this case and are not among them."
        ),
        KeyFacts(
            (
                Fact("Case", name),
                Fact("Entries", f"{len(entries):,}", f"numbers {first['i']:,} to {last['i']:,} of {size:,} in the trail"),
                Fact("First entry", moment(first["at"], zone), f"{first['who']} {first['what']}"),
                Fact("Last entry", moment(last["at"], zone), f"{last['who']} {last['what']}"),
                Fact("Personal parts", "printed" if facts["personal"] else "left out", _PARTS[bool(facts["personal"])], wide=True),
            )
        ),
    )


_PARTS: Mapping[bool, str] = {
    True: "Names, texts and addresses are kept apart from the log so that they can be erased; they are committed to in each entry.",
    False: "Names, texts and addresses. People stand under the number by which the trail knows them. Each entry commits to its personal parts; whoever holds "
           "them can show that they are the ones that were meant.",
}


def _moment(entry: Mapping[str, Any], case: str) -> Moment:
    lines = [] if entry["about"] == case else [f"About {entry['about']}."]
    lines += [f"{part['name'].capitalize()}: {_part(part)}" for part in entry["parts"]]
    signed_in = "" if entry["auth"] in {"", "none", "system"} else f", signed in by {records.SIGNED_IN.get(entry['auth'], 'another way')}"
    return Moment(instant(entry["at"]), f"{entry['who']} {entry['what']}", "\n".join(lines), f"Entry {entry['i']:,}{signed_in}")


def _part(part: Mapping[str, Any]) -> str:
    if part["text"] is None:
        return f"erased by entry {part['erased_by']:,}."
    text = str(part["text"])
    return text if len(text) <= PART_MAX else f"{text[:PART_MAX].rstrip()} … (the whole text lies in the attached record and in the proof bundle)"


def bundle(session: Session, record: Record, checkpoint: TrailCheckpoint, extra: Mapping[str, bytes]) -> bytes:
    """Return the proof bundle of a statement: its entries, each proved against the checkpoint printed in it."""
    from dpa.evidence.trail import bundles

    facts = record["content"]
    beside = {**extra, "record.json": records.canonical(record).encode()}
    return bundles.bundle(session, [entry["i"] for entry in facts["entries"]], checkpoint, personal=facts["personal"], extra=beside)


STATEMENT = DocumentKind(
    name=KIND,
    code="TS",
    title="Trail statement",
    plural="Trail statements",
    classification="Confidential",
    reason="Statement of what the trail holds about a case",
    build=build,
    bundle=bundle,
    reading="trail.read",
)
