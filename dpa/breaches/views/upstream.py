"""Saying, on a running case, at which subprocessor it happened."""

from __future__ import annotations

from dpa.agreements import serving
from dpa.breaches import operations
from dpa.breaches.upstream_form import UpstreamForm
from dpa.breaches.views import acts, blueprint
from dpa.breaches.views.acts import RECORD, ActPage, case_url, perform
from dpa.breaches.views.common import Page
from dpa.web import access, edge

UPSTREAM = ActPage(
    RECORD, "It happened at a subprocessor", "Said later, corrected or taken out; the case and its fact sheet say the same.", "Record it", "Where it happened is on record.", "primary",
    "No clock moves: yours run from your own awareness. Customers read it in the notices that are released from now on; what was told stays as it was told.",
)  # fmt: skip


@blueprint.route("/breaches/<int:breach_id>/upstream", methods=["GET", "POST"])
@access.needs(RECORD)
def say_upstream(breach_id: int) -> Page:
    """Record at which subprocessor it happened, and when that told us."""
    breach = acts.found(breach_id, UPSTREAM)
    form = UpstreamForm()
    form.begin(breach.zone, breach.upstream, breach.upstream_told_at)
    standing = breach.upstream_told_at
    facts = [
        {"label": "On record", "value": breach.upstream or "that it happened in your own systems"},
        {"label": "Its customers", "value": "are offered when affected customers are named", "hint": "and counted under other clocks, with what it used of their time"},
    ]
    return perform(
        UPSTREAM, form, breach_id,
        lambda unit, fresh: operations.say_upstream(unit, fresh, form.name.data or "", form.when(standing), form.reason.data or ""),
        back=(breach.reference, case_url(breach)), facts=facts,
        offered=[name for name, _ in serving.operators(edge.session(), breach.organisation_id, edge.now().date())],
    )  # fmt: skip
