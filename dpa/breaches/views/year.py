"""The year's incidents with the time each took to be told."""

from __future__ import annotations

from flask import render_template, request, url_for

from dpa.breaches import tally, year_queries, yearly
from dpa.breaches.views import blueprint
from dpa.breaches.views.common import Page
from dpa.web import access, edge, paging
from dpa.web.numbers import row_number
from dpa.web.words import local_time

FIRST, LAST = 2000, 2100


@blueprint.get("/breaches/year")
@access.needs("breaches.read")
def year() -> Page:
    """Show a year's incidents on one axis of hours since awareness, without exercises."""
    session, scope, now = edge.session(), edge.scope("breaches.read"), edge.now()
    present = local_time(now, edge.zone()).year
    asked = request.args.get("year", type=row_number)
    chosen = asked if asked is not None and FIRST <= asked <= LAST else present
    calendar = year_queries.calendar(session, scope)
    page = year_queries.year(session, scope, chosen, now, calendar.zones, after=paging.decode_key(request.args.get("after"), 2))
    slug = request.args.get("organisation")
    total = year_queries.year_sum(session, scope, chosen, now, calendar.zones)
    return render_template(
        "breaches/year.html",
        year=chosen,
        years=[
            {"label": str(one), "url": url_for("breaches.year", year=one, organisation=slug), "active": one == chosen}
            for one in sorted({present, chosen, *calendar.years}, reverse=True)
        ],
        page=page,
        chart=yearly.chart(page.rows, now, "/breaches/{id}"),
        sum=total,
        sum_kept=tally.mailbox(total.kept, total.told),
        sum_missed=yearly.missed(total),
        next_url=url_for("breaches.year", year=chosen, organisation=slug, after=page.next_key) if page.next_key else None,
        first_url=url_for("breaches.year", year=chosen, organisation=slug) if request.args.get("after") else None,
    )
