"""What the public check says of a checkpoint that somebody kept, such as the small text beside a mailed document."""

from __future__ import annotations

from dpa.evidence.pages.badges import Fact
from dpa.evidence.pages.verdicts import Shown
from dpa.evidence.trail.comparing import Kept
from dpa.evidence.verification.values import shown
from dpa.web.words import plural


def of_kept(kept: Kept) -> Shown:
    """Return the answer to a soundly signed note."""
    facts = (Fact("Covers", plural(kept.size, "event")), *((Fact("Signed", shown(kept.signed_at)),) if kept.signed_at else ()))
    if kept.agrees:
        return Shown(
            "The trail still holds what your checkpoint covers", "met", "shield-check",
            f"The trail of today begins with the {plural(kept.size, 'event')} that your checkpoint was signed over: none was changed, removed or put between.",
            "Your checkpoint was signed here, and the tree of today's trail has the same root over the same events.",
            "It does not say that what was recorded is true, only that it was not changed since. Keep the checkpoint: it proves this again at any time, "
            "also against those who run this page, with the files to check without us.",
            facts, (), "", times="Times are in UTC." if kept.signed_at else "",
        )  # fmt: skip
    return Shown(
        "The trail was changed after your checkpoint was signed", "late", "alert-triangle",
        f"Your checkpoint is soundly signed over {plural(kept.size, 'event')}, and the trail of today does not begin with them.",
        "Events were changed or removed after your checkpoint was signed, or the trail was put back to an older state. Keep the checkpoint, give it to nobody "
        "who could change it, and show it to the organisation and, if you must, to the supervisory authority.",
        "It does not say which event was changed, by whom, or whether harm was meant.",
        facts, (), "", times="Times are in UTC." if kept.signed_at else "",
    )  # fmt: skip


def of_stranger(reason: str) -> Shown:
    """Return the answer to a text that is no note, or none of this installation."""
    return Shown(
        "This checkpoint says nothing about the trail here", "off", "file-off", reason,
        "The text looks like a checkpoint, but no key of this installation signed it as it stands. Give it whole, as the file that came with the mail.",
        "It does not say that anything was changed here.", (), (), "",
    )  # fmt: skip
