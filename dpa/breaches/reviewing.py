"""What a person looks at before anything leaves: the text as each customer will read it, what differs, who cannot be told, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from dpa.agreements import queries as agreements
from dpa.agreements.queries import AgreementRow
from dpa.alerts import refusals
from dpa.alerts.messages import render
from dpa.breaches import left_out, notices, phases, queries, recipients, repeated
from dpa.breaches.case_clocks import state_of
from dpa.breaches.facts.shares import Part, Source
from dpa.breaches.models import Affected, Breach, Notice
from dpa.breaches.operations.settings import settings_of
from dpa.breaches.operations.writing import told_of
from dpa.breaches.owed import COUNTED, Owed, Uncounted, Unmatched
from dpa.breaches.phases import Phase
from dpa.breaches.recipients import Addressee, Names
from dpa.breaches.versions import Spoken, Version, figure, part_rows, spoken, told_last, unsaid, versions_of
from dpa.config import Settings
from dpa.docket.presenting import ORIGINS
from dpa.evidence.trail import registry, sentences
from dpa.languages import ENGLISH, NAMES
from dpa.parties.queries import Recipient
from dpa.people.models import Organisation
from dpa.people.queries import members as people_of

SHOWN = 50
"""Customers on one page of the differences."""


class Eyes(StrEnum):
    """Where the second person's approval stands."""

    OFF = "off"
    """The house asks for none."""
    MISSING = "missing"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of the page asks to be shown."""

    customer: int | None = None
    """Row of the affected customer whose version is previewed; none for the first."""
    text: str = ""
    """Part of a customer's name or an agreement's reference."""
    after: int = 0
    """Agreement after which the differences go on."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The notice as one customer would get it."""

    affected_id: int
    controller: str
    name: str
    address: str
    subject: str
    text: str
    tag: str
    """Language of the mail, as pages mark it."""
    left_out: tuple[str, ...]
    """What it does not hold because only the customer's agreement or only the fact sheet names it."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A customer who cannot be written to, with the reason."""

    affected_id: int
    controller_id: int
    controller: str
    problem: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What is one customer's own in its notice."""

    affected_id: int
    controller_id: int
    controller: str
    agreement: str
    template: str
    promise: str
    origin: str
    due_at: datetime
    """What the clock runs to: the target."""
    latest_at: datetime | None
    """The latest instant that contract or law give; none where they give a word only."""
    zone: str
    met_at: datetime | None
    kept: bool
    """Whether what met the clock was only kept in the file mailbox of a demonstration: nobody was told."""
    state: str
    name: str
    address: str
    why: str
    """Why this contact gets it."""
    unmatched: bool
    """Whether the contract names somebody else, whom no contact of the customer is."""
    refused: bool
    """Whether the newest mail to this address was refused for good, whatever it was about."""
    language: str
    """Language it is written to in, by name."""
    notes: tuple[str, ...]
    """What is to be known about its language; nothing of it keeps the phase from being released."""
    part: tuple[str, ...]
    """What it is told of its own part, in short lines; empty where nothing is known."""
    left_out: tuple[str, ...]
    """What the incident touched and it is not told, because its agreement does not name it."""
    news: bool
    """Whether that is something else than it was told last."""


@dataclass(frozen=True, slots=True)
class Approval:
    """The second person's part."""

    eyes: Eyes
    drafted_by: str
    approved_by: str
    approved_at: datetime | None
    own_text: bool
    """Whether the person looking wrote the text last, and so cannot be its second person."""
    own_approval: bool
    """Whether the person looking approved it, and so cannot release it too."""
    sent_back_by: str = ""
    """Who sent it back for a change; empty where nobody did, or it was changed since."""
    may: tuple[str, ...] = ()
    """Names of those who may approve it; each was mailed."""


@dataclass(frozen=True, slots=True)
class Review:
    """Everything the review page shows."""

    notice: Notice
    phase: str
    released: bool
    promised_at: datetime | None
    """When the word was promised that comes late; none when none is late."""
    approval: Approval
    sending: tuple[Difference, ...]
    sending_count: int
    found_count: int
    """How many of them the search leaves."""
    next_after: int | None
    refused_count: int
    unmatched: Unmatched
    """Whose contract names somebody whom no contact of theirs is."""
    uncounted: Uncounted
    """Who would read in a final notice that its own numbers could not be determined, because nobody has said them."""
    unreachable: tuple[Unreachable, ...]
    unreachable_count: int
    by_hand_count: int
    """How many of them have no document of the phase yet; the release makes it, to be handed over."""
    preview: Preview | None
    languages: tuple[Spoken, ...]
    """Languages the phase goes out in."""
    errors: Mapping[str, str]
    """What in the text keeps it from being released, by field."""

    @property
    def ready(self) -> bool:
        """Tell whether there is anything to release."""
        return self.sending_count + self.by_hand_count > 0 and not self.errors


