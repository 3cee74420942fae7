#!/usr/bin/env python3
"""Verify proof bundles and exports of a DPA Desk trail, offline. One file, standard library only, Python 3.9 and later.

    python3 verify_trail.py verify BUNDLE.zip [--vkey KEY|FILE] [--statement FILE.pdf] [--max-age HOURS] [--json]
    python3 verify_trail.py proof FILE.tlog-proof --event event.json --vkey KEY|FILE
    python3 verify_trail.py compare KEPT.note BUNDLE.zip --vkey KEY|FILE
    python3 verify_trail.py compare OLD.note NEW.note --consistency FILE --vkey KEY|FILE

It says what it checked, and under NOT CHECKED what it did not: read both. It never unpacks an archive to the disk.
Exit codes: 0 valid; 1 tampered; 2 wrong use; 3 unreadable or incomplete; 4 valid, but the newest copy held outside is too old.
A key is written name+id+base64. Without --vkey the bundle's own keys are used: then the result only says that the bundle agrees with
itself. Get the key another way: from a mail, a document, or the organisation's page of keys.
Formats: c2sp.org/signed-note, tlog-checkpoint and tlog-proof; tree and proofs: RFC 6962 and RFC 9162; signatures: RFC 8032.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import gc
import hashlib
import hmac
import json
import re
import stat
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NoReturn

if sys.version_info < (3, 9):  # noqa: UP036  strangers run this file; an older Python must not look like a forgery
    sys.stderr.write("This verifier needs Python 3.9 or later; nothing was verified.\n")
    sys.exit(3)

VALID, TAMPERED, WRONG_USE, UNREADABLE, TOO_OLD = 0, 1, 2, 3, 4
WORDS = {VALID: "VALID", TAMPERED: "TAMPERED", UNREADABLE: "UNREADABLE OR INCOMPLETE", TOO_OLD: "VALID, BUT THE NEWEST COPY OUTSIDE IS TOO OLD"}
BUNDLE, EXPORT = "dpa-desk/trail-bundle@v1", "dpa-desk/trail-export@v1"
STATEMENT, ERASED = "trail-statement", "evidence:payload:erased"
MOST_FILES, MOST_BYTES, MOST_IN_MEMORY, MOST_NOTE, MOST_RATIO = 500_000, 4 << 30, 64 << 20, 1_000_000, 1_100  # Deflate packs 1,032 to 1 at most.
FILE_NAME = re.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,199}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,199}){0,3}").fullmatch
HASH_LINE = re.compile("[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=").fullmatch  # 32 bytes, written in the one allowed way.
sha256 = hashlib.sha256


class Failed(Exception):
    """A verification that ended; the code says how."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why


def tampered(why: str) -> NoReturn:
    raise Failed(TAMPERED, why)


def unreadable(why: str) -> NoReturn:
    raise Failed(UNREADABLE, why)


# ---- Ed25519 (RFC 8032 section 5.1), verification only -------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar: int, p: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, p)
        p, scalar = add(p, p), scalar >> 1
    return result


def decompress(data: bytes) -> Point | None:
    """Return the point, or None for one that is not on the curve or not written in the one allowed way."""
    y, sign = int.from_bytes(data, "little") & ((1 << 255) - 1), data[31] >> 7
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * SQRT_MINUS_1 % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = decompress(bytes.fromhex("58" + "66" * 31))


