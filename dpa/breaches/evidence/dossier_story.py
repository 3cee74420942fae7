"""A dossier's timeline: every act that touched one customer, in the order of its instants. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dpa.breaches.channels import way
from dpa.breaches.events import Event
from dpa.breaches.evidence.moments import Promise
from dpa.breaches.evidence.wording import ACTS, how_acknowledged
from dpa.evidence.pdf.blocks import Moment, Tone
from dpa.evidence.register.records import instant, moment

ENDINGS: Mapping[str, str] = {
    Event.CLOSED: "The case was closed", Event.NO_BREACH: "The case was closed: no breach", Event.REOPENED: "The case was opened again",
}  # fmt: skip


def story(said: Mapping[str, Any], zone: str) -> tuple[Moment, ...]:
    """Return the moments of a dossier's content, oldest first; acts of one instant in the order in which one leads to the next."""
    found = [*_case(said), *_phases(said, zone), *_deliveries(said, zone), *_rest(said), *_endings(said)]
    return tuple(sorted(found, key=lambda one: one.at))


def _case(said: Mapping[str, Any]) -> Iterator[Moment]:
    yield Moment(instant(said["detected_at"]), "First noticed")
    if said["upstream_told_at"]:
        yield Moment(instant(said["upstream_told_at"]), f"{said['upstream']} told us")
    yield Moment(instant(said["aware_at"]), "Aware", "From here on it was reasonably certain that personal data were affected.", tone=Tone.INFO)
    if said.get("aware_reason"):
        yield Moment(instant(said["customer_aware_at"]), f"Aware that {said['controller']} is affected", said["aware_reason"], tone=Tone.INFO)
    yield Moment(instant(said["recorded_at"]), "The incident was recorded", by=said["recorded_by"])
    for one in said["decisions"][1:]:
        yield Moment(instant(one["decided_at"]), "Awareness was corrected", one["reason"], one["decided_by"])
    for one in said.get("upstream_decisions", ()):
        words = f"Recorded that it happened at {one['name']}" if one["name"] else f"Recorded that it did not happen at {one['before']}"
        yield Moment(instant(one["decided_at"]), words, one["reason"], one["decided_by"])
    yield from _authorities(said)
    yield Moment(instant(said["added_at"]), f"{said['controller']} was named as affected")
    for one in said["facts"]:
        yield Moment(instant(one["at"]), f"Version {one['number']} of the facts was saved", by=one["by"])


def _authorities(said: Mapping[str, Any]) -> Iterator[Moment]:
    for one in said.get("classifications", ()):
        words = f"Classified as {'major' if one['major'] else 'not major'} under DORA"
        if one["reason"]:
            yield Moment(instant(one["recorded_at"]), "The classification was corrected", f"{words}. {one['reason']}", one["recorded_by"])
        else:
            yield Moment(instant(one["decided_at"]), words, one["basis"], one["person"])
    for one in said.get("significances", ()):
        yield Moment(instant(one["decided_at"]), f"Decided that it is {'significant' if one['significant'] else 'not significant'} under NIS2", one["reason"], one["decided_by"])
    for one in said.get("reports", ()):
        yield from _report(one)
    clock = said.get("dora_clock")  # Of records made before other reports were kept.
    if clock and clock["submitted_at"]:
        yield Moment(instant(clock["submitted_at"]), "The initial notification under DORA was submitted")


def _report(one: Mapping[str, Any]) -> Iterator[Moment]:
    name = f"{one['title'][:1].lower()}{one['title'][1:]} under {one['law']}"
    if one["submitted_at"]:
        first = next((row for row in one["submissions"] if row["number"] == 1), None)
        text = "\n".join(filter(None, (f"{first['how']}; {first['proof']}", f"Late because: {first['late_reason']}" if first["late_reason"] else ""))) if first else ""
        tone = Tone.LATE if (one["late_s"] or 0) > 0 else Tone.DONE
        yield Moment(instant(one["submitted_at"]), f"The {name} was submitted", text, first["recorded_by"] if first else "", tone)
    for row in one["submissions"]:
        if row["number"] > 1:
            yield Moment(instant(row["at"]), f"The {name} was updated", f"{row['how']}; {row['proof']}", row["recorded_by"])


