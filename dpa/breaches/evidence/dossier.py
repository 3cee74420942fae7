"""The dossier of one customer as a document: what its record holds."""

from __future__ import annotations

from typing import Any

from dpa.breaches.evidence import package
from dpa.breaches.evidence.case_file import CaseFile
from dpa.breaches.evidence.customer_file import CustomerFile
from dpa.breaches.evidence.dossier_pages import build
from dpa.evidence.register.kinds import DocumentKind

KIND = "breach-dossier"
FORMAT = 1


def content(case: CaseFile, customer: CustomerFile, processor: str, *, demonstration: bool) -> dict[str, Any]:
    """Return what the record of a dossier holds: the incident, the customer's part, and the package for its own notification."""
    return {"format": FORMAT, **case.said, **customer.said, "edpb": package.package(case, customer, processor, demonstration=demonstration)}


DOSSIER = DocumentKind(
    name=KIND,
    code="BD",
    title="Breach dossier",
    plural="Breach dossiers",
    classification="Confidential",
    reason="What was known, decided and told about a personal data breach",
    build=build,
)
