"""Every attack with the verdict and the check that must find it: what the tests run and what docs/security/attacks.md shows."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from dpa.evidence.verification.values import CheckName, Known, Trust, Verdict
from tests.evidence.verification import forging, lab
from tests.evidence.verification.forging import appended

ALTERED, FOREIGN, READ, GENUINE, REVOKED = Verdict.ALTERED, Verdict.NOT_OURS, Verdict.UNREADABLE, Verdict.NOT_THE_ISSUED_FILE, Verdict.REVOKED
BASES: dict[str, Callable[[], bytes]] = {"B-B": lab.basic, "B-LTA": lab.archived, "plain signature": lab.approved, "P=2": lab.form_filling}
"""What is attacked: issued without and with time-stamps, and two kinds of signature that the product never makes."""
ISSUED = ("B-B", "B-LTA")


@dataclass(frozen=True)
class Case:
    """A forged file, and whom and what its verifier knows."""

    content: bytes
    known: Known
    trust: Trust
    now: datetime = lab.NOW


@dataclass(frozen=True)
class Attack:
    """One attack on one base."""

    title: str
    on: str
    make: Callable[[], Case]
    verdict: Verdict
    check: CheckName
    """The check that finds it."""
    says: str
    """Part of that check's sentence."""

    @property
    def label(self) -> str:
        return f"{self.title} [{self.on}]"


SAYS = {
    CheckName.READING: "not a PDF that a strict reader accepts",
    CheckName.SEAL: "changed after it was sealed",
    CheckName.ADDITIONS: "changed or added that is not an archive time-stamp",
    CheckName.COVERAGE: "bytes that neither the seal nor a time-stamp covers",
    CheckName.CONTAINER: "something else beside the signature",
    CheckName.REGISTER: "does not list this file",
    CheckName.STAMPS: "does not fit the file",
}


def _forged(forge: forging.Forge, on: str) -> Callable[[], Case]:
    def make() -> Case:
        content = forge(BASES[on]())
        return Case(content, lab.known(content, level="B-LTA" if on == "B-LTA" else "B-B"), lab.trust())

    return make


def _each(title: str, forge: forging.Forge, verdict: Verdict, check: CheckName, *bases: str, says: str = "") -> Iterator[Attack]:
    for on in bases or ISSUED:
        yield Attack(title, on, _forged(forge, on), verdict, check, says or SAYS[check])


def _inside() -> Iterator[Attack]:
    yield from _each("a bit of the page's content flipped", forging.stream_flipped, ALTERED, CheckName.SEAL)
    yield from _each("a bit of the attached record flipped", forging.record_flipped, ALTERED, CheckName.SEAL)
    yield from _each("the seal's signature value changed", forging.signature_value(0), ALTERED, CheckName.SEAL, says="does not fit its certificate")
    yield from _each("the time-stamp's signature value changed", forging.signature_value(1), ALTERED, CheckName.STAMPS, "B-LTA")
    yield from _each("padding after the seal's signature changed", forging.padding(0), ALTERED, CheckName.CONTAINER)
    yield from _each("padding after the time-stamp changed", forging.padding(1), ALTERED, CheckName.CONTAINER, "B-LTA")
    yield from _each("hex case in the seal, below a time-stamp", forging.hex_case(0), ALTERED, CheckName.STAMPS, "B-LTA")


def _harmless() -> Iterator[Attack]:
    yield from _each("hex case in the newest signature changed (harmless)", forging.hex_case(-1), GENUINE, CheckName.REGISTER)
    yield from _each("a bit in the seal's copy of the root certificate (harmless)", forging.root_copy(0), GENUINE, CheckName.REGISTER, "B-B")
    yield from _each("a bit in the time-stamp's copy of its root (harmless)", forging.root_copy(1), GENUINE, CheckName.REGISTER, "B-LTA")
    yield from _each("the archive time-stamp cut off", forging.stamp_cut, GENUINE, CheckName.LEVEL, "B-LTA", says="less proof of time")
    yield from _each("one more genuine time-stamp added", lambda data: lab.stamped_again(data, lab.NOW), GENUINE, CheckName.REGISTER)


APPENDED = {
    "page content replaced": forging.page_replaced,
    "content object overridden (shadow attack)": forging.content_overridden,
    "annotation laid over the text": forging.annotation_added,
    "script run on opening": forging.script_added,
    "attached file added": forging.attachment_added,
    "attached record overridden": forging.record_overridden,
    "page added": forging.page_added,
    "XMP metadata overridden": forging.xmp_overridden,
    "XMP metadata replaced by a new object": forging.xmp_replaced,
    "title in /Info forged": forging.title_forged,
    "proofs added, hiding a change of the page": forging.store_and_page,
}


