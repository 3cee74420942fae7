"""Pages of an exercise's report. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dpa.breaches.corrected import margin
from dpa.breaches.evidence import authority_words
from dpa.breaches.evidence.moments import MISSED, Promise
from dpa.breaches.evidence.wording import OUTCOMES, when
from dpa.evidence.pdf.blocks import (
    Align,
    Bar,
    Bars,
    Block,
    Column,
    Fact,
    Heading,
    KeyFacts,
    Notice,
    Summary,
    Table,
    Text,
    Tone,
)
from dpa.evidence.register.kinds import Body, Record
from dpa.evidence.register.records import instant, moment
from dpa.web.words import length, plural

MOST_SHOWN = 20
"""Promises drawn as bars: the slowest; all stand in the table."""


def build(record: Record) -> Body:
    """Return the pages of a report."""
    said, zone = record["content"], record["zone"]
    return Body(
        title=record["title"],
        subtitle=f"Exercise {said['breach']}, as of {moment(said['as_of'], zone)}",
        summary=(
            Notice("This was an exercise", "Nothing in this report happened. Mails stayed inside; no customer was told anything.", Tone.WARNING),
            Summary(_lead(said)), _figures(said, zone), *_bars(said),
        ),
        detail=(
            Heading("What went wrong, or would have"), *_wrong(said, zone), Heading("Each step with its time"), _steps(said, zone),
            Heading("Each clock"), _promises(said, zone), *_reports(said, zone), Heading("What was exercised"), Text(said["known"]),
            *((Text(f"How it ended: {said['state']['words']}"),) if said["state"]["words"] else ()),
        ),
    )  # fmt: skip


def _lead(said: Mapping[str, Any]) -> str:
    promises = said["promises"]
    kept = sum(one["outcome"] == Promise.KEPT and not _unreachable(said, one) for one in promises)
    owed = sum(one["outcome"] not in {Promise.NOT_OWED, Promise.WAIVED} for one in promises)
    first = f"{kept:,} of {plural(owed, 'clock')} would have been kept in reality." if owed else "No clock had to be kept in this exercise."
    count = len(said["unreachable"])
    reported = said.get("reports", ())
    if reported:
        good = sum(bool(one["submitted_at"]) and not authority_words.missed(one, said["as_of"]) for one in reported)
        due = sum(not one["waived"] for one in reported)
        first += f" {good:,} of {plural(due, 'report')} to authorities would have been submitted in time." if due else ""
    if not promises:
        return first
    second = f"{plural(count, 'customer')} could not have been told in reality: no usable address is on file{', and what nobody is told keeps nothing' if owed else ''}." if count else "Every customer named has a usable address on file."
    return f"{first} {second}"


def _unreachable(said: Mapping[str, Any], promise: Mapping[str, Any]) -> bool:
    """Tell whether a customer could not have been told in reality: a colleague took its part, so what was achieved keeps nothing."""
    return any((one["controller"], one["agreement"]) == (promise["controller"], promise["agreement"]) for one in said["unreachable"])


def _achieved(said: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    text = f"{OUTCOMES[one['outcome']]}\n{_margin(one) if one['late_s'] is not None else ''}".strip()
    return f"not kept in reality: no usable address\nin the exercise: {text}" if _unreachable(said, one) and one["told_at"] else text


def _figures(said: Mapping[str, Any], zone: str) -> KeyFacts:
    steps = {one["step"]: one for one in said["steps"]}
    promises = said["promises"]
    missed = sum(one["outcome"] in MISSED or (one["outcome"] == Promise.KEPT and _unreachable(said, one)) for one in promises)
    return KeyFacts((
        Fact("Aware", moment(said["aware_at"], zone)), Fact("Customers", f"{len(promises):,}", f"{plural(missed, 'clock')} not kept in reality"),
        Fact("From awareness to release", _after(steps["Notice released"])), Fact("From awareness to the first delivery", _after(steps["Delivered"])),
        Fact("No usable address in reality", f"{len(said['unreachable']):,}"), Fact("Told, not acknowledged", f"{said['unacknowledged']:,}"),
    ))  # fmt: skip


def _after(step: Mapping[str, Any]) -> str:
    seconds = step["after_s"]
    if seconds is None:
        return "not reached"
    if seconds == 0:
        return "at awareness"
    return length(seconds) if seconds > 0 else f"{length(-seconds)} before"


def _bars(said: Mapping[str, Any]) -> tuple[Block, ...]:
    start = instant(said["aware_at"])
    timed = [(one, (instant(one["told_at"]) - start).total_seconds()) for one in said["promises"] if one["told_at"] and not _unreachable(said, one)]
    if not timed:
        return ()
    shown = sorted(timed, key=lambda pair: -pair[1])[:MOST_SHOWN]
    which = f", the {MOST_SHOWN} slowest of {len(timed):,}" if len(timed) > MOST_SHOWN else ""
    told = "; ".join(f"{one['controller']} {length(max(seconds, 0))}" for one, seconds in shown)
    bars = tuple(Bar(one["controller"], max(seconds, 0), length(max(seconds, 0))) for one, seconds in shown)
    return (Bars(bars, f"Time from awareness until each customer would have been told{which}: {told}.", f"Time from awareness until told{which}"),)


def _wrong(said: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    found: list[Block] = []
    missed = [one for one in said["promises"] if one["outcome"] in MISSED]
    if missed:
        late: tuple[tuple[str, ...], ...] = tuple((one["controller"], _asked(one), _margin(one), one["reason"] or "no reason on record") for one in missed)
        columns = (Column("Customer", 2), Column("Promise or target", 2), Column("Margin", 1.3, Align.RIGHT), Column("Why", 3))
        found += [Heading("Clocks missed", 3), Table(columns, late, row_header=True)]
    if said["unreachable"]:
        rows = tuple((one["controller"], one["agreement"], one["problem"]) for one in said["unreachable"])
        found += [
            Heading("Customers who could not have been told", 3),
            Text("In the exercise a colleague took their part. In reality these customers have no address to which a notice could go; add or repair their contacts."),
            Table((Column("Customer", 2), Column("Agreement", 1.3), Column("What is wrong", 4)), rows, row_header=True),
        ]  # fmt: skip
    if late_reports := [one for one in said.get("reports", ()) if authority_words.missed(one, said["as_of"])]:
        found += [Heading("Reports to authorities missed", 3), authority_words.table(late_reports, said["as_of"], zone)]
    further = _further(said)
    if further:
        found += [Heading("Further", 3), Table((Column("What", 1.6), Column("How", 4)), further, row_header=True)]
    return tuple(found) or (Notice("Nothing", "Every clock was kept, every customer has a usable address, and nothing was released alone or late.", Tone.DONE),)


def _further(said: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found = [(f"Phase {one['phase']} came late", one["reason"]) for one in said["late_words"]]
    found += [(f"Phase {one['phase']} was released by one person", one["reason"]) for one in said["emergencies"]]
    if said["undelivered"]:
        found.append(("Released, not delivered", "; ".join(said["undelivered"])))
    if said["unacknowledged"]:
        found.append(("Not acknowledged", f"{plural(said['unacknowledged'], 'customer')} did not confirm having received a notice."))
    return tuple(found)


def _asked(one: Mapping[str, Any]) -> str:
    """Return what was promised; where nobody was promised a number, what is asked and that the house's own target ran."""
    return f"{one['promise']}{' (house target)' if one['is_target'] else ''}"


