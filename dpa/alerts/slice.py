"""What alerts declare."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from dpa.alerts import jobs, models, queries  # noqa: F401  loads the tables
from dpa.alerts.events import SENTENCES
from dpa.config import Settings
from dpa.slice import Banner, Job, NavItem, Slice

if TYPE_CHECKING:
    from flask import Blueprint


def _blueprints() -> tuple[Blueprint, ...]:
    from dpa.alerts import health_views, views

    return (views.blueprint, health_views.blueprint)


def _banners(session: Session, now: datetime, settings: Settings) -> Sequence[Banner]:
    from dpa.alerts import health
    from dpa.web import identity

    return health.page_banners(session, identity.signed_in().scope("outbox.read"), now, settings)


SLICE = Slice(
    name="alerts",
    blueprints=_blueprints,
    navigation=(NavItem("Evidence", "Outbox", "alerts.outbox", "inbox", "outbox.read", 75),),
    events=SENTENCES,
    jobs=(Job("alerts:dispatch", 2, jobs.dispatch), Job("alerts:sweep", 15, jobs.sweep)),
    mails=("alerts/dead",),
    names={"message": queries.names},
    paths={"message": "/outbox/{id}"},
    banners=(_banners,),
)
