"""What the views of agreements read from the address, and which organisations a person may act for."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request
from werkzeug.wrappers import Response

from dpa.problems import NotFound
from dpa.web import edge, identity
from dpa.web.identity import OrganisationRef

Page = str | Response | tuple[str, int]
LONGEST = 100


def argument(name: str) -> str:
    """Return a parameter of the address, trimmed and cut; empty when it is missing."""
    return request.args.get(name, "").replace("\x00", "").strip()[:LONGEST]


def allowed(permission: str) -> Sequence[OrganisationRef]:
    """Return the organisations in which the person holds a permission, by name."""
    person = identity.signed_in()
    return [one for one in person.organisations if person.may(permission, one.id)]


def one_organisation(permission: str) -> OrganisationRef | None:
    """Return the organisation to act for: the chosen one, or the only one; none when a person must choose.

    Raises `NotFound` when the chosen one is not theirs to change.
    """
    offered = allowed(permission)
    chosen = edge.chosen_organisation()
    if chosen is not None:
        if chosen not in offered:
            raise NotFound("There is no such organisation, or your role there does not include this.")
        return chosen
    return offered[0] if len(offered) == 1 else None


def organisation_of(organisation_id: int) -> OrganisationRef:
    """Return one of the person's organisations; the caller has checked the scope."""
    return next(one for one in identity.signed_in().organisations if one.id == organisation_id)
