"""Other clocks on the same facts: NIS2, DORA, the controller's own 72 hours, a proposal. Off unless somebody turns them on. Pure.

Sources: Directive (EU) 2022/2555 (NIS2) Art. 23(4); Regulation (EU) 2022/2554 (DORA) Art. 19 with Delegated Regulation (EU) 2025/301
Art. 5, including its weekend rule; GDPR Art. 33(1); COM(2025) 837, which is a proposal and not in force. These duties are owed to
authorities, not to customers: a processor meets them for itself or helps a customer meet them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from dpa.deadlines import Calendar, Deadline, Options, Period, Regime, Roll, compute


class Profile(StrEnum):
    """A set of clocks that can be turned on."""

    NIS2 = "nis2"
    NIS2_TRUST = "nis2_trust"
    """NIS2 for trust service providers, whose notification is owed within 24 hours."""
    DORA = "dora"
    DORA_NO_ROLL = "dora_no_roll"
    """DORA for the entities of Art. 5(5), to whom the weekend rule does not apply for the first two reports."""
    GDPR_72 = "gdpr_72"
    """The controller's own 72 hours, as information."""
    PROPOSAL_96 = "proposal_96"
    """The 96 hours of COM(2025) 837, as information; not in force."""

    @property
    def short(self) -> str:
        """Return its name in a word or two."""
        return SHORT[self]


TITLES: dict[Profile, str] = {
    Profile.NIS2: "NIS2: early warning 24 h, notification 72 h, final report one month",
    Profile.NIS2_TRUST: "NIS2 for trust service providers: early warning and notification 24 h, final report one month",
    Profile.DORA: "DORA: initial 4 h / 24 h, intermediate 72 h, final one month",
    Profile.DORA_NO_ROLL: "DORA for credit institutions and others of Art. 5(5): no weekend rule for the first two",
    Profile.GDPR_72: "The controller's 72 hours (Art. 33(1) GDPR), for information",
    Profile.PROPOSAL_96: "96 hours of the proposal COM(2025) 837, for information; not in force",
}
SHORT: dict[Profile, str] = {
    Profile.NIS2: "NIS2", Profile.NIS2_TRUST: "NIS2 for trust services", Profile.DORA: "DORA", Profile.DORA_NO_ROLL: "DORA without its weekend rule", Profile.GDPR_72: "72 hours of Art. 33(1)",
    Profile.PROPOSAL_96: "96 hours of the proposal",
}  # fmt: skip
FOR_INFORMATION = frozenset({Profile.GDPR_72, Profile.PROPOSAL_96})
"""Clocks that are shown and never put on the docket: nobody in this house owes them."""
DORA_PROFILES = frozenset({Profile.DORA, Profile.DORA_NO_ROLL})


class Law(StrEnum):
    """A law that asks for reports to an authority, one after the other."""

    NIS2 = "nis2"
    DORA = "dora"

    @property
    def short(self) -> str:
        """Return what it is called in a sentence."""
        return self.value.upper()


PROFILES_OF: dict[Law, frozenset[Profile]] = {Law.NIS2: frozenset({Profile.NIS2, Profile.NIS2_TRUST}), Law.DORA: DORA_PROFILES}
"""Readings of each law that can be turned on."""
DORA_INITIAL = "Reg. (EU) 2025/301 Art. 5(1)(a)"
INITIAL = "dora:initial"
"""Name of the clock of DORA's initial notification."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the clocks run from; none where it has not happened."""

    aware_at: datetime
    classified_at: datetime | None = None
    """When the incident was classified as major (DORA)."""
    first_report_at: datetime | None = None
    """When the early warning or initial notification was submitted; for clocks of information, when the customer was told."""
    second_report_at: datetime | None = None
    """When the notification or intermediate report was submitted, or last updated."""


@dataclass(frozen=True, slots=True)
class RegimeClock:
    """One clock of a profile."""

    profile: Profile
    name: str
    """Stable name, such as nis2:notification."""
    title: str
    article: str
    deadline: Deadline
    binding: bool
    """False for clocks shown for information only."""


Count = Callable[[str, datetime, Regime, bool], Deadline]


