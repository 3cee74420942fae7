"""What answers for the agreements of several organisations today, loaded in four statements however many there are.

Lists, the matrix and exports open one `Book` and fill it with the agreements they show, or with all when they filter. Agreements that follow the same terms with the same deviations and decisions
share one `Answers`, computed once; filters on what terms say become a condition for the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, or_, select
from sqlalchemy.orm import Session

from dpa.agreements.models import (
    Agreement,
    AgreementVersion,
    ConflictDecision,
    Template,
    TemplateVersion,
    WordTarget,
)
from dpa.agreements.stacks import decision_of, in_force, parsed, parsed_sheet, policy_of
from dpa.agreements.terms import (
    Decision,
    Defect,
    Gap,
    GapStatus,
    HousePolicy,
    Promise,
    Resolution,
    TermStack,
    count_gaps,
    defects,
    dpa_of,
    gaps,
    promises,
    resolutions,
)
from dpa.people.models import Organisation

SharedKey = tuple[int, str, tuple[Decision, ...]]


@dataclass(frozen=True, slots=True)
class House:
    """An organisation as its agreements need it."""

    id: int
    slug: str
    name: str
    zone: str
    today: date
    """Legal day in the organisation's zone."""
    policy: HousePolicy
    mail_domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TemplateHead:
    """Standard terms as lists and filters name them."""

    id: int
    organisation_id: int
    slug: str
    title: str
    number: int
    """Version in force."""
    terms: str


class Answers:
    """Everything computed from one stack, each part on first use."""

    def __init__(self, stack: TermStack) -> None:
        self.stack = stack

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """The list of Art. 28(3) GDPR."""
        return gaps(self.stack)

    @cached_property
    def gap_counts(self) -> dict[GapStatus, int]:
        """How many points of the list stand where."""
        return count_gaps(self.gaps)

    @cached_property
    def resolutions(self) -> tuple[Resolution, ...]:
        """What holds for each contradiction."""
        return resolutions(self.stack)

    @cached_property
    def undecided(self) -> int:
        """How many contradictions nobody has decided."""
        return sum(not resolution.decided for resolution in self.resolutions)

    @cached_property
    def defects(self) -> tuple[Defect, ...]:
        """Faults of the contract."""
        return defects(self.stack.template)

    @cached_property
    def dpa(self) -> str:
        """Where the data processing agreement is: inside, external or none."""
        return dpa_of(self.stack)

    @cached_property
    def promises(self) -> tuple[Promise, ...]:
        """The cells of the matrix."""
        return promises(self.stack)


class Book:
    """Terms of several organisations' agreements, on today's date of each."""

    def __init__(
        self,
        houses: Mapping[int, House],
        templates: Mapping[int, TemplateHead],
        sheets: Mapping[int, tuple[int, str]],
        decisions: Mapping[tuple[str, int], tuple[Decision, ...]],
    ) -> None:
        self.houses = houses
        self.templates = templates
        self._sheets = sheets
        self._decisions = decisions
        self._shared: dict[SharedKey, Answers] = {}

    def answers(self, agreement_id: int, template_id: int) -> Answers:
        """Return what is computed for an agreement the book was filled with."""
        _, text = self._sheets.get(agreement_id, (template_id, ""))
        return self._answers(template_id, text, self._decisions.get(("agreement", agreement_id), ()))

    def plain(self, template_id: int) -> Answers:
        """Return what is computed for an agreement on these terms that deviates in nothing."""
        return self._answers(template_id, "", ())

    def deviates(self, agreement_id: int) -> bool:
        """Tell whether an agreement has deviations in force."""
        return bool(self._sheets.get(agreement_id, (0, ""))[1])

    def filled(self, session: Session, agreements: Collection[int] | None = None) -> Book:
        """Return the book with what some agreements have of their own, or all of them, and with decisions, in two statements."""
        return Book(
            self.houses, self.templates, _sheets(session, self.houses, agreements), _decisions(session, sorted(self.houses), agreements)
        )

    def where(self, test: Callable[[Answers], bool]) -> ColumnElement[bool]:
        """Return the condition for agreements whose answers pass a test; the book must be filled with all of them.

        Agreements with nothing of their own are chosen by their terms, the others by number.
        """
        common = [template_id for template_id in self.templates if test(self.plain(template_id))]
        own = [key for key, template_id in self._of_their_own().items() if test(self.answers(key, template_id))]
        alike = and_(Agreement.template_id.in_(common), ~_has_sheet(), ~_has_decision()) if common else false()
        return or_(alike, Agreement.id.in_(bindparam("own", own, expanding=True, literal_execute=True))) if own else alike

    def _of_their_own(self) -> Mapping[int, int]:
        return {key: template_id for key, (template_id, _) in self._sheets.items()}

    def _answers(self, template_id: int, text: str, own: tuple[Decision, ...]) -> Answers:
        key = (template_id, text, own)
        if key not in self._shared:
            head = self.templates[template_id]
            house = self.houses[head.organisation_id]
            self._shared[key] = Answers(
                TermStack(
                    template=parsed(head.terms),
                    deviations=parsed_sheet(text).deviations if text else (),
                    policy=house.policy,
                    decisions=(*self._decisions.get(("template", template_id), ()), *own),
                    on=house.today,
                )
            )
        return self._shared[key]