@dataclass(frozen=True, slots=True)
class Waiting:
    """The customers a page is about, with what was found for them."""

    rows: Sequence[Affected]
    agreements: Mapping[int, AgreementRow]
    addressees: Mapping[int, Addressee]
    refused: frozenset[str]
    """Addresses of theirs that refused their newest mail, whatever it was about."""

    def usable(self, rows: Sequence[Affected]) -> list[tuple[Affected, Recipient]]:
        """Return those of some of them who can be written to."""
        return [(row, to) for row in rows if (to := self.addressees[row.id].recipient)]


def review(
    session: Session, breach: Breach, organisation: Organisation, asked: Asked, *, settings: Settings, actor: str, now: datetime
) -> Review | None:
    """Return the review of the phase being written, or of the newest one for those who have not got it; none when there is no text."""
    notice = breach.draft or breach.newest_released
    if notice is None:
        return None
    named = None if breach.drill else recipients.names(session, organisation, now)
    owed = Owed(session, breach, notice, organisation, now, recipients.stand_in(session, organisation) if breach.drill else "", named)
    counts, page = owed.counts(), owed.reachable(asked.text, asked.after, SHOWN + 1)
    chosen = (owed.one(asked.customer, asked.text) if asked.customer is not None else None) or next(iter(page[:SHOWN]), None)
    others = owed.unreachable(SHOWN) if counts.unreachable else ()
    waiting = _looked_at(session, breach, organisation, [*page[:SHOWN], *([chosen] if chosen else []), *others], now, named)
    unreachable = _unreachable(waiting)
    first = notice.released_at is None
    late = first and phases.late_by(told_of(breach), now) is not None
    return Review(
        notice=notice,
        phase=phases.title_of(notice.phase, withdraws=notice.withdraws),
        released=not first,
        promised_at=phases.promised_word(told_of(breach)) if late else None,
        approval=_approval(session, breach, notice, actor),
        sending=_differences(session, breach, notice, waiting, waiting.usable(page[:SHOWN]), now),
        sending_count=counts.reachable,
        found_count=owed.holding(asked.text) if asked.text else counts.reachable,
        next_after=page[SHOWN - 1].agreement_id if len(page) > SHOWN else None,
        refused_count=counts.refused,
        unmatched=owed.unmatched(),
        uncounted=_uncounted(session, breach, notice, owed) if notice.phase is Phase.FINAL else Uncounted(0, ()),
        unreachable=tuple(unreachable[:SHOWN]),
        unreachable_count=max(counts.unreachable, len(unreachable)),
        by_hand_count=counts.unmade,
        preview=_preview(session, breach, notice, organisation, waiting, chosen, settings),
        languages=spoken(session, breach, notice, counts.wishes),
        errors=_errors(session, breach, notice, now) if first else {},
    )


def _errors(session: Session, breach: Breach, notice: Notice, now: datetime) -> dict[str, str]:
    return {**repeated.errors(session, breach, notice), **notices.text_errors(notice), **phases.word_errors(notice.phase, notice.next_word_at, now)}


def _looked_at(session: Session, breach: Breach, organisation: Organisation, rows: Sequence[Affected], now: datetime, named: Names | None) -> Waiting:
    """Return what is known of these customers, each once, in a statement for each kind of thing."""
    each = list({row.id: row for row in rows}.values())
    found = recipients.addressees(session, organisation, each, now, drill=breach.drill, named=named)
    refused = refusals.refusals(session, [organisation.id], {one.recipient.email for one in found.values() if one.recipient})
    return Waiting(each, agreements.by_ids(session, breach.organisation_id, [row.agreement_id for row in each]), found, frozenset(address for _, address in refused))


def _unreachable(waiting: Waiting) -> list[Unreachable]:
    return [
        Unreachable(row.id, row.controller_id, waiting.agreements[row.agreement_id].controller, problem)
        for row in waiting.rows
        if (problem := waiting.addressees[row.id].problem)
    ]


