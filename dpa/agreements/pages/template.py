"""The pages of standard terms: their list, one of them, and the preview of an amendment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from dpa.agreements import book as books
from dpa.agreements import queries, rules
from dpa.agreements.book import Answers, House, load_houses
from dpa.agreements.deviations import Difference, differences, heading_differences
from dpa.agreements.models import Template
from dpa.agreements.pages.agreement import people
from dpa.agreements.pages.badges import Badge, gaps_badge, traps, undecided_badge
from dpa.agreements.queries import TemplateRow
from dpa.agreements.stacks import decision_of, in_force, parsed
from dpa.agreements.terms import GapStatus, TermsDocument, TermsProblem, TermStack, dump_terms, read_terms
from dpa.problems import Conflict, Invalid
from dpa.web.identity import Scope

TABS: tuple[tuple[str, str], ...] = (
    ("terms", "Terms"), ("gaps", "Gaps"), ("conflicts", "Contradictions"), ("defects", "Defects"), ("versions", "Versions"),
)


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """Standard terms in the list."""

    row: TemplateRow
    organisation: str
    number: int
    traps: tuple[Badge, ...]
    gaps: Badge
    undecided: Badge | None


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """One set of standard terms today."""

    template: Template
    house: House
    answers: Answers
    number: int
    agreements: int
    people: Mapping[str, str]

    @property
    def stack(self) -> TermStack:
        """What answers for an agreement that deviates in nothing."""
        return self.answers.stack

    def counts(self) -> dict[str, int | None]:
        """Return the number beside each tab."""
        gaps = sum(count for status, count in self.answers.gap_counts.items() if status is not GapStatus.COVERED)
        return {"terms": None, "gaps": gaps, "conflicts": len(self.answers.resolutions), "defects": len(self.answers.defects),
                "versions": len(self.template.versions)}


@dataclass(frozen=True, slots=True)
class Amendment:
    """What an amendment would change, before it is made."""

    document: TermsDocument
    text: str
    """Canonical text of the new version."""
    valid_from: date
    number: int
    headings: tuple[Difference, ...]
    terms: tuple[Difference, ...]


def template_lines(session: Session, scope: Scope, now: datetime) -> tuple[TemplateLine, ...]:
    """Return the standard terms in scope, by title."""
    rows = queries.templates(session, scope)
    book = books.open_book(session, scope.organisation_ids, now).filled(session, ())
    return tuple(_line(row, book) for row in rows)


def _line(row: TemplateRow, book: books.Book) -> TemplateLine:
    answers = book.plain(row.id)
    return TemplateLine(
        row, book.houses[row.organisation_id].name, book.templates[row.id].number, traps(answers), gaps_badge(answers),
        undecided_badge(answers),
    )


def template_page(session: Session, scope: Scope, template_id: int, now: datetime) -> TemplatePage:
    """Return the page of standard terms; raises `NotFound` outside the scope."""
    row = queries.template(session, scope, template_id)
    house = load_houses(session, [row.organisation_id], now)[row.organisation_id]
    recorded = queries.decisions(session, template_id=row.id)
    version = in_force(row.versions, house.today)
    decided = tuple(decision_of(one) for one in recorded)
    stack = TermStack(template=parsed(version.terms), policy=house.policy, decisions=decided, on=house.today)
    actors = {one.decided_by for one in recorded} | {one.created_by for one in row.versions}
    return TemplatePage(row, house, Answers(stack), version.number, queries.agreements_on(session, row.id), people(session, actors))


def read_document(text: str, field: str) -> TermsDocument:
    """Return terms read from what a person gave; raises `Invalid` at `field` with the first fault and the number of others."""
    try:
        return read_terms(text)
    except TermsProblem as problem:
        raise Invalid(problem.message, field=field) from problem


def amendment(template: Template, text: str, valid_from: date, field: str) -> Amendment:
    """Return what a new version would change; raises `Invalid` or `Conflict` as the operation would."""
    document = read_document(text, field)
    latest = template.versions[-1]
    if document.slug != template.slug:
        raise Invalid(f"These terms are “{document.slug}”, not “{template.slug}”; choose the right file.", field=field)
    if error := rules.version_error(valid_from, latest.valid_from):
        raise Invalid(error, field="valid_from")
    canonical = dump_terms(document)
    if canonical == latest.terms:
        raise Conflict("Nothing differs from the latest version; no amendment is needed.", field=field)
    old = parsed(latest.terms)
    return Amendment(
        document, canonical, valid_from, latest.number + 1, heading_differences(old, document), differences(old.terms, document.terms)
    )


def choices(rows: Sequence[TemplateRow]) -> list[tuple[int, str]]:
    """Return standard terms as a form offers them."""
    return [(row.id, row.title) for row in rows]
