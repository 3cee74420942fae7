"""The page of one customer in a case, and what is done for just this customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request

from dpa.breaches import case_queries, channels, customer, late, links, operations, phases, queries
from dpa.breaches.act_forms import (
    AcknowledgedForm,
    AnswerForm,
    CameBackForm,
    EmptyForm,
    HandOverForm,
    OneLatenessForm,
    RationaleForm,
    ReceivedForm,
)
from dpa.breaches.case_queries import Place
from dpa.breaches.channels import Channel
from dpa.breaches.counting import ways_of
from dpa.breaches.models import Breach
from dpa.breaches.views import acts, blueprint
from dpa.breaches.views.acts import READ, RECORD, RELEASE, ActPage, customer_url, perform
from dpa.breaches.views.common import Page
from dpa.problems import Conflict, NotFound
from dpa.unit import Unit
from dpa.web import access, edge, identity
from dpa.web.words import instant_text

BASE = "/breaches/<int:breach_id>/customers/<int:affected_id>"
HAND_OVER = ActPage(
    RECORD, "Record another channel",
    "The newest notice, given by telephone, in person, by courier or by post; a courier or letter takes along what else waits to be handed over. It meets the clock at the moment it counts as received. Whoever was told by telephone or in person before the text was released is recorded with the true time.",
    "Record it", "Recorded. It counts at the moment the notice is received, or deemed so.",
)  # fmt: skip
RECEIVED = ActPage(
    RECORD, "It was received", "A letter or what a courier carried has reached the customer. It counts from the moment it was received.", "Record it",
    "Recorded. The notice counts as received from that moment.",
)  # fmt: skip
CAME_BACK = ActPage(
    RECORD, "It came back undelivered", "A letter or what a courier carried did not reach the customer. It counts as given no more, and the customer is owed the notice again.", "Record it",
    "Recorded. The customer is owed the notice again; its page says what to try next.",
)  # fmt: skip
ACKNOWLEDGED = ActPage(
    RECORD, "Record an acknowledgement", "The customer confirmed having received what was given so far, otherwise than by its link.", "Record it",
    "The acknowledgement is recorded.",
)  # fmt: skip
EXPLAIN = ActPage(RECORD, "Why was this customer told late?", "The reason stands in the customer's dossier, and is never changed.", "Give the reason", "The reason is on record.")
OWE_NOTHING = ActPage(
    RELEASE, "Decide that no notice is owed", "Towards this customer only, by your decision. No risk assessment replaces a processor's notice: the customer weighs the risk.",
    "Decide it", "The decision is recorded, and the clock is waived with it.", "danger", "This customer gets no notice, and its clock ends as waived.",
)  # fmt: skip
REVOKE = ActPage(
    RELEASE, "Revoke all links?", "Every link this customer has to the case is refused from now on.", "Revoke them", "The links are revoked.", "danger",
    "Mails sent before keep their text, and their links stop working.", closed_too=True,
)  # fmt: skip
NEW_LINK = ActPage(
    RELEASE, "Make a new link?", "For a customer who lost the mail. The address is shown once; hand it over by a way you trust.", "Make the link", "", "primary",
    "Whoever has the address can read every phase, acknowledge and ask. Links made before keep working.",
)  # fmt: skip
ANSWER = ActPage(RECORD, "Answer the question", "The answer is shown on the customer’s page; what the customer asked stands beside.", "Show the answer to the customer", "The answer is on record, and the customer reads it on its page.", closed_too=True)


@blueprint.get(BASE, endpoint="customer")
@access.needs(READ)
def show_customer(breach_id: int, affected_id: int) -> Page:
    """Show one customer of a case: its clock, every delivery and what came back, questions, acts."""
    breach = queries.breach(edge.session(), edge.scope(READ), breach_id)
    return _page(breach, affected_id)


def _page(breach: Breach, affected_id: int, fresh_link: str = "") -> Page:
    person = identity.signed_in()
    view = customer.view(edge.session(), breach, affected_id, edge.now())
    return render_template(
        "breaches/customer.html",
        breach=breach,
        view=view,
        ways=[{"label": channels.TITLES[one], "value": _sentence(view.ways.says(one))} for one in channels.ORDER if one in view.ways.rules],
        fresh_link=fresh_link,
        may_record=person.may(RECORD, breach.organisation_id),
        may_release=person.may(RELEASE, breach.organisation_id),
    )


def _facts(place: Place, breach: Breach) -> Sequence[Mapping[str, Any]]:
    return [
        {"label": "Customer", "value": place.controller.name, "hint": f"Agreement {place.agreement.reference}"},
        {"label": "Breach", "value": breach.reference, "hint": breach.title},
        {"label": "Promise or target", "value": place.row.promise},
    ]


def _act(breach_id: int, affected_id: int, page: ActPage) -> tuple[Breach, Place, tuple[str, str]]:
    breach = acts.found(breach_id, page)
    place = case_queries.place(edge.session(), breach.id, affected_id)
    return breach, place, (place.controller.name, customer_url(breach, affected_id))


@blueprint.route(f"{BASE}/hand-over", methods=["GET", "POST"])
@access.needs(RECORD)
def hand_over(breach_id: int, affected_id: int) -> Page:
    """Record that the newest phase was given by another channel than mail."""
    breach, place, back = _act(breach_id, affected_id, HAND_OVER)
    if breach.newest_released is None:
        raise Conflict(channels.NOT_RELEASED)
    form = HandOverForm()
    wanted = request.args.get("channel", "")
    ways = ways_of(edge.session(), breach, place.row, edge.now())
    form.begin(breach.zone, Channel(wanted) if wanted in set(Channel) else None, ways)

    def do(unit: Unit, fresh: Breach) -> None:
        operations.hand_over(unit, fresh, queries.affected_row(unit.session, fresh, affected_id), form.handed())

    rules = [{"label": channels.TITLES[one], "value": channels.PROOFS[one], "hint": _sentence(ways.says(one))} for one in channels.BY_HAND]
    return perform(HAND_OVER, form, breach_id, do, back=back, facts=[*_facts(place, breach), *rules])


@blueprint.route(f"{BASE}/deliveries/<int:delivery_id>/received", methods=["GET", "POST"])
@access.needs(RECORD)
def received(breach_id: int, affected_id: int, delivery_id: int) -> Page:
    """Record that what was handed over was received."""
    breach, place, back = _act(breach_id, affected_id, RECEIVED)
    carried = _carried(breach, affected_id, delivery_id)
    form = ReceivedForm()
    form.begin(breach.zone)

    def do(unit: Unit, fresh: Breach) -> None:
        operations.received(unit, fresh, queries.affected_row(unit.session, fresh, affected_id), delivery_id, form.said())

    return perform(RECEIVED, form, breach_id, do, back=back, facts=[*carried, *_facts(place, breach)])


def _carried(breach: Breach, affected_id: int, delivery_id: int) -> Sequence[Mapping[str, Any]]:
    """Return what stands beside the form about something that a person handed over; raises `NotFound` for what this customer was never given."""
    sent = next((one for one in case_queries.deliveries(edge.session(), affected_id) if one.delivery.id == delivery_id), None)
    if sent is None:
        raise NotFound("This customer was given nothing like that.")
    given = instant_text(sent.delivery.given_at, breach.zone) if sent.delivery.given_at else "not yet"
    return [
        {"label": "What", "value": f"{phases.title_of(sent.notice.phase, withdraws=sent.notice.withdraws)}, {channels.TITLES[sent.delivery.channel].lower()}", "hint": sent.delivery.proof},
        {"label": "Given", "value": given},
    ]  # fmt: skip


@blueprint.route(f"{BASE}/deliveries/<int:delivery_id>/came-back", methods=["GET", "POST"])
@access.needs(RECORD)
def came_back(breach_id: int, affected_id: int, delivery_id: int) -> Page:
    """Record that what was handed over came back undelivered."""
    breach, place, back = _act(breach_id, affected_id, CAME_BACK)
    carried = _carried(breach, affected_id, delivery_id)
    form = CameBackForm()
    form.begin(breach.zone)

    def do(unit: Unit, fresh: Breach) -> None:
        operations.came_back(unit, fresh, queries.affected_row(unit.session, fresh, affected_id), delivery_id, form.said())

    return perform(CAME_BACK, form, breach_id, do, back=back, facts=[*carried, *_facts(place, breach)])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


@blueprint.route(f"{BASE}/acknowledged", methods=["GET", "POST"])
@access.needs(RECORD)
def acknowledged(breach_id: int, affected_id: int) -> Page:
    """Record an acknowledgement that was heard otherwise than by the link."""
    breach, place, back = _act(breach_id, affected_id, ACKNOWLEDGED)
    form = AcknowledgedForm()

    def do(unit: Unit, fresh: Breach) -> None:
        operations.acknowledge(unit, fresh, queries.affected_row(unit.session, fresh, affected_id), form.name.data or "", form.how.data)

    return perform(ACKNOWLEDGED, form, breach_id, do, back=back, facts=_facts(place, breach))


@blueprint.route(f"{BASE}/lateness", methods=["GET", "POST"])
@access.needs(RECORD)
def explain_one(breach_id: int, affected_id: int) -> Page:
    """Give the reason why this customer was told late."""
    breach, place, back = _act(breach_id, affected_id, EXPLAIN)
    form = OneLatenessForm()

    def do(unit: Unit, fresh: Breach) -> None:
        rows = late.rows(unit.session, fresh, unit.now, [affected_id])
        if not rows:
            raise Conflict("This customer is not late, or its reason is on record already.")
        operations.explain_lateness(unit, fresh, rows, form.reason.data or "")

    return perform(EXPLAIN, form, breach_id, do, back=back, facts=_facts(place, breach))


@blueprint.route(f"{BASE}/not-owed", methods=["GET", "POST"])
@access.needs(RELEASE)
def owe_nothing(breach_id: int, affected_id: int) -> Page:
    """Decide that no notice is owed to this customer."""
    breach, place, back = _act(breach_id, affected_id, OWE_NOTHING)
    form = RationaleForm()

    def do(unit: Unit, fresh: Breach) -> None:
        operations.owe_nothing(unit, fresh, queries.affected_row(unit.session, fresh, affected_id), form.rationale.data or "")

    return perform(OWE_NOTHING, form, breach_id, do, back=back, facts=_facts(place, breach))


@blueprint.route(f"{BASE}/link", methods=["GET", "POST"])
@access.needs(RELEASE)
def new_link(breach_id: int, affected_id: int) -> Page:
    """Make a further link for this customer; its address is shown on the answer and nowhere else."""
    breach, place, back = _act(breach_id, affected_id, NEW_LINK)
    form = EmptyForm()
    if form.validate_on_submit():
        with edge.transaction() as unit:
            fresh = queries.breach(unit.session, edge.scope(RELEASE), breach_id)
            address = links.make_one(unit, fresh, queries.affected_row(unit.session, fresh, affected_id))
        return _page(queries.breach(edge.session(), edge.scope(RELEASE), breach_id), affected_id, address)
    return render_template("breaches/act.html", page=NEW_LINK, form=form, back=back, facts=_facts(place, breach))


@blueprint.route(f"{BASE}/link/revoke", methods=["GET", "POST"])
@access.needs(RELEASE)
def revoke_links(breach_id: int, affected_id: int) -> Page:
    """Refuse every link of this customer from now on; possible in a closed case, too, since a lost link cannot wait for it to be opened."""
    breach, place, back = _act(breach_id, affected_id, REVOKE)

    def do(unit: Unit, fresh: Breach) -> None:
        if not links.revoke_all(unit, fresh, queries.affected_row(unit.session, fresh, affected_id)):
            raise Conflict("No link of this customer works any more.")

    return perform(REVOKE, EmptyForm(), breach_id, do, back=back, facts=_facts(place, breach))


@blueprint.route(f"{BASE}/questions/<int:question_id>", methods=["GET", "POST"])
@access.needs(RECORD)
def answer(breach_id: int, affected_id: int, question_id: int) -> Page:
    """Record how a customer's question was answered; customers may ask when the case is closed, too."""
    breach, place, back = _act(breach_id, affected_id, ANSWER)
    asked = case_queries.question(edge.session(), affected_id, question_id)
    if asked.answered_at is not None and request.method == "GET":
        flash("The question was answered before.", "info")
        return redirect(back[1], 303)
    form = AnswerForm()

    def do(unit: Unit, fresh: Breach) -> None:
        operations.answer(unit, fresh, case_queries.question(unit.session, affected_id, question_id), form.answer.data or "", form.remark.data or "")

    facts = [
        {"label": "Question", "value": asked.text}, {"label": "Asked by", "value": asked.name, "hint": f"Answer to {asked.reply_to}"}, *_facts(place, breach),
    ]  # fmt: skip
    return perform(ANSWER, form, breach_id, do, back=back, facts=facts)
