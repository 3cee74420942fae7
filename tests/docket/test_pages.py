"""The pages in a whole application: what each role sees and may do, and that refused input is kept."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select

from dpa.docket.models import DocketChange, DocketEntry
from dpa.docket.operations import meet, open_many, supersede
from dpa.evidence.trail import anchoring, checkpoints
from dpa.extensions import db
from dpa.people.roles import Role
from tests.docket.house import ANSWER, HOUR, House, counted
from tests.support.databases import Database
from tests.support.pages import NOON, act, add_organisation, add_person, clock_of, make_app, sign_in

REASON = "The customer agreed on the telephone."


class Desk:
    """An application with one organisation, its people, and short ways to open deadlines."""

    def __init__(self, database: Database) -> None:
        self.app: Flask = make_app(database, session_idle_minutes=720)
        self.org = add_organisation(self.app, "Lemon Learning")
        self.dpo = add_person(self.app, "ana@example.org", {self.org: Role.DPO}, name="Ana Duarte")
        self.house = House(database.engine, database.settings(), now=NOON)

    def client(self, person_id: int):  # type: ignore[no-untyped-def]
        client = self.app.test_client()
        sign_in(client, person_id)
        return client

    def open(self, *subjects: int, **changes: object) -> list[int]:
        """Open one deadline of 24 hours for each case named."""
        deadline = counted("24 hours", NOON)
        given = {"target": deadline, "latest": deadline, "started_at": NOON, **changes}
        with self.app.app_context(), act(self.app, db.session()) as unit:
            openings = [self.house.opening(self.org, subject=("breach", n), subject_label=f"LL-{n}", title=f"Notify customer of LL-{n}", **given) for n in subjects]
            return [entry.id for entry in open_many(unit, openings)]

    def entry(self, number: int) -> DocketEntry:
        with self.app.app_context():
            found = db.session().get_one(DocketEntry, number)
            db.session().expunge(found)
            return found


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    return Desk(sqlite_database)


def test_an_empty_board_says_what_will_come(desk: Desk) -> None:
    page = desk.client(desk.dpo).get("/board").text
    assert "No deadline is running" in page
    assert "Next seven days" in page
    assert "Systems need a look" in page, "the worker has never run here"


def test_the_board_shows_act_next_sections_and_owner(desk: Desk) -> None:
    desk.open(1, 1, 1, owner_id=desk.dpo)
    desk.open(2, kind=ANSWER, target=counted("5 days", NOON), latest=None)
    page = desk.client(desk.dpo).get("/board").text
    assert "Act next, 1 of 2" in page
    assert "Notify 3 customers of LL-1" in page
    assert page.index("Next 24 hours") < page.index("This week")
    assert '<span class="avatar-dot' in page
    assert re.search(r'data-due="2026-11-23T12:00:00\+00:00" data-live>1 d<', page)
    assert "Sunday 22 November 2026, 13:00 in Paris" in page
    assert "Review and release" in page
    assert "Why this time?" in page


def test_the_root_leads_to_the_board(desk: Desk) -> None:
    assert desk.client(desk.dpo).get("/").headers["Location"] == "/board"


def test_filters_without_hits_offer_the_way_back(desk: Desk) -> None:
    desk.open(1)
    client = desk.client(desk.dpo)
    page = client.get("/board?q=nothing+like+it").text
    assert "No deadline matches" in page
    assert "Show all" in page
    assert 'value="nothing like it"' in page
    assert client.get("/board?owner=x").status_code == 422
    assert client.get("/board?after=zzz").status_code == 422
    assert client.get("/board?organisation=other").status_code == 404


def test_filters_stay_in_the_address(desk: Desk) -> None:
    desk.open(*range(1, 61))
    client = desk.client(desk.dpo)
    page = client.get("/board?organisation=lemon-learning&origin=contract&q=customer").text
    assert "50 lines, soonest first" in page
    following = re.search(r'href="(/board\?[^"]*after=[^"]*)" rel="next"', page)
    assert following
    address = following[1].replace("&amp;", "&")
    assert "origin=contract" in address
    assert "organisation=lemon-learning" in address
    further = client.get(address).text
    assert "10 lines, soonest first" in further
    assert "Act next" not in further


def test_the_board_costs_few_statements(desk: Desk) -> None:
    desk.open(*range(1, 31))
    client = desk.client(desk.dpo)
    client.get("/board")
    sent: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    with desk.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    client.get("/board")
    event.remove(engine, "before_cursor_execute", note)
    assert len(sent) <= 15, "\n\n".join(sent)


def test_the_board_tells_how_old_the_newest_checkpoint_outside_is(desk: Desk) -> None:
    client = desk.client(desk.dpo)

    def said(what: str) -> str:
        found = re.search(rf"<li[^>]*>(?:(?!</li>).)*{what}.*?</li>", client.get("/board").text, re.DOTALL)
        assert found
        return " ".join(re.sub(r"<svg.*?</svg>", "", found[0], flags=re.DOTALL).split())

    assert "holds no checkpoint yet" in said("Outside witness")
    with desk.app.app_context(), act(desk.app, db.session(), f"u:{desk.dpo}") as unit:
        checkpoint = checkpoints.take(unit, checkpoints.signer_for(unit.settings), "request")
        anchoring.keep(unit, checkpoint.size, "safe of the auditor")
    clock_of(desk.app).advance(3 * HOUR)
    assert "by a colleague’s word, of 3 h ago" in said("kept outside"), "the desk itself knows of no witness"
    clock_of(desk.app).advance(33 * HOUR - timedelta(seconds=1))
    client = desk.client(desk.dpo)
    assert "ink-late" not in said("kept outside")
    clock_of(desk.app).advance(timedelta(seconds=1))
    assert "ink-late" in said("kept outside")
    assert 'href="/checkpoints"' in said("kept outside")


def test_one_deadline_explains_itself(desk: Desk) -> None:
    (number,) = desk.open(1, target=counted("12 hours", NOON))
    page = desk.client(desk.dpo).get(f"/docket/{number}").text
    for words in ("Why Mon 23 Nov 13:00?", "Why the target Mon 23 Nov 01:00?", "24 hours.", "Contract, GTC 15.4", "Counted again now: the same date.",
                  "What happened", "Opened", "Extend", "Pause", "Waive", "I am on it"):  # fmt: skip
        assert words in page, words


def test_strangers_and_outsiders(desk: Desk) -> None:
    (number,) = desk.open(1)
    other = add_organisation(desk.app, "Other")
    outsider = add_person(desk.app, "eve@example.org", {other: Role.DPO})
    assert desk.app.test_client().get("/board").status_code == 302
    client = desk.client(outsider)
    assert "LL-1" not in client.get("/board").text
    paths = [f"/docket/{number}", *(f"/docket/{number}/{name}" for name in ("extend", "pause", "resume", "waive", "owner"))]
    for path in paths:
        assert client.get(path).status_code == 404, path
        assert client.get(path.replace(str(number), "99999")).status_code == 404
    for name in ("acknowledge", "extend", "pause", "waive", "owner"):
        answer = client.post(f"/docket/{number}/{name}", data={"reason": REASON, "at": "2026-11-22T12:30", "target_at": "2026-12-22T12:30", "owner": ""})
        assert answer.status_code == 404, name
    assert desk.entry(number).state == "open"


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.AUDITOR, set()),
        (Role.OPERATOR, {"acknowledge", "extend", "pause", "owner"}),
        (Role.DPO, {"acknowledge", "extend", "pause", "owner", "waive"}),
    ],
)
def test_what_each_role_may_do(desk: Desk, role: Role, allowed: set[str]) -> None:
    person = add_person(desk.app, "someone@example.org", {desk.org: role})
    client = desk.client(person)
    (number,) = desk.open(1)
    page = client.get(f"/docket/{number}").text
    for name in ("acknowledge", "extend", "pause", "owner", "waive"):
        assert (f"/docket/{number}/{name}" in page) is (name in allowed), name
        answer = client.post(f"/docket/{number}/{name}", data={"reason": "no"})
        assert (answer.status_code == 403) is (name not in allowed), name


def test_acknowledging_covers_the_case(desk: Desk) -> None:
    numbers = desk.open(1, 1, 1)
    answer = desk.client(desk.dpo).post(f"/docket/{numbers[1]}/acknowledge", follow_redirects=True)
    assert "Acknowledged, 3 deadlines." in answer.text
    assert {desk.entry(number).acknowledged_by for number in numbers} == {f"u:{desk.dpo}"}
    assert "I am on it" not in answer.text


def test_extending_from_the_page(desk: Desk) -> None:
    (number,) = desk.open(1)
    client = desk.client(desk.dpo)
    page = client.get(f"/docket/{number}/extend").text
    assert 'value="2026-11-23T13:00"' in page
    assert "Paris time" in page
    data = {"target_at": "2026-11-24T09:30", "due_at": "2026-11-24T10:00", "reason": REASON}
    answer = client.post(f"/docket/{number}/extend", data=data, follow_redirects=True)
    assert "Extended. Alerts follow the new date." in answer.text
    assert REASON in answer.text
    entry = desk.entry(number)
    assert (entry.target_at, entry.due_at) == (NOON + timedelta(days=1, hours=20, minutes=30), NOON + 45 * HOUR)


def test_moving_the_houses_own_target_says_that_contract_and_law_do_not_move(desk: Desk) -> None:
    (with_latest,) = desk.open(1)
    (alone,) = desk.open(1, target=counted("24 hours", NOON), latest=None, origin="house_policy", basis="Law, GDPR Art. 33(2): without undue delay; house target 24 hours")
    (inside,) = desk.open(1, target=counted("24 hours", NOON), latest=None, origin="house_policy", basis="House policy: acknowledged within 24 hours")
    (of_contract,) = desk.open(1, target=counted("24 hours", NOON), latest=None, origin="contract")
    client = desk.client(desk.dpo)
    said = {number: "a later target excuses no delay" in client.get(f"/docket/{number}/extend").text for number in (with_latest, alone, inside, of_contract)}
    assert said == {with_latest: False, alone: True, inside: False, of_contract: False}
    for name, words in (("pause", "a pause excuses no delay"), ("waive", "waiving the target excuses no delay")):
        said = {number: words in client.get(f"/docket/{number}/{name}").text for number in (with_latest, alone, inside, of_contract)}
        assert said == {with_latest: False, alone: True, inside: False, of_contract: False}, name
    assert "excuses no delay" not in client.get(f"/docket/{alone}/owner").text


def test_a_day_ends_with_its_last_second(desk: Desk) -> None:
    deadline = counted("5 days", NOON)
    (number,) = desk.open(1, target=deadline, latest=None)
    data = {"target_at": "2026-11-30T23:59", "reason": REASON}
    assert desk.client(desk.dpo).post(f"/docket/{number}/extend", data=data).status_code == 303
    assert desk.entry(number).target_at.isoformat() == "2026-11-30T22:59:59+00:00"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"target_at": "2026-11-24T09:30", "due_at": "2026-11-24T10:00", "reason": " "}, "Give a reason"),
        ({"target_at": "2026-11-24T09:30", "due_at": "2026-11-24T10:00", "reason": "short"}, "at least 10 characters"),
        ({"target_at": "2026-11-22T09:30", "due_at": "2026-11-24T10:00", "reason": REASON}, "The new target must be later"),
        ({"target_at": "2026-11-25T09:30", "due_at": "2026-11-24T10:00", "reason": REASON}, "must not lie after the latest date"),
        ({"target_at": "2026-11-23T13:00", "due_at": "2026-11-23T13:00", "reason": REASON}, "Nothing would change"),
        ({"target_at": "tomorrow", "due_at": "", "reason": REASON}, "such as 2026-11-22 21:46"),
        ({"target_at": "2027-03-28T02:30", "due_at": "2027-03-29T02:30", "reason": REASON}, "does not exist"),
    ],
)
def test_refused_input_is_explained_and_kept(desk: Desk, data: dict[str, str], words: str) -> None:
    (number,) = desk.open(1)
    answer = desk.client(desk.dpo).post(f"/docket/{number}/extend", data=data)
    assert answer.status_code == 422
    assert words in answer.text
    if data["reason"].strip():
        assert data["reason"] in answer.text
    assert f'value="{data["target_at"]}"' in answer.text
    assert desk.entry(number).version == 1
    with desk.app.app_context():
        assert db.session().scalar(select(DocketChange.id)) is None


def test_pausing_resuming_and_waiving_from_the_page(desk: Desk) -> None:
    (number,) = desk.open(1)
    client = desk.client(desk.dpo)
    clock = clock_of(desk.app)
    clock.advance(2 * HOUR)
    answer = client.post(f"/docket/{number}/pause", data={"at": "2026-11-22T14:00", "reason": REASON}, follow_redirects=True)
    assert "Paused. Resume it when the reason has ended." in answer.text
    assert "/resume" in answer.text
    assert "Paused" in client.get("/board").text
    assert client.get(f"/docket/{number}/extend").status_code == 409
    clock.advance(2 * HOUR)
    client.post(f"/docket/{number}/resume", data={"at": "2026-11-22T16:00", "reason": REASON})
    assert desk.entry(number).target_at == NOON + 26 * HOUR
    answer = client.post(f"/docket/{number}/waive", data={"reason": REASON}, follow_redirects=True)
    assert "Waived, with its reason." in answer.text
    assert desk.entry(number).state == "waived"
    assert client.post(f"/docket/{number}/waive", data={"reason": REASON}).status_code == 409


def test_choosing_an_owner(desk: Desk) -> None:
    auditor = add_person(desk.app, "olga@example.org", {desk.org: Role.AUDITOR}, name="Olga Auditor")
    (number,) = desk.open(1)
    client = desk.client(desk.dpo)
    page = client.get(f"/docket/{number}/owner").text
    assert "Ana Duarte, DPO" in page
    assert "Olga" not in page
    assert client.post(f"/docket/{number}/owner", data={"owner": str(auditor)}).status_code == 422
    assert client.post(f"/docket/{number}/owner", data={"owner": str(desk.dpo)}).status_code == 303
    assert desk.entry(number).owner_id == desk.dpo


def test_texts_are_never_markup(desk: Desk) -> None:
    (number,) = desk.open(1, basis="<script>alert(1)</script>")
    client = desk.client(desk.dpo)
    for path in ("/board", f"/docket/{number}"):
        assert "<script>alert" not in client.get(path).text


def test_superseded_deadlines_are_no_others_of_the_case(desk: Desk) -> None:
    numbers = desk.open(*[1] * 13)
    with desk.app.app_context(), act(desk.app, db.session()) as unit:
        deadline = counted("20 hours", NOON)
        for number in numbers[:2]:
            opening = desk.house.opening(desk.org, subject=("breach", 1), subject_label="LL-1", title="Notify anew", target=deadline, latest=deadline, started_at=NOON)
            newer = supersede(unit, unit.session.get_one(DocketEntry, number), opening, REASON).id
    client = desk.client(desk.dpo)
    for one in (numbers[0], newer, numbers[-1]):
        page = client.get(f"/docket/{one}").text
        others = 13 if one == numbers[0] else 12
        assert f'Others of LL-1 <span class="count">{others}</span>' in page
        assert f"The first 10 of {others} are shown." in page


def test_what_stands_in_the_place_of_a_latest_date_is_true_of_the_kind(desk: Desk) -> None:
    words = {"breaches:notify": "no number in contract or law; the target is house policy", "breaches:word": "none of its own: it is due when it was promised"}
    for kind, said in words.items():
        (number,) = desk.open(1, kind=kind, latest=None)
        assert said in desk.client(desk.dpo).get(f"/docket/{number}").text


def test_the_act_is_offered_while_it_runs_and_to_those_who_may(desk: Desk) -> None:
    (number,) = desk.open(1, kind="breaches:name")
    auditor = add_person(desk.app, "audit@example.org", {desk.org: Role.AUDITOR})
    to_act, to_case = 'href="/breaches/1/affected"', 'href="/breaches/1"'
    page = desk.client(desk.dpo).get(f"/docket/{number}").text
    assert (to_act in page, to_case in page) == (True, False)
    page = desk.client(auditor).get(f"/docket/{number}").text
    assert (to_act in page, to_case in page) == (False, True)
    with desk.app.app_context(), act(desk.app, db.session()) as unit:
        meet(unit, unit.session.get_one(DocketEntry, number), NOON, by="customers named")
    page = desk.client(desk.dpo).get(f"/docket/{number}").text
    assert (to_act in page, to_case in page) == (False, True)