def _margin(one: Mapping[str, Any]) -> str:
    if one["late_s"] is None:
        return OUTCOMES[one["outcome"]]
    held = f"{length(abs(one['late_s']))} {'late' if one['late_s'] > 0 else 'early'}"
    if not one.get("corrected"):
        return held
    return f"{held} by the awareness held then, {margin(one['corrected']['late_s'])} counted from the corrected one"


def _reports(said: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    """Return what would have gone to authorities; nothing where none was owed, and for records that were made before this was kept."""
    if not said.get("reports"):
        return ()
    return (Heading("Each report to an authority"), authority_words.table(said["reports"], said["as_of"], zone))


def _steps(said: Mapping[str, Any], zone: str) -> Table:
    rows = tuple(
        (one["step"], when(one["first_at"], zone), when(one["last_at"], zone) if one["last_at"] != one["first_at"] else "", _after(one))
        for one in said["steps"]
    )  # fmt: skip
    return Table((Column("Step", 2), Column("First", 2.3), Column("Last", 2.3), Column("After awareness", 1.4, Align.RIGHT)), rows, row_header=True)


def _promises(said: Mapping[str, Any], zone: str) -> Table:
    promises: Sequence[Mapping[str, Any]] = said["promises"]
    rows = tuple(
        (
            f"{one['controller']}\n{one['agreement']}", _asked(one), when(one["due_at"], zone),
            when(one["told_at"], zone), _achieved(said, one),
        )
        for one in promises
    )  # fmt: skip
    columns = (Column("Customer", 2), Column("Promise or target", 1.7), Column("Due", 1.7), Column("Told", 1.7), Column("Achieved", 1.5))
    return Table(columns, rows, row_header=True, empty="No customer was named.")
