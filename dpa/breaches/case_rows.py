"""The customers of a case as its page lists them: each line in words, with its look and what must be said beside it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dpa.breaches import late
from dpa.breaches.case_clocks import state_of
from dpa.breaches.case_customers import AffectedLine
from dpa.breaches.corrected import Corrected
from dpa.breaches.models import Breach
from dpa.breaches.phases import TITLES, Phase
from dpa.breaches.rules import Standing
from dpa.docket.explaining import Explanation

STANDING_WORDS: Mapping[Standing, tuple[str, str, str]] = {
    Standing.WAITING: ("notice not released", "soon", "clock-exclamation"),
    Standing.RELEASED: ("released, on its way", "running", "send"),
    Standing.SENT: ("told", "met", "mail-check"),
    Standing.ACKNOWLEDGED: ("confirmed", "met", "eye-check"),
    Standing.WAIVED: ("waived by decision", "off", "ban"),
    Standing.NOT_SENT: ("mail refused", "late", "mail-x"),
    Standing.NO_RECIPIENT: ("no usable contact", "late", "user-exclamation"),
}
KEPT_WORDS = ("in the file mailbox, nobody told", "off", "inbox")
"""Where a customer stands whose notice no mail server took."""

HEARD_WORDS = ("told by word of mouth, text owed", "soon", "phone-check")
"""Where a customer stands who was told before there was a text, and has not got it since."""


@dataclass(frozen=True, slots=True)
class Row:
    """One affected customer, ready to be shown."""

    line: AffectedLine
    words: str
    tint: str
    symbol: str
    origin: str
    state: str
    upstream: str
    """Which subprocessor's own promise leaves no time for this one; empty for none."""
    why_number: int
    """Which of the explanations on the page tells how its date came about: most customers of a case share theirs."""
    why_here: bool
    """Whether it is the first that tells so."""
    corrected: Corrected | None
    """What is counted from an awareness that was corrected to an earlier time after the clock was met; none for nothing."""
    unexplained: bool
    """Whether closing asks for the reason why it was told late."""
    untold: bool
    """Whether its clock was met by the file mailbox alone, in a real case: nobody was told, so the time runs on."""
    missed: bool
    """Whether that time has passed."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What belongs to the lines of a page beside themselves."""

    breach: Breach
    now: datetime
    slow: Mapping[int, str] = field(default_factory=dict)
    """Which subprocessor's own promise leaves no time, by the number of the customer."""
    corrected: Mapping[int, Corrected] = field(default_factory=dict)
    text_owed: Collection[int] = ()
    """Customers who heard of the newest phase before there was a text, and have not got it since."""


def rows_of(lines: Sequence[AffectedLine], beside: Beside) -> tuple[Row, ...]:
    """Return the lines of a page, ready to be shown."""
    numbers: dict[Explanation, int] = {}
    found: list[Row] = []
    for line in lines:
        here = line.why not in numbers
        found.append(_row(line, beside, numbers.setdefault(line.why, len(numbers) + 1), why_here=here))
    return tuple(found)


def _row(line: AffectedLine, beside: Beside, why_number: int, *, why_here: bool) -> Row:
    words, tint, symbol = _standing(line, beside)
    until = late.until(beside.breach, beside.now)
    untold = line.mailbox and line.met_at is not None and until is not None
    return Row(
        line=line, words=words, tint=tint, symbol=symbol, origin={"house_policy": "policy", "external_doc": "external"}.get(line.origin, line.origin),
        state="off" if line.paused_at else state_of(line.due_at, line.met_at, beside.now), upstream=beside.slow.get(line.id, ""), why_number=why_number,
        why_here=why_here, corrected=beside.corrected.get(line.id), unexplained=((line.late_s or 0) > 0 or line.late_anew) and not line.late_reason,
        untold=untold, missed=untold and until is not None and (line.latest_at or line.due_at) < until,
    )  # fmt: skip


def _standing(line: AffectedLine, beside: Beside) -> tuple[str, str, str]:
    """Return where a customer stands with the phase released last: words, tint and icon."""
    words, tint, symbol = STANDING_WORDS[line.standing]
    newest = beside.breach.newest_released
    if line.id in beside.text_owed:
        return HEARD_WORDS
    if line.kept and line.standing is Standing.SENT:
        words, tint, symbol = kept_words(newest.phase if newest else None), *KEPT_WORDS[1:]
    if line.standing is Standing.SENT and line.running:
        return "given, not received yet", "running", "send"
    if line.standing is Standing.RELEASED and line.mail_error:
        words, tint, symbol = "not accepted yet", "soon", "clock-exclamation"
    if line.standing is Standing.RELEASED and line.met_at is None and line.paused_at is None and line.due_at < beside.now:
        tint = "late"
    return words, tint, symbol


def kept_words(phase: Phase | None) -> str:
    """Say where a customer stands whose newest notice no mail server took; what it may know of an earlier one is not denied."""
    return KEPT_WORDS[0] if phase in {Phase.INITIAL, None} else f"{TITLES[phase].lower()} only in the file mailbox"
