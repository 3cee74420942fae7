"""One customer's part in an incident: what the agreement says it can be, what somebody said it is, and what the customer is told.

GDPR Art. 33(3)(a) asks for categories and approximate numbers of people and records; for a controller these are its own, never those of
the incident. Three sources answer, the nearer one first: what a person said for this customer; what its agreement names, narrowed to what
the fact sheet names; the fact sheet itself, for categories always, for numbers only where the incident touches one customer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from dpa.breaches.facts.base import TEXT_MAX
from dpa.breaches.facts.sheet import Count, Country, FactSheet
from dpa.breaches.facts.telling import Share
from dpa.breaches.facts.words import DataType, Precision, SubjectCategory, Word
from dpa.evidence.trail import bodies

VERSION = 1
W = TypeVar("W", bound=Word)


class Source(StrEnum):
    """Who answers for a customer's categories."""

    OWN = "own"
    """Somebody said it for this customer."""
    AGREEMENT = "agreement"
    """Its agreement names them; nobody has said which of them were touched."""
    INCIDENT = "incident"
    """The fact sheet, for the incident as a whole."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What only one of the two sources names, by its label, so that the customer is not told of it; the house sees it before a release."""

    incident: tuple[str, ...] = ()
    """In the fact sheet, and not in its agreement."""
    agreement: tuple[str, ...] = ()
    """In its agreement, and not in the fact sheet."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one customer is told of its own part, as far as it is known."""

    people: Count | None = None
    records: Count | None = None
    subjects: tuple[SubjectCategory, ...] = ()
    subjects_from: Source = Source.INCIDENT
    subjects_note: str = ""
    data_types: tuple[DataType, ...] = ()
    data_from: Source = Source.INCIDENT
    data_note: str = ""
    countries: tuple[Country, ...] = ()
    """Where its people live, as somebody said for this customer; the incident's are those of all."""
    subjects_left: LeftOut = field(default=LeftOut(), compare=False)
    data_left: LeftOut = field(default=LeftOut(), compare=False)
    """Never told and never kept."""

    @property
    def known(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.people or self.records or self.subjects or self.subjects_note or self.data_types or self.data_note or self.countries)

    def facts(self) -> dict[str, Any] | None:
        """Return it as records hold it; none where nothing is known."""
        if not self.known:
            return None
        # Only where they are known, so that what was kept before the countries were asked still reads as the same.
        countries: dict[str, Any] = {"countries": _countries(self.countries)} if self.countries else {}
        return {
            "people": _count(self.people), "records": _count(self.records), "subjects": [one.value for one in self.subjects],
            "subjects_from": self.subjects_from.value, "subjects_note": self.subjects_note, "data_types": [one.value for one in self.data_types],
            "data_from": self.data_from.value, "data_note": self.data_note, **countries,
        }  # fmt: skip

    @property
    def text(self) -> str:
        """Return it as canonical JSON, to be kept and compared; empty where nothing is known."""
        facts = self.facts()
        return bodies.canonical(facts) if facts else ""


def read_part(text: str) -> Part:
    """Read a part back from its text."""
    if not text:
        return Part()
    said = json.loads(text)
    return Part(
        people=_read_count(said["people"]), records=_read_count(said["records"]), subjects=tuple(_word(SubjectCategory, one) for one in said["subjects"]),
        subjects_from=Source(said["subjects_from"]), subjects_note=said["subjects_note"],
        data_types=tuple(_word(DataType, one) for one in said["data_types"]), data_from=Source(said["data_from"]), data_note=said["data_note"],
        countries=_read_countries(said.get("countries")),
    )  # fmt: skip


