"""What the breach slice declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpa.agreements.terms.words import Event
from dpa.alerts import delivery
from dpa.alerts.ladder import LADDER_24H, LADDER_DAYS
from dpa.breaches import (
    clock_models,  # noqa: F401  a table that pages alone read: loaded here, so that migrations know it
    documents,
    errands,
    jobs,
    operations,
    queries,
    reports,
)
from dpa.breaches.events import PHASES, SELECTIONS, SENTENCES
from dpa.breaches.evidence import dossier, drill, register
from dpa.breaches.operations import following, naming
from dpa.breaches.regimes import Law
from dpa.docket.kinds import Beginning, DeadlineKind, Start
from dpa.slice import Job, NavItem, Slice

if TYPE_CHECKING:
    from flask import Blueprint


def _blueprints() -> tuple[Blueprint, ...]:
    from dpa.breaches.views import blueprint

    return (blueprint,)


def _report_kind(report: reports.Report) -> DeadlineKind:
    """Return the deadline of a report to an authority; one that is owed within a month is not alerted about by the hour."""
    # DORA's initial notification is counted from the classification or from awareness, so what its time begins with is not the same for all.
    start, begins = ("aware", "awareness of the breach") if report.law is Law.NIS2 else ("start", "")
    if report.after:
        start, begins = "submitted", f"the submission of the {reports.BY_NAME[report.after].plain}"
    return DeadlineKind(
        name=report.kind, title=f"{report.title} under {report.law.short}", group_title=f"{report.title} under {report.law.short} for {{subject}} ({{count}})",
        path=f"/breaches/{{id}}/reports/{report.slug}", case_path="/breaches/{id}/other-clocks", needs="breaches.release", icon="building-bank",
        ladder=LADDER_DAYS if report.monthly else LADDER_24H, act="Record it", duty=f"submit the {report.words}", filter_title=f"{report.law.short}: {report.plain}",
        start_word=start, begins=begins,
    )  # fmt: skip


# A notice the customer's mail server accepts meets that customer's clock, in the same transaction.
delivery.on_sent("notice", operations.notices_sent)
# One that will not leave any more stands in the case's own history.
delivery.on_dead("notice", operations.notices_refused)

STARTS = {Event.DISCOVERY.value: Start("noticed", "when the breach was first noticed")}
"""What promises of some contracts are counted from in the place of awareness."""
MAILS = {
    "breaches/notice": "breach notice", "breaches/approval": "notice that waits for a second person", "breaches/alone": "notice released by one person alone",
    "breaches/approved": "approval of a notice", "breaches/sent_back": "notice sent back for a change", "breaches/released": "release of a notice by a colleague",
}  # fmt: skip

SLICE = Slice(
    name="breaches",
    blueprints=_blueprints,
    navigation=(NavItem("", "Breaches", "breaches.index", "alert-triangle", "breaches.read", 10),),
    events=SENTENCES,
    settings=(NavItem("", "Breaches", "breaches.settings", "alert-triangle", "organisation.manage", 30),),
    deadline_kinds=(
        DeadlineKind(
            name=operations.KIND,
            title="Notify customer",
            group_title="Notify {count} customers of breach {subject}",
            path="/breaches/{id}",
            icon="alert-triangle",
            ladder=LADDER_24H,
            act="Open the case",
            duty="notify {customers}",
            start_word="aware",
            begins="awareness of the breach",
            starts=STARTS,
            filter_title="Breaches",
            begin=Beginning("Record an incident", "/breaches/new", "breaches.record", "alert-triangle"),
        ),
        DeadlineKind(
            name=naming.NAME, title="Name who is affected", group_title="Name who is affected by {count} incidents of {subject}", path="/breaches/{id}/affected",
            icon="users", ladder=LADDER_24H, act="Name them", duty="name who is affected", start_word="aware", begins="awareness of the breach", starts=STARTS, filter_title="Nobody named",
            needs="breaches.record", case_path="/breaches/{id}",
            no_latest="none of its own: each customer’s clock has its own, once it is named",
        ),
        DeadlineKind(
            name=following.WORD, title="Give the next word", group_title="Give {count} next words on breach {subject}", path="/breaches/{id}",
            icon="message-check", ladder=LADDER_24H, duty="give the next word", start_word="promised", filter_title="Next words",
            no_latest="none of its own: it is due when it was promised",
        ),
        DeadlineKind(
            name=following.ACKNOWLEDGE, title="Chase acknowledgements", group_title="Chase acknowledgements of breach {subject} ({count})",
            path="/breaches/{id}", icon="eye-check", ladder=LADDER_DAYS, duty="chase acknowledgements", start_word="released",
            filter_title="Acknowledgements",
        ),
        *map(_report_kind, reports.REPORTS),
    ),
    errands=(errands.APPROVALS, errands.QUESTIONS, errands.ENDINGS),
    document_kinds=(documents.NOTICE, documents.DRILL, dossier.DOSSIER, register.REGISTER, drill.REPORT),
    jobs=(Job("breaches:deemed", jobs.DEEMED_SECONDS, jobs.deemed),),
    mails=tuple(MAILS),
    names={"breach": queries.names},
    words={"mail": MAILS.get, "phase": PHASES.get, "selection": SELECTIONS.get, "report": reports.WORDS.get},
    case_parts={"breach": queries.parts},
    paths={"breach": "/breaches/{id}"},
)
