"""The general kinds of value: periods, words without a number, facts, lists, dates, hours, addresses, channels."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from dpa.agreements.terms.base import (
    Amount,
    Clock,
    Count,
    Country,
    Currency,
    Day,
    Frozen,
    Language,
    LiteralWords,
    Note,
    Region,
    Short,
    Yes,
    Zone,
)
from dpa.agreements.terms.words import (
    Bound,
    Channel,
    DeemedRule,
    Direction,
    Event,
    Party,
    StartRule,
    Unit,
    ValidIf,
    Word,
    Workweek,
)

if TYPE_CHECKING:
    from dpa.deadlines.periods import Period as EnginePeriod


class Period(Frozen):
    """A length of time with what a contract says about counting it.

    ``start`` is the event it is counted from; ``start_rule`` the moment of the message that counts as that event.
    ``word`` keeps an urgency named beside the number ("immediately, at most 24 hours"). ``effect`` says in our own
    words what happens when the period ends. The day of the event is excluded and nothing rolls unless stated.
    """

    kind: Literal["period"] = "period"
    amount: Count
    unit: Unit
    direction: Direction = Direction.AFTER
    bound: Bound = Bound.EXACT
    word: Word | None = None
    start: Event | None = None
    start_rule: StartRule | None = None
    workweek: Workweek | None = None
    includes_event_day: Yes = False
    rolls: Yes = False
    effect: Short | None = None

    @model_validator(mode="after")
    def _workweek_only_for_working_days(self) -> Period:
        if self.workweek is not None and self.unit is not Unit.WORKING_DAYS:
            raise ValueError("a work week belongs to working days only; remove it or use the unit working_days")
        return self

    def to_period(self) -> EnginePeriod:
        """Return the same length as the deadline engine's period (amount, unit, direction)."""
        from dpa.deadlines import periods as engine

        return engine.Period(self.amount, engine.PeriodUnit(self.unit.value), engine.Direction(self.direction.value))


class Qualitative(Frozen):
    """A word instead of a number. ``set_by`` names who fixes the time when it is not the processor's own judgement."""

    kind: Literal["qualitative"] = "qualitative"
    word: Word
    start: Event | None = None
    set_by: Party | None = None
    effect: Short | None = None


Length = Annotated[Period | Qualitative, Field(discriminator="kind")]
"""A time limit, in numbers or in a word."""


class Fact(Frozen):
    """A plain yes or no."""

    kind: Literal["flag"] = "flag"
    yes: Yes


class Choice(Frozen):
    """One of the options the catalogue lists for the key; ``scope`` narrows where it holds."""

    kind: Literal["choice"] = "choice"
    choice: Short
    scope: Short | None = None


class Text(Frozen):
    """A fact in our own words, where no stricter type fits."""

    kind: Literal["text"] = "text"
    text: Note


class ListOf(Frozen):
    """Several facts in our own words. ``complete`` is false where the contract says "including" or "at least"."""

    kind: Literal["list"] = "list"
    entries: Annotated[tuple[Short, ...], Field(min_length=1, max_length=60)]
    complete: Yes = True
    ordered: Yes = False

    @model_validator(mode="after")
    def _no_entry_twice(self) -> ListOf:
        if len(set(self.entries)) != len(self.entries):
            raise ValueError("the list names the same entry twice; keep each once")
        return self


_NUMERIC_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


class DateLiteral(Frozen):
    """A date exactly as printed with every day it can mean; it is never repaired by guessing.

    ``precision`` says what was printed: for a month, the candidate is its first day.
    """

    kind: Literal["date_literal"] = "date_literal"
    printed: LiteralWords
    candidates: Annotated[tuple[Day, ...], Field(min_length=1, max_length=4)]
    precision: Literal["day", "month", "year"] = "day"

    @model_validator(mode="after")
    def _candidates_match_print(self) -> DateLiteral:
        if len(set(self.candidates)) != len(self.candidates):
            raise ValueError("the same candidate is listed twice; keep each once")
        match = _NUMERIC_DATE.fullmatch(self.printed)
        if match and set(self.candidates) != set(_readings(*(int(part) for part in match.groups()))):
            readings = " and ".join(day.isoformat() for day in _readings(*(int(part) for part in match.groups())))
            raise ValueError(f"'{self.printed}' can mean {readings or 'no day at all'}; list exactly these candidates")
        return self

    @property
    def ambiguous(self) -> bool:
        """Whether more than one day is possible."""
        return len(self.candidates) > 1


