"""The document of a notice as a customer would get it, before anything leaves."""

from __future__ import annotations

from dpa.breaches import previewing, queries
from dpa.breaches.views import blueprint
from dpa.breaches.views.acts import RELEASE
from dpa.breaches.views.common import Page, own
from dpa.web import access, downloads, edge


@blueprint.get("/breaches/<int:breach_id>/customers/<int:affected_id>/preview.pdf")
@access.needs(RELEASE)
def preview_paper(breach_id: int, affected_id: int) -> Page:
    """Return the document as one customer would get it: unsealed, marked as a preview on every page."""
    breach = queries.breach(edge.session(), edge.scope(RELEASE), breach_id)
    row = queries.affected_row(edge.session(), breach, affected_id)
    content = previewing.pdf(edge.session(), breach, row, own(breach), settings=edge.settings(), now=edge.now())
    return downloads.attachment(content, f"{breach.reference}-preview.pdf", "application/pdf")
