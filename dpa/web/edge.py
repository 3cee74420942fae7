"""What a view needs from the request: the instant, the settings, and a unit to act in."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import cast

from flask import current_app, g, request
from sqlalchemy.orm import Session

from dpa import unit
from dpa.clock import Clock
from dpa.config import Settings
from dpa.extensions import db
from dpa.problems import NotFound
from dpa.slice import Tick
from dpa.web import identity


def clock() -> Clock:
    """Return the clock the application was made with."""
    return cast("Clock", current_app.extensions["dpa_clock"])


def settings() -> Settings:
    """Return the settings the application was made with."""
    return cast("Settings", current_app.extensions["dpa_settings"])


def now() -> datetime:
    """Return the instant of this request, read once."""
    if "now" not in g:
        g.now = clock().now()
    return cast("datetime", g.now)


def request_id() -> str:
    """Return the identifier that ties together what this request does in log and trail."""
    if "request_id" not in g:
        g.request_id = unit.new_request_id()
    return cast("str", g.request_id)


def session() -> Session:
    """Return this request's session, for reading."""
    return cast("Session", db.session())


def chosen_organisation() -> identity.OrganisationRef | None:
    """Return the organisation the address narrows the page to (`?organisation=slug`), or none for all."""
    slug = request.args.get("organisation")
    person = identity.current()
    if not slug or person is None:
        return None
    for organisation in person.organisations:
        if organisation.slug == slug:
            return organisation
    raise NotFound("There is no such organisation, or you are not one of its members.")


def words(name: str) -> str:
    """Return what the address says somebody looks for, short and without what no database takes; empty for nothing."""
    return request.args.get(name, "").replace("\0", "").strip()[:100]


def zone() -> str:
    """Return the zone in which a page of several organisations tells times: that of the chosen one, else of the first."""
    chosen, person = chosen_organisation(), identity.current()
    known = [chosen] if chosen else list(person.organisations) if person else []
    return known[0].zone if known else "UTC"


def scope(permission: str) -> identity.Scope:
    """Return the organisations a view may show: those with the permission, narrowed to the chosen one."""
    chosen = chosen_organisation()
    return identity.signed_in().scope(permission).narrowed(chosen.id if chosen else None)


def tick() -> Tick:
    """Return what a job of the worker is handed, for work that somebody waits for: its units are the person's own."""
    return Tick(session(), now(), settings(), transaction, "web")


def transaction(actor: str | None = None) -> AbstractContextManager[unit.Unit]:
    """Open a unit for the person asking, or for `actor` where nobody is signed in yet."""
    person = identity.current()
    who = actor or (person.actor if person else None)
    if who is None:
        raise RuntimeError("a unit needs an actor; name one for views that strangers may use")
    auth = person.auth if person else "none"
    return unit.transaction(session(), actor=who, now=now(), settings=settings(), request_id=request_id(), auth=auth)