def part_of(sheet: FactSheet, agreement: Share | None, own: Share | None, *, controllers: int) -> Part:
    """Return what one of `controllers` customers is told, from the fact sheet, what its agreement names, and what was said for it."""
    agreement, own = agreement or Share(), own or Share()
    whole = controllers == 1
    subjects, subjects_from = _categories(own.subjects, agreement.subjects, sheet.subjects)
    data_types, data_from = _categories(own.data_types, agreement.data_types, sheet.data_types)
    return Part(
        people=own.people or (sheet.people if whole else None), records=own.records or (sheet.records if whole else None),
        subjects_left=_left_out(agreement.subjects, agreement.subjects_note, sheet.subjects, subjects) if not own.subjects else LeftOut(),
        data_left=_left_out(agreement.data_types, agreement.data_note, sheet.data_types, data_types) if not own.data_types else LeftOut(),
        subjects=subjects, subjects_from=subjects_from, subjects_note=own.subjects_note or _named(agreement.subjects_note, subjects_from, SubjectCategory.OTHER in subjects),
        data_types=data_types, data_from=data_from, data_note=own.data_note or _named(agreement.data_note, data_from, DataType.OTHER in data_types),
        countries=own.countries or (),
    )  # fmt: skip


def _named(note: str | None, source: Source, other: bool) -> str:
    """Return the agreement's own words, where they are among what is told: they say what it means by “other”."""
    return (note or "") if source is Source.AGREEMENT and other else ""


def _categories(own: tuple[W, ...] | None, agreement: tuple[W, ...] | None, incident: tuple[W, ...]) -> tuple[tuple[W, ...], Source]:
    if own:
        return own, Source.OWN
    if not agreement:
        return incident, Source.INCIDENT
    named = [one for one in incident if not one.is_open]
    if not named:
        return agreement, Source.AGREEMENT
    # What the agreement names and the incident did not touch is no part of the breach; where they share nothing, the facts prevail.
    both = tuple(one for one in agreement if one in named)
    return (both, Source.AGREEMENT) if both else (incident, Source.INCIDENT)


def _left_out(agreement: tuple[W, ...] | None, note: str | None, incident: tuple[W, ...], told: tuple[W, ...]) -> LeftOut:
    """Return what of either source is not told; nothing while only one of them says anything, since all of that is told."""
    named = [one for one in incident if not one.is_open]
    if not agreement or not named:
        return LeftOut()
    return LeftOut(
        tuple(one.label for one in named if one not in told), tuple(note if one.value == "other" and note else one.label for one in agreement if one not in told)
    )


def compared(total: Count | None, counts: Sequence[Count | None]) -> str | None:
    """Say how the customers' numbers and the incident's own stand to each other; none while one side says no number, or where they agree.

    Nothing is put right: a total may hold people of several customers once, or people of customers nobody has counted yet.
    """
    known = [count.value for count in counts if count is not None and count.value is not None]
    if total is None or total.value is None or not known:
        return None
    missing, apart = len(counts) - len(known), sum(known) - total.value
    if apart == 0 or (apart < 0 and missing):
        return f"{-apart:,} of {total.value:,} are not said of any customer yet; {missing:,} of {len(counts):,} have no number." if apart else None
    return f"The customers’ numbers come to {sum(known):,}, which is {abs(apart):,} {'more' if apart > 0 else 'fewer'} than the {total.value:,} of the incident as a whole. See which of them is right."


def share_text(share: Share) -> str:
    """Return a share as canonical text, without what was not said."""
    said: dict[str, Any] = {"v": VERSION}
    for name in ("people", "records"):
        if (count := getattr(share, name)) is not None:
            said[name] = _count(count)
    for name in ("subjects", "data_types"):
        if words := getattr(share, name):
            said[name] = [word.value for word in words]
    if share.countries:
        said["countries"] = _countries(share.countries)
    said |= {name: text for name in ("subjects_note", "data_note") if (text := (getattr(share, name) or "").strip()[:TEXT_MAX])}
    return bodies.canonical(said)


def read_share(text: str) -> Share:
    """Read a share back. Raises ValueError for a text of another version or with words we do not know."""
    said = json.loads(text)
    if said.get("v") != VERSION:
        raise ValueError(f"a share of version {said.get('v')!r} cannot be read")
    return Share(
        people=_read_count(said.get("people")), records=_read_count(said.get("records")),
        subjects=tuple(_word(SubjectCategory, one) for one in said["subjects"]) if said.get("subjects") else None,
        data_types=tuple(_word(DataType, one) for one in said["data_types"]) if said.get("data_types") else None,
        subjects_note=said.get("subjects_note"), data_note=said.get("data_note"),
        countries=_read_countries(said.get("countries")) or None,
    )  # fmt: skip


