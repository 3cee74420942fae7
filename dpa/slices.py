"""The slices the house is made of, lowest first. Importing this module loads every table and installs the trail."""

from __future__ import annotations

from dpa.agreements.slice import SLICE as AGREEMENTS
from dpa.alerts import concerns
from dpa.alerts.slice import SLICE as ALERTS
from dpa.breaches.slice import SLICE as BREACHES
from dpa.docket import errands, kinds
from dpa.docket.slice import SLICE as DOCKET
from dpa.evidence.register import journeys
from dpa.evidence.register import kinds as document_kinds
from dpa.evidence.slice import SLICE as EVIDENCE
from dpa.evidence.trail import registry
from dpa.parties.slice import SLICE as PARTIES
from dpa.people.slice import SLICE as PEOPLE
from dpa.portal.slice import SLICE as PORTAL
from dpa.slice import Slice

SLICES: tuple[Slice, ...] = (EVIDENCE, PEOPLE, ALERTS, DOCKET, PARTIES, AGREEMENTS, BREACHES, PORTAL)

registry.install(SLICES)
for part in SLICES:
    kinds.register(*part.deadline_kinds)
    errands.register(*part.errands)
    document_kinds.register(*part.document_kinds)
    journeys.register(*part.journeys)
    concerns.register(*part.concerns)
