"""What makes an incident and a notice complete enough, and what may be done next. Pure.

Sources: GDPR Art. 33(2)-(4); EDPB Guidelines 9/2022, paras 31-34 (awareness) and 44 (a processor does not first weigh
the risk). Nothing here asks for a risk: a score never gates a processor's notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from dpa.breaches import awareness
from dpa.breaches.awareness import Decision
from dpa.breaches.enough import too_little

REASON_MIN = 10
UPSTREAM_MAX = 200
TITLE_MAX = 160
TEXT_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Incident:
    """What is known when an incident is recorded."""

    title: str
    known: str
    """What happened, as far as it is known now."""
    detected_at: datetime
    """When anybody or anything first noticed, aware, in UTC."""
    aware_at: datetime
    """When there was reasonable certainty that personal data were compromised, aware, in UTC."""
    awareness_reason: str
    """Why awareness came later than detection; required when the two differ."""
    person: str = ""
    """Who was aware."""
    drill: bool = False
    """Whether it is an exercise."""
    upstream: str = ""
    """The subprocessor where it happened; empty when it happened here."""
    upstream_told_at: datetime | None = None
    """When that subprocessor told us."""

    @property
    def decision(self) -> Decision:
        """Return what it says about awareness."""
        return Decision(self.detected_at, self.aware_at, self.awareness_reason, self.person)


def incident_errors(incident: Incident, now: datetime) -> Mapping[str, str]:
    """Return a sentence for each input that cannot stand, by field."""
    errors: dict[str, str] = {}
    if not incident.title.strip():
        errors["title"] = "Give the incident a short title, such as “Export leak in the reporting service”."
    elif len(incident.title) > TITLE_MAX:
        errors["title"] = f"Shorten the title to {TITLE_MAX} characters; details go under what is known."
    if not incident.known.strip():
        errors["known"] = "Write what is known so far; one sentence is enough, the rest can follow."
    elif len(incident.known) > TEXT_MAX:
        errors["known"] = f"Shorten this to {TEXT_MAX} characters."
    errors |= awareness.errors(incident.decision, now)
    upstream = upstream_errors(incident.upstream, incident.upstream_told_at, None, detected_at=incident.detected_at, now=now)
    errors |= {{"name": "upstream", "told_at": "upstream_told_at"}[name]: text for name, text in upstream.items()}
    return MappingProxyType(errors)


def upstream_errors(name: str, told_at: datetime | None, reason: str | None, *, detected_at: datetime, now: datetime) -> Mapping[str, str]:
    """Return what cannot stand about the subprocessor where it happened, by field; none for `reason` asks for no reason."""
    errors: dict[str, str] = {}
    if len(name) > UPSTREAM_MAX:
        errors["name"] = f"Shorten the name to {UPSTREAM_MAX} characters."
    elif told_at is not None and not name.strip():
        errors["name"] = "Name the subprocessor that told you."
    if told_at is not None and told_at > now:
        errors["told_at"] = "The subprocessor cannot have told you in the future; check the date and the time zone."
    elif told_at is not None and told_at < detected_at:
        errors["told_at"] = "It cannot have told you before anybody noticed: what it told you was the first sign. Correct one of the two times."
    if reason is not None and (short := too_little(reason, REASON_MIN, "Say in a sentence why; a regulator may ask.")):
        errors["reason"] = short
    return MappingProxyType(errors)


class Selection(StrEnum):
    """How the affected agreements were chosen."""

    ALL = "all"
    BY_SYSTEM = "by_system"
    BY_ACTIVITY = "by_activity"
    BY_SUBPROCESSOR = "by_subprocessor"
    BY_LIST = "by_list"


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of a notice, written once for all customers: the four matters of Art. 33(3), and what is still open."""

    nature: str
    """Art. 33(3)(a): nature of the breach, categories and approximate numbers where possible."""
    contact: str
    """Art. 33(3)(b): where more information can be obtained."""
    consequences: str
    """Art. 33(3)(c): likely consequences."""
    measures: str
    """Art. 33(3)(d): measures taken or proposed."""
    unknown: str
    """Art. 33(4): what is not known yet and when the next word comes."""


FIELDS = ("nature", "contact", "consequences", "measures", "unknown")
NOT_KNOWN = "Not known yet; further information follows without undue delay."
NEVER_KNOWN = "Could not be determined; no further word follows unless something new comes up."


def unsaid(*, final: bool) -> str:
    """Return what stands where a notice says nothing: it follows (Art. 33(4)), or, in the final phase, it does not."""
    return NEVER_KNOWN if final else NOT_KNOWN


