"""Reasons for lateness for many at once, and ending a case: closed, closed as no breach, opened again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import request, url_for

from dpa.breaches import case_counts, closing, late, missed, operations, queries, tally
from dpa.breaches.act_forms import LatenessForm, ReasonForm, SummaryForm
from dpa.breaches.case import ENDINGS
from dpa.breaches.closing import CaseFacts, CaseState, Ending, Obstacle, ReportOwed
from dpa.breaches.models import Breach
from dpa.breaches.operations.closing import facts_of
from dpa.breaches.reports import BY_NAME
from dpa.breaches.views import acts, blueprint
from dpa.breaches.views.acts import RECORD, RELEASE, ActPage, case_url, perform
from dpa.breaches.views.common import Page
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit
from dpa.web import access, edge, paging
from dpa.web.words import instant_text, plural

LATENESS = ActPage(
    RECORD, "Why were customers told late?", "Choose those the reason is true for. Others can be given another one afterwards.", "Give the reason",
    "The reason is on record for the customers chosen.",
)  # fmt: skip
CLOSE = ActPage(
    RELEASE, "Close the case", "A case is closed when nothing is owed any more.", "Close the case", "The case is closed.", "primary",
    "Nothing further can be added until somebody opens it again, with a reason.",
)  # fmt: skip
NO_BREACH = ActPage(
    RELEASE, "Close as no breach", "For a suspicion that turned out to be none: no personal data were compromised.", "Close as no breach",
    "The case is closed as no breach.", "danger", "Every running clock is waived with your reason; nothing is deleted.",
)  # fmt: skip
REOPEN = ActPage(
    RELEASE, "Open the case again", "Something came up that must be added or told.", "Open it again", "The case is open again.", closed_too=True,
)  # fmt: skip


@blueprint.route("/breaches/<int:breach_id>/lateness", methods=["GET", "POST"])
@access.needs(RECORD)
def lateness(breach_id: int) -> Page:
    """Give one reason why many customers were told late."""
    breach = acts.found(breach_id, LATENESS)
    now, form = edge.now(), LatenessForm()
    after = paging.decode_key(request.args.get("after"), 2)
    chosen = [int(key) for key in request.form.getlist("customer") if key.isdecimal() and len(key) < 19]

    def do(unit: Unit, fresh: Breach) -> None:
        if not form.everybody.data and not chosen:
            raise Invalid("Tick the customers the reason is true for, or give it for all of them.", field="customers")
        rows = late.rows(unit.session, fresh, unit.now, None if form.everybody.data else chosen)
        if not rows:
            raise Conflict("Each of these customers has its reason already, or was told in time.")
        operations.explain_lateness(unit, fresh, rows, form.reason.data or "")

    return perform(
        LATENESS, form, breach_id, do, back=(breach.reference, case_url(breach)), template="breaches/lateness.html", breach=breach, chosen=chosen,
        late=late.without_reason(edge.session(), breach, now, after=after), total=late.count(edge.session(), breach, now),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Todo:
    """What stands in the way of closing, with the page of the act that removes it."""

    text: str
    url: str
    link_text: str


def _todo(breach: Breach, obstacle: Obstacle, text: str) -> Todo:
    case = case_url(breach)
    pages = {
        Obstacle.NOBODY: (url_for("breaches.choose_affected", breach_id=breach.id), "Name who is affected"),
        Obstacle.OPEN_CLOCKS: (f"{case}?show=not-told#customers", "Show them"),
        Obstacle.UNDELIVERED: (url_for("breaches.review", breach_id=breach.id), "Review and release again"),
        Obstacle.ON_ITS_WAY: (case, "See where they are"),
        Obstacle.LETTERS: (f"{case}#customers", "See the customers"),
        Obstacle.UNEXPLAINED: (url_for("breaches.lateness", breach_id=breach.id), "Give the reason"),
        Obstacle.DRAFT: (url_for("breaches.review", breach_id=breach.id), "Review and release"),
        Obstacle.WORD: (url_for("breaches.write_notice", breach_id=breach.id), "Write it"),
    }
    url, words = pages.get(obstacle, (case, "Open the case"))
    return Todo(text, url, words)


def _report_todo(breach: Breach, one: ReportOwed) -> Todo:
    """Return what ends the clock of a report: its submission, or the page where it is waived when no decision ends it any more."""
    if one.missed:
        return Todo(one.instruction, url_for("docket.entry", entry_id=one.entry_id), "Open its clock")
    return Todo(one.instruction, url_for("breaches.submit_report", breach_id=breach.id, slug=BY_NAME[one.name].slug), "Record it")


@blueprint.route("/breaches/<int:breach_id>/close", methods=["GET", "POST"])
@access.needs(RELEASE)
def close(breach_id: int) -> Page:
    """Close a case in which nothing is owed any more; else show what is, with the act for each."""
    breach = acts.found(breach_id, CLOSE)
    form = SummaryForm()
    if breach.drill:
        form.in_exercise()
    facts = facts_of(edge.session(), breach, edge.now())
    ends = _ends(breach)
    todo = [_todo(breach, kind, text) for kind, text in closing.obstacles(facts) if kind is not Obstacle.REPORT]
    todo += [_report_todo(breach, one) for one in facts.reports]
    gaps = () if todo else missed.missed(edge.session(), breach)
    kept = 0 if todo else case_counts.closing_counts(edge.session(), breach).kept
    return perform(
        CLOSE, form, breach_id, lambda unit, fresh: operations.close(unit, fresh, Ending(form.summary.data or "", form.no_final.data or "")),
        back=(breach.reference, case_url(breach)), template="breaches/close.html", breach=breach, todo=todo, more_announced=facts.more_announced, ends=ends,
        missed=gaps, kept=kept, settled=missed.everybody(gaps, kept),
    )  # fmt: skip


def _ends(breach: Breach) -> list[tuple[str, str]]:
    """Return what runs beside the customers' clocks and ends with the case: what must be done, and when it is due."""
    running = operations.following.running(edge.session(), breach.id)
    return [(entry.title, instant_text(entry.target_at, breach.zone)) for entry in running]


