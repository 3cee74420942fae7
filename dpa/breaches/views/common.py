"""What the pages of a case share."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from dpa.agreements import queries as agreements
from dpa.breaches.models import Breach
from dpa.people import queries as people
from dpa.people.models import Organisation
from dpa.web import edge, identity

Page = str | Response | tuple[str, int]


def own(breach: Breach) -> Organisation:
    """Return the organisation of a case."""
    return agreements.organisation(edge.session(), breach.organisation_id)


def saved(breach: Breach, words: str) -> Response:
    """Lead on to the review, or back to the case whoever may not release, saying who may."""
    if identity.signed_in().may("breaches.release", breach.organisation_id):
        flash(f"{words} Nothing has left yet.", "success")
        return redirect(url_for("breaches.review", breach_id=breach.id), 303)
    may = [one.name for one in people.members(edge.session(), breach.organisation_id, "breaches.release")]
    shown = f" ({', '.join(may[:3])}{' or another colleague' if len(may) > 3 else ''})" if may else ""
    flash(f"{words} Nothing has left yet: somebody who may release notices{shown} reviews and releases it.", "success")
    return redirect(url_for("breaches.show", breach_id=breach.id), 303)


def status(form: FlaskForm) -> int:
    """Return 422 for a form that came back with errors, 200 for a fresh one."""
    return 422 if form.is_submitted() else 200
