"""The timeline of a case: what its trail says, with whose clock or notice it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from dpa.breaches.events import Event
from dpa.breaches.models import Affected, Breach
from dpa.breaches.operations.giving import KEPT
from dpa.docket.models import DocketEntry
from dpa.evidence.trail import sentences
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.sentences import Line
from dpa.parties.models import Controller

TINTS: Mapping[str, str] = {Event.RECORDED: "soon", Event.AFFECTED: "running", Event.RELEASED: "running", Event.RELEASED_ALONE: "soon", Event.APPROVAL_ENDED: "soon", Event.SENT_BACK: "soon", Event.SENT: "met", Event.REFUSED: "late"}
TOGETHER = frozenset({Event.SENT, Event.REFUSED})
"""Events of which many in a row are told as one."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the timeline."""

    at: datetime
    text: str
    tint: str


def happenings(session: Session, breach: Breach, rows: Sequence[TrailEvent], names: sentences.Names) -> tuple[Happening, ...]:
    """Return the timeline of events given newest first, oldest first; one statement however many they are."""
    runs: list[tuple[TrailEvent, int]] = []
    for action, run in groupby(reversed(rows), key=lambda row: row.action):
        same = list(run)
        # A hundred customers told in one minute are one thing that happened; the trail keeps each.
        runs += [(same[-1], len(same))] if action in TOGETHER else [(row, 1) for row in same]
    lines = [(sentences.line(row, (), names, organisation=None, zone=breach.zone, personal=False), times) for row, times in runs]
    whose = _whose(session, breach, [line for line, times in lines if times == 1])
    return tuple(_happening(line, times, whose) for line, times in lines)


def _happening(line: Line, times: int, whose: _Whose) -> Happening:
    if times == 1:
        return Happening(line.at, f"{line.actor} {line.sentence}{whose.of(line)}", TINTS.get(line.action, "off"))
    if line.action == Event.REFUSED:
        return Happening(line.at, f"{times} mails were refused for good or given up; nobody was told by them", "late")
    how = dict(line.data).get("how", "accepted")
    return Happening(line.at, f"{times} notices were {how}", "off" if how == KEPT else "met")


@dataclass(frozen=True, slots=True)
class _Whose:
    """What tells one customer's line from another's."""

    customers: Mapping[int, str]
    clocks: Mapping[int, str]

    def of(self, line: Line) -> str:
        """Return whose line it is, in brackets; empty where it is the case's, or says so itself."""
        customer = self.customers.get(_number(line, "agreement"), "")
        clock = self.clocks.get(_number(line, "entry"), "")
        name = customer or clock
        return f" ({name})" if name and name not in line.sentence else ""


def _number(line: Line, key: str) -> int:
    text = dict(line.data).get(key, "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _numbers(lines: Sequence[Line], key: str) -> set[int]:
    return {number for line in lines if (number := _number(line, key))}


def _whose(session: Session, breach: Breach, lines: Sequence[Line]) -> _Whose:
    """Read the names of customers and the titles of clocks that the lines speak of, in one statement."""
    customers = (
        select(literal("customer"), Affected.agreement_id, Controller.name)
        .join(Controller, Controller.id == Affected.controller_id)
        .where(Affected.breach_id == breach.id, Affected.agreement_id.in_(_numbers(lines, "agreement")))
    )
    clocks = select(literal("clock"), DocketEntry.id, DocketEntry.title).where(
        DocketEntry.organisation_id == breach.organisation_id, DocketEntry.id.in_(_numbers(lines, "entry"))
    )
    found: dict[str, dict[int, str]] = {"customer": {}, "clock": {}}
    for kind, key, name in session.execute(union_all(customers, clocks)):
        found[kind][key] = name
    return _Whose(found["customer"], {key: _short(title) for key, title in found["clock"].items()})


def _short(title: str) -> str:
    """Return what a clock asks for, without the case that the whole page is about."""
    return title.partition(" breach ")[0].removesuffix(" of").removesuffix(" by").removesuffix(" on")
