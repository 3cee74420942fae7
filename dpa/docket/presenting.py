"""Deadlines as pages and mails show them: frozen values made from rows and `now`, with no decision left to a template."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Text, type_coerce

from dpa.columns import canonical
from dpa.deadlines import DeadlineProblem
from dpa.docket import kinds, reckoning, rules
from dpa.docket.explaining import ExplainStep, Explanation, explain
from dpa.docket.models import DocketEntry
from dpa.docket.rules import Facts, Standing, State
from dpa.web import words

PATH = "/docket/{id}"
"""Page of one deadline."""
ORIGINS = {
    "contract": ("contract", "contract"),
    "statute": ("statute", "statute"),
    "house_policy": ("policy", "house policy"),
    "external_doc": ("external", "external document"),
    "decision": ("decision", "decision"),
}
"""Stored origin to the badge that shows it and to the word filters use."""
EXERCISE = "Exercise: "
"""How the titles of an exercise's deadlines begin."""
BEHIND = {"Contract": "policy under contract", "DPA": "policy under DPA", "Law": "policy under law", "Decision": "policy under decision"}
"""First word of a basis to what stands on the badge where the house's own target runs under that promise: the word binds, the hours are ours."""
TINTS = {Standing.LATE: "late", Standing.DAY: "soon", Standing.WEEK: "running", Standing.LATER: "running"}


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for a deadline."""

    name: str
    initials: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list: a deadline, or several of one case and kind under the earliest of them."""

    id: int
    kind: str
    url: str
    """Page with the act that ends it, or the case for those who may not do the act."""
    entry_url: str
    """Page of the deadline itself."""
    act: str
    """Words of the button that leads to `url`."""
    icon: str
    title: str
    basis: str
    organisation: str
    origin: str
    """Name of the origin badge."""
    owner: Owner | None
    count: int
    """How many deadlines the line stands for."""
    standing: Standing
    state: str
    """Tint: late, soon, running, met or off."""
    status: State
    started_at: datetime
    start_word: str
    due_at: datetime
    """The latest allowed; the target where there is no latest."""
    target_at: datetime | None
    """The house's own date where it differs from `due_at`."""
    zone: str
    met_at: datetime | None
    paused_at: datetime | None
    acknowledged: bool
    steps: tuple[ExplainStep, ...] = ()
    warnings: tuple[str, ...] = ()
    origin_text: str | None = None
    without_latest: str = ""
    """What is said in the place of the latest date where there is none."""

    @property
    def exercise(self) -> bool:
        """Whether it belongs to an exercise."""
        return self.title.startswith(EXERCISE)

    @property
    def act_by(self) -> datetime:
        """The instant to act by: the target, or the latest where there is no earlier target."""
        return self.target_at or self.due_at


@dataclass(slots=True)
class Shown:
    """What a line shows of an entry: read as columns, since most of an entry's are not shown, and its rule stays the text it is stored as."""

    id: int
    organisation_id: int
    kind: str
    subject_id: int
    subject_label: str
    title: str
    basis: str
    origin: str
    started_at: datetime
    due_at: datetime | None
    target_at: datetime
    zone: str
    state: State
    paused_at: datetime | None
    met_at: datetime | None
    late_s: int | None
    acknowledged_at: datetime | None
    start_event: str
    rule: str
    """Canonical JSON."""

    @classmethod
    def of(cls, entry: DocketEntry) -> Shown:
        """Return what is shown of an entry that is loaded."""
        return cls(*[*(getattr(entry, name) for name in _PLAIN), canonical(entry.rule)])


_PLAIN = tuple(field.name for field in fields(Shown) if field.name != "rule")
RULE: ColumnElement[str] = type_coerce(DocketEntry.rule, Text).label("rule")
"""The rule as the text it is stored as, for `explained`."""
COLUMNS: tuple[ColumnElement[Any], ...] = (*(getattr(DocketEntry, name) for name in _PLAIN), RULE)
"""What to select for a `Shown`, in its order."""


def row(
    entry: Shown, now: datetime, *, organisation: str, owner: str | None, count: int = 1, explained: bool = True, held: Collection[str] = ()
) -> Row:
    """Return the line of an entry that stands for `count` deadlines of its case and kind, for somebody with the permissions `held` in its organisation."""
    kind = kinds.kind_or_plain(entry.kind)
    standing = rules.standing(Facts(entry.state, entry.target_at, entry.due_at, entry.met_at, entry.paused_at), now)
    told = _counted_out(entry.rule, entry.basis, kind.start(entry.start_event).begins) if explained else Explanation((), ())
    entry_url = PATH.format(id=entry.id)
    latest, target = entry.due_at or entry.target_at, entry.target_at
    act, url = kind.way(entry.subject_id, runs=entry.state not in rules.CLOSED, held=held) if kind.path else (kind.act, entry_url)
    return Row(
        id=entry.id,
        kind=entry.kind,
        url=url,
        entry_url=entry_url,
        act=act,
        icon=kind.icon,
        title=entry.title if count == 1 else f"{EXERCISE if entry.title.startswith(EXERCISE) else ''}{kind.grouped(count, entry.subject_label)}",
        basis=f"{organisation}, {entry.basis}",
        organisation=organisation,
        origin=ORIGINS.get(entry.origin, ("decision", ""))[0],
        owner=Owner(owner, words.initials(owner)) if owner else None,
        count=count,
        standing=standing,
        state=_tint(entry, standing),
        status=entry.state,
        started_at=entry.started_at,
        start_word=kind.start(entry.start_event).word,
        due_at=latest,
        target_at=target if target != latest else None,
        zone=entry.zone,
        met_at=entry.met_at,
        paused_at=entry.paused_at,
        acknowledged=entry.acknowledged_at is not None,
        steps=told.steps,
        warnings=told.warnings,
        origin_text=BEHIND.get(entry.basis.partition(",")[0]) if entry.origin == "house_policy" else None,
        without_latest=kind.without_latest,
    )


def explanation(entry: DocketEntry) -> Explanation:
    """Return the counting of an entry's binding date; a damaged rule is told and takes no page down with it."""
    return explained(canonical(entry.rule), entry.basis, entry.kind, entry.start_event)


def explained(rule: str, basis: str, kind: str, start_event: str) -> Explanation:
    """Return the same from columns alone: the rule as it is stored (`RULE`), the basis, the name of the kind, and the event it runs from."""
    return _counted_out(rule, basis, kinds.kind_or_plain(kind).start(start_event).begins)


@lru_cache(maxsize=512)
def _counted_out(rule: str, basis: str, begins: str) -> Explanation:
    # Kept: ten thousand customers of one incident share a few rules, and a page shows the same fifty again and again.
    try:
        return explain(reckoning.from_rule(json.loads(rule)), basis=basis, begins=begins)
    except DeadlineProblem:
        return Explanation((ExplainStep("Rule", "the stored rule cannot be read; tell your operator.", basis),), ())


def _tint(entry: Shown, standing: Standing) -> str:
    if standing is Standing.CLOSED and entry.state == State.MET:
        return "late" if (entry.late_s or 0) > 0 else "met"
    return TINTS.get(standing, "off")
