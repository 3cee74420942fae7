"""The page of one agreement: its facts, and what each tab shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from dpa.agreements import queries, stacks
from dpa.agreements.book import Answers, House, load_houses
from dpa.agreements.models import Agreement, AgreementVersion, ConflictDecision, TemplateVersion
from dpa.agreements.pages.badges import DPA_NOT_HELD, NO_DPA, Badge
from dpa.agreements.pages.systems import of_agreement
from dpa.agreements.stacks import decision_of, in_force, parsed, parsed_sheet
from dpa.agreements.terms import GapStatus, TermStack
from dpa.docket import queries as docket
from dpa.docket.presenting import Row
from dpa.evidence.trail import queries as trail
from dpa.evidence.trail import registry, sentences
from dpa.parties.models import Controller
from dpa.web.identity import Scope
from dpa.web.words import plural

TABS: tuple[tuple[str, str], ...] = (
    ("terms", "Terms"), ("gaps", "Gaps"), ("conflicts", "Contradictions"), ("deviations", "Deviations"), ("clocks", "Clocks"),
    ("defects", "Defects"), ("history", "History"),
)
"""Value of `tab` in the address, and its words."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A line above the tabs: something a person should act on."""

    kind: str
    text: str
    tab: str
    link_text: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version of the standard terms or of the agreement's own part."""

    what: str
    number: int
    valid_from: date
    valid_to: date | None
    note: str
    who: str
    at: datetime
    in_force: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the history."""

    at: datetime
    text: str
    who: str
    detail: str | None = None
    tint: str = "off"


@dataclass(frozen=True, slots=True)
class AgreementPage:
    """Everything about one agreement today."""

    agreement: Agreement
    controller: Controller
    house: House
    answers: Answers
    plain: TermStack
    """The stack of the standard terms alone, for comparison."""
    clocks: tuple[Row, ...]
    terms_version: str
    people: Mapping[str, str]
    """Names by reference of those who decided or amended."""

    @property
    def stack(self) -> TermStack:
        """What answers for the agreement today."""
        return self.answers.stack

    @property
    def ended(self) -> bool:
        """Whether the last day has passed."""
        return self.agreement.ends_on is not None and self.agreement.ends_on < self.house.today

    @property
    def badges(self) -> tuple[Badge, ...]:
        """What stands beside the title."""
        found = []
        if self.ended:
            found.append(Badge("ended", "off", "circle-minus"))
        elif self.agreement.starts_on > self.house.today:
            found.append(Badge("not begun", "off", "hourglass"))
        else:
            found.append(Badge("running", "met", "circle-check"))
        if self.answers.dpa == "none":
            found.append(NO_DPA)
        if self.answers.dpa == "external":
            found.append(DPA_NOT_HELD)
        return tuple(found)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What a person should act on, the gravest first."""
        found = []
        if self.answers.dpa == "none":
            text = "No data processing agreement is on file. The law and the house policy apply alone until one is concluded."
            found.append(Notice("late", text, "defects", "See the defects"))
        if self.answers.dpa == "external":
            text = "The data processing agreement is a separate document that is not held. The law and the house policy apply until it is."
            found.append(Notice("soon", text, "defects", "See the defects"))
        if self.answers.undecided:
            count = self.answers.undecided
            text = f"{plural(count, 'contradiction')} undecided; the stricter reading runs."
            found.append(Notice("soon", text, "conflicts", "Decide"))
        found += [Notice("soon", text, "terms", "See the terms") for text in of_agreement(self._operators(), self.answers)]
        return tuple(found)

    def _operators(self) -> dict[str, int | None]:
        """Return what each subprocessor that runs a system promised: no number where one of its systems has none, else the longest."""
        found: dict[str, int | None] = {}
        for system in self.agreement.systems:
            if system.operator:
                before, own = found.get(system.operator, system.operator_hours), system.operator_hours
                found[system.operator] = None if before is None or own is None else max(before, own)
        return found

    @property
    def versions(self) -> tuple[VersionLine, ...]:
        """The versions of standard terms and of the agreement's own part, newest first."""
        today = self.house.today
        common = _version_lines("Standard terms", self.agreement.template.versions, self.people, today)
        own = _version_lines("This agreement", self.agreement.versions, self.people, today)
        return tuple(sorted((*common, *own), key=lambda line: (line.valid_from, line.at), reverse=True))

    def counts(self) -> dict[str, int | None]:
        """Return the number beside each tab; none where a number says nothing."""
        gaps = sum(count for status, count in self.answers.gap_counts.items() if status is not GapStatus.COVERED)
        return {
            "terms": None, "gaps": gaps, "conflicts": len(self.answers.resolutions), "deviations": len(self.stack.deviations),
            "clocks": len(self.clocks), "defects": len(self.answers.defects), "history": None,
        }


