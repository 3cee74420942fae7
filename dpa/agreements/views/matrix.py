"""The matrix of promises and its export."""

from __future__ import annotations

from flask import Response as Download
from flask import render_template, request, stream_with_context

from dpa.agreements.pages import matrix as pages
from dpa.agreements.pages.matrix import ORIGINS, WITHIN, Asked
from dpa.agreements.terms import COLUMN_LABEL, ORIGIN_TEXT
from dpa.agreements.views import blueprint
from dpa.agreements.views.asking import Page, argument
from dpa.web import access, edge, identity, paging


@blueprint.get("/agreements/matrix")
@access.needs("agreements.read")
def matrix() -> Page:
    """Show what every agreement promises."""
    asked = _asked()
    after = paging.decode_key(request.args.get("after"), 2)
    view = pages.matrix(edge.session(), edge.scope("agreements.read"), asked, after=after, now=edge.now())
    hours = sorted({*WITHIN, *([asked.hours] if asked.hours is not None else [])})
    return render_template(
        "agreements/matrix.html", view=view, asked=asked, several=len(identity.signed_in().organisations) > 1,
        columns=[("", "Breach") if column.value == "breach" else (column.value, label) for column, label in COLUMN_LABEL.items()],
        within=[("", "Any time"), *((str(amount), f"{amount} hours") for amount in hours)],
        origins=[("", "Any"), *((name, ORIGIN_TEXT[origin].capitalize()) for name, origin in ORIGINS.items())],
    )


@blueprint.get("/agreements/matrix.csv")
@access.needs("agreements.read")
def matrix_csv() -> Download:
    """Download the matrix as CSV, narrowed as the page is."""
    asked, scope = _asked(), edge.scope("agreements.read")
    lines = pages.csv_lines(edge.session(), scope, asked, edge.now())
    name = f"promises-{edge.now().date().isoformat()}.csv"
    body = stream_with_context(line.encode() for line in lines)
    return Download(body, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _asked() -> Asked:
    return Asked(
        argument("q"), argument("column"), argument("within"), argument("origin"), bool(argument("ended")), argument("organisation") or None
    )
