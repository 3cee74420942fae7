"""The incident register as a sealed document: what its record holds, and its pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dpa.breaches import tally
from dpa.breaches.closing import CaseState
from dpa.breaches.evidence.asking import Asked
from dpa.breaches.evidence.lines import Line
from dpa.breaches.evidence.moments import MISSED, Promise
from dpa.breaches.evidence.tables import phase_text, reasons_text
from dpa.breaches.evidence.wording import NOBODY, STATES, when
from dpa.evidence.pdf.blocks import (
    MOST_BARS,
    Align,
    Bar,
    Bars,
    Block,
    Column,
    Fact,
    FinePrint,
    Heading,
    KeyFacts,
    Notice,
    Summary,
    Table,
    Text,
    Tone,
)
from dpa.evidence.register.kinds import Body, DocumentKind, Record
from dpa.evidence.register.records import moment
from dpa.evidence.trail.bodies import timestamp
from dpa.web.words import length, plural

NUMBERS = "Incidents and exercises share one run of numbers: a number that is not in this list is an exercise, or lies outside the period."
KIND = "incident-register"
FORMAT = 1
NOTHING = "Nothing was on record by then."


def content(lines: Sequence[Line], asked: Asked) -> dict[str, Any]:
    """Return what the record of a register holds."""
    return {
        "format": FORMAT, "from": asked.first.isoformat(), "to": asked.last.isoformat(), "as_of": timestamp(asked.as_of),
        "state": asked.state.value if asked.state else "", "incidents": [_incident(line) for line in lines],
    }


def _stamp(at: datetime | None) -> str | None:
    return timestamp(at) if at is not None else None


def _incident(line: Line) -> dict[str, Any]:
    seconds = int(line.to_notice.total_seconds()) if line.to_notice is not None else None
    return {
        "breach": line.reference, "incident": line.title, "state": line.state.value, "closed_at": _stamp(line.closed_at), "ended": line.close_words,
        "zone": line.zone, "detected_at": timestamp(line.detected_at), "aware_at": timestamp(line.aware_at), "recorded_at": timestamp(line.recorded_at),
        "first_told_at": _stamp(line.first_told_at), "last_told_at": _stamp(line.last_told_at), "to_notice_s": seconds, "upstream": line.upstream,
        "affected": line.affected, "told": line.told, **{outcome.value: line.counts.get(outcome, 0) for outcome in Promise}, "demonstration": line.demonstration,
        "late_reasons": reasons_text(line.late_reasons, line.unexplained), "not_owed_reasons": reasons_text(line.not_owed_reasons, 0),
        "facts": line.facts, "effects": line.effects, "remedial": line.remedial,
        "phases": [phase_text(one, line.zone) for one in line.phases], "reports": list(line.reports),
    }  # fmt: skip


def build(record: Record) -> Body:
    """Return the pages of a register."""
    said, zone = record["content"], record["zone"]
    incidents = said["incidents"]
    shown = f", only those {STATES[said['state']]}" if said["state"] else ""
    return Body(
        title=record["title"],
        subtitle=f"Personal data breaches of which {record['issuer']['name']} became aware from {said['from']} to {said['to']}{shown}, "
        f"as known on {moment(said['as_of'], zone)}",
        summary=(Summary(_lead(incidents, record["issuer"]["name"])), _figures(said, zone), *_bars(incidents)),
        detail=(
            Heading("Overview"), _overview(incidents, zone), Text(NUMBERS), *(block for one in incidents for block in _one(one)),
            FinePrint(
                "A controller documents every breach, its effects and the remedial action taken (Art. 33(5) GDPR); this is the processor's mirror. "
                "Exercises are kept in a list of their own. Incidents that turned out to be no breach are kept and marked."
            ),
        ),
    )  # fmt: skip


def _total(incidents: Sequence[Mapping[str, Any]], *keys: str) -> int:
    return sum(one.get(key, 0) for one in incidents for key in keys)


def _missed(*incidents: Mapping[str, Any]) -> int:
    return _total(incidents, *MISSED)


def _by_correction(incidents: Sequence[Mapping[str, Any]]) -> str:
    """Say how many were in time by the awareness held when they were told, and late only counted from the corrected one; empty where none."""
    count = _total(incidents, Promise.CORRECTED)
    return f", {count:,} of them in time by the awareness held then and late counted from the corrected one" if count else ""


def _lead(incidents: Sequence[Mapping[str, Any]], issuer: str) -> str:
    if not incidents:
        return f"{issuer} recorded no personal data breach in this period."
    none = sum(one["state"] == CaseState.NO_BREACH for one in incidents)
    marked = f", of which {none:,} turned out to be no breach" if none else ""
    demonstration = sum(one.get("demonstration", 0) for one in incidents)
    kept = f" {plural(demonstration, 'notice')} {'was' if demonstration == 1 else 'were'} only kept in the file mailbox of a demonstration: nobody was told by {'it' if demonstration == 1 else 'them'}." if demonstration else ""
    missed = _missed(*incidents)
    # What the file mailbox kept keeps no promise: while its time runs, nothing can be said of it yet.
    kept_all = "" if demonstration else " Every promise and house target that had to be kept by then was kept."
    ends = kept_all if not missed else f" {plural(missed, 'promise or house target', 'promises or house targets')} {'was' if missed == 1 else 'were'} missed{_by_correction(incidents)}."
    return f"{issuer} recorded {plural(len(incidents), 'incident')} in this period{marked}. {plural(_total(incidents, 'told'), 'customer')} {'was' if _total(incidents, 'told') == 1 else 'were'} told.{kept}{ends}"


def _figures(said: Mapping[str, Any], zone: str) -> KeyFacts:
    incidents = said["incidents"]
    times = sorted(one["to_notice_s"] for one in incidents if one["to_notice_s"] is not None)
    middle = length(times[len(times) // 2] if len(times) % 2 else (times[len(times) // 2 - 1] + times[len(times) // 2]) / 2) if times else "nobody was told"
    states = "; ".join(f"{sum(one['state'] == state for one in incidents):,} {word}" for state, word in STATES.items())
    return KeyFacts((
        Fact("Incidents", f"{len(incidents):,}", states), Fact("Period", f"{said['from']} to {said['to']}", "by the legal day of awareness"),
        Fact("Customers told", f"{_total(incidents, 'told'):,}", f"of {_total(incidents, 'affected'):,} named{_kept(incidents)}"),
        Fact("Told late, or not in time", f"{_missed(*incidents):,}", f"{_total(incidents, Promise.OVERDUE):,} of them not told by then{_by_correction(incidents)}"),
        Fact("No notice owed, by decision", f"{_total(incidents, Promise.NOT_OWED):,}"),
        Fact("Median time to the first notice", middle, f"as of {moment(said['as_of'], zone)}"),
    ))  # fmt: skip


def _kept(incidents: Sequence[Mapping[str, Any]]) -> str:
    """Say how many notices no mail server took; empty where none."""
    said = tally.mailbox(sum(one.get("demonstration", 0) for one in incidents), _total(incidents, "told"))
    return f"; {said}" if said else ""


def _bars(incidents: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    timed = sorted((one for one in incidents if one["to_notice_s"] is not None), key=lambda one: -one["to_notice_s"])
    if not timed:
        return ()
    shown = timed[:MOST_BARS]
    longest = f", the {MOST_BARS} longest of {len(timed):,}" if len(timed) > MOST_BARS else ""
    told = "; ".join(f"{one['breach']} {length(one['to_notice_s'])}" for one in shown)
    return (Bars(
        tuple(Bar(one["breach"], one["to_notice_s"], length(one["to_notice_s"])) for one in shown),
        f"Time from awareness to the first notice{longest}: {told}.", f"Time from awareness to the first notice{longest}",
    ),)  # fmt: skip


def _overview(incidents: Sequence[Mapping[str, Any]], zone: str) -> Table:
    rows = tuple(
        (
            one["breach"], f"{one['incident']}\n{STATES[one['state']]}", when(one["aware_at"], zone), _told(one["first_told_at"], zone),
            tally.told(one["told"], one["affected"], one.get("demonstration", 0), word=""), f"{_missed(one):,}",
        )
        for one in incidents
    )  # fmt: skip
    columns = (
        Column("Reference", 1.4), Column("Incident and state", 2.6), Column("Aware", 1.9), Column("First told", 1.9), Column("Told", 1, Align.RIGHT),
        Column("Missed", 0.8, Align.RIGHT),
    )  # fmt: skip
    return Table(columns, rows, row_header=True, empty="No incident in this period.")


def _one(one: Mapping[str, Any]) -> tuple[Block, ...]:
    zone = one["zone"]
    found: list[Block] = [Heading(f"{one['breach']}: {one['incident']}")]
    if one["state"] == CaseState.NO_BREACH:
        found.append(Notice("Closed as no breach", f"{one['ended']}\n{when(one['closed_at'], zone)}", Tone.INFO))
    found.append(KeyFacts((
        Fact("First noticed", when(one["detected_at"], zone)), Fact("Aware", when(one["aware_at"], zone), f"recorded {when(one['recorded_at'], zone)}"),
        Fact("First customer told", _told(one["first_told_at"], zone), f"{length(one['to_notice_s'])} after awareness" if one["to_notice_s"] is not None else ""),
        Fact("Last customer told", _told(one["last_told_at"], zone)),
        Fact("Customers", f"{one['affected']:,} affected, {one['told']:,} told", _outcomes(one) + _kept([one])),
        Fact("State", STATES[one["state"]], when(one["closed_at"], zone) if one["closed_at"] else ""),
    )))  # fmt: skip
    found += [
        Heading("Facts", 3), Text(one["facts"] or NOTHING), Heading("Effects", 3), Text(one["effects"] or NOTHING),
        Heading("Remedial action", 3), Text(one["remedial"] or NOTHING),
    ]  # fmt: skip
    rest = (
        ("Phases", "\n".join(one["phases"])), ("Why customers were told late", one["late_reasons"]), ("Why no notice was owed", one["not_owed_reasons"]),
        ("Reports to authorities", "\n".join(one.get("reports", ()))), ("Subprocessor", one["upstream"]), ("How it ended", one["ended"] if one["state"] == CaseState.CLOSED else ""),
    )  # fmt: skip
    rows = tuple((label, text) for label, text in rest if text)
    return (*found, Table((Column("Matter", 1.2), Column("On record", 4)), rows, row_header=True)) if rows else tuple(found)


def _told(text: str | None, zone: str) -> str:
    return moment(text, zone) if text else NOBODY


def _outcomes(one: Mapping[str, Any]) -> str:
    said = (
        (Promise.KEPT, "in time"), (Promise.LATE, "late"), (Promise.CORRECTED, "in time by the awareness held then, late by the corrected one"), (Promise.OVERDUE, "nobody told, time passed"), (Promise.RUNNING, "time running"),
        (Promise.NOT_OWED, "not owed"), (Promise.WAIVED, "waived"),
    )  # fmt: skip
    return ", ".join(f"{one[key]:,} {word}" for key, word in said if one.get(key))


REGISTER = DocumentKind(
    name=KIND,
    code="IR",
    title="Incident register",
    plural="Incident registers",
    classification="Confidential",
    reason="Register of personal data breaches over a period",
    build=build,
)
