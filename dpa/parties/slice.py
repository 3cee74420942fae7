"""What the parties slice declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpa.parties import models, queries  # noqa: F401  loads the tables
from dpa.parties.events import SENTENCES
from dpa.slice import NavItem, Slice

if TYPE_CHECKING:
    from flask import Blueprint


def _blueprints() -> tuple[Blueprint, ...]:
    from dpa.parties.views import blueprint

    return (blueprint,)


SLICE = Slice(
    name="parties",
    blueprints=_blueprints,
    navigation=(NavItem("Ground", "Customers", "parties.controllers", "building", "parties.read", 45),),
    events=SENTENCES,
    settings=(NavItem("", "Closure days", "parties.calendar", "calendar-off", "organisation.manage", 10),),
    names={"controller": queries.names},
    paths={"controller": "/customers/{id}"},
)