def _differences(
    session: Session, breach: Breach, notice: Notice, waiting: Waiting, page: Sequence[tuple[Affected, Recipient]], now: datetime
) -> tuple[Difference, ...]:
    rows = [row for row, _ in page]
    entries = queries.entries(session, [row.docket_entry_id for row in rows])
    versions, told = versions_of(session, breach, notice, rows), told_last(session, rows, notice)
    found = []
    for row, to in page:
        agreement, entry = waiting.agreements[row.agreement_id], entries[row.docket_entry_id]
        found.append(Difference(
            affected_id=row.id, controller_id=row.controller_id, controller=agreement.controller, agreement=agreement.reference,
            template=agreement.template, promise=row.promise, origin=ORIGINS.get(entry.origin, ("decision", ""))[0], due_at=entry.target_at,
            latest_at=entry.due_at, zone=entry.zone, met_at=entry.met_at, kept=row.kept, state=state_of(entry.target_at, entry.met_at, now), name=to.name, address=to.email,
            why=waiting.addressees[row.id].why, unmatched=waiting.addressees[row.id].unmatched, refused=to.email in waiting.refused, language=NAMES[versions[row.id].language.value], notes=_notes(versions[row.id]),
            part=_part(versions[row.id].part, final=notice.phase is Phase.FINAL), left_out=left_out.touched(versions[row.id].part), news=row.id in told and told[row.id] != versions[row.id].part.text,
        ))  # fmt: skip
    return tuple(found)


def _notes(version: Version) -> tuple[str, ...]:
    """Say what is to be known about a customer's language before the release."""
    found = []
    name, text = NAMES[version.language.value], NAMES[version.text_language.value]
    if version.wished:
        found.append(f"It wishes “{version.wished}”, in which there are no texts yet, so it is written to in {name}.")
    if version.foreign:
        found.append(f"The text itself is in {text}; the words around it are in {name}.")
    if version.stale:
        found.append(f"The text in {name} was saved before the main text was changed last; see whether it still says the same.")
    return tuple(found)


def _uncounted(session: Session, breach: Breach, notice: Notice, owed: Owed) -> Uncounted:
    if queries.customers(session, breach.id) != 1:
        return owed.uncounted()
    # The numbers of a single customer are those of the fact sheet, unless somebody said others.
    rows = owed.reachable("", 0, 1)
    lacking = {name for version in versions_of(session, breach, notice, rows).values() for name in _lacking(version.part)}
    if not lacking:
        return Uncounted(0, ())
    name = agreements.by_ids(session, breach.organisation_id, [rows[0].agreement_id])[rows[0].agreement_id].controller
    return Uncounted(1, (name,), tuple(one for one in COUNTED if one in lacking))


def _lacking(part: Part) -> tuple[str, ...]:
    told = part.facts()
    return tuple(name for name in COUNTED if told is None or unsaid(told[name]))


def _part(part: Part, *, final: bool) -> tuple[str, ...]:
    """Say in short lines what a customer is told of its own part, and whose word its categories are."""
    if (told := part.facts()) is None:
        return ()
    _, _, (_, people), (_, data), *_ = part_rows(told, ENGLISH, final=final)
    whose, which = ("; as its agreement names them" if one is Source.AGREEMENT else "" for one in (part.subjects_from, part.data_from))
    return (
        f"People: {figure(told['people'], ENGLISH, final=final)}; records: {figure(told['records'], ENGLISH, final=final)}", f"Of people: {people}{whose}", f"Of data: {data}{which}",
    )  # fmt: skip


def _approval(session: Session, breach: Breach, notice: Notice, actor: str) -> Approval:
    asked = settings_of(session, breach.organisation_id).four_eyes and not breach.drill and notice.released_at is None
    people = {sentences.actor_reference(one) for one in (notice.drafted_by, notice.approved_by, notice.sent_back_by) if one}
    names = registry.names_of(session, people)
    return Approval(
        eyes=Eyes.APPROVED if notice.approved_by else Eyes.MISSING if asked else Eyes.OFF,
        drafted_by=sentences.actor_name(notice.drafted_by, names) if notice.drafted_by else "",
        approved_by=sentences.actor_name(notice.approved_by, names) if notice.approved_by else "",
        approved_at=notice.approved_at,
        own_text=notice.drafted_by == actor,
        own_approval=asked and notice.approved_by == actor,
        sent_back_by=sentences.actor_name(notice.sent_back_by, names) if notice.sent_back_by and asked else "",
        may=tuple(one.name for one in people_of(session, breach.organisation_id, "breaches.release") if f"u:{one.person_id}" != notice.drafted_by) if asked else (),
    )


def _preview(
    session: Session, breach: Breach, notice: Notice, organisation: Organisation, waiting: Waiting, row: Affected | None, settings: Settings,
) -> Preview | None:
    to = waiting.addressees[row.id].recipient if row else None
    if row is None or to is None:
        return None
    agreement, version = waiting.agreements[row.agreement_id], versions_of(session, breach, notice, [row])[row.id]
    mail = render(notices.message(breach, notice, organisation, row=row, agreement=agreement, recipient=to, version=version), settings)
    return Preview(row.id, agreement.controller, to.name, to.email, mail.subject, mail.text, version.language.tag, left_out.sentences(version.part))
