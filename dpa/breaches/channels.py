"""Channels a notice can take, when it counts as given, and which comes next when a customer stays silent. Pure.

For e-mail the mail server's acceptance is the moment. What a person hands over otherwise (courier, post, telephone) is recorded with
its proof; where contract or custom deem it received some days later, that moment is computed in the contract's zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

PROOF_MIN = 5


class Channel(StrEnum):
    """How a notice is given."""

    EMAIL = "email"
    PHONE = "phone"
    COURIER = "courier"
    POST = "post"


TITLES: dict[Channel, str] = {
    Channel.EMAIL: "E-mail",
    Channel.PHONE: "Telephone",
    Channel.COURIER: "Courier or by hand",
    Channel.POST: "Registered post",
}
BY_HAND: tuple[Channel, ...] = (Channel.PHONE, Channel.COURIER, Channel.POST)
"""What people record; e-mail is recorded by the outbox."""
PROOFS: dict[Channel, str] = {
    Channel.PHONE: "Who was reached, on which number, and who called",
    Channel.COURIER: "Receipt number, and who signed for it",
    Channel.POST: "Tracking number of the registered letter",
}
DEEMED_DAYS: dict[Channel, int] = {Channel.EMAIL: 0, Channel.PHONE: 0, Channel.COURIER: 0, Channel.POST: 3}
"""Calendar days after which a notice counts as received where nothing is agreed: house policy, shown as such."""
ORDER: tuple[Channel, ...] = (Channel.EMAIL, Channel.PHONE, Channel.COURIER, Channel.POST)
"""What is proposed one after the other."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A notice that a person gave by another channel than mail."""

    channel: Channel
    given_at: datetime
    """When it was handed over, aware, in UTC."""
    proof: str
    received_at: datetime | None = None
    """When it was demonstrably received, if that is known."""


def handed_errors(handed: Handed, now: datetime, released_at: datetime) -> dict[str, str]:
    """Return a sentence for each input that cannot stand, by field."""
    found: dict[str, str] = {}
    if handed.channel not in BY_HAND:
        found["channel"] = "Choose how the notice was given; mails are recorded by themselves."
    if handed.given_at > now:
        found["given_at"] = "It cannot have been given in the future; check the date and the time zone."
    elif handed.given_at < released_at:
        found["given_at"] = "The notice was released later than this; nobody can have been given it before."
    if handed.received_at is not None and handed.received_at < handed.given_at:
        found["received_at"] = "It cannot have been received before it was given."
    if len(handed.proof.strip()) < PROOF_MIN:
        found["proof"] = "Say what proves it, such as a receipt or tracking number, or who was reached."
    return found


def effective_at(handed: Handed, zone: str, deemed_days: int | None = None) -> datetime:
    """Return when a notice counts as received: the proven receipt, else the end of the last deemed day in the contract's zone."""
    if handed.received_at is not None:
        return handed.received_at
    days = DEEMED_DAYS[handed.channel] if deemed_days is None else deemed_days
    if days == 0:
        return handed.given_at
    place = ZoneInfo(zone)
    day = handed.given_at.astimezone(place).date() + timedelta(days=days)
    return datetime.combine(day, time(23, 59, 59), place).astimezone(handed.given_at.tzinfo)


def next_channel(tried: Sequence[Channel]) -> Channel | None:
    """Return the channel to try next, after those tried without an answer; none when all were."""
    return next((channel for channel in ORDER if channel not in tried), None)