@blueprint.route("/breaches/<int:breach_id>/no-breach", methods=["GET", "POST"])
@access.needs(RELEASE)
def close_as_no_breach(breach_id: int) -> Page:
    """Close a suspicion that turned out to be none."""
    breach = acts.found(breach_id, NO_BREACH)
    form = ReasonForm()
    count = facts_of(edge.session(), breach, edge.now())
    kept = case_counts.closing_counts(edge.session(), breach).kept
    facts: list[dict[str, Any]] = [
        {"label": "Customers named", "value": plural(count.affected, "customer")},
        {"label": "Customers' clocks", "value": f"{count.open_clocks:,} running", "hint": "they are waived with your reason" if count.open_clocks else None},
        *({"label": "Ends with the case", "value": text, "hint": f"due {due}"} for text, due in _ends(breach)),
        {"label": "Customers told", "value": tally.told(count.told - kept, count.affected, kept, word=""), "hint": _put_right_first(count, kept)},
    ]  # fmt: skip
    return perform(
        _no_breach_page(count.open_clocks), form, breach_id, lambda unit, fresh: operations.close_as_no_breach(unit, fresh, form.reason.data or ""),
        back=(breach.reference, case_url(breach)), facts=facts,
    )  # fmt: skip


def _no_breach_page(clocks: int) -> ActPage:
    """Return the page's words, which say of clocks what is so."""
    if not clocks:
        return replace(NO_BREACH, done=f"{NO_BREACH.done} No clock of a customer ran any more; what was met or waived stays on record.", consequence="No clock of a customer runs any more; nothing is deleted.")
    waived = f"{plural(clocks, 'clock')} that still ran {'is' if clocks == 1 else 'are'} waived and {'stays' if clocks == 1 else 'stay'} on record."
    return replace(NO_BREACH, done=f"{NO_BREACH.done} {waived}")


def _put_right_first(count: CaseFacts, kept: int) -> str | None:
    """Say what customers must be told before, where they were told of a breach; what only the file mailbox kept is put right in the same way."""
    if not count.told or count.put_right:
        return None
    if count.told == kept:
        return "nobody was told, but the notice on record must be put right first, by a correction that says there was no breach"
    return "they must be told the truth first, by a correction that says there was no breach"


@blueprint.route("/breaches/<int:breach_id>/reopen", methods=["GET", "POST"])
@access.needs(RELEASE)
def reopen(breach_id: int) -> Page:
    """Open a closed case again."""
    breach = queries.breach(edge.session(), edge.scope(RELEASE), breach_id)
    if breach.state is CaseState.OPEN and request.method == "GET":
        raise Conflict("The case is open already.")
    form = ReasonForm()
    facts: list[dict[str, Any]] = [
        {"label": "Breach", "value": breach.reference, "hint": breach.title},
        {"label": "It is", "value": ENDINGS.get(breach.state, "open"), "hint": instant_text(breach.closed_at, breach.zone) if breach.closed_at else None},
        {"label": "What was said then", "value": breach.close_reason},
    ]
    if breach.state is CaseState.NO_BREACH:
        facts.append({"label": "Clocks", "value": "those it waived run again", "hint": "from the awareness they had; nobody gains time"})
    return perform(
        REOPEN, form, breach_id, lambda unit, fresh: operations.reopen(unit, fresh, form.reason.data or ""),
        back=(breach.reference, case_url(breach)), facts=facts,
    )  # fmt: skip
