"""Parts of a dossier: what was told and how it arrived, the facts, questions, documents, and what the controller must add. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dpa.breaches.evidence.wording import NOT_YET, how_acknowledged, when
from dpa.breaches.notices import matters
from dpa.breaches.phases import Phase
from dpa.breaches.rules import FIELDS, Draft
from dpa.breaches.told_severity import severity_rows
from dpa.breaches.versions import part_rows
from dpa.evidence.pdf.blocks import Block, Column, Fact, Heading, KeyFacts, Passage, Points, Table, Text
from dpa.evidence.register.records import moment
from dpa.evidence.trail.bodies import canonical
from dpa.languages import ENGLISH, NAMES

MATTERS = (("What happened", "nature"), ("Likely consequences", "consequences"), ("Measures taken or proposed", "measures"),
           ("Still open", "unknown"), ("Contact", "contact"))  # fmt: skip
NO_DOCUMENT = "none"


def told(said: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    """Return the phases, word for word."""
    found: list[Block] = [Heading("What was told")]
    if not said["phases"]:
        return (*found, Text("No phase of a notice had been released by then."))
    for one in said["phases"]:
        facts = (
            Fact("Released", moment(one["released_at"], zone), f"by {one['released_by']}" + (f", approved by {one['approved_by']}" if one["approved_by"] else "")),
            Fact("Next word promised by", moment(one["next_word_at"], zone) if one["next_word_at"] else "none promised"),
        )  # fmt: skip
        rows = tuple((label, _as_told(one)[key]) for label, key in MATTERS)
        found += [Heading(f"{one['number']}. {one['title']}", 3), KeyFacts(facts), Table((Column("Matter", 1), Column("As told", 4)), rows, row_header=True)]
        if one.get("severity"):
            help_told = tuple(severity_rows(canonical(one["severity"]), ENGLISH))
            found += [Text("As a help, and no decision, it told the severity by ENISA’s method:"), Table((Column("Severity", 1), Column("As told", 4)), help_told, row_header=True)]
        found += _in_its_language(one, said)
    return tuple(found)


def _as_told(phase: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what the mail said of each matter; where the account said nothing, the words that stood in its place."""
    draft = Draft(**{name: phase[name] for name in FIELDS})
    return {one.key: one.text for one in matters(draft, Phase(phase["phase"]), ENGLISH, withdraws=bool(phase.get("withdraws")))}


def _in_its_language(phase: Mapping[str, Any], said: Mapping[str, Any]) -> list[Block]:
    """Return the text the customer was given in its own language, where there was one beside the main text."""
    given = {one.get("language") for one in said["deliveries"] if one["phase"] == phase["number"]}
    found: list[Block] = []
    for text in phase.get("texts", ()):
        if text["language"] in given:
            rows = tuple((label, text[key]) for label, key in MATTERS if text[key])
            table = Table((Column("Matter", 1), Column("As told", 4)), rows, row_header=True)
            found += [Text(f"This customer was given the text in {NAMES[text['language']]}:"), Passage(text["language"], (table,))]
    return found


