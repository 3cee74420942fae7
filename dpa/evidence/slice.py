"""What evidence declares. Importing this module installs the trail: from then on nothing is committed past it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from dpa import unit
from dpa.evidence import concerns, jobs
from dpa.evidence.events import SENTENCES
from dpa.evidence.register import jobs as register_jobs
from dpa.evidence.register import proofs as _proofs  # noqa: F401  loads the table
from dpa.evidence.register import queries as register_queries
from dpa.evidence.register import statement
from dpa.evidence.seal import authorities
from dpa.evidence.seal import jobs as seal_jobs
from dpa.evidence.seal import models as _seal  # noqa: F401  loads the tables
from dpa.evidence.seal import queries as seal_queries
from dpa.evidence.trail import anchoring, append, guard, witnesses
from dpa.slice import Job, NavItem, Slice

if TYPE_CHECKING:
    from flask import Blueprint

guard.install()
unit.before_commit(append.close)


def _blueprints() -> tuple[Blueprint, ...]:
    from dpa.evidence.views import blueprints

    return blueprints


def _trail_names(_session: Session, keys: Sequence[str]) -> Mapping[str, str]:
    return dict.fromkeys(keys, "The trail")


BACKENDS = {"builtin": "made by DPA Desk", "pkcs12": "a file from elsewhere", "pkcs11": "a token or hardware module"}
PARTS = {
    "evidence": "documents and trail", "seal": "seals", "cli": "command line", "demo": "demonstration", "worker": "worker", "alerts": "mail", "docket": "deadlines",
    "people": "sign-in", "portal": "the customer’s pages",
}  # fmt: skip
"""What the trail calls the parts of the product that act by themselves."""

SLICE = Slice(
    name="evidence",
    blueprints=_blueprints,
    navigation=(
        NavItem("Evidence", "Documents", "documents.index", "certificate", "documents.read", 68),
        NavItem("Evidence", "Trail", "evidence.trail", "list-check", "trail.read", 70),
        NavItem("Evidence", "Checkpoints", "checkpoints.index", "anchor", "trail.read", 72),
    ),
    settings=(NavItem("", "Seal", "seal.show", "certificate", "settings.read", 30),),
    events=SENTENCES,
    jobs=(
        Job("verify-trail", jobs.LOOK_SECONDS, jobs.verify_trail),
        Job("evidence:compare", jobs.LOOK_SECONDS, jobs.compare_checkpoints),
        Job("evidence:checkpoint", jobs.LOOK_SECONDS, jobs.daily_checkpoint),
        Job("evidence:stamp-checkpoint", jobs.LOOK_SECONDS, jobs.stamp_checkpoint),
        Job("evidence:issue", register_jobs.ISSUE_SECONDS, register_jobs.issue),
        Job("evidence:check-files", register_jobs.LOOK_SECONDS, register_jobs.check_files),
        Job("evidence:stamp", register_jobs.STAMP_SECONDS, register_jobs.stamp),
        Job("evidence:read-proofs", register_jobs.PROOF_SECONDS, register_jobs.read_proofs),
        Job("evidence:renew-stamps", register_jobs.STAMP_SECONDS, register_jobs.renew),
        Job("evidence:rotate-seals", seal_jobs.EVERY_SECONDS, seal_jobs.rotate),
        Job("evidence:seal-lists", seal_jobs.EVERY_SECONDS, seal_jobs.refresh_lists),
    ),
    document_kinds=(statement.STATEMENT,),
    names={
        "trail": _trail_names, "document": register_queries.names, "seal": seal_queries.names, "authority": authorities.names,
        "checkpoint": anchoring.checkpoint_names, "witness": witnesses.names,
    },
    words={"backend": BACKENDS.get, "system": PARTS.get},
    paths={"document": "/documents/{id}", "checkpoint": "/checkpoints/{id}"},
    concerns=(concerns.concerns,),
)
