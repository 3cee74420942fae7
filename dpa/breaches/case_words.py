"""What the case page calls the act that comes first, and what it says beside it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from dpa.breaches.rules import NextAct

ACT_WORDS: Mapping[NextAct, tuple[str, str]] = {
    NextAct.CHOOSE_AFFECTED: ("Name who is affected", "No customer’s clock runs before somebody is named."),
    NextAct.WRITE_NOTICE: ("Write the notice", "One text for all customers; name, agreement and clause are filled in for each."),
    NextAct.RELEASE: ("Review and release the notice", "The text is saved and nothing has left yet."),
    NextAct.REPAIR_RECIPIENTS: ("Reach the customers who were not told", "Add a contact and release again, or hand their document over and record it on their page; those told already get no second mail."),
    NextAct.WAIT_FOR_DELIVERY: ("Notices are on their way", "Each clock is met when the mail server accepts the customer's notice, or when a letter counts as received."),
    NextAct.EXPLAIN_LATENESS: ("Say why customers were told late", "The reason stands in their dossier; the case cannot be closed without it."),
    NextAct.GIVE_WORD: ("Give the next word", "It was promised in the last notice: a supplement, or the final notice when nothing is open any more."),
    NextAct.SEND_FINAL: (
        "Send the final notice",
        "Customers were told that further information follows. A supplement comes first where there is more to tell; to close without a final notice, say why.",
    ),
    NextAct.REPORT: ("Submit the {report}", "Nobody is left to tell and no word is owed. This is owed to the authority: record when it was submitted, how, and what shows it."),
    NextAct.CLOSE: ("Close the case", "Nobody is left to tell and no word is owed. Customers expect nothing more."),
    NextAct.NOTHING: ("The case is closed", "It can be opened again, with a reason."),
}
"""Title, and the sentence beside it."""
