"""A dossier's pages: the first says what was promised and what became of it, the rest shows it act by act. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from dpa.agreements.terms.words import Event
from dpa.breaches.channels import way
from dpa.breaches.closing import CaseState
from dpa.breaches.corrected import margin, span
from dpa.breaches.evidence import authority_words
from dpa.breaches.evidence.dossier_parts import (
    documents,
    facts,
    handed_over,
    notification,
    own_part,
    questions,
    told,
)
from dpa.breaches.evidence.dossier_story import story
from dpa.breaches.evidence.moments import MISSED, Promise
from dpa.breaches.evidence.wording import (
    ACTS,
    NOBODY_TOLD,
    STATES,
    TONES,
    how_acknowledged,
    outcome_text,
    when,
)
from dpa.breaches.told_clock import told_basis
from dpa.docket.presenting import ORIGINS
from dpa.evidence.pdf.blocks import (
    Block,
    ClockPoint,
    ClockStrip,
    Column,
    Fact,
    Heading,
    KeyFacts,
    Notice,
    Points,
    Summary,
    Table,
    Text,
    Timeline,
    Tone,
)
from dpa.evidence.register.kinds import Body, Record
from dpa.evidence.register.records import instant, moment

NO_BASIS = "No basis was written down."


def build(record: Record) -> Body:
    """Return the pages of a dossier."""
    said, zone = record["content"], record["zone"]
    return Body(
        title=record["title"],
        subtitle=f"Dossier of {'incident' if said['state']['is'] == CaseState.NO_BREACH else 'breach'} {said['breach']} for {said['controller']}, as known on {moment(said['as_of'], zone)}",
        summary=(Summary(_lead(record)), _key_facts(record), *_strip(said, zone), *_boxes(said, zone)),
        detail=(
            Heading("What happened, act by act"), Timeline(story(said, zone)),
            Heading("When awareness began"), _decisions(said, zone), *_own_awareness(said, zone), *authority_words.dossier(said, zone),
            Heading("The clock"), *_clock(said, zone), *told(said, zone), *handed_over(said, zone), *facts(said, zone), *own_part(said, zone), *questions(said, zone),
            *documents(said, zone), *notification(said),
        ),
    )  # fmt: skip


def _lead(record: Record) -> str:
    said, zone = record["content"], record["zone"]
    head = f"{record['issuer']['name']} was aware of this personal data breach from {moment(said['aware_at'], zone)} on{_later(said, zone)}."
    if said["state"]["is"] == CaseState.NO_BREACH:
        since, ended = moment(said["aware_at"], zone), moment(said["state"]["at"], zone)
        head = f"{record['issuer']['name']} took this incident for a personal data breach from {since} on. It turned out to be none; the case was closed as no breach on {ended}."
    whom = said["controller"]
    if said.get("demonstration"):
        return f"{head} {_kept(said, zone)}"
    ends: dict[str, str] = {
        Promise.KEPT: f"It told {whom} on {when(said['told_at'], zone)}, {'within the house target' if _target(said) else 'in time'}{_by_held(said, zone)}.",
        Promise.CORRECTED: f"It told {whom} on {when(said['told_at'], zone)}, {'within the house target' if _target(said) else 'in time'}{_by_held(said, zone)}.",
        Promise.LATE: f"It told {whom} on {when(said['told_at'], zone)}, {'later than the house target' if _target(said) else 'too late'}{_by_held(said, zone)}.",
        Promise.RUNNING: f"{whom} was not told yet; the {'house target' if _target(said) else 'time'} still ran.",
        Promise.OVERDUE: f"{whom} was not told yet, and the {'house target' if _target(said) else 'time'} had passed.",
        Promise.NOT_OWED: f"A named person decided that no notice is owed to {whom}.",
        Promise.WAIVED: f"The {'house target for' if _target(said) else 'promise to'} {whom} was waived; the reason stands below.",
    }
    asked = f" Neither contract nor law name a number; what they ask: {said['promise']}." if _target(said) else ""
    return f"{head} {ends[said['outcome']]}{asked}"


def _by_held(said: Mapping[str, Any], zone: str) -> str:
    """Say by which awareness that was so, and what is true of the one that corrected it afterwards."""
    anew = said.get("corrected")
    if not anew:
        return ""
    also = ", also" if (anew["late_s"] > 0) == (said["clock"]["late_s"] > 0) else ""
    what, after = ("time at which it was first noticed", "it was first noticed") if anew.get("noticed") else ("awareness", "awareness")
    return (
        f" counted from the {what} held then ({moment(anew['held_at'], zone)}); {'that' if anew.get('noticed') else 'awareness'} was corrected afterwards, and counted from the "
        f"corrected one it came {span(timedelta(seconds=anew['after_s']))} after {after}{also}, {margin(anew['late_s'])}"
    )


def _target(said: Mapping[str, Any]) -> bool:
    """Tell whether only the house's own target ran: contract and law name no number, so nobody was promised one."""
    return bool(said["clock"]["is_target"])