def _appended() -> Iterator[Attack]:
    for title, change in APPENDED.items():
        yield from _each(f"appended: {title}", appended(change), ALTERED, CheckName.ADDITIONS)
    yield from _each("appended: proofs that prove nothing (junk DSS)", appended(forging.junk_store), ALTERED, CheckName.COVERAGE)
    title = appended(forging.title_forged)
    yield from _each("title forged, then a genuine time-stamp over it", lambda data: lab.stamped_again(title(data), lab.NOW), ALTERED, CheckName.ADDITIONS)
    yield from _each("a comment after the end", lambda data: data + b"% approved by the regulator\n", ALTERED, CheckName.COVERAGE)
    yield from _each("64 random bytes after the end", lambda data: data + random.Random(64).randbytes(64), ALTERED, CheckName.COVERAGE)
    yield from _each("saved 100 times over", forging.saved_often(100), ALTERED, CheckName.ADDITIONS, says="was saved 10")


def _structure() -> Iterator[Attack]:
    yield from _each("signature wrapping: the second signed range moved", forging.moved_range, READ, CheckName.READING)
    yield from _each("signed range [0 0 0 0]", forging.range_zeroed, ALTERED, CheckName.SEAL)
    yield from _each("signed range missing", forging.range_missing, READ, CheckName.READING)
    yield from _each("signature of zeros", forging.contents_zeroed, READ, CheckName.READING)
    yield from _each("bytes before the beginning", lambda data: b"MZ\n" + data, READ, CheckName.READING)
    yield from _each("end cut off", lambda data: data[:-500], READ, CheckName.READING)
    yield from _each("rewritten by another program", forging.rewritten, ALTERED, CheckName.SEAL)
    for title, forge in (("cut back to before the seal", forging.cut_to_unsigned), ("seal emptied", appended(forging.signature_removed))):
        yield from _each(title, forge, FOREIGN, CheckName.FIELDS, says="carries no seal of ours")
    yield Attack("object stream that unpacks to 500 MB (zip bomb)", "new file", _new(lambda: forging.bomb(500 << 20)), READ, CheckName.READING, SAYS[CheckName.READING])
    yield Attack("lists nested 200,000 deep", "new file", _new(lambda: forging.nested(200_000)), READ, CheckName.READING, SAYS[CheckName.READING])
    yield from _each("chain of revisions that runs in a circle", forging.previous_loop, READ, CheckName.READING)
    yield from _each("form field that contains itself", appended(forging.fields_loop), READ, CheckName.READING, "B-B")
    yield from _each("a thousand fields that show the seal", appended(forging.many_signatures), ALTERED, CheckName.FIELDS, "B-B", says="which none of our documents has")
    yield from _each("list of revoked certificates that unpacks to 300 MB", appended(forging.list_bomb), READ, CheckName.READING, "B-B")
    yield Attack("10 MB of noise", "new file", _new(lambda: forging.garbage(10_000_000)), READ, CheckName.READING, SAYS[CheckName.READING])
    yield Attack("one byte more than 10 MB", "new file", _new(lambda: bytes(10_000_001)), READ, CheckName.READING, "larger than 10 MB")


def _certification() -> Iterator[Attack]:
    yield from _each("signed with our key, but permitting changes (P=2)", lambda data: data, FOREIGN, CheckName.CERTIFICATION, "P=2", says="permits changes")
    yield from _each("signed with our key, but not certified", lambda data: data, FOREIGN, CheckName.CERTIFICATION, "plain signature", says="plain signature")
    yield from _each("seal renamed to a format nobody knows", forging.format_name, FOREIGN, CheckName.FORMAT, says="not in the format of our seals")
    yield Attack("signed with our key, but in the old format (adbe.pkcs7.detached)", "new file", lambda: _case(lab.old_format()), FOREIGN, CheckName.FORMAT, "not in the format of our seals")
    yield Attack("sealed with our key, but over SHA-1", "new file", lambda: _case(lab.weak()), ALTERED, CheckName.SEAL, "no longer considered safe")
    every = ("B-B", "B-LTA", "P=2", "plain signature")
    yield from _each("a stranger's visible signature added", forging.stranger_signs, ALTERED, CheckName.FIELDS, *every, says="which none of our documents has")
    yield from _each("the seal shown again in a second, visible field", appended(forging.copied_signature), ALTERED, CheckName.FIELDS, *every, says="which none of our documents has")
    yield from _each("annotation laid over the text", appended(forging.annotation_added), ALTERED, CheckName.ADDITIONS, "P=2", "plain signature")


