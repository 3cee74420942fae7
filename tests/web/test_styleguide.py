"""The live style guide: for people who are signed in, with every component and layout that there is."""

from __future__ import annotations

from pathlib import Path

from dpa.people.roles import Role
from tests.support.databases import Database
from tests.support.pages import add_organisation, add_person, make_app, sign_in

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


def test_every_component_and_layout_stands_in_the_style_guide_for_whoever_is_signed_in(sqlite_database: Database) -> None:
    app = make_app(sqlite_database)
    client = app.test_client()
    assert client.get("/styleguide").status_code == 302
    sign_in(client, add_person(app, "audit@example.org", {add_organisation(app): Role.AUDITOR}))
    page = client.get("/styleguide")
    assert page.status_code == 200
    missing = [f"{kind}/{file.name}" for kind in ("components", "layouts") for file in (TEMPLATES / kind).glob("*.html") if f"{kind}/{file.name}" not in page.text]
    assert not missing, f"without a place in the style guide: {missing}"