def own_part(said: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    """Return what was known of the customer's own part, when that was said, and what each phase told of it."""
    rows = [("Known", when(said["as_of"], zone), _part(said["part"]))] if said.get("part") else []
    rows += [(f"Said, version {one['number']}", f"{moment(one['at'], zone)}\n{one['by']}", _part(one["part"])) for one in said.get("shares", ())]
    rows += [
        (f"Told with notice {one['phase']}", f"{one['channel']}, in {NAMES.get(one['language'], one['language'])}", _part(one["part"]))
        for one in said["deliveries"] if one.get("part")
    ]  # fmt: skip
    if not rows:
        return ()
    return (Heading("What concerned this customer"), Table((Column("What", 1.2), Column("When, or how", 1.6), Column("Its own part", 5)), tuple(rows), row_header=True))


def _part(told: Mapping[str, Any] | None) -> str:
    return "\n".join(f"{label}: {text}" for label, text in part_rows(told, ENGLISH)) or "Nothing of its own any more."


def handed_over(said: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    """Return every delivery with what proves it, and what mail servers answered."""
    rows = tuple(
        (
            f"Notice {one['phase']}", "\n".join(filter(None, (one["channel"], one["to"], one["proof"]))), _given(one, zone),
            one["document"] or NO_DOCUMENT, _reaction(one, zone),
        )
        for one in said["deliveries"]
    )  # fmt: skip
    columns = (Column("What", 0.9), Column("How and to whom", 2.6), Column("Given", 2.2), Column("Document", 1.9), Column("Read, acknowledged", 2.2))
    found: list[Block] = [
        Heading("How it was delivered"), Table(columns, rows, row_header=True, empty="Nothing had been given to this customer by then."),
    ]  # fmt: skip
    answers = tuple(
        (f"Notice {one['phase']}", moment(answer["at"], zone), answer["what"], f"{answer['code'] or ''} {answer['reply']}".strip())
        for one in said["deliveries"] for answer in one["answers"]
    )  # fmt: skip
    if answers:
        table = Table((Column("What", 0.8), Column("When", 1.8), Column("What happened", 2), Column("Answer of the mail server", 3, code=True)), answers, row_header=True)
        found += [Heading("What mail servers answered", 3), table]
    return tuple(found)


def _given(one: Mapping[str, Any], zone: str) -> str:
    if not one["given_at"]:
        return f"{NOT_YET}; released {moment(one['recorded_at'], zone)}"
    counts = "" if one["counts_at"] in {None, one["given_at"]} else f"\ncounts as received {moment(one['counts_at'], zone)}"
    counts = "\nnot received yet, as far as is known" if one.get("under_way") else counts
    kept = "\nkept in the file mailbox; nobody received it" if one.get("kept") else ""
    early = "\nby word of mouth, before the text was released" if one.get("before_text") else ""
    back = f"\ncame back undelivered {moment(one['returned']['at'], zone)}: {one['returned']['reason']}" if one.get("returned") else ""
    return f"{moment(one['given_at'], zone)}{'' if back else counts}{kept}{early}{back}"


def _reaction(one: Mapping[str, Any], zone: str) -> str:
    read = f"read {moment(one['read_at'], zone)}" if one["read_at"] else "not opened by its link"
    if not one["acknowledged_at"]:
        return f"{read}\nnot acknowledged"
    return f"{read}\nacknowledged {moment(one['acknowledged_at'], zone)} by {one['acknowledged_by']} ({how_acknowledged(one)})"


def facts(said: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    """Return the facts as they were known at each moment: what changed with each version, and the newest in full."""
    found: list[Block] = [Heading("The facts as they were known")]
    versions = said["facts"]
    if not versions:
        return (*found, Text(f"No fact sheet was kept by then. Recorded at first: {said['known']}"))
    found.append(Text("Each save is a version of its own. The incident's counts of people and records are left out here where other controllers are concerned too; what somebody wrote in words of their own stands as it was written."))
    if len(versions) > 1:
        rows = tuple((f"Version {one['number']}", f"{moment(one['at'], zone)}\n{one['by']}", _changed(one)) for one in versions)
        found.append(Table((Column("Version", 0.9), Column("Saved", 1.8), Column("What it said anew", 5)), rows, row_header=True))
    newest = next((one for one in reversed(versions) if not one["problem"]), versions[-1])
    found += [
        Heading(f"Version {newest['number']}, of {moment(newest['at'], zone)}", 3),
        Table((Column("Matter", 1.4), Column("As known", 4)), tuple((row["label"], row["text"]) for row in newest["rows"]), row_header=True, empty="Nothing was said yet."),
    ]  # fmt: skip
    return tuple(found)


def _changed(version: Mapping[str, Any]) -> str:
    if version["problem"]:
        return str(version["problem"])
    if version["changes"]:
        return "\n".join(version["changes"])
    return "The first version." if version["number"] == 1 else "Nothing that concerns this controller."


def questions(said: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    """Return what the customer asked and what it was answered."""
    if not said["questions"]:
        return ()
    rows = tuple(
        (f"{one['name']}\n{moment(one['at'], zone)}", one["text"],
         f"{one['answer']}\n{one['answered_by']}, {moment(one['answered_at'], zone)}" if one["answered_at"] else "not answered yet")
        for one in said["questions"]
    )  # fmt: skip
    return (Heading("Questions and answers"), Table((Column("Asked by", 1.6), Column("Question", 3), Column("Answer", 3)), rows, row_header=True))


def documents(said: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    """Return the documents issued to the customer in this case, with their digests."""
    rows = tuple((one["number"], f"{one['kind']}\n{when(one['issued_at'], zone)}", one["sha256"] or "being made") for one in said["documents"])
    columns = (Column("Number", 1.5), Column("Document and issue", 2.6), Column("SHA-256 of the file", 4, code=True))
    return (Heading("Documents issued to this customer"), Table(columns, rows, row_header=True, empty="None had been ordered by then."))


def notification(said: Mapping[str, Any]) -> tuple[Block, ...]:
    """Say what the attached record holds for the controller's own notification, and what is left to it."""
    package = said["edpb"]
    reasons: dict[str, list[str]] = {}
    for one in package["left_to_the_controller"]:
        reasons.setdefault(one["reason"], []).append(f"{one['title']} ({one['field'].removeprefix('field_')})")
    found: list[Block] = [
        Heading("For the controller's own notification"),
        Text(
            f"The attached record.json holds, under content.edpb, the facts in the structure of the {package['template']['name']}, version "
            f"{package['template']['version']}: {len(package['fields'])} fields are filled. It is no notification and was sent to no authority."
        ),
    ]  # fmt: skip
    if package["open"]:
        found += [Heading("Not known yet", 3), Points(tuple(one["title"] for one in package["open"]))]
    rows = tuple((reason, "; ".join(titles)) for reason, titles in reasons.items())
    return (*found, Heading("Left to the controller", 3), Table((Column("Because", 2.4), Column("Fields of the template", 4)), rows))
