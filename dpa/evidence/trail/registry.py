"""Which events exist, the sentence of each, and how opaque references become names: filled by `dpa.slices`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from dpa.evidence.trail.bodies import ACTION
from dpa.slice import CaseParts, NameLookup, Slice, WordLookup

_sentences: dict[str, str] = {}
_names: dict[str, NameLookup] = {}
_paths: dict[str, str] = {}
_parts: dict[str, CaseParts] = {}
_words: dict[str, list[WordLookup]] = {}


class UnknownEvent(RuntimeError):
    """An event name that no slice has declared; add it, with its sentence, to the slice's events.py."""


def install(slices: Iterable[Slice]) -> None:
    """Take in what every slice declares: events, names and pages of subjects."""
    for part in slices:
        register_events(part.events)
        _names.update(part.names)
        _paths.update(part.paths)
        _parts.update(part.case_parts)
        for key, lookup in part.words.items():
            known = _words.setdefault(key, [])
            if lookup not in known:
                known.append(lookup)


def register_events(sentences: Mapping[str, str]) -> None:
    """Make event names known, each with the sentence a person reads; raises `UnknownEvent` for a malformed or twice-told one."""
    for action, sentence in sentences.items():
        if not ACTION.match(action):
            raise UnknownEvent(f"the event name {action!r} is not of the form slice:object:action")
        if not sentence.strip():
            raise UnknownEvent(f"the event {action} has no sentence")
        if _sentences.get(action, sentence) != sentence:
            raise UnknownEvent(f"the event {action} was declared twice with different sentences")
        _sentences[action] = sentence


def require(action: str) -> None:
    """Raise `UnknownEvent` unless the event was declared."""
    if action not in _sentences:
        raise UnknownEvent(f"no slice declares the event {action!r}; add it with its sentence to the slice's events.py")


def sentence_of(action: str) -> str | None:
    """Return the sentence of an event; none when a later version of the product recorded it."""
    return _sentences.get(action)


def events() -> Mapping[str, str]:
    """Return every known event with its sentence."""
    return dict(_sentences)


def kinds() -> tuple[str, ...]:
    """Return the kinds of subject that have names or pages, sorted."""
    return tuple(sorted(_names.keys() | _paths.keys()))


def names_of(session: Session, references: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the names of references (kind, number), one look-up per kind; unknown ones are left out."""
    wanted: dict[str, set[str]] = {}
    for kind, identifier in references:
        if kind in _names:
            wanted.setdefault(kind, set()).add(identifier)
    return {
        (kind, str(identifier)): name
        for kind, identifiers in sorted(wanted.items())
        for identifier, name in _names[kind](session, sorted(identifiers)).items()
    }


def words_for(key: str, code: str) -> str | None:
    """Return the words for a code under a key of an event's data; none for what is no code of anybody's."""
    return next((words for lookup in _words.get(key, ()) if (words := lookup(code))), None)


def parts_of(session: Session, kind: str, identifier: str) -> list[tuple[str, str]]:
    """Return what belongs to a case beside itself, as references (kind, number): its mails, deadlines and documents."""
    return list(_parts[kind](session, identifier)) if kind in _parts else []


def path_of(kind: str, identifier: str) -> str | None:
    """Return the page of a subject, or none."""
    pattern = _paths.get(kind)
    return pattern.format(id=identifier) if pattern else None