def ed25519_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    if len(public) != 32 or len(signature) != 64 or BASE is None:
        return False
    a, r, s = decompress(public), decompress(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or multiply(8, a)[0] == 0:  # The last: a key of small order verifies for many messages.
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = multiply(s, BASE), add(r, multiply(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# ---- Signed notes and checkpoints (C2SP) ---------------------------------------------------------------------------------------

Keys = dict[tuple[str, bytes], bytes]


def unbase64(text: str) -> bytes | None:
    try:
        value = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return value if value and base64.b64encode(value).decode() == text else None


def read_keys(text: str) -> Keys:
    """Read keys written name+id+base64, one a line; types other than Ed25519 are passed over. ValueError when none is left."""
    keys: Keys = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        parts = line.split("+", 2)
        body = unbase64(parts[2]) if len(parts) == 3 else None
        if body is None or not parts[0] or not re.fullmatch("[0-9a-f]{8}", parts[1]):
            raise ValueError("a key is written name+id+base64")
        if body[0] == 1:
            key_id = sha256(parts[0].encode() + b"\n" + body).digest()[:4]
            if len(body) != 33 or key_id.hex() != parts[1]:
                raise ValueError("a key's id does not belong to its name and value")
            keys[parts[0], key_id] = body[1:]
    if not keys:
        raise ValueError("there is no Ed25519 key in it")
    return keys


class Checkpoint:
    """A signed checkpoint whose signature was found good."""

    def __init__(self, note: bytes, keys: Keys) -> None:
        text, signatures = self._split(note)
        lines = text.split("\n")
        root = unbase64(lines[2]) if len(lines) >= 4 else None
        if root is None or len(root) != 32 or not all(lines[:-1]) or not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]):
            unreadable("a checkpoint has an origin, a size and a root")
        self.origin, self.size, self.root = lines[0], int(lines[1]), root
        self.signers = []
        for name, value in signatures:
            public = keys.get((name, value[:4]))
            if public is not None:
                if not ed25519_verifies(public, text.encode(), value[4:]):
                    tampered(f"the signature of {name}+{value[:4].hex()} does not belong to the checkpoint over {self.size} events")
                self.signers.append(f"{name}+{value[:4].hex()}")
        if not any(signer.rpartition("+")[0] == self.origin for signer in self.signers):
            tampered(f"the checkpoint over {self.size} events of {self.origin} is signed by none of the keys")

    @staticmethod
    def _split(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
        try:
            text = note.decode() if len(note) <= MOST_NOTE else ""
        except UnicodeDecodeError:
            text = ""
        head, blank, tail = text.rpartition("\n\n")
        lines = tail.split("\n")
        signatures = []
        for line in lines[:-1]:
            name, _, value = line[2:].partition(" ")
            data = unbase64(value)
            if not line.startswith("\u2014 ") or not name or "+" in name or data is None or len(data) < 5:
                unreadable("a signature line of a note is malformed")
            signatures.append((name, data))
        if not blank or lines[-1] or not 0 < len(signatures) <= 100 or any(c < " " and c != "\n" for c in text):
            unreadable("it is not a signed note")
        return head + "\n", signatures


# ---- The tree (RFC 6962, RFC 9162 section 2.1) ---------------------------------------------------------------------------------


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root_from(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes | None:
    """Return the root an inclusion proof leads to; None for a proof of the wrong length (RFC 9162 section 2.1.3.2)."""
    at, last = index, size - 1
    for part in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            leaf = node(part, leaf)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            leaf = node(leaf, part)
        at, last = at >> 1, last >> 1
    return None if last or not 0 <= index < size else leaf


def is_consistent(old: int, new: int, path: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Tell whether the old tree is the beginning of the new one (RFC 9162 section 2.1.4.2)."""
    if not 0 < old <= new or (old == new) == bool(path):
        return False
    if old == new:
        return old_root == new_root
    path = [old_root, *path] if old & (old - 1) == 0 else path
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = path[0]
    for part in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node(part, before), node(part, after)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            after = node(after, part)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def hashes(lines: list[str]) -> list[bytes]:
    if len(lines) > 64 or not all(map(HASH_LINE, lines)):
        unreadable("a proof holds at most 64 hashes of 32 bytes in base64")
    return [binascii.a2b_base64(line) for line in lines]


def fields(text: str, *patterns: str) -> tuple[list[int], list[str]]:
    """Read the first lines of a proof, one pattern each, and return their numbers and the lines that follow."""
    lines = text.split("\n")
    found = [re.fullmatch(pattern, line) for pattern, line in zip(patterns, lines)]
    if len(lines) < len(patterns) or not all(found):
        unreadable("it is not a proof of the expected form")
    return [int(match.group(1)) for match in found if match and match.groups()], lines[len(patterns):]


def read_inclusion(data: bytes) -> tuple[int, list[bytes], bytes]:
    head, blank, note = data.decode(errors="replace").partition("\n\n")
    head = re.sub(r"\A([^\n]*\n)extra [^\n]*\n", r"\1", head) if "\nextra " in head else head
    numbers, path = fields(head, re.escape("c2sp.org/tlog-proof@v1"), "index (0|[1-9][0-9]{0,18})")
    if not blank:
        unreadable("a proof ends with its checkpoint")
    return numbers[0], hashes(path), note.encode()


def check_consistency(data: bytes, old: Checkpoint, new: Checkpoint) -> None:
    numbers, path = fields(data.decode(errors="replace"), "dpa-desk/trail-consistency@v1", "old ([0-9]{1,19})", "new ([0-9]{1,19})")
    if not path or path[-1] or (old.origin, numbers) != (new.origin, [old.size, new.size]):
        unreadable("the consistency proof is about other checkpoints and says nothing of these two")
    if not is_consistent(old.size, new.size, hashes(path[:-1]), old.root, new.root):
        tampered(f"the trail of {new.size} events does not continue that of {old.size}: something was rewritten between the two")


# ---- Bundles and exports -------------------------------------------------------------------------------------------------------

class Archive:
    """A zip file that is only ever read in memory, within limits, each file compared with the manifest."""

    def __init__(self, path: str) -> None:
        self.zip = zipfile.ZipFile(path)
        infos = self.zip.infolist()
        self.sizes = {info.filename: info.file_size for info in infos}
        total = sum(info.file_size for info in infos)
        if len(infos) > MOST_FILES or total > MOST_BYTES or total > MOST_RATIO * Path(path).stat().st_size:
            unreadable("it is larger, or unpacks to more, than this verifier reads")
        if len({name.lower() for name in self.sizes}) != len(infos):
            tampered("it holds two files of the same name")
        for info in infos:
            # Names that would leave the folder where somebody unpacks it, or that programs read differently, and links.
            if not FILE_NAME(info.orig_filename) or info.orig_filename != info.filename or stat.S_ISLNK(info.external_attr >> 16):
                tampered(f"it holds {info.orig_filename[:100]!r}, which is no name of a file in a bundle")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                unreadable(f"{info.filename} is packed in a way that bundles are not")
        self.manifest: dict[str, Any] = json.loads(self._bytes("manifest.json"))
        self.listed: dict[str, dict[str, Any]] = self.manifest["files"]
        self.seen = {"manifest.json"}
        missing, extra = self.listed.keys() - self.sizes.keys(), self.sizes.keys() - self.listed.keys() - self.seen
        if missing:
            unreadable(f"{min(missing)} is missing")
        if extra:
            tampered(f"{min(extra)} is not in the manifest")

    def _bytes(self, name: str) -> bytes:
        if self.sizes.get(name, MOST_IN_MEMORY + 1) > MOST_IN_MEMORY:
            unreadable(f"{name} is missing or too large")
        return self.zip.read(name)

    def read(self, name: str) -> bytes:
        if name not in self.listed:
            unreadable(f"{name} is missing")
        data = self._bytes(name)
        self._compare(name, sha256(data).hexdigest())
        return data

    def lines(self, name: str) -> Iterator[bytes]:
        digest = sha256()
        with self.zip.open(name) as file:
            for line in iter(lambda: file.readline(MOST_IN_MEMORY), b""):
                digest.update(line)
                if not line.endswith(b"\n"):
                    unreadable(f"{name} ends in the middle of a line")
                yield line[:-1]
        self._compare(name, digest.hexdigest())

    def _compare(self, name: str, digest: str) -> None:
        self.seen.add(name)
        if digest != self.listed[name]["sha256"]:
            tampered(f"{name} is not the file that the manifest lists")


class Erasures:
    """Parts that are said to be erased, and the events that erased them: what is said counts only where the event is there to show it."""

    def __init__(self) -> None:
        self.said: dict[tuple[int, str], int] = {}
        self.shown: dict[int, tuple[int, str]] = {}

    def note(self, event: dict[str, Any]) -> None:
        if event["action"] == ERASED:
            self.shown[event["i"]] = (event["data"]["event"], event["data"]["part"])

    def check(self) -> int:
        """Return how many erasures are only said."""
        for of, by in self.said.items():
            if by in self.shown and self.shown[by] != of:
                tampered(f"event {by} did not erase the part {of[1]} of event {of[0]}")
        return sum(by not in self.shown for by in self.said.values())


def check_parts(event: dict[str, Any], parts: list[dict[str, Any]], found: dict[str, Any], erasures: Erasures) -> None:
    """Compare personal parts with the commitments in the event: HMAC-SHA256(salt, "trail-pd/v1" 00 part 00 text)."""
    names = [part["part"] for part in parts]
    if len(set(names)) != len(names):
        tampered(f"event {event['i']} has a personal part twice")
    found["personal_missing"] += len(event["pd"].keys() - set(names))
    for part in parts:
        name = part["part"]
        if name not in event["pd"]:
            tampered(f"event {event['i']} knows no personal part {name}")
        if "erased_by" in part:
            erasures.said[event["i"], name] = int(part["erased_by"])
            found["erased"] += 1
            continue
        message = b"\x00".join((b"trail-pd/v1", name.encode(), part["text"].encode()))
        if not hmac.compare_digest(hmac.new(bytes.fromhex(part["salt"]), message, sha256).hexdigest(), event["pd"][name]):
            tampered(f"the personal part {name} of event {event['i']} is not what the event committed to")
        found["personal_parts"] += 1


def attached_record(pdf: bytes) -> bytes:
    """Return the record attached to a document of the register, which has exactly one attached file, compressed."""
    places = [match.start() for match in re.finditer(rb"/Type\s*/EmbeddedFile\b", pdf)]
    begin = pdf.find(b"stream", places[0]) if len(places) == 1 else -1
    head = pdf[pdf.rfind(b" obj", 0, places[0]):begin] if begin >= 0 else b""
    length = re.search(rb"/Length\s+([0-9]{1,8})\b", head)
    if length is None or b"/FlateDecode" not in head:
        unreadable("the document does not have exactly one attached record")
    start = begin + (8 if pdf[begin + 6:begin + 8] == b"\r\n" else 7)
    content = zlib.decompressobj()
    record = content.decompress(pdf[start:start + int(length.group(1))], MOST_IN_MEMORY)
    if not content.eof:
        unreadable("the record attached to the document is cut short or too large")
    return record


def statement_in(archive: Archive, given: bytes | None, found: dict[str, Any]) -> bytes | None:
    """Return the record of the statement that the archive belongs to, after comparing its copies; none where there is no statement."""
    copies = {"the statement that you gave": attached_record(given)} if given is not None else {}
    for name in filter(lambda name: name.endswith(".pdf"), archive.listed):
        content = archive.read(name)
        try:
            record = attached_record(content)
        except Failed:
            if "record.json" in archive.listed:
                raise
            record = b"{}"
        if "record.json" in archive.listed or json.loads(record).get("type") == STATEMENT:
            copies[name] = record
        else:
            found["not_checked"].append(f"{name}: neither its seal nor what it says.")
    if "record.json" in archive.listed:
        if not copies:
            unreadable(f"{json.loads(archive.read('record.json'))['number']}.pdf is missing, the document that record.json was attached to")
        copies["record.json"] = archive.read("record.json")
    if len(set(copies.values())) > 1:
        tampered(f"{' and '.join(copies)} are not of one document")
    return next(iter(copies.values()), None)


def check_statement(archive: Archive, note: bytes, leaves: dict[int, tuple[bytes, dict[str, Any]]], given: bytes | None, found: dict[str, Any]) -> None:
    """Compare the entries that the statement lists with the events that are here."""
    text = statement_in(archive, given, found)
    if text is None:
        found["not_checked"].append("Whether events were left out: the archive holds no statement that lists which belong in it. Who has the statement can "
                                    "compare it: --statement FILE.pdf.")
        return
    record = json.loads(text)
    if record["type"] != STATEMENT:
        unreadable(f"{record['number']} is no trail statement")
    if record["checkpoint"].encode() != note:
        tampered(f"{record['number']} prints another checkpoint than the archive holds")
    entries = record["content"]["entries"]
    for entry in entries:
        leaf, event = leaves.pop(entry["i"], (b"", {}))
        if not leaf:
            unreadable(f"event {entry['i']} is missing, which {record['number']} lists")
        if (entry["leaf"], entry["id"], entry["at"], entry["action"]) != (leaf.hex(), event["id"], event["ts"], event["action"]):
            tampered(f"{record['number']} says something else about event {entry['i']} than the trail")
    if leaves:
        tampered(f"{record['number']} does not list event {min(leaves)}")
    found["statement"] = {"number": record["number"], "entries": len(entries)}
    found["not_checked"].append(f"The seal on {record['number']}.pdf, and so that its pages are as they were issued: VERIFY.txt says how to check that.")
    found["not_checked"].append(f"The words in which {record['number']} tells the events. Their number, time, name and hash were compared; the texts lie in events/.")


def check_bundle(archive: Archive, checkpoint: Checkpoint, note: bytes, given: bytes | None, found: dict[str, Any]) -> int:
    """Prove each event; returns how many erasures are only said."""
    leaves: dict[int, tuple[bytes, dict[str, Any]]] = {}
    erasures = Erasures()
    for name in archive.listed:
        folder, _, file = name.partition("/")
        stem = file.partition(".")[0]
        if folder in {"proofs", "payloads"} and f"events/{stem}.json" not in archive.listed:
            unreadable(f"the event of {name} is missing")
        if folder != "events":
            continue
        body = archive.read(name)
        index, path, signed = read_inclusion(archive.read(f"proofs/{stem}.tlog-proof"))
        event = json.loads(body)
        if signed != note or event["i"] != index or int(stem) != index:
            tampered(f"the proof of event {stem} is about another event or checkpoint")
        if root_from(index, checkpoint.size, leaf_hash(body), path) != checkpoint.root:
            tampered(f"event {stem} is not in the trail that was signed")
        if index in leaves:
            tampered(f"it holds event {index} twice")
        leaves[index] = leaf_hash(body), {key: event[key] for key in ("id", "ts", "action")}
        erasures.note(event)
        check_parts(event, json.loads(archive.read(f"payloads/{stem}.json")) if f"payloads/{stem}.json" in archive.listed else [], found, erasures)
        found["events"] += 1
    if not found["events"] and "kept.note" not in archive.listed:
        unreadable("it holds no event")
    check_statement(archive, note, leaves, given, found)
    return erasures.check()


def check_export(archive: Archive, checkpoint: Checkpoint, found: dict[str, Any]) -> int:
    """Build the tree on from the roots before the first event, and compare with the checkpoint at the end; returns how many erasures are only said."""
    erasures = Erasures()
    head, blank, tail = archive.read("range.proof").decode().partition("\n\n")
    (first, last), peaks = fields(head, "dpa-desk/trail-range@v1", "first ([0-9]{1,19})", "last ([0-9]{1,19})")
    stack, size = hashes(peaks), first
    if not blank or len(stack) != bin(first).count("1"):
        unreadable("range.proof is malformed")
    payloads: Iterator[Any] = (json.loads(line) for line in archive.lines("payloads.jsonl")) if "payloads.jsonl" in archive.listed else iter(())
    waiting = next(payloads, None)
    for body in archive.lines("events.jsonl"):
        leaf, at = leaf_hash(body), size
        while at & 1:
            leaf, at = node(stack.pop(), leaf), at >> 1
        stack.append(leaf)
        here = waiting if waiting and waiting["event"] == size else None
        # Most events have no personal part; only the others are worth reading.
        if here or ERASED.encode() in body or body.count(b'"pd":{') != body.count(b'"pd":{}'):
            event = json.loads(body)
            erasures.note(event)
            check_parts(event, here["parts"] if here else [], found, erasures)
        waiting = next(payloads, None) if here else waiting
        size += 1
    if not first < size == last + 1 or waiting:
        unreadable(f"it should hold the events {first} to {last}, and only their personal parts")
    root = stack.pop()
    while stack:
        root = node(stack.pop(), root)
    if not is_consistent(size, checkpoint.size, hashes(tail.split("\n")[:-1]), root, checkpoint.root):
        tampered(f"the events {first} to {last} are not those of the trail that was signed")
    found["events"] = size - first
    return erasures.check()


def check_kept(archive: Archive, checkpoint: Checkpoint, keys: Keys, found: dict[str, Any]) -> None:
    """Check that the signed trail continues an older checkpoint that somebody kept."""
    if "kept.note" in archive.listed:
        kept = Checkpoint(archive.read("kept.note"), keys)
        check_consistency(archive.read("kept.consistency"), kept, checkpoint)
        found["kept"] = {"size": kept.size, "root": kept.root.hex()}
        found["not_checked"].append("Whether kept.note is the checkpoint that you kept: compare the two, or run: verify_trail.py compare YOUR.note THIS.zip")


def note_unchecked(archive: Archive, only_said: int, found: dict[str, Any]) -> None:
    """List what no proof covers."""
    if found["personal_missing"]:
        found["not_checked"].append(f"{counted(found['personal_missing'], 'personal part')} (names, texts, addresses) that the events commit to: not in the "
                                    "archive, withheld or taken out. Whoever has them can still show that they are the ones that were meant.")
    if only_said:
        found["not_checked"].append(f"Whether {counted(only_said, 'part')} said to be erased were: the event that erased each is not in the archive.")
    known = re.compile(r"(events|proofs|payloads)/.*|(events|payloads)\.jsonl|range\.proof|checkpoint\.note|(anchored|kept)\.(note|consistency)|record\.json|.*\.pdf")
    others = [name for name in sorted(archive.listed) if not known.fullmatch(name)]
    if others:
        found["not_checked"].append(f"What else is in the archive; no proof covers it: {', '.join(others[:20])}{' and more' if len(others) > 20 else ''}.")
    if not archive.manifest.get("anchor"):
        found["not_checked"].append("Whether anybody outside holds a copy of a checkpoint: the issuer names none.")


def counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def check_age(archive: Archive, checkpoint: Checkpoint, keys: Keys, found: dict[str, Any], most: float | None) -> None:
    """Look at the newest copy that the issuer says somebody outside holds, and at the proof that it is of the same trail."""
    anchor, size = archive.manifest.get("anchor"), checkpoint.size
    if anchor:
        held = checkpoint if anchor["size"] == size else Checkpoint(archive.read("anchored.note"), keys)
        if held is not checkpoint:
            older, newer = sorted((held, checkpoint), key=lambda one: one.size)
            check_consistency(archive.read("anchored.consistency"), older, newer)
        age = datetime.now(timezone.utc) - datetime.fromisoformat(anchor["at"].replace("Z", "+00:00"))
        if age.total_seconds() < -600:
            tampered("it says that a copy has been held outside since a time that has not come yet")
        found["anchor"] = {**anchor, "age_hours": round(max(age.total_seconds(), 0) / 3600, 1)}
    if most is not None and (not anchor or found["anchor"]["age_hours"] > most):
        raise Failed(TOO_OLD, f"no copy held outside is younger than {most:g} hours" if anchor else "it names no copy held outside")


def verify(path: str, given: Keys | None, statement: bytes | None, most_hours: float | None, found: dict[str, Any]) -> None:
    try:
        archive = Archive(path)
        kind = archive.manifest["format"]
        keys = given or read_keys(archive.read("keys.txt").decode())
        note = archive.read("checkpoint.note")
        checkpoint = Checkpoint(note, keys)
        found.update(origin=checkpoint.origin, size=checkpoint.size, root=checkpoint.root.hex(), signed_by=checkpoint.signers)
        if kind == BUNDLE:
            only_said = check_bundle(archive, checkpoint, note, statement, found)
        elif kind == EXPORT and statement is None:
            only_said = check_export(archive, checkpoint, found)
        else:
            unreadable(f"this verifier knows no format {kind}; use the one of a newer version")
        check_kept(archive, checkpoint, keys, found)
        for name in sorted(archive.listed.keys() - archive.seen):
            archive.read(name)
        note_unchecked(archive, only_said, found)
        check_age(archive, checkpoint, keys, found, most_hours)
    except Failed:
        raise
    except Exception as error:  # Whatever a damaged or hostile file provokes: it is not valid.
        unreadable(f"it cannot be read ({type(error).__name__}: {error})")


def in_words(code: int, found: dict[str, Any]) -> str:
    lines = [f"{WORDS[code]}: {found['why']}" if found["why"] else WORDS[code]]
    if code in (VALID, TOO_OLD) and found.get("events"):
        counts = [counted(number, word) for number, word in (
            (found["events"], "event"), (found["personal_parts"], "personal part"), (found["erased"], "erased part")) if number]
        lines.append(f"{', '.join(counts)}: in the trail {found['origin']} of {found['size']} events.")
    if found.get("statement"):
        lines.append(f"{found['statement']['number']} lists exactly these events.")
    if found.get("kept"):
        lines.append(f"The trail continues the checkpoint over {found['kept']['size']} events: nothing in those was rewritten.")
    if code in (VALID, TOO_OLD):
        lines.append(f"Signed by {', '.join(found['signed_by'])}. " + (
            "You gave that key." if found["key_source"] == "given" else
            "THE KEY CAME FROM THE BUNDLE ITSELF, so this only shows that the bundle agrees with itself: get the key another way, and use --vkey."))
    if found.get("anchor"):
        anchor = found["anchor"]
        lines.append(f"The issuer says: a copy of the checkpoint over {anchor['size']} events is held outside ({anchor['kind']}) since "
                     f"{anchor['at']}, {anchor['age_hours']} hours ago.")
    if code in (VALID, TOO_OLD) and found["not_checked"]:
        lines += ["NOT CHECKED:", *(f"- {one}" for one in found["not_checked"])]
    return "\n".join(lines)


# ---- The command -------------------------------------------------------------------------------------------------------------------


def keys_given(values: list[str]) -> Keys:
    try:
        return read_keys("\n".join(Path(value).read_text("utf-8") if Path(value).is_file() else value for value in values))
    except (OSError, ValueError) as error:
        raise Failed(WRONG_USE, f"--vkey: {error}") from None


def statement_given(path: str | None) -> bytes | None:
    try:
        return Path(path).read_bytes() if path else None
    except OSError as error:
        raise Failed(WRONG_USE, f"--statement: {error.strerror}") from None


def compare(older: str, newer: str, consistency: str | None, keys: Keys) -> tuple[Checkpoint, Checkpoint]:
    """Return the older checkpoint and the newer one, a note or that of a bundle, after checking that the newer continues the older."""
    packed = zipfile.is_zipfile(newer)
    if not packed and consistency is None:
        raise Failed(WRONG_USE, "two notes are compared with --consistency FILE; a bundle made with `dpa trail prove --from` brings its own")
    old = Checkpoint(Path(older).read_bytes(), keys)
    try:
        archive = Archive(newer) if packed else None
        new = Checkpoint(archive.read("checkpoint.note") if archive else Path(newer).read_bytes(), keys)
        proof = archive.read("kept.consistency") if archive and consistency is None else Path(consistency or "").read_bytes()
    except (Failed, OSError):
        raise
    except Exception as error:  # As in `verify`.
        unreadable(f"{newer} cannot be read ({type(error).__name__}: {error})")
    check_consistency(proof, old, new)
    return old, new


def run(asked: argparse.Namespace, found: dict[str, Any]) -> None:
    keys = keys_given(asked.vkey) if asked.vkey else None
    found["key_source"] = "given" if keys else "bundle"
    if asked.command == "verify":
        verify(asked.file, keys, statement_given(asked.statement), asked.max_age, found)
        return
    assert keys is not None
    try:
        if asked.command == "proof":
            index, path, note = read_inclusion(Path(asked.file).read_bytes())
            new, event = Checkpoint(note, keys), Path(asked.event).read_bytes()
            if root_from(index, new.size, leaf_hash(event), path) != new.root:
                tampered(f"event {index} is not in the trail that was signed")
            found["events"] = 1
        else:
            old, new = compare(asked.file, asked.new, asked.consistency, keys)
            found["kept"] = {"size": old.size, "root": old.root.hex()}
        found.update(origin=new.origin, size=new.size, root=new.root.hex(), signed_by=new.signers)
    except OSError as error:
        unreadable(f"{error.filename} cannot be read: {error.strerror}")


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify proof bundles and exports of a DPA Desk trail. Exit: 0 valid, 1 tampered, 2 wrong use, "
                                                 "3 unreadable or incomplete, 4 valid but the newest copy held outside is too old.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("verify", "a bundle or an export"), ("proof", "one event"), ("compare", "that one checkpoint continues another")):
        command = commands.add_parser(name, help=text)
        command.add_argument("file", metavar={"verify": "BUNDLE", "proof": "PROOF", "compare": "OLD_NOTE"}[name])
        if name == "compare":
            command.add_argument("new", metavar="BUNDLE|NEW_NOTE")
            command.add_argument("--consistency", metavar="FILE", help="the proof that connects two notes; a bundle brings its own")
        command.add_argument("--vkey", action="append", metavar="KEY|FILE", required=name != "verify", help="the issuer's key, from another source")
        command.add_argument("--json", action="store_true", help="print the result as JSON")
        if name == "verify":
            command.add_argument("--statement", metavar="FILE.pdf", help="a trail statement of your own copy, to compare with the events")
            command.add_argument("--max-age", type=float, metavar="HOURS", help="exit 4 when no copy outside is younger")
        if name == "proof":
            command.add_argument("--event", required=True, metavar="FILE")
    asked = parser.parse_args(words)
    found: dict[str, Any] = {"why": "", "events": 0, "personal_parts": 0, "personal_missing": 0, "erased": 0, "not_checked": []}
    code = VALID
    try:
        run(asked, found)
    except Failed as end:
        code, found["why"] = end.code, end.why
    if code == WRONG_USE:
        parser.error(found["why"])
    print(json.dumps({"exit": code, "verdict": WORDS[code], **found}, indent=2) if asked.json else in_words(code, found))
    return code


if __name__ == "__main__":
    gc.disable()  # Hundreds of thousands of small objects live to the end; looking for cycles among them only costs time.
    sys.exit(main())
