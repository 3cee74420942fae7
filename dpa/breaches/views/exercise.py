"""Whether the case that an address names is an exercise: each of its pages says so."""

from __future__ import annotations

from collections.abc import Callable

from flask import request

from dpa.breaches.models import Breach
from dpa.breaches.views import blueprint
from dpa.web import edge


@blueprint.context_processor
def frame() -> dict[str, Callable[[], bool]]:
    """Give the pages of a case what `layouts/case.html` asks for."""
    return {"is_exercise": _is_exercise}


def _is_exercise() -> bool:
    # The view has let the person in and read the case; it is in the session's memory still.
    breach = edge.session().get(Breach, (request.view_args or {}).get("breach_id", 0))
    return breach is not None and breach.drill
