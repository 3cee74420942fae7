"""What people do with breaches, by stage: record, name who is affected, write, release, give, close."""

from dpa.breaches.operations import following
from dpa.breaches.operations.affecting import KIND, add_affected, owe_nothing
from dpa.breaches.operations.closing import close, close_as_no_breach, reopen
from dpa.breaches.operations.giving import (
    acknowledge,
    answer,
    ask,
    explain_lateness,
    hand_over,
    notices_refused,
    notices_sent,
    read,
)
from dpa.breaches.operations.recording import correct_awareness, record_incident, save_facts
from dpa.breaches.operations.releasing import order_statement, release_notice
from dpa.breaches.operations.returning import came_back, received
from dpa.breaches.operations.settings import change_settings, settings_of
from dpa.breaches.operations.sharing import save_shares
from dpa.breaches.operations.upstream import say_upstream
from dpa.breaches.operations.writing import (
    approve,
    discard_draft,
    remove_text,
    save_draft,
    save_text,
    send_back,
)

__all__ = [
    "KIND", "acknowledge", "add_affected", "answer", "approve", "ask", "came_back", "change_settings", "close", "close_as_no_breach", "correct_awareness",
    "discard_draft", "explain_lateness", "following", "hand_over", "notices_refused", "notices_sent", "order_statement", "owe_nothing", "read", "received", "record_incident",
    "release_notice", "remove_text", "reopen", "save_draft", "save_facts", "save_shares", "save_text", "say_upstream", "send_back",
    "settings_of",
]  # fmt: skip