def _later(said: Mapping[str, Any], zone: str) -> str:
    """Say since when it was certain that this customer is affected, where that was later than the incident itself."""
    if not said.get("aware_reason"):
        return ""
    return f", and from {moment(said['customer_aware_at'], zone)} on that {said['controller']} is affected"


def _kept(said: Mapping[str, Any], zone: str) -> str:
    """Say what a demonstration did instead of telling the customer, and what is true of the promise: records of before count it by the mailbox."""
    in_time = {
        Promise.LATE: ", after the time was over", Promise.KEPT: ", before the time was over",
        Promise.CORRECTED: ", before the time was over by the awareness held then, and after it counted from the corrected one",
    }.get(said["outcome"], "")  # fmt: skip
    return (
        f"Its first notice was kept in the file mailbox on {moment(said['told_at'], zone)}{in_time}. "
        f"No mail server was set: this was a demonstration, and {said['controller']} was not told.{_passed(said, zone)}"
    )


def _passed(said: Mapping[str, Any], zone: str) -> str:
    """Say whether the time has passed in which nobody was told."""
    what, due = "house target" if _target(said) else "promise", moment(said["clock"]["due_at"], zone)
    if said["outcome"] == Promise.OVERDUE:
        return f" Its time passed on {due}: the {what} was missed."
    return f" Its time still ran until {due}." if said["outcome"] == Promise.DEMONSTRATION and said["clock"]["due_at"] > said["as_of"] else ""


def _key_facts(record: Record) -> KeyFacts:
    said, zone, clock = record["content"], record["zone"], record["content"]["clock"]
    origin = ORIGINS.get(clock["origin"], ("", clock["origin"]))[1]
    state = STATES[said["state"]["is"]]
    acknowledged = [one for one in said["deliveries"] if one["acknowledged_at"]]
    return KeyFacts((
        Fact("Controller", said["controller"], f"Agreement {said['agreement']}, {said['terms']}"),
        Fact("Incident", said["breach"], said["incident"]),
        *_asked(said, zone, origin),
        Fact("House target" if _target(said) else "Promise", outcome_text(said), _beside_outcome(said, zone)),
        Fact("Kept in the file mailbox", when(said["told_at"], zone), "no mail server was set; nobody was told") if said.get("demonstration")
        else Fact("First told", when(said["told_at"], zone), _channel(said)),
        Fact("Acknowledged", when(acknowledged[0]["acknowledged_at"], zone) if acknowledged else "not yet", _acknowledged(acknowledged, len(said["deliveries"]))),
        Fact("State of the case", state, when(said["state"]["at"], zone) if said["state"]["at"] else ""),
        Fact("As of", moment(said["as_of"], zone), "What was known, decided and given later is left out"),
    ))  # fmt: skip


def _asked(said: Mapping[str, Any], zone: str, origin: str) -> tuple[Fact, ...]:
    if _target(said):
        return (Fact("What contract and law ask", said["promise"], "no number of hours or days"),)
    return (Fact("Promised by", moment(said["clock"]["due_at"], zone), f"{said['promise']} ({origin})"),)


