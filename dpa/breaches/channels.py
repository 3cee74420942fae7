"""Channels a notice can take, when it counts as given, and which comes next when a customer stays silent. Pure.

For e-mail the mail server's acceptance is the moment. What a person hands over otherwise (courier, post, telephone) is recorded with
its proof; where contract or custom deem it received some days later, that moment is computed in the contract's zone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from dpa.breaches.enough import too_little

PROOF_MIN = 5
NOT_RELEASED = (
    "No notice was released yet. Release it first; then record how else it was given. A call made before the release is recorded then, too, with its true time."
)


class Channel(StrEnum):
    """How a notice is given."""

    EMAIL = "email"
    PHONE = "phone"
    COURIER = "courier"
    POST = "post"
    PERSON = "person"


TITLES: dict[Channel, str] = {
    Channel.EMAIL: "E-mail",
    Channel.PHONE: "Telephone",
    Channel.COURIER: "Courier or by hand",
    Channel.POST: "Registered post",
    Channel.PERSON: "In person",
}
BY_HAND: tuple[Channel, ...] = (Channel.PHONE, Channel.PERSON, Channel.COURIER, Channel.POST)
"""What people record; e-mail is recorded by the outbox."""
PROOFS: dict[Channel, str] = {
    Channel.PHONE: "Who was reached, on which number, and who called",
    Channel.PERSON: "Who was told, where, and by whom",
    Channel.COURIER: "Receipt number, and who signed for it",
    Channel.POST: "Tracking number of the registered letter",
}
DEEMED_DAYS: dict[Channel, int] = {Channel.EMAIL: 0, Channel.PHONE: 0, Channel.COURIER: 0, Channel.POST: 3, Channel.PERSON: 0}
"""Calendar days after which a notice counts as received where nothing is agreed: house policy, shown as such. What a courier carries counts once its receipt is known."""
ORDER: tuple[Channel, ...] = (Channel.EMAIL, Channel.PHONE, Channel.COURIER, Channel.POST)
"""What is proposed one after the other, where the contract names no way of its own."""
SPOKEN = frozenset({Channel.PHONE, Channel.PERSON})
"""Ways that need no text: by them a customer may be told before the written notice is released."""
CARRIED = frozenset({Channel.COURIER, Channel.POST})
"""Ways on which somebody else carries the notice: what they carry can come back."""
SAID_MIN = 20
RETURN_MIN = 5


@dataclass(frozen=True, slots=True)
class Handed:
    """A notice that a person gave by another channel than mail."""

    channel: Channel
    given_at: datetime
    """When it was handed over, aware, in UTC."""
    proof: str
    received_at: datetime | None = None
    """When it was demonstrably received, if that is known."""
    said: str = ""
    """What was said, where it was told before there was a text."""

    @property
    def record(self) -> str:
        """Return what is kept as its proof."""
        said = self.said.strip()
        return f"{self.proof.strip()}\nSaid: {said}" if said else self.proof.strip()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What somebody says of the receipt of something that was on its way."""

    at: datetime
    """When it was received, aware, in UTC."""
    proof: str


@dataclass(frozen=True, slots=True)
class CameBack:
    """What somebody says of a delivery that came back."""

    at: datetime
    """When it came back, or was known not to arrive any more, aware, in UTC."""
    reason: str


def way(title: str) -> str:
    """Return a channel's title as a sentence names the way: `by telephone`, `in person`."""
    return title.lower() if title.startswith("In ") else f"by {title.lower()}"


def before_text(given_at: datetime, released_at: datetime) -> bool:
    """Tell whether something was given before its text was released. People type whole minutes: within the minute of the release it was not."""
    return given_at < released_at.replace(second=0, microsecond=0)


def handed_errors(handed: Handed, now: datetime, released_at: datetime, aware_at: datetime) -> dict[str, str]:
    """Return a sentence for each input that cannot stand, by field.

    Whoever was told by word of mouth may have been told before the text was released, from awareness on; then what was said is asked for.
    """
    found: dict[str, str] = {}
    if handed.channel not in BY_HAND:
        found["channel"] = "Choose how the notice was given; mails are recorded by themselves."
    if handed.given_at > now:
        found["given_at"] = "It cannot have been given in the future; check the date and the time zone."
    elif before_text(handed.given_at, released_at) and handed.channel not in SPOKEN:
        found["given_at"] = "The notice was released later than this; nobody can have been given its text before."
    elif before_text(handed.given_at, released_at) and handed.given_at < aware_at:
        found["given_at"] = "You were aware later than this; what was said before was no notice of a breach."
    elif before_text(handed.given_at, released_at) and (short := too_little(handed.said, SAID_MIN, "The notice was released later than this. Write down what was said: it stands for the text until that came.")):
        found["said"] = short
    if handed.received_at is not None and handed.received_at < handed.given_at:
        found["received_at"] = "It cannot have been received before it was given."
    elif handed.received_at is not None and handed.received_at > now:
        found["received_at"] = "It cannot have been received in the future; check the date and the time zone."
    if short := too_little(handed.proof, PROOF_MIN, "Say what proves it, such as a receipt or tracking number, or who was reached."):
        found["proof"] = short
    return found


def receipt_errors(given_at: datetime, said: Receipt, now: datetime) -> dict[str, str]:
    """Return a sentence for each input about a receipt that cannot stand, by field."""
    found: dict[str, str] = {}
    if said.at > now:
        found["received_at"] = "It cannot have been received in the future; check the date and the time zone."
    elif said.at < given_at:
        found["received_at"] = "It cannot have been received before it was given."
    if short := too_little(said.proof, PROOF_MIN, "Say what proves the receipt, such as who signed for it."):
        found["proof"] = short
    return found


def returned_errors(given_at: datetime, said: CameBack, now: datetime) -> dict[str, str]:
    """Return a sentence for each input about a delivery that came back that cannot stand, by field."""
    found: dict[str, str] = {}
    if said.at > now:
        found["came_back_at"] = "It cannot have come back in the future; check the date and the time zone."
    elif said.at < given_at:
        found["came_back_at"] = "It cannot have come back before it was handed over."
    if short := too_little(said.reason, RETURN_MIN, "Say why it came back, such as what the carrier noted on it."):
        found["reason"] = short
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


def next_channel(tried: Sequence[Channel], own: Collection[Channel] = ()) -> Channel | None:
    """Return the channel to try next, after those tried without an answer: first the contract's `own` ways, then the house's order; none when all were."""
    order = sorted(ORDER, key=lambda channel: channel not in own)
    return next((channel for channel in order if channel not in tried), None)
