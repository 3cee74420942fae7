"""House policy: the organisation's own targets where contract and law give no number.

The defaults here are product suggestions. They are always shown as policy, never as contract or law, and each
organisation may replace them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, model_validator

from dpa.agreements.terms.base import Frozen, Short
from dpa.agreements.terms.conditions import Value
from dpa.agreements.terms.document import Term, check_terms
from dpa.agreements.terms.duties import Forwarding
from dpa.agreements.terms.values import Calendar, Choice, Period, Qualitative, ZoneName
from dpa.agreements.terms.words import Bound, Event, Origin, State, Unit, Word, Workweek


class WordTarget(Frozen):
    """How long a word means in this house; ``group`` narrows it to one group of keys, such as breach.

    ``target`` is what alerts key on, ``ceiling`` the moment at which lateness goes up the ladder.
    """

    word: Word
    group: Short | None = None
    target: Period
    ceiling: Period | None = None


@dataclass(frozen=True, slots=True)
class HouseTarget:
    """A policy answer to a word: target, ceiling, and the sentence that says it is policy."""

    word: Word
    target: Period
    ceiling: Period | None
    policy: str
    origin: Origin = Origin.HOUSE_POLICY


NEEDED: tuple[str, ...] = ("subprocessors.window", "calendar.zone", "calendar.holidays")
"""Keys a policy must answer, because nobody else always does."""


class HousePolicy(Frozen):
    """One version of an organisation's policy: targets for words, and terms used where nobody else says anything."""

    format: Annotated[int, Field(ge=1, le=1)] = 1
    name: Short
    version: Short
    workweek: Workweek = Workweek.MON_FRI
    targets: Annotated[tuple[WordTarget, ...], Field(min_length=1, max_length=60)]
    terms: tuple[Term, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> HousePolicy:
        for word in Word:
            if not any(target.word is word and target.group is None for target in self.targets):
                raise ValueError(f"the policy gives no general target for '{word.value}'; add one")
        for key in NEEDED:
            if not any(term.key == key and term.state is State.VALUE for term in self.terms):
                raise ValueError(f"the policy says nothing under {key}, which every agreement may need; add it")
        pairs = [(target.word, target.group) for target in self.targets]
        if len(set(pairs)) != len(pairs):
            raise ValueError("a word has two targets for the same group; keep one")
        wrong = [term.ref for term in self.terms if term.origin is not Origin.HOUSE_POLICY]
        if wrong:
            raise ValueError(f"{wrong[0]} stands in the house policy; its origin must be house_policy")
        if faults := check_terms(self.terms):
            raise ValueError(faults[0])
        return self

    def target_for(self, word: Word, group: str) -> HouseTarget:
        """The target of a word inside a group of keys: the group's own where it has one, else the general one."""
        fitting = [target for target in self.targets if target.word is word and target.group in {group, None}]
        best = next((target for target in fitting if target.group == group), fitting[0])
        return HouseTarget(word, best.target, best.ceiling, f"{self.name}, version {self.version}")

    def term(self, key: str) -> Term | None:
        """What the policy says under a key, or none."""
        return next((term for term in self.terms if term.key == key), None)


def _target(word: Word, amount: int, unit: Unit, group: str | None = None, ceiling: int | None = None) -> WordTarget:
    return WordTarget(
        word=word, group=group, target=Period(amount=amount, unit=unit),
        ceiling=Period(amount=ceiling, unit=unit) if ceiling else None,
    )


def _policy_term(key: str, value: Value, note: str) -> Term:
    return Term(key=key, value=value, origin=Origin.HOUSE_POLICY, note=note)


DEFAULT_POLICY = HousePolicy(
    name="House policy",
    version="1",
    targets=(
        _target(Word.IMMEDIATELY, 4, Unit.HOURS),
        _target(Word.ON_RECEIPT, 1, Unit.WORKING_DAYS),
        _target(Word.PROMPTLY, 2, Unit.WORKING_DAYS),
        _target(Word.WITHOUT_UNDUE_DELAY, 24, Unit.HOURS, group="breach", ceiling=48),
        _target(Word.WITHOUT_UNDUE_DELAY, 2, Unit.WORKING_DAYS),
        _target(Word.REASONABLE, 10, Unit.WORKING_DAYS),
        _target(Word.AS_SOON_AS_POSSIBLE, 5, Unit.WORKING_DAYS),
    ),
    terms=(
        _policy_term(
            "subprocessors.window",
            Period(amount=30, unit=Unit.CALENDAR_DAYS, start=Event.NOTICE),
            "Used where neither contract nor law gives a window. It never lets silence approve.",
        ),
        _policy_term(
            "information.answer", Qualitative(word=Word.REASONABLE, start=Event.REQUEST),
            "Article 28(3)(h) GDPR asks for the information without naming a time.",
        ),
        _policy_term(
            "assistance.answer", Qualitative(word=Word.PROMPTLY, start=Event.REQUEST),
            "Article 28(3)(e) and (f) GDPR ask for help without naming a time.",
        ),
        _policy_term(
            "subject_requests.forward", Forwarding(limit=Qualitative(word=Word.ON_RECEIPT, start=Event.REQUEST)),
            "Article 28(3)(e) GDPR asks for help and names no time, while the controller's month may be running.",
        ),
        _policy_term(
            "audit.notice", Qualitative(word=Word.REASONABLE, start=Event.NOTICE),
            "Article 28(3)(h) GDPR names no notice; standard clauses speak of reasonable notice.",
        ),
        _policy_term(
            "retention.outer_limit",
            Period(amount=30, unit=Unit.CALENDAR_DAYS, bound=Bound.AT_MOST, start=Event.EARLIEST_DELETION),
            "Sets by when deletion must be done where only its earliest day is known.",
        ),
        _policy_term("return.choice", Choice(choice="controller_chooses"), "The choice is asked for at the end."),
        _policy_term("calendar.zone", ZoneName(zone="Europe/Paris"), "Used until the organisation sets its own zone."),
        _policy_term("calendar.holidays", Calendar(holidays="FR"), "Used until the organisation sets its own calendar."),
    ),
)
"""The policy a new organisation starts with."""