def agreement_page(session: Session, scope: Scope, agreement_id: int, now: datetime) -> AgreementPage:
    """Return the page of an agreement; raises `NotFound` outside the scope."""
    row = queries.agreement(session, scope, agreement_id)
    house = load_houses(session, [row.organisation_id], now)[row.organisation_id]
    recorded = queries.decisions(session, template_id=row.template_id, agreement_id=row.id)
    stack, plain, version = _stacks(row, house, recorded)
    actors = {one.decided_by for one in recorded}
    actors |= {own.created_by for own in row.versions} | {common.created_by for common in row.template.versions}
    return AgreementPage(
        agreement=row,
        controller=queries.controller(session, row.controller_id),
        house=house,
        answers=Answers(stack),
        plain=plain,
        clocks=tuple(docket.for_agreement(session, scope, row.id, now)),
        terms_version=version,
        people=people(session, actors),
    )


def _stacks(row: Agreement, house: House, recorded: Sequence[ConflictDecision]) -> tuple[TermStack, TermStack, str]:
    template = in_force(row.template.versions, house.today)
    own = in_force(row.versions, house.today)
    common = tuple(decision_of(one) for one in recorded if one.agreement_id is None)
    plain = TermStack(template=parsed(template.terms), policy=house.policy, decisions=common, on=house.today)
    stack = replace(
        plain,
        deviations=parsed_sheet(own.deviations).deviations if own.deviations else (),
        decisions=(*common, *(decision_of(one) for one in recorded if one.agreement_id is not None)),
    )
    return stack, plain, stacks.version_name(row.template.slug, template.number, own.number)


def people(session: Session, actors: set[str]) -> dict[str, str]:
    """Return who people are by their opaque reference, parts of the product included."""
    names = registry.names_of(session, {sentences.actor_reference(actor) for actor in actors})
    return {actor: sentences.actor_name(actor, names) for actor in actors}


def template_versions(listed: Sequence[TemplateVersion], who: Mapping[str, str], today: date) -> tuple[VersionLine, ...]:
    """Return the versions of standard terms, newest first."""
    return tuple(reversed(_version_lines("Standard terms", listed, who, today)))


def _version_lines(
    what: str, versions: Sequence[TemplateVersion] | Sequence[AgreementVersion], who: Mapping[str, str], today: date
) -> list[VersionLine]:
    listed: list[TemplateVersion | AgreementVersion] = list(versions)
    holding = in_force(listed, today).number
    following = [*(version.valid_from for version in listed[1:]), None]
    return [
        VersionLine(
            what, version.number, version.valid_from, after - timedelta(days=1) if after else None, version.note,
            who.get(version.created_by, "Somebody who is gone"), version.created_at, version.number == holding,
        )
        for version, after in zip(listed, following, strict=True)
    ]


def happenings(session: Session, reader: trail.Reader, kind: str, number: int, zone: str) -> tuple[Happening, ...]:
    """Return what the trail says about an agreement or standard terms, oldest first; the newest fifty events."""
    rows = trail.events(session, reader, trail.Narrowing(kind=kind, identifier=str(number)), before_idx=None).rows
    names = registry.names_of(session, sentences.references(rows))
    lines = [sentences.line(row, (), names, organisation=None, zone=zone, personal=False) for row in reversed(rows)]
    return tuple(Happening(line.at, f"{line.sentence[:1].upper()}{line.sentence[1:]}", line.actor) for line in lines)
