"""What the docket declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpa.alerts import ladder
from dpa.docket import jobs, kinds, models, queries
from dpa.docket.events import SENTENCES
from dpa.docket.presenting import PATH
from dpa.slice import Job, NavItem, Slice

if TYPE_CHECKING:
    from flask import Blueprint

SCAN_SECONDS = 5
MAILS = {"docket/alert": "alert to colleagues", "docket/postponed": "alert that could not be worked out"}


def _blueprints() -> tuple[Blueprint, ...]:
    from dpa.docket.views import blueprint

    return (blueprint,)


def _step(code: str) -> str | None:
    """Return a rung of the ladder in words; in data its name is written with an underscore."""
    return ladder.words(code.replace("_", "-")) if ladder.is_name(code.replace("_", "-")) else None


def _kind(code: str) -> str | None:
    return kinds.title_of(code)


SLICE = Slice(
    name="docket",
    blueprints=_blueprints,
    navigation=(NavItem("", "Board", "docket.board", "layout-list", "board.read", 0),),
    events=SENTENCES,
    jobs=(Job("docket:scan", SCAN_SECONDS, jobs.scan),),
    mails=("docket/alert", "docket/postponed"),
    names={models.DocketEntry.__tablename__: queries.names},
    words={"mail": MAILS.get, "step": _step, "kind": _kind},
    paths={models.DocketEntry.__tablename__: PATH},
)
