"""Renders sample pages with every component to plain files, so that one can look at them: python -m tests.web.preview OUTDIR.

Serve OUTDIR with `python -m http.server --bind 127.0.0.1`. The facts are invented; the templates lie in tests/web/pages.
"""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace as Row
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    EmailField,
    FileField,
    Form,
    IntegerField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    validators,
    widgets,
)

from dpa.web import filters
from dpa.web.assets import STATIC
from dpa.web.forms import ZonedDateTimeField

ROOT = Path(__file__).resolve().parents[2]
PARIS = "Europe/Paris"
NOW = datetime(2026, 11, 22, 11, 5, tzinfo=UTC)
THEMES = ("light", "dark", "auto")
PAGES = ("board", "case", "form", "gallery", "signin")


def hours(amount: float) -> datetime:
    return NOW + timedelta(minutes=round(amount * 60))


class Sample(Form):
    """One field of each kind."""

    title = StringField("What happened", [validators.DataRequired("Enter a few words that name the incident.")])
    aware_at = ZonedDateTimeField("When did you become aware", [validators.InputRequired("Enter when you became aware.")], zone=PARIS)
    reason = TextAreaField("Why not at detection")
    kind = RadioField("What was lost", [validators.InputRequired("Choose what was lost.")],
                      choices=[SelectChoice("c", "Confidentiality"), SelectChoice("i", "Integrity"), SelectChoice("a", "Availability")])
    systems = SelectMultipleField("Affected systems", choices=[SelectChoice("1", "Reporting service"), SelectChoice("2", "Mail relay")],
                                  option_widget=widgets.CheckboxInput(), widget=widgets.ListWidget(prefix_label=False))
    organisation = SelectField("Organisation", choices=[SelectChoice("1", "Lemon Learning"), SelectChoice("2", "Light Company")])
    people = IntegerField("About how many people", [validators.Optional()])
    contact = EmailField("Contact", [validators.Optional()])
    password = PasswordField("Your password", [validators.InputRequired("Enter your password.")])
    evidence = FileField("Log extract")
    certain = BooleanField("These facts are certain", description="Leave empty while they may still change.")

    def error_list(self) -> list[tuple[str | None, str]]:
        return [(part.id, str(text)) for part in self for text in part.errors]


def environment() -> Environment:
    """Return templates as the application sets them up, with stand-ins for what Flask provides."""
    env = Environment(loader=FileSystemLoader([ROOT / "templates", ROOT / "tests/web/pages"]), undefined=StrictUndefined,
                      autoescape=True, trim_blocks=True, lstrip_blocks=True)
    filters.install(env)
    env.globals.update(csrf_token=lambda: "sample-token", get_flashed_messages=lambda with_categories=False: [],
                       url_for=lambda endpoint, **_: f"#{endpoint}", request=Row(path="/board", full_path="/board?", query_string=b"", view_args={}))
    return env


def steps() -> list[Row]:
    return [
        Row(label="Rule", text="24 hours, elapsed. Contract version of 1 June 2026.", basis="Lemon GTC 15.4"),
        Row(label="Start", text="aware Sat 21 Nov 2026 21:46:00 +01:00, decided by Ana Duarte from the log review."),
        Row(label="Add", text="86,400 seconds. No clock change inside."),
        Row(label="Due", text="Sun 22 Nov 2026 21:46:00 +01:00. Weekends count, nothing rolls."),
    ]


def clock(state: str, start: float, due: float, **more: Any) -> Row:
    return Row(**{"state": state, "started_at": hours(start), "due_at": hours(due), "zone": PARIS, "start_word": "aware", **more})


def deadline(number: int, icon: str, title: str, basis: str, origin: str, owner: str | None, **more: Any) -> Row:
    who = Row(name=owner) if owner else None
    fixed = {"id": number, "url": "#", "icon": icon, "title": title, "basis": basis, "origin": origin, "owner": who, "steps": steps()}
    return clock(**{**fixed, **more})


