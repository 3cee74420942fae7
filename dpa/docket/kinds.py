"""The kinds of deadline there are: each workflow declares its own; the docket knows their ladder, icon and page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from dpa.alerts.ladder import LADDER_DAYS, Ladder
from dpa.web import words


@dataclass(frozen=True, slots=True)
class Beginning:
    """The button on the board that leads to where a workflow begins."""

    title: str
    """Its words, such as `Record an incident`."""
    path: str
    permission: str
    """Without it the button is not shown."""
    icon: str = "plus"


@dataclass(frozen=True, slots=True)
class Start:
    """What a clock begins with, in words."""

    word: str
    """What the beginning is called on its strip: `aware`, `received`, `ended`."""
    begins: str
    """What it is in a sentence: `awareness of the breach`; empty where the time stands alone."""


@dataclass(frozen=True, slots=True)
class DeadlineKind:
    """A workflow's declaration of one kind of deadline."""

    name: str
    """slice:act, such as `breaches:notify`."""
    title: str
    """What must be done, in two or three words: `Notify customers`."""
    group_title: str
    """Title of several deadlines of one case; knows {count} and {subject}."""
    path: str
    """Page of the case, with {id}: where the act that ends the deadline is."""
    icon: str
    """Name of the workflow's icon."""
    ladder: Ladder = field(default=LADDER_DAYS)
    """When colleagues are alerted."""
    act: str = "Open the case"
    """Words of the button that leads to the case."""
    start_word: str = "start"
    """What the clock's beginning is called on its strip: `aware`, `received`, `ended`."""
    begins: str = ""
    """What the beginning is in a sentence: `awareness of the breach`; empty where the time stands alone."""
    starts: Mapping[str, Start] = field(default_factory=dict)
    """Other facts such a clock may run from, by their names (`DocketEntry.start_event`)."""
    duty: str = ""
    """The act as words after "3 h left to", knowing {customers} (`38 customers`) and {count}; empty for `title`."""
    filter_title: str = ""
    """Word of the board's filter chip; empty for `title`."""
    needs: str = ""
    """Permission without which `path` cannot be opened; empty where whoever reads the board may."""
    case_path: str = ""
    """Page of the case, with {id}, where `path` only leads to the act: for those who may not do it, and once nothing runs; empty where `path` is the case."""
    no_latest: str = ""
    """What is said where a latest date would stand, for clocks that stand for others' promises; empty where contract and law simply give no number."""
    begin: Beginning | None = None
    """What the board offers so that such a clock can be started; none for clocks that start by themselves."""

    def grouped(self, count: int, subject: str) -> str:
        """Return the title of `count` deadlines of one case."""
        return self.group_title.format(count=f"{count:,}", subject=subject)

    def duty_of(self, count: int) -> str:
        """Return the act as it stands in a sentence: `notify 38 customers`."""
        text = self.duty or f"{self.title[:1].lower()}{self.title[1:]}" + (" ({count})" if count > 1 else "")
        return text.format(count=f"{count:,}", customers=words.plural(count, "customer"))

    def start(self, event: str) -> Start:
        """Return what a clock begins with that runs from an event; the usual beginning for an empty name, and for one not known here."""
        return self.starts.get(event) or Start(self.start_word, self.begins)

    def way(self, subject_id: int, *, runs: bool, held: Collection[str]) -> tuple[str, str]:
        """Return words and path of the button on a deadline's page: to the act while it runs and for those who may, else to the case."""
        if self.case_path and not (runs and self.needs in held):
            return "Open the case", self.case_path.format(id=subject_id)
        return self.act, self.page(subject_id)

    @property
    def without_latest(self) -> str:
        """What stands in the place of the latest date where there is none."""
        return self.no_latest or "no number in contract or law; the target is house policy"

    def page(self, subject_id: int) -> str:
        """Return the path of the case."""
        return self.path.format(id=subject_id)


_kinds: Final[dict[str, DeadlineKind]] = {}


def register(*declared: object) -> None:
    """Add kinds. Declaring one twice is fine when it is the same; two different ones of one name raise ValueError."""
    for kind in declared:
        if not isinstance(kind, DeadlineKind):
            raise TypeError(f"a slice declares deadline kinds as DeadlineKind, not {type(kind).__name__}")
        known = _kinds.setdefault(kind.name, kind)
        if known != kind:
            raise ValueError(f"two kinds of deadline are called {kind.name!r}")


def title_of(name: str) -> str | None:
    """Return what must be done for a deadline of a kind, in words; none for a name that no slice declares."""
    known = _kinds.get(name)
    return known.title if known else None


def kind(name: str) -> DeadlineKind:
    """Return a kind; raises LookupError for one that no slice declares."""
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"no slice declares the kind of deadline {name!r}") from None


def kind_or_plain(name: str) -> DeadlineKind:
    """Return a kind; for one that no slice declares any more a plain stand-in, so that old rows can still be read."""
    plain = name.rpartition(":")[2].replace("_", " ").capitalize() or "Deadline"
    return _kinds.get(name) or DeadlineKind(name, plain, f"{plain}: {{subject}} ({{count}})", "", "clock-play", Ladder())


def registered() -> Iterable[DeadlineKind]:
    """Return every kind, in the order declared."""
    return tuple(_kinds.values())
