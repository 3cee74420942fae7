"""The words for a deadline: the only place where steps and warnings become sentences.

Boards, case pages, mails and commands all show these. The citations follow the reading of Reg. (EEC, Euratom)
1182/71 explained in docs/deadlines.md; where a contract is silent the sentence says that the reading is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from dpa.deadlines.calendars import Closure
from dpa.deadlines.chains import PostingLimit
from dpa.deadlines.options import Options, Regime, Roll, Workweek
from dpa.deadlines.periods import Direction, PeriodUnit
from dpa.deadlines.values import Deadline, Step, StepKind, Warning_, WarningKind
from dpa.deadlines.zones import zone_named

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS_LONG = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MOST_DAYS_NAMED = 14
_WORKWEEKS = {Workweek.MON_FRI: "Monday to Friday", Workweek.MON_SAT: "Monday to Saturday"}
_REGIMES = {
    Regime.contract: "the contract",
    Regime.gdpr_statutory: "the GDPR",
    Regime.reg1182: "Reg. 1182/71",
    Regime.nis2: "Directive (EU) 2022/2555 (NIS2)",
    Regime.dora: "Reg. (EU) 2022/2554 (DORA)",
    Regime.reg1049: "Reg. 1049/2001",
    Regime.proposal_com2025_837: "the proposal COM(2025) 837",
}


def explain(deadline: Deadline) -> tuple[str, ...]:
    """Count the date out in plain sentences, one per step, then the calendar if closed days had a part in it, then the warnings."""
    sentences = [_STEPS[step.kind](step, deadline) for step in deadline.steps]
    under = "as promised" if deadline.is_fixed else f"under {_REGIMES[_options(deadline).regime]}"
    sentences.append(f"Due: {instant_text(deadline.due, deadline.zone)}, {under}.")
    if deadline.heeds_calendar:
        sentences.append(f"Calendar of working days: {deadline.calendar_version}.")
    return (*sentences, *explain_warnings(deadline))


def explain_warnings(deadline: Deadline) -> tuple[str, ...]:
    """Return only the warnings, each as one sentence beginning with "Note:"."""
    return tuple(f"Note: {_WARNINGS[warning.kind](warning, deadline)}" for warning in deadline.warnings)


def explain_posting(posting: PostingLimit) -> tuple[str, ...]:
    """Count out the last safe posting day of a notice: the limit first, then the posting days around it."""
    return (
        *explain(posting.limit),
        (
            f"Post the notice on {day_text(posting.last_posting)} at the latest: it then counts as delivered on "
            f"{day_text(posting.deemed_on)}, within the limit."
        ),
        (
            f"Posted one working day later, on {day_text(posting.too_late)}, it would count as delivered on "
            f"{day_text(posting.too_late_deemed_on)}, after the limit."
        ),
    )


def day_text(day: date) -> str:
    """Write a day as "Tue 2 Jun 2026"."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def instant_text(at: datetime, zone: str) -> str:
    """Write an instant on a zone's clocks as "Tue 2 Jun 2026 10:15 +02:00 (Europe/Paris)"."""
    place = zone_named(zone)
    local = place.local(at)
    clock = local.strftime("%H:%M:%S" if local.second else "%H:%M")
    offset = offset_text(local.utcoffset() or timedelta(0))
    named = "" if place.name == offset else f" ({place.name})"
    return f"{day_text(local.date())} {clock} {offset}{named}"


def offset_text(offset: timedelta) -> str:
    """Write an offset from UTC as "+02:00"."""
    minutes = round(abs(offset) / timedelta(minutes=1))
    return f"{'-' if offset < timedelta(0) else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


def days_text(days: tuple[Closure, ...]) -> str:
    """List days with their reasons; a long list is cut with the number left out."""
    named = ", ".join(f"{day_text(closure.on)} ({closure.name})" for closure in days[:_MOST_DAYS_NAMED])
    rest = len(days) - _MOST_DAYS_NAMED
    return f"{named} and {rest} more" if rest > 0 else named


# --- shared turns of phrase ------------------------------------------------------------------------------------


def _options(deadline: Deadline) -> Options:
    return deadline.rule.options


def _is_contract(deadline: Deadline) -> bool:
    return _options(deadline).regime is Regime.contract


