"""Witnesses: addresses outside the house to which checkpoints are mailed every day. Who may be one, naming, judging and removing them.

A copy that lies inside proves nothing: whoever can rewrite the trail can reach it there. So an address inside the house is refused, and
one that came to lie inside later is mailed no more. Name and address are personal data and go when the witness does (Art. 17(1)(a) GDPR).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.evidence.events import Event
from dpa.evidence.trail import append, bodies, erasure
from dpa.evidence.trail.models import TrailEvent, TrailPayload, TrailWitness
from dpa.problems import Conflict, Invalid, NotFound
from dpa.unit import Unit

NAME_LENGTH, ADDRESS_LENGTH, REASON_LENGTH = 200, 254, 500
FORMER = "A former witness"
BASIS = "Art. 17(1)(a) GDPR"
INTERNAL = (
    "localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "home.arpa", "corp", "private", "invalid",
)
"""Ends of names that no mail server of somebody else answers for (RFC 6761, 6762, 8375; ICANN's reserved .internal)."""


class Trouble(StrEnum):
    """Why a witness named earlier is mailed nothing."""

    UNUSABLE = "unusable"
    """No mail server can be told this address."""
    INSIDE = "inside"
    """It has come to lie inside the house, such as when its owner was given an account."""


TROUBLES: Mapping[Trouble, str] = {
    Trouble.UNUSABLE: "no mail can be sent to this address", Trouble.INSIDE: "this address lies inside the house",
}

Insider = Callable[[Session, str], bool]
Removal = Callable[[Unit, int], None]
_insiders: list[Insider] = []
_removals: list[Removal] = []


def on_insider(asked: Insider) -> None:
    """Have `asked` tell whether a mail address belongs to somebody who uses the installation; twice registered asks once."""
    if asked not in _insiders:
        _insiders.append(asked)


def on_removed(listener: Removal) -> None:
    """Have `listener` run in the transaction that removes a witness, with its number; twice registered runs once."""
    if listener not in _removals:
        _removals.append(listener)


def add(unit: Unit, organisation_id: int, name: str, address: str) -> TrailWitness:
    """Name somebody outside to whom the checkpoint is mailed every day.

    Raises `Invalid`, also for an address inside the house, or, for one named before, `Conflict`.
    """
    title = line(name, "name", "Say who reads there.", NAME_LENGTH)
    found = line(address, "address", "Give the mail address of somebody outside your organisation.", ADDRESS_LENGTH)
    if not bodies.MAIL_ADDRESS.fullmatch(found):
        raise Invalid("A mail address looks like auditor@example.org.", field="address")
    _must_be_mailable(found)
    reason = inside(unit.session, unit.settings, found)
    if reason:
        raise Invalid(f"{reason} A witness must be outside the house, such as an auditor, a notary or a bank: whoever could rewrite the trail "
                      "could reach a copy that lies inside.", field="address")
    if any(row.address.casefold() == found.casefold() for row in named(unit.session, [organisation_id])):
        raise Conflict(f"{found} already receives the checkpoints.", field="address")
    row = TrailWitness(organisation_id=organisation_id, name=title, address=found, added_at=unit.now, added_by=unit.actor)
    unit.session.add(row)
    unit.session.flush()
    append.record(unit, Event.WITNESS_ADDED, subject=("witness", row.id), organisation_id=organisation_id, covers=[row],
                  personal={"name": title, "address": found})
    return row


def inside(session: Session, settings: Settings, address: str) -> str:
    """Return why an address lies inside the house, as a sentence; empty for one outside."""
    domain = address.rpartition("@")[2].casefold().strip(".")
    sender = settings.mail_from.rpartition("@")[2].casefold()
    if "." not in domain or domain.startswith("[") or _is_number(domain) or any(domain == end or domain.endswith(f".{end}") for end in INTERNAL):
        return f"{domain} is a name or number inside a network, not the domain of somebody else."
    for own, what in ((sender, "the domain this installation sends its mail from"), (settings.host.casefold(), "the address of this installation")):
        if domain == own or domain.endswith(f".{own}"):
            return f"{own} is {what}."
    if any(asked(session, address) for asked in _insiders):
        return "This address, or its domain, belongs to somebody who uses this installation."
    return ""


def trouble(session: Session, settings: Settings, address: str) -> Trouble | None:
    """Return why an address named earlier must be mailed nothing; none for a sound one."""
    try:
        _must_be_mailable(address)
    except Invalid:
        return Trouble.UNUSABLE
    return Trouble.INSIDE if inside(session, settings, address) else None


def judge(unit: Unit, row: TrailWitness, found: Trouble | None) -> None:
    """Keep what was found about a witness's address, so that somebody is told; does nothing when it is known."""
    if row.trouble == found:
        return
    row.trouble = found
    append.record(unit, Event.WITNESS_JUDGED, subject=("witness", row.id), organisation_id=row.organisation_id, covers=[row],
                  data={"found": TROUBLES[found] if found else "mail goes to this address again"})


def remove(unit: Unit, organisation_ids: Collection[int], witness_id: int, reason: str) -> None:
    """Mail no more checkpoints to a witness, and erase name and address here, in the trail's personal parts and wherever listeners keep them.

    The events and the copies stay: they name the witness by number only. Raises `NotFound` for one of another organisation or one removed
    before, `Invalid` without a reason.
    """
    row = mine(unit.session, organisation_ids, witness_id)
    why = line(reason, "reason", "Say why the witness is removed; the reason is kept with the erasure.", REASON_LENGTH)
    row.removed_at, row.name, row.address, row.trouble = unit.now, "", "", None
    append.record(unit, Event.WITNESS_REMOVED, subject=("witness", row.id), organisation_id=row.organisation_id, covers=[row])
    parts = (
        select(TrailPayload.event_idx, TrailPayload.part).join(TrailEvent, TrailEvent.idx == TrailPayload.event_idx)
        .where(TrailEvent.subject_type == "witness", TrailEvent.subject_id == str(row.id), TrailEvent.action == Event.WITNESS_ADDED,
               TrailPayload.body.is_not(None)).order_by(TrailPayload.event_idx, TrailPayload.part)
    )
    for idx, part in unit.session.execute(parts).all():
        erasure.erase_payload(unit, idx, part, reason=why, basis=BASIS)
    for listener in _removals:
        listener(unit, row.id)


def mine(session: Session, organisation_ids: Collection[int], witness_id: int) -> TrailWitness:
    """Return a witness of these organisations that is not removed. Raises `NotFound`."""
    row = session.get(TrailWitness, witness_id)
    if row is None or row.organisation_id not in organisation_ids or row.removed_at is not None:
        raise NotFound("There is no such witness.")
    return row


def named(session: Session, organisation_ids: Collection[int]) -> Sequence[TrailWitness]:
    """Return whom these organisations have named and not removed, oldest first."""
    wanted = TrailWitness.organisation_id.in_(organisation_ids), TrailWitness.removed_at.is_(None)
    return session.scalars(select(TrailWitness).where(*wanted).order_by(TrailWitness.id)).all()


def names(session: Session, keys: Sequence[str]) -> dict[str, str]:
    """Return the names of witnesses by number, for the trail's page; a removed one has none any more."""
    numbers = [int(key) for key in keys if key.isdigit()]
    rows = session.execute(select(TrailWitness.id, TrailWitness.name).where(TrailWitness.id.in_(numbers)))
    return {str(row.id): f"Witness {row.name}" if row.name else FORMER for row in rows}


def line(text: str, field: str, sentence: str, most: int) -> str:
    """Return what was typed as one printable line. Raises `Invalid` with the sentence for an empty one."""
    found = " ".join(text.split())
    if not found or not found.isprintable():
        raise Invalid(sentence, field=field)
    if len(found) > most:
        raise Invalid(f"Use at most {most} characters.", field=field)
    return found


def _must_be_mailable(address: str) -> None:
    """Raise `Invalid` for an address the mail server could never be told: it would be mailed nothing, and nobody would notice."""
    local, _, domain = address.rpartition("@")
    try:
        domain.encode("idna")
    except UnicodeError:
        raise Invalid(f"{domain} is not a domain mail can go to; look for a dot too many.", field="address") from None
    if not local.isascii():
        raise Invalid("Mail cannot go to this address: the part before the @ must be plain letters.", field="address")


def _is_number(domain: str) -> bool:
    try:
        ipaddress.ip_address(domain)
    except ValueError:
        return False
    return True