def answers(name: str) -> tuple[str, ...]:
    """Return how the text of a share or a part says a number, or that it cannot be determined, of `people` or `records`; without one of them it is open.

    For a database, which cannot read these texts. No free text holds such a mark: its quotation marks are escaped.
    """
    return tuple(f'"{name}":{{"precision":"{one.value}"' for one in Precision if one is not Precision.TO_BE_DETERMINED)


def _word(kind: type[W], value: str) -> W:
    for one in kind:
        if one.value == value:
            return one
    raise ValueError(f"{value!r} is no {kind.__name__}")


def _count(count: Count | None) -> dict[str, Any] | None:
    return {"precision": count.precision.value, "value": count.value} if count is not None else None


def _countries(countries: Sequence[Country]) -> list[dict[str, Any]]:
    return [{"code": one.code, "people": one.people} for one in countries]


def _read_countries(said: Sequence[Mapping[str, Any]] | None) -> tuple[Country, ...]:
    return tuple(Country(code=one["code"], people=one["people"]) for one in said or ())


def _read_count(said: Mapping[str, Any] | None) -> Count | None:
    return Count(precision=_word(Precision, said["precision"]), value=said["value"]) if said else None


_SUBJECT_WORDS: tuple[tuple[SubjectCategory, str], ...] = (
    (SubjectCategory.PATIENTS, r"patients?"), (SubjectCategory.STUDENTS, r"students?|pupils?|learners?"), (SubjectCategory.MINORS, r"minors?|child(ren)?"),
    (SubjectCategory.EMPLOYEES, r"employees?|staff|workers?|applicants?|candidates?|personnel"), (SubjectCategory.SUBSCRIBERS, r"subscribers?"),
    (SubjectCategory.USERS, r"users?"), (SubjectCategory.CUSTOMERS, r"customers?|clients?|prospects?|consumers?"),
)  # fmt: skip
_DATA_WORDS: tuple[tuple[DataType, str], ...] = (
    (DataType.CREDENTIALS, r"passwords?|credentials?|user ?names?|logins?|tokens?"), (DataType.BASIC, r"(first |last |full )?names?|surnames?|dates? of birth"),
    (DataType.CONTACT, r"e-?mail( address(es)?)?|(postal )?address(es)?|(tele)?phone( numbers?)?|contact (data|details)"),
    (DataType.IDENTIFICATION, r"national (identification|id) numbers?|passport numbers?|social security numbers?"), (DataType.LOCATION, r"location( data)?"),
    (DataType.HEALTH, r"health( data)?|medical (data|records)"), (DataType.PAYMENT, r"(credit|payment) cards?|bank (accounts?|details)|iban"),
    (DataType.FINANCIAL, r"financial( data)?|salar(y|ies)"), (DataType.BIOMETRIC, r"biometric( data)?"), (DataType.GENETIC, r"genetic( data)?"),
)  # fmt: skip


def from_agreement(data: Sequence[str], subjects: Sequence[str]) -> Share | None:
    """Return what an agreement says of the data it covers, in the template's categories; its other words stay as they are, as notes.

    Only words that mean one category are taken for it: a whole entry for kinds of data, a word of it for people. None where it says nothing.
    """
    if not data and not subjects:
        return None
    kinds, data_rest = _sorted_out(data, _DATA_WORDS, whole=True)
    people, people_rest = _sorted_out(subjects, _SUBJECT_WORDS, whole=False)
    return Share(
        subjects=(*(one for one in SubjectCategory if one in people), *((SubjectCategory.OTHER,) if people_rest else ())) or None,
        data_types=(*(one for one in DataType if one in kinds), *((DataType.OTHER,) if data_rest else ())) or None,
        subjects_note="; ".join(people_rest), data_note="; ".join(data_rest),
    )  # fmt: skip


def _sorted_out(entries: Sequence[str], known: Sequence[tuple[W, str]], *, whole: bool) -> tuple[set[W], list[str]]:
    found: set[W] = set()
    rest: list[str] = []
    for entry in entries:
        text = entry.strip().lower()
        match = next((word for word, words in known if (re.fullmatch(words, text) if whole else re.search(rf"\b({words})\b", text))), None)
        if match is None:
            rest.append(entry.strip())
        else:
            found.add(match)
    return found, rest