def open_book(session: Session, organisation_ids: Collection[int], now: datetime) -> Book:
    """Return a book with organisations and standard terms, in two statements; the caller has checked that they may be seen."""
    houses = load_houses(session, sorted(organisation_ids), now)
    return Book(houses, _templates(session, houses), {}, {})


def load_houses(session: Session, organisation_ids: Collection[int], now: datetime) -> dict[int, House]:
    """Return organisations with their policy and today's date, by number, in one statement."""
    query = (
        select(Organisation, WordTarget)
        .outerjoin(WordTarget, WordTarget.organisation_id == Organisation.id)
        .where(Organisation.id.in_(organisation_ids))
        .order_by(Organisation.name, Organisation.id, WordTarget.id)
    )
    targets: dict[Organisation, list[WordTarget]] = defaultdict(list)
    for organisation, target in session.execute(query):
        targets[organisation] += [target] if target is not None else []
    return {
        one.id: House(
            id=one.id, slug=one.slug, name=one.name, zone=one.zone, today=now.astimezone(ZoneInfo(one.zone)).date(),
            policy=policy_of(one, own), mail_domains=tuple(one.mail_domains),
        )
        for one, own in targets.items()
    }


def _templates(session: Session, houses: Mapping[int, House]) -> dict[int, TemplateHead]:
    query = (
        select(Template, TemplateVersion)
        .join(TemplateVersion, TemplateVersion.template_id == Template.id)
        .where(Template.organisation_id.in_(houses))
        .order_by(Template.title, Template.id, TemplateVersion.number)
    )
    versions: dict[Template, list[TemplateVersion]] = defaultdict(list)
    for template, version in session.execute(query):
        versions[template].append(version)
    found: dict[int, TemplateHead] = {}
    for template, listed in versions.items():
        holds = in_force(listed, houses[template.organisation_id].today)
        found[template.id] = TemplateHead(
            template.id, template.organisation_id, template.slug, template.title, holds.number, holds.terms
        )
    return found


def _sheets(session: Session, houses: Mapping[int, House], agreements: Collection[int] | None) -> dict[int, tuple[int, str]]:
    """Return template and sheet in force of agreements that deviate or were decided on their own."""
    query: Select[int, int, int, AgreementVersion] = (
        select(Agreement.id, Agreement.template_id, Agreement.organisation_id, AgreementVersion)
        .join(AgreementVersion, AgreementVersion.agreement_id == Agreement.id)
        .where(Agreement.organisation_id.in_(houses), or_(_has_sheet(), _has_decision()))
        .order_by(Agreement.id, AgreementVersion.number)
    )
    if agreements is not None:
        query = query.where(Agreement.id.in_(agreements))
    versions: dict[tuple[int, int, int], list[AgreementVersion]] = defaultdict(list)
    for agreement_id, template_id, organisation_id, version in session.execute(query):
        versions[agreement_id, template_id, organisation_id].append(version)
    return {
        agreement_id: (template_id, in_force(listed, houses[organisation_id].today).deviations)
        for (agreement_id, template_id, organisation_id), listed in versions.items()
    }


def _decisions(
    session: Session, organisation_ids: Sequence[int], agreements: Collection[int] | None
) -> dict[tuple[str, int], tuple[Decision, ...]]:
    common = ConflictDecision.template_id.in_(select(Template.id).where(Template.organisation_id.in_(organisation_ids)))
    chosen = select(Agreement.id).where(Agreement.organisation_id.in_(organisation_ids))
    if agreements is not None:
        chosen = chosen.where(Agreement.id.in_(agreements))
    query = select(ConflictDecision).where(or_(common, ConflictDecision.agreement_id.in_(chosen))).order_by(ConflictDecision.id)
    found: dict[tuple[str, int], list[Decision]] = defaultdict(list)
    for row in session.scalars(query):
        owner = ("template", row.template_id) if row.template_id is not None else ("agreement", row.agreement_id or 0)
        found[owner].append(decision_of(row))
    return {owner: tuple(listed) for owner, listed in found.items()}


def _has_sheet() -> ColumnElement[bool]:
    return exists().where(AgreementVersion.agreement_id == Agreement.id, AgreementVersion.deviations != "").correlate(Agreement)


def _has_decision() -> ColumnElement[bool]:
    return exists().where(ConflictDecision.agreement_id == Agreement.id).correlate(Agreement)
