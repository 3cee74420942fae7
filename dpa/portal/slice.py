"""What the portal declares. Its events are those of the workflow it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpa.portal import questions
from dpa.slice import Slice

if TYPE_CHECKING:
    from flask import Blueprint


def _blueprints() -> tuple[Blueprint, ...]:
    from dpa.portal.views import blueprint

    return (blueprint,)


SLICE = Slice(name="portal", blueprints=_blueprints, mails=(questions.MAIL,), words={"mail": {questions.MAIL: "question of a customer"}.get})
