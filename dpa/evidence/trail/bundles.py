"""Proof bundles and exports: zip files that prove events of the trail to a reader who has nothing of ours.

A *bundle* holds chosen events, each with its own inclusion proof. An *export* holds every event of a range as lines, with the roots before
it and a consistency proof after it, so the whole range is proved at once. Both carry the checkpoint, the keys, and the verifier.
The same rows make the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.evidence.trail import anchoring
from dpa.evidence.trail.bodies import canonical, timestamp
from dpa.evidence.trail.models import TrailCheckpoint, TrailEvent, TrailKey, TrailPayload, table
from dpa.evidence.trail.nodes import stored_nodes
from dpa.evidence.trail.notes import Checkpoint, NoteError, VerifierKey, open_checkpoint, parse
from dpa.evidence.trail.proofs import connect, prove
from dpa.evidence.trail.tree import Nodes, root_at
from dpa.problems import Invalid

BUNDLE, EXPORT, RANGE = "dpa-desk/trail-bundle@v1", "dpa-desk/trail-export@v1", "dpa-desk/trail-range@v1"
VERIFIER = "verify_trail.py"
CHUNK = 500
_OFFLINE = Path(__file__).parent / "offline"
_EVENT, _PAYLOAD = table(TrailEvent), table(TrailPayload)
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_IN_BUNDLE = """\
    events/N.json       entry N of the trail: exactly the text that was hashed
    payloads/N.json     its personal parts with their salts, where they were handed out and are not erased
    proofs/N.tlog-proof the proof that entry N is in the trail (format: c2sp.org/tlog-proof)"""
_BESIDE: Mapping[str, str] = {
    "VERIFY.txt": "how the seal on the document is checked, with common tools", "record.json": "the record attached to the document: it lists the entries that belong in this archive",
    "seal-issuers.pem": "certificates the seal leads to, the root last", "seal-revoked.pem": "list of seals that were revoked", "tsa-roots.pem": "root certificates of the authority that stamped the time",
}  # fmt: skip
_IN_EXPORT = """\
    events.jsonl        the entries {first} to {last}, one on each line: exactly the text that was hashed, without the line's end
    payloads.jsonl      their personal parts with their salts, where they were handed out and are not erased
    range.proof         roots of the complete subtrees before the first entry, and after a blank line the proof that the tree up to the
                        last entry is the beginning of the signed one (RFC 9162 section 2.1.4)
    checkpoints.txt     every checkpoint signed over entries of this range"""


def bundle(
    session: Session, idxs: Sequence[int], checkpoint: TrailCheckpoint, *, personal: bool, extra: Mapping[str, bytes] | None = None, kept: str | None = None
) -> bytes:
    """Return a bundle that proves these events against a checkpoint.

    With `personal`, parts that are not erased go along with their salts. `extra` adds files by name; the manifest lists them, the trail
    does not prove them. `kept` is an older checkpoint (a note) of which the bundle proves that the trail continues it; with it, there may be
    no events. Raises `Invalid` for no events, an unknown one, or one younger than the checkpoint, and for a note that this trail never signed.
    """
    wanted = sorted(set(idxs))
    if not wanted and kept is None:
        raise Invalid("Choose at least one event to prove.")
    if wanted and (wanted[0] < 0 or wanted[-1] >= checkpoint.size):
        raise Invalid(f"The checkpoint covers the events 0 to {checkpoint.size - 1}; take a new one to prove event {wanted[-1]}.")
    nodes, signed = stored_nodes(session.connection()), _signed(checkpoint)
    content, extra = io.BytesIO(), extra or {}
    with _Archive(content) as archive:
        width = len(str(wanted[-1])) if wanted else 0
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            bodies, parts = _bodies(session, chunk), _parts(session, chunk) if personal else {}
            for idx in chunk:
                if idx not in bodies:
                    raise Invalid(f"The trail has no event {idx}.")
                stem = f"{idx:0{width}}"
                archive.add(f"events/{stem}.json", bodies[idx].encode())
                archive.add(f"proofs/{stem}.tlog-proof", prove(nodes, idx, signed, checkpoint.note).text().encode())
                if idx in parts:
                    archive.add(f"payloads/{stem}.json", canonical(parts[idx]).encode())
        for name, data in sorted(extra.items()):
            archive.add(name, data)
        if kept is not None:
            _keep(archive, session, nodes, signed, kept)
        _finish(archive, session, nodes, checkpoint, BUNDLE, "\n".join([*([_IN_BUNDLE] if wanted else []), *_described(extra, kept)]))
    return content.getvalue()


def export(session: Session, first: int, last: int, checkpoint: TrailCheckpoint, target: IO[bytes], *, personal: bool) -> int:
    """Write an export of the events `first` to `last` (both included) into a file; returns their number.

    Rows stream through, so the memory needed does not grow. Raises `Invalid` for a range that the checkpoint does not cover.
    """
    if not 0 <= first <= last < checkpoint.size:
        raise Invalid(f"Choose a range within the events 0 to {checkpoint.size - 1}.", field="from")
    nodes = stored_nodes(session.connection())
    with _Archive(target) as archive:
        archive.add_stream("events.jsonl", (f"{body}\n".encode() for body in _stream(session, first, last)))
        if personal:
            archive.add_stream("payloads.jsonl", _part_lines(session, first, last))
        archive.add("range.proof", _range_proof(nodes, first, last, checkpoint.size).encode())
        notes = select(TrailCheckpoint.note).where(TrailCheckpoint.size.between(first + 1, checkpoint.size)).order_by(TrailCheckpoint.size)
        archive.add("checkpoints.txt", "\n".join(session.scalars(notes)).encode())
        _finish(archive, session, nodes, checkpoint, EXPORT, _IN_EXPORT.format(first=first, last=last))
    return last - first + 1


class _Archive:
    """A zip file without anything that depends on the day or the machine, with a manifest at its end."""

    def __init__(self, target: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self.files: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def add(self, name: str, data: bytes) -> None:
        """Add a file."""
        self._list(name, hashlib.sha256(data).hexdigest(), len(data))
        self._zip.writestr(self._info(name), data)

    def add_stream(self, name: str, parts: Iterator[bytes]) -> None:
        """Add a file part by part."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(self._info(name), "w", force_zip64=True) as file:
            for part in parts:
                digest.update(part)
                size += len(part)
                file.write(part)
        self._list(name, digest.hexdigest(), size)

    def _list(self, name: str, digest: str, size: int) -> None:
        if name in self.files or name == "manifest.json" or name.startswith("/") or ".." in name.split("/") or "\\" in name:
            raise Invalid(f"{name} cannot be the name of a further file of a bundle.")
        self.files[name] = {"sha256": digest, "bytes": size}

    def manifest(self, facts: Mapping[str, Any]) -> None:
        """Add the manifest as the last file."""
        data = json.dumps({**facts, "files": self.files}, indent=1, sort_keys=True).encode()
        self._zip.writestr(self._info("manifest.json"), data)

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, _LONG_AGO)
        info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
        return info


