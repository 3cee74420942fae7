"""Who is asking: a plain value that views, queries and templates may hold on to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import g

from dpa.problems import NotFound


@dataclass(frozen=True, slots=True)
class Scope:
    """The organisations whose rows a query may return; every query takes one."""

    organisation_ids: frozenset[int]

    def __contains__(self, organisation_id: int) -> bool:
        """Tell whether rows of this organisation may be seen."""
        return organisation_id in self.organisation_ids

    def require(self, organisation_id: int | None, what: str) -> None:
        """Raise `NotFound` unless the organisation is inside; foreign and absent look alike."""
        if organisation_id is None or organisation_id not in self.organisation_ids:
            raise NotFound(f"There is no such {what}, or it is not yours to see.")

    def narrowed(self, organisation_id: int | None) -> Scope:
        """Return the scope of one organisation inside this one; none means no narrowing."""
        return self if organisation_id is None else Scope(self.organisation_ids & {organisation_id})


@dataclass(frozen=True, slots=True)
class OrganisationRef:
    """An organisation the person belongs to, as the side bar and filters name it."""

    id: int
    slug: str
    name: str
    zone: str
    mail_domains: tuple[str, ...] = ()
    """Its own mail domains: an address there is inside the house."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in person as the edge sees them, loaded once per request."""

    user_id: int
    name: str
    email: str
    session_id: int
    auth: str
    """How they signed in: `pwd` or `link`."""
    grants: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """Permissions by organisation."""
    organisations: tuple[OrganisationRef, ...] = ()
    """The organisations in `grants`, by name."""

    @property
    def actor(self) -> str:
        """The opaque reference the trail knows this person by."""
        return f"u:{self.user_id}"

    def may(self, permission: str, organisation_id: int | None = None) -> bool:
        """Tell whether the permission is held in the organisation, or in any one if none is named."""
        if organisation_id is None:
            return any(permission in held for held in self.grants.values())
        return permission in self.grants.get(organisation_id, frozenset())

    def scope(self, permission: str) -> Scope:
        """Return the organisations in which the permission is held."""
        return Scope(frozenset(org for org, held in self.grants.items() if permission in held))


def current() -> Identity | None:
    """Return who is asking, or none for a stranger."""
    identity: Identity | None = g.get("identity")
    return identity


def signed_in() -> Identity:
    """Return who is asking; only for views whose access mark demands a signed-in person."""
    identity = current()
    if identity is None:
        raise RuntimeError("this view needs an access mark that demands a signed-in person")
    return identity


def session_was_refused() -> bool:
    """Tell whether the browser presented a session that has ended: signed out, expired or revoked."""
    return bool(g.get("session_refused", False))
