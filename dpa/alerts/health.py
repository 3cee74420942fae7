"""What a monitor asks: does the process live, can it work, do alerts leave. Answers hold no personal data."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from dpa.alerts import queries, rules
from dpa.alerts.models import OutboxMessage
from dpa.config import Settings
from dpa.slice import Banner
from dpa.web.identity import Scope

JUMPS_SHOWN = timedelta(days=1)


def ready(session: Session) -> dict[str, Any]:
    """Tell whether the database answers and holds our tables; `problems` is empty when it does."""
    try:
        session.execute(select(OutboxMessage.id).limit(1)).all()
    except DBAPIError as error:
        session.rollback()
        return {"problems": ["database_unreachable_or_not_migrated"], "kind": type(error.orig).__name__}
    return {"problems": []}


def alerts(session: Session, now: datetime) -> dict[str, Any]:
    """Tell whether alerts leave and evidence stands: `problems` names what is wrong, beside the figures it was judged by (ages in whole seconds)."""
    try:
        facts = queries.facts(session, now)
    except DBAPIError as error:
        session.rollback()
        return {"problems": ["database_unreachable_or_not_migrated"], "kind": type(error.orig).__name__}

    def age(at: datetime | None) -> int | None:
        return None if at is None else int((now - at).total_seconds())

    return {
        "problems": list(rules.faults(facts, now)),
        "heartbeat_age_s": age(facts.seen_at),
        "oldest_due_age_s": age(facts.oldest_due_at),
        "oldest_unsent_age_s": age(facts.oldest_unsent_at),
        "dead": facts.dead,
        "follow_ups": facts.follow_ups,
        "failing_jobs": list(facts.failing_jobs),
        "trail_findings": facts.findings,
        "documents_failing": facts.documents,
    }


def banners(facts: queries.BannerFacts, now: datetime, settings: Settings) -> list[Banner]:
    """Return what must stand on every page while it is so, the gravest first."""
    found: list[Banner] = []
    if rules.is_silent(facts.seen_at, now, rules.SILENT_SHOWN):
        since = "has not run yet" if facts.seen_at is None else f"has been silent for {_minutes(now, facts.seen_at)}"
        found.append(Banner("late", f"The worker {since}. No alert and no notice leaves until it runs: start it with dpa worker or make run."))
    if facts.failing_jobs:
        found.append(Banner("late", f"A background job failed and will be tried again: {', '.join(facts.failing_jobs)}. The log of the worker says why."))
    if facts.dead:
        which = "1 message could not be delivered." if facts.dead == 1 else f"{facts.dead} messages could not be delivered."
        found.append(Banner("late", which, "/outbox?state=dead", "Open the outbox"))
    if facts.jump_seconds is not None:
        direction = "forward" if facts.jump_seconds > 0 else "back"
        found.append(Banner("soon", f"The clock of the worker's machine was put {direction} by {abs(facts.jump_seconds)} s within the last day. Check its time service."))
    if not settings.smtp_url:
        found.append(Banner("running", "No mail server is set: mail is kept in a file mailbox and reaches nobody.", "/outbox", "See Outbox"))
    return found


def page_banners(session: Session, scope: Scope, now: datetime, settings: Settings) -> list[Banner]:
    """Return the banners for a person who may see the messages in `scope`; one statement."""
    facts = queries.banner_facts(session, scope, now - JUMPS_SHOWN)
    return banners(facts, now, settings)


def _minutes(now: datetime, seen_at: datetime) -> str:
    minutes = abs(int((now - seen_at).total_seconds())) // 60
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