def _new(make: Callable[[], bytes]) -> Callable[[], Case]:
    def case() -> Case:
        content = make()
        return Case(content, replace(lab.known(content), document=None), lab.trust())

    return case


def _case(content: bytes, *, crls: tuple[bytes, ...] | None = None, now: datetime = lab.NOW, level: str = "B-B", listed: bool = False) -> Case:
    return Case(content, lab.known(content, level=level, listed=listed), lab.trust(crls=crls), now)


@cache
def _resigned(stamped: bool) -> bytes:
    return lab.sealed(lab.impostor(), lab.tsa().stamper() if stamped else None).content


def _other_record() -> bytes:
    from dpa.evidence.pdf import Summary, render
    from tests.evidence.pdf.samples import document

    record = lab.RECORD.replace(b"Nothing", b"Everything")
    return lab.sealed(lab.ours(), content=render(document(Summary("Everything was deleted."), record=record)).content).content


@cache
def _foreign_stamp() -> bytes:
    return lab.sealed(lab.ours(), lab.stranger_tsa().stamper()).content


def _revoked(after: timedelta) -> tuple[bytes, ...]:
    """The list that revokes our seal so long after the sealing."""
    return (lab.ours().revoking(lab.SEALED + after),)


def _people() -> Iterator[Attack]:
    for on, stamped in (("B-B", False), ("B-LTA", True)):
        yield Attack("sealed by somebody whose certificates bear our names", on, lambda stamped=stamped: _case(_resigned(stamped)), FOREIGN, CheckName.SIGNER, "leads to no root certificate trusted here")  # type: ignore[misc]
    yield Attack("sealed below our root, but not with a sealing certificate of ours", "B-B", _cousin, FOREIGN, CheckName.IDENTITY, "not made with a sealing certificate of this installation")
    yield Attack("sealed with our key, but another record", "B-B", lambda: _case(_other_record()), GENUINE, CheckName.RECORD, "not the one that the register holds")
    yield Attack("time-stamped by an authority nobody trusts", "B-LTA", lambda: _case(_foreign_stamp(), level="B-LTA"), GENUINE, CheckName.REGISTER, SAYS[CheckName.REGISTER])
    late = lab.SEALED + timedelta(days=4 * 365)
    yield Attack("certificate expired, no time-stamp, not listed", "B-B", lambda: _case(forging.hex_case(0)(lab.basic()), now=late), FOREIGN, CheckName.REGISTER, "does not list this file")
    yield Attack("certificate expired, time-stamped by an authority nobody trusts", "B-LTA", lambda: _case(_foreign_stamp(), now=late), FOREIGN, CheckName.REGISTER, SAYS[CheckName.REGISTER])
    since, before, between = timedelta(days=1), timedelta(minutes=-1), timedelta(seconds=1)
    unproved, later = "no trusted time-stamp proves", "the seal states a later time"
    yield Attack("certificate revoked, no time-stamp", "B-B", lambda: _case(lab.basic(), crls=_revoked(since), listed=True), REVOKED, CheckName.REVOCATION, unproved)
    yield Attack("certificate revoked, no time-stamp, not listed", "B-B", lambda: _case(lab.basic(), crls=_revoked(since), listed=False), REVOKED, CheckName.REVOCATION, unproved)
    yield Attack("certificate revoked, time-stamped by an authority nobody trusts", "B-LTA", lambda: _case(_foreign_stamp(), crls=_revoked(since)), REVOKED, CheckName.REVOCATION, unproved)
    yield Attack("certificate revoked before the sealing", "B-B", lambda: _case(lab.basic(), crls=_revoked(before), listed=True), REVOKED, CheckName.REVOCATION, later)
    yield Attack("certificate revoked before the time-stamp", "B-LTA", lambda: _case(lab.archived(), crls=_revoked(before), level="B-LTA", listed=True), REVOKED, CheckName.REVOCATION, later)
    yield Attack("certificate revoked between seal and time-stamp", "B-LTA", lambda: _case(lab.archived(), crls=_revoked(between), level="B-LTA", listed=True), REVOKED, CheckName.REVOCATION, unproved)


@cache
def _cousin() -> Case:
    """The same root issued another certificate, as a public authority does for everybody who pays."""
    cousin = lab.leaf_for(lab.ours())
    return _case(lab.sealed(cousin).content)


ATTACKS: dict[str, tuple[Attack, ...]] = {
    "Changes within the file": tuple(_inside()),
    "Changes appended to the file": tuple(_appended()),
    "Attacks on the structure": tuple(_structure()),
    "Attacks on the certification": tuple(_certification()),
    "Other people, other times": tuple(_people()),
    "What the seal cannot see, and the register does": tuple(_harmless()),
}
"""All attacks, by chapter."""
