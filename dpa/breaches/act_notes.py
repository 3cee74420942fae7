"""What stands beside the next act of a case: what became of notices that left, and whose contacts may fail."""

from __future__ import annotations

from collections.abc import Mapping

from dpa.breaches.case_counts import ClosingCounts
from dpa.breaches.rules import NextAct, Standing
from dpa.web.words import plural


def on_their_way(closing: ClosingCounts, kind: NextAct) -> str:
    """Say what became of notices that left our hands and were not taken yet, so that nobody waits for a mail server that is away."""
    if not closing.on_its_way:
        return ""
    waiting = "" if kind is NextAct.WAIT_FOR_DELIVERY else f" {plural(closing.on_its_way, 'notice is', 'notices are')} on {'its' if closing.on_its_way == 1 else 'their'} way."
    if closing.stuck:
        waiting += " The mail server did not take them at the last attempt; they are tried again until it does. Whoever is short of time can be telephoned."
    return waiting


def contacts(closing: ClosingCounts, counts: Mapping[Standing, int], kind: NextAct) -> str:
    """Say who has no contact to be written to, and who has one that refused; a mail of this case that was refused is told by its own act."""
    found = ""
    if kind is not NextAct.NOTHING and (unreachable := counts.get(Standing.NO_RECIPIENT, 0)):
        found += f" {plural(unreachable, 'customer has', 'customers have')} no usable contact."
    if kind not in {NextAct.NOTHING, NextAct.CLOSE} and closing.refusing > counts.get(Standing.NOT_SENT, 0):
        found += f" {plural(closing.refusing, 'customer has', 'customers have')} a contact that refused the last mail sent there."
    return found
