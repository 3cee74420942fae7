"""What is said when an act no longer fits its case, with a way back to the case."""

from __future__ import annotations

from flask import request, url_for

from dpa.breaches import queries
from dpa.breaches.closing import CaseState
from dpa.breaches.views import blueprint
from dpa.breaches.views.acts import READ, RELEASE, case_url
from dpa.breaches.views.common import Page
from dpa.evidence.register.operations import AlreadyOrdered
from dpa.evidence.views.documents import ordered_before
from dpa.problems import Conflict, NotFound
from dpa.web import edge, errors, identity

# It is a conflict as well, and the handler below would come before the one of the whole application.
blueprint.register_error_handler(AlreadyOrdered, ordered_before)


@blueprint.errorhandler(Conflict)
def on_conflict(problem: Conflict) -> Page:
    """Say what changed, and lead to the case; from a closed one whoever may open it again to that."""
    edge.session().rollback()
    return errors.page(409, problem.message, _links())


def _links() -> list[tuple[str, str]]:
    number, person = (request.view_args or {}).get("breach_id"), identity.current()
    if number is None or person is None:
        return []
    try:
        breach = queries.breach(edge.session(), edge.scope(READ), number)
    except NotFound:
        return []
    found = [(f"Go to the case {breach.reference}", case_url(breach))]
    if breach.state is not CaseState.OPEN and person.may(RELEASE, breach.organisation_id):
        found.append(("Open it again", url_for("breaches.reopen", breach_id=breach.id)))
    return found
