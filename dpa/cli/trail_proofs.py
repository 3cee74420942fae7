"""The commands of `dpa trail` that sign and hand out: checkpoint, prove, export, rotate-key."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BufferedRandom
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dpa.clock import SystemClock
from dpa.config import Settings, load_settings
from dpa.problems import Invalid, NotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from dpa.evidence.trail.models import TrailCheckpoint
    from dpa.unit import Unit

MOST_PROVED = 100_000
_OUT = click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.zip",
                    help="Where to write it; an existing file is not overwritten.")
_PERSONAL = click.option("--personal", is_flag=True, help="Hand out personal parts (names, addresses, texts) too, with their salts.")


@dataclass(frozen=True, slots=True)
class Desk:
    """An open database, to act on from the command line."""

    session: Session
    settings: Settings

    def begin(self, now: datetime) -> AbstractContextManager[Unit]:
        """Begin an act."""
        from dpa import unit

        return unit.transaction(self.session, actor="system:cli", now=now, settings=self.settings, auth="cli")


@contextmanager
def opened(settings: Settings) -> Iterator[Desk]:
    """Open the installation's database for acts."""
    from sqlalchemy.orm import Session

    import dpa.slices  # noqa: F401  installs the trail
    from dpa import database

    engine = database.make_engine(settings.database)
    try:
        with Session(engine) as session:
            yield Desk(session, settings)
    finally:
        engine.dispose()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def checkpoint(as_json: bool) -> None:
    """Sign the trail as it is now and print the signed note.

    Give it to somebody outside: whoever keeps it can prove it if the trail is rewritten later. Nothing is signed that contradicts an
    earlier checkpoint; the command then exits 2 and says what differs.
    """
    from dpa.evidence.trail.checkpoints import signer_for

    settings = load_settings()
    with opened(settings) as desk:
        taken = _take(desk)
        signer = signer_for(settings)
        if not as_json:
            click.echo(taken.note, nl=False)
            click.echo(f"\nKey: {signer.vkey}\nWritten to {signer.log.path}", err=True)
            return
        click.echo(json.dumps({"origin": signer.origin, "size": taken.size, "root": taken.root, "at": taken.at.isoformat(),
                               "reason": taken.reason, "note": taken.note, "vkey": signer.vkey, "log": str(signer.log.path)}, indent=2))


@click.command()
@click.argument("events", nargs=-1, type=click.IntRange(min=0), metavar="[EVENT]...")
@click.option("--subject", metavar="KIND:NUMBER", help="All events about one subject, such as breach:42, instead of single ones.")
@click.option("--from", "kept", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="NOTE",
              help="A checkpoint that somebody kept: prove as well, or only, that the trail continues it.")
@_OUT
@_PERSONAL
def prove(events: tuple[int, ...], subject: str | None, kept: Path | None, out: Path, personal: bool) -> None:
    """Write a proof bundle: events with their proofs, and all that a reader needs to check them without us.

    With --from NOTE it proves to whoever kept that checkpoint that nothing before it was rewritten since; the reader compares with
    `verify_trail.py compare NOTE BUNDLE.zip`.
    """
    from dpa.evidence.trail import bundles, checkpoints

    if (events and subject) or not (events or subject or kept):
        raise Invalid("Name events by their numbers, or one subject with --subject KIND:NUMBER, or a kept checkpoint with --from NOTE.")
    settings = load_settings()
    with opened(settings) as desk:
        wanted = _about(desk.session, subject) if subject else sorted(set(events))
        found = checkpoints.newest(desk.session)
        if found is None or kept or found.size <= wanted[-1]:
            found = _take(desk)
        content = bundles.bundle(desk.session, wanted, found, personal=personal, kept=bundles.note_in(kept.read_bytes()) if kept else None)
        size = found.size
        with _new_file(out) as file:
            file.write(content)
            _tell(desk, "proved", {"count": len(wanted), "size": size, "personal": personal, "sha256": hashlib.sha256(content).hexdigest()})
    since = f", which continues the checkpoint in {kept}" if kept else ""
    click.echo(f"{out}: {len(wanted)} event(s), proved against the checkpoint over {size} events{since}.")


@click.command()
@click.option("--from", "first", type=click.IntRange(min=0), default=0, show_default=True, metavar="EVENT", help="First event.")
@click.option("--to", "last", type=click.IntRange(min=0), metavar="EVENT", help="Last event; the newest unless said.")
@_OUT
@_PERSONAL
def export(first: int, last: int | None, out: Path, personal: bool) -> None:
    """Write a range of the trail to a file, proved as a whole, for a reader without our software."""
    from dpa.evidence.trail import bundles, checkpoints

    settings = load_settings()
    with opened(settings) as desk:
        found = checkpoints.newest(desk.session)
        if found is None or last is None or found.size <= last:
            found = _take(desk)
        size, last = found.size, found.size - 1 if last is None else last
        with _new_file(out) as file:
            count = bundles.export(desk.session, first, last, found, file, personal=personal)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            _tell(desk, "exported", {"first": first, "last": last, "size": size, "personal": personal, "sha256": digest})
    click.echo(f"{out}: {count} event(s), proved against the checkpoint over {size} events.")