def _readings(first: int, second: int, year: int) -> tuple[date, ...]:
    """Every day a date printed in two numbers and a year can mean, whichever number is the month."""
    found: list[date] = []
    for day, month in ((second, first), (first, second)):
        try:
            reading = date(year, month, day)
        except ValueError:
            continue
        if reading not in found:
            found.append(reading)
    return tuple(found)


class Span(Frozen):
    """A stretch of a day, from one time to a later one."""

    opens: Clock
    closes: Clock

    @model_validator(mode="after")
    def _closes_later(self) -> Span:
        if self.closes <= self.opens:
            raise ValueError(f"hours that open at {self.opens} must close later, not at {self.closes}")
        return self


class WorkingHours(Frozen):
    """Hours of work with their own zone, kept as printed even where it is a fixed offset."""

    kind: Literal["working_hours"] = "working_hours"
    zone: Zone
    zone_printed: LiteralWords
    workweek: Workweek
    spans: Annotated[tuple[Span, ...], Field(min_length=1, max_length=6)]
    closed_on_holidays: Yes = True


class Calendar(Frozen):
    """Where public holidays are taken from: the code of a country or region, and extra closing days."""

    kind: Literal["calendar"] = "calendar"
    holidays: Country
    extra_closing_days: tuple[Day, ...] = ()


class ZoneName(Frozen):
    """The zone in which legal days begin and end."""

    kind: Literal["zone"] = "zone"
    zone: Zone


class Languages(Frozen):
    """The language of the document and the one that prevails over translations."""

    kind: Literal["language"] = "language"
    language: Language
    prevailing: Language | None = None


class Regions(Frozen):
    """Where data is: countries, EU or EEA, as a general statement or as of signature only."""

    kind: Literal["regions"] = "regions"
    regions: Annotated[tuple[Region, ...], Field(min_length=1, max_length=60)]
    as_of_signature: Yes = False
    options: tuple[Short, ...] = ()


class Money(Frozen):
    """An amount with its currency."""

    amount: Amount
    currency: Currency


class Address(Frozen):
    """Where a message for one purpose goes. ``printed`` is the address as the contract shows it, if it does."""

    purpose: Short
    party: Party
    channel: Channel
    printed: LiteralWords | None = None
    recipient: Short | None = None


class Addresses(Frozen):
    """The addresses and named recipients of an agreement."""

    kind: Literal["addresses"] = "addresses"
    addresses: Annotated[tuple[Address, ...], Field(min_length=1, max_length=40)]


class ChannelRule(Frozen):
    """One way of giving notice: what makes it valid, and when it counts as delivered.

    ``working_days`` is the number after posting, for that rule only.
    """

    channel: Channel
    valid_if: tuple[ValidIf, ...] = ()
    deemed: DeemedRule
    working_days: Count | None = None

    @model_validator(mode="after")
    def _days_belong_to_posting(self) -> ChannelRule:
        if (self.deemed is DeemedRule.WORKING_DAY_AFTER_POSTING) != (self.working_days is not None):
            raise ValueError("a number of working days is needed for delivery after posting, and only there")
        return self


class Channels(Frozen):
    """All ways of giving a formal notice."""

    kind: Literal["channels"] = "channels"
    channels: Annotated[tuple[ChannelRule, ...], Field(min_length=1, max_length=12)]
    special_clauses_first: Yes = True

    def rule_for(self, channel: Channel) -> ChannelRule | None:
        """The rule of one channel, or none when the contract does not allow it."""
        return next((rule for rule in self.channels if rule.channel is channel), None)
