"""What an agreement says about ways of giving notice, for the channels of this workflow. Pure.

A contract may say which letter counts when, and what makes a mail count. For a breach the sending of the mail meets the clock (the
breach clause is the special one); that a mail counts only once it is acknowledged is shown, and chased. What a person hands over counts
when the contract says so, and by house rule only where it says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from dpa.agreements.terms import BreachClock, TermStack, effective
from dpa.agreements.terms import Channel as TermChannel
from dpa.agreements.terms.text_words import by
from dpa.agreements.terms.values import Addresses, ChannelRule, Channels
from dpa.agreements.terms.words import DeemedRule, Party, ValidIf
from dpa.breaches import channels
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.clocks import cited
from dpa.deadlines import Calendar, DeliveryRule, Options, PeriodUnit, PostalFacts, Regime, delivery
from dpa.web.words import plural

KEY = "notices.channels"
ADDRESSES = "notices.addresses"
MEANT: Mapping[Channel, tuple[TermChannel, ...]] = {
    Channel.EMAIL: (TermChannel.EMAIL,),
    Channel.POST: (TermChannel.REGISTERED_LETTER, TermChannel.POST, TermChannel.PRIORITY_POST),
    Channel.COURIER: (TermChannel.COURIER, TermChannel.BY_HAND),
}
"""Ways of a contract behind each channel, the closest first; no contract we hold speaks of the telephone."""
CARRIED: Mapping[Channel, str] = {Channel.COURIER: "a notice by courier or by hand", Channel.POST: "a letter"}
"""What others carry, as sentences name it: handing it over is not yet receiving it."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What one agreement says of one channel."""

    working_days: int | None
    """Working days after posting on which it counts as received; none for another rule."""
    on_receipt: bool
    """Whether only the real receipt counts."""
    confirmed: bool
    """Whether it counts only once it was acknowledged or answered."""
    signed: bool
    """Whether it counts only against a signature."""


