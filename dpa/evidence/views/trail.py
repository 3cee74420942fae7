"""The trail: what happened, by whom, on what; and verification on demand."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dpa.evidence import checking, forms, operations
from dpa.evidence.trail import queries, registry, sentences
from dpa.evidence.trail.models import TrailEvent
from dpa.web import access, edge, identity, paging

blueprint = Blueprint("evidence", __name__)
Answer = str | Response | tuple[str, int]
PAUSE_SECONDS = 30
"""A verification reads the whole trail; whoever presses again at once gets the result that is there."""


@blueprint.get("/trail")
@access.needs("trail.read")
def trail() -> Answer:
    """Show what happened, newest first, narrowed by object, person and time."""
    session, reader, zone = edge.session(), _reader(), edge.zone()
    asked = forms.read(request.args, zone)
    after = paging.decode_key(request.args.get("after"), 1)
    before_idx = paging.number_of(after[0]) if after else None
    page = paging.Page[TrailEvent]((), None)
    if not asked.errors:
        page = queries.events(session, reader, asked.narrowing, before_idx=before_idx)
    actors = queries.actors(session, reader.scope)
    names = registry.names_of(session, sentences.references(page.rows) | {sentences.actor_reference(actor) for actor in actors})
    body = render_template(
        "evidence/trail.html", page=page, lines=_lines(page.rows, names, zone), asked=asked, zone=zone,
        actors=[(actor, sentences.actor_name(actor, names)) for actor in actors], kinds=_kinds(asked.typed["kind"]),
        last=queries.last_verification(session), keep=_kept_arguments(),
        may_verify=identity.signed_in().may("trail.verify"),
    )
    return (body, 422) if asked.errors else body


@blueprint.post("/trail/verify")
@access.needs("trail.verify")
def verify() -> Answer:
    """Verify the whole trail now, keep the result and show it."""
    last = queries.last_verification(edge.session())
    begun_at = edge.now()
    if last is not None and 0 <= (begun_at - last.at).total_seconds() < PAUSE_SECONDS:
        flash("The trail was verified a moment ago; the result stands below.", "info")
        return redirect(url_for("evidence.trail"), 303)
    session = edge.session()
    result = checking.verified(session, edge.settings())
    with edge.transaction() as unit:
        operations.keep_verification(unit, result, begun_at)
    if result.ok:
        flash("The trail is whole: nothing was changed, removed or added.", "success")
    else:
        flash(f"The trail was tampered with. {result.finding_count} finding(s), the first: {result.findings[0].text()}.", "danger")
    return redirect(url_for("evidence.trail"), 303)


def _reader() -> queries.Reader:
    person = identity.signed_in()
    everything = person.may("trail.verify") and edge.chosen_organisation() is None
    return queries.Reader(edge.scope("trail.read"), person.actor, installation=everything)


def _lines(rows: tuple[TrailEvent, ...], names: sentences.Names, zone: str) -> list[sentences.Line]:
    person = identity.signed_in()
    organisations = {organisation.id: organisation for organisation in person.organisations}
    parts = queries.payloads(edge.session(), [row.idx for row in rows])
    lines = []
    for row in rows:
        organisation = organisations.get(row.organisation_id) if row.organisation_id is not None else None
        lines.append(sentences.line(
            row, parts.get(row.idx, []), names, zone=organisation.zone if organisation else zone,
            organisation=organisation.name if organisation else None,
            # Events of no organisation may name people of another one.
            personal=row.organisation_id is not None or row.actor == person.actor,
        ))
    return lines


def _kinds(chosen: str) -> list[tuple[str, str]]:
    # People are known to the trail under two kinds, as who acts and as whom it is about; only the latter is an object.
    known = {kind for kind in registry.kinds() if kind != "u"} | ({chosen} if chosen else set())
    return [(kind, kind.replace("_", " ").capitalize()) for kind in sorted(known)]


def _kept_arguments() -> dict[str, Any]:
    kept = {name: request.args.get(name) for name in (*forms.FIELDS, "organisation")}
    return {name: value for name, value in kept.items() if value}
