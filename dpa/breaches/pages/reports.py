"""What pages show of the reports that this house owes to authorities: how each stands, and which is owed next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from dpa.breaches import report_queries as queries
from dpa.breaches import reports
from dpa.breaches.closing import CaseState
from dpa.breaches.models import Breach
from dpa.breaches.operations.reports import ADJECTIVES
from dpa.breaches.regimes import INITIAL, PROFILES_OF, Law
from dpa.breaches.report_models import BreachReport
from dpa.breaches.report_queries import OnRecord
from dpa.breaches.reports import RUNNING, Duty, Foreseen, Report
from dpa.docket.explaining import ExplainStep, Explanation, explain_part
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import explanation
from dpa.docket.reckoning import Reckoned
from dpa.web.words import DAY, instant_text, left

AWARE = "awareness of the breach"


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One report to an authority, ready to be shown."""

    name: str
    slug: str
    title: str
    article: str
    due_at: datetime
    zone: str
    state: str
    """Tint: late, soon, running, met or off."""
    words: str
    """How it stands: owed, submitted, expected, waived, if significant."""
    symbol: str
    hints: tuple[str, ...]
    """What else is to be said of that: how it was submitted and what shows it, why it was late, why it was waived."""
    counts: bool
    """Whether its time runs down: it is owed, or would be if the incident is significant or major."""
    may_submit: bool
    """Whether its submission can be recorded now."""
    may_update: bool
    """Whether an update of it can be recorded now."""
    entry_id: int | None
    """Its deadline on the docket; none for one that is expected only."""
    steps: tuple[ExplainStep, ...]
    warnings: tuple[str, ...]
    met_at: datetime | None = None


def lines(session: Session, breach: Breach, law: Law, found: OnRecord, zone: str, now: datetime) -> tuple[ReportLine, ...]:
    """Return how the reports of a law stand in the order of their dates; of a closed case only what is on record. At most four statements."""
    duty = queries.duty_of(session, breach, law)
    decided = duty.applies or _decided(session, breach, law)
    # While nobody decided, what would be owed is shown: its time runs all the same.
    foreseen = queries.foreseen(session, breach, duty if decided else Duty(law, True, breach.aware_at), found, now, restart=False)
    made: list[ReportLine] = []
    for one in foreseen:
        if one.report.name in found.clocks:
            made.append(_on_docket(one.report, found, breach, now))
        elif one.deadline is not None and breach.state is CaseState.OPEN:
            made.append(_expected(one, duty, decided=decided, zone=zone, now=now))
    return tuple(sorted(made, key=lambda line: (line.due_at, line.name)))


def _decided(session: Session, breach: Breach, law: Law) -> bool:
    return (queries.significance if law is Law.NIS2 else queries.classification)(session, breach.id) is not None


def _on_docket(report: Report, found: OnRecord, breach: Breach, now: datetime) -> ReportLine:
    """Return a report as its clock stands: a correction may have left it missed, so the stored clock speaks and not a fresh count."""
    entry = found.clocks[report.name]
    due, why = queries.due_of(entry), explanation(entry)
    runs = entry.state.value in RUNNING
    state, words, symbol = _state(entry, due, now)
    follower = next((one for one in reports.REPORTS if one.after == report.name), None)
    last = found.clocks.get(follower.name) if follower is not None else None
    is_open = breach.state is CaseState.OPEN
    return ReportLine(
        report.name, report.slug, _title(report), entry.basis, due, entry.zone, state, words, symbol, _hints(entry, found.of(report.name)), counts=runs and entry.paused_at is None,
        may_submit=runs and is_open, may_update=is_open and report.updated and entry.met_at is not None and (last is None or last.met_at is None), entry_id=entry.id,
        steps=why.steps, warnings=why.warnings, met_at=entry.met_at,
    )  # fmt: skip


def _state(entry: DocketEntry, due: datetime, now: datetime) -> tuple[str, str, str]:
    if entry.met_at is not None:
        return ("late", "submitted late", "clock-exclamation") if (entry.late_s or 0) > 0 else ("met", "submitted", "send")
    if entry.state.value not in RUNNING:
        return "off", "waived", "ban"
    if entry.paused_at is not None:
        return "off", "paused", "player-pause"
    return _tint(due, now), "owed", "building-bank"


def _tint(due: datetime, now: datetime) -> str:
    seconds = (due - now).total_seconds()
    return "late" if seconds < 0 else "soon" if seconds < DAY else "running"


