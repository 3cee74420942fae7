"""What people declares to the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpa.evidence.trail import witnesses
from dpa.people import jobs, models, queries, seals
from dpa.people.events import SENTENCES
from dpa.slice import Job, NavItem, Slice

if TYPE_CHECKING:
    from flask import Blueprint

HOUR = 3600.0


def _blueprints() -> tuple[Blueprint, ...]:
    from dpa.people.views import blueprint

    return (blueprint,)


# Somebody who uses the installation is inside the house, and so is whoever shares their mail domain.
witnesses.on_insider(queries.is_insider)

SLICE = Slice(
    name="people",
    blueprints=_blueprints,
    navigation=(NavItem("Organisation", "Settings", "people.settings", "settings", "settings.read", 90),),
    events=SENTENCES,
    jobs=(Job("people.forget", HOUR, jobs.forget), Job("people.seals", seals.EVERY_SECONDS, seals.ensure)),
    names={"u": queries.person_names, "person": queries.person_names, models.Organisation.__tablename__: queries.organisation_names},
    paths={"organisation": "/settings/organisations/{id}"},
)