def _beside_outcome(said: Mapping[str, Any], zone: str) -> str:
    target = f"the house's own target was {moment(said['clock']['due_at'], zone)}; nobody was promised it" if _target(said) else ""
    return "; ".join(filter(None, (target, NOBODY_TOLD if said.get("demonstration") else "")))


def _acknowledged(acknowledged: Sequence[Mapping[str, Any]], given: int) -> str:
    """Say which notices were acknowledged, and by whom first: a confirmation covers what had come until then, and nothing later."""
    if not acknowledged:
        return ""
    numbers = ", ".join(str(number) for number in sorted(one["phase"] for one in acknowledged))
    return f"notice {numbers} of {given}, by {acknowledged[0]['acknowledged_by']} ({how_acknowledged(acknowledged[0])})"


def _channel(said: Mapping[str, Any]) -> str:
    first = next((one for one in said["deliveries"] if one["counts_at"] and one["counts_at"] == said["told_at"]), None)
    return (way(first["channel"]) + (", before the text was released" if first.get("before_text") else "")) if first else ""


def _strip(said: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    clock, as_of = said["clock"], instant(said["as_of"])
    start, due = instant(clock["started_at"]), instant(clock["due_at"])
    if due <= start:
        return ()
    told_at = instant(said["told_at"]) if said["told_at"] else None
    point = ClockPoint("Kept" if said.get("demonstration") else "Told", told_at) if told_at and told_at >= start else ClockPoint("As of", as_of)
    words = f"It was told on {moment(said['told_at'], zone)}." if said["told_at"] else f"It was not told by {moment(said['as_of'], zone)}."
    words = _kept(said, zone) if said.get("demonstration") else words
    return (ClockStrip(
        ClockPoint("Noticed" if clock.get("start") == Event.DISCOVERY else "Aware", start), ClockPoint("House target" if _target(said) else "Due", due), (point,) if point.at >= start else (),
        f"The {'house target' if _target(said) else 'time'} ran from {moment(clock['started_at'], zone)} to {moment(clock['due_at'], zone)}. {words} "
        f"The {'house target' if _target(said) else 'promise'}: {outcome_text(said)}.",
    ),)  # fmt: skip


def _boxes(said: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    found: list[Block] = []
    if said.get("channel_caveat"):
        found.append(Notice("Told in another way than the contract names", said["channel_caveat"], Tone.INFO))
    if said["not_owed"]:
        found.append(Notice("No notice owed", _signed(said["not_owed"], zone), TONES[Promise.NOT_OWED]))
    if said["late_reason"]:
        found.append(Notice("Why nobody was told in time" if said.get("demonstration") else "Why this customer was told late", _signed(said["late_reason"], zone), Tone.LATE))
    elif said["outcome"] in MISSED:
        by_which = " counted from the corrected awareness" if said["outcome"] == Promise.CORRECTED else ""
        found.append(Notice("No reason was on record", f"The {'house target' if _target(said) else 'promise'} was missed{by_which}, and nobody had said why by then.", Tone.LATE))
    state = said["state"]
    if state["is"] == CaseState.NO_BREACH:
        found.append(Notice("Closed as no breach", f"{state['words']}\n{state['by']}, {moment(state['at'], zone)}", Tone.INFO))
    elif state["is"] == CaseState.CLOSED and state["words"]:
        found.append(Notice("How the case ended", f"{state['words']}\n{state['by']}, {moment(state['at'], zone)}", Tone.DONE))
    return tuple(found)


def _signed(reason: Mapping[str, Any], zone: str) -> str:
    return f"{reason['text']}\n{reason['by']}, {moment(reason['at'], zone)}"


def _decisions(said: Mapping[str, Any], zone: str) -> Table:
    rows = tuple(
        (
            str(one["number"]), f"{moment(one['aware_at'], zone)}\nfirst noticed {moment(one['detected_at'], zone)}",
            "\n".join(filter(None, (one["basis"] or NO_BASIS, f"Corrected: {one['reason']}" if one["reason"] else ""))),
            "\n".join(filter(None, (f"aware: {one['person']}" if one["person"] else "", f"{one['decided_by']}, {moment(one['decided_at'], zone)}"))),
        )
        for one in said["decisions"]
    )  # fmt: skip
    return Table(
        (Column("Decision", 0.7), Column("Aware since", 2), Column("On what basis", 3), Column("Who, and decided when", 2.2)), rows,
        empty="No decision was on record by then.",
    )


def _own_awareness(said: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    """Say since when, and why only then, it was certain that just this customer is affected; its clock runs from there."""
    if not _later(said, zone):
        return ()
    rows = ((moment(said["customer_aware_at"], zone), said["aware_reason"], f"named on {moment(said['added_at'], zone)}"),)
    columns = (Column(f"Aware that {said['controller']} is affected since", 2), Column("Why later than the incident", 4), Column("When it was named", 2))
    return (Heading("Awareness that this customer is affected", 3), Table(columns, rows))


def _rests_on(said: Mapping[str, Any], basis: str) -> str:
    """Return what a step of the counting rests on; the length of a house target rests on no clause."""
    return "the house's own target" if basis and _target(said) else told_basis(basis)


def _counted_anew(said: Mapping[str, Any], zone: str) -> str:
    """Say when the same promise would have ended counted from the corrected awareness, and by how much it was kept or missed then."""
    anew = said.get("corrected")
    if not anew:
        return ""
    given = "notice was kept in the file mailbox" if said.get("demonstration") else "customer was told"
    what, after = ("time at which it was first noticed", "that time") if anew.get("noticed") else ("awareness", "that awareness")
    return (
        f" Counted from the corrected {what} ({moment(anew['aware_at'], zone)}) it would have ended {moment(anew['due_at'], zone)}: the {given} "
        f"{span(timedelta(seconds=anew['after_s']))} after {after}, {margin(anew['late_s'])}."
    )


def _clock(said: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    clock = said["clock"]
    ran = "Neither contract nor law name a number, so the house's own target ran" if _target(said) else "It ran"
    ran += " from when the breach was first noticed," if clock.get("start") == Event.DISCOVERY else ""
    head = f"{told_basis(clock['basis'])}. {ran} from {moment(clock['started_at'], zone)} to {moment(clock['due_at'], zone)}."
    if said.get("customer_aware_at", said["aware_at"]) != said["aware_at"] and not said.get("aware_reason"):
        head += f" Awareness was corrected afterwards, which did not move this clock any more.{_counted_anew(said, zone)}"
    elif said.get("corrected", {}) and said["corrected"].get("noticed"):
        head += f" When it was first noticed was corrected afterwards, which did not move this clock any more.{_counted_anew(said, zone)}"
    if clock["target_at"] != clock["due_at"]:
        head += f" The house's own target was {moment(clock['target_at'], zone)}."
    steps = tuple((step["label"], step["text"], _rests_on(said, step["basis"])) for step in clock["steps"])
    found: list[Block] = [Text(head), Table((Column("Step", 1), Column("Counting", 4), Column("Rests on", 2)), steps, row_header=True)]
    if clock["warnings"]:
        found.append(Points(tuple(clock["warnings"])))
    if said["changes"]:
        rows = tuple(
            (ACTS.get(one["act"], one["act"]), moment(one["old_at"], zone), moment(one["new_at"], zone) if one["new_at"] != one["old_at"] else "the same",
             f"{one['reason']}\n{one['by']}, {moment(one['at'], zone)}")
            for one in said["changes"]
        )  # fmt: skip
        columns = (Column("Act", 1), Column("Due before", 1.6), Column("Due after", 1.6), Column("Why, who and when", 3))
        found += [Heading("What moved it", 3), Table(columns, rows, row_header=True)]
    return tuple(found)