def _basis(deadline: Deadline, article: str) -> str:
    """Cite the article for a statutory period; for a contract say that it is read the same way."""
    if _is_contract(deadline):
        return f"read as in Reg. 1182/71 {article}; the contract may say otherwise"
    return f"Reg. 1182/71 {article}"


def _backward(deadline: Deadline) -> bool:
    return deadline.rule.period.direction is Direction.BEFORE


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count != 1 else f"{count} {word.removesuffix('s')}"


def _way(deadline: Deadline) -> str:
    return "before" if _backward(deadline) else "after"


def _day(day: date | None) -> str:
    return day_text(day) if day else "(no day)"


def _at(at: datetime | None, deadline: Deadline) -> str:
    return instant_text(at, deadline.zone) if at else "(no time)"


# --- one function per kind of step ------------------------------------------------------------------------------


def _start(step: Step, deadline: Deadline) -> str:
    start = f"Start: {_at(step.at, deadline)}."
    if deadline.rule.period.unit is PeriodUnit.HOURS:
        return f"{start} Hours are counted as elapsed time; weekends and public holidays count."
    return f"{start} The day of the event is not counted ({_basis(deadline, 'Art. 3(1)')})."


def _fixed(step: Step, deadline: Deadline) -> str:
    return f"Promised for {_at(step.at, deadline)}. Nothing is counted: it is due at that time."


def _hour_left_out(step: Step, deadline: Deadline) -> str:
    return (
        f"The hour of the event is not counted ({_basis(deadline, 'Art. 3(1)')}): "
        f"the clock runs from {_at(step.at, deadline)}."
    )


def _hours_added(step: Step, deadline: Deadline) -> str:
    return f"{_counted(step.count, 'hours')} of elapsed time {_way(deadline)} that: {_at(step.at, deadline)}."


def _days_added(step: Step, deadline: Deadline) -> str:
    return f"{_counted(step.count, 'calendar days')} {_way(deadline)} {_day(step.was)}: {_day(step.on)}."


def _weeks_added(step: Step, deadline: Deadline) -> str:
    basis = _basis(deadline, "Art. 3(2)(c)")
    return f"{_counted(step.count, 'weeks')} {_way(deadline)} {_day(step.was)}, the same weekday ({basis}): {_day(step.on)}."


def _months(deadline: Deadline, count: int) -> str:
    return _counted(count, "years" if deadline.rule.period.unit is PeriodUnit.YEARS else "months")


def _months_added(step: Step, deadline: Deadline) -> str:
    basis = _basis(deadline, "Art. 3(2)(c)")
    return f"{_months(deadline, step.count)} {_way(deadline)} {_day(step.was)}, the same day of the month ({basis}): {_day(step.on)}."


def _clamped(step: Step, deadline: Deadline) -> str:
    month = f"{_MONTHS_LONG[step.on.month - 1]} {step.on.year}" if step.on else "the month"
    basis = _basis(deadline, "Art. 3(2)(c)")
    return (
        f"{_months(deadline, deadline.rule.period.amount)} {_way(deadline)} {_day(step.was)}: {month} has no day {step.count}, so the period "
        f"ends on the last day of that month ({basis}): {_day(step.on)}."
    )


def _working_days_counted(step: Step, deadline: Deadline) -> str:
    week = _WORKWEEKS[_options(deadline).workweek]
    counted = _counted(step.count, "working days")
    skipped = f" Closed days not counted: {days_text(step.days)}." if step.days else " No closed day lay inside."
    return f"{counted} {_way(deadline)} {_day(step.was)}, {week}: {_day(step.on)}.{skipped}"


def _suspended(step: Step, deadline: Deadline) -> str:
    end = _day(step.on) if step.on else _at(step.at, deadline)
    return f"The clock was suspended for {_counted(step.count, 'days')} (a recorded decision), which are added: {end}."


def _rolled(step: Step, deadline: Deadline) -> str:
    article = "Delegated Reg. (EU) 2025/301 Art. 5(4)"
    if _options(deadline).roll is Roll.NEXT_WORKING_DAY:
        article = "as the contract provides" if _is_contract(deadline) else "Reg. 1182/71 Art. 3(4)"
    elif _options(deadline).regime is not Regime.dora:
        article = "as the rule provides"
    return (
        f"{_day(step.was)} is not a working day, so the end moves to the next working day ({article}): {_day(step.on)}. "
        f"Passed over: {days_text(step.days)}."
    )


