"""What anybody needs to check a document or a proof without us: seals, lists, keys, the recipe and the verifier, each with its fingerprint."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.evidence.pages.badges import Badge
from dpa.evidence.pages.seal import STATES
from dpa.evidence.pages.verdicts import AUTHENTIC
from dpa.evidence.register import queries, recipe
from dpa.evidence.register.recipe import Means
from dpa.evidence.seal.models import SealIdentity
from dpa.evidence.trail import bundles, copies
from dpa.evidence.verification.values import Report
from dpa.web.words import day, file_size, plural

KEYS, VERIFIER = "trail-keys.txt", bundles.VERIFIER
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_ABOUT: Mapping[str, str] = {
    recipe.RECIPE: "The recipe: a few commands for OpenSSL, with what each must print",
    recipe.ISSUERS: "Certificates the seal leads to, the root last",
    recipe.REVOKED: "List of seals that were revoked, the newest",
    recipe.STAMP_ROOTS: "Root certificates of the authority that stamps the time",
    KEYS: "Public keys that sign checkpoints of the trail",
    VERIFIER: "Verifier of proof bundles: one file for Python 3.9 or later, nothing to install",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """A file to download."""

    name: str
    about: str
    size: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal, used now or before."""

    subject: str
    badge: Badge
    valid: str
    fingerprint: str
    root_fingerprint: str
    is_named: bool
    """Whether it is the one the reader asked for."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that signs or signed checkpoints."""

    vkey: str
    words: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What is the same for every document of the installation."""

    keys: tuple[Key, ...]
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class View:
    """The files for one seal."""

    fingerprint: str
    subject: str
    seals: tuple[Seal, ...]
    files: tuple[File, ...]
    root_fingerprint: str
    list_note: str
    """Where the list of revoked seals is, when it is not here; empty when it is."""


def address_for(session: Session, report: Report) -> str | None:
    """Return the path of the files of the seal on a document that was found genuine; none for any other file, so that nothing is learnt by it."""
    found = queries.file_with(session, report.sha256) if report.verdict in AUTHENTIC else None
    seal = queries.seal_of(session, found.document) if found else None
    return recipe.address(seal) if seal else None


def tools(session: Session) -> Tools:
    """Return the keys of the trail and the verifier."""
    rows = copies.keys(session)
    keys = tuple(Key(row.vkey, _signs(row.valid_from_size, row.valid_to_size)) for row in rows)
    return Tools(keys, tuple(_file(name, content) for name, content in tool_files(session).items()))


def tool_files(session: Session) -> dict[str, bytes]:
    """Return the files that are the same for every document; without keys before the first checkpoint."""
    keys = "".join(f"{row.vkey}\n" for row in copies.keys(session))
    return {**({KEYS: keys.encode()} if keys else {}), VERIFIER: bundles.verifier()}


def view(found: Means, settings: Settings) -> View:
    """Return the page of a seal's files."""
    named = found.named
    ours = seal_files(found, settings)
    return View(
        fingerprint=named.fingerprint, subject=named.subject, root_fingerprint=named.root_fingerprint,
        seals=tuple(_seal(one, is_named=one is named) for one in (named, *found.others)),
        files=tuple(_file(name, ours[name]) for name in _ABOUT if name in ours),
        list_note="" if recipe.REVOKED in ours else "The list of revoked seals is published by whoever issued the sealing certificate, not here.",
    )  # fmt: skip


def seal_files(found: Means, settings: Settings) -> dict[str, bytes]:
    """Return the files for the named seal by name."""
    return recipe.files(found.named, settings, found.revoked)


def together(session: Session, found: Means, settings: Settings) -> bytes:
    """Return all files for a seal, former roots of its organisation and the tools as one zip file; the same rows make the same bytes."""
    everything = {**seal_files(found, settings), **tool_files(session)}
    for one in found.others:
        everything.setdefault(f"former/{one.root_fingerprint[:16]}-{recipe.ISSUERS}", recipe.files(one, settings)[recipe.ISSUERS])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(everything.items()):
            info = zipfile.ZipInfo(name, _LONG_AGO)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(info, data)
    return content.getvalue()


def _seal(one: SealIdentity, *, is_named: bool) -> Seal:
    valid = f"valid {day(one.not_before.date())} to {day(one.not_after.date())}"
    if one.ended_at is not None:
        valid += f"; {STATES[one.state].text} {day(one.ended_at.date())}"
    return Seal(one.subject, STATES[one.state], f"{valid} (UTC)", one.fingerprint, one.root_fingerprint, is_named)


def _signs(first: int, end: int | None) -> str:
    since = plural(first, "entry", "entries")
    return f"signs checkpoints since the trail had {since}" if end is None else f"signed checkpoints while the trail had {first:,} to {plural(end, 'entry', 'entries')}"


def _file(name: str, content: bytes) -> File:
    return File(name, _ABOUT[name], file_size(len(content)), hashlib.sha256(content).hexdigest())
