"""What the docket declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpa.docket import jobs, models, queries
from dpa.docket.events import SENTENCES
from dpa.docket.presenting import PATH
from dpa.slice import Job, NavItem, Slice

if TYPE_CHECKING:
    from flask import Blueprint

SCAN_SECONDS = 5


def _blueprints() -> tuple[Blueprint, ...]:
    from dpa.docket.views import blueprint

    return (blueprint,)


SLICE = Slice(
    name="docket",
    blueprints=_blueprints,
    navigation=(NavItem("", "Board", "docket.board", "layout-list", "board.read", 0),),
    events=SENTENCES,
    jobs=(Job("docket:scan", SCAN_SECONDS, jobs.scan),),
    mails=("docket/alert", "docket/postponed"),
    names={models.DocketEntry.__tablename__: queries.names},
    paths={models.DocketEntry.__tablename__: PATH},
)