@dataclass(frozen=True, slots=True)
class Ways:
    """An agreement's ways of giving notice, with where and on which calendar days are counted; no rules where it names none."""

    rules: Mapping[Channel, Agreed] = field(default_factory=dict)
    clause: str = ""
    zone: str = "UTC"
    calendar: Calendar | None = None
    special: str = ""
    """The clause on breaches, such as `clause 15.4`; empty where the agreement has none."""
    own: Mapping[Channel, str] = field(default_factory=dict)
    """The ways that the contract itself names, each with its clause, such as `clause 16.4`."""

    def received_at(self, handed: Handed) -> datetime | None:
        """Return when what a person gave counts as received, aware, in UTC.

        A proven receipt comes before everything, then the contract, then the house rule. None where only the real receipt counts, or a
        signature, and nobody knows it yet: what was given to a courier has reached nobody.
        """
        rule = self.rules.get(handed.channel)
        if handed.received_at is None and self.needs_receipt(handed.channel):
            return None
        if handed.received_at is not None or rule is None:
            return channels.effective_at(handed, self.zone)
        if rule.working_days is not None and self.calendar is not None:
            options = Options.for_regime(Regime.contract, PeriodUnit.WORKING_DAYS)
            counted = delivery(
                DeliveryRule.NTH_WORKING_DAY_AFTER_POSTING, PostalFacts(posted_at=handed.given_at), zone=self.zone, calendar=self.calendar,
                options=options, working_days=rule.working_days,
            )  # fmt: skip
            assert counted is not None, "it was posted"
            return datetime.combine(counted.on, time(23, 59, 59), ZoneInfo(self.zone)).astimezone(handed.given_at.tzinfo)
        return handed.given_at

    @property
    def demanded(self) -> str:
        """The clause under which a mail counts only once it was acknowledged or answered; empty where none says so."""
        return cited(self.clause) if (rule := self.rules.get(Channel.EMAIL)) is not None and rule.confirmed else ""

    def needs_receipt(self, channel: Channel) -> bool:
        """Tell whether what goes this way counts only when it is really received, or signed for: by contract, and a courier by house rule as well."""
        rule = self.rules.get(channel)
        if rule is None:
            return channel is Channel.COURIER
        return channel in CARRIED and rule.working_days is None and (rule.on_receipt or rule.signed)

    def _receipt(self, channel: Channel) -> str:
        rule, words = self.rules.get(channel), CARRIED[channel]
        under = "By house rule" if rule is None else f"Under {cited(self.clause)}"
        return f"{under} {words} counts only {'against a signature' if rule is not None and rule.signed else 'when it is really received'}"

    def receipts(self) -> str:
        """Say for the form what the time of the receipt is for under this agreement, and what an empty one means."""
        needed = [f"{self._receipt(channel)}: left empty, it is on its way until you record the receipt." for channel in CARRIED if self.needs_receipt(channel)]
        empty = [f"{words} {self.says(channel)}" for channel, words in CARRIED.items() if not self.needs_receipt(channel)]
        return " ".join(["When it was demonstrably received, such as by a signed receipt.", *needed, _sentence("; ".join([*(f"left empty, {one}" for one in empty), "what was said counts at once."]))])

    def says(self, channel: Channel) -> str:
        """Return when a channel counts, in a sentence's part."""
        rule = self.rules.get(channel)
        if rule is None and self.needs_receipt(channel):
            return "counts when it is really received, by house rule"
        if rule is None:
            days = channels.DEEMED_DAYS[channel]
            return f"counts as received {plural(days, 'day')} later, by house rule" if days else "counts as received at once"
        if rule.working_days is not None:
            return f"counts as received on working day {rule.working_days} after posting ({self.clause})"
        if rule.confirmed:
            general = f"a notice in general counts only once it is acknowledged or answered ({self.clause})"
            return f"{general}. For a breach {self.special or 'the breach clause'} is the special rule: sending it in time is enough, and the acknowledgement is chased"
        if rule.signed:
            return f"counts when it is handed over against a signature ({self.clause})"
        return f"counts when it is really received ({self.clause})"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The way in which a contract wants a breach told."""

    channels: frozenset[Channel]
    """Our channels that are that way."""
    words: str
    """`by e-mail`, `in writing`."""
    clause: str
    """`clause 15.4`."""


def wanted_of(clock: BreachClock) -> Wanted | None:
    """Return the way that the clause which governs a clock names; none where it names none."""
    if clock.channel is None:
        return None
    if clock.channel in {TermChannel.WRITING, TermChannel.DIGITAL}:
        fitting = frozenset({Channel.EMAIL} if clock.channel is TermChannel.DIGITAL else {Channel.EMAIL, Channel.POST, Channel.COURIER})
    else:
        fitting = frozenset(channel for channel, meant in MEANT.items() if clock.channel in meant)
    return Wanted(fitting, by(clock.channel), cited(clock.clause))


@dataclass(frozen=True, slots=True)
class Counted:
    """A notice that counts as received: by which channel, and from when on."""

    channel: Channel
    at: datetime


def caveat(wanted: Wanted | None, counted: Sequence[Counted], due_at: datetime) -> str:
    """Return what must be said where a customer was first told in another way than its contract names; empty where nothing.

    The clock's result stands: the customer knew. Whether that satisfies the contract is not for a clock to say. A notice in the way of the
    contract that came in time, too, leaves nothing to say.
    """
    first = min(counted, key=lambda one: one.at, default=None)
    if wanted is None or first is None or first.channel in wanted.channels:
        return ""
    if any(one.channel in wanted.channels and one.at <= due_at for one in counted):
        return ""
    return (
        f"The contract asks for the notice {wanted.words} ({wanted.clause}); the customer was first told {channels.way(channels.TITLES[first.channel])}. "
        "The result of the clock counts that moment; whether the contract is satisfied by it is a question of its words."
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def own_ways(stack: TermStack, governing: BreachClock | None) -> Mapping[Channel, str]:
    """Return the ways of giving a notice that a contract names, each with the clause: its clause on breaches, its ways of notice, the places it has for them."""
    found: dict[Channel, str] = {}
    if governing is not None and (wanted := wanted_of(governing)) is not None:
        found |= dict.fromkeys(wanted.channels, wanted.clause)
    rules, clause = rules_of(stack)
    found |= {channel: cited(clause) for channel in rules if channel not in found}
    places = effective(stack, ADDRESSES)
    if isinstance(places.value, Addresses):
        meant = {one.channel for one in places.value.addresses if one.party in {Party.CONTROLLER, Party.EITHER}}
        found |= {channel: cited(places.clause or "the contract") for channel, ways in MEANT.items() if channel not in found and meant & set(ways)}
    return found


def demanded(stack: TermStack) -> str:
    """Return the clause under which a mail counts only once it was acknowledged or answered; empty where none says so."""
    rules, clause = rules_of(stack)
    rule = rules.get(Channel.EMAIL)
    return cited(clause) if rule is not None and rule.confirmed else ""


def rules_of(stack: TermStack) -> tuple[Mapping[Channel, Agreed], str]:
    """Return what an agreement says of each channel, with the clause; nothing where it names no ways of giving notice."""
    found = effective(stack, KEY)
    if not isinstance(found.value, Channels):
        return {}, ""
    rules = {channel: rule for channel, meant in MEANT.items() if (rule := _closest(found.value, meant)) is not None}
    return {channel: _agreed(rule) for channel, rule in rules.items()}, found.clause or "the contract"


def _closest(value: Channels, meant: tuple[TermChannel, ...]) -> ChannelRule | None:
    return next((rule for one in meant if (rule := value.rule_for(one)) is not None), None)


def _agreed(rule: ChannelRule) -> Agreed:
    return Agreed(rule.working_days, rule.deemed is DeemedRule.ACTUAL_DELIVERY, ValidIf.ACKNOWLEDGED in rule.valid_if, ValidIf.SIGNED_FOR in rule.valid_if)
