"""Addresses that somebody has changed: a sentence or the page without it, on both databases, and never an error of the database."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from dpa.breaches import operations
from dpa.extensions import db
from tests.breaches.test_case_pages import DRAFT, Desk
from tests.support.databases import Database

AT = "2026-11-22T12:00:00+00:00"
KEYS: dict[str, list[Any]] = {
    "/board": [AT, "breaches:notify", "breach", 1],
    "/breaches": [AT, 1],
    "/breaches/year": [AT, 1],
    "{case}": [AT, 1, "c"],
    "{case}?show=late": [AT, 1, "c"],
    "{case}?q=c": [AT, 1, "c"],
    "{case}/lateness": [AT, 1],
    "{case}/evidence": [1],
    "/customers": ["Customer", 1],
    "/agreements": ["Customer", 1],
    "/agreements/matrix": ["Customer", 1],
    "/outbox": [1],
    "/documents": [1],
    "/trail": [1],
    "/checkpoints": [1],
}
"""Of each list that is read page by page, a whole key: moments, texts and numbers."""
ANYTHING: tuple[Any, ...] = (None, True, "\0", "\ud800", 2**63, 1.5)
NO_NUMBER: tuple[Any, ...] = ("x", 0, -1)
NO_MOMENT: tuple[Any, ...] = ("x", "2026-11-22", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")


def key(parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def damaged(parts: list[Any]) -> Iterator[list[Any]]:
    """Put each value that does not belong there in the place of each part."""
    for place, part in enumerate(parts):
        for wrong in (*ANYTHING, *(NO_NUMBER if part == 1 else NO_MOMENT if part == AT else ())):
            yield [*parts[:place], wrong, *parts[place + 1 :]]
    yield parts[:-1]
    yield [*parts, 1]


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    """Lend a desk, and close its connections afterwards."""
    made = Desk(database)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def test_a_changed_key_is_answered_with_a_sentence(desk: Desk) -> None:
    client = desk.client("dpo")
    for address, parts in KEYS.items():
        path, _, query = address.format(case=desk.case).partition("?")
        assert client.get(f"{path}?{query}&after={key(parts)}").status_code == 200, address
        for wrong in damaged(parts):
            answer = client.get(f"{path}?{query}&after={key(wrong)}")
            assert (answer.status_code, "address is damaged" in answer.text) == (422, True), (address, wrong)


def test_a_key_of_a_list_that_was_sorted_otherwise_is_not_taken_for_one_of_this(desk: Desk) -> None:
    for parts in ([AT, 1], [AT, 1, "a"]):
        assert desk.client("dpo").get(f"{desk.case}?after={key(parts)}").status_code == 422


@pytest.mark.parametrize("after", ["x", "é", "%ff", key("x"), base64.urlsafe_b64encode(b"[" * 4000).decode(), key([9] * 5000), "WzEsTmFOXQ"])
def test_what_is_no_key_is_answered_with_a_sentence(sqlite_database: Database, after: str) -> None:
    assert Desk(sqlite_database).client("dpo").get(f"/breaches?after={after}").status_code == 422


NUMBERS = (
    "{case}/parts?after={}", "{case}/release?after={}", "{case}/release?customer={}", "{case}/facts?before={}", "/breaches/year?year={}",
    "/breaches/register?page={}",
)  # fmt: skip


def test_a_number_that_no_row_can_have_is_none(desk: Desk) -> None:
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, DRAFT, None, None))
    client = desk.client("dpo")
    for address in NUMBERS:
        for number in (-1, 2**63 - 1, 2**63, 10**20, "x", "%00"):
            assert client.get(address.format(number, case=desk.case)).status_code == 200, (address, number)
    for path in ("statement", "evidence/dossiers"):
        for number in (10**20, "x"):
            assert client.post(f"{desk.case}/{path}", data={"seen": number, "customer": number}).status_code in (303, 422), (path, number)


SEARCHES = (
    "/board?q={}", "/board?kind={}", "/breaches?q={}", "/breaches?state={}", "/customers?q={}", "/agreements?q={}", "/outbox?q={}", "/outbox?state={}",
    "/documents?q={}", "/documents?kind={}", "/documents?state={}", "{case}?q={}", "{case}?show={}", "{case}/parts?q={}", "{case}/release?q={}",
)  # fmt: skip


def test_words_with_signs_that_no_database_takes_are_looked_for_without_them(desk: Desk) -> None:
    client = desk.client("dpo")
    for address in SEARCHES:
        for words in ("a%00b", "%ED%A0%80", "/%25_"):
            assert client.get(address.format(words, case=desk.case)).status_code in (200, 303), (address, words)
