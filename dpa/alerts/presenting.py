"""How the Outbox shows messages: rows become lines, words and facts for the templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dpa.alerts.messages import without_own_links
from dpa.alerts.models import DeliveryEvent, OutboxMessage
from dpa.alerts.rules import Category, EventKind, State
from dpa.evidence.trail import registry
from dpa.web import filters, words
from dpa.web.identity import OrganisationRef

STATES: Mapping[State, tuple[str, str, str]] = {
    State.PENDING: ("waiting", "soon", "hourglass"),
    State.SENDING: ("being sent", "running", "send"),
    State.SENT: ("sent", "met", "mail-check"),
    State.DEAD: ("undeliverable", "late", "mail-x"),
    State.CANCELLED: ("cancelled", "off", "ban"),
}
"""Word, tint and icon of each state."""
KEPT = ("kept in the file mailbox", "off", "inbox")
"""The same for what no mail server took: nobody received it."""
CATEGORIES: Mapping[Category, str] = {Category.ALERT: "Alert", Category.NOTICE: "Notice", Category.WITNESS: "Checkpoint", Category.ACCOUNT: "Account"}
STATE_OPTIONS = (("", "All"), *((state.value, word) for state, (word, _, _) in STATES.items()))
CATEGORY_OPTIONS = (("", "All"), *((category.value, word) for category, word in CATEGORIES.items()))
EVENTS: Mapping[EventKind, tuple[str, str]] = {
    EventKind.ACCEPTED: ("Accepted by the mail server", "met"),
    EventKind.ACCEPTED_LATE: ("Accepted by the mail server after another worker had taken over; a copy with the same Message-ID may exist", "met"),
    EventKind.KEPT: ("Kept in the file mailbox; demonstration, nobody received it", "off"),
    EventKind.REFUSED: ("Refused for good", "late"),
    EventKind.DEFERRED: ("Not accepted yet", "soon"),
    EventKind.UNREACHABLE: ("The mail server could not be used", "soon"),
    EventKind.DEAD: ("Given up", "late"),
    EventKind.CANCELLED: ("Cancelled", "off"),
    EventKind.RETRIED: ("Sent on its way again", "running"),
    EventKind.SET_ASIDE: ("Dealt with in another way", "off"),
    EventKind.FREED: ("Taken back from a worker that ended", "soon"),
    EventKind.FOLLOW_UP_FAILED: ("What follows the acceptance failed", "late"),
}
PRIVATE = "The text of account mail is not shown: it holds a personal link."


@dataclass(frozen=True, slots=True)
class Line:
    """A message as the list shows it."""

    id: int
    subject: str
    recipient: str
    category: str
    organisation: str
    zone: str
    word: str
    tint: str
    symbol: str
    at: datetime
    """When it was sent, or stored while it was not."""
    hint: str | None
    """What stands in its way; none when nothing does."""


def line(row: OutboxMessage, organisation: OrganisationRef, now: datetime) -> Line:
    """Return the line of a message."""
    word, tint, symbol = KEPT if row.kept else STATES[row.state]
    return Line(
        id=row.id, subject=row.subject, recipient=row.to_name or row.to_address, category=CATEGORIES[row.category],
        organisation=organisation.name, zone=organisation.zone, word=word, tint=tint, symbol=symbol,
        at=row.sent_at or row.created_at, hint=_hint(row, now),
    )


def _hint(row: OutboxMessage, now: datetime) -> str | None:
    if row.state is State.PENDING and row.attempts:
        return f"tried {words.plural(row.attempts, 'time')}, next in {words.length(max(0, int((row.next_at - now).total_seconds())))}"
    if row.state is State.DEAD:
        return row.last_error
    return "a second copy may have left" if row.uncertain and row.state is State.SENT else None


def text(row: OutboxMessage) -> str:
    """Return the plain text that is sent, without the links that are a customer's own, or why it is not shown.

    What only the file mailbox holds is shown as it is: nobody received its link, and the demonstration is there to be tried.
    """
    if row.category is Category.ACCOUNT:
        return PRIVATE
    return row.body_text if row.kept else without_own_links(row.body_text)


def facts(row: OutboxMessage, organisation: OrganisationRef) -> list[dict[str, Any]]:
    """Return the headers and the life of a message as facts."""
    zone = organisation.zone
    found: list[dict[str, Any]] = [
        {"label": "From", "value": row.from_name},
        {"label": "To", "value": f"{row.to_name} <{row.to_address}>" if row.to_name and row.to_address else row.to_name or row.to_address},
        {"label": "Answers go to", "value": row.reply_to or "the sender's address"},
        {"label": "Message-ID", "value": row.message_id},
        {"label": "Kind", "value": registry.words_for("mail", row.mail) or CATEGORIES[row.category]},
        {"label": "Organisation", "value": organisation.name},
        {"label": "Stored", "value": filters.instant(row.created_at, zone)},
        _taken(row, zone),
        {"label": "Attempts", "value": str(row.attempts)},
    ]
    if row.state is State.PENDING:
        found.append({"label": "Next attempt", "value": filters.instant(row.next_at, zone)})
        found.append({"label": "Tried until", "value": filters.instant(row.give_up_at, zone)})
    if row.uncertain:
        hint = "a worker ended or a connection broke while it was handed over; copies have the same Message-ID"
        found.append({"label": "Copies", "value": f"up to {row.uncertain} more may have left", "hint": hint})
    return found


def _taken(row: OutboxMessage, zone: str) -> dict[str, Any]:
    """Say when a mail server took the message, or that none did."""
    if row.kept:
        return {"label": "Kept in the file mailbox", "value": filters.instant(row.sent_at, zone), "hint": "no mail server was set: demonstration, nobody received it"}
    return {"label": "Accepted", "value": "no" if row.state in {State.DEAD, State.CANCELLED} else filters.instant(row.sent_at, zone)}


def event(row: DeliveryEvent) -> dict[str, Any]:
    """Return a line of the delivery record for the timeline."""
    words_, tint = EVENTS[row.kind]
    answer = f"{row.smtp_code} {row.reply_text}" if row.smtp_code else row.reply_text
    return {"at": row.at, "text": words_, "detail": answer, "tint": tint, "who": None}