def board() -> dict[str, Any]:
    policy = "Light Company, house policy: end of next working day"
    return {
        "act": clock("soon", -14.317, 9.683, label="Act next", title="Tell 38 customers of Lemon Learning about the export leak",
                     text="Breach LL-2026-007. Contract, GTC 15.4: by e-mail, at most 24 hours after becoming aware. Draft ready, two contacts bounced."),
        "overdue": [deadline(1, "user-question", "Forward erasure request SR-2026-041 to Harbour Museums and their agent", policy, "policy",
                             "Maud Lind", state="late", start=-60, due=-26.1)],
        "day": [
            deadline(2, "alert-triangle", "Notify 38 customers of breach LL-2026-007", "Lemon Learning, GTC 15.4", "contract", "Ana Duarte",
                     state="soon", start=-14.3, due=9.683),
            deadline(3, "alert-triangle", "Notify 12 customers of breach LS-2026-003", "Light and Shadows, Art. 29.2.7 without undue delay",
                     "policy", None, state="soon", start=-14.3, due=57.7, target_at=hours(10.083), origin_text="policy 24 h"),
        ],
        "week": [
            deadline(4, "sitemap", "Objection window for Nebius GPU cloud closes", "Light and Shadows, Art. 29.2.4: silence beyond 15 days is not approval",
                     "contract", "Jon Rask", state="running", start=-277, due=83.9),
            deadline(5, "sitemap", "Approval of Nebius GPU cloud by 7 customers", "Lemon Learning, Art. 15.4: prior specific authorisation",
                     "decision", "Jon Rask", state="running", start=-77, due=98.9),
            deadline(6, "trash", "Delete data of Alder Clinics, 2 of 5 systems open", "Light Company, clause 13.4: 90 days after expiry",
                     "statute", "Maud Lind", state="met", start=-2000, due=131.9, met_at=hours(-3)),
            deadline(7, "notebook", "Answer information request of Brasserie du Nord", "Light and Shadows, Art. 29.2.2: one month",
                     "external", "Ana Duarte", state="running", start=-570, due=155.9),
        ],
        "days": [Row(on=date(2026, 11, 22) + timedelta(days=i), count=n, url="#" if i else None) for i, n in enumerate((3, 0, 0, 1, 1, 1, 1))],
        "systems": [
            Row(icon="heartbeat", label="Worker", text="4 s ago"), Row(icon="mail-check", label="Last mail accepted", text="12:03"),
            Row(icon="shield-check", label="Trail verified", text="today 02:00, 18,412 events"), Row(icon="anchor", label="Outside witness", text="3 h old"),
            Row(icon="database", label="Backup tested", text="today 03:10"),
        ],
        "news": [
            Row(icon="check", label="", text="Certificate LL-2026-019 sealed for Nordsø Energi"), Row(icon="eye-check", label="9 customers", text="read the Nebius notice"),
            Row(icon="message-x", label="Fjord Bank", text="objected, ground given", tint="soon"),
        ],
    }


