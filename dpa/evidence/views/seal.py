"""The seal in an organisation's settings: what it seals with, a new identity, revocation."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dpa.evidence.forms import RevokeForm, RotateForm
from dpa.evidence.pages import seal as pages
from dpa.evidence.seal import queries
from dpa.evidence.seal.models import IdentityState, SealIdentity
from dpa.problems import Conflict, NotFound, Problem
from dpa.web import access, edge, identity
from dpa.web.identity import OrganisationRef
from dpa.web.numbers import row_number

blueprint = Blueprint("seal", __name__)
Answer = str | Response | tuple[str, int]
READ, MANAGE = "settings.read", "seal.manage"


@blueprint.get("/settings/organisations/<int:organisation_id>/seal")
@access.needs(READ)
def show(organisation_id: int) -> Answer:
    """Show what an organisation seals with."""
    house = _house(organisation_id, READ)
    view = pages.view(edge.session(), house, edge.settings(), edge.now())
    return render_template("evidence/seal.html", view=view, may_manage=identity.signed_in().may(MANAGE, organisation_id))


@blueprint.route("/settings/organisations/<int:organisation_id>/seal/rotate", methods=["GET", "POST"])
@access.needs(MANAGE)
def rotate(organisation_id: int) -> Answer:
    """Make a new identity under the same root, after a review."""
    house, form = _house(organisation_id, MANAGE), RotateForm()
    if form.validate_on_submit():
        try:
            if _rotate(house, str(form.reason.data or ""), request.form.get("replaces", type=row_number)):
                flash("A new seal is in use. What the former one sealed stays valid.", "success")
            else:
                flash("A new seal was made since that page was shown, so none was made a second time.", "info")
            return redirect(url_for(".show", organisation_id=organisation_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    return _form_page("evidence/seal_rotate.html", house, form)


@blueprint.route("/settings/organisations/<int:organisation_id>/seal/revoke", methods=["GET", "POST"])
@access.needs(MANAGE)
def revoke(organisation_id: int) -> Answer:
    """Withdraw trust in an identity, after a review: the one the address names, former ones too, else the active one."""
    house, form = _house(organisation_id, MANAGE), RevokeForm()
    chosen = _chosen(house)
    if form.validate_on_submit():
        try:
            former = _revoke(chosen, str(form.reason.data))
            flash("The seal is revoked. " + ("Its documents show it from now on." if former else "Documents wait until you make a new one."), "success")
            return redirect(url_for(".show", organisation_id=organisation_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    view = pages.view(edge.session(), house, edge.settings(), edge.now())
    review = pages.review(edge.session(), house, chosen)
    return render_template("evidence/seal_revoke.html", view=view, form=form, review=review), 422 if form.errors or form.form_errors else 200


def _house(organisation_id: int, permission: str) -> OrganisationRef:
    person = identity.signed_in()
    person.scope(permission).require(organisation_id, "organisation")
    return next(one for one in person.organisations if one.id == organisation_id)


def _form_page(template: str, house: OrganisationRef, form: RotateForm) -> Answer:
    view = pages.view(edge.session(), house, edge.settings(), edge.now())
    replaces = next((one.id for one in queries.identities(edge.session(), house.id)), "")
    return render_template(template, view=view, form=form, replaces=replaces), 422 if form.errors or form.form_errors else 200


def _rotate(house: OrganisationRef, reason: str, replaces: int | None) -> bool:
    """Make a new seal; false when there is one already that the page, which showed `replaces` as the newest, did not know: the form was sent twice."""
    from dpa.evidence.seal import operations  # Loads cryptography, which no other page needs.

    session = edge.session()
    known = queries.identities(session, house.id)
    if not known:
        raise Conflict("There is no seal to replace yet; the worker makes it within minutes.")
    newest, last = queries.active(session, house.id) or known[0], known[0].id
    if replaces not in {None, last}:
        return False
    revoked, number = operations.revoked_under(session, newest), newest.id
    session.expunge(newest)
    session.rollback()  # Keys take a second to make; nothing may be held open meanwhile.
    prepared = operations.prepare_rotation(edge.settings(), newest, revoked, edge.now())
    with edge.transaction() as unit:
        # Who comes second waits here for the first, and then sees its seal.
        unit.session.get(SealIdentity, number, with_for_update=True, populate_existing=True)
        if queries.identities(unit.session, house.id)[0].id != last:
            return False
        operations.install(unit, prepared, reason)
    return True


def _revoke(found: SealIdentity, reason: str) -> bool:
    """Revoke an identity; tells whether it was a former one."""
    from dpa.evidence.seal import operations

    number, state = found.id, found.state
    edge.session().expunge(found)
    edge.session().rollback()
    issuer = operations.issuer_for(edge.settings(), found)  # Opening the root's key takes 0.2 s.
    with edge.transaction() as unit:
        row = unit.session.get_one(SealIdentity, number, with_for_update=True, populate_existing=True)
        if row.state is not state:
            raise Conflict("The seal was replaced or revoked at the same moment; look at the page again.")
        operations.revoke(unit, row, reason, edge.settings(), issuer)
    return state is not IdentityState.ACTIVE


def _chosen(house: OrganisationRef) -> SealIdentity:
    """Return the identity that the address or the form names, of this organisation and not revoked; without a name the active one."""
    wanted = request.values.get("seal")
    if wanted is None:
        found = queries.active(edge.session(), house.id)
        if found is None:
            raise NotFound("There is no active seal to revoke.")
        return found
    for one in queries.identities(edge.session(), house.id):
        if str(one.id) == wanted and one.state is not IdentityState.REVOKED:
            return one
    raise NotFound("There is no such seal of this organisation, or it is revoked already.")
