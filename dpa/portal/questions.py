"""The alert about a customer's question as a value. It says that one waits and where; what was asked stays in the product."""

from __future__ import annotations

from dpa.alerts.messages import Message
from dpa.breaches.models import Breach, Question
from dpa.people.models import Organisation
from dpa.people.queries import Member
from dpa.web.words import instant_text

MAIL = "portal/question"
PERMISSION = "breaches.release"
"""Who speaks for the organisation towards its customers, and so answers them."""


def alert(question: Question, breach: Breach, organisation: Organisation, controller: str, person: Member) -> Message:
    """Return the mail to one person of the organisation."""
    return Message(
        mail=MAIL, organisation_id=breach.organisation_id, to_address=person.email, to_name=person.name, person_id=person.person_id,
        dedupe_key=f"question:{question.id}:p{person.person_id}", about=("breach", breach.id),
        context={
            "organisation": organisation.name, "controller": controller, "reference": breach.reference, "drill": breach.drill,
            "asked": instant_text(question.at, organisation.zone), "path": f"/breaches/{breach.id}",
        },
    )  # fmt: skip
