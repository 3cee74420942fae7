"""From rows to the pure terms model: what answers for an agreement on a day, loaded for one or for thousands.

Agreements that share a template and deviate in nothing share one stack, so ten thousand cost little more than one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.agreements.models import Agreement, AgreementVersion, ConflictDecision, TemplateVersion, WordTarget
from dpa.agreements.terms import (
    DEFAULT_POLICY,
    Decision,
    DeviationSheet,
    HousePolicy,
    Term,
    TermsDocument,
    TermStack,
    load_sheet,
    load_terms,
)
from dpa.agreements.terms import WordTarget as PolicyTarget
from dpa.agreements.terms.values import Calendar, Period, ZoneName
from dpa.agreements.terms.words import Origin, Unit, Word
from dpa.people.models import Organisation
from dpa.problems import NotFound

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Loaded:
    """An agreement's terms on a day, with the version a clock started under must remember."""

    stack: TermStack
    terms_version: str
    """Such as `light-company/2+1`: template, its version, and the agreement's own version."""


@lru_cache(maxsize=256)
def parsed(text: str) -> TermsDocument:
    """Return a terms document, parsed once per process."""
    return load_terms(text)


@lru_cache(maxsize=4096)
def parsed_sheet(text: str) -> DeviationSheet:
    """Return a deviation sheet, parsed once per process."""
    return load_sheet(text)


def policy_for(session: Session, organisation: Organisation) -> HousePolicy:
    """Return an organisation's house policy: the product's suggestions with its own numbers, zone and calendar."""
    own = session.scalars(select(WordTarget).where(WordTarget.organisation_id == organisation.id)).all()
    return policy_of(organisation, own)


def policy_of(organisation: Organisation, own: Sequence[WordTarget]) -> HousePolicy:
    """Return the house policy made of an organisation's facts and the targets it has set itself."""
    mine = [
        PolicyTarget(
            word=Word(row.word),
            group=row.key_group or None,
            target=Period(amount=row.amount, unit=Unit(row.unit)),
            ceiling=Period(amount=row.ceiling, unit=Unit(row.unit)) if row.ceiling else None,
        )
        for row in own
    ]
    taken = {(target.word, target.group) for target in mine}
    rest = [target for target in DEFAULT_POLICY.targets if (target.word, target.group) not in taken]
    terms = [term for term in DEFAULT_POLICY.terms if term.key not in {"calendar.zone", "calendar.holidays"}]
    note = "Set by the organisation."
    terms.append(Term(key="calendar.zone", value=ZoneName(zone=organisation.zone), origin=Origin.HOUSE_POLICY, note=note))
    # Terms know calendars of countries only; an organisation without public holidays is given those of its seat.
    known = re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", organisation.calendar)
    holidays = Calendar(holidays=organisation.calendar if known else organisation.country)
    why = note if known else "The organisation names no public holidays, so those of its seat are used."
    terms.append(Term(key="calendar.holidays", value=holidays, origin=Origin.HOUSE_POLICY, note=why))
    return HousePolicy(name=f"House policy of {organisation.name}"[:200], version="1", targets=(*mine, *rest), terms=tuple(terms))


def load(session: Session, organisation_id: int, agreement_ids: Iterable[int], on: date) -> Mapping[int, Loaded]:
    """Return the terms of agreements of one organisation on a legal day; agreements of others are left out."""
    organisation = session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound("There is no such organisation.")
    policy = policy_for(session, organisation)
    rows = _agreements(session, organisation_id, sorted(set(agreement_ids)))
    templates = _template_versions(session, {template_id for _, template_id in rows}, on)
    sheets = _sheets(session, [agreement_id for agreement_id, _ in rows], on)
    by_template, by_agreement = _decisions(session, {t for _, t in rows}, [a for a, _ in rows])
    shared: dict[Any, Loaded] = {}
    found: dict[int, Loaded] = {}
    for agreement_id, template_id in rows:
        version = templates[template_id]
        number, text = sheets.get(agreement_id, (1, ""))
        own = by_agreement.get(agreement_id, ())
        key = (template_id, number, text, own)
        if key not in shared:
            stack = TermStack(
                template=parsed(version.terms),
                deviations=parsed_sheet(text).deviations if text else (),
                policy=policy,
                decisions=(*by_template.get(template_id, ()), *own),
                on=on,
            )
            shared[key] = Loaded(stack, version_name(stack.template.slug, version.number, number))
        found[agreement_id] = shared[key]
    return found