def draft_errors(draft: Draft, *, final: bool = False) -> Mapping[str, str]:
    """Return what keeps a draft from being released. Phases are allowed (Art. 33(4)), so little is demanded; only a `final` one leaves nothing open."""
    errors: dict[str, str] = {}
    if not draft.nature.strip():
        errors["nature"] = "Say what happened; everything else may follow in a later phase."
    if not draft.contact.strip():
        errors["contact"] = "Name a contact that answers now: a person or desk, with telephone or e-mail."
    if final and draft.unknown.strip():
        errors["unknown"] = "A final notice tells customers that nothing further is open: write what could never be determined under what happened, or send a supplement."
    for name in FIELDS:
        if len(getattr(draft, name)) > TEXT_MAX:
            errors[name] = f"Shorten this to {TEXT_MAX} characters."
    return MappingProxyType(errors)


HOLD_LEAST = timedelta(minutes=2)
HOLD_BASE = timedelta(minutes=5)
HOLD_EACH = timedelta(milliseconds=200)
"""Time a document takes to be sealed, with room to spare."""
HOLD_MOST = timedelta(hours=2)


def hold_for(count: int, left: timedelta) -> timedelta:
    """Return how long `count` notices wait for their sealed documents at most, when `left` remains of the earliest clock.

    The notice must reach the customer in time; its PDF is worth a short wait and never a quarter of what is left.
    """
    wanted = min(HOLD_BASE + HOLD_EACH * count, HOLD_MOST)
    return max(min(wanted, left / 4), HOLD_LEAST)


class Standing(StrEnum):
    """Where one customer stands with the phase that was released last."""

    WAITING = "waiting"
    RELEASED = "released"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    WAIVED = "waived"
    NOT_SENT = "not_sent"
    NO_RECIPIENT = "no_recipient"


def standing(
    *, released: bool, given: bool, dead: bool, recipient_problem: bool, acknowledged: bool = False, waived: bool = False
) -> Standing:
    """Return where a customer stands, from facts only; `waived` when somebody decided that no notice is owed."""
    if acknowledged:
        return Standing.ACKNOWLEDGED
    if given:
        return Standing.SENT
    if waived:
        return Standing.WAIVED
    if dead:
        return Standing.NOT_SENT
    if released:
        return Standing.RELEASED
    return Standing.NO_RECIPIENT if recipient_problem else Standing.WAITING


class NextAct(StrEnum):
    """The one thing the case page asks for first."""

    CHOOSE_AFFECTED = "choose_affected"
    WRITE_NOTICE = "write_notice"
    RELEASE = "release"
    REPAIR_RECIPIENTS = "repair_recipients"
    WAIT_FOR_DELIVERY = "wait_for_delivery"
    EXPLAIN_LATENESS = "explain_lateness"
    GIVE_WORD = "give_word"
    SEND_FINAL = "send_final"
    REPORT = "report"
    CLOSE = "close"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Situation:
    """A case as the question what comes next sees it."""

    counts: Mapping[Standing, int]
    open: bool
    draft: bool
    """Whether a phase is being written."""
    draft_ready: bool
    """Whether what is being written could be released."""
    released: bool
    """Whether any phase was released."""
    unexplained: int
    """Customers told late without a reason on record."""
    word_owed: bool
    more_announced: bool = False
    """Whether customers were told that further information follows, and no final notice came."""
    open_clocks: int = 0
    """Customers' clocks that have not ended."""
    report_owed: bool = False
    """Whether a report to an authority is owed and was not recorded as submitted."""


def next_act(case: Situation) -> NextAct:
    """Return what must happen next. Telling comes before everything; closing comes last."""
    if not case.open:
        return NextAct.NOTHING
    if not any(case.counts.values()):
        return NextAct.CHOOSE_AFFECTED
    if case.draft:
        return NextAct.RELEASE if case.draft_ready else NextAct.WRITE_NOTICE
    # Who cannot be mailed is owed the text all the same, and its document can be handed over.
    if case.counts.get(Standing.WAITING) or (case.counts.get(Standing.NO_RECIPIENT) and not case.released):
        return NextAct.RELEASE if case.released else NextAct.WRITE_NOTICE
    if case.counts.get(Standing.NO_RECIPIENT) or case.counts.get(Standing.NOT_SENT):
        return NextAct.REPAIR_RECIPIENTS
    # Where everybody was given the notice and a clock still runs, a letter is on its way.
    if case.counts.get(Standing.RELEASED) or case.open_clocks:
        return NextAct.WAIT_FOR_DELIVERY
    if case.unexplained:
        return NextAct.EXPLAIN_LATENESS
    if case.word_owed:
        return NextAct.GIVE_WORD
    told = case.counts.get(Standing.SENT) or case.counts.get(Standing.ACKNOWLEDGED)
    if told and case.more_announced:
        return NextAct.SEND_FINAL
    return NextAct.REPORT if case.report_owed else NextAct.CLOSE


def reference(letters: str, year: int, number: int) -> str:
    """Return the name people use for an incident, such as LL-2026-007; `letters` are those of the organisation, which no other has."""
    return f"{letters}-{year}-{number:03d}"