def _not_rolled(step: Step, deadline: Deadline) -> str:
    rule = "the contract does not say that the end moves" if _is_contract(deadline) else "this rule does not move the end"
    return f"The last day is not a working day: {days_text(step.days)}. It stays, because {rule}."


def _not_rolled_backward(_step: Step, _deadline: Deadline) -> str:
    return "A period counted backwards never moves to another day (Reg. 1182/71 Art. 3(4) covers forward periods only)."


def _minimum_applied(step: Step, deadline: Deadline) -> str:
    end = _at(step.at, deadline) if step.at else _day(step.on)
    basis = _basis(deadline, "Art. 3(5)")
    return (
        f"Up to {_day(step.was)} the period holds fewer than two working days, so its end moves to the second one "
        f"({basis}): {end}."
    )


def _end_of_day(step: Step, deadline: Deadline) -> str:
    return f"The period ends with the last second of {_day(step.on)}: {_at(step.at, deadline)}."


def _noon(step: Step, deadline: Deadline) -> str:
    return f"On that day the period ends at noon: {_at(step.at, deadline)}."


_STEPS: dict[StepKind, Callable[[Step, Deadline], str]] = {
    StepKind.START: _start,
    StepKind.FIXED: _fixed,
    StepKind.HOUR_LEFT_OUT: _hour_left_out,
    StepKind.HOURS_ADDED: _hours_added,
    StepKind.DAYS_ADDED: _days_added,
    StepKind.WEEKS_ADDED: _weeks_added,
    StepKind.MONTHS_ADDED: _months_added,
    StepKind.CLAMPED: _clamped,
    StepKind.WORKING_DAYS_COUNTED: _working_days_counted,
    StepKind.SUSPENDED: _suspended,
    StepKind.ROLLED: _rolled,
    StepKind.NOT_ROLLED: _not_rolled,
    StepKind.NOT_ROLLED_BACKWARD: _not_rolled_backward,
    StepKind.MINIMUM_APPLIED: _minimum_applied,
    StepKind.END_OF_DAY: _end_of_day,
    StepKind.NOON: _noon,
}


# --- one function per kind of warning ---------------------------------------------------------------------------


def _closed_day(warning: Warning_) -> str:
    return f"{_day(warning.on)}{f' ({warning.name})' if warning.name else ''} is not a working day"


def _instead(warning: Warning_) -> str:
    if warning.instead is None:
        return "the calendar knows no earlier working day"
    return f"the last working day before it is {_day(warning.instead)}"


def _backward_on_closed_day(warning: Warning_, _deadline: Deadline) -> str:
    return f"{_closed_day(warning)}, and a backward period does not move; {_instead(warning)}, plan to act by then."


def _ends_on_closed_day(warning: Warning_, _deadline: Deadline) -> str:
    return f"{_closed_day(warning)}, and the end does not move; {_instead(warning)}."


def _clock_change(warning: Warning_, deadline: Deadline) -> str:
    way = "forward" if warning.minutes > 0 else "back"
    return (
        f"the clocks go {way} by {abs(warning.minutes)} minutes at {_at(warning.at, deadline)}, inside this period; "
        "the hours are elapsed time, so the time of day differs."
    )


def _repeated_hour(warning: Warning_, deadline: Deadline) -> str:
    return f"this time of day occurs twice on that date; the one with the offset shown is meant: {_at(warning.at, deadline)}."


def _day_ends_early(warning: Warning_, deadline: Deadline) -> str:
    return f"the clocks skip the end of {_day(warning.on)}; its last second is {_at(warning.at, deadline)}."


def _not_in_force(_warning: Warning_, deadline: Deadline) -> str:
    return f"{_REGIMES[_options(deadline).regime]} is not law; this date is for information only."


_WARNINGS: dict[WarningKind, Callable[[Warning_, Deadline], str]] = {
    WarningKind.BACKWARD_ON_CLOSED_DAY: _backward_on_closed_day,
    WarningKind.ENDS_ON_CLOSED_DAY: _ends_on_closed_day,
    WarningKind.CLOCK_CHANGE: _clock_change,
    WarningKind.REPEATED_HOUR: _repeated_hour,
    WarningKind.DAY_ENDS_EARLY: _day_ends_early,
    WarningKind.NOT_IN_FORCE: _not_in_force,
}
