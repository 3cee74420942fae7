"""The catalogue of terms: every key an agreement may carry, its group, its label and the kinds of value it takes.

Keys are stable names: workflows ask for them, files store them. Keys of the group ``other`` are free, for clocks of
a contract that no workflow knows; they take any kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from dpa.agreements.terms.catalogue_data import ENTRIES, GROUPS
from dpa.agreements.terms.problem import TermsProblem


@dataclass(frozen=True, slots=True)
class Entry:
    """One key: what it is called on screens and which kinds of value it takes."""

    key: str
    label: str
    kinds: frozenset[str]
    choices: tuple[str, ...] = ()
    """The allowed choices where the kind is ``choice``."""

    @property
    def group(self) -> str:
        """The part of the key before the dot."""
        return self.key.partition(".")[0]


@lru_cache(maxsize=1)
def all_entries() -> dict[str, Entry]:
    """Every listed key with its entry, in the order in which screens show them."""
    found: dict[str, Entry] = {}
    for key, label, kinds, *choices in ENTRIES:
        found[key] = Entry(key, label, frozenset(kinds.split()), tuple(choices[0].split()) if choices else ())
    return found


def entry(key: str) -> Entry:
    """The entry of a key; raises `TermsProblem` with the nearest known key when there is none."""
    known = all_entries().get(key)
    if known is not None:
        return known
    if key.startswith("other."):
        return Entry(key, key.removeprefix("other.").replace("_", " ").capitalize(), frozenset())
    near = get_close_matches(key, all_entries(), n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? Otherwise use a key that begins with other." if near else (
        "use a key of the catalogue, or one that begins with other."
    )
    raise TermsProblem(f"the key '{key}' is not known; {hint}")


def label(key: str) -> str:
    """What a key is called on screens."""
    return entry(key).label


def group_label(group: str) -> str:
    """What a group of keys is called on screens."""
    return GROUPS.get(group, group.replace("_", " ").capitalize())


def groups() -> tuple[str, ...]:
    """All groups in the order in which screens show them."""
    return tuple(GROUPS)


def complaint(key: str, kind: str, choice: str | None) -> str | None:
    """Why a value of this kind may not stand under this key, or none when it may. Raises for an unknown key."""
    known = entry(key)
    if known.kinds and kind not in known.kinds:
        return f"{key} cannot hold a value of the kind {kind}; use one of: {', '.join(sorted(known.kinds))}"
    if choice is not None and known.choices and choice not in known.choices:
        return f"{key} cannot be '{choice}'; choose one of: {', '.join(known.choices)}"
    return None
