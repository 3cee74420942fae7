"""Pages of the breach workflow, by stage; all on one blueprint."""

from flask import Blueprint

blueprint = Blueprint("breaches", __name__)

from dpa.breaches.views import (  # noqa: E402  the pages hang themselves on the blueprint
    affecting,
    agreement_clocks,
    awareness,
    changed,
    customer,
    dora,
    ending,
    evidence,
    exercise,
    facts,
    house,
    notice,
    parts,
    previewing,
    recording,
    reports,
    showing,
    upstream,
    year,
)

__all__ = [
    "affecting", "agreement_clocks", "awareness", "blueprint", "changed", "customer", "dora", "ending", "evidence", "exercise", "facts", "house", "notice", "parts", "previewing", "recording",
    "reports", "showing", "upstream", "year",
]  # fmt: skip
