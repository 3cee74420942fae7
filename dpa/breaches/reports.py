"""Reports to authorities under NIS2 and DORA: which there are, what each is counted from, and what a decision or a submission does to their clocks. Pure.

Sources: Directive (EU) 2022/2555 (NIS2) Art. 23(4): early warning, notification, final report one month after the notification was submitted. Regulation
(EU) 2022/2554 (DORA) Art. 19(4) with Delegated Regulation (EU) 2025/301 Art. 5(1): initial notification, intermediate report 72 hours after the initial
notification was submitted, final report one month after the intermediate report or its latest update. A report that follows another is owed once that was
submitted; before, its date is expected only. No correction undoes a date that was missed or a report that was submitted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dpa.breaches.enough import too_little
from dpa.breaches.regimes import DORA_INITIAL, INITIAL, Facts, Law, Profile, report_due
from dpa.deadlines import Calendar, Deadline

RUNNING = frozenset({"open", "paused"})
REASON_MIN = 10
HOW_MIN, PROOF_MIN = 3, 3
TEXT_MAX = 2_000
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Report:
    """One report that a law asks for."""

    name: str
    """Its clock in `dpa.breaches.regimes`, such as nis2:warning."""
    kind: str
    """Kind of its deadline on the docket."""
    law: Law
    title: str
    article: str
    since: str
    """What its time is counted from, as it stands beside the article."""
    after: str = ""
    """The report whose submission it is counted from; empty for those counted from awareness or the classification."""
    ongoing: str = ""
    """What is said where the law asks for something else while the incident goes on; empty where it does not."""
    updated: bool = False
    """Whether it may be updated once it was submitted, and what follows it is counted from the latest update."""

    @property
    def monthly(self) -> bool:
        """Whether it has a month and not hours."""
        return self.since.startswith("one month")

    @property
    def plain(self) -> str:
        """Return what it is called inside a sentence: `early warning`."""
        return f"{self.title[:1].lower()}{self.title[1:]}"

    @property
    def words(self) -> str:
        """Return what it is called with its law: `early warning under NIS2`."""
        return f"{self.plain} under {self.law.short}"

    @property
    def slug(self) -> str:
        """Return its name as a part of an address: `nis2-warning`."""
        return self.name.replace(":", "-")


REPORTS = (
    Report("nis2:warning", "breaches:nis2_warning", Law.NIS2, "Early warning", "NIS2 Art. 23(4)(a)", "24 hours from awareness"),
    Report("nis2:notification", "breaches:nis2_notification", Law.NIS2, "Incident notification", "NIS2 Art. 23(4)(b)", "72 hours from awareness"),
    Report(
        "nis2:final", "breaches:nis2_final", Law.NIS2, "Final report", "NIS2 Art. 23(4)(d)", "one month from the submission of the incident notification", "nis2:notification",
        ongoing="A progress report is due by then, and the final report within one month of handling it (Art. 23(4)(e)): once the first was submitted, extend the clock on the deadline’s page, with that as the reason",
    ),
    Report(INITIAL, "breaches:dora", Law.DORA, "Initial notification", DORA_INITIAL, "4 hours from classification as major"),
    Report(
        "dora:intermediate", "breaches:dora_intermediate", Law.DORA, "Intermediate report", "Reg. (EU) 2025/301 Art. 5(1)(b)",
        "72 hours from the submission of the initial notification", INITIAL, updated=True,
    ),
    Report(
        "dora:final", "breaches:dora_final", Law.DORA, "Final report", "Reg. (EU) 2025/301 Art. 5(1)(c)",
        "one month from the submission of the intermediate report or its latest update", "dora:intermediate",
    ),
)  # fmt: skip
"""In the order in which each law asks for them."""
BY_NAME: Mapping[str, Report] = {report.name: report for report in REPORTS}
BY_KIND: Mapping[str, Report] = {report.kind: report for report in REPORTS}
KINDS = tuple(BY_KIND)
OF_LAW: Mapping[Law, tuple[Report, ...]] = {law: tuple(report for report in REPORTS if report.law is law) for law in Law}
WORDS: Mapping[str, str] = {report.name: report.words for report in REPORTS}
"""Name of a report to what it is called where the trail speaks of it."""


class Effect(StrEnum):
    """What a decision, a submission or a corrected time does to the clock of a report."""

    STARTED = "started"
    RECOUNTED = "recounted"
    """It ends at another time, earlier or later, and had not been missed; or it was missed by even more."""
    MISSED = "missed"
    """Its time had passed: no later time, and no other decision, makes it unmissed."""
    FROZEN = "frozen"
    """The report was submitted before: its lateness stays as it was frozen."""
    ENDED = "ended"
    """Nothing is owed any more."""
    SAME = "same"


KEPT = frozenset({Effect.MISSED, Effect.FROZEN, Effect.SAME})
"""Effects that leave the clock as it stands."""


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """The newest clock of a report, as far as a decision cares."""

    state: str
    due_at: datetime


def effect(clock: ClockFacts | None, due_at: datetime | None, now: datetime, *, restart: bool = True) -> Effect:
    """Return what becomes of a clock when its report is owed by `due_at` from now on; none for not owed at all, or not yet.

    A clock that was waived begins anew only with `restart`: a decision does that, a corrected time does not.
    """
    if clock is not None and clock.state == "met":
        return Effect.FROZEN
    if clock is None or clock.state not in RUNNING:
        return Effect.STARTED if due_at is not None and (clock is None or restart) else Effect.SAME
    if clock.due_at <= now and (due_at is None or due_at > clock.due_at):
        return Effect.MISSED
    if due_at is None:
        return Effect.ENDED
    return Effect.SAME if due_at == clock.due_at else Effect.RECOUNTED


@dataclass(frozen=True, slots=True)
class Duty:
    """Whether the reports of a law are owed for an incident, and from when they count."""

    law: Law
    applies: bool
    """Whether the incident is significant (NIS2 Art. 23(3)) or major (DORA Art. 18)."""
    aware_at: datetime
    classified_at: datetime | None = None
    """When it was classified as major (DORA)."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """How one report stands, and what becomes of its clock."""

    report: Report
    effect: Effect
    deadline: Deadline | None
    """By when it is owed, or would be expected at the latest; none where it is not owed."""
    expected: bool
    """Whether what it is counted from was not submitted: the date is the latest possible, and no clock runs."""

    @property
    def owed(self) -> Deadline | None:
        """By when it is owed; none where it is not owed, and while that is only expected."""
        return None if self.expected else self.deadline


def foresee(
    duty: Duty, profiles: Collection[Profile], clocks: Mapping[str, ClockFacts], sent: Mapping[str, datetime], now: datetime, *, zone: str, calendar: Calendar, restart: bool = True
) -> tuple[Foreseen, ...]:
    """Return how the reports of a law stand, and what becomes of their clocks, in the order in which it asks for them.

    `clocks` are the newest on the docket and `sent` the instants that what follows is counted from, both by the report's name. Without a profile
    no clock starts, moves or ends: clocks that run when a law is turned off run on.
    """
    found: list[Foreseen] = []
    latest = dict(sent)
    first, second, *_ = (report.name for report in OF_LAW[duty.law])
    for report in OF_LAW[duty.law]:
        clock, deadline = clocks.get(report.name), None
        begun = not report.after or report.after in sent
        if duty.applies and (begun or report.after in latest):
            facts = Facts(duty.aware_at, duty.classified_at, latest.get(first), latest.get(second))
            deadline = report_due(report.name, profiles, facts, zone=zone, calendar=calendar)
        becomes = effect(clock, deadline.due if deadline and begun else None, now, restart=restart)
        if not profiles and becomes is not Effect.FROZEN:
            becomes = Effect.SAME
        end = _end(clock, deadline, becomes)
        if end is not None:
            latest.setdefault(report.name, end)
        found.append(Foreseen(report, becomes, deadline, expected=not begun))
    return tuple(found)


def _end(clock: ClockFacts | None, deadline: Deadline | None, becomes: Effect) -> datetime | None:
    """Return when a report would be made at the latest; none where it will not be."""
    if clock is not None and becomes in KEPT:
        return clock.due_at if clock.state in RUNNING else None
    return deadline.due if deadline is not None else None


def basis(report: Report, duty: Duty, deadline: Deadline) -> str:
    """Return what a report rests on, and what its time is counted from."""
    if report.name == INITIAL and duty.classified_at is None:
        return f"{report.article}: 24 hours from awareness at the latest, and 4 hours from classification as major"
    if report.name == INITIAL and deadline.start != duty.classified_at:
        return f"{report.article}: 24 hours from awareness, which end before 4 hours from classification"
    if report.law is Law.NIS2 and not report.after:
        # Trust service providers have 24 hours for the notification, too; the reading that governs says how many it is.
        return f"{report.article}: {deadline.rule.period} from awareness"
    return f"{report.article}: {report.since}"


@dataclass(frozen=True, slots=True)
class Submission:
    """How a report was submitted."""

    at: datetime
    """Aware, in UTC."""
    how: str
    """To whom, and by which way."""
    proof: str
    """What shows it: a reference, a receipt."""
    late_reason: str = ""
    """Why it came late; empty where it did not."""


def submission_errors(given: Submission, *, due_at: datetime | None, not_before: datetime, after: str, now: datetime) -> dict[str, str]:
    """Return a sentence for each input that cannot stand, by field.

    `due_at` is when it was owed; none for an update, which nothing asks for by a date. `not_before` is the first sign of the incident, or the report
    named in `after`, which comes first.
    """
    found: dict[str, str] = {}
    if given.at > now:
        found["at"] = "It cannot have been submitted in the future; check the date and the time zone."
    elif given.at < not_before:
        found["at"] = f"It cannot have been submitted before {after}; check the date."
    late = due_at is not None and "at" not in found and (given.at - due_at) // SECOND > 0
    asked = {
        "how": too_little(given.how, HOW_MIN, "Say to whom it was submitted, and how: the authority and its portal, or an address."),
        "proof": too_little(given.proof, PROOF_MIN, "Say what shows it: the authority’s reference, or a receipt."),
        "late_reason": too_little(given.late_reason, REASON_MIN, "It was submitted late. Say in a sentence why; an authority may ask you.") if late else "",
    }
    found |= {name: text for name, text in asked.items() if text}
    for name in ("how", "proof", "late_reason"):
        if len(getattr(given, name)) > TEXT_MAX:
            found[name] = f"Shorten this to {TEXT_MAX:,} characters."
    return found
