"""When a case may be closed, and what closing it as no breach does. Pure.

A case is closed when nothing is owed any more: every customer was told or a named person decided that none is owed, every lateness
has its reason, every promised word was given.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dpa.breaches.enough import too_little

REASON_MIN = 10
WAIVED_AS = "No breach: "
"""How the reason begins with which the clocks of a case are waived that ends as no breach."""

ENDED_WITH = "Ended with the case: "
"""The same for the clocks that follow a release: nobody decided about them by themselves."""


class CaseState(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    CLOSED = "closed"
    NO_BREACH = "no_breach"
    """It turned out that no personal data were compromised."""


def owed_until(state: CaseState, ended_at: datetime | None, as_of: datetime, *, drill: bool) -> datetime | None:
    """Return until when telling a customer was owed, as of an instant: nothing is after a case ended as no breach. None for an exercise, in which the file mailbox stands for everybody."""
    if drill:
        return None
    return ended_at if state is CaseState.NO_BREACH and ended_at is not None else as_of


@dataclass(frozen=True, slots=True)
class ReportOwed:
    """A report to an authority that is owed and was not recorded as submitted."""

    name: str
    """Which one, such as nis2:warning."""
    words: str
    """What it is called with its law: early warning under NIS2."""
    otherwise: str
    """What ends it where it is not owed after all: decide that the incident is not significant."""
    entry_id: int
    """Its deadline on the docket."""
    missed: bool = False
    """Whether it was missed before the incident was decided to be none that is reported: no decision ends its clock any more."""

    @property
    def instruction(self) -> str:
        """Return what must be done before the case can be closed."""
        if self.missed:
            return f"The {self.words} was missed before it was decided that it is not owed: record when it was submitted, or waive its clock with the reason."
        return f"Submit the {self.words} and record when, or {self.otherwise}."


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What a case looks like when somebody wants to close it."""

    state: CaseState
    affected: int
    open_clocks: int
    """Clocks neither met nor waived."""
    unexplained: int
    """Customers told late, or not at all in time, without a reason on record."""
    undelivered: int
    """Customers whose newest notice was refused or could not be sent."""
    on_its_way: int
    """Notices that are released and not accepted yet."""
    draft: bool
    """Whether a notice was begun and not released."""
    word_owed: bool
    """Whether a further word was promised and not given."""
    told: int
    """Customers who were told."""
    put_right: bool
    """Whether the newest word to customers was that there was no breach."""
    more_announced: bool = False
    """Whether the newest word to customers was that further information follows."""
    letters: int = 0
    """Customers to whom a letter is on its way that counts as received only later."""
    reports: tuple[ReportOwed, ...] = ()
    """Reports to authorities that are owed, soonest first."""


class Obstacle(StrEnum):
    """What stands in the way of closing a case."""

    CLOSED = "closed"
    NOBODY = "nobody"
    OPEN_CLOCKS = "open_clocks"
    UNDELIVERED = "undelivered"
    ON_ITS_WAY = "on_its_way"
    LETTERS = "letters"
    UNEXPLAINED = "unexplained"
    DRAFT = "draft"
    WORD = "word"
    REPORT = "report"


def obstacles(case: CaseFacts) -> tuple[tuple[Obstacle, str], ...]:
    """Return what must be done before a case can be closed, each with its instruction; empty when it can."""
    if case.state is not CaseState.OPEN:
        return ((Obstacle.CLOSED, "The case is closed already."),)
    found = (
        (Obstacle.NOBODY, not case.affected, "Name who is affected, or close the case as no breach."),
        (
            Obstacle.OPEN_CLOCKS, case.open_clocks,
            f"Tell {_customers(case.open_clocks)} whose clock still runs, or record why no notice is owed.",
        ),
        (
            Obstacle.UNDELIVERED, case.undelivered,
            f"Deal with the notices of {_customers(case.undelivered)} that could not be delivered: repair the address, or record another channel.",
        ),
        (Obstacle.ON_ITS_WAY, case.on_its_way, "Wait until the released notices have been accepted."),
        (Obstacle.LETTERS, case.letters, f"Wait until the {_letters(case.letters)} as received; what comes back undelivered is recorded on the customer's page."),
        (
            Obstacle.UNEXPLAINED, case.unexplained,
            f"Give the reason why {_customers(case.unexplained)} {'was' if case.unexplained == 1 else 'were'} told late.",
        ),
        (Obstacle.DRAFT, case.draft, "Release the notice that was begun, or discard it."),
        (Obstacle.WORD, case.word_owed, "Give the further word that was promised, as a supplement or final notice."),
        *((Obstacle.REPORT, True, one.instruction) for one in case.reports),
    )  # fmt: skip
    return tuple((kind, text) for kind, stands, text in found if stands)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a person ends a case."""

    summary: str
    """How it ended, for the register."""
    no_final: str = ""
    """Why customers who were told that more follows get no final notice."""

    def words(self, case: CaseFacts) -> str:
        """Return what stands in the register and the dossiers."""
        summary = self.summary.strip()
        return f"{summary} No final notice was sent: {self.no_final.strip()}" if case.more_announced else summary


def ending_errors(case: CaseFacts, ending: Ending) -> dict[str, str]:
    """Return what is wrong with how a person ends a case in which nothing is owed, by field."""
    found: dict[str, str] = {}
    if short := too_little(ending.summary, REASON_MIN, "Say in a sentence how the case ended; it stands in the register."):
        found["summary"] = short
    ask = "Customers were told that further information follows. Send them a final notice, or say in a sentence why they need none."
    if case.more_announced and (short := too_little(ending.no_final, REASON_MIN, ask)):
        found["no_final"] = short
    return found


def closing_problems(case: CaseFacts) -> tuple[str, ...]:
    """Return what must be done before a case can be closed, each as an instruction; empty when it can."""
    return tuple(text for _, text in obstacles(case))


def no_breach_problems(case: CaseFacts, reason: str) -> dict[str, str]:
    """Return what keeps a case from being closed as no breach, by field."""
    found: dict[str, str] = {}
    if case.state is not CaseState.OPEN:
        found["reason"] = "The case is closed already."
    elif short := too_little(reason, REASON_MIN, "Say in a sentence why it is certain that no personal data were compromised."):
        found["reason"] = short
    elif case.on_its_way:
        found["reason"] = "Notices are on their way; wait until they have been accepted, then correct them."
    elif case.letters:
        found["reason"] = f"The {_letters(case.letters)} as received later. Wait until then and send a correction, or record on the customer's page that it came back."
    elif case.told and not case.put_right:
        found["reason"] = "Customers were told of a breach; send them a correction first that says there was none."
    elif case.draft:
        found["reason"] = "A notice was begun; release it or discard it first."
    elif case.reports:
        # NIS2 and DORA ask about the service, not about personal data: no breach of these does not end a report.
        found["reason"] = " ".join(one.instruction for one in case.reports)
    return found


def _letters(count: int) -> str:
    return f"letter on its way to {_customers(count)} counts" if count == 1 else f"letters on their way to {_customers(count)} count"


def _customers(count: int) -> str:
    return f"{count:,} customer{'' if count == 1 else 's'}"
