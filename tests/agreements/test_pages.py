"""Pages of agreements: what each person may see and do, what is shown, and that bad input leaves nothing behind."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import event, func, select

from dpa.agreements import deviations, operations, queries
from dpa.agreements.imports import operations as imports
from dpa.agreements.imports import reading
from dpa.agreements.models import (
    Agreement,
    AgreementVersion,
    ConflictDecision,
    System,
    Template,
    TemplateVersion,
    WordTarget,
)
from dpa.agreements.terms import (
    DeviationSheet,
    dump_sheet,
    dump_terms,
    group_label,
    shipped_contract,
    shipped_text,
)
from dpa.extensions import db
from dpa.people.roles import Role
from dpa.web.identity import Scope
from tests.agreements.conftest import Desk, agreed, standard
from tests.support import pages

REASON = "Counsel of 3 May: the customer may ask for its data back first."
SHEET = dump_sheet(DeviationSheet(template="lemon-learning", deviations=deviations.with_breach_hours((), 12, "annex 2")))
TABS = ("terms", "gaps", "conflicts", "deviations", "clocks", "defects", "history", "nonsense")


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Collect the statements of one request that read or write tables."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN", "SET")):
            found.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def reading_paths(desk: Desk, agreement: int, template: int) -> list[str]:
    return [
        *(f"/agreements/{agreement}?tab={tab}" for tab in TABS),
        f"/agreements/{agreement}/deviations.json",
        *(f"/agreements/templates/{template}?tab={tab}" for tab in ("terms", "gaps", "conflicts", "defects", "versions")),
        f"/agreements/templates/{template}/terms.json",
    ]


def changing_paths(agreement: int, template: int, organisation: int) -> list[str]:
    return [
        f"/agreements/{agreement}/end", f"/agreements/{agreement}/systems", f"/agreements/{agreement}/conflicts/deletion",
        f"/agreements/{agreement}/breach-hours", f"/agreements/{agreement}/deviations", f"/agreements/templates/{template}/amend",
        f"/agreements/templates/{template}/amend/confirm", f"/agreements/templates/{template}/conflicts/deletion",
        f"/agreements/targets/{organisation}",
    ]


LISTS = ("/agreements", "/agreements/templates", "/agreements/matrix", "/agreements/matrix.csv", "/agreements/systems")


def test_who_belongs_sees_every_page_and_a_stranger_none(desk: Desk) -> None:
    client = desk.client(desk.auditor)
    for path in (*LISTS, *reading_paths(desk, desk.agreement, desk.template)):
        assert client.get(path).status_code == 200, path
    stranger = desk.app.test_client()
    for path in (*LISTS, *reading_paths(desk, desk.agreement, desk.template)):
        answer = stranger.get(path)
        assert (answer.status_code, "/sign-in" in answer.location) == (302, True), path


def test_another_organisations_agreements_look_like_absent_ones(desk: Desk) -> None:
    client = desk.client(desk.outsider)
    for path in reading_paths(desk, desk.agreement, desk.template):
        assert client.get(path).status_code == 404, path
    for path in changing_paths(desk.agreement, desk.template, desk.lemon):
        assert client.post(path, data={}).status_code == 404, path
    for path in ("/agreements/999999", f"/agreements/{10**25}", "/agreements/templates/999999", f"/agreements/templates/{10**25}"):
        assert client.get(path).status_code == 404, path
    for path in LISTS:
        text = client.get(path).text
        assert "Académie" not in text, path
        assert "Lemon" not in text, path
    assert client.get("/agreements?organisation=lemon-learning").status_code == 404
    assert client.get(f"/agreements?template={desk.template}").text.count("Fjord Bank") == 0


def test_an_auditor_changes_nothing(desk: Desk) -> None:
    client = desk.client(desk.auditor)
    for path in (*changing_paths(desk.agreement, desk.template, desk.lemon), "/agreements/new", "/agreements/templates/new", "/agreements/import"):
        assert client.post(path, data={}).status_code == 403, path
    assert client.post("/agreements/systems", data={"name": "X"}).status_code == 404
    text = client.get(f"/agreements/{desk.agreement}?tab=deviations").text + client.get("/agreements").text
    posts = re.findall(r'<form[^>]* action="([^"]+)" method="post"', text)
    assert [action for action in posts if action.startswith("/agreements")] == []
    assert "Add an agreement" not in text


def test_someone_who_may_read_in_two_organisations_changes_only_where_they_may(desk: Desk) -> None:
    both = pages.add_person(desk.app, "both@example.org", {desk.lemon: Role.AUDITOR, desk.light: Role.DPO})
    client = desk.client(both)
    assert client.get(f"/agreements/{desk.agreement}").status_code == 200
    for path in changing_paths(desk.agreement, desk.template, desk.lemon):
        assert client.post(path, data={}).status_code == 404, path
    assert client.get("/agreements/new?organisation=lemon-learning").status_code == 404
    assert client.get("/agreements/new").status_code == 200
    form = {"customer": "C-0001", "template": desk.template, "reference": "A-X", "starts_on": "2026-01-01"}
    assert client.post("/agreements/new", data=form).status_code == 422


def test_the_terms_tab_shows_every_group_with_origin_clause_and_words(desk: Desk) -> None:
    text = desk.client(desk.dpo).get(f"/agreements/{desk.agreement}").text
    for group in ("document", "breach", "retention", "subprocessors", "audit"):
        assert group_label(group) in text
    assert "clause 15.4" in text
    assert "one (1) year" not in text  # The undecided contradiction lets the stricter reading run.
    assert "undecided, stricter runs" in text
    assert "“destruction of all existing copies”" in text
    assert "House target 1 working day" in text
    assert "Who was asked" in text


def test_each_trap_is_visible_on_its_page(desk: Desk) -> None:
    with desk.app.app_context(), desk.unit() as unit:
        ids = {
            slug: agreed(unit, standard(unit, desk.lemon, slug), number).id
            for number, slug in enumerate(("lightenup", "lighton", "light-and-shadows", "light-company"), start=50)
        }
    client = desk.client(desk.dpo)
    words = {
        "lightenup": ["no DPA on file", "can be read as two different days"],
        "lighton": ["DPA not held", "points to the Data Protection Agreement"],
        "light-and-shadows": ["fixed offset that does not follow summer time", "The list of subprocessors at signature"],
        "light-company": ["DPA not held", "Clause 6.1 has two items f)"],
    }
    for slug, wanted in words.items():
        text = client.get(f"/agreements/{ids[slug]}?tab=defects").text
        assert [word for word in wanted if word not in text] == [], slug
    assert "mailbox of the vendor itself" in client.get(f"/agreements/{desk.agreement}?tab=defects").text
    listed = client.get("/agreements").text
    for badge in ("no DPA on file", "DPA not held", "parts missing", "vendor&#39;s own mailbox", "date in doubt", "fixed offset"):
        assert badge in listed, badge


def test_a_contradiction_is_decided_once_with_a_reason_by_whom_and_when(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    path = f"/agreements/{desk.agreement}/conflicts/deletion"
    assert "suggested" in client.get(path).text
    for wrong in ({}, {"option": "one-year"}, {"option": "nothing", "reason": REASON}, {"option": "one-year", "reason": "because"}):
        answer = client.post(path, data=wrong)
        assert answer.status_code == 422, wrong
    assert count(desk.app, ConflictDecision) == 0
    assert client.post(path, data={"option": "one-year", "reason": REASON}).status_code == 303
    text = client.get(f"/agreements/{desk.agreement}?tab=conflicts").text
    assert "Decided by Dpo, Sun 22 Nov 2026, 13:00 Paris" in re.sub(r"</?time[^>]*>", "", text)
    assert REASON in text
    assert "1 year from the end" in client.get(f"/agreements/{desk.agreement}").text
    assert client.get(f"/agreements/{desk.agreement}/conflicts/nothing").status_code == 404


def test_a_decision_on_standard_terms_holds_for_agreements_on_them(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    assert client.post(f"/agreements/templates/{desk.template}/conflicts/deletion", data={"option": "one-year", "reason": REASON}).status_code == 303
    assert "undecided" not in client.get(f"/agreements/{desk.agreement}").text
    assert "none open" in client.get("/agreements").text


def test_breach_hours_are_amended_by_a_form(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    path = f"/agreements/{desk.agreement}/breach-hours"
    good = {"hours": "12", "clause": "annex 2", "hours_from": "2026-11-22", "hours_note": "Negotiated with the customer"}
    for wrong in ({"hours": "0"}, {"hours": "many"}, {"clause": ""}, {"hours_from": "soon"}, {"hours_from": "2024-01-01"}, {"hours_note": ""}):
        answer = client.post(path, data=good | wrong)
        assert answer.status_code == 422, wrong
        assert "There is a problem" in answer.text
    assert count(desk.app, AgreementVersion) == 2
    assert client.post(path, data=good).status_code == 303
    text = client.get(f"/agreements/{desk.agreement}?tab=deviations").text
    assert "12 hours" in text
    assert "At most 24 hours" in text or "24 hours" in text
    assert "with deviations" in client.get("/agreements").text
    assert "12 hours" in client.get(f"/agreements/{desk.agreement}/deviations.json").text.replace('"amount": 12', "12 hours")


WRONG_SHEETS: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, "Choose a deviation sheet"),
    ({"sheet": "{"}, "not readable JSON"),
    ({"sheet": SHEET.replace("lemon-learning", "lighton")}, "this agreement follows “lemon-learning”"),
    ({"file": b"PK\x03\x04"}, "Excel workbook"),
    ({"file": b""}, "The file is empty"),
    ({"file": b"\xff"}, "not UTF-8"),
    ({"file": SHEET.encode(), "sheet": SHEET}, "not both"),
)


def test_a_wrong_sheet_is_refused_with_what_was_typed_kept(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    for data, words in WRONG_SHEETS:
        given = {"valid_from": "2026-11-22", "note": "Kept for you"} | data
        if "file" in data:
            given["file"] = (io.BytesIO(data["file"]), "s.json")
        answer = client.post(f"/agreements/{desk.agreement}/deviations", data=given, content_type="multipart/form-data")
        assert (answer.status_code, words in answer.text, "Kept for you" in answer.text) == (422, True, True), words
    assert count(desk.app, AgreementVersion) == 2


def test_a_sheet_by_file_or_by_text_becomes_a_version(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    given = {"valid_from": "2026-11-22", "note": "Signed annex", "file": (io.BytesIO(SHEET.encode()), "s.json")}
    path = f"/agreements/{desk.agreement}/deviations"
    assert client.post(path, data=given, content_type="multipart/form-data").status_code == 303
    assert client.get(f"/agreements/{desk.agreement}/deviations.json").text == SHEET
    history = client.get(f"/agreements/{desk.agreement}?tab=history").text
    assert "Signed annex" in history
    assert "This agreement, version 2" in history


def test_an_amendment_of_standard_terms_is_previewed_then_made(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    document = shipped_contract("lemon-learning")
    text = dump_terms(document.changed(terms=deviations.with_breach_hours(document.terms, 36, "15.4")))
    path = f"/agreements/templates/{desk.template}/amend"
    form = {"terms": text, "valid_from": "2026-12-01", "note": "New section 15.4"}
    preview = client.post(path, data=form)
    assert preview.status_code == 200
    assert "36 hours" in preview.text
    assert "Nothing is written yet" in preview.text
    assert count(desk.app, TemplateVersion) == 2
    assert client.post(f"{path}/confirm", data=form).status_code == 303
    assert count(desk.app, TemplateVersion) == 3
    assert client.get(f"/agreements/templates/{desk.template}/terms.json").text == text
    assert "version 2" in client.get(f"/agreements/templates/{desk.template}?tab=versions").text
    assert "Nothing differs" in client.post(path, data=form | {"valid_from": "2026-12-02"}).text
    for wrong in ({"terms": "{"}, {"terms": shipped_text("lighton")}, {"valid_from": "2026-12-01"}, {"note": ""}, {"terms": ""}):
        for target in (path, f"{path}/confirm"):
            assert client.post(target, data=form | {"valid_from": "2026-12-02"} | wrong).status_code == 422, wrong
    assert count(desk.app, TemplateVersion) == 3


def test_standard_terms_are_added_once(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    form = {"terms": shipped_text("lighton"), "valid_from": "2026-01-01", "note": "First reading"}
    assert client.get("/agreements/templates/new").status_code == 200
    assert client.post("/agreements/templates/new", data=form).status_code == 303
    again = client.post("/agreements/templates/new", data=form)
    assert again.status_code == 422
    assert "amend them instead" in again.text
    assert count(desk.app, Template) == 3


def test_an_agreement_is_added_for_a_customer_of_the_same_organisation(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    good = {"customer": "C-0001", "template": desk.template, "reference": "A-77", "starts_on": "2026-01-01", "systems": "1"}
    wrong: list[dict[str, object]] = [
        {"customer": "C-0002"}, {"customer": ""}, {"template": desk.foreign_template}, {"reference": "A-0001"}, {"reference": "=1"},
        {"starts_on": "1 May"}, {"ends_on": "2025-01-01"}, {"systems": "999"},
    ]
    for one in wrong:
        assert client.post("/agreements/new", data=good | one).status_code == 422, one
    assert count(desk.app, Agreement) == 2
    answer = client.post("/agreements/new", data=good)
    assert answer.status_code == 303
    assert "Reporting service" in client.get(answer.location).text


def test_systems_targets_and_ends_are_set(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    assert client.post("/agreements/systems", data={"name": "Mail relay"}).status_code == 303
    assert client.post("/agreements/systems", data={"name": "MAIL RELAY"}).status_code == 422
    assert count(desk.app, System) == 2
    assert client.post(f"/agreements/{desk.agreement}/systems", data={"systems": "2"}).status_code == 303
    assert client.post(f"/agreements/{desk.agreement}/systems", data={"systems": "2"}).status_code == 422
    target = {"word": "without_undue_delay", "group": "breach", "amount": "8", "unit": "hours", "ceiling": "16"}
    path = f"/agreements/targets/{desk.lemon}"
    for wrong in ({"amount": "0"}, {"amount": "x"}, {"ceiling": "8"}, {"word": "soon"}, {"unit": "moons"}):
        assert client.post(path, data=target | wrong).status_code == 422, wrong
    assert count(desk.app, WordTarget) == 0
    assert client.post(path, data=target).status_code == 303
    assert "this organisation" in client.get(path).text
    assert client.post(f"/agreements/{desk.agreement}/end", data={"ends_on": "2024-01-01"}).status_code == 422
    assert client.post(f"/agreements/{desk.agreement}/end", data={"ends_on": "2026-11-21"}).status_code == 303
    assert "ended" in client.get(f"/agreements/{desk.agreement}").text
    assert "Académie" not in client.get("/agreements?state=running").text
    assert "Académie" in client.get("/agreements?state=ended").text
    history = client.get(f"/agreements/{desk.agreement}?tab=history").text
    assert "Set the last day of the agreement to Sat 21 Nov 2026" in history


FILTERS = (
        ("q=ACADÉMIE", True), ("q=académie", True), ("q=a-0001", True), ("q=%25", False), ("q=lemon", True), ("status=on-file", True),
        ("status=none", False), ("status=nonsense", True), ("template=1", True), ("template=99999999999999999999999", False),
        ("template=x", True), ("state=running", True), ("state=ended", False), ("q=%00Acad", True),
)


def test_filters_live_in_the_address(desk_on_both: Desk) -> None:
    client = desk_on_both.client(desk_on_both.dpo)
    for query, found in FILTERS:
        assert ("Académie de Lille" in client.get(f"/agreements?{query}").text) is found, query


def test_a_damaged_page_address_is_one_sentence(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    for key in ("x", "WyJhIl0", "WzEsMl0", "WyJhXHUwMDAwIiwxXQ", "WyJhIiwxMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwXQ"):
        for path in ("/agreements", "/agreements/matrix", "/customers"):
            answer = client.get(f"{path}?after={key}")
            assert (answer.status_code, "damaged" in answer.text) == (422, True), (path, key)


def test_pages_of_the_list_follow_each_other_without_gap_or_repeat(desk_on_both: Desk) -> None:
    desk = desk_on_both
    with desk.app.app_context(), desk.unit() as unit:
        template = queries.template(db.session(), Scope(frozenset({desk.lemon})), desk.template)
        for number in range(100, 220):
            agreed(unit, template, number, name="Same name" if number % 3 else f"Name {number}")
    client, seen, path = desk.client(desk.dpo), list[str](), "/agreements"
    while path:
        text = client.get(path).text
        seen += re.findall(r'href="/agreements/(\d+)"', text)
        following = re.search(r'href="([^"]+)" rel="next"', text)
        path = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 121


COUNTED = ("/agreements", "/agreements?status=on-file", "/agreements/matrix", "/agreements/matrix?within=24", "/agreements/templates")


def test_the_number_of_statements_does_not_grow_with_agreements(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    counted: dict[str, list[list[str]]] = {path: [] for path in COUNTED}
    for more in (10, 990):
        with desk.app.app_context(), desk.unit() as unit:
            template = queries.template(db.session(), Scope(frozenset({desk.lemon})), desk.template)
            rows = [agreed(unit, template, more + number) for number in range(3)]
            for row in rows:
                operations.amend_agreement(unit, row, deviations.with_breach_hours((), 12, "annex 2"), date(2026, 1, 1), "x")
            lines = [f"I-{more}-{number},Name {number},I-{more}-{number},lemon-learning,2026-01-01" for number in range(more)]
            raw = reading.read("\n".join(("controller_reference,controller_name,agreement_reference,template,starts_on", *lines)))
            imports.confirm(unit, imports.keep(unit, desk.lemon, desk.dpo, "more.csv", raw))
        for path in COUNTED:
            with statements(desk.app) as found:
                assert client.get(path).status_code == 200
            counted[path].append(found)
    for path, (few, many) in counted.items():
        assert len(few) == len(many), path
        own = [one for one in many if re.search(r"\b(agreement|template|word_target|conflict_decision)\b", one)]
        assert len(own) <= 6, (path, own)
        assert len(many) <= 11, (path, many)


def test_the_page_of_an_agreement_knows_its_clocks(desk: Desk) -> None:
    assert "No clock runs" in desk.client(desk.dpo).get(f"/agreements/{desk.agreement}?tab=clocks").text


def test_downloads_are_the_canonical_text(desk: Desk) -> None:
    client = desk.client(desk.auditor)
    answer = client.get(f"/agreements/templates/{desk.template}/terms.json")
    assert answer.data == shipped_text("lemon-learning").encode()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lemon-learning.json"'
    assert json.loads(client.get(f"/agreements/{desk.agreement}/deviations.json").text) == {"template": "lemon-learning"}
