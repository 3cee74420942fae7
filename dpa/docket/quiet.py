"""What is fine is said once, quietly, with its age: the worker, the mail, the trail, its copy outside, and what happened since yesterday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session, aliased

from dpa.alerts import queries as outbox
from dpa.alerts import rules as alert_rules
from dpa.alerts.models import TAKEN, OutboxMessage, WorkerHeartbeat
from dpa.evidence import concerns
from dpa.evidence.trail import anchoring, registry, sentences
from dpa.evidence.trail import queries as trail_queries
from dpa.evidence.trail.models import TrailVerification
from dpa.evidence.trail.queries import Narrowing, Reader
from dpa.evidence.trail.rules import AnchorAge, anchor_age_state
from dpa.people.models import Organisation
from dpa.web import words
from dpa.web.identity import Scope

DAY = timedelta(days=1)
NEWS_SHOWN = 5
TOLD_ELSEWHERE = ("docket:alerts:", "alerts:", "people:", "evidence:", "docket:deadlines:opened")
"""Events that would drown the others: mail, sign-ins and the product's own housekeeping have pages of their own."""


@dataclass(frozen=True, slots=True)
class Item:
    """One quiet line."""

    icon: str
    label: str
    text: str
    tint: str | None = None
    """`late` or `soon` when something is wrong."""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Systems:
    """Whether what must run does run."""

    items: tuple[Item, ...]

    @property
    def title(self) -> str:
        """The heading; it speaks of what runs by itself, never of the deadlines beside it."""
        return "Systems need a look" if any(item.tint for item in self.items) else "All systems run"


_NEWER = aliased(OutboxMessage, name="m")
_NEWEST_OF_EACH = (
    select(
        select(func.max(_NEWER.id)).with_hint(_NEWER, "INDEXED BY ix_outbox_message_taken", "sqlite")
        .where(_NEWER.organisation_id == Organisation.id, text(f"m.{TAKEN.replace('category', 'm.category')}"))
        .correlate(Organisation).scalar_subquery().label("id")
    )
    .where(Organisation.id.in_(bindparam("places", expanding=True)))
    .subquery()
)
_RUNNING = select(func.max(WorkerHeartbeat.seen_at).label("seen_at")).subquery()
# Written once, and joined: three looks at one row each.
_UNDELIVERABLE = outbox.undeliverable(bindparam("places", expanding=True)).label("dead")
_WORKER_MAIL_AND_TRAIL = (
    select(_RUNNING.c.seen_at, OutboxMessage.sent_at, OutboxMessage.kept, _UNDELIVERABLE, TrailVerification.at.label("verified_at"), TrailVerification.findings)
    .select_from(_RUNNING)
    .outerjoin(OutboxMessage, OutboxMessage.id == select(func.max(_NEWEST_OF_EACH.c.id)).scalar_subquery())
    .outerjoin(TrailVerification, TrailVerification.id == select(func.max(TrailVerification.id)).correlate(None).scalar_subquery())
)


def systems(session: Session, scope: Scope, now: datetime, *, mail_server: bool) -> Systems:
    """Return the age of the worker's last sign of life, of the last mail accepted, of the last verification
    and of the newest checkpoint held outside, with the mail that reached nobody. Two statements.

    `mail_server` says whether one is set.
    """
    last = session.execute(_WORKER_MAIL_AND_TRAIL, {"places": sorted(scope.organisation_ids)}).one()
    silent = alert_rules.is_silent(last.seen_at, now, alert_rules.SILENT_SHOWN)
    return Systems((
        Item("heartbeat", "Worker", words.ago(last.seen_at, now) if last.seen_at else "has not run yet", "late" if silent else None),
        _mail(last.sent_at, now, kept=bool(last.kept), mail_server=mail_server),
        *([Item("mail-x", "Not delivered", words.plural(last.dead, "message"), "late")] if last.dead else []),
        _trail(last.verified_at, last.findings, now),
        _outside(session, now),
    ))


def _mail(sent_at: datetime | None, now: datetime, *, kept: bool, mail_server: bool) -> Item:
    """Say when a mail server took the newest mail, or that none does: then no alert reaches anybody."""
    said = words.ago(sent_at, now) if sent_at else "none yet"
    if kept:
        return Item("mail-x", "Last mail", f"kept in the file mailbox {said}; nobody received it", "soon")
    if not mail_server:
        return Item("mail-x", "Last mail accepted", f"{said}; no mail server is set, nobody receives any", "soon")
    return Item("mail-check", "Last mail accepted", said)


def _trail(verified_at: datetime | None, findings: int | None, now: datetime) -> Item:
    if verified_at is None:
        return Item("shield-check", "Trail", "not verified yet; the worker does it once a day")
    if findings:
        text = f"verified {words.ago(verified_at, now)}: {words.plural(findings, 'finding')}"
        return Item("shield-x", "Trail", text, "late", "/trail")
    late = now - verified_at > 2 * DAY
    return Item("shield-check", "Trail verified", words.ago(verified_at, now), "soon" if late else None)


def _outside(session: Session, now: datetime) -> Item:
    """Say how old the newest checkpoint is that somebody outside holds. None yet is no fault: a concern tells when it becomes one."""
    newest = anchoring.newest_outside(session)
    if newest is None:
        return Item("anchor", "Outside witness", "holds no checkpoint yet")
    old = anchor_age_state(newest.at, None, now) is AnchorAge.ALARM
    if newest.kind == anchoring.KEPT:
        # Nobody's mail server says so: somebody who signed in here does.
        return Item("anchor", "Checkpoint kept outside", f"by a colleague’s word, of {words.ago(newest.at, now)}", "late" if old else None, concerns.CHECKPOINTS if old else None)
    text = f"holds a checkpoint of {words.ago(newest.at, now)}"
    return Item("anchor", "Outside witness", text, "late" if old else None, concerns.CHECKPOINTS if old else None)


def news(session: Session, scope: Scope, actor: str, now: datetime, zone: str) -> tuple[Item, ...]:
    """Return what happened in the last 24 hours, newest first, as sentences of the trail. At most four statements."""
    reader = Reader(scope, actor, installation=False)
    # The newest first, and only then by time: in a quiet house with a long history, a database that looks for the day reads the whole trail.
    page = trail_queries.events(session, reader, Narrowing(), before_idx=None)
    rows = [row for row in page.rows if row.at >= now - DAY and not row.action.startswith(TOLD_ELSEWHERE)][:NEWS_SHOWN]
    names = registry.names_of(session, sentences.references(rows)) if rows else {}
    lines = [sentences.line(row, (), names, organisation=None, zone=zone, personal=False) for row in rows]
    return tuple(
        Item("check" if line.actor_reference.startswith("system") else "user", line.subject, f"{line.actor} {line.sentence}", None, line.subject_path)
        for line in lines
    )
