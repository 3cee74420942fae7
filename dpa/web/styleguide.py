"""The design system as a live page: every component with its states, drawn with invented facts in the theme the reader has chosen."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import SimpleNamespace as Sample
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template
from markupsafe import Markup
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from dpa.web import access, edge
from dpa.web.forms import Form, ZonedDateTimeField

blueprint = Blueprint("styleguide", __name__)
ZONE = "Europe/Paris"
STATES = ("late", "soon", "running", "met", "off")


LAYOUTS = (
    Sample(name="base", reader="the html shell; only the other layouts extend it", blocks="language, title, head, body"),
    Sample(name="app", reader="people who are signed in: sidebar, banners, page", blocks="title, above, page_header, content"),
    Sample(name="case", reader="each page of a case: as app, and says on top that an exercise is one", blocks="title, page_header, content"),
    Sample(name="plain", reader="signing in, errors: one card in the middle", blocks="title, content"),
    Sample(name="public", reader="customers behind their link, and strangers who check a document", blocks="language, title, content"),
)
ANATOMY = (
    {"label": "List", "value": "page header with the way in, chips, search, table, paging; an empty state that says what to do"},
    {"label": "Case", "value": "badges in the header, the act that comes next, the promises on one axis, phases, customers, an aside with documents and rare acts, timeline"},
    {"label": "Step", "value": "steps, error summary, form; what was known or told before stands in the aside"},
    {"label": "Review", "value": "what cannot be done yet, what differs, a preview, the second person, confirm"},
    {"label": "One customer", "value": "its clock, decisions somebody answers for, deliveries, questions"},
    {"label": "Act", "value": "a form with its consequence above the button, the facts beside it"},
    {"label": "End", "value": "what is still owed, with the page that settles it; else a form"},
    {"label": "Year", "value": "figures, and time to notice as spans"},
)


class SampleForm(Form):
    """One field of each kind."""

    title = StringField("What happened, in a few words")
    known = TextAreaField("What is known so far")
    aware_at = ZonedDateTimeField("Aware since", zone=ZONE)
    nature = RadioField("What was lost", choices=[SelectChoice("c", label="Confidentiality"), SelectChoice("i", label="Integrity")], default="c")
    systems = SelectMultipleField(
        "Systems", choices=[SelectChoice("1", label="Reporting service"), SelectChoice("2", label="Mail relay")],
        widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
    )  # fmt: skip
    owner = SelectField("Owner", choices=[SelectChoice("1", label="Ana Duarte"), SelectChoice("2", label="Jon Reyes")])
    certain = BooleanField("These facts are certain")


@blueprint.get("/styleguide")
@access.anyone_signed_in
def show() -> str:
    """Show every component with its states."""
    now = edge.now()
    wrong = SampleForm(formdata=None)
    wrong.title.errors = ["Give the incident a short title."]
    return render_template("styleguide.html", zone=ZONE, form=wrong, **samples(now))


def samples(now: datetime) -> dict[str, Any]:
    """Return the invented facts of the page, around `now`."""
    return {
        "layouts": LAYOUTS,
        "anatomy": ANATOMY,
        "clocks": _clocks(now),
        "steps_of_time": _steps(now),
        "rows": [
            Sample(name="Académie de Lille", reference="LL-2024-001", due_at=now + timedelta(hours=9), state="soon", words="notice not released"),
            Sample(name="Banque Rivoire", reference="LL-2024-003", due_at=now - timedelta(hours=2), state="late", words="mail refused"),
            Sample(name="Clinique Saint-Rémi", reference="LL-2025-004", due_at=now + timedelta(hours=30), state="met", words="confirmed"),
        ],
        "happened": [
            {"at": now - timedelta(days=1, hours=3), "text": "Monitoring flagged an export to an unknown address", "tint": "off"},
            {"at": now - timedelta(hours=14), "text": Markup("<strong>Aware</strong>: the log shows 3,112 records left"), "who": "Ana Duarte", "tint": "soon"},
            {"at": now - timedelta(hours=2), "text": "50 notices were accepted", "tint": "met", "detail": "Each clock is met when the mail server accepts"},
        ],
        "chart": _chart(),
        "days": [Sample(on=date(2026, 11, 22) + timedelta(days=number), count=number % 3, url=None) for number in range(7)],
        "verdict_shown": _verdict(now),
    }


def _clocks(now: datetime) -> list[Sample]:
    def clock(label: str, state: str, start: float, due: float, **more: Any) -> Sample:
        known: dict[str, Any] = {"target_at": None, "met_at": None, "start_word": "aware", "url": None} | more
        return Sample(label=label, state=state, started_at=now + timedelta(hours=start), due_at=now + timedelta(hours=due), zone=ZONE, **known)

    return [
        clock("running, with the house's own target", "running", -4, 44, target_at=now + timedelta(hours=20)),
        clock("less than a day left", "soon", -15, 9),
        clock("past its time", "late", -30, -6),
        clock("met in time", "met", -20, 4, met_at=now - timedelta(hours=8)),
        clock("met too late", "late", -40, -16, met_at=now - timedelta(hours=10)),
    ]


def _steps(now: datetime) -> list[Sample]:
    due = (now + timedelta(hours=9)).astimezone(ZoneInfo(ZONE))
    return [
        Sample(label="Rule", text="24 hours.", basis="Contract, 15.4"), Sample(label="Start", text="aware, decided from the log review", basis=None),
        Sample(label="Count", text="24 hours of elapsed time after that", basis=None), Sample(label="Due", text=f"{due:%H:%M}, weekends count", basis=None),
    ]  # fmt: skip


def _chart() -> Sample:
    def bar(label: str, hint: str, state: str, first: float | None, last: float, words: str) -> Sample:
        return Sample(label=label, hint=hint, url="#spans", state=state, first=first, last=last, promise=50.0, words=words, sentence=f"{label}: {words}")

    ticks = [Sample(at=place, text=f"{hours} h", anchor=anchor) for place, hours, anchor in ((0, 0, "start"), (50, 24, "middle"), (100, 48, "end"))]
    bars = [
        bar("Export leak", "LL-2026-007", "met", 12.0, 38.0, "all in time"), bar("Stolen laptop", "LL-2026-006", "late", 30.0, 82.0, "2 customers late"),
        bar("Wrong mailbox", "LL-2026-005", "soon", None, 20.0, "0 of 2 told"),
    ]  # fmt: skip
    return Sample(ticks=ticks, bars=bars)


def _verdict(now: datetime) -> Sample:
    checks = [
        Sample(title="Digest", sentence="The file is byte for byte the one that was issued.", word="passed", tint="met", symbol="circle-check"),
        Sample(title="Time-stamp", sentence="No time-stamp authority was set when it was sealed.", word="absent", tint="off", symbol="circle-minus"),
    ]
    return Sample(
        title="Genuine", tint="met", symbol="shield-check", summary="This file was issued here and was not changed since.", means="Who issued it, and when.",
        means_not="Whether what it says is true.", checks=checks, facts=[{"label": "Issued", "value": now.strftime("%d %B %Y")}],
    )  # fmt: skip