def clocks(profile: Profile, facts: Facts, *, zone: str, calendar: Calendar) -> tuple[RegimeClock, ...]:
    """Return the clocks of a profile that can be counted from what has happened, in the order in which they end."""

    def count(text: str, start: datetime, regime: Regime, roll: bool) -> Deadline:
        period = Period.parse(text)
        options = Options.for_regime(regime, period.unit)
        if not roll and options.roll is not Roll.NONE:
            options = replace(options, roll=Roll.NONE)
        return compute(period, start, zone=zone, calendar=calendar, options=options)

    found = [replace(clock, profile=profile, binding=profile not in FOR_INFORMATION) for clock in _BUILDERS[profile](facts, count)]
    return tuple(sorted(found, key=lambda clock: clock.deadline.due))


def report_due(name: str, profiles: Iterable[Profile], facts: Facts, *, zone: str, calendar: Calendar) -> Deadline | None:
    """Return by when a report to an authority is owed, such as `nis2:final`; none where no profile that asks for it is given.

    Where several ask for it, the earliest governs.
    """
    found = [clock.deadline for profile in profiles if profile not in FOR_INFORMATION for clock in clocks(profile, facts, zone=zone, calendar=calendar) if clock.name == name]
    return min(found, key=lambda deadline: deadline.due, default=None)


def _clock(name: str, title: str, article: str, deadline: Deadline) -> RegimeClock:
    return RegimeClock(Profile.NIS2, name, title, article, deadline, binding=True)


def _nis2(facts: Facts, count: Count, notification: str = "72 hours") -> list[RegimeClock]:
    found = [
        _clock("nis2:warning", "Early warning to the CSIRT or authority", "NIS2 Art. 23(4)(a)", count("24 hours", facts.aware_at, Regime.nis2, True)),
        _clock("nis2:notification", "Incident notification", "NIS2 Art. 23(4)(b)", count(notification, facts.aware_at, Regime.nis2, True)),
    ]
    # The month runs from the notification that was made; until then from the last moment it may be made.
    made = facts.second_report_at or found[1].deadline.due
    return [*found, _clock("nis2:final", "Final report", "NIS2 Art. 23(4)(d)", count("1 month", made, Regime.nis2, True))]


def _nis2_trust(facts: Facts, count: Count) -> list[RegimeClock]:
    """Trust service providers notify within 24 hours; everything else is the same (Art. 23(4), last subparagraph)."""
    return _nis2(facts, count, "24 hours")


def _dora(facts: Facts, count: Count, roll: bool = True) -> list[RegimeClock]:
    found = [_clock(INITIAL, "Initial notification", DORA_INITIAL, _dora_initial(facts, count, roll))]
    first = facts.first_report_at or found[0].deadline.due
    second = count("72 hours", first, Regime.dora, roll)
    found.append(_clock("dora:intermediate", "Intermediate report", "Reg. (EU) 2025/301 Art. 5(1)(b)", second))
    last = facts.second_report_at or second.due
    return [*found, _clock("dora:final", "Final report", "Reg. (EU) 2025/301 Art. 5(1)(c)", count("1 month", last, Regime.dora, True))]


def _dora_initial(facts: Facts, count: Count, roll: bool) -> Deadline:
    """Four hours from classification and at most 24 hours from awareness; classified later than that, four hours from it."""
    ceiling = count("24 hours", facts.aware_at, Regime.dora, roll)
    if facts.classified_at is None:
        return ceiling
    classified = count("4 hours", facts.classified_at, Regime.dora, roll)
    if facts.classified_at - facts.aware_at >= timedelta(hours=24):
        return classified
    return min(ceiling, classified, key=lambda deadline: deadline.due)


def _dora_no_roll(facts: Facts, count: Count) -> list[RegimeClock]:
    return _dora(facts, count, roll=False)


def _gdpr_72(facts: Facts, count: Count) -> list[RegimeClock]:
    told = facts.first_report_at or facts.aware_at
    deadline = count("72 hours", told, Regime.gdpr_statutory, True)
    return [_clock("gdpr:72", "The controller's notification to its authority", "GDPR Art. 33(1)", deadline)]


def _proposal_96(facts: Facts, count: Count) -> list[RegimeClock]:
    told = facts.first_report_at or facts.aware_at
    deadline = count("96 hours", told, Regime.proposal_com2025_837, True)
    return [_clock("proposal:96", "The controller's notification, if the proposal were law", "COM(2025) 837", deadline)]


_BUILDERS: dict[Profile, Callable[[Facts, Count], list[RegimeClock]]] = {
    Profile.NIS2: _nis2, Profile.NIS2_TRUST: _nis2_trust, Profile.DORA: _dora, Profile.DORA_NO_ROLL: _dora_no_roll, Profile.GDPR_72: _gdpr_72,
    Profile.PROPOSAL_96: _proposal_96,
}  # fmt: skip
