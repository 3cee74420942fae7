"""What the agreements slice declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpa.agreements import models, queries, serving  # noqa: F401  loads the tables
from dpa.agreements.events import SENTENCES
from dpa.slice import NavItem, Slice

if TYPE_CHECKING:
    from flask import Blueprint


def _blueprints() -> tuple[Blueprint, ...]:
    from dpa.agreements.views import blueprint

    return (blueprint,)


SLICE = Slice(
    name="agreements",
    blueprints=_blueprints,
    navigation=(NavItem("Ground", "Agreements", "agreements.index", "file-text", "agreements.read", 40),),
    events=SENTENCES,
    names={"agreement": queries.names, "template": queries.template_names, "system": serving.system_names, "activity": serving.activity_names},
    paths={"agreement": "/agreements/{id}", "template": "/agreements/templates/{id}"},
    settings=(NavItem("", "House targets", "agreements.targets", "adjustments", "organisation.manage", 20),),
)
