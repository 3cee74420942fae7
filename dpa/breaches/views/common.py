"""What the pages of a case share."""

from __future__ import annotations

from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from dpa.agreements import queries as agreements
from dpa.breaches.models import Breach
from dpa.people.models import Organisation
from dpa.web import edge

Page = str | Response | tuple[str, int]


def own(breach: Breach) -> Organisation:
    """Return the organisation of a case."""
    return agreements.organisation(edge.session(), breach.organisation_id)


def status(form: FlaskForm) -> int:
    """Return 422 for a form that came back with errors, 200 for a fresh one."""
    return 422 if form.is_submitted() else 200
