"""The facts of a breach as typed values, and what follows from them. Pure: no web, no database, no clock.

Legal basis: GDPR Art. 33(3) and (4), and the EDPB's notification template v1.0. `docs/workflows/breach-facts.md` explains the fields;
this page lists what others may call.
"""

from dpa.breaches.facts.asking import Completeness, Missing, Need, completeness, contradictions, missing
from dpa.breaches.facts.changes import Change, changes
from dpa.breaches.facts.edpb import Context, package
from dpa.breaches.facts.narrative import Matters, matters, rows
from dpa.breaches.facts.problem import FactsProblem
from dpa.breaches.facts.severity import Adjustment, Assessment, SeverityInputs, assess
from dpa.breaches.facts.sheet import (
    Attachment,
    Contact,
    Count,
    Country,
    FactSheet,
    Occurrence,
    Subprocessor,
    build,
    read,
)
from dpa.breaches.facts.showing import LABELS, counted, figure
from dpa.breaches.facts.suggesting import Suggestion, suggested
from dpa.breaches.facts.telling import Share, for_controller, told

__all__ = [
    "LABELS", "Adjustment", "Assessment", "Attachment", "Change", "Completeness", "Contact", "Context", "Count", "Country", "FactSheet",
    "FactsProblem", "Matters", "Missing", "Need", "Occurrence", "SeverityInputs", "Share", "Subprocessor", "Suggestion", "assess", "build",
    "changes", "completeness", "contradictions", "counted", "figure", "for_controller", "matters", "missing", "package", "read", "rows",
    "suggested", "told",
]  # fmt: skip
