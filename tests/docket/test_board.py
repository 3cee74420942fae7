"""The board: sections from the clock, one line per case, filters, paging, and a number of statements that never grows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dpa.docket import filters, operations, queries
from dpa.docket.filters import Filters
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import Row
from dpa.problems import Invalid, NotFound
from dpa.web.identity import Scope
from dpa.web.paging import encode_key
from tests.docket.house import ANSWER, HOUR, NOTIFY, NOW, QUIET, House, counted, scope, statements

SECOND = timedelta(seconds=1)
DAY = 24 * HOUR


@pytest.fixture
def org(house: House) -> int:
    return house.organisation()


def at(house: House, org: int, target: timedelta, subject: int, **changes: object) -> int:
    """Open one deadline whose target lies `target` after NOW."""
    started = NOW + target - 24 * HOUR
    case = {"subject": ("breach", subject), "subject_label": f"LL-{subject}", "title": f"Notify customer of LL-{subject}"}
    return house.open(house.opening(org, started_at=started, target=counted("24 hours", started), **(case | changes)))[0]


def board(house: House, *orgs: int, **wanted: str) -> queries.BoardView:
    with house.reader() as session:
        return queries.board(session, scope(*orgs), house.now, Filters(**wanted), person_id=1, zone="Europe/Paris")


def lines(view: queries.BoardView) -> dict[str, list[int]]:
    return {section.title: [row.id for row in section.rows] for section in view.sections}


@pytest.mark.parametrize(
    ("offset", "section"),
    [
        (-SECOND, "Overdue"), (timedelta(0), "Next 24 hours"), (SECOND, "Next 24 hours"),
        (DAY, "Next 24 hours"), (DAY + SECOND, "This week"),
        (7 * DAY, "This week"), (7 * DAY + SECOND, "Later"),
    ],
)  # fmt: skip
def test_sections_one_second_around_each_boundary(house: House, org: int, offset: timedelta, section: str) -> None:
    number = at(house, org, offset, 1)
    assert lines(board(house, org)) == {section: [number]}


def test_sections_follow_the_clock_and_not_a_job(house: House, org: int) -> None:
    number = at(house, org, 25 * HOUR, 1)
    assert list(lines(board(house, org))) == ["This week"]
    house.now = NOW + 26 * HOUR
    assert lines(board(house, org)) == {"Overdue": [number]}


def test_one_case_is_one_line_under_its_earliest_date(house: House, org: int) -> None:
    at(house, org, 5 * HOUR, 1)
    first = at(house, org, 3 * HOUR, 1, owner_id=house.person(org, "Ana Duarte"))
    at(house, org, 9 * HOUR, 1)
    other = at(house, org, 4 * HOUR, 2)
    asked = at(house, org, 6 * HOUR, 1, kind=ANSWER)
    view = board(house, org)
    assert lines(view) == {"Next 24 hours": [first, other, asked]}
    row = view.sections[0].rows[0]
    assert (row.title, row.count, row.owner and row.owner.initials) == ("Notify 3 customers of LL-1", 3, "AD")
    assert (row.url, row.entry_url, row.act) == ("/breaches/1", f"/docket/{first}", "Review and release")
    assert view.act_next == row
    assert view.sections[0].rows[1].title == "Notify customer of LL-2"


def test_equal_dates_of_a_case_still_give_one_line(house: House, org: int) -> None:
    numbers = house.open(*(house.opening(org) for _ in range(7)))
    view = board(house, org)
    assert [(row.id, row.count) for section in view.sections for row in section.rows] == [(numbers[0], 7)]


def test_closed_ones_vanish_and_paused_ones_stand_apart(house: House, org: int) -> None:
    met, paused, running = at(house, org, HOUR, 1), at(house, org, 2 * HOUR, 2), at(house, org, 3 * HOUR, 3)
    with house.unit() as unit:
        operations.meet(unit, unit.session.get_one(DocketEntry, met), NOW, by="mail accepted")
        operations.pause(unit, unit.session.get_one(DocketEntry, paused), NOW, "Identity is in doubt, letter sent.")
    view = board(house, org)
    assert lines(view) == {"Next 24 hours": [running], "Paused": [paused]}
    assert view.sections[1].rows[0].state == "off"
    assert view.act_next is not None
    assert view.act_next.id == running


def test_the_latest_and_the_target_are_two_dates(house: House, org: int) -> None:
    house.open(house.opening(org, target=counted("12 hours"), latest=counted("24 hours")))
    house.open(house.opening(org, target=counted("12 hours"), latest=None, origin="house_policy", subject=("breach", 8)))
    both, policy = board(house, org).sections[0].rows
    assert (both.due_at, both.target_at, both.act_by) == (NOW + DAY, NOW + 12 * HOUR, NOW + 12 * HOUR)
    assert (policy.due_at, policy.target_at, policy.origin) == (NOW + 12 * HOUR, None, "policy")
    assert both.steps[-1].label == "Target"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"kind": NOTIFY}, {1, 2, 4}),
        ({"kind": ANSWER}, {3}),
        ({"owner": "me"}, {2, 4}),
        ({"owner": "nobody"}, {1, 3}),
        ({"owner": "1"}, {2, 4}),
        ({"origin": "statute"}, {4}),
        ({"q": "gtc 15"}, {1, 2, 3}),
        ({"q": "LL-2"}, {2}),
        ({"q": "100%"}, set()),
        ({"owner": "me", "origin": "statute"}, {4}),
        ({"kind": "nobody:knows"}, set()),
    ],
)
def test_filters(house: House, org: int, wanted: dict[str, str], found: set[int]) -> None:
    ana = house.person(org, "Ana Duarte")
    assert ana == 1
    at(house, org, HOUR, 1)
    at(house, org, 2 * HOUR, 2, owner_id=ana)
    at(house, org, 3 * HOUR, 3, kind=ANSWER)
    at(house, org, 40 * HOUR, 4, owner_id=ana, origin="statute", basis="Art. 33(2) GDPR")
    view = board(house, org, **wanted)
    rows = [row for section in view.sections for row in section.rows]
    assert {int(row.entry_url.rpartition("/")[2]) for row in rows} == found
    assert view.anything
    assert {chip.name: str(chip.count) for chip in view.chips} == {"all": "4", "mine": "2", NOTIFY: "3", ANSWER: "1"}


def test_a_filter_counts_only_what_it_shows(house: House, org: int) -> None:
    ana = house.person(org, "Ana Duarte")
    at(house, org, HOUR, 1)
    mine = at(house, org, 2 * HOUR, 1, owner_id=ana)
    (section,) = board(house, org, owner="me").sections
    assert [(row.id, row.count) for row in section.rows] == [(mine, 1)]


@pytest.mark.parametrize("values", [{"owner": "x"}, {"owner": "1; drop"}, {"origin": "moon"}])
def test_damaged_filters_are_told(values: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        filters.read(values)


WHEN = NOW.isoformat()


@pytest.mark.parametrize(
    "key",
    [
        "x", encode_key(["x", 1]), encode_key([WHEN[:19], NOTIFY, "breach", 1]), encode_key([WHEN, 1, "breach", 1]), encode_key([WHEN, NOTIFY, "breach", "1"]),
        encode_key([WHEN, "test\0", "breach", 1]), encode_key([WHEN, NOTIFY, "breach", 2**63]), encode_key([WHEN, NOTIFY, "breach", 0]),
    ],
)  # fmt: skip
def test_a_damaged_page_key_is_told(sqlite_house: House, key: str) -> None:
    org = sqlite_house.organisation()
    with pytest.raises(Invalid, match="page address is damaged"):
        board(sqlite_house, org, after=key)


def test_paging_shows_every_line_once(house: House, org: int) -> None:
    house.open(*(house.opening(org, subject=("breach", number // 2), subject_label=f"LL-{number // 2}") for number in range(240)))
    seen: list[int] = []
    key: str | None = ""
    while key is not None:
        view = board(house, org, after=key)
        rows = [row for section in view.sections for row in section.rows]
        assert len(rows) == view.shown <= 50
        assert all(row.count == 2 for row in rows)
        assert (view.act_next is None) is bool(key)
        assert (view.total.number, view.sections[0].total.number) == (120, 120)
        seen += [row.id for row in rows]
        key = view.next_key
    assert len(seen) == len(set(seen)) == 120


def test_the_coming_week_counts_local_days_and_keeps_what_is_overdue(house: House, org: int) -> None:
    for number, offset in enumerate([-3 * DAY, timedelta(0), 14 * HOUR, 15 * HOUR, 6 * DAY, 8 * DAY]):
        at(house, org, offset, number + 1)
    # NOW is Sunday 10:00 in Paris; 14 hours later it is midnight.
    assert [(day.on, day.count) for day in board(house, org).week] == [
        (date(2026, 11, 22), 2), (date(2026, 11, 23), 2), (date(2026, 11, 24), 0), (date(2026, 11, 25), 0),
        (date(2026, 11, 26), 0), (date(2026, 11, 27), 0), (date(2026, 11, 28), 1),
    ]  # fmt: skip


def test_an_empty_board(house: House, org: int) -> None:
    view = board(house, org)
    assert (view.sections, view.act_next, view.anything, view.next_key, view.is_empty) == ((), None, False, None, True)
    assert [str(chip.count) for chip in view.chips] == ["0", "0"]


def test_outsiders_see_nothing(house: House, org: int) -> None:
    other = house.organisation("Other")
    mine = at(house, org, HOUR, 1)
    at(house, other, 2 * HOUR, 2)
    assert lines(board(house, org)) == {"Next 24 hours": [mine]}
    assert lines(board(house)) == {}
    assert next(row.id for section in board(house, org, other).sections for row in section.rows) == mine
    with house.reader() as session:
        outside = scope(other)
        assert queries.for_subject(session, outside, "breach", 1) == []
        assert len(queries.for_subject(session, scope(org), "breach", 1)) == 1
        found = queries.next_deadline(session, outside, NOW)
        assert found is not None
        assert found.id != mine
        assert queries.next_deadline(session, Scope(frozenset()), NOW) is None
        for number in (mine, 999_999):
            with pytest.raises(NotFound, match="no such deadline"):
                queries.entry(session, outside, number)
            with pytest.raises(NotFound):
                queries.entry_view(session, outside, number, NOW)


def test_two_organisations_with_the_same_case_number_stay_apart(house: House, org: int) -> None:
    other = house.organisation("Other")
    at(house, org, 2 * HOUR, 1)
    at(house, other, HOUR, 1)
    rows = [row for section in board(house, org, other).sections for row in section.rows]
    assert [(row.organisation, row.count) for row in rows] == [("Other", 1), ("Lemon Learning", 1)]


@pytest.mark.parametrize("wanted", [{}, {"owner": "me"}, {"q": "customer"}])
def test_the_number_of_statements_does_not_grow(house: House, org: int, wanted: dict[str, str]) -> None:
    ana = house.person(org, "Ana Duarte")
    sent_at: list[int] = []
    for cases in (range(1, 11), range(11, 1001)):
        house.open(*(house.opening(org, subject=("breach", number), owner_id=ana, kind=QUIET) for number in cases))
        with statements(house.engine) as sent:
            view = board(house, org, **wanted)
        sent_at.append(len(sent))
    assert view.shown == 50
    assert sent_at[0] == sent_at[1] <= 6, sent_at


def test_counts_stop_at_two_hundred(sqlite_house: House) -> None:
    house = sqlite_house
    org = house.organisation()
    deadline = counted("24 hours")
    house.open(*(house.opening(org, subject=("breach", number), target=deadline, kind=QUIET) for number in range(1, 206)))
    view = board(house, org)
    assert (str(view.total), str(view.sections[0].total), str(view.chips[0].count)) == ("200+", "200+", "200+")


def test_one_deadline_tells_everything(house: House, org: int) -> None:
    ana = house.person(org, "Ana Duarte")
    first, second = house.open(house.opening(org, target=counted("12 hours"), latest=counted("24 hours")), house.opening(org))
    with house.unit(f"u:{ana}", NOW + HOUR) as unit:
        entry = unit.session.get_one(DocketEntry, first)
        operations.extend(unit, entry, latest=NOW + 30 * HOUR, reason="The customer agreed on the telephone.")
    with house.unit(f"u:{ana}", NOW + 2 * HOUR) as unit:
        operations.meet(unit, unit.session.get_one(DocketEntry, first), NOW + 2 * HOUR, by="mail accepted")
    with house.reader() as session:
        view = queries.entry_view(session, scope(org), first, NOW + 3 * HOUR)
    assert [(line.text, line.who) for line in view.history] == [
        ("Opened", None),
        ("Extended to Sun 22 Nov 2026, 22:00 Paris, latest Mon 23 Nov 2026, 16:00 Paris", "Ana Duarte"),
        ("Acknowledged", "Ana Duarte"),
        ("Met", None),
    ]
    assert view.target is not None
    assert view.recount == "Counted again now: the same date."
    assert not view.recount_differs
    assert [row.id for row in view.group] == [second]
    assert (view.row.state, view.row.met_at) == ("met", NOW + 2 * HOUR)


def test_a_damaged_rule_takes_no_page_down(house: House, org: int) -> None:
    from dpa.evidence import trail

    number = at(house, org, HOUR, 1)
    with house.unit() as unit:
        entry = unit.session.get_one(DocketEntry, number)
        entry.rule = {"target": {"form": 1}}
        trail.record(unit, "test:house:built", subject=("breach", 1), organisation_id=org, covers=[entry])
    (section,) = board(house, org).sections
    assert section.rows[0].steps[0].text == "the stored rule cannot be read; tell your operator."
    with house.reader() as session:
        view = queries.entry_view(session, scope(org), number, NOW)
    assert view.recount_differs
    assert view.recount.startswith("The date cannot be counted again.")


def test_a_wrong_stored_date_is_shown_on_its_page(house: House, org: int) -> None:
    from dpa.evidence import trail

    number = at(house, org, HOUR, 1)
    with house.unit() as unit:
        entry = unit.session.get_one(DocketEntry, number)
        rule = {**entry.rule, "latest": {**entry.rule["latest"], "due": "2026-11-22T11:00:00+00:00"}}
        entry.rule = rule
        trail.record(unit, "test:house:built", subject=("breach", 1), organisation_id=org, covers=[entry])
    with house.reader() as session:
        view = queries.entry_view(session, scope(org), number, NOW)
    assert view.recount_differs
    assert "the stored rule gives Sun 22 Nov 2026 11:00 +01:00" in view.recount


def test_an_agreement_lists_its_running_clocks(house: House, org: int) -> None:
    number = at(house, org, HOUR, 1)
    with house.reader() as session:
        assert queries.for_agreement(session, scope(org), 5, NOW) == []
        rows: list[Row] = queries.group(session, scope(org), queries.entry(session, scope(org), number), NOW)
    assert rows == []


def test_an_exercise_never_comes_before_a_real_case(house: House, org: int) -> None:
    drill = at(house, org, 1 * HOUR, 1, title="Exercise: Notify customer of LL-1-X")
    view = board(house, org)
    assert view.act_next is not None
    assert (view.act_next.id, view.act_next.exercise) == (drill, True), "where nothing real is open, the exercise is next"
    real = at(house, org, 20 * HOUR, 2)
    view = board(house, org)
    assert view.act_next is not None
    assert view.act_next.id == real
    assert lines(view)["Next 24 hours"] == [drill, real], "the list goes by the hour all the same"
    with house.unit() as unit:
        operations.pause(unit, unit.session.get_one(DocketEntry, real), NOW, "The customer asked in writing to wait.")
    assert board(house, org).act_next is None, "a real case that is paused still waits"


@pytest.mark.parametrize(("origin", "basis", "words"), [
    ("house_policy", "Law, GDPR Art. 33(2): without undue delay; house target 24 hours", "policy under law"),
    ("house_policy", "Contract, clause 9: promptly; house target 24 hours", "policy under contract"),
    ("house_policy", "House policy: acknowledgements within 24 hours", None),
    ("contract", "Contract, clause 15.4: 24 hours", None),
])  # fmt: skip
def test_a_policy_badge_says_what_stands_behind_it(house: House, org: int, origin: str, basis: str, words: str | None) -> None:
    at(house, org, 2 * HOUR, 1, origin=origin, basis=basis, **({"latest": None} if origin == "house_policy" else {}))
    assert [row.origin_text for section in board(house, org).sections for row in section.rows] == [words]