def _hints(entry: DocketEntry, said: Sequence[BreachReport]) -> tuple[str, ...]:
    if entry.met_at is None:
        return (entry.closed_reason,) if entry.closed_reason else ()
    found = [f"{'updated ' if row.number > 1 else ''}{instant_text(row.submitted_at, entry.zone, 'short')}: {row.how}; {row.proof}" for row in said]
    first = [] if any(row.number == 1 for row in said) else [f"{instant_text(entry.met_at, entry.zone, 'short')}: {(entry.closed_reason or '').removeprefix('submitted: ')}"]
    return (*first, *found, *(f"late because: {row.late_reason}" for row in said if row.late_reason))


def _expected(one: Foreseen, duty: Duty, *, decided: bool, zone: str, now: datetime) -> ReportLine:
    assert one.deadline is not None, "the caller has looked"
    due, report = one.deadline.due, one.report
    why = explain_part(Reckoned(one.deadline), basis=report.article, begins=begins(one, duty))
    hints: tuple[str, ...] = ()
    if one.expected:
        state, words, symbol = "off", "expected", "hourglass"
        hints = (f"at the latest; counted from the {reports.BY_NAME[report.after].plain} once that was submitted",)
    else:
        # No clock runs after the decision where the law was turned on, or kept by clocks, only afterwards.
        state, words, symbol = _tint(due, now), "no clock runs" if decided else f"if {ADJECTIVES[report.law]}", "info-circle"
    return ReportLine(
        report.name, report.slug, _title(report), reports.basis(report, duty, one.deadline), due, zone, state, words, symbol, hints, counts=not one.expected, may_submit=False,
        may_update=False, entry_id=None, steps=why.steps, warnings=why.warnings,
    )  # fmt: skip


def begins(one: Foreseen, duty: Duty) -> str:
    """Return what the time of a report is counted from, in words."""
    if one.expected:
        return f"the last moment for the {reports.BY_NAME[one.report.after].plain}"
    if one.report.after:
        return f"the submission of the {reports.BY_NAME[one.report.after].plain}"
    return "the classification" if one.report.name == INITIAL and one.deadline is not None and one.deadline.start == duty.classified_at else AWARE


def why(one: Foreseen, duty: Duty) -> Explanation:
    """Return how the date of a report is counted out; nothing where it has none."""
    if one.deadline is None:
        return Explanation((), ())
    return explain_part(Reckoned(one.deadline), basis=reports.basis(one.report, duty, one.deadline), begins=begins(one, duty))


def _title(report: Report) -> str:
    return f"{report.title} under {report.law.short}"


@dataclass(frozen=True, slots=True)
class NextReport:
    """The report of a case that is owed next, with what is said of it at the top of the page."""

    entry: DocketEntry
    slug: str
    words: str
    tint: str
    text: str


def next_report(running: Mapping[str, DocketEntry], now: datetime) -> NextReport | None:
    """Return the report that is owed next, from the clocks of a case that run by their kind; none where none is owed."""
    entries = sorted((running[kind] for kind in reports.KINDS if kind in running), key=lambda entry: (entry.target_at, entry.id))
    if not entries:
        return None
    first, report = entries[0], reports.BY_KIND[entries[0].kind]
    late = first.target_at < now
    time = left(first.target_at, now) + ("" if late else " left")
    others = [f"the {reports.BY_KIND[entry.kind].words}, due {instant_text(entry.target_at, entry.zone)}" for entry in entries[1:]]
    text = f"The {report.words} {'was' if late else 'is'} due {instant_text(first.target_at, first.zone)}, {time}."
    return NextReport(first, report.slug, report.words, "late" if late else "soon", text + (f" Also owed: {'; '.join(others)}." if others else ""))


def undecided(breach: Breach, profiles: Collection[str], *, significant: bool | None, classified: bool) -> tuple[str, ...]:
    """Say of an open case which decisions nobody has made that would start clocks of reports: no alert asks for them, and the time runs all the same."""
    if breach.state is not CaseState.OPEN:
        return ()
    on = {law for law in Law if any(profile.value in profiles for profile in PROFILES_OF[law])}
    found = []
    if Law.NIS2 in on and significant is None and breach.drill:
        found.append("Whether the incident of this exercise would be significant under NIS2 can be played, too: an early warning would be due 24 hours after awareness.")
    elif Law.NIS2 in on and significant is None:
        found.append("Nobody has decided whether this incident is significant under NIS2. If it is, an early warning is due 24 hours after awareness.")
    if Law.DORA in on and not classified and breach.drill:
        found.append("Whether the incident of this exercise would be major under DORA can be played, too: the initial notification would be due 24 hours after awareness at the latest.")
    elif Law.DORA in on and not classified:
        found.append("Nobody has recorded whether this incident is major under DORA. If it is, the initial notification is due 24 hours after awareness at the latest.")
    return tuple(found)
