"""Health checks for monitors: no sign-in, no session, no personal data, one short JSON answer each."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from dpa.alerts import health
from dpa.web import access, edge

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
@access.public
def live() -> Response:
    """Answer while the web process lives; asks nothing else."""
    return jsonify(status="ok")


@blueprint.get("/health/ready")
@access.public
def ready() -> tuple[Response, int]:
    """Answer 200 when the database is there and migrated, 503 otherwise."""
    return _answer(health.ready(edge.session()))


@blueprint.get("/health/alerts")
@access.public
def alerts() -> tuple[Response, int]:
    """Answer 503 when the worker is silent for 5 minutes, mail waits or is undeliverable, a job failed, a document cannot be made, or a finding
    about the trail stands."""
    return _answer(health.alerts(edge.session(), edge.now()))


def _answer(report: dict[str, Any]) -> tuple[Response, int]:
    failing = bool(report["problems"])
    return jsonify(status="failing" if failing else "ok", **report), 503 if failing else 200
