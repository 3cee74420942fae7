"""One customer's own version of a phase: the language it is written to in, the text it gets, and what is told of its own part.

A customer is written to in its own language where we hold texts in it, else in the organisation's. It gets the text that was written in
that language, else the main text, which then stands in another language than the words around it; a release never waits for that.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from dpa.agreements import stacks
from dpa.agreements.terms import effective
from dpa.breaches import facts, queries
from dpa.breaches.channels import SPOKEN
from dpa.breaches.counting import legal_day
from dpa.breaches.facts import FactSheet, FactsProblem, Share
from dpa.breaches.facts.shares import Part, from_agreement, part_of, read_part, read_share
from dpa.breaches.models import Affected, Breach, BreachSettings, BreachShare, Delivery, Notice, NoticeText
from dpa.breaches.papers import made_of
from dpa.breaches.rules import FIELDS, Draft
from dpa.languages import NAMES, Language, Wording, offered, wording
from dpa.parties.models import Controller


@dataclass(frozen=True, slots=True)
class Version:
    """What is one customer's own in a phase, beside name, agreement and clock."""

    language: Language
    """That of everything but the account itself."""
    text: Draft
    text_language: Language
    part: Part
    stale: bool = False
    """Whether the text in this language was saved before the main text was changed last."""
    wished: str = ""
    """Code of the language the customer wishes and we hold no texts in; empty otherwise."""

    @property
    def say(self) -> Wording:
        """Return the words of its language."""
        return wording(self.language)

    @property
    def foreign(self) -> bool:
        """Whether the account stands in another language than the words around it."""
        return self.text_language is not self.language


def draft_of(row: Notice | NoticeText) -> Draft:
    """Return a stored text."""
    return Draft(**{name: getattr(row, name) for name in FIELDS})


def house_language(session: Session, organisation_id: int) -> Language:
    """Return the language an organisation writes its notices in."""
    settings = session.get(BreachSettings, organisation_id)
    return offered(settings.language if settings else "") or Language.EN


def language_for(code: str, house: Language) -> Language:
    """Return the language a customer is written to in; the organisation's where it has none of its own, or one we hold no texts in."""
    return offered(code) or house


def versions_of(session: Session, breach: Breach, notice: Notice, rows: Sequence[Affected]) -> Mapping[int, Version]:
    """Return each customer's version of a phase as it would be told now; a bounded number of statements for each five hundred.

    For whom a document was made before, and who did not get it, is told what that says: it goes out again, or for the first time.
    """
    house = house_language(session, breach.organisation_id)
    wished = _wished(session, [row.controller_id for row in rows])
    parts, before = parts_of(session, breach, rows), _told_before(session, notice, [row.id for row in rows])
    texts = {text.language: text for text in notice.texts}
    own = offered(notice.language) or Language.EN
    main, found = draft_of(notice), {}
    for row in rows:
        code = wished.get(row.controller_id, "")
        language, part = before.get(row.id) or (language_for(code, house), parts[row.id])
        text = texts.get(language.value) if language is not own else None
        found[row.id] = Version(
            language, draft_of(text) if text else main, language if text else own, part,
            stale=text is not None and text.saved_at < notice.drafted_at, wished="" if not code or offered(code) else code,
        )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class Spoken:
    """How many customers a phase goes to in one language, and whether its text was written in it."""

    language: Language
    name: str
    """In English."""
    customers: int
    main: bool
    """Whether the main text is in it."""
    written: bool
    """Whether there is a text of its own in it."""
    stale: bool
    """Whether that text was saved before the main text was changed last."""


def spoken(session: Session, breach: Breach, notice: Notice, wishes: Mapping[str, int]) -> tuple[Spoken, ...]:
    """Return the languages a phase goes out in, that of the main text first, then those of most customers; and those written for nobody.

    `wishes` are the customers who will be written to, by the code of the language they wish.
    """
    house, own = house_language(session, breach.organisation_id), offered(notice.language) or Language.EN
    counts: Counter[Language] = Counter()
    for code, customers in wishes.items():
        counts[language_for(code, house)] += customers
    texts = {text.language: text for text in notice.texts}
    found = []
    for language in {own, *counts, *(one for code in texts if (one := offered(code)))}:
        text = texts.get(language.value)
        found.append(Spoken(
            language, NAMES[language.value], counts[language], language is own, text is not None, text is not None and text.saved_at < notice.drafted_at
        ))  # fmt: skip
    return tuple(sorted(found, key=lambda one: (not one.main, -one.customers, one.name)))


def _told_before(session: Session, notice: Notice, affected_ids: Sequence[int]) -> Mapping[int, tuple[Language, Part]]:
    return {key: (offered(one.language) or Language.EN, read_part(one.part)) for key, one in made_of(session, notice.id, affected_ids).items()}


def told_last(session: Session, rows: Sequence[Affected], before: Notice | None = None) -> Mapping[int, str]:
    """Return what customers were told last of their own part, as text; those who were never sent a phase (before this one), nor given its document, are left out."""
    found: dict[int, str] = {}
    for start in range(0, len(rows), queries.CHUNK):
        ids = [row.id for row in rows[start : start + queries.CHUNK]]
        query = select(Delivery.affected_id, Delivery.part).where(
            Delivery.affected_id.in_(ids), ~Delivery.returned, or_(Delivery.outbox_id.is_not(None), and_(Delivery.document_id.is_not(None), Delivery.channel.not_in(SPOKEN)))
        )
        if before is not None:
            query = query.where(Delivery.notice_id != before.id)
        found |= {row.affected_id: row.part for row in session.execute(query.order_by(Delivery.id))}
    return found


