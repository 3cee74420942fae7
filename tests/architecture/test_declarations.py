"""What the slices declare hangs together: marks, permissions, events, kinds, mails, settings, tables."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from flask import Flask

from dpa.columns import Base
from dpa.config import Settings
from dpa.docket.kinds import DeadlineKind
from dpa.factory import create_app
from dpa.people import roles
from dpa.slices import SLICES
from dpa.web import access

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(Settings(instance=tmp_path_factory.mktemp("instance")))


def test_every_endpoint_carries_an_access_mark(app: Flask) -> None:
    bare = [name for name, view in app.view_functions.items() if name != "static" and access.mark_of(view) is None]
    assert not bare, f"these endpoints would answer 403: {bare}"


def test_an_endpoint_without_a_mark_answers_403(app: Flask) -> None:
    fresh = create_app(app.extensions["dpa_settings"])
    fresh.add_url_rule("/unmarked", "unmarked", lambda: "secret")
    assert fresh.test_client().get("/unmarked").status_code == 403


def test_every_permission_asked_for_is_granted_to_somebody(app: Flask) -> None:
    granted = set().union(*(roles.permissions(role) for role in roles.Role))
    asked = {mark.permission for view in app.view_functions.values() if (mark := access.mark_of(view)) and mark.permission}
    shown = {item.permission for part in SLICES for item in part.navigation}
    assert asked | shown <= granted


def test_navigation_leads_to_pages(app: Flask) -> None:
    missing = [item.endpoint for part in SLICES for item in part.navigation if item.endpoint not in app.view_functions]
    assert not missing


def test_paths_are_kebab_case_and_typed(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        plain = re.sub(r"<[^>]+>", "", rule.rule)
        assert re.fullmatch(r"[a-z0-9/.-]*", plain), rule.rule
        untyped = [name for name in re.findall(r"<([^>]+)>", rule.rule) if ":" not in name]
        assert not untyped, f"{rule.rule} has untyped parameters"


def test_every_event_has_a_sentence_and_a_name_with_three_parts() -> None:
    for part in SLICES:
        for name, sentence in part.events.items():
            assert re.fullmatch(r"[a-z_]+:[a-z_]+:[a-z_]+", name), name
            assert name.split(":")[0] == part.name, f"{name} is declared by {part.name}"
            assert sentence.strip()


def test_every_event_member_is_declared() -> None:
    declared = {str(name) for part in SLICES for name in part.events}
    for path in sorted((ROOT / "dpa").rglob("events.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                text = node.value.value
                if re.fullmatch(r"[a-z_]+:[a-z_]+:[a-z_]+", text):
                    assert text in declared, f"{text} in {path} has no sentence"


def test_every_deadline_kind_has_its_texts() -> None:
    kinds = [kind for part in SLICES for kind in part.deadline_kinds]
    assert kinds
    for kind in kinds:
        assert isinstance(kind, DeadlineKind)
        assert kind.title
        assert kind.group_title
        assert "{id}" in kind.path


def test_every_mail_has_subject_text_and_html() -> None:
    mails = {mail for part in SLICES for mail in part.mails}
    folders = {path.parent.relative_to(ROOT / "templates" / "emails").as_posix() for path in (ROOT / "templates" / "emails").rglob("subject.txt")}
    assert mails == folders
    for mail in mails:
        for name in ("subject.txt", "body.txt", "body.html"):
            text = (ROOT / "templates" / "emails" / mail / name).read_text("utf-8")
            assert text.strip()
            if name != "subject.txt":
                assert "{% block reason %}" in text, f"{mail}/{name} does not say why it is sent"


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    missing = [field.alias for field in Settings.model_fields.values() if f"`{field.alias}`" not in text]
    assert not missing


def test_every_table_is_audited_or_says_why_not() -> None:
    for mapper in Base.registry.mappers:
        kind = mapper.class_
        if not kind.audited:
            assert len(kind.not_audited_because) > 15, f"{kind.__name__} must say why the trail may ignore it"


def test_every_column_that_needs_it_is_named_by_the_convention() -> None:
    for table in Base.metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, f"{table.name}: unnamed {type(constraint).__name__}"


@pytest.mark.parametrize(("site", "status"), [(None, 303), ("same-origin", 303), ("none", 303), ("cross-site", 400), ("same-site", 400)])
def test_a_form_another_site_sends_is_refused(app: Flask, site: str | None, status: int) -> None:
    fresh = create_app(app.extensions["dpa_settings"], WTF_CSRF_ENABLED=False)
    headers = {"Sec-Fetch-Site": site} if site else {}
    answer = fresh.test_client().post("/preferences/theme", data={"theme": "dark", "next": "/sign-in"}, headers=headers)
    assert answer.status_code == status
