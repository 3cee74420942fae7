"""Who is owed a phase, counted and page by page: however many customers wait, looking at fifty of them costs the same number of statements.

Who can be written to is said in SQL (`queries.reachable`); the very contact is chosen when a page of customers is looked at one by one, and at the release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from dpa.agreements.models import Agreement
from dpa.alerts import refusals
from dpa.breaches import queries
from dpa.breaches.addressed import Named
from dpa.breaches.facts.shares import answers
from dpa.breaches.models import Affected, Breach, BreachShare, Delivery, Notice
from dpa.breaches.paper_models import NoticePaper
from dpa.breaches.papers import is_made
from dpa.breaches.recipients import Names, addressees
from dpa.docket.models import DocketEntry
from dpa.parties.models import Contact, Controller
from dpa.parties.queries import contains
from dpa.people.models import Organisation

FIRST = 5
"""Customers named in a warning."""
COUNTED = ("people", "records")
"""Of what a customer is told its own number."""


@dataclass(frozen=True, slots=True)
class Owed:
    """The customers of a case who are owed one phase."""

    session: Session
    breach: Breach
    notice: Notice
    organisation: Organisation
    now: datetime
    stand_in: str = ""
    """Address of the colleague who takes every customer's part in an exercise; empty when there is none, and in a real case."""
    names: Names | None = None
    """Whom the organisation's agreements name; none in an exercise."""

    def counts(self) -> Counts:
        """Return how many there are, in two statements, and a few more where addresses refuse."""
        made = is_made(self.notice) if self.notice.released_at is not None else false()
        columns = Controller.language.label("language"), self._reachable().label("reachable"), made.label("made")
        found = self._query(select(*columns)).subquery()
        wishes: Counter[str] = Counter()
        reached, others, unmade = 0, 0, 0
        # Counted over a subquery: PostgreSQL does not see that an expression with bound values is the grouped one.
        query: Any = select(*found.c, func.count()).group_by(*found.c)
        for language, reachable, made_before, customers in self.session.execute(query):
            if reachable or not made_before:
                wishes[language] += customers
            reached += customers if reachable else 0
            others += 0 if reachable else customers
            unmade += 0 if reachable or made_before else customers
        return Counts(reached, others, self._refused(reached), dict(wishes), unmade)

    def reachable(self, words: str, after: int, most: int) -> Sequence[Affected]:
        """Return those who can be written to and whose name or reference holds `words`, in the order of their agreements."""
        return self._rows(self._reachable(), *self._holding(words), Affected.agreement_id > after, most=most)

    def unreachable(self, most: int) -> Sequence[Affected]:
        """Return those who cannot be written to."""
        return self._rows(~self._reachable(), most=most)

    def one(self, affected_id: int, words: str) -> Affected | None:
        """Return one of `reachable` by the number of its row."""
        return next(iter(self._rows(self._reachable(), *self._holding(words), Affected.id == affected_id, most=1)), None)

    def holding(self, words: str) -> int:
        """Return how many of `reachable` there are for these words."""
        return self.session.scalar(self._query(select(func.count()), self._reachable(), *self._holding(words))) or 0

    def _query(self, query: Any, *conditions: ColumnElement[bool]) -> Any:
        return (
            query.select_from(Affected)
            .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
            .join(Controller, Controller.id == Affected.controller_id)
            .join(Agreement, Agreement.id == Affected.agreement_id)
            .where(*queries.owed(self.breach.id, self.notice), *conditions)
        )

    def _rows(self, *conditions: ColumnElement[bool], most: int | None) -> Sequence[Affected]:
        # By agreement, since the index of a case's customers has them in this order: fifty are found without looking at the others.
        query = self._query(select(Affected), *conditions).order_by(Affected.agreement_id).limit(most)
        return list(self.session.scalars(query))

    def _reachable(self) -> ColumnElement[bool]:
        if self.breach.drill:
            return true() if self.stand_in else false()
        return queries.reachable(self.organisation.mail_domains)

    @staticmethod
    def _holding(words: str) -> list[ColumnElement[bool]]:
        return [or_(contains(Controller.name, words), contains(Agreement.reference, words))] if words else []

    def unmatched(self) -> Unmatched:
        """Return who can be written to and has no contact that is whom its agreement names, in one statement; nobody in an exercise."""
        if self.names is None:
            return Unmatched(0, ())
        condition = self._unmatched(self.names)
        if condition is None:
            return Unmatched(0, ())
        return Unmatched(*self._first(condition))

    def _unmatched(self, names: Names) -> ColumnElement[bool] | None:
        """Say in SQL what `Named.means` says: agreements that name somebody, whose customer has no usable contact that is that."""
        conditions = [and_(names.book.where(partial(names.is_named, named)), ~self._has(named)) for named in names.all() if not named.paper]
        return or_(*conditions) if conditions else None

    def _has(self, named: Named) -> ColumnElement[bool]:
        if named.address:
            meant: ColumnElement[bool] = func.lower(Contact.email) == named.address
        else:
            meant = or_(Contact.purpose.in_(named.purposes), contains(Contact.name, named.words))
        return exists().where(Contact.controller_id == Affected.controller_id, meant, *queries.usable_contact(self.organisation.mail_domains)).correlate(Affected)

    def uncounted(self) -> Uncounted:
        """Return who of those who can be written to would be told no number of its own people or records, in one statement.

        For incidents of several customers: the number of a single one may stand in the fact sheet. Says in SQL what `versions_of` and
        `versions.unsaid` say of each.
        """
        lacks = [func.max(case((self._uncounted(name), 1), else_=0)).over() for name in COUNTED]
        query = self._query(select(Controller.name, func.count().over(), *lacks), self._reachable(), self._uncounted(*COUNTED))
        found = self.session.execute(query.order_by(Controller.name, Affected.id).limit(FIRST)).all()
        if not found:
            return Uncounted(0, ())
        return Uncounted(found[0][1], tuple(row[0] for row in found), tuple(name for name, lack in zip(COUNTED, found[0][2:], strict=True) if lack))

    def _first(self, condition: ColumnElement[bool]) -> tuple[int, tuple[str, ...]]:
        """Return how many of those who can be written to are like that, and the names of the first of them."""
        query = self._query(select(Controller.name, func.count().over()), self._reachable(), condition)
        found = self.session.execute(query.order_by(Controller.name, Affected.id).limit(FIRST)).all()
        return (found[0][1], tuple(name for name, _ in found)) if found else (0, ())

    def _uncounted(self, *names: str) -> ColumnElement[bool]:
        other = aliased(BreachShare)
        newest = select(func.max(other.number)).where(other.affected_id == Affected.id).correlate(Affected).scalar_subquery()
        said = exists().where(BreachShare.affected_id == Affected.id, BreachShare.number == newest, _counted(BreachShare.share, names)).correlate(Affected)
        if self.notice.released_at is None:
            return ~said
        # Who was sent this phase before, or has its document, is told what that says.
        mails = (Delivery.affected_id == Affected.id, Delivery.notice_id == self.notice.id, Delivery.outbox_id.is_not(None))
        first = select(func.min(Delivery.id)).where(*mails).correlate(Affected).scalar_subquery()
        before = aliased(Delivery)
        told = exists().where(before.id == first, _counted(before.part, names)).correlate(Affected)
        paper = NoticePaper.affected_id == Affected.id, NoticePaper.notice_id == self.notice.id
        made, says = (exists().where(*paper, *more).correlate(Affected) for more in ((), (_counted(NoticePaper.part, names),)))
        return or_(and_(first.is_not(None), ~told), and_(first.is_(None), made, ~says), and_(first.is_(None), ~made, ~said))

    def _refused(self, reachable: int) -> int:
        """Return how many would be written to at an address that refused its newest mail, whatever that was about."""
        if self.breach.drill:
            return reachable if refusals.refusals(self.session, [self.organisation.id], [self.stand_in]) else 0
        rows = self._rows(queries.refusing(self.organisation.id, self.organisation.mail_domains), most=None)
        if not rows:
            return 0
        # Which contact comes first is the contract's word, which no database knows; such customers are few.
        found = addressees(self.session, self.organisation, rows, self.now, named=self.names)
        chosen = [to.email for one in found.values() if (to := one.recipient)]
        refused = refusals.refusals(self.session, [self.organisation.id], chosen)
        return sum((self.organisation.id, address) in refused for address in chosen)