def case() -> dict[str, Any]:
    lemon = "Lemon GTC 15.4, 24 h"
    names = [("Académie de Lille", lemon, 9.683, ("draft ready", "running", "file-check")), ("Banque Rivoire", lemon, 9.683, ("contact bounced", "late", "mail-x")),
             ("Clinique Saint-Rémi", "deviation 12 h, annex 2", -2.317, ("told by phone, proof kept", "met", "phone-check")),
             ("Département du Var", lemon, 9.683, ("draft ready", "running", "file-check")),
             ("Brasserie du Nord", "older DPA, undue delay", 10.083, ("draft ready", "running", "file-check")),
             ("Harbour Museums", "no DPA on file, Art. 33(2)", 10.083, ("no security contact", "soon", "user-exclamation"))]
    return {
        "act": clock("soon", -14.317, 9.683, label="Act next, 1 of 3", title="Review and release the initial notice to 50 customers", target_at=hours(6),
                     text="38 must hear by contract within 24 hours, 12 by house policy. Text is complete; three facts are still unknown and say so."),
        "steps": steps(),
        "customers": [Row(name=n, promise=p, due_at=hours(d), zone=PARIS, badge=b) for n, p, d, b in names],
        "events": [
            Row(at=hours(-16.58), text="Monitoring flagged an export to an unknown address"), Row(at=hours(-14.317), text="Aware: log shows 3,112 records left", who="Ana Duarte", tint="soon"),
            Row(at=hours(-14.23), text="50 agreements found through the reporting service; 50 clocks started"), Row(at=hours(-14), text="Alert acknowledged", who="Jon Rask", tint="met"),
            Row(at=hours(-2.58), text="Clinique Saint-Rémi told by phone", tint="met", detail="Call note kept as evidence"),
        ],
        "clocks": [clock("met", -14.3, -2.3, label="Clinique Saint-Rémi", met_at=hours(-2.58)), clock("soon", -14.3, 9.683, label="Académie de Lille", url="#"),
                   clock("running", -14.3, 57.7, label="Brasserie du Nord", target_at=hours(10)), clock("late", -14.3, -1, label="Harbour Museums")],
    }


def gallery() -> dict[str, Any]:
    return {"clocks": [clock("running", -1, 71), clock("soon", -20, 4, target_at=hours(-4)), clock("late", -30, -6), clock("late", -240, -200),
                       clock("met", -20, 4, met_at=hours(-3)), clock("met", -40, -16, met_at=hours(-3)), clock("off", -2, 22)], "steps": steps()}


def frame(theme: str) -> dict[str, Any]:
    """Return what the application's context processor gives to every page."""
    titles = [("", [("Board", "layout-list", 9), ("Breaches", "alert-triangle", 1), ("Subprocessors", "sitemap", 2), ("Subject requests", "user-question", 4),
                    ("Retention", "trash", 3), ("Registers", "notebook", None)]),
              ("Ground", [("Agreements", "file-text", None), ("Evidence", "certificate", None), ("Outbox", "send", None), ("Calendar", "calendar", None)]),
              ("Set-up", [("Settings", "settings", None)])]
    groups = [Row(title=title, items=[Row(title=word, url="#", icon=symbol, active=word == "Board", count=count) for word, symbol, count in items])
              for title, items in titles]
    organisations = [Row(slug=name.lower(), name=name) for name in ("Lemon Learning", "Light Company", "Light and Shadows", "LightOn", "LightenUp")]
    person = Row(name="Ana Duarte", email="ana.duarte@example.org", organisations=organisations)
    return {"theme": theme, "now": NOW, "zone": PARIS, "navigation": groups, "person": person, "chosen_organisation": None, "banners": []}


def render(page: str, theme: str) -> str:
    """Return one sample page."""
    facts: dict[str, Any] = {"board": board, "case": case, "gallery": gallery}.get(page, dict)()
    if page in {"form", "signin"}:
        form = Sample(MultiDict({"title": "", "aware_at": "2026-11-21T21:46", "reason": "The log review took two hours.", "systems": "1", "organisation": "1", "kind": ""}))
        form.validate()
        facts = {"form": form if page == "form" else Sample()}
    banners = [Row(kind="soon", text="No mail server is set up: mail goes to the file mailbox.", link="#", link_text="Open Outbox")] if page == "form" else []
    return environment().get_template(f"{page}.html").render({**frame(theme), "banners": banners, **facts})


def write(folder: Path) -> None:
    """Write every page in every theme, with the static files beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "static").exists():
        (folder / "static").symlink_to(STATIC)
    shutil.copy(STATIC / "favicon.svg", folder / "favicon.ico")
    for theme in THEMES:
        for page in PAGES:
            (folder / f"{page}-{theme}.html").write_text(render(page, theme), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