def _finish(archive: _Archive, session: Session, nodes: Nodes, checkpoint: TrailCheckpoint, kind: str, contents: str) -> None:
    signed = _signed(checkpoint)
    archive.add("checkpoint.note", checkpoint.note.encode())
    keys = session.scalars(select(TrailKey.vkey).order_by(TrailKey.valid_from_size, TrailKey.created_at, TrailKey.key_id))
    archive.add("keys.txt", "".join(f"{vkey}\n" for vkey in keys if vkey.startswith(f"{signed.origin}+")).encode())
    anchor = _anchor(archive, session, nodes, checkpoint, signed.origin)
    readme = (_OFFLINE / "README.txt").read_text("utf-8")
    facts = {"origin": signed.origin, "size": signed.size, "root": checkpoint.root}
    archive.add("README.txt", readme.format(**facts, contents=contents).encode())
    archive.add(VERIFIER, verifier())
    archive.manifest({"format": kind, **facts, "anchor": anchor})


def _keep(archive: _Archive, session: Session, nodes: Nodes, signed: Checkpoint, note: str) -> None:
    """Add an older checkpoint and the proof that the signed one continues it."""
    known = [VerifierKey.parse(vkey) for vkey in session.scalars(select(TrailKey.vkey))]
    try:
        held = open_checkpoint(note, known)
    except NoteError as error:
        raise Invalid(f"The note is no checkpoint that was signed here ({error}); hand in the whole note, byte for byte as it was kept.") from None
    if held.origin != signed.origin:
        raise Invalid(f"The note is of {held.origin}, a line of checkpoints that ended; the trail is signed as {signed.origin} now. Compare with: dpa trail verify --against NOTE")
    if not 0 < held.size <= signed.size or root_at(held.size, nodes) != held.root:
        raise Invalid("The trail is not the continuation of this note: it was rewritten, or an older copy of the database was restored. Nothing can be proved; run: dpa trail verify --against NOTE")
    archive.add("kept.note", note.encode())
    archive.add("kept.consistency", connect(nodes, held.size, signed.size).text().encode())