def version_name(slug: str, template_number: int, own_number: int) -> str:
    """Return the name of the terms of an agreement, such as `light-company/2+1`: template, its version, own version.

    A long slug is shortened, so that the numbers always stand.
    """
    numbers = f"/{template_number}+{own_number}"
    return f"{slug[: 40 - len(numbers)]}{numbers}"


def load_template(session: Session, organisation_id: int, template_id: int, on: date) -> TermStack:
    """Return the stack of a template alone, for an agreement that deviates in nothing."""
    organisation = session.get_one(Organisation, organisation_id)
    version = _template_versions(session, {template_id}, on)[template_id]
    decisions, _ = _decisions(session, {template_id}, [])
    return TermStack(
        template=parsed(version.terms), policy=policy_for(session, organisation), decisions=decisions.get(template_id, ()), on=on
    )


def _agreements(session: Session, organisation_id: int, ids: Sequence[int]) -> list[tuple[int, int]]:
    rows: list[tuple[int, int]] = []
    for start in range(0, len(ids), CHUNK):
        query = select(Agreement.id, Agreement.template_id).where(
            Agreement.organisation_id == organisation_id, Agreement.id.in_(ids[start : start + CHUNK])
        )
        rows += [(agreement_id, template_id) for agreement_id, template_id in session.execute(query)]
    return rows


def _template_versions(session: Session, ids: Iterable[int], on: date) -> dict[int, TemplateVersion]:
    query = select(TemplateVersion).where(TemplateVersion.template_id.in_(list(ids))).order_by(TemplateVersion.number)
    by_template: dict[int, list[TemplateVersion]] = defaultdict(list)
    for version in session.scalars(query):
        by_template[version.template_id].append(version)
    return {template_id: in_force(versions, on) for template_id, versions in by_template.items()}


class Dated(Protocol):
    """Anything that holds from a day on."""

    @property
    def valid_from(self) -> date:
        """The first day."""


Version = TypeVar("Version", bound=Dated)


def in_force(versions: Sequence[Version], on: date) -> Version:
    """Return the version that holds on a legal day, of at least one in their order.

    Before its first version a text answers with that one: an agreement may be older than our reading of it.
    """
    return next((version for version in reversed(versions) if version.valid_from <= on), versions[0])


def _sheets(session: Session, ids: Sequence[int], on: date) -> dict[int, tuple[int, str]]:
    found: dict[int, tuple[int, str]] = {}
    for start in range(0, len(ids), CHUNK):
        query = (
            select(AgreementVersion.agreement_id, AgreementVersion.number, AgreementVersion.deviations, AgreementVersion.valid_from)
            .where(AgreementVersion.agreement_id.in_(ids[start : start + CHUNK]))
            .order_by(AgreementVersion.number)
        )
        for agreement_id, number, deviations, valid_from in session.execute(query):
            if agreement_id not in found or valid_from <= on:
                found[agreement_id] = (number, deviations)
    return found


def _decisions(
    session: Session, template_ids: Iterable[int], agreement_ids: Sequence[int]
) -> tuple[dict[int, tuple[Decision, ...]], dict[int, tuple[Decision, ...]]]:
    templates: dict[int, list[Decision]] = defaultdict(list)
    agreements: dict[int, list[Decision]] = defaultdict(list)
    by_template = select(ConflictDecision).where(ConflictDecision.template_id.in_(list(template_ids)))
    for row in session.scalars(by_template.order_by(ConflictDecision.id)):
        templates[row.template_id or 0].append(decision_of(row))
    for start in range(0, len(agreement_ids), CHUNK):
        chunk = agreement_ids[start : start + CHUNK]
        query = select(ConflictDecision).where(ConflictDecision.agreement_id.in_(chunk)).order_by(ConflictDecision.id)
        for row in session.scalars(query):
            agreements[row.agreement_id or 0].append(decision_of(row))
    return {k: tuple(v) for k, v in templates.items()}, {k: tuple(v) for k, v in agreements.items()}


def decision_of(row: ConflictDecision) -> Decision:
    """Return a recorded decision as the terms model knows it."""
    return Decision(group=row.group_key, option=row.option_key, who=row.decided_by, at=row.decided_at, why=row.reason)