@click.command("rotate-key")
@click.option("--anew", is_flag=True, help="Begin a new line of checkpoints: the key was lost or told, or an older database was restored.")
@click.option("--reason", metavar="TEXT", help="Why; needed with --anew, recorded in the trail.")
def rotate_key(anew: bool, reason: str | None) -> None:
    """Make a new key that signs checkpoints; the former one vouches for it and is then forgotten."""
    from dpa.evidence import checking
    from dpa.evidence.trail import checkpoints, keys

    if anew and not (reason or "").strip():
        raise Invalid("Say why a new line of checkpoints begins: --reason \"restored the backup of 3 May\".")
    settings = load_settings()
    with opened(settings) as desk:
        found = _found_again(desk) if anew else ()
        with checking.told(desk.session, settings, lambda: desk.begin(SystemClock().now())), desk.begin(SystemClock().now()) as act:
            if anew:
                checkpoints.begin_anew(act, settings, (reason or "").strip())
            else:
                checkpoints.rotate(act, settings)
        checkpoints.repair(desk.session.connection(), keys.folder_of(settings))
        taken = _take(desk, checkpoints.KEY)
        signer = checkpoints.signer_for(settings)
        click.echo(f"The key {signer.vkey}\nsigns from the checkpoint over {taken.size} events on. Tell those who verify.")
        for line in found:
            click.echo(line)


def _found_again(desk: Desk) -> Sequence[str]:
    """List the documents that left the house after the copy of the database that was restored; before anything can be issued under their numbers."""
    from dpa.evidence.register import finding

    now = SystemClock().now()
    return finding.list_found(desk.session, desk.settings, now, lambda _: desk.begin(SystemClock().now()), restored=True).lines()


COMMANDS = (checkpoint, prove, export, rotate_key)


def _take(desk: Desk, reason: str = "command") -> TrailCheckpoint:
    from dpa.evidence import checking
    from dpa.evidence.trail import checkpoints

    signer = checkpoints.signer_for(desk.settings)

    def begin() -> AbstractContextManager[Unit]:
        return desk.begin(SystemClock().now())

    try:
        with checking.told(desk.session, desk.settings, begin), begin() as act:
            size = checkpoints.take(act, signer, reason).size
    except checkpoints.NothingToSign:
        raise
    except checkpoints.CheckpointRefused as refused:
        # Pages name no folder; whoever sits at the machine needs it.
        raise checkpoints.CheckpointRefused(f"{refused.message} The folder of keys is {signer.folder}.") from None
    found = checkpoints.checkpoint(desk.session, size)
    assert found is not None
    return found


def _tell(desk: Desk, what: str, data: dict[str, object]) -> None:
    """Record that something was handed out: reading of this kind is an act."""
    from dpa.evidence.events import Event
    from dpa.evidence.trail import append

    with desk.begin(SystemClock().now()) as act:
        append.record(act, Event(f"evidence:trail:{what}"), subject=("trail", 1), organisation_id=None, data=data)


def _about(session: Session, subject: str) -> list[int]:
    from sqlalchemy import select

    from dpa.evidence.trail.models import TrailEvent

    kind, colon, number = subject.partition(":")
    if not colon or not kind or not number:
        raise Invalid("Write the subject as kind and number, such as --subject breach:42.")
    event = TrailEvent
    statement = select(event.idx).where(event.subject_type == kind, event.subject_id == number).order_by(event.idx).limit(MOST_PROVED + 1)
    found = list(session.scalars(statement))
    if not found:
        raise NotFound(f"The trail holds nothing about {subject}.")
    if len(found) > MOST_PROVED:
        raise Invalid(f"The trail holds more than {MOST_PROVED} events about {subject}; use `dpa trail export`.")
    return found


@contextmanager
def _new_file(target: Path) -> Iterator[BufferedRandom]:
    """Yield a file to write that gets its name only when the block has ended well; readable by its owner only.

    It is made anew under a name that nobody can guess, so that in a folder of many people nobody can put a file of their own in its place.
    """
    if target.exists():
        raise Invalid(f"{target} exists already; name another file.")
    if not target.parent.is_dir():
        raise Invalid(f"There is no folder {target.parent}.")
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Invalid(f"{target} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
        try:
            os.link(fresh, target)
        except FileExistsError:
            raise Invalid(f"{target} exists already; name another file.") from None
        except OSError:  # A medium without hard links, such as a memory stick.
            fresh.rename(target)
    finally:
        fresh.unlink(missing_ok=True)
