"""How a deadline's date is told step by step, with the decisions and pauses that moved it. Pure.

The sentences of the counting itself come from `dpa.deadlines.explaining`; here they get their headings, the clause they
rest on, and what happened to the date since.
"""

from __future__ import annotations

from dataclasses import dataclass

from dpa import deadlines
from dpa.deadlines import StepKind
from dpa.deadlines.calendars import CUSTOM
from dpa.docket.reckoning import Dates, Reckoned, Recount
from dpa.languages.countries import country_name
from dpa.web import words

_LABELS = {
    StepKind.START: "Start",
    StepKind.FIXED: "Time",
    StepKind.HOUR_LEFT_OUT: "First hour",
    StepKind.HOURS_ADDED: "Count",
    StepKind.DAYS_ADDED: "Count",
    StepKind.WEEKS_ADDED: "Count",
    StepKind.MONTHS_ADDED: "Count",
    StepKind.CLAMPED: "Count",
    StepKind.WORKING_DAYS_COUNTED: "Count",
    StepKind.SUSPENDED: "Pause",
    StepKind.ROLLED: "Closed day",
    StepKind.NOT_ROLLED: "Closed day",
    StepKind.NOT_ROLLED_BACKWARD: "No roll",
    StepKind.MINIMUM_APPLIED: "Minimum",
    StepKind.END_OF_DAY: "End",
    StepKind.NOON: "Noon",
}


@dataclass(frozen=True, slots=True)
class ExplainStep:
    """One line of an explanation."""

    label: str
    text: str
    basis: str | None = None
    """Clause or article the step rests on."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A date counted out, with what a person should know about it."""

    steps: tuple[ExplainStep, ...]
    warnings: tuple[str, ...]


def explain(dates: Dates, *, basis: str, begins: str = "") -> Explanation:
    """Count out the date that binds: the latest where contract or statute give one, else the house's target.

    `begins` says what the clock starts with, such as "awareness of the breach".
    """
    shown = dates.latest or dates.target
    told = explain_part(shown, basis=basis, begins=begins)
    if dates.latest is None or dates.target_at == dates.due_at:
        return told
    text = f"the house wants it done by {_at(dates.target)}; alerts go by this date."
    return Explanation((*told.steps, ExplainStep("Target", text)), told.warnings)


def explain_part(part: Reckoned, *, basis: str, begins: str = "") -> Explanation:
    """Count out one of the two dates, and what moved it since."""
    computed = part.computed
    sentences = deadlines.explain(computed)[: len(computed.steps)]
    steps = [ExplainStep("Rule", "a promised time." if computed.is_fixed else f"{computed.rule.period}.", basis)]
    steps += [
        ExplainStep(_LABELS[step.kind], (f"{begins}, " if begins and step.kind is StepKind.START else "") + _without_label(sentence, _LABELS[step.kind]))
        for step, sentence in zip(computed.steps, sentences, strict=True)
    ]
    if part.decided is not None:
        steps.append(ExplainStep("Extended", f"a decision set {deadlines.instant_text(part.decided, computed.zone)} instead."))
    if part.paused:
        steps.append(ExplainStep("Pause", f"the clock stood still for {words.length(part.paused)}, which are added."))
    steps.append(ExplainStep("Due", f"{_at(part)}."))
    if computed.heeds_calendar:
        steps.append(ExplainStep("Calendar", _calendar(computed.calendar_version)))
    notes = tuple(note.removeprefix("Note: ") for note in deadlines.explain_warnings(computed))
    return Explanation(tuple(steps), tuple(note[:1].upper() + note[1:] for note in notes))


def recount_sentence(found: Recount, zone: str) -> str:
    """Say what counting the date again came to."""
    if not found.same:
        again = deadlines.instant_text(found.due, zone)
        return f"Counted again now, the stored rule gives {again}. Tell your operator: the date in force was not changed."
    if found.calendar_changed:
        today = deadlines.instant_text(found.due_today, zone)
        return f"Counted again now: the same date. Today's holiday data would give {today}; the date in force stays."
    return "Counted again now: the same date."


def _calendar(version: str) -> str:
    """Say whose public holidays count; the version itself is stored with the rule, where a machine reads it."""
    name = version.partition(";")[0]
    return "no public holidays; closing days are the organisation's own." if name == CUSTOM else f"public holidays of {country_name(name)}."


def _at(part: Reckoned) -> str:
    return deadlines.instant_text(part.due, part.computed.zone)


def _without_label(sentence: str, label: str) -> str:
    return sentence.removeprefix(f"{label}: ")