def _described(extra: Mapping[str, bytes], kept: str | None) -> list[str]:
    """Return the lines of the README about files that not every bundle has."""
    about = [(f"{name:<19}", _BESIDE[name]) for name in sorted(extra) if name in _BESIDE]
    about += [(f"{name:<19}", "the document to which this archive belongs; its seal is checked as VERIFY.txt says") for name in sorted(extra) if name.endswith(".pdf")]
    about += [("kept.note          ", "an older checkpoint that somebody kept, and kept.consistency, the proof that the trail continues it")] if kept is not None else []
    return [f"    {name} {words}" for name, words in about]


def note_in(content: bytes) -> str:
    """Return a kept note as it was signed; mail programs change the ends of lines and add blank ones. Raises `Invalid` for what is no text."""
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").strip("\n") + "\n"
    except UnicodeDecodeError:
        raise Invalid("The file is no text, so it holds no checkpoint; hand in the note as it was mailed or downloaded.") from None


def key_of(session: Session, note: str) -> str:
    """Return the public key (name+id+base64) whose signature on a checkpoint is the newest; empty for a key the table does not know.

    After a change of keys two have signed; who is told the newer one can go on with it.
    """
    ids = [signature.key_id.hex() for signature in parse(note)[1]]
    known = {row.key_id: row.vkey for row in session.scalars(select(TrailKey).where(TrailKey.key_id.in_(ids)))}
    return next((known[key_id] for key_id in reversed(ids) if key_id in known), "")


def verifier() -> bytes:
    """Return the offline verifier, one file of Python that needs nothing else."""
    return (_OFFLINE / VERIFIER).read_bytes()


def _anchor(archive: _Archive, session: Session, nodes: Nodes, checkpoint: TrailCheckpoint, origin: str) -> dict[str, Any] | None:
    """Name the newest copy held outside and prove that it is of the same trail."""
    outside = anchoring.newest_outside(session)
    held = session.get(TrailCheckpoint, outside.size) if outside else None
    if outside is None or held is None or _signed(held).origin != origin:
        return None
    if held.size != checkpoint.size:
        archive.add("anchored.note", held.note.encode())
        proof = connect(nodes, min(held.size, checkpoint.size), max(held.size, checkpoint.size))
        archive.add("anchored.consistency", proof.text().encode())
    return {"kind": outside.kind, "at": timestamp(outside.at), "size": outside.size}


def _signed(checkpoint: TrailCheckpoint) -> Checkpoint:
    return Checkpoint.parse(parse(checkpoint.note)[0])


def _bodies(session: Session, idxs: Sequence[int]) -> dict[int, str]:
    rows = session.connection().execute(select(_EVENT.c.idx, _EVENT.c.body).where(_EVENT.c.idx.in_(idxs)))
    return {row.idx: row.body for row in rows}


def _parts(session: Session, idxs: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    where = _PAYLOAD.c.event_idx.in_(idxs)
    for row in session.connection().execute(select(_PAYLOAD).where(where).order_by(_PAYLOAD.c.event_idx, _PAYLOAD.c.part)):
        found.setdefault(row.event_idx, []).append(_part(row))
    return found


def _part(row: Any) -> dict[str, Any]:
    if row.body is None:
        return {"part": row.part, "erased_by": row.erased_by_idx}
    return {"part": row.part, "salt": row.salt.hex(), "text": row.body}


def _stream(session: Session, first: int, last: int) -> Iterator[str]:
    statement = select(_EVENT.c.body).where(_EVENT.c.idx.between(first, last)).order_by(_EVENT.c.idx)
    yield from session.connection().execute(statement, execution_options={"stream_results": True, "yield_per": CHUNK}).scalars()


def _part_lines(session: Session, first: int, last: int) -> Iterator[bytes]:
    statement = select(_PAYLOAD).where(_PAYLOAD.c.event_idx.between(first, last)).order_by(_PAYLOAD.c.event_idx, _PAYLOAD.c.part)
    held: list[dict[str, Any]] = []
    event: int | None = None
    for row in session.connection().execute(statement, execution_options={"stream_results": True, "yield_per": CHUNK}):
        if event is not None and row.event_idx != event:
            yield f"{canonical({'event': event, 'parts': held})}\n".encode()
            held = []
        event = row.event_idx
        held.append(_part(row))
    if event is not None:
        yield f"{canonical({'event': event, 'parts': held})}\n".encode()


def _range_proof(nodes: Nodes, first: int, last: int, size: int) -> str:
    """Return what proves all events from `first` to `last` at once: the perfect subtrees before them, and how the tree went on."""
    peaks, start = [], 0
    for level in range(first.bit_length() - 1, -1, -1):
        if first >> level & 1:
            peaks.append(nodes(level, start >> level))
            start += 1 << level
    lines = [RANGE, f"first {first}", f"last {last}", *map(_base64, peaks), "", *map(_base64, connect(nodes, last + 1, size).path), ""]
    return "\n".join(lines)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
