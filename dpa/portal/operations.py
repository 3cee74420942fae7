"""What a customer does through its link. Each act asks anew whose link it is: it may have been revoked since the page was opened."""

from __future__ import annotations

from dpa.alerts import operations as outbox
from dpa.breaches import links
from dpa.breaches import operations as breaches
from dpa.breaches.models import Affected, Breach, Question
from dpa.people import queries as people
from dpa.people.models import Organisation
from dpa.portal import queries, questions
from dpa.problems import Conflict
from dpa.unit import Unit

ACTOR = "system:portal"
HOW = "link"
MORE_CAME = "A further notice has come meanwhile. Open it first, then confirm."


def open_notices(unit: Unit, token: str) -> None:
    """Note that the customer opened its notices: every phase given by then counts as read. Raises `NotFound` for a link that does not work."""
    row, breach = _mine(unit, token)
    breaches.read(unit, breach, row)


def confirm(unit: Unit, token: str, name: str) -> int:
    """Note that the customer confirmed what it was given and has opened; returns how many deliveries that confirms, 0 the second time.

    Raises `Conflict` when something was given meanwhile that nobody has opened yet: that one would be confirmed unseen. Raises `Invalid`
    without a name, `NotFound` for a link that does not work.
    """
    row, breach = _mine(unit, token)
    if queries.unread(unit.session, row.id):
        raise Conflict(MORE_CAME)
    if not queries.unconfirmed(unit.session, row.id):
        return 0
    return breaches.acknowledge(unit, breach, row, name, HOW)


def ask(unit: Unit, token: str, name: str, reply_to: str, text: str) -> Question:
    """Keep a question and alert everybody who may answer for the organisation; the same open question sent twice stays one.

    Raises `Invalid` by field, `NotFound` for a link that does not work.
    """
    row, breach = _mine(unit, token)
    before = queries.same_question(unit.session, row.id, name.strip(), reply_to.strip(), text.strip())
    if before is not None:
        return before
    question = breaches.ask(unit, breach, row, name, reply_to, text)
    place = unit.session.get_one(Organisation, breach.organisation_id)
    _, controller = queries.names(unit.session, row)
    answering = people.members(unit.session, place.id, questions.PERMISSION)
    outbox.enqueue_many(unit, [questions.alert(question, breach, place, controller, person) for person in answering])
    return question


def _mine(unit: Unit, token: str) -> tuple[Affected, Breach]:
    """Return whose link it is, and keep the customer's row to this act: a form sent twice must not count twice."""
    row, breach = links.by_token(unit.session, token, unit.now)
    unit.session.refresh(row, with_for_update=True)
    return row, breach
