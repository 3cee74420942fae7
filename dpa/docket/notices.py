"""The internal mails of the docket as data: what is due, why, until when, who owns it, and where to act.

A mail names the case, never customers or people concerned: an inbox is no place for more than one needs to act.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dpa.alerts import ladder
from dpa.alerts.ladder import Due
from dpa.alerts.messages import Message
from dpa.alerts.rules import Category
from dpa.config import Settings
from dpa.docket import kinds, rules
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import EXERCISE, PATH
from dpa.people.queries import Member
from dpa.web import words

ALERT = "docket/alert"
POSTPONED = "docket/postponed"


@dataclass(frozen=True, slots=True)
class Told:
    """What one mail tells one person: entries of one case and kind that reached the same rung together."""

    person: Member
    entries: tuple[DocketEntry, ...]
    """Soonest first; the mail is filed under the one opened first."""
    due: Due
    """The rung, with what an outage swallowed."""
    owner: Member | None
    organisation: str


def alert(told: Told, now: datetime, settings: Settings) -> Message:
    """Return the mail of a rung to one person."""
    first = told.entries[0]
    leader = min(told.entries, key=lambda entry: entry.id)
    return Message(
        mail=ALERT,
        organisation_id=first.organisation_id,
        to_address=told.person.email,
        to_name=told.person.name,
        dedupe_key=f"docket:{leader.id}:v{leader.version}:{told.due.step.name}:{told.person.person_id}",
        context=_alert_context(told, now, settings),
        category=Category.ALERT,
        person_id=told.person.person_id,
        about=(first.subject_type, first.subject_id),
        deadline=leader.id,
        deadline_version=leader.version,
    )


def postponed(entry: DocketEntry, person: Member, now: datetime, settings: Settings) -> Message:
    """Return the mail that says an alert could not be worked out; at most one a day for each deadline and person."""
    return Message(
        mail=POSTPONED,
        organisation_id=entry.organisation_id,
        to_address=person.email,
        to_name=person.name,
        dedupe_key=f"docket:{entry.id}:v{entry.version}:postponed-{now:%Y%m%d}:{person.person_id}",
        context={
            "subject_label": _case(entry),
            "target_at": entry.target_at,
            "zone": entry.zone,
            "link": f"{settings.base_url}{PATH.format(id=entry.id)}",
        },
        category=Category.ALERT,
        person_id=person.person_id,
        about=(entry.subject_type, entry.subject_id),
        deadline=entry.id,
        deadline_version=entry.version,
    )


def _alert_context(told: Told, now: datetime, settings: Settings) -> dict[str, Any]:
    first = told.entries[0]
    own_page = PATH.format(id=first.id)
    return {
        "exercise": is_exercise(first),
        "headline": headline(first, len(told.entries), now),
        "rows": _facts(told),
        "organisation": told.organisation,
        "latest_passed": any(rules.latest_passed(entry.facts, now) for entry in told.entries),
        "owner": told.owner.name if told.owner else None,
        "is_owner": _is_owner(told),
        "step": ladder.words(told.due.step.name),
        "missed_count": told.due.missed_count,
        "case_link": f"{settings.base_url}{kinds.kind(first.kind).page(first.subject_id) or own_page}",
        "link": f"{settings.base_url}{own_page}",
    }


def _facts(told: Told) -> list[tuple[str, str]]:
    """Return what the mail says of the deadlines, as label and value; of several, the earliest dates."""
    first, count = told.entries[0], len(told.entries)
    latest = [entry.due_at for entry in told.entries if entry.due_at is not None]
    differ = len({entry.target_at for entry in told.entries}) > 1
    house = first.due_at != first.target_at
    target = words.instant_text(first.target_at, first.zone)
    rows = [("What", _duty(first, count)), ("Case", _case(first)), ("For", told.organisation), ("Basis", _bases(told.entries))]
    rows.append(("First target" if house and differ else "Target" if house else "First due" if differ else "Due", target))
    if house and latest:
        rows.append(("Latest", words.instant_text(min(latest), first.zone)))
    elif house:
        rows.append(("Latest", kinds.kind(first.kind).without_latest))
    rows.append(("Owner", "you" if _is_owner(told) else told.owner.name if told.owner else "nobody yet"))
    return rows


def _is_owner(told: Told) -> bool:
    return told.owner is not None and told.owner.person_id == told.person.person_id


def headline(entry: DocketEntry, count: int, now: datetime) -> str:
    """Return the subject line: `Breach LL-2026-007: 3 h left to notify 38 customers`."""
    label, duty = f"{'EXERCISE: ' if is_exercise(entry) else ''}{_case(entry)}", _duty(entry, count)
    seconds = (entry.target_at - now) // rules.SECOND
    if seconds > 0:
        return f"{label}: {words.length(seconds)} left to {duty}"
    if not rules.is_past(entry.target_at, now):
        return f"{label}: due now: {duty}"
    return f"{label}: {words.length(-seconds)} overdue: {duty}"


def is_exercise(entry: DocketEntry) -> bool:
    """Tell whether a deadline belongs to a drill; workflows begin the titles of such deadlines with the word."""
    return entry.title.startswith(EXERCISE)


def _case(entry: DocketEntry) -> str:
    """Return the case in words: `Breach LL-2026-007`."""
    word, label = entry.subject_type.replace("_", " ").capitalize(), _one_line(entry.subject_label)
    return label if label.lower().startswith(word.lower()) else f"{word} {label}"


def _duty(entry: DocketEntry, count: int) -> str:
    return _one_line(kinds.kind(entry.kind).duty_of(count))


def _bases(entries: Sequence[DocketEntry]) -> str:
    """Return the different bases, each once, in order; more than three are summed up."""
    found = list(dict.fromkeys(_one_line(entry.basis) for entry in entries))
    return "; ".join(found if len(found) <= 3 else [*found[:2], f"and {len(found) - 2} others, listed in the case"])


def _one_line(text: str) -> str:
    return " ".join(text.split())
