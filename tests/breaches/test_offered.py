"""Whoever reads a page is offered only what they may open and do: every link and form an auditor or an operator is shown, in each state of a case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import html5lib
import pytest

from dpa.breaches import operations
from dpa.breaches.facts import Count, FactSheet
from dpa.breaches.phases import Phase
from dpa.breaches.regimes import Profile
from dpa.extensions import db
from dpa.people.roles import Role, may
from dpa.web.access import mark_of
from tests.breaches.conftest import NO_FINAL
from tests.breaches.test_case_pages import DRAFT, Desk
from tests.breaches.test_pages import GOOD
from tests.support.databases import Database
from tests.support.pages import XHTML

MOST = 400
"""Pages looked at in one walk; more would be a walk that does not end."""
LEAVES = re.compile(r"^/(sign-out|static/|health|link/)")


@pytest.fixture
def desk(sqlite_database: Database) -> Iterator[Desk]:
    """Lend a desk, and close its connections afterwards."""
    made = Desk(sqlite_database)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def unnamed(desk: Desk) -> None:
    assert desk.client("dpo").post("/breaches/new", data=GOOD | {"title": "Lost laptop"}).status_code == 303


def drafted(desk: Desk) -> None:
    desk.do(
        lambda unit, _: operations.change_settings(
            unit, desk.org, four_eyes=True, acknowledge_hours=24, profiles=[Profile.DORA, Profile.NIS2]
        )
    )
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, DRAFT, None, None))


def told_with_questions(desk: Desk) -> None:
    desk.tell(word=timedelta(hours=30))
    desk.ask()
    desk.do(
        lambda unit, breach: operations.save_facts(
            unit, breach, FactSheet(people=Count.exact(40)).canonical()
        )
    )
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, DRAFT, Phase.SUPPLEMENT, None))


def late(desk: Desk) -> None:
    desk.later(40)
    desk.tell()


def sent_back(desk: Desk) -> None:
    drafted(desk)
    desk.do(lambda unit, breach: operations.send_back(unit, breach, "Say that passwords were not among it."), "second")


def ended(desk: Desk) -> None:
    desk.tell()
    assert (
        desk.client("dpo")
        .post(f"{desk.case}/close", data={"summary": "All were told.", "no_final": NO_FINAL})
        .status_code
        == 303
    )


def exercise(desk: Desk) -> None:
    assert (
        desk.client("dpo").post("/breaches/new", data=GOOD | {"title": "Rehearsal", "drill": "y"}).status_code
        == 303
    )


STATES: tuple[Callable[[Desk], None], ...] = (unnamed, drafted, told_with_questions, late, sent_back, ended, exercise)


def shape(path: str) -> str:
    """Two addresses of one shape show the same page with other facts; those of the first cases are all looked at."""
    parts = urlsplit(path)
    names = sorted(part.partition("=")[0] for part in parts.query.split("&") if part)
    return f"{parts.path}?{'&'.join(names)}"


def offered(page: str) -> tuple[list[str], list[str]]:
    """Return where the links and GET forms of a page lead, and where its POST forms send."""
    links, posts = [], []
    for element in html5lib.parse(page).iter():
        if element.tag == f"{XHTML}a" and (element.get("href") or "").startswith("/"):
            links.append(element.get("href").partition("#")[0])
        if element.tag == f"{XHTML}form":
            action = (element.get("action") or "").partition("#")[0]
            (posts if element.get("method", "get").lower() == "post" else links).append(action)
    return links, posts


def refused(desk: Desk, role: Role, action: str) -> bool:
    """Tell whether sending this form would be answered with 403 for want of a permission."""
    endpoint, _ = desk.app.url_map.bind("").match(urlsplit(action).path, method="POST")
    mark = mark_of(desk.app.view_functions[endpoint])
    return mark is None or (mark.permission is not None and not may(role, mark.permission))


def walk(desk: Desk, role: Role) -> tuple[set[str], list[str]]:
    """Follow every link from the board on; return the addresses seen and what was offered in vain."""
    client = desk.client(role.value)
    waiting, seen, faults = [("/board", "")], set(), list[str]()
    while waiting:
        path, shown_on = waiting.pop(0)
        if LEAVES.match(path) or shape(path) in seen:
            continue
        seen.add(shape(path))
        assert len(seen) < MOST, f"the walk does not end: {sorted(seen)[-20:]}"
        answer = client.get(path, follow_redirects=True)
        if answer.status_code != 200:
            faults.append(f"{shown_on} offers {path}: {answer.status_code}")
        elif answer.mimetype == "text/html":
            links, posts = offered(answer.text)
            waiting += [(link, path) for link in links if link]
            faults += [f"{path} offers a form to {one}" for one in posts if refused(desk, role, one)]
    return seen, faults


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OPERATOR])
@pytest.mark.parametrize("begin", STATES, ids=lambda state: state.__name__)
def test_nothing_is_offered_that_its_reader_may_not_open_or_do(
    desk: Desk, begin: Callable[[Desk], None], role: Role
) -> None:
    begin(desk)
    seen, faults = walk(desk, role)
    assert not faults, "\n".join(faults)
    pages = {
        f"{path}?"
        for path in (
            desk.case,
            desk.customer(),
            f"{desk.case}/evidence",
            f"{desk.case}/facts",
            "/breaches",
            "/breaches/year",
            "/breaches/register",
        )
    }
    assert pages <= seen
