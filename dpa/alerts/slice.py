"""What alerts declare."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from dpa.alerts import attachments, concerns, delivery, jobs, models, queries, witnessing  # noqa: F401  loads the tables
from dpa.alerts.events import SENTENCES
from dpa.alerts.rules import Category
from dpa.config import Settings
from dpa.evidence.register import issuing
from dpa.evidence.trail import witnesses
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


delivery.on_sent(Category.WITNESS, witnessing.hold_outside)
witnesses.on_removed(witnessing.forget)

# A message that waits for its document leaves in the moment the document is issued.
issuing.on_issued(attachments.let_go)

MAILS = {"alerts/dead": "undeliverable mail", "alerts/concern": "something that needs a look", "alerts/checkpoint": "checkpoint for a witness"}

SLICE = Slice(
    name="alerts",
    blueprints=_blueprints,
    navigation=(NavItem("Evidence", "Outbox", "alerts.outbox", "inbox", "outbox.read", 75),),
    events=SENTENCES,
    jobs=(
        Job("alerts:dispatch", 2, jobs.dispatch),
        Job("alerts:sweep", 15, jobs.sweep),
        Job("alerts:concerns", concerns.EVERY_SECONDS, concerns.tell),
        Job("alerts:witnesses", witnessing.LOOK_SECONDS, witnessing.mail_witnesses),
    ),
    mails=("alerts/dead", "alerts/concern", "alerts/checkpoint"),
    journeys=(attachments.journeys,),
    names={"message": queries.names},
    words={"mail": MAILS.get},
    paths={"message": "/outbox/{id}"},
    banners=(_banners,),
)
