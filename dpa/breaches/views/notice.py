"""Writing a phase, approving, reviewing and releasing it, or throwing it away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from flask import flash, redirect, render_template, request, url_for

from dpa.breaches import authorised, late, operations, queries, reviewing
from dpa.breaches.act_forms import DraftForm, EmptyForm, ReasonForm, ReleaseForm
from dpa.breaches.case import Offer
from dpa.breaches.denied import denied
from dpa.breaches.models import Breach
from dpa.breaches.operations.guards import must_be_open
from dpa.breaches.operations.releasing import Released
from dpa.breaches.operations.writing import told_of
from dpa.breaches.pages import writing
from dpa.breaches.phases import MEANINGS, TITLES, Phase, next_phases
from dpa.breaches.reviewing import Asked, Review
from dpa.breaches.versions import newest_sheet
from dpa.breaches.views import blueprint
from dpa.breaches.views.acts import RECORD, RELEASE, ActPage, case_url, perform
from dpa.breaches.views.common import Page, own, saved, status
from dpa.evidence.register import printing
from dpa.languages import NAMES
from dpa.problems import Conflict, Invalid, Problem
from dpa.web import access, edge, identity
from dpa.web.numbers import row_number
from dpa.web.words import plural

DISCARD = ActPage(
    RECORD, "Discard the text?", "What was told before stays as it is. The saved texts remain in the trail.", "Discard it",
    "The text was discarded. Nothing of it has left.", "danger", "The text being written is thrown away; this cannot be undone.",
)  # fmt: skip


SEND_BACK = ActPage(
    RELEASE, "Send the text back?", "Whoever wrote it is mailed that it was sent back, and reads your reason beside the text. A colleague may still approve it as it stands.", "Send it back",
    "The text was sent back. You are asked again when it was changed.", consequence="No notice leaves by this, and no clock waits for it.",
)  # fmt: skip


@blueprint.route("/breaches/<int:breach_id>/notice", methods=["GET", "POST"])
@access.needs(RECORD)
def write_notice(breach_id: int) -> Page:
    """Write the text of a phase, once for all customers; a later one begins with the text of the newest."""
    scope = edge.scope(RECORD)
    breach = queries.breach(edge.session(), scope, breach_id)
    must_be_open(breach)
    newest = breach.draft or breach.newest_released
    start = None if newest else writing.beginning(edge.session(), breach, edge.now())
    form = DraftForm(obj=newest, data=asdict(start.draft) if start else None)
    offers = _offers(breach)
    form.begin(breach.zone, offers, start.next_word_at if start else breach.draft.next_word_at if breach.draft else None, withdraws=breach.draft is not None and breach.draft.withdraws)
    reckoned = writing.reckoned(edge.session(), breach)
    form.offer_severity(reckoned=bool(reckoned), told=writing.tells_severity(edge.session(), breach))
    if "phase" in form and not form.is_submitted():
        form.phase.data = breach.draft.phase.value if breach.draft else _asked_phase(offers)
        if breach.draft is None and form.phase.data == Phase.FINAL.value:
            form.unknown.data = ""  # What was open when customers were told last is no part of a notice that nothing is open.
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                fresh = queries.breach(unit.session, scope, breach_id)
                operations.save_draft(unit, fresh, form.draft(), form.chosen_phase(), form.next_word_at.instant(), withdraws=form.withdraws(), severity=form.tells_severity())
            return saved(breach, "The text is saved.")
        except Problem as problem:
            form.show_problem(problem)
    told = [line for line in breach.notices if line.released_at is not None]
    return render_template(
        "breaches/notice.html", form=form, breach=breach, offers=offers, told=told, titles=TITLES, made_of=start.version if start else 0,
        beside=writing.beside(edge.session(), breach, newest), reckoned=reckoned, open_hint=writing.open_hint(offers), sent_back_by=writing.sent_back_by(edge.session(), breach.draft),
    ), status(form)  # fmt: skip


def _offers(breach: Breach) -> Sequence[Offer]:
    """Return what the phase being written may be: what may follow those that were released."""
    released = [told for told in told_of(breach) if told.released_at is not None]
    return [Offer(phase, TITLES[phase], MEANINGS.get(phase, "")) for phase in next_phases(released)]


def _asked_phase(offers: Sequence[Offer]) -> str:
    wanted = request.args.get("phase", "")
    return wanted if wanted in {one.phase.value for one in offers} else offers[0].phase.value


@blueprint.route("/breaches/<int:breach_id>/notice/discard", methods=["GET", "POST"])
@access.needs(RECORD)
def discard(breach_id: int) -> Page:
    """Throw the phase being written away, after asking."""
    breach = queries.breach(edge.session(), edge.scope(RECORD), breach_id)
    must_be_open(breach)
    if breach.draft is None:
        raise Conflict("There is no notice being written; a released one is corrected by a further notice.")
    facts = [
        {"label": "What", "value": TITLES[breach.draft.phase]},
        {"label": "Begins with", "value": breach.draft.nature[:160]},
    ]
    return perform(DISCARD, EmptyForm(), breach_id, operations.discard_draft, back=(breach.reference, case_url(breach)), facts=facts)


@blueprint.get("/breaches/<int:breach_id>/release")
@access.needs(RELEASE)
def review(breach_id: int) -> Page:
    """Review a phase: the text, whom it goes to, what differs, who cannot be reached, who approved it."""
    breach = queries.breach(edge.session(), edge.scope(RELEASE), breach_id)
    must_be_open(breach)
    return _review_page(breach, ReleaseForm())


@blueprint.post("/breaches/<int:breach_id>/release")
@access.needs(RELEASE)
def release(breach_id: int) -> Page:
    """Release the phase; where it is refused, the review comes back with what was typed and the reasons beside their fields."""
    scope, form = edge.scope(RELEASE), ReleaseForm()
    try:
        with edge.transaction() as unit:
            breach = queries.breach(unit.session, scope, breach_id)
            made = operations.release_notice(unit, breach, own(breach), **form.reasons())
    except (Conflict, Invalid) as problem:
        breach = queries.breach(edge.session(), scope, breach_id)
        must_be_open(breach)
        return _review_page(breach, form, problem)
    flash(_released(made), "success")
    return redirect(url_for("breaches.show", breach_id=breach_id), 303)


@blueprint.post("/breaches/<int:breach_id>/approve")
@access.needs(RELEASE)
def approve(breach_id: int) -> Page:
    """Approve the phase as it stands, as its second person."""
    with edge.transaction() as unit:
        operations.approve(unit, queries.breach(unit.session, edge.scope(RELEASE), breach_id))
    flash("You approved the notice as it stands. Whoever wrote it, or another colleague, can release it now.", "success")
    return redirect(url_for("breaches.review", breach_id=breach_id), 303)


@blueprint.route("/breaches/<int:breach_id>/notice/send-back", methods=["GET", "POST"])
@access.needs(RELEASE)
def send_back(breach_id: int) -> Page:
    """Send the phase back for a change, as its second person."""
    breach = queries.breach(edge.session(), edge.scope(RELEASE), breach_id)
    must_be_open(breach)
    form = ReasonForm()
    form.reason.label.text, form.reason.description = "What should be changed", "Whoever wrote it reads it beside the text; it stands in the trail, and customers never read it."
    return perform(
        SEND_BACK, form, breach_id, lambda unit, fresh: operations.send_back(unit, fresh, form.reason.data or ""),
        back=("Review", url_for("breaches.review", breach_id=breach.id)), facts=[{"label": "Breach", "value": breach.reference, "hint": breach.title}],
    )  # fmt: skip


def _released(made: Released) -> str:
    """Say what a release made, and what people do with it."""
    found = [f"The notice is released to {plural(made.mails + made.papers, 'customer')}."]
    if made.mails:
        found.append("Each clock is met when the mail server accepts it." if edge.settings().smtp_url else "No mail server is set: it is kept in the file mailbox, and nobody is told.")
    if made.papers:
        found.append(
            f"{plural(made.papers, 'customer')} cannot be mailed: hand over the sealed document, which stands on the customer’s page, and record it there; that meets the clock."
        )
    return " ".join(found)


def _review_page(breach: Breach, form: ReleaseForm, problem: Conflict | Invalid | None = None) -> Page:
    asked = Asked(
        request.args.get("customer", type=row_number), edge.words("q"), request.args.get("after", 0, type=row_number)
    )
    person = identity.signed_in()
    view = reviewing.review(edge.session(), breach, own(breach), asked, settings=edge.settings(), actor=person.actor, now=edge.now())
    if view is None:
        return redirect(url_for("breaches.write_notice", breach_id=breach.id), 303)
    beside, on_top = _told(form, problem, view)
    page = render_template(
        "breaches/release.html", review=view, breach=breach, form=form, asked=asked, beside=beside, errors=on_top,
        final=view.notice.phase is Phase.FINAL, may_write=person.may(RECORD, breach.organisation_id), offered=NAMES,
        said_in={one.language.value for one in view.languages}, unprintable=_unprintable(breach, view),
        sheet=None if view.released else writing.beside(edge.session(), breach, view.notice),
        older_severity=not view.released and writing.older_severity(edge.session(), breach, view.notice),
        doubts=(*authorised.warnings(edge.session(), breach), *denied(edge.session(), breach, newest_sheet(edge.session(), breach))),
        late=0 if view.released or view.notice.number > 1 else late.count(edge.session(), breach, edge.now()),
    )  # fmt: skip
    return page, 200 if problem is None else 409 if isinstance(problem, Conflict) else 422


def _unprintable(breach: Breach, view: Review) -> str:
    """Return what the notice's PDF cannot show as it is written; empty when it can show all."""
    shown = (view.preview.subject, view.preview.text, view.preview.name) if view.preview else ()
    return printing.warning(breach.title, *shown, *(one.controller for one in view.sending))


def _told(form: ReleaseForm, problem: Conflict | Invalid | None, view: Review) -> tuple[str, list[tuple[str | None, str]]]:
    """Put a refusal beside its fields; returns what is said beside the approval, and what only the summary on top can say."""
    if problem is None:
        return "", []
    if not isinstance(problem, Invalid):
        return "", [(None, problem.message)]
    on_top: list[tuple[str | None, str]] = []
    for name, text in problem.fields.items():
        if name in form:
            form[name].errors = [*form[name].errors, text]
        else:
            on_top.append(("approval" if name == "approval" else "text" if name in view.errors else None, text))
    return problem.fields.get("approval", ""), on_top