def _endings(said: Mapping[str, Any]) -> Iterator[Moment]:
    for one in said["endings"]:
        yield Moment(instant(one["at"]), ENDINGS.get(one["act"], one["act"]), one["words"], one["by"], Tone.DONE)


def _phases(said: Mapping[str, Any], zone: str) -> Iterator[Moment]:
    for one in said["phases"]:
        text = [f"The next word was promised by {moment(one['next_word_at'], zone)}."] if one["next_word_at"] else []
        text += [f"Later than announced: {one['late_reason']}"] if one["late_reason"] else []
        text += [f"Released by one person, in an emergency: {one['emergency_reason']}"] if one["emergency_reason"] else []
        second = f", approved by {one['approved_by']}" if one["approved_by"] else ""
        yield Moment(instant(one["released_at"]), f"{one['title']} released (notice {one['number']})", "\n".join(text), f"{one['released_by']}{second}", Tone.INFO)


def _deliveries(said: Mapping[str, Any], zone: str) -> Iterator[Moment]:
    late = said["outcome"] in {Promise.LATE, Promise.CORRECTED}
    for one in said["deliveries"]:
        name = f"Notice {one['phase']}"
        for answer in one.get("answers", ()):
            if answer.get("end"):
                yield Moment(instant(answer["at"]), f"{name}: the mail was {answer['what'].lower()}", f"{answer['code'] or ''} {answer['reply']}".strip(), one["to"], Tone.LATE)
        if one["given_at"]:
            counts = "" if one["counts_at"] in {None, one["given_at"]} else f"Counts as received from {moment(one['counts_at'], zone)} on."
            counts = "It counts once it is received, which nobody knew yet." if one.get("under_way") else counts
            first = one["counts_at"] is not None and one["counts_at"] == said["told_at"] and not one.get("returned")
            tone = Tone.NEUTRAL if not first or one.get("kept") else Tone.LATE if late else Tone.DONE
            how = "kept in the file mailbox; nobody received it" if one.get("kept") else f"given {way(one['channel'])}"
            what = f"The customer was told {way(one['channel'])}, before the text was released" if one.get("before_text") else f"{name} {how}"
            yield Moment(instant(one["given_at"]), what, "\n".join(filter(None, (counts, one["proof"]))), one["to"], tone)
        if receipt := one.get("receipt"):
            yield Moment(instant(receipt["at"]), f"{name} was received", receipt["proof"])
        if back := one.get("returned"):
            yield Moment(instant(back["at"]), f"{name} came back undelivered", back["reason"], tone=Tone.LATE)
        if one["read_at"]:
            yield Moment(instant(one["read_at"]), f"{name} opened by the customer")
        if one["acknowledged_at"]:
            yield Moment(instant(one["acknowledged_at"]), f"{name} acknowledged ({how_acknowledged(one)})", by=one["acknowledged_by"], tone=Tone.DONE)


def _rest(said: Mapping[str, Any]) -> Iterator[Moment]:
    for one in said["questions"]:
        yield Moment(instant(one["at"]), "The customer asked a question", by=one["name"])
        if one["answered_at"]:
            yield Moment(instant(one["answered_at"]), "The question was answered", by=one["answered_by"])
    if said["late_reason"]:
        yield Moment(instant(said["late_reason"]["at"]), "The reason for the delay was given", by=said["late_reason"]["by"])
    if said["not_owed"]:
        yield Moment(instant(said["not_owed"]["at"]), "Decided that no notice is owed", by=said["not_owed"]["by"])
    for one in said["changes"]:
        yield Moment(instant(one["at"]), f"The clock: {ACTS.get(one['act'], one['act']).lower()}", one["reason"], one["by"])
