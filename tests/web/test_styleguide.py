"""The live style guide: for people who are signed in, with every component that there is."""

from __future__ import annotations

from pathlib import Path

from dpa.people.roles import Role
from tests.support.databases import Database
from tests.support.pages import add_organisation, add_person, make_app, sign_in

COMPONENTS = Path(__file__).resolve().parents[2] / "templates" / "components"


def test_every_component_stands_in_the_style_guide_for_whoever_is_signed_in(sqlite_database: Database) -> None:
    app = make_app(sqlite_database)
    client = app.test_client()
    assert client.get("/styleguide").status_code == 302
    sign_in(client, add_person(app, "audit@example.org", {add_organisation(app): Role.AUDITOR}))
    page = client.get("/styleguide")
    assert page.status_code == 200
    missing = [file.name for file in COMPONENTS.glob("*.html") if f"components/{file.name}" not in page.text]
    assert not missing, f"components without a place in the style guide: {missing}"