def _wished(session: Session, controller_ids: Sequence[int]) -> Mapping[int, str]:
    found: dict[int, str] = {}
    wanted = sorted(set(controller_ids))
    for start in range(0, len(wanted), queries.CHUNK):
        query = select(Controller.id, Controller.language).where(Controller.id.in_(wanted[start : start + queries.CHUNK]))
        found |= {row.id: row.language for row in session.execute(query)}
    return found


def parts_of(session: Session, breach: Breach, rows: Sequence[Affected]) -> Mapping[int, Part]:
    """Return what each customer would be told of its own part now."""
    sheet, controllers = newest_sheet(session, breach), queries.customers(session, breach.id)
    named = agreement_shares(session, breach, [row.agreement_id for row in rows])
    own = {key: share for key, (share, _) in own_shares(session, [row.id for row in rows]).items()}
    return {row.id: part_of(sheet, named.get(row.agreement_id), own.get(row.id), controllers=controllers) for row in rows}


def newest_sheet(session: Session, breach: Breach) -> FactSheet:
    """Return what is known of the incident; the empty sheet where nothing was kept, or where it cannot be read."""
    newest = queries.newest_facts(session, breach.id)
    try:
        return facts.told(facts.read(newest.sheet)) if newest else FactSheet()
    except FactsProblem:
        return FactSheet()


def agreement_shares(session: Session, breach: Breach, agreement_ids: Sequence[int]) -> Mapping[int, Share]:
    """Return what agreements name of the data they cover, on the legal day of awareness; those that name nothing are left out."""
    loaded = stacks.load(session, breach.organisation_id, agreement_ids, legal_day(breach, breach.aware_at)) if agreement_ids else {}
    by_stack: dict[int, Share | None] = {}
    for terms in loaded.values():
        if id(terms.stack) not in by_stack:
            data, people = (_entries(terms.stack, key) for key in ("processing.data_categories", "processing.subject_categories"))
            by_stack[id(terms.stack)] = from_agreement(data, people)
    return {key: share for key, terms in loaded.items() if (share := by_stack[id(terms.stack)]) is not None}


def _entries(stack: Any, key: str) -> tuple[str, ...]:
    return tuple(getattr(effective(stack, key).value, "entries", ()))


def own_shares(session: Session, affected_ids: Sequence[int]) -> Mapping[int, tuple[Share, BreachShare]]:
    """Return what was said last for each customer, with who said it when."""
    newest: dict[int, BreachShare] = {}
    for start in range(0, len(affected_ids), queries.CHUNK):
        query = select(BreachShare).where(BreachShare.affected_id.in_(affected_ids[start : start + queries.CHUNK]))
        for row in session.scalars(query.order_by(BreachShare.affected_id, BreachShare.number)):
            newest[row.affected_id] = row
    return {key: (read_share(row.share), row) for key, row in newest.items()}


def part_rows(told: Mapping[str, Any] | None, say: Wording, *, final: bool = False) -> tuple[tuple[str, str], ...]:
    """Return what a customer is told of its own part as label and text, in its language; empty where nothing is known.

    In a `final` notice nothing is not known *yet*: no further word follows.
    """
    if not told:
        return ()
    countries = ((say("part.countries"), _living(told["countries"], say)),) if told.get("countries") else ()
    return (
        (say("part.people"), figure(told["people"], say, final=final)), (say("part.records"), figure(told["records"], say, final=final)),
        (say("part.subjects_agreement" if told["subjects_from"] == "agreement" else "part.subjects"), _listed(told["subjects"], told["subjects_note"], "subject", say, final=final)),
        (say("part.data_agreement" if told["data_from"] == "agreement" else "part.data"), _listed(told["data_types"], told["data_note"], "data", say, final=final)), *countries,
    )  # fmt: skip


def _living(countries: Sequence[Mapping[str, Any]], say: Wording) -> str:
    """Return countries by their codes, which are the same in every language, with the number of people where it is known."""
    said = [one["code"] if one["people"] is None else say("severity.named", what=one["code"], number=say.number(one["people"])) for one in countries]
    return reduce(lambda first, second: say("part.also", first=first, second=second), said)


def figure(count: Mapping[str, Any] | None, say: Wording, *, final: bool = False) -> str:
    """Return a number of people or records in words, with how sure it is."""
    if final and unsaid(count):
        return say("part.never_known")
    if count is None:
        return say("part.not_known")
    if count["value"] is None:
        return say("part.undeterminable" if count["precision"] == "undeterminable" else "part.to_be_determined")
    number = say.number(count["value"])
    return say("part.about", number=number) if count["precision"] == "approximate" else number


def unsaid(count: Mapping[str, Any] | None) -> bool:
    """Tell whether a number is still to be determined, or was never stated; one that cannot be determined is an answer."""
    return count is None or (count["value"] is None and count["precision"] != "undeterminable")


def _listed(words: Sequence[str], note: str, section: str, say: Wording, *, final: bool) -> str:
    # A note says what “other” means, so the word itself adds nothing beside it.
    named = [say(f"{section}.{word}") for word in words if not (word == "other" and note)]
    said = [text for text in (*named, note) if text]
    return reduce(lambda first, second: say("part.also", first=first, second=second), said) if said else say("part.never_known" if final else "part.not_known")


def told_part(text: str) -> Mapping[str, Any] | None:
    """Read back what a delivery keeps of what its customer was told."""
    return json.loads(text) if text else None
