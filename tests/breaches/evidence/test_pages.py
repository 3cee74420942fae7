"""Pages and files of evidence: what each role gets, what an outsider sees, what narrows them, and what the trail says."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, select

from dpa.agreements.models import Agreement
from dpa.breaches import operations
from dpa.breaches.evidence import packages
from dpa.breaches.models import Affected, Breach
from dpa.breaches.rules import Draft, Incident, Selection
from dpa.evidence.register.models import DocumentState, IssuedDocument
from dpa.evidence.seal import operations as seals
from dpa.evidence.trail.models import TrailEvent
from dpa.extensions import db
from dpa.people.models import Organisation
from tests.breaches.evidence import house
from tests.breaches.test_pages import House
from tests.support.databases import Database
from tests.support.pages import NOON, act, clock_of
from tests.support.seals import SealGround

HOSTILE = house.HOSTILE.replace("\x07", "")
EVIDENCE, REGISTER = "/breaches/1/evidence", "/breaches/register"
PATHS = [EVIDENCE, f"{EVIDENCE}/facts.zip", REGISTER, f"{REGISTER}.csv", f"{REGISTER}.xlsx", f"{EVIDENCE}/1.json"]


class Evidence(House):
    """One open incident of two customers with a hostile title, and one closed exercise."""

    def __init__(self, database: Database, ground: SealGround) -> None:
        super().__init__(database)
        settings = self.app.extensions["dpa_settings"]
        shutil.copytree(ground.keys, settings.instance / "keys", dirs_exist_ok=True)
        with self.app.app_context():
            with act(self.app, db.session()) as unit:
                seals.install(unit, ground.prepared_for(self.org))
            for drill in (False, True):
                self._case(drill)
        clock_of(self.app).advance(timedelta(hours=2))

    def _case(self, drill: bool) -> None:
        dpo = f"u:{self.people['dpo']}"
        known = NOON - timedelta(hours=1)
        with act(self.app, db.session(), dpo) as unit:
            incident = Incident("A drill" if drill else HOSTILE[:160], HOSTILE, known, known, "", drill=drill)
            breach = operations.record_incident(unit, unit.session.get_one(Organisation, self.org), incident)
            agreements = list(unit.session.scalars(select(Agreement.id).order_by(Agreement.id)))
            operations.add_affected(unit, breach, agreements, Selection.BY_LIST)
        with act(self.app, db.session(), dpo) as unit:
            breach = unit.session.get_one(Breach, 2 if drill else 1)
            if drill:
                operations.close_as_no_breach(unit, breach, "The exercise was ended early.")
            else:
                operations.save_draft(unit, breach, Draft(HOSTILE, "DPO", HOSTILE, HOSTILE, ""))

    def events(self, action: str) -> list[dict[str, object]]:
        with self.app.app_context():
            rows = db.session.scalars(select(TrailEvent).where(TrailEvent.action == action).order_by(TrailEvent.idx))
            return [json.loads(row.body)["data"] for row in rows]

    def papers(self) -> list[IssuedDocument]:
        with self.app.app_context():
            return list(db.session.scalars(select(IssuedDocument).order_by(IssuedDocument.id)))


@pytest.fixture
def desk(sqlite_database: Database, seal_ground: SealGround) -> Evidence:
    return Evidence(sqlite_database, seal_ground)


@pytest.mark.parametrize("path", PATHS)
def test_an_outsider_sees_nothing_of_it(desk: Evidence, path: str) -> None:
    answer = desk.client("outsider").get(path)
    if path.startswith(EVIDENCE):
        assert answer.status_code == 404
        assert desk.client("outsider").get(path.replace("/1/", "/99/")).status_code == 404
    assert b"LL-2026" not in answer.data
    assert desk.client("outsider").get(f"{REGISTER}?organisation=lemon-learning").status_code == 404
    assert desk.app.test_client().get(path).status_code == 302, "a stranger is sent to sign in"


@pytest.mark.parametrize("path", [f"{EVIDENCE}/dossiers", "/breaches/2/evidence/report", REGISTER])
def test_an_auditor_and_an_outsider_issue_nothing(desk: Evidence, path: str) -> None:
    assert desk.client("auditor").post(path).status_code == 403
    outside = desk.client("outsider").post(path)
    assert outside.status_code == (303 if path == REGISTER else 404)
    assert [paper.organisation_id for paper in desk.papers()] == ([desk.other] if path == REGISTER else [])


def test_an_auditor_reads_and_downloads_but_is_offered_no_act(desk: Evidence) -> None:
    client = desk.client("auditor")
    for path in PATHS:
        assert client.get(path).status_code == 200
    page = client.get(EVIDENCE).text
    assert "JSON" in page
    assert "Issue" not in page.split("<main", 1)[1].split("</main>", 1)[0]
    assert "Issue as" not in client.get(REGISTER).text


def test_a_dossier_is_issued_at_once_and_all_by_the_worker(desk: Evidence) -> None:
    client = desk.client("dpo")
    answer = client.post(f"{EVIDENCE}/dossiers", data={"customer": "2"})
    assert answer.status_code == 303
    [paper] = desk.papers()
    assert (paper.reference, paper.state, paper.addressee) == ("LL-BD-2026-0001", DocumentState.ISSUED, "Customer 2")
    assert client.get(answer.location).status_code == 200
    assert client.post(f"{EVIDENCE}/dossiers").location.endswith(EVIDENCE)
    assert [paper.state for paper in desk.papers()] == [DocumentState.ISSUED, DocumentState.ORDERED, DocumentState.ORDERED]
    page = client.get(EVIDENCE).text
    assert "LL-BD-2026-0003" in page
    assert client.post(f"{EVIDENCE}/dossiers", data={"customer": "3"}).status_code == 404, "a customer of another case"
    assert client.post(f"{EVIDENCE}/dossiers", data={"customer": "2", "as_of": "2026-11-22T12:30"}).status_code == 409, "nobody was named then"
    assert len(desk.papers()) == 3


def test_the_report_of_the_exercise_is_offered_on_its_page(desk: Evidence) -> None:
    client = desk.client("dpo")
    assert "Issue the report" in client.get("/breaches/2/evidence").text
    assert "Issue the report" not in client.get(EVIDENCE).text
    assert client.post("/breaches/2/evidence/report").status_code == 303
    assert [(paper.kind, paper.state) for paper in desk.papers()] == [("drill-report", DocumentState.ISSUED)]
    assert "LL-DR-2026-0001" in client.get(f"{REGISTER}?list=exercises").text
    assert client.post(f"{EVIDENCE}/report").status_code == 409
    assert client.post("/breaches/2/evidence/dossiers").status_code == 409


def test_the_facts_leave_as_a_file_and_the_trail_says_so(desk: Evidence) -> None:
    answer = desk.client("dpo").get(f"{EVIDENCE}/1.json?as_of=2026-11-22T13:30")
    assert answer.headers["Content-Disposition"] == "attachment; filename=LL-2026-001-A1-edpb.json"
    package = json.loads(answer.data)
    assert (package["controller"], package["as_of"], package["exercise"]) == ("Customer 1", "2026-11-22T12:30:00Z", False)
    assert package["demonstration"] is True, "no mail server is set here"
    desk.app.extensions["dpa_settings"] = desk.app.extensions["dpa_settings"].model_copy(update={"smtp_url": "smtp://mail.example:25"})
    assert json.loads(desk.client("dpo").get(f"{EVIDENCE}/1.json?as_of=2026-11-22T13:30").data)["demonstration"] is False
    assert desk.events("breaches:facts:exported")[:1] == [{"agreement": 1, "as_of": "2026-11-22T12:30:00+00:00"}]
    assert json.loads(desk.client("dpo").get("/breaches/2/evidence/3.json").data)["exercise"] is True
    assert desk.client("dpo").get(f"{EVIDENCE}/1.json?as_of=2026-11-22T11:00").status_code == 404
    assert desk.client("dpo").get(f"{EVIDENCE}/3.json").status_code == 404
    assert len(desk.events("breaches:facts:exported")) == 3


def test_the_facts_for_all_leave_in_one_archive_and_the_trail_says_so_once(desk: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "PART", 1)
    client = desk.client("dpo")
    answer = client.get(f"{EVIDENCE}/facts.zip?as_of=2026-11-22T13:30")
    assert (answer.mimetype, answer.headers["Content-Disposition"]) == ("application/zip", "attachment; filename=LL-2026-001-edpb.zip")
    with ZipFile(BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["LL-2026-001-A1-edpb.json", "LL-2026-001-A2-edpb.json"]
        held = archive.read("LL-2026-001-A1-edpb.json")
    assert held == client.get(f"{EVIDENCE}/1.json?as_of=2026-11-22T13:30").data
    assert client.head(f"{EVIDENCE}/facts.zip").status_code == 200
    assert desk.events("breaches:facts:all_exported") == [{"count": 2, "as_of": "2026-11-22T12:30:00+00:00"}]
    assert client.get(f"{EVIDENCE}/facts.zip?as_of=2026-11-22T11:00").status_code == 404, "nobody was named then"
    assert client.get(f"{EVIDENCE}/facts.zip?as_of=tomorrow").status_code == 422
    assert "facts.zip" in client.get(EVIDENCE).text


def test_files_of_one_archive_have_names_of_their_own() -> None:
    names: set[str] = set()
    assert [packages._unused(name, number, names) for number, name in enumerate(("R-A_1-edpb.json", "R-a_1-edpb.json", "R-A_1-edpb.json"))] == [
        "R-A_1-edpb.json", "R-a_1-1-edpb.json", "R-A_1-2-edpb.json",
    ]  # fmt: skip


@pytest.mark.parametrize(("query", "count"), [
    ("", 1), ("?state=open", 1), ("?state=closed", 0), ("?from=2026-11-22&to=2026-11-22", 1), ("?to=2026-11-21", 0), ("?as_of=2026-11-22T12:30", 0),
    ("?list=exercises", 1), ("?list=exercises&state=no_breach", 1), ("?list=exercises&state=open", 0), ("?organisation=lemon-learning", 1),
])  # fmt: skip
def test_what_narrows_the_page_narrows_every_export(desk: Evidence, query: str, count: int) -> None:
    client = desk.client("dpo")
    page = client.get(REGISTER + query).text
    assert ("Nothing in this period" in page) == (count == 0)
    rows = list(csv.DictReader(StringIO(client.get(f"{REGISTER}.csv{query}").data.decode("utf-8-sig"), newline="")))
    assert len(rows) == count
    sheet = load_workbook(BytesIO(client.get(f"{REGISTER}.xlsx{query}").data)).worksheets[0]
    assert sheet.max_row == 1 + count
    if "exercises" not in query:
        assert client.post(REGISTER + query).status_code == 303
        content = json.loads(desk.papers()[-1].content)["content"]
        assert len(content["incidents"]) == count
    for part in query.removeprefix("?").split("&"):
        if part:
            assert part in page.replace("&amp;", "&").replace("%3A", ":"), "the exports carry what narrows the page"
    said = desk.events("breaches:register:exported")
    assert [(one["form"], one["count"]) for one in said] == [("CSV", count), ("XLSX", count)]


def test_a_download_that_hands_nothing_out_is_not_recorded(desk: Evidence) -> None:
    client = desk.client("dpo")
    for path in (f"{REGISTER}.csv", f"{REGISTER}.xlsx", f"{EVIDENCE}/1.json"):
        assert client.head(path).status_code == 200
    assert desk.events("breaches:register:exported") == desk.events("breaches:facts:exported") == []


@pytest.mark.parametrize("query", ["as_of=soon", "as_of=2027-01-01", "from=x", "from=2026-02-01&to=2026-01-01", "state=gone"])
def test_what_cannot_be_meant_is_answered_with_a_sentence(desk: Evidence, query: str) -> None:
    client = desk.client("dpo")
    answer = client.get(f"{REGISTER}?{query}")
    assert answer.status_code == 422
    assert "The running year is shown as it stands now." in answer.text, "the page stays, to be put right"
    assert "Aware from" in answer.text
    if query.startswith("as_of"):
        assert client.get(f"{EVIDENCE}?{query}").status_code == 422
        posted = client.post(f"{EVIDENCE}/dossiers", data={"as_of": query.partition("=")[2]})
        assert (posted.status_code, 'href="#filter-as_of"' in posted.text) == (422, True)
    posted = client.post(f"{REGISTER}?{query}")
    assert (posted.status_code, "Aware from" in posted.text) == (422, True)
    assert desk.papers() == []


@pytest.mark.parametrize(("name", "query", "place", "words"), [
    *((name, "as_of=2027-01-01T10:00", "as_of", "choose a time that has passed") for name in ("csv", "xlsx", "json")),
    *((name, "as_of=soon", "as_of", "Enter a day, or a day and a time") for name in ("csv", "json")),
    ("csv", "from=2026-02-01&to=2026-01-01", "to", "The period ends before it begins"),
    ("xlsx", "list=exercises&state=gone", "state", "There is no such state"),
])  # fmt: skip
def test_a_download_that_cannot_be_meant_answers_with_the_page_and_the_error_at_its_field(desk: Evidence, name: str, query: str, place: str, words: str) -> None:
    base = f"{EVIDENCE}/1.json" if name == "json" else f"{REGISTER}.{name}"
    answer = desk.client("auditor").get(f"{base}?{query}")
    assert (answer.status_code, answer.mimetype) == (422, "text/html")
    assert "Content-Disposition" not in answer.headers
    page = answer.text.split("<main", 1)[1].split("</main>", 1)[0]
    assert f'<a href="#filter-{place}">' in page
    assert words in page.split(f'id="filter-{place}-error"', 1)[1].split("</p>", 1)[0]
    control = page.split(f'id="filter-{place}" ', 1)[1].split(">", 1)[0]
    assert f'aria-describedby="{"filter-as_of-hint " if name == "json" else ""}filter-{place}-error" aria-invalid="true"' in control
    typed = dict(part.split("=") for part in query.split("&"))
    assert place == "state" or f'value="{typed[place]}"' in control, "what was typed is kept"
    assert f"{place}={typed[place]}" not in page.replace("%3A", ":"), "no link of the page asks for it again"
    assert ("A drill" in page) is ("exercises" in query)
    assert desk.events("breaches:register:exported") == desk.events("breaches:facts:exported") == []


@pytest.mark.parametrize("path", [f"{EVIDENCE}/1.json", f"{EVIDENCE}/3.json", f"{REGISTER}.csv", f"{REGISTER}.xlsx"])
def test_nor_does_an_outsider_learn_anything_from_it(desk: Evidence, path: str) -> None:
    answer = desk.client("outsider").get(f"{path}?as_of=2027-01-01")
    assert answer.status_code == (404 if path.endswith("json") else 422)
    assert "LL-2026" not in answer.text
    assert desk.client("dpo").get(f"{EVIDENCE}/3.json?as_of=2027-01-01").status_code == 404, "a customer of another case"


def test_markup_in_every_text_appears_as_text(desk: Evidence) -> None:
    client = desk.client("dpo")
    for path in (EVIDENCE, REGISTER, f"{REGISTER}?list=exercises"):
        assert "<script>alert" not in client.get(path).text


def test_the_page_takes_as_many_statements_for_many_customers_as_for_few(desk: Evidence) -> None:
    client = desk.client("dpo")
    client.get(EVIDENCE)
    seen: list[str] = []
    with desk.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    client.get(EVIDENCE)
    assert len([text for text in seen if text.startswith("SELECT")]) <= 26, "session and person included"


def test_as_of_an_earlier_instant_the_page_shows_fewer_customers(desk: Evidence) -> None:
    with desk.app.app_context(), act(desk.app, db.session()) as unit:
        unit.session.get_one(Affected, 2).added_at = datetime.fromisoformat("2026-11-22T13:45:00+00:00")
        from dpa.breaches.events import Event
        from dpa.evidence import trail

        trail.record(unit, Event.AFFECTED, subject=("breach", 1), organisation_id=desk.org, covers=[unit.session.get_one(Affected, 2)])
    page = desk.client("dpo").get(f"{EVIDENCE}?as_of=2026-11-22T14:00").text
    assert "Customer 1" in page
    assert "Customer 2" not in page
    assert "as_of=2026-11-22T14:00" in page.replace("%3A", ":"), "the files are of the same instant"