def heard_first(session: Session, breach: Breach) -> Sequence[int]:
    """Return the customers who were given the phase released last by word of mouth, before there was a text, and nothing of it after that was recorded."""
    notice = breach.newest_released
    if notice is None:
        return ()
    # What people recorded is little, and the index of a phase's deliveries tells it from mails.
    newest = Delivery.notice_id == notice.id, ~Delivery.replaced, Delivery.outbox_id.is_(None)
    return session.scalars(select(Delivery.affected_id).where(*newest, queries.spoken_before(notice))).all()


def text_owed(session: Session, breach: Breach, own_domains: Sequence[str], heard: Sequence[int]) -> Mapping[int, bool]:
    """Return which of `heard_first` are still owed the text, each with whether it can be written to; one statement, and none where nobody heard first."""
    notice = breach.newest_released
    if notice is None or not heard:
        return {}
    query = (
        select(Affected.id, true() if breach.drill else queries.reachable(own_domains))
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Affected.id.in_(heard[: queries.CHUNK]), *queries.owed(breach.id, notice))
    )
    return {key: bool(reachable) for key, reachable in session.execute(query)}


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Customers whose contract names somebody whom no contact of theirs is."""

    count: int
    first: tuple[str, ...]
    """The first of them by name."""


@dataclass(frozen=True, slots=True)
class Uncounted:
    """Customers of whose people and records nobody has said how many they are."""

    count: int
    first: tuple[str, ...]
    """The first of them by name."""
    lacking: tuple[str, ...] = COUNTED
    """What is not said of one of them at least: people, records or both."""

    @property
    def words(self) -> str:
        """The same in words; where several lack this or that, any of it."""
        return (" and " if self.count == 1 else " or ").join(self.lacking)


def _counted(text_of_it: Any, names: Sequence[str]) -> ColumnElement[bool]:
    """Tell of the text of a share or a part whether its numbers of these are known, or known to be out of reach."""
    return and_(*(or_(*(text_of_it.contains(mark, autoescape=True) for mark in answers(name))) for name in names))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many customers are owed a phase."""

    reachable: int
    unreachable: int
    refused: int
    """How many of those who can be written to would be at an address that refused its newest mail."""
    wishes: Mapping[str, int]
    """Those for whom a mail or a document is made, by the code of the language they wish; empty for none."""
    unmade: int
    """How many of those who cannot be written to have no document of the phase yet, to be handed over."""
